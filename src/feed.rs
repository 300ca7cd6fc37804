//! A feed document as read: the channel, its entries, and what had to be left out or recovered.
//!
//! In: bytes as a server sent them, and the charset its header named. Out: a [`Feed`]. One bad entry never costs its
//! neighbours: it goes to [`Feed::skipped`]; damage that was mended is told in [`Feed::recovered`].

mod charset;
pub mod dates;
pub(crate) mod entities;
mod isolated;
mod json;
mod markup;
mod read;
mod sitemap;
mod sniff;
pub(crate) mod text;
mod tree;
mod vocabulary;

use chrono::{DateTime, Utc};
use serde::Serialize;
use url::Url;

pub use isolated::hush_isolated_panics;
pub use sniff::{FEED_BYTES_MAX, FeedError};

/// The most entries taken from one document: what a sitemap may hold. The longest honest feeds list a thousand.
pub const ENTRIES_MAX: usize = 50_000;
/// Characters of a skipped item that are shown.
const EXCERPT_CHARS: usize = 200;

/// Reads a feed document. `content_type` is the HTTP header, `base` where the document came from.
///
/// # Errors
/// A [`FeedError`] that says what the bytes are instead; never an empty feed where the bytes hold items.
pub fn parse(bytes: &[u8], content_type: Option<&str>, base: Option<&Url>) -> Result<Feed, FeedError> {
    sniff::refuse(bytes)?;
    let (decoded, charset_note) = charset::decode(bytes, content_type);
    let begin = decoded.trim_start_matches(|c: char| c.is_whitespace() || c == '\u{feff}');
    let mut feed = if json::is_json(begin) {
        json::feed(begin, base)?
    } else if let Some(list) = sitemap::read(begin, base).or_else(|| sitemap::of_lines(begin)) {
        list
    } else {
        from_markup(&decoded, bytes, base)?
    };
    feed.recovered.extend(charset_note);
    let holds_items = || {
        let lower = decoded.to_ascii_lowercase();
        lower.contains("<item>") || lower.contains("<item ") || lower.contains("<entry>") || lower.contains("<entry ")
    };
    if feed.entries.is_empty() && feed.skipped.is_empty() && feed.format != FeedFormat::Json && holds_items() {
        return Err(FeedError::NoEntriesRead);
    }
    Ok(feed)
}

fn from_markup(text: &str, bytes: &[u8], base: Option<&Url>) -> Result<Feed, FeedError> {
    read::document(text, base).or_else(|refused| match refused {
        read::Refused::Page => Err(FeedError::Html),
        // A dialect our reader does not know may be one feed-rs does.
        read::Refused::Other(outermost) => second_reader(bytes, base)
            .ok_or_else(|| FeedError::NotAFeed(outermost.unwrap_or_else(|| "plain text".to_owned()))),
    })
}

/// feed-rs, isolated: its release 3.0.0 panics on some input from the network.
fn second_reader(bytes: &[u8], base: Option<&Url>) -> Option<Feed> {
    let found = isolated::isolated(|| {
        let parser = feed_rs::parser::Builder::new().base_uri(base).id_generator(|_, _, _| String::new()).build();
        parser.parse(bytes).ok()
    })?;
    let entries = found.entries.into_iter().take(ENTRIES_MAX).map(|e| Entry {
        id: Some(e.id).filter(|id| !id.is_empty()),
        url: e.links.into_iter().next().map(|l| l.href),
        title: e.title.and_then(|t| text::plain(&t.content)),
        summary: e.summary.map(|s| s.content),
        content: e.content.and_then(|c| c.body),
        authors: e.authors.into_iter().filter_map(|a| a.name).collect(),
        published_at: e.published,
        published_raw: None,
        updated_at: e.updated,
        updated_raw: None,
        categories: e.categories.into_iter().map(|c| c.term).collect(),
        enclosures: Vec::new(),
    });
    let format = match found.feed_type {
        feed_rs::model::FeedType::Atom => FeedFormat::Atom,
        feed_rs::model::FeedType::JSON => FeedFormat::Json,
        feed_rs::model::FeedType::RSS1 => FeedFormat::Rdf,
        _ => FeedFormat::Rss,
    };
    Some(Feed {
        title: found.title.and_then(|t| text::plain(&t.content)),
        description: found.description.and_then(|t| text::plain(&t.content)),
        site_url: found.links.into_iter().next().map(|l| l.href),
        language: found.language,
        ttl_seconds: found.ttl.map(|minutes| u64::from(minutes) * 60),
        entries: entries.collect(),
        recovered: vec!["read by the second reader".to_owned()],
        ..Feed::empty(format)
    })
}

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
    /// The address the feed gives as its own: the topic a hub knows it by.
    pub self_url: Option<String>,
    /// The next page of a paged feed (RFC 5005).
    pub next_url: Option<String>,
    /// Hours of the day in UTC, 0 to 23, in which the publisher asks not to be polled (RSS `skipHours`).
    pub skip_hours: Vec<u8>,
    /// Days of the week, 1 for Monday to 7, on which the publisher asks not to be polled (RSS `skipDays`).
    pub skip_days: Vec<u8>,
    /// The documents a sitemap index names, newest first where it gives their dates.
    pub sitemaps: Vec<String>,
    /// The items in document order.
    pub entries: Vec<Entry>,
    /// Items that could not be taken.
    pub skipped: Vec<SkippedEntry>,
    /// What had to be mended before the document could be read, one line each.
    pub recovered: Vec<String>,
}

impl Feed {
    /// A feed that says nothing yet.
    fn empty(format: FeedFormat) -> Self {
        Self {
            format,
            title: None,
            description: None,
            site_url: None,
            language: None,
            ttl_seconds: None,
            hub_url: None,
            self_url: None,
            next_url: None,
            skip_hours: Vec::new(),
            skip_days: Vec::new(),
            sitemaps: Vec::new(),
            entries: Vec::new(),
            skipped: Vec::new(),
            recovered: Vec::new(),
        }
    }

    /// Whether the document ended before it was finished: there may be more entries than were read.
    pub fn is_cut_off(&self) -> bool {
        self.recovered.iter().any(|what| what == markup::CUT_OFF)
    }
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
    /// The Channel Definition Format of 1997.
    Cdf,
    /// JSON Feed 1.0 and 1.1, and RSS as JSON.
    Json,
    /// A sitemap, with or without Google's news extension, or an index of sitemaps.
    Sitemap,
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
    /// The publication time as written.
    pub published_raw: Option<String>,
    /// When it was last changed.
    pub updated_at: Option<DateTime<Utc>>,
    /// The time of the last change as written.
    pub updated_raw: Option<String>,
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
