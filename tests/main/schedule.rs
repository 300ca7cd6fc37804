//! When feeds are polled: each rule as an example.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use proptest::prelude::*;
use wireroom::config::PollConfig;
use wireroom::polling::Outcome;
use wireroom::schedule::{Hints, Memory, Poll, Reading, Wishes, silence_note};

const MINUTE: Duration = Duration::from_mins(1);
const HOUR: Duration = Duration::from_hours(1);
const DAY: Duration = Duration::from_hours(24);

/// Monday, 5 January 2026, midnight.
fn monday() -> DateTime<Utc> {
    DateTime::from_timestamp(1_767_571_200, 0).unwrap()
}

/// A feed that publishes at times of its own and is polled as the schedule says.
struct Feed {
    memory: Memory,
    config: PollConfig,
    now: DateTime<Utc>,
    pause: Duration,
    failures: u32,
    listed: u32,
}

impl Feed {
    /// Nothing is known of it; its document lists `listed` entries.
    fn new(listed: u32) -> Self {
        let config = PollConfig::default();
        Self { memory: Memory::default(), config, now: monday(), pause: Duration::ZERO, failures: 0, listed }
    }

    /// Polls now: what comes, and the pause that follows, without jitter.
    fn poll(&mut self, outcome: Outcome, published: &[DateTime<Utc>], hints: Hints) -> Duration {
        self.pushed(outcome, published, hints, None)
    }

    fn pushed(
        &mut self,
        outcome: Outcome,
        published: &[DateTime<Utc>],
        hints: Hints,
        pushed_at: Option<DateTime<Utc>>,
    ) -> Duration {
        self.failures = if outcome.is_fine() { 0 } else { self.failures + 1 };
        let poll = Poll {
            at: self.now,
            outcome,
            failures: self.failures,
            interval: self.pause,
            new_entries: u32::try_from(published.len()).unwrap(),
            listed_entries: self.listed,
            listed_before: self.listed,
            published,
            pushed_at,
            hints,
        };
        // As it goes through the database.
        self.memory = Memory::from_stored(&self.memory.to_stored(), self.now);
        self.memory.learn(&poll);
        self.pause = self.memory.next_poll(&poll, &self.config, 0.0);
        let late = self.memory.next_poll(&poll, &self.config, 1.0);
        assert!(late >= self.pause, "jitter comes on top: {late:?} after {:?}", self.pause);
        self.pause
    }

    fn wait(&mut self) {
        self.now += TimeDelta::from_std(self.pause).unwrap();
    }

    /// Lives for so many days: `publishes(hour of the week)` says how many entries that hour brings, evenly.
    fn live(&mut self, days: i64, publishes: impl Fn(usize) -> u32) {
        let end = self.now + TimeDelta::days(days);
        let mut from = self.now - TimeDelta::days(1);
        while self.now < end {
            let published = times(from, self.now, &publishes);
            let outcome = if published.is_empty() { Outcome::NotModified } else { Outcome::New };
            from = self.now;
            self.poll(outcome, &published, Hints::default());
            self.wait();
        }
    }
}

fn times(from: DateTime<Utc>, to: DateTime<Utc>, publishes: &impl Fn(usize) -> u32) -> Vec<DateTime<Utc>> {
    let mut times = Vec::new();
    let mut hour = from.timestamp().div_euclid(3600);
    while hour * 3600 < to.timestamp() {
        let count = publishes(usize::try_from((hour + 72).rem_euclid(168)).unwrap());
        let moments = (0..i64::from(count)).map(|n| hour * 3600 + 3600 * (2 * n + 1) / (2 * i64::from(count)));
        times.extend(moments.filter(|t| *t > from.timestamp() && *t <= to.timestamp()));
        hour += 1;
    }
    times.into_iter().map(|t| DateTime::from_timestamp(t, 0).unwrap()).collect()
}

fn hinted(max_age: Duration) -> Hints {
    Hints { max_age: Some(max_age), ..Hints::default() }
}

