//! Finding the story: blocks, the element it stands in, what the rules and the model say of each block, and the text.
//!
//! A page whose markup holds next to nothing is asked again: what it keeps for readers without scripts, and what its
//! scripts hold as data.

use super::blocks::{self, Block, Kind, Page};
use super::body::{self, Anchors};
use super::explain::Told;
use super::furniture::{self, Known};
use super::learnt::{self, Decision};
use super::metadata::{self, Metadata};
use super::model::Model;
use super::rules::Rules;
use super::script_body::{self, Found};
use super::site_rules::is_kept;
use super::text::{count_words, folded, head};
use super::{Hint, Removed, features};
use crate::page::tree::{self, Limits, Tree, TreeError};

/// Characters of a removed piece that are kept.
pub(super) const REMOVED_CHARS_MAX: usize = 500;
/// Removed pieces that are kept; a page with more is not explained better by them.
pub(super) const REMOVED_MAX: usize = 200;
/// Words below which the class names of a page are doubted once more, and the model is not asked: it has seen stories.
const THIN_WORDS: usize = 40;
/// Words below which a body found in the markup is a shell, when the page's data holds more.
const SHELL_WORDS: usize = 80;
/// Words from which what was found elsewhere than in the markup is a story.
const DATA_WORDS_MIN: usize = 40;

/// A story's text, and why each block of the page is not in it.
pub(super) struct Story<'r> {
    /// The page as blocks.
    pub page: Page<'r>,
    /// For every block, why it is not the story.
    pub why: Vec<Option<&'r str>>,
    /// The story alone.
    pub text: String,
    /// Words in it.
    pub words: usize,
    /// What the model sees of every block.
    pub rows: Vec<Option<Box<features::Row>>>,
    /// What was taken out of a text that no block holds.
    pub beside: Vec<Removed>,
}

/// What the story is judged by besides the page's markup.
pub(super) struct Context<'a> {
    /// What the page says of itself.
    pub metadata: &'a Metadata,
    /// What is known from elsewhere.
    pub hint: &'a Hint,
    /// The page, for what its tree does not hold.
    pub html: &'a str,
    /// What parsing may cost.
    pub limits: &'a Limits,
    /// Who has the last word on every block; training asks the rules alone.
    pub model: Option<&'a Model>,
}

/// Finds the story of a page.
///
/// # Errors
/// [`TreeError`] when what the page keeps besides its markup cannot be parsed within the limits.
pub(super) fn find<'r>(tree: &Tree<'_>, context: &Context<'_>, rules: &'r Rules) -> Result<Story<'r>, TreeError> {
    let mut story = of(&tree.html, context, rules);
    if story.words >= SHELL_WORDS {
        return Ok(story);
    }
    if context.html.contains("<noscript") || context.html.contains("text/template") {
        let other = tree::build_with_fallbacks(context.html, context.limits)?;
        story = longer(story, of(&other.html, context, rules));
    }
    match script_body::find(context.metadata.article_body.as_deref(), &tree.state) {
        Some(Found::Text(text)) => {
            let (text, beside) = context.hint.lines.without(text);
            let words = count_words(&text);
            if words > 2 * story.words && words >= DATA_WORDS_MIN {
                story = Story { text, words, beside, ..story };
            }
        }
        Some(Found::Markup(markup)) => {
            let page = format!("<html><body><article itemprop=\"articleBody\">{markup}</article></body></html>");
            let other = tree::build(&page, context.limits)?;
            story = longer(story, of(&other.html, context, rules));
        }
        None => {}
    }
    Ok(story)
}

