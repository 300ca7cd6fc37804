//! An article: what is left of a page when everything that is not the story is gone, with what the page says of it.
//!
//! In: a page's HTML (or text that was cleaned by someone else), where it came from, and the rules. Out: an
//! [`Article`]. What was removed and what looks glued together is reported, never hidden.

mod blocks;
mod body;
pub mod error;
mod explain;
mod furniture;
pub mod kind;
mod language;
pub mod metadata;
mod plain;
mod refusal;
pub mod repairs;
pub mod rules;
mod script_body;
mod text;

use chrono::{DateTime, Utc};
use serde::Serialize;
use url::Url;

pub use error::{CleanError, Why};
pub use explain::explain;
pub use kind::ArticleKind;
pub use metadata::dates::{DateFound, DateKind};
pub use metadata::names::{Credit, CreditKind};
pub use plain::clean_plain;
pub use rules::Rules;

use crate::page::tree::{self, Limits};
use blocks::{Kind, Page};
use body::Anchors;
use furniture::Known;
use metadata::Metadata;
use text::{count_words, folded, head, settle};

/// Characters of a removed piece that are kept.
const REMOVED_CHARS_MAX: usize = 500;
/// Removed pieces that are kept; a page with more is not explained better by them.
const REMOVED_MAX: usize = 200;
/// Words below which a body found in the markup is a shell, when the page's data holds more.
const SHELL_WORDS: usize = 80;

/// A cleaned article. Offsets count Unicode scalar values in `text`, half-open.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Article {
    /// Where the page was found.
    pub url: Option<String>,
    /// What the page calls its own address.
    pub canonical_url: Option<String>,
    /// Where the page has itself for phones (AMP).
    pub amp_url: Option<String>,
    /// The publisher's name.
    pub site_name: Option<String>,
    /// The headline, without the site's name.
    pub title: Option<String>,
    /// Who wrote it, one name each; where the page names no person, the house that signs. Agencies are in `agencies`.
    pub authors: Vec<String>,
    /// Everybody the byline names, and whether each is a person, an organisation or an agency.
    pub byline: Vec<Credit>,
    /// The news agencies that the byline, the dateline or a line of credit names.
    pub agencies: Vec<String>,
    /// When it was published.
    pub published_at: Option<DateTime<Utc>>,
    /// How exactly that is known.
    pub published_precision: Precision,
    /// Where that was read: `json-ld`, `opengraph`, `time`, `meta`, `url`, `text`, `feed` or `given`.
    pub published_source: Option<&'static str>,
    /// When it was last changed.
    pub updated_at: Option<DateTime<Utc>>,
    /// Every date that the page gives for either, those believed first in front.
    pub dates_found: Vec<DateFound>,
    /// What kind of piece it is.
    pub kind: ArticleKind,
    /// BCP 47 primary language, lower case.
    pub language: Option<String>,
    /// The section of the paper.
    pub section: Option<String>,
    /// The page's own tags.
    pub tags: Vec<String>,
    /// The lead image.
    pub image_url: Option<String>,
    /// The story alone: paragraphs separated by one blank line, headline not repeated, Unicode NFC.
    pub text: String,
    /// Words in `text`; characters where the script has no spaces.
    pub word_count: usize,
    /// How much of the story is thought to be here, 0 to 1.
    pub completeness: f32,
    /// Whether the page says that the rest must be paid for.
    pub paywalled: bool,
    /// What was taken out of the story's neighbourhood, in document order.
    pub removed: Vec<Removed>,
    /// Places in `text` that were broken before we saw them.
    pub repairs: Vec<Repair>,
}

/// How exactly a publication time is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Precision {
    /// To the second.
    Second,
    /// To the minute.
    Minute,
    /// The day only; the instant is that day's midnight in UTC.
    Day,
    /// Not known.
    None,
}

impl Precision {
    /// The word used in JSON and in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Second => "second",
            Self::Minute => "minute",
            Self::Day => "day",
            Self::None => "none",
        }
    }
}

/// A piece of the page that is not the story.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Removed {
    /// Its text, at most 500 characters.
    pub text: String,
    /// Why, as a word from the rules: `comment-form`, `share-bar`, `related`, `newsletter`, `caption`, …
    pub reason: String,
}

/// A place where the text was broken before we saw it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Repair {
    /// First character.
    pub start: usize,
    /// One past the last character.
    pub end: usize,
    /// What is wrong.
    pub kind: RepairKind,
}

