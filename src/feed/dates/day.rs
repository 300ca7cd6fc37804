//! The day.

use chrono::{Datelike, NaiveDate, Weekday};

use super::token::Tokens;
use super::words::{self, Unit};
use super::{date, full_year};

/// Takes the day. A year and a month alone are its first day, a year alone is its first.
pub fn take(tokens: &mut Tokens) -> Option<NaiveDate> {
    let weekday = weekday(tokens);
    by_units(tokens)
        .or_else(|| by_month_name(tokens))
        .or_else(|| week_or_ordinal(tokens))
        .or_else(|| by_numbers(tokens, weekday))
}

fn weekday(tokens: &Tokens) -> Option<Weekday> {
    let day = (0..tokens.len()).find_map(|at| words::weekday(tokens.word(at)?))?;
    Weekday::try_from(u8::try_from(day).ok()? - 1).ok()
}

/// `2020年11月16日`, `2020년 11월`.
fn by_units(tokens: &mut Tokens) -> Option<NaiveDate> {
    let find = |unit: Unit, digits_max: usize| {
        tokens.numbers().find_map(|at| {
            let word = tokens.word(at + 1)?;
            let sign = word.chars().next().filter(|sign| words::unit(*sign) == Some(unit))?;
            // Only signs: "日本" after a number is a country.
            (word.len() == sign.len_utf8()).then(|| Some((at, tokens.value(at, digits_max)?))).flatten()
        })
    };
    let (year_at, year) = find(Unit::Year, 4)?;
    let (month_at, month) = find(Unit::Month, 2)?;
    let day = find(Unit::Day, 2);
    let digits = tokens.number(year_at)?.len();
    let found = date(full_year(i32::try_from(year).ok()?, digits), month, day.map_or(1, |(_, day)| day))?;
    for at in [Some(year_at), Some(month_at), day.map(|(at, _)| at)].into_iter().flatten() {
        tokens.take(at..at + 2);
    }
    Some(found)
}

/// A month's name with the numbers beside it.
fn by_month_name(tokens: &mut Tokens) -> Option<NaiveDate> {
    let (start, end, month) = month_name(tokens)?;
    let numbers: Vec<usize> = tokens.numbers().filter(|at| *at < start || *at >= end).collect();
    let is_year = |at: &usize| {
        let digits = tokens.number(*at).unwrap_or_default();
        digits.len() == 4
            || (digits.len() == 2 && digits > "31")
            || at.checked_sub(1).and_then(|b| tokens.mark(b)) == Some('\'')
    };
    let distance = |at: &usize| if *at < start { (start - at) * 2 } else { (at + 1 - end) * 2 + 1 };
    let is_day = |at: &usize| tokens.value(*at, 2).is_some_and(|day| (1..=31).contains(&day));
    let year_at = numbers.iter().copied().filter(is_year).min_by_key(distance);
    let day_at = numbers.iter().copied().filter(|at| Some(*at) != year_at && is_day(at)).min_by_key(distance);
    // "16 Nov 20", "Nov 16 20", "1 Jan 104": what is left beside the day is the year.
    let year_at = year_at.or_else(|| {
        let day_at = day_at?;
        numbers.iter().copied().find(|at| *at > day_at && tokens.value(*at, 3).is_some())
    })?;
    let year = full_year(tokens.value(year_at, 4)?.try_into().ok()?, tokens.number(year_at)?.len());
    let found = match day_at {
        Some(day_at) => date(year, month, tokens.value(day_at, 2)?)?,
        // Without a day the two stand together: "November 2020", "2020. november".
        None if numbers == [year_at] && are_together(tokens, year_at, start, end) => date(year, month, 1)?,
        None => return None,
    };
    tokens.take(start..end);
    tokens.take(year_at..year_at + 1);
    if let Some(day_at) = day_at {
        tokens.take(day_at..day_at + 1);
    }
    Some(found)
}

/// Whether nothing stands between a year and a month but marks and the "of" of Romance languages.
fn are_together(tokens: &Tokens, year_at: usize, start: usize, end: usize) -> bool {
    let mut between = if year_at < start { year_at + 1..start } else { end..year_at };
    between.all(|at| tokens.mark(at).is_some() || matches!(tokens.word(at), Some("de" | "del" | "of")))
}

/// The month's tokens and number. A word that is a day of the week too is a month only where no other word is.
fn month_name(tokens: &Tokens) -> Option<(usize, usize, u32)> {
    let mut doubtful = None;
    for at in 0..tokens.len() {
        for count in [2, 1] {
            let Some((name, end)) = tokens.phrase(at, count) else { continue };
            // Vietnamese counts the months: "16 tháng 11", "Thg 7".
            let counted = tokens.value(end, 2).filter(|month| matches!(name.as_str(), "thang" | "thg") && *month <= 12);
            if let Some(month) = counted {
                return Some((at, end + 1, month));
            }
            match words::month(&name) {
                Some(month) if words::weekday(&name).is_some() => {
                    doubtful = doubtful.or(Some((at, end, month)));
                }
                Some(month) => return Some((at, end, month)),
                None => {}
            }
        }
    }
    doubtful
}

