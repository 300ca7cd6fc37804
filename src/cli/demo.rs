//! `wireroom demo`: the bundled newspaper through the real daemon into the real database.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use chrono::Utc;
use indicatif::{ProgressBar, ProgressStyle};
use tokio_util::sync::CancellationToken;

use super::Failure;
use super::database::{self, Opened};
use super::{answers, run};
use crate::config::{Config, Loaded};
use crate::demo::{self, Newspaper};
use crate::pipeline::{Mode, Summary};
use crate::store::{FeedOrigin, Scope};

/// Runs the demo, or takes everything of it out again.
pub async fn demo(loaded: &Loaded, force: bool, remove: bool, json: bool) -> Result<(), Failure> {
    let started = Instant::now();
    let opened = database::open(loaded).await?;
    let done = if remove { take_out(&opened).await } else { show(loaded, &opened, force, json, started).await };
    let closed = opened.close().await;
    done.and(closed)
}

async fn take_out(opened: &Opened) -> Result<(), Failure> {
    let removed = opened.store.remove_demo().await?;
    eprintln!("removed {} feeds and {} articles of the demo", removed.feeds, removed.articles);
    Ok(())
}

async fn show(loaded: &Loaded, opened: &Opened, force: bool, json: bool, started: Instant) -> Result<(), Failure> {
    let others = opened.store.feed_count().await?;
    if others > 0 && !force {
        return Err(Failure::failed(format!(
            "this database already holds {others} feeds that are not the demo's; run the demo on another one (another data_dir or DATABASE_URL), or beside them with --force"
        )));
    }
    // A second run must see the same newspaper, or every article would look edited.
    let base = opened.store.demo_since().await?.unwrap_or_else(Utc::now);
    let newspaper = Newspaper::new(base);
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0))
        .await
        .map_err(|error| Failure::failed(format!("no loopback port for the newspaper: {error}")))?;
    let address = listener.local_addr().map_err(|error| Failure::failed(error.to_string()))?;
    let feeds = newspaper.feeds();
    let stop = CancellationToken::new();
    let press = demo::serve(newspaper, listener, stop.clone())?;
    let config = configuration(&loaded.config, press.resolve(), address);
    opened.store.sync_feed_list(&feeds, FeedOrigin::Demo).await?;

    eprintln!("the newspaper is out on {address}: {} feeds", feeds.len());
    let watch = tokio::spawn(watch(opened.store.clone(), started));
    let first = round(loaded, opened, &config).await?;
    eprintln!("first round: {first}");
    // News does not stand still: an article is edited, and the feeds are asked again.
    press.publish_edit();
    opened.store.make_due(Scope::Demo).await?;
    let second = round(loaded, opened, &config).await?;
    eprintln!("second round: {second}");
    watch.abort();
    stop.cancel();
    if let Err(error) = press.stopped().await {
        tracing::warn!(%error, "the newspaper stopped by itself");
    }
    answers::after_demo(opened, json).await
}

async fn round(loaded: &Loaded, opened: &Opened, config: &Config) -> Result<Summary, Failure> {
    run::go(loaded, opened, config.clone(), Scope::Demo, Mode::Once).await
}

/// The user's settings, but for what a newspaper on loopback needs: its names answered, its address allowed, and no
/// second between two requests, since nobody else's server is asked.
fn configuration(config: &Config, names: Vec<(String, SocketAddr)>, address: SocketAddr) -> Config {
    let mut config = config.clone();
    config.fetch.resolve.extend(names);
    config.fetch.allow_networks.push(ipnet::IpNet::from(address.ip()));
    config.fetch.host_delay = Duration::from_millis(20);
    config.http.listen = None;
    config.poll.entry_age_max = None;
    config
}

/// Shows progress, and says when the first article can be queried.
async fn watch(store: crate::store::Store, started: Instant) {
    let bar = ProgressBar::new_spinner();
    bar.set_style(ProgressStyle::with_template("{spinner} {msg}").unwrap_or_else(|_| ProgressStyle::default_spinner()));
    bar.enable_steady_tick(Duration::from_millis(120));
    let mut told = false;
    loop {
        if let Ok(articles) = store.demo_articles().await {
            if articles > 0 && !told {
                told = true;
                bar.suspend(|| {
                    eprintln!("first article queryable {:.1} s after the start", started.elapsed().as_secs_f64());
                });
            }
            bar.set_message(format!("{articles} articles"));
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}
