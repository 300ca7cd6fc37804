//! What the model of the story sees of each block: numbers that hold across sites.
//!
//! In: a page as blocks, the element the story is thought to stand in, what the rules said of each block, and what the
//! page says of itself. Out: a row of [`COUNT`] numbers per block. Nothing here names a site, a class or a word; those
//! stand behind the rules' reasons, which are numbers here.

#![expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    reason = "counts of a page are far below 2^24, and the model's thresholds are 32 bits wide"
)]

mod shape;

use std::collections::{HashMap, HashSet};

use memchr::memmem;

use super::blocks::{
    Block, Kind, Page, WITHIN_ARTICLE, WITHIN_ASIDE, WITHIN_BODY, WITHIN_FIGURE, WITHIN_FOOTER, WITHIN_FORM,
    WITHIN_HEADER, WITHIN_LIST, WITHIN_MAIN, WITHIN_NAV, WITHIN_QUOTE, WITHIN_TABLE,
};
use super::body::{is_prose, units};
use super::text::{folded, head};
use shape::{kind_code, shape, tag_code};

/// Numbers per block.
pub(super) const COUNT: usize = 100;
/// A block's numbers.
pub(super) type Row = [f32; COUNT];

/// What is known besides the blocks.
pub(super) struct Known<'a> {
    /// The element the story is thought to stand in.
    pub story: usize,
    /// What the rules say of each block.
    pub why: &'a [Option<&'a str>],
    /// The suspicion of each element.
    pub taints: &'a [Option<&'a str>],
    /// Which blocks are teasers.
    pub teasers: &'a [bool],
    /// Headlines, folded.
    pub titles: &'a [String],
    /// The page's own summary of itself, folded.
    pub summary: &'a str,
    /// The page's own copy of the story, folded.
    pub body: &'a str,
}

/// The reasons the model knows, from the mildest to the plainest; a number each.
const REASONS: [&str; 31] = [
    "outside",
    "header",
    "heading",
    "title",
    "byline",
    "timestamp",
    "caption",
    "quote",
    "repeat",
    "fact-box",
    "author-box",
    "aside",
    "sidebar",
    "footer",
    "form",
    "hidden",
    "dialog",
    "tags",
    "live-control",
    "page-furniture",
    "legal",
    "paywall",
    "newsletter",
    "app",
    "share",
    "related",
    "comment",
    "advertisement",
    "cookie",
    "navigation",
    "learnt",
];

fn code(reason: Option<&str>) -> f32 {
    reason.map_or(0.0, |reason| {
        REASONS.iter().position(|known| *known == reason).map_or(REASONS.len() + 1, |at| at + 1) as f32
    })
}

/// Sums over a page that many blocks ask for.
struct Sums {
    prose: Vec<f64>,
    chars: Vec<f64>,
    links: Vec<f64>,
}

impl Sums {
    fn of(blocks: &[Block], worth: &[f64]) -> Self {
        let (mut prose, mut chars, mut links) = (vec![0.0], vec![0.0], vec![0.0]);
        let (mut p, mut c, mut l) = (0.0, 0.0, 0.0);
        for (block, worth) in blocks.iter().zip(worth) {
            p += worth;
            c += block.chars as f64;
            l += block.link_chars as f64;
            prose.push(p);
            chars.push(c);
            links.push(l);
        }
        Self { prose, chars, links }
    }

    fn between(sums: &[f64], first: usize, end: usize) -> f64 {
        sums.get(end).copied().unwrap_or(0.0) - sums.get(first).copied().unwrap_or(0.0)
    }

    fn prose(&self, first: usize, end: usize) -> f64 {
        Self::between(&self.prose, first, end)
    }

    fn density(&self, first: usize, end: usize) -> f64 {
        Self::between(&self.links, first, end) / Self::between(&self.chars, first, end).max(1.0)
    }
}

fn log(value: f64) -> f32 {
    (1.0 + value.max(0.0)).ln() as f32
}

fn share(part: f64, whole: f64) -> f32 {
    if whole > 0.0 { (part / whole) as f32 } else { 0.0 }
}

