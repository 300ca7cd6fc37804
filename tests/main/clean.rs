//! Cleaning: from a page to the story alone.

#[path = "clean/repairs.rs"]
mod repairs;
#[path = "clean/text.rs"]
mod text;

use chrono::{TimeZone as _, Utc};
use proptest::prelude::*;
use std::sync::LazyLock;
use url::Url;
use wireroom::article::{
    Article, CleanError, Hint, Precision, Rules, Why, clean, clean_and_tell, clean_plain, explain, explain_blocks,
};
use wireroom::page::tree::{self, Limits, TreeError};
use wireroom::page::{self, CharsetSource};

static RULES: LazyLock<Rules> = LazyLock::new(Rules::builtin);

fn page_with(body: &str) -> String {
    let filler = "The council met on Tuesday evening in the old library and talked for three hours about the bridge. ";
    format!(
        "<html lang=en><head><title>The bridge</title></head><body><article>{body}<p>{}</p><p>{}</p></article></body></html>",
        filler.repeat(2),
        "Nobody could say when the work would begin, and the mayor went home before the vote was taken at last."
    )
}

fn cleaned(html: &str) -> Article {
    clean(html, None, &Hint::default(), &RULES).expect("an article")
}

/// The first paragraph that cleaning makes of a piece of markup.
fn check_text(markup: &str, wanted: &str) {
    let article = cleaned(&page_with(markup));
    let first = article.text.split("The council met").next().unwrap_or_default().trim_end();
    assert_eq!(first, wanted, "from {markup}");
}

fn refusal(html: &str, url: &str) -> &'static str {
    clean(html, Url::parse(url).ok().as_ref(), &Hint::default(), &RULES)
        .map_or_else(|error| error.kind(), |_| "article")
}

#[test]
fn a_page_is_cleaned_to_its_story() {
    let url = Url::parse("https://saltmarsh.example/region/ferry-crews-end-strike?from=feed").expect("a URL");
    let article = clean(include_str!("clean/harbour.html"), Some(&url), &Hint::default(), &RULES).expect("an article");
    assert_eq!(
        article.text,
        "Ferry crews in the northern harbour went back to work on Saturday after an overnight deal that raises their pay \
         by 4.5 percent over two years.\n\n\
         The talks, which had broken down twice since January, ended shortly before dawn, said Ruth Okafor, who spoke \
         for the harbour board.\n\n\
         “Nobody won and nobody lost,” she told reporters. “The boats will sail at noon, and that is what the islands \
         need.”\n\n\
         What was agreed\n\n\
         A rise of two percent now and of two and a half percent next spring.\n\n\
         Eleven hours of rest between two night shifts.\n\n\
         The islands had been cut off for nine days. Shops on the outermost one ran short of flour\nand of lamp oil, \
         according to the mayor.\n\n\
         We counted the sacks every morning and wrote the number on the door.\n\n\
         A first boat with forty passengers left at noon, and a second was to follow in the evening if the wind \
         allowed it."
    );
    assert_eq!(article.title.as_deref(), Some("Ferry crews end strike after harbour deal"));
    assert_eq!(article.authors, ["Ines Calloway", "Tomas Brek"]);
    assert_eq!(article.site_name.as_deref(), Some("The Saltmarsh Courier"));
    assert_eq!(article.published_at, Utc.with_ymd_and_hms(2024, 3, 9, 6, 45, 10).single());
    assert_eq!((article.published_precision, article.published_source), (Precision::Second, Some("json-ld")));
    assert_eq!(article.canonical_url.as_deref(), Some("https://saltmarsh.example/region/ferry-crews-end-strike"));
    assert_eq!(article.image_url.as_deref(), Some("https://saltmarsh.example/img/ferry.jpg"));
    assert_eq!(article.language.as_deref(), Some("en"));
    assert_eq!(article.section.as_deref(), Some("Region"));
    assert_eq!(article.tags, ["ferries", "strike"]);
    assert!(!article.paywalled);
    for (part, reason) in [
        ("Be the first to comment", "comment"),
        ("Your email address will not be published.", "comment"),
        ("Advertisement", "advertisement"),
        ("Sign up for our newsletter", "newsletter"),
        ("Harbour board names new chair", "related"),
        ("The ferry Marigold at its berth", "caption"),
    ] {
        let piece = article.removed.iter().find(|piece| piece.text.contains(part));
        assert_eq!(piece.map(|piece| piece.reason.as_str()), Some(reason), "{part}: {:?}", article.removed);
    }
    assert!(explain(&article).contains("advertisement  "), "{}", explain(&article));
}

