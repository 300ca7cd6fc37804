//! When to poll a feed next: often enough that nothing scrolls out unseen, as seldom as that allows.
//!
//! A feed that lists `n` entries and brought `k` new ones since the last poll scrolls out after `interval · n / k`.
//! We come back after a third of that, so that two polls may fail without a loss, and move there by at most a factor of
//! two a poll. What the publisher asks (`ttl`, `max-age`, `Retry-After`) is a floor; failures back off exponentially and
//! never give a feed up.

use std::time::Duration;

use crate::config::PollConfig;

/// What is known of the polls so far.
#[derive(Debug, Clone, Copy, Default)]
pub struct PollHistory {
    /// The pause before this poll.
    pub interval: Duration,
    /// Failed polls in a row, this one included.
    pub failures: u32,
    /// New entries this time.
    pub new_entries: u32,
    /// Entries the feed lists.
    pub listed_entries: u32,
}

/// What the publisher asks.
#[derive(Debug, Clone, Copy, Default)]
pub struct Hints {
    /// The feed's own `ttl` or `sy:updatePeriod`.
    pub ttl: Option<Duration>,
    /// The answer's `Cache-Control: max-age` or `Expires`.
    pub max_age: Option<Duration>,
    /// The answer's `Retry-After`.
    pub retry_after: Option<Duration>,
}

/// A publisher's `ttl` and `max-age` are honoured up to this: feeds that say a week publish every hour all the same.
const HINT_MAX: Duration = Duration::from_hours(2);
/// The first pause after a failure.
const FAILURE_FIRST: Duration = Duration::from_mins(5);
/// The interval of a feed nothing is known of.
const INTERVAL_START: Duration = Duration::from_mins(15);

/// The pause until the next poll. `jitter` is in `0.0..1.0`: up to a tenth is added, so that feeds polled together
/// drift apart.
pub fn next_poll(history: &PollHistory, hints: &Hints, config: &PollConfig, jitter: f64) -> Duration {
    let (least, most) = (config.interval_min, config.interval_max.max(config.interval_min));
    let pause = if history.failures > 0 {
        let doublings = (history.failures - 1).min(16);
        FAILURE_FIRST.saturating_mul(1 << doublings).max(least).min(most)
    } else {
        let asked = hints.ttl.max(hints.max_age).unwrap_or_default().min(HINT_MAX);
        learned(history).clamp(least, most).max(asked.min(most))
    };
    // A server that says when to come back is obeyed beyond our own ceiling, up to a week.
    let pause = hints.retry_after.map_or(pause, |after| pause.max(after.min(Duration::from_hours(168))));
    pause + pause.mul_f64(jitter.clamp(0.0, 1.0) / 10.0)
}

fn learned(history: &PollHistory) -> Duration {
    let before = if history.interval.is_zero() { INTERVAL_START } else { history.interval };
    if history.new_entries == 0 {
        return before.mul_f64(1.5);
    }
    let turnover = f64::from(history.listed_entries.max(1)) / f64::from(history.new_entries);
    before.mul_f64((turnover / 3.0).clamp(0.5, 2.0))
}
