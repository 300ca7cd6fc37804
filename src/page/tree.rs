//! A page's tree, parsed under limits.
//!
//! html5ever has no limit of its own: misnested formatting makes its work and its memory grow with the square of the
//! input. So the page is fed in small pieces through a sink that counts nodes and depth, and the parse stops, with a
//! reason, at the first piece after a limit is passed. Node and depth limits alone end every attack known to us, the
//! same way on every machine; the deadline is for those not known.

use std::borrow::Cow;
use std::cell::{Cell, Ref};
use std::time::Instant;

use ego_tree::NodeId;
use ego_tree::iter::Edge;
use html5ever::tendril::{StrTendril, TendrilSink};
use html5ever::tree_builder::{ElementFlags, NodeOrText, QuirksMode, TreeSink};
use html5ever::{Attribute, ParseOpts, QualName};
use scraper::{Html, HtmlTreeSink};

use super::strip;

/// Bytes handed to the parser at once; the limits are looked at in between.
const PIECE_BYTES: usize = 4096;

/// Pieces of text for each node allowed: a page whose every letter is a reference has one node and a piece a letter.
const PIECES_A_NODE_MAX: usize = 10;

/// What a page may cost.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Bytes of markup.
    pub bytes: usize,
    /// Nodes made. The largest of 519 measured news pages has 4,274 elements.
    pub nodes: usize,
    /// Nesting. Browsers stop at 512; the deepest measured page has 51.
    pub depth: usize,
    /// When to give up, if the caller has a clock.
    pub deadline: Option<Instant>,
}

impl Default for Limits {
    fn default() -> Self {
        Self { bytes: 8 << 20, nodes: 100_000, depth: 512, deadline: None }
    }
}

impl Limits {
    /// Whether there is time left; every stage of cleaning asks, because nothing can stop it from outside.
    ///
    /// # Errors
    /// [`TreeError::TooSlow`] after the deadline.
    pub fn check_time(&self) -> Result<(), TreeError> {
        if self.deadline.is_some_and(|deadline| Instant::now() >= deadline) { Err(TreeError::TooSlow) } else { Ok(()) }
    }
}

/// Why a tree was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TreeError {
    /// More markup than a page has.
    #[error("the page is larger than {0} bytes")]
    TooLarge(usize),
    /// More nodes than a page has.
    #[error("the page has more than {0} nodes")]
    TooManyNodes(usize),
    /// Deeper than browsers go.
    #[error("the page is nested deeper than {0} elements")]
    TooDeep(usize),
    /// A tag with thousands of attributes.
    #[error("a tag of the page has too many attributes")]
    TooManyAttributes,
    /// The deadline passed.
    #[error("reading the page took too long")]
    TooSlow,
}

/// A page's tree and the data found in its scripts.
#[derive(Debug)]
pub struct Tree<'a> {
    /// The tree, without scripts, styles and drawings.
    pub html: Html,
    /// The contents of `application/ld+json` scripts.
    pub json_ld: Vec<String>,
    /// The state of a page that is drawn by script.
    pub state: Vec<&'a str>,
}

/// Parses a page under limits.
///
/// # Errors
/// [`TreeError`] names the limit that was passed.
pub fn build<'a>(html: &'a str, limits: &Limits) -> Result<Tree<'a>, TreeError> {
    build_from(html, strip::strip, limits)
}

/// Parses a page under limits, with what it keeps for readers without scripts in place.
///
/// # Errors
/// [`TreeError`] names the limit that was passed.
pub fn build_with_fallbacks<'a>(html: &'a str, limits: &Limits) -> Result<Tree<'a>, TreeError> {
    build_from(html, strip::strip_but_fallbacks, limits)
}

fn build_from<'a>(
    html: &'a str,
    strip: fn(&'a str) -> strip::Stripped<'a>,
    limits: &Limits,
) -> Result<Tree<'a>, TreeError> {
    if html.len() > limits.bytes {
        return Err(TreeError::TooLarge(limits.bytes));
    }
    let stripped = strip(html);
    if stripped.attribute_flood {
        return Err(TreeError::TooManyAttributes);
    }
    let sink = CountingSink {
        inner: HtmlTreeSink::new(Html::new_document()),
        limits: *limits,
        nodes: Cell::new(0),
        pieces: Cell::new(0),
        attributes: Cell::new(0),
        broken: Cell::new(None),
    };
    let mut parser = html5ever::driver::parse_document(sink, ParseOpts::default());
    let mut rest = stripped.html.as_str();
    while !rest.is_empty() {
        let mut cut = PIECE_BYTES.min(rest.len());
        while !rest.is_char_boundary(cut) {
            cut += 1;
        }
        let (piece, after) = rest.split_at_checked(cut).unwrap_or((rest, ""));
        parser.process(StrTendril::from_slice(piece));
        if let Some(error) = parser.tokenizer.sink.sink.broken.get() {
            return Err(error);
        }
        limits.check_time()?;
        rest = after;
    }
    let (html, broken) = parser.finish();
    if let Some(error) = broken {
        return Err(error);
    }
    check_depth(&html, limits.depth)?;
    Ok(Tree { html, json_ld: stripped.json_ld, state: stripped.state })
}

