//! What a hub asks or tells about a subscription, held against what is stored.

use std::time::Duration;

use crate::push::Token;
use crate::rows::clipped;
use crate::store::{Store, StoreError};

impl Store {
    /// Verifies a subscription we mean to have; gives whether we do.
    pub async fn verify_subscription(
        &self,
        token: &Token,
        topic: &str,
        lease: Duration,
        renew_in: Duration,
    ) -> Result<bool, StoreError> {
        let (token, topic) = (token.clone(), topic.to_owned());
        self.unit(move |connection| {
            Box::pin(async move {
                let verified = sqlx::query!(
                    "update subscriptions
                        set state = 'active', verified_at = now(), failures = 0, detail = null,
                            lease_until = now() + make_interval(secs => $3),
                            next_ask_at = now() + make_interval(secs => $4)
                      where path_token = $1 and topic = $2 and feed_id is not null and state in ('asked', 'active')",
                    token.as_str(),
                    topic,
                    lease.as_secs_f64(),
                    renew_in.as_secs_f64(),
                )
                .execute(connection)
                .await?;
                Ok(verified.rows_affected() > 0)
            })
        })
        .await
    }

    /// Whether we mean to leave this subscription.
    pub async fn means_to_leave(&self, token: &Token, topic: &str) -> Result<bool, StoreError> {
        let (token, topic) = (token.clone(), topic.to_owned());
        self.unit(move |connection| {
            Box::pin(async move {
                let leaves = sqlx::query_scalar!(
                    "select true from subscriptions where path_token = $1 and topic = $2 and state = 'leaving'",
                    token.as_str(),
                    topic,
                )
                .fetch_optional(connection)
                .await?;
                Ok(leaves.is_some())
            })
        })
        .await
    }

    /// Notes a hub's no, and when to ask again all the same; gives whether there is such a subscription.
    pub async fn deny_subscription(
        &self,
        token: &Token,
        topic: &str,
        reason: &str,
        again: Duration,
    ) -> Result<bool, StoreError> {
        let (token, topic, reason) = (token.clone(), topic.to_owned(), clipped(reason, 1000));
        self.unit(move |connection| {
            Box::pin(async move {
                let denied = sqlx::query!(
                    "update subscriptions
                        set state = 'denied', detail = $3, lease_until = null,
                            next_ask_at = now() + make_interval(secs => $4)
                      where path_token = $1 and topic = $2 and state in ('asked', 'active', 'denied')",
                    token.as_str(),
                    topic,
                    reason,
                    again.as_secs_f64(),
                )
                .execute(connection)
                .await?;
                Ok(denied.rows_affected() > 0)
            })
        })
        .await
    }
}
