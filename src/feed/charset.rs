//! Bytes to text: byte-order mark, HTTP header, XML declaration, detection, in that order.
//!
//! What a server declares is often wrong in one way only: the bytes are UTF-8 and the label is older than they are. So
//! bytes that are valid UTF-8 are UTF-8, whatever the label; a label counts when it decodes without an error. A few bad
//! bytes never change the charset. The order of header and declaration is RFC 3023's, which feedparser follows too.
//! What it refuses: UTF-7, whose letters are read as the ASCII they are, and EBCDIC.

use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE};

/// How far the XML declaration is looked for, in bytes: blank lines and a comment may come first.
const DECLARATION_WITHIN: usize = 4096;
/// How many valid characters outweigh one invalid sequence when a label says that the text is not UTF-8.
const VALID_PER_INVALID: usize = 4;

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
    if let Some(encoding) = unmarked_utf16(bytes) {
        return (encoding.decode_without_bom_handling(bytes).0.into_owned(), None);
    }
    let labels = [content_type.and_then(header_label), declaration_label(bytes)];
    let (named, note) = encodings_of(&labels);
    if let Ok(text) = std::str::from_utf8(bytes) {
        // ISO-2022-JP is 7 bit: valid UTF-8 that means something else. Its escapes are no feed's characters.
        let escaped = bytes.contains(&0x1B).then(|| iso_2022_jp(bytes)).flatten();
        let contradicted = || named.first().filter(|_| !text.is_ascii()).map(|e| contradiction(e));
        return match escaped {
            Some(text) => (text, note),
            None => (text.to_owned(), contradicted().or(note)),
        };
    }
    let (valid, invalid) = utf8_characters(bytes);
    // Damaged UTF-8 decodes as any charset of one byte, into nonsense.
    if valid < invalid.saturating_mul(VALID_PER_INVALID) {
        for encoding in &named {
            if let Some(text) = encoding.decode_without_bom_handling_and_without_replacement(bytes) {
                return (text.into_owned(), note);
            }
        }
    }
    if valid > invalid {
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

fn contradiction(named: &'static Encoding) -> String {
    format!("declared as {}, but the bytes are UTF-8", named.name())
}

/// The encodings that labels name, and a note on the first that means nothing. UTF-8 and UTF-16 need no label: their
/// bytes show them, and where they do not the label is wrong.
fn encodings_of(labels: &[Option<String>]) -> (Vec<&'static Encoding>, Option<String>) {
    let mut named = Vec::new();
    let mut note = None;
    for label in labels.iter().flatten() {
        match Encoding::for_label(label.as_bytes()) {
            Some(encoding) if [UTF_8, UTF_16LE, UTF_16BE].contains(&encoding) => {}
            Some(encoding) => named.push(encoding),
            None if is_utf32(label) => {}
            None => note = note.or(Some(format!("unknown charset `{}`", label.chars().take(40).collect::<String>()))),
        }
    }
    (named, note)
}

/// UTF-32 and the other names of Unicode that the web's table of labels lacks.
fn is_utf32(label: &str) -> bool {
    let lower = label.to_ascii_lowercase();
    ["32", "ucs", "u16", "utf_16", "utf16", "utf8", "utf_8"].iter().any(|part| lower.contains(part))
}

/// UTF-16 without a mark, by the zeros beside the first two characters of a document.
fn unmarked_utf16(bytes: &[u8]) -> Option<&'static Encoding> {
    let begins = |c: u8| matches!(c, b'<' | b'{' | b' ' | b'\n' | b'\r' | b'\t');
    match bytes {
        [0, c, 0, next, ..] if begins(*c) && *next != 0 => Some(UTF_16BE),
        [c, 0, next, 0, ..] if begins(*c) && *next != 0 => Some(UTF_16LE),
        _ => None,
    }
}

fn iso_2022_jp(bytes: &[u8]) -> Option<String> {
    let decoded = encoding_rs::ISO_2022_JP.decode_without_bom_handling_and_without_replacement(bytes)?;
    (!decoded.is_ascii()).then(|| decoded.into_owned())
}

/// How many characters beyond ASCII are valid UTF-8, and how many sequences are not. Damage leaves many of the first, a
/// text of another charset almost none.
fn utf8_characters(bytes: &[u8]) -> (usize, usize) {
    let (mut valid, mut invalid) = (0_usize, 0_usize);
    for chunk in bytes.utf8_chunks() {
        valid += chunk.valid().chars().filter(|c| !c.is_ascii()).count();
        invalid += usize::from(!chunk.invalid().is_empty());
    }
    (valid, invalid)
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
    // A stylesheet's instruction may come first.
    let declaration = head.split("<?xml").skip(1).find(|rest| rest.starts_with(char::is_whitespace))?;
    let (declaration, _) = declaration.split_once("?>")?;
    let (_, after) = declaration.split_once("encoding")?;
    let label: String = after.trim_start_matches(['=', '"', '\'', ' ']).chars().take_while(|c| is_label(*c)).collect();
    (!label.is_empty()).then_some(label)
}

fn is_label(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | ':' | '.')
}
