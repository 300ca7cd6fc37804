//! What cleaning anew changes of an article: paragraphs, fields, facts. Pure.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Serialize;
use serde_json::{Value, json};
use similar::{Algorithm, ChangeTag, DiffOp, TextDiff};

use crate::rows::ArticleRows;
use crate::store::{StoredArticle, facts_of};

/// The longest a comparison of two texts looks for the shortest difference; after it, it takes a longer one.
const SEARCH_MAX: Duration = Duration::from_millis(200);
/// Paragraphs are compared word by word from this likeness on.
const ALIKE: f32 = 0.5;

/// Everything that changes of one article.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Difference {
    /// Words before and after.
    pub words: (usize, usize),
    /// What changes in the text, in its order.
    pub text: Vec<TextChange>,
    /// Which columns change.
    pub fields: Vec<FieldChange>,
    /// Which kinds of facts change.
    pub facts: Vec<FactChange>,
}

/// A change of a paragraph.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase", tag = "change", content = "paragraph")]
pub enum TextChange {
    /// It is there no more.
    Lost(String),
    /// It was not there before.
    Gained(String),
    /// It is another; words lost are in `[-…-]`, words gained in `{+…+}`.
    Edited(String),
}

/// A change of a column.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FieldChange {
    /// The column.
    pub field: &'static str,
    /// What stood there.
    pub before: Value,
    /// What stands there now.
    pub after: Value,
}

/// A change of facts of one kind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FactChange {
    /// entities, quotes, dates or amounts.
    pub kind: String,
    /// How many rows go; one that only moved goes and comes.
    pub lost: usize,
    /// How many rows come.
    pub gained: usize,
}

impl Difference {
    /// Between what is stored and what today's rules give.
    pub fn between(stored: &StoredArticle, rows: &ArticleRows) -> Self {
        Self {
            words: (usize::try_from(stored.word_count).unwrap_or(0), rows.article.word_count),
            text: text_changes(&stored.text, &rows.article.text),
            fields: field_changes(stored, rows),
            facts: fact_changes(stored, rows),
        }
    }

    /// Whether nothing changes.
    pub fn is_none(&self) -> bool {
        self.text.is_empty() && self.fields.is_empty() && self.facts.is_empty()
    }

    /// Paragraphs that are lost and gained.
    pub fn paragraphs(&self) -> (usize, usize) {
        let lost = self.text.iter().filter(|change| matches!(change, TextChange::Lost(_))).count();
        let gained = self.text.iter().filter(|change| matches!(change, TextChange::Gained(_))).count();
        (lost, gained)
    }
}

fn text_changes(before: &str, after: &str) -> Vec<TextChange> {
    if before == after {
        return Vec::new();
    }
    let old: Vec<&str> = before.split("\n\n").filter(|p| !p.is_empty()).collect();
    let new: Vec<&str> = after.split("\n\n").filter(|p| !p.is_empty()).collect();
    let diff = TextDiff::configure().algorithm(Algorithm::Patience).timeout(SEARCH_MAX).diff_slices(&old, &new);
    let mut changes = Vec::new();
    for op in diff.ops() {
        let (gone, come) = (&old[op.old_range()], &new[op.new_range()]);
        match op {
            DiffOp::Equal { .. } => continue,
            DiffOp::Replace { .. } if gone.len() == come.len() => {
                for (gone, come) in gone.iter().zip(come) {
                    changes.extend(paragraph_changes(gone, come));
                }
            }
            _ => {
                changes.extend(gone.iter().map(|p| TextChange::Lost((*p).to_owned())));
                changes.extend(come.iter().map(|p| TextChange::Gained((*p).to_owned())));
            }
        }
    }
    changes
}

fn paragraph_changes(before: &str, after: &str) -> Vec<TextChange> {
    let diff = TextDiff::configure().timeout(SEARCH_MAX).diff_words(before, after);
    if diff.ratio() < ALIKE {
        return vec![TextChange::Lost(before.to_owned()), TextChange::Gained(after.to_owned())];
    }
    let mut text = String::new();
    let mut open = ChangeTag::Equal;
    for change in diff.iter_all_changes() {
        if change.tag() != open {
            text.push_str(closing(open));
            open = change.tag();
            text.push_str(match open {
                ChangeTag::Delete => "[-",
                ChangeTag::Insert => "{+",
                ChangeTag::Equal => "",
            });
        }
        text.push_str(change.value());
    }
    text.push_str(closing(open));
    vec![TextChange::Edited(text)]
}

fn closing(tag: ChangeTag) -> &'static str {
    match tag {
        ChangeTag::Delete => "-]",
        ChangeTag::Insert => "+}",
        ChangeTag::Equal => "",
    }
}

fn field_changes(stored: &StoredArticle, rows: &ArticleRows) -> Vec<FieldChange> {
    let article = &rows.article;
    let micros = |at: Option<chrono::DateTime<chrono::Utc>>| {
        json!(at.and_then(|at| chrono::DateTime::from_timestamp_micros(at.timestamp_micros())))
    };
    let today = |field: &str| match field {
        "canonical_url" => json!(article.canonical_url),
        "site_name" => json!(article.site_name),
        "authors" => json!(article.authors),
        "published_at" => micros(article.published_at),
        "published_precision" => json!(article.published_precision.as_str()),
        "published_source" => json!(article.published_source),
        "updated_at" => micros(article.updated_at),
        "language" => json!(article.language),
        "section" => json!(article.section),
        "tags" => json!(article.tags),
        "image_url" => json!(article.image_url),
        "completeness" => json!(article.completeness),
        "paywalled" => json!(article.paywalled),
        "removed" => json!(article.removed),
        "repairs" => json!(article.repairs),
        _ => Value::Null,
    };
    let texts = [
        ("title", json!(stored.title), json!(article.title)),
        ("text_source", json!(stored.text_source), json!(rows.text_source.as_str())),
    ];
    let columns = stored.fields.iter().map(|(field, before)| (*field, before.clone(), today(field)));
    texts
        .into_iter()
        .chain(columns)
        .filter(|(_, before, after)| before != after)
        .map(|(field, before, after)| FieldChange { field, before, after })
        .collect()
}

fn fact_changes(stored: &StoredArticle, rows: &ArticleRows) -> Vec<FactChange> {
    let today = facts_of(rows);
    let mut changes: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    for (kind, _) in stored.facts.difference(&today) {
        changes.entry(kind).or_default().0 += 1;
    }
    for (kind, _) in today.difference(&stored.facts) {
        changes.entry(kind).or_default().1 += 1;
    }
    let changes = changes.into_iter();
    changes.map(|(kind, (lost, gained))| FactChange { kind: kind.to_owned(), lost, gained }).collect()
}
