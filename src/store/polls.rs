//! What came of a poll, recorded in one transaction: entries, new tasks, validators, address, schedule, history.
//!
//! Validators are stored only together with the items they vouch for: a crash between the two would lose news for ever,
//! since the next answer would be 304.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use sqlx::{Connection, PgConnection};

use super::entries::{self, EntryRow};
use super::{ClaimedFeed, Store, StoreError};
use crate::identity::IdentityRule;
use crate::polling::{Move, Outcome, Validators, ValidatorsState};
use crate::rows::clipped;

/// What a poll gave.
pub struct PollResult {
    /// What came of it.
    pub answer: Answer,
    /// The validators to hold from now on.
    pub validators: Validators,
    /// Whether validators were sent.
    pub conditional: bool,
    /// What it says about the feed's address.
    pub moved: Moved,
    /// HTTP status, where there was an answer.
    pub status: Option<u16>,
    /// Bytes on the wire.
    pub bytes: u64,
    /// From request to last byte.
    pub elapsed: Duration,
    /// What follows, once it is known which entries are new.
    pub plan: Box<dyn Fn(&PollReceipt) -> Plan + Send + Sync>,
}

/// What came back.
#[derive(Debug, Clone)]
pub enum Answer {
    /// The server answered 304.
    NotModified,
    /// The feed was read.
    Read {
        /// What the feed says of itself.
        feed: FeedRow,
        /// Its entries.
        entries: Vec<EntryRow>,
        /// What their keys were made by.
        rule: IdentityRule,
    },
    /// It could not be had or read.
    Failed {
        /// Why.
        outcome: Outcome,
        /// A sentence for people.
        detail: String,
    },
}

/// What a poll says about the feed's address.
#[derive(Debug, Clone, Default)]
pub enum Moved {
    /// Nothing: it failed.
    #[default]
    Unknown,
    /// This, judged.
    Judged(Move, /* the host of an adopted address */ String),
}

/// What a feed says of itself.
#[derive(Debug, Clone, Default)]
pub struct FeedRow {
    /// Its title.
    pub title: Option<String>,
    /// Its site.
    pub site_url: Option<String>,
    /// Its language.
    pub language: Option<String>,
    /// What had to be mended.
    pub recovered: Vec<String>,
    /// How many items could not be taken.
    pub skipped: usize,
    /// The hub that pushes it, and the address it is known by there.
    pub hub: Option<(String, String)>,
}

/// What a recorded poll changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PollReceipt {
    /// What came of it.
    pub outcome: Outcome,
    /// Entries the document lists.
    pub listed_entries: usize,
    /// Entries never seen before.
    pub new_entries: usize,
    /// Entries changed since they were last seen.
    pub changed_entries: usize,
    /// Entries recognised although id, address or headline had changed.
    pub moved_entries: usize,
    /// When the new ones were published, by the feed, for those that say so.
    pub published: Vec<DateTime<Utc>>,
}

/// What follows a poll.
#[derive(Debug, Clone)]
pub struct Plan {
    /// When to poll next.
    pub next_poll_in: Duration,
    /// What has been learned of when the feed publishes.
    pub rhythm: serde_json::Value,
    /// How far its validators are believed.
    pub validators_state: ValidatorsState,
    /// New entries to be expected by now, and seen, over the same time.
    pub volume: Option<(f32, i32)>,
    /// Since when far fewer come than expected.
    pub silent_since: Option<DateTime<Utc>>,
    /// How the feed does, in a sentence.
    pub note: String,
}

impl Store {
    /// Records a poll.
    ///
    /// # Errors
    /// [`StoreError::LeaseLost`] when another daemon has claimed the feed since: nothing is written then.
    pub async fn finish_poll(&self, claim: &ClaimedFeed, result: &Arc<PollResult>) -> Result<PollReceipt, StoreError> {
        let (claim, result) = (claim.clone(), result.clone());
        self.unit(move |connection| {
            Box::pin(async move {
                let mut transaction = connection.begin().await?;
                let receipt = record(&mut transaction, &claim, &result).await?;
                transaction.commit().await?;
                Ok(receipt)
            })
        })
        .await
    }

