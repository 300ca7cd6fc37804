//! Questions to the database, answered as tables or JSON.

use super::database::{self, Opened};
use super::{Ask, Failure, print};
use crate::config::Loaded;
use crate::store::{ArticleAnswer, EntityAnswer, QuoteAnswer, SearchHit};

/// `wireroom search`.
pub async fn search(loaded: &Loaded, query: &str, ask: Ask) -> Result<(), Failure> {
    let opened = database::open(loaded).await?;
    let hits = opened.store.search(query, ask.limit).await;
    opened.close().await?;
    let hits = hits?;
    if hits.is_empty() {
        eprintln!("no article has {query:?}");
    }
    if ask.json { hits.iter().try_for_each(print::json) } else { show_hits(&hits) }
}

fn show_hits(hits: &[SearchHit]) -> Result<(), Failure> {
    let rows = hits
        .iter()
        .map(|h| {
            let title = h.title.as_deref().unwrap_or("(no headline)");
            let excerpt = print::short(h.excerpt.as_deref().unwrap_or_default(), 140);
            vec![h.article_id.to_string(), print::time(h.published_at), h.domain.clone(), format!("{title}\n{excerpt}")]
        })
        .collect();
    print::table(&["article", "published", "source", "headline"], rows)
}

/// `wireroom article`.
pub async fn article(loaded: &Loaded, id: i64, ask: Ask) -> Result<(), Failure> {
    let opened = database::open(loaded).await?;
    let article = opened.store.article(id).await;
    opened.close().await?;
    let article =
        article?.ok_or_else(|| Failure::failed(format!("there is no article {id}; `wireroom search` finds ids")))?;
    if ask.json { print::json(&article) } else { show_article(&article) }
}

fn show_article(a: &ArticleAnswer) -> Result<(), Failure> {
    print::line(a.title.as_deref().unwrap_or("(no headline)"))?;
    let signed: Vec<&str> = a.authors.iter().chain(&a.agencies).map(String::as_str).collect();
    let kind = if a.kind == "news" { String::new() } else { format!(" · {}", a.kind) };
    let signed = signed.join(", ");
    print::line(&format!("{} · {} · {signed}{kind}\n{}\n", a.domain, print::time(a.published_at), a.url))?;
    print::line(&a.text)?;
    for (name, list) in [("entities", &a.entities), ("quotes", &a.quotes), ("dates", &a.dates), ("amounts", &a.amounts)]
    {
        print::line(&format!("\n{name}:"))?;
        for row in list.as_array().into_iter().flatten() {
            print::line(&format!("  {row}"))?;
        }
    }
    Ok(())
}

/// `wireroom entity`.
pub async fn entity(loaded: &Loaded, name: &str, ask: Ask) -> Result<(), Failure> {
    let opened = database::open(loaded).await?;
    let found = opened.store.entity(name, ask.limit).await;
    opened.close().await?;
    let found = found?;
    if found.is_empty() {
        return Err(Failure::failed(format!("nothing here is called {name:?}")));
    }
    if ask.json { found.iter().try_for_each(print::json) } else { found.iter().try_for_each(show_entity) }
}

fn show_entity(e: &EntityAnswer) -> Result<(), Failure> {
    let id = e.wikidata.as_deref().map(|id| format!(" · {id}")).unwrap_or_default();
    print::line(&format!("{} ({}{id}): {} articles, {} mentions", e.name, e.kind, e.articles, e.mentions))?;
    print::line(&format!("  called: {}", e.aliases.join("; ")))?;
    print::line(&format!("  titles: {}", e.titles.join("; ")))?;
    for article in e.latest.as_array().into_iter().flatten() {
        let field = |name: &str| article.get(name).and_then(|v| v.as_str()).unwrap_or_default().to_owned();
        print::line(&format!("  {}  {}  {}", article["article_id"], field("domain"), field("title")))?;
    }
    Ok(())
}

