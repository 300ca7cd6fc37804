//! The HTTP clients: one that goes straight, and one for each proxy in use.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use reqwest::Client;
use rustls::pki_types::CertificateDer;
use url::{Host, Url};

use super::FetchError;
use super::address::Guard;
use super::manner::Proxy;
use super::resolver::PublicOnly;
use super::trust;
use crate::config::FetchConfig;

/// Proxies remembered at once. Each client holds its own connections; whoever has more proxies than this pays with new
/// connections, not with memory.
const PROXIES_MAX: usize = 32;

/// All clients of a process. They differ in nothing but their proxy.
pub(super) struct Clients {
    config: FetchConfig,
    guard: Guard,
    extra: Vec<CertificateDer<'static>>,
    straight: Client,
    through: Mutex<HashMap<Proxy, Through>>,
}

struct Through {
    client: Client,
    last_used: u64,
}

impl Clients {
    /// Makes the straight one. Nothing is connected yet.
    pub(super) fn new(config: &FetchConfig, guard: &Guard) -> Result<Self, FetchError> {
        // A second installation is refused, which is as good.
        rustls::crypto::ring::default_provider().install_default().ok();
        let extra = config.extra_ca.as_deref().map_or(Ok(Vec::new()), trust::extra)?;
        Ok(Self {
            straight: build(config, guard, &extra, None)?,
            extra,
            config: config.clone(),
            guard: guard.clone(),
            through: Mutex::default(),
        })
    }

    /// The client for this way.
    pub(super) fn by(&self, proxy: Option<&Proxy>) -> Result<Client, FetchError> {
        let Some(proxy) = proxy else { return Ok(self.straight.clone()) };
        self.check(proxy)?;
        let mut through = self.through.lock().unwrap_or_else(PoisonError::into_inner);
        let now = through.values().map(|known| known.last_used).max().unwrap_or(0) + 1;
        if let Some(known) = through.get_mut(proxy) {
            known.last_used = now;
            return Ok(known.client.clone());
        }
        let client = build(&self.config, &self.guard, &self.extra, Some(proxy))?;
        if through.len() >= PROXIES_MAX {
            let oldest = through.iter().min_by_key(|(_, known)| known.last_used).map(|(proxy, _)| proxy.clone());
            oldest.and_then(|proxy| through.remove(&proxy));
        }
        through.insert(proxy.clone(), Through { client: client.clone(), last_used: now });
        Ok(client)
    }

    /// A proxy given as an address is checked before it is connected to; one given as a name is checked by the resolver.
    fn check(&self, proxy: &Proxy) -> Result<(), FetchError> {
        let literal = match proxy.url().host() {
            Some(Host::Ipv4(address)) => Some(address.into()),
            Some(Host::Ipv6(address)) => Some(address.into()),
            // Only http's hosts are parsed into addresses; behind socks5 they stay text.
            Some(Host::Domain(name)) => name.trim_matches(['[', ']', '.']).parse().ok(),
            None => None,
        };
        literal
            .map_or(Ok(()), |address| self.guard.check_address(address))
            .map_err(|refused| FetchError::Denied(format!("the proxy: {refused}")))
    }
}

/// Whether a name can be asked for through a proxy that looks it up itself. We do not see what it finds; names that only
/// mean something inside a network are refused, as the addresses behind them would be.
pub(super) fn means_something_outside(url: &Url) -> bool {
    let Some(Host::Domain(name)) = url.host() else { return true };
    let name = name.trim_end_matches('.').to_ascii_lowercase();
    let Some((_, last)) = name.rsplit_once('.') else { return false };
    !matches!(last, "localhost" | "local" | "internal" | "lan" | "home" | "corp" | "intranet")
        && !name.ends_with(".home.arpa")
}

fn build(
    config: &FetchConfig,
    guard: &Guard,
    extra: &[CertificateDer<'static>],
    proxy: Option<&Proxy>,
) -> Result<Client, FetchError> {
    let setup = |error: reqwest::Error| FetchError::Setup(error.without_url().to_string());
    let merged = extra.iter().map(|authority| reqwest::Certificate::from_der(authority));
    let merged: Vec<reqwest::Certificate> = merged.collect::<Result<_, _>>().map_err(setup)?;
    let proxy = match proxy {
        Some(proxy) => {
            let built = reqwest::Proxy::all(proxy.url().as_str());
            // The text of this error would hold the address, and with it the password.
            Some(built.map_err(|_| FetchError::Setup("the proxy's address is not understood".to_owned()))?)
        }
        None => None,
    };
    let client = || {
        let client = Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .referer(false)
            .retry(reqwest::retry::never())
            .user_agent(&config.user_agent)
            .dns_resolver(PublicOnly::new(guard.clone(), &config.resolve))
            .connect_timeout(config.connect_timeout)
            .read_timeout(config.read_timeout)
            .pool_max_idle_per_host(1)
            .pool_idle_timeout(Duration::from_secs(15))
            .http1_max_headers(256)
            .http2_max_header_list_size(64 << 10);
        match &proxy {
            Some(proxy) => client.proxy(proxy.clone()),
            None => client,
        }
    };
    // The machine's own certificates first; Mozilla's where the machine has none.
    let own = client().tls_certs_merge(merged).build();
    own.or_else(|_| client().tls_backend_preconfigured(trust::mozilla(extra)).build()).map_err(setup)
}
