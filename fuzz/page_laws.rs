//! What holds of every page, whatever the bytes: checked by the fuzz targets, and by the tests over the corpus that the
//! targets left behind.

use std::sync::LazyLock;

use super::article::{self, Article, Hint, Rules};
use super::page::{self, strip, tree};
use chrono::{TimeZone as _, Utc};
use ego_tree::iter::Edge;
use html5ever::tendril::TendrilSink;
use scraper::{Html, HtmlTreeSink, Node};
use unicode_normalization::{UnicodeNormalization, is_nfc};
use url::Url;

static RULES: LazyLock<Rules> = LazyLock::new(Rules::builtin);

/// The content types among which the first byte of an input chooses.
const CONTENT_TYPES: [Option<&str>; 8] = [
    None,
    Some("text/html"),
    Some("text/html; charset=utf-8"),
    Some("text/html; charset=iso-8859-1"),
    Some("text/html; charset=windows-1251"),
    Some("text/html; charset=shift_jis"),
    Some("text/html; charset=gb18030"),
    Some("application/xhtml+xml; charset=nonsense"),
];
/// The addresses among which it chooses.
const ADDRESSES: [Option<&str>; 4] = [
    None,
    Some("https://news.example.org/"),
    Some("https://news.example.org/2024/05/17/a-story-about-a-bridge"),
    Some("http://xn--bcher-kva.example/login?a=%00&b=%F0%9F"),
];

/// How often a page's bytes may come back in what is read of it: a text can be headline, body and a removed piece at
/// once, every quotation mark takes two bytes in JSON, and a byte of an old charset is up to three of UTF-8.
const TIMES_MAX: usize = 24;
/// Short pages have the names of all fields to give.
const EXTRA_BYTES: usize = 16 * 1024;
/// Pages that are also read without stripping. That reading has no limit of its own, so its input has one.
const UNSTRIPPED_BYTES_MAX: usize = 6_000;

/// Cleans a page and checks what comes out.
pub fn clean(input: &[u8]) {
    let Some((choice, body)) = input.split_first() else { return };
    let content_type = CONTENT_TYPES[usize::from(choice & 7)];
    let url = ADDRESSES[usize::from(choice >> 3 & 3)].map(|address| Url::parse(address).expect("an address"));
    let hint = if choice & 0x20 == 0 {
        Hint::default()
    } else {
        Hint {
            published_at: Utc.with_ymd_and_hms(2024, 5, 17, 6, 30, 0).single(),
            title: Some("The bridge over the Elle".to_owned()),
            summary: Some("<p>Nobody could say when the work on the bridge would begin.</p>".to_owned()),
            ..Hint::default()
        }
    };
    // What a body is by its bytes is told, and read on all the same.
    page::check(body).ok();
    let decoded = page::decode(body, content_type);
    assert!(!decoded.text.chars().any(is_odd), "{:?}", decoded.text);
    let Ok(article) = article::clean(&decoded.text, url.as_ref(), &hint, &RULES) else { return };
    check(&article);
    let size = serde_json::to_vec(&article).expect("JSON").len();
    assert!(size <= body.len() * TIMES_MAX + EXTRA_BYTES, "{} bytes gave {size}", body.len());
    // Scripts may hold the story as data; what they hold stands nowhere in the markup.
    let lower = decoded.text.to_ascii_lowercase();
    if !lower.contains("<script") {
        let tree =
            tree::build_with_fallbacks(&decoded.text, &tree::Limits::default()).expect("the tree it was cleaned from");
        let nodes = tree.html.tree.root().descendants();
        let all: String = nodes.filter_map(|node| node.value().as_text().map(|text| &**text)).collect();
        assert!(is_part(&letters(&article.text), &letters(&all)), "{:?} is not of {all:?}", article.text);
    }
    if choice & 0x40 != 0 {
        let again = article::clean(&decoded.text, url.as_ref(), &hint, &RULES);
        assert_eq!(again.as_ref(), Ok(&article), "cleaned twice, cleaned the same");
    }
    // Text that was cleaned is left alone when it is cleaned as text once more.
    let hint = Hint { title: Some("A headline that stands elsewhere".to_owned()), ..Hint::default() };
    let once = article::clean_plain(&article.text, None, &hint, &RULES);
    check(&once);
    let twice = article::clean_plain(&once.text, None, &hint, &RULES);
    assert_eq!(once.text, twice.text, "cleaned as text twice");
}

