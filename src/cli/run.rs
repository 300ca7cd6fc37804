//! `wireroom run`: the daemon.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

use super::Failure;
use super::database::{self, Opened};
use super::{print, rules};
use crate::archive::Archive;
use crate::config::{Config, Loaded};
use crate::embedded::Server;
use crate::feed_list::{self, FeedList};
use crate::fetch::Fetcher;
use crate::http::{self, Health};
use crate::pipeline::{Handle, Knowledge, Mode, Parts, Pipeline, Summary};
use crate::store::{FeedChange, FeedOrigin, Scope, Store};
use crate::telemetry::Metrics;

/// Changed feeds named in the log when a list is read; of more, the sum is told.
const CHANGES_TOLD_MAX: usize = 50;

/// Runs the daemon until it is told to stop, or with `once` until nothing is left to do.
pub async fn run(loaded: &Loaded, once: bool, json: bool) -> Result<(), Failure> {
    let config = &loaded.config;
    let opened = database::open(loaded).await?;
    let feeds = take_feed_list(config, &opened.store).await?;
    if feeds == 0 {
        tracing::warn!("no feeds yet: add some with `wireroom feeds add URL` or `wireroom feeds import FILE`");
    }
    if once {
        // "Everything due once" has everything in it that was never polled.
        opened.store.make_unpolled_due().await?;
    }
    let mode = if once { Mode::Once } else { Mode::Forever };
    let summary = go(loaded, &opened, config.clone(), Scope::Daemon, mode).await;
    let stopped = opened.close().await;
    let summary = summary?;
    if once {
        if json { print::json(&summary)? } else { print::line(&summary.to_string())? }
    }
    stopped
}

/// Runs the pipeline with its port and its signals; for the daemon and for the demo.
pub async fn go(
    loaded: &Loaded,
    opened: &Opened,
    config: Config,
    scope: Scope,
    mode: Mode,
) -> Result<Summary, Failure> {
    let stop = CancellationToken::new();
    let metrics = Metrics::default();
    let health = Health::default();
    health.database(Ok(()));
    let port = match config.http.listen {
        Some(address) => {
            let listener = tokio::net::TcpListener::bind(address).await.map_err(|error| {
                Failure::failed(format!(
                    "{address} cannot be listened on ({error}): another wireroom may run; set http.listen to a free port or to \"off\""
                ))
            })?;
            Some(tokio::spawn(http::serve(listener, health.clone(), metrics.clone(), stop.clone())))
        }
        None => None,
    };
    let hubs = match config.push.listen.filter(|_| mode == Mode::Forever && scope == Scope::Daemon) {
        Some(address) => Some(tokio::net::TcpListener::bind(address).await.map_err(|error| {
            Failure::failed(format!(
                "{address} cannot be listened on ({error}); set push.listen to a free port or to \"off\""
            ))
        })?),
        None => None,
    };
    let pages = opened.data_dir.join("pages");
    let archive = Archive::open(&pages).map_err(|error| {
        Failure::failed(format!(
            "{}: pages cannot be kept there: {error}; set data_dir to a writable folder",
            pages.display()
        ))
    })?;
    let fetcher = Fetcher::new(&config.fetch).map_err(|error| Failure::failed(error.to_string()))?;
    let pipeline = Pipeline::new(Parts {
        store: opened.store.clone(),
        fetcher,
        archive,
        knowledge: knowledge(loaded)?,
        config,
        metrics,
        health: health.clone(),
        scope,
    });
    let callback = hubs
        .zip(pipeline.callbacks())
        .map(|(listener, callbacks)| tokio::spawn(http::callback::serve(listener, callbacks, stop.clone())));
    let handle = pipeline.handle();
    let revived =
        opened.is_embedded().then(|| tokio::spawn(keep_server_up(loaded.clone(), health.clone(), stop.clone())));
    let signals = tokio::spawn(watch_signals(loaded.clone(), opened.store.clone(), handle, stop.clone()));
    tell_systemd(&[sd_notify::NotifyState::Ready]);
    let summary = pipeline.run(mode, stop.clone()).await;
    stop.cancel();
    signals.abort();
    if let Some(revived) = revived
        && let Ok(servers) = revived.await
    {
        opened.adopt(servers);
    }
    for (name, port) in [("health", port), ("callback", callback)] {
        if let Some(port) = port
            && let Err(error) = port.await
        {
            tracing::warn!(%error, port = name, "a port stopped by itself");
        }
    }
    Ok(summary)
}

