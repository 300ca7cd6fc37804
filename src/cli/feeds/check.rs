//! `feeds check`.

use url::Url;

use crate::cli::{Failure, print};
use crate::config::Loaded;
use crate::feed;
use crate::fetch::{FetchKind, FetchRequest, Fetched, Fetcher};

pub async fn get(loaded: &Loaded, url: Url, kind: FetchKind) -> Result<Fetched, Failure> {
    let fetcher = Fetcher::new(&loaded.config.fetch).map_err(|error| Failure::failed(error.to_string()))?;
    fetcher.get(FetchRequest::new(url.clone(), kind)).await.map_err(|error| {
        let text = format!("{url}: {error}");
        if error.is_transient() { Failure::TryAgain(text) } else { Failure::Failed(text) }
    })
}

/// Explains.
pub async fn check(loaded: &Loaded, input: &str, _json: bool) -> Result<(), Failure> {
    let (bytes, content_type, url) = match Url::parse(input) {
        Ok(url) if matches!(url.scheme(), "http" | "https") => {
            let fetched = get(loaded, url, FetchKind::Feed).await?;
            let kind = fetched.content_type.clone().unwrap_or_else(|| "no Content-Type".to_owned());
            print::line(&format!("{} · {} · {} bytes on the wire", fetched.status, kind, fetched.wire_bytes))?;
            let validators = (fetched.etag.is_some(), fetched.last_modified.is_some());
            print::line(&format!("ETag {}, Last-Modified {}", yes(validators.0), yes(validators.1)))?;
            (fetched.body.to_vec(), fetched.content_type, Some(fetched.final_url))
        }
        _ => (std::fs::read(input).map_err(|e| Failure::failed(format!("{input}: {e}")))?, None, None),
    };
    let feed = feed::parse(&bytes, content_type.as_deref(), url.as_ref())
        .map_err(|error| Failure::failed(format!("{input}: {error}")))?;
    print::line(&format!("{:?}: {}", feed.format, feed.title.as_deref().unwrap_or("(no title)")))?;
    print::line(&format!("{} entries, {} skipped", feed.entries.len(), feed.skipped.len()))?;
    for mended in &feed.recovered {
        print::line(&format!("mended: {mended}"))?;
    }
    let dated = feed.entries.iter().filter(|e| e.published_at.is_some()).count();
    let linked = feed.entries.iter().filter(|e| e.url.is_some()).count();
    print::line(&format!("{dated} have a date, {linked} a link"))
}

fn yes(given: bool) -> &'static str {
    if given { "given" } else { "missing" }
}