/// `2003-W01-1`, `2003W011`, `2003-335`, `2003335`, `03335`.
fn week_or_ordinal(tokens: &mut Tokens) -> Option<NaiveDate> {
    let first = tokens.numbers().next()?;
    let rest = tokens.numbers().count();
    let digits = tokens.number(first)?.to_owned();
    let hyphen = usize::from(tokens.mark(first + 1) == Some('-'));
    if digits.len() == 4 && tokens.word(first + 1 + hyphen) == Some("w") {
        let week_at = first + 2 + hyphen;
        let week = tokens.number(week_at)?.to_owned();
        let day_at = week_at + 2;
        let (week, day, end) = match (week.len(), tokens.value(day_at, 1)) {
            (3, _) => (week.parse::<u32>().ok()? / 10, week.parse::<u32>().ok()? % 10, week_at + 1),
            (2, Some(day)) if tokens.mark(week_at + 1) == Some('-') => (week.parse().ok()?, day, day_at + 1),
            (2, _) => (week.parse().ok()?, 1, week_at + 1),
            _ => return None,
        };
        let weekday = Weekday::try_from(u8::try_from(day).ok()?.checked_sub(1)?).ok()?;
        let found = NaiveDate::from_isoywd_opt(digits.parse().ok()?, week, weekday)?;
        tokens.take(first..end);
        return Some(found);
    }
    let (year, ordinal, end) = match (digits.len(), tokens.number(first + 2)) {
        (4 | 2, Some(day)) if hyphen == 1 && day.len() == 3 && rest == 2 => (digits.clone(), day.to_owned(), first + 3),
        (5 | 7, _) if rest == 1 => {
            let (year, day) = digits.split_at_checked(digits.len() - 3)?;
            (year.to_owned(), day.to_owned(), first + 1)
        }
        _ => return None,
    };
    let found = NaiveDate::from_yo_opt(full_year(year.parse().ok()?, year.len()), ordinal.parse().ok()?)?;
    tokens.take(first..end);
    Some(found)
}

/// A day in numbers alone.
fn by_numbers(tokens: &mut Tokens, weekday: Option<Weekday>) -> Option<NaiveDate> {
    let first = tokens.numbers().next()?;
    let chain = chain(tokens, first);
    let digits = |at: usize| tokens.number(at).unwrap_or_default();
    let value = |at: usize| tokens.value(at, 4);
    let year = |at: usize| Some(full_year(value(at)?.try_into().ok()?, digits(at).len()));
    let found = match chain.as_slice() {
        [first, second, third, ..] => triple(tokens, [*first, *second, *third], weekday),
        [a, b] => match (digits(*a).len(), digits(*b).len()) {
            (4, 1 | 2) => date(year(*a)?, value(*b)?, 1),
            (1 | 2, 4) => date(year(*b)?, value(*a)?, 1),
            // The century left out, as ISO 8601 once allowed: "-03-12".
            (1 | 2, 1 | 2) if *a == 1 && tokens.mark(0) == Some('-') => date(year(*a)?, value(*b)?, 1),
            _ => None,
        },
        [a] => written_together(digits(*a), *a == 1 && tokens.mark(0) == Some('-'), tokens.len() == a + 1),
        [] => None,
    }?;
    let end = chain.get(2).or(chain.last())? + 1;
    tokens.take(first..end);
    Some(found)
}

/// Year, month and day in the order that their lengths and the marks between them tell.
fn triple(tokens: &Tokens, at: [usize; 3], weekday: Option<Weekday>) -> Option<NaiveDate> {
    let [first, second, third] = at.map(|at| tokens.value(at, 4));
    let (first, second, third) = (first?, second?, third?);
    let [digits, _, last_digits] = at.map(|at| tokens.number(at).map_or(0, str::len));
    let mark = tokens.mark(at[0] + 1);
    let year = |value: u32, digits: usize| Some(full_year(value.try_into().ok()?, digits));
    let year_last = || month_or_day(year(third, last_digits)?, first, second, mark == Some('/'), weekday);
    match (digits, last_digits) {
        // Some write the month with three digits, and some the day before the month.
        (4, _) => {
            let year = year(first, 4)?;
            date(year, second, third).or_else(|| date(year, third, second))
        }
        (_, 4) => year_last(),
        (2, 2) if mark == Some('-') || first > 31 => date(year(first, 2)?, second, third),
        (..=2, 2) => year_last(),
        (2, 1) if mark != Some('.') => date(year(first, 2)?, second, third),
        _ => None,
    }
}

/// `20031231`, `031231`, `-0312`; and a year, where nothing else is written.
fn written_together(digits: &str, is_without_century: bool, is_all: bool) -> Option<NaiveDate> {
    let value: i32 = digits.parse().ok()?;
    let part = |number: i32| u32::try_from(number % 100).ok();
    match digits.len() {
        8 => date(value / 10_000, part(value / 100)?, part(value)?),
        6 => date(full_year(value / 10_000, 2), part(value / 100)?, part(value)?),
        4 if is_without_century => date(full_year(value / 100, 2), part(value)?, 1),
        4 if is_all => date(full_year(value, 4), 1, 1),
        _ => None,
    }
}

/// Numbers with nothing but the marks of a date between them.
fn chain(tokens: &Tokens, first: usize) -> Vec<usize> {
    let mut chain = vec![first];
    let mut at = first + 1;
    while chain.len() < 3 {
        let next =
            (at..tokens.len().min(at + 3)).find(|next| !matches!(tokens.mark(*next), Some('-' | '/' | '.' | ',')));
        match next.filter(|next| tokens.number(*next).is_some()) {
            Some(next) => {
                chain.push(next);
                at = next + 1;
            }
            None => break,
        }
    }
    chain
}

/// Whether 3/4 is in March or in April: what the calendar allows, then the day of the week beside it, then the custom of
/// those who write the mark: slashes are American, dots and hyphens of everybody else.
fn month_or_day(year: i32, x: u32, y: u32, month_first: bool, weekday: Option<Weekday>) -> Option<NaiveDate> {
    let american = date(year, x, y);
    let other = date(year, y, x);
    let (Some(american), Some(other)) = (american, other) else { return american.or(other) };
    let matches = |found: NaiveDate| weekday == Some(found.weekday());
    Some(match (matches(american), matches(other)) {
        (true, false) => american,
        (false, true) => other,
        _ if month_first => american,
        _ => other,
    })
}
