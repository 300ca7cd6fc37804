//! The feed list as people write it: TOML text in, a [`FeedList`] out.
//!
//! A bad table costs its neighbours nothing: it goes to `rejected` with its line and the remedy. Only text that is no
//! TOML at all refuses the whole list. Nothing here touches the network or the disk.

mod forms;

use std::collections::HashMap;

use serde::Deserialize;
use url::Url;

use crate::polling::FeedOptions;

pub use forms::{to_opml, to_toml};

/// The longest address taken, in bytes: longer ones are generated or hostile, and indexes have to hold them.
pub const URL_BYTES_MAX: usize = 2048;

/// One feed to poll.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedFeed {
    /// The address, http or https, without user name, password or fragment.
    pub url: Url,
    /// What people call it.
    pub title: Option<String>,
    /// ISO 3166-1 alpha-2, lower case.
    pub country: Option<String>,
    /// BCP 47.
    pub language: Option<String>,
    /// The part of the world it is grouped under.
    pub region: Option<String>,
    /// What it mostly writes about.
    pub topic: Option<String>,
    /// How it alone is asked; `None` where the list says nothing of it.
    pub options: Option<FeedOptions>,
}

/// A table of the list that could not be taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rejected {
    /// The line of the file, counted from 1.
    pub line: usize,
    /// What is wrong and what to do about it.
    pub reason: String,
}

/// What a feed list says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FeedList {
    /// The feeds in the order of the file, each address once.
    pub feeds: Vec<ListedFeed>,
    /// The tables left out.
    pub rejected: Vec<Rejected>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    #[serde(default)]
    feeds: Vec<toml::Spanned<toml::Table>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    url: String,
    title: Option<String>,
    country: Option<String>,
    language: Option<String>,
    region: Option<String>,
    topic: Option<String>,
    options: Option<serde_json::Value>,
}

/// Reads a feed list.
///
/// # Errors
/// The text is no TOML, or has keys beside `[[feeds]]`; the error names the line.
pub fn read(text: &str) -> Result<FeedList, toml::de::Error> {
    let document: Document = toml::from_str(text)?;
    let mut list = FeedList::default();
    let mut line_of_url: HashMap<Url, usize> = HashMap::new();
    for table in document.feeds {
        let line = line_at(text, table.span().start);
        let taken = parse_row(table.into_inner()).and_then(|feed| match line_of_url.get(&feed.url) {
            Some(first) => Err(format!("the same address stands on line {first}: remove one of the two")),
            None => Ok(feed),
        });
        match taken {
            Ok(feed) => {
                line_of_url.insert(feed.url.clone(), line);
                list.feeds.push(feed);
            }
            Err(reason) => list.rejected.push(Rejected { line, reason }),
        }
    }
    Ok(list)
}

/// Reads a feed list in whichever form it is: OPML, TOML, CSV with a header row, or an address a line.
///
/// # Errors
/// The text is none of these; the error says as what it was read.
pub fn read_any(name: &str, text: &str) -> Result<FeedList, String> {
    let begin = text.trim_start_matches('\u{feff}').trim_start();
    let extension = name.rsplit('.').next().unwrap_or_default().to_ascii_lowercase();
    if begin.starts_with('<') {
        return forms::read_opml(text);
    }
    if extension == "toml" || begin.contains("[[feeds]]") {
        return read(text).map_err(|error| error.to_string().trim_end().to_owned());
    }
    let first = begin.lines().next().unwrap_or_default().to_ascii_lowercase();
    if extension == "csv" || first.split(',').any(|column| column.trim() == "url") {
        return forms::read_csv(text);
    }
    Ok(forms::read_plain(text))
}

fn parse_row(table: toml::Table) -> Result<ListedFeed, String> {
    let row: Row = table.try_into().map_err(|e: toml::de::Error| e.message().to_owned())?;
    let options = row.options.map(|options| FeedOptions::read(&options)).transpose();
    Ok(ListedFeed {
        url: parse_url(&row.url)?,
        options: options.map_err(|why| format!("options: {why}"))?,
        title: row.title,
        country: row.country,
        language: row.language,
        region: row.region,
        topic: row.topic,
    })
}

fn parse_url(raw: &str) -> Result<Url, String> {
    if raw.len() > URL_BYTES_MAX {
        return Err(format!("the url has {} bytes; {URL_BYTES_MAX} is the most taken", raw.len()));
    }
    let mut url = Url::parse(raw).map_err(|e| format!("url {raw:?} is no address: {e}"))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(format!("the scheme {:?} is not polled: use http or https", url.scheme()));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err("the url holds a user name or password: keep secrets out of the feed list".to_owned());
    }
    url.set_fragment(None);
    Ok(url)
}

fn line_at(text: &str, offset: usize) -> usize {
    1 + text.bytes().take(offset).filter(|&b| b == b'\n').count()
}
