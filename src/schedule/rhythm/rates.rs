//! The rates a rhythm's counts speak for: each hour of the week drawn towards the hour of the day times the day of the
//! week, as far as the counts are chance.

use super::{HALF_LIFE, PARTS, Rhythm, WEEK, half, hour_of_week, whole_seconds};

/// The variance of factors nothing is known of, and how many squared entries that is worth.
const VARIANCE: (f64, f64) = (0.3, 10.0);

impl Rhythm {
    /// The rates by hour of the week, as learned: entries an hour.
    pub(in super::super) fn rates(&self) -> [f64; WEEK] {
        let lived = self.exposure();
        let (count, hours) = (self.week.iter().sum::<f64>(), lived.iter().sum::<f64>());
        // Half an entry in a minute: what nothing is known of is asked again soon, and an hour of silence outweighs it.
        let mean = (count + 0.5) / (hours + 1.0 / 60.0);
        let of_day = factors(&std::array::from_fn::<_, 24, _>(|hour| {
            let (count, lived) = every(&self.week, &lived, hour);
            (count, lived * mean)
        }));
        let of_week = factors(&std::array::from_fn::<_, 7, _>(|day| {
            let hours = day * 24..day * 24 + 24;
            let expected = hours.clone().map(|hour| lived[hour] * mean * of_day[hour % 24]).sum();
            (self.week[hours].iter().sum(), expected)
        }));
        let base: [f64; WEEK] = std::array::from_fn(|hour| mean * of_day[hour % 24] * of_week[hour / 24]);
        let own = factors(&std::array::from_fn::<_, WEEK, _>(|hour| (self.week[hour], lived[hour] * base[hour])));
        std::array::from_fn(|hour| base[hour] * own[hour])
    }

    /// How long each hour of the week was observed, in hours that fade as the counts do.
    pub(in super::super) fn exposure(&self) -> [f64; WEEK] {
        let mut lived = [0.0; WEEK];
        let observed = self.observed();
        let week = f64::from(168u8);
        let (an_hour, a_week) = (half(1.0, HALF_LIFE), half(week, HALF_LIFE));
        let mut fade = 1.0;
        let mut ago = 0.0;
        while ago < week && ago < observed {
            let weeks = ((observed - ago) / week).floor() + 1.0;
            let part = if weeks < 2.0 { (observed - ago).min(1.0) } else { 1.0 };
            lived[hour_of_week(self.at - whole_seconds(ago + part / 2.0))] +=
                part * fade * (1.0 - a_week.powf(weeks)) / (1.0 - a_week);
            fade *= an_hour;
            ago += 1.0;
        }
        lived
    }

    /// How the hour's entries fall on its parts: shares that sum to one.
    pub(super) fn profile(&self) -> [f64; PARTS] {
        #[expect(clippy::cast_precision_loss, reason = "thirty")]
        let even = self.parts.iter().sum::<f64>() / PARTS as f64;
        let factors = factors(&self.parts.map(|count| (count, even)));
        let sum: f64 = factors.iter().sum();
        factors.map(|factor| factor / sum)
    }
}

/// By how much each place differs from what is expected of it, from counts beside expectations. A count is drawn towards
/// its expectation by the weight of as many entries as the places together speak for: where they differ no more than
/// chance makes them, all are alike; where they differ much, each stands for itself (an empirical Bayes estimate, the
/// variance of the factors by the method of moments).
fn factors<const N: usize>(places: &[(f64, f64); N]) -> [f64; N] {
    let excess: f64 = places.iter().map(|(count, expected)| (count - expected).powi(2) - count).sum();
    let square: f64 = places.iter().map(|(_, expected)| expected.powi(2)).sum();
    // By chance alone the excess strays so far to either side; only what is beyond counts.
    let excess = excess - (2.0 * square).sqrt();
    let variance = ((excess + VARIANCE.0 * VARIANCE.1) / (square + VARIANCE.1)).clamp(0.002, 4.0);
    let weight = 1.0 / variance;
    places.map(|(count, expected)| (count + weight) / (expected + weight))
}

/// Of an hour of the day: the entries, and how long it was observed.
fn every(counts: &[f64], lived: &[f64], hour: usize) -> (f64, f64) {
    let of = |list: &[f64]| list.iter().skip(hour).step_by(24).sum();
    (of(counts), of(lived))
}
