//! What is set for one feed alone: what goes along, to whom, and what must not be seen anywhere.

use std::io::Write as _;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use serde_json::json;
use sqlx::AssertSqlSafe;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use url::Url;
use wireroom::config::{Config, Secrets};
use wireroom::feed_list;
use wireroom::polling::FeedOptions;
use wireroom::store::FeedOrigin;

use super::{Stage, case, conformance, feed_answers, ok, place, round, rss, unchanged};
use crate::support::server::{Exchange, Server, answer, redirect};

/// What must not be seen, in every form it travels in.
const PASSWORD: &str = "hunter2-parola";
const SIGN_IN: &str = "cmVhZGVyOmh1bnRlcjItcGFyb2xh";
const TOKEN: &str = "tok-5ESAM";
const COOKIE: &str = "sid-0FNUT";
const PROXY_PASSWORD: &str = "proxy-0Rzech";
const PROXY_SIGN_IN: &str = "bWU6cHJveHktMFJ6ZWNo";
const UNSEEN: [&str; 6] = [PASSWORD, SIGN_IN, TOKEN, COOKIE, PROXY_PASSWORD, PROXY_SIGN_IN];

fn with_secrets(config: &mut Config) {
    let file = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("secret-{}", std::process::id()));
    std::fs::File::create(&file).unwrap().write_all(format!("session={COOKIE}\n").as_bytes()).unwrap();
    let environment = [
        ("WIREROOM_SECRET_PAPER", format!("reader:{PASSWORD}")),
        ("WIREROOM_SECRET_PAPER_TOKEN", TOKEN.to_owned()),
        ("WIREROOM_SECRET_COOKIES_FILE", file.display().to_string()),
        ("WIREROOM_SECRET_NOT_BOTH", PASSWORD.to_owned()),
    ];
    let environment: Vec<_> = environment.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    let mut problems = Vec::new();
    config.secrets = Secrets::read(&environment, &mut problems);
    assert_eq!(problems, []);
}

const PRIVATE: &str = "[[feeds]]\nurl = \"http://paper.example/feed\"\n[feeds.options]\nauth = \"secret:paper\"\n\
     cookies = \"secret:cookies\"\nheaders = { X-Api-Key = \"secret:paper_token\", Accept-Language = \"de\" }\n\
     user_agent = \"wireroom-test/1 (desk@paper.example)\"\n";

/// What of the private things a request carried.
fn carried(exchange: &Exchange) -> Vec<&str> {
    ["authorization", "cookie", "x-api-key", "accept-language"]
        .into_iter()
        .filter_map(|n| exchange.asked.header(n))
        .collect()
}

