//! What came of pages, recorded in batches: one transaction for all, and a bad item bisected out of it.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use sqlx::{Connection, PgConnection};

use super::write::{self, Verdict};
use super::{ClaimedPage, Store, StoreError};
use crate::archive::Place;
use crate::rows::{ArticleRows, clipped};

/// A page that has been through all stages.
#[derive(Debug, Clone)]
pub struct FinishedPage {
    /// The claim it was worked under.
    pub claim: ClaimedPage,
    /// What came of it.
    pub outcome: PageOutcome,
    /// Where the page as fetched is kept.
    pub page: Option<PageRow>,
}

/// What came of a page.
#[derive(Debug, Clone)]
pub enum PageOutcome {
    /// An article.
    Article(Box<ArticleRows>),
    /// Refused for good.
    Refused {
        /// One bounded word.
        reason: &'static str,
        /// A sentence for people.
        detail: String,
    },
    /// To be tried again.
    Retry {
        /// One bounded word.
        reason: &'static str,
        /// A sentence for people.
        detail: String,
        /// When.
        delay: Duration,
    },
}

/// Where a page as fetched is kept.
#[derive(Debug, Clone)]
pub struct PageRow {
    /// Its address, redirects followed.
    pub url: String,
    /// When it was fetched.
    pub fetched_at: DateTime<Utc>,
    /// HTTP status.
    pub status: u16,
    /// Its Content-Type.
    pub content_type: Option<String>,
    /// File, offset, length, digest.
    pub place: Place,
}

/// What the database made of a finished page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PageReceipt {
    /// An article never seen before.
    New(i64),
    /// An article whose text changed.
    Edited(i64),
    /// An article already here.
    Known(i64),
    /// Refused, with its reason.
    Refused(&'static str),
    /// Waiting for its next try.
    Retry,
    /// Another daemon has it: nothing was written.
    LeaseLost,
    /// This very claim was recorded before; the answer to that commit was lost.
    AlreadyDone,
}

impl PageReceipt {
    /// The receipt as one bounded word.
    pub fn label(self) -> &'static str {
        match self {
            Self::New(_) => "new",
            Self::Edited(_) => "edited",
            Self::Known(_) => "known",
            Self::Refused(_) => "refused",
            Self::Retry => "retry",
            Self::LeaseLost => "lease-lost",
            Self::AlreadyDone => "already-done",
        }
    }
}

impl Store {
    /// Records finished pages; the receipts are in the same order.
    ///
    /// # Errors
    /// Transient ones: call again with the same batch, which has the effect of once. An item whose data the database
    /// refuses is refused alone, with the reason `data`.
    pub async fn finish_pages(&self, pages: &Arc<Vec<FinishedPage>>) -> Result<Vec<PageReceipt>, StoreError> {
        let mut receipts = vec![PageReceipt::AlreadyDone; pages.len()];
        // Halves still to be written, as index ranges; a stack instead of recursion.
        let mut open = vec![(0, pages.len())];
        while let Some((from, to)) = open.pop() {
            if from == to {
                continue;
            }
            match self.write_batch(pages.clone(), from, to, None).await {
                Ok(done) => receipts.splice(from..to, done).for_each(drop),
                Err(StoreError::Data(refusal)) if to - from == 1 => {
                    let done = self.write_batch(pages.clone(), from, to, Some(refusal)).await?;
                    receipts.splice(from..to, done).for_each(drop);
                }
                Err(StoreError::Data(_)) => {
                    let middle = from.midpoint(to);
                    open.extend([(middle, to), (from, middle)]);
                }
                Err(error) => return Err(error),
            }
        }
        Ok(receipts)
    }

    async fn write_batch(
        &self,
        pages: Arc<Vec<FinishedPage>>,
        from: usize,
        to: usize,
        refusal: Option<String>,
    ) -> Result<Vec<PageReceipt>, StoreError> {
        self.unit(move |connection| {
            Box::pin(async move {
                let mut transaction = connection.begin().await?;
                let batch = pages.get(from..to).unwrap_or_default();
                let receipts = record(&mut transaction, batch, refusal.as_deref()).await?;
                transaction.commit().await?;
                Ok(receipts)
            })
        })
        .await
    }
}

struct Held {
    token: i64,
    leased: bool,
    article_id: Option<i64>,
}

