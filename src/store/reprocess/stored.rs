//! Stored articles read back: columns, facts, page and entry.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;
use sqlx::PgConnection;

use super::{StoredArticle, StoredPage};
use crate::archive::Place;
use crate::rows::ArticleRows;
use crate::store::entries::hex;
use crate::store::{ClaimedPage, StoreError};

pub(super) async fn articles(c: &mut PgConnection, ids: &[i64]) -> Result<Vec<StoredArticle>, StoreError> {
    let mut facts = facts(&mut *c, ids).await?;
    // The page an article was made of is marked; before the mark was introduced, the newest of its own address was it.
    // Its task is the page's, else one of an address it is known by.
    let rows = sqlx::query!(
        "select a.article_id, a.url, a.version, a.cleaned_by, a.title, a.text, a.text_source, a.word_count,
                a.canonical_url, a.site_name, a.authors, a.published_at, a.published_precision, a.published_source,
                a.updated_at, a.language, a.section, a.tags, a.image_url, a.completeness, a.paywalled, a.removed,
                a.repairs, p.file as \"file?\", p.\"offset\" as \"offset?\", p.length as \"length?\", p.digest as \"digest?\",
                p.content_type, p.status as \"status?\", t.task_id as \"task_id?\", t.url as \"task_url?\",
                t.url_key as \"url_key?\", e.entry_id as \"entry_id?\", e.title as entry_title, e.summary, e.content,
                e.published_at as entry_published_at, e.language as feed_language,
                coalesce(e.fetch_pages, true) as \"fetch_pages!\"
           from articles a
           left join lateral (
                select * from pages p where p.article_id = a.article_id and p.made_article is not false
                 order by p.made_article nulls last, (p.url = a.url) desc, p.page_id desc limit 1) p on true
           left join lateral (
                select t.task_id, t.url, t.url_key from tasks t where t.task_id = p.task_id
                 union all
                (select t.task_id, t.url, t.url_key from article_keys k join tasks t on t.url_key = k.key
                  where k.article_id = a.article_id and t.article_id = a.article_id order by t.task_id)
                 limit 1) t on true
           left join lateral (
                select n.entry_id, n.title, n.summary, n.content, n.published_at, f.language,
                       f.options->'fetch_pages' is distinct from 'false' as fetch_pages
                  from entries n join feeds f using (feed_id)
                 where n.task_id = t.task_id
                 order by coalesce(n.changed_at, n.first_seen_at) desc limit 1) e on true
          where a.article_id = any($1)
          order by a.article_id",
        ids
    )
    .fetch_all(c)
    .await?;
    let articles = rows.into_iter().map(|row| {
        let page = match (row.file, row.offset, row.length, row.digest) {
            (Some(file), Some(offset), Some(length), Some(digest)) => Some(StoredPage {
                place: Place {
                    file,
                    offset: u64::try_from(offset).unwrap_or(0),
                    length: u64::try_from(length).unwrap_or(0),
                    digest: digest.try_into().unwrap_or_default(),
                },
                content_type: row.content_type,
                status: row.status.and_then(|status| u16::try_from(status).ok()).unwrap_or(200),
            }),
            _ => None,
        };
        // What only the feed knew must not be lost with the feed.
        let of_feed = row.published_source.as_deref() == Some("feed");
        let title = if row.entry_id.is_some() { row.entry_title } else { row.title.clone() };
        let claim = ClaimedPage {
            task_id: row.task_id.unwrap_or(0),
            token: 0,
            url: row.task_url.unwrap_or_else(|| row.url.clone()),
            url_key: row.url_key.and_then(|key| key.try_into().ok()).unwrap_or_default(),
            attempts: 0,
            title,
            summary: row.summary,
            content: row.content,
            published_at: row.entry_published_at.or(row.published_at.filter(|_| of_feed)),
            language: row.feed_language,
            fetch_pages: row.fetch_pages,
        };
        StoredArticle {
            article_id: row.article_id,
            url: row.url,
            version: row.version,
            cleaned_by: row.cleaned_by,
            fields: vec![
                ("canonical_url", json!(row.canonical_url)),
                ("site_name", json!(row.site_name)),
                ("authors", json!(row.authors)),
                ("published_at", json!(row.published_at)),
                ("published_precision", json!(row.published_precision)),
                ("published_source", json!(row.published_source)),
                ("updated_at", json!(row.updated_at)),
                ("language", json!(row.language)),
                ("section", json!(row.section)),
                ("tags", json!(row.tags)),
                ("image_url", json!(row.image_url)),
                ("completeness", json!(row.completeness)),
                ("paywalled", json!(row.paywalled)),
                ("removed", row.removed),
                ("repairs", row.repairs),
            ],
            title: row.title,
            text: row.text,
            text_source: row.text_source,
            word_count: row.word_count,
            facts: facts.remove(&row.article_id).unwrap_or_default(),
            page,
            claim,
        }
    });
    Ok(articles.collect())
}

