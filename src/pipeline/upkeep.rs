//! What goes on beside the work: leases are renewed, partitions made ahead.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::MissedTickBehavior;
use tokio_util::sync::CancellationToken;

use super::Shared;

/// Partitions are looked after this often; they are made two months ahead, so an hour is early enough for ever.
const PARTITIONS_EVERY: Duration = Duration::from_hours(1);

/// Renews the leases held, at a third of their length, until `done`.
pub async fn run(shared: Arc<Shared>, done: CancellationToken) {
    let mut renew = tokio::time::interval(shared.config.pipeline.lease / 3);
    renew.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut partitions = tokio::time::interval(PARTITIONS_EVERY);
    partitions.set_missed_tick_behavior(MissedTickBehavior::Delay);
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
