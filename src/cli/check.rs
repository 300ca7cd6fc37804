//! `validate` and `healthcheck`.

use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::{Failure, cases, print, rules};
use crate::config::{Config, Loaded, Secrets, load::Problem, sites};
use crate::feed_list;
use crate::fetch::SafeUrl;

/// `wireroom validate`: all errors at once, each with file and line.
pub fn validate(loaded: &Result<Loaded, Vec<Problem>>, files: &[PathBuf]) -> Result<(), Failure> {
    let mut problems: Vec<String> = Vec::new();
    let mut lists = files.to_vec();
    match loaded {
        Ok(loaded) => {
            let place = loaded.path.as_ref().map_or("the built-in defaults".to_owned(), |p| p.display().to_string());
            print::line(&format!("{place}: fine"))?;
            lists.extend(loaded.config.feeds_file.clone().filter(|_| files.is_empty()));
        }
        Err(found) => problems.extend(found.iter().map(ToString::to_string)),
    }
    if let Ok(loaded) = loaded {
        check_sites(loaded, &mut problems)?;
    }
    for file in &lists {
        check_list(file, loaded.as_ref().map(|loaded| &loaded.config.secrets).ok(), &mut problems)?;
    }
    for problem in &problems {
        eprintln!("{problem}");
    }
    if problems.is_empty() { Ok(()) } else { Err(Failure::Config(format!("{} problems", problems.len()))) }
}

/// The rules for single sites, and the cases recorded for them.
fn check_sites(loaded: &Loaded, problems: &mut Vec<String>) -> Result<(), Failure> {
    let Some(path) = &loaded.path else { return Ok(()) };
    match sites::load(Some(path)) {
        Ok(rules) if sites::file(path).exists() => {
            print::line(&format!("{}: {} sites", sites::file(path).display(), rules.len()))?;
        }
        Ok(_) => {}
        Err(found) => problems.extend(found.iter().map(ToString::to_string)),
    }
    let folder = sites::cases(path);
    if !folder.is_dir() {
        return Ok(());
    }
    match rules::rules(loaded) {
        Ok(rules) => {
            let (cases, differences) = cases::replay(&folder, &rules);
            problems.extend(differences);
            print::line(&format!("{}: {cases} recorded cases", folder.display()))
        }
        // The fault was told above, or is one of the folder `rules`.
        Err(failure) => {
            problems.push(format!("{}: the cases were not replayed: {failure}", folder.display()));
            Ok(())
        }
    }
}

fn check_list(file: &Path, secrets: Option<&Secrets>, problems: &mut Vec<String>) -> Result<(), Failure> {
    let name = file.display();
    let text = match std::fs::read_to_string(file) {
        Ok(text) => text,
        Err(error) => {
            problems.push(format!("{name}: the feed list cannot be read: {error}; give the path of a text file"));
            return Ok(());
        }
    };
    match feed_list::read_any(&name.to_string(), &text) {
        Ok(list) => {
            problems.extend(list.rejected.iter().map(|r| format!("{name}:{}: {}", r.line, r.reason)));
            problems.extend(list.feeds.iter().filter_map(|feed| {
                let why = feed.options.as_ref()?.manner(&feed.url, secrets?).err()?;
                Some(format!("{name}: {}: {why}", SafeUrl(&feed.url)))
            }));
            print::line(&format!("{name}: {} feeds, {} rejected", list.feeds.len(), list.rejected.len()))
        }
        Err(error) => {
            problems.push(format!("{name}: {error}"));
            Ok(())
        }
    }
}

/// `wireroom healthcheck`: asks the daemon's own port.
pub async fn healthcheck(config: &Config) -> Result<(), Failure> {
    let Some(address) = config.http.listen else {
        return Err(Failure::Config("http.listen is off: there is no port to ask".to_owned()));
    };
    let asked = tokio::time::timeout(Duration::from_secs(5), ask(address)).await;
    match asked {
        Ok(Ok(answer)) if answer.starts_with("HTTP/1.1 200") => Ok(()),
        Ok(Ok(answer)) => {
            let body = answer.split("\r\n\r\n").nth(1).unwrap_or_default().trim().to_owned();
            Err(Failure::failed(format!("not ready: {body}")))
        }
        Ok(Err(error)) => Err(Failure::failed(format!("no daemon answers on {address}: {error}"))),
        Err(_) => Err(Failure::failed(format!("no answer from {address} within 5 s"))),
    }
}

async fn ask(address: std::net::SocketAddr) -> std::io::Result<String> {
    let mut stream = tokio::net::TcpSocket::new_v4()?.connect(address).await?;
    stream
        .write_all(format!("GET /readyz HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n").as_bytes())
        .await?;
    let mut answer = String::new();
    stream.take(64 << 10).read_to_string(&mut answer).await?;
    Ok(answer)
}
