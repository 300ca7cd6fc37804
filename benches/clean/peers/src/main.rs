//! Runs one extractor over a file of pages, a JSON object a line, and prints its answers the same way.
//!
//! `clean-peers NAME CORPUS SKIP PASSES`: pages before SKIP are passed over; after the first pass come PASSES more whose
//! times alone are printed. A panic is an answer; an abort is the caller's to see.

use std::fs::File;
use std::io::{BufRead as _, BufReader, Write as _};
use std::panic::{AssertUnwindSafe, catch_unwind};

use cpu_time::ThreadTime;
use serde::{Deserialize, Serialize};
use url::Url;

#[derive(Deserialize)]
struct Page {
    file: String,
    url: Option<String>,
    html: String,
}

#[derive(Default, Serialize)]
struct Answer {
    file: String,
    text: Option<String>,
    error: Option<String>,
    seconds: f64,
    title: Option<String>,
    published: Option<String>,
    authors: Vec<String>,
    language: Option<String>,
}

type Extractor = fn(&str, Option<&Url>) -> Result<Answer, String>;

/// A page that lets every extractor compile its patterns before the clock runs.
const WARM_UP: &str = "<html lang=en><head><title>Rain | Paper</title><meta name=author content='A. Writer'></head><body>\
    <article><h1>Rain</h1><p>It rained all day, and the river rose by a metre, so that the bridge was closed at noon, \
    police said.</p><p>By evening it was open again, and nobody had been hurt, though many came late, as they do when \
    it rains.</p></article></body></html>";

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [name, corpus, skip, passes] = args.as_slice() else { panic!("NAME CORPUS SKIP PASSES") };
    let extractor = EXTRACTORS.iter().find(|(known, _)| known == name).expect("a known extractor").1;
    let skip: usize = skip.parse().expect("SKIP is a number");
    let passes: usize = passes.parse().expect("PASSES is a number");
    let lines = BufReader::new(File::open(corpus).expect("the corpus is there")).lines();
    let pages: Vec<Page> =
        lines.skip(skip).map(|line| serde_json::from_str(&line.expect("text")).expect("a page")).collect();
    let loaded = status_kib("VmRSS:");
    std::panic::set_hook(Box::new(|_| {}));
    let _ = run(extractor, WARM_UP, None);
    let mut out = std::io::stdout();
    for page in &pages {
        let url = page.url.as_deref().and_then(|url| Url::parse(url).ok());
        let (answer, seconds) = run(extractor, &page.html, url.as_ref());
        let answer = Answer { file: page.file.clone(), seconds, ..answer };
        writeln!(out, "{}", serde_json::to_string(&answer).expect("an answer is JSON")).expect("the caller listens");
    }
    for _ in 0..passes {
        let times: Vec<f64> = pages
            .iter()
            .map(|page| run(extractor, &page.html, page.url.as_deref().and_then(|u| Url::parse(u).ok()).as_ref()).1)
            .collect();
        writeln!(out, "{}", serde_json::json!({ "pass": times })).expect("the caller listens");
    }
    let peak = status_kib("VmHWM:").saturating_sub(loaded);
    writeln!(out, "{}", serde_json::json!({ "peak_kib": peak })).expect("the caller listens");
}

fn run(extractor: Extractor, html: &str, url: Option<&Url>) -> (Answer, f64) {
    let begin = ThreadTime::now();
    let result = catch_unwind(AssertUnwindSafe(|| extractor(html, url)));
    let seconds = begin.elapsed().as_secs_f64();
    let failed = |error: String| Answer { error: Some(error), ..Answer::default() };
    let answer = match result {
        Ok(Ok(answer)) if answer.text.as_deref().is_some_and(|text| !text.trim().is_empty()) => answer,
        Ok(Ok(_)) => failed("empty".to_owned()),
        Ok(Err(error)) => failed(error.chars().take(60).collect()),
        Err(_) => failed("panic".to_owned()),
    };
    (answer, seconds)
}

