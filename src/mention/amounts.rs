//! Money, percentages and counted things.

use std::sync::LazyLock;

use regex::Regex;

use super::{Amount, AmountKind};

/// Signs and names of currencies, longest first, with their ISO 4217 code.
const CURRENCIES: [(&str, &str); 46] = [
    ("US$", "USD"),
    ("A$", "AUD"),
    ("C$", "CAD"),
    ("HK$", "HKD"),
    ("NZ$", "NZD"),
    ("NT$", "TWD"),
    ("S$", "SGD"),
    ("R$", "BRL"),
    ("$", "USD"),
    ("€", "EUR"),
    ("£", "GBP"),
    ("¥", "JPY"),
    ("₹", "INR"),
    ("₽", "RUB"),
    ("₴", "UAH"),
    ("₩", "KRW"),
    ("₺", "TRY"),
    ("₦", "NGN"),
    ("₱", "PHP"),
    ("₫", "VND"),
    ("₪", "ILS"),
    ("฿", "THB"),
    ("Rs", "INR"),
    ("CHF", "CHF"),
    ("USD", "USD"),
    ("EUR", "EUR"),
    ("GBP", "GBP"),
    ("us dollar", "USD"),
    ("u.s. dollar", "USD"),
    ("dollar", "USD"),
    ("euro", "EUR"),
    ("pound", "GBP"),
    ("yen", "JPY"),
    ("yuan", "CNY"),
    ("renminbi", "CNY"),
    ("ruble", "RUB"),
    ("rouble", "RUB"),
    ("rupee", "INR"),
    ("hryvnia", "UAH"),
    ("rand", "ZAR"),
    ("franc", "CHF"),
    ("won", "KRW"),
    ("naira", "NGN"),
    ("lira", "TRY"),
    ("krona", "SEK"),
    ("zloty", "PLN"),
];

static NUMBER: &str = r"\d{1,3}(?:[,\u{a0} ]\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?";
static SCALE: &str = r"(?:[\s-]*(thousand|million|billion|trillion|lakh|crore|mln|bln|bn|tn|m|k)\b)?";
static SIGNED: LazyLock<Regex> = LazyLock::new(|| {
    compiled(&format!(
        r"(?i)(US\$|A\$|C\$|HK\$|NZ\$|NT\$|S\$|R\$|\$|€|£|¥|₹|₽|₴|₩|₺|₦|₱|₫|₪|฿|\bRs\.?|\bCHF|\bUSD|\bEUR|\bGBP)\s?({NUMBER}){SCALE}"
    ))
});
static NAMED: LazyLock<Regex> = LazyLock::new(|| {
    compiled(&format!(
        r"(?i)({NUMBER}|\b(?:a|one|two|three|five|ten|half a)\b){SCALE}\s?(€|£|₽|₴|₹|US dollars?|U\.S\. dollars?|dollars?|euros?|pounds?|yen|yuan|renminbi|ro?ubles?|rupees?|hryvnias?|rand|francs?|won|naira|lira|kronas?|zlotys?|EUR\b|USD\b|GBP\b|CHF\b)"
    ))
});
static PERCENT: LazyLock<Regex> =
    LazyLock::new(|| compiled(&format!(r"(?i)({NUMBER})\s?(?:%|per ?cent\b|percentage points?\b)")));
static QUANTITY: LazyLock<Regex> = LazyLock::new(|| {
    compiled(&format!(
        r"(?i)({NUMBER}|\b(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|dozens|hundreds|thousands)\b){SCALE}[\s-]+(people|person|troops|soldiers|deaths|dead|casualties|cases|months?|weeks?|days?|years?|hours?|minutes?|kilomet(?:er|re)s?|miles?|met(?:er|re)s?|tons?|tonnes?|barrels?|jobs|workers|employees|homes|houses|votes|seats|students|patients|words?|countries|nations|km|kg|hectares?|acres?|passengers|vehicles|schools|companies)\b"
    ))
});

fn compiled(pattern: &str) -> Regex {
    Regex::new(pattern).unwrap_or_else(|error| panic!("a pattern of this file is wrong: {error}"))
}

