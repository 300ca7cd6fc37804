//! What was said, and by whom.
//!
//! In: tokens, names, entities. Out: [`Quote`]s. Quotation marks are paired by [`super::marks`]; the speaker is the
//! subject of the verb of saying nearest to the quotation, found by sieves in the order of certainty: behind it, before
//! it, "according to", carried over within the paragraph.

use std::ops::Range;

use super::lexicon::flag;
use super::marks::{Marked, marked};
use super::recognise::NameSpan;
use super::token::{Shape, Tokens};
use super::{Entity, EntityKind, Mention, Quote, QuoteKind};

/// How far a verb stands from its quotation at most, in tokens.
const REACH: usize = 24;
/// The fewest words of something told without quotation marks.
const INDIRECT_WORDS_MIN: usize = 4;

/// Everything said in a text, in order.
pub(crate) fn quotes(tokens: &Tokens<'_>, names: &[NameSpan], mentions: &[Mention], entities: &[Entity]) -> Vec<Quote> {
    let marks = marked(tokens);
    let finder = Finder { tokens, names, mentions, entities, marks: &marks };
    let mut out: Vec<Quote> = Vec::new();
    let mut previous: Option<(usize, Speaker)> = None;
    for (index, mark) in marks.iter().enumerate() {
        let kind = finder.kind(mark);
        let carried =
            previous.as_ref().filter(|(end, _)| finder.carries(*end, mark)).map(|(_, speaker)| speaker.clone());
        let speaker =
            finder.behind(index).or_else(|| finder.before(mark, kind)).or_else(|| finder.colon(mark)).or(carried);
        let words = mark.inner.clone().filter(|&i| tokens.shape(i) != Shape::Sign).count();
        // A word or two in quotation marks that nobody says are a name or irony.
        if words == 0 || (words < 3 && speaker.is_none()) {
            continue;
        }
        if let Some(speaker) = &speaker {
            previous = Some((mark.outer.end, speaker.clone()));
        }
        out.push(finder.quote(mark.inner.clone(), speaker, kind));
    }
    out.extend(finder.indirect());
    out.sort_by_key(|quote| (quote.start, quote.end));
    out
}

#[derive(Debug, Clone)]
struct Speaker {
    name: Option<String>,
    entity: Option<usize>,
    verb: Option<String>,
}

struct Finder<'a, 't> {
    tokens: &'a Tokens<'t>,
    names: &'a [NameSpan],
    mentions: &'a [Mention],
    entities: &'a [Entity],
    marks: &'a [Marked],
}

impl Finder<'_, '_> {
    fn quote(&self, range: Range<usize>, speaker: Option<Speaker>, kind: QuoteKind) -> Quote {
        let (start, end) = self.tokens.span(&range);
        let (name, entity, verb) = speaker.map_or((None, None, None), |s| (s.name, s.entity, s.verb));
        Quote { start, end, text: self.tokens.slice(range).to_owned(), speaker: name, entity, verb, kind }
    }

    fn kind(&self, mark: &Marked) -> QuoteKind {
        let words = mark.inner.clone().filter(|&i| self.tokens.shape(i) != Shape::Sign).count();
        let last = mark.inner.end.checked_sub(1).map_or("", |last| self.tokens.word(last));
        let sentence = matches!(last, "." | "," | "!" | "?") || mark.open_ended;
        let opens = self.tokens.is_capital(mark.inner.start) || self.tokens.shape(mark.inner.start) == Shape::Number;
        let before = mark.outer.start.checked_sub(1).map_or("", |before| self.tokens.word(before));
        let starts_sentence =
            self.tokens.sentence_of(mark.outer.start).start == mark.outer.start || matches!(before, ":" | ",");
        if (opens && starts_sentence && words > 2) || (sentence && words >= 6 && (opens || starts_sentence)) {
            QuoteKind::Direct
        } else {
            QuoteKind::Mixed
        }
    }

    fn quoted(&self, at: usize) -> bool {
        self.marks.iter().any(|mark| mark.outer.contains(&at))
    }

    /// `"…," said the minister` and `"…," the minister told reporters`.
    fn behind(&self, index: usize) -> Option<Speaker> {
        let mark = self.marks.get(index)?;
        let from = mark.outer.end;
        let last = mark.inner.end.checked_sub(1)?;
        if matches!(self.tokens.word(last), "." | "…") && mark.outer.end == self.tokens.sentence_of(last).end {
            return None;
        }
        let mut end = self.tokens.sentence_of(from.saturating_sub(1)).end.min(from + REACH);
        if end <= from {
            // "…?" she asked: the mark closes a sentence, but its speaker follows in small letters.
            let sentence = self.tokens.sentence_of(from);
            let follows = matches!(self.tokens.word(last), "?" | "!" | ",");
            end = if follows { sentence.end.min(from + REACH) } else { from };
        }
        let mut clause = from;
        if self.tokens.word(clause) == "," {
            clause += 1;
        }
        let verb = (clause..end).take_while(|&i| !self.quoted(i)).find(|&i| self.is_cue(i))?;
        // A clause of its own between the two has its own subject.
        let conjunction = self.tokens.is_any(
            clause,
            &["and", "but", "while", "after", "when", "which", "as", "in", "because", "for", "with", "to", "of", "on"],
        );
        if conjunction && !(self.tokens.is(clause, "as")) {
            return None;
        }
        self.subject(verb, clause, end)
    }

