//! Titles and roles: "Russian President Vladimir Putin", "President of Uzbekistan X", "X, the chief executive of Y,".
//!
//! In: names with their entities. Out: titles on the entities; a title is never part of a mention.

use super::lexicon::flag;
use super::recognise::NameSpan;
use super::token::{Shape, Tokens};
use super::{Entity, EntityKind, Mention};

/// The most words a title before a name has; the longest in the news are "Deputy Prime Minister and Minister of …".
const TITLE_WORDS_MAX: usize = 7;
/// The most words of an apposition.
const APPOSITION_WORDS_MAX: usize = 10;

/// Gives every person its titles.
pub(crate) fn attach(tokens: &Tokens<'_>, names: &[NameSpan], mentions: &[Mention], entities: &mut [Entity]) {
    for (name, mention) in names.iter().zip(mentions) {
        if name.kind != EntityKind::Person {
            continue;
        }
        let sentence = tokens.sentence_of(name.tokens.start);
        let found = before(tokens, names, name, sentence.start)
            .or_else(|| of_place(tokens, names, name, sentence.start))
            .or_else(|| apposition(tokens, name, sentence.end));
        if let (Some(title), Some(entity)) = (found, entities.get_mut(mention.entity))
            && !entity.titles.contains(&title)
        {
            entity.titles.push(title);
        }
    }
}

fn titled(tokens: &Tokens<'_>, index: usize) -> bool {
    tokens.has(index, flag::TITLE)
}

/// "US House Speaker", "Chinese leader", "former Finance Minister" left of the name.
fn before(tokens: &Tokens<'_>, names: &[NameSpan], name: &NameSpan, floor: usize) -> Option<String> {
    let end = name.tokens.start;
    let last = end.checked_sub(1).filter(|&last| last >= floor && titled(tokens, last))?;
    let mut start = last;
    while start > floor && end - start < TITLE_WORDS_MAX {
        let at = start - 1;
        let part = tokens.has(at, flag::TITLE | flag::TITLE_MODIFIER | flag::DEMONYM)
            && !tokens.has(at, flag::FUNCTION)
            || tokens.is_any(at, &["first", "second"]) && start == last;
        if part {
            start = at;
            continue;
        }
        if let Some(inside) = names.iter().find(|other| other.tokens.end == start && other.kind != EntityKind::Person)
            && inside.tokens.start >= floor
        {
            start = inside.tokens.start;
            continue;
        }
        break;
    }
    Some(tokens.slice(start..end).to_owned())
}

/// "President of Uzbekistan" left of the name.
fn of_place(tokens: &Tokens<'_>, names: &[NameSpan], name: &NameSpan, floor: usize) -> Option<String> {
    let inside =
        names.iter().find(|other| other.tokens.end == name.tokens.start && other.kind != EntityKind::Person)?;
    let mut at = inside.tokens.start.checked_sub(1)?;
    if tokens.is(at, "the") {
        at = at.checked_sub(1)?;
    }
    let mut start =
        (tokens.is(at, "of")).then(|| at.checked_sub(1)).flatten().filter(|&start| titled(tokens, start))?;
    while start > floor
        && tokens.has(start - 1, flag::TITLE | flag::TITLE_MODIFIER)
        && !tokens.has(start - 1, flag::FUNCTION)
    {
        start -= 1;
    }
    (start >= floor).then(|| tokens.slice(start..inside.tokens.end).to_owned())
}

/// ", the chief executive of Apple," right of the name.
fn apposition(tokens: &Tokens<'_>, name: &NameSpan, ceiling: usize) -> Option<String> {
    let mut start = name.tokens.end + 1;
    if tokens.word(name.tokens.end) != "," || start >= ceiling {
        return None;
    }
    if tokens.is_any(start, &["the", "a", "an", "who's"]) {
        start += 1;
    }
    let stop = (start..ceiling.min(start + APPOSITION_WORDS_MAX + 1)).find(|&i| {
        tokens.shape(i) == Shape::Sign && !matches!(tokens.word(i), "&" | "-")
            || tokens.is_any(i, &["who", "said", "told", "which", "has", "was", "is"])
    })?;
    let title = (start..stop).find(|&i| titled(tokens, i))?;
    let lead = start..title;
    let clean = lead
        .clone()
        .all(|i| tokens.has(i, flag::TITLE_MODIFIER | flag::DEMONYM) || tokens.is_capital(i) || lead.len() <= 1);
    let follows =
        stop == title + 1 || tokens.is_any(title + 1, &["of", "for", "at", "and", "in"]) || titled(tokens, title + 1);
    (clean && follows).then(|| tokens.slice(start..stop).to_owned())
}
