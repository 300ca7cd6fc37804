//! Dates and times in English prose, resolved against the publication time. Without one, relative dates stay
//! unresolved. Weekdays and bare months are looked for in the past, where news happens, unless "next" or "will" say
//! otherwise.

use chrono::{DateTime, Datelike, Days, Months, NaiveDate, Utc, Weekday};

use super::tokens::Token;
use super::{DateMention, DatePrecision};

const MONTHS: [&str; 12] = [
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
const DAYS: [&str; 7] = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];
const NUMBERS: [&str; 13] =
    ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"];

struct Found {
    tokens: usize,
    value: Option<String>,
    until: Option<String>,
    precision: DatePrecision,
}

/// Finds dates, in the order of the text.
pub fn find(tokens: &[Token<'_>], chars: &[char], published: Option<DateTime<Utc>>) -> Vec<DateMention> {
    let today = published.map(|t| t.date_naive());
    let mut found = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        let Some(date) = at_token(tokens, at, today) else {
            at += 1;
            continue;
        };
        if let (Some(first), Some(last)) = (tokens.get(at), tokens.get(at + date.tokens - 1)) {
            found.push(DateMention {
                start: first.start,
                end: last.end,
                text: chars.get(first.start..last.end).unwrap_or_default().iter().collect(),
                value: date.value,
                until: date.until,
                precision: date.precision,
            });
        }
        at += date.tokens;
    }
    found
}

