//! A fast look over the markup before the parse: scripts, styles, drawings and comments go, the data in them stays.
//!
//! They are two thirds of a news page's bytes, and parsing without them is half as fast again. JSON-LD and the state of
//! a page that is drawn by script are kept aside, because they may be all there is of an article.

/// More attributes than this on one tag is an attack: the parser looks for doubles in square time.
const ATTRIBUTES_MAX: usize = 1000;

/// Shorter scripts hold no story.
const STATE_BYTES_MIN: usize = 1000;

/// What is left of the markup, and the data found on the way.
#[derive(Debug, Default)]
pub struct Stripped<'a> {
    /// Markup without scripts, styles, drawings and comments.
    pub html: String,
    /// The contents of `application/ld+json` scripts.
    pub json_ld: Vec<String>,
    /// Scripts that may hold the state of a page that is drawn by script.
    pub state: Vec<&'a str>,
    /// Whether a tag has more attributes than any page needs.
    pub attribute_flood: bool,
}

/// Strips a page.
pub fn strip(html: &str) -> Stripped<'_> {
    strip_but(html, false)
}

/// Strips a page, but leaves what stands in `<noscript>` and in templates: on some pages that is the story.
pub fn strip_but_fallbacks(html: &str) -> Stripped<'_> {
    strip_but(html, true)
}

fn strip_but(html: &str, fallbacks: bool) -> Stripped<'_> {
    let bytes = html.as_bytes();
    let mut out = Stripped { html: String::with_capacity(html.len() / 2), ..Stripped::default() };
    let mut kept_from = 0;
    let mut at = 0;
    while let Some(found) = html.get(at..).and_then(|rest| rest.find('<')) {
        let open = at + found;
        let Some(next) = bytes.get(open + 1) else { break };
        let resume = match next {
            b'!' if bytes.get(open..open + 4) == Some(b"<!--") => Some(comment_end(html, open)),
            b'a'..=b'z' | b'A'..=b'Z' => {
                let (tag_end, attributes) = tag_end(bytes, open + 1);
                out.attribute_flood |= attributes > ATTRIBUTES_MAX;
                let Some(name) = dropped_name(bytes, open + 1) else {
                    at = tag_end;
                    continue;
                };
                let (text_end, element_end) = element_end(html, tag_end, name);
                let tag = html.get(open..tag_end).unwrap_or_default();
                if fallbacks && (name == "noscript" || name == "script" && tag.contains("text/template")) {
                    out.html.push_str(html.get(kept_from..open).unwrap_or_default());
                    kept_from = tag_end;
                    out.html.push_str(html.get(tag_end..text_end).unwrap_or_default());
                } else if name == "script" {
                    keep_data(&mut out, Some(tag), html.get(tag_end..text_end));
                }
                Some(element_end)
            }
            _ => None,
        };
        if let Some(resume) = resume {
            if kept_from <= open {
                out.html.push_str(html.get(kept_from..open).unwrap_or_default());
            }
            kept_from = resume;
            at = resume;
        } else {
            at = open + 1;
        }
    }
    out.html.push_str(html.get(kept_from..).unwrap_or_default());
    out
}

fn comment_end(html: &str, open: usize) -> usize {
    let body = open + 4;
    let Some(rest) = html.get(body..) else { return html.len() };
    if rest.starts_with('>') {
        return body + 1;
    }
    if rest.starts_with("->") {
        return body + 2;
    }
    rest.find("-->").map_or(html.len(), |end| body + end + 3)
}

/// The elements whose whole content goes.
fn dropped_name(bytes: &[u8], name_at: usize) -> Option<&'static str> {
    ["script", "style", "svg", "noscript"].into_iter().find(|name| {
        bytes.get(name_at..name_at + name.len()).is_some_and(|found| found.eq_ignore_ascii_case(name.as_bytes()))
            && bytes.get(name_at + name.len()).is_none_or(|b| b.is_ascii_whitespace() || matches!(b, b'/' | b'>'))
    })
}

/// One past the `>` of a tag, with quoted values skipped, and roughly how many attributes it has.
fn tag_end(bytes: &[u8], from: usize) -> (usize, usize) {
    let (mut quote, mut before, mut attributes, mut in_value, mut gap) = (None, 0u8, 0, false, false);
    for (offset, byte) in bytes.get(from..).unwrap_or_default().iter().enumerate() {
        match quote {
            Some(mark) if *byte == mark => quote = None,
            Some(_) => continue,
            None if *byte == b'>' => return (from + offset + 1, attributes),
            None if matches!(byte, b'"' | b'\'') && before == b'=' => quote = Some(*byte),
            None => {}
        }
        if byte.is_ascii_whitespace() || *byte == b'/' && !in_value {
            (gap, in_value) = (true, false);
            continue;
        }
        attributes += usize::from(gap);
        gap = false;
        in_value |= *byte == b'=';
        before = *byte;
    }
    (bytes.len(), attributes)
}

/// Where an element's text ends, and where the element does.
fn element_end(html: &str, from: usize, name: &str) -> (usize, usize) {
    let mut at = from;
    while let Some(found) = html.get(at..).and_then(|rest| rest.find("</")) {
        let close = at + found;
        let tail = html.as_bytes().get(close + 2..).unwrap_or_default();
        if tail.get(..name.len()).is_some_and(|found| found.eq_ignore_ascii_case(name.as_bytes())) {
            let end = tail.iter().position(|b| *b == b'>').map_or(html.len(), |offset| close + 2 + offset + 1);
            return (close, end);
        }
        at = close + 2;
    }
    // An element that is never closed takes only its own tag along; the parser decides about the rest.
    (from, from)
}

fn keep_data<'a>(out: &mut Stripped<'a>, tag: Option<&str>, text: Option<&'a str>) {
    let (Some(tag), Some(text)) = (tag, text) else { return };
    let tag = tag.to_ascii_lowercase();
    if tag.contains("ld+json") {
        out.json_ld.push(text.to_owned());
    } else if text.len() > STATE_BYTES_MIN && !tag.contains("src=") {
        out.state.push(text);
    }
}