    /// Forgets polls older than `age`, and leases of feeds that were removed meanwhile; gives how many polls. Ten thousand a statement, so that none takes long.
    pub async fn forget_polls(&self, age: Duration) -> Result<u64, StoreError> {
        self.unit(move |connection| {
            Box::pin(async move {
                sqlx::query!(
                    "delete from feed_leases l
                      where lease_until < now() and not exists (select from feeds f where f.feed_id = l.feed_id)"
                )
                .execute(&mut *connection)
                .await?;
                let forgotten = sqlx::query!(
                    "delete from feed_polls where feed_poll_id in (
                        select feed_poll_id from feed_polls where polled_at < now() - make_interval(secs => $1)
                         order by polled_at limit 10000)",
                    age.as_secs_f64()
                )
                .execute(connection)
                .await?;
                Ok(forgotten.rows_affected())
            })
        })
        .await
    }
}

async fn record(c: &mut PgConnection, claim: &ClaimedFeed, result: &PollResult) -> Result<PollReceipt, StoreError> {
    let held = sqlx::query!(
        // A claim whose poll is recorded already comes again when the answer to the commit was lost.
        "select origin from feeds f
          where feed_id = $1 and $2 = coalesce((select token from feed_leases l where l.feed_id = f.feed_id), token)
            for update",
        claim.feed_id,
        claim.token
    )
    .fetch_optional(&mut *c)
    .await?;
    let Some(held) = held else { return Err(StoreError::LeaseLost) };
    let mut rule = claim.identity_rule;
    let receipt = match &result.answer {
        Answer::Read { entries, rule: read_by, .. } => {
            let written = entries::write(&mut *c, claim.feed_id, *read_by, entries, held.origin == "demo").await?;
            rule = written.rule;
            written.receipt
        }
        Answer::NotModified => empty(Outcome::NotModified),
        Answer::Failed { outcome, .. } => empty(*outcome),
    };
    let plan = (result.plan)(&receipt);
    update_feed(&mut *c, claim, result, &receipt, &plan, rule).await?;
    sqlx::query!("delete from feed_leases where feed_id = $1 and token = $2", claim.feed_id, claim.token)
        .execute(&mut *c)
        .await?;
    if let Moved::Judged(moved, host) = &result.moved {
        update_address(&mut *c, claim, moved, host).await?;
    }
    remember(&mut *c, claim, result, &receipt).await?;
    Ok(receipt)
}

fn empty(outcome: Outcome) -> PollReceipt {
    PollReceipt {
        outcome,
        listed_entries: 0,
        new_entries: 0,
        changed_entries: 0,
        moved_entries: 0,
        published: Vec::new(),
    }
}

fn count(n: usize) -> i32 {
    i32::try_from(n).unwrap_or(i32::MAX)
}

async fn update_feed(
    c: &mut PgConnection,
    claim: &ClaimedFeed,
    result: &PollResult,
    receipt: &PollReceipt,
    plan: &Plan,
    rule: IdentityRule,
) -> Result<(), StoreError> {
    let (feed, detail) = match &result.answer {
        Answer::Read { feed, .. } => (feed.clone(), None),
        Answer::NotModified => (FeedRow::default(), None),
        Answer::Failed { detail, .. } => (FeedRow::default(), Some(clipped(detail, 1000))),
    };
    let validators = &result.validators;
    sqlx::query!(
        "update feeds
            set title = coalesce(title, $3), site_url = coalesce($4, site_url), language = coalesce(language, $5),
                etag = $6, last_modified = $7, validators_url = $8, not_modified_in_a_row = $9,
                validators_distrusted_until = $10, interval_seconds = greatest($11::float8, 1)::bigint,
                next_poll_at = now() + make_interval(secs => $11), token = $2,
                failures = case when $12 then 0 else failures + 1 end, last_outcome = $13, last_detail = $14,
                last_polled_at = now(), last_success_at = case when $12 then now() else last_success_at end,
                last_entry_at = case when $15 > 0 then now() else last_entry_at end,
                new_entries = case when $16 then $15 else new_entries end,
                listed_entries = case when $16 then $17 else listed_entries end,
                rhythm = $18, identity_rule = $19, expected_entries = $20, seen_entries = $21, silent_since = $22,
                last_note = $23, hub_url = case when $16 then $24 else hub_url end,
                topic_url = case when $16 then $25 else topic_url end
          where feed_id = $1",
        claim.feed_id,
        claim.token,
        feed.title.as_deref().map(|t| clipped(t, 1000)),
        feed.site_url.as_deref().filter(|u| u.len() <= 2048),
        feed.language.as_deref().map(|t| clipped(t, 35)),
        validators.etag.as_deref().filter(|e| e.len() <= 4096),
        validators.last_modified.as_deref().filter(|e| e.len() <= 512),
        validators.url.as_deref().filter(|u| u.len() <= 2048),
        plan.validators_state.not_modified_in_a_row,
        plan.validators_state.distrusted_until,
        plan.next_poll_in.as_secs_f64(),
        receipt.outcome.is_fine(),
        receipt.outcome.as_str(),
        detail,
        count(receipt.new_entries),
        matches!(result.answer, Answer::Read { .. }),
        count(receipt.listed_entries),
        plan.rhythm,
        rule.as_str(),
        plan.volume.map(|(expected, _)| expected),
        plan.volume.map(|(_, seen)| seen),
        plan.silent_since,
        clipped(&plan.note, 1000),
        feed.hub.as_ref().map(|(hub, _)| hub.as_str()).filter(|u| u.len() <= 2048),
        feed.hub.as_ref().map(|(_, topic)| topic.as_str()).filter(|u| u.len() <= 2048),
    )
    .execute(c)
    .await?;
    Ok(())
}

