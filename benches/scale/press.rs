//! As many hosts as loopback has addresses, each with feeds that mostly answer 304.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// How long an answer takes, so that requests can overlap.
const TAKES: Duration = Duration::from_millis(30);

/// The hosts.
#[derive(Clone)]
pub struct Press(Arc<Inner>);

struct Inner {
    port: u16,
    /// One poll in so many finds a new item.
    news_every: u64,
    seen: Mutex<Seen>,
}

#[derive(Default)]
struct Seen {
    starts: Vec<Instant>,
    under_way: HashMap<SocketAddr, usize>,
    most_at_once: usize,
}

impl Press {
    /// Listens on every address of loopback.
    pub async fn start(news_every: u64) -> Self {
        let listener = TcpListener::bind(("0.0.0.0", 0)).await.expect("a port");
        let port = listener.local_addr().expect("a bound listener has an address").port();
        let press = Self(Arc::new(Inner { port, news_every, seen: Mutex::default() }));
        let serving = press.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let press = serving.clone();
                tokio::spawn(async move { press.serve(stream).await });
            }
        });
        press
    }

    /// The port of all hosts.
    pub fn port(&self) -> u16 {
        self.0.port
    }

    /// Feeds asked for so far.
    pub fn polls(&self) -> usize {
        self.look(|seen| seen.starts.len())
    }

    /// When each feed was asked for, in order.
    pub fn starts(&self) -> Vec<Instant> {
        self.look(|seen| seen.starts.clone())
    }

    /// The most requests for feeds under way at once on one host.
    pub fn most_at_once(&self) -> usize {
        self.look(|seen| seen.most_at_once)
    }

    fn look<T>(&self, look: impl FnOnce(&mut Seen) -> T) -> T {
        look(&mut self.0.seen.lock().expect("nobody panics with it"))
    }

    async fn serve(&self, mut stream: TcpStream) -> Option<()> {
        let host = stream.local_addr().ok()?;
        loop {
            let mut head = Vec::new();
            while !head.ends_with(b"\r\n\r\n") {
                head.push(stream.read_u8().await.ok()?);
            }
            let head = String::from_utf8_lossy(&head).into_owned();
            let path = head.split(' ').nth(1).unwrap_or_default().to_owned();
            let is_feed = path.starts_with("/f");
            if is_feed {
                self.look(|seen| {
                    seen.starts.push(Instant::now());
                    let now = seen.under_way.entry(host).or_default();
                    *now += 1;
                    seen.most_at_once = seen.most_at_once.max(*now);
                });
                tokio::time::sleep(TAKES).await;
            }
            let answer = self.answer(host, &path, &head.to_ascii_lowercase());
            // Before the answer: the next request may come the moment it is there.
            if is_feed {
                self.look(|seen| *seen.under_way.entry(host).or_default() -= 1);
            }
            stream.write_all(answer.as_bytes()).await.ok()?;
        }
    }

    fn answer(&self, host: SocketAddr, path: &str, head: &str) -> String {
        let feed = path.strip_prefix("/f").and_then(|n| n.parse::<u64>().ok());
        let (status, kind, body) = match feed {
            Some(feed) => {
                let now = chrono::Utc::now();
                let slot = u64::try_from(now.timestamp()).unwrap_or(0) / 60;
                if head.contains("if-none-match") && !(feed + slot).is_multiple_of(self.0.news_every) {
                    return "HTTP/1.1 304 Not Modified\r\netag: \"x\"\r\n\r\n".to_owned();
                }
                ("200 OK", "application/rss+xml", document(host, feed, slot, now))
            }
            None if path == "/robots.txt" => ("404 Not Found", "text/plain", String::new()),
            None => ("200 OK", "text/html", page(path)),
        };
        let length = body.len();
        format!("HTTP/1.1 {status}\r\ncontent-type: {kind}\r\netag: \"x\"\r\ncontent-length: {length}\r\n\r\n{body}")
    }
}

/// Twenty items: nineteen of last year, one of now.
fn document(host: SocketAddr, feed: u64, slot: u64, now: chrono::DateTime<chrono::Utc>) -> String {
    let item = |n: u64, at: chrono::DateTime<chrono::Utc>| {
        format!(
            "<item><title>Harbour report {n} of feed {feed}</title><link>http://{host}/story-{feed}-{n}</link><guid>{feed}-{n}</guid>\
             <description>The harbour of Port Ellery was closed on Monday.</description><pubDate>{}</pubDate></item>",
            at.to_rfc2822()
        )
    };
    let year_ago = now - chrono::TimeDelta::days(365);
    let old: String = (0..19).map(|n| item(n, year_ago)).collect();
    format!("<rss version=\"2.0\"><channel><title>Feed {feed}</title>{}{old}</channel></rss>", item(1000 + slot, now))
}

fn page(path: &str) -> String {
    let story: String = (0..6)
        .map(|n| format!("<p>The harbour of Port Ellery was closed on Monday after crane {n} fell, the harbour master said of {path}.</p>"))
        .collect();
    format!(
        "<html><head><title>Harbour report</title></head><body><article><h1>Harbour report {path}</h1>{story}</article></body></html>"
    )
}
