//! Which entries are one, within one document of a feed.

use std::collections::{HashMap, HashSet};

use sha2::{Digest, Sha256};
use url::Url;

use super::address::{identifying, tail};
use crate::feed::Entry;

/// SHA-256 of what identifies an entry within its feed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EntryKey(pub [u8; 32]);

/// What a feed's entries are known by. A feed starts at the first and degrades by itself; it never climbs back, since
/// a publisher whose ids were wrong once is not believed again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum IdentityRule {
    /// The publisher's id.
    #[default]
    Guid,
    /// The address: ids are empty, repeated or random.
    Url,
    /// Headline and day: addresses are missing or repeated too.
    Title,
}

impl IdentityRule {
    /// The word used in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Guid => "guid",
            Self::Url => "url",
            Self::Title => "title",
        }
    }

    /// The rule of that word; the first one for any other.
    pub fn from_word(word: &str) -> Self {
        [Self::Url, Self::Title].into_iter().find(|rule| rule.as_str() == word).unwrap_or_default()
    }

    fn next(self) -> Option<Self> {
        match self {
            Self::Guid => Some(Self::Url),
            Self::Url => Some(Self::Title),
            Self::Title => None,
        }
    }

    /// What this rule knows an entry by, if the entry has it.
    fn text(self, entry: &Entry) -> Option<String> {
        match self {
            Self::Guid => {
                let id = entry.id.as_deref().map(str::trim).filter(|id| !id.is_empty())?;
                // An address as id counts without scheme and `www.`: a move to https changes nothing.
                let bare = id.split_once("://").map_or(id, |(_, rest)| rest.strip_prefix("www.").unwrap_or(rest));
                Some(format!("id {bare}"))
            }
            Self::Url => {
                let url = entry.url.as_deref().and_then(|u| Url::parse(u).ok())?;
                Some(format!("url {}", identifying(&url)))
            }
            Self::Title => {
                let title = normal_title(entry.title.as_deref()?)?;
                let day = entry.published_at.map(|t| t.date_naive().to_string()).unwrap_or_default();
                Some(format!("title {day} {title}"))
            }
        }
    }
}

/// The share of entries that may share an address before it is given up. Some feeds list a live report's posts, which
/// have one address; most of their entries are articles all the same.
const SHARED_URLS_MAX: f64 = 0.05;

/// The rule this document can be read by: `rule`, or a weaker one if what it goes by is repeated in the document.
///
/// An entry that lacks an id or address is no reason: it is known by the next best, by itself.
pub fn fitting_rule(rule: IdentityRule, entries: &[Entry]) -> IdentityRule {
    let mut fitting = rule;
    while let Some(weaker) = fitting.next() {
        let (own, under) = (shared(fitting, entries), shared(weaker, entries));
        #[expect(clippy::cast_precision_loss, reason = "a document lists far fewer than 2^52 entries")]
        let most = if fitting == IdentityRule::Url { entries.len() as f64 * SHARED_URLS_MAX } else { 0.0 };
        #[expect(clippy::cast_precision_loss, reason = "likewise")]
        let too_many = own > 1 && own as f64 > most;
        // A feed whose addresses or headlines are repeated no less gains nothing by a weaker rule.
        if !too_many || under >= own {
            break;
        }
        fitting = weaker;
    }
    fitting
}

/// How many entries share what the rule goes by with an entry of another address or headline.
fn shared(rule: IdentityRule, entries: &[Entry]) -> usize {
    type Face<'a> = (/* address */ Option<&'a str>, /* headline */ Option<&'a str>);
    let mut sharers: HashMap<String, HashSet<Face<'_>>> = HashMap::new();
    for entry in entries {
        if let Some(text) = rule.text(entry) {
            sharers.entry(text).or_default().insert((entry.url.as_deref(), entry.title.as_deref()));
        }
    }
    sharers.values().filter(|who| who.len() > 1).map(HashSet::len).sum()
}

/// The key of each entry of one document, in order; `None` where nothing identifies it.
///
/// An entry is known by what the rule goes by, else by the next best. Where two entries of one document share that but
/// not an address, the address joins the key of both; where they share that too but not a headline, the headline: no
/// item is lost.
pub fn entry_keys(rule: IdentityRule, entries: &[Entry]) -> Vec<Option<EntryKey>> {
    let ladder: &[IdentityRule] = match rule {
        IdentityRule::Guid => &[IdentityRule::Guid, IdentityRule::Url, IdentityRule::Title],
        IdentityRule::Url => &[IdentityRule::Url, IdentityRule::Title, IdentityRule::Guid],
        IdentityRule::Title => &[IdentityRule::Title, IdentityRule::Url, IdentityRule::Guid],
    };
    let mut texts: Vec<Option<String>> =
        entries.iter().map(|entry| ladder.iter().find_map(|rung| rung.text(entry))).collect();
    for rung in [IdentityRule::Url, IdentityRule::Title] {
        let mut variants: HashMap<String, HashSet<Option<String>>> = HashMap::new();
        for (text, entry) in texts.iter().zip(entries) {
            if let Some(text) = text {
                variants.entry(text.clone()).or_default().insert(rung.text(entry));
            }
        }
        for (text, entry) in texts.iter_mut().zip(entries) {
            if let Some(text) = text
                && variants.get(text.as_str()).is_some_and(|variants| variants.len() > 1)
            {
                *text = format!("{text}|{}", rung.text(entry).unwrap_or_default());
            }
        }
    }
    texts.into_iter().map(|text| Some(EntryKey(Sha256::digest(text?).into()))).collect()
}

/// An id without scheme and host, if it is an address or a tag URI (RFC 4151): it survives a move to https or to
/// another domain.
pub fn guid_tail(id: &str) -> Option<String> {
    let id = id.trim();
    if let Some(tag) = id.strip_prefix("tag:") {
        let (_, specific) = tag.split_once(':')?;
        return Some(specific.to_owned()).filter(|s| s.len() >= 4);
    }
    let url = Url::parse(id).ok().filter(|url| matches!(url.scheme(), "http" | "https"))?;
    // A fragment or parameter of an id is part of it, whatever it is called.
    let mut tail = tail(&url);
    for (mark, part) in [('?', url.query()), ('#', url.fragment())] {
        if let Some(part) = part.filter(|part| !tail.contains(part)) {
            tail.push(mark);
            tail.push_str(part);
        }
    }
    Some(tail).filter(|tail| tail.len() >= 4)
}

/// A headline as it is compared: letters and digits in lower case, one space between words.
pub fn normal_title(title: &str) -> Option<String> {
    let words: Vec<String> = title
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(|word| word.chars().flat_map(char::to_lowercase).collect())
        .collect();
    (!words.is_empty()).then(|| words.join(" "))
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
