//! The rows of articles: which are new, which edited, which here already; then all their rows, set by set.
//!
//! Keys of every multi-row statement are sorted, so that two daemons with the same news wait for each other instead of
//! deadlocking.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde_json::{Value, json};
use sqlx::PgConnection;

use super::entries::hex;
use super::furniture::{self, Lessons};
use super::{EXTRACTOR, FinishedPage, StoreError};
use crate::rows::{ArticleRows, TextSource};

/// An article to be written.
pub struct Candidate<'a> {
    /// Its rows.
    pub rows: &'a ArticleRows,
    /// The page it was made of.
    pub page: &'a FinishedPage,
    /// The article this page led to before.
    pub earlier: Option<i64>,
}

/// What became of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Written.
    New(i64),
    /// Written over its earlier version, which is kept.
    Edited(i64),
    /// Here already; nothing written.
    Known(i64),
}

struct Stored {
    content_hash: Vec<u8>,
    text_source: String,
    cleaned_by: Option<i64>,
}

/// Writes what is new and what was edited.
pub async fn articles(c: &mut PgConnection, candidates: &[Candidate<'_>]) -> Result<Vec<Verdict>, StoreError> {
    if candidates.is_empty() {
        return Ok(Vec::new());
    }
    let ids = identify(&mut *c, candidates).await?;
    let stored = stored(&mut *c, &ids).await?;
    let mut begun: BTreeSet<i64> = BTreeSet::new();
    let mut verdicts = Vec::with_capacity(candidates.len());
    for (candidate, &id) in candidates.iter().zip(&ids) {
        let verdict = match stored.get(&id) {
            None if begun.insert(id) => Verdict::New(id),
            None => Verdict::Known(id),
            // Only the page an article was made of may change it: another address of the same article (AMP, print)
            // reads a little different, and the two would overwrite each other for ever.
            Some(_) if candidate.earlier != Some(id) => Verdict::Known(id),
            Some(now) if now.content_hash == candidate.rows.content_hash => Verdict::Known(id),
            // A wall or a robots.txt that came later does not shorten what was read before.
            Some(now) if now.text_source == "page" && candidate.rows.text_source == TextSource::Feed => {
                Verdict::Known(id)
            }
            Some(_) if begun.insert(id) => Verdict::Edited(id),
            Some(_) => Verdict::Known(id),
        };
        verdicts.push(verdict);
    }
    let edited = candidates.iter().zip(&verdicts).filter_map(|(candidate, verdict)| match verdict {
        // Cleaned as before, it is the publisher's page that changed.
        Verdict::Edited(id) => {
            let same = stored.get(id).and_then(|now| now.cleaned_by) == Some(candidate.rows.cleaned_by);
            Some((*id, if same { Replaced::Edited } else { Replaced::Unclear }))
        }
        _ => None,
    });
    set_aside(&mut *c, &edited.collect::<Vec<_>>()).await?;
    let sources = sources(&mut *c, candidates, &verdicts).await?;
    let mut new = Vec::new();
    let mut changed = Vec::new();
    let mut facts = Vec::new();
    let mut lessons = Lessons::new();
    for (candidate, verdict) in candidates.iter().zip(&verdicts) {
        let (id, rows) = match verdict {
            Verdict::New(id) => (*id, &mut new),
            Verdict::Edited(id) => (*id, &mut changed),
            Verdict::Known(_) => continue,
        };
        let source = sources.get(&candidate.rows.domain).copied();
        let url = candidate.page.page.as_ref().map_or(&candidate.page.claim.url, |page| &page.url);
        rows.push(article_json(id, source, url, candidate.rows));
        facts.push((id, candidate.rows));
        // An edit shows nothing that its article did not show before.
        if let (Verdict::New(_), Some(source)) = (verdict, source) {
            lessons.entry(source).or_default().push(&candidate.rows.lesson);
        }
    }
    insert(&mut *c, new).await?;
    update(&mut *c, changed).await?;
    super::facts::write(&mut *c, &facts).await?;
    furniture::learn(&mut *c, &lessons).await?;
    Ok(verdicts)
}

/// Finds the article each candidate is, by its addresses, or gives it a new id under them.
async fn identify(c: &mut PgConnection, candidates: &[Candidate<'_>]) -> Result<Vec<i64>, StoreError> {
    let fresh = sqlx::query_scalar!(
        "select wireroom.next_article_id() as \"id!\" from generate_series(1, $1)",
        i32::try_from(candidates.len()).unwrap_or(i32::MAX)
    )
    .fetch_all(&mut *c)
    .await?;
    // Two articles of one batch under one address get one id: the first one's.
    let mut wanted: BTreeMap<[u8; 32], i64> = BTreeMap::new();
    let identities: BTreeSet<Vec<u8>> = candidates.iter().map(|x| x.rows.identity_key.to_vec()).collect();
    let identities: Vec<Vec<u8>> = identities.into_iter().collect();
    let known: HashMap<Vec<u8>, i64> =
        sqlx::query!("select key, article_id from article_keys where key = any($1)", &identities)
            .fetch_all(&mut *c)
            .await?
            .into_iter()
            .map(|row| (row.key, row.article_id))
            .collect();
    for (candidate, &id) in candidates.iter().zip(&fresh) {
        let identity = candidate.rows.identity_key;
        let id = candidate.earlier.or_else(|| known.get(&identity[..]).copied()).unwrap_or(id);
        let id = *wanted.entry(identity).or_insert(id);
        wanted.entry(candidate.page.claim.url_key).or_insert(id);
    }
    let (keys, ids): (Vec<Vec<u8>>, Vec<i64>) = wanted.iter().map(|(key, id)| (key.to_vec(), *id)).unzip();
    sqlx::query!(
        "insert into article_keys (key, article_id)
         select key, article_id from unnest($1::bytea[], $2::bigint[]) as k (key, article_id)
          order by key on conflict (key) do nothing",
        &keys,
        &ids
    )
    .execute(&mut *c)
    .await?;
    // Another daemon may have been first: what stands in the table decides.
    let decided: HashMap<Vec<u8>, i64> =
        sqlx::query!("select key, article_id from article_keys where key = any($1)", &keys)
            .fetch_all(&mut *c)
            .await?
            .into_iter()
            .map(|row| (row.key, row.article_id))
            .collect();
    candidates
        .iter()
        .map(|x| {
            let found = x.earlier.or_else(|| decided.get(&x.rows.identity_key[..]).copied());
            found.ok_or_else(|| StoreError::Bug("an article key vanished within its transaction".to_owned()))
        })
        .collect()
}

async fn stored(c: &mut PgConnection, ids: &[i64]) -> Result<HashMap<i64, Stored>, StoreError> {
    let rows = sqlx::query!(
        "select article_id, content_hash, text_source, cleaned_by from articles
          where article_id = any($1) order by article_id for update",
        ids
    )
    .fetch_all(c)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| {
            let now =
                Stored { content_hash: row.content_hash, text_source: row.text_source, cleaned_by: row.cleaned_by };
            (row.article_id, now)
        })
        .collect())
}

