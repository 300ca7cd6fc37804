//! An article: what is left of a page when everything that is not the story is gone, with what the page says of it.
//!
//! In: a page's HTML (or text that was cleaned by someone else), where it came from, and the rules. Out: an
//! [`Article`]. What was removed and what looks glued together is reported, never hidden.

mod blocks;
mod body;
pub mod error;
mod explain;
mod features;
mod furniture;
mod json;
pub mod learnt;
pub mod metadata;
mod model;
mod plain;
mod refusal;
pub mod repairs;
pub mod rules;
mod script_body;
pub mod site_rules;
mod story;
mod text;

use std::sync::Arc;

use chrono::{DateTime, Utc};
use serde::Serialize;
use url::Url;

pub use error::{CleanError, Why};
pub use explain::explain;
pub use learnt::LearntLines;
pub use plain::clean_plain;
pub use rules::Rules;
pub use site_rules::SiteRules;

use crate::page::tree::{self, Limits};
use site_rules::SiteRule;
use story::{Context, Story};
use text::{count_words, head, settle};

/// A cleaned article. Offsets count Unicode scalar values in `text`, half-open.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Article {
    /// Where the page was found.
    pub url: Option<String>,
    /// What the page calls its own address.
    pub canonical_url: Option<String>,
    /// The publisher's name.
    pub site_name: Option<String>,
    /// The headline, without the site's name.
    pub title: Option<String>,
    /// The byline, one name each.
    pub authors: Vec<String>,
    /// When it was published.
    pub published_at: Option<DateTime<Utc>>,
    /// How exactly that is known.
    pub published_precision: Precision,
    /// Where that was read: `json-ld`, `opengraph`, `time`, `meta`, `url`, `feed`, `given` or `site-rule`.
    pub published_source: Option<&'static str>,
    /// When it was last changed.
    pub updated_at: Option<DateTime<Utc>>,
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
    /// `text` with the repairs made, for reading; offsets count in `text`. See [`repairs::offset_in_applied`].
    pub text_repaired: Option<String>,
    /// The rule for this site alone that it was read by.
    pub site_rule: Option<site_rules::Applied>,
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
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Repair {
    /// First character.
    pub start: usize,
    /// One past the last character.
    pub end: usize,
    /// What is wrong.
    pub kind: RepairKind,
    /// Where the space is missing: the character it belongs before.
    pub cut: usize,
    /// How sure that is, 0 to 1.
    pub confidence: f32,
    /// How the span should read.
    pub text: String,
}

/// What is wrong with a piece of text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum RepairKind {
    /// Two words run together where a link or a line break stood ("warAlthough", "Kazakhstanwhere").
    GluedWords,
    /// A mark without the space after it ("end.The").
    GluedSentences,
    /// A number and a word run together ("2022The").
    GluedNumber,
}

/// What is known of an article from elsewhere: the feed's entry, or the command line.
#[derive(Debug, Clone, Default)]
pub struct Hint {
    /// When it was published.
    pub published_at: Option<DateTime<Utc>>,
    /// Its headline.
    pub title: Option<String>,
    /// Its summary, as text or HTML.
    pub summary: Option<String>,
    /// What is decided of the lines its source repeats.
    pub lines: Arc<LearntLines>,
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
    let mut tree = tree::build(html, limits)?;
    let mut metadata = metadata::read(&tree, url, hint, rules);
    let site = url.and_then(|url| rules.sites.of(url));
    let mut site_rule = site.map(SiteRule::applied);
    let mut removed = Vec::new();
    if let (Some(site), Some(applied)) = (site, &mut site_rule) {
        metadata.take(site.fields(&tree.html, applied), rules);
        removed = site.take_out(&mut tree.html);
    }
    limits.check_time()?;
    let context = Context { metadata: &metadata, hint, html, limits, model: Some(&rules.story) };
    let kept = site.and_then(|site| story::kept(&site.kept(&tree.html)?, site.is_verbatim(), &context, rules));
    if let Some(applied) = site_rule.as_mut().filter(|_| kept.is_none() && site.is_some_and(SiteRule::keeps)) {
        applied.missed.push("keep");
    }
    let story = match kept {
        Some(kept) => kept,
        None => story::find(&tree, &context, rules)?,
    };
    let Story { page, why, text, words: word_count, beside, .. } = story;
    removed.extend(story::removed(&page, &why));
    removed.extend(beside);
    removed.truncate(story::REMOVED_MAX);
    limits.check_time()?;
    if let Some(why) = refusal::judge(&tree, &page, &metadata, url, word_count, rules) {
        return Err(CleanError::NotAnArticle { why });
    }
    let repairs = repairs::find(&text, rules);
    let (published_at, published_precision, published_source) = match metadata.published {
        Some((moment, source)) => (Some(moment.at), moment.precision, Some(source)),
        None => (None, Precision::None, None),
    };
    let paywalled = metadata.paywalled || why.iter().flatten().any(|reason| *reason == "paywall") && word_count < 250;
    Ok(Article {
        url: url.map(Url::to_string),
        canonical_url: metadata.canonical_url,
        site_name: metadata.site_name,
        title: metadata.title,
        authors: metadata.authors,
        published_at,
        published_precision,
        published_source,
        updated_at: metadata.updated.map(|moment| moment.at),
        language: site
            .and_then(SiteRule::language)
            .map(str::to_owned)
            .or_else(|| language_of(&text, metadata.language.as_deref())),
        section: metadata.section,
        tags: metadata.tags,
        image_url: metadata.image_url,
        completeness: completeness(&text, word_count, metadata.article_body.as_deref(), paywalled),
        word_count,
        paywalled,
        removed,
        text_repaired: repairs::apply(&text, &repairs),
        repairs,
        text,
        site_rule,
    })
}

