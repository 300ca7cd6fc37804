//! Ours beside each peer: at our default, and at as many requests as the peer spends.

use std::time::Duration;

use wireroom::config::PollConfig;

use crate::peers::{self, PEERS};
use crate::replay::{Score, replay};
use crate::traces::Kind;

/// A peer's score, and ours at no more requests.
pub struct Against {
    /// The peer.
    pub name: &'static str,
    /// Its score.
    pub score: Score,
    /// Ours with a request worth so much that we spend no more than it.
    pub ours: Score,
}

/// All there is to say of a kind.
pub struct Comparison {
    /// The kind's name.
    pub name: &'static str,
    /// What it is.
    pub about: &'static str,
    /// Ours at the default.
    pub ours: Score,
    /// Ours at other worths of a request, from many requests to few.
    pub curve: Vec<Score>,
    /// The peers.
    pub peers: Vec<Against>,
}

/// Minutes of `poll.delay_per_request` for the curve.
const CURVE: [f64; 5] = [8.0, 60.0, 300.0, 1000.0, 4000.0];

/// Runs everything on a kind.
pub fn compare(kind: &Kind) -> Comparison {
    let curve: Vec<Score> = CURVE.iter().map(|minutes| at_price(kind, *minutes, false)).collect();
    let ours = curve[1].clone();
    let peers = PEERS.iter().map(|(name, make)| {
        let score = replay(kind, make);
        let ours = no_more(kind, &curve, score.daily());
        Against { name, score, ours }
    });
    Comparison { name: kind.name, about: kind.about, peers: peers.collect(), ours, curve }
}

fn at_price(kind: &Kind, minutes: f64, patient: bool) -> Score {
    let mut config = PollConfig { delay_per_request: Duration::from_secs_f64(minutes * 60.0), ..PollConfig::default() };
    if patient {
        config.interval_max = Duration::from_hours(90 * 24);
    }
    replay(kind, |seed| peers::ours(seed, &config))
}

/// Ours with the most requests that are no more than `daily`: from the two worths of the curve around it, by the power law
/// that holds between them. Where a peer polls less than our ceiling of a day allows, the ceiling is lifted to its 90 days.
fn no_more(kind: &Kind, curve: &[Score], daily: f64) -> Score {
    let mut known: Vec<(f64, f64)> =
        CURVE.iter().zip(curve).map(|(minutes, score)| (*minutes, score.daily())).collect();
    let patient = curve.last().is_some_and(|score| score.daily() > daily);
    if patient {
        known = vec![(960.0, at_price(kind, 960.0, true).daily()), (60_000.0, at_price(kind, 60_000.0, true).daily())];
    }
    let mut best: Option<Score> = None;
    for step in 0..9 {
        let above = known.iter().rev().find(|(_, spent)| *spent > daily).copied().unwrap_or((0.2, 1440.0));
        let below = known.iter().find(|(_, spent)| *spent <= daily).copied().unwrap_or((1e6, daily / 2.0));
        // The law bends; every other step halves what is between.
        let share = if step % 2 == 0 {
            ((above.1 / daily).ln() / (above.1 / below.1).ln()).clamp(0.05, 0.95) + 0.02
        } else {
            0.5
        };
        let minutes = (above.0.ln() + (below.0.ln() - above.0.ln()) * share).exp();
        let score = at_price(kind, minutes, patient);
        known.push((minutes, score.daily()));
        known.sort_by(|a, b| a.0.total_cmp(&b.0));
        if score.daily() <= daily && best.as_ref().is_none_or(|best| best.daily() < score.daily()) {
            let close = score.daily() > 0.97 * daily;
            best = Some(score);
            if close {
                break;
            }
        }
    }
    best.unwrap_or_else(|| at_price(kind, 60_000.0, patient))
}
