//! When a feed has moved: a permanent redirect is followed at every poll, and its target adopted once it has lasted.
//!
//! A captive portal, a hijacked domain or a botched deployment sends 301 too, for an hour or a day. A temporary redirect
//! (302, 303, 307) never moves a feed.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use url::Url;

/// A permanent redirect as it was seen so far.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sighting {
    /// Where it leads.
    pub to: String,
    /// When it was first seen leading there.
    pub since: DateTime<Utc>,
    /// At how many polls in a row.
    pub seen: i32,
}

/// What a poll says about the feed's address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Move {
    /// It is where it was.
    Stays,
    /// A permanent redirect leads elsewhere; not for long enough yet.
    Watched(Sighting),
    /// The redirect has lasted: this is the address from now on.
    Adopted(String),
}

/// A redirect has lasted when it was seen for a week, at five polls or more.
const LASTS: (Duration, i32) = (Duration::from_hours(7 * 24), 5);
/// From http to https of the same address nothing can be lost: the second sighting is enough.
const LASTS_TO_HTTPS: (Duration, i32) = (Duration::ZERO, 2);

/// Judges the redirect of a successful poll. `target` is where permanent redirects alone led, if they did.
pub fn judge(url: &str, target: Option<&Url>, before: Option<Sighting>, now: DateTime<Utc>) -> Move {
    let Some(target) = target.filter(|target| target.as_str() != url) else { return Move::Stays };
    let sighting = match before.filter(|before| before.to == target.as_str()) {
        Some(before) => Sighting { seen: before.seen.saturating_add(1), ..before },
        None => Sighting { to: target.as_str().to_owned(), since: now, seen: 1 },
    };
    let (time, polls) = if is_only_to_https(url, target) { LASTS_TO_HTTPS } else { LASTS };
    let lasted = TimeDelta::from_std(time).is_ok_and(|time| now - sighting.since >= time);
    if lasted && sighting.seen >= polls { Move::Adopted(sighting.to) } else { Move::Watched(sighting) }
}

fn is_only_to_https(url: &str, target: &Url) -> bool {
    let (from, to) = (url.strip_prefix("http://"), target.as_str().strip_prefix("https://"));
    from.is_some() && from == to
}
