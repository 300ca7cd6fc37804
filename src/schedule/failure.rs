//! How long to leave a feed alone that could not be had. None is ever given up.

use std::time::Duration;

use crate::polling::Outcome;

/// The first pause; it doubles from there to a day.
const FIRST: Duration = Duration::from_mins(5);
const DAY: Duration = Duration::from_hours(24);
/// A feed that has failed for a month is asked every third day. A surprising number come back (rss-fetcher's `tasks.py`).
const LONG: (Duration, Duration) = (Duration::from_hours(30 * 24), Duration::from_hours(3 * 24));
/// One that was not found for a week is asked once a week.
const NOT_FOUND: (Duration, Duration) = (Duration::from_hours(7 * 24), Duration::from_hours(7 * 24));
/// One that was taken away for good (410) is looked for again after a month: it may have been a mistake.
const GONE: Duration = Duration::from_hours(30 * 24);
/// After a 429 a feed's pauses are at least twice what they were, between these bounds.
const SLOWED: (Duration, Duration) = (Duration::from_mins(15), Duration::from_hours(12));

/// The least and the most to wait after a failure; where between them is jitter's to say.
pub(super) fn pause(outcome: Outcome, failures: u32, failing_for: Duration, most: Duration) -> (Duration, Duration) {
    if outcome == Outcome::Gone {
        return (GONE.mul_f64(0.9), GONE.mul_f64(1.1));
    }
    let doubled = FIRST.saturating_mul(1 << failures.saturating_sub(1).min(16));
    let step = if outcome == Outcome::NotFound && failing_for >= NOT_FOUND.0 {
        NOT_FOUND.1
    } else if failing_for >= LONG.0 {
        LONG.1
    } else {
        doubled.min(DAY).min(most)
    };
    (step / 2, step)
}

/// How slow a feed is to be asked from now on that was asked too often at pauses of `interval`.
pub(super) fn slowed(before: Duration, interval: Duration, retry_after: Option<Duration>) -> Duration {
    (before.max(interval) * 2).max(retry_after.unwrap_or_default()).clamp(SLOWED.0, SLOWED.1)
}

/// A slowed feed is tried a little faster after each success: half the slowness is gone after about fourteen.
pub(super) fn hastened(slowed: Duration) -> Duration {
    let less = slowed.mul_f64(0.95);
    if less < Duration::from_mins(1) { Duration::ZERO } else { less }
}
