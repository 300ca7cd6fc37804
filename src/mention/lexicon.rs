//! What is known of words and names before reading: lists under `config/gazetteers` and `config/rules/extract`.
//!
//! The lists are compiled into the program and indexed once; a lookup is one hash of a short string.

use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::OnceLock;

use serde::Deserialize;

use super::EntityKind;

/// What a single word can be; a word can be several.
pub(crate) mod flag {
    /// English vocabulary.
    pub const WORD: u32 = 1;
    /// Given to people first.
    pub const FORENAME: u32 = 1 << 1;
    /// A family name.
    pub const SURNAME: u32 = 1 << 2;
    /// A title before a person.
    pub const TITLE: u32 = 1 << 3;
    /// May stand before a title.
    pub const TITLE_MODIFIER: u32 = 1 << 4;
    /// Ends an organization's name.
    pub const ORG_HEAD: u32 = 1 << 5;
    /// Begins an organization's name before "of".
    pub const ORG_OF: u32 = 1 << 6;
    /// Ends a place's name.
    pub const PLACE_HEAD: u32 = 1 << 7;
    /// Begins a place's name.
    pub const PLACE_FIRST: u32 = 1 << 8;
    /// Ends a building's name.
    pub const FACILITY_HEAD: u32 = 1 << 9;
    /// Ends an event's name.
    pub const EVENT_HEAD: u32 = 1 << 10;
    /// Ends a law's name.
    pub const LAW_HEAD: u32 = 1 << 11;
    /// Ends the name of a prize.
    pub const WORK_HEAD: u32 = 1 << 12;
    /// Stands in small letters inside a person's name.
    pub const PARTICLE: u32 = 1 << 13;
    /// A verb of saying.
    pub const SAY: u32 = 1 << 14;
    /// A verb that tells of quoted words.
    pub const SAY_MIXED: u32 = 1 << 15;
    /// A place follows.
    pub const PLACE_CUE: u32 = 1 << 16;
    /// Articles, prepositions, pronouns and their kin.
    pub const FUNCTION: u32 = 1 << 17;
    /// No name even in capitals.
    pub const NOT_NAME: u32 = 1 << 18;
    /// A nationality, religion or movement.
    pub const DEMONYM: u32 = 1 << 19;
    /// A month's or weekday's name, or another word dates are made of.
    pub const DATE: u32 = 1 << 20;
}

/// A name known before reading.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Phrase {
    /// What kind of thing.
    pub kind: EntityKind,
    /// Whether the name alone is enough evidence.
    pub strong: bool,
    /// Its Wikidata id.
    pub wikidata: Option<&'static str>,
    /// The name it is another form of.
    pub same_as: Option<&'static str>,
}

/// FNV-1a: the keys are short and ours.
#[derive(Debug)]
pub(crate) struct Fnv(u64);

impl Default for Fnv {
    fn default() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }
}

impl Hasher for Fnv {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
}

type Map<V> = HashMap<Box<str>, V, BuildHasherDefault<Fnv>>;

/// The compiled lists.
#[derive(Debug, Default)]
pub struct Lexicon {
    words: Map<u32>,
    phrases: Map<Phrase>,
    /// The most words a name has that begins with this word.
    longest: Map<usize>,
    abbreviations: HashSet<&'static str>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WordLists {
    function: String,
    not_names: String,
    title: String,
    title_modifier: String,
    org_head: String,
    org_of: String,
    place_head: String,
    place_first: String,
    facility_head: String,
    event_head: String,
    law_head: String,
    work_head: String,
    particle: String,
    say: String,
    say_mixed: String,
    place_cue: String,
}

const ABBREVIATIONS: &str = "Mr Mrs Ms Dr Prof Sen Rep Gov Gen Lt Col Maj Capt Sgt Adm Rev Hon Jr Sr St Jan Feb Mar Apr Jun \
    Jul Aug Sep Sept Oct Nov Dec No vs Inc Ltd Co Corp Supt Brig Barr Mt Amb Fr Sec etc Rs";

const DATE_WORDS: &str = "january february march april may june july august september october november december jan feb mar \
    apr jun jul aug sep sept oct nov dec monday tuesday wednesday thursday friday saturday sunday mon tue wed thu fri sat \
    today yesterday tomorrow tonight last next this past previous coming ago earlier later year years month months week \
    weeks day days quarter decade weekend recently early late mid";

