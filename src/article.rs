//! An article: what is left of a page when everything that is not the story is gone, with what the page says of it.
//!
//! In: a page's HTML (or text that was cleaned by someone else), where it came from, and the rules. Out: an
//! [`Article`]. What was removed and what looks glued together is reported, never hidden.

use chrono::{DateTime, Utc};
use serde::Serialize;

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
    /// Where that was read: `json-ld`, `opengraph`, `time`, `meta`, `url`, `feed` or `given`.
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
