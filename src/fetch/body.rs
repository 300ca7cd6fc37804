//! A body as it arrives: bytes on the wire in, the document out, both counted before they are kept.
//!
//! Unpacked here are gzip and deflate, one layer. A megabyte of gzip can hold a gigabyte, so the unpacker writes into a
//! sink that refuses: past the cap, and past 200 times what came over the wire.

use std::io::{self, Write};

use bytes::Bytes;
use flate2::write::{DeflateDecoder, MultiGzDecoder, ZlibDecoder};
use http::{HeaderMap, header};

use super::FetchError;

/// Real text packs up to about 20 times, generated tables up to 100; bombs 1,000 times.
const RATIO_MAX: usize = 200;

/// Below this the ratio says nothing: a page of blanks is small and harmless.
const RATIO_FROM: usize = 1 << 20;

/// What to do with a body longer than the cap.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Overflow {
    /// It is an error: half a page is no page.
    Refuse,
    /// Keep the beginning, as RFC 9309 wants of robots.txt.
    Cut,
}

/// How the body is packed, as the header says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Packing {
    Plain,
    Gzip,
    Deflate,
}

/// A body being read.
pub(super) struct BodyReader {
    packing: Packing,
    unpacker: Option<Unpacker>,
    cap: usize,
    overflow: Overflow,
    wire_bytes: usize,
}

enum Unpacker {
    Plain(Sink),
    Gzip(MultiGzDecoder<Sink>),
    Zlib(ZlibDecoder<Sink>),
    Deflate(DeflateDecoder<Sink>),
}

/// Decoded bytes, refused past the cap and the ratio.
#[derive(Default)]
struct Sink {
    kept: Vec<u8>,
    cap: usize,
    wire_bytes: usize,
    full: Option<&'static str>,
}

impl BodyReader {
    /// Reads `Content-Encoding`; `cap` counts decoded bytes and, as nobody packs to gain weight, raw ones too.
    pub(super) fn new(headers: &HeaderMap, cap: u64, overflow: Overflow) -> Result<Self, FetchError> {
        let mut packing = Packing::Plain;
        let mut values = headers.get_all(header::CONTENT_ENCODING).iter();
        if let Some(value) = values.next() {
            let value = String::from_utf8_lossy(value.as_bytes()).trim().to_ascii_lowercase();
            packing = match value.as_str() {
                "" | "identity" | "none" => Packing::Plain,
                "gzip" | "x-gzip" => Packing::Gzip,
                "deflate" => Packing::Deflate,
                _ => return Err(FetchError::BadEncoding("a Content-Encoding we did not ask for".to_owned())),
            };
            if values.next().is_some() {
                return Err(FetchError::BadEncoding("more than one Content-Encoding".to_owned()));
            }
        }
        let cap = usize::try_from(cap).unwrap_or(usize::MAX);
        let announced = headers.get(header::CONTENT_LENGTH).and_then(|v| v.to_str().ok()?.parse::<usize>().ok());
        if overflow == Overflow::Refuse && announced.is_some_and(|length| length > cap) {
            return Err(FetchError::TooLarge("its announced length"));
        }
        Ok(Self { packing, unpacker: None, cap, overflow, wire_bytes: 0 })
    }

    /// Takes a chunk; false when no more is wanted.
    pub(super) fn push(&mut self, chunk: &[u8]) -> Result<bool, FetchError> {
        if chunk.is_empty() {
            return Ok(true);
        }
        self.wire_bytes = self.wire_bytes.saturating_add(chunk.len());
        let (packing, cap) = (self.packing, self.cap);
        let unpacker = self.unpacker.get_or_insert_with(|| Unpacker::by_first_bytes(packing, chunk, cap));
        unpacker.sink().wire_bytes = self.wire_bytes;
        let written = unpacker.write_all(chunk);
        match (unpacker.sink().full, written) {
            (Some(_), _) if self.overflow == Overflow::Cut => Ok(false),
            (Some(why), _) => Err(FetchError::TooLarge(why)),
            (None, Err(error)) => Err(FetchError::BadEncoding(error.to_string())),
            // A packed stream can swallow bytes for ever and give none (an endless file name in its head).
            (None, Ok(())) if self.wire_bytes > self.cap => match self.overflow {
                Overflow::Refuse => Err(FetchError::TooLarge("its packed bytes")),
                Overflow::Cut => Ok(false),
            },
            (None, Ok(())) => Ok(true),
        }
    }

