//! The time of day.

use super::token::{self, Tokens};
use super::words::{self, DayPart, Unit};
use super::zone::Zone;

/// A time of day.
pub struct Clock {
    /// Seconds after midnight; 24:00 is the next one.
    pub seconds: i64,
    /// Nanoseconds beside them.
    pub nanos: i64,
    /// Whether the second is written.
    pub has_second: bool,
    /// The zone that the language implies.
    pub home: Option<Zone>,
    /// The token after it.
    pub token: usize,
}

/// A time as written: its parts, and the tokens from where to where.
struct Written {
    hour: u32,
    minute: u32,
    second: Option<u32>,
    nanos: u32,
    start: usize,
    end: usize,
}

/// Takes the time, if there is one. `None` is a time that no clock shows.
#[expect(clippy::option_option, reason = "no time and an impossible time are different answers")]
pub fn take(tokens: &mut Tokens) -> Option<Option<Clock>> {
    let mut written = find_all(tokens);
    // SQL exports write a midnight between the day and the time.
    if let [first, _, ..] = written.as_slice()
        && first.hour + first.minute + first.second.unwrap_or(0) == 0
    {
        let midnight = written.remove(0);
        tokens.take(midnight.start..midnight.end);
    }
    match written.into_iter().next() {
        None => Some(None),
        Some(written) => finish(tokens, &written).map(Some),
    }
}

/// Takes `15.04` or `15.04.05`, once the day is taken.
#[expect(clippy::option_option, reason = "no time and an impossible time are different answers")]
pub fn take_dotted(tokens: &mut Tokens) -> Option<Option<Clock>> {
    let found = (0..tokens.len()).find_map(|at| {
        let hour = tokens.value(at, 2)?;
        let minute = tokens.value(at + 2, 2).filter(|_| tokens.mark(at + 1) == Some('.'))?;
        let second = tokens.value(at + 4, 2).filter(|_| tokens.mark(at + 3) == Some('.'));
        let end = at + if second.is_some() { 5 } else { 3 };
        Some(Written { hour, minute, second, nanos: 0, start: at, end })
    });
    match found {
        None => Some(None),
        Some(written) => finish(tokens, &written).map(Some),
    }
}

fn find_all(tokens: &Tokens) -> Vec<Written> {
    let mut found = Vec::new();
    let mut at = 0;
    while at < tokens.len() && found.len() < 2 {
        let read = by_colons(tokens, at)
            .or_else(|| by_units(tokens, at))
            .or_else(|| joined(tokens, at))
            .or_else(|| hour_alone(tokens, at));
        at = read.as_ref().map_or(at + 1, |written| written.end);
        found.extend(read);
    }
    found
}

/// `15:04`, `15:04:05`, `15:04:05.678`, `15:04:05:678`.
fn by_colons(tokens: &Tokens, at: usize) -> Option<Written> {
    let hour = tokens.value(at, 2).filter(|_| tokens.mark(at + 1) == Some(':') && !is_offset(tokens, at))?;
    let minute = tokens.value(at + 2, 2)?;
    let second = tokens.value(at + 4, 2).filter(|_| tokens.mark(at + 3) == Some(':'));
    let mut end = at + if second.is_some() { 5 } else { 3 };
    let mut nanos = 0;
    let glued = tokens.is_glued(end) && tokens.is_glued(end + 1);
    if let Some(fraction) = tokens.number(end + 1).filter(|_| second.is_some() && glued) {
        let is_fraction = matches!(tokens.mark(end), Some('.' | ','))
            || (tokens.mark(end) == Some(':') && matches!(fraction.len(), 2..=3));
        if is_fraction {
            nanos = token::nanos(fraction);
            end += 2;
        }
    }
    Some(Written { hour, minute, second, nanos, start: at, end })
}

/// Whether the hours of an offset stand here: `+02:00`, or the zone of a day, `2013-01-27-05:00`.
fn is_offset(tokens: &Tokens, at: usize) -> bool {
    let Some(sign) = at.checked_sub(1).and_then(|before| tokens.mark(before)) else { return false };
    let glued = tokens.is_glued(at);
    let before = at.checked_sub(2).filter(|before| tokens.is_glued(at - 1) && tokens.number(*before).is_some());
    match sign {
        '+' => glued,
        // Four numbers in a row: the fourth is no part of the day.
        '-' => glued && before.and_then(|b| b.checked_sub(4)).is_some_and(|year| tokens.number(year).is_some()),
        _ => false,
    }
}

