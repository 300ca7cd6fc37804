//! What can come of a poll: one word, what kind of thing it is, and what it means.

use crate::feed::FeedError;
use crate::fetch::FetchError;

/// What an outcome says about the feed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// The feed answers as it should.
    Fine,
    /// It may be fine in a moment: the server, the network or the name is away.
    Away,
    /// The server keeps us out.
    Blocked,
    /// There is nothing at the address any more.
    Gone,
    /// Something comes, and it is no feed that can be read.
    Unreadable,
    /// We do not ask: our own settings or limits forbid it.
    Ours,
}

impl Class {
    /// The word used in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Fine => "fine",
            Self::Away => "away",
            Self::Blocked => "blocked",
            Self::Gone => "gone",
            Self::Unreadable => "unreadable",
            Self::Ours => "ours",
        }
    }
}

macro_rules! outcomes {
    ($($variant:ident, $word:literal, $class:ident, $meaning:literal;)*) => {
        /// What came of a poll.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Outcome {
            $(#[doc = $meaning] $variant,)*
        }

        impl Outcome {
            /// All of them; the table `poll_outcomes` holds the same.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The word used in the database, the logs and the metrics.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word),* }
            }

            /// What it says about the feed.
            pub fn class(self) -> Class {
                match self { $(Self::$variant => Class::$class),* }
            }

            /// What it means, as the end of the sentence "the feed …".
            pub fn meaning(self) -> &'static str {
                match self { $(Self::$variant => $meaning),* }
            }
        }
    };
}

outcomes! {
    New, "new", Fine, "listed entries never seen before";
    Changed, "changed", Fine, "listed entries that had changed, and none that was new";
    Unchanged, "unchanged", Fine, "was sent again and listed nothing new";
    NotModified, "not-modified", Fine, "answered 304: nothing new";
    Dns, "dns", Away, "has a name that cannot be resolved";
    Connect, "connect", Away, "is on a server nobody answers at";
    Tls, "tls", Away, "is on a server whose certificate or handshake is wrong";
    Timeout, "timeout", Away, "did not come in time";
    Protocol, "protocol", Away, "came as a broken HTTP answer";
    ServerError, "server-error", Away, "answered with a server's error (5xx)";
    Unavailable, "unavailable", Away, "answered 503: come again later";
    RateLimited, "rate-limited", Blocked, "answered 429: we ask too often";
    Blocked, "blocked", Blocked, "answered 401, 402, 403 or 451: we are kept out";
    NotFound, "not-found", Gone, "answered 404: nothing is there";
    Gone, "gone", Gone, "answered 410: it was taken away for good";
    ClientError, "client-error", Blocked, "answered with another refusal (4xx)";
    OtherStatus, "other-status", Unreadable, "answered with a status that carries no feed";
    Redirects, "redirects", Unreadable, "leads from redirect to redirect without an end";
    TooLarge, "too-large", Unreadable, "is bigger than we take";
    BadEncoding, "bad-encoding", Unreadable, "is not compressed the way its header says";
    Empty, "empty", Unreadable, "came without a byte";
    Compressed, "compressed", Unreadable, "came compressed without saying so";
    Binary, "binary", Unreadable, "is no text";
    WebPage, "web-page", Unreadable, "is a web page now";
    JsonNoFeed, "json-no-feed", Unreadable, "is JSON but no JSON Feed";
    NoFeed, "no-feed", Unreadable, "is text but no feed";
    NoEntriesRead, "no-entries-read", Unreadable, "holds entries that could not be read";
    ReaderPanic, "reader-panic", Unreadable, "made the reader fail";
    Denied, "denied", Ours, "is at an address that is never asked: a private network or an odd port";
    Robots, "robots", Ours, "may not be asked by its robots.txt";
    NoTurn, "no-turn", Ours, "waited for its host's turn in vain";
    Misconfigured, "misconfigured", Ours, "cannot be asked with the settings it has";
}

impl Outcome {
    /// Whether the feed was read, or said that nothing is new.
    pub fn is_fine(self) -> bool {
        self.class() == Class::Fine
    }

    /// The outcome of that word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|outcome| outcome.as_str() == word)
    }
}

impl From<&FetchError> for Outcome {
    fn from(error: &FetchError) -> Self {
        match error {
            FetchError::Denied(_) => Self::Denied,
            FetchError::Robots | FetchError::RobotsUnavailable(_) => Self::Robots,
            FetchError::Dns(_) => Self::Dns,
            FetchError::Connect(_) => Self::Connect,
            FetchError::Tls(_) => Self::Tls,
            FetchError::Timeout(_) => Self::Timeout,
            FetchError::TooLarge(_) => Self::TooLarge,
            FetchError::BadEncoding(_) => Self::BadEncoding,
            FetchError::TooManyRedirects => Self::Redirects,
            FetchError::Protocol(_) => Self::Protocol,
            FetchError::Setup(_) => Self::Misconfigured,
            FetchError::HostRests { .. } => Self::NoTurn,
            FetchError::Status { status, .. } => match status {
                401 | 402 | 403 | 451 => Self::Blocked,
                404 => Self::NotFound,
                410 => Self::Gone,
                429 => Self::RateLimited,
                503 => Self::Unavailable,
                400..=499 => Self::ClientError,
                500..=599 => Self::ServerError,
                _ => Self::OtherStatus,
            },
        }
    }
}

impl From<&FeedError> for Outcome {
    fn from(error: &FeedError) -> Self {
        match error {
            FeedError::Empty => Self::Empty,
            FeedError::TooLarge { .. } => Self::TooLarge,
            FeedError::Gzip => Self::Compressed,
            FeedError::Binary(_) => Self::Binary,
            FeedError::Html => Self::WebPage,
            FeedError::JsonNotFeed(_) => Self::JsonNoFeed,
            FeedError::NotAFeed(_) => Self::NoFeed,
            FeedError::NoEntriesRead => Self::NoEntriesRead,
        }
    }
}
