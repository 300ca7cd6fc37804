//! Pages as fetched, kept so that everything can be done again: WARC 1.1 files, one gzip member a record.
//!
//! In: a [`Fetched`] page. Out: its [`Place`], and from the place the page again. A file belongs to one process start
//! and is rolled at 256 MiB and with the month, so a tail torn by a crash is the end of a file nobody writes to any
//! more. Bodies are stored unpacked, and the record says so. Nothing is ever deleted here.

mod record;

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Component, Path, PathBuf};

use chrono::{DateTime, Datelike, Utc};
use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use sha2::{Digest, Sha256};
use url::Url;

use crate::fetch::Fetched;

/// A file is closed when it has grown past this. A quarter of a gigabyte copies in seconds and holds a day or two.
const FILE_BYTES_MAX: u64 = 256 << 20;

/// The longest record read back, unpacked: far above `fetch.body_bytes_max`, and bounded.
const RECORD_BYTES_MAX: u64 = 256 << 20;

/// Where a page is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The file, relative to the archive's folder, with forward slashes: `2026-11/wireroom-….warc.gz`.
    pub file: String,
    /// Where the record's gzip member begins.
    pub offset: u64,
    /// The member's length in bytes.
    pub length: u64,
    /// SHA-256 of the unpacked body.
    pub digest: [u8; 32],
}

/// A page read back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ArchivedPage {
    /// Where it was fetched from, after redirects.
    pub url: Url,
    /// When.
    pub fetched_at: DateTime<Utc>,
    /// Its headers as received, names in lower case.
    pub headers: Vec<(String, String)>,
    /// Its body, unpacked.
    pub body: Vec<u8>,
}

/// The files one process writes.
#[derive(Debug)]
pub struct Archive {
    dir: PathBuf,
    start: String,
    files: u32,
    current: Option<OpenFile>,
    /// Records may be lost that were told to be stored; the next [`Archive::sync`] says so.
    lost: Option<io::Error>,
}

#[derive(Debug)]
struct OpenFile {
    file: File,
    name: String,
    month: (i32, u32),
    length: u64,
    unsynced: bool,
}

impl Archive {
    /// Opens the archive in a folder, which is made if missing. The first file is made with the first page.
    ///
    /// # Errors
    /// The folder cannot be made.
    pub fn open(dir: &Path) -> io::Result<Self> {
        fs::create_dir_all(dir)?;
        let start = Utc::now().format("%Y%m%dT%H%M%SZ").to_string();
        Ok(Self { dir: dir.to_owned(), start, files: 0, current: None, lost: None })
    }

    /// Writes a page behind the others. It is safe from a crash after [`Archive::sync`].
    ///
    /// # Errors
    /// The disk's. The file is given up then, and the next page opens a new one.
    pub fn append(&mut self, page: &Fetched) -> io::Result<Place> {
        let record = record::response(page);
        let member = pack(&record.bytes)?;
        let month = (page.started_at.year(), page.started_at.month());
        let file = self.file_for(month)?;
        let offset = file.length;
        let place =
            Place { file: file.name.clone(), offset, length: member.len() as u64, digest: record.payload_digest };
        if let Err(error) = file.write(&member) {
            // What stands there now may end in half a record.
            self.close();
            return Err(error);
        }
        Ok(place)
    }

    /// Waits until everything appended is on the disk. To be called before the places are committed.
    ///
    /// # Errors
    /// The disk's; pages appended since the last sync may be lost.
    pub fn sync(&mut self) -> io::Result<()> {
        if let Some(error) = self.lost.take() {
            return Err(error);
        }
        self.current.as_mut().map_or(Ok(()), OpenFile::sync)
    }

    /// The file to write to: a new one when there is none, it is full, or a month has begun. A late page of the old
    /// month goes with the new month's.
    fn file_for(&mut self, month: (i32, u32)) -> io::Result<&mut OpenFile> {
        if self.current.as_ref().is_some_and(|file| file.length >= FILE_BYTES_MAX || file.month < month) {
            self.close();
        }
        let open = match self.current.take() {
            Some(open) => open,
            None => self.new_file(month)?,
        };
        Ok(self.current.insert(open))
    }

    fn new_file(&mut self, month: (i32, u32)) -> io::Result<OpenFile> {
        let folder = format!("{:04}-{:02}", month.0, month.1);
        let path = self.dir.join(&folder);
        fs::create_dir_all(&path)?;
        loop {
            self.files += 1;
            let leaf = format!("wireroom-{}-{}-{}.warc.gz", self.start, std::process::id(), self.files);
            let opened = OpenOptions::new().write(true).create_new(true).open(path.join(&leaf));
            let file = match opened {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => continue,
                opened => opened?,
            };
            // A file whose folder does not know it is lost with the power.
            File::open(&path)?.sync_all()?;
            File::open(&self.dir)?.sync_all()?;
            let mut open = OpenFile { file, name: format!("{folder}/{leaf}"), month, length: 0, unsynced: false };
            open.write(&pack(&record::warcinfo(&leaf))?)?;
            return Ok(open);
        }
    }

    fn close(&mut self) {
        if let Some(mut file) = self.current.take()
            && let Err(error) = file.sync()
        {
            self.lost = Some(error);
        }
    }
}

impl OpenFile {
    fn write(&mut self, member: &[u8]) -> io::Result<()> {
        self.unsynced = true;
        self.file.write_all(member)?;
        self.length += member.len() as u64;
        Ok(())
    }

    fn sync(&mut self) -> io::Result<()> {
        if self.unsynced {
            self.file.sync_data()?;
            self.unsynced = false;
        }
        Ok(())
    }
}

/// Reads a page back.
///
/// # Errors
/// The disk's; [`io::ErrorKind::InvalidData`] if there is no such record there or its digest differs.
pub fn read(dir: &Path, place: &Place) -> io::Result<ArchivedPage> {
    let file = Path::new(&place.file);
    // Places come from a database, and only ever point below the archive.
    if !file.components().all(|part| matches!(part, Component::Normal(_))) {
        return Err(record::invalid("the place lies outside the archive"));
    }
    let mut file = File::open(dir.join(file))?;
    file.seek(SeekFrom::Start(place.offset))?;
    let mut bytes = Vec::new();
    GzDecoder::new(file.take(place.length)).take(RECORD_BYTES_MAX).read_to_end(&mut bytes)?;
    let page = record::parse(&bytes)?;
    if <[u8; 32]>::from(Sha256::digest(&page.body)) != place.digest {
        return Err(record::invalid("the body is not the one that was stored"));
    }
    Ok(page)
}

fn pack(record: &[u8]) -> io::Result<Vec<u8>> {
    let mut packer = GzEncoder::new(Vec::with_capacity(record.len() / 3), Compression::default());
    packer.write_all(record)?;
    packer.finish()
}
