//! Which of an item's addresses is the article's.

use url::Url;

use super::super::text::absolute;
use super::super::tree::Element;
use super::super::vocabulary::Vocabulary::{Feedburner, Rss};
use super::{is_own, joined};

/// Where the article is: the publisher's own address before a redirecting one, `link`, an alternate link, a guid that
/// is a permalink, in that order. Comments, replies and the entry's own document are never it.
pub fn of_item(item: &Element, id: Option<&str>, base: Option<&Url>) -> Option<String> {
    let original = || item.named(Feedburner, "origlink").find_map(|e| absolute(&e.text(), base));
    // Of several the last, as every reader has it: the ones before are a template's.
    let own = || plain_links(item).filter_map(|e| absolute(&link_text(e), around(e, base).as_ref().or(base))).last();
    let href = || item.attribute("href").and_then(|href| absolute(href, base));
    let about = || item.attribute("about").and_then(|about| absolute(about, None));
    original()
        .or_else(own)
        .or_else(|| alternate(item, base))
        .or_else(|| permalink(item, id, base))
        .or_else(about)
        .or_else(href)
}

/// The site a channel belongs to.
pub fn of_channel(channel: &Element, base: Option<&Url>) -> Option<String> {
    let plain = plain_links(channel).filter_map(|e| absolute(&link_text(e), around(e, base).as_ref().or(base))).last();
    plain
        .or_else(|| alternate(channel, base))
        .or_else(|| channel.attribute("href").and_then(|href| absolute(href, base)))
        .or_else(|| channel.attribute("about").and_then(|about| absolute(about, None)))
}

/// The address of a link with a certain relation, in whatever vocabulary it is written.
pub fn of_rel(parent: &Element, rel: &str, base: Option<&Url>) -> Option<String> {
    parent
        .elements()
        .filter(|e| e.name() == "link" && has_rel(e, rel))
        .find_map(|e| absolute(e.attribute("href")?, around(e, base).as_ref().or(base)))
}

fn has_rel(link: &Element, rel: &str) -> bool {
    link.attribute("rel").is_some_and(|own| own.split_whitespace().any(|word| word.eq_ignore_ascii_case(rel)))
}

/// Links of RSS, which hold their address as text and have no relation.
fn plain_links(parent: &Element) -> impl Iterator<Item = &Element> {
    parent.named(Rss, "link").filter(|e| e.attribute("rel").is_none())
}

fn link_text(element: &Element) -> String {
    let text = element.text();
    if text.trim().is_empty() { element.attribute("href").unwrap_or_default().to_owned() } else { text }
}

/// The base address inside a link, where it has its own.
fn around(element: &Element, base: Option<&Url>) -> Option<Url> {
    element.attribute("base").and_then(|own| joined(own, base))
}

/// The link to the page itself: `rel="alternate"` or none, HTML before anything else.
fn alternate(parent: &Element, base: Option<&Url>) -> Option<String> {
    let links = || {
        parent.elements().filter(|e| is_own(e) && e.name() == "link").filter(|e| {
            e.attribute("rel")
                .is_none_or(|rel| rel.rsplit(['#', '/']).next().is_some_and(|r| r.eq_ignore_ascii_case("alternate")))
        })
    };
    let address = |e: &Element| absolute(&link_text(e), around(e, base).as_ref().or(base));
    links()
        .filter(|e| e.attribute("type").is_none_or(|t| t.contains("html")))
        .find_map(address)
        .or_else(|| links().find_map(address))
}

/// A guid that is an address. One that is relative is believed where it is declared to be one or looks like a path: a
/// bare number or word is a key, whatever the standard says.
fn permalink(item: &Element, id: Option<&str>, base: Option<&Url>) -> Option<String> {
    let id = id?;
    let guid = item.elements().find(|e| is_own(e) && matches!(e.name(), "guid" | "id"));
    let declared = guid.and_then(|e| e.attribute("ispermalink")).map(str::to_ascii_lowercase);
    let lower = id.to_ascii_lowercase();
    let is_address = lower.starts_with("http://") || lower.starts_with("https://");
    let is_path = id.starts_with('/') && !id.contains(char::is_whitespace);
    match declared.as_deref() {
        Some("false") => None,
        Some("true") => absolute(id, base),
        _ if is_address || is_path => absolute(id, guid.and_then(|e| around(e, base)).as_ref().or(base)),
        _ => None,
    }
}
