//! Finding feeds: the clues in pages, headers and robots.txt, and the commands against a real server.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;
use url::Url;
use wireroom::discover::{self, Rules};

use crate::support::database::TestDatabase;
use crate::support::server::{Asked, Server, Step, answer, page, redirect};

/// What a page leads to, as `clue: address`.
fn clues(page: &str, headers: &[(&str, &str)], html: &str) -> Vec<String> {
    let headers: Vec<(String, String)> = headers.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect();
    let found = discover::of_page(&Url::parse(page).unwrap(), &headers, html, Rules::builtin());
    found.into_iter().map(|c| format!("{}: {}", c.clue, c.url)).collect()
}

#[test]
fn the_shipped_rules_are_whole() {
    assert!(Rules::read(include_str!("../../config/rules/feed/discovery.toml")).is_ok());
    let usual = discover::well_known(&Url::parse("https://a.example/").unwrap(), Rules::builtin());
    assert!(usual.len() >= 15, "{}", usual.len());
    let beside = discover::well_known(&Url::parse("https://a.example/news/world").unwrap(), Rules::builtin());
    assert_eq!(beside[0].url.as_str(), "https://a.example/news/world/feed/");
    assert!(beside.iter().any(|c| c.url.as_str() == "https://a.example/rss.xml"));
}

#[test]
fn link_elements_come_in_many_forms() {
    let html = r#"<html><head><base href="/de/">
        <link rel="alternate" type="application/rss+xml" title="All » Comments" href="/comments/feed/">
        <link rel="ALTERNATE" type="application/rss+xml; charset=utf-8" title="All" href="feed.xml">
        <link rel="alternate feed" href="atom">
        <link rel="feed" href="/news/latest">
        <link rel="alternate" href="/rss/untyped">
        <link rel="alternate" type="application/feed+json" href="/feed.json">
        <link rel="alternate" type="application/json" href="/wp-json/wp/v2/posts/1">
        <link rel="alternate" type="application/json+oembed" href="/oembed?url=feed">
        <link rel="alternate" hreflang="fr" href="/fr/">
        <link rel="stylesheet" type="text/css" href="/rss.css"></head><body></body></html>"#;
    assert_eq!(
        clues("https://a.example/", &[], html),
        [
            "link element: https://a.example/de/feed.xml",
            "link element: https://a.example/de/atom",
            "link element: https://a.example/news/latest",
            "link element: https://a.example/feed.json",
            "link element without a feed's type: https://a.example/rss/untyped",
            "link element: https://a.example/comments/feed/",
        ]
    );
}

#[test]
fn link_headers_are_read_by_their_grammar() {
    let header = "<https://a.example/wp-json/>; rel=\"https://api.w.org/\", </feed>; rel=alternate; type=application/rss+xml, \
                  </a,b>; title=\"One; \\\"two\\\", <three>\"; rel=\"alternate feed\"; type=\"application/atom+xml\", <broken";
    assert_eq!(
        clues("https://a.example/x/y", &[("content-type", "text/html"), ("link", header)], ""),
        ["Link header: https://a.example/feed", "Link header: https://a.example/a,b"]
    );
}

#[test]
fn anchors_count_where_they_speak_of_feeds() {
    let html = r#"<body><a href="/world/rss.xml">World</a> <a href="/abo"><img src="i.png" alt="RSS"></a>
        <a href="/feedback">Feedback</a> <a href="https://other.example/rss">a friend</a>
        <a href="https://feeds.other.example/mine.xml" title="RSS Feed">here</a>
        <a href="/carssales">carssales</a> <a href="javascript:rss()">RSS</a>
        <a href="/story">Why RSS is not dead, and what the people who wrote its many versions think of it now</a></body>"#;
    assert_eq!(
        clues("https://a.example/", &[], html),
        [
            "link in the page: https://a.example/world/rss.xml",
            "link in the page: https://feeds.other.example/mine.xml",
            "link in the page: https://a.example/abo"
        ]
    );
}

