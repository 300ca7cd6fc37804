//! One defect in a document: how many of its entries are kept.
//!
//! The largest documents of the corpus with more than one entry, filled up to thirty-five with generated ones of every
//! dialect; each defect at several places drawn with a
//! fixed seed: in the text of an element, and at any byte at all, inside tags included. Counted are the entries whose
//! start tag is still in the bytes. An entry is kept when the document still gives one in its place.

use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;

use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use serde_json::Value;
use url::Url;
use wireroom::feed::{self, Entry};

use super::{Bench, corpus, generated, percent};

/// Documents that are damaged.
const DOCUMENTS: usize = 35;
/// Places for each defect in each document, half of them in text.
const PLACES: usize = 8;

/// A defect: its name and what is written into the document; nothing means that the rest is cut off.
const DEFECTS: &[(&str, Option<&[u8]>)] = &[
    ("one invalid UTF-8 byte", Some(b"\xE9")),
    ("bare `&`", Some(b" & ")),
    ("`?a=1&b=2`", Some(b"?a=1&b=2")),
    ("stray `<`", Some(b" < ")),
    ("stray `<` before a word", Some(b"<3 ")),
    ("unclosed `<b>`", Some(b"<b>")),
    ("unclosed `<![CDATA[`", Some(b"<![CDATA[")),
    ("unclosed `<!--`", Some(b"<!--")),
    ("stray `]]>`", Some(b"]]>")),
    ("a quotation mark", Some(b"\"")),
    ("`&#0;`", Some(b"&#0;")),
    ("`&nbsp;`", Some(b"&nbsp;")),
    ("a second XML declaration", Some(b"<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?>")),
    ("control character U+0008", Some(b"\x08")),
    ("a mangled end tag", Some(b"</titel>")),
    ("the end of the channel", Some(b"</channel>")),
    ("truncation", None),
];

/// One damaged document.
struct Damaged {
    document: usize,
    defect: usize,
    in_text: bool,
    bytes: Vec<u8>,
    entries: usize,
}

/// Damages, reads, and prints the table.
pub fn measure(bench: &Bench) {
    let documents = documents(bench);
    let mut random = StdRng::seed_from_u64(7);
    let mut damaged = Vec::new();
    for (number, document) in documents.iter().enumerate() {
        for (defect, (_, insert)) in DEFECTS.iter().enumerate() {
            for place in 0..PLACES {
                let in_text = place % 2 == 0;
                let at = position(document, in_text, &mut random);
                let (before, after) = document.split_at(at);
                let bytes = match insert {
                    Some(insert) => [before, insert, after].concat(),
                    None => before.to_vec(),
                };
                damaged.push(Damaged { document: number, defect, in_text, entries: starts(&bytes), bytes });
            }
        }
    }
    let feedparser = feedparser(bench, &damaged);
    let undamaged: Vec<Vec<Entry>> =
        documents.iter().map(|d| feed::parse(d, None, None).map(|f| f.entries).unwrap_or_default()).collect();
    let mut neighbours = (0, 0);
    let bytes: usize = documents.iter().map(Vec::len).sum();
    println!("\none defect in {} documents of {} bytes together, {} in all", documents.len(), bytes, damaged.len());
    println!(
        "entries kept                            wireroom in text    anywhere            feedparser           feed-rs, panics"
    );
    // What feed-rs panics of is counted, not shown.
    let shown = std::panic::take_hook();
    std::panic::set_hook(Box::new(|_| {}));
    let mut totals = [(0, 0); 4];
    let mut panics_all = (0, 0);
    for (defect, (name, _)) in DEFECTS.iter().enumerate() {
        let mut counts = [(0, 0); 4];
        let mut panics = 0;
        for (at, document) in damaged.iter().enumerate().filter(|(_, d)| d.defect == defect) {
            let ours = catch_unwind(|| feed::parse(&document.bytes, None, None));
            panics_all.0 += usize::from(ours.is_err());
            let entries = ours.ok().and_then(Result::ok).map(|f| f.entries).unwrap_or_default();
            let ours = entries.len();
            // All but the one that was hit.
            let others = document.entries.saturating_sub(1);
            let whole =
                undamaged.get(document.document).map_or(0, |d| d.iter().filter(|e| entries.contains(e)).count());
            neighbours = (neighbours.0 + whole.min(others), neighbours.1 + others);
            if whole < others && bench.worst > 0 {
                fs::write(bench.scratch.join(format!("hurt-{at}.xml")), &document.bytes)
                    .expect("target/ can be written");
                println!("    hurt-{at}.xml: {} leaves {whole} of {others}", DEFECTS.get(defect).map_or("", |d| d.0));
            }
            if ours < document.entries && bench.worst > 0 {
                fs::write(bench.scratch.join(format!("lost-{at}.xml")), &document.bytes)
                    .expect("target/ can be written");
                println!("    lost-{at}.xml: {ours} of {}", document.entries);
            }
            let raw = catch_unwind(AssertUnwindSafe(|| feed_rs::parser::parse(document.bytes.as_slice()).ok()));
            panics += usize::from(raw.is_err());
            let raw = raw.ok().flatten().map_or(0, |f| f.entries.len());
            let column = usize::from(!document.in_text);
            let theirs = feedparser.as_ref().map_or(0, |f| f.get(at).copied().unwrap_or(0));
            for (column, kept) in [(column, ours), (2, theirs), (3, raw)] {
                if let Some(count) = counts.get_mut(column) {
                    count.0 += kept.min(document.entries);
                    count.1 += document.entries;
                }
            }
        }
        panics_all.1 += panics;
        print_row(name, &counts, panics);
        for (total, count) in totals.iter_mut().zip(counts) {
            *total = (total.0 + count.0, total.1 + count.1);
        }
    }
    print_row("all", &totals, panics_all.1);
    println!("entries beside the damaged one that read exactly as before: {}", percent(neighbours.0, neighbours.1));
    std::panic::set_hook(shown);
    println!("panics: wireroom {}, feed-rs {}", panics_all.0, panics_all.1);
}