fn wishing(ttl: Option<u64>, hours: &[u8], days: &[u8]) -> Hints {
    Hints { wishes: Some(Wishes::new(ttl, hours, days)), ..Hints::default() }
}

#[test]
fn a_feed_nothing_is_known_of_is_asked_again_in_a_quarter_of_an_hour() {
    assert_eq!(Feed::new(20).poll(Outcome::New, &[], Hints::default()), 15 * MINUTE);
}

#[test]
fn the_first_document_tells_fast_from_slow() {
    let ago = |minutes: i64| monday() - TimeDelta::minutes(minutes);
    let (mut fast, mut slow) = (Feed::new(20), Feed::new(20));
    let every_five: Vec<_> = (0..20).map(|n| ago(5 * n)).collect();
    let every_week: Vec<_> = (0..20).map(|n| ago(10_080 * n)).collect();
    let fast = fast.poll(Outcome::New, &every_five, Hints::default());
    let first = slow.poll(Outcome::New, &every_week, Hints::default());
    assert!(fast < 15 * MINUTE, "{fast:?}");
    // What the document says is checked at once; the pauses double as long as it holds.
    assert_eq!(first, 15 * MINUTE);
    slow.wait();
    assert_eq!(slow.poll(Outcome::NotModified, &[], Hints::default()), 30 * MINUTE);
    for _ in 0..8 {
        slow.wait();
        slow.poll(Outcome::NotModified, &[], Hints::default());
    }
    assert!(slow.pause > 6 * HOUR, "{:?}", slow.pause);
}

#[test]
fn ttl_and_max_age_are_floors_up_to_two_hours_and_a_304_keeps_the_ttl() {
    let mut feed = Feed::new(20);
    assert_eq!(feed.poll(Outcome::New, &[], hinted(40 * MINUTE)), 40 * MINUTE);
    feed.wait();
    assert_eq!(feed.poll(Outcome::Unchanged, &[], wishing(Some(3600), &[], &[])), HOUR.max(feed.pause));
    let mut week = Feed::new(20);
    assert_eq!(week.poll(Outcome::New, &[], hinted(7 * DAY)), 2 * HOUR);
    let mut kept = Feed::new(20);
    kept.live(10, |_| 2);
    kept.poll(Outcome::Unchanged, &[], wishing(Some(6000), &[], &[]));
    kept.wait();
    assert!(kept.poll(Outcome::NotModified, &[], Hints::default()) >= 100 * MINUTE, "{:?}", kept.pause);
}

#[test]
fn the_risk_of_loss_beats_what_the_publisher_advises() {
    let mut feed = Feed::new(20);
    feed.live(10, |_| 30);
    // Twenty entries are turned over in forty minutes.
    let pause = feed.poll(Outcome::NotModified, &[], hinted(2 * HOUR));
    assert!(pause < 30 * MINUTE, "{pause:?}");
}

#[test]
fn a_window_at_risk_is_polled_sooner() {
    let pauses = [100, 3].map(|listed| {
        let mut feed = Feed::new(listed);
        feed.live(10, |_| 12);
        feed.pause
    });
    assert!(pauses[1] < pauses[0], "{pauses:?}");
}

#[test]
fn retry_after_is_a_floor_up_to_a_week_and_beyond_our_ceiling() {
    let told = |after| Hints { retry_after: Some(after), ..Hints::default() };
    assert_eq!(Feed::new(20).poll(Outcome::Unavailable, &[], told(3 * HOUR)), 3 * HOUR);
    assert_eq!(Feed::new(20).poll(Outcome::RateLimited, &[], told(3 * DAY)), 3 * DAY);
    assert_eq!(Feed::new(20).poll(Outcome::Unavailable, &[], told(300 * DAY)), 7 * DAY);
}

