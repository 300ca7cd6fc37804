//! JSON-LD: schema.org's description of an article, as publishers give it to search engines.

use serde_json::Value;

use crate::article::json;

/// Values looked at in one page's JSON-LD; far more than any page has.
const VALUES_MAX: usize = 20_000;
/// Texts taken of one list: keywords, authors. Each may be markup and costs a tree.
const TEXTS_MAX: usize = 100;

/// What JSON-LD says of the page's article.
#[derive(Debug, Default, Clone)]
pub(in super::super) struct Story {
    pub headline: Option<String>,
    pub body: Option<String>,
    pub published: Option<String>,
    pub modified: Option<String>,
    pub authors: Vec<String>,
    pub publisher: Option<String>,
    pub section: Option<String>,
    pub keywords: Vec<String>,
    pub image: Option<String>,
    pub language: Option<String>,
    pub free: Option<bool>,
}

/// The page's article among all its JSON-LD: the one with a headline and the longest body.
pub(in super::super) fn story(scripts: &[String]) -> Option<Story> {
    let mut best: Option<Story> = None;
    for script in scripts {
        let Some(value) = read(script) else { continue };
        let mut todo = vec![&value];
        let mut seen = 0;
        while let Some(value) = todo.pop() {
            seen += 1;
            if seen > VALUES_MAX {
                break;
            }
            match value {
                Value::Array(items) => todo.extend(items.iter().rev()),
                Value::Object(fields) => {
                    if is_article(value) {
                        let story = story_of(value);
                        let better = best.as_ref().is_none_or(|b| weight(&story) > weight(b));
                        if better {
                            best = Some(story);
                        }
                    }
                    for key in ["@graph", "mainEntity", "mainEntityOfPage", "hasPart", "itemListElement", "item"] {
                        if let Some(inner) = fields.get(key) {
                            // Lists of other articles are no description of this one.
                            if !matches!(key, "itemListElement" | "item" | "hasPart") {
                                todo.push(inner);
                            }
                        }
                    }
                }
                _ => {}
            }
        }
    }
    best
}

/// Publishers break JSON with raw line breaks in strings and CDATA around it.
fn read(script: &str) -> Option<Value> {
    let text = script.trim().trim_start_matches("<![CDATA[").trim_start_matches("//<![CDATA[");
    let text = text.trim_end_matches("//]]>").trim_end_matches("]]>").trim().trim_end_matches(';');
    json::read(text).or_else(|| {
        if !text.contains(char::is_control) {
            return None;
        }
        let cleaned: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        json::read(&cleaned)
    })
}

fn is_article(value: &Value) -> bool {
    let is = |kind: &Value| {
        kind.as_str().is_some_and(|kind| {
            kind.ends_with("Article")
                || kind.ends_with("BlogPosting")
                || kind.ends_with("Posting") && kind != "JobPosting"
                || kind.ends_with("Report")
        })
    };
    match value.get("@type") {
        Some(Value::Array(kinds)) => kinds.iter().any(is),
        Some(kind) => is(kind),
        None => false,
    }
}

fn weight(story: &Story) -> usize {
    usize::from(story.headline.is_some()) * 10
        + usize::from(story.published.is_some()) * 10
        + usize::from(!story.authors.is_empty())
        + story.body.as_ref().map_or(0, |b| b.len().min(100_000) / 100)
}

fn story_of(value: &Value) -> Story {
    let text = |key: &str| value.get(key).and_then(first_text).map(|t| unescape(&t)).filter(|t| !t.trim().is_empty());
    Story {
        headline: text("headline").or_else(|| text("name")),
        body: text("articleBody"),
        published: text("datePublished").or_else(|| text("dateCreated")),
        modified: text("dateModified"),
        authors: names(value.get("author").or_else(|| value.get("creator"))),
        publisher: names(value.get("publisher")).into_iter().next(),
        section: text("articleSection"),
        keywords: texts(value.get("keywords")),
        image: value.get("image").and_then(image),
        language: text("inLanguage"),
        free: value.get("isAccessibleForFree").and_then(truth),
    }
}

fn first_text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Array(items) => items.first().and_then(Value::as_str).map(str::to_owned),
        Value::Object(fields) => {
            fields.get("@value").or_else(|| fields.get("name")).and_then(Value::as_str).map(str::to_owned)
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

fn names(value: Option<&Value>) -> Vec<String> {
    let one = |value: &Value| match value {
        Value::String(name) => vec![name.clone()],
        Value::Object(fields) => match fields.get("name") {
            Some(Value::String(name)) => vec![name.clone()],
            Some(Value::Array(names)) => {
                names.iter().take(TEXTS_MAX).filter_map(Value::as_str).map(str::to_owned).collect()
            }
            _ => Vec::new(),
        },
        _ => Vec::new(),
    };
    let found = match value {
        Some(Value::Array(items)) => items.iter().take(TEXTS_MAX).flat_map(one).collect(),
        Some(value) => one(value),
        None => Vec::new(),
    };
    found.iter().map(|name| unescape(name)).collect()
}

fn image(value: &Value) -> Option<String> {
    match value {
        Value::String(url) => Some(url.clone()),
        Value::Array(items) => items.first().and_then(|item| match item {
            Value::String(url) => Some(url.clone()),
            Value::Object(fields) => fields.get("url").and_then(Value::as_str).map(str::to_owned),
            _ => None,
        }),
        Value::Object(fields) => fields.get("url").and_then(first_text),
        _ => None,
    }
}

fn truth(value: &Value) -> Option<bool> {
    match value {
        Value::Bool(truth) => Some(*truth),
        Value::String(text) => match text.to_ascii_lowercase().as_str() {
            "true" => Some(true),
            "false" => Some(false),
            _ => None,
        },
        _ => None,
    }
}

/// JSON-LD is often escaped as HTML once more.
pub(in super::super) fn unescape(text: &str) -> String {
    if !text.contains('&') && !text.contains('<') {
        return text.to_owned();
    }
    // The parser knows all entities; block tags become breaks, other tags go.
    let text = text.replace("</p>", "\n\n").replace("<br>", "\n").replace("<br/>", "\n").replace("<br />", "\n");
    if text.len() > 1 << 20 {
        return text;
    }
    let limits = crate::page::tree::Limits::default();
    let Ok(tree) = crate::page::tree::build(&text, &limits) else { return text };
    tree.html.tree.nodes().filter_map(|node| node.value().as_text()).map(|piece| &**piece).collect()
}
