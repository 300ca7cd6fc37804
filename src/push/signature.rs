//! Whether a push is the hub's: the HMAC of its body under the secret only it was given (W3C WebSub §7.1).

use ring::hmac;

/// What a signature says of a body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// The hub signed these bytes.
    Genuine,
    /// There is a signature, and it is not of these bytes or not of our secret.
    Forged,
    /// There is none, or none of a kind we know.
    Missing,
}

/// Judges the `X-Hub-Signature` headers of a push. One genuine signature is enough, as a hub may send one for each
/// method. SHA-1 is taken too: as an HMAC it is not broken, and the largest hub knows no other.
pub fn judge<'h>(headers: impl IntoIterator<Item = &'h str>, secret: &str, body: &[u8]) -> Verdict {
    let mut verdict = Verdict::Missing;
    for header in headers.into_iter().take(4) {
        let Some((method, digest)) = header.trim().split_once('=') else { continue };
        let algorithm = match method.trim().to_ascii_lowercase().as_str() {
            "sha1" => hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY,
            "sha256" => hmac::HMAC_SHA256,
            "sha384" => hmac::HMAC_SHA384,
            "sha512" => hmac::HMAC_SHA512,
            _ => continue,
        };
        verdict = Verdict::Forged;
        let Some(digest) = bytes(digest.trim()) else { continue };
        // Compares in constant time.
        if hmac::verify(&hmac::Key::new(algorithm, secret.as_bytes()), body, &digest).is_ok() {
            return Verdict::Genuine;
        }
    }
    verdict
}

/// Hexadecimal in either case; at most the 64 bytes of SHA-512.
fn bytes(digest: &str) -> Option<Vec<u8>> {
    if digest.len() > 128 || !digest.len().is_multiple_of(2) {
        return None;
    }
    let digits: Option<Vec<u8>> =
        digest.chars().map(|c| c.to_digit(16).and_then(|digit| u8::try_from(digit).ok())).collect();
    Some(digits?.chunks_exact(2).map(|pair| pair.iter().fold(0, |byte, digit| byte << 4 | digit)).collect())
}