/// Blocks further from the story than this that are no running text are not asked about.
const FAR_BLOCKS: usize = 30;
/// Characters of a block that are compared with others.
const COMPARED_CHARS: usize = 4000;
/// Blocks before and after the story whose text is compared.
const AROUND_BLOCKS: usize = 40;

/// Of the blocks that may be the story at all, which are those near it and running text wherever it is, the rows.
pub(super) fn rows(page: &Page<'_>, known: &Known<'_>) -> Vec<Option<Box<Row>>> {
    let blocks = &page.blocks;
    let all_units: Vec<f64> = blocks.iter().map(units).collect();
    let worth: Vec<f64> =
        blocks.iter().zip(&all_units).map(|(block, units)| if is_prose(block) { *units } else { 0.0 }).collect();
    let sums = Sums::of(blocks, &worth);
    let (first, end) = page.elements.get(known.story).map_or((0, 0), |e| (e.first, e.end));
    let story_depth = page.elements.get(known.story).map_or(0, |e| e.depth);
    let page_prose = sums.prose(0, blocks.len());
    let story_prose = sums.prose(first, end);

    // How much running text stands in elements of one style, of one path, and of one style of their parents.
    let (mut by_style, mut by_path, mut by_above) = (HashMap::new(), HashMap::new(), HashMap::new());
    let keys: Vec<(u64, u64, u64)> = blocks.iter().map(|block| style_keys(page, block)).collect();
    for ((style, path, above), worth) in keys.iter().zip(&worth) {
        if *worth > 0.0 {
            *by_style.entry(*style).or_insert(0.0) += worth;
            *by_path.entry(*path).or_insert(0.0) += worth;
            *by_above.entry(*above).or_insert(0.0) += worth;
        }
    }
    let names: Vec<u64> = blocks.iter().map(|block| mixed(&block.text)).collect();
    let mut times: HashMap<u64, u32> = HashMap::with_capacity(names.len());
    for name in &names {
        *times.entry(*name).or_insert(0) += 1;
    }
    let h1 = blocks.iter().position(|block| block.kind == Kind::Heading(1));
    let prose_before = distances(&worth, false);
    let prose_after = distances(&worth, true);

    let typical = middle(&worth);
    let mut seen: HashSet<u64> = HashSet::with_capacity(names.len());
    let near = first.saturating_sub(FAR_BLOCKS)..(end + FAR_BLOCKS).min(blocks.len());
    let window = first.saturating_sub(AROUND_BLOCKS)..(end + AROUND_BLOCKS).min(blocks.len());
    // All that is said around the story in one line, letters and digits alone, and where each block's part begins.
    let (mut all, mut parts) = (String::new(), Vec::with_capacity(window.len() + 1));
    for block in blocks.get(window.clone()).unwrap_or_default() {
        parts.push(all.len());
        all.push_str(&folded(head(&block.text, COMPARED_CHARS)));
        all.push(' ');
    }
    parts.push(all.len());

    let mut heading: Option<usize> = None;
    let mut rows = Vec::with_capacity(blocks.len());
    for (index, block) in blocks.iter().enumerate() {
        let again = !seen.insert(names.get(index).copied().unwrap_or(0));
        let heading_above = heading;
        if matches!(block.kind, Kind::Heading(_)) {
            heading = Some(index);
        }
        if !near.contains(&index) && !block.prose {
            rows.push(None);
            continue;
        }
        let mut row = Writer { row: [0.0; COUNT], at: 0 };
        shape(&mut row, block, all_units.get(index).copied().unwrap_or(0.0));
        row.put(names.get(index).and_then(|name| times.get(name)).map_or(1.0, |n| (*n).min(9) as f32));

        // What the rules say, of it and around it.
        let why = |at: usize| known.why.get(at).copied().flatten();
        row.put(code(why(index)));
        row.flag(why(index).is_none());
        row.put(code(known.taints.get(block.element).copied().flatten()));
        row.flag(known.teasers.get(index).copied().unwrap_or(false));
        row.put(if index > 0 { code(why(index - 1)) } else { -1.0 });
        row.put(if index + 1 < blocks.len() { code(why(index + 1)) } else { -1.0 });
        let kept_around = (index.saturating_sub(3)..(index + 4).min(blocks.len()))
            .filter(|at| *at != index && why(*at).is_none())
            .count();
        row.put(kept_around as f32);
        row.put(heading_above.map_or(-1.0, |at| code(why(at))));
        row.put(heading_above.map_or(99.0, |at| (index - at).min(99) as f32));

        // Where it stands.
        let inside = (first..end).contains(&index);
        row.flag(inside);
        row.put(if inside {
            0.0
        } else if index < first {
            -((first - index).min(60) as f32)
        } else {
            (index + 1 - end).min(60) as f32
        });
        row.put(share(sums.prose(first, index.clamp(first, end.max(first))), story_prose));
        row.put(log(sums.prose(0, index)));
        row.put(log(page_prose - sums.prose(0, index + 1)));
        row.put(index as f32 / blocks.len() as f32);
        row.put(log(blocks.len() as f64));
        row.put(log(story_prose));
        row.put(share(story_prose, page_prose));
        row.put(h1.map_or(0.0, |h1| (index as f32 - h1 as f32).clamp(-50.0, 50.0)));
        row.flag(h1.is_some());
        row.put(prose_before.get(index).map_or(99.0, |d| *d));
        row.put(prose_after.get(index).map_or(99.0, |d| *d));
        row.put(share(sums.prose(index.saturating_sub(4), (index + 5).min(blocks.len())), page_prose));

        // The elements around it.
        let element = page.elements.get(block.element);
        let within = element.map_or(0, |e| e.within);
        for bit in [
            WITHIN_ARTICLE,
            WITHIN_MAIN,
            WITHIN_ASIDE,
            WITHIN_FOOTER,
            WITHIN_BODY,
            WITHIN_LIST,
            WITHIN_TABLE,
            WITHIN_HEADER,
            WITHIN_FIGURE,
            WITHIN_QUOTE,
            WITHIN_NAV,
            WITHIN_FORM,
        ] {
            row.flag(within & bit != 0);
        }
        row.put(element.map_or(0.0, |e| e.depth as f32 - story_depth as f32));
        row.put(tag_code(element.map_or("", |e| &*e.tag)));
        let (style, path, above) = keys.get(index).copied().unwrap_or_default();
        row.put(share(by_style.get(&style).copied().unwrap_or(0.0), page_prose));
        row.put(share(by_path.get(&path).copied().unwrap_or(0.0), page_prose));
        row.put(share(by_above.get(&above).copied().unwrap_or(0.0), page_prose));
        let mut around = block.element;
        for level in 0..4 {
            let Some(element) = page.elements.get(around) else { break };
            // The element itself, then each parent that holds more than its child.
            row.put(log(sums.prose(element.first, element.end)));
            row.put(sums.density(element.first, element.end) as f32);
            row.put(log((element.end - element.first) as f64));
            row.put(share(sums.prose(element.first, element.end), page_prose));
            if level < 3 {
                let size = element.end - element.first;
                while let Some(next) = page.elements.get(around)
                    && around != 0
                    && next.end - next.first <= size
                {
                    around = next.parent;
                }
            }
        }

        // Its neighbours.
        for offset in [-2isize, -1, 1, 2] {
            let other = index.checked_add_signed(offset).and_then(|at| blocks.get(at));
            row.put(other.map_or(-1.0, |b| log(units(b))));
            row.put(other.map_or(-1.0, |b| b.link_density() as f32));
            row.put(other.map_or(-1.0, |b| kind_code(b.kind)));
        }
        let same_style = |at: usize| keys.get(at).is_some_and(|key| key.0 == style && key.1 == path);
        row.flag(index > 0 && same_style(index - 1));
        row.flag(same_style(index + 1));

        // What the page says of itself.
        let at = index.wrapping_sub(window.start);
        let line = match (parts.get(at), parts.get(at.wrapping_add(1))) {
            (Some(from), Some(to)) => all.get(*from..to.saturating_sub(1)).map_or("", |line| head(line, 400)),
            _ => "",
        };
        row.put(likeness(line, known.titles));
        row.put(if known.summary.len() < 30 || line.len() < 12 {
            -1.0
        } else {
            f32::from(u8::from(known.summary.contains(head(line, 40)) || line.contains(head(known.summary, 40))))
        });
        row.put(if known.body.len() < 300 || line.len() < 12 {
            -1.0
        } else {
            f32::from(u8::from(memmem::find(known.body.as_bytes(), head(line, 50).as_bytes()).is_some()))
        });
        // Said elsewhere: a pull quote stands in a paragraph, a teaser's text in its story.
        let twice = (14..600).contains(&line.len()) && memmem::find_iter(all.as_bytes(), line).take(2).count() == 2;
        row.flag(twice);
        row.flag(again);
        // A heading with a story below it, and one without.
        let follows = worth.get(index + 1..).unwrap_or_default().iter().take(3).filter(|worth| **worth > 0.0).count();
        row.put(follows as f32);
        row.put(h1.map_or(-1.0, |h1| if h1 < index && index < first { 1.0 } else { 0.0 }));
        row.put(share(all_units.get(index).copied().unwrap_or(0.0), typical));
        row.put(block.links.min(20) as f32);
        rows.push(Some(Box::new(row.row)));
    }
    rows
}

