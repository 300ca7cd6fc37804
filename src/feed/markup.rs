//! Text to items, whatever the text's faults.
//!
//! XML says that one fault ends the document. Publishers do not read XML: bare `&`, unclosed tags, HTML names for
//! characters, undeclared prefixes, a download cut off in the middle. This reader never refuses; what it had to mend
//! it says. Items are handed over one by one as they close, so that no tree of the whole document is ever held; what is
//! not an item stays in a tree, the channel's. Depth, attributes, elements and entities are capped.

mod mend;
mod scan;
mod tag;

use std::collections::{BTreeSet, HashMap};

use super::entities::{self, Defined};
use super::tree::{Element, Node};
use super::vocabulary::Vocabulary;
pub use mend::is_html_name;
use mend::{ended_by, is_container, is_html, is_item, is_known_name, is_line, is_root_name, is_void};
use scan::{Mark, Scanner};
use tag::{Read, Tag};

/// What is said of a document that ends before it is finished.
pub const CUT_OFF: &str = "the document is cut off";

/// The deepest nesting kept; deeper tags are dropped and their text kept. Real articles stay under 60.
const DEPTH_MAX: usize = 200;
/// The most elements kept of one item, and of everything outside of items; of more, the text is kept.
const ELEMENTS_MAX: usize = 20_000;
/// How often the text may be read in vain, looking for ends of tags that have none, in times its length.
const VAIN_READS_MAX: usize = 4;

/// What was outside of the items.
pub struct Parsed {
    /// A nameless root, with the channel below it.
    pub root: Element,
    /// What was mended.
    pub mended: BTreeSet<&'static str>,
}

/// An item, and what it stands in.
pub struct Item<'a> {
    /// The item.
    pub element: Element,
    /// The `xml:base` of the elements around it, outermost first.
    pub bases: Vec<&'a str>,
}

/// Reads text as a tree, and hands over each item at its end.
pub fn read(text: &str, take: &mut dyn FnMut(Item)) -> Parsed {
    let mut builder = Builder {
        scanner: Scanner::new(text),
        at: 0,
        take,
        stack: Vec::new(),
        top: Vec::new(),
        bindings: HashMap::new(),
        language: None,
        item: None,
        elements: 0,
        ignored: 0,
        broken_comments_until: 0,
        vain: 0,
        root_ended: false,
        has_doctype: false,
        defined: Defined::default(),
        mended: BTreeSet::new(),
    };
    while let Some(open) = builder.scanner.rest(builder.at).find('<') {
        let before = builder.scanner.between(builder.at, builder.at + open);
        builder.text(before);
        builder.at += open;
        builder.markup();
    }
    let rest = builder.scanner.rest(builder.at);
    builder.text(rest);
    builder.finish()
}

struct Open<'t> {
    element: Element,
    /// The name as the document writes it, which its end tag repeats.
    written: &'t str,
    /// Prefixes it declares.
    bound: Vec<String>,
}

struct Builder<'t, 's> {
    scanner: Scanner<'t>,
    at: usize,
    take: &'s mut dyn FnMut(Item),
    stack: Vec<Open<'t>>,
    top: Vec<Node>,
    /// What each prefix means, the innermost meaning last.
    bindings: HashMap<String, Vec<Vocabulary>>,
    /// What elements without a namespace are, by the outermost element.
    language: Option<Vocabulary>,
    /// Where in the stack the item is that is being read.
    item: Option<usize>,
    /// Elements kept since the item began.
    elements: usize,
    /// Elements that were not kept and are still open.
    ignored: usize,
    broken_comments_until: usize,
    vain: usize,
    /// Whether the outermost element's end tag was the last thing of weight: no item has begun since.
    root_ended: bool,
    has_doctype: bool,
    defined: Defined,
    mended: BTreeSet<&'static str>,
}

