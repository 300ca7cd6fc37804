//! Processes, databases and a PostgreSQL that can be stopped: what the runs of `daemon.rs` share.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use sqlx::postgres::PgPoolOptions;
use sqlx::{Connection, PgConnection, PgPool, Row};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use wireroom::embedded::{self, Server, Settings};

use crate::press::Press;

/// The pause asked for between two requests to one site.
pub const HOST_DELAY: Duration = Duration::from_millis(20);

/// The sites, the server, and a folder.
pub struct Rig {
    /// The sites.
    pub press: Arc<Press>,
    address: SocketAddr,
    folder: PathBuf,
    server: Server,
}

/// A database of one run.
pub struct Database {
    name: &'static str,
    url: String,
}

/// What a run leaves: articles and refusals, but for times and ids.
#[derive(Debug, PartialEq, Eq)]
pub struct State {
    rows: BTreeMap<String, String>,
    articles: BTreeSet<String>,
    /// Pages by reason of refusal.
    pub refusals: BTreeMap<String, usize>,
    /// Pages still to be done.
    pub pending: i64,
}

impl State {
    /// How many articles there are.
    pub fn articles(&self) -> usize {
        self.articles.len()
    }

    /// How many pages were refused.
    pub fn refused(&self) -> usize {
        self.refusals.values().sum()
    }

    /// Pages that are neither an article nor refused, or whose article is shared.
    pub fn unaccounted(&self, press: &Press) -> Vec<String> {
        press.urls().into_iter().filter(|url| !self.rows.contains_key(url)).collect()
    }
}

impl Rig {
    /// Brings everything up.
    pub async fn new(press: Arc<Press>) -> Self {
        let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("daemon-bench");
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.expect("a loopback port");
        let address = listener.local_addr().expect("a bound listener has an address");
        tokio::spawn(press.clone().serve(listener));
        let server = start(&folder).await;
        Self { press, address, folder, server }
    }

    /// Makes an empty database.
    pub async fn database(&self, name: &'static str) -> Database {
        let mut connection = PgConnection::connect(&self.server.url()).await.expect("the server answers");
        for statement in ["drop database if exists NAME with (force)", "create database NAME"] {
            let statement = sqlx::AssertSqlSafe(statement.replace("NAME", name));
            sqlx::query(statement).execute(&mut connection).await.expect("a database can be made");
        }
        let url = self.server.url().replace("/wireroom?", &format!("/{name}?"));
        _ = std::fs::remove_dir_all(self.folder.join(name));
        Database { name, url }
    }

    async fn pool(&self, database: &Database) -> PgPool {
        PgPoolOptions::new().max_connections(2).connect(&database.url).await.expect("the database answers")
    }

    /// What the database holds now.
    pub async fn state(&self, database: &Database) -> State {
        let pool = self.pool(database).await;
        let exists: Option<String> =
            sqlx::query_scalar("select to_regclass('public.tasks')::text").fetch_one(&pool).await.expect("an answer");
        let mut state =
            State { rows: BTreeMap::new(), articles: BTreeSet::new(), refusals: BTreeMap::new(), pending: 0 };
        if exists.is_none() {
            return state;
        }
        let rows = sqlx::query(
            "select t.url, t.state, t.reason, a.title, md5(a.text) as text, a.version, a.word_count, a.authors::text,
                    (select count(*) from entries e where e.task_id = t.task_id) as entries,
                    (select count(*) from pages p where p.article_id = a.article_id) > 0 as kept,
                    (select string_agg(e.name || ae.starts::text, ';' order by e.name, e.kind) from article_entities ae
                       join entities e using (entity_id) where ae.article_id = a.article_id) as entities,
                    (select string_agg(q.text, ';' order by q.position) from quotes q where q.article_id = a.article_id) as quotes,
                    (select count(*) from dates d where d.article_id = a.article_id) as dates,
                    (select count(*) from amounts m where m.article_id = a.article_id) as amounts
               from tasks t left join articles a using (article_id)",
        )
        .fetch_all(&pool)
        .await
        .expect("an answer");
        for row in rows {
            let (url, number): (String, i16) = (row.get("url"), row.get("state"));
            match number {
                2 => drop(state.articles.insert(url.clone())),
                3 => {
                    let reason: Option<String> = row.get("reason");
                    *state.refusals.entry(reason.unwrap_or_else(|| "without a reason".to_owned())).or_default() += 1;
                }
                _ => {
                    state.pending += 1;
                    continue;
                }
            }
            let text = |name: &str| row.get::<Option<String>, _>(name);
            let number = |name: &str| row.get::<Option<i64>, _>(name);
            let line = format!(
                "{number:?} {:?} {:?} {:?} {:?} {:?} {:?} {:?} {:?} {:?} {:?} {:?}",
                text("reason"),
                text("title"),
                text("text"),
                row.get::<Option<i32>, _>("version"),
                row.get::<Option<i32>, _>("word_count"),
                text("authors"),
                number("entries"),
                text("entities"),
                text("quotes"),
                (number("dates"), number("amounts")),
                row.get::<Option<bool>, _>("kept"),
                number = row.get::<i16, _>("state"),
            );
            state.rows.insert(url, line);
        }
        state
    }