/// A text as a number, eight bytes at a time. Two texts with one number count as one, which costs nobody anything.
fn mixed(text: &str) -> u64 {
    let (words, rest) = text.as_bytes().as_chunks::<8>();
    let step = |hash: u64, word: u64| (hash.rotate_left(23) ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let hash = words.iter().fold(text.len() as u64, |hash, word| step(hash, u64::from_le_bytes(*word)));
    rest.iter().fold(hash, |hash, byte| step(hash, u64::from(*byte)))
}

/// The running text of the middle block.
fn middle(worth: &[f64]) -> f64 {
    let mut prose: Vec<f64> = worth.iter().copied().filter(|worth| *worth > 0.0).collect();
    prose.sort_unstable_by(f64::total_cmp);
    prose.get(prose.len() / 2).copied().unwrap_or(1.0)
}

struct Writer {
    row: Row,
    at: usize,
}

impl Writer {
    fn put(&mut self, value: f32) {
        if let Some(slot) = self.row.get_mut(self.at) {
            *slot = value;
        }
        self.at += 1;
    }

    fn flag(&mut self, value: bool) {
        self.put(f32::from(u8::from(value)));
    }
}

fn style_keys(page: &Page<'_>, block: &Block) -> (u64, u64, u64) {
    let Some(element) = page.elements.get(block.element) else { return (0, 0, 0) };
    let above = page.elements.get(element.parent).map_or(0, |e| e.style);
    (element.style ^ above.rotate_left(17), element.path, above)
}

/// For each block, how many blocks away the next running text is.
fn distances(worth: &[f64], after: bool) -> Vec<f32> {
    let mut out = vec![99.0; worth.len()];
    let mut since = 99.0f32;
    let mut step = |index: usize, worth: f64| {
        if let Some(slot) = out.get_mut(index) {
            *slot = since;
        }
        since = if worth > 0.0 { 1.0 } else { (since + 1.0).min(99.0) };
    };
    if after {
        worth.iter().enumerate().rev().for_each(|(index, worth)| step(index, *worth));
    } else {
        worth.iter().enumerate().for_each(|(index, worth)| step(index, *worth));
    }
    out
}

/// How much of a line and the most similar headline are one beginning, 0 to 1.
fn likeness(line: &str, titles: &[String]) -> f32 {
    let common = |title: &String| {
        let same = line.bytes().zip(title.bytes()).take_while(|(a, b)| a == b).count();
        same as f32 / line.len().max(title.len()).max(1) as f32
    };
    titles.iter().map(common).fold(0.0, f32::max)
}
