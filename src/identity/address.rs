//! Which addresses are one document.
//!
//! Two things are made of an address: the canonical one, which is still asked for (only what certainly tells where a
//! reader came from is taken away), and the identifying text behind its key, which is never asked for and so may be
//! bolder: AMP and mobile forms, `index.html`, a final slash, the order of parameters.

use std::sync::LazyLock;

use sha2::{Digest, Sha256};
use url::Url;

/// SHA-256 of what identifies an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct UrlKey(pub [u8; 32]);

/// Query parameters that tell where a reader came from: `name`, `prefix*` or `name=value`, a line each.
static TRACKING: LazyLock<Vec<&'static str>> = LazyLock::new(|| {
    include_str!("../../config/tracking_parameters.txt")
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .collect()
});

/// First labels of hosts that serve another form of the same pages.
const FORM_LABELS: [&str; 4] = ["www", "m", "mobile", "amp"];
/// What a folder's own page is called.
const FOLDER_PAGES: [&str; 7] =
    ["index.html", "index.htm", "index.php", "index.shtml", "index.asp", "index.aspx", "default.aspx"];
/// Parameters that ask for the AMP form.
const AMP_PARAMETERS: [&str; 5] = ["amp", "amp=1", "amp=true", "outputtype=amp", "output=amp"];
/// Parameters under which sites give an article's number.
const ID_PARAMETERS: [&str; 12] =
    ["id", "p", "aid", "nid", "sid", "article", "articleid", "article_id", "newsid", "storyid", "story_id", "docid"];

/// The address without what does not change the document: fragment and tracking parameters. Idempotent.
pub fn canonical_url(url: &Url) -> Url {
    let mut canonical = url.clone();
    canonical.set_fragment(None);
    if let Some(query) = url.query() {
        let kept: Vec<&str> = query.split('&').filter(|pair| !pair.is_empty() && !is_tracking(pair)).collect();
        canonical.set_query(if kept.is_empty() { None } else { Some(kept.join("&")) }.as_deref());
    }
    canonical
}

fn is_tracking(pair: &str) -> bool {
    let pair = pair.to_ascii_lowercase();
    let name = pair.split('=').next().unwrap_or_default();
    TRACKING.iter().any(|rule| match rule.strip_suffix('*') {
        Some(prefix) => name.starts_with(prefix),
        None if rule.contains('=') => pair == *rule,
        None => name == *rule,
    })
}

/// The key of an address: one for http and https, with and without `www.`, for the AMP and the mobile form.
pub fn url_key(url: &Url) -> UrlKey {
    UrlKey(Sha256::digest(identifying(url)).into())
}

/// What identifies an address, as text: host, path and parameters in one form. Never asked for.
pub fn identifying(url: &Url) -> String {
    let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
    format!("{}{port}{}", bare_host(url), tail(url))
}

/// The host without the label that only names a form of the site.
fn bare_host(url: &Url) -> String {
    let Some(url::Host::Domain(host)) = url.host() else {
        return url.host_str().unwrap_or_default().to_owned();
    };
    let host = host.trim_end_matches('.').to_ascii_lowercase();
    let Some((label, rest)) = host.split_once('.') else { return host };
    if FORM_LABELS.contains(&label) && psl::domain_str(rest).is_some() { rest.to_owned() } else { host }
}

