//! What the beginning of an element says about elements before it whose ends were forgotten.

use super::super::tree::Element;
use super::super::vocabulary::Vocabulary;

/// Elements that hold one line of text: a field that begins inside one means that its end is missing.
const LINES: &[&str] = &[
    "title",
    "link",
    "guid",
    "id",
    "pubdate",
    "updated",
    "published",
    "modified",
    "issued",
    "created",
    "comments",
    "category",
    "language",
    "ttl",
    "generator",
    "docs",
    "managingeditor",
    "webmaster",
    "copyright",
    "lastbuilddate",
];
/// Elements that may hold naked HTML, which has a `title`, a `link` and a `source` of its own.
const BODIES: &[&str] = &["description", "summary", "content", "tagline", "subtitle", "rights", "abstract", "info"];
/// Elements of an item or a channel that have children.
const GROUPS: &[&str] = &["author", "contributor", "enclosure", "source", "image", "cloud", "textinput"];
/// Names that a feed shares with HTML.
const SHARED: &[&str] = &["title", "link", "source", "summary", "image", "content", "author", "id", "language"];
/// HTML that stands naked where a tag was not escaped.
const HTML: &[&str] = &[
    "a",
    "abbr",
    "b",
    "big",
    "blockquote",
    "br",
    "center",
    "cite",
    "code",
    "del",
    "div",
    "em",
    "font",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "hr",
    "i",
    "img",
    "ins",
    "li",
    "mark",
    "nobr",
    "ol",
    "p",
    "pre",
    "q",
    "s",
    "small",
    "span",
    "strike",
    "strong",
    "sub",
    "sup",
    "table",
    "tbody",
    "td",
    "th",
    "tr",
    "tt",
    "u",
    "ul",
    "wbr",
];

/// Whether an element is an item of a feed.
pub fn is_item(element: &Element) -> bool {
    is_own(element) && matches!(element.name(), "item" | "entry")
}

/// Whether an element is what items stand in.
pub fn is_container(element: &Element) -> bool {
    is_own(element) && matches!(element.name(), "channel" | "feed" | "rdf" | "rss" | "items")
}

/// Whether an element names a document's dialect.
pub fn is_root_name(name: &str) -> bool {
    matches!(name, "rss" | "rdf" | "feed" | "channel" | "item" | "entry")
}

/// Whether an element is HTML that an end tag may have been forgotten of.
pub fn is_html(element: &Element) -> bool {
    element.vocabulary == Vocabulary::Html || is_own(element) && is_html_name(element.name())
}

/// Whether a name is one of HTML's.
pub fn is_html_name(name: &str) -> bool {
    HTML.binary_search(&name).is_ok()
}

/// Whether an element of HTML never has an end tag.
pub fn is_void(element: &Element) -> bool {
    matches!(element.name(), "br" | "hr" | "img" | "wbr") && is_html(element)
}

/// Whether a tag that lost its `>` is a tag all the same: a feed's own, not a word after a `<`.
pub fn is_known_name(name: &str) -> bool {
    let local = name.rsplit(':').next().unwrap_or_default();
    is_root_name(local) || is_field_name(local) || matches!(local, "encoded" | "creator" | "date" | "subject")
}

/// Whether an element holds one line of text.
pub fn is_line(element: &Element) -> bool {
    match element.vocabulary {
        Vocabulary::Rss | Vocabulary::Atom => LINES.contains(&element.name()),
        Vocabulary::Dublin => true,
        _ => false,
    }
}

/// How many of the open elements a new one ends, given from the outermost on.
pub fn ended_by<'a>(next: &Element, open: impl DoubleEndedIterator<Item = &'a Element> + Clone) -> usize {
    let is_field = match next.vocabulary {
        Vocabulary::Rss | Vocabulary::Atom => is_field_name(next.name()),
        Vocabulary::Html | Vocabulary::Other => false,
        _ => true,
    };
    if !is_field {
        // A paragraph ends the one before it.
        let same = |e: &Element| is_html(e) && matches!(e.name(), "p" | "li") && e.name() == next.name();
        return usize::from(open.clone().next_back().is_some_and(same));
    }
    let html = open.clone().rev().take_while(|e| is_html(e)).count();
    let naked = open.clone().rev().take(html).all(|e| e.vocabulary != Vocabulary::Html);
    let Some(holder) = open.rev().nth(html) else { return 0 };
    let is_shared = is_own(next) && SHARED.contains(&next.name());
    if is_line(holder) {
        // Naked HTML in a headline may hold what looks like a field, but not a field of another vocabulary's.
        return html + 1;
    }
    if is_own(holder) && BODIES.contains(&holder.name()) {
        return if is_shared { 0 } else { html + 1 };
    }
    if naked && (is_item(holder) || is_container(holder)) { html } else { 0 }
}

fn is_field_name(name: &str) -> bool {
    LINES.contains(&name) || BODIES.contains(&name) || GROUPS.contains(&name)
}

fn is_own(element: &Element) -> bool {
    matches!(element.vocabulary, Vocabulary::Rss | Vocabulary::Atom)
}