#[test]
fn a_429_slows_the_feed_for_later_too() {
    let mut feed = Feed::new(20);
    feed.live(10, |_| 4);
    let before = feed.pause;
    feed.poll(Outcome::RateLimited, &[], Hints::default());
    assert!(feed.pause >= 2 * before, "{before:?}, then {:?}", feed.pause);
    feed.wait();
    let after = feed.poll(Outcome::NotModified, &[], Hints::default());
    assert!(after > before.mul_f64(1.5), "{before:?}, then {after:?}");
    // And it does not last for ever.
    for _ in 0..100 {
        feed.wait();
        feed.poll(Outcome::NotModified, &[], Hints::default());
    }
    assert!(feed.memory.to_stored()["slowed"] == 0, "{}", feed.memory.to_stored());
}

#[test]
fn skipped_hours_and_days_move_a_poll_to_the_first_permitted_hour() {
    let night: Vec<u8> = (0..6).collect();
    let mut feed = Feed::new(20);
    assert_eq!(feed.poll(Outcome::New, &[], wishing(None, &night, &[])), 6 * HOUR);
    // A Monday is followed by a Tuesday.
    assert_eq!(Feed::new(20).poll(Outcome::New, &[], wishing(None, &[], &[1])), DAY);
    let all: Vec<u8> = (0..24).collect();
    assert_eq!(Feed::new(20).poll(Outcome::New, &[], wishing(None, &all, &[])), 15 * MINUTE);
}

#[test]
fn a_long_pause_ends_before_skipped_hours_that_outlast_it() {
    let mut feed = Feed::new(20);
    feed.config.interval_max = 12 * HOUR;
    feed.live(10, |_| 0);
    feed.now = monday() + TimeDelta::days(10);
    let unwished = feed.poll(Outcome::NotModified, &[], Hints::default());
    assert!((11 * HOUR..12 * HOUR).contains(&unwished), "at its ceiling: {unwished:?}");
    let hours = |from: u8, to: u8| (from..to).collect::<Vec<u8>>();
    // What ends before the ceiling is waited for.
    assert_eq!(feed.poll(Outcome::Unchanged, &[], wishing(None, &hours(9, 12), &[])), 12 * HOUR);
    // Ten minutes and a second before nine: the polls of an hour are spread over its end.
    let before = Duration::from_secs(8 * 3600 + 49 * 60 + 59);
    assert_eq!(feed.poll(Outcome::Unchanged, &[], wishing(None, &hours(9, 21), &[])), before);
    // Too soon is no better than unwanted.
    let pause = feed.poll(Outcome::Unchanged, &[], wishing(None, &hours(2, 21), &[]));
    assert!(pause > 11 * HOUR, "{pause:?}");
    // What a refusal asked for is kept in any case.
    let refusal = Hints { retry_after: Some(10 * HOUR), ..wishing(None, &hours(9, 21), &[]) };
    assert!(feed.poll(Outcome::Unchanged, &[], refusal) >= 10 * HOUR);
}

#[test]
fn skipped_hours_in_which_the_feed_publishes_are_no_wish_of_its() {
    let mut feed = Feed::new(50);
    feed.live(21, |_| 2);
    let all_but_noon: Vec<u8> = (0..24).filter(|hour| *hour != 12).collect();
    let pause = feed.poll(Outcome::Unchanged, &[], wishing(None, &all_but_noon, &[]));
    assert!(pause < 3 * HOUR, "{pause:?}");
}

#[test]
fn failures_back_off_to_a_day_then_to_three_and_never_give_up() {
    let mut feed = Feed::new(20);
    feed.live(10, |_| 2);
    let learned = feed.pause;
    let ladder: Vec<u64> = (0..10)
        .map(|_| {
            let pause = feed.poll(Outcome::Timeout, &[], Hints::default());
            feed.wait();
            pause.as_secs() / 60
        })
        .collect();
    // Half of 5, 10, 20 … minutes, the other half being jitter's.
    assert_eq!(ladder, [2, 5, 10, 20, 40, 80, 160, 320, 640, 720]);
    for _ in 0..80 {
        feed.poll(Outcome::Timeout, &[], Hints::default());
        feed.wait();
    }
    assert_eq!(feed.pause, 36 * HOUR);
    let back = feed.poll(Outcome::NotModified, &[], Hints::default());
    assert!(back <= 2 * learned, "{learned:?} before, {back:?} at the first success");
}

