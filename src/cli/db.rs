//! `wireroom db`: the database itself.

use std::path::PathBuf;
use std::process::Command;

use clap::Subcommand;

use super::{Failure, database, print};
use crate::config::Loaded;
use crate::embedded::{self, Settings};

/// What to do with the database.
#[derive(Subcommand)]
pub enum DbCommand {
    /// Print its URL
    #[command(after_help = "Example: psql \"$(wireroom db url)\"")]
    Url,
    /// Hold the embedded server up until interrupted; its URL is the first line
    #[command(after_help = "Example: wireroom db serve")]
    Serve,
    /// A shell in it; what follows -- goes to psql
    #[command(after_help = "Example: wireroom db psql -- -c 'select count(*) from articles'")]
    Psql {
        /// Arguments for psql
        #[arg(last = true)]
        arguments: Vec<String>,
    },
    /// Bring the schema up to date
    #[command(after_help = "Example: wireroom db migrate")]
    Migrate,
    /// Write a dump
    #[command(after_help = "Example: wireroom db backup wireroom.dump")]
    Backup {
        /// The file, in `pg_dump`'s custom format
        file: PathBuf,
    },
    /// Read a dump into an empty database
    #[command(after_help = "Example: wireroom db restore wireroom.dump")]
    Restore {
        /// The file
        file: PathBuf,
    },
}

/// Does it.
pub async fn db(loaded: &Loaded, command: DbCommand) -> Result<(), Failure> {
    if let DbCommand::Migrate = command {
        let opened = database::open(loaded).await?;
        eprintln!("the schema is up to date");
        return opened.close().await;
    }
    if let Some(url) = &loaded.database_url {
        return match command {
            DbCommand::Url => print::line(url.reveal()),
            DbCommand::Serve => Err(Failure::Config(
                "DATABASE_URL names a server that others run; unset it to serve the embedded one".to_owned(),
            )),
            other => tool(loaded, other, url.reveal()),
        };
    }
    let server = database::serve(loaded).await?;
    let url = server.url();
    let done = match command {
        DbCommand::Url => print::line(&url),
        DbCommand::Serve => serve(&url).await,
        other => tool(loaded, other, &url),
    };
    server.stop().await?;
    done
}

async fn serve(url: &str) -> Result<(), Failure> {
    print::line(url)?;
    let mut terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?;
    tokio::select! {
        done = tokio::signal::ctrl_c() => done?,
        _ = terminate.recv() => {}
    }
    Ok(())
}

fn tool(loaded: &Loaded, command: DbCommand, url: &str) -> Result<(), Failure> {
    let (name, arguments) = match command {
        DbCommand::Psql { arguments } => ("psql", [vec![url.to_owned()], arguments].concat()),
        DbCommand::Backup { file } => {
            ("pg_dump", vec!["--format=custom".to_owned(), format!("--file={}", file.display()), url.to_owned()])
        }
        DbCommand::Restore { file } => {
            let target = format!("--dbname={url}");
            let wanted = ["--exit-on-error", "--no-owner", "--single-transaction"].map(str::to_owned).to_vec();
            ("pg_restore", [wanted, vec![target, file.display().to_string()]].concat())
        }
        DbCommand::Url | DbCommand::Serve | DbCommand::Migrate => return Ok(()),
    };
    let mut settings = Settings::new(database::data_dir(loaded), std::env::var_os("PATH").as_deref());
    settings.bin_dir = loaded.config.database.bin_dir.clone();
    let program = embedded::find_binaries(&settings).ok().and_then(|b| b.tool(name)).ok_or_else(|| {
        Failure::failed(format!(
            "{name} is not on this machine: install PostgreSQL's client programs (apt-get install postgresql-client)"
        ))
    })?;
    let status = Command::new(&program)
        .args(arguments)
        .status()
        .map_err(|error| Failure::failed(format!("{} cannot be run: {error}", program.display())))?;
    if status.success() { Ok(()) } else { Err(Failure::failed(format!("{name} failed"))) }
}
