//! Stored pages through today's rules: what would change is told, what is written is written whole and once.

use std::io::{BufRead as _, BufReader};
use std::path::PathBuf;
use std::process::Stdio;

use serde_json::Value;
use wireroom::store::Store;

use crate::support::database::TestDatabase;
use crate::support::press::{Press, store, story};

/// A line in a language of nobody's.
const BOILER: &str = "Tovimme sarelon ukavi brendal osti, kuvelo marandi tesk orvalin.";

/// A paper with a line of its own under every story, of which `articles` have been read before the line was known.
async fn paper(name: &str, database: &TestDatabase, articles: usize) -> (Press, Store) {
    let store = store(database).await;
    let press = Press::open(name, |n| {
        let mut paragraphs = story(n);
        paragraphs
            .insert(1, format!("“We are proud of number {n},” said Mayor Anna Lindqvist of the work on 4 May 2026."));
        paragraphs.push(BOILER.to_owned());
        paragraphs
    })
    .await;
    press.list(&store).await;
    press.publish(articles);
    press.round(&store).await;
    assert_eq!(with_line(database).await, i64::try_from(articles).unwrap());
    (press, store)
}

async fn with_line(database: &TestDatabase) -> i64 {
    database.count("select count(*) from articles where text like '%Tovimme%'").await
}

/// Everything in the database that reprocessing may touch.
async fn everything(database: &TestDatabase) -> Vec<String> {
    let mut all = Vec::new();
    for table in [
        "articles",
        "article_versions",
        "article_entities",
        "quotes",
        "dates",
        "amounts",
        "furniture",
        "pages",
        "tasks",
    ] {
        let query = format!("select coalesce(string_agg(r::text, '|' order by r::text), '') from {table} r");
        all.push(sqlx::query_scalar::<_, String>(sqlx::AssertSqlSafe(query)).fetch_one(database.pool()).await.unwrap());
    }
    all
}