    /// Whether a database holds what it should; says where it does not.
    pub async fn same(&self, database: &Database, expected: &State) -> bool {
        let state = self.state(database).await;
        let urls: BTreeSet<&String> = state.rows.keys().chain(expected.rows.keys()).collect();
        let different: Vec<_> = urls.into_iter().filter(|u| state.rows.get(*u) != expected.rows.get(*u)).collect();
        for url in different.iter().take(5) {
            let (here, there) = (state.rows.get(*url), expected.rows.get(*url));
            let (here, there) = (here.map_or("absent", String::as_str), there.map_or("absent", String::as_str));
            let at = here.chars().zip(there.chars()).take_while(|(a, b)| a == b).count();
            let part = |line: &str| line.chars().skip(at.saturating_sub(40)).take(120).collect::<String>();
            println!("  {url}\n    {}\n    {}", part(here), part(there));
        }
        let pool = self.pool(database).await;
        let articles: i64 =
            sqlx::query_scalar("select count(*) from articles").fetch_one(&pool).await.expect("an answer");
        println!(
            "  {} rows differ; {} articles, {} tasks done, {} pending",
            different.len(),
            articles,
            state.articles(),
            state.pending
        );
        different.is_empty() && state.pending == 0
    }

    /// Makes every feed due.
    pub async fn make_feeds_due(&self, database: &Database) {
        let pool = self.pool(database).await;
        sqlx::query("update feeds set next_poll_at = now()").execute(&pool).await.expect("an answer");
    }

    /// Runs daemons until nothing is pending.
    pub async fn settle(&self, database: &Database, daemons: usize) {
        let mut running: Vec<Daemon> = (0..daemons).map(|n| Daemon::start(self, database, n, &["run"])).collect();
        self.until_drained(database).await;
        for daemon in &mut running {
            daemon.terminate().await;
        }
    }

