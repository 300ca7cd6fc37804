//! The topology: which stages run beside each other, what joins them, how they stop.
//!
//! ```text
//!             ┌────────────── Postgres: feeds, tasks ◀─────────────────────────────┐
//!    claim    │                                        claim                       │
//!   ┌─────────┴──┐ poll.concurrency           ┌──────────┴─┐ IN_FLIGHT_MAX         │ one transaction
//!   │  poller    │──▶ fetch ─▶ parse ─▶ rows  │  reader    │──▶ fetch ─▶ clean     │ a batch
//!   └────────────┘    (entries, tasks, validators  └──────┘    ─▶ extract ─▶ rows ─┤
//!                      in one transaction)                     [WRITE_QUEUE]    writer ─▶ archive
//! ```
//!
//! Invariants:
//! - The queue lives in Postgres. What is in memory is leased, and a kill at any moment leaves it pending there.
//! - Everything between two stages is bounded: claims by permits that travel with the item until it is written, CPU
//!   work by one slot a core, finished articles by `WRITE_QUEUE`. A slow database therefore stops the claims.
//! - Stopping goes from left to right: claims end, what is under way is finished or handed back, the writer's channel
//!   closes when its last producer is gone, and its last batch is committed.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, RwLock};
use std::time::Duration;

use tokio::sync::{Notify, mpsc};
use tokio_util::sync::CancellationToken;

use crate::archive::Archive;
use crate::config::Config;
use crate::fetch::Fetcher;
use crate::http::Health;
use crate::identity::registrable_domain;
use crate::store::{Scope, Store};
use crate::telemetry::Metrics;

pub mod answer;
mod ask;
pub mod decide;
mod lines;
mod pages;
mod plan;
mod poll;
mod push;
pub mod reading;
pub mod reprocess;
mod sitemaps;
mod summary;
mod upkeep;
pub mod workers;
mod write;

pub use push::{Callbacks, Ear, Refusal, Taken};
pub use reading::Knowledge;
pub use summary::{Counts, Summary};
use workers::Workers;

/// Pages under way at once, from claim to commit: enough for every fetch slot and two batches at the writer.
const IN_FLIGHT_MAX: usize = 256;
/// Finished articles waiting for the writer: two batches, so that one fills while one is written.
const WRITE_QUEUE: usize = 100;
/// The pause between two looks for work when nothing wakes a loop earlier.
const IDLE: Duration = Duration::from_millis(500);
/// The first and the longest pause while the database is away.
const DATABASE_PAUSE: (Duration, Duration) = (Duration::from_millis(250), Duration::from_secs(5));

/// How long to go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Until told to stop.
    Forever,
    /// Every due feed once, then until nothing is left to do.
    Once,
}

/// What a run needs; made by the rim.
pub struct Parts {
    /// The database.
    pub store: Store,
    /// The web.
    pub fetcher: Fetcher,
    /// Where pages are kept.
    pub archive: Archive,
    /// Rules and lexicon of today.
    pub knowledge: Knowledge,
    /// All settings.
    pub config: Config,
    /// Counters.
    pub metrics: Metrics,
    /// What `/readyz` says.
    pub health: Health,
    /// Which feeds and pages are this run's business.
    pub scope: Scope,
}

/// What every stage sees of the run.
struct Shared {
    store: Store,
    fetcher: Fetcher,
    workers: Workers,
    knowledge: RwLock<Arc<Knowledge>>,
    /// What is decided of the lines that sources repeat.
    lines: lines::LineCache,
    config: Config,
    metrics: Metrics,
    health: Health,
    counts: Counts,
    scope: Scope,
    /// Woken when a poll has made new work for the reader.
    work: Notify,
    /// Leases held, by task: renewed while the item is under way.
    leases: Mutex<HashMap<i64, i64>>,
    /// What hubs have pushed.
    push: push::Intake,
    /// By site, the keys of its rule that found nothing on its last page: a change is told, a state is not.
    missed_rules: Mutex<HashMap<String, Vec<&'static str>>>,
}

/// A running pipeline.
pub struct Pipeline {
    shared: Arc<Shared>,
    archive: Archive,
}

/// Changes the running pipeline: what SIGHUP does.
#[derive(Clone)]
pub struct Handle(Arc<Shared>);

