//! Lines that a source repeats: its own furniture, in words and languages no rule knows.
//!
//! In: what is known of a source's lines ([`LearntLines`]), handed to cleaning with the [`Hint`](super::Hint). Out:
//! what an article shows of its source ([`Lesson`]), from which [`memory`] and [`rule`] learn more lines. Everything
//! here is pure; who keeps the memory decides when it is asked.
//!
//! A line is known by its letters and digits in lower case. Digits are not masked: "the index rose by 0.3 per cent" is
//! news again on the next day, while the year in a copyright line changes once a year and is learnt again.

pub mod memory;
pub mod rule;

use std::collections::{BTreeSet, HashMap};
use std::ops::Range;
use std::sync::Arc;

use super::blocks::Block;
use super::text::{count_words, ends_sentence, folded, head, is_spaceless, settle};
use super::{Article, Removed};

pub use memory::{KnownLine, Memory};
pub use rule::{Place, Verdict};

/// Why a line is removed that the source repeats.
pub const REASON: &str = "learnt";
/// Letters and digits below which a line says too little to be known by: "—", "AD", "1/2".
const LETTERS_MIN: usize = 8;
/// The same where each character is a word.
const SPACELESS_LETTERS_MIN: usize = 4;
/// Paragraphs at the story's top and bottom that may be furniture whatever their length.
const EDGE: (usize, usize) = (4, 6);
/// Of these, the ones that count as standing at the top or the bottom.
const AT_EDGE: (usize, usize) = (2, 3);
/// Words of the longest paragraph learnt at the edge: a company's "about us" has 100, a story's paragraph seldom more.
const EDGE_WORDS_MAX: usize = 120;
/// Words of the longest line learnt elsewhere: prompts between paragraphs are short.
const MIDDLE_WORDS_MAX: usize = 25;
/// Lines an article shows at most, the bottom first: most furniture stands there.
const LINES_MAX: usize = 16;
/// Characters of a line that are kept for people.
const TEXT_CHARS_MAX: usize = 300;
/// Words of a headline that are remembered.
const HEADLINE_WORDS_MAX: usize = 16;

/// What a line is known by: a hash of its letters and digits in lower case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LineKey(pub u64);

impl LineKey {
    /// The key of a line.
    pub fn of(line: &str) -> Self {
        Self(hash([folded(line).as_bytes()]))
    }

    /// The key of a line as a person writes it.
    pub fn of_written(line: &str) -> Self {
        Self::of(&settle(line))
    }

    /// Half of it, for what is remembered of lines seen once: by chance two lines of a source agree once in millions.
    fn short(self) -> u32 {
        u32::try_from(self.0 >> 32).unwrap_or(0)
    }
}

/// What is decided of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// It is no part of a story.
    Remove,
    /// It is part of the story, whatever the rules for lines say.
    Keep,
}

/// What is decided of one source's lines.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LearntLines {
    lines: HashMap<LineKey, Decision>,
    fingerprint: u64,
}

impl LearntLines {
    /// The lines that are decided; undecided ones are passed over.
    pub fn new(lines: impl IntoIterator<Item = (LineKey, Verdict)>) -> Self {
        let decided = lines.into_iter().filter_map(|(key, verdict)| Some((key, verdict.decision()?)));
        let lines: HashMap<LineKey, Decision> = decided.collect();
        let fingerprint = lines.iter().fold(0_u64, |sum, (key, decision)| {
            sum.wrapping_add(scattered(key.0 ^ u64::from(*decision == Decision::Keep)))
        });
        Self { lines, fingerprint }
    }

    /// Whether nothing is decided.
    pub fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    /// A number that tells these lines and decisions from others; 0 for none.
    pub fn fingerprint(&self) -> u64 {
        self.fingerprint
    }

    /// What is decided of a line.
    pub fn decision(&self, line: &str) -> Option<Decision> {
        // Most sources have none, and a hash a line would be felt.
        if self.lines.is_empty() { None } else { self.lines.get(&LineKey::of(line)).copied() }
    }

    /// The reason to remove a line, where it is to be removed.
    pub(super) fn reason(&self, line: &str) -> Option<&'static str> {
        (self.decision(line) == Some(Decision::Remove)).then_some(REASON)
    }

    /// Takes back what the rules for lines say of lines of the story that a person keeps.
    pub(super) fn keep(&self, blocks: &[Block], story: &Range<usize>, why: &mut [Option<&str>]) {
        if self.lines.is_empty() {
            return;
        }
        let inside = blocks.iter().zip(why).skip(story.start).take(story.len());
        for (_, slot) in inside.filter(|(block, _)| self.decision(&block.text) == Some(Decision::Keep)) {
            *slot = None;
        }
    }

    /// A text of paragraphs without the lines to be removed, and those.
    pub(super) fn without(&self, text: String) -> (String, Vec<Removed>) {
        if self.lines.is_empty() {
            return (text, Vec::new());
        }
        let (gone, left): (Vec<&str>, Vec<&str>) =
            text.split("\n\n").partition(|line| self.decision(line) == Some(Decision::Remove));
        let removed =
            gone.into_iter().map(|line| Removed { text: head(line, 500).to_owned(), reason: REASON.to_owned() });
        let removed = removed.collect();
        (left.join("\n\n"), removed)
    }
}

