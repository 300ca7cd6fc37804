//! Words, numbers and signs of a text with their character offsets, in sentences.
//!
//! In: a text. Out: [`Tokens`]. Abbreviations and initials keep their dot, a possessive ending is a token of its own,
//! and a word that lost the space to its neighbour ("Kazakhstanwhere") becomes two.

use std::ops::Range;

use super::lexicon::{Lexicon, flag};

/// How a token is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    /// No capital first.
    Lower,
    /// A capital first, then not only capitals.
    Capital,
    /// Two capitals or more and no small letter.
    Upper,
    /// Begins with a digit.
    Number,
    /// Anything else, one character.
    Sign,
}

/// A word, number or sign.
#[derive(Debug, Clone)]
pub(crate) struct Token {
    /// First character.
    pub start: usize,
    /// One past the last character.
    pub end: usize,
    /// The same in bytes.
    pub bytes: Range<usize>,
    /// How it is written.
    pub shape: Shape,
    /// What the lexicon says of the word, folded to lower case.
    pub flags: u32,
}

/// A text cut into tokens and sentences.
#[derive(Debug)]
pub(crate) struct Tokens<'a> {
    /// The text itself.
    pub text: &'a str,
    /// In order of the text.
    pub list: Vec<Token>,
    /// Token ranges, without gaps.
    pub sentences: Vec<Range<usize>>,
}

/// Words that lose the space before them most often.
const GLUED: &[&str] = &[
    "where", "which", "while", "who", "when", "with", "that", "than", "and", "but", "for", "from", "said", "the",
    "has", "was", "will", "after", "before",
];

impl<'a> Tokens<'a> {
    /// Cuts a text.
    pub fn new(text: &'a str, lexicon: &Lexicon) -> Self {
        let mut cutter = Cutter { text, lexicon, list: Vec::with_capacity(text.len() / 5), key: String::new() };
        cutter.cut();
        let list = cutter.list;
        let sentences = sentences(text, &list);
        Self { text, list, sentences }
    }

    /// The token as it stands in the text; empty past the end.
    pub fn word(&self, index: usize) -> &'a str {
        self.list.get(index).and_then(|token| self.text.get(token.bytes.clone())).unwrap_or_default()
    }

    /// The text from the first token to before the last, as it stands.
    pub fn slice(&self, range: Range<usize>) -> &'a str {
        match (self.list.get(range.start), range.end.checked_sub(1).and_then(|last| self.list.get(last))) {
            (Some(first), Some(last)) => self.text.get(first.bytes.start..last.bytes.end).unwrap_or_default(),
            _ => "",
        }
    }

    /// Whether the token is this word, whatever its case.
    pub fn is(&self, index: usize, word: &str) -> bool {
        self.word(index).eq_ignore_ascii_case(word)
    }

    /// Whether the token is one of these words, whatever their case.
    pub fn is_any(&self, index: usize, words: &[&str]) -> bool {
        let own = self.word(index);
        words.iter().any(|word| own.eq_ignore_ascii_case(word))
    }

    /// Whether the lexicon gives the token one of these flags.
    pub fn has(&self, index: usize, flags: u32) -> bool {
        self.list.get(index).is_some_and(|token| token.flags & flags != 0)
    }

    /// How the token is written.
    pub fn shape(&self, index: usize) -> Shape {
        self.list.get(index).map_or(Shape::Sign, |token| token.shape)
    }

    /// Whether the token begins with a capital.
    pub fn is_capital(&self, index: usize) -> bool {
        matches!(self.shape(index), Shape::Capital | Shape::Upper)
    }

    /// Characters of a token range.
    pub fn span(&self, range: &Range<usize>) -> (usize, usize) {
        let start = self.list.get(range.start).map_or(0, |token| token.start);
        let end = range.end.checked_sub(1).and_then(|last| self.list.get(last)).map_or(start, |token| token.end);
        (start, end)
    }

    /// The sentence that holds a token.
    pub fn sentence_of(&self, index: usize) -> Range<usize> {
        let at = self.sentences.partition_point(|sentence| sentence.end <= index);
        self.sentences.get(at).cloned().unwrap_or(index..index)
    }

    /// Whether white space stands between a token and the one before.
    pub fn spaced(&self, index: usize) -> bool {
        match (index.checked_sub(1).and_then(|before| self.list.get(before)), self.list.get(index)) {
            (Some(before), Some(token)) => before.end < token.start,
            _ => true,
        }
    }
}

struct Cutter<'a, 'l> {
    text: &'a str,
    lexicon: &'l Lexicon,
    list: Vec<Token>,
    key: String,
}

