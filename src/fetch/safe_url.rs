//! A URL as it may be shown: in logs, errors and rows.

use std::fmt;

use url::Url;

/// Shows a URL without user name, password and fragment, and without the values of its query: feeds carry tokens
/// there. `https://me:pw@a.example/x?key=1` shows as `https://a.example/x?key=…`.
#[derive(Clone, Copy)]
pub struct SafeUrl<'u>(pub &'u Url);

impl fmt::Display for SafeUrl<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let url = self.0;
        write!(f, "{}:", url.scheme())?;
        if let Some(host) = url.host_str() {
            write!(f, "//{host}")?;
        }
        if let Some(port) = url.port() {
            write!(f, ":{port}")?;
        }
        f.write_str(url.path())?;
        let Some(query) = url.query() else { return Ok(()) };
        for (n, pair) in query.split('&').enumerate() {
            f.write_str(if n == 0 { "?" } else { "&" })?;
            match pair.split_once('=') {
                Some((key, _)) => write!(f, "{key}=…")?,
                // A bare word may be the secret itself.
                None => f.write_str("…")?,
            }
        }
        Ok(())
    }
}

impl fmt::Debug for SafeUrl<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
