//! The rules of cleaning, compiled once from data files and shared by all workers.

mod patterns;
mod prompts;

use aho_corasick::{AhoCorasick, MatchKind};
use serde::Deserialize;

use super::kind::Kinds;
use super::learnt;
use super::metadata::names::Bylines;
use super::model::Model;
use super::repairs::Glue;
use super::site_rules::SiteRules;
use patterns::{PatternGroup, PatternTable};
use prompts::Prompts;

/// What is wrong with a rule file.
#[derive(Debug, thiserror::Error)]
#[error("{file}: {message}")]
pub struct RulesError {
    /// The rule file's name.
    pub file: &'static str,
    /// What the parser said.
    pub message: String,
}

/// The model of the story.
const MODEL: &[u8] = include_bytes!("../../config/rules/story.model");

/// All rules of cleaning. `Send`, `Sync`, and costly to make: make it once.
#[derive(Debug)]
pub struct Rules {
    lines: PatternTable,
    headings: PatternTable,
    refusals: PatternTable,
    said: PatternTable,
    consent: regex::Regex,
    prompts: Prompts,
    classes: AhoCorasick,
    class_groups: Vec<(String, bool)>,
    class_group_of: Vec<usize>,
    body_classes: AhoCorasick,
    pub(super) story: Model,
    pub(super) bylines: Bylines,
    pub(super) kinds: Kinds,
    pub(super) glue: Glue,
    pub(super) sites: SiteRules,
    fingerprint: u64,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct FurnitureFile {
    line: Vec<PatternGroup>,
    heading: Vec<PatternGroup>,
    refusal: Vec<PatternGroup>,
    said: Vec<PatternGroup>,
    consent: String,
    class: Vec<ClassGroup>,
    body: BodyClasses,
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

    /// The names of the files the rules are read from.
    pub const FILES: [&str; 6] =
        ["furniture.toml", "prompts.toml", "bylines.toml", "kinds.toml", "glue.toml", "word_boundaries.txt"];

    /// The rules the program ships, but for the [files](Rules::FILES) that `own` gives a text for.
    ///
    /// # Errors
    /// Names the file, and what in it cannot be read.
    pub fn with(own: impl Fn(&str) -> Option<String>) -> Result<Self, RulesError> {
        const FILE: &str = "furniture.toml";
        let text = |name: &str, shipped: &str| own(name).unwrap_or_else(|| shipped.to_owned());
        let furniture = text(FILE, include_str!("../../config/rules/furniture.toml"));
        let prompts = text("prompts.toml", include_str!("../../config/rules/prompts.toml"));
        let bylines = text("bylines.toml", include_str!("../../config/rules/bylines.toml"));
        let kinds = text("kinds.toml", include_str!("../../config/rules/kinds.toml"));
        let glue = text("glue.toml", include_str!("../../config/rules/glue.toml"));
        let boundaries = text("word_boundaries.txt", include_str!("../../config/rules/word_boundaries.txt"));
        let file: FurnitureFile = toml::from_str(&furniture).map_err(|e| broken(FILE, &e))?;
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
            lines: PatternTable::new(FILE, file.line)?,
            headings: PatternTable::new(FILE, file.heading)?,
            refusals: PatternTable::new(FILE, file.refusal)?,
            said: PatternTable::new(FILE, file.said)?,
            consent: regex::Regex::new(&file.consent).map_err(|e| broken(FILE, &e))?,
            prompts: Prompts::new(&prompts)?,
            classes: automaton(&class_tokens)?,
            class_groups,
            class_group_of,
            body_classes: automaton(&body_tokens)?,
            fingerprint: learnt::hash(
                [&furniture, &prompts, &bylines, &kinds, &glue, &boundaries]
                    .map(String::as_bytes)
                    .into_iter()
                    .chain([MODEL]),
            ),
            story: Model::from_bytes(MODEL).map_err(|e| broken("story.model", &e))?,
            bylines: Bylines::from_text(&bylines).map_err(|e| broken("bylines.toml", &e))?,
            kinds: toml::from_str(&kinds).map_err(|e| broken("kinds.toml", &e))?,
            glue: Glue::from_texts(&glue, &boundaries).map_err(|(file, message)| RulesError { file, message })?,
            sites: SiteRules::default(),
        })
    }

    /// With rules for single sites.
    #[must_use]
    pub fn with_sites(self, sites: SiteRules) -> Self {
        Self { fingerprint: self.fingerprint.wrapping_add(sites.fingerprint), sites, ..self }
    }

    /// A number that tells these rules from others: a hash of their files, those for single sites included.
    pub fn fingerprint(&self) -> u64 {
        self.fingerprint
    }

    /// Why a line is furniture, by what it says.
    pub(super) fn line(&self, text: &str, words: usize) -> Option<&str> {
        if words > LINE_WORDS_MAX {
            return None;
        }
        let line = lowered(text);
        self.lines.find(&line, words).or_else(|| self.prompts.find(&line, words))
    }

    /// What a heading announces, when that is not the story.
    pub(super) fn heading(&self, text: &str, words: usize) -> Option<&str> {
        let line = lowered(text);
        self.headings.find(&line, words).or_else(|| self.prompts.announced(&line, words))
    }

    /// What a page says it is, when it is no article.
    pub(super) fn refusal(&self, text: &str, words: usize) -> Option<&str> {
        self.refusals.find(&lowered(text), words)
    }

    /// What a line says its page is, when that is no article.
    pub(super) fn said(&self, text: &str, words: usize) -> Option<&str> {
        self.said.find(&lowered(text), words)
    }

    /// Whether a paragraph is about what its reader consents to.
    pub(super) fn is_about_consent(&self, text: &str) -> bool {
        self.consent.is_match(&lowered(text))
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

fn broken(file: &'static str, error: &dyn std::fmt::Display) -> RulesError {
    RulesError { file, message: error.to_string() }
}

fn automaton(tokens: &[String]) -> Result<AhoCorasick, RulesError> {
    AhoCorasick::builder()
        .match_kind(MatchKind::LeftmostLongest)
        .build(tokens)
        .map_err(|e| broken("furniture.toml", &e))
}

/// Words of the longest line that any rule for lines is for.
const LINE_WORDS_MAX: usize = 90;

/// A settled line as the patterns and vocabularies are written: in lower case, typographic marks as ASCII.
fn lowered(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    let marks = |c: char| match c {
        '’' | '‘' | 'ʼ' => '\'',
        '“' | '”' | '„' => '"',
        '–' | '—' => '-',
        '»' | '›' | '→' => '>',
        '\u{a0}' | '\u{202f}' => ' ',
        _ => c,
    };
    // The dot that Turkish has on its capital I is no letter of its own.
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_ascii() {
            out.push(c.to_ascii_lowercase());
        } else {
            out.extend(c.to_lowercase().filter(|c| *c != '\u{307}').map(marks));
        }
    }
    out
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
