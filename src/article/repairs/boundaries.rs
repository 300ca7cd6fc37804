//! A small model of where English words end: how common a word is, what class it is of, which class follows which, and
//! how a word nobody knows is spelled.
//!
//! In: the text of `config/rules/word_boundaries.txt`, which `examples/train_word_boundaries.rs` writes. Out: words
//! looked up by hash, and for a word cut in two the chance that it was two words. Words are kept as 64-bit hashes
//! alone, so a page's words are looked up without a copy being made.

use std::hash::{BuildHasherDefault, Hasher};
use std::{collections::HashMap, collections::HashSet, fmt};

/// The word classes, by letter. The last is everything that is no word: a stop, a break, the end.
///
/// d determiner · i preposition · t "to" · c conjunction · q pronoun · m modal verb · w question word · v verb · g verb
/// in -ing · e verb in the past · z verb in -s · n noun · s plural noun · p name · j adjective · r adverb · u number
pub const CLASSES: &str = "ditcqmwvgeznspjru.";
/// Numbers a cut is described by.
pub const FEATURES: usize = 26;
/// How rare a word is that only the text itself knows, in tenths of log10 of its count in a thousand million words.
const LOCAL_ZIPF: u8 = 30;
/// Letters of the spelling model: a to z, everything else, and the edge of a word.
const LETTERS: usize = 28;

/// What is known of a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Word {
    /// log10 of how often it stands in a thousand million words, in tenths.
    pub zipf: u8,
    /// Its class, an index into [`CLASSES`].
    pub class: u8,
}

impl Word {
    /// A name that stands elsewhere in the same text.
    pub fn local() -> Self {
        Self { zipf: LOCAL_ZIPF, class: class_index('p') }
    }

    /// Whether it is one of the small words that hold sentences together.
    pub fn is_function(self) -> bool {
        self.class < class_index('v')
    }

    fn is_name(self) -> bool {
        self.class == class_index('p')
    }
}

/// Why a model file cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line} of the word boundaries: {message}")]
pub struct ModelError {
    line: usize,
    message: &'static str,
}

/// The model.
pub struct Model {
    words: HashMap<u64, Word, BuildHasherDefault<Hashed>>,
    pairs: HashSet<u64, BuildHasherDefault<Hashed>>,
    transitions: Vec<f32>,
    spelling: Vec<f32>,
    weights: Vec<f32>,
}

impl fmt::Debug for Model {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Model({} words, {} pairs)", self.words.len(), self.pairs.len())
    }
}

