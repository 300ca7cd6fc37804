//! Stored articles with the pages they were made of, to be cleaned anew, and the writing of what comes of it.
//!
//! Nothing is claimed: an article is written only if it still is what was read, under its row's lock. A daemon that
//! writes it meanwhile wins, and the article is left to the next run. Tasks are never locked here, so that no daemon,
//! which locks them first, can wait for us while we wait for it.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use serde_json::Value;
use sqlx::{Connection, PgConnection};

use super::write::{self, Replaced};
use super::{ClaimedPage, EXTRACTOR, Store, StoreError, facts};
use crate::archive::Place;
use crate::rows::ArticleRows;

mod stored;

/// Which stored articles are meant.
#[derive(Debug, Clone, Default)]
pub struct StoredFilter {
    /// Those of one source.
    pub domain: Option<String>,
    /// Those first seen at this time or later.
    pub since: Option<DateTime<Utc>>,
    /// Those first seen before this time.
    pub until: Option<DateTime<Utc>>,
    /// This one.
    pub article_id: Option<i64>,
}

/// A stored article by its key, with what it was cleaned by.
#[derive(Debug, Clone)]
pub struct StoredKey {
    /// Key.
    pub article_id: i64,
    /// Its source.
    pub domain: String,
    /// Fingerprint of what it was cleaned by.
    pub cleaned_by: Option<i64>,
}

/// A stored article with all it takes to make it anew.
#[derive(Debug, Clone)]
pub struct StoredArticle {
    /// Key.
    pub article_id: i64,
    /// Where its page was.
    pub url: String,
    /// Its version.
    pub version: i32,
    /// Fingerprint of what it was cleaned by.
    pub cleaned_by: Option<i64>,
    /// Its headline.
    pub title: Option<String>,
    /// Its text.
    pub text: String,
    /// page or feed.
    pub text_source: String,
    /// Words in its text.
    pub word_count: i32,
    /// All other columns that cleaning fills, by name.
    pub fields: Vec<(&'static str, Value)>,
    /// What was found in it, a line each: kind and what identifies it.
    pub facts: BTreeSet<(String, String)>,
    /// The page it was made of, if one was kept.
    pub page: Option<StoredPage>,
    /// What its entry says of it, as if its page were claimed again.
    pub claim: ClaimedPage,
}

/// A page as it is kept.
#[derive(Debug, Clone)]
pub struct StoredPage {
    /// Where in the archive.
    pub place: Place,
    /// Its Content-Type.
    pub content_type: Option<String>,
    /// HTTP status.
    pub status: u16,
}

/// What became of an article that was to be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rewritten {
    /// It was.
    Written,
    /// Somebody else wrote it, or took it out, since it was read.
    Overtaken,
}

/// The smallest article id of a moment.
fn id_at(at: DateTime<Utc>) -> i64 {
    at.timestamp_millis().saturating_mul(1 << 20)
}

impl StoredFilter {
    /// The ids that can fit, half-open.
    fn ids(&self) -> (i64, i64) {
        match self.article_id {
            Some(id) => (id, id.saturating_add(1)),
            None => (self.since.map_or(0, id_at), self.until.map_or(i64::MAX, id_at)),
        }
    }
}

impl Store {
    /// How many stored articles are meant.
    pub async fn stored_count(&self, filter: &StoredFilter) -> Result<i64, StoreError> {
        let (ids, domain) = (filter.ids(), filter.domain.clone());
        self.unit(move |connection| {
            Box::pin(async move {
                let count = sqlx::query_scalar!(
                    "select count(*) as \"n!\" from articles
                      where article_id >= $1 and article_id < $2
                        and ($3::text is null or source_id = (select source_id from sources where domain = $3))",
                    ids.0,
                    ids.1,
                    domain
                )
                .fetch_one(connection)
                .await?;
                Ok(count)
            })
        })
        .await
    }

