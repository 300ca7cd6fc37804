//! `feeds check`: what a server answers, what wireroom makes of it, and what its publisher could do better.

use std::io::Read as _;

use chrono::Utc;
use serde::Serialize;
use serde_json::json;
use url::Url;

use crate::cli::{Failure, print};
use crate::config::Loaded;
use crate::diagnosis::{self, Answer, Diagnosis, Order, Revalidation};
use crate::discover::{self, Rules, Text};
use crate::feed::{self, Feed, FeedError};
use crate::fetch::{FetchError, FetchKind, FetchRequest, Fetched, Fetcher};
use crate::identity::canonical_url;
use crate::page;

/// The most read from a file or stdin, in bytes: a little more than the longest feed that is parsed, so that a longer
/// one is refused for its length.
const FILE_BYTES_MAX: u64 = feed::FEED_BYTES_MAX as u64 + 1;
/// Entries shown.
const SHOWN: usize = 5;
/// Feeds named when the document is a web page that announces some.
const ANNOUNCED_MAX: usize = 10;

/// An entry as the daemon would record it.
#[derive(Serialize)]
struct Made {
    title: Option<String>,
    url: Option<String>,
    published_at: Option<chrono::DateTime<Utc>>,
    id: Option<String>,
}

/// A document to be checked.
struct Document {
    bytes: Vec<u8>,
    answer: Option<Answer>,
}

/// Explains a feed.
pub async fn check(loaded: &Loaded, input: &str, json: bool) -> Result<(), Failure> {
    let document = match Url::parse(input) {
        Ok(url) if matches!(url.scheme(), "http" | "https") => match fetch(loaded, url).await {
            Ok(document) => document,
            Err(error) => return not_had(input, &error, json),
        },
        _ => Document { bytes: file(input)?, answer: None },
    };
    let input = input.to_owned();
    let judged = tokio::task::spawn_blocking(move || judge(document, &input, json)).await;
    judged.map_err(|stopped| {
        Failure::failed(format!("the reader failed on this document ({stopped}); keep it and report it"))
    })?
}

/// Asks twice: for the document, then, with its validators, whether it has changed.
async fn fetch(loaded: &Loaded, url: Url) -> Result<Document, FetchError> {
    let fetcher = Fetcher::new(&loaded.config.fetch)?;
    let first = fetcher.get(FetchRequest::new(url, FetchKind::Feed)).await?;
    let revalidation = if first.etag.is_none() && first.last_modified.is_none() {
        Revalidation::NoValidators
    } else {
        let again = FetchRequest {
            etag: first.etag.clone(),
            last_modified: first.last_modified.clone(),
            ..FetchRequest::new(first.final_url.clone(), FetchKind::Feed)
        };
        match fetcher.get(again).await {
            Ok(second) if second.not_modified => Revalidation::NotModified,
            Ok(second) if second.body == first.body || second.etag == first.etag => Revalidation::SentAgain,
            Ok(_) => Revalidation::Changed,
            Err(_) => Revalidation::Failed,
        }
    };
    let answer = answer(&first, revalidation);
    Ok(Document { bytes: first.body.to_vec(), answer: Some(answer) })
}

fn answer(fetched: &Fetched, revalidation: Revalidation) -> Answer {
    let (charset_header, charset_document) = diagnosis::charsets(fetched.content_type.as_deref(), &fetched.body);
    Answer {
        requested: fetched.requested.clone(),
        final_url: fetched.final_url.clone(),
        moved_permanently: fetched.moved_permanently.is_some(),
        status: fetched.status,
        content_type: fetched.content_type.clone(),
        bytes: fetched.body.len() as u64,
        wire_bytes: fetched.wire_bytes,
        seconds: fetched.elapsed.as_secs_f64(),
        etag: fetched.etag.clone(),
        last_modified: fetched.last_modified.clone(),
        max_age_seconds: fetched.max_age.map(|age| age.as_secs()),
        revalidation,
        charset_header,
        charset_document,
        is_utf8: std::str::from_utf8(&fetched.body).is_ok(),
    }
}

fn file(input: &str) -> Result<Vec<u8>, Failure> {
    let cannot = |error: std::io::Error| {
        Failure::failed(format!("{input}: cannot be read: {error}; give a URL, the path of a file, or -"))
    };
    let mut bytes = Vec::new();
    if input == "-" {
        std::io::stdin().take(FILE_BYTES_MAX).read_to_end(&mut bytes).map_err(cannot)?;
    } else {
        let open = std::fs::File::open(input).map_err(cannot)?;
        open.take(FILE_BYTES_MAX).read_to_end(&mut bytes).map_err(cannot)?;
    }
    Ok(bytes)
}

