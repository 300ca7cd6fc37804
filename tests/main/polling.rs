//! How feeds are asked, seen from the other side: a server that keeps a ledger, the daemon's own pipeline, a database.
//!
//! A [`Case`] is one feed and its site, round by round: what the site answers, what it must have been asked, what came of
//! it and what is held afterwards. All cases of a table run beside each other in the same rounds. Time passes by moving
//! the moments in the database. In the end one checker ([`forbidden`]) goes through the whole ledger.
//!
//! Addresses are written short: `a/feed` is on the case's own host, `www.a/feed` on a second name of it, `b/feed` and
//! `c/feed` on other hosts. A request is written as `a/feed`, or `a/feed | "tag" | date` with what was sent along.

#[path = "polling/conditional.rs"]
mod conditional;
#[path = "polling/forbidden.rs"]
mod forbidden;
#[path = "polling/options.rs"]
mod options;
#[path = "polling/redirects.rs"]
mod redirects;
#[path = "polling/refusals.rs"]
mod refusals;
#[path = "polling/sitemaps.rs"]
mod sitemaps;
#[path = "polling/spacing.rs"]
mod spacing;
#[path = "polling/standstill.rs"]
mod standstill;
#[path = "polling/wishes.rs"]
mod wishes;

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use sqlx::AssertSqlSafe;
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;
use wireroom::archive::Archive;
use wireroom::config::Config;
use wireroom::feed_list;
use wireroom::fetch::Fetcher;
use wireroom::http::Health;
use wireroom::pipeline::{Knowledge, Mode, Parts, Pipeline};
use wireroom::store::{FeedOrigin, Scope, Store};
use wireroom::telemetry::Metrics;

use crate::support::authority::{Authority, authority};
use crate::support::database::TestDatabase;
use crate::support::server::{Asked, Exchange, Server, Step, answer};

/// A feed and its site.
pub struct Case {
    name: &'static str,
    options: &'static str,
    rounds: Vec<Round>,
}

/// One poll.
#[derive(Default)]
pub struct Round {
    before: &'static str,
    site: Vec<(&'static str, Vec<Step>)>,
    asks: Vec<&'static str>,
    is: &'static str,
    then: Vec<String>,
    rests: bool,
}

/// A case; its feed is `a/feed`.
pub fn case(name: &'static str, rounds: impl IntoIterator<Item = Round>) -> Case {
    Case { name, options: "", rounds: rounds.into_iter().collect() }
}

impl Case {
    /// With these lines below `[feeds.options]`.
    pub fn with(self, options: &'static str) -> Self {
        Self { options, ..self }
    }
}

/// A round in which the site answers as before.
pub fn round() -> Round {
    Round::default()
}

/// A round in which the feed's address answers this from now on.
pub fn feed_answers(steps: Vec<Step>) -> Round {
    round().site("a/feed", steps)
}

impl Round {
    /// What an address answers from now on.
    pub fn site(mut self, address: &'static str, steps: Vec<Step>) -> Self {
        self.site.push((address, steps));
        self
    }

    /// What time has done to the feed's row: the `set` of an `update`.
    pub fn before(mut self, set: &'static str) -> Self {
        self.before = set;
        self
    }

    /// The request the poll makes; several calls for several requests.
    pub fn asks(mut self, request: &'static str) -> Self {
        self.asks.push(request);
        self
    }

    /// What comes of it.
    pub fn is(mut self, outcome: &'static str) -> Self {
        self.is = outcome;
        self
    }

    /// What is true of the feed's row afterwards.
    pub fn then(mut self, condition: impl Into<String>) -> Self {
        self.then.push(condition.into());
        self
    }

