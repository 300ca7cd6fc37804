//! What was found, as people choose among it.

use std::collections::HashSet;

use chrono::{DateTime, TimeDelta, Utc};
use serde::Serialize;
use url::Url;

use super::{Candidate, Clue, Rules, is_comments};
use crate::feed::{Entry, Feed, FeedFormat};
use crate::identity::url_key;

/// Words from which on a feed's text is the story, not its teaser.
const WHOLE_TEXT_WORDS: usize = 150;
/// A feed without news for so long is stale.
const STALE: TimeDelta = TimeDelta::days(30);
/// Entries compared to see whether two feeds are one.
const TWIN_ENTRIES: usize = 30;

/// What a feed is to its site.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// All of the site.
    Main,
    /// A section, a topic, an author.
    Section,
    /// A sitemap of its news.
    Sitemap,
    /// A podcast.
    Podcast,
    /// What readers say.
    Comments,
}

/// How much of a story its entries carry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Text {
    /// The whole story.
    Whole,
    /// The beginning, or a sentence about it.
    Teaser,
    /// The headline alone.
    None,
}

/// A feed that was found and read.
#[derive(Debug, Clone, Serialize)]
pub struct Found {
    /// Where it is, redirects followed.
    pub url: Url,
    /// What it calls itself, else what the page calls it.
    pub title: Option<String>,
    /// What it is to its site.
    pub role: Role,
    /// Its dialect.
    pub format: FeedFormat,
    /// Entries it lists.
    pub entries: usize,
    /// The newest entry's date.
    pub newest_at: Option<DateTime<Utc>>,
    /// New entries a day, by the dates of those listed.
    pub entries_a_day: Option<f64>,
    /// BCP 47, as the feed says it.
    pub language: Option<String>,
    /// How much of a story it carries.
    pub text: Text,
    /// How it was found.
    pub found_by: String,
    /// Other addresses of the same entries.
    pub also: Vec<Url>,
    #[serde(skip)]
    clue: Clue,
    #[serde(skip)]
    order: usize,
    #[serde(skip)]
    listed: HashSet<[u8; 32]>,
}

impl Found {
    /// A candidate whose document was read. `order` is its place among those asked.
    pub fn new(candidate: &Candidate, at: &Url, feed: &Feed, order: usize, rules: &Rules) -> Self {
        let dates = || feed.entries.iter().filter_map(|entry| entry.published_at.or(entry.updated_at));
        let title = feed.title.clone().or_else(|| candidate.title.clone());
        Self {
            role: role(candidate, at, feed, title.as_deref(), rules),
            title,
            format: feed.format,
            entries: feed.entries.len(),
            newest_at: dates().max(),
            entries_a_day: entries_a_day(&dates().collect::<Vec<_>>()),
            language: feed.language.clone(),
            text: carried(&feed.entries),
            found_by: candidate.clue.to_string(),
            also: Vec::new(),
            clue: candidate.clue.clone(),
            order,
            listed: feed.entries.iter().take(TWIN_ENTRIES).filter_map(known_by).collect(),
            url: at.clone(),
        }
    }

    fn is_stale(&self, now: DateTime<Utc>) -> bool {
        self.newest_at.is_none_or(|newest| now - newest > STALE)
    }

    /// Whether two feeds list the same entries: RSS and Atom of one blog, two spellings of one address.
    fn is_twin(&self, other: &Self) -> bool {
        if url_key(&self.url) == url_key(&other.url) && self.url.query() == other.url.query() {
            return true;
        }
        let least = self.listed.len().min(other.listed.len());
        if least == 0 || (self.role == Role::Comments) != (other.role == Role::Comments) {
            return false;
        }
        let common = self.listed.intersection(&other.listed).count();
        // Ten of twelve: a feed may have been written a moment later, or list fewer. A section's feed shares its
        // entries with the main one too, but not the other way round.
        let most = self.listed.len().max(other.listed.len());
        common * 6 >= least * 5 && common * 2 >= most
    }
}

