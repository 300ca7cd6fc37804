//! The whole daemon against twenty loopback sites that serve the pages of `../shared/data/pages`.
//!
//! ```text
//! cargo bench --bench daemon                          one undisturbed run, then a second round
//! cargo bench --bench daemon -- --kills 10 --seed 7   killed ten times at random, the end state compared
//! cargo bench --bench daemon -- --daemons 2           two daemons on one database, likewise
//! cargo bench --bench daemon -- --outage 60           Postgres stopped for a minute in the middle
//! ```
//!
//! `--limit N` takes N pages of each set. Prints what it saw and exits 1 where a promise did not hold.

#![expect(
    clippy::cast_precision_loss,
    clippy::case_sensitive_file_extension_comparisons,
    reason = "counts are small, and the paths are our own"
)]

#[path = "daemon/press.rs"]
mod press;
#[path = "daemon/rig.rs"]
mod rig;

use std::process::ExitCode;
use std::time::{Duration, Instant};

use press::Press;
use rig::{Daemon, Rig};

const SETS: [&str; 4] = ["news-2019", "newspapers", "segments", "web-articles"];
const SITES: usize = 20;

struct Options {
    kills: u32,
    daemons: usize,
    outage: u64,
    seed: u64,
    limit: usize,
}

fn options() -> Options {
    let words: Vec<String> = std::env::args().collect();
    let number = |name: &str, default: u64| {
        words.iter().position(|w| w == name).and_then(|at| words.get(at + 1)?.parse().ok()).unwrap_or(default)
    };
    Options {
        kills: u32::try_from(number("--kills", 0)).unwrap_or(0),
        daemons: usize::try_from(number("--daemons", 1)).unwrap_or(1),
        outage: number("--outage", 0),
        seed: number("--seed", 1),
        limit: usize::try_from(number("--limit", u64::MAX)).unwrap_or(usize::MAX),
    }
}

#[tokio::main]
async fn main() -> ExitCode {
    let options = options();
    let data = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data/pages");
    let Some(pages) = press::read_pages(&data, &SETS, options.limit) else {
        println!("{} is absent: nothing to serve, nothing measured", data.display());
        return ExitCode::SUCCESS;
    };
    println!("{} pages on {SITES} sites", pages.len());
    let press = Press::new(pages, SITES);
    let rig = Rig::new(press).await;
    let mut held = true;

    let calm = rig.database("calm").await;
    let started = Instant::now();
    let mut daemon = Daemon::start(&rig, &calm, 0, &["run", "--once"]);
    let ended = daemon.wait().await;
    let took = started.elapsed();
    held &= check("an undisturbed run exits 0", ended == Some(0));
    let state = rig.state(&calm).await;
    println!(
        "one daemon: {} articles, {} refused, {} pending in {:.1} s: {:.1} articles/s, peak memory {} MB",
        state.articles(),
        state.refused(),
        state.pending,
        took.as_secs_f64(),
        state.articles() as f64 / took.as_secs_f64(),
        daemon.memory_peak_mb,
    );
    for (reason, n) in &state.refusals {
        println!("  refused {reason}: {n}");
    }
    held &= check("every page is exactly one article or one named refusal", state.unaccounted(&rig.press).is_empty());
    for (host, most, gap) in rig.press.look(|host, seen| (host.to_owned(), seen.concurrency_max, seen.gap_min)) {
        if most > 2 {
            held = check(&format!("{host} saw {most} requests at once, gap {gap:?}"), false);
        }
    }
    let least = rig.press.look(|_, seen| seen.gap_min).into_iter().flatten().min();
    println!("the shortest gap between two starts on one site: {least:?} (asked for {:?})", rig::HOST_DELAY);
    let most = rig.press.look(|_, seen| seen.requests.values().copied().max().unwrap_or(0)).into_iter().max();
    held &= check("nothing was fetched twice in the first round", most == Some(1));

    rig.make_feeds_due(&calm).await;
    let mut second = Daemon::start(&rig, &calm, 0, &["run", "--once"]);
    held &= check("the second round exits 0", second.wait().await == Some(0));
    let not_modified: u32 = rig.press.look(|_, seen| seen.not_modified).into_iter().sum();
    held &= check(&format!("{not_modified} of {SITES} feeds answer 304 on the second round"), not_modified == 20);
    let pages_twice: u32 = rig
        .press
        .look(|_, seen| {
            seen.requests.iter().filter(|(path, n)| path.ends_with(".html") && **n > 1).map(|(_, n)| n - 1).sum::<u32>()
        })
        .into_iter()
        .sum();
    held &= check(&format!("{pages_twice} pages were fetched twice"), pages_twice == 0);
    held &= check("the second round changed nothing", rig.state(&calm).await == state);

    if options.kills > 0 {
        let torn = rig.database("torn").await;
        let mut random = rig::Random::new(options.seed);
        for kill in 0..options.kills {
            let mut daemon = Daemon::start(&rig, &torn, 0, &["run"]);
            let after =
                Duration::from_millis(300 + random.below(u64::try_from(took.as_millis()).unwrap_or(u64::MAX) / 6));
            tokio::time::sleep(after).await;
            daemon.kill().await;
            println!("kill {kill} after {after:?}: {} articles", rig.state(&torn).await.articles());
        }
        rig.settle(&torn, 1).await;
        held &= check("after the kills the end state is that of the undisturbed run", rig.same(&torn, &state).await);
    }
    if options.daemons > 1 {
        let shared = rig.database("shared").await;
        let started = Instant::now();
        rig.settle(&shared, options.daemons).await;
        println!("{} daemons: {:.1} s", options.daemons, started.elapsed().as_secs_f64());
        held &= check("several daemons leave the state of one", rig.same(&shared, &state).await);
    }
    if options.outage > 0 {
        let cut = rig.database("cut").await;
        let mut daemon = Daemon::start(&rig, &cut, 0, &["run"]);
        tokio::time::sleep(Duration::from_secs(5)).await;
        rig.stop_postgres();
        tokio::time::sleep(Duration::from_secs(options.outage / 2)).await;
        let (status, body) = daemon.ready().await;
        held &= check(&format!("/readyz says so while Postgres is away: {status} {body}"), status == 503);
        tokio::time::sleep(Duration::from_secs(options.outage - options.outage / 2)).await;
        rig.start_postgres().await;
        let back = Instant::now();
        while daemon.ready().await.0 != 200 && back.elapsed() < Duration::from_mins(1) {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        println!("ready again {:.1} s after Postgres was back", back.elapsed().as_secs_f64());
        rig.until_drained(&cut).await;
        held &= check("SIGTERM ends it with 0", daemon.terminate().await == Some(0));
        held &= check("after the outage the end state is that of the undisturbed run", rig.same(&cut, &state).await);
    }
    if held { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn check(what: &str, holds: bool) -> bool {
    println!("{} {what}", if holds { "holds " } else { "BROKEN" });
    holds
}
