//! What came of a poll, recorded in one transaction: entries, new tasks, validators, schedule, history.
//!
//! Validators are stored only together with the items they vouch for: a crash between the two would lose news for ever,
//! since the next answer would be 304.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use sqlx::{Connection, PgConnection};

use super::{ClaimedFeed, Store, StoreError};
use crate::feed::Entry;
use crate::rows::clipped;

/// What a poll gave.
#[derive(Debug, Clone)]
pub struct PollResult {
    /// What came of it.
    pub outcome: PollOutcome,
    /// The validators to send next time, verbatim.
    pub etag: Option<String>,
    /// Likewise.
    pub last_modified: Option<String>,
    /// HTTP status, where there was an answer.
    pub status: Option<u16>,
    /// Bytes on the wire.
    pub bytes: u64,
    /// From request to last byte.
    pub elapsed: Duration,
    /// When to poll next.
    pub next_poll_in: Duration,
}

/// What came of a poll.
#[derive(Debug, Clone)]
pub enum PollOutcome {
    /// The server answered 304.
    NotModified,
    /// The feed was read.
    Read {
        /// What the feed says of itself.
        feed: FeedRow,
        /// Its entries.
        entries: Vec<EntryRow>,
    },
    /// It could not be had or read.
    Failed {
        /// One bounded word.
        reason: &'static str,
        /// A sentence for people.
        detail: String,
    },
}

impl PollOutcome {
    /// The outcome as one word.
    pub fn label(&self) -> &'static str {
        match self {
            Self::NotModified => "not-modified",
            Self::Read { .. } => "read",
            Self::Failed { reason, .. } => reason,
        }
    }

    /// The sentence of a failure.
    pub fn detail(&self) -> Option<&str> {
        match self {
            Self::Failed { detail, .. } => Some(detail),
            Self::NotModified | Self::Read { .. } => None,
        }
    }
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
}

/// An entry with its identity.
#[derive(Debug, Clone)]
pub struct EntryRow {
    /// SHA-256 of what identifies it in its feed.
    pub entry_key: [u8; 32],
    /// SHA-256 of its canonical address.
    pub url_key: [u8; 32],
    /// Registrable domain of its address.
    pub host: String,
    /// Its address.
    pub url: String,
    /// SHA-256 over what an edit changes.
    pub fingerprint: [u8; 32],
    /// Its publication time, not in the future.
    pub published_at: Option<DateTime<Utc>>,
    /// Too old to be fetched: recorded only.
    pub too_old: bool,
    /// The rest.
    pub entry: Entry,
}

/// What a recorded poll changed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct PollReceipt {
    /// Entries never seen before.
    pub new_entries: u64,
    /// Entries changed since they were last seen.
    pub changed_entries: u64,
}

/// Teasers and texts of entries are cut here, in characters: they stand in for a page at most.
const SUMMARY_CHARS_MAX: usize = 20_000;
const CONTENT_CHARS_MAX: usize = 200_000;

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
}

async fn record(c: &mut PgConnection, claim: &ClaimedFeed, result: &PollResult) -> Result<PollReceipt, StoreError> {
    let held = sqlx::query!(
        "select origin from feeds where feed_id = $1 and token = $2 for update",
        claim.feed_id,
        claim.token
    )
    .fetch_optional(&mut *c)
    .await?;
    let Some(held) = held else { return Err(StoreError::LeaseLost) };
    let receipt = match &result.outcome {
        PollOutcome::Read { entries, .. } => {
            write_entries(&mut *c, claim.feed_id, entries, held.origin == "demo").await?
        }
        PollOutcome::NotModified | PollOutcome::Failed { .. } => PollReceipt::default(),
    };
    let read = match &result.outcome {
        PollOutcome::Read { feed, entries } => Some((feed.clone(), entries.len())),
        PollOutcome::NotModified | PollOutcome::Failed { .. } => None,
    };
    let failed = matches!(result.outcome, PollOutcome::Failed { .. });
    let (feed, listed) = read.unwrap_or_default();
    let detail = result.outcome.detail().map(|d| clipped(d, 1000));
    let new_entries = i32::try_from(receipt.new_entries).unwrap_or(i32::MAX);
    let changed = i32::try_from(receipt.changed_entries).unwrap_or(i32::MAX);
    let listed = i32::try_from(listed).unwrap_or(i32::MAX);
    sqlx::query!(
        "update feeds
            set title = coalesce(title, $3), site_url = coalesce($4, site_url), language = coalesce(language, $5),
                etag = $6, last_modified = $7, interval_seconds = greatest($8::float8, 1)::bigint,
                next_poll_at = now() + make_interval(secs => $8), lease_until = null, attempts = 0,
                failures = case when $9 then failures + 1 else 0 end,
                last_outcome = $10, last_detail = $11, last_polled_at = now(),
                last_success_at = case when $9 then last_success_at else now() end,
                last_entry_at = case when $12 > 0 then now() else last_entry_at end,
                new_entries = case when $13 then $12 else new_entries end,
                listed_entries = case when $13 then $14 else listed_entries end
          where feed_id = $1 and token = $2",
        claim.feed_id,
        claim.token,
        feed.title.as_deref().map(|t| clipped(t, 1000)),
        feed.site_url.as_deref().filter(|u| u.len() <= 2048),
        feed.language.as_deref().map(|t| clipped(t, 35)),
        result.etag.as_deref().filter(|e| e.len() <= 4096),
        result.last_modified.as_deref().filter(|e| e.len() <= 512),
        result.next_poll_in.as_secs_f64(),
        failed,
        result.outcome.label(),
        detail,
        new_entries,
        matches!(result.outcome, PollOutcome::Read { .. }),
        listed,
    )
    .execute(&mut *c)
    .await?;
    let recovered: Vec<String> = feed.recovered.iter().take(20).map(|r| clipped(r, 200)).collect();
    sqlx::query!(
        "insert into feed_polls (feed_id, outcome, detail, status, bytes, elapsed_ms, listed_entries, new_entries,
                                 changed_entries, skipped_entries, recovered)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        claim.feed_id,
        result.outcome.label(),
        detail,
        result.status.and_then(|s| i16::try_from(s).ok()),
        i64::try_from(result.bytes).unwrap_or(i64::MAX),
        i32::try_from(result.elapsed.as_millis()).unwrap_or(i32::MAX),
        listed,
        new_entries,
        changed,
        i32::try_from(feed.skipped).unwrap_or(i32::MAX),
        &recovered,
    )
    .execute(&mut *c)
    .await?;
    Ok(receipt)
}

