//! Lines that sources repeat: what articles show is learnt in the transaction that writes them, and people decide.
//!
//! A source's memory is locked, in the order of the sources, before its lines are touched, so that two daemons with
//! articles of the same sources wait for each other. A person's verdict needs no lock: the rule never writes over it.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use chrono::{DateTime, NaiveDate, Utc};
use serde::Serialize;
use serde_json::{Value, json};
use sqlx::PgConnection;

use super::entries::hex;
use super::{Store, StoreError};
use crate::article::LearntLines;
use crate::article::learnt::{KnownLine, Lesson, LineKey, Memory, Place, Verdict};

/// Lines of one source that are kept; what is beyond is forgotten, the least seen first. A site has some dozens.
const LINES_A_SOURCE_MAX: i64 = 500;

/// A line as people see it.
#[derive(Debug, Clone, Serialize)]
pub struct FurnitureLine {
    /// What it is called by on the command line: sixteen hexadecimal digits.
    pub line: String,
    /// The source.
    pub domain: String,
    /// seen, learnt, kept or dropped.
    pub verdict: String,
    /// rule or person.
    pub decided_by: String,
    /// Since when that is so.
    pub decided_at: DateTime<Utc>,
    /// Articles it was seen in.
    pub articles: i32,
    /// The share of the source's articles since it was first seen.
    pub share: Option<f64>,
    /// top, middle or bottom.
    pub place: Option<String>,
    /// When it was last seen.
    pub last_seen_at: DateTime<Utc>,
    /// The line, cut at 300 characters.
    pub text: String,
}

/// What a person says of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Word {
    /// It is part of stories.
    Keep,
    /// It is furniture.
    Drop,
    /// Nothing is known of it.
    Forget,
}

/// A line a person names: by its key, or by its text.
#[derive(Debug, Clone)]
pub struct NamedLine {
    /// Its key.
    pub key: LineKey,
    /// Its text, where it was given.
    pub text: Option<String>,
}

/// What new articles of one source show.
pub(super) type Lessons<'a> = BTreeMap<i64, Vec<&'a Lesson>>;

/// Learns from new articles, by source. To be called once for each: in the transaction that writes them.
pub(super) async fn learn(c: &mut PgConnection, lessons: &Lessons<'_>) -> Result<(), StoreError> {
    if lessons.is_empty() {
        return Ok(());
    }
    let sources: Vec<i64> = lessons.keys().copied().collect();
    let (today, mut memories) = remember(&mut *c, &sources).await?;
    let mut known = known_lines(&mut *c, lessons).await?;
    let mut rows = Vec::new();
    for (source, lessons) in lessons {
        let Some(memory) = memories.get_mut(source) else { continue };
        let lines = known.entry(*source).or_default();
        let mut changed: BTreeSet<LineKey> = BTreeSet::new();
        for lesson in lessons {
            changed.extend(memory.take(lines, lesson, today));
        }
        rows.extend(changed.iter().filter_map(|key| Some(line_json(*source, *key, lines.get(key)?))));
    }
    let memories: Vec<Value> = memories
        .iter()
        .map(|(source, memory)| {
            json!({ "source_id": source, "articles": memory.articles, "recent": hex(&memory.to_bytes()) })
        })
        .collect();
    sqlx::query!(
        "update source_memory m set articles = r.articles, recent = r.recent
           from jsonb_to_recordset($1) as r (source_id bigint, articles bigint, recent bytea)
          where m.source_id = r.source_id",
        Value::Array(memories)
    )
    .execute(&mut *c)
    .await?;
    store_lines(c, rows).await
}

/// Locks the memories of sources, and gives them with the day.
async fn remember(c: &mut PgConnection, sources: &[i64]) -> Result<(NaiveDate, BTreeMap<i64, Memory>), StoreError> {
    sqlx::query!(
        "insert into source_memory (source_id)
         select source_id from unnest($1::bigint[]) as s (source_id)
          where not exists (select from source_memory m where m.source_id = s.source_id)
          order by source_id on conflict do nothing",
        sources
    )
    .execute(&mut *c)
    .await?;
    let rows = sqlx::query!(
        "select source_id, articles, recent, (now() at time zone 'UTC')::date as \"today!\" from source_memory
          where source_id = any($1) order by source_id for update",
        sources
    )
    .fetch_all(c)
    .await?;
    let today = rows.first().map(|row| row.today).unwrap_or_default();
    let memories = rows
        .into_iter()
        .map(|row| (row.source_id, Memory::from_bytes(u64::try_from(row.articles).unwrap_or(0), &row.recent)));
    Ok((today, memories.collect()))
}

