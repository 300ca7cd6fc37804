//! Furniture that came along: phrases of `leaks.toml` that a text has more often than the truth.

use std::collections::BTreeMap;

use regex::Regex;
use serde::Deserialize;

/// The phrases, compiled.
pub struct Leaks {
    kinds: Vec<(String, Vec<Regex>)>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Kind {
    /// Anywhere in the text, as whole words.
    #[serde(default)]
    phrases: Vec<String>,
    /// At the beginning of a line.
    #[serde(default)]
    starts: Vec<String>,
    /// A line of their own.
    #[serde(default)]
    lines: Vec<String>,
}

impl Leaks {
    /// Reads the bench's own file.
    pub fn builtin() -> Self {
        Self::from_text(include_str!("leaks.toml"))
    }

    /// Reads a file of phrases.
    pub fn from_text(text: &str) -> Self {
        let file: BTreeMap<String, Kind> = toml::from_str(text).expect("the bench's own file is TOML");
        let kinds = file.into_iter().map(|(name, kind)| {
            let forms =
                [(kind.phrases, "", ""), (kind.starts, r"^\s*", ""), (kind.lines, r"^\s*", r"\s*[:.…!?»›>→]*\s*$")];
            let patterns = forms.iter().filter(|(phrases, _, _)| !phrases.is_empty());
            let compiled = patterns.map(|(phrases, before, after)| {
                let edged: Vec<String> = phrases.iter().map(|phrase| edged(phrase)).collect();
                Regex::new(&format!("(?im){before}(?:{}){after}", edged.join("|"))).expect("the phrases are patterns")
            });
            (name, compiled.collect())
        });
        Self { kinds: kinds.collect() }
    }

    /// The kinds, sorted.
    pub fn names(&self) -> Vec<&str> {
        self.kinds.iter().map(|(name, _)| name.as_str()).collect()
    }

    /// For each kind, what the text has more often than the truth; without a truth, what it has at all.
    pub fn of(&self, text: &str, truth: Option<&str>) -> Vec<Vec<String>> {
        self.kinds
            .iter()
            .map(|(_, patterns)| {
                let found: Vec<&str> = matches(patterns, text).collect();
                let allowed = truth.filter(|_| !found.is_empty()).map_or(0, |truth| matches(patterns, truth).count());
                if found.len() > allowed {
                    found.into_iter().map(|hit| hit.trim().to_owned()).collect()
                } else {
                    vec![]
                }
            })
            .collect()
    }
}

fn matches<'t>(patterns: &'t [Regex], text: &'t str) -> impl Iterator<Item = &'t str> {
    patterns.iter().flat_map(move |pattern| pattern.find_iter(text).map(|hit| hit.as_str()))
}

fn edged(phrase: &str) -> String {
    // The edge that ASCII knows: the one of Unicode makes the engine ten times slower.
    let edge = |c: Option<char>| if c.is_some_and(|c| c.is_ascii_alphabetic()) { r"(?-u:\b)" } else { "" };
    let (before, after) = (edge(phrase.chars().next()), edge(phrase.chars().next_back()));
    format!("{before}{phrase}{after}")
}
