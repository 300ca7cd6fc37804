//! Words that ran together where a link or a line break stood ("warAlthough", "Kazakhstanwhere", "end.The", "2022The").
//!
//! In: a text and the [rules](Rules). Out: where it is broken, how sure that is, and the spelling that is proposed. The
//! text itself is never changed: [`apply`] makes a second text, and [`offset_in_applied`] leads from one to the other.
//! Precision comes first: both halves must be known words, and only English passages are asked.

pub mod boundaries;

use std::collections::{HashMap, HashSet};
use std::hash::BuildHasherDefault;

use serde::Deserialize;

use super::rules::Rules;
use super::text::{head, is_spaceless};
use super::{Repair, RepairKind};
use boundaries::{Cut, END, Hashed, Model, Word, hash};

/// Characters that are looked at, ten times the longest stories: every word looked at takes memory.
const CHARS_MAX: usize = 300_000;
/// The least chance that is reported, by what the halves are. So set, about one word in 100,000 of clean news is
/// reported falsely (`examples/measure_repairs.rs`).
const CHANCE_MIN: f32 = 0.5;
/// The same for two words that are both none of the small ones: so are new words made.
const CHANCE_MIN_OPEN: f32 = 0.7;
/// The same for what begins with a capital and has no other: so are names made.
const CHANCE_MIN_NAME: f32 = 0.75;
/// The same for a name of two words that are both none of the small ones ("Ghostface").
const CHANCE_MIN_NAME_OPEN: f32 = 0.88;
/// The same for two letters before a capital ("inBody"): so are trade marks made.
const CHANCE_MIN_SHORT: f32 = 0.97;
/// The same for what stands so twice: an accident happens once, what is written so again is a word.
const CHANCE_MIN_TWICE: f32 = 0.98;
/// How sure a missing space between two sentences is, when both of its words are known.
const SENTENCE_CHANCE: f32 = 0.95;
/// How sure a missing space beside a number is, when the word is one that holds sentences together.
const NUMBER_CHANCE: f32 = 0.95;
/// Words a passage needs before it is judged alone and not with the text around it.
const PASSAGE_WORDS_MIN: usize = 12;
/// Of a hundred English words in a row, at least so many are small words; half as many would be a list of names.
const SMALL_WORDS_SHARE: usize = 16;
/// Unexplained humps ("getName") that make a text one about programs, where words are written so on purpose.
const HUMPS_MAX: usize = 1;
/// Letters of a word that ends other words and still stands alone more often ("in", "over").
const SUFFIX_LETTERS_MAX: usize = 3;
/// Letters of the longest word that is asked: what is longer is an address or a language without spaces.
const WORD_CHARS_MAX: usize = 40;

/// What tells a glued pair from a name.
#[derive(Debug)]
pub(super) struct Glue {
    model: Model,
    exceptions: HashSet<String>,
    left_never: HashSet<String>,
    prefixes: HashSet<String>,
    suffixes: HashSet<String>,
    /// Hashes of the small words: they are asked of every word.
    small_words: HashSet<u64, BuildHasherDefault<Hashed>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct GlueFile {
    exceptions: HashSet<String>,
    left_never: HashSet<String>,
    prefixes: HashSet<String>,
    suffixes: HashSet<String>,
    small_words: HashSet<String>,
}

impl Glue {
    /// From the rule file and the word boundary model, as texts. The error names the file.
    pub fn from_texts(glue: &str, boundaries: &str) -> Result<Self, (&'static str, String)> {
        let file: GlueFile = toml::from_str(glue).map_err(|error| ("glue.toml", error.to_string()))?;
        let model = Model::from_text(boundaries).map_err(|error| ("word_boundaries.txt", error.to_string()))?;
        Ok(Self {
            model,
            exceptions: file.exceptions,
            left_never: file.left_never,
            prefixes: file.prefixes,
            suffixes: file.suffixes,
            small_words: file.small_words.iter().map(|word| hash(word)).collect(),
        })
    }
}

impl Glue {
    /// Whether an initial and the rest of a word make a word, and one that is commoner than the rest alone.
    pub fn is_word_of(&self, initial: char, rest: &str) -> bool {
        let joined = self.model.word(&format!("{initial}{rest}"));
        !rest.is_empty() && joined.is_some_and(|word| self.model.word(rest).is_none_or(|rest| rest.zipf < word.zipf))
    }
}

/// A run of letters.
#[derive(Debug, Clone, Copy)]
struct Token<'t> {
    word: &'t str,
    /// Its first character's place.
    start: usize,
    chars: usize,
    known: Option<Word>,
    passage: usize,
    /// What stands right before it, a space if nothing does.
    before: char,
    /// What stands right after it.
    after: char,
    /// Whether anything but space parts it from the word before.
    apart: bool,
    /// Whether it is part of an address, a handle or a piece of code.
    technical: bool,
}

