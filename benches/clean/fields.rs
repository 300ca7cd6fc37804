//! Headline, time, authors and language against the truth.

use chrono::{DateTime, FixedOffset, NaiveDate, NaiveDateTime, Timelike as _};
use serde::Deserialize;
use std::collections::{BTreeMap, HashMap};

use super::measures::{f1, squeeze};
use super::truth::{Answer, Page};

/// Counts over a set: how often right, of how many that are known.
#[derive(Debug, Default, Clone)]
pub struct Fields {
    pub title: Share,
    pub day: Share,
    pub minute: Share,
    /// A day was given and is another.
    pub wrong_day: Share,
    pub authors_exact: Share,
    /// The sum over pages of the F1 of names.
    pub authors_f1: f64,
    pub language: Share,
}

/// A part of a whole.
#[derive(Debug, Default, Clone, Copy)]
pub struct Share {
    pub part: usize,
    pub whole: usize,
}

impl Share {
    /// Counts one more.
    pub fn add(&mut self, holds: bool) {
        self.part += usize::from(holds);
        self.whole += 1;
    }

    /// `None` of nothing.
    pub fn value(self) -> Option<f64> {
        (self.whole > 0).then(|| self.part as f64 / self.whole as f64)
    }
}

impl Fields {
    /// Counts one page, and names the fields that are not right.
    pub fn count(&mut self, page: &Page, answer: &Answer, tongues: &Tongues) -> Vec<String> {
        let mut wrong = Vec::new();
        let mut note = |field: &str, right: bool, found: &dyn std::fmt::Debug, wanted: &dyn std::fmt::Debug| {
            if !right {
                wrong.push(format!("{field}: {found:?} for {wanted:?}"));
            }
            right
        };
        if let Some(title) = &page.title {
            let right = answer.title.as_deref().is_some_and(|found| folded(found) == folded(title));
            self.title.add(note("title", right, &answer.title, title));
        }
        if let Some(wanted) = page.published.as_deref().and_then(time) {
            let found = answer.published.as_deref().and_then(time);
            let day = found.is_some_and(|found| same_day(found, wanted));
            self.day.add(note("published", day, &answer.published, &page.published));
            self.wrong_day.add(found.is_some() && !day);
            if !matches!(wanted, Time::Day(_)) {
                let minute = found.is_some_and(|found| same_minute(found, wanted));
                self.minute.add(if day { note("minute", minute, &answer.published, &page.published) } else { minute });
            }
        }
        if let Some(wanted) = &page.authors {
            let (score, exact) = names(&answer.authors, wanted);
            self.authors_f1 += score;
            self.authors_exact.add(note("authors", exact, &answer.authors, wanted));
        }
        if let Some(wanted) = tongues.of(page) {
            let right = answer.language.as_deref() == Some(wanted);
            self.language.add(note("language", right, &answer.language, &wanted));
        }
        wrong
    }
}

fn folded(text: &str) -> String {
    squeeze(text).to_lowercase()
}

/// The F1 of two sets of names, and whether they are the same set. Two empty sets are.
pub fn names(found: &[String], wanted: &[String]) -> (f64, bool) {
    let set = |names: &[String]| {
        let mut names: Vec<String> = names.iter().map(|name| folded(name)).filter(|name| !name.is_empty()).collect();
        names.sort_unstable();
        names.dedup();
        names
    };
    let (found, wanted) = (set(found), set(wanted));
    if found == wanted {
        return (1.0, true);
    }
    let common = found.iter().filter(|name| wanted.contains(name)).count() as f64;
    (f1(common / found.len().max(1) as f64, common / wanted.len().max(1) as f64), false)
}

/// The names in a byline, so that peers that leave it whole are not worse for it.
pub fn people(byline: &str) -> Vec<String> {
    let byline = byline.trim();
    let bare = ["By ", "by ", "BY ", "Von ", "von ", "Par ", "Por ", "Di "]
        .iter()
        .find_map(|by| byline.strip_prefix(by))
        .unwrap_or(byline);
    let mut whole = bare.to_owned();
    for joint in [" and ", " und ", " et ", " y ", " & ", ";", "|"] {
        whole = whole.replace(joint, ",");
    }
    whole.split(',').map(str::trim).filter(|name| !name.is_empty()).map(str::to_owned).collect()
}

