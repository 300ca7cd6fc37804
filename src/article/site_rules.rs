//! Rules for single sites, for those who need them: which elements hold the story, which are no part of it, where
//! headline, byline and date stand.
//!
//! In: `sites.toml` as text, then a page's address and tree. Out: the tree without what the rule drops and with what it
//! keeps in one place, and the fields it finds. A rule whose selectors find nothing is told, because sites change their
//! layout without a word, and the page is cleaned in the general way.

mod fields;
mod read;
mod selector;

use std::collections::{HashMap, HashSet};

use chrono::FixedOffset;
use chrono_tz::Tz;
use ego_tree::NodeId;
use ego_tree::iter::Edge;
use html5ever::{LocalName, QualName, ns};
use scraper::{Html, Node, Selector};
use serde::Serialize;
use url::Url;

pub(super) use fields::Fields;
pub use read::{Problem, read};

use super::Removed;
use super::story::REMOVED_CHARS_MAX;
use super::text::{head, settle, squeeze};

/// The word for what a rule drops, and for fields that it finds.
pub const REASON: &str = "site-rule";
/// The element that what a rule keeps is put into.
const KEPT: &str = "wireroom-story";

/// The rules of all sites.
#[derive(Debug, Default)]
pub struct SiteRules {
    /// By host; of one host the longest path first.
    by_host: HashMap<String, Vec<SiteRule>>,
    /// Tells these rules from others; 0 where there are none.
    pub(super) fingerprint: u64,
}

/// The rule of one site, or of a part of it.
#[derive(Debug)]
pub struct SiteRule {
    host: String,
    path: String,
    keep: Vec<Selector>,
    drop: Vec<Selector>,
    verbatim: bool,
    title: Vec<Selector>,
    authors: Vec<Selector>,
    published: Vec<Selector>,
    date_format: Option<String>,
    zone: Option<Zone>,
    language: Option<String>,
}

/// Where a site's clock stands.
#[derive(Debug, Clone, Copy)]
enum Zone {
    Named(Tz),
    Fixed(FixedOffset),
}

/// Which rule an article was read by, and what of it found nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Applied {
    /// The host the rule is for.
    pub host: String,
    /// The beginning of the paths it is for; `/` for all.
    pub path: String,
    /// Keys whose selectors found nothing on the page: `keep`, `title`, `authors`, `published`.
    pub missed: Vec<&'static str>,
}

impl SiteRules {
    /// How many rules there are.
    pub fn len(&self) -> usize {
        self.by_host.values().map(Vec::len).sum()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.by_host.is_empty()
    }

    /// The rule for an address: of the nearest host at or above its own, the one with the longest path.
    pub fn of(&self, url: &Url) -> Option<&SiteRule> {
        if self.by_host.is_empty() {
            return None;
        }
        let host = url.host_str()?.trim_end_matches('.');
        let above = host.match_indices('.').filter_map(|(dot, _)| host.get(dot + 1..));
        std::iter::once(host)
            .chain(above)
            .find_map(|host| self.by_host.get(host)?.iter().find(|rule| is_below(url.path(), &rule.path)))
    }
}

/// Whether a path begins with another, at the end of one of its parts.
fn is_below(path: &str, start: &str) -> bool {
    path.strip_prefix(start.trim_end_matches('/')).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

impl SiteRule {
    /// Whether what it keeps is the story as it stands.
    pub(super) fn is_verbatim(&self) -> bool {
        self.verbatim
    }

    /// The language it says its site is in.
    pub(super) fn language(&self) -> Option<&str> {
        self.language.as_deref()
    }

    pub(super) fn applied(&self) -> Applied {
        Applied { host: self.host.clone(), path: self.path.clone(), missed: Vec::new() }
    }

    /// Whether it says where the story is.
    pub(super) fn keeps(&self) -> bool {
        !self.keep.is_empty()
    }

    /// Takes out of the tree what the rule drops, and gives the pieces.
    pub(super) fn take_out(&self, html: &mut Html) -> Vec<Removed> {
        let mut removed = Vec::new();
        for id in outermost(html, &self.drop) {
            let text = html.tree.get(id).map(text_of).unwrap_or_default();
            detach(html, id);
            if !text.is_empty() {
                removed.push(Removed { text: head(&text, REMOVED_CHARS_MAX).to_owned(), reason: REASON.to_owned() });
            }
        }
        removed
    }

    /// The page with nothing in its body but what the rule keeps, in one element; `None` if there is nothing to keep.
    pub(super) fn kept(&self, html: &Html) -> Option<Html> {
        let kept = outermost(html, &self.keep);
        if kept.is_empty() {
            return None;
        }
        let is_body = |node: &Node| node.as_element().is_some_and(|element| element.name() == "body");
        let body = html.tree.root().descendants().find(|node| is_body(node.value()))?;
        let children = || body.children().map(|child| child.id()).collect::<Vec<_>>();
        // The body itself cannot be moved into an element of its own.
        let whole = kept.contains(&body.id()) || body.ancestors().any(|above| kept.contains(&above.id()));
        let moved = if whole { children() } else { kept };
        let (body, rest) = (body.id(), children());
        let mut html = html.clone();
        let name = QualName::new(None, ns!(html), LocalName::from(KEPT));
        let story = html.tree.orphan(Node::Element(scraper::node::Element::new(name, Vec::new()))).id();
        for id in moved {
            detach(&mut html, id);
            html.tree.get_mut(story)?.append_id(id);
        }
        for id in rest {
            // What was moved has left the body already.
            if html.tree.get(id).and_then(|node| node.parent()).is_some_and(|parent| parent.id() == body) {
                detach(&mut html, id);
            }
        }
        html.tree.get_mut(body)?.append_id(story);
        Some(html)
    }
}

fn detach(html: &mut Html, id: NodeId) {
    if let Some(mut node) = html.tree.get_mut(id) {
        node.detach();
    }
}

/// Whether an element is the one that what a rule keeps was put into.
pub(super) fn is_kept(tag: &str) -> bool {
    tag == KEPT
}

/// The elements that selectors find, in the page's order, none inside another.
fn outermost(html: &Html, selectors: &[Selector]) -> Vec<NodeId> {
    let found: HashSet<NodeId> = selectors.iter().flat_map(|s| html.select(s)).map(|element| element.id()).collect();
    if found.is_empty() {
        return Vec::new();
    }
    let mut outermost = Vec::new();
    let mut inside = None;
    for edge in html.tree.root().traverse() {
        match edge {
            Edge::Open(node) if inside.is_none() && found.contains(&node.id()) => {
                inside = Some(node.id());
                outermost.push(node.id());
            }
            Edge::Close(node) if inside == Some(node.id()) => inside = None,
            _ => {}
        }
    }
    outermost
}

/// An element's text in one line.
fn text_of(node: ego_tree::NodeRef<'_, Node>) -> String {
    let mut text = String::new();
    for inner in node.descendants() {
        match inner.value() {
            Node::Text(piece) => text.push_str(piece),
            // Where a block begins or ends there is a gap; a gap too many is squeezed away or does no harm in a report.
            Node::Element(element) if !matches!(element.name(), "a" | "b" | "i" | "em" | "strong" | "span") => {
                text.push(' ');
            }
            _ => {}
        }
        if text.len() > 8 * REMOVED_CHARS_MAX {
            break;
        }
    }
    squeeze(&settle(&text))
}
