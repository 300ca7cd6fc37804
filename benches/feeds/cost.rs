//! Seconds and memory for one long document, each reader in a process of its own.
//!
//! Memory is the most the process ever held (`VmHWM`) less what it holds when it reads nothing, over the document's
//! bytes; the bytes themselves are in it.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Instant;

use serde_json::{Value, json};
use wireroom::feed;

use super::Bench;

/// Items of the generated document.
const ITEMS: usize = 20_000;
/// Runs of which the fastest counts.
const RUNS: usize = 5;

/// Writes the document, reads it in child processes, and prints the table.
pub fn measure(bench: &Bench) {
    for (name, words) in [("short items", 4), ("items with a teaser", 30)] {
        let path = bench.scratch.join("long.xml");
        let document = document(words);
        fs::write(&path, &document).expect("target/ can be written");
        println!("\n{ITEMS} {name}, {:.1} MB", document.len() as f64 / 1e6);
        let baseline = run("none", &path).map_or(0.0, |r| number(&r, "kib"));
        for reader in ["wireroom", "feed-rs"] {
            let runs: Vec<Value> = (0..RUNS).filter_map(|_| run(reader, &path)).collect();
            let seconds = runs.iter().map(|r| number(r, "seconds")).fold(f64::INFINITY, f64::min);
            let memory = runs.iter().map(|r| number(r, "kib")).fold(0.0, f64::max) - baseline;
            let entries = runs.first().map_or(0.0, |r| number(r, "entries"));
            let times = memory * 1024.0 / document.len() as f64;
            println!("{reader:<12} {entries} entries, {seconds:.3} s, {times:.1} times its bytes in memory");
        }
        let feedparser = bench.reference(&["time", &path.to_string_lossy()]);
        if let Some(read) = feedparser.and_then(|line| serde_json::from_str::<Value>(&line).ok()) {
            println!("feedparser   {} entries, {:.3} s", number(&read, "entries"), number(&read, "seconds"));
        }
    }
}

/// What a child process does: reads the document and prints what it cost.
pub fn child(reader: &str, path: &Path) {
    let mut entries = 0;
    let begin = Instant::now();
    if reader != "none" {
        let bytes = fs::read(path).expect("the parent has written the document");
        entries = match reader {
            "wireroom" => feed::parse(&bytes, None, None).map_or(0, |f| f.entries.len()),
            _ => feed_rs::parser::parse(bytes.as_slice()).map_or(0, |f| f.entries.len()),
        };
    }
    let seconds = begin.elapsed().as_secs_f64();
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib: u64 = peak.and_then(|p| p.split_whitespace().next()?.parse().ok()).unwrap_or(0);
    println!("{}", json!({ "seconds": seconds, "kib": kib, "entries": entries }));
}

fn run(reader: &str, path: &Path) -> Option<Value> {
    let program = std::env::current_exe().ok()?;
    let done = Command::new(program).args(["--child", reader, "--document"]).arg(path).output().ok()?;
    serde_json::from_slice(&done.stdout).ok()
}

fn number(value: &Value, key: &str) -> f64 {
    value.get(key).and_then(Value::as_f64).unwrap_or(0.0)
}

/// A document of many items, each with a teaser of so many words.
fn document(words: usize) -> String {
    let teaser = "the council has met again &amp; said nothing new ".repeat(words / 8 + 1);
    let mut out = "<?xml version=\"1.0\"?>\n<rss version=\"2.0\"><channel><title>All of it</title>".to_owned();
    for at in 0..ITEMS {
        let (hour, minute) = (at / 60 % 24, at % 60);
        writeln!(
            out,
            "<item><title>Story {at} &amp; more</title><link>https://example.org/news/{at}</link><guid>{at}</guid>\
             <pubDate>Tue, 24 Nov 2026 {hour:02}:{minute:02}:00 GMT</pubDate><description>{teaser}</description></item>"
        )
        .expect("writing to a string cannot fail");
    }
    out + "</channel></rss>"
}
