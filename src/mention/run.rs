//! Runs of capitals: the token ranges that could be names.
//!
//! In: a sentence. Out: [`Run`]s, at most a few a sentence. A headline, where every word has a capital, is told apart
//! first, since capitals mean nothing there.

use std::ops::Range;

use super::lexicon::{Lexicon, flag};
use super::token::{Shape, Tokens};

/// How a sentence uses capitals.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Style {
    /// Capitals mark names.
    Normal,
    /// Capitals mark words.
    Headline,
    /// There are only capitals.
    Capitals,
}

/// Tokens that could be a name.
#[derive(Debug, Clone)]
pub(crate) struct Run {
    /// Which.
    pub tokens: Range<usize>,
    /// Whether it opens the sentence or a quotation in it.
    pub initial: bool,
    /// How its sentence uses capitals.
    pub style: Style,
}

/// The longest name in tokens; longer ones are lists or decoration.
const RUN_TOKENS_MAX: usize = 14;

/// The runs of one sentence.
pub(crate) fn runs(tokens: &Tokens<'_>, lexicon: &Lexicon, sentence: Range<usize>) -> Vec<Run> {
    let style = style(tokens, &sentence);
    let mut out = Vec::new();
    let mut at = sentence.start;
    while at < sentence.end {
        if !tokens.is_capital(at) {
            at += 1;
            continue;
        }
        let initial = initial(tokens, &sentence, at);
        // A known name first: "Trinidad and Tobago", "Cote d'Ivoire".
        let end = grow(tokens, &sentence, at, lexicon, style);
        let known = known_end(tokens, lexicon, &sentence, at, style);
        if let Some(known) = known
            && (known >= end || tokens.slice(at..known).contains(' ') && !tokens.is_capital(known))
        {
            out.push(Run { tokens: at..known, initial, style });
            at = known;
            continue;
        }
        // The first word of a sentence has a capital by grammar.
        let start = if initial && end - at > 1 && opens_by_grammar(tokens, at, end) { at + 1 } else { at };
        out.push(Run { tokens: start..end, initial: initial && start == at, style });
        at = end;
    }
    out
}

fn style(tokens: &Tokens<'_>, sentence: &Range<usize>) -> Style {
    let (mut words, mut capitals, mut upper, mut small_content) = (0_usize, 0_usize, 0_usize, 0_usize);
    // Headlines have no full stop, and no verb or noun in small letters.
    let stopped = sentence.end.checked_sub(1).is_some_and(|last| tokens.word(last) == ".");
    for i in sentence.clone() {
        if tokens.word(i).len() < 4 || matches!(tokens.shape(i), Shape::Number | Shape::Sign) {
            continue;
        }
        words += 1;
        capitals += usize::from(tokens.is_capital(i));
        small_content +=
            usize::from(tokens.shape(i) == Shape::Lower && !tokens.has(i, flag::FUNCTION | flag::PARTICLE));
        upper += usize::from(tokens.shape(i) == Shape::Upper);
    }
    if words >= 3 && upper * 10 >= words * 8 {
        Style::Capitals
    } else if words >= 4 && capitals * 100 >= words * 75 && !stopped && small_content == 0 {
        Style::Headline
    } else {
        Style::Normal
    }
}

fn initial(tokens: &Tokens<'_>, sentence: &Range<usize>, at: usize) -> bool {
    at == sentence.start
        || matches!(tokens.word(at - 1), "“" | "\"" | "‘" | "'" | ":" | "«" | "•" | "-" | "–" | "—" | "(" | "…" | ".")
}

fn known_end(
    tokens: &Tokens<'_>,
    lexicon: &Lexicon,
    sentence: &Range<usize>,
    at: usize,
    style: Style,
) -> Option<usize> {
    let first = tokens.word(at);
    let mut longest = lexicon.longest(first);
    if longest == 0 && style == Style::Capitals {
        longest = 3;
    }
    let end = (at + longest).min(sentence.end);
    (at + 2..=end).rev().find(|&end| super::recognise::known(tokens, lexicon, at..end, style).is_some())
}

/// Whether a capital at the head of a sentence is only grammar: vocabulary that does not belong to the name after it.
fn opens_by_grammar(tokens: &Tokens<'_>, at: usize, end: usize) -> bool {
    let flags = tokens.list.get(at).map_or(0, |token| token.flags);
    if flags & flag::FUNCTION != 0 {
        return true;
    }
    let heads = flag::ORG_HEAD | flag::ORG_OF | flag::FACILITY_HEAD | flag::PLACE_HEAD | flag::EVENT_HEAD;
    let name_word = flag::TITLE | flag::TITLE_MODIFIER | flag::FORENAME | flag::DEMONYM | heads | flag::PLACE_FIRST;
    flags & flag::WORD != 0 && flags & name_word == 0 && !tokens.has(end - 1, heads)
}

/// One past the last token of the run that begins at `at`.
fn grow(tokens: &Tokens<'_>, sentence: &Range<usize>, at: usize, lexicon: &Lexicon, style: Style) -> usize {
    let mut end = at + 1;
    let mut of_open = false;
    while end < sentence.end && end - at < RUN_TOKENS_MAX {
        let next_capital = |i: usize| i < sentence.end && tokens.is_capital(i);
        if tokens.is_capital(end) {
            if style == Style::Headline && tokens.has(end, flag::FUNCTION) {
                break;
            }
            // "President Xi" after a place: "in Samarkand President Xi" stays one run; titles are cut later.
            end += 1;
            continue;
        }
        if tokens.shape(end) == Shape::Number
            && tokens.has(end - 1, flag::EVENT_HEAD | flag::LAW_HEAD)
            && tokens.word(end).len() == 4
        {
            end += 1;
            continue;
        }
        let head = tokens
            .has(end - 1, flag::ORG_OF | flag::FACILITY_HEAD | flag::EVENT_HEAD | flag::PLACE_HEAD | flag::LAW_HEAD);
        if tokens.is_any(end, &["of", "for"]) && head && style == Style::Normal {
            let skip = usize::from(tokens.is(end + 1, "the"));
            let place_of = tokens.has(end - 1, flag::TITLE);
            if next_capital(end + 1 + skip) && !place_of && !tokens.has(end + 1 + skip, flag::FUNCTION | flag::DATE) {
                of_open = true;
                end += 2 + skip;
                continue;
            }
        }
        if of_open
            && tokens.is(end, "and")
            && next_capital(end + 1)
            && tokens.has(end + 1, flag::WORD | flag::TITLE_MODIFIER)
            && !tokens.has(end + 1, flag::FORENAME | flag::DEMONYM | flag::TITLE)
            && lexicon.phrase(tokens.word(end + 1)).is_none()
        {
            end += 2;
            continue;
        }
        if of_open
            && tokens.word(end) == ","
            && next_capital(end + 1)
            && tokens.has(end + 1, flag::WORD | flag::TITLE_MODIFIER)
            && tokens.is_any(end + 2, &["and", ","])
            && next_capital(end + 3)
            && !tokens.has(end + 1, flag::FORENAME | flag::TITLE)
        {
            end += 2;
            continue;
        }
        if tokens.word(end) == "&" && next_capital(end + 1) {
            end += 2;
            continue;
        }
        let particles = (end..(end + 3).min(sentence.end)).take_while(|&i| tokens.has(i, flag::PARTICLE)).count();
        if particles > 0 && next_capital(end + particles) && !tokens.has(end + particles, flag::FUNCTION) {
            end += particles + 1;
            continue;
        }
        break;
    }
    end
}
