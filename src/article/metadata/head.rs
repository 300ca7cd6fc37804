//! What one pass over the tree finds: metas, headline, links, times, marked authors.

use std::collections::HashMap;

use ego_tree::NodeRef;
use scraper::Node;

use super::dates::DateKind;
use crate::article::text::{head as first_chars, settle, squeeze};
use crate::page::tree::Tree;

/// Longest value taken from a page for one field; longer ones are faults or attacks.
const VALUE_CHARS_MAX: usize = 1000;
/// Values kept of each kind; far more than any page has.
const VALUES_MAX: usize = 40;
/// Nodes looked at for one element's text.
const TEXT_NODES_MAX: usize = 200;

/// Something found at a place; places count nodes in document order.
#[derive(Debug)]
pub(super) struct Found<T> {
    /// Where.
    pub at: usize,
    /// What.
    pub value: T,
}

/// A date in the markup.
#[derive(Debug)]
pub(super) struct Time {
    /// As written.
    pub text: String,
    /// What the markup says it is the date of, if it says so.
    pub kind: Option<DateKind>,
    /// Whether it is microdata.
    pub is_item: bool,
}

/// What one pass over the tree finds.
#[derive(Debug, Default)]
pub(super) struct Head {
    metas: HashMap<String, Vec<String>>,
    pub title: Option<String>,
    pub h1: Vec<Found<String>>,
    pub canonical: Option<String>,
    pub amp: Option<String>,
    pub language: Option<String>,
    pub times: Vec<Found<Time>>,
    pub authors: Vec<Found<String>>,
}

impl Head {
    /// The first value of the first of the keys that the page has.
    pub fn first(&self, keys: &[&str]) -> Option<&str> {
        keys.iter().find_map(|key| self.metas.get(*key)?.first()).map(String::as_str)
    }

    /// All values of one key.
    pub fn all(&self, key: &str) -> &[String] {
        self.metas.get(key).map(Vec::as_slice).unwrap_or_default()
    }
}

/// The attributes that say what an element is, read in one go: asking for each by name costs a search.
#[derive(Debug, Default)]
pub(super) struct Attributes<'t> {
    pub class: Option<&'t str>,
    pub id: Option<&'t str>,
    pub rel: Option<&'t str>,
    pub itemprop: Option<&'t str>,
    pub property: Option<&'t str>,
    pub name: Option<&'t str>,
    pub http_equiv: Option<&'t str>,
    pub content: Option<&'t str>,
    pub datetime: Option<&'t str>,
    pub pubdate: Option<&'t str>,
    pub href: Option<&'t str>,
    pub lang: Option<&'t str>,
}

/// Reads the attributes of an element; empty ones are as good as absent.
pub(super) fn attributes(element: &scraper::node::Element) -> Attributes<'_> {
    let mut out = Attributes::default();
    for (name, value) in element.attrs() {
        let slot = match name {
            "class" => &mut out.class,
            "id" => &mut out.id,
            "rel" => &mut out.rel,
            "itemprop" => &mut out.itemprop,
            "property" => &mut out.property,
            "name" => &mut out.name,
            "http-equiv" => &mut out.http_equiv,
            "content" => &mut out.content,
            "datetime" => &mut out.datetime,
            "pubdate" => {
                out.pubdate = Some(value);
                continue;
            }
            "href" => &mut out.href,
            "lang" | "xml:lang" => &mut out.lang,
            _ => continue,
        };
        if !value.trim().is_empty() {
            *slot = Some(value);
        }
    }
    out
}

/// Looks at every element once.
pub(super) fn scan(tree: &Tree) -> Head {
    let mut head = Head::default();
    for (at, node) in tree.html.tree.nodes().enumerate() {
        let Node::Element(element) = node.value() else { continue };
        match element.name() {
            "html" => head.language = attributes(element).lang.map(str::to_owned),
            "meta" => head.meta(at, &attributes(element)),
            "title" if head.title.is_none() => head.title = Some(text(node)).filter(|t| !t.is_empty()),
            "h1" if head.h1.len() < 4 => {
                let value = text(node);
                if !value.is_empty() {
                    head.h1.push(Found { at, value });
                }
            }
            "link" => head.link(&attributes(element)),
            "time" => head.time(at, node, &attributes(element)),
            _ => head.other(at, node, element),
        }
    }
    head
}

