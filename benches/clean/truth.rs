//! The pages and what is known of them, from `../shared/data/pages`.

use std::fs;
use std::io::Read as _;
use std::path::Path;

use serde_json::Value;

/// The sets, in the order they are printed.
pub const SETS: [&str; 4] = ["news-2019", "newspapers", "segments", "web-articles"];

/// A page with its truth; what is `None` or empty is not known.
#[derive(Default)]
pub struct Page {
    pub file: String,
    pub url: Option<String>,
    pub html: String,
    pub text: Option<String>,
    /// The text without its summary, where there is one: whether it belongs to the body is a matter of taste.
    pub text_without_summary: Option<String>,
    pub with: Vec<String>,
    pub without: Vec<String>,
    pub title: Option<String>,
    pub authors: Option<Vec<String>>,
    pub published: Option<String>,
    pub country: Option<String>,
}

/// Reads a set, or the pages of it whose file name contains `only`; `None` where the set is absent.
pub fn load(folder: &Path, only: Option<&str>) -> Option<Vec<Page>> {
    let lines = fs::read_to_string(folder.join("truth.jsonl")).ok()?;
    let truths = lines.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let pages = truths.filter_map(|truth| {
        let file = text_of(&truth, "file")?;
        if only.is_some_and(|only| !file.contains(only)) {
            return None;
        }
        let html = unpack(&folder.join(&file))?;
        Some(page(&truth, file, html))
    });
    Some(pages.collect())
}

fn page(truth: &Value, file: String, html: String) -> Page {
    let text = text_of(truth, "text");
    let summary = strings(truth, "summary").unwrap_or_default();
    let text_without_summary = text
        .as_ref()
        .filter(|_| !summary.is_empty())
        .map(|text| summary.iter().fold(text.clone(), |rest, part| rest.replacen(part.as_str(), "", 1)));
    Page {
        file,
        url: text_of(truth, "url"),
        html,
        text,
        text_without_summary,
        with: strings(truth, "with").unwrap_or_default(),
        without: strings(truth, "without").unwrap_or_default(),
        title: text_of(truth, "title"),
        authors: strings(truth, "authors"),
        published: text_of(truth, "published_at"),
        country: text_of(truth, "country"),
    }
}

fn text_of(truth: &Value, key: &str) -> Option<String> {
    truth.get(key).and_then(Value::as_str).filter(|text| !text.is_empty()).map(str::to_owned)
}

fn strings(truth: &Value, key: &str) -> Option<Vec<String>> {
    let list = truth.get(key)?.as_array()?;
    Some(list.iter().filter_map(Value::as_str).map(str::to_owned).collect())
}

fn unpack(path: &Path) -> Option<String> {
    let mut bytes = Vec::new();
    flate2::read::GzDecoder::new(fs::File::open(path).ok()?).read_to_end(&mut bytes).ok()?;
    Some(String::from_utf8_lossy(&bytes).into_owned())
}

/// What a program says of a page.
#[derive(Debug, Default, Clone, serde::Serialize, serde::Deserialize)]
#[serde(default)]
pub struct Answer {
    pub file: String,
    /// `None` when the page was refused, or the program failed on it.
    pub text: Option<String>,
    /// Why there is no text.
    pub error: Option<String>,
    /// CPU time.
    pub seconds: f64,
    pub title: Option<String>,
    /// As the program writes it: a day, or a day with a time.
    pub published: Option<String>,
    pub authors: Vec<String>,
    pub language: Option<String>,
}