/// Strips a page and checks that a reader sees the same text in what is left.
pub fn strip(input: &[u8]) {
    let text = page::decode(input, Some("text/html; charset=utf-8")).text;
    let stripped = strip::strip(&text);
    assert!(stripped.html.len() <= 2 * text.len() + 11, "{} bytes became {}", text.len(), stripped.html.len());
    let data = stripped.json_ld.iter().map(String::len).chain(stripped.state.iter().map(|script| script.len()));
    let kept: usize = data.sum();
    assert!(kept <= text.len(), "{} bytes hold {kept} of data", text.len());
    // In these the tokenizer's mood depends on the tree; what is stripped there is never shown.
    let lower = text.to_ascii_lowercase();
    let moody = ["<select", "<math", "<frameset", "<template", "<svg"].iter().any(|tag| lower.contains(tag));
    if moody || text.len() > UNSTRIPPED_BYTES_MAX || tree::build(&text, &tree::Limits::default()).is_err() {
        return;
    }
    let (left, whole) = (shown(&parse(&stripped.html)), shown(&parse(&text)));
    assert_eq!(left, whole, "{:?} was stripped to {:?}", text, stripped.html);
}

fn check(article: &Article) {
    assert!(is_nfc(&article.text), "{:?}", article.text);
    assert!(!article.text.chars().any(|c| is_odd(c) && c != '\n'), "{:?}", article.text);
    assert!(!article.text.contains("\n\n\n"), "{:?}", article.text);
    assert!((0.0..=1.0).contains(&article.completeness), "{}", article.completeness);
    let chars = article.text.chars().count();
    let mut end = 0;
    for repair in &article.repairs {
        assert!(end <= repair.start && repair.start < repair.end && repair.end <= chars, "{:?}", article.repairs);
        end = repair.end;
    }
    assert!(article.removed.len() <= 200, "{} pieces", article.removed.len());
    for piece in &article.removed {
        assert!(piece.text.chars().count() <= 500 && !piece.reason.is_empty(), "{piece:?}");
    }
    for address in [&article.canonical_url, &article.image_url].into_iter().flatten() {
        let url = Url::parse(address).unwrap_or_else(|error| panic!("{address:?}: {error}"));
        assert!(matches!(url.scheme(), "http" | "https"), "{address:?}");
    }
    let fields = article.authors.iter().chain(&article.tags);
    for field in fields.chain(article.title.iter()).chain(&article.site_name).chain(&article.section) {
        assert!(is_nfc(field) && !field.chars().any(is_odd), "{field:?}");
        assert!(!field.trim().is_empty() && field.chars().count() <= 1000, "{field:?}");
    }
    let at = article.published_at.iter().chain(&article.updated_at);
    at.for_each(|at| assert!((1700..2101).contains(&chrono::Datelike::year(at)), "{at}"));
}

/// A character that no text has.
fn is_odd(c: char) -> bool {
    c.is_control() && !matches!(c, '\t' | '\n' | '\r' | '\u{c}' | '\u{80}'..='\u{9f}')
}

/// Letters and digits, without their accents, so that it does not matter what a letter and its accent were parted by.
fn letters(text: &str) -> Vec<char> {
    text.nfd().filter(|c| c.is_alphanumeric()).collect()
}

/// Whether all of one text stands in another in its order.
fn is_part(part: &[char], whole: &[char]) -> bool {
    let mut whole = whole.iter();
    part.iter().all(|c| whole.any(|other| other == c))
}

fn parse(html: &str) -> Html {
    html5ever::driver::parse_document(HtmlTreeSink::new(Html::new_document()), html5ever::ParseOpts::default())
        .one(html)
}

/// The letters a reader sees.
fn shown(html: &Html) -> String {
    let mut text = String::new();
    let mut hidden = 0_usize;
    for edge in html.tree.root().traverse() {
        let (node, step) = match edge {
            Edge::Open(node) => (node, 1),
            Edge::Close(node) => (node, -1),
        };
        match node.value() {
            Node::Element(element) if matches!(element.name(), "script" | "style" | "noscript" | "svg") => {
                hidden = hidden.saturating_add_signed(step);
            }
            Node::Text(piece) if hidden == 0 && step == 1 => text.extend(piece.chars().filter(|c| !c.is_whitespace())),
            _ => {}
        }
    }
    text
}
