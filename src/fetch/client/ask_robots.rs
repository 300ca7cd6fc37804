//! The request for a site's robots.txt, made on behalf of another.

use std::sync::Arc;

use http::{HeaderMap, HeaderValue, header};
use url::Url;

use super::{Journey, Shared};
use crate::fetch::FetchError;
use crate::fetch::body::Overflow;
use crate::fetch::robots::{self, Robots};
use crate::fetch::robots_cache::Answer;

impl Shared {
    /// Asks a site for its robots.txt (RFC 9309 §2.3): none, or a circle of redirects, means that all is allowed; a
    /// broken server means that nothing is known to be.
    pub(super) async fn ask_robots(&self, page: &Url, on_behalf_of: &Journey) -> Answer {
        let mut url = page.clone();
        url.set_path("/robots.txt");
        url.set_query(None);
        let mut headers = HeaderMap::from_iter([
            (header::ACCEPT, HeaderValue::from_static("text/plain, */*;q=0.5")),
            (header::ACCEPT_ENCODING, HeaderValue::from_static("gzip")),
        ]);
        headers.extend(on_behalf_of.headers.get(header::USER_AGENT).map(|name| (header::USER_AGENT, name.clone())));
        let mut journey = Journey {
            client: on_behalf_of.client.clone(),
            names_unseen: on_behalf_of.names_unseen,
            headers,
            own: None,
            validators: None,
            obeys_robots: false,
            // One byte more, so that the parser sees that there was more.
            body_bytes_max: robots::BYTES_MAX as u64 + 1,
            overflow: Overflow::Cut,
            budget: self.config.total_timeout,
        };
        match Box::pin(self.travel(url, &mut journey)).await {
            Ok(arrival) => Ok(Arc::new(Robots::parse(&arrival.body))),
            Err(FetchError::TooManyRedirects) => Ok(Arc::default()),
            Err(FetchError::Status { status, .. }) if status != 429 && (400..500).contains(&status) => {
                Ok(Arc::default())
            }
            // The host asked for silence, perhaps before this; that is no answer about its rules.
            Err(
                error @ (FetchError::Denied(_)
                | FetchError::HostRests { .. }
                | FetchError::Status { status: 429 | 503, retry_after: Some(_) }),
            ) => Err(error),
            Err(error) => Err(FetchError::RobotsUnavailable(error.to_string())),
        }
    }
}
