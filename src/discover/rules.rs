//! The rules of looking for feeds, compiled once from `config/rules/feed/discovery.toml`.

use std::sync::LazyLock;

use regex::Regex;
use serde::Deserialize;
use url::Url;

/// The shipped rules. A test reads them, so that they cannot fail here.
static BUILTIN: LazyLock<Rules> = LazyLock::new(|| {
    Rules::read(include_str!("../../config/rules/feed/discovery.toml")).expect("the shipped rules are read by a test")
});

/// Where sites keep their feeds.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rules {
    pub(super) types: Vec<String>,
    pub(super) vague_types: Vec<String>,
    pub(super) well_known: Vec<String>,
    pub(super) well_known_sitemaps: Vec<String>,
    segments: Vec<String>,
    hosts: Vec<String>,
    segment_beginnings: Vec<String>,
    endings: Vec<String>,
    parameters: Vec<String>,
    words: Vec<String>,
    never: Vec<String>,
    comments: Vec<String>,
    sections: Vec<String>,
    podcasts: Vec<String>,
    news_sitemaps: Vec<String>,
    #[serde(rename = "platform")]
    pub(super) platforms: Vec<Platform>,
}

/// A program that publishes, how it is known, and where its feeds are.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Platform {
    pub(super) name: String,
    generator: Option<String>,
    #[serde(default, deserialize_with = "pattern")]
    page: Option<Regex>,
    #[serde(default, deserialize_with = "pattern")]
    address: Option<Regex>,
    /// One mark is enough; else all that are given have to be there.
    #[serde(default)]
    any: bool,
    feeds: Vec<String>,
}

fn pattern<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Option<Regex>, D::Error> {
    let text = String::deserialize(from)?;
    Regex::new(&text).map(Some).map_err(serde::de::Error::custom)
}

impl Rules {
    /// The shipped rules.
    pub fn builtin() -> &'static Self {
        &BUILTIN
    }

    /// Reads a rule file.
    ///
    /// # Errors
    /// What is wrong with it, with its line.
    pub fn read(text: &str) -> Result<Self, toml::de::Error> {
        toml::from_str(text)
    }

    /// Whether an address looks like a feed's.
    pub fn looks_like_feed(&self, url: &Url) -> bool {
        let whole = url.as_str().to_ascii_lowercase();
        if any_in(&self.never, &whole) {
            return false;
        }
        let path = url.path().to_ascii_lowercase();
        let query = url.query().unwrap_or_default().to_ascii_lowercase();
        let mut segments = path.split('/').filter(|segment| !segment.is_empty());
        segments.any(|segment| {
            self.segments.iter().any(|known| known == segment)
                || self.segment_beginnings.iter().any(|beginning| segment.starts_with(beginning.as_str()))
        }) || self.hosts.iter().any(|host| url.host_str().is_some_and(|own| own.starts_with(host.as_str())))
            || self.endings.iter().any(|ending| path.ends_with(ending.as_str()))
            || query.split('&').any(|pair| self.parameters.iter().any(|known| pair.starts_with(known.as_str())))
    }

    /// Whether an address is certainly no feed's, whatever its link says.
    pub(super) fn never(&self, url: &Url) -> bool {
        any_in(&self.never, &url.as_str().to_ascii_lowercase())
    }

    /// Whether the words of a link mean a feed.
    pub(super) fn speaks_of_feed(&self, text: &str) -> bool {
        let text = text.to_lowercase();
        self.words.iter().any(|word| {
            text.match_indices(word.as_str()).any(|(at, _)| {
                // A word, and no part of one: "rss" is not in "carssales".
                let before = text.get(..at).and_then(|t| t.chars().next_back());
                let after = text.get(at + word.len()..).and_then(|t| t.chars().next());
                !before.is_some_and(char::is_alphanumeric) && !after.is_some_and(char::is_alphanumeric)
            })
        })
    }

    /// Whether address or title speak of comments.
    pub(super) fn is_comments(&self, text: &str) -> bool {
        any_in(&self.comments, &text.to_lowercase())
    }

    /// Whether an address is that of a part of a site.
    pub(super) fn is_section(&self, url: &Url) -> bool {
        any_in(&self.sections, &url.path().to_lowercase())
    }

    /// Whether address or title speak of a podcast.
    pub(super) fn is_podcast(&self, text: &str) -> bool {
        any_in(&self.podcasts, &text.to_lowercase())
    }

    /// Whether a sitemap's address says that it lists news.
    pub fn is_news_sitemap(&self, url: &Url) -> bool {
        any_in(&self.news_sitemaps, &url.path().to_lowercase())
    }
}

fn any_in(parts: &[String], text: &str) -> bool {
    parts.iter().any(|part| text.contains(part.as_str()))
}

impl Platform {
    /// The feeds of a page this program made, as they are written: absolute, or relative to the page.
    pub(super) fn feeds(&self, url: &Url, generator: &str, html: &str) -> Vec<String> {
        let place = format!(
            "{}{}",
            url.host_str().unwrap_or_default(),
            &url[url::Position::BeforePath..url::Position::AfterQuery]
        );
        let in_page = self.page.as_ref().map(|page| page.captures(html));
        let in_address = self.address.as_ref().map(|address| address.captures(&place));
        let by_generator = self.generator.as_ref().map(|name| generator.contains(name.as_str()));
        let marks: Vec<bool> = by_generator
            .into_iter()
            .chain(in_page.as_ref().map(Option::is_some))
            .chain(in_address.as_ref().map(Option::is_some))
            .collect();
        let is_it = if self.any { marks.contains(&true) } else { !marks.is_empty() && marks.iter().all(|mark| *mark) };
        if !is_it {
            return Vec::new();
        }
        let caught = [in_page, in_address].into_iter().flatten().flatten().find_map(|found| found.get(1));
        let caught = caught.map_or("", |found| found.as_str());
        self.feeds.iter().map(|feed| feed.replace("$1", caught)).collect()
    }
}
