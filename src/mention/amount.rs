//! Money, percentages and counted things.
//!
//! In: tokens. Out: [`Amount`]s with the magnitude applied. Currencies are in `config/rules/extract/currencies.tsv`.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::OnceLock;

use super::lexicon::flag;
use super::token::{Shape, Tokens};
use super::{Amount, AmountKind};

/// Signs and words of a currency with its ISO 4217 code; a leading `>` marks what stands before the number.
fn currencies() -> &'static HashMap<&'static str, &'static str> {
    static TABLE: OnceLock<HashMap<&'static str, &'static str>> = OnceLock::new();
    TABLE.get_or_init(|| {
        include_str!("../../config/rules/extract/currencies.tsv")
            .lines()
            .filter_map(|line| line.split_once('\t'))
            .collect()
    })
}

/// Finds every amount, in order of the text.
pub(crate) fn amounts(tokens: &Tokens<'_>, taken: &[Range<usize>]) -> Vec<Amount> {
    let mut out = Vec::new();
    let mut at = 0;
    while at < tokens.list.len() {
        let found = taken
            .binary_search_by(|range| {
                if range.end <= at {
                    std::cmp::Ordering::Less
                } else if range.start > at {
                    std::cmp::Ordering::Greater
                } else {
                    std::cmp::Ordering::Equal
                }
            })
            .is_err()
            .then(|| amount(tokens, at))
            .flatten();
        match found {
            Some((range, kind, value, unit)) => {
                at = range.end.max(at + 1);
                let (start, end) = tokens.span(&range);
                let text = tokens.slice(range).to_owned();
                out.push(Amount { start, end, text, kind, value, unit });
            }
            None => at += 1,
        }
    }
    out
}

type Found = (Range<usize>, AmountKind, f64, Option<String>);

fn amount(tokens: &Tokens<'_>, at: usize) -> Option<Found> {
    if let Some((code, next)) = prefix(tokens, at)
        && tokens.shape(next) == Shape::Number
    {
        let (value, end) = quantity(tokens, next)?;
        // "US$5 million", and "$5 million dollars" or "$5 USD" said twice.
        let end =
            if currencies().contains_key(tokens.word(end)) && tokens.shape(end) != Shape::Sign { end + 1 } else { end };
        return Some((at..end, AmountKind::Money, value, Some(code.to_owned())));
    }
    let (value, end) = quantity(tokens, at)?;
    if matches!(tokens.word(end), "%" | "٪") || tokens.is_any(end, &["percent", "pct"]) {
        return Some((at..end + 1, AmountKind::Percent, value, Some("percent".into())));
    }
    if tokens.is(end, "per") && tokens.is(end + 1, "cent") {
        return Some((at..end + 2, AmountKind::Percent, value, Some("percent".into())));
    }
    if tokens.is(end, "percentage") && tokens.is_any(end + 1, &["point", "points"]) {
        return Some((at..end + 2, AmountKind::Percent, value, Some("percent".into())));
    }
    if let Some((code, end)) = suffix(tokens, end) {
        return Some((at..end, AmountKind::Money, value, Some(code.to_owned())));
    }
    counted(tokens, at, value, end)
}

/// A currency before a number: "$", "US$", "Rs.", "EUR".
fn prefix(tokens: &Tokens<'_>, at: usize) -> Option<(&'static str, usize)> {
    let word = tokens.word(at);
    if tokens.shape(at) != Shape::Sign && tokens.is_capital(at) && tokens.word(at + 1) == "$" && !tokens.spaced(at + 1)
    {
        let mut key = String::from(word);
        key.push('$');
        return currencies().get(key.as_str()).map(|code| (*code, at + 2));
    }
    if tokens.shape(at) == Shape::Lower && word.len() > 3 {
        return None;
    }
    let code = currencies().get(word.trim_end_matches('.'))?;
    let next = if tokens.word(at + 1) == "." { at + 2 } else { at + 1 };
    Some((code, next))
}

/// A currency after a number: "dollars", "US dollars", "euros", "€", "Kenya shillings".
fn suffix(tokens: &Tokens<'_>, end: usize) -> Option<(&'static str, usize)> {
    let dashed = if tokens.word(end) == "-" && !tokens.spaced(end) { end + 1 } else { end };
    let end = if tokens.is(dashed, "of") { dashed + 1 } else { dashed };
    let table = currencies();
    for length in [2, 1] {
        let text = tokens.slice(end..(end + length).min(tokens.list.len()));
        if text.is_empty() || text.contains('\n') {
            continue;
        }
        if let Some(code) = table.get(text).or_else(|| table.get(text.to_lowercase().as_str()))
            && (length == 2 || tokens.shape(end) != Shape::Sign || text == "€" || text == "£")
        {
            return Some((code, end + length));
        }
    }
    None
}

