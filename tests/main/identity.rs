//! Identity over time: a feed is replayed poll by poll into a real database while its publisher edits headlines, changes
//! ids, moves to https or to another domain. No story is ever stored twice, and none is lost.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use url::Url;
use wireroom::config::Config;
use wireroom::feed;
use wireroom::fetch::Fetched;
use wireroom::pipeline::answer::{self, Asked, Read};
use wireroom::store::{FeedOrigin, PollReceipt, Scope, Store};

use crate::support::database::TestDatabase;

/// A story as its publisher's system holds it.
#[derive(Debug, Clone)]
struct Story {
    number: usize,
    title: String,
    guid: Option<String>,
    url: String,
    published: DateTime<Utc>,
}

impl Story {
    fn new(site: &str, number: usize) -> Self {
        let title = format!("Council votes on harbour plan number {number} after long debate");
        Self {
            number,
            guid: Some(format!("{site}/?p={number}")),
            url: format!("{site}/news/2026/harbour-plan-{number}-after-debate"),
            title,
            published: start() + TimeDelta::minutes(7 * i64::try_from(number).unwrap()),
        }
    }
}

fn start() -> DateTime<Utc> {
    "2026-05-20T06:00:00Z".parse().unwrap()
}

/// The stories as RSS, newest first.
fn document(stories: &[Story]) -> String {
    let items: String = stories
        .iter()
        .rev()
        .map(|s| {
            let guid = s.guid.as_ref().map(|g| format!("<guid isPermaLink=\"false\">{g}</guid>")).unwrap_or_default();
            format!(
                "<item><title>{}</title>{guid}<link>{}</link><description>Story {} of the day.</description><pubDate>{}</pubDate></item>",
                s.title,
                s.url.replace('&', "&amp;"),
                s.number,
                s.published.to_rfc2822()
            )
        })
        .collect();
    format!(
        "<rss version=\"2.0\"><channel><title>Ellery Post</title><link>https://ellery.example/</link>{items}</channel></rss>"
    )
}

/// A feed in a real database, to be polled with documents.
struct Replay {
    database: TestDatabase,
    store: Store,
    feeds: usize,
}

impl Replay {
    async fn new() -> Self {
        let database = TestDatabase::new().await;
        let config = Config::default();
        let store = Store::connect(database.connect_options(), &config.database, &config.pipeline).await.unwrap();
        store.migrate().await.unwrap();
        let replay = Self { database, store, feeds: 0 };
        replay.add("https://ellery.example/rss").await
    }

    async fn add(mut self, url: &str) -> Self {
        let list = wireroom::feed_list::read(&format!("[[feeds]]\nurl = \"{url}\"\n")).unwrap();
        self.store.sync_feed_list(&list.feeds, FeedOrigin::Command).await.unwrap();
        self.feeds += 1;
        self
    }

    /// Polls the feed of that address once.
    async fn poll_at(&self, url: &str, document: &str) -> PollReceipt {
        sqlx::query("update feeds set next_poll_at = case when url = $1 then now() else now() + interval '1 day' end")
            .bind(url)
            .execute(self.database.pool())
            .await
            .unwrap();
        let claim = self.store.claim_feeds(10, None, Scope::Daemon).await.unwrap().pop().unwrap();
        assert_eq!(claim.url, url);
        let now = Utc::now();
        let address = Url::parse(url).unwrap();
        let feed = feed::parse(document.as_bytes(), Some("application/rss+xml"), Some(&address)).unwrap();
        let fetched = Fetched {
            requested: address.clone(),
            final_url: address,
            moved_permanently: None,
            status: 200,
            not_modified: false,
            conditional: false,
            content_type: None,
            etag: None,
            last_modified: None,
            max_age: None,
            headers: Vec::new(),
            body: bytes::Bytes::new(),
            wire_bytes: 1,
            started_at: now,
            elapsed: Duration::ZERO,
        };
        let config = Config::default().poll;
        let read = Read::new(feed, claim.identity_rule, now, None);
        let result = answer::read(&claim, Asked::new(&claim, now), &fetched, read, &config);
        self.store.finish_poll(&claim, &Arc::new(result)).await.unwrap()
    }

    async fn poll(&self, stories: &[Story]) -> PollReceipt {
        self.poll_at("https://ellery.example/rss", &document(stories)).await
    }

    async fn count(&self, of: &str) -> usize {
        let n: i64 = sqlx::query_scalar(sqlx::AssertSqlSafe(format!("select count(*) from {of}")))
            .fetch_one(self.database.pool())
            .await
            .unwrap();
        usize::try_from(n).unwrap()
    }

    /// Whether each story is one entry and one page, and nothing else is there.
    async fn holds_each_once(&self, stories: usize, after: &str) {
        let both = (self.count("entries").await, self.count("tasks").await);
        assert_eq!(both, (stories, stories), "entries and pages after {after}");
    }
}

