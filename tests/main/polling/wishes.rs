//! Hours and days at which a feed asks not to be polled (`skipHours`, `skipDays`), from the document to the next poll.

use chrono::{DateTime, Datelike, TimeDelta, Timelike, Utc};

use super::{case, conformance, feed_answers, round, rss, unchanged};
use crate::support::server::{Step, answer};

const DAYS: [&str; 7] = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];

/// The pause is as it was before anything was asked for: on its first day a feed's pause at most doubles.
const A_QUARTER: &str = "interval_seconds = 900";

/// A feed of long ago that asks for this.
fn wishing(wish: &str) -> Vec<Step> {
    let feed = rss(&["x"]).replace("<title>Feed</title>", &format!("<title>Feed</title>{wish}"));
    answer("200 OK", &["etag: \"w\""], feed)
}

/// The hours from this one on, as `skipHours` names them.
fn skip_hours(from: DateTime<Utc>, count: i64) -> String {
    let hours = (0..count).map(|ahead| format!("<hour>{}</hour>", (from + TimeDelta::hours(ahead)).hour()));
    format!("<skipHours>{}</skipHours>", hours.collect::<String>())
}

/// The days from this one on, as `skipDays` names them.
fn skip_days(from: DateTime<Utc>, count: i64) -> String {
    let day = |ahead| DAYS[(from + TimeDelta::days(ahead)).weekday().num_days_from_monday() as usize];
    format!("<skipDays>{}</skipDays>", (0..count).map(|n| format!("<day>{}</day>", day(n))).collect::<String>())
}

/// The next poll is at this moment or in the ten minutes after it, among which the polls of an hour are spread.
fn from_then_on(moment: DateTime<Utc>) -> String {
    let moment = moment.format("%Y-%m-%d %H:%M:%S+00");
    format!("next_poll_at between timestamptz '{moment}' and timestamptz '{moment}' + interval '11 minutes'")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_feed_is_left_alone_when_it_asks_for_it() {
    let now = Utc::now();
    let hour = DateTime::from_timestamp(now.timestamp().div_euclid(3600) * 3600, 0).unwrap();
    let day = DateTime::from_timestamp(now.timestamp().div_euclid(86_400) * 86_400, 0).unwrap();
    let six_hours_on = from_then_on(hour + TimeDelta::hours(6));
    let cases = [
        case(
            "hours",
            [
                feed_answers(wishing(&skip_hours(hour, 6))).asks("a/feed").is("new").then(six_hours_on.clone()),
                // It waits until then, though the feed's interval would have it asked before.
                round().rests(),
                // No document, no other wish: those of the last one are kept.
                feed_answers(unchanged(&[]))
                    .before(A_QUARTER)
                    .asks("a/feed | \"w\" | -")
                    .is("not-modified")
                    .then(six_hours_on),
                // They are over when the document says so no more.
                feed_answers(wishing(""))
                    .before(A_QUARTER)
                    .asks("a/feed | \"w\" | -")
                    .is("unchanged")
                    .then("next_poll_at < now() + interval '5 hours'"),
            ],
        ),
        case(
            "days",
            [feed_answers(wishing(&skip_days(day, 2)))
                .asks("a/feed")
                .is("new")
                .then(from_then_on(day + TimeDelta::days(2)))],
        ),
        case(
            "all hours is no wish that could be granted",
            [feed_answers(wishing(&skip_hours(hour, 24)))
                .asks("a/feed")
                .is("new")
                .then("next_poll_at < now() + interval '5 hours'")],
        ),
    ];
    conformance("wishes", &cases).await;
}
