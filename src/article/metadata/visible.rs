//! What a reader sees beside the headline: the byline and the date, where the page's data leaves them out.
//!
//! One walk over the text, only for pages that need it. An element whose class says byline or date is believed anywhere
//! above the comments; a line without such a class only near the headline.

use std::collections::HashSet;

use ego_tree::iter::Edge;
use ego_tree::{NodeId, NodeRef};
use scraper::Node;

use super::dates::{Candidate, DateKind};
use super::head::{attributes, text};
use super::names::{Bylines, Credit, CreditKind};
use super::site::Site;
use crate::article::rules::class_key;
use crate::article::text::{folded, head as first_chars, settle, squeeze};
use crate::page::tree::Tree;

/// Lines after the headline among which a byline or a date without a class is looked for, and lines before it.
const LINES_AFTER: usize = 25;
const LINES_BEFORE: usize = 12;
/// Longest line that can be a byline or a date, in characters.
const LINE_CHARS_MAX: usize = 120;
/// Elements with a byline's class that are read.
const BYLINES_MAX: usize = 12;
/// Nodes between two elements that hold one byline.
const NODES_BETWEEN: usize = 30;
/// Elements that are taken for the story's surroundings: headings, articles, the main part.
const INNER_MAX: usize = 8;
/// Nodes between the headline and its date.
const NODES_TO_DATE: usize = 300;
/// Words in a line that is a date: its own, and those of a byline, a label, a reading time.
const WORDS_AROUND_DATE: usize = 16;
/// Words of the longest date ("Wednesday, 5 May 2024 at 10:30 p.m. EDT").
const WORDS_OF_DATE: usize = 9;
/// Elements with a date's class that are read.
const DATED_MAX: usize = 20;
/// Dates kept.
const DATES_MAX: usize = 8;

/// What is seen.
#[derive(Debug, Default)]
pub(super) struct Seen {
    pub credits: Vec<Credit>,
    pub dates: Vec<Candidate>,
}

/// Looks at a page once more. `headline_at` is the headline's place among the nodes.
pub(super) fn look(tree: &Tree, headline: Option<(usize, &str)>, site: &Site, rules: &Bylines, wants: Wants) -> Seen {
    let mut look = Look {
        site,
        rules,
        seen: Seen::default(),
        lines: Vec::new(),
        bylines: Vec::new(),
        dated: Vec::new(),
        headline_at: None,
    };
    look.walk(tree, headline.map(|(_, title)| title), wants);
    look.finish(headline.is_some())
}

/// What is looked for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wants {
    pub credits: bool,
    pub dates: bool,
}

/// A short line of the page.
struct Line {
    text: String,
    is_headline: bool,
}

struct Look<'r> {
    site: &'r Site,
    rules: &'r Bylines,
    seen: Seen,
    lines: Vec<Line>,
    /// Texts of elements with a byline's class: the node, the class, the text.
    bylines: Vec<(usize, String, String)>,
    /// Texts of elements with a date's class, each with its node.
    dated: Vec<(usize, String)>,
    /// The node of the headline.
    headline_at: Option<usize>,
}

