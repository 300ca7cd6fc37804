//! The feed list as people write it: TOML, OPML, CSV or an address a line in, a [`FeedList`] out.
//!
//! A bad table costs its neighbours nothing: it goes to `rejected` with its line and the remedy. What is no mistake but
//! no feed either (a second mention, an include) goes to `notes`. Only text that is no list at all is refused as a whole.
//! Nothing here touches the network or the disk.

mod decode;
mod forms;
mod opml;

use std::collections::HashMap;

use serde::Deserialize;
use url::Url;

use crate::polling::FeedOptions;

pub use decode::decode;
pub use forms::to_toml;
pub use opml::to_opml;

/// The longest address taken, in bytes: longer ones are generated or hostile, and indexes have to hold them.
pub const URL_BYTES_MAX: usize = 2048;

/// The most characters of a folder's name that are kept.
const FOLDER_CHARS_MAX: usize = 200;
/// The deepest nesting of folders that is kept. What lies deeper lands in the deepest folder kept.
const FOLDERS_MAX: usize = 32;

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
    /// The folders it lies in, from the outermost; empty where they are only its region and topic.
    pub folder: Vec<String>,
    /// How it alone is asked; `None` where the list says nothing of it.
    pub options: Option<FeedOptions>,
}

impl ListedFeed {
    /// A feed of which only the address is known.
    pub fn new(url: Url) -> Self {
        Self {
            url,
            title: None,
            country: None,
            language: None,
            region: None,
            topic: None,
            folder: Vec::new(),
            options: None,
        }
    }

    /// Where it stands in a list of folders: its own, else region and topic.
    pub fn path(&self) -> Vec<&str> {
        if self.folder.is_empty() {
            self.region.iter().chain(&self.topic).map(String::as_str).collect()
        } else {
            self.folder.iter().map(String::as_str).collect()
        }
    }

    /// Puts it into a folder. One that says no more than region and topic is none of its own, so that a list that was
    /// written by [`to_opml`] is read as what it was.
    fn lay(&mut self, folder: impl IntoIterator<Item = String>) {
        let clip = |name: String| -> String { name.trim().chars().take(FOLDER_CHARS_MAX).collect() };
        self.folder = folder.into_iter().map(clip).filter(|name| !name.is_empty()).take(FOLDERS_MAX).collect();
        if self.folder.iter().eq(self.region.iter().chain(&self.topic)) {
            self.folder.clear();
        }
    }
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
    /// What was passed over without being wrong: further mentions of a feed, links, includes.
    pub notes: Vec<Rejected>,
    /// Addresses of rejected tables: what the list means by them is not known, so nothing is done to these feeds.
    pub unclear: Vec<Url>,
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
    folder: Option<Folder>,
    options: Option<serde_json::Value>,
}

/// A folder as it is written in TOML: `"World/Asia"`, or `["World", "Asia"]` where a name holds a slash.
#[derive(Deserialize)]
#[serde(untagged)]
enum Folder {
    Path(String),
    Names(Vec<String>),
}

impl Folder {
    fn names(self) -> Vec<String> {
        match self {
            Self::Path(path) => path.split('/').map(str::to_owned).collect(),
            Self::Names(names) => names,
        }
    }
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
        let table = table.into_inner();
        let url = table.get("url").and_then(toml::Value::as_str).and_then(|url| parse_url(url).ok());
        let taken = parse_row(table).and_then(|feed| match line_of_url.get(&feed.url) {
            Some(first) => Err(format!("the same address stands on line {first}: remove one of the two")),
            None => Ok(feed),
        });
        match taken {
            Ok(feed) => {
                line_of_url.insert(feed.url.clone(), line);
                list.feeds.push(feed);
            }
            Err(reason) => {
                list.unclear.extend(url);
                list.rejected.push(Rejected { line, reason });
            }
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
        return opml::read(text);
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
    let mut feed = ListedFeed {
        url: parse_url(&row.url)?,
        options: options.map_err(|why| format!("options: {why}"))?,
        title: row.title,
        country: row.country,
        language: row.language,
        region: row.region,
        topic: row.topic,
        folder: Vec::new(),
    };
    feed.lay(row.folder.map(Folder::names).unwrap_or_default());
    Ok(feed)
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
