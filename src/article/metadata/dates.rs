//! When a page was published and changed: every date it gives, and which of them to believe.
//!
//! JSON-LD and metas say the minute and are believed first. The address, a `time` element and a date that stands beside
//! the headline follow. What says no time is a day, and never a midnight; what says a time and no zone is read in the
//! zone that the page gives elsewhere, or that the publisher's country has, and is a day too where neither is known.

use chrono::{DateTime, Datelike, Duration, NaiveDateTime, NaiveTime, Offset, TimeZone, Timelike, Utc};
use chrono_tz::Tz;
use serde::Serialize;

use super::head::Head;
use super::json_ld::Story;
use crate::article::{Hint, Precision};
use crate::feed::dates::{self, ClockWritten};

/// A date that a page gives.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DateFound {
    /// What it is the date of.
    pub kind: DateKind,
    /// The instant; of a day, its midnight in UTC.
    pub value: DateTime<Utc>,
    /// How exactly it is known.
    pub precision: Precision,
    /// The offset it was read with (`+02:00`), where it has a time and its zone is known.
    pub zone: Option<String>,
    /// Where it was read, in the words of `published_source`.
    pub source: &'static str,
    /// As it is written.
    pub text: String,
}

/// What a date is the date of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum DateKind {
    /// The publication.
    Published,
    /// The last change.
    Updated,
}

/// An instant, and how exactly it is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    /// The instant.
    pub at: DateTime<Utc>,
    /// How exactly it is known.
    pub precision: Precision,
}

impl Moment {
    /// The same, as the date of publication.
    pub(super) fn found(self, source: &'static str) -> DateFound {
        let text = self.at.to_rfc3339();
        DateFound { kind: DateKind::Published, value: self.at, precision: self.precision, zone: None, source, text }
    }
}

/// Reads a date that stands alone. A time without a zone is read as UTC: whoever writes a rule for a site can say more.
pub(in super::super) fn parse(text: &str) -> Option<Moment> {
    let mut candidate = Candidate::read(DateKind::Published, "", 0, text)?;
    candidate.written.offset = candidate.written.offset.or(Some(0));
    let found = resolve(&candidate, &[], None);
    Some(Moment { at: found.value, precision: found.precision })
}

/// Whether an instant is in the time of the web.
pub(in super::super) fn plausible(at: DateTime<Utc>) -> bool {
    (YEAR_MIN..2100).contains(&at.year())
}

/// Candidates kept; a page with more repeats itself.
const CANDIDATES_MAX: usize = 24;
/// Characters of a candidate's text that are kept.
const TEXT_CHARS_MAX: usize = 80;
/// The web's first year, about: an older date is a template's default, or of what the story tells.
const YEAR_MIN: i32 = 1990;

/// What a page says of its dates.
#[derive(Debug, Default)]
pub(in super::super) struct Dates {
    pub published: Option<DateFound>,
    pub updated: Option<DateFound>,
    /// All, those believed first in front.
    pub found: Vec<DateFound>,
}

/// A date as written, and how much its place is worth: the lower the rank, the more.
#[derive(Debug)]
pub(super) struct Candidate {
    kind: DateKind,
    written: dates::Written,
    source: &'static str,
    rank: u8,
    text: String,
}

impl Candidate {
    /// Reads a candidate. A month or a year alone is no date.
    pub fn read(kind: DateKind, source: &'static str, rank: u8, text: &str) -> Option<Self> {
        let text = text.trim();
        let groups = text.split(|c: char| !c.is_numeric()).filter(|group| !group.is_empty());
        let (count, longest) = groups.fold((0, 0), |(count, longest), group| (count + 1, group.len().max(longest)));
        let has_letters = text.contains(char::is_alphabetic);
        if count < 2 && longest < 8 || count == 2 && !has_letters && longest < 8 {
            return None;
        }
        let written = dates::written(text).filter(|w| (YEAR_MIN..2100).contains(&w.local.year()))?;
        let text = text.chars().take(TEXT_CHARS_MAX).collect();
        Some(Self { kind, written, source, rank, text })
    }