    /// `The minister said: "…"`, `Putin praised China's "…"`.
    fn before(&self, mark: &Marked, kind: QuoteKind) -> Option<Speaker> {
        let from = mark.outer.start;
        let start = self.tokens.sentence_of(from).start;
        let cue = |i: usize| {
            !self.quoted(i) && (self.is_cue(i) || kind == QuoteKind::Mixed && self.tokens.has(i, flag::SAY_MIXED))
        };
        let verb = (start..from).rev().take(REACH + 16).find(|&i| cue(i));
        if let Some(verb) = verb {
            return self.subject_before(verb, start).or_else(|| self.by_according(start, from));
        }
        if let Some(speaker) = self.by_according(start, from) {
            return Some(speaker);
        }
        // No verb of saying: "In a statement, X called …" would have had one; a person as subject still speaks.
        let person = self.names.iter().position(|name| {
            name.tokens.start >= start && name.tokens.end <= from && name.kind == EntityKind::Person
        })?;
        (kind == QuoteKind::Mixed).then(|| self.named(person, None)).flatten()
    }

    /// `X said in a statement: …` in the sentence before a quotation that stands alone.
    fn colon(&self, mark: &Marked) -> Option<Speaker> {
        let before = mark.outer.start.checked_sub(1)?;
        if self.tokens.word(before) != ":" {
            return None;
        }
        let sentence = self.tokens.sentence_of(before);
        let verb = sentence.clone().rev().find(|&i| self.is_cue(i));
        match verb {
            Some(verb) => self.subject_before(verb, sentence.start),
            None => self
                .names
                .iter()
                .rposition(|name| {
                    name.tokens.start >= sentence.start && name.tokens.end <= before && name.kind == EntityKind::Person
                })
                .and_then(|at| self.named(at, None)),
        }
    }

    /// Whether a quotation goes on where the last one ended: in its paragraph, or in the next without a new speaker.
    fn carries(&self, end: usize, mark: &Marked) -> bool {
        let (Some(last), Some(first)) =
            (end.checked_sub(1).and_then(|i| self.tokens.list.get(i)), self.tokens.list.get(mark.outer.start))
        else {
            return false;
        };
        let between = self.tokens.text.get(last.bytes.end..first.bytes.start).unwrap_or_default();
        let breaks = between.matches('\n').count();
        let names_between = self.names.iter().any(|name| {
            name.kind == EntityKind::Person && name.tokens.start >= end + 6 && name.tokens.end <= mark.outer.start
        });
        breaks == 0 && !names_between && mark.outer.start < end + 40 || (breaks > 0 && mark.outer.start <= end + 1)
    }

    fn is_cue(&self, at: usize) -> bool {
        if !self.tokens.has(at, flag::SAY) || self.tokens.is_capital(at) {
            return false;
        }
        let before = at.checked_sub(1).map_or("", |before| self.tokens.word(before));
        // "reported attacks", "is expected", "the stated aim": no verb of saying with a subject.
        let noun = matches!(
            before,
            "the"
                | "a"
                | "an"
                | "of"
                | "its"
                | "his"
                | "her"
                | "their"
                | "to"
                | "is"
                | "are"
                | "was"
                | "were"
                | "be"
                | "been"
        ) && !self.tokens.is_any(at, &["said", "says"]);
        !noun
    }

    fn subject(&self, verb: usize, clause: usize, end: usize) -> Option<Speaker> {
        if verb == clause {
            self.subject_after(verb, end).or_else(|| self.subject_before(verb, clause))
        } else {
            self.subject_before(verb, clause).or_else(|| self.subject_after(verb, end))
        }
    }

    /// `said Nancy Pelosi, …`, `said the Chinese leader`.
    fn subject_after(&self, verb: usize, end: usize) -> Option<Speaker> {
        let cue = Some(self.tokens.word(verb).to_lowercase());
        let mut at = verb + 1;
        while at < end.min(verb + 9) {
            if let Some(index) = self.name_at(at).filter(|&i| self.speaks(i)) {
                return self.named(index, cue);
            }
            if let Some(speaker) = self.pronoun(at, cue.as_deref()).filter(|_| at == verb + 1) {
                return Some(speaker);
            }
            if self.tokens.has(at, flag::TITLE)
                && !self.tokens.is_capital(at)
                && self.name_at(at + 1).is_none()
                && !self.tokens.is(at + 1, "of")
            {
                return Some(self.titled(verb + 1..at + 1, cue));
            }
            if matches!(self.tokens.word(at), "." | "“" | "\"") {
                break;
            }
            at += 1;
        }
        None
    }

