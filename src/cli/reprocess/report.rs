//! What a run of `wireroom reprocess` tells: of each article, and in sum.

use std::collections::BTreeMap;

use serde_json::json;

use super::{ReprocessArgs, Written};
use crate::cli::{Failure, print};
use crate::pipeline::reprocess::{Difference, Outcome, Revision, TextChange};

/// Characters of a paragraph that are shown to people.
const SHOWN_CHARS_MAX: usize = 300;

/// What a run came to, by source.
#[derive(Debug, Default, Clone)]
pub struct Sums {
    pub looked_at: usize,
    same: usize,
    changed: usize,
    shrunk: usize,
    grown: usize,
    paragraphs: (usize, usize),
    with_fields: usize,
    refused: usize,
    lost: usize,
    overtaken: usize,
}

/// Counts a revision.
pub fn add(sums: &mut Sums, revision: &Revision, written: &Written) {
    sums.looked_at += 1;
    sums.overtaken += usize::from(matches!(written, Written::Overtaken));
    match &revision.outcome {
        Outcome::Same => sums.same += 1,
        Outcome::Refused { .. } => sums.refused += 1,
        Outcome::Lost { .. } => sums.lost += 1,
        Outcome::Changed { difference, .. } => {
            let (lost, gained) = difference.paragraphs();
            sums.changed += 1;
            sums.shrunk += usize::from(difference.words.1 < difference.words.0);
            sums.grown += usize::from(difference.words.1 > difference.words.0);
            sums.paragraphs.0 += lost;
            sums.paragraphs.1 += gained;
            sums.with_fields += usize::from(!difference.fields.is_empty());
        }
    }
}

/// Tells what comes of one article.
pub fn show(revision: &Revision, written: &Written, args: &ReprocessArgs) -> Result<(), Failure> {
    if args.json {
        if args.changed_only && matches!(revision.outcome, Outcome::Same) {
            return Ok(());
        }
        return print::json(&object(revision, written));
    }
    let told = match (&revision.outcome, written) {
        (Outcome::Same, _) => return Ok(()),
        (Outcome::Changed { .. }, Written::Overtaken) => "overtaken: it was written by somebody else meanwhile",
        (Outcome::Changed { .. }, Written::Refused(_)) => "refused by the database",
        (Outcome::Changed { .. }, Written::Done) => "written",
        (Outcome::Changed { .. }, Written::Nothing) => "would change",
        (Outcome::Refused { .. }, _) => "left as it is, its page is no article now",
        (Outcome::Lost { .. }, _) => "left as it is, its page cannot be had",
    };
    let title = revision.stored.title.as_deref().unwrap_or("(no headline)");
    print::line(&format!("{}  {}  {title}\n  {told}", revision.stored.article_id, revision.domain))?;
    match &revision.outcome {
        Outcome::Changed { difference, .. } => print::line(&described(difference)),
        Outcome::Refused { reason, detail } => print::line(&format!("  {reason}: {detail}\n")),
        Outcome::Lost { reason, detail } => print::line(&format!("  {reason}: {detail}\n")),
        Outcome::Same => Ok(()),
    }
}

fn described(difference: &Difference) -> String {
    let mut lines = vec![format!("  {} → {} words", difference.words.0, difference.words.1)];
    for change in &difference.text {
        let (mark, text) = match change {
            TextChange::Lost(text) => ('-', text),
            TextChange::Gained(text) => ('+', text),
            TextChange::Edited(text) => ('~', text),
        };
        lines.push(format!("  {mark} {}", print::short(text, SHOWN_CHARS_MAX)));
    }
    for change in &difference.fields {
        // What was removed shows in the text; as a list it is longer than anybody reads.
        let shown = if matches!(change.field, "removed" | "repairs") {
            let count = |value: &serde_json::Value| value.as_array().map_or(0, Vec::len);
            format!("{} → {} pieces", count(&change.before), count(&change.after))
        } else {
            format!(
                "{} → {}",
                print::short(&change.before.to_string(), 100),
                print::short(&change.after.to_string(), 100)
            )
        };
        lines.push(format!("  {}: {shown}", change.field));
    }
    for change in &difference.facts {
        lines.push(format!("  {}: {} rows go, {} come", change.kind, change.lost, change.gained));
    }
    lines.push(String::new());
    lines.join("\n")
}

