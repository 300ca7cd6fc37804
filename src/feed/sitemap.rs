//! Sitemaps: a site's pages with Google's news extension or without, an index of sitemaps, a list of addresses.
//!
//! In: the tree of a document, or a text. Out: a [`Feed`] of [`FeedFormat::Sitemap`]. An entry is dated by the news
//! extension (`published_at`) and by `lastmod` (`updated_at`). Only what the document says is dated: an entry with
//! neither is some page of the site, and whether it is news is not decided here. An index is a feed without entries
//! whose [`Feed::sitemaps`] say where they are.

use std::cmp::Reverse;

use url::Url;

use super::text::{absolute, one_line, plain};
use super::tree::Element;
use super::{ENTRIES_MAX, EXCERPT_CHARS, Enclosure, Entry, Feed, FeedFormat, SkippedEntry, dates};

/// The most sitemaps taken from an index. The format allows 50,000; those of a newspaper with one a day for each of
/// many years are old but for the first few.
const SITEMAPS_MAX: usize = 1000;
/// The most images of an entry.
const IMAGES_MAX: usize = 20;

/// Reads a sitemap or an index, if the nameless root holds one.
pub fn read(root: &Element, base: Option<&Url>) -> Option<Feed> {
    // The root may stand below a processing instruction's leftovers, never deep.
    let top = || root.elements().chain(root.elements().flat_map(Element::elements));
    if let Some(index) = top().find(|e| e.name() == "sitemapindex") {
        return Some(index_of(index, base));
    }
    let urlset = top().find(|e| e.name() == "urlset")?;
    let mut feed = empty();
    let mut urls = Vec::new();
    collect(urlset, "url", &mut urls);
    let mut entries = Vec::new();
    for url in urls {
        if let Some(entry) = entry(url, base) {
            entries.push(entry);
        } else if feed.skipped.len() < ENTRIES_MAX {
            let excerpt = url.text().chars().take(EXCERPT_CHARS).collect();
            feed.skipped.push(SkippedEntry { reason: "an entry without an address".to_owned(), excerpt });
        }
        let news = || url.elements().find(|e| e.name() == "news");
        if feed.title.is_none() || feed.language.is_none() {
            let publication = news().and_then(|news| news.elements().find(|e| e.name() == "publication"));
            feed.title = feed.title.or_else(|| child(publication?, "name").as_deref().and_then(plain));
            feed.language = feed.language.or_else(|| child(publication?, "language").as_deref().and_then(one_line));
        }
    }
    feed.entries = newest(entries, &mut feed.recovered);
    Some(feed)
}

/// Reads a list of addresses, one a line. One line of anything else, and it is another kind of text.
pub fn of_lines(text: &str) -> Option<Feed> {
    let is_address = |line: &str| line.starts_with("http://") || line.starts_with("https://");
    let lines =
        || text.lines().map(|line| line.trim_matches(['\u{feff}', ' ', '\t', '\r'])).filter(|line| !line.is_empty());
    if lines().next().is_none() || !lines().all(|line| is_address(line) && !line.contains([' ', '<', '"'])) {
        return None;
    }
    let mut feed = empty();
    let entries = lines().filter_map(|line| absolute(line, None).map(|url| (line, url)));
    let entries = entries.map(|(line, url)| Entry { id: Some(line.to_owned()), url: Some(url), ..Entry::default() });
    feed.entries = newest(entries.collect(), &mut feed.recovered);
    (!feed.entries.is_empty()).then_some(feed)
}

/// The newest entries that the cap allows, in the order of the document. Sitemaps hold up to 50,000, and some have the
/// newest last.
fn newest(mut entries: Vec<Entry>, notes: &mut Vec<String>) -> Vec<Entry> {
    if entries.len() <= ENTRIES_MAX {
        return entries;
    }
    notes.push(format!("{} entries; the newest {ENTRIES_MAX} are read", entries.len()));
    let mut order: Vec<usize> = (0..entries.len()).collect();
    order.sort_by_key(|at| Reverse(entries.get(*at).and_then(|e| e.published_at.max(e.updated_at))));
    order.truncate(ENTRIES_MAX);
    order.sort_unstable();
    order.iter().filter_map(|at| entries.get_mut(*at).map(std::mem::take)).collect()
}

fn index_of(index: &Element, base: Option<&Url>) -> Feed {
    let mut children = Vec::new();
    collect(index, "sitemap", &mut children);
    let mut sitemaps: Vec<_> = children
        .into_iter()
        .filter_map(|sitemap| {
            let changed = child(sitemap, "lastmod").and_then(|date| dates::parse(&date));
            Some((changed, absolute(&child(sitemap, "loc")?, base)?))
        })
        .collect();
    sitemaps.sort_by_key(|(changed, _)| Reverse(*changed));
    let mut feed = empty();
    if sitemaps.len() > SITEMAPS_MAX {
        feed.recovered.push(format!("{} sitemaps; the newest {SITEMAPS_MAX} are kept", sitemaps.len()));
    }
    feed.sitemaps = sitemaps.into_iter().take(SITEMAPS_MAX).map(|(_, address)| address).collect();
    feed
}

/// The elements of a name at any depth: one that was never closed holds the next.
fn collect<'a>(parent: &'a Element, name: &str, out: &mut Vec<&'a Element>) {
    for element in parent.elements() {
        if element.name() == name {
            out.push(element);
        }
        collect(element, name, out);
    }
}

fn entry(url: &Element, base: Option<&Url>) -> Option<Entry> {
    let loc = child(url, "loc")?;
    let address = absolute(&loc, base)?;
    let news = url.elements().find(|e| e.name() == "news");
    let of_news = |name: &str| child(news?, name);
    let published_raw = of_news("publication_date");
    let updated_raw = child(url, "lastmod");
    let mut categories: Vec<String> = Vec::new();
    for keyword in of_news("keywords").unwrap_or_default().split([',', ';']) {
        categories.extend(plain(keyword).filter(|keyword| !categories.contains(keyword)));
    }
    let images = url.elements().filter(|e| e.name() == "image").take(IMAGES_MAX);
    let images = images.filter_map(|image| absolute(&child(image, "loc")?, base));
    Some(Entry {
        id: Some(loc),
        url: Some(address),
        title: of_news("title").as_deref().and_then(plain),
        published_at: published_raw.as_deref().and_then(dates::parse),
        published_raw,
        updated_at: updated_raw.as_deref().and_then(dates::parse),
        updated_raw,
        categories,
        enclosures: images.map(|url| Enclosure { url, media_type: None, length: None }).collect(),
        ..Entry::default()
    })
}

/// The text of a child element, in whatever namespace, trimmed, not empty.
fn child(parent: &Element, name: &str) -> Option<String> {
    let found = parent.elements().filter(|e| e.name() == name).map(|e| e.text().trim().to_owned());
    found.into_iter().find(|text| !text.is_empty())
}

fn empty() -> Feed {
    Feed {
        format: FeedFormat::Sitemap,
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
