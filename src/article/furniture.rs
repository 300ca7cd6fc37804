//! What stands in the story's container without being the story, found by the shape of its text.
//!
//! Class names suspect whole elements; they are believed only while the story does not shrink by it. Everything else is
//! decided line by line: what it says, where it stands, how much of it is links. Lists of class names alone cost more
//! text than they save, measured on three sets.

use std::collections::HashSet;
use std::ops::Range;
use std::sync::Arc;

use super::blocks::{Block, Kind, Page};
use super::body::{self, is_prose, prose_units, units};
use super::learnt::LearntLines;
use super::rules::Rules;
use super::text::{ends_sentence, folded};

/// Blocks before the story that are reported with a reason.
const BLOCKS_BEFORE: usize = 5;
/// Blocks after it: comment forms and newsletter prompts stand there.
const BLOCKS_AFTER: usize = 20;

/// What is known of the article besides its text.
#[derive(Debug, Default)]
pub(super) struct Known {
    /// Headlines the page has for itself, folded.
    pub titles: Vec<String>,
    /// Names in the byline, folded.
    pub authors: Vec<String>,
    /// What is decided of the lines the source repeats.
    pub lines: Arc<LearntLines>,
}

/// For every block of the page, why it is not the story; blocks outside the story's element included.
pub(super) fn judge<'r>(
    page: &Page<'r>,
    story: usize,
    taints: &[Option<&'r str>],
    rules: &'r Rules,
    known: &Known,
) -> Vec<Option<&'r str>> {
    let range = page.elements.get(story).map_or(0..0, |e| e.first..e.end);
    let near = range.start.saturating_sub(BLOCKS_BEFORE)..range.end + BLOCKS_AFTER;
    let mut why: Vec<Option<&'r str>> = vec![None; page.blocks.len()];
    for (index, block) in page.blocks.iter().enumerate() {
        let inside = range.contains(&index);
        let taint = taints.get(block.element).copied().flatten();
        // A class name says what an element is; the text only what a line looks like. Lines far from the story are
        // not asked: they are most of a page, and asking is the dearest part of cleaning.
        let reason = if taint.is_some() {
            taint
        } else if near.contains(&index) {
            by_shape(block, rules).or_else(|| known.lines.reason(&block.text))
        } else {
            None
        };
        if let Some(slot) = why.get_mut(index) {
            *slot = reason.or(if inside { None } else { Some("outside") });
        }
    }
    for (index, _) in
        body::teasers(&page.blocks).iter().enumerate().filter(|(index, teaser)| **teaser && range.contains(index))
    {
        set(&mut why, index, "related");
    }
    drop_titles(&page.blocks, &range, known, &mut why);
    drop_sections(&page.blocks, &range, rules, &mut why);
    drop_link_lists(page, story, &mut why);
    trim_head(&page.blocks, &range, known, &mut why);
    trim_tail(&page.blocks, &range, known, &mut why);
    known.lines.keep(&page.blocks, &range, &mut why);
    why
}

fn by_shape<'r>(block: &Block, rules: &'r Rules) -> Option<&'r str> {
    if block.kind == Kind::Caption {
        return Some("caption");
    }
    if let Some(reason) = rules.line(&block.text, block.words) {
        return Some(reason);
    }
    let linked = block.link_density();
    if linked > 0.85 && !(ends_sentence(&block.text) && units(block) >= 8.0) {
        return Some("related");
    }
    None
}

/// The headline, repeated as one of the first lines.
fn drop_titles(blocks: &[Block], range: &Range<usize>, known: &Known, why: &mut [Option<&str>]) {
    let mut seen = 0;
    for index in range.clone() {
        let (Some(block), Some(slot)) = (blocks.get(index), why.get_mut(index)) else { continue };
        if slot.is_some() {
            continue;
        }
        let line = folded(&block.text);
        let heading = matches!(block.kind, Kind::Heading(1 | 2));
        if (seen < 6 || heading) && known.titles.iter().any(|title| is_title(&line, title, heading)) {
            *slot = Some("title");
        }
        seen += 1;
    }
}

fn is_title(line: &str, title: &str, heading: bool) -> bool {
    if line.is_empty() || title.is_empty() {
        return false;
    }
    if line == title {
        return true;
    }
    // A page's <title> is often cut, or has the paper's name at its end.
    let (short, long) = if line.len() < title.len() { (line, title) } else { (title, line) };
    let near = short.len() * 10 >= long.len() * if heading { 5 } else { 7 };
    near && short.len() > 12 && long.starts_with(short)
}

