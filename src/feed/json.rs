//! JSON Feed 1.0 and 1.1, loosely read: ids that are numbers, authors that are one object, tags that are one text; and
//! RSS and Atom written as JSON, which [`rss`] reads.
//!
//! In: a text. Out: a [`Feed`]; or the reason why the JSON is none. A document that is no JSON by the letter is read by
//! [`loose`], up to where it was cut off.

mod loose;
mod rss;
mod value;

use serde_json::Value;
use url::Url;

use super::text::{absolute, one_line, plain};
use super::tree::push_escaped;
use super::{ENTRIES_MAX, EXCERPT_CHARS, Enclosure, Entry, Feed, FeedError, FeedFormat, SkippedEntry, dates};
use value::{get, number, string};

/// The most authors, categories and attachments of an item: no honest item has more, and each is compared with those
/// before it.
const TERMS_MAX: usize = 100;

/// Whether a text begins as JSON does: an object, or a list of values.
pub fn is_json(begin: &str) -> bool {
    let inside = begin.strip_prefix('[').map(str::trim_start);
    begin.starts_with('{') || inside.is_some_and(|rest| rest.starts_with(['{', '[', '"', ']']))
}

/// Reads a JSON Feed.
pub fn feed(text: &str, base: Option<&Url>) -> Result<Feed, FeedError> {
    let text = text.trim_start_matches('\u{feff}');
    let error = match serde_json::from_str::<Value>(text) {
        Ok(document) => return of_value(&document, base),
        Err(error) => error,
    };
    let read = loose::read(text).and_then(|(document, mended)| Some((of_value(&document, base).ok()?, mended)));
    let (mut feed, mended) = read.ok_or_else(|| FeedError::JsonNotFeed(error.to_string()))?;
    feed.recovered.extend(mended.into_iter().map(str::to_owned));
    Ok(feed)
}

fn of_value(document: &Value, base: Option<&Url>) -> Result<Feed, FeedError> {
    match rss::channel(document) {
        Some(channel) => Ok(rss::feed(&channel, base)),
        None => json_feed(document, base),
    }
}

fn json_feed(document: &Value, base: Option<&Url>) -> Result<Feed, FeedError> {
    let says_so = string(document, "version").is_some_and(|version| version.contains("jsonfeed.org"));
    let is_item =
        |item: &Value| ["url", "id", "external_url", "content_html"].iter().any(|key| get(item, key).is_some());
    let no_items = Vec::new();
    let items = match get(document, "items") {
        Some(Value::Array(items)) if says_so || items.iter().any(is_item) => items,
        _ if says_so => &no_items,
        Some(Value::Array(_)) => return Err(refusal("its items have neither `id` nor `url`")),
        _ => return Err(refusal("it has no version of jsonfeed.org and no items")),
    };
    let channel_authors = names(document);
    let mut feed = Feed {
        title: string(document, "title").as_deref().and_then(line),
        description: string(document, "description").as_deref().and_then(line),
        site_url: string(document, "home_page_url").and_then(|u| absolute(&u, base)),
        language: string(document, "language"),
        hub_url: hub(document).and_then(|u| absolute(&u, base)),
        self_url: string(document, "feed_url").and_then(|u| absolute(&u, base)),
        next_url: string(document, "next_url").and_then(|u| absolute(&u, base)),
        ..Feed::empty(FeedFormat::Json)
    };
    take_items(&mut feed, items, |item| {
        let mut entry = entry(item, base);
        // Authors of the feed are those of its items that name none (JSON Feed 1.1).
        if entry != Entry::default() && entry.authors.is_empty() {
            entry.authors.clone_from(&channel_authors);
        }
        entry
    });
    if get(document, "expired") == Some(&Value::Bool(true)) {
        feed.recovered.push("the feed says that it has ended (`expired`)".to_owned());
    }
    Ok(feed)
}

fn refusal(reason: &str) -> FeedError {
    FeedError::JsonNotFeed(reason.to_owned())
}

