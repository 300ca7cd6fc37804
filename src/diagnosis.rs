//! What is wrong with a feed, and what its publisher could do about it.
//!
//! In: a feed as read, and how the server answered. Out: a [`Diagnosis`]: counts, rhythm, the identity its entries are
//! known by, and [`Problem`]s, each with a severity and a remedy. It judges one document; what only shows over time
//! (changing ids, lying validators) is learnt by the daemon.

mod http;
mod problems;

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, TimeDelta, Utc};
use serde::Serialize;

pub use http::{Answer, Revalidation, charsets};
pub use problems::{Problem, Severity};

use crate::discover::{Text, carried, entries_a_day};
use crate::feed::{Feed, FeedFormat};
use crate::identity::{IdentityRule, fitting_rule};

/// A date further ahead than this is wrong; clocks differ by minutes, and zones are forgotten by hours.
const AHEAD_MAX: TimeDelta = TimeDelta::hours(1);

/// A feed, judged.
#[derive(Debug, Clone, Serialize)]
pub struct Diagnosis {
    /// Its dialect.
    pub format: FeedFormat,
    /// What it calls itself.
    pub title: Option<String>,
    /// BCP 47, as it says it.
    pub language: Option<String>,
    /// The site it says it belongs to.
    pub site_url: Option<String>,
    /// The address it gives as its own.
    pub self_url: Option<String>,
    /// How many entries have what.
    pub entries: Counts,
    /// How much of a story its entries carry.
    pub text: Text,
    /// How its entries are ordered.
    pub order: Order,
    /// The date of the newest entry.
    pub newest_at: Option<DateTime<Utc>>,
    /// The date of the oldest entry.
    pub oldest_at: Option<DateTime<Utc>>,
    /// New entries a day, by the dates of those listed.
    pub entries_a_day: Option<f64>,
    /// How long an entry stays in the list at that rate, in hours.
    pub window_hours: Option<f64>,
    /// What its entries are known by: guid, url or title.
    pub identity_rule: &'static str,
    /// Why by that.
    pub identity_reason: String,
    /// How long it asks to wait between polls, in seconds.
    pub ttl_seconds: Option<u64>,
    /// Hours in UTC in which it asks not to be polled.
    pub skip_hours: Vec<u8>,
    /// Days in which it asks not to be polled, 1 for Monday.
    pub skip_days: Vec<u8>,
    /// The hub that pushes it.
    pub hub_url: Option<String>,
    /// The next page of its archive.
    pub next_url: Option<String>,
    /// What had to be mended before it could be read.
    pub recovered: Vec<String>,
    /// What is wrong, the worst first.
    pub problems: Vec<Problem>,
}

/// How many entries have what.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Entries read.
    pub listed: usize,
    /// Items that could not be read.
    pub skipped: usize,
    /// With an id.
    pub with_id: usize,
    /// With an address.
    pub with_url: usize,
    /// With a headline.
    pub with_title: usize,
    /// With a publication or update time.
    pub with_date: usize,
    /// With text.
    pub with_text: usize,
    /// Whose id is the article's address.
    pub permalink_ids: usize,
    /// Whose id another entry has too.
    pub repeated_ids: usize,
    /// Whose address another entry has too.
    pub repeated_urls: usize,
    /// That say the same as an earlier one.
    pub doubles: usize,
    /// Dated ahead of now.
    pub future: usize,
}

/// How entries are ordered by date.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Order {
    /// As readers expect.
    NewestFirst,
    /// The other way round.
    OldestFirst,
    /// By something else.
    Mixed,
    /// Too few dates, or one for all.
    Unknown,
}

