//! `wireroom reprocess`: stored pages through today's rules; the difference for people and for programs.

use std::collections::BTreeMap;
use std::io::IsTerminal as _;
use std::path::PathBuf;

use chrono::{DateTime, Utc};
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};

use super::database::{self, Opened};
use super::{Failure, run};
use crate::config::Loaded;
use crate::pipeline::reprocess::{Order, Outcome, Reprocess, Revision};
use crate::store::{Rewritten, StoreError, StoredFilter};

mod report;

use report::{Sums, add, conclude, show, totals};

/// What is done, to which articles.
#[derive(Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch on the command line")]
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
    let bar = progress(opened, &filter, args).await;
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

async fn progress(opened: &Opened, filter: &StoredFilter, args: &ReprocessArgs) -> ProgressBar {
    // Counting takes a while on a big archive, and is for eyes only.
    if !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    // Where it takes too long, the run is worth more than its bar.
    let Ok(all) = opened.store.stored_count(filter).await else { return ProgressBar::new_spinner() };
    let all = u64::try_from(all).unwrap_or(0);
    let bar = ProgressBar::new(args.limit.map_or(all, |limit| all.min(limit as u64)));
    let style = ProgressStyle::with_template("{bar:30} {pos} of {len} articles, {per_sec}, {eta} left");
    bar.with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
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