    /// Waits until every page is an article or refused.
    pub async fn until_drained(&self, database: &Database) {
        let expected = self.press.urls().len();
        for _ in 0..3000 {
            let state = self.state(database).await;
            if state.pending == 0 && state.rows.len() >= expected {
                return;
            }
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
        println!("BROKEN the queue was not empty after ten minutes");
    }

    /// Stops PostgreSQL as an operator would.
    pub fn stop_postgres(&self) {
        let file = std::fs::read_to_string(self.folder.join("db/postmaster.pid")).expect("a running server has one");
        let pid: i32 = file.lines().next().and_then(|l| l.trim().parse().ok()).expect("its first line is the pid");
        let pid = rustix::process::Pid::from_raw(pid).expect("a pid is not 0");
        rustix::process::kill_process(pid, rustix::process::Signal::INT).expect("our own child");
    }

    /// Starts it again.
    pub async fn start_postgres(&self) {
        drop(start(&self.folder).await);
    }
}

async fn start(folder: &std::path::Path) -> Server {
    let settings = Settings::new(folder, std::env::var_os("PATH").as_deref());
    embedded::start(&settings, |_| {}).await.expect("PostgreSQL starts")
}

/// A daemon of the built binary.
pub struct Daemon {
    child: tokio::process::Child,
    port: u16,
    /// The most memory it held, in MB.
    pub memory_peak_mb: u64,
}

impl Daemon {
    /// Starts one; `number` gives each its own folder and port.
    pub fn start(rig: &Rig, database: &Database, number: usize, arguments: &[&str]) -> Self {
        let folder = rig.folder.join(database.name).join(number.to_string());
        std::fs::create_dir_all(&folder).expect("a folder for the daemon");
        let port = 7300 + u16::try_from(number).unwrap_or(0);
        let names: String = rig.press.hosts().map(|h| format!("\"{h}\" = \"{}\"\n", rig.address)).collect();
        let text = format!(
            "data_dir = \"{}\"\n[poll]\nentry_age_max = \"off\"\n[http]\nlisten = \"127.0.0.1:{port}\"\n[pipeline]\nlease = \"5s\"\n\
             attempts_max = 100\n[fetch]\nallow_networks = [\"127.0.0.0/8\"]\nhost_delay = \"{}ms\"\n[fetch.resolve]\n{names}",
            folder.join("data").display(),
            HOST_DELAY.as_millis(),
        );
        let feeds: String = rig.press.hosts().map(|h| format!("[[feeds]]\nurl = \"http://{h}/feed.xml\"\n")).collect();
        std::fs::write(folder.join("wireroom.toml"), text).expect("a configuration can be written");
        std::fs::write(folder.join("feeds.toml"), feeds).expect("a feed list can be written");
        let log = std::fs::OpenOptions::new().create(true).append(true).open(folder.join("log")).expect("a log");
        let child = tokio::process::Command::new(env!("CARGO_BIN_EXE_wireroom"))
            .arg("--config")
            .arg(folder.join("wireroom.toml"))
            .args(arguments)
            .env("DATABASE_URL", &database.url)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .kill_on_drop(true)
            .spawn()
            .expect("the daemon starts");
        Self { child, port, memory_peak_mb: 0 }
    }

    /// Waits for its end, and watches its memory.
    pub async fn wait(&mut self) -> Option<i32> {
        loop {
            self.look();
            tokio::select! {
                ended = self.child.wait() => return ended.ok()?.code(),
                () = tokio::time::sleep(Duration::from_millis(100)) => {}
            }
        }
    }

    fn look(&mut self) {
        let Some(pid) = self.child.id() else { return };
        let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
        let peak =
            status.lines().find_map(|l| l.strip_prefix("VmHWM:")?.split_whitespace().next()?.parse::<u64>().ok());
        self.memory_peak_mb = self.memory_peak_mb.max(peak.unwrap_or(0) / 1024);
    }

    /// SIGKILL.
    pub async fn kill(&mut self) {
        self.child.kill().await.expect("our own child");
    }

    /// SIGTERM; the exit code, if it ends within its twenty seconds.
    pub async fn terminate(&mut self) -> Option<i32> {
        let pid = self.child.id().and_then(|id| rustix::process::Pid::from_raw(i32::try_from(id).ok()?))?;
        rustix::process::kill_process(pid, rustix::process::Signal::TERM).ok()?;
        tokio::time::timeout(Duration::from_secs(20), self.child.wait()).await.ok()?.ok()?.code()
    }

    /// What `/readyz` answers.
    pub async fn ready(&self) -> (u16, String) {
        let asked = async {
            let mut stream = tokio::net::TcpStream::connect(("127.0.0.1", self.port)).await.ok()?;
            let request = format!("GET /readyz HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nConnection: close\r\n\r\n", self.port);
            stream.write_all(request.as_bytes()).await.ok()?;
            let mut answer = String::new();
            stream.read_to_string(&mut answer).await.ok()?;
            let status = answer.split(' ').nth(1)?.parse().ok()?;
            Some((status, answer.split("\r\n\r\n").nth(1)?.trim().to_owned()))
        };
        asked.await.unwrap_or((0, "no answer".to_owned()))
    }
}

/// Numbers that a seed repeats (`SplitMix64`).
pub struct Random(u64);

impl Random {
    /// Begins at a seed.
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// A number below a limit.
    pub fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % limit.max(1)
    }
}
