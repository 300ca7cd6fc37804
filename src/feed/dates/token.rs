//! A date's text as numbers, words and marks.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use super::super::text::plain;
use super::words;

/// The most tokens looked at: a date has some twenty.
const TOKENS_MAX: usize = 64;
/// Zeros of the world's decimal digits; the other nine follow each.
const ZEROS: [char; 8] = ['٠', '۰', '०', '০', '๐', '௦', '០', '၀'];

/// Lower case, without accents, with ASCII digits, plain spaces and plain hyphens. References are resolved, for a date
/// may be escaped once more than its feed.
pub fn fold(text: &str) -> String {
    let plain = if text.contains(['&', '<']) { plain(text).unwrap_or_default() } else { text.to_owned() };
    let folded: String = plain
        .nfkd()
        .filter(|c| !is_accent(*c) && !is_invisible(*c))
        .flat_map(char::to_lowercase)
        .map(ascii)
        .nfc()
        .filter(|c| !is_accent(*c))
        .collect();
    folded.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Accents of Latin, Greek and Cyrillic, and the vowel signs and hamzas of Arabic and Hebrew; the signs of other scripts
/// are letters.
fn is_accent(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36F}' | '\u{591}'..='\u{5C7}' | '\u{64B}'..='\u{655}' | '\u{93C}' | '\u{9BC}')
}

/// Marks of writing direction and joints without width.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{AD}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{2069}' | '\u{FEFF}')
}

fn ascii(c: char) -> char {
    match c {
        // NFKD makes plain spaces of the others.
        '\u{2010}'..='\u{2015}' | '\u{2212}' => '-',
        '\u{2018}' | '\u{2019}' | '\u{2BC}' | '`' => '\'',
        '、' | '،' => ',',
        '·' | '。' => '.',
        'ı' => 'i',
        'ς' => 'σ',
        _ if c.is_ascii() => c,
        _ => ZEROS
            .iter()
            .find_map(|zero| char::from_digit((c as u32).checked_sub(*zero as u32).filter(|d| *d < 10)?, 10))
            .unwrap_or(c),
    }
}

/// The fraction of a second that digits after the point mean, in nanoseconds.
pub fn nanos(digits: &str) -> u32 {
    let nine: String = digits.chars().chain(std::iter::repeat('0')).take(9).collect();
    nine.parse().unwrap_or(0)
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Token {
    Number(String),
    Word(String),
    Mark(char),
    Taken,
}

/// The tokens of a date. What a pass has understood it takes, so that what nobody understood is seen in the end.
pub struct Tokens {
    list: Vec<Token>,
    /// Whether no white space stands before the token.
    glued: Vec<bool>,
}

impl Tokens {
    /// Reads folded text.
    pub fn of(text: &str) -> Self {
        let mut tokens = Self { list: Vec::new(), glued: Vec::new() };
        let mut chars = text.chars().peekable();
        let mut glued = true;
        while let Some(c) = chars.next() {
            if tokens.list.len() >= TOKENS_MAX {
                break;
            }
            if c.is_whitespace() {
                glued = false;
                continue;
            }
            let mut run = String::from(c);
            let mut run_while = |belongs: &dyn Fn(char) -> bool| {
                while let Some(next) = chars.next_if(|next| belongs(*next)) {
                    run.push(next);
                }
                std::mem::take(&mut run)
            };
            if c.is_ascii_digit() {
                tokens.push(Token::Number(run_while(&|c| c.is_ascii_digit())), glued);
            } else if is_letter(c) {
                let word = run_while(&is_letter);
                tokens.push_word(word, glued);
            } else {
                tokens.push(Token::Mark(c), glued);
            }
            glued = true;
        }
        tokens.split_run_together();
        tokens
    }

    fn push(&mut self, token: Token, glued: bool) {
        self.list.push(token);
        self.glued.push(glued);
    }

    /// After a number the units of East Asian dates are words of their own, whatever follows them: `16日星期一`.
    fn push_word(&mut self, word: String, glued: bool) {
        let after_number = matches!(self.list.last(), Some(Token::Number(_)));
        let unit = word.chars().next().filter(|c| after_number && words::unit(*c).is_some());
        let rest = unit.and_then(|c| word.strip_prefix(c)).filter(|rest| !rest.is_empty());
        match (unit, rest) {
            (Some(unit), Some(rest)) => {
                self.push(Token::Word(unit.to_string()), glued);
                self.push(Token::Word(rest.to_owned()), true);
            }
            _ => self.push(Token::Word(word), glued),
        }
    }

    /// `2020-11-1610:00`: a day and an hour without the space between them.
    fn split_run_together(&mut self) {
        for i in 1..self.list.len() {
            let Some(digits) = self.number(i).filter(|n| n.len() == 4).map(str::to_owned) else { continue };
            let dated = matches!(self.mark(i - 1), Some('-' | '/')) && self.number(i.wrapping_sub(2)).is_some();
            let timed =
                self.mark(i + 1) == Some(':') && !(self.mark(i + 3) == Some(':') && self.mark(i + 5) == Some(':'));
            if let Some((day, hour)) = digits.split_at_checked(2).filter(|_| dated && timed) {
                self.list.splice(i..=i, [Token::Number(day.to_owned()), Token::Number(hour.to_owned())]);
                self.glued.insert(i + 1, false);
                return;
            }
        }
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.list.len()
    }

    /// The digits at a place.
    pub fn number(&self, at: usize) -> Option<&str> {
        match self.list.get(at)? {
            Token::Number(digits) => Some(digits),
            _ => None,
        }
    }

    /// The value at a place of a number with at most that many digits.
    pub fn value(&self, at: usize, digits_max: usize) -> Option<u32> {
        self.number(at).filter(|digits| digits.len() <= digits_max)?.parse().ok()
    }

    /// The word at a place.
    pub fn word(&self, at: usize) -> Option<&str> {
        match self.list.get(at)? {
            Token::Word(word) => Some(word),
            _ => None,
        }
    }

    /// The mark at a place.
    pub fn mark(&self, at: usize) -> Option<char> {
        match self.list.get(at)? {
            Token::Mark(mark) => Some(*mark),
            _ => None,
        }
    }

    /// Whether the token follows the one before it without white space.
    pub fn is_glued(&self, at: usize) -> bool {
        self.glued.get(at).copied().unwrap_or(false)
    }

    /// Marks tokens as understood.
    pub fn take(&mut self, range: std::ops::Range<usize>) {
        for token in self.list.get_mut(range).into_iter().flatten() {
            *token = Token::Taken;
        }
    }

    /// Where the numbers stand that nobody has understood yet.
    pub fn numbers(&self) -> impl Iterator<Item = usize> {
        (0..self.len()).filter(|at| self.number(*at).is_some())
    }

    /// Whether a number was left over.
    pub fn has_number(&self) -> bool {
        self.numbers().next().is_some()
    }

    /// The words from a place on, at most `count`, with nothing but white space, full stops, hyphens and apostrophes
    /// between them; with the place after the last.
    pub fn phrase(&self, at: usize, count: usize) -> Option<(String, usize)> {
        let mut phrase = self.word(at)?.to_owned();
        let mut end = at + 1;
        for _ in 1..count {
            let next = if matches!(self.mark(end), Some('.' | '-' | '\'')) { end + 1 } else { end };
            phrase.push(' ');
            phrase.push_str(self.word(next)?);
            end = next + 1;
        }
        Some((phrase, end))
    }
}

/// Letters, and the vowel signs of scripts that write them apart.
fn is_letter(c: char) -> bool {
    c.is_alphabetic() || (!c.is_ascii() && is_combining_mark(c))
}
