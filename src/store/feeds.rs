//! The feed list in the database, which is the truth about feeds.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::{Value, json};
use sqlx::{Connection, PgConnection};

use super::{Scope, Store, StoreError};
use crate::feed_list::ListedFeed;
use crate::identity::registrable_domain;
use crate::rows::clipped;

/// Who added a feed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FeedOrigin {
    /// The feed list file: what is no longer in it is paused.
    File,
    /// The command line: left alone by the file.
    Command,
    /// The demo.
    Demo,
}

impl FeedOrigin {
    /// The word used in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::File => "file",
            Self::Command => "command",
            Self::Demo => "demo",
        }
    }
}

/// What a feed list changed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct SyncReport {
    /// Feeds added.
    pub added: u64,
    /// Feeds whose description changed, or that were paused for being gone and are back.
    pub changed: u64,
    /// Feeds as they were.
    pub unchanged: u64,
    /// Feeds from the file that are no longer in it.
    pub paused: u64,
}

/// A feed as `feeds list` shows it.
#[derive(Debug, Clone, Serialize)]
pub struct FeedStatus {
    /// Key.
    pub feed_id: i64,
    /// Where it is polled.
    pub url: String,
    /// Its title.
    pub title: Option<String>,
    /// ISO 3166-1 alpha-2.
    pub country: Option<String>,
    /// BCP 47.
    pub language: Option<String>,
    /// Part of the world.
    pub region: Option<String>,
    /// What it writes about.
    pub topic: Option<String>,
    /// file, command or demo.
    pub origin: String,
    /// new, healthy, shaky, failing or paused.
    pub health: String,
    /// What came of the last poll.
    pub last_outcome: Option<String>,
    /// The same in a sentence, where it failed.
    pub last_detail: Option<String>,
    /// Failed polls in a row.
    pub failures: i32,
    /// When it was last polled.
    pub last_polled_at: Option<DateTime<Utc>>,
    /// When it is due.
    pub next_poll_at: DateTime<Utc>,
    /// Entries seen so far.
    pub entries: i64,
    /// How it alone is asked; secrets by name.
    pub options: Value,
}

impl Store {
    /// Adds and changes feeds; from the file, pauses those that are gone from it.
    pub async fn sync_feed_list(&self, feeds: &[ListedFeed], origin: FeedOrigin) -> Result<SyncReport, StoreError> {
        let mut rows: Vec<&ListedFeed> = feeds.iter().collect();
        rows.sort_by(|a, b| a.url.as_str().cmp(b.url.as_str()));
        let rows: Vec<Value> = rows.into_iter().map(feed_json).collect();
        self.unit(move |connection| {
            Box::pin(async move {
                let mut c = connection.begin().await?;
                let total = rows.len() as u64;
                let rows = current_addresses(&mut c, rows).await?;
                let written = sqlx::query!(
                    "insert into feeds (url, host, title, country, language, region, topic, origin)
                     select url, host, title, country, language, region, topic, $2
                       from jsonb_to_recordset($1) as r (url text, host text, title text, country text, language text,
                                                         region text, topic text)
                      order by url
                         on conflict (url) do update
                        set title = coalesce(excluded.title, feeds.title),
                            country = coalesce(excluded.country, feeds.country),
                            language = coalesce(excluded.language, feeds.language),
                            region = coalesce(excluded.region, feeds.region),
                            topic = coalesce(excluded.topic, feeds.topic), host = excluded.host,
                            paused_at = case when feeds.origin = 'file' and $2 = 'file' then null else feeds.paused_at end
                      where (coalesce(excluded.title, feeds.title), coalesce(excluded.country, feeds.country),
                             coalesce(excluded.language, feeds.language), coalesce(excluded.region, feeds.region),
                             coalesce(excluded.topic, feeds.topic), excluded.host)
                            is distinct from
                            (feeds.title, feeds.country, feeds.language, feeds.region, feeds.topic, feeds.host)
                         or (feeds.origin = 'file' and $2 = 'file' and feeds.paused_at is not null)
                     returning url as \"url!\", (xmax = 0) as \"new!\"",
                    rows,
                    origin.as_str(),
                )
                .fetch_all(&mut *c)
                .await?;
                let changed = set_options(&mut c, &rows, origin).await?;
                let paused = if origin == FeedOrigin::File {
                    sqlx::query!(
                        "update feeds set paused_at = now()
                          where origin = 'file' and paused_at is null
                            and url not in (select url from jsonb_to_recordset($1) as r (url text))",
                        rows
                    )
                    .execute(&mut *c)
                    .await?
                    .rows_affected()
                } else {
                    0
                };
                c.commit().await?;
                let (added, mut all): (HashSet<String>, HashSet<String>) = (
                    written.iter().filter(|row| row.new).map(|row| row.url.clone()).collect(),
                    written.into_iter().map(|row| row.url).collect(),
                );
                all.extend(changed);
                let (added, changed) = (added.len() as u64, (all.len() - added.len()) as u64);
                Ok(SyncReport { added, changed, unchanged: total - added - changed, paused })
            })
        })
        .await
    }

    /// How many feeds there are that are not the demo's.
    pub async fn feed_count(&self) -> Result<usize, StoreError> {
        self.unit(|connection| {
            Box::pin(async move {
                let n = sqlx::query_scalar!("select count(*) as \"n!\" from feeds where origin <> 'demo'")
                    .fetch_one(connection)
                    .await?;
                Ok(usize::try_from(n).unwrap_or(0))
            })
        })
        .await
    }

