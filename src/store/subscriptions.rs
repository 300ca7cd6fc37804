//! Subscriptions to hubs: made for feeds that name one, asked and renewed in turn, verified, denied, left.

use std::time::Duration;

use serde::Serialize;
use sqlx::Connection as _;

use super::{Store, StoreError};
use crate::push::{Source, Token};
use crate::rows::clipped;

mod pushes;
mod questions;

pub use pushes::{Pushed, Recorded, Signed};

/// How long an asked hub is not asked again, should we crash before the answer.
const ASKING_SECONDS: f64 = 300.0;
/// How long a subscription that is left is remembered, so that the hub's question whether we mean it finds an answer.
const LEAVING_SECONDS: f64 = 86_400.0;
/// Due subscriptions looked at for each one wanted, to find so many different hubs among them.
const CLAIM_WINDOW: i64 = 8;
/// Feeds given a subscription at once.
const ADDED_AT_ONCE: i64 = 5000;

/// A subscription to be made.
#[derive(Debug)]
pub struct NewSubscription {
    /// The feed.
    pub feed_id: i64,
    /// Its hub and topic.
    pub source: Source,
    /// The last part of the callback address.
    pub token: Token,
    /// What the hub is to sign with.
    pub secret: String,
    /// Whether the hub is told it.
    pub signed: bool,
}

/// A subscription whose turn it is to be asked for, or left.
#[derive(Clone)]
pub struct ClaimedSubscription {
    /// The last part of the callback address.
    pub token: Token,
    /// The hub, as an address.
    pub hub: String,
    /// What for.
    pub topic: String,
    /// What the hub signs with; `None` where it is not told.
    pub secret: Option<String>,
    /// Whether it is to be left.
    pub leaving: bool,
    /// Times in a row it was asked for without a verification, this one included.
    pub asked: u32,
}

/// How subscriptions do.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct PushSummary {
    /// Asked for, not verified.
    pub asked: i64,
    /// Verified: the hub pushes.
    pub active: i64,
    /// The hub said no.
    pub denied: i64,
    /// Being left.
    pub leaving: i64,
    /// Of the active ones, those a hub has pushed to within a day.
    pub pushed_within_a_day: i64,
}

impl Store {
    /// Parts subscriptions from feeds that were removed, paused, given a proxy, or have named another hub: they are to
    /// be left.
    /// Forgets those that were left.
    pub async fn part_subscriptions(&self) -> Result<(), StoreError> {
        self.unit(|connection| {
            Box::pin(async move {
                let mut c = connection.begin().await?;
                sqlx::query!(
                    "update subscriptions s set feed_id = null from feeds f
                      where f.feed_id = s.feed_id
                        and (f.paused_at is not null or f.options->>'proxy' is not null
                             or (f.hub_url, f.topic_url) is distinct from (s.hub, s.topic))"
                )
                .execute(&mut *c)
                .await?;
                sqlx::query!(
                    "delete from subscriptions
                      where feed_id is null and (state = 'denied' or (state = 'leaving' and lease_until <= now()))"
                )
                .execute(&mut *c)
                .await?;
                sqlx::query!(
                    "update subscriptions
                        set state = 'leaving', next_ask_at = now(), failures = 0, poll_wanted_at = null,
                            lease_until = now() + make_interval(secs => $1)
                      where feed_id is null and state <> 'leaving'",
                    LEAVING_SECONDS,
                )
                .execute(&mut *c)
                .await?;
                c.commit().await?;
                Ok(())
            })
        })
        .await
    }

    /// Feeds that name a hub and have no subscription: feed, hub, topic. At most 5,000. A feed that is asked through a
    /// proxy is left out: its hub would learn who reads it.
    pub async fn feeds_without_subscription(&self) -> Result<Vec<(i64, String, String)>, StoreError> {
        self.unit(|connection| {
            Box::pin(async move {
                let rows = sqlx::query!(
                    "select f.feed_id, f.hub_url as \"hub_url!\", f.topic_url as \"topic_url!\" from feeds f
                      where f.hub_url is not null and f.topic_url is not null and f.paused_at is null
                        and f.options->>'proxy' is null and f.origin <> 'demo'
                        and not exists (select from subscriptions s where s.feed_id = f.feed_id)
                      order by f.feed_id limit $1",
                    ADDED_AT_ONCE,
                )
                .fetch_all(connection)
                .await?;
                Ok(rows.into_iter().map(|row| (row.feed_id, row.hub_url, row.topic_url)).collect())
            })
        })
        .await
    }

