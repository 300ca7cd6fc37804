//! The tree a feed's items and its channel are read from.

use super::vocabulary::Vocabulary;

/// An element.
#[derive(Debug, Clone)]
pub struct Element {
    /// Its vocabulary.
    pub vocabulary: Vocabulary,
    /// The name as written, lower case, with its prefix.
    pub qualified: String,
    /// Attributes as `(lower-case name without prefix, value)`.
    pub attributes: Vec<(String, String)>,
    /// What it holds.
    pub children: Vec<Node>,
}

/// What an element holds.
#[derive(Debug, Clone)]
pub enum Node {
    /// An element.
    Element(Element),
    /// Text with its references resolved.
    Text(String),
}

impl Node {
    /// The element, where it is one.
    pub fn element(&self) -> Option<&Element> {
        match self {
            Self::Element(element) => Some(element),
            Self::Text(_) => None,
        }
    }
}

impl Element {
    /// The name without its prefix, lower case.
    pub fn name(&self) -> &str {
        self.qualified.rsplit_once(':').map_or(self.qualified.as_str(), |(_, name)| name)
    }

    /// An attribute's value, not empty, trimmed.
    pub fn attribute(&self, name: &str) -> Option<&str> {
        let value = &self.attributes.iter().find(|(n, _)| n == name)?.1;
        Some(value.trim()).filter(|v| !v.is_empty())
    }

    /// The child elements.
    pub fn elements(&self) -> impl Iterator<Item = &Element> {
        self.children.iter().filter_map(Node::element)
    }

    /// The child elements of one name in one vocabulary.
    pub fn named<'a>(&'a self, vocabulary: Vocabulary, name: &'a str) -> impl Iterator<Item = &'a Element> {
        self.elements().filter(move |e| e.vocabulary == vocabulary && e.name() == name)
    }

    /// All text below, without markup.
    pub fn text(&self) -> String {
        let mut out = String::new();
        self.push_text(&mut out);
        out
    }

    /// The text that stands in the element itself, not in its children.
    pub fn own_text(&self) -> String {
        let texts = self.children.iter().filter_map(|node| match node {
            Node::Text(text) => Some(text.as_str()),
            Node::Element(_) => None,
        });
        texts.collect()
    }

    /// The content as one string: text as it is, elements as markup.
    ///
    /// Text beside elements is escaped again only where `escape` says that it was text, not markup, to begin with.
    pub fn inner(&self, escape: Escape) -> String {
        let mut out = String::new();
        push_nodes(&self.children, escape, &mut out);
        out
    }

    /// Whether an element stands among the children.
    pub fn has_markup(&self) -> bool {
        self.elements().next().is_some()
    }

    fn push_text(&self, out: &mut String) {
        for node in &self.children {
            match node {
                Node::Text(text) => out.push_str(text),
                Node::Element(element) => element.push_text(out),
            }
        }
    }
}

/// Whether text is escaped when a tree is written as markup.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Escape {
    /// The text is text: `<` becomes `&lt;`.
    Text,
    /// The text already is HTML.
    Nothing,
}

fn push_nodes(nodes: &[Node], escape: Escape, out: &mut String) {
    for node in nodes {
        match node {
            Node::Text(text) if escape == Escape::Text => push_escaped(text, out),
            Node::Text(text) => out.push_str(text),
            Node::Element(element) => {
                out.push('<');
                out.push_str(element.name());
                for (name, value) in element.attributes.iter().filter(|(name, _)| !name.starts_with("xmlns")) {
                    out.push(' ');
                    out.push_str(name);
                    out.push_str("=\"");
                    push_escaped(value, out);
                    out.push('"');
                }
                out.push('>');
                push_nodes(&element.children, escape, out);
                if !matches!(element.name(), "br" | "img" | "hr" | "input" | "source" | "wbr" | "meta" | "link") {
                    out.push_str("</");
                    out.push_str(element.name());
                    out.push('>');
                }
            }
        }
    }
}

/// Writes text so that HTML and XML read it as text.
pub fn push_escaped(text: &str, out: &mut String) {
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            c => out.push(c),
        }
    }
}
