//! Names to addresses, the private ones taken out.
//!
//! The client connects only to what is returned here, so what was checked is what is used: a name whose answer changes
//! a moment later ("rebinding") gains nothing.

use std::collections::HashMap;
use std::net::{SocketAddr, ToSocketAddrs};
use std::sync::Arc;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use tokio::sync::Semaphore;

use super::address::Guard;

/// System look-ups under way at once. Each holds a thread of the blocking pool, which has 512 and other work to do,
/// until the system gives up; with silent name servers that takes half a minute.
const LOOKUPS_MAX: usize = 128;

/// Addresses tried for one name, at most.
const ADDRESSES_MAX: usize = 16;

/// The client's resolver: pinned names first, then the system's, both filtered.
#[derive(Debug, Clone)]
pub(super) struct PublicOnly {
    guard: Guard,
    pinned: Arc<HashMap<String, Vec<SocketAddr>>>,
    lookups: Arc<Semaphore>,
}

impl PublicOnly {
    pub(super) fn new(guard: Guard, resolve: &[(String, SocketAddr)]) -> Self {
        let mut pinned: HashMap<String, Vec<SocketAddr>> = HashMap::new();
        for (name, address) in resolve {
            pinned.entry(spelled(name)).or_default().push(*address);
        }
        Self { guard, pinned: Arc::new(pinned), lookups: Arc::new(Semaphore::new(LOOKUPS_MAX)) }
    }

    async fn addresses(self, name: String) -> Result<Vec<SocketAddr>, Box<dyn std::error::Error + Send + Sync>> {
        // The port travels along: the client takes it when the URL names none.
        let answer = if let Some(pinned) = self.pinned.get(&name) {
            pinned.clone()
        } else {
            let permit = self.lookups.clone().acquire_owned().await?;
            let lookup = tokio::task::spawn_blocking(move || {
                // The permit ends with the thread's work, not with the caller's patience.
                let _permit = permit;
                (name.as_str(), 0).to_socket_addrs().map(Iterator::collect::<Vec<_>>)
            });
            lookup.await??
        };
        let mut refused = None;
        let mut allowed = Vec::new();
        for address in answer.into_iter().take(ADDRESSES_MAX) {
            match self.guard.check_address(address.ip()) {
                Ok(()) => allowed.push(address),
                Err(reason) => refused = Some(reason),
            }
        }
        match (allowed.is_empty(), refused) {
            (true, Some(reason)) => Err(reason.into()),
            (true, None) => Err("no address".into()),
            (false, _) => Ok(allowed),
        }
    }
}

impl Resolve for PublicOnly {
    fn resolve(&self, name: Name) -> Resolving {
        let resolver = self.clone();
        let name = spelled(name.as_str());
        Box::pin(async move { Ok(Box::new(resolver.addresses(name).await?.into_iter()) as Addrs) })
    }
}

/// One spelling of a name: lower case, no dot at the end.
fn spelled(name: &str) -> String {
    name.trim_end_matches('.').to_ascii_lowercase()
}
