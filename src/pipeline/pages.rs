//! The reader: pages are claimed, fetched, cleaned, extracted and handed to the writer.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::decide::{Failure, Next, after_failure};
use super::reading::{self, Reading};
use super::workers::Company;
use super::write::Finished;
use super::{DATABASE_PAUSE, IDLE, IN_FLIGHT_MAX, Knowledge, Mode, Shared};
use crate::article::site_rules::Applied;
use crate::fetch::{FetchError, FetchKind, FetchRequest, Fetched};
use crate::page::tree::Limits;
use crate::store::{ClaimedPage, FinishedPage, PageOutcome};

/// From this claim on an item runs alone: two processes died on it, or were killed beside it.
const SUSPECT_FROM: i32 = 3;
/// Time for a page's tree. Nodes and depth stop every known attack within 0.6 s; honest pages take 40 ms at most, and a
/// loaded machine must not refuse them.
const TREE_TIME_MAX: Duration = Duration::from_secs(2);
/// Retries due within this are waited for by `--once`; later ones are left for the next run.
const ONCE_WAITS: Duration = Duration::from_secs(10);

/// Claims and reads until `stop`, or in [`Mode::Once`] until `polled` and nothing is due.
pub async fn run(
    shared: Arc<Shared>,
    mode: Mode,
    articles: mpsc::Sender<Finished>,
    polled: CancellationToken,
    stop: CancellationToken,
) {
    let slots = Arc::new(Semaphore::new(IN_FLIGHT_MAX));
    let under_way = TaskTracker::new();
    let mut pause = DATABASE_PAUSE.0;
    while !stop.is_cancelled() {
        let polls_over = polled.is_cancelled();
        let free = slots.available_permits();
        if free == 0 {
            // Nobody is asked, so nothing is learnt of the database either.
            tokio::select! { () = tokio::time::sleep(IDLE) => {}, () = stop.cancelled() => {} }
            continue;
        }
        match claim(&shared, free).await {
            Err(error) => {
                shared.health.database(Err(error.to_string()));
                tracing::warn!(%error, "pages could not be claimed; trying again");
                tokio::select! { () = tokio::time::sleep(pause) => {}, () = stop.cancelled() => {} }
                pause = (pause * 2).min(DATABASE_PAUSE.1);
                continue;
            }
            Ok(pages) => {
                shared.health.database(Ok(()));
                pause = DATABASE_PAUSE.0;
                let none = pages.is_empty();
                for page in pages {
                    let Ok(permit) = slots.clone().try_acquire_owned() else { break };
                    shared.hold(page.task_id, page.token);
                    under_way.spawn(read(shared.clone(), page, permit, articles.clone(), stop.clone()));
                }
                // Permits come back at the commit, so "all slots free" means that everything is written.
                let idle = slots.available_permits() == IN_FLIGHT_MAX;
                shared.metrics.in_flight(IN_FLIGHT_MAX - slots.available_permits());
                if none && mode == Mode::Once && polls_over && idle && !due_soon(&shared).await {
                    break;
                }
                if none {
                    tokio::select! {
                        () = shared.work.notified() => {}
                        () = tokio::time::sleep(IDLE) => {}
                        () = stop.cancelled() => {}
                    }
                }
            }
        }
    }
    under_way.close();
    under_way.wait().await;
}

async fn claim(shared: &Shared, free: usize) -> Result<Vec<ClaimedPage>, crate::store::StoreError> {
    // One slow site must not hold all slots: what is claimed for a host is what it can work off within a lease.
    let per_host = i64::try_from(shared.config.fetch.host_concurrency * 4).unwrap_or(8);
    let busy = shared.fetcher.hosts_busy();
    let limit = i64::try_from(free.min(64)).unwrap_or(64);
    shared.store.claim_pages(limit, per_host, &busy, shared.scope).await
}

async fn due_soon(shared: &Shared) -> bool {
    match shared.store.next_page_due_in(shared.scope).await {
        Ok(Some(wait)) => wait <= ONCE_WAITS,
        Ok(None) => false,
        Err(_) => true,
    }
}

async fn read(
    shared: Arc<Shared>,
    claim: ClaimedPage,
    permit: OwnedSemaphorePermit,
    articles: mpsc::Sender<Finished>,
    stop: CancellationToken,
) {
    if !claim.fetch_pages {
        let outcome = from_feed(&shared, &claim).await;
        return hand_over(&articles, claim, outcome, None, permit).await;
    }
    let started = Instant::now();
    let request = match url::Url::parse(&claim.url) {
        Ok(url) => FetchRequest::new(url, FetchKind::Page),
        Err(error) => {
            let outcome = PageOutcome::Refused { reason: "bad-url", detail: error.to_string() };
            return hand_over(&articles, claim, outcome, None, permit).await;
        }
    };
    let fetched = tokio::select! {
        fetched = shared.fetcher.get(request) => fetched,
        // Not read yet: the lease is handed back at the end of the run, and the page is due again at once.
        () = stop.cancelled() => return,
    };
    shared.metrics.fetched(started.elapsed());
    match fetched {
        Ok(fetched) => clean_and_extract(shared, claim, fetched, permit, articles).await,
        Err(error) => {
            let outcome = after_error(&shared, &claim, &error).await;
            hand_over(&articles, claim, outcome, None, permit).await;
        }
    }
}

