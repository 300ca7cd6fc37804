//! The other forms of a feed list: CSV and an address a line in, TOML out.

use std::collections::HashMap;
use std::fmt::Write as _;

use url::Url;

use super::{FeedList, ListedFeed, Rejected, parse_url};
use crate::polling::FeedOptions;

/// A list as it grows; every address is taken once.
pub(super) struct Gather {
    pub(super) list: FeedList,
    line_of_url: HashMap<Url, usize>,
}

impl Gather {
    pub(super) fn new() -> Self {
        Self { list: FeedList::default(), line_of_url: HashMap::new() }
    }

    pub(super) fn take(&mut self, line: usize, url: &str, describe: impl FnOnce(&mut ListedFeed)) {
        // `feed:` is what browsers once handed to readers: `feed://host/rss`, `feed:https://host/rss`.
        let url = url.trim();
        let url = match url.strip_prefix("feed:") {
            Some(rest) if rest.starts_with("//") => format!("http:{rest}"),
            Some(rest) => rest.to_owned(),
            None => url.to_owned(),
        };
        match parse_url(&url) {
            Ok(url) => match self.line_of_url.get(&url) {
                // Readers let a feed lie in several folders; the first counts.
                Some(first) => self.note(line, format!("{url} stands on line {first} already")),
                None => {
                    self.line_of_url.insert(url.clone(), line);
                    let mut feed = ListedFeed::new(url);
                    describe(&mut feed);
                    self.list.feeds.push(feed);
                }
            },
            Err(reason) => self.list.rejected.push(Rejected { line, reason }),
        }
    }

    pub(super) fn note(&mut self, line: usize, reason: String) {
        self.list.notes.push(Rejected { line, reason });
    }
}

/// Reads CSV with a header row.
pub fn read_csv(text: &str) -> Result<FeedList, String> {
    let mut reader = csv::ReaderBuilder::new().flexible(true).trim(csv::Trim::All).from_reader(text.as_bytes());
    let head = reader.headers().map_err(|error| error.to_string())?.clone();
    let column = |name: &str| head.iter().position(|h| h.trim_start_matches('\u{feff}').eq_ignore_ascii_case(name));
    let Some(url) = column("url") else { return Err("line 1: the header row has no column url".to_owned()) };
    let columns = ["title", "country", "language", "region", "topic", "folder"].map(column);
    let mut gather = Gather::new();
    for row in reader.records() {
        match row {
            Ok(row) => {
                let line = row.position().map_or(0, |p| usize::try_from(p.line()).unwrap_or(0));
                let [title, country, language, region, topic, folder] =
                    columns.map(|c| c.and_then(|c| row.get(c)).filter(|v| !v.is_empty()).map(str::to_owned));
                gather.take(line, row.get(url).unwrap_or_default(), |feed| {
                    feed.title = title;
                    feed.country = country;
                    feed.language = language;
                    feed.region = region;
                    feed.topic = topic;
                    feed.lay(folder.iter().flat_map(|path| path.split('/')).map(str::to_owned));
                });
            }
            Err(error) => {
                let line = error.position().map_or(0, |p| usize::try_from(p.line()).unwrap_or(0));
                gather.list.rejected.push(Rejected { line, reason: error.to_string() });
            }
        }
    }
    Ok(gather.list)
}

/// Reads an address a line; `#` begins a comment line.
pub fn read_plain(text: &str) -> FeedList {
    let mut gather = Gather::new();
    for (at, line) in text.lines().enumerate() {
        let line = line.trim();
        if !line.is_empty() && !line.starts_with('#') {
            gather.take(at + 1, line, |_| {});
        }
    }
    gather.list
}

/// Writes TOML, as `config/feeds.toml` has it.
pub fn to_toml(feeds: &[ListedFeed]) -> String {
    let mut out = String::new();
    for feed in feeds {
        let quoted = |text: &str| toml::Value::String(text.to_owned()).to_string();
        _ = writeln!(out, "[[feeds]]\nurl = {}", quoted(feed.url.as_str()));
        let fields = [
            ("title", &feed.title),
            ("country", &feed.country),
            ("language", &feed.language),
            ("region", &feed.region),
            ("topic", &feed.topic),
        ];
        for (name, value) in fields {
            if let Some(value) = value {
                _ = writeln!(out, "{name} = {}", quoted(value));
            }
        }
        if feed.folder.iter().any(|name| name.contains('/')) {
            let names: Vec<String> = feed.folder.iter().map(|name| quoted(name)).collect();
            _ = writeln!(out, "folder = [{}]", names.join(", "));
        } else if !feed.folder.is_empty() {
            _ = writeln!(out, "folder = {}", quoted(&feed.folder.join("/")));
        }
        if let Some(options) = feed.options.as_ref().and_then(FeedOptions::to_toml) {
            _ = write!(out, "[feeds.options]\n{options}");
        }
        out.push('\n');
    }
    out
}