/// Subtrees that the parser moved can be deeper than any single append showed.
fn check_depth(html: &Html, depth_max: usize) -> Result<(), TreeError> {
    let mut depth = 0usize;
    for edge in html.tree.root().traverse() {
        match edge {
            Edge::Open(_) => depth += 1,
            Edge::Close(_) => depth -= 1,
        }
        // The document itself is one level, and text below the deepest element another.
        if depth > depth_max + 2 {
            return Err(TreeError::TooDeep(depth_max));
        }
    }
    Ok(())
}

/// scraper's sink, with everything it makes counted.
struct CountingSink {
    inner: HtmlTreeSink,
    limits: Limits,
    nodes: Cell<usize>,
    /// Pieces of text, of which a node may have many.
    pieces: Cell<usize>,
    attributes: Cell<usize>,
    broken: Cell<Option<TreeError>>,
}

impl CountingSink {
    fn count_node(&self) {
        self.nodes.set(self.nodes.get() + 1);
        if self.nodes.get() > self.limits.nodes {
            self.broken.set(Some(TreeError::TooManyNodes(self.limits.nodes)));
        }
    }

    /// Walks up from a node that is about to get a child; never further than the limit.
    fn check_depth(&self, parent: NodeId) {
        let html = self.inner.0.borrow();
        let above = html.tree.get(parent).map_or(0, |node| node.ancestors().take(self.limits.depth + 1).count());
        if above > self.limits.depth {
            self.broken.set(Some(TreeError::TooDeep(self.limits.depth)));
        }
    }

    /// A node or a text that is about to stand below `parent`, after `before`.
    fn count_child(&self, parent: NodeId, before: Option<NodeId>, child: &NodeOrText<NodeId>) {
        match child {
            NodeOrText::AppendNode(_) => self.check_depth(parent),
            // A text comes in pieces, one for each reference in it; they are one node.
            NodeOrText::AppendText(_) => {
                let html = self.inner.0.borrow();
                let joins = before.and_then(|id| html.tree.get(id)).is_some_and(|node| node.value().is_text());
                drop(html);
                self.pieces.set(self.pieces.get() + 1);
                if !joins {
                    self.count_node();
                } else if self.pieces.get() > PIECES_A_NODE_MAX * self.limits.nodes {
                    self.broken.set(Some(TreeError::TooManyNodes(self.limits.nodes)));
                }
            }
        }
    }

    fn last_child(&self, parent: NodeId) -> Option<NodeId> {
        let html = self.inner.0.borrow();
        html.tree.get(parent)?.last_child().map(|node| node.id())
    }

    fn before(&self, sibling: NodeId) -> Option<NodeId> {
        let html = self.inner.0.borrow();
        html.tree.get(sibling)?.prev_sibling().map(|node| node.id())
    }
}

impl TreeSink for CountingSink {
    type Handle = NodeId;
    type Output = (Html, Option<TreeError>);
    type ElemName<'a> = Ref<'a, QualName>;

    fn finish(self) -> Self::Output {
        (self.inner.finish(), self.broken.get())
    }

    fn parse_error(&self, _message: Cow<'static, str>) {}

    fn get_document(&self) -> NodeId {
        self.inner.get_document()
    }

    fn elem_name<'a>(&'a self, target: &'a NodeId) -> Self::ElemName<'a> {
        self.inner.elem_name(target)
    }

    fn create_element(&self, name: QualName, attributes: Vec<Attribute>, flags: ElementFlags) -> NodeId {
        self.count_node();
        self.inner.create_element(name, attributes, flags)
    }

    fn create_comment(&self, text: StrTendril) -> NodeId {
        self.count_node();
        self.inner.create_comment(text)
    }

    fn create_pi(&self, target: StrTendril, data: StrTendril) -> NodeId {
        self.count_node();
        self.inner.create_pi(target, data)
    }

    fn append(&self, parent: &NodeId, child: NodeOrText<NodeId>) {
        self.count_child(*parent, self.last_child(*parent), &child);
        self.inner.append(parent, child);
    }

    fn append_based_on_parent_node(&self, element: &NodeId, before: &NodeId, child: NodeOrText<NodeId>) {
        self.count_child(*element, None, &child);
        self.inner.append_based_on_parent_node(element, before, child);
    }

    fn append_doctype_to_document(&self, name: StrTendril, public_id: StrTendril, system_id: StrTendril) {
        self.inner.append_doctype_to_document(name, public_id, system_id);
    }

    fn get_template_contents(&self, target: &NodeId) -> NodeId {
        self.inner.get_template_contents(target)
    }

    fn same_node(&self, x: &NodeId, y: &NodeId) -> bool {
        self.inner.same_node(x, y)
    }

    fn set_quirks_mode(&self, mode: QuirksMode) {
        self.inner.set_quirks_mode(mode);
    }

    fn append_before_sibling(&self, sibling: &NodeId, child: NodeOrText<NodeId>) {
        self.count_child(*sibling, self.before(*sibling), &child);
        self.inner.append_before_sibling(sibling, child);
    }

    fn add_attrs_if_missing(&self, target: &NodeId, attributes: Vec<Attribute>) {
        self.attributes.set(self.attributes.get() + attributes.len());
        if self.attributes.get() > 1000 {
            self.broken.set(Some(TreeError::TooManyAttributes));
            return;
        }
        self.inner.add_attrs_if_missing(target, attributes);
    }

    fn remove_from_parent(&self, target: &NodeId) {
        self.inner.remove_from_parent(target);
    }

    fn reparent_children(&self, node: &NodeId, new_parent: &NodeId) {
        self.inner.reparent_children(node, new_parent);
    }
}
