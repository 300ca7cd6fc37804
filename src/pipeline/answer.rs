//! What a feed answered, as what is to be recorded: pure, with the plan for the next poll left open until it is known
//! which entries are new.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use url::Url;

use super::plan::{Circumstances, plan};
use crate::config::PollConfig;
use crate::feed::{Feed, FeedFormat};
use crate::fetch::{FetchError, Fetched};
use crate::identity::{self, IdentityRule};
use crate::polling::{Move, Outcome, Validators, moves};
use crate::push::source;
use crate::schedule::{Hints, Wishes};
use crate::store::{Answer, ClaimedFeed, EntryRow, FeedRow, Moved, PollResult};

/// Entries taken of one document, the newest first: more than any front page's week, and a transaction of seconds.
const ENTRIES_MAX: usize = 5_000;

/// A sitemap lists a site's pages; those written or changed within this time are news. Google's news sitemaps keep two
/// days, and a site that is polled once a week loses nothing.
const SITEMAP_NEWS_AGE: TimeDelta = TimeDelta::days(7);

/// How a feed was asked.
#[derive(Debug, Clone)]
pub struct Asked {
    /// When.
    pub at: DateTime<Utc>,
    /// The validators that were sent; none where they are not believed.
    pub validators: Validators,
}

impl Asked {
    /// Decides how to ask a claimed feed.
    pub fn new(claim: &ClaimedFeed, now: DateTime<Utc>) -> Self {
        // Validators whose address is not known are sent nowhere.
        let sends = claim.validators.url.is_some() && claim.validators_state.sends(claim.silent_since.is_some(), now);
        Self { at: now, validators: if sends { claim.validators.clone() } else { Validators::default() } }
    }
}

/// A feed that was read, its entries as rows.
pub struct Read {
    feed: Feed,
    rows: Vec<EntryRow>,
    rule: IdentityRule,
    left_out: usize,
}

impl Read {
    /// Gives entries their identity and takes those that can be kept: with an address, each once, the newest
    /// `ENTRIES_MAX`.
    pub fn new(mut feed: Feed, rule: IdentityRule, now: DateTime<Utc>, age_max: Option<Duration>) -> Self {
        if feed.format == FeedFormat::Sitemap {
            let since = now - SITEMAP_NEWS_AGE;
            feed.entries.retain(|entry| entry.published_at.or(entry.updated_at).is_some_and(|at| at >= since));
        }
        let listed = feed.entries.len();
        if listed > ENTRIES_MAX {
            // Stable, so undated ones stay in the document's order, which is newest first nearly everywhere.
            feed.entries.sort_by_key(|entry| std::cmp::Reverse(entry.published_at.or(entry.updated_at)));
            feed.entries.truncate(ENTRIES_MAX);
        }
        let rule = identity::fitting_rule(rule, &feed.entries);
        let oldest = age_max.and_then(|age| chrono::Duration::from_std(age).ok()).map(|age| now - age);
        let keys = identity::entry_keys(rule, &feed.entries);
        let entries = std::mem::take(&mut feed.entries);
        let rows: Vec<EntryRow> = keys
            .into_iter()
            .zip(entries)
            .filter_map(|(key, entry)| {
                let url = Url::parse(entry.url.as_deref()?).ok().filter(|url| url.as_str().len() <= 2048)?;
                let canonical = identity::canonical_url(&url);
                Some(EntryRow {
                    entry_key: key?.0,
                    url_key: identity::url_key(&canonical).0,
                    host: identity::registrable_domain(&url),
                    url: url.to_string(),
                    fingerprint: identity::entry_fingerprint(&entry),
                    published_at: entry.published_at.map(|t| t.min(now)),
                    too_old: oldest.is_some_and(|oldest| entry.published_at.is_some_and(|t| t < oldest)),
                    entry,
                })
            })
            .collect();
        Self { left_out: listed - rows.len(), feed, rows, rule }
    }

    /// The entries alone, and the rule their keys were made by.
    pub fn into_entries(self) -> (Vec<EntryRow>, IdentityRule) {
        (self.rows, self.rule)
    }
}

/// A 304.
pub fn not_modified(claim: &ClaimedFeed, asked: Asked, fetched: &Fetched, config: &PollConfig) -> PollResult {
    let moved = Some(moved(claim, fetched, asked.at));
    let hints = Hints { max_age: fetched.max_age, ..Hints::default() };
    let circumstances = Circumstances { asked, answer: None, moved, status: Some(fetched.status), hints };
    PollResult {
        answer: Answer::NotModified,
        validators: claim.validators.refreshed_by(validators(fetched)),
        ..result(claim, circumstances, config, Some(fetched))
    }
}

