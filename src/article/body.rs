//! Which element holds the story.
//!
//! Every block is worth something: running text counts for the element, lists of links and furniture against it. The
//! story is the element with the largest sum. That joins articles split over sibling containers (their parent has the
//! larger sum) and leaves out the sidebar (its links cost more than its teasers bring).

use std::collections::HashMap;

use super::blocks::{Block, Kind, Page};
use super::text::folded;

/// A block never counts for more than this, so that one long comment does not outweigh a story.
const WORTH_MAX: f64 = 120.0;
/// The share of a page's running text above which no one kind of furniture is believed.
const KIND_SHARE_MAX: f64 = 0.6;
/// Teasers in a row that are a list and no accident.
const TEASERS_MIN: usize = 3;
/// What a line of a teaser counts for.
const TEASER_WORTH: f64 = -6.0;
/// What an element that calls itself an article's body is preferred by.
const BODY_BONUS: f64 = 1.12;
/// And what it starts with, so that the shortest news are found.
const BODY_HEAD_START: f64 = 30.0;
/// What `<article>` is preferred by.
const ARTICLE_BONUS: f64 = 1.04;

/// What the page says elsewhere about its story: JSON-LD's `articleBody`, the feed's summary.
#[derive(Debug, Default)]
pub(super) struct Anchors {
    /// The text, folded.
    pub body: String,
}

/// Words, where a spaceless script's characters count as the words they would make.
pub(super) fn units(block: &Block) -> f64 {
    block.units
}

/// Whether a block reads as running text.
pub(super) fn is_prose(block: &Block) -> bool {
    block.prose
}

/// The units of running text in a range of blocks.
pub(super) fn prose_units(blocks: &[Block]) -> f64 {
    blocks.iter().filter(|block| is_prose(block)).map(units).sum()
}

/// Clears suspicions that would take away most of what there is to read: of one element, or of one kind all over the
/// page (a page builder calls every paragraph a widget).
pub(super) fn clear_false_suspicions(page: &mut Page<'_>) {
    let total = prose_units(&page.blocks);
    let mut by_reason: HashMap<&str, f64> = HashMap::new();
    let taints = taints(page);
    for block in page.blocks.iter().filter(|block| is_prose(block)) {
        if let Some(reason) = taints.get(block.element).copied().flatten() {
            *by_reason.entry(reason).or_insert(0.0) += units(block);
        }
    }
    for element in &mut page.elements {
        let Some(reason) = element.suspect else { continue };
        let share_max = match reason {
            "comment" => 0.95,
            "hidden" | "dialog" => 0.7,
            _ => 0.45,
        };
        // Lists of other articles outweigh many a story.
        let kind_share_max = if matches!(reason, "related" | "hidden") { 0.9 } else { KIND_SHARE_MAX.max(share_max) };
        let inside = page.blocks.get(element.first..element.end).map_or(0.0, prose_units);
        let of_kind = by_reason.get(reason).copied().unwrap_or(0.0);
        if inside > share_max * total || of_kind > kind_share_max * total {
            element.suspect = None;
        }
    }
}

/// Clears all suspicions that a page can be wrong about, for pages where believing them leaves nothing to read: a forum
/// calls its posts comments, a theme calls its column a sidebar.
pub(super) fn clear_suspicions(page: &mut Page<'_>) {
    for element in &mut page.elements {
        if !matches!(element.suspect, Some("navigation" | "footer" | "hidden" | "cookie" | "advertisement")) {
            element.suspect = None;
        }
    }
}

/// For each element, the reason of the nearest suspicion at or above it.
pub(super) fn taints<'r>(page: &Page<'r>) -> Vec<Option<&'r str>> {
    let mut taints: Vec<Option<&'r str>> = Vec::with_capacity(page.elements.len());
    for (index, element) in page.elements.iter().enumerate() {
        let above = if index == 0 { None } else { taints.get(element.parent).copied().flatten() };
        taints.push(above.or(element.suspect));
    }
    taints
}

