//! `wireroom reprocess`: stored pages through today's rules; the difference for people and for programs.

use std::collections::BTreeMap;
use std::io::IsTerminal as _;
use std::path::PathBuf;

use chrono::{DateTime, Utc};
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::json;

use super::database::{self, Opened};
use super::{Failure, print, run};
use crate::config::Loaded;
use crate::pipeline::reprocess::{Difference, Order, Outcome, Reprocess, Revision, TextChange};
use crate::store::{Rewritten, StoreError, StoredFilter};

/// Characters of a paragraph that are shown to people.
const SHOWN_CHARS_MAX: usize = 300;

/// What is done, to which articles.
#[derive(Args)]
pub struct ReprocessArgs {
    /// Report what would change and write nothing (the default)
    #[arg(long, conflicts_with = "apply")]
    dry_run: bool,
    /// Write what changes, article by article; old texts go to `article_versions`
    #[arg(long)]
    apply: bool,
    /// Only articles of this source, as `sources.domain` has it
    #[arg(long, value_name = "DOMAIN")]
    source: Option<String>,
    /// Only articles first seen at this time or later
    #[arg(long, value_name = "TIME", value_parser = time)]
    since: Option<DateTime<Utc>>,
    /// Only articles first seen before this time
    #[arg(long, value_name = "TIME", value_parser = time)]
    until: Option<DateTime<Utc>>,
    /// Only this article
    #[arg(long, value_name = "ID")]
    article: Option<i64>,
    /// Look at no more articles than this
    #[arg(long, value_name = "N")]
    limit: Option<usize>,
    /// Also articles that today's rules and learnt lines made
    #[arg(long)]
    all: bool,
    /// The folder of the WARC files [default: pages/ in the data folder]
    #[arg(long, value_name = "FOLDER")]
    pages: Option<PathBuf>,
    /// Leave out articles that stay as they are
    #[arg(long)]
    changed_only: bool,
    /// One JSON object an article
    #[arg(long)]
    json: bool,
}

/// A time, or a day at its beginning in UTC.
fn time(text: &str) -> Result<DateTime<Utc>, String> {
    let day = chrono::NaiveDate::parse_from_str(text, "%Y-%m-%d").ok();
    let day = day.and_then(|day| day.and_hms_opt(0, 0, 0)).map(|midnight| midnight.and_utc());
    day.or_else(|| text.parse().ok())
        .ok_or_else(|| "give a day (2026-05-01) or a time (2026-05-01T12:00:00Z)".to_owned())
}

/// What a run came to, by source.
#[derive(Debug, Default, Clone)]
struct Sums {
    looked_at: usize,
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

/// Does it.
pub async fn reprocess(loaded: &Loaded, args: &ReprocessArgs) -> Result<(), Failure> {
    let opened = database::open(loaded).await?;
    let done = go(loaded, &opened, args).await;
    let closed = opened.close().await;
    done.and(closed)
}

async fn go(loaded: &Loaded, opened: &Opened, args: &ReprocessArgs) -> Result<(), Failure> {
    let filter =
        StoredFilter { domain: args.source.clone(), since: args.since, until: args.until, article_id: args.article };
    let bar = progress(opened, &filter, args).await?;
    let pages = args.pages.clone().unwrap_or_else(|| opened.data_dir.join("pages"));
    let order = Order { filter, all: args.all, limit: args.limit };
    let mut reprocess = Reprocess::new(opened.store.clone(), &pages, run::knowledge(loaded)?, order);
    let mut sums: BTreeMap<String, Sums> = BTreeMap::new();
    let mut refusals: BTreeMap<&'static str, usize> = BTreeMap::new();
    let mut failed = 0;
    while let Some(revisions) = reprocess.next().await? {
        for revision in &revisions {
            let written = write(&reprocess, revision, args.apply).await?;
            failed += usize::from(matches!(written, Written::Refused(_)));
            add(sums.entry(revision.domain.clone()).or_default(), revision, &written);
            if let Outcome::Refused { reason, .. } | Outcome::Lost { reason, .. } = &revision.outcome {
                *refusals.entry(reason).or_default() += 1;
            }
            bar.suspend(|| show(revision, &written, args))?;
        }
        if args.apply {
            reprocess.confirm(&revisions).await?;
        }
        bar.set_position((sums.values().map(|s| s.looked_at).sum::<usize>() + reprocess.passed_over) as u64);
    }
    bar.finish_and_clear();
    if !args.json {
        totals(&sums)?;
    }
    conclude(&sums, &refusals, reprocess.passed_over, args);
    if failed > 0 {
        return Err(Failure::failed(format!("{failed} articles were refused by the database and stay as they were")));
    }
    Ok(())
}

async fn progress(opened: &Opened, filter: &StoredFilter, args: &ReprocessArgs) -> Result<ProgressBar, Failure> {
    // Counting takes a while on a big archive, and is for eyes only.
    if !std::io::stderr().is_terminal() {
        return Ok(ProgressBar::hidden());
    }
    let all = u64::try_from(opened.store.stored_count(filter).await?).unwrap_or(0);
    let bar = ProgressBar::new(args.limit.map_or(all, |limit| all.min(limit as u64)));
    let style = ProgressStyle::with_template("{bar:30} {pos} of {len} articles, {per_sec}, {eta} left");
    Ok(bar.with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar())))
}

/// What was done with a revision.
enum Written {
    /// Nothing was to be done, or this is a dry run.
    Nothing,
    /// It was written.
    Done,
    /// The article was written by somebody else meanwhile.
    Overtaken,
    /// The database refuses the data.
    Refused(String),
}

async fn write(reprocess: &Reprocess, revision: &Revision, apply: bool) -> Result<Written, Failure> {
    if !apply || !matches!(revision.outcome, Outcome::Changed { .. }) {
        return Ok(Written::Nothing);
    }
    match reprocess.apply(revision).await {
        Ok(Rewritten::Written) => Ok(Written::Done),
        Ok(Rewritten::Overtaken) => Ok(Written::Overtaken),
        Err(StoreError::Data(refusal)) => Ok(Written::Refused(refusal)),
        Err(error) => Err(error.into()),
    }
}

fn add(sums: &mut Sums, revision: &Revision, written: &Written) {
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

fn show(revision: &Revision, written: &Written, args: &ReprocessArgs) -> Result<(), Failure> {
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

fn totals(sums: &BTreeMap<String, Sums>) -> Result<(), Failure> {
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

fn conclude(
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
        told.push_str(&format!(", {} overtaken by a daemon", all.overtaken));
    }
    if passed_over > 0 {
        told.push_str(&format!("; {passed_over} are of today's rules already (--all reads them, too)"));
    }
    eprintln!("{told}");
    for (reason, count) in refusals {
        eprintln!("  {count} {reason}");
    }
    if !args.apply {
        eprintln!("nothing was written: this was a dry run; --apply writes it");
    }
}
