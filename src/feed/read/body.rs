//! What an element holds, as HTML: text, escaped HTML, naked HTML, XHTML and base64, by what it says it is.

use base64::Engine as _;
use base64::engine::general_purpose::GeneralPurpose;
use base64::engine::{DecodePaddingMode, GeneralPurposeConfig};

use super::super::tree::{Element, Escape, push_escaped};
use super::super::vocabulary::Vocabulary::{Atom, Content, Dublin, Html, Itunes, Media};
use super::is_own;

/// Base64 as feeds write it: with or without its padding.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &base64::alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// The teaser and the whole text.
///
/// RSS has `description` for both. Beside a `summary`, the first of the two is the teaser.
pub fn bodies(item: &Element) -> (Option<String>, Option<String>) {
    let own = |name: &'static str| take(item.elements().find(move |e| is_own(e) && e.name() == name));
    let mut teasers = item.elements().filter(|e| is_own(e) && matches!(e.name(), "description" | "summary"));
    let first = teasers.next();
    let second = first.and_then(|first| take(teasers.find(|e| e.name() != first.name())));
    let content = take(item.named(Content, "encoded").next())
        .or_else(|| take(item.named(Html, "body").next().or_else(|| item.named(Html, "div").next())))
        .or_else(|| take(item.elements().find(|e| is_own(e) && e.name() == "content" && e.attribute("src").is_none())))
        .or_else(|| own("fullitem"))
        .or_else(|| own("body"));
    let (summary, content) = match take(first) {
        Some(summary) => (Some(summary), content.or(second)),
        None => (second, content),
    };
    let group = || item.named(Media, "group").chain(item.named(Media, "content"));
    let summary = summary
        .or_else(|| own("abstract"))
        .or_else(|| take(item.named(Dublin, "description").next()))
        .or_else(|| take(item.named(Dublin, "abstract").next()))
        .or_else(|| take(item.named(Itunes, "summary").next()))
        .or_else(|| take(item.named(Media, "description").next()))
        .or_else(|| take(group().flat_map(|g| g.named(Media, "description")).next()))
        .or_else(|| take(item.named(Itunes, "subtitle").next()));
    (summary, content)
}

fn take(found: Option<&Element>) -> Option<String> {
    found.map(html_of).filter(|html| !html.is_empty())
}

/// What a `type` means, in whatever spelling.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Text,
    Html,
    Xhtml,
}

/// An element's content as HTML.
pub fn html_of(element: &Element) -> String {
    let declared = element.attribute("type").unwrap_or_default().to_ascii_lowercase();
    let mode = element.attribute("mode").unwrap_or_default().to_ascii_lowercase();
    let kind = kind(element, &declared, &mode);
    if element.has_markup() {
        let escape = if kind == Kind::Xhtml || mode == "xml" { Escape::Text } else { Escape::Nothing };
        // Atom wraps XHTML in one `div` that is not part of the content.
        if kind == Kind::Xhtml
            && let Some(div) = element.elements().find(|e| e.name() == "div")
        {
            return div.inner(Escape::Text).trim().to_owned();
        }
        return element.inner(escape).trim().to_owned();
    }
    let text = element.text();
    let decoded = may_be_base64(&declared, &mode).then(|| decode_base64(&text)).flatten();
    // Base64 holds what the type says, or HTML where it says nothing: encoding it was the point.
    let is_text = kind == Kind::Text && (decoded.is_none() || declared.contains("plain"));
    let text = decoded.unwrap_or(text);
    if is_text {
        let mut out = String::with_capacity(text.len());
        push_escaped(text.trim(), &mut out);
        return out;
    }
    text.trim().to_owned()
}

fn kind(element: &Element, declared: &str, mode: &str) -> Kind {
    if declared.contains("xhtml") || declared.contains("+xml") || declared.ends_with("/xml") {
        return if element.has_markup() || element.vocabulary == Atom { Kind::Xhtml } else { Kind::Html };
    }
    if element.vocabulary != Atom || declared.contains("html") || mode == "escaped" {
        return Kind::Html;
    }
    Kind::Text
}

/// Whether content may be base64: it says so, or it is of a type that is no text (RFC 4287, 4.1.3.3).
fn may_be_base64(declared: &str, mode: &str) -> bool {
    let is_text = declared.is_empty()
        || !declared.contains('/')
        || declared.starts_with("text/")
        || declared.contains("xml")
        || declared.contains("html");
    mode == "base64" || declared == "base64" || !is_text
}

fn decode_base64(text: &str) -> Option<String> {
    let joined: String = text.split_whitespace().collect();
    String::from_utf8(BASE64.decode(joined).ok()?).ok()
}
