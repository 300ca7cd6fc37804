//! The bundled newspaper through the real pipeline into a real database.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::time::Duration;

use chrono::{DateTime, Utc};
use tokio_util::sync::CancellationToken;
use wireroom::archive::Archive;
use wireroom::config::Config;
use wireroom::demo::{self, Newspaper, Outcome, Serving};
use wireroom::fetch::Fetcher;
use wireroom::http::Health;
use wireroom::identity::{self, UrlKey};
use wireroom::pipeline::reprocess::Outcome::{Changed, Lost, Refused, Same};
use wireroom::pipeline::reprocess::{Order, Reprocess};
use wireroom::pipeline::{Knowledge, Mode, Parts, Pipeline, Summary};
use wireroom::store::{FeedOrigin, Scope, Store};
use wireroom::telemetry::Metrics;

use crate::support::database::TestDatabase;

struct Press {
    serving: Serving,
    stop: CancellationToken,
    pages: std::path::PathBuf,
}

impl Press {
    async fn open(name: &str) -> Self {
        let base: DateTime<Utc> = "2026-05-20T18:00:00Z".parse().unwrap();
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let stop = CancellationToken::new();
        let serving = demo::serve(Newspaper::new(base), listener, stop.clone()).unwrap();
        let pages =
            std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("pages-{name}-{}", std::process::id()));
        Self { serving, stop, pages }
    }

    fn config(&self) -> Config {
        let mut config = Config::default();
        let address: SocketAddr = self.serving.address();
        config.fetch.resolve = self.serving.resolve();
        config.fetch.allow_networks = vec![address.ip().into()];
        config.fetch.host_delay = Duration::from_millis(2);
        config.poll.entry_age_max = None;
        config
    }

    async fn round(&self, store: &Store) -> Summary {
        let config = self.config();
        let parts = Parts {
            store: store.clone(),
            fetcher: Fetcher::new(&config.fetch).unwrap(),
            archive: Archive::open(&self.pages).unwrap(),
            knowledge: Knowledge::builtin(),
            config,
            metrics: Metrics::default(),
            health: Health::default(),
            scope: Scope::Demo,
        };
        Pipeline::new(parts).run(Mode::Once, CancellationToken::new()).await
    }
}

async fn store(database: &TestDatabase) -> Store {
    let config = Config::default();
    let store = Store::connect(database.connect_options(), &config.database, &config.pipeline).await.unwrap();
    store.migrate().await.unwrap();
    store
}

/// What an article is for a reader: its headline and its text, by the key of its address.
async fn articles(database: &TestDatabase) -> HashMap<UrlKey, (Option<String>, String)> {
    let rows: Vec<(String, Option<String>, String)> =
        sqlx::query_as("select t.url, a.title, a.text from tasks t join articles a using (article_id)")
            .fetch_all(database.pool())
            .await
            .unwrap();
    rows.into_iter().map(|(url, title, text)| (key(&url), (title, text))).collect()
}

/// One address under any tracking parameter has one key.
fn key(url: &str) -> UrlKey {
    identity::url_key(&url.parse().unwrap())
}

