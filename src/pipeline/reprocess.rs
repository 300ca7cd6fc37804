//! Stored pages through today's rules: what would change, and the change.
//!
//! In: articles, the archive, the rules of today and what is known of each source's lines. Out: a [`Revision`] an
//! article, in the order of their ids; nothing is written but by [`Reprocess::apply`]. A page that cannot be read, or
//! makes a worker fail, costs itself alone.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;

use super::lines::LineCache;
use super::reading::{self, Knowledge, Reading};
use super::workers::{Company, Workers};
use crate::archive::{self, ArchivedPage};
use crate::fetch::Fetched;
use crate::page::tree::Limits;
use crate::rows::{ArticleRows, TextSource};
use crate::store::{Rewritten, Store, StoreError, StoredArticle, StoredFilter, StoredKey, StoredPage};

mod difference;

pub use difference::{Difference, FactChange, FieldChange, TextChange};

/// Keys asked for at once: those of today's rules are passed over without looking at their texts.
const KEYS: i64 = 1000;
/// Articles cleaned at once: a few seconds' work, of which a page costs a megabyte or two of memory.
const BATCH: usize = 64;
/// Time for a page's tree, as in the daemon.
const TREE_TIME_MAX: Duration = Duration::from_secs(2);
/// Times a write is tried that the database asks to try again.
const TRIES: u32 = 5;

/// Which articles, and whether also those that today's rules made.
#[derive(Debug, Clone, Default)]
pub struct Order {
    /// Which stored articles are meant.
    pub filter: StoredFilter,
    /// Whether articles are looked at that today's rules made.
    pub all: bool,
    /// The most articles looked at.
    pub limit: Option<usize>,
}

/// What today's rules make of a stored article.
pub struct Revision {
    /// The article as it is stored.
    pub stored: StoredArticle,
    /// Its source.
    pub domain: String,
    /// The fingerprint of today.
    pub cleaned_by: i64,
    /// What comes of it.
    pub outcome: Outcome,
}

/// What comes of an article.
pub enum Outcome {
    /// The same.
    Same,
    /// Something else.
    Changed {
        /// The rows of today.
        rows: Box<ArticleRows>,
        /// And in what they differ.
        difference: Box<Difference>,
    },
    /// Today's rules say that its page is no article. It is left as it is.
    Refused {
        /// A word.
        reason: &'static str,
        /// A sentence.
        detail: String,
    },
    /// Its page cannot be had: the file is gone or damaged, or none was kept. It is left as it is.
    Lost {
        /// A word: gone, damaged, unreadable or not-kept.
        reason: &'static str,
        /// A sentence.
        detail: String,
    },
}

/// A run over stored articles.
pub struct Reprocess {
    store: Store,
    pages: PathBuf,
    knowledge: Knowledge,
    lines: LineCache,
    workers: Workers,
    order: Order,
    keys: std::vec::IntoIter<StoredKey>,
    after: i64,
    looked_at: usize,
    /// Articles passed over because today's rules made them.
    pub passed_over: usize,
}

impl Reprocess {
    /// Over the articles of `order`, whose pages are in the folder `pages`.
    pub fn new(store: Store, pages: &Path, knowledge: Knowledge, order: Order) -> Self {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        Self {
            store,
            pages: pages.to_owned(),
            knowledge,
            lines: LineCache::default(),
            workers: Workers::new(cores),
            order,
            keys: Vec::new().into_iter(),
            after: -1,
            looked_at: 0,
            passed_over: 0,
        }
    }

    /// The next revisions; none when all is done.
    ///
    /// # Errors
    /// Those of the database. Transient ones: call again.
    pub async fn next(&mut self) -> Result<Option<Vec<Revision>>, StoreError> {
        let room = self.order.limit.map_or(BATCH, |limit| limit.saturating_sub(self.looked_at).min(BATCH));
        let mut chosen: Vec<(StoredKey, Knowledge)> = Vec::new();
        while chosen.len() < room {
            let Some(key) = self.keys.next() else {
                let keys = self.store.stored_keys(&self.order.filter, self.after, KEYS).await?;
                let Some(last) = keys.last() else { break };
                self.after = last.article_id;
                self.keys = keys.into_iter();
                continue;
            };
            let knowledge = self.knowledge.of_source(self.lines.of(&self.store, &key.domain).await);
            if self.order.all || key.cleaned_by != Some(knowledge.fingerprint()) {
                chosen.push((key, knowledge));
            } else {
                self.passed_over += 1;
            }
        }
        if chosen.is_empty() {
            return Ok(None);
        }
        self.looked_at += chosen.len();
        self.revise(chosen).await.map(Some)
    }