    /// Whether only the day is known. A clock at midnight sharp is a form that had no time to fill in.
    fn is_day(&self) -> bool {
        self.written.clock == ClockWritten::None || self.written.local.num_seconds_from_midnight() == 0
    }
}

/// The metas of publication and change, each with its source.
const METAS: [(&str, DateKind, &str, u8); 33] = [
    ("article:published_time", DateKind::Published, "opengraph", 1),
    ("og:article:published_time", DateKind::Published, "opengraph", 1),
    ("og:published_time", DateKind::Published, "opengraph", 1),
    ("article:published", DateKind::Published, "opengraph", 1),
    ("datepublished", DateKind::Published, "meta", 2),
    ("date", DateKind::Published, "meta", 2),
    ("pubdate", DateKind::Published, "meta", 2),
    ("publishdate", DateKind::Published, "meta", 2),
    ("publish-date", DateKind::Published, "meta", 2),
    ("publish_date", DateKind::Published, "meta", 2),
    ("published_time", DateKind::Published, "meta", 2),
    ("published", DateKind::Published, "meta", 2),
    ("dc.date", DateKind::Published, "meta", 2),
    ("dc.date.issued", DateKind::Published, "meta", 2),
    ("dcterms.created", DateKind::Published, "meta", 2),
    ("dcterms.date", DateKind::Published, "meta", 2),
    ("dcterms.issued", DateKind::Published, "meta", 2),
    ("citation_publication_date", DateKind::Published, "meta", 2),
    ("citation_date", DateKind::Published, "meta", 2),
    ("parsely-pub-date", DateKind::Published, "meta", 2),
    ("sailthru.date", DateKind::Published, "meta", 2),
    ("cxenseparse:recs:publishtime", DateKind::Published, "meta", 2),
    ("article.published", DateKind::Published, "meta", 2),
    ("published-date", DateKind::Published, "meta", 2),
    ("publication_date", DateKind::Published, "meta", 2),
    ("date.created", DateKind::Published, "meta", 2),
    ("created", DateKind::Published, "meta", 2),
    ("rnews:datepublished", DateKind::Published, "meta", 2),
    ("article:modified_time", DateKind::Updated, "opengraph", 1),
    ("og:updated_time", DateKind::Updated, "opengraph", 2),
    ("datemodified", DateKind::Updated, "meta", 2),
    ("dcterms.modified", DateKind::Updated, "meta", 2),
    ("last-modified", DateKind::Updated, "meta", 3),
];

/// The dates in a page's data and markup.
pub(super) fn structured(head: &Head, story: Option<&Story>, path: &str, headline_at: usize) -> Vec<Candidate> {
    let mut all = Vec::new();
    let mut push = |kind, source, rank, text: &str| {
        if all.len() < CANDIDATES_MAX {
            all.extend(Candidate::read(kind, source, rank, text));
        }
    };
    if let Some(story) = story {
        story.published.iter().for_each(|text| push(DateKind::Published, "json-ld", 0, text));
        story.modified.iter().for_each(|text| push(DateKind::Updated, "json-ld", 0, text));
    }
    for (key, kind, source, rank) in METAS {
        head.first(&[key]).into_iter().for_each(|text| push(kind, source, rank, text));
    }
    for time in &head.times {
        if let Some(kind) = time.value.kind {
            let (source, rank) = if time.value.is_item { ("meta", 2) } else { ("time", 3) };
            push(kind, source, rank, &time.value.text);
        }
    }
    // Of times without a label only the one that follows the headline is the story's; others are of other stories.
    let plain = || head.times.iter().filter(|time| time.value.kind.is_none());
    let nearest = plain().find(|time| time.at > headline_at).or_else(|| plain().next());
    if let Some(time) = nearest {
        push(DateKind::Published, "time", 6, &time.value.text);
    }
    all.extend(in_path(path));
    all
}

