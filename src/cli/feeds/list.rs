//! `feeds list` and `feeds export`: the feed list out of the database.

use url::Url;

use super::ListArgs;
use crate::cli::{Failure, print};
use crate::feed_list::{self, ListedFeed};
use crate::polling::FeedOptions;
use crate::store::{FeedOrigin, FeedStatus, Store};

/// Shows the feeds that fit.
pub async fn list(store: &Store, args: &ListArgs) -> Result<(), Failure> {
    let words: Vec<String> = args.search.iter().map(|word| word.to_lowercase()).collect();
    let feeds: Vec<FeedStatus> = store
        .list_feeds()
        .await?
        .into_iter()
        .filter(|feed| args.health.is_empty() || args.health.contains(&feed.health))
        .filter(|feed| words.iter().all(|word| says(feed, word)))
        .collect();
    if args.json {
        return feeds.iter().try_for_each(print::json);
    }
    let shown = feeds.len();
    let rows = feeds.into_iter().map(row).collect();
    print::table(&["health", "feed", "folder", "entries", "seen", "last poll", "next poll", "push", "note"], rows)?;
    print::line(&format!("{shown} feeds"))
}

/// Whether a feed has a word anywhere people would look for it.
fn says(feed: &FeedStatus, word: &str) -> bool {
    let texts = [&feed.title, &feed.region, &feed.topic, &feed.country, &feed.language, &feed.note, &feed.last_outcome];
    let has = |text: &str| text.to_lowercase().contains(word);
    has(&feed.url)
        || has(&feed.host)
        || feed.folder.iter().any(|f| has(f))
        || texts.into_iter().flatten().any(|t| has(t))
}

fn row(feed: FeedStatus) -> Vec<String> {
    let folder = if feed.folder.is_empty() {
        [feed.region, feed.topic].into_iter().flatten().collect::<Vec<_>>().join("/")
    } else {
        feed.folder.join("/")
    };
    let name = match feed.title {
        Some(title) => format!("{}\n{}", print::short(&title, 60), feed.url),
        None => feed.url,
    };
    let seen = match (feed.seen_entries, feed.expected_entries) {
        (Some(seen), Some(expected)) => format!("{seen} of {expected:.0}"),
        (Some(seen), None) => seen.to_string(),
        _ => "–".to_owned(),
    };
    let outcome = feed.last_outcome.unwrap_or_else(|| "–".to_owned());
    let next = if feed.paused_at.is_some() { "–".to_owned() } else { print::time(Some(feed.next_poll_at)) };
    let note = feed.note.or(feed.last_detail).unwrap_or_default();
    let push = feed.push.unwrap_or_else(|| "–".to_owned());
    vec![feed.health, name, folder, feed.entries.to_string(), seen, outcome, next, push, note]
}

/// Prints the list as OPML or TOML.
pub async fn export(store: &Store, format: &str) -> Result<(), Failure> {
    let feeds: Vec<ListedFeed> = store
        .list_feeds()
        .await?
        .into_iter()
        .filter(|feed| feed.origin != FeedOrigin::Demo.as_str())
        .filter_map(|feed| {
            Some(ListedFeed {
                title: feed.title,
                country: feed.country,
                language: feed.language,
                region: feed.region,
                topic: feed.topic,
                folder: feed.folder,
                options: FeedOptions::read(&feed.options).ok(),
                ..ListedFeed::new(Url::parse(&feed.url).ok()?)
            })
        })
        .collect();
    let text = if format == "toml" { feed_list::to_toml(&feeds) } else { feed_list::to_opml(&feeds) };
    print::line(text.trim_end())
}
