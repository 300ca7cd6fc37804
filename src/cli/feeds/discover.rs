//! `feeds discover`: asks a site for its feeds, politely, and shows what really is one.

use std::collections::HashSet;
use std::io::IsTerminal as _;
use std::time::Duration;

use indicatif::ProgressBar;
use tokio::time::{Instant, timeout};
use url::Url;

use super::{DiscoverArgs, import};
use crate::cli::{Failure, database, print};
use crate::config::Loaded;
use crate::discover::{self, Candidate, Clue, Found, Role, Rules, Text};
use crate::feed::{self, Feed, FeedError, FeedFormat};
use crate::feed_list::{FeedList, ListedFeed};
use crate::fetch::{FetchError, FetchKind, FetchRequest, Fetched, Fetcher};
use crate::page;

/// The most addresses asked for, the page itself and robots.txt aside.
const PROBES_MAX: usize = 20;
/// The most time it all may take. Twenty probes of one host with a pause of a second, and some slow answers.
const TIME_MAX: Duration = Duration::from_mins(2);
/// Sitemaps asked for; an index and what it names count together.
const SITEMAPS_MAX: usize = 4;

/// Looks for the feeds of a site, shows them, and adds them if it is told to.
pub async fn discover(loaded: &Loaded, args: &DiscoverArgs) -> Result<(), Failure> {
    let fetcher = Fetcher::new(&loaded.config.fetch).map_err(|error| Failure::failed(error.to_string()))?;
    let bar = if std::io::stderr().is_terminal() { ProgressBar::new_spinner() } else { ProgressBar::hidden() };
    bar.enable_steady_tick(Duration::from_millis(120));
    let mut search = Search {
        fetcher,
        rules: Rules::builtin(),
        obeys_robots: loaded.config.fetch.robots,
        asked: HashSet::new(),
        found: Vec::new(),
        probes: 0,
        indexes: 0,
        deadline: Instant::now() + TIME_MAX,
        bar: bar.clone(),
    };
    let searched = search.site(&args.site).await;
    bar.finish_and_clear();
    let found = discover::rank(search.found, chrono::Utc::now());
    if found.is_empty() {
        return Err(searched.err().unwrap_or_else(|| {
            Failure::failed(format!(
                "{} announces no feed, and none is at the usual addresses ({} asked): look for \"RSS\" on the site and \
                 give that page, or add the feed by its address",
                args.site, search.probes
            ))
        }));
    }
    show(&found, args.json)?;
    if args.add { add(loaded, args, &found).await } else { Ok(()) }
}

fn show(found: &[Found], json: bool) -> Result<(), Failure> {
    if json {
        return found.iter().try_for_each(print::json);
    }
    let rows = found.iter().map(|feed| {
        let what = match feed.role {
            Role::Main => "main",
            Role::Section => "section",
            Role::Sitemap => "news sitemap",
            Role::Podcast => "podcast",
            Role::Comments => "comments",
        };
        let text = match feed.text {
            Text::Whole => "whole",
            Text::Teaser => "teaser",
            Text::None => "–",
        };
        let also = feed.also.iter().map(|other| format!("\nalso {other}"));
        let place = std::iter::once(feed.url.to_string()).chain(also).collect();
        vec![
            place,
            print::short(feed.title.as_deref().unwrap_or("–"), 50),
            what.to_owned(),
            format!("{:?}", feed.format),
            feed.entries.to_string(),
            print::time(feed.newest_at),
            feed.entries_a_day.map_or_else(|| "–".to_owned(), |rate| format!("{rate:.1}")),
            text.to_owned(),
            feed.language.clone().unwrap_or_else(|| "–".to_owned()),
            feed.found_by.clone(),
        ]
    });
    let head = ["feed", "title", "what", "format", "entries", "newest", "a day", "text", "language", "found by"];
    print::table(&head, rows.collect())
}

async fn add(loaded: &Loaded, args: &DiscoverArgs, found: &[Found]) -> Result<(), Failure> {
    let most = if args.all { found.len() } else { 1 };
    let chosen = found.iter().filter(|feed| !args.all || feed.role != Role::Comments).take(most);
    let feeds = chosen.map(|feed| ListedFeed {
        title: feed.title.clone(),
        language: feed.language.clone(),
        ..ListedFeed::new(feed.url.clone())
    });
    let list = FeedList { feeds: feeds.collect(), ..FeedList::default() };
    let opened = database::open(loaded).await?;
    let done = import::take(&opened, "what was found", &list, args.json).await;
    let closed = opened.close().await;
    done.and(closed)
}

