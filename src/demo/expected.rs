//! What a reader should have made of each listed address.

use std::collections::BTreeMap;

use super::archive::Access;
use super::press::{Article, Edition};
use super::{Newspaper, Site, syndication};

/// An address that at least one feed lists, and what should come of it.
#[derive(Debug, Clone)]
pub struct Expected {
    /// The address as the feeds give it.
    pub url: String,
    /// The feeds that list it, by the address they are served at.
    pub feeds: Vec<String>,
    /// What should be in the database for it.
    pub outcome: Outcome,
    /// Pieces of the page that must not be in the article's text.
    pub must_not_contain: Vec<String>,
}

/// What should come of a listed address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The article, read from its page.
    Article(Story),
    /// The article, from the text the feed carries: robots.txt refuses the page.
    FeedText(Story),
    /// Nothing, for this reason.
    Refused(Refusal),
    /// The article that is expected at this other address, and no second one.
    DuplicateOf(String),
}

/// What should be kept of an article.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Story {
    /// The address of its page, which is the listed one unless that redirects.
    pub canonical_url: String,
    /// The headline.
    pub title: String,
    /// The whole text, paragraphs separated by one blank line.
    pub text: String,
    /// How the text begins: up to the first end of a sentence.
    pub first_sentence: String,
    /// How it ends: from after the last end of a sentence but one.
    pub last_sentence: String,
}

/// Why an address gives no article.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// The page answers 404.
    NotFound,
    /// The page is a form to sign in, and the feed says nothing of the article but its title.
    Wall,
}

impl Newspaper {
    /// Every address the feeds list in the first edition, each once.
    pub fn expected(&self) -> Vec<Expected> {
        self.expected_in(Edition::First)
    }

    /// Every address the feeds list in one edition, each once, in the order of the addresses.
    pub fn expected_in(&self, edition: Edition) -> Vec<Expected> {
        let mut by_url: BTreeMap<String, Expected> = BTreeMap::new();
        for site in &self.sites {
            for plan in &site.plan.feeds {
                for item in self.listed(site, plan, edition) {
                    let feed = format!("{}{}", site.root(), plan.path);
                    let expected = by_url.entry(item.url.clone()).or_insert_with(|| self.expect(&item, edition));
                    expected.feeds.push(feed);
                }
            }
        }
        by_url.into_values().collect()
    }

    fn expect(&self, item: &syndication::Item<'_>, edition: Edition) -> Expected {
        let article = item.article;
        let outcome = match article.access {
            _ if item.url != article.listed_url => Outcome::DuplicateOf(article.listed_url.clone()),
            Access::Gone => Outcome::Refused(Refusal::NotFound),
            Access::Wall => Outcome::Refused(Refusal::Wall),
            Access::Robots => Outcome::FeedText(story(article)),
            Access::Open | Access::Busy => Outcome::Article(story(article)),
        };
        let site = self.sites.iter().find(|s| article.url.starts_with(&s.root()));
        let must_not_contain = site.map_or_else(Vec::new, |site| site.furniture(article, edition));
        Expected { url: item.url.clone(), feeds: Vec::new(), outcome, must_not_contain }
    }
}

impl Site {
    fn furniture(&self, article: &Article, edition: Edition) -> Vec<String> {
        if !article.access.has_story() {
            return Vec::new();
        }
        let mut furniture = self.layout.furniture(&self.article_values(article, edition), article.blocks.len());
        furniture.extend(article.caption.clone());
        furniture.extend(article.credit.clone());
        furniture
    }
}

fn story(article: &Article) -> Story {
    let text = article.text();
    let (first, last) = (sentences(text.split("\n\n").next()).next(), sentences(text.split("\n\n").last()).last());
    Story {
        canonical_url: article.url.clone(),
        title: article.title.clone(),
        first_sentence: first.unwrap_or_default(),
        last_sentence: last.unwrap_or_default(),
        text,
    }
}

/// Cuts after a full stop, also inside closing quotation marks, where a space follows. An abbreviation cuts too early,
/// which still gives a piece that stands in the text.
fn sentences(paragraph: Option<&str>) -> impl Iterator<Item = String> {
    let mut sentences = vec![String::new()];
    let mut chars = paragraph.unwrap_or_default().chars().peekable();
    let mut is_over = false;
    while let Some(c) = chars.next() {
        match c {
            '.' | '!' | '?' => is_over = true,
            '"' | '”' | '“' | '»' | '’' => {}
            ' ' if is_over => {
                sentences.push(String::new());
                is_over = false;
                continue;
            }
            _ => is_over = c == '。' && chars.peek().is_some(),
        }
        if let Some(sentence) = sentences.last_mut() {
            sentence.push(c);
        }
    }
    sentences.into_iter()
}
