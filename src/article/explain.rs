//! What was taken out and why, for a person.

use std::fmt::Write as _;

use super::Article;
use super::text::head;

/// Characters of each removed piece that are shown.
const SHOWN_CHARS: usize = 120;

/// What became of a piece of a page.
#[derive(Debug, Clone, PartialEq)]
pub struct Told {
    /// Its text, at most 500 characters.
    pub text: String,
    /// Why it is not the story, as a word from the rules; `outside` is the rest of the page, and `unlike` what only the
    /// model takes for something else.
    pub reason: Option<String>,
    /// How likely the model holds it to be the story, 0 to 1; nothing where it was not asked.
    pub chance: Option<f64>,
}

/// A report of every piece of a page, in the page's order: kept (`+`) or not (`-`), the model's opinion, the reason. What
/// stands far from the story is counted alone.
pub fn explain_blocks(article: &Article, told: &[Told]) -> String {
    let mut out = explain(article);
    writeln!(out, "the page, piece by piece; the number is how likely a piece is the story:").ok();
    let width = told.iter().filter_map(|piece| piece.reason.as_ref()).map(String::len).max().unwrap_or(0);
    let mut passed = 0;
    for piece in told {
        if piece.chance.is_none() && piece.reason.is_some() {
            passed += 1;
            continue;
        }
        if passed > 0 {
            writeln!(out, "  … {passed} far from the story").ok();
            passed = 0;
        }
        let mark = if piece.reason.is_none() { '+' } else { '-' };
        let chance = piece.chance.map_or("    ".to_owned(), |chance| format!("{chance:.2}"));
        let line = piece.text.replace('\n', " / ");
        let shown = head(&line, SHOWN_CHARS);
        let more = if shown.len() < line.len() { "…" } else { "" };
        writeln!(out, "{mark} {chance} {:width$}  {shown}{more}", piece.reason.as_deref().unwrap_or("")).ok();
    }
    if passed > 0 {
        writeln!(out, "  … {passed} far from the story").ok();
    }
    out
}

/// A report of what was removed, what looks broken, and what was made of the page.
pub fn explain(article: &Article) -> String {
    let mut out = String::new();
    let title = article.title.as_deref().unwrap_or("(no headline)");
    let paragraphs = article.text.split("\n\n").filter(|p| !p.is_empty()).count();
    // Writing to a String cannot fail, so no result is looked at.
    writeln!(out, "{title}").ok();
    writeln!(
        out,
        "kept: {} words in {paragraphs} paragraphs, completeness {:.2}",
        article.word_count, article.completeness
    )
    .ok();
    if let (Some(at), Some(source)) = (article.published_at, article.published_source) {
        writeln!(
            out,
            "published: {} (to the {}, from {source})",
            at.to_rfc3339(),
            article.published_precision.as_str()
        )
        .ok();
    }
    if article.paywalled {
        writeln!(out, "paywalled: the page says that the rest must be paid for").ok();
    }
    if let Some(rule) = &article.site_rule {
        let missed =
            if rule.missed.is_empty() { String::new() } else { format!("; found nothing: {}", rule.missed.join(", ")) };
        writeln!(out, "site rule: {}{}{missed}", rule.host, rule.path).ok();
    }
    writeln!(out, "removed: {}", article.removed.len()).ok();
    let width = article.removed.iter().map(|piece| piece.reason.len()).max().unwrap_or(0);
    for piece in &article.removed {
        let line = piece.text.replace('\n', " / ");
        let shown = head(&line, SHOWN_CHARS);
        let more = if shown.len() < line.len() { "…" } else { "" };
        writeln!(out, "  {:width$}  {shown}{more}", piece.reason).ok();
    }
    if !article.repairs.is_empty() {
        writeln!(out, "broken before we saw it: {}", article.repairs.len()).ok();
        for repair in &article.repairs {
            let word: String = article.text.chars().skip(repair.start).take(repair.end - repair.start).collect();
            writeln!(out, "  {}–{}  {word} → {} ({})", repair.start, repair.end, repair.text, repair.confidence).ok();
        }
    }
    out
}
