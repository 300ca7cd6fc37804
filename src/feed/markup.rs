//! Text to tree, whatever the text's faults.
//!
//! XML says that one fault ends the document. Publishers do not read XML: bare `&`, unclosed tags, HTML names for
//! characters, undeclared prefixes, a download cut off in the middle. This reader never refuses; what it had to mend
//! it says. It refuses nothing but size: depth and attributes are capped, and entities are never expanded twice.

use std::collections::BTreeSet;

use super::entities::{self, Defined};
use super::tree::{Element, Node, Vocabulary};

/// What is said of a document that ends before it is finished.
pub const CUT_OFF: &str = "the document is cut off";

/// The deepest nesting kept; deeper tags are dropped and their text kept. Real articles stay under 60.
const DEPTH_MAX: usize = 200;
/// The most attributes a tag can have; with more it is text.
const ATTRIBUTES_MAX: usize = 64;
/// The most entities taken from a DOCTYPE, and the longest, in bytes.
const ENTITIES_MAX: usize = 64;
const ENTITY_BYTES_MAX: usize = 1024;

/// A document as a tree below a nameless root.
pub struct Parsed {
    /// The nameless root.
    pub root: Element,
    /// What was mended.
    pub mended: BTreeSet<&'static str>,
}

/// Reads text as a tree.
pub fn parse(text: &str) -> Parsed {
    let mut builder = Builder::default();
    let mut rest = text;
    while let Some(open) = rest.find('<') {
        let (before, at) = rest.split_at_checked(open).unwrap_or((rest, ""));
        builder.text(before);
        rest = builder.markup(at);
    }
    builder.text(rest);
    builder.finish()
}

struct Open {
    element: Element,
    bindings: Vec<(String, Vocabulary)>,
}

#[derive(Default)]
struct Builder {
    stack: Vec<Open>,
    top: Vec<Node>,
    too_deep: usize,
    defined: Defined,
    mended: BTreeSet<&'static str>,
    never_again: BTreeSet<&'static str>,
}

