//! Where pieces of markup end, as the tokenizer of HTML has it: tags, comments, elements that hold nothing but text.

/// A start tag.
pub(super) struct Tag<'h> {
    pub name: &'h str,
    /// How many attributes it has, doubles included.
    pub attributes: usize,
    pub closes_itself: bool,
    /// One past its `>`.
    pub end: usize,
}

impl<'h> Tag<'h> {
    /// Reads the tag whose `<` is at `open`, as the tokenizer does: what stands in quotes after an equals sign ends no tag.
    pub fn read(html: &'h str, open: usize) -> Self {
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

    pub fn is(&self, name: &str) -> bool {
        self.name.eq_ignore_ascii_case(name)
    }

    pub fn is_any(&self, names: &[&str]) -> bool {
        names.iter().any(|name| self.is(name))
    }
}

pub(super) fn find_from(html: &str, from: usize, what: char) -> Option<usize> {
    html.get(from..)?.find(what).map(|offset| from + offset)
}

/// One past what begins with the `<` at `open` and is no start tag: a comment, an end tag, a declaration, a lone sign.
pub(super) fn skipped(html: &str, open: usize) -> usize {
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
pub(super) fn is_end_of(html: &str, open: usize, name: &str) -> bool {
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
pub(super) fn raw_end(html: &str, tag: &Tag<'_>) -> (usize, usize) {
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
pub(super) fn script_end(html: &str, from: usize) -> (usize, usize) {
    let (mut in_comment, mut in_script) = (false, false);
    let mut at = from;
    while let Some(rest) = html.get(at..) {
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

/// Longest value of a `data-` attribute that is kept: names and numbers, which a selector may ask for, are shorter.
const DATA_BYTES_MAX: usize = 40;

/// A start tag without the attributes nothing asks for: sizes of pictures, what scripts keep for themselves, styles
/// that hide nothing. What is not written as `name="value"` is left as it is.
pub(super) fn slim(out: &mut String, tag: &str) {
    let bytes = tag.as_bytes();
    let at_name = |byte: &u8| !byte.is_ascii_whitespace();
    let mut kept_from = 0;
    let Some(mut at) = bytes.iter().position(u8::is_ascii_whitespace) else {
        out.push_str(tag);
        return;
    };
    loop {
        let rest = bytes.get(at..).unwrap_or_default();
        let Some(gap) = rest.iter().position(at_name) else { break };
        let name_at = at + gap;
        let ends = |byte: &u8| byte.is_ascii_whitespace() || matches!(byte, b'=' | b'/' | b'>' | b'"' | b'\'');
        let Some(name_bytes) = bytes.get(name_at..).unwrap_or_default().iter().position(ends) else { break };
        let (Some(b'='), Some(quote @ (b'"' | b'\''))) =
            (bytes.get(name_at + name_bytes), bytes.get(name_at + name_bytes + 1))
        else {
            break;
        };
        let value_at = name_at + name_bytes + 2;
        let Some(value_bytes) = bytes.get(value_at..).unwrap_or_default().iter().position(|byte| byte == quote) else {
            break;
        };
        let end = value_at + value_bytes + 1;
        // Another attribute must follow with a space, or the tag must end: else the parser reads this differently.
        if !bytes.get(end).is_some_and(|byte| byte.is_ascii_whitespace() || matches!(byte, b'>' | b'/')) {
            break;
        }
        let name = tag.get(name_at..name_at + name_bytes).unwrap_or_default();
        if name_bytes > 0 && is_idle(name, tag.get(value_at..end - 1).unwrap_or_default()) {
            out.push_str(tag.get(kept_from..at).unwrap_or_default());
            kept_from = end;
        }
        at = end;
    }
    out.push_str(tag.get(kept_from..).unwrap_or_default());
}

/// Whether nothing asks for an attribute.
fn is_idle(name: &str, value: &str) -> bool {
    match name {
        "srcset" | "sizes" | "imagesizes" | "imagesrcset" | "data-srcset" | "d" | "onclick" | "onload" => true,
        "style" => !value.contains("display") && !value.contains("visibility"),
        name => name.starts_with("data-") && value.len() > DATA_BYTES_MAX,
    }
}