/// What a publisher does to a story that is listed already.
type Edit = fn(&mut Story, usize);

fn edit_headline(story: &mut Story, round: usize) {
    story.title = format!("UPDATE {round}: council in uproar over plan {}", story.number);
}

fn random_guid(story: &mut Story, round: usize) {
    story.guid = Some(format!("{:x}", (story.number * 7919 + round * 104_729) ^ 0x5bd1_e995));
}

/// A feed that lists its 20 latest stories and publishes three more between two polls, replayed for 25 polls while every
/// listed story is edited at every poll.
async fn replayed(make: impl Fn(usize) -> Story, edit: Edit) -> (Replay, usize) {
    let replay = Replay::new().await;
    let mut stories: Vec<Story> = Vec::new();
    for round in 0..25 {
        for story in stories.iter_mut().rev().take(20) {
            edit(story, round);
        }
        let from = stories.len();
        stories.extend((from..from + 3).map(&make));
        let window = stories.len().saturating_sub(20);
        let receipt = replay.poll(&stories[window..]).await;
        // A publisher whose ids turn out to be random is found out at the second poll.
        assert_eq!(receipt.new_entries, 3, "poll {round}");
    }
    let published = stories.len();
    (replay, published)
}

#[tokio::test]
async fn an_edited_headline_is_the_same_story() {
    let (replay, n) = replayed(|n| Story::new("https://ellery.example", n), edit_headline).await;
    replay.holds_each_once(n, "edited headlines under a guid").await;
}

#[tokio::test]
async fn an_edited_headline_without_guid_is_the_same_story() {
    let bare = |n| Story { guid: None, ..Story::new("https://ellery.example", n) };
    let (replay, n) = replayed(bare, edit_headline).await;
    replay.holds_each_once(n, "edited headlines at one address").await;
}

#[tokio::test]
async fn a_headline_edited_in_the_address_too_is_the_same_story_by_the_sites_own_number() {
    let numbered = |n| Story {
        guid: None,
        url: format!("https://ellery.example/news/council-votes-{}", 81_000_000 + n),
        ..Story::new("https://ellery.example", n)
    };
    let (replay, n) = replayed(numbered, |story, round| {
        edit_headline(story, round);
        story.url = format!("https://ellery.example/news/uproar-in-round-{round}-{}", 81_000_000 + story.number);
    })
    .await;
    replay.holds_each_once(n, "edited addresses").await;
}

#[tokio::test]
async fn random_guids_are_found_out_and_the_address_counts() {
    let (replay, n) = replayed(|n| Story::new("https://ellery.example", n), random_guid).await;
    replay.holds_each_once(n, "a new guid at every poll").await;
    let rule: String =
        sqlx::query_scalar("select identity_rule from feeds").fetch_one(replay.database.pool()).await.unwrap();
    assert_eq!(rule, "url");
}

#[tokio::test]
async fn random_guids_and_edited_headlines_at_once() {
    let (replay, n) = replayed(
        |n| Story::new("https://ellery.example", n),
        |story, round| {
            random_guid(story, round);
            edit_headline(story, round);
        },
    )
    .await;
    replay.holds_each_once(n, "new guids and headlines").await;
}

#[tokio::test]
async fn tracking_parameters_that_change_are_the_same_story() {
    let bare = |n| Story { guid: None, ..Story::new("https://ellery.example", n) };
    let (replay, n) = replayed(bare, |story, round| {
        let clean = story.url.split('?').next().unwrap().to_owned();
        story.url = format!("{clean}?utm_source=rss&utm_campaign=round{round}&at_medium=RSS");
    })
    .await;
    replay.holds_each_once(n, "changing tracking parameters").await;
}

/// Twenty stories are stored, then listed again as `moved` makes them, with three new ones.
async fn after_a_move(moved: impl Fn(&Story) -> Story) {
    let replay = Replay::new().await;
    let old: Vec<Story> = (0..20).map(|n| Story::new("http://ellery.example", n)).collect();
    replay.poll(&old).await;
    let mut listed: Vec<Story> = old.iter().map(&moved).collect();
    listed.extend((20..23).map(|n| moved(&Story::new("http://ellery.example", n))));
    let receipt = replay.poll(&listed).await;
    assert_eq!((receipt.new_entries, receipt.moved_entries), (3, 20));
    let again = replay.poll(&listed).await;
    assert_eq!((again.new_entries, again.changed_entries, again.moved_entries), (0, 0, 0), "and the next poll is calm");
    replay.holds_each_once(23, "the move").await;
}

