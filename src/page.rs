//! A page as it came from the wire: what kind of bytes it is, which charset, and its tree under limits.
//!
//! In: a response body. Out: text, or a typed refusal when the bytes are no page; then a [`tree::Tree`] that is bounded
//! in nodes, depth and time, because a parser without bounds takes gigabytes for a 59 KB page.

pub mod charset;
pub mod strip;
pub mod tree;

pub use charset::{CharsetSource, Decoded, decode};

use crate::article::CleanError;

/// Bytes looked at to tell what a body is.
const SNIFF_BYTES: usize = 1024;

/// Refuses a body that is no page, and says what it is instead.
///
/// Looks at the bytes alone: servers send PDFs as `text/html` and pages as `application/octet-stream`.
///
/// # Errors
/// [`CleanError::Empty`], [`CleanError::Pdf`], [`CleanError::Image`], [`CleanError::Feed`] or [`CleanError::Binary`].
pub fn check(body: &[u8]) -> Result<(), CleanError> {
    let head = body.get(..body.len().min(SNIFF_BYTES)).unwrap_or(body);
    let start = head.iter().position(|b| !b.is_ascii_whitespace() && *b != 0).unwrap_or(head.len());
    let head = head.get(start..).unwrap_or_default();
    if head.is_empty() && body.iter().all(|b| b.is_ascii_whitespace() || *b == 0) {
        return Err(CleanError::Empty);
    }
    if head.starts_with(b"%PDF-") {
        return Err(CleanError::Pdf);
    }
    if is_image(head) {
        return Err(CleanError::Image);
    }
    if is_feed(head) {
        return Err(CleanError::Feed);
    }
    let has_bom = body.starts_with(&[0xFF, 0xFE]) || body.starts_with(&[0xFE, 0xFF]);
    if !has_bom && is_binary(body) {
        return Err(CleanError::Binary);
    }
    Ok(())
}

fn is_image(head: &[u8]) -> bool {
    head.starts_with(b"\x89PNG\r\n")
        || head.starts_with(b"\xFF\xD8\xFF")
        || head.starts_with(b"GIF87a")
        || head.starts_with(b"GIF89a")
        || (head.starts_with(b"RIFF") && head.get(8..12) == Some(b"WEBP"))
        || head.get(4..12) == Some(b"ftypavif")
}

fn is_feed(head: &[u8]) -> bool {
    let text = String::from_utf8_lossy(head).to_ascii_lowercase();
    let mut rest = text.trim_start_matches('\u{feff}').trim_start();
    // Prolog, comments and style sheet instructions may stand before the root element.
    while rest.starts_with("<?") || rest.starts_with("<!--") {
        let close = if rest.starts_with("<?") { "?>" } else { "-->" };
        let Some((_, after)) = rest.split_once(close) else { break };
        rest = after.trim_start();
    }
    ["<rss", "<feed", "<rdf:rdf"].iter().any(|root| rest.starts_with(root))
}

/// More than one byte in fifty is a control character that no text has.
fn is_binary(body: &[u8]) -> bool {
    let sample = body.get(..body.len().min(16 * SNIFF_BYTES)).unwrap_or(body);
    let odd = sample.iter().filter(|b| matches!(b, 0..=8 | 14..=26 | 28..=31 | 127)).count();
    if odd * 50 <= sample.len() {
        return false;
    }
    // UTF-16 without a mark has a NUL in every other place of its markup; the decoder knows it by its pattern.
    !charset::looks_utf16(sample)
}
