//! What is decided of each source's lines, read from the database and remembered for a minute.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::article::LearntLines;
use crate::store::Store;

/// How long they are believed: a person's word should be followed soon, and a busy source has a page a second.
const KEPT: Duration = Duration::from_mins(1);
/// Sources remembered at once. Most have no lines and cost a name each; the others some kilobytes.
const SOURCES_MAX: usize = 4096;

/// Lines by source, as they were at most a minute ago.
#[derive(Debug, Default)]
pub(super) struct LineCache {
    sources: Mutex<HashMap<String, (Arc<LearntLines>, Instant)>>,
}

impl LineCache {
    /// The lines of a source. While the database is away they are the ones known last, or none: a page cleaned without
    /// them is found by `reprocess`.
    pub(super) async fn of(&self, store: &Store, domain: &str) -> Arc<LearntLines> {
        let known = self.remembered(domain);
        if let Some((lines, read_at)) = &known
            && read_at.elapsed() < KEPT
        {
            return lines.clone();
        }
        match store.learnt_lines(domain).await {
            Ok(lines) => {
                let lines = Arc::new(lines);
                self.remember(domain, lines.clone());
                lines
            }
            Err(error) => {
                tracing::debug!(%error, domain, "the source's learnt lines could not be read");
                known.map(|(lines, _)| lines).unwrap_or_default()
            }
        }
    }

    fn remembered(&self, domain: &str) -> Option<(Arc<LearntLines>, Instant)> {
        self.sources.lock().unwrap_or_else(PoisonError::into_inner).get(domain).cloned()
    }

    fn remember(&self, domain: &str, lines: Arc<LearntLines>) {
        let mut sources = self.sources.lock().unwrap_or_else(PoisonError::into_inner);
        if sources.len() >= SOURCES_MAX {
            sources.retain(|_, (_, read_at)| read_at.elapsed() < KEPT);
        }
        if sources.len() >= SOURCES_MAX {
            sources.clear();
        }
        sources.insert(domain.to_owned(), (lines, Instant::now()));
    }
}