#[test]
fn what_is_not_found_for_a_week_is_asked_weekly_and_what_is_gone_monthly() {
    let mut feed = Feed::new(20);
    for _ in 0..40 {
        feed.poll(Outcome::NotFound, &[], Hints::default());
        feed.wait();
    }
    assert_eq!(feed.pause, 84 * HOUR);
    let gone = Feed::new(20).poll(Outcome::Gone, &[], Hints::default());
    assert_eq!(gone, 27 * DAY);
}

#[test]
fn jitter_is_a_twentieth_above_a_floor_and_half_of_a_backoff() {
    let feed = Feed::new(20);
    let poll = |outcome, hints| Poll {
        at: monday(),
        outcome,
        failures: u32::from(outcome == Outcome::Dns),
        interval: Duration::ZERO,
        new_entries: 0,
        listed_entries: 20,
        listed_before: 0,
        published: &[],
        pushed_at: None,
        hints,
    };
    let ends = |poll: &Poll<'_>| {
        let mut memory = feed.memory.clone();
        memory.learn(poll);
        [0.0, 1.0].map(|jitter| memory.next_poll(poll, &feed.config, jitter))
    };
    assert_eq!(ends(&poll(Outcome::Unchanged, hinted(HOUR))), [HOUR, 63 * MINUTE]);
    assert_eq!(ends(&poll(Outcome::Dns, Hints::default())), [150, 300].map(Duration::from_secs));
}

#[test]
fn a_feed_of_the_day_is_left_alone_at_night() {
    let mut feed = Feed::new(30);
    let by_day = |hour: usize| if (8..20).contains(&(hour % 24)) { 3 } else { 0 };
    feed.live(28, by_day);
    let mut polls = [0, 0];
    let (end, mut from) = (feed.now + TimeDelta::days(7), feed.now);
    while feed.now < end {
        let published = times(from, feed.now, &by_day);
        from = feed.now;
        let outcome = if published.is_empty() { Outcome::NotModified } else { Outcome::New };
        feed.poll(outcome, &published, Hints::default());
        polls[usize::from((8..21).contains(&(feed.now.timestamp().rem_euclid(86_400) / 3600)))] += 1;
        feed.wait();
    }
    assert!(polls[1] > 5 * polls[0], "{} by night, {} by day", polls[0], polls[1]);
}

#[test]
fn a_feed_that_is_pushed_is_polled_seldom_until_a_push_is_missed() {
    let mut feed = Feed::new(20);
    feed.live(10, |_| 4);
    let alone = feed.pause;
    let pushes = Some(feed.now);
    assert_eq!(feed.pushed(Outcome::NotModified, &[], Hints::default(), pushes), 4 * HOUR);
    for _ in 0..8 {
        feed.wait();
        let pushes = Some(feed.now - TimeDelta::minutes(30));
        feed.pushed(Outcome::NotModified, &[], Hints::default(), pushes);
    }
    assert!(feed.pause > 22 * HOUR, "{:?}", feed.pause);
    for _ in 0..3 {
        let missed: Vec<_> = (1..6).map(|hours| feed.now - TimeDelta::hours(hours)).collect();
        let pushes = Some(feed.now - TimeDelta::days(1));
        feed.pushed(Outcome::New, &missed, Hints::default(), pushes);
        feed.now += TimeDelta::hours(6);
    }
    assert!(feed.pause < 4 * HOUR && alone < 4 * HOUR, "{:?}", feed.pause);
}

