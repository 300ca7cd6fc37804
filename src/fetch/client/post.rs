//! A form sent to a server, as hubs want it: the same guard, turns and limits as for what is fetched.

use std::time::Duration;

use chrono::Utc;
use futures_util::StreamExt as _;
use http::{HeaderValue, StatusCode, header};
use tokio::time::{Instant, timeout};
use url::{Url, form_urlencoded};

use super::{Fetcher, Shared, redirect_target};
use crate::fetch::politeness::{Turn, host_key};
use crate::fetch::{FetchError, headers};

/// Of an answer's text no more is read: it is a sentence for people.
const ANSWER_BYTES_MAX: usize = 2048;

/// What a server answered to a form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Posted {
    /// The HTTP status, of whatever kind.
    pub status: u16,
    /// How long the server asks us to wait.
    pub retry_after: Option<Duration>,
    /// The beginning of its text.
    pub text: String,
}

enum Hop {
    Redirect(Url),
    Answer(Posted),
}

impl Fetcher {
    /// Sends a form, and repeats it where a redirect asks for that (307, 308); never from https to http, since a form
    /// may hold a secret.
    ///
    /// # Errors
    /// A [`FetchError`] other than [`FetchError::Status`] where no answer came; that one only for a host that has asked
    /// for silence before.
    pub async fn post_form(&self, to: Url, form: &[(&str, &str)]) -> Result<Posted, FetchError> {
        let shared = &*self.shared;
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
        let mut url = to;
        url.set_fragment(None);
        let mut budget = shared.config.total_timeout;
        let mut turn: Option<Turn> = None;
        for _ in 0..=shared.config.redirects_max {
            shared.guard.check_url(&url)?;
            let key = host_key(&url);
            if turn.as_ref().is_none_or(|turn| turn.key != key) {
                drop(turn.take());
                turn = Some(shared.politeness.turn(key.clone(), Duration::ZERO).await?);
            }
            let started = Instant::now();
            let outcome = timeout(budget, shared.send(&url, &body)).await;
            budget = budget.saturating_sub(started.elapsed());
            match outcome.unwrap_or(Err(FetchError::Timeout("the whole request took too long")))? {
                Hop::Redirect(next) if url.scheme() == "https" && next.scheme() != "https" => {
                    return Err(FetchError::Protocol("redirect from https to http".to_owned()));
                }
                Hop::Redirect(next) => url = next,
                Hop::Answer(posted) => {
                    if (200..300).contains(&posted.status) {
                        shared.politeness.served(&key);
                    } else {
                        shared.politeness.refused(&key, posted.status, posted.retry_after);
                    }
                    return Ok(posted);
                }
            }
        }
        Err(FetchError::TooManyRedirects)
    }
}

impl Shared {
    async fn send(&self, url: &Url, body: &str) -> Result<Hop, FetchError> {
        let request = self
            .clients
            .by(None)?
            .post(url.clone())
            .header(header::CONTENT_TYPE, HeaderValue::from_static("application/x-www-form-urlencoded"))
            .header(header::ACCEPT, HeaderValue::from_static("text/plain, */*;q=0.5"))
            .body(body.to_owned());
        let response = request.send().await.map_err(|error| FetchError::from_client(&error))?;
        match response.remote_addr() {
            Some(peer) => self.guard.check_address(peer.ip())?,
            None => return Err(FetchError::Denied("the peer's address is unknown".to_owned())),
        }
        let status = response.status();
        if matches!(status, StatusCode::TEMPORARY_REDIRECT | StatusCode::PERMANENT_REDIRECT) {
            return Ok(Hop::Redirect(redirect_target(url, response.headers())?));
        }
        let retry_after = headers::retry_after(response.headers(), Utc::now());
        let mut text = Vec::new();
        let mut chunks = response.bytes_stream();
        // The status is the answer; a text that breaks off changes nothing.
        while let Some(Ok(chunk)) = chunks.next().await {
            text.extend(chunk.iter().copied().take(ANSWER_BYTES_MAX - text.len()));
            if text.len() >= ANSWER_BYTES_MAX {
                break;
            }
        }
        let text = String::from_utf8_lossy(&text).trim().to_owned();
        Ok(Hop::Answer(Posted { status: status.as_u16(), retry_after, text }))
    }
}
