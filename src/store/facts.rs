//! Who and what articles are about: entities, their aliases, and the rows per article.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde_json::{Value, json};
use sqlx::PgConnection;

use super::StoreError;
use super::entries::hex;
use crate::rows::{ArticleRows, EntityRow};

/// Writes the facts of articles that have none yet.
pub async fn write(c: &mut PgConnection, articles: &[(i64, &ArticleRows)]) -> Result<(), StoreError> {
    if articles.is_empty() {
        return Ok(());
    }
    let ids = entities(&mut *c, articles).await?;
    aliases(&mut *c, articles, &ids).await?;
    article_entities(&mut *c, articles, &ids).await?;
    quotes(&mut *c, articles, &ids).await?;
    dates_and_amounts(&mut *c, articles).await
}

async fn entities(
    c: &mut PgConnection,
    articles: &[(i64, &ArticleRows)],
) -> Result<HashMap<[u8; 32], i64>, StoreError> {
    let mut rows: BTreeMap<[u8; 32], &EntityRow> = BTreeMap::new();
    for entity in articles.iter().flat_map(|(_, rows)| &rows.entities) {
        let best = rows.entry(entity.key).or_insert(entity);
        if (entity.name.chars().count(), &entity.name) > (best.name.chars().count(), &best.name) {
            *best = entity;
        }
    }
    let keys: Vec<Vec<u8>> = rows.keys().map(|k| k.to_vec()).collect();
    let known = |found: Vec<(Vec<u8>, i64)>| -> HashMap<[u8; 32], i64> {
        found.into_iter().filter_map(|(key, id)| Some((key.try_into().ok()?, id))).collect()
    };
    let here: Vec<(Vec<u8>, i64)> = by_key(&mut *c, &keys).await?;
    let here = known(here);
    // Most entities of a day's news are here already, and an insert that conflicts burns a number each.
    let missing: Vec<Value> = rows
        .iter()
        .filter(|(key, _)| !here.contains_key(*key))
        .map(|(key, e)| json!({ "key": hex(key), "name": e.name, "kind": e.kind.as_str(), "wikidata": e.wikidata }))
        .collect();
    if missing.is_empty() {
        rename(&mut *c, &rows, &here).await?;
        return Ok(here);
    }
    sqlx::query!(
        "insert into entities (identity_key, name, kind, wikidata)
         select key, name, kind, wikidata
           from jsonb_to_recordset($1) as r (key bytea, name text, kind text, wikidata text)
          order by key on conflict (identity_key) do nothing",
        Value::Array(missing)
    )
    .execute(&mut *c)
    .await?;
    let all = known(by_key(&mut *c, &keys).await?);
    rename(&mut *c, &rows, &all).await?;
    Ok(all)
}

