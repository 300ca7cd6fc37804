//! How well feeds are read, beside feedparser and feed-rs, and what it costs.
//!
//! Reads `../shared/data/feeds` beside the checkout (the suites of feedparser and gofeed) and says so when it is
//! absent. feedparser 6 comes from `PyPI` into a virtual environment below `target/`; without it the comparisons with
//! feedparser are passed over and said to be.
//!
//! `cargo bench --bench feeds -- [--only corpus|suites|defects|cost] [--worst N] [--file PART]`
//!
//! What is compared, and how: [`normal`]. Texts are equal when they say the same after tags are taken out, references
//! resolved and white space folded; addresses when `Url` writes them alike; dates to the second. feedparser's entries
//! and ours are paired in document order. A field counts where feedparser has it.

#![expect(clippy::cast_precision_loss, reason = "counts of a benchmark are far below 2^52")]

use std::path::{Path, PathBuf};
use std::process::Command;

#[path = "feeds/corpus.rs"]
mod corpus;
#[path = "feeds/cost.rs"]
mod cost;
#[path = "feeds/defects.rs"]
mod defects;
#[path = "feeds/generated.rs"]
mod generated;
#[path = "feeds/normal.rs"]
mod normal;
#[path = "feeds/suites.rs"]
mod suites;

/// Where things are, and what was asked for.
struct Bench {
    corpus: PathBuf,
    scratch: PathBuf,
    python: Option<PathBuf>,
    worst: usize,
    file: Option<String>,
}

fn main() {
    let args: Vec<String> = std::env::args().skip(1).filter(|a| a != "--bench").collect();
    let option = |name: &str| args.iter().position(|a| a == name).and_then(|at| args.get(at + 1)).cloned();
    if let Some(reader) = option("--child") {
        cost::child(&reader, Path::new(&option("--document").unwrap_or_default()));
        return;
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let scratch = root.join("target/feeds-bench");
    std::fs::create_dir_all(&scratch).expect("target/ can be written");
    let bench = Bench {
        corpus: root.join("../shared/data/feeds"),
        python: python(&scratch),
        scratch,
        worst: option("--worst").and_then(|n| n.parse().ok()).unwrap_or(0),
        file: option("--file"),
    };
    let wanted = |section: &str| option("--only").is_none_or(|only| only == section);
    if bench.python.is_none() {
        println!("feedparser could not be installed: comparisons with it are passed over");
    }
    if bench.corpus.is_dir() {
        if wanted("corpus") {
            corpus::measure(&bench);
        }
        if wanted("suites") {
            suites::expect(&bench);
            suites::gofeed(&bench);
        }
        if wanted("defects") {
            defects::measure(&bench);
        }
    } else {
        println!("no feeds at {}: only the cost is measured", bench.corpus.display());
    }
    if wanted("cost") {
        cost::measure(&bench);
    }
}

/// A Python that has feedparser: the one of an earlier run, or a new environment.
fn python(scratch: &Path) -> Option<PathBuf> {
    let python = scratch.join("venv/bin/python");
    let has_feedparser =
        || Command::new(&python).args(["-c", "import feedparser"]).status().is_ok_and(|status| status.success());
    if python.exists() && has_feedparser() {
        return Some(python);
    }
    Command::new("python3")
        .args(["-m", "venv"])
        .arg(scratch.join("venv"))
        .status()
        .ok()
        .filter(std::process::ExitStatus::success)?;
    Command::new(&python).args(["-m", "pip", "install", "--quiet", "feedparser==6.0.14", "chardet"]).status().ok()?;
    has_feedparser().then_some(python)
}

impl Bench {
    /// Runs the Python script and gives what it printed; `None` without feedparser.
    fn reference(&self, args: &[&str]) -> Option<String> {
        let script = Path::new(SCRIPT);
        let done = Command::new(self.python.as_ref()?).arg(script).args(args).output().ok()?;
        assert!(done.status.success(), "reference.py: {}", String::from_utf8_lossy(&done.stderr));
        Some(String::from_utf8_lossy(&done.stdout).into_owned())
    }
}

/// The script beside this file.
const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/feeds/reference.py");

/// A share as text.
fn percent(part: usize, whole: usize) -> String {
    if whole == 0 { "–".to_owned() } else { format!("{:.1} % of {whole}", part as f64 * 100.0 / whole as f64) }
}
