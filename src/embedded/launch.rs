//! One attempt to start the server's process: its folders, its command line, its log.

use std::fs::{File, OpenOptions, Permissions};
use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use sha2::{Digest as _, Sha256};

use super::account::Account;
use super::binaries::Binaries;
use super::{DATABASE, EmbeddedError, Progress, Settings, cluster, tuning};

/// The port in the socket's name when the server takes no TCP.
pub(super) const PORT: u16 = 5432;
/// The longest path of a socket that every system takes: 104 bytes with its end on macOS, 108 on Linux.
const SOCKET_PATH_MAX: usize = if cfg!(target_os = "macos") { 103 } else { 107 };
/// A log longer than this is begun anew at the next start.
const LOG_MAX: u64 = 16 << 20;
/// As much of the log's end as an error shows.
const LOG_TAIL_MAX: u64 = 4096;

/// A server process that has just been started.
#[derive(Debug)]
pub(super) struct Launched {
    pub(super) child: Child,
    pub(super) password: Option<String>,
    log: PathBuf,
    log_start: u64,
}

impl Launched {
    /// What the server wrote to its log in this attempt.
    pub(super) fn log_tail(&self) -> String {
        let read = || -> std::io::Result<Vec<u8>> {
            let mut file = File::open(&self.log)?;
            let end = file.metadata()?.len();
            file.seek(SeekFrom::Start(self.log_start.max(end.saturating_sub(LOG_TAIL_MAX))))?;
            let mut bytes = Vec::new();
            file.take(LOG_TAIL_MAX).read_to_end(&mut bytes)?;
            Ok(bytes)
        };
        let shown = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).trim().to_owned();
        read().map_or_else(|error| format!("its log {} cannot be read: {error}", self.log.display()), shown)
    }
}

/// The server's log.
pub(super) fn log(data_dir: &Path) -> PathBuf {
    data_dir.join("postgresql.log")
}

/// Makes the data folder, and makes sure that the server's user gets there. Returns its absolute path.
pub(super) fn prepare_data_dir(data_dir: &Path, account: &Account) -> Result<PathBuf, EmbeddedError> {
    std::fs::create_dir_all(data_dir).map_err(EmbeddedError::io("cannot make the data folder", data_dir))?;
    let data_dir = data_dir.canonicalize().map_err(EmbeddedError::io("cannot resolve", data_dir))?;
    match account.barred_by(&data_dir) {
        None => Ok(data_dir),
        Some(path) => Err(EmbeddedError::Unreachable { path: path.to_owned(), user: account.name().to_owned() }),
    }
}

/// Starts the process and returns at once.
pub(super) fn launch(
    settings: &Settings,
    binaries: &Binaries,
    account: &Account,
    progress: &impl Fn(Progress),
) -> Result<Launched, EmbeddedError> {
    let data_dir = &settings.data_dir;
    let port = port(settings)?;
    let socket_dir = socket_dir(data_dir, port, account, progress)?;
    let password = if settings.listen.is_some() { Some(password(data_dir)?) } else { None };
    let hba = write_hba(settings)?;
    let log = log(data_dir);
    let (file, log_start) = open_log(&log)?;
    let errors = file.try_clone().map_err(EmbeddedError::io("cannot share", &log))?;

    let mut command = Command::new(binaries.dir().join("postgres"));
    account.apply(&mut command).current_dir(data_dir).arg("-D").arg(cluster::folder(data_dir));
    command.arg("-k").arg(&socket_dir).arg("-p").arg(port.to_string()).arg("-h");
    command.arg(settings.listen.map(|address| address.ip().to_string()).unwrap_or_default());
    command.arg("-c").arg(format!("hba_file={}", hba.display()));
    for setting in tuning::settings(settings.durability, has_lz4(settings, binaries, account)) {
        command.args(["-c", &setting]);
    }
    // Its own process group: a terminal's Ctrl-C must not reach the server before we have drained.
    command.stdin(Stdio::null()).stdout(file).stderr(errors).process_group(0);
    let child = command.spawn().map_err(EmbeddedError::io("cannot run", binaries.dir()))?;
    Ok(Launched { child, password, log, log_start })
}

/// The folder of the programs that the running server was started from.
pub(super) fn running_bin_dir(data_dir: &Path) -> Option<PathBuf> {
    let options = std::fs::read_to_string(cluster::folder(data_dir).join("postmaster.opts")).ok()?;
    // The program, then every argument in quotes.
    let program = options.lines().next()?.split(" \"").next()?;
    Path::new(program).parent().map(Path::to_owned)
}