/// Why a text is replaced by another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Replaced {
    /// The publisher changed it.
    Edited,
    /// The same page was cleaned by other rules.
    Cleaned,
    /// Another page and other rules: it could be either.
    Unclear,
}

impl Replaced {
    fn as_str(self) -> &'static str {
        match self {
            Self::Edited => "edited",
            Self::Cleaned => "cleaned",
            Self::Unclear => "unclear",
        }
    }
}

/// Keeps the old version of articles that are replaced, and clears their facts.
pub(super) async fn set_aside(c: &mut PgConnection, replaced: &[(i64, Replaced)]) -> Result<(), StoreError> {
    if replaced.is_empty() {
        return Ok(());
    }
    let (ids, reasons): (Vec<i64>, Vec<String>) =
        replaced.iter().map(|(id, reason)| (*id, reason.as_str().to_owned())).unzip();
    sqlx::query!(
        "insert into article_versions (article_id, version, title, text, updated_at, content_hash, reason, cleaned_by)
         select a.article_id, version, title, text, updated_at, content_hash, r.reason, cleaned_by
           from articles a join unnest($1::bigint[], $2::text[]) as r (article_id, reason) on r.article_id = a.article_id
             on conflict do nothing",
        &ids,
        &reasons
    )
    .execute(&mut *c)
    .await?;
    clear_facts(c, &ids).await
}

/// Takes the facts of articles away, which are about to be written anew.
pub(super) async fn clear_facts(c: &mut PgConnection, ids: &[i64]) -> Result<(), StoreError> {
    sqlx::query!("delete from article_entities where article_id = any($1)", ids).execute(&mut *c).await?;
    sqlx::query!("delete from quotes where article_id = any($1)", ids).execute(&mut *c).await?;
    sqlx::query!("delete from dates where article_id = any($1)", ids).execute(&mut *c).await?;
    sqlx::query!("delete from amounts where article_id = any($1)", ids).execute(&mut *c).await?;
    Ok(())
}