/// What cleaning and extraction go by, as the files beside the configuration have it.
pub fn knowledge(loaded: &Loaded) -> Result<Knowledge, Failure> {
    Ok(Knowledge { rules: Arc::new(rules::rules(loaded)?), ..Knowledge::builtin() })
}

/// Reads the feed list beside the configuration into the database; gives the number of feeds there are.
async fn take_feed_list(config: &Config, store: &Store) -> Result<usize, Failure> {
    let Some(path) = &config.feeds_file else { return Ok(store.feed_count().await?) };
    let bytes = tokio::fs::read(path)
        .await
        .map_err(|error| Failure::Config(format!("{}: the feed list cannot be read: {error}", path.display())))?;
    let list = read_list(path, &feed_list::decode(&bytes))?;
    let report = store.sync_list(&list, FeedOrigin::File, |_| {}).await?;
    // At the first start everything is new, and the sum says it.
    for feed in report.touched.iter().filter(|feed| feed.change != FeedChange::Added).take(CHANGES_TOLD_MAX) {
        tracing::info!(url = feed.url, change = feed.change.as_str(), "the feed list changed a feed");
    }
    tracing::info!(
        file = %path.display(),
        added = report.added,
        changed = report.changed,
        unchanged = report.unchanged,
        paused = report.paused,
        rejected = list.rejected.len(),
        "read the feed list"
    );
    Ok(store.feed_count().await?)
}

fn read_list(path: &Path, text: &str) -> Result<FeedList, Failure> {
    let name = path.to_string_lossy();
    let list = feed_list::read_any(&name, text).map_err(|error| Failure::Config(format!("{name}: {error}")))?;
    for rejected in &list.rejected {
        let place = format!("{name}:{}", rejected.line);
        tracing::warn!(
            place,
            reason = rejected.reason,
            "a line of the feed list is left out; its feed stays as it was"
        );
    }
    Ok(list)
}

/// How long the database may be away before the embedded server is looked after.
const REVIVE_AFTER: Duration = Duration::from_secs(3);

/// Starts the embedded server again when it has gone: somebody killed it, or the machine ran out of memory. Gives the
/// servers it started, to be stopped at the end.
async fn keep_server_up(loaded: Loaded, health: Health, stop: CancellationToken) -> Vec<Server> {
    let mut servers = Vec::new();
    loop {
        tokio::select! {
            () = tokio::time::sleep(REVIVE_AFTER) => {}
            () = stop.cancelled() => return servers,
        }
        if !health.is_database_away() {
            continue;
        }
        match database::serve(&loaded).await {
            Ok(server) => {
                if server.was_started_here() {
                    tracing::warn!("the embedded PostgreSQL had gone and was started again");
                }
                servers.push(server);
            }
            Err(error) => tracing::error!(%error, "the embedded PostgreSQL cannot be started again; trying on"),
        }
    }
}

async fn watch_signals(loaded: Loaded, store: Store, handle: Handle, stop: CancellationToken) {
    let (Ok(mut terminate), Ok(mut interrupt), Ok(mut hangup)) =
        (signal(SignalKind::terminate()), signal(SignalKind::interrupt()), signal(SignalKind::hangup()))
    else {
        tracing::error!("signals cannot be watched; only a kill will stop this process");
        return;
    };
    loop {
        tokio::select! {
            _ = terminate.recv() => break,
            _ = interrupt.recv() => break,
            _ = hangup.recv() => reload(&loaded, &store, &handle).await,
        }
    }
    tracing::info!("stopping: what is under way is finished, the rest stays pending");
    tell_systemd(&[sd_notify::NotifyState::Stopping]);
    stop.cancel();
    tokio::select! { _ = terminate.recv() => {}, _ = interrupt.recv() => {} }
    tracing::warn!("stopped at once; what was leased is due again when its lease has run out");
    std::process::exit(1);
}

async fn reload(loaded: &Loaded, store: &Store, handle: &Handle) {
    match knowledge(loaded) {
        Ok(knowledge) => handle.replace_knowledge(knowledge),
        Err(error) => tracing::error!(%error, "the rules were not reloaded; the old ones go on"),
    }
    match take_feed_list(&loaded.config, store).await {
        Ok(feeds) => tracing::info!(feeds, "reloaded the feed list"),
        Err(error) => tracing::error!(%error, "the feed list was not reloaded; the old one goes on"),
    }
}

fn tell_systemd(states: &[sd_notify::NotifyState]) {
    if let Err(error) = sd_notify::notify(states) {
        tracing::debug!(%error, "systemd was not told");
    }
}
