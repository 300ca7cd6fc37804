//! Sitemaps: a site's pages with Google's news extension or without, an index of sitemaps, a list of addresses.
//!
//! In: a document's text. Out: a [`Feed`] of [`FeedFormat::Sitemap`], or nothing where it is no sitemap. An entry is
//! dated by the news extension (`published_at`) and by `lastmod` (`updated_at`). Only what the document says is dated:
//! an entry with neither is some page of the site, and whether it is news is not decided here. An index is a feed
//! without entries whose [`Feed::sitemaps`] say where they are.

mod tags;

use std::cmp::Reverse;

use url::Url;

use super::text::{absolute, one_line, plain};
use super::{ENTRIES_MAX, EXCERPT_CHARS, Enclosure, Entry, Feed, FeedFormat, SkippedEntry, dates};
use tags::{Event, Tags};

/// The most sitemaps taken from an index. The format allows 50,000; those of a newspaper with one a day for each of
/// many years are old but for the first few.
const SITEMAPS_MAX: usize = 1000;
/// The most images and keywords of an entry.
const TERMS_MAX: usize = 100;
/// The longest text of a field that is kept, in bytes: an address has 2,048 at most (sitemaps.org).
const FIELD_BYTES_MAX: usize = 8 * 1024;
/// How many tags may stand before the root, such as a warning that a server's program printed.
const TAGS_BEFORE_ROOT: usize = 16;

