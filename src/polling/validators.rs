//! Conditional requests (RFC 9110 §8.8, §13): which validators to send, and when they have been caught lying.
//!
//! Validators are kept verbatim, each for itself, from the answer whose entries were stored; they vouch for one address
//! and are sent to no other. Some servers answer 304 although the feed has changed. So now and then a feed is asked
//! without them; if that brings entries under the very validators we hold, they lied, and are left out for a month.
//!
//! `Cache-Control: no-store` and `Expires: 0` do not touch them. They speak to caches, which answer others out of what
//! they stored (RFC 9111 §5.2.2.5); we only ask whether there is something new, and the publisher is spared a document.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

/// What identifies the copy we have.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Validators {
    /// `ETag`, verbatim.
    pub etag: Option<String>,
    /// `Last-Modified`, verbatim.
    pub last_modified: Option<String>,
    /// The address they came from, redirects followed.
    pub url: Option<String>,
}

impl Validators {
    /// Whether there is nothing to send.
    pub fn is_empty(&self) -> bool {
        self.etag.is_none() && self.last_modified.is_none()
    }

    /// What is held after a 304: what it brought, and the old where it brought none (RFC 9111 §4.3.4).
    #[must_use]
    pub fn refreshed_by(&self, answer: Self) -> Self {
        Self {
            etag: answer.etag.or_else(|| self.etag.clone()),
            last_modified: answer.last_modified.or_else(|| self.last_modified.clone()),
            url: self.url.clone().or(answer.url),
        }
    }

    /// Whether an answer names the same copy as these: one address, and the tag where both have one, else the date.
    fn name_the_same(&self, answer: &Self) -> bool {
        if self.url != answer.url {
            return false;
        }
        match (&self.etag, &answer.etag) {
            (Some(a), Some(b)) => opaque(a) == opaque(b),
            _ => self.last_modified.is_some() && self.last_modified == answer.last_modified,
        }
    }
}

/// A tag without its mark of weakness, which does not count when a GET asks (RFC 9110 §8.8.3.2).
fn opaque(tag: &str) -> &str {
    tag.strip_prefix("W/").unwrap_or(tag)
}

/// How far a feed's validators are believed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ValidatorsState {
    /// 304 answers since the last unconditional request.
    pub not_modified_in_a_row: i32,
    /// Until when they are left out, because they lied.
    pub distrusted_until: Option<DateTime<Utc>>,
}

/// After this many 304 in a row the feed is asked without validators once. At a poll every half hour that is once a day.
const NOT_MODIFIED_MAX: i32 = 48;
/// While a feed is silent beyond what is likely, after this many.
const NOT_MODIFIED_MAX_SILENT: i32 = 3;
/// How long validators that lied are left out; then the server gets another chance.
const DISTRUST: Duration = Duration::from_hours(30 * 24);

impl ValidatorsState {
    /// Whether to send validators now. `silent`: more was to be expected by now than came.
    pub fn sends(&self, silent: bool, now: DateTime<Utc>) -> bool {
        let most = if silent { NOT_MODIFIED_MAX_SILENT } else { NOT_MODIFIED_MAX };
        self.distrusted_until.is_none_or(|until| until <= now) && self.not_modified_in_a_row < most
    }

    /// The state after a 304.
    #[must_use]
    pub fn after_not_modified(self) -> Self {
        Self { not_modified_in_a_row: self.not_modified_in_a_row.saturating_add(1), ..self }
    }

    /// The state after a document. `asked_without`: no validators were sent although `held` were there; `changed`: the
    /// document lists entries that are new or changed. Then validators that are still the same would have hidden them.
    #[must_use]
    pub fn after_document(
        self,
        held: &Validators,
        answer: &Validators,
        asked_without: bool,
        changed: bool,
        now: DateTime<Utc>,
    ) -> Self {
        let lied = asked_without && changed && !held.is_empty() && held.name_the_same(answer);
        let until = TimeDelta::from_std(DISTRUST).ok().and_then(|distrust| now.checked_add_signed(distrust));
        Self {
            not_modified_in_a_row: 0,
            distrusted_until: if lied { until } else { self.distrusted_until.filter(|until| *until > now) },
        }
    }
}