    /// Adds subscriptions, to be asked for at once. What another daemon has added meanwhile stays.
    pub async fn add_subscriptions(&self, new: Vec<NewSubscription>) -> Result<(), StoreError> {
        let feeds: Vec<i64> = new.iter().map(|s| s.feed_id).collect();
        let hubs: Vec<String> = new.iter().map(|s| s.source.hub.to_string()).collect();
        let topics: Vec<String> = new.iter().map(|s| s.source.topic.clone()).collect();
        let tokens: Vec<String> = new.iter().map(|s| s.token.as_str().to_owned()).collect();
        let signed: Vec<bool> = new.iter().map(|s| s.signed).collect();
        let secrets: Vec<String> = new.into_iter().map(|s| s.secret).collect();
        self.unit(move |connection| {
            Box::pin(async move {
                // A feed removed meanwhile has no row to join with.
                sqlx::query!(
                    "insert into subscriptions (path_token, feed_id, hub, topic, secret, signed, state, next_ask_at)
                     select n.path_token, n.feed_id, n.hub, n.topic, n.secret, n.signed, 'asked', now()
                       from unnest($1::text[], $2::bigint[], $3::text[], $4::text[], $5::text[], $6::boolean[])
                            as n (path_token, feed_id, hub, topic, secret, signed)
                       join feeds f using (feed_id)
                         on conflict (feed_id) do nothing",
                    &tokens,
                    &feeds,
                    &hubs,
                    &topics,
                    &secrets,
                    &signed,
                )
                .execute(connection)
                .await?;
                Ok(())
            })
        })
        .await
    }

    /// Takes up to `limit` due subscriptions, each of another hub; the others of those hubs are lined up behind,
    /// `spacing` apart. Each is asked once, whatever happens to us meanwhile.
    pub async fn claim_subscriptions(
        &self,
        limit: i64,
        spacing: Duration,
    ) -> Result<Vec<ClaimedSubscription>, StoreError> {
        let spacing = spacing.as_secs_f64().max(0.001);
        self.unit(move |connection| {
            Box::pin(async move {
                let rows = sqlx::query!(
                    "with due as (
                        select path_token, hub, next_ask_at from subscriptions
                         where next_ask_at <= now() and not (state = 'leaving' and lease_until <= now())
                         order by next_ask_at limit $2
                           for update skip locked),
                     ranked as (
                        select path_token, row_number() over (partition by hub order by next_ask_at) as turn from due),
                     chosen as (select path_token from ranked where turn = 1 limit $1),
                     lined_up as (
                        update subscriptions s set next_ask_at = now() + make_interval(secs => $3::float8 * (r.turn - 1))
                          from ranked r where r.path_token = s.path_token and r.turn > 1),
                     taken as (
                        update subscriptions s
                           set next_ask_at = now() + make_interval(secs => $4), asked_at = now(), failures = failures + 1,
                               state = case when state = 'denied' or (state = 'active' and lease_until <= now()) then 'asked'
                                            else state end
                          from chosen c where c.path_token = s.path_token
                        returning s.*)
                     select path_token as \"path_token!\", hub as \"hub!\", topic as \"topic!\", secret as \"secret!\",
                            signed as \"signed!\", state as \"state!\", failures as \"failures!\"
                       from taken",
                    limit,
                    limit.saturating_mul(CLAIM_WINDOW),
                    spacing,
                    ASKING_SECONDS,
                )
                .fetch_all(connection)
                .await?;
                let claimed = rows.into_iter().filter_map(|row| {
                    Some(ClaimedSubscription {
                        token: Token::parse(&row.path_token)?,
                        hub: row.hub,
                        topic: row.topic,
                        secret: row.signed.then_some(row.secret),
                        leaving: row.state == "leaving",
                        asked: row.failures.unsigned_abs(),
                    })
                });
                Ok(claimed.collect())
            })
        })
        .await
    }

    /// Notes what a hub answered, and when to ask again if it does not call back until then. A verification or a denial
    /// that came before its answer stands.
    pub async fn note_asked(&self, token: &Token, detail: Option<&str>, again: Duration) -> Result<(), StoreError> {
        let (token, detail) = (token.clone(), detail.map(|detail| clipped(detail, 1000)));
        self.unit(move |connection| {
            Box::pin(async move {
                sqlx::query!(
                    "update subscriptions set detail = $2, next_ask_at = now() + make_interval(secs => $3)
                      where path_token = $1 and state <> 'denied' and (verified_at is null or verified_at < asked_at)",
                    token.as_str(),
                    detail,
                    again.as_secs_f64(),
                )
                .execute(connection)
                .await?;
                Ok(())
            })
        })
        .await
    }

    /// Notes that a hub was told to push no more; once is enough.
    pub async fn note_left(&self, token: &Token) -> Result<(), StoreError> {
        let token = token.clone();
        self.unit(move |connection| {
            Box::pin(async move {
                sqlx::query!(
                    "update subscriptions set next_ask_at = lease_until, detail = null
                      where path_token = $1 and state = 'leaving'",
                    token.as_str(),
                )
                .execute(connection)
                .await?;
                Ok(())
            })
        })
        .await
    }

    /// How subscriptions do, in numbers.
    pub async fn push_summary(&self) -> Result<PushSummary, StoreError> {
        self.unit(|connection| {
            Box::pin(async move {
                let row = sqlx::query!(
                    "select count(*) filter (where state = 'asked') as \"asked!\",
                            count(*) filter (where state = 'active') as \"active!\",
                            count(*) filter (where state = 'denied') as \"denied!\",
                            count(*) filter (where state = 'leaving') as \"leaving!\",
                            count(*) filter (where state = 'active' and last_push_at > now() - interval '1 day')
                                as \"pushed!\"
                       from subscriptions"
                )
                .fetch_one(connection)
                .await?;
                Ok(PushSummary {
                    asked: row.asked,
                    active: row.active,
                    denied: row.denied,
                    leaving: row.leaving,
                    pushed_within_a_day: row.pushed,
                })
            })
        })
        .await
    }
}
