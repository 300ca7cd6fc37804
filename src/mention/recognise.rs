//! Names in a text: token ranges with a kind and a confidence.
//!
//! This is the one place that decides what is a name. Runs of capitals are grown ([`super::run`]), each is weighed by
//! the lexicon and its head nouns, and what a run alone does not tell is decided by the rest of the article.

use std::ops::Range;

use super::EntityKind;
use super::lexicon::{Lexicon, flag};
use super::memory::Memory;
use super::run::{Run, Style, runs};
use super::token::{Shape, Tokens};

/// A name: which tokens, what kind, how sure.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct NameSpan {
    /// The tokens of the name, without title.
    pub tokens: Range<usize>,
    /// What kind of thing.
    pub kind: EntityKind,
    /// 0 to 1.
    pub confidence: f32,
}

/// A run weighed by itself.
pub(crate) struct Guess {
    /// The tokens of the name.
    pub tokens: Range<usize>,
    /// What kind, if the run alone tells.
    pub kind: Option<EntityKind>,
    /// How sure; 0 where a capital means nothing.
    pub confidence: f32,
}

/// Finds every name, in order of the text, without overlaps.
pub(crate) fn recognise(tokens: &Tokens<'_>, lexicon: &Lexicon) -> Vec<NameSpan> {
    let mut guesses = Vec::new();
    for sentence in &tokens.sentences {
        for run in runs(tokens, lexicon, sentence.clone()) {
            weigh(tokens, lexicon, &run, &mut guesses);
        }
    }
    let memory = Memory::of(tokens, &guesses);
    let mut names: Vec<NameSpan> = guesses.iter().filter_map(|guess| memory.settle(tokens, lexicon, guess)).collect();
    names.sort_by_key(|name| name.tokens.start);
    for name in &mut names {
        // "the Taiwan Straits" are news of Taiwan: the country is what is named, the water only where it is.
        let (first, last) = (name.tokens.start, name.tokens.end - 1);
        let land = lexicon.phrase(tokens.word(first)).is_some_and(|phrase| phrase.kind == EntityKind::Place);
        if name.tokens.len() == 2 && land && tokens.is_any(last, &["strait", "straits"]) {
            name.tokens.end = last;
            name.kind = EntityKind::Place;
        }
    }
    names
}

fn weigh(tokens: &Tokens<'_>, lexicon: &Lexicon, run: &Run, out: &mut Vec<Guess>) {
    let mut range = run.tokens.clone();
    // Weekdays, months and bare vocabulary divide a run or are no names at all.
    if let Some(at) =
        range.clone().find(|&i| tokens.has(i, flag::NOT_NAME) && !inside_known(tokens, lexicon, &range, i))
    {
        let (left, right) = (range.start..at, at + 1..range.end);
        for part in [left, right] {
            if part.start < part.end {
                weigh(tokens, lexicon, &Run { tokens: trim(tokens, part), ..run.clone() }, out);
            }
        }
        return;
    }
    range = trim(tokens, range);
    let length = range.len();
    if length == 0 {
        return;
    }
    let mut push = |tokens: Range<usize>, kind: Option<EntityKind>, confidence: f32| {
        out.push(Guess { tokens, kind, confidence });
    };
    if let Some(phrase) = known(tokens, lexicon, range.clone(), run.style) {
        let weak_start = length == 1 && run.initial && tokens.has(range.start, flag::WORD);
        if phrase.1 && !weak_start {
            return push(range, Some(phrase.0), 0.95);
        }
        if length > 1 {
            return push(range, Some(phrase.0), 0.8);
        }
    }
    if length == 1 && tokens.has(range.start, flag::DEMONYM) {
        return push(range, Some(EntityKind::Group), 0.9);
    }
    if length == 2 && group_end(tokens, range.start) == Some(range.end) {
        return push(range, Some(EntityKind::Group), 0.9);
    }
    if length > 1 {
        if let Some(kind) = by_head(tokens, &range) {
            return push(range, Some(kind), 0.8);
        }
        if let Some(title_end) = title_end(tokens, lexicon, &range) {
            prefix_names(tokens, lexicon, range.start..title_end, run.style, out);
            if title_end < range.end {
                let person = title_end..range.end;
                let known_kind =
                    known(tokens, lexicon, person.clone(), run.style).filter(|k| k.1 && k.0 != EntityKind::Place);
                out.push(Guess {
                    tokens: person,
                    kind: Some(known_kind.map_or(EntityKind::Person, |k| k.0)),
                    confidence: 0.9,
                });
            }
            return;
        }
        // "Russian troops" is a run of one; "Russian Railways" had a head; "Chinese Zhang Wei" is a group and a person.
        if let Some(group_end) = group_end(tokens, range.start) {
            out.push(Guess { tokens: range.start..group_end, kind: Some(EntityKind::Group), confidence: 0.9 });
            return weigh(tokens, lexicon, &Run { tokens: group_end..range.end, initial: false, ..run.clone() }, out);
        }
        return weigh_words(tokens, lexicon, run, range, out);
    }
    // One token that no list settles: the article decides.
    if run.style == Style::Normal
        && run.initial
        && tokens.shape(range.start) != Shape::Upper
        && tokens.has(range.start, flag::WORD | flag::FUNCTION | flag::TITLE)
    {
        return push(range, None, 0.0);
    }
    push(range, None, if run.style == Style::Normal { 0.4 } else { 0.0 });
}

