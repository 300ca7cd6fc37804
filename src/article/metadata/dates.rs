//! Dates as pages write them, to instants. What says no zone is read as UTC; what says no time is that day's midnight.

use std::sync::LazyLock;

use chrono::{DateTime, Datelike, FixedOffset, NaiveDate, NaiveDateTime, NaiveTime, TimeZone, Utc};
use regex::Regex;

use crate::article::Precision;

/// An instant, and how exactly it is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    /// The instant.
    pub at: DateTime<Utc>,
    /// How exactly it is known.
    pub precision: Precision,
}

static ISO: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(concat!(
        r"^(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})",
        r"(?:[T ,]+(\d{1,2}):(\d{2})(?::(\d{2}))?(?:[.,]\d+)?\s*(Z|UTC|GMT|[+-]\d{2}:?\d{2}|[+-]\d{2})?)?"
    ))
    .ok()
});
static IN_PATH: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"/((?:19|20)\d{2})[/-]?(0[1-9]|1[0-2])[/-]?(0[1-9]|[12]\d|3[01])(?:[/-]|\b)").ok());
static MONTH_FIRST: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"(?i)\b([a-z]{3,9})\.? (\d{1,2})(?:st|nd|rd|th)?,? (\d{4})\b").ok());
static DAY_FIRST: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"(?i)\b(\d{1,2})(?:st|nd|rd|th)?\.? ([a-z]{3,9})\.?,? (\d{4})\b").ok());

/// Reads a date as it stands in markup: ISO 8601 and its relatives, RFC 2822, English words, Unix seconds.
pub fn parse(text: &str) -> Option<Moment> {
    let text = text.trim();
    iso(text).or_else(|| rfc2822(text)).or_else(|| unix(text)).or_else(|| words(text)).filter(|m| plausible(m.at))
}

/// The date in an address ("/2024/05/17/").
pub fn in_path(path: &str) -> Option<Moment> {
    let found = IN_PATH.as_ref()?.captures(path)?;
    let part = |index: usize| found.get(index)?.as_str().parse::<u32>().ok();
    day(i32::try_from(part(1)?).ok()?, part(2)?, part(3)?).filter(|m| plausible(m.at))
}

fn iso(text: &str) -> Option<Moment> {
    let found = ISO.as_ref()?.captures(text)?;
    let part = |index: usize| found.get(index).and_then(|m| m.as_str().parse::<u32>().ok());
    let date = NaiveDate::from_ymd_opt(i32::try_from(part(1)?).ok()?, part(2)?, part(3)?)?;
    let (Some(hour), Some(minute)) = (part(4), part(5)) else { return day(date.year(), date.month(), date.day()) };
    let second = part(6);
    let time = NaiveTime::from_hms_opt(hour, minute, second.unwrap_or(0).min(59))?;
    let zone = zone(found.get(7).map_or("Z", |m| m.as_str()))?;
    let at = zone.from_local_datetime(&NaiveDateTime::new(date, time)).single()?.with_timezone(&Utc);
    Some(Moment { at, precision: if second.is_some() { Precision::Second } else { Precision::Minute } })
}

fn zone(text: &str) -> Option<FixedOffset> {
    if matches!(text, "Z" | "UTC" | "GMT") {
        return FixedOffset::east_opt(0);
    }
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    let (hours, minutes) = digits.split_at_checked(2)?;
    let seconds = hours.parse::<i32>().ok()? * 3600 + minutes.parse::<i32>().unwrap_or(0) * 60;
    FixedOffset::east_opt(if text.starts_with('-') { -seconds } else { seconds })
}

fn rfc2822(text: &str) -> Option<Moment> {
    let at = DateTime::parse_from_rfc2822(text).ok()?.with_timezone(&Utc);
    Some(Moment { at, precision: Precision::Second })
}

fn unix(text: &str) -> Option<Moment> {
    if !matches!(text.len(), 10 | 13) || !text.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let number = text.parse::<i64>().ok()?;
    let seconds = if text.len() == 13 { number / 1000 } else { number };
    Some(Moment { at: DateTime::from_timestamp(seconds, 0)?, precision: Precision::Second })
}

fn words(text: &str) -> Option<Moment> {
    let month_first = MONTH_FIRST.as_ref()?.captures(text).map(|c| (c.get(3), c.get(1), c.get(2)));
    let (year, month, day_of) =
        month_first.or_else(|| DAY_FIRST.as_ref()?.captures(text).map(|c| (c.get(3), c.get(2), c.get(1))))?;
    day(year?.as_str().parse().ok()?, month_number(month?.as_str())?, day_of?.as_str().parse().ok()?)
}

fn month_number(name: &str) -> Option<u32> {
    const MONTHS: [&str; 12] = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
    let name = name.to_ascii_lowercase();
    let index = MONTHS.iter().position(|month| name.starts_with(month))?;
    u32::try_from(index + 1).ok()
}

fn day(year: i32, month: u32, day: u32) -> Option<Moment> {
    let at = NaiveDate::from_ymd_opt(year, month, day)?.and_time(NaiveTime::MIN).and_utc();
    Some(Moment { at, precision: Precision::Day })
}

/// News on the web is not older than the first newspapers digitised, nor from a far future.
pub(in super::super) fn plausible(at: DateTime<Utc>) -> bool {
    (1700..2100).contains(&at.year())
}
