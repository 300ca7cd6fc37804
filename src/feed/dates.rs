//! The dates of feeds, in the spellings that publishers use: RFC 822 and its misspellings, RFC 3339 and ISO 8601,
//! `asctime`, Unix seconds, the months, noons and digits of the world's languages, dates without a time.
//!
//! In: a text. Out: an instant in UTC, or nothing. A date without a time is that day's midnight; a time without a zone
//! is read as UTC, except where the language has one zone only: Korean and Japanese clocks, and Chinese ones.
//!
//! The words are in `config/rules/feed`. Reading goes in four passes over the text's tokens: the time of day, the zone,
//! the day, and then what is left, which must hold no number. A number nobody asked for means that the text was
//! misunderstood, and nothing is better than a wrong date. What it does not do: guess a year that is not written, read
//! other calendars than the Gregorian (but for the Thai year), or find a date inside prose.

mod clock;
mod day;
mod token;
mod words;
mod zone;

use chrono::{DateTime, Datelike, Duration, FixedOffset, NaiveDate, NaiveDateTime, NaiveTime, Utc};

use token::Tokens;
use zone::Zone;

/// The longest text read, in bytes: the longest honest date, with day, month and zone spelled out, has some 120.
const TEXT_BYTES_MAX: usize = 400;

/// A date as it is written, before anybody decides in which zone it is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Written {
    /// What the calendar and the clock of the writer show.
    pub local: NaiveDateTime,
    /// How much of the clock is written.
    pub clock: ClockWritten,
    /// Seconds by which that clock is ahead of UTC, where the text names a zone or its language has one only.
    pub offset: Option<i32>,
}

/// How much of the time of day is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClockWritten {
    /// Nothing.
    None,
    /// Hour and minute.
    Minute,
    /// The second too.
    Second,
}

/// Reads a date.
pub fn parse(text: &str) -> Option<DateTime<Utc>> {
    let written = written(text)?;
    within(written.local.checked_sub_signed(Duration::seconds(i64::from(written.offset.unwrap_or(0))))?.and_utc())
}

/// Reads a date, and says what of it is written.
pub fn written(text: &str) -> Option<Written> {
    let text = text.trim();
    if text.is_empty() || text.len() > TEXT_BYTES_MAX {
        return None;
    }
    if let Some(exact) = standard(text) {
        let offset = exact.offset().local_minus_utc();
        let offset = if Zone::is_on_earth(offset) { offset } else { 0 };
        return Some(Written { local: whole(exact.naive_local()), clock: ClockWritten::Second, offset: Some(offset) });
    }
    let folded = token::fold(text);
    if let Some(at) = number_alone(&folded) {
        return Some(Written { local: at.naive_utc(), clock: ClockWritten::Second, offset: Some(0) });
    }
    read(Tokens::of(&folded))
}

/// The forms that nine feeds of ten have, read without looking at words.
fn standard(text: &str) -> Option<DateTime<FixedOffset>> {
    if let Ok(exact) = DateTime::parse_from_rfc3339(text) {
        return Some(exact);
    }
    // Other names of zones than these are for the table.
    let is_plain = text.ends_with(" GMT") || text.split_once(['+', '-']).is_some_and(|(_, zone)| zone.len() == 4);
    is_plain.then(|| DateTime::parse_from_rfc2822(text).ok()).flatten()
}

/// News of the web's time only: a year 1 or 9999 is a template's default.
fn within(at: DateTime<Utc>) -> Option<DateTime<Utc>> {
    (1970..2100).contains(&at.year()).then_some(at)
}

/// The 61st second of a leap minute is the first of the next, as Unix time has it.
fn whole(at: NaiveDateTime) -> NaiveDateTime {
    let nanos = chrono::Timelike::nanosecond(&at);
    if nanos < 1_000_000_000 {
        return at;
    }
    let start = chrono::Timelike::with_nanosecond(&at, nanos - 1_000_000_000).unwrap_or(at);
    start.checked_add_signed(Duration::seconds(1)).unwrap_or(start)
}

fn read(mut tokens: Tokens) -> Option<Written> {
    let region = zone::take_region(&mut tokens);
    let mut clock = clock::take(&mut tokens)?;
    let offset = zone::take_offset(&mut tokens, clock.as_ref().map(|c| c.token));
    let date = day::take(&mut tokens)?;
    if clock.is_none() {
        clock = clock::take_dotted(&mut tokens)?;
    }
    if tokens.has_number() {
        return None;
    }
    let written = match &clock {
        None => ClockWritten::None,
        Some(clock) if clock.has_second => ClockWritten::Second,
        Some(_) => ClockWritten::Minute,
    };
    let (seconds, nanos, home) = clock.map_or((0, 0, None), |c| (c.seconds, c.nanos, c.home));
    let local = date.and_time(NaiveTime::MIN).checked_add_signed(Duration::seconds(seconds))?;
    let local = local.checked_add_signed(Duration::nanoseconds(nanos))?;
    let zone = offset.or(region).or(home);
    let offset = match zone {
        Some(zone) => Some(i32::try_from((local - zone.instant(local)?.naive_utc()).num_seconds()).ok()?),
        None => None,
    };
    Some(Written { local, clock: written, offset })
}

/// Unix time, or a day and its time written together.
fn number_alone(text: &str) -> Option<DateTime<Utc>> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let digits = |t: &str| t.bytes().all(|b| b.is_ascii_digit());
    if whole.is_empty() || !digits(whole) || !digits(fraction) {
        return None;
    }
    let number: i64 = whole.parse().ok()?;
    let written = |format: &str| NaiveDateTime::parse_from_str(whole, format).ok().map(|at| at.and_utc());
    match whole.len() {
        // Years and days are the business of `day`.
        ..=8 => None,
        9 | 10 => DateTime::from_timestamp(number, token::nanos(fraction)),
        12 => written("%Y%m%d%H%M"),
        13 => DateTime::from_timestamp_millis(number),
        14 => written("%Y%m%d%H%M%S"),
        16 => DateTime::from_timestamp_micros(number),
        19 => Some(DateTime::from_timestamp_nanos(number)),
        _ => None,
    }
}

/// A year of two digits is of the century that POSIX gives it, one of three is Perl's count from 1900, and one beyond
/// 2500 is Thailand's.
fn full_year(year: i32, digits: usize) -> i32 {
    match (digits, year) {
        (..=2, 0..=69) => 2000 + year,
        (..=2, _) => 1900 + year,
        (3, 100..=199) => 1900 + year,
        (4, 2500..=2700) => year - 543,
        _ => year,
    }
}

fn date(year: i32, month: u32, day: u32) -> Option<NaiveDate> {
    NaiveDate::from_ymd_opt(year, month, day)
}
