//! A document against what is stored of its feed: which listed entry is new, and which is one we have, although its id,
//! its address or its headline changed.
//!
//! In: the listed entries with their keys, and the stored ones of late. Out: a placement for each listed entry. Pure; a
//! stored entry is given to one listed entry at most, so that two items that are listed side by side are never one.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Utc};
use url::Url;

use super::address::{identifying, is_distinctive, site_article_id, tail};
use super::entry::{IdentityRule, entry_fingerprint, guid_tail, normal_title};
use crate::feed::Entry;

/// A stored entry, as far as it helps to recognise it.
#[derive(Debug, Clone)]
pub struct KnownEntry {
    /// Key of its row.
    pub entry_id: i64,
    /// What it was known by when it was last listed.
    pub entry_key: [u8; 32],
    /// The publisher's id.
    pub guid: Option<String>,
    /// Where it points.
    pub url: String,
    /// Its headline.
    pub title: Option<String>,
    /// When it was published, by the feed.
    pub published_at: Option<DateTime<Utc>>,
    /// What an edit changes.
    pub fingerprint: [u8; 32],
}

/// A listed entry with its key.
#[derive(Debug, Clone, Copy)]
pub struct ListedEntry<'a> {
    /// Its key under the feed's rule.
    pub entry_key: [u8; 32],
    /// The entry.
    pub entry: &'a Entry,
}

/// By what a stored entry was recognised, strongest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rung {
    /// Its key.
    Key,
    /// The publisher's id, where the feed is known by something else.
    Guid,
    /// Its address.
    Url,
    /// The publisher's id without scheme and host: the site moved.
    GuidTail,
    /// Its address without scheme and host: the site moved.
    Path,
    /// The site's own number of the article: the headline in its address was edited.
    ArticleId,
    /// Headline and day.
    TitleDay,
}

impl Rung {
    /// The word used in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Key => "key",
            Self::Guid => "guid",
            Self::Url => "url",
            Self::GuidTail => "guid-tail",
            Self::Path => "path",
            Self::ArticleId => "article-id",
            Self::TitleDay => "title-day",
        }
    }
}

/// What a listed entry is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Placement {
    /// Never seen before.
    New,
    /// A stored one.
    Known {
        /// Its place among the stored ones.
        at: usize,
        /// How it was recognised.
        by: Rung,
    },
}

/// A document, recognised.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reconciled {
    /// One for each listed entry, in order.
    pub placements: Vec<Placement>,
    /// The rule to read the feed by from now on.
    pub rule: IdentityRule,
}

/// Of the entries recognised by their address, the share whose id is another one now, from which ids count as random.
const RANDOM_GUIDS_SHARE: usize = 2;
/// And the least number of them.
const RANDOM_GUIDS_MIN: usize = 3;
/// A headline of fewer letters can be that of two articles of one day ("Weather").
const TITLE_CHARS_MIN: usize = 16;

/// What one entry, stored or listed, is recognised by.
struct Traits {
    guid: Option<String>,
    url: Option<Url>,
    title: Option<String>,
    day: Option<String>,
    fingerprint: [u8; 32],
}

impl Traits {
    fn listed(entry: &Entry) -> Self {
        Self {
            guid: entry.id.as_deref().map(str::trim).filter(|id| !id.is_empty()).map(str::to_owned),
            url: entry.url.as_deref().and_then(|url| Url::parse(url).ok()),
            title: entry.title.as_deref().and_then(normal_title),
            day: entry.published_at.map(|t| t.date_naive().to_string()),
            fingerprint: entry_fingerprint(entry),
        }
    }

    fn known(known: &KnownEntry) -> Self {
        Self {
            guid: known.guid.as_deref().map(str::trim).filter(|id| !id.is_empty()).map(str::to_owned),
            url: Url::parse(&known.url).ok(),
            title: known.title.as_deref().and_then(normal_title),
            day: known.published_at.map(|t| t.date_naive().to_string()),
            fingerprint: known.fingerprint,
        }
    }

    fn host(&self) -> Option<&str> {
        self.url.as_ref()?.host_str()
    }

    /// What a rung compares.
    fn at(&self, rung: Rung) -> Option<String> {
        match rung {
            Rung::Key => None,
            Rung::Guid => self.guid.clone(),
            Rung::Url => self.url.as_ref().map(identifying),
            Rung::GuidTail => self.guid.as_deref().and_then(guid_tail),
            Rung::Path => self.url.as_ref().map(tail).filter(|tail| is_distinctive(tail)),
            Rung::ArticleId => {
                let url = self.url.as_ref()?;
                let id = site_article_id(url)?;
                Some(format!("{} {id} {}", url.host_str()?, url.query().unwrap_or_default()))
            }
            Rung::TitleDay => {
                let title = self.title.as_deref().filter(|t| t.chars().count() >= TITLE_CHARS_MIN)?;
                Some(format!("{} {title}", self.day.as_deref().unwrap_or_default()))
            }
        }
    }
}