#[test]
fn silence_is_told_with_its_reason_and_ends_with_the_first_day_as_usual() {
    let mut feed = Feed::new(20);
    feed.live(28, |hour| u32::from(hour % 24 >= 6) * 2);
    assert!(!feed.memory.volume().silent);
    let quiet = feed.now + TimeDelta::days(1);
    while feed.now < quiet {
        feed.poll(Outcome::NotModified, &[], Hints::default());
        feed.wait();
    }
    let volume = feed.memory.volume();
    assert!(volume.silent, "{volume:?}");
    assert!((15.0..60.0).contains(&volume.tally.expected), "{volume:?}");
    let told = silence_note(&volume, Outcome::NotModified, Some(304), Duration::ZERO, None);
    let expected =
        format!("{:.0} expected by now, {} seen: the feed answers 304", volume.tally.expected, volume.tally.seen);
    assert_eq!(told, expected);
    feed.live(4, |hour| u32::from(hour % 24 >= 6) * 2);
    assert!(!feed.memory.volume().silent, "{:?}", feed.memory.volume());
}

#[test]
fn the_expectation_goes_on_while_polls_fail() {
    let mut feed = Feed::new(20);
    feed.live(28, |_| 1);
    for _ in 0..12 {
        feed.poll(Outcome::Blocked, &[], Hints::default());
        feed.wait();
    }
    let volume = feed.memory.volume();
    assert!(volume.silent && volume.tally.seen <= 2, "{volume:?}");
    let end = |outcome, status, moved| {
        let note = silence_note(&volume, outcome, status, 3 * DAY, moved);
        note.split_once("seen: ").unwrap().1.to_owned()
    };
    assert_eq!(end(Outcome::Blocked, Some(403), None), "we are blocked by 403 for 3 days");
    assert_eq!(end(Outcome::NotFound, Some(404), None), "the feed answers 404 for 3 days");
    assert_eq!(end(Outcome::NotModified, Some(304), Some("https://b.example/rss")), "moved to https://b.example/rss");
    assert_eq!(end(Outcome::WebPage, Some(200), None), "the feed is a web page now for 3 days");
}

#[test]
fn a_steady_feed_raises_next_to_no_alarm() {
    let mut feed = Feed::new(20);
    let mut dice = 1_u64;
    let end = feed.now + TimeDelta::days(100);
    let (mut from, mut alarms, mut polls) = (feed.now - TimeDelta::days(2), 0, 0);
    while feed.now < end {
        // Five a day in the mean, by chance: each minute has its own.
        let minutes = from.timestamp() / 60..feed.now.timestamp() / 60;
        let published: Vec<_> = minutes
            .filter(|_| {
                dice = dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                (dice >> 33).is_multiple_of(288)
            })
            .map(|minute| DateTime::from_timestamp(minute * 60, 0).unwrap())
            .collect();
        from = feed.now;
        let outcome = if published.is_empty() { Outcome::NotModified } else { Outcome::New };
        feed.poll(outcome, &published, Hints::default());
        alarms += u32::from(feed.memory.volume().silent);
        polls += 1;
        feed.wait();
    }
    assert!(alarms * 200 <= polls, "{alarms} of {polls}");
}

#[test]
fn what_was_stored_by_another_program_is_a_fresh_start() {
    let fresh = Memory::default().to_stored();
    let mut feed = Feed::new(20);
    feed.live(3, |_| 2);
    let mut later = feed.memory.to_stored();
    assert_ne!(later, fresh);
    later["version"] = 99.into();
    for stored in [serde_json::json!(null), serde_json::json!({}), serde_json::json!({"version": 1}), later] {
        assert_eq!(Memory::from_stored(&stored, feed.now).to_stored(), fresh, "{stored}");
    }
    assert!(feed.memory.to_stored().to_string().len() < 2048, "{}", feed.memory.to_stored());
}

