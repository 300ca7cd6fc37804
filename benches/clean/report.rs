//! What is printed: a table a set, the worst pages, and the difference in text.

use std::fmt::Write as _;

use serde_json::{Value, json};
use similar::{Algorithm, ChangeTag, TextDiff};

use super::score::{PageScore, Scores, Yardstick};
use super::truth::{Answer, Page};

/// Our own name in tables.
pub const OURS: &str = "wireroom";
/// Words shown on each side of a difference.
const CONTEXT: usize = 6;

/// Our own figures of a set, in lines.
pub fn print_set(scores: &Scores, yardstick: &Yardstick, floors: &[(&str, Vec<f64>)]) {
    let (precision, recall, f1) = scores.main(yardstick.set);
    println!("\n{}: {} pages", yardstick.set, scores.pages.len());
    println!("  F1 {f1:.4}  P {precision:.4}  R {recall:.4}{}", more(scores));
    let leaking = scores.leaking(yardstick.kinds().len());
    let leaks: Vec<String> =
        yardstick.kinds().iter().zip(leaking).map(|(kind, pages)| format!("{kind} {pages}")).collect();
    println!("  pages with furniture: {}", leaks.join(", "));
    let list = |pick: fn(&PageScore) -> &Vec<String>| -> Vec<&str> {
        scores.pages.iter().flat_map(|page| pick(page).iter().map(String::as_str)).collect()
    };
    for (name, found) in [("glued", list(|page| &page.glued)), ("split", list(|page| &page.split))] {
        println!("  {name} words: {} {:?}", found.len(), found.iter().take(12).collect::<Vec<_>>());
    }
    if let Some(fields) = fields(scores) {
        println!("  {fields}");
    }
    for (why, files) in &scores.refused {
        println!("  refused {why}: {} {:?}", files.len(), files.iter().take(6).collect::<Vec<_>>());
    }
    let (pages, bytes) = scores.speed();
    let [median, high, most] = scores.percentiles().map(|seconds| seconds * 1e3);
    println!("  {pages:.0} pages/s, {:.1} MB/s of CPU; p50 {median:.2} p99 {high:.1} max {most:.1} ms", bytes / 1e6);
    for (name, times) in floors {
        let floor = times.iter().sum::<f64>().max(1e-9);
        let ours = scores.seconds.iter().sum::<f64>();
        println!("  {name}: {:.0} pages/s; we take {:.2} times as long", times.len() as f64 / floor, ours / floor);
    }
    if let Some(kib) = scores.peak_kib {
        println!("  memory beyond the loaded pages: {:.1} MB at the most", kib as f64 / 1024.0);
    }
}

fn more(scores: &Scores) -> String {
    let mut line = String::new();
    let mut add = |name: &str, value: Option<f64>| {
        if let Some(value) = value {
            write!(line, "  {name} {value:.4}").expect("a string takes all");
        }
    };
    add("mean of page F1", scores.page_f1(|page| page.shingles));
    add("ROUGE-LSum", scores.page_f1(|page| page.rouge));
    add("exact", scores.exact().value());
    add("wanted strings", scores.with().value());
    add("unwanted strings", scores.without().value());
    line
}

fn fields(scores: &Scores) -> Option<String> {
    let fields = &scores.fields;
    let percent = |value: Option<f64>| value.map_or("–".to_owned(), |value| format!("{:.1} %", value * 100.0));
    fields.title.value()?;
    Some(format!(
        "headline exact {}, day {}, minute {}, wrong day {}, authors F1 {} exact set {}, language {}",
        percent(fields.title.value()),
        percent(fields.day.value()),
        percent(fields.minute.value()),
        percent(fields.wrong_day.value()),
        percent((fields.authors_exact.whole > 0).then(|| fields.authors_f1 / fields.authors_exact.whole as f64)),
        percent(fields.authors_exact.value()),
        percent(fields.language.value()),
    ))
}

/// The pages with the least of the set's measure, each with what is too much and what is lacking.
pub fn print_worst(scores: &Scores, yardstick: &Yardstick, pages: &[Page], answers: &[Answer], worst: usize) {
    let mut order: Vec<usize> = (0..scores.pages.len()).collect();
    order.sort_by(|a, b| scores.pages[*a].main().total_cmp(&scores.pages[*b].main()));
    for at in order.into_iter().take(worst) {
        let (page, score) = (&pages[at], &scores.pages[at]);
        println!("\n--- {} {:.3}", score.file, score.main());
        print_findings(score, &yardstick.kinds());
        let text = answers[at].text.as_deref().unwrap_or_default();
        match closer(page, text) {
            Some(truth) => print_runs(truth, text),
            None => print_strings(page, text),
        }
    }
}