/// A run of several words without a head noun, title or nationality.
fn weigh_words(tokens: &Tokens<'_>, lexicon: &Lexicon, run: &Run, range: Range<usize>, out: &mut Vec<Guess>) {
    let mut push = |tokens: Range<usize>, kind: Option<EntityKind>, confidence: f32| {
        out.push(Guess { tokens, kind, confidence });
    };
    // "President of Uzbekistan Shavkat Mirziyoyev": the country belongs to the title.
    if range.len() > 2
        && range.start > 1
        && tokens.is(range.start - 1, "of")
        && tokens.has(range.start - 2, flag::TITLE)
        && known(tokens, lexicon, range.start..range.start + 1, run.style).is_some_and(|k| k.0 == EntityKind::Place)
    {
        push(range.start..range.start + 1, Some(EntityKind::Place), 0.9);
        return push(range.start + 1..range.end, Some(EntityKind::Person), 0.8);
    }
    if person_like(tokens, &range) {
        return push(range, Some(EntityKind::Person), 0.85);
    }
    if let Some(at) = (range.start + 1..range.end)
        .find(|&at| known(tokens, lexicon, at..range.end, run.style).is_some_and(|k| k.1) && range.end - at > 1)
        && tokens.has(range.start, flag::WORD)
    {
        return weigh(tokens, lexicon, &Run { tokens: at..range.end, initial: false, ..run.clone() }, out);
    }
    if run.style == Style::Headline {
        return headline_parts(tokens, lexicon, &range, run.style, out);
    }
    // "Regent Hospital Chairman Mohammad Shahed": a body, a title, a person.
    if let Some(title) = (range.start + 1..range.end - 1)
        .rev()
        .find(|&i| tokens.has(i, flag::TITLE) && !tokens.has(i, flag::FORENAME | flag::SURNAME))
    {
        push(title + 1..range.end, Some(EntityKind::Person), 0.7);
        return weigh(tokens, lexicon, &Run { tokens: range.start..title, ..run.clone() }, out);
    }
    let vocabulary = range.clone().filter(|&i| tokens.has(i, flag::WORD | flag::TITLE_MODIFIER)).count();
    let place_inside = range.clone().any(|i| known(tokens, lexicon, i..i + 1, run.style).is_some_and(|k| k.1));
    let capitals = range.clone().any(|i| tokens.shape(i) == Shape::Upper && tokens.word(i).len() > 1);
    if place_cue(tokens, range.start) && vocabulary == 0 {
        return push(range, Some(EntityKind::Place), 0.5);
    }
    // Only words of the language: a heading, a plan, a field of study.
    let plain = flag::WORD | flag::TITLE_MODIFIER | flag::TITLE | flag::FUNCTION | flag::PARTICLE | flag::PLACE_HEAD;
    if !capitals && !place_inside && range.clone().all(|i| tokens.has(i, plain)) {
        return;
    }
    let person = vocabulary == 0 && !place_inside && !capitals && range.len() <= 4;
    let kind = if person { EntityKind::Person } else { EntityKind::Organization };
    push(range, Some(kind), if person { 0.6 } else { 0.5 });
}

/// What makes one nationality of two words.
const PARTS: &[&str] =
    &["north", "south", "east", "west", "central", "latin", "southeast", "northern", "southern", "eastern", "western"];

