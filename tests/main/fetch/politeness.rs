//! What one host sees of us.

use std::time::{Duration, Instant};

use tokio::task::JoinSet;
use url::Url;
use wireroom::fetch::{FetchKind, FetchRequest, Fetcher, host_key};

use super::settings;
use crate::support::server::{Asked, Server, Step, answer, page, redirect};

fn request(url: &str) -> FetchRequest {
    FetchRequest::new(Url::parse(url).unwrap(), FetchKind::Feed)
}

/// Fetches all at once and waits for all.
async fn all(fetcher: &Fetcher, urls: impl IntoIterator<Item = String>) {
    let mut set = JoinSet::new();
    for url in urls {
        let fetcher = fetcher.clone();
        set.spawn(async move { fetcher.get(request(&url)).await.unwrap() });
    }
    set.join_all().await;
}

/// The gaps the server saw between requests that the filter takes.
fn gaps(server: &Server, of: impl Fn(&Asked) -> bool) -> Vec<Duration> {
    let mut times: Vec<Instant> = server.asked().iter().filter(|asked| of(asked)).map(|asked| asked.at).collect();
    times.sort();
    times.windows(2).map(|two| two[1] - two[0]).collect()
}

#[test]
fn a_host_is_a_registrable_domain() {
    for (url, key) in [
        ("https://news.bbc.co.uk/1", "bbc.co.uk"),
        ("http://BBC.co.uk.:80/", "bbc.co.uk"),
        ("https://one.blogspot.com/", "one.blogspot.com"),
        ("https://аррӏе.com/", "xn--80ak6aa92e.com"),
        ("http://127.0.0.1:8080/", "127.0.0.1:8080"),
        ("https://0x7f.1/", "127.0.0.1:443"),
        ("http://[::1]/", "[::1]:80"),
        ("http://localhost:81/", "localhost"),
        ("https://co.uk/", "co.uk"),
    ] {
        assert_eq!(host_key(&Url::parse(url).unwrap()), key, "{url}");
    }
}

#[tokio::test]
async fn requests_to_one_host_start_apart_and_other_hosts_do_not_wait() {
    let server = Server::start(|_| page("")).await;
    let mut config = settings(server.address);
    config.host_delay = Duration::from_millis(200);
    let fetcher = Fetcher::new(&config).unwrap();
    let started = Instant::now();
    let of = |host: &str| (0..4).map(move |n| format!("http://{host}/{n}")).collect::<Vec<_>>();
    // Two names of one publisher share its turns.
    let mut urls = of("news.example");
    urls.extend(of("third.test"));
    all(&fetcher, urls).await;
    let took = started.elapsed();
    for host in ["news.example", "third.test"] {
        let gaps = gaps(&server, |asked| asked.header("host") == Some(host));
        assert!(gaps.len() == 3 && gaps.iter().all(|gap| *gap >= Duration::from_millis(180)), "{gaps:?}");
    }
    assert!(took < Duration::from_millis(1200), "the hosts waited for each other: {took:?}");
    assert_eq!(server.asked().len(), 8);
}

#[tokio::test]
async fn a_crowded_place_does_not_bunch_requests() {
    let slow = |_: &Asked| [vec![Step::Wait(Duration::from_millis(150))], page("")].concat();
    let server = Server::start(slow).await;
    let mut config = settings(server.address);
    (config.host_delay, config.concurrency, config.host_concurrency) = (Duration::from_millis(100), 1, 2);
    let fetcher = Fetcher::new(&config).unwrap();
    let urls = ["news.example/1", "third.test/1", "news.example/2", "third.test/2", "news.example/3"];
    all(&fetcher, urls.map(|url| format!("http://{url}"))).await;
    let every = gaps(&server, |_| true);
    assert!(every.iter().all(|gap| *gap >= Duration::from_millis(140)), "one at a time: {every:?}");
}

