//! RSS written as JSON, and Atom: `{"rss": {"channel": {"item": […]}}}`, `{"feed": {"entry": […]}}`, in the forms that
//! converters from XML give them.

use serde_json::Value;
use url::Url;

use super::super::text::{absolute, one_line, person, plain};
use super::value::{attribute, element_text, elements, get, number};
use super::{Enclosure, Entry, Feed, FeedFormat, TERMS_MAX, dates, take_items};

/// The channel of such a document: its own fields, and where its items are.
pub struct Channel<'a> {
    fields: &'a Value,
    items: Vec<&'a Value>,
}

/// Finds the channel.
pub fn channel(document: &Value) -> Option<Channel<'_>> {
    let rss = get(document, "rss").unwrap_or(document);
    if let Some(channel) = elements(rss, "channel").into_iter().find(|channel| channel.is_object()) {
        let mut items = elements(channel, "item");
        // RSS 1.0 has them beside the channel, and one converter calls them by their plural.
        for (parent, name) in [(rss, "item"), (channel, "items")] {
            if items.is_empty() {
                items = elements(parent, name);
            }
        }
        return Some(Channel { fields: channel, items });
    }
    let feed = get(document, "feed").filter(|feed| get(feed, "entry").is_some() || get(feed, "updated").is_some())?;
    Some(Channel { fields: feed, items: elements(feed, "entry") })
}

/// Reads the channel and its items.
pub fn feed(channel: &Channel<'_>, base: Option<&Url>) -> Feed {
    let fields = channel.fields;
    let minutes = get(fields, "ttl").and_then(element_text).and_then(|ttl| ttl.parse::<u64>().ok());
    let mut feed = Feed {
        title: text(fields, &["title"]).as_deref().and_then(plain),
        description: text(fields, &["description", "subtitle", "tagline"]).as_deref().and_then(plain),
        site_url: link(fields, base),
        language: text(fields, &["language", "dc:language", "xml:lang"]),
        ttl_seconds: minutes.filter(|m| *m > 0).and_then(|m| m.checked_mul(60)),
        hub_url: related(fields, "hub", base),
        self_url: related(fields, "self", base),
        next_url: related(fields, "next", base),
        ..Feed::empty(FeedFormat::Json)
    };
    take_items(&mut feed, channel.items.iter().copied(), |item| entry(item, base));
    feed
}

fn entry(item: &Value, base: Option<&Url>) -> Entry {
    let id = text(item, &["guid", "id", "rdf:about", "@rdf:about", "dc:identifier"]);
    let permalink = || {
        let declared = get(item, "guid").and_then(|guid| attribute(guid, "isPermaLink"));
        let address = id.as_deref().filter(|id| id.starts_with("http://") || id.starts_with("https://"));
        absolute(address.filter(|_| declared.is_none_or(|d| !d.eq_ignore_ascii_case("false")))?, base)
    };
    let enclosures = enclosures(item, base);
    let published_raw = text(item, &["pubDate", "published", "issued", "dc:date", "date"]);
    let updated_raw = text(item, &["updated", "modified", "dcterms:modified", "atom:updated"]);
    Entry {
        url: link(item, base).or_else(permalink).or_else(|| enclosures.first().map(|e| e.url.clone())),
        title: text(item, &["title", "dc:title", "media:title"]).as_deref().and_then(plain),
        summary: text(item, &["description", "summary", "dc:description"]),
        content: text(item, &["content:encoded", "encoded", "content"]),
        authors: authors(item),
        published_at: published_raw.as_deref().and_then(dates::parse),
        published_raw,
        updated_at: updated_raw.as_deref().and_then(dates::parse),
        updated_raw,
        categories: categories(item),
        enclosures,
        id,
    }
}

/// The text of the first of these elements that has one.
fn text(parent: &Value, names: &[&str]) -> Option<String> {
    names.iter().find_map(|name| get(parent, name).and_then(element_text))
}

/// The page: a link's text, or the address of an alternate link.
fn link(parent: &Value, base: Option<&Url>) -> Option<String> {
    let links = elements(parent, "link");
    let is_alternate = |link: &&&Value| attribute(link, "rel").is_none_or(|rel| rel == "alternate");
    let address = |link: &Value| absolute(&element_text(link).or_else(|| attribute(link, "href"))?, base);
    links.iter().filter(is_alternate).find_map(|link| address(link))
}

/// A link of another relation: the hub, the feed's own address.
fn related(parent: &Value, rel: &str, base: Option<&Url>) -> Option<String> {
    let links = ["link", "atom:link", "atom10:link"].into_iter().flat_map(|name| elements(parent, name));
    let mut related = links.filter(|link| attribute(link, "rel").is_some_and(|r| r.eq_ignore_ascii_case(rel)));
    related.find_map(|link| absolute(&attribute(link, "href")?, base))
}

fn authors(item: &Value) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for key in ["author", "dc:creator", "creator", "itunes:author", "contributor"] {
        for author in elements(item, key).into_iter().take(TERMS_MAX) {
            let name = get(author, "name").and_then(element_text).or_else(|| element_text(author));
            names.extend(name.as_deref().and_then(person).filter(|name| !names.contains(name)));
        }
    }
    names
}

fn categories(item: &Value) -> Vec<String> {
    let mut texts: Vec<String> = Vec::new();
    for key in ["category", "dc:subject"] {
        for category in elements(item, key).into_iter().take(TERMS_MAX) {
            let term = element_text(category).or_else(|| attribute(category, "term"));
            texts.extend(term.as_deref().and_then(one_line).filter(|term| !texts.contains(term)));
        }
    }
    texts
}

fn enclosures(item: &Value, base: Option<&Url>) -> Vec<Enclosure> {
    let mut found: Vec<Enclosure> = Vec::new();
    for key in ["enclosure", "media:content", "media:thumbnail"] {
        for element in elements(item, key).into_iter().take(TERMS_MAX) {
            let url = attribute(element, "url").and_then(|url| absolute(&url, base));
            let Some(url) = url.filter(|url| found.iter().all(|e| e.url != *url)) else { continue };
            let length = ["length", "fileSize"].iter().find_map(|name| attribute(element, name));
            let length = length.and_then(|length| number(&Value::String(length)));
            found.push(Enclosure { url, media_type: attribute(element, "type"), length });
        }
    }
    found
}