impl<'t> Builder<'t, '_> {
    /// Takes what stands at a `<`, and moves on behind it.
    fn markup(&mut self) {
        let rest = self.scanner.rest(self.at);
        if rest.starts_with("<![CDATA[") {
            self.cdata();
        } else if rest.starts_with("<!--") {
            self.comment();
        } else if rest.starts_with("<?") {
            self.instruction();
        } else if rest.starts_with("<!") {
            self.declaration();
        } else {
            self.tag(rest);
        }
    }

    fn tag(&mut self, rest: &'t str) {
        let after = rest.strip_prefix('<').unwrap_or_default();
        let (name, closing) = after.strip_prefix('/').map_or((after, false), |name| (name, true));
        let start = self.at + if closing { 2 } else { 1 };
        let may_be_tag = name.starts_with(|c: char| c.is_alphabetic() || c == '_');
        if !may_be_tag || self.vain > self.scanner.text.len().saturating_mul(VAIN_READS_MAX) {
            return self.stray();
        }
        let (tag, end) = match tag::read(&mut self.scanner, start) {
            Read::Tag(tag, end) => (tag, end),
            Read::CutOff(tag) => {
                self.mended.insert(CUT_OFF);
                self.at = self.scanner.text.len();
                if !closing && is_known_name(&tag.name) {
                    self.open(tag, start);
                }
                return;
            }
            Read::Text(end) => {
                self.vain += end - start;
                return self.stray();
            }
        };
        if tag.unended {
            if !closing && !is_known_name(&tag.name) {
                self.vain += end - start;
                return self.stray();
            }
            self.mended.insert("a tag without its `>`");
        }
        self.at = end;
        if closing {
            self.close(&tag.name);
        } else {
            self.open(tag, start);
        }
    }

    fn stray(&mut self) {
        self.mended.insert("a stray `<` in text");
        self.push(Node::Text("<".to_owned()));
        self.at += 1;
    }

    /// A CDATA section. One whose end was lost runs on to the end of another's, over the elements between: it ends
    /// where the element that holds it ends.
    fn cdata(&mut self) {
        let start = self.at + "<![CDATA[".len();
        let end = self.scanner.find(Mark::CdataEnd, start);
        let limit = end.unwrap_or(self.scanner.text.len());
        // The furthest a section without its end can reach, and where the element ends that holds it.
        let reach = self.scanner.find(Mark::ItemEnd, start).unwrap_or(limit).min(limit);
        if self.is_between_fields() && (end.is_none() || self.swallows(start, limit)) {
            self.mended.insert("a CDATA section without its end");
            self.at = start;
            return;
        }
        let written = self.stack.last().map_or("", |open| open.written);
        let holder_ends = |scanner: &Scanner, to: usize| {
            scanner.between(start, to).find(&format!("</{written}")).map(|found| start + found)
        };
        let cut = if end.is_none() || self.swallows(start, limit) {
            Some(holder_ends(&self.scanner, reach).unwrap_or(reach))
        } else {
            let again = self.scanner.between(start, limit).find("<![CDATA[");
            again.and_then(|again| holder_ends(&self.scanner, start + again))
        };
        if cut.is_some() {
            self.mended.insert("a CDATA section without its end");
        }
        let stop = cut.unwrap_or(limit);
        let cleaned = entities::clean(self.scanner.between(start, stop));
        self.note_controls(cleaned.len() != stop - start);
        self.push(Node::Text(cleaned.into_owned()));
        self.at = cut.unwrap_or(limit + "]]>".len()).min(self.scanner.text.len());
    }

    /// Whether what lies between two places is no section of its own but has lost its end: in an item, it holds that
    /// item's end; outside of fields, where no text belongs, it ends inside of another item.
    fn swallows(&mut self, start: usize, limit: usize) -> bool {
        let ends = self.scanner.find(Mark::ItemEnd, start).filter(|at| *at < limit);
        let begins = self.scanner.find(Mark::ItemStart, start).filter(|at| *at < limit);
        if self.item.is_some() && ends.is_some_and(|ends| begins.is_none_or(|begins| begins > ends)) {
            return true;
        }
        if begins.is_none() || !self.is_between_fields() {
            return false;
        }
        let (mut at, mut is_inside) = (start, false);
        loop {
            let ends = self.scanner.find(Mark::ItemEnd, at).filter(|at| *at < limit);
            let begins = self.scanner.find(Mark::ItemStart, at).filter(|at| *at < limit);
            let Some(next) = ends.into_iter().chain(begins).min() else { return is_inside };
            is_inside = begins == Some(next);
            at = next + 1;
        }
    }

    /// Whether the innermost open element is an item or what items stand in.
    fn is_between_fields(&self) -> bool {
        self.stack.last().is_none_or(|open| is_item(&open.element) || is_container(&open.element))
    }

    /// A comment. One whose end was lost, or that takes the end of an item with it, is none: only its mark is dropped.
    fn comment(&mut self) {
        let start = self.at + "<!--".len();
        let end = self.scanner.find(Mark::CommentEnd, start);
        let is_comment = end.is_some_and(|end| end >= self.broken_comments_until && !self.swallows(start, end));
        if let Some(end) = end.filter(|_| is_comment) {
            self.at = end + "-->".len();
            return;
        }
        self.broken_comments_until = end.map_or(self.scanner.text.len(), |end| end + 1);
        self.mended.insert("a comment without its end");
        self.at = start;
    }

    fn instruction(&mut self) {
        let rest = self.scanner.rest(self.at);
        if rest.starts_with("<?xml ") && !self.stack.is_empty() {
            self.mended.insert("a second XML declaration");
        }
        self.skip_short(rest);
    }

    /// Skips to the next `>`. Where a tag comes before it, what looked like a declaration is text.
    fn skip_short(&mut self, rest: &str) {
        let inside = rest.get(2..).unwrap_or_default();
        let tag = inside.find('<').unwrap_or(inside.len());
        match inside.get(..tag).and_then(|inside| inside.find('>')) {
            Some(end) => self.at += 2 + end + 1,
            None if tag == inside.len() => self.at = self.scanner.text.len(),
            None => self.stray(),
        }
    }

    fn declaration(&mut self) {
        let rest = self.scanner.rest(self.at);
        // A document has one type, before its root; it is looked through once.
        if self.stack.is_empty() && is_doctype(rest) && !std::mem::replace(&mut self.has_doctype, true) {
            self.at += doctype_bytes(rest, &mut self.defined).unwrap_or_default();
        }
        if self.scanner.rest(self.at).len() == rest.len() {
            self.skip_short(rest);
        }
    }

    fn text(&mut self, raw: &str) {
        if raw.is_empty() {
            return;
        }
        let cleaned = entities::clean(raw);
        self.note_controls(cleaned.len() != raw.len());
        if cleaned.contains("& ") {
            self.mended.insert("a bare `&`");
        }
        let resolved = entities::resolve_defined(&cleaned, &mut self.defined).into_owned();
        self.push(Node::Text(resolved));
    }

    fn note_controls(&mut self, found: bool) {
        if found {
            self.mended.insert("control characters");
        }
    }

    fn push(&mut self, node: Node) {
        let siblings = self.stack.last_mut().map_or(&mut self.top, |open| &mut open.element.children);
        match (siblings.last_mut(), node) {
            (Some(Node::Text(before)), Node::Text(text)) => before.push_str(&text),
            (_, node) => siblings.push(node),
        }
    }

    fn open(&mut self, tag: Tag<'t>, start: usize) {
        let written = self.scanner.between(start, start + self.name_bytes(start));
        let bound = self.bind(&tag);
        let vocabulary = self.vocabulary(&tag.name);
        let attributes = tag
            .attributes
            .iter()
            .map(|(name, value)| {
                let lower = name.to_lowercase();
                let local = match lower.rsplit_once(':') {
                    Some((prefix, local)) if prefix != "xmlns" => local.to_owned(),
                    _ => lower,
                };
                let cleaned = entities::clean(value);
                (local, entities::resolve_defined(&cleaned, &mut self.defined).into_owned())
            })
            .collect();
        let element = Element { vocabulary, qualified: tag.name, attributes, children: Vec::new() };
        self.close_before(&element);
        let begins_item = self.item.is_none() && is_item(&element);
        if begins_item {
            self.elements = 0;
            self.ignored = 0;
            self.root_ended = false;
        }
        let is_link = vocabulary != Vocabulary::Html && element.name() == "link" && element.attribute("href").is_some();
        let ends = tag.self_closed || is_link || is_void(&element);
        if self.elements >= ELEMENTS_MAX || self.stack.len() >= DEPTH_MAX {
            self.mended.insert("more elements, or deeper ones, than are kept");
            self.ignored += usize::from(!ends);
            self.unbind(&bound);
            return;
        }
        if begins_item {
            self.item = Some(self.stack.len());
        }
        self.elements += 1;
        self.stack.push(Open { element, written, bound });
        if ends {
            self.pop();
        }
    }

    fn name_bytes(&self, start: usize) -> usize {
        let rest = self.scanner.rest(start);
        rest.find(|c: char| c.is_whitespace() || matches!(c, '>' | '/' | '<' | '"' | '=')).unwrap_or(rest.len())
    }

    /// Takes the prefixes a tag declares.
    fn bind(&mut self, tag: &Tag) -> Vec<String> {
        let (own_prefix, local) = tag.name.split_once(':').unwrap_or(("", &tag.name));
        let mut bound = Vec::new();
        for (name, value) in &tag.attributes {
            let lower = name.to_lowercase();
            let Some(prefix) = lower.strip_prefix("xmlns").map(|p| p.trim_start_matches(':')) else { continue };
            let mut vocabulary = Vocabulary::of_address(value);
            if vocabulary == Vocabulary::Other {
                vocabulary = Vocabulary::of_prefix(prefix);
            }
            // Whatever address the outermost element gives for its own name, its name says which language it is.
            if prefix == own_prefix && is_root_name(local) && self.item.is_none() {
                vocabulary = language_of(local);
            } else if prefix.is_empty() && (value.trim().is_empty() || is_root_name(local)) {
                vocabulary = self.language.unwrap_or_else(|| language_of(local));
            }
            self.bindings.entry(prefix.to_owned()).or_default().push(vocabulary);
            bound.push(prefix.to_owned());
        }
        bound
    }

    fn unbind(&mut self, bound: &[String]) {
        for prefix in bound {
            if let Some(meanings) = self.bindings.get_mut(prefix) {
                meanings.pop();
                if meanings.is_empty() {
                    self.bindings.remove(prefix);
                }
            }
        }
    }

    fn vocabulary(&mut self, name: &str) -> Vocabulary {
        let (prefix, local) = name.split_once(':').unwrap_or(("", name));
        let bound = self.bindings.get(prefix).and_then(|meanings| meanings.last()).copied();
        let vocabulary = match (bound, prefix) {
            (Some(vocabulary), _) => vocabulary,
            // Without a namespace an element speaks its root's language.
            (None, "") => self.language.unwrap_or_else(|| language_of(local)),
            (None, prefix) => Vocabulary::of_prefix(prefix),
        };
        if self.language.is_none() && is_root_name(local) && matches!(vocabulary, Vocabulary::Rss | Vocabulary::Atom) {
            self.language = Some(language_of(local));
        }
        vocabulary
    }

    /// Closes what a publisher forgot to close: an item ends where the next begins, a headline where a link begins.
    fn close_before(&mut self, next: &Element) {
        let begins_item = is_item(next);
        if begins_item {
            let embedded = self.stack.iter().any(|o| o.element.name() == "content" && is_embedding(&o.element));
            if embedded {
                return;
            }
            let mut keep = self.item.unwrap_or(self.stack.len());
            if self.item.is_none() {
                // Outside of items only a field can have been forgotten.
                let container = self.stack.iter().rposition(|o| is_container(&o.element)).map_or(0, |at| at + 1);
                let forgotten =
                    self.stack.iter().skip(container).any(|o| is_line(&o.element) || o.element.name() == "description");
                if forgotten {
                    keep = container;
                }
            }
            if self.stack.len() > keep {
                self.mended.insert("an element that was never closed");
                self.pop_to(keep);
            }
            return;
        }
        let ended = ended_by(next, self.stack.iter().map(|o| &o.element));
        if ended > 0 {
            self.mended.insert("an element that was never closed");
            self.pop_to(self.stack.len() - ended);
        }
    }

    fn close(&mut self, name: &str) {
        self.root_ended |= self.stack.first().is_some_and(|o| o.element.qualified == name);
        // While an item is open, nothing outside of it ends: a stray `</channel>` does not end the feed.
        let floor = self.item.unwrap_or(0);
        let inside = self.stack.get(floor..).unwrap_or_default();
        let position = inside.iter().rposition(|o| o.element.qualified == name).map(|at| at + floor);
        let is_outer = position.is_some_and(|at| self.stack.get(at).is_some_and(|o| !is_html(&o.element)));
        if self.ignored > 0 && !is_outer {
            self.ignored -= 1;
            return;
        }
        self.ignored = 0;
        let Some(position) = position else {
            // An end tag that fits nothing is the mangled end of a line of text, or nothing.
            let local = name.rsplit(':').next().unwrap_or_default();
            let top = self.stack.last().map(|o| &o.element);
            let ends_top = top.is_some_and(|e| e.name() == local || is_line(e) && !is_html_name(local));
            if ends_top {
                self.pop();
            }
            if !is_html_name(local) {
                self.mended.insert("an end tag that ends nothing");
            }
            return;
        };
        if position + 1 < self.stack.len() {
            self.mended.insert("an element that was never closed");
        }
        self.pop_to(position);
    }

    fn pop_to(&mut self, depth: usize) {
        while self.stack.len() > depth {
            self.pop();
        }
    }

    fn pop(&mut self) {
        let Some(open) = self.stack.pop() else { return };
        self.unbind(&open.bound);
        if self.item == Some(self.stack.len()) {
            self.item = None;
            self.elements = 0;
            let bases = self.stack.iter().filter_map(|o| o.element.attribute("base")).collect();
            (self.take)(Item { element: open.element, bases });
        } else {
            self.push(Node::Element(open.element));
        }
    }

    fn finish(mut self) -> Parsed {
        if !self.stack.is_empty() {
            let what = if self.root_ended { "an element that was never closed" } else { CUT_OFF };
            self.mended.insert(what);
        }
        self.pop_to(0);
        let root = Element {
            vocabulary: Vocabulary::Other,
            qualified: String::new(),
            attributes: Vec::new(),
            children: self.top,
        };
        Parsed { root, mended: self.mended }
    }
}

