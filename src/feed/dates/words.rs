//! The words of dates, from the tables in `config/rules/feed`.

use std::collections::HashMap;
use std::sync::LazyLock;

use super::token::fold;
use super::zone::Zone;

/// The most words a zone's or a month's name has.
pub const PHRASE_WORDS_MAX: usize = 6;

/// What marks a half of the day.
#[derive(Debug, Clone, Copy)]
pub struct DayPart {
    /// Whether noon has passed.
    pub is_afternoon: bool,
    /// Where those who write so live.
    pub home: Option<Zone>,
}

/// What a sign after a number says the number is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// 年, 년.
    Year,
    /// 月, 월.
    Month,
    /// 日, 일.
    Day,
    /// 時, 시.
    Hour,
    /// 分, 분.
    Minute,
    /// 秒, 초.
    Second,
}

/// The unit a sign of East Asian dates stands for.
pub fn unit(sign: char) -> Option<Unit> {
    Some(match sign {
        '年' | '년' => Unit::Year,
        '月' | '월' => Unit::Month,
        '日' | '일' | '号' | '號' => Unit::Day,
        '時' | '时' | '시' | '點' | '点' => Unit::Hour,
        '分' | '분' => Unit::Minute,
        '秒' | '초' => Unit::Second,
        _ => return None,
    })
}

/// The zone of those who write a sign: `년` and `시` are Korea's, `时` China's. `年` and `時` are shared.
pub fn home(word: &str) -> Option<Zone> {
    match word {
        "년" | "시" => Some(Zone::Fixed(9 * 3600)),
        "时" => Some(Zone::Fixed(8 * 3600)),
        _ => None,
    }
}

/// The months whose misspellings are read.
const ENGLISH: [&str; 12] = [
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

static MONTHS: LazyLock<HashMap<String, u32>> =
    LazyLock::new(|| numbered(include_str!("../../../config/rules/feed/months.tsv")));
static WEEKDAYS: LazyLock<HashMap<String, u32>> =
    LazyLock::new(|| numbered(include_str!("../../../config/rules/feed/weekdays.tsv")));
static ZONES: LazyLock<HashMap<String, Zone>> = LazyLock::new(|| {
    rows(include_str!("../../../config/rules/feed/zones.tsv"))
        .filter_map(|(name, meaning)| Some((fold(name), Zone::of_table(meaning)?)))
        .collect()
});
static DAY_PARTS: LazyLock<HashMap<String, DayPart>> = LazyLock::new(|| {
    rows(include_str!("../../../config/rules/feed/dayparts.tsv"))
        .filter_map(|(word, meaning)| {
            let (half, home) = meaning.split_once('\t')?;
            Some((fold(word), DayPart { is_afternoon: half == "pm", home: Zone::of_table(home) }))
        })
        .collect()
});

fn rows(table: &'static str) -> impl Iterator<Item = (&'static str, &'static str)> {
    table.lines().filter(|line| !line.starts_with('#')).filter_map(|line| line.split_once('\t'))
}

/// Lines of number, language and names; the first language that has a word keeps it.
fn numbered(table: &'static str) -> HashMap<String, u32> {
    let mut words = HashMap::new();
    for (number, rest) in rows(table) {
        let (Ok(number), Some((_, names))) = (number.parse(), rest.split_once('\t')) else { continue };
        for name in names.split(',') {
            words.entry(fold(name).replace('.', " ")).or_insert(number);
        }
    }
    words
}

/// The month a word means, from 1. A misspelt English month is one still: `Septemeber`, `Janury`.
pub fn month(word: &str) -> Option<u32> {
    if let Some(month) = MONTHS.get(word) {
        return Some(*month);
    }
    let letters = word.chars().count();
    if !word.is_ascii() || letters < 4 || weekday(word).is_some() {
        return None;
    }
    let near = ENGLISH.iter().position(|name| {
        let same_start = name.get(..3) == word.get(..3);
        same_start && (name.starts_with(word) || (letters >= 5 && strsim::osa_distance(name, word) <= 2))
    });
    near.and_then(|at| u32::try_from(at + 1).ok())
}

/// The day of the week a word means, from Monday, which is 1.
pub fn weekday(word: &str) -> Option<u32> {
    WEEKDAYS.get(word).copied()
}

/// The zone a name means.
pub fn zone(name: &str) -> Option<Zone> {
    ZONES.get(name).copied()
}

/// The half of the day a word means.
pub fn day_part(word: &str) -> Option<DayPart> {
    DAY_PARTS.get(word).copied()
}