/// An entity bears the longest of its names ("United Kingdom", not "UK"), whichever article came first: the end state
/// must not depend on the order of the news.
async fn rename(
    c: &mut PgConnection,
    rows: &BTreeMap<[u8; 32], &EntityRow>,
    ids: &HashMap<[u8; 32], i64>,
) -> Result<(), StoreError> {
    let mut named: Vec<(i64, String)> =
        rows.iter().filter_map(|(key, row)| Some((*ids.get(key)?, row.name.clone()))).collect();
    named.sort_unstable();
    let (entity_ids, names): (Vec<i64>, Vec<String>) = named.into_iter().unzip();
    sqlx::query!(
        "update entities e set name = r.name
           from unnest($1::bigint[], $2::text[]) as r (entity_id, name)
          where e.entity_id = r.entity_id
            and (char_length(r.name), r.name collate \"C\") > (char_length(e.name), e.name collate \"C\")",
        &entity_ids,
        &names
    )
    .execute(c)
    .await?;
    Ok(())
}

async fn by_key(c: &mut PgConnection, keys: &[Vec<u8>]) -> Result<Vec<(Vec<u8>, i64)>, StoreError> {
    let rows = sqlx::query!("select identity_key, entity_id from entities where identity_key = any($1)", keys)
        .fetch_all(c)
        .await?;
    Ok(rows.into_iter().map(|row| (row.identity_key, row.entity_id)).collect())
}

async fn aliases(
    c: &mut PgConnection,
    articles: &[(i64, &ArticleRows)],
    ids: &HashMap<[u8; 32], i64>,
) -> Result<(), StoreError> {
    let mut names: BTreeSet<(i64, &str)> = BTreeSet::new();
    for entity in articles.iter().flat_map(|(_, rows)| &rows.entities) {
        let Some(&id) = ids.get(&entity.key) else { continue };
        names.extend(entity.aliases.iter().filter(|a| !a.is_empty()).map(|a| (id, a.as_str())));
    }
    let (entity_ids, aliases): (Vec<i64>, Vec<String>) = names.into_iter().map(|(id, a)| (id, a.to_owned())).unzip();
    sqlx::query!(
        "insert into entity_aliases (entity_id, alias)
         select entity_id, alias from unnest($1::bigint[], $2::text[]) as r (entity_id, alias)
          where not exists (select from entity_aliases x where x.entity_id = r.entity_id and x.alias = r.alias)
          order by entity_id, alias on conflict do nothing",
        &entity_ids,
        &aliases
    )
    .execute(c)
    .await?;
    Ok(())
}

async fn article_entities(
    c: &mut PgConnection,
    articles: &[(i64, &ArticleRows)],
    ids: &HashMap<[u8; 32], i64>,
) -> Result<(), StoreError> {
    let mut rows = Vec::new();
    for (article_id, article) in articles {
        for entity in &article.entities {
            rows.push(json!({
                "article_id": article_id,
                "entity_id": ids.get(&entity.key),
                "mentions": entity.starts.len(),
                "in_title": entity.in_title,
                "salience": entity.salience,
                "titles": entity.titles,
                "starts": entity.starts,
                "ends": entity.ends,
                "confidence": entity.confidence,
            }));
        }
    }
    sqlx::query!(
        "insert into article_entities (article_id, entity_id, mentions, in_title, salience, titles, starts, ends, confidence)
         select article_id, entity_id, mentions, in_title, salience, titles, starts, ends, confidence
           from jsonb_to_recordset($1) as r (article_id bigint, entity_id bigint, mentions int, in_title boolean,
                salience real, titles text[], starts int[], ends int[], confidence real)
          order by article_id, entity_id",
        Value::Array(rows)
    )
    .execute(c)
    .await?;
    Ok(())
}

async fn quotes(
    c: &mut PgConnection,
    articles: &[(i64, &ArticleRows)],
    ids: &HashMap<[u8; 32], i64>,
) -> Result<(), StoreError> {
    let mut rows = Vec::new();
    for (article_id, article) in articles {
        for (position, (quote, speaker)) in article.quotes.iter().enumerate() {
            rows.push(json!({
                "article_id": article_id,
                "position": position,
                "start": quote.start,
                "end": quote.end,
                "text": quote.text,
                "speaker": quote.speaker,
                "entity_id": speaker.and_then(|key| ids.get(&key).copied()),
                "verb": quote.verb,
                "kind": quote.kind.as_str(),
            }));
        }
    }
    sqlx::query!(
        "insert into quotes (article_id, position, start, \"end\", text, speaker, entity_id, verb, kind)
         select article_id, position, start, \"end\", text, speaker, entity_id, verb, kind
           from jsonb_to_recordset($1) as r (article_id bigint, position int, start int, \"end\" int, text text,
                speaker text, entity_id bigint, verb text, kind text)",
        Value::Array(rows)
    )
    .execute(c)
    .await?;
    Ok(())
}

async fn dates_and_amounts(c: &mut PgConnection, articles: &[(i64, &ArticleRows)]) -> Result<(), StoreError> {
    let mut dates = Vec::new();
    let mut amounts = Vec::new();
    for (article_id, article) in articles {
        for (position, date) in article.dates.iter().enumerate() {
            dates.push(json!({
                "article_id": article_id,
                "position": position,
                "start": date.start,
                "end": date.end,
                "text": date.text,
                "value": date.value,
                "until": date.until,
                "precision": date.precision.as_str(),
            }));
        }
        for (position, amount) in article.amounts.iter().enumerate() {
            amounts.push(json!({
                "article_id": article_id,
                "position": position,
                "start": amount.start,
                "end": amount.end,
                "text": amount.text,
                "kind": amount.kind.as_str(),
                "value": amount.value,
                "unit": amount.unit,
            }));
        }
    }
    sqlx::query!(
        "insert into dates (article_id, position, start, \"end\", text, value, until, precision)
         select article_id, position, start, \"end\", text, value, until, precision
           from jsonb_to_recordset($1) as r (article_id bigint, position int, start int, \"end\" int, text text,
                value text, until text, precision text)",
        Value::Array(dates)
    )
    .execute(&mut *c)
    .await?;
    sqlx::query!(
        "insert into amounts (article_id, position, start, \"end\", text, kind, value, unit)
         select article_id, position, start, \"end\", text, kind, value, unit
           from jsonb_to_recordset($1) as r (article_id bigint, position int, start int, \"end\" int, text text,
                kind text, value float8, unit text)",
        Value::Array(amounts)
    )
    .execute(c)
    .await?;
    Ok(())
}