    /// The feed is not made due: it waits as it decided to.
    pub fn rests(mut self) -> Self {
        self.rests = true;
        self
    }
}

/// A feed with these items, all of long ago, so that no page is fetched.
pub fn rss(items: &[&str]) -> String {
    let items: String = items
        .iter()
        .map(|item| {
            format!(
                "<item><title>{item}</title><guid isPermaLink=\"false\">{item}</guid><link>http://pages.example/{item}</link>\
                 <pubDate>Wed, 01 Jan 2020 10:00:00 GMT</pubDate></item>"
            )
        })
        .collect();
    format!("<rss version=\"2.0\"><channel><title>Feed</title>{items}</channel></rss>")
}

/// 200 with these headers and items.
pub fn ok(headers: &[&str], items: &[&str]) -> Vec<Step> {
    answer("200 OK", headers, rss(items))
}

/// 304 with these headers.
pub fn unchanged(headers: &[&str]) -> Vec<Step> {
    answer("304 Not Modified", headers, "")
}

/// A news sitemap with one article of today.
pub fn news_sitemap() -> String {
    format!(
        "<urlset xmlns=\"http://www.sitemaps.org/schemas/sitemap/0.9\" \
         xmlns:news=\"http://www.google.com/schemas/sitemap-news/0.9\"><url><loc>http://pages.example/x</loc><news:news>\
         <news:publication><news:name>Paper</news:name><news:language>en</news:language></news:publication>\
         <news:publication_date>{}</news:publication_date><news:title>Quay closed</news:title></news:news></url></urlset>",
        chrono::Utc::now().to_rfc3339()
    )
}

type Script = Arc<Mutex<HashMap<String, Vec<Step>>>>;

/// A server, a database and the daemon's parts.
pub struct Stage {
    pub database: TestDatabase,
    pub store: Store,
    pub server: Server,
    pub config: Config,
    pub fetcher: Fetcher,
    script: Script,
    pages: PathBuf,
    /// Where in the ledger each round began.
    marks: Vec<usize>,
}

impl Stage {
    /// For these hosts, none of which has anything yet.
    pub async fn new(name: &str, hosts: &[String], configure: impl FnOnce(&mut Config)) -> Self {
        Self::serving(name, hosts, None, configure).await
    }

    /// The same, and the hosts speak TLS, too. The authority that vouches for them is trusted.
    pub async fn with_tls(name: &str, hosts: &[String]) -> Self {
        let Authority { file, tls } = authority(name, hosts);
        Self::serving(name, hosts, Some(tls), |config| config.fetch.extra_ca = Some(file)).await
    }

    async fn serving(
        name: &str,
        hosts: &[String],
        tls: Option<TlsAcceptor>,
        configure: impl FnOnce(&mut Config),
    ) -> Self {
        let script = Script::default();
        let scripted = script.clone();
        let steps = move |asked: &Asked| {
            scripted.lock().unwrap().get(&place(asked)).cloned().unwrap_or_else(|| answer("404 Not Found", &[], ""))
        };
        let server = match tls {
            Some(tls) => Server::start_tls(tls, steps).await,
            None => Server::start(steps).await,
        };
        let mut config = Config::default();
        config.fetch.allow_networks = vec!["127.0.0.0/8".parse().unwrap()];
        config.fetch.resolve = hosts.iter().map(|host| (host.clone(), server.address)).collect();
        config.fetch.host_delay = Duration::from_millis(1);
        config.fetch.host_concurrency = 1;
        config.fetch.read_timeout = Duration::from_secs(2);
        config.poll.starts_per_second = 1000;
        configure(&mut config);
        let database = TestDatabase::new().await;
        let store = Store::connect(database.connect_options(), &config.database, &config.pipeline).await.unwrap();
        store.migrate().await.unwrap();
        let pages = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("polling-{name}-{}", std::process::id()));
        let fetcher = Fetcher::new(&config.fetch).unwrap();
        Self { database, store, server, config, fetcher, script, pages, marks: Vec::new() }
    }

    /// Takes a feed list.
    pub async fn list(&self, toml: &str) {
        let list = feed_list::read(toml).unwrap();
        assert_eq!(list.rejected, [], "{toml}");
        self.store.sync_feed_list(&list.feeds, FeedOrigin::File).await.unwrap();
    }