/// A hash that is the same in every program and year: FNV-1a, with its bits spread. The database keeps what it gives.
pub(super) fn hash<'t>(texts: impl IntoIterator<Item = &'t [u8]>) -> u64 {
    let bytes = texts.into_iter().flat_map(|text| text.iter().chain(&[0xff]));
    scattered(bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)))
}

/// Spreads a number over all its bits (the finaliser of `SplitMix64`), so that sums of numbers tell sets apart.
fn scattered(n: u64) -> u64 {
    let n = (n ^ (n >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let n = (n ^ (n >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    n ^ (n >> 31)
}

/// What an article shows of its source.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Lesson {
    /// The headline's key.
    pub headline: Option<LineKey>,
    /// Hashes of the headline's words, sorted.
    pub headline_words: Vec<u32>,
    /// Lines of its text that may be furniture, each once.
    pub lines: Vec<Line>,
    /// Lines that were removed because the source repeats them.
    pub removed: Vec<LineKey>,
}

/// A line of an article that may be its source's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// What it is known by.
    pub key: LineKey,
    /// The line, cut at 300 characters.
    pub text: Arc<str>,
    /// Its words.
    pub words: usize,
    /// Where it stands.
    pub place: Place,
    /// Whether it reads as a sentence.
    pub sentence: bool,
}

/// What an article shows: the lines at its edges and its short lines, those removed as learnt included. Lines of a table
/// and what somebody says are never its source's.
pub fn lesson(article: &Article) -> Lesson {
    let paragraphs: Vec<&str> = article.text.split("\n\n").filter(|line| !line.is_empty()).collect();
    let count = paragraphs.len();
    let mut lines: Vec<(usize, Line)> = Vec::new();
    let mut seen: BTreeSet<LineKey> = BTreeSet::new();
    // The bottom first, then the top, then what is between.
    let bottom = count.saturating_sub(EDGE.1)..count;
    let top = 0..EDGE.0.min(bottom.start);
    let order = bottom.clone().rev().chain(top.clone()).chain(top.end..bottom.start);
    for index in order {
        let Some(text) = paragraphs.get(index) else { continue };
        let at_edge = bottom.contains(&index) || top.contains(&index);
        let Some(line) = candidate(text, at_edge, place(index, count)) else { continue };
        if lines.len() < LINES_MAX && seen.insert(line.key) {
            lines.push((index, line));
        }
    }
    lines.sort_by_key(|(index, _)| *index);
    let removed = article.removed.iter().filter(|piece| piece.reason == REASON);
    let removed: BTreeSet<LineKey> = removed.flat_map(|piece| piece.text.split('\n')).map(LineKey::of).collect();
    let headline = article.title.as_deref().unwrap_or_default();
    Lesson {
        headline: (!folded(headline).is_empty()).then(|| LineKey::of(headline)),
        headline_words: headline_words(headline),
        lines: lines.into_iter().map(|(_, line)| line).collect(),
        removed: removed.into_iter().collect(),
    }
}

fn place(index: usize, count: usize) -> Place {
    if index + AT_EDGE.1 >= count {
        Place::Bottom
    } else if index < AT_EDGE.0 {
        Place::Top
    } else {
        Place::Middle
    }
}

fn candidate(text: &str, at_edge: bool, place: Place) -> Option<Line> {
    let words = count_words(text);
    if words > if at_edge { EDGE_WORDS_MAX } else { MIDDLE_WORDS_MAX } {
        return None;
    }
    // A row of a table, and the words of a person: both are said again without being furniture.
    let quoted = text.starts_with(['"', '“', '„', '«', '»', '‘', '\'', '「', '『', '—', '–', '-']);
    if text.contains('\n') || quoted {
        return None;
    }
    let letters = text.chars().filter(|c| c.is_alphanumeric()).count();
    let spaceless = text.chars().filter(|c| is_spaceless(*c)).count() * 2 > letters;
    if letters < if spaceless { SPACELESS_LETTERS_MIN } else { LETTERS_MIN } {
        return None;
    }
    // A line of figures is a result.
    if text.chars().filter(char::is_ascii_digit).count() * 2 > letters {
        return None;
    }
    Some(Line {
        key: LineKey::of(text),
        text: head(text, TEXT_CHARS_MAX).into(),
        words,
        place,
        sentence: ends_sentence(text) && words >= if spaceless { 12 } else { 7 },
    })
}

/// The words of a headline that can tell what it is about, as hashes: those of four letters and more; in scripts without
/// spaces every pair of characters.
fn headline_words(headline: &str) -> Vec<u32> {
    let mut words: BTreeSet<u32> = BTreeSet::new();
    for word in headline.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()) {
        let letters: Vec<char> = word.chars().collect();
        if letters.iter().any(|c| is_spaceless(*c)) {
            words.extend(letters.windows(2).map(|pair| LineKey::of(&pair.iter().collect::<String>()).short()));
        } else if letters.len() >= 4 {
            words.insert(LineKey::of(word).short());
        }
    }
    words.into_iter().take(HEADLINE_WORDS_MAX).collect()
}
