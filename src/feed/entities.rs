//! Character references: `&amp;`, `&nbsp;`, `&#8217;`, `&#x92;`, and the small entities a DOCTYPE defines.

use std::borrow::Cow;
use std::collections::HashMap;

/// The longest reference tried, in characters: the longest HTML name has 31.
const NAME_CHARS_MAX: usize = 33;
/// The most entities taken from a DOCTYPE, and the longest, in bytes.
const ENTITIES_MAX: usize = 64;
const ENTITY_BYTES_MAX: usize = 1024;
/// What all of them together may write into one document, in bytes; beyond it they stay as they are written.
const EXPANSION_BYTES_MAX: usize = 1024 * 1024;

/// Entities an internal DTD defines: name to text, never expanded twice.
#[derive(Default)]
pub struct Defined {
    texts: HashMap<String, String>,
    written: usize,
}

impl Defined {
    /// Takes the definitions of an internal subset.
    pub fn read(&mut self, subset: &str) {
        for definition in subset.split("<!ENTITY").skip(1).take(ENTITIES_MAX) {
            if let Some((name, value)) = read_definition(definition) {
                let text = resolve(value).into_owned();
                self.texts.entry(name.to_owned()).or_insert(text);
            }
        }
    }

    fn expand(&mut self, name: &str) -> Option<String> {
        let text = self.texts.get(name)?;
        self.written += text.len();
        (self.written <= EXPANSION_BYTES_MAX).then(|| text.clone())
    }
}

fn read_definition(definition: &str) -> Option<(&str, &str)> {
    let (name, rest) = definition.trim_start().split_once(char::is_whitespace)?;
    let rest = rest.trim_start();
    let quoted = rest.strip_prefix('"').and_then(|r| r.split_once('"'));
    let (value, _) = quoted.or_else(|| rest.strip_prefix('\'').and_then(|r| r.split_once('\'')))?;
    (value.len() <= ENTITY_BYTES_MAX).then_some((name, value))
}

/// Replaces every reference that means something; what means nothing stays as it stands.
pub fn resolve(text: &str) -> Cow<'_, str> {
    resolve_defined(text, &mut Defined::default())
}

/// The same, with a document's own entities.
pub fn resolve_defined<'a>(text: &'a str, defined: &mut Defined) -> Cow<'a, str> {
    if !text.contains('&') {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut pieces = text.split('&');
    out.push_str(pieces.next().unwrap_or_default());
    for piece in pieces {
        if let Some(rest) = reference(piece, defined, &mut out) {
            out.push_str(rest);
        } else {
            out.push('&');
            out.push_str(piece);
        }
    }
    Cow::Owned(out)
}

/// Writes what the reference at the beginning of `piece` means, and gives what follows it.
fn reference<'a>(piece: &'a str, defined: &mut Defined, out: &mut String) -> Option<&'a str> {
    if let Some(number) = piece.strip_prefix('#') {
        return numeric(number, out);
    }
    let end = piece.char_indices().take(NAME_CHARS_MAX).find(|(_, c)| *c == ';')?.0;
    let (name, rest) = piece.split_at_checked(end)?;
    let rest = rest.strip_prefix(';')?;
    if let Some(text) = defined.expand(name) {
        out.push_str(&text);
        return Some(rest);
    }
    // XML knows only lower case, the web writes what it likes.
    match name {
        "amp" | "AMP" => out.push('&'),
        "lt" | "LT" => out.push('<'),
        "gt" | "GT" => out.push('>'),
        "quot" | "QUOT" => out.push('"'),
        "apos" => out.push('\''),
        _ => {
            let key = format!("{name};");
            let (first, second) = *html5ever::data::NAMED_ENTITIES.get(key.as_str())?;
            char::from_u32(first).filter(|c| *c != '\0').map(|c| out.push(c))?;
            out.extend(char::from_u32(second).filter(|c| *c != '\0'));
        }
    }
    Some(rest)
}

/// A number, in decimal or hexadecimal. The semicolon may be missing where no letter or digit follows.
fn numeric<'a>(number: &'a str, out: &mut String) -> Option<&'a str> {
    let (digits, radix) = number.strip_prefix(['x', 'X']).map_or((number, 10), |hex| (hex, 16));
    let end = digits.find(|c: char| !c.is_digit(radix)).unwrap_or(digits.len());
    let (code, rest) = digits.split_at_checked(end)?;
    // More digits than any character has: it means nothing, like a zero.
    let code = if code.is_empty() { return None } else { u32::from_str_radix(code, radix).unwrap_or(0) };
    let ended = rest.strip_prefix(';');
    if ended.is_none() && rest.starts_with(|c: char| c.is_alphanumeric()) {
        return None;
    }
    out.extend(numbered(code));
    Some(ended.unwrap_or(rest))
}

/// The character a number means: 128 to 159 are windows-1252 as every browser reads them; controls mean nothing.
fn numbered(code: u32) -> Option<char> {
    char::from_u32(code).map(windows).filter(|c| allowed(*c))
}

/// A control character of the second block as the windows-1252 character it was before it was mislabelled.
fn windows(c: char) -> char {
    match u8::try_from(u32::from(c)) {
        Ok(byte @ 0x80..=0x9F) => {
            encoding_rs::WINDOWS_1252.decode_without_bom_handling(&[byte]).0.chars().next().unwrap_or(c)
        }
        _ => c,
    }
}

/// Takes out characters XML does not allow, and reads those of the second control block as windows-1252.
pub fn clean(text: &str) -> Cow<'_, str> {
    if text.chars().all(|c| allowed(c) && !is_second_control(c)) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.chars().map(windows).filter(|c| allowed(*c)).collect())
}

fn is_second_control(c: char) -> bool {
    matches!(c, '\u{80}'..='\u{9F}')
}

/// Whether XML allows a character in text.
fn allowed(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r') || (c >= ' ' && !matches!(c, '\u{FFFE}' | '\u{FFFF}'))
}
