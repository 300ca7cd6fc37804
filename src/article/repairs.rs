//! Words that ran together where a link or a line break stood ("warAlthough", "Kazakhstanwhere").
//!
//! Reported, never made: what stood between them is not known. Precision comes first; both halves must be known words.

use std::collections::{HashMap, HashSet};

use serde::Deserialize;

use super::rules::Rules;
use super::{Repair, RepairKind};

/// The words that tell a glued pair from a name.
#[derive(Debug)]
pub(super) struct Glue {
    words: HashSet<String>,
    places: HashSet<String>,
    function_words: HashSet<String>,
    exceptions: HashSet<String>,
    left_never: HashSet<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct GlueFile {
    function_words: HashSet<String>,
    exceptions: HashSet<String>,
    left_never: HashSet<String>,
}

impl Glue {
    /// From the rule file and the two word lists, one word a line, `#` for comments.
    pub fn from_texts(glue: &str, words: &str, places: &str) -> Result<Self, toml::de::Error> {
        let file: GlueFile = toml::from_str(glue)?;
        let list = |text: &str| -> HashSet<String> {
            text.lines().filter(|l| !l.is_empty() && !l.starts_with('#')).map(str::to_owned).collect()
        };
        Ok(Self {
            words: list(words),
            places: list(places),
            function_words: file.function_words,
            exceptions: file.exceptions,
            left_never: file.left_never,
        })
    }
}

/// Finds glued words. Each span covers the whole of what stands there as one word.
pub fn find(text: &str, rules: &Rules) -> Vec<Repair> {
    let mut found: Vec<(String, Repair)> = Vec::new();
    let mut word = String::new();
    let mut start = 0;
    let mut before = ' ';
    for (at, c) in text.chars().chain([' ']).enumerate() {
        if c.is_alphabetic() {
            if word.is_empty() {
                start = at;
            }
            word.push(c);
            continue;
        }
        if !word.is_empty() {
            // Handles, tags, addresses, file names and code are written without spaces on purpose.
            let technical =
                matches!(before, '#' | '@' | '/' | '_' | '.' | '=' | '&') || matches!(c, '_' | '@' | '/' | '=' | '(');
            if !technical && !c.is_numeric() && !before.is_numeric() && is_glued(&word, &rules.glue) {
                let repair = Repair { start, end: at, kind: RepairKind::GluedWords };
                found.push((word.clone(), repair));
            }
            word.clear();
        }
        before = c;
    }
    // An accident happens once; what is written so twice is a name.
    let mut times: HashMap<&str, usize> = HashMap::new();
    for (word, _) in &found {
        *times.entry(word).or_insert(0) += 1;
    }
    found.iter().filter(|(word, _)| times.get(word.as_str()) == Some(&1)).map(|(_, repair)| *repair).collect()
}

fn is_glued(word: &str, glue: &Glue) -> bool {
    if glue.exceptions.contains(word) {
        return false;
    }
    let humps: Vec<usize> = word
        .char_indices()
        .zip(word.chars().skip(1))
        .filter(|((_, a), b)| a.is_lowercase() && b.is_uppercase())
        .map(|((at, a), _)| at + a.len_utf8())
        .collect();
    match humps.as_slice() {
        [] => is_place_and_function_word(word, glue),
        [hump] => word.split_at_checked(*hump).is_some_and(|(left, right)| is_pair(left, right, glue)),
        // Two humps and more are names of programs and products.
        _ => false,
    }
}

fn is_pair(left: &str, right: &str, glue: &Glue) -> bool {
    let right_lower = right.to_lowercase();
    // "USA" and "COVID" after a word are no words of the list and stay unsuspected.
    let capitalised = right.chars().skip(1).all(char::is_lowercase);
    if !capitalised || glue.left_never.contains(&left.to_lowercase()) {
        return false;
    }
    let right_known =
        right_lower.chars().count() > 1 && glue.words.contains(&right_lower) || glue.places.contains(right);
    if left.chars().all(char::is_lowercase) {
        return left.chars().count() > 2 && glue.words.contains(left) && right_known;
    }
    glue.places.contains(left) && glue.function_words.contains(&right_lower)
}

/// "Kazakhstanwhere": a known name, then a function word, and nothing that is itself a word.
fn is_place_and_function_word(word: &str, glue: &Glue) -> bool {
    if !word.starts_with(char::is_uppercase) || word.len() < 7 || glue.places.contains(word) {
        return false;
    }
    if glue.words.contains(&word.to_lowercase()) {
        return false;
    }
    word.char_indices().skip(4).any(|(at, _)| {
        word.split_at_checked(at).is_some_and(|(name, rest)| {
            rest.len() > 2 && glue.function_words.contains(rest) && glue.places.contains(name)
        })
    })
}
