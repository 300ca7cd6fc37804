//! The bundled newspaper: six invented sites that `wireroom demo` and the end-to-end test poll instead of the internet.
//!
//! In: the moment the world's clock stands at. Out: an answer to every request, as a pure function of the newspaper,
//! the request and what was asked before ([`Visits`]). Articles, layouts and calendars are data in `demo/newspaper/`;
//! [`serve`] puts all sites on one loopback socket and tells them apart by the `Host` header.
//!
//! The sites misbehave on purpose, as real ones do: old charsets, a feed with a bare `&`, a 429, a wall, a page that
//! moved. [`Newspaper::expected`] says what a reader should have made of each listed address.

mod archive;
mod calendar;
mod expected;
mod layout;
mod markup;
mod press;
mod server;
mod syndication;

use chrono::{DateTime, Utc};
use url::Url;

use crate::feed_list::ListedFeed;
pub use archive::Access;
use archive::SitePlan;
pub use expected::{Expected, Outcome, Refusal, Story};
use layout::Layout;
pub use press::{Article, Edition, Visits};
pub use server::{LedgerLine, Serving, serve};

/// The six sites, as they stand at one moment.
#[derive(Debug)]
pub struct Newspaper {
    sites: Vec<Site>,
}

/// One site: its plan, its look and its articles in both editions.
#[derive(Debug)]
struct Site {
    plan: SitePlan,
    layout: Layout,
    first: Vec<Article>,
    second: Vec<Article>,
}

impl Site {
    fn articles(&self, edition: Edition) -> &[Article] {
        match edition {
            Edition::First => &self.first,
            Edition::Second => &self.second,
        }
    }

    fn root(&self) -> String {
        format!("http://{}", self.plan.host)
    }
}

impl Newspaper {
    /// The newspaper with everything in it published shortly before `base`.
    ///
    /// # Panics
    /// The shipped files cannot be read; a test reads them all.
    pub fn new(base: DateTime<Utc>) -> Self {
        let sites = archive::shipped()
            .into_iter()
            .map(|(plan, layout)| {
                let print = |edition| plan.articles.iter().map(|a| Article::print(a, &plan, base, edition)).collect();
                let (first, second) = (print(Edition::First), print(Edition::Second));
                Site { plan, layout, first, second }
            })
            .collect();
        Self { sites }
    }

    /// The feeds to poll. Two of them answer with what no reader can use in full: one is damaged, one is no feed.
    pub fn feeds(&self) -> Vec<ListedFeed> {
        let mut feeds = Vec::new();
        for site in &self.sites {
            for plan in &site.plan.feeds {
                let host = plan.listed_host.as_ref().unwrap_or(&site.plan.host);
                let url = Url::parse(&format!("http://{host}{}", plan.path)).expect("the shipped feeds have addresses");
                feeds.push(ListedFeed {
                    title: Some(plan.title.clone()),
                    country: Some(site.plan.country.clone()),
                    language: Some(site.plan.language.clone()),
                    region: Some("Demo".to_owned()),
                    topic: plan.topic.clone(),
                    ..ListedFeed::new(url)
                });
            }
        }
        feeds
    }

    /// Every name the sites answer to, for `fetch.resolve`.
    pub fn hosts(&self) -> Vec<String> {
        let names = self.sites.iter().flat_map(|s| std::iter::once(&s.plan.host).chain(&s.plan.aliases));
        names.cloned().collect()
    }

    /// All articles that have a page, whether or not it can be had at the first try.
    pub fn articles(&self, edition: Edition) -> Vec<&Article> {
        let all = self.sites.iter().flat_map(|s| s.articles(edition));
        all.filter(|a| a.access.has_story()).collect()
    }
}
