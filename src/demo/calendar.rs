//! Days in words: `{weekday:-1}` in a text becomes the name of the day before its publication, in its language.
//!
//! Placed days are `{weekday:N}`, `{date:N}`, `{day:N}`, `{month:N}` and `{year:N}`, with `N` in days from the
//! publication. Anything else in braces stays as it is.

use std::collections::HashMap;
use std::sync::LazyLock;

use chrono::{DateTime, Datelike, TimeDelta, Utc};
use serde::Deserialize;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Names {
    /// Monday first; with its preposition where grammar wants one.
    weekdays: [String; 7],
    months: [String; 12],
    /// A day of the year, with `{day}` and `{month}`.
    date: String,
    /// The same with the year.
    full: String,
}

static CALENDARS: LazyLock<HashMap<String, Names>> =
    LazyLock::new(|| toml::from_str(include_str!("newspaper/calendar.toml")).expect("newspaper/calendar.toml"));

fn names(language: &str) -> &'static Names {
    CALENDARS.get(language).or_else(|| CALENDARS.get("en")).expect("newspaper/calendar.toml has English")
}

/// Fills in the days of a text published at `published`.
pub(super) fn resolve(text: &str, published: DateTime<Utc>, language: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        out.push_str(before);
        let placed = after.split_once('}').and_then(|(inside, tail)| Some((day(inside, published, language)?, tail)));
        if let Some((words, tail)) = placed {
            out.push_str(&words);
            rest = tail;
        } else {
            out.push('{');
            rest = after;
        }
    }
    out.push_str(rest);
    out
}

fn day(inside: &str, published: DateTime<Utc>, language: &str) -> Option<String> {
    let (what, days) = inside.split_once(':')?;
    let at = published + TimeDelta::days(days.parse().ok()?);
    let names = names(language);
    match what {
        "weekday" => names.weekdays.get(at.weekday().num_days_from_monday() as usize).cloned(),
        "month" => names.months.get(at.month0() as usize).cloned(),
        "date" => Some(spelled(&names.date, at, names)),
        "day" => Some(at.day().to_string()),
        "year" => Some(at.year().to_string()),
        _ => None,
    }
}

/// The whole date, as the site prints it over an article.
pub(super) fn full_date(at: DateTime<Utc>, language: &str) -> String {
    let names = names(language);
    spelled(&names.full, at, names)
}

fn spelled(pattern: &str, at: DateTime<Utc>, names: &Names) -> String {
    let month = names.months.get(at.month0() as usize).map_or("", String::as_str);
    pattern
        .replace("{day}", &at.day().to_string())
        .replace("{month}", month)
        .replace("{month_number}", &at.month().to_string())
        .replace("{year}", &at.year().to_string())
}
