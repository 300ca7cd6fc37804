//! What is no feed, and what is more of one than is read.

use std::fmt::Write as _;

use wireroom::feed::{self, ENTRIES_MAX, FEED_BYTES_MAX, FeedError};

use super::{item, parse, read, titles};

#[test]
fn what_came_instead_is_named() {
    let kind = |bytes: &[u8]| feed::parse(bytes, None, None).map_err(|error| error.kind()).err();
    assert_eq!(kind(b""), Some("empty"));
    assert_eq!(kind(b" \n\t\0"), Some("empty"));
    assert_eq!(kind(b"\x1F\x8B\x08\0"), Some("gzip"));
    assert_eq!(kind(b"%PDF-1.7"), Some("binary"));
    assert_eq!(kind(b"\x89PNG\r\n"), Some("binary"));
    assert_eq!(kind(b"<!DOCTYPE html><html><head><title>Hello</title></head></html>"), Some("html"));
    assert_eq!(kind(b"<html xmlns=\"http://www.w3.org/1999/xhtml\"><body/></html>"), Some("html"));
    assert_eq!(kind(b"<!doctype html><html><body><item>1</item><p>Hello</body></html>"), Some("html"));
    assert_eq!(kind(b"{\"hello\": 1}"), Some("json_not_feed"));
    assert_eq!(kind(b"Service unavailable"), Some("not_a_feed"));
    assert_eq!(kind(b"<tv><channel id=\"1\"/></tv>"), Some("not_a_feed"));
    let too_large = vec![b' '; FEED_BYTES_MAX + 1];
    assert_eq!(kind(&too_large), Some("too_large"));
    assert_eq!(
        parse("<opml><body/></opml>"),
        Err(FeedError::NotAFeed("opml".to_owned())),
        "the refusal names what the document is"
    );
}

#[test]
fn a_feed_behind_a_warning() {
    let feed = read(
        "<br />\n<b>Warning</b>: {x} on line 1<br />\n<?xml version=\"1.0\"?><rss><channel><item><title>One</title></item></channel></rss>",
    );
    assert_eq!(titles(&feed), ["One"]);
}

#[test]
fn a_feed_without_items_is_one() {
    assert!(read("<rss><channel><title>New</title></channel></rss>").entries.is_empty());
    let feed = read("<rss><channel><item></item><item> </item><item><title>One</title></item></channel></rss>");
    assert_eq!((titles(&feed), feed.skipped.len()), (vec!["One"], 2));
}

#[test]
fn more_items_than_are_read() {
    let mut document = "<rss><channel>".to_owned();
    for at in 0..ENTRIES_MAX + 3 {
        write!(document, "<item><guid>{at}</guid></item>").expect("writing to a string cannot fail");
    }
    let feed = read(&document);
    assert_eq!(feed.entries.len(), ENTRIES_MAX);
    assert!(feed.recovered.iter().any(|what| what.starts_with("50003 items")), "{:?}", feed.recovered);
}

#[test]
fn nesting_without_an_end() {
    let open = "<a>".repeat(100_000);
    let feed = read(&format!(
        "<rss><channel><item><description>{open}deep</description><title>One</title></item>\
         <item><title>Two</title></item></channel></rss>"
    ));
    assert_eq!(titles(&feed), ["One", "Two"]);
    let open = "<div>".repeat(100_000);
    assert_eq!(titles(&read(&format!("<rss>{open}<item><title>One</title></item>"))), ["One"]);
}

#[test]
fn what_one_item_may_hold() {
    let many = "<category/>".repeat(100_000);
    assert_eq!(item(&format!("{many}<title>One</title>")).categories.len(), 0);
    let terms: String = (0..5_000).map(|n| format!("<category>{n}</category>")).collect();
    assert!(item(&terms).categories.len() < 1_000);
    let attributes: String = (0..1_000).map(|n| format!(" a{n}=\"1\"")).collect();
    assert_eq!(titles(&read(&format!("<rss><item><x{attributes}/><title>One</title></item></rss>"))), ["One"]);
}

#[test]
fn an_entity_is_not_a_bomb() {
    let value = "x".repeat(1_000);
    let uses = "&big;".repeat(20_000);
    let document =
        format!("<!DOCTYPE rss [<!ENTITY big \"{value}\">]><rss><item><description>{uses}</description></item></rss>");
    let feed = read(&document);
    let written: usize = feed.entries.iter().filter_map(|e| e.summary.as_ref()).map(String::len).sum();
    assert!(written < 2_000_000, "{written} bytes of {}", document.len());
}

/// Beginnings without ends, as many as fit: each is looked at once, so the test ends.
#[test]
fn beginnings_without_ends() {
    for beginning in [
        "<",
        "&",
        "<a ",
        "<a b=\"",
        "<a b='",
        "<!--",
        "<![CDATA[",
        "<?",
        "<!",
        "<!DOCTYPE x [",
        "</",
        "</a",
        "<item ",
        "<item>",
        "<a b=\"<a \"",
        "<x:a xmlns:x=\"y\">",
        "<![CDATA[</item>",
        "<item><![CDATA[<a>",
        "<script>",
        "&lt;script&gt;",
        "&lt;!--",
        "<item><!-- </item>",
        "<p>",
        "<b></item>",
        "<a href=\"<\" ",
    ] {
        let many = beginning.repeat(300_000 / beginning.len());
        for document in [
            format!("<rss><channel><item><title>One</title></item><item><title>{many}"),
            format!("<rss><channel><item><title>One</title></item>{many}"),
            format!("<rss><channel><item><title>One</title></item><item><description>{many}</description></item>"),
        ] {
            let feed = read(&document);
            assert_eq!(feed.entries.first().and_then(|e| e.title.as_deref()), Some("One"), "{beginning}");
        }
    }
}