async fn write_entries(
    c: &mut PgConnection,
    feed_id: i64,
    entries: &[EntryRow],
    demo: bool,
) -> Result<PollReceipt, StoreError> {
    let mut seen = HashSet::new();
    let mut rows: Vec<&EntryRow> = entries.iter().filter(|e| seen.insert(e.entry_key)).collect();
    if rows.is_empty() {
        return Ok(PollReceipt::default());
    }
    // Sorted keys: two feeds that list the same news at the same time wait for each other instead of deadlocking.
    rows.sort_by_key(|e| e.url_key);
    let mut seen = HashSet::new();
    let tasks: Vec<serde_json::Value> = rows
        .iter()
        .filter(|e| seen.insert(e.url_key))
        .map(|e| serde_json::json!({ "key": hex(&e.url_key), "url": e.url, "host": e.host, "old": e.too_old }))
        .collect();
    sqlx::query!(
        "insert into tasks (url_key, url, host, demo, state, reason)
         select key, url, host, $2, case when old then 3 else 0 end, case when old then 'too-old' end
           from jsonb_to_recordset($1) as t (key bytea, url text, host text, old boolean)
          order by key
             on conflict (url_key) do nothing",
        serde_json::Value::Array(tasks),
        demo,
    )
    .execute(&mut *c)
    .await?;
    rows.sort_by_key(|e| e.entry_key);
    let values: Vec<serde_json::Value> = rows.iter().map(|e| entry_json(e)).collect();
    let written = sqlx::query!(
        "insert into entries (feed_id, task_id, entry_key, guid, url, title, summary, content, authors, categories,
                              published_at, updated_at, fingerprint)
         select $1, t.task_id, r.entry_key, r.guid, r.url, r.title, r.summary, r.content, r.authors, r.categories,
                r.published_at, r.updated_at, r.fingerprint
           from jsonb_to_recordset($2) as r (entry_key bytea, url_key bytea, guid text, url text, title text,
                summary text, content text, authors text[], categories text[], published_at timestamptz,
                updated_at timestamptz, fingerprint bytea)
           join tasks t using (url_key)
          order by r.entry_key
             on conflict (feed_id, entry_key) do update
            set task_id = excluded.task_id, url = excluded.url, title = excluded.title, summary = excluded.summary,
                content = excluded.content, authors = excluded.authors, categories = excluded.categories,
                published_at = excluded.published_at, updated_at = excluded.updated_at,
                fingerprint = excluded.fingerprint, changed_at = now()
          where entries.fingerprint <> excluded.fingerprint
         returning task_id, (xmax = 0) as \"new!\"",
        feed_id,
        serde_json::Value::Array(values),
    )
    .fetch_all(&mut *c)
    .await?;
    let mut changed: Vec<i64> = written.iter().filter(|w| !w.new).map(|w| w.task_id).collect();
    changed.sort_unstable();
    // An edited entry announces an edited page: it is fetched again.
    sqlx::query!(
        "update tasks set state = 0, due_at = now(), attempts = 0, lease_until = null, reason = null, detail = null
          where task_id = any($1) and state in (2, 3) and reason is distinct from 'too-old'",
        &changed,
    )
    .execute(&mut *c)
    .await?;
    let changed_entries = changed.len() as u64;
    Ok(PollReceipt { new_entries: written.len() as u64 - changed_entries, changed_entries })
}

fn entry_json(row: &EntryRow) -> serde_json::Value {
    let entry = &row.entry;
    let clip = |text: &Option<String>, most: usize| text.as_deref().map(|t| clipped(t, most));
    let list = |names: &[String]| names.iter().take(50).map(|n| clipped(n, 300)).collect::<Vec<_>>();
    serde_json::json!({
        "entry_key": hex(&row.entry_key),
        "url_key": hex(&row.url_key),
        "guid": clip(&entry.id, 2048),
        "url": row.url,
        "title": clip(&entry.title, 1000),
        "summary": clip(&entry.summary, SUMMARY_CHARS_MAX),
        "content": clip(&entry.content, CONTENT_CHARS_MAX),
        "authors": list(&entry.authors),
        "categories": list(&entry.categories),
        "published_at": row.published_at,
        "updated_at": entry.updated_at,
        "fingerprint": hex(&row.fingerprint),
    })
}

/// Bytes in the form in which JSON can carry a `bytea`.
pub(super) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    let mut text = String::with_capacity(2 + 2 * bytes.len());
    text.push_str("\\x");
    for byte in bytes {
        // Writing to a String cannot fail.
        _ = write!(text, "{byte:02x}");
    }
    text
}
