//! Lines that sources repeat: what is known of them, a person's word on them, and their end.
//!
//! They are learnt in the transaction that writes the articles (`learn`). A person's verdict needs no lock: the rule
//! never writes over it.

use std::time::Duration;

use chrono::{DateTime, Utc};
use serde::Serialize;

use super::{Store, StoreError};
use crate::article::LearntLines;
use crate::article::learnt::{LineKey, Verdict};

mod learn;

pub(super) use learn::{Lessons, learn};

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
