//! Values of a JSON document, as feeds write them.

use serde_json::Value;

/// The names under which converters from XML keep an element's text.
const TEXT_KEYS: [&str; 9] = ["#value", "$t", "#text", "_text", "__text", "@value", "_", "#cdata-section", "__cdata"];
/// The names under which they keep its attributes, besides a mark before the attribute's own name.
const ATTRIBUTE_KEYS: [&str; 4] = ["$", "@attributes", "_attributes", "attributes"];

/// A member that is not null; in any case, for `pubDate` is `pubdate` to some.
pub fn get<'a>(value: &'a Value, key: &str) -> Option<&'a Value> {
    let object = value.as_object()?;
    let found = object.get(key).or_else(|| object.iter().find(|(k, _)| k.eq_ignore_ascii_case(key)).map(|(_, v)| v));
    found.filter(|v| !v.is_null())
}

/// A member's text, trimmed, not empty.
pub fn string(value: &Value, key: &str) -> Option<String> {
    let text = match get(value, key)? {
        Value::String(text) => text.trim().to_owned(),
        Value::Number(number) => number.to_string(),
        _ => return None,
    };
    (!text.is_empty()).then_some(text)
}

/// A whole number: also a float, and a text of digits.
pub fn number(value: &Value) -> Option<u64> {
    match value {
        Value::Number(number) => number.as_u64().or_else(|| {
            // A float beyond 2^53 is no file's size.
            let float = number.as_f64().filter(|f| (0.0..9_007_199_254_740_992.0).contains(f))?;
            format!("{float:.0}").parse().ok()
        }),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    }
}

/// An element's text, where XML was written as JSON: the text itself, or the member that holds it; of a list the first.
pub fn element_text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.trim().to_owned()).filter(|t| !t.is_empty()),
        Value::Number(number) => Some(number.to_string()),
        Value::Array(list) => list.iter().find_map(|v| if v.is_array() { None } else { element_text(v) }),
        Value::Object(_) => TEXT_KEYS.iter().find_map(|key| string(value, key)),
        _ => None,
    }
}

/// An element's attribute, where XML was written as JSON.
pub fn attribute(value: &Value, name: &str) -> Option<String> {
    string(value, name)
        .or_else(|| string(value, &format!("@{name}")))
        .or_else(|| string(value, &format!("_{name}")))
        .or_else(|| ATTRIBUTE_KEYS.iter().find_map(|key| string(get(value, key)?, name)))
}

/// The elements of a name: a list, or the one.
pub fn elements<'a>(parent: &'a Value, name: &str) -> Vec<&'a Value> {
    match get(parent, name) {
        Some(Value::Array(list)) => list.iter().collect(),
        Some(one) => vec![one],
        None => Vec::new(),
    }
}