    /// The next stored articles behind an id, in their order.
    pub async fn stored_keys(
        &self,
        filter: &StoredFilter,
        after: i64,
        limit: i64,
    ) -> Result<Vec<StoredKey>, StoreError> {
        let (ids, domain) = (filter.ids(), filter.domain.clone());
        self.unit(move |connection| {
            Box::pin(async move {
                let rows = sqlx::query!(
                    "select article_id, domain, cleaned_by from articles join sources using (source_id)
                      where article_id >= $1 and article_id < $2 and article_id > $3
                        and ($4::text is null or domain = $4)
                      order by article_id limit $5",
                    ids.0,
                    ids.1,
                    after,
                    domain,
                    limit
                )
                .fetch_all(connection)
                .await?;
                let keys = rows.into_iter().map(|row| StoredKey {
                    article_id: row.article_id,
                    domain: row.domain,
                    cleaned_by: row.cleaned_by,
                });
                Ok(keys.collect())
            })
        })
        .await
    }

    /// Stored articles with their pages and facts, in the order of their ids.
    pub async fn stored_articles(&self, ids: &[i64]) -> Result<Vec<StoredArticle>, StoreError> {
        let ids = ids.to_vec();
        self.unit(move |connection| Box::pin(async move { stored::articles(connection, &ids).await })).await
    }

    /// Writes an article anew, if it still is the one that was read: its text goes to `article_versions` where it
    /// changes, its facts are replaced, all in one transaction.
    ///
    /// # Errors
    /// Transient ones: call again. [`StoreError::Data`] where the database refuses this article's data.
    pub async fn rewrite(&self, stored: &StoredArticle, rows: &ArticleRows) -> Result<Rewritten, StoreError> {
        let read = (stored.article_id, stored.version, stored.cleaned_by);
        let url = stored.url.clone();
        let other_text = stored.text != rows.article.text || stored.title != rows.article.title;
        let rows = rows.clone();
        self.unit(move |connection| {
            Box::pin(async move {
                let mut c = connection.begin().await?;
                let done = rewrite(&mut c, read, &url, other_text, &rows).await?;
                c.commit().await?;
                Ok(done)
            })
        })
        .await
    }

    /// Notes of articles that they are what today's rules give, where they still are what was read: key, version and
    /// fingerprint.
    pub async fn confirm(&self, articles: &[(i64, i32, i64)]) -> Result<(), StoreError> {
        let mut articles = articles.to_vec();
        articles.sort_unstable();
        self.unit(move |connection| {
            Box::pin(async move {
                let (mut ids, mut versions, mut stamps) = (Vec::new(), Vec::new(), Vec::new());
                for (id, version, cleaned_by) in articles {
                    ids.push(id);
                    versions.push(version);
                    stamps.push(cleaned_by);
                }
                let mut c = connection.begin().await?;
                sqlx::query!("select article_id from articles where article_id = any($1) order by 1 for update", &ids)
                    .fetch_all(&mut *c)
                    .await?;
                sqlx::query!(
                    "update articles a set cleaned_by = r.cleaned_by, extractor = $4
                       from unnest($1::bigint[], $2::int[], $3::bigint[]) as r (article_id, version, cleaned_by)
                      where a.article_id = r.article_id and a.version = r.version",
                    &ids,
                    &versions,
                    &stamps,
                    EXTRACTOR
                )
                .execute(&mut *c)
                .await?;
                c.commit().await?;
                Ok(())
            })
        })
        .await
    }
}

async fn rewrite(
    c: &mut PgConnection,
    (id, version, cleaned_by): (i64, i32, Option<i64>),
    url: &str,
    other_text: bool,
    rows: &ArticleRows,
) -> Result<Rewritten, StoreError> {
    let now = sqlx::query!("select version, cleaned_by from articles where article_id = $1 for update", id)
        .fetch_optional(&mut *c)
        .await?;
    if now.is_none_or(|now| now.version != version || now.cleaned_by != cleaned_by) {
        return Ok(Rewritten::Overtaken);
    }
    if other_text {
        write::set_aside(&mut *c, &[(id, Replaced::Cleaned)]).await?;
    } else {
        write::clear_facts(&mut *c, &[id]).await?;
    }
    write::update(&mut *c, vec![write::article_json(id, None, url, rows)]).await?;
    facts::write(&mut *c, &[(id, rows)]).await?;
    Ok(Rewritten::Written)
}

/// Facts of rows in the form [`StoredArticle::facts`] has.
pub fn facts_of(rows: &ArticleRows) -> BTreeSet<(String, String)> {
    stored::facts_of(rows)
}
