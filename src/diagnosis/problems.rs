//! What can be wrong with a document, each with its remedy.

use chrono::{DateTime, TimeDelta, Utc};
use serde::Serialize;

use super::{Diagnosis, Order};
use crate::discover::Text;
use crate::feed::{Feed, FeedFormat};

/// How bad it is, the worst first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Readers lose news or show it twice.
    Serious,
    /// Some readers do, or somebody pays for it.
    Bad,
    /// It could be better.
    Minor,
}

impl Severity {
    /// The word people read.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Serious => "serious",
            Self::Bad => "bad",
            Self::Minor => "minor",
        }
    }
}

/// Something wrong, and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// How bad it is.
    pub severity: Severity,
    /// A short stable word.
    pub kind: &'static str,
    /// What is wrong, as a sentence about the feed.
    pub message: String,
    /// What its publisher can do.
    pub remedy: &'static str,
}

impl Problem {
    pub(super) fn new(
        severity: Severity,
        kind: &'static str,
        message: impl Into<String>,
        remedy: &'static str,
    ) -> Self {
        Self { severity, kind, message: message.into(), remedy }
    }
}

/// Entries leave a list this short before a reader that polls every two hours has seen them.
const WINDOW_HOURS_MIN: f64 = 3.0;
/// A feed without news for so long may be forgotten by its publisher.
const STALE: TimeDelta = TimeDelta::days(60);

/// What is wrong with the document.
pub fn of(feed: &Feed, seen: &Diagnosis, now: DateTime<Utc>) -> Vec<Problem> {
    use Severity::{Bad, Minor, Serious};
    let counts = &seen.entries;
    let mut found = Vec::new();
    let mut add = |wrong: bool, severity, kind, message: String, remedy| {
        if wrong {
            found.push(Problem::new(severity, kind, message, remedy));
        }
    };
    let listed = counts.listed;
    add(
        listed == 0 && counts.skipped == 0,
        Bad,
        "no-entries",
        "it lists no entries".to_owned(),
        "keep the last entries in the list even when nothing is new",
    );
    add(
        counts.skipped > 0,
        Serious,
        "skipped",
        format!("{} items say nothing that can be read", counts.skipped),
        "give every item a title and a link",
    );
    for mended in &feed.recovered {
        let remedy = "write the document with an XML or JSON library, and let a validator read it";
        add(true, Bad, "mended", format!("it had to be mended before it could be read: {mended}"), remedy);
    }
    let has_ids = feed.format != FeedFormat::Sitemap;
    add(
        has_ids && listed > 0 && counts.with_id < listed,
        if counts.with_id == 0 { Bad } else { Serious },
        "ids-missing",
        format!(
            "{} of {listed} entries have no id: readers go by the link, and show them twice when it changes",
            listed - counts.with_id
        ),
        "give every entry a guid (RSS) or id (Atom, JSON) that never changes",
    );
    add(
        counts.repeated_ids > counts.doubles * 2,
        Serious,
        "ids-repeated",
        format!("{} entries share their id with another: readers show one of them only", counts.repeated_ids),
        "give each entry an id of its own",
    );
    add(
        counts.doubles > 0,
        Minor,
        "doubles",
        format!("{} entries are listed twice", counts.doubles),
        "list every entry once",
    );
    add(
        counts.with_url < listed,
        Serious,
        "links-missing",
        format!("{} of {listed} entries lead nowhere", listed - counts.with_url),
        "give every entry the address of its article",
    );
    add(
        counts.repeated_urls > counts.doubles * 2 && counts.repeated_ids == 0,
        Minor,
        "links-repeated",
        format!("{} entries share their address with another", counts.repeated_urls),
        "link each entry to its own page",
    );
    add(
        counts.with_title < listed,
        Minor,
        "titles-missing",
        format!("{} of {listed} entries have no headline", listed - counts.with_title),
        "give every entry a title",
    );
    add(
        counts.with_date < listed,
        if counts.with_date == 0 { Bad } else { Minor },
        "dates-missing",
        format!("{} of {listed} entries have no date that can be read", listed - counts.with_date),
        "give every entry pubDate (RFC 822) or published (RFC 3339) with its time zone",
    );
    let unread = feed.entries.iter().find_map(|entry| {
        let raw = entry.published_raw.as_deref().filter(|raw| !raw.trim().is_empty())?;
        entry.published_at.is_none().then_some(raw)
    });
    add(
        unread.is_some(),
        Bad,
        "dates-unreadable",
        format!("it writes a date as {:?}", unread.unwrap_or_default().chars().take(60).collect::<String>()),
        "write dates by RFC 822 (RSS) or RFC 3339 (Atom, JSON)",
    );
    add(
        counts.future > 0,
        Bad,
        "dates-ahead",
        format!("{} entries are dated ahead of now", counts.future),
        "write the time zone that is meant, and list entries when they are published",
    );
    add(
        listed > 2 && counts.with_date == listed && seen.newest_at == seen.oldest_at,
        Bad,
        "dates-constant",
        "all entries have one and the same date".to_owned(),
        "give each entry the time it was published, not the time the feed was made",
    );
    add(
        seen.order == Order::OldestFirst,
        Minor,
        "oldest-first",
        "it lists the oldest entry first; some readers look at the first ones only".to_owned(),
        "list the newest entry first",
    );
    add(
        seen.newest_at.is_some_and(|newest| now - newest > STALE),
        Minor,
        "stale",
        "its newest entry is more than two months old".to_owned(),
        "if it has moved, answer 301 with the new address; if it has ended, 410",
    );
    let short = seen.window_hours.is_some_and(|hours| hours < WINDOW_HOURS_MIN) && listed >= 5;
    add(
        short,
        Serious,
        "window-short",
        format!(
            "its {listed} entries cover only {:.1} hours: whoever asks less often loses news",
            seen.window_hours.unwrap_or_default()
        ),
        "list a day's entries, page the archive (RFC 5005), or name a WebSub hub",
    );
    add(
        feed.hub_url.is_some() && feed.self_url.is_none(),
        Bad,
        "hub-without-self",
        "it names a hub but not its own address, so nobody can subscribe".to_owned(),
        "add a link with rel=\"self\"",
    );
    add(
        seen.text == Text::Teaser && has_ids && listed > 0,
        Minor,
        "teasers",
        "it carries teasers, not the stories".to_owned(),
        "put the whole text into content:encoded (RSS) or content (Atom)",
    );
    add(
        feed.language.is_none() && has_ids,
        Minor,
        "language-missing",
        "it does not say its language".to_owned(),
        "add <language> (RSS), xml:lang (Atom) or language (JSON)",
    );
    add(
        feed.title.is_none() && has_ids,
        Minor,
        "title-missing",
        "it has no title".to_owned(),
        "give the channel a title",
    );
    found
}
