//! `wireroom feeds`: the feed list from the shell.

use std::path::PathBuf;

use clap::Subcommand;
use url::Url;

use super::database::{self, Opened};
use super::{Failure, print};
use crate::config::Loaded;
use crate::feed_list::{self, ListedFeed};
use crate::fetch::{FetchKind, FetchRequest, Fetched, Fetcher};
use crate::polling::FeedOptions;
use crate::store::FeedOrigin;
use crate::{feed, page};

/// What to do with the feed list.
#[derive(Subcommand)]
pub enum FeedsCommand {
    /// Add feeds by address
    #[command(after_help = "Example: wireroom feeds add https://feeds.bbci.co.uk/news/world/rss.xml")]
    Add {
        /// Addresses
        #[arg(required = true)]
        urls: Vec<String>,
    },
    /// Add feeds from OPML, TOML, CSV or a plain list
    #[command(after_help = "Example: wireroom feeds import subscriptions.opml")]
    Import {
        /// The file
        file: PathBuf,
    },
    /// Print the feed list
    #[command(after_help = "Example: wireroom feeds export --format opml > feeds.opml")]
    Export {
        /// opml or toml
        #[arg(long, default_value = "opml", value_parser = ["opml", "toml"])]
        format: String,
    },
    /// Show all feeds and how they do
    #[command(after_help = "Example: wireroom feeds list --json")]
    List {
        /// As JSON
        #[arg(long)]
        json: bool,
    },
    /// What a feed answers and what wireroom makes of it
    #[command(after_help = "Example: wireroom feeds check https://example.org/rss")]
    Check {
        /// A URL or a file
        input: String,
    },
    /// Find the feeds of a site
    #[command(after_help = "Example: wireroom feeds discover https://example.org/")]
    Discover {
        /// The site
        site: Url,
    },
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

/// Does it.
pub async fn feeds(loaded: &Loaded, command: FeedsCommand) -> Result<(), Failure> {
    match command {
        FeedsCommand::Check { input } => return check(loaded, &input).await,
        FeedsCommand::Discover { site } => return discover(loaded, &site).await,
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
        FeedsCommand::Add { urls } => take(opened, "the command line", &urls.join("\n")).await,
        FeedsCommand::Import { file } => {
            let text = std::fs::read_to_string(&file).map_err(|error| {
                Failure::failed(format!("{}: cannot be read: {error}; give a text file", file.display()))
            })?;
            take(opened, &file.display().to_string(), &text).await
        }
        FeedsCommand::Export { format } => {
            let feeds: Vec<ListedFeed> = store
                .list_feeds()
                .await?
                .into_iter()
                .filter(|f| f.origin != "demo")
                .filter_map(|f| {
                    let url = Url::parse(&f.url).ok()?;
                    Some(ListedFeed {
                        url,
                        title: f.title,
                        country: f.country,
                        language: f.language,
                        region: f.region,
                        topic: f.topic,
                        options: FeedOptions::read(&f.options).ok(),
                    })
                })
                .collect();
            let text = if format == "toml" { feed_list::to_toml(&feeds) } else { feed_list::to_opml(&feeds) };
            print::line(text.trim_end())
        }
        FeedsCommand::List { json } => {
            let feeds = store.list_feeds().await?;
            if json {
                return feeds.iter().try_for_each(print::json);
            }
            let rows = feeds.into_iter().map(|f| {
                let outcome = f.last_outcome.unwrap_or_else(|| "–".to_owned());
                let next = print::time(Some(f.next_poll_at));
                vec![f.health, f.title.unwrap_or_default(), f.url, outcome, f.entries.to_string(), next]
            });
            print::table(&["health", "title", "url", "last poll", "entries", "next poll"], rows.collect())
        }
        FeedsCommand::Pause { urls } => tell("paused", &urls, &store.set_paused(&normal(&urls), true).await?),
        FeedsCommand::Resume { urls } => tell("resumed", &urls, &store.set_paused(&normal(&urls), false).await?),
        FeedsCommand::Remove { urls } => tell("removed", &urls, &store.remove_feeds(&normal(&urls)).await?),
        // Both are answered without a database.
        FeedsCommand::Check { .. } | FeedsCommand::Discover { .. } => Ok(()),
    }
}

async fn take(opened: &Opened, name: &str, text: &str) -> Result<(), Failure> {
    let list = feed_list::read_any(name, text).map_err(|error| Failure::failed(format!("{name}: {error}")))?;
    let report = opened.store.sync_feed_list(&list.feeds, FeedOrigin::Command).await?;
    for rejected in &list.rejected {
        eprintln!("{name}:{}: {}", rejected.line, rejected.reason);
    }
    print::line(&format!(
        "{} added, {} changed, {} as they were, {} skipped",
        report.added,
        report.changed,
        report.unchanged,
        list.rejected.len()
    ))?;
    if list.rejected.is_empty() { Ok(()) } else { Err(Failure::Told) }
}

fn normal(urls: &[String]) -> Vec<String> {
    urls.iter().map(|u| Url::parse(u).map_or_else(|_| u.clone(), |url| url.to_string())).collect()
}

fn tell(what: &str, asked: &[String], found: &[String]) -> Result<(), Failure> {
    for url in found {
        print::line(&format!("{what} {url}"))?;
    }
    if found.len() < asked.len() {
        return Err(Failure::failed(format!(
            "{} of {} addresses are no feeds here; `wireroom feeds list` shows all",
            asked.len() - found.len(),
            asked.len()
        )));
    }
    Ok(())
}

async fn get(loaded: &Loaded, url: Url, kind: FetchKind) -> Result<Fetched, Failure> {
    let fetcher = Fetcher::new(&loaded.config.fetch).map_err(|error| Failure::failed(error.to_string()))?;
    fetcher.get(FetchRequest::new(url.clone(), kind)).await.map_err(|error| {
        let text = format!("{url}: {error}");
        if error.is_transient() { Failure::TryAgain(text) } else { Failure::Failed(text) }
    })
}

async fn check(loaded: &Loaded, input: &str) -> Result<(), Failure> {
    let (bytes, content_type, url) = match Url::parse(input) {
        Ok(url) if matches!(url.scheme(), "http" | "https") => {
            let fetched = get(loaded, url, FetchKind::Feed).await?;
            let kind = fetched.content_type.clone().unwrap_or_else(|| "no Content-Type".to_owned());
            print::line(&format!("{} · {} · {} bytes on the wire", fetched.status, kind, fetched.wire_bytes))?;
            let validators = (fetched.etag.is_some(), fetched.last_modified.is_some());
            print::line(&format!("ETag {}, Last-Modified {}", yes(validators.0), yes(validators.1)))?;
            (fetched.body.to_vec(), fetched.content_type, Some(fetched.final_url))
        }
        _ => (std::fs::read(input).map_err(|e| Failure::failed(format!("{input}: {e}")))?, None, None),
    };
    let feed = feed::parse(&bytes, content_type.as_deref(), url.as_ref())
        .map_err(|error| Failure::failed(format!("{input}: {error}")))?;
    print::line(&format!("{:?}: {}", feed.format, feed.title.as_deref().unwrap_or("(no title)")))?;
    print::line(&format!("{} entries, {} skipped", feed.entries.len(), feed.skipped.len()))?;
    for mended in &feed.recovered {
        print::line(&format!("mended: {mended}"))?;
    }
    let dated = feed.entries.iter().filter(|e| e.published_at.is_some()).count();
    let linked = feed.entries.iter().filter(|e| e.url.is_some()).count();
    print::line(&format!("{dated} have a date, {linked} a link"))
}

fn yes(given: bool) -> &'static str {
    if given { "given" } else { "missing" }
}

