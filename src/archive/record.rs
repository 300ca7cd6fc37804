//! WARC records as bytes, and back (ISO 28500:2017, "WARC 1.1").

use std::fmt::Write as _;
use std::io;

use chrono::{DateTime, SecondsFormat, Utc};
use http::StatusCode;
use sha2::{Digest, Sha256};
use url::Url;

use super::ArchivedPage;
use crate::fetch::Fetched;

/// A record with what its place needs to know.
pub(super) struct Response {
    pub(super) bytes: Vec<u8>,
    pub(super) payload_digest: [u8; 32],
}

/// Headers that describe how the body travelled. It is stored unpacked and in one piece, so they are kept under
/// another name, the one Common Crawl uses, and readers are not misled.
const OF_THE_JOURNEY: [&str; 3] = ["content-encoding", "transfer-encoding", "content-length"];

const RENAMED: &str = "x-crawler-";

/// The first record of a file: who wrote it and how to read it.
pub(super) fn warcinfo(filename: &str) -> Vec<u8> {
    let block = concat!(
        "software: wireroom/",
        env!("CARGO_PKG_VERSION"),
        "\r\nformat: WARC File Format 1.1\r\n",
        "conformsTo: https://iipc.github.io/warc-specifications/specifications/warc-format/warc-1.1/\r\n",
        "robots: obey\r\n",
        "description: response bodies are stored without their content and transfer encoding; the headers that named \
         them begin with X-Crawler-. Cookies are left out.\r\n",
    );
    let mut head = head("warcinfo", Utc::now());
    field(&mut head, "WARC-Filename", filename);
    field(&mut head, "Content-Type", "application/warc-fields");
    assemble(head, block.as_bytes())
}

/// A page as a `response` record.
pub(super) fn response(page: &Fetched) -> Response {
    let mut block = http_head(page).into_bytes();
    block.extend_from_slice(&page.body);
    let payload_digest: [u8; 32] = Sha256::digest(&page.body).into();
    let mut url = page.final_url.clone();
    // Only a URL that cannot have them refuses to lose them.
    url.set_username("").ok();
    url.set_password(None).ok();
    let mut head = head("response", page.started_at);
    field(&mut head, "WARC-Target-URI", url.as_str());
    field(&mut head, "WARC-Payload-Digest", &digest_text(&payload_digest));
    field(&mut head, "Content-Type", "application/http; msgtype=response");
    Response { bytes: assemble(head, &block), payload_digest }
}

fn http_head(page: &Fetched) -> String {
    let reason = StatusCode::from_u16(page.status).ok().and_then(|status| status.canonical_reason());
    let mut head = format!("HTTP/1.1 {} {}\r\n", page.status, reason.unwrap_or("OK"));
    for (name, value) in &page.headers {
        let travelled = OF_THE_JOURNEY.iter().any(|of| name.eq_ignore_ascii_case(of));
        if travelled {
            head.push_str(RENAMED);
        }
        field(&mut head, name, value);
    }
    field(&mut head, "content-length", &page.body.len().to_string());
    head.push_str("\r\n");
    head
}

fn head(kind: &str, date: DateTime<Utc>) -> String {
    let mut head = "WARC/1.1\r\n".to_owned();
    field(&mut head, "WARC-Type", kind);
    field(&mut head, "WARC-Record-ID", &format!("<urn:uuid:{}>", uuid()));
    field(&mut head, "WARC-Date", &date.to_rfc3339_opts(SecondsFormat::Micros, true));
    head
}

fn assemble(mut head: String, block: &[u8]) -> Vec<u8> {
    field(&mut head, "WARC-Block-Digest", &digest_text(&Sha256::digest(block)));
    field(&mut head, "Content-Length", &block.len().to_string());
    head.push_str("\r\n");
    let mut record = head.into_bytes();
    record.extend_from_slice(block);
    record.extend_from_slice(b"\r\n\r\n");
    record
}

/// A header line. A value with a line break in it would forge another, so breaks become blanks.
fn field(head: &mut String, name: &str, value: &str) {
    head.push_str(name);
    head.push_str(": ");
    head.extend(value.chars().map(|c| if matches!(c, '\r' | '\n' | '\0') { ' ' } else { c }));
    head.push_str("\r\n");
}

fn digest_text(digest: &[u8]) -> String {
    let mut text = "sha256:".to_owned();
    for byte in digest {
        write!(text, "{byte:02x}").ok();
    }
    text
}

/// A random UUID (RFC 9562, version 4).
fn uuid() -> String {
    let random = (rand::random::<u128>() & !(0xf << 76) & !(0x3 << 62)) | (0x4 << 76) | (0x2 << 62);
    let hex = format!("{random:032x}");
    let mut uuid = String::with_capacity(36);
    for (n, digit) in hex.chars().enumerate() {
        if matches!(n, 8 | 12 | 16 | 20) {
            uuid.push('-');
        }
        uuid.push(digit);
    }
    uuid
}

/// Reads a `response` record.
pub(super) fn parse(record: &[u8]) -> io::Result<ArchivedPage> {
    let (head, rest) = split_head(record).ok_or_else(|| invalid("no WARC record"))?;
    let mut lines = head.lines();
    if !lines.next().is_some_and(|line| line.starts_with("WARC/1.")) {
        return Err(invalid("no WARC record"));
    }
    let fields: Vec<(String, String)> = lines.filter_map(name_and_value).collect();
    let find = |name: &str| fields.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
    if find("warc-type") != Some("response") {
        return Err(invalid("no response record"));
    }
    let url = find("warc-target-uri").and_then(|url| Url::parse(url).ok());
    let fetched_at = find("warc-date").and_then(|date| DateTime::parse_from_rfc3339(date).ok());
    let length = find("content-length").and_then(|length| length.parse::<usize>().ok());
    let block = length.and_then(|length| rest.get(..length));
    let (Some(url), Some(fetched_at), Some(block)) = (url, fetched_at, block) else {
        return Err(invalid("a WARC record without address, date or its whole block"));
    };
    let (head, body) = split_head(block).ok_or_else(|| invalid("no HTTP answer in the record"))?;
    // The length we added goes, those of the journey get their names back.
    let headers = head.lines().skip(1).filter_map(name_and_value).filter(|(name, _)| name != "content-length");
    let headers = headers.map(|(name, value)| match name.strip_prefix(RENAMED) {
        Some(original) if OF_THE_JOURNEY.contains(&original) => (original.to_owned(), value),
        _ => (name, value),
    });
    Ok(ArchivedPage { url, fetched_at: fetched_at.to_utc(), headers: headers.collect(), body: body.to_vec() })
}

pub(super) fn invalid(why: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, why)
}

fn split_head(bytes: &[u8]) -> Option<(String, &[u8])> {
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n")?;
    let (head, rest) = bytes.split_at_checked(end)?;
    Some((String::from_utf8_lossy(head).into_owned(), rest.get(4..)?))
}

fn name_and_value(line: &str) -> Option<(String, String)> {
    let (name, value) = line.split_once(':')?;
    Some((name.trim().to_ascii_lowercase(), value.trim().to_owned()))
}
