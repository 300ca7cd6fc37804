//! Our own cleaning over a set: what it says, and what it costs in CPU time and memory.

use std::fs;
use std::path::Path;

use chrono::SecondsFormat;
use cpu_time::ThreadTime;
use url::Url;
use wireroom::article::{Article, CleanError, Hint, Precision, Rules, clean};

use super::truth::{Answer, Page};

/// The rules as they are on disk now, so that a changed pattern needs no build.
pub fn rules() -> Rules {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("config/rules");
    Rules::with(|name| fs::read_to_string(folder.join(name)).ok()).expect("the rule files load")
}

/// Cleans one page.
pub fn clean_page(page: &Page, rules: &Rules) -> Result<Article, CleanError> {
    let url = page.url.as_deref().and_then(|url| Url::parse(url).ok());
    clean(&page.html, url.as_ref(), &Hint::default(), rules)
}

/// Cleans every page, and then as often again as asked; the time of a page is the median of the later passes, if any.
pub fn answers(pages: &[Page], rules: &Rules, passes: usize) -> Vec<Answer> {
    let mut answers: Vec<Answer> = pages
        .iter()
        .map(|page| {
            let (result, seconds) = timed(|| clean_page(page, rules));
            answer(&page.file, seconds, result)
        })
        .collect();
    let mut times: Vec<Vec<f64>> = vec![Vec::new(); pages.len()];
    for _ in 0..passes {
        for (page, times) in pages.iter().zip(&mut times) {
            times.push(timed(|| clean_page(page, rules)).1);
        }
    }
    for (answer, times) in answers.iter_mut().zip(times).filter(|(_, times)| !times.is_empty()) {
        answer.seconds = median(times);
    }
    answers
}

/// What a pass of `work` over the pages takes, the median of some passes after one that warms up; a time for each page.
pub fn floor<T>(pages: &[Page], passes: usize, work: impl Fn(&str) -> T) -> Vec<f64> {
    for page in pages {
        drop(std::hint::black_box(work(&page.html)));
    }
    let mut times: Vec<Vec<f64>> = vec![Vec::new(); pages.len()];
    for _ in 0..passes.max(1) {
        for (page, times) in pages.iter().zip(&mut times) {
            times.push(timed(|| std::hint::black_box(work(&page.html))).1);
        }
    }
    times.into_iter().map(median).collect()
}

/// The result, dropped outside, and the CPU time of this thread it took.
fn timed<T>(work: impl FnOnce() -> T) -> (T, f64) {
    let begin = ThreadTime::now();
    let result = work();
    (result, begin.elapsed().as_secs_f64())
}

fn median(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times.get(times.len() / 2).copied().unwrap_or_default()
}

fn answer(file: &str, seconds: f64, result: Result<Article, CleanError>) -> Answer {
    let file = file.to_owned();
    match result {
        Ok(article) => Answer {
            file,
            seconds,
            published: published(&article),
            text: Some(article.text),
            error: None,
            title: article.title,
            authors: article.authors,
            language: article.language,
        },
        Err(error) => Answer { file, seconds, error: Some(error.kind().to_owned()), ..Answer::default() },
    }
}

/// The time with no more of it than is claimed to be known.
fn published(article: &Article) -> Option<String> {
    let at = article.published_at?;
    Some(match article.published_precision {
        Precision::None => return None,
        Precision::Day => at.format("%Y-%m-%d").to_string(),
        Precision::Minute | Precision::Second => at.to_rfc3339_opts(SecondsFormat::Secs, true),
    })
}

/// The most memory this process has held since [`forget_peak`], in KiB.
pub fn peak_kib() -> u64 {
    status_kib("VmHWM:")
}

/// What it holds now, in KiB.
pub fn held_kib() -> u64 {
    status_kib("VmRSS:")
}

/// Lets the peak begin anew at what is held now. Where the system forbids it the peak is the whole run's.
pub fn forget_peak() {
    if let Err(error) = fs::write("/proc/self/clear_refs", "5") {
        eprintln!("the peak of memory is the whole run's: {error}");
    }
}

fn status_kib(name: &str) -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix(name));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or(0)
}
