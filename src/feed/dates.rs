//! The dates of feeds, in the spellings that publishers use: RFC 822 and its misspellings, RFC 3339 and ISO 8601,
//! `asctime`, Unix seconds, month names in several languages, dates without a time.
//!
//! In: a text. Out: an instant in UTC, or nothing. A date without a time is that day's midnight in UTC; a time without
//! a zone is read as UTC.

use chrono::{DateTime, Duration, NaiveDate, NaiveTime, Utc};

/// Month names by their first letters, lower case, diacritics as written; English first.
const MONTHS: [&[&str]; 12] = [
    &["jan", "ene", "gen", "янв", "січ", "sty", "led", "oca"],
    &["feb", "fév", "fev", "фев", "лют", "lut", "úno", "şub"],
    &["mar", "mär", "mrz", "maa", "мар", "бер", "bře"],
    &["apr", "abr", "avr", "апр", "кві", "kwi", "dub", "nis"],
    &["may", "mai", "mag", "mei", "май", "мая", "тра", "maj", "kvě"],
    &["jun", "giu", "juin", "июн", "чер", "cze", "haz"],
    &["jul", "lug", "juil", "июл", "лип", "lip", "tem"],
    &["aug", "ago", "aoû", "aou", "авг", "сер", "sie", "ağu"],
    &["sep", "set", "сен", "вер", "wrz", "zář", "eyl"],
    &["oct", "okt", "out", "ott", "окт", "жов", "paź", "říj", "eki"],
    &["nov", "ноя", "лис", "lis", "kas"],
    &["dec", "dez", "dic", "déc", "дек", "гру", "gru", "pro", "ara"],
];

/// Zone names with their offset from UTC in minutes. The American ones are those of RFC 822.
const ZONES: [(&str, i32); 34] = [
    ("z", 0),
    ("ut", 0),
    ("utc", 0),
    ("gmt", 0),
    ("wet", 0),
    ("bst", 60),
    ("ist", 330),
    ("west", 60),
    ("cet", 60),
    ("mez", 60),
    ("cest", 120),
    ("mesz", 120),
    ("eet", 120),
    ("eest", 180),
    ("msk", 180),
    ("sast", 120),
    ("est", -300),
    ("edt", -240),
    ("et", -300),
    ("cst", -360),
    ("cdt", -300),
    ("ct", -360),
    ("mst", -420),
    ("mdt", -360),
    ("mt", -420),
    ("pst", -480),
    ("pdt", -420),
    ("pt", -480),
    ("jst", 540),
    ("kst", 540),
    ("hkt", 480),
    ("aest", 600),
    ("aedt", 660),
    ("nzst", 720),
];

/// Reads a date.
pub fn parse(text: &str) -> Option<DateTime<Utc>> {
    let text = text.trim();
    if text.is_empty() || text.len() > 200 {
        return None;
    }
    if let Ok(exact) = DateTime::parse_from_rfc3339(text) {
        return within(exact.with_timezone(&Utc));
    }
    if text.bytes().all(|b| b.is_ascii_digit()) {
        return digits(text);
    }
    let found = Parts::of(text);
    within(found.instant()?)
}

/// Unix seconds or milliseconds, or a day written together.
fn digits(text: &str) -> Option<DateTime<Utc>> {
    let number: i64 = text.parse().ok()?;
    match text.len() {
        8 => within(NaiveDate::parse_from_str(text, "%Y%m%d").ok()?.and_time(NaiveTime::MIN).and_utc()),
        9 | 10 => within(DateTime::from_timestamp(number, 0)?),
        13 => within(DateTime::from_timestamp_millis(number)?),
        14 => within(chrono::NaiveDateTime::parse_from_str(text, "%Y%m%d%H%M%S").ok()?.and_utc()),
        _ => None,
    }
}

/// News of the web's time only: a year 1 or 9999 is a template's default.
fn within(at: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let year = chrono::Datelike::year(&at);
    (1970..2100).contains(&year).then_some(at)
}

/// What a date's words say.
#[derive(Default)]
struct Parts {
    year: Option<i32>,
    month: Option<u32>,
    day: Option<u32>,
    seconds: Option<i64>,
    afternoon: Option<bool>,
    offset_minutes: i32,
}

impl Parts {
    fn of(text: &str) -> Self {
        let mut parts = Self::default();
        let spaced = text.replace(['T', '\u{a0}'], "T ").replace([',', '(', ')', '年', '月', '日'], " ");
        // An ISO `T` stands between digits; as part of a word ("Tue", "Oct", "EST") it stays.
        let spaced = if text.as_bytes().iter().take(4).all(u8::is_ascii_digit) {
            spaced.replace("T ", " ")
        } else {
            spaced.replace("T ", "T")
        };
        for word in spaced.split_whitespace() {
            parts.take(word);
        }
        parts
    }

    fn take(&mut self, word: &str) {
        let lower = word.to_lowercase();
        let lower = lower.trim_matches('.');
        if lower.contains(':') {
            self.take_time(lower);
        } else if let Some(offset) = zone(lower) {
            self.offset_minutes = offset;
        } else if matches!(lower, "am" | "a.m" | "pm" | "p.m") {
            self.afternoon = Some(lower.starts_with('p'));
        } else if lower.starts_with(|c: char| c.is_ascii_digit()) {
            self.take_number(lower);
        } else if let Some(month) = month(lower) {
            self.month = self.month.or(Some(month));
        }
    }

