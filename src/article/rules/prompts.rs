//! What sites say around a story, told by its vocabulary.
//!
//! A prompt is made of few words: what to do, what about, and the small words between. A line that names one of a
//! prompt's topics and is otherwise made of that vocabulary is a prompt, in any order and inflection the language has;
//! a sentence of a story that talks about comments or newsletters has other words in it. One language's vocabulary has
//! to cover the line, so that the small words of one do not vouch for another.

use std::collections::{BTreeMap, HashMap};

use serde::Deserialize;

use super::super::text::{head, settle};
use super::{RulesError, broken};

const FILE: &str = "prompts.toml";

/// Words of the longest line that can be a prompt.
const WORDS_MAX: usize = 40;
/// Words of the longest line with a name behind an author's prompt.
const AUTHOR_WORDS_MAX: usize = 10;
/// Words (characters without spaces) from which on a prompt may have other words in it, and one of how many.
const LONG_WORDS: usize = 6;
const LONG_CHARS: usize = 10;
const OTHERS: usize = 5;
/// Words that no prompt has more of than its vocabulary does not know.
const OTHERS_MAX: usize = 3;

/// Letters that a stem has at least.
const STEM_CHARS_MIN: usize = 2;

/// What a prompt can be about, dearest first: a line about two of them is called by the first. With the word for what
/// was removed.
const TOPICS: [(&str, &str); 12] = [
    ("comment", "comment"),
    ("newsletter", "newsletter"),
    ("paywall", "paywall"),
    ("cookie", "cookie"),
    ("ad", "advertisement"),
    ("copyright", "copyright"),
    ("author", "author-box"),
    ("related", "related"),
    ("share", "share"),
    ("live", "page-furniture"),
    ("tool", "page-furniture"),
    ("time", "timestamp"),
];
/// Topics of lines that may have other words in them, and whether they need not tell anyone to do something.
const LONG_TOPICS: [(&str, bool); 5] =
    [("comment", false), ("newsletter", false), ("paywall", false), ("cookie", true), ("copyright", true)];
/// Topics of lines that announce what follows them.
const HEADING_TOPICS: [&str; 4] = ["comment", "newsletter", "author", "related"];

/// What a term is, as bits: one for each topic, and two more.
type Bits = u16;
const WORD: Bits = 1 << 14;
const DO: Bits = 1 << 15;
/// The topics with which a line can begin that goes on with something else: author, related, time.
const OPENING: Bits = 1 << 6 | 1 << 7 | 1 << 11;

/// A set of languages, by their place in the file.
type Languages = u128;

/// The vocabularies of all languages.
#[derive(Debug)]
pub(super) struct Prompts {
    languages: Vec<Language>,
    /// What a prompt can begin with, and in which languages: nearly every line is done with at its first word.
    firsts: HashMap<String, Languages>,
    first_stems: Stems<Languages>,
}

#[derive(Debug, Default)]
struct Language {
    spaceless: bool,
    /// By a term's first word (its first letter where there are no spaces).
    terms: HashMap<String, Terms>,
    stems: Stems<Bits>,
}

/// The terms with one first word.
#[derive(Debug, Default)]
struct Terms {
    /// What the word is alone.
    alone: Bits,
    /// The phrases it begins, longest first.
    phrases: Vec<(Vec<String>, Bits)>,
}

/// Beginnings of words, by their first letters.
#[derive(Debug)]
struct Stems<T>(HashMap<String, Vec<(String, T)>>);

#[derive(Debug, Deserialize)]
struct Section {
    #[serde(default)]
    spaceless: bool,
    #[serde(flatten)]
    terms: BTreeMap<String, String>,
}

/// A line cut into words.
struct Words<'a> {
    /// In lower case.
    words: Vec<&'a str>,
    /// Whether a colon, a bar, an arrow or a line break follows.
    parted: Vec<bool>,
}

/// How far a language's vocabulary covers a line.
#[derive(Debug, Default)]
struct Cover {
    covered: usize,
    others: usize,
    numbers: usize,
    bits: Bits,
    first_covered: bool,
    /// The first term, and whether it is set off from what follows.
    opening: Bits,
    opening_parted: bool,
}

