//! Quotation marks and what stands between them.
//!
//! In: tokens. Out: [`Marked`] ranges. A quotation that runs over paragraphs opens each anew and closes at the last;
//! one that is never closed ends with its paragraph. Straight marks are paired within a paragraph.

use std::ops::Range;

use super::token::Tokens;

/// The most tokens in one quotation; longer ones are marks gone astray.
const MARKED_TOKENS_MAX: usize = 600;

/// A pair of quotation marks.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Marked {
    /// With the marks.
    pub outer: Range<usize>,
    /// Without them.
    pub inner: Range<usize>,
    /// Whether no mark closes it.
    pub open_ended: bool,
}

/// Every quotation, in order, without nesting.
pub(crate) fn marked(tokens: &Tokens<'_>) -> Vec<Marked> {
    let mut out = Vec::new();
    let mut at = 0;
    while at < tokens.list.len() {
        let open = tokens.word(at);
        let close = match open {
            "“" | "„" => "”",
            "\"" => "\"",
            "«" => "»",
            "‘" => "’",
            "'" if tokens.spaced(at) && !tokens.spaced(at + 1) => "'",
            _ => {
                at += 1;
                continue;
            }
        };
        let found = pair(tokens, at, close);
        let end = found.outer.end;
        let single = matches!(open, "‘" | "'");
        if (single && found.open_ended) || found.inner.is_empty() {
            at += 1;
            continue;
        }
        out.push(found);
        at = end.max(at + 1);
    }
    out
}

fn paragraph_breaks(tokens: &Tokens<'_>, at: usize) -> bool {
    match (at.checked_sub(1).and_then(|before| tokens.list.get(before)), tokens.list.get(at)) {
        (Some(before), Some(token)) => {
            tokens.text.get(before.bytes.end..token.bytes.start).is_some_and(|gap| gap.contains('\n'))
        }
        _ => false,
    }
}

fn pair(tokens: &Tokens<'_>, open: usize, close: &str) -> Marked {
    let opening = tokens.word(open);
    let limit = tokens.list.len().min(open + MARKED_TOKENS_MAX);
    let mut at = open + 1;
    while at < limit {
        if paragraph_breaks(tokens, at) && tokens.word(at) != opening {
            break;
        }
        if paragraph_breaks(tokens, at) && opening == "\"" {
            break;
        }
        let word = tokens.word(at);
        let apostrophe = close == "’" || close == "'";
        // Straight marks close where no space stands before them; an apostrophe inside a word closes nothing.
        let closes = word == close
            && !(apostrophe
                && !tokens.spaced(at + 1)
                && tokens.list.get(at + 1).is_some_and(|next| next.shape != super::token::Shape::Sign));
        if closes {
            return Marked { outer: open..at + 1, inner: open + 1..at, open_ended: false };
        }
        // A second opening mark in the same paragraph: the first was never closed.
        if word == "“" && opening == "“" && !paragraph_breaks(tokens, at) {
            break;
        }
        at += 1;
    }
    Marked { outer: open..at, inner: open + 1..at, open_ended: true }
}
