//! Glued and split words.
//!
//! A word is glued when the page has no such word, but has two neighbours that make it when the space between them is
//! lost. It is split when the truth has the word and we have its two halves instead.

use std::collections::{HashMap, HashSet};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use ego_tree::iter::Edge;
use scraper::{Html, Node};
use unicode_normalization::UnicodeNormalization as _;

use super::measures::{is_spaceless, words};

/// The words of a page's markup, as hashes.
#[derive(Default)]
pub struct Seams {
    words: HashSet<u64>,
    /// Neighbours with a space, a mark, a line break or a block's edge between them, joined.
    apart: HashSet<u64>,
    /// Neighbours in two inline elements with nothing between them: whether a reader sees one word or two, only the
    /// style sheet knows.
    touching: HashSet<u64>,
}

/// Elements inside a line of text.
const INLINE: [&str; 22] = [
    "a", "abbr", "b", "bdi", "bdo", "cite", "code", "data", "em", "font", "i", "ins", "mark", "q", "s", "small",
    "span", "strong", "sub", "sup", "u", "wbr",
];

impl Seams {
    /// Reads the text nodes of a page.
    pub fn of_page(html: &str) -> Self {
        let tree = Html::parse_document(html);
        let mut seams = Self::default();
        let mut last: Option<String> = None;
        let mut touches = false;
        let mut hidden = 0_usize;
        for edge in tree.tree.root().traverse() {
            let (node, opens) = match edge {
                Edge::Open(node) => (node, true),
                Edge::Close(node) => (node, false),
            };
            match node.value() {
                Node::Element(element) => {
                    if matches!(element.name(), "script" | "style" | "template" | "svg") {
                        hidden = if opens { hidden + 1 } else { hidden.saturating_sub(1) };
                    }
                    touches &= INLINE.contains(&element.name());
                }
                Node::Text(text) if opens && hidden == 0 => seams.read_text(&settled(text), &mut last, &mut touches),
                _ => {}
            }
        }
        seams
    }

    fn read_text(&mut self, text: &str, last: &mut Option<String>, touches: &mut bool) {
        let is_word = |c: char| c.is_alphanumeric() || c == '_';
        *touches &= text.starts_with(is_word);
        for word in long_words(text) {
            self.words.insert(hash(&word));
            if let Some(before) = last.as_ref() {
                let joined = hash(&format!("{before}{word}"));
                if *touches {
                    self.touching.insert(joined);
                } else if before.chars().count() > 1 {
                    // A single letter before a block's edge is a drop cap, and belongs to the word.
                    self.apart.insert(joined);
                }
            }
            *last = Some(word);
            *touches = false;
        }
        if !text.is_empty() {
            *touches = text.ends_with(is_word);
        }
    }

    /// The glued words of a text.
    pub fn glued(&self, text: &str, truth: Option<&str>) -> Vec<String> {
        let truth = long_words(truth.unwrap_or_default());
        let right: HashSet<u64> = truth.iter().map(|word| hash(word)).collect();
        let apart_there: HashSet<u64> =
            truth.windows(2).map(|pair| hash(&pair.concat())).filter(|joined| self.touching.contains(joined)).collect();
        let mut found = long_words(text);
        found.retain(|word| {
            let key = hash(word);
            word.chars().any(char::is_alphabetic)
                && !self.words.contains(&key)
                && !right.contains(&key)
                && (self.apart.contains(&key) || apart_there.contains(&key))
        });
        found
    }

    /// The words a text has in two halves, and the truth and the page in one.
    pub fn split(&self, text: &str, truth: &str) -> Vec<String> {
        let (found, truth) = (long_words(text), long_words(truth));
        let mut lacking: HashMap<&str, usize> = HashMap::new();
        for word in &truth {
            *lacking.entry(word).or_insert(0) += 1;
        }
        for word in &found {
            if let Some(count) = lacking.get_mut(word.as_str()) {
                *count = count.saturating_sub(1);
            }
        }
        let halves: HashSet<&[String]> = truth.windows(2).collect();
        let mut out = Vec::new();
        for pair in found.windows(2).filter(|pair| !halves.contains(pair)) {
            if let Some(count) = lacking.get_mut(pair.concat().as_str()).filter(|count| **count > 0) {
                let key = hash(&pair.concat());
                if self.words.contains(&key) || self.touching.contains(&key) {
                    *count -= 1;
                    out.push(pair.join(" "));
                }
            }
        }
        out
    }
}

/// Composed, and without the marks inside words that nobody sees.
fn settled(text: &str) -> String {
    text.nfc().filter(|c| !matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}')).collect()
}

/// Words of scripts with spaces.
fn long_words(text: &str) -> Vec<String> {
    let mut words = words(&settled(text));
    words.retain(|word| !word.starts_with(is_spaceless));
    words
}

fn hash(word: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    word.hash(&mut hasher);
    hasher.finish()
}