#[tokio::test]
async fn a_move_to_https_is_no_news() {
    let replay = Replay::new().await;
    let old: Vec<Story> = (0..20).map(|n| Story::new("http://ellery.example", n)).collect();
    replay.poll(&old).await;
    let secure = |text: &str| text.replacen("http:", "https:", 1);
    let listed: Vec<Story> =
        old.iter().map(|s| Story { guid: s.guid.as_deref().map(secure), url: secure(&s.url), ..s.clone() }).collect();
    let receipt = replay.poll(&listed).await;
    assert_eq!(receipt.new_entries, 0);
    replay.holds_each_once(20, "the move to https").await;
}

#[tokio::test]
async fn a_move_to_another_domain_is_no_news() {
    let there = |text: &str| text.replacen("http://ellery.example", "https://www.ellery-post.example", 1);
    after_a_move(|s| Story { guid: s.guid.as_deref().map(there), url: there(&s.url), ..s.clone() }).await;
}

#[tokio::test]
async fn a_move_that_keeps_the_guids_is_no_news() {
    let there = |text: &str| text.replacen("http://ellery.example/news", "https://ellery-post.example/story", 1);
    after_a_move(|s| Story { url: there(&s.url), ..s.clone() }).await;
}

#[tokio::test]
async fn a_move_to_a_system_with_other_guids_is_no_news() {
    let there = |text: &str| text.replacen("http://ellery.example", "https://ellery-post.example", 1);
    after_a_move(|s| Story {
        guid: Some(format!("post-{:08x}", s.number * 2_654_435)),
        url: there(&s.url),
        ..s.clone()
    })
    .await;
}

#[tokio::test]
async fn one_guid_for_all_loses_nothing() {
    for guid in [Some("ellery"), Some(""), None] {
        let replay = Replay::new().await;
        let mut stories: Vec<Story> = Vec::new();
        for round in 0..12 {
            let from = stories.len();
            stories.extend(
                (from..from + 4)
                    .map(|n| Story { guid: guid.map(str::to_owned), ..Story::new("https://ellery.example", n) }),
            );
            let receipt = replay.poll(&stories[stories.len().saturating_sub(20)..]).await;
            assert_eq!(receipt.new_entries, 4, "guid {guid:?}, poll {round}");
        }
        replay.holds_each_once(48, "one guid for all").await;
    }
}

#[tokio::test]
async fn two_items_that_share_a_guid_are_two() {
    let replay = Replay::new().await;
    let mut stories: Vec<Story> = (0..10).map(|n| Story::new("https://ellery.example", n)).collect();
    replay.poll(&stories).await;
    let twin = Story { guid: stories[9].guid.clone(), ..Story::new("https://ellery.example", 10) };
    stories.push(twin);
    assert_eq!(replay.poll(&stories).await.new_entries, 1);
    assert_eq!(replay.poll(&stories).await.new_entries, 0);
    replay.holds_each_once(11, "a guid used twice").await;
}

#[tokio::test]
async fn an_item_that_is_listed_again_after_months_is_known() {
    let replay = Replay::new().await;
    let stories: Vec<Story> = (0..600).map(|n| Story::new("https://ellery.example", n)).collect();
    for window in stories.chunks(20) {
        replay.poll(window).await;
    }
    let archive: Vec<Story> = stories.iter().step_by(30).cloned().collect();
    assert_eq!(replay.poll(&archive).await.new_entries, 0);
    replay.holds_each_once(600, "the archive was listed again").await;
}

#[tokio::test]
async fn one_article_in_many_feeds_is_one_page_with_several_entries() {
    let replay =
        Replay::new().await.add("https://ellery.example/world.rss").await.add("https://m.ellery.example/rss").await;
    let story = Story::new("https://ellery.example", 1);
    let forms = [
        ("https://ellery.example/rss", story.url.clone()),
        ("https://ellery.example/world.rss", format!("{}/?utm_medium=world", story.url.replace("https", "http"))),
        ("https://m.ellery.example/rss", story.url.replace("https://", "https://m.")),
    ];
    for (feed, url) in forms {
        replay.poll_at(feed, &document(&[Story { url, ..story.clone() }])).await;
    }
    assert_eq!((replay.count("entries").await, replay.count("tasks").await), (3, 1));
}

#[tokio::test]
async fn a_gathering_of_sites_with_the_same_paths_loses_nothing() {
    let replay = Replay::new().await;
    let mut listed: BTreeMap<usize, Story> = BTreeMap::new();
    for round in 0..10 {
        for site in 0..4 {
            let number = round * 4 + site;
            let url = format!("https://paper{site}.example/news/2026/story-of-the-day-{round}");
            listed
                .insert(number, Story { guid: Some(url.clone()), url, ..Story::new("https://ellery.example", number) });
        }
        let stories: Vec<Story> = listed.values().rev().take(16).rev().cloned().collect();
        assert_eq!(replay.poll(&stories).await.new_entries, 4, "poll {round}");
    }
    replay.holds_each_once(40, "four sites in one feed").await;
}
