//! The database a command talks to: the one named, or the embedded one, brought up and migrated.

use std::path::PathBuf;
use std::str::FromStr as _;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use indicatif::ProgressBar;
use sqlx::postgres::PgConnectOptions;

use super::Failure;
use crate::config::Loaded;
use crate::embedded::{self, Progress, Server, Settings};
use crate::store::Store;

/// An open database.
pub struct Opened {
    /// The store.
    pub store: Store,
    /// Where pages and the embedded server live.
    pub data_dir: PathBuf,
    server: Option<Server>,
    revived: Mutex<Vec<Server>>,
}

impl Opened {
    /// Whether the server is our own.
    pub fn is_embedded(&self) -> bool {
        self.server.is_some()
    }

    /// Closes the connections; stops the embedded server if nobody else uses it.
    pub async fn close(self) -> Result<(), Failure> {
        self.store.close().await;
        // The newest last: only the one that is running can be stopped, by the last of its users.
        let revived = self.revived.into_inner().unwrap_or_else(PoisonError::into_inner);
        for server in self.server.into_iter().chain(revived) {
            server.stop().await?;
        }
        Ok(())
    }

    /// Takes over servers that were started in the first one's place.
    pub fn adopt(&self, servers: Vec<Server>) {
        self.revived.lock().unwrap_or_else(PoisonError::into_inner).extend(servers);
    }
}

/// The data folder.
pub fn data_dir(loaded: &Loaded) -> PathBuf {
    loaded.config.data_dir.clone().unwrap_or_else(|| embedded::default_data_dir(|name| std::env::var_os(name)))
}

/// Starts or joins the embedded server, saying what it does where that takes a while.
pub async fn serve(loaded: &Loaded) -> Result<Server, Failure> {
    let mut settings = Settings::new(data_dir(loaded), std::env::var_os("PATH").as_deref());
    settings.bin_dir =
        loaded.config.database.bin_dir.clone().or_else(|| std::env::var_os("WIREROOM_PG_BIN").map(PathBuf::from));
    settings.listen = loaded.config.database.listen;
    let bar = ProgressBar::new_spinner();
    let told = bar.clone();
    let server = embedded::start(&settings, move |progress| {
        told.enable_steady_tick(Duration::from_millis(120));
        match progress {
            Progress::Fetching { from, bytes } => {
                let text = format!("fetching PostgreSQL from {from}: {} MB, once", bytes >> 20);
                tracing::info!("{text}");
                told.set_message(text);
            }
            Progress::Creating(version) => told.set_message(format!("making a database with PostgreSQL {version}")),
            Progress::WaitingForOldServer => told.set_message("waiting for the processes of a crashed server to end"),
            Progress::SocketElsewhere(path) => {
                tracing::info!(path = %path.display(), "the socket is in a short folder");
            }
            _ => {}
        }
    })
    .await;
    bar.finish_and_clear();
    Ok(server?)
}

/// Connects, migrated.
pub async fn open(loaded: &Loaded) -> Result<Opened, Failure> {
    let (options, server) = if let Some(url) = &loaded.database_url {
        let options = PgConnectOptions::from_str(url.reveal())
            .map_err(|error| Failure::Config(format!("DATABASE_URL cannot be read: {error}")))?;
        (options, None)
    } else {
        let server = serve(loaded).await?;
        (server.connect_options(), Some(server))
    };
    match connect(loaded, options, server.is_none()).await {
        Ok(store) => Ok(Opened { store, data_dir: data_dir(loaded), server, revived: Mutex::default() }),
        Err(failure) => {
            // Nobody else will stop what was started for nothing.
            if let Some(server) = server {
                server.stop().await?;
            }
            Err(failure)
        }
    }
}

async fn connect(loaded: &Loaded, options: PgConnectOptions, named: bool) -> Result<Store, Failure> {
    let hint = if named { "; is DATABASE_URL right, and the server up?" } else { "" };
    let store = Store::connect(options, &loaded.config.database, &loaded.config.pipeline).await.map_err(|error| {
        let text = format!("{error}{hint}");
        if error.is_transient() { Failure::TryAgain(text) } else { Failure::Failed(text) }
    })?;
    store.migrate().await?;
    Ok(store)
}
