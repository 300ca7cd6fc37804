//! Our schedule beside those of other readers, on traces of feeds of several kinds.
//!
//! `cargo bench --bench schedule` prints the tables; `-- --write` renews `docs/schedule.md` and `docs/schedule.svg`.
//! `-- --kind NAME` looks at one kind, `-- --feeds N` sets the size of the mixed population, `-- --seeds N` draws other
//! feeds of the same kinds; what is reported are those of `--seeds 0`. No database, no network, no clock: the same traces
//! and figures at every run.

#![expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "times and counts of a simulation are far below 2^52"
)]

#[path = "schedule/compare.rs"]
mod compare;
#[path = "schedule/peers.rs"]
mod peers;
#[path = "schedule/plot.rs"]
mod plot;
#[path = "schedule/replay.rs"]
mod replay;
#[path = "schedule/report.rs"]
mod report;
#[path = "schedule/traces.rs"]
mod traces;

use std::path::Path;

/// Where the tables begin in `docs/schedule.md`; what stands before is written by hand.
const MARK: &str = "<!-- written by cargo bench --bench schedule -- --write -->\n";

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let option = |name: &str| args.iter().position(|a| a == name).and_then(|at| args.get(at + 1)).cloned();
    let mixed = option("--feeds").and_then(|n| n.parse().ok()).unwrap_or(80);
    let only = option("--kind");
    let range = option("--seeds").and_then(|n| n.parse().ok()).unwrap_or(0);
    let kinds = traces::kinds(mixed, range);
    let chosen: Vec<&traces::Kind> =
        kinds.iter().filter(|kind| only.as_deref().is_none_or(|only| only == kind.name)).collect();
    let all: Vec<compare::Comparison> = std::thread::scope(|scope| {
        let kinds: Vec<_> = chosen.iter().map(|kind| scope.spawn(|| compare::compare(kind))).collect();
        kinds.into_iter().map(|kind| kind.join().expect("a kind is compared")).collect()
    });
    let tables = report::markdown(&all);
    println!("{tables}");
    if args.iter().any(|a| a == "--write") {
        let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs");
        let page = std::fs::read_to_string(docs.join("schedule.md")).expect("docs/schedule.md is there");
        let (prose, _) = page.split_once(MARK).expect("docs/schedule.md has its mark");
        std::fs::write(docs.join("schedule.md"), format!("{prose}{MARK}\n{tables}")).expect("docs can be written");
        std::fs::write(docs.join("schedule.svg"), plot::svg(&all)).expect("docs can be written");
    }
}