fn apostrophe(c: char) -> bool {
    matches!(c, '\'' | '’')
}

impl Cutter<'_, '_> {
    fn cut(&mut self) {
        let mut rest = self.text;
        let mut at = 0;
        let mut bytes = 0;
        while let Some(c) = rest.chars().next() {
            let (chars, length) = if c.is_whitespace() {
                (1, c.len_utf8())
            } else {
                let (chars, length) = if c.is_alphabetic() {
                    word(rest, self.lexicon)
                } else if c.is_ascii_digit() {
                    number(rest)
                } else {
                    match rest.strip_prefix(apostrophe).map(|after| after.chars().next()) {
                        Some(Some('s')) if self.possessive(at, rest) => (2, c.len_utf8() + 1),
                        _ => (1, c.len_utf8()),
                    }
                };
                self.push(at, chars, bytes, length);
                (chars, length)
            };
            at += chars;
            bytes += length;
            rest = self.text.get(bytes..).unwrap_or_default();
        }
    }

    /// Whether the apostrophe hangs on a word and the "s" ends it.
    fn possessive(&self, at: usize, rest: &str) -> bool {
        self.list.last().is_some_and(|last| last.end == at && last.shape != Shape::Sign)
            && !rest.chars().nth(2).is_some_and(char::is_alphanumeric)
    }

    fn push(&mut self, start: usize, chars: usize, byte: usize, length: usize) {
        let Some(word) = self.text.get(byte..byte + length) else { return };
        let flags = self.flags(word);
        let shape = shape(word);
        if flags == 0
            && shape != Shape::Sign
            && shape != Shape::Number
            && let Some((left, right)) = self.unglue(word)
        {
            let (left, right) = (left.to_owned(), right.to_owned());
            let middle = left.chars().count();
            self.push(start, middle, byte, left.len());
            self.push(start + middle, chars - middle, byte + left.len(), right.len());
            return;
        }
        self.list.push(Token { start, end: start + chars, bytes: byte..byte + length, shape, flags });
    }

    fn flags(&mut self, word: &str) -> u32 {
        self.key.clear();
        for c in word.chars() {
            self.key.extend(c.to_lowercase());
        }
        let known = self.lexicon.flags(&self.key);
        if known != 0 {
            return known;
        }
        if self.key.ends_with('.') {
            return self.lexicon.flags(self.key.trim_end_matches('.'));
        }
        self.inflected()
    }

    /// Whether the word is vocabulary with an ending.
    fn inflected(&self) -> u32 {
        let stem = |ending: &str, instead: &str| {
            self.key.strip_suffix(ending).is_some_and(|stem| {
                stem.len() > 2
                    && (self.lexicon.flags(stem) & flag::WORD != 0
                        || !instead.is_empty() && self.lexicon.flags(&format!("{stem}{instead}")) & flag::WORD != 0)
            })
        };
        let vocabulary = self.key.is_ascii()
            && (stem("s", "")
                || stem("ed", "e")
                || stem("ing", "e")
                || stem("ly", "")
                || stem("ies", "y")
                || stem("es", ""));
        if vocabulary { flag::WORD } else { 0 }
    }

    /// Two words that lost the space between them.
    fn unglue<'w>(&self, word: &'w str) -> Option<(&'w str, &'w str)> {
        if word.len() < 7 {
            return None;
        }
        if word.starts_with(char::is_uppercase) {
            let right = GLUED.iter().find(|glued| word.ends_with(**glued))?;
            let (left, right) = word.split_at_checked(word.len() - right.len())?;
            return (left.chars().count() > 3 && self.lexicon.phrase(left).is_some()).then_some((left, right));
        }
        let (at, _) = word.char_indices().find(|(_, c)| c.is_uppercase())?;
        let (left, right) = word.split_at_checked(at)?;
        let vocabulary = |part: &str| self.lexicon.flags(&part.to_lowercase()) & (flag::WORD | flag::FUNCTION) != 0;
        (vocabulary(left) && vocabulary(right)).then_some((left, right))
    }
}

fn shape(word: &str) -> Shape {
    let mut chars = word.chars();
    let Some(first) = chars.next() else { return Shape::Sign };
    if first.is_ascii_digit() {
        return Shape::Number;
    }
    if !first.is_alphabetic() {
        return if first == '#' || !apostrophe(first) || word.len() == first.len_utf8() {
            Shape::Sign
        } else {
            Shape::Lower
        };
    }
    let arabic_article = word.get(..3).is_some_and(|head| head == "al-" || head == "el-" || head == "as-")
        && word.chars().nth(3).is_some_and(char::is_uppercase);
    if !first.is_uppercase() {
        return if arabic_article { Shape::Capital } else { Shape::Lower };
    }
    let letters = word.chars().filter(|c| c.is_alphabetic()).count();
    if letters > 1 && !word.chars().any(char::is_lowercase) { Shape::Upper } else { Shape::Capital }
}

