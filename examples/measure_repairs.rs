//! Measures the repairs of broken text on the truth texts of page sets, read in place.
//!
//! `cargo run --release --example measure_repairs -- PAGES_FOLDER [SHOWN]` prints, per set: what is reported in texts
//! that people wrote, which is false unless the text is broken there; and how many of the spaces that were taken out
//! by the program are found again, by kind of place.

use std::collections::BTreeMap;
use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use wireroom::article::{Rules, repairs};

/// A space is taken out of every so many.
const SPACES_PER_GLUE: usize = 60;
/// Confidences at which is counted.
const LEVELS: [f32; 6] = [0.5, 0.6, 0.7, 0.8, 0.9, 0.95];

fn main() -> Result<(), Box<dyn Error>> {
    let folder = PathBuf::from(std::env::args().nth(1).ok_or("give the folder of the page sets")?);
    let shown = std::env::args().nth(2).and_then(|n| n.parse().ok()).unwrap_or(40);
    let began = Instant::now();
    // The rules as they are on disk now, so that a new model needs no build.
    let rules = Rules::with(|name| fs::read_to_string(Path::new("config/rules").join(name)).ok())?;
    println!("rules loaded in {:?}", began.elapsed());
    for set in ["news-2019", "newspapers", "web-articles"] {
        let Ok(lines) = fs::read_to_string(folder.join(set).join("truth.jsonl")) else {
            println!("{set}: absent");
            continue;
        };
        let mut texts = Vec::new();
        for line in lines.lines() {
            let page: serde_json::Value = serde_json::from_str(line)?;
            let text = page["text"].as_str().unwrap_or_default();
            // Other languages are never asked, so nothing can be found in them.
            if text.matches(" the ").count() * 100 > text.split_whitespace().count() * 2 || shown == 0 {
                texts.push(text.to_owned());
            }
        }
        measure(set, &texts, &rules, shown);
    }
    Ok(())
}

fn measure(set: &str, texts: &[String], rules: &Rules, shown: usize) {
    let words: usize = texts.iter().map(|text| text.split_whitespace().count()).sum();
    let began = Instant::now();
    let clean: Vec<_> = texts.iter().map(|text| repairs::find(text, rules)).collect();
    let took = began.elapsed();
    let reported: usize = clean.iter().map(Vec::len).sum();
    let pages = u32::try_from(texts.len().max(1)).unwrap_or(1);
    println!("{set}: {} texts, {words} words, {:?} a text; {reported} repairs in them", texts.len(), took / pages);
    for least in LEVELS {
        let above = clean.iter().flatten().filter(|repair| repair.confidence >= least).count();
        print!("  {above} at {least}");
    }
    println!();
    let mut kinds: BTreeMap<&str, ([usize; LEVELS.len()], usize)> = BTreeMap::new();
    let mut missed = Vec::new();
    for (number, text) in texts.iter().enumerate() {
        let (broken, places) = glue(text, number);
        let found = repairs::find(&broken, rules);
        for (place, kind, word) in places {
            let counts = kinds.entry(kind).or_default();
            counts.1 += 1;
            if let Some(repair) = found.iter().find(|repair| repair.cut == place) {
                for (count, least) in counts.0.iter_mut().zip(LEVELS) {
                    *count += usize::from(repair.confidence >= least);
                }
            } else if missed.len() < shown {
                missed.push(format!("{kind} {word}"));
            }
        }
    }
    for (kind, (found, all)) in kinds {
        println!("  {kind}: {found:?} of {all} found");
    }
    let reports = clean.iter().flatten().map(|repair| format!("{} {}", repair.text, repair.confidence));
    println!("  reported: {:?}", reports.take(shown).collect::<Vec<_>>());
    println!("  missed: {missed:?}");
}

/// The text with spaces taken out, and where: the place, the kind of it, and what stands there now.
fn glue(text: &str, seed: usize) -> (String, Vec<(usize, &'static str, String)>) {
    let letters: Vec<char> = text.chars().collect();
    let mut out = String::new();
    let mut places = Vec::new();
    let mut count = 0;
    let mut at = 0;
    let mut since = seed % SPACES_PER_GLUE;
    while let Some(c) = letters.get(at).copied() {
        if c.is_whitespace() && at > 0 {
            since += 1;
            let before = letters.get(at - 1).copied().unwrap_or(' ');
            let next = letters.get(at..).and_then(|rest| rest.iter().position(|c| !c.is_whitespace()));
            let after = next.and_then(|n| letters.get(at + n)).copied().unwrap_or(' ');
            if since >= SPACES_PER_GLUE
                && let Some(kind) = kind_of(&out, before, after)
                && next.and_then(|n| letters.get(at + n + 1)).is_some_and(|c| c.is_alphabetic())
                && out.chars().rev().filter(|c| *c != '.' && *c != ',').take(2).all(char::is_alphabetic)
            {
                if kind == "case, stop lost" {
                    out.pop();
                    count -= 1;
                }
                let start: String = out.chars().rev().take_while(|c| !c.is_whitespace()).collect();
                let skip = next.unwrap_or(1);
                let end = letters.iter().skip(at + skip).take_while(|c| !c.is_whitespace());
                let word = start.chars().rev().chain(['|']).chain(end.copied()).collect();
                places.push((count, kind, word));
                at += skip;
                since = 0;
                continue;
            }
        }
        out.push(c);
        count += 1;
        at += 1;
    }
    (out, places)
}

fn kind_of(out: &str, before: char, after: char) -> Option<&'static str> {
    let stop = matches!(before, '.' | '?');
    let inner = out.chars().rev().nth(1).is_some_and(char::is_lowercase);
    // Every other lost break loses its stop too.
    match (before, after) {
        _ if stop && inner && after.is_uppercase() && out.len().is_multiple_of(2) => Some("case, stop lost"),
        _ if stop && inner && after.is_uppercase() => Some("stop and capital"),
        (',', a) if a.is_lowercase() && inner => Some("comma and letter"),
        (b, a) if b.is_lowercase() && a.is_lowercase() => {
            let last: String = out.chars().rev().take_while(|c| !c.is_whitespace()).collect();
            Some(if last.ends_with(char::is_uppercase) { "name or opener and lower" } else { "lower and lower" })
        }
        (b, a) if b.is_lowercase() && a.is_uppercase() => Some("lower and capital in a sentence"),
        _ => None,
    }
}
