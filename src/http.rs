//! The health and metrics port: `/livez`, `/readyz`, `/metrics`, on loopback unless someone decides otherwise.
//!
//! Only GET and HEAD, only for the names of this machine: a web page must not reach it through the reader's browser. What
//! strangers may reach is another port, [`callback`].

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::telemetry::Metrics;

mod accept;
pub mod callback;

/// Connections served at once: a scraper, a probe and some people.
const CONNECTIONS_MAX: usize = 64;

/// What `/readyz` says: each check with its fault, if it has one. Cheap to clone.
#[derive(Clone, Default)]
pub struct Health(Arc<Mutex<BTreeMap<&'static str, Result<(), String>>>>);

impl Health {
    /// Notes how a check stands.
    pub fn set(&self, check: &'static str, state: Result<(), String>) {
        let mut checks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let (Some(Ok(())) | None, Err(fault)) = (checks.get(check), &state) {
            tracing::warn!(check, fault, "not ready");
        } else if let (Some(Err(_)), Ok(())) = (checks.get(check), &state) {
            tracing::info!(check, "ready again");
        }
        checks.insert(check, state);
    }

    /// Notes how the database stands.
    pub fn database(&self, state: Result<(), String>) {
        self.set("database", state);
    }

    /// Whether the last try to reach the database failed.
    pub fn is_database_away(&self) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get("database").is_some_and(Result::is_err)
    }

    /// Whether all is well, and the lines that say so.
    pub fn report(&self) -> (bool, String) {
        let checks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let ready = !checks.is_empty() && checks.values().all(Result::is_ok);
        let lines = checks.iter().map(|(check, state)| match state {
            Ok(()) => format!("ok {check}\n"),
            Err(fault) => format!("FAILING {check}: {fault}\n"),
        });
        let text: String = lines.collect();
        (ready, if text.is_empty() { "FAILING start: not yet begun\n".to_owned() } else { text })
    }
}

#[derive(Clone)]
struct Shown {
    health: Health,
    metrics: Metrics,
    address: SocketAddr,
}

/// Serves until `stop`.
pub async fn serve(listener: TcpListener, health: Health, metrics: Metrics, stop: CancellationToken) {
    let Ok(address) = listener.local_addr() else { return };
    let shown = Shown { health, metrics, address };
    let app = Router::new()
        .route("/", get(async || "wireroom: /livez /readyz /metrics\n"))
        .route("/livez", get(async || "ok\n"))
        .route("/readyz", get(readyz))
        .route("/metrics", get(metrics_text))
        .layer(middleware::from_fn_with_state(shown.clone(), guard))
        .with_state(shown);
    accept::serve("health", listener, CONNECTIONS_MAX, app, stop).await;
}

async fn readyz(State(shown): State<Shown>) -> Response {
    let (ready, text) = shown.health.report();
    (if ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE }, text).into_response()
}

async fn metrics_text(State(shown): State<Shown>) -> Response {
    let kind = [(header::CONTENT_TYPE, "application/openmetrics-text; version=1.0.0; charset=utf-8")];
    (kind, shown.metrics.text()).into_response()
}

async fn guard(State(shown): State<Shown>, request: Request, next: Next) -> Response {
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return StatusCode::METHOD_NOT_ALLOWED.into_response();
    }
    if !is_for_us(request.headers(), shown.address) {
        return StatusCode::MISDIRECTED_REQUEST.into_response();
    }
    let mut response = next.run(request).await;
    locked_down(response.headers_mut());
    response
}

/// Nothing of ours is a page, and nobody keeps a copy.
fn locked_down(headers: &mut HeaderMap) {
    let fixed = [
        (header::CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::CACHE_CONTROL, "no-store"),
    ];
    for (name, value) in fixed {
        headers.insert(name, HeaderValue::from_static(value));
    }
}

/// A name that a stranger's page has pointed at this machine is not ours. Addresses are: nobody rebinds those.
fn is_for_us(headers: &HeaderMap, address: SocketAddr) -> bool {
    let Some(host) = headers.get(header::HOST).and_then(|h| h.to_str().ok()) else { return false };
    let name = host.strip_suffix(&format!(":{}", address.port())).unwrap_or(host);
    let bare = name.trim_start_matches('[').trim_end_matches(']');
    name == "localhost" || bare.parse::<IpAddr>().is_ok()
}
