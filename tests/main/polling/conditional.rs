//! Conditional requests (RFC 9110 §13): what is sent back, to whom, and when it is not believed.

use super::{case, conformance, feed_answers, news_sitemap, ok, round, rss, unchanged};
use crate::support::server::{Step, answer};

const MONDAY: &str = "last-modified: Mon, 02 Nov 2026 10:00:00 GMT";
const TUESDAY: &str = "last-modified: Tue, 03 Nov 2026 10:00:00 GMT";

#[tokio::test(flavor = "multi_thread")]
async fn validators_go_back_verbatim_and_each_for_itself() {
    let cases = [
        case(
            "both are sent",
            [
                feed_answers(ok(&["etag: \"1\"", MONDAY], &["x"])).asks("a/feed").is("new"),
                feed_answers(unchanged(&[])).asks("a/feed | \"1\" | Mon, 02 Nov 2026 10:00:00 GMT").is("not-modified"),
                round().asks("a/feed | \"1\" | Mon, 02 Nov 2026 10:00:00 GMT").is("not-modified"),
            ],
        ),
        case(
            "a weak tag stays weak",
            [
                feed_answers(ok(&["etag: W/\"1\""], &["x"])).asks("a/feed").is("new"),
                feed_answers(unchanged(&[])).asks("a/feed | W/\"1\" | -").is("not-modified"),
            ],
        ),
        case(
            "a tag without quotes stays without",
            [
                feed_answers(ok(&["etag: 5f-gzip, \"odd"], &["x"])).asks("a/feed"),
                round().asks("a/feed | 5f-gzip, \"odd | -").is("unchanged"),
            ],
        ),
        case(
            "a tag beyond ASCII is kept byte by byte",
            [
                feed_answers(ok(&["etag: \"größe☃\""], &["x"])).asks("a/feed"),
                round().asks("a/feed | \"größe☃\" | -").is("unchanged"),
            ],
        ),
        case(
            "a date that is none is a text like any other",
            [
                feed_answers(ok(&["last-modified: yesterday, I think"], &["x"])).asks("a/feed"),
                round().asks("a/feed | - | yesterday, I think").is("unchanged"),
            ],
        ),
        case(
            "the tag changes, the date does not",
            [
                feed_answers(ok(&["etag: \"1\"", MONDAY], &["x"])).asks("a/feed"),
                feed_answers(ok(&["etag: \"2\"", MONDAY], &["x", "y"]))
                    .asks("a/feed | \"1\" | Mon, 02 Nov 2026 10:00:00 GMT")
                    .is("new"),
                round().asks("a/feed | \"2\" | Mon, 02 Nov 2026 10:00:00 GMT"),
            ],
        ),
        case(
            "the date changes, the tag does not",
            [
                feed_answers(ok(&["etag: \"1\"", MONDAY], &["x"])).asks("a/feed"),
                feed_answers(ok(&["etag: \"1\"", TUESDAY], &["x"]))
                    .asks("a/feed | \"1\" | Mon, 02 Nov 2026 10:00:00 GMT")
                    .is("unchanged"),
                round().asks("a/feed | \"1\" | Tue, 03 Nov 2026 10:00:00 GMT"),
            ],
        ),
        case(
            "an equal body with a new tag",
            [
                feed_answers(ok(&["etag: \"1\""], &["x"])).asks("a/feed"),
                feed_answers(ok(&["etag: \"2\""], &["x"])).asks("a/feed | \"1\" | -").is("unchanged"),
                round().asks("a/feed | \"2\" | -"),
            ],
        ),
        case(
            "a document without validators clears both",
            [
                feed_answers(ok(&["etag: \"1\"", MONDAY], &["x"])).asks("a/feed"),
                feed_answers(ok(&[], &["x"])).asks("a/feed | \"1\" | Mon, 02 Nov 2026 10:00:00 GMT"),
                round().asks("a/feed").is("unchanged").then("etag is null and last_modified is null"),
            ],
        ),
        case(
            "a document with a tag alone clears the date",
            [
                feed_answers(ok(&[MONDAY], &["x"])).asks("a/feed"),
                feed_answers(ok(&["etag: \"2\""], &["x"])).asks("a/feed | - | Mon, 02 Nov 2026 10:00:00 GMT"),
                round().asks("a/feed | \"2\" | -"),
            ],
        ),
        case(
            "a 304 brings a new tag and keeps the date",
            [
                feed_answers(ok(&["etag: \"1\"", MONDAY], &["x"])).asks("a/feed"),
                feed_answers(unchanged(&["etag: \"2\""]))
                    .asks("a/feed | \"1\" | Mon, 02 Nov 2026 10:00:00 GMT")
                    .is("not-modified"),
                round().asks("a/feed | \"2\" | Mon, 02 Nov 2026 10:00:00 GMT"),
            ],
        ),
        case(
            "a 304 brings a date where there was none",
            [
                feed_answers(ok(&["etag: \"1\""], &["x"])).asks("a/feed"),
                feed_answers(unchanged(&[TUESDAY])).asks("a/feed | \"1\" | -"),
                round().asks("a/feed | \"1\" | Tue, 03 Nov 2026 10:00:00 GMT"),
            ],
        ),
        case(
            "no-store is about the document, not about asking for it",
            [
                feed_answers(ok(&["etag: \"1\"", "cache-control: no-store, no-cache", "expires: 0"], &["x"]))
                    .asks("a/feed"),
                feed_answers(unchanged(&["cache-control: no-store"])).asks("a/feed | \"1\" | -").is("not-modified"),
            ],
        ),
        case(
            "a server's fault keeps what is held",
            [
                feed_answers(ok(&["etag: \"1\""], &["x"])).asks("a/feed"),
                feed_answers(answer("500 Internal Server Error", &["etag: \"error\""], "no"))
                    .asks("a/feed | \"1\" | -")
                    .is("server-error"),
                feed_answers(unchanged(&[])).asks("a/feed | \"1\" | -").is("not-modified"),
            ],
        ),
        case(
            "a tag longer than any honest one is left",
            [
                feed_answers(ok(&[&format!("etag: \"{}\"", "x".repeat(2000)), MONDAY], &["x"])).asks("a/feed"),
                round().asks("a/feed | - | Mon, 02 Nov 2026 10:00:00 GMT"),
            ],
        ),
        case(
            "who varies by what we always send alike may vary",
            [
                feed_answers(ok(&["etag: \"1\"", "vary: accept, accept-encoding, user-agent"], &["x"])).asks("a/feed"),
                feed_answers(unchanged(&["vary: accept"])).asks("a/feed | \"1\" | -").is("not-modified"),
            ],
        ),
        case(
            "a cookie is not kept, and is no part of the manner",
            [
                feed_answers(ok(&["etag: \"1\"", "set-cookie: visitor=7; path=/"], &["x"])).asks("a/feed").is("new"),
                feed_answers(unchanged(&["set-cookie: visitor=8"])).asks("a/feed | \"1\" | -").is("not-modified"),
                round().asks("a/feed | \"1\" | -"),
            ],
        ),
        case(
            "a feed that is not to be asked conditionally",
            [
                feed_answers(ok(&["etag: \"1\"", MONDAY], &["x"])).asks("a/feed").is("new"),
                round().asks("a/feed").is("unchanged").then("etag = '\"1\"'"),
            ],
        )
        .with("conditional = false"),
    ];
    conformance("verbatim", &cases).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn validators_vouch_only_for_what_was_read() {
    let whole = rss(&["x", "y"]);
    let index = "HTTP/1.1 200 OK\r\nconnection: close\r\netag: \"i\"\r\n\r\n<sitemapindex \
                 xmlns=\"http://www.sitemaps.org/schemas/sitemap/0.9\"><sitemap><loc>http://a/news.xml</loc></sitemap>\
                 </sitemapindex>"
        .to_owned();
    let cut = whole.split_at(whole.len() - 200).0;
    let cases = [
        case(
            "a page in the feed's place",
            [
                feed_answers(ok(&["etag: \"1\""], &["x"])).asks("a/feed"),
                feed_answers(answer("200 OK", &["etag: \"2\""], "<!DOCTYPE html><html><body>Welcome</body></html>"))
                    .asks("a/feed | \"1\" | -")
                    .is("web-page")
                    .then("etag = '\"1\"'"),
                feed_answers(unchanged(&[])).asks("a/feed | \"1\" | -").is("not-modified"),
            ],
        ),
        case(
            "nothing at all in the feed's place",
            [
                feed_answers(ok(&["etag: \"1\""], &["x"])).asks("a/feed"),
                feed_answers(answer("200 OK", &["etag: \"2\""], "")).asks("a/feed | \"1\" | -").is("empty"),
                round().asks("a/feed | \"1\" | -").is("empty"),
            ],
        ),
        case(
            "a first document that cannot be read",
            [
                feed_answers(answer("200 OK", &["etag: \"1\""], "Service starting")).asks("a/feed").is("no-feed"),
                feed_answers(ok(&["etag: \"2\""], &["x"])).asks("a/feed").is("new"),
            ],
        ),
        case(
            "a download that breaks off without saying so",
            [
                feed_answers(answer("200 OK", &["etag: \"1\""], cut)).asks("a/feed").is("new").then("etag is null"),
                feed_answers(ok(&["etag: \"1\""], &["x", "y"])).asks("a/feed").is("new").then("etag = '\"1\"'"),
            ],
        ),
        case(
            "an index of sitemaps, whose documents change while it stays",
            [
                feed_answers(vec![Step::Send(index.into_bytes())])
                    .site("a/news.xml", answer("200 OK", &["etag: \"n\""], news_sitemap()))
                    .asks("a/feed")
                    .asks("a/news.xml")
                    .is("new")
                    .then("etag is null and listed_entries = 1"),
                round().asks("a/feed").asks("a/news.xml").is("unchanged"),
            ],
        ),
        case(
            "304 to somebody who did not ask",
            [
                feed_answers(unchanged(&["etag: \"1\""])).asks("a/feed").is("protocol").then("etag is null"),
                feed_answers(ok(&[], &["x"])).asks("a/feed").is("new"),
            ],
        ),
        case(
            "a part where the whole was asked for",
            [feed_answers(answer("206 Partial Content", &["etag: \"1\"", "content-range: bytes 0-9/99"], rss(&["x"])))
                .asks("a/feed")
                .is("protocol")
                .then("etag is null")],
        ),
    ];
    conformance("vouching", &cases).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn validators_that_lie_are_found_out() {
    let held = || feed_answers(ok(&["etag: \"1\""], &["x"])).asks("a/feed").is("new");
    let silent = || feed_answers(unchanged(&[])).asks("a/feed | \"1\" | -").is("not-modified");
    let cases = [
        case(
            "48 times 304, and the feed has changed under it",
            [
                held(),
                silent().then("not_modified_in_a_row = 1"),
                feed_answers(ok(&["etag: \"1\""], &["x", "y"]))
                    .before("not_modified_in_a_row = 48")
                    .asks("a/feed")
                    .is("new")
                    .then(
                        "validators_distrusted_until between now() + interval '29 days' and now() + interval '31 days'",
                    )
                    .then("not_modified_in_a_row = 0"),
                round().asks("a/feed").is("unchanged").then("validators_distrusted_until is not null"),
                feed_answers(unchanged(&[]))
                    .before("validators_distrusted_until = now() - interval '1 second'")
                    .asks("a/feed | \"1\" | -")
                    .is("not-modified"),
            ],
        ),
        case(
            "47 times is not enough",
            [held(), silent().before("not_modified_in_a_row = 47").then("not_modified_in_a_row = 48")],
        ),
        case(
            "48 times 304, and rightly so",
            [
                held(),
                feed_answers(ok(&["etag: \"1\""], &["x"]))
                    .before("not_modified_in_a_row = 48")
                    .asks("a/feed")
                    .is("unchanged")
                    .then("validators_distrusted_until is null and not_modified_in_a_row = 0"),
                silent(),
            ],
        ),
        case(
            "48 times 304, and a new tag for a new document",
            [
                held(),
                feed_answers(ok(&["etag: \"2\""], &["x", "y"]))
                    .before("not_modified_in_a_row = 48")
                    .asks("a/feed")
                    .is("new")
                    .then("validators_distrusted_until is null"),
                feed_answers(unchanged(&[])).asks("a/feed | \"2\" | -"),
            ],
        ),
        case(
            "three times 304 while more was to be expected",
            [
                held(),
                silent().before("silent_since = now() - interval '1 hour', not_modified_in_a_row = 2"),
                feed_answers(ok(&["etag: W/\"1\""], &["x", "y"]))
                    .before("silent_since = now() - interval '1 hour', not_modified_in_a_row = 3")
                    .asks("a/feed")
                    .is("new")
                    .then("validators_distrusted_until > now()"),
            ],
        ),
        case(
            "a date that stays while the feed changes",
            [
                feed_answers(ok(&[MONDAY], &["x"])).asks("a/feed"),
                feed_answers(ok(&[MONDAY], &["x", "y"]))
                    .before("not_modified_in_a_row = 48")
                    .asks("a/feed")
                    .is("new")
                    .then("validators_distrusted_until > now()"),
            ],
        ),
    ];
    conformance("lies", &cases).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn validators_go_to_the_address_that_gave_them_and_to_no_other() {
    use crate::support::server::redirect;
    let cases = [
        case(
            "they came from where a redirect led",
            [
                feed_answers(redirect("302 Found", "http://b/feed"))
                    .site("b/feed", ok(&["etag: \"b\""], &["x"]))
                    .asks("a/feed")
                    .asks("b/feed")
                    .is("new"),
                round().site("b/feed", unchanged(&[])).asks("a/feed").asks("b/feed | \"b\" | -").is("not-modified"),
                feed_answers(redirect("302 Found", "http://c/feed"))
                    .site("c/feed", ok(&["etag: \"c\""], &["x"]))
                    .asks("a/feed")
                    .asks("c/feed")
                    .is("unchanged"),
                feed_answers(ok(&["etag: \"a\""], &["x"])).asks("a/feed").is("unchanged"),
                feed_answers(unchanged(&[])).asks("a/feed | \"a\" | -").is("not-modified"),
            ],
        ),
        case(
            "the address redirects now",
            [
                feed_answers(ok(&["etag: \"a\"", MONDAY], &["x"])).asks("a/feed"),
                feed_answers(redirect("301 Moved Permanently", "/new"))
                    .site("a/new", ok(&["etag: \"n\""], &["x"]))
                    .asks("a/feed | \"a\" | Mon, 02 Nov 2026 10:00:00 GMT")
                    .asks("a/new")
                    .is("unchanged"),
                round().site("a/new", unchanged(&[])).asks("a/feed").asks("a/new | \"n\" | -").is("not-modified"),
            ],
        ),
        case(
            "304 from an address that was not asked conditionally",
            [
                feed_answers(ok(&["etag: \"a\""], &["x"])).asks("a/feed"),
                feed_answers(redirect("307 Temporary Redirect", "http://b/feed"))
                    .site("b/feed", unchanged(&[]))
                    .asks("a/feed | \"a\" | -")
                    .asks("b/feed")
                    .is("protocol")
                    .then("etag = '\"a\"'"),
            ],
        ),
        case(
            "the same tag from another address is no lie",
            [
                feed_answers(ok(&["etag: \"1\""], &["x"])).asks("a/feed"),
                feed_answers(redirect("302 Found", "http://b/feed"))
                    .before("not_modified_in_a_row = 48")
                    .site("b/feed", ok(&["etag: \"1\""], &["x", "y"]))
                    .asks("a/feed")
                    .asks("b/feed")
                    .is("new")
                    .then("validators_distrusted_until is null"),
            ],
        ),
        case(
            "whose address is not known is sent nowhere",
            [
                feed_answers(ok(&["etag: \"1\""], &["x"])).asks("a/feed"),
                round().before("validators_url = null").asks("a/feed").is("unchanged"),
                round().asks("a/feed | \"1\" | -"),
            ],
        ),
    ];
    conformance("addresses", &cases).await;
}