    /// What an address, `host/path`, answers from now on.
    pub fn site(&self, address: &str, steps: Vec<Step>) {
        self.script.lock().unwrap().insert(address.to_owned(), steps);
    }

    /// Polls what is due; gives what was asked.
    pub async fn round(&mut self) -> Vec<Exchange> {
        self.marks.push(self.server.exchanges().len());
        let parts = Parts {
            store: self.store.clone(),
            fetcher: self.fetcher.clone(),
            archive: Archive::open(&self.pages).unwrap(),
            knowledge: Knowledge::builtin(),
            config: self.config.clone(),
            metrics: Metrics::default(),
            health: Health::default(),
            scope: Scope::Daemon,
        };
        Pipeline::new(parts).run(Mode::Once, CancellationToken::new()).await;
        self.server.exchanges().split_off(*self.marks.last().unwrap())
    }

    /// Changes the row of a feed.
    pub async fn update(&self, url: &str, set: &str) {
        let statement = format!("update feeds set {set} where feed_id = {}", self.feed(url).await);
        sqlx::query(AssertSqlSafe(statement)).execute(self.database.pool()).await.unwrap();
    }

    /// Whether this is true of the row of a feed.
    pub async fn is_true(&self, url: &str, condition: &str) -> bool {
        let query =
            format!("select coalesce(({condition}), false) from feeds where feed_id = {}", self.feed(url).await);
        sqlx::query_scalar(AssertSqlSafe(query)).fetch_one(self.database.pool()).await.unwrap()
    }

    /// A text of the row of a feed.
    pub async fn text(&self, url: &str, expression: &str) -> String {
        let query = format!("select ({expression})::text from feeds where feed_id = {}", self.feed(url).await);
        let text: Option<String> =
            sqlx::query_scalar(AssertSqlSafe(query)).fetch_one(self.database.pool()).await.unwrap();
        text.unwrap_or_else(|| "null".to_owned())
    }

    /// The feed listed under an address, wherever it is now.
    async fn feed(&self, url: &str) -> i64 {
        sqlx::query_scalar(
            "select feed_id from feeds where url = $1 union all select feed_id from feed_addresses where url = $1 limit 1",
        )
        .bind(url)
        .fetch_one(self.database.pool())
        .await
        .unwrap_or_else(|error| panic!("{url}: {error}"))
    }

    /// What was asked so far that nobody may ask. `secrets`: a text, and the host that may see it.
    pub fn forbidden(&self, secrets: &[(&str, &str)]) -> Vec<String> {
        let ledger = self.server.exchanges();
        let rounds = ledger.into_iter().enumerate().map(|(at, exchange)| {
            let round = self.marks.iter().filter(|mark| **mark <= at).count();
            (round, exchange)
        });
        forbidden::check(&rounds.collect::<Vec<_>>(), secrets)
    }
}

/// `host/path` of a request, also of one to a proxy; `host:443/path` of one by TLS.
fn place(asked: &Asked) -> String {
    match asked.path.strip_prefix("http://") {
        Some(rest) => rest.to_owned(),
        None if asked.secure => format!("{}:443{}", asked.header("host").unwrap_or_default(), asked.path),
        None => format!("{}{}", asked.header("host").unwrap_or_default(), asked.path),
    }
}

