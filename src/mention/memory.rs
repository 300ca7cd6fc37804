//! What the article as a whole tells about its words.
//!
//! In: guesses, each made from a run alone. Out: a verdict on those that a run alone does not settle: a surname by the
//! full name elsewhere, an unknown word by all the places where it stands.

use std::collections::HashMap;

use super::EntityKind;
use super::lexicon::{Lexicon, flag};
use super::recognise::{Guess, NameSpan, place_cue};
use super::token::{Shape, Tokens};

/// How often a word stands where what kind is likely.
#[derive(Debug, Default, Clone, Copy)]
struct Votes {
    place: u32,
    person: u32,
    all: u32,
}

/// Names settled elsewhere in the article, and votes on the others.
pub(crate) struct Memory<'a> {
    parts: HashMap<&'a str, EntityKind>,
    whole: HashMap<&'a str, EntityKind>,
    votes: HashMap<&'a str, Votes>,
}

/// Heads that name nothing when they stand alone.
const HEADS: u32 = flag::TITLE
    | flag::ORG_HEAD
    | flag::ORG_OF
    | flag::PLACE_HEAD
    | flag::TITLE_MODIFIER
    | flag::LAW_HEAD
    | flag::EVENT_HEAD
    | flag::FACILITY_HEAD;

impl<'a> Memory<'a> {
    /// Reads all guesses.
    pub fn of(tokens: &Tokens<'a>, guesses: &[Guess]) -> Self {
        let mut memory = Self { parts: HashMap::new(), whole: HashMap::new(), votes: HashMap::new() };
        for guess in guesses {
            let text = tokens.slice(guess.tokens.clone());
            let Some(kind) = guess.kind else {
                let at = guess.tokens.start;
                let vote = memory.votes.entry(text).or_default();
                vote.all += u32::from(guess.confidence > 0.0);
                vote.place += u32::from(place_cue(tokens, at));
                vote.person += u32::from(person_cue(tokens, at));
                continue;
            };
            memory.whole.entry(text).or_insert(kind);
            if kind == EntityKind::Person && guess.confidence >= 0.6 && guess.tokens.len() > 1 {
                for part in guess.tokens.clone().filter(|&i| tokens.is_capital(i) && tokens.word(i).len() > 1) {
                    memory.parts.entry(tokens.word(part)).or_insert(kind);
                }
            }
        }
        memory
    }

    /// Decides on a guess.
    pub fn settle(&self, tokens: &Tokens<'a>, lexicon: &Lexicon, guess: &Guess) -> Option<NameSpan> {
        let span = |kind, confidence| Some(NameSpan { tokens: guess.tokens.clone(), kind, confidence });
        if let Some(kind) = guess.kind {
            return span(kind, guess.confidence);
        }
        let at = guess.tokens.start;
        let text = tokens.slice(guess.tokens.clone());
        let vocabulary = tokens.has(at, flag::WORD | flag::FUNCTION);
        if let Some(kind) = self.parts.get(text).filter(|_| !tokens.has(at, flag::FUNCTION)) {
            return span(*kind, 0.85);
        }
        if let Some(kind) = self.whole.get(text).filter(|_| !vocabulary) {
            return span(*kind, 0.8);
        }
        if guess.confidence == 0.0 {
            // Headlines and first words: only what is known.
            let known = lexicon.phrase(text).filter(|phrase| phrase.strong && !vocabulary);
            return known.and_then(|phrase| span(phrase.kind, 0.7));
        }
        let (kind, confidence) = self.unknown(tokens, lexicon, at, text)?;
        span(kind, confidence)
    }

    /// A single word with a capital that no list settles.
    fn unknown(&self, tokens: &Tokens<'a>, lexicon: &Lexicon, at: usize, text: &str) -> Option<(EntityKind, f32)> {
        let flags = tokens.list.get(at).map_or(0, |token| token.flags);
        let (letters, word) = (text.chars().count(), flags & flag::WORD != 0);
        if flags & (flag::NOT_NAME | flag::FUNCTION) != 0 || letters < 2 {
            return None;
        }
        if tokens.shape(at) == Shape::Upper {
            let roman = text.chars().all(|c| "IVXLC".contains(c));
            return (!roman && letters < 12).then_some((EntityKind::Organization, 0.6));
        }
        let votes = self.votes.get(text).copied().unwrap_or_default();
        if flags & HEADS != 0 {
            let alone = flags & (flag::ORG_HEAD | flag::ORG_OF) != 0 && flags & flag::TITLE_MODIFIER == 0;
            let article = at > 0 && tokens.is(at - 1, "the");
            return (alone && article).then_some((EntityKind::Organization, 0.4));
        }
        if votes.person > 0 && votes.person >= votes.place && !word {
            return Some((EntityKind::Person, 0.6));
        }
        if votes.place > 0 && !word && flags & flag::FORENAME == 0 {
            return Some((EntityKind::Place, 0.6));
        }
        if let Some(phrase) = lexicon.phrase(text).filter(|_| !word && flags & flag::FORENAME == 0) {
            return Some((phrase.kind, 0.6));
        }
        if flags & (flag::FORENAME | flag::SURNAME) != 0 && !word {
            return Some((EntityKind::Person, 0.5));
        }
        // Once is a brand, a typing error or a foreign word; twice is a name.
        (!word && votes.all > 1).then_some((EntityKind::Organization, 0.3))
    }
}

/// Whether a person is likely here: after a title, before a verb of saying.
fn person_cue(tokens: &Tokens<'_>, at: usize) -> bool {
    let titled =
        at.checked_sub(1).is_some_and(|before| tokens.has(before, flag::TITLE) && !tokens.has(before, flag::ORG_HEAD));
    titled || tokens.has(at + 1, flag::SAY) || tokens.is_any(at + 1, &["who", "whose"])
}