    /// The subject left of a verb: a name, a pronoun, or somebody by title.
    fn subject_before(&self, verb: usize, floor: usize) -> Option<Speaker> {
        let cue = Some(self.tokens.word(verb).to_lowercase());
        let mut best = None;
        let mut at = verb;
        while at > floor && verb - at < REACH {
            at -= 1;
            if self.quoted(at) {
                break;
            }
            if let Some(index) = self.names.iter().position(|name| name.tokens.end == at + 1) {
                let start = self.names.get(index).map_or(at, |name| name.tokens.start);
                if self.speaks(index) && !self.oblique(start) {
                    let person = self.names.get(index).is_some_and(|name| name.kind == EntityKind::Person);
                    if person {
                        return self.named(index, cue);
                    }
                    best.get_or_insert(index);
                }
                at = start;
                continue;
            }
            if let Some(speaker) = self.pronoun(at, cue.as_deref()) {
                return Some(speaker);
            }
            if self.tokens.has(at, flag::TITLE) && !self.tokens.is_capital(at) && !self.oblique(at) && best.is_none() {
                let mut start = at;
                while start > floor
                    && (self.tokens.has(start - 1, flag::TITLE_MODIFIER | flag::DEMONYM | flag::TITLE)
                        || self.tokens.is_capital(start - 1))
                    && !self.tokens.has(start - 1, flag::FUNCTION)
                {
                    start -= 1;
                }
                return Some(self.titled(start..at + 1, cue));
            }
        }
        best.and_then(|index| self.named(index, cue))
    }

    /// Whether a name hangs on a preposition or owns what follows: "to Tokayev", "Russia's".
    fn oblique(&self, start: usize) -> bool {
        start.checked_sub(1).is_some_and(|before| {
            self.tokens.is_any(
                before,
                &["to", "of", "with", "in", "at", "from", "over", "against", "on", "by", "for", "between", "about"],
            )
        })
    }

    fn speaks(&self, index: usize) -> bool {
        let Some(name) = self.names.get(index) else { return false };
        let owner = matches!(self.tokens.word(name.tokens.end), "'s" | "’s");
        !owner && matches!(name.kind, EntityKind::Person | EntityKind::Organization | EntityKind::Place)
    }

    fn name_at(&self, at: usize) -> Option<usize> {
        self.names.binary_search_by_key(&at, |name| name.tokens.start).ok()
    }

    fn named(&self, index: usize, verb: Option<String>) -> Option<Speaker> {
        let entity = self.mentions.get(index)?.entity;
        Some(Speaker { name: self.entities.get(entity).map(|e| e.name.clone()), entity: Some(entity), verb })
    }

    /// "he said": the last person named before.
    fn pronoun(&self, at: usize, verb: Option<&str>) -> Option<Speaker> {
        if !self.tokens.is_any(at, &["he", "she"]) {
            return None;
        }
        let before = |name: &&NameSpan| {
            name.tokens.end <= at && name.kind == EntityKind::Person && !self.quoted(name.tokens.start)
        };
        let sentence = self.tokens.sentence_of(at);
        // The subject of this sentence or of the one before, else the nearest.
        let inside = self
            .names
            .iter()
            .position(|name| name.tokens.start >= sentence.start && before(&name) && !self.oblique(name.tokens.start));
        let index = inside.or_else(|| self.names.iter().rposition(|name| before(&name)))?;
        self.named(index, verb.map(str::to_owned))
    }

    /// Somebody by title: the person who bears it, else the title as it stands.
    fn titled(&self, range: Range<usize>, verb: Option<String>) -> Speaker {
        let start = range.clone().find(|&i| !self.tokens.is_any(i, &["the", "a", "an"])).unwrap_or(range.start);
        let title = self.tokens.slice(start..range.end);
        let wanted = title.to_lowercase();
        let bears = |entity: &Entity| {
            entity.kind == EntityKind::Person
                && entity.titles.iter().any(|own| {
                    let own = own.to_lowercase();
                    own == wanted
                        || (wanted.split(' ').count() == 1 || !wanted.contains(' '))
                            && own.split(' ').any(|word| word == wanted)
                        || own.contains(&wanted)
                })
        };
        // The bearer named last before this place.
        let found = self
            .mentions
            .iter()
            .zip(self.names)
            .filter(|(_, name)| name.tokens.end <= range.end)
            .map(|(mention, _)| mention.entity)
            .rfind(|&e| self.entities.get(e).is_some_and(bears))
            .or_else(|| self.entities.iter().position(bears));
        let name =
            found.and_then(|e| self.entities.get(e)).map_or_else(|| title.to_owned(), |entity| entity.name.clone());
        Speaker { name: Some(name), entity: found, verb }
    }