/// A time as somebody wrote it.
#[derive(Debug, Clone, Copy)]
pub enum Time {
    Day(NaiveDate),
    /// Without a zone.
    Clock(NaiveDateTime),
    Instant(DateTime<FixedOffset>),
}

/// Reads what pages and programs write.
pub fn time(text: &str) -> Option<Time> {
    let text = text.trim();
    let instants = ["%Y-%m-%d %H:%M:%S%.f%#z", "%Y-%m-%dT%H:%M:%S%.f%#z", "%Y-%m-%dT%H:%M%#z", "%Y-%m-%d %H:%M%#z"];
    let clocks = ["%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M"];
    let instant = DateTime::parse_from_rfc3339(text)
        .or_else(|_| DateTime::parse_from_rfc2822(text))
        .ok()
        .or_else(|| instants.iter().find_map(|form| DateTime::parse_from_str(text, form).ok()));
    instant
        .map(Time::Instant)
        .or_else(|| clocks.iter().find_map(|form| NaiveDateTime::parse_from_str(text, form).ok()).map(Time::Clock))
        .or_else(|| NaiveDate::parse_from_str(text.get(..10)?, "%Y-%m-%d").ok().map(Time::Day))
}

fn local_day(time: Time) -> NaiveDate {
    match time {
        Time::Day(day) => day,
        Time::Clock(clock) => clock.date(),
        Time::Instant(instant) => instant.date_naive(),
    }
}

/// The day as the paper would say it: an instant is looked at in the truth's own zone.
pub fn same_day(found: Time, wanted: Time) -> bool {
    match (found, wanted) {
        (Time::Instant(found), Time::Instant(wanted)) => {
            found.with_timezone(wanted.offset()).date_naive() == wanted.date_naive()
        }
        _ => local_day(found) == local_day(wanted),
    }
}

/// The same instant to the minute; where one side has no zone, the same time on the other's clock, or on Greenwich's.
pub fn same_minute(found: Time, wanted: Time) -> bool {
    match (found, wanted) {
        (Time::Instant(found), Time::Instant(wanted)) => {
            found.timestamp().div_euclid(60) == wanted.timestamp().div_euclid(60)
        }
        (Time::Instant(instant), Time::Clock(clock)) | (Time::Clock(clock), Time::Instant(instant)) => {
            let at_zero = instant.naive_utc();
            [at_zero, instant.naive_local()].iter().any(|at| to_the_minute(*at) == to_the_minute(clock))
        }
        (Time::Clock(found), Time::Clock(wanted)) => to_the_minute(found) == to_the_minute(wanted),
        // A truth without zone or time knows a day, and whoever says no more than the day has said it all.
        (Time::Day(day), Time::Clock(wanted)) => to_the_minute(wanted) == (day, 0, 0),
        _ => false,
    }
}

fn to_the_minute(clock: NaiveDateTime) -> (NaiveDate, u32, u32) {
    (clock.date(), clock.hour(), clock.minute())
}

/// The languages papers of a country are written in, from `languages.toml`: code to the detector's code.
#[derive(Debug, Default, Deserialize)]
pub struct Tongues(HashMap<String, BTreeMap<String, String>>);

impl Tongues {
    /// Reads the bench's own file.
    pub fn builtin() -> Self {
        toml::from_str(include_str!("languages.toml")).expect("the bench's own file is TOML")
    }

    /// The language of a page's truth: the country's, or, where it has several, the likeliest of them for the text.
    fn of(&self, page: &Page) -> Option<&str> {
        let tongues = self.0.get(page.country.as_deref()?)?;
        if tongues.len() == 1 {
            return tongues.keys().next().map(String::as_str);
        }
        let known: Vec<(&str, whatlang::Lang)> =
            tongues.iter().filter_map(|(code, lang)| Some((code.as_str(), whatlang::Lang::from_code(lang)?))).collect();
        let detector = whatlang::Detector::with_allowlist(known.iter().map(|(_, lang)| *lang).collect());
        let lang = detector.detect_lang(page.text.as_deref()?)?;
        known.iter().find(|(_, known)| *known == lang).map(|(code, _)| *code)
    }
}