impl Prompts {
    /// Reads the vocabularies.
    ///
    /// # Errors
    /// Says what in the file cannot be read.
    pub fn new(text: &str) -> Result<Self, RulesError> {
        let sections: BTreeMap<String, Section> = toml::from_str(text).map_err(|e| broken(FILE, &e))?;
        let everywhere = sections.get("any");
        let mut prompts = Self { languages: Vec::new(), firsts: HashMap::new(), first_stems: Stems::default() };
        for (name, section) in &sections {
            let mut language = Language { spaceless: section.spaceless, ..Language::default() };
            for (key, terms) in [everywhere, Some(section)].into_iter().flatten().flat_map(|part| &part.terms) {
                let bits = bits_of(key).ok_or_else(|| broken(FILE, &format!("[{name}] has no key {key}")))?;
                for term in terms.split_whitespace() {
                    language.add(term, bits).map_err(|message| broken(FILE, &format!("[{name}] {term}: {message}")))?;
                }
            }
            for terms in language.terms.values_mut() {
                terms.phrases.sort_by_key(|(words, _)| std::cmp::Reverse(words.iter().map(String::len).sum::<usize>()));
            }
            let bit = 1u128.checked_shl(prompts.languages.len().try_into().unwrap_or(u32::MAX));
            let bit = bit.ok_or_else(|| broken(FILE, &"more than 128 languages"))?;
            for first in language.terms.keys() {
                *prompts.firsts.entry(first.clone()).or_insert(0) |= bit;
            }
            for (stem, _) in language.stems.0.values().flatten() {
                prompts.first_stems.add(stem.clone(), bit);
            }
            prompts.languages.push(language);
        }
        Ok(prompts)
    }

    /// What a [settled](super::lowered) line of so many words asks its reader for, if that is all it does.
    pub fn find(&self, lowered: &str, words: usize) -> Option<&'static str> {
        self.covers(lowered, words).find_map(|(language, cover)| cover.topic(language.spaceless))
    }

    /// As [`Self::find`], for a line that is made of a vocabulary wholly: it can announce what follows.
    pub fn announced(&self, lowered: &str, words: usize) -> Option<&'static str> {
        self.covers(lowered, words).find_map(|(_, cover)| cover.announced())
    }

    fn covers<'a>(&'a self, lowered: &'a str, words: usize) -> impl Iterator<Item = (&'a Language, Cover)> {
        // Who quotes somebody does not ask the reader.
        let quoted = lowered.starts_with(['"', '«', '「', '『']);
        let asked = !quoted && (1..=WORDS_MAX).contains(&words);
        let mut possible = if asked { self.beginning(lowered) } else { 0 };
        let cut = (possible != 0).then(|| Words::of(lowered));
        std::iter::from_fn(move || {
            let next = possible.trailing_zeros();
            possible &= possible.checked_sub(1)?;
            let language = self.languages.get(usize::try_from(next).ok()?)?;
            Some((language, language.cover(cut.as_ref()?)))
        })
    }

    /// The languages that have a term for a line's first word.
    fn beginning(&self, lowered: &str) -> Languages {
        let words = lowered.split(|c| !is_letter(c)).filter(|word| !word.is_empty());
        let Some(first) = words.take(4).find(|word| !word.starts_with(char::is_numeric)) else { return 0 };
        let mut found = self.firsts.get(first).copied().unwrap_or(0);
        if let Some(letter) = first.chars().next().filter(|_| !first.is_ascii()) {
            let mut key = [0; 4];
            found |= self.firsts.get(&*letter.encode_utf8(&mut key)).copied().unwrap_or(0);
        }
        found | self.first_stems.of(first)
    }
}

impl<T> Default for Stems<T> {
    fn default() -> Self {
        Self(HashMap::new())
    }
}

impl<T: Copy + Default + std::ops::BitOr<Output = T>> Stems<T> {
    fn add(&mut self, stem: String, bits: T) {
        let same = self.0.entry(head(&stem, STEM_CHARS_MIN).to_owned()).or_default();
        match same.iter_mut().find(|(known, _)| *known == stem) {
            Some((_, known)) => *known = *known | bits,
            None => same.push((stem, bits)),
        }
    }