/// Notes a redirect that is watched, or moves the feed. An address that another feed is polled at is not taken: the feed
/// that moved there is paused, since it would bring everything a second time.
async fn update_address(c: &mut PgConnection, claim: &ClaimedFeed, moved: &Move, host: &str) -> Result<(), StoreError> {
    let sighting = if let Move::Watched(sighting) = moved { Some(sighting) } else { None };
    sqlx::query!(
        "update feeds set moved_to = $2, moved_since = $3, moved_seen = $4
          where feed_id = $1 and (moved_to, moved_since, moved_seen) is distinct from ($2, $3, $4)",
        claim.feed_id,
        sighting.map(|s| s.to.as_str()).filter(|to| to.len() <= 2048),
        sighting.filter(|s| s.to.len() <= 2048).map(|s| s.since),
        sighting.map_or(0, |s| s.seen),
    )
    .execute(&mut *c)
    .await?;
    let Move::Adopted(to) = moved else { return Ok(()) };
    if to.len() > 2048 {
        return Ok(());
    }
    let taken = sqlx::query_scalar!("select feed_id from feeds where url = $1", to).fetch_optional(&mut *c).await?;
    if let Some(other) = taken {
        sqlx::query!(
            "update feeds set paused_at = now(), last_note = $2 where feed_id = $1",
            claim.feed_id,
            clipped(&format!("moved to {to}, which is polled already as feed {other}: paused"), 1000)
        )
        .execute(&mut *c)
        .await?;
        // A list that names both means the one from now on, and does not wake the other.
        leave_address(c, &claim.url, other).await?;
        return Ok(());
    }
    leave_address(&mut *c, &claim.url, claim.feed_id).await?;
    // The feed can move back to where it was.
    sqlx::query!("delete from feed_addresses where url = $1", to).execute(&mut *c).await?;
    sqlx::query!("update feeds set url = $2, host = $3 where feed_id = $1", claim.feed_id, to, host).execute(c).await?;
    Ok(())
}

/// From now on a feed list that names this address means that feed.
async fn leave_address(c: &mut PgConnection, url: &str, feed_id: i64) -> Result<(), StoreError> {
    sqlx::query!(
        "insert into feed_addresses (url, feed_id) values ($1, $2)
             on conflict (url) do update set feed_id = excluded.feed_id, left_at = now()",
        url,
        feed_id
    )
    .execute(c)
    .await?;
    Ok(())
}

/// One row of history.
async fn remember(
    c: &mut PgConnection,
    claim: &ClaimedFeed,
    result: &PollResult,
    receipt: &PollReceipt,
) -> Result<(), StoreError> {
    let (recovered, skipped, detail) = match &result.answer {
        Answer::Read { feed, .. } => {
            (feed.recovered.iter().take(20).map(|r| clipped(r, 200)).collect(), feed.skipped, None)
        }
        Answer::NotModified => (Vec::new(), 0, None),
        Answer::Failed { detail, .. } => (Vec::new(), 0, Some(clipped(detail, 1000))),
    };
    sqlx::query!(
        "insert into feed_polls (feed_id, outcome, detail, status, bytes, elapsed_ms, listed_entries, new_entries,
                                 changed_entries, moved_entries, skipped_entries, recovered, conditional)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
        claim.feed_id,
        receipt.outcome.as_str(),
        detail,
        result.status.and_then(|s| i16::try_from(s).ok()),
        i64::try_from(result.bytes).unwrap_or(i64::MAX),
        i32::try_from(result.elapsed.as_millis()).unwrap_or(i32::MAX),
        count(receipt.listed_entries),
        count(receipt.new_entries),
        count(receipt.changed_entries),
        count(receipt.moved_entries),
        count(skipped),
        &recovered,
        result.conditional,
    )
    .execute(c)
    .await?;
    Ok(())
}