/// What is wrong with a piece of text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum RepairKind {
    /// Two words run together where a link or a line break stood ("warAlthough", "Kazakhstanwhere").
    GluedWords,
}

/// Words below which the class names of a page are doubted once more.
const THIN_WORDS: usize = 40;

/// What is known of an article from elsewhere: the feed's entry, or the command line.
#[derive(Debug, Clone, Default)]
pub struct Hint {
    /// When it was published.
    pub published_at: Option<DateTime<Utc>>,
    /// Its headline.
    pub title: Option<String>,
    /// Its summary, as text or HTML.
    pub summary: Option<String>,
    /// When the page was fetched: a date after it is a mistake.
    pub fetched_at: Option<DateTime<Utc>>,
}

/// Cleans a page to its article, with the default limits.
///
/// # Errors
/// [`CleanError`] says what the page is instead.
pub fn clean(html: &str, url: Option<&Url>, hint: &Hint, rules: &Rules) -> Result<Article, CleanError> {
    clean_within(html, url, hint, rules, &Limits::default())
}

/// Cleans a page to its article.
///
/// # Errors
/// [`CleanError`] says what the page is instead, or which limit it passed.
pub fn clean_within(
    html: &str,
    url: Option<&Url>,
    hint: &Hint,
    rules: &Rules,
    limits: &Limits,
) -> Result<Article, CleanError> {
    if html.trim().is_empty() {
        return Err(CleanError::Empty);
    }
    let tree = tree::build(html, limits)?;
    let metadata = metadata::read(&tree, url, hint, rules);
    let mut page = blocks::read(&tree.html, rules);
    let anchors = anchors(&metadata, hint);
    let known = Known {
        titles: metadata.titles.clone(),
        authors: metadata.byline.iter().map(|credit| folded(&credit.name)).collect(),
    };
    body::clear_false_suspicions(&mut page);
    let mut found = find_story(&page, &anchors, &known, rules);
    if count_words(&found.text) < THIN_WORDS {
        body::clear_suspicions(&mut page);
        let unsuspecting = find_story(&page, &anchors, &known, rules);
        if count_words(&unsuspecting.text) > 2 * count_words(&found.text) {
            found = unsuspecting;
        }
    }
    let Story { mut text, why } = found;
    let removed = removed(&page, &why);
    let mut word_count = count_words(&text);
    // A page drawn by script carries its text as data.
    if word_count < SHELL_WORDS
        && let Some(data) = script_body::find(metadata.article_body.as_deref(), &tree.state)
    {
        let words = count_words(&data);
        if words > 2 * word_count && words >= 40 {
            (text, word_count) = (data, words);
        }
    }
    if let Some(why) = refusal::judge(&page, &metadata, url, &text, word_count, rules) {
        return Err(CleanError::NotAnArticle { why });
    }
    let repairs = repairs::find(&text, rules);
    let (published_at, published_precision, published_source) = metadata.published();
    let byline = byline(metadata.byline, &text, &removed, rules);
    let paywalled = metadata.paywalled || why.iter().flatten().any(|reason| *reason == "paywall") && word_count < 250;
    Ok(Article {
        url: url.map(Url::to_string),
        canonical_url: metadata.canonical_url,
        amp_url: metadata.amp_url,
        site_name: metadata.site_name,
        title: metadata.title,
        authors: names(&byline, |kind| kind != CreditKind::Agency),
        agencies: names(&byline, |kind| kind == CreditKind::Agency),
        byline,
        published_at,
        published_precision,
        published_source,
        updated_at: metadata.dates.updated.map(|found| found.value),
        dates_found: metadata.dates.found,
        kind: metadata.kind.unwrap_or(ArticleKind::News),
        language: language::of_text(&text, metadata.language.as_deref()),
        section: metadata.section,
        tags: metadata.tags,
        image_url: metadata.image_url,
        completeness: completeness(&text, word_count, metadata.article_body.as_deref(), paywalled),
        word_count,
        paywalled,
        removed,
        repairs,
        text,
    })
}

/// The byline, with the agencies that the story's own text credits.
fn byline(mut byline: Vec<Credit>, text: &str, removed: &[Removed], rules: &Rules) -> Vec<Credit> {
    let lines: Vec<&str> =
        removed.iter().filter(|piece| piece.reason != "caption").map(|piece| piece.text.as_str()).collect();
    for name in metadata::agencies::credited(text, &lines, &rules.bylines) {
        let credit = Credit { name, kind: CreditKind::Agency };
        if !byline.contains(&credit) {
            byline.push(credit);
        }
    }
    byline
}

