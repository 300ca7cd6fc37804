//! Fetching over HTTP: a URL in, a document out, or the reason why not.
//!
//! The only HTTP client of the process is made here. Every hop of every request is checked ([`address`]), waits for its
//! host's turn, obeys robots.txt where a page is asked for ([`robots`]), and is bounded in bytes and time. It refuses
//! private networks, ports that are not the web's, and any third party's cookies or decoders; a proxy is used only for
//! a request that names one ([`manner`]). It does not yet know the process's own listeners on a public address.

pub mod address;
mod body;
mod client;
mod clients;
mod error;
mod headers;
pub mod manner;
mod politeness;
mod resolver;
pub mod robots;
mod robots_cache;
mod safe_url;
mod trust;

use std::time::Duration;

use bytes::Bytes;
use chrono::{DateTime, Utc};
use url::Url;

pub use client::{Fetcher, Posted};
pub use error::FetchError;
pub use manner::Manner;
pub use politeness::host_key;
pub use safe_url::SafeUrl;

/// What is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FetchKind {
    /// A feed document. Published to be polled, so robots.txt is not asked.
    Feed,
    /// A page for people. robots.txt is obeyed.
    Page,
}

/// A request.
#[derive(Clone)]
pub struct FetchRequest {
    /// Where.
    pub url: Url,
    /// What.
    pub kind: FetchKind,
    /// The `ETag` of the copy we have, verbatim.
    pub etag: Option<String>,
    /// The `Last-Modified` of the copy we have, verbatim.
    pub last_modified: Option<String>,
    /// The address that gave them, where it is not `url`: they are sent there and nowhere else.
    pub validators_from: Option<Url>,
    /// How it is made, where not as usual.
    pub manner: Manner,
}

impl FetchRequest {
    /// Asks for a document of which we have no copy.
    pub fn new(url: Url, kind: FetchKind) -> Self {
        Self { url, kind, etag: None, last_modified: None, validators_from: None, manner: Manner::default() }
    }
}

impl std::fmt::Debug for FetchRequest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { url, kind, etag, last_modified, validators_from, manner } = self;
        f.debug_struct("FetchRequest")
            .field("url", &SafeUrl(url))
            .field("kind", kind)
            .field("etag", etag)
            .field("last_modified", last_modified)
            .field("validators_from", &validators_from.as_ref().map(SafeUrl))
            .field("manner", manner)
            .finish()
    }
}

/// A document, or the news that our copy is still good.
#[derive(Clone)]
pub struct Fetched {
    /// What was asked for.
    pub requested: Url,
    /// Where it was found after redirects.
    pub final_url: Url,
    /// `final_url`, if every redirect on the way was a permanent one (301, 308) and there was one.
    pub moved_permanently: Option<Url>,
    /// The HTTP status: 2xx, or 304.
    pub status: u16,
    /// Whether the server says that our copy is still good (304); the body is empty then.
    pub not_modified: bool,
    /// Whether the answer is to a request with validators.
    pub conditional: bool,
    /// `Content-Type`, verbatim.
    pub content_type: Option<String>,
    /// `ETag`, verbatim, to be sent back.
    pub etag: Option<String>,
    /// `Last-Modified`, verbatim, to be sent back.
    pub last_modified: Option<String>,
    /// How long the answer says it stays fresh (`Cache-Control`, `Expires`), at most 30 days.
    pub max_age: Option<Duration>,
    /// The headers as received, names in lower case, cookies left out.
    pub headers: Vec<(String, String)>,
    /// The document, unpacked.
    pub body: Bytes,
    /// The body's bytes as they came over the wire.
    pub wire_bytes: u64,
    /// When the first request was sent.
    pub started_at: DateTime<Utc>,
    /// Time under way, without waiting for a turn.
    pub elapsed: Duration,
}

impl std::fmt::Debug for Fetched {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Fetched")
            .field("requested", &SafeUrl(&self.requested))
            .field("final_url", &SafeUrl(&self.final_url))
            .field("status", &self.status)
            .field("content_type", &self.content_type)
            .field("body_bytes", &self.body.len())
            .field("wire_bytes", &self.wire_bytes)
            .field("elapsed", &self.elapsed)
            .finish_non_exhaustive()
    }
}
