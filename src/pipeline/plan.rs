//! What follows a poll: when to come back, what was learned, and a sentence on how the feed does.

use std::time::Duration;

use chrono::{DateTime, Utc};

use super::answer::Asked;
use crate::config::PollConfig;
use crate::polling::{Class, Move, Outcome, Validators};
use crate::schedule::{Hints, Memory, Poll, Reading, Volume, silence_note};
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
    /// The status of the answer, if there was one.
    pub status: Option<u16>,
    /// What the publisher asks.
    pub hints: Hints,
}

/// Plans on. `jitter` is in `0.0..1.0`.
pub fn plan(claim: &ClaimedFeed, on: &Circumstances, receipt: &PollReceipt, config: &PollConfig, jitter: f64) -> Plan {
    let now = on.asked.at;
    let fine = receipt.outcome.is_fine();
    let failures = if fine { 0 } else { u32::try_from(claim.failures).unwrap_or(0).saturating_add(1) };
    let listed_before = u32::try_from(claim.listed_entries).unwrap_or(0);
    let poll = Poll {
        at: now,
        outcome: receipt.outcome,
        failures,
        // Before its first poll a feed has no interval of its own.
        interval: claim
            .last_polled_at
            .map_or(Duration::ZERO, |_| Duration::from_secs(claim.interval_seconds.unsigned_abs())),
        new_entries: u32::try_from(receipt.new_entries).unwrap_or(u32::MAX),
        listed_entries: match on.answer {
            Some(_) => u32::try_from(receipt.listed_entries).unwrap_or(u32::MAX),
            None => listed_before,
        },
        listed_before,
        published: &receipt.published,
        pushed_at: claim.last_push_at,
        hints: on.hints,
    };
    let mut memory = Memory::from_stored(&claim.rhythm, now);
    memory.learn(&poll);
    let volume = memory.volume();
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
        next_poll_in: memory.next_poll(&poll, config, jitter),
        rhythm: memory.to_stored(),
        validators_state,
        volume: Some((volume.tally.expected, i32::try_from(volume.tally.seen).unwrap_or(i32::MAX))),
        silent_since: volume.silent.then(|| {
            let since = DateTime::from_timestamp(volume.tally.since, 0).unwrap_or(now);
            claim.silent_since.map_or(since, |before| before.min(since))
        }),
        note: note(on, receipt, failures, volume, memory.failing_for(now)),
    }
}

/// What is known of a feed's rhythm, as it is stored, after a push at `now`.
pub fn rhythm_after_push(stored: &serde_json::Value, receipt: &PollReceipt, now: DateTime<Utc>) -> serde_json::Value {
    let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    let mut memory = Memory::from_stored(stored, now);
    memory.learn_pushed(&Reading {
        at: now,
        new_entries: count(receipt.new_entries),
        listed_entries: count(receipt.listed_entries),
        published: &receipt.published,
    });
    memory.to_stored()
}

/// How the feed does, in a sentence: "3 new of 20 listed", "41 expected by now, 3 seen: the feed answers 304".
fn note(on: &Circumstances, receipt: &PollReceipt, failures: u32, volume: Volume, failing_for: Duration) -> String {
    let state = match receipt.outcome {
        _ if volume.silent => {
            let moved = on.moved.as_ref().and_then(|(moved, _)| match moved {
                Move::Adopted(to) => Some(to.as_str()),
                Move::Watched(sighting) => Some(sighting.to.as_str()),
                Move::Stays => None,
            });
            return silence_note(&volume, receipt.outcome, on.status, failing_for, moved);
        }
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