/// Teasers of other articles: a linked headline, then a sentence or two, three times and more in a row.
pub(super) fn teasers(blocks: &[Block]) -> Vec<bool> {
    let mut teasers = vec![false; blocks.len()];
    let is_headline = |block: &Block| block.link_density() > 0.85 && block.words >= 3 && block.words <= 40;
    let is_label = |block: &Block| !is_prose(block) && block.words <= 12;
    // A headline, its byline and date, its text: where such a teaser ends, if one begins here.
    let teaser_end = |from: usize| -> Option<usize> {
        blocks.get(from).filter(|block| is_headline(block))?;
        let after = blocks.get(from + 1..)?;
        let labels = after.iter().take(4).take_while(|block| is_label(block)).count();
        let text = after.get(labels)?;
        (is_prose(text) && units(text) < 90.0).then_some(from + labels + 2)
    };
    let mut run: Vec<usize> = Vec::new();
    let mut index = 0;
    while index <= blocks.len() {
        if let Some(end) = teaser_end(index) {
            run.extend([index, end]);
            index = end;
            continue;
        }
        // A date, a section or a count may stand between two teasers.
        let between = blocks.get(index).is_some_and(is_label);
        let gap = run.last().is_some_and(|end| index - end <= 3);
        if !(between && gap) {
            if run.len() >= 2 * TEASERS_MIN {
                let (first, end) = (run.first().copied().unwrap_or(0), run.last().copied().unwrap_or(0));
                teasers.iter_mut().take(end).skip(first).for_each(|slot| *slot = true);
            }
            run.clear();
        }
        index += 1;
    }
    teasers
}

/// The element that holds the story, if there is running text at all.
pub(super) fn choose(page: &Page<'_>, taints: &[Option<&str>], anchors: &Anchors) -> Option<usize> {
    let mut sums = Vec::with_capacity(page.blocks.len() + 1);
    let mut sum = 0.0;
    sums.push(sum);
    let teasers = teasers(&page.blocks);
    for (block, teaser) in page.blocks.iter().zip(teasers) {
        let taint = taints.get(block.element).copied().flatten();
        sum += if teaser { TEASER_WORTH } else { worth(block, taint, anchors) };
        sums.push(sum);
    }
    let mut best: Option<(usize, f64)> = None;
    for (index, element) in page.elements.iter().enumerate() {
        let (Some(before), Some(after)) = (sums.get(element.first), sums.get(element.end)) else { continue };
        let mut value = after - before;
        if element.is_body {
            // A breaking-news line in its own body outweighs the paper's address in the footer.
            value = if value > 15.0 { value * BODY_BONUS + BODY_HEAD_START } else { value };
        } else if &*element.tag == "article" {
            value *= ARTICLE_BONUS;
        }
        // At a tie the deeper one, which comes later, has less around the story.
        if value > 0.0 && best.is_none_or(|(_, best)| value >= best) {
            best = Some((index, value));
        }
    }
    best.map(|(index, _)| index)
}

fn worth(block: &Block, taint: Option<&str>, anchors: &Anchors) -> f64 {
    let units = units(block);
    if taint.is_some() {
        return if is_prose(block) { -0.3 * units.min(WORTH_MAX) } else { -0.5 };
    }
    if is_prose(block) {
        let worth = units.min(WORTH_MAX);
        if anchors.body.len() > 300 {
            let known = anchors.body.contains(super::text::head(&folded(&block.text), 60));
            return if known { worth * 1.5 } else { worth * 0.7 };
        }
        return worth;
    }
    if block.link_density() > 0.5 {
        return -4.0 - 0.5 * units.min(40.0);
    }
    match block.kind {
        Kind::Heading(_) | Kind::Item | Kind::Row | Kind::Quote => 0.0,
        _ => -1.0,
    }
}
