//! Sitemaps as feeds: an index is read with its newest documents, and of a sitemap only what is news.

use chrono::{TimeDelta, Utc};

use super::{Stage, place};
use crate::support::server::answer;

fn urlset(items: &[(&str, i64)]) -> String {
    let items: String = items
        .iter()
        .map(|(name, days_ago)| {
            let at = (Utc::now() - TimeDelta::days(*days_ago)).to_rfc3339();
            format!(
                "<url><loc>http://pages.example/{name}</loc><news:news><news:publication><news:name>Paper</news:name>\
                 <news:language>en</news:language></news:publication><news:publication_date>{at}</news:publication_date>\
                 <news:title>Headline of {name}</news:title></news:news></url>"
            )
        })
        .collect();
    format!(
        "<?xml version=\"1.0\"?><urlset xmlns=\"http://www.sitemaps.org/schemas/sitemap/0.9\" \
         xmlns:news=\"http://www.google.com/schemas/sitemap-news/0.9\">{items}</urlset>"
    )
}

fn index(children: &[(&str, &str)]) -> String {
    let children: String = children
        .iter()
        .map(|(name, at)| format!("<sitemap><loc>http://paper.example/{name}</loc><lastmod>{at}</lastmod></sitemap>"))
        .collect();
    format!("<sitemapindex xmlns=\"http://www.sitemaps.org/schemas/sitemap/0.9\">{children}</sitemapindex>")
}

async fn titles(stage: &Stage) -> Vec<String> {
    sqlx::query_scalar("select title from entries order by title").fetch_all(stage.database.pool()).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_index_is_read_with_its_newest_documents() {
    let mut stage = Stage::new("index", &["paper.example", "pages.example"].map(str::to_owned), |_| {}).await;
    stage.list("[[feeds]]\nurl = \"http://paper.example/sitemap.xml\"\n").await;
    let children = [
        ("old.xml", "2019-01-01"),
        ("today.xml", "2026-03-04"),
        ("gone.xml", "2026-03-03"),
        ("yesterday.xml", "2026-03-02"),
        ("older.xml", "2026-03-01"),
    ];
    stage.site("paper.example/sitemap.xml", answer("200 OK", &["etag: \"index\""], index(&children)));
    stage.site("paper.example/today.xml", answer("200 OK", &["etag: \"today\""], urlset(&[("a", 0), ("b", 1)])));
    stage.site("paper.example/yesterday.xml", answer("200 OK", &[], urlset(&[("c", 2), ("archive", 90)])));
    stage.site("paper.example/older.xml", answer("200 OK", &[], urlset(&[("d", 3)])));
    let feeds = |asked: Vec<crate::support::server::Exchange>| -> Vec<String> {
        asked.iter().map(|x| place(&x.asked)).filter(|place| place.starts_with("paper.example/")).collect()
    };
    let asked = feeds(stage.round().await);
    assert_eq!(
        asked,
        [
            "paper.example/sitemap.xml",
            "paper.example/today.xml",
            "paper.example/gone.xml",
            "paper.example/yesterday.xml"
        ]
    );
    assert_eq!(titles(&stage).await, ["Headline of a", "Headline of b", "Headline of c"]);
    let url = "http://paper.example/sitemap.xml";
    assert!(stage.is_true(url, "last_outcome = 'new' and etag is null").await, "an index vouches for nothing it names");

    stage.site("paper.example/today.xml", answer("200 OK", &[], urlset(&[("e", 0), ("a", 0), ("b", 1)])));
    stage.update(url, "next_poll_at = now()").await;
    stage.round().await;
    assert_eq!(titles(&stage).await, ["Headline of a", "Headline of b", "Headline of c", "Headline of e"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_index_whose_documents_cannot_be_had_says_which() {
    let mut stage = Stage::new("index-gone", &["paper.example".to_owned()], |_| {}).await;
    stage.list("[[feeds]]\nurl = \"http://paper.example/sitemap.xml\"\n").await;
    stage.site("paper.example/sitemap.xml", answer("200 OK", &[], index(&[("gone.xml", "2026-03-03")])));
    stage.round().await;
    let url = "http://paper.example/sitemap.xml";
    assert_eq!(stage.text(url, "last_outcome").await, "not-found");
    assert!(stage.text(url, "last_detail").await.contains("http://paper.example/gone.xml"));

    // One that names itself is asked for once more, not for ever.
    stage.site("paper.example/sitemap.xml", answer("200 OK", &[], index(&[("sitemap.xml", "2026-03-03")])));
    stage.update(url, "next_poll_at = now()").await;
    assert_eq!(stage.round().await.len(), 2);
    assert_eq!(stage.text(url, "last_outcome").await, "no-feed");
}