    fn take_number(&mut self, word: &str) {
        let pieces: Vec<&str> = word.split(['-', '/', '.']).filter(|p| !p.is_empty()).collect();
        if let [first, second, third] = pieces[..] {
            let (a, c) = (number(first), number(third));
            let b = number(second).or_else(|| month(&second.to_lowercase()));
            match (a, b, c) {
                (Some(year), Some(month), Some(day)) if first.len() == 4 => self.set(year, month, day),
                // Slashes are American unless the first number can be no month.
                (Some(month), Some(day), Some(year)) if word.contains('/') && month <= 12 => {
                    self.set(century(year), month, day);
                }
                (Some(day), Some(month), Some(year)) => self.set(century(year), month, day),
                _ => {}
            }
            return;
        }
        let plain: String = word.chars().take_while(char::is_ascii_digit).collect();
        match (plain.len(), number(&plain)) {
            (4, Some(year)) => self.year = self.year.or(i32::try_from(year).ok()),
            (1 | 2, Some(day)) if self.day.is_none() => self.day = Some(day),
            (2, Some(year)) if self.year.is_none() => self.year = i32::try_from(century(year)).ok(),
            _ => {}
        }
    }

    fn set(&mut self, year: u32, month: u32, day: u32) {
        self.year = i32::try_from(year).ok();
        self.month = Some(month);
        self.day = Some(day);
    }

    fn take_time(&mut self, word: &str) {
        let end = word.find(|c: char| !(c.is_ascii_digit() || c == ':' || c == '.' || c == ',')).unwrap_or(word.len());
        let (clock, rest) = word.split_at_checked(end).unwrap_or((word, ""));
        if clock.is_empty() {
            if let Some(offset) = zone(word) {
                self.offset_minutes = offset;
            }
            return;
        }
        let mut fields =
            clock.split(':').map(|f| f.split(['.', ',']).next().unwrap_or_default().parse::<i64>().unwrap_or(0));
        let (h, m, s) = (fields.next().unwrap_or(0), fields.next().unwrap_or(0), fields.next().unwrap_or(0));
        if h <= 24 && m < 60 && s <= 60 {
            self.seconds = Some(h * 3600 + m * 60 + s.min(59));
        }
        match rest {
            "" => {}
            "am" | "pm" => self.afternoon = Some(rest == "pm"),
            zoned => self.offset_minutes = zone(zoned).unwrap_or(self.offset_minutes),
        }
    }

    fn instant(&self) -> Option<DateTime<Utc>> {
        let day = NaiveDate::from_ymd_opt(self.year?, self.month?, self.day.unwrap_or(1))?;
        let mut seconds = self.seconds.unwrap_or(0);
        match self.afternoon {
            Some(true) if seconds < 12 * 3600 => seconds += 12 * 3600,
            Some(false) if seconds >= 12 * 3600 => seconds -= 12 * 3600,
            _ => {}
        }
        let midnight = day.and_time(NaiveTime::MIN).and_utc();
        Some(midnight + Duration::seconds(seconds) - Duration::minutes(i64::from(self.offset_minutes)))
    }
}

fn number(text: &str) -> Option<u32> {
    text.parse().ok()
}

fn century(year: u32) -> u32 {
    match year {
        0..=69 => 2000 + year,
        70..=99 => 1900 + year,
        _ => year,
    }
}

fn month(word: &str) -> Option<u32> {
    let at = MONTHS.iter().position(|names| names.iter().any(|name| word.starts_with(name)))?;
    // "Mart", "marzo" and "mars" are months; "Mardi" is a day, and so are the German "Mon" and "Mit".
    if word.starts_with("mardi") || word.starts_with("mart") && word.starts_with("martes") {
        return None;
    }
    u32::try_from(at + 1).ok()
}

/// A zone by name, or `+hh:mm`, `+hhmm`, `GMT+2`; in minutes.
fn zone(word: &str) -> Option<i32> {
    if let Some((_, offset)) = ZONES.iter().find(|(name, _)| *name == word) {
        return Some(*offset);
    }
    let word = word.strip_prefix("gmt").or_else(|| word.strip_prefix("utc")).unwrap_or(word);
    let (sign, rest) = match word.chars().next()? {
        '+' => (1, word.get(1..)?),
        '-' | '\u{2212}' => (-1, word.trim_start_matches(['-', '\u{2212}'])),
        _ => return None,
    };
    let plain: String = rest.chars().filter(char::is_ascii_digit).collect();
    let (hours, minutes) = match plain.len() {
        1 | 2 => (plain.parse::<i32>().ok()?, 0),
        3 | 4 => {
            let value: i32 = plain.parse().ok()?;
            (value / 100, value % 100)
        }
        _ => return None,
    };
    // Postgres and the calendar end at fourteen hours.
    (hours <= 14 && minutes < 60).then_some(sign * (hours * 60 + minutes))
}
