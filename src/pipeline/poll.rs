//! The poller: due feeds are claimed, fetched, parsed, and their entries recorded.

use std::collections::HashSet;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use url::Url;

use super::workers::Company;
use super::{DATABASE_PAUSE, IDLE, Mode, Shared};
use crate::feed::{self, Feed, FeedError};
use crate::fetch::{FetchError, FetchKind, FetchRequest, Fetched};
use crate::identity;
use crate::schedule::{self, Hints, PollHistory};
use crate::store::{ClaimedFeed, EntryRow, FeedRow, PollOutcome, PollResult, StoreError};

/// Claims and polls until `stop`, or in [`Mode::Once`] until every due feed was polled once.
pub async fn run(shared: Arc<Shared>, mode: Mode, stop: CancellationToken) {
    let slots = Arc::new(Semaphore::new(shared.config.poll.concurrency.max(1)));
    let under_way = TaskTracker::new();
    let mut polled = HashSet::new();
    let mut pause = DATABASE_PAUSE.0;
    while !stop.is_cancelled() {
        let free = i64::try_from(slots.available_permits()).unwrap_or(i64::MAX);
        if free == 0 {
            tokio::select! { () = tokio::time::sleep(IDLE) => {}, () = stop.cancelled() => {} }
            continue;
        }
        let feeds = match shared.store.claim_feeds(free, shared.scope).await {
            Ok(feeds) => feeds,
            Err(error) => {
                shared.health.database(Err(error.to_string()));
                tracing::warn!(%error, "feeds could not be claimed; trying again");
                tokio::select! { () = tokio::time::sleep(pause) => {}, () = stop.cancelled() => {} }
                pause = (pause * 2).min(DATABASE_PAUSE.1);
                continue;
            }
        };
        shared.health.database(Ok(()));
        pause = DATABASE_PAUSE.0;
        let mut fresh = 0;
        for feed in feeds {
            let Ok(permit) = slots.clone().try_acquire_owned() else { break };
            if mode == Mode::Once && !polled.insert(feed.feed_id) {
                continue;
            }
            fresh += 1;
            under_way.spawn(poll(shared.clone(), feed, permit, stop.clone()));
        }
        if fresh == 0 {
            if mode == Mode::Once && under_way.is_empty() {
                break;
            }
            tokio::select! { () = tokio::time::sleep(IDLE) => {}, () = stop.cancelled() => {} }
        }
    }
    under_way.close();
    under_way.wait().await;
}

async fn poll(shared: Arc<Shared>, claim: ClaimedFeed, permit: OwnedSemaphorePermit, stop: CancellationToken) {
    let fetched = match Url::parse(&claim.url) {
        Ok(url) => {
            let request = FetchRequest {
                url,
                kind: FetchKind::Feed,
                etag: claim.etag.clone(),
                last_modified: claim.last_modified.clone(),
            };
            tokio::select! {
                fetched = shared.fetcher.get(request) => fetched,
                () = stop.cancelled() => {
                    if let Err(error) = shared.store.release_feed(&claim).await {
                        tracing::debug!(%error, "a feed's lease runs out by itself");
                    }
                    return;
                }
            }
        }
        Err(_) => return tracing::error!(url = claim.url, "the feed's address is none; remove the feed"),
    };
    let result = match fetched {
        Ok(fetched) if fetched.not_modified => not_modified(&shared, &claim, &fetched),
        Ok(fetched) => read(&shared, &claim, fetched).await,
        Err(error) => failed(&shared, &claim, error.reason(), &error.to_string(), fetch_hints(&error)),
    };
    let label = result.outcome.label();
    if let Some(detail) = result.outcome.detail() {
        tracing::info!(url = %claim.url, outcome = label, detail, "a feed could not be read");
    }
    let result = Arc::new(result);
    match finish(&shared, &claim, &result, &stop).await {
        Ok(receipt) => {
            shared.counts.add(|sum| {
                *sum.polls.entry(label).or_default() += 1;
                sum.entries_new += receipt.new_entries;
                sum.entries_changed += receipt.changed_entries;
            });
            shared.metrics.poll(label, receipt.new_entries);
            shared.work.notify_one();
        }
        Err(StoreError::LeaseLost) => shared.counts.add(|sum| sum.leases_lost += 1),
        Err(error) => tracing::warn!(url = %claim.url, %error, "a poll could not be recorded; the feed is due again"),
    }
    drop(permit);
}

async fn finish(
    shared: &Shared,
    claim: &ClaimedFeed,
    result: &Arc<PollResult>,
    stop: &CancellationToken,
) -> Result<crate::store::PollReceipt, StoreError> {
    let mut pause = DATABASE_PAUSE.0;
    loop {
        match shared.store.finish_poll(claim, result).await {
            Err(error) if error.is_transient() && !stop.is_cancelled() => {
                shared.health.database(Err(error.to_string()));
                tokio::time::sleep(pause).await;
                pause = (pause * 2).min(DATABASE_PAUSE.1);
            }
            other => return other,
        }
    }
}