async fn sources(
    c: &mut PgConnection,
    candidates: &[Candidate<'_>],
    verdicts: &[Verdict],
) -> Result<HashMap<String, i64>, StoreError> {
    let mut names: BTreeMap<&str, Option<&str>> = BTreeMap::new();
    for (candidate, verdict) in candidates.iter().zip(verdicts) {
        if !matches!(verdict, Verdict::Known(_)) {
            names.insert(&candidate.rows.domain, candidate.rows.article.site_name.as_deref());
        }
    }
    let rows: Vec<Value> = names.iter().map(|(domain, name)| json!({ "domain": domain, "name": name })).collect();
    let domains: Vec<String> = names.keys().map(|&d| d.to_owned()).collect();
    sqlx::query!(
        "insert into sources (domain, name)
         select domain, name from jsonb_to_recordset($1) as r (domain text, name text) order by domain
             on conflict (domain) do update set name = excluded.name
          where sources.name is null and excluded.name is not null",
        Value::Array(rows)
    )
    .execute(&mut *c)
    .await?;
    let found =
        sqlx::query!("select domain, source_id from sources where domain = any($1)", &domains).fetch_all(c).await?;
    Ok(found.into_iter().map(|row| (row.domain, row.source_id)).collect())
}

/// An article as the record its row is written from. `url` is where the page was.
pub(super) fn article_json(id: i64, source: Option<i64>, url: &str, rows: &ArticleRows) -> Value {
    let article = &rows.article;
    json!({
        "article_id": id,
        "source_id": source,
        "url": url,
        "canonical_url": article.canonical_url,
        "site_name": article.site_name,
        "title": article.title,
        "authors": article.authors,
        "byline": article.byline,
        "agencies": article.agencies,
        "kind": article.kind.as_str(),
        "amp_url": article.amp_url,
        "dates_found": article.dates_found,
        "published_at": article.published_at,
        "published_precision": article.published_precision.as_str(),
        "published_source": article.published_source,
        "updated_at": article.updated_at,
        "language": article.language,
        "section": article.section,
        "tags": article.tags,
        "image_url": article.image_url,
        "text": article.text,
        "text_source": rows.text_source.as_str(),
        "word_count": article.word_count,
        "completeness": article.completeness,
        "paywalled": article.paywalled,
        "removed": article.removed,
        "repairs": article.repairs,
        "content_hash": hex(&rows.content_hash),
        "cleaned_by": rows.cleaned_by,
    })
}

async fn insert(c: &mut PgConnection, rows: Vec<Value>) -> Result<(), StoreError> {
    if rows.is_empty() {
        return Ok(());
    }
    sqlx::query!(
        "insert into articles (article_id, source_id, url, canonical_url, site_name, title, authors, published_at,
                published_precision, published_source, updated_at, language, section, tags, image_url, text, text_source,
                word_count, completeness, paywalled, removed, repairs, content_hash, byline, agencies, kind, amp_url,
                dates_found, extractor, cleaned_by, words)
         select article_id, source_id, url, canonical_url, site_name, title, authors, published_at,
                published_precision, published_source, updated_at, language, section, tags, image_url, text, text_source,
                word_count, completeness, paywalled, removed, repairs, content_hash, byline, agencies, kind, amp_url,
                dates_found, $2, cleaned_by, wireroom.words(title, text)
           from jsonb_to_recordset($1) as r (article_id bigint, source_id bigint, url text, canonical_url text,
                site_name text, title text, authors text[], published_at timestamptz, published_precision text,
                published_source text, updated_at timestamptz, language text, section text, tags text[], image_url text,
                text text, text_source text, word_count int, completeness real, paywalled boolean, removed jsonb,
                repairs jsonb, content_hash bytea, byline jsonb, agencies text[], kind text, amp_url text,
                dates_found jsonb, cleaned_by bigint)
          order by article_id",
        Value::Array(rows),
        EXTRACTOR
    )
    .execute(c)
    .await?;
    Ok(())
}

/// Writes articles over their stored rows; the version grows where headline or text are others.
pub(super) async fn update(c: &mut PgConnection, rows: Vec<Value>) -> Result<(), StoreError> {
    if rows.is_empty() {
        return Ok(());
    }
    sqlx::query!(
        "update articles a
            set url = r.url, canonical_url = r.canonical_url, site_name = r.site_name, title = r.title,
                authors = r.authors, published_at = r.published_at, published_precision = r.published_precision,
                published_source = r.published_source, updated_at = r.updated_at, language = r.language,
                section = r.section, tags = r.tags, image_url = r.image_url, text = r.text, text_source = r.text_source,
                word_count = r.word_count, completeness = r.completeness, paywalled = r.paywalled, removed = r.removed,
                repairs = r.repairs, content_hash = r.content_hash, byline = r.byline, agencies = r.agencies,
                kind = r.kind, amp_url = r.amp_url, dates_found = r.dates_found, extractor = $2, cleaned_by = r.cleaned_by,
                version = a.version + (a.text <> r.text or a.title is distinct from r.title)::int,
                words = wireroom.words(r.title, r.text)
           from jsonb_to_recordset($1) as r (article_id bigint, url text, canonical_url text,
                site_name text, title text, authors text[], published_at timestamptz, published_precision text,
                published_source text, updated_at timestamptz, language text, section text, tags text[], image_url text,
                text text, text_source text, word_count int, completeness real, paywalled boolean, removed jsonb,
                repairs jsonb, content_hash bytea, byline jsonb, agencies text[], kind text, amp_url text,
                dates_found jsonb, cleaned_by bigint)
          where a.article_id = r.article_id",
        Value::Array(rows),
        EXTRACTOR
    )
    .execute(c)
    .await?;
    Ok(())
}