#[test]
fn platforms_are_known_by_their_marks() {
    let check = |page: &str, html: &str, feed: &str| {
        let found = clues(page, &[], html);
        assert!(found.iter().any(|f| f.ends_with(&format!(": {feed}"))), "{page}: {found:?}");
    };
    check(
        "https://www.youtube.com/channel/UCabcdefghijklmnopqrstuv",
        "",
        "https://www.youtube.com/feeds/videos.xml?channel_id=UCabcdefghijklmnopqrstuv",
    );
    check(
        "https://www.youtube.com/@somebody",
        r#"<script>{"externalId":"UCabcdefghijklmnopqrstuv"}</script>"#,
        "https://www.youtube.com/feeds/videos.xml?channel_id=UCabcdefghijklmnopqrstuv",
    );
    check("https://github.com/a/b", "", "https://github.com/a/b/releases.atom");
    check("https://www.reddit.com/r/news/", "", "https://www.reddit.com/r/news/.rss");
    check("https://medium.com/@me/a-story-1", "", "https://medium.com/feed/@me");
    check("https://a.example/", r#"<meta name="Generator" content="WordPress 6.5">"#, "https://a.example/feed/");
    check("https://a.example/x", r#"<img src="/wp-content/x.png">"#, "https://a.example/feed/");
    check("https://a.example/", r#"<meta name="generator" content="Ghost 5">"#, "https://a.example/rss/");
    check("https://a.example/en/", r#"<meta name="generator" content="Hugo 0.1">"#, "https://a.example/en/index.xml");
    check("https://social.example/@me", r#"<div id="mastodon"></div>"#, "https://social.example/@me.rss");
    check("https://www.theguardian.com/world/", "", "https://www.theguardian.com/world/rss");
    check(
        "https://a.example/",
        r#"<script src="/pf/resources/x.js">"#,
        "https://a.example/arc/outboundfeeds/rss/?outputType=xml",
    );
    assert!(clues("https://a.example/", &[], "<p>Nothing</p>").is_empty());
}

#[test]
fn hostile_pages_cost_little() {
    let links = "<link rel=alternate type=application/rss+xml href=/f?n>".repeat(20_000);
    assert!(clues("https://a.example/", &[], &links).len() <= 60);
    let deep = "<div>".repeat(50_000);
    assert!(
        clues("https://a.example/", &[("link", "</feed>; rel=alternate; type=application/rss+xml")], &deep).len() == 1
    );
    let header = "<".repeat(100_000);
    assert!(clues("https://a.example/", &[("link", &header)], "").is_empty());
}

// ---- the commands

fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("discover-{name}-{}", std::process::id()));
    std::fs::remove_dir_all(&folder).ok();
    std::fs::create_dir_all(&folder).unwrap();
    let settings = "[fetch]\nallow_networks = [\"127.0.0.0/8\"]\nhost_delay = \"1ms\"\n[http]\nlisten = \"off\"\n";
    std::fs::write(folder.join("wireroom.toml"), format!("data_dir = \"{}\"\n{settings}", folder.display())).unwrap();
    folder
}

/// Runs the program off the test's own threads, which serve it.
async fn wireroom(folder: &Path, database: Option<&TestDatabase>, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_wireroom"));
    command.arg("--config").arg(folder.join("wireroom.toml")).args(arguments).stdin(Stdio::null());
    match database {
        Some(database) => command.env("DATABASE_URL", database.url()),
        None => command.env_remove("DATABASE_URL"),
    };
    tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap()
}

fn lines(output: &Output) -> Vec<Value> {
    String::from_utf8_lossy(&output.stdout).lines().map(|l| serde_json::from_str(l).unwrap()).collect()
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&[output.stdout.as_slice(), output.stderr.as_slice()].concat()).into_owned()
}

fn rss(title: &str, place: &str, entries: usize, text: &str) -> String {
    let items: String = (0..entries)
        .map(|n| {
            format!(
                "<item><title>{title} {n}</title><link>http://press.example/{place}/{n}</link><guid>{place}-{n}</guid>\
                 <pubDate>Mon, 0{} Jun 2026 10:00:00 GMT</pubDate><description>{text}</description></item>",
                9 - n % 9
            )
        })
        .collect();
    format!("<rss version=\"2.0\"><channel><title>{title}</title><language>en</language>{items}</channel></rss>")
}

fn feed(document: impl AsRef<[u8]>) -> Vec<Step> {
    answer("200 OK", &["content-type: application/rss+xml"], document)
}

fn missing() -> Vec<Step> {
    answer("404 Not Found", &[], "")
}

/// A newspaper that announces what it has, twins and comments too.
fn newspaper(asked: &Asked) -> Vec<Step> {
    let atom: String = (0..8)
        .map(|n| {
            format!("<entry><title>Post {n}</title><id>{n}</id><link href='http://press.example/all/{n}'/></entry>")
        })
        .collect();
    match asked.path.as_str() {
        "/" => answer(
            "200 OK",
            &["content-type: text/html", "link: </headers.rss>; rel=\"alternate\"; type=\"application/rss+xml\""],
            "<head><link rel=alternate type=application/rss+xml href=/comments/feed/ title='Comments'>\
             <link rel=alternate type=application/rss+xml href=/all.rss><link rel=alternate type=application/atom+xml href=/all.atom>\
             <link rel=alternate type=application/rss+xml href=/dead.rss><link rel=alternate type=application/rss+xml href=/page.rss>\
             <link rel=alternate type=application/rss+xml href=/moved.rss></head><body><a href=/category/sport/rss>Sport</a></body>",
        ),
        "/all.rss" => feed(rss("Post", "all", 9, &"word ".repeat(300))),
        "/all.atom" => feed(format!("<feed xmlns='http://www.w3.org/2005/Atom'><title>Post</title>{atom}</feed>")),
        "/comments/feed/" => feed(rss("Comments on Post", "comments", 5, "so true")),
        "/category/sport/rss" => feed(rss("Sport", "sport", 4, "A short teaser")),
        "/headers.rss" => feed(rss("Briefs", "briefs", 3, "A short teaser")),
        "/moved.rss" => redirect("301 Moved Permanently", "/all.rss?moved"),
        "/all.rss?moved" => feed(rss("Post", "all", 9, &"word ".repeat(300))),
        "/page.rss" => page("<p>no feed</p>"),
        _ => missing(),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_site_shows_what_really_is_a_feed_the_best_first() {
    let server = Server::start(newspaper).await;
    let folder = folder("ranked");
    let site = format!("http://{}/", server.address);
    let output = wireroom(&folder, None, &["feeds", "discover", &site, "--json"]).await;
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    let found = lines(&output);
    let drawn: Vec<String> = found
        .iter()
        .map(|f| {
            let path = Url::parse(f["url"].as_str().unwrap()).unwrap().path().to_owned();
            format!("{path} {} {} {}", f["role"].as_str().unwrap(), f["entries"], f["text"].as_str().unwrap())
        })
        .collect();
    assert_eq!(
        drawn,
        [
            "/all.rss main 9 whole",
            "/headers.rss main 3 teaser",
            "/category/sport/rss section 4 teaser",
            "/comments/feed/ comments 5 teaser"
        ]
    );
    assert_eq!(found[0]["title"], "Post");
    assert_eq!(found[0]["language"], "en");
    assert_eq!(found[0]["newest_at"], "2026-06-09T10:00:00Z");
    assert_eq!(found[0]["also"].as_array().unwrap().len(), 2, "{:?}", found[0]["also"]);

    let mut paths = server.paths();
    let asked = paths.len();
    paths.sort();
    paths.dedup();
    assert_eq!(paths.len(), asked, "an address was asked for twice: {:?}", server.paths());
    assert!(asked <= 22, "{asked} requests");
    assert!(!paths.iter().any(|p| p == "/feed/"), "nothing is guessed where the site says it: {paths:?}");

    let table = wireroom(&folder, None, &["feeds", "discover", &site]).await;
    assert!(said(&table).contains("comments"), "{}", said(&table));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_found_is_added() {
    let database = TestDatabase::new().await;
    let server = Server::start(newspaper).await;
    let folder = folder("added");
    let site = format!("http://{}/", server.address);
    let output = wireroom(&folder, Some(&database), &["feeds", "discover", &site, "--add", "--all"]).await;
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    let urls: Vec<String> =
        sqlx::query_scalar("select url from feeds order by url").fetch_all(database.pool()).await.unwrap();
    let paths: Vec<String> = urls.iter().map(|u| Url::parse(u).unwrap().path().to_owned()).collect();
    assert_eq!(paths, ["/all.rss", "/category/sport/rss", "/headers.rss"], "comments are left out");
    let language: Option<String> =
        sqlx::query_scalar("select language from feeds limit 1").fetch_one(database.pool()).await.unwrap();
    assert_eq!(language.as_deref(), Some("en"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_usual_addresses_are_asked_only_where_robots_allow() {
    let server = Server::start(|asked| match asked.path.as_str() {
        "/robots.txt" => answer("200 OK", &[], "User-agent: *\nDisallow: /feed\n"),
        "/" => page("<p>A paper without a word about feeds.</p>"),
        "/rss.xml" | "/feed/" => feed(rss("Quiet", "quiet", 3, "teaser")),
        _ => missing(),
    })
    .await;
    let folder = folder("guessed");
    let site = format!("http://{}/", server.address);
    let output = wireroom(&folder, None, &["feeds", "discover", &site, "--json"]).await;
    let found = lines(&output);
    assert_eq!(found.len(), 1, "{}", said(&output));
    assert_eq!(found[0]["url"], format!("{site}rss.xml"));
    assert_eq!(found[0]["found_by"], "usual address");
    assert_eq!(server.paths().iter().filter(|p| p.starts_with("/feed")).count(), 0, "{:?}", server.paths());
    assert_eq!(server.paths().iter().filter(|p| *p == "/robots.txt").count(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn news_sitemaps_of_robots_txt_are_feeds_too() {
    let server = Server::start(|asked| {
        let host = asked.header("host").unwrap_or_default();
        let xml = |body: String| answer("200 OK", &["content-type: application/xml"], body);
        let child = |name: &str| format!("<sitemap><loc>http://{host}/{name}</loc></sitemap>");
        match asked.path.as_str() {
            "/robots.txt" => answer("200 OK", &[], format!("User-agent: other\nDisallow: /\nSitemap: http://{host}/all.xml\n")),
            "/" => page("<p>A paper without a word about feeds.</p>"),
            "/all.xml" => xml(format!(
                "<sitemapindex xmlns='http://www.sitemaps.org/schemas/sitemap/0.9'>{}{}</sitemapindex>",
                child("news-today.xml"),
                child("archive-1999.xml")
            )),
            "/news-today.xml" => xml(
                "<urlset xmlns='http://www.sitemaps.org/schemas/sitemap/0.9' xmlns:news='http://www.google.com/schemas/sitemap-news/0.9'>\
                 <url><loc>http://press.example/1</loc><news:news><news:publication><news:name>Press</news:name>\
                 <news:language>en</news:language></news:publication><news:publication_date>2026-06-01T10:00:00Z</news:publication_date>\
                 <news:title>The harbour opens</news:title></news:news></url></urlset>"
                    .to_owned(),
            ),
            "/sitemap-news.xml" => xml(
                "<urlset xmlns='http://www.sitemaps.org/schemas/sitemap/0.9'><url><loc>http://press.example/imprint</loc></url></urlset>"
                    .to_owned(),
            ),
            _ => missing(),
        }
    })
    .await;
    let folder = folder("sitemaps");
    let output =
        wireroom(&folder, None, &["feeds", "discover", &format!("http://{}/", server.address), "--json"]).await;
    let found = lines(&output);
    assert_eq!(found.len(), 1, "pages without headlines are no news: {}", said(&output));
    assert_eq!((found[0]["role"].as_str(), found[0]["found_by"].as_str()), (Some("sitemap"), Some("robots.txt")));
    assert_eq!(found[0]["newest_at"], "2026-06-01T10:00:00Z");
    assert!(!server.paths().contains(&"/archive-1999.xml".to_owned()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_about_feeds_is_followed_once() {
    let server = Server::start(|asked| match asked.path.as_str() {
        "/" => page("<footer><a href='/rss'>RSS</a></footer>"),
        "/rss" => page("<ul><li><a href='/world.rss'>World</a><li><a href='/sport.rss'>Sport</a><li><a href='/rss/more'>RSS</a></ul>"),
        "/world.rss" => feed(rss("World", "world", 3, "teaser")),
        "/sport.rss" => feed(rss("Sport", "sport", 3, "teaser")),
        "/rss/more" => page("<a href='/rss/deep.rss'>RSS</a>"),
        _ => missing(),
    })
    .await;
    let folder = folder("index");
    let site = server.address.to_string();
    let output = wireroom(&folder, None, &["feeds", "discover", &format!("http://{site}"), "--json"]).await;
    assert_eq!(lines(&output).len(), 2, "{}", said(&output));
    assert!(!server.paths().contains(&"/rss/deep.rss".to_owned()));
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_found_and_nobody_there_are_told_apart() {
    let server = Server::start(|asked| if asked.path == "/" { page("<p>Hello</p>") } else { missing() }).await;
    let folder = folder("nothing");
    let output = wireroom(&folder, None, &["feeds", "discover", &format!("http://{}/", server.address)]).await;
    assert_eq!(output.status.code(), Some(1), "{}", said(&output));
    assert!(said(&output).contains("announces no feed"), "{}", said(&output));
    assert!(server.asked().len() <= 22, "{} requests", server.asked().len());

    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let output = wireroom(&folder, None, &["feeds", "discover", &format!("http://{free}/")]).await;
    assert_eq!(output.status.code(), Some(75), "{}", said(&output));
    let output = wireroom(&folder, None, &["feeds", "discover", "ftp://a.example/"]).await;
    assert_eq!(output.status.code(), Some(1), "{}", said(&output));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_that_is_a_feed_is_its_own_answer() {
    let server = Server::start(|asked| match asked.path.as_str() {
        "/robots.txt" => missing(),
        _ => feed(rss("Itself", "x", 3, "teaser")),
    })
    .await;
    let folder = folder("itself");
    let output =
        wireroom(&folder, None, &["feeds", "discover", &format!("http://{}/any", server.address), "--json"]).await;
    assert_eq!(lines(&output)[0]["found_by"], "the address itself", "{}", said(&output));
    assert_eq!(server.paths().iter().filter(|p| *p == "/any").count(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn check_tells_honest_validators_from_useless_ones() {
    let server = Server::start(|asked| {
        let document = rss("Post", "all", 6, "teaser");
        let headers = ["content-type: application/rss+xml", "etag: \"1\""];
        match asked.path.as_str() {
            "/honest" if asked.header("if-none-match") == Some("\"1\"") => {
                answer("304 Not Modified", &["etag: \"1\""], "")
            }
            "/none" => feed(document),
            _ => answer("200 OK", &headers, document),
        }
    })
    .await;
    let folder = folder("validators");
    for (path, works, problem) in [
        ("/honest", "not-modified", None),
        ("/useless", "sent-again", Some("validators-useless")),
        ("/none", "no-validators", Some("no-validators")),
    ] {
        let url = format!("http://{}{path}", server.address);
        let output = wireroom(&folder, None, &["feeds", "check", &url, "--json"]).await;
        assert_eq!(output.status.code(), Some(0), "{}", said(&output));
        let told = &lines(&output)[0];
        assert_eq!(told["answer"]["revalidation"], works);
        let kinds: Vec<&str> =
            told["feed"]["problems"].as_array().unwrap().iter().map(|p| p["kind"].as_str().unwrap()).collect();
        assert_eq!(kinds.iter().find(|k| k.contains("validators")), problem.as_ref(), "{kinds:?}");
        assert_eq!(told["first"].as_array().unwrap().len(), 5);
    }
    let output = wireroom(&folder, None, &["feeds", "check", &format!("http://{}/useless", server.address)]).await;
    assert!(said(&output).contains("they are useless"), "{}", said(&output));
}

/// The kinds of problems of a document.
async fn problems(folder: &Path, document: &[u8]) -> Vec<String> {
    let file = folder.join("feed.xml");
    std::fs::write(&file, document).unwrap();
    let output = wireroom(folder, None, &["feeds", "check", file.to_str().unwrap(), "--json"]).await;
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    let told = lines(&output).remove(0);
    let all = told["feed"]["problems"].as_array().unwrap().clone();
    for problem in &all {
        assert!(!problem["remedy"].as_str().unwrap().is_empty());
    }
    all.iter().map(|p| p["kind"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn check_names_what_is_wrong_with_a_document() {
    let folder = folder("problems");
    let channel = |items: &str| {
        format!("<rss version='2.0'><channel><title>T</title><language>en</language>{items}</channel></rss>")
    };
    let item = |guid: &str, n: usize, date: &str| {
        format!(
            "<item><title>Item {n}</title><link>http://a.example/{n}</link>{guid}{date}<description>Text</description></item>"
        )
    };
    let date = |n: usize| format!("<pubDate>Mon, 01 Jun 2026 {:02}:00:00 GMT</pubDate>", 23 - n);

    let shared: String = (0..4).map(|n| item("<guid>one</guid>", n, &date(n))).collect();
    assert!(problems(&folder, channel(&shared).as_bytes()).await.contains(&"ids-repeated".to_owned()));
    let without: String = (0..4).map(|n| item("", n, "")).collect();
    let found = problems(&folder, channel(&without).as_bytes()).await;
    assert!(found.contains(&"ids-missing".to_owned()) && found.contains(&"dates-missing".to_owned()), "{found:?}");
    let ahead = item("<guid>1</guid>", 1, "<pubDate>Mon, 01 Jun 2099 10:00:00 GMT</pubDate>");
    assert!(problems(&folder, channel(&ahead).as_bytes()).await.contains(&"dates-ahead".to_owned()));
    let busy: String = (0..10)
        .map(|n| {
            item(
                &format!("<guid>{n}</guid>"),
                n,
                &format!("<pubDate>Mon, 01 Jun 2026 10:{:02}:00 GMT</pubDate>", 50 - n),
            )
        })
        .collect();
    assert!(problems(&folder, channel(&busy).as_bytes()).await.contains(&"window-short".to_owned()));
    let broken = channel(&(0..4).map(|n| item(&format!("<guid>{n} & co</guid>"), n, &date(n))).collect::<String>());
    assert!(problems(&folder, broken.as_bytes()).await.contains(&"mended".to_owned()));

    let output = wireroom(&folder, None, &["feeds", "check", "no-such-file"]).await;
    assert_eq!(output.status.code(), Some(1));
}

#[tokio::test(flavor = "multi_thread")]
async fn check_of_a_page_names_the_feeds_it_announces() {
    let server = Server::start(newspaper).await;
    let folder = folder("page");
    let output = wireroom(&folder, None, &["feeds", "check", &format!("http://{}/", server.address)]).await;
    assert_eq!(output.status.code(), Some(1));
    assert!(said(&output).contains("/all.rss") && said(&output).contains("is a web page"), "{}", said(&output));
    let output =
        wireroom(&folder, None, &["feeds", "check", &format!("http://{}/gone", server.address), "--json"]).await;
    assert_eq!(lines(&output)[0]["error"]["kind"], "http-404");

    let file = folder.join("page.html");
    let head = "<link rel=alternate type=application/rss+xml href=https://x.example/rss>\
                <link rel=alternate type=application/rss+xml href=/somewhere>";
    std::fs::write(&file, format!("<html><head>{head}</head><body>Hello</body></html>")).unwrap();
    let output = wireroom(&folder, None, &["feeds", "check", file.to_str().unwrap(), "--json"]).await;
    assert_eq!(lines(&output)[0]["announced"], serde_json::json!(["https://x.example/rss"]));
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_go_in_and_out_with_their_folders() {
    let database = TestDatabase::new().await;
    let folder = folder("lists");
    let opml = folder.join("in.opml");
    std::fs::write(
        &opml,
        "<opml><body><outline text=\"News & more\"><outline text=\"Asia\">\n\
         <outline text=\"Post\" xmlUrl=\"https://post.example/rss?a=1&b=2\"/></outline></outline>\n\
         <outline text=\"Bad\" xmlUrl=\"gopher://bad.example/\"/></body></opml>",
    )
    .unwrap();
    let import = ["feeds", "import", opml.to_str().unwrap()];
    let first = wireroom(&folder, Some(&database), &import).await;
    assert_eq!(first.status.code(), Some(1), "a bad line is told by the exit code");
    assert!(said(&first).contains("1 added, 0 changed, 0 as they were, 1 skipped"), "{}", said(&first));
    assert!(said(&first).contains("in.opml:3: "), "{}", said(&first));
    let second = wireroom(&folder, Some(&database), &import).await;
    assert!(said(&second).contains("0 added, 0 changed, 1 as they were"), "{}", said(&second));

    let exported = wireroom(&folder, Some(&database), &["feeds", "export"]).await;
    let list = wireroom::feed_list::read_any("out.opml", &String::from_utf8_lossy(&exported.stdout)).unwrap();
    assert_eq!(list.feeds[0].folder, ["News & more", "Asia"]);
    assert_eq!(list.feeds[0].url.as_str(), "https://post.example/rss?a=1&b=2");

    let shown = wireroom(&folder, Some(&database), &["feeds", "list", "--search", "asia", "--json"]).await;
    assert_eq!(lines(&shown)[0]["health"], "new", "{}", said(&shown));
    let none = wireroom(&folder, Some(&database), &["feeds", "list", "--health", "silent", "--json"]).await;
    assert!(lines(&none).is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_feed_that_moved_answers_to_its_old_address() {
    let database = TestDatabase::new().await;
    let folder = folder("moved");
    let (old, new) = ("https://old.example/rss", "https://new.example/rss");
    wireroom(&folder, Some(&database), &["feeds", "add", new]).await;
    sqlx::query("insert into feed_addresses (url, feed_id) select $1, feed_id from feeds")
        .bind(old)
        .execute(database.pool())
        .await
        .unwrap();
    let paused = wireroom(&folder, Some(&database), &["feeds", "pause", old]).await;
    assert!(said(&paused).contains(&format!("paused {new} (it had moved from {old})")), "{}", said(&paused));
    let listed = wireroom(&folder, Some(&database), &["feeds", "list", "--health", "paused", "--json"]).await;
    assert_eq!(lines(&listed)[0]["url"], new);
    let unknown = wireroom(&folder, Some(&database), &["feeds", "remove", "https://no.example/", old]).await;
    assert_eq!(unknown.status.code(), Some(1));
    assert!(said(&unknown).contains("removed") && said(&unknown).contains("https://no.example/"), "{}", said(&unknown));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_feed_the_file_has_lost_is_taken_over_by_who_adds_it() {
    let database = TestDatabase::new().await;
    let folder = folder("lost");
    let url = "https://lost.example/rss";
    wireroom(&folder, Some(&database), &["feeds", "add", url]).await;
    let lost = |by: &'static str| {
        sqlx::query("update feeds set origin = 'file', paused_at = now(), paused_by = $1")
            .bind(by)
            .execute(database.pool())
    };
    lost("list").await.unwrap();
    let added = wireroom(&folder, Some(&database), &["feeds", "add", url]).await;
    assert!(said(&added).contains(&format!("resumed {url}")), "{}", said(&added));
    let state = "select origin, paused_at is null from feeds";
    let now: (String, bool) = sqlx::query_as(state).fetch_one(database.pool()).await.unwrap();
    assert_eq!(now, ("command".to_owned(), true));
    lost("person").await.unwrap();
    let added = wireroom(&folder, Some(&database), &["feeds", "add", url]).await;
    assert!(said(&added).contains("1 as they were"), "{}", said(&added));
    let now: (String, bool) = sqlx::query_as(state).fetch_one(database.pool()).await.unwrap();
    assert_eq!(now, ("file".to_owned(), false));
}

#[tokio::test(flavor = "multi_thread")]
async fn first_polls_of_a_long_list_are_spread() {
    let database = TestDatabase::new().await;
    let folder = folder("spread");
    let plain: String = (0..600).map(|n| format!("https://f{n}.example/rss\n")).collect();
    std::fs::write(folder.join("many.txt"), plain).unwrap();
    let file = folder.join("many.txt");
    let output = wireroom(&folder, Some(&database), &["feeds", "import", file.to_str().unwrap()]).await;
    assert!(said(&output).contains("600 added"), "{}", said(&output));
    let (span, slots): (f64, i64) = sqlx::query_as(
        "select extract(epoch from max(next_poll_at) - min(next_poll_at))::float8, count(distinct next_poll_at) from feeds",
    )
    .fetch_one(database.pool())
    .await
    .unwrap();
    assert!((40.0..=60.0).contains(&span) && slots > 500, "{span} s, {slots} moments");
}