/// A document.
pub fn read(claim: &ClaimedFeed, asked: Asked, fetched: &Fetched, read: Read, config: &PollConfig) -> PollResult {
    let Read { feed, rows, rule, left_out } = read;
    let wishes = Wishes::new(feed.ttl_seconds, &feed.skip_hours, &feed.skip_days);
    let hints = Hints { wishes: Some(wishes), max_age: fetched.max_age, ..Hints::default() };
    // Half a document vouches for nothing: what was cut off would stay behind a 304 for ever.
    // So does an index: the documents it names change without it.
    let vouches = !feed.is_cut_off() && feed.sitemaps.is_empty();
    let held = if vouches { validators(fetched) } else { Validators::default() };
    let hub = hub(fetched, &feed);
    let moved = Some(moved(claim, fetched, asked.at));
    let status = Some(fetched.status);
    let circumstances = Circumstances { asked, answer: Some(held.clone()), moved, status, hints };
    PollResult {
        answer: Answer::Read {
            feed: FeedRow {
                title: feed.title,
                site_url: feed.site_url,
                language: feed.language,
                recovered: feed.recovered,
                skipped: feed.skipped.len() + left_out,
                hub,
            },
            entries: rows,
            rule,
        },
        validators: held,
        ..result(claim, circumstances, config, Some(fetched))
    }
}

/// No document.
pub fn failed(
    claim: &ClaimedFeed,
    asked: Asked,
    outcome: Outcome,
    detail: String,
    error: Option<&FetchError>,
    config: &PollConfig,
) -> PollResult {
    let hints = Hints { retry_after: error.and_then(FetchError::retry_after), ..Hints::default() };
    let status =
        error.and_then(|error| if let FetchError::Status { status, .. } = error { Some(*status) } else { None });
    let circumstances = Circumstances { asked, answer: None, moved: None, status, hints };
    PollResult { answer: Answer::Failed { outcome, detail }, status, ..result(claim, circumstances, config, None) }
}

/// What every answer has in common: validators that go on vouching for the stored items, and the plan.
fn result(claim: &ClaimedFeed, on: Circumstances, config: &PollConfig, fetched: Option<&Fetched>) -> PollResult {
    let moved = on.moved.clone().map_or(Moved::Unknown, |(moved, host)| Moved::Judged(moved, host));
    let (owner, config, jitter) = (claim.clone(), config.clone(), rand::random());
    let conditional = fetched.map_or(!on.asked.validators.is_empty(), |fetched| fetched.conditional);
    PollResult {
        answer: Answer::NotModified,
        validators: claim.validators.clone(),
        conditional,
        moved,
        status: fetched.map(|f| f.status),
        bytes: fetched.map_or(0, |f| f.wire_bytes),
        elapsed: fetched.map_or(Duration::ZERO, |f| f.elapsed),
        plan: Box::new(move |receipt| plan(&owner, &on, receipt, &config, jitter)),
    }
}

/// Whom to ask for pushes, as hub and topic.
fn hub(fetched: &Fetched, feed: &Feed) -> Option<(String, String)> {
    let links = fetched.headers.iter().filter(|(name, _)| name == "link");
    let found = source::find(source::Found {
        requested: &fetched.requested,
        found_at: &fetched.final_url,
        link_headers: &links.map(|(_, value)| value.as_str()).collect::<Vec<_>>(),
        hub: feed.hub_url.as_deref(),
        own: feed.self_url.as_deref(),
    });
    found.map(|source| (source.hub.to_string(), source.topic))
}

fn validators(fetched: &Fetched) -> Validators {
    Validators {
        etag: fetched.etag.clone(),
        last_modified: fetched.last_modified.clone(),
        url: Some(fetched.final_url.to_string()),
    }
}

fn moved(claim: &ClaimedFeed, fetched: &Fetched, now: DateTime<Utc>) -> (Move, String) {
    let target = fetched.moved_permanently.as_ref();
    let judged = moves::judge(&claim.url, target, claim.sighting.clone(), now);
    let host = target.map(identity::registrable_domain).unwrap_or_default();
    (judged, host)
}
