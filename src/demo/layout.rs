//! A site's look: a page with `{{names}}` in it, and the pieces that are set between the paragraphs.
//!
//! A layout file is cut at lines that begin with `=== `. The first part is the article page. The others are
//! `front` (the front page), `wall` (the page instead of an article that must be paid for), `figure`, `subhead`,
//! `paragraph`, `after N` (set after the Nth paragraph) and `furniture`: one line for each piece of text that belongs to
//! the page and not to the story.

use std::collections::HashMap;

use super::markup::{Block, BlockKind, escape};

/// What the `{{names}}` of a layout stand for.
pub(super) type Values = HashMap<&'static str, String>;

/// A layout, cut into its parts.
#[derive(Debug)]
pub(super) struct Layout {
    page: String,
    parts: HashMap<String, String>,
}

impl Layout {
    pub(super) fn read(file: &str) -> Self {
        let mut sections = file.split("\n=== ");
        let page = sections.next().unwrap_or_default().to_owned();
        let parts = sections.filter_map(|s| s.split_once('\n')).map(|(name, body)| (name.trim().into(), body.into()));
        Self { page, parts: parts.collect() }
    }

    /// The page of an article. `values` holds raw text; names that end in `_html` are set as they are.
    pub(super) fn page(&self, mut values: Values, blocks: &[Block], has_figure: bool) -> String {
        let figure = if has_figure { fill(self.part("figure"), &values) } else { String::new() };
        values.insert("figure_html", figure);
        values.insert("story_html", self.story(blocks, &values));
        fill(&self.page, &values)
    }

    pub(super) fn front(&self, values: &Values) -> String {
        fill(self.part("front"), values)
    }

    pub(super) fn wall(&self, values: &Values) -> String {
        fill(self.part("wall"), values)
    }

    /// What stands on an article's page and must not be taken for the story, as a reader sees it.
    pub(super) fn furniture(&self, values: &Values, blocks: usize) -> Vec<String> {
        let lines = self.part("furniture").lines().map(str::trim).filter(|line| !line.is_empty());
        let lines = lines.filter_map(|line| match line.strip_prefix("after ").and_then(|l| l.split_once(": ")) {
            // A piece set after the Nth paragraph is on the page only when there are that many.
            Some((n, rest)) => n.parse::<usize>().is_ok_and(|n| n <= blocks).then_some(rest),
            None => Some(line),
        });
        lines.map(|line| fill_with(line, |name| values.get(name).cloned())).collect()
    }

    fn story(&self, blocks: &[Block], values: &Values) -> String {
        let mut html = String::new();
        let mut in_list = false;
        for (index, block) in blocks.iter().enumerate() {
            let is_item = block.kind == BlockKind::Item;
            if is_item != in_list {
                html.push_str(if is_item { "<ul>\n" } else { "</ul>\n" });
                in_list = is_item;
            }
            html.push_str(&self.block(block));
            if let Some(between) = self.parts.get(&format!("after {}", index + 1)).filter(|_| !in_list) {
                html.push_str(&fill(between, values));
            }
        }
        if in_list {
            html.push_str("</ul>\n");
        }
        html
    }

    fn block(&self, block: &Block) -> String {
        let pattern = match block.kind {
            BlockKind::Paragraph => self.parts.get("paragraph").map_or("<p>{{text_html}}</p>\n", String::as_str),
            BlockKind::Subhead => "<h2>{{text_html}}</h2>\n",
            BlockKind::Quotation => "<blockquote><p>{{text_html}}</p></blockquote>\n",
            BlockKind::Item => "<li>{{text_html}}</li>\n",
        };
        pattern.replace("{{text_html}}", &block.html)
    }

    fn part(&self, name: &str) -> &str {
        self.parts.get(name).map_or("", String::as_str)
    }
}

/// Blocks as the plain HTML that feeds carry.
pub(super) fn feed_html(blocks: &[Block]) -> String {
    Layout { page: String::new(), parts: HashMap::new() }.story(blocks, &Values::new())
}

fn fill(template: &str, values: &Values) -> String {
    fill_with(template, |name| {
        let value = values.get(name)?;
        Some(if name.ends_with("_html") { value.clone() } else { escape(value) })
    })
}

/// A name nobody knows stays as it stands, so that a test can find it.
fn fill_with(template: &str, value: impl Fn(&str) -> Option<String>) -> String {
    let mut out = String::with_capacity(template.len() * 2);
    let mut rest = template;
    while let Some((before, (name, tail))) = rest.split_once("{{").and_then(|(b, a)| Some((b, a.split_once("}}")?))) {
        out.push_str(before);
        out.push_str(&value(name).unwrap_or_else(|| format!("{{{{{name}}}}}")));
        rest = tail;
    }
    out.push_str(rest);
    out
}
