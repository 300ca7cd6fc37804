//! The pipeline against the hub: discovery, verification, pushes, renewal, denial, leaving.

use std::time::Duration;

use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use wireroom::archive::Archive;
use wireroom::config::Config;
use wireroom::fetch::Fetcher;
use wireroom::http::{self, Health};
use wireroom::pipeline::{Knowledge, Mode, Parts, Pipeline, Summary};
use wireroom::store::{FeedOrigin, PushSummary, Scope, Store};
use wireroom::telemetry::Metrics;

use super::hub::{CHALLENGE, Hub, Manner, Request, get, post, signed};
use crate::support::database::TestDatabase;

/// A daemon with its callback port, a hub, a database.
pub struct World {
    pub database: TestDatabase,
    pub store: Store,
    pub hub: Hub,
    pub metrics: Metrics,
    stop: CancellationToken,
    daemon: JoinHandle<Summary>,
}

/// A subscription as it is stored.
#[derive(Debug, Clone, PartialEq, sqlx::FromRow)]
pub struct Row {
    pub path_token: String,
    pub feed_id: Option<i64>,
    pub topic: String,
    pub secret: String,
    pub signed: bool,
    pub state: String,
    pub failures: i32,
    pub pushes: i64,
    pub detail: Option<String>,
    pub next_ask_in: f64,
}

impl World {
    pub async fn new(name: &str) -> Self {
        Self::with(name, |_, _| {}).await
    }

    pub async fn with(name: &str, change: impl FnOnce(&mut Config, &Hub)) -> Self {
        let database = TestDatabase::new().await;
        let hub = Hub::start().await;
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let mut config = Config::default();
        config.push.callback_url = Some(format!("http://{}/in/", listener.local_addr().unwrap()).parse().unwrap());
        config.push.listen = listener.local_addr().ok();
        config.fetch.allow_networks = vec!["127.0.0.0/8".parse().unwrap()];
        config.fetch.host_delay = Duration::from_millis(1);
        config.fetch.robots = false;
        config.poll.entry_age_max = Some(Duration::from_hours(1));
        config.poll.interval_min = Duration::from_millis(50);
        change(&mut config, &hub);
        let store = Store::connect(database.connect_options(), &config.database, &config.pipeline).await.unwrap();
        store.migrate().await.unwrap();
        sqlx::raw_sql(SELDOM).execute(database.pool()).await.unwrap();
        let pages =
            std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("pages-push-{name}-{}", std::process::id()));
        let metrics = Metrics::default();
        let pipeline = Pipeline::new(Parts {
            store: store.clone(),
            fetcher: Fetcher::new(&config.fetch).unwrap(),
            archive: Archive::open(&pages).unwrap(),
            knowledge: Knowledge::builtin(),
            config,
            metrics: metrics.clone(),
            health: Health::default(),
            scope: Scope::Daemon,
        });
        let stop = CancellationToken::new();
        tokio::spawn(http::callback::serve(listener, pipeline.callbacks().unwrap(), stop.clone()));
        let daemon = tokio::spawn(pipeline.run(Mode::Forever, stop.clone()));
        Self { database, store, hub, metrics, stop, daemon }
    }

    /// Adds a feed that is polled at once.
    pub async fn add(&self, url: &str) -> i64 {
        let list = wireroom::feed_list::read(&format!("[[feeds]]\nurl = \"{url}\"\n")).unwrap();
        self.store.sync_feed_list(&list.feeds, FeedOrigin::Command).await.unwrap();
        sqlx::query_scalar("update feeds set next_poll_at = now() where url = $1 returning feed_id")
            .bind(url)
            .fetch_one(self.database.pool())
            .await
            .unwrap()
    }

    /// Adds a feed that names the hub, and waits until the hub has verified.
    pub async fn subscribed(&self, path: &str) -> Row {
        let own = self.hub.url(path);
        self.hub.publish(path, feed(&[], Some((&self.hub.url("/hub"), &own))), &[]);
        let feed_id = self.add(&own).await;
        self.state(feed_id, "active").await
    }

    pub async fn rows(&self) -> Vec<Row> {
        sqlx::query_as(
            "select path_token, feed_id, topic, secret, signed, state, failures, pushes, detail,
                    extract(epoch from next_ask_at - now())::float8 as next_ask_in
               from subscriptions order by asked_at",
        )
        .fetch_all(self.database.pool())
        .await
        .unwrap()
    }

    pub async fn row(&self, feed_id: i64) -> Option<Row> {
        self.rows().await.into_iter().find(|row| row.feed_id == Some(feed_id))
    }

    pub async fn state(&self, feed_id: i64, state: &str) -> Row {
        until(state, async || self.row(feed_id).await.filter(|row| row.state == state)).await
    }

    pub async fn count(&self, query: &'static str) -> i64 {
        sqlx::query_scalar(query).fetch_one(self.database.pool()).await.unwrap()
    }

    /// The titles of a feed's entries, sorted.
    pub async fn titles(&self, feed_id: i64) -> Vec<String> {
        sqlx::query_scalar("select title from entries where feed_id = $1 order by title")
            .bind(feed_id)
            .fetch_all(self.database.pool())
            .await
            .unwrap()
    }

    pub async fn listed(&self, feed_id: i64, titles: &[&str]) {
        until(&format!("{titles:?}"), async || (self.titles(feed_id).await == titles).then_some(())).await;
    }

    /// The callback address the hub was given for a topic.
    pub fn callback(&self, topic: &str) -> String {
        let requests = self.hub.requests();
        requests.iter().rev().find(|r| r.get("hub.topic") == topic).unwrap().get("hub.callback").to_owned()
    }

    pub async fn push(&self, row: &Row, titles: &[&str]) -> u16 {
        let body = feed(titles, None);
        let headers = ["Content-Type: application/rss+xml", &signed(&row.secret, body.as_bytes())];
        post(&self.callback(&row.topic), &headers, body.as_bytes()).await.status
    }

    pub async fn request(&self, matching: impl Fn(&Request) -> bool) -> Request {
        until("a request to the hub", async || self.hub.requests().into_iter().rev().find(|r| matching(r))).await
    }

    pub async fn close(self) {
        self.stop.cancel();
        self.daemon.await.unwrap();
        self.store.close().await;
    }
}

