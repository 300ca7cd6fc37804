//! The data dictionary is what the database says of itself.

use std::fmt::Write as _;
use std::path::Path;

use sqlx::postgres::types::Oid;

use crate::support::database::TestDatabase;

const PREFACE: &str = r"# Data dictionary

Made from the comments in the database itself; `\d+ TABLE` in `wireroom db psql` shows the same. Times are `timestamptz`,
offsets are half-open and count characters from 0. The big tables are partitioned by month on `article_id`, whose high
bits are the millisecond an article was first seen; `wireroom.id_at(timestamptz)` gives the smallest id of a moment.
";

/// Tables, then views, each with its columns, from the comments.
async fn dictionary(database: &TestDatabase) -> String {
    let relations: Vec<(Oid, String, String)> = sqlx::query_as(
        "select c.oid, case n.nspname when 'public' then '' else n.nspname::text || '.' end || c.relname::text,
                coalesce(obj_description(c.oid), '')
           from pg_class c join pg_namespace n on n.oid = c.relnamespace
          where n.nspname in ('public', 'api') and c.relkind in ('r', 'p', 'v') and not c.relispartition
            and c.relname <> '_sqlx_migrations'
          order by n.nspname = 'api', c.relname",
    )
    .fetch_all(database.pool())
    .await
    .unwrap();
    let mut text = PREFACE.to_owned();
    for (oid, name, comment) in relations {
        _ = writeln!(text, "\n## `{name}`\n{comment}\n\n| column | type | |\n|---|---|---|");
        let columns: Vec<(String, String, String)> = sqlx::query_as(
            "select attname::text, format_type(atttypid, atttypmod) || case when attnotnull then ' not null' else '' end,
                    coalesce(col_description(attrelid, attnum), '')
               from pg_attribute where attrelid = $1 and attnum > 0 and not attisdropped order by attnum",
        )
        .bind(oid)
        .fetch_all(database.pool())
        .await
        .unwrap();
        for (column, kind, comment) in columns {
            _ = writeln!(text, "| `{column}` | {kind} | {comment} |");
        }
    }
    text
}

/// `UPDATE_DICTIONARY=1 cargo test --test main dictionary` writes it anew.
#[tokio::test]
async fn the_data_dictionary_is_that_of_the_database() {
    let database = TestDatabase::new().await;
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/data-dictionary.md");
    let is = dictionary(&database).await;
    if std::env::var_os("UPDATE_DICTIONARY").is_some() {
        std::fs::write(&file, &is).unwrap();
    }
    let written = std::fs::read_to_string(&file).unwrap();
    let missing: Vec<&str> = is.lines().filter(|line| !written.lines().any(|w| w == *line)).collect();
    assert!(
        written == is,
        "UPDATE_DICTIONARY=1 cargo test --test main dictionary writes it anew; not in it: {missing:#?}"
    );
}
