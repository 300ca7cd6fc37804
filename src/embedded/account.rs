//! As whom the server runs: as we do, or, for root, as the user `postgres` or `nobody`.

use std::fs::Metadata;
use std::os::unix::fs::MetadataExt;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

use rustix::fs::{Gid, Uid};

use super::EmbeddedError;

/// As whom the server's processes run.
#[derive(Debug, Clone)]
pub(super) enum Account {
    /// As we do.
    Ours { uid: u32 },
    /// As this user, because we are root.
    Dropped { name: String, uid: u32, gid: u32 },
}

/// Whether this process is root.
pub(super) fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

impl Account {
    pub(super) fn current() -> Result<Self, EmbeddedError> {
        if !is_root() {
            return Ok(Self::Ours { uid: rustix::process::geteuid().as_raw() });
        }
        let path = Path::new("/etc/passwd");
        let users = std::fs::read_to_string(path).map_err(EmbeddedError::io("cannot read", path))?;
        ["postgres", "nobody"].iter().find_map(|name| in_passwd(&users, name)).ok_or(EmbeddedError::NoUser)
    }

    /// Lets the command run as this account, from an empty environment: `PG*` variables and odd `LANG`s break initdb.
    pub(super) fn apply<'c>(&self, command: &'c mut Command) -> &'c mut Command {
        command.env_clear().env("LC_ALL", "C");
        if let Self::Dropped { uid, gid, .. } = self {
            // The standard library also empties the supplementary groups when root sets a user.
            command.uid(*uid).gid(*gid);
        }
        command
    }

    /// Gives a file or folder to the account.
    pub(super) fn own(&self, path: &Path) -> Result<(), EmbeddedError> {
        match self {
            Self::Ours { .. } => Ok(()),
            Self::Dropped { uid, gid, .. } => {
                rustix::fs::chown(path, Some(Uid::from_raw(*uid)), Some(Gid::from_raw(*gid)))
                    .map_err(|errno| EmbeddedError::io("cannot give away", path)(errno.into()))
            }
        }
    }

    /// Whether a folder or file belongs to the account.
    pub(super) fn owns(&self, metadata: &Metadata) -> bool {
        match self {
            Self::Ours { uid } | Self::Dropped { uid, .. } => metadata.uid() == *uid,
        }
    }

    /// The first folder on the way to `path` that the account cannot pass. Our own folders are the kernel's to judge.
    pub(super) fn barred_by<'p>(&self, path: &'p Path) -> Option<&'p Path> {
        let Self::Dropped { gid, .. } = self else { return None };
        path.ancestors().find(|folder| {
            std::fs::metadata(folder).is_ok_and(|metadata| {
                let bit = match () {
                    () if self.owns(&metadata) => 0o100,
                    () if metadata.gid() == *gid => 0o010,
                    () => 0o001,
                };
                metadata.is_dir() && metadata.mode() & bit == 0
            })
        })
    }

    pub(super) fn name(&self) -> &str {
        match self {
            Self::Ours { .. } => "this user",
            Self::Dropped { name, .. } => name,
        }
    }
}

fn in_passwd(users: &str, name: &str) -> Option<Account> {
    users.lines().find_map(|line| {
        let mut fields = line.split(':');
        (fields.next()? == name).then_some(())?;
        let uid = fields.nth(1)?.parse().ok()?;
        let gid = fields.next()?.parse().ok()?;
        Some(Account::Dropped { name: name.to_owned(), uid, gid })
    })
}
