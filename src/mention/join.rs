//! Mentions of one thing become one entity.
//!
//! In: names with their kinds. Out: mentions that point at entities. Full names gather surnames, spellings and
//! acronyms fold; a nationality never joins its country.

use std::collections::HashMap;

use super::lexicon::Lexicon;
use super::recognise::NameSpan;
use super::token::{Shape, Tokens};
use super::{Entity, EntityKind, Mention};

/// Mentions in order of the text, and entities in order of first mention.
pub(crate) fn join(tokens: &Tokens<'_>, lexicon: &Lexicon, names: &[NameSpan]) -> (Vec<Mention>, Vec<Entity>) {
    let mut joiner = Joiner { tokens, lexicon, entities: Vec::new(), keys: HashMap::new() };
    let mut owner: Vec<Option<usize>> = vec![None; names.len()];
    // Longest first within the article, so that a surname finds its full name wherever that stands.
    let mut order: Vec<usize> = (0..names.len()).collect();
    order.sort_by_key(|&i| names.get(i).map(|name| (std::cmp::Reverse(name.tokens.len()), i)));
    for index in order {
        if let (Some(name), Some(slot)) = (names.get(index), owner.get_mut(index)) {
            *slot = Some(joiner.place(name, names));
        }
    }
    let mentions: Vec<Mention> = names
        .iter()
        .zip(owner)
        .filter_map(|(name, entity)| {
            let (start, end) = tokens.span(&name.tokens);
            let text = tokens.slice(name.tokens.clone()).to_owned();
            Some(Mention { start, end, text, kind: name.kind, entity: entity?, confidence: name.confidence })
        })
        .collect();
    finish(lexicon, mentions, joiner.entities)
}

struct Joiner<'a, 't> {
    tokens: &'a Tokens<'t>,
    lexicon: &'a Lexicon,
    entities: Vec<EntityKind>,
    keys: HashMap<(EntityKind, String), usize>,
}

impl Joiner<'_, '_> {
    fn place(&mut self, name: &NameSpan, names: &[NameSpan]) -> usize {
        let text = self.tokens.slice(name.tokens.clone());
        let key = fold(text);
        if let Some(&entity) = self.keys.get(&(name.kind, key.clone())) {
            return entity;
        }
        // Another form of the same: by Wikidata id, or by the name the lexicon refers to.
        let phrase = self.lexicon.phrase(text);
        let identity =
            phrase.and_then(|phrase| phrase.wikidata.map(str::to_owned).or_else(|| phrase.same_as.map(fold)));
        if let Some(id) = &identity
            && let Some(&entity) = self.keys.get(&(name.kind, id.clone()))
        {
            self.keys.insert((name.kind, key), entity);
            return entity;
        }
        let entity = self.entities.len();
        self.entities.push(name.kind);
        match name.kind {
            EntityKind::Person => {
                // A surname, a given name: whoever was named in full claims them first.
                let words: Vec<String> = name
                    .tokens
                    .clone()
                    .filter(|&i| self.tokens.is_capital(i))
                    .map(|i| fold(self.tokens.word(i)))
                    .collect();
                for word in words.iter().rev() {
                    self.keys.entry((name.kind, word.clone())).or_insert(entity);
                }
                if let (Some(first), Some(last)) = (words.first(), words.last())
                    && words.len() > 2
                {
                    self.keys.entry((name.kind, format!("{first} {last}"))).or_insert(entity);
                    let surnames = words.get(1..).unwrap_or_default().join(" ");
                    self.keys.entry((name.kind, surnames)).or_insert(entity);
                }
            }
            _ => {
                if let Some(acronym) = self.acronym(name, names) {
                    self.keys.entry((name.kind, acronym)).or_insert(entity);
                }
            }
        }
        if let Some(id) = identity {
            self.keys.insert((name.kind, id), entity);
        }
        self.keys.insert((name.kind, key), entity);
        entity
    }

    /// The acronym the article uses for a name: "(SCO)" behind it, or its initials standing elsewhere.
    fn acronym(&self, name: &NameSpan, names: &[NameSpan]) -> Option<String> {
        if name.tokens.len() < 2 {
            return None;
        }
        let initials: String = name
            .tokens
            .clone()
            .filter(|&i| self.tokens.is_capital(i))
            .filter_map(|i| self.tokens.word(i).chars().next())
            .flat_map(char::to_lowercase)
            .collect();
        names
            .iter()
            .filter(|other| {
                other.kind == name.kind
                    && other.tokens.len() == 1
                    && self.tokens.shape(other.tokens.start) == Shape::Upper
            })
            .find(|other| {
                let acronym = fold(self.tokens.word(other.tokens.start));
                let bracket = |open: usize| self.tokens.word(open) == "(";
                let behind = other.tokens.start == name.tokens.end + 1 && bracket(name.tokens.end);
                let before = name.tokens.start == other.tokens.end + 1 && bracket(other.tokens.end);
                (behind || before) && acronym.chars().next() == initials.chars().next()
                    || acronym.len() > 2 && acronym == initials
            })
            .map(|other| fold(self.tokens.word(other.tokens.start)))
    }
}