/// A word's characters and bytes at the head of `rest`.
fn word(rest: &str, lexicon: &Lexicon) -> (usize, usize) {
    let (mut chars, mut bytes) = (0, 0);
    let mut letters = rest.chars().peekable();
    while let Some(c) = letters.next() {
        let next = letters.peek().copied();
        let inside = match c {
            _ if c.is_alphanumeric() => true,
            '\'' | '’' => {
                // "O'Brien" is one word, "Russia's" is two.
                let possessive = next == Some('s') && letters.clone().nth(1).is_none_or(|c| !c.is_alphanumeric());
                next.is_some_and(char::is_alphabetic) && !possessive
            }
            '-' | '‑' => next.is_some_and(char::is_alphanumeric),
            '\u{300}'..='\u{36f}' => true,
            _ => false,
        };
        if !inside {
            if c == '.' {
                let so_far = rest.get(..bytes).unwrap_or_default();
                if chars == 1 && so_far.chars().all(char::is_uppercase) {
                    return dotted(rest);
                }
                if chars == 1 && next.is_some_and(char::is_alphabetic) {
                    return dotted(rest);
                }
                if lexicon.is_abbreviation(so_far) {
                    return (chars + 1, bytes + 1);
                }
            }
            break;
        }
        chars += 1;
        bytes += c.len_utf8();
    }
    (chars, bytes)
}

/// "U.S.", "a.m.", "J.".
fn dotted(rest: &str) -> (usize, usize) {
    let (mut chars, mut bytes) = (0, 0);
    let mut letters = rest.chars();
    while let (Some(letter), Some('.')) = (letters.next(), letters.clone().next()) {
        if !letter.is_alphabetic() {
            break;
        }
        letters.next();
        chars += 2;
        bytes += letter.len_utf8() + 1;
    }
    // "U.S" without the last dot.
    let mut after = rest.get(bytes..).unwrap_or_default().chars();
    if chars > 0
        && let Some(letter) = after.next()
        && letter.is_uppercase()
        && chars > 1
        && !after.next().is_some_and(char::is_alphanumeric)
    {
        return (chars + 1, bytes + letter.len_utf8());
    }
    (chars, bytes)
}

fn number(rest: &str) -> (usize, usize) {
    let mut length = 0;
    let mut chars = rest.chars().peekable();
    while let Some(c) = chars.next() {
        let next = chars.peek().copied();
        let inside = c.is_ascii_alphanumeric() || (matches!(c, '.' | ',') && next.is_some_and(|n| n.is_ascii_digit()));
        if !inside {
            break;
        }
        length += 1;
    }
    (length, length)
}

fn sentences(text: &str, list: &[Token]) -> Vec<Range<usize>> {
    let mut out = Vec::new();
    let mut first = 0;
    for (index, pair) in list.windows(2).enumerate() {
        let [token, next] = pair else { continue };
        let gap = text.get(token.bytes.end..next.bytes.start).unwrap_or_default();
        let own = text.get(token.bytes.clone()).unwrap_or_default();
        let after = text.get(next.bytes.clone()).unwrap_or_default();
        let opens = matches!(next.shape, Shape::Capital | Shape::Upper | Shape::Number)
            || after.starts_with(['“', '"', '‘', '\'', '«', '-', '–', '—', '•']);
        let closed = matches!(own, "”" | "\"" | "’" | "'" | ")" | "»")
            && index > first
            && list
                .get(index - 1)
                .and_then(|t| text.get(t.bytes.clone()))
                .is_some_and(|before| matches!(before, "." | "!" | "?" | "…"));
        let ends = matches!(own, "." | "!" | "?" | "…") || closed;
        let abbreviation_ends = own.len() > 2
            && own.ends_with('.')
            && own.matches('.').count() > 1
            && next.shape == Shape::Capital
            && next.flags & flag::FUNCTION != 0;
        if gap.contains('\n') || (!gap.is_empty() && opens && ends) || abbreviation_ends {
            out.push(first..index + 1);
            first = index + 1;
        }
    }
    if first < list.len() {
        out.push(first..list.len());
    }
    out
}
