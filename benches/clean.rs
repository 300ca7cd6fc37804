//! Quality and speed of cleaning over public pages with known texts, beside other extractors.
//!
//! Reads `../shared/data/pages/<set>/truth.jsonl` beside the checkout and says so when it is absent. Everything is
//! measured over the same decoded pages; times are CPU time of one thread.
//!
//! `cargo bench --bench clean -- [--set NAME] [--worst N] [--page FILE-PART] [--passes N] [--json]`
//! `… --peers [--stored | --resume] [--peer NAME]` runs the other extractors too: packages of `PyPI`, crates.io and npm, installed
//! below `target/clean-bench`; those that cannot be had are named and passed over. `--stored` measures what an earlier
//! run left.

#![expect(clippy::cast_precision_loss, reason = "counts of a benchmark are far below 2^52")]

use std::path::Path;

use scraper::Html;
use wireroom::article::explain;

#[path = "clean/fields.rs"]
mod fields;
#[path = "clean/leaks.rs"]
mod leaks;
#[path = "clean/measures.rs"]
mod measures;
#[path = "clean/ours.rs"]
mod ours;
#[path = "clean/peers.rs"]
mod peers;
#[path = "clean/report.rs"]
mod report;
#[path = "clean/score.rs"]
mod score;
#[path = "clean/seams.rs"]
mod seams;
#[path = "clean/table.rs"]
mod table;
#[path = "clean/truth.rs"]
mod truth;

use score::{Scores, Yardstick};

/// What was asked for.
struct Options {
    args: Vec<String>,
}

impl Options {
    fn value(&self, name: &str) -> Option<&str> {
        self.args.iter().position(|a| a == name).and_then(|at| self.args.get(at + 1)).map(String::as_str)
    }

    fn number(&self, name: &str) -> Option<usize> {
        self.value(name)?.parse().ok()
    }

    fn has(&self, name: &str) -> bool {
        self.args.iter().any(|a| a == name)
    }
}

fn main() {
    let options = Options { args: std::env::args().skip(1).filter(|a| a != "--bench").collect() };
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data/pages");
    if !root.is_dir() {
        println!("no pages at {}: nothing to measure", root.display());
        return;
    }
    let scratch = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/clean-bench");
    // The peers' answers are kept for whole sets, not for the pages one looks at.
    let beside = options.has("--peers") && !options.has("--page");
    let peers = if beside { peers::install(&scratch) } else { Vec::new() };
    let mut results = Vec::new();
    for set in truth::SETS {
        if options.value("--set").is_none_or(|only| only == set) {
            match truth::load(&root.join(set), options.value("--page")) {
                Some(pages) => results.extend(measure(set, &pages, &options, &peers, &scratch)),
                None => println!("{set}: absent"),
            }
        }
    }
    if options.has("--json") {
        println!("{}", serde_json::Value::Array(results));
    }
}

/// Measures one set and prints it.
fn measure(
    set: &'static str,
    pages: &[truth::Page],
    options: &Options,
    peers: &[peers::Peer],
    scratch: &Path,
) -> Vec<serde_json::Value> {
    let rules = ours::rules();
    eprintln!("{set}: {} pages", pages.len());
    let passes = options.number("--passes").unwrap_or(if pages.len() > 500 { 1 } else { 3 });
    ours::forget_peak();
    let loaded = ours::held_kib();
    let answers = ours::answers(pages, &rules, passes);
    let peak = ours::peak_kib().saturating_sub(loaded);
    let mut floors = Vec::new();
    if passes > 0 && set == "news-2019" {
        floors.push(("html5ever alone", ours::floor(pages, passes, Html::parse_document)));
        let stripped = |html: &str| Html::parse_document(&wireroom::page::strip::strip(html).html);
        floors.push(("html5ever after our strip", ours::floor(pages, passes, stripped)));
    }
    let yardstick = Yardstick::new(set, pages);
    let mut scores = Scores::of(report::OURS, pages, &answers, &yardstick);
    scores.peak_kib = Some(peak);
    if !peers.is_empty() {
        let mut all = beside(set, pages, options, peers, scratch, &yardstick);
        all.push(scores);
        if options.has("--json") {
            return all.iter().map(|scores| report::json(scores, &yardstick)).collect();
        }
        table::print(&mut all, &yardstick, &floors);
        return Vec::new();
    }
    if options.has("--json") {
        return vec![report::json(&scores, &yardstick)];
    }
    if options.value("--page").is_some() {
        for page in pages {
            match ours::clean_page(page, &rules) {
                Ok(article) => println!("{}\n=====\n{}", article.text, explain(&article)),
                Err(error) => println!("{}: {error}", error.kind()),
            }
        }
    }
    report::print_set(&scores, &yardstick, &floors);
    let worst = options.number("--worst").unwrap_or(if options.value("--page").is_some() { pages.len() } else { 0 });
    report::print_worst(&scores, &yardstick, pages, &answers, worst);
    Vec::new()
}

/// The peers' scores on the same pages.
fn beside(
    set: &'static str,
    pages: &[truth::Page],
    options: &Options,
    peers: &[peers::Peer],
    scratch: &Path,
    yardstick: &Yardstick,
) -> Vec<Scores> {
    let corpus = scratch.join("corpus").join(format!("{set}.jsonl"));
    if !options.has("--stored") {
        peers::write_corpus(&corpus, pages).expect("target/ can be written");
    }
    let mut all = Vec::new();
    for peer in peers.iter().filter(|peer| options.value("--peer").is_none_or(|only| only == peer.name)) {
        let reuse = options.has("--stored") || options.has("--resume");
        let stored = if reuse { peer.stored(scratch, set) } else { None };
        let said = match stored {
            Some(said) => Some(said),
            None if options.has("--stored") || !peer.takes(set) => None,
            None => peer.run(scratch, &corpus, set, pages).inspect_err(|e| eprintln!("{}: {e}", peer.name)).ok(),
        };
        let Some(said) = said.filter(|said| said.answers.len() == pages.len()) else { continue };
        let mut scores = Scores::of(&format!("{} {}", peer.name, peer.version), pages, &said.answers, yardstick);
        scores.peak_kib = said.peak_kib;
        eprintln!("  {set}: {} F1 {:.4}", scores.tool, scores.main(set).2);
        all.push(scores);
    }
    all
}