/// What the model of the story is trained on: a page's blocks, what the rules said of them, and what the model sees.
#[derive(Debug, Serialize)]
pub struct Studied {
    /// A block's text.
    pub text: String,
    /// Why the rules alone would leave it out.
    pub why: Option<String>,
    /// Whether it is a row of a table, which follows the row before it on the next line.
    pub row: bool,
    /// Whether it may be the story at all.
    pub asked: bool,
    /// The model's view of it.
    pub features: Vec<f32>,
}

/// Reads a page as training does. Nothing is refused but what passes a limit.
///
/// # Errors
/// As [`clean_within`], for a page that cannot be parsed within the limits.
pub fn study(html: &str, url: Option<&Url>, hint: &Hint, rules: &Rules) -> Result<Vec<Studied>, CleanError> {
    let limits = Limits::default();
    let tree = tree::build(html, &limits)?;
    let metadata = metadata::read(&tree, url, hint, rules);
    Ok(story::study(&tree, &Context { metadata: &metadata, hint, html, limits: &limits, model: None }, rules)?)
}

/// The declared language, unless it is the template's default and the text plainly is in another.
fn language_of(text: &str, declared: Option<&str>) -> Option<String> {
    let sample = head(text, 2000);
    let detected = whatlang::detect(sample).filter(|info| info.is_reliable() && sample.chars().count() > 40);
    let code = detected.and_then(|info| two_letters(info.lang().code()));
    match (declared, code) {
        (Some("en") | None, Some(code)) => Some(code.to_owned()),
        (Some(declared), _) => Some(declared.to_owned()),
        (None, None) => None,
    }
}

/// ISO 639-1 for the languages the detector knows by ISO 639-3.
fn two_letters(code: &str) -> Option<&'static str> {
    const CODES: [(&str, &str); 69] = [
        ("afr", "af"),
        ("aka", "ak"),
        ("amh", "am"),
        ("ara", "ar"),
        ("aze", "az"),
        ("bel", "be"),
        ("ben", "bn"),
        ("bul", "bg"),
        ("cat", "ca"),
        ("ces", "cs"),
        ("cmn", "zh"),
        ("dan", "da"),
        ("deu", "de"),
        ("ell", "el"),
        ("eng", "en"),
        ("epo", "eo"),
        ("est", "et"),
        ("fin", "fi"),
        ("fra", "fr"),
        ("guj", "gu"),
        ("heb", "he"),
        ("hin", "hi"),
        ("hrv", "hr"),
        ("hun", "hu"),
        ("hye", "hy"),
        ("ind", "id"),
        ("ita", "it"),
        ("jav", "jv"),
        ("jpn", "ja"),
        ("kan", "kn"),
        ("kat", "ka"),
        ("khm", "km"),
        ("kor", "ko"),
        ("lat", "la"),
        ("lav", "lv"),
        ("lit", "lt"),
        ("mal", "ml"),
        ("mar", "mr"),
        ("mkd", "mk"),
        ("mya", "my"),
        ("nep", "ne"),
        ("nld", "nl"),
        ("nob", "no"),
        ("ori", "or"),
        ("pan", "pa"),
        ("pes", "fa"),
        ("pol", "pl"),
        ("por", "pt"),
        ("ron", "ro"),
        ("rus", "ru"),
        ("sin", "si"),
        ("slk", "sk"),
        ("slv", "sl"),
        ("sna", "sn"),
        ("spa", "es"),
        ("srp", "sr"),
        ("swe", "sv"),
        ("tam", "ta"),
        ("tel", "te"),
        ("tgl", "tl"),
        ("tha", "th"),
        ("tuk", "tk"),
        ("tur", "tr"),
        ("ukr", "uk"),
        ("urd", "ur"),
        ("uzb", "uz"),
        ("vie", "vi"),
        ("yid", "yi"),
        ("zul", "zu"),
    ];
    CODES.iter().find(|(three, _)| *three == code).map(|(_, two)| *two)
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
