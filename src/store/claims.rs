//! Taking work: feeds and pages are leased by one statement, each under a new fencing token, attempts charged at once.

use std::time::Duration;

use chrono::{DateTime, Utc};

use sqlx::Connection;

use super::{Store, StoreError};
use crate::identity::IdentityRule;
use crate::polling::{Sighting, Validators, ValidatorsState};

/// How many due feeds are looked at for each one wanted, to find so many different hosts among them. More cost more at
/// every claim; a head of the queue that is full of one host's feeds is lined up, and the next claim looks behind it.
const CLAIM_WINDOW: i64 = 3;

/// One claimer at a time, or two daemons could take two feeds of one host at the same moment. A claim does not wait for the
/// disk: a server that crashes forgets the lease, and the token, being random, fits no later one.
const BEGIN_CLAIM: &str = "begin; set local synchronous_commit = off; select pg_advisory_xact_lock(7171002)";

/// Which feeds and pages are a run's business.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// All but the demo's.
    Daemon,
    /// The demo's and no others.
    Demo,
}

impl Scope {
    fn is_demo(self) -> bool {
        self == Self::Demo
    }
}

/// A feed this daemon has the lease of.
#[derive(Debug, Clone)]
pub struct ClaimedFeed {
    /// Key.
    pub feed_id: i64,
    /// The fencing token of this claim.
    pub token: i64,
    /// Where to poll.
    pub url: String,
    /// Validators of the last answer whose entries are stored.
    pub validators: Validators,
    /// How far they are believed.
    pub validators_state: ValidatorsState,
    /// A permanent redirect that is watched.
    pub sighting: Option<Sighting>,
    /// What its entries are known by.
    pub identity_rule: IdentityRule,
    /// What was learned of when it publishes, as it was stored.
    pub rhythm: serde_json::Value,
    /// How it alone is asked, as it was stored.
    pub options: serde_json::Value,
    /// Claims since the last recorded poll, this one included.
    pub attempts: i32,
    /// Failed polls in a row.
    pub failures: i32,
    /// The pause chosen after the last poll.
    pub interval_seconds: i64,
    /// New entries of the last poll that was read.
    pub new_entries: i32,
    /// Entries it listed then.
    pub listed_entries: i32,
    /// When it was last polled.
    pub last_polled_at: Option<DateTime<Utc>>,
    /// When it was last read or answered 304.
    pub last_success_at: Option<DateTime<Utc>>,
    /// When it last had a new entry.
    pub last_entry_at: Option<DateTime<Utc>>,
    /// Since when far fewer entries come than expected.
    pub silent_since: Option<DateTime<Utc>>,
    /// When a hub last pushed, if it is subscribed to one.
    pub last_push_at: Option<DateTime<Utc>>,
}

/// A page this daemon has the lease of, with what its newest entry says of it.
#[derive(Debug, Clone)]
pub struct ClaimedPage {
    /// Key.
    pub task_id: i64,
    /// The fencing token of this claim.
    pub token: i64,
    /// What to fetch.
    pub url: String,
    /// SHA-256 of its canonical form.
    pub url_key: [u8; 32],
    /// Claims so far, this one included.
    pub attempts: i32,
    /// The entry's headline.
    pub title: Option<String>,
    /// The entry's teaser, as HTML.
    pub summary: Option<String>,
    /// The entry's whole text, as HTML.
    pub content: Option<String>,
    /// The entry's publication time.
    pub published_at: Option<DateTime<Utc>>,
    /// The feed's language.
    pub language: Option<String>,
    /// Whether the page is fetched; if not, the entry's own text is the article.
    pub fetch_pages: bool,
}

