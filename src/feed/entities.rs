//! Character references: `&amp;`, `&nbsp;`, `&#8217;`, `&#x92;`, and the small entities a DOCTYPE defines.

use std::collections::HashMap;

/// The longest reference tried, in characters: the longest HTML name has 31.
const NAME_CHARS_MAX: usize = 33;

/// Entities an internal DTD defines: name to text, never expanded twice.
pub type Defined = HashMap<String, String>;

/// Replaces every reference that means something; what means nothing stays as it stands.
pub fn resolve(text: &str, defined: &Defined) -> String {
    if !text.contains('&') {
        return text.to_owned();
    }
    let mut out = String::with_capacity(text.len());
    let mut pieces = text.split('&');
    out.push_str(pieces.next().unwrap_or_default());
    for piece in pieces {
        if let Some((meaning, rest)) = reference(piece, defined) {
            out.push_str(&meaning);
            out.push_str(rest);
        } else {
            out.push('&');
            out.push_str(piece);
        }
    }
    out
}

fn reference<'a>(piece: &'a str, defined: &Defined) -> Option<(String, &'a str)> {
    let end = piece.char_indices().take(NAME_CHARS_MAX).find(|(_, c)| *c == ';')?.0;
    let (name, rest) = piece.split_at_checked(end)?;
    let rest = rest.strip_prefix(';')?;
    if let Some(number) = name.strip_prefix('#') {
        let code = match number.strip_prefix(['x', 'X']) {
            Some(hex) => u32::from_str_radix(hex, 16).ok()?,
            None => number.parse().ok()?,
        };
        return Some((numbered(code).map(String::from).unwrap_or_default(), rest));
    }
    if let Some(text) = defined.get(name) {
        return Some((text.clone(), rest));
    }
    // XML knows only lower case, the web writes what it likes.
    let known = match name {
        "amp" | "AMP" => "&",
        "lt" | "LT" => "<",
        "gt" | "GT" => ">",
        "quot" | "QUOT" => "\"",
        "apos" => "'",
        _ => return named(name).map(|text| (text, rest)),
    };
    Some((known.to_owned(), rest))
}

fn named(name: &str) -> Option<String> {
    let key = format!("{name};");
    let (first, second) = *html5ever::data::NAMED_ENTITIES.get(key.as_str())?;
    let text: String = [first, second].into_iter().filter(|c| *c != 0).filter_map(char::from_u32).collect();
    (!text.is_empty()).then_some(text)
}

/// The character a number means: 128 to 159 are windows-1252 as every browser reads them; controls mean nothing.
fn numbered(code: u32) -> Option<char> {
    if let (128..=159, Ok(byte)) = (code, u8::try_from(code)) {
        return encoding_rs::WINDOWS_1252.decode_without_bom_handling(&[byte]).0.chars().next();
    }
    char::from_u32(code).filter(|c| allowed(*c))
}

/// Whether XML allows a character in text.
pub fn allowed(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r') || (c >= ' ' && !matches!(c, '\u{FFFE}' | '\u{FFFF}'))
}
