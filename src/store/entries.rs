//! The entries of one document, written: new ones with their tasks, changed ones in place, moved ones where they were.
//!
//! The caller holds the lock on the feed's row, so nobody else writes this feed's entries meanwhile.

use std::collections::{BTreeMap, HashMap, HashSet};

use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use sqlx::PgConnection;
use url::Url;

use super::StoreError;
use super::polls::PollReceipt;
use crate::feed::Entry;
use crate::identity::{IdentityRule, KnownEntry, ListedEntry, Placement, Reconciled, Rung, reconcile, url_key};
use crate::polling::Outcome;
use crate::rows::clipped;

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

/// What writing a document did.
pub struct Written {
    /// In numbers.
    pub receipt: PollReceipt,
    /// What the feed's entries are known by from now on.
    pub rule: IdentityRule,
}

/// Teasers and texts of entries are cut here, in characters: they stand in for a page at most.
const SUMMARY_CHARS_MAX: usize = 20_000;
const CONTENT_CHARS_MAX: usize = 200_000;
/// How many of a feed's latest entries an unknown one is compared with, for each listed one, and at least: a document
/// that lists all it ever published must be recognised whole after a move.
const KNOWN_PER_LISTED: usize = 4;
const KNOWN_MIN: usize = 200;

/// A stored entry with its task.
struct Stored {
    task_id: i64,
    article_id: Option<i64>,
}

/// Writes the entries of one document.
pub async fn write(
    c: &mut PgConnection,
    feed_id: i64,
    rule: IdentityRule,
    listed: &[EntryRow],
    demo: bool,
) -> Result<Written, StoreError> {
    let mut seen = HashSet::new();
    let rows: Vec<&EntryRow> = listed.iter().filter(|e| seen.insert(e.entry_key)).collect();
    let (known, stored) = known(&mut *c, feed_id, &rows).await?;
    let entries: Vec<ListedEntry<'_>> =
        rows.iter().map(|row| ListedEntry { entry_key: row.entry_key, entry: &row.entry }).collect();
    let Reconciled { placements, rule } = reconcile(rule, &entries, &known);

    let mut new = Vec::new();
    let mut changed = Vec::new();
    for (row, placement) in rows.iter().copied().zip(&placements) {
        match placement {
            Placement::New => new.push(row),
            Placement::Known { at, by } => {
                let (Some(was), Some(stored)) = (known.get(*at), stored.get(*at)) else { continue };
                // Against the entry's own address, not its task's: another feed may have moved that already.
                let moved = Url::parse(&was.url).is_ok_and(|url| url_key(&url).0 != row.url_key);
                if moved || was.fingerprint != row.fingerprint || was.entry_key != row.entry_key {
                    changed.push(Change { row, was, stored, by: *by, moved });
                }
            }
        }
    }
    let repointed = retarget(&mut *c, &changed).await?;
    let homeless = changed.iter().filter(|x| x.moved && !repointed.contains(&x.stored.task_id)).map(|x| x.row);
    add_tasks(&mut *c, new.iter().copied().chain(homeless), demo).await?;
    insert(&mut *c, feed_id, &new).await?;
    update(&mut *c, &changed, &repointed).await?;
    let edited = changed.iter().filter(|x| x.was.fingerprint != x.row.fingerprint).count();
    let receipt = PollReceipt {
        outcome: match (new.len(), edited) {
            (0, 0) => Outcome::Unchanged,
            (0, _) => Outcome::Changed,
            _ => Outcome::New,
        },
        listed_entries: listed.len(),
        new_entries: new.len(),
        changed_entries: edited,
        moved_entries: changed.iter().filter(|x| x.by != Rung::Key || x.moved).count(),
        published: new.iter().filter_map(|row| row.published_at).collect(),
    };
    Ok(Written { receipt, rule })
}

/// A stored entry that is listed otherwise than it was.
struct Change<'a> {
    row: &'a EntryRow,
    was: &'a KnownEntry,
    stored: &'a Stored,
    by: Rung,
    /// Its address leads to another task.
    moved: bool,
}

