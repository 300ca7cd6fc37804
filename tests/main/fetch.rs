//! Fetching from real sockets: honest servers, slow ones, and hostile ones.

#[path = "fetch/address.rs"]
mod address;
#[path = "fetch/hostile.rs"]
mod hostile;
#[path = "fetch/politeness.rs"]
mod politeness;
#[path = "fetch/robots.rs"]
mod robots;

use std::io::Write;
use std::net::SocketAddr;
use std::time::Duration;

use flate2::Compression;
use flate2::write::{DeflateEncoder, GzEncoder, ZlibEncoder};
use url::Url;
use wireroom::config::FetchConfig;
use wireroom::fetch::{FetchError, FetchKind, FetchRequest, Fetched, Fetcher, SafeUrl};

use crate::support::authority::{Authority, authority};
use crate::support::server::{Asked, Server, Step, answer, page, redirect};

/// Settings for a server on loopback: quick, allowed, and with a few names that lead there.
pub fn settings(server: SocketAddr) -> FetchConfig {
    let names = ["news.example", "www.news.example", "other.example", "third.test"];
    FetchConfig {
        allow_networks: vec!["127.0.0.0/8".parse().unwrap()],
        resolve: names.iter().map(|name| ((*name).to_owned(), server)).collect(),
        host_delay: Duration::ZERO,
        connect_timeout: Duration::from_secs(2),
        read_timeout: Duration::from_millis(700),
        total_timeout: Duration::from_secs(3),
        body_bytes_max: 1 << 20,
        robots: false,
        ..FetchConfig::default()
    }
}

pub async fn get_with(config: &FetchConfig, url: &str) -> Result<Fetched, FetchError> {
    let request = FetchRequest::new(Url::parse(url).unwrap(), FetchKind::Page);
    Fetcher::new(config).unwrap().get(request).await
}

/// Asks a server that always answers this.
pub async fn get_answer(steps: Vec<Step>) -> Result<Fetched, FetchError> {
    let server = Server::start(move |_| steps.clone()).await;
    get_with(&settings(server.address), "http://news.example/story").await
}

pub fn gzip(text: &[u8]) -> Vec<u8> {
    let mut packer = GzEncoder::new(Vec::new(), Compression::fast());
    packer.write_all(text).unwrap();
    packer.finish().unwrap()
}

#[tokio::test]
async fn a_page_comes_with_what_its_headers_say() {
    let server = Server::start(|_| {
        answer(
            "200 OK",
            &[
                "Content-Type: text/html; charset=koi8-r",
                "ETag: W/\"a\"",
                "Last-Modified: Tue, 24 Nov 2026 10:00:00 GMT",
                "Cache-Control: public, max-age=600",
                "Set-Cookie: id=1",
            ],
            "<p>Привет",
        )
    })
    .await;
    let page = get_with(&settings(server.address), "http://news.example/story?id=1#top").await.unwrap();
    assert_eq!(page.body, "<p>Привет");
    assert_eq!((page.status, page.not_modified, page.moved_permanently), (200, false, None));
    assert_eq!(page.final_url.as_str(), "http://news.example/story?id=1");
    assert_eq!(page.content_type.as_deref(), Some("text/html; charset=koi8-r"));
    assert_eq!(page.etag.as_deref(), Some("W/\"a\""));
    assert_eq!(page.last_modified.as_deref(), Some("Tue, 24 Nov 2026 10:00:00 GMT"));
    assert_eq!(page.max_age, Some(Duration::from_mins(10)));
    assert_eq!(page.wire_bytes, page.body.len() as u64);
    assert!(page.headers.iter().any(|(name, _)| name == "cache-control"));
    assert!(page.headers.iter().all(|(name, _)| name != "set-cookie"));
    let [asked] = &server.asked()[..] else { panic!("one request") };
    assert_eq!(asked.path, "/story?id=1");
    assert_eq!(asked.header("host"), Some("news.example"), "the pinned port is not part of the name");
    assert_eq!(asked.header("accept-encoding"), Some("gzip"));
    assert!(asked.header("accept").unwrap().starts_with("text/html"));
    assert!(asked.header("user-agent").unwrap().starts_with("wireroom/"));
    assert_eq!(asked.header("referer"), None);
}

#[tokio::test]
async fn validators_go_back_verbatim_and_304_means_the_copy_is_good() {
    let server = Server::start(|_| answer("304 Not Modified", &["ETag: \"b c\""], "")).await;
    let fetcher = Fetcher::new(&settings(server.address)).unwrap();
    let mut request = FetchRequest::new(Url::parse("http://news.example/rss").unwrap(), FetchKind::Feed);
    request.etag = Some("W/\"b c\", odd".to_owned());
    request.last_modified = Some("last Tuesday".to_owned());
    let answer = fetcher.get(request.clone()).await.unwrap();
    assert!(answer.not_modified && answer.body.is_empty());
    let asked = server.asked();
    assert_eq!(asked[0].header("if-none-match"), Some("W/\"b c\", odd"));
    assert_eq!(asked[0].header("if-modified-since"), Some("last Tuesday"));
    assert!(asked[0].header("accept").unwrap().starts_with("application/atom+xml"));
    // Nobody asked "has it changed?", so "no" is no answer.
    (request.etag, request.last_modified) = (None, None);
    assert_eq!(fetcher.get(request).await.unwrap_err().reason(), "protocol");
}

