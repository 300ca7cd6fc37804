//! The story as data: what a page that is drawn by script carries in JSON-LD or in its state.

use serde_json::Value;

use super::text::{count_words, ends_sentence};
use super::{json, metadata::json_ld::unescape, paragraphs};

/// Values looked at in one page's state.
const VALUES_MAX: usize = 200_000;
/// Words below which a string of the state is no article.
const WORDS_MIN: usize = 60;

/// The longest of JSON-LD's `articleBody` and what the state has under names that articles have.
pub(super) fn find(article_body: Option<&str>, state: &[String]) -> Option<String> {
    let mut best = article_body.map(|body| paragraphs(&unescape(body)));
    for script in state {
        let Some(value) = json::read(script) else { continue };
        let found = from_state(&value);
        if let Some(found) = found
            && best.as_ref().is_none_or(|best| count_words(&found) > 2 * count_words(best))
        {
            best = Some(found);
        }
    }
    best.filter(|text| !text.is_empty())
}

fn from_state(state: &Value) -> Option<String> {
    let mut best: Option<(usize, String)> = None;
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
                        && matches!(
                            key.as_str(),
                            "body" | "articleBody" | "content" | "html" | "text" | "bodyHtml" | "contentHtml"
                        )
                        && text.len() > 300
                    {
                        consider(&mut best, &paragraphs(&unescape(text)));
                    }
                }
                todo.extend(fields.values());
            }
            Value::Array(items) => {
                // A body kept as a list of paragraphs, each with its own text.
                let texts: Vec<String> = items.iter().filter_map(paragraph_of).collect();
                if texts.len() >= 3 {
                    consider(&mut best, &texts.join("\n\n"));
                }
                todo.extend(items);
            }
            _ => {}
        }
    }
    best.map(|(_, text)| text)
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

fn consider(best: &mut Option<(usize, String)>, text: &str) {
    let words = count_words(text);
    if words >= WORDS_MIN && best.as_ref().is_none_or(|(most, _)| words > *most) {
        *best = Some((words, text.to_owned()));
    }
}
