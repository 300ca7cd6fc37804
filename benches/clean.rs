//! Quality and speed of cleaning over public pages with known texts.
//!
//! Reads `../shared/data/pages/<set>/truth.jsonl` beside the checkout and says so when it is absent.
//! `cargo bench --bench clean -- [--set NAME] [--worst N] [--page FILE-PART]`

#![expect(clippy::cast_precision_loss, reason = "counts of a benchmark are far below 2^52")]

use std::collections::HashMap;
use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde_json::Value;
use url::Url;
use wireroom::article::{Article, CleanError, Hint, Rules, clean, explain};

/// One page's result.
struct Scored {
    file: String,
    precision: f64,
    recall: f64,
    exact: bool,
    extra: Vec<String>,
    missing: Vec<String>,
}

#[derive(Default)]
struct Fields {
    title: (usize, usize),
    day: (usize, usize),
    authors: (usize, usize),
    with: (usize, usize),
    without: (usize, usize),
    repairs: usize,
    truth_repairs: Vec<String>,
    why: HashMap<&'static str, Vec<String>>,
}

fn main() {
    let args: Vec<String> = std::env::args().skip(1).filter(|a| a != "--bench").collect();
    let option = |name: &str| args.iter().position(|a| a == name).and_then(|at| args.get(at + 1)).cloned();
    let worst: usize = option("--worst").and_then(|n| n.parse().ok()).unwrap_or(0);
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data/pages");
    if !root.is_dir() {
        println!("no pages at {}: nothing to measure", root.display());
        return;
    }
    let rules = rules();
    for set in ["news-2019", "newspapers", "segments", "web-articles"] {
        if option("--set").is_none_or(|only| only == set) {
            measure(&root.join(set), set, worst, option("--page").as_deref(), &rules);
        }
    }
    if let Some(line) = fs::read_to_string("/proc/self/status")
        .ok()
        .and_then(|s| s.lines().find(|line| line.starts_with("VmHWM")).map(str::to_owned))
    {
        println!("peak memory {}", line.trim_start_matches("VmHWM:").trim());
    }
}

/// The rules as they are on disk now, so that a changed pattern needs no build.
fn rules() -> Rules {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("config/rules");
    let read = |name: &str| fs::read_to_string(folder.join(name)).unwrap_or_default();
    Rules::from_texts(&read("furniture.toml"), &read("bylines.toml"), &read("glue.toml"), &read("word_boundaries.txt"))
        .expect("the rule files load")
}

fn measure(folder: &Path, set: &str, worst: usize, only: Option<&str>, rules: &Rules) {
    let Ok(lines) = fs::read_to_string(folder.join("truth.jsonl")) else {
        println!("{set}: absent");
        return;
    };
    let (mut scored, mut fields) = (Vec::new(), Fields::default());
    let (mut spent, mut bytes, mut pages) = (Duration::ZERO, 0, 0);
    let mut slowest = (Duration::ZERO, String::new());
    for line in lines.lines() {
        let Ok(truth) = serde_json::from_str::<Value>(line) else { continue };
        let text_of = |key: &str| truth.get(key).and_then(Value::as_str);
        let Some(file) = text_of("file") else { continue };
        if only.is_some_and(|only| !file.contains(only)) {
            continue;
        }
        let Some(html) = page(&folder.join(file)) else { continue };
        let url = text_of("url").and_then(|u| Url::parse(u).ok());
        let start = Instant::now();
        let result = clean(&html, url.as_ref(), &Hint::default(), rules);
        let took = start.elapsed();
        spent += took;
        if took > slowest.0 {
            slowest = (took, file.to_owned());
        }
        bytes += html.len();
        pages += 1;
        if only.is_some() {
            show(&result);
        }
        fields.count(file, &truth, &result, rules);
        let text = result.map(|article| article.text).unwrap_or_default();
        if let Some(wanted) = text_of("text") {
            scored.push(score(file, &text, wanted, &truth));
        }
    }
    report(set, &scored, &fields);
    let seconds = spent.as_secs_f64().max(1e-9);
    println!(
        "  {pages} pages, {:.0} pages/s, {:.1} MB/s a core; slowest {:.1} ms ({})",
        f64::from(pages) / seconds,
        bytes as f64 / 1e6 / seconds,
        slowest.0.as_secs_f64() * 1e3,
        slowest.1
    );
    scored.sort_by(|a, b| (a.precision + a.recall).total_cmp(&(b.precision + b.recall)));
    for page in scored.iter().take(worst) {
        println!("--- {} P {:.3} R {:.3}", page.file, page.precision, page.recall);
        page.extra.iter().take(12).for_each(|run| println!("   + {run}"));
        page.missing.iter().take(8).for_each(|run| println!("   - {run}"));
    }
}

