//! The items and the channel of an RSS, RDF, Atom or CDF document as a [`Feed`].

mod body;
mod entry;
mod hints;
mod link;

use url::Url;

use super::markup::{self, Item};
use super::text::{one_line, plain};
use super::tree::{Element, Escape, Node};
use super::vocabulary::Vocabulary;
use super::{ENTRIES_MAX, EXCERPT_CHARS, Entry, Feed, FeedFormat, SkippedEntry};
use Vocabulary::{Atom, Dublin, Itunes, Rss};

/// The longest `xml:base`, in bytes, that is an address: what browsers and servers take.
const BASE_BYTES_MAX: usize = 512;

/// What a text is that holds no feed.
pub enum Refused {
    /// A web page.
    Page,
    /// Something else; the name of the outermost element, where there is one.
    Other(Option<String>),
}

/// Reads a document. `base` is where it came from.
pub fn document(text: &str, base: Option<&Url>) -> Result<Feed, Refused> {
    let mut items = Items { base, entries: Vec::new(), skipped: Vec::new(), more: 0, hub_url: None, is_channel: false };
    let parsed = markup::read(text, &mut |item| items.take(item));
    let root = find_root(&parsed.root);
    let is_page = is_page(&parsed.root);
    let found = !items.entries.is_empty() || !items.skipped.is_empty();
    // Items without a root are a feed that lost its beginning; in a web page they are some page's own elements.
    let Some(root) = root.filter(|_| found || !is_page).or(Some(&parsed.root).filter(|_| found && !is_page)) else {
        return Err(if is_page { Refused::Page } else { Refused::Other(outermost(&parsed.root)) });
    };
    let mut feed = channel(root, base, &items);
    feed.entries = items.entries;
    feed.entries.shrink_to_fit();
    feed.skipped = items.skipped;
    if items.more > 0 {
        let listed = items.more + ENTRIES_MAX;
        feed.recovered.push(format!("{listed} items; the first {ENTRIES_MAX} are read"));
    }
    feed.recovered.extend(parsed.mended.iter().map(|what| (*what).to_owned()));
    Ok(feed)
}

/// The items read so far.
struct Items<'a> {
    base: Option<&'a Url>,
    entries: Vec<Entry>,
    skipped: Vec<SkippedEntry>,
    more: usize,
    /// A hub that only an item names.
    hub_url: Option<String>,
    /// Whether items give their address as CDF does.
    is_channel: bool,
}

impl Items<'_> {
    fn take(&mut self, item: &Item) {
        if self.entries.len() + self.skipped.len() >= ENTRIES_MAX {
            self.more += 1;
            return;
        }
        let element = &item.element;
        let around =
            item.bases.iter().fold(None, |base: Option<Url>, own| joined(own, base.as_ref().or(self.base)).or(base));
        let around = around.as_ref().or(self.base);
        let own = element.attribute("base").and_then(|own| joined(own, around));
        let base = own.as_ref().or(around);
        let says_nothing =
            element.children.iter().all(|node| matches!(node, Node::Text(text) if text.trim().is_empty()))
                && element.attributes.iter().all(|(name, _)| name.starts_with("xmlns"));
        if says_nothing {
            let excerpt = element.inner(Escape::Text).chars().take(EXCERPT_CHARS).collect();
            self.skipped.push(SkippedEntry { reason: "the item is empty".to_owned(), excerpt });
            return;
        }
        if self.hub_url.is_none() {
            self.hub_url = link::of_rel(element, "hub", base);
        }
        self.is_channel |= element.vocabulary == Rss && element.attribute("href").is_some();
        self.entries.push(entry::entry(element, base));
    }
}

/// Finds the feed below a nameless root: `rss`, `feed`, `rdf:RDF`, or a `channel` that is outermost.
fn find_root(root: &Element) -> Option<&Element> {
    let mut level: Vec<&Element> = root.elements().collect();
    let mut names: &[&str] = &["rss", "feed", "rdf", "channel"];
    while !level.is_empty() {
        if let Some(found) = level.iter().find(|e| names.contains(&e.name())) {
            return Some(found);
        }
        level = level.iter().flat_map(|e| e.elements()).collect();
        names = &["rss", "feed", "rdf"];
    }
    None
}

