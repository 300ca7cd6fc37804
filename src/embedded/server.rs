//! The running server: joined if there is one, else started; stopped by whoever leaves last.
//!
//! `server.lock` (shared) says who uses the server; `start.lock` (exclusive) lets one process at a time look and start.
//! The real guard against two servers on one folder is PostgreSQL's own `postmaster.pid`.

use std::fmt::Write as _;
use std::fs::{File, OpenOptions};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, WaitOptions};
use sqlx::postgres::{PgConnectOptions, PgSslMode};
use sqlx::{ConnectOptions, Connection};

use super::account::Account;
use super::binaries::{self, Binaries};
use super::launch::{self, Launched};
use super::postmaster::Postmaster;
use super::{DATABASE, EmbeddedError, Fetch, Progress, Settings, cluster, fetch};

/// How long the processes of a crashed server, or one that is stopping, are waited for. They were gone in 2 s.
const OLD_SERVER_MAX: Duration = Duration::from_secs(30);
/// How long a server may take until it answers: recovery replays up to 4 GB of log.
const ANSWER_MAX: Duration = Duration::from_mins(10);
/// How long a stop may take: it writes out what is in memory.
const STOP_MAX: Duration = Duration::from_mins(2);
/// The pause between two looks.
const PAUSE: Duration = Duration::from_millis(20);
/// How long one connection attempt may take.
const CONNECT_MAX: Duration = Duration::from_secs(5);

/// A running server that this process has a share in.
///
/// Dropped without [`Server::stop`] the share is given back and the server goes on, for the next start to join.
#[derive(Debug)]
pub struct Server {
    share: File,
    data_dir: PathBuf,
    binaries: Binaries,
    postmaster: Postmaster,
    version: String,
    origin: Origin,
    password: Option<String>,
}

/// Whether this process started the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Origin {
    Started,
    Joined,
}

/// What became of the server when this process left it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Leaving {
    /// Nobody else used it: it is stopped.
    Stopped,
    /// Others still use it: it goes on.
    StillUsed,
}

impl Server {
    /// How to connect to the database, over the socket.
    pub fn connect_options(&self) -> PgConnectOptions {
        options(&self.postmaster, DATABASE)
    }

    /// The database as a URL that `psql` and sqlx both take: over TCP with its password if the server listens, else
    /// over the socket.
    pub fn url(&self) -> String {
        if let (Some(address), Some(password)) = (&self.postmaster.listens_on, &self.password) {
            let host = if address.contains(':') { format!("[{address}]") } else { address.clone() };
            return format!("postgres://{DATABASE}:{password}@{host}:{}/{DATABASE}", self.postmaster.port);
        }
        self.socket_url()
    }

    /// The database as a URL over the socket.
    pub fn socket_url(&self) -> String {
        let socket = self.postmaster.socket_dir.to_string_lossy();
        let host = percent_encoding::utf8_percent_encode(&socket, percent_encoding::NON_ALPHANUMERIC);
        let mut url = format!("postgres:///{DATABASE}?host={host}&user={DATABASE}");
        if self.postmaster.port != launch::PORT {
            // Writing to a string cannot fail.
            let _written = write!(url, "&port={}", self.postmaster.port);
        }
        url
    }

    /// The folder of the programs the server runs from.
    pub fn bin_dir(&self) -> &Path {
        self.binaries.dir()
    }

    /// The programs the server runs from, for `psql` and `pg_dump`.
    pub fn binaries(&self) -> &Binaries {
        &self.binaries
    }

    /// The server's version, such as `15.18`.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// The process id of the server.
    pub fn pid(&self) -> u32 {
        self.postmaster.pid
    }

    /// Whether this process started the server, rather than joined one that was running.
    pub fn was_started_here(&self) -> bool {
        self.origin == Origin::Started
    }

