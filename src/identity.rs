//! What makes two addresses, two entries, two publishers the same: keys computed here, kept unique by the database.

use std::collections::HashMap;
use std::sync::LazyLock;

use sha2::{Digest, Sha256};
use url::Url;

use crate::feed::Entry;

/// SHA-256 of a canonical address, scheme and `www.` left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct UrlKey(pub [u8; 32]);

/// SHA-256 of what identifies an entry within its feed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EntryKey(pub [u8; 32]);

/// Query parameters that tell where a reader came from, not what is read; a line each, `*` at the end for a prefix.
static TRACKING: LazyLock<Vec<&'static str>> = LazyLock::new(|| {
    include_str!("../config/tracking_parameters.txt")
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .collect()
});

/// The address without what does not change the document: fragment and tracking parameters. Idempotent.
pub fn canonical_url(url: &Url) -> Url {
    let mut canonical = url.clone();
    canonical.set_fragment(None);
    if url.query().is_some() {
        let kept: Vec<String> = url
            .query()
            .unwrap_or_default()
            .split('&')
            .filter(|pair| !pair.is_empty() && !is_tracking(pair.split('=').next().unwrap_or_default()))
            .map(str::to_owned)
            .collect();
        canonical.set_query(if kept.is_empty() { None } else { Some(kept.join("&")) }.as_deref());
    }
    canonical
}

fn is_tracking(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    TRACKING.iter().any(|rule| match rule.strip_suffix('*') {
        Some(prefix) => name.starts_with(prefix),
        None => name == *rule,
    })
}

/// The key of an address: http and https, with and without `www.` or a final slash, are one.
pub fn url_key(url: &Url) -> UrlKey {
    let canonical = canonical_url(url);
    UrlKey(Sha256::digest(without_scheme(canonical.as_str())).into())
}

fn without_scheme(address: &str) -> String {
    let rest = address.split_once("://").map_or(address, |(_, rest)| rest);
    rest.strip_prefix("www.").unwrap_or(rest).trim_end_matches('/').to_owned()
}

/// The key of each entry of one document, in order; `None` where nothing identifies it.
///
/// The ladder: the publisher's id (an address as id counts without scheme and `www.`, so that a move to https changes
/// nothing), else the address, else headline and day. Where two entries of one document share an id but not an
/// address, the address joins the key, so that neither is lost.
pub fn entry_keys(entries: &[Entry]) -> Vec<Option<EntryKey>> {
    let mut first_url: HashMap<String, Option<String>> = HashMap::new();
    entries
        .iter()
        .map(|entry| {
            let text = identifying_text(entry)?;
            let url = entry.url.clone();
            let shared = if let Some(first) = first_url.get(&text) {
                *first != url
            } else {
                first_url.insert(text.clone(), url.clone());
                false
            };
            let text = if shared { format!("{text}|{}", url.unwrap_or_default()) } else { text };
            Some(EntryKey(Sha256::digest(text).into()))
        })
        .collect()
}

fn identifying_text(entry: &Entry) -> Option<String> {
    let id = entry.id.as_deref().map(str::trim).filter(|id| !id.is_empty());
    if let Some(id) = id {
        let is_address = id.starts_with("http://") || id.starts_with("https://");
        return Some(format!("id {}", if is_address { without_scheme(id) } else { id.to_owned() }));
    }
    if let Some(url) = entry.url.as_deref().and_then(|u| Url::parse(u).ok()) {
        return Some(format!("url {}", without_scheme(canonical_url(&url).as_str())));
    }
    let title = entry.title.as_deref().map(str::trim).filter(|t| !t.is_empty())?;
    let day = entry.published_at.map(|t| t.date_naive().to_string()).unwrap_or_default();
    Some(format!("title {day} {title}"))
}

/// What an edit changes: headline, teaser, text, update time. The publication time is left out: some feeds give "now".
pub fn entry_fingerprint(entry: &Entry) -> [u8; 32] {
    let mut hash = Sha256::new();
    for part in [&entry.title, &entry.summary, &entry.content] {
        hash.update(part.as_deref().unwrap_or_default());
        hash.update([0]);
    }
    if let Some(updated) = entry.updated_at {
        hash.update(updated.timestamp().to_be_bytes());
    }
    hash.finalize().into()
}

/// The publisher an address belongs to: its registrable domain, else host, with the port where it is not the usual one.
pub fn registrable_domain(url: &Url) -> String {
    crate::fetch::host_key(url)
}
