//! The story as data: what a page that is drawn by script carries in JSON-LD or in its scripts.
//!
//! Asked only when the markup holds next to nothing. Four ways are known to keep a story there: JSON-LD's
//! `articleBody`, a field with an article's name in the page's state, a list of paragraphs each with its own text, and
//! markup in a string, wherever it stands. React's streamed tree (`self.__next_f`) is put together first.

use std::cell::Cell;

use serde_json::Value;

use super::text::{count_words, ends_sentence};
use super::{json, metadata::json_ld::unescape, paragraphs};

/// Values looked at in one page's state.
const VALUES_MAX: usize = 200_000;
/// Words below which a string of the state is no article.
const WORDS_MIN: usize = 60;
/// Bytes below which a string holds no story in markup.
const MARKUP_BYTES_MIN: usize = 300;
/// Names under which states keep a story.
const NAMES: [&str; 9] =
    ["body", "articleBody", "content", "html", "text", "bodyHtml", "contentHtml", "content_html", "htmlBody"];

/// A story found outside the markup.
pub(super) enum Found {
    /// Plain paragraphs.
    Text(String),
    /// Markup, to be read as a page is.
    Markup(String),
}

impl Found {
    /// Words in it, tags left out.
    fn words(&self) -> usize {
        match self {
            Self::Text(text) => count_words(text),
            Self::Markup(markup) => {
                markup.split('<').filter_map(|part| part.split_once('>')).map(|(_, t)| count_words(t)).sum()
            }
        }
    }

    fn of(text: &str) -> Self {
        if is_markup(text) { Self::Markup(text.to_owned()) } else { Self::Text(paragraphs(&unescape(text))) }
    }
}

/// The longest of JSON-LD's `articleBody` and what the scripts hold.
pub(super) fn find(article_body: Option<&str>, scripts: &[&str]) -> Option<Found> {
    let mut best = Best::default();
    if let Some(body) = article_body {
        best.consider(Found::of(body), 1);
    }
    let streamed = streamed(scripts);
    for row in streamed.split('\n') {
        // A row is `id:value`; a value that starts with T is text of the length that follows.
        let value = row.split_once(':').map_or(row, |(_, value)| value);
        if let Some(tree) = json::read(value) {
            let mut markup = String::new();
            render(&tree, &mut markup, 0);
            if is_markup(&markup) {
                best.consider(Found::Markup(markup), 2);
            }
        }
    }
    if is_markup(&streamed) {
        for part in streamed.split('\n').filter(|part| is_markup(part)) {
            best.consider(Found::Markup(part.to_owned()), 2);
        }
    }
    for script in scripts {
        if let Some(value) = value_of(script) {
            from_state(&value, &mut best);
        }
        literals(script, &mut best);
    }
    best.found
}

/// The longest so far. What the page's state has must be twice as long as what its own description has.
#[derive(Default)]
struct Best {
    words: usize,
    found: Option<Found>,
}

impl Best {
    fn consider(&mut self, found: Found, times: usize) {
        let words = found.words();
        if words >= WORDS_MIN && (self.found.is_none() || words * 2 > self.words * (1 + times)) {
            (self.words, self.found) = (words, Some(found));
        }
    }
}

fn is_markup(text: &str) -> bool {
    text.len() > MARKUP_BYTES_MIN && text.matches("<p").take(2).count() == 2
}

/// The pieces of React's streamed tree, joined.
fn streamed(scripts: &[&str]) -> String {
    const PUSH: &str = "self.__next_f.push(";
    let left = Cell::new(json::BYTES_MAX);
    let mut out = String::new();
    for script in scripts {
        let Some((_, call)) = script.split_once(PUSH) else { continue };
        let Some(Value::Array(parts)) = json::read_first(call, &left) else { continue };
        if let Some(Value::String(piece)) = parts.get(1) {
            out.push_str(piece);
        }
    }
    out
}

