//! The poller: due feeds are claimed, asked at a bounded rate, read, and what they list is recorded.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, MissedTickBehavior, timeout};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::answer::{self, Asked};
use super::ask::{self, Terms, Unhad};
use super::workers::Company;
use super::{DATABASE_PAUSE, IDLE, Mode, Shared, sitemaps};
use crate::feed::{self, Feed};
use crate::fetch::Fetched;
use crate::polling::Outcome;
use crate::store::{ClaimedFeed, PollReceipt, PollResult, StoreError};

/// Feeds claimed at once: what a third of a second starts. A lease runs from the claim, so it is not left lying, and a small
/// claim is soon over.
const CLAIM_MAX: usize = 16;

/// Claims and polls until `stop`, or in [`Mode::Once`] until every due feed was polled once.
pub async fn run(shared: Arc<Shared>, mode: Mode, stop: CancellationToken) {
    let config = &shared.config.poll;
    let slots = Arc::new(Semaphore::new(config.concurrency.max(1)));
    // After a day of standstill every feed is due at once; they start one by one all the same, a tenth further apart
    // than asked: some are held up on their way, and no server is to see more in any second.
    let mut start = tokio::time::interval(Duration::from_secs(1) / config.starts_per_second.max(1) * 11 / 10);
    start.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let under_way = TaskTracker::new();
    let mut polled = HashSet::new();
    let mut pause = DATABASE_PAUSE.0;
    while !stop.is_cancelled() {
        let free = slots.available_permits().min(CLAIM_MAX);
        if free == 0 {
            idle(IDLE / 10, &stop).await;
            continue;
        }
        // A run that ends when all was polled once cannot put feeds off.
        let spacing = (mode == Mode::Forever).then_some(shared.config.fetch.host_delay);
        let asked_at = Instant::now();
        let feeds = match shared.store.claim_feeds(i64::try_from(free).unwrap_or(1), spacing, shared.scope).await {
            Ok(feeds) => feeds,
            Err(error) => {
                shared.health.database(Err(error.to_string()));
                tracing::warn!(%error, "feeds could not be claimed; trying again");
                idle(pause, &stop).await;
                pause = (pause * 2).min(DATABASE_PAUSE.1);
                continue;
            }
        };
        shared.metrics.claimed(asked_at.elapsed());
        shared.health.database(Ok(()));
        pause = DATABASE_PAUSE.0;
        let mut fresh = 0;
        for feed in feeds {
            let Ok(permit) = slots.clone().try_acquire_owned() else { break };
            if mode == Mode::Once && !polled.insert(feed.feed_id) {
                release(&shared, &feed).await;
                continue;
            }
            fresh += 1;
            start.tick().await;
            under_way.spawn(poll(shared.clone(), feed, permit, stop.clone()));
        }
        if fresh == 0 {
            if mode == Mode::Once && under_way.is_empty() {
                break;
            }
            idle(IDLE, &stop).await;
        }
    }
    under_way.close();
    under_way.wait().await;
}

async fn idle(pause: Duration, stop: &CancellationToken) {
    tokio::select! { () = tokio::time::sleep(pause) => {}, () = stop.cancelled() => {} }
}

async fn release(shared: &Shared, claim: &ClaimedFeed) {
    if let Err(error) = shared.store.release_feed(claim).await {
        tracing::debug!(%error, "a feed's lease runs out by itself");
    }
}

