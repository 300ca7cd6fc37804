//! Where a drawing ends. In it, markup is read by other rules than a page's.

use super::markup::{Tag, find_from, is_end_of, skipped};

/// Elements that end a drawing where they begin in it.
const ENDS_DRAWING: [&str; 44] = [
    "b",
    "big",
    "blockquote",
    "body",
    "br",
    "center",
    "code",
    "dd",
    "div",
    "dl",
    "dt",
    "em",
    "embed",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "head",
    "hr",
    "i",
    "img",
    "li",
    "listing",
    "menu",
    "meta",
    "nobr",
    "ol",
    "p",
    "pre",
    "ruby",
    "s",
    "small",
    "span",
    "strong",
    "strike",
    "sub",
    "sup",
    "table",
    "tt",
    "u",
    "ul",
    "var",
];

/// Where a drawing ends; or, where only the parser can tell, how far it was looked at.
pub(super) fn drawing_end(html: &str, tag: &Tag<'_>) -> Result<usize, usize> {
    let bytes = html.as_bytes();
    let mut open_names = vec![tag.name];
    let mut at = tag.end;
    if tag.closes_itself {
        return Ok(at);
    }
    while let Some(open) = find_from(html, at, '<') {
        let next = bytes.get(open + 1).copied().unwrap_or_default();
        if next.is_ascii_alphabetic() {
            let inner = Tag::read(html, open);
            at = inner.end;
            if inner.is_any(&ENDS_DRAWING) || inner.is_any(&["font", "foreignObject"]) {
                return Err(at);
            }
            if inner.is_any(&["title", "desc"]) && !inner.closes_itself {
                // Markup in it is read as a page's; names of icons have none.
                let end = find_from(html, at, '<').filter(|end| is_end_of(html, *end, inner.name)).ok_or(at)?;
                at = skipped(html, end);
            } else if !inner.closes_itself {
                open_names.push(inner.name);
            }
        } else if next == b'/' && bytes.get(open + 2).is_some_and(u8::is_ascii_alphabetic) {
            let inner = Tag::read(html, open + 1);
            at = inner.end;
            let matching = open_names.iter().rposition(|name| inner.is(name)).ok_or(at)?;
            open_names.truncate(matching);
            if open_names.is_empty() {
                return Ok(at);
            }
        } else if html.get(open..).is_some_and(|rest| rest.starts_with("<![CDATA[")) {
            at = html.get(open..).and_then(|rest| rest.find("]]>")).map(|end| open + end + 3).ok_or(html.len())?;
        } else {
            at = skipped(html, open);
        }
    }
    Err(html.len())
}
