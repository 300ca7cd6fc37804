//! When to poll a feed next: where news is, before anything scrolls out unseen, and never against what a server says.
//!
//! From each document the feed's rhythm is learned ([`Memory`]). The next poll is put where requests and waiting together
//! cost least, one request being worth `poll.delay_per_request` of one entry's waiting. These rules stand above it, the
//! weaker first:
//!
//! 1. `ttl`, `sy:*`, `max-age` and `Expires` are floors up to two hours, since feeds that say a week publish every hour
//!    all the same; `skipHours` and `skipDays` move a poll to the first permitted hour, or a long pause's to the last one
//!    before, unless the feed publishes in those hours itself.
//! 2. The risk of loss beats them: they are advice, and an entry that has scrolled out is gone for good.
//! 3. `poll.interval_min` and `poll.interval_max` bound what we choose ourselves.
//! 4. What a server says when it refuses (`Retry-After`, 429, 410) beats all: obeyed to the second, and beyond our
//!    ceiling.
//!
//! Jitter is added above floors, never below. Failures back off and never give a feed up; the first success is back at
//! the learned rhythm.

mod burst;
mod chance;
mod failure;
mod forecast;
mod packed;
mod rhythm;
mod silence;
mod wishes;

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use crate::config::PollConfig;
use crate::polling::Outcome;
use forecast::{Bounds, Prices};
pub use rhythm::{Reading, Rhythm};
pub use silence::{Tally, Volume, note as silence_note};
pub use wishes::Wishes;

/// `ttl` and `max-age` are honoured up to this.
const HINT_MAX: Duration = Duration::from_hours(2);
/// A pause this long may end earlier to keep out of hours in which no poll is asked for: twice what a document's floor can
/// be.
const EARLIER_FROM: Duration = Duration::from_hours(4);
/// The time over which the polls that are moved to one hour are spread.
const SPREAD: Duration = Duration::from_mins(10);
/// A server that says when to come back is obeyed up to this.
const RETRY_AFTER_MAX: Duration = Duration::from_hours(168);
/// The interval of a feed nothing is known of.
const INTERVAL_START: Duration = Duration::from_mins(15);
/// After polls have failed for this long the rhythm is not learned from what the first success finds.
const OUTAGE: Duration = Duration::from_hours(12);
/// For so many hours a feed's pause at most doubles from poll to poll.
const FIRST_DAY: f64 = 24.0;
/// How far a rate nothing is known of strays (see [`Rhythm`]), and in how many hours that halves: mornings, weekdays and
/// weekends have yet to be seen.
const UNSURE: (f64, f64) = (2.0, 40.0);
/// How likely it may be that more entries come between two polls than the document holds.
const RISK: f64 = 0.02;
/// What an entry that scrolls out weighs, in hours of one entry's waiting: three days.
const LOSS: f64 = 72.0;
/// How much more an entry's waiting counts in a feed that publishes more: a wire is read for what has just happened, a
/// weekly can wait. It is multiplied by the mean rate an hour to this power; nought treats all alike. A loss is a loss in
/// any feed.
const URGENCY: f64 = 0.5;
/// The share of a pause that is jitter. Small: a poll that comes late after a peak costs waiting, and a poll of every
/// feed at its own rhythm is spread anyway.
const JITTER: f64 = 0.05;
/// Polling behind a hub that pushes: the first pause and the longest.
const BACKUP: (Duration, Duration) = (Duration::from_hours(4), Duration::from_hours(24));
/// A hub that has not pushed for this long is not relied on.
const PUSH_RECENT: Duration = Duration::from_hours(7 * 24);
/// An entry this young when a poll finds it may still be pushed.
const PUSH_DELAY: TimeDelta = TimeDelta::minutes(10);
/// The form of what is stored; another is not read.
const VERSION: u8 = 1;

/// What the answer's headers and the document ask.
#[derive(Debug, Clone, Copy, Default)]
pub struct Hints {
    /// The document's own wishes; `None` where no document came.
    pub wishes: Option<Wishes>,
    /// The answer's `Cache-Control: max-age` or `Expires`.
    pub max_age: Option<Duration>,
    /// The answer's `Retry-After`.
    pub retry_after: Option<Duration>,
}

/// A poll that came to an end.
#[derive(Debug, Clone, Copy)]
pub struct Poll<'a> {
    /// When.
    pub at: DateTime<Utc>,
    /// What came of it.
    pub outcome: Outcome,
    /// Failed polls in a row, this one included.
    pub failures: u32,
    /// The pause before it; nought for the first.
    pub interval: Duration,
    /// New entries.
    pub new_entries: u32,
    /// Entries the document lists; where none came, those of the last one.
    pub listed_entries: u32,
    /// Entries the last document listed; nought before the first.
    pub listed_before: u32,
    /// When the new ones were published, of those that say so.
    pub published: &'a [DateTime<Utc>],
    /// When a hub last pushed, where one is subscribed to.
    pub pushed_at: Option<DateTime<Utc>>,
    /// What the publisher asks.
    pub hints: Hints,
}

