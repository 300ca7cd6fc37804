//! OPML, in and out, with folders of any depth.
//!
//! What readers export is broken in every way XML can be: bare `&` in addresses, HTML entities, unclosed outlines,
//! attribute names in any case. So it is read by the tokenizer of HTML, which has a meaning for every text; only tags and
//! attributes are looked at.

use std::cell::RefCell;
use std::fmt::Write as _;

use html5ever::tendril::StrTendril;
use html5ever::tokenizer::{BufferQueue, Tag, TagKind, Token, TokenSink, TokenSinkResult, Tokenizer, TokenizerOpts};

use super::forms::Gather;
use super::{FOLDERS_MAX, FeedList, ListedFeed};
use crate::page::strip;

/// The longest list read, in bytes. 180,000 feeds take about 40 MB.
const OPML_BYTES_MAX: usize = 64 << 20;

/// Attributes under which programs write a feed's address, in lower case.
const ADDRESS: [&str; 5] = ["xmlurl", "xml_url", "feedurl", "feed", "rssurl"];

/// Reads OPML.
///
/// # Errors
/// The text is no OPML: there is no `<opml>` and no `<outline>` in it, or it is longer than any list.
pub fn read(text: &str) -> Result<FeedList, String> {
    if text.len() > OPML_BYTES_MAX {
        return Err(format!("the list has {} bytes; {OPML_BYTES_MAX} is the most read: split it", text.len()));
    }
    // The tokenizer looks for doubles among a tag's attributes in square time.
    if strip::strip(text).attribute_flood {
        return Err("this is markup with thousands of attributes in a tag, and no OPML".to_owned());
    }
    let outlines =
        Outlines(RefCell::new(Reading { gather: Gather::new(), folders: Vec::new(), deeper: 0, is_opml: false }));
    let tokenizer = Tokenizer::new(outlines, TokenizerOpts::default());
    let queue = BufferQueue::default();
    queue.push_back(StrTendril::from_slice(text));
    // The sink never asks for a pause, so one call takes all.
    let _taken = tokenizer.feed(&queue);
    tokenizer.end();
    let reading = tokenizer.sink.0.into_inner();
    if !reading.is_opml {
        return Err("this is markup, but no OPML: there is no <opml> and no <outline>".to_owned());
    }
    Ok(reading.gather.list)
}

/// Takes what the tokenizer finds.
struct Outlines(RefCell<Reading>);

struct Reading {
    gather: Gather,
    /// The open outlines from the outermost; a feed that holds others is no folder.
    folders: Vec<Option<String>>,
    /// Open outlines below the deepest folder kept.
    deeper: usize,
    is_opml: bool,
}

impl TokenSink for Outlines {
    type Handle = ();

    fn process_token(&self, token: Token, line: u64) -> TokenSinkResult<()> {
        if let Token::TagToken(tag) = token {
            self.0.borrow_mut().tag(&tag, usize::try_from(line).unwrap_or(0));
        }
        TokenSinkResult::Continue
    }
}

impl Reading {
    fn tag(&mut self, tag: &Tag, line: usize) {
        let name = tag.name.rsplit(':').next().unwrap_or_default();
        match (name, tag.kind) {
            ("opml", TagKind::StartTag) => self.is_opml = true,
            ("outline", TagKind::StartTag) => {
                self.is_opml = true;
                let folder = self.outline(&Attributes(tag), line);
                match (tag.self_closing, self.folders.len() < FOLDERS_MAX) {
                    (true, _) => {}
                    (false, true) => self.folders.push(folder),
                    (false, false) => self.deeper += 1,
                }
            }
            ("outline", TagKind::EndTag) if self.deeper > 0 => self.deeper -= 1,
            ("outline", TagKind::EndTag) => drop(self.folders.pop()),
            _ => {}
        }
    }

