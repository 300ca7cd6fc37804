//! What goes on beside the work: leases are renewed, partitions made ahead, old polls and lines forgotten, feeds
//! counted.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::MissedTickBehavior;
use tokio_util::sync::CancellationToken;

use super::Shared;

/// Partitions are looked after this often; they are made two months ahead, so an hour is early enough for ever.
const PARTITIONS_EVERY: Duration = Duration::from_hours(1);

/// How often feeds are counted for the metrics: as often as a scraper asks.
const COUNT_EVERY: Duration = Duration::from_mins(1);
/// Polls are remembered this long: four weeks make the expected volume by hour of week, and a few days to look at it.
const POLLS_KEPT: Duration = Duration::from_hours(35 * 24);

/// Lines that are repeated and no furniture are remembered this long after they were last seen: six weeks, so that a
/// columnist's monthly line is still known the next time.
const LINES_KEPT: Duration = Duration::from_hours(42 * 24);

/// Renews the leases held, at a third of their length, until `done`.
pub async fn run(shared: Arc<Shared>, done: CancellationToken) {
    let mut renew = tokio::time::interval(shared.config.pipeline.lease / 3);
    renew.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut partitions = tokio::time::interval(PARTITIONS_EVERY);
    partitions.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut count = tokio::time::interval(COUNT_EVERY);
    count.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = done.cancelled() => return,
            _ = renew.tick() => {
                let held = shared.held();
                if !held.is_empty()
                    && let Err(error) = shared.store.renew(&held).await
                {
                    tracing::warn!(%error, leases = held.len(), "leases could not be renewed");
                }
            }
            _ = partitions.tick() => {
                if let Err(error) = shared.store.ensure_partitions().await {
                    tracing::warn!(%error, "partitions could not be made");
                }
                forget_polls(&shared, &done).await;
                forget_lines(&shared, &done).await;
            }
            _ = count.tick() => match shared.store.feed_census().await {
                Ok(census) => shared.metrics.feeds(&census.health, census.overdue),
                Err(error) => tracing::debug!(%error, "feeds could not be counted"),
            }
        }
    }
}

async fn forget_polls(shared: &Shared, done: &CancellationToken) {
    while !done.is_cancelled() {
        match shared.store.forget_polls(POLLS_KEPT).await {
            Ok(0) => return,
            Ok(polls) => tracing::debug!(polls, "old polls were forgotten"),
            Err(error) => {
                tracing::warn!(%error, "old polls could not be forgotten");
                return;
            }
        }
    }
}

async fn forget_lines(shared: &Shared, done: &CancellationToken) {
    while !done.is_cancelled() {
        match shared.store.forget_lines(LINES_KEPT).await {
            Ok(0) => return,
            Ok(lines) => tracing::debug!(lines, "repeated lines that were no furniture were forgotten"),
            Err(error) => {
                tracing::warn!(%error, "repeated lines could not be forgotten");
                return;
            }
        }
    }
}

/// Hands back what is still leased when a run ends, so that it is due at once and not after its lease.
pub async fn give_back(shared: &Shared) {
    let held = shared.held();
    if !held.is_empty()
        && let Err(error) = shared.store.release(&held).await
    {
        tracing::warn!(%error, leases = held.len(), "leases could not be handed back; they run out by themselves");
    }
}
