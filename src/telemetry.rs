//! Logs and counters: what the process tells while it runs.
//!
//! Labels are words from closed sets, so the number of series does not grow with feeds or sites.

use std::io::IsTerminal as _;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::{Registry, Unit};
use tracing_subscriber::EnvFilter;

/// How log lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum LogFormat {
    /// Text on a terminal, JSON elsewhere.
    Auto,
    /// Lines for people.
    Text,
    /// One JSON object a line.
    Json,
}

/// Sends logs to stderr. `level` is a filter such as `info` or `wireroom=debug`.
pub fn init(format: LogFormat, level: &str) {
    let filter = EnvFilter::try_new(level).unwrap_or_else(|_| EnvFilter::new("info"));
    let text = match format {
        LogFormat::Auto => std::io::stderr().is_terminal(),
        LogFormat::Text => true,
        LogFormat::Json => false,
    };
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    // A second call, as tests make one, finds the first one's subscriber in place.
    let set = if text { builder.with_target(false).try_init() } else { builder.json().flatten_event(true).try_init() };
    if set.is_err() {
        tracing::debug!("logging was set up before");
    }
}

type Label = [(&'static str, &'static str); 1];

/// The counters of a process; cheap to clone.
#[derive(Clone)]
pub struct Metrics(Arc<Inner>);

struct Inner {
    registry: Registry,
    polls: Family<Label, Counter>,
    entries: Counter,
    moved: Counter,
    pages: Family<Label, Counter>,
    fetch: Histogram,
    read: Histogram,
    write: Histogram,
    claim: Histogram,
    in_flight: Gauge,
    feeds: Family<Label, Gauge>,
    overdue: Gauge<f64, AtomicU64>,
    site_misses: Family<Label, Counter>,
    callbacks: Family<Label, Counter>,
    asked_hubs: Family<Label, Counter>,
    pushed: Counter,
    subscriptions: Family<Label, Gauge>,
}

impl Default for Metrics {
    fn default() -> Self {
        let mut registry = Registry::with_prefix("wireroom");
        let seconds = || Histogram::new(exponential_buckets(0.001, 2.0, 16));
        let inner = Inner {
            polls: Family::default(),
            entries: Counter::default(),
            moved: Counter::default(),
            pages: Family::default(),
            fetch: seconds(),
            read: seconds(),
            write: seconds(),
            // Fine around the five milliseconds a claim may take.
            claim: Histogram::new([0.001, 0.002, 0.003, 0.004, 0.005, 0.0075, 0.01, 0.02, 0.05, 0.1, 0.5, 1.0, 5.0]),
            feeds: Family::default(),
            overdue: Gauge::default(),
            in_flight: Gauge::default(),
            site_misses: Family::default(),
            callbacks: Family::default(),
            asked_hubs: Family::default(),
            pushed: Counter::default(),
            subscriptions: Family::default(),
            registry: Registry::default(),
        };
        registry.register("feed_polls", "Polls of feeds by outcome", inner.polls.clone());
        registry.register("entries_new", "Feed entries never seen before", inner.entries.clone());
        registry.register(
            "entries_moved",
            "Feed entries recognised although their id, address or headline had changed",
            inner.moved.clone(),
        );
        registry.register("pages", "Pages finished, by what became of them", inner.pages.clone());
        registry.register_with_unit(
            "fetch",
            "Time to fetch a page, waiting included",
            Unit::Seconds,
            inner.fetch.clone(),
        );
        registry.register_with_unit("read", "Time to clean and extract a page", Unit::Seconds, inner.read.clone());
        registry.register_with_unit("write", "Time to write a batch", Unit::Seconds, inner.write.clone());
        registry.register_with_unit("feed_claim", "Time to lease due feeds", Unit::Seconds, inner.claim.clone());
        registry.register("feeds", "Feeds by health", inner.feeds.clone());
        registry.register_with_unit(
            "feeds_overdue",
            "For how long the feed that waits longest has been due",
            Unit::Seconds,
            inner.overdue.clone(),
        );
        registry.register("pages_in_flight", "Pages between claim and commit", inner.in_flight.clone());
        registry.register(
            "site_rule_misses",
            "Pages on which a key of their site's rule found nothing",
            inner.site_misses.clone(),
        );
        registry.register("callbacks", "Calls of hubs and strangers, by what became of them", inner.callbacks.clone());
        registry.register("hub_requests", "Requests to hubs, by what they answered", inner.asked_hubs.clone());
        registry.register("entries_pushed", "Feed entries never seen before that a hub pushed", inner.pushed.clone());
        registry.register("subscriptions", "Subscriptions to hubs by state", inner.subscriptions.clone());
        Self(Arc::new(Inner { registry, ..inner }))
    }
}