fn any_json() -> impl Strategy<Value = serde_json::Value> {
    // What is stored, with one value replaced.
    let mut feed = Feed::new(20);
    feed.live(3, |hour| u32::from(hour % 24 > 8));
    let stored = feed.memory.to_stored();
    let fields: Vec<String> = stored.as_object().unwrap().keys().cloned().collect();
    let rhythm: Vec<String> = stored["rhythm"].as_object().unwrap().keys().cloned().collect();
    let value = prop_oneof![
        Just(serde_json::json!(null)),
        any::<i64>().prop_map(Into::into),
        any::<f64>().prop_map(Into::into),
        "[A-Za-z0-9_-]{0,600}".prop_map(Into::into),
        Just(serde_json::json!([1e38, -1])),
        Just(serde_json::json!({"seen": 1e38, "expected": 0})),
    ];
    (0..fields.len() + rhythm.len(), value).prop_map(move |(at, value)| {
        let mut stored = stored.clone();
        match fields.get(at) {
            Some(field) => stored[field] = value,
            None => stored["rhythm"][&rhythm[at - fields.len()]] = value,
        }
        stored
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn the_next_poll_is_within_bounds_whatever_is_stored_and_whatever_came(
        stored in any_json(),
        polls in prop::collection::vec((0_i64..400_000, 0_u32..60, 0_u32..5000, any::<u64>(), 0_usize..4), 1..12),
        max_age in prop::option::of(0_u64..10_000_000),
        bounds in (1_u64..100_000, 1_u64..1_000_000),
        jitter in any::<f64>(),
    ) {
        let config = PollConfig {
            interval_min: Duration::from_secs(bounds.0),
            interval_max: Duration::from_secs(bounds.0 + bounds.1),
            ..PollConfig::default()
        };
        let mut now = monday();
        let mut memory = Memory::from_stored(&stored, now);
        // A server may have slowed it, which is a word of its.
        let slowed = Duration::from_secs(memory.to_stored()["slowed"].as_u64().unwrap_or(0));
        for (gap, new, listed, seed, outcome) in polls {
            now += TimeDelta::seconds(gap);
            let outcome = [Outcome::New, Outcome::NotModified, Outcome::Timeout, Outcome::Unchanged][outcome];
            let new = if outcome == Outcome::New { new } else { 0 };
            let published: Vec<_> = (0..new)
                .map(|n| DateTime::from_timestamp((seed >> 20).wrapping_mul(u64::from(n)).cast_signed() % 4_000_000_000, 0).unwrap())
                .collect();
            let poll = Poll {
                at: now, outcome, failures: 1, interval: HOUR, new_entries: new, listed_entries: listed,
                listed_before: listed / 2, published: &published, pushed_at: None,
                hints: Hints { max_age: max_age.map(Duration::from_secs), ..Hints::default() },
            };
            memory.learn(&poll);
            let next = memory.next_poll(&poll, &config, jitter);
            prop_assert!(next >= config.interval_min, "{next:?}");
            prop_assert!(next <= config.interval_max.max(RETIRED).max(slowed.mul_f64(1.05)), "{next:?}");
            if outcome.is_fine() && slowed.is_zero() {
                prop_assert!(next <= config.interval_max, "{next:?}");
            }
            memory = Memory::from_stored(&memory.to_stored(), now);
        }
    }
}

/// A feed that has failed for a month is asked every third day, whatever the ceiling.
const RETIRED: Duration = Duration::from_hours(72);

#[test]
fn what_is_pushed_is_learned_as_what_is_polled() {
    let mut feed = Feed::new(20);
    feed.live(14, |_| 2);
    let (now, before) = (feed.now, feed.memory.expected(feed.now, DAY));
    for minutes in 1..=7 * 48 {
        let at = now + TimeDelta::minutes(30 * minutes);
        feed.memory.learn_pushed(&Reading { at, new_entries: 1, listed_entries: 1, published: &[at] });
    }
    let after = feed.memory.expected(now + TimeDelta::days(7), DAY);
    assert!((after / before - 1.0).abs() < 0.3, "{before} a day, then {after}");
}
