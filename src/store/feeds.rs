//! The feed list in the database, which is the truth about feeds.

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::Value;
use sqlx::{Connection, PgConnection};

use super::{Scope, Store, StoreError};

mod sync;

pub use sync::{FeedChange, SyncReport, TouchedFeed};

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

/// A feed found by an address it has or had.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FoundFeed {
    /// The address asked for.
    pub asked: String,
    /// Where it is polled now.
    pub url: String,
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
    /// The folders it lies in.
    pub folder: Vec<String>,
    /// file, command or demo.
    pub origin: String,
    /// new, healthy, silent, shaky, failing, blocked, gone or paused.
    pub health: String,
    /// How it does, in a sentence.
    pub note: Option<String>,
    /// New entries to be expected over the time `seen_entries` counts.
    pub expected_entries: Option<f32>,
    /// New entries seen over that time.
    pub seen_entries: Option<i32>,
    /// Since when far fewer come than expected.
    pub silent_since: Option<DateTime<Utc>>,
    /// Where a permanent redirect leads that is watched before it is adopted.
    pub moved_to: Option<String>,
    /// Registrable domain.
    pub host: String,
    /// State of the WebSub subscription: asked, active or denied.
    pub push: Option<String>,
    /// When a hub last pushed.
    pub last_push_at: Option<DateTime<Utc>>,
    /// What its entries are known by: guid, url or title.
    pub identity_rule: String,
    /// Since when it is not polled.
    pub paused_at: Option<DateTime<Utc>>,
    /// list or person.
    pub paused_by: Option<String>,
    /// How it alone is asked.
    pub options: Value,
    /// What came of the last poll.
    pub last_outcome: Option<String>,
    /// The same in a sentence, where it failed.
    pub last_detail: Option<String>,
    /// Failed polls in a row.
    pub failures: i32,
    /// When it was last polled.
    pub last_polled_at: Option<DateTime<Utc>>,
    /// When it last had an entry not seen before.
    pub last_entry_at: Option<DateTime<Utc>>,
    /// The pause chosen after the last poll, in seconds.
    pub interval_seconds: i64,
    /// When it is due.
    pub next_poll_at: DateTime<Utc>,
    /// Entries seen so far.
    pub entries: i64,
}

impl Store {
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

    /// All feeds, by folder, region, topic and title.
    pub async fn list_feeds(&self) -> Result<Vec<FeedStatus>, StoreError> {
        self.unit(|connection| {
            Box::pin(async move {
                let feeds = sqlx::query_as!(
                    FeedStatus,
                    "select f.feed_id, f.url, f.title, f.country, f.language, f.region, f.topic, f.folder, f.origin,
                            h.health as \"health!\", h.note, h.expected_entries, h.seen_entries, h.silent_since,
                            h.moved_to, f.host, h.push, h.last_push_at, f.identity_rule, f.paused_at, f.paused_by,
                            f.options, f.last_outcome, f.last_detail, f.failures, f.last_polled_at, f.last_entry_at,
                            f.interval_seconds, f.next_poll_at, coalesce(e.entries, 0) as \"entries!\"
                       from feeds f
                       join api.feed_health h using (feed_id)
                       left join (select feed_id, count(*) as entries from entries group by 1) e using (feed_id)
                      order by f.folder, f.region nulls last, f.topic nulls last, f.title nulls last, f.url"
                )
                .fetch_all(connection)
                .await?;
                Ok(feeds)
            })
        })
        .await
    }

    /// Pauses or resumes feeds by an address they have or had; gives those found. What a person paused stays paused
    /// whatever the feed list says.
    pub async fn set_paused(&self, urls: &[String], paused: bool) -> Result<Vec<FoundFeed>, StoreError> {
        let urls = urls.to_vec();
        self.unit(move |connection| {
            Box::pin(async move {
                let mut c = connection.begin().await?;
                let found = found_feeds(&mut c, &urls).await?;
                let current: Vec<String> = found.iter().map(|feed| feed.url.clone()).collect();
                sqlx::query!(
                    "update feeds
                        set paused_at = case when $2 then coalesce(paused_at, now()) end,
                            paused_by = case when $2 then 'person' end,
                            next_poll_at = case when $2 then next_poll_at else now() end
                      where url = any($1)",
                    &current,
                    paused
                )
                .execute(&mut *c)
                .await?;
                c.commit().await?;
                Ok(found)
            })
        })
        .await
    }

    /// Removes feeds by an address they have or had, with their entries; articles stay. Gives those found.
    pub async fn remove_feeds(&self, urls: &[String]) -> Result<Vec<FoundFeed>, StoreError> {
        let urls = urls.to_vec();
        self.unit(move |connection| {
            Box::pin(async move {
                let mut c = connection.begin().await?;
                let found = found_feeds(&mut c, &urls).await?;
                let current: Vec<String> = found.iter().map(|feed| feed.url.clone()).collect();
                sqlx::query!("delete from feeds where url = any($1)", &current).execute(&mut *c).await?;
                c.commit().await?;
                Ok(found)
            })
        })
        .await
    }

    /// Makes the feeds due now that were never polled, wherever an import had put their first poll.
    pub async fn make_unpolled_due(&self) -> Result<(), StoreError> {
        self.unit(|connection| {
            Box::pin(async move {
                sqlx::query!(
                    "update feeds set next_poll_at = now() where last_polled_at is null and next_poll_at > now()"
                )
                .execute(connection)
                .await?;
                Ok(())
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

/// The feeds that have or had these addresses, in the order asked.
async fn found_feeds(c: &mut PgConnection, urls: &[String]) -> Result<Vec<FoundFeed>, StoreError> {
    let found = sqlx::query_as!(
        FoundFeed,
        "select asked.url as \"asked!\", f.url
           from unnest($1::text[]) with ordinality as asked (url, n)
           left join feed_addresses a on a.url = asked.url
           join feeds f on f.url = asked.url or (f.feed_id = a.feed_id
                                                 and not exists (select from feeds g where g.url = asked.url))
          order by asked.n",
        urls
    )
    .fetch_all(c)
    .await?;
    Ok(found)
}
