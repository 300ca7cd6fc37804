//! What analysts ask from the shell.

use chrono::{DateTime, Utc};
use serde::Serialize;

use super::{Store, StoreError};

/// An article found by a search, best first.
#[derive(Debug, Clone, Serialize)]
pub struct SearchHit {
    /// Key.
    pub article_id: i64,
    /// When it was published.
    pub published_at: Option<DateTime<Utc>>,
    /// The publisher.
    pub domain: String,
    /// The headline.
    pub title: Option<String>,
    /// The passage that matches, the words between « and ».
    pub excerpt: Option<String>,
    /// Where the page is.
    pub url: String,
}

/// One article with everything known of it.
#[derive(Debug, Clone, Serialize)]
pub struct ArticleAnswer {
    /// Key.
    pub article_id: i64,
    /// Where the page is.
    pub url: String,
    /// The publisher.
    pub domain: String,
    /// The headline.
    pub title: Option<String>,
    /// Who wrote it.
    pub authors: Vec<String>,
    /// The news agencies credited.
    pub agencies: Vec<String>,
    /// What kind of piece it is.
    pub kind: String,
    /// When it was published.
    pub published_at: Option<DateTime<Utc>>,
    /// How exactly that is known.
    pub published_precision: String,
    /// When it was last changed.
    pub updated_at: Option<DateTime<Utc>>,
    /// Every date the page gives.
    pub dates_found: serde_json::Value,
    /// When it was first seen.
    pub first_seen_at: DateTime<Utc>,
    /// Its language.
    pub language: Option<String>,
    /// 1, or more after edits.
    pub version: i32,
    /// The story.
    pub text: String,
    /// Who and what it is about, most salient first.
    pub entities: serde_json::Value,
    /// What was said.
    pub quotes: serde_json::Value,
    /// Dates in the text.
    pub dates: serde_json::Value,
    /// Amounts in the text.
    pub amounts: serde_json::Value,
}

/// An entity and where it stands.
#[derive(Debug, Clone, Serialize)]
pub struct EntityAnswer {
    /// Key.
    pub entity_id: i64,
    /// Its fullest name.
    pub name: String,
    /// What kind of thing.
    pub kind: String,
    /// Its Wikidata id.
    pub wikidata: Option<String>,
    /// Names used for it.
    pub aliases: Vec<String>,
    /// Titles and roles given to it, most frequent first.
    pub titles: Vec<String>,
    /// How many articles name it.
    pub articles: i64,
    /// How often it is named.
    pub mentions: i64,
    /// Its latest articles: [{`article_id`, `title`, `domain`, `published_at`}].
    pub latest: serde_json::Value,
}

/// A quote with its source.
#[derive(Debug, Clone, Serialize)]
pub struct QuoteAnswer {
    /// The speaker's fullest name.
    pub speaker: Option<String>,
    /// What was said.
    pub text: String,
    /// The cue.
    pub verb: Option<String>,
    /// direct, mixed or indirect.
    pub kind: String,
    /// The article's publication time.
    pub published_at: Option<DateTime<Utc>>,
    /// The publisher.
    pub domain: String,
    /// The article's headline.
    pub title: Option<String>,
    /// The article.
    pub article_id: i64,
}

