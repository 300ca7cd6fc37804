//! What feedparser's and gofeed's own test suites expect of the documents, on the fields we carry.

use std::fs;
use std::path::Path;

use chrono::DateTime;
use serde_json::Value;
use wireroom::feed::{self, Entry, Feed};

use super::{Bench, normal, percent};

/// feedparser's assertions, evaluated by Python against our output under feedparser's names. Those that speak only of
/// fields we carry are evaluable; those of its sanitizer's tests ask for another program and are counted apart.
pub fn expect(bench: &Bench) {
    let ours = bench.scratch.join("ours.jsonl");
    if !ours.exists() {
        super::corpus::measure(bench);
    }
    let corpus = bench.corpus.to_string_lossy().into_owned();
    let Some(printed) = bench.reference(&["expect", &corpus, &ours.to_string_lossy()]) else { return };
    let (mut held, mut asked, mut held_sanitized, mut sanitized) = (0, 0, 0, 0);
    let mut differing = Vec::new();
    for line in printed.lines() {
        let result: Value = serde_json::from_str(line).expect("the script writes JSON");
        let text = |key: &str| result.get(key).and_then(Value::as_str).unwrap_or_default();
        let holds = result.get("why").is_some_and(Value::is_null);
        if text("file").contains("/sanitize/") {
            sanitized += 1;
            held_sanitized += usize::from(holds);
            continue;
        }
        asked += 1;
        held += usize::from(holds);
        if !holds {
            differing.push(format!("{}: {}: {}", text("file"), text("why"), text("expect")));
        }
    }
    println!("\nfeedparser's assertions that hold        {}", percent(held, asked));
    println!("those of its sanitizer's tests           {}", percent(held_sanitized, sanitized));
    for line in differing.iter().take(bench.worst) {
        println!("    {line}");
    }
}

/// gofeed's expected structures: the translator's and the parsers', field by field.
pub fn gofeed(bench: &Bench) {
    for folder in ["translator/atom", "translator/rss", "parser/rss", "parser/atom", "extensions/dublincore"] {
        let (mut held, mut asked) = (0, 0);
        let mut differing = Vec::new();
        let folder_path = bench.corpus.join("gofeed").join(folder);
        let mut files: Vec<_> = fs::read_dir(&folder_path).into_iter().flatten().flatten().map(|f| f.path()).collect();
        files.sort();
        for path in files.iter().filter(|p| p.extension().is_some_and(|e| e == "xml")) {
            let Some(expected) = read_json(&path.with_extension("json")) else { continue };
            let bytes = fs::read(path).expect("the corpus stays while it is read");
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let read = feed::parse(&bytes, Some("application/xml"), None);
            for (field, same) in checks(&expected, read.as_ref().ok()) {
                asked += 1;
                held += usize::from(same);
                if !same {
                    differing.push(format!("{name}: {field}"));
                }
            }
        }
        println!("gofeed's {folder:<31} {}", percent(held, asked));
        for line in differing.iter().take(bench.worst) {
            println!("    {line}");
        }
    }
}

fn read_json(path: &Path) -> Option<Value> {
    serde_json::from_slice(&fs::read(path).ok()?).ok()
}

/// Every expected field we carry, and whether we say the same.
fn checks(expected: &Value, read: Option<&Feed>) -> Vec<(String, bool)> {
    let mut out = Vec::new();
    let mut check = |field: String, wanted: Option<String>, found: Vec<String>, same: fn(&str) -> String| {
        if let Some(wanted) = wanted.map(|w| same(&w)).filter(|w| !w.is_empty()) {
            let equal = found.iter().any(|f| same(f) == wanted);
            out.push((format!("{field}: {found:?} for {wanted:?}"), equal));
        }
    };
    let list = |text: Option<&String>| text.cloned().into_iter().collect::<Vec<_>>();
    check("title".into(), text(expected, &["title"]), list(read.and_then(|f| f.title.as_ref())), normal::text);
    let about = list(read.and_then(|f| f.description.as_ref()));
    check("description".into(), text(expected, &["description", "subtitle"]), about, normal::text);
    let link = text(expected, &["link"]).filter(|l| normal::is_web(l));
    check("link".into(), link, list(read.and_then(|f| f.site_url.as_ref())), normal::address);
    check("language".into(), text(expected, &["language"]), list(read.and_then(|f| f.language.as_ref())), normal::text);
    let items = expected.get("items").or_else(|| expected.get("entries")).and_then(Value::as_array);
    let items = items.map_or(&[][..], Vec::as_slice);
    let entries = read.map_or(&[][..], |f| &f.entries);
    if !items.is_empty() {
        check("entries".into(), Some(items.len().to_string()), vec![entries.len().to_string()], str::to_owned);
    }
    for (at, item) in items.iter().enumerate() {
        let entry = entries.get(at).cloned().unwrap_or_default();
        entry_checks(at, item, &entry, &mut check);
    }
    out
}

type Check<'a> = &'a mut dyn FnMut(String, Option<String>, Vec<String>, fn(&str) -> String);

fn entry_checks(at: usize, item: &Value, entry: &Entry, check: Check) {
    let list = |text: &Option<String>| text.iter().cloned().collect::<Vec<_>>();
    check(format!("{at}.title"), text(item, &["title"]), list(&entry.title), normal::text);
    let link = text(item, &["link"]).filter(|l| normal::is_web(l));
    check(format!("{at}.link"), link, list(&entry.url), normal::address);
    check(format!("{at}.id"), text(item, &["guid", "id"]), list(&entry.id), str::to_owned);
    let body: Vec<String> = [&entry.summary, &entry.content].into_iter().flatten().cloned().collect();
    check(format!("{at}.description"), text(item, &["description", "summary"]), body.clone(), normal::text);
    check(format!("{at}.content"), text(item, &["content"]), body, normal::text);
    for (key, found) in [("published", entry.published_at), ("updated", entry.updated_at)] {
        let wanted = text(item, &[&format!("{key}Parsed")])
            .or_else(|| text(item, &["pubDateParsed"]).filter(|_| key == "published"));
        let wanted = wanted.and_then(|w| DateTime::parse_from_rfc3339(&w).ok()).map(|d| d.timestamp().to_string());
        check(format!("{at}.{key}"), wanted, found.iter().map(|d| d.timestamp().to_string()).collect(), str::to_owned);
    }
    for person in item.get("authors").and_then(Value::as_array).into_iter().flatten() {
        let name = text(person, &["name"]).or_else(|| text(person, &["email"]));
        check(format!("{at}.author"), name, entry.authors.clone(), normal::text);
    }
    for category in item.get("categories").and_then(Value::as_array).into_iter().flatten() {
        let word = category.as_str().map(str::to_owned).or_else(|| text(category, &["term", "value"]));
        check(format!("{at}.category"), word, entry.categories.clone(), normal::text);
    }
    for file in item.get("enclosures").and_then(Value::as_array).into_iter().flatten() {
        let found = entry.enclosures.iter().map(|e| e.url.clone()).collect();
        check(format!("{at}.enclosure"), text(file, &["url"]).filter(|l| normal::is_web(l)), found, normal::address);
    }
}

/// The first of the keys that is a text, or an object with a value.
fn text(value: &Value, keys: &[&str]) -> Option<String> {
    keys.iter().find_map(|key| match value.get(key)? {
        Value::String(text) => Some(text.clone()),
        Value::Object(fields) => fields.get("value").or_else(|| fields.get("content"))?.as_str().map(str::to_owned),
        _ => None,
    })
}
