//! What was said, and by whom: words in quotation marks with the cue beside them, and clauses told after "said".

use super::lexicon::Lexicon;
use super::tokens::Token;
use super::{Entity, EntityKind, Mention, Quote, QuoteKind};

/// From so many words on, quoted words are a sentence and no phrase.
const SENTENCE_WORDS: usize = 8;

/// What the rules see of the article.
pub struct Scene<'a> {
    /// The text's tokens.
    pub tokens: &'a [Token<'a>],
    /// Its names.
    pub mentions: &'a [Mention],
    /// What they stand for.
    pub entities: &'a [Entity],
    /// Words.
    pub lexicon: &'a Lexicon,
    /// The text's characters.
    pub chars: &'a [char],
}

/// Finds quotes, in the order of the text.
pub fn find(scene: &Scene<'_>) -> Vec<Quote> {
    let mut quotes = Vec::new();
    for (open, close) in marked(scene.chars) {
        let words: String = scene.chars.get(open..close).unwrap_or_default().iter().collect();
        let count = words.split_whitespace().count();
        if count == 0 {
            continue;
        }
        let speaker = cue_near(scene, open, close);
        let kind = if count >= SENTENCE_WORDS { QuoteKind::Direct } else { QuoteKind::Mixed };
        // A quoted word without anyone saying it is a title, a slogan or irony.
        if speaker.is_none() && kind == QuoteKind::Mixed {
            continue;
        }
        let (entity, verb) = speaker.map_or((None, None), |(entity, verb)| (Some(entity), Some(verb)));
        quotes.push(Quote {
            start: open,
            end: close,
            text: words,
            speaker: entity.and_then(|e| scene.entities.get(e)).map(|e| e.name.clone()),
            entity,
            verb,
            kind,
        });
    }
    quotes.extend(indirect(scene, &quotes));
    quotes.sort_by_key(|q| (q.start, q.end));
    quotes
}

/// The insides of quotation marks. One left open ends with its paragraph.
fn marked(chars: &[char]) -> Vec<(usize, usize)> {
    let mut found = Vec::new();
    let mut open: Option<(usize, char)> = None;
    for (at, &c) in chars.iter().enumerate() {
        let blank_line = c == '\n' && chars.get(at + 1) == Some(&'\n');
        if let Some((from, mark)) = open {
            if closes(mark, c) || blank_line {
                found.push((from, at));
                open = None;
            }
        } else {
            let before_space = at == 0 || chars.get(at - 1).is_some_and(|b| !b.is_alphanumeric());
            if matches!(c, '“' | '«' | '„') || (c == '"' && before_space) {
                open = Some((at + 1, c));
            }
        }
    }
    if let Some((from, _)) = open {
        found.push((from, chars.len()));
    }
    found
}

fn closes(open: char, c: char) -> bool {
    match open {
        '“' => c == '”',
        '«' => c == '»',
        '„' => matches!(c, '“' | '”'),
        _ => c == '"',
    }
}

/// Who says it: the cue in the words before the quote's beginning or after its end, within the paragraph.
fn cue_near(scene: &Scene<'_>, open: usize, close: usize) -> Option<(usize, String)> {
    let first_after = scene.tokens.partition_point(|t| t.start < close);
    let first_in = scene.tokens.partition_point(|t| t.start < open);
    // After: ”Putin said / said Putin / he said.
    let after: Vec<usize> = (first_after..scene.tokens.len().min(first_after + 14))
        .take_while(|&i| {
            same_paragraph(scene, close, i) && !matches!(scene.tokens.get(i).map(|t| t.text), Some("." | "“" | "!"))
        })
        .collect();
    if let Some(found) = cue_in(scene, &after) {
        return Some(found);
    }
    // Before, back to the sentence's beginning.
    let mut before: Vec<usize> = Vec::new();
    for i in (first_in.saturating_sub(40)..first_in).rev() {
        let Some(token) = scene.tokens.get(i) else { break };
        if token.text == "." || !same_paragraph(scene, open, i) {
            break;
        }
        before.insert(0, i);
        if token.opens && token.word() {
            break;
        }
    }
    if let Some(found) = cue_in(scene, &before) {
        return Some(found);
    }
    // A second quote of the same paragraph goes on with its speaker.
    let earlier: Vec<usize> =
        (first_in.saturating_sub(90)..first_in).filter(|&i| same_paragraph(scene, open, i)).collect();
    cue_in(scene, &earlier)
}

fn same_paragraph(scene: &Scene<'_>, at: usize, token: usize) -> bool {
    let Some(token) = scene.tokens.get(token) else { return false };
    let (from, to) = if token.start < at { (token.start, at) } else { (at, token.start) };
    !scene.chars.get(from..to).unwrap_or_default().windows(2).any(|pair| pair == ['\n', '\n'])
}

