//! The other extractors: which there are, how they get here, and what they say of a set.
//!
//! Each runs in a process of its own over the same decoded pages and prints an answer a line. A process that dies, or
//! spends [`CPU_SECONDS_MAX`] on a page, costs that page and goes on after it. What a peer said is kept below
//! `target/clean-bench/answers`, so that a changed measure needs no second run.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io::{BufRead as _, BufReader, BufWriter, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::time::Duration;

use serde_json::{Value, json};

use super::truth::{Answer, Page};

/// CPU time a peer has for one page.
const CPU_SECONDS_MAX: f64 = 20.0;
/// The kernel counts the CPU time of other processes in hundredths of a second.
const TICKS_A_SECOND: f64 = 100.0;
/// Peers with fewer than five pages a second see the first two sets only.
const SLOW: [&str; 2] = ["news-please", "readability.js-jsdom"];
/// The crates, with the versions `peers/Cargo.toml` pins.
const CRATES: [(&str, &str); 9] = [
    ("trafilatura-rs", "0.6.0"),
    ("trafilatura-rs-fb", "0.6.0"),
    ("trafilatura-rs-prec", "0.6.0"),
    ("trafilatura-rs-rec", "0.6.0"),
    ("rs-trafilatura", "0.2.2"),
    ("dom_smoothie", "0.19.0"),
    ("legible", "0.5.1"),
    ("libreadability", "0.3.0"),
    ("readability-rs", "0.3.0"),
];
const NODE: [&str; 2] = ["readability.js-linkedom", "readability.js-jsdom"];
/// What `pip` is asked for; one that cannot be had leaves the others.
const PYTHON: [&[&str]; 9] = [
    &["trafilatura==2.3.1"],
    &["newspaper4k==0.9.6", "lxml_html_clean", "nltk"],
    &["readability-lxml==0.9", "html_text"],
    &["resiliparse==2.0.1"],
    &["goose3==3.1.22"],
    &["jusText==3.0.2"],
    &["boilerpy3==1.0.7"],
    &["news-please==1.6.16"],
    &["htmldate==1.11.0"],
];
const PACKAGES_NODE: [&str; 3] = ["@mozilla/readability@0.6", "linkedom@0.18", "jsdom@26"];

/// One extractor, ready to run.
pub struct Peer {
    pub name: String,
    pub version: String,
    /// The program and its arguments before the name.
    command: Vec<PathBuf>,
    /// Passes for the time alone, on the set that speed is compared on.
    passes: usize,
}

/// What a peer said of a set.
#[derive(Default)]
pub struct Said {
    pub answers: Vec<Answer>,
    pub peak_kib: Option<u64>,
}

/// Installs what can be installed, and says on stderr what cannot.
pub fn install(scratch: &Path) -> Vec<Peer> {
    let mut peers = crates(scratch);
    peers.extend(python(scratch));
    peers.extend(node(scratch));
    // The slow ones last: what is there before them can be read already.
    peers.sort_by_key(|peer| SLOW.contains(&peer.name.as_str()));
    peers
}

fn python(scratch: &Path) -> Vec<Peer> {
    let python = scratch.join("venv/bin/python");
    if !python.exists() && !succeeds(Command::new("python3").args(["-m", "venv"]).arg(scratch.join("venv"))) {
        eprintln!("no python3 with venv: the Python peers are passed over");
        return Vec::new();
    }
    let script = source("peers.py");
    let versions = || -> HashMap<String, String> {
        let printed = Command::new(&python).arg(&script).arg("--versions").output();
        printed.ok().and_then(|printed| serde_json::from_slice(&printed.stdout).ok()).unwrap_or_default()
    };
    if versions().len() < 11 {
        for packages in PYTHON {
            if !succeeds(Command::new(&python).args(["-m", "pip", "install", "--quiet"]).args(packages)) {
                eprintln!("{packages:?} could not be installed");
            }
        }
    }
    let command = vec![python.clone(), script.clone()];
    let mut found: Vec<(String, String)> = versions().into_iter().collect();
    found.sort();
    found.into_iter().map(|(name, version)| Peer { name, version, command: command.clone(), passes: 0 }).collect()
}