#[tokio::test]
async fn a_host_sees_no_more_at_once_than_allowed() {
    let server = Server::start(|_| [vec![Step::Wait(Duration::from_millis(200))], page("")].concat()).await;
    let mut config = settings(server.address);
    config.host_concurrency = 2;
    let fetcher = Fetcher::new(&config).unwrap();
    all(&fetcher, (0..6).map(|n| format!("http://news.example/{n}"))).await;
    let mut times: Vec<Instant> = server.asked().iter().map(|asked| asked.at).collect();
    times.sort();
    // Whoever comes third from someone had to wait until that one was done.
    assert!(times.windows(3).all(|three| three[2] - three[0] >= Duration::from_millis(190)), "{times:?}");
}

#[tokio::test]
async fn retry_after_silences_us_for_the_whole_host() {
    let server = Server::start(|_| answer("429 Too Many Requests", &["retry-after: 300"], "")).await;
    let fetcher = Fetcher::new(&settings(server.address)).unwrap();
    assert_eq!(fetcher.hosts_busy(), [""; 0]);
    let first = fetcher.get(request("http://news.example/1")).await.unwrap_err();
    assert_eq!((first.reason(), first.retry_after()), ("http-429", Some(Duration::from_mins(5))));
    assert_eq!(fetcher.hosts_busy(), ["news.example"]);
    let second = fetcher.get(request("http://www.news.example/2")).await.unwrap_err();
    assert_eq!(second.reason(), "http-429");
    assert!(second.retry_after().unwrap() > Duration::from_mins(4));
    assert_eq!(server.paths(), ["/1"], "the second request was not sent");
    fetcher.get(request("http://other.example/3")).await.unwrap_err();
    assert_eq!(server.paths(), ["/1", "/3"], "other hosts are asked");
}

#[tokio::test]
async fn a_busy_host_is_told_and_a_dropped_request_gives_its_turn_back() {
    let server = Server::start(|asked| if asked.path == "/hang" { vec![Step::Hang] } else { page("") }).await;
    let mut config = settings(server.address);
    config.host_concurrency = 1;
    let fetcher = Fetcher::new(&config).unwrap();
    let hanging = tokio::spawn({
        let fetcher = fetcher.clone();
        async move { fetcher.get(request("http://news.example/hang")).await }
    });
    while server.asked().is_empty() {
        tokio::task::yield_now().await;
    }
    assert_eq!(fetcher.hosts_busy(), ["news.example"]);
    hanging.abort();
    assert!(hanging.await.unwrap_err().is_cancelled());
    fetcher.get(request("http://news.example/next")).await.unwrap();
    assert_eq!(fetcher.hosts_busy(), [""; 0]);
}

#[tokio::test]
async fn redirects_between_two_hosts_do_not_wait_for_each_other() {
    let server = Server::start(|asked| match (asked.header("host"), asked.path.as_str()) {
        (Some("news.example"), "/go") => redirect("302 Found", "http://third.test/end"),
        (_, "/go") => redirect("302 Found", "http://news.example/end"),
        _ => page("end"),
    })
    .await;
    let mut config = settings(server.address);
    (config.host_concurrency, config.host_delay) = (1, Duration::from_millis(20));
    let fetcher = Fetcher::new(&config).unwrap();
    let hosts = ["news.example", "third.test"];
    let urls = (0..10).map(|n| format!("http://{}/go", hosts[n % 2]));
    tokio::time::timeout(Duration::from_secs(5), all(&fetcher, urls)).await.unwrap();
    assert_eq!(server.asked().len(), 20);
}

#[tokio::test]
async fn idle_hosts_are_forgotten() {
    let server = Server::start(|_| page("")).await;
    let mut config = settings(server.address);
    config.resolve = (0..1500).map(|n| (format!("site-{n}.example"), server.address)).collect();
    let fetcher = Fetcher::new(&config).unwrap();
    for n in 0..1500 {
        fetcher.get(request(&format!("http://site-{n}.example/"))).await.unwrap();
    }
    assert!(fetcher.hosts_remembered() <= 300, "{} hosts", fetcher.hosts_remembered());
}