/// Whether nothing but an address or a `time` without a label tells the day of publication.
pub(super) fn is_vague(candidates: &[Candidate]) -> bool {
    !candidates.iter().any(|c| c.kind == DateKind::Published && c.rank <= 3)
}

/// The date in an address (`/2024/05/17/`, `/2024-05-17-`, `/20240517/`).
pub(super) fn in_path(path: &str) -> Option<Candidate> {
    let bytes = path.as_bytes();
    for at in 0..bytes.len() {
        let starts = matches!(bytes.get(at), Some(b'1' | b'2')) && at > 0 && !bytes.get(at - 1)?.is_ascii_digit();
        let Some(rest) = path.get(at..).filter(|_| starts) else { continue };
        let digits = |from: usize, count: usize| {
            let part = rest.get(from..from + count)?;
            part.bytes().all(|b| b.is_ascii_digit()).then(|| part.parse::<u32>().ok()).flatten()
        };
        let mark = rest.as_bytes().get(4).copied().filter(|b| matches!(b, b'/' | b'-' | b'_' | b'.'));
        let (month, day, end) = match mark {
            Some(mark) if rest.as_bytes().get(7) == Some(&mark) => (digits(5, 2), digits(8, 2), 10),
            // "/2024/5/17/"
            Some(b'/') => {
                let mut parts = rest.get(5..).unwrap_or_default().split('/');
                let mut part = || parts.next().filter(|p| (1..=2).contains(&p.len()))?.parse::<u32>().ok();
                (part(), part(), usize::MAX)
            }
            None => (digits(4, 2), digits(6, 2), 8),
            Some(_) => continue,
        };
        if rest.as_bytes().get(end).is_some_and(u8::is_ascii_digit) {
            continue;
        }
        let (Some(year), Some(month), Some(day)) = (digits(0, 4), month, day) else { continue };
        let text = format!("{year:04}-{month:02}-{day:02}");
        if let Some(found) = Candidate::read(DateKind::Published, "url", 5, &text) {
            return Some(found);
        }
    }
    None
}

/// Weighs the candidates. `zone` is the publisher's, by its country.
pub(super) fn decide(mut candidates: Vec<Candidate>, hint: &Hint, zone: Option<Tz>) -> Dates {
    candidates.truncate(CANDIDATES_MAX);
    candidates.sort_by_key(|candidate| candidate.rank);
    let all: Vec<(DateFound, &Candidate)> =
        candidates.iter().map(|candidate| (resolve(candidate, &candidates, zone), candidate)).collect();
    // Nothing is published later than it is read; clocks of servers may go wrong by a day.
    let latest = hint.fetched_at.map(|at| at + Duration::days(1));
    let all: Vec<(DateFound, &Candidate)> =
        all.into_iter().filter(|(found, _)| latest.is_none_or(|latest| found.value <= latest)).collect();
    let fed = hint.published_at.map(|at| DateFound {
        kind: DateKind::Published,
        value: at,
        precision: Precision::Second,
        zone: Some("+00:00".to_owned()),
        source: "feed",
        text: at.to_rfc3339(),
    });
    let updated = best(&all, DateKind::Updated);
    let stated = best(&all, DateKind::Published);
    let published = match (stated, fed.clone()) {
        // A feed tells the time of a day that the page tells alone.
        (Some((stated, _)), Some(fed))
            if stated.precision == Precision::Day && (fed.value - stated.value).num_hours().abs() < 36 =>
        {
            Some(fed)
        }
        (Some((_, rank)), Some(fed)) if rank > 3 => Some(fed),
        (Some((stated, _)), _) => Some(stated),
        (None, Some(fed)) => Some(fed),
        // A page that tells its last change alone was published that day or before.
        (None, None) => updated.clone().map(|(updated, _)| as_day(updated)),
    };
    // A change before the publication is a clock of another machine.
    let updated = updated
        .map(|(updated, _)| updated)
        .filter(|updated| published.as_ref().is_none_or(|published| published.value <= updated.value));
    let mut found: Vec<DateFound> = fed.into_iter().collect();
    found.extend(all.into_iter().map(|(found, _)| found));
    Dates { published, updated, found }
}