async fn poll(shared: Arc<Shared>, claim: ClaimedFeed, permit: OwnedSemaphorePermit, stop: CancellationToken) {
    let terms = Terms::of(&claim, &shared.config.poll);
    let asked = terms.asked(&claim, chrono::Utc::now());
    let fetched = tokio::select! {
        fetched = ask::ask(&shared, &claim, &terms, &asked) => fetched,
        () = stop.cancelled() => {
            release(&shared, &claim).await;
            return;
        }
    };
    let config = &terms.config;
    let result = match fetched {
        Ok(fetched) if fetched.not_modified => answer::not_modified(&claim, asked, &fetched, config),
        Ok(fetched) => read(&shared, &claim, &terms, asked, fetched).await,
        // Nobody was asked, so nothing is said about the feed.
        Err(Unhad::NotAsked(wait)) => {
            if let Err(error) = shared.store.put_off_feed(&claim, wait).await {
                tracing::debug!(%error, "a feed's lease runs out by itself");
            }
            return;
        }
        Err(Unhad::Failed(outcome, detail, error)) => {
            tracing::info!(url = %claim.url, outcome = outcome.as_str(), detail, "a feed could not be had");
            answer::failed(&claim, asked, outcome, detail, error.as_ref(), config)
        }
    };
    let result = Arc::new(result);
    match finish(&shared, &claim, &result, &stop).await {
        Ok(receipt) => {
            let (new, changed) = (receipt.new_entries as u64, receipt.changed_entries as u64);
            shared.counts.add(|sum| {
                *sum.polls.entry(receipt.outcome.as_str()).or_default() += 1;
                sum.entries_new += new;
                sum.entries_changed += changed;
            });
            shared.metrics.poll(receipt.outcome.as_str(), new, receipt.moved_entries as u64);
            shared.work.notify_one();
        }
        Err(StoreError::LeaseLost) => shared.counts.add(|sum| sum.leases_lost += 1),
        Err(error) => tracing::warn!(url = %claim.url, %error, "a poll could not be recorded; the feed is due again"),
    }
    drop(permit);
}

async fn read(shared: &Shared, claim: &ClaimedFeed, terms: &Terms, asked: Asked, fetched: Fetched) -> PollResult {
    let config = &terms.config;
    let fetched = Arc::new(fetched);
    let company = if claim.attempts >= 3 { Company::Alone } else { Company::Shared };
    let read = async {
        let mut feed = parsed(shared, company, &fetched).await?;
        if !feed.sitemaps.is_empty() {
            let limit = shared.config.pipeline.lease.saturating_sub(ask::RECORDING) / 2;
            feed = timeout(limit, sitemaps::followed(shared, claim, terms, company, feed))
                .await
                .map_err(|_| (Outcome::Timeout, "its sitemaps did not come in time".to_owned()))??;
        }
        let (rule, age_max) = (claim.identity_rule, config.entry_age_max);
        let rows = move || answer::Read::new(feed, rule, chrono::Utc::now(), age_max);
        shared.workers.run(company, rows).await.map_err(|panicked| (Outcome::ReaderPanic, panicked.to_string()))
    };
    match read.await {
        Ok(read) => answer::read(claim, asked, &fetched, read, config),
        Err((outcome, detail)) => {
            tracing::info!(url = %claim.url, outcome = outcome.as_str(), detail, "a feed could not be read");
            let failed = answer::failed(claim, asked, outcome, detail, None, config);
            PollResult { status: Some(fetched.status), bytes: fetched.wire_bytes, elapsed: fetched.elapsed, ..failed }
        }
    }
}

/// A document as a feed; what came instead, and a sentence, where it is none.
pub async fn parsed(shared: &Shared, company: Company, fetched: &Arc<Fetched>) -> Result<Feed, (Outcome, String)> {
    let document = fetched.clone();
    let job = move || feed::parse(&document.body, document.content_type.as_deref(), Some(&document.final_url));
    match shared.workers.run(company, job).await {
        Ok(Ok(feed)) => Ok(feed),
        Ok(Err(error)) => Err((Outcome::from(&error), error.to_string())),
        Err(panicked) => Err((Outcome::ReaderPanic, panicked.to_string())),
    }
}

async fn finish(
    shared: &Shared,
    claim: &ClaimedFeed,
    result: &Arc<PollResult>,
    stop: &CancellationToken,
) -> Result<PollReceipt, StoreError> {
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