/// The language a root's name stands for.
fn language_of(name: &str) -> Vocabulary {
    if matches!(name, "feed" | "entry") { Vocabulary::Atom } else { Vocabulary::Rss }
}

/// Whether the content of an entry says that it is a document of its own.
fn is_embedding(content: &Element) -> bool {
    content.attribute("type").is_some_and(|kind| kind.contains("xml") && !kind.contains("xhtml"))
}

/// How long a document type with an internal subset is, with what it defines; `None` where it has none, or no end.
fn doctype_bytes(rest: &str, defined: &mut Defined) -> Option<usize> {
    let bracket = rest.find(['[', '>']).filter(|at| rest.get(*at..).is_some_and(|r| r.starts_with('[')))?;
    let inside = rest.get(bracket..)?;
    let ends = |at: &usize| inside.get(at + 1..).is_some_and(|after| after.trim_start().starts_with('>'));
    let close = inside.match_indices(']').map(|(at, _)| at).find(ends)?;
    // A subset that lost its end would run on to the end of some CDATA section.
    let subset = inside.get(..close).filter(|subset| !subset.contains("<![CDATA["))?;
    defined.read(subset);
    inside.get(close..)?.find('>').map(|end| bracket + close + end + 1)
}

fn is_doctype(head: &str) -> bool {
    head.get(..9).is_some_and(|start| start.eq_ignore_ascii_case("<!doctype"))
}