/// Reads a sitemap or an index.
pub fn read(text: &str, base: Option<&Url>) -> Option<Feed> {
    let mut tags = Tags::of(text);
    let opened = std::iter::from_fn(|| tags.next()).filter_map(|event| match event {
        Event::Open(name) => Some(name),
        _ => None,
    });
    let root = opened.take(TAGS_BEFORE_ROOT).find(|name| matches!(*name, "urlset" | "sitemapindex"))?;
    let is_index = root == "sitemapindex";
    let mut reader = Reader {
        feed: Feed::empty(FeedFormat::Sitemap),
        drafts: Vec::new(),
        open: None,
        scope: Scope::Own,
        field: None,
    };
    while let Some(event) = tags.next() {
        reader.take(event);
    }
    reader.finish();
    let Reader { mut feed, drafts, .. } = reader;
    feed.recovered.extend(tags.mended().map(str::to_owned));
    if is_index {
        feed.sitemaps = newest_first(&drafts, base, &mut feed.recovered);
        return Some(feed);
    }
    let mut entries = Vec::new();
    for draft in drafts {
        if let Some(address) = draft.loc.as_deref().and_then(|loc| absolute(loc, base)) {
            entries.push(draft.entry(address, base));
        } else if feed.skipped.len() < ENTRIES_MAX {
            let excerpt = draft.title.or(draft.loc).or(draft.lastmod).unwrap_or_default();
            let excerpt = excerpt.chars().take(EXCERPT_CHARS).collect();
            feed.skipped.push(SkippedEntry { reason: "an entry without an address".to_owned(), excerpt });
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
    let mut feed = Feed::empty(FeedFormat::Sitemap);
    let entries = lines().filter_map(|line| absolute(line, None).map(|url| (line, url)));
    let entries = entries.map(|(line, url)| Entry { id: Some(line.to_owned()), url: Some(url), ..Entry::default() });
    feed.entries = newest(entries.collect(), &mut feed.recovered);
    (!feed.entries.is_empty()).then_some(feed)
}

/// The newest entries that the cap allows, in the order of the document: some sitemaps have the newest last.
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

fn newest_first(drafts: &[Draft], base: Option<&Url>, notes: &mut Vec<String>) -> Vec<String> {
    let mut sitemaps: Vec<_> = drafts
        .iter()
        .filter_map(|draft| {
            let changed = draft.lastmod.as_deref().and_then(dates::parse);
            Some((changed, absolute(draft.loc.as_deref()?, base)?))
        })
        .collect();
    sitemaps.sort_by_key(|(changed, _)| Reverse(*changed));
    if sitemaps.len() > SITEMAPS_MAX {
        notes.push(format!("{} sitemaps; the newest {SITEMAPS_MAX} are kept", sitemaps.len()));
    }
    sitemaps.into_iter().take(SITEMAPS_MAX).map(|(_, address)| address).collect()
}

/// Which extension the fields that follow belong to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Scope {
    Own,
    News,
    Publication,
    /// An image: only its address is taken.
    Image,
    /// A video, or anything else with fields of the same names.
    Other,
}

/// An entry's fields as written.
#[derive(Default)]
struct Draft {
    loc: Option<String>,
    lastmod: Option<String>,
    title: Option<String>,
    published: Option<String>,
    keywords: Option<String>,
    images: Vec<String>,
}

impl Draft {
    fn entry(self, address: String, base: Option<&Url>) -> Entry {
        let mut categories: Vec<String> = Vec::new();
        for keyword in self.keywords.unwrap_or_default().split([',', ';']).take(TERMS_MAX) {
            categories.extend(one_line(keyword).filter(|keyword| !categories.contains(keyword)));
        }
        let images = self.images.iter().filter_map(|image| absolute(image, base));
        Entry {
            id: self.loc,
            url: Some(address),
            title: self.title,
            published_at: self.published.as_deref().and_then(dates::parse),
            published_raw: self.published,
            updated_at: self.lastmod.as_deref().and_then(dates::parse),
            updated_raw: self.lastmod,
            categories,
            enclosures: images.map(|url| Enclosure { url, media_type: None, length: None }).collect(),
            ..Entry::default()
        }
    }
}

/// Tags to drafts. Fields end where the next tag begins, so an end tag that was forgotten costs nothing.
struct Reader {
    feed: Feed,
    drafts: Vec<Draft>,
    open: Option<Draft>,
    scope: Scope,
    field: Option<(String, String)>,
}

impl Reader {
    fn take(&mut self, event: Event<'_>) {
        match event {
            Event::Text(text) => {
                if let Some((_, written)) = self.field.as_mut().filter(|(_, w)| w.len() + text.len() <= FIELD_BYTES_MAX)
                {
                    written.push_str(text);
                }
            }
            Event::Open(name) => {
                self.end_field();
                match name {
                    "url" | "sitemap" => {
                        self.finish();
                        self.open = Some(Draft::default());
                    }
                    "news" => self.scope = Scope::News,
                    "publication" => self.scope = Scope::Publication,
                    "image" => self.scope = Scope::Image,
                    "video" | "pagemap" => self.scope = Scope::Other,
                    _ => self.field = Some((name.to_owned(), String::new())),
                }
            }
            Event::Close(name) => {
                self.end_field();
                match name {
                    "url" | "sitemap" => self.finish(),
                    "publication" => self.scope = Scope::News,
                    "news" | "image" | "video" | "pagemap" => self.scope = Scope::Own,
                    _ => {}
                }
            }
        }
    }

    fn end_field(&mut self) {
        let Some((name, text)) = self.field.take() else { return };
        let (Some(draft), Some(text)) = (self.open.as_mut(), plain(&text)) else { return };
        let slot = match (self.scope, name.as_str()) {
            (Scope::Own, "loc") => &mut draft.loc,
            (Scope::Own, "lastmod") => &mut draft.lastmod,
            (Scope::News, "title") => &mut draft.title,
            (Scope::News, "publication_date") => &mut draft.published,
            (Scope::News, "keywords") => &mut draft.keywords,
            (Scope::Publication, "name") => &mut self.feed.title,
            (Scope::Publication, "language") => &mut self.feed.language,
            (Scope::Image, "loc") if draft.images.len() < TERMS_MAX => {
                draft.images.push(text);
                return;
            }
            _ => return,
        };
        // The first word counts.
        if slot.is_none() {
            *slot = Some(text);
        }
    }

    fn finish(&mut self) {
        self.end_field();
        self.drafts.extend(self.open.take());
        self.scope = Scope::Own;
    }
}