impl Builder {
    /// Takes what stands at a `<` and gives what follows it.
    fn markup<'a>(&mut self, at: &'a str) -> &'a str {
        if let Some(after) = at.strip_prefix("<![CDATA[") {
            let (inside, rest) = after.split_once("]]>").unwrap_or_else(|| {
                self.mended.insert(CUT_OFF);
                (after, "")
            });
            let cleaned = clean(inside, &mut self.mended);
            self.push(Node::Text(cleaned));
            return rest;
        }
        if let Some(after) = at.strip_prefix("<!--") {
            return self.skip_past(after, "-->");
        }
        if let Some(after) = at.strip_prefix("<?") {
            let rest = self.skip_past(after, "?>");
            if after.starts_with("xml ") && !self.stack.is_empty() {
                self.mended.insert("a second XML declaration");
            }
            return rest;
        }
        if let Some(after) = at.strip_prefix("<!") {
            return self.declaration(after);
        }
        let after = at.strip_prefix('<').unwrap_or_default();
        let (name_at, closing) = after.strip_prefix('/').map_or((after, false), |name| (name, true));
        let tag = name_at.starts_with(|c: char| c.is_alphabetic() || c == '_').then(|| read_tag(name_at)).flatten();
        let Some((tag, rest)) = tag else {
            self.mended.insert("a stray `<` in text");
            self.push(Node::Text("<".to_owned()));
            return after;
        };
        if closing {
            self.close(&tag.name);
        } else {
            self.open(tag);
        }
        rest
    }

    /// What follows `end`, or the next `>` where `end` never comes. That it never comes is remembered, so that a
    /// document full of comments without ends is not searched to its end for each of them.
    fn skip_past<'a>(&mut self, text: &'a str, end: &'static str) -> &'a str {
        if !self.never_again.contains(end) {
            if let Some((_, rest)) = text.split_once(end) {
                return rest;
            }
            self.never_again.insert(end);
            self.mended.insert("a comment or instruction without its end");
        }
        text.split_once('>').map_or("", |(_, rest)| rest)
    }

    fn declaration<'a>(&mut self, after: &'a str) -> &'a str {
        let end = after.find('>').unwrap_or(after.len());
        let Some(bracket) = after.get(..end).and_then(|head| head.find('[')) else {
            return after.get(end..).and_then(|r| r.strip_prefix('>')).unwrap_or_default();
        };
        let Some((subset, rest)) = after.get(bracket..).and_then(|r| r.split_once(']')) else { return "" };
        for definition in subset.split("<!ENTITY").skip(1).take(ENTITIES_MAX) {
            if let Some((name, value)) = read_entity(definition) {
                let text = entities::resolve(value, &Defined::new());
                self.defined.entry(name.to_owned()).or_insert(text);
            }
        }
        rest.split_once('>').map_or("", |(_, rest)| rest)
    }

    fn text(&mut self, raw: &str) {
        if raw.is_empty() {
            return;
        }
        let cleaned = clean(raw, &mut self.mended);
        let resolved = entities::resolve(&cleaned, &self.defined);
        if cleaned.contains('&') && cleaned.contains("& ") {
            self.mended.insert("a bare `&`");
        }
        self.push(Node::Text(resolved));
    }

    fn push(&mut self, node: Node) {
        let siblings = self.stack.last_mut().map_or(&mut self.top, |open| &mut open.element.children);
        match (siblings.last_mut(), node) {
            (Some(Node::Text(before)), Node::Text(text)) => before.push_str(&text),
            (_, node) => siblings.push(node),
        }
    }

    fn open(&mut self, tag: Tag) {
        let mut bindings = Vec::new();
        for (name, value) in &tag.attributes {
            if let Some(prefix) = name.strip_prefix("xmlns") {
                let vocabulary = Vocabulary::of_address(value);
                bindings.push((prefix.trim_start_matches(':').to_owned(), vocabulary));
            }
        }
        let vocabulary = self.vocabulary(&tag.name, &bindings);
        let attributes = tag
            .attributes
            .into_iter()
            .map(|(name, value)| {
                let local = match name.rsplit_once(':') {
                    Some((prefix, local)) if prefix != "xmlns" => local.to_owned(),
                    _ => name,
                };
                (local, entities::resolve(&clean(&value, &mut self.mended), &self.defined))
            })
            .collect();
        let element = Element { vocabulary, qualified: tag.name, attributes, children: Vec::new() };
        self.close_before(&element);
        let is_link = vocabulary != Vocabulary::Html && element.name() == "link" && element.attribute("href").is_some();
        if tag.self_closed || is_link || is_void(&element) {
            self.push(Node::Element(element));
        } else if self.stack.len() >= DEPTH_MAX {
            self.too_deep += 1;
            self.mended.insert("nesting deeper than is kept");
        } else {
            self.stack.push(Open { element, bindings });
        }
    }

    fn vocabulary(&self, name: &str, own: &[(String, Vocabulary)]) -> Vocabulary {
        let (prefix, local) = name.split_once(':').unwrap_or(("", name));
        let bound =
            own.iter().chain(self.stack.iter().rev().flat_map(|o| o.bindings.iter())).find(|(p, _)| p == prefix);
        match (bound, prefix) {
            (Some((_, vocabulary)), _) => *vocabulary,
            (None, "") if local == "feed" => Vocabulary::Atom,
            // Without a namespace an element speaks its root's language.
            (None, "") => self
                .stack
                .iter()
                .find(|o| matches!(o.element.name(), "feed" | "rss" | "rdf" | "channel"))
                .map_or(Vocabulary::Rss, |o| o.element.vocabulary),
            (None, prefix) => Vocabulary::of_undeclared_prefix(prefix),
        }
    }

    /// Closes what a publisher forgot to close: an item ends where the next begins, a headline where a link begins.
    fn close_before(&mut self, next: &Element) {
        if !matches!(next.vocabulary, Vocabulary::Rss | Vocabulary::Atom) {
            return;
        }
        if is_item(next) {
            let embedded =
                self.stack.iter().any(|o| o.element.name() == "content" && o.element.vocabulary == next.vocabulary);
            let container =
                self.stack.iter().rposition(|o| matches!(o.element.name(), "channel" | "feed" | "rdf" | "rss"));
            if let Some(container) = container.filter(|_| !embedded) {
                let depth = container + 1;
                // Groups such as `<items>` may stand between; only an open item or a leaf is a forgotten one.
                if self.stack.iter().skip(depth).any(|o| is_item(&o.element) || is_leaf(&o.element)) {
                    self.mended.insert("an element that was never closed");
                    while self.stack.len() > depth {
                        self.pop();
                    }
                }
            }
        } else if is_leaf(next)
            || matches!(next.name(), "description" | "summary" | "category" | "author" | "enclosure")
        {
            let forgotten =
                self.stack.last().is_some_and(|o| is_leaf(&o.element) && o.element.vocabulary == next.vocabulary);
            if forgotten {
                self.mended.insert("an element that was never closed");
                self.pop();
            }
        }
    }

    fn close(&mut self, name: &str) {
        if self.too_deep > 0 {
            self.too_deep -= 1;
            return;
        }
        let Some(position) = self.stack.iter().rposition(|o| o.element.qualified == name) else { return };
        // A stray `</channel>` inside naked HTML must not end the feed: an item is closed only by its own name.
        if position + 1 < self.stack.len() {
            self.mended.insert("an element that was never closed");
        }
        while self.stack.len() > position {
            self.pop();
        }
    }

    fn pop(&mut self) {
        if let Some(open) = self.stack.pop() {
            self.push(Node::Element(open.element));
        }
    }

    fn finish(mut self) -> Parsed {
        if !self.stack.is_empty() {
            self.mended.insert(CUT_OFF);
        }
        while !self.stack.is_empty() {
            self.pop();
        }
        let root = Element {
            vocabulary: Vocabulary::Other,
            qualified: String::new(),
            attributes: Vec::new(),
            children: self.top,
        };
        Parsed { root, mended: self.mended }
    }
}