/// Judges a feed. `answer` is absent where the document came from a file.
pub fn examine(feed: &Feed, answer: Option<&Answer>, now: DateTime<Utc>) -> Diagnosis {
    let counts = count(feed, now);
    let dates: Vec<DateTime<Utc>> = feed.entries.iter().filter_map(|e| e.published_at.or(e.updated_at)).collect();
    let rate = entries_a_day(&dates);
    let window = rate.map(|rate| f64::from(u32::try_from(dates.len()).unwrap_or(u32::MAX)) / rate * 24.0);
    let rule = fitting_rule(IdentityRule::Guid, &feed.entries);
    let mut diagnosis = Diagnosis {
        format: feed.format,
        title: feed.title.clone(),
        language: feed.language.clone(),
        site_url: feed.site_url.clone(),
        self_url: feed.self_url.clone(),
        entries: counts,
        text: carried(&feed.entries),
        order: order(&dates),
        newest_at: dates.iter().max().copied(),
        oldest_at: dates.iter().min().copied(),
        entries_a_day: rate,
        window_hours: window,
        identity_rule: rule.as_str(),
        identity_reason: reason(rule, &counts),
        ttl_seconds: feed.ttl_seconds,
        skip_hours: feed.skip_hours.clone(),
        skip_days: feed.skip_days.clone(),
        hub_url: feed.hub_url.clone(),
        next_url: feed.next_url.clone(),
        recovered: feed.recovered.clone(),
        problems: Vec::new(),
    };
    let mut problems = answer.map(http::problems).unwrap_or_default();
    problems.extend(problems::of(feed, &diagnosis, now));
    problems.sort_by_key(|problem| problem.severity);
    diagnosis.problems = problems;
    diagnosis
}

fn count(feed: &Feed, now: DateTime<Utc>) -> Counts {
    let filled = |text: &Option<String>| text.as_deref().is_some_and(|t| !t.trim().is_empty());
    let mut counts = Counts { listed: feed.entries.len(), skipped: feed.skipped.len(), ..Counts::default() };
    let mut seen = HashSet::new();
    for entry in &feed.entries {
        let date = entry.published_at.or(entry.updated_at);
        counts.with_id += usize::from(filled(&entry.id));
        counts.with_url += usize::from(filled(&entry.url));
        counts.with_title += usize::from(filled(&entry.title));
        counts.with_date += usize::from(date.is_some());
        counts.with_text += usize::from(filled(&entry.summary) || filled(&entry.content));
        counts.permalink_ids += usize::from(filled(&entry.id) && entry.id == entry.url);
        counts.future += usize::from(date.is_some_and(|date| date - now > AHEAD_MAX));
        counts.doubles += usize::from(!seen.insert((&entry.id, &entry.url, &entry.title)));
    }
    counts.repeated_ids = repeated(feed.entries.iter().filter_map(|e| e.id.as_deref()));
    counts.repeated_urls = repeated(feed.entries.iter().filter_map(|e| e.url.as_deref()));
    counts
}

fn repeated<'a>(values: impl Iterator<Item = &'a str>) -> usize {
    let mut times: HashMap<&str, usize> = HashMap::new();
    for value in values.filter(|value| !value.trim().is_empty()) {
        *times.entry(value).or_default() += 1;
    }
    times.values().filter(|times| **times > 1).sum()
}

fn order(dates: &[DateTime<Utc>]) -> Order {
    let falls = dates.windows(2).filter(|pair| pair.first() > pair.last()).count();
    let rises = dates.windows(2).filter(|pair| pair.first() < pair.last()).count();
    // One in ten may be out of place: a corrected date, a pinned entry.
    match (falls, rises) {
        (0, 0) => Order::Unknown,
        (falls, rises) if rises * 10 <= falls => Order::NewestFirst,
        (falls, rises) if falls * 10 <= rises => Order::OldestFirst,
        _ => Order::Mixed,
    }
}

fn reason(rule: IdentityRule, counts: &Counts) -> String {
    match rule {
        IdentityRule::Guid if counts.listed == 0 => "there are no entries yet".to_owned(),
        IdentityRule::Guid if counts.with_id == 0 => "there are no ids, so each entry goes by its address".to_owned(),
        IdentityRule::Guid if counts.with_id < counts.listed => {
            format!("{} of {} entries have an id; the others go by their address", counts.with_id, counts.listed)
        }
        IdentityRule::Guid => "every entry has an id".to_owned(),
        IdentityRule::Url => format!("{} entries share an id with another", counts.repeated_ids),
        IdentityRule::Title => {
            format!("{} entries share an id and {} an address with another", counts.repeated_ids, counts.repeated_urls)
        }
    }
}