fn as_day(found: DateFound) -> DateFound {
    let value = found.value.date_naive().and_time(NaiveTime::MIN).and_utc();
    DateFound { kind: DateKind::Published, value, precision: Precision::Day, zone: None, ..found }
}

/// The candidate of the best place; where it tells the day alone, the next one that tells the time of that day.
fn best(all: &[(DateFound, &Candidate)], kind: DateKind) -> Option<(DateFound, u8)> {
    let own = || all.iter().filter(|(found, _)| found.kind == kind);
    let (first, candidate) = own().next()?;
    let exact = || {
        own().find(|(found, other)| {
            found.precision != Precision::Day && other.written.local.date() == candidate.written.local.date()
        })
    };
    let (found, candidate) =
        if first.precision == Precision::Day { exact().unwrap_or(own().next()?) } else { own().next()? };
    Some((found.clone(), candidate.rank))
}

/// A candidate as an instant.
fn resolve(candidate: &Candidate, all: &[Candidate], zone: Option<Tz>) -> DateFound {
    let local = candidate.written.local;
    let mut offset = if candidate.is_day() { None } else { offset_of(candidate, all, zone) };
    let mut day = local.date();
    // A midnight at home, turned into UTC by a machine, is a day too.
    if let (Some(seconds), Some(zone)) = (offset, zone)
        && let Some(utc) = local.checked_sub_signed(Duration::seconds(i64::from(seconds)))
        && let home = zone.from_utc_datetime(&utc).naive_local()
        && home.num_seconds_from_midnight() == 0
    {
        (offset, day) = (None, home.date());
    }
    let (value, precision) = match offset {
        Some(offset) => {
            let at = local.checked_sub_signed(Duration::seconds(i64::from(offset))).unwrap_or(local).and_utc();
            let exact = candidate.written.clock == ClockWritten::Second;
            (at, if exact { Precision::Second } else { Precision::Minute })
        }
        None => (day.and_time(NaiveTime::MIN).and_utc(), Precision::Day),
    };
    DateFound {
        kind: candidate.kind,
        value,
        precision,
        zone: offset.map(written_offset),
        source: candidate.source,
        text: candidate.text.clone(),
    }
}

/// The offset of a candidate's clock. A page that writes the same time once with an offset and once without, or as if
/// it were UTC, means the offset.
fn offset_of(candidate: &Candidate, all: &[Candidate], zone: Option<Tz>) -> Option<i32> {
    let own = candidate.written.offset;
    if own.is_some_and(|seconds| seconds != 0) {
        return own;
    }
    let minute = |at: NaiveDateTime| at.and_utc().timestamp() / 60;
    let offsets = || all.iter().filter_map(|other| other.written.offset.map(|offset| (other, offset)));
    let same = offsets()
        .find(|(other, offset)| *offset != 0 && minute(other.written.local) == minute(candidate.written.local));
    same.map(|(_, offset)| offset)
        .or(own)
        .or_else(|| zone.and_then(|zone| regional(zone, candidate.written.local)))
        .or_else(
            // Summer time aside, a publisher has one clock.
            || offsets().find(|(other, offset)| *offset != 0 && !other.is_day()).map(|(_, offset)| offset),
        )
}

fn regional(zone: Tz, local: NaiveDateTime) -> Option<i32> {
    Some(zone.from_local_datetime(&local).earliest()?.offset().fix().local_minus_utc())
}

fn written_offset(seconds: i32) -> String {
    let (sign, seconds) = if seconds < 0 { ('-', -seconds) } else { ('+', seconds) };
    format!("{sign}{:02}:{:02}", seconds / 3600, seconds / 60 % 60)
}