/// What is known of a feed from poll to poll, as it is stored.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Memory {
    version: u8,
    /// Unix seconds of the first document.
    first: i64,
    rhythm: Rhythm,
    watch: silence::Watch,
    wishes: Wishes,
    /// Seconds between polls at least, after a server said that we ask too often.
    slowed: u64,
    /// Unix seconds since when every poll failed; nought while they do not.
    failing_since: i64,
    /// Seconds a hub is relied on between two polls.
    relied: u64,
}

impl Memory {
    /// Reads what was stored. Anything else than what this program writes is a fresh start.
    pub fn from_stored(stored: &serde_json::Value, now: DateTime<Utc>) -> Self {
        let now = now.timestamp();
        Self::deserialize(stored)
            .ok()
            .filter(|memory| memory.version == VERSION)
            .filter(|memory| memory.rhythm.is_sound(now) && memory.watch.is_sound(now))
            .unwrap_or_default()
    }

    /// As it is stored: below a kilobyte and a half.
    pub fn to_stored(&self) -> serde_json::Value {
        serde_json::to_value(Self { version: VERSION, ..self.clone() }).unwrap_or_default()
    }

    /// What has been learned of when the feed publishes.
    pub fn rhythm(&self) -> &Rhythm {
        &self.rhythm
    }

    /// New entries to be expected in a time to come, by all that is known at its beginning.
    pub fn expected(&self, from: DateTime<Utc>, pause: Duration) -> f64 {
        self.rhythm.forecast(from).until(pause.as_secs_f64() / rhythm::HOUR)
    }

    /// What came of late beside what was to be expected.
    pub fn volume(&self) -> Volume {
        self.watch.volume(&self.rhythm)
    }

    /// For how long every poll has failed.
    pub fn failing_for(&self, now: DateTime<Utc>) -> Duration {
        let since = if self.failing_since == 0 { now.timestamp() } else { self.failing_since };
        Duration::from_secs(now.timestamp().saturating_sub(since).max(0).unsigned_abs())
    }

    /// Learns of entries a hub pushed.
    pub fn learn_pushed(&mut self, reading: &Reading<'_>) {
        self.watch.count(&self.rhythm, reading.at, reading.new_entries);
        if !self.rhythm.is_unknown() {
            // A push lists what is new and no more: nothing has dropped out of it.
            self.rhythm.learn(&Reading { listed_entries: u32::MAX, ..*reading });
        }
    }

    /// Learns from a poll.
    pub fn learn(&mut self, poll: &Poll<'_>) {
        // A push that nobody told us of brought we do not know how much: that time says nothing of the rhythm.
        if poll.pushed_at.is_some_and(|at| self.rhythm.precedes(at)) {
            self.rhythm.pass(poll.at);
            self.watch.pass(poll.at);
        }
        self.watch.count(&self.rhythm, poll.at, poll.new_entries);
        self.wishes = poll.hints.wishes.unwrap_or(self.wishes);
        if poll.outcome == Outcome::RateLimited {
            let slowed = failure::slowed(Duration::from_secs(self.slowed), poll.interval, poll.hints.retry_after);
            self.slowed = slowed.as_secs();
        }
        if !poll.outcome.is_fine() {
            if self.failing_since == 0 {
                self.failing_since = poll.at.timestamp();
            }
            return;
        }
        if self.failing_for(poll.at) > OUTAGE {
            // What came meanwhile has scrolled out in part: the time says nothing of the rhythm, which goes on as it was.
            self.rhythm.pass(poll.at);
        }
        self.failing_since = 0;
        if self.first == 0 {
            self.first = poll.at.timestamp();
        }
        self.slowed = failure::hastened(Duration::from_secs(self.slowed)).as_secs();
        let reading = Reading {
            at: poll.at,
            new_entries: poll.new_entries,
            listed_entries: poll.listed_entries,
            published: poll.published,
        };
        self.rhythm.learn(&reading);
        if poll.outcome != Outcome::NotModified {
            self.rhythm.measure(poll.listed_before, &reading);
        }
        self.rely(poll);
    }

    /// A hub is relied on as long as polls find nothing that it kept back.
    fn rely(&mut self, poll: &Poll<'_>) {
        let young = poll.published.iter().filter(|time| poll.at - **time < PUSH_DELAY).count();
        let kept_back = usize::try_from(poll.new_entries).is_ok_and(|new| new > young);
        self.relied = match poll.pushed_at {
            None => 0,
            Some(_) if kept_back && self.relied / 2 < BACKUP.0.as_secs() => 0,
            Some(_) if kept_back => self.relied / 2,
            Some(_) => (self.relied * 3 / 2).clamp(BACKUP.0.as_secs(), BACKUP.1.as_secs()),
        };
    }

