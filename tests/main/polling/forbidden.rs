//! What no ledger may show.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use chrono::{DateTime, Utc};
use url::Url;
use wireroom::fetch::host_key;

use super::place;
use crate::support::server::Exchange;

/// Headers that ask for something else than the whole document, or tell where we come from.
const NEVER_SENT: [&str; 7] = ["range", "if-range", "if-match", "if-unmodified-since", "a-im", "referer", "expect"];

/// Goes through a ledger of rounds; each line of the result is one forbidden request. `secrets`: a text, and the host that
/// may see it.
pub fn check(ledger: &[(usize, Exchange)], secrets: &[(&str, &str)]) -> Vec<String> {
    let mut found = Vec::new();
    for (n, (round, exchange)) in ledger.iter().enumerate() {
        let place = place(&exchange.asked);
        let earlier = || ledger.iter().take(n);
        let mut forbid = |what: String| found.push(format!("forbidden: {place}, round {round}: {what}"));
        form(exchange, &mut forbid);
        validators(exchange, earlier().map(|(_, e)| e), &mut forbid);
        let kept = |e: &Exchange| {
            let cookie = e.answered("set-cookie").and_then(|cookie| cookie.split(';').next());
            cookie.is_some_and(|cookie| exchange.asked.header("cookie").is_some_and(|sent| sent.contains(cookie)))
        };
        if earlier().any(|(_, e)| kept(e)) {
            forbid("a cookie that was given us".to_owned());
        }
        for (secret, host) in secrets {
            if exchange.asked.head.contains(secret) && !place.starts_with(&format!("{host}/")) {
                forbid("a secret that is another's".to_owned());
            }
        }
        if earlier().any(|(r, e)| r == round && super::place(&e.asked) == place) {
            forbid("a second time in one poll".to_owned());
        }
        for (_, before) in earlier().filter(|(_, e)| domain(e) == domain(exchange)) {
            if before.finished.is_none_or(|finished| exchange.asked.at < finished) {
                forbid(format!("while {} was under way", super::place(&before.asked)));
            }
            let until = wait(before).and_then(|wait| Some(before.finished? + wait));
            if until.is_some_and(|until| exchange.asked.at < until) {
                forbid(format!("before the Retry-After of {} had passed", super::place(&before.asked)));
            }
        }
    }
    found
}

/// The registrable domain asked.
pub fn domain(exchange: &Exchange) -> String {
    host_key(&Url::parse(&format!("http://{}", place(&exchange.asked))).unwrap())
}

fn form(exchange: &Exchange, forbid: &mut impl FnMut(String)) {
    let asked = &exchange.asked;
    if !asked.head.starts_with("GET ") {
        forbid(format!("no GET: {}", asked.head.lines().next().unwrap_or_default()));
    }
    for name in NEVER_SENT {
        if let Some(value) = asked.header(name) {
            forbid(format!("{name}: {value}"));
        }
    }
    for name in ["user-agent", "accept", "host"] {
        if asked.header(name).is_none_or(|value| value.trim().is_empty()) {
            forbid(format!("without {name}"));
        }
    }
    let mut seen = HashMap::new();
    for (name, _) in asked.head.lines().skip(1).filter_map(|line| line.split_once(": ")) {
        *seen.entry(name.to_ascii_lowercase()).or_insert(0) += 1;
    }
    for (name, times) in seen.into_iter().filter(|(_, times)| *times > 1) {
        forbid(format!("{name} {times} times"));
    }
}

/// A validator that this very address has never given is forged, or another's.
fn validators<'e>(exchange: &Exchange, earlier: impl Iterator<Item = &'e Exchange>, forbid: &mut impl FnMut(String)) {
    let here: Vec<&Exchange> = earlier.filter(|e| place(&e.asked) == place(&exchange.asked)).collect();
    for (sent, given) in [("if-none-match", "etag"), ("if-modified-since", "last-modified")] {
        let known: HashSet<&str> = here.iter().filter_map(|e| e.answered(given)).collect();
        if let Some(value) = exchange.asked.header(sent).filter(|value| !known.contains(value)) {
            forbid(format!("{sent}: {value}, which it never gave"));
        }
    }
}

/// For how long a host asked to be left alone.
fn wait(exchange: &Exchange) -> Option<Duration> {
    if !matches!(exchange.status(), 429 | 503) {
        return None;
    }
    let value = exchange.answered("retry-after")?;
    if let Ok(seconds) = value.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let date: DateTime<Utc> = DateTime::parse_from_rfc2822(value).ok()?.to_utc();
    (date - Utc::now()).to_std().ok()
}