/// Finds glued words, in order. Each span covers the whole of what stands there as one word.
pub fn find(text: &str, rules: &Rules) -> Vec<Repair> {
    let text = head(text, CHARS_MAX);
    let glue = &rules.glue;
    let (tokens, passages) = read(text, glue);
    let english = english_passages(&tokens, &passages);
    let is_open = |token: &Token<'_>| !token.technical && english.get(token.passage) == Some(&true);
    let mut seen = Seen::default();
    for token in tokens.iter().filter(|token| token.known.is_none()) {
        *seen.times.entry(token.word).or_insert(0) += 1;
    }
    let mut found = Vec::new();
    let mut humps = 0;
    for (index, token) in tokens.iter().enumerate() {
        if !is_open(token) {
            continue;
        }
        let before = index.checked_sub(1).and_then(|before| tokens.get(before));
        let after = tokens.get(index + 1);
        found.extend(before.and_then(|before| between_sentences(before, token, glue)));
        found.extend(beside_number(token, text, glue));
        if token.known.is_none() && token.chars <= WORD_CHARS_MAX && !glue.exceptions.contains(token.word) {
            let cut = best_cut(token, before, after, &seen, glue);
            let twice = seen.times.get(token.word).is_some_and(|times| *times > 1);
            let hump = token.word.chars().skip(1).any(char::is_uppercase);
            let upper = token.word.starts_with(char::is_uppercase);
            let least = |cut: &Chosen| match hump {
                _ if twice => CHANCE_MIN_TWICE,
                true if cut.at <= 2 => CHANCE_MIN_SHORT,
                true => CHANCE_MIN,
                false if upper && cut.small => CHANCE_MIN_NAME,
                false if upper => CHANCE_MIN_NAME_OPEN,
                false if cut.small => CHANCE_MIN,
                false => CHANCE_MIN_OPEN,
            };
            match cut.filter(|cut| cut.chance >= least(cut) && !(hump && twice)) {
                Some(cut) => {
                    found.push((
                        hump && !cut.small,
                        repair(token.word, token.start, cut.at, cut.chance, RepairKind::GluedWords),
                    ));
                }
                None => humps += usize::from(hump && !upper),
            }
        }
    }
    let programs = humps >= HUMPS_MAX;
    found.into_iter().filter(|(doubtful, _)| !(programs && *doubtful)).map(|(_, repair)| repair).collect()
}

/// The text with its repairs made; `None` when there are none.
pub fn apply(text: &str, repairs: &[Repair]) -> Option<String> {
    if repairs.is_empty() {
        return None;
    }
    let mut cuts = repairs.iter().map(|repair| repair.cut).peekable();
    let mut out = String::with_capacity(text.len() + repairs.len());
    for (at, c) in text.chars().enumerate() {
        if cuts.next_if_eq(&at).is_some() {
            out.push(' ');
        }
        out.push(c);
    }
    Some(out)
}

/// Where a character of the text stands in the text that [`apply`] makes of it.
pub fn offset_in_applied(offset: usize, repairs: &[Repair]) -> usize {
    offset + repairs.iter().take_while(|repair| repair.cut <= offset).count()
}

/// Words seen in the text that nobody knows, and how often.
#[derive(Debug, Default)]
struct Seen<'t> {
    times: HashMap<&'t str, usize>,
}

impl Seen<'_> {
    /// A name that only this text knows: it stands alone elsewhere in it.
    fn name(&self, word: &str) -> Option<Word> {
        let is_name = word.starts_with(char::is_uppercase) && word.chars().count() > 3;
        (is_name && self.times.contains_key(word)).then(Word::local)
    }
}