/// Whatever the schedule says, a feed that was polled is due in a day: what comes before came by a push.
const SELDOM: &str = "create function seldom() returns trigger language plpgsql as
     $$ begin new.next_poll_at := now() + interval '1 day'; return new; end $$;
     create trigger seldom before update on feeds for each row
     when (new.last_polled_at is distinct from old.last_polled_at) execute function seldom();";

pub async fn until<T>(what: &str, mut look: impl AsyncFnMut() -> Option<T>) -> T {
    for _ in 0..1200 {
        if let Some(found) = look().await {
            return found;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("never seen: {what}");
}

/// An RSS document, with links to a hub and to itself. Its items are too old to be fetched, so that it stays at the feed.
pub fn feed(titles: &[&str], hub: Option<(&str, &str)>) -> String {
    let items: String = titles
        .iter()
        .map(|title| {
            format!(
                "<item><title>{title}</title><link>https://press.example/{title}</link><guid>{title}</guid>\
                 <pubDate>Mon, 05 Jan 2015 10:00:00 GMT</pubDate></item>"
            )
        })
        .collect();
    let links = hub.map_or(String::new(), |(hub, own)| {
        format!("<atom:link rel=\"hub\" href=\"{hub}\"/><atom:link rel=\"self\" href=\"{own}\"/>")
    });
    format!(
        "<rss version=\"2.0\" xmlns:atom=\"http://www.w3.org/2005/Atom\"><channel><title>Press</title>{links}{items}\
         </channel></rss>"
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hub_is_found_in_the_document_verified_and_heard() {
    let world = World::new("heard").await;
    let row = world.subscribed("/feed").await;
    let request = world.request(|r| r.verified.is_some()).await;
    assert_eq!(request.get("hub.mode"), "subscribe");
    assert_eq!(request.get("hub.topic"), world.hub.url("/feed"));
    assert_eq!(request.get("hub.lease_seconds"), "864000");
    assert_eq!(request.get("hub.secret"), row.secret);
    assert!(request.get("hub.callback").ends_with(&row.path_token) && row.path_token.len() == 64);
    let verified = request.verified.unwrap();
    assert_eq!((verified.status, verified.body.as_str()), (200, CHALLENGE));
    assert!(verified.head.contains("content-type: text/plain"), "{}", verified.head);
    assert!(verified.head.contains("x-content-type-options: nosniff"), "{}", verified.head);

    sqlx::query("update feeds set etag = '\"kept\"'").execute(world.database.pool()).await.unwrap();
    let before: String = sqlx::query_scalar("select next_poll_at::text || failures || last_polled_at from feeds")
        .fetch_one(world.database.pool())
        .await
        .unwrap();
    let feed_id = row.feed_id.unwrap();
    assert_eq!(world.push(&row, &["Flood", "Fire"]).await, 202);
    world.listed(feed_id, &["Fire", "Flood"]).await;
    assert_eq!(world.push(&row, &["Flood", "Frost"]).await, 202);
    world.listed(feed_id, &["Fire", "Flood", "Frost"]).await;

    let after: String = sqlx::query_scalar("select next_poll_at::text || failures || last_polled_at from feeds")
        .fetch_one(world.database.pool())
        .await
        .unwrap();
    assert_eq!(before, after, "a push leaves the schedule alone");
    assert_eq!(world.count("select count(*) from feeds where etag = '\"kept\"'").await, 1, "and the validators");
    let row = world.row(feed_id).await.unwrap();
    assert_eq!((row.pushes, row.failures, row.detail), (2, 0, None));
    assert_eq!(
        world.store.push_summary().await.unwrap(),
        PushSummary { active: 1, pushed_within_a_day: 1, ..PushSummary::default() }
    );
    let metrics = world.metrics.text();
    assert!(metrics.contains("wireroom_callbacks_total{outcome=\"accepted\"} 2"), "{metrics}");
    assert!(metrics.contains("wireroom_entries_pushed_total 3"), "{metrics}");
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hub_is_found_in_link_headers_and_the_feed_is_polled_all_the_same() {
    let world = World::new("headers").await;
    let (hub, topic) = (world.hub.url("/hub"), world.hub.url("/topic"));
    let link = format!("<{hub}>; rel=\"hub\", <{topic}>; rel=self");
    world.hub.publish("/feed", feed(&["Polled"], Some(("https://other.example/", "/x"))), &[("link", &link)]);
    let feed_id = world.add(&world.hub.url("/feed")).await;
    let row = world.state(feed_id, "active").await;
    assert_eq!(row.topic, topic);
    assert_eq!(world.push(&row, &["Pushed"]).await, 202);
    world.listed(feed_id, &["Polled", "Pushed"]).await;

    world.hub.publish("/feed", feed(&["Polled", "Late"], None), &[("link", &link)]);
    sqlx::query("update feeds set next_poll_at = now()").execute(world.database.pool()).await.unwrap();
    world.listed(feed_id, &["Late", "Polled", "Pushed"]).await;
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_hub_did_not_sign_is_ignored_and_subscriptions_do_not_mix() {
    let world = World::new("forged").await;
    let (one, two) = (world.subscribed("/one").await, world.subscribed("/two").await);
    assert_ne!(one.secret, two.secret);
    let callback = world.callback(&one.topic);
    let body = feed(&["Forged"], None);
    let by_two = signed(&two.secret, body.as_bytes());
    let of_another_body = signed(&one.secret, b"something else");
    for headers in
        [&[][..], &["X-Hub-Signature: sha256=00"], &["X-Hub-Signature: md5=00"], &[&by_two], &[&of_another_body]]
    {
        let answer = post(&callback, headers, body.as_bytes()).await;
        assert_eq!((answer.status, answer.body.as_str()), (202, ""), "{headers:?}");
    }
    // What came before has been dealt with when these are there.
    assert_eq!(world.push(&two, &["Two"]).await, 202);
    assert_eq!(world.push(&one, &["One"]).await, 202);
    world.listed(two.feed_id.unwrap(), &["Two"]).await;
    world.listed(one.feed_id.unwrap(), &["One"]).await;
    assert_eq!(world.row(one.feed_id.unwrap()).await.unwrap().pushes, 1);
    assert_eq!(world.count("select count(*) from subscriptions where poll_wanted_at is not null").await, 0);
    let metrics = world.metrics.text();
    assert!(metrics.contains("wireroom_callbacks_total{outcome=\"bad-signature\"} 5"), "{metrics}");
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lease_is_renewed_before_it_ends_under_the_same_secret() {
    let world = World::new("renewed").await;
    let row = world.subscribed("/feed").await;
    assert!(row.next_ask_in > 0.69 * 864_000.0 && row.next_ask_in < 0.81 * 864_000.0, "{}", row.next_ask_in);
    sqlx::query("update subscriptions set next_ask_at = now(), verified_at = now() - interval '7 days', asked_at = now() - interval '8 days'")
        .execute(world.database.pool())
        .await
        .unwrap();
    until("a renewal", async || (world.hub.requests().len() == 2).then_some(())).await;
    let requests = world.hub.requests();
    for key in ["hub.mode", "hub.topic", "hub.callback", "hub.secret"] {
        assert_eq!(requests[0].get(key), requests[1].get(key), "{key}");
    }
    let renewed = until("the renewal's verification", async || {
        world.row(row.feed_id.unwrap()).await.filter(|row| row.next_ask_in > 500_000.0)
    })
    .await;
    assert_eq!((renewed.state.as_str(), renewed.failures), ("active", 0));
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hub_that_says_no_is_asked_again_after_a_week() {
    let world = World::new("denied").await;
    world.hub.behave(Manner::Denies);
    let own = world.hub.url("/feed");
    world.hub.publish("/feed", feed(&["Polled"], Some((&world.hub.url("/hub"), &own))), &[]);
    let feed_id = world.add(&own).await;
    let row = world.state(feed_id, "denied").await;
    assert_eq!(row.detail.as_deref(), Some("the hub says no: we know no such topic"));
    assert!(row.next_ask_in > 6.0 * 86_400.0, "{}", row.next_ask_in);
    assert_eq!(world.push(&row, &["Pushed"]).await, 404);
    world.listed(feed_id, &["Polled"]).await;

    world.hub.behave(Manner::Verifies);
    sqlx::query("update subscriptions set next_ask_at = now()").execute(world.database.pool()).await.unwrap();
    let row = world.state(feed_id, "active").await;
    assert_eq!(row.detail, None);
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn hubs_that_fail_or_forget_are_asked_later_and_never_given_up() {
    let world = World::new("failing").await;
    let own = world.hub.url("/feed");
    world.hub.publish("/feed", feed(&[], Some((&world.hub.url("/hub"), &own))), &[]);
    world.hub.behave(Manner::Answers(503));
    let feed_id = world.add(&own).await;
    // The hub treats the request after as `next`.
    let check = async |detail: Option<&str>, failures: i32, hours: std::ops::Range<f64>, next: Manner| {
        let row = until(&format!("failure {failures}"), async || {
            // The five minutes are those for which it is being asked.
            world.row(feed_id).await.filter(|r| r.failures == failures && !(290.0..301.0).contains(&r.next_ask_in))
        })
        .await;
        assert_eq!((row.state.as_str(), row.detail.as_deref()), ("asked", detail));
        assert!(hours.contains(&(row.next_ask_in / 3600.0)), "{failures}: {} s", row.next_ask_in);
        world.hub.behave(next);
        sqlx::query("update subscriptions set next_ask_at = now()").execute(world.database.pool()).await.unwrap();
    };
    let (busy, refused) = ("the hub answered 503: as I am told", "the hub answered 400: as I am told");
    check(Some(busy), 1, 0.1..0.17, Manner::Answers(503)).await;
    check(Some(busy), 2, 0.25..0.34, Manner::Answers(400)).await;
    check(Some(refused), 3, 19.0..24.1, Manner::Forgets).await;
    check(None, 4, 6.0..8.1, Manner::Verifies).await;
    assert_eq!(world.state(feed_id, "active").await.failures, 0);
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_feed_that_is_removed_or_paused_or_given_a_proxy_is_left_at_its_hub() {
    let world = World::new("left").await;
    let (one, two) = (world.subscribed("/one").await, world.subscribed("/two").await);
    let three = world.subscribed("/three").await;
    let callback = world.callback(&one.topic);
    let unwanted = form(&[("hub.mode", "unsubscribe"), ("hub.topic", &one.topic), ("hub.challenge", "x")]);
    assert_eq!(get(&callback, &unwanted).await.status, 404, "we did not ask to leave");

    world.store.remove_feeds(std::slice::from_ref(&one.topic)).await.unwrap();
    world.store.set_paused(std::slice::from_ref(&two.topic), true).await.unwrap();
    sqlx::query("update feeds set options = '{\"proxy\": \"http://proxy.example:3128\"}' where feed_id = $1")
        .bind(three.feed_id)
        .execute(world.database.pool())
        .await
        .unwrap();
    for row in [&one, &two, &three] {
        let left = |r: &Request| r.get("hub.mode") == "unsubscribe" && r.get("hub.topic") == row.topic;
        let request = world.request(|r| left(r) && r.verified.is_some()).await;
        assert!(request.get("hub.callback").ends_with(&row.path_token));
        assert_eq!(request.get("hub.secret"), "");
        let verified = request.verified.unwrap();
        assert_eq!((verified.status, verified.body.as_str()), (200, CHALLENGE));
        assert_eq!(world.push(row, &["Too late"]).await, 410);
        assert_eq!(world.hub.requests().iter().filter(|r| left(r)).count(), 1, "once");
    }
    // A feed that comes back is subscribed anew.
    world.store.set_paused(std::slice::from_ref(&two.topic), false).await.unwrap();
    let again = world.state(two.feed_id.unwrap(), "active").await;
    assert_ne!((&again.path_token, &again.secret), (&two.path_token, &two.secret));
    sqlx::query("update subscriptions set lease_until = now() where state = 'leaving'")
        .execute(world.database.pool())
        .await
        .unwrap();
    until("what was left is forgotten", async || (world.rows().await.len() == 1).then_some(())).await;
    assert_eq!(world.count("select count(*) from entries").await, 0);
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_feed_that_changes_its_hub_is_left_at_the_old_one() {
    let world = World::new("moved").await;
    let row = world.subscribed("/feed").await;
    let moved = world.hub.url("/other-topic");
    world.hub.publish("/feed", feed(&[], Some((&world.hub.url("/hub"), &moved))), &[]);
    sqlx::query("update feeds set next_poll_at = now()").execute(world.database.pool()).await.unwrap();
    world.request(|r| r.get("hub.mode") == "unsubscribe" && r.get("hub.topic") == row.topic).await;
    let feed_id = row.feed_id.unwrap();
    let new = until("the new topic", async || world.row(feed_id).await.filter(|r| r.topic == moved)).await;
    assert_ne!(new.path_token, row.path_token);
    world.state(feed_id, "active").await;
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_push_during_a_poll_is_not_lost() {
    let world = World::new("during").await;
    let row = world.subscribed("/feed").await;
    let feed_id = row.feed_id.unwrap();
    let own = world.hub.url("/feed");
    let polls = world.hub.asked("/feed");
    world.hub.hold();
    sqlx::query("update feeds set next_poll_at = now()").execute(world.database.pool()).await.unwrap();
    until("a poll under way", async || (world.hub.asked("/feed") == polls + 1).then_some(())).await;

    assert_eq!(world.push(&row, &["Pushed"]).await, 202);
    world.listed(feed_id, &["Pushed"]).await;
    // A hint at the same time: the poll under way may have begun before the news.
    let callback = world.callback(&row.topic);
    assert_eq!(post(&callback, &[&signed(&row.secret, b"")], b"").await.status, 202);
    world.store.start_wanted_polls(Duration::ZERO).await.unwrap();
    let waiting = "select count(*) from subscriptions where poll_wanted_at is not null";
    assert_eq!(world.count(waiting).await, 1, "the hint waits for the poll to end");
    world.hub.publish("/feed", feed(&["Polled"], Some((&world.hub.url("/hub"), &own))), &[]);
    world.hub.release();
    world.listed(feed_id, &["Polled", "Pushed"]).await;
    until("a poll for the hint", async || (world.hub.asked("/feed") == polls + 2).then_some(())).await;
    world.hub.publish("/feed", feed(&["Polled", "Hinted"], Some((&world.hub.url("/hub"), &own))), &[]);
    world.hub.release();
    world.listed(feed_id, &["Hinted", "Polled", "Pushed"]).await;
    assert_eq!(world.row(feed_id).await.unwrap().pushes, 2);
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_signed_push_that_is_no_feed_makes_the_feed_due() {
    let world = World::new("hint").await;
    let row = world.subscribed("/feed").await;
    let own = world.hub.url("/feed");
    world.hub.publish("/feed", feed(&["Polled"], Some((&world.hub.url("/hub"), &own))), &[]);
    let body = b"<html><body>Something new!</body></html>";
    assert_eq!(post(&world.callback(&row.topic), &[&signed(&row.secret, body)], body).await.status, 202);
    world.listed(row.feed_id.unwrap(), &["Polled"]).await;
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hub_without_tls_gets_no_secret_and_its_pushes_are_hints() {
    let world = World::with("plain", |config, hub| {
        config.fetch.resolve = vec![("hub.example".to_owned(), ([127, 0, 0, 1], hub.port()).into())];
    })
    .await;
    let own = world.hub.url("/feed");
    world.hub.publish("/feed", feed(&[], Some(("http://hub.example/hub", &own))), &[]);
    let feed_id = world.add(&own).await;
    let row = world.state(feed_id, "active").await;
    let request = world.request(|r| r.get("hub.topic") == own).await;
    assert!(!row.signed && !request.form.contains_key("hub.secret"));

    world.hub.publish("/feed", feed(&["Polled"], Some(("http://hub.example/hub", &own))), &[]);
    assert_eq!(world.push(&row, &["Claimed"]).await, 202);
    world.listed(feed_id, &["Polled"]).await;
    assert_eq!(world.row(feed_id).await.unwrap().pushes, 0, "anyone on the way could have sent it");
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn any_daemon_on_the_database_hears_what_another_subscribed_to() {
    let world = World::new("another").await;
    let row = world.subscribed("/feed").await;
    let mut config = Config::default();
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    config.push.callback_url = Some(format!("http://{address}/").parse().unwrap());
    let pages = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("pages-push-2-{}", std::process::id()));
    let another = Pipeline::new(Parts {
        store: world.store.clone(),
        fetcher: Fetcher::new(&config.fetch).unwrap(),
        archive: Archive::open(&pages).unwrap(),
        knowledge: Knowledge::builtin(),
        config,
        metrics: Metrics::default(),
        health: Health::default(),
        scope: Scope::Daemon,
    });
    let stop = CancellationToken::new();
    let port = tokio::spawn(http::callback::serve(listener, another.callbacks().unwrap(), stop.clone()));
    let body = feed(&["Heard"], None);
    let callback = format!("http://{address}/websub/{}", row.path_token);
    assert_eq!(post(&callback, &[&signed(&row.secret, body.as_bytes())], body.as_bytes()).await.status, 202);
    world.listed(row.feed_id.unwrap(), &["Heard"]).await;
    stop.cancel();
    port.await.unwrap();
    world.close().await;
}

/// Pairs as a query.
pub fn form(pairs: &[(&str, &str)]) -> String {
    url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish()
}
