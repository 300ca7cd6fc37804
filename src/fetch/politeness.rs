//! Whose turn it is: how many requests a host sees at once, how far apart, and when it asked to be left alone.
//!
//! A host here is a registrable domain: ten thousand feeds of one publisher share one turn. The state of a host that is
//! idle is forgotten, so the map holds the hosts of the last moments, not of all time.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{Mutex as TurnMutex, OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;
use url::{Host as UrlHost, Url};

use super::FetchError;

/// The longest a whole host rests for one Retry-After: it may have meant a single page. The page itself waits as asked.
const PAUSE_MAX: Duration = Duration::from_hours(1);

/// How often a refusal (403, 429) may double the pause between two requests to a host; each answer halves it again.
/// Six: from a second to a minute.
const DOUBLINGS_MAX: u32 = 6;

/// For how long after the last refusal.
const SLOWED: Duration = Duration::from_hours(1);

/// The map is swept when it has doubled since the last sweep, and not below this.
const SWEEP_FROM: usize = 256;

/// What politeness is counted by: the registrable domain, or `address:port` where the host is an address.
///
/// `https://news.bbc.co.uk/` and `http://BBC.co.uk:80/` are both `bbc.co.uk`.
pub fn host_key(url: &Url) -> String {
    match url.host() {
        Some(UrlHost::Domain(name)) => {
            let name = name.trim_end_matches('.').to_ascii_lowercase();
            psl::domain_str(&name).map(str::to_owned).unwrap_or(name)
        }
        Some(address) => format!("{address}:{}", url.port_or_known_default().unwrap_or(0)),
        None => String::new(),
    }
}

/// Turns for all hosts of one process.
#[derive(Debug)]
pub(super) struct Politeness {
    delay: Duration,
    host_concurrency: usize,
    everyone: Arc<Semaphore>,
    hosts: Mutex<Hosts>,
}

#[derive(Debug, Default)]
struct Hosts {
    by_key: HashMap<String, Arc<Host>>,
    sweep_at: usize,
}

#[derive(Debug)]
struct Host {
    slots: Arc<Semaphore>,
    /// When the next request may start. Held while waiting for that moment and for a free slot among everyone's, so
    /// that two waiting requests cannot start together when the crowd thins.
    next_start: TurnMutex<Instant>,
    paused: Mutex<Option<Pause>>,
    slowed: Mutex<Slowed>,
}

/// A host that refused something is asked more slowly.
#[derive(Debug, Clone, Copy)]
struct Slowed {
    doublings: u32,
    until: Instant,
    /// When the next request may start, counted from the refusal.
    not_before: Instant,
}

#[derive(Debug, Clone, Copy)]
struct Pause {
    until: Instant,
    status: u16,
}

/// The right to have one request under way at a host; given back by dropping it.
#[derive(Debug)]
pub(super) struct Turn {
    pub(super) key: String,
    _host: OwnedSemaphorePermit,
    _everyone: OwnedSemaphorePermit,
}

impl Politeness {
    pub(super) fn new(delay: Duration, host_concurrency: usize, concurrency: usize) -> Self {
        Self {
            delay,
            host_concurrency: host_concurrency.max(1),
            everyone: Arc::new(Semaphore::new(concurrency.clamp(1, Semaphore::MAX_PERMITS))),
            hosts: Mutex::default(),
        }
    }

    /// Waits for the host's turn, then for a place among everyone's. A host that asked for silence is an error at
    /// once: nobody should stand in line for an hour.
    pub(super) async fn turn(&self, key: String, crawl_delay: Duration) -> Result<Turn, FetchError> {
        let host = self.host(&key);
        host.refuse_if_paused()?;
        let slot = host.slots.clone().acquire_owned().await.map_err(|_| closed())?;
        let mut next_start = host.next_start.lock().await;
        tokio::time::sleep_until(*next_start).await;
        // Whoever waited already when another was refused waits on.
        while let Some(later) = host.slowed_until() {
            tokio::time::sleep_until(later).await;
        }
        host.refuse_if_paused()?;
        let place = self.everyone.clone().acquire_owned().await.map_err(|_| closed())?;
        *next_start = Instant::now() + self.delay.max(crawl_delay).saturating_mul(host.slowness());
        drop(next_start);
        Ok(Turn { key, _host: slot, _everyone: place })
    }

