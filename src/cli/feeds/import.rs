//! `feeds add` and `feeds import`: lists into the database.

use std::io::{IsTerminal as _, Read as _};
use std::path::Path;

use indicatif::{ProgressBar, ProgressStyle};
use serde_json::json;

use crate::cli::database::Opened;
use crate::cli::{Failure, print};
use crate::feed_list::{self, FeedList};
use crate::polling::FeedOptions;
use crate::store::{FeedChange, FeedOrigin};

/// The longest list read, in bytes.
const LIST_BYTES_MAX: u64 = 64 << 20;
/// Lists with fewer feeds are done before a bar is drawn.
const BAR_FROM: usize = 2000;

/// The list of a file, or of standard input where it is called `-`.
pub fn read(file: &Path) -> Result<(String, FeedList), Failure> {
    let name = if file.as_os_str() == "-" { "stdin".to_owned() } else { file.display().to_string() };
    let cannot = |error: std::io::Error| Failure::failed(format!("{name}: cannot be read: {error}; give a text file"));
    let mut bytes = Vec::new();
    if file.as_os_str() == "-" {
        std::io::stdin().take(LIST_BYTES_MAX).read_to_end(&mut bytes).map_err(cannot)?;
    } else {
        let open = std::fs::File::open(file).map_err(cannot)?;
        open.take(LIST_BYTES_MAX).read_to_end(&mut bytes).map_err(cannot)?;
    }
    let text = feed_list::decode(&bytes);
    let list = feed_list::read_any(&name, &text).map_err(|error| Failure::failed(format!("{name}: {error}")))?;
    Ok((name, list))
}

/// Addresses from the command line as a list, all asked in the same way.
pub fn from_arguments(urls: &[String], options: &[String]) -> Result<FeedList, Failure> {
    let mut list = feed_list::read_any("the command line", &urls.join("\n")).map_err(Failure::Failed)?;
    if !options.is_empty() {
        let options = FeedOptions::from_pairs(options.iter().map(String::as_str)).map_err(Failure::Failed)?;
        for feed in &mut list.feeds {
            feed.options = Some(options.clone());
        }
    }
    Ok(list)
}

/// Writes a list and says what became of every feed in it.
pub async fn take(opened: &Opened, name: &str, list: &FeedList, json: bool) -> Result<(), Failure> {
    let bar = if list.feeds.len() >= BAR_FROM && std::io::stderr().is_terminal() {
        let style =
            ProgressStyle::with_template("{wide_bar} {pos}/{len} feeds").map_err(|e| Failure::failed(e.to_string()))?;
        ProgressBar::new(list.feeds.len() as u64).with_style(style)
    } else {
        ProgressBar::hidden()
    };
    let report = opened.store.sync_list(list, FeedOrigin::Command, |done| bar.set_position(done as u64)).await;
    bar.finish_and_clear();
    let report = report?;
    let left_out = list.rejected.iter().map(|r| ("rejected", r)).chain(list.notes.iter().map(|n| ("skipped", n)));
    if json {
        for feed in &report.touched {
            print::json(feed)?;
        }
        for (change, line) in left_out {
            print::json(&json!({ "file": name, "line": line.line, "change": change, "reason": line.reason }))?;
        }
    } else {
        for (_, line) in left_out {
            eprintln!("{name}:{}: {}", line.line, line.reason);
        }
        for feed in report.touched.iter().filter(|feed| feed.change != FeedChange::Added || report.added <= 20) {
            print::line(&format!("{} {}", feed.change.as_str(), feed.url))?;
        }
        print::line(&format!(
            "{} added, {} changed, {} as they were, {} skipped",
            report.added,
            report.changed,
            report.unchanged,
            list.rejected.len() + list.notes.len()
        ))?;
    }
    if list.rejected.is_empty() { Ok(()) } else { Err(Failure::Told) }
}