/// Whether an element is an item of a feed.
pub fn is_item(element: &Element) -> bool {
    matches!(element.vocabulary, Vocabulary::Rss | Vocabulary::Atom | Vocabulary::Other)
        && matches!(element.name(), "item" | "entry")
}

/// Whether an element of a feed holds text only, so that a field beginning inside it means its end was forgotten.
fn is_leaf(element: &Element) -> bool {
    matches!(element.vocabulary, Vocabulary::Rss | Vocabulary::Atom)
        && matches!(
            element.name(),
            "title" | "link" | "guid" | "id" | "pubdate" | "updated" | "published" | "language" | "ttl" | "comments"
        )
}

fn is_void(element: &Element) -> bool {
    matches!(element.name(), "br" | "hr" | "img" | "wbr") && !element.qualified.contains(':')
}

struct Tag {
    name: String,
    attributes: Vec<(String, String)>,
    self_closed: bool,
}

/// Reads a tag from its name on; `None` when it never ends, or another `<` comes first.
fn read_tag(text: &str) -> Option<(Tag, &str)> {
    let name_end = text.find(|c: char| c.is_whitespace() || matches!(c, '>' | '/' | '<'))?;
    let (name, mut rest) = text.split_at_checked(name_end)?;
    let mut tag = Tag { name: name.to_lowercase(), attributes: Vec::new(), self_closed: false };
    loop {
        rest = rest.trim_start();
        if let Some(after) = rest.strip_prefix('>') {
            return Some((tag, after));
        }
        if let Some(after) = rest.strip_prefix('/') {
            tag.self_closed = after.trim_start().starts_with('>');
            rest = after;
            continue;
        }
        let end = rest.find(|c: char| c.is_whitespace() || matches!(c, '=' | '>' | '/' | '<'))?;
        let (key, after) = rest.split_at_checked(end)?;
        if after.starts_with('<') {
            return None;
        }
        let (value, after) = match after.trim_start().strip_prefix('=') {
            Some(value) => read_value(value.trim_start())?,
            None => ("", after),
        };
        // More attributes than any tag has: text that looks like a tag, and would be scanned again from its next `<`.
        if tag.attributes.len() >= ATTRIBUTES_MAX {
            return None;
        }
        if !key.is_empty() {
            tag.attributes.push((key.to_lowercase(), value.to_owned()));
        }
        rest = after;
    }
}

fn read_value(text: &str) -> Option<(&str, &str)> {
    for quote in ['"', '\''] {
        if let Some(quoted) = text.strip_prefix(quote) {
            return quoted.split_once(quote);
        }
    }
    let end = text.find(|c: char| c.is_whitespace() || matches!(c, '>' | '<'))?;
    text.split_at_checked(end)
}

fn read_entity(definition: &str) -> Option<(&str, &str)> {
    let definition = definition.trim_start();
    let (name, rest) = definition.split_once(char::is_whitespace)?;
    let (value, _) = read_value(rest.trim_start()).filter(|_| rest.trim_start().starts_with(['"', '\'']))?;
    (value.len() <= ENTITY_BYTES_MAX).then_some((name, value))
}

/// Takes out characters XML does not allow.
fn clean(text: &str, mended: &mut BTreeSet<&'static str>) -> String {
    if text.chars().all(entities::allowed) {
        return text.to_owned();
    }
    mended.insert("control characters");
    text.chars().filter(|c| entities::allowed(*c)).collect()
}
