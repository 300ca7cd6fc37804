//! A set's tables: ours and the peers', the best first.

use super::report::OURS;
use super::score::{Scores, Yardstick};

/// Kinds of furniture that get a column.
const LEAKS: [&str; 5] = ["comment prompt", "newsletter", "read-more line", "share", "cookie"];

/// Prints a set's tables as Markdown.
pub fn print(all: &mut [Scores], yardstick: &Yardstick, floors: &[(&str, Vec<f64>)]) {
    all.sort_by(|a, b| b.main(yardstick.set).2.total_cmp(&a.main(yardstick.set).2));
    let ours = all.iter().find(|scores| scores.tool == OURS).map_or(1.0, |scores| scores.speed().0);
    print_quality(all, yardstick);
    print_cost(all, ours, floors);
    if all.iter().any(|scores| scores.fields.title.whole > 0) {
        print_fields(all);
    }
}

fn print_quality(all: &[Scores], yardstick: &Yardstick) {
    println!("\n### {}", yardstick.set);
    println!("| program | F1 | P | R | exact | ROUGE-LSum | no text | {} | glued | split |", LEAKS.join(" | "));
    println!("|---|{}", "---|".repeat(8 + LEAKS.len()));
    for scores in all {
        let (precision, recall, f1) = scores.main(yardstick.set);
        let kinds = yardstick.kinds();
        let leaking = scores.leaking(kinds.len());
        let leaks =
            LEAKS.map(|leak| kinds.iter().zip(&leaking).find(|(kind, _)| **kind == leak).map_or(0, |(_, n)| *n));
        let none: usize = scores.refused.values().map(Vec::len).sum();
        let count = |pick: fn(&super::score::PageScore) -> usize| scores.pages.iter().map(pick).sum::<usize>();
        println!(
            "| {} | {f1:.4} | {precision:.4} | {recall:.4} | {} | {} | {none} | {} | {} | {} |",
            name(scores),
            percent(scores.exact().value()),
            decimal(scores.page_f1(|page| page.rouge)),
            leaks.map(|pages| pages.to_string()).join(" | "),
            count(|page| page.glued.len()),
            count(|page| page.split.len()),
        );
    }
}

fn print_cost(all: &[Scores], ours: f64, floors: &[(&str, Vec<f64>)]) {
    println!("\n| program | pages/s | MB/s | our speed over it | p50 ms | p99 ms | most ms | memory MB | failed |");
    println!("|---|---|---|---|---|---|---|---|---|");
    let mut order: Vec<&Scores> = all.iter().collect();
    order.sort_by(|a, b| b.speed().0.total_cmp(&a.speed().0));
    for scores in order {
        let (pages, bytes) = scores.speed();
        let [p50, p99, most] = scores.percentiles().map(|seconds| format!("{:.1}", seconds * 1e3));
        let failed = ["abort", "panic", "too slow"].iter().filter_map(|why| scores.refused.get(*why)).map(Vec::len);
        println!(
            "| {} | {pages:.0} | {:.1} | {:.1} | {p50} | {p99} | {most} | {} | {} |",
            name(scores),
            bytes / 1e6,
            ours / pages,
            scores.peak_kib.map_or("–".to_owned(), |kib| format!("{:.0}", kib as f64 / 1024.0)),
            failed.sum::<usize>(),
        );
    }
    for (name, times) in floors {
        let pages = times.len() as f64 / times.iter().sum::<f64>().max(1e-9);
        println!("| *{name}* | {pages:.0} | | {:.2} | | | | | |", ours / pages);
    }
}

fn print_fields(all: &[Scores]) {
    println!("\n| program | headline exact | day | minute | wrong day | authors F1 | authors exact | language |");
    println!("|---|---|---|---|---|---|---|---|");
    for scores in all.iter().filter(|scores| scores.fields.title.part + scores.fields.day.part > 0) {
        let fields = &scores.fields;
        let pages = fields.authors_exact.whole;
        println!(
            "| {} | {} | {} | {} | {} | {} | {} | {} |",
            name(scores),
            percent(fields.title.value()),
            percent(fields.day.value()),
            percent(fields.minute.value()),
            percent(fields.wrong_day.value()),
            percent((pages > 0).then(|| fields.authors_f1 / pages as f64)),
            percent(fields.authors_exact.value()),
            percent(fields.language.value().filter(|share| *share > 0.0)),
        );
    }
}

fn name(scores: &Scores) -> String {
    if scores.tool == OURS { format!("**{OURS}**") } else { scores.tool.clone() }
}

fn percent(value: Option<f64>) -> String {
    value.map_or("–".to_owned(), |value| format!("{:.1} %", value * 100.0))
}

fn decimal(value: Option<f64>) -> String {
    value.map_or("–".to_owned(), |value| format!("{value:.4}"))
}
