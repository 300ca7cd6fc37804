//! The tree a feed document is read from, and the vocabularies its elements belong to.

/// A vocabulary. Addresses are matched by what they contain: real feeds write them with `https`, in capitals, without
/// the last slash, or with the address of an older draft.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Vocabulary {
    /// RSS of any age, RDF included, and everything without a namespace.
    Rss,
    /// Atom 0.3 and 1.0.
    Atom,
    /// Dublin Core elements and terms.
    Dublin,
    /// `content:encoded`.
    Content,
    /// `sy:updatePeriod`.
    Syndication,
    /// Media RSS.
    Media,
    /// Podcasts.
    Itunes,
    /// XHTML, and HTML that stands naked in a feed.
    Html,
    /// `feedburner:origLink`.
    Feedburner,
    /// Anything else.
    Other,
}

impl Vocabulary {
    /// The vocabulary of a namespace address.
    pub fn of_address(address: &str) -> Self {
        let lower = address.trim().to_ascii_lowercase();
        let has = |part: &str| lower.contains(part);
        if has("atom") && !has("/ext/") && !has("media") {
            Self::Atom
        } else if has("purl.org/dc/") || has("dublincore") {
            Self::Dublin
        } else if has("purl.org/rss/1.0/modules/content") {
            Self::Content
        } else if has("modules/syndication") {
            Self::Syndication
        } else if has("search.yahoo.com/mrss") || has("mrss") {
            Self::Media
        } else if has("itunes") {
            Self::Itunes
        } else if has("1999/xhtml") {
            Self::Html
        } else if has("feedburner") {
            Self::Feedburner
        } else if is_rss_address(&lower) {
            Self::Rss
        } else {
            Self::Other
        }
    }

    /// What a prefix means when the document never says: the meaning everyone gives it.
    pub fn of_undeclared_prefix(prefix: &str) -> Self {
        match prefix {
            "atom" | "atom10" | "a10" => Self::Atom,
            "dc" | "dcterms" | "dct" => Self::Dublin,
            "content" => Self::Content,
            "sy" => Self::Syndication,
            "media" => Self::Media,
            "itunes" => Self::Itunes,
            "xhtml" | "html" => Self::Html,
            "feedburner" => Self::Feedburner,
            "rss" | "rdf" => Self::Rss,
            _ => Self::Other,
        }
    }
}

fn is_rss_address(lower: &str) -> bool {
    lower.is_empty()
        || [
            "purl.org/rss/1.0",
            "purl.org/net/rss1.1",
            "netscape.com/rdf/simple",
            "netscape.com/publish/formats/rss",
            "userland.com/rss",
            "userland.com/rdf",
            "blogs.law.harvard.edu/tech/rss",
            "cyber.law.harvard.edu/rss",
            "cyber.harvard.edu/rss",
            "rssboard.org",
            "1999/02/22-rdf-syntax-ns",
        ]
        .iter()
        .any(|part| lower.contains(part))
}

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
        self.children.iter().filter_map(|node| match node {
            Node::Element(element) => Some(element),
            Node::Text(_) => None,
        })
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