fn page(path: &PathBuf) -> Option<String> {
    let mut bytes = Vec::new();
    flate2::read::GzDecoder::new(fs::File::open(path).ok()?).read_to_end(&mut bytes).ok()?;
    Some(String::from_utf8_lossy(&bytes).into_owned())
}

fn show(result: &Result<Article, CleanError>) {
    match result {
        Ok(article) => println!(
            "{}\nauthors {:?} at {:?} language {:?}\n\n{}\n=====\n{}",
            article.title.as_deref().unwrap_or("-"),
            article.authors,
            article.published_at,
            article.language,
            article.text,
            explain(article)
        ),
        Err(error) => println!("{}: {error}", error.kind()),
    }
}

impl Fields {
    fn count(&mut self, file: &str, truth: &Value, result: &Result<Article, CleanError>, rules: &Rules) {
        let article = match result {
            Ok(article) => Some(article),
            Err(error) => {
                self.why.entry(error.kind()).or_default().push(file.to_owned());
                None
            }
        };
        let text = article.map(|a| squeeze(&a.text)).unwrap_or_default();
        for (key, tally) in [("with", &mut self.with), ("without", &mut self.without)] {
            for part in truth.get(key).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str) {
                tally.0 += usize::from(text.contains(&squeeze(part)));
                tally.1 += 1;
            }
        }
        if let Some(title) = truth.get("title").and_then(Value::as_str) {
            let found = article.and_then(|a| a.title.as_deref()).unwrap_or_default();
            self.title.0 += usize::from(squeeze(found).to_lowercase() == squeeze(title).to_lowercase());
            self.title.1 += 1;
        }
        if let Some(day) = truth.get("published_at").and_then(Value::as_str).and_then(|d| d.get(..10)) {
            let found = article.and_then(|a| a.published_at).map(|at| at.format("%Y-%m-%d").to_string());
            self.day.0 += usize::from(found.as_deref() == Some(day));
            self.day.1 += 1;
        }
        if let Some(authors) = truth.get("authors").and_then(Value::as_array) {
            let wanted: Vec<String> = authors.iter().filter_map(Value::as_str).map(str::to_lowercase).collect();
            let found: Vec<String> =
                article.map(|a| a.authors.iter().map(|n| n.to_lowercase()).collect()).unwrap_or_default();
            self.authors.0 += usize::from(wanted.iter().all(|w| found.contains(w)) && found.len() == wanted.len());
            self.authors.1 += 1;
        }
        self.repairs += article.map_or(0, |a| a.repairs.len());
        if let Some(text) = truth.get("text").and_then(Value::as_str) {
            let letters: Vec<char> = text.chars().collect();
            for repair in wireroom::article::repairs::find(text, rules) {
                self.truth_repairs.push(letters.get(repair.start..repair.end).unwrap_or_default().iter().collect());
            }
        }
    }
}

