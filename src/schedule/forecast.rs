//! How many entries to expect from now on, and when asking for them is worth a request.

use chrono::{DateTime, Utc};

use super::burst::Hazard;
use super::chance::Overflow;
use super::rhythm::{PARTS, WEEK, hour_of_week, hours};

/// The pauses a plan looks ahead over: far enough that its end does not matter for its beginning.
const AHEAD: f64 = 5.0;
/// The steps it is laid out in.
const STEPS: usize = 120;
/// The longest it looks ahead, in hours.
const AHEAD_MAX: f64 = 200.0;

/// The rates of the hours to come.
pub(super) struct Forecast {
    /// How far into its hour the first moment is, as a share of the hour.
    offset: f64,
    rates: Vec<f64>,
    /// Entries before each hour begins, counted from the beginning of the first.
    before: Vec<f64>,
    profile: [f64; PARTS + 1],
    burst: (f64, f64),
    /// Entries of the first hour that are past already.
    past: f64,
}

/// Bounds of a pause, in hours, and what may be expected at most until its end.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bounds {
    pub least: f64,
    pub most: f64,
    pub mean_max: f64,
}

/// What is weighed against each other, in hours of one entry's waiting.
pub(super) struct Prices {
    /// A request.
    pub request: f64,
    /// An entry that scrolls out unseen.
    pub loss: f64,
    /// An hour of one entry's waiting.
    pub waiting: f64,
}

impl Forecast {
    /// `burst` is a rate on top of the others, and the hours in which it halves.
    pub(super) fn new(
        now: DateTime<Utc>,
        week: &[f64; WEEK],
        profile: &[f64; PARTS],
        level: f64,
        burst: (f64, f64),
    ) -> Self {
        let now = now.timestamp();
        let first = hour_of_week(now);
        let rates: Vec<f64> = week.iter().cycle().skip(first).take(WEEK).map(|rate| rate * level).collect();
        let mut before = vec![0.0];
        let mut sum = 0.0;
        for rate in &rates {
            sum += rate;
            before.push(sum);
        }
        let mut cumulative = [0.0; PARTS + 1];
        for (at, share) in profile.iter().enumerate() {
            cumulative[at + 1] = cumulative[at] + share;
        }
        let mut forecast =
            Self { offset: hours(now.rem_euclid(3600)), rates, before, profile: cumulative, burst, past: 0.0 };
        forecast.past = forecast.regular(forecast.offset);
        forecast
    }

    /// Entries expected within so many hours.
    pub(super) fn until(&self, hours: f64) -> f64 {
        let (burst, half_life) = self.burst;
        let extra = if burst > 0.0 {
            burst * half_life / std::f64::consts::LN_2 * (1.0 - (-hours / half_life).exp2())
        } else {
            0.0
        };
        (self.regular(self.offset + hours) - self.past).max(0.0) + extra
    }

    /// Entries an hour, over a week.
    pub(super) fn mean(&self) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "168")]
        let hours = WEEK as f64;
        self.before[WEEK] / hours
    }

    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "hours of some weeks"
    )]
    fn regular(&self, hours: f64) -> f64 {
        let whole = hours.floor().max(0.0);
        let (weeks, hour) = ((whole as usize) / WEEK, (whole as usize) % WEEK);
        let part = (hours - whole) * PARTS as f64;
        let at = (part as usize).min(PARTS - 1);
        let within = self.profile[at] + (self.profile[at + 1] - self.profile[at]) * (part - at as f64);
        weeks as f64 * self.before[WEEK] + self.before[hour] + self.rates[hour] * within
    }

    /// The pause, in hours, after which `mean` entries are expected; `most` if it is longer.
    fn reaching(&self, mean: f64, most: f64) -> f64 {
        if self.until(most) <= mean {
            return most;
        }
        let (mut low, mut high) = (0.0, most);
        for _ in 0..30 {
            let middle = f64::midpoint(low, high);
            if self.until(middle) > mean { high = middle } else { low = middle }
        }
        low
    }

    /// The longest pause that keeps to what may be expected at most.
    pub(super) fn safe(&self, bounds: Bounds) -> f64 {
        self.reaching(bounds.mean_max, bounds.most)
    }

    /// The best pause, in hours: a plan of polls over the time ahead is laid out so that requests, waiting and losses
    /// together cost least, and its first pause is taken.
    ///
    /// At a constant rate r this is the square-root rule, √(2·request/r); where the rate changes it polls after the peaks.
    pub(super) fn best(&self, prices: &Prices, overflow: &Overflow, hazard: &Hazard, bounds: Bounds) -> f64 {
        let bounds = Bounds { most: self.safe(bounds).max(bounds.least), ..bounds };
        let step = self.ahead(prices, hazard, bounds.least) / steps(STEPS);
        let losses = hazard.losses(step, STEPS);
        let mut expected = [0.0; STEPS + 1];
        // The waiting so far of all that was expected so far: the area below the curve, by the trapezoid rule.
        let mut area = [0.0; STEPS + 1];
        for at in 1..=STEPS {
            expected[at] = self.until(steps(at) * step);
            let waiting = f64::midpoint(expected[at - 1], expected[at]);
            area[at] = area[at - 1] + step * waiting;
        }
        let mut cost = [0.0; STEPS + 1];
        let mut next = [STEPS; STEPS + 1];
        for from in (0..STEPS).rev() {
            cost[from] = f64::INFINITY;
            for to in from + 1..=STEPS {
                let pause = steps(to - from) * step;
                let come = expected[to] - expected[from];
                let waiting = prices.waiting * (area[to] - area[from] - expected[from] * pause);
                let lost = prices.loss * (overflow.lost(come) + losses.lost(to - from, come));
                let all = prices.request + waiting + lost + cost[to];
                if all < cost[from] {
                    (cost[from], next[from]) = (all, to);
                }
                // Once waiting alone costs more than two polls, a longer pause is never better.
                if waiting > 4.0 * prices.request {
                    break;
                }
            }
        }
        (steps(next[0]) * step).clamp(bounds.least, bounds.most)
    }

    /// How far to look ahead: the time in which about `AHEAD` polls are worth while.
    fn ahead(&self, prices: &Prices, hazard: &Hazard, least: f64) -> f64 {
        let (mut polls, mut hours) = (0.0, 0.0);
        while polls < AHEAD && hours < AHEAD_MAX {
            let length = if hours < 4.0 { 0.25 } else { 1.0 };
            let mean = self.until(hours + length) - self.until(hours);
            let lost = prices.loss * hazard.at_stake();
            polls += ((prices.waiting * mean + lost * length) * length / (2.0 * prices.request)).sqrt();
            hours += length;
        }
        hours.max(least * AHEAD).min(AHEAD_MAX)
    }
}

#[expect(clippy::cast_precision_loss, reason = "some hundred")]
fn steps(count: usize) -> f64 {
    count as f64
}
