//! A tree as a reader sees it: a flat list of blocks in order, and the elements as ranges over that list.
//!
//! Text is joined at inline tags without inventing or losing a space; block tags, table rows and double line breaks part
//! blocks. Because the walk is in document order, every element holds a contiguous range of blocks, and sums over
//! subtrees are differences of prefix sums.

use ego_tree::iter::Edge;
use scraper::node::Element as Node;

use super::rules::{Rules, class_key};
use super::text::{count_words, is_wide, settle};

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
    /// What it is.
    pub kind: Kind,
    /// The block-level element it stands in.
    pub element: usize,
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
    pub tag: String,
    /// Why it is probably furniture.
    pub suspect: Option<&'r str>,
    /// Whether it calls itself the body of an article.
    pub is_body: bool,
    /// Its first block.
    pub first: usize,
    /// One past its last block.
    pub end: usize,
}

/// A page as blocks and the elements around them.
#[derive(Debug, Default)]
pub(super) struct Page<'r> {
    /// All blocks in document order.
    pub blocks: Vec<Block>,
    /// All block-level elements in document order.
    pub elements: Vec<Element<'r>>,
}

/// Elements whose content a reader does not read as text.
const SKIPPED: [&str; 26] = [
    "head", "script", "style", "noscript", "template", "iframe", "object", "embed", "video", "audio", "canvas", "svg",
    "math", "select", "option", "textarea", "input", "button", "datalist", "progress", "meter", "map", "dialog", "rp",
    "rt", "rtc",
];
/// Elements that stand inside a line.
const INLINE: [&str; 43] = [
    "a", "abbr", "acronym", "b", "bdi", "bdo", "big", "cite", "code", "data", "del", "dfn", "em", "font", "i", "img",
    "ins", "kbd", "label", "mark", "nobr", "output", "picture", "q", "rb", "ruby", "s", "samp", "small", "source",
    "span", "strike", "strong", "sub", "sup", "time", "tt", "u", "var", "wbr", "track", "area", "link",
];

/// Reads a tree into blocks.
pub(super) fn read<'r>(html: &scraper::Html, rules: &'r Rules) -> Page<'r> {
    let mut walk = Walk {
        page: Page::default(),
        open: Vec::new(),
        rules,
        line: String::new(),
        line_links: 0,
        space_due: false,
        line_broken: false,
        seam: Seam::None,
        drop_cap: None,
        breaks: 0,
        links_open: 0,
        skipping: 0,
        inline_just_closed: false,
        kind: Kind::Paragraph,
    };
    walk.page.elements.push(Element {
        parent: 0,
        tag: "#document".to_owned(),
        suspect: None,
        is_body: false,
        first: 0,
        end: 0,
    });
    for edge in html.tree.root().traverse() {
        match edge {
            Edge::Open(node) => match node.value() {
                scraper::Node::Element(element) => walk.enter(element),
                scraper::Node::Text(text) if walk.skipping == 0 => walk.text(text),
                _ => {}
            },
            Edge::Close(node) => {
                if let scraper::Node::Element(element) = node.value() {
                    walk.leave(element);
                }
            }
        }
    }
    walk.flush();
    let end = walk.page.blocks.len();
    if let Some(root) = walk.page.elements.first_mut() {
        root.end = end;
    }
    walk.page
}

/// What the markup did since the last letter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Seam {
    /// Nothing of note.
    None,
    /// An inline element was closed.
    Closed,
    /// An inline element was closed and another one opened.
    Touching,
}

struct Walk<'r> {
    page: Page<'r>,
    /// Indices of the open block-level elements, with the kind of line before each.
    open: Vec<(usize, Kind)>,
    rules: &'r Rules,
    line: String,
    line_links: usize,
    space_due: bool,
    /// Whether the space due is a line break of the source.
    line_broken: bool,
    /// What the markup did since the last letter.
    seam: Seam,
    /// Where in the line an initial ends that is set large.
    drop_cap: Option<usize>,
    breaks: usize,
    links_open: usize,
    skipping: usize,
    inline_just_closed: bool,
    kind: Kind,
}

