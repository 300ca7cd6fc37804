//! Leases, tokens and limits of the store, on a real database.

use std::sync::Arc;
use std::time::Duration;

use wireroom::config::Config;
use wireroom::feed::Entry;
use wireroom::identity::IdentityRule;
use wireroom::polling::{Outcome, Validators, ValidatorsState};
use wireroom::store::{
    Answer, EntryRow, FeedOrigin, FeedRow, FinishedPage, Moved, PageOutcome, PageReceipt, Plan, PollResult, Scope,
    Store, StoreError,
};

use crate::support::database::TestDatabase;

async fn store(database: &TestDatabase) -> Store {
    let config = Config::default();
    let store = Store::connect(database.connect_options(), &config.database, &config.pipeline).await.unwrap();
    store.migrate().await.unwrap();
    store
}

fn entry(name: &str) -> EntryRow {
    let url = url::Url::parse(&format!("https://press.example/{name}")).unwrap();
    let entry = Entry { id: Some(name.to_owned()), title: Some(name.to_owned()), ..Entry::default() };
    EntryRow {
        entry_key: wireroom::identity::entry_keys(IdentityRule::Guid, std::slice::from_ref(&entry))[0].unwrap().0,
        url_key: wireroom::identity::url_key(&url).0,
        host: "press.example".to_owned(),
        url: url.to_string(),
        fingerprint: wireroom::identity::entry_fingerprint(&entry),
        published_at: None,
        too_old: false,
        entry,
    }
}

fn read(names: &[&str]) -> Arc<PollResult> {
    Arc::new(PollResult {
        answer: Answer::Read {
            feed: FeedRow::default(),
            entries: names.iter().map(|n| entry(n)).collect(),
            rule: IdentityRule::Guid,
        },
        validators: Validators { etag: Some("\"1\"".to_owned()), ..Validators::default() },
        conditional: false,
        moved: Moved::Unknown,
        status: Some(200),
        bytes: 1,
        elapsed: Duration::ZERO,
        plan: Box::new(|_| Plan {
            next_poll_in: Duration::from_mins(1),
            rhythm: serde_json::json!({}),
            validators_state: ValidatorsState::default(),
            volume: None,
            silent_since: None,
            note: String::new(),
        }),
    })
}

async fn with_feed(store: &Store) -> wireroom::store::ClaimedFeed {
    let list = wireroom::feed_list::read("[[feeds]]\nurl = \"https://press.example/rss\"\n").unwrap();
    store.sync_feed_list(&list.feeds, FeedOrigin::Command).await.unwrap();
    let mut claimed = store.claim_feeds(10, None, Scope::Daemon).await.unwrap();
    assert!(store.claim_feeds(10, None, Scope::Daemon).await.unwrap().is_empty(), "a leased feed is nobody else's");
    claimed.pop().unwrap()
}

#[tokio::test]
async fn a_poll_is_recorded_once_and_only_under_its_token() {
    let database = TestDatabase::new().await;
    let store = store(&database).await;
    let claim = with_feed(&store).await;
    let first = store.finish_poll(&claim, &read(&["a", "b"])).await.unwrap();
    assert_eq!((first.new_entries, first.changed_entries), (2, 0));
    let again = store.finish_poll(&claim, &read(&["a", "b"])).await.unwrap();
    assert_eq!((again.new_entries, again.changed_entries), (0, 0));
    let stale = wireroom::store::ClaimedFeed { token: claim.token - 1, ..claim.clone() };
    assert!(matches!(store.finish_poll(&stale, &read(&["c"])).await, Err(StoreError::LeaseLost)));
    let etag: Option<String> = sqlx::query_scalar("select etag from feeds").fetch_one(database.pool()).await.unwrap();
    assert_eq!(etag.as_deref(), Some("\"1\""));
}