impl Handle {
    /// Cleans and extracts by these rules from the next page on.
    pub fn replace_knowledge(&self, knowledge: Knowledge) {
        *self.0.knowledge.write().unwrap_or_else(std::sync::PoisonError::into_inner) = Arc::new(knowledge);
    }

    /// What the run has done so far.
    pub fn summary(&self) -> Summary {
        self.0.counts.summary()
    }
}

impl Pipeline {
    /// Puts the parts together; nothing runs yet.
    pub fn new(parts: Parts) -> Self {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let workers = Workers::new(parts.config.pipeline.workers.unwrap_or(cores));
        let shared = Shared {
            store: parts.store,
            fetcher: parts.fetcher,
            workers,
            knowledge: RwLock::new(Arc::new(parts.knowledge)),
            lines: lines::LineCache::default(),
            config: parts.config,
            metrics: parts.metrics,
            health: parts.health,
            counts: Counts::default(),
            scope: parts.scope,
            work: Notify::new(),
            leases: Mutex::default(),
            push: push::Intake::new(),
            missed_rules: Mutex::default(),
        };
        Self { shared: Arc::new(shared), archive: parts.archive }
    }

    /// A handle to change and watch the run by.
    pub fn handle(&self) -> Handle {
        Handle(self.shared.clone())
    }

    /// The ear for hubs, where the configuration names an address they can call.
    pub fn callbacks(&self) -> Option<Callbacks> {
        let base = self.shared.config.push.callback_url.clone()?;
        Some(Callbacks::new(self.shared.clone(), base))
    }

    /// Runs until `stop`, or in [`Mode::Once`] until nothing is left; returns when the last batch is committed or the
    /// drain limit has passed. What was not written by then is still pending in Postgres.
    pub async fn run(self, mode: Mode, stop: CancellationToken) -> Summary {
        let shared = self.shared;
        let (articles, inbox) = mpsc::channel(WRITE_QUEUE);
        // The writer and the lease keeper outlive the claims: they end when there is nothing left to write or to hold.
        let done = CancellationToken::new();
        let writer = tokio::spawn(write::run(shared.clone(), self.archive, inbox, stop.clone()));
        let keeper = tokio::spawn(upkeep::run(shared.clone(), done.clone()));
        let polled = CancellationToken::new();
        let poller = tokio::spawn({
            let (shared, stop, polled) = (shared.clone(), stop.clone(), polled.clone());
            async move {
                poll::run(shared, mode, stop).await;
                polled.cancel();
            }
        });
        let reader = tokio::spawn(pages::run(shared.clone(), mode, articles, polled, stop.clone()));

        let hubs = tokio::spawn(push::run(shared.clone(), mode, stop.clone()));

        let all = async {
            for (name, stage) in [("poller", poller), ("hubs", hubs), ("reader", reader), ("writer", writer)] {
                if let Err(error) = stage.await {
                    tracing::error!(stage = name, %error, "a stage stopped by itself");
                    stop.cancel();
                }
            }
        };
        let drained = async {
            stop.cancelled().await;
            tokio::time::sleep(shared.config.pipeline.drain).await;
        };
        tokio::select! {
            () = all => {}
            () = drained => tracing::warn!("the drain limit has passed; what is left stays pending in the database"),
        }
        done.cancel();
        if let Err(error) = keeper.await {
            tracing::error!(%error, "the lease keeper stopped by itself");
        }
        upkeep::give_back(&shared).await;
        shared.counts.summary()
    }
}

impl Shared {
    fn knowledge(&self) -> Arc<Knowledge> {
        self.knowledge.read().unwrap_or_else(std::sync::PoisonError::into_inner).clone()
    }

    /// The rules of today, with what is decided of the lines of the page's source.
    async fn knowledge_of(&self, page: &url::Url) -> Knowledge {
        let lines = self.lines.of(&self.store, &registrable_domain(page)).await;
        self.knowledge().of_source(lines)
    }

    fn hold(&self, task_id: i64, token: i64) {
        self.leases.lock().unwrap_or_else(std::sync::PoisonError::into_inner).insert(task_id, token);
    }

    fn let_go(&self, task_id: i64) {
        self.leases.lock().unwrap_or_else(std::sync::PoisonError::into_inner).remove(&task_id);
    }

    fn held(&self) -> Vec<(i64, i64)> {
        let leases = self.leases.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        leases.iter().map(|(&task, &token)| (task, token)).collect()
    }
}