/// The stored entries the listed ones may be: those under their keys; and if one is under none, the feed's latest.
async fn known(
    c: &mut PgConnection,
    feed_id: i64,
    listed: &[&EntryRow],
) -> Result<(Vec<KnownEntry>, Vec<Stored>), StoreError> {
    let keys: Vec<Vec<u8>> = listed.iter().map(|e| e.entry_key.to_vec()).collect();
    let found = sqlx::query_scalar!(
        "select count(*) as \"n!\" from entries where feed_id = $1 and entry_key = any($2)",
        feed_id,
        &keys
    )
    .fetch_one(&mut *c)
    .await?;
    let latest = if usize::try_from(found).is_ok_and(|found| found == keys.len()) {
        0
    } else {
        listed.len().saturating_mul(KNOWN_PER_LISTED).max(KNOWN_MIN)
    };
    let rows = sqlx::query!(
        "select e.entry_id, e.entry_key, e.guid, e.url, e.title, e.published_at, e.fingerprint, e.task_id, t.article_id
           from entries e join tasks t using (task_id)
          where e.feed_id = $1 and (e.entry_key = any($2) or e.entry_id = any (array(
                select entry_id from entries where feed_id = $1 order by entry_id desc limit $3)))
          order by e.entry_id desc",
        feed_id,
        &keys,
        i64::try_from(latest).unwrap_or(i64::MAX),
    )
    .fetch_all(c)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| {
            let entry = KnownEntry {
                entry_id: row.entry_id,
                entry_key: row.entry_key.try_into().unwrap_or_default(),
                guid: row.guid,
                url: row.url,
                title: row.title,
                published_at: row.published_at,
                fingerprint: row.fingerprint.try_into().unwrap_or_default(),
            };
            (entry, Stored { task_id: row.task_id, article_id: row.article_id })
        })
        .unzip())
}

/// Points the tasks of entries that moved at the new address, so that the article stays the one it was. Gives the tasks
/// for which that could be done: an address that has a task already keeps it.
async fn retarget(c: &mut PgConnection, changed: &[Change<'_>]) -> Result<HashSet<i64>, StoreError> {
    let mut by_key: BTreeMap<[u8; 32], &Change<'_>> = BTreeMap::new();
    let mut tasks = HashSet::new();
    for change in changed.iter().filter(|change| change.moved && tasks.insert(change.stored.task_id)) {
        by_key.entry(change.row.url_key).or_insert(change);
    }
    if by_key.is_empty() {
        return Ok(HashSet::new());
    }
    let rows: Vec<Value> = by_key
        .values()
        .map(|x| {
            json!({ "task_id": x.stored.task_id, "key": hex(&x.row.url_key), "url": x.row.url, "host": x.row.host })
        })
        .collect();
    let repointed = sqlx::query_scalar!(
        "update tasks t
            set url_key = r.key, url = r.url, host = r.host, attempts = case when t.state = 3 then 0 else t.attempts end,
                due_at = case when t.state = 3 then now() else t.due_at end,
                state = case when t.state = 3 and t.reason is distinct from 'too-old' then 0 else t.state end
           from jsonb_to_recordset($1) as r (task_id bigint, key bytea, url text, host text)
          where t.task_id = r.task_id and not exists (select from tasks o where o.url_key = r.key)
         returning t.task_id",
        Value::Array(rows)
    )
    .fetch_all(&mut *c)
    .await?;
    let repointed: HashSet<i64> = repointed.into_iter().collect();
    // Whoever else lists the new address finds the article there.
    let keys: Vec<Value> = by_key
        .values()
        .filter(|x| repointed.contains(&x.stored.task_id))
        .filter_map(|x| Some(json!({ "key": hex(&x.row.url_key), "article_id": x.stored.article_id? })))
        .collect();
    sqlx::query!(
        "insert into article_keys (key, article_id)
         select key, article_id from jsonb_to_recordset($1) as r (key bytea, article_id bigint) order by key
             on conflict (key) do nothing",
        Value::Array(keys)
    )
    .execute(c)
    .await?;
    Ok(repointed)
}

/// Makes the missing tasks of addresses.
async fn add_tasks<'a>(
    c: &mut PgConnection,
    rows: impl Iterator<Item = &'a EntryRow>,
    demo: bool,
) -> Result<(), StoreError> {
    // Sorted keys: two feeds that list the same news at the same time wait for each other instead of deadlocking.
    let by_key: BTreeMap<[u8; 32], &EntryRow> = rows.map(|row| (row.url_key, row)).collect();
    let tasks: Vec<Value> = by_key
        .values()
        .map(|e| json!({ "key": hex(&e.url_key), "url": e.url, "host": e.host, "old": e.too_old }))
        .collect();
    if tasks.is_empty() {
        return Ok(());
    }
    sqlx::query!(
        "insert into tasks (url_key, url, host, demo, state, reason)
         select key, url, host, $2, case when old then 3 else 0 end, case when old then 'too-old' end
           from jsonb_to_recordset($1) as t (key bytea, url text, host text, old boolean)
          order by key
             on conflict (url_key) do nothing",
        Value::Array(tasks),
        demo,
    )
    .execute(c)
    .await?;
    Ok(())
}