    /// Takes a refusal to heart: a host that said for how long is left alone (429, 503), one that keeps us out (403, 429)
    /// is asked more slowly, whichever of its pages or feeds it was.
    pub(super) fn refused(&self, key: &str, status: u16, retry_after: Option<Duration>) {
        let now = Instant::now();
        let host = self.host(key);
        if let (429 | 503, Some(wait)) = (status, retry_after) {
            let until = now + wait.min(PAUSE_MAX);
            let mut paused = host.paused.lock().unwrap_or_else(PoisonError::into_inner);
            if paused.is_none_or(|pause| pause.until < until) {
                *paused = Some(Pause { until, status });
            }
        }
        if matches!(status, 403 | 429) {
            let mut slowed = host.slowed.lock().unwrap_or_else(PoisonError::into_inner);
            let doublings = if slowed.until > now { slowed.doublings } else { 0 };
            let doublings = (doublings + 1).min(DOUBLINGS_MAX);
            let not_before = now + self.delay.saturating_mul(1 << doublings);
            *slowed = Slowed { doublings, until: now + SLOWED, not_before };
        }
    }

    /// Notes that a host served us.
    pub(super) fn served(&self, key: &str) {
        let host = self.host(key);
        let mut slowed = host.slowed.lock().unwrap_or_else(PoisonError::into_inner);
        slowed.doublings = slowed.doublings.saturating_sub(1);
    }

    /// The hosts at which a new request would have to wait.
    pub(super) fn busy(&self) -> Vec<String> {
        let now = Instant::now();
        let hosts = self.hosts.lock().unwrap_or_else(PoisonError::into_inner);
        let busy = hosts.by_key.iter().filter(|(_, host)| !host.is_free(now));
        busy.map(|(key, _)| key.clone()).collect()
    }

    /// How many hosts are remembered.
    pub(super) fn remembered(&self) -> usize {
        self.hosts.lock().unwrap_or_else(PoisonError::into_inner).by_key.len()
    }

    fn host(&self, key: &str) -> Arc<Host> {
        let mut hosts = self.hosts.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(host) = hosts.by_key.get(key) {
            return host.clone();
        }
        let now = Instant::now();
        if hosts.by_key.len() >= hosts.sweep_at.max(SWEEP_FROM) {
            // Nobody can take a new handle while the map is locked, so a host held only by the map is idle.
            hosts.by_key.retain(|_, host| Arc::strong_count(host) > 1 || !host.is_free(now) || host.slowness() > 1);
            hosts.sweep_at = hosts.by_key.len() * 2;
        }
        let host = Arc::new(Host {
            slots: Arc::new(Semaphore::new(self.host_concurrency)),
            next_start: TurnMutex::new(now),
            paused: Mutex::new(None),
            slowed: Mutex::new(Slowed { doublings: 0, until: now, not_before: now }),
        });
        hosts.by_key.insert(key.to_owned(), host.clone());
        host
    }
}

impl Host {
    fn paused(&self, now: Instant) -> Option<Pause> {
        let paused = *self.paused.lock().unwrap_or_else(PoisonError::into_inner);
        paused.filter(|pause| pause.until > now)
    }

    fn refuse_if_paused(&self) -> Result<(), FetchError> {
        let now = Instant::now();
        match self.paused(now) {
            Some(Pause { until, status }) => Err(FetchError::HostRests { status, wait: until - now }),
            None => Ok(()),
        }
    }

    /// By how much the pause between two requests is longer than usual.
    fn slowness(&self) -> u32 {
        let slowed = *self.slowed.lock().unwrap_or_else(PoisonError::into_inner);
        if slowed.until > Instant::now() { 1 << slowed.doublings } else { 1 }
    }

    /// Until when nothing starts after a refusal.
    fn slowed_until(&self) -> Option<Instant> {
        let slowed = *self.slowed.lock().unwrap_or_else(PoisonError::into_inner);
        (slowed.not_before > Instant::now()).then_some(slowed.not_before)
    }

    /// Whether a request could start now.
    fn is_free(&self, now: Instant) -> bool {
        let in_time = self.next_start.try_lock().is_ok_and(|next| *next <= now);
        in_time && self.slots.available_permits() > 0 && self.paused(now).is_none() && self.slowed_until().is_none()
    }
}

fn closed() -> FetchError {
    FetchError::Setup("the fetcher is closed".to_owned())
}
