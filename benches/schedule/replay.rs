//! A scheduler against a trace: what it found, how late, what it lost and what it spent.

use crate::peers::{Scheduler, Seen};
use crate::traces::{AFTER, DAY, Kind, MEASURED, Trace};

/// What a scheduler made of a kind of feed.
#[derive(Debug, Clone, Default)]
pub struct Score {
    /// Feeds.
    pub feeds: usize,
    /// Entries published in the time that is measured.
    pub published: usize,
    /// Those that scrolled out before any poll saw them.
    pub lost: usize,
    /// Requests in that time.
    pub requests: usize,
    /// Seconds from publication to discovery, ascending; of a lost entry without end.
    pub delays: Vec<f64>,
}

impl Score {
    /// The delay that a share of the entries does not exceed, in seconds.
    pub fn delay(&self, share: f64) -> f64 {
        let at = ((self.delays.len() as f64 * share) as usize).min(self.delays.len().saturating_sub(1));
        self.delays.get(at).copied().unwrap_or(0.0)
    }

    /// Requests a day and feed.
    pub fn daily(&self) -> f64 {
        self.requests as f64 / (MEASURED / DAY) / self.feeds as f64
    }

    /// Delay per request: the median delay in hours times the requests a day and feed. Polling at even pauses a feed
    /// that publishes evenly gives 12, however often it is polled.
    pub fn price(&self) -> f64 {
        self.delay(0.5) / 3600.0 * self.daily()
    }
}

/// Replays all feeds of a kind.
pub fn replay(kind: &Kind, mut make: impl FnMut(u64) -> Scheduler) -> Score {
    let mut score = Score { feeds: kind.feeds.len(), ..Score::default() };
    for (seed, trace) in kind.feeds.iter().enumerate() {
        // The first polls of an imported list do not fall on one moment, nor on the clock.
        let first = (seed as f64 * 977.0).rem_euclid(3600.0);
        one(trace, make(seed as u64), first, &mut score);
    }
    score.delays.sort_by(f64::total_cmp);
    score
}

fn one(trace: &Trace, mut scheduler: Scheduler, first: f64, score: &mut Score) {
    let times = &trace.times;
    // Entries before the first poll were there before us: nobody is charged for them.
    let counted = |time: f64| time >= first && time < MEASURED;
    let mut known = 0;
    let mut at = first;
    while at < MEASURED + AFTER {
        let published = times.partition_point(|time| *time <= at);
        let begin = published.saturating_sub(trace.window);
        score.requests += usize::from(at < MEASURED);
        for time in times.iter().take(begin).skip(known).filter(|time| counted(**time)) {
            debug_assert!(*time <= at);
            score.published += 1;
            score.lost += 1;
            score.delays.push(f64::INFINITY);
        }
        for time in times.iter().take(published).skip(begin.max(known)).filter(|time| counted(**time)) {
            score.published += 1;
            score.delays.push(at - time);
        }
        let seen = Seen { at, listed: &times[begin..published], new: published - known.max(begin), dated: trace.dated };
        known = published;
        at = scheduler.next(&seen).max(at + 1.0);
    }
    for _ in times.iter().skip(known).filter(|time| counted(**time)) {
        score.published += 1;
        score.delays.push(f64::INFINITY);
    }
}
