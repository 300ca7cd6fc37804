//! From an article and what was found in it to the rows that are written: identity keys, hashes, limits.
//!
//! Everything here is pure, and what it gives satisfies the checks of the schema: no NUL, nothing longer than its
//! column, every entity once an article.

use std::collections::BTreeMap;

use sha2::{Digest, Sha256};
use unicode_normalization::UnicodeNormalization;
use url::Url;

use crate::article::Article;
use crate::article::learnt::{self, Lesson};
use crate::identity;
use crate::mention::{Amount, DateMention, Entity, EntityKind, Findings, Quote};

/// All rows of one article.
#[derive(Debug, Clone)]
pub struct ArticleRows {
    /// SHA-256 of the address it is known by.
    pub identity_key: [u8; 32],
    /// The publisher's registrable domain.
    pub domain: String,
    /// The article, within the schema's limits.
    pub article: Article,
    /// Where its text is from.
    pub text_source: TextSource,
    /// SHA-256 over headline and text.
    pub content_hash: [u8; 32],
    /// Fingerprint of the program, the rules and the learnt lines it was made by.
    pub cleaned_by: i64,
    /// What it shows of its source's furniture.
    pub lesson: Lesson,
    /// Its entities, each once, sorted by key.
    pub entities: Vec<EntityRow>,
    /// Its quotes, with the speaker's entity key.
    pub quotes: Vec<(Quote, Option<[u8; 32]>)>,
    /// Its dates.
    pub dates: Vec<DateMention>,
    /// Its amounts.
    pub amounts: Vec<Amount>,
}

/// Where an article's text is from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TextSource {
    /// The page.
    Page,
    /// The feed's own text, where the page could not be had.
    Feed,
}

impl TextSource {
    /// The word used in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Page => "page",
            Self::Feed => "feed",
        }
    }
}

/// An entity and its place in one article.
#[derive(Debug, Clone)]
pub struct EntityRow {
    /// SHA-256 of the Wikidata id, else of kind and folded name.
    pub key: [u8; 32],
    /// Its fullest name.
    pub name: String,
    /// What kind of thing.
    pub kind: EntityKind,
    /// Its Wikidata id.
    pub wikidata: Option<String>,
    /// All names used for it.
    pub aliases: Vec<String>,
    /// Titles and roles given to it.
    pub titles: Vec<String>,
    /// First characters of its mentions.
    pub starts: Vec<i32>,
    /// Ends of its mentions.
    pub ends: Vec<i32>,
    /// Whether the headline names it.
    pub in_title: bool,
    /// 0 to 1.
    pub salience: f32,
    /// Mean over its mentions, 0 to 1.
    pub confidence: f32,
}

/// The longest text stored, in bytes: the schema's check.
const TEXT_BYTES_MAX: usize = 2_000_000;
/// The longest name stored, in characters.
const NAME_CHARS_MAX: usize = 300;
/// Removed pieces stored an article: a page of links has thousands, and nobody reads on after these.
const REMOVED_MAX: usize = 200;

/// Puts the rows of an article together. `known_by` is its canonical address, `cleaned_by` the fingerprint of what it was
/// made by.
pub fn article_rows(
    article: Article,
    findings: Findings,
    known_by: &Url,
    source: TextSource,
    cleaned_by: i64,
) -> ArticleRows {
    let article = within_limits(article);
    let Findings { mentions, entities, mut quotes, mut dates, mut amounts } = findings;
    // An empty span names nothing, and the schema refuses it.
    quotes.retain(|q| q.start < q.end);
    dates.retain(|d| d.start < d.end);
    amounts.retain(|a| a.start < a.end && a.value.is_finite());
    for amount in &mut amounts {
        amount.unit = amount.unit.take().map(|unit| clipped(&unit, 100));
    }
    let keys: Vec<[u8; 32]> = entities.iter().map(entity_key).collect();
    let mut by_key: BTreeMap<[u8; 32], EntityRow> = BTreeMap::new();
    for (at, entity) in entities.iter().enumerate() {
        let own = || mentions.iter().filter(move |m| m.entity == at);
        let count = own().count();
        if count == 0 || entity.name.trim().is_empty() {
            continue;
        }
        #[expect(clippy::cast_precision_loss, reason = "an article has fewer than 2^23 mentions")]
        let confidence = own().map(|m| m.confidence).sum::<f32>() / count as f32;
        let row = EntityRow {
            key: keys[at],
            name: clipped(&entity.name, NAME_CHARS_MAX),
            kind: entity.kind,
            wikidata: entity.wikidata.clone(),
            aliases: std::iter::once(&entity.name).chain(&entity.aliases).map(|a| clipped(a, NAME_CHARS_MAX)).collect(),
            titles: entity.titles.iter().map(|t| clipped(t, NAME_CHARS_MAX)).collect(),
            starts: own().map(|m| offset(m.start)).collect(),
            ends: own().map(|m| offset(m.end)).collect(),
            in_title: entity.in_title,
            salience: entity.salience.clamp(0.0, 1.0),
            confidence: confidence.clamp(0.0, 1.0),
        };
        by_key.entry(row.key).and_modify(|known| known.join(&row)).or_insert(row);
    }
    let quotes = quotes
        .into_iter()
        .map(|mut quote| {
            quote.text = without_nul(&quote.text);
            quote.speaker = quote.speaker.map(|s| clipped(&s, NAME_CHARS_MAX));
            quote.verb = quote.verb.map(|v| clipped(&v, 100));
            let key = quote.entity.and_then(|at| keys.get(at).copied()).filter(|key| by_key.contains_key(key));
            (quote, key)
        })
        .collect();
    ArticleRows {
        identity_key: identity::url_key(known_by).0,
        domain: identity::registrable_domain(known_by),
        content_hash: content_hash(&article),
        text_source: source,
        cleaned_by,
        lesson: learnt::lesson(&article),
        article,
        entities: by_key.into_values().collect(),
        quotes,
        dates,
        amounts,
    }
}

