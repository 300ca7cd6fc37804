//! What PostgreSQL writes about a running server: `postmaster.pid`.

use std::path::{Path, PathBuf};

use super::{EmbeddedError, cluster};

/// A server, as it describes itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Postmaster {
    /// Its process.
    pub(super) pid: u32,
    /// Its port, which is also part of the socket's name.
    pub(super) port: u16,
    /// The folder of its socket.
    pub(super) socket_dir: PathBuf,
    /// The address it takes TCP on.
    pub(super) listens_on: Option<String>,
}

impl Postmaster {
    /// The server of this data folder; `None` if there is none, or if it has not got far enough to be asked.
    pub(super) fn read(data_dir: &Path) -> Result<Option<Self>, EmbeddedError> {
        let path = cluster::folder(data_dir).join("postmaster.pid");
        match std::fs::read_to_string(&path) {
            Ok(text) => Ok(Self::parse(&text)),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(EmbeddedError::io("cannot read", &path)(error)),
        }
    }

    /// Lines: process, data folder, start time, port, socket folder, address.
    fn parse(text: &str) -> Option<Self> {
        let mut lines = text.lines().map(str::trim);
        let pid = lines.next()?.parse().ok()?;
        let port = lines.nth(2)?.parse().ok()?;
        let socket_dir = lines.next().filter(|line| !line.is_empty()).map(PathBuf::from)?;
        let listens_on = lines.next().filter(|line| !line.is_empty()).map(str::to_owned);
        Some(Self { pid, port, socket_dir, listens_on })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_describes_itself() {
        let text = "4711\n/data/db\n1700000000\n5432\n/data/run\n127.0.0.1\n  5432001  8\nready   \n";
        let server = Postmaster::parse(text).expect("all lines are there");
        assert_eq!((server.pid, server.port, server.socket_dir), (4711, 5432, PathBuf::from("/data/run")));
        assert_eq!(server.listens_on.as_deref(), Some("127.0.0.1"));
    }

    #[test]
    fn without_tcp_the_address_is_empty() {
        let server = Postmaster::parse("4711\n/data/db\n1700000000\n5432\n/data/run\n\n").expect("complete");
        assert_eq!(server.listens_on, None);
    }

    #[test]
    fn a_server_that_has_only_begun_cannot_be_asked() {
        assert_eq!(Postmaster::parse("4711\n/data/db\n1700000000\n"), None);
        assert_eq!(Postmaster::parse(""), None);
    }
}
