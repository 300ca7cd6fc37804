//! Publication traces: times at which feeds of several kinds publish, drawn minute by minute from rates that know
//! nothing of our model. Every feed has its own seed, so that a run can be repeated to the item.

/// Seconds of a day.
pub const DAY: f64 = 86_400.0;
/// Published before the first poll, so that documents are full when we come.
pub const BEFORE: f64 = 60.0 * DAY;
/// The time that is measured.
pub const MEASURED: f64 = 90.0 * DAY;
/// Published after it, so that the last entries can be found late.
pub const AFTER: f64 = 14.0 * DAY;

/// A feed: when it published, and what its document shows.
pub struct Trace {
    /// Seconds from the first poll, ascending; negative before it.
    pub times: Vec<f64>,
    /// Entries the document lists.
    pub window: usize,
    /// Whether its entries have dates.
    pub dated: bool,
}

/// A kind of feed.
pub struct Kind {
    /// What the table calls it.
    pub name: &'static str,
    /// What it is.
    pub about: &'static str,
    /// Its feeds.
    pub feeds: Vec<Trace>,
}

/// `SplitMix64` (Steele, Lea and Flood, 2014).
pub struct Dice(u64);

impl Dice {
    /// Dice that always fall the same.
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// In 0..1.
    pub fn share(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) >> 11) as f64 / (1u64 << 53) as f64
    }

    fn between(&mut self, from: f64, to: f64) -> f64 {
        from + (to - from) * self.share()
    }

    /// Log-uniform.
    fn about(&mut self, from: f64, to: f64) -> f64 {
        (self.between(from.ln(), to.ln())).exp()
    }

    fn poisson(&mut self, mean: f64) -> usize {
        let (limit, mut product, mut count) = ((-mean).exp(), self.share(), 0);
        while product > limit && count < 1000 {
            product *= self.share();
            count += 1;
        }
        count
    }

    fn exponential(&mut self, mean: f64) -> f64 {
        -mean * (1.0 - self.share()).ln()
    }

    fn normal(&mut self) -> f64 {
        (0..12).map(|_| self.share()).sum::<f64>() - 6.0
    }
}

/// A newsroom's day: the hour of its peak is `noon`, nights are nearly quiet. The mean over a day is one.
fn newsroom(hour: f64, noon: f64) -> f64 {
    let x = ((hour - noon) / 24.0 * std::f64::consts::TAU).cos();
    (1.6 * x - 0.6).exp() / 1.02
}

/// Draws times from a rate in entries a day; `rate` is given the time in seconds and the dice.
fn draw(dice: &mut Dice, mut rate: impl FnMut(f64, &mut Dice) -> f64) -> Vec<f64> {
    let mut times = Vec::new();
    let mut minute = -BEFORE;
    while minute < MEASURED + AFTER {
        let mean = rate(minute, dice) / 1440.0;
        for _ in 0..dice.poisson(mean) {
            times.push(minute + 60.0 * dice.share());
        }
        minute += 60.0;
    }
    times
}

/// Adds bursts: `weekly` of them a week, of `sizes` entries, each later by `minutes` in the mean.
fn with_bursts(mut times: Vec<f64>, dice: &mut Dice, weekly: f64, sizes: (f64, f64), minutes: (f64, f64)) -> Vec<f64> {
    let mut at = -BEFORE;
    loop {
        at += dice.exponential(7.0 * DAY / weekly);
        if at > MEASURED + AFTER {
            break;
        }
        let size = dice.about(sizes.0, sizes.1) as usize;
        let length = 60.0 * dice.about(minutes.0, minutes.1);
        times.extend((0..size).map(|_| at + dice.exponential(length)));
    }
    times
}

/// Moves publication to a clock that strikes every `period` minutes; the system behind it takes up to forty seconds.
fn by_clock(times: Vec<f64>, dice: &mut Dice, period: f64) -> Vec<f64> {
    times.into_iter().map(|t| (t / (60.0 * period)).ceil() * 60.0 * period + dice.between(0.0, 40.0)).collect()
}

fn trace(mut times: Vec<f64>, window: usize, dated: bool) -> Trace {
    times.sort_by(f64::total_cmp);
    Trace { times, window, dated }
}

fn hour(time: f64) -> f64 {
    (time / 3600.0).rem_euclid(24.0)
}

/// 0 for Monday; the first poll is at midnight between Sunday and Monday.
fn weekday(time: f64) -> f64 {
    (time / DAY).floor().rem_euclid(7.0)
}