#[tokio::test]
async fn an_explicit_port_wins_over_the_pinned_one() {
    let server = Server::start(|_| page("here")).await;
    let mut config = settings(server.address);
    config.resolve = vec![("news.example".to_owned(), SocketAddr::from(([127, 0, 0, 1], 1)))];
    let port = server.address.port();
    assert_eq!(get_with(&config, &format!("http://NEWS.example.:{port}/")).await.unwrap().body, "here");
    assert_eq!(get_with(&config, "http://news.example/").await.unwrap_err().reason(), "connect");
}

#[tokio::test]
async fn redirects_are_followed_and_told_apart() {
    let server = Server::start(|asked| match asked.path.as_str() {
        "/moved" => redirect("301 Moved Permanently", "/moved-again"),
        "/moved-again" => redirect("308 Permanent Redirect", "http://www.news.example/story"),
        "/elsewhere" => redirect("302 Found", "//other.example/moved"),
        _ => page("story"),
    })
    .await;
    let config = settings(server.address);
    let moved = get_with(&config, "http://news.example/moved").await.unwrap();
    assert_eq!(moved.final_url.as_str(), "http://www.news.example/story");
    assert_eq!(moved.moved_permanently, Some(moved.final_url.clone()));
    assert_eq!(moved.requested.as_str(), "http://news.example/moved");
    let found = get_with(&config, "http://news.example/elsewhere").await.unwrap();
    assert_eq!(found.final_url.as_str(), "http://www.news.example/story");
    assert_eq!(found.moved_permanently, None, "one hop was for now only");
}

#[tokio::test]
async fn passwords_stay_within_their_origin() {
    let server = Server::start(|asked| match asked.path.as_str() {
        "/here" => redirect("302 Found", "/there"),
        "/there" => redirect("302 Found", "http://me:again@other.example/away"),
        _ => page(""),
    })
    .await;
    get_with(&settings(server.address), "http://me:secret@news.example/here").await.unwrap();
    let sent: Vec<bool> = server.asked().iter().map(|asked: &Asked| asked.header("authorization").is_some()).collect();
    assert_eq!(sent, [true, true, false]);
}

#[tokio::test]
async fn packed_bodies_are_unpacked_whatever_their_label() {
    let text = "the quick brown fox ".repeat(100);
    let mut zlib = ZlibEncoder::new(Vec::new(), Compression::fast());
    zlib.write_all(text.as_bytes()).unwrap();
    let mut bare = DeflateEncoder::new(Vec::new(), Compression::fast());
    bare.write_all(text.as_bytes()).unwrap();
    let (first, second) = text.split_at(700);
    let cases = [
        ("content-encoding: gzip", gzip(text.as_bytes())),
        ("content-encoding: X-GZIP", gzip(text.as_bytes())),
        ("content-encoding: deflate", zlib.finish().unwrap()),
        ("content-encoding: deflate", bare.finish().unwrap()),
        ("content-encoding: gzip", [gzip(first.as_bytes()), gzip(second.as_bytes())].concat()),
        ("content-encoding: gzip", text.clone().into_bytes()),
        ("content-encoding: identity", text.clone().into_bytes()),
        ("content-type: application/gzip", gzip(text.as_bytes())),
    ];
    for (n, (header, body)) in cases.into_iter().enumerate() {
        let wire = body.len() as u64;
        let got = get_answer(answer("200 OK", &[header], body)).await;
        let got = got.unwrap_or_else(|error| panic!("case {n} {header}: {error}"));
        assert_eq!((got.body, got.wire_bytes), (text.clone().into(), wire), "case {n}");
    }
}

#[tokio::test]
async fn a_bad_answer_says_what_next() {
    let statuses = [
        ("404 Not Found", "http-404", false),
        ("410 Gone", "http-410", false),
        ("403 Forbidden", "http-403", false),
        ("401 Unauthorized", "http-4xx", false),
        ("408 Request Timeout", "http-4xx", true),
        ("429 Too Many Requests", "http-429", true),
        ("500 Internal Server Error", "http-5xx", true),
        ("503 Service Unavailable", "http-503", true),
        ("300 Multiple Choices", "http-3xx", false),
        ("302 Found", "protocol", true),
    ];
    for (status, reason, transient) in statuses {
        let error = get_answer(answer(status, &[], "no")).await.unwrap_err();
        assert_eq!((error.reason(), error.is_transient()), (reason, transient), "{status}");
    }
    let waits =
        [("120", Some(120)), ("0", Some(1)), ("99999999999999999999", Some(604_800)), ("soon", None), ("-5", None)];
    for (asked, seconds) in waits {
        let retry = format!("retry-after: {asked}");
        let error = get_answer(answer("503 Service Unavailable", &[&retry], "")).await.unwrap_err();
        assert_eq!(error.retry_after(), seconds.map(Duration::from_secs), "{asked}");
    }
    let past = "retry-after: Sun, 06 Nov 1994 08:49:37 GMT";
    let error = get_answer(answer("429 Too Many Requests", &[past], "")).await.unwrap_err();
    assert_eq!(error.retry_after(), Some(Duration::from_secs(1)));
}