/// `wireroom quotes`.
pub async fn quotes(loaded: &Loaded, name: &str, ask: Ask) -> Result<(), Failure> {
    let opened = database::open(loaded).await?;
    let quotes = opened.store.quotes(Some(name), ask.limit).await;
    opened.close().await?;
    let quotes = quotes?;
    if quotes.is_empty() {
        eprintln!("no quote of {name:?}");
    }
    if ask.json { quotes.iter().try_for_each(print::json) } else { show_quotes(&quotes) }
}

fn show_quotes(quotes: &[QuoteAnswer]) -> Result<(), Failure> {
    let rows = quotes.iter().map(|q| {
        let speaker = q.speaker.clone().unwrap_or_else(|| "–".to_owned());
        vec![speaker, print::short(&q.text, 160), q.domain.clone(), print::time(q.published_at)]
    });
    print::table(&["speaker", "said", "source", "published"], rows.collect())
}

/// `wireroom status`.
pub async fn status(loaded: &Loaded, ask: Ask) -> Result<(), Failure> {
    let opened = database::open(loaded).await?;
    let status = opened.store.status().await;
    opened.close().await?;
    let status = status?;
    if ask.json {
        return print::json(&status);
    }
    let listed = |counts: &std::collections::BTreeMap<String, i64>| {
        let parts: Vec<String> = counts.iter().map(|(name, n)| format!("{n} {name}")).collect();
        if parts.is_empty() { "none".to_owned() } else { parts.join(", ") }
    };
    let rows = vec![
        vec!["feeds".to_owned(), listed(&status.feeds)],
        vec![
            "feeds due".to_owned(),
            match status.feeds_lag_seconds {
                Some(lag) => format!("{}, the longest for {lag:.0} s", status.feeds_due),
                None => "none".to_owned(),
            },
        ],
        vec!["polls in 1 h".to_owned(), listed(&status.polls_last_hour)],
        vec!["entries in 1 h".to_owned(), status.entries_last_hour.to_string()],
        vec![
            "hubs".to_owned(),
            format!(
                "{} push, {} of them within 24 h; {} asked, {} refused",
                status.push.active, status.push.pushed_within_a_day, status.push.asked, status.push.denied
            ),
        ],
        vec!["pages".to_owned(), listed(&status.queue)],
        vec!["reasons".to_owned(), listed(&status.reasons)],
        vec!["oldest page due".to_owned(), status.lag_seconds.map_or("–".to_owned(), |s| format!("{s:.0} s ago"))],
        vec![
            "articles".to_owned(),
            format!(
                "{} in all, {} in 24 h, {} in 1 h",
                status.articles, status.articles_last_day, status.articles_last_hour
            ),
        ],
        vec!["entities".to_owned(), status.entities.to_string()],
        vec!["database".to_owned(), format!("{} MB", status.database_bytes >> 20)],
    ];
    print::table(&["", ""], rows)?;
    if status.alarms.is_empty() {
        return Ok(());
    }
    print::line("\nFeeds that need a look (`wireroom feeds list` shows all)")?;
    let rows =
        status.alarms.into_iter().map(|a| vec![a.health, a.url, a.note.unwrap_or_default(), print::time(a.since)]);
    print::table(&["health", "feed", "how it does", "silent since, or last read"], rows.collect())
}

/// A few answers worth reading, when the demo has run.
pub async fn after_demo(opened: &Opened, json: bool) -> Result<(), Failure> {
    let latest = opened.store.latest(5).await?;
    let top = opened.store.top_entities(1, 8).await?;
    let quotes = opened.store.quotes(None, 4).await?;
    if json {
        return print::json(&serde_json::json!({ "latest": latest, "top_entities": top, "quotes": quotes }));
    }
    print::line("\nLatest articles")?;
    show_hits(&latest)?;
    print::line("\nWho and what they are about")?;
    print::table(&["name", "kind", "articles"], top.into_iter().map(|(n, k, a)| vec![n, k, a.to_string()]).collect())?;
    print::line("\nWho said what")?;
    show_quotes(&quotes)?;
    print::line("\nGo on with: wireroom search harbour · wireroom status · wireroom db psql · wireroom demo --remove")
}
