//! What comes to a callback address: the token in its path, and what a hub asks by GET (W3C WebSub §5.3).

use std::time::Duration;

use url::{Url, form_urlencoded};

/// Below the public base address.
const FOLDER: &str = "websub/";
/// Characters of a token: 32 random bytes in hexadecimal.
const TOKEN_CHARS: usize = 64;
/// The longest challenge given back. Hubs send a few dozen characters.
const CHALLENGE_BYTES_MAX: usize = 1024;
/// The longest query read.
const QUERY_BYTES_MAX: usize = 8192;
/// The longest reason of a denial that is kept.
const REASON_CHARS_MAX: usize = 500;

/// The last part of a callback address. It is all that tells a hub from a stranger, so it is never logged.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Token(String);

impl Token {
    /// A token of 32 random bytes.
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(hexadecimal(&bytes))
    }

    /// Reads a token as it was stored or came in a path.
    pub fn parse(text: &str) -> Option<Self> {
        let fits = text.len() == TOKEN_CHARS && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        fits.then(|| Self(text.to_owned()))
    }

    /// The token in the path of a request: below the public address's own path, or at the root, where a proxy in front
    /// has taken that path away.
    pub fn in_path(path: &str, base: &Url) -> Option<Self> {
        let rest = path.strip_prefix(base.path()).or_else(|| path.strip_prefix('/'))?;
        Self::parse(rest.strip_prefix(FOLDER)?)
    }

    /// The token as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The callback address a hub is given.
    pub fn callback(&self, base: &Url) -> Url {
        let mut url = base.clone();
        url.set_path(&format!("{}{FOLDER}{}", base.path(), self.0));
        url
    }
}

impl std::fmt::Debug for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("[token]")
    }
}

/// Bytes in lower-case hexadecimal.
pub fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// What a hub asks by GET.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Question {
    /// Whether we mean to subscribe: to be answered with the challenge.
    Subscribe {
        /// What for.
        topic: String,
        /// What to answer with.
        challenge: String,
        /// How long it will push.
        lease: Option<Duration>,
    },
    /// Whether we mean to leave: to be answered with the challenge.
    Unsubscribe {
        /// What for.
        topic: String,
        /// What to answer with.
        challenge: String,
    },
    /// Nothing: it tells us that it will not push, or will not any more.
    Denied {
        /// What for.
        topic: String,
        /// Why, if it says.
        reason: Option<String>,
    },
}

/// Reads the query of a GET; `None` for what no hub sends. The first of a repeated parameter counts.
pub fn question(query: &str) -> Option<Question> {
    if query.len() > QUERY_BYTES_MAX {
        return None;
    }
    let find = |name: &str| {
        let mut pairs = form_urlencoded::parse(query.as_bytes());
        pairs.find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
    };
    let topic = find("hub.topic")?;
    let challenge = || {
        let challenge = find("hub.challenge")?;
        let fits = !challenge.is_empty() && challenge.len() <= CHALLENGE_BYTES_MAX;
        (fits && !challenge.chars().any(char::is_control)).then_some(challenge)
    };
    match find("hub.mode")?.as_str() {
        "subscribe" => {
            let lease = find("hub.lease_seconds").and_then(|s| s.trim().parse().ok()).map(Duration::from_secs);
            Some(Question::Subscribe { topic, challenge: challenge()?, lease })
        }
        "unsubscribe" => Some(Question::Unsubscribe { topic, challenge: challenge()? }),
        "denied" => {
            let reason = find("hub.reason").map(|reason| reason.chars().take(REASON_CHARS_MAX).collect());
            Some(Question::Denied { topic, reason })
        }
        _ => None,
    }
}