    /// The pause until the next poll, after [`Self::learn`] has learned from `poll`. `jitter` is in `0.0..1.0`.
    pub fn next_poll(&self, poll: &Poll<'_>, config: &PollConfig, jitter: f64) -> Duration {
        let jitter = if jitter.is_finite() { jitter.clamp(0.0, 1.0) } else { 0.0 };
        let (least, most) = (config.interval_min, config.interval_max.max(config.interval_min));
        let said = poll.hints.retry_after.unwrap_or_default().min(RETRY_AFTER_MAX);
        let said = said.max(Duration::from_secs(self.slowed));
        if !poll.outcome.is_fine() {
            let (from, to) = failure::pause(poll.outcome, poll.failures, self.failing_for(poll.at), most);
            let from = from.max(least).max(said);
            return between(from, to.max(from + from.mul_f64(if said.is_zero() { 0.0 } else { JITTER })), jitter);
        }
        let (pause, loss) = self.chosen(poll, config);
        let asked = self.wishes.ttl().max(poll.hints.max_age.unwrap_or_default()).min(HINT_MAX);
        let floor = asked.min(loss).max(least).min(most);
        let from = pause.max(floor);
        // At the ceiling there is room for jitter below only; nobody asked for the ceiling but we.
        let from =
            if from + from.mul_f64(JITTER) > most { from.min(most.mul_f64(1.0 - JITTER)).max(floor) } else { from };
        let to = (from + from.mul_f64(JITTER)).min(most);
        let next =
            if from >= said { between(from, to, jitter) } else { between(said, said + said.mul_f64(JITTER), jitter) };
        self.permitted(poll.at, next, loss, said, jitter)
    }

    /// The pause that is worth while, and the longest after which nothing is lost.
    fn chosen(&self, poll: &Poll<'_>, config: &PollConfig) -> (Duration, Duration) {
        let (least, most) = (config.interval_min, config.interval_max.max(config.interval_min));
        let relied = poll.pushed_at.is_some_and(|at| (poll.at - at).to_std().is_ok_and(|ago| ago <= PUSH_RECENT));
        if relied && self.relied > 0 {
            return (Duration::from_secs(self.relied).min(most), most);
        }
        if self.rhythm.observed() < 0.05 {
            return (INTERVAL_START.clamp(least, most), most);
        }
        let known_for = rhythm::hours(poll.at.timestamp().saturating_sub(self.first)).max(0.0);
        let spread = self.rhythm.spread() + UNSURE.0 * (-known_for / UNSURE.1).exp2();
        let window = self.rhythm.window(poll.listed_entries);
        let bounds = Bounds {
            least: least.as_secs_f64() / rhythm::HOUR,
            most: most.as_secs_f64() / rhythm::HOUR,
            mean_max: chance::safe_mean(window, spread, RISK),
        };
        let forecast = self.rhythm.forecast(poll.at);
        let price = (config.delay_per_request.as_secs_f64() / rhythm::HOUR).max(1e-4);
        let waiting = forecast.mean().clamp(0.01, 100.0).powf(URGENCY);
        let prices = Prices { request: price, waiting, loss: LOSS };
        let hazard = self.rhythm.hazard(window);
        let overflow = chance::Overflow::new(window, spread);
        let duration = |hours: f64| Duration::from_secs_f64((hours * rhythm::HOUR).clamp(0.0, 1e9));
        let best = duration(forecast.best(&prices, &overflow, &hazard, bounds));
        // What the first document says of its past is checked before it is believed.
        let best = if known_for < FIRST_DAY { best.min((poll.interval * 2).max(INTERVAL_START)) } else { best };
        (best.clamp(least, most), duration(forecast.safe(bounds)))
    }

    /// Moves a poll out of the hours in which the publisher asks for none: behind them where that loses nothing, else
    /// before them, where the pause is long enough for that. `said` is kept in any case.
    fn permitted(&self, now: DateTime<Utc>, pause: Duration, loss: Duration, said: Duration, jitter: f64) -> Duration {
        let Ok(ahead) = TimeDelta::from_std(pause) else { return pause };
        let Some(at) = now.checked_add_signed(ahead).filter(|at| self.wishes.forbids(*at)) else { return pause };
        let Some(first) = self.wishes.first_permitted(at) else { return pause };
        if self.wishes.are_belied(&self.rhythm) {
            return pause;
        }
        let behind = (first - now).to_std().unwrap_or(pause);
        let spread = SPREAD.mul_f64(jitter);
        if loss >= Duration::from_hours(24) {
            return behind + spread;
        }
        if behind <= loss.max(pause) {
            return (behind + spread).min(loss.max(pause));
        }
        let end = self.wishes.last_permitted(at).and_then(|end| (end - now).to_std().ok());
        let before = end.and_then(|end| end.checked_sub(SPREAD.mul_f64(1.0 - jitter) + Duration::from_secs(1)));
        before.filter(|before| pause >= EARLIER_FROM && *before >= said.max(HINT_MAX)).unwrap_or(pause)
    }
}

fn between(from: Duration, to: Duration, share: f64) -> Duration {
    from + to.saturating_sub(from).mul_f64(share)
}
