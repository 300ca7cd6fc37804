//! Zones: offsets as numbers, names, regions of the IANA database.

use std::collections::HashMap;
use std::sync::LazyLock;

use chrono::offset::LocalResult;
use chrono::{DateTime, Duration, NaiveDateTime, Offset, TimeZone, Utc};
use chrono_tz::Tz;

use super::token::Tokens;
use super::words;

/// How far clocks are from UTC.
#[derive(Debug, Clone, Copy)]
pub enum Zone {
    /// Always as many seconds.
    Fixed(i32),
    /// As the law of a region had it on that day.
    Region(Tz),
}

static REGIONS: LazyLock<HashMap<String, Tz>> =
    LazyLock::new(|| chrono_tz::TZ_VARIANTS.iter().map(|tz| (tz.name().to_ascii_lowercase(), *tz)).collect());

impl Zone {
    /// A zone as the tables write it: `+05:30` or a region.
    pub fn of_table(text: &str) -> Option<Self> {
        if let Ok(region) = text.parse::<Tz>() {
            return Some(Self::Region(region));
        }
        let (hours, minutes) = text.get(1..)?.split_once(':')?;
        let seconds = hours.parse::<i32>().ok()? * 3600 + minutes.parse::<i32>().ok()? * 60;
        Some(Self::Fixed(if text.starts_with('-') { -seconds } else { seconds }))
    }

    /// Whether clocks anywhere are that many seconds ahead of UTC.
    pub fn is_on_earth(seconds: i32) -> bool {
        (-12 * 3600..=14 * 3600).contains(&seconds)
    }

    /// An offset by number. Beyond the earth's clocks, which go from -12 to +14 hours, it is a mistake, and a time of
    /// UTC is nearer than none.
    fn of_numbers(is_west: bool, hours: i32, minutes: i32) -> Self {
        let seconds = (hours * 3600 + minutes * 60) * if is_west { -1 } else { 1 };
        Self::Fixed(if Self::is_on_earth(seconds) { seconds } else { 0 })
    }

    /// The instant at which the zone's clocks show a time. A time they show twice is the first; one that they leap over
    /// is read by the clock before the leap.
    pub fn instant(self, local: NaiveDateTime) -> Option<DateTime<Utc>> {
        let seconds = match self {
            Self::Fixed(seconds) if Self::is_on_earth(seconds) => i64::from(seconds),
            Self::Fixed(_) => 0,
            Self::Region(region) => match region.from_local_datetime(&local) {
                LocalResult::Single(at) | LocalResult::Ambiguous(at, _) => return Some(at.with_timezone(&Utc)),
                LocalResult::None => {
                    let before = local.checked_sub_signed(Duration::hours(3))?;
                    i64::from(region.offset_from_utc_datetime(&before).fix().local_minus_utc())
                }
            },
        };
        Some(local.checked_sub_signed(Duration::seconds(seconds))?.and_utc())
    }
}

/// Takes a region's name: `America/New_York`, `Etc/GMT+5`, `[Europe/Paris]`.
pub fn take_region(tokens: &mut Tokens) -> Option<Zone> {
    for start in 0..tokens.len() {
        if tokens.word(start).is_none() || tokens.mark(start + 1) != Some('/') || tokens.word(start + 2).is_none() {
            continue;
        }
        let mut name = String::new();
        let mut best = None;
        let mut at = start;
        while at < tokens.len() && (at == start || tokens.is_glued(at)) {
            match (tokens.word(at).or_else(|| tokens.number(at)), tokens.mark(at)) {
                (Some(text), _) => name.push_str(text),
                (None, Some(mark @ ('/' | '_' | '-' | '+'))) => name.push(mark),
                _ => break,
            }
            at += 1;
            if let Some(region) = REGIONS.get(&name) {
                best = Some((*region, at));
            }
        }
        if let Some((region, end)) = best {
            tokens.take(start..end);
            return Some(Zone::Region(region));
        }
    }
    None
}

/// Takes the zone of a time, which ends before the token `after`; without a time, that of a day. Numbers say more than
/// the name beside them.
pub fn take_offset(tokens: &mut Tokens, after: Option<usize>) -> Option<Zone> {
    let numbered = take_numbers(tokens, after);
    let named = take_name(tokens, after);
    numbered.or(named)
}

