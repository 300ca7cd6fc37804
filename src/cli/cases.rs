//! Recorded cases: a page as it was, and what was made of it. `clean --record` writes them, `validate` replays them, so
//! that a changed rule shows where it changes an article.

use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;

use super::inputs::{Input, InputError};
use crate::article::{self, Article, CleanError, Hint, Rules};
use crate::page::{self, tree::Limits};
use case::Case;

mod case;

/// Cases that are replayed; more are no test but an archive.
const CASES_MAX: usize = 10_000;

/// Writes a page and what was made of it below `folder`, in a folder of its host's name. Gives the case's file.
pub fn record(folder: &Path, input: &Input, made: &Result<Article, CleanError>) -> Result<PathBuf, InputError> {
    let Some(url) = &input.url else {
        return Err(InputError::new("no-url", "a case needs its page's address: give it with --url"));
    };
    let host = url.host_str().unwrap_or("no-host").trim_end_matches('.');
    let folder = folder.join(host);
    let path = folder.join(format!("{}.toml", case::name(url)));
    let case = Case::new(url, input.content_type.as_deref(), made);
    let write = || -> std::io::Result<()> {
        std::fs::create_dir_all(&folder)?;
        let mut packed = GzEncoder::new(Vec::new(), Compression::best());
        packed.write_all(&input.bytes)?;
        std::fs::write(page_of(&path), packed.finish()?)?;
        std::fs::write(&path, case.written().map_err(std::io::Error::other)?)
    };
    write().map_err(|error| InputError::new("unwritable", format!("{} cannot be written: {error}", path.display())))?;
    Ok(path)
}

/// Replays all cases below a folder. Gives how many there are, and a line for every difference.
pub fn replay(folder: &Path, rules: &Rules) -> (usize, Vec<String>) {
    let mut files: Vec<PathBuf> = entries(folder).iter().flat_map(|host| entries(host)).collect();
    files.retain(|path| path.extension().is_some_and(|kind| kind == "toml"));
    files.sort();
    files.truncate(CASES_MAX);
    let told = files.iter().flat_map(|file| {
        let name = file.display();
        let differences = one(file, rules).unwrap_or_else(|why| vec![why]);
        differences.into_iter().map(move |difference| format!("{name}: {difference}"))
    });
    (files.len(), told.collect())
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    std::fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path()).collect()
}

/// What is not as it was recorded; or why that cannot be told.
fn one(file: &Path, rules: &Rules) -> Result<Vec<String>, String> {
    let text = std::fs::read_to_string(file).map_err(|error| format!("cannot be read: {error}"))?;
    let recorded = Case::read(&text)?;
    let page = page_of(file);
    let packed = std::fs::File::open(&page).map_err(|error| format!("its page {}: {error}", page.display()))?;
    let mut bytes = Vec::new();
    let limit = u64::try_from(Limits::default().bytes).unwrap_or(u64::MAX);
    GzDecoder::new(packed)
        .take(limit)
        .read_to_end(&mut bytes)
        .map_err(|error| format!("its page {}: {error}", page.display()))?;
    let input = Input { bytes, content_type: recorded.content_type.clone(), url: Some(recorded.url.clone()) };
    let made = made_of(&input, &Hint::default(), rules);
    Ok(recorded.differences(&Case::new(&recorded.url, recorded.content_type.as_deref(), &made)))
}

/// A page's article, or what it is instead.
pub fn made_of(input: &Input, hint: &Hint, rules: &Rules) -> Result<Article, CleanError> {
    page::check(&input.bytes)?;
    let decoded = page::decode(&input.bytes, input.content_type.as_deref());
    article::clean(&decoded.text, input.url.as_ref(), hint, rules)
}

fn page_of(case: &Path) -> PathBuf {
    case.with_extension("html.gz")
}
