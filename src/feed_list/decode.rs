//! A list's bytes to text: byte order mark, then UTF-8, then what the XML declaration names, then Windows-1252.

use std::borrow::Cow;

use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};

/// How far an XML declaration is looked for.
const DECLARATION_BYTES: usize = 200;

/// Decodes a list as a file holds it. Exports of old Windows readers are UTF-16 or the machine's own charset, and some
/// of them say UTF-8 all the same.
pub fn decode(bytes: &[u8]) -> Cow<'_, str> {
    if let Some((encoding, mark_bytes)) = Encoding::for_bom(bytes) {
        return encoding.decode_without_bom_handling(bytes.get(mark_bytes..).unwrap_or_default()).0;
    }
    match bytes {
        [0, b'<', 0, _, ..] => return UTF_16BE.decode_without_bom_handling(bytes).0,
        [b'<', 0, _, 0, ..] => return UTF_16LE.decode_without_bom_handling(bytes).0,
        _ => {}
    }
    if let Ok(text) = std::str::from_utf8(bytes) {
        return Cow::Borrowed(text);
    }
    let declared = declared(bytes).filter(|encoding| *encoding != UTF_8);
    declared.unwrap_or(WINDOWS_1252).decode_without_bom_handling(bytes).0
}

fn declared(bytes: &[u8]) -> Option<&'static Encoding> {
    let head = bytes.get(..bytes.len().min(DECLARATION_BYTES))?;
    let head = String::from_utf8_lossy(head);
    let (declaration, _) = head.trim_start().strip_prefix("<?xml")?.split_once("?>")?;
    let (_, value) = declaration.split_once("encoding")?;
    let value = value.trim_start_matches(|c: char| c.is_whitespace() || c == '=');
    let mark = value.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    Encoding::for_label(value.split(mark).nth(1)?.as_bytes())
}
