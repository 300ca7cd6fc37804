//! When a feed publishes: a rate by hour of the week, learned from its entries' times, with what is unusual just now.
//!
//! Counts fade with a half-life of six weeks. An hour of the week is drawn towards the hour of the day times the day of
//! the week, those towards the mean, each by what a few entries weigh: a feed with three entries a week has a mean and
//! little more, a wire has every hour. Within the hour there is a profile too, for many feeds are written by a clock.

mod rates;
mod unusual;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::burst::{Bursts, Hazard};
use super::forecast::Forecast;
use super::packed;

/// Hours of a week; the first is Monday's from midnight, UTC.
pub(super) const WEEK: usize = 168;
/// Parts of an hour, two minutes each.
pub(super) const PARTS: usize = 30;
/// Seconds of an hour.
pub(super) const HOUR: f64 = 3600.0;
/// 1970 began on a Thursday.
const EPOCH_HOUR: i64 = 72;
/// Counts halve in six weeks: a summer's programme is forgotten by autumn, one odd week is not learned.
const HALF_LIFE: f64 = 42.0 * 24.0;
/// How long what is going on now lasts, in hours: a burst, and a level above or below the usual.
const BURST_HALF_LIFE: f64 = 0.75;
const LEVEL_HALF_LIFE: f64 = 36.0;
/// Until a feed was observed for so many hours, what strays from its rhythm is the rhythm's fault.
const SETTLED: f64 = 72.0;
/// History taken from the first document reaches back this far, in hours.
const HISTORY_MAX: f64 = 56.0 * 24.0;
/// A first document whose dates lie this close together, in hours, was dated by the clock that made it.
const HISTORY_MIN: f64 = 0.5;
/// An entry dated before the last poll by more than this was dated otherwise than by its appearance, in hours.
const HONEST: f64 = 10.0 / 60.0;
/// An entry older than this when it is first listed is no news and says nothing of the rate, in hours.
const STALE: f64 = 7.0 * 24.0;

/// What a document that was read says of the rhythm.
#[derive(Debug, Clone, Copy)]
pub struct Reading<'a> {
    /// When.
    pub at: DateTime<Utc>,
    /// Entries never seen before.
    pub new_entries: u32,
    /// Entries the document lists; for a 304 those of the last document.
    pub listed_entries: u32,
    /// Publication times of the new entries, of those that have one.
    pub published: &'a [DateTime<Utc>],
}

/// Seen beside expected, both fading.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
pub(super) struct Fading {
    seen: f32,
    expected: f32,
}

/// What has been learned of a feed.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Rhythm {
    /// Unix seconds since when it is observed; nought before the first document.
    since: i64,
    /// Unix seconds the counts are as of.
    at: i64,
    #[serde(with = "packed")]
    week: [f64; WEEK],
    #[serde(with = "packed")]
    parts: [f64; PARTS],
    burst: Fading,
    level: Fading,
    /// How far counts between polls stray: the excess of their squared error over a Poisson law's, and the squared mean.
    strayed: (f32, f32),
    bursts: Bursts,
    /// The most entries listed when some had dropped out: the length of the window, once it is known.
    window: u32,
}

impl Default for Rhythm {
    fn default() -> Self {
        Self {
            since: 0,
            at: 0,
            week: [0.0; WEEK],
            parts: [0.0; PARTS],
            burst: Fading::default(),
            level: Fading::default(),
            strayed: (0.0, 0.0),
            bursts: Bursts::default(),
            window: 0,
        }
    }
}

impl Rhythm {
    /// Whether no document was read yet.
    pub fn is_unknown(&self) -> bool {
        self.since == 0
    }

    /// Hours observed.
    pub(super) fn observed(&self) -> f64 {
        if self.is_unknown() { 0.0 } else { hours(self.at - self.since) }
    }

    /// The entries counted by hour of the week, fading.
    pub(super) fn counts(&self) -> &[f64; WEEK] {
        &self.week
    }

    /// Whether the values are ones this program writes; what was stored by another is not trusted.
    pub(super) fn is_sound(&self, now: i64) -> bool {
        let fading = |f: &Fading| f.seen.is_finite() && f.expected.is_finite() && f.seen >= 0.0 && f.expected >= 0.0;
        self.since >= 0
            && self.since <= self.at
            && self.at <= now.saturating_add(86_400)
            && fading(&self.burst)
            && fading(&self.level)
            && self.strayed.0.is_finite()
            && self.strayed.1.is_finite()
            && self.strayed.1 >= 0.0
            && self.bursts.is_sound()
    }

