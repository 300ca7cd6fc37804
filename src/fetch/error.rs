//! Why a fetch brought nothing, as the answer to "what next?".

use std::error::Error as _;
use std::time::Duration;

use super::address::Refused;

/// Why nothing was fetched. No variant's text holds an address, a password or a query.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FetchError {
    /// The address is not one we ask: a private network, a port that is not the web's, another scheme.
    #[error("refused: {0}")]
    Denied(String),
    /// The site's robots.txt asks us not to.
    #[error("robots.txt disallows it")]
    Robots,
    /// The site's robots.txt could not be had, so nothing is known to be allowed.
    #[error("robots.txt cannot be had: {0}")]
    RobotsUnavailable(String),
    /// The name has no address.
    #[error("the name cannot be resolved: {0}")]
    Dns(String),
    /// Nobody answers there.
    #[error("cannot connect: {0}")]
    Connect(String),
    /// The certificate or the handshake is wrong. There is no insecure second try.
    #[error("TLS failed: {0}")]
    Tls(String),
    /// A deadline passed: connecting, a silence, or the whole request.
    #[error("timed out: {0}")]
    Timeout(&'static str),
    /// The body is bigger than taken, or unpacks like a bomb.
    #[error("the body is too large: {0}")]
    TooLarge(&'static str),
    /// The body is not packed the way its header says.
    #[error("the body cannot be unpacked: {0}")]
    BadEncoding(String),
    /// More redirects than followed, or a circle of them.
    #[error("too many redirects")]
    TooManyRedirects,
    /// The server answered, and not with the document.
    #[error("the server answered {status}")]
    Status {
        /// The HTTP status.
        status: u16,
        /// How long the server asks us to wait.
        retry_after: Option<Duration>,
    },
    /// The host asked to be left alone a while ago, so it was not asked now.
    #[error("not asked: the host answered {status} and wants to be left alone")]
    HostRests {
        /// What it answered then.
        status: u16,
        /// How long it still wants to rest.
        wait: Duration,
    },
    /// What came is no proper HTTP answer, or it broke off.
    #[error("the answer is broken: {0}")]
    Protocol(String),
    /// The client itself could not be made.
    #[error("the HTTP client cannot be made: {0}")]
    Setup(String),
}

impl FetchError {
    /// A label from a closed set, for counters and the `reason` columns.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::Denied(_) => "denied",
            Self::Robots => "robots",
            Self::RobotsUnavailable(_) => "robots-unavailable",
            Self::Dns(_) => "dns",
            Self::Connect(_) => "connect",
            Self::Tls(_) => "tls",
            Self::Timeout(_) => "timeout",
            Self::TooLarge(_) => "too-large",
            Self::BadEncoding(_) => "bad-encoding",
            Self::TooManyRedirects => "redirects",
            Self::Protocol(_) => "protocol",
            Self::Setup(_) => "setup",
            Self::Status { status, .. } | Self::HostRests { status, .. } => match status {
                403 => "http-403",
                404 => "http-404",
                410 => "http-410",
                429 => "http-429",
                503 => "http-503",
                300..=399 => "http-3xx",
                400..=499 => "http-4xx",
                500..=599 => "http-5xx",
                _ => "http-other",
            },
        }
    }

    /// Whether asking again later can help.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Dns(_)
            | Self::Connect(_)
            | Self::Tls(_)
            | Self::Timeout(_)
            | Self::Protocol(_)
            | Self::RobotsUnavailable(_)
            | Self::HostRests { .. } => true,
            Self::Status { status, .. } => matches!(status, 408 | 425 | 429 | 500..=599),
            Self::Denied(_)
            | Self::Robots
            | Self::TooLarge(_)
            | Self::BadEncoding(_)
            | Self::TooManyRedirects
            | Self::Setup(_) => false,
        }
    }

    /// How long the server asked us to wait.
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Status { retry_after, .. } => *retry_after,
            Self::HostRests { wait, .. } => Some(*wait),
            _ => None,
        }
    }

    /// Sorts what went wrong below us. The text is that of the deepest cause, which names no URL.
    pub(super) fn from_client(error: &reqwest::Error) -> Self {
        let mut cause: Option<&(dyn std::error::Error + 'static)> = error.source();
        let mut deepest = String::new();
        while let Some(inner) = cause {
            if let Some(refused) = inner.downcast_ref::<Refused>() {
                return refused.clone().into();
            }
            if let Some(tls) = tls_error(inner) {
                return Self::Tls(tls.to_string());
            }
            deepest = inner.to_string();
            cause = inner.source();
        }
        if deepest.is_empty() {
            deepest.push_str("no cause given");
        }
        if error.is_timeout() {
            return Self::Timeout(if error.is_connect() { "connecting" } else { "no byte came for too long" });
        }
        if error.is_dns() {
            return Self::Dns(deepest);
        }
        if error.is_connect() { Self::Connect(deepest) } else { Self::Protocol(deepest) }
    }
}

impl From<Refused> for FetchError {
    fn from(refused: Refused) -> Self {
        Self::Denied(refused.to_string())
    }
}

/// A TLS error, also where it travels inside I/O errors.
fn tls_error<'e>(error: &'e (dyn std::error::Error + 'static)) -> Option<&'e rustls::Error> {
    let mut at = error;
    loop {
        if let Some(tls) = at.downcast_ref::<rustls::Error>() {
            return Some(tls);
        }
        // What such an error holds is no source of it, and is asked for by itself.
        at = at.downcast_ref::<std::io::Error>()?.get_ref()?;
    }
}