fn at_token(tokens: &[Token<'_>], at: usize, today: Option<NaiveDate>) -> Option<Found> {
    let word = |i: usize| tokens.get(at + i).map(|t| t.text.to_lowercase()).unwrap_or_default();
    let token = tokens.get(at)?;
    let first = word(0);
    let future = (at.saturating_sub(8)..at + 8)
        .any(|i| tokens.get(i).is_some_and(|t| matches!(t.text, "will" | "next" | "upcoming" | "shall")));
    if let Some(day) = DAYS.iter().position(|d| *d == first).filter(|_| token.capital()) {
        return Some(weekday(day, &word(1), today, future));
    }
    if let Some(month) = month(&first, token) {
        return Some(from_month(month, &[word(1), word(2), word(3)], today, future));
    }
    // 15 September 2022, 15th of September
    if let Some(day) = day_number(&first) {
        let skip = usize::from(word(1) == "of");
        if let Some(month) = tokens.get(at + 1 + skip).and_then(|t| month(&t.text.to_lowercase(), t)) {
            let year = year(&word(2 + skip));
            return Some(day_of(day, month, year, 2 + skip + usize::from(year.is_some()), today, future));
        }
    }
    if let Some(year) = year(&first) {
        let cued = at.checked_sub(1).and_then(|i| tokens.get(i)).is_some_and(|t| {
            matches!(
                t.text.to_lowercase().as_str(),
                "in" | "since"
                    | "until"
                    | "by"
                    | "of"
                    | "from"
                    | "during"
                    | "before"
                    | "after"
                    | "late"
                    | "early"
                    | "mid"
            )
        });
        return cued.then(|| exact(1, format!("{year}"), DatePrecision::Year));
    }
    if first.len() == 10 && NaiveDate::parse_from_str(&first, "%Y-%m-%d").is_ok() {
        return Some(exact(1, first, DatePrecision::Day));
    }
    relative(&first, &[word(1), word(2), word(3)], today)
}

fn exact(tokens: usize, value: String, precision: DatePrecision) -> Found {
    Found { tokens, value: Some(value), until: None, precision }
}

fn weekday(day: usize, next: &str, today: Option<NaiveDate>, future: bool) -> Found {
    let part = matches!(next, "morning" | "afternoon" | "evening" | "night");
    let value = today.and_then(|today| {
        let now = today.weekday().num_days_from_monday() as usize;
        let back = (now + 7 - day) % 7;
        if future && back != 0 {
            today.checked_add_days(Days::new(7 - back as u64))
        } else {
            today.checked_sub_days(Days::new(back as u64))
        }
    });
    Found {
        tokens: 1 + usize::from(part),
        value: value.map(|d| d.to_string()),
        until: None,
        precision: DatePrecision::Day,
    }
}

fn month(word: &str, token: &Token<'_>) -> Option<u32> {
    if !token.capital() {
        return None;
    }
    let short = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sept", "oct", "nov", "dec"];
    let at = MONTHS.iter().position(|m| *m == word).or_else(|| short.iter().position(|m| *m == word))?;
    // "March" and "May" at a sentence's beginning are as often a verb.
    (!(token.opens && matches!(word, "may" | "march" | "mar"))).then_some(u32::try_from(at + 1).ok()?)
}

fn from_month(month: u32, after: &[String; 3], today: Option<NaiveDate>, future: bool) -> Found {
    let [one, two, three] = after;
    if let Some(day) = day_number(one) {
        let (skip, year_word) = if two == "," { (1, three) } else { (0, two) };
        let year = year(year_word);
        // "September 15-17" stands as one word; "15–17" as three.
        let tokens = 2 + if year.is_some() { 1 + skip } else { 0 };
        let mut found = day_of(day, month, year, tokens, today, future);
        if let Some((_, last)) = one.split_once('-')
            && let (Some(last), Some(value)) = (day_number(last), found.value.as_deref())
        {
            found.until = value.rsplit_once('-').map(|(stem, _)| format!("{stem}-{last:02}"));
        }
        return found;
    }
    if let Some(year) = year(one) {
        return exact(2, format!("{year}-{month:02}"), DatePrecision::Month);
    }
    let offset = match (one.as_str(), two.as_str()) {
        ("this", "year") => Some(0),
        ("last", "year") => Some(-1),
        ("next", "year") => Some(1),
        _ => None,
    };
    let value = today.map(|today| {
        let year = match offset {
            Some(offset) => today.year() + offset,
            None if future && month < today.month() => today.year() + 1,
            None if !future && month > today.month() => today.year() - 1,
            None => today.year(),
        };
        format!("{year}-{month:02}")
    });
    Found { tokens: if offset.is_some() { 3 } else { 1 }, value, until: None, precision: DatePrecision::Month }
}

fn day_of(day: u32, month: u32, year: Option<i32>, tokens: usize, today: Option<NaiveDate>, future: bool) -> Found {
    let year = year.or_else(|| {
        let today = today?;
        let same = NaiveDate::from_ymd_opt(today.year(), month, day)?;
        let ahead = same.signed_duration_since(today).num_days();
        // A day a month ahead is announced; further ahead it was last year, unless the sentence looks forward.
        Some(today.year() - i32::from(ahead > 31 && !future) + i32::from(ahead < -31 && future))
    });
    let value = year.and_then(|y| NaiveDate::from_ymd_opt(y, month, day)).map(|d| d.to_string());
    Found { tokens, value, until: None, precision: DatePrecision::Day }
}

fn relative(first: &str, after: &[String; 3], today: Option<NaiveDate>) -> Option<Found> {
    let [one, two, three] = after;
    let day = |offset: i64, tokens: usize| {
        let date = today.and_then(|t| shifted(t, offset));
        Found { tokens, value: date.map(|d| d.to_string()), until: None, precision: DatePrecision::Day }
    };
    match first {
        "today" | "tonight" => return Some(day(0, 1)),
        "yesterday" => return Some(day(-1, 1)),
        "tomorrow" => return Some(day(1, 1)),
        _ => {}
    }
    if let "last" | "this" | "next" | "past" = first {
        let step = match first {
            "last" | "past" => -1,
            "next" => 1,
            _ => 0,
        };
        if let Some(weekday) = DAYS.iter().position(|d| d == one) {
            let mut found = weekday_near(weekday, step, today);
            found.tokens = 2;
            return Some(found);
        }
        if let Some(month) = MONTHS.iter().position(|m| m == one) {
            let month = u32::try_from(month + 1).ok()?;
            let mut found = from_month(month, &[String::new(), String::new(), String::new()], today, step > 0);
            found.tokens = 2;
            return Some(found);
        }
        return unit_shift(one, step, today).map(|found| Found { tokens: 2, ..found });
    }
    // "three weeks ago", "a few days ago"
    let (number, unit, tokens) = match first {
        "a" | "an" if one == "few" || one == "couple" => (None, two.as_str(), 4),
        "several" | "many" | "some" => (None, one.as_str(), 3),
        "a" | "an" => (Some(1), one.as_str(), 3),
        _ => (Some(count(first)?), one.as_str(), 3),
    };
    let last = if tokens == 4 { three } else { two };
    if !matches!(last.as_str(), "ago" | "earlier") || !is_unit(unit) {
        return None;
    }
    let Some(number) = number else {
        return Some(Found { tokens, value: None, until: None, precision: DatePrecision::Vague });
    };
    unit_shift(unit, -number, today).map(|found| Found { tokens, ..found })
}

fn weekday_near(day: usize, step: i64, today: Option<NaiveDate>) -> Found {
    let value = today.and_then(|today| {
        let now = i64::from(today.weekday().num_days_from_monday());
        let day = i64::try_from(day).ok()?;
        let offset = match step {
            -1 => -((now - day - 1).rem_euclid(7) + 1),
            1 => (day - now - 1).rem_euclid(7) + 1,
            _ => day - now,
        };
        shifted(today, offset)
    });
    Found { tokens: 1, value: value.map(|d| d.to_string()), until: None, precision: DatePrecision::Day }
}

fn is_unit(unit: &str) -> bool {
    matches!(unit.trim_end_matches('s'), "day" | "week" | "month" | "quarter" | "year" | "decade" | "hour" | "minute")
}

fn unit_shift(unit: &str, steps: i64, today: Option<NaiveDate>) -> Option<Found> {
    let found = |value: Option<String>, precision| Found { tokens: 1, value, until: None, precision };
    let months = |t: NaiveDate, n: i64| {
        let by = Months::new(u32::try_from(n.unsigned_abs()).ok()?);
        if n < 0 { t.checked_sub_months(by) } else { t.checked_add_months(by) }
    };
    Some(match unit.trim_end_matches('s') {
        "day" => found(today.and_then(|t| shifted(t, steps)).map(|d| d.to_string()), DatePrecision::Day),
        "week" => {
            let week = today.and_then(|t| shifted(t, 7 * steps)).map(|d| {
                let week = d.week(Weekday::Mon).first_day().iso_week();
                format!("{}-W{:02}", week.year(), week.week())
            });
            found(week, DatePrecision::Week)
        }
        "month" => {
            found(today.and_then(|t| months(t, steps)).map(|d| d.format("%Y-%m").to_string()), DatePrecision::Month)
        }
        "quarter" => {
            let quarter =
                today.and_then(|t| months(t, 3 * steps)).map(|d| format!("{}-Q{}", d.year(), d.month0() / 3 + 1));
            found(quarter, DatePrecision::Quarter)
        }
        "year" => found(today.and_then(|t| months(t, 12 * steps)).map(|d| d.year().to_string()), DatePrecision::Year),
        "decade" => found(
            today.and_then(|t| months(t, 120 * steps)).map(|d| format!("{}0s", d.year() / 10)),
            DatePrecision::Decade,
        ),
        _ => return None,
    })
}

fn shifted(day: NaiveDate, by: i64) -> Option<NaiveDate> {
    let days = Days::new(by.unsigned_abs());
    if by < 0 { day.checked_sub_days(days) } else { day.checked_add_days(days) }
}

fn day_number(word: &str) -> Option<u32> {
    let first = word.split('-').next()?;
    let digits = first.trim_end_matches("st").trim_end_matches("nd").trim_end_matches("rd").trim_end_matches("th");
    digits.parse().ok().filter(|d| (1..=31).contains(d) && digits.len() <= 2)
}

fn year(word: &str) -> Option<i32> {
    if word.len() != 4 {
        return None;
    }
    word.parse().ok().filter(|y| (1800..2100).contains(y))
}

fn count(word: &str) -> Option<i64> {
    let known = NUMBERS.iter().position(|n| *n == word).and_then(|n| i64::try_from(n).ok());
    known.or_else(|| word.parse().ok().filter(|n| (1..1000).contains(n)))
}