fn crates(scratch: &Path) -> Vec<Peer> {
    let target = scratch.join("peers");
    let mut build = Command::new(env!("CARGO"));
    build.args(["build", "--release", "--quiet", "--manifest-path"]).arg(source("peers/Cargo.toml"));
    if !succeeds(build.arg("--target-dir").arg(&target)) {
        eprintln!("the crates could not be built: the Rust peers are passed over");
        return Vec::new();
    }
    let peer = |(name, version): (&str, &str)| Peer {
        name: name.to_owned(),
        version: version.to_owned(),
        command: vec![target.join("release/clean-peers")],
        passes: 2,
    };
    CRATES.into_iter().map(peer).collect()
}

fn node(scratch: &Path) -> Vec<Peer> {
    let modules = scratch.join("node");
    let manifest = modules.join("node_modules/@mozilla/readability/package.json");
    if !manifest.exists() {
        let made = fs::create_dir_all(&modules).is_ok();
        let mut install = Command::new("npm");
        install.args(["install", "--silent", "--no-audit", "--no-fund"]).args(PACKAGES_NODE).current_dir(&modules);
        if !made || !succeeds(&mut install) {
            eprintln!("no npm: Readability.js is passed over");
            return Vec::new();
        }
    }
    let about: Value = fs::read(manifest).ok().and_then(|text| serde_json::from_slice(&text).ok()).unwrap_or_default();
    let version = about.get("version").and_then(Value::as_str).unwrap_or("?");
    let command = vec![PathBuf::from("node"), source("peers.mjs"), modules];
    let peer =
        |name: &str| Peer { name: name.to_owned(), version: version.to_owned(), command: command.clone(), passes: 0 };
    NODE.into_iter().map(peer).collect()
}

fn source(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/clean").join(name)
}

fn succeeds(command: &mut Command) -> bool {
    command.stdout(Stdio::null()).status().is_ok_and(|status| status.success())
}

/// Writes a set as the peers read it.
pub fn write_corpus(path: &Path, pages: &[Page]) -> std::io::Result<()> {
    fs::create_dir_all(path.parent().unwrap_or(path))?;
    let mut file = BufWriter::new(File::create(path)?);
    for page in pages {
        writeln!(file, "{}", json!({ "file": page.file, "url": page.url, "html": page.html }))?;
    }
    file.flush()
}

impl Peer {
    /// Whether the set is for it.
    pub fn takes(&self, set: &str) -> bool {
        !SLOW.contains(&self.name.as_str()) || matches!(set, "news-2019" | "newspapers")
    }

    /// What an earlier run left.
    pub fn stored(&self, scratch: &Path, set: &str) -> Option<Said> {
        let lines = fs::read_to_string(self.store(scratch, set)).ok()?;
        let mut said = Said::default();
        for line in lines.lines() {
            let value: Value = serde_json::from_str(line).ok()?;
            match value.get("peak_kib") {
                Some(peak) => said.peak_kib = peak.as_u64(),
                None => said.answers.push(serde_json::from_value(value).ok()?),
            }
        }
        Some(said)
    }

    fn store(&self, scratch: &Path, set: &str) -> PathBuf {
        scratch.join("answers").join(format!("{}@{}", self.name, self.version)).join(format!("{set}.jsonl"))
    }

