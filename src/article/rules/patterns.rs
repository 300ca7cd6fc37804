//! Patterns for lines, asked fast.
//!
//! Nearly every line of a page is running text that no pattern fits, and trying two hundred patterns on each is the
//! dearest thing in cleaning. So the texts that a pattern can begin with are read off it, an automaton over all of them
//! is walked from the line's first letter, and only the patterns that it names are tried. The few that can begin with
//! anything are tried on short lines alone.

use aho_corasick::{AhoCorasick, Anchored, Input, MatchKind, StartKind, automaton::OverlappingState};
use regex::{Regex, RegexBuilder};
use regex_syntax::hir::{Look, literal};
use serde::Deserialize;

use super::{RulesError, broken};

/// A group of patterns with one reason, as it stands in the file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PatternGroup {
    pub reason: String,
    pub words_max: usize,
    pub patterns: Vec<String>,
}

/// Patterns of which the first that fits gives its group's reason. Groups for short lines come first.
#[derive(Debug)]
pub(super) struct PatternTable {
    patterns: Vec<Pattern>,
    /// How the anchored patterns can begin.
    starts: AhoCorasick,
    /// For each such beginning, its pattern.
    start_of: Vec<usize>,
    /// The patterns that can begin with anything.
    loose: Vec<usize>,
    words_max: usize,
}

#[derive(Debug)]
struct Pattern {
    regex: Regex,
    reason: String,
    words_max: usize,
}

/// Shortest and most beginnings of one pattern that are worth looking for.
const START_BYTES_MIN: usize = 1;
const STARTS_MAX: usize = 2000;

impl PatternTable {
    /// Compiles the groups.
    ///
    /// # Errors
    /// Names the first pattern that is none.
    pub fn new(file: &'static str, mut groups: Vec<PatternGroup>) -> Result<Self, RulesError> {
        // A line is asked about the groups for short lines first: their patterns say more.
        let tier = |words: usize| usize::from(words > 20) + usize::from(words > 40);
        groups.sort_by_key(|group| tier(group.words_max));
        let (mut patterns, mut starts, mut start_of, mut loose) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        for group in groups {
            for pattern in group.patterns {
                let pattern = fast(&pattern);
                let regex = RegexBuilder::new(&pattern).build().map_err(|e| broken(file, &e))?;
                let index = patterns.len();
                match beginnings(&pattern) {
                    Some(texts) => {
                        start_of.extend(texts.iter().map(|_| index));
                        starts.extend(texts);
                    }
                    None => loose.push(index),
                }
                patterns.push(Pattern { regex, reason: group.reason.clone(), words_max: group.words_max });
            }
        }
        let starts = AhoCorasick::builder()
            .match_kind(MatchKind::Standard)
            .start_kind(StartKind::Anchored)
            .build(&starts)
            .map_err(|e| broken(file, &e))?;
        let words_max = patterns.iter().map(|pattern| pattern.words_max).max().unwrap_or(0);
        Ok(Self { patterns, starts, start_of, loose, words_max })
    }

    /// The reason of the first pattern that fits a [settled](super::lowered) line of so many words.
    pub fn find(&self, lowered: &str, words: usize) -> Option<&str> {
        if words > self.words_max {
            return None;
        }
        let mut asked: Vec<usize> = self.loose.clone();
        let mut state = OverlappingState::start();
        let input = Input::new(lowered).anchored(Anchored::Yes);
        while self.starts.try_find_overlapping(input.clone(), &mut state).is_ok() {
            let Some(found) = state.get_match() else { break };
            asked.extend(self.start_of.get(found.pattern().as_usize()));
        }
        asked.sort_unstable();
        asked.dedup();
        asked.into_iter().filter_map(|index| self.patterns.get(index)).find_map(|pattern| {
            (words <= pattern.words_max && pattern.regex.is_match(lowered)).then_some(pattern.reason.as_str())
        })
    }
}

/// A pattern in the form that the engine is fast with. It knows word boundaries in ASCII alone: a pattern in ASCII loses
/// nothing by that; in others a boundary could never follow a letter of another alphabet, so they do without.
fn fast(pattern: &str) -> String {
    pattern.replace(r"\b", if pattern.is_ascii() { r"(?-u:\b)" } else { "" }).replace(r"\d", "[0-9]")
}

/// All texts that a pattern can begin with at the start of a line, if they are few.
fn beginnings(pattern: &str) -> Option<Vec<Vec<u8>>> {
    let hir = regex_syntax::ParserBuilder::new().utf8(false).build().parse(pattern).ok()?;
    if !hir.properties().look_set_prefix().contains(Look::Start) {
        return None;
    }
    let mut extractor = literal::Extractor::new();
    extractor.limit_class(40).limit_repeat(4).limit_literal_len(24).limit_total(STARTS_MAX);
    let texts = extractor.extract(&hir);
    let texts: Vec<Vec<u8>> = texts.literals()?.iter().map(|text| text.as_bytes().to_vec()).collect();
    texts.iter().all(|text| text.len() >= START_BYTES_MIN).then_some(texts)
}
