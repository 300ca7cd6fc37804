//! The recogniser: which words are names, and of what. The one spot where another recogniser takes its place: tokens
//! in, [`NameSpan`]s out, sorted and disjoint. This one works by gazetteers and by the words that names are made of.

use std::collections::HashSet;

use super::EntityKind;
use super::lexicon::Lexicon;
use super::tokens::Token;

/// A name as a span of tokens.
#[derive(Debug, Clone, PartialEq)]
pub struct NameSpan {
    /// First character.
    pub start: usize,
    /// One past the last character.
    pub end: usize,
    /// First token.
    pub first: usize,
    /// One past the last token.
    pub last: usize,
    /// What kind of thing.
    pub kind: EntityKind,
    /// 0 to 1.
    pub confidence: f32,
    /// Title or role standing before a person's name.
    pub title: Option<(usize, usize)>,
}

/// Finds the names.
pub fn recognise(tokens: &[Token<'_>], lexicon: &Lexicon) -> Vec<NameSpan> {
    let mut found = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        if let Some(glued) = glued_place(tokens, at, lexicon) {
            found.push(glued);
            at += 1;
            continue;
        }
        if !begins_name(tokens, at, lexicon) {
            at += 1;
            continue;
        }
        let end = run_end(tokens, at, lexicon);
        read_run(tokens, at, end, lexicon, &mut found);
        at = end.max(at + 1);
    }
    let surnames: HashSet<String> = found
        .iter()
        .filter(|n| n.kind == EntityKind::Person && n.last - n.first > 1)
        .flat_map(|n| [tokens.get(n.first), tokens.get(n.last - 1)])
        .flatten()
        .map(|t| t.text.to_owned())
        .collect();
    // A lone word is the person of that name, where the article names one.
    for name in &mut found {
        let Some(token) = tokens.get(name.first).filter(|_| name.last - name.first == 1) else { continue };
        if surnames.contains(token.text) && name.kind != EntityKind::Group && !lexicon.is_country(token.text) {
            name.kind = EntityKind::Person;
            name.confidence = 0.9;
        }
    }
    found.retain(|name| name.confidence > 0.3);
    found
}

