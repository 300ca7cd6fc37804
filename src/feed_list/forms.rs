//! The other forms of a feed list: OPML, CSV, an address a line.

use std::collections::HashSet;
use std::fmt::Write as _;

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use crate::polling::FeedOptions;

use super::{FeedList, ListedFeed, Rejected, line_at, parse_url};

struct Gather {
    list: FeedList,
    seen: HashSet<String>,
}

impl Gather {
    fn new() -> Self {
        Self { list: FeedList::default(), seen: HashSet::new() }
    }

    fn take(&mut self, line: usize, url: &str, describe: impl FnOnce(&mut ListedFeed)) {
        match parse_url(url.trim()) {
            Ok(url) if !self.seen.insert(url.to_string()) => {
                self.list.rejected.push(Rejected { line, reason: format!("{url} stands in the list already") });
            }
            Ok(url) => {
                let mut feed = ListedFeed {
                    url,
                    title: None,
                    country: None,
                    language: None,
                    region: None,
                    topic: None,
                    options: None,
                };
                describe(&mut feed);
                self.list.feeds.push(feed);
            }
            Err(reason) => self.list.rejected.push(Rejected { line, reason }),
        }
    }
}

/// Reads OPML; the outer folder becomes the region, the inner one the topic.
pub fn read_opml(text: &str) -> Result<FeedList, String> {
    let mut reader = Reader::from_str(text);
    reader.config_mut().check_end_names = false;
    let mut gather = Gather::new();
    let mut folders: Vec<Option<String>> = Vec::new();
    let mut is_opml = false;
    loop {
        let offset = usize::try_from(reader.buffer_position()).unwrap_or(0);
        match reader.read_event() {
            Ok(Event::Start(tag)) if tag.name().as_ref() == "opml" => is_opml = true,
            Ok(Event::Start(tag)) if tag.name().as_ref() == "outline" => {
                let folder = outline(&tag, line_at(text, offset), &folders, &mut gather);
                if folders.len() < 64 {
                    folders.push(folder);
                }
            }
            Ok(Event::Empty(tag)) if tag.name().as_ref() == "outline" => {
                outline(&tag, line_at(text, offset), &folders, &mut gather);
            }
            Ok(Event::End(tag)) if tag.name().as_ref() == "outline" => drop(folders.pop()),
            Ok(Event::Eof) => break,
            Ok(_) => {}
            Err(error) => {
                let line = line_at(text, offset);
                if !is_opml {
                    return Err(format!("line {line}: this is no OPML: {error}"));
                }
                gather.list.rejected.push(Rejected { line, reason: format!("the XML breaks off here: {error}") });
                break;
            }
        }
    }
    if is_opml { Ok(gather.list) } else { Err("this is markup, but no OPML: there is no <opml>".to_owned()) }
}

fn outline(tag: &BytesStart<'_>, line: usize, folders: &[Option<String>], gather: &mut Gather) -> Option<String> {
    let attribute = |name: &str| {
        let found =
            tag.attributes().with_checks(false).flatten().find(|a| a.key.as_ref().eq_ignore_ascii_case(name))?;
        let raw = found.value.into_owned();
        let text = quick_xml::escape::unescape(&raw).map_or(raw.clone(), std::borrow::Cow::into_owned);
        (!text.trim().is_empty()).then(|| text.trim().to_owned())
    };
    let title = attribute("title").or_else(|| attribute("text"));
    let Some(url) = attribute("xmlUrl") else { return title };
    let named: Vec<&String> = folders.iter().flatten().collect();
    gather.take(line, &url, |feed| {
        feed.title = title;
        feed.language = attribute("language");
        feed.country = attribute("country");
        feed.region = named.first().map(|f| (*f).clone());
        feed.topic = named.get(1).map(|f| (*f).clone());
    });
    None
}

/// Reads CSV with a header row.
pub fn read_csv(text: &str) -> Result<FeedList, String> {
    let mut reader = csv::ReaderBuilder::new().flexible(true).trim(csv::Trim::All).from_reader(text.as_bytes());
    let head = reader.headers().map_err(|error| error.to_string())?.clone();
    let column = |name: &str| head.iter().position(|h| h.trim_start_matches('\u{feff}').eq_ignore_ascii_case(name));
    let Some(url) = column("url") else { return Err("line 1: the header row has no column url".to_owned()) };
    let columns = ["title", "country", "language", "region", "topic"].map(column);
    let mut gather = Gather::new();
    for row in reader.records() {
        match row {
            Ok(row) => {
                let line = row.position().map_or(0, |p| usize::try_from(p.line()).unwrap_or(0));
                let [title, country, language, region, topic] =
                    columns.map(|c| c.and_then(|c| row.get(c)).filter(|v| !v.is_empty()).map(str::to_owned));
                gather.take(line, row.get(url).unwrap_or_default(), |feed| {
                    feed.title = title;
                    feed.country = country;
                    feed.language = language;
                    feed.region = region;
                    feed.topic = topic;
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

/// Writes OPML, grouped by region and topic.
pub fn to_opml(feeds: &[ListedFeed]) -> String {
    let mut sorted: Vec<&ListedFeed> = feeds.iter().collect();
    sorted.sort_by(|a, b| (&a.region, &a.topic).cmp(&(&b.region, &b.topic)));
    let mut out = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<opml version=\"2.0\">\n<head><title>wireroom</title></head>\n<body>\n".to_owned();
    let escaped = |text: &str| quick_xml::escape::escape(text).into_owned();
    for group in sorted.chunk_by(|a, b| (&a.region, &a.topic) == (&b.region, &b.topic)) {
        let Some(first) = group.first() else { continue };
        let folders: Vec<&String> = first.region.iter().chain(&first.topic).collect();
        for folder in &folders {
            _ = writeln!(out, "<outline text=\"{}\">", escaped(folder));
        }
        for feed in group {
            let title = escaped(feed.title.as_deref().unwrap_or(feed.url.as_str()));
            _ = write!(
                out,
                "<outline type=\"rss\" text=\"{title}\" title=\"{title}\" xmlUrl=\"{}\"",
                escaped(feed.url.as_str())
            );
            for (name, value) in [("language", &feed.language), ("country", &feed.country)] {
                if let Some(value) = value {
                    _ = write!(out, " {name}=\"{}\"", escaped(value));
                }
            }
            out.push_str("/>\n");
        }
        for _ in &folders {
            out.push_str("</outline>\n");
        }
    }
    out.push_str("</body>\n</opml>\n");
    out
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
        if let Some(options) = feed.options.as_ref().and_then(FeedOptions::to_toml) {
            _ = write!(out, "[feeds.options]\n{options}");
        }
        out.push('\n');
    }
    out
}