impl EntityRow {
    /// Two entities of the recogniser that turn out to be one row.
    fn join(&mut self, other: &Self) {
        let mut spans: Vec<(i32, i32)> = self.starts.iter().copied().zip(self.ends.iter().copied()).collect();
        spans.extend(other.starts.iter().copied().zip(other.ends.iter().copied()));
        spans.sort_unstable();
        (self.starts, self.ends) = spans.into_iter().unzip();
        for (mine, theirs) in [(&mut self.aliases, &other.aliases), (&mut self.titles, &other.titles)] {
            for name in theirs {
                if !mine.contains(name) {
                    mine.push(name.clone());
                }
            }
        }
        self.in_title |= other.in_title;
        self.salience = self.salience.max(other.salience);
        self.confidence = self.confidence.max(other.confidence);
    }
}

fn within_limits(mut article: Article) -> Article {
    let url = |u: Option<String>| u.map(|u| without_nul(&u)).filter(|u| u.len() <= 2048);
    article.canonical_url = url(article.canonical_url);
    article.image_url = url(article.image_url);
    article.amp_url = url(article.amp_url);
    article.title = article.title.map(|t| clipped(&t, 1000));
    article.site_name = article.site_name.map(|t| clipped(&t, NAME_CHARS_MAX));
    article.section = article.section.map(|t| clipped(&t, NAME_CHARS_MAX));
    article.language = article.language.map(|t| clipped(&t, 35));
    for list in [&mut article.authors, &mut article.tags] {
        list.truncate(50);
        for name in list.iter_mut() {
            *name = clipped(name, NAME_CHARS_MAX);
        }
    }
    article.agencies.truncate(10);
    article.byline.truncate(50);
    for credit in &mut article.byline {
        credit.name = clipped(&credit.name, NAME_CHARS_MAX);
    }
    for found in &mut article.dates_found {
        found.text = without_nul(&found.text);
    }
    article.removed.truncate(REMOVED_MAX);
    for removed in &mut article.removed {
        removed.text = without_nul(&removed.text);
    }
    article.text = without_nul(&article.text);
    if article.text.len() > TEXT_BYTES_MAX {
        let cut = article.text.floor_char_boundary(TEXT_BYTES_MAX);
        article.text.truncate(cut);
    }
    article.completeness = article.completeness.clamp(0.0, 1.0);
    article
}

/// What tells an edited article: headline and text, white space aside.
pub fn content_hash(article: &Article) -> [u8; 32] {
    let mut hash = Sha256::new();
    for word in article.title.iter().flat_map(|t| t.split_whitespace()) {
        hash.update(word);
        hash.update(b" ");
    }
    hash.update(b"\n");
    for word in article.text.split_whitespace() {
        hash.update(word);
        hash.update(b" ");
    }
    hash.finalize().into()
}

/// What makes an entity the same across articles: its Wikidata id where known, else kind and folded name.
pub fn entity_key(entity: &Entity) -> [u8; 32] {
    let text = match &entity.wikidata {
        Some(id) => id.clone(),
        None => format!("{}|{}", entity.kind.as_str(), folded(&entity.name)),
    };
    Sha256::digest(text).into()
}

/// A name without case, diacritics, punctuation, a leading article, and the British spelling of -isation.
fn folded(name: &str) -> String {
    let plain: String = name
        .nfkd()
        .filter(|c| !unicode_normalization::char::is_combining_mark(*c))
        .flat_map(char::to_lowercase)
        .map(|c| if c.is_alphanumeric() { c } else { ' ' })
        .collect();
    let words: Vec<String> =
        plain.split_whitespace().skip_while(|w| *w == "the").map(|w| w.replace("isation", "ization")).collect();
    words.join(" ")
}

/// The text without NUL, cut at `chars_max` characters.
pub fn clipped(text: &str, chars_max: usize) -> String {
    text.chars().filter(|&c| c != '\0').take(chars_max).collect()
}

fn without_nul(text: &str) -> String {
    text.replace('\0', "")
}

fn offset(characters: usize) -> i32 {
    i32::try_from(characters).unwrap_or(i32::MAX)
}