#[tokio::test]
async fn freshness_is_read_from_either_header() {
    let date = "date: Tue, 24 Nov 2026 10:00:00 GMT";
    let cases = [
        (vec!["cache-control: max-age=60"], Some(60)),
        (vec!["cache-control: no-cache, max-age=60"], Some(0)),
        (vec!["cache-control: public", "cache-control: MAX-AGE=\"5\""], Some(5)),
        (vec!["cache-control: max-age=99999999999"], Some(720 * 3600)),
        (vec![date, "expires: Tue, 24 Nov 2026 10:02:00 GMT"], Some(120)),
        (vec![date, "expires: Mon, 23 Nov 2026 10:02:00 GMT"], Some(0)),
        (vec![date, "expires: -1"], None),
        (vec![], None),
    ];
    for (headers, seconds) in cases {
        let got = get_answer(answer("200 OK", &headers, "x")).await.unwrap();
        assert_eq!(got.max_age, seconds.map(Duration::from_secs), "{headers:?}");
    }
}

#[test]
fn a_shown_url_holds_no_secret() {
    let url = Url::parse("https://me:hunter2@a.example:8443/x%0A?token=T0P&SECRET&b=1#frag").unwrap();
    let request = FetchRequest::new(url.clone(), FetchKind::Feed);
    assert_eq!(SafeUrl(&url).to_string(), "https://a.example:8443/x%0A?token=…&…&b=…");
    for shown in [format!("{:?}", SafeUrl(&url)), format!("{request:?}")] {
        assert!(!["hunter2", "T0P", "SECRET", "frag"].iter().any(|secret| shown.contains(secret)), "{shown}");
    }
}

#[tokio::test]
async fn errors_name_no_url() {
    for url in ["http://me:hunter2@127.0.0.1:9/?token=T0P", "http://me:hunter2@third.test:9/?token=T0P"] {
        let error = get_with(&settings(SocketAddr::from(([127, 0, 0, 1], 9))), url).await.unwrap_err();
        let shown = format!("{error} {error:?}");
        assert!(!shown.contains("hunter2") && !shown.contains("T0P"), "{shown}");
    }
}

/// Runs [`plain_http_works`] again in a process that finds no certificate on its machine.
#[tokio::test]
async fn a_machine_without_certificates_still_fetches() {
    let test = std::env::current_exe().unwrap();
    let empty = std::env::temp_dir();
    let run = std::process::Command::new(test)
        .args(["--exact", "fetch::plain_http_works"])
        .env("SSL_CERT_FILE", "/nonexistent.pem")
        .env("SSL_CERT_DIR", empty.join("wireroom-no-certificates"))
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&run.stdout);
    assert!(run.status.success() && said.contains("1 passed"), "{said}");
}

#[tokio::test]
async fn plain_http_works() {
    assert_eq!(get_answer(page("plain")).await.unwrap().body, "plain");
}

#[tokio::test]
async fn only_who_is_told_so_trusts_another_authority() {
    let names = ["news.example".to_owned()];
    let Authority { file, tls } = authority("fetch", &names);
    let server = Server::start_tls(tls, |_| page("<p>Sealed")).await;
    let plain = settings(server.address);
    let trusting = |file: &std::path::Path| FetchConfig { extra_ca: Some(file.to_path_buf()), ..plain.clone() };
    let stranger = authority("stranger", &names).file;
    for config in [&plain, &trusting(&stranger)] {
        let error = get_with(config, "https://news.example/").await.unwrap_err();
        assert_eq!(error.reason(), "tls", "{error}");
    }
    assert_eq!(get_with(&trusting(&file), "https://news.example/").await.unwrap().body, "<p>Sealed");
    // The name on the certificate is looked at, whoever signed it.
    let error = get_with(&trusting(&file), "https://other.example/").await.unwrap_err();
    assert_eq!(error.reason(), "tls", "{error}");

    let nonsense = file.with_extension("txt");
    for text in ["", "no certificate", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"] {
        std::fs::write(&nonsense, text).unwrap();
        let refused = Fetcher::new(&trusting(&nonsense)).err().expect(text);
        assert!(refused.to_string().contains("fetch.extra_ca"), "{refused}");
    }
    std::fs::remove_file(&nonsense).unwrap();
    assert!(Fetcher::new(&trusting(&nonsense)).is_err(), "the file is gone");
}
