//! JSON-LD: schema.org's description of an article, as publishers give it to search engines.

use std::borrow::Cow;
use std::cell::Cell;
use std::collections::HashMap;

use serde_json::{Map, Value};

use crate::article::json;
use crate::article::text::folded;
use crate::feed::entities;

/// Values looked at in one page's JSON-LD; far more than any page has.
const VALUES_MAX: usize = 20_000;
/// Texts taken of one list.
const TEXTS_MAX: usize = 100;
/// Names in one byline.
const NAMES_MAX: usize = 30;

/// What JSON-LD says of the page's article.
#[derive(Debug, Default, Clone)]
pub(in super::super) struct Story {
    pub headline: Option<String>,
    /// Whether it has a second headline too: editors keep such data by hand.
    pub has_second_headline: bool,
    pub body: Option<String>,
    pub published: Option<String>,
    pub modified: Option<String>,
    pub authors: Vec<Author>,
    pub publisher: Option<String>,
    pub section: Option<String>,
    pub keywords: Vec<String>,
    pub image: Option<String>,
    pub language: Option<String>,
    pub free: Option<bool>,
    pub credits: Vec<String>,
    /// Its types, the last part of each.
    pub types: Vec<String>,
    /// Whether it calls itself news, and not an article of any kind.
    pub is_news: bool,
    url: Option<String>,
}

/// Who is named as author.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in super::super) struct Author {
    pub name: String,
    /// Whether it is called an organisation.
    pub is_organization: bool,
}

/// The page's article among all its JSON-LD: the one at its address, else the one that says most. What it leaves out is
/// taken from others of the same headline.
pub(in super::super) fn story(scripts: &[String], url: Option<&str>) -> Option<Story> {
    // All are held at once, so all share one budget.
    let left = Cell::new(json::BYTES_MAX);
    let values: Vec<Value> = scripts.iter().filter_map(|script| read(script, &left)).collect();
    let mut named = HashMap::new();
    let mut stories = Vec::new();
    let mut seen = 0;
    let mut todo: Vec<&Value> = values.iter().rev().collect();
    let mut articles = Vec::new();
    while let Some(value) = todo.pop() {
        seen += 1;
        if seen > VALUES_MAX {
            break;
        }
        match value {
            Value::Array(items) => todo.extend(items.iter().rev()),
            Value::Object(fields) => {
                if let (Some(id), true) = (fields.get("@id").and_then(Value::as_str), fields.contains_key("name")) {
                    named.entry(id).or_insert(fields);
                }
                if is_article(fields) {
                    articles.push(fields);
                }
                // Lists of other articles are no description of this one.
                todo.extend(["mainEntityOfPage", "mainEntity", "@graph"].iter().filter_map(|key| fields.get(*key)));
            }
            _ => {}
        }
    }
    for fields in articles {
        stories.push(story_of(fields, &named));
    }
    let at = |story: &Story| usize::from(story.url.as_deref().is_some_and(|own| url.is_some_and(|u| is_same(own, u))));
    // Of equals the first.
    let best = stories.iter().enumerate().max_by_key(|(index, s)| (at(s), weight(s), usize::MAX - index))?.0;
    let mut best = stories.swap_remove(best);
    for other in &stories {
        let (Some(a), Some(b)) = (&best.headline, &other.headline) else { continue };
        if folded(a) == folded(b) {
            best.fill(other);
        }
    }
    Some(best)
}

impl Story {
    fn fill(&mut self, other: &Self) {
        let fill = |own: &mut Option<String>, other: &Option<String>| {
            if own.is_none() {
                own.clone_from(other);
            }
        };
        fill(&mut self.published, &other.published);
        fill(&mut self.modified, &other.modified);
        fill(&mut self.publisher, &other.publisher);
        fill(&mut self.section, &other.section);
        fill(&mut self.image, &other.image);
        fill(&mut self.body, &other.body);
        self.free = self.free.or(other.free);
        self.is_news |= other.is_news;
        if !self.authors.iter().any(|author| !author.is_organization) && !other.authors.is_empty() {
            self.authors.clone_from(&other.authors);
        }
        if self.keywords.is_empty() {
            self.keywords.clone_from(&other.keywords);
        }
    }
}

/// Whether two addresses lead to one page, scheme, query and last slash aside.
fn is_same(a: &str, b: &str) -> bool {
    let key = |url: &str| {
        let url = url.split(['?', '#']).next().unwrap_or_default();
        url.trim_start_matches("https:").trim_start_matches("http:").trim_end_matches('/').to_owned()
    };
    key(a) == key(b)
}