/// The server gave no document.
fn not_had(input: &str, error: &FetchError, json: bool) -> Result<(), Failure> {
    let remedy = match error {
        FetchError::Status { status: 401 | 402 | 403 | 451, .. } => {
            "; we are kept out: ask the publisher, or see whether a browser gets it"
        }
        FetchError::Status { status: 404 | 410, .. } => "; nothing is there: try `wireroom feeds discover` on the site",
        FetchError::Status { status: 429, .. } => "; we ask too often: wait, and raise fetch.host_delay",
        FetchError::Denied(_) => "; fetch.allow_networks exempts networks of your own",
        _ => "",
    };
    let text = format!("{input}: {error}{remedy}");
    if json {
        print::json(&json!({ "input": input, "error": { "kind": error.reason(), "message": text }, "announced": [] }))?;
    }
    match (error.is_transient(), json) {
        (true, _) => Err(Failure::TryAgain(text)),
        (false, true) => Err(Failure::Told),
        (false, false) => Err(Failure::Failed(text)),
    }
}

fn judge(document: Document, input: &str, json: bool) -> Result<(), Failure> {
    let Document { bytes, answer } = document;
    let content_type = answer.as_ref().and_then(|answer| answer.content_type.clone());
    let url = answer.as_ref().map(|answer| answer.final_url.clone());
    match feed::parse(&bytes, content_type.as_deref(), url.as_ref()) {
        Ok(feed) => {
            let diagnosis = diagnosis::examine(&feed, answer.as_ref(), Utc::now());
            let made = made(&feed);
            if json {
                let all = json!({ "input": input, "answer": answer, "feed": diagnosis, "first": made, "error": null });
                return print::json(&all);
            }
            answer.iter().try_for_each(tell_answer)?;
            tell(&diagnosis, &made)
        }
        Err(error) => {
            let announced = announced(&error, &bytes, content_type.as_deref(), url.as_ref());
            if json {
                let error = json!({ "kind": error.kind(), "message": error.to_string() });
                print::json(&json!({ "input": input, "answer": answer, "error": error, "announced": announced }))?;
                return Err(Failure::Told);
            }
            answer.iter().try_for_each(tell_answer)?;
            if !announced.is_empty() {
                print::line("the page announces these feeds:")?;
                announced.iter().try_for_each(|url| print::line(&format!("  {url}")))?;
            }
            Err(Failure::failed(format!("{input}: {error}")))
        }
    }
}

/// The feeds that a page announces which came instead of one.
fn announced(error: &FeedError, bytes: &[u8], content_type: Option<&str>, url: Option<&Url>) -> Vec<Url> {
    if *error != FeedError::Html {
        return Vec::new();
    }
    // A page from a file has no address; what it names in full can be told all the same (RFC 6761: nobody is `invalid`).
    let nowhere = Url::parse("http://page.invalid/").ok();
    let Some(base) = url.or(nowhere.as_ref()) else { return Vec::new() };
    let decoded = page::decode(bytes, content_type);
    let candidates = discover::of_page(base, &[], &decoded.text, Rules::builtin());
    let named = candidates.into_iter().filter(|candidate| candidate.clue.is_announced());
    let named = named.filter(|candidate| url.is_some() || candidate.url.host() != base.host());
    named.map(|candidate| candidate.url).take(ANNOUNCED_MAX).collect()
}

fn made(feed: &Feed) -> Vec<Made> {
    let canonical = |raw: &String| Url::parse(raw).map_or_else(|_| raw.clone(), |url| canonical_url(&url).to_string());
    feed.entries
        .iter()
        .take(SHOWN)
        .map(|entry| Made {
            title: entry.title.clone(),
            url: entry.url.as_ref().map(canonical),
            published_at: entry.published_at.or(entry.updated_at),
            id: entry.id.clone(),
        })
        .collect()
}

fn row(name: &str, text: &str) -> Result<(), Failure> {
    print::line(&format!("{name:<10} {text}"))
}