    /// Runs it over the set, and keeps what it said.
    pub fn run(&self, scratch: &Path, corpus: &Path, set: &str, pages: &[Page]) -> std::io::Result<Said> {
        let mut said = Said::default();
        let mut passes = if set == "news-2019" { self.passes } else { 0 };
        while said.answers.len() < pages.len() {
            let error = self.go_on(corpus, passes, pages.len(), &mut said)?;
            let Some(page) = pages.get(said.answers.len()) else { break };
            // The page it died on; the rest goes without the passes that would meet it again.
            let error = error.unwrap_or("abort").to_owned();
            eprintln!("  {} on {}: {error}", self.name, page.file);
            said.answers.push(Answer { file: page.file.clone(), error: Some(error), ..Answer::default() });
            passes = 0;
        }
        for answer in &mut said.answers {
            answer.authors = answer.authors.iter().flat_map(|byline| super::fields::people(byline)).collect();
        }
        let path = self.store(scratch, set);
        fs::create_dir_all(path.parent().unwrap_or(&path))?;
        let mut file = BufWriter::new(File::create(path)?);
        for answer in &said.answers {
            writeln!(file, "{}", serde_json::to_string(answer)?)?;
        }
        writeln!(file, "{}", json!({ "peak_kib": said.peak_kib }))?;
        file.flush()?;
        Ok(said)
    }

    /// One process, from the first page without an answer as far as it comes; why it came no further.
    fn go_on(
        &self,
        corpus: &Path,
        passes: usize,
        total: usize,
        said: &mut Said,
    ) -> std::io::Result<Option<&'static str>> {
        let (program, before) = self.command.split_first().expect("a peer has a program");
        let skip = said.answers.len();
        let mut child = Command::new(program)
            .args(before)
            .arg(&self.name)
            .arg(corpus)
            .args([skip.to_string(), passes.to_string()])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        let lines = lines_of(&mut child);
        let mut times: Vec<Vec<f64>> = Vec::new();
        let mut spent = None;
        let why = loop {
            match lines.recv_timeout(Duration::from_secs(1)) {
                Ok(line) => {
                    spent = None;
                    let value: Value = serde_json::from_str(&line).unwrap_or_default();
                    if let Some(peak) = value.get("peak_kib") {
                        said.peak_kib = peak.as_u64();
                    } else if let Some(pass) = value.get("pass") {
                        times.push(serde_json::from_value(pass.clone()).unwrap_or_default());
                    } else if let Ok(answer) = serde_json::from_value(value) {
                        said.answers.push(answer);
                    }
                }
                Err(RecvTimeoutError::Disconnected) => break None,
                Err(RecvTimeoutError::Timeout) => {
                    let now = cpu_seconds(child.id());
                    // The passes for the time alone are silent for long, over pages that were all answered once.
                    if said.answers.len() < total && now - *spent.get_or_insert(now) > CPU_SECONDS_MAX {
                        child.kill()?;
                        break Some("too slow");
                    }
                }
            }
        };
        child.wait()?;
        for (at, answer) in said.answers.iter_mut().enumerate().skip(skip) {
            let mut seen: Vec<f64> = times.iter().filter_map(|pass| pass.get(at - skip).copied()).collect();
            seen.sort_by(f64::total_cmp);
            answer.seconds = seen.get(seen.len() / 2).copied().unwrap_or(answer.seconds);
        }
        Ok(why)
    }
}

fn lines_of(child: &mut Child) -> Receiver<String> {
    let (sender, receiver) = mpsc::sync_channel(64);
    let out = child.stdout.take().expect("it was asked for");
    std::thread::spawn(move || {
        // Ends with the process, or when nobody listens any more.
        for line in BufReader::new(out).lines().map_while(Result::ok) {
            if sender.send(line).is_err() {
                break;
            }
        }
    });
    receiver
}

/// CPU seconds of another process.
fn cpu_seconds(process: u32) -> f64 {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    // The name in brackets may hold spaces; user and system time are fields 14 and 15.
    let after = stat.rsplit_once(')').map_or("", |(_, after)| after);
    let ticks: f64 = after.split_whitespace().skip(11).take(2).filter_map(|field| field.parse::<f64>().ok()).sum();
    ticks / TICKS_A_SECOND
}