    /// All feeds, by region, topic and title.
    pub async fn list_feeds(&self) -> Result<Vec<FeedStatus>, StoreError> {
        self.unit(|connection| {
            Box::pin(async move {
                let feeds = sqlx::query_as!(
                    FeedStatus,
                    "select f.feed_id, f.url, f.title, f.country, f.language, f.region, f.topic, f.origin,
                            h.health as \"health!\", f.last_outcome, f.last_detail, f.failures, f.last_polled_at,
                            f.next_poll_at, (select count(*) from entries e where e.feed_id = f.feed_id) as \"entries!\", f.options
                       from feeds f join api.feed_health h using (feed_id)
                      order by f.region nulls last, f.topic nulls last, f.title nulls last, f.url"
                )
                .fetch_all(connection)
                .await?;
                Ok(feeds)
            })
        })
        .await
    }

    /// Pauses or resumes feeds by address; gives the addresses found.
    pub async fn set_paused(&self, urls: &[String], paused: bool) -> Result<Vec<String>, StoreError> {
        let urls = urls.to_vec();
        self.unit(move |connection| {
            Box::pin(async move {
                let found = sqlx::query_scalar!(
                    "update feeds
                        set paused_at = case when $2 then coalesce(paused_at, now()) end,
                            next_poll_at = case when $2 then next_poll_at else now() end
                      where url = any($1) returning url",
                    &urls,
                    paused
                )
                .fetch_all(connection)
                .await?;
                Ok(found)
            })
        })
        .await
    }

    /// Removes feeds by address, with their entries; articles stay. Gives the addresses found.
    pub async fn remove_feeds(&self, urls: &[String]) -> Result<Vec<String>, StoreError> {
        let urls = urls.to_vec();
        self.unit(move |connection| {
            Box::pin(async move {
                let found = sqlx::query_scalar!("delete from feeds where url = any($1) returning url", &urls)
                    .fetch_all(connection)
                    .await?;
                Ok(found)
            })
        })
        .await
    }

    /// Makes all feeds of a run's scope due now.
    pub async fn make_due(&self, scope: Scope) -> Result<(), StoreError> {
        self.unit(move |connection| {
            Box::pin(async move {
                sqlx::query!(
                    "update feeds set next_poll_at = now() where (origin = 'demo') = $1",
                    scope == Scope::Demo
                )
                .execute(connection)
                .await?;
                Ok(())
            })
        })
        .await
    }
}

/// Writes how single feeds are asked; gives the addresses of those that changed. The file says all there is to say of its
/// feeds; another list that says nothing of it changes nothing. Who asks in another way may be answered with another
/// document, so the validators do not hold any more.
async fn set_options(c: &mut PgConnection, rows: &Value, origin: FeedOrigin) -> Result<Vec<String>, StoreError> {
    let changed = sqlx::query_scalar!(
        "update feeds f
            set options = coalesce(r.options, '{}'), etag = null, last_modified = null, validators_url = null
           from jsonb_to_recordset($1) as r (url text, options jsonb)
          where f.url = r.url and f.options <> coalesce(r.options, '{}')
            and (r.options is not null or (f.origin = 'file' and $2))
         returning f.url",
        rows,
        origin == FeedOrigin::File,
    )
    .fetch_all(c)
    .await?;
    Ok(changed)
}

/// The list with the feeds that have moved under the address they are polled at now, each address once.
async fn current_addresses(c: &mut PgConnection, rows: Vec<Value>) -> Result<Value, StoreError> {
    let listed: Vec<String> = rows.iter().filter_map(|row| Some(row.get("url")?.as_str()?.to_owned())).collect();
    let moved: HashMap<String, (String, String)> = sqlx::query!(
        "select a.url as old, f.url, f.host from feed_addresses a join feeds f using (feed_id) where a.url = any($1)",
        &listed
    )
    .fetch_all(c)
    .await?
    .into_iter()
    .map(|row| (row.old, (row.url, row.host)))
    .collect();
    let mut rows: Vec<(bool, Value)> = rows
        .into_iter()
        .map(|mut row| {
            let found = row.get("url").and_then(Value::as_str).and_then(|url| moved.get(url));
            if let (Some((url, host)), Some(fields)) = (found, row.as_object_mut()) {
                fields.insert("url".to_owned(), json!(url));
                fields.insert("host".to_owned(), json!(host));
            }
            (found.is_some(), row)
        })
        .collect();
    // What the list says under the address of today comes before what it says under an old one.
    rows.sort_by_key(|(moved, _)| *moved);
    let mut seen = HashSet::new();
    let rows = rows.into_iter().map(|(_, row)| row);
    let once = rows.filter(|row| row.get("url").and_then(Value::as_str).is_some_and(|url| seen.insert(url.to_owned())));
    Ok(Value::Array(once.collect()))
}

fn feed_json(feed: &ListedFeed) -> Value {
    let clip = |text: &Option<String>, most: usize| text.as_deref().map(|t| clipped(t, most));
    let country = feed.country.as_deref().map(str::to_ascii_lowercase);
    json!({
        "url": feed.url.as_str(),
        "host": registrable_domain(&feed.url),
        "title": clip(&feed.title, 1000),
        "country": country.filter(|c| c.len() == 2 && c.bytes().all(|b| b.is_ascii_lowercase())),
        "language": clip(&feed.language, 35),
        "region": clip(&feed.region, 100),
        "topic": clip(&feed.topic, 100),
        "options": feed.options.clone().map(|options| options.listed_at(&feed.url).to_json()),
    })
}
