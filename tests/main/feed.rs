//! Feeds of every dialect and of every misspelling, read by the one reader; what it refuses, mends and bounds.

use wireroom::feed::{self, Entry, Feed, FeedError};

#[path = "feed/defects.rs"]
mod defects;
#[path = "feed/dialects.rs"]
mod dialects;
#[path = "feed/fields.rs"]
mod fields;
#[path = "feed/limits.rs"]
mod limits;

fn parse(document: &str) -> Result<Feed, FeedError> {
    let base = "https://news.example.org/feeds/all.xml".parse().expect("an address");
    feed::parse(document.as_bytes(), Some("application/xml"), Some(&base))
}

fn read(document: &str) -> Feed {
    parse(document).unwrap_or_else(|error| panic!("{error}\n{document}"))
}

fn titles(feed: &Feed) -> Vec<&str> {
    feed.entries.iter().map(|e| e.title.as_deref().unwrap_or("–")).collect()
}

/// The only entry of an RSS 2.0 channel whose item holds `inside`.
fn item(inside: &str) -> Entry {
    only(&format!("<rss version=\"2.0\"><channel><item>{inside}</item></channel></rss>"))
}

/// The only entry of an Atom feed whose entry holds `inside`.
fn atom(inside: &str) -> Entry {
    only(&format!("<feed xmlns=\"http://www.w3.org/2005/Atom\"><entry>{inside}</entry></feed>"))
}

fn only(document: &str) -> Entry {
    let mut feed = read(document);
    assert_eq!(feed.entries.len(), 1, "{document}");
    feed.entries.remove(0)
}

/// A text that is there, as fields hold it.
#[expect(clippy::unnecessary_wraps, reason = "fields are optional; so is what they are compared with")]
fn some(text: &str) -> Option<String> {
    Some(text.to_owned())
}
