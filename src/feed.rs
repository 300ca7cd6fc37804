//! A feed document as read: the channel, its entries, and what had to be left out or recovered.
//!
//! In: bytes as a server sent them, and the charset its header named. Out: a [`Feed`]. One bad entry never costs its
//! neighbours: it goes to [`Feed::skipped`]; damage that was mended is told in [`Feed::recovered`].

use chrono::{DateTime, Utc};
use serde::Serialize;

/// A feed document, whatever its dialect was.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Feed {
    /// The dialect the document is written in.
    pub format: FeedFormat,
    /// The channel's title, as plain text.
    pub title: Option<String>,
    /// The channel's description, as plain text.
    pub description: Option<String>,
    /// The site the feed belongs to.
    pub site_url: Option<String>,
    /// BCP 47, as the feed says it.
    pub language: Option<String>,
    /// How long the publisher asks to wait between polls, in seconds (RSS `ttl`, `sy:updatePeriod`).
    pub ttl_seconds: Option<u64>,
    /// The WebSub hub.
    pub hub_url: Option<String>,
    /// The next page of a paged feed (RFC 5005).
    pub next_url: Option<String>,
    /// The items in document order.
    pub entries: Vec<Entry>,
    /// Items that could not be taken.
    pub skipped: Vec<SkippedEntry>,
    /// What had to be mended before the document could be read, one line each.
    pub recovered: Vec<String>,
}

/// The dialect of a feed document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum FeedFormat {
    /// RSS 0.9x and 2.0.
    Rss,
    /// RSS 0.90 and 1.0, which are RDF.
    Rdf,
    /// Atom 0.3 and 1.0.
    Atom,
    /// JSON Feed 1.0 and 1.1.
    Json,
}

/// One item of a feed: a pointer to an article, with what the feed itself says of it.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Entry {
    /// The publisher's own id (`guid`, `atom:id`, `rdf:about`), verbatim.
    pub id: Option<String>,
    /// Where the article is: absolute, http or https.
    pub url: Option<String>,
    /// The headline, as plain text.
    pub title: Option<String>,
    /// The teaser, as the feed's HTML.
    pub summary: Option<String>,
    /// The whole text where the feed carries it, as the feed's HTML.
    pub content: Option<String>,
    /// Names as written.
    pub authors: Vec<String>,
    /// When it was published.
    pub published_at: Option<DateTime<Utc>>,
    /// When it was last changed.
    pub updated_at: Option<DateTime<Utc>>,
    /// Categories, tags, sections.
    pub categories: Vec<String>,
    /// Attached media.
    pub enclosures: Vec<Enclosure>,
}

/// A media file attached to an entry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Enclosure {
    /// Where it is.
    pub url: String,
    /// Its media type.
    pub media_type: Option<String>,
    /// Its size in bytes, as the feed claims.
    pub length: Option<u64>,
}

/// An item that could not be taken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SkippedEntry {
    /// Why.
    pub reason: String,
    /// The beginning of what was skipped, at most 200 characters.
    pub excerpt: String,
}