#[test]
fn every_piece_near_the_story_is_told_with_its_reason_and_its_odds() {
    let url = Url::parse("https://saltmarsh.example/region/ferry-crews-end-strike").unwrap();
    let (article, told) =
        clean_and_tell(include_str!("clean/harbour.html"), Some(&url), &Hint::default(), &RULES).expect("an article");
    let kept: Vec<&str> = told.iter().filter(|piece| piece.reason.is_none()).map(|piece| piece.text.as_str()).collect();
    assert_eq!(kept.join("\n\n"), article.text);
    let prompt = told.iter().find(|piece| piece.text == "Be the first to comment").expect("the prompt");
    assert_eq!(prompt.reason.as_deref(), Some("comment"));
    let lede = told.iter().find(|piece| piece.text.starts_with("Ferry crews in")).expect("the lede");
    assert!(lede.chance.is_some_and(|chance| chance > 0.9), "{lede:?}");

    let report = explain_blocks(&article, &told);
    let line = |start: &str| report.lines().find(|line| line.contains(start)).unwrap_or_default();
    assert!(line("The talks, which had").starts_with("+ 0.9"), "{report}");
    let told_prompt = report.lines().rfind(|line| line.contains("Be the first to comment")).unwrap_or_default();
    assert!(told_prompt.starts_with("- ") && told_prompt.contains("comment"), "{report}");
}

#[test]
fn white_space_is_what_a_reader_sees() {
    check_text("<p>One <b>two</b>three<i> four</i>, five.</p>", "One twothree four, five.");
    check_text("<p>The <span>W</span>hen and the where of it.</p>", "The When and the where of it.");
    check_text("<p>First line of it.<br>Second line of it.</p>", "First line of it.\nSecond line of it.");
    check_text("<p>First thing said.<br><br>Second thing said.</p>", "First thing said.\n\nSecond thing said.");
    check_text("<div>It ended here.</div><div>It began there.</div>", "It ended here.\n\nIt began there.");
    check_text("<p>Cafe\u{301} and co\u{ad}op\u{200b} alike were shut.</p>", "Café and coop alike were shut.");
    check_text(
        "<table><tr><th>Town</th><th>Votes</th></tr><tr><td>Aldmoor</td><td>112</td></tr></table>",
        "Town | Votes\nAldmoor | 112",
    );
}

#[test]
fn plain_text_keeps_all_but_title_and_tail() {
    let text = "Two boats collide off the cape\n\n\nTwo boats collided on Sunday.\n\nNobody was hurt in the warAlthough it was dark.\n\nBe the first to comment\n\nLeave a Reply\n\nYour email address will not be published.";
    let article = clean_plain(text, None, &Hint::default(), &RULES);
    assert_eq!(article.title.as_deref(), Some("Two boats collide off the cape"));
    assert_eq!(article.text, "Two boats collided on Sunday.\n\nNobody was hurt in the warAlthough it was dark.");
    let removed: Vec<&str> = article.removed.iter().map(|piece| piece.text.as_str()).collect();
    assert_eq!(removed, ["Be the first to comment", "Leave a Reply", "Your email address will not be published."]);
    assert_eq!(article.repairs.len(), 1);

    let untitled = clean_plain("It rained.\n\nThen it stopped.", None, &Hint::default(), &RULES);
    assert_eq!((untitled.title, untitled.text.as_str()), (None, "It rained.\n\nThen it stopped."));
}

#[test]
fn what_is_no_article_is_refused_with_its_reason() {
    let gone = "<title>404 - Page not found</title><body><p>Sorry, the page you asked for is no longer with us.</p>";
    assert_eq!(refusal(gone, "https://a.example/x"), "gone");
    let robot = "<title>Just a moment...</title><body><p>Checking your browser before you may go on to the site.</p>";
    assert_eq!(refusal(robot, "https://a.example/x"), "robot-check");
    let login = "<title>Log in | The Courier</title><body><form><label>Name</label><input></form><p>Please log in with your name and word.</p>";
    assert_eq!(refusal(login, "https://a.example/x"), "login");
    let links = "<li><a href=/x>A headline of an article in the paper today</a></li>".repeat(80);
    assert_eq!(refusal(&format!("<title>News</title><ul>{links}</ul>"), "https://a.example/"), "index");
    assert_eq!(refusal("  \n ", "https://a.example/x"), "empty");
    assert_eq!(
        refusal(&page_with("<p>404 houses were flooded in the night, the council said.</p>"), "https://a.example/"),
        "article"
    );
    let why = clean(gone, None, &Hint::default(), &RULES).expect_err("a refusal");
    assert_eq!(why, CleanError::NotAnArticle { why: Why::Gone });
}