impl Store {
    /// Leases up to `limit` due feeds, each of another host, and none of a host some daemon is polling.
    ///
    /// The other due feeds of those hosts are lined up behind, `spacing` apart, so that the head of the queue is never
    /// full of feeds that have to wait for each other; without `spacing` they stay due.
    pub async fn claim_feeds(
        &self,
        limit: i64,
        spacing: Option<Duration>,
        scope: Scope,
    ) -> Result<Vec<ClaimedFeed>, StoreError> {
        let (lease, spacing) = (self.lease_seconds, spacing.map(|s| s.as_secs_f64()));
        self.unit(move |connection| {
            Box::pin(async move {
                let mut c = connection.begin_with(BEGIN_CLAIM).await?;
                let rows = sqlx::query!(
                    "with polled as (select host from feed_leases where lease_until > now()),
                     due as (
                        select feed_id, host, next_poll_at from feeds
                         where paused_at is null and next_poll_at <= now() and (origin = 'demo') = $3
                           and host not in (select host from polled)
                         order by next_poll_at
                         limit $4),
                     ranked as (
                        select feed_id, host, next_poll_at, row_number() over (partition by host order by next_poll_at, feed_id) as turn
                          from due),
                     chosen as (select feed_id, host from ranked where turn = 1 order by next_poll_at limit $1),
                     lined_up as (
                        update feeds f set next_poll_at = now() + make_interval(secs => $5 * (r.turn - 1))
                          from ranked r where f.feed_id = r.feed_id and r.turn > 1 and $5::float8 is not null),
                     leased as (
                        insert into feed_leases as l (feed_id, host, lease_until)
                        select feed_id, host, now() + make_interval(secs => $2) from chosen
                            on conflict (feed_id) do update
                           set host = excluded.host, token = excluded.token, lease_until = excluded.lease_until,
                               attempts = l.attempts + 1
                         where l.lease_until <= now()
                        returning l.feed_id, l.token, l.attempts)
                     select l.feed_id, l.token, f.url, f.etag, f.last_modified, f.validators_url, f.not_modified_in_a_row,
                            f.validators_distrusted_until, f.moved_to, f.moved_since, f.moved_seen, f.identity_rule,
                            f.rhythm, f.options, l.attempts, f.failures, f.interval_seconds, f.new_entries,
                            f.listed_entries, f.last_polled_at, f.last_success_at, f.last_entry_at, f.silent_since,
                            s.last_push_at as \"last_push_at?\"
                       from leased l join feeds f using (feed_id)
                       left join subscriptions s on s.feed_id = l.feed_id and s.state = 'active'",
                    limit,
                    lease,
                    scope.is_demo(),
                    limit.saturating_mul(CLAIM_WINDOW),
                    spacing,
                )
                .fetch_all(&mut *c)
                .await?;
                c.commit().await?;
                let feeds = rows.into_iter().map(|row| ClaimedFeed {
                    feed_id: row.feed_id,
                    token: row.token,
                    url: row.url,
                    validators: Validators {
                        etag: row.etag,
                        last_modified: row.last_modified,
                        url: row.validators_url,
                    },
                    validators_state: ValidatorsState {
                        not_modified_in_a_row: row.not_modified_in_a_row,
                        distrusted_until: row.validators_distrusted_until,
                    },
                    sighting: row
                        .moved_to
                        .zip(row.moved_since)
                        .map(|(to, since)| Sighting { to, since, seen: row.moved_seen }),
                    identity_rule: IdentityRule::from_word(&row.identity_rule),
                    rhythm: row.rhythm,
                    options: row.options,
                    attempts: row.attempts,
                    failures: row.failures,
                    interval_seconds: row.interval_seconds,
                    new_entries: row.new_entries,
                    listed_entries: row.listed_entries,
                    last_polled_at: row.last_polled_at,
                    last_success_at: row.last_success_at,
                    last_entry_at: row.last_entry_at,
                    silent_since: row.silent_since,
                    last_push_at: row.last_push_at,
                });
                Ok(feeds.collect())
            })
        })
        .await
    }

