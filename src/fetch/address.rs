//! Which addresses are asked: the public internet, by http or https, on the web's ports.
//!
//! In: a URL, or an address DNS gave. Out: nothing, or why it is refused. A name is judged by its addresses, in
//! the resolver; here stand the rules for addresses and for what a URL says openly.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::IpNet;
use url::{Host, Url};

use crate::feed_list::URL_BYTES_MAX;

/// Why an address is not asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// Neither http nor https.
    #[error("only http and https are asked")]
    Scheme,
    /// No host.
    #[error("the address names no host")]
    Host,
    /// A port other programs than web servers listen on.
    #[error("port {0} is not a web server's")]
    Port(u16),
    /// Longer than any honest address.
    #[error("the address is longer than {URL_BYTES_MAX} bytes")]
    Length,
    /// Not on the public internet.
    #[error("{0} is not a public address; fetch.allow_networks can allow it")]
    Private(IpAddr),
}

/// The rule for one process: what is public, and the networks exempt from that.
#[derive(Debug, Clone, Default)]
pub struct Guard {
    allow: Vec<IpNet>,
}

impl Guard {
    /// A guard with these networks exempt.
    pub fn new(allow: Vec<IpNet>) -> Self {
        Self { allow }
    }

    /// Whether this address may be connected to.
    ///
    /// # Errors
    /// [`Refused::Private`].
    pub fn check_address(&self, address: IpAddr) -> Result<(), Refused> {
        let allowed = |ip: IpAddr| self.allow.iter().any(|network| network.contains(&ip));
        if is_public(address) || allowed(address) || allowed(address.to_canonical()) {
            Ok(())
        } else {
            Err(Refused::Private(address))
        }
    }

    /// Whether this URL may be asked, as far as it says itself.
    ///
    /// The host is judged as the parser understood it, so `0x7f.1` and `127.1` are 127.0.0.1 here: the HTTP client
    /// asks no resolver for them.
    ///
    /// # Errors
    /// Any [`Refused`].
    pub fn check_url(&self, url: &Url) -> Result<(), Refused> {
        if !matches!(url.scheme(), "http" | "https") {
            return Err(Refused::Scheme);
        }
        if url.as_str().len() > URL_BYTES_MAX {
            return Err(Refused::Length);
        }
        let port = url.port_or_known_default().unwrap_or(0);
        if !is_web_port(port) {
            return Err(Refused::Port(port));
        }
        match url.host() {
            None => Err(Refused::Host),
            Some(Host::Ipv4(address)) => self.check_address(address.into()),
            Some(Host::Ipv6(address)) => self.check_address(address.into()),
            Some(Host::Domain(name)) => {
                let name = name.trim_end_matches('.');
                if name.is_empty() {
                    return Err(Refused::Host);
                }
                // "127.0.0.1." is a name to the parser and an address to some resolvers.
                name.parse::<IpAddr>().map_or(Ok(()), |address| self.check_address(address))
            }
        }
    }
}

/// Ports above 1023 on which something else than a web server usually listens: databases, mail, chat, X11, and the
/// ports browsers refuse as well (WHATWG Fetch, "bad port").
const OTHER_PROGRAMS: [u16; 44] = [
    1433, 1434, 1521, 1719, 1720, 1723, 1883, 2049, 2181, 2375, 2376, 2379, 2380, 3268, 3306, 3389, 3659, 4045, 4190,
    5060, 5061, 5432, 5433, 5672, 5900, 5901, 6000, 6379, 6380, 6443, 6566, 6665, 6667, 6669, 6697, 8300, 9042, 9092,
    9200, 9300, 10080, 10250, 11211, 27017,
];

/// Whether web servers listen there: 80, 443, and the unprivileged ports that belong to nobody else.
pub fn is_web_port(port: u16) -> bool {
    matches!(port, 80 | 443) || (port >= 1024 && !OTHER_PROGRAMS.contains(&port))
}

/// Whether an address belongs to the public internet (IANA's special-purpose registries, RFC 6890).
///
/// Addresses that carry an IPv4 address inside (6to4, NAT64, Teredo) are refused whatever they carry: behind them the
/// network chooses where the packet goes.
pub fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let refused = match address.octets() {
        // This network, private use, loopback; link-local, where clouds keep their metadata; more private use; protocol
        // assignments, the old 6to4 relay, AS112, benchmarks, documentation.
        [0 | 10 | 127, ..]
        | [169, 254, ..]
        | [192, 168, ..]
        | [192, 0, 0 | 2, _]
        | [192, 88, 99, _]
        | [192, 31, 196, _]
        | [192, 52, 193, _]
        | [192, 175, 48, _]
        | [198, 18 | 19, ..]
        | [198, 51, 100, _]
        | [203, 0, 113, _] => true,
        // Carrier-grade NAT.
        [100, second, ..] => (64..=127).contains(&second),
        // Private use.
        [172, second, ..] => (16..=31).contains(&second),
        // Multicast, reserved, broadcast.
        [first, ..] => first >= 224,
    };
    !refused
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    if let Some(inner) = address.to_ipv4_mapped() {
        return is_public_v4(inner);
    }
    match address.segments() {
        // Protocol assignments (Teredo, ORCHID, benchmarks), documentation, 6to4.
        [0x2001, second, ..] if second < 0x0200 || second == 0x0db8 => false,
        [0x2002, ..] => false,
        // Documentation (RFC 9637), segment routing.
        [0x3fff, second, ..] if second < 0x1000 => false,
        // Only 2000::/3 is given out; the rest is loopback, IPv4-compatible, NAT64, local, multicast or unused.
        [first, ..] => first & 0xe000 == 0x2000,
    }
}
