//! What a channel asks of those who poll it.

use std::collections::BTreeSet;

use super::super::tree::Element;
use super::super::vocabulary::Vocabulary::Syndication;
use super::is_own;

/// Days by the first letters of their English names, Monday first.
const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

/// `ttl` is minutes; `sy:updatePeriod` over `sy:updateFrequency` otherwise.
pub fn ttl(channel: &Element) -> Option<u64> {
    let ttls = channel.elements().filter(|e| is_own(e) && e.name() == "ttl");
    let minutes = ttls.filter_map(|e| e.text().trim().parse::<u64>().ok()).find(|minutes| *minutes > 0);
    if let Some(minutes) = minutes {
        return minutes.checked_mul(60);
    }
    let period = channel.named(Syndication, "updateperiod").next()?.text();
    let seconds: u64 = match period.trim().to_ascii_lowercase().as_str() {
        "hourly" => 3_600,
        "daily" => 86_400,
        "weekly" => 604_800,
        "monthly" => 2_592_000,
        "yearly" => 31_536_000,
        _ => return None,
    };
    let frequency = channel.named(Syndication, "updatefrequency").find_map(|e| e.text().trim().parse::<u64>().ok());
    seconds.checked_div(frequency.unwrap_or(1).max(1))
}

/// Hours in UTC. RSS 0.91 counts them to 24, which is midnight.
pub fn skip_hours(channel: &Element) -> Vec<u8> {
    let hours: BTreeSet<u8> = parts(channel, "skiphours", "hour")
        .filter_map(|text| text.parse::<u8>().ok())
        .filter(|hour| *hour <= 24)
        .map(|hour| hour % 24)
        .collect();
    hours.into_iter().collect()
}

/// Days of the week, 1 for Monday to 7.
pub fn skip_days(channel: &Element) -> Vec<u8> {
    let numbers: BTreeSet<u8> = parts(channel, "skipdays", "day")
        .filter_map(|text| DAYS.iter().position(|day| text.to_ascii_lowercase().starts_with(day)))
        .filter_map(|at| u8::try_from(at + 1).ok())
        .collect();
    numbers.into_iter().collect()
}

fn parts(channel: &Element, group: &'static str, part: &'static str) -> impl Iterator<Item = String> {
    let groups = channel.elements().filter(move |e| is_own(e) && e.name() == group);
    groups.flat_map(move |g| g.elements().filter(move |e| e.name() == part)).map(|e| e.text().trim().to_owned())
}