    /// The rates from `now` on.
    pub(super) fn forecast(&self, now: DateTime<Utc>) -> Forecast {
        let gap = hours(now.timestamp() - self.at).max(0.0);
        let level = {
            let fade = half(gap, LEVEL_HALF_LIFE);
            let (seen, expected) = (f64::from(self.level.seen) * fade, f64::from(self.level.expected) * fade);
            ((seen + 3.0) / (expected + 3.0)).clamp(0.1, 4.0)
        };
        let burst = self.going_on() * std::f64::consts::LN_2 / BURST_HALF_LIFE * half(gap, BURST_HALF_LIFE);
        Forecast::new(now, &self.rates(), &self.profile(), level, (burst, BURST_HALF_LIFE))
    }

    /// Entries expected in a time that has passed, by what was learned alone.
    pub(super) fn expected(&self, from: DateTime<Utc>, to: DateTime<Utc>) -> f64 {
        let forecast = Forecast::new(from, &self.rates(), &self.profile(), 1.0, (0.0, 1.0));
        forecast.until(hours((to - from).num_seconds()).clamp(0.0, HISTORY_MAX))
    }

    /// The bursts to be feared.
    pub(super) fn hazard(&self, window: u32) -> Hazard {
        self.bursts.hazard(self.exposure().iter().sum(), window)
    }

    /// How many entries the document can hold, for all that is known. A list that never dropped one may be longer.
    pub(super) fn window(&self, listed: u32) -> u32 {
        if self.window > 0 { self.window.min(listed.max(1)) } else { listed.max(10) }
    }

    /// Whether something happened after what was last learned.
    pub(super) fn precedes(&self, event: DateTime<Utc>) -> bool {
        !self.is_unknown() && self.at < event.timestamp()
    }

    /// Nothing is learned from the time until `at`: entries came by another way, or none could.
    pub(super) fn pass(&mut self, at: DateTime<Utc>) {
        if self.is_unknown() {
            return;
        }
        let gap = (at.timestamp() - self.at).max(0);
        self.since = self.since.saturating_add(gap);
        self.at = self.at.saturating_add(gap);
        self.burst = Fading::default();
    }

    /// Learns from a document.
    pub(super) fn learn(&mut self, reading: &Reading<'_>) {
        if self.is_unknown() {
            self.begin(reading);
            return;
        }
        let now = reading.at.timestamp();
        let from = self.at.min(now);
        let gap = hours(now - from);
        if gap <= 0.0 {
            return;
        }
        let new = f64::from(reading.new_entries);
        let dropped_out = reading.new_entries > 0 && reading.new_entries >= reading.listed_entries;
        let mut times: Vec<i64> = reading.published.iter().map(DateTime::timestamp).collect();
        let stale = times.iter().filter(|time| hours(from - **time) > STALE).count();
        times.retain(|time| hours(from - *time) <= HONEST && *time <= now);
        #[expect(clippy::cast_precision_loss, reason = "entries of one document")]
        let (honest, spread_out) = (times.len() as f64, (new - times.len() as f64 - stale as f64).max(0.0));

        let within = self.expected(DateTime::from_timestamp(from, 0).unwrap_or(reading.at), reading.at);
        let going_on = self.going_on() * half(gap, BURST_HALF_LIFE) > 1.0;
        let expected = self.passing(from, now);
        let (seen, mean) = (honest + spread_out, expected.iter().map(|(_, mean)| mean).sum::<f64>());
        self.fade(gap);
        let settled = self.observed() >= SETTLED;
        // Between a clock's strokes nothing is expected by the profile; half of what the hour speaks for is kept all the same.
        let usual =
            if settled { self.tell_apart(seen, within.max(mean / 2.0), going_on, dropped_out, reading) } else { 1.0 };
        for (ago, mean) in &expected {
            self.burst.expected += single(mean * half(*ago, BURST_HALF_LIFE));
            self.level.expected += if settled { single(mean * half(*ago, LEVEL_HALF_LIFE)) } else { 0.0 };
        }
        for time in &times {
            self.count(*time, now, 1.0, usual, settled);
            self.parts[part(*time)] += 1.0;
        }
        if spread_out > 0.0 {
            // Where only the discovery is known, the entries are spread over the pause it ended, at most a day of it.
            let pieces = (gap.min(24.0) * 4.0).ceil().clamp(1.0, 96.0);
            let length = gap.min(24.0) / pieces;
            let mut ago = length / 2.0;
            while ago < gap.min(24.0).max(length) && length > 0.0 {
                #[expect(clippy::cast_possible_truncation, reason = "seconds of a day")]
                self.count(now - (ago * HOUR) as i64, now, spread_out / pieces, usual, settled);
                ago += length;
            }
        }
        if dropped_out && let Some(oldest) = times.iter().min() {
            // More came than the document holds: what was before its oldest entry was not observed.
            self.since = self.since.saturating_add((oldest - from).max(0)).min(now);
        }
        self.at = now;
        self.since = self.since.max(now - whole_seconds(HISTORY_MAX * 4.0));
    }