/// All kinds. `mixed` is how many feeds the mixed population has; every `range` draws all feeds anew.
pub fn kinds(mixed: u64, range: u64) -> Vec<Kind> {
    let feeds = |kind: u64, count: u64, one: &mut dyn FnMut(&mut Dice) -> Trace| -> Vec<Trace> {
        (0..count).map(|n| one(&mut Dice::new(range * 1_000_000 + kind * 1000 + n))).collect()
    };
    vec![
        Kind {
            name: "steady",
            about: "a constant rate, 6 to 100 entries a day, windows of 25",
            feeds: feeds(1, 8, &mut |dice| {
                let rate = dice.about(6.0, 100.0);
                trace(draw(dice, |_, _| rate), 25, true)
            }),
        },
        Kind {
            name: "bursty",
            about: "8 to 40 a day over a newsroom's day, and three times a week, at any hour, a burst of 10 to 80 that fades with a mean of 20 minutes to 3 hours; windows of 30",
            feeds: feeds(2, 8, &mut |dice| {
                let (rate, noon) = (dice.about(8.0, 40.0), dice.between(0.0, 24.0));
                let times = draw(dice, |t, _| rate * newsroom(hour(t), noon));
                trace(with_bursts(times, dice, 3.0, (10.0, 80.0), (20.0, 180.0)), 30, true)
            }),
        },
        Kind {
            name: "nocturnal",
            about: "10 to 80 a day, all within eight hours of the night; windows of 25",
            feeds: feeds(3, 8, &mut |dice| {
                let (rate, begin) = (dice.about(10.0, 80.0), dice.between(18.0, 23.0));
                trace(
                    draw(dice, |t, _| if (hour(t) - begin).rem_euclid(24.0) < 8.0 { rate * 3.0 } else { 0.0 }),
                    25,
                    true,
                )
            }),
        },
        Kind {
            name: "weekly",
            about: "a magazine: 5 to 20 on one morning of the week within three hours, one more on another day; windows of 20",
            feeds: feeds(4, 8, &mut |dice| {
                let (rate, day, begin) =
                    (dice.between(5.0, 20.0), dice.between(0.0, 7.0).floor(), dice.between(5.0, 11.0));
                let times = draw(dice, |t, _| {
                    let issue = (day..day + 1.0).contains(&weekday(t)) && (begin..begin + 3.0).contains(&hour(t));
                    if issue { rate * 8.0 } else { 0.15 }
                });
                trace(times, 20, true)
            }),
        },
        Kind {
            name: "dying",
            about: "40 a day that halve every ten days; windows of 25",
            feeds: feeds(5, 8, &mut |dice| {
                let noon = dice.between(0.0, 24.0);
                let times = draw(dice, |t, _| 40.0 * newsroom(hour(t), noon) * (-t.max(0.0) / DAY / 10.0).exp2());
                trace(times, 25, true)
            }),
        },
        Kind {
            name: "narrow",
            about: "200 a day over a newsroom's day, the hours' rates varying by half; windows of 20",
            feeds: feeds(6, 8, &mut |dice| {
                let noon = dice.between(0.0, 24.0);
                let (mut mood, mut hour_of_mood) = (1.0, None);
                let times = draw(dice, |t, dice| {
                    let this_hour = Some((t / 3600.0).floor() as i64);
                    if this_hour != hour_of_mood {
                        hour_of_mood = this_hour;
                        mood = (0.5 * dice.normal() - 0.125).exp();
                    }
                    200.0 * newsroom(hour(t), noon) * mood
                });
                trace(times, 20, true)
            }),
        },
        Kind {
            name: "clock",
            about: "20 to 100 a day, published by a clock every hour or half-hour; windows of 30",
            feeds: feeds(7, 8, &mut |dice| {
                let (rate, noon) = (dice.about(20.0, 100.0), dice.between(0.0, 24.0));
                let period = if dice.share() < 0.5 { 60.0 } else { 30.0 };
                let times = draw(dice, |t, _| rate * newsroom(hour(t), noon));
                trace(by_clock(times, dice, period), 30, true)
            }),
        },
        Kind {
            name: "mixed",
            about: "a population: rates by a Pareto law (median one a day, at most 400), time zones, weekends, bursts, clocks, windows from 10 to 100, a fifth without dates",
            feeds: feeds(8, mixed, &mut mixed_feed),
        },
    ]
}

fn mixed_feed(dice: &mut Dice) -> Trace {
    // Pareto with exponent 0.8: a tenth of the feeds brings most of the entries.
    let rate = (0.42 / (1.0 - dice.share()).powf(1.25)).min(400.0);
    let (noon, weekend, night) = (dice.between(0.0, 24.0), dice.between(0.2, 1.0), dice.share());
    let mut mood = 1.0;
    let times = draw(dice, |t, dice| {
        if t.rem_euclid(DAY) < 60.0 {
            mood = (0.3 * dice.normal() - 0.045).exp();
        }
        let day = if weekday(t) >= 5.0 { weekend } else { 1.0 };
        rate * day * mood * (night + (1.0 - night) * newsroom(hour(t), noon))
    });
    let times = if dice.share() < 0.3 { with_bursts(times, dice, 1.0, (5.0, 40.0), (10.0, 120.0)) } else { times };
    let times = if dice.share() < 0.3 { by_clock(times, dice, 60.0) } else { times };
    let windows = [10, 10, 15, 20, 20, 25, 30, 50, 100];
    let window = windows[(dice.share() * windows.len() as f64) as usize];
    let dated = dice.share() < 0.8;
    trace(times, window, dated)
}