/// React's tree as markup: `["$", tag, key, {children}]`.
fn render(value: &Value, out: &mut String, depth: usize) {
    if depth > 120 {
        return;
    }
    match value {
        // "$L1f" names another row.
        Value::String(text) if !text.starts_with('$') => {
            for c in text.chars() {
                match c {
                    '<' => out.push_str("&lt;"),
                    '&' => out.push_str("&amp;"),
                    c => out.push(c),
                }
            }
        }
        Value::Array(parts) => match parts.as_slice() {
            [Value::String(mark), Value::String(tag), _, props, ..] if mark == "$" => {
                let known = tag.bytes().all(|b| b.is_ascii_alphanumeric()) && !tag.is_empty();
                if let Some(html) = props.pointer("/dangerouslySetInnerHTML/__html").and_then(Value::as_str) {
                    out.push_str(html);
                }
                if known {
                    out.push('<');
                    out.push_str(tag);
                    if tag == "a" {
                        out.push_str(" href=\"#\"");
                    }
                    out.push('>');
                }
                if let Some(children) = props.get("children") {
                    render(children, out, depth + 1);
                }
                if known {
                    out.push_str("</");
                    out.push_str(tag);
                    out.push('>');
                }
            }
            parts => parts.iter().for_each(|part| render(part, out, depth + 1)),
        },
        _ => {}
    }
}

/// The JSON value a script is or assigns.
fn value_of(script: &str) -> Option<Value> {
    let trimmed = script.trim_start();
    let start = if trimmed.starts_with(['{', '[']) {
        trimmed
    } else {
        // `window.__STATE__ = {…}`, `push({…})`: the first brace behind an equals sign or a bracket.
        script.match_indices('{').take(20).find_map(|(at, _)| {
            let before = script.get(..at)?.trim_end();
            before.ends_with(['=', '(', ',']).then(|| script.get(at..)).flatten()
        })?
    };
    json::read_first(start, &Cell::new(json::BYTES_MAX))
}

/// Strings of a script that hold markup, whatever holds them.
fn literals(script: &str, best: &mut Best) {
    if !["<p", "\\u003cp", "\\u003Cp"].iter().any(|mark| script.contains(mark)) {
        return;
    }
    let bytes = script.as_bytes();
    let mut at = 0;
    while let Some(open) = bytes.get(at..).and_then(|rest| rest.iter().position(|b| *b == b'"')).map(|o| at + o) {
        let mut end = open + 1;
        while let Some(byte) = bytes.get(end) {
            match byte {
                b'\\' => end += 1,
                b'"' => break,
                _ => {}
            }
            end += 1;
        }
        if end - open > MARKUP_BYTES_MIN
            && let Some(literal) = script.get(open..=end.min(bytes.len().saturating_sub(1)))
            && let Ok(text) = serde_json::from_str::<String>(literal)
            && is_markup(&text)
        {
            best.consider(Found::Markup(text), 2);
        }
        at = end + 1;
    }
}

fn from_state(state: &Value, best: &mut Best) {
    let mut todo = vec![state];
    let mut seen = 0;
    while let Some(value) = todo.pop() {
        seen += 1;
        if seen > VALUES_MAX {
            break;
        }
        match value {
            Value::Object(fields) => {
                for (key, inner) in fields {
                    if let Value::String(text) = inner
                        && NAMES.contains(&key.as_str())
                        && text.len() > MARKUP_BYTES_MIN
                    {
                        best.consider(Found::of(text), 2);
                    }
                }
                todo.extend(fields.values());
            }
            Value::Array(items) => {
                let texts: Vec<String> = items.iter().filter_map(paragraph_of).collect();
                if texts.len() >= 3 {
                    best.consider(Found::Text(texts.join("\n\n")), 2);
                }
                todo.extend(items);
            }
            _ => {}
        }
    }
}

fn paragraph_of(item: &Value) -> Option<String> {
    let text = match item {
        Value::String(text) => text,
        Value::Object(fields) => {
            ["text", "content", "html", "value"].iter().find_map(|key| fields.get(*key)?.as_str())?
        }
        _ => return None,
    };
    let text = paragraphs(&unescape(text));
    (ends_sentence(&text) && count_words(&text) >= 6).then_some(text)
}