/// The story of a page whose site's rule says where it is, unless there is nothing to read there.
pub(super) fn kept<'r>(
    html: &scraper::Html,
    verbatim: bool,
    context: &Context<'_>,
    rules: &'r Rules,
) -> Option<Story<'r>> {
    let mut page = blocks::read(html, rules);
    body::clear_false_suspicions(&mut page);
    let story = page.elements.iter().position(|element| is_kept(&element.tag))?;
    let range = page.elements.get(story).map(|element| element.first..element.end)?;
    let mut why: Vec<Option<&'r str>> =
        (0..page.blocks.len()).map(|index| (!range.contains(&index)).then_some("outside")).collect();
    if !verbatim {
        why = furniture::judge(&page, story, &body::taints(&page), rules, &known(context));
        furniture::drop_repeats(&page.blocks, &mut why);
    }
    let text = assemble(&page, &why);
    let words = count_words(&text);
    (!text.is_empty()).then_some(Story { page, why, text, words, rows: Vec::new(), beside: Vec::new() })
}

fn longer<'r>(story: Story<'r>, other: Story<'r>) -> Story<'r> {
    if other.words > 2 * story.words && other.words >= DATA_WORDS_MIN { other } else { story }
}

fn of<'r>(html: &scraper::Html, context: &Context<'_>, rules: &'r Rules) -> Story<'r> {
    let mut page = blocks::read(html, rules);
    let anchors = anchors(context);
    let known = known(context);
    body::clear_false_suspicions(&mut page);
    let mut found = judged(&page, context, &anchors, &known, rules);
    if found.words < THIN_WORDS {
        body::clear_suspicions(&mut page);
        let other = judged(&page, context, &anchors, &known, rules);
        if other.words > 2 * found.words {
            found = other;
        }
    }
    let Judgement { why, text, words, rows } = found;
    Story { page, why, text, words, rows, beside: Vec::new() }
}

/// What was decided of a page's blocks, and the text that follows.
#[derive(Default)]
struct Judgement<'r> {
    why: Vec<Option<&'r str>>,
    text: String,
    words: usize,
    rows: Vec<Option<Box<features::Row>>>,
}

fn judged<'r>(
    page: &Page<'r>,
    context: &Context<'_>,
    anchors: &Anchors,
    known: &Known,
    rules: &'r Rules,
) -> Judgement<'r> {
    let taints = body::taints(page);
    let Some(story) = body::choose(page, &taints, anchors) else { return Judgement::default() };
    let mut why = furniture::judge(page, story, &taints, rules, known);
    let rows = rows(page, context, &Judged { story, taints: &taints, why: &why, anchors, known });
    if let Some(model) = context.model {
        let ruled = why.clone();
        model.decide(&rows, &mut why);
        for ((block, ruled), slot) in page.blocks.iter().zip(ruled).zip(&mut why) {
            *slot = settled(block, ruled, *slot, known, rules);
        }
    }
    furniture::drop_repeats(&page.blocks, &mut why);
    let text = assemble(page, &why);
    Judgement { words: count_words(&text), why, text, rows }
}

/// The last word on a block: what is decided of a source's lines first, then what a line says plainly, then the model.
fn settled<'r>(
    block: &Block,
    ruled: Option<&'r str>,
    modelled: Option<&'r str>,
    known: &Known,
    rules: &'r Rules,
) -> Option<&'r str> {
    match known.lines.decision(&block.text) {
        Some(Decision::Remove) => return Some(learnt::REASON),
        // Kept where it stands in the story; the same line in the page's footer stays out.
        Some(Decision::Keep) if ruled.is_none() => return None,
        _ => {}
    }
    if modelled.is_some() {
        return modelled;
    }
    // The headline is never repeated, and a prompt is one wherever it stands; class names can be wrong. What the rules
    // keep they have asked already.
    match ruled {
        None => None,
        Some("title") => ruled,
        Some(_) => rules.line(&block.text, block.words),
    }
}

/// What the rules made of a page.
struct Judged<'a> {
    story: usize,
    taints: &'a [Option<&'a str>],
    why: &'a [Option<&'a str>],
    anchors: &'a Anchors,
    known: &'a Known,
}

