//! A tree as a reader sees it: a flat list of blocks in order, and the elements as ranges over that list.
//!
//! Text is joined at inline tags without inventing or losing a space; block tags, table rows and double line breaks part
//! blocks. Because the walk is in document order, every element holds a contiguous range of blocks, and sums over
//! subtrees are differences of prefix sums.

mod tags;
mod walk;

use html5ever::LocalName;

pub(super) use walk::read;

/// What a block is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Running text.
    Paragraph,
    /// A heading, 1 to 6.
    Heading(u8),
    /// An item of a list.
    Item,
    /// A quotation.
    Quote,
    /// A row of a table.
    Row,
    /// Text under a picture.
    Caption,
}

/// A piece of text between two breaks.
#[derive(Debug)]
pub(super) struct Block {
    /// Its text, settled and squeezed.
    pub text: String,
    /// Words in it.
    pub words: usize,
    /// Characters in it.
    pub chars: usize,
    /// Characters of it inside links.
    pub link_chars: usize,
    /// Characters of it in bold.
    pub bold_chars: usize,
    /// Links in it.
    pub links: usize,
    /// What it is.
    pub kind: Kind,
    /// The block-level element it stands in.
    pub element: usize,
    /// Words, where a spaceless script's characters count as the words they would make.
    pub units: f64,
    /// Whether it reads as running text.
    pub prose: bool,
}

impl Block {
    /// The share of its characters that are links, 0 to 1.
    #[expect(clippy::cast_precision_loss, reason = "lengths of a page's text are far below 2^52")]
    pub fn link_density(&self) -> f64 {
        self.link_chars as f64 / (self.chars.max(1)) as f64
    }
}

/// An element that holds blocks.
#[derive(Debug)]
pub(super) struct Element<'r> {
    /// The element around it; the first one is its own.
    pub parent: usize,
    /// Its tag.
    pub tag: LocalName,
    /// Why it is probably furniture.
    pub suspect: Option<&'r str>,
    /// Whether it calls itself the body of an article.
    pub is_body: bool,
    /// Its tag and class, as one number: elements a template fills alike have the same.
    pub style: u64,
    /// The tags from the root down to it, as one number.
    pub path: u64,
    /// How many elements with blocks are around it.
    pub depth: usize,
    /// What stands around it, as the sum of [`WITHIN_ARTICLE`] and its like.
    pub within: u16,
    /// Its first block.
    pub first: usize,
    /// One past its last block.
    pub end: usize,
}

/// Within `<article>`.
pub(super) const WITHIN_ARTICLE: u16 = 1;
/// Within `<main>`.
pub(super) const WITHIN_MAIN: u16 = 2;
/// Within `<aside>`.
pub(super) const WITHIN_ASIDE: u16 = 4;
/// Within `<footer>`.
pub(super) const WITHIN_FOOTER: u16 = 8;
/// Within an element that calls itself the body of an article.
pub(super) const WITHIN_BODY: u16 = 16;
/// Within a list.
pub(super) const WITHIN_LIST: u16 = 32;
/// Within a table.
pub(super) const WITHIN_TABLE: u16 = 64;
/// Within `<header>`.
pub(super) const WITHIN_HEADER: u16 = 128;
/// Within `<figure>`.
pub(super) const WITHIN_FIGURE: u16 = 256;
/// Within a quotation.
pub(super) const WITHIN_QUOTE: u16 = 512;
/// Within navigation.
pub(super) const WITHIN_NAV: u16 = 1024;
/// Within a form.
pub(super) const WITHIN_FORM: u16 = 2048;

/// A page as blocks and the elements around them.
#[derive(Debug, Default)]
pub(super) struct Page<'r> {
    /// All blocks in document order.
    pub blocks: Vec<Block>,
    /// All block-level elements in document order.
    pub elements: Vec<Element<'r>>,
}
