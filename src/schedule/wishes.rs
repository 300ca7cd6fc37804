//! What the publisher asks inside the document: how long to wait, and at which hours not to come.

use std::time::Duration;

use chrono::{DateTime, Datelike, TimeDelta, Timelike, Utc};
use serde::{Deserialize, Serialize};

use super::rhythm::{Rhythm, WEEK};

/// Entries in hours in which the feed asks for no poll, at least, that show that it does not mean it.
const COUNTED_LEAST: f64 = 2.0;

/// Wishes of the last document; a 304 brings none, so they are kept.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wishes {
    /// Seconds from `ttl` or `sy:updatePeriod`; nought for none.
    ttl: u32,
    /// A bit an hour of the day.
    hours: u32,
    /// A bit a day of the week, from Monday.
    days: u8,
}

impl Wishes {
    /// From the feed: seconds, hours of the day in UTC, days of the week from 1 for Monday. What is none is left out.
    pub fn new(ttl_seconds: Option<u64>, hours: &[u8], days: &[u8]) -> Self {
        Self {
            ttl: ttl_seconds.map_or(0, |ttl| u32::try_from(ttl).unwrap_or(u32::MAX)),
            hours: hours.iter().filter(|hour| **hour < 24).fold(0, |bits, hour| bits | 1 << hour),
            days: days.iter().filter(|day| (1..=7).contains(*day)).fold(0, |bits, day| bits | 1 << (day - 1)),
        }
    }

    /// How long it asks to wait.
    pub(super) fn ttl(&self) -> Duration {
        Duration::from_secs(u64::from(self.ttl))
    }

    /// Whether it asks not to be polled then.
    pub(super) fn forbids(&self, at: DateTime<Utc>) -> bool {
        self.hours >> at.hour() & 1 == 1 || self.days >> at.weekday().num_days_from_monday() & 1 == 1
    }

    /// The first permitted hour from `at` on, within a week; `None` where every hour is forbidden.
    pub(super) fn first_permitted(&self, at: DateTime<Utc>) -> Option<DateTime<Utc>> {
        if !self.forbids(at) {
            return Some(at);
        }
        let hour = at.timestamp().div_euclid(3600);
        (1..=168)
            .filter_map(|ahead| DateTime::from_timestamp((hour + ahead) * 3600, 0))
            .find(|hour| !self.forbids(*hour))
    }

    /// The end of the last permitted hour before `at`, within a week.
    pub(super) fn last_permitted(&self, at: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let hour = at.timestamp().div_euclid(3600);
        (0..168)
            .filter_map(|ago| DateTime::from_timestamp((hour - ago) * 3600, 0))
            .find(|end| !self.forbids(*end - TimeDelta::seconds(1)))
    }

    /// Whether the feed itself does not keep the hours it asks others to: it publishes in them at a third of its mean
    /// rate or more. Known after two weeks, and from entries that were counted: what is only not excluded is no proof.
    pub(super) fn are_belied(&self, rhythm: &Rhythm) -> bool {
        if rhythm.observed() < 2.0 * 168.0 {
            return false;
        }
        // Hour 0 of the week is Monday's first, as the bits are.
        let forbidden = |hour: usize| self.hours >> (hour % 24) & 1 == 1 || self.days >> (hour / 24) & 1 == 1;
        let (counts, lived) = (rhythm.counts(), rhythm.exposure());
        let within = |of: &[f64; WEEK]| (0..WEEK).filter(|hour| forbidden(*hour)).map(|hour| of[hour]).sum::<f64>();
        let (count, hours) = (within(counts), within(&lived));
        let (all, all_hours) = (counts.iter().sum::<f64>(), lived.iter().sum::<f64>());
        count >= COUNTED_LEAST && count * all_hours >= all * hours / 3.0
    }
}