    /// Leases up to `limit` due pages, at most `per_host` of each host and none of `busy`. A page that was claimed
    /// more often than allowed is refused here instead: whatever happens to it, it happens to nobody else any more.
    pub async fn claim_pages(
        &self,
        limit: i64,
        per_host: i64,
        busy: &[String],
        scope: Scope,
    ) -> Result<Vec<ClaimedPage>, StoreError> {
        let (lease, attempts_max, busy) = (self.lease_seconds, self.attempts_max, busy.to_vec());
        self.unit(move |connection| {
            Box::pin(async move {
                sqlx::query!(
                    "update tasks set state = 3, lease_until = null, reason = coalesce(reason, 'attempts'),
                            detail = coalesce(detail, 'claimed too often without coming to an end')
                      where task_id in (
                            select task_id from tasks
                             where state in (0, 1) and due_at <= now() and (state = 0 or lease_until < now())
                               and attempts >= $1 and demo = $2
                             limit 1000
                               for update skip locked)",
                    attempts_max,
                    scope.is_demo(),
                )
                .execute(&mut *connection)
                .await?;
                // The candidates are ranked within their host first; locking happens on the few that are left.
                let rows = sqlx::query!(
                    "with due as (
                        select task_id, host, due_at from tasks
                         where state in (0, 1) and due_at <= now() and (state = 0 or lease_until < now())
                           and attempts < $5 and demo = $6 and not (host = any($4))
                         order by due_at
                         limit 5000),
                     ranked as (
                        select task_id, row_number() over (partition by host order by due_at, task_id) as turn from due),
                     chosen as (
                        select t.task_id from tasks t join ranked r using (task_id)
                         where r.turn <= $3 and t.state in (0, 1) and (t.state = 0 or t.lease_until < now())
                         order by r.turn
                         limit $1
                           for update of t skip locked),
                     leased as (
                        update tasks t
                           set state = 1, token = t.token + 1, attempts = t.attempts + 1,
                               lease_until = now() + make_interval(secs => $2)
                          from chosen where t.task_id = chosen.task_id
                        returning t.task_id, t.token, t.url, t.url_key, t.attempts)
                     select l.task_id, l.token, l.url, l.url_key, l.attempts, e.title as \"title?\", e.summary, e.content,
                            e.published_at, e.language as \"language?\", coalesce(e.fetch_pages, true) as \"fetch_pages!\"
                       from leased l
                       left join lateral (
                            select n.title, n.summary, n.content, n.published_at, f.language,
                                   f.options->'fetch_pages' is distinct from 'false' as fetch_pages
                              from entries n join feeds f using (feed_id)
                             where n.task_id = l.task_id
                             order by coalesce(n.changed_at, n.first_seen_at) desc limit 1) e on true",
                    limit,
                    lease,
                    per_host,
                    &busy,
                    attempts_max,
                    scope.is_demo(),
                )
                .fetch_all(connection)
                .await?;
                let pages = rows.into_iter().map(|row| ClaimedPage {
                    task_id: row.task_id,
                    token: row.token,
                    url: row.url,
                    url_key: row.url_key.try_into().unwrap_or_default(),
                    attempts: row.attempts,
                    title: row.title,
                    summary: row.summary,
                    content: row.content,
                    published_at: row.published_at,
                    language: row.language,
                    fetch_pages: row.fetch_pages,
                });
                Ok(pages.collect())
            })
        })
        .await
    }

    /// Renews leases, given as task and token; those lost meanwhile stay lost.
    pub async fn renew(&self, leases: &[(i64, i64)]) -> Result<(), StoreError> {
        let (tasks, tokens): (Vec<i64>, Vec<i64>) = leases.iter().copied().unzip();
        let lease = self.lease_seconds;
        self.unit(move |connection| {
            Box::pin(async move {
                sqlx::query!(
                    "update tasks t set lease_until = now() + make_interval(secs => $3)
                       from unnest($1::bigint[], $2::bigint[]) as h (task_id, token)
                      where t.task_id = h.task_id and t.token = h.token and t.state = 1",
                    &tasks,
                    &tokens,
                    lease,
                )
                .execute(connection)
                .await?;
                Ok(())
            })
        })
        .await
    }

    /// Hands leases back unworked: due at once, the attempt not charged.
    pub async fn release(&self, leases: &[(i64, i64)]) -> Result<(), StoreError> {
        let (tasks, tokens): (Vec<i64>, Vec<i64>) = leases.iter().copied().unzip();
        self.unit(move |connection| {
            Box::pin(async move {
                sqlx::query!(
                    "update tasks t set state = 0, lease_until = null, attempts = greatest(t.attempts - 1, 0)
                       from unnest($1::bigint[], $2::bigint[]) as h (task_id, token)
                      where t.task_id = h.task_id and t.token = h.token and t.state = 1",
                    &tasks,
                    &tokens,
                )
                .execute(connection)
                .await?;
                Ok(())
            })
        })
        .await
    }

    /// Hands a feed back unpolled.
    pub async fn release_feed(&self, claim: &ClaimedFeed) -> Result<(), StoreError> {
        let (feed_id, token) = (claim.feed_id, claim.token);
        self.unit(move |connection| {
            Box::pin(async move {
                sqlx::query!(
                    "update feed_leases set lease_until = now(), attempts = greatest(attempts - 1, 0)
                      where feed_id = $1 and token = $2",
                    feed_id,
                    token,
                )
                .execute(connection)
                .await?;
                Ok(())
            })
        })
        .await
    }

    /// Hands a feed back unpolled, due after `wait`: its host wants to be left alone.
    pub async fn put_off_feed(&self, claim: &ClaimedFeed, wait: Duration) -> Result<(), StoreError> {
        let (feed_id, token) = (claim.feed_id, claim.token);
        self.unit(move |connection| {
            Box::pin(async move {
                sqlx::query!(
                    "with left_alone as (delete from feed_leases where feed_id = $1 and token = $2 returning feed_id)
                     update feeds f set next_poll_at = now() + make_interval(secs => $3)
                       from left_alone l where f.feed_id = l.feed_id",
                    feed_id,
                    token,
                    wait.as_secs_f64(),
                )
                .execute(connection)
                .await?;
                Ok(())
            })
        })
        .await
    }

    /// How long until the next page is due, leases of others included; `None` when the queue is empty.
    pub async fn next_page_due_in(&self, scope: Scope) -> Result<Option<Duration>, StoreError> {
        self.unit(move |connection| {
            Box::pin(async move {
                let seconds = sqlx::query_scalar!(
                    "select extract(epoch from min(case when state = 1 then lease_until else due_at end) - now())::float8
                       from tasks where state in (0, 1) and demo = $1",
                    scope.is_demo(),
                )
                .fetch_one(connection)
                .await?;
                Ok(seconds.map(|s| Duration::from_secs_f64(s.max(0.0))))
            })
        })
        .await
    }
}
