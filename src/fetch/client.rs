//! One request from first to last hop.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use chrono::Utc;
use futures_util::StreamExt;
use http::{HeaderMap, StatusCode, header};
use tokio::time::{Instant, timeout};
use url::Url;

use super::address::Guard;
use super::body::{BodyReader, Overflow};
use super::clients::{self, Clients};
use super::manner::ForOrigin;
use super::politeness::{Politeness, Turn, host_key};
use super::robots::Robots;
use super::robots_cache::RobotsCache;
use super::{FetchError, FetchKind, FetchRequest, Fetched, headers};
use crate::config::FetchConfig;

mod ask_robots;
mod heads;
mod post;

pub use post::Posted;

/// Fetches documents; cheap to clone, and every clone shares connections, turns and robots.txt.
#[derive(Clone)]
pub struct Fetcher {
    shared: Arc<Shared>,
}

struct Shared {
    config: FetchConfig,
    clients: Clients,
    guard: Guard,
    politeness: Politeness,
    robots: RobotsCache,
}

/// What one hop brought.
enum Hop {
    Redirect { to: Url, permanent: bool, wait: Duration },
    Answer { status: StatusCode, headers: HeaderMap, body: Bytes, wire_bytes: u64, conditional: bool },
}

/// How the hops of one request differ from another's.
struct Journey {
    client: reqwest::Client,
    /// Whether the sites' names are looked up by a proxy.
    names_unseen: bool,
    headers: HeaderMap,
    /// What goes to one origin only.
    own: Option<ForOrigin>,
    /// What goes to one address only.
    validators: Option<(Url, HeaderMap)>,
    obeys_robots: bool,
    body_bytes_max: u64,
    overflow: Overflow,
    /// Time left for the hops under way.
    budget: Duration,
}

/// The end of a journey.
struct Arrival {
    url: Url,
    redirected: bool,
    permanent: bool,
    status: StatusCode,
    headers: HeaderMap,
    body: Bytes,
    wire_bytes: u64,
    conditional: bool,
}

/// A redirect that says "not before" is waited for up to this; a later one is left for another time.
const REDIRECT_WAIT_MAX: Duration = Duration::from_secs(5);

impl Fetcher {
    /// Makes the client. Nothing is connected yet.
    ///
    /// # Errors
    /// [`FetchError::Setup`]: the user agent is no header value, or TLS cannot be set up.
    pub fn new(config: &FetchConfig) -> Result<Self, FetchError> {
        let guard = Guard::new(config.allow_networks.clone());
        Ok(Self {
            shared: Arc::new(Shared {
                config: config.clone(),
                clients: Clients::new(config, &guard)?,
                guard,
                politeness: Politeness::new(config.host_delay, config.host_concurrency, config.concurrency),
                robots: RobotsCache::default(),
            }),
        })
    }

    /// Fetches a document. Waits for the host's turn first; dropping the future gives the turn back.
    ///
    /// # Errors
    /// Any [`FetchError`]; a status other than 2xx and 304 is [`FetchError::Status`].
    pub async fn get(&self, request: FetchRequest) -> Result<Fetched, FetchError> {
        let shared = &*self.shared;
        let started = Instant::now();
        let started_at = Utc::now();
        let mut requested = request.url.clone();
        requested.set_fragment(None);
        let mut journey = Journey {
            client: shared.clients.by(request.manner.proxy.as_ref())?,
            names_unseen: request.manner.proxy.as_ref().is_some_and(super::manner::Proxy::resolves_names),
            headers: heads::request(&request),
            own: request.manner.own.clone(),
            validators: heads::validators(&request, &requested)?,
            obeys_robots: request.manner.robots || (request.kind == FetchKind::Page && shared.config.robots),
            body_bytes_max: shared.config.body_bytes_max,
            overflow: Overflow::Refuse,
            budget: shared.config.total_timeout,
        };
        let arrival = shared.travel(requested.clone(), &mut journey).await?;
        let not_modified = arrival.status == StatusCode::NOT_MODIFIED;
        if not_modified && !arrival.conditional {
            return Err(FetchError::Protocol("304 to a request without validators".to_owned()));
        }
        let elapsed = shared.config.total_timeout.saturating_sub(journey.budget).min(started.elapsed());
        Ok(Fetched {
            moved_permanently: (arrival.redirected && arrival.permanent).then(|| arrival.url.clone()),
            requested,
            final_url: arrival.url,
            status: arrival.status.as_u16(),
            not_modified,
            conditional: arrival.conditional,
            content_type: headers::text(&arrival.headers, &header::CONTENT_TYPE),
            etag: headers::validator(&arrival.headers, &header::ETAG),
            last_modified: headers::validator(&arrival.headers, &header::LAST_MODIFIED),
            max_age: headers::max_age(&arrival.headers),
            headers: heads::kept(&arrival.headers),
            body: arrival.body,
            wire_bytes: arrival.wire_bytes,
            started_at,
            elapsed,
        })
    }

