//! One request from first to last hop.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use chrono::Utc;
use futures_util::StreamExt;
use http::{HeaderMap, HeaderValue, StatusCode, header};
use tokio::time::{Instant, timeout};
use url::Url;

use super::address::Guard;
use super::body::{BodyReader, Overflow};
use super::politeness::{Politeness, Turn, host_key};
use super::resolver::PublicOnly;
use super::robots::{self, Robots};
use super::robots_cache::{Answer, RobotsCache};
use super::{FetchError, FetchKind, FetchRequest, Fetched, headers};
use crate::config::FetchConfig;

mod post;

pub use post::Posted;

/// Fetches documents; cheap to clone, and every clone shares connections, turns and robots.txt.
#[derive(Clone)]
pub struct Fetcher {
    shared: Arc<Shared>,
}

struct Shared {
    config: FetchConfig,
    client: reqwest::Client,
    guard: Guard,
    politeness: Politeness,
    robots: RobotsCache,
}

/// What one hop brought.
enum Hop {
    Redirect { to: Url, permanent: bool },
    Answer { status: StatusCode, headers: HeaderMap, body: Bytes, wire_bytes: u64 },
}

/// How the hops of one request differ from another's.
struct Journey {
    headers: HeaderMap,
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
}

impl Fetcher {
    /// Makes the client. Nothing is connected yet.
    ///
    /// # Errors
    /// [`FetchError::Setup`]: the user agent is no header value, or TLS cannot be set up.
    pub fn new(config: &FetchConfig) -> Result<Self, FetchError> {
        let guard = Guard::new(config.allow_networks.clone());
        let setup = |error: reqwest::Error| FetchError::Setup(error.without_url().to_string());
        // A second installation is refused, which is as good.
        rustls::crypto::ring::default_provider().install_default().ok();
        let client = || {
            reqwest::Client::builder()
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
                .http2_max_header_list_size(64 << 10)
        };
        // The machine's own certificates first; Mozilla's where the machine has none.
        let built = client().build().or_else(|_| client().tls_backend_preconfigured(mozilla_tls()).build());
        Ok(Self {
            shared: Arc::new(Shared {
                config: config.clone(),
                client: built.map_err(setup)?,
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
        let conditional = request.etag.is_some() || request.last_modified.is_some();
        let mut journey = Journey {
            headers: request_headers(&request)?,
            body_bytes_max: shared.config.body_bytes_max,
            overflow: Overflow::Refuse,
            budget: shared.config.total_timeout,
        };
        let mut requested = request.url;
        requested.set_fragment(None);
        let obeys_robots = request.kind == FetchKind::Page && shared.config.robots;
        let arrival = shared.travel(requested.clone(), &mut journey, obeys_robots).await?;
        let not_modified = arrival.status == StatusCode::NOT_MODIFIED;
        if not_modified && !conditional {
            return Err(FetchError::Protocol("304 to a request without validators".to_owned()));
        }
        let elapsed = shared.config.total_timeout.saturating_sub(journey.budget).min(started.elapsed());
        Ok(Fetched {
            moved_permanently: (arrival.redirected && arrival.permanent).then(|| arrival.url.clone()),
            requested,
            final_url: arrival.url,
            status: arrival.status.as_u16(),
            not_modified,
            content_type: headers::text(&arrival.headers, &header::CONTENT_TYPE),
            etag: headers::validator(&arrival.headers, &header::ETAG),
            last_modified: headers::validator(&arrival.headers, &header::LAST_MODIFIED),
            max_age: headers::max_age(&arrival.headers),
            headers: kept_headers(&arrival.headers),
            body: arrival.body,
            wire_bytes: arrival.wire_bytes,
            started_at,
            elapsed,
        })
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
    async fn travel(&self, from: Url, journey: &mut Journey, obeys_robots: bool) -> Result<Arrival, FetchError> {
        let mut url = from;
        let mut permanent = true;
        let mut turn: Option<Turn> = None;
        for hop in 0..=self.config.redirects_max {
            self.guard.check_url(&url)?;
            let mut crawl_delay = Duration::ZERO;
            if obeys_robots {
                let robots = if let Some(answer) = self.robots.fresh(&url) {
                    answer?
                } else {
                    // Asking takes a turn of its own; holding ours meanwhile could wait on itself.
                    turn = None;
                    self.robots.get(&url, self.ask_robots(&url)).await?
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
                Ok(Hop::Redirect { to, permanent: this_one }) => {
                    permanent &= this_one;
                    if to == url {
                        return Err(FetchError::TooManyRedirects);
                    }
                    url = to;
                }
                Ok(Hop::Answer { status, headers, body, wire_bytes }) => {
                    return Ok(Arrival { url, redirected: hop > 0, permanent, status, headers, body, wire_bytes });
                }
                Err(error) => {
                    if let FetchError::Status { status: status @ (429 | 503), retry_after: Some(wait) } = error {
                        self.politeness.pause(&key, status, wait);
                    }
                    return Err(error);
                }
            }
        }
        Err(FetchError::TooManyRedirects)
    }

    /// One hop: head and, if it is the document, body.
    async fn ask(&self, url: &Url, journey: &Journey) -> Result<Hop, FetchError> {
        let request = self.client.get(url.clone()).headers(journey.headers.clone());
        let response = request.send().await.map_err(|error| FetchError::from_client(&error))?;
        // The resolver filtered what we connect to; should that ever be evaded, nothing of the answer is used.
        match response.remote_addr() {
            Some(peer) => self.guard.check_address(peer.ip())?,
            None => return Err(FetchError::Denied("the peer's address is unknown".to_owned())),
        }
        let status = response.status();
        if matches!(status.as_u16(), 301 | 302 | 303 | 307 | 308) {
            let to = redirect_target(url, response.headers())?;
            return Ok(Hop::Redirect { to, permanent: matches!(status.as_u16(), 301 | 308) });
        }
        let headers = response.headers().clone();
        if status == StatusCode::NOT_MODIFIED {
            return Ok(Hop::Answer { status, headers, body: Bytes::new(), wire_bytes: 0 });
        }
        if !status.is_success() {
            let retry_after = headers::retry_after(&headers, Utc::now());
            return Err(FetchError::Status { status: status.as_u16(), retry_after });
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
        Ok(Hop::Answer { status, headers, body, wire_bytes })
    }

    /// Asks a site for its robots.txt (RFC 9309 §2.3): none, or a circle of redirects, means that all is allowed; a
    /// broken server means that nothing is known to be.
    async fn ask_robots(&self, page: &Url) -> Answer {
        let mut url = page.clone();
        url.set_path("/robots.txt");
        url.set_query(None);
        let mut journey = Journey {
            headers: HeaderMap::from_iter([
                (header::ACCEPT, HeaderValue::from_static("text/plain, */*;q=0.5")),
                (header::ACCEPT_ENCODING, HeaderValue::from_static("gzip")),
            ]),
            // One byte more, so that the parser sees that there was more.
            body_bytes_max: robots::BYTES_MAX as u64 + 1,
            overflow: Overflow::Cut,
            budget: self.config.total_timeout,
        };
        match Box::pin(self.travel(url, &mut journey, false)).await {
            Ok(arrival) => Ok(Arc::new(Robots::parse(&arrival.body))),
            Err(FetchError::TooManyRedirects) => Ok(Arc::default()),
            Err(FetchError::Status { status, .. }) if status != 429 && (400..500).contains(&status) => {
                Ok(Arc::default())
            }
            // The host asked for silence, perhaps before this; that is no answer about its rules.
            Err(error @ (FetchError::Denied(_) | FetchError::Status { status: 429 | 503, retry_after: Some(_) })) => {
                Err(error)
            }
            Err(error) => Err(FetchError::RobotsUnavailable(error.to_string())),
        }
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

fn request_headers(request: &FetchRequest) -> Result<HeaderMap, FetchError> {
    let accept = match request.kind {
        FetchKind::Feed => {
            "application/atom+xml, application/rss+xml, application/feed+json;q=0.9, application/xml;q=0.8, \
             text/xml;q=0.8, application/json;q=0.7, */*;q=0.5"
        }
        FetchKind::Page => "text/html, application/xhtml+xml;q=0.9, */*;q=0.5",
    };
    let mut headers = HeaderMap::new();
    headers.insert(header::ACCEPT, HeaderValue::from_static(accept));
    // gzip alone: every site serves it, and other unpackers need megabytes for a few bytes of input.
    headers.insert(header::ACCEPT_ENCODING, HeaderValue::from_static("gzip"));
    let validators = [(header::IF_NONE_MATCH, &request.etag), (header::IF_MODIFIED_SINCE, &request.last_modified)];
    for (name, value) in validators {
        let Some(value) = value else { continue };
        let value = HeaderValue::from_str(value)
            .map_err(|_| FetchError::Protocol("a validator of ours is no header value".to_owned()))?;
        headers.insert(name, value);
    }
    Ok(headers)
}

/// The headers worth keeping: all but cookies, which are nobody's business.
fn kept_headers(headers: &HeaderMap) -> Vec<(String, String)> {
    let kept = headers.iter().filter(|(name, _)| **name != header::SET_COOKIE);
    kept.map(|(name, value)| (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned())).collect()
}

/// TLS with Mozilla's certificates, for machines that have none.
fn mozilla_tls() -> rustls::ClientConfig {
    let roots = rustls::RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    let mut tls = rustls::ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
    tls.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    tls
}