async fn record(
    c: &mut PgConnection,
    batch: &[FinishedPage],
    refusal: Option<&str>,
) -> Result<Vec<PageReceipt>, StoreError> {
    let mut ids: Vec<i64> = batch.iter().map(|p| p.claim.task_id).collect();
    ids.sort_unstable();
    let held: HashMap<i64, Held> = sqlx::query!(
        "select task_id, token, state, article_id from tasks where task_id = any($1) order by task_id for update",
        &ids
    )
    .fetch_all(&mut *c)
    .await?
    .into_iter()
    .map(|row| (row.task_id, Held { token: row.token, leased: row.state == 1, article_id: row.article_id }))
    .collect();

    let mut receipts = Vec::with_capacity(batch.len());
    let mut articles = Vec::new();
    for (at, page) in batch.iter().enumerate() {
        let receipt = match held.get(&page.claim.task_id) {
            Some(task) if task.token != page.claim.token => PageReceipt::LeaseLost,
            Some(task) if !task.leased => PageReceipt::AlreadyDone,
            // The feed was removed meanwhile, and its tasks with it.
            None => PageReceipt::LeaseLost,
            Some(task) => match (&page.outcome, refusal) {
                (_, Some(_)) => PageReceipt::Refused("data"),
                (PageOutcome::Refused { reason, .. }, _) => PageReceipt::Refused(reason),
                (PageOutcome::Retry { .. }, _) => PageReceipt::Retry,
                (PageOutcome::Article(rows), _) => {
                    articles.push((at, &**rows, page, task.article_id));
                    PageReceipt::Retry
                }
            },
        };
        receipts.push(receipt);
    }
    let candidates: Vec<write::Candidate<'_>> =
        articles.iter().map(|(_, rows, page, earlier)| write::Candidate { rows, page, earlier: *earlier }).collect();
    for ((at, ..), verdict) in articles.iter().zip(write::articles(&mut *c, &candidates).await?) {
        receipts[*at] = match verdict {
            Verdict::New(id) => PageReceipt::New(id),
            Verdict::Edited(id) => PageReceipt::Edited(id),
            Verdict::Known(id) => PageReceipt::Known(id),
        };
    }
    close_tasks(&mut *c, batch, &receipts, refusal).await?;
    write_pages(&mut *c, batch, &receipts).await?;
    Ok(receipts)
}

async fn close_tasks(
    c: &mut PgConnection,
    batch: &[FinishedPage],
    receipts: &[PageReceipt],
    refusal: Option<&str>,
) -> Result<(), StoreError> {
    let mut rows = Vec::new();
    for (page, receipt) in batch.iter().zip(receipts) {
        let (state, article, reason, detail, delay) = match (*receipt, &page.outcome) {
            (PageReceipt::LeaseLost | PageReceipt::AlreadyDone, _) => continue,
            (PageReceipt::New(id) | PageReceipt::Edited(id) | PageReceipt::Known(id), _) => {
                (2, Some(id), None, None, 0.0)
            }
            (PageReceipt::Refused(reason), PageOutcome::Refused { detail, .. }) => {
                (3, None, Some(reason), Some(refusal.unwrap_or(detail)), 0.0)
            }
            (PageReceipt::Refused(reason), _) => (3, None, Some(reason), refusal, 0.0),
            (PageReceipt::Retry, PageOutcome::Retry { reason, detail, delay }) => {
                (0, None, Some(*reason), Some(detail.as_str()), delay.as_secs_f64())
            }
            (PageReceipt::Retry, _) => continue,
        };
        rows.push(serde_json::json!({
            "task_id": page.claim.task_id,
            "state": state,
            "article_id": article,
            "reason": reason,
            "detail": detail.map(|d| clipped(d, 1000)),
            "delay": delay,
        }));
    }
    sqlx::query!(
        "update tasks t
            set state = r.state, lease_until = null, article_id = coalesce(r.article_id, t.article_id),
                reason = r.reason, detail = r.detail, due_at = now() + make_interval(secs => r.delay)
           from jsonb_to_recordset($1) as r (task_id bigint, state smallint, article_id bigint, reason text,
                                             detail text, delay float8)
          where t.task_id = r.task_id",
        serde_json::Value::Array(rows),
    )
    .execute(c)
    .await?;
    Ok(())
}

async fn write_pages(c: &mut PgConnection, batch: &[FinishedPage], receipts: &[PageReceipt]) -> Result<(), StoreError> {
    let mut rows = Vec::new();
    for (page, receipt) in batch.iter().zip(receipts) {
        let Some(kept) = &page.page else { continue };
        let article = match receipt {
            PageReceipt::LeaseLost | PageReceipt::AlreadyDone => continue,
            PageReceipt::New(id) | PageReceipt::Edited(id) | PageReceipt::Known(id) => Some(*id),
            PageReceipt::Refused(_) | PageReceipt::Retry => None,
        };
        if kept.url.len() > 2048 {
            continue;
        }
        rows.push(serde_json::json!({
            "task_id": page.claim.task_id,
            "url": kept.url,
            "fetched_at": kept.fetched_at,
            "status": kept.status,
            "content_type": kept.content_type.as_deref().map(|t| clipped(t, 200)),
            "file": kept.place.file,
            "offset": kept.place.offset,
            "length": kept.place.length,
            "digest": super::entries::hex(&kept.place.digest),
            "article_id": article,
            "made_article": matches!(receipt, PageReceipt::New(_) | PageReceipt::Edited(_)),
        }));
    }
    sqlx::query!(
        "insert into pages (task_id, url, fetched_at, status, content_type, file, \"offset\", length, digest, article_id,
                made_article)
         select task_id, url, fetched_at, status, content_type, file, \"offset\", length, digest, article_id, made_article
           from jsonb_to_recordset($1) as r (task_id bigint, url text, fetched_at timestamptz, status smallint,
                content_type text, file text, \"offset\" bigint, length bigint, digest bytea, article_id bigint,
                made_article boolean)",
        serde_json::Value::Array(rows),
    )
    .execute(c)
    .await?;
    Ok(())
}
