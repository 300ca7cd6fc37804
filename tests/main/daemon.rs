//! The daemon as a program: started with a folder of settings, told things by signals.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use crate::support::database::TestDatabase;
use crate::support::server::{Asked, Server, Step, answer, page};

/// A running `wireroom run`; killed when dropped.
struct Daemon(Child);

impl Daemon {
    /// Starts; what it says is in the folder's file `log`.
    fn start(folder: &Path, database: &TestDatabase) -> Self {
        let log = std::fs::File::create(folder.join("log")).unwrap();
        let child = Command::new(env!("CARGO_BIN_EXE_wireroom"))
            .arg("--config")
            .arg(folder.join("wireroom.toml"))
            .arg("run")
            .env("DATABASE_URL", database.url())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .unwrap();
        Self(child)
    }

    fn signal(&self, name: &str) {
        let sent = Command::new("kill").args([name, &self.0.id().to_string()]).status().unwrap();
        assert!(sent.success());
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        self.0.kill().ok();
        self.0.wait().ok();
    }
}

fn folder(name: &str, settings: &str, feeds: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("daemon-{name}-{}", std::process::id()));
    std::fs::remove_dir_all(&folder).ok();
    std::fs::create_dir_all(folder.join("rules")).unwrap();
    let data = folder.join("data");
    std::fs::write(folder.join("wireroom.toml"), format!("data_dir = \"{}\"\n{settings}", data.display())).unwrap();
    std::fs::write(folder.join("feeds.toml"), feeds).unwrap();
    folder
}