/// The hosts of the `n`th case.
fn hosts(n: usize) -> [(&'static str, String); 4] {
    [
        ("www.a/", format!("www.case{n}.example/")),
        ("a/", format!("case{n}.example/")),
        ("b/", format!("case{n}.test/")),
        ("c/", format!("case{n}.invalid/")),
    ]
}

/// `host/path` of a short address.
fn long(n: usize, short: &str) -> String {
    let found = hosts(n).into_iter().find_map(|(alias, host)| Some(host + short.strip_prefix(alias)?));
    found.unwrap_or_else(|| panic!("{short} is no address"))
}

/// Steps with the short addresses in them written long: `http://b/feed`.
fn spelled(n: usize, steps: &[Step]) -> Vec<Step> {
    let spelled = |bytes: &[u8]| {
        let Ok(mut text) = String::from_utf8(bytes.to_vec()) else { return bytes.to_vec() };
        for (alias, host) in hosts(n) {
            text = text.replace(&format!("http://{alias}"), &format!("http://{host}"));
        }
        text.into_bytes()
    };
    let steps =
        steps.iter().map(|step| if let Step::Send(bytes) = step { Step::Send(spelled(bytes)) } else { step.clone() });
    steps.collect()
}

/// A request in the notation of the tables.
fn shown(n: usize, exchange: &Exchange) -> String {
    let mut shown = place(&exchange.asked);
    for (alias, host) in hosts(n) {
        if let Some(rest) = shown.strip_prefix(&host) {
            shown = format!("{alias}{rest}");
            break;
        }
    }
    let sent = ["if-none-match", "if-modified-since"].map(|name| exchange.asked.header(name));
    if sent.iter().any(Option::is_some) {
        for value in sent {
            shown.push_str(" | ");
            shown.push_str(value.unwrap_or("-"));
        }
    }
    shown
}

/// Runs a table of cases and the checker over them all.
pub async fn conformance(name: &str, cases: &[Case]) {
    let mut names: Vec<String> =
        (0..cases.len()).flat_map(hosts).map(|(_, host)| host.trim_end_matches('/').to_owned()).collect();
    // Where the entries of today lead; no page is there.
    names.push("pages.example".to_owned());
    let mut stage = Stage::new(name, &names, |_| {}).await;
    let feeds: Vec<String> = (0..cases.len()).map(|n| format!("http://{}", long(n, "a/feed"))).collect();
    let list = cases.iter().zip(&feeds).map(|(case, url)| {
        let options =
            if case.options.is_empty() { String::new() } else { format!("[feeds.options]\n{}\n", case.options) };
        format!("[[feeds]]\nurl = \"{url}\"\n{options}")
    });
    stage.list(&list.collect::<String>()).await;
    let mut wrong = Vec::new();
    for turn in 0..cases.iter().map(|case| case.rounds.len()).max().unwrap_or(0) {
        for (n, case) in cases.iter().enumerate() {
            match case.rounds.get(turn) {
                Some(round) => {
                    for (address, steps) in &round.site {
                        stage.site(&long(n, address), spelled(n, steps));
                    }
                    if !round.before.is_empty() {
                        stage.update(&feeds[n], round.before).await;
                    }
                    if !round.rests {
                        stage.update(&feeds[n], "next_poll_at = now()").await;
                    }
                }
                None => stage.update(&feeds[n], "next_poll_at = now() + interval '1 day'").await,
            }
        }
        let asked = stage.round().await;
        for (n, case) in cases.iter().enumerate() {
            let Some(round) = case.rounds.get(turn) else { continue };
            let own: Vec<String> = hosts(n).into_iter().map(|(_, host)| host).collect();
            let requests: Vec<String> = asked
                .iter()
                .filter(|exchange| own.iter().any(|host| place(&exchange.asked).starts_with(host)))
                .map(|exchange| shown(n, exchange))
                .collect();
            let mut fault = |what: String| wrong.push(format!("{}, round {}: {what}", case.name, turn + 1));
            if requests != round.asks {
                fault(format!("asked {requests:?}, not {:?}", round.asks));
            }
            if !round.is.is_empty() {
                let outcome = stage.text(&feeds[n], "last_outcome").await;
                let detail = stage.text(&feeds[n], "last_detail").await;
                if outcome != round.is {
                    fault(format!("{outcome} ({detail}), not {}", round.is));
                }
            }
            for condition in &round.then {
                if !stage.is_true(&feeds[n], condition).await {
                    let row = stage.text(&feeds[n], "to_jsonb(feeds)").await;
                    fault(format!("not true: {condition}\n    {row}"));
                }
            }
        }
    }
    wrong.extend(stage.forbidden(&[]));
    assert!(wrong.is_empty(), "{} faults:\n{}", wrong.len(), wrong.join("\n"));
}