impl Look<'_> {
    fn walk(&mut self, tree: &Tree, headline: Option<&str>, wants: Wants) {
        // What is around the headline is around the story, whatever its class says of sidebars.
        let is_inner = |node: &NodeRef<'_, Node>| {
            node.value().as_element().is_some_and(|e| matches!(e.name(), "h1" | "main" | "article"))
        };
        let inner = tree.html.tree.nodes().filter(is_inner).take(INNER_MAX);
        let around: HashSet<NodeId> = inner.flat_map(|node| node.ancestors().map(|node| node.id())).collect();
        let mut line = String::new();
        let (mut in_headline, mut foreign, mut at) = (0usize, 0usize, 0usize);
        for edge in tree.html.tree.root().traverse() {
            match edge {
                Edge::Open(node) => {
                    at += 1;
                    let element = match node.value() {
                        Node::Text(piece) if foreign == 0 && line.len() < 4 * LINE_CHARS_MAX => {
                            line.push_str(piece);
                            continue;
                        }
                        Node::Element(element) => element,
                        _ => continue,
                    };
                    if foreign > 0 {
                        foreign += 1;
                        continue;
                    }
                    let key = key_of(element);
                    if !around.contains(&node.id()) && self.is_foreign(element.name(), &key) {
                        foreign = 1;
                        continue;
                    }
                    if is_block(element.name()) {
                        self.flush(&mut line, in_headline > 0);
                    }
                    if element.name() == "h1" {
                        in_headline += 1;
                        self.headline_at.get_or_insert(at);
                    }
                    if !key.is_empty() {
                        self.classed(node, &key, at, wants);
                    }
                }
                Edge::Close(node) => {
                    let Some(element) = node.value().as_element() else { continue };
                    if foreign > 0 {
                        foreign -= 1;
                        continue;
                    }
                    if is_block(element.name()) {
                        self.flush(&mut line, in_headline > 0);
                    }
                    in_headline = in_headline.saturating_sub(usize::from(element.name() == "h1"));
                }
            }
        }
        self.flush(&mut line, false);
        // A page without a first heading has its headline in another element.
        let headline = headline.map(folded).filter(|_| !self.lines.iter().any(|line| line.is_headline));
        if let Some(line) = headline.and_then(|title| self.lines.iter_mut().find(|line| folded(&line.text) == title)) {
            line.is_headline = true;
        }
    }

    /// Takes the text of an element whose class says what it is.
    fn classed(&mut self, node: NodeRef<'_, Node>, key: &str, at: usize, wants: Wants) {
        if wants.credits && self.bylines.len() < BYLINES_MAX && has_word(key, &self.rules.byline_classes) {
            let text = text(node);
            if !text.is_empty() && text.chars().count() <= 3 * LINE_CHARS_MAX {
                self.bylines.push((at, key.to_owned(), text));
            }
        }
        if wants.dates && self.dated.len() < DATED_MAX && has_word(key, &self.rules.date_classes) {
            let text = text(node);
            // The tags may stand in the same box, after the date.
            if !text.is_empty() && text.chars().count() <= 4 * LINE_CHARS_MAX {
                let text = first_chars(&text, LINE_CHARS_MAX / 2);
                let is_update = ["-updated-", "-modified-"].iter().any(|word| key.contains(word));
                self.dated.push((at, if is_update { format!("updated {text}") } else { text.to_owned() }));
            }
        }
    }

    fn is_foreign(&self, name: &str, key: &str) -> bool {
        match name {
            // An article's own footer has its byline.
            "footer" => !["-meta-", "-author-", "-entry-"].iter().any(|word| key.contains(word)),
            "head" | "nav" | "aside" | "template" | "select" | "button" | "form" => true,
            "html" | "body" | "main" | "article" => false,
            _ => has_word(key, &self.rules.foreign_classes),
        }
    }

    fn flush(&mut self, line: &mut String, is_headline: bool) {
        let text = squeeze(&settle(line));
        line.clear();
        if !text.is_empty() && self.lines.len() < 5000 {
            self.lines.push(Line { text, is_headline });
        }
    }

    fn finish(mut self, has_headline: bool) -> Seen {
        self.credit_elements();
        let dated = std::mem::take(&mut self.dated);
        let is_near = |at: usize| self.headline_at.is_some_and(|headline| at.abs_diff(headline) < NODES_TO_DATE);
        let (near, far): (Vec<_>, Vec<_>) = dated.into_iter().partition(|(at, _)| is_near(*at));
        for (_, line) in near {
            self.date_line(&line, 7);
        }
        let headline = self.lines.iter().position(|line| line.is_headline).filter(|_| has_headline);
        let end = headline.map(|at| (at + 1 + LINES_AFTER).min(self.lines.len()));
        let start = headline.map(|at| at.saturating_sub(LINES_BEFORE));
        if let (Some(at), Some(start), Some(end)) = (headline, start, end) {
            let lines: Vec<String> = self
                .lines
                .get(at + 1..end)
                .into_iter()
                .flatten()
                .chain(self.lines.get(start..at).into_iter().flatten().rev())
                .map(|line| line.text.clone())
                .collect();
            for line in &lines {
                self.credit_line(line);
                self.date_line(line, 8);
            }
        }
        for (_, line) in far {
            self.date_line(&line, 9);
        }
        self.seen
    }

    /// The first element with a byline's class that names people, and those beside it with the same class.
    fn credit_elements(&mut self) {
        let mut first: Option<(usize, String)> = None;
        for (at, key, text) in std::mem::take(&mut self.bylines) {
            if let Some((before, class)) = &first
                && (*class != key || at - before > NODES_BETWEEN)
            {
                continue;
            }
            let (names, is_marked) = self.rules.without_prefix(&text);
            let is_name = |c: &Credit| c.kind != CreditKind::Person || is_marked || is_sure(&c.name);
            let credits: Vec<Credit> = self.rules.read(names, false, self.site).into_iter().filter(is_name).collect();
            if credits.iter().any(|c| c.kind == CreditKind::Person) {
                first = Some((at, key));
            }
            for credit in credits {
                if !self.seen.credits.contains(&credit) {
                    self.seen.credits.push(credit);
                }
            }
        }
    }

    /// A line near the headline that begins as bylines do.
    fn credit_line(&mut self, line: &str) {
        if self.seen.credits.iter().any(|c| c.kind == CreditKind::Person) || line.chars().count() > LINE_CHARS_MAX {
            return;
        }
        for part in line.split(['|', '•', '·']) {
            let (names, is_marked) = self.rules.without_prefix(part);
            if is_marked {
                let credits = self.rules.read(names, false, self.site);
                self.seen
                    .credits
                    .extend(credits.into_iter().filter(|c| c.kind != CreditKind::Person || is_sure(&c.name)));
            }
        }
    }

    fn date_line(&mut self, line: &str, rank: u8) {
        if self.seen.dates.len() >= DATES_MAX || line.chars().count() > LINE_CHARS_MAX || line.contains('©') {
            return;
        }
        if !line.contains(|c: char| c.is_numeric()) {
            return;
        }
        let lower = line.to_lowercase();
        // "25.04.24 | 14:07" is one date in two parts, "5 May 2024 | Updated 6 May 2024" are two dates.
        let whole = lower.replace(['|', '•', '·', '–', '—', ';'], " ");
        if self.date(&whole, rank) {
            return;
        }
        for part in lower.split(['|', '•', '·', '–', '—', ';']).flat_map(|part| split_before(part, &self.rules.updates))
        {
            self.date(part, rank);
        }
    }

    /// Takes the date in a text that has little else.
    fn date(&mut self, text: &str, rank: u8) -> bool {
        let words: Vec<&str> = text.split_whitespace().collect();
        if words.len() > WORDS_AROUND_DATE || !has_year(text) {
            return false;
        }
        let is_update = self.rules.updates.iter().any(|word| text.trim_start().starts_with(word.as_str()));
        let kind = if is_update { DateKind::Updated } else { DateKind::Published };
        // A number beside the date ("4 min read") spoils the whole line, so its parts are tried: from each word on the
        // longest first.
        let found = Candidate::read(kind, "text", rank, text).or_else(|| {
            let mut parts = (0..words.len()).flat_map(|from| {
                let longest = words.len().min(from + WORDS_OF_DATE);
                (from + 1..=longest).rev().map(move |to| (from, to))
            });
            parts.find_map(|(from, to)| {
                let part = words.get(from..to)?.join(" ");
                has_year(&part).then(|| Candidate::read(kind, "text", rank, &part)).flatten()
            })
        });
        let is_date = found.is_some();
        self.seen.dates.extend(found);
        is_date
    }
}

