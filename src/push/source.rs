//! Whom to subscribe to: the hub a feed names, and the topic it is known by there (W3C WebSub §4).

use ipnet::IpNet;
use url::{Host, Url};

use super::links;
use crate::identity::registrable_domain;

/// The longest address kept.
const URL_BYTES_MAX: usize = 2048;

/// A hub and what to ask it for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// The hub.
    pub hub: Url,
    /// The topic, as the feed writes it: a hub compares it byte by byte.
    pub topic: String,
}

/// Where a document was asked for, where it was found, and what it says of itself.
#[derive(Debug, Clone, Copy)]
pub struct Found<'d> {
    /// The address we poll.
    pub requested: &'d Url,
    /// Where redirects led.
    pub found_at: &'d Url,
    /// The values of the answer's `Link` headers.
    pub link_headers: &'d [&'d str],
    /// The document's `rel="hub"`.
    pub hub: Option<&'d str>,
    /// The document's `rel="self"`.
    pub own: Option<&'d str>,
}

/// Finds hub and topic. Headers go before the document, each for itself. Without a `self` the address itself is the
/// topic.
///
/// A topic of another site is refused, and with it the subscription: what is pushed is stored as this feed's, and a
/// template that still names the feed it was copied from must not bring that one's news under this name.
pub fn find(document: Found<'_>) -> Option<Source> {
    let links: Vec<links::Link> = document.link_headers.iter().take(16).flat_map(|value| links::parse(value)).collect();
    let header = |relation: &str| {
        let link = links.iter().find(|link| link.relations.iter().any(|r| r == relation));
        link.map(|link| link.target.as_str())
    };
    let hub = web_address(document.found_at, header("hub").or(document.hub)?)?;
    let topic = match header("self").or(document.own) {
        Some(own) => {
            let url = web_address(document.found_at, own)?;
            let site = registrable_domain(&url);
            let ours = [document.requested, document.found_at].into_iter().any(|url| registrable_domain(url) == site);
            // Verbatim where it is whole already: parsing may change how it is written.
            ours.then(|| if Url::parse(own).is_ok() { own.trim().to_owned() } else { url.to_string() })?
        }
        None => document.found_at.to_string(),
    };
    (topic.len() <= URL_BYTES_MAX).then_some(Source { hub, topic })
}

/// An address of the web, complete, or relative to the document's.
fn web_address(base: &Url, text: &str) -> Option<Url> {
    let mut url = base.join(text.trim()).ok()?;
    url.set_fragment(None);
    (matches!(url.scheme(), "http" | "https") && url.has_host() && url.as_str().len() <= URL_BYTES_MAX).then_some(url)
}

/// Whether a hub may be given a secret: over TLS (W3C WebSub §5.1), or on a network the operator vouches for.
pub fn keeps_secrets(hub: &Url, trusted: &[IpNet]) -> bool {
    let address = match hub.host() {
        _ if hub.scheme() == "https" => return true,
        Some(Host::Ipv4(address)) => address.into(),
        Some(Host::Ipv6(address)) => std::net::IpAddr::from(address),
        Some(Host::Domain(_)) | None => return false,
    };
    trusted.iter().any(|network| network.contains(&address))
}
