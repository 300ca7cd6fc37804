//! The tags of a sitemap, one after the other. Sitemaps are flat and long: 50,000 addresses need no tree.

use super::super::markup::CUT_OFF;

/// The most bytes looked at for the end of a tag: the longest root, with all extensions declared, has some 800.
const TAG_BYTES_MAX: usize = 16 * 1024;

/// What follows next in the document. Names are lower case, without their prefix.
#[derive(Debug, Clone, Copy)]
pub enum Event<'a> {
    /// A start tag.
    Open(&'a str),
    /// An end tag.
    Close(&'a str),
    /// Text, with its references.
    Text(&'a str),
}

/// A document's tags.
pub struct Tags<'a> {
    rest: &'a str,
    has_no_comment_end: bool,
    is_cut: bool,
    has_stray: bool,
}

impl<'a> Tags<'a> {
    /// Of this text.
    pub fn of(text: &'a str) -> Self {
        Self { rest: text, has_no_comment_end: false, is_cut: false, has_stray: false }
    }

    /// What had to be mended so far.
    pub fn mended(&self) -> impl Iterator<Item = &'static str> {
        let notes = [(self.is_cut, CUT_OFF), (self.has_stray, "a stray `<` in text")];
        notes.into_iter().filter_map(|(is_so, note)| is_so.then_some(note))
    }

    /// The next event.
    pub fn next(&mut self) -> Option<Event<'a>> {
        loop {
            let after = match self.rest.strip_prefix('<') {
                Some(after) => after,
                None if self.rest.is_empty() => return None,
                None => {
                    let end = self.rest.find('<').unwrap_or(self.rest.len());
                    return Some(Event::Text(self.split(end)));
                }
            };
            if let Some(inside) = after.strip_prefix("![CDATA[") {
                let (text, rest) = inside.split_once("]]>").unwrap_or_else(|| {
                    self.is_cut = true;
                    (inside, "")
                });
                self.rest = rest;
                return Some(Event::Text(text));
            }
            if let Some(rest) = self.past_comment(after) {
                self.rest = rest;
                continue;
            }
            let end = after.bytes().take(TAG_BYTES_MAX).position(|b| matches!(b, b'<' | b'>'));
            let Some((tag, rest)) = end.and_then(|end| after.split_at_checked(end)) else {
                // No end: the rest of a document that was cut, or no tag.
                let is_long = after.len() > TAG_BYTES_MAX;
                self.is_cut |= !is_long;
                self.rest = if is_long { after } else { "" };
                continue;
            };
            let Some(rest) = rest.strip_prefix('>') else {
                self.has_stray = true;
                self.rest = after;
                continue;
            };
            self.rest = rest;
            if tag.starts_with(['?', '!']) || tag.ends_with('/') {
                continue;
            }
            let (tag, is_end) = tag.strip_prefix('/').map_or((tag, false), |tag| (tag, true));
            let name = tag.split(|c: char| c.is_whitespace() || c == '/').next().unwrap_or_default();
            let local = known(name.rsplit_once(':').map_or(name, |(_, local)| local));
            return Some(if is_end { Event::Close(local) } else { Event::Open(local) });
        }
    }

    fn split(&mut self, end: usize) -> &'a str {
        let (text, rest) = self.rest.split_at_checked(end).unwrap_or((self.rest, ""));
        self.rest = rest;
        text
    }

    /// What follows a comment, if one stands here. That none ends any more is remembered, so that a document of comments
    /// without ends is not searched to its end for each.
    fn past_comment(&mut self, after: &'a str) -> Option<&'a str> {
        let inside = after.strip_prefix("!--").filter(|_| !self.has_no_comment_end)?;
        let rest = inside.split_once("-->").map(|(_, rest)| rest);
        self.has_no_comment_end = rest.is_none();
        rest
    }
}

/// A name that means something here, whatever its case; another is none.
fn known(name: &str) -> &'static str {
    const NAMES: [&str; 17] = [
        "urlset",
        "sitemapindex",
        "url",
        "sitemap",
        "loc",
        "lastmod",
        "news",
        "publication",
        "name",
        "language",
        "publication_date",
        "title",
        "keywords",
        "image",
        "video",
        "pagemap",
        "link",
    ];
    NAMES.into_iter().find(|known| name.eq_ignore_ascii_case(known)).unwrap_or("")
}