    /// What the stems of a word stand for.
    fn of(&self, word: &str) -> T {
        let same = self.0.get(head(word, STEM_CHARS_MIN)).into_iter().flatten();
        same.filter(|(stem, _)| word.starts_with(stem.as_str())).fold(T::default(), |all, (_, bits)| all | *bits)
    }
}

fn bits_of(key: &str) -> Option<Bits> {
    match key {
        "words" => Some(WORD),
        "do" => Some(DO),
        _ => TOPICS.iter().position(|(topic, _)| *topic == key).map(|at| 1 << at),
    }
}

impl Language {
    fn add(&mut self, term: &str, bits: Bits) -> Result<(), &'static str> {
        let term = super::lowered(&settle(term));
        if self.spaceless {
            let letters = term.replace('_', "");
            let first = head(&letters, 1).to_owned();
            self.terms.entry(first).or_default().add(vec![letters], bits);
            return Ok(());
        }
        let words: Vec<String> = term.split('_').map(str::to_owned).collect();
        match (words.as_slice(), term.strip_suffix('*')) {
            ([_], Some(stem)) if stem.chars().count() < STEM_CHARS_MIN => {
                return Err("a stem this short fits anything");
            }
            ([_], Some(stem)) => self.stems.add(stem.to_owned(), bits),
            ([_], None) => self.terms.entry(term).or_default().alone |= bits,
            ([first, ..], _) if first.ends_with('*') => return Err("only the last word of a phrase can be a stem"),
            ([first, ..], _) => self.terms.entry(first.clone()).or_default().add(words, bits),
            ([], _) => {}
        }
        Ok(())
    }

    /// What the first words are, and how many of them.
    fn term(&self, words: &[&str]) -> (Bits, usize) {
        let Some(word) = words.first() else { return (0, 1) };
        let terms = self.terms.get(*word);
        let phrase = terms.into_iter().flat_map(|terms| &terms.phrases).find(|(wanted, _)| {
            wanted.len() <= words.len() && wanted.iter().zip(words).all(|(wanted, word)| fits(wanted, word))
        });
        match phrase {
            Some((words, bits)) => (*bits, words.len()),
            None => (terms.map_or(0, |terms| terms.alone) | self.stems.of(word), 1),
        }
    }

    fn cover(&self, line: &Words<'_>) -> Cover {
        let mut cover = Cover::default();
        let mut at = 0;
        while let Some(word) = line.words.get(at) {
            let rest = line.words.get(at..).unwrap_or_default();
            if self.spaceless && !word.is_ascii() {
                self.cover_letters(word, at == 0, line.parted.get(at).copied().unwrap_or(false), &mut cover);
                at += 1;
                continue;
            }
            let (bits, length) = self.term(rest);
            if bits == 0 && word.starts_with(|c: char| c.is_numeric()) {
                cover.numbers += 1;
            } else if bits == 0 {
                cover.others += 1;
            } else {
                cover.covered += length;
                cover.bits |= bits;
                if at == 0 {
                    cover.first_covered = true;
                    cover.opening = bits;
                    cover.opening_parted = line.parted.get(length - 1).copied().unwrap_or(false);
                }
            }
            at += length;
            // No later word can make up for so many.
            if cover.opening & OPENING == 0 && (cover.others > OTHERS_MAX || cover.others * OTHERS > line.words.len()) {
                break;
            }
        }
        cover
    }

    /// A run of letters without spaces: the longest terms, from the left.
    fn cover_letters(&self, run: &str, first: bool, parted: bool, cover: &mut Cover) {
        let mut rest = run;
        while let Some(letter) = rest.chars().next() {
            let mut key = [0; 4];
            let term =
                self.terms.get(&*letter.encode_utf8(&mut key)).into_iter().flat_map(|terms| &terms.phrases).find_map(
                    |(words, bits)| Some((words.first()?, *bits)).filter(|(term, _)| rest.starts_with(*term)),
                );
            let length = term.map_or(letter.len_utf8(), |(term, _)| term.len());
            let at_start = first && rest.len() == run.len();
            rest = rest.get(length..).unwrap_or_default();
            if let Some((term, bits)) = term {
                cover.covered += term.chars().count();
                cover.bits |= bits;
                if at_start {
                    cover.first_covered = true;
                    cover.opening = bits;
                    cover.opening_parted = parted && rest.is_empty();
                }
            } else if letter.is_numeric() {
                cover.numbers += 1;
            } else {
                cover.others += 1;
            }
        }
    }
}