async fn read(shared: &Shared, claim: &ClaimedFeed, fetched: Fetched) -> PollResult {
    let fetched = Arc::new(fetched);
    let job = {
        let fetched = fetched.clone();
        move || feed::parse(&fetched.body, fetched.content_type.as_deref(), Some(&fetched.final_url))
    };
    let company = if claim.attempts >= 3 { Company::Alone } else { Company::Shared };
    let parsed: Result<Feed, FeedError> = match shared.workers.run(company, job).await {
        Ok(parsed) => parsed,
        Err(panicked) => return failed(shared, claim, "panic", &panicked.to_string(), Hints::default()),
    };
    let feed = match parsed {
        Ok(feed) => feed,
        Err(error) => return failed(shared, claim, error.kind(), &error.to_string(), Hints::default()),
    };
    let entries = entry_rows(&feed, Utc::now(), shared.config.poll.entry_age_max);
    let hints = Hints {
        ttl: feed.ttl_seconds.map(std::time::Duration::from_secs),
        max_age: fetched.max_age,
        ..Hints::default()
    };
    let listed = u32::try_from(entries.len()).unwrap_or(u32::MAX);
    let history = PollHistory { failures: 0, listed_entries: listed, ..history(claim) };
    let wait = schedule::next_poll(&history, &hints, &shared.config.poll, rand::random());
    PollResult {
        outcome: PollOutcome::Read {
            feed: FeedRow {
                title: feed.title,
                site_url: feed.site_url,
                language: feed.language,
                recovered: feed.recovered,
                skipped: feed.skipped.len(),
            },
            entries,
        },
        etag: fetched.etag.clone(),
        last_modified: fetched.last_modified.clone(),
        status: Some(fetched.status),
        bytes: fetched.wire_bytes,
        elapsed: fetched.elapsed,
        next_poll_in: wait,
    }
}

fn history(claim: &ClaimedFeed) -> PollHistory {
    PollHistory {
        // Before its first poll a feed has no interval of its own.
        interval: if claim.listed_entries == 0 {
            std::time::Duration::ZERO
        } else {
            std::time::Duration::from_secs(claim.interval_seconds.unsigned_abs())
        },
        failures: u32::try_from(claim.failures).unwrap_or(0),
        new_entries: u32::try_from(claim.new_entries).unwrap_or(0),
        listed_entries: u32::try_from(claim.listed_entries).unwrap_or(0),
    }
}

fn not_modified(shared: &Shared, claim: &ClaimedFeed, fetched: &Fetched) -> PollResult {
    let hints = Hints { max_age: fetched.max_age, ..Hints::default() };
    let history = PollHistory { failures: 0, new_entries: 0, ..history(claim) };
    PollResult {
        outcome: PollOutcome::NotModified,
        // A 304 may bring newer validators; where it brings none, the old ones go on.
        etag: fetched.etag.clone().or_else(|| claim.etag.clone()),
        last_modified: fetched.last_modified.clone().or_else(|| claim.last_modified.clone()),
        status: Some(fetched.status),
        bytes: fetched.wire_bytes,
        elapsed: fetched.elapsed,
        next_poll_in: schedule::next_poll(&history, &hints, &shared.config.poll, rand::random()),
    }
}

fn failed(shared: &Shared, claim: &ClaimedFeed, reason: &'static str, detail: &str, hints: Hints) -> PollResult {
    let history =
        PollHistory { failures: u32::try_from(claim.failures).unwrap_or(0).saturating_add(1), ..history(claim) };
    PollResult {
        outcome: PollOutcome::Failed { reason, detail: detail.to_owned() },
        // The validators vouch for items that are stored; a failure changes nothing about that.
        etag: claim.etag.clone(),
        last_modified: claim.last_modified.clone(),
        status: None,
        bytes: 0,
        elapsed: std::time::Duration::ZERO,
        next_poll_in: schedule::next_poll(&history, &hints, &shared.config.poll, rand::random()),
    }
}

fn fetch_hints(error: &FetchError) -> Hints {
    Hints { retry_after: error.retry_after(), ..Hints::default() }
}

/// The entries as rows: with their identity, each once, none from the future.
fn entry_rows(feed: &Feed, now: DateTime<Utc>, age_max: Option<std::time::Duration>) -> Vec<EntryRow> {
    let oldest = age_max.and_then(|age| chrono::Duration::from_std(age).ok()).map(|age| now - age);
    identity::entry_keys(&feed.entries)
        .into_iter()
        .zip(&feed.entries)
        .filter_map(|(key, entry)| {
            let url = Url::parse(entry.url.as_deref()?).ok()?;
            let canonical = identity::canonical_url(&url);
            Some(EntryRow {
                entry_key: key?.0,
                url_key: identity::url_key(&canonical).0,
                host: identity::registrable_domain(&url),
                url: url.to_string(),
                fingerprint: identity::entry_fingerprint(entry),
                published_at: entry.published_at.map(|t| t.min(now)),
                too_old: oldest.is_some_and(|oldest| entry.published_at.is_some_and(|t| t < oldest)),
                entry: entry.clone(),
            })
        })
        .collect()
}
