//! The walk over a tree: text is joined at inline tags without inventing or losing a space, and parted at block tags.

use ego_tree::iter::Edge;
use html5ever::LocalName;
use scraper::node::Element as Node;

use super::tags::{is_hidden_style, is_inline_tag, is_unread, mixed, within_of};
use super::{Block, Element, Kind, Page, WITHIN_BODY};
use crate::article::rules::{Rules, class_key};
use crate::article::text::{ends_sentence, is_wide, measure, settle};

/// Reads a tree into blocks.
pub(in super::super) fn read<'r>(html: &scraper::Html, rules: &'r Rules) -> Page<'r> {
    let mut walk = Walk {
        page: Page::default(),
        open: Vec::new(),
        rules,
        line: String::new(),
        line_links: 0,
        line_bold: 0,
        line_anchors: 0,
        bold_open: 0,
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
        tag: LocalName::from("#document"),
        suspect: None,
        is_body: false,
        style: 0,
        path: 0,
        depth: 0,
        within: 0,
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
    line_bold: usize,
    line_anchors: usize,
    bold_open: usize,
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
                self.line_anchors += 1;
            }
            self.bold_open += usize::from(matches!(name, "b" | "strong"));
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
        let parent = self.open.last().map_or(0, |(index, _)| *index);
        let (path, depth, within) =
            self.page.elements.get(parent).map_or((0, 0, 0), |above| (above.path, above.depth, above.within));
        self.open.push((self.page.elements.len(), kind_before));
        self.page.elements.push(Element {
            parent,
            tag: node.name.local.clone(),
            suspect,
            is_body,
            style: mixed(mixed(0, name.as_bytes()), node.attr("class").unwrap_or_default().as_bytes()),
            path: mixed(path, name.as_bytes()),
            depth: depth + 1,
            within: within | within_of(name) | if is_body { WITHIN_BODY } else { 0 },
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
            self.bold_open = self.bold_open.saturating_sub(usize::from(matches!(name, "b" | "strong")));
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
        is_inline_tag(name) || name.contains('-') && self.in_paragraph()
    }

    fn in_paragraph(&self) -> bool {
        let tag = self.open.last().and_then(|(index, _)| self.page.elements.get(*index)).map(|e| &*e.tag);
        tag == Some("p")
    }

    fn is_skipped(&self, node: &Node) -> bool {
        let name = node.name();
        if is_unread(name) {
            return true;
        }
        if !self.is_inline(name) {
            return false;
        }
        if node.attr("hidden").is_some() {
            return true;
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
        let (mut class, mut id, mut role, mut is_body, mut hidden) = ("", "", "", false, false);
        for (attribute, value) in node.attrs() {
            match attribute {
                "class" => class = value,
                "id" => id = value,
                "role" => role = value,
                "itemprop" => is_body = value.eq_ignore_ascii_case("articleBody"),
                // Pages that stream their markup keep the story in hidden elements until a script has moved it.
                "hidden" => hidden = true,
                "aria-hidden" => hidden |= value == "true",
                "style" => hidden |= is_hidden_style(value),
                _ => {}
            }
        }
        let key = if class.is_empty() && id.is_empty() { String::new() } else { class_key(class, id) };
        is_body |= !key.is_empty() && self.rules.is_body_class(&key);
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
        let by_role = match role {
            "navigation" | "menu" | "menubar" | "tablist" => Some("navigation"),
            "contentinfo" => Some("footer"),
            "complementary" => Some("aside"),
            "dialog" | "alertdialog" => Some("dialog"),
            "search" => Some("form"),
            _ => None,
        };
        let by_class = if is_body || key.is_empty() { None } else { self.rules.class(&key).map(|(reason, _)| reason) };
        (by_class.or(by_tag).or(by_role).or(hidden.then_some("hidden")), is_body)
    }

    fn text(&mut self, text: &str) {
        let mut rest = text;
        loop {
            let word_on = rest.trim_start();
            if word_on.len() < rest.len() {
                self.space_due = true;
                let gap = rest.len() - word_on.len();
                self.line_broken |= rest.bytes().take(gap).any(|byte| byte == b'\n');
            }
            let Some(first) = word_on.chars().next() else { break };
            self.push_gap(first);
            let end = word_on.find(char::is_whitespace).unwrap_or(word_on.len());
            let (word, after) = word_on.split_at_checked(end).unwrap_or((word_on, ""));
            self.line.push_str(word);
            if self.links_open > 0 || self.bold_open > 0 {
                let chars = word.chars().count();
                self.line_links += if self.links_open > 0 { chars } else { 0 };
                self.line_bold += if self.bold_open > 0 { chars } else { 0 };
            }
            rest = after;
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
        let bold_chars = std::mem::take(&mut self.line_bold);
        let links = std::mem::take(&mut self.line_anchors);
        self.line.clear();
        let size = measure(&text);
        if size.words == 0 {
            return;
        }
        let element = self.open.last().map_or(0, |(index, _)| *index);
        let mut block = Block {
            words: size.words,
            chars: size.chars,
            link_chars,
            bold_chars,
            links,
            kind: self.kind,
            element,
            units: size.units(),
            prose: false,
            text,
        };
        block.prose = !matches!(block.kind, Kind::Caption | Kind::Heading(_))
            && block.link_density() < 0.45
            && (block.units >= 25.0 || block.units >= 8.0 && ends_sentence(&block.text));
        self.page.blocks.push(block);
    }
}