    /// Gives the share back, and stops the server if nobody else has one. Waits until it is gone.
    pub async fn stop(self) -> Result<Leaving, EmbeddedError> {
        // From shared to exclusive gives the share up first, so of two that leave at once the later one succeeds.
        if self.share.try_lock().is_err() {
            return Ok(Leaving::StillUsed);
        }
        // Held until here: whoever starts now waits for the exclusive lock, and starts a new server.
        let Self { data_dir, postmaster, share, .. } = self;
        let answers = version_of(&postmaster, &data_dir).await.is_ok();
        if answers && Postmaster::read(&data_dir)?.is_some_and(|now| now.pid == postmaster.pid) {
            let late = EmbeddedError::Late { what: "stop", seconds: STOP_MAX.as_secs(), log: launch::log(&data_dir) };
            signal(&postmaster, Signal::INT)?;
            let deadline = Instant::now() + STOP_MAX;
            while Postmaster::read(&data_dir)?.is_some_and(|now| now.pid == postmaster.pid) {
                reap(postmaster.pid);
                if Instant::now() > deadline {
                    return Err(late);
                }
                tokio::time::sleep(PAUSE).await;
            }
            reap(postmaster.pid);
        }
        drop(share);
        Ok(Leaving::Stopped)
    }
}

/// See [`super::start`].
pub(super) async fn start(
    settings: &Settings,
    progress: &(impl Fn(Progress) + Send + Sync),
) -> Result<Server, EmbeddedError> {
    let account = Account::current()?;
    let data_dir = launch::prepare_data_dir(&settings.data_dir, &account)?;
    let settings = &Settings { data_dir, ..settings.clone() };
    let _starting = lock(&settings.data_dir.join("start.lock"), File::lock).await?;
    let share = lock(&settings.data_dir.join("server.lock"), File::lock_shared).await?;

    let mut found: Option<Binaries> = None;
    let mut patience = Patience::new(progress);
    loop {
        if let Some(running) = join(settings, &account, share.try_clone(), &mut patience).await? {
            return Ok(running);
        }
        let binaries = match found.take() {
            Some(binaries) => binaries,
            None => prepare(settings, &account, progress).await?,
        };
        progress(Progress::Starting(binaries.version().to_owned()));
        let mut launched = launch::launch(settings, &binaries, &account, progress)?;
        match answer(settings, &mut launched, patience.deadline).await? {
            Some(postmaster) => return finish(settings, share, binaries, postmaster, &launched).await,
            None => patience.wait(settings).await?,
        }
        found = Some(binaries);
    }
}

/// Waits for an old server with an end in sight, and says so once.
struct Patience<'p, P: Fn(Progress)> {
    deadline: Instant,
    said: bool,
    progress: &'p P,
}

impl<'p, P: Fn(Progress)> Patience<'p, P> {
    fn new(progress: &'p P) -> Self {
        Self { deadline: Instant::now() + OLD_SERVER_MAX, said: false, progress }
    }

    async fn wait(&mut self, settings: &Settings) -> Result<(), EmbeddedError> {
        if !std::mem::replace(&mut self.said, true) {
            (self.progress)(Progress::WaitingForOldServer);
        }
        if Instant::now() > self.deadline {
            let log = launch::log(&settings.data_dir);
            return Err(EmbeddedError::Late { what: "start", seconds: OLD_SERVER_MAX.as_secs(), log });
        }
        tokio::time::sleep(PAUSE * 5).await;
        Ok(())
    }
}

/// Takes a lock without holding up the runtime.
async fn lock(path: &Path, take: fn(&File) -> std::io::Result<()>) -> Result<File, EmbeddedError> {
    let file = OpenOptions::new().create(true).truncate(false).write(true).open(path);
    let file = file.map_err(EmbeddedError::io("cannot open", path))?;
    let taken = tokio::task::spawn_blocking(move || take(&file).map(|()| file)).await;
    taken.unwrap_or_else(|panic| Err(std::io::Error::other(panic))).map_err(EmbeddedError::io("cannot lock", path))
}