async fn count(database: &TestDatabase, query: &'static str) -> i64 {
    sqlx::query_scalar(query).fetch_one(database.pool()).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_listed_address_becomes_what_the_newspaper_says() {
    let database = TestDatabase::new().await;
    let store = store(&database).await;
    let press = Press::open("whole").await;
    store.sync_feed_list(&press.serving.newspaper().feeds(), FeedOrigin::Demo).await.unwrap();
    press.round(&store).await;

    let found = articles(&database).await;
    let mut wrong = Vec::new();
    let expected = press.serving.newspaper().expected();
    assert!(expected.len() >= 44, "{} addresses", expected.len());
    let mut stories = 0_i64;
    for item in &expected {
        match &item.outcome {
            Outcome::Article(story) | Outcome::FeedText(story) => {
                stories += 1;
                let Some((title, text)) = found.get(&key(&item.url)) else {
                    wrong.push(format!("{}: no article", item.url));
                    continue;
                };
                if title.as_deref() != Some(&story.title) {
                    wrong.push(format!("{}: headline {title:?}, not {:?}", item.url, story.title));
                }
                for (what, sentence) in [("first", &story.first_sentence), ("last", &story.last_sentence)] {
                    if !text.contains(sentence.as_str()) {
                        wrong.push(format!("{}: the {what} sentence is missing: {sentence}", item.url));
                    }
                }
                for furniture in item.must_not_contain.iter().filter(|f| text.contains(f.as_str())) {
                    wrong.push(format!("{}: furniture: {furniture}", item.url));
                }
            }
            Outcome::Refused(_) => {
                if found.contains_key(&key(&item.url)) {
                    wrong.push(format!("{}: an article, but it should be refused", item.url));
                }
            }
            // Under a tracking parameter or a second feed it is one task, or a second task with the first's article.
            Outcome::DuplicateOf(_) => {}
        }
    }
    assert!(wrong.is_empty(), "{} of {stories} stories:\n{}", wrong.len(), wrong.join("\n"));
    let distinct = count(&database, "select count(distinct article_id) from tasks where article_id is not null").await;
    assert_eq!(distinct, count(&database, "select count(*) from articles").await);
    assert_eq!(distinct, stories, "one article a story, duplicates none");
    assert_eq!(count(&database, "select count(*) from tasks where state in (0, 1)").await, 0);
    assert_eq!(count(&database, "select count(*) from tasks where state = 3 and reason is null").await, 0);
    assert!(count(&database, "select count(*) from pages").await >= distinct - 2);
    assert!(count(&database, "select count(*) from quotes where entity_id is not null").await > 20);

    // What was stored is what the stored pages give again.
    let order = Order { all: true, ..Order::default() };
    let mut again = Reprocess::new(store.clone(), &press.pages, Knowledge::builtin(), order);
    let mut same = 0;
    while let Some(revisions) = again.next().await.unwrap() {
        for revision in revisions {
            let url = &revision.stored.url;
            match revision.outcome {
                Same => same += 1,
                Changed { difference, .. } => panic!("{url} differs: {difference:?}"),
                Refused { reason, .. } | Lost { reason, .. } => panic!("{url}: {reason}"),
            }
        }
    }
    assert_eq!(same, stories);
    press.stop.cancel();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_round_costs_conditional_requests_and_keeps_the_edit() {
    let database = TestDatabase::new().await;
    let store = store(&database).await;
    let press = Press::open("twice").await;
    store.sync_feed_list(&press.serving.newspaper().feeds(), FeedOrigin::Demo).await.unwrap();
    press.round(&store).await;
    let before = count(&database, "select count(*) from articles").await;
    let asked = press.serving.ledger().len();

    store.make_due(Scope::Demo).await.unwrap();
    let calm = press.round(&store).await;
    let ledger = press.serving.ledger();
    let again = ledger.get(asked..).unwrap();
    assert_eq!(calm.articles_new + calm.articles_edited, 0);
    assert!(again.iter().filter(|l| l.status == 304).count() >= 6, "{again:?}");
    assert!(again.iter().filter(|l| l.status == 200).all(|l| !l.path_and_query.contains("/story/")), "{again:?}");

    press.serving.publish_edit();
    store.make_due(Scope::Demo).await.unwrap();
    let edited = press.round(&store).await;
    assert_eq!((edited.articles_new, edited.articles_edited), (0, 1));
    assert_eq!(count(&database, "select count(*) from articles").await, before);
    assert_eq!(count(&database, "select count(*) from article_versions").await, 1);
    assert_eq!(count(&database, "select count(*) from articles where version = 2").await, 1);

    let removed = store.remove_demo().await.unwrap();
    assert_eq!(i64::try_from(removed.articles).unwrap(), before);
    for left in ["select count(*) from articles", "select count(*) from entities", "select count(*) from tasks"] {
        assert_eq!(count(&database, left).await, 0, "{left}");
    }
    press.stop.cancel();
}

#[tokio::test(flavor = "multi_thread")]
async fn two_daemons_on_one_database_do_the_work_of_one() {
    let database = TestDatabase::new().await;
    let store = store(&database).await;
    let press = Press::open("pair").await;
    store.sync_feed_list(&press.serving.newspaper().feeds(), FeedOrigin::Demo).await.unwrap();
    let (one, two) = tokio::join!(press.round(&store), press.round(&store));
    assert_eq!(one.leases_lost + two.leases_lost, 0);
    let stories = press.serving.newspaper().expected();
    let stories = stories.iter().filter(|e| matches!(e.outcome, Outcome::Article(_) | Outcome::FeedText(_))).count();
    assert_eq!(count(&database, "select count(*) from articles").await, i64::try_from(stories).unwrap());
    let mut pages: HashMap<String, u32> = HashMap::new();
    for line in press.serving.ledger().iter().filter(|l| l.status == 200) {
        *pages.entry(format!("{}{}", line.host, line.path_and_query)).or_default() += 1;
    }
    let twice: Vec<_> = pages.iter().filter(|(page, n)| **n > 1 && !page.ends_with("robots.txt")).collect();
    assert!(twice.is_empty(), "fetched twice: {twice:?}");
    press.stop.cancel();
}
