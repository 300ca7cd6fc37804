//! A fast look over the markup before the parse: scripts, styles, drawings and comments go, the data in them stays.
//!
//! They are two thirds of a news page's bytes, and parsing without them is half as fast again. JSON-LD and the state of
//! a page that is drawn by script are kept aside, because they may be all there is of an article.

mod drawing;
mod markup;

use drawing::drawing_end;
use markup::{Tag, find_from, raw_end, script_end, skipped};

/// More attributes than this on one tag is an attack: the parser looks for doubles in square time.
const ATTRIBUTES_MAX: usize = 1000;

/// The longest name of a character reference has 32 bytes.
const REFERENCE_BYTES_MAX: usize = 40;

/// What is left of the markup, and the data found on the way.
#[derive(Debug, Default)]
pub struct Stripped {
    /// Markup without scripts, styles, drawings and comments.
    pub html: String,
    /// The contents of `application/ld+json` scripts.
    pub json_ld: Vec<String>,
    /// The state of a page that is drawn by script (`__NEXT_DATA__` and other JSON scripts).
    pub state: Vec<String>,
    /// Whether a tag has more attributes than any page needs.
    pub attribute_flood: bool,
}

/// Strips a page. What is left parses to the same text: where markup is broken in a way that only the parser can judge,
/// it is left alone.
pub fn strip(html: &str) -> Stripped {
    let bytes = html.as_bytes();
    let mut out = Stripped { html: String::with_capacity(html.len() / 2), ..Stripped::default() };
    let mut kept_from = 0;
    let mut at = 0;
    let mut body_began = false;
    // Drawings that begin before this place are the parser's.
    let mut broken_until = 0;
    while let Some(open) = find_from(html, at, '<') {
        let next = bytes.get(open + 1).copied().unwrap_or_default();
        if !next.is_ascii_alphabetic() {
            let end = skipped(html, open);
            if bytes.get(open..open + 4) == Some(b"<!--") {
                out.keep(html.get(kept_from..open));
                kept_from = end;
            }
            at = end;
            continue;
        }
        let tag = Tag::read(html, open);
        out.attribute_flood |= tag.attributes > ATTRIBUTES_MAX;
        let data_kept = tag.is("script");
        let resume = if tag.is_any(&["script", "style", "noscript"]) {
            let (text_end, element_end) = if data_kept { script_end(html, tag.end) } else { raw_end(html, &tag) };
            if data_kept {
                keep_data(&mut out, html.get(open..tag.end), html.get(tag.end..text_end));
            }
            Some(element_end)
        } else if tag.is("svg") && open >= broken_until {
            drawing_end(html, &tag).map_err(|broken_at| broken_until = broken_at).ok()
        } else {
            None
        };
        if let Some(resume) = resume {
            out.keep(html.get(kept_from..open));
            if tag.is("svg") && !body_began {
                // It opens the body, and so decides where the title stands that follows it.
                out.html.push_str("<svg></svg>");
            }
            kept_from = resume;
            at = resume;
        } else if tag.is_any(&["title", "textarea", "iframe", "noembed", "noframes", "xmp"]) {
            at = raw_end(html, &tag).1;
        } else if tag.is("plaintext") {
            break;
        } else {
            body_began |= !tag.is_any(&["html", "head", "meta", "link", "base"]);
            at = tag.end;
        }
    }
    out.html.push_str(html.get(kept_from..).unwrap_or_default());
    out
}

impl Stripped {
    /// Keeps what stands before something that goes.
    fn keep(&mut self, piece: Option<&str>) {
        self.html.push_str(piece.unwrap_or_default());
        let ends_reference = |byte: &&u8| !byte.is_ascii_alphanumeric() && **byte != b'#';
        let mut tail = self.html.as_bytes().iter().rev().take(REFERENCE_BYTES_MAX);
        if tail.find(ends_reference) == Some(&b'&') || self.html.ends_with('<') {
            // A lone sign must not make a tag or a letter of what follows.
            self.html.push_str("<!---->");
        }
    }
}

fn keep_data(out: &mut Stripped, tag: Option<&str>, text: Option<&str>) {
    let (Some(tag), Some(text)) = (tag, text) else { return };
    let tag = tag.to_ascii_lowercase();
    if tag.contains("ld+json") {
        out.json_ld.push(text.to_owned());
    } else if tag.contains("__next_data__") || tag.contains("application/json") && text.len() > 2000 {
        out.state.push(text.to_owned());
    }
}
