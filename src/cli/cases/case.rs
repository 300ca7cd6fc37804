//! A case's file: what was made of a page, short enough to be read and compared by people.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use url::Url;

use crate::article::{Article, CleanError};

/// Characters of a paragraph that are written down; the sum is of all.
const PARAGRAPH_CHARS: usize = 200;
/// Characters of an address that go into a file's name.
const NAME_CHARS: usize = 60;

/// What was made of a page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Case {
    /// Where the page came from.
    pub url: Url,
    /// The header it came with.
    pub content_type: Option<String>,
    /// What it is instead of an article.
    pub refused: Option<String>,
    title: Option<String>,
    #[serde(default)]
    authors: Vec<String>,
    published_at: Option<DateTime<Utc>>,
    language: Option<String>,
    word_count: Option<usize>,
    first_paragraph: Option<String>,
    last_paragraph: Option<String>,
    text_sha256: Option<String>,
}

impl Case {
    /// The case of a page and what was made of it.
    pub fn new(url: &Url, content_type: Option<&str>, made: &Result<Article, CleanError>) -> Self {
        let article = made.as_ref().ok();
        let paragraph = |text: &str| text.chars().take(PARAGRAPH_CHARS).collect::<String>();
        Self {
            url: url.clone(),
            content_type: content_type.map(str::to_owned),
            refused: made.as_ref().err().map(|error| error.kind().to_owned()),
            title: article.and_then(|article| article.title.clone()),
            authors: article.map(|article| article.authors.clone()).unwrap_or_default(),
            published_at: article.and_then(|article| article.published_at),
            language: article.and_then(|article| article.language.clone()),
            word_count: article.map(|article| article.word_count),
            first_paragraph: article.and_then(|article| article.text.split("\n\n").next()).map(paragraph),
            last_paragraph: article.and_then(|article| article.text.rsplit("\n\n").next()).map(paragraph),
            text_sha256: article.map(|article| hexadecimal(&Sha256::digest(&article.text))),
        }
    }

    /// As it stands in its file.
    pub fn written(&self) -> Result<String, toml::ser::Error> {
        let table = toml::to_string(self)?;
        Ok(format!(
            "# What `wireroom clean` made of the page beside this file; `wireroom validate` looks whether it still does.\n{table}"
        ))
    }

    /// Reads a case's file.
    ///
    /// # Errors
    /// A sentence.
    pub fn read(text: &str) -> Result<Self, String> {
        toml::from_str(text).map_err(|error| format!("this is no recorded case: {}", error.message()))
    }

    /// What is made of the page now and was not then.
    pub fn differences(&self, now: &Self) -> Vec<String> {
        let told = |name: &str, then: Option<String>, now: Option<String>| {
            let shown = |value: Option<String>| value.unwrap_or_else(|| "nothing".to_owned());
            (then != now).then(|| format!("{name} was {}, now is {}", shown(then), shown(now)))
        };
        let quoted = |text: &Option<String>| text.as_ref().map(|text| format!("{text:?}"));
        let at = |case: &Self| case.published_at.map(|at| at.to_rfc3339());
        let mut differences: Vec<String> = [
            told("the refusal", quoted(&self.refused), quoted(&now.refused)),
            told("the title", quoted(&self.title), quoted(&now.title)),
            told("the byline", Some(format!("{:?}", self.authors)), Some(format!("{:?}", now.authors))),
            told("the publication time", at(self), at(now)),
            told("the language", quoted(&self.language), quoted(&now.language)),
            told("the number of words", self.word_count.map(|n| n.to_string()), now.word_count.map(|n| n.to_string())),
            told("the first paragraph", quoted(&self.first_paragraph), quoted(&now.first_paragraph)),
            told("the last paragraph", quoted(&self.last_paragraph), quoted(&now.last_paragraph)),
        ]
        .into_iter()
        .flatten()
        .collect();
        if differences.is_empty() && self.text_sha256 != now.text_sha256 {
            differences.push("the text is another, between its first and last paragraph".to_owned());
        }
        differences
    }
}

/// A file's name for an address: its last words, and a sum that tells it from others.
pub fn name(url: &Url) -> String {
    let words: String = url
        .path()
        .trim_end_matches('/')
        .rsplit('/')
        .next()
        .unwrap_or_default()
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' })
        .take(NAME_CHARS)
        .collect();
    let words = words.trim_matches('-');
    let sum: String = hexadecimal(&Sha256::digest(url.as_str())).chars().take(8).collect();
    if words.is_empty() { sum } else { format!("{words}-{sum}") }
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