async fn known_lines(
    c: &mut PgConnection,
    lessons: &Lessons<'_>,
) -> Result<BTreeMap<i64, BTreeMap<LineKey, KnownLine>>, StoreError> {
    let mut asked: BTreeSet<(i64, i64)> = BTreeSet::new();
    for (source, lessons) in lessons {
        for lesson in lessons {
            let keys = lesson.lines.iter().map(|line| line.key).chain(lesson.removed.iter().copied());
            asked.extend(keys.map(|key| (*source, key.0.cast_signed())));
        }
    }
    let (sources, keys): (Vec<i64>, Vec<i64>) = asked.into_iter().unzip();
    let rows = sqlx::query!(
        "select f.source_id, f.line_key, text, verdict, articles, days, since_article, place, sentence, headline_words,
                (last_seen_at at time zone 'UTC')::date as \"last_seen!\"
           from unnest($1::bigint[], $2::bigint[]) as a (source_id, line_key)
           join furniture f on f.source_id = a.source_id and f.line_key = a.line_key",
        &sources,
        &keys
    )
    .fetch_all(c)
    .await?;
    let mut known: BTreeMap<i64, BTreeMap<LineKey, KnownLine>> = BTreeMap::new();
    for row in rows {
        let line = KnownLine {
            text: row.text,
            verdict: Verdict::from_word(&row.verdict),
            articles: u32::try_from(row.articles).unwrap_or(0),
            days: u32::try_from(row.days).unwrap_or(0),
            since_article: u64::try_from(row.since_article).unwrap_or(0),
            place: row.place.as_deref().map(Place::from_word),
            sentence: row.sentence,
            headline_words: row.headline_words.into_iter().map(i32::cast_unsigned).collect(),
            last_seen: row.last_seen,
        };
        known.entry(row.source_id).or_default().insert(LineKey(row.line_key.cast_unsigned()), line);
    }
    Ok(known)
}

fn line_json(source: i64, key: LineKey, line: &KnownLine) -> Value {
    let words: Vec<i32> = line.headline_words.iter().map(|word| word.cast_signed()).collect();
    json!({
        "source_id": source,
        "line_key": key.0.cast_signed(),
        "text": line.text,
        // A person's verdict stands in the table already, unless it was taken back meanwhile.
        "verdict": if line.verdict.is_by_person() { Verdict::Seen } else { line.verdict }.as_str(),
        "articles": line.articles,
        "days": line.days,
        "since_article": line.since_article,
        "place": line.place.map(Place::as_str),
        "sentence": line.sentence,
        "headline_words": words,
    })
}

async fn store_lines(c: &mut PgConnection, rows: Vec<Value>) -> Result<(), StoreError> {
    if rows.is_empty() {
        return Ok(());
    }
    sqlx::query!(
        "insert into furniture as f (source_id, line_key, text, verdict, decided_by, articles, days, since_article, place,
                sentence, headline_words)
         select source_id, line_key, text, verdict, 'rule', articles, days, since_article, place, sentence, headline_words
           from jsonb_to_recordset($1) as r (source_id bigint, line_key bigint, text text, verdict text, articles int,
                days int, since_article bigint, place text, sentence boolean, headline_words int[])
          order by source_id, line_key
             on conflict (source_id, line_key) do update
            set articles = excluded.articles, days = excluded.days, since_article = excluded.since_article,
                place = excluded.place, sentence = excluded.sentence, headline_words = excluded.headline_words,
                last_seen_at = now(),
                verdict = case when f.decided_by = 'person' then f.verdict else excluded.verdict end,
                decided_at = case when f.decided_by = 'person' or f.verdict = excluded.verdict then f.decided_at
                                  else now() end",
        Value::Array(rows)
    )
    .execute(c)
    .await?;
    Ok(())
}

impl Store {
    /// What is decided of the lines of a source; a person's word first, where there are too many.
    pub async fn learnt_lines(&self, domain: &str) -> Result<LearntLines, StoreError> {
        let domain = domain.to_owned();
        self.unit(move |connection| {
            Box::pin(async move {
                let rows = sqlx::query!(
                    "select line_key, verdict from furniture join sources using (source_id)
                      where domain = $1 and verdict <> 'seen'
                      order by decided_by = 'person' desc, articles desc, line_key limit $2",
                    domain,
                    LINES_A_SOURCE_MAX
                )
                .fetch_all(connection)
                .await?;
                let lines = rows.into_iter();
                Ok(LearntLines::new(
                    lines.map(|row| (LineKey(row.line_key.cast_unsigned()), Verdict::from_word(&row.verdict))),
                ))
            })
        })
        .await
    }

