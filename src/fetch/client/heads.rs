//! What a request says, and what of an answer's head is kept.

use http::{HeaderMap, HeaderValue, header};
use url::Url;

use crate::fetch::{FetchError, FetchKind, FetchRequest};

/// The headers of a request, whichever address it is for.
pub(super) fn request(request: &FetchRequest) -> HeaderMap {
    let accept = match request.kind {
        FetchKind::Feed => {
            "application/atom+xml, application/rss+xml, application/feed+json;q=0.9, application/xml;q=0.8, \
             text/xml;q=0.8, application/json;q=0.7, */*;q=0.5"
        }
        FetchKind::Page => "text/html, application/xhtml+xml;q=0.9, */*;q=0.5",
    };
    let mut headers = HeaderMap::new();
    headers.insert(header::ACCEPT, HeaderValue::from_static(accept));
    // gzip alone: every site serves it, and other unpackers need megabytes for a few bytes of input.
    headers.insert(header::ACCEPT_ENCODING, HeaderValue::from_static("gzip"));
    headers.extend(request.manner.user_agent.clone().map(|name| (header::USER_AGENT, name)));
    headers
}

/// The validators with the one address they are for. Both are sent (RFC 9110 §13.1.3: who knows the tag ignores the date).
pub(super) fn validators(request: &FetchRequest, requested: &Url) -> Result<Option<(Url, HeaderMap)>, FetchError> {
    let held = [(header::IF_NONE_MATCH, &request.etag), (header::IF_MODIFIED_SINCE, &request.last_modified)];
    let mut headers = HeaderMap::new();
    for (name, value) in held {
        let Some(value) = value else { continue };
        let value = HeaderValue::from_bytes(value.as_bytes())
            .map_err(|_| FetchError::Protocol("a validator of ours is no header value".to_owned()))?;
        headers.insert(name, value);
    }
    let from = request.validators_from.as_ref().unwrap_or(requested);
    Ok((!headers.is_empty()).then(|| (from.clone(), headers)))
}

/// The headers worth keeping: all but cookies, which are nobody's business.
pub(super) fn kept(headers: &HeaderMap) -> Vec<(String, String)> {
    let kept = headers.iter().filter(|(name, _)| **name != header::SET_COOKIE);
    kept.map(|(name, value)| (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned())).collect()
}
