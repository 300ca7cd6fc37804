//! Elements as they open and close, and the vocabularies their names belong to.

use super::mend::{ended_by, is_container, is_html, is_html_name, is_item, is_line, is_root_name, is_void};
use super::tag::Tag;
use super::{Builder, DEPTH_MAX, ELEMENTS_MAX, Item, Node, Open, WRAPPERS_MAX};
use crate::feed::entities;
use crate::feed::tree::Element;
use crate::feed::vocabulary::Vocabulary;

impl<'t> Builder<'t, '_> {
    pub(super) fn open(&mut self, tag: Tag<'t>, start: usize) {
        let written = self.scanner.between(start, start + self.name_bytes(start));
        let bound = self.bind(&tag);
        let vocabulary = self.vocabulary(&tag.name);
        let attributes = tag
            .attributes
            .iter()
            .map(|(name, value)| {
                let lower = name.to_lowercase();
                let local = match lower.rsplit_once(':') {
                    Some((prefix, local)) if prefix != "xmlns" => local.to_owned(),
                    _ => lower,
                };
                let cleaned = entities::clean(value);
                (local, entities::resolve_defined(&cleaned, &mut self.defined).into_owned())
            })
            .collect();
        let element = Element { vocabulary, qualified: tag.name, attributes, children: Vec::new() };
        self.close_before(&element);
        let begins_item = self.item.is_none() && is_item(&element);
        if begins_item {
            self.elements = 0;
            self.ignored = 0;
            self.root_ended = false;
        }
        let is_link = vocabulary != Vocabulary::Html && element.name() == "link" && element.attribute("href").is_some();
        let ends = tag.self_closed || is_link || is_void(&element);
        if self.elements >= ELEMENTS_MAX || self.stack.len() >= DEPTH_MAX {
            self.mended.insert("more elements, or deeper ones, than are kept");
            self.ignored += usize::from(!ends);
            self.unbind(&bound);
            return;
        }
        if begins_item {
            self.item = Some(self.stack.len());
        }
        self.elements += 1;
        self.stack.push(Open { element, written, bound });
        if ends {
            self.pop();
        }
    }

    fn name_bytes(&self, start: usize) -> usize {
        let rest = self.scanner.rest(start);
        rest.find(|c: char| c.is_whitespace() || matches!(c, '>' | '/' | '<' | '"' | '=')).unwrap_or(rest.len())
    }

    /// Takes the prefixes a tag declares.
    fn bind(&mut self, tag: &Tag) -> Vec<String> {
        let (own_prefix, local) = tag.name.split_once(':').unwrap_or(("", &tag.name));
        let mut bound = Vec::new();
        for (name, value) in &tag.attributes {
            let lower = name.to_lowercase();
            let Some(prefix) = lower.strip_prefix("xmlns").map(|p| p.trim_start_matches(':')) else { continue };
            let mut vocabulary = Vocabulary::of_address(value);
            if vocabulary == Vocabulary::Other {
                vocabulary = Vocabulary::of_prefix(prefix);
            }
            // Whatever address the outermost element gives for its own name, its name says which language it is.
            if prefix == own_prefix && is_root_name(local) && self.item.is_none() {
                vocabulary = language_of(local);
            } else if prefix.is_empty() && (value.trim().is_empty() || is_root_name(local)) {
                vocabulary = self.language.unwrap_or_else(|| language_of(local));
            }
            self.bindings.entry(prefix.to_owned()).or_default().push(vocabulary);
            bound.push(prefix.to_owned());
        }
        bound
    }

    fn unbind(&mut self, bound: &[String]) {
        for prefix in bound {
            if let Some(meanings) = self.bindings.get_mut(prefix) {
                meanings.pop();
                if meanings.is_empty() {
                    self.bindings.remove(prefix);
                }
            }
        }
    }

    fn vocabulary(&mut self, name: &str) -> Vocabulary {
        let (prefix, local) = name.split_once(':').unwrap_or(("", name));
        let bound = self.bindings.get(prefix).and_then(|meanings| meanings.last()).copied();
        let vocabulary = match (bound, prefix) {
            (Some(vocabulary), _) => vocabulary,
            // Without a namespace an element speaks its root's language.
            (None, "") => self.language.unwrap_or_else(|| language_of(local)),
            (None, prefix) => Vocabulary::of_prefix(prefix),
        };
        if self.language.is_none() && is_root_name(local) && matches!(vocabulary, Vocabulary::Rss | Vocabulary::Atom) {
            self.language = Some(language_of(local));
        }
        vocabulary
    }

    /// Closes what a publisher forgot to close: an item ends where the next begins, a headline where a link begins.
    fn close_before(&mut self, next: &Element) {
        let begins_item = is_item(next);
        if begins_item {
            let embedded = self.stack.iter().any(|o| o.element.name() == "content" && is_embedding(&o.element));
            if embedded {
                return;
            }
            let mut keep = self.item.unwrap_or(self.stack.len());
            if self.item.is_none() {
                // Outside of items only a field can have been forgotten, or tags without number.
                let container = self.stack.iter().rposition(|o| is_container(&o.element)).map_or(0, |at| at + 1);
                let forgotten =
                    self.stack.iter().skip(container).any(|o| is_line(&o.element) || o.element.name() == "description");
                if forgotten || self.stack.len() - container > WRAPPERS_MAX {
                    keep = container;
                }
            }
            if self.stack.len() > keep {
                self.mended.insert("an element that was never closed");
                self.pop_to(keep);
            }
            return;
        }
        let ended = ended_by(next, self.stack.iter().map(|o| &o.element));
        if ended > 0 {
            self.mended.insert("an element that was never closed");
            self.pop_to(self.stack.len() - ended);
        }
    }

    pub(super) fn close(&mut self, name: &str) {
        self.root_ended |= self.stack.first().is_some_and(|o| o.element.qualified == name);
        // While an item is open, nothing outside of it ends: a stray `</channel>` does not end the feed.
        let floor = self.item.unwrap_or(0);
        let inside = self.stack.get(floor..).unwrap_or_default();
        let position = inside.iter().rposition(|o| o.element.qualified == name).map(|at| at + floor);
        let is_outer = position.is_some_and(|at| self.stack.get(at).is_some_and(|o| !is_html(&o.element)));
        if self.ignored > 0 && !is_outer {
            self.ignored -= 1;
            return;
        }
        self.ignored = 0;
        let Some(position) = position else {
            // An end tag that fits nothing is the mangled end of a line of text, or nothing.
            let local = name.rsplit(':').next().unwrap_or_default();
            let top = self.stack.last().map(|o| &o.element);
            let ends_top = top.is_some_and(|e| e.name() == local || is_line(e) && !is_html_name(local));
            if ends_top {
                self.pop();
            }
            if !is_html_name(local) {
                self.mended.insert("an end tag that ends nothing");
            }
            return;
        };
        if position + 1 < self.stack.len() {
            self.mended.insert("an element that was never closed");
        }
        self.pop_to(position);
    }

    pub(super) fn pop_to(&mut self, depth: usize) {
        while self.stack.len() > depth {
            self.pop();
        }
    }

    fn pop(&mut self) {
        let Some(open) = self.stack.pop() else { return };
        self.unbind(&open.bound);
        if self.item == Some(self.stack.len()) {
            self.item = None;
            self.elements = 0;
            let bases = self.stack.iter().filter_map(|o| o.element.attribute("base")).collect();
            (self.take)(&Item { element: open.element, bases });
        } else {
            self.push(Node::Element(open.element));
        }
    }
}

/// The language a root's name stands for.
fn language_of(name: &str) -> Vocabulary {
    if matches!(name, "feed" | "entry") { Vocabulary::Atom } else { Vocabulary::Rss }
}

/// Whether the content of an entry says that it is a document of its own.
fn is_embedding(content: &Element) -> bool {
    content.attribute("type").is_some_and(|kind| kind.contains("xml") && !kind.contains("xhtml"))
}
