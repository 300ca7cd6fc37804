//! `feeds discover`.

use url::Url;

use super::DiscoverArgs;
use super::check::get;
use crate::cli::{Failure, print};
use crate::config::Loaded;
use crate::fetch::FetchKind;
use crate::{feed, page};

/// Where feeds are, when a page names none; tried in this order.
const WELL_KNOWN: [&str; 6] = ["/feed/", "/rss.xml", "/feed.xml", "/atom.xml", "/rss", "/index.xml"];

/// Finds.
pub async fn discover(loaded: &Loaded, args: &DiscoverArgs) -> Result<(), Failure> {
    let site = &Url::parse(&args.site).map_err(|e| Failure::failed(e.to_string()))?;
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