impl<'r> Walk<'r> {
    fn enter(&mut self, node: &Node) {
        let name = node.name();
        if self.skipping > 0 || self.is_skipped(node) {
            self.skipping += 1;
            return;
        }
        if name == "br" {
            self.breaks += 1;
            return;
        }
        if self.is_inline(name) {
            if name == "a" && node.attr("href").is_some() {
                self.links_open += 1;
            }
            if self.seam == Seam::Closed && !matches!(name, "sub" | "sup" | "wbr") {
                self.seam = Seam::Touching;
            }
            // Two labels side by side with no space in the source are set apart by the style sheet.
            if self.inline_just_closed && matches!(name, "a" | "span") && node.attr("class").is_some() {
                let long_enough = self.line.chars().rev().take_while(|c| c.is_alphabetic()).count() > 2;
                self.space_due |= long_enough;
            }
            return;
        }
        if matches!(name, "td" | "th") {
            if !self.line.is_empty() && !self.line.ends_with(" | ") {
                self.line.push_str(" | ");
                self.space_due = false;
                self.breaks = 0;
            }
        } else {
            self.flush();
        }
        let kind_before = self.kind;
        self.kind = self.kind_of(name);
        let (suspect, is_body) = self.judge(node);
        self.open.push((self.page.elements.len(), kind_before));
        self.page.elements.push(Element {
            parent: self.open.iter().rev().nth(1).map_or(0, |(index, _)| *index),
            tag: name.to_owned(),
            suspect,
            is_body,
            first: self.page.blocks.len(),
            end: 0,
        });
    }

    fn leave(&mut self, node: &Node) {
        if self.skipping > 0 {
            self.skipping -= 1;
            return;
        }
        let name = node.name();
        if name == "br" {
            return;
        }
        if self.is_inline(name) {
            if name == "a" && node.attr("href").is_some() {
                self.links_open = self.links_open.saturating_sub(1);
            }
            self.inline_just_closed = matches!(name, "a" | "span") && node.attr("class").is_some();
            if self.seam == Seam::None && !matches!(name, "sub" | "sup" | "wbr") {
                self.seam = Seam::Closed;
            }
            // The first letter of a line, with or without a quotation mark before it.
            if name == "span" && self.line.len() <= 8 && self.line.chars().filter(|c| c.is_alphabetic()).count() == 1 {
                self.drop_cap = Some(self.line.len());
            }
            return;
        }
        if !matches!(name, "td" | "th") {
            self.flush();
        }
        let Some((index, kind_before)) = self.open.pop() else { return };
        self.kind = kind_before;
        let end = self.page.blocks.len();
        if let Some(element) = self.page.elements.get_mut(index) {
            element.end = end;
        }
    }

    fn is_inline(&self, name: &str) -> bool {
        // An element unknown to HTML is a box of its own, except inside a paragraph.
        INLINE.contains(&name) || name.contains('-') && self.in_paragraph()
    }

    fn in_paragraph(&self) -> bool {
        let tag = self.open.last().and_then(|(index, _)| self.page.elements.get(*index)).map(|e| e.tag.as_str());
        tag == Some("p")
    }

    fn is_skipped(&self, node: &Node) -> bool {
        let name = node.name();
        if SKIPPED.contains(&name) {
            return true;
        }
        if node.attr("hidden").is_some() && name != "body" {
            return true;
        }
        if !self.is_inline(name) {
            return false;
        }
        if node.attr("style").is_some_and(is_hidden_style) {
            return true;
        }
        let class = node.attr("class").unwrap_or_default();
        !class.is_empty() && self.rules.class(&class_key(class, "")).is_some_and(|(_, inline)| inline)
    }

    fn kind_of(&self, name: &str) -> Kind {
        match name {
            "h1" => Kind::Heading(1),
            "h2" => Kind::Heading(2),
            "h3" => Kind::Heading(3),
            "h4" => Kind::Heading(4),
            "h5" => Kind::Heading(5),
            "h6" => Kind::Heading(6),
            "li" | "dt" | "dd" => Kind::Item,
            "blockquote" => Kind::Quote,
            "tr" => Kind::Row,
            "figcaption" | "caption" | "figure" => Kind::Caption,
            "article" | "main" | "body" | "section" => Kind::Paragraph,
            _ => self.kind,
        }
    }