impl Lexicon {
    /// The lists that are shipped, compiled on first use.
    pub fn builtin() -> &'static Self {
        static BUILTIN: OnceLock<Lexicon> = OnceLock::new();
        BUILTIN.get_or_init(Self::compile)
    }

    fn compile() -> Self {
        let mut lexicon = Self::default();
        lexicon.words.reserve(40_000);
        lexicon.phrases.reserve(40_000);
        for word in include_str!("../../config/gazetteers/words.txt").lines() {
            lexicon.mark(word, flag::WORD);
        }
        for word in include_str!("../../config/gazetteers/forenames.txt").lines() {
            lexicon.mark(word, flag::FORENAME);
        }
        for word in include_str!("../../config/gazetteers/surnames.txt").lines() {
            lexicon.mark(word, flag::SURNAME);
        }
        lexicon.add_word_lists();
        for word in include_str!("../../config/rules/extract/demonyms.txt").split_whitespace() {
            lexicon.mark(word, flag::DEMONYM);
            lexicon.unmark(word, flag::WORD);
        }
        for word in DATE_WORDS.split_whitespace() {
            lexicon.mark(word, flag::DATE);
        }
        for word in ABBREVIATIONS.split_whitespace() {
            lexicon.abbreviations.insert(word);
        }
        lexicon.add_names();
        lexicon
    }

    fn add_word_lists(&mut self) {
        let text = include_str!("../../config/rules/extract/words.toml");
        let Ok(lists) = toml::from_str::<WordLists>(text) else { return };
        for (list, flag) in [
            (&lists.function, flag::FUNCTION),
            (&lists.not_names, flag::NOT_NAME),
            (&lists.title, flag::TITLE),
            (&lists.title_modifier, flag::TITLE_MODIFIER),
            (&lists.org_head, flag::ORG_HEAD),
            (&lists.org_of, flag::ORG_OF),
            (&lists.place_head, flag::PLACE_HEAD),
            (&lists.place_first, flag::PLACE_FIRST),
            (&lists.facility_head, flag::FACILITY_HEAD),
            (&lists.event_head, flag::EVENT_HEAD),
            (&lists.law_head, flag::LAW_HEAD),
            (&lists.work_head, flag::WORK_HEAD),
            (&lists.particle, flag::PARTICLE),
            (&lists.say, flag::SAY),
            (&lists.say_mixed, flag::SAY_MIXED),
            (&lists.place_cue, flag::PLACE_CUE),
        ] {
            for word in list.split_whitespace() {
                self.mark(word, flag);
            }
        }
    }

    fn add_names(&mut self) {
        for name in include_str!("../../config/gazetteers/cities.txt").lines() {
            let ambiguous = flag::WORD | flag::FORENAME | flag::SURNAME | flag::TITLE | flag::ORG_HEAD | flag::FUNCTION;
            let strong = name.contains(' ') || self.flags(&name.to_lowercase()) & ambiguous == 0;
            self.name(name, Phrase { kind: EntityKind::Place, strong, wikidata: None, same_as: None });
        }
        for name in include_str!("../../config/gazetteers/capitals.txt").lines() {
            self.name(name, Phrase { kind: EntityKind::Place, strong: true, wikidata: None, same_as: None });
        }
        for name in include_str!("../../config/gazetteers/companies.txt").lines() {
            let strong = name.contains(' ')
                || self.flags(&name.to_lowercase()) & (flag::WORD | flag::SURNAME | flag::FORENAME) == 0;
            self.name(name, Phrase { kind: EntityKind::Organization, strong, wikidata: None, same_as: None });
        }
        for line in include_str!("../../config/gazetteers/leaders.tsv").lines() {
            let mut columns = line.split('\t');
            // "Pope Francis" is a title and a name; the name alone is too little.
            if let (Some(name), wikidata) = (columns.next(), columns.next())
                && name.split(' ').next().is_none_or(|first| self.flags(&first.to_lowercase()) & flag::TITLE == 0)
            {
                self.name(name, Phrase { kind: EntityKind::Person, strong: true, wikidata, same_as: None });
            }
        }
        for line in include_str!("../../config/gazetteers/territories.tsv").lines() {
            let mut columns = line.split('\t');
            if let (Some(name), Some(_), wikidata) = (columns.next(), columns.next(), columns.next()) {
                self.name(name, Phrase { kind: EntityKind::Place, strong: true, wikidata, same_as: None });
            }
        }
        for line in include_str!("../../config/rules/extract/names.tsv").lines().filter(|line| !line.starts_with('#')) {
            let mut columns = line.split('\t');
            let (Some(name), Some(kind)) = (columns.next(), columns.next()) else { continue };
            let wikidata = columns.next().filter(|id| !id.is_empty());
            let same_as = columns.next().filter(|name| !name.is_empty());
            let kind = match kind {
                "organization" => EntityKind::Organization,
                "event" => EntityKind::Event,
                "law" => EntityKind::Law,
                "product" => EntityKind::Product,
                "work" => EntityKind::Work,
                "group" => EntityKind::Group,
                _ => EntityKind::Place,
            };
            self.name(name, Phrase { kind, strong: true, wikidata, same_as });
        }
    }

    fn mark(&mut self, word: &str, flag: u32) {
        *self.words.entry(word.to_lowercase().into_boxed_str()).or_default() |= flag;
    }

    fn unmark(&mut self, word: &str, flag: u32) {
        if let Some(flags) = self.words.get_mut(word.to_lowercase().as_str()) {
            *flags &= !flag;
        }
    }

    fn name(&mut self, name: &str, phrase: Phrase) {
        let words = name.split([' ', '\'', '’', ',']).count();
        if let Some(first) = name.split([' ', '\'', '’', ',']).next() {
            let longest = self.longest.entry(first.into()).or_default();
            *longest = (*longest).max(words + 1);
        }
        self.phrases.insert(name.into(), phrase);
    }

    /// The flags of a word in lower case; 0 for an unknown one.
    pub(crate) fn flags(&self, lower: &str) -> u32 {
        self.words.get(lower).copied().unwrap_or_default()
    }

    /// A name as it is written.
    pub(crate) fn phrase(&self, name: &str) -> Option<&Phrase> {
        self.phrases.get(name)
    }

    /// The most tokens a known name has that begins with this word.
    pub(crate) fn longest(&self, first: &str) -> usize {
        self.longest.get(first).copied().unwrap_or_default()
    }

    /// Whether the word is written with a dot that ends no sentence.
    pub(crate) fn is_abbreviation(&self, word: &str) -> bool {
        self.abbreviations.contains(word)
    }
}
