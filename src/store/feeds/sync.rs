//! A feed list into the database: adds and changes, and pauses what the file has lost.

use std::collections::{HashMap, HashSet};

use serde::Serialize;
use serde_json::{Value, json};
use sqlx::{Connection, PgConnection};

use super::FeedOrigin;
use crate::feed_list::{FeedList, ListedFeed};
use crate::identity::registrable_domain;
use crate::rows::clipped;
use crate::store::{Store, StoreError};

/// Feeds written in one statement.
const SYNC_CHUNK: usize = 2000;
/// Up to so many new feeds are all due at once; more are spread.
const SPREAD_FROM: usize = 50;
/// How many first polls a list that is imported asks for in a second.
const SPREAD_PER_SECOND: f64 = 10.0;
/// The longest that the first poll of an imported feed is put off, in seconds.
const SPREAD_SECONDS_MAX: f64 = 900.0;

/// What a feed list changed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct SyncReport {
    /// Feeds added.
    pub added: u64,
    /// Feeds whose description changed, or that were paused for being gone and are back.
    pub changed: u64,
    /// Feeds as they were.
    pub unchanged: u64,
    /// Feeds from the file that are no longer in it.
    pub paused: u64,
    /// Every feed that is not as it was, in the order it was written.
    pub touched: Vec<TouchedFeed>,
}

/// A feed that a list changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TouchedFeed {
    /// Where it is polled.
    pub url: String,
    /// What became of it.
    pub change: FeedChange,
}

/// What a list did to a feed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum FeedChange {
    /// It was not here.
    Added,
    /// Its description is another.
    Changed,
    /// The list had lost it and names it again, or somebody added it.
    Resumed,
    /// The list names it no more.
    Paused,
}

impl FeedChange {
    /// The word people read.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Added => "added",
            Self::Changed => "changed",
            Self::Resumed => "resumed",
            Self::Paused => "paused",
        }
    }
}

impl SyncReport {
    /// Adds what came of some of the list's feeds.
    fn take(&mut self, listed: usize, touched: Vec<TouchedFeed>) {
        let count = |change| touched.iter().filter(|feed| feed.change == change).count() as u64;
        let (added, paused) = (count(FeedChange::Added), count(FeedChange::Paused));
        let changed = count(FeedChange::Changed) + count(FeedChange::Resumed);
        self.added += added;
        self.changed += changed;
        self.paused += paused;
        self.unchanged += (listed as u64).saturating_sub(added + changed);
        self.touched.extend(touched);
    }
}

impl Store {
    /// Adds and changes feeds; from the file, pauses those that are gone from it.
    pub async fn sync_feed_list(&self, feeds: &[ListedFeed], origin: FeedOrigin) -> Result<SyncReport, StoreError> {
        let list = FeedList { feeds: feeds.to_vec(), ..FeedList::default() };
        self.sync_list(&list, origin, |_| {}).await
    }

    /// The same for a list as read: feeds whose tables were rejected are left alone. `told` hears how many feeds are
    /// done. The first polls of many feeds that are imported are spread over some minutes; those of the file are not,
    /// since the daemon that reads it starts few polls a second anyway.
    pub async fn sync_list(
        &self,
        list: &FeedList,
        origin: FeedOrigin,
        mut told: impl FnMut(usize),
    ) -> Result<SyncReport, StoreError> {
        let mut feeds: Vec<&ListedFeed> = list.feeds.iter().collect();
        feeds.sort_by(|a, b| a.url.as_str().cmp(b.url.as_str()));
        let spread = if origin == FeedOrigin::Command { self.spread(&feeds).await? } else { 0.0 };
        let mut report = SyncReport::default();
        let mut done = 0;
        let rows: Vec<Value> = feeds.iter().map(|feed| feed_json(feed)).collect();
        let rows = self.unit(|c| Box::pin(async move { current_addresses(c, rows).await })).await?;
        // Two addresses of one feed are one feed that is as it was.
        report.unchanged = (feeds.len() - rows.len()) as u64;
        for chunk in rows.chunks(SYNC_CHUNK) {
            report.take(chunk.len(), self.sync_chunk(chunk.to_vec(), origin, spread).await?);
            done += chunk.len();
            told(done);
        }
        if origin == FeedOrigin::File {
            report.take(0, self.pause_unlisted(list).await?);
        }
        Ok(report)
    }

    /// Over how many seconds the first polls of these feeds are spread.
    async fn spread(&self, feeds: &[&ListedFeed]) -> Result<f64, StoreError> {
        if feeds.len() <= SPREAD_FROM {
            return Ok(0.0);
        }
        let urls: Vec<String> = feeds.iter().map(|feed| feed.url.to_string()).collect();
        let known = self
            .unit(move |connection| {
                Box::pin(async move {
                    let known = sqlx::query_scalar!("select count(*) as \"n!\" from feeds where url = any($1)", &urls)
                        .fetch_one(connection)
                        .await?;
                    Ok(usize::try_from(known).unwrap_or(0))
                })
            })
            .await?;
        let new = feeds.len().saturating_sub(known);
        if new <= SPREAD_FROM {
            return Ok(0.0);
        }
        let new = f64::from(u32::try_from(new).unwrap_or(u32::MAX));
        Ok((new / SPREAD_PER_SECOND).min(SPREAD_SECONDS_MAX))
    }

