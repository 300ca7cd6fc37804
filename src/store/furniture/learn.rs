//! What new articles show of their sources, into the database.
//!
//! A source's memory is locked, in the order of the sources, before its lines are touched, so that two daemons with
//! articles of the same sources wait for each other.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use serde_json::{Value, json};
use sqlx::PgConnection;

use crate::article::learnt::{KnownLine, Lesson, LineKey, Memory, Place, Verdict};
use crate::store::StoreError;
use crate::store::entries::hex;

/// What new articles of one source show.
pub(in crate::store) type Lessons<'a> = BTreeMap<i64, Vec<&'a Lesson>>;

/// Learns from new articles, by source. To be called once for each: in the transaction that writes them.
pub(in crate::store) async fn learn(c: &mut PgConnection, lessons: &Lessons<'_>) -> Result<(), StoreError> {
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