fn read<'t>(text: &'t str, glue: &Glue) -> (Vec<Token<'t>>, Vec<(usize, usize)>) {
    let mut tokens: Vec<Token<'t>> = Vec::new();
    // Words and small words of each passage.
    let mut passages = vec![(0, 0)];
    let mut at = 0;
    let mut apart = true;
    for piece in text.split_inclusive(char::is_whitespace) {
        let technical = is_technical(piece);
        let mut before = ' ';
        let mut rest = piece.char_indices().peekable();
        let mut place = at;
        while let Some((from, c)) = rest.next() {
            if !c.is_alphabetic() || is_spaceless(c) {
                apart |= !c.is_whitespace() || c == '\n';
                if c == '\n' {
                    passages.push((0, 0));
                }
                before = c;
                place += 1;
                continue;
            }
            let mut to = from + c.len_utf8();
            let mut chars = 1;
            while let Some((next, c)) = rest.next_if(|(_, c)| is_letter(*c)) {
                to = next + c.len_utf8();
                chars += 1;
            }
            let word = piece.get(from..to).unwrap_or_default();
            let after = rest.peek().map_or(' ', |(_, c)| *c);
            let passage = passages.len() - 1;
            let hash = hash(word);
            if let Some((words, small)) = passages.last_mut() {
                *words += 1;
                *small += usize::from(chars <= 5 && glue.small_words.contains(&hash));
            }
            let known = glue.model.hashed(hash);
            tokens.push(Token { word, start: place, chars, known, passage, before, after, apart, technical });
            apart = false;
            place += chars;
            before = 'a';
        }
        at = place;
    }
    (tokens, passages)
}

fn is_letter(c: char) -> bool {
    c.is_alphabetic() && !is_spaceless(c) || unicode_normalization::char::is_combining_mark(c)
}

/// Addresses, handles, tags, file names and code are written without spaces on purpose.
fn is_technical(piece: &str) -> bool {
    let mut before = [' ', ' '];
    for c in piece.chars() {
        if matches!(c, '@' | '#' | '/' | '\\' | '_' | '=' | '<' | '>' | '{' | '}' | '|' | '~' | '^' | '$' | '&' | '+') {
            return true;
        }
        let [two, one] = before;
        // "example.com", "getName(".
        if two.is_alphanumeric() && (one == '.' && (c.is_lowercase() || c.is_numeric()) || one == '(') {
            return true;
        }
        before = [one, c];
    }
    false
}

/// Which passages are English: enough of their words are the small ones that every English sentence has.
fn english_passages(tokens: &[Token<'_>], passages: &[(usize, usize)]) -> Vec<bool> {
    let words = passages.iter().map(|(words, _)| words).sum::<usize>();
    let small = passages.iter().map(|(_, small)| small).sum::<usize>();
    let is_english = |words: usize, small: usize| small * 100 >= words * SMALL_WORDS_SHARE;
    // A few words alone say nothing of their language; what they hold of known words does.
    let known = tokens.iter().filter(|token| token.known.is_some()).count();
    let whole = is_english(words, small) || words < PASSAGE_WORDS_MIN && known * 4 >= words.saturating_sub(1) * 3;
    passages
        .iter()
        .map(|(words, small)| if *words < PASSAGE_WORDS_MIN { whole } else { is_english(*words, *small) })
        .collect()
}

struct Chosen {
    at: usize,
    chance: f32,
    /// Whether one half is a small word, and none of those that end names.
    small: bool,
}

fn best_cut(
    token: &Token<'_>,
    before: Option<&Token<'_>>,
    after: Option<&Token<'_>>,
    seen: &Seen<'_>,
    glue: &Glue,
) -> Option<Chosen> {
    if matches!(token.before, '-' | '‑' | '–' | '\'' | '’') {
        return None;
    }
    let noun = boundaries::class_index('n');
    let class = |token: Option<&Token<'_>>, apart: bool| match token {
        Some(token) if !apart => token.known.map_or(noun, |word| word.class),
        _ => END,
    };
    let before = class(before, token.apart);
    let after = class(after, after.is_some_and(|after| after.apart));
    let upper = token.word.starts_with(char::is_uppercase);
    let mut best: Option<Chosen> = None;
    for (at, (left, right)) in boundaries::cuts(token.word) {
        let Some(r) = glue.model.word(right) else { continue };
        let Some(l) = glue.model.word(left).or_else(|| seen.name(left)) else { continue };
        let hump = right.starts_with(char::is_uppercase);
        let never = if hump { &glue.left_never } else { &glue.prefixes };
        if (hump || !r.is_function()) && never.contains(&left.to_lowercase()) {
            continue;
        }
        // "Jerseyan" and "mirrorlike" are no accidents; "seasonin" may be one.
        let doubtful = !hump && glue.suffixes.contains(right);
        if doubtful && (upper || !r.is_function() || right.len() > SUFFIX_LETTERS_MAX) {
            continue;
        }
        let chance = glue.model.chance(&Cut { whole: token.word, left: (left, l), right: (right, r), before, after });
        if best.as_ref().is_none_or(|best| chance > best.chance) {
            best = Some(Chosen { at, chance, small: !doubtful && (l.is_function() || r.is_function()) });
        }
    }
    best
}

