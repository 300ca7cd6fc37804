//! Servers that refuse, fail, and send what is no feed: each has its word, costs what is held nothing, and is left alone
//! for as long as it asks.

use std::io::Write as _;
use std::time::Duration;

use flate2::Compression;
use flate2::write::{DeflateEncoder, ZlibEncoder};

use super::{Case, Stage, case, conformance, feed_answers, news_sitemap, ok, round, rss, unchanged};
use crate::fetch::gzip;
use crate::support::server::{Step, answer};

/// One answer and its word; what was held goes on being held, and is sent again.
fn word(name: &'static str, steps: Vec<Step>, outcome: &'static str) -> Case {
    case(
        name,
        [
            feed_answers(ok(&["etag: \"1\""], &["x"])).asks("a/feed").is("new"),
            feed_answers(steps)
                .asks("a/feed | \"1\" | -")
                .is(outcome)
                .then("etag = '\"1\"' and failures = 1 and new_entries = 1 and next_poll_at > now() + interval '1 minute'")
                .then("exists (select from feed_polls p where p.feed_id = feeds.feed_id and p.outcome = last_outcome)"),
            feed_answers(unchanged(&[])).asks("a/feed | \"1\" | -").is("not-modified").then("failures = 0"),
        ],
    )
}

fn send(text: impl AsRef<[u8]>) -> Step {
    Step::Send(text.as_ref().to_vec())
}

