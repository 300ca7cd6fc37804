//! What makes two addresses, two entries, two publishers the same: keys computed here, kept unique by the database.
//!
//! In: addresses and entries as feeds write them. Out: keys ([`address`], [`entry`]), and for a document against what is
//! stored of its feed, which entry is which ([`mod@reconcile`]).

pub mod address;
pub mod entry;
pub mod reconcile;

pub use address::{UrlKey, canonical_url, site_article_id, url_key};
pub use entry::{EntryKey, IdentityRule, entry_fingerprint, entry_keys, fitting_rule};
pub use reconcile::{KnownEntry, ListedEntry, Placement, Reconciled, Rung, reconcile};

/// The publisher an address belongs to: its registrable domain, else host, with the port where it is not the usual one.
pub fn registrable_domain(url: &url::Url) -> String {
    crate::fetch::host_key(url)
}