async fn until<T>(what: &str, mut look: impl AsyncFnMut() -> Option<T>) -> T {
    for _ in 0..600 {
        if let Some(found) = look().await {
            return found;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("never seen: {what}");
}

async fn text_of(database: &TestDatabase, path: &str) -> Option<String> {
    sqlx::query_scalar("select text from articles where url like '%' || $1")
        .bind(path)
        .fetch_optional(database.pool())
        .await
        .unwrap()
}

const STORY: &str = "<p>The harbour of Port Ellery was closed on Monday after a crane fell on the eastern quay.</p>\
    <p>Nobody was hurt, the harbour master said, and the ferries will sail again from Tuesday at noon.</p>\
    <p>Repairs will cost at least two million dollars, and the insurer has already sent an engineer.</p>\
    <p>Brought to our readers with the kind help of the Ellery bakery.</p>\
    <p>The eastern quay was built in 1931 and was last renewed in 1998, when the crane was put up.</p>";

/// One feed whose list grows, and its pages.
fn press(listed: &Arc<AtomicUsize>, asked: &Asked) -> Vec<Step> {
    match asked.path.as_str() {
        "/feed" => {
            let items: String = (0..listed.load(Ordering::SeqCst))
                .map(|n| format!("<item><title>Quay {n}</title><link>http://{}/story-{n}</link></item>", host(asked)))
                .collect();
            answer(
                "200 OK",
                &["Content-Type: application/rss+xml"],
                format!("<rss version=\"2.0\"><channel><title>Ellery Post</title>{items}</channel></rss>"),
            )
        }
        "/robots.txt" => answer("404 Not Found", &[], ""),
        story => page(&format!(
            "<html><head><title>Quay {story}</title></head><body><article><h1>Quay {story}</h1>{STORY}</article></body></html>"
        )),
    }
}

fn host(asked: &Asked) -> &str {
    asked.header("host").unwrap_or_default()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hangup_reloads_rules_and_feed_list() {
    let database = TestDatabase::new().await;
    let listed = Arc::new(AtomicUsize::new(1));
    let server = Server::start({
        let listed = listed.clone();
        move |asked| press(&listed, asked)
    })
    .await;
    let feed = format!("http://{}/feed", server.address);
    let folder = folder(
        "reload",
        "[fetch]\nallow_networks = [\"127.0.0.0/8\"]\nhost_delay = \"1ms\"\n[poll]\ninterval_min = \"1s\"\n\
         interval_max = \"1s\"\n[http]\nlisten = \"off\"\n",
        &format!("[[feeds]]\nurl = \"{feed}\"\n"),
    );
    let daemon = Daemon::start(&folder, &database);
    let before = until("the first story", async || text_of(&database, "/story-0").await).await;
    assert!(before.contains("kind help of the Ellery bakery"), "{before}");

    let shipped = include_str!("../../config/rules/furniture.toml");
    let own = "\n[[line]]\nreason = \"advertising\"\nwords_max = 20\npatterns = ['^brought to our readers with the kind help']\n";
    std::fs::write(folder.join("rules/furniture.toml"), format!("{shipped}{own}")).unwrap();
    std::fs::write(
        folder.join("feeds.toml"),
        format!("[[feeds]]\nurl = \"{feed}\"\n[[feeds]]\nurl = \"{feed}?second\"\n"),
    )
    .unwrap();
    daemon.signal("-HUP");
    until("the second feed", async || {
        let feeds: i64 = sqlx::query_scalar("select count(*) from feeds").fetch_one(database.pool()).await.unwrap();
        (feeds == 2).then_some(())
    })
    .await;
    listed.store(2, Ordering::SeqCst);
    let after = until("the second story", async || text_of(&database, "/story-1").await).await;
    assert!(after.contains("eastern quay") && !after.contains("Ellery bakery"), "{after}");
}

#[tokio::test(flavor = "multi_thread")]
async fn rules_for_a_site_hold_in_the_daemon_and_what_they_miss_is_told() {
    let database = TestDatabase::new().await;
    let listed = Arc::new(AtomicUsize::new(1));
    let server = Server::start({
        let listed = listed.clone();
        move |asked| press(&listed, asked)
    })
    .await;
    let folder = folder(
        "sites",
        "[fetch]\nallow_networks = [\"127.0.0.0/8\"]\nhost_delay = \"1ms\"\n[poll]\ninterval_min = \"1s\"\n\
         interval_max = \"1s\"\n[http]\nlisten = \"off\"\n",
        &format!("[[feeds]]\nurl = \"http://{}/feed\"\n", server.address),
    );
    let site = |rule: &str| {
        std::fs::write(folder.join("sites.toml"), format!("[[sites]]\nhost = \"127.0.0.1\"\n{rule}")).unwrap();
    };
    site("drop = \"p:last-child\"\n");
    let daemon = Daemon::start(&folder, &database);
    let first = until("the first story", async || text_of(&database, "/story-0").await).await;
    assert!(first.contains("closed on Monday") && !first.contains("was built in 1931"), "{first}");

    // A file with a fault changes nothing.
    site("dorp = \"p\"\n");
    daemon.signal("-HUP");
    let told = until_it_says(&folder, "the rules were not reloaded").await;
    assert!(told.contains("sites.toml:3") && told.contains("did you mean drop?"), "{told}");
    site("keep = \".story\"\nverbatim = true\n");
    daemon.signal("-HUP");
    until_it_says(&folder, "reloaded the feed list").await;
    until("both reloads", async || {
        let log = std::fs::read_to_string(folder.join("log")).unwrap();
        (log.matches("reloaded the feed list").count() >= 2).then_some(())
    })
    .await;
    listed.store(3, Ordering::SeqCst);
    let second = until("the second story", async || text_of(&database, "/story-1").await).await;
    until("the third story", async || text_of(&database, "/story-2").await).await;
    assert!(second.contains("was built in 1931"), "{second}");
    let told = until_it_says(&folder, "a site's rule finds nothing").await;
    assert!(told.contains("127.0.0.1/") && told.contains("keep"), "{told}");
    // Told once, not for every page.
    let log = std::fs::read_to_string(folder.join("log")).unwrap();
    assert_eq!(log.matches("a site's rule finds nothing").count(), 1, "{log}");
}

#[tokio::test(flavor = "multi_thread")]
async fn broken_rules_are_named_at_the_start() {
    let database = TestDatabase::new().await;
    let folder = folder("broken-rules", "[http]\nlisten = \"off\"\n", "");
    std::fs::write(folder.join("rules/furniture.toml"), "[[line]]\nreason = \"advertising\"\npatterns = ['(']\n")
        .unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_wireroom"))
        .arg("--config")
        .arg(folder.join("wireroom.toml"))
        .args(["run", "--once"])
        .env("DATABASE_URL", database.url())
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(78), "{output:?}");
    assert!(String::from_utf8_lossy(&output.stderr).contains("furniture.toml"), "{output:?}");
}

/// `new`, `polled` or `paused`, by what the database says of a feed.
async fn state_of(database: &TestDatabase, url: &str) -> Option<&'static str> {
    let row: (bool, bool) =
        sqlx::query_as("select paused_at is not null, last_polled_at is not null from feeds where url = $1")
            .bind(url)
            .fetch_optional(database.pool())
            .await
            .unwrap()?;
    Some(match row {
        (true, _) => "paused",
        (false, true) => "polled",
        (false, false) => "new",
    })
}

async fn until_it_is(database: &TestDatabase, url: &str, state: &str) {
    until(&format!("{url} {state}"), async || (state_of(database, url).await == Some(state)).then_some(())).await;
}

async fn until_it_says(folder: &Path, words: &str) -> String {
    until(words, async || {
        let log = std::fs::read_to_string(folder.join("log")).unwrap();
        log.lines().find(|line| line.contains(words)).map(str::to_owned)
    })
    .await
}

async fn command(folder: &Path, database: &TestDatabase, arguments: &[&str]) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_wireroom"));
    command.arg("--config").arg(folder.join("wireroom.toml")).args(arguments).env("DATABASE_URL", database.url());
    let output = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
    assert!(output.status.success(), "{output:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_edited_list_and_commands_reach_the_running_daemon() {
    let database = TestDatabase::new().await;
    let listed = Arc::new(AtomicUsize::new(1));
    let server = Server::start(move |asked| {
        let path = asked.path.split('?').next().unwrap_or_default().to_owned();
        press(&listed, &Asked { path, ..asked.clone() })
    })
    .await;
    let feed = |name: &str| format!("http://{}/feed?{name}", server.address);
    let (one, two, three) = (feed("one"), feed("two"), feed("three"));
    let both = format!("[[feeds]]\nurl = \"{one}\"\n[[feeds]]\nurl = \"{two}\"\n");
    let folder = folder(
        "edited",
        "[fetch]\nallow_networks = [\"127.0.0.0/8\"]\nhost_delay = \"1ms\"\n[poll]\ninterval_min = \"1s\"\n\
         interval_max = \"1s\"\n[http]\nlisten = \"off\"\n",
        &both,
    );
    let list = folder.join("feeds.toml");
    let daemon = Daemon::start(&folder, &database);
    until_it_is(&database, &one, "polled").await;
    until_it_is(&database, &two, "polled").await;

    // A feed that is gone from the list rests, and comes back with it.
    std::fs::write(&list, format!("[[feeds]]\nurl = \"{one}\"\n")).unwrap();
    daemon.signal("-HUP");
    until_it_is(&database, &two, "paused").await;
    until_it_says(&folder, "the feed list changed a feed").await;
    std::fs::write(&list, &both).unwrap();
    daemon.signal("-HUP");
    until_it_is(&database, &two, "polled").await;

    // A list that cannot be read leaves the old one in force; a line that cannot, its feed.
    std::fs::write(&list, "[[feeds]\nurl = ").unwrap();
    daemon.signal("-HUP");
    until_it_says(&folder, "the feed list was not reloaded").await;
    assert_eq!(state_of(&database, &two).await, Some("polled"));
    std::fs::write(&list, format!("[[feeds]]\nurl = \"{one}\"\n[[feeds]]\nurl = \"{two}\"\ntitel = \"Two\"\n"))
        .unwrap();
    daemon.signal("-HUP");
    let told = until_it_says(&folder, "a line of the feed list is left out").await;
    assert!(told.contains("feeds.toml:3"), "{told}");
    until_it_says(&folder, "\"rejected\":1").await;
    assert_eq!(state_of(&database, &two).await, Some("polled"));

    // What a person does goes through the database, and is not undone by the list.
    command(&folder, &database, &["feeds", "add", &three]).await;
    until_it_is(&database, &three, "polled").await;
    command(&folder, &database, &["feeds", "pause", &one]).await;
    std::fs::write(&list, &both).unwrap();
    daemon.signal("-HUP");
    until("the list to be read again", async || {
        let log = std::fs::read_to_string(folder.join("log")).unwrap();
        (log.matches("reloaded the feed list").count() >= 4).then_some(())
    })
    .await;
    assert_eq!(state_of(&database, &one).await, Some("paused"));
    command(&folder, &database, &["feeds", "resume", &one]).await;
    until_it_is(&database, &one, "polled").await;
    command(&folder, &database, &["feeds", "remove", &three]).await;
    assert_eq!(state_of(&database, &three).await, None);
}
