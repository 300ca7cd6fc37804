//! A database of its own for every test, on one PostgreSQL for the whole run.
//!
//! The server is the embedded one, without durability, in a folder below `target/`; every test process joins it, and
//! it stops some seconds after the last has gone. With `DATABASE_URL` set, the server it names is used instead (its
//! user must be allowed to create databases). The migrations run once, into a template named by their hash.
//! A database is dropped when its test passes; a failing test keeps it and prints its URL.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::str::FromStr as _;
use std::time::Duration;

use sha2::{Digest as _, Sha256};
use sqlx::migrate::Migrator;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _, PgConnection, PgPool};
use tokio::sync::OnceCell;
use wireroom::embedded::{self, Durability, EmbeddedError, Leaving, Server, Settings};

/// Set for the process that stops the server when all tests are done.
const KEEPER: &str = "WIREROOM_TEST_KEEPER";
/// How long the server outlives the last test: nextest runs a process per test, one after another.
const KEEP: Duration = Duration::from_secs(10);
/// Serialises the making of templates, among all who use the server.
const TEMPLATE_LOCK: i64 = 0x7769_7265_726f_6f6d;

/// A migrated, empty database that only this test knows.
#[derive(Debug)]
pub struct TestDatabase {
    pool: PgPool,
    options: PgConnectOptions,
    admin: PgConnectOptions,
    name: String,
    url: String,
}

impl TestDatabase {
    /// Makes the database, starting or joining the server.
    pub async fn new() -> Self {
        #[expect(clippy::type_complexity, reason = "named once, here")]
        let (admin, url_of): (_, Box<dyn Fn(&str) -> String>) = match std::env::var("DATABASE_URL") {
            Ok(url) => {
                let options = PgConnectOptions::from_str(&url).expect("DATABASE_URL is the URL of a PostgreSQL");
                (options.clone(), Box::new(move |name| options.clone().database(name).to_url_lossy().to_string()))
            }
            Err(_) => {
                let server = server().await;
                let url = server.socket_url();
                (server.connect_options(), Box::new(move |name| url.replacen("/wireroom?", &format!("/{name}?"), 1)))
            }
        };
        let name = format!("t_{}_{:08x}", test_name(), rand::random::<u32>());
        let mut connection = admin.connect().await.expect("the test server answers");
        let template = template(&mut connection, &admin).await;
        run(&mut connection, format!(r#"create database "{name}" template "{template}""#)).await;
        connection.close().await.expect("closes");
        let options = admin.clone().database(&name);
        let pool = PgPoolOptions::new().max_connections(8).connect_with(options.clone()).await;
        let pool = pool.expect("the new database answers");
        Self { pool, options, admin, url: url_of(&name), name }
    }

    /// A pool of eight connections.
    pub fn pool(&self) -> &PgPool {
        &self.pool
    }

    /// How to connect.
    #[allow(dead_code, reason = "not every test needs connections of its own")]
    pub fn connect_options(&self) -> PgConnectOptions {
        self.options.clone()
    }

    /// The number a query gives.
    pub async fn count(&self, query: &'static str) -> i64 {
        sqlx::query_scalar(query).fetch_one(&self.pool).await.unwrap()
    }

    /// The URL, for commands run as processes.
    pub fn url(&self) -> &str {
        &self.url
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("the database of this test is kept: {}", self.url);
            return;
        }
        let (admin, name) = (self.admin.clone(), self.name.clone());
        // A runtime of its own: this one may be inside a task, or going down.
        let dropped = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
            runtime.block_on(async {
                let mut connection = admin.connect().await?;
                let statement = format!(r#"drop database if exists "{name}" with (force)"#);
                sqlx::query(AssertSqlSafe(statement)).execute(&mut connection).await?;
                connection.close().await
            })
        });
        match dropped.join() {
            Ok(Ok(())) => {}
            Ok(Err(error)) => eprintln!("the database {} could not be dropped: {error}", self.name),
            Err(_) => eprintln!("the database {} could not be dropped", self.name),
        }
    }
}

/// The server of this process, joined or started once. Its share ends with the process.
async fn server() -> &'static Server {
    static SERVER: OnceCell<Server> = OnceCell::const_new();
    SERVER
        .get_or_init(|| async {
            let server = start().await.unwrap_or_else(|error| panic!("tests need PostgreSQL: {error}"));
            if server.was_started_here() {
                start_keeper();
            }
            server
        })
        .await
}

async fn start() -> Result<Server, EmbeddedError> {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR"));
    match embedded::start(&settings(target.join("postgres")), |step| eprintln!("test database: {step:?}")).await {
        // The working copy is in a folder that is closed to others, and we are root.
        Err(EmbeddedError::Unreachable { .. }) => {
            let key = Sha256::digest(target.as_os_str().as_encoded_bytes());
            let key: String = key.iter().take(6).map(|byte| format!("{byte:02x}")).collect();
            let folder = PathBuf::from("/var/tmp").join(format!("wireroom-tests-{key}"));
            embedded::start(&settings(folder), |step| eprintln!("test database: {step:?}")).await
        }
        started => started,
    }
}

