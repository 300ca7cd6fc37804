//! 180,000 feeds in one database: how long a claim of due feeds takes, and what a daemon that polls them needs.
//!
//! ```text
//! cargo bench --bench scale                     claims, at the usual rate and after a standstill
//! cargo bench --bench scale -- --daemon 10      and ten minutes of a daemon that polls them from loopback
//! cargo bench --bench scale -- --restart        and 10,000 overdue feeds after a restart
//! ```
//!
//! `--feeds N` takes another number. Prints what it saw and exits 1 where a promise did not hold.

#![expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "counts are small and never negative"
)]

#[path = "scale/press.rs"]
mod press;
#[path = "scale/rig.rs"]
mod rig;

use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

use press::Press;
use rig::{Daemon, Rig};
use wireroom::fetch::Fetched;
use wireroom::pipeline::answer::{self, Asked};
use wireroom::store::{Scope, Store};

/// What the claim is allowed at the 99th percentile.
const CLAIM_MAX: Duration = Duration::from_millis(5);
/// What the daemon is allowed.
const MEMORY_MAX_MB: u64 = 512;

#[tokio::main]
async fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().collect();
    let number =
        |name: &str| words.iter().position(|w| w == name).and_then(|at| words.get(at + 1)?.parse::<u64>().ok());
    let feeds = number("--feeds").unwrap_or(180_000);
    let rig = Rig::new().await;
    let mut held = claims(&rig, feeds).await;
    if let Some(minutes) = number("--daemon") {
        held &= daemon(&rig, feeds, Duration::from_secs(minutes * 60)).await;
    }
    if words.iter().any(|w| w == "--restart") {
        held &= restart(&rig).await;
    }
    if held { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn check(what: &str, holds: bool) -> bool {
    println!("{} {what}", if holds { "holds " } else { "BROKEN" });
    holds
}

/// Claims and records polls as a daemon does, eight at a time, and times the claims.
async fn claims(rig: &Rig, feeds: u64) -> bool {
    let store = rig.fresh("claims").await;
    rig.fill("claims", feeds, 9).await;
    println!("{feeds} feeds on {} hosts", feeds / 3);
    let mut held = true;
    let mut timed = |what: &str, mut times: Vec<Duration>| {
        times.sort_unstable();
        let at = |share: f64| times.get((times.len() as f64 * share) as usize).copied().unwrap_or_default();
        println!(
            "{what}: {} claims, median {:.2?}, 99th percentile {:.2?}, longest {:.2?}",
            times.len(),
            at(0.5),
            at(0.99),
            at(1.0).max(*times.last().unwrap_or(&Duration::ZERO))
        );
        held &= check(
            &format!("{what}: a claim takes at most {CLAIM_MAX:?} at the 99th percentile"),
            at(0.99) <= CLAIM_MAX,
        );
    };
    // As the schedule asks: an hour's feeds spread over the hour, so that fifty a second come due.
    rig.sql("claims", "update feeds set next_poll_at = now() + random() * interval '1 hour'").await;
    rig.sql("claims", "vacuum analyze feeds").await;
    let mut times = Vec::new();
    let until = Instant::now() + Duration::from_mins(1);
    while Instant::now() < until {
        let began = Instant::now();
        times.push(round(&store, 16).await.0);
        tokio::time::sleep(Duration::from_millis(250).saturating_sub(began.elapsed())).await;
    }
    timed("fifty a second come due", times);
    rig.sql("claims", "update feeds set next_poll_at = now() - random() * interval '1 day'").await;
    let mut times = Vec::new();
    for _ in 0..1200 {
        times.push(round(&store, 16).await.0);
    }
    timed("all are overdue", times);
    store.close().await;
    held
}

/// One claim, and its polls recorded as 304; the claim's time and how many feeds it gave.
async fn round(store: &Store, limit: i64) -> (Duration, usize) {
    let began = Instant::now();
    let claimed =
        store.claim_feeds(limit, Some(Duration::from_secs(1)), Scope::Daemon).await.expect("the database answers");
    let took = began.elapsed();
    let feeds = claimed.len();
    let config = wireroom::config::Config::default().poll;
    let mut polls = tokio::task::JoinSet::new();
    for claim in claimed {
        let (store, config) = (store.clone(), config.clone());
        polls.spawn(async move {
            let now = chrono::Utc::now();
            let url = url::Url::parse(&claim.url).expect("an address of ours");
            let fetched = Fetched {
                requested: url.clone(),
                final_url: url,
                moved_permanently: None,
                status: 304,
                not_modified: true,
                conditional: true,
                content_type: None,
                etag: None,
                last_modified: None,
                max_age: None,
                headers: Vec::new(),
                body: bytes::Bytes::new(),
                wire_bytes: 0,
                started_at: now,
                elapsed: Duration::from_millis(50),
            };
            let result = answer::not_modified(&claim, Asked::new(&claim, now), &fetched, &config);
            store.finish_poll(&claim, &Arc::new(result)).await.expect("a poll can be recorded");
        });
    }
    polls.join_all().await;
    (took, feeds)
}

/// A daemon that polls them all at the rate their schedule asks.
async fn daemon(rig: &Rig, feeds: u64, time: Duration) -> bool {
    let press = Press::start(10).await;
    drop(rig.fresh("polled").await);
    rig.fill("polled", feeds, press.port()).await;
    rig.sql("polled", "update feeds set next_poll_at = now() + random() * interval '1 hour'").await;
    rig.sql("polled", "vacuum analyze feeds").await;
    let mut daemon = Daemon::start(rig, "polled");
    let began = Instant::now();
    while began.elapsed() < time {
        tokio::time::sleep(Duration::from_secs(10)).await;
        if began.elapsed().as_secs() % 60 < 10 {
            println!("{:>4} s: {} polls, {} MB", began.elapsed().as_secs(), press.polls(), daemon.memory_mb());
        }
    }
    let metrics = daemon.metrics().await;
    let (fast, all) =
        (rig::bucket(&metrics, "feed_claim_seconds", "0.005"), rig::bucket(&metrics, "feed_claim_seconds", "+Inf"));
    let late: f64 = rig.number("polled", "select coalesce(extract(epoch from now() - min(next_poll_at)), 0)::float8 from feeds where next_poll_at <= now() and feed_id not in (select feed_id from feed_leases)").await;
    let articles: f64 = rig.number("polled", "select count(*)::float8 from articles").await;
    let rate = press.polls() as f64 / began.elapsed().as_secs_f64();
    println!(
        "{rate:.1} polls/s, {articles} articles, the feed that waits longest has waited {late:.0} s, claims within 5 ms: {fast} of {all}"
    );
    let mut held = check(&format!("{} MB of memory at most", daemon.peak_mb()), daemon.peak_mb() < MEMORY_MAX_MB);
    held &= check(&format!("{:.2} % of the claims took 5 ms at most", fast * 100.0 / all.max(1.0)), fast >= all * 0.99);
    held &= check(&format!("{rate:.1} polls a second are what the schedule asks (50)"), rate >= 44.0);
    held &= check("SIGTERM ends it with 0", daemon.terminate().await == Some(0));
    held
}

/// 10,000 feeds that are all overdue when the daemon starts.
async fn restart(rig: &Rig) -> bool {
    let press = Press::start(1000).await;
    drop(rig.fresh("restart").await);
    rig.fill("restart", 10_000, press.port()).await;
    rig.sql("restart", "update feeds set next_poll_at = now() - interval '1 day'").await;
    let mut daemon = Daemon::start(rig, "restart");
    let began = Instant::now();
    while press.polls() < 10_000 && began.elapsed() < Duration::from_secs(400) {
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    let starts = press.starts();
    let busiest = (0..starts.len())
        .map(|i| starts[i..].iter().take_while(|t| **t < starts[i] + Duration::from_secs(1)).count())
        .max()
        .unwrap_or(0);
    println!(
        "{} feeds polled in {:.0} s; at most {busiest} started in any second; at most {} at once on one host",
        press.polls(),
        began.elapsed().as_secs_f64(),
        press.most_at_once()
    );
    let mut held = check("every feed was polled", press.polls() >= 10_000);
    held &= check("at most 50 a second start", busiest <= 50);
    held &= check("never more than one at once on a host", press.most_at_once() <= 1);
    held &= check("SIGTERM ends it with 0", daemon.terminate().await == Some(0));
    held
}