/// A line cut before the words that announce an update: "5 May 2024, updated 6 May 2024".
fn split_before<'t>(part: &'t str, words: &[String]) -> [&'t str; 2] {
    let cut = words
        .iter()
        .filter(|word| word.len() > 4)
        .filter_map(|word| part.find(word.as_str()))
        .filter(|at| *at > 0)
        .min();
    match cut {
        Some(cut) => part.split_at_checked(cut).map_or([part, ""], |(front, back)| [front, back]),
        None => [part, ""],
    }
}

/// Whether a name has the shape that only names have: two words and more, each with a capital.
fn is_sure(name: &str) -> bool {
    let mut words = 0;
    let cased = name.chars().any(|c| c.is_uppercase() || c.is_lowercase());
    for word in name.split_whitespace() {
        words += usize::from(!cased || word.starts_with(char::is_uppercase));
    }
    words >= 2 || !cased && name.chars().count() <= 6
}

/// Whether four digits stand together that can be a year, or two after a full date's marks, or a Thai or Persian year.
fn has_year(text: &str) -> bool {
    let groups: Vec<&str> = text.split(|c: char| !c.is_numeric()).filter(|g| !g.is_empty()).collect();
    let is_year = |group: &&str| group.chars().count() == 4 || group.chars().count() == 8;
    groups.iter().any(is_year)
        || groups.len() >= 3
            && groups.iter().take(3).all(|g| g.chars().count() <= 2)
            && text.matches(['.', '/']).count() >= 2
}

fn key_of(element: &scraper::node::Element) -> String {
    let attributes = attributes(element);
    match (attributes.class, attributes.id) {
        (None, None) => String::new(),
        (class, id) => class_key(class.unwrap_or_default(), id.unwrap_or_default()),
    }
}

/// Whether a class, in the form of [`class_key`], has one of the words.
fn has_word(key: &str, words: &HashSet<String>) -> bool {
    key.split('-').any(|word| words.contains(word))
}

fn is_block(name: &str) -> bool {
    !matches!(
        name,
        "a" | "abbr"
            | "b"
            | "bdi"
            | "cite"
            | "em"
            | "font"
            | "i"
            | "img"
            | "mark"
            | "small"
            | "span"
            | "strong"
            | "sub"
            | "sup"
            | "time"
            | "u"
            | "wbr"
            | "svg"
            | "label"
    )
}