/// A number with its magnitude: "5,000", "1.2 billion", "five", "half a million", "140bn".
fn quantity(tokens: &Tokens<'_>, at: usize) -> Option<(f64, usize)> {
    let word = tokens.word(at);
    let (mut value, mut end) = if tokens.shape(at) == Shape::Number {
        let digits = word.trim_end_matches(|c: char| c.is_ascii_alphabetic());
        let value: f64 = digits.replace(',', "").parse().ok()?;
        match word.get(digits.len()..).unwrap_or_default() {
            "" => (value, at + 1),
            glued => (value * magnitude(glued)?, at + 1),
        }
    } else {
        spelled(tokens, at)?
    };
    let dashed = if tokens.word(end) == "-" && !tokens.spaced(end) { end + 1 } else { end };
    if let Some(times) = magnitude(tokens.word(dashed)) {
        value *= times;
        end = dashed + 1;
        if let Some(times) = magnitude(tokens.word(end)) {
            value *= times;
            end += 1;
        }
    }
    value.is_finite().then_some((value, end))
}

fn magnitude(word: &str) -> Option<f64> {
    if word.len() > 9 {
        return None;
    }
    Some(match word.to_lowercase().as_str() {
        "k" | "thousand" | "thousands" => 1e3,
        "hundred" | "hundreds" => 1e2,
        "lakh" | "lakhs" => 1e5,
        "m" | "mn" | "mln" | "mio" | "million" | "millions" => 1e6,
        "crore" | "crores" => 1e7,
        "b" | "bn" | "bln" | "billion" | "billions" => 1e9,
        "tn" | "trn" | "trillion" | "trillions" => 1e12,
        _ => return None,
    })
}

const SMALL: &[&str] = &[
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
];
const TENS: &[&str] = &["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"];

/// The number a word stands for: "five", "twenty-one", "dozen".
#[expect(clippy::cast_precision_loss, reason = "positions in a list of twenty")]
pub(crate) fn number_word(word: &str) -> Option<f64> {
    if !word.is_ascii() || word.len() > 12 {
        return None;
    }
    let lower = word.to_ascii_lowercase();
    if let Some(at) = SMALL.iter().position(|small| *small == lower) {
        return Some(at as f64);
    }
    let (tens, unit) = lower.split_once('-').unwrap_or((lower.as_str(), "zero"));
    let tens = TENS.iter().position(|word| *word == tens)?;
    let unit = SMALL.iter().take(10).position(|word| *word == unit)?;
    Some((tens * 10 + 20 + unit) as f64)
}

fn spelled(tokens: &Tokens<'_>, at: usize) -> Option<(f64, usize)> {
    if !matches!(tokens.shape(at), Shape::Lower | Shape::Capital) {
        return None;
    }
    if tokens.is(at, "half") && tokens.is_any(at + 1, &["a", "the"]) && magnitude(tokens.word(at + 2)).is_some() {
        return Some((0.5, at + 2));
    }
    if tokens.is_any(at, &["a", "an"])
        && magnitude(tokens.word(at + 1)).is_some_and(|times| times > 99.0)
        && tokens.word(at + 1).len() > 4
    {
        return Some((1.0, at + 1));
    }
    number_word(tokens.word(at)).map(|value| (value, at + 1))
}

/// "40,000 troops", "five months": a number and the plural it counts.
fn counted(tokens: &Tokens<'_>, at: usize, value: f64, end: usize) -> Option<Found> {
    let number = tokens.shape(at) == Shape::Number;
    let before = at.checked_sub(1).map_or("", |before| tokens.word(before));
    if number
        && (tokens.word(at).len() == 4 && (1900.0..2100.0).contains(&value) && end == at + 1
            || matches!(before, "/" | "#" | "-") && !tokens.spaced(at))
    {
        return None;
    }
    let dashed = tokens.word(end) == "-" && !tokens.spaced(end) && tokens.shape(end + 1) == Shape::Lower;
    if dashed {
        return Some((at..end + 2, AmountKind::Quantity, value, Some(tokens.word(end + 1).to_lowercase())));
    }
    // At most one adjective between: "five long months".
    let noun = (end..end + 2).find(|&i| {
        let word = tokens.word(i);
        tokens.shape(i) == Shape::Lower
            && !tokens.has(i, flag::FUNCTION)
            && (word.len() > 3 && word.ends_with('s') && !word.ends_with("ss")
                || tokens.is_any(
                    i,
                    &[
                        "people",
                        "men",
                        "women",
                        "children",
                        "troops",
                        "km",
                        "kg",
                        "tonnes",
                        "police",
                        "personnel",
                        "barrels",
                    ],
                ))
    })?;
    let clear = (end..noun).all(|i| tokens.shape(i) == Shape::Lower && !tokens.has(i, flag::FUNCTION));
    (clear && !tokens.has(noun, flag::SAY))
        .then(|| (at..noun + 1, AmountKind::Quantity, value, Some(tokens.word(noun).to_lowercase())))
}
