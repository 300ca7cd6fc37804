//! What the publisher asks inside the document: how long to wait, and at which hours not to come.

use std::time::Duration;

use chrono::{DateTime, Datelike, Timelike, Utc};
use serde::{Deserialize, Serialize};

use super::rhythm::{Rhythm, WEEK};

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

    /// Whether the feed itself does not keep the hours it asks others to: it publishes in them at a third of its mean
    /// rate or more. Known after two weeks.
    pub(super) fn are_belied(&self, rhythm: &Rhythm) -> bool {
        if rhythm.observed() < 2.0 * 168.0 {
            return false;
        }
        let rates = rhythm.rates();
        // Hour 0 of the week is Monday's first, as the bits are.
        let forbidden = |hour: usize| self.hours >> (hour % 24) & 1 == 1 || self.days >> (hour / 24) & 1 == 1;
        let (mut sum, mut count) = (0.0, 0.0);
        for (_, rate) in rates.iter().enumerate().filter(|(hour, _)| forbidden(*hour)) {
            sum += rate;
            count += 1.0;
        }
        #[expect(clippy::cast_precision_loss, reason = "168")]
        let mean = rates.iter().sum::<f64>() / WEEK as f64;
        count > 0.0 && sum / count >= mean / 3.0
    }
}