/// `15h04`, `15 Uhr`, `15時04分05秒`, `3시 5분`, `3 pm`.
fn by_units(tokens: &Tokens, at: usize) -> Option<Written> {
    let hour = tokens.value(at, 2)?;
    let word = tokens.word(at + 1)?;
    let unit_at = |at: usize| tokens.word(at).and_then(|w| words::unit(w.chars().next()?));
    let mut written = Written { hour, minute: 0, second: None, nanos: 0, start: at, end: at + 2 };
    if unit_at(at + 1) == Some(Unit::Hour) {
        if let Some(minute) = tokens.value(at + 2, 2).filter(|_| unit_at(at + 3) == Some(Unit::Minute)) {
            written.minute = minute;
            written.end = at + 4;
            if let Some(second) = tokens.value(at + 4, 2).filter(|_| unit_at(at + 5) == Some(Unit::Second)) {
                written.second = Some(second);
                written.end = at + 6;
            }
        }
        return Some(written);
    }
    let is_hour = matches!(word, "h" | "hs" | "hrs" | "uhr" | "u" | "ч");
    let beside = tokens.is_glued(at + 2) || tokens.numbers().last() == Some(at + 2);
    if is_hour && beside && tokens.number(at + 2).is_some_and(|digits| digits.len() == 2) {
        written.minute = tokens.value(at + 2, 2)?;
        written.end = at + 3;
        // "15h04m05s", "15h04min05"
        if let (Some("m" | "min"), Some(second)) = (tokens.word(at + 3), tokens.value(at + 4, 2))
            && tokens.is_glued(at + 4)
        {
            written.second = Some(second);
            written.end = at + 5;
        }
        return Some(written);
    }
    if is_hour {
        return Some(written);
    }
    // The half of the day is read with the time; before a number it belongs to that. Minutes after a dot wait for the day.
    if hour > 12 || at.checked_sub(1).and_then(|before| tokens.mark(before)) == Some('.') {
        return None;
    }
    written.end = at + 1;
    half(tokens, at + 1).filter(|(_, end)| tokens.number(*end).is_none()).map(|_| written)
}

/// What follows the `T` of ISO 8601 without colons: `T101456Z`, `T1014`, `T10`; and a day of eight digits before it.
fn joined(tokens: &Tokens, at: usize) -> Option<Written> {
    let after_t = tokens.word(at.checked_sub(1)?) == Some("t") && tokens.is_glued(at);
    let after_day = tokens.number(at - 1).is_some_and(|day| day.len() == 8);
    let digits = tokens.number(at).filter(|d| after_t || (after_day && matches!(d.len(), 4 | 6)))?;
    let value: u32 = digits.parse().ok().filter(|_| matches!(digits.len(), 2 | 4 | 6))?;
    let (hour, minute, second) = match digits.len() {
        2 => (value, 0, None),
        4 => (value / 100, value % 100, None),
        _ => (value / 10_000, value / 100 % 100, Some(value % 100)),
    };
    let fraction = tokens.number(at + 2).filter(|_| matches!(tokens.mark(at + 1), Some('.' | ',')));
    let nanos = fraction.filter(|_| tokens.is_glued(at + 2)).map(token::nanos);
    Some(Written {
        hour,
        minute,
        second,
        nanos: nanos.unwrap_or(0),
        start: at,
        end: at + if nanos.is_some() { 3 } else { 1 },
    })
}

/// `Mon, 02 Jan 2006 15 -0700`: an hour between the year and the zone.
fn hour_alone(tokens: &Tokens, at: usize) -> Option<Written> {
    let hour = tokens.value(at, 2).filter(|hour| *hour < 24)?;
    let year_before = tokens.number(at.checked_sub(1)?).is_some_and(|year| year.len() == 4);
    let zone_after = matches!(tokens.mark(at + 1), Some('+' | '-')) && tokens.is_glued(at + 2);
    let is_zone = tokens.number(at + 2).is_some_and(|zone| zone.len() == 4) && tokens.number(at + 3).is_none();
    (year_before && zone_after && is_zone && !tokens.is_glued(at + 1)).then_some(Written {
        hour,
        minute: 0,
        second: None,
        nanos: 0,
        start: at,
        end: at + 1,
    })
}

fn finish(tokens: &mut Tokens, written: &Written) -> Option<Clock> {
    let (part, end) = match half(tokens, written.end) {
        Some((part, end)) => (Some(part), end),
        None => (half_before(tokens, written.start), written.end),
    };
    let home = (0..tokens.len()).find_map(|at| words::home(tokens.word(at)?));
    tokens.take(written.start..end);
    let hour = match part {
        Some(part) if part.is_afternoon && written.hour < 12 => written.hour + 12,
        Some(part) if !part.is_afternoon && written.hour == 12 => 0,
        _ => written.hour,
    };
    let second = written.second.unwrap_or(0);
    let is_next_midnight = hour == 24 && written.minute + second == 0;
    let is_possible = (hour < 24 || is_next_midnight) && written.minute < 60 && second <= 60;
    is_possible.then_some(Clock {
        seconds: i64::from(hour * 3600 + written.minute * 60 + second),
        has_second: written.second.is_some(),
        nanos: i64::from(written.nanos),
        home: part.and_then(|part| part.home).or(home),
        token: end,
    })
}

/// The half of the day after a time: `pm`, `p.m.`, `p. m.`, `p`.
fn half(tokens: &Tokens, at: usize) -> Option<(DayPart, usize)> {
    let word = tokens.word(at)?;
    let dotted = |at: usize| at + usize::from(tokens.mark(at) == Some('.'));
    if let Some(part) = words::day_part(word) {
        return Some((part, dotted(at + 1)));
    }
    let second = dotted(at + 1);
    if let Some(part) = tokens.word(second).and_then(|next| words::day_part(&format!("{word}{next}"))) {
        return Some((part, dotted(second + 1)));
    }
    let letter = word.len() == 1 && tokens.is_glued(at);
    letter.then(|| words::day_part(&format!("{word}m"))).flatten().map(|part| (part, at + 1))
}

/// The half of the day before a time, as East Asia writes it.
fn half_before(tokens: &Tokens, start: usize) -> Option<DayPart> {
    let word = tokens.word(start.checked_sub(1)?)?;
    // "am 3:00" in German is "on the day before".
    words::day_part(word).filter(|_| !word.is_ascii() || word == "pm")
}
