//! A feed's HTML fragments as plain text, and its links as addresses.

use url::Url;

use super::entities;

/// Names that are tags when they stand in a headline; anything else between `<` and `>` is part of the headline.
const HTML_NAMES: &[&str] = &[
    "a",
    "abbr",
    "b",
    "big",
    "blockquote",
    "body",
    "br",
    "center",
    "cite",
    "code",
    "div",
    "em",
    "font",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "head",
    "hr",
    "html",
    "i",
    "img",
    "ins",
    "del",
    "li",
    "mark",
    "nobr",
    "ol",
    "p",
    "q",
    "s",
    "script",
    "small",
    "span",
    "strike",
    "strong",
    "style",
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

/// HTML as one line of plain text, `None` when nothing is left.
pub fn plain(html: &str) -> Option<String> {
    if !html.contains(['<', '&']) {
        return one_line(html);
    }
    let mut out = String::with_capacity(html.len());
    let mut rest = html;
    while let Some(open) = rest.find('<') {
        let (before, at) = rest.split_at_checked(open).unwrap_or((rest, ""));
        out.push_str(before);
        let after = at.strip_prefix('<').unwrap_or_default();
        if let Some(next) = skip_hidden(after) {
            rest = next;
        } else if let Some((is_block, next)) = skip_tag(after) {
            if is_block {
                out.push(' ');
            }
            rest = next;
        } else {
            out.push('<');
            rest = after;
        }
    }
    out.push_str(rest);
    one_line(&entities::resolve(&out))
}

/// White space folded, ends trimmed, `None` when nothing is left.
pub fn one_line(text: &str) -> Option<String> {
    let folded = text.split_whitespace().collect::<Vec<_>>().join(" ");
    (!folded.is_empty()).then_some(folded)
}

/// What follows something that shows nothing: a script, a style, a comment, a declaration.
fn skip_hidden(after: &str) -> Option<&str> {
    let ends = |name: &str| {
        let begins = after.get(..name.len()).is_some_and(|start| start.eq_ignore_ascii_case(name));
        let follows = after.get(name.len()..)?.starts_with(|c: char| c == '>' || c.is_whitespace());
        (begins && follows).then(|| {
            let mut ends = after.match_indices("</");
            let end = ends
                .find(|(at, _)| after.get(at + 2..at + 2 + name.len()).is_some_and(|n| n.eq_ignore_ascii_case(name)));
            // Without an end it hides all that follows.
            let rest = end.and_then(|(at, _)| after.get(at..)).unwrap_or_default();
            rest.split_once('>').map_or("", |(_, rest)| rest)
        })
    };
    if let Some(comment) = after.strip_prefix("!--") {
        return Some(comment.split_once("-->").map_or("", |(_, rest)| rest));
    }
    let declared = after.strip_prefix(['!', '?']).filter(|d| d.starts_with(|c: char| c.is_ascii_alphabetic()));
    if let Some(declared) = declared {
        return declared.split_once('>').map(|(_, rest)| rest);
    }
    ends("script").or_else(|| ends("style"))
}

fn skip_tag(after: &str) -> Option<(bool, &str)> {
    let name_at = after.strip_prefix('/').unwrap_or(after);
    let end = name_at.find(|c: char| !c.is_ascii_alphanumeric())?;
    let (name, rest) = name_at.split_at_checked(end)?;
    let name = name.to_ascii_lowercase();
    if !HTML_NAMES.contains(&name.as_str()) {
        return None;
    }
    let close = rest.find(['>', '<']).filter(|at| rest.get(*at..).is_some_and(|r| r.starts_with('>')))?;
    let next = rest.get(close..)?.strip_prefix('>')?;
    Some((matches!(name.as_str(), "br" | "p" | "div" | "li" | "td" | "tr" | "h1" | "h2" | "h3" | "h4"), next))
}

/// A link as an absolute http or https address.
pub fn absolute(raw: &str, base: Option<&Url>) -> Option<String> {
    // Publishers break long addresses over lines; a URL holds no white space.
    let joined: String = raw.trim().split(['\n', '\r', '\t']).map(str::trim).collect();
    if joined.is_empty() {
        return None;
    }
    let url = match Url::parse(&joined) {
        Ok(url) => url,
        Err(url::ParseError::RelativeUrlWithoutBase) => match base {
            Some(base) => base.join(&joined).ok()?,
            // `www.example.com/story` is an address to everybody but a parser.
            None if joined.starts_with("www.") => Url::parse(&format!("http://{joined}")).ok()?,
            None if joined.starts_with("//") => Url::parse(&format!("https:{joined}")).ok()?,
            None => return None,
        },
        Err(_) => return None,
    };
    (matches!(url.scheme(), "http" | "https") && url.has_host()).then(|| url.into())
}

/// The name in what RSS calls an author: `mail@example.com (Jane Doe)`, `Jane Doe <mail@example.com>`, or a name.
pub fn person(raw: &str) -> Option<String> {
    let line = plain(raw)?;
    if !line.contains('@') {
        return Some(line);
    }
    if let Some((_, after)) = line.split_once('(')
        && let Some((name, _)) = after.split_once(')')
        && let Some(name) = one_line(name).filter(|n| !n.contains('@'))
    {
        return Some(name);
    }
    let words: Vec<&str> = line.split(' ').filter(|word| !word.contains('@')).collect();
    one_line(words.join(" ").trim_matches(['<', '>', '(', ')', ',', '"', ' '])).or(Some(line))
}