    async fn sync_chunk(
        &self,
        rows: Vec<Value>,
        origin: FeedOrigin,
        spread: f64,
    ) -> Result<Vec<TouchedFeed>, StoreError> {
        let rows = Value::Array(rows);
        self.unit(move |connection| {
            Box::pin(async move {
                let mut c = connection.begin().await?;
                // Whom the file had paused by losing them, before they are resumed below: it names them again, or a
                // person adds them, who takes them over from it.
                let lost: HashSet<String> = sqlx::query_scalar!(
                    "select url from feeds
                      where $2 in ('file', 'command') and origin = 'file' and paused_at is not null
                        and paused_by is distinct from 'person'
                        and url in (select url from jsonb_to_recordset($1) as r (url text))",
                    rows,
                    origin.as_str(),
                )
                .fetch_all(&mut *c)
                .await?
                .into_iter()
                .collect();
                let written = sqlx::query!(
                    "insert into feeds (url, host, title, country, language, region, topic, folder, origin, next_poll_at)
                     select url, host, title, country, language, region, topic, folder, $2,
                            now() + $3::float8 * random() * interval '1 second'
                       from jsonb_to_recordset($1) as r (url text, host text, title text, country text, language text,
                                                         region text, topic text, folder text[])
                      order by url
                         on conflict (url) do update
                        set title = coalesce(excluded.title, feeds.title),
                            country = coalesce(excluded.country, feeds.country),
                            language = coalesce(excluded.language, feeds.language),
                            region = coalesce(excluded.region, feeds.region),
                            topic = coalesce(excluded.topic, feeds.topic), host = excluded.host,
                            folder = case when excluded.folder = '{}' then feeds.folder else excluded.folder end,
                            origin = case when feeds.url = any($4) then excluded.origin else feeds.origin end,
                            paused_at = case when feeds.url = any($4) then null else feeds.paused_at end,
                            paused_by = case when feeds.url = any($4) then null else feeds.paused_by end,
                            next_poll_at = case when feeds.url = any($4) then now() else feeds.next_poll_at end
                      where (coalesce(excluded.title, feeds.title), coalesce(excluded.country, feeds.country),
                             coalesce(excluded.language, feeds.language), coalesce(excluded.region, feeds.region),
                             coalesce(excluded.topic, feeds.topic), excluded.host)
                            is distinct from
                            (feeds.title, feeds.country, feeds.language, feeds.region, feeds.topic, feeds.host)
                         or (excluded.folder <> '{}' and excluded.folder <> feeds.folder)
                         or feeds.url = any($4)
                     returning url as \"url!\", (xmax = 0) as \"new!\"",
                    rows,
                    origin.as_str(),
                    spread,
                    &lost.iter().cloned().collect::<Vec<_>>(),
                )
                .fetch_all(&mut *c)
                .await?;
                let asked_otherwise = set_options(&mut c, &rows, origin).await?;
                c.commit().await?;
                let change = |url: &str, new: bool| match (new, lost.contains(url)) {
                    (true, _) => FeedChange::Added,
                    (false, true) => FeedChange::Resumed,
                    (false, false) => FeedChange::Changed,
                };
                let mut touched: Vec<TouchedFeed> = written
                    .into_iter()
                    .map(|row| TouchedFeed { change: change(&row.url, row.new), url: row.url })
                    .collect();
                let known: HashSet<String> = touched.iter().map(|feed| feed.url.clone()).collect();
                let others = asked_otherwise.into_iter().filter(|url| !known.contains(url));
                touched.extend(others.map(|url| TouchedFeed { url, change: FeedChange::Changed }));
                Ok(touched)
            })
        })
        .await
    }

    /// Pauses the feeds that came from the file and are no longer in it, under the address they had or have.
    async fn pause_unlisted(&self, list: &FeedList) -> Result<Vec<TouchedFeed>, StoreError> {
        let listed = list.feeds.iter().map(|feed| &feed.url).chain(&list.unclear);
        let listed: Vec<String> = listed.map(ToString::to_string).collect();
        self.unit(move |connection| {
            Box::pin(async move {
                let paused = sqlx::query_scalar!(
                    "update feeds f set paused_at = now(), paused_by = 'list'
                      where origin = 'file' and paused_at is null
                        and not exists (select from unnest($1::text[]) as l (url) where l.url = f.url)
                        and not exists (select from feed_addresses a
                                         where a.feed_id = f.feed_id and a.url = any($1))
                     returning url",
                    &listed
                )
                .fetch_all(connection)
                .await?;
                Ok(paused.into_iter().map(|url| TouchedFeed { url, change: FeedChange::Paused }).collect())
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
async fn current_addresses(c: &mut PgConnection, rows: Vec<Value>) -> Result<Vec<Value>, StoreError> {
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
    Ok(once.collect())
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
        "folder": feed.folder,
        "options": feed.options.clone().map(|options| options.listed_at(&feed.url).to_json()),
    })
}