impl Terms {
    fn add(&mut self, words: Vec<String>, bits: Bits) {
        match self.phrases.iter_mut().find(|(known, _)| *known == words) {
            Some((_, known)) => *known |= bits,
            None => self.phrases.push((words, bits)),
        }
    }
}

/// Whether a word of a phrase is that of a line.
fn fits(wanted: &str, word: &str) -> bool {
    wanted.strip_suffix('*').map_or(wanted == word, |stem| word.starts_with(stem))
}

impl Cover {
    fn topic(&self, spaceless: bool) -> Option<&'static str> {
        self.whole().or_else(|| self.opened()).or_else(|| self.mostly(spaceless))
    }

    /// The line is made of the vocabulary wholly.
    fn whole(&self) -> Option<&'static str> {
        if self.others == 0 { self.first(self.bits) } else { None }
    }

    fn announced(&self) -> Option<&'static str> {
        let topics = HEADING_TOPICS.iter().filter_map(|topic| bits_of(topic)).fold(0, |all, bit| all | bit);
        if self.others == 0 { self.first(self.bits & topics) } else { None }
    }

    /// A prompt, and the headline or the name it is for.
    fn opened(&self) -> Option<&'static str> {
        let opens = |topic: &str| bits_of(topic).is_some_and(|bit| self.opening & bit != 0);
        let author = opens("author") && self.covered + self.others <= AUTHOR_WORDS_MAX;
        let parted = self.opening_parted && (opens("related") || opens("time") && self.numbers > 0);
        (author || parted).then(|| self.first(self.opening)).flatten()
    }

    /// A longer line with a word or two that the vocabulary does not know, such as the paper's name.
    fn mostly(&self, spaceless: bool) -> Option<&'static str> {
        let long = self.covered + self.others >= if spaceless { LONG_CHARS } else { LONG_WORDS };
        if !long || !self.first_covered || self.others > OTHERS_MAX || self.others * OTHERS > self.covered + self.others
        {
            return None;
        }
        let told = self.bits & DO != 0;
        let (topic, _) = LONG_TOPICS.iter().find(|(topic, stated)| self.names(topic) && (told || *stated))?;
        self.first(bits_of(topic)?)
    }

    fn names(&self, topic: &str) -> bool {
        bits_of(topic).is_some_and(|bit| self.bits & bit != 0)
    }

    fn first(&self, bits: Bits) -> Option<&'static str> {
        // A time has a number, and nobody shares by numbers.
        let fits = |topic: &str| match topic {
            "time" => self.numbers > 0,
            "share" => self.numbers == 0,
            _ => true,
        };
        let named = TOPICS.iter().enumerate().find(|(at, (topic, _))| bits & (1 << at) != 0 && fits(topic));
        named.map(|(_, (_, reason))| *reason)
    }
}

impl<'a> Words<'a> {
    fn of(lowered: &'a str) -> Self {
        let (mut words, mut parted) = (Vec::new(), Vec::new());
        let mut rest = lowered;
        while let Some(start) = rest.find(is_letter) {
            let after = rest.get(start..).unwrap_or_default();
            let end = after.find(|c| !is_letter(c)).unwrap_or(after.len());
            let (word, tail) = after.split_at_checked(end).unwrap_or((after, ""));
            let gap = tail.get(..tail.find(is_letter).unwrap_or(tail.len())).unwrap_or_default();
            words.push(word);
            parted.push(gap.contains([':', '：', '|', '｜', '>', '】', '\n']) || gap.contains(" - "));
            rest = tail;
        }
        Self { words, parted }
    }
}

/// Letters, digits, and the marks that the scripts of India and of Thailand write their vowels with.
fn is_letter(c: char) -> bool {
    c.is_alphanumeric()
        || !c.is_ascii()
            && (matches!(c, '\u{300}'..='\u{36f}' | '\u{591}'..='\u{5c7}' | '\u{64b}'..='\u{65f}' | '\u{200c}' | '\u{200d}')
                || matches!(c, '\u{900}'..='\u{109f}')
                    && !matches!(c, '\u{964}' | '\u{965}' | '\u{df4}' | '\u{e4f}' | '\u{104a}' | '\u{104b}'))
}
