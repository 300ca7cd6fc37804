//! A fast look over the markup before the parse: scripts, styles, drawings and comments go, the data in them stays.
//!
//! They are two thirds of a news page's bytes, and parsing without them is half as fast again. JSON-LD and the state of
//! a page that is drawn by script are kept aside, because they may be all there is of an article.

mod drawing;
mod markup;

use drawing::drawing_end;
use markup::{Tag, find_from, raw_end, script_end, skipped, slim};

/// More attributes than this on one tag is an attack: the parser looks for doubles in square time.
const ATTRIBUTES_MAX: usize = 1000;

/// Shorter scripts hold no story.
const STATE_BYTES_MIN: usize = 1000;

/// Tags shorter than this are not worth a second look.
const SLIM_BYTES_MIN: usize = 60;

/// The longest name of a character reference has 32 bytes.
const REFERENCE_BYTES_MAX: usize = 40;

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

/// Strips a page. What is left parses to the same text: where markup is broken in a way that only the parser can judge,
/// it is left alone.
///
/// White space between two tags becomes one space or line break, and attributes go that nothing asks for.
pub fn strip(html: &str) -> Stripped<'_> {
    strip_but(html, Fallbacks::Drop)
}

/// Strips a page, but leaves what stands in `<noscript>` and in templates of script: on some pages that is the story.
pub fn strip_but_fallbacks(html: &str) -> Stripped<'_> {
    strip_but(html, Fallbacks::Keep)
}

/// What becomes of text for readers without scripts, and of templates that a script puts in place.
#[derive(Clone, Copy, PartialEq)]
enum Fallbacks {
    Drop,
    Keep,
}

fn strip_but(html: &str, fallbacks: Fallbacks) -> Stripped<'_> {
    let bytes = html.as_bytes();
    let mut out = Stripped { html: String::with_capacity(html.len() / 2), ..Stripped::default() };
    let mut kept_from = 0;
    let mut at = 0;
    let mut body_began = false;
    // Drawings that begin before this place are the parser's.
    let mut broken_until = 0;
    while let Some(open) = find_from(html, at, '<') {
        if open > at + 1 && kept_from <= at && bytes.get(at.wrapping_sub(1)) == Some(&b'>') {
            let between = bytes.get(at..open).unwrap_or_default();
            if between.iter().all(u8::is_ascii_whitespace) {
                out.html.push_str(html.get(kept_from..at).unwrap_or_default());
                out.html.push(if between.contains(&b'\n') { '\n' } else { ' ' });
                kept_from = open;
            }
        }
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
            let opening = html.get(open..tag.end).unwrap_or_default();
            if fallbacks == Fallbacks::Keep && (tag.is("noscript") || data_kept && opening.contains("text/template")) {
                out.keep(html.get(kept_from..open));
                out.keep(html.get(tag.end..text_end));
                kept_from = element_end;
            } else if data_kept {
                keep_data(&mut out, Some(opening), html.get(tag.end..text_end));
            }
            Some(element_end)
        } else if tag.is("svg") && open >= broken_until {
            drawing_end(html, &tag).map_err(|broken_at| broken_until = broken_at).ok()
        } else {
            None
        };
        if let Some(resume) = resume {
            if kept_from <= open {
                out.keep(html.get(kept_from..open));
            }
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
            if tag.end - open > SLIM_BYTES_MIN && kept_from <= open {
                out.html.push_str(html.get(kept_from..open).unwrap_or_default());
                slim(&mut out.html, html.get(open..tag.end).unwrap_or_default());
                kept_from = tag.end;
            }
            at = tag.end;
        }
    }
    out.html.push_str(html.get(kept_from..).unwrap_or_default());
    out
}

impl Stripped<'_> {
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

fn keep_data<'a>(out: &mut Stripped<'a>, tag: Option<&str>, text: Option<&'a str>) {
    let (Some(tag), Some(text)) = (tag, text) else { return };
    let tag = tag.to_ascii_lowercase();
    if tag.contains("ld+json") {
        out.json_ld.push(text.to_owned());
    } else if text.len() > STATE_BYTES_MIN && !tag.contains("src=") {
        out.state.push(text);
    }
}
