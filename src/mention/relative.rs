//! Dates told by their distance from today: "yesterday", "last year", "three weeks ago"; and where a clause looks.
//!
//! In: tokens and the day of publication. Out: readings; without that day their values stay open.

use chrono::{Datelike, Duration, Months, NaiveDate};

use super::DatePrecision;
use super::amount::number_word;
use super::date::{DAY_PARTS, Reading, month_of};
use super::lexicon::flag;
use super::token::{Shape, Tokens};

/// "today", "yesterday", "tomorrow night", "this morning", "tonight".
pub(crate) fn near(tokens: &Tokens<'_>, at: usize, today: Option<NaiveDate>) -> Option<Reading> {
    let days = if tokens.is_any(at, &["today", "tonight"]) {
        0
    } else if tokens.is(at, "yesterday") {
        -1
    } else if tokens.is(at, "tomorrow") {
        1
    } else if tokens.is(at, "this") && tokens.is_any(at + 1, DAY_PARTS) {
        return Some(Reading::new(at..at + 2, today.map(|today| today.to_string()), DatePrecision::Day));
    } else if tokens.is(at, "last") && tokens.is(at + 1, "night") {
        return Some(Reading::new(
            at..at + 2,
            today.map(|today| (today - Duration::days(1)).to_string()),
            DatePrecision::Day,
        ));
    } else if tokens.is(at, "recently") {
        return Some(Reading::new(at..at + 1, None, DatePrecision::Vague));
    } else {
        return None;
    };
    let end = if tokens.is_any(at + 1, DAY_PARTS) { at + 2 } else { at + 1 };
    Some(Reading::new(at..end, today.map(|today| (today + Duration::days(days)).to_string()), DatePrecision::Day))
}

/// −1, 0 or 1 for "last", "this", "next".
pub(crate) fn this_last_next(tokens: &Tokens<'_>, at: usize) -> Option<i32> {
    if tokens.is_any(at, &["last", "previous", "past"]) {
        Some(-1)
    } else if tokens.is_any(at, &["this", "current"]) {
        Some(0)
    } else if tokens.is_any(at, &["next", "coming"]) {
        Some(1)
    } else {
        None
    }
}

/// "last year", "this month", "next week", "last August".
pub(crate) fn shifted(tokens: &Tokens<'_>, at: usize, today: Option<NaiveDate>) -> Option<Reading> {
    let shift = this_last_next(tokens, at)?;
    if let Some(month) = month_of(tokens, at + 1) {
        let value = today.map(|today| {
            let year = match shift {
                -1 => today.year() - i32::from(month >= today.month()),
                1 => today.year() + i32::from(month <= today.month()),
                _ => today.year(),
            };
            format!("{year:04}-{month:02}")
        });
        return Some(Reading::new(at..at + 2, value, DatePrecision::Month));
    }
    let range = at..at + 2;
    let unit = tokens.word(at + 1).to_ascii_lowercase();
    let (value, precision) = match unit.as_str() {
        "year" => (today.map(|today| (today.year() + shift).to_string()), DatePrecision::Year),
        "month" => (today.and_then(|today| months(today, shift)).map(month_value), DatePrecision::Month),
        "week" => (today.map(|today| week_value(today + Duration::weeks(shift.into()))), DatePrecision::Week),
        "weekend" => (
            today.map(|today| {
                let saturday = 5 - i64::from(today.weekday().num_days_from_monday());
                (today + Duration::days(saturday + 7 * i64::from(shift))).to_string()
            }),
            DatePrecision::Day,
        ),
        "quarter" => (
            today
                .and_then(|today| months(today, shift * 3))
                .map(|day| format!("{:04}-Q{}", day.year(), day.month0() / 3 + 1)),
            DatePrecision::Quarter,
        ),
        "decade" => (today.map(|today| format!("{}", (today.year() / 10 + shift) * 10)), DatePrecision::Decade),
        _ => return None,
    };
    Some(Reading::new(range, value, precision))
}

fn months(day: NaiveDate, shift: i32) -> Option<NaiveDate> {
    let count = Months::new(shift.unsigned_abs());
    if shift < 0 { day.checked_sub_months(count) } else { day.checked_add_months(count) }
}