fn settings(data_dir: PathBuf) -> Settings {
    let path = std::env::var_os("PATH");
    Settings { durability: Durability::ForTests, ..Settings::new(data_dir, path.as_deref()) }
}

/// Runs the test `keeper` below in a process of its own, which outlives us.
fn start_keeper() {
    let program = std::env::current_exe().expect("a test knows its program");
    let mut command = Command::new(program);
    command.args(["--exact", concat!(module_path!(), "::keeper"), "--ignored"].map(without_crate)).env(KEEPER, "1");
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    std::os::unix::process::CommandExt::process_group(&mut command, 0);
    #[expect(
        clippy::zombie_processes,
        reason = "it outlives this test on purpose: it holds the server for the others"
    )]
    command.spawn().expect("the test program runs once more");
}

/// The test harness names tests without the crate.
fn without_crate(name: &'static str) -> &'static str {
    name.strip_prefix("main::").unwrap_or(name)
}

/// Not a test: the process that stops the server once no test uses it.
#[tokio::test]
#[ignore = "runs in the background of the other tests, and stops their server"]
async fn keeper() {
    if std::env::var_os(KEEPER).is_none() {
        return;
    }
    loop {
        tokio::time::sleep(KEEP).await;
        let Ok(server) = start().await else { return };
        if matches!(server.stop().await, Ok(Leaving::Stopped) | Err(_)) {
            return;
        }
    }
}

/// The migrated database that others are copied from; made by the first who needs it.
async fn template(connection: &mut PgConnection, admin: &PgConnectOptions) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations");
    // Read when the test runs: a macro would not notice a new file.
    let migrator = Migrator::new(folder).await.expect("the migrations can be read");
    let mut hash = Sha256::new();
    for migration in migrator.iter() {
        hash.update(migration.version.to_be_bytes());
        hash.update(&migration.checksum);
    }
    let hash: String = hash.finalize().iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    let name = format!("wireroom_template_{hash}");
    let exists = "select exists (select from pg_database where datname = $1)";
    if sqlx::query_scalar(exists).bind(&name).fetch_one(&mut *connection).await.expect("the server answers") {
        return name;
    }
    sqlx::query("select pg_advisory_lock($1)").bind(TEMPLATE_LOCK).execute(&mut *connection).await.expect("locks");
    if !sqlx::query_scalar::<_, bool>(exists).bind(&name).fetch_one(&mut *connection).await.expect("the server answers")
    {
        drop_leftovers(connection).await;
        let unfinished = format!("{name}_unfinished");
        run(connection, format!(r#"drop database if exists "{unfinished}" with (force)"#)).await;
        run(connection, format!(r#"create database "{unfinished}" template template0"#)).await;
        let mut migrating = admin.clone().database(&unfinished).connect().await.expect("the template answers");
        migrator.run(&mut migrating).await.expect("the migrations run");
        migrating.close().await.expect("closes");
        // The server closes a connection a moment after we do, and renames only what nobody is connected to.
        let rename = format!(r#"alter database "{unfinished}" rename to "{name}""#);
        for attempt in 0.. {
            match sqlx::query(AssertSqlSafe(rename.clone())).execute(&mut *connection).await {
                Ok(_) => break,
                Err(error) if attempt >= 100 => panic!("the template cannot be renamed: {error}"),
                Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
            }
        }
    }
    sqlx::query("select pg_advisory_unlock($1)").bind(TEMPLATE_LOCK).execute(connection).await.expect("unlocks");
    name
}

/// Databases of tests and templates of more than a day ago. A database is as old as its folder's version file.
async fn drop_leftovers(connection: &mut PgConnection) {
    let old = "select datname from pg_database where (datname like 't\\_%' or datname like 'wireroom\\_template\\_%')
        and (pg_stat_file('base/' || oid || '/PG_VERSION', true)).modification < now() - interval '1 day'
        and not exists (select from pg_stat_activity where pg_stat_activity.datname = pg_database.datname)";
    // A server that is not ours may not let us look.
    let Ok(names) = sqlx::query_scalar::<_, String>(old).fetch_all(&mut *connection).await else { return };
    for name in names {
        run(connection, format!(r#"drop database if exists "{name}""#)).await;
    }
}

async fn run(connection: &mut PgConnection, statement: String) {
    if let Err(error) = sqlx::query(AssertSqlSafe(statement.clone())).execute(connection).await {
        panic!("{statement}: {error}");
    }
}

/// The test's name as the harness names its thread, as part of an identifier of at most 63 bytes.
fn test_name() -> String {
    let thread = std::thread::current();
    let name = thread.name().unwrap_or("test").rsplit("::").next().unwrap_or("test").to_lowercase();
    name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).take(48).collect()
}