/// Joins the server that `postmaster.pid` names, if it answers and is on this folder.
async fn join<P: Fn(Progress)>(
    settings: &Settings,
    account: &Account,
    share: std::io::Result<File>,
    patience: &mut Patience<'_, P>,
) -> Result<Option<Server>, EmbeddedError> {
    let data_dir = &settings.data_dir;
    let recovering_max = Instant::now() + ANSWER_MAX;
    loop {
        let Some(postmaster) = Postmaster::read(data_dir)? else { return Ok(None) };
        // A server we started ourselves and that died is a zombie until it is reaped, and would look alive.
        reap(postmaster.pid);
        match version_of(&postmaster, data_dir).await {
            Ok(version) => {
                let Some(dir) = launch::running_bin_dir(data_dir) else { return Ok(None) };
                let seen =
                    |seen| binaries::not_found(vec![binaries::Looked { place: dir.display().to_string(), seen }], None);
                let binaries = Binaries::in_dir(&dir, account).map_err(seen)?.with_elsewhere(settings);
                (patience.progress)(Progress::Joined);
                let share = share.map_err(EmbeddedError::io("cannot share", data_dir))?;
                let password = launch::read_password(data_dir)?;
                let data_dir = data_dir.clone();
                let origin = Origin::Joined;
                return Ok(Some(Server { share, data_dir, binaries, postmaster, version, origin, password }));
            }
            Err(error) if is_starting(&error) && Instant::now() < recovering_max => patience.said_once(),
            Err(_) => return Ok(None),
        }
        tokio::time::sleep(PAUSE * 5).await;
    }
}

impl<P: Fn(Progress)> Patience<'_, P> {
    fn said_once(&mut self) {
        if !std::mem::replace(&mut self.said, true) {
            (self.progress)(Progress::WaitingForOldServer);
        }
    }
}

/// Finds or fetches the programs, and makes the cluster if there is none.
async fn prepare(
    settings: &Settings,
    account: &Account,
    progress: &(impl Fn(Progress) + Send + Sync),
) -> Result<Binaries, EmbeddedError> {
    let major = cluster::major(&settings.data_dir)?;
    let binaries = match binaries::find(settings, account, major) {
        Ok(binaries) => binaries,
        Err(looked) if settings.bin_dir.is_none() && settings.fetch == Fetch::Allowed => {
            fetch::fetch(&settings.data_dir, account, major, looked, progress).await?.with_elsewhere(settings)
        }
        Err(looked) => return Err(binaries::not_found(looked, major)),
    };
    if major.is_none() {
        progress(Progress::Creating(binaries.version().to_owned()));
        let (settings, account, with) = (settings.clone(), account.clone(), binaries.clone());
        let made = tokio::task::spawn_blocking(move || {
            cluster::create(&settings.data_dir, &with, &account, settings.durability)
        });
        made.await.unwrap_or_else(|panic| {
            Err(EmbeddedError::Program { program: "initdb".to_owned(), output: panic.to_string() })
        })?;
    }
    Ok(binaries)
}

/// Waits until the server answers. `None` when it gave way to an old one that is still going.
async fn answer(
    settings: &Settings,
    launched: &mut Launched,
    old_server_max: Instant,
) -> Result<Option<Postmaster>, EmbeddedError> {
    let deadline = Instant::now() + ANSWER_MAX;
    while Instant::now() < deadline {
        let ended = launched.child.try_wait().map_err(EmbeddedError::io("cannot watch", &settings.data_dir))?;
        if let Some(status) = ended {
            let output = launched.log_tail();
            let gave_way = output.contains("pre-existing shared memory block") || output.contains("already exists");
            if gave_way && Instant::now() < old_server_max {
                return Ok(None);
            }
            return Err(EmbeddedError::Program { program: format!("postgres ({status})"), output });
        }
        if let Some(postmaster) = Postmaster::read(&settings.data_dir)?
            && postmaster.pid == launched.child.id()
            && version_of(&postmaster, &settings.data_dir).await.is_ok()
        {
            return Ok(Some(postmaster));
        }
        tokio::time::sleep(PAUSE).await;
    }
    let log = launch::log(&settings.data_dir);
    Err(EmbeddedError::Late { what: "answer", seconds: ANSWER_MAX.as_secs(), log })
}

