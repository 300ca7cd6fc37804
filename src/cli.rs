//! The command line: arguments in, an exit code out. Results go to stdout, logs and progress to stderr.

use std::path::PathBuf;
use std::process::ExitCode;

use chrono::{DateTime, Utc};
use clap::{Args, Parser, Subcommand};

use crate::config::{Loaded, load};
use crate::embedded::EmbeddedError;
use crate::store::StoreError;
use crate::telemetry::{self, LogFormat};

mod answers;
mod cases;
mod check;
mod database;
mod db;
mod demo;
mod feeds;
mod furniture;
mod inputs;
mod print;
mod reprocess;
mod rules;
mod run;
mod stages;

/// Reads the world's news as it is published: feeds in, clean articles and entities in Postgres.
#[derive(Parser)]
#[command(name = "wireroom", version, after_help = "Example: wireroom demo\n\nWithout a command: wireroom run")]
struct Line {
    /// The configuration file [default: ./config/wireroom.toml, else /etc/wireroom/wireroom.toml, else built-in]
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    /// How log lines look
    #[arg(long, global = true, value_enum, default_value = "auto")]
    log_format: LogFormat,
    /// What is logged, such as info or wireroom=debug
    #[arg(long, global = true, default_value = "info", env = "WIREROOM_LOG")]
    log_level: String,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// The daemon: poll, fetch, clean, extract, store, for ever
    #[command(after_help = "Example: wireroom run --once")]
    Run {
        /// Poll everything due once, finish what comes of it, print a summary, exit
        #[arg(long)]
        once: bool,
        /// The summary as JSON
        #[arg(long)]
        json: bool,
    },
    /// The whole pipeline on a bundled offline newspaper, into the database
    #[command(after_help = "Example: wireroom demo")]
    Demo {
        /// Also on a database that holds other feeds
        #[arg(long)]
        force: bool,
        /// Take everything of the demo out again
        #[arg(long)]
        remove: bool,
        /// The answers as JSON
        #[arg(long)]
        json: bool,
    },
    /// The feed list
    #[command(subcommand, after_help = "Example: wireroom feeds add https://feeds.bbci.co.uk/news/world/rss.xml")]
    Feeds(feeds::FeedsCommand),
    /// Feed documents to one JSON object a line
    #[command(after_help = "Example: wireroom parse feed.xml https://example.org/rss")]
    Parse(Inputs),
    /// Pages to one JSON object a line: the story without its furniture
    #[command(after_help = "Example: wireroom clean --text page.html")]
    Clean {
        #[command(flatten)]
        args: CleanArgs,
        /// Keep page and result as a case in this folder (config/sites); `validate` replays it
        #[arg(long, value_name = "DIR", conflicts_with = "plain")]
        record: Option<PathBuf>,
    },
    /// As clean, plus who, what, where, when and how much
    #[command(after_help = "Example: wireroom extract --plain --published 2022-09-15T18:00:00Z article.txt")]
    Extract(CleanArgs),
    /// Articles with these words
    #[command(after_help = "Example: wireroom search 'grain deal' --limit 5")]
    Search {
        /// Words as in a search box: "exact phrase", -not, or
        query: String,
        #[command(flatten)]
        ask: Ask,
    },
    /// One article and all that is known of it
    #[command(after_help = "Example: wireroom article 1865204480000000123")]
    Article {
        /// Its `article_id`
        id: i64,
        #[command(flatten)]
        ask: Ask,
    },
    /// Who or what a name stands for, and where it is talked about
    #[command(after_help = "Example: wireroom entity 'World Bank'")]
    Entity {
        /// A name or alias
        name: String,
        #[command(flatten)]
        ask: Ask,
    },
    /// What somebody said
    #[command(after_help = "Example: wireroom quotes 'Xi Jinping'")]
    Quotes {
        /// The speaker
        name: String,
        #[command(flatten)]
        ask: Ask,
    },
    /// Feed health, queue, lag, rates, drops by reason
    #[command(after_help = "Example: wireroom status --json")]
    Status {
        #[command(flatten)]
        ask: Ask,
    },
    /// Stored pages through today's cleaning and extraction: what would change, and the change
    #[command(after_help = "Example: wireroom reprocess --source example.org --since 2026-05-01 --dry-run")]
    Reprocess(reprocess::ReprocessArgs),
    /// Lines that sources repeat, which are taken out of their articles
    #[command(subcommand, after_help = "Example: wireroom furniture list --source example.org")]
    Furniture(furniture::FurnitureCommand),
    /// The database: where it is, a shell in it, its schema, a dump and back
    #[command(subcommand, after_help = "Example: wireroom db psql -- -c 'select * from api.latest_articles limit 5'")]
    Db(db::DbCommand),
    /// Checks configuration, feed list and rules for sites, all errors at once
    #[command(after_help = "Example: wireroom validate config/feeds.toml")]
    Validate {
        /// Feed lists to check besides the configured one
        files: Vec<PathBuf>,
    },
    /// Exit 0 if the daemon is alive and ready
    #[command(after_help = "Example: wireroom healthcheck")]
    Healthcheck,
}

