//! A web server on a raw socket, so that it can break the protocol, with a ledger of what it was asked.

use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// A request as it came.
#[derive(Debug, Clone)]
pub struct Asked {
    pub at: Instant,
    pub path: String,
    pub head: String,
}

impl Asked {
    /// A header's value, verbatim.
    pub fn header(&self, name: &str) -> Option<&str> {
        let lines = self.head.lines().filter_map(|line| line.split_once(": "));
        lines.into_iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }
}

/// What the server does next on a connection.
#[derive(Debug, Clone)]
pub enum Step {
    Send(Vec<u8>),
    Wait(Duration),
    /// Sends these bytes again and again until nobody reads.
    Forever(Vec<u8>),
    /// Sends one byte at a time with pauses.
    Drip(Vec<u8>, Duration),
    /// Says nothing any more, and keeps the connection.
    Hang,
}

/// A running server; it stops when dropped.
pub struct Server {
    pub address: SocketAddr,
    asked: Arc<Mutex<Vec<Asked>>>,
    task: JoinHandle<()>,
}

impl Server {
    /// Starts on a free port of 127.0.0.1.
    pub async fn start(answer: impl Fn(&Asked) -> Vec<Step> + Send + Sync + 'static) -> Self {
        Self::start_at([127, 0, 0, 1].into(), answer).await
    }

    /// Starts on a free port of one of loopback's many addresses.
    pub async fn start_at(address: IpAddr, answer: impl Fn(&Asked) -> Vec<Step> + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind((address, 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let asked: Arc<Mutex<Vec<Asked>>> = Arc::default();
        let (ledger, answer) = (asked.clone(), Arc::new(answer));
        let task = tokio::spawn(async move {
            loop {
                let Ok((connection, _)) = listener.accept().await else { return };
                let (ledger, answer) = (ledger.clone(), answer.clone());
                tokio::spawn(async move { serve(connection, &ledger, &*answer).await });
            }
        });
        Self { address, asked, task }
    }

    /// What was asked so far.
    pub fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }

    /// The paths asked for so far.
    pub fn paths(&self) -> Vec<String> {
        self.asked().into_iter().map(|asked| asked.path).collect()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn serve(mut connection: TcpStream, ledger: &Mutex<Vec<Asked>>, answer: &(dyn Fn(&Asked) -> Vec<Step> + Sync)) {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        match connection.read_u8().await {
            Ok(byte) => head.push(byte),
            Err(_) => return,
        }
    }
    let head = String::from_utf8_lossy(&head).into_owned();
    let path = head.split(' ').nth(1).unwrap_or_default().to_owned();
    let asked = Asked { at: Instant::now(), path, head };
    ledger.lock().unwrap().push(asked.clone());
    for step in answer(&asked) {
        let sent = match step {
            Step::Send(bytes) => connection.write_all(&bytes).await,
            Step::Wait(time) => {
                tokio::time::sleep(time).await;
                Ok(())
            }
            Step::Forever(bytes) => loop {
                if let Err(gone) = connection.write_all(&bytes).await {
                    break Err(gone);
                }
            },
            Step::Drip(bytes, pause) => drip(&mut connection, &bytes, pause).await,
            Step::Hang => std::future::pending().await,
        };
        if sent.is_err() {
            return;
        }
    }
}

async fn drip(connection: &mut TcpStream, bytes: &[u8], pause: Duration) -> std::io::Result<()> {
    for byte in bytes {
        connection.write_all(&[*byte]).await?;
        tokio::time::sleep(pause).await;
    }
    Ok(())
}

/// A whole answer: status line, these header lines, a length, the body.
pub fn answer(status: &str, headers: &[&str], body: impl AsRef<[u8]>) -> Vec<Step> {
    let body = body.as_ref();
    let mut head = format!("HTTP/1.1 {status}\r\nconnection: close\r\ncontent-length: {}\r\n", body.len());
    for header in headers {
        head.push_str(header);
        head.push_str("\r\n");
    }
    head.push_str("\r\n");
    vec![Step::Send([head.as_bytes(), body].concat())]
}

/// A page.
pub fn page(body: &str) -> Vec<Step> {
    answer("200 OK", &["content-type: text/html; charset=utf-8"], body)
}

/// A redirect.
pub fn redirect(status: &str, to: &str) -> Vec<Step> {
    answer(status, &[&format!("location: {to}")], "")
}
