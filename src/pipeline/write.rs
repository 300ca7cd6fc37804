//! The writer: finished pages in, batches committed.
//!
//! A batch is kept until it is committed: while the database is away the writer waits with it, its channel fills, and
//! the claims stop. The pages' archive is on disk before the rows that point into it.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::{OwnedSemaphorePermit, mpsc};
use tokio_util::sync::CancellationToken;

use super::{DATABASE_PAUSE, Shared};
use crate::archive::Archive;
use crate::fetch::Fetched;
use crate::store::{FinishedPage, PageOutcome, PageReceipt};

/// A page that has been through all stages, with its place in the pipeline.
pub struct Finished {
    /// What goes to the database.
    pub page: FinishedPage,
    /// The page as fetched, to be kept.
    pub fetched: Option<Box<Fetched>>,
    /// Its place in the pipeline, free again when it is committed.
    pub permit: OwnedSemaphorePermit,
}

/// Writes until every producer has hung up.
pub async fn run(
    shared: Arc<Shared>,
    mut archive: Archive,
    mut inbox: mpsc::Receiver<Finished>,
    stop: CancellationToken,
) {
    let size = shared.config.pipeline.batch_size.max(1);
    while let Some(first) = inbox.recv().await {
        let mut batch = vec![first];
        let full = tokio::time::sleep(shared.config.pipeline.batch_delay);
        tokio::pin!(full);
        while batch.len() < size {
            tokio::select! {
                next = inbox.recv() => match next {
                    Some(next) => batch.push(next),
                    None => break,
                },
                () = &mut full => break,
            }
        }
        archive = commit(&shared, archive, batch, &stop).await;
    }
}

async fn commit(shared: &Shared, archive: Archive, batch: Vec<Finished>, stop: &CancellationToken) -> Archive {
    let started = Instant::now();
    let (archive, pages, permits) = match tokio::task::spawn_blocking(move || keep(archive, batch)).await {
        Ok(kept) => kept,
        // The disk work of one batch panicked: its items stay leased and come back when the lease has run out.
        Err(error) => std::panic::resume_unwind(error.into_panic()),
    };
    let pages = Arc::new(pages);
    let mut pause = DATABASE_PAUSE.0;
    loop {
        match shared.store.finish_pages(&pages).await {
            Ok(receipts) => {
                shared.health.database(Ok(()));
                for (page, receipt) in pages.iter().zip(&receipts) {
                    shared.let_go(page.claim.task_id);
                    count(shared, &page.outcome, receipt);
                }
                shared.metrics.written(started.elapsed());
                break;
            }
            Err(error) if error.is_transient() => {
                shared.health.database(Err(error.to_string()));
                tracing::warn!(%error, pages = pages.len(), "the batch could not be written; trying again");
                if wait(pause, stop, shared.config.pipeline.drain).await.is_break() {
                    break;
                }
                pause = (pause * 2).min(DATABASE_PAUSE.1);
            }
            Err(error) => {
                tracing::error!(%error, pages = pages.len(), "the database refuses the batch; its pages stay pending");
                break;
            }
        }
    }
    drop(permits);
    archive
}

/// After the stop only the drain limit is left; [`super::Pipeline::run`] ends the whole run then.
async fn wait(pause: Duration, stop: &CancellationToken, drain: Duration) -> std::ops::ControlFlow<()> {
    let limit = async {
        stop.cancelled().await;
        tokio::time::sleep(drain).await;
    };
    tokio::select! {
        () = tokio::time::sleep(pause) => std::ops::ControlFlow::Continue(()),
        () = limit => std::ops::ControlFlow::Break(()),
    }
}

type Kept = (Archive, Vec<FinishedPage>, Vec<OwnedSemaphorePermit>);

/// Appends the pages to the archive and makes them durable, then notes their places.
fn keep(mut archive: Archive, batch: Vec<Finished>) -> Kept {
    let mut pages = Vec::with_capacity(batch.len());
    let mut permits = Vec::with_capacity(batch.len());
    for Finished { mut page, fetched, permit } in batch {
        if let Some(fetched) = fetched {
            match archive.append(&fetched) {
                Ok(place) => page.page = Some(super::reading::page_row(&fetched, place)),
                Err(error) => {
                    tracing::error!(url = page.claim.url, %error, "the page could not be kept; it will be fetched again");
                    page.outcome = PageOutcome::Retry {
                        reason: "archive",
                        detail: error.to_string(),
                        delay: Duration::from_mins(1),
                    };
                }
            }
        }
        pages.push(page);
        permits.push(permit);
    }
    if let Err(error) = archive.sync() {
        tracing::error!(%error, "the archive could not be made durable");
    }
    (archive, pages, permits)
}

fn count(shared: &Shared, outcome: &PageOutcome, receipt: &PageReceipt) {
    shared.counts.add(|sum| match (receipt, outcome) {
        (PageReceipt::New(_), _) => sum.articles_new += 1,
        (PageReceipt::Edited(_), _) => sum.articles_edited += 1,
        (PageReceipt::Known(_), _) => sum.articles_known += 1,
        (PageReceipt::Refused(reason), _) => *sum.refused.entry(reason).or_default() += 1,
        (PageReceipt::Retry, PageOutcome::Retry { reason, .. }) => *sum.retried.entry(reason).or_default() += 1,
        (PageReceipt::LeaseLost, _) => sum.leases_lost += 1,
        (PageReceipt::Retry | PageReceipt::AlreadyDone, _) => {}
    });
    shared.metrics.page(receipt.label());
}