/// What a stage command reads.
#[derive(Args, Clone)]
pub struct Inputs {
    /// Files, URLs, or - for stdin
    #[arg(required = true, value_name = "INPUT")]
    inputs: Vec<String>,
    /// Where a file's page came from
    #[arg(long, value_name = "URL")]
    url: Option<url::Url>,
}

/// What clean and extract read, and how.
#[derive(Args, Clone)]
struct CleanArgs {
    #[command(flatten)]
    inputs: Inputs,
    /// The publication time, when the page has none
    #[arg(long, value_name = "TIME")]
    published: Option<DateTime<Utc>>,
    /// The input is text already
    #[arg(long)]
    plain: bool,
    /// The text alone
    #[arg(long)]
    text: bool,
    /// What was dropped, and why
    #[arg(long)]
    explain: bool,
}

/// How a question is answered.
#[derive(Args, Clone, Copy)]
pub struct Ask {
    /// The most rows shown
    #[arg(long, default_value_t = 20)]
    limit: i64,
    /// As JSON
    #[arg(long)]
    json: bool,
}

/// Why a command failed, by what to do next; each is an exit code.
#[derive(Debug)]
pub enum Failure {
    /// 1: it failed.
    Failed(String),
    /// 1: it failed and has said so.
    Told,
    /// 75: database or network away; try again.
    TryAgain(String),
    /// 78: bad configuration.
    Config(String),
}

impl Failure {
    fn failed(message: impl Into<String>) -> Self {
        Self::Failed(message.into())
    }
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Failed(text) | Self::TryAgain(text) | Self::Config(text) => f.write_str(text),
            Self::Told => f.write_str("failed; see above"),
        }
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        if error.is_transient() { Self::TryAgain(error.to_string()) } else { Self::Failed(error.to_string()) }
    }
}

impl From<EmbeddedError> for Failure {
    fn from(error: EmbeddedError) -> Self {
        if error.is_transient() { Self::TryAgain(error.to_string()) } else { Self::Failed(error.to_string()) }
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        Self::Failed(error.to_string())
    }
}

/// Reads the arguments and does what they say.
pub fn main() -> ExitCode {
    let line = Line::parse();
    crate::feed::hush_isolated_panics();
    telemetry::init(line.log_format, &line.log_level);
    let done = dispatch(line);
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            let code = match &failure {
                Failure::Failed(_) | Failure::Told => 1,
                Failure::TryAgain(_) => 75,
                Failure::Config(_) => 78,
            };
            if !matches!(failure, Failure::Told) {
                eprintln!("wireroom: {failure}");
            }
            ExitCode::from(code)
        }
    }
}

fn dispatch(line: Line) -> Result<(), Failure> {
    let environment: Vec<(String, String)> = std::env::vars().collect();
    let loaded = load::load(line.config.as_deref(), &environment);
    if let Some(Command::Validate { files }) = &line.command {
        return check::validate(&loaded, files);
    }
    let loaded = loaded.map_err(|problems| {
        Failure::Config(problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\nwireroom: "))
    })?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        // Trees are walked without recursion, but their destructors and the regex engine are not ours.
        .thread_stack_size(8 << 20)
        .build()?;
    let done = runtime.block_on(command(line.command.unwrap_or(Command::Run { once: false, json: false }), &loaded));
    // A page that a worker is still at is pending in the database; it must not hold the exit.
    runtime.shutdown_timeout(std::time::Duration::from_millis(500));
    done
}

async fn command(command: Command, loaded: &Loaded) -> Result<(), Failure> {
    match command {
        Command::Run { once, json } => run::run(loaded, once, json).await,
        Command::Demo { force, remove, json } => demo::demo(loaded, force, remove, json).await,
        Command::Feeds(command) => feeds::feeds(loaded, command).await,
        Command::Parse(inputs) => stages::parse(loaded, &inputs).await,
        Command::Clean { args, record } => stages::clean(loaded, args, record).await,
        Command::Extract(args) => stages::extract(loaded, args).await,
        Command::Search { query, ask } => answers::search(loaded, &query, ask).await,
        Command::Article { id, ask } => answers::article(loaded, id, ask).await,
        Command::Entity { name, ask } => answers::entity(loaded, &name, ask).await,
        Command::Quotes { name, ask } => answers::quotes(loaded, &name, ask).await,
        Command::Status { ask } => answers::status(loaded, ask).await,
        Command::Reprocess(args) => reprocess::reprocess(loaded, &args).await,
        Command::Furniture(command) => furniture::furniture(loaded, command).await,
        Command::Db(command) => db::db(loaded, command).await,
        Command::Healthcheck => check::healthcheck(&loaded.config).await,
        // Answered before the configuration was taken for good.
        Command::Validate { .. } => Ok(()),
    }
}