type Facts = BTreeSet<(String, String)>;

async fn facts(c: &mut PgConnection, ids: &[i64]) -> Result<BTreeMap<i64, Facts>, StoreError> {
    let rows = sqlx::query!(
        "select article_id as \"article_id!\", kind as \"kind!\", fact as \"fact!\" from (
            select article_id, 'entities' as kind,
                   concat_ws('|', encode(identity_key, 'hex'), array_to_string(starts, ','), array_to_string(ends, ','),
                             in_title::text, array_to_string(titles, ';')) as fact
              from article_entities join entities using (entity_id) where article_id = any($1)
            union all
            select article_id, 'quotes', concat_ws('|', start, \"end\", text, coalesce(speaker, ''),
                   coalesce(encode(identity_key, 'hex'), ''), coalesce(verb, ''), q.kind)
              from quotes q left join entities using (entity_id) where article_id = any($1)
            union all
            select article_id, 'dates', concat_ws('|', start, \"end\", text, coalesce(value, ''), coalesce(until, ''),
                   precision)
              from dates where article_id = any($1)
            union all
            select article_id, 'amounts', concat_ws('|', start, \"end\", text, kind, coalesce(unit, ''))
              from amounts where article_id = any($1)) facts",
        ids
    )
    .fetch_all(c)
    .await?;
    let mut facts: BTreeMap<i64, Facts> = BTreeMap::new();
    for row in rows {
        facts.entry(row.article_id).or_default().insert((row.kind, row.fact));
    }
    Ok(facts)
}

/// The same of rows that are not written yet. What is computed from the rest (salience, confidence, values) is left out.
pub(super) fn facts_of(rows: &ArticleRows) -> Facts {
    let listed = |numbers: &[i32]| numbers.iter().map(ToString::to_string).collect::<Vec<_>>().join(",");
    let entities = rows.entities.iter().map(|e| {
        let (key, titles) = (hex_only(&e.key), e.titles.join(";"));
        ("entities", format!("{key}|{}|{}|{}|{titles}", listed(&e.starts), listed(&e.ends), e.in_title))
    });
    let quotes = rows.quotes.iter().map(|(q, speaker)| {
        let key = speaker.as_ref().map(|key| hex_only(key)).unwrap_or_default();
        let (who, verb) = (q.speaker.as_deref().unwrap_or_default(), q.verb.as_deref().unwrap_or_default());
        ("quotes", format!("{}|{}|{}|{who}|{key}|{verb}|{}", q.start, q.end, q.text, q.kind.as_str()))
    });
    let dates = rows.dates.iter().map(|d| {
        let (value, until) = (d.value.as_deref().unwrap_or_default(), d.until.as_deref().unwrap_or_default());
        ("dates", format!("{}|{}|{}|{value}|{until}|{}", d.start, d.end, d.text, d.precision.as_str()))
    });
    let amounts = rows.amounts.iter().map(|a| {
        let unit = a.unit.as_deref().unwrap_or_default();
        ("amounts", format!("{}|{}|{}|{}|{unit}", a.start, a.end, a.text, a.kind.as_str()))
    });
    let all = entities.chain(quotes).chain(dates).chain(amounts);
    all.map(|(kind, fact)| (kind.to_owned(), fact)).collect()
}

fn hex_only(bytes: &[u8]) -> String {
    hex(bytes).trim_start_matches("\\x").to_owned()
}