/// Everything the database holds, as one text.
async fn everything(stage: &Stage) -> String {
    let tables: Vec<String> =
        sqlx::query_scalar("select tablename::text from pg_tables where schemaname = 'public' order by 1")
            .fetch_all(stage.database.pool())
            .await
            .unwrap();
    let mut all = String::new();
    for table in tables {
        let query = AssertSqlSafe(format!("select coalesce(string_agg(t::text, E'\\n'), '') from \"{table}\" t"));
        let rows: String = sqlx::query_scalar(query).fetch_one(stage.database.pool()).await.unwrap();
        all.push_str(&rows);
    }
    all
}

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl std::io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// One thread, so that every line of every crate goes to our log.
#[tokio::test]
async fn secrets_go_to_their_origin_and_are_seen_nowhere() {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_writer(move || writer.clone())
        .with_ansi(false)
        .finish();
    let _listening = tracing::subscriber::set_default(subscriber);
    let hosts = ["paper.example", "www.paper.example", "other.test"].map(str::to_owned);
    let mut stage = Stage::new("secrets", &hosts, with_secrets).await;
    stage.list(PRIVATE).await;
    let url = "http://paper.example/feed";
    let all = [format!("Basic {SIGN_IN}"), format!("session={COOKIE}"), TOKEN.to_owned(), "de".to_owned()];

    // Its own address, and its own page: the page is asked like any other.
    let today = chrono::Utc::now().to_rfc2822();
    let feed = rss(&["x"])
        .replace("http://pages.example/x", "http://paper.example/story")
        .replace("Wed, 01 Jan 2020 10:00:00 GMT", &today);
    stage.site("paper.example/feed", answer("200 OK", &["etag: \"1\""], &feed));
    let asked = stage.round().await;
    for exchange in &asked {
        let expected: &[String] = if exchange.asked.path == "/feed" { &all } else { &[] };
        assert_eq!(carried(exchange), expected, "{}", place(&exchange.asked));
    }
    assert!(asked.iter().any(|exchange| exchange.asked.path == "/story"), "the page was asked for");
    assert_eq!(asked[0].asked.header("user-agent"), Some("wireroom-test/1 (desk@paper.example)"));

    // Redirects: within the origin they go along; to another name of the publisher, or another host, they do not.
    stage.site("paper.example/feed", redirect("301 Moved Permanently", "/new"));
    stage.site("paper.example/new", redirect("301 Moved Permanently", "http://www.paper.example/feed"));
    stage.site("www.paper.example/feed", redirect("301 Moved Permanently", "http://other.test/feed"));
    stage.site("other.test/feed", ok(&[], &["x"]));
    stage.update(url, "next_poll_at = now()").await;
    let carrying: Vec<usize> = stage.round().await.iter().map(|exchange| carried(exchange).len()).collect();
    assert_eq!(carrying, [4, 4, 0, 0]);

    // A host that redirects for long enough is believed, and is told nothing all the same.
    stage.update(url, "next_poll_at = now(), moved_since = now() - interval '9 days', moved_seen = 9").await;
    stage.round().await;
    assert!(stage.is_true(url, "url = 'http://other.test/feed'").await);
    stage.list(PRIVATE).await;
    stage.update(url, "next_poll_at = now()").await;
    let asked = stage.round().await;
    assert_eq!(
        asked.iter().map(|exchange| (place(&exchange.asked), carried(exchange).len())).collect::<Vec<_>>(),
        [("other.test/feed".to_owned(), 0)]
    );

    let faults = stage.forbidden(&UNSEEN.map(|secret| (secret, "paper.example")));
    assert!(faults.is_empty(), "{faults:?}");
    let stored = everything(&stage).await;
    let logged = String::from_utf8_lossy(&log.0.lock().unwrap()).into_owned();
    assert!(stored.contains("secret:paper") && logged.contains("other.test"), "there is something to look through");
    for secret in UNSEEN {
        assert!(!stored.contains(secret), "{secret} is in the database");
        assert!(!logged.contains(secret), "{secret} is in the log");
        assert!(!format!("{:?}", stage.config).contains(secret));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_feed_whose_settings_make_no_sense_is_not_asked_and_says_why() {
    let hosts = ["one.example", "two.example", "three.example"].map(str::to_owned);
    let mut stage = Stage::new("settings", &hosts, with_secrets).await;
    stage
        .list(
            "[[feeds]]\nurl = \"http://one.example/feed\"\n[feeds.options]\nauth = \"secret:absent-one\"\n\
             [[feeds]]\nurl = \"http://two.example/feed\"\n[feeds.options]\nauth = \"secret:not_both\"\n\
             [[feeds]]\nurl = \"http://three.example/feed\"\n",
        )
        .await;
    stage.update("http://three.example/feed", "options = '{\"proxxy\": \"http://127.0.0.1:1\"}'").await;
    let asked = stage.round().await;
    assert_eq!(asked.len(), 0, "{asked:?}");
    for (host, told) in [
        ("one", ["WIREROOM_SECRET_ABSENT_ONE", "WIREROOM_SECRET_ABSENT_ONE_FILE"]),
        ("two", ["not_both", "user:password"]),
        ("three", ["proxxy", "did you mean proxy"]),
    ] {
        let url = format!("http://{host}.example/feed");
        let detail = stage.text(&url, "last_outcome || ': ' || last_detail").await;
        assert!(detail.starts_with("misconfigured: ") && told.iter().all(|part| detail.contains(part)), "{detail}");
        assert!(!detail.contains(PASSWORD), "{detail}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_feed_has_bounds_and_robots_of_its_own() {
    let disallowed = || answer("200 OK", &[], "User-agent: wireroom\nDisallow: /feed\n");
    let cases = [
        case(
            "not more often",
            [feed_answers(ok(&[], &["x"]))
                .asks("a/feed")
                .is("new")
                .then("next_poll_at >= now() + interval '179 minutes'")],
        )
        .with("interval_min = \"3h\""),
        case(
            "not more seldom",
            [feed_answers(ok(&["cache-control: max-age=7200"], &["x"]))
                .asks("a/feed")
                .then("next_poll_at <= now() + interval '12 minutes'")],
        )
        .with("interval_max = \"10m\""),
        case(
            "robots.txt is obeyed for the feed",
            [
                feed_answers(ok(&[], &["x"])).site("a/robots.txt", disallowed()).asks("a/robots.txt").is("robots"),
                round().is("robots"),
            ],
        )
        .with("robots = true"),
        case(
            "robots.txt allows the feed",
            [
                feed_answers(ok(&["etag: \"1\""], &["x"])).asks("a/robots.txt").asks("a/feed").is("new"),
                feed_answers(unchanged(&[])).asks("a/feed | \"1\" | -").is("not-modified"),
            ],
        )
        .with("robots = true"),
        case(
            "robots.txt is not asked for otherwise",
            [feed_answers(ok(&[], &["x"])).site("a/robots.txt", disallowed()).asks("a/feed").is("new")],
        ),
    ];
    conformance("bounds", &cases).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_text_feeds_pages_are_left_alone() {
    let hosts = ["whole.example"].map(str::to_owned);
    let mut stage = Stage::new("whole", &hosts, |_| {}).await;
    stage.list("[[feeds]]\nurl = \"http://whole.example/feed\"\n[feeds.options]\nfetch_pages = false\n").await;
    let text = "The harbour of Port Ellery was closed on Monday after a crane fell on the eastern quay. ".repeat(8);
    let item = |name: &str, text: &str| {
        format!(
            "<item><title>Harbour {name}</title><link>http://whole.example/{name}</link><pubDate>{}</pubDate>\
             <description>&lt;p&gt;{text}&lt;/p&gt;</description></item>",
            chrono::Utc::now().to_rfc2822()
        )
    };
    let feed =
        format!("<rss version=\"2.0\"><channel>{}{}</channel></rss>", item("long", &text), item("short", "Closed."));
    stage.site("whole.example/feed", answer("200 OK", &[], feed));
    let asked: Vec<String> = stage.round().await.iter().map(|exchange| place(&exchange.asked)).collect();
    assert_eq!(asked, ["whole.example/feed"]);
    let articles: Vec<(String, String)> = sqlx::query_as("select url, text_source from articles order by url")
        .fetch_all(stage.database.pool())
        .await
        .unwrap();
    assert_eq!(articles, [("http://whole.example/long".to_owned(), "feed".to_owned())]);
    let refused: Option<String> = sqlx::query_scalar("select reason from tasks where url like '%/short'")
        .fetch_one(stage.database.pool())
        .await
        .unwrap();
    assert_eq!(refused.as_deref(), Some("feed-text"), "a teaser is no article");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proxy_is_asked_instead_and_the_guard_looks_past_it_as_far_as_it_can() {
    let hosts = ["site.example", "inside.example"].map(str::to_owned);
    let proxy = Server::start(|asked| match asked.path.as_str() {
        "http://site.example/feed" => redirect("302 Found", "http://other.example/feed"),
        "sealed.example:443" => answer("502 Bad Gateway", &[], ""),
        _ => answer("200 OK", &[], rss(&["x"])),
    })
    .await;
    let mut stage = Stage::new("proxy", &hosts, |config| {
        let address = format!("http://me:{PROXY_PASSWORD}@{}", proxy.address);
        let paper = format!("reader:{PASSWORD}");
        let named =
            [("PAPER", paper), ("PROXY", address), ("DEAD", format!("socks5h://me:{PROXY_PASSWORD}@127.0.0.1:1"))];
        let environment = named.map(|(name, value)| (format!("WIREROOM_SECRET_{name}"), value));
        config.secrets = Secrets::read(&environment, &mut Vec::new());
        config.fetch.allow_networks = vec!["127.0.0.1/32".parse().unwrap()];
    })
    .await;
    // A proxy within a network that is not allowed.
    let other = Server::start_at([127, 0, 0, 2].into(), |_| answer("200 OK", &[], rss(&["x"]))).await;
    stage
        .list(&format!(
            "[[feeds]]\nurl = \"http://site.example/feed\"\n[feeds.options]\nproxy = \"secret:proxy\"\n\
             [[feeds]]\nurl = \"http://intranet/feed\"\n[feeds.options]\nproxy = \"http://{0}\"\n\
             [[feeds]]\nurl = \"http://router.local/feed\"\n[feeds.options]\nproxy = \"http://{0}\"\n\
             [[feeds]]\nurl = \"http://10.1.2.3/feed\"\n[feeds.options]\nproxy = \"http://{0}\"\n\
             [[feeds]]\nurl = \"http://inside.example/feed\"\n[feeds.options]\nproxy = \"http://{1}\"\n\
             [[feeds]]\nurl = \"http://dead.example/feed\"\n[feeds.options]\nproxy = \"secret:dead\"\n\
             [[feeds]]\nurl = \"https://sealed.example/feed\"\n[feeds.options]\nproxy = \"secret:proxy\"\n\
             auth = \"secret:paper\"\n",
            proxy.address, other.address
        ))
        .await;
    let straight = stage.round().await;
    assert_eq!(straight.len(), 0, "nobody is asked but through the proxy: {straight:?}");
    assert_eq!(other.paths(), [""; 0], "a proxy that may not be asked is not connected to");
    let mut paths = proxy.paths();
    paths.sort();
    let expected = ["http://other.example/feed", "http://site.example/feed", "sealed.example:443"];
    assert_eq!(paths, expected, "redirects go the same way");
    let sealed = proxy.asked().into_iter().find(|asked| asked.path == "sealed.example:443").unwrap();
    assert!(sealed.head.starts_with("CONNECT ") && !sealed.head.contains(SIGN_IN), "{}", sealed.head);
    let signed_in = proxy
        .asked()
        .iter()
        .all(|asked| asked.header("proxy-authorization").is_some_and(|value| value.contains(PROXY_SIGN_IN)));
    assert!(signed_in, "{:?}", proxy.asked());
    assert_eq!(stage.text("http://site.example/feed", "last_outcome").await, "new");
    for url in
        ["http://intranet/feed", "http://router.local/feed", "http://10.1.2.3/feed", "http://inside.example/feed"]
    {
        assert_eq!(stage.text(url, "last_outcome").await, "denied", "{url}");
    }
    assert_eq!(stage.text("http://dead.example/feed", "last_outcome").await, "connect");
    let stored = everything(&stage).await;
    assert!(UNSEEN.iter().all(|secret| !stored.contains(secret)));
}

/// A SOCKS5 proxy (RFC 1928, RFC 1929) that leads everywhere to `to`, and notes where one wanted to go and who one was.
async fn socks(to: SocketAddr) -> (SocketAddr, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let (address, wanted) = (listener.local_addr().unwrap(), Arc::<Mutex<Vec<String>>>::default());
    let noted = wanted.clone();
    tokio::spawn(async move {
        while let Ok((connection, _)) = listener.accept().await {
            tokio::spawn(tunnel(connection, to, noted.clone()));
        }
    });
    (address, wanted)
}

async fn tunnel(mut near: TcpStream, to: SocketAddr, noted: Arc<Mutex<Vec<String>>>) -> std::io::Result<()> {
    let text = async |near: &mut TcpStream| {
        let mut bytes = vec![0; usize::from(near.read_u8().await?)];
        near.read_exact(&mut bytes).await?;
        std::io::Result::Ok(String::from_utf8_lossy(&bytes).into_owned())
    };
    near.read_u8().await?;
    let methods = text(&mut near).await?;
    let mut who = String::new();
    if methods.contains('\u{2}') {
        near.write_all(&[5, 2]).await?;
        near.read_u8().await?;
        who = format!("{}:{}@", text(&mut near).await?, text(&mut near).await?);
        near.write_all(&[1, 0]).await?;
    } else {
        near.write_all(&[5, 0]).await?;
    }
    let mut head = [0; 4];
    near.read_exact(&mut head).await?;
    let host = if head[3] == 3 {
        text(&mut near).await?
    } else {
        std::net::Ipv4Addr::from(near.read_u32().await?).to_string()
    };
    let port = near.read_u16().await?;
    noted.lock().unwrap().push(format!("{who}{host}:{port}"));
    near.write_all(&[5, 0, 0, 1, 0, 0, 0, 0, 0, 0]).await?;
    let mut far = TcpStream::connect(to).await?;
    tokio::io::copy_bidirectional(&mut near, &mut far).await.map(drop)
}

#[tokio::test(flavor = "multi_thread")]
async fn socks_proxies_with_names_looked_up_here_and_there() {
    let hosts = ["here.example"].map(str::to_owned);
    let site = Server::start(|_| answer("200 OK", &[], rss(&["x"]))).await;
    let (proxy, wanted) = socks(site.address).await;
    let mut stage = Stage::new("socks", &hosts, |config| {
        config.fetch.resolve.push(("inside.example".to_owned(), SocketAddr::from(([10, 0, 0, 5], 80))));
        config.secrets = Secrets::read(
            &[("WIREROOM_SECRET_SOCKS".to_owned(), format!("socks5h://me:{PROXY_PASSWORD}@{proxy}"))],
            &mut Vec::new(),
        );
    })
    .await;
    stage
        .list(&format!(
            "[[feeds]]\nurl = \"http://here.example/feed\"\n[feeds.options]\nproxy = \"socks5://{proxy}\"\n\
             [[feeds]]\nurl = \"http://there.example/feed\"\n[feeds.options]\nproxy = \"secret:socks\"\n\
             [[feeds]]\nurl = \"http://inside.example/feed\"\n[feeds.options]\nproxy = \"socks5://{proxy}\"\n"
        ))
        .await;
    stage.round().await;
    let mut wanted = wanted.lock().unwrap().clone();
    wanted.sort();
    // Looked up here, the name is an address by then, and a private one is refused.
    assert_eq!(wanted, ["127.0.0.1:80".to_owned(), format!("me:{PROXY_PASSWORD}@there.example:80")]);
    for (host, outcome) in [("here", "new"), ("there", "new"), ("inside", "denied")] {
        assert_eq!(stage.text(&format!("http://{host}.example/feed"), "last_outcome").await, outcome, "{host}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn options_come_and_go_with_the_list() {
    let hosts = ["paper.example"].map(str::to_owned);
    let mut stage = Stage::new("list", &hosts, with_secrets).await;
    let url = "http://paper.example/feed";
    stage.list(PRIVATE).await;
    let stored = "options->>'auth' = 'secret:paper' and options->>'listed_at' = 'http://paper.example/feed'";
    assert!(stage.is_true(url, stored).await);
    stage.site("paper.example/feed", ok(&["etag: \"1\""], &["x"]));
    stage.round().await;
    // The same list again changes nothing; a list of the command line that says nothing of it keeps it.
    stage.list(PRIVATE).await;
    let bare = "[[feeds]]\nurl = \"http://paper.example/feed\"\n";
    let said = feed_list::read(bare).unwrap().feeds;
    stage.store.sync_feed_list(&said, FeedOrigin::Command).await.unwrap();
    assert!(stage.is_true(url, &format!("{stored} and etag = '\"1\"'")).await);
    // Asked in another way it may be another document.
    let other = format!("{bare}[feeds.options]\nheaders = {{ Accept-Language = \"fr\" }}\n");
    let list = feed_list::read(&other).unwrap();
    let report = stage.store.sync_feed_list(&list.feeds, FeedOrigin::File).await.unwrap();
    assert_eq!((report.added, report.changed, report.unchanged), (0, 1, 0));
    assert!(stage.is_true(url, "etag is null and options->'headers'->>'accept-language' = 'fr'").await);
    // The export says it again.
    let kept = stage.store.list_feeds().await.unwrap().remove(0).options;
    let mut feed = list.feeds[0].clone();
    feed.options = Some(FeedOptions::read(&kept).unwrap());
    let written = feed_list::to_toml(&[feed]);
    assert_eq!(feed_list::read(&written).unwrap().feeds, list.feeds, "{written}");
    // The file is the truth about its feeds.
    stage.list(bare).await;
    assert!(stage.is_true(url, "options = '{}'").await);
}

/// `options -> what the refusal says`, or nothing where they are taken
#[test]
fn options_are_read_or_the_right_key_is_named() {
    for (options, says) in [
        (json!({}), ""),
        (json!({"auth": "secret:paper", "headers": {"X-Key": "secret:k", "Accept": "text/xml"}}), ""),
        (json!({"proxy": "socks5h://proxy.example:1080", "interval_min": "5m", "interval_max": "5m"}), ""),
        (json!({"header": {}}), "did you mean headers?"),
        (json!({"conditionl": false}), "did you mean conditional?"),
        (json!({"auth": "me:hunter2"}), "auth: must be the name of a secret"),
        (json!({"auth": "secret:two words"}), "letters, digits and _"),
        (json!({"headers": {"Authorization": "Bearer hunter2"}}), "by the name of a secret"),
        (json!({"headers": {"Host": "other.example"}}), "cannot be set"),
        (json!({"headers": {"If-None-Match": "\"1\""}}), "cannot be set"),
        (json!({"headers": {"Range": "bytes=0-"}}), "cannot be set"),
        (json!({"headers": {"X Y": "1"}}), "no name of a header"),
        (json!({"headers": {"X-Key": "a\r\nHost: b"}}), "control characters"),
        (json!({"proxy": "http://me:hunter2@proxy.example:3128"}), "give the whole address as a secret"),
        (json!({"proxy": "ftp://proxy.example"}), "http://host:port"),
        (json!({"user_agent": "größe"}), "ASCII"),
        (json!({"conditional": "no"}), "true or false"),
        (json!({"interval_min": 5}), "text in quotation marks"),
        (json!({"interval_min": "5 parsecs"}), "no duration"),
        (json!({"interval_max": "400d"}), "between 1s and 30d"),
        (json!({"interval_min": "2h", "interval_max": "1h"}), "longer than interval_max"),
        (json!([]), "must be a table"),
    ] {
        match FeedOptions::read(&options) {
            Ok(read) => {
                assert_eq!(says, "", "{options} was taken");
                assert_eq!(FeedOptions::read(&read.to_json()), Ok(read), "written and read again");
            }
            Err(why) => {
                assert!(!says.is_empty() && why.contains(says), "{options}: {why}");
                assert!(!why.contains("hunter2"), "{why}");
            }
        }
    }
    let pairs = FeedOptions::from_pairs(["headers.X-Key=secret:k", "robots=true", "interval_min=5m"]).unwrap();
    assert_eq!(pairs.to_json(), json!({"headers": {"x-key": "secret:k"}, "robots": true, "interval_min": "300000ms"}));
    assert!(FeedOptions::from_pairs(["robots"]).is_err());
}

#[test]
fn a_feed_that_moved_to_https_keeps_its_sign_in_and_one_that_moved_elsewhere_does_not() {
    let secrets = [("WIREROOM_SECRET_PAPER".to_owned(), "a:b".to_owned())];
    let secrets = Secrets::read(&secrets, &mut Vec::new());
    let listed = Url::parse("http://paper.example/feed").unwrap();
    let options = FeedOptions::from_pairs(["auth=secret:paper"]).unwrap().listed_at(&listed);
    for (polled_at, origin) in [
        ("http://paper.example/feed", "http://paper.example"),
        ("https://paper.example/feed", "https://paper.example"),
        ("https://www.paper.example/feed", "http://paper.example"),
        ("https://paper.example:8443/feed", "http://paper.example"),
        ("http://other.example/feed", "http://paper.example"),
    ] {
        let manner = options.manner(&Url::parse(polled_at).unwrap(), &secrets).unwrap();
        let shown = format!("{:?}", manner.own.unwrap());
        assert!(shown.contains(&format!("\"{origin}\"")), "{polled_at}: {shown}");
    }
}

#[test]
fn validate_names_the_secrets_that_are_not_set() {
    let file = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("validate-{}.toml", std::process::id()));
    std::fs::write(&file, PRIVATE).unwrap();
    let run = |environment: &[(&str, &str)]| {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_wireroom"));
        let output = command.arg("validate").arg(&file).envs(environment.iter().copied()).output().unwrap();
        (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    let (code, said) = run(&[("WIREROOM_SECRET_COOKIES", COOKIE), ("WIREROOM_SECRET_PAPER_TOKEN", TOKEN)]);
    assert_eq!(code, Some(78), "{said}");
    assert!(said.contains("paper.example/feed") && said.contains("WIREROOM_SECRET_PAPER,"), "{said}");
    let both = format!("reader:{PASSWORD}");
    let all =
        [("WIREROOM_SECRET_COOKIES", COOKIE), ("WIREROOM_SECRET_PAPER_TOKEN", TOKEN), ("WIREROOM_SECRET_PAPER", &both)];
    let (code, said) = run(&all);
    assert_eq!(code, Some(0), "{said}");
    let (code, said) = run(&[("WIREROOM_SECRET_PAPER_FILE", "/nonexistent/secret")]);
    assert_eq!(code, Some(78), "{said}");
    assert!(said.contains("WIREROOM_SECRET_PAPER_FILE: /nonexistent/secret cannot be read"), "{said}");
}
