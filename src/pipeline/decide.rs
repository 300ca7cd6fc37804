//! What to do next with an item, as pure functions: the pipeline asks, and acts.

use std::time::Duration;

use url::Url;

use crate::identity::registrable_domain;

/// What becomes of a page that could not be had or read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// Try again after this long.
    Retry(Duration),
    /// Take the feed's own text in the page's place.
    FeedText,
    /// Refuse it with its reason.
    Refuse,
}

/// What is known when a fetch failed.
#[derive(Debug, Clone, Copy)]
pub struct Failure {
    /// Whether the same request may succeed later.
    pub transient: bool,
    /// When the server said to come again.
    pub retry_after: Option<Duration>,
    /// How often the item was claimed, this time included.
    pub attempts: i32,
    /// How often it may be.
    pub attempts_max: i32,
    /// Whether the feed carried a text that can stand in.
    pub feed_text: bool,
}

/// The first pause before a second try. A minute: most faults that pass at all pass within one.
const RETRY_FIRST: Duration = Duration::from_mins(1);
/// The longest pause between two tries.
const RETRY_MAX: Duration = Duration::from_hours(6);

/// Decides after a failed fetch. `jitter` is in `0.0..1.0`: a third of the pause is spread, so that items that failed
/// together do not come back together.
pub fn after_failure(failure: Failure, jitter: f64) -> Next {
    if failure.transient && failure.attempts < failure.attempts_max {
        let doublings = u32::try_from(failure.attempts.clamp(1, 12) - 1).unwrap_or(0);
        let pause = RETRY_FIRST.saturating_mul(1 << doublings).min(RETRY_MAX);
        // A server's own word replaces ours, within reason: a `Retry-After` of a year is not believed.
        let pause = failure.retry_after.map_or(pause, |asked| asked.min(RETRY_MAX));
        return Next::Retry(pause + pause.mul_f64(jitter.clamp(0.0, 1.0) / 3.0));
    }
    if failure.feed_text { Next::FeedText } else { Next::Refuse }
}

/// The address an article is known by: what the page calls canonical, if it may speak for that address.
///
/// A canonical link to another registrable domain is not believed, or any site could overwrite another's articles; nor
/// is one that names the front page, which broken templates do.
pub fn identity_url(page: &Url, canonical: Option<&str>) -> Url {
    canonical
        .and_then(|text| page.join(text).ok())
        .filter(|url| matches!(url.scheme(), "http" | "https"))
        .filter(|url| registrable_domain(url) == registrable_domain(page))
        .filter(|url| url.path() != "/" || page.path() == "/")
        .unwrap_or_else(|| page.clone())
}
