//! The callback port: where hubs verify subscriptions and push. It is for strangers, so it tells them nothing.
//!
//! One kind of path, two methods. A body is read only for a token that is ours, under limits of size and time; nothing
//! that came is sent back but a challenge we were asked for, as plain text.

use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use bytes::{Bytes, BytesMut};
use futures_util::StreamExt as _;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use url::Url;

use super::{accept, is_for_us, locked_down};
use crate::pipeline::{Callbacks, Refusal};
use crate::push::{Token, callback};

/// Connections at once. Hubs send from a handful of machines; the rest is room for strangers.
const CONNECTIONS_MAX: usize = 256;
/// Time for a whole body: 5 MiB at 350 KB/s.
const BODY_TIMEOUT: Duration = Duration::from_secs(15);
/// When a hub that came at a bad moment is to try again.
const RETRY_AFTER_SECONDS: u64 = 60;

#[derive(Clone)]
struct Listening {
    callbacks: Callbacks,
    address: SocketAddr,
}

/// Serves until `stop`.
pub async fn serve(listener: TcpListener, callbacks: Callbacks, stop: CancellationToken) {
    let Ok(address) = listener.local_addr() else { return };
    let app = Router::new().fallback(handle).with_state(Listening { callbacks, address });
    accept::serve("callback", listener, CONNECTIONS_MAX, app, stop).await;
}

async fn handle(State(listening): State<Listening>, request: Request) -> Response {
    let Listening { callbacks, address } = listening;
    let mut response = if is_for_callback(request.headers(), address, callbacks.base()) {
        match Token::in_path(request.uri().path(), callbacks.base()) {
            None => status(callbacks.refused(Refusal::Unknown)),
            Some(token) => match *request.method() {
                Method::GET => verify(&callbacks, &token, request.uri().query().unwrap_or_default()).await,
                Method::POST => push(&callbacks, token, request).await,
                _ => (StatusCode::METHOD_NOT_ALLOWED, [(header::ALLOW, "GET, POST")]).into_response(),
            },
        }
    } else {
        StatusCode::MISDIRECTED_REQUEST.into_response()
    };
    locked_down(response.headers_mut());
    response
}

async fn verify(callbacks: &Callbacks, token: &Token, query: &str) -> Response {
    let Some(question) = callback::question(query) else { return status(callbacks.refused(Refusal::Unknown)) };
    match callbacks.answer(token, question).await {
        Ok(challenge) => {
            let kind = HeaderValue::from_static("text/plain; charset=utf-8");
            ([(header::CONTENT_TYPE, kind)], challenge).into_response()
        }
        Err(refusal) => status(refusal),
    }
}

async fn push(callbacks: &Callbacks, token: Token, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let ear = match callbacks.listen(token).await {
        Ok(ear) => ear,
        Err(refusal) => return status(refusal),
    };
    let body = match read(body, &head.headers, callbacks.body_bytes_max()).await {
        Ok(body) => body,
        Err(refusal) => return status(callbacks.refused(refusal)),
    };
    let name = HeaderName::from_static("x-hub-signature");
    let signatures: Vec<&str> = head.headers.get_all(name).iter().filter_map(|value| value.to_str().ok()).collect();
    let kind = head.headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).map(str::to_owned);
    match callbacks.take(ear, kind, &signatures, body).await {
        // The same for all that was heard: a forger learns nothing (W3C WebSub §7.1).
        Ok(_) => StatusCode::ACCEPTED.into_response(),
        Err(refusal) => status(refusal),
    }
}

async fn read(body: Body, headers: &HeaderMap, most: usize) -> Result<Bytes, Refusal> {
    let said = headers.get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
    if said.is_some_and(|length| length > most as u64) {
        return Err(Refusal::TooLarge);
    }
    let whole = async {
        let mut taken = BytesMut::new();
        let mut chunks = body.into_data_stream();
        while let Some(chunk) = chunks.next().await {
            let chunk = chunk.map_err(|_| Refusal::Slow)?;
            if taken.len() + chunk.len() > most {
                return Err(Refusal::TooLarge);
            }
            taken.extend_from_slice(&chunk);
        }
        Ok(taken.freeze())
    };
    tokio::time::timeout(BODY_TIMEOUT, whole).await.unwrap_or(Err(Refusal::Slow))
}

fn status(refusal: Refusal) -> Response {
    match refusal {
        Refusal::Unknown => StatusCode::NOT_FOUND.into_response(),
        Refusal::Left => StatusCode::GONE.into_response(),
        Refusal::TooLarge => StatusCode::PAYLOAD_TOO_LARGE.into_response(),
        Refusal::Slow => StatusCode::REQUEST_TIMEOUT.into_response(),
        Refusal::Busy => {
            (StatusCode::SERVICE_UNAVAILABLE, [(header::RETRY_AFTER, RETRY_AFTER_SECONDS.to_string())]).into_response()
        }
    }
}

/// The public name, or what a proxy in front calls this machine.
fn is_for_callback(headers: &HeaderMap, address: SocketAddr, base: &Url) -> bool {
    let Some(host) = headers.get(header::HOST).and_then(|host| host.to_str().ok()) else { return false };
    let authority = Url::parse(&format!("{}://{host}/", base.scheme())).ok();
    let is_public = authority.is_some_and(|url| url.host() == base.host() && url.port() == base.port());
    is_public || is_for_us(headers, address)
}