    /// "According to X".
    fn by_according(&self, from: usize, to: usize) -> Option<Speaker> {
        let at = (from..to).find(|&i| self.tokens.is(i, "according") && self.tokens.is(i + 1, "to"))?;
        let verb = Some(String::from("according to"));
        let stop =
            (at + 2..to.max(at + 3)).take(10).find(|&i| matches!(self.tokens.word(i), "," | ".")).unwrap_or(at + 10);
        if let Some(index) = (at + 2..stop).filter_map(|i| self.name_at(i)).find(|&i| self.speaks(i)) {
            return self.named(index, verb);
        }
        let name = self.tokens.slice(at + 2..stop.min(self.tokens.list.len()));
        (!name.is_empty()).then(|| Speaker { name: Some(name.to_owned()), entity: None, verb })
    }

    /// What is told without quotation marks: "Xi said China is ready to …".
    fn indirect(&self) -> Vec<Quote> {
        let mut out = Vec::new();
        for sentence in &self.tokens.sentences {
            if let Some(quote) = self.indirect_in(sentence) {
                out.push(quote);
            }
        }
        out
    }

    fn indirect_in(&self, sentence: &Range<usize>) -> Option<Quote> {
        let tokens = self.tokens;
        let full_stop = sentence.end.checked_sub(1).filter(|&last| matches!(tokens.word(last), "." | "!" | "?"));
        let end = full_stop.unwrap_or(sentence.end);
        let verb = sentence.clone().find(|&i| self.is_cue(i) && !self.quoted(i));
        let Some(verb) = verb else {
            // "According to X, …" and "…, according to X."
            let at =
                sentence.clone().find(|&i| tokens.is(i, "according") && tokens.is(i + 1, "to") && !self.quoted(i))?;
            let speaker = self.by_according(sentence.start, end)?;
            let content = if at == sentence.start {
                let comma = (at..end).find(|&i| tokens.word(i) == ",")?;
                comma + 1..end
            } else {
                sentence.start..if tokens.word(at - 1) == "," { at - 1 } else { at }
            };
            return self.told(content, speaker);
        };
        let mut start = verb + 1;
        if tokens.is_any(verb, &["told", "assured", "warned", "reassured", "urged"]) {
            // The one who is told stands between the verb and what is told.
            start = (start..end.min(start + 8)).find(|&i| tokens.is(i, "that")).unwrap_or_else(|| {
                self.name_at(start).and_then(|i| self.names.get(i)).map_or(start, |name| name.tokens.end)
            });
        } else if let Some(that) = (start..end.min(start + 6)).find(|&i| tokens.is(i, "that"))
            && !(start..that).any(|i| self.quoted(i))
        {
            start = that;
        }
        if tokens.is(start, "that") {
            start += 1;
        }
        let trailing = end.saturating_sub(start) < INDIRECT_WORDS_MIN
            || tokens.is_any(start, &["on", "in", "during", "at"]) && end.saturating_sub(start) < 9;
        if trailing && verb > sentence.start + 4 && !self.quoted(sentence.start) {
            // "Growth will slow, the bank said."
            let comma = (sentence.start..verb).rev().find(|&i| tokens.word(i) == ",")?;
            let speaker = self.subject_before(verb, comma + 1).or_else(|| self.subject_after(verb, end))?;
            return self.told(sentence.start..comma, speaker);
        }
        // "responded to her visit", "said in the opening remarks": nothing is told.
        if !tokens.is(start.saturating_sub(1), "that")
            && tokens.is_any(start, &["to", "in", "on", "at", "by", "for", "with", "of", "during"])
        {
            return None;
        }
        if matches!(tokens.word(start), ":" | "," | "“" | "\"") || self.quoted(start) {
            return None;
        }
        let speaker = self.subject_before(verb, sentence.start)?;
        self.told(start..end, speaker)
    }

    fn told(&self, content: Range<usize>, speaker: Speaker) -> Option<Quote> {
        let words = content.clone().filter(|&i| !matches!(self.tokens.shape(i), Shape::Sign)).count();
        // Quotations that fill the content are told of as quotations.
        let quoted = content.clone().filter(|&i| self.quoted(i)).count();
        (words >= INDIRECT_WORDS_MIN && quoted * 2 <= content.len())
            .then(|| self.quote(content, Some(speaker), QuoteKind::Indirect))
    }
}