async fn clean_and_extract(
    shared: Arc<Shared>,
    claim: ClaimedPage,
    fetched: Fetched,
    permit: OwnedSemaphorePermit,
    articles: mpsc::Sender<Finished>,
) {
    let company = if claim.attempts >= SUSPECT_FROM { Company::Alone } else { Company::Shared };
    let knowledge = shared.knowledge_of(&fetched.final_url).await;
    let item = Arc::new((claim, fetched));
    let job = {
        let item = item.clone();
        let metrics = shared.metrics.clone();
        move || {
            let started = Instant::now();
            let limits = Limits { deadline: Some(started + TREE_TIME_MAX), ..Limits::default() };
            let reading = reading::read_page(&item.0, &item.1, &knowledge, &limits);
            metrics.read(started.elapsed());
            reading
        }
    };
    let outcome = match shared.workers.run(company, job).await {
        Ok(Reading::Article(rows)) => {
            if let Some(rule) = &rows.article.site_rule {
                tell_missed(&shared, &item.0.url, rule);
            }
            PageOutcome::Article(rows)
        }
        Ok(Reading::Refused { reason, detail }) => PageOutcome::Refused { reason, detail },
        Err(panicked) => {
            tracing::error!(url = item.0.url, error = %panicked, "the page is refused; the stored copy shows why");
            PageOutcome::Refused { reason: "panic", detail: panicked.to_string() }
        }
    };
    // The job is over, so ours is the only reference; a panicking job has dropped its own too.
    let Ok((claim, fetched)) = Arc::try_unwrap(item) else {
        tracing::error!("a finished job still holds its page; it comes back when its lease has run out");
        return;
    };
    hand_over(&articles, claim, outcome, Some(Box::new(fetched)), permit).await;
}

/// Tells once for a rule and key that it finds nothing any more, and once that it does again.
fn tell_missed(shared: &Shared, url: &str, rule: &Applied) {
    rule.missed.iter().for_each(|key| shared.metrics.site_rule_missed(key));
    let site = format!("{}{}", rule.host, rule.path);
    let mut missing = shared.missed_rules.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let before = missing.insert(site.clone(), rule.missed.clone()).unwrap_or_default();
    if before != rule.missed && !rule.missed.is_empty() {
        let keys = rule.missed.join(", ");
        tracing::warn!(url, site, keys, "a site's rule finds nothing; the site may have a new layout");
    } else if before != rule.missed {
        tracing::info!(url, site, "a site's rule finds everything again");
    }
}

async fn after_error(shared: &Shared, claim: &ClaimedPage, error: &FetchError) -> PageOutcome {
    let failure = Failure {
        transient: error.is_transient(),
        retry_after: error.retry_after(),
        attempts: claim.attempts,
        attempts_max: shared.config.pipeline.attempts_max,
        feed_text: reading::may_stand_in(claim),
    };
    let refused = PageOutcome::Refused { reason: error.reason(), detail: error.to_string() };
    match after_failure(failure, rand::random()) {
        Next::Retry(delay) => PageOutcome::Retry { reason: error.reason(), detail: error.to_string(), delay },
        Next::Refuse => refused,
        Next::FeedText => {
            let (knowledge, claim) = (knowledge_for(shared, claim).await, claim.clone());
            match shared.workers.run(Company::Shared, move || reading::read_feed_text(&claim, &knowledge)).await {
                Ok(Some(rows)) => PageOutcome::Article(Box::new(rows)),
                Ok(None) | Err(_) => refused,
            }
        }
    }
}

/// The article of an entry whose page is not fetched, because its feed's settings say that it carries the whole text.
async fn from_feed(shared: &Shared, claim: &ClaimedPage) -> PageOutcome {
    let (knowledge, item) = (knowledge_for(shared, claim).await, claim.clone());
    match shared.workers.run(Company::Shared, move || reading::read_feed_text(&item, &knowledge)).await {
        Ok(Some(rows)) => PageOutcome::Article(Box::new(rows)),
        Ok(None) => PageOutcome::Refused {
            reason: "feed-text",
            detail: "its feed's settings say not to fetch the page, and the feed's own text is too short".to_owned(),
        },
        Err(panicked) => PageOutcome::Refused { reason: "panic", detail: panicked.to_string() },
    }
}

/// What a feed's own text is cleaned by: the lines are those of the source it stands in for.
async fn knowledge_for(shared: &Shared, claim: &ClaimedPage) -> Knowledge {
    match url::Url::parse(&claim.url) {
        Ok(url) => shared.knowledge_of(&url).await,
        Err(_) => Knowledge::clone(&shared.knowledge()),
    }
}

async fn hand_over(
    articles: &mpsc::Sender<Finished>,
    claim: ClaimedPage,
    outcome: PageOutcome,
    fetched: Option<Box<Fetched>>,
    permit: OwnedSemaphorePermit,
) {
    let page = FinishedPage { claim, outcome, page: None };
    if articles.send(Finished { page, fetched, permit }).await.is_err() {
        tracing::debug!("the writer has stopped; the page stays pending");
    }
}