/// "end.The", "Paris,the", "friends.”Putin": a mark that should have a space after it.
fn between_sentences(left: &Token<'_>, right: &Token<'_>, glue: &Glue) -> Option<(bool, Repair)> {
    if left.technical || left.chars < 2 || right.chars < 2 || left.start + left.chars + 1 != right.start {
        return None;
    }
    let known = |token: &Token<'_>| token.known.is_some_and(|word| word.zipf >= 30);
    if !known(left) || !known(right) || glue.exceptions.contains(right.word) {
        return None;
    }
    let lower = left.word.chars().all(char::is_lowercase);
    let upper = right.word.starts_with(char::is_uppercase);
    let capitalised = upper && right.word.chars().skip(1).all(char::is_lowercase);
    let wrong = match left.after {
        '.' => lower && capitalised && left.chars > 2,
        '!' | '?' => capitalised,
        ',' | ';' => true,
        '”' => right.chars > 2 || right.known.is_some_and(Word::is_function),
        _ => false,
    };
    let mut whole = left.word.to_owned();
    whole.push(left.after);
    whole.push_str(right.word);
    let cut = left.chars + 1;
    wrong.then(|| (false, repair(&whole, left.start, cut, SENTENCE_CHANCE, RepairKind::GluedSentences)))
}

/// "2022The", "in2022".
fn beside_number(token: &Token<'_>, text: &str, glue: &Glue) -> Option<(bool, Repair)> {
    let word = token.known?;
    let before = token.before.is_ascii_digit();
    if !before && !token.after.is_ascii_digit() || token.chars < 2 || glue.exceptions.contains(token.word) {
        return None;
    }
    let digit = |c: &char| c.is_ascii_digit();
    // The slice before and after the word, found again by its address in the text.
    let from = (token.word.as_ptr() as usize).checked_sub(text.as_ptr() as usize)?;
    let (head, tail) = (text.get(..from)?, text.get(from + token.word.len()..)?);
    let capitalised = token.word.starts_with(char::is_uppercase) && token.word.chars().skip(1).all(char::is_lowercase);
    let lower = token.word.chars().all(char::is_lowercase);
    if before {
        let digits: String = head.chars().rev().take_while(digit).collect::<String>().chars().rev().collect();
        let clean = head
            .chars()
            .rev()
            .nth(digits.len())
            .is_none_or(|c| c.is_whitespace() || matches!(c, ',' | '.' | '(' | '“'));
        let small = word.is_function() && token.chars > 2;
        let sentence = is_year(&digits) && capitalised && token.chars > 2 && word.zipf >= 40;
        let ends = !tail.starts_with(|c: char| c.is_alphanumeric() || matches!(c, '-' | '’' | '\''));
        (clean && ends && ((lower || capitalised) && small || sentence)).then(|| {
            let whole = digits.clone() + token.word;
            let start = token.start - digits.len();
            (false, repair(&whole, start, digits.len(), NUMBER_CHANCE, RepairKind::GluedNumber))
        })
    } else {
        let digits: String = tail.chars().take_while(digit).collect();
        let ends = !tail.chars().nth(digits.len()).is_some_and(|c| c.is_alphanumeric() || c == '-');
        let fits = lower && word.is_function() && is_year(&digits);
        (fits && ends && (token.before == ' ' || token.before == '\n')).then(|| {
            let whole = token.word.to_owned() + &digits;
            (false, repair(&whole, token.start, token.chars, NUMBER_CHANCE, RepairKind::GluedNumber))
        })
    }
}

fn is_year(digits: &str) -> bool {
    digits.len() == 4 && (digits.starts_with("19") || digits.starts_with("20"))
}

fn repair(whole: &str, start: usize, cut: usize, confidence: f32, kind: RepairKind) -> Repair {
    let left: String = whole.chars().take(cut).collect();
    let right: String = whole.chars().skip(cut).collect();
    let end = start + whole.chars().count();
    let confidence = (confidence * 1000.0).round() / 1000.0;
    Repair { start, end, kind, cut: start + cut, confidence, text: format!("{left} {right}") }
}