/// A word cut in two, and what stands around it.
#[derive(Debug, Clone, Copy)]
pub struct Cut<'t> {
    /// The whole as it stands.
    pub whole: &'t str,
    /// What is left of the cut, with its spelling.
    pub left: (&'t str, Word),
    /// What is right of it.
    pub right: (&'t str, Word),
    /// The class of the word before the whole.
    pub before: u8,
    /// The class of the word after it.
    pub after: u8,
}

impl Model {
    /// Reads the model's text.
    ///
    /// # Errors
    /// [`ModelError`] names the first line that cannot be read.
    pub fn from_text(text: &str) -> Result<Self, ModelError> {
        let classes = CLASSES.chars().count();
        let mut model = Self {
            words: HashMap::with_capacity_and_hasher(text.len() / 9, BuildHasherDefault::default()),
            pairs: HashSet::default(),
            transitions: vec![-3.0; classes * classes],
            spelling: Vec::new(),
            weights: vec![0.0; FEATURES],
        };
        let mut counts = vec![0_u32; LETTERS * LETTERS * LETTERS];
        let mut group = None;
        let mut left = None;
        for (at, line) in text.lines().enumerate() {
            let wrong = |message| ModelError { line: at + 1, message };
            match line.as_bytes().first() {
                None | Some(b'#') => {}
                Some(b'=') => {
                    let mut parts = line.split(' ').skip(1);
                    let class = parts.next().and_then(|p| p.chars().next()).and_then(|c| CLASSES.find(c));
                    let zipf = parts.next().and_then(|p| p.parse().ok());
                    let (Some(class), Some(zipf)) = (class.and_then(|c| u8::try_from(c).ok()), zipf) else {
                        return Err(wrong("a group of words is `= CLASS TENTHS`"));
                    };
                    group = Some(Word { zipf, class });
                    left = None;
                }
                Some(b'+') => left = line.strip_prefix("+ ").map(hash),
                Some(b'>') => {
                    let mut parts = line.split(' ').skip(1);
                    let row = parts.next().and_then(|p| p.chars().next()).and_then(|c| CLASSES.find(c));
                    let row = row.ok_or_else(|| wrong("no such class"))?;
                    for (column, value) in parts.enumerate().take(classes) {
                        let value: f32 = value.parse().map_err(|_| wrong("not a number"))?;
                        if let Some(slot) = model.transitions.get_mut(row * classes + column) {
                            *slot = value / 100.0;
                        }
                    }
                }
                Some(b'!') => {
                    let values: Result<Vec<f32>, _> = line.split(' ').skip(1).map(str::parse).collect();
                    model.weights = values.map_err(|_| wrong("not a number"))?;
                    if model.weights.len() != FEATURES {
                        return Err(wrong("another number of weights than features"));
                    }
                }
                Some(_) => {
                    if let Some(left) = left {
                        model.pairs.insert(join(left, hash(line)));
                    } else if let Some(word) = group {
                        count_letters(line, &mut counts);
                        model.words.insert(hash(line), word);
                    } else {
                        return Err(wrong("a word before the first group"));
                    }
                }
            }
        }
        model.spelling = spelling(&counts);
        Ok(model)
    }

    /// What is known of a word, whatever its capitals.
    pub fn word(&self, word: &str) -> Option<Word> {
        self.words.get(&hash(word)).copied()
    }

    /// As [`Model::word`], of a word hashed already.
    pub(super) fn hashed(&self, hash: u64) -> Option<Word> {
        self.words.get(&hash).copied()
    }

    /// Whether two words are known to follow each other.
    pub fn is_pair(&self, left: &str, right: &str) -> bool {
        self.pairs.contains(&join(hash(left), hash(right)))
    }

    /// The chance that a word was two words, 0 to 1: a logistic regression over [`Model::features`].
    pub fn chance(&self, cut: &Cut<'_>) -> f32 {
        let sum: f32 = self.features(cut).iter().zip(&self.weights).map(|(value, weight)| value * weight).sum();
        1.0 / (1.0 + (-sum).exp())
    }

    /// What the chance is computed from.
    pub fn features(&self, cut: &Cut<'_>) -> [f32; FEATURES] {
        let ((left, l), (right, r)) = (cut.left, cut.right);
        let is = |yes: bool| if yes { 1.0 } else { 0.0 };
        let rarity = |word: Word| f32::from(word.zipf) / 10.0 - 9.0;
        let (lp, rp) = (rarity(l), rarity(r));
        let whole = self.spelled(cut.whole);
        let noun = class_index('n');
        let inside = self.follows(l.class, r.class);
        let around = self.follows(cut.before, l.class) + self.follows(r.class, cut.after)
            - self.follows(cut.before, noun)
            - self.follows(noun, cut.after);
        let pair = self.is_pair(left, right);
        let (ll, rl) = (left.chars().count(), right.chars().count());
        let hump = starts_upper(right);
        let upper = starts_upper(left);
        let open = |word: Word| !word.is_function();
        let plain = is(!hump);
        [
            1.0,
            lp,
            rp,
            inside,
            around,
            is(pair),
            whole,
            lp + rp - whole,
            is(ll <= 2),
            is(rl <= 2),
            is(ll == 3),
            is(rl == 3),
            is(hump),
            is(upper && !hump),
            is(upper && l.is_name()),
            is(hump && upper),
            is(l.is_function()),
            is(r.is_function()),
            is(hump && r.is_function()),
            is(open(l) && open(r)) * plain,
            is(open(l) && open(r) && pair) * plain,
            is(open(l) && open(r)) * inside,
            plain * lp.min(rp),
            plain * around,
            is(l.is_name() && !upper || r.is_name() && !hump),
            is(hump && open(l) && open(r)) * around,
        ]
    }

    fn follows(&self, left: u8, right: u8) -> f32 {
        let classes = CLASSES.len();
        self.transitions.get(usize::from(left) * classes + usize::from(right)).copied().unwrap_or(-3.0)
    }

    /// log10 of the chance that a word nobody knows is spelled so.
    fn spelled(&self, word: &str) -> f32 {
        trigrams(word).filter_map(|at| self.spelling.get(at)).sum()
    }
}

/// Where a word could be cut: at its humps if it has any ("warAlthough"), else everywhere; two letters on either side at
/// least. The place counts characters.
pub fn cuts(word: &str) -> impl Iterator<Item = (usize, (&str, &str))> {
    let chars = word.chars().count();
    let hump = |(a, b): (char, char)| !a.is_uppercase() && b.is_uppercase();
    let has_humps = word.chars().zip(word.chars().skip(1)).any(hump);
    // Capitals alone are an abbreviation, and capitals before small letters are its plural.
    let asked = has_humps || !word.chars().skip(1).any(char::is_uppercase);
    word.char_indices().zip(word.chars().skip(1)).enumerate().filter_map(move |(at, ((byte, a), b))| {
        let at = at + 1;
        if !asked || at < 2 || chars - at < 2 || has_humps && !hump((a, b)) {
            return None;
        }
        let (left, right) = word.split_at_checked(byte + a.len_utf8())?;
        (!right.chars().skip(1).any(char::is_uppercase)).then_some((at, (left, right)))
    })
}

/// The class of a letter of [`CLASSES`]; of an unknown letter that of no word.
pub fn class_index(letter: char) -> u8 {
    CLASSES.find(letter).and_then(|at| u8::try_from(at).ok()).unwrap_or(END)
}

/// The class of no word.
pub const END: u8 = 17;

fn starts_upper(word: &str) -> bool {
    word.starts_with(char::is_uppercase)
}

/// FNV-1a over the word in lower case.
pub(super) fn hash(word: &str) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    let mut add = |c: u32| hash = (hash ^ u64::from(c)).wrapping_mul(0x0100_0000_01b3);
    for c in word.chars() {
        if c.is_ascii() {
            add(u32::from(c.to_ascii_lowercase()));
        } else {
            c.to_lowercase().for_each(|c| add(u32::from(c)));
        }
    }
    // The low bits pick the slot and must depend on every letter.
    hash ^ (hash >> 29)
}

