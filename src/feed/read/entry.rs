//! One item as an [`Entry`].

use chrono::{DateTime, Utc};
use url::Url;

use super::super::text::{absolute, one_line, person, plain};
use super::super::tree::Element;
use super::super::vocabulary::Vocabulary::{self, Atom, Dublin, Itunes, Media, Rss};
use super::super::{Enclosure, Entry, dates};
use super::{body, headline, is_own, link};

/// Where a publication time may stand, the feed's own word first. A bare date is the publication's, since nobody says
/// otherwise.
const PUBLISHED: &[(Vocabulary, &str)] = &[
    (Rss, "pubdate"),
    (Atom, "published"),
    (Atom, "issued"),
    (Rss, "published"),
    (Rss, "issued"),
    (Atom, "pubdate"),
    (Dublin, "issued"),
    (Dublin, "date"),
    (Rss, "date"),
    (Dublin, "created"),
    (Atom, "created"),
    (Rss, "created"),
];
/// Where a time of change may stand.
const UPDATED: &[(Vocabulary, &str)] = &[
    (Atom, "updated"),
    (Atom, "modified"),
    (Rss, "updated"),
    (Rss, "modified"),
    (Dublin, "modified"),
    (Rss, "lastbuilddate"),
    (Dublin, "date"),
];

/// The most categories, people and files of one item: real ones have a dozen.
const CATEGORIES_MAX: usize = 256;
const AUTHORS_MAX: usize = 64;
const ENCLOSURES_MAX: usize = 256;

/// Reads an item.
pub fn entry(item: &Element, base: Option<&Url>) -> Entry {
    let id = item
        .elements()
        .filter(|e| is_own(e) && matches!(e.name(), "guid" | "id"))
        .find_map(|e| Some(e.text().trim().to_owned()).filter(|t| !t.is_empty()))
        .or_else(|| item.attribute("about").map(str::to_owned))
        .or_else(|| item.named(Dublin, "identifier").find_map(|e| one_line(&e.text())));
    let mut enclosures = Vec::new();
    collect_media(item, base, &mut enclosures);
    let (published_at, published_raw) = moment(item, PUBLISHED);
    let (mut updated_at, mut updated_raw) = moment(item, UPDATED);
    if updated_raw.is_none()
        && let Some(changed) = item.attribute("lastmod")
    {
        updated_at = dates::parse(changed);
        updated_raw = Some(changed.to_owned());
    }
    let (summary, content) = body::bodies(item);
    Entry {
        url: link::of_item(item, id.as_deref(), base).or_else(|| enclosures.first().map(|e: &Enclosure| e.url.clone())),
        id,
        title: headline(item),
        summary,
        content,
        authors: authors(item),
        published_at,
        published_raw,
        updated_at,
        updated_raw,
        categories: categories(item),
        enclosures,
    }
}

/// The first of the fields that can be read, and as it is written; where none can, the first as it is written. Of a
/// field that is repeated the last counts.
fn moment(item: &Element, fields: &[(Vocabulary, &str)]) -> (Option<DateTime<Utc>>, Option<String>) {
    let mut unread = None;
    for (vocabulary, name) in fields {
        for element in item.children.iter().rev().filter_map(|node| node.element()) {
            if element.vocabulary != *vocabulary || element.name() != *name {
                continue;
            }
            let Some(raw) = one_line(&element.text()) else { continue };
            if let Some(at) = dates::parse(&raw) {
                return (Some(at), Some(raw));
            }
            unread = unread.or(Some(raw));
        }
    }
    (None, unread)
}

fn authors(item: &Element) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for element in item.elements() {
        let name = match (element.vocabulary, element.name()) {
            (Rss | Atom, "author" | "contributor") => named_part(element).map_or_else(|| element.text(), Element::text),
            (Dublin, "creator" | "author" | "contributor") | (Itunes, "author") => element.text(),
            (Media, "credit") if element.attribute("role") == Some("author") => element.text(),
            _ => continue,
        };
        if names.len() < AUTHORS_MAX {
            names.extend(person(&name).filter(|n| !names.contains(n)));
        }
    }
    names
}

fn named_part(person: &Element) -> Option<&Element> {
    let part = |name: &'static str| person.elements().find(move |e| e.name() == name && !e.text().trim().is_empty());
    part("name").or_else(|| part("email"))
}

fn categories(item: &Element) -> Vec<String> {
    let mut categories = Vec::new();
    for element in item.elements() {
        add_categories(element, &mut categories);
    }
    categories
}

fn add_categories(element: &Element, out: &mut Vec<String>) {
    let found: Vec<String> = match (element.vocabulary, element.name()) {
        (Rss | Atom, "category") => {
            let word = element.attribute("term").and_then(plain);
            let word = word.or_else(|| plain(&element.own_text())).or_else(|| plain(&element.text()));
            word.or_else(|| element.attribute("label").and_then(plain)).into_iter().collect()
        }
        (Dublin, "subject") | (Media, "category") => plain(&element.text()).into_iter().collect(),
        (Itunes, "category") => element.attribute("text").and_then(plain).into_iter().collect(),
        (Itunes | Media, "keywords") | (Rss, "keywords" | "tags") => {
            element.text().split(',').filter_map(plain).collect()
        }
        _ => return,
    };
    for word in found {
        if !out.contains(&word) && out.len() < CATEGORIES_MAX {
            out.push(word);
        }
    }
    if element.vocabulary == Itunes {
        for inner in element.elements() {
            add_categories(inner, out);
        }
    }
}

fn collect_media(parent: &Element, base: Option<&Url>, out: &mut Vec<Enclosure>) {
    for element in parent.elements() {
        let address = match (element.vocabulary, element.name()) {
            (Media, "group") => {
                collect_media(element, base, out);
                continue;
            }
            (Rss | Atom, "enclosure") => element.attribute("url").or_else(|| element.attribute("href")),
            (Media, "content" | "thumbnail") => element.attribute("url"),
            (Rss | Atom, "link") if element.attribute("rel") == Some("enclosure") => element.attribute("href"),
            _ => None,
        };
        if let Some(url) = address.and_then(|a| absolute(a, base))
            && out.len() < ENCLOSURES_MAX
            && !out.iter().any(|e| e.url == url)
        {
            let length = element.attribute("length").or_else(|| element.attribute("filesize"));
            out.push(Enclosure {
                url,
                media_type: element.attribute("type").map(str::to_owned),
                length: length.and_then(|l| l.parse().ok()),
            });
        }
        if (element.vocabulary, element.name()) == (Media, "content") {
            collect_media(element, base, out);
        }
    }
}
