//! The newspaper on a socket: all sites on one loopback listener, told apart by the `Host` header.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::Response;
use http::{Method, StatusCode, header};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::Newspaper;
use super::press::{Edition, Visits};

/// The most requests kept in the ledger: a demo makes some hundred, a test some thousand.
const LEDGER_LINES_MAX: usize = 100_000;

/// One request that was answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LedgerLine {
    /// The site asked for, without the port.
    pub host: String,
    /// What was asked for.
    pub path_and_query: String,
    /// The status of the answer.
    pub status: u16,
    /// Since the server started.
    pub at: Duration,
    /// Whether the request carried a validator.
    pub conditional: bool,
    /// How the client named itself.
    pub user_agent: Option<String>,
}

/// A newspaper being served.
#[derive(Debug)]
pub struct Serving {
    desk: Arc<Desk>,
    address: SocketAddr,
    task: JoinHandle<std::io::Result<()>>,
}

#[derive(Debug)]
struct Desk {
    newspaper: Newspaper,
    started: Instant,
    books: Mutex<Books>,
}

#[derive(Debug, Default)]
struct Books {
    visits: Visits,
    ledger: Vec<LedgerLine>,
}

/// Serves until `shutdown`; answers under way are finished.
///
/// # Errors
/// The listener has no local address.
pub fn serve(newspaper: Newspaper, listener: TcpListener, shutdown: CancellationToken) -> std::io::Result<Serving> {
    let address = listener.local_addr()?;
    let desk = Arc::new(Desk { newspaper, started: Instant::now(), books: Mutex::default() });
    let app = Router::new().fallback(answer).with_state(Arc::clone(&desk));
    let server = axum::serve(listener, app).with_graceful_shutdown(shutdown.cancelled_owned());
    let task = tokio::spawn(async move { server.await });
    Ok(Serving { desk, address, task })
}

impl Serving {
    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// What is being served.
    pub fn newspaper(&self) -> &Newspaper {
        &self.desk.newspaper
    }

    /// The names of all sites with the address they are served at, as `fetch.resolve` wants them.
    pub fn resolve(&self) -> Vec<(String, SocketAddr)> {
        self.desk.newspaper.hosts().into_iter().map(|host| (host, self.address)).collect()
    }

    /// Puts the second edition in print: one article and its entry change.
    pub fn publish_edit(&self) {
        self.desk.with_books(|books| books.visits.edition = Edition::Second);
    }

    /// The requests so far, in the order they were answered.
    pub fn ledger(&self) -> Vec<LedgerLine> {
        self.desk.with_books(|books| books.ledger.clone())
    }

    /// Waits until the server has stopped, which it does after `shutdown`.
    ///
    /// # Errors
    /// The socket failed, or the server's task panicked.
    pub async fn stopped(self) -> std::io::Result<()> {
        self.task.await.map_err(std::io::Error::other)?
    }
}

impl Desk {
    /// The books hold after a panic elsewhere, too: every change to them is complete in itself.
    fn with_books<T>(&self, read: impl FnOnce(&mut Books) -> T) -> T {
        read(&mut self.books.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

async fn answer(State(desk): State<Arc<Desk>>, request: Request) -> Response {
    let head = request.headers();
    let text = |name| head.get(name).and_then(|v| v.to_str().ok()).map(str::to_owned);
    let authority = text(header::HOST).unwrap_or_default().to_lowercase();
    let host = authority.split_once(':').map_or(authority.as_str(), |(host, _)| host).to_owned();
    let path_and_query = request.uri().path_and_query().map_or("/", |p| p.as_str()).to_owned();
    let response = desk.with_books(|books| {
        let response = if matches!(*request.method(), Method::GET | Method::HEAD) {
            desk.newspaper.respond(&host, &path_and_query, head, &mut books.visits)
        } else {
            let mut refused = http::Response::default();
            *refused.status_mut() = StatusCode::METHOD_NOT_ALLOWED;
            refused
        };
        if books.ledger.len() < LEDGER_LINES_MAX {
            books.ledger.push(LedgerLine {
                host,
                path_and_query,
                status: response.status().as_u16(),
                at: desk.started.elapsed(),
                conditional: head.contains_key(header::IF_NONE_MATCH) || head.contains_key(header::IF_MODIFIED_SINCE),
                user_agent: text(header::USER_AGENT),
            });
        }
        response
    });
    response.map(Body::from)
}
