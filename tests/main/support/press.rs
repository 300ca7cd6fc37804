//! A paper of one feed on loopback, which grows, and the real pipeline that reads it.

use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio_util::sync::CancellationToken;
use wireroom::archive::Archive;
use wireroom::config::Config;
use wireroom::fetch::Fetcher;
use wireroom::http::Health;
use wireroom::pipeline::{Knowledge, Mode, Parts, Pipeline, Summary};
use wireroom::store::{FeedOrigin, Scope, Store};
use wireroom::telemetry::Metrics;

use super::database::TestDatabase;
use super::server::{Server, answer, page};

/// A store on a database of its own.
pub async fn store(database: &TestDatabase) -> Store {
    let config = Config::default();
    let store = Store::connect(database.connect_options(), &config.database, &config.pipeline).await.unwrap();
    store.migrate().await.unwrap();
    store
}

/// Three paragraphs of a story like no other.
pub fn story(n: usize) -> Vec<String> {
    let town = ["Ellery", "Marrow", "Saltwick", "Dunmore", "Tarn", "Oxley", "Penrith", "Quillon", "Rusk", "Velm"];
    let thing = ["bridge", "school", "ferry", "mill", "library", "orchard", "tunnel", "theatre", "well", "market"];
    let (town, thing) = (town[n % 10], thing[(n / 10 + n) % 10]);
    vec![
        format!(
            "The {thing} of {town} number {n} was opened on Monday by the mayor, who thanked all {n} builders for their work."
        ),
        format!(
            "It had been closed for {n} weeks after a storm, and people of {town} had to go round by the old road along the coast."
        ),
        format!(
            "The council of {town} paid {n} thousand for the {thing} and will look at it again in the spring of next year."
        ),
    ]
}

/// A headline that shares no word with its neighbours'.
pub fn headline(n: usize) -> String {
    let words = [
        "Gale", "Harvest", "Lantern", "Meadow", "Nectar", "Opal", "Prairie", "Quarry", "Ribbon", "Saddle", "Thicket",
        "Umbrella",
    ];
    format!("{} {}{n}", words[n % 12], words[(n * 5 + n / 12 + 1) % 12])
}

/// A page with a headline and paragraphs.
pub fn page_of(title: &str, paragraphs: &[String]) -> String {
    let body: String = paragraphs.iter().map(|text| format!("<p>{text}</p>")).collect();
    format!("<html><head><title>{title}</title></head><body><article><h1>{title}</h1>{body}</article></body></html>")
}

/// The paper.
pub struct Press {
    server: Server,
    listed: Arc<AtomicUsize>,
    data: PathBuf,
}

impl Press {
    /// Opens a paper whose article `n` has these paragraphs; none is listed yet.
    pub async fn open(name: &str, paragraphs: impl Fn(usize) -> Vec<String> + Send + Sync + 'static) -> Self {
        let listed: Arc<AtomicUsize> = Arc::default();
        let count = listed.clone();
        let server = Server::start(move |asked| match asked.path.as_str() {
            "/feed" => {
                let host = asked.header("host").unwrap_or_default();
                let items: String = (0..count.load(Ordering::SeqCst))
                    .map(|n| format!("<item><title>{}</title><link>http://{host}/story-{n}</link></item>", headline(n)))
                    .collect();
                let feed = format!("<rss version=\"2.0\"><channel><title>Ellery Post</title>{items}</channel></rss>");
                answer("200 OK", &["Content-Type: application/rss+xml"], feed)
            }
            path => match path.strip_prefix("/story-").and_then(|n| n.parse().ok()) {
                Some(n) => page(&page_of(&headline(n), &paragraphs(n))),
                None => answer("404 Not Found", &[], ""),
            },
        })
        .await;
        let data = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("press-{name}-{}", std::process::id()));
        std::fs::remove_dir_all(&data).ok();
        Self { server, listed, data }
    }

    /// The paper as a source.
    pub fn domain(&self) -> String {
        self.server.address.to_string()
    }

    /// The folder its pages are kept below.
    pub fn data_dir(&self) -> &std::path::Path {
        &self.data
    }

    /// Adds its feed.
    pub async fn list(&self, store: &Store) {
        let list = format!("[[feeds]]\nurl = \"http://{}/feed\"\n", self.server.address);
        let list = wireroom::feed_list::read(&list).unwrap();
        store.sync_feed_list(&list.feeds, FeedOrigin::Command).await.unwrap();
    }

    /// Lists so many articles in all.
    pub fn publish(&self, articles: usize) {
        self.listed.store(articles, Ordering::SeqCst);
    }

    /// Polls and reads everything once.
    pub async fn round(&self, store: &Store) -> Summary {
        store.make_due(Scope::Daemon).await.unwrap();
        let mut config = Config::default();
        config.fetch.allow_networks = vec![self.server.address.ip().into()];
        config.fetch.host_delay = Duration::from_millis(1);
        let parts = Parts {
            store: store.clone(),
            fetcher: Fetcher::new(&config.fetch).unwrap(),
            archive: Archive::open(&self.data.join("pages")).unwrap(),
            knowledge: Knowledge::builtin(),
            config,
            metrics: Metrics::default(),
            health: Health::default(),
            scope: Scope::Daemon,
        };
        Pipeline::new(parts).run(Mode::Once, CancellationToken::new()).await
    }

    /// Runs the program on the paper's database and data folder; gives what it prints.
    pub fn wireroom(&self, database: &TestDatabase, arguments: &[&str]) -> String {
        let done = self.command(database, arguments).output().unwrap();
        assert!(done.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&done.stderr));
        String::from_utf8(done.stdout).unwrap()
    }

    /// The program with its surroundings, to be run otherwise.
    pub fn command(&self, database: &TestDatabase, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_wireroom"));
        command.args(arguments).env("DATABASE_URL", database.url()).env("WIREROOM__DATA_DIR", &self.data);
        command
    }
}
