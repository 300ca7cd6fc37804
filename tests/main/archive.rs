//! Pages kept as fetched, and found again.

use std::fs;
use std::io::Read;
use std::path::PathBuf;
use std::time::Duration;

use chrono::{DateTime, TimeZone, Utc};
use flate2::read::GzDecoder;
use sha2::{Digest, Sha256};
use url::Url;
use wireroom::archive::{self, Archive, Place};
use wireroom::fetch::Fetched;

/// A folder of its own, removed at the end.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("wireroom-archive-{name}-{}", std::process::id()));
        fs::remove_dir_all(&path).ok();
        Self(path)
    }

    fn files(&self) -> Vec<String> {
        let mut files = Vec::new();
        for month in fs::read_dir(&self.0).unwrap() {
            let month = month.unwrap();
            for file in fs::read_dir(month.path()).unwrap() {
                let month = month.file_name().into_string().unwrap();
                files.push(format!("{month}/{}", file.unwrap().file_name().into_string().unwrap()));
            }
        }
        files.sort();
        files
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        fs::remove_dir_all(&self.0).ok();
    }
}

fn fetched(url: &str, at: DateTime<Utc>, body: &str) -> Fetched {
    let url = Url::parse(url).unwrap();
    let headers =
        [("content-type", "text/html"), ("content-encoding", "gzip"), ("content-length", "17"), ("via", "a\r\nx: y")];
    Fetched {
        requested: url.clone(),
        final_url: url,
        moved_permanently: None,
        status: 200,
        not_modified: false,
        conditional: false,
        content_type: Some("text/html".to_owned()),
        etag: None,
        last_modified: None,
        max_age: None,
        headers: headers.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec(),
        body: body.to_owned().into(),
        wire_bytes: 17,
        started_at: at,
        elapsed: Duration::from_millis(5),
    }
}

fn november(day: u32) -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2026, 11, day, 9, 30, 0).unwrap()
}

#[test]
fn what_was_stored_is_found_again() {
    let folder = Folder::new("roundtrip");
    let mut archive = Archive::open(&folder.0).unwrap();
    let bodies = ["<p>first", "", "<p>третий\r\n\r\nWARC/1.1\r\n\r\n", &"long ".repeat(100_000)];
    let places: Vec<Place> = bodies
        .iter()
        .enumerate()
        .map(|(n, body)| {
            archive.append(&fetched(&format!("http://me:pw@a.example/{n}?k=v"), november(24), body)).unwrap()
        })
        .collect();
    archive.sync().unwrap();
    for (n, (place, body)) in places.iter().zip(bodies).enumerate().rev() {
        let page = archive::read(&folder.0, place).unwrap();
        assert_eq!(page.url.as_str(), format!("http://a.example/{n}?k=v"), "no password is kept");
        assert_eq!(page.fetched_at, november(24));
        assert_eq!(String::from_utf8(page.body).unwrap(), body);
        assert_eq!(place.digest, <[u8; 32]>::from(Sha256::digest(body)));
        let headers: Vec<_> = page.headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let expected =
            [("content-type", "text/html"), ("content-encoding", "gzip"), ("content-length", "17"), ("via", "a  x: y")];
        assert_eq!(headers, expected, "headers come back, and a line break in a value forges no header");
    }
    assert_eq!(folder.files(), [places[0].file.clone()]);
}

#[test]
fn members_follow_each_other_without_a_gap_and_each_is_a_record() {
    let folder = Folder::new("members");
    let mut archive = Archive::open(&folder.0).unwrap();
    let places: Vec<Place> =
        (0..3).map(|n| archive.append(&fetched("http://a.example/", november(1), &n.to_string())).unwrap()).collect();
    archive.sync().unwrap();
    let bytes = fs::read(folder.0.join(&places[0].file)).unwrap();
    assert!(places.windows(2).all(|two| two[0].offset + two[0].length == two[1].offset));
    assert_eq!(places[2].offset + places[2].length, bytes.len() as u64);
    let unpack = |from: u64| {
        let mut text = String::new();
        GzDecoder::new(&bytes[usize::try_from(from).unwrap()..]).read_to_string(&mut text).unwrap();
        text
    };
    let info = unpack(0);
    assert!(info.starts_with("WARC/1.1\r\nWARC-Type: warcinfo\r\n") && info.contains("stored without"), "{info}");
    let record = unpack(places[1].offset);
    assert!(
        record.starts_with("WARC/1.1\r\nWARC-Type: response\r\n") && record.ends_with("\r\n\r\n1\r\n\r\n"),
        "{record}"
    );
    for line in [
        "WARC-Target-URI: http://a.example/",
        "WARC-Payload-Digest: sha256:6b86b2",
        "x-crawler-content-encoding: gzip",
        "content-length: 1",
    ] {
        assert!(record.lines().any(|found| found.starts_with(line)), "{line} in {record}");
    }
}

#[test]
fn a_new_month_gets_a_new_file_and_a_late_page_does_not() {
    let folder = Folder::new("months");
    let mut archive = Archive::open(&folder.0).unwrap();
    let december = Utc.with_ymd_and_hms(2026, 12, 1, 0, 0, 0).unwrap();
    let months: Vec<String> = [november(30), december, november(30), december]
        .into_iter()
        .map(|at| archive.append(&fetched("http://a.example/", at, "x")).unwrap().file.chars().take(7).collect())
        .collect();
    assert_eq!(months, ["2026-11", "2026-12", "2026-12", "2026-12"]);
    assert_eq!(folder.files().len(), 2);
}

#[test]
fn a_torn_tail_costs_only_itself() {
    let folder = Folder::new("torn");
    let mut archive = Archive::open(&folder.0).unwrap();
    let whole = archive.append(&fetched("http://a.example/1", november(2), "whole")).unwrap();
    let torn = archive.append(&fetched("http://a.example/2", november(2), "torn")).unwrap();
    archive.sync().unwrap();
    drop(archive);
    let path = folder.0.join(&torn.file);
    fs::OpenOptions::new().write(true).open(&path).unwrap().set_len(torn.offset + torn.length / 2).unwrap();
    // The next start writes elsewhere, even within the same second.
    let mut next = Archive::open(&folder.0).unwrap();
    let after = next.append(&fetched("http://a.example/3", november(2), "after")).unwrap();
    assert_ne!(after.file, torn.file);
    assert_eq!(archive::read(&folder.0, &whole).unwrap().body, b"whole");
    assert_eq!(archive::read(&folder.0, &after).unwrap().body, b"after");
    assert!(archive::read(&folder.0, &torn).is_err());
}

#[test]
fn a_wrong_place_is_an_error() {
    let folder = Folder::new("wrong");
    let mut archive = Archive::open(&folder.0).unwrap();
    let place = archive.append(&fetched("http://a.example/", november(3), "x")).unwrap();
    let wrong = [
        Place { offset: 0, ..place.clone() },
        Place { offset: place.offset + 1, ..place.clone() },
        Place { offset: 1 << 40, ..place.clone() },
        Place { length: 10, ..place.clone() },
        Place { digest: [0; 32], ..place.clone() },
        Place { file: "2026-11/none.warc.gz".to_owned(), ..place.clone() },
        Place { file: format!("../{}", place.file), ..place.clone() },
        Place { file: folder.0.join(&place.file).to_str().unwrap().to_owned(), ..place.clone() },
    ];
    for place in wrong {
        assert!(archive::read(&folder.0, &place).is_err(), "{place:?}");
    }
}
