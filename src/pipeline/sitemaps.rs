//! An index of sitemaps lists documents instead of articles: its newest documents are read with it, as one feed.

use std::sync::Arc;

use url::Url;

use super::Shared;
use super::ask::{self, Terms};
use super::poll::parsed;
use super::workers::Company;
use crate::feed::{Feed, FeedFormat};
use crate::fetch::FetchRequest;
use crate::polling::Outcome;
use crate::store::ClaimedFeed;

/// Documents of an index that are read at one poll. News stand in the newest; publishers that cut by day or section keep
/// a day's in two or three.
const CHILDREN_MAX: usize = 3;

/// The index with the entries of its newest documents.
///
/// # Errors
/// None of them could be had or read: the outcome of the first, and a sentence.
pub async fn followed(
    shared: &Shared,
    claim: &ClaimedFeed,
    terms: &Terms,
    company: Company,
    index: Feed,
) -> Result<Feed, (Outcome, String)> {
    let mut whole = index;
    let mut failure = None;
    let mut read = 0;
    for address in whole.sitemaps.clone().into_iter().take(CHILDREN_MAX) {
        match child(shared, claim, terms, company, &address).await {
            Ok(mut document) => {
                read += 1;
                whole.entries.append(&mut document.entries);
                whole.skipped.append(&mut document.skipped);
                whole.language = whole.language.take().or(document.language);
                whole.title = whole.title.take().or(document.title);
            }
            Err((outcome, detail)) => {
                whole.recovered.push(format!("{address}: {detail}"));
                failure.get_or_insert((outcome, format!("{address}: {detail}")));
            }
        }
    }
    match failure {
        Some(failure) if read == 0 => Err(failure),
        _ => Ok(whole),
    }
}

async fn child(
    shared: &Shared,
    claim: &ClaimedFeed,
    terms: &Terms,
    company: Company,
    address: &str,
) -> Result<Feed, (Outcome, String)> {
    let url = Url::parse(address).map_err(|error| (Outcome::NoFeed, format!("no address: {error}")))?;
    let request = ask::request(shared, claim, terms).map_err(|why| (Outcome::Misconfigured, why))?;
    let request = FetchRequest { url, ..request };
    let fetched = shared.fetcher.get(request).await.map_err(|error| (Outcome::from(&error), error.to_string()))?;
    let document = parsed(shared, company, &Arc::new(fetched)).await?;
    // An index within an index is not followed: it could name itself.
    if document.format != FeedFormat::Sitemap || !document.sitemaps.is_empty() {
        return Err((Outcome::NoFeed, "an index names what is no sitemap".to_owned()));
    }
    Ok(document)
}
