//! A fast look over the markup before the parse: scripts, styles, drawings and comments go, the data in them stays.
//!
//! They are two thirds of a news page's bytes, and parsing without them is half as fast again. JSON-LD and the state of
//! a page that is drawn by script are kept aside, because they may be all there is of an article.

/// More attributes than this on one tag is an attack: the parser looks for doubles in square time.
const ATTRIBUTES_MAX: usize = 1000;

/// Shorter scripts hold no story.
const STATE_BYTES_MIN: usize = 1000;
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

impl Stripped<'_> {
    /// Keeps what stands before something that goes.
    fn keep(&mut self, piece: Option<&str>) {
        self.html.push_str(piece.unwrap_or_default());
        let in_reference = |byte: &&u8| byte.is_ascii_alphanumeric() || **byte == b'#';
        let tail = self.html.as_bytes().iter().rev().take(REFERENCE_BYTES_MAX);
        if tail.skip_while(in_reference).next().is_some_and(|byte| matches!(byte, b'&')) || self.html.ends_with('<') {
            // A lone sign must not make a tag or a letter of what follows.
            self.html.push_str("<!---->");
        }
    }
}

/// A start tag.
struct Tag<'h> {
    name: &'h str,
    attributes: usize,
    closes_itself: bool,
    end: usize,
}

impl<'h> Tag<'h> {
    /// Reads the tag whose `<` is at `open`, as the tokenizer does: what stands in quotes after an equals sign ends no tag.
    fn read(html: &'h str, open: usize) -> Self {
        #[derive(Clone, Copy, PartialEq)]
        enum At {
            Name,
            Gap,
            Attribute,
            Named,
            Equals,
            Bare,
            Quoted(u8),
        }
        let ends_name = |byte: &u8| byte.is_ascii_whitespace() || matches!(byte, b'/' | b'>');
        let rest = html.as_bytes().get(open + 1..).unwrap_or_default();
        let name_bytes = rest.iter().position(ends_name).unwrap_or(rest.len());
        let name = html.get(open + 1..open + 1 + name_bytes).unwrap_or_default();
        let (mut state, mut attributes, mut slash) = (At::Name, 0, false);
        for (offset, byte) in rest.iter().enumerate().skip(name_bytes) {
            if let At::Quoted(mark) = state {
                if *byte == mark {
                    state = At::Gap;
                }
                continue;
            }
            if *byte == b'>' {
                let end = open + 1 + offset + 1;
                return Self { name, attributes, closes_itself: slash, end };
            }
            slash = *byte == b'/' && state != At::Bare && state != At::Equals;
            let space = byte.is_ascii_whitespace();
            state = match (state, byte) {
                (At::Equals, _) if space => At::Equals,
                (At::Equals, b'"' | b'\'') => At::Quoted(*byte),
                (At::Equals, _) => At::Bare,
                (At::Bare, _) if space => At::Gap,
                (At::Bare, _) => At::Bare,
                (_, b'/') => At::Gap,
                (At::Attribute | At::Named, b'=') => At::Equals,
                (At::Attribute | At::Named, _) if space => At::Named,
                (At::Attribute, _) => At::Attribute,
                (_, _) if space => state,
                (_, _) => {
                    attributes += 1;
                    At::Attribute
                }
            };
        }
        Self { name, attributes, closes_itself: false, end: html.len() }
    }

    fn is(&self, name: &str) -> bool {
        self.name.eq_ignore_ascii_case(name)
    }

    fn is_any(&self, names: &[&str]) -> bool {
        names.iter().any(|name| self.is(name))
    }
}

fn find_from(html: &str, from: usize, what: char) -> Option<usize> {
    html.get(from..)?.find(what).map(|offset| from + offset)
}

/// One past what begins with the `<` at `open` and is no start tag: a comment, an end tag, a declaration, a lone sign.
fn skipped(html: &str, open: usize) -> usize {
    let bytes = html.as_bytes();
    match (bytes.get(open + 1), bytes.get(open + 2)) {
        (Some(b'!'), _) if bytes.get(open..open + 4) == Some(b"<!--") => comment_end(html, open),
        (Some(b'/'), Some(byte)) if byte.is_ascii_alphabetic() => Tag::read(html, open + 1).end,
        (Some(b'!' | b'?'), _) | (Some(b'/'), Some(_)) => find_from(html, open, '>').map_or(html.len(), |end| end + 1),
        _ => open + 1,
    }
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
    let mut at = body;
    while let Some(found) = html.get(at..).and_then(|rest| rest.find("--")) {
        let dashes = at + found;
        let tail = html.as_bytes().get(dashes + 2..).unwrap_or_default();
        if tail.starts_with(b">") {
            return dashes + 3;
        }
        if tail.starts_with(b"!>") {
            return dashes + 4;
        }
        at = dashes + 1;
    }
    html.len()
}

/// Whether the `<` at `open` begins the end tag of an element.
fn is_end_of(html: &str, open: usize, name: &str) -> bool {
    begins(html, open, "</", name)
}

fn begins(html: &str, open: usize, mark: &str, name: &str) -> bool {
    let tail = html.as_bytes().get(open..).unwrap_or_default();
    let name_end = mark.len() + name.len();
    tail.starts_with(mark.as_bytes())
        && tail.get(mark.len()..name_end).is_some_and(|found| found.eq_ignore_ascii_case(name.as_bytes()))
        && tail.get(name_end).is_some_and(|byte| byte.is_ascii_whitespace() || matches!(byte, b'/' | b'>'))
}

/// Where the text of an element ends that holds nothing but text, and where the element does. One that is never closed
/// takes the rest of the page along.
fn raw_end(html: &str, tag: &Tag<'_>) -> (usize, usize) {
    let mut at = tag.end;
    while let Some(open) = find_from(html, at, '<') {
        if is_end_of(html, open, tag.name) {
            return (open, Tag::read(html, open + 1).end);
        }
        at = open + 1;
    }
    (html.len(), html.len())
}

/// As [`raw_end`], for scripts: in what looks like a comment, a script inside the script hides its end tag.
fn script_end(html: &str, from: usize) -> (usize, usize) {
    let (mut in_comment, mut in_script) = (false, false);
    let mut at = from;
    loop {
        let Some(rest) = html.get(at..) else { break };
        let Some(found) = (if in_comment { rest.find(['<', '-']) } else { rest.find('<') }) else { break };
        let open = at + found;
        at = open + 1;
        if is_end_of(html, open, "script") {
            if !in_script {
                return (open, Tag::read(html, open + 1).end);
            }
            in_script = false;
        } else if in_comment && html.get(open..).is_some_and(|rest| rest.starts_with("-->")) {
            (in_comment, in_script) = (false, false);
        } else if in_comment && begins(html, open, "<", "script") {
            in_script = true;
        } else if !in_comment && html.get(open..).is_some_and(|rest| rest.starts_with("<!--")) {
            // The dashes that open it may close it.
            (in_comment, at) = (true, open + 2);
        }
    }
    (html.len(), html.len())
}

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
fn drawing_end(html: &str, tag: &Tag<'_>) -> Result<usize, usize> {
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

fn keep_data<'a>(out: &mut Stripped<'a>, tag: Option<&str>, text: Option<&'a str>) {
    let (Some(tag), Some(text)) = (tag, text) else { return };
    let tag = tag.to_ascii_lowercase();
    if tag.contains("ld+json") {
        out.json_ld.push(text.to_owned());
    } else if text.len() > STATE_BYTES_MIN && !tag.contains("src=") {
        out.state.push(text);
    }
}