/// One past the last token of a nationality that begins here: "Kenyan", "South African".
fn group_end(tokens: &Tokens<'_>, at: usize) -> Option<usize> {
    if tokens.has(at, flag::DEMONYM) {
        return Some(at + 1);
    }
    (tokens.is_any(at, PARTS) && tokens.has(at + 1, flag::DEMONYM) && tokens.is_capital(at + 1)).then_some(at + 2)
}

/// Whether a token the run may not hold belongs to a known name in it ("May" in "Theresa May").
fn inside_known(tokens: &Tokens<'_>, lexicon: &Lexicon, range: &Range<usize>, at: usize) -> bool {
    (range.start..=at)
        .any(|from| (at + 1..=range.end).any(|to| to - from > 1 && lexicon.phrase(tokens.slice(from..to)).is_some()))
        || (at > range.start && tokens.is(at, "may") && tokens.has(at - 1, flag::FORENAME))
        || (tokens.is_any(at, &["north", "south", "east", "west", "northern", "southern", "eastern", "western"])
            && range.len() > 1)
}

fn trim(tokens: &Tokens<'_>, mut range: Range<usize>) -> Range<usize> {
    let bare = |i: usize| {
        tokens.has(i, flag::FUNCTION) || tokens.has(i, flag::PARTICLE) && !tokens.is_capital(i) || tokens.is(i, "&")
    };
    while range.start < range.end && bare(range.start) && !tokens.word(range.start).ends_with('.') {
        range.start += 1;
    }
    while range.start < range.end && bare(range.end - 1) {
        range.end -= 1;
    }
    range
}

/// Kind and strength of a name the lexicon knows.
pub(crate) fn known(
    tokens: &Tokens<'_>,
    lexicon: &Lexicon,
    range: Range<usize>,
    style: Style,
) -> Option<(EntityKind, bool)> {
    let text = tokens.slice(range.clone());
    if let Some(phrase) = lexicon.phrase(text) {
        return Some((phrase.kind, phrase.strong));
    }
    if style != Style::Capitals && !(range.len() == 1 && tokens.shape(range.start) == Shape::Upper && text.len() > 4) {
        return None;
    }
    let mut title = String::with_capacity(text.len());
    let mut inside = false;
    for c in text.chars() {
        if inside {
            title.extend(c.to_lowercase());
        } else {
            title.push(c);
        }
        inside = c.is_alphabetic();
    }
    lexicon.phrase(&title).map(|phrase| (phrase.kind, phrase.strong))
}

/// What a head noun says: "Defense Ministry", "University of Nairobi", "Lake Victoria".
fn by_head(tokens: &Tokens<'_>, range: &Range<usize>) -> Option<EntityKind> {
    let last = range.end - 1;
    let of = range.clone().find(|&i| !tokens.is_capital(i) && tokens.is_any(i, &["of", "for", "on"]));
    let head = of.map_or(last, |of| of.saturating_sub(1).max(range.start));
    let mut flags = tokens.list.get(head).map_or(0, |t| t.flags);
    if of.is_none() && tokens.shape(head) == Shape::Number {
        flags = tokens.list.get(head.saturating_sub(1)).map_or(0, |t| t.flags);
    }
    let surname_after_forename = of.is_none()
        && range.len() == 2
        && tokens.has(range.start, flag::FORENAME)
        && !tokens.has(range.start, flag::WORD | flag::DEMONYM)
        && tokens.has(last, flag::SURNAME);
    if surname_after_forename {
        return None;
    }
    if of.is_some() && flags & flag::TITLE != 0 && flags & flag::ORG_OF == 0 {
        return None;
    }
    if flags & (flag::ORG_OF | flag::ORG_HEAD) != 0 {
        return Some(EntityKind::Organization);
    }
    if flags & flag::FACILITY_HEAD != 0 {
        return Some(EntityKind::Facility);
    }
    if flags & flag::EVENT_HEAD != 0 {
        return Some(EntityKind::Event);
    }
    if flags & flag::PLACE_HEAD != 0 {
        return Some(EntityKind::Place);
    }
    if flags & flag::LAW_HEAD != 0 {
        return Some(EntityKind::Law);
    }
    if flags & flag::WORK_HEAD != 0 {
        return Some(EntityKind::Work);
    }
    (of.is_none() && tokens.has(range.start, flag::PLACE_FIRST) && tokens.is_capital(range.start))
        .then_some(EntityKind::Place)
}

