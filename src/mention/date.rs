//! Dates and times in prose, with the value they have on the day of publication.
//!
//! In: tokens and the publication time. Out: [`DateMention`]s in the manner of TIMEX: ISO 8601 cut off at its
//! precision. Weekdays and bare months look back when the sentence tells of the past and ahead when it tells of the
//! future; without a publication time what is relative stays unresolved.

use std::ops::Range;

use chrono::{DateTime, Datelike, Duration, NaiveDate, Utc};

use super::lexicon::flag;
use super::relative::{Look, ago, looks, near, shifted, this_last_next};
use super::token::{Shape, Tokens};
use super::{DateMention, DatePrecision};

const MONTHS: &[&str] = &[
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
];
const WEEKDAYS: &[&str] = &["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];
/// What follows a day's name.
pub(crate) const DAY_PARTS: &[&str] = &["morning", "afternoon", "evening", "night"];

/// What a date expression means.
pub(crate) struct Reading {
    /// The tokens of the expression.
    pub tokens: Range<usize>,
    /// ISO 8601, where it is known.
    pub value: Option<String>,
    /// The last day of a range.
    pub until: Option<String>,
    /// How exact.
    pub precision: DatePrecision,
}

impl Reading {
    /// A reading without an end.
    pub fn new(tokens: Range<usize>, value: Option<String>, precision: DatePrecision) -> Self {
        Self { tokens, value, until: None, precision }
    }
}

/// Finds every date, in order of the text, with the tokens it covers.
pub(crate) fn dates(tokens: &Tokens<'_>, published: Option<DateTime<Utc>>) -> (Vec<DateMention>, Vec<Range<usize>>) {
    let today = published.map(|at| at.date_naive());
    let mut out = Vec::new();
    let mut taken = Vec::new();
    let mut at = 0;
    while at < tokens.list.len() {
        let candidate = tokens.has(at, flag::DATE)
            || tokens.shape(at) == Shape::Number
            || tokens.has(at, flag::FUNCTION)
            || tokens.is_any(at, &["several", "couple"]);
        let Some(reading) = candidate.then(|| read(tokens, at, today)).flatten() else {
            at += 1;
            continue;
        };
        let (start, end) = tokens.span(&reading.tokens);
        at = reading.tokens.end.max(at + 1);
        out.push(DateMention {
            start,
            end,
            text: tokens.slice(reading.tokens.clone()).to_owned(),
            value: reading.value,
            until: reading.until,
            precision: reading.precision,
        });
        taken.push(reading.tokens);
    }
    (out, taken)
}

fn read(tokens: &Tokens<'_>, at: usize, today: Option<NaiveDate>) -> Option<Reading> {
    iso(tokens, at)
        .or_else(|| quarter(tokens, at, today))
        .or_else(|| month_first(tokens, at, today))
        .or_else(|| day_first(tokens, at, today))
        .or_else(|| weekday(tokens, at, today))
        .or_else(|| near(tokens, at, today))
        .or_else(|| shifted(tokens, at, today))
        .or_else(|| ago(tokens, at, today))
        .or_else(|| year(tokens, at))
}

/// 2022-09-15.
fn iso(tokens: &Tokens<'_>, at: usize) -> Option<Reading> {
    let joined = |i: usize| tokens.word(i) == "-" && !tokens.spaced(i) && !tokens.spaced(i + 1);
    let slashed = |i: usize| tokens.word(i) == "/" && !tokens.spaced(i) && !tokens.spaced(i + 1);
    if joined(at + 1) && joined(at + 3) && tokens.word(at).len() == 4 {
        let date = NaiveDate::from_ymd_opt(
            tokens.word(at).parse().ok()?,
            tokens.word(at + 2).parse().ok()?,
            tokens.word(at + 4).parse().ok()?,
        )?;
        return Some(Reading::new(at..at + 5, Some(date.to_string()), DatePrecision::Day));
    }
    if slashed(at + 1) && slashed(at + 3) && tokens.word(at + 4).len() == 4 {
        let (first, second, year): (u32, u32, i32) =
            (tokens.word(at).parse().ok()?, tokens.word(at + 2).parse().ok()?, tokens.word(at + 4).parse().ok()?);
        // Above twelve only one order is possible; else nobody can tell.
        let date = if second > 12 {
            NaiveDate::from_ymd_opt(year, first, second)
        } else if first > 12 {
            NaiveDate::from_ymd_opt(year, second, first)
        } else {
            None
        };
        let precision = if date.is_some() { DatePrecision::Day } else { DatePrecision::Year };
        let value = date.map_or_else(|| year.to_string(), |date| date.to_string());
        (1..=31).contains(&first).then_some(())?;
        return Some(Reading::new(at..at + 5, Some(value), precision));
    }
    None
}

/// The month a token names, from 1.
pub(crate) fn month_of(tokens: &Tokens<'_>, at: usize) -> Option<u32> {
    if !tokens.has(at, flag::DATE) || !tokens.is_capital(at) {
        return None;
    }
    let word = tokens.word(at).trim_end_matches('.').to_ascii_lowercase();
    let found = MONTHS.iter().position(|month| {
        *month == word || (word.len() >= 3 && word.len() <= 4 && *month != "march" && month.starts_with(word.as_str()))
    });
    found.or_else(|| (word == "mar").then_some(2)).and_then(|month| u32::try_from(month + 1).ok())
}

fn day_of(tokens: &Tokens<'_>, at: usize) -> Option<u32> {
    let word = tokens.word(at);
    let digits = word.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let ending = word.get(digits.len()..).unwrap_or_default();
    let day: u32 = digits.parse().ok()?;
    (digits.len() <= 2 && (1..=31).contains(&day) && matches!(ending, "" | "st" | "nd" | "rd" | "th")).then_some(day)
}

fn year_of(tokens: &Tokens<'_>, at: usize) -> Option<i32> {
    let word = tokens.word(at);
    let year: i32 = (word.len() == 4).then(|| word.parse().ok()).flatten()?;
    (1000..2200).contains(&year).then_some(year)
}

/// "September 15, 2022", "May 3-6", "February this year", "August".
fn month_first(tokens: &Tokens<'_>, at: usize, today: Option<NaiveDate>) -> Option<Reading> {
    let month = month_of(tokens, at)?;
    if let Some(day) = day_of(tokens, at + 1) {
        let mut end = at + 2;
        let mut last = None;
        let to = matches!(tokens.word(end), "-" | "–" | "—") || tokens.is_any(end, &["to", "and", "through"]);
        if to
            && let Some(day) = day_of(tokens, end + 1)
            && !tokens.has(end + 2, flag::DATE)
        {
            last = Some(day);
            end += 2;
        }
        let comma = usize::from(tokens.word(end) == ",");
        let given = year_of(tokens, end + comma);
        if given.is_some() {
            end += comma + 1;
        }
        return Some(day_reading(tokens, at..end, given, month, day, last, today));
    }
    let comma = usize::from(tokens.word(at + 1) == ",");
    if let Some(year) = year_of(tokens, at + 1 + comma) {
        return Some(Reading::new(at..at + 2 + comma, Some(format!("{year:04}-{month:02}")), DatePrecision::Month));
    }
    if let Some(shift) = this_last_next(tokens, at + 1)
        && tokens.is(at + 2, "year")
    {
        let value = today.map(|today| format!("{:04}-{month:02}", today.year() + shift));
        return Some(Reading::new(at..at + 3, value, DatePrecision::Month));
    }
    // "May" the verb and "March" the walk need a preposition.
    let cue = at > 0
        && tokens.is_any(
            at - 1,
            &[
                "in", "since", "by", "until", "till", "from", "of", "last", "next", "this", "early", "late", "mid",
                "to", "and", "between", "during", "through",
            ],
        );
    if (month == 5 || month == 3) && !cue {
        return None;
    }
    let value = today.map(|today| {
        let year = match looks(tokens, at) {
            Look::Ahead => today.year() + i32::from(month < today.month()),
            Look::Back => today.year() - i32::from(month > today.month()),
        };
        format!("{year:04}-{month:02}")
    });
    Some(Reading::new(at..at + 1, value, DatePrecision::Month))
}

/// "15 September 2022", "3-6 May", "the 15th of September".
fn day_first(tokens: &Tokens<'_>, at: usize, today: Option<NaiveDate>) -> Option<Reading> {
    let day = day_of(tokens, at)?;
    let mut last = None;
    let mut next = at + 1;
    if matches!(tokens.word(next), "-" | "–") || tokens.is_any(next, &["to", "and"]) {
        last = Some(day_of(tokens, next + 1)?);
        next += 2;
    }
    if tokens.is(next, "of") {
        next += 1;
    }
    let month = month_of(tokens, next)?;
    let comma = usize::from(tokens.word(next + 1) == ",");
    let given = year_of(tokens, next + 1 + comma);
    let end = if given.is_some() { next + 2 + comma } else { next + 1 };
    Some(day_reading(tokens, at..end, given, month, day, last, today))
}

fn day_reading(
    tokens: &Tokens<'_>,
    range: Range<usize>,
    given: Option<i32>,
    month: u32,
    day: u32,
    last: Option<u32>,
    today: Option<NaiveDate>,
) -> Reading {
    let year = given.or_else(|| {
        let today = today?;
        let own = NaiveDate::from_ymd_opt(today.year(), month, day)?;
        Some(match looks(tokens, range.start) {
            Look::Ahead => today.year() + i32::from(own < today),
            Look::Back => today.year() - i32::from(own > today),
        })
    });
    let value = year.and_then(|year| NaiveDate::from_ymd_opt(year, month, day)).map(|date| date.to_string());
    let until = last.and_then(|last| NaiveDate::from_ymd_opt(year?, month, last)).map(|date| date.to_string());
    Reading { tokens: range, value, until, precision: DatePrecision::Day }
}

/// "Thursday", "last Friday", "Wednesday evening", "Monday, September 12".
fn weekday(tokens: &Tokens<'_>, at: usize, today: Option<NaiveDate>) -> Option<Reading> {
    let shift = this_last_next(tokens, at);
    let first = if shift.is_some() { at + 1 } else { at };
    if !tokens.has(first, flag::DATE) || !tokens.is_capital(first) {
        return None;
    }
    let word = tokens.word(first).trim_end_matches('.').to_ascii_lowercase();
    let weekday = i64::try_from(
        WEEKDAYS.iter().position(|day| *day == word || (matches!(word.len(), 3 | 4) && day.starts_with(&word)))?,
    )
    .ok()?;
    let mut end = first + 1;
    let comma = usize::from(tokens.word(end) == ",");
    if shift.is_none()
        && let Some(full) = month_first(tokens, end + comma, today).or_else(|| day_first(tokens, end + comma, today))
        && full.precision == DatePrecision::Day
    {
        return Some(Reading { tokens: at..full.tokens.end, ..full });
    }
    if tokens.is_any(end, DAY_PARTS) {
        end += 1;
    }
    let value = today.map(|today| {
        let own = i64::from(today.weekday().num_days_from_monday());
        let back = (own - weekday).rem_euclid(7);
        let days = match shift {
            Some(-1) => -(if back == 0 { 7 } else { back }),
            Some(1) => 7 - back,
            Some(_) => weekday - own,
            None if looks(tokens, first) == Look::Ahead => (7 - back) % 7,
            None => -back,
        };
        (today + Duration::days(days)).to_string()
    });
    Some(Reading::new(at..end, value, DatePrecision::Day))
}

/// "third quarter of 2022", "Q3 2022", "first quarter".
fn quarter(tokens: &Tokens<'_>, at: usize, today: Option<NaiveDate>) -> Option<Reading> {
    let ordinal = ["first", "second", "third", "fourth"]
        .iter()
        .position(|word| tokens.is(at, word))
        .filter(|_| tokens.is(at + 1, "quarter"))
        .map(|q| (q + 1, at + 2));
    let (number, end) = ordinal?;
    let of = usize::from(tokens.is(end, "of"));
    if let Some(year) = year_of(tokens, end + of) {
        return Some(Reading::new(at..end + of + 1, Some(format!("{year:04}-Q{number}")), DatePrecision::Quarter));
    }
    let value = today.map(|today| format!("{:04}-Q{number}", today.year()));
    Some(Reading::new(at..end, value, DatePrecision::Quarter))
}

/// "in 2013", "the 1990s", "2019-20".
fn year(tokens: &Tokens<'_>, at: usize) -> Option<Reading> {
    if tokens.shape(at) != Shape::Number {
        return None;
    }
    let word = tokens.word(at);
    if let Some(decade) = word.strip_suffix("0s")
        && decade.len() == 3
    {
        return Some(Reading::new(at..at + 1, Some(format!("{decade}0")), DatePrecision::Decade));
    }
    let year = year_of(tokens, at).filter(|year| (1700..2100).contains(year))?;
    let before = at.checked_sub(1).map_or("", |before| tokens.word(before));
    let glued = at > 0 && !tokens.spaced(at) && !matches!(before, "(" | "“" | "\"" | "," | "-" | "–" | "/");
    let counts = tokens.shape(at + 1) == Shape::Lower
        && tokens.word(at + 1).ends_with('s')
        && !tokens.has(at + 1, flag::FUNCTION | flag::SAY)
        && !tokens.is_any(at.saturating_sub(1), &["in", "since", "the"]);
    if glued
        || counts
        || matches!(tokens.word(at + 1), "%" | "km" | "percent")
        || !before.is_empty() && before.ends_with('$')
    {
        return None;
    }
    let mut reading = Reading::new(at..at + 1, Some(year.to_string()), DatePrecision::Year);
    if matches!(tokens.word(at + 1), "-" | "–" | "/") && !tokens.spaced(at + 1) && !tokens.spaced(at + 2) {
        let last = tokens.word(at + 2);
        let until = match last.len() {
            2 => format!("{:02}{last}", year / 100).parse().ok(),
            4 => last.parse::<i32>().ok(),
            _ => None,
        };
        if let Some(until) = until.filter(|until| *until > year && *until < 2200) {
            reading.until = Some(until.to_string());
            reading.tokens.end = at + 3;
        }
    }
    Some(reading)
}
