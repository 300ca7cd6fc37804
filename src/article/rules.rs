//! The rules of cleaning, compiled once from data files and shared by all workers.

use std::borrow::Cow;

use aho_corasick::{AhoCorasick, MatchKind};
use regex::{RegexSet, RegexSetBuilder};
use serde::Deserialize;

use super::kind::Kinds;
use super::metadata::names::Bylines;
use super::repairs::Glue;

/// What is wrong with a rule file.
#[derive(Debug, thiserror::Error)]
#[error("{file}: {message}")]
pub struct RulesError {
    /// The rule file's name.
    pub file: &'static str,
    /// What the parser said.
    pub message: String,
}

/// All rules of cleaning. `Send`, `Sync`, and costly to make: make it once.
#[derive(Debug)]
pub struct Rules {
    lines: PatternTable,
    headings: PatternTable,
    refusals: PatternTable,
    classes: AhoCorasick,
    class_groups: Vec<(String, bool)>,
    class_group_of: Vec<usize>,
    body_classes: AhoCorasick,
    pub(super) bylines: Bylines,
    pub(super) kinds: Kinds,
    pub(super) glue: Glue,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct FurnitureFile {
    line: Vec<PatternGroup>,
    heading: Vec<PatternGroup>,
    refusal: Vec<PatternGroup>,
    class: Vec<ClassGroup>,
    body: BodyClasses,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct PatternGroup {
    reason: String,
    words_max: usize,
    patterns: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ClassGroup {
    reason: String,
    #[serde(default)]
    inline: bool,
    tokens: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct BodyClasses {
    tokens: Vec<String>,
}

impl Rules {
    /// The rules the program ships.
    ///
    /// # Panics
    /// Never with the shipped files: a test loads them.
    pub fn builtin() -> Self {
        Self::with(|_| None).unwrap_or_else(|error| panic!("the rules this program ships do not load: {error}"))
    }

    /// The names of the files the rules are read from: the five of [`Rules::from_texts`] in their order, and the kinds.
    pub const FILES: [&str; 6] =
        ["furniture.toml", "bylines.toml", "glue.toml", "words.txt", "places.txt", "kinds.toml"];

    /// The rules the program ships, but for the [files](Rules::FILES) that `own` gives a text for.
    ///
    /// # Errors
    /// Names the file, and what in it cannot be read.
    pub fn with(own: impl Fn(&str) -> Option<String>) -> Result<Self, RulesError> {
        let text = |name: &str, shipped: &str| own(name).unwrap_or_else(|| shipped.to_owned());
        let mut rules = Self::from_texts(
            &text("furniture.toml", include_str!("../../config/rules/furniture.toml")),
            &text("bylines.toml", include_str!("../../config/rules/bylines.toml")),
            &text("glue.toml", include_str!("../../config/rules/glue.toml")),
            &text("words.txt", include_str!("../../config/rules/words.txt")),
            &text("places.txt", include_str!("../../config/rules/places.txt")),
        )?;
        if let Some(own) = own("kinds.toml") {
            rules.kinds = kinds(&own)?;
        }
        Ok(rules)
    }

    /// Rules from the texts of five files; the kinds of articles are those that are shipped.
    ///
    /// # Errors
    /// Names the file, and what in it cannot be read.
    pub fn from_texts(
        furniture: &str,
        bylines: &str,
        glue: &str,
        words: &str,
        places: &str,
    ) -> Result<Self, RulesError> {
        const FILE: &str = "furniture.toml";
        let file: FurnitureFile = toml::from_str(furniture).map_err(|e| broken(FILE, &e))?;
        let mut class_tokens = Vec::new();
        let mut class_groups = Vec::new();
        let mut class_group_of = Vec::new();
        for group in file.class {
            for token in group.tokens {
                class_tokens.push(format!("-{token}-"));
                class_group_of.push(class_groups.len());
            }
            class_groups.push((group.reason, group.inline));
        }
        let body_tokens: Vec<String> = file.body.tokens.iter().map(|token| format!("-{token}-")).collect();
        Ok(Self {
            lines: PatternTable::new(file.line)?,
            headings: PatternTable::new(file.heading)?,
            refusals: PatternTable::new(file.refusal)?,
            classes: automaton(&class_tokens)?,
            class_groups,
            class_group_of,
            body_classes: automaton(&body_tokens)?,
            bylines: Bylines::from_text(bylines).map_err(|e| broken("bylines.toml", &e))?,
            kinds: kinds(include_str!("../../config/rules/kinds.toml"))?,
            glue: Glue::from_texts(glue, words, places).map_err(|e| broken("glue.toml", &e))?,
        })
    }

    /// Why a line is furniture, by what it says.
    pub(super) fn line(&self, text: &str, words: usize) -> Option<&str> {
        self.lines.find(text, words)
    }

    /// What a heading announces, when that is not the story.
    pub(super) fn heading(&self, text: &str, words: usize) -> Option<&str> {
        self.headings.find(text, words)
    }

    /// What a page says it is, when it is no article.
    pub(super) fn refusal(&self, text: &str, words: usize) -> Option<&str> {
        self.refusals.find(text, words)
    }

    /// What an element is by its class and id, in the form of [`class_key`], and whether that holds inside a line.
    pub(super) fn class(&self, key: &str) -> Option<(&str, bool)> {
        let found = self.classes.find(key)?;
        let (reason, inline) = self.class_groups.get(*self.class_group_of.get(found.pattern().as_usize())?)?;
        Some((reason, *inline))
    }

    /// Whether an element calls itself the body of an article.
    pub(super) fn is_body_class(&self, key: &str) -> bool {
        self.body_classes.is_match(key)
    }
}

fn kinds(text: &str) -> Result<Kinds, RulesError> {
    toml::from_str(text).map_err(|e| broken("kinds.toml", &e))
}

fn broken(file: &'static str, error: &dyn std::fmt::Display) -> RulesError {
    RulesError { file, message: error.to_string() }
}

fn automaton(tokens: &[String]) -> Result<AhoCorasick, RulesError> {
    AhoCorasick::builder()
        .match_kind(MatchKind::LeftmostLongest)
        .build(tokens)
        .map_err(|e| broken("furniture.toml", &e))
}

/// Longest lines of each tier, in words: a paragraph is asked only about the few patterns for long lines.
const TIERS: [usize; 3] = [20, 40, usize::MAX];

/// Patterns of which the first that fits gives its group's reason, in tiers by the length of line they are for.
#[derive(Debug)]
struct PatternTable {
    tiers: Vec<Tier>,
}

#[derive(Debug)]
struct Tier {
    set: RegexSet,
    /// For each pattern its reason, and the words of the longest line it is for.
    groups: Vec<(String, usize)>,
    words_max: usize,
}

impl PatternTable {
    fn new(groups: Vec<PatternGroup>) -> Result<Self, RulesError> {
        let mut tiers = TIERS.map(|_| (Vec::new(), Vec::new()));
        for group in groups {
            let tier = TIERS.iter().position(|words| group.words_max <= *words).unwrap_or(0);
            let Some((patterns, of)) = tiers.get_mut(tier) else { continue };
            for pattern in group.patterns {
                patterns.push(fast_boundaries(&pattern));
                of.push((group.reason.clone(), group.words_max));
            }
        }
        let tiers = tiers.into_iter().map(|(patterns, groups)| {
            let words_max = groups.iter().map(|(_, words)| *words).max().unwrap_or(0);
            let set = RegexSetBuilder::new(&patterns)
                .case_insensitive(true)
                .size_limit(64 << 20)
                .dfa_size_limit(16 << 20)
                .build()
                .map_err(|e| broken("furniture.toml", &e))?;
            Ok(Tier { set, groups, words_max })
        });
        Ok(Self { tiers: tiers.collect::<Result<_, _>>()? })
    }

    fn find(&self, text: &str, words: usize) -> Option<&str> {
        let plain = plain_marks(text);
        self.tiers.iter().filter(|tier| words <= tier.words_max).find_map(|tier| {
            tier.set.matches(&plain).into_iter().find_map(|index| {
                let (reason, words_max) = tier.groups.get(index)?;
                (words <= *words_max).then_some(reason.as_str())
            })
        })
    }
}

/// The regex engine's fast path knows word boundaries in ASCII alone. A pattern in ASCII loses nothing by that; in
/// others a boundary could never follow a letter of another alphabet, so they do without.
fn fast_boundaries(pattern: &str) -> String {
    pattern.replace(r"\b", if pattern.is_ascii() { r"(?-u:\b)" } else { "" })
}

/// Typographic marks as ASCII, so that patterns need one spelling of them.
fn plain_marks(text: &str) -> Cow<'_, str> {
    if text.is_ascii() {
        return Cow::Borrowed(text);
    }
    let marks = |c: char| match c {
        '’' | '‘' | 'ʼ' => '\'',
        '“' | '”' | '„' => '"',
        '–' | '—' => '-',
        '»' | '›' | '→' => '>',
        '\u{a0}' | '\u{202f}' => ' ',
        _ => c,
    };
    Cow::Owned(text.chars().map(marks).collect())
}

/// Class and id as `-word-word-`: lower case, cut at punctuation and at camel humps.
pub(super) fn class_key(class: &str, id: &str) -> String {
    let mut key = String::with_capacity(class.len() + id.len() + 4);
    for part in [class, id] {
        let mut before = '-';
        for c in part.chars() {
            if c.is_ascii_uppercase() && before.is_ascii_lowercase() || !c.is_alphanumeric() {
                if !key.ends_with('-') {
                    key.push('-');
                }
            } else if key.is_empty() {
                key.push('-');
            }
            if c.is_alphanumeric() {
                key.push(c.to_ascii_lowercase());
            }
            before = c;
        }
        if !key.ends_with('-') {
            key.push('-');
        }
    }
    key
}
