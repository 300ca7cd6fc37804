//! Bytes to text: byte-order mark, HTTP header, XML declaration, detection, in that order.
//!
//! What a server declares is often wrong in one way only: the bytes are UTF-8 and the label is older than they are. So
//! bytes that are valid UTF-8 are UTF-8, whatever the label; a label counts when it decodes without an error.

use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE};

/// How far the XML declaration is looked for, in bytes.
const DECLARATION_WITHIN: usize = 1024;

/// The text, and a note where the document's own word about its charset did not hold.
pub fn decode(bytes: &[u8], content_type: Option<&str>) -> (String, Option<String>) {
    if let Some(text) = decode_utf32(bytes) {
        return (text, Some("read as UTF-32".to_owned()));
    }
    if let Some((encoding, bom_bytes)) = Encoding::for_bom(bytes) {
        let rest = bytes.get(bom_bytes..).unwrap_or_default();
        // A UTF-8 mark before bytes that are something else is a template's mark before an old database's text.
        if let Some(text) = encoding.decode_without_bom_handling_and_without_replacement(rest) {
            return (text.into_owned(), None);
        }
        if encoding == UTF_8 {
            return decode_unmarked(rest, content_type);
        }
        return (encoding.decode_without_bom_handling(rest).0.into_owned(), Some(mended(encoding)));
    }
    decode_unmarked(bytes, content_type)
}

fn decode_unmarked(bytes: &[u8], content_type: Option<&str>) -> (String, Option<String>) {
    match bytes {
        [0, b'<', 0, _, ..] => return (UTF_16BE.decode_without_bom_handling(bytes).0.into_owned(), None),
        [b'<', 0, _, 0, ..] => return (UTF_16LE.decode_without_bom_handling(bytes).0.into_owned(), None),
        _ => {}
    }
    let header = content_type.and_then(header_label).and_then(|label| Encoding::for_label(label.as_bytes()));
    let declared = declaration_label(bytes).and_then(|label| Encoding::for_label(label.as_bytes()));
    let named: Vec<&'static Encoding> =
        [header, declared].into_iter().flatten().filter(|e| *e != UTF_16LE && *e != UTF_16BE && *e != UTF_8).collect();
    if let Ok(text) = std::str::from_utf8(bytes) {
        // ISO-2022-JP is 7 bit: valid UTF-8 that means something else.
        let escaped = bytes.contains(&0x1B) && named.contains(&encoding_rs::ISO_2022_JP);
        if !escaped {
            return (text.to_owned(), None);
        }
    }
    for encoding in &named {
        if let Some(text) = encoding.decode_without_bom_handling_and_without_replacement(bytes) {
            return (text.into_owned(), None);
        }
    }
    if mostly_utf8(bytes) {
        return (String::from_utf8_lossy(bytes).into_owned(), Some(mended(UTF_8)));
    }
    let mut detector = chardetng::EncodingDetector::new(chardetng::Iso2022JpDetection::Deny);
    detector.feed(bytes, true);
    let guessed = named.first().copied().unwrap_or_else(|| detector.guess(None, chardetng::Utf8Detection::Allow));
    let (text, _, _) = guessed.decode(bytes);
    (text.into_owned(), Some(mended(guessed)))
}

fn mended(encoding: &'static Encoding) -> String {
    format!("bytes that the declared charset does not allow; read as {}", encoding.name())
}

/// Whether valid multi-byte characters outnumber the invalid sequences: then a few bytes are damaged, not the charset
/// wrong. A text of another charset gives almost none by chance.
fn mostly_utf8(bytes: &[u8]) -> bool {
    let (mut valid, mut invalid) = (0_usize, 0_usize);
    for chunk in bytes.utf8_chunks() {
        valid += chunk.valid().chars().filter(|c| !c.is_ascii()).count();
        invalid += usize::from(!chunk.invalid().is_empty());
    }
    valid > invalid
}

fn decode_utf32(bytes: &[u8]) -> Option<String> {
    let (big, skip) = match bytes {
        [0, 0, 0xFE, 0xFF, ..] => (true, 4),
        [0xFF, 0xFE, 0, 0, ..] => (false, 4),
        [0, 0, 0, b'<', ..] => (true, 0),
        [b'<', 0, 0, 0, ..] => (false, 0),
        _ => return None,
    };
    let units = bytes.get(skip..)?.as_chunks::<4>().0.iter();
    let code = |unit: &[u8; 4]| if big { u32::from_be_bytes(*unit) } else { u32::from_le_bytes(*unit) };
    Some(units.map(|unit| char::from_u32(code(unit)).unwrap_or(char::REPLACEMENT_CHARACTER)).collect())
}

fn header_label(content_type: &str) -> Option<String> {
    let lower = content_type.to_ascii_lowercase();
    let (_, after) = lower.split_once("charset=")?;
    let label: String = after.trim_start_matches(['"', '\'', ' ']).chars().take_while(|c| is_label(*c)).collect();
    (!label.is_empty()).then_some(label)
}

fn declaration_label(bytes: &[u8]) -> Option<String> {
    let head: String = bytes.iter().take(DECLARATION_WITHIN).map(|b| char::from(*b)).collect();
    let (_, declaration) = head.split_once("<?xml")?;
    let (declaration, _) = declaration.split_once("?>")?;
    let (_, after) = declaration.split_once("encoding")?;
    let label: String = after.trim_start_matches(['=', '"', '\'', ' ']).chars().take_while(|c| is_label(*c)).collect();
    (!label.is_empty()).then_some(label)
}

fn is_label(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | ':' | '.')
}