#[tokio::test]
async fn a_page_is_leased_to_one_and_written_by_its_token_only() {
    let database = TestDatabase::new().await;
    let store = store(&database).await;
    let claim = with_feed(&store).await;
    store.finish_poll(&claim, &read(&["a", "b", "c"])).await.unwrap();
    let one = store.claim_pages(2, 10, &[], Scope::Daemon).await.unwrap();
    let two = store.claim_pages(10, 10, &[], Scope::Daemon).await.unwrap();
    assert_eq!((one.len(), two.len()), (2, 1));
    assert!(store.claim_pages(10, 10, &["press.example".to_owned()], Scope::Daemon).await.unwrap().is_empty());
    assert_eq!(one[0].attempts, 1);

    let refused = |claim: &wireroom::store::ClaimedPage| FinishedPage {
        claim: claim.clone(),
        outcome: PageOutcome::Refused { reason: "http-404", detail: "the server answered 404\0".to_owned() },
        page: None,
    };
    let stale = FinishedPage {
        claim: wireroom::store::ClaimedPage { token: one[1].token - 1, ..one[1].clone() },
        ..refused(&one[1])
    };
    let batch = Arc::new(vec![refused(&one[0]), stale]);
    let receipts = store.finish_pages(&batch).await.unwrap();
    assert_eq!(receipts, [PageReceipt::Refused("http-404"), PageReceipt::LeaseLost]);
    // The answer to the commit was lost, so the same batch comes again.
    assert_eq!(store.finish_pages(&batch).await.unwrap(), [PageReceipt::AlreadyDone, PageReceipt::LeaseLost]);

    store.release(&[(one[1].task_id, one[1].token)]).await.unwrap();
    let back = store.claim_pages(10, 10, &[], Scope::Daemon).await.unwrap();
    assert_eq!((back.len(), back[0].attempts), (1, 1), "an unworked lease is not charged");
}

#[tokio::test]
async fn what_was_claimed_too_often_is_refused() {
    let database = TestDatabase::new().await;
    let store = store(&database).await;
    let claim = with_feed(&store).await;
    store.finish_poll(&claim, &read(&["poison"])).await.unwrap();
    sqlx::query("update tasks set attempts = 6").execute(database.pool()).await.unwrap();
    assert!(store.claim_pages(10, 10, &[], Scope::Daemon).await.unwrap().is_empty());
    let (state, reason): (i16, String) =
        sqlx::query_as("select state, reason from tasks").fetch_one(database.pool()).await.unwrap();
    assert_eq!((state, reason.as_str()), (3, "attempts"));
}

#[tokio::test]
async fn everything_in_the_schema_says_what_it_is() {
    let database = TestDatabase::new().await;
    store(&database).await;
    let silent: Vec<String> = sqlx::query_scalar(
        "select c.relname || coalesce('.' || a.attname, '') from pg_class c
           left join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and c.relkind in ('r', 'p')
          where c.relnamespace in ('public'::regnamespace, 'api'::regnamespace) and c.relkind in ('r', 'p', 'v')
            and not c.relispartition and c.relname <> '_sqlx_migrations'
            and (obj_description(c.oid) is null or (a.attnum is not null and col_description(c.oid, a.attnum) is null))",
    )
    .fetch_all(database.pool())
    .await
    .unwrap();
    assert!(silent.is_empty(), "without a comment: {silent:?}");
}

#[tokio::test]
async fn the_words_for_what_can_come_of_a_poll_are_the_programs() {
    let database = TestDatabase::new().await;
    store(&database).await;
    let mut stored: Vec<(String, String, String)> =
        sqlx::query_as("select outcome, class, meaning from poll_outcomes").fetch_all(database.pool()).await.unwrap();
    let words = |o: &Outcome| (o.as_str().to_owned(), o.class().as_str().to_owned(), o.meaning().to_owned());
    let mut meant: Vec<_> = Outcome::ALL.iter().map(words).collect();
    stored.sort();
    meant.sort();
    assert_eq!(stored, meant);
}

#[tokio::test]
async fn feeds_of_one_host_are_leased_one_by_one_and_the_others_lined_up() {
    let database = TestDatabase::new().await;
    let store = store(&database).await;
    let url = |host: usize, n: usize| format!("[[feeds]]\nurl = \"https://news{host}.example/{n}.rss\"\n");
    let list: String = (0..5).flat_map(|host| (0..4).map(move |n| url(host, n))).collect();
    let list = wireroom::feed_list::read(&list).unwrap();
    store.sync_feed_list(&list.feeds, FeedOrigin::Command).await.unwrap();
    sqlx::query("update feeds set next_poll_at = now() - interval '1 day'").execute(database.pool()).await.unwrap();

    let first = store.claim_feeds(20, Some(Duration::from_secs(30)), Scope::Daemon).await.unwrap();
    let hosts: std::collections::HashSet<_> =
        first.iter().map(|f| f.url.split('/').nth(2).unwrap().to_owned()).collect();
    assert_eq!((first.len(), hosts.len()), (5, 5));
    assert!(store.claim_feeds(20, Some(Duration::from_secs(30)), Scope::Daemon).await.unwrap().is_empty());
    let waits: Vec<f64> = sqlx::query_scalar(
        "select round(extract(epoch from next_poll_at - now()) / 30)::float8 from feeds
          where feed_id not in (select feed_id from feed_leases) and host = 'news0.example' order by next_poll_at",
    )
    .fetch_all(database.pool())
    .await
    .unwrap();
    assert_eq!(waits, [1.0, 2.0, 3.0], "each a turn later than the one before");
}
