//! What follows a poll: when to come back, what was learned, and a sentence on how the feed does.

use std::time::Duration;

use super::answer::Asked;
use crate::config::PollConfig;
use crate::polling::{Class, Move, Outcome, Validators};
use crate::schedule::{self, Hints, PollHistory};
use crate::store::{ClaimedFeed, Plan, PollReceipt};

/// What is known of a poll besides its entries.
#[derive(Debug, Clone)]
pub struct Circumstances {
    /// How the feed was asked.
    pub asked: Asked,
    /// The validators of a document that came.
    pub answer: Option<Validators>,
    /// What the poll says about the feed's address, and the host of the new one.
    pub moved: Option<(Move, String)>,
    /// What the publisher asks.
    pub hints: Hints,
}

/// Plans on. `jitter` is in `0.0..1.0`.
pub fn plan(claim: &ClaimedFeed, on: &Circumstances, receipt: &PollReceipt, config: &PollConfig, jitter: f64) -> Plan {
    let now = on.asked.at;
    let fine = receipt.outcome.is_fine();
    let failures = if fine { 0 } else { u32::try_from(claim.failures).unwrap_or(0).saturating_add(1) };
    let listed =
        if on.answer.is_some() { receipt.listed_entries } else { usize::try_from(claim.listed_entries).unwrap_or(0) };
    let history = PollHistory {
        // Before its first poll a feed has no interval of its own.
        interval: if claim.last_polled_at.is_none() {
            Duration::ZERO
        } else {
            Duration::from_secs(claim.interval_seconds.unsigned_abs())
        },
        failures,
        new_entries: u32::try_from(receipt.new_entries).unwrap_or(u32::MAX),
        listed_entries: u32::try_from(listed).unwrap_or(u32::MAX),
    };
    let validators_state = match &on.answer {
        Some(answer) => {
            let asked_without = on.asked.validators.is_empty();
            let changed = receipt.new_entries + receipt.changed_entries > 0;
            claim.validators_state.after_document(&claim.validators, answer, asked_without, changed, now)
        }
        None if receipt.outcome == Outcome::NotModified => claim.validators_state.after_not_modified(),
        None => claim.validators_state,
    };
    Plan {
        next_poll_in: schedule::next_poll(&history, &on.hints, config, jitter),
        rhythm: claim.rhythm.clone(),
        validators_state,
        volume: None,
        silent_since: claim.silent_since.filter(|_| receipt.new_entries == 0),
        note: note(on, receipt, failures),
    }
}

/// How the feed does, in a sentence: "3 new of 20 listed", "it answers 304".
fn note(on: &Circumstances, receipt: &PollReceipt, failures: u32) -> String {
    let state = match receipt.outcome {
        Outcome::New => format!("{} new of {} listed", receipt.new_entries, receipt.listed_entries),
        outcome if outcome.class() == Class::Fine => format!("the feed {}", outcome.meaning()),
        outcome if failures > 1 => format!("the feed {}, {failures} times in a row", outcome.meaning()),
        outcome => format!("the feed {}", outcome.meaning()),
    };
    match on.moved.as_ref().map(|(moved, _)| moved) {
        Some(Move::Adopted(to)) => format!("{state}; it moved to {to}"),
        Some(Move::Watched(sighting)) => {
            format!("{state}; it redirects to {} since {}", sighting.to, sighting.since.format("%Y-%m-%d"))
        }
        Some(Move::Stays) | None => state,
    }
}