#[tokio::test(flavor = "multi_thread")]
async fn every_refusal_has_its_word_and_costs_nothing_that_is_held() {
    let status = |line: &str| answer(line, &["etag: \"error\"", "content-type: text/html"], "<h1>no</h1>");
    let cases = [
        word("401", status("401 Unauthorized"), "blocked"),
        word("402", status("402 Payment Required"), "blocked"),
        word("403", status("403 Forbidden"), "blocked"),
        word("404", status("404 Not Found"), "not-found"),
        word("410", status("410 Gone"), "gone"),
        word("418", status("418 I'm a teapot"), "client-error"),
        word("429 without a word", status("429 Too Many Requests"), "rate-limited"),
        word("451", status("451 Unavailable For Legal Reasons"), "blocked"),
        word("500", status("500 Internal Server Error"), "server-error"),
        word("503 without a word", status("503 Service Unavailable"), "unavailable"),
        word("520", status("520 Web Server Returned an Unknown Error"), "server-error"),
        word("nothing", vec![], "protocol"),
        word("no HTTP", vec![send("SSH-2.0-OpenSSH_9.7\r\n")], "protocol"),
        word("silence", vec![Step::Hang], "timeout"),
    ];
    conformance("words", &cases).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_broken_body_has_its_word_and_costs_nothing_that_is_held() {
    let feed = rss(&["x", "y"]);
    let packed = gzip(feed.as_bytes());
    let half = packed.split_at(packed.len() / 2).0;
    let chunked = "HTTP/1.1 200 OK\r\nconnection: close\r\ntransfer-encoding: chunked\r\netag: \"2\"\r\n\r\n";
    let longer = format!("HTTP/1.1 200 OK\r\nconnection: close\r\netag: \"2\"\r\ncontent-length: 99999\r\n\r\n{feed}");
    let tag = "etag: \"2\"";
    let cases = [
        word("gzip that breaks off", answer("200 OK", &[tag, "content-encoding: gzip"], half), "bad-encoding"),
        word("a packing nobody asked for", answer("200 OK", &[tag, "content-encoding: br"], &feed), "bad-encoding"),
        word("packed twice over", answer("200 OK", &[tag, "content-encoding: gzip, gzip"], &packed), "bad-encoding"),
        word("a bomb", answer("200 OK", &[tag, "content-encoding: gzip"], gzip(&vec![b' '; 20 << 20])), "too-large"),
        word("an announced giant", vec![send("HTTP/1.1 200 OK\r\ncontent-length: 99999999\r\n\r\n<rss>")], "too-large"),
        word("a body shorter than announced", vec![send(longer)], "protocol"),
        word("chunks that are none", vec![send(format!("{chunked}zz\r\n<rss>\r\n0\r\n\r\n"))], "protocol"),
        word("chunks without an end", vec![send(format!("{chunked}5\r\n<rss>\r\n"))], "protocol"),
        word("a picture", answer("200 OK", &[tag], b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\0"), "binary"),
        word("JSON that is no feed", answer("200 OK", &[tag], "{\"error\": \"not found\"}"), "json-no-feed"),
        word("words", answer("200 OK", &[tag], "Database connection failed"), "no-feed"),
        word("nothing", answer("204 No Content", &[tag], ""), "empty"),
    ];
    conformance("bodies", &cases).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn bodies_are_read_however_they_come() {
    let feed = rss(&["x"]);
    let mut zlib = ZlibEncoder::new(Vec::new(), Compression::fast());
    zlib.write_all(feed.as_bytes()).unwrap();
    let mut bare = DeflateEncoder::new(Vec::new(), Compression::fast());
    bare.write_all(feed.as_bytes()).unwrap();
    let (first, second) = feed.split_at(60);
    let chunks = format!(
        "HTTP/1.1 200 OK\r\nconnection: close\r\ntransfer-encoding: chunked\r\n\r\n{:x}\r\n{first}\r\n{:x};name=value\r\n{second}\r\n0\r\nx-late: 1\r\n\r\n",
        first.len(),
        second.len()
    );
    let read = |name, steps| case(name, [feed_answers(steps).asks("a/feed").is("new").then("listed_entries = 1")]);
    let cases = [
        read("gzip", answer("200 OK", &["content-encoding: gzip"], gzip(feed.as_bytes()))),
        read("deflate", answer("200 OK", &["content-encoding: deflate"], zlib.finish().unwrap())),
        read("deflate without its wrapping", answer("200 OK", &["content-encoding: deflate"], bare.finish().unwrap())),
        read("text labelled as gzip", answer("200 OK", &["content-encoding: gzip"], &feed)),
        read("a .gz without a label", answer("200 OK", &["content-type: application/x-gzip"], gzip(feed.as_bytes()))),
        read(
            "a sitemap's .gz",
            answer("200 OK", &["content-type: application/x-gzip"], gzip(news_sitemap().as_bytes())),
        ),
        read("in chunks, with a trailer", vec![send(chunks)]),
        read("until the connection ends", vec![send(format!("HTTP/1.0 200 OK\r\n\r\n{feed}"))]),
        read("slowly", vec![send("HTTP/1.1 200 OK\r\n\r\n"), Step::Wait(Duration::from_millis(200)), send(&feed)]),
        read("under any type", answer("200 OK", &["content-type: application/octet-stream"], &feed)),
        read("as 203", answer("203 Non-Authoritative Information", &[], &feed)),
    ];
    conformance("read", &cases).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn retry_after_is_the_least_that_is_waited() {
    let in_two_hours = (chrono::Utc::now() + chrono::TimeDelta::hours(2)).format("%a, %d %b %Y %H:%M:%S GMT");
    let date = format!("retry-after: {in_two_hours}");
    let two_hours = "next_poll_at >= now() + interval '119 minutes'";
    let refused = |name, status: &str, retry_after: &str, outcome, least| {
        case(
            name,
            [
                feed_answers(answer(status, &[retry_after], "")).asks("a/feed").is(outcome).then(least),
                // It is not due, so it is not asked.
                round().rests().is(outcome),
            ],
        )
    };
    let cases = [
        refused("429 and seconds", "429 Too Many Requests", "retry-after: 7200", "rate-limited", two_hours),
        refused("429 and a date", "429 Too Many Requests", &date, "rate-limited", two_hours),
        refused("503 and seconds", "503 Service Unavailable", "retry-after: 7200", "unavailable", two_hours),
        refused("503 and a date", "503 Service Unavailable", &date, "unavailable", two_hours),
        refused("500 and seconds", "500 Internal Server Error", "retry-after: 7200", "server-error", two_hours),
        refused(
            "a date that has passed",
            "503 Service Unavailable",
            "retry-after: Sun, 06 Nov 1994 08:49:37 GMT",
            "unavailable",
            "next_poll_at > now() + interval '1 minute'",
        ),
    ];
    conformance("retry-after", &cases).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_feed_that_is_gone_is_looked_for_once_a_month() {
    let gone = || answer("410 Gone", &[], "");
    let retired = "next_poll_at >= now() + interval '20 days' and paused_at is null";
    let cases = [case(
        "410",
        [
            feed_answers(ok(&["etag: \"1\""], &["x"])).asks("a/feed").is("new"),
            feed_answers(gone()).asks("a/feed | \"1\" | -").is("gone").then(retired),
            round().rests().is("gone"),
            // A month later it is back: it may have been a mistake.
            feed_answers(ok(&["etag: \"1\""], &["x", "y"])).asks("a/feed | \"1\" | -").is("new").then("failures = 0"),
        ],
    )];
    conformance("gone", &cases).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_host_that_wants_to_rest_rests_for_all_its_feeds() {
    let hosts = ["one.news.example", "two.news.example", "other.example"].map(str::to_owned);
    let mut stage = Stage::new("rest", &hosts, |_| {}).await;
    stage
        .list(
            "[[feeds]]\nurl = \"http://one.news.example/feed\"\n[[feeds]]\nurl = \"http://two.news.example/feed\"\n\
             [[feeds]]\nurl = \"http://other.example/feed\"\n",
        )
        .await;
    let refusal = answer("503 Service Unavailable", &["retry-after: 600"], "");
    stage.site("one.news.example/feed", refusal);
    for site in ["two.news.example/feed", "other.example/feed"] {
        stage.site(site, ok(&[], &["x"]));
    }
    stage.update("http://two.news.example/feed", "next_poll_at = now() + interval '1 day'").await;
    stage.round().await;
    let paths =
        |asked: Vec<crate::support::server::Exchange>| asked.iter().map(|e| super::place(&e.asked)).collect::<Vec<_>>();
    stage.update("http://two.news.example/feed", "next_poll_at = now()").await;
    stage.update("http://other.example/feed", "next_poll_at = now()").await;
    assert_eq!(paths(stage.round().await), ["other.example/feed"], "the other feed of the host is not asked");
    // Nobody was asked, so nothing is said of the feed: it waits, and it has not failed.
    let waits = "failures = 0 and last_outcome is null and feed_id not in (select feed_id from feed_leases) and \
                 next_poll_at between now() + interval '9 minutes' and now() + interval '11 minutes'";
    assert!(stage.is_true("http://two.news.example/feed", waits).await);
    let polls = "not exists (select from feed_polls p where p.feed_id = feeds.feed_id)";
    assert!(stage.is_true("http://two.news.example/feed", polls).await);
    let faults = stage.forbidden(&[]);
    assert!(faults.is_empty(), "{faults:?}");
}