fn object(revision: &Revision, written: &Written) -> serde_json::Value {
    let stored = &revision.stored;
    let (outcome, reason, detail) = match &revision.outcome {
        Outcome::Same => ("same", None, None),
        Outcome::Changed { .. } => ("changed", None, None),
        Outcome::Refused { reason, detail } => ("refused", Some(*reason), Some(detail.as_str())),
        Outcome::Lost { reason, detail } => ("lost", Some(*reason), Some(detail.as_str())),
    };
    let difference = match &revision.outcome {
        Outcome::Changed { difference, .. } => Some(difference),
        _ => None,
    };
    json!({
        "article_id": stored.article_id,
        "source": revision.domain,
        "url": stored.url,
        "title": stored.title,
        "outcome": outcome,
        "applied": matches!(written, Written::Done),
        "reason": match written {
            Written::Overtaken => Some("overtaken"),
            Written::Refused(_) => Some("data"),
            _ => reason,
        },
        "detail": if let Written::Refused(refusal) = written { Some(refusal.as_str()) } else { detail },
        "words_before": stored.word_count,
        "words_after": difference.map_or(usize::try_from(stored.word_count).unwrap_or(0), |d| d.words.1),
        "text": difference.map(|d| &d.text),
        "fields": difference.map(|d| &d.fields),
        "facts": difference.map(|d| &d.facts),
    })
}

/// The table of all sources.
pub fn totals(sums: &BTreeMap<String, Sums>) -> Result<(), Failure> {
    if sums.is_empty() {
        return Ok(());
    }
    let head = ["source", "articles", "same", "changed", "shrink", "gain", "paragraphs", "fields", "refused", "lost"];
    let mut rows: Vec<Vec<String>> = sums.iter().map(|(domain, s)| row(domain, s)).collect();
    if rows.len() > 1 {
        rows.push(row("all", &sum(sums)));
    }
    print::table(&head, rows)
}

fn row(name: &str, s: &Sums) -> Vec<String> {
    let paragraphs = format!("-{} +{}", s.paragraphs.0, s.paragraphs.1);
    let counts = [s.looked_at, s.same, s.changed, s.shrunk, s.grown];
    let rest = [s.with_fields, s.refused, s.lost];
    let counts = counts.iter().map(ToString::to_string).chain([paragraphs]);
    std::iter::once(name.to_owned()).chain(counts).chain(rest.iter().map(ToString::to_string)).collect()
}

fn sum(sums: &BTreeMap<String, Sums>) -> Sums {
    sums.values().fold(Sums::default(), |all, s| Sums {
        looked_at: all.looked_at + s.looked_at,
        same: all.same + s.same,
        changed: all.changed + s.changed,
        shrunk: all.shrunk + s.shrunk,
        grown: all.grown + s.grown,
        paragraphs: (all.paragraphs.0 + s.paragraphs.0, all.paragraphs.1 + s.paragraphs.1),
        with_fields: all.with_fields + s.with_fields,
        refused: all.refused + s.refused,
        lost: all.lost + s.lost,
        overtaken: all.overtaken + s.overtaken,
    })
}

/// The run in a sentence, on stderr.
pub fn conclude(
    sums: &BTreeMap<String, Sums>,
    refusals: &BTreeMap<&'static str, usize>,
    passed_over: usize,
    args: &ReprocessArgs,
) {
    let all = sum(sums);
    let verb = if args.apply { "changed" } else { "would change" };
    let mut told = format!(
        "{} articles read again, {} {verb}, {} shorter, {} longer, {} refused, {} without their page",
        all.looked_at,
        all.changed - all.overtaken,
        all.shrunk,
        all.grown,
        all.refused,
        all.lost
    );
    if all.overtaken > 0 {
        told = format!("{told}, {} overtaken by a daemon", all.overtaken);
    }
    if passed_over > 0 {
        told = format!("{told}; {passed_over} are of today's rules already (--all reads them, too)");
    }
    eprintln!("{told}");
    for (reason, count) in refusals {
        eprintln!("  {count} {reason}");
    }
    if !args.apply {
        eprintln!("nothing was written: this was a dry run; --apply writes it");
    }
}
