//! What holds of every document and every date, whatever the bytes: checked by the fuzz targets, and by the tests over
//! the corpus that the targets left behind.

use super::feed::{ENTRIES_MAX, Feed, dates, parse};
use chrono::{DateTime, Datelike, Utc};
use url::Url;

/// The content types among which the first byte of an input chooses.
const CONTENT_TYPES: [Option<&str>; 10] = [
    None,
    Some("application/rss+xml"),
    Some("application/atom+xml; charset=utf-8"),
    Some("text/xml"),
    Some("text/xml; charset=iso-8859-1"),
    Some("application/xml; charset=\"windows-1251\""),
    Some("application/rss+xml; charset=shift_jis"),
    Some("application/feed+json"),
    Some("text/plain; charset=gb2312"),
    Some("text/html; charset=nonsense"),
];

/// How often a document's bytes may come back in what is read of it: an item's text can be its title, its summary and
/// its content, every `<` takes four bytes when it is escaped, and a byte of an old charset is up to three of UTF-8.
const TIMES_MAX: usize = 16;
/// Short documents have the words of notes and of joined addresses to give.
const EXTRA_BYTES: usize = 64 * 1024;

/// Reads an input and checks what comes out.
pub fn feed(input: &[u8]) {
    let Some((choice, document)) = input.split_first() else { return };
    let content_type = CONTENT_TYPES[usize::from(*choice) % CONTENT_TYPES.len()];
    let base = Url::parse("https://news.example.org/feeds/all.xml").expect("an address");
    let base = (choice & 0x40 == 0).then_some(&base);
    let Ok(feed) = parse(document, content_type, base) else { return };
    assert!(feed.entries.len() <= ENTRIES_MAX, "{} entries", feed.entries.len());
    assert!(feed.skipped.len() <= ENTRIES_MAX, "{} skipped", feed.skipped.len());
    assert!(feed.sitemaps.len() <= ENTRIES_MAX, "{} sitemaps", feed.sitemaps.len());
    assert!(feed.skip_hours.iter().all(|hour| *hour < 24), "{:?}", feed.skip_hours);
    assert!(feed.skip_days.iter().all(|day| (1..=7).contains(day)), "{:?}", feed.skip_days);
    for address in addresses(&feed) {
        let url = Url::parse(address).unwrap_or_else(|error| panic!("{address:?}: {error}"));
        assert!(matches!(url.scheme(), "http" | "https"), "{address:?}");
    }
    for at in feed.entries.iter().flat_map(|e| [e.published_at, e.updated_at]).flatten() {
        within(at);
    }
    for skipped in &feed.skipped {
        assert!(skipped.excerpt.chars().count() <= 200, "{:?}", skipped.excerpt);
    }
    let size = serde_json::to_vec(&feed).expect("JSON").len();
    assert!(size <= document.len() * TIMES_MAX + EXTRA_BYTES, "{} bytes gave {size}", document.len());
    assert_eq!(parse(document, content_type, base), Ok(feed), "read twice, read the same");
}

/// Reads a date and checks it.
pub fn date(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    let read = dates::parse(&text);
    if let Some(at) = read {
        within(at);
    }
    assert_eq!(dates::parse(&format!(" {}\u{a0}", text.trim())), read, "white space around {text:?}");
}

fn within(at: DateTime<Utc>) {
    assert!((1970..2100).contains(&at.year()), "{at}");
}

fn addresses(feed: &Feed) -> impl Iterator<Item = &String> {
    let of_entries = feed.entries.iter().flat_map(|e| e.url.iter().chain(e.enclosures.iter().map(|file| &file.url)));
    let of_feed = [&feed.site_url, &feed.hub_url, &feed.self_url, &feed.next_url];
    of_entries.chain(of_feed.into_iter().flatten()).chain(&feed.sitemaps)
}
