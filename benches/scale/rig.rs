//! A PostgreSQL, databases full of feeds, and the daemon as a process.

use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use sqlx::{AssertSqlSafe, Connection, PgConnection};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use wireroom::config::Config;
use wireroom::embedded::{self, Server, Settings};
use wireroom::store::Store;

/// The server and a folder.
pub struct Rig {
    folder: PathBuf,
    server: Server,
}

impl Rig {
    /// Brings the embedded server up, with the durability it has in daily work.
    pub async fn new() -> Self {
        let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("scale-bench");
        let path = std::env::var_os("PATH");
        let server =
            embedded::start(&Settings::new(folder.clone(), path.as_deref()), |_| {}).await.expect("PostgreSQL starts");
        Self { folder, server }
    }

    fn url(&self, name: &str) -> String {
        self.server.url().replace("/wireroom?", &format!("/{name}?"))
    }

    /// An empty, migrated database.
    pub async fn fresh(&self, name: &str) -> Store {
        let mut connection = PgConnection::connect(&self.server.url()).await.expect("the server answers");
        for statement in ["drop database if exists NAME with (force)", "create database NAME"] {
            let statement = AssertSqlSafe(statement.replace("NAME", name));
            sqlx::query(statement).execute(&mut connection).await.expect("a database can be made");
        }
        let config = Config::default();
        let options = self.server.connect_options().database(name);
        let store = Store::connect(options, &config.database, &config.pipeline).await.expect("it answers");
        store.migrate().await.expect("it can be migrated");
        store
    }

    /// Runs a statement.
    pub async fn sql(&self, name: &str, statement: &str) {
        let mut connection = PgConnection::connect(&self.url(name)).await.expect("the database answers");
        sqlx::query(AssertSqlSafe(statement)).execute(&mut connection).await.expect("a statement runs");
    }

    /// Asks for one number.
    pub async fn number(&self, name: &str, question: &str) -> f64 {
        let mut connection = PgConnection::connect(&self.url(name)).await.expect("the database answers");
        sqlx::query_scalar(AssertSqlSafe(question)).fetch_one(&mut connection).await.expect("an answer")
    }

    /// Puts feeds in, three a host, as if they had been polled for weeks.
    pub async fn fill(&self, name: &str, feeds: u64, port: u16) {
        let host = format!("'127.' || 1 + n / 65536 || '.' || n / 256 % 256 || '.' || n % 256 || ':{port}'");
        self.sql(
            name,
            &format!(
                "insert into feeds (url, host, origin, etag, interval_seconds, last_polled_at, last_success_at, listed_entries,
                                    new_entries, last_outcome, validators_url)
                 select 'http://' || host || '/f' || i, host, 'command', '\"x\"', 3600, now(), now(), 20, 1, 'new',
                        'http://' || host || '/f' || i
                   from (select i, {host} as host from (select i, i % ({feeds} / 3) as n from generate_series(1, {feeds}) i) f) g"
            ),
        )
        .await;
    }
}

/// `wireroom run` on one database; killed when dropped.
pub struct Daemon {
    child: tokio::process::Child,
    port: u16,
    peak_mb: u64,
}

impl Daemon {
    /// Starts it.
    pub fn start(rig: &Rig, name: &str) -> Self {
        let free = std::net::TcpListener::bind(("127.0.0.1", 0)).expect("a port");
        let port = free.local_addr().expect("a bound listener has an address").port();
        drop(free);
        let folder = rig.folder.join(format!("daemon-{name}"));
        _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir_all(&folder).expect("a folder can be made");
        let settings = format!(
            "data_dir = \"{}\"\n[http]\nlisten = \"127.0.0.1:{port}\"\n[fetch]\nallow_networks = [\"127.0.0.0/8\"]\n",
            folder.join("data").display()
        );
        std::fs::write(folder.join("wireroom.toml"), settings).expect("settings can be written");
        let log = std::fs::File::create(folder.join("log")).expect("a log");
        let child = tokio::process::Command::new(env!("CARGO_BIN_EXE_wireroom"))
            .arg("--config")
            .arg(folder.join("wireroom.toml"))
            .arg("run")
            .env("DATABASE_URL", rig.url(name))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .kill_on_drop(true)
            .spawn()
            .expect("the daemon starts");
        Self { child, port, peak_mb: 0 }
    }

    fn status(&self, line: &str) -> u64 {
        let Some(pid) = self.child.id() else { return 0 };
        let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
        let kilobytes =
            status.lines().find_map(|l| l.strip_prefix(line)?.split_whitespace().next()?.parse::<u64>().ok());
        kilobytes.unwrap_or(0) / 1024
    }

    /// Its memory now, in MB.
    pub fn memory_mb(&mut self) -> u64 {
        self.peak_mb = self.peak_mb.max(self.status("VmHWM:"));
        self.status("VmRSS:")
    }

    /// The most it ever had.
    pub fn peak_mb(&self) -> u64 {
        self.peak_mb.max(self.status("VmHWM:"))
    }

    /// What `/metrics` says.
    pub async fn metrics(&self) -> String {
        let mut stream = tokio::net::TcpStream::connect(("127.0.0.1", self.port)).await.expect("the port answers");
        let request = format!("GET /metrics HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nConnection: close\r\n\r\n", self.port);
        stream.write_all(request.as_bytes()).await.expect("a request can be sent");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.expect("an answer");
        answer
    }

    /// SIGTERM; the exit code, if it ends within its twenty seconds.
    pub async fn terminate(&mut self) -> Option<i32> {
        let pid = self.child.id().and_then(|id| rustix::process::Pid::from_raw(i32::try_from(id).ok()?))?;
        rustix::process::kill_process(pid, rustix::process::Signal::TERM).ok()?;
        tokio::time::timeout(Duration::from_secs(20), self.child.wait()).await.ok()?.ok()?.code()
    }
}

/// How many observations of a histogram are in a bucket.
pub fn bucket(metrics: &str, name: &str, most: &str) -> f64 {
    let wanted = format!("wireroom_{name}_bucket{{le=\"{most}\"}}");
    metrics.lines().find_map(|l| l.strip_prefix(&wanted)?.trim().parse().ok()).unwrap_or(0.0)
}
