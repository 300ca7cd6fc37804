//! JSON Feed 1.0 and 1.1, loosely read: ids that are numbers, authors that are one object, tags that are one text.

use serde_json::Value;
use url::Url;

use super::text::{absolute, one_line};
use super::{ENTRIES_MAX, Enclosure, Entry, Feed, FeedError, FeedFormat, SkippedEntry, dates};

/// Reads a JSON Feed.
pub fn feed(text: &str, base: Option<&Url>) -> Result<Feed, FeedError> {
    // Control characters inside strings are common and forbidden; they carry nothing.
    let clean: String = text.chars().map(|c| if c.is_control() && c != '\n' { ' ' } else { c }).collect();
    let document: Value = serde_json::from_str(clean.trim_start_matches('\u{feff}'))
        .map_err(|error| FeedError::JsonNotFeed(error.to_string()))?;
    let items = document.get("items").and_then(Value::as_array);
    let says_so = string(&document, "version").is_some_and(|v| v.contains("jsonfeed.org"));
    let items = match items {
        Some(items) if says_so || items.iter().any(|i| i.get("url").is_some() || i.get("id").is_some()) => items,
        _ if says_so => &Vec::new(),
        _ => return Err(FeedError::JsonNotFeed("it has no version of jsonfeed.org and no items".to_owned())),
    };
    let mut skipped = Vec::new();
    let mut entries = Vec::new();
    for item in items.iter().take(ENTRIES_MAX) {
        match entry(item, base) {
            Some(entry) => entries.push(entry),
            None => skipped.push(SkippedEntry {
                reason: "neither id nor address nor headline".to_owned(),
                excerpt: item.to_string().chars().take(200).collect(),
            }),
        }
    }
    let hub = document.get("hubs").and_then(Value::as_array).and_then(|h| h.first()).and_then(|h| string(h, "url"));
    Ok(Feed {
        format: FeedFormat::Json,
        title: string(&document, "title").and_then(|t| one_line(&t)),
        description: string(&document, "description").and_then(|t| one_line(&t)),
        site_url: string(&document, "home_page_url").and_then(|u| absolute(&u, base)),
        language: string(&document, "language"),
        ttl_seconds: None,
        hub_url: hub.and_then(|u| absolute(&u, base)),
        self_url: string(&document, "feed_url").and_then(|u| absolute(&u, base)),
        next_url: string(&document, "next_url").and_then(|u| absolute(&u, base)),
        skip_hours: Vec::new(),
        skip_days: Vec::new(),
        sitemaps: Vec::new(),
        entries,
        skipped,
        recovered: Vec::new(),
    })
}

fn entry(item: &Value, base: Option<&Url>) -> Option<Entry> {
    let entry = Entry {
        id: string(item, "id"),
        url: string(item, "url").or_else(|| string(item, "external_url")).and_then(|u| absolute(&u, base)),
        title: string(item, "title").and_then(|t| one_line(&t)),
        summary: string(item, "summary"),
        content: string(item, "content_html").or_else(|| string(item, "content_text")),
        authors: names(item),
        published_at: string(item, "date_published").and_then(|d| dates::parse(&d)),
        published_raw: string(item, "date_published"),
        updated_at: string(item, "date_modified").and_then(|d| dates::parse(&d)),
        updated_raw: string(item, "date_modified"),
        categories: texts(item.get("tags")),
        enclosures: enclosures(item, base),
    };
    (entry.id.is_some() || entry.url.is_some() || entry.title.is_some()).then_some(entry)
}

fn string(value: &Value, key: &str) -> Option<String> {
    let text = match value.get(key)? {
        Value::String(text) => text.trim().to_owned(),
        Value::Number(number) => number.to_string(),
        _ => return None,
    };
    (!text.is_empty()).then_some(text)
}

fn names(item: &Value) -> Vec<String> {
    let mut people: Vec<&Value> = item.get("authors").and_then(Value::as_array).into_iter().flatten().collect();
    people.extend(item.get("authors").filter(|a| a.is_object()));
    people.extend(item.get("author"));
    people.into_iter().filter_map(|p| p.as_str().map(str::to_owned).or_else(|| string(p, "name"))).collect()
}

fn texts(value: Option<&Value>) -> Vec<String> {
    match value {
        Some(Value::Array(list)) => list.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        Some(Value::String(text)) => text.split(',').map(|t| t.trim().to_owned()).collect(),
        _ => Vec::new(),
    }
}

fn enclosures(item: &Value, base: Option<&Url>) -> Vec<Enclosure> {
    let list = item.get("attachments").and_then(Value::as_array).into_iter().flatten();
    list.filter_map(|a| {
        Some(Enclosure {
            url: absolute(&string(a, "url")?, base)?,
            media_type: string(a, "mime_type"),
            length: a.get("size_in_bytes").and_then(Value::as_u64),
        })
    })
    .collect()
}