fn join(left: u64, right: u64) -> u64 {
    (left.rotate_left(21) ^ right).wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

/// Keys that are hashes already.
#[derive(Default)]
pub(super) struct Hashed(u64);

impl Hasher for Hashed {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 << 8) | u64::from(*byte);
        }
    }

    fn write_u64(&mut self, value: u64) {
        self.0 = value.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }
}

fn letter(c: char) -> usize {
    match c.to_ascii_lowercase() {
        c @ 'a'..='z' => c as usize - 'a' as usize,
        _ => LETTERS - 2,
    }
}

/// Indices of a word's groups of three letters, its edges included.
fn trigrams(word: &str) -> impl Iterator<Item = usize> {
    let edge = LETTERS - 1;
    let mut before = (edge, edge);
    word.chars().map(letter).chain([edge]).map(move |c| {
        let at = (before.0 * LETTERS + before.1) * LETTERS + c;
        before = (before.1, c);
        at
    })
}

fn count_letters(word: &str, counts: &mut [u32]) {
    for at in trigrams(word) {
        if let Some(count) = counts.get_mut(at) {
            *count += 1;
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "counts of letters in a word list are far below 2^24")]
fn spelling(counts: &[u32]) -> Vec<f32> {
    counts
        .chunks(LETTERS)
        .flat_map(|row| {
            let all = row.iter().sum::<u32>() as f32 + 0.1 * LETTERS as f32;
            row.iter().map(move |count| ((*count as f32 + 0.1) / all).log10())
        })
        .collect()
}
