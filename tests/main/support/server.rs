//! A web server on a raw socket, so that it can break the protocol, with a ledger of what it was asked.

use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;

/// A request as it came.
#[derive(Debug, Clone)]
pub struct Asked {
    pub at: Instant,
    pub path: String,
    pub head: String,
    /// Whether it came by TLS.
    pub secure: bool,
}

impl Asked {
    /// A header's value, verbatim.
    pub fn header(&self, name: &str) -> Option<&str> {
        let lines = self.head.lines().filter_map(|line| line.split_once(": "));
        lines.into_iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }
}

/// A request with its answer.
#[derive(Debug, Clone)]
pub struct Exchange {
    pub asked: Asked,
    /// The head of the answer; empty if none was sent.
    pub answer: String,
    /// When the last step of the answer began; `None` while it is under way.
    pub finished: Option<Instant>,
}

impl Exchange {
    /// A header of the answer, verbatim.
    pub fn answered(&self, name: &str) -> Option<&str> {
        let lines = self.answer.lines().filter_map(|line| line.split_once(": "));
        lines.into_iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    /// The status of the answer; 0 if none was sent.
    pub fn status(&self) -> u16 {
        self.answer.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0)
    }
}

/// The first byte of a TLS connection: a record of the handshake (RFC 8446 §5.1).
const HANDSHAKE: u8 = 22;

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
    ledger: Arc<Mutex<Vec<Exchange>>>,
    task: JoinHandle<()>,
}

impl Server {
    /// Starts on a free port of 127.0.0.1.
    pub async fn start(answer: impl Fn(&Asked) -> Vec<Step> + Send + Sync + 'static) -> Self {
        Self::start_at([127, 0, 0, 1].into(), answer).await
    }

    /// Starts on a free port of one of loopback's many addresses.
    pub async fn start_at(address: IpAddr, answer: impl Fn(&Asked) -> Vec<Step> + Send + Sync + 'static) -> Self {
        Self::listen(address, None, answer).await
    }

    /// Starts one that speaks TLS, too, on the same port: whoever begins with a handshake is answered by one.
    pub async fn start_tls(tls: TlsAcceptor, answer: impl Fn(&Asked) -> Vec<Step> + Send + Sync + 'static) -> Self {
        Self::listen([127, 0, 0, 1].into(), Some(tls), answer).await
    }

    async fn listen(
        address: IpAddr,
        tls: Option<TlsAcceptor>,
        answer: impl Fn(&Asked) -> Vec<Step> + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind((address, 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let kept: Arc<Mutex<Vec<Exchange>>> = Arc::default();
        let (ledger, answer) = (kept.clone(), Arc::new(answer));
        let task = tokio::spawn(async move {
            loop {
                let Ok((connection, _)) = listener.accept().await else { return };
                let (ledger, answer, tls) = (ledger.clone(), answer.clone(), tls.clone());
                tokio::spawn(async move {
                    let mut first = [0];
                    match tls {
                        Some(tls) if connection.peek(&mut first).await.is_ok() && first == [HANDSHAKE] => {
                            if let Ok(connection) = tls.accept(connection).await {
                                serve(connection, true, &ledger, &*answer).await;
                            }
                        }
                        _ => serve(connection, false, &ledger, &*answer).await,
                    }
                });
            }
        });
        Self { address, ledger: kept, task }
    }

    /// What was asked so far.
    pub fn asked(&self) -> Vec<Asked> {
        self.ledger.lock().unwrap().iter().map(|exchange| exchange.asked.clone()).collect()
    }

    /// What was asked and answered so far.
    pub fn exchanges(&self) -> Vec<Exchange> {
        self.ledger.lock().unwrap().clone()
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

async fn serve(
    mut connection: impl AsyncRead + AsyncWrite + Unpin,
    secure: bool,
    ledger: &Mutex<Vec<Exchange>>,
    answer: &(dyn Fn(&Asked) -> Vec<Step> + Sync),
) {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        match connection.read_u8().await {
            Ok(byte) => head.push(byte),
            Err(_) => return,
        }
    }
    let head = String::from_utf8_lossy(&head).into_owned();
    let path = head.split(' ').nth(1).unwrap_or_default().to_owned();
    let asked = Asked { at: Instant::now(), path, head, secure };
    let steps = answer(&asked);
    let place = {
        let mut ledger = ledger.lock().unwrap();
        let finished = steps.is_empty().then(Instant::now);
        ledger.push(Exchange { asked, answer: head_of(&steps), finished });
        ledger.len() - 1
    };
    let last = steps.len().saturating_sub(1);
    for (n, step) in steps.into_iter().enumerate() {
        if n == last {
            // Noted before the last bytes go: whoever has them may ask again before we would come to note it.
            ledger.lock().unwrap()[place].finished = Some(Instant::now());
        }
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
    // Nobody has to be there any more to be told that this was all.
    connection.shutdown().await.ok();
}

fn head_of(steps: &[Step]) -> String {
    let sent = steps.iter().find_map(|step| if let Step::Send(bytes) = step { Some(bytes) } else { None });
    let text = String::from_utf8_lossy(sent.map(Vec::as_slice).unwrap_or_default()).into_owned();
    text.split_once("\r\n\r\n").map_or(text.clone(), |(head, _)| head.to_owned())
}

async fn drip(connection: &mut (impl AsyncWrite + Unpin), bytes: &[u8], pause: Duration) -> std::io::Result<()> {
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