/// Publishers break JSON with raw line breaks in strings and CDATA around it.
fn read(script: &str, left: &Cell<usize>) -> Option<Value> {
    let text = script.trim().trim_start_matches("<![CDATA[").trim_start_matches("//<![CDATA[");
    let text = text.trim_end_matches("//]]>").trim_end_matches("]]>").trim().trim_end_matches(';');
    json::read_within(text, left).or_else(|| {
        if !text.contains(char::is_control) {
            return None;
        }
        let cleaned: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        json::read_within(&cleaned, left)
    })
}

/// The last part of each of a thing's types.
fn types(fields: &Map<String, Value>) -> impl Iterator<Item = &str> {
    let kinds: Vec<&Value> = match fields.get("@type") {
        Some(Value::Array(kinds)) => kinds.iter().take(10).collect(),
        Some(kind) => vec![kind],
        None => Vec::new(),
    };
    kinds.into_iter().filter_map(Value::as_str).map(|kind| kind.rsplit(['/', '#', ':']).next().unwrap_or(kind))
}

fn is_article(fields: &Map<String, Value>) -> bool {
    types(fields).any(|kind| {
        kind.ends_with("Article") || kind.ends_with("Posting") && kind != "JobPosting" || kind.ends_with("Report")
    })
}

fn weight(story: &Story) -> usize {
    usize::from(story.headline.is_some()) * 10
        + usize::from(story.published.is_some()) * 10
        + usize::from(!story.authors.is_empty())
        + usize::from(story.is_news)
        + story.body.as_ref().map_or(0, |b| b.len().min(100_000) / 100)
}

fn story_of(fields: &Map<String, Value>, named: &HashMap<&str, &Map<String, Value>>) -> Story {
    let raw = |key: &str| fields.get(key).and_then(first_text).filter(|t| !t.trim().is_empty()).map(Cow::into_owned);
    let text = |key: &str| raw(key).map(|t| unescape(&t)).filter(|t| !t.trim().is_empty());
    let authors = |key: &str| fields.get(key).map(|value| authors(value, named)).unwrap_or_default();
    let mut people = authors("author");
    for other in ["creator", "contributor"] {
        if !people.iter().any(|author| !author.is_organization) {
            people.extend(authors(other));
        }
    }
    let kinds: Vec<String> = types(fields).map(str::to_owned).collect();
    let part_is_free = || {
        let parts = match fields.get("hasPart") {
            Some(Value::Array(parts)) => parts.as_slice(),
            Some(part) => std::slice::from_ref(part),
            None => &[],
        };
        parts.iter().filter_map(|part| part.get("isAccessibleForFree").and_then(truth)).find(|free| !free)
    };
    Story {
        headline: text("headline").or_else(|| text("name")),
        has_second_headline: raw("alternativeHeadline").is_some(),
        body: text("articleBody"),
        published: raw("datePublished").or_else(|| raw("dateCreated")).or_else(|| raw("uploadDate")),
        modified: raw("dateModified"),
        authors: people,
        publisher: authors("publisher").into_iter().next().map(|publisher| publisher.name),
        section: text("articleSection"),
        keywords: texts(fields.get("keywords")),
        image: fields.get("image").and_then(image),
        language: fields.get("inLanguage").and_then(language),
        free: fields.get("isAccessibleForFree").and_then(truth).or_else(part_is_free),
        credits: ["sourceOrganization", "creditText"].iter().flat_map(|key| authors(key)).map(|a| a.name).collect(),
        is_news: kinds.iter().any(|kind| kind.ends_with("NewsArticle") || kind == "LiveBlogPosting"),
        types: kinds,
        url: raw("url").or_else(|| raw("mainEntityOfPage")).or_else(|| raw("@id")),
    }
}

fn first_text(value: &Value) -> Option<Cow<'_, str>> {
    match value {
        Value::String(text) => Some(Cow::Borrowed(text)),
        Value::Number(number) => Some(Cow::Owned(number.to_string())),
        Value::Array(items) => items.first().and_then(Value::as_str).map(Cow::Borrowed),
        Value::Object(fields) => {
            ["@value", "name", "@id", "url"].iter().find_map(|key| fields.get(*key)?.as_str()).map(Cow::Borrowed)
        }
        _ => None,
    }
}