/// The password for TCP, if one was ever made.
pub(super) fn read_password(data_dir: &Path) -> Result<Option<String>, EmbeddedError> {
    let path = data_dir.join("password");
    match std::fs::read_to_string(&path) {
        Ok(text) => Ok(Some(text.trim().to_owned())),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(EmbeddedError::io("cannot read", &path)(error)),
    }
}

fn password(data_dir: &Path) -> Result<String, EmbeddedError> {
    if let Some(known) = read_password(data_dir)?.filter(|known| known.chars().all(|c| c.is_ascii_alphanumeric())) {
        return Ok(known);
    }
    let fresh = format!("{:032x}", rand::random::<u128>());
    let path = data_dir.join("password");
    let file = OpenOptions::new().create(true).truncate(true).write(true).mode(0o600).open(&path);
    let written = file.and_then(|mut file| file.write_all(fresh.as_bytes()));
    written.map_err(EmbeddedError::io("cannot write", &path)).map(|()| fresh)
}

/// The port asked for, a free one for port 0, or the customary one when only the socket is used.
fn port(settings: &Settings) -> Result<u16, EmbeddedError> {
    match settings.listen {
        None => Ok(PORT),
        Some(address) if address.port() != 0 => Ok(address.port()),
        Some(address) => std::net::TcpListener::bind(address)
            .and_then(|listener| listener.local_addr())
            .map(|address| address.port())
            .map_err(EmbeddedError::io("cannot find a free port for", &settings.data_dir)),
    }
}

/// A folder for the socket: below the data folder, or in a short one if that path is too long for a socket.
fn socket_dir(
    data_dir: &Path,
    port: u16,
    account: &Account,
    progress: &impl Fn(Progress),
) -> Result<PathBuf, EmbeddedError> {
    let beside = data_dir.join("run");
    let name = format!("/.s.PGSQL.{port}");
    let fits = beside.as_os_str().len() + name.len() <= SOCKET_PATH_MAX;
    // A comma separates folders in this setting of PostgreSQL's, and a quote would need escaping.
    let dir = if fits && !beside.to_string_lossy().contains([',', '"', '\'']) {
        beside
    } else {
        let key = Sha256::digest(data_dir.as_os_str().as_encoded_bytes());
        let key: String = key.iter().take(6).map(|byte| format!("{byte:02x}")).collect();
        let parent = if matches!(account, Account::Dropped { .. }) && Path::new("/run").is_dir() {
            PathBuf::from("/run")
        } else {
            std::env::temp_dir()
        };
        let dir = parent.join(format!("wireroom-{key}"));
        progress(Progress::SocketElsewhere(dir.clone()));
        dir
    };
    cluster::private_folder(&dir, account)?;
    Ok(dir)
}

/// Who may connect: on the socket whoever can enter its folder, on TCP whoever has the password.
fn write_hba(settings: &Settings) -> Result<PathBuf, EmbeddedError> {
    let mut lines = "local all all trust\n".to_owned();
    if let Some(address) = settings.listen {
        let host = if address.is_ipv4() { "127.0.0.1/32" } else { "::1/128" };
        lines.push_str("host all ");
        lines.push_str(DATABASE);
        lines.push(' ');
        lines.push_str(if address.ip().is_loopback() { host } else { "all" });
        lines.push_str(" scram-sha-256\n");
    }
    let path = settings.data_dir.join("pg_hba.conf");
    let written = std::fs::write(&path, lines).and_then(|()| {
        // It holds no secret, and the server's user must read it.
        std::fs::set_permissions(&path, Permissions::from_mode(0o644))
    });
    written.map_err(EmbeddedError::io("cannot write", &path)).map(|()| path)
}

fn open_log(path: &Path) -> Result<(File, u64), EmbeddedError> {
    let open = || -> std::io::Result<(File, u64)> {
        let file = OpenOptions::new().create(true).append(true).mode(0o640).open(path)?;
        let length = file.metadata()?.len();
        if length <= LOG_MAX {
            return Ok((file, length));
        }
        file.set_len(0)?;
        Ok((file, 0))
    };
    open().map_err(EmbeddedError::io("cannot write the log", path))
}

/// Asks the program itself, for builds without lz4 refuse the setting and would not start.
fn has_lz4(settings: &Settings, binaries: &Binaries, account: &Account) -> bool {
    let mut command = Command::new(binaries.dir().join("postgres"));
    account.apply(&mut command).current_dir(&settings.data_dir).arg("-D").arg(cluster::folder(&settings.data_dir));
    command.args(["-C", "wal_compression", "-c", "wal_compression=lz4", "-c", "default_toast_compression=lz4"]);
    cluster::run(&mut command).is_ok()
}