    /// The length of the list tells its window once something has dropped out of it.
    pub(super) fn measure(&mut self, listed_before: u32, reading: &Reading<'_>) {
        let full = listed_before > 0 && reading.listed_entries < listed_before.saturating_add(reading.new_entries);
        if full {
            self.window = reading.listed_entries.max(1);
        } else if self.window > 0 {
            self.window = self.window.max(reading.listed_entries);
        }
    }

    /// The first document is a history: its dates say how often the feed published before we came.
    fn begin(&mut self, reading: &Reading<'_>) {
        let now = reading.at.timestamp();
        (self.since, self.at) = (now, now);
        let oldest_taken = now - whole_seconds(HISTORY_MAX);
        let times: Vec<i64> = reading.published.iter().map(|t| t.timestamp().min(now)).collect();
        let Some(oldest) = times.iter().min().copied() else { return };
        if hours(now - oldest) < HISTORY_MIN {
            return;
        }
        self.since = oldest.max(oldest_taken);
        for time in times.into_iter().filter(|time| *time >= oldest_taken) {
            self.week[hour_of_week(time)] += half(hours(now - time), HALF_LIFE);
            self.parts[part(time)] += 1.0;
        }
        // The oldest opens the time that is observed; it does not fall into it.
        if oldest >= oldest_taken {
            let cell = &mut self.week[hour_of_week(oldest)];
            *cell = (*cell - half(hours(now - oldest), HALF_LIFE)).max(0.0);
        }
    }

    fn count(&mut self, time: i64, now: i64, weight: f64, usual: f64, settled: bool) {
        let ago = hours(now - time);
        self.week[hour_of_week(time)] += usual * weight * half(ago, HALF_LIFE);
        self.burst.seen += single(weight * half(ago, BURST_HALF_LIFE));
        self.level.seen += if settled { single(weight * half(ago, LEVEL_HALF_LIFE)) } else { 0.0 };
    }

    fn fade(&mut self, gap: f64) {
        let fade = half(gap, HALF_LIFE);
        self.week.iter_mut().chain(&mut self.parts).for_each(|count| *count *= fade);
        self.bursts.fade(single(fade));
        for (fading, half_life) in [(&mut self.burst, BURST_HALF_LIFE), (&mut self.level, LEVEL_HALF_LIFE)] {
            let fade = single(half(gap, half_life));
            fading.seen *= fade;
            fading.expected *= fade;
        }
    }

    /// The hours of a time that has passed, each with how long ago it was and what was expected in it.
    fn passing(&self, from: i64, now: i64) -> Vec<(f64, f64)> {
        let rates = self.rates();
        let gap = hours(now - from);
        let pieces = gap.ceil().clamp(1.0, 168.0);
        let length = gap / pieces;
        let mut passing = Vec::new();
        let mut ago = length / 2.0;
        while ago < gap {
            passing.push((ago, rates[hour_of_week(now - whole_seconds(ago))] * length));
            ago += length;
        }
        passing
    }
}

/// The hour of the week of a Unix time.
#[expect(clippy::cast_possible_truncation, reason = "0 to 167")]
pub(super) fn hour_of_week(time: i64) -> usize {
    (time.div_euclid(3600) + EPOCH_HOUR).rem_euclid(168) as usize
}

#[expect(clippy::cast_possible_truncation, reason = "0 to 29")]
fn part(time: i64) -> usize {
    (time.rem_euclid(3600) / 120) as usize
}

/// What is left of one after so many hours.
fn half(hours: f64, half_life: f64) -> f64 {
    (-hours.max(0.0) / half_life).exp2()
}

#[expect(clippy::cast_precision_loss, reason = "seconds of some years")]
pub(super) fn hours(seconds: i64) -> f64 {
    seconds as f64 / HOUR
}

#[expect(clippy::cast_possible_truncation, reason = "some years at most")]
fn whole_seconds(hours: f64) -> i64 {
    (hours * HOUR) as i64
}

#[expect(clippy::cast_possible_truncation, reason = "three digits are enough")]
pub(super) fn single(value: f64) -> f32 {
    value as f32
}