const EXTRACTORS: [(&str, Extractor); 9] = [
    ("trafilatura-rs", |html, url| trafilatura_rs(html, url, false, trafilatura::ExtractionFocus::Balanced)),
    ("trafilatura-rs-fb", |html, url| trafilatura_rs(html, url, true, trafilatura::ExtractionFocus::Balanced)),
    ("trafilatura-rs-prec", |html, url| trafilatura_rs(html, url, true, trafilatura::ExtractionFocus::FavorPrecision)),
    ("trafilatura-rs-rec", |html, url| trafilatura_rs(html, url, true, trafilatura::ExtractionFocus::FavorRecall)),
    ("rs-trafilatura", rs_trafilatura),
    ("dom_smoothie", dom_smoothie),
    ("legible", legible),
    ("libreadability", libreadability),
    ("readability-rs", readability),
];

fn trafilatura_rs(
    html: &str,
    url: Option<&Url>,
    fallback: bool,
    focus: trafilatura::ExtractionFocus,
) -> Result<Answer, String> {
    let mut options =
        trafilatura::Options::default().with_fallback(fallback).with_focus(focus).with_exclude_comments(true);
    if let Some(url) = url {
        options = options.with_url(url.clone());
    }
    let result = trafilatura::extract(html, &options).map_err(|error| error.to_string())?;
    let metadata = result.metadata;
    Ok(Answer {
        text: Some(result.content_text),
        title: some(metadata.title),
        published: metadata.date.map(|date| date.to_string()),
        authors: vec![metadata.author],
        language: some(metadata.language),
        ..Answer::default()
    })
}

fn rs_trafilatura(html: &str, url: Option<&Url>) -> Result<Answer, String> {
    let options = rs_trafilatura::Options { url: url.map(Url::to_string), ..rs_trafilatura::Options::default() };
    let result = rs_trafilatura::extract_with_options(html, &options).map_err(|error| error.to_string())?;
    let metadata = result.metadata;
    Ok(Answer {
        text: Some(result.content_text),
        title: metadata.title,
        published: metadata.date.map(|date| date.to_rfc3339()),
        authors: metadata.author.into_iter().collect(),
        language: metadata.language,
        ..Answer::default()
    })
}

fn dom_smoothie(html: &str, url: Option<&Url>) -> Result<Answer, String> {
    let config = dom_smoothie::Config { text_mode: dom_smoothie::TextMode::Formatted, ..Default::default() };
    let mut reader =
        dom_smoothie::Readability::new(html, url.map(Url::as_str), Some(config)).map_err(|error| error.to_string())?;
    let article = reader.parse().map_err(|error| error.to_string())?;
    Ok(Answer {
        text: Some(article.text_content.to_string()),
        title: some(article.title),
        published: article.published_time,
        authors: article.byline.into_iter().collect(),
        language: article.lang,
        ..Answer::default()
    })
}

fn legible(html: &str, url: Option<&Url>) -> Result<Answer, String> {
    let article = legible::parse(html, url.map(Url::as_str), None).map_err(|error| error.to_string())?;
    Ok(Answer {
        text: Some(article.text_content),
        title: some(article.title),
        published: article.published_time,
        authors: article.byline.into_iter().collect(),
        language: article.lang,
        ..Answer::default()
    })
}

fn libreadability(html: &str, url: Option<&Url>) -> Result<Answer, String> {
    let article = libreadability::extract(html, url.map(Url::as_str)).map_err(|error| error.to_string())?;
    Ok(Answer {
        text: Some(article.text_content),
        title: some(article.title),
        published: some(article.published_time),
        authors: vec![article.byline],
        language: some(article.language),
        ..Answer::default()
    })
}

fn readability(html: &str, url: Option<&Url>) -> Result<Answer, String> {
    let anywhere = Url::parse("https://example.org/").expect("an address");
    let product = readability::extractor::extract(&mut html.as_bytes(), url.unwrap_or(&anywhere))
        .map_err(|error| format!("{error:?}"))?;
    Ok(Answer { text: Some(product.text), title: some(product.title), ..Answer::default() })
}

fn some(text: String) -> Option<String> {
    (!text.is_empty()).then_some(text)
}

fn status_kib(name: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix(name));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or(0)
}
