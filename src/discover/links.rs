//! Links that lead to feeds: in headers, in a page's head, in its text.

use std::sync::LazyLock;

use scraper::{ElementRef, Html, Selector};
use url::Url;

use super::{Candidate, Clue, Rules};

/// Link elements and anchors looked at; pages have a few hundred.
const LINKS_MAX: usize = 5000;
/// The longest words of an anchor that can mean a feed: a sentence about RSS is no link to one.
const ANCHOR_CHARS_MAX: usize = 60;
/// Links of a `Link` header that are looked at.
const HEADER_LINKS_MAX: usize = 100;

/// Compiles a selector of ours.
fn selector(css: &'static str) -> Selector {
    Selector::parse(css).expect("a selector of ours, covered by every test of this module")
}

static BASE: LazyLock<Selector> = LazyLock::new(|| selector("base[href]"));
static LINK: LazyLock<Selector> = LazyLock::new(|| selector("link[href]"));
static ANCHOR: LazyLock<Selector> = LazyLock::new(|| selector("a[href], area[href]"));
static GENERATOR: LazyLock<Selector> = LazyLock::new(|| selector("meta[name][content]"));
static PICTURE: LazyLock<Selector> = LazyLock::new(|| selector("img, svg, i, span[class]"));

/// What a page's relative addresses are relative to.
pub fn base(html: &Html, page: &Url) -> Url {
    let own = html.select(&BASE).next().and_then(|base| page.join(base.attr("href")?.trim()).ok());
    own.filter(|url| matches!(url.scheme(), "http" | "https")).unwrap_or_else(|| page.clone())
}

/// The program that says it made the page, in lower case.
pub fn generator(html: &Html) -> String {
    let metas = html.select(&GENERATOR).take(LINKS_MAX);
    let named = metas.filter(|meta| meta.attr("name").is_some_and(|name| name.eq_ignore_ascii_case("generator")));
    named.filter_map(|meta| meta.attr("content")).collect::<Vec<_>>().join(" ").to_lowercase()
}

/// What `<link>` elements announce.
pub fn of_elements(html: &Html, base: &Url, rules: &Rules) -> Vec<Candidate> {
    let links = html.select(&LINK).take(LINKS_MAX);
    links
        .filter_map(|link| {
            let title = link.attr("title").map(str::trim).filter(|title| !title.is_empty());
            candidate(base, link.attr("href")?, link.attr("rel"), link.attr("type"), title, Clue::LinkElement, rules)
        })
        .collect()
}

/// What `Link` headers announce (RFC 8288).
pub fn of_link_headers(page: &Url, headers: &[(String, String)], rules: &Rules) -> Vec<Candidate> {
    let values = headers.iter().filter(|(name, _)| name.eq_ignore_ascii_case("link")).map(|(_, value)| value);
    values
        .flat_map(|value| header_links(value))
        .take(HEADER_LINKS_MAX)
        .filter_map(|link| {
            let get = |name: &str| {
                let found = link.parameters.iter().find(|(key, _)| key.eq_ignore_ascii_case(name));
                found.map(|(_, value)| value.as_str()).filter(|value| !value.is_empty())
            };
            candidate(page, &link.target, get("rel"), get("type"), get("title"), Clue::LinkHeader, rules)
        })
        .collect()
}

/// A link by its relation and type, if they may mean a feed.
fn candidate(
    base: &Url,
    href: &str,
    rel: Option<&str>,
    kind: Option<&str>,
    title: Option<&str>,
    clue: Clue,
    rules: &Rules,
) -> Option<Candidate> {
    let url = web(base, href)?;
    if rules.never(&url) {
        return None;
    }
    let rel = rel.unwrap_or_default().to_ascii_lowercase();
    let rel = |name: &str| rel.split_ascii_whitespace().any(|word| word == name);
    let kind = kind.unwrap_or_default().trim().to_ascii_lowercase();
    let feeds_type = rules.types.iter().any(|known| kind.contains(known.as_str()));
    let vague_type = kind.is_empty() || rules.vague_types.iter().any(|known| kind.starts_with(known.as_str()));
    let names_it = rel("alternate") || rel("feed");
    let clue = if (names_it && feeds_type) || (rel("feed") && (kind.is_empty() || feeds_type)) {
        clue
    } else if (names_it && vague_type && rules.looks_like_feed(&url)) || (feeds_type && !rel("stylesheet")) {
        Clue::VagueLinkElement
    } else {
        return None;
    };
    Some(Candidate { url, clue, title: title.map(str::to_owned) })
}

