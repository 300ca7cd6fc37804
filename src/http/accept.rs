//! The accept loop of our ports: `axum::serve` would wait for a half-sent request for ever.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

/// Time for the whole request head.
const HEADER_TIMEOUT: Duration = Duration::from_secs(5);
/// Time for a connection from first to last byte: whoever reads an answer of a few bytes that slowly reads nothing.
const CONNECTION_TIMEOUT: Duration = Duration::from_mins(1);

/// Serves one request a connection until `stop`, at most `connections` at once: those beyond are hung up on.
pub(super) async fn serve(
    port: &'static str,
    listener: TcpListener,
    connections: usize,
    app: Router,
    stop: CancellationToken,
) {
    let slots = Arc::new(Semaphore::new(connections));
    loop {
        let stream = tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => stream,
                // Out of file descriptors, most likely: wait rather than spin.
                Err(_) => { tokio::time::sleep(Duration::from_millis(100)).await; continue; }
            },
            () = stop.cancelled() => return,
        };
        let Ok(slot) = slots.clone().try_acquire_owned() else { continue };
        let service = TowerToHyperService::new(app.clone());
        tokio::spawn(async move {
            let serving = hyper::server::conn::http1::Builder::new()
                .timer(TokioTimer::new())
                .header_read_timeout(HEADER_TIMEOUT)
                .keep_alive(false)
                .serve_connection(TokioIo::new(stream), service);
            match tokio::time::timeout(CONNECTION_TIMEOUT, serving).await {
                Ok(Ok(())) => {}
                Ok(Err(error)) => tracing::debug!(port, %error, "a connection broke off"),
                Err(_) => tracing::debug!(port, "a connection took too long and was closed"),
            }
            drop(slot);
        });
    }
}