fn lines(output: &str) -> Vec<Value> {
    output.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_learnt_line_is_taken_out_of_the_earlier_articles() {
    let database = TestDatabase::new().await;
    let (press, store) = paper("backwards", &database, 8).await;
    let before = everything(&database).await;

    let told = lines(&press.wireroom(&database, &["reprocess", "--dry-run", "--json", "--changed-only"]));
    assert_eq!(told.len(), 8, "{told:?}");
    for article in &told {
        assert_eq!(article["outcome"], "changed");
        assert_eq!(article["applied"], false);
        assert_eq!(article["text"], serde_json::json!([{ "change": "lost", "paragraph": BOILER }]));
        assert!(article["words_after"].as_u64() < article["words_before"].as_u64());
        assert_eq!(article["fields"][0]["field"], "removed");
        assert_eq!(article["fields"].as_array().unwrap().len(), 1, "{article}");
        assert_eq!(article["facts"], serde_json::json!([]));
    }
    let people = press.wireroom(&database, &["reprocess", "--source", &press.domain(), "--limit", "3"]);
    assert_eq!(people.matches("would change").count(), 3, "{people}");
    assert!(people.contains(&format!("  - {BOILER}")) && people.contains("-3 +0"), "{people}");
    assert_eq!(everything(&database).await, before, "a dry run writes nothing");

    let applied = lines(&press.wireroom(&database, &["reprocess", "--apply", "--json"]));
    assert_eq!(applied.iter().filter(|article| article["applied"] == true).count(), 8);
    assert_eq!(with_line(&database).await, 0);
    assert_eq!(
        database
            .count("select count(*) from article_versions where reason = 'cleaned' and version = 1 and text like '%Tovimme%'")
            .await,
        8
    );
    assert_eq!(database.count("select count(*) from articles where version = 2 and first_seen_at < now()").await, 8);
    assert_eq!(
        database
            .count(
                "select count(*) from quotes q join articles a using (article_id)
                                where substring(a.text from q.start + 1 for q.\"end\" - q.start) = q.text"
            )
            .await,
        database.count("select count(*) from quotes").await
    );
    assert!(database.count("select count(*) from quotes").await >= 8);

    let after = everything(&database).await;
    assert_eq!(press.wireroom(&database, &["reprocess", "--apply", "--json"]), "", "all are of today's rules");
    let again = lines(&press.wireroom(&database, &["reprocess", "--apply", "--all", "--json"]));
    assert!(again.iter().all(|article| article["outcome"] == "same"), "{again:?}");
    assert_eq!(again.len(), 8);
    assert_eq!(everything(&database).await, after, "twice is once");

    // The same pages fetched again are the same articles: nobody edited them.
    let summary = press.round(&store).await;
    assert_eq!((summary.articles_new, summary.articles_edited), (0, 0));
    // What a person keeps comes back.
    press.wireroom(&database, &["furniture", "keep", "--source", &press.domain(), BOILER]);
    press.wireroom(&database, &["reprocess", "--apply"]);
    assert_eq!(with_line(&database).await, 8);
    assert_eq!(database.count("select count(*) from articles where version = 3").await, 8);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_is_gone_or_damaged_costs_itself() {
    let database = TestDatabase::new().await;
    let (press, _store) = paper("damaged", &database, 7).await;
    let files: Vec<String> =
        sqlx::query_scalar("select distinct file from pages").fetch_all(database.pool()).await.unwrap();
    let path = press.data_dir().join("pages").join(&files[0]);
    let places: Vec<(i64, i64, i64)> =
        sqlx::query_as("select article_id, \"offset\", length from pages order by article_id")
            .fetch_all(database.pool())
            .await
            .unwrap();
    let mut bytes = std::fs::read(&path).unwrap();
    let (damaged, offset, length) = places[0];
    let range = usize::try_from(offset).unwrap()..usize::try_from(offset + length).unwrap();
    bytes[range].fill(0x41);
    std::fs::write(&path, &bytes).unwrap();
    sqlx::query("update pages set file = '2001-01/none.warc.gz' where article_id = $1")
        .bind(places[1].0)
        .execute(database.pool())
        .await
        .unwrap();
    sqlx::query("delete from pages where article_id = $1").bind(places[2].0).execute(database.pool()).await.unwrap();

    let told = lines(&press.wireroom(&database, &["reprocess", "--apply", "--json"]));
    let reason =
        |id: i64| told.iter().find(|article| article["article_id"] == id).map(|article| article["reason"].clone());
    assert_eq!(reason(damaged), Some("damaged".into()));
    assert_eq!(reason(places[1].0), Some("gone".into()));
    assert_eq!(reason(places[2].0), Some("not-kept".into()));
    assert_eq!(with_line(&database).await, 3, "the other four were written");
}

#[tokio::test(flavor = "multi_thread")]
async fn filters_say_which_articles_are_meant() {
    let database = TestDatabase::new().await;
    let (press, _store) = paper("filters", &database, 7).await;
    let count = |arguments: &[&str]| {
        let all: Vec<&str> = ["reprocess", "--json"].into_iter().chain(arguments.iter().copied()).collect();
        press.wireroom(&database, &all).lines().count()
    };
    let id: i64 = sqlx::query_scalar("select min(article_id) from articles").fetch_one(database.pool()).await.unwrap();
    let source = press.domain();
    assert_eq!(count(&[]), 7);
    assert_eq!(count(&["--article", &id.to_string()]), 1);
    assert_eq!(count(&["--source", &source]), 7);
    assert_eq!(count(&["--source", "other.example"]), 0);
    assert_eq!(count(&["--since", "2020-01-01"]), 7);
    assert_eq!(count(&["--until", "2020-01-01T00:00:00Z"]), 0);
    assert_eq!(count(&["--limit", "2"]), 2);
    let both = press.command(&database, &["reprocess", "--apply", "--dry-run"]).output().unwrap();
    assert_eq!(both.status.code(), Some(2));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kill_leaves_every_article_whole_and_the_next_run_goes_on() {
    let database = TestDatabase::new().await;
    let (press, _store) = paper("killed", &database, 40).await;
    let mut running = press
        .command(&database, &["reprocess", "--apply", "--json"])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut told = BufReader::new(running.stdout.take().unwrap()).lines();
    for _ in 0..3 {
        let line = told.next().unwrap().unwrap();
        assert_eq!(serde_json::from_str::<Value>(&line).unwrap()["applied"], true);
    }
    running.kill().unwrap();
    running.wait().unwrap();
    let whole = "select count(*) from articles a where version = 1 + (select count(*) from article_versions v
                  where v.article_id = a.article_id) and (version = 2) = (text not like '%Tovimme%')";
    assert_eq!(database.count(whole).await, 40);
    let written = database.count("select count(*) from article_versions").await;
    assert!(written >= 3, "{written}");

    press.wireroom(&database, &["reprocess", "--apply"]);
    assert_eq!(with_line(&database).await, 0);
    assert_eq!(database.count("select count(*) from article_versions").await, 40);
    assert_eq!(database.count(whole).await, 40);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_runs_and_a_daemon_at_once_do_the_work_of_one() {
    let database = TestDatabase::new().await;
    let (press, store) = paper("beside", &database, 30).await;
    let run = || {
        press
            .command(&database, &["reprocess", "--apply", "--json"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap()
    };
    let (one, two) = (run(), run());
    press.publish(40);
    press.round(&store).await;
    let mut applied = 0;
    for run in [one, two] {
        let done = run.wait_with_output().unwrap();
        assert!(done.status.success());
        applied +=
            lines(&String::from_utf8(done.stdout).unwrap()).iter().filter(|article| article["applied"] == true).count();
    }
    assert_eq!(database.count("select count(*) from articles").await, 40);
    assert_eq!(with_line(&database).await, 0);
    assert_eq!(database.count("select count(*) from article_versions").await, 30, "{applied} said to be written");
    assert_eq!(applied, 30);
}

#[tokio::test(flavor = "multi_thread")]
async fn another_rule_changes_the_stored_articles_and_a_refusal_leaves_them() {
    let database = TestDatabase::new().await;
    let (press, _store) = paper("rules", &database, 4).await;
    // A folder of settings with rules of its own: one more line.
    let folder: PathBuf = press.data_dir().join("settings");
    std::fs::create_dir_all(folder.join("rules")).unwrap();
    std::fs::write(folder.join("wireroom.toml"), "").unwrap();
    let shipped = include_str!("../../config/rules/furniture.toml");
    let own = "\n[[line]]\nreason = \"advertising\"\nwords_max = 20\npatterns = ['^tovimme sarelon']\n";
    std::fs::write(folder.join("rules/furniture.toml"), format!("{shipped}{own}")).unwrap();
    let settings = folder.join("wireroom.toml");
    let told =
        press.wireroom(&database, &["--config", settings.to_str().unwrap(), "reprocess", "--json", "--changed-only"]);
    let told = lines(&told);
    assert_eq!(told.len(), 4, "{told:?}");
    assert!(told.iter().all(|article| article["text"][0]["paragraph"] == BOILER), "{told:?}");

    // A page that is a login today is told, and its article stays.
    let login =
        "<html><head><title>Log in</title></head><body><h1>Log in</h1><p>Please log in to continue.</p></body></html>";
    let place = wireroom::archive::Archive::open(&press.data_dir().join("pages")).and_then(|mut archive| {
        let place = archive.append(&fetched(login))?;
        archive.sync().map(|()| place)
    });
    let place = place.unwrap();
    sqlx::query(
        "update pages set file = $1, \"offset\" = $2, length = $3, digest = $4
                  where article_id = (select min(article_id) from articles)",
    )
    .bind(&place.file)
    .bind(i64::try_from(place.offset).unwrap())
    .bind(i64::try_from(place.length).unwrap())
    .bind(&place.digest[..])
    .execute(database.pool())
    .await
    .unwrap();
    let told = lines(&press.wireroom(&database, &["reprocess", "--apply", "--all", "--json"]));
    assert_eq!(told[0]["outcome"], "refused", "{told:?}");
    assert_eq!(with_line(&database).await, 4);
    assert_eq!(database.count("select count(*) from article_versions").await, 0);
}

fn fetched(body: &str) -> wireroom::fetch::Fetched {
    let url: url::Url = "http://press.example/login".parse().unwrap();
    wireroom::fetch::Fetched {
        requested: url.clone(),
        final_url: url,
        moved_permanently: None,
        status: 200,
        not_modified: false,
        conditional: false,
        content_type: Some("text/html".to_owned()),
        etag: None,
        last_modified: None,
        max_age: None,
        headers: Vec::new(),
        body: body.to_owned().into(),
        wire_bytes: 0,
        started_at: chrono::Utc::now(),
        elapsed: std::time::Duration::ZERO,
    }
}
