//! What an answer's headers say about asking again: validators, freshness, Retry-After.

use std::time::Duration;

use chrono::{DateTime, Utc};
use http::{HeaderMap, HeaderName, header};

/// The longest validator kept: honest ones have under a hundred bytes, and they are stored and sent back.
const VALIDATOR_BYTES_MAX: usize = 1024;

/// The longest freshness believed. A feed that says "a year" still gets a poll a month.
const MAX_AGE_MAX: Duration = Duration::from_hours(720);

/// Retry-After is obeyed between these bounds: whoever says a year has not thought of us.
const RETRY_AFTER: (Duration, Duration) = (Duration::from_secs(1), Duration::from_hours(7 * 24));

/// A header's value as text, if it is text.
pub(super) fn text(headers: &HeaderMap, name: &HeaderName) -> Option<String> {
    let value = headers.get(name)?.to_str().ok()?.trim();
    (!value.is_empty()).then(|| value.to_owned())
}

/// An `ETag` or `Last-Modified`, verbatim whatever it looks like, so that it can be sent back; absent if oversized or
/// not UTF-8, which the database could not keep.
pub(super) fn validator(headers: &HeaderMap, name: &HeaderName) -> Option<String> {
    let value = std::str::from_utf8(headers.get(name)?.as_bytes()).ok()?;
    (!value.is_empty() && value.len() <= VALIDATOR_BYTES_MAX).then(|| value.to_owned())
}

/// How long the answer says it stays fresh: `Cache-Control`, else `Expires` (RFC 9111 §4.2.1).
pub(super) fn max_age(headers: &HeaderMap) -> Option<Duration> {
    let mut age = None;
    for value in headers.get_all(header::CACHE_CONTROL) {
        let Ok(value) = value.to_str() else { continue };
        for directive in value.split(',') {
            let (name, argument) = directive.split_once('=').unwrap_or((directive, ""));
            match name.trim().to_ascii_lowercase().as_str() {
                "no-cache" | "no-store" => return Some(Duration::ZERO),
                "max-age" if age.is_none() => age = seconds(argument.trim().trim_matches('"')),
                _ => {}
            }
        }
    }
    let expires = || {
        let expires = http_date(&text(headers, &header::EXPIRES)?)?;
        let date = http_date(&text(headers, &header::DATE)?)?;
        Some((expires - date).to_std().unwrap_or(Duration::ZERO))
    };
    age.or_else(expires).map(|age| age.min(MAX_AGE_MAX))
}

/// How long the server asks us to wait, cut to between a second and a week; absent if unreadable.
pub(super) fn retry_after(headers: &HeaderMap, now: DateTime<Utc>) -> Option<Duration> {
    let value = text(headers, &header::RETRY_AFTER)?;
    let wait = match seconds(&value) {
        Some(wait) => wait,
        None => (http_date(&value)? - now).to_std().unwrap_or(Duration::ZERO),
    };
    Some(wait.clamp(RETRY_AFTER.0, RETRY_AFTER.1))
}

/// Whole seconds; more digits than fit mean "very long".
fn seconds(value: &str) -> Option<Duration> {
    let digits = !value.is_empty() && value.bytes().all(|b| b.is_ascii_digit());
    digits.then(|| Duration::from_secs(value.parse().unwrap_or(u64::from(u32::MAX))))
}

/// The date form HTTP has sent since 1999 (RFC 9110 §5.6.7, IMF-fixdate).
fn http_date(value: &str) -> Option<DateTime<Utc>> {
    DateTime::parse_from_rfc2822(value).ok().map(|date| date.to_utc())
}
