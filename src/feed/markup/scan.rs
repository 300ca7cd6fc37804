//! Where things end in a text that may have lost its ends.
//!
//! Everything is searched once: where a search is repeated from further on, the earlier answer is used again, so a text
//! made of beginnings without ends costs no more than any other.

/// A text, a place in it, and what is known to lie ahead.
pub struct Scanner<'a> {
    /// The whole text.
    pub text: &'a str,
    known: [Known; 6],
}

/// What is searched for again and again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mark {
    /// `]]>`
    CdataEnd,
    /// `-->`
    CommentEnd,
    /// `"`
    DoubleQuote,
    /// `'`
    SingleQuote,
    /// The start tag of an item.
    ItemStart,
    /// The end tag of an item.
    ItemEnd,
}

/// The last answer: the first mark at or after `from` is at `found`.
#[derive(Clone, Copy, Default)]
struct Known {
    from: usize,
    found: Option<usize>,
    searched: bool,
}

impl<'a> Scanner<'a> {
    /// A scanner at the beginning of a text.
    pub fn new(text: &'a str) -> Self {
        Self { text, known: [Known::default(); 6] }
    }

    /// The text from a place on; empty beyond the end.
    pub fn rest(&self, at: usize) -> &'a str {
        self.text.get(at..).unwrap_or_default()
    }

    /// The text between two places.
    pub fn between(&self, from: usize, to: usize) -> &'a str {
        self.text.get(from..to).unwrap_or_default()
    }

    /// The first `mark` at or after `from`.
    pub fn find(&mut self, mark: Mark, from: usize) -> Option<usize> {
        let known = self.known.get(mark as usize).copied().unwrap_or_default();
        if known.searched && known.from <= from && known.found.is_none_or(|found| found >= from) {
            return known.found;
        }
        let rest = self.rest(from);
        let found = match mark {
            Mark::CdataEnd => rest.find("]]>"),
            Mark::CommentEnd => rest.find("-->"),
            Mark::DoubleQuote => rest.find('"'),
            Mark::SingleQuote => rest.find('\''),
            Mark::ItemStart => item_tag(rest, ""),
            Mark::ItemEnd => item_tag(rest, "/"),
        }
        .map(|at| from + at);
        if let Some(slot) = self.known.get_mut(mark as usize) {
            *slot = Known { from, found, searched: true };
        }
        found
    }
}

/// The first tag of an item, whatever its prefix and case.
fn item_tag(text: &str, slash: &str) -> Option<usize> {
    let mut at = 0;
    while let Some(open) = text.get(at..)?.find('<') {
        at += open;
        let name_at = text.get(at + 1..)?.strip_prefix(slash);
        let name = name_at.unwrap_or_default().split(|c: char| !(c.is_ascii_alphanumeric() || c == ':')).next();
        let local = name.unwrap_or_default().rsplit(':').next().unwrap_or_default();
        if local.eq_ignore_ascii_case("item") || local.eq_ignore_ascii_case("entry") {
            return Some(at);
        }
        at += 1;
    }
    None
}