/// A search under way.
struct Search {
    fetcher: Fetcher,
    rules: &'static Rules,
    obeys_robots: bool,
    /// Every address that was asked for or arrived at: none is asked for twice.
    asked: HashSet<Url>,
    found: Vec<Found>,
    probes: usize,
    /// Pages that only list feeds; one is followed.
    indexes: usize,
    deadline: Instant,
    bar: ProgressBar,
}

/// What an address had.
enum Had {
    Feed(Box<Feed>, Url),
    Page(Box<Fetched>),
    Nothing,
}

impl Search {
    async fn site(&mut self, raw: &str) -> Result<(), Failure> {
        let (page, fetched) = self.first(raw).await?;
        let mut guesses_from = page.clone();
        let mut robots_refuse = false;
        match fetched {
            Ok(fetched) => {
                guesses_from = fetched.final_url.clone();
                match read(fetched).await {
                    Had::Feed(feed, at) => {
                        let itself = Candidate { url: at.clone(), clue: Clue::Itself, title: None };
                        self.take(&itself, &feed, &at).await;
                        return Ok(());
                    }
                    Had::Page(fetched) => self.page(&fetched).await,
                    Had::Nothing => {}
                }
            }
            Err(FetchError::Robots) => robots_refuse = true,
            // The page is away or closed to us; feeds may be open.
            Err(_) => {}
        }
        self.sitemaps(&guesses_from).await;
        if robots_refuse && self.found.is_empty() {
            return Err(Failure::failed(format!(
                "{page}: robots.txt keeps us from reading the page; if you know the feed's address, try `wireroom feeds \
                 check` on it"
            )));
        }
        if !self.has_main() {
            for candidate in discover::well_known(&guesses_from, self.rules) {
                self.probe(&candidate).await;
                if self.has_main() {
                    break;
                }
            }
        }
        if self.found.is_empty()
            && let Ok(root) = guesses_from.join("/")
            && root != guesses_from
            && !self.asked.contains(&root)
            && let Ok(fetched) = self.get(root, FetchKind::Page).await
        {
            self.page(&fetched).await;
        }
        Ok(())
    }

    /// The first answer. An address without a scheme is tried by https, then by http where nothing answers there.
    async fn first(&mut self, raw: &str) -> Result<(Url, Result<Fetched, FetchError>), Failure> {
        let raw = raw.trim();
        let bare = !raw.contains("://");
        let url = |text: &str| Url::parse(text).map_err(|e| Failure::failed(format!("{raw:?} is no address: {e}")));
        let mut page = if bare { url(&format!("https://{raw}"))? } else { url(raw)? };
        if !matches!(page.scheme(), "http" | "https") || page.host().is_none() {
            return Err(Failure::failed(format!("{raw:?} is no web address: give one such as https://example.org/")));
        }
        let mut fetched = self.get(page.clone(), FetchKind::Page).await;
        if bare && matches!(fetched, Err(FetchError::Connect(_) | FetchError::Tls(_))) {
            page = url(&format!("http://{raw}"))?;
            fetched = self.get(page.clone(), FetchKind::Page).await;
        }
        match fetched {
            Err(error) if error.is_transient() => Err(Failure::TryAgain(format!("{page}: {error}"))),
            Err(error @ (FetchError::Denied(_) | FetchError::Setup(_))) => {
                Err(Failure::failed(format!("{page}: {error}")))
            }
            fetched => Ok((page, fetched)),
        }
    }

    /// Asks for what a page leads to.
    async fn page(&mut self, fetched: &Fetched) {
        for candidate in self.led_to(fetched).await {
            // What the page's program is known for is asked only where the page names nothing.
            if candidate.clue.is_announced() || !self.has_main() {
                self.probe(&candidate).await;
            }
        }
    }

    async fn led_to(&self, fetched: &Fetched) -> Vec<Candidate> {
        let (fetched, rules) = (fetched.clone(), self.rules);
        let looked = tokio::task::spawn_blocking(move || {
            let decoded = page::decode(&fetched.body, fetched.content_type.as_deref());
            discover::of_page(&fetched.final_url, &fetched.headers, &decoded.text, rules)
        });
        looked.await.unwrap_or_default()
    }