async fn insert(c: &mut PgConnection, feed_id: i64, new: &[&EntryRow]) -> Result<(), StoreError> {
    if new.is_empty() {
        return Ok(());
    }
    let mut values: Vec<(&[u8; 32], Value)> = new.iter().map(|e| (&e.entry_key, entry_json(e))).collect();
    values.sort_by_key(|(key, _)| *key);
    sqlx::query!(
        "insert into entries (feed_id, task_id, entry_key, guid, url, title, summary, content, authors, categories,
                              published_at, published_raw, updated_at, fingerprint)
         select $1, t.task_id, r.entry_key, r.guid, r.url, r.title, r.summary, r.content, r.authors, r.categories,
                r.published_at, r.published_raw, r.updated_at, r.fingerprint
           from jsonb_to_recordset($2) as r (entry_key bytea, url_key bytea, guid text, url text, title text,
                summary text, content text, authors text[], categories text[], published_at timestamptz,
                published_raw text, updated_at timestamptz, fingerprint bytea)
           join tasks t using (url_key)
             on conflict (feed_id, entry_key) do nothing",
        feed_id,
        Value::Array(values.into_iter().map(|(_, value)| value).collect()),
    )
    .execute(c)
    .await?;
    Ok(())
}

/// Writes what is listed over what was stored. An edited entry announces an edited page: it is fetched again.
async fn update(c: &mut PgConnection, changed: &[Change<'_>], repointed: &HashSet<i64>) -> Result<(), StoreError> {
    if changed.is_empty() {
        return Ok(());
    }
    // Two stored entries that swapped their keys would meet halfway: both step aside first.
    let rekeyed: Vec<i64> =
        changed.iter().filter(|x| x.was.entry_key != x.row.entry_key).map(|x| x.was.entry_id).collect();
    if !rekeyed.is_empty() {
        sqlx::query!(
            "update entries set entry_key = sha256(convert_to('moving ' || entry_id, 'UTF8')) where entry_id = any($1)",
            &rekeyed
        )
        .execute(&mut *c)
        .await?;
    }
    let mut values: HashMap<i64, Value> = HashMap::new();
    for change in changed {
        let mut value = entry_json(change.row);
        if let Some(fields) = value.as_object_mut() {
            fields.insert("entry_id".to_owned(), json!(change.was.entry_id));
            fields.insert("by".to_owned(), json!((change.by != Rung::Key).then(|| change.by.as_str())));
            let keeps_task = !change.moved || repointed.contains(&change.stored.task_id);
            fields.insert("task_id".to_owned(), json!(keeps_task.then_some(change.stored.task_id)));
        }
        values.insert(change.was.entry_id, value);
    }
    sqlx::query!(
        "update entries e
            set entry_key = r.entry_key, task_id = coalesce(r.task_id, t.task_id, e.task_id), guid = r.guid, url = r.url,
                title = r.title, summary = r.summary, content = r.content, authors = r.authors,
                categories = r.categories, published_at = r.published_at, published_raw = r.published_raw,
                updated_at = r.updated_at,
                fingerprint = r.fingerprint, changed_at = now(), recognised_by = coalesce(r.by, e.recognised_by)
           from jsonb_to_recordset($1) as r (entry_id bigint, task_id bigint, by text, entry_key bytea, url_key bytea,
                guid text, url text, title text, summary text, content text, authors text[], categories text[],
                published_at timestamptz,
                published_raw text, updated_at timestamptz, fingerprint bytea)
           left join tasks t using (url_key)
          where e.entry_id = r.entry_id",
        Value::Array(values.into_values().collect()),
    )
    .execute(&mut *c)
    .await?;
    let mut edited: Vec<i64> =
        changed.iter().filter(|x| x.was.fingerprint != x.row.fingerprint).map(|x| x.was.entry_id).collect();
    edited.sort_unstable();
    sqlx::query!(
        "update tasks set state = 0, due_at = now(), attempts = 0, lease_until = null, reason = null, detail = null
          where task_id in (select task_id from entries where entry_id = any($1))
            and state in (2, 3) and reason is distinct from 'too-old'",
        &edited,
    )
    .execute(c)
    .await?;
    Ok(())
}

fn entry_json(row: &EntryRow) -> Value {
    let entry = &row.entry;
    let clip = |text: &Option<String>, most: usize| text.as_deref().map(|t| clipped(t, most));
    let list = |names: &[String]| names.iter().take(50).map(|n| clipped(n, 300)).collect::<Vec<_>>();
    json!({
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
        "published_raw": clip(&entry.published_raw, 200),
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