fn tell_answer(answer: &Answer) -> Result<(), Failure> {
    let kind = answer.content_type.as_deref().unwrap_or("no Content-Type");
    let (bytes, wire, seconds) = (answer.bytes, answer.wire_bytes, answer.seconds);
    row("answer", &format!("{} · {kind} · {bytes} bytes, {wire} on the wire · {seconds:.1} s", answer.status))?;
    if answer.final_url != answer.requested {
        let how = if answer.moved_permanently { "for good" } else { "for now" };
        row("moved", &format!("{how} to {}", answer.final_url))?;
    }
    let validators = [("ETag", &answer.etag), ("Last-Modified", &answer.last_modified)];
    let named: Vec<String> =
        validators.iter().filter_map(|(name, value)| Some(format!("{name} {}", value.as_deref()?))).collect();
    let works = match answer.revalidation {
        Revalidation::NoValidators => "none: every poll brings the whole feed",
        Revalidation::NotModified => "answers 304 as it should",
        Revalidation::SentAgain => "sends the whole feed again: they are useless",
        Revalidation::Changed => "the feed changed between two requests",
        Revalidation::Failed => "the conditional request failed",
    };
    row("validators", &named.into_iter().chain([works.to_owned()]).collect::<Vec<_>>().join(" · "))?;
    if let Some(age) = answer.max_age_seconds {
        row("fresh for", &format!("{age} s, it says"))?;
    }
    let said = |label: &Option<String>| label.clone().unwrap_or_else(|| "nothing".to_owned());
    let bytes = if answer.is_utf8 { "valid UTF-8" } else { "no UTF-8" };
    let (header, document) = (said(&answer.charset_header), said(&answer.charset_document));
    row("charset", &format!("header says {header}, document says {document}, bytes are {bytes}"))
}

fn tell(feed: &Diagnosis, made: &[Made]) -> Result<(), Failure> {
    let title = feed.title.as_deref().unwrap_or("(no title)");
    let language = feed.language.as_deref().unwrap_or("no language given");
    row("feed", &format!("{:?} · {title} · {language}", feed.format))?;
    let n = &feed.entries;
    let text = match feed.text {
        Text::Whole => "whole texts",
        Text::Teaser => "teasers",
        Text::None => "no texts",
    };
    row(
        "entries",
        &format!(
            "{} listed, {} skipped · with id {}, link {}, title {}, date {}, text {} ({text})",
            n.listed, n.skipped, n.with_id, n.with_url, n.with_title, n.with_date, n.with_text
        ),
    )?;
    row(
        "ids",
        &format!(
            "{} are the article's address, {} repeated · links repeated {} · listed twice {}",
            n.permalink_ids, n.repeated_ids, n.repeated_urls, n.doubles
        ),
    )?;
    row("known by", &format!("{}: {}", feed.identity_rule, feed.identity_reason))?;
    let order = match feed.order {
        Order::NewestFirst => "newest first",
        Order::OldestFirst => "oldest first",
        Order::Mixed => "in no order",
        Order::Unknown => "order unknown",
    };
    let rate = match (feed.entries_a_day, feed.window_hours) {
        (Some(rate), Some(hours)) => format!("{rate:.1} a day, so an entry stays {hours:.0} hours"),
        _ => "rate unknown".to_owned(),
    };
    row("rhythm", &format!("newest {} · {order} · {rate}", print::time(feed.newest_at)))?;
    let numbers = |list: &[u8]| list.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ");
    let asks = [
        feed.ttl_seconds.map(|ttl| format!("a pause of {ttl} s")),
        (!feed.skip_hours.is_empty()).then(|| format!("no poll in the hours {} UTC", numbers(&feed.skip_hours))),
        (!feed.skip_days.is_empty()).then(|| format!("no poll on the days {} (1 is Monday)", numbers(&feed.skip_days))),
        feed.hub_url.as_ref().map(|hub| format!("push by {hub}")),
        feed.next_url.as_ref().map(|next| format!("more at {next}")),
    ];
    let asks: Vec<String> = asks.into_iter().flatten().collect();
    row("asks for", &if asks.is_empty() { "nothing".to_owned() } else { asks.join(" · ") })?;
    for problem in &feed.problems {
        row(problem.severity.as_str(), &problem.message)?;
        row("", &format!("→ {}", problem.remedy))?;
    }
    if feed.problems.is_empty() {
        row("problems", "none found")?;
    }
    for entry in made {
        row(
            "entry",
            &format!("{} · {}", print::time(entry.published_at), entry.title.as_deref().unwrap_or("(no title)")),
        )?;
        row("", entry.url.as_deref().unwrap_or("(no address)"))?;
    }
    Ok(())
}