    /// Asks for one candidate; it counts if it is a feed.
    async fn probe(&mut self, candidate: &Candidate) {
        if self.probes >= PROBES_MAX || !self.may_guess(candidate).await {
            return;
        }
        self.probes += 1;
        let Ok(fetched) = self.get(candidate.url.clone(), FetchKind::Feed).await else { return };
        match read(fetched).await {
            Had::Feed(feed, at) => self.take(candidate, &feed, &at).await,
            // "RSS" in the foot of a page often leads to a page that lists the feeds.
            Had::Page(fetched) if candidate.clue == Clue::Anchor && self.indexes == 0 => {
                self.indexes += 1;
                Box::pin(self.page(&fetched)).await;
            }
            Had::Page(_) | Had::Nothing => {}
        }
    }

    /// What a site announces is meant to be asked for; an address we guess is asked for like a page.
    async fn may_guess(&self, candidate: &Candidate) -> bool {
        let url = &candidate.url;
        if candidate.clue.is_announced() || !self.obeys_robots || self.asked.contains(url) {
            return true;
        }
        let robots = self.fetcher.robots(url).await;
        robots.is_ok_and(|robots| robots.allows(&url[url::Position::BeforePath..url::Position::AfterQuery]))
    }

    async fn take(&mut self, candidate: &Candidate, feed: &Feed, at: &Url) {
        if feed.format == FeedFormat::Sitemap && !feed.sitemaps.is_empty() {
            let named: Vec<Url> = feed.sitemaps.iter().filter_map(|raw| at.join(raw).ok()).collect();
            let news = named.into_iter().filter(|url| self.rules.is_news_sitemap(url));
            for url in news.take(SITEMAPS_MAX - 1) {
                let child = Candidate { url, clue: candidate.clue.clone(), title: None };
                if let Ok(fetched) = self.get(child.url.clone(), FetchKind::Feed).await
                    && let Had::Feed(feed, at) = read(fetched).await
                    && feed.sitemaps.is_empty()
                {
                    self.keep(&child, &feed, &at);
                }
            }
            return;
        }
        self.keep(candidate, feed, at);
    }

    fn keep(&mut self, candidate: &Candidate, feed: &Feed, at: &Url) {
        // A sitemap without headlines lists pages, not news.
        if feed.format == FeedFormat::Sitemap && !feed.entries.iter().any(|entry| entry.title.is_some()) {
            return;
        }
        let order = self.found.len();
        self.found.push(Found::new(candidate, at, feed, order, self.rules));
    }

    /// The news sitemaps of robots.txt; where it names none, the usual ones if nothing else was found.
    async fn sitemaps(&mut self, site: &Url) {
        self.bar.set_message("robots.txt");
        let Ok(Ok(robots)) = timeout(self.left(), self.fetcher.robots(site)).await else { return };
        let nothing_yet = !self.has_main();
        let candidates = discover::of_sitemaps(site, robots.sitemaps(), self.rules);
        let worth_it = candidates.into_iter().filter(|candidate| {
            nothing_yet || self.rules.is_news_sitemap(&candidate.url) && candidate.clue == Clue::Robots
        });
        for candidate in worth_it.take(SITEMAPS_MAX).collect::<Vec<_>>() {
            self.probe(&candidate).await;
        }
    }

    fn has_main(&self) -> bool {
        self.found.iter().any(|feed| matches!(feed.role, Role::Main | Role::Section))
    }

    fn left(&self) -> Duration {
        self.deadline.saturating_duration_since(Instant::now())
    }

    /// One GET of one address, never a second.
    async fn get(&mut self, mut url: Url, kind: FetchKind) -> Result<Fetched, FetchError> {
        url.set_fragment(None);
        if !self.asked.insert(url.clone()) {
            return Err(FetchError::Setup("the address was asked for already".to_owned()));
        }
        self.bar.set_message(url.to_string());
        let asked = timeout(self.left(), self.fetcher.get(FetchRequest::new(url, kind))).await;
        let fetched = asked.unwrap_or(Err(FetchError::Timeout("the search took too long")))?;
        self.asked.insert(fetched.final_url.clone());
        Ok(fetched)
    }
}

/// What a document is.
async fn read(fetched: Fetched) -> Had {
    let reading = tokio::task::spawn_blocking(move || {
        match feed::parse(&fetched.body, fetched.content_type.as_deref(), Some(&fetched.final_url)) {
            Ok(feed) => Had::Feed(Box::new(feed), fetched.final_url),
            Err(FeedError::Html) => Had::Page(Box::new(fetched)),
            // A page whose markup our feed reader does not take for one.
            Err(_) if fetched.content_type.as_deref().is_some_and(|kind| kind.contains("html")) => {
                Had::Page(Box::new(fetched))
            }
            Err(_) => Had::Nothing,
        }
    });
    reading.await.unwrap_or(Had::Nothing)
}