    /// Takes an outline; gives the folder's name, if it is one.
    fn outline(&mut self, attributes: &Attributes<'_>, line: usize) -> Option<String> {
        let title = attributes.get("title").or_else(|| attributes.get("text"));
        let kind = attributes.get("type").unwrap_or_default().to_ascii_lowercase();
        let elsewhere = attributes.get("url").or_else(|| attributes.get("href"));
        let address = ADDRESS.iter().find_map(|name| attributes.get(name)).or_else(|| {
            // Some write a feed's address as `url`; OPML keeps that for links and includes.
            elsewhere.clone().filter(|_| matches!(kind.as_str(), "rss" | "atom" | "feed" | "rdf" | "json"))
        });
        let Some(address) = address else {
            if let Some(elsewhere) = elsewhere.filter(|_| matches!(kind.as_str(), "link" | "include" | "")) {
                let what = if kind == "include" { "another list" } else { "a link" };
                let remedy = if kind == "include" { ": import it by itself" } else { "" };
                self.gather.note(line, format!("{elsewhere} is {what}, no feed{remedy}"));
                return None;
            }
            return title;
        };
        let mut folder: Vec<String> = self.folders.iter().flatten().cloned().collect();
        if folder.is_empty()
            && let Some(category) = attributes.get("category")
        {
            // OPML 2.0: several categories by commas, each a path by slashes; the first is the main one.
            let main = category.split(',').map(str::trim).find(|path| !path.is_empty()).unwrap_or_default();
            folder = main.split('/').map(|name| name.trim().to_owned()).collect();
        }
        self.gather.take(line, &address, |feed| {
            feed.title = title.filter(|title| *title != address);
            feed.language = attributes.get("language");
            feed.country = attributes.get("country");
            feed.region = attributes.get("region");
            feed.topic = attributes.get("topic");
            feed.lay(folder);
        });
        None
    }
}

struct Attributes<'t>(&'t Tag);

impl Attributes<'_> {
    /// A value that says something, by the attribute's name in lower case.
    fn get(&self, name: &str) -> Option<String> {
        let found = self.0.attrs.iter().find(|a| a.name.local.rsplit(':').next() == Some(name))?;
        let value = found.value.trim();
        (!value.is_empty()).then(|| value.to_owned())
    }
}

/// Writes OPML: feeds in their folders, else by region and topic.
pub fn to_opml(feeds: &[ListedFeed]) -> String {
    let mut sorted: Vec<&ListedFeed> = feeds.iter().collect();
    // Stable: within a folder the order stays.
    sorted.sort_by_key(|feed| feed.path());
    let mut out = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<opml version=\"2.0\">\n<head><title>wireroom</title></head>\n<body>\n"
        .to_owned();
    let mut open: Vec<&str> = Vec::new();
    for feed in sorted {
        let path = feed.path();
        let common = open.iter().zip(&path).take_while(|(a, b)| a == b).count();
        for _ in common..open.len() {
            out.push_str("</outline>\n");
        }
        open.truncate(common);
        for folder in path.iter().skip(common) {
            let name = escaped(folder);
            _ = writeln!(out, "<outline text=\"{name}\" title=\"{name}\">");
            open.push(folder);
        }
        let title = escaped(feed.title.as_deref().unwrap_or(feed.url.as_str()));
        let url = escaped(feed.url.as_str());
        _ = write!(out, "<outline type=\"rss\" text=\"{title}\" title=\"{title}\" xmlUrl=\"{url}\"");
        let own = [
            ("language", &feed.language),
            ("country", &feed.country),
            ("region", &feed.region),
            ("topic", &feed.topic),
        ];
        for (name, value) in own {
            if let Some(value) = value {
                _ = write!(out, " {name}=\"{}\"", escaped(value));
            }
        }
        out.push_str("/>\n");
    }
    for _ in open {
        out.push_str("</outline>\n");
    }
    out.push_str("</body>\n</opml>\n");
    out
}

/// Text for an attribute. What XML cannot hold is left out; white space that a parser would flatten is written as
/// references.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&apos;"),
            '\n' | '\t' | '\r' => _ = write!(out, "&#{};", u32::from(c)),
            '\u{0}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => {}
            c => out.push(c),
        }
    }
    out
}