/// Makes the database and the password a new server lacks.
async fn finish(
    settings: &Settings,
    share: File,
    binaries: Binaries,
    postmaster: Postmaster,
    launched: &Launched,
) -> Result<Server, EmbeddedError> {
    let mut connection = options(&postmaster, "postgres").connect().await?;
    let exists = sqlx::query("select from pg_database where datname = 'wireroom'").fetch_optional(&mut connection);
    if exists.await?.is_none() {
        sqlx::query("create database wireroom").execute(&mut connection).await?;
    }
    if let Some(password) = &launched.password {
        // Letters and digits only, made by us: nothing to escape.
        let statement = format!("alter role wireroom password '{password}'");
        sqlx::query(sqlx::AssertSqlSafe(statement)).execute(&mut connection).await?;
    }
    let version: String = sqlx::query_scalar("show server_version").fetch_one(&mut connection).await?;
    connection.close().await?;
    Ok(Server {
        share,
        data_dir: settings.data_dir.clone(),
        binaries,
        postmaster,
        version: short(&version),
        origin: Origin::Started,
        password: launched.password.clone(),
    })
}

/// The version of the server on this data folder; an error if it does not answer or is on another.
async fn version_of(postmaster: &Postmaster, data_dir: &Path) -> Result<String, sqlx::Error> {
    let asked = async {
        let mut connection = options(postmaster, "postgres").connect().await?;
        let query = "select current_setting('server_version'), current_setting('data_directory')";
        let (version, folder): (String, String) = sqlx::query_as(query).fetch_one(&mut connection).await?;
        connection.close().await?;
        Ok((version, folder))
    };
    let late = |_| sqlx::Error::Io(std::io::ErrorKind::TimedOut.into());
    let (version, folder) = tokio::time::timeout(CONNECT_MAX, asked).await.map_err(late).flatten()?;
    let ours = same_folder(Path::new(&folder), &cluster::folder(data_dir));
    ours.then(|| short(&version)).ok_or_else(|| sqlx::Error::Configuration("a server of another folder".into()))
}

fn same_folder(a: &Path, b: &Path) -> bool {
    a == b || matches!((a.canonicalize(), b.canonicalize()), (Ok(a), Ok(b)) if a == b)
}

/// `15.18 (Debian 15.18-0+deb12u1)` is 15.18.
fn short(version: &str) -> String {
    version.split_whitespace().next().unwrap_or(version).to_owned()
}

fn options(postmaster: &Postmaster, database: &str) -> PgConnectOptions {
    PgConnectOptions::new_without_pgpass()
        .socket(&postmaster.socket_dir)
        .port(postmaster.port)
        .username(DATABASE)
        .database(database)
        .ssl_mode(PgSslMode::Disable)
}

/// Whether the server says that it will answer later (`cannot_connect_now`), which it also says while it stops.
fn is_starting(error: &sqlx::Error) -> bool {
    matches!(error, sqlx::Error::Database(error) if error.code().as_deref() == Some("57P03"))
}

fn signal(postmaster: &Postmaster, signal: Signal) -> Result<(), EmbeddedError> {
    let refused = |errno: rustix::io::Errno| EmbeddedError::Program {
        program: format!("stopping postgres (process {})", postmaster.pid),
        output: errno.to_string(),
    };
    let Some(pid) = as_pid(postmaster.pid) else { return Ok(()) };
    match rustix::process::kill_process(pid, signal) {
        // It went by itself.
        Ok(()) | Err(rustix::io::Errno::SRCH) => Ok(()),
        Err(errno) => Err(refused(errno)),
    }
}

fn as_pid(pid: u32) -> Option<Pid> {
    i32::try_from(pid).ok().and_then(Pid::from_raw)
}

/// Takes the exit status of a dead server if it was our child; whether it was does not matter here.
fn reap(pid: u32) {
    if let Some(pid) = as_pid(pid) {
        let _not_ours_or_not_dead = rustix::process::waitpid(Some(pid), WaitOptions::NOHANG);
    }
}