    fn judge(&self, node: &Node) -> (Option<&'r str>, bool) {
        let name = node.name();
        let class = node.attr("class").unwrap_or_default();
        let id = node.attr("id").unwrap_or_default();
        let key = class_key(class, id);
        let is_body = node.attr("itemprop").is_some_and(|p| p.eq_ignore_ascii_case("articleBody"))
            || !key.is_empty() && self.rules.is_body_class(&key);
        if matches!(name, "html" | "body" | "main" | "article") {
            return (None, is_body);
        }
        let by_tag = match name {
            "nav" | "menu" => Some("navigation"),
            "footer" => Some("footer"),
            "form" | "fieldset" => Some("form"),
            "aside" => Some("aside"),
            "figcaption" => Some("caption"),
            _ => None,
        };
        let by_role = match node.attr("role").unwrap_or_default() {
            "navigation" | "menu" | "menubar" | "tablist" => Some("navigation"),
            "contentinfo" => Some("footer"),
            "complementary" => Some("aside"),
            "dialog" | "alertdialog" => Some("dialog"),
            "search" => Some("form"),
            _ => None,
        };
        let hidden = node.attr("style").is_some_and(is_hidden_style) || node.attr("aria-hidden") == Some("true");
        let by_class = if is_body { None } else { self.rules.class(&key).map(|(reason, _)| reason) };
        (by_class.or(by_tag).or(by_role).or(hidden.then_some("hidden")), is_body)
    }

    fn text(&mut self, text: &str) {
        for c in text.chars() {
            if c.is_whitespace() {
                self.space_due = true;
                self.line_broken |= c == '\n';
                continue;
            }
            self.push_gap(c);
            self.line.push(c);
            if self.links_open > 0 {
                self.line_links += 1;
            }
        }
        if !text.is_empty() {
            self.inline_just_closed = false;
        }
    }

    /// What stood between the last letter and the next one.
    fn push_gap(&mut self, next: char) {
        if self.breaks >= 2 {
            self.flush();
        }
        if !self.line.is_empty() && !self.line.ends_with(" | ") {
            if self.breaks == 1 {
                self.line.push('\n');
            } else if self.is_spaced(next) {
                self.line.push(' ');
            }
        }
        self.breaks = 0;
        self.space_due = false;
        self.line_broken = false;
        self.seam = Seam::None;
    }

    /// Whether there is a space before the next letter. A line break between two characters of Chinese or Japanese is
    /// none.
    fn is_spaced(&self, next: char) -> bool {
        if self.space_due {
            !(self.line_broken && is_wide(next) && self.line.ends_with(is_wide))
        } else {
            self.parts_words(next)
        }
    }

    /// Whether two elements that touch are two words: a name begins, or a number, right after a word in small letters.
    fn parts_words(&self, next: char) -> bool {
        let begins = next.is_uppercase() || next.is_ascii_digit();
        self.seam == Seam::Touching && begins && self.line.chars().rev().take_while(|c| c.is_lowercase()).count() > 2
    }

    /// "W hen": an initial set large, parted from its word by a space of the source. It is joined where that makes a
    /// word commoner than what is left without it.
    fn join_drop_cap(&mut self) {
        let Some(at) = self.drop_cap.take() else { return };
        let (Some(head), Some(rest)) = (self.line.get(..at), self.line.get(at..)) else { return };
        let rest: String = rest.chars().skip(1).take_while(|c| c.is_lowercase()).collect();
        let Some(initial) = head.chars().next_back().filter(|c| c.is_uppercase() && !matches!(c, 'A' | 'I' | 'O'))
        else {
            return;
        };
        if self.line.get(at..).is_some_and(|gap| gap.starts_with(' ')) && self.rules.glue.is_word_of(initial, &rest) {
            self.line.remove(at);
        }
    }

    fn flush(&mut self) {
        self.space_due = false;
        self.breaks = 0;
        self.inline_just_closed = false;
        self.line_broken = false;
        self.seam = Seam::None;
        self.join_drop_cap();
        if self.line.is_empty() {
            return;
        }
        let text = settle(self.line.trim_end_matches(" | "));
        let link_chars = std::mem::take(&mut self.line_links);
        self.line.clear();
        if !text.chars().any(char::is_alphanumeric) {
            return;
        }
        let chars = text.chars().filter(|c| !c.is_whitespace()).count();
        let element = self.open.last().map_or(0, |(index, _)| *index);
        self.page.blocks.push(Block { words: count_words(&text), chars, link_chars, kind: self.kind, element, text });
    }
}

fn is_hidden_style(style: &str) -> bool {
    let style: String = style.chars().filter(|c| !c.is_whitespace()).collect::<String>().to_ascii_lowercase();
    style.contains("display:none") || style.contains("visibility:hidden")
}
