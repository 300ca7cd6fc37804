//! Bytes to text. In: a body and its `Content-Type`. Out: text, the charset used and who named it.

use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE};

/// How far a page's own `<meta>` is looked for. Browsers read 1 KiB; real pages put it as late as the fourth.
const META_BYTES: usize = 4096;
/// What the detector is shown. Enough for any alphabet, and bounded for huge pages.
const DETECT_BYTES: usize = 64 << 10;

/// A decoded body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decoded {
    /// The text, without control characters that no text has.
    pub text: String,
    /// The WHATWG name of the charset.
    pub charset: &'static str,
    /// Who named it.
    pub source: CharsetSource,
}

/// Who named the charset.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CharsetSource {
    /// A byte order mark.
    Bom,
    /// The `Content-Type` header.
    Header,
    /// The page's `<meta>`.
    Meta,
    /// The statistics of its bytes.
    Detected,
}

/// Decodes a body: byte order mark, then header, then `<meta>`, then statistics. Bytes that do not fit become U+FFFD.
///
/// A header or meta that is plainly wrong (says UTF-8, and the bytes are not) yields to the statistics.
pub fn decode(body: &[u8], content_type: Option<&str>) -> Decoded {
    if let Some((encoding, mark_bytes)) = Encoding::for_bom(body) {
        return decode_as(body.get(mark_bytes..).unwrap_or_default(), encoding, CharsetSource::Bom);
    }
    if looks_utf16(body) {
        let encoding = if body.first() == Some(&0) { UTF_16BE } else { UTF_16LE };
        return decode_as(body, encoding, CharsetSource::Detected);
    }
    let named = content_type
        .and_then(|value| label_in(value.as_bytes()))
        .map(|encoding| (encoding, CharsetSource::Header))
        .or_else(|| from_meta(body).map(|encoding| (encoding, CharsetSource::Meta)));
    if let Some((encoding, source)) = named {
        // A page that claims Latin-1 and is valid UTF-8 with non-ASCII letters in it is UTF-8: the claim is a
        // server's default. The reverse claim fails the same test.
        let valid_utf8 = std::str::from_utf8(body).is_ok();
        if encoding == UTF_8 && valid_utf8 || encoding != UTF_8 && (!valid_utf8 || body.is_ascii()) {
            return decode_as(body, encoding, source);
        }
        if valid_utf8 && source == CharsetSource::Header && encoding != UTF_8 && from_meta(body) == Some(encoding) {
            // Header and page agree against the statistics: believe them.
            return decode_as(body, encoding, source);
        }
        if valid_utf8 {
            return decode_as(body, UTF_8, CharsetSource::Detected);
        }
        if few_faults(body) {
            // A stray byte in a UTF-8 page must not turn the whole page into another alphabet.
            return decode_as(body, encoding, source);
        }
    }
    if !body.is_ascii() && std::str::from_utf8(body).is_ok() {
        return decode_as(body, UTF_8, CharsetSource::Detected);
    }
    let mut detector = chardetng::EncodingDetector::new(chardetng::Iso2022JpDetection::Allow);
    let sample = body.get(..body.len().min(DETECT_BYTES)).unwrap_or(body);
    // A letter that the sample's end cuts in two is no fault.
    detector.feed(sample, sample.len() == body.len());
    let encoding = detector.guess(None, chardetng::Utf8Detection::Allow);
    decode_as(body, encoding, CharsetSource::Detected)
}

/// Whether every other byte of the first sixteen is NUL: UTF-16 markup without a mark.
pub(super) fn looks_utf16(body: &[u8]) -> bool {
    let Some(head) = body.get(..16) else { return false };
    let zeros = |offset: usize| head.iter().skip(offset).step_by(2).all(|b| *b == 0);
    let text = |offset: usize| head.iter().skip(offset).step_by(2).all(|b| *b != 0 && b.is_ascii());
    (zeros(0) && text(1)) || (zeros(1) && text(0))
}

fn decode_as(body: &[u8], encoding: &'static Encoding, source: CharsetSource) -> Decoded {
    let (text, _) = encoding.decode_without_bom_handling(body);
    let mut text = text.into_owned();
    if text.bytes().any(|b| matches!(b, 0..=8 | 11 | 14..=31 | 127)) {
        text.retain(|c| !matches!(c, '\u{0}'..='\u{8}' | '\u{b}' | '\u{e}'..='\u{1f}' | '\u{7f}'));
    }
    Decoded { text, charset: encoding.name(), source }
}

/// At most one broken sequence in a thousand bytes.
fn few_faults(body: &[u8]) -> bool {
    let faults = body.utf8_chunks().filter(|chunk| !chunk.invalid().is_empty()).count();
    faults * 1000 <= body.len()
}

fn from_meta(body: &[u8]) -> Option<&'static Encoding> {
    let head = body.get(..body.len().min(META_BYTES)).unwrap_or(body).to_ascii_lowercase();
    let mut rest = head.as_slice();
    loop {
        let at = find(rest, b"<meta")?;
        let tag = rest.get(at..)?;
        let end = tag.iter().position(|b| *b == b'>').unwrap_or(tag.len());
        if let Some(encoding) = label_in(tag.get(..end)?) {
            // The WHATWG rule: a page that could be read so far cannot be UTF-16.
            return Some(if encoding == UTF_16LE || encoding == UTF_16BE { UTF_8 } else { encoding });
        }
        rest = tag.get(end..)?;
    }
}

/// The encoding named after `charset=`.
fn label_in(value: &[u8]) -> Option<&'static Encoding> {
    let value = value.to_ascii_lowercase();
    let after = value.get(find(&value, b"charset")? + 7..)?;
    let label: Vec<u8> = after
        .iter()
        .copied()
        .skip_while(|b| matches!(b, b' ' | b'=' | b'"' | b'\'' | b'\t'))
        .take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b':' | b'.'))
        .collect();
    Encoding::for_label(&label)
}

fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    haystack.windows(needle.len()).position(|window| window == needle)
}
