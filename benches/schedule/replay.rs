//! A scheduler against a trace: what it found, how late, what it lost and what it spent.

use crate::peers::{Scheduler, Seen};
use crate::traces::{AFTER, DAY, Kind, MEASURED, Trace};

/// What a scheduler made of a kind of feed.
#[derive(Debug, Clone, Default)]
pub struct Score {
    /// Entries published in the time that is measured.
    pub published: usize,
    /// Those that scrolled out before any poll saw them.
    pub lost: usize,
    /// Requests in that time, of each feed.
    pub requests: Vec<usize>,
    /// Seconds from publication to discovery, ascending; of a lost entry without end.
    pub delays: Vec<f64>,
    /// Of each feed: its own median delay in hours times its requests a day.
    each: Vec<f64>,
}

impl Score {
    /// The delay that a share of the entries does not exceed, in seconds.
    pub fn delay(&self, share: f64) -> f64 {
        quantile(&self.delays, share)
    }

    /// Requests a day and feed.
    pub fn daily(&self) -> f64 {
        self.requests.iter().sum::<usize>() as f64 / (MEASURED / DAY) / self.requests.len() as f64
    }

    /// Delay per request of all feeds together: the median delay of their entries in hours, times requests a day and
    /// feed. Less is better; giving more requests to feeds with more entries lowers it.
    pub fn together(&self) -> f64 {
        self.delay(0.5) / 3600.0 * self.daily()
    }

    /// Delay per request of the feed in the middle, each taken by itself. Even pauses give 12 where entries come evenly,
    /// however long the pauses are, and no schedule can do better there.
    pub fn each(&self) -> f64 {
        quantile(&self.each, 0.5)
    }
}

fn quantile(sorted: &[f64], share: f64) -> f64 {
    let at = ((sorted.len() as f64 * share) as usize).min(sorted.len().saturating_sub(1));
    sorted.get(at).copied().unwrap_or(0.0)
}

/// Replays all feeds of a kind.
pub fn replay(kind: &Kind, mut make: impl FnMut(u64) -> Scheduler) -> Score {
    let mut score = Score::default();
    for (seed, trace) in kind.feeds.iter().enumerate() {
        // The first polls of an imported list do not fall on one moment, nor on the clock.
        let first = (seed as f64 * 977.0).rem_euclid(3600.0);
        let (mut delays, requests) = one(trace, make(seed as u64), first);
        delays.sort_by(f64::total_cmp);
        if !delays.is_empty() {
            score.each.push(quantile(&delays, 0.5) / 3600.0 * requests as f64 / (MEASURED / DAY));
        }
        score.published += delays.len();
        score.lost += delays.iter().filter(|delay| delay.is_infinite()).count();
        score.requests.push(requests);
        score.delays.append(&mut delays);
    }
    score.delays.sort_by(f64::total_cmp);
    score.each.sort_by(f64::total_cmp);
    score
}

/// The delays of one feed's entries, and the requests spent.
fn one(trace: &Trace, mut scheduler: Scheduler, first: f64) -> (Vec<f64>, usize) {
    let times = &trace.times;
    // Entries before the first poll were there before us: nobody is charged for them.
    let counted = |time: &f64| *time >= first && *time < MEASURED;
    let (mut delays, mut requests) = (Vec::new(), 0);
    let (mut known, mut at) = (0, first);
    while at < MEASURED + AFTER {
        let published = times.partition_point(|time| *time <= at);
        let begin = published.saturating_sub(trace.window);
        requests += usize::from(at < MEASURED);
        let unseen = times.iter().take(published).enumerate().skip(known).filter(|(_, time)| counted(time));
        delays.extend(unseen.map(|(n, time)| if n < begin { f64::INFINITY } else { at - time }));
        let seen = Seen { at, listed: &times[begin..published], new: published - known.max(begin), dated: trace.dated };
        known = published;
        at = scheduler.next(&seen).max(at + 1.0);
    }
    // What a fortnight more did not bring to light counts as lost.
    delays.extend(times.iter().skip(known).filter(|time| counted(time)).map(|_| f64::INFINITY));
    (delays, requests)
}
