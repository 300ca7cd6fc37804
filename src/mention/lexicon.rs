//! What extraction knows before it reads: names, titles, and the words that names are made of. All of it is data in
//! `config/gazetteers` and `config/rules`, compiled once.

use std::collections::{HashMap, HashSet};

use super::EntityKind;

/// Names and words, compiled.
pub struct Lexicon {
    names: HashMap<&'static str, (EntityKind, Option<&'static str>)>,
    /// First words of names of several words, with the most words a name so beginning has.
    begins: HashMap<&'static str, usize>,
    first_names: HashSet<&'static str>,
    surnames: HashSet<&'static str>,
    common: HashSet<&'static str>,
    groups: HashSet<&'static str>,
    countries: HashSet<&'static str>,
    words: HashMap<&'static str, HashSet<&'static str>>,
}

fn lines(text: &'static str) -> impl Iterator<Item = &'static str> {
    text.lines().map(str::trim_end).filter(|l| !l.is_empty() && !l.starts_with('#'))
}

impl Lexicon {
    /// What is shipped in the program.
    pub fn builtin() -> Self {
        let mut lexicon = Self {
            names: HashMap::new(),
            begins: HashMap::new(),
            first_names: lines(include_str!("../../config/gazetteers/first_names.txt")).collect(),
            surnames: lines(include_str!("../../config/gazetteers/surnames.txt")).collect(),
            common: lines(include_str!("../../config/rules/words.txt")).collect(),
            groups: lines(include_str!("../../config/gazetteers/groups.txt")).collect(),
            countries: HashSet::new(),
            words: HashMap::new(),
        };
        for city in lines(include_str!("../../config/gazetteers/cities.txt")) {
            lexicon.add(city, EntityKind::Place, None);
        }
        let known = [
            (include_str!("../../config/gazetteers/organizations.tsv"), EntityKind::Organization),
            (include_str!("../../config/gazetteers/people.tsv"), EntityKind::Person),
            (include_str!("../../config/gazetteers/places.tsv"), EntityKind::Place),
        ];
        for (file, kind) in known {
            for line in lines(file) {
                let (name, id) = line.split_once('\t').unwrap_or((line, ""));
                lexicon.add(name, kind, (!id.is_empty()).then_some(id));
                if kind == EntityKind::Place {
                    lexicon.countries.insert(name);
                }
            }
        }
        // [list] heads the words that follow it.
        let mut list = "";
        for line in lines(include_str!("../../config/rules/name_words.txt")) {
            match line.strip_prefix('[').and_then(|l| l.strip_suffix(']')) {
                Some(name) => list = name,
                None => lexicon.words.entry(list).or_default().extend(line.split_whitespace()),
            }
        }
        lexicon
    }

    fn add(&mut self, name: &'static str, kind: EntityKind, wikidata: Option<&'static str>) {
        self.names.insert(name, (kind, wikidata));
        let words = name.split(' ').count();
        if let Some(first) = name.split(' ').next() {
            let most = self.begins.entry(first).or_default();
            *most = words.max(*most);
        }
    }

    /// A known name.
    pub fn name(&self, text: &str) -> Option<(EntityKind, Option<&'static str>)> {
        self.names.get(text).copied()
    }

    /// The most words a known name beginning with this word has.
    pub fn longest_from(&self, word: &str) -> usize {
        self.begins.get(word).copied().unwrap_or(0)
    }

    /// Whether it is a given name.
    pub fn is_first_name(&self, word: &str) -> bool {
        self.first_names.contains(word)
    }

    /// Whether it is a family name.
    pub fn is_surname(&self, word: &str) -> bool {
        self.surnames.contains(word)
    }

    /// Whether it is an everyday word of English, in any case.
    pub fn is_common(&self, word: &str) -> bool {
        self.common.contains(word.to_lowercase().as_str())
    }

    /// Whether it names a people, a nationality or a religion.
    pub fn is_group(&self, word: &str) -> bool {
        self.groups.contains(word)
    }

    /// Whether it is a country or region.
    pub fn is_country(&self, word: &str) -> bool {
        self.countries.contains(word)
    }

    /// Whether a word stands in one of the lists of `name_words.txt`.
    pub fn listed(&self, list: &str, word: &str) -> bool {
        self.words.get(list).is_some_and(|words| words.contains(word))
    }
}