/// A feed without anything in it.
/// Reads items into a feed, up to the cap. An item that says nothing is skipped.
fn take_items<'a, I>(feed: &mut Feed, items: I, read: impl Fn(&Value) -> Entry)
where
    I: IntoIterator<Item = &'a Value>,
    I::IntoIter: ExactSizeIterator,
{
    let items = items.into_iter();
    if items.len() > ENTRIES_MAX {
        feed.recovered.push(format!("{} items; the first {ENTRIES_MAX} are read", items.len()));
    }
    for item in items.take(ENTRIES_MAX) {
        let entry = read(item);
        if entry == Entry::default() {
            feed.skipped.push(SkippedEntry {
                reason: "the item says nothing that can be read".to_owned(),
                excerpt: item.to_string().chars().take(EXCERPT_CHARS).collect(),
            });
        } else {
            feed.entries.push(entry);
        }
    }
}

fn entry(item: &Value, base: Option<&Url>) -> Entry {
    let published_raw = string(item, "date_published").or_else(|| string(item, "published"));
    let updated_raw = string(item, "date_modified").or_else(|| string(item, "updated"));
    let text = || {
        let mut html = String::new();
        push_escaped(&string(item, "content_text")?, &mut html);
        Some(html)
    };
    Entry {
        id: string(item, "id"),
        url: string(item, "url").or_else(|| string(item, "external_url")).and_then(|u| absolute(&u, base)),
        title: string(item, "title").as_deref().and_then(line),
        summary: string(item, "summary"),
        content: string(item, "content_html").or_else(text),
        authors: names(item),
        published_at: published_raw.as_deref().and_then(dates::parse),
        published_raw,
        updated_at: updated_raw.as_deref().and_then(dates::parse),
        updated_raw,
        categories: texts(get(item, "tags")),
        enclosures: enclosures(item, base),
    }
}

/// A plain text on one line. Its references are resolved, for many programs take a title from their HTML; its tags stay,
/// for the format says that there are none.
fn line(text: &str) -> Option<String> {
    if text.contains('&') { plain(&text.replace('<', "&lt;")) } else { one_line(text) }
}

/// The WebSub hub before others.
fn hub(document: &Value) -> Option<String> {
    let hubs = get(document, "hubs").and_then(Value::as_array)?;
    let is_websub = |hub: &&Value| string(hub, "type").is_some_and(|kind| kind.eq_ignore_ascii_case("websub"));
    hubs.iter().find(is_websub).or(hubs.first()).and_then(|hub| string(hub, "url"))
}

/// The authors' names: `authors` and `author`, each a list, an object or a text.
fn names(item: &Value) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for key in ["authors", "author"] {
        let people: Vec<&Value> = match get(item, key) {
            Some(Value::Array(list)) => list.iter().collect(),
            Some(one) => vec![one],
            None => Vec::new(),
        };
        for person in people.into_iter().take(TERMS_MAX) {
            let name = person.as_str().and_then(line).or_else(|| string(person, "name").as_deref().and_then(line));
            names.extend(name.filter(|name| !names.contains(name)));
        }
    }
    names
}

fn texts(value: Option<&Value>) -> Vec<String> {
    let mut texts: Vec<String> = Vec::new();
    let pieces: Vec<&str> = match value {
        Some(Value::Array(list)) => {
            list.iter().filter_map(|v| v.as_str().or_else(|| get(v, "name").and_then(Value::as_str))).collect()
        }
        Some(Value::String(text)) => text.split(',').collect(),
        _ => Vec::new(),
    };
    for piece in pieces.into_iter().take(TERMS_MAX) {
        texts.extend(line(piece).filter(|text| !texts.contains(text)));
    }
    texts
}

fn enclosures(item: &Value, base: Option<&Url>) -> Vec<Enclosure> {
    let list = match get(item, "attachments") {
        Some(Value::Array(list)) => list.iter().collect(),
        Some(one) => vec![one],
        None => Vec::new(),
    };
    let read = |a: &Value| {
        Some(Enclosure {
            url: absolute(&string(a, "url")?, base)?,
            media_type: string(a, "mime_type").or_else(|| string(a, "type")),
            length: get(a, "size_in_bytes").and_then(number),
        })
    };
    list.into_iter().take(TERMS_MAX).filter_map(read).collect()
}
