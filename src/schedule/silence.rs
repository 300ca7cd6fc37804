//! The silence alarm: what came beside what was to be expected, and whether that is still chance.
//!
//! The expectation goes on while polls fail: a feed that is blocked is silent too.

use std::time::Duration;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::chance;
use super::rhythm::Rhythm;
use crate::polling::{Class, Outcome};

/// Fewer than this many to be expected are no news when they do not come.
const EXPECTED_LEAST: f64 = 5.0;
/// So few would come by chance once in a thousand times.
const CHANCE: f64 = 0.001;
/// A rhythm is believed after a week, in hours: before, weekends are not known.
const OBSERVED_LEAST: f64 = 168.0;
/// A window of the count, in seconds.
const DAY: i64 = 86_400;

/// Entries expected and seen since a moment.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Tally {
    /// Unix seconds.
    pub since: i64,
    /// To be expected by the rhythm.
    pub expected: f32,
    /// New ones that came.
    pub seen: u32,
}

impl Tally {
    fn with(self, other: Self) -> Self {
        Self {
            since: self.since.min(other.since),
            expected: self.expected + other.expected,
            seen: self.seen.saturating_add(other.seen),
        }
    }
}

/// Counts what comes, from poll to poll.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct Watch {
    at: i64,
    today: Tally,
    yesterday: Option<Tally>,
    /// Since the last new entry.
    quiet: Tally,
    /// How far days stray: as between polls, see `Rhythm`.
    strayed: (f32, f32),
}

/// What the watch says.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Volume {
    /// Of the last day or two; where the feed is silent, of the time in which it is.
    pub tally: Tally,
    /// Whether so few are no chance any more.
    pub silent: bool,
}

impl Watch {
    pub(super) fn is_sound(&self, now: i64) -> bool {
        let sound = |tally: &Tally| tally.expected.is_finite() && tally.expected >= 0.0;
        self.at >= 0
            && self.at <= now.saturating_add(DAY)
            && sound(&self.today)
            && sound(&self.quiet)
            && self.yesterday.as_ref().is_none_or(sound)
            && self.strayed.0.is_finite()
            && self.strayed.1.is_finite()
            && self.strayed.1 >= 0.0
    }

    /// Counts a poll. `rhythm` is what was known before it.
    pub(super) fn count(&mut self, rhythm: &Rhythm, now: DateTime<Utc>, seen: u32) {
        let time = now.timestamp();
        let empty = Tally { since: time, ..Tally::default() };
        if self.at == 0 {
            // The first document is history, not news.
            *self = Self { at: time, today: empty, quiet: empty, ..Self::default() };
            return;
        }
        let from = DateTime::from_timestamp(self.at.min(time), 0).unwrap_or(now);
        self.at = time;
        #[expect(clippy::cast_possible_truncation, reason = "three digits are enough")]
        let expected = if rhythm.is_unknown() { 0.0 } else { rhythm.expected(from, now) as f32 };
        for tally in [&mut self.today, &mut self.quiet] {
            tally.expected += expected;
            tally.seen = tally.seen.saturating_add(seen);
        }
        if seen > 0 {
            self.quiet = empty;
        }
        if time - self.today.since >= DAY {
            if !self.volume(rhythm).silent {
                self.stray();
            }
            self.yesterday = Some(std::mem::replace(&mut self.today, empty));
        }
    }

    /// Nothing is expected of the time until now: entries came by another way.
    pub(super) fn pass(&mut self, now: DateTime<Utc>) {
        self.at = now.timestamp();
        self.quiet = Tally { since: self.at, ..Tally::default() };
    }

    /// What came beside what was to be expected.
    pub(super) fn volume(&self, rhythm: &Rhythm) -> Volume {
        let days = self.yesterday.map_or(self.today, |yesterday| yesterday.with(self.today));
        let silent = |tally: &Tally| {
            let expected = f64::from(tally.expected);
            rhythm.observed() >= OBSERVED_LEAST
                && expected >= EXPECTED_LEAST
                && f64::from(tally.seen) < expected
                && chance::at_most(tally.seen, expected, self.spread()) < CHANCE
        };
        let found = [days, self.today, self.quiet].into_iter().find(silent);
        Volume { tally: found.unwrap_or(days), silent: found.is_some() }
    }

    fn spread(&self) -> f64 {
        ((f64::from(self.strayed.0) + 0.05 * 400.0) / (f64::from(self.strayed.1) + 400.0)).clamp(0.01, 0.5)
    }

    fn stray(&mut self) {
        #[expect(clippy::cast_precision_loss, reason = "entries of a day")]
        let seen = self.today.seen as f32;
        let error = (seen - self.today.expected).powi(2) - seen;
        self.strayed = ((self.strayed.0 * 0.97 + error).max(0.0), self.strayed.1 * 0.97 + self.today.expected.powi(2));
    }
}

/// A silent feed in a sentence: "41 expected by now, 3 seen: the feed answers 304". `moved` is where a permanent redirect
/// leads.
pub fn note(
    volume: &Volume,
    outcome: Outcome,
    status: Option<u16>,
    failing_for: Duration,
    moved: Option<&str>,
) -> String {
    let why = moved.map_or_else(|| reason(outcome, status, failing_for), |to| format!("moved to {to}"));
    format!("{:.0} expected by now, {} seen: {why}", volume.tally.expected, volume.tally.seen)
}

fn reason(outcome: Outcome, status: Option<u16>, failing_for: Duration) -> String {
    let so_long = match failing_for.as_secs() / 3600 {
        0..2 => String::new(),
        hours @ 2..48 => format!(" for {hours} hours"),
        hours => format!(" for {} days", hours / 24),
    };
    match (outcome, outcome.class(), status) {
        (Outcome::NotModified, ..) => "the feed answers 304".to_owned(),
        (Outcome::New, ..) => "fewer come than usual".to_owned(),
        (Outcome::RateLimited, ..) => format!("we ask too often, and get 429{so_long}"),
        (_, Class::Blocked, Some(status)) => format!("we are blocked by {status}{so_long}"),
        (_, Class::Away | Class::Gone, Some(status)) => format!("the feed answers {status}{so_long}"),
        _ => format!("the feed {}{so_long}", outcome.meaning()),
    }
}
