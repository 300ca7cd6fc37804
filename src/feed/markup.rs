//! Text to items, whatever the text's faults.
//!
//! XML says that one fault ends the document. Publishers do not read XML: bare `&`, unclosed tags, HTML names for
//! characters, undeclared prefixes, a download cut off in the middle. This reader never refuses; what it had to mend
//! it says. Items are handed over one by one as they close, so that no tree of the whole document is ever held; what is
//! not an item stays in a tree, the channel's. Depth, attributes, elements and entities are capped.

mod elements;
mod mend;
mod scan;
mod sections;
mod tag;

use std::collections::{BTreeSet, HashMap};

use super::entities::{self, Defined};
use super::tree::{Element, Node};
use super::vocabulary::Vocabulary;
use mend::is_known_name;
use scan::Scanner;
use tag::Read;

/// What is said of a document that ends before it is finished.
pub const CUT_OFF: &str = "the document is cut off";

/// The deepest nesting kept; deeper tags are dropped and their text kept. Real articles stay under 60.
const DEPTH_MAX: usize = 200;
/// The most elements kept of one item, and of everything outside of items; of more, the text is kept.
const ELEMENTS_MAX: usize = 20_000;
/// The most elements that may stand between a channel and its items, such as `<items>`.
const WRAPPERS_MAX: usize = 50;
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
pub fn read(text: &str, take: &mut dyn FnMut(&Item)) -> Parsed {
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
    take: &'s mut dyn FnMut(&Item),
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
