//! One tag, however badly written.

use super::scan::{Mark, Scanner};

/// The most attributes a tag can have; with more it is text.
const ATTRIBUTES_MAX: usize = 64;
/// The longest value that may hold a `<`, in bytes: a tag in a `title`, not a quotation mark that was lost.
const VALUE_WITH_TAGS_BYTES_MAX: usize = 1024;

/// A tag as written.
pub struct Tag<'a> {
    /// The name in lower case, with its prefix.
    pub name: String,
    /// Attributes as written.
    pub attributes: Vec<(&'a str, &'a str)>,
    /// Whether it ends in `/>`.
    pub self_closed: bool,
    /// Whether its `>` had to be supplied.
    pub unended: bool,
}

/// What stands at a `<`.
pub enum Read<'a> {
    /// A tag, and where it ends.
    Tag(Tag<'a>, usize),
    /// A tag that the end of the text cuts off.
    CutOff(Tag<'a>),
    /// Text, known after looking so far ahead.
    Text(usize),
}

/// Reads a tag from its name on, at `start`.
pub fn read<'a>(scanner: &mut Scanner<'a>, start: usize) -> Read<'a> {
    let rest = scanner.rest(start);
    let Some(name_bytes) = rest.find(|c: char| c.is_whitespace() || matches!(c, '>' | '/' | '<' | '"' | '=')) else {
        return Read::CutOff(named(rest));
    };
    let mut tag = named(scanner.between(start, start + name_bytes));
    let mut at = start + name_bytes;
    loop {
        let rest = scanner.rest(at);
        let trimmed = rest.trim_start();
        at += rest.len() - trimmed.len();
        match trimmed.chars().next() {
            None => return Read::CutOff(tag),
            Some('>') => return Read::Tag(tag, at + 1),
            Some('/') => {
                tag.self_closed = trimmed.strip_prefix('/').is_some_and(|after| after.trim_start().starts_with('>'));
                at += 1;
                continue;
            }
            // The next tag begins before this one ends.
            Some('<') => {
                tag.unended = true;
                return Read::Tag(tag, at);
            }
            Some(_) => {}
        }
        if tag.attributes.len() >= ATTRIBUTES_MAX {
            return Read::Text(at);
        }
        let Some(key_bytes) = trimmed.find(|c: char| c.is_whitespace() || matches!(c, '=' | '>' | '/' | '<')) else {
            return Read::CutOff(tag);
        };
        let key = scanner.between(at, at + key_bytes);
        at += key_bytes;
        let rest = scanner.rest(at);
        let trimmed = rest.trim_start();
        let value = if let Some(after) = trimmed.strip_prefix('=') {
            let after = after.trim_start();
            at += rest.len() - after.len();
            let Some((value, end)) = read_value(scanner, at) else { return Read::CutOff(tag) };
            at = end;
            value
        } else {
            ""
        };
        if !key.is_empty() {
            tag.attributes.push((key, value));
        }
    }
}

fn named(name: &str) -> Tag<'_> {
    Tag { name: name.to_lowercase(), attributes: Vec::new(), self_closed: false, unended: false }
}

/// A value and where it ends; `None` when the text ends first.
///
/// A quotation mark that was lost makes the value run on to the next one, somewhere in another element. That one is
/// not followed by what follows a value, or the value holds tags and is long: then the value ends at white space.
fn read_value<'a>(scanner: &mut Scanner<'a>, at: usize) -> Option<(&'a str, usize)> {
    let rest = scanner.rest(at);
    for (quote, mark) in [('"', Mark::DoubleQuote), ('\'', Mark::SingleQuote)] {
        let Some(inside) = rest.strip_prefix(quote) else { continue };
        if let Some(end) = scanner.find(mark, at + 1) {
            let value = scanner.between(at + 1, end);
            let follows = scanner.rest(end + 1).chars().next();
            let fits = follows.is_none_or(|c| c.is_whitespace() || matches!(c, '>' | '/' | '?'));
            if fits && (value.len() <= VALUE_WITH_TAGS_BYTES_MAX || !value.contains('<')) {
                return Some((value, end + 1));
            }
        }
        let end = inside.find(|c: char| c.is_whitespace() || matches!(c, '>' | '<'))?;
        let (value, _) = inside.split_at_checked(end)?;
        // `/` before `>` ends the tag, not the address.
        let kept =
            if inside.get(end..).is_some_and(|r| r.starts_with('>')) { value.trim_end_matches('/') } else { value };
        return Some((kept.trim_end_matches(quote), at + 1 + kept.len()));
    }
    let end = rest.find(|c: char| c.is_whitespace() || matches!(c, '>' | '<'))?;
    rest.split_at_checked(end).map(|(value, _)| (value, at + end))
}