/// Where the title at the head of a run ends, if it has one: "US House Speaker | Nancy Pelosi".
fn title_end(tokens: &Tokens<'_>, lexicon: &Lexicon, range: &Range<usize>) -> Option<usize> {
    let mut end = None;
    for i in range.clone() {
        if tokens.has(i, flag::TITLE)
            && !(i + 1 == range.end
                && i > range.start
                && end.is_none()
                && tokens.has(i, flag::SURNAME)
                && tokens.has(i - 1, flag::FORENAME))
        {
            end = Some(i + 1);
        } else if !(tokens.has(i, flag::TITLE_MODIFIER | flag::DEMONYM | flag::ORG_HEAD)
            || group_end(tokens, i).is_some()
            || lexicon.phrase(tokens.word(i)).is_some_and(|p| p.strong && p.kind != EntityKind::Person)
            || tokens.shape(i) == Shape::Upper && !tokens.word(i).contains('.'))
        {
            break;
        }
    }
    end
}

/// Countries, nationalities and bodies named in a title.
fn prefix_names(tokens: &Tokens<'_>, lexicon: &Lexicon, range: Range<usize>, style: Style, out: &mut Vec<Guess>) {
    let mut at = range.start;
    while at < range.end {
        if let Some(end) = group_end(tokens, at).filter(|end| *end <= range.end) {
            out.push(Guess { tokens: at..end, kind: Some(EntityKind::Group), confidence: 0.9 });
            at = end;
            continue;
        }
        let found = (at + 1..=range.end)
            .rev()
            .find_map(|end| known(tokens, lexicon, at..end, style).filter(|k| k.1).map(|k| (end, k.0)));
        if let Some((end, kind)) = found {
            out.push(Guess { tokens: at..end, kind: Some(kind), confidence: 0.9 });
            at = end;
            continue;
        }
        let acronym = tokens.shape(at) == Shape::Upper && tokens.word(at).len() > 2;
        if acronym && !tokens.has(at, flag::TITLE | flag::NOT_NAME) {
            out.push(Guess { tokens: at..at + 1, kind: Some(EntityKind::Organization), confidence: 0.6 });
        }
        at += 1;
    }
}

/// In a headline every word has a capital: only known names and people count.
fn headline_parts(tokens: &Tokens<'_>, lexicon: &Lexicon, range: &Range<usize>, style: Style, out: &mut Vec<Guess>) {
    let mut at = range.start;
    while at < range.end {
        let found = (at + 1..=range.end).rev().find_map(|end| {
            let part = at..end;
            known(tokens, lexicon, part.clone(), style)
                .filter(|k| k.1 && (part.len() > 1 || !tokens.has(at, flag::WORD)))
                .map(|k| (end, Some(k.0)))
                .or_else(|| {
                    (part.len() > 1 && part.len() < 4 && person_like(tokens, &part))
                        .then_some((end, Some(EntityKind::Person)))
                })
        });
        if let Some((end, kind)) = found {
            out.push(Guess { tokens: at..end, kind, confidence: 0.8 });
            at = end;
            continue;
        }
        if tokens.has(at, flag::DEMONYM) {
            out.push(Guess { tokens: at..at + 1, kind: Some(EntityKind::Group), confidence: 0.8 });
        } else {
            out.push(Guess { tokens: at..at + 1, kind: None, confidence: 0.0 });
        }
        at += 1;
    }
}

fn person_like(tokens: &Tokens<'_>, range: &Range<usize>) -> bool {
    let (first, last) = (range.start, range.end - 1);
    let initial = |i: usize| tokens.word(i).ends_with('.') && tokens.word(i).chars().count() <= 5;
    if range.len() > 5
        || range.clone().any(|i| tokens.shape(i) == Shape::Number || tokens.is(i, "of") || tokens.is(i, "&"))
    {
        return false;
    }
    let strange = |i: usize| !tokens.has(i, flag::WORD | flag::TITLE_MODIFIER);
    (tokens.has(first, flag::FORENAME) && (strange(last) || tokens.has(last, flag::SURNAME)))
        || (initial(first) && strange(last))
        || (tokens.has(last, flag::SURNAME) && range.clone().all(strange))
        || range.clone().skip(1).any(|i| tokens.has(i, flag::PARTICLE) && !tokens.is_capital(i) && !tokens.is(i, "the"))
}

/// Whether a place is likely to follow: "in", "near", "from".
pub(crate) fn place_cue(tokens: &Tokens<'_>, first: usize) -> bool {
    first
        .checked_sub(1)
        .is_some_and(|before| tokens.has(before, flag::PLACE_CUE) || tokens.is_any(before, &["from", "at"]))
}
