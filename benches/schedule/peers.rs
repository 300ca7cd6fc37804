//! The schedulers, each from its formulas: ours as it runs in the daemon, the others from their sources.

use std::time::Duration;

use chrono::{DateTime, Utc};
use serde_json::Value;
use wireroom::config::PollConfig;
use wireroom::polling::Outcome;
use wireroom::schedule::{Hints, Memory, Poll};

use crate::traces::{DAY, Dice};

const MINUTE: f64 = 60.0;
const HOUR: f64 = 3600.0;
/// The first poll: Monday, 5 January 2026, midnight.
const START: i64 = 1_767_571_200;

/// What a scheduler sees of a poll. Times in seconds from the first poll.
pub struct Seen<'a> {
    /// When.
    pub at: f64,
    /// The entries listed, oldest first.
    pub listed: &'a [f64],
    /// How many of the last of them are new.
    pub new: usize,
    /// Whether they have dates.
    pub dated: bool,
}

/// A scheduler with its state for one feed.
pub enum Scheduler {
    /// Ours: settings, what is stored, jitter, the pause before, entries listed before.
    Ours(PollConfig, Value, Dice, f64, usize),
    /// `model/feed.go ScheduleNextCheck`, round robin: every 60 minutes.
    MinifluxRoundRobin,
    /// The same, entry frequency: publication times of what is stored, the last of them.
    MinifluxEntryFrequency(Vec<f64>),
    /// `FeedRefreshIntervalCalculator.java`, empirical, 5 minutes to 4 hours.
    CommaFeed,
    /// `tasks.py _check_auto_adjust*`: minutes, polls so far, when stories were last seen.
    RssFetcher(f64, u32, f64),
    /// `StormCrawler`'s `AdaptiveScheduler` with news-crawl's settings: minutes.
    NewsCrawl(f64),
}

/// Makes a scheduler for a feed.
pub type Make = fn(u64) -> Scheduler;

/// The peers, by the names the table uses.
pub const PEERS: &[(&str, Make)] = &[
    ("miniflux, round robin", |_| Scheduler::MinifluxRoundRobin),
    ("miniflux, entry frequency", |_| Scheduler::MinifluxEntryFrequency(Vec::new())),
    ("CommaFeed", |_| Scheduler::CommaFeed),
    ("rss-fetcher", |_| Scheduler::RssFetcher(360.0, 0, 0.0)),
    ("news-crawl", |_| Scheduler::NewsCrawl(720.0)),
];

/// Ours with these settings.
pub fn ours(seed: u64, config: &PollConfig) -> Scheduler {
    Scheduler::Ours(config.clone(), Value::Null, Dice::new(seed), 0.0, 0)
}

impl Scheduler {
    /// When to poll next.
    pub fn next(&mut self, seen: &Seen<'_>) -> f64 {
        match self {
            Self::Ours(config, stored, dice, pause, before) => {
                *pause = our_pause(config, stored, dice.share(), seen, *pause, *before);
                *before = seen.listed.len();
                seen.at + *pause
            }
            // The refresh runs every 60 minutes (POLLING_FREQUENCY) and takes what is due. A feed that is due within the
            // same minute is taken too, which is kinder to it than its own comparison of clocks.
            Self::MinifluxRoundRobin => tick(seen.at + HOUR),
            Self::MinifluxEntryFrequency(stored) => {
                let new = &seen.listed[seen.listed.len() - seen.new..];
                stored.extend(new.iter().map(|time| if seen.dated { *time } else { seen.at }));
                stored.retain(|time| *time > seen.at - 7.0 * DAY);
                let (least, most) = bounds(stored);
                let weekly = if stored.len() > 1 && most > least {
                    (7.0 * DAY / ((most - least) / (stored.len() - 1) as f64)).ceil()
                } else {
                    0.0
                };
                let pause = if weekly <= 0.0 { DAY } else { (7.0 * DAY / weekly).clamp(5.0 * MINUTE, DAY) };
                tick(seen.at + pause)
            }
            Self::CommaFeed => {
                let (least, most) = (5.0 * MINUTE, 4.0 * HOUR);
                let (oldest, newest) = bounds(seen.listed);
                let age = seen.at - newest;
                let pause = if !seen.dated || seen.listed.is_empty() || age >= 30.0 * DAY {
                    most
                } else if age >= 14.0 * DAY {
                    most / 2.0
                } else if age >= 7.0 * DAY || seen.listed.len() < 2 {
                    most / 4.0
                } else {
                    ((newest - oldest) / (seen.listed.len() - 1) as f64 / 2.0).clamp(least, most / 4.0)
                };
                seen.at + pause
            }
            Self::RssFetcher(minutes, polls, last_story) => {
                *polls += 1;
                let duplicates = if seen.new == 0 {
                    101.0
                } else {
                    100.0 * (seen.listed.len() - seen.new) as f64 / seen.listed.len() as f64
                };
                if seen.new > 0 {
                    *last_story = seen.at;
                }
                // Only after two successes in a row.
                if *polls > 1 {
                    if duplicates >= 67.0 {
                        *minutes += if seen.at - *last_story <= 31.0 * DAY { 10.0 } else { 60.0 };
                    } else if duplicates < 33.0 {
                        *minutes = if *minutes > 360.0 { 360.0 } else { *minutes - 60.0 };
                    }
                    *minutes = minutes.clamp(10.0, 1440.0);
                }
                seen.at + *minutes * MINUTE
            }
            Self::NewsCrawl(minutes) => {
                *minutes = if seen.new > 0 { 0.8 * *minutes + 0.2 * 90.0 } else { (1.5 * *minutes).min(129_600.0) };
                seen.at + *minutes * MINUTE
            }
        }
    }
}

fn our_pause(config: &PollConfig, stored: &mut Value, jitter: f64, seen: &Seen<'_>, pause: f64, before: usize) -> f64 {
    let at = |time: f64| DateTime::<Utc>::from_timestamp(START + time.floor() as i64, 0).expect("a date of our time");
    let new = &seen.listed[seen.listed.len() - seen.new..];
    let published: Vec<DateTime<Utc>> = if seen.dated { new.iter().map(|t| at(*t)).collect() } else { Vec::new() };
    let poll = Poll {
        at: at(seen.at),
        outcome: if seen.new > 0 { Outcome::New } else { Outcome::NotModified },
        failures: 0,
        interval: Duration::from_secs_f64(pause),
        new_entries: seen.new as u32,
        listed_entries: seen.listed.len() as u32,
        listed_before: before as u32,
        published: &published,
        pushed_at: None,
        hints: Hints::default(),
    };
    // Through the database's form each time, as in the daemon.
    let mut memory = Memory::from_stored(stored, poll.at);
    memory.learn(&poll);
    *stored = memory.to_stored();
    memory.next_poll(&poll, config, jitter).as_secs_f64()
}

fn tick(due: f64) -> f64 {
    ((due - MINUTE) / HOUR).ceil() * HOUR
}

fn bounds(times: &[f64]) -> (f64, f64) {
    times.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(least, most), t| (least.min(*t), most.max(*t)))
}