    async fn revise(&self, chosen: Vec<(StoredKey, Knowledge)>) -> Result<Vec<Revision>, StoreError> {
        let ids: Vec<i64> = chosen.iter().map(|(key, _)| key.article_id).collect();
        let stored = self.store.stored_articles(&ids).await?;
        let mut running = Vec::with_capacity(stored.len());
        let mut chosen = chosen.into_iter();
        for stored in stored {
            // Both are in the order of the ids; an article that went meanwhile is passed over.
            let Some((key, knowledge)) = chosen.find(|(key, _)| key.article_id == stored.article_id) else { continue };
            let cleaned_by = knowledge.fingerprint();
            let (pages, item) = (self.pages.clone(), Arc::new(stored));
            let job = {
                let item = item.clone();
                move || read(&item, &pages, &knowledge)
            };
            let workers = self.workers.clone();
            let reading = tokio::spawn(async move { workers.run(Company::Shared, job).await });
            running.push((key.domain, cleaned_by, item, reading));
        }
        let mut revisions = Vec::with_capacity(running.len());
        for (domain, cleaned_by, item, reading) in running {
            let outcome = match reading.await {
                Ok(Ok(outcome)) => outcome,
                Ok(Err(panicked)) => Outcome::Refused { reason: "panic", detail: panicked.to_string() },
                Err(stopped) => Outcome::Refused { reason: "panic", detail: stopped.to_string() },
            };
            let stored = Arc::unwrap_or_clone(item);
            revisions.push(Revision { stored, domain, cleaned_by, outcome });
        }
        Ok(revisions)
    }

    /// Writes a change; anything else is left as it is.
    ///
    /// # Errors
    /// Those of the database, after some tries where it asks for them.
    pub async fn apply(&self, revision: &Revision) -> Result<Rewritten, StoreError> {
        let Outcome::Changed { rows, .. } = &revision.outcome else { return Ok(Rewritten::Overtaken) };
        for tried in 1.. {
            match self.store.rewrite(&revision.stored, rows).await {
                Err(error) if error.is_transient() && tried < TRIES => {
                    tracing::debug!(%error, article_id = revision.stored.article_id, "the article is written again");
                    tokio::time::sleep(super::DATABASE_PAUSE.0 * tried).await;
                }
                done => return done,
            }
        }
        Ok(Rewritten::Overtaken)
    }

    /// Notes which of these revisions change nothing, so that the next run passes over them.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn confirm(&self, revisions: &[Revision]) -> Result<(), StoreError> {
        let same = revisions.iter().filter(|revision| matches!(revision.outcome, Outcome::Same));
        let same = same.filter(|revision| revision.stored.cleaned_by != Some(revision.cleaned_by));
        let same: Vec<(i64, i32, i64)> = same.map(|r| (r.stored.article_id, r.stored.version, r.cleaned_by)).collect();
        if same.is_empty() { Ok(()) } else { self.store.confirm(&same).await }
    }
}

/// Reads an article anew, from its page or from its feed's text.
fn read(stored: &StoredArticle, pages: &Path, knowledge: &Knowledge) -> Outcome {
    let of_page = stored.text_source == TextSource::Page.as_str();
    let reading = match &stored.page {
        Some(page) => match archive::read(pages, &page.place) {
            Ok(archived) => {
                let limits = Limits { deadline: Some(Instant::now() + TREE_TIME_MAX), ..Limits::default() };
                reading::read_page(&stored.claim, &as_fetched(archived, page), knowledge, &limits)
            }
            Err(error) => return lost(&page.place.file, &error),
        },
        None if of_page => {
            return Outcome::Lost { reason: "not-kept", detail: "no page of it was kept".to_owned() };
        }
        None => match reading::read_feed_text(&stored.claim, knowledge) {
            Some(rows) => Reading::Article(Box::new(rows)),
            None => {
                let detail = "its feed's text is too short or there no more, and no page was kept".to_owned();
                return Outcome::Lost { reason: "not-kept", detail };
            }
        },
    };
    match reading {
        Reading::Refused { reason, detail } => Outcome::Refused { reason, detail },
        // The feed's teaser does not take the place of a story that was read from its page.
        Reading::Article(rows) if of_page && rows.text_source == TextSource::Feed => Outcome::Refused {
            reason: "feed-text",
            detail: "its page is no article any more, and only the feed's own text would be left".to_owned(),
        },
        Reading::Article(rows) => {
            let difference = Difference::between(stored, &rows);
            if difference.is_none() {
                Outcome::Same
            } else {
                Outcome::Changed { rows, difference: Box::new(difference) }
            }
        }
    }
}

fn lost(file: &str, error: &io::Error) -> Outcome {
    let reason = match error.kind() {
        io::ErrorKind::NotFound => "gone",
        io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput | io::ErrorKind::UnexpectedEof => "damaged",
        _ => "unreadable",
    };
    Outcome::Lost { reason, detail: format!("{file}: {error}") }
}

/// A page from the archive as if it had just come.
fn as_fetched(page: ArchivedPage, row: &StoredPage) -> Fetched {
    let wire_bytes = page.body.len() as u64;
    let body = Bytes::from(page.body);
    Fetched {
        requested: page.url.clone(),
        final_url: page.url,
        moved_permanently: None,
        status: row.status,
        not_modified: false,
        conditional: false,
        content_type: row.content_type.clone(),
        etag: None,
        last_modified: None,
        max_age: None,
        headers: page.headers,
        body,
        wire_bytes,
        started_at: page.fetched_at,
        elapsed: Duration::ZERO,
    }
}
