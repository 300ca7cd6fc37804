//! Bursts: many entries within an hour or two, at any hour of the week, announced by nothing.
//!
//! They are kept apart from the rhythm: a flat hazard of so many a week, learned for each feed, with sizes that fall off
//! by an exponential law. A rhythm that learned them would wait for them at the hour at which the last one came.

use serde::{Deserialize, Serialize};

use super::rhythm::single;

/// A burst has at least this share of a window, beyond what is usual: smaller ones lose nothing.
const LEAST: f64 = 0.2;
/// What bursts of which nothing is known have beyond that, as a share of the window; it weighs as much as one of them.
const PRIOR: f64 = 0.25;
/// The hours in which half of a burst has come.
const UNFOLDS: f64 = 1.0;
/// How full of other entries a document may be: steps for which losses are computed, between them it is a line.
const LEVELS: u32 = 8;
const ROW: usize = LEVELS as usize + 1;

/// The bursts that were seen, fading as the rhythm's counts do.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
pub(super) struct Bursts {
    begun: f32,
    /// Those that were seen from the first entry to the last, for all we know.
    whole: f32,
    /// Their entries beyond the least size. Of one that overflowed the document it is what was seen: by the exponential
    /// law the part that was not is as long as a whole one, so that it adds entries and no burst to divide them by.
    entries: f32,
}

impl Bursts {
    pub(super) fn is_sound(&self) -> bool {
        [self.begun, self.whole, self.entries].iter().all(|count| count.is_finite() && *count >= 0.0)
    }

    pub(super) fn fade(&mut self, fade: f32) {
        *self = Self { begun: self.begun * fade, whole: self.whole * fade, entries: self.entries * fade };
    }

    /// The least size of a burst.
    pub(super) fn least(window: f64) -> f64 {
        LEAST * window
    }

    /// One begins, with so many entries beyond what is usual.
    pub(super) fn begin(&mut self, beyond: f64, window: f64, overflowed: bool) {
        self.begun += 1.0;
        self.whole += if overflowed { 0.0 } else { 1.0 };
        self.entries += single((beyond - Self::least(window)).max(0.0));
    }

    /// The last one goes on.
    pub(super) fn go_on(&mut self, beyond: f64) {
        self.entries += single(beyond);
    }

    /// What is to be feared after so many hours of observation.
    pub(super) fn hazard(&self, hours: f64, window: u32) -> Hazard {
        let window = f64::from(window);
        let (entries, whole) = (f64::from(self.entries), f64::from(self.whole));
        Hazard {
            rate: f64::from(self.begun) / (hours + 24.0),
            beyond: ((entries + PRIOR * window) / (whole + 1.0)).clamp(1.0, 4.0 * window),
            window,
        }
    }
}

/// Bursts to come.
#[derive(Debug, Clone, Copy)]
pub(super) struct Hazard {
    /// How many begin in an hour.
    rate: f64,
    /// How many entries more than the least one has in the mean.
    beyond: f64,
    /// What the document holds.
    window: f64,
}

impl Hazard {
    /// Entries an hour that a long pause would lose, roughly.
    pub(super) fn at_stake(&self) -> f64 {
        self.rate * self.beyond * (-self.window / self.beyond).exp()
    }

    /// What is lost by bursts in pauses of up to so many steps.
    pub(super) fn losses(&self, step: f64, count: usize) -> Losses {
        let mut lost = Vec::with_capacity(count + 1);
        let mut sum = [0.0; ROW];
        lost.push(sum);
        // A burst is as likely to have begun at any moment of the pause.
        let mut since = step / 2.0;
        for _ in 0..count {
            let come = 1.0 - (-since / UNFOLDS).exp2();
            let mut free = self.window;
            for sum in &mut sum {
                let more = (free / come - Bursts::least(self.window)).max(0.0);
                *sum += self.rate * step * come * self.beyond * (-more / self.beyond).exp();
                free -= self.window / f64::from(LEVELS);
            }
            lost.push(sum);
            since += step;
        }
        Losses { window: self.window, lost }
    }
}

/// Entries lost in the mean, by the length of a pause and by what else comes in it.
pub(super) struct Losses {
    window: f64,
    lost: Vec<[f64; ROW]>,
}

impl Losses {
    /// In a pause of so many steps in which `others` are expected.
    pub(super) fn lost(&self, count: usize, others: f64) -> f64 {
        let Some(row) = self.lost.get(count) else { return 0.0 };
        let at = (others / self.window).clamp(0.0, 1.0) * f64::from(LEVELS);
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 to 8")]
        let level = (at as usize).min(ROW - 2);
        row[level] + (row[level + 1] - row[level]) * (at - at.floor().min(f64::from(LEVELS - 1)))
    }
}