fn print_row(name: &str, counts: &[(usize, usize); 4], panics: usize) {
    let [text, anywhere, feedparser, raw] = counts.map(|(kept, all)| percent(kept, all));
    println!("{name:<40}{text:<20}{anywhere:<20}{feedparser:<20} {raw}, {panics}");
}

/// The largest documents with more than one entry.
fn documents(bench: &Bench) -> Vec<Vec<u8>> {
    let mut found: Vec<(PathBuf, Vec<u8>)> = Vec::new();
    let mut folders = vec![bench.corpus.clone()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|e| e == "xml") {
                let bytes = fs::read(&path).expect("the corpus stays while it is read");
                // Each start a feed-rs entry: a document that all read well before it is damaged.
                let read = corpus::feed_rs(&bytes, None::<&Url>).map_or(0, |e| e.len());
                if std::str::from_utf8(&bytes).is_ok() && read > 1 && read == starts(&bytes) {
                    found.push((path, bytes));
                }
            }
        }
    }
    found.sort_by(|(a, x), (b, y)| y.len().cmp(&x.len()).then_with(|| a.cmp(b)));
    let generated = (0..DOCUMENTS).map(generated::document);
    found.into_iter().map(|(_, bytes)| bytes).chain(generated).take(DOCUMENTS).collect()
}

/// Start tags of items in the bytes.
fn starts(bytes: &[u8]) -> usize {
    ["<item", "<entry"]
        .iter()
        .map(|tag| {
            let follows = |at: &usize| matches!(bytes.get(at + tag.len()), Some(b'>' | b' ' | b'\n' | b'\r' | b'\t'));
            (0..bytes.len())
                .filter(|at| bytes.get(*at..).is_some_and(|rest| rest.starts_with(tag.as_bytes())))
                .filter(follows)
                .count()
        })
        .sum()
}

/// A place in text, or any place at all, after the first item has begun.
fn position(document: &[u8], in_text: bool, random: &mut StdRng) -> usize {
    let first = document.windows(5).position(|w| w == b"<item" || w == b"<entr").unwrap_or(0) + 7;
    loop {
        let at = random.random_range(first..document.len());
        let before = document.get(..at).unwrap_or_default();
        let open = before.iter().rposition(|b| *b == b'<');
        let close = before.iter().rposition(|b| *b == b'>');
        if !in_text || close > open {
            return at;
        }
    }
}

/// How many entries feedparser finds in each.
fn feedparser(bench: &Bench, damaged: &[Damaged]) -> Option<Vec<usize>> {
    bench.python.as_ref()?;
    let folder = bench.scratch.join("damaged");
    fs::create_dir_all(&folder).expect("target/ can be written");
    for (at, document) in damaged.iter().enumerate() {
        fs::write(folder.join(format!("{at:06}")), &document.bytes).expect("target/ can be written");
    }
    let out = bench.scratch.join("kept.jsonl");
    bench.reference(&["kept", &folder.to_string_lossy(), &out.to_string_lossy()])?;
    let lines = fs::read_to_string(out).expect("the script has written its lines");
    let count = |line: &str| {
        let read: Value = serde_json::from_str(line).expect("the script writes JSON");
        read.get("entries").and_then(Value::as_array).map_or(0, Vec::len)
    };
    Some(lines.lines().map(count).collect())
}