/// The best first, each once.
pub fn rank(mut found: Vec<Found>, now: DateTime<Utc>) -> Vec<Found> {
    found.sort_by(|a, b| {
        let key = |feed: &Found| (feed.role, feed.entries == 0, feed.is_stale(now), feed.text != Text::Whole);
        let announced = |feed: &Found| !feed.clue.is_announced();
        key(a).cmp(&key(b)).then(announced(a).cmp(&announced(b))).then(a.clue.cmp(&b.clue)).then(a.order.cmp(&b.order))
    });
    let mut kept: Vec<Found> = Vec::new();
    for feed in found {
        match kept.iter_mut().find(|better| better.is_twin(&feed)) {
            Some(better) if better.url != feed.url => better.also.push(feed.url),
            Some(_) => {}
            None => kept.push(feed),
        }
    }
    kept
}

fn role(candidate: &Candidate, at: &Url, feed: &Feed, title: Option<&str>, rules: &Rules) -> Role {
    let title = title.unwrap_or_default();
    let found_at = Candidate { url: at.clone(), ..candidate.clone() };
    if is_comments(candidate, rules) || is_comments(&found_at, rules) || rules.is_comments(title) {
        return Role::Comments;
    }
    if feed.format == FeedFormat::Sitemap {
        return Role::Sitemap;
    }
    let audio = |entry: &&Entry| {
        entry.enclosures.iter().any(|e| e.media_type.as_deref().is_some_and(|kind| kind.starts_with("audio/")))
    };
    let recordings = feed.entries.iter().filter(audio).count();
    if rules.is_podcast(at.as_str()) || (recordings > 0 && recordings * 2 > feed.entries.len()) {
        return Role::Podcast;
    }
    if rules.is_section(at) { Role::Section } else { Role::Main }
}

/// What an entry is known by here: where it leads, else its headline.
fn known_by(entry: &Entry) -> Option<[u8; 32]> {
    let by_address = entry.url.as_deref().and_then(|url| Url::parse(url).ok()).map(|url| url_key(&url).0);
    by_address.or_else(|| {
        use sha2::Digest as _;
        Some(sha2::Sha256::digest(entry.title.as_deref()?).into())
    })
}

/// How often it publishes: the time between the oldest and the newest entry, by the entries between them.
pub fn entries_a_day(dates: &[DateTime<Utc>]) -> Option<f64> {
    let (first, last) = (dates.iter().min()?, dates.iter().max()?);
    let seconds = (*last - *first).num_seconds();
    if dates.len() < 2 || seconds < 60 {
        return None;
    }
    let gaps = u32::try_from(dates.len() - 1).ok()?;
    let days = f64::from(u32::try_from(seconds).unwrap_or(u32::MAX)) / 86_400.0;
    Some(f64::from(gaps) / days)
}

/// How much of a story its entries carry: the median entry counts.
pub fn carried(entries: &[Entry]) -> Text {
    let words = |html: &Option<String>| {
        let html = html.as_deref().unwrap_or_default();
        let mut inside = false;
        let text: String = html
            .chars()
            .map(|c| match c {
                '<' => {
                    inside = true;
                    ' '
                }
                '>' => {
                    inside = false;
                    ' '
                }
                _ if inside => ' ',
                c => c,
            })
            .collect();
        // Chinese and Japanese have no spaces between words: two characters count as one.
        let wide = text.chars().filter(|c| matches!(c, '\u{3040}'..='\u{30ff}' | '\u{4e00}'..='\u{9fff}')).count();
        text.split_whitespace().count().max(wide / 2)
    };
    let mut lengths: Vec<usize> = entries.iter().map(|e| words(&e.content).max(words(&e.summary))).collect();
    lengths.sort_unstable();
    match lengths.get(lengths.len() / 2) {
        Some(median) if *median >= WHOLE_TEXT_WORDS => Text::Whole,
        Some(median) if *median > 0 => Text::Teaser,
        _ => Text::None,
    }
}