/// The feed without its entries.
fn channel(root: &Element, base: Option<&Url>, items: &Items) -> Feed {
    let channel = match root.name() {
        "rss" | "rdf" | "" => root.elements().find(|e| e.name() == "channel").unwrap_or(root),
        _ => root,
    };
    let outer = root.attribute("base").and_then(|own| joined(own, base));
    let outer = outer.as_ref().or(base);
    let inner = (!std::ptr::eq(root, channel)).then(|| channel.attribute("base").and_then(|own| joined(own, outer)));
    let inner = inner.flatten();
    let base = inner.as_ref().or(outer);
    Feed {
        title: headline(channel),
        description: description(channel),
        site_url: link::of_channel(channel, base),
        language: language(channel).or_else(|| language(root)),
        ttl_seconds: hints::ttl(channel),
        hub_url: link::of_rel(channel, "hub", base).or_else(|| items.hub_url.clone()),
        self_url: link::of_rel(channel, "self", base),
        next_url: link::of_rel(channel, "next", base),
        skip_hours: hints::skip_hours(channel),
        skip_days: hints::skip_days(channel),
        ..Feed::empty(format(root, items.is_channel))
    }
}

fn format(root: &Element, is_channel: bool) -> FeedFormat {
    match root.name() {
        "feed" => FeedFormat::Atom,
        "rdf" => FeedFormat::Rdf,
        "channel" if is_channel || root.attribute("href").is_some() || root.attribute("lastmod").is_some() => {
            FeedFormat::Cdf
        }
        _ => FeedFormat::Rss,
    }
}

/// A title as one line of text. The feed's own words come before those of other vocabularies.
fn headline(parent: &Element) -> Option<String> {
    let own = parent.elements().filter(|e| is_own(e) && e.name() == "title");
    let others = [Dublin, Vocabulary::Media, Itunes].into_iter().flat_map(|v| parent.named(v, "title"));
    own.chain(others)
        .find_map(|e| plain(&body::html_of(e)))
        .or_else(|| parent.attribute("title").and_then(plain))
        // A picture's or a recording's title is better than none.
        .or_else(|| {
            let media = parent.elements().filter(|e| matches!(e.name(), "group" | "content" | "enclosure"));
            media.flat_map(Element::elements).filter(|e| e.name() == "title").find_map(|e| plain(&e.text()))
        })
}

fn description(channel: &Element) -> Option<String> {
    let own = |name: &'static str| channel.elements().filter(move |e| is_own(e) && e.name() == name);
    ["description", "subtitle", "tagline", "abstract"]
        .into_iter()
        .flat_map(own)
        .chain(channel.named(Dublin, "description"))
        .chain(channel.named(Itunes, "summary"))
        .chain(channel.named(Itunes, "subtitle"))
        .find_map(|e| plain(&body::html_of(e)))
}

fn language(element: &Element) -> Option<String> {
    let own = element.elements().find(|e| e.name() == "language" && matches!(e.vocabulary, Rss | Atom | Dublin));
    let written = own.and_then(|e| one_line(&e.text())).or_else(|| element.attribute("lang").map(str::to_owned));
    written.map(|language| language.replace('_', "-"))
}

/// An `xml:base` as an address, where it is one. A long one is none: each link of the document would repeat it.
fn joined(own: &str, base: Option<&Url>) -> Option<Url> {
    if own.len() > BASE_BYTES_MAX {
        return None;
    }
    let joined = match base {
        Some(base) => base.join(own),
        None => Url::parse(own),
    };
    joined.ok().filter(|url| !url.cannot_be_a_base())
}

/// Whether an element is a field of the feed's own dialect.
fn is_own(element: &Element) -> bool {
    matches!(element.vocabulary, Rss | Atom)
}

/// Whether a document is a web page, by its outermost elements.
fn is_page(root: &Element) -> bool {
    root.elements().any(|e| matches!(e.name(), "html" | "head" | "body"))
}

/// The name of the outermost element, for a refusal.
fn outermost(root: &Element) -> Option<String> {
    root.elements().next().map(|element| element.qualified.chars().take(40).collect())
}