fn month_value(day: NaiveDate) -> String {
    format!("{:04}-{:02}", day.year(), day.month())
}

fn week_value(day: NaiveDate) -> String {
    let week = day.iso_week();
    format!("{:04}-W{:02}", week.year(), week.week())
}

/// "three days ago", "a few weeks ago", "two years earlier".
pub(crate) fn ago(tokens: &Tokens<'_>, at: usize, today: Option<NaiveDate>) -> Option<Reading> {
    let (count, next) = if tokens.is_any(at, &["a", "an"]) {
        if tokens.is(at + 1, "few") {
            (None, at + 2)
        } else if tokens.is(at + 1, "couple") && tokens.is(at + 2, "of") {
            (Some(2.0), at + 3)
        } else {
            (Some(1.0), at + 1)
        }
    } else if tokens.is(at, "several") {
        (None, at + 1)
    } else if tokens.shape(at) == Shape::Number {
        (Some(tokens.word(at).replace(',', "").parse::<f64>().ok()?), at + 1)
    } else {
        (Some(number_word(tokens.word(at))?), at + 1)
    };
    tokens.is_any(next + 1, &["ago", "earlier"]).then_some(())?;
    let unit = tokens.word(next).to_ascii_lowercase();
    let unit = unit.strip_suffix('s').unwrap_or(&unit);
    let range = at..next + 2;
    let vague = !matches!(unit, "day" | "week" | "month" | "year" | "decade");
    if vague && !matches!(unit, "hour" | "minute" | "century") {
        return None;
    }
    // "earlier" counts from another event, which nothing here knows.
    let known =
        today.filter(|_| !tokens.is(next + 1, "earlier")).zip(count).filter(|(_, count)| (0.0..1000.0).contains(count));
    let Some((today, count)) = known else { return Some(Reading::new(range, None, DatePrecision::Vague)) };
    #[expect(clippy::cast_possible_truncation, reason = "checked to be below 1000")]
    let count = count as i32;
    let (value, precision) = match unit {
        "day" => (Some((today - Duration::days(count.into())).to_string()), DatePrecision::Day),
        "week" => (Some(week_value(today - Duration::weeks(count.into()))), DatePrecision::Week),
        "month" => (months(today, -count).map(month_value), DatePrecision::Month),
        "year" => (Some((today.year() - count).to_string()), DatePrecision::Year),
        "decade" => (Some(((today.year() / 10 - count) * 10).to_string()), DatePrecision::Decade),
        _ => (None, DatePrecision::Vague),
    };
    Some(Reading::new(range, value, precision))
}

/// Where a sentence looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Look {
    /// To what has been.
    Back,
    /// To what will be.
    Ahead,
}

/// Whether the clause around a date tells of what is to come: the nearest verb form before it decides.
pub(crate) fn looks(tokens: &Tokens<'_>, at: usize) -> Look {
    let sentence = tokens.sentence_of(at);
    let ahead = |i: usize| {
        tokens.is_any(
            i,
            &[
                "will",
                "shall",
                "upcoming",
                "scheduled",
                "due",
                "expected",
                "next",
                "plans",
                "planned",
                "planning",
                "would",
                "'ll",
            ],
        ) || tokens.is(i, "to")
            && tokens.is_any(i + 1, &["be", "hold", "meet", "visit", "begin", "start", "face", "play", "take", "host"])
    };
    let back = |i: usize| {
        tokens.shape(i) == Shape::Lower
            && (tokens.is_any(
                i,
                &[
                    "was", "were", "had", "did", "met", "held", "came", "began", "took", "went", "won", "lost", "fell",
                    "rose", "made", "has", "have", "gave", "left",
                ],
            ) || tokens.has(i, flag::SAY) && !tokens.is(i, "say")
                || tokens.word(i).len() > 4 && tokens.word(i).ends_with("ed") && !ahead(i))
    };
    for i in (sentence.start..at).rev().take(25) {
        if ahead(i) {
            return Look::Ahead;
        }
        if back(i) {
            return Look::Back;
        }
    }
    let after = (at + 1..sentence.end).take(12).find_map(|i| {
        if ahead(i) {
            Some(Look::Ahead)
        } else if back(i) {
            Some(Look::Back)
        } else {
            None
        }
    });
    after.unwrap_or(Look::Back)
}