/// Where feeds are, when a page names none; tried in this order.
const WELL_KNOWN: [&str; 6] = ["/feed/", "/rss.xml", "/feed.xml", "/atom.xml", "/rss", "/index.xml"];

async fn discover(loaded: &Loaded, site: &Url) -> Result<(), Failure> {
    let fetched = get(loaded, site.clone(), FetchKind::Page).await?;
    if feed::parse(&fetched.body, fetched.content_type.as_deref(), Some(&fetched.final_url)).is_ok() {
        return print::line(fetched.final_url.as_str());
    }
    let decoded = page::decode(&fetched.body, fetched.content_type.as_deref());
    let mut found = announced(&decoded.text, &fetched.final_url)?;
    if found.is_empty() {
        for path in WELL_KNOWN {
            let Ok(candidate) = fetched.final_url.join(path) else { continue };
            if let Ok(answer) = get(loaded, candidate, FetchKind::Feed).await
                && feed::parse(&answer.body, answer.content_type.as_deref(), Some(&answer.final_url)).is_ok()
            {
                found.push(answer.final_url.to_string());
                break;
            }
        }
    }
    if found.is_empty() {
        return Err(Failure::failed(format!("{site} announces no feed, and none is at the usual paths")));
    }
    found.iter().try_for_each(|url| print::line(url))
}

/// The feeds a page announces by its link elements.
fn announced(html: &str, base: &Url) -> Result<Vec<String>, Failure> {
    let tree =
        page::tree::build(html, &page::tree::Limits::default()).map_err(|error| Failure::failed(error.to_string()))?;
    let links =
        scraper::Selector::parse("link[rel~=alternate][href]").map_err(|error| Failure::failed(error.to_string()))?;
    let is_feed = |kind: &str| {
        let kind = kind.to_ascii_lowercase();
        kind.contains("rss") || kind.contains("atom") || kind.contains("feed+json") || kind == "application/rdf+xml"
    };
    Ok(tree
        .html
        .select(&links)
        .filter(|l| l.attr("type").is_some_and(is_feed))
        .filter_map(|l| base.join(l.attr("href")?).ok())
        .map(String::from)
        .collect())
}