/// Headings that announce something else, and what stands below them.
fn drop_sections<'r>(blocks: &[Block], range: &Range<usize>, rules: &'r Rules, why: &mut [Option<&'r str>]) {
    // Running text up to each block of the range: a page may be nothing but headings.
    let mut prose = 0.0;
    let mut prose_before: Vec<f64> = blocks
        .get(range.clone())
        .unwrap_or_default()
        .iter()
        .map(|block| {
            let before = prose;
            prose += prose_units(std::slice::from_ref(block));
            before
        })
        .collect();
    prose_before.push(prose);
    let mut index = range.start;
    while index < range.end {
        let Some(block) = blocks.get(index) else { break };
        let announces =
            why.get(index).copied().flatten().is_none_or(|reason| matches!(reason, "related" | "author-box"));
        let short = block.words <= 12 && !is_prose(block);
        let reason = if announces && short { rules.heading(&block.text, block.words) } else { None };
        let Some(reason) = reason else {
            index += 1;
            continue;
        };
        set(why, index, reason);
        index += 1;
        // What follows belongs to it while it is lists, links and short lines; running text is the story again,
        // except in sections that are text by nature and end the page.
        let textual = matches!(reason, "comment" | "author-box" | "newsletter");
        let story_before = prose_before.get(index - range.start).copied().unwrap_or(prose);
        let story_after = prose - story_before;
        let to_end = textual && story_after < 0.5 * story_before;
        let mut taken = 0;
        while let Some(next) = blocks.get(index).filter(|_| index < range.end) {
            let ends = matches!(next.kind, Kind::Heading(_)) && next.link_density() < 0.5 && taken > 0;
            if !to_end && (ends || is_prose(next) && next.link_density() < 0.3 && next.kind != Kind::Item) {
                break;
            }
            if !to_end && next.kind == Kind::Item && next.link_density() < 0.2 && reason != "related" {
                break;
            }
            set(why, index, reason);
            taken += 1;
            index += 1;
        }
    }
}

/// Elements in the story that are nearly all links.
fn drop_link_lists(page: &Page<'_>, story: usize, why: &mut [Option<&str>]) {
    let Some(body) = page.elements.get(story) else { return };
    for element in page.elements.iter().skip(story + 1).take_while(|e| e.first < body.end) {
        let Some(inside) = page.blocks.get(element.first..element.end) else { continue };
        if inside.len() < 2 {
            continue;
        }
        let (mut chars, mut links, mut linked_blocks) = (0, 0, 0);
        for block in inside {
            chars += block.chars;
            links += block.link_chars;
            linked_blocks += usize::from(block.link_density() > 0.5);
        }
        let prose = inside.iter().any(|block| is_prose(block) && block.link_density() < 0.2);
        if !prose && links * 10 > chars * 6 && linked_blocks >= 2 {
            for index in element.first..element.end {
                set(why, index, "related");
            }
        }
    }
}

/// Pull quotes and texts printed twice.
pub(super) fn drop_repeats(blocks: &[Block], why: &mut [Option<&str>]) {
    let mut seen: HashSet<&str> = HashSet::new();
    for (block, slot) in blocks.iter().zip(why) {
        if slot.is_none() && block.words >= 6 && !seen.insert(block.text.as_str()) {
            *slot = Some("repeat");
        }
    }
}

/// Kickers, datelines and bylines above the first paragraph.
fn trim_head(blocks: &[Block], range: &Range<usize>, known: &Known, why: &mut [Option<&str>]) {
    for index in range.clone() {
        let Some(block) = blocks.get(index) else { break };
        if why.get(index).copied().flatten().is_some() {
            continue;
        }
        if is_prose(block) || units(block) > 16.0 {
            break;
        }
        if is_byline(block, known) {
            set(why, index, "byline");
        } else if !ends_sentence(&block.text) && !matches!(block.kind, Kind::Heading(_) | Kind::Item | Kind::Row) {
            set(why, index, "header");
        }
    }
}

/// Headings with nothing below them, bylines and stray labels after the last paragraph.
fn trim_tail(blocks: &[Block], range: &Range<usize>, known: &Known, why: &mut [Option<&str>]) {
    for index in range.clone().rev() {
        let Some(block) = blocks.get(index) else { break };
        if why.get(index).copied().flatten().is_some() {
            continue;
        }
        if matches!(block.kind, Kind::Heading(_)) {
            set(why, index, "heading");
        } else if is_byline(block, known) {
            set(why, index, "byline");
        } else if block.kind == Kind::Paragraph && units(block) <= 3.0 && !ends_sentence(&block.text) {
            set(why, index, "footer");
        } else {
            break;
        }
    }
}

fn is_byline(block: &Block, known: &Known) -> bool {
    if block.words > 14 || ends_sentence(&block.text) && block.words > 8 {
        return false;
    }
    let line = folded(&block.text);
    known.authors.iter().any(|name| name.len() > 3 && line.contains(name.as_str()))
}

fn set<'r>(why: &mut [Option<&'r str>], index: usize, reason: &'r str) {
    if let Some(slot) = why.get_mut(index)
        && slot.is_none()
    {
        *slot = Some(reason);
    }
}