    /// What a site's robots.txt says to us. It is asked for as when a page is fetched: once for all who want to know.
    ///
    /// # Errors
    /// It could not be had.
    pub async fn robots(&self, url: &Url) -> Result<Arc<Robots>, FetchError> {
        let shared = &*self.shared;
        shared.guard.check_url(url)?;
        if let Some(answer) = shared.robots.fresh(url) {
            return answer;
        }
        let journey = Journey {
            client: shared.clients.by(None)?,
            names_unseen: false,
            headers: HeaderMap::new(),
            own: None,
            validators: None,
            obeys_robots: false,
            body_bytes_max: shared.config.body_bytes_max,
            overflow: Overflow::Refuse,
            budget: shared.config.total_timeout,
        };
        shared.robots.get(url, shared.ask_robots(url, &journey)).await
    }

    /// The hosts at which a request would have to wait now, by [`host_key`]: under way, too soon, or asked for silence.
    pub fn hosts_busy(&self) -> Vec<String> {
        self.shared.politeness.busy()
    }

    /// How many hosts are remembered, for the gauge that shows they are forgotten again.
    pub fn hosts_remembered(&self) -> usize {
        self.shared.politeness.remembered()
    }
}

impl Shared {
    /// Follows redirects, each hop checked, allowed and in turn.
    async fn travel(&self, from: Url, journey: &mut Journey) -> Result<Arrival, FetchError> {
        let mut url = from;
        let mut permanent = true;
        let mut turn: Option<Turn> = None;
        for hop in 0..=self.config.redirects_max {
            self.guard.check_url(&url)?;
            if journey.names_unseen && !clients::means_something_outside(&url) {
                return Err(FetchError::Denied("a name of a private network, asked through a proxy".to_owned()));
            }
            let mut crawl_delay = Duration::ZERO;
            if journey.obeys_robots {
                let robots = if let Some(answer) = self.robots.fresh(&url) {
                    answer?
                } else {
                    // Asking takes a turn of its own; holding ours meanwhile could wait on itself.
                    turn = None;
                    self.robots.get(&url, self.ask_robots(&url, journey)).await?
                };
                if !robots.allows(&url[url::Position::BeforePath..url::Position::AfterQuery]) {
                    return Err(FetchError::Robots);
                }
                crawl_delay = robots.crawl_delay().unwrap_or_default().min(self.config.crawl_delay_max);
            }
            let key = host_key(&url);
            // A redirect within the host goes on under the same turn; one elsewhere waits there, and no longer here.
            let same_host = turn.as_ref().is_some_and(|turn| turn.key == key);
            if !same_host {
                drop(turn.take());
                turn = Some(self.politeness.turn(key.clone(), crawl_delay).await?);
            }
            let started = Instant::now();
            let outcome = timeout(journey.budget, self.ask(&url, journey)).await;
            journey.budget = journey.budget.saturating_sub(started.elapsed());
            match outcome.unwrap_or(Err(FetchError::Timeout("the whole request took too long"))) {
                Ok(Hop::Redirect { to, permanent: this_one, wait }) => {
                    permanent &= this_one;
                    if to == url {
                        return Err(FetchError::TooManyRedirects);
                    }
                    journey.budget = journey.budget.saturating_sub(wait);
                    tokio::time::sleep(wait).await;
                    url = to;
                }
                Ok(Hop::Answer { status, headers, body, wire_bytes, conditional }) => {
                    self.politeness.served(&key);
                    let redirected = hop > 0;
                    return Ok(Arrival { url, redirected, permanent, status, headers, body, wire_bytes, conditional });
                }
                Err(error) => {
                    if let FetchError::Status { status, retry_after } = error {
                        self.politeness.refused(&key, status, retry_after);
                    }
                    return Err(error);
                }
            }
        }
        Err(FetchError::TooManyRedirects)
    }