    /// The decoded body and the number of bytes that came over the wire.
    pub(super) fn finish(self) -> Result<(Bytes, u64), FetchError> {
        let wire_bytes = self.wire_bytes as u64;
        let Some(mut unpacker) = self.unpacker else { return Ok((Bytes::new(), wire_bytes)) };
        let ended = unpacker.try_finish();
        let cut = self.overflow == Overflow::Cut;
        let sink = unpacker.sink();
        match (sink.full, ended) {
            (Some(why), _) if !cut => Err(FetchError::TooLarge(why)),
            (None, Err(error)) if !cut => Err(FetchError::BadEncoding(error.to_string())),
            _ => Ok((Bytes::from(std::mem::take(&mut sink.kept)), wire_bytes)),
        }
    }
}

impl Unpacker {
    /// Believes the first bytes more than the header: text labelled as gzip is common, and so is a `feed.xml.gz` sent
    /// without a label.
    fn by_first_bytes(packing: Packing, chunk: &[u8], cap: usize) -> Self {
        let sink = Sink { cap, ..Sink::default() };
        match (packing, chunk) {
            (Packing::Plain | Packing::Gzip, [0x1f, 0x8b, ..] | [0x1f]) => Self::Gzip(MultiGzDecoder::new(sink)),
            // RFC 1950: the first two bytes of zlib are a multiple of 31. Some servers send bare deflate instead.
            (Packing::Deflate, [first, second, ..])
                if first & 0x0f == 8 && (u16::from(*first) * 256 + u16::from(*second)) % 31 == 0 =>
            {
                Self::Zlib(ZlibDecoder::new(sink))
            }
            (Packing::Deflate, _) => Self::Deflate(DeflateDecoder::new(sink)),
            _ => Self::Plain(sink),
        }
    }

    fn write_all(&mut self, chunk: &[u8]) -> io::Result<()> {
        match self {
            Self::Plain(sink) => sink.write_all(chunk),
            Self::Gzip(decoder) => decoder.write_all(chunk),
            Self::Zlib(decoder) => decoder.write_all(chunk),
            Self::Deflate(decoder) => decoder.write_all(chunk),
        }
    }

    fn try_finish(&mut self) -> io::Result<()> {
        match self {
            Self::Plain(_) => Ok(()),
            Self::Gzip(decoder) => decoder.try_finish(),
            Self::Zlib(decoder) => decoder.try_finish(),
            Self::Deflate(decoder) => decoder.try_finish(),
        }
    }

    fn sink(&mut self) -> &mut Sink {
        match self {
            Self::Plain(sink) => sink,
            Self::Gzip(decoder) => decoder.get_mut(),
            Self::Zlib(decoder) => decoder.get_mut(),
            Self::Deflate(decoder) => decoder.get_mut(),
        }
    }
}

impl Write for Sink {
    fn write(&mut self, piece: &[u8]) -> io::Result<usize> {
        let room = self.cap.saturating_sub(self.kept.len());
        let taken = piece.split_at_checked(room).map_or(piece, |(head, _)| head);
        self.kept.extend_from_slice(taken);
        if taken.len() < piece.len() {
            self.full = Some("its decoded bytes");
        } else if self.kept.len() > RATIO_FROM && self.kept.len() / RATIO_MAX > self.wire_bytes {
            self.full = Some("it unpacks like a bomb");
        }
        match self.full {
            Some(why) => Err(io::Error::other(why)),
            None => Ok(piece.len()),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