impl Head {
    fn meta(&mut self, at: usize, attributes: &Attributes<'_>) {
        let key = attributes.property.or(attributes.name).or(attributes.itemprop).or(attributes.http_equiv);
        let (Some(key), Some(value)) = (key, attributes.content) else { return };
        let value = first_chars(value.trim(), VALUE_CHARS_MAX);
        if attributes.itemprop.is_some_and(|p| p.starts_with("date")) {
            self.push_time(at, value, attributes.itemprop.and_then(kind_of_item), true);
        }
        let values = self.metas.entry(key.trim().to_ascii_lowercase()).or_default();
        if values.len() < VALUES_MAX {
            values.push(value.to_owned());
        }
    }

    fn link(&mut self, attributes: &Attributes<'_>) {
        let Some(href) = attributes.href else { return };
        match attributes.rel {
            Some(rel) if rel.eq_ignore_ascii_case("canonical") => {
                self.canonical.get_or_insert_with(|| href.to_owned());
            }
            Some(rel) if rel.eq_ignore_ascii_case("amphtml") => {
                self.amp.get_or_insert_with(|| href.to_owned());
            }
            _ => {}
        }
    }

    fn time(&mut self, at: usize, node: NodeRef<'_, Node>, attributes: &Attributes<'_>) {
        let class = attributes.class.unwrap_or_default();
        let kind = attributes.itemprop.and_then(kind_of_item).or_else(|| {
            if class.contains("updated") || class.contains("modified") {
                Some(DateKind::Updated)
            } else if attributes.pubdate.is_some() || class.contains("publish") || class.contains("entry-date") {
                Some(DateKind::Published)
            } else {
                None
            }
        });
        match attributes.datetime {
            Some(value) => self.push_time(at, value, kind, attributes.itemprop.is_some()),
            None => self.push_time(at, &text(node), kind, attributes.itemprop.is_some()),
        }
    }

    fn push_time(&mut self, at: usize, text: &str, kind: Option<DateKind>, is_item: bool) {
        if self.times.len() < VALUES_MAX {
            let text = first_chars(text.trim(), 100).to_owned();
            self.times.push(Found { at, value: Time { text, kind, is_item } });
        }
    }

    fn other(&mut self, at: usize, node: NodeRef<'_, Node>, element: &scraper::node::Element) {
        let (mut itemprop, mut rel) = (None, None);
        for (name, value) in element.attrs() {
            match name {
                "itemprop" => itemprop = Some(value),
                "rel" => rel = Some(value),
                _ => {}
            }
        }
        let is_author = itemprop == Some("author")
            || rel.is_some_and(|rel| rel.split_ascii_whitespace().any(|r| r.eq_ignore_ascii_case("author")));
        if is_author && self.authors.len() < VALUES_MAX {
            let value = named(node).unwrap_or_else(|| text(node));
            if !value.is_empty() {
                self.authors.push(Found { at, value });
            }
        } else if let Some(kind) = itemprop.and_then(kind_of_item) {
            let attributes = attributes(element);
            let value = attributes.content.or(attributes.datetime).map_or_else(|| text(node), str::to_owned);
            self.push_time(at, &value, Some(kind), true);
        }
    }
}

/// The name inside a marked author: microdata parts the name from the job.
fn named(node: NodeRef<'_, Node>) -> Option<String> {
    node.descendants().skip(1).take(TEXT_NODES_MAX).find_map(|inner| {
        let element = inner.value().as_element()?;
        let attributes = attributes(element);
        let is_name = attributes.itemprop.is_some_and(|props| props.split_ascii_whitespace().any(|p| p == "name"));
        is_name.then(|| attributes.content.map_or_else(|| text(inner), str::to_owned)).filter(|name| !name.is_empty())
    })
}

fn kind_of_item(itemprop: &str) -> Option<DateKind> {
    match itemprop {
        "datePublished" | "dateCreated" => Some(DateKind::Published),
        "dateModified" => Some(DateKind::Updated),
        _ => None,
    }
}

/// An element's text on one line. Where a tag parts a small letter from a capital, or stands for a block, a space does.
pub(super) fn text(node: NodeRef<'_, Node>) -> String {
    let mut out = String::new();
    let mut parted = false;
    for inner in node.descendants().take(TEXT_NODES_MAX) {
        match inner.value() {
            Node::Text(piece) => {
                let before = out.chars().next_back();
                let after = piece.chars().next();
                if parted && before.is_some_and(char::is_lowercase) && after.is_some_and(char::is_uppercase) {
                    out.push(' ');
                }
                out.push_str(piece);
                parted = false;
            }
            Node::Element(element) => {
                parted = true;
                if matches!(element.name(), "br" | "p" | "div" | "li" | "h1" | "h2" | "h3" | "time") {
                    out.push(' ');
                }
            }
            _ => {}
        }
        // Between siblings a tag was closed.
        parted |= inner.next_sibling().is_none();
    }
    squeeze(&settle(first_chars(&out, VALUE_CHARS_MAX)))
}