impl Store {
    /// Articles whose headline or text has the words; the query is as people type it in a search box.
    pub async fn search(&self, query: &str, limit: i64) -> Result<Vec<SearchHit>, StoreError> {
        let query = crate::rows::clipped(query, 1000);
        self.unit(move |connection| {
            Box::pin(async move {
                let hits = sqlx::query_as!(
                    SearchHit,
                    "with hits as (
                        select article_id, ts_rank_cd(words, q) as rank
                          from articles, websearch_to_tsquery('simple', $1) q
                         where words @@ q order by rank desc, article_id desc limit $2)
                     select a.article_id, a.published_at, s.domain, a.title, a.url,
                            ts_headline('simple', left(a.text, 100000), websearch_to_tsquery('simple', $1),
                                'StartSel=«, StopSel=», MaxWords=30, MinWords=12, MaxFragments=1') as excerpt
                       from hits h join articles a using (article_id) join sources s using (source_id)
                      order by h.rank desc, a.article_id desc",
                    query,
                    limit
                )
                .fetch_all(connection)
                .await?;
                Ok(hits)
            })
        })
        .await
    }

    /// The newest articles.
    pub async fn latest(&self, limit: i64) -> Result<Vec<SearchHit>, StoreError> {
        self.unit(move |connection| {
            Box::pin(async move {
                let hits = sqlx::query_as!(
                    SearchHit,
                    "select a.article_id, a.published_at, s.domain, a.title, a.url, left(a.text, 160) as excerpt
                       from articles a join sources s using (source_id)
                      order by a.published_at desc nulls last, a.article_id desc limit $1",
                    limit
                )
                .fetch_all(connection)
                .await?;
                Ok(hits)
            })
        })
        .await
    }

    /// One article.
    pub async fn article(&self, article_id: i64) -> Result<Option<ArticleAnswer>, StoreError> {
        self.unit(move |connection| {
            Box::pin(async move {
                let article = sqlx::query_as!(
                    ArticleAnswer,
                    "select a.article_id, a.url, s.domain, a.title, a.authors, a.agencies, a.kind, a.published_at,
                            a.published_precision, a.updated_at, a.dates_found, a.first_seen_at, a.language,
                            a.version, a.text,
                            coalesce((select jsonb_agg(jsonb_build_object('name', e.name, 'kind', e.kind, 'mentions',
                                        ae.mentions, 'salience', ae.salience, 'titles', ae.titles) order by ae.salience desc)
                                 from article_entities ae join entities e using (entity_id)
                                where ae.article_id = a.article_id), '[]') as \"entities!\",
                            coalesce((select jsonb_agg(jsonb_build_object('text', q.text, 'speaker', q.speaker, 'verb',
                                        q.verb, 'kind', q.kind) order by q.position)
                                 from quotes q where q.article_id = a.article_id), '[]') as \"quotes!\",
                            coalesce((select jsonb_agg(jsonb_build_object('text', d.text, 'value', d.value, 'until',
                                        d.until) order by d.position)
                                 from dates d where d.article_id = a.article_id), '[]') as \"dates!\",
                            coalesce((select jsonb_agg(jsonb_build_object('text', m.text, 'value', m.value, 'unit',
                                        m.unit, 'kind', m.kind) order by m.position)
                                 from amounts m where m.article_id = a.article_id), '[]') as \"amounts!\"
                       from articles a join sources s using (source_id) where a.article_id = $1",
                    article_id
                )
                .fetch_optional(connection)
                .await?;
                Ok(article)
            })
        })
        .await
    }

    /// Entities by a name or alias, those with most articles first.
    pub async fn entity(&self, name: &str, limit: i64) -> Result<Vec<EntityAnswer>, StoreError> {
        let name = crate::rows::clipped(name.trim(), 300);
        self.unit(move |connection| {
            Box::pin(async move {
                let entities = sqlx::query_as!(
                    EntityAnswer,
                    "with found as (
                        select entity_id from entity_aliases where lower(alias) = lower($1)
                        union select entity_id from entities where lower(name) = lower($1))
                     select e.entity_id, e.name, e.kind, e.wikidata,
                            array(select alias from entity_aliases x where x.entity_id = e.entity_id order by alias) as \"aliases!\",
                            array(select t from article_entities ae, unnest(ae.titles) t where ae.entity_id = e.entity_id
                                   group by t order by count(*) desc, t) as \"titles!\",
                            (select count(*) from article_entities ae where ae.entity_id = e.entity_id) as \"articles!\",
                            (select coalesce(sum(ae.mentions), 0) from article_entities ae where ae.entity_id = e.entity_id) as \"mentions!\",
                            coalesce((select jsonb_agg(l) from (
                                select a.article_id, a.title, s.domain, a.published_at
                                  from article_entities ae join articles a using (article_id) join sources s using (source_id)
                                 where ae.entity_id = e.entity_id order by a.article_id desc limit 10) l), '[]') as \"latest!\"
                       from found join entities e using (entity_id)
                      order by 7 desc limit $2",
                    name,
                    limit
                )
                .fetch_all(connection)
                .await?;
                Ok(entities)
            })
        })
        .await
    }

    /// The entities most articles of the last days talk about.
    pub async fn top_entities(&self, days: i32, limit: i64) -> Result<Vec<(String, String, i64)>, StoreError> {
        self.unit(move |connection| {
            Box::pin(async move {
                let rows = sqlx::query!(
                    "select e.name, e.kind, count(*) as \"articles!\"
                       from article_entities ae join entities e using (entity_id)
                      where ae.article_id >= wireroom.id_at(now() - make_interval(days => $1))
                      group by e.entity_id order by 3 desc, sum(ae.mentions) desc, e.name limit $2",
                    days,
                    limit
                )
                .fetch_all(connection)
                .await?;
                Ok(rows.into_iter().map(|r| (r.name, r.kind, r.articles)).collect())
            })
        })
        .await
    }

    /// What somebody said, newest first; all speakers when no name is given.
    pub async fn quotes(&self, name: Option<&str>, limit: i64) -> Result<Vec<QuoteAnswer>, StoreError> {
        let name = name.map(|n| crate::rows::clipped(n.trim(), 300));
        self.unit(move |connection| {
            Box::pin(async move {
                let quotes = sqlx::query_as!(
                    QuoteAnswer,
                    "select coalesce(e.name, q.speaker) as speaker, q.text, q.verb, q.kind, a.published_at, s.domain, a.title,
                            a.article_id
                       from quotes q
                       join articles a using (article_id)
                       join sources s using (source_id)
                       left join entities e on e.entity_id = q.entity_id
                      where ($1::text is null and q.entity_id is not null)
                         or q.entity_id in (select entity_id from entity_aliases where lower(alias) = lower($1)
                                            union select entity_id from entities where lower(name) = lower($1))
                         or lower(q.speaker) = lower($1)
                      order by q.article_id desc, q.position limit $2",
                    name,
                    limit
                )
                .fetch_all(connection)
                .await?;
                Ok(quotes)
            })
        })
        .await
    }
}
