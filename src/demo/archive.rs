//! The newspaper's files: one TOML file and one layout a site, read at start.
//!
//! They ship inside the program, so a file that cannot be read is a mistake of ours and panics with its name.

use serde::Deserialize;

use super::layout::Layout;

/// A site as its file describes it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SitePlan {
    pub name: String,
    pub host: String,
    /// Other names, which redirect to `host`.
    #[serde(default)]
    pub aliases: Vec<String>,
    pub country: String,
    pub language: String,
    /// The label of the encoding all documents of the site are written in.
    pub charset: String,
    /// Where a reader can learn the charset of a page.
    pub charset_told: Told,
    /// How addresses are built: `{section}`, `{yyyy}`, `{mm}`, `{dd}` and `{slug}` are filled in.
    pub article_path: String,
    pub about: String,
    /// The text of robots.txt; without one the address answers 404.
    pub robots: Option<String>,
    /// Whether bodies are sent gzipped to readers who take it.
    #[serde(default)]
    pub gzip: bool,
    pub feeds: Vec<FeedPlan>,
    pub articles: Vec<ArticlePlan>,
}

/// Where the charset of a page is declared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Told {
    Header,
    Meta,
    Both,
    Bom,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FeedPlan {
    pub path: String,
    /// The name in the feed list when that is an old one, which redirects.
    pub listed_host: Option<String>,
    pub title: String,
    pub topic: Option<String>,
    pub dialect: Dialect,
    pub validators: Validators,
    /// Only these sections; empty means all.
    #[serde(default)]
    pub sections: Vec<String>,
    /// Articles of other sites, as `host/slug`, listed with a tracking parameter.
    #[serde(default)]
    pub also: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Dialect {
    Rss2,
    Rss091,
    Rdf,
    Atom,
    Json,
    /// RSS 2.0 with the whole text in `content:encoded`.
    RssContent,
    /// RSS 2.0 with a bare `&` and a byte that is no UTF-8.
    RssDamaged,
    /// The front page where a feed should be.
    Html,
}

/// What a feed offers for conditional requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Validators {
    Etag,
    WeakEtag,
    LastModified,
    Both,
}

/// An article before it is dated.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ArticlePlan {
    pub slug: String,
    pub title: String,
    #[serde(default)]
    pub byline: Vec<String>,
    pub minutes_ago: i64,
    pub section: String,
    /// When it is not the site's.
    pub language: Option<String>,
    #[serde(default)]
    pub tags: Vec<String>,
    /// What the feed says of it; empty where the feed says nothing.
    #[serde(default)]
    pub summary: String,
    pub caption: Option<String>,
    pub credit: Option<String>,
    /// The path when it does not follow the site's pattern.
    pub path: Option<String>,
    /// The path the feeds name, which redirects to the article.
    pub listed_path: Option<String>,
    #[serde(default)]
    pub access: Access,
    pub edit: Option<EditPlan>,
    /// Paragraphs separated by blank lines, in the newspaper's own markup.
    #[serde(default)]
    pub text: String,
}

/// What a reader meets at the article's address.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Access {
    /// The article.
    #[default]
    Open,
    /// 429 with `Retry-After: 1` at the first visit, the article from then on.
    Busy,
    /// The article, but robots.txt asks machines to stay away.
    Robots,
    /// A form to sign in, and nothing of the article.
    Wall,
    /// 404.
    Gone,
}

impl Access {
    /// Whether there is a story behind the address at all.
    pub fn has_story(self) -> bool {
        matches!(self, Self::Open | Self::Busy | Self::Robots)
    }
}

/// What the second edition changes.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct EditPlan {
    pub minutes_later: i64,
    pub title: String,
    pub append: String,
}

macro_rules! site_files {
    ($($name:literal),+ $(,)?) => {
        [$((
            $name,
            include_str!(concat!("newspaper/", $name, ".toml")),
            include_str!(concat!("newspaper/", $name, ".html")),
        )),+]
    };
}

/// Reads the shipped sites.
pub(super) fn shipped() -> Vec<(SitePlan, Layout)> {
    let files = site_files!["harbour-herald", "valley-post", "meridian-wire", "ledger-quay", "nordwind", "vestnik"];
    files
        .into_iter()
        .map(|(name, plan, layout)| {
            let plan = toml::from_str(plan).unwrap_or_else(|e| panic!("newspaper/{name}.toml: {e}"));
            (plan, Layout::read(layout))
        })
        .collect()
}
