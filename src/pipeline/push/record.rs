//! A genuine push from its bytes to its rows: read in the workers, recorded, or else a poll instead.

use std::sync::Arc;

use bytes::Bytes;
use url::Url;

use super::super::workers::Company;
use super::super::{DATABASE_PAUSE, Shared, answer, plan};
use super::shown;
use crate::feed;
use crate::identity::IdentityRule;
use crate::push::Token;
use crate::store::{EntryRow, PollReceipt, Pushed, Recorded, Signed, StoreError};

/// How often a push is read anew because a poll has changed what its feed's entries are known by.
const READ_MAX: usize = 3;

/// Reads a push and records it; whatever cannot be recorded makes the feed due.
pub async fn record(shared: &Shared, token: &Token, pushed: &Pushed, content_type: Option<String>, body: Bytes) {
    match try_record(shared, token, pushed, content_type, body).await {
        Ok(Some(receipt)) => {
            let (new, changed) = (receipt.new_entries as u64, receipt.changed_entries as u64);
            tracing::debug!(topic = shown(&pushed.topic), new, changed, "a push was recorded");
            shared.counts.add(|sum| {
                sum.entries_new += new;
                sum.entries_changed += changed;
            });
            shared.metrics.push(new, receipt.moved_entries as u64);
            shared.work.notify_one();
        }
        Ok(None) => {}
        Err(why) => {
            tracing::info!(
                topic = shown(&pushed.topic),
                why,
                "a push could not be taken as it is; the feed is polled instead"
            );
            shared.metrics.callback("unreadable");
            if let Err(error) = persist(shared, || shared.store.want_poll(token, Signed::Yes)).await {
                tracing::warn!(%error, "a push was lost; the feed is polled in its turn");
            }
        }
    }
}

/// `None`: nobody wants it any more.
async fn try_record(
    shared: &Shared,
    token: &Token,
    pushed: &Pushed,
    content_type: Option<String>,
    body: Bytes,
) -> Result<Option<PollReceipt>, String> {
    let mut rule = pushed.rule;
    for _ in 0..READ_MAX {
        let (rows, read_by) = read(shared, pushed, rule, content_type.clone(), body.clone()).await?;
        if rows.is_empty() {
            return Err("it lists no entry with an address".to_owned());
        }
        let rows = Arc::new(rows);
        let learn = |stored: &serde_json::Value, receipt: &PollReceipt| {
            plan::rhythm_after_push(stored, receipt, chrono::Utc::now())
        };
        let recorded = persist(shared, || shared.store.record_push(token, read_by, &rows, learn)).await;
        match recorded.map_err(|error| error.to_string())? {
            Recorded::Done(receipt) => return Ok(Some(receipt)),
            Recorded::Gone => return Ok(None),
            Recorded::ReadAgain(held) => rule = held,
        }
    }
    Err("what the feed's entries are known by keeps changing".to_owned())
}

async fn read(
    shared: &Shared,
    pushed: &Pushed,
    rule: IdentityRule,
    content_type: Option<String>,
    body: Bytes,
) -> Result<(Vec<EntryRow>, IdentityRule), String> {
    let (base, age_max) = (Url::parse(&pushed.topic).ok(), shared.config.poll.entry_age_max);
    let job = move || {
        let feed = feed::parse(&body, content_type.as_deref(), base.as_ref()).map_err(|error| error.to_string())?;
        Ok(answer::Read::new(feed, rule, chrono::Utc::now(), age_max).into_entries())
    };
    shared.workers.run(Company::Shared, job).await.map_err(|panicked| panicked.to_string())?
}

/// Tries on while the database is away and pushes are taken.
async fn persist<T, F: Future<Output = Result<T, StoreError>>>(
    shared: &Shared,
    write: impl Fn() -> F,
) -> Result<T, StoreError> {
    let mut pause = DATABASE_PAUSE.0;
    loop {
        match write().await {
            Err(error) if error.is_transient() && !shared.push.is_closed() => {
                tracing::debug!(%error, "a push waits for the database");
                tokio::time::sleep(pause).await;
                pause = (pause * 2).min(DATABASE_PAUSE.1);
            }
            done => return done,
        }
    }
}
