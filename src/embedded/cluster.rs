//! The data folder: made once by initdb, under another name until it is whole.

use std::fs::DirBuilder;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use super::account::Account;
use super::binaries::Binaries;
use super::{DATABASE, Durability, EmbeddedError};

/// The cluster below the data folder.
pub(super) fn folder(data_dir: &Path) -> PathBuf {
    data_dir.join("db")
}

/// The major version the cluster was made with; `None` when there is none.
pub(super) fn major(data_dir: &Path) -> Result<Option<u32>, EmbeddedError> {
    let path = folder(data_dir).join("PG_VERSION");
    match std::fs::read_to_string(&path) {
        Ok(text) => Ok(text.trim().parse().ok()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(EmbeddedError::io("cannot read", &path)(error)),
    }
}

/// Makes the cluster. The caller holds the starting lock, so leftovers of a killed attempt are nobody's.
pub(super) fn create(
    data_dir: &Path,
    binaries: &Binaries,
    account: &Account,
    durability: Durability,
) -> Result<(), EmbeddedError> {
    let unfinished = data_dir.join("db.unfinished");
    match std::fs::remove_dir_all(&unfinished) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            return Err(EmbeddedError::io("cannot remove", &unfinished)(error));
        }
        Ok(()) | Err(_) => {}
    }
    private_folder(&unfinished, account)?;
    let mut initdb = Command::new(binaries.dir().join("initdb"));
    account.apply(&mut initdb).current_dir(data_dir).arg("-D").arg(&unfinished);
    initdb.args(["-U", DATABASE, "-E", "UTF8", "--auth-local=trust", "--auth-host=reject", "--no-sync"]);
    initdb.arg("--data-checksums");
    if binaries.major() >= 17 {
        initdb.args(["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]);
    } else if cfg!(target_os = "macos") {
        // Apple's C library has no C.UTF-8.
        initdb.arg("--locale=C");
    } else {
        initdb.arg("--locale=C.UTF-8");
    }
    run(&mut initdb)?;
    if durability == Durability::Full {
        let mut sync = Command::new(binaries.dir().join("initdb"));
        run(account.apply(&mut sync).current_dir(data_dir).arg("--sync-only").arg("-D").arg(&unfinished))?;
    }
    let whole = folder(data_dir);
    std::fs::rename(&unfinished, &whole).map_err(EmbeddedError::io("cannot move the new cluster to", &whole))
}

/// A folder of mode 0700 that belongs to the account; an existing one must be just that.
pub(super) fn private_folder(path: &Path, account: &Account) -> Result<(), EmbeddedError> {
    match DirBuilder::new().mode(0o700).create(path) {
        Ok(()) => account.own(path),
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
            // Not through a link: in a shared folder anyone could have put one there.
            let metadata = std::fs::symlink_metadata(path).map_err(EmbeddedError::io("cannot read", path))?;
            if metadata.is_dir() && account.owns(&metadata) {
                return Ok(());
            }
            let why = std::io::Error::other(format!("it exists and is not a folder of {}", account.name()));
            Err(EmbeddedError::io("cannot use", path)(why))
        }
        Err(error) => Err(EmbeddedError::io("cannot make", path)(error)),
    }
}

/// Runs a program of PostgreSQL's to its end.
pub(super) fn run(command: &mut Command) -> Result<Output, EmbeddedError> {
    let program = command.get_program().to_string_lossy().into_owned();
    let failed = |output: String| EmbeddedError::Program { program: program.clone(), output };
    let output = command.output().map_err(|error| failed(error.to_string()))?;
    if output.status.success() {
        return Ok(output);
    }
    let complaint = String::from_utf8_lossy(&output.stderr);
    Err(failed(format!("{} ({})", complaint.trim(), output.status)))
}
