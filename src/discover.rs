//! Where a site's feeds are, and which of those found is the best.
//!
//! In: a page with its headers, a robots.txt. Out: [`Candidate`]s, the likeliest first. Somebody else asks for them and
//! has them read; what really is a feed comes back as a document, becomes a [`Found`], and [`rank`] puts main feeds before
//! those of sections and comments, whole texts before teasers, busy ones before stale ones, and twins into one.
//!
//! Nothing here asks anybody: no candidate is a claim that there is a feed.

mod links;
mod rank;
mod rules;

use std::collections::HashSet;

use url::Url;

pub use links::of_link_headers;
pub use rank::{Found, Role, Text, carried, entries_a_day, rank};
pub use rules::Rules;

use crate::page::tree::{self, Limits};

/// The most candidates of one page.
const CANDIDATES_MAX: usize = 60;
/// The part of a page in which marks of programs are looked for, in bytes.
const MARKS_BYTES_MAX: usize = 1 << 20;

/// How a feed came to be looked for, from the surest to the vaguest.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Clue {
    /// The address itself was asked about.
    Itself,
    /// A `Link` header (RFC 8288).
    LinkHeader,
    /// A `<link rel=alternate>` of a feed's type.
    LinkElement,
    /// A `<link>` that only looks like a feed's.
    VagueLinkElement,
    /// The program that made the page keeps it there.
    Platform(String),
    /// A link people click.
    Anchor,
    /// A sitemap named by robots.txt.
    Robots,
    /// Where feeds are when nothing names them.
    WellKnown,
}

impl Clue {
    /// Whether the site itself names the address; else it is a guess.
    pub fn is_announced(&self) -> bool {
        !matches!(self, Self::Platform(_) | Self::WellKnown)
    }
}

impl std::fmt::Display for Clue {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Itself => f.write_str("the address itself"),
            Self::LinkHeader => f.write_str("Link header"),
            Self::LinkElement => f.write_str("link element"),
            Self::VagueLinkElement => f.write_str("link element without a feed's type"),
            Self::Platform(name) => write!(f, "usual for {name}"),
            Self::Anchor => f.write_str("link in the page"),
            Self::Robots => f.write_str("robots.txt"),
            Self::WellKnown => f.write_str("usual address"),
        }
    }
}

/// An address at which a feed may be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// Where.
    pub url: Url,
    /// Why there.
    pub clue: Clue,
    /// What the page calls it.
    pub title: Option<String>,
}

/// The feeds a page leads to: what its headers and links announce, what its program is known for, what people click.
/// Comment feeds come last. A page that is too much for the tree's limits gives what its headers announce.
pub fn of_page(page: &Url, headers: &[(String, String)], html: &str, rules: &Rules) -> Vec<Candidate> {
    let mut found = of_link_headers(page, headers, rules);
    let begin = html.get(..floor_boundary(html, MARKS_BYTES_MAX)).unwrap_or(html);
    let mut generator = String::new();
    if let Ok(tree) = tree::build(html, &Limits::default()) {
        let base = links::base(&tree.html, page);
        found.extend(links::of_elements(&tree.html, &base, rules));
        found.extend(links::of_anchors(&tree.html, &base, rules));
        generator = links::generator(&tree.html);
    }
    for platform in &rules.platforms {
        let at = platform.feeds(page, &generator, begin).into_iter().filter_map(|feed| page.join(&feed).ok());
        found.extend(at.map(|url| Candidate { url, clue: Clue::Platform(platform.name.clone()), title: None }));
    }
    found.sort_by_key(|c| (is_comments(c, rules), c.clue.clone()));
    distinct(found, CANDIDATES_MAX)
}

/// Where a site's feeds are when nothing names them: beside the page, then at the root.
pub fn well_known(page: &Url, rules: &Rules) -> Vec<Candidate> {
    let mut folder = page.clone();
    folder.set_query(None);
    folder.set_fragment(None);
    let mut root = folder.clone();
    root.set_path("/");
    // A page without a file's ending may be a folder without its slash.
    if !folder.path().ends_with('/') && !folder.path().rsplit('/').next().unwrap_or_default().contains('.') {
        folder.set_path(&format!("{}/", folder.path()));
    }
    let is_root = folder.path() == "/";
    let mut found = Vec::new();
    // Only the likeliest are tried twice.
    let beside = rules.well_known.iter().take(if is_root { 0 } else { 6 }).map(|path| (&folder, path));
    for (base, path) in beside.chain(rules.well_known.iter().map(|path| (&root, path))) {
        if let Ok(url) = base.join(path) {
            found.push(Candidate { url, clue: Clue::WellKnown, title: None });
        }
    }
    distinct(found, CANDIDATES_MAX)
}

/// The sitemaps of robots.txt, news first; where it names none of news, the addresses under which they usually are.
pub fn of_sitemaps(site: &Url, sitemaps: &[String], rules: &Rules) -> Vec<Candidate> {
    let mut found: Vec<Candidate> = sitemaps
        .iter()
        .filter_map(|raw| site.join(raw.trim()).ok())
        .filter(|url| matches!(url.scheme(), "http" | "https"))
        .map(|url| Candidate { url, clue: Clue::Robots, title: None })
        .collect();
    found.sort_by_key(|c| !rules.is_news_sitemap(&c.url) && !rules.looks_like_feed(&c.url));
    if !found.iter().any(|c| rules.is_news_sitemap(&c.url)) {
        let usual = rules.well_known_sitemaps.iter().filter_map(|path| site.join(&format!("/{path}")).ok());
        found.extend(usual.map(|url| Candidate { url, clue: Clue::WellKnown, title: None }));
    }
    distinct(found, CANDIDATES_MAX)
}

/// Whether a candidate's address or title speaks of comments.
pub fn is_comments(candidate: &Candidate, rules: &Rules) -> bool {
    rules.is_comments(candidate.url.as_str()) || candidate.title.as_deref().is_some_and(|t| rules.is_comments(t))
}

/// The first of each address.
fn distinct(found: Vec<Candidate>, most: usize) -> Vec<Candidate> {
    let mut seen = HashSet::new();
    let first = found.into_iter().filter_map(|mut candidate| {
        candidate.url.set_fragment(None);
        seen.insert(candidate.url.clone()).then_some(candidate)
    });
    first.take(most).collect()
}

fn floor_boundary(text: &str, most: usize) -> usize {
    let mut end = most.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    end
}
