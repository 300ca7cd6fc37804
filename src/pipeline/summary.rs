//! What a run has done, in numbers.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use serde::Serialize;

/// Counts while a run goes on.
#[derive(Debug, Default)]
pub struct Counts(Mutex<Summary>);

/// What a run has done. Reasons are the bounded words of the stages.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Summary {
    /// Polls by outcome ([`crate::polling::Outcome`]).
    pub polls: BTreeMap<&'static str, u64>,
    /// Entries not seen before.
    pub entries_new: u64,
    /// Entries changed since they were last seen.
    pub entries_changed: u64,
    /// Articles not seen before.
    pub articles_new: u64,
    /// Articles whose text or headline changed; the old one is kept as a version.
    pub articles_edited: u64,
    /// Pages that turned out to be an article already here.
    pub articles_known: u64,
    /// Pages refused for good, by reason.
    pub refused: BTreeMap<&'static str, u64>,
    /// Pages to be tried again later, by reason.
    pub retried: BTreeMap<&'static str, u64>,
    /// Items whose lease was taken by another daemon meanwhile; that one writes them.
    pub leases_lost: u64,
}

impl Counts {
    /// Changes the numbers.
    pub fn add(&self, change: impl FnOnce(&mut Summary)) {
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner));
    }

    /// The numbers as they stand.
    pub fn summary(&self) -> Summary {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl std::fmt::Display for Summary {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let polls: u64 = self.polls.values().sum();
        writeln!(f, "{polls} polls{}", listed(&self.polls))?;
        writeln!(f, "{} new entries, {} changed", self.entries_new, self.entries_changed)?;
        writeln!(
            f,
            "{} new articles, {} edited, {} already known",
            self.articles_new, self.articles_edited, self.articles_known
        )?;
        writeln!(f, "{} refused{}", self.refused.values().sum::<u64>(), listed(&self.refused))?;
        write!(f, "{} to be tried again{}", self.retried.values().sum::<u64>(), listed(&self.retried))
    }
}

fn listed(counts: &BTreeMap<&'static str, u64>) -> String {
    if counts.is_empty() {
        return String::new();
    }
    let parts: Vec<String> = counts.iter().map(|(reason, n)| format!("{n} {reason}")).collect();
    format!(" ({})", parts.join(", "))
}