/// One spelling for a name: case, dots, British endings and hyphens fold.
pub(crate) fn fold(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    for word in name.split_whitespace() {
        if !out.is_empty() {
            out.push(' ');
        }
        let lower: String = word
            .chars()
            .filter(|c| !matches!(c, '.' | '’' | '\''))
            .flat_map(char::to_lowercase)
            .map(|c| if c == '‑' { '-' } else { c })
            .collect();
        let folded = lower
            .replace("isation", "ization")
            .replace("defence", "defense")
            .replace("centre", "center")
            .replace("labour", "labor")
            .replace("programme", "program");
        out.push_str(&folded);
    }
    out.strip_prefix("the ").map(str::to_owned).unwrap_or(out)
}

fn finish(lexicon: &Lexicon, mut mentions: Vec<Mention>, kinds: Vec<EntityKind>) -> (Vec<Mention>, Vec<Entity>) {
    let mut entities: Vec<Entity> = kinds
        .into_iter()
        .map(|kind| Entity {
            name: String::new(),
            kind,
            mentions: 0,
            in_title: false,
            salience: 0.0,
            aliases: Vec::new(),
            titles: Vec::new(),
            wikidata: None,
        })
        .collect();
    for mention in &mentions {
        let Some(entity) = entities.get_mut(mention.entity) else { continue };
        entity.mentions += 1;
        if entity.wikidata.is_none() {
            entity.wikidata = lexicon.phrase(&mention.text).and_then(|phrase| phrase.wikidata).map(str::to_owned);
        }
        if mention.text.chars().count() > entity.name.chars().count() {
            let old = std::mem::replace(&mut entity.name, mention.text.clone());
            if !old.is_empty() && !entity.aliases.contains(&old) {
                entity.aliases.push(old);
            }
        } else if mention.text != entity.name && !entity.aliases.contains(&mention.text) {
            entity.aliases.push(mention.text.clone());
        }
    }
    for entity in &mut entities {
        let name = &entity.name;
        entity.aliases.retain(|alias| alias != name);
    }
    // In order of first mention, so that an entity's index tells where it comes up.
    let mut order: Vec<usize> = Vec::with_capacity(entities.len());
    for mention in &mentions {
        if !order.contains(&mention.entity) {
            order.push(mention.entity);
        }
    }
    let position: HashMap<usize, usize> = order.iter().enumerate().map(|(new, old)| (*old, new)).collect();
    for mention in &mut mentions {
        mention.entity = position.get(&mention.entity).copied().unwrap_or_default();
    }
    let mut slots: Vec<Option<Entity>> = entities.into_iter().map(Some).collect();
    let entities = order.into_iter().filter_map(|old| slots.get_mut(old).and_then(Option::take)).collect();
    (mentions, entities)
}

/// Sets `in_title` and `salience`, and puts the most salient first.
pub(crate) fn rank(
    mentions: &mut [Mention],
    entities: &mut Vec<Entity>,
    title: Option<&str>,
    text_chars: usize,
) -> Vec<usize> {
    let title_key = title.map(|title| {
        format!(" {} ", fold(&title.replace(|c: char| !c.is_alphanumeric() && c != '-' && c != '.', " ")))
    });
    let most = entities.iter().map(|entity| entity.mentions).max().unwrap_or(1);
    let mut first = vec![text_chars; entities.len()];
    for mention in mentions.iter() {
        if let Some(slot) = first.get_mut(mention.entity) {
            *slot = (*slot).min(mention.start);
        }
    }
    for (entity, start) in entities.iter_mut().zip(&first) {
        entity.in_title = title_key.as_ref().is_some_and(|title| {
            std::iter::once(&entity.name)
                .chain(&entity.aliases)
                .any(|name| title.contains(&format!(" {} ", fold(name))))
        });
        entity.salience = salience(entity, *start, most, text_chars);
    }
    let mut order: Vec<usize> = (0..entities.len()).collect();
    order.sort_by(|a, b| {
        let key = |i: &usize| entities.get(*i).map_or(0.0, |entity| entity.salience);
        key(b).total_cmp(&key(a)).then(a.cmp(b))
    });
    let mut new = vec![0; order.len()];
    for (to, from) in order.iter().enumerate() {
        if let Some(slot) = new.get_mut(*from) {
            *slot = to;
        }
    }
    let mut slots: Vec<Option<Entity>> = std::mem::take(entities).into_iter().map(Some).collect();
    *entities = order.iter().filter_map(|from| slots.get_mut(*from).and_then(Option::take)).collect();
    for mention in mentions {
        mention.entity = new.get(mention.entity).copied().unwrap_or_default();
    }
    new
}

/// How often against the most named thing counts half; an early place and the headline share the rest.
#[expect(clippy::cast_precision_loss, reason = "counts of one article are small")]
fn salience(entity: &Entity, start: usize, most: usize, text_chars: usize) -> f32 {
    let count = (1.0 + entity.mentions as f32).ln() / (1.0 + most as f32).ln();
    let early = 1.0 - start as f32 / text_chars.max(1) as f32;
    let title = if entity.in_title { 1.0 } else { 0.0 };
    let weight = if entity.kind == EntityKind::Group { 0.7 } else { 1.0 };
    ((0.5 * count + 0.2 * early + 0.3 * title) * weight).clamp(0.0, 1.0)
}
