//! What the demo asks of the database, and how everything of it is taken out again.

use chrono::{DateTime, Utc};
use sqlx::Connection;

use super::{Store, StoreError};

/// What was taken out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RemovedDemo {
    /// Feeds.
    pub feeds: u64,
    /// Articles.
    pub articles: u64,
}

impl Store {
    /// When the demo first ran on this database.
    pub async fn demo_since(&self) -> Result<Option<DateTime<Utc>>, StoreError> {
        self.unit(|connection| {
            Box::pin(async move {
                let since = sqlx::query_scalar!("select min(created_at) from feeds where origin = 'demo'")
                    .fetch_one(connection)
                    .await?;
                Ok(since)
            })
        })
        .await
    }

    /// How many articles of the demo are here.
    pub async fn demo_articles(&self) -> Result<i64, StoreError> {
        self.unit(|connection| {
            Box::pin(async move {
                let n = sqlx::query_scalar!(
                    "select count(distinct article_id) as \"n!\" from tasks where demo and article_id is not null"
                )
                .fetch_one(connection)
                .await?;
                Ok(n)
            })
        })
        .await
    }

    /// Takes out the demo's feeds, articles, and the entities and sources nobody else uses. The stored pages stay in
    /// their WARC files; their rows go.
    pub async fn remove_demo(&self) -> Result<RemovedDemo, StoreError> {
        self.unit(|connection| {
            Box::pin(async move {
                let mut c = connection.begin().await?;
                let ids = sqlx::query_scalar!(
                    "select distinct t.article_id as \"id!\" from tasks t where t.demo and t.article_id is not null
                        and not exists (select from tasks o where o.article_id = t.article_id and not o.demo)"
                )
                .fetch_all(&mut *c)
                .await?;
                let entities = sqlx::query_scalar!(
                    "select distinct entity_id from article_entities where article_id = any($1)",
                    &ids
                )
                .fetch_all(&mut *c)
                .await?;
                let sources =
                    sqlx::query_scalar!("select distinct source_id from articles where article_id = any($1)", &ids)
                        .fetch_all(&mut *c)
                        .await?;
                sqlx::query!("delete from article_entities where article_id = any($1)", &ids).execute(&mut *c).await?;
                sqlx::query!("delete from quotes where article_id = any($1)", &ids).execute(&mut *c).await?;
                sqlx::query!("delete from dates where article_id = any($1)", &ids).execute(&mut *c).await?;
                sqlx::query!("delete from amounts where article_id = any($1)", &ids).execute(&mut *c).await?;
                sqlx::query!("delete from article_versions where article_id = any($1)", &ids).execute(&mut *c).await?;
                sqlx::query!("delete from article_keys where article_id = any($1)", &ids).execute(&mut *c).await?;
                sqlx::query!("delete from pages where task_id in (select task_id from tasks where demo)")
                    .execute(&mut *c)
                    .await?;
                let articles =
                    sqlx::query!("delete from articles where article_id = any($1)", &ids).execute(&mut *c).await?;
                sqlx::query!(
                    "delete from entities e where entity_id = any($1)
                        and not exists (select from article_entities ae where ae.entity_id = e.entity_id)
                        and not exists (select from quotes q where q.entity_id = e.entity_id)",
                    &entities
                )
                .execute(&mut *c)
                .await?;
                sqlx::query!(
                    "delete from sources s where source_id = any($1)
                        and not exists (select from articles a where a.source_id = s.source_id)",
                    &sources
                )
                .execute(&mut *c)
                .await?;
                let feeds = sqlx::query!("delete from feeds where origin = 'demo'").execute(&mut *c).await?;
                sqlx::query!("delete from tasks where demo").execute(&mut *c).await?;
                c.commit().await?;
                Ok(RemovedDemo { feeds: feeds.rows_affected(), articles: articles.rows_affected() })
            })
        })
        .await
    }
}