    /// The lines of a source, or of all, with one of these verdicts; the most seen first.
    pub async fn furniture(
        &self,
        domain: Option<&str>,
        verdicts: &[String],
        limit: i64,
    ) -> Result<Vec<FurnitureLine>, StoreError> {
        let (domain, verdicts) = (domain.map(str::to_owned), verdicts.to_vec());
        self.unit(move |connection| {
            Box::pin(async move {
                let rows = sqlx::query!(
                    "select domain as \"domain!\", line_key as \"line_key!\", text as \"text!\", verdict as \"verdict!\",
                            decided_by as \"decided_by!\", decided_at as \"decided_at!\", articles as \"articles!\",
                            share::float8 as share, place, last_seen_at as \"last_seen_at!\"
                       from api.furniture
                      where ($1::text is null or domain = $1) and verdict = any($2)
                      order by domain, verdict, articles desc, line_key limit $3",
                    domain,
                    &verdicts,
                    limit.max(0)
                )
                .fetch_all(connection)
                .await?;
                let lines = rows.into_iter().map(|row| FurnitureLine {
                    line: format!("{:016x}", row.line_key.cast_unsigned()),
                    domain: row.domain,
                    verdict: row.verdict,
                    decided_by: row.decided_by,
                    decided_at: row.decided_at,
                    articles: row.articles,
                    share: row.share,
                    place: row.place,
                    last_seen_at: row.last_seen_at,
                    text: row.text,
                });
                Ok(lines.collect())
            })
        })
        .await
    }

    /// Takes a person's word for a line of a source. Gives whether there was something to do: nothing can be said of a
    /// source that is not here, or of a line that was never seen and is named by its key alone.
    pub async fn decide_line(&self, domain: &str, line: &NamedLine, word: Word) -> Result<bool, StoreError> {
        let (domain, line) = (domain.to_owned(), line.clone());
        self.unit(move |connection| {
            Box::pin(async move {
                let key = line.key.0.cast_signed();
                let verdict = match word {
                    Word::Keep => Verdict::Kept,
                    Word::Drop => Verdict::Dropped,
                    Word::Forget => {
                        let gone = sqlx::query!(
                            "delete from furniture f using sources s
                              where s.source_id = f.source_id and s.domain = $1 and f.line_key = $2",
                            domain,
                            key
                        );
                        return Ok(gone.execute(connection).await?.rows_affected() > 0);
                    }
                };
                let decided = match line.text {
                    Some(text) => {
                        sqlx::query!(
                            "insert into furniture (source_id, line_key, text, verdict, decided_by, articles, days,
                                    since_article, sentence)
                             select source_id, $2, left($3, 300), $4, 'person', 0, 0, 0, false
                               from sources where domain = $1
                                 on conflict (source_id, line_key) do update
                                set verdict = excluded.verdict, decided_by = 'person', decided_at = now()",
                            domain,
                            key,
                            text,
                            verdict.as_str()
                        )
                        .execute(connection)
                        .await?
                    }
                    None => {
                        sqlx::query!(
                            "update furniture f set verdict = $3, decided_by = 'person', decided_at = now()
                               from sources s
                              where s.source_id = f.source_id and s.domain = $1 and f.line_key = $2",
                            domain,
                            key,
                            verdict.as_str()
                        )
                        .execute(connection)
                        .await?
                    }
                };
                Ok(decided.rows_affected() > 0)
            })
        })
        .await
    }

    /// Forgets lines that were no furniture and have not been seen for `age`, and of sources with too many the least
    /// seen; a person's word is never forgotten. Gives how many went, at most some thousands a call.
    pub async fn forget_lines(&self, age: Duration) -> Result<u64, StoreError> {
        self.unit(move |connection| {
            Box::pin(async move {
                let old = sqlx::query!(
                    "delete from furniture where (source_id, line_key) in (
                        select source_id, line_key from furniture
                         where verdict = 'seen' and last_seen_at < now() - make_interval(secs => $1)
                         order by last_seen_at limit 5000)",
                    age.as_secs_f64()
                )
                .execute(&mut *connection)
                .await?;
                let many = sqlx::query!(
                    "delete from furniture where (source_id, line_key) in (
                        select source_id, line_key from (
                            select source_id, line_key, decided_by, row_number() over (partition by source_id
                                   order by decided_by = 'person' desc, verdict = 'learnt' desc, articles desc,
                                            last_seen_at desc) as place
                              from furniture where source_id in (
                                   select source_id from furniture group by 1 having count(*) > $1 limit 100)) ranked
                         where place > $1 and decided_by <> 'person' limit 5000)",
                    LINES_A_SOURCE_MAX
                )
                .execute(connection)
                .await?;
                Ok(old.rows_affected() + many.rows_affected())
            })
        })
        .await
    }
}
