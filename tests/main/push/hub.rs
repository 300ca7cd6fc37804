//! A hub and the newspaper it pushes for, on loopback: peers of ours, not our code.

use std::collections::{BTreeMap, HashMap};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;
use url::{Url, form_urlencoded};

/// How a hub treats requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Manner {
    /// Accepts, and calls back to verify.
    Verifies,
    /// Accepts, and calls back to say no.
    Denies,
    /// Accepts, and is never heard of again.
    Forgets,
    /// Answers with this status.
    Answers(u16),
}

/// A request a hub got, and what its call back was answered with.
#[derive(Debug, Clone)]
pub struct Request {
    pub form: HashMap<String, String>,
    pub verified: Option<Answer>,
}

impl Request {
    pub fn get(&self, key: &str) -> &str {
        self.form.get(key).map_or("", String::as_str)
    }
}

/// An answer of ours, as it came.
#[derive(Debug, Clone)]
pub struct Answer {
    pub status: u16,
    pub head: String,
    pub body: String,
}

/// A document and its extra headers.
type Document = (String, Vec<(String, String)>);

struct Inner {
    address: SocketAddr,
    manner: Mutex<Manner>,
    requests: Mutex<Vec<Request>>,
    /// By path.
    documents: Mutex<BTreeMap<String, Document>>,
    asked: Mutex<Vec<String>>,
    /// A document is given out for a permit.
    gate: Semaphore,
}

/// The running peer; it stops when dropped.
pub struct Hub {
    inner: Arc<Inner>,
    task: JoinHandle<()>,
}

pub const CHALLENGE: &str = "a-challenge-of-the-hub";

impl Hub {
    pub async fn start() -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let inner = Arc::new(Inner {
            address: listener.local_addr().unwrap(),
            manner: Mutex::new(Manner::Verifies),
            requests: Mutex::default(),
            documents: Mutex::default(),
            asked: Mutex::default(),
            gate: Semaphore::new(Semaphore::MAX_PERMITS),
        });
        let app = Router::new().fallback(serve).with_state(inner.clone());
        let task = tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        Self { inner, task }
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.inner.address)
    }

    pub fn port(&self) -> u16 {
        self.inner.address.port()
    }

    pub fn behave(&self, manner: Manner) {
        *self.inner.manner.lock().unwrap() = manner;
    }

    /// What is at a path from now on.
    pub fn publish(&self, path: &str, document: String, headers: &[(&str, &str)]) {
        let headers = headers.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        self.inner.documents.lock().unwrap().insert(path.to_owned(), (document, headers));
    }

    /// Documents are held back from now on, but for the one asked for already.
    pub fn hold(&self) {
        self.inner.gate.forget_permits(Semaphore::MAX_PERMITS);
    }

    /// One held document goes out, or the next one asked for.
    pub fn release(&self) {
        self.inner.gate.add_permits(1);
    }

    /// Requests to the hub so far.
    pub fn requests(&self) -> Vec<Request> {
        self.inner.requests.lock().unwrap().clone()
    }

    /// How often a document was asked for.
    pub fn asked(&self, path: &str) -> usize {
        self.inner.asked.lock().unwrap().iter().filter(|asked| *asked == path).count()
    }
}

impl Drop for Hub {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn serve(State(inner): State<Arc<Inner>>, uri: Uri, body: Bytes) -> Response {
    if uri.path() == "/hub" {
        return hub(&inner, &body);
    }
    inner.asked.lock().unwrap().push(uri.path().to_owned());
    inner.gate.acquire().await.unwrap().forget();
    let found = inner.documents.lock().unwrap().get(uri.path()).cloned();
    let Some((document, extra)) = found else { return StatusCode::NOT_FOUND.into_response() };
    let mut headers = HeaderMap::new();
    headers.insert(header::CONTENT_TYPE, "application/rss+xml".parse().unwrap());
    for (name, value) in extra {
        headers.append(header::HeaderName::try_from(name).unwrap(), value.parse().unwrap());
    }
    (headers, document).into_response()
}

fn hub(inner: &Arc<Inner>, body: &[u8]) -> Response {
    let form: HashMap<String, String> = form_urlencoded::parse(body).into_owned().collect();
    let manner = *inner.manner.lock().unwrap();
    let at = {
        let mut requests = inner.requests.lock().unwrap();
        requests.push(Request { form: form.clone(), verified: None });
        requests.len() - 1
    };
    let mut question = vec![("hub.topic", form["hub.topic"].as_str())];
    match manner {
        Manner::Answers(status) => return (StatusCode::from_u16(status).unwrap(), "as I am told\n").into_response(),
        Manner::Forgets => return StatusCode::ACCEPTED.into_response(),
        Manner::Denies => question.extend([("hub.mode", "denied"), ("hub.reason", "we know no such topic")]),
        Manner::Verifies => {
            question.extend([("hub.mode", form["hub.mode"].as_str()), ("hub.challenge", CHALLENGE)]);
            question.push(("hub.lease_seconds", form.get("hub.lease_seconds").map_or("0", String::as_str)));
        }
    }
    let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(question).finish();
    let (inner, callback) = (inner.clone(), form["hub.callback"].clone());
    tokio::spawn(async move {
        let answer = get(&callback, &query).await;
        inner.requests.lock().unwrap()[at].verified = Some(answer);
    });
    StatusCode::ACCEPTED.into_response()
}

/// Calls back with a question.
pub async fn get(callback: &str, query: &str) -> Answer {
    let (address, path, host) = target(callback);
    send(address, format!("GET {path}?{query} HTTP/1.1\r\nHost: {host}\r\n\r\n").as_bytes()).await
}

/// Pushes a body with these header lines.
pub async fn post(callback: &str, headers: &[&str], body: &[u8]) -> Answer {
    let (address, path, host) = target(callback);
    let lines: String = headers.iter().map(|line| format!("{line}\r\n")).collect();
    let length = body.len();
    let head = format!("POST {path} HTTP/1.1\r\nHost: {host}\r\nContent-Length: {length}\r\n{lines}\r\n");
    send(address, &[head.as_bytes(), body].concat()).await
}

/// The header line of a body signed with SHA-256.
pub fn signed(secret: &str, body: &[u8]) -> String {
    let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, secret.as_bytes());
    let digest: String = ring::hmac::sign(&key, body).as_ref().iter().map(|b| format!("{b:02x}")).collect();
    format!("X-Hub-Signature: sha256={digest}")
}

fn target(callback: &str) -> (SocketAddr, String, String) {
    let url = Url::parse(callback).unwrap();
    let host = format!("{}:{}", url.host_str().unwrap(), url.port().unwrap());
    (host.parse().unwrap(), url.path().to_owned(), host)
}

/// Sends bytes and reads until the other side closes.
pub async fn send(address: SocketAddr, bytes: &[u8]) -> Answer {
    let mut stream = TcpStream::connect(address).await.unwrap();
    // A refusal may come, and the connection close, before all is sent.
    stream.write_all(bytes).await.ok();
    answer(&mut stream).await
}

/// Reads an answer to its end.
pub async fn answer(stream: &mut TcpStream) -> Answer {
    let mut bytes = Vec::new();
    let mut chunk = [0; 4096];
    while let Ok(read @ 1..) = stream.read(&mut chunk).await {
        bytes.extend_from_slice(&chunk[..read]);
    }
    let text = String::from_utf8(bytes).unwrap();
    let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
    let status = head.split(' ').nth(1).and_then(|s| s.parse().ok()).unwrap_or(0);
    Answer { status, head: head.to_ascii_lowercase(), body: body.to_owned() }
}