/// What identifies an address within its site: path and parameters, without scheme and host, so that a move to another
/// domain leaves it as it was.
pub fn tail(url: &Url) -> String {
    let canonical = canonical_url(url);
    let path = percent_encoding::percent_decode_str(canonical.path()).decode_utf8_lossy().into_owned();
    let mut segments: Vec<&str> = path.split('/').filter(|segment| !segment.is_empty()).collect();
    if segments.last().is_some_and(|last| FOLDER_PAGES.contains(&last.to_ascii_lowercase().as_str())) {
        segments.pop();
    }
    // `/amp/story` and `/story/amp`; a page called only `amp` keeps its name.
    if segments.len() > 1 {
        if segments.last() == Some(&"amp") {
            segments.pop();
        } else if segments.first() == Some(&"amp") {
            segments.remove(0);
        }
    }
    let mut text: String = segments.iter().flat_map(|segment| ["/", segment]).collect();
    for (amp, plain) in [(".amp.html", ".html"), (".amp", ""), ("-amp.html", ".html")] {
        if let Some(stem) = text.strip_suffix(amp) {
            text = format!("{stem}{plain}");
        }
    }
    let mut pairs: Vec<&str> = canonical
        .query()
        .into_iter()
        .flat_map(|query| query.split('&'))
        .filter(|pair| !AMP_PARAMETERS.contains(&pair.to_ascii_lowercase().as_str()))
        .collect();
    pairs.sort_unstable();
    if !pairs.is_empty() {
        text = format!("{text}?{}", pairs.join("&"));
    }
    // A fragment that a script routes by names the document; any other names a place in it.
    if let Some(route) = url.fragment().filter(|f| f.starts_with('!') || f.starts_with('/')) {
        text = format!("{text}#{route}");
    }
    text
}

/// Whether a tail says enough to know an article by without its host: `/` and `/news` do not.
pub fn is_distinctive(tail: &str) -> bool {
    tail.len() >= 12
        && (tail.matches('/').count() >= 2 || tail.contains('-') || tail.bytes().any(|b| b.is_ascii_digit()))
}

/// The site's own number or id of the article, where its address carries one: `/news/headline-12345678`,
/// `/story.php?id=4711`, `/a/6f1c…` as a UUID. Survives an edited headline in the address.
pub fn site_article_id(url: &Url) -> Option<String> {
    let by_parameter = url.query_pairs().find_map(|(name, value)| {
        let name = name.to_ascii_lowercase();
        let is_number = value.len() >= 3 && value.bytes().all(|b| b.is_ascii_digit());
        (is_number && ID_PARAMETERS.contains(&name.as_str())).then(|| format!("{name}={value}"))
    });
    let by_path = || url.path_segments()?.rev().find_map(|segment| id_in(&segment.to_ascii_lowercase()));
    by_parameter.or_else(by_path)
}

/// The id in one segment of a path.
fn id_in(segment: &str) -> Option<String> {
    let stem = segment.split_once('.').map_or(segment, |(stem, _)| stem);
    let undashed: String = stem.chars().filter(|c| *c != '-').collect();
    let is_hex = |text: &str| text.bytes().all(|b| b.is_ascii_hexdigit());
    if is_hex(&undashed) && (undashed.len() == 32 || (undashed.len() == 24 && stem.len() == 24)) {
        return Some(undashed);
    }
    let parts: Vec<&str> = stem.split(['-', '_', ',', '~']).collect();
    let long_number = |part: &str| {
        // `a12345678`, `article123456`: a word of the site's before the number.
        let digits = part.trim_start_matches(|c: char| c.is_ascii_alphabetic());
        let word = part.len() - digits.len();
        let fits = digits.len() >= 6 && digits.len() <= 18 && word <= 10 && digits.bytes().all(|b| b.is_ascii_digit());
        (fits && !is_day(digits)).then(|| digits.to_owned())
    };
    let ends = [parts.last(), parts.first()];
    ends.into_iter().flatten().find_map(|part| long_number(part)).or_else(|| {
        let is_whole = parts.len() == 1 && stem.len() >= 5 && stem.bytes().all(|b| b.is_ascii_digit()) && !is_day(stem);
        is_whole.then(|| stem.to_owned())
    })
}

/// Eight digits that are a day, or six that are a month: many articles share it.
fn is_day(digits: &str) -> bool {
    let number = |from: usize, to: usize| digits.get(from..to).and_then(|d| d.parse::<u32>().ok()).unwrap_or(0);
    let month = (1..=12).contains(&number(4, 6)) && (1990..2100).contains(&number(0, 4));
    match digits.len() {
        6 => month,
        8 => month && (1..=31).contains(&number(6, 8)),
        _ => false,
    }
}
