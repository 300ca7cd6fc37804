//! Hubs that push: feeds that name one are subscribed, leases renewed, and what is pushed is read and recorded.
//!
//! ```text
//!   feeds.hub_url ──▶ subscriptions ──▶ ask (one request a hub and turn) ──▶ hub
//!                          ▲                                                  │ GET: do you mean it?
//!                          └──────────── intake (IN_HAND_MAX) ◀───────────────┘ POST: news
//!                                          └─▶ workers ─▶ entries, tasks; or the feed is due for a poll
//! ```
//!
//! Polling stays as it is: a push in memory may be lost without losing news. Where one brings no entries that can be
//! read, or no signature could be asked for, it is a hint that makes the feed due.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use url::Url;

use super::{DATABASE_PAUSE, IDLE, Mode, Shared};
use crate::fetch::SafeUrl;
use crate::push::callback::hexadecimal;
use crate::push::{Source, Token, source};
use crate::store::{NewSubscription, Scope, StoreError};

mod ask;
mod gate;
mod intake;
mod record;

pub(super) use intake::Intake;
pub use intake::{Callbacks, Ear, Refusal, Taken};

/// Hubs asked at once.
const ASKED_AT_ONCE: usize = 16;
/// The shortest pause between two looks at which feeds name a hub, and how many times longer than the look it is: on a
/// database of 180,000 feeds it takes a tenth of a second.
const TEND_EVERY: (Duration, u32) = (Duration::from_secs(2), 50);

/// Subscribes, renews and leaves until `stop`.
pub async fn run(shared: Arc<Shared>, mode: Mode, stop: CancellationToken) {
    let Some(base) = shared.config.push.callback_url.clone().filter(|_| mode == Mode::Forever) else {
        if mode == Mode::Forever && shared.scope == Scope::Daemon {
            tracing::info!("push.callback_url is not set: hubs are not asked to push, all feeds are polled");
        }
        return;
    };
    if shared.scope == Scope::Demo {
        return;
    }
    if shared.config.push.listen.is_none() {
        tracing::warn!("push.listen is off: what hubs push is heard only if another daemon listens");
    }
    let slots = Arc::new(Semaphore::new(ASKED_AT_ONCE));
    let asking = TaskTracker::new();
    let mut tend_at = Instant::now();
    let mut pause = IDLE;
    while !stop.is_cancelled() {
        let done = async {
            if tend_at <= Instant::now() {
                let begun = Instant::now();
                tend(&shared).await?;
                tend_at = Instant::now() + (begun.elapsed() * TEND_EVERY.1).max(TEND_EVERY.0);
            }
            shared.store.start_wanted_polls(shared.config.poll.interval_min).await?;
            let free = i64::try_from(slots.available_permits()).unwrap_or(0);
            let due = if free > 0 {
                shared.store.claim_subscriptions(free, shared.config.fetch.host_delay).await?
            } else {
                Vec::new()
            };
            for subscription in due {
                let Ok(slot) = slots.clone().try_acquire_owned() else { break };
                let (shared, base, stop) = (shared.clone(), base.clone(), stop.clone());
                asking.spawn(async move {
                    // Cut off, it is asked again when its turn comes anew.
                    tokio::select! { () = ask::ask(&shared, &base, subscription) => {}, () = stop.cancelled() => {} }
                    drop(slot);
                });
            }
            Ok::<(), StoreError>(())
        };
        pause = match done.await {
            Ok(()) => IDLE,
            Err(error) => {
                tracing::warn!(%error, "subscriptions could not be looked after; trying again");
                (pause * 2).min(DATABASE_PAUSE.1)
            }
        };
        tokio::select! { () = tokio::time::sleep(pause) => {}, () = stop.cancelled() => {} }
    }
    asking.close();
    asking.wait().await;
    shared.push.close().await;
}

/// Leaves hubs that are not wanted any more, adds subscriptions for feeds that name one, counts.
async fn tend(shared: &Shared) -> Result<(), StoreError> {
    let store = &shared.store;
    store.part_subscriptions().await?;
    let feeds = store.feeds_without_subscription().await?;
    let new: Vec<NewSubscription> = feeds
        .into_iter()
        .filter_map(|(feed_id, hub, topic)| {
            let source = Source { hub: Url::parse(&hub).ok()?, topic };
            Some(NewSubscription {
                feed_id,
                signed: source::keeps_secrets(&source.hub, &shared.config.fetch.allow_networks),
                source,
                token: Token::from_bytes(rand::random()),
                secret: hexadecimal(&rand::random::<[u8; 32]>()),
            })
        })
        .collect();
    if !new.is_empty() {
        store.add_subscriptions(new).await?;
    }
    let summary = store.push_summary().await?;
    shared.metrics.subscriptions(&[
        ("asked", summary.asked),
        ("active", summary.active),
        ("denied", summary.denied),
        ("leaving", summary.leaving),
    ]);
    Ok(())
}

/// An address as it may be shown in logs.
fn shown(url: &str) -> String {
    Url::parse(url).map_or_else(|_| "no address".to_owned(), |url| SafeUrl(&url).to_string())
}
