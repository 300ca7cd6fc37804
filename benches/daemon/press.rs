//! Twenty sites on loopback that serve real pages, and remember how they were asked.

use std::collections::HashMap;
use std::io::Read;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, Response, StatusCode, header};

/// One page of the corpus.
pub struct CorpusPage {
    /// The path it is served under.
    pub path: String,
    body: Vec<u8>,
}

/// What one site saw.
#[derive(Default)]
pub struct Seen {
    /// Requests for each path.
    pub requests: HashMap<String, u32>,
    /// Answers of 304.
    pub not_modified: u32,
    /// The most requests under way at once.
    pub concurrency_max: u32,
    /// The shortest time between two starts.
    pub gap_min: Option<Duration>,
    under_way: u32,
    last_start: Option<Instant>,
}

/// The sites and their pages.
pub struct Press {
    sites: Vec<Site>,
}

struct Site {
    host: String,
    pages: Vec<CorpusPage>,
    seen: Mutex<Seen>,
}

/// Reads the pages of `sets` under `data`, at most `limit` of each; `None` where a set is absent.
pub fn read_pages(data: &Path, sets: &[&str], limit: usize) -> Option<Vec<CorpusPage>> {
    let mut pages = Vec::new();
    for set in sets {
        let truth = std::fs::read_to_string(data.join(set).join("truth.jsonl")).ok()?;
        for line in truth.lines().take(limit) {
            let row: serde_json::Value = serde_json::from_str(line).ok()?;
            let file = row["file"].as_str()?;
            let packed = std::fs::read(data.join(set).join(file)).ok()?;
            let mut body = Vec::new();
            flate2::read::GzDecoder::new(&packed[..]).read_to_end(&mut body).ok()?;
            let name = file.trim_start_matches("html/").trim_end_matches(".gz");
            pages.push(CorpusPage { path: format!("/{set}/{name}"), body });
        }
    }
    Some(pages)
}

impl Press {
    /// Deals the pages out to `count` sites.
    pub fn new(pages: Vec<CorpusPage>, count: usize) -> Arc<Self> {
        let mut sites: Vec<Site> = (0..count)
            .map(|n| Site { host: format!("site{n:02}.example"), pages: Vec::new(), seen: Mutex::default() })
            .collect();
        for (n, page) in pages.into_iter().enumerate() {
            sites[n % count].pages.push(page);
        }
        Arc::new(Self { sites })
    }

    /// The names of the sites.
    pub fn hosts(&self) -> impl Iterator<Item = &str> {
        self.sites.iter().map(|s| s.host.as_str())
    }

    /// The addresses of all pages.
    pub fn urls(&self) -> Vec<String> {
        self.sites.iter().flat_map(|s| s.pages.iter().map(|p| format!("http://{}{}", s.host, p.path))).collect()
    }

    /// What each site saw, handed to `look`.
    pub fn look<T>(&self, look: impl Fn(&str, &Seen) -> T) -> Vec<T> {
        self.sites.iter().map(|s| look(&s.host, &s.seen.lock().expect("no panic while held"))).collect()
    }

    /// Serves for ever on `listener`, every site by its `Host`.
    pub async fn serve(self: Arc<Self>, listener: tokio::net::TcpListener) {
        let app = Router::new().fallback(answer).with_state(self);
        axum::serve(listener, app).await.expect("the listener lives as long as the program");
    }
}

async fn answer(State(press): State<Arc<Press>>, request: Request) -> Response<Body> {
    let host = request.headers().get(header::HOST).and_then(|h| h.to_str().ok()).unwrap_or_default().to_owned();
    let path = request.uri().path().to_owned();
    let Some(site) = press.sites.iter().find(|s| s.host == host) else {
        return plain(StatusCode::MISDIRECTED_REQUEST, "no such site");
    };
    site.starts(&path);
    // A server that takes a moment shows how many requests stand beside each other.
    tokio::time::sleep(Duration::from_millis(5)).await;
    let response = site.respond(&path, request.headers());
    let mut seen = site.seen.lock().expect("no panic while held");
    seen.under_way -= 1;
    seen.not_modified += u32::from(response.status() == StatusCode::NOT_MODIFIED);
    response
}

impl Site {
    fn starts(&self, path: &str) {
        let mut seen = self.seen.lock().expect("no panic while held");
        let now = Instant::now();
        // robots.txt and the feed are asked once a round; the pause is kept between pages.
        if let Some(gap) = seen.last_start.map(|last| now - last) {
            seen.gap_min = Some(seen.gap_min.map_or(gap, |least| least.min(gap)));
        }
        seen.last_start = Some(now);
        seen.under_way += 1;
        seen.concurrency_max = seen.concurrency_max.max(seen.under_way);
        *seen.requests.entry(path.to_owned()).or_default() += 1;
    }

    fn respond(&self, path: &str, headers: &HeaderMap) -> Response<Body> {
        if path == "/feed.xml" {
            let etag = format!("\"{}\"", self.pages.len());
            if headers.get(header::IF_NONE_MATCH).is_some_and(|v| v.as_bytes() == etag.as_bytes()) {
                let mut response = plain(StatusCode::NOT_MODIFIED, "");
                response.headers_mut().insert(header::ETAG, etag.parse().expect("digits in quotes"));
                return response;
            }
            let mut response = plain(StatusCode::OK, self.feed());
            response.headers_mut().insert(header::ETAG, etag.parse().expect("digits in quotes"));
            response.headers_mut().insert(header::CONTENT_TYPE, "application/rss+xml".parse().expect("ASCII"));
            return response;
        }
        let Some(page) = self.pages.iter().find(|p| p.path == path) else {
            return plain(StatusCode::NOT_FOUND, "not found");
        };
        let mut response = plain(StatusCode::OK, page.body.clone());
        response.headers_mut().insert(header::CONTENT_TYPE, "text/html; charset=utf-8".parse().expect("ASCII"));
        response
    }

    fn feed(&self) -> String {
        let items: String = self
            .pages
            .iter()
            .map(|p| {
                format!(
                    "<item><link>http://{h}{p}</link><guid>http://{h}{p}</guid></item>\n",
                    h = self.host,
                    p = p.path
                )
            })
            .collect();
        format!(
            "<?xml version=\"1.0\"?><rss version=\"2.0\"><channel><title>{h}</title><link>http://{h}/</link>\
             <description>pages of the corpus</description>\n{items}</channel></rss>",
            h = self.host
        )
    }
}

fn plain(status: StatusCode, body: impl Into<Body>) -> Response<Body> {
    let mut response = Response::new(body.into());
    *response.status_mut() = status;
    response
}
