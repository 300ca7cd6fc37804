//! What the bytes are, before anything tries to read them as a feed.
//!
//! In: a body. Out: nothing, or the refusal that names what came instead, because "no feed" alone leaves a person
//! guessing whether the address, the server or the reader is wrong.

/// The largest document read, in bytes. The largest real feeds (full text, thousands of items) stay under 10 MiB.
pub const FEED_BYTES_MAX: usize = 32 * 1024 * 1024;

/// Why a body gave no feed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FeedError {
    /// Nothing but white space.
    #[error("the body is empty: poll again later, and check the address if it stays so")]
    Empty,
    /// Longer than [`FEED_BYTES_MAX`].
    #[error("the body has {bytes} bytes; {FEED_BYTES_MAX} is the most read: ask the publisher for a shorter feed")]
    TooLarge {
        /// How long it was.
        bytes: usize,
    },
    /// Still compressed.
    #[error("the body is still gzip-compressed: inflate it first; the server does not say that it compresses")]
    Gzip,
    /// An image, an archive, a PDF: no text.
    #[error("the body is no text ({0}): the address is not a feed's")]
    Binary(&'static str),
    /// A web page.
    #[error("the body is a web page: look for the feed's address with `wireroom feeds discover`")]
    Html,
    /// JSON, but neither JSON Feed nor RSS in JSON.
    #[error("the body is JSON but no JSON Feed ({0}): use the site's RSS, Atom or JSON Feed address")]
    JsonNotFeed(String),
    /// Text of another kind; the string says which.
    #[error("the body is no feed ({0}): check the address in a browser")]
    NotAFeed(String),
    /// Items are in the bytes and none of them could be read.
    #[error("the body holds items, but none could be read: keep the document and report it")]
    NoEntriesRead,
}

impl FeedError {
    /// A short stable word, for a column or a metric's label.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::TooLarge { .. } => "too_large",
            Self::Gzip => "gzip",
            Self::Binary(_) => "binary",
            Self::Html => "html",
            Self::JsonNotFeed(_) => "json_not_feed",
            Self::NotAFeed(_) => "not_a_feed",
            Self::NoEntriesRead => "no_entries_read",
        }
    }
}

/// The beginnings of files that are certainly no feed.
const MAGIC: &[(&[u8], &str)] = &[
    (b"%PDF-", "PDF"),
    (b"\x89PNG", "PNG image"),
    (b"\xFF\xD8\xFF", "JPEG image"),
    (b"GIF8", "GIF image"),
    (b"PK\x03\x04", "zip archive"),
    (b"\x28\xB5\x2F\xFD", "zstd data"),
    (b"BZh", "bzip2 data"),
    (b"\xFD7zXZ", "xz data"),
    (b"ID3", "MP3 audio"),
    (b"OggS", "Ogg media"),
    (b"wOFF", "font"),
    (b"wOF2", "font"),
];

/// Refuses bytes that cannot be a feed whatever their charset is.
pub fn refuse(bytes: &[u8]) -> Result<(), FeedError> {
    if bytes.len() > FEED_BYTES_MAX {
        return Err(FeedError::TooLarge { bytes: bytes.len() });
    }
    if bytes.starts_with(&[0x1F, 0x8B]) {
        return Err(FeedError::Gzip);
    }
    if let Some((_, what)) = MAGIC.iter().find(|(magic, _)| bytes.starts_with(magic)) {
        return Err(FeedError::Binary(what));
    }
    if bytes.iter().all(|b| b.is_ascii_whitespace() || *b == 0) {
        return Err(FeedError::Empty);
    }
    Ok(())
}
