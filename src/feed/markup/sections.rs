//! What stands between `<!` or `<?` and its end: CDATA sections, comments, instructions, document types.

use super::mend::{is_container, is_item};
use super::scan::{Mark, Scanner};
use super::{Builder, Node};
use crate::feed::entities::{self, Defined};

impl Builder<'_, '_> {
    /// A CDATA section. One whose end was lost runs on to the end of another's, over the elements between: it ends
    /// where the element that holds it ends.
    pub(super) fn cdata(&mut self) {
        let start = self.at + "<![CDATA[".len();
        let end = self.scanner.find(Mark::CdataEnd, start);
        let limit = end.unwrap_or(self.scanner.text.len());
        // The furthest a section without its end can reach, and where the element ends that holds it.
        let reach = self.scanner.find(Mark::ItemEnd, start).unwrap_or(limit).min(limit);
        if self.is_between_fields() && (end.is_none() || self.swallows(start, limit)) {
            self.mended.insert("a CDATA section without its end");
            self.at = start;
            return;
        }
        let written = self.stack.last().map_or("", |open| open.written);
        let holder_ends = |scanner: &Scanner, to: usize| {
            scanner.between(start, to).find(&format!("</{written}")).map(|found| start + found)
        };
        let cut = if end.is_none() || self.swallows(start, limit) {
            Some(holder_ends(&self.scanner, reach).unwrap_or(reach))
        } else {
            let again = self.scanner.between(start, limit).find("<![CDATA[");
            again.and_then(|again| holder_ends(&self.scanner, start + again))
        };
        if cut.is_some() {
            self.mended.insert("a CDATA section without its end");
        }
        let stop = cut.unwrap_or(limit);
        let cleaned = entities::clean(self.scanner.between(start, stop));
        self.note_controls(cleaned.len() != stop - start);
        self.push(Node::Text(cleaned.into_owned()));
        self.at = cut.unwrap_or(limit + "]]>".len()).min(self.scanner.text.len());
    }

    /// Whether what lies between two places is no section of its own but has lost its end: in an item, it holds that
    /// item's end; outside of fields, where no text belongs, it ends inside of another item.
    fn swallows(&mut self, start: usize, limit: usize) -> bool {
        let ends = self.scanner.find(Mark::ItemEnd, start).filter(|at| *at < limit);
        let begins = self.scanner.find(Mark::ItemStart, start).filter(|at| *at < limit);
        if self.item.is_some() && ends.is_some_and(|ends| begins.is_none_or(|begins| begins > ends)) {
            return true;
        }
        if begins.is_none() || !self.is_between_fields() {
            return false;
        }
        let (mut at, mut is_inside) = (start, false);
        loop {
            let ends = self.scanner.find(Mark::ItemEnd, at).filter(|at| *at < limit);
            let begins = self.scanner.find(Mark::ItemStart, at).filter(|at| *at < limit);
            let Some(next) = ends.into_iter().chain(begins).min() else { return is_inside };
            is_inside = begins == Some(next);
            at = next + 1;
        }
    }

    /// Whether the innermost open element is an item or what items stand in.
    fn is_between_fields(&self) -> bool {
        self.stack.last().is_none_or(|open| is_item(&open.element) || is_container(&open.element))
    }

    /// A comment. One whose end was lost, or that takes the end of an item with it, is none: only its mark is dropped.
    pub(super) fn comment(&mut self) {
        let start = self.at + "<!--".len();
        let end = self.scanner.find(Mark::CommentEnd, start);
        let is_comment = end.is_some_and(|end| end >= self.broken_comments_until && !self.swallows(start, end));
        if let Some(end) = end.filter(|_| is_comment) {
            self.at = end + "-->".len();
            return;
        }
        self.broken_comments_until = end.map_or(self.scanner.text.len(), |end| end + 1);
        self.mended.insert("a comment without its end");
        self.at = start;
    }

    pub(super) fn instruction(&mut self) {
        let rest = self.scanner.rest(self.at);
        if rest.starts_with("<?xml ") && !self.stack.is_empty() {
            self.mended.insert("a second XML declaration");
        }
        self.skip_short(rest);
    }

    /// Skips to the next `>`. Where a tag comes before it, what looked like a declaration is text.
    fn skip_short(&mut self, rest: &str) {
        let inside = rest.get(2..).unwrap_or_default();
        let tag = inside.find('<').unwrap_or(inside.len());
        match inside.get(..tag).and_then(|inside| inside.find('>')) {
            Some(end) => self.at += 2 + end + 1,
            None if tag == inside.len() => self.at = self.scanner.text.len(),
            None => self.stray(),
        }
    }

    pub(super) fn declaration(&mut self) {
        let rest = self.scanner.rest(self.at);
        // A document has one type, before its root; it is looked through once.
        if self.stack.is_empty() && is_doctype(rest) && !std::mem::replace(&mut self.has_doctype, true) {
            self.at += doctype_bytes(rest, &mut self.defined).unwrap_or_default();
        }
        if self.scanner.rest(self.at).len() == rest.len() {
            self.skip_short(rest);
        }
    }
}

/// How long a document type with an internal subset is, with what it defines; `None` where it has none, or no end.
fn doctype_bytes(rest: &str, defined: &mut Defined) -> Option<usize> {
    let bracket = rest.find(['[', '>']).filter(|at| rest.get(*at..).is_some_and(|r| r.starts_with('[')))?;
    let inside = rest.get(bracket..)?;
    let ends = |at: &usize| inside.get(at + 1..).is_some_and(|after| after.trim_start().starts_with('>'));
    let close = inside.match_indices(']').map(|(at, _)| at).find(ends)?;
    // A subset that lost its end would run on to the end of some CDATA section.
    let subset = inside.get(..close).filter(|subset| !subset.contains("<![CDATA["))?;
    defined.read(subset);
    inside.get(close..)?.find('>').map(|end| bracket + close + end + 1)
}

fn is_doctype(head: &str) -> bool {
    head.get(..9).is_some_and(|start| start.eq_ignore_ascii_case("<!doctype"))
}