/// Finds amounts, in the order of the text, none within another.
pub fn find(text: &str) -> Vec<Amount> {
    let mut found: Vec<(usize, usize, AmountKind, f64, Option<String>)> = Vec::new();
    let mut add = |start: usize, end: usize, kind, value: Option<f64>, unit: Option<String>| {
        let free = found.iter().all(|(s, e, ..)| end <= *s || start >= *e);
        if let Some(value) = value.filter(|v| v.is_finite() && free) {
            found.push((start, end, kind, value, unit));
        }
    };
    for c in SIGNED.captures_iter(text) {
        let (Some(all), Some(sign), Some(number)) = (c.get(0), c.get(1), c.get(2)) else { continue };
        add(
            all.start(),
            all.end(),
            AmountKind::Money,
            scaled(number.as_str(), c.get(3).map(|m| m.as_str())),
            currency(sign.as_str()),
        );
    }
    for c in NAMED.captures_iter(text) {
        let (Some(all), Some(number), Some(name)) = (c.get(0), c.get(1), c.get(3)) else { continue };
        add(
            all.start(),
            all.end(),
            AmountKind::Money,
            scaled(number.as_str(), c.get(2).map(|m| m.as_str())),
            currency(name.as_str()),
        );
    }
    for c in PERCENT.captures_iter(text) {
        let (Some(all), Some(number)) = (c.get(0), c.get(1)) else { continue };
        add(all.start(), all.end(), AmountKind::Percent, scaled(number.as_str(), None), Some("percent".to_owned()));
    }
    for c in QUANTITY.captures_iter(text) {
        let (Some(all), Some(number), Some(unit)) = (c.get(0), c.get(1), c.get(3)) else { continue };
        add(
            all.start(),
            all.end(),
            AmountKind::Quantity,
            scaled(number.as_str(), c.get(2).map(|m| m.as_str())),
            Some(unit.as_str().to_lowercase()),
        );
    }
    found.sort_by_key(|f| f.0);
    with_characters(text, found)
}

fn currency(sign: &str) -> Option<String> {
    let sign = sign.trim_end_matches('.');
    let exact = CURRENCIES.iter().find(|(name, _)| *name == sign);
    let lower = sign.to_lowercase();
    exact
        .or_else(|| CURRENCIES.iter().find(|(name, _)| lower.starts_with(&name.to_lowercase()) && !name.is_empty()))
        .map(|(_, code)| (*code).to_owned())
}

fn scaled(number: &str, scale: Option<&str>) -> Option<f64> {
    let plain: String = number.chars().filter(|c| !matches!(c, ',' | ' ' | '\u{a0}')).collect();
    let words =
        ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"];
    let value = match plain.to_lowercase().as_str() {
        "a" => 1.0,
        "halfa" => 0.5,
        word => {
            let known = words.iter().position(|w| *w == word).and_then(|n| u32::try_from(n).ok()).map(f64::from);
            known.or_else(|| word.parse().ok())?
        }
    };
    let factor = match scale.map(str::to_lowercase).as_deref() {
        Some("thousand" | "k") => 1e3,
        Some("lakh") => 1e5,
        Some("million" | "m" | "mln") => 1e6,
        Some("crore") => 1e7,
        Some("billion" | "bn" | "bln") => 1e9,
        Some("trillion" | "tn") => 1e12,
        _ => 1.0,
    };
    Some(value * factor)
}

fn with_characters(text: &str, found: Vec<(usize, usize, AmountKind, f64, Option<String>)>) -> Vec<Amount> {
    let (mut byte, mut character) = (0, 0);
    let mut amounts = Vec::with_capacity(found.len());
    for (start, end, kind, value, unit) in found {
        let (Some(before), Some(words)) = (text.get(byte..start), text.get(start..end)) else { continue };
        character += before.chars().count();
        let length = words.chars().count();
        amounts.push(Amount { start: character, end: character + length, text: words.to_owned(), kind, value, unit });
        (byte, character) = (end, character + length);
    }
    amounts
}
