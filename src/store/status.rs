//! How everything does: feeds by health, the ones that need a person, rates, lag, queue, drops by reason.

use std::collections::BTreeMap;
use std::time::Duration;

use chrono::{DateTime, Utc};
use serde::Serialize;
use sqlx::PgConnection;

use super::{PushSummary, Store, StoreError};

/// How everything does.
#[derive(Debug, Clone, Serialize)]
pub struct Status {
    /// Feeds by health.
    pub feeds: BTreeMap<String, i64>,
    /// Feeds that are due and not yet polled.
    pub feeds_due: i64,
    /// Seconds the feed that waits longest has been due.
    pub feeds_lag_seconds: Option<f64>,
    /// Polls of the last hour by outcome.
    pub polls_last_hour: BTreeMap<String, i64>,
    /// Entries never seen before in the last hour.
    pub entries_last_hour: i64,
    /// Subscriptions at hubs that push.
    pub push: PushSummary,
    /// The feeds that need a person, the busiest first.
    pub alarms: Vec<FeedAlarm>,
    /// Pages to fetch by state.
    pub queue: BTreeMap<String, i64>,
    /// Seconds the oldest due page has waited.
    pub lag_seconds: Option<f64>,
    /// Refused and waiting pages by reason.
    pub reasons: BTreeMap<String, i64>,
    /// Articles in all (estimated from the tasks done).
    pub articles: i64,
    /// Articles first seen in the last hour.
    pub articles_last_hour: i64,
    /// Articles first seen in the last 24 hours.
    pub articles_last_day: i64,
    /// Entities known.
    pub entities: i64,
    /// Bytes of the database.
    pub database_bytes: i64,
}

/// A feed that needs a person.
#[derive(Debug, Clone, Serialize)]
pub struct FeedAlarm {
    /// Where it is polled.
    pub url: String,
    /// silent, blocked, gone or failing.
    pub health: String,
    /// How it does, in a sentence.
    pub note: Option<String>,
    /// New entries that were to be expected by now.
    pub expected_entries: Option<f32>,
    /// New entries seen over the same time.
    pub seen_entries: Option<i32>,
    /// Since when it has been silent, or when it last was read.
    pub since: Option<DateTime<Utc>>,
}

/// Feeds counted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FeedCensus {
    /// How many there are of each health; every health has its count.
    pub health: Vec<(&'static str, i64)>,
    /// For how long the feed that waits longest has been due.
    pub overdue: Duration,
}

/// All words `api.feed_health` knows.
const HEALTH: [&str; 8] = ["healthy", "new", "shaky", "silent", "blocked", "gone", "failing", "paused"];
/// Alarms shown.
const ALARMS_MAX: i64 = 10;

impl Store {
    /// How everything does.
    pub async fn status(&self) -> Result<Status, StoreError> {
        let push = self.push_summary().await?;
        self.unit(|connection| Box::pin(status(connection, push))).await
    }

    /// Counts the feeds by health.
    pub async fn feed_census(&self) -> Result<FeedCensus, StoreError> {
        self.unit(|connection| {
            Box::pin(async move {
                let counts = feeds_by_health(&mut *connection).await?;
                let (_, lag) = feeds_due(connection).await?;
                let health = HEALTH.map(|word| (word, counts.get(word).copied().unwrap_or(0)));
                let overdue = Duration::try_from_secs_f64(lag.unwrap_or(0.0)).unwrap_or_default();
                Ok(FeedCensus { health: health.to_vec(), overdue })
            })
        })
        .await
    }
}

async fn status(connection: &mut PgConnection, push: PushSummary) -> Result<Status, StoreError> {
    let feeds = feeds_by_health(&mut *connection).await?;
    let (feeds_due, feeds_lag_seconds) = feeds_due(&mut *connection).await?;
    let polls = sqlx::query!(
        "select outcome, count(*) as \"polls!\", coalesce(sum(new_entries), 0) as \"entries!\"
           from feed_polls where polled_at >= now() - interval '1 hour' group by 1"
    )
    .fetch_all(&mut *connection)
    .await?;
    let alarms = sqlx::query_as!(
        FeedAlarm,
        "select url as \"url!\", health as \"health!\", note, expected_entries, seen_entries,
                coalesce(silent_since, last_success_at) as since
           from api.feed_health where health in ('silent', 'blocked', 'gone', 'failing')
          order by expected_entries desc nulls last, url limit $1",
        ALARMS_MAX
    )
    .fetch_all(&mut *connection)
    .await?;
    let queue = sqlx::query!("select state as \"state!\", reason, tasks as \"n!\" from api.queue")
        .fetch_all(&mut *connection)
        .await?;
    let row = sqlx::query!(
        "select (select extract(epoch from now() - min(due_at))::float8 from tasks
                  where state = 0 and due_at <= now()) as lag,
                (select count(distinct article_id) from tasks where article_id is not null) as \"articles!\",
                (select count(*) from articles where article_id >= wireroom.id_at(now() - interval '1 hour')) as \"hour!\",
                (select count(*) from articles where article_id >= wireroom.id_at(now() - interval '1 day')) as \"day!\",
                (select count(*) from entities) as \"entities!\",
                pg_database_size(current_database()) as \"bytes!\""
    )
    .fetch_one(&mut *connection)
    .await?;
    let mut states: BTreeMap<String, i64> = BTreeMap::new();
    let mut reasons: BTreeMap<String, i64> = BTreeMap::new();
    for part in queue {
        *states.entry(part.state).or_default() += part.n;
        if let Some(reason) = part.reason {
            *reasons.entry(reason).or_default() += part.n;
        }
    }
    Ok(Status {
        feeds,
        feeds_due,
        feeds_lag_seconds,
        entries_last_hour: polls.iter().map(|p| p.entries).sum(),
        polls_last_hour: polls.into_iter().map(|p| (p.outcome, p.polls)).collect(),
        push,
        alarms,
        queue: states,
        lag_seconds: row.lag,
        reasons,
        articles: row.articles,
        articles_last_hour: row.hour,
        articles_last_day: row.day,
        entities: row.entities,
        database_bytes: row.bytes,
    })
}

async fn feeds_by_health(connection: &mut PgConnection) -> Result<BTreeMap<String, i64>, StoreError> {
    let counts = sqlx::query!("select health as \"health!\", count(*) as \"n!\" from api.feed_health group by 1")
        .fetch_all(connection)
        .await?;
    Ok(counts.into_iter().map(|f| (f.health, f.n)).collect())
}

async fn feeds_due(connection: &mut PgConnection) -> Result<(i64, Option<f64>), StoreError> {
    let row = sqlx::query!(
        "select count(*) as \"n!\", extract(epoch from now() - min(next_poll_at))::float8 as lag
           from feeds where paused_at is null and next_poll_at <= now()
            and not exists (select from feed_leases l where l.feed_id = feeds.feed_id and l.lease_until > now())"
    )
    .fetch_one(connection)
    .await?;
    Ok((row.n, row.lag))
}
