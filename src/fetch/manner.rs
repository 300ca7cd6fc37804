//! How one request differs from the others: another name for us, headers and a sign-in for one origin, a proxy.
//!
//! What is given for an origin is sent to that origin alone. A redirect elsewhere is followed without it.

use std::fmt;

use http::{HeaderMap, HeaderName, HeaderValue};
use url::{Origin, Url};

use super::SafeUrl;
use crate::config::Secret;

/// Headers that steer the connection or the conditions of a request; they are the client's to set.
const NOT_TO_BE_SET: [&str; 19] = [
    "accept-encoding",
    "connection",
    "content-length",
    "content-type",
    "cookie",
    "expect",
    "host",
    "if-match",
    "if-modified-since",
    "if-none-match",
    "if-range",
    "if-unmodified-since",
    "keep-alive",
    "proxy-authorization",
    "range",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

/// How a request is made, where not as usual.
#[derive(Debug, Clone, Default)]
pub struct Manner {
    /// How we name ourselves, instead of `fetch.user_agent`.
    pub user_agent: Option<HeaderValue>,
    /// What is for one origin alone.
    pub own: Option<ForOrigin>,
    /// Through whom.
    pub proxy: Option<Proxy>,
    /// Whether robots.txt is obeyed although it is a feed.
    pub robots: bool,
}

/// Headers and a sign-in for one origin.
#[derive(Clone)]
pub struct ForOrigin {
    origin: Origin,
    headers: HeaderMap,
    basic: Option<(String, Secret)>,
}

impl ForOrigin {
    /// Nothing yet, for the origin of this address.
    pub fn of(url: &Url) -> Self {
        Self { origin: url.origin(), headers: HeaderMap::new(), basic: None }
    }

    /// Whether there is nothing to send.
    pub fn is_empty(&self) -> bool {
        self.headers.is_empty() && self.basic.is_none()
    }

    /// Adds a header; it is shown nowhere.
    ///
    /// # Errors
    /// It is no header, or one the client sets itself.
    pub fn header(&mut self, name: &str, value: &str) -> Result<(), String> {
        let name = header_name(name)?;
        let mut value = HeaderValue::from_bytes(value.as_bytes())
            .map_err(|_| format!("the value of {name} has control characters"))?;
        value.set_sensitive(true);
        self.headers.insert(name, value);
        Ok(())
    }

    /// Sends these cookies.
    ///
    /// # Errors
    /// They are no header value.
    pub fn cookies(&mut self, cookies: &str) -> Result<(), String> {
        let value = HeaderValue::from_bytes(cookies.as_bytes());
        let mut value = value.map_err(|_| "the cookies have control characters".to_owned())?;
        value.set_sensitive(true);
        self.headers.insert(http::header::COOKIE, value);
        Ok(())
    }

    /// Signs in with `user:password` (RFC 7617).
    ///
    /// # Errors
    /// There is no colon.
    pub fn basic(&mut self, both: &Secret) -> Result<(), String> {
        let (user, password) = both.reveal().split_once(':').ok_or("it must be written as user:password")?;
        self.basic = Some((user.to_owned(), Secret::new(password.to_owned())));
        Ok(())
    }

    /// Adds what belongs to `url`'s origin, if it is ours.
    pub(super) fn apply(&self, url: &Url, request: reqwest::RequestBuilder) -> reqwest::RequestBuilder {
        if url.origin() != self.origin {
            return request;
        }
        let request = request.headers(self.headers.clone());
        match &self.basic {
            Some((user, password)) => request.basic_auth(user, Some(password.reveal())),
            None => request,
        }
    }
}

impl fmt::Debug for ForOrigin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.headers.keys().map(HeaderName::as_str).collect();
        f.debug_struct("ForOrigin")
            .field("origin", &self.origin.ascii_serialization())
            .field("headers", &names)
            .field("signs_in", &self.basic.is_some())
            .finish()
    }
}

/// The name of a header that may be set.
///
/// # Errors
/// It is no name, or one the client sets itself.
pub fn header_name(name: &str) -> Result<HeaderName, String> {
    let name: HeaderName = name.trim().parse().map_err(|_| format!("{name:?} is no name of a header"))?;
    if NOT_TO_BE_SET.contains(&name.as_str()) {
        return Err(format!("the header {name} cannot be set: wireroom sets it itself"));
    }
    Ok(name)
}

/// A proxy with what it takes to sign in there.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Proxy {
    url: Url,
}

impl Proxy {
    /// Reads `http://host:port`, `socks5://host:port` or `socks5h://host:port`, with `user:password@` before the host
    /// where the proxy asks for it.
    ///
    /// # Errors
    /// It is no such address. The sentence does not repeat it.
    pub fn parse(text: &str) -> Result<Self, String> {
        let how = "write the proxy as http://host:port, socks5://host:port or socks5h://host:port";
        let url = Url::parse(text.trim()).map_err(|_| how.to_owned())?;
        let right = matches!(url.scheme(), "http" | "socks5" | "socks5h")
            && url.host_str().is_some_and(|host| !host.is_empty())
            && matches!(url.path(), "" | "/")
            && url.query().is_none();
        if right { Ok(Self { url }) } else { Err(how.to_owned()) }
    }

    /// Whether it has a user name or password.
    pub fn signs_in(&self) -> bool {
        !self.url.username().is_empty() || self.url.password().is_some()
    }

    /// Where it is.
    pub(super) fn url(&self) -> &Url {
        &self.url
    }

    /// Whether the proxy looks up the names of the sites, out of our sight.
    pub(super) fn resolves_names(&self) -> bool {
        self.url.scheme() != "socks5"
    }
}

impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        SafeUrl(&self.url).fmt(f)
    }
}