/// The fields that are wrong, the furniture and the broken words of a page.
fn print_findings(score: &PageScore, kinds: &[&str]) {
    score.fields.iter().for_each(|field| println!("   {field}"));
    for (kind, hits) in kinds.iter().zip(&score.leaks).filter(|(_, hits)| !hits.is_empty()) {
        println!("   {kind}: {hits:?}");
    }
    for (name, words) in [("glued", &score.glued), ("split", &score.split)] {
        if !words.is_empty() {
            println!("   {name}: {words:?}");
        }
    }
}

/// The truth with or without its summary, whichever the text is closer to.
fn closer<'p>(page: &'p Page, text: &str) -> Option<&'p str> {
    let shared = |truth: &str| TextDiff::from_words(truth, text).ratio();
    match (page.text.as_deref(), page.text_without_summary.as_deref()) {
        (Some(whole), Some(rest)) if shared(rest) > shared(whole) => Some(rest),
        (whole, _) => whole,
    }
}

/// Runs of words that only one side has, with a few words around.
fn print_runs(truth: &str, text: &str) {
    let diff = TextDiff::configure().algorithm(Algorithm::Myers).diff_words(truth, text);
    let old = diff.old_slices();
    for group in diff.grouped_ops(CONTEXT) {
        let mut line = String::new();
        for op in &group {
            let run = |tag: ChangeTag| -> String {
                diff.iter_changes(op).filter(|change| change.tag() == tag).map(|change| change.value()).collect()
            };
            let (lacking, extra) = (run(ChangeTag::Delete), run(ChangeTag::Insert));
            if lacking.is_empty() && extra.is_empty() {
                line.push_str(&old[op.old_range()].concat());
            }
            if !lacking.trim().is_empty() {
                write!(line, "[-{}-]", lacking.trim()).expect("a string takes all");
            }
            if !extra.trim().is_empty() {
                write!(line, "{{+{}+}}", extra.trim()).expect("a string takes all");
            }
        }
        if line.contains("[-") || line.contains("{+") {
            println!("   … {} …", line.split_whitespace().collect::<Vec<_>>().join(" "));
        }
    }
}

fn print_strings(page: &Page, text: &str) {
    let text = super::measures::squeeze(text);
    let has = |string: &&String| text.contains(&super::measures::squeeze(string));
    page.with.iter().filter(|string| !has(string)).for_each(|string| println!("   - {string}"));
    page.without.iter().filter(|string| has(string)).for_each(|string| println!("   + {string}"));
}

/// A set's figures of one program, for `--json`.
pub fn json(scores: &Scores, yardstick: &Yardstick) -> Value {
    let (precision, recall, f1) = scores.main(yardstick.set);
    let fields = &scores.fields;
    let (pages, bytes) = scores.speed();
    let leaking = scores.leaking(yardstick.kinds().len());
    json!({
        "set": yardstick.set, "tool": scores.tool, "pages": scores.pages.len(),
        "precision": precision, "recall": recall, "f1": f1,
        "page_f1": scores.page_f1(|page| page.shingles), "rouge_lsum": scores.page_f1(|page| page.rouge),
        "exact": scores.exact().value(), "with": scores.with().value(), "without": scores.without().value(),
        "leaks": yardstick.kinds().into_iter().zip(leaking).collect::<std::collections::BTreeMap<_, _>>(),
        "glued": scores.pages.iter().map(|page| page.glued.len()).sum::<usize>(),
        "split": scores.pages.iter().map(|page| page.split.len()).sum::<usize>(),
        "title": fields.title.value(), "day": fields.day.value(), "minute": fields.minute.value(),
        "wrong_day": fields.wrong_day.value(), "authors_exact": fields.authors_exact.value(),
        "authors_f1": fields.authors_f1 / fields.authors_exact.whole.max(1) as f64,
        "language": fields.language.value(),
        "refused": scores.refused, "pages_per_second": pages, "bytes_per_second": bytes,
        "seconds_p50_p99_max": scores.percentiles(), "peak_kib": scores.peak_kib,
        "page_scores": scores.pages.iter().map(|page| (page.file.clone(), page.main())).collect::<Vec<_>>(),
    })
}
