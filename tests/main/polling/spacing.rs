//! One site sees one request at a time, apart from each other, whatever leads us there.

use std::time::Duration;

use url::Url;
use wireroom::fetch::{FetchKind, FetchRequest};

use super::{Stage, forbidden::domain, ok, place, rss};
use crate::support::server::{Exchange, Step, answer, redirect};

/// The pause kept in these tests. A request may be held up on its way, so that the server sees two a little closer than
/// they started; without any pause they are some milliseconds apart.
const DELAY: Duration = Duration::from_millis(300);
const SEEN: Duration = Duration::from_millis(200);

/// The pauses one domain saw between the beginnings of requests, redirects within it left out: they go on at once.
fn pauses(ledger: &[Exchange], of: &str) -> Vec<Duration> {
    let own: Vec<&Exchange> = ledger.iter().filter(|exchange| domain(exchange) == of).collect();
    let followed = |exchange: &Exchange| matches!(exchange.status(), 301 | 302 | 303 | 307 | 308);
    own.windows(2).filter(|two| !followed(two[0])).map(|two| two[1].asked.at - two[0].asked.at).collect()
}

fn slow(steps: Vec<Step>) -> Vec<Step> {
    [vec![Step::Wait(Duration::from_millis(50))], steps].concat()
}

#[tokio::test(flavor = "multi_thread")]
async fn feeds_pages_and_robots_of_one_publisher_take_turns() {
    let hosts = ["one.paper.example", "two.paper.example", "paper.example", "other.test"].map(str::to_owned);
    let mut stage = Stage::new("turns", &hosts, |config| config.fetch.host_delay = DELAY).await;
    stage
        .list(
            "[[feeds]]\nurl = \"http://one.paper.example/feed\"\n[[feeds]]\nurl = \"http://two.paper.example/feed\"\n\
             [[feeds]]\nurl = \"http://other.test/feed\"\n",
        )
        .await;
    let today = chrono::Utc::now().to_rfc2822();
    let with_pages = rss(&["x", "y"])
        .replace("http://pages.example/", "http://paper.example/story-")
        .replace("Wed, 01 Jan 2020 10:00:00 GMT", &today);
    stage.site("one.paper.example/feed", slow(answer("200 OK", &[], with_pages)));
    stage.site("two.paper.example/feed", slow(ok(&[], &["z"])));
    // The third feed leads into the same house.
    stage.site("other.test/feed", redirect("302 Found", "http://paper.example/feed"));
    stage.site("paper.example/feed", slow(ok(&[], &["z"])));
    let asked = stage.round().await;
    let mut places: Vec<String> = asked.iter().map(|exchange| place(&exchange.asked)).collect();
    places.sort();
    assert_eq!(
        places,
        [
            "one.paper.example/feed",
            "other.test/feed",
            "paper.example/feed",
            "paper.example/robots.txt",
            "paper.example/story-x",
            "paper.example/story-y",
            "two.paper.example/feed",
        ]
    );
    let pauses = pauses(&asked, "paper.example");
    assert!(pauses.len() == 5 && pauses.iter().all(|pause| *pause >= SEEN), "{pauses:?}");
    let faults = stage.forbidden(&[]);
    assert!(faults.is_empty(), "{faults:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn many_overdue_feeds_of_one_host_are_asked_one_after_another() {
    let hosts = ["paper.example"].map(str::to_owned);
    let mut stage = Stage::new("overdue", &hosts, |_| {}).await;
    let list: String = (0..12).map(|n| format!("[[feeds]]\nurl = \"http://paper.example/feed-{n}\"\n")).collect();
    stage.list(&list).await;
    for n in 0..12 {
        stage.site(&format!("paper.example/feed-{n}"), slow(ok(&[], &["x"])));
    }
    assert_eq!(stage.round().await.len(), 12);
    let faults = stage.forbidden(&[]);
    assert!(faults.is_empty(), "{faults:?}");
}

#[tokio::test]
async fn a_refusal_to_one_slows_all_who_ask_the_host() {
    let hosts = ["one.paper.example", "two.paper.example", "other.test"].map(str::to_owned);
    let stage = Stage::new("slowed", &hosts, |config| config.fetch.host_delay = DELAY).await;
    stage.site("one.paper.example/feed", answer("403 Forbidden", &[], ""));
    for site in ["two.paper.example/feed", "other.test/feed", "other.test/more"] {
        stage.site(site, ok(&[], &["x"]));
    }
    let get = |url: &str| {
        let request = FetchRequest::new(Url::parse(url).unwrap(), FetchKind::Feed);
        let fetcher = stage.fetcher.clone();
        async move { fetcher.get(request).await.map(drop) }
    };
    // The second stands in line already when the first is refused.
    let (first, second) = tokio::join!(get("http://one.paper.example/feed"), get("http://two.paper.example/feed"));
    assert_eq!((first.unwrap_err().reason(), second), ("http-403", Ok(())));
    // Nobody else is.
    for url in ["http://other.test/feed", "http://other.test/more"] {
        get(url).await.unwrap();
    }
    let ledger = stage.server.exchanges();
    let slowed = pauses(&ledger, "paper.example");
    assert!(slowed.len() == 1 && slowed[0] >= DELAY + SEEN, "twice as long: {slowed:?}");
    let faults = stage.forbidden(&[]);
    assert!(faults.is_empty(), "{faults:?}");
}
