//! What a hub pushes, recorded. A push touches neither validators nor failures nor schedule: it vouches for nothing but
//! the entries it brings, and the feed goes on being polled.

use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use sqlx::Connection as _;

use crate::identity::IdentityRule;
use crate::push::Token;
use crate::store::entries::{self, EntryRow};
use crate::store::polls::PollReceipt;
use crate::store::{Store, StoreError};

/// A subscription as a push finds it.
#[derive(Clone)]
pub struct Pushed {
    /// The address the feed is known by at the hub.
    pub topic: String,
    /// What the hub signs with; `None` where it was not told, and then no push is believed.
    pub secret: Option<String>,
    /// What the feed's entries are known by.
    pub rule: IdentityRule,
    /// Whether we want to hear from the hub no more.
    pub leaving: bool,
}

/// What became of a push.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Recorded {
    /// Its entries are recorded.
    Done(PollReceipt),
    /// The feed's entries are known by another rule now: the push must be read again, by that.
    ReadAgain(IdentityRule),
    /// The subscription or its feed is gone, or paused.
    Gone,
}

impl Store {
    /// The subscription at a callback address; one that was denied has no ear any more.
    pub async fn pushed(&self, token: &Token) -> Result<Option<Pushed>, StoreError> {
        let token = token.clone();
        self.unit(move |connection| {
            Box::pin(async move {
                let row = sqlx::query!(
                    "select s.topic, s.secret, s.signed, s.state, f.identity_rule as \"identity_rule?\"
                       from subscriptions s left join feeds f using (feed_id)
                      where s.path_token = $1 and s.state <> 'denied'",
                    token.as_str(),
                )
                .fetch_optional(connection)
                .await?;
                Ok(row.map(|row| Pushed {
                    topic: row.topic,
                    secret: row.signed.then_some(row.secret),
                    leaving: row.state == "leaving" || row.identity_rule.is_none(),
                    rule: IdentityRule::from_word(row.identity_rule.as_deref().unwrap_or_default()),
                }))
            })
        })
        .await
    }

    /// Records the entries of a signed push, read by `rule`. A poll of the same feed may be under way: the feed's row
    /// is locked by whoever writes, and what both bring is recognised by the second. `learn` gives the feed's rhythm as
    /// it is after the push.
    pub async fn record_push(
        &self,
        token: &Token,
        rule: IdentityRule,
        rows: &Arc<Vec<EntryRow>>,
        learn: impl Fn(&Value, &PollReceipt) -> Value + Send + 'static,
    ) -> Result<Recorded, StoreError> {
        let (token, rows) = (token.clone(), rows.clone());
        self.unit(move |connection| {
            Box::pin(async move {
                let mut c = connection.begin().await?;
                let feed = sqlx::query!(
                    "select f.feed_id, f.identity_rule, f.origin, f.rhythm
                       from feeds f join subscriptions s using (feed_id)
                      where s.path_token = $1 and f.paused_at is null and s.state in ('asked', 'active')
                        for update of f",
                    token.as_str(),
                )
                .fetch_optional(&mut *c)
                .await?;
                let Some(feed) = feed else { return Ok(Recorded::Gone) };
                let held = IdentityRule::from_word(&feed.identity_rule);
                // A document may be read by a weaker rule than the feed is held to, never by a stronger one.
                if held > rule {
                    return Ok(Recorded::ReadAgain(held));
                }
                let written = entries::write(&mut c, feed.feed_id, rule, &rows, feed.origin == "demo").await?;
                sqlx::query!(
                    "update feeds
                        set identity_rule = $2, last_entry_at = case when $3 then now() else last_entry_at end,
                            silent_since = case when $3 then null else silent_since end, rhythm = $4
                      where feed_id = $1",
                    feed.feed_id,
                    written.rule.as_str(),
                    written.receipt.new_entries > 0,
                    learn(&feed.rhythm, &written.receipt),
                )
                .execute(&mut *c)
                .await?;
                sqlx::query!(
                    "update subscriptions set pushes = pushes + 1, last_push_at = now() where path_token = $1",
                    token.as_str(),
                )
                .execute(&mut *c)
                .await?;
                c.commit().await?;
                Ok(Recorded::Done(written.receipt))
            })
        })
        .await
    }

    /// Notes that a hub hinted at news: the feed is to be polled. `signed`: the hint counts as a push.
    pub async fn want_poll(&self, token: &Token, signed: Signed) -> Result<(), StoreError> {
        let token = token.clone();
        self.unit(move |connection| {
            Box::pin(async move {
                sqlx::query!(
                    "update subscriptions
                        set poll_wanted_at = coalesce(poll_wanted_at, now()), pushes = pushes + case when $2 then 1 else 0 end,
                            last_push_at = case when $2 then now() else last_push_at end
                      where path_token = $1 and feed_id is not null",
                    token.as_str(),
                    signed == Signed::Yes,
                )
                .execute(connection)
                .await?;
                Ok(())
            })
        })
        .await
    }

    /// Makes feeds due that a hub hinted at: no sooner than `interval_min` after their last poll, and not while a poll is
    /// under way, which may have begun before the news. Gives how many.
    pub async fn start_wanted_polls(&self, interval_min: Duration) -> Result<u64, StoreError> {
        self.unit(move |connection| {
            Box::pin(async move {
                let started = sqlx::query!(
                    "with wanted as (
                        select s.path_token, f.feed_id, f.last_polled_at
                          from subscriptions s join feeds f using (feed_id)
                         where s.poll_wanted_at is not null and not exists (
                                select from feed_leases l where l.feed_id = f.feed_id and l.lease_until > now())
                         limit 1000
                           for update of s, f skip locked),
                     due as (
                        update feeds f
                           set next_poll_at = least(f.next_poll_at,
                                   greatest(now(), w.last_polled_at + make_interval(secs => $1)))
                          from wanted w where w.feed_id = f.feed_id)
                     update subscriptions s set poll_wanted_at = null from wanted w where w.path_token = s.path_token",
                    interval_min.as_secs_f64(),
                )
                .execute(connection)
                .await?;
                Ok(started.rows_affected())
            })
        })
        .await
    }
}

/// Whether a hint was signed by the hub.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signed {
    /// By the secret it was given.
    Yes,
    /// It was given none.
    No,
}
