//! Names of one thing joined within an article: the full name with the surname, the acronym with its expansion, one
//! spelling with the other.

use std::collections::HashMap;

use super::lexicon::Lexicon;
use super::recognise::NameSpan;
use super::tokens::Token;
use super::{Entity, EntityKind, Mention};

/// Joins names to entities, the most salient first; mentions keep the order of the text.
pub fn join(
    names: &[NameSpan],
    tokens: &[Token<'_>],
    text: &str,
    title: Option<&str>,
    lexicon: &Lexicon,
) -> (Vec<Mention>, Vec<Entity>) {
    let texts: Vec<String> = names.iter().map(|n| covered(tokens, n, text)).collect();
    let keys: Vec<(EntityKind, String)> = names.iter().zip(&texts).map(|(n, t)| (n.kind, key(t))).collect();
    let full: Vec<&(EntityKind, String)> = keys.iter().filter(|(_, k)| k.contains(' ')).collect();
    let mut groups: HashMap<(EntityKind, String), Vec<usize>> = HashMap::new();
    let mut order = Vec::new();
    for (at, own) in keys.iter().enumerate() {
        let target = canonical(own, &full);
        if !groups.contains_key(&target) {
            order.push(target.clone());
        }
        groups.entry(target).or_default().push(at);
    }
    let length = tokens.last().map_or(1, |t| t.end.max(1));
    let mut entities: Vec<(Entity, Vec<usize>)> = order
        .into_iter()
        .filter_map(|target| Some(entity(groups.remove(&target)?, names, &texts, tokens, text, title, length, lexicon)))
        .collect();
    entities.sort_by(|a, b| b.0.salience.total_cmp(&a.0.salience).then_with(|| a.0.name.cmp(&b.0.name)));
    let mut mentions: Vec<Mention> = Vec::with_capacity(names.len());
    for (index, (entity, members)) in entities.iter().enumerate() {
        for &at in members {
            let (Some(name), Some(words)) = (names.get(at), texts.get(at)) else { continue };
            mentions.push(Mention {
                start: name.start,
                end: name.end,
                text: words.clone(),
                kind: entity.kind,
                entity: index,
                confidence: name.confidence,
            });
        }
    }
    mentions.sort_by_key(|m| m.start);
    (mentions, entities.into_iter().map(|(entity, _)| entity).collect())
}

/// A name without case, `the`, a legal form's stop, and the British spelling.
fn key(name: &str) -> String {
    let lower = name
        .to_lowercase()
        .replace(['.', '’', '\''], "")
        .replace("isation", "ization")
        .replace("defence", "defense")
        .replace("labour", "labor")
        .replace("centre", "center");
    lower.strip_prefix("the ").unwrap_or(&lower).to_owned()
}

/// The longer name a short one stands for, if exactly one in the article fits.
fn canonical(own: &(EntityKind, String), full: &[&(EntityKind, String)]) -> (EntityKind, String) {
    let (kind, name) = own;
    let mut fits: Vec<&String> = full
        .iter()
        .filter(|(k, long)| {
            k == kind
                && match kind {
                    EntityKind::Person if !name.contains(' ') => {
                        long.rsplit(' ').next() == Some(name) || long.split(' ').next() == Some(name)
                    }
                    // "Nancy Pelosi" within "Nancy Patricia Pelosi".
                    EntityKind::Person => {
                        long.len() > name.len()
                            && long.split(' ').next() == name.split(' ').next()
                            && long.rsplit(' ').next() == name.rsplit(' ').next()
                    }
                    EntityKind::Organization if !name.contains(' ') => initials(long) == *name,
                    _ => false,
                }
        })
        .map(|(_, long)| long)
        .collect();
    fits.sort();
    fits.dedup();
    match fits[..] {
        [only] => (*kind, only.clone()),
        _ => own.clone(),
    }
}

fn initials(name: &str) -> String {
    name.split([' ', '-'])
        .filter(|w| !matches!(*w, "of" | "the" | "and" | "for"))
        .filter_map(|w| w.chars().next())
        .collect()
}

#[expect(clippy::too_many_arguments, reason = "one article's tables, read only")]
fn entity(
    members: Vec<usize>,
    names: &[NameSpan],
    texts: &[String],
    tokens: &[Token<'_>],
    text: &str,
    title: Option<&str>,
    length: usize,
    lexicon: &Lexicon,
) -> (Entity, Vec<usize>) {
    let mut forms: Vec<&String> = Vec::new();
    let mut titles: Vec<String> = Vec::new();
    for name in members.iter().filter_map(|&at| texts.get(at)) {
        if !forms.contains(&name) {
            forms.push(name);
        }
    }
    for &at in &members {
        if let Some(given) = names.get(at).and_then(|n| n.title).and_then(|(a, b)| words_between(tokens, a, b, text))
            && !titles.contains(&given)
            && given.chars().count() > 3
        {
            titles.push(given);
        }
    }
    let name = forms.iter().max_by_key(|f| f.chars().count()).map_or_else(String::new, |f| (*f).clone());
    let known = forms.iter().find_map(|f| lexicon.name(f).and_then(|(_, id)| id));
    let in_title = title.is_some_and(|t| forms.iter().any(|f| contains_word(t, f)));
    let first = members.iter().filter_map(|&at| names.get(at)).map(|n| n.start).min().unwrap_or(0);
    let kind = members.first().and_then(|&at| names.get(at)).map_or(EntityKind::Organization, |n| n.kind);
    #[expect(clippy::cast_precision_loss, reason = "texts are shorter than 2^23 characters")]
    let (count, place) = (members.len() as f32, 1.0 - first as f32 / length as f32);
    // How often, how early, and whether the headline says so; saturating in the count.
    let salience = 0.5 * (count / (count + 3.0)) + 0.25 * place + if in_title { 0.25 } else { 0.0 };
    let aliases = forms.iter().filter(|f| ***f != name).map(|f| (*f).clone()).collect();
    let entity = Entity {
        name,
        kind,
        mentions: members.len(),
        in_title,
        salience: (salience.clamp(0.0, 1.0) * 1000.0).round() / 1000.0,
        aliases,
        titles,
        wikidata: known.map(str::to_owned),
    };
    (entity, members)
}

/// Whether a headline has a name as a word of its own.
fn contains_word(title: &str, name: &str) -> bool {
    title.match_indices(name).any(|(at, _)| {
        let before = title.get(..at).and_then(|t| t.chars().next_back());
        let after = title.get(at + name.len()..).and_then(|t| t.chars().next());
        !before.is_some_and(char::is_alphanumeric) && !after.is_some_and(char::is_alphanumeric)
    })
}

fn covered(tokens: &[Token<'_>], name: &NameSpan, text: &str) -> String {
    let Some(first) = tokens.get(name.first) else { return String::new() };
    text.get(first.byte..).unwrap_or_default().chars().take(name.end - name.start).collect()
}

fn words_between(tokens: &[Token<'_>], from: usize, to: usize, text: &str) -> Option<String> {
    let (first, last) = (tokens.get(from)?, tokens.get(to.checked_sub(1)?)?);
    let words: String = text.get(first.byte..)?.chars().take(last.end - first.start).collect();
    Some(words)
}