/// Links people click that look like a feed's or speak of one.
pub fn of_anchors(html: &Html, base: &Url, rules: &Rules) -> Vec<Candidate> {
    let mut found = Vec::new();
    for anchor in html.select(&ANCHOR).take(LINKS_MAX) {
        let Some(url) = anchor.attr("href").and_then(|href| web(base, href)) else { continue };
        if rules.never(&url) {
            continue;
        }
        let text: String = anchor.text().flat_map(str::chars).take(ANCHOR_CHARS_MAX + 1).collect();
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        let short = text.chars().count() <= ANCHOR_CHARS_MAX;
        let speaks = || (short && rules.speaks_of_feed(&text)) || names(anchor).any(|name| rules.speaks_of_feed(&name));
        let typed = anchor.attr("type").is_some_and(|kind| rules.types.iter().any(|t| kind.contains(t.as_str())));
        // A link elsewhere has to look like a feed's; `/news/rss` of another site is that site's.
        let same_site = crate::identity::registrable_domain(&url) == crate::identity::registrable_domain(base);
        let looks = rules.looks_like_feed(&url);
        if typed || (looks && (same_site || speaks())) || (same_site && speaks()) {
            let title = (!text.is_empty() && short).then_some(text);
            found.push((!looks, Candidate { url, clue: Clue::Anchor, title }));
        }
    }
    // Those that only speak of feeds are often a page about them.
    found.sort_by_key(|(vague, _)| *vague);
    found.into_iter().map(|(_, candidate)| candidate).collect()
}

/// What stands for an anchor's words where it has a picture.
fn names(anchor: ElementRef<'_>) -> impl Iterator<Item = String> {
    let own = ["title", "aria-label", "class"].into_iter().filter_map(move |name| anchor.attr(name));
    let pictures = anchor.select(&PICTURE).take(3);
    let theirs =
        pictures.flat_map(|picture| ["alt", "title", "class"].into_iter().filter_map(move |name| picture.attr(name)));
    own.chain(theirs).map(|name| name.replace(['_', '-'], " ")).collect::<Vec<_>>().into_iter()
}

/// A web address; `feed:` is another way to write one.
fn web(base: &Url, href: &str) -> Option<Url> {
    let href = href.trim();
    let href = match href.strip_prefix("feed:") {
        Some(rest) if rest.starts_with("//") => format!("http:{rest}"),
        Some(rest) => rest.to_owned(),
        None => href.to_owned(),
    };
    let mut url = base.join(&href).ok()?;
    url.set_fragment(None);
    let plain = matches!(url.scheme(), "http" | "https") && url.username().is_empty() && url.password().is_none();
    plain.then_some(url)
}

/// A link of a header.
struct HeaderLink {
    target: String,
    parameters: Vec<(String, String)>,
}

/// Reads a `Link` header: `<target>; name=value; name="quoted, value", <next>; …`. What cannot be read is passed over.
fn header_links(value: &str) -> Vec<HeaderLink> {
    let mut links = Vec::new();
    let mut rest = value;
    while let Some((_, after)) = rest.split_once('<') {
        let Some((target, after)) = after.split_once('>') else { break };
        let mut link = HeaderLink { target: target.trim().to_owned(), parameters: Vec::new() };
        rest = after.trim_start();
        while let Some(after) = rest.strip_prefix(';') {
            let (name, after) = token(after.trim_start());
            let after = after.trim_start();
            let Some(after) = after.strip_prefix('=') else {
                rest = after;
                continue;
            };
            let (value, after) = match after.trim_start().strip_prefix('"') {
                Some(quoted) => unquoted(quoted),
                None => token(after.trim_start()),
            };
            link.parameters.push((name, value));
            rest = after.trim_start();
        }
        links.push(link);
        if links.len() >= HEADER_LINKS_MAX {
            break;
        }
    }
    links
}

/// Up to the next mark; types have slashes and pluses and are often left unquoted.
fn token(text: &str) -> (String, &str) {
    let end = text.find(|c: char| c.is_whitespace() || matches!(c, ';' | ',' | '=' | '"' | '<')).unwrap_or(text.len());
    let (token, rest) = text.split_at_checked(end).unwrap_or((text, ""));
    (token.to_owned(), rest)
}

/// A quoted string whose first mark is already taken.
fn unquoted(text: &str) -> (String, &str) {
    let mut value = String::new();
    let mut chars = text.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => return (value, text.get(at + 1..).unwrap_or_default()),
            '\\' => value.extend(chars.next().map(|(_, escaped)| escaped)),
            c => value.push(c),
        }
    }
    (value, "")
}
