//! Redirects: followed each time, adopted when they have lasted, refused where they lead astray.

use chrono::{DateTime, TimeDelta, Utc};
use url::Url;
use wireroom::polling::moves::judge;
use wireroom::polling::{Move, Sighting};

use super::{Stage, case, conformance, feed_answers, ok, place, round, unchanged};
use crate::support::server::{answer, redirect};

const PERMANENTLY: &str = "301 Moved Permanently";
const STAYS: &str = "url like '%.example/feed' and moved_to is null and moved_seen = 0";
const MOVED_TO_B: &str = "url like '%.test/feed' and host like '%.test' and moved_to is null";

#[tokio::test(flavor = "multi_thread")]
async fn an_address_is_adopted_when_it_has_lasted() {
    let led_away = |seen: &'static str| {
        feed_answers(redirect(PERMANENTLY, "http://b/feed"))
            .site("b/feed", ok(&["etag: \"b\""], &["x"]))
            .asks("a/feed")
            .asks("b/feed")
            .is("new")
            .then("moved_to like '%.test/feed' and moved_seen = 1 and url like '%.example/feed'")
            .then(seen)
    };
    let again = || round().asks("a/feed").asks("b/feed | \"b\" | -").is("unchanged");
    let cases = [
        case(
            "a week and five polls",
            [
                led_away("true"),
                again().before("moved_since = now() - interval '8 days', moved_seen = 3").then("moved_seen = 4"),
                again().then(MOVED_TO_B).then(
                    "exists (select from feed_addresses a where a.feed_id = feeds.feed_id and a.url like '%.example/feed')",
                ),
                round().site("b/feed", unchanged(&[])).asks("b/feed | \"b\" | -").is("not-modified").then(MOVED_TO_B),
            ],
        ),
        case(
            "five polls in less than a week",
            [
                led_away("true"),
                again()
                    .before("moved_since = now() - interval '6 days 23 hours', moved_seen = 9")
                    .then("moved_seen = 10 and url like '%.example/feed'"),
            ],
        ),
        case(
            "a week and few polls",
            [
                led_away("true"),
                again()
                    .before("moved_since = now() - interval '60 days', moved_seen = 3")
                    .then("moved_seen = 4 and url like '%.example/feed'"),
            ],
        ),
        case(
            "308 over two hops, and a 304 at the end",
            [
                feed_answers(redirect("308 Permanent Redirect", "http://c/feed"))
                    .site("c/feed", redirect(PERMANENTLY, "http://b/feed"))
                    .site("b/feed", ok(&["etag: \"b\""], &["x"]))
                    .asks("a/feed")
                    .asks("c/feed")
                    .asks("b/feed")
                    .then("moved_to like '%.test/feed'"),
                round()
                    .before("moved_since = now() - interval '8 days', moved_seen = 4")
                    .site("b/feed", unchanged(&[]))
                    .asks("a/feed")
                    .asks("c/feed")
                    .asks("b/feed | \"b\" | -")
                    .is("not-modified")
                    .then(MOVED_TO_B),
            ],
        ),
        case(
            "a failure between does not count and does not end it",
            [
                led_away("true"),
                round()
                    .before("moved_since = now() - interval '8 days', moved_seen = 3")
                    .site("b/feed", answer("503 Service Unavailable", &[], ""))
                    .asks("a/feed")
                    .asks("b/feed | \"b\" | -")
                    .is("unavailable")
                    .then("moved_seen = 3"),
                round()
                    .site("b/feed", answer("200 OK", &[], "<html><body>parked</body></html>"))
                    .asks("a/feed")
                    .asks("b/feed | \"b\" | -")
                    .is("web-page")
                    .then("moved_seen = 3 and url like '%.example/feed'"),
                round().site("b/feed", ok(&[], &["x"])).asks("a/feed").asks("b/feed | \"b\" | -").then("moved_seen = 4"),
            ],
        ),
        case(
            "it leads elsewhere, and the count begins again",
            [
                led_away("true"),
                feed_answers(redirect(PERMANENTLY, "http://c/feed"))
                    .before("moved_since = now() - interval '8 days', moved_seen = 4")
                    .site("c/feed", ok(&[], &["x"]))
                    .asks("a/feed")
                    .asks("c/feed")
                    .then("moved_to like '%.invalid/feed' and moved_seen = 1 and moved_since > now() - interval '1 minute'"),
            ],
        ),
        case(
            "it is over, and the count begins again",
            [
                led_away("true"),
                feed_answers(ok(&[], &["x"]))
                    .before("moved_since = now() - interval '8 days', moved_seen = 4")
                    .asks("a/feed")
                    .then(STAYS),
            ],
        ),
    ];
    conformance("lasting", &cases).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_for_now_only_is_never_adopted() {
    let mut cases = Vec::new();
    for status in ["302 Found", "303 See Other", "307 Temporary Redirect"] {
        cases.push(case(
            status,
            [
                feed_answers(redirect(status, "http://b/feed"))
                    .site("b/feed", ok(&[], &["x"]))
                    .asks("a/feed")
                    .asks("b/feed")
                    .is("new")
                    .then(STAYS),
                round()
                    .before("moved_to = 'http://elsewhere.example/', moved_since = now() - interval '9 days', moved_seen = 9")
                    .asks("a/feed")
                    .asks("b/feed")
                    .then(STAYS),
            ],
        ));
    }
    for (name, first, second) in [
        ("a permanent hop, then one for now", PERMANENTLY, "302 Found"),
        ("a hop for now, then a permanent one", "307 Temporary Redirect", "308 Permanent Redirect"),
    ] {
        cases.push(case(
            name,
            [feed_answers(redirect(first, "http://c/feed"))
                .site("c/feed", redirect(second, "http://b/feed"))
                .site("b/feed", ok(&[], &["x"]))
                .asks("a/feed")
                .asks("c/feed")
                .asks("b/feed")
                .is("new")
                .then(STAYS)],
        ));
    }
    conformance("temporary", &cases).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn redirects_that_lead_astray_are_not_followed() {
    let astray = |name, to: &str, outcome| {
        case(name, [feed_answers(redirect(PERMANENTLY, to)).asks("a/feed").is(outcome).then(STAYS)])
    };
    let cases = [
        astray("to itself", "http://a/feed", "redirects"),
        astray("to another scheme", "ftp://b/feed", "denied"),
        astray("to a file", "file:///etc/passwd", "denied"),
        astray("into a private network", "http://10.0.0.1/feed", "denied"),
        astray("to a cloud's metadata", "http://169.254.169.254/latest/meta-data/", "denied"),
        astray("to a database's port", "http://b.example:5432/feed", "denied"),
        astray("to no address", "http://[", "protocol"),
        case("with no address at all", [feed_answers(answer("302 Found", &[], "")).asks("a/feed").is("protocol")]),
        case(
            "with a choice",
            [feed_answers(answer("300 Multiple Choices", &["location: /b"], "")).asks("a/feed").is("other-status")],
        ),
        case(
            "in a circle",
            [feed_answers(redirect("302 Found", "/other"))
                .site("a/other", redirect("302 Found", "/third"))
                .site("a/third", redirect("302 Found", "/fourth"))
                .site("a/fourth", redirect("302 Found", "/fifth"))
                .site("a/fifth", redirect("302 Found", "/sixth"))
                .site("a/sixth", redirect("302 Found", "/seventh"))
                .asks("a/feed")
                .asks("a/other")
                .asks("a/third")
                .asks("a/fourth")
                .asks("a/fifth")
                .asks("a/sixth")
                .is("redirects")],
        ),
        case(
            "not before an hour has passed",
            [feed_answers(answer("302 Found", &["location: http://b/feed", "retry-after: 3600"], ""))
                .site("b/feed", ok(&[], &["x"]))
                .asks("a/feed")
                .is("other-status")
                .then("next_poll_at >= now() + interval '59 minutes'")],
        ),
        case(
            "with a picture of a page instead of the feed",
            [feed_answers(redirect(PERMANENTLY, "http://b/"))
                .site(
                    "b/",
                    answer("200 OK", &["etag: \"p\""], "<!doctype html><html><body>Domain for sale</body></html>"),
                )
                .asks("a/feed")
                .asks("b/")
                .is("web-page")
                .then("etag is null")
                .then(STAYS)],
        ),
    ];
    conformance("astray", &cases).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_feed_that_moves_onto_another_is_paused_and_an_old_address_means_the_feed_that_left_it() {
    let hosts = ["old.example", "new.example", "third.example"].map(str::to_owned);
    let mut stage = Stage::new("moves", &hosts, |_| {}).await;
    let list = "[[feeds]]\nurl = \"http://old.example/feed\"\n[[feeds]]\nurl = \"http://new.example/feed\"\n\
                [[feeds]]\nurl = \"http://third.example/feed\"\n";
    stage.list(list).await;
    stage.site("old.example/feed", redirect(PERMANENTLY, "http://new.example/feed"));
    stage.site("new.example/feed", ok(&[], &["x"]));
    stage.site("third.example/feed", redirect(PERMANENTLY, "http://third.example/news"));
    stage.site("third.example/news", ok(&[], &["z"]));
    stage.update("http://new.example/feed", "next_poll_at = now() + interval '1 day'").await;
    stage.round().await;
    for url in ["http://old.example/feed", "http://third.example/feed"] {
        stage.update(url, "next_poll_at = now(), moved_since = now() - interval '8 days', moved_seen = 4").await;
    }
    stage.round().await;
    let paused = "paused_at is not null and last_note like 'moved to http://new.example/feed%'";
    assert!(stage.is_true("http://old.example/feed", paused).await);
    assert!(
        stage.is_true("http://third.example/feed", "url = 'http://third.example/news' and paused_at is null").await
    );

    stage.list(list).await;
    let feeds: i64 = sqlx::query_scalar("select count(*) from feeds").fetch_one(stage.database.pool()).await.unwrap();
    assert_eq!(feeds, 3, "the list still names the old address, and means the same feed");
    let paused = "select count(*) from feeds where url = 'http://old.example/feed' and paused_at is not null";
    let paused: i64 = sqlx::query_scalar(paused).fetch_one(stage.database.pool()).await.unwrap();
    assert_eq!(paused, 1, "the list does not wake it");
    assert!(
        stage.is_true("http://third.example/feed", "url = 'http://third.example/news' and paused_at is null").await
    );
    let faults = stage.forbidden(&[]);
    assert!(faults.is_empty(), "{faults:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_site_that_turns_to_https_is_followed_there_at_the_second_sighting() {
    let hosts = ["paper.example".to_owned()];
    let mut stage = Stage::with_tls("https", &hosts).await;
    let listed = "http://paper.example/feed";
    stage.list(&format!("[[feeds]]\nurl = \"{listed}\"\n")).await;
    stage.site("paper.example/feed", redirect(PERMANENTLY, "https://paper.example/feed"));
    stage.site("paper.example:443/feed", ok(&["etag: \"s\""], &["x"]));
    for (asked, outcome, url) in [
        (&["paper.example/feed", "paper.example:443/feed"][..], "new", "http://paper.example/feed"),
        (&["paper.example/feed", "paper.example:443/feed"], "unchanged", "https://paper.example/feed"),
        (&["paper.example:443/feed"], "unchanged", "https://paper.example/feed"),
    ] {
        stage.update(listed, "next_poll_at = now()").await;
        let places: Vec<String> = stage.round().await.iter().map(|exchange| place(&exchange.asked)).collect();
        assert_eq!(places, asked);
        assert_eq!(stage.text(listed, "last_outcome").await, outcome);
        assert_eq!(stage.text(listed, "url").await, url);
    }
    let entries: i64 =
        sqlx::query_scalar("select count(*) from entries").fetch_one(stage.database.pool()).await.unwrap();
    assert_eq!(entries, 1);
    let faults = stage.forbidden(&[]);
    assert!(faults.is_empty(), "{faults:?}");
}

/// `days since the first sighting, sightings so far -> whether this one adopts`
#[test]
fn a_move_is_judged() {
    let now: DateTime<Utc> = "2026-11-24T10:00:00Z".parse().unwrap();
    for (from, to, days, seen, adopts) in [
        ("http://a.example/rss", "http://b.example/rss", 7, 4, true),
        ("http://a.example/rss", "http://b.example/rss", 7, 3, false),
        ("http://a.example/rss", "http://b.example/rss", 6, 40, false),
        ("http://a.example/rss", "https://a.example/rss", 0, 1, true),
        ("http://a.example/rss", "https://a.example/feed", 0, 1, false),
        ("http://a.example/rss", "https://www.a.example/rss", 0, 1, false),
        ("https://a.example/rss", "http://a.example/rss", 0, 1, false),
    ] {
        let to = Url::parse(to).unwrap();
        let before = Sighting { to: to.to_string(), since: now - TimeDelta::days(days), seen };
        let judged = judge(from, Some(&to), Some(before), now);
        assert_eq!(matches!(judged, Move::Adopted(_)), adopts, "{from} -> {to}, {days} days, {seen} times: {judged:?}");
        let first = judge(from, Some(&to), None, now);
        assert!(matches!(first, Move::Watched(Sighting { seen: 1, .. })), "{first:?}");
    }
    let here = Url::parse("http://a.example/rss").unwrap();
    assert_eq!(judge("http://a.example/rss", Some(&here), None, now), Move::Stays);
    assert_eq!(judge("http://a.example/rss", None, None, now), Move::Stays);
}