fn report(set: &str, scored: &[Scored], fields: &Fields) {
    println!("{set}");
    if !scored.is_empty() {
        let count = scored.len() as f64;
        let precision = scored.iter().map(|s| s.precision).sum::<f64>() / count;
        let recall = scored.iter().map(|s| s.recall).sum::<f64>() / count;
        let pages = scored.iter().map(|s| f1(s.precision, s.recall)).sum::<f64>() / count;
        let exact = scored.iter().filter(|s| s.exact).count() as f64 / count;
        println!(
            "  4-grams: P {precision:.4} R {recall:.4} F1 of means {:.4}, mean of F1 {pages:.4}, exact {exact:.3}",
            f1(precision, recall)
        );
    }
    if fields.with.1 > 0 {
        let precision = share((fields.with.0, fields.with.0 + fields.without.0));
        let recall = share(fields.with);
        println!(
            "  segments: P {precision:.4} R {recall:.4} F1 {:.4}, leak {:.4}",
            f1(precision, recall),
            share(fields.without)
        );
    }
    println!(
        "  title {:.3} day {:.3} authors {:.3}; repairs {} in our texts, {} in the truth: {:?}",
        share(fields.title),
        share(fields.day),
        share(fields.authors),
        fields.repairs,
        fields.truth_repairs.len(),
        fields.truth_repairs.iter().take(40).collect::<Vec<_>>()
    );
    for (kind, files) in &fields.why {
        println!("  refused {kind}: {} {:?}", files.len(), files.iter().take(12).collect::<Vec<_>>());
    }
}

fn share((part, whole): (usize, usize)) -> f64 {
    part as f64 / whole.max(1) as f64
}

fn f1(precision: f64, recall: f64) -> f64 {
    if precision + recall > 0.0 { 2.0 * precision * recall / (precision + recall) } else { 0.0 }
}

fn squeeze(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Scores against the text, and, where the truth names a summary, against the text without it; the better counts.
fn score(file: &str, text: &str, wanted: &str, truth: &Value) -> Scored {
    let with = compare(file, text, wanted);
    let summary: Vec<&str> =
        truth.get("summary").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect();
    if summary.is_empty() {
        return with;
    }
    let mut rest = wanted.to_owned();
    for part in summary {
        rest = rest.replacen(part, "", 1);
    }
    let without = compare(file, text, &rest);
    if f1(without.precision, without.recall) > f1(with.precision, with.recall) { without } else { with }
}

fn tokens(text: &str) -> Vec<String> {
    let mut out = Vec::new();
    let mut word = String::new();
    for c in text.chars() {
        let spaceless = matches!(c, '\u{e00}'..='\u{e7f}' | '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}' | '\u{ac00}'..='\u{d7a3}');
        if c.is_alphanumeric() && !spaceless || c == '_' {
            word.push(c);
            continue;
        }
        if !word.is_empty() {
            out.push(std::mem::take(&mut word));
        }
        if spaceless {
            out.push(c.to_string());
        }
    }
    if !word.is_empty() {
        out.push(word);
    }
    out
}

fn shingles(tokens: &[String]) -> HashMap<Vec<String>, i64> {
    let mut out = HashMap::new();
    if tokens.is_empty() {
        return out;
    }
    for window in tokens.windows(4.min(tokens.len())) {
        *out.entry(window.to_vec()).or_insert(0) += 1;
    }
    out
}

fn compare(file: &str, text: &str, wanted: &str) -> Scored {
    let (got, want) = (tokens(text), tokens(wanted));
    let (have, need) = (shingles(&got), shingles(&want));
    let common: i64 = have.iter().map(|(key, count)| *count.min(need.get(key).unwrap_or(&0))).sum();
    let (total_have, total_need) = (have.values().sum::<i64>(), need.values().sum::<i64>());
    let part = |whole: i64| {
        if whole == 0 { f64::from(u8::from(total_have == total_need)) } else { common as f64 / whole as f64 }
    };
    Scored {
        file: file.to_owned(),
        precision: part(total_have),
        recall: part(total_need),
        exact: got == want,
        extra: runs(&got, &need),
        missing: runs(&want, &have),
    }
}

/// Runs of tokens whose 4-grams the other side does not have.
fn runs(tokens: &[String], other: &HashMap<Vec<String>, i64>) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    let mut end_before = 0;
    for (at, window) in tokens.windows(4.min(tokens.len().max(1))).enumerate() {
        if other.contains_key(window) {
            continue;
        }
        if at < end_before
            && let Some(last) = out.last_mut()
        {
            last.push(' ');
            last.push_str(window.last().map_or("", String::as_str));
        } else {
            out.push(window.join(" "));
        }
        end_before = at + 4;
    }
    out
}