impl Metrics {
    /// Counts a poll, the entries never seen before, and those recognised although they had moved.
    pub fn poll(&self, outcome: &'static str, new_entries: u64, moved_entries: u64) {
        self.0.polls.get_or_create(&[("outcome", outcome)]).inc();
        self.0.entries.inc_by(new_entries);
        self.0.moved.inc_by(moved_entries);
    }

    /// Notes how long it took to lease due feeds.
    pub fn claimed(&self, took: Duration) {
        self.0.claim.observe(took.as_secs_f64());
    }

    /// Notes how many feeds there are of each health, and for how long the one that waits longest has been due.
    pub fn feeds(&self, health: &[(&'static str, i64)], overdue: Duration) {
        for (word, feeds) in health {
            self.0.feeds.get_or_create(&[("health", *word)]).set(*feeds);
        }
        self.0.overdue.set(overdue.as_secs_f64());
    }

    /// Counts what a hub pushed: the entries never seen before, and those recognised although they had moved.
    pub fn push(&self, new_entries: u64, moved_entries: u64) {
        self.0.pushed.inc_by(new_entries);
        self.0.entries.inc_by(new_entries);
        self.0.moved.inc_by(moved_entries);
    }

    /// Counts a call to the callback port.
    pub fn callback(&self, outcome: &'static str) {
        self.0.callbacks.get_or_create(&[("outcome", outcome)]).inc();
    }

    /// Counts a request to a hub.
    pub fn asked_hub(&self, outcome: &'static str) {
        self.0.asked_hubs.get_or_create(&[("outcome", outcome)]).inc();
    }

    /// Notes how many subscriptions are in each state.
    pub fn subscriptions(&self, states: &[(&'static str, i64)]) {
        for (state, count) in states {
            self.0.subscriptions.get_or_create(&[("state", *state)]).set(*count);
        }
    }

    /// Counts a finished page.
    pub fn page(&self, outcome: &'static str) {
        self.0.pages.get_or_create(&[("outcome", outcome)]).inc();
    }

    /// Counts a page on which a key of its site's rule found nothing.
    pub fn site_rule_missed(&self, key: &'static str) {
        self.0.site_misses.get_or_create(&[("key", key)]).inc();
    }

    /// Notes how long a fetch took.
    pub fn fetched(&self, took: Duration) {
        self.0.fetch.observe(took.as_secs_f64());
    }

    /// Notes how long cleaning and extraction took.
    pub fn read(&self, took: Duration) {
        self.0.read.observe(took.as_secs_f64());
    }

    /// Notes how long a batch took.
    pub fn written(&self, took: Duration) {
        self.0.write.observe(took.as_secs_f64());
    }

    /// Notes how many pages are between claim and commit.
    pub fn in_flight(&self, pages: usize) {
        self.0.in_flight.set(i64::try_from(pages).unwrap_or(i64::MAX));
    }

    /// The Prometheus text.
    pub fn text(&self) -> String {
        let mut text = String::new();
        match encode(&mut text, &self.0.registry) {
            Ok(()) => text,
            Err(error) => format!("# metrics cannot be written: {error}\n"),
        }
    }
}