fn texts(value: Option<&Value>) -> Vec<String> {
    match value {
        Some(Value::Array(items)) => {
            items.iter().take(TEXTS_MAX).filter_map(first_text).map(|t| unescape(&t)).collect()
        }
        Some(value) => first_text(value).map(|t| unescape(&t)).into_iter().collect(),
        None => Vec::new(),
    }
}

/// A language by its tag or, as some write it, as a thing with a code.
fn language(value: &Value) -> Option<String> {
    let code = value.get("alternateName").or_else(|| value.get("@id")).and_then(Value::as_str);
    code.map(str::to_owned).or_else(|| first_text(value).map(Cow::into_owned))
}

/// Everybody named, however they are: texts, things, lists of both, lists of names in one thing, and references to
/// things that stand elsewhere in the page's data.
fn authors(value: &Value, named: &HashMap<&str, &Map<String, Value>>) -> Vec<Author> {
    let mut found = Vec::new();
    let mut todo = vec![value];
    let mut seen = 0;
    while let Some(value) = todo.pop() {
        seen += 1;
        if seen > 200 || found.len() >= NAMES_MAX {
            break;
        }
        match value {
            Value::String(name) => found.push(Author { name: unescape(name), is_organization: false }),
            Value::Array(items) => todo.extend(items.iter().rev()),
            Value::Object(fields) => {
                let referred = fields.get("@id").and_then(Value::as_str).and_then(|id| named.get(id)).copied();
                let thing = if fields.contains_key("name") { fields } else { referred.unwrap_or(fields) };
                let is_organization = types(thing)
                    .any(|t| t.ends_with("Organization") || matches!(t, "Corporation" | "WebSite" | "Brand"));
                let mut push = |name: &str| {
                    if !name.trim().is_empty() {
                        found.push(Author { name: unescape(name), is_organization });
                    }
                };
                match thing.get("name") {
                    Some(Value::String(name)) => push(name),
                    Some(Value::Array(names)) => names.iter().filter_map(Value::as_str).for_each(push),
                    // A list wrapped as a thing, or a person in two parts.
                    _ => {
                        let part = |key: &str| thing.get(key).and_then(Value::as_str).unwrap_or_default();
                        push(&format!("{} {}", part("givenName"), part("familyName")));
                        todo.extend(thing.get("@list").or_else(|| thing.get("itemListElement")));
                    }
                }
            }
            _ => {}
        }
    }
    found
}

fn image(value: &Value) -> Option<String> {
    match value {
        Value::String(url) => Some(url.clone()),
        Value::Array(items) => items.first().and_then(image),
        Value::Object(fields) => {
            fields.get("url").or_else(|| fields.get("contentUrl")).and_then(first_text).map(Cow::into_owned)
        }
        _ => None,
    }
}

fn truth(value: &Value) -> Option<bool> {
    match value {
        Value::Bool(truth) => Some(*truth),
        Value::String(text) => match text.trim().rsplit('/').next().unwrap_or_default().to_ascii_lowercase().as_str() {
            "true" | "yes" => Some(true),
            "false" | "no" => Some(false),
            _ => None,
        },
        _ => None,
    }
}

/// JSON-LD is often escaped as HTML once more, or twice. Ends of blocks become breaks, other tags go.
pub(in super::super) fn unescape(text: &str) -> String {
    if !text.contains(['&', '<']) {
        return text.to_owned();
    }
    let once = entities::resolve(text);
    let mut out = String::with_capacity(once.len());
    let mut rest = once.as_ref();
    while let Some((before, after)) = rest.split_once('<') {
        out.push_str(before);
        let is_tag = after.starts_with(|c: char| c.is_ascii_alphabetic() || matches!(c, '/' | '!'));
        let Some((tag, next)) = after.split_once('>').filter(|_| is_tag) else {
            out.push('<');
            rest = after;
            continue;
        };
        let name = tag.split(|c: char| c.is_whitespace() || c == '/').find(|n| !n.is_empty()).unwrap_or_default();
        let is_close = tag.starts_with('/');
        match name.to_ascii_lowercase().as_str() {
            "br" | "li" => out.push('\n'),
            "p" | "div" | "h1" | "h2" | "h3" | "h4" | "blockquote" | "ul" | "ol" | "table" | "tr" if is_close => {
                out.push_str("\n\n");
            }
            _ => {}
        }
        rest = next;
    }
    out.push_str(rest);
    match entities::resolve(&out) {
        Cow::Borrowed(_) => out,
        Cow::Owned(resolved) => resolved,
    }
}