/// "Kazakhstanwhere": a country run together with the small word after it.
fn glued_place(tokens: &[Token<'_>], at: usize, lexicon: &Lexicon) -> Option<NameSpan> {
    let token = tokens.get(at).filter(|t| t.capital() && t.text.len() > 6)?;
    if lexicon.name(token.text).is_some() || lexicon.is_common(token.text) {
        return None;
    }
    for (cut, _) in token.text.char_indices().skip(4) {
        let (place, rest) = token.text.split_at_checked(cut)?;
        if lexicon.is_country(place) && lexicon.listed("glue", rest) {
            let end = token.start + place.chars().count();
            return Some(span(tokens, at, at + 1, EntityKind::Place, 0.8, None)).map(|s| NameSpan { end, ..s });
        }
    }
    None
}

fn begins_name(tokens: &[Token<'_>], at: usize, lexicon: &Lexicon) -> bool {
    let Some(token) = tokens.get(at) else { return false };
    if !token.capital() {
        return false;
    }
    if token.text.chars().count() == 1 {
        return tokens.get(at + 1).is_some_and(|t| t.text == ".");
    }
    let next_capital = tokens.get(at + 1).is_some_and(|t| t.capital() && t.word());
    if lexicon.listed("notname", token.text) && !token.acronym() {
        return lexicon.listed("honorific", token.text);
    }
    // The first word of a sentence is a name only if something says so.
    !(token.opens && lexicon.is_common(token.text))
        || lexicon.name(token.text).is_some()
        || lexicon.is_group(token.text)
        || lexicon.listed("title", token.text)
        || (next_capital && lexicon.longest_from(token.text) > 1)
        || (next_capital && lexicon.is_first_name(token.text))
}

/// Where the run of capitalised words ends; small words between two of them belong to it where they may.
fn run_end(tokens: &[Token<'_>], from: usize, lexicon: &Lexicon) -> usize {
    let mut at = from + 1;
    while let Some(token) = tokens.get(at) {
        let before = tokens.get(at - 1);
        if token.text == "." {
            let short = before.is_some_and(|t| {
                t.text.chars().count() == 1 || lexicon.listed("title", t.text) && t.text.chars().count() <= 4
            });
            if short && tokens.get(at + 1).is_some_and(super::tokens::Token::capital) {
                at += 1;
                continue;
            }
            return at;
        }
        let capital =
            |i: usize| tokens.get(i).is_some_and(|t| t.capital() && t.word() && !lexicon.listed("notname", t.text));
        if before.is_some_and(|t| t.possessive) {
            // "Russia's Defense Ministry" is one name; "China's Xi Jinping" is two.
            let end = (at..at + 5).take_while(|i| capital(*i)).last().map_or(at, |i| i + 1);
            let head = end > at && tokens.get(end - 1).is_some_and(|t| lexicon.listed("organization", t.text));
            return if head { end } else { at };
        }
        if capital(at) && !token.opens {
            at += 1;
        } else if capital(at + 1)
            && (token.text == "&" || lexicon.listed("connector", token.text) && joins(tokens, from, at, lexicon))
        {
            at += 2;
        } else if lexicon.listed("connector", token.text)
            && joins(tokens, from, at, lexicon)
            && tokens.get(at + 1).is_some_and(|t| t.text == "the" || lexicon.listed("connector", t.text))
            && capital(at + 2)
        {
            at += 3;
        } else {
            return at;
        }
    }
    at
}

fn joins(tokens: &[Token<'_>], from: usize, at: usize, lexicon: &Lexicon) -> bool {
    let Some(word) = tokens.get(at).map(|t| t.text) else { return false };
    let before = tokens.get(at - 1).map_or("", |t| t.text);
    let heads = |list: &str| lexicon.listed(list, before);
    match word {
        "of" => {
            heads("organization")
                || heads("title")
                || heads("law")
                || heads("event")
                || heads("place")
                || before == "Republic"
                || before == "Kingdom"
                || before == "House"
        }
        "for" => heads("organization") || heads("title"),
        "and" | "e" | "y" | "und" => {
            // "Ministry of Trade and Industry", "Belt and Road Initiative".
            let run = tokens.get(from..at).unwrap_or_default();
            let ministry = run.iter().any(|t| t.text == "of" || t.text == "for")
                && run.iter().any(|t| lexicon.listed("organization", t.text));
            let after = tokens.get(at + 2).is_some_and(|t| {
                t.capital() && (lexicon.listed("event", t.text) || lexicon.listed("organization", t.text))
            });
            ministry || (after && run.len() == 1)
        }
        _ => !lexicon.is_common(before) || lexicon.is_first_name(before),
    }
}

/// Cuts a run into titles and names, and says what each is.
fn read_run(tokens: &[Token<'_>], from: usize, end: usize, lexicon: &Lexicon, found: &mut Vec<NameSpan>) {
    let run = tokens.get(from..end).unwrap_or_default();
    let texts: Vec<&str> = run.iter().map(|t| t.text).collect();
    if run.iter().rev().skip(1).any(|t| t.possessive) {
        found.push(span(tokens, from, end, EntityKind::Organization, 0.85, None));
        return;
    }
    // Known as a whole.
    let whole = texts.join(" ");
    if let Some((kind, _)) = lexicon.name(&whole) {
        let title = if kind == EntityKind::Person { role_before(tokens, from, lexicon) } else { None };
        let confidence = if texts.len() == 1 && lexicon.is_first_name(&whole) { 0.6 } else { 0.95 };
        found.push(span(tokens, from, end, kind, confidence, title));
        return;
    }
    // "Taiwan Straits", "Gaza Strip": what is talked about is the land.
    if let [first, rest @ ..] = &texts[..]
        && lexicon.is_country(first)
        && !rest.is_empty()
        && rest.iter().all(|w| lexicon.listed("place", w))
    {
        found.push(span(tokens, from, from + 1, EntityKind::Place, 0.8, None));
        return;
    }
    if let Some(kind) = kind_by_head(&texts, lexicon) {
        // "US House Speaker Nancy Pelosi" has a title inside, and no organisation's head at its end.
        found.push(span(tokens, from, end, kind, 0.85, None));
        return;
    }
    // A title inside: the name is what follows it.
    let after_title = texts.iter().rposition(|w| lexicon.listed("title", w)).map(|i| i + 1);
    if let Some(cut) = after_title.filter(|c| *c < texts.len()) {
        let mut name_from = from + cut;
        // "President of Uzbekistan Shavkat Mirziyoyev", "Gen. Smith"
        if texts.get(cut) == Some(&".") {
            name_from += 1;
        }
        if texts.get(cut) == Some(&"of") {
            let place = longest_known(tokens, name_from + 1, end, lexicon);
            let place_end = place.map_or(name_from + 2, |(n, _)| name_from + 1 + n);
            if place_end >= end {
                place_only(tokens, name_from + 1, end, lexicon, found);
                return;
            }
            name_from = place_end;
        } else {
            group_at(tokens, from, lexicon, found);
        }
        if name_from < end {
            found.push(span(tokens, name_from, end, EntityKind::Person, 0.9, Some((from, name_from))));
        }
        return;
    }
    if after_title == Some(texts.len()) {
        // "Kazakh President" alone names no one; its nationality does.
        group_at(tokens, from, lexicon, found);
        return;
    }
    split_known(tokens, from, end, lexicon, found);
}

/// Known names at the front or inside; what is left over is judged by its words.
fn split_known(tokens: &[Token<'_>], from: usize, end: usize, lexicon: &Lexicon, found: &mut Vec<NameSpan>) {
    let mut at = from;
    while at < end {
        let rest = end - at;
        if rest > 1
            && let Some((n, kind)) = longest_known(tokens, at, end, lexicon)
            && (n > 1 || lexicon.is_country(tokens.get(at).map_or("", |t| t.text)))
        {
            found.push(span(tokens, at, at + n, kind, 0.85, None));
            at += n;
            continue;
        }
        if rest > 1 && tokens.get(at).is_some_and(|t| lexicon.is_group(t.text)) {
            group_at(tokens, at, lexicon, found);
            at += 1;
            continue;
        }
        if let Some(name) = judge(tokens, at, end, lexicon) {
            found.push(name);
        }
        return;
    }
}

fn judge(tokens: &[Token<'_>], from: usize, end: usize, lexicon: &Lexicon) -> Option<NameSpan> {
    let texts: Vec<&str> = tokens.get(from..end)?.iter().map(|t| t.text).collect();
    let first = *texts.first()?;
    let before = from.checked_sub(1).and_then(|i| tokens.get(i)).map_or("", |t| t.text);
    let after = tokens.get(end).map_or("", |t| t.text);
    let title = role_before(tokens, from, lexicon);
    let person = |confidence: f32| Some(span(tokens, from, end, EntityKind::Person, confidence, title));
    if texts.len() == 1 {
        let token = tokens.get(from)?;
        if let Some((kind, _)) = lexicon.name(first) {
            return Some(span(tokens, from, end, kind, 0.9, title.filter(|_| kind == EntityKind::Person)));
        }
        if lexicon.is_group(first) {
            return Some(span(tokens, from, end, EntityKind::Group, 0.9, None));
        }
        if title.is_some() || lexicon.is_surname(first) || lexicon.listed("speech", after) {
            return person(0.6);
        }
        if token.acronym() && first.chars().count() <= 6 {
            return Some(span(tokens, from, end, EntityKind::Organization, 0.6, None));
        }
        if lexicon.is_first_name(first) {
            return person(0.5);
        }
        if lexicon.listed("placecue", before) && !lexicon.is_common(first) {
            return Some(span(tokens, from, end, EntityKind::Place, 0.5, None));
        }
        return (!lexicon.is_common(first)).then(|| span(tokens, from, end, EntityKind::Organization, 0.3, None));
    }
    if texts.iter().all(|w| lexicon.is_common(w)) && !lexicon.is_first_name(first) {
        return None;
    }
    // "Central Asian", "South Koreans"
    if texts.last().is_some_and(|w| lexicon.is_group(w)) {
        return Some(span(tokens, from, end, EntityKind::Group, 0.8, None));
    }
    if lexicon.is_first_name(first) || title.is_some() || first.chars().count() == 1 {
        return person(0.85);
    }
    if before == "the" || texts.iter().any(|w| *w == "of" || *w == "for" || *w == "&") {
        return Some(span(tokens, from, end, EntityKind::Organization, 0.5, None));
    }
    if lexicon.listed("placecue", before) && texts.len() <= 2 && !texts.iter().any(|w| lexicon.is_surname(w)) {
        return Some(span(tokens, from, end, EntityKind::Place, 0.45, None));
    }
    if texts.len() <= 4 && texts.iter().all(|w| !lexicon.is_common(w)) { person(0.6) } else { None }
}

fn kind_by_head(texts: &[&str], lexicon: &Lexicon) -> Option<EntityKind> {
    let (first, last) = (*texts.first()?, *texts.last()?);
    if texts.len() < 2 {
        return None;
    }
    if texts.get(1) == Some(&"of") || texts.get(1) == Some(&"for") {
        if lexicon.listed("organization", first) {
            return Some(EntityKind::Organization);
        }
        if lexicon.listed("place", first) || matches!(first, "Republic" | "Kingdom") {
            return Some(EntityKind::Place);
        }
        if lexicon.listed("event", first) || lexicon.listed("law", first) {
            return Some(if lexicon.listed("law", first) { EntityKind::Law } else { EntityKind::Event });
        }
    }
    if matches!(
        first,
        "Lake" | "Mount" | "Cape" | "Fort" | "Port" | "San" | "Santa" | "Saint" | "St" | "New" | "El" | "Los" | "Las"
    ) && texts.len() == 2
        && !lexicon.listed("organization", last)
    {
        return Some(EntityKind::Place);
    }
    let lists = [
        ("event", EntityKind::Event),
        ("law", EntityKind::Law),
        ("facility", EntityKind::Facility),
        ("organization", EntityKind::Organization),
        ("place", EntityKind::Place),
    ];
    lists.into_iter().find(|(list, _)| lexicon.listed(list, last)).map(|(_, kind)| kind)
}

/// The longest known name that begins at a token: its number of tokens, and its kind.
fn longest_known(tokens: &[Token<'_>], at: usize, end: usize, lexicon: &Lexicon) -> Option<(usize, EntityKind)> {
    let most = lexicon.longest_from(tokens.get(at)?.text).min(end - at);
    (1..=most).rev().find_map(|n| {
        let texts: Vec<&str> = tokens.get(at..at + n)?.iter().map(|t| t.text).collect();
        lexicon.name(&texts.join(" ")).map(|(kind, _)| (n, kind))
    })
}

fn place_only(tokens: &[Token<'_>], from: usize, end: usize, lexicon: &Lexicon, found: &mut Vec<NameSpan>) {
    if from < end {
        split_known(tokens, from, end, lexicon, found);
    }
}

fn group_at(tokens: &[Token<'_>], at: usize, lexicon: &Lexicon, found: &mut Vec<NameSpan>) {
    let Some(token) = tokens.get(at) else { return };
    if lexicon.is_group(token.text) {
        found.push(span(tokens, at, at + 1, EntityKind::Group, 0.9, None));
    } else if lexicon.is_country(token.text) {
        found.push(span(tokens, at, at + 1, EntityKind::Place, 0.9, None));
    }
}

/// "Chinese leader Xi Jinping", "opposition leader Jane Roe": roles in small letters before a name.
fn role_before(tokens: &[Token<'_>], from: usize, lexicon: &Lexicon) -> Option<(usize, usize)> {
    let role = from.checked_sub(1)?;
    tokens.get(role).filter(|t| lexicon.listed("role", t.text))?;
    let mut begin = role;
    while let Some(before) = begin.checked_sub(1).and_then(|i| tokens.get(i)) {
        if lexicon.is_group(before.text) || lexicon.is_country(before.text) || lexicon.listed("role", before.text) {
            begin -= 1;
        } else {
            break;
        }
    }
    Some((begin, from))
}

fn span(
    tokens: &[Token<'_>],
    first: usize,
    last: usize,
    kind: EntityKind,
    confidence: f32,
    title: Option<(usize, usize)>,
) -> NameSpan {
    NameSpan {
        start: tokens.get(first).map_or(0, |t| t.start),
        end: tokens.get(last - 1).map_or(0, |t| t.end),
        first,
        last,
        kind,
        confidence,
        title,
    }
}
