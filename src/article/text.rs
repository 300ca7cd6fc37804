//! Letters and words: the small measures that every part of cleaning shares.

use unicode_normalization::char::is_combining_mark;
use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfc_quick};

/// Marks on one letter that are kept. Hebrew with all its points has four; what has more is a tower built for show.
const MARKS_MAX: usize = 8;

/// A text as it is kept: NFC, without what a reader cannot see: soft hyphens, zero-width spaces, controls, marks of
/// direction.
///
/// Zero-width joiners and non-joiners stay: Persian and the Indic scripts spell with them.
pub fn settle(text: &str) -> String {
    if text.bytes().all(|b| matches!(b, b' '..=b'~' | b'\n' | b'\t')) {
        return text.to_owned();
    }
    let mut marks = 0;
    let within = |c: &char| {
        marks = if *c >= '\u{300}' && is_combining_mark(*c) { marks + 1 } else { 0 };
        marks <= MARKS_MAX
    };
    let text: String = text.chars().filter(|c| is_visible(*c)).filter(within).collect();
    // Asked of what is left: what is taken out may have stood between a letter and its accent.
    if is_nfc_quick(text.chars()) == IsNormalized::Yes { text } else { text.nfc().collect() }
}

fn is_visible(c: char) -> bool {
    !matches!(c,
        '\u{ad}' | '\u{61c}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'
        | '\u{2066}'..='\u{2069}' | '\u{feff}')
        && (!c.is_control() || matches!(c, '\n' | '\t' | '\r' | '\u{85}'))
}

/// Whether a character is one of Chinese or Japanese, marks included: a line break in the source beside it is no space.
pub fn is_wide(c: char) -> bool {
    matches!(c,
        '\u{3001}'..='\u{303f}' | '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}'
        | '\u{f900}'..='\u{faff}' | '\u{ff01}'..='\u{ff60}' | '\u{20000}'..='\u{2fa1f}')
}

/// White space as a reader sees it: runs are one space, none at the ends. A line break stays one.
pub fn squeeze(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for word in text.split_whitespace() {
        if !out.is_empty() {
            out.push(' ');
        }
        out.push_str(word);
    }
    out
}

/// Whether a letter belongs to a script that is written without spaces.
pub fn is_spaceless(c: char) -> bool {
    matches!(c,
        '\u{0e00}'..='\u{0eff}' | '\u{1000}'..='\u{109f}' | '\u{1780}'..='\u{17ff}' | '\u{3040}'..='\u{30ff}'
        | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{2fa1f}')
}

/// Words; characters where the script has no spaces.
pub fn count_words(text: &str) -> usize {
    measure(text).words
}

/// What a line measures.
#[derive(Debug, Clone, Copy, Default)]
pub struct Size {
    /// Words; characters where the script has no spaces.
    pub words: usize,
    /// Characters that are no white space.
    pub chars: usize,
    /// Of the first 200 characters those of a script without spaces.
    spaceless: usize,
}

impl Size {
    /// Words, where a spaceless script's characters count as the words they would make.
    #[expect(clippy::cast_precision_loss, reason = "a page's words are far below 2^52")]
    pub fn units(self) -> f64 {
        if self.spaceless * 2 > self.chars.min(200) { self.words as f64 / 1.7 } else { self.words as f64 }
    }
}

/// Measures a line in one pass.
pub fn measure(text: &str) -> Size {
    let mut size = Size::default();
    let mut in_word = false;
    if text.is_ascii() {
        for byte in text.bytes() {
            if byte.is_ascii_whitespace() {
                in_word = false;
                continue;
            }
            size.chars += 1;
            if !in_word && byte.is_ascii_alphanumeric() {
                in_word = true;
                size.words += 1;
            }
        }
        return size;
    }
    for (at, c) in text.chars().enumerate() {
        if is_spaceless(c) {
            size.words += 1;
            size.chars += 1;
            size.spaceless += usize::from(at < 200);
            in_word = false;
        } else if c.is_whitespace() {
            in_word = false;
        } else {
            size.chars += 1;
            if !in_word && c.is_alphanumeric() {
                in_word = true;
                size.words += 1;
            }
        }
    }
    size
}

/// Letters and digits alone, in lower case: what is left to compare two spellings of one line by.
pub fn folded(text: &str) -> String {
    if text.is_ascii() {
        return text.bytes().filter(u8::is_ascii_alphanumeric).map(|b| char::from(b.to_ascii_lowercase())).collect();
    }
    text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// Whether a line ends as a sentence does.
pub fn ends_sentence(text: &str) -> bool {
    let end = text.trim_end_matches(|c: char| {
        c.is_whitespace() || matches!(c, '"' | '\'' | '”' | '’' | '»' | '«' | '“' | ')' | ']' | '」' | '』' | '›')
    });
    end.chars().next_back().is_some_and(|c| {
        matches!(c, '.' | '!' | '?' | '…' | '。' | '！' | '？' | '؟' | '।' | '॥' | '։' | '۔' | '።' | '။' | '។')
    })
}

/// The first so many characters.
pub fn head(text: &str, chars_max: usize) -> &str {
    text.char_indices().nth(chars_max).and_then(|(at, _)| text.get(..at)).unwrap_or(text)
}
