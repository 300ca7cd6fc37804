//! What came beside what is usual: chance, a mean that itself varies, or a burst.

use super::{Reading, Rhythm, single};
use crate::schedule::burst::Bursts;

/// What an entry of a burst counts for the rhythm at least: a feed that publishes more from now on is learned in the end.
const USUAL_LEAST: f64 = 0.2;

impl Rhythm {
    /// Entries of late beyond what was to be expected, by more than chance.
    pub(super) fn going_on(&self) -> f64 {
        let (seen, expected) = (f64::from(self.burst.seen), f64::from(self.burst.expected));
        (seen - expected - 1.5 * (expected + 1.0).sqrt()).max(0.0)
    }

    /// How far the number of entries between two polls strays beyond chance.
    pub(in super::super) fn spread(&self) -> f64 {
        let (excess, square) = (f64::from(self.strayed.0), f64::from(self.strayed.1));
        ((excess + 0.2 * 10.0) / (square + 10.0)).clamp(0.02, 4.0)
    }

    /// Whether what came is a burst; else it tells how far counts stray. Returns how much each entry counts for the rhythm.
    pub(super) fn tell_apart(
        &mut self,
        seen: f64,
        mean: f64,
        going_on: bool,
        overflowed: bool,
        reading: &Reading<'_>,
    ) -> f64 {
        let window = f64::from(self.window(reading.listed_entries));
        let chance = 3.0 * (mean + self.spread().min(0.5) * mean.powi(2)).sqrt();
        let beyond = seen - mean;
        let begins = beyond > chance.max(Bursts::least(window));
        match (going_on && beyond > mean.sqrt(), begins) {
            (true, _) => self.bursts.go_on(beyond),
            (false, true) => self.bursts.begin(beyond, window, overflowed),
            (false, false) => {
                self.stray(seen, mean);
                return 1.0;
            }
        }
        ((mean + chance) / seen).clamp(USUAL_LEAST, 1.0)
    }

    fn stray(&mut self, seen: f64, mean: f64) {
        let (excess, square) = (f64::from(self.strayed.0), f64::from(self.strayed.1));
        let error = (seen - mean).powi(2) - seen;
        // A poll counts for less than ten entries squared, so that one outage does not decide for months.
        let weight = 100.0 / mean.powi(2).max(100.0);
        self.strayed =
            (single((excess * 0.99 + error * weight).max(0.0)), single(square * 0.99 + mean.powi(2) * weight));
    }
}