fn rows(page: &Page<'_>, context: &Context<'_>, judged: &Judged<'_>) -> Vec<Option<Box<features::Row>>> {
    let summary = context.metadata.description.as_deref().map(folded).unwrap_or_default();
    features::rows(
        page,
        &features::Known {
            story: judged.story,
            why: judged.why,
            taints: judged.taints,
            teasers: &body::teasers(&page.blocks),
            titles: &judged.known.titles,
            summary: &summary,
            body: &judged.anchors.body,
        },
    )
}

fn known(context: &Context<'_>) -> Known {
    Known {
        titles: context.metadata.titles.clone(),
        authors: context.metadata.byline.iter().map(|credit| folded(&credit.name)).collect(),
        lines: context.hint.lines.clone(),
    }
}

fn anchors(context: &Context<'_>) -> Anchors {
    let body = context.metadata.article_body.as_deref().map(folded).unwrap_or_default();
    let summary = context.hint.summary.as_deref().map(|s| folded(&metadata::json_ld::unescape(s))).unwrap_or_default();
    // A feed that carries the whole text is as good an anchor as the page's own data.
    Anchors { body: if body.len() >= summary.len() { body } else { summary } }
}

fn assemble(page: &Page<'_>, why: &[Option<&str>]) -> String {
    let mut text = String::new();
    let mut row_before = false;
    for (block, _) in page.blocks.iter().zip(why).filter(|(_, why)| why.is_none()) {
        if !text.is_empty() {
            // Rows of one table are lines of one paragraph.
            let row = block.kind == Kind::Row;
            text.push_str(if row && row_before { "\n" } else { "\n\n" });
        }
        row_before = block.kind == Kind::Row;
        text.push_str(&block.text);
    }
    text
}

/// Everything with a reason, neighbours with the same reason in one piece; the rest of the page is not the story's
/// neighbourhood.
pub(super) fn removed(page: &Page<'_>, why: &[Option<&str>]) -> Vec<Removed> {
    let mut pieces: Vec<Removed> = Vec::new();
    let mut last = None;
    for (index, (block, reason)) in page.blocks.iter().zip(why).enumerate() {
        let Some(reason) = reason.filter(|reason| *reason != "outside") else { continue };
        let joins = last == Some(index.wrapping_sub(1));
        last = Some(index);
        if let Some(piece) = pieces.last_mut().filter(|piece| joins && piece.reason == reason) {
            let room = REMOVED_CHARS_MAX.saturating_sub(piece.text.chars().count() + 1);
            if room > 0 {
                piece.text.push('\n');
                piece.text.push_str(head(&block.text, room));
            }
        } else if pieces.len() < REMOVED_MAX {
            pieces.push(Removed { text: head(&block.text, REMOVED_CHARS_MAX).to_owned(), reason: reason.to_owned() });
        }
    }
    pieces
}

/// What became of every block, with the model's opinion of it.
pub(super) fn tell(story: &Story<'_>, model: &Model) -> Vec<Told> {
    let rows = story.rows.iter().map(|row| row.as_ref().map(|row| model.chance(row))).chain(std::iter::repeat(None));
    let blocks = story.page.blocks.iter().zip(&story.why).zip(rows);
    blocks
        .map(|((block, why), chance)| Told {
            text: head(&block.text, REMOVED_CHARS_MAX).to_owned(),
            reason: why.map(str::to_owned),
            chance,
        })
        .collect()
}

/// A page's blocks as training sees them.
pub(super) fn study(tree: &Tree<'_>, context: &Context<'_>, rules: &Rules) -> Result<Vec<super::Studied>, TreeError> {
    let story = find(tree, context, rules)?;
    let blocks = story.page.blocks.iter().zip(story.why).zip(story.rows);
    let studied = blocks.map(|((block, why), row)| super::Studied {
        text: block.text.clone(),
        why: why.map(str::to_owned),
        row: block.kind == Kind::Row,
        asked: row.is_some(),
        features: row.map_or_else(|| vec![0.0; features::COUNT], |row| row.to_vec()),
    });
    Ok(studied.collect())
}
