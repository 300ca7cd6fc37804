//! What holds in a text that is not English.
//!
//! The rules of this stage are English. Elsewhere only what needs no grammar is kept: places and organizations the
//! lexicon knows by their whole name, money, ISO dates.

use super::EntityKind;
use super::lexicon::{Lexicon, flag};
use super::recognise::NameSpan;
use super::token::Tokens;

/// Whether the rules apply: by the language told, else by the share of English function words.
pub(crate) fn is_english(tokens: &Tokens<'_>, language: Option<&str>) -> bool {
    if let Some(tag) = language {
        let primary = tag.split(['-', '_']).next().unwrap_or_default();
        return primary.eq_ignore_ascii_case("en")
            || primary.eq_ignore_ascii_case("eng")
            || primary.eq_ignore_ascii_case("und");
    }
    // Running English has the five commonest words in every fifth place; one in twenty-five is a wide margin.
    let sample = tokens.list.len().min(1000);
    let common =
        (0..sample).filter(|&i| tokens.is_any(i, &["the", "of", "and", "to", "is", "with", "said", "has"])).count();
    sample < 12 || common * 25 >= sample
}

/// Whether a name is sure without grammar.
pub(crate) fn holds_elsewhere(tokens: &Tokens<'_>, lexicon: &Lexicon, name: &NameSpan) -> bool {
    let text = tokens.slice(name.tokens.clone());
    let kind = matches!(name.kind, EntityKind::Place | EntityKind::Organization | EntityKind::Person);
    let long = text.chars().count() > 4 || name.tokens.len() > 1;
    kind && long
        && lexicon.phrase(text).is_some_and(|phrase| phrase.strong)
        && !tokens.has(name.tokens.start, flag::WORD)
}

/// "2022-09-15" reads the same everywhere.
pub(crate) fn is_iso_date(text: &str) -> bool {
    text.len() == 10
        && text.bytes().filter(|b| *b == b'-').count() == 2
        && text.bytes().all(|b| b.is_ascii_digit() || b == b'-')
}