fn take_numbers(tokens: &mut Tokens, after: Option<usize>) -> Option<Zone> {
    for at in after.unwrap_or(0)..tokens.len() {
        let Some(sign) = tokens.mark(at).filter(|mark| matches!(mark, '+' | '-')) else { continue };
        let Some(digits) = tokens.number(at + 1).filter(|_| tokens.is_glued(at + 1)) else { continue };
        let digits = digits.to_owned();
        let minutes = tokens.value(at + 3, 2).filter(|_| tokens.mark(at + 2) == Some(':'));
        // A hyphen inside `16-11-2020` is no sign.
        let inside_day = at > 0 && tokens.number(at - 1).is_some() && tokens.is_glued(at);
        let is_last = tokens.numbers().last() == Some(at + 1);
        let fits = match (after, minutes) {
            (Some(_), _) => !inside_day,
            (None, Some(_)) => sign == '+' || inside_day,
            (None, None) => digits.len() == 4 && is_last && !inside_day && (sign == '+' || at > 3),
        };
        let Some(zone) = fits.then(|| of_digits(sign == '-', &digits, minutes)).flatten() else { continue };
        let mut end = at + if minutes.is_some() { 4 } else { 2 };
        if minutes.is_some() && tokens.mark(end) == Some(':') && tokens.value(end + 1, 2).is_some() {
            end += 2;
        }
        tokens.take(at..end);
        return Some(zone);
    }
    take_unsigned(tokens, after?)
}

/// `15:04:05 0000` and `15:04:05 00`: an offset that lost its sign, where the year is elsewhere.
fn take_unsigned(tokens: &mut Tokens, after: usize) -> Option<Zone> {
    let last = tokens.numbers().last().filter(|last| *last >= after && !tokens.is_glued(*last))?;
    let others_hold_year = tokens.numbers().any(|at| at != last && tokens.number(at).is_some_and(|d| d.len() == 4));
    let digits = tokens.number(last).filter(|d| matches!(d.len(), 2 | 4) && others_hold_year)?.to_owned();
    let is_zero = digits.bytes().all(|b| b == b'0');
    let zone = of_digits(false, &digits, None).filter(|_| is_zero || digits.len() == 4)?;
    tokens.take(last..last + 1);
    Some(zone)
}

fn of_digits(is_west: bool, digits: &str, minutes: Option<u32>) -> Option<Zone> {
    let value: i32 = digits.parse().ok()?;
    let (hours, minutes) = match (digits.len(), minutes) {
        (1 | 2, minutes) => (value, i32::try_from(minutes.unwrap_or(0)).ok()?),
        (3 | 4, _) => (value / 100, value % 100),
        _ => return None,
    };
    Some(Zone::of_numbers(is_west, hours, minutes))
}

fn take_name(tokens: &mut Tokens, after: Option<usize>) -> Option<Zone> {
    for at in after.unwrap_or(0)..tokens.len() {
        // A region without a slash: `PST8PDT`.
        if let (Some(_), Some(word)) = (after, tokens.word(at))
            && let Some(number) = tokens.value(at + 1, 2).filter(|_| tokens.is_glued(at + 1))
            && let Some(summer) = tokens.word(at + 2)
            && let Some(region) = REGIONS.get(&format!("{word}{number}{summer}"))
        {
            let region = *region;
            tokens.take(at..at + 3);
            return Some(Zone::Region(region));
        }
        for count in (1..=words::PHRASE_WORDS_MAX).rev() {
            let Some((name, end)) = tokens.phrase(at, count) else { continue };
            let found = match after {
                // RFC 822 had the signs of the military's letters wrong, so RFC 5322 gives them no meaning.
                Some(_) if name.len() == 1 && name.is_ascii() && name != "t" => {
                    words::zone(&name).or(Some(Zone::Fixed(0)))
                }
                Some(_) => words::zone(&name),
                // Without a time before it a short name is a word of some language.
                None => words::zone(&name)
                    .filter(|_| name.len() >= 3 && words::month(&name).is_none() && words::weekday(&name).is_none()),
            };
            if let Some(zone) = found {
                tokens.take(at..end);
                return Some(zone);
            }
        }
    }
    None
}
