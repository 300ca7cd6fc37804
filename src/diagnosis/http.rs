//! How the server answered, and what is wrong with that.

use encoding_rs::{Encoding, UTF_8};
use serde::Serialize;
use url::Url;

use super::problems::{Problem, Severity};

/// Documents of this size are worth packing.
const PACK_FROM_BYTES: u64 = 8 << 10;
/// A feed bigger than this costs its publisher more than it has to.
const BIG_BYTES: u64 = 2 << 20;

/// What came of asking again with the validators of the first answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Revalidation {
    /// There are none to send.
    NoValidators,
    /// 304, as it should be.
    NotModified,
    /// The same document again, under the same validators.
    SentAgain,
    /// A document that had changed in between.
    Changed,
    /// The second answer was an error.
    Failed,
}

/// The answer to a request for a feed.
#[derive(Debug, Clone, Serialize)]
pub struct Answer {
    /// What was asked for.
    pub requested: Url,
    /// Where redirects led.
    pub final_url: Url,
    /// Whether all of them are permanent.
    pub moved_permanently: bool,
    /// The HTTP status.
    pub status: u16,
    /// `Content-Type`, verbatim.
    pub content_type: Option<String>,
    /// The document's size in bytes.
    pub bytes: u64,
    /// The same as it came over the wire.
    pub wire_bytes: u64,
    /// Seconds it took.
    pub seconds: f64,
    /// `ETag`, verbatim.
    pub etag: Option<String>,
    /// `Last-Modified`, verbatim.
    pub last_modified: Option<String>,
    /// Seconds the answer says it stays fresh.
    pub max_age_seconds: Option<u64>,
    /// What came of asking again with the validators.
    pub revalidation: Revalidation,
    /// The charset the header names.
    pub charset_header: Option<String>,
    /// The charset the document names.
    pub charset_document: Option<String>,
    /// Whether the bytes are valid UTF-8.
    pub is_utf8: bool,
}

/// What header and document say of the charset.
pub fn charsets(content_type: Option<&str>, body: &[u8]) -> (Option<String>, Option<String>) {
    let header = content_type.and_then(|value| {
        let lower = value.to_ascii_lowercase();
        let (_, label) = lower.split_once("charset=")?;
        let label = label.split(';').next()?.trim().trim_matches(['"', '\'']);
        (!label.is_empty()).then(|| label.to_owned())
    });
    let head = String::from_utf8_lossy(body.get(..body.len().min(300)).unwrap_or_default()).into_owned();
    let document = head.split_once("encoding=").and_then(|(before, after)| {
        let mark = after.chars().next().filter(|c| matches!(c, '"' | '\''))?;
        let label = after.split(mark).nth(1)?;
        (before.trim_start_matches('\u{feff}').trim_start().starts_with("<?xml") && !before.contains("?>"))
            .then(|| label.to_owned())
    });
    (header, document)
}

/// What is wrong with the answer.
pub fn problems(answer: &Answer) -> Vec<Problem> {
    use Severity::{Bad, Minor};
    let mut found = Vec::new();
    let mut add = |wrong: bool, severity, kind, message: String, remedy| {
        if wrong {
            found.push(Problem::new(severity, kind, message, remedy));
        }
    };
    let kind = answer.content_type.as_deref().unwrap_or_default().to_ascii_lowercase();
    let kind = kind.split(';').next().unwrap_or_default().trim().to_owned();
    let fits = ["xml", "rss", "atom", "json"].iter().any(|part| kind.contains(part));
    add(
        !fits,
        if kind.contains("html") { Bad } else { Minor },
        "content-type",
        format!("the server calls it {}", if kind.is_empty() { "nothing at all" } else { &kind }),
        "send application/rss+xml, application/atom+xml or application/feed+json",
    );
    add(
        answer.revalidation == Revalidation::NoValidators,
        Bad,
        "no-validators",
        "it sends neither ETag nor Last-Modified: every poll costs the whole document".to_owned(),
        "send an ETag, and answer 304 to If-None-Match",
    );
    add(
        answer.revalidation == Revalidation::SentAgain,
        Bad,
        "validators-useless",
        "it sends the whole feed again to a request with its own validators: they are useless".to_owned(),
        "answer 304 when If-None-Match or If-Modified-Since names the current copy",
    );
    add(
        answer.revalidation == Revalidation::Failed,
        Bad,
        "conditional-fails",
        "it answers a conditional request with an error".to_owned(),
        "answer 304 or 200 to a request with If-None-Match",
    );
    add(
        answer.wire_bytes >= answer.bytes && answer.bytes >= PACK_FROM_BYTES,
        Minor,
        "uncompressed",
        format!("it comes uncompressed, {} KB each time", answer.bytes >> 10),
        "compress with gzip; feeds shrink to a fifth",
    );
    add(
        answer.bytes >= BIG_BYTES,
        Minor,
        "big",
        format!("it is {} MB long", answer.bytes >> 20),
        "list fewer entries, and page the archive (RFC 5005)",
    );
    add(
        answer.final_url != answer.requested && !answer.moved_permanently,
        Minor,
        "moved-for-now",
        format!("it is redirected, but not for good: {}", answer.final_url),
        "answer 301 or 308 if the new address is to stay",
    );
    add(
        answer.final_url.scheme() == "http" && !is_local(&answer.final_url),
        Minor,
        "http",
        "it comes unencrypted".to_owned(),
        "serve it by https",
    );
    let encoding = |label: &Option<String>| label.as_deref().and_then(|label| Encoding::for_label(label.as_bytes()));
    let (header, document) = (encoding(&answer.charset_header), encoding(&answer.charset_document));
    add(
        header.is_some() && document.is_some() && header != document,
        Bad,
        "charset-conflict",
        format!(
            "the header says {}, the document {}",
            answer.charset_header.as_deref().unwrap_or_default(),
            answer.charset_document.as_deref().unwrap_or_default()
        ),
        "name one charset, best UTF-8, in both",
    );
    add(
        header.or(document).unwrap_or(UTF_8) == UTF_8 && !answer.is_utf8,
        Bad,
        "charset-wrong",
        "it passes for UTF-8, and its bytes are not".to_owned(),
        "write UTF-8, or name the charset that is used",
    );
    found
}

fn is_local(url: &Url) -> bool {
    match url.host() {
        Some(url::Host::Ipv4(address)) => address.is_loopback(),
        Some(url::Host::Ipv6(address)) => address.is_loopback(),
        Some(url::Host::Domain(name)) => name == "localhost",
        None => true,
    }
}