/// Recognises a document. `rule` is the one the listed entries' keys were made by.
pub fn reconcile(rule: IdentityRule, listed: &[ListedEntry<'_>], known: &[KnownEntry]) -> Reconciled {
    let mut placements = vec![Placement::New; listed.len()];
    let mut taken = HashSet::new();
    let by_key: HashMap<[u8; 32], usize> = known.iter().enumerate().map(|(at, k)| (k.entry_key, at)).collect();
    for (placement, entry) in placements.iter_mut().zip(listed) {
        if let Some(&at) = by_key.get(&entry.entry_key)
            && taken.insert(at)
        {
            *placement = Placement::Known { at, by: Rung::Key };
        }
    }
    let mut changed_guids = 0;
    if placements.contains(&Placement::New) && !known.is_empty() {
        let stored: Vec<Traits> = known.iter().map(Traits::known).collect();
        let seen: Vec<Traits> = listed.iter().map(|l| Traits::listed(l.entry)).collect();
        let hosts: HashSet<&str> = seen.iter().filter_map(Traits::host).collect();
        for rung in [Rung::Guid, Rung::Url, Rung::GuidTail, Rung::Path, Rung::ArticleId, Rung::TitleDay] {
            // The rule says already that ids are not to be believed.
            if rung == Rung::Guid && rule == IdentityRule::Guid {
                continue;
            }
            for (l, k) in pairs(rung, &placements, &seen, &stored, &taken) {
                let (Some(new), Some(old)) = (seen.get(l), stored.get(k)) else { continue };
                if !agrees(rung, new, old, &hosts) || !taken.insert(k) {
                    continue;
                }
                changed_guids += usize::from(rung == Rung::Url && new.guid.is_some() && old.guid.is_some());
                if let Some(placement) = placements.get_mut(l) {
                    *placement = Placement::Known { at: k, by: rung };
                }
            }
        }
    }
    let recognised = placements.iter().filter(|p| matches!(p, Placement::Known { .. })).count();
    let mut rule = rule;
    if changed_guids >= RANDOM_GUIDS_MIN && changed_guids * RANDOM_GUIDS_SHARE >= recognised {
        rule = rule.max(IdentityRule::Url);
    }
    Reconciled { placements, rule }
}

/// Pairs of a listed and a stored entry that share what the rung compares, where nobody else shares it.
fn pairs(
    rung: Rung,
    placements: &[Placement],
    listed: &[Traits],
    known: &[Traits],
    taken: &HashSet<usize>,
) -> Vec<(usize, usize)> {
    let mut holders: HashMap<String, Vec<usize>> = HashMap::new();
    for (at, traits) in known.iter().enumerate() {
        if let Some(text) = traits.at(rung) {
            holders.entry(text).or_default().push(at);
        }
    }
    let mut seekers: HashMap<String, Vec<usize>> = HashMap::new();
    for (at, traits) in listed.iter().enumerate() {
        if placements.get(at) == Some(&Placement::New)
            && let Some(text) = traits.at(rung)
        {
            seekers.entry(text).or_default().push(at);
        }
    }
    let mut pairs: Vec<(usize, usize)> = seekers
        .into_iter()
        .filter_map(|(text, seekers)| match (seekers.as_slice(), holders.get(&text)?.as_slice()) {
            ([seeker], [holder]) if !taken.contains(holder) => Some((*seeker, *holder)),
            _ => None,
        })
        .collect();
    pairs.sort_unstable();
    pairs
}

/// What a weak rung asks beyond equality.
fn agrees(rung: Rung, new: &Traits, old: &Traits, hosts: &HashSet<&str>) -> bool {
    match rung {
        Rung::Key | Rung::Guid | Rung::Url | Rung::ArticleId => true,
        // A feed that gathers several sites lists `a.example/?p=1` and `b.example/?p=1`: only a host that the document
        // knows no more can have moved.
        Rung::GuidTail | Rung::Path => old.host().is_none_or(|host| !hosts.contains(host)),
        Rung::TitleDay => {
            let moved = old.host().is_none_or(|host| !hosts.contains(host));
            let nameless = new.guid.is_none() && old.guid.is_none();
            let (a, b) = (new.url.as_ref().and_then(site_article_id), old.url.as_ref().and_then(site_article_id));
            let other_number = a.is_some() && b.is_some() && a != b;
            moved || (new.fingerprint == old.fingerprint || nameless) && !other_number
        }
    }
}
