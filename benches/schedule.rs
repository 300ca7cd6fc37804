//! Our schedule beside those of other readers, on traces of feeds of several kinds.
//!
//! `cargo bench --bench schedule` prints the table; `-- --write` writes `docs/schedule.md` and `docs/schedule.svg` too.
//! `-- --kind NAME` looks at one kind, `-- --price 30m,1h,2h` tries other worths of a request, `-- --feeds N` sets the
//! size of the mixed population. No database, no network, no clock: the same traces and figures at every run.

#![expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "times and counts of a simulation are far below 2^52"
)]

#[path = "schedule/peers.rs"]
mod peers;
#[path = "schedule/replay.rs"]
mod replay;
#[path = "schedule/traces.rs"]
mod traces;

use std::time::Duration;

use wireroom::config::PollConfig;

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let option = |name: &str| args.iter().position(|a| a == name).and_then(|at| args.get(at + 1)).cloned();
    let mixed = option("--feeds").and_then(|n| n.parse().ok()).unwrap_or(200);
    let only = option("--kind");
    let prices: Vec<u64> =
        option("--price").map_or(vec![60], |p| p.split(',').filter_map(|p| p.parse().ok()).collect());
    for kind in traces::kinds(mixed).iter().filter(|kind| only.as_deref().is_none_or(|only| only == kind.name)) {
        println!("{}: {}", kind.name, kind.about);
        let show = |name: &str, score: &replay::Score| {
            println!(
                "  {name:26} {:7} published {:6} lost  median {:8.2} min  p90 {:8.2} min  {:8.2} requests/day  price {:8.3}",
                score.published,
                score.lost,
                score.delay(0.5) / 60.0,
                score.delay(0.9) / 60.0,
                score.daily(),
                score.price()
            );
        };
        for minutes in &prices {
            let config = PollConfig { delay_per_request: Duration::from_mins(*minutes), ..PollConfig::default() };
            show(&format!("ours {minutes}"), &replay::replay(kind, |seed| peers::ours(seed, &config)));
        }
        if args.iter().any(|a| a == "--each") {
            for (n, feed) in kind.feeds.iter().enumerate() {
                let alone = traces::Kind {
                    name: "",
                    about: "",
                    feeds: vec![traces::Trace { times: feed.times.clone(), ..*feed }],
                };
                let config = PollConfig::default();
                show(&format!("ours, feed {n}"), &replay::replay(&alone, |seed| peers::ours(seed, &config)));
            }
        }
        for (name, make) in peers::PEERS {
            show(name, &replay::replay(kind, make));
        }
    }
}