fn cue_in(scene: &Scene<'_>, words: &[usize]) -> Option<(usize, String)> {
    for &i in words {
        let token = scene.tokens.get(i)?;
        let lower = token.text.to_lowercase();
        if lower == "according" {
            let (from, to) = (i + 2, i + 12);
            return mention_in(scene, from, to).map(|e| (e, "according to".to_owned()));
        }
        if scene.lexicon.listed("speech", &lower) {
            // Inverted ("said Putin") where the name follows at once, else whoever stands before.
            let inverted =
                mention_in(scene, i + 1, i + 7).filter(|_| words.first() == Some(&i) || words.get(1) == Some(&i));
            let speaker = subject(scene, i).or(inverted);
            return speaker.map(|e| (e, lower));
        }
    }
    None
}

/// The subject of a verb: the nearest person before it, a pronoun's person, or a role's.
fn subject(scene: &Scene<'_>, verb: usize) -> Option<usize> {
    let verb_start = scene.tokens.get(verb)?.start;
    let from = (0..verb).rev().take(25).take_while(|&i| {
        scene.tokens.get(i + 1).is_some_and(|t| !t.opens || i + 1 == verb)
            && scene.tokens.get(i).is_some_and(|t| t.text != ".")
    });
    let begin = from.last().unwrap_or(verb);
    let begin_at = scene.tokens.get(begin)?.start;
    for i in (begin..verb).rev() {
        let word = scene.tokens.get(i)?.text;
        if matches!(word, "he" | "He" | "she" | "She") {
            return last_person(scene, scene.tokens.get(i)?.start);
        }
        if matches!(word, "leader" | "president" | "minister" | "chancellor" | "premier" | "king") {
            let wanted = format!("{} {word}", scene.tokens.get(i.checked_sub(1)?)?.text);
            let named = scene.entities.iter().position(|e| e.titles.iter().any(|t| t.contains(&wanted)));
            if named.is_some() {
                return named;
            }
        }
    }
    let near = scene.mentions.iter().rev().filter(|m| m.end <= verb_start && m.start >= begin_at);
    let mut near: Vec<&Mention> = near.collect();
    near.sort_by_key(|m| (m.kind != EntityKind::Person, std::cmp::Reverse(m.start)));
    near.into_iter().find(|m| matches!(m.kind, EntityKind::Person | EntityKind::Organization)).map(|m| m.entity)
}

fn last_person(scene: &Scene<'_>, before: usize) -> Option<usize> {
    scene.mentions.iter().rev().find(|m| m.end <= before && m.kind == EntityKind::Person).map(|m| m.entity)
}

fn mention_in(scene: &Scene<'_>, from: usize, to: usize) -> Option<usize> {
    let (start, end) = (scene.tokens.get(from)?.start, scene.tokens.get(to).map_or(usize::MAX, |t| t.start));
    scene
        .mentions
        .iter()
        .find(|m| m.start >= start && m.start < end && matches!(m.kind, EntityKind::Person | EntityKind::Organization))
        .map(|m| m.entity)
}

/// "Xi said China is ready to …": a clause after the cue, to the end of its sentence.
fn indirect(scene: &Scene<'_>, marked: &[Quote]) -> Vec<Quote> {
    let mut found = Vec::new();
    for (i, token) in scene.tokens.iter().enumerate() {
        let said =
            matches!(token.text, "said" | "says" | "added" | "warned" | "claimed" | "argued" | "insisted" | "stressed");
        let next = scene.tokens.get(i + 1);
        if !said || !next.is_some_and(|t| t.word() && !matches!(t.text, "in" | "on" | "at" | "to" | "by" | "during")) {
            continue;
        }
        let Some(entity) = subject(scene, i) else { continue };
        let rest = scene.tokens.get(i + 1..).unwrap_or_default();
        let length = rest.iter().take_while(|t| t.text != "." && t.text != "”" && !t.opens).count();
        let clause = rest.get(..length).unwrap_or_default();
        let (Some(first), Some(last)) = (clause.first(), clause.last()) else { continue };
        // Six words at least, and not what stands in quotation marks already.
        let overlaps = marked.iter().any(|q| q.start < last.end && q.end > first.start && q.kind == QuoteKind::Direct);
        if length < 6 || overlaps {
            continue;
        }
        found.push(Quote {
            start: first.start,
            end: last.end,
            text: scene.chars.get(first.start..last.end).unwrap_or_default().iter().collect(),
            speaker: scene.entities.get(entity).map(|e| e.name.clone()),
            entity: Some(entity),
            verb: Some(token.text.to_owned()),
            kind: QuoteKind::Indirect,
        });
    }
    found
}
