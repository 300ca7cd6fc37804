//! `wireroom feeds`: the feed list from the shell.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use url::Url;

use super::database::{self, Opened};
use super::{Failure, print};
use crate::config::Loaded;
use crate::store::FoundFeed;

mod check;
mod discover;
mod import;
mod list;

/// What to do with the feed list.
#[derive(Subcommand)]
pub enum FeedsCommand {
    /// Add feeds by address
    #[command(after_help = "Example: wireroom feeds add https://feeds.bbci.co.uk/news/world/rss.xml")]
    Add {
        /// Addresses
        #[arg(required = true)]
        urls: Vec<String>,
        /// How they are asked, such as `interval_min=5m` or `headers.X-Key=secret:paper`
        #[arg(long = "option", value_name = "KEY=VALUE")]
        options: Vec<String>,
        /// What became of each, as JSON
        #[arg(long)]
        json: bool,
    },
    /// Add feeds from OPML, TOML, CSV or a plain list
    #[command(after_help = "Example: wireroom feeds import subscriptions.opml")]
    Import {
        /// The file, or - for stdin
        file: PathBuf,
        /// What became of each, as JSON
        #[arg(long)]
        json: bool,
    },
    /// Print the feed list
    #[command(after_help = "Example: wireroom feeds export --format opml > feeds.opml")]
    Export {
        /// opml or toml
        #[arg(long, default_value = "opml", value_parser = ["opml", "toml"])]
        format: String,
    },
    /// Show all feeds and how they do
    #[command(after_help = "Example: wireroom feeds list --health silent")]
    List(ListArgs),
    /// What a feed answers, what wireroom makes of it, and what its publisher could do better
    #[command(after_help = "Example: wireroom feeds check https://example.org/rss")]
    Check {
        /// A URL, a file, or - for stdin
        input: String,
        /// As JSON
        #[arg(long)]
        json: bool,
    },
    /// Find the feeds of a site
    #[command(after_help = "Example: wireroom feeds discover example.org --add")]
    Discover(DiscoverArgs),
    /// Stop polling feeds
    #[command(after_help = "Example: wireroom feeds pause https://example.org/rss")]
    Pause {
        /// Addresses
        #[arg(required = true)]
        urls: Vec<String>,
    },
    /// Poll paused feeds again
    #[command(after_help = "Example: wireroom feeds resume https://example.org/rss")]
    Resume {
        /// Addresses
        #[arg(required = true)]
        urls: Vec<String>,
    },
    /// Remove feeds; their articles stay
    #[command(after_help = "Example: wireroom feeds remove https://example.org/rss")]
    Remove {
        /// Addresses
        #[arg(required = true)]
        urls: Vec<String>,
    },
}

/// Which feeds are shown, and how.
#[derive(Args)]
pub struct ListArgs {
    /// Only feeds of this health: new, healthy, silent, shaky, failing, blocked, gone or paused
    #[arg(long, value_name = "HEALTH", value_delimiter = ',',
          value_parser = ["new", "healthy", "silent", "shaky", "failing", "blocked", "gone", "paused"])]
    health: Vec<String>,
    /// Only feeds with this word in address, title, folder, language or note; given twice, with both
    #[arg(long, value_name = "WORD")]
    search: Vec<String>,
    /// As JSON, with everything that is known
    #[arg(long)]
    json: bool,
}

/// Where feeds are looked for, and what is done with them.
#[derive(Args)]
pub struct DiscoverArgs {
    /// The site, a page of it, or the feed itself
    site: String,
    /// Add the best feed found
    #[arg(long)]
    add: bool,
    /// With --add: add all feeds found but comments
    #[arg(long, requires = "add")]
    all: bool,
    /// As JSON
    #[arg(long)]
    json: bool,
}

/// Does it.
pub async fn feeds(loaded: &Loaded, command: FeedsCommand) -> Result<(), Failure> {
    // These ask the network first, and the database not at all or at the end.
    match command {
        FeedsCommand::Check { input, json } => return check::check(loaded, &input, json).await,
        FeedsCommand::Discover(args) => return discover::discover(loaded, &args).await,
        _ => {}
    }
    let opened = database::open(loaded).await?;
    let done = with_database(&opened, command).await;
    let closed = opened.close().await;
    done.and(closed)
}

async fn with_database(opened: &Opened, command: FeedsCommand) -> Result<(), Failure> {
    let store = &opened.store;
    match command {
        FeedsCommand::Add { urls, options, json } => {
            import::take(opened, "the command line", &import::from_arguments(&urls, &options)?, json).await
        }
        FeedsCommand::Import { file, json } => {
            let (name, list) = import::read(&file)?;
            import::take(opened, &name, &list, json).await
        }
        FeedsCommand::Export { format } => list::export(store, &format).await,
        FeedsCommand::List(args) => list::list(store, &args).await,
        FeedsCommand::Pause { urls } => tell("paused", &urls, &store.set_paused(&normal(&urls), true).await?),
        FeedsCommand::Resume { urls } => tell("resumed", &urls, &store.set_paused(&normal(&urls), false).await?),
        FeedsCommand::Remove { urls } => tell("removed", &urls, &store.remove_feeds(&normal(&urls)).await?),
        // Both are answered without a database.
        FeedsCommand::Check { .. } | FeedsCommand::Discover(_) => Ok(()),
    }
}

/// Addresses in the spelling they are stored in.
fn normal(urls: &[String]) -> Vec<String> {
    let spelt = |raw: &String| {
        Url::parse(raw.trim()).map_or_else(
            |_| raw.clone(),
            |mut url| {
                url.set_fragment(None);
                url.to_string()
            },
        )
    };
    urls.iter().map(spelt).collect()
}

fn tell(what: &str, asked: &[String], found: &[FoundFeed]) -> Result<(), Failure> {
    for feed in found {
        let moved = if feed.asked == feed.url { String::new() } else { format!(" (it had moved from {})", feed.asked) };
        print::line(&format!("{what} {}{moved}", feed.url))?;
    }
    let missing: Vec<&str> = asked
        .iter()
        .zip(normal(asked))
        .filter(|(_, spelt)| !found.iter().any(|feed| feed.asked == *spelt))
        .map(|(raw, _)| raw.as_str())
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    Err(Failure::failed(format!(
        "{} of {} addresses are no feeds here: {}; `wireroom feeds list` shows all",
        missing.len(),
        asked.len(),
        missing.join(", ")
    )))
}