    /// One hop: head and, if it is the document, body.
    async fn ask(&self, url: &Url, journey: &Journey) -> Result<Hop, FetchError> {
        let mut request = journey.client.get(url.clone()).headers(journey.headers.clone());
        if let Some(own) = &journey.own {
            request = own.apply(url, request);
        }
        let validators = journey.validators.as_ref().filter(|(from, _)| from == url);
        if let Some((_, validators)) = validators {
            request = request.headers(validators.clone());
        }
        let response = request.send().await.map_err(|error| FetchError::from_client(&error))?;
        // The resolver filtered what we connect to; should that ever be evaded, nothing of the answer is used.
        match response.remote_addr() {
            Some(peer) => self.guard.check_address(peer.ip())?,
            None => return Err(FetchError::Denied("the peer's address is unknown".to_owned())),
        }
        let status = response.status();
        if matches!(status.as_u16(), 301 | 302 | 303 | 307 | 308) {
            let to = redirect_target(url, response.headers())?;
            // RFC 9110 §10.2.3: on a redirect it is the time before the next hop.
            let retry_after = headers::retry_after(response.headers(), Utc::now());
            let wait = retry_after.unwrap_or_default();
            if wait > REDIRECT_WAIT_MAX {
                return Err(FetchError::Status { status: status.as_u16(), retry_after });
            }
            return Ok(Hop::Redirect { to, permanent: matches!(status.as_u16(), 301 | 308), wait });
        }
        let headers = response.headers().clone();
        if status == StatusCode::NOT_MODIFIED {
            let conditional = validators.is_some();
            return Ok(Hop::Answer { status, headers, body: Bytes::new(), wire_bytes: 0, conditional });
        }
        if !status.is_success() {
            let retry_after = headers::retry_after(&headers, Utc::now());
            return Err(FetchError::Status { status: status.as_u16(), retry_after });
        }
        if matches!(status.as_u16(), 206 | 226) {
            return Err(FetchError::Protocol(format!(
                "a part of the document ({status}), and the whole was asked for"
            )));
        }
        let mut reader = BodyReader::new(&headers, journey.body_bytes_max, journey.overflow)?;
        let mut chunks = response.bytes_stream();
        while let Some(chunk) = chunks.next().await {
            let chunk = chunk.map_err(|error| FetchError::from_client(&error))?;
            if !reader.push(&chunk)? {
                break;
            }
        }
        let (body, wire_bytes) = reader.finish()?;
        Ok(Hop::Answer { status, headers, body, wire_bytes, conditional: validators.is_some() })
    }
}

/// Where a redirect points. User name and password go along only within one origin.
fn redirect_target(from: &Url, headers: &HeaderMap) -> Result<Url, FetchError> {
    let broken = |why: &str| FetchError::Protocol(format!("redirect: {why}"));
    let location = headers.get(header::LOCATION).ok_or_else(|| broken("no Location"))?;
    let location = std::str::from_utf8(location.as_bytes()).map_err(|_| broken("Location is not UTF-8"))?;
    let mut to = from.join(location).map_err(|_| broken("Location is no address"))?;
    to.set_fragment(None);
    if to.origin() != from.origin() {
        // Only a URL that cannot have them refuses to lose them.
        to.set_username("").ok();
        to.set_password(None).ok();
    }
    Ok(to)
}