fn names(byline: &[Credit], is_wanted: impl Fn(CreditKind) -> bool) -> Vec<String> {
    byline.iter().filter(|credit| is_wanted(credit.kind)).map(|credit| credit.name.clone()).collect()
}

/// A story's text, and why each block of the page is not in it.
struct Story<'r> {
    text: String,
    why: Vec<Option<&'r str>>,
}

fn find_story<'r>(page: &Page<'r>, anchors: &Anchors, known: &Known, rules: &'r Rules) -> Story<'r> {
    let taints = body::taints(page);
    let Some(story) = body::choose(page, &taints, anchors) else {
        return Story { text: String::new(), why: Vec::new() };
    };
    let why = furniture::judge(page, story, &taints, rules, known);
    Story { text: assemble(page, story, &why), why }
}

fn anchors(metadata: &Metadata, hint: &Hint) -> Anchors {
    let body = metadata.article_body.as_deref().map(folded).unwrap_or_default();
    let summary = hint.summary.as_deref().map(|s| folded(&metadata::json_ld::unescape(s))).unwrap_or_default();
    // A feed that carries the whole text is as good an anchor as the page's own data.
    Anchors { body: if body.len() >= summary.len() { body } else { summary } }
}

fn assemble(page: &Page<'_>, story: usize, why: &[Option<&str>]) -> String {
    let Some(range) = page.elements.get(story).map(|e| e.first..e.end) else { return String::new() };
    let mut text = String::new();
    let mut row_before = false;
    for index in range {
        let (Some(block), Some(None)) = (page.blocks.get(index), why.get(index)) else { continue };
        if !text.is_empty() {
            // Rows of one table are lines of one paragraph.
            let row = block.kind == Kind::Row;
            text.push_str(if row && row_before { "\n" } else { "\n\n" });
        }
        row_before = block.kind == Kind::Row;
        text.push_str(&block.text);
    }
    text
}

/// Everything with a reason, neighbours with the same reason in one piece; the rest of the page is not the story's
/// neighbourhood.
fn removed(page: &Page<'_>, why: &[Option<&str>]) -> Vec<Removed> {
    let mut pieces: Vec<Removed> = Vec::new();
    let mut last = None;
    for (index, (block, reason)) in page.blocks.iter().zip(why).enumerate() {
        let Some(reason) = reason.filter(|reason| *reason != "outside") else { continue };
        let joins = last == Some(index.wrapping_sub(1));
        last = Some(index);
        if let Some(piece) = pieces.last_mut().filter(|piece| joins && piece.reason == reason) {
            let room = REMOVED_CHARS_MAX.saturating_sub(piece.text.chars().count() + 1);
            if room > 0 {
                piece.text.push('\n');
                piece.text.push_str(head(&block.text, room));
            }
        } else if pieces.len() < REMOVED_MAX {
            pieces.push(Removed { text: head(&block.text, REMOVED_CHARS_MAX).to_owned(), reason: reason.to_owned() });
        }
    }
    pieces
}

/// How much of the story is thought to be here: less behind a paywall, less than the page's own data has, and less
/// when it breaks off.
#[expect(clippy::cast_precision_loss, reason = "an estimate of two digits")]
fn completeness(text: &str, word_count: usize, article_body: Option<&str>, paywalled: bool) -> f32 {
    let mut share: f32 = 1.0;
    let full = article_body.map_or(0, count_words);
    if full > word_count {
        share = share.min(word_count as f32 / full as f32);
    }
    if paywalled {
        share = share.min(if word_count < 150 { 0.3 } else { 0.7 });
    }
    let end = text.trim_end();
    if end.ends_with('…') || end.ends_with("...") {
        share = share.min(0.6);
    }
    if word_count < 40 {
        share = share.min(0.7);
    }
    (share * 100.0).round() / 100.0
}

/// A text from a page's data, as paragraphs.
fn paragraphs(text: &str) -> String {
    let text = settle(text);
    let parts: Vec<String> =
        text.split('\n').map(text::squeeze).filter(|part| part.chars().any(char::is_alphanumeric)).collect();
    parts.join("\n\n")
}
