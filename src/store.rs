//! Everything that speaks SQL. In: rows of the stages. Out: receipts, claims, answers.
//!
//! Each unit of work is one function and one transaction, run in a task of its own, so that a caller who is cancelled
//! never leaves half of one on a connection, and under a deadline of ours: a frozen server cannot hold us.
//! Every write can run twice with the effect of once.

use std::pin::Pin;
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{Connection, PgConnection, PgPool};

use crate::config::{DatabaseConfig, PipelineConfig};

mod answers;
mod claims;
mod demo;
mod entries;
mod error;
mod facts;
mod feeds;
mod finish;
mod furniture;
mod polls;
mod reprocess;
mod status;
mod subscriptions;
mod write;

pub use answers::{ArticleAnswer, EntityAnswer, QuoteAnswer, SearchHit};
pub use claims::{ClaimedFeed, ClaimedPage, Scope};
pub use demo::RemovedDemo;
pub use entries::EntryRow;
pub use error::StoreError;
pub use feeds::{FeedChange, FeedOrigin, FeedStatus, FoundFeed, SyncReport, TouchedFeed};
pub use finish::{FinishedPage, PageOutcome, PageReceipt, PageRow};
pub use furniture::{FurnitureLine, NamedLine, Word};
pub use polls::{Answer, FeedRow, Moved, Plan, PollReceipt, PollResult};
pub use reprocess::{Rewritten, StoredArticle, StoredFilter, StoredKey, StoredPage, facts_of};
pub use status::{FeedAlarm, FeedCensus, Status};
pub use subscriptions::{ClaimedSubscription, NewSubscription, PushSummary, Pushed, Recorded, Signed};

/// The version of cleaning and extraction; grows when the same page would give other rows.
pub const EXTRACTOR: i32 = 2;

static MIGRATIONS: sqlx::migrate::Migrator = sqlx::migrate!("./migrations");

/// The database; cheap to clone.
#[derive(Clone)]
pub struct Store {
    pool: PgPool,
    deadline: Duration,
    lease_seconds: f64,
    attempts_max: i32,
}

impl std::fmt::Debug for Store {
    // The pool's options would print the password.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Store").field("connections", &self.pool.size()).finish_non_exhaustive()
    }
}

impl Store {
    /// Connects and asks one question.
    ///
    /// # Errors
    /// [`StoreError::Away`] where no server answers; the text says what the last attempt met.
    pub async fn connect(
        options: PgConnectOptions,
        database: &DatabaseConfig,
        pipeline: &PipelineConfig,
    ) -> Result<Self, StoreError> {
        let options = options.application_name("wireroom").options([
            // A role named wireroom would otherwise make its tables in the schema of that name.
            ("search_path", "public"),
            // The `rollback` at every release would be answered by a warning each time.
            ("client_min_messages", "error"),
            ("statement_timeout", "15s"),
            ("lock_timeout", "10s"),
            ("idle_in_transaction_session_timeout", "15s"),
        ]);
        // The pool only says "timed out"; a connection of our own says why.
        let probe = tokio::time::timeout(Duration::from_secs(5), PgConnection::connect_with(&options)).await;
        match probe {
            Ok(Ok(connection)) => connection.close().await?,
            Ok(Err(error)) => return Err(error.into()),
            Err(_) => return Err(StoreError::Away("no answer within 5 s".to_owned())),
        }
        let pool = PgPoolOptions::new()
            .max_connections(database.connections_max)
            .acquire_timeout(Duration::from_secs(5))
            .max_lifetime(Duration::from_mins(30))
            // sqlx 0.9 hands an open transaction on when a `begin` is cancelled (its issue 4393).
            .after_release(|connection, _| {
                Box::pin(async move {
                    sqlx::query("rollback").execute(&mut *connection).await?;
                    Ok(true)
                })
            })
            .connect_lazy_with(options);
        Ok(Self {
            pool,
            deadline: database.deadline,
            lease_seconds: pipeline.lease.as_secs_f64(),
            attempts_max: pipeline.attempts_max,
        })
    }

    /// Brings the schema up to date; refuses one that is newer than this program.
    pub async fn migrate(&self) -> Result<(), StoreError> {
        let pool = self.pool.clone();
        let migrated = tokio::spawn(async move {
            // Migrations may take longer than a statement of daily work, and wait for one another.
            let mut connection = pool.acquire().await?.detach();
            sqlx::query("set statement_timeout = 0").execute(&mut connection).await?;
            sqlx::query("set lock_timeout = '60s'").execute(&mut connection).await?;
            match MIGRATIONS.run_direct(None, &mut connection, false).await {
                Ok(()) => Ok(()),
                Err(sqlx::migrate::MigrateError::VersionMissing(version)) => Err(StoreError::NewerSchema(version)),
                Err(error) => Err(StoreError::Migration(error.to_string())),
            }
        });
        migrated.await.map_err(|error| StoreError::Bug(error.to_string()))??;
        self.ensure_partitions().await
    }

    /// Whether the database answers.
    pub async fn ping(&self) -> Result<(), StoreError> {
        self.unit(|connection| {
            Box::pin(async move {
                sqlx::query("select 1").execute(connection).await?;
                Ok(())
            })
        })
        .await
    }

    /// Makes the partitions of last month to two months ahead.
    pub async fn ensure_partitions(&self) -> Result<(), StoreError> {
        self.unit(|connection| {
            Box::pin(async move {
                sqlx::query!(
                    "select wireroom.ensure_partitions(now() - interval '1 month', now() + interval '2 months')"
                )
                .fetch_one(connection)
                .await?;
                Ok(())
            })
        })
        .await
    }

    /// Closes the connections.
    pub async fn close(&self) {
        self.pool.close().await;
    }

    /// Runs one unit of work on a connection, in a task of its own, under the deadline. On the deadline the connection
    /// is dropped, not handed on: the server may still be at the statement.
    async fn unit<T, F>(&self, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: for<'c> FnOnce(&'c mut PgConnection) -> Unit<'c, T> + Send + 'static,
    {
        let (pool, deadline) = (self.pool.clone(), self.deadline);
        let done = tokio::spawn(async move {
            let mut connection = pool.acquire().await?;
            let done = tokio::time::timeout(deadline, work(&mut connection)).await;
            if let Ok(done) = done {
                return done;
            }
            drop(connection.detach());
            Err(StoreError::Away(format!("no answer within {} s", deadline.as_secs())))
        });
        done.await.map_err(|error| StoreError::Bug(error.to_string()))?
    }
}

/// The future of a unit of work.
type Unit<'c, T> = Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send + 'c>>;