#[test]
fn bytes_that_are_no_page_are_named() {
    let kind = |body: &[u8]| page::check(body).map_or_else(|error| error.kind(), |()| "page");
    assert_eq!(kind(b""), "empty");
    assert_eq!(kind(b"%PDF-1.7 ..."), "pdf");
    assert_eq!(kind(b"\x89PNG\r\n\x1a\n"), "image");
    assert_eq!(kind(b"<?xml version='1.0'?><!-- x --><rss version='2.0'>"), "feed");
    assert_eq!(kind(&[1, 2, 3, 0, 0, 7, 200, 201]), "binary");
    assert_eq!(kind("<!doctype html><p>Ärger".as_bytes()), "page");
}

#[test]
fn charsets_are_told_by_mark_header_meta_and_statistics() {
    let check = |body: &[u8], header: Option<&str>, text: &str, charset: &str, source: CharsetSource| {
        let decoded = page::decode(body, header);
        assert_eq!((decoded.text.as_str(), decoded.charset, decoded.source), (text, charset, source));
    };
    check(b"\xEF\xBB\xBFcaf\xC3\xA9", Some("text/html; charset=latin1"), "café", "UTF-8", CharsetSource::Bom);
    check(b"caf\xE9", Some("text/html; charset=iso-8859-1"), "café", "windows-1252", CharsetSource::Header);
    check(b"<meta charset=koi8-r>\xC1", None, "<meta charset=koi8-r>а", "KOI8-R", CharsetSource::Meta);
    check(b"caf\xC3\xA9\0", Some("text/html; charset=latin1"), "café", "UTF-8", CharsetSource::Detected);
}

#[test]
fn a_body_that_is_only_data_is_read_from_the_data() {
    let body = "The lock on the canal failed at night and the water ran into the meadows below. ".repeat(6);
    let html = format!(
        "<html><head><title>Lock fails</title><script type='application/ld+json'>{{\"@type\":\"NewsArticle\",\"headline\":\"Lock fails\",\"articleBody\":\"{body}\"}}</script></head><body><div id=app></div></body></html>"
    );
    assert_eq!(cleaned(&html).text, body.trim());
}

#[test]
fn a_hint_dates_a_page_without_a_date() {
    let at = Utc.with_ymd_and_hms(2023, 5, 1, 12, 0, 0).single();
    let hint = Hint { published_at: at, ..Hint::default() };
    let article = clean(&page_with(""), None, &hint, &RULES).expect("an article");
    assert_eq!((article.published_at, article.published_source), (at, Some("feed")));
}

#[test]
fn pages_made_to_hurt_are_refused_in_time() {
    let limits = Limits::default();
    let refused = |html: &str| tree::build(html, &limits).err();
    assert_eq!(refused(&"<div>".repeat(200_000)), Some(TreeError::TooDeep(512)));
    let formats: Vec<String> = (0..4000).map(|n| format!("<b id=a{n}><p><b id=b{n}>")).collect();
    assert!(refused(&formats.concat()).is_some());
    assert_eq!(refused(&"<p>x</p>".repeat(100_000)), Some(TreeError::TooManyNodes(100_000)));
    let attributes = (0..50_000).map(|n| format!(" a{n}=1")).collect::<Vec<_>>().concat();
    assert_eq!(refused(&format!("<p{attributes}>x")), Some(TreeError::TooManyAttributes));
    assert_eq!(refused(&"<html a=1 b=2 c=3>".repeat(1000)), Some(TreeError::TooManyAttributes));
    assert!(refused(&"<table><a>".repeat(100_000)).is_some());
}

#[test]
fn pieces_do_not_change_the_tree() {
    let html = format!("<p>{}</p><p>Ärger <b>über</b> &amp; Streit</p>", "ü".repeat(5000));
    let tree = tree::build(&html, &Limits::default()).expect("a tree");
    assert_eq!(tree.html.html(), scraper::Html::parse_document(&html).html());
}

proptest! {
    #[test]
    fn nothing_panics(html in "(<(p|div|b|a href=x|li|table|td|h2|!--|script|/p|/div|/script)>|[a-zA-Zäß 。.]{0,40}|\\PC{0,8}){0,60}") {
        if let Ok(article) = clean(&html, None, &Hint::default(), &RULES) {
            let chars = article.text.chars().count();
            prop_assert!(article.repairs.iter().all(|repair| repair.start < repair.end && repair.end <= chars));
            prop_assert!(!article.text.contains("\n\n\n"));
        }
    }
}
