//! `wireroom furniture`: the lines that sources repeat, and a person's word on them.

use clap::{Args, Subcommand};

use super::database::{self, Opened};
use super::{Failure, print};
use crate::article::learnt::LineKey;
use crate::config::Loaded;
use crate::store::{FurnitureLine, NamedLine, Word};

/// What to do with the lines.
#[derive(Subcommand)]
pub enum FurnitureCommand {
    /// Show the lines sources repeat, and what is decided of them
    #[command(after_help = "Example: wireroom furniture list --source example.org --verdict learnt,seen")]
    List(ListArgs),
    /// Lines that belong to the stories, whatever the rules say
    #[command(after_help = "Example: wireroom furniture keep --source example.org 8f3b0c5d9a71e264")]
    Keep(LineArgs),
    /// Lines that are furniture, before or although the rule does not say so
    #[command(after_help = "Example: wireroom furniture drop --source example.org 'Read it in our app.'")]
    Drop(LineArgs),
    /// Forget lines and what was decided of them; the rule may learn them again
    #[command(after_help = "Example: wireroom furniture forget --source example.org 8f3b0c5d9a71e264")]
    Forget(LineArgs),
}

/// Which lines are shown, and how.
#[derive(Args)]
pub struct ListArgs {
    /// Only those of this source, as `sources.domain` has it
    #[arg(long, value_name = "DOMAIN")]
    source: Option<String>,
    /// Only lines of which this was decided: learnt, kept, dropped, or seen (repeated, but no furniture so far)
    #[arg(long, value_name = "VERDICT", value_delimiter = ',', default_value = "learnt,kept,dropped",
          value_parser = ["seen", "learnt", "kept", "dropped"])]
    verdict: Vec<String>,
    /// The most lines shown
    #[arg(long, default_value_t = 200)]
    limit: i64,
    /// As JSON
    #[arg(long)]
    json: bool,
}

/// Which lines are meant.
#[derive(Args)]
pub struct LineArgs {
    /// The source they are of, as `sources.domain` has it
    #[arg(long, value_name = "DOMAIN")]
    source: String,
    /// The lines: as `furniture list` calls them, or their whole text
    #[arg(required = true, value_name = "LINE")]
    lines: Vec<String>,
}

/// Does it.
pub async fn furniture(loaded: &Loaded, command: FurnitureCommand) -> Result<(), Failure> {
    let opened = database::open(loaded).await?;
    let done = match command {
        FurnitureCommand::List(args) => list(&opened, &args).await,
        FurnitureCommand::Keep(args) => decide(&opened, &args, Word::Keep).await,
        FurnitureCommand::Drop(args) => decide(&opened, &args, Word::Drop).await,
        FurnitureCommand::Forget(args) => decide(&opened, &args, Word::Forget).await,
    };
    let closed = opened.close().await;
    done.and(closed)
}

async fn list(opened: &Opened, args: &ListArgs) -> Result<(), Failure> {
    let lines = opened.store.furniture(args.source.as_deref(), &args.verdict, args.limit).await?;
    if args.json {
        return lines.iter().try_for_each(print::json);
    }
    if lines.is_empty() {
        eprintln!("no line is {}; all there are: --verdict seen,learnt,kept,dropped", args.verdict.join(" or "));
        return Ok(());
    }
    print::table(
        &["source", "line", "verdict", "articles", "share", "place", "text"],
        lines.into_iter().map(row).collect(),
    )
}

fn row(line: FurnitureLine) -> Vec<String> {
    let share = line.share.map_or_else(|| "–".to_owned(), |share| format!("{:.0} %", share * 100.0));
    let place = line.place.unwrap_or_else(|| "–".to_owned());
    let text = print::short(&line.text, 160);
    vec![line.domain, line.line, line.verdict, line.articles.to_string(), share, place, text]
}

async fn decide(opened: &Opened, args: &LineArgs, word: Word) -> Result<(), Failure> {
    let told = match word {
        Word::Keep => "kept",
        Word::Drop => "dropped",
        Word::Forget => "forgotten",
    };
    let mut unknown = Vec::new();
    for written in &args.lines {
        let line = named(written)?;
        if opened.store.decide_line(&args.source, &line, word).await? {
            print::line(&format!("{told}: {written}"))?;
        } else {
            unknown.push(written.as_str());
        }
    }
    if unknown.len() < args.lines.len() {
        eprintln!(
            "a running daemon follows within a minute; `wireroom reprocess --source {}` shows what it changes in stored articles",
            args.source
        );
    }
    if unknown.is_empty() {
        return Ok(());
    }
    Err(Failure::failed(format!(
        "nothing to be {told} of {}: {}; `wireroom furniture list --verdict seen,learnt,kept,dropped` shows what is known",
        args.source,
        unknown.join(", ")
    )))
}

/// A line by its sixteen digits, else by its text.
fn named(written: &str) -> Result<NamedLine, Failure> {
    if written.len() == 16
        && let Ok(key) = u64::from_str_radix(written, 16)
    {
        return Ok(NamedLine { key: LineKey(key), text: None });
    }
    let text: String = written.split_whitespace().collect::<Vec<_>>().join(" ");
    if !text.chars().any(char::is_alphanumeric) {
        return Err(Failure::failed(format!("{written:?} has no letter to know it by")));
    }
    Ok(NamedLine { key: LineKey::of_written(&text), text: Some(text.replace('\0', "")) })
}
