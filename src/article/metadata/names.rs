//! A byline read into names: without "By", jobs and places, and each name told to be a person's, a house's or an
//! agency's.

use std::collections::{HashMap, HashSet};

use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use super::site::Site;
use super::title::plain;
use crate::article::text::{folded, squeeze};

/// Longest byline read, in characters; a longer one is prose.
const LINE_CHARS_MAX: usize = 400;
/// Longest name, in characters.
const NAME_CHARS_MAX: usize = 60;
/// Most words of a person's name.
const NAME_WORDS_MAX: usize = 6;

/// Somebody a byline names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Credit {
    /// The name.
    pub name: String,
    /// Whose name it is.
    pub kind: CreditKind,
}

/// Whose name a byline has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum CreditKind {
    /// A person's.
    Person,
    /// The paper's, a desk's, a team's, a company's.
    Organization,
    /// A news agency's.
    Agency,
}

/// How bylines are written: `config/rules/bylines.toml`, compiled.
#[derive(Debug)]
pub(in super::super) struct Bylines {
    prefixes: HashSet<String>,
    suffixes: Vec<String>,
    joints: HashSet<String>,
    houses: HashSet<String>,
    jobs: HashSet<String>,
    placeholders: HashSet<String>,
    labels: HashSet<String>,
    pub updates: Vec<String>,
    pub credits: HashSet<String>,
    pub byline_classes: HashSet<String>,
    pub date_classes: HashSet<String>,
    pub foreign_classes: HashSet<String>,
    agencies: HashMap<String, String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    prefixes: HashSet<String>,
    suffixes: Vec<String>,
    joints: HashSet<String>,
    houses: HashSet<String>,
    jobs: HashSet<String>,
    placeholders: HashSet<String>,
    labels: HashSet<String>,
    updates: Vec<String>,
    credits: HashSet<String>,
    byline_classes: HashSet<String>,
    date_classes: HashSet<String>,
    foreign_classes: HashSet<String>,
    agency: Vec<Agency>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Agency {
    name: String,
    spellings: Vec<String>,
}

impl Bylines {
    /// Reads the rule file.
    pub fn from_text(text: &str) -> Result<Self, toml::de::Error> {
        let file: File = toml::from_str(text)?;
        let mut agencies = HashMap::new();
        for agency in file.agency {
            for spelling in agency.spellings {
                agencies.insert(spelling, agency.name.clone());
            }
        }
        Ok(Self {
            prefixes: file.prefixes,
            suffixes: file.suffixes,
            joints: file.joints,
            houses: file.houses,
            jobs: file.jobs,
            placeholders: file.placeholders,
            labels: file.labels,
            updates: file.updates,
            credits: file.credits,
            byline_classes: file.byline_classes,
            date_classes: file.date_classes,
            foreign_classes: file.foreign_classes,
            agencies,
        })
    }

    /// The agency that a piece of text is a name of.
    pub fn agency(&self, text: &str) -> Option<&str> {
        let name =
            text.trim().trim_matches(|c: char| matches!(c, '(' | ')' | '[' | ']' | '.' | '©' | '"' | '*')).trim();
        // The shortest are words of some language, and agencies in capitals alone.
        if name.chars().count() <= 3 && name.is_ascii() && name != "dpa" && name.chars().any(|c| c.is_ascii_lowercase())
        {
            return None;
        }
        let lower = name.to_lowercase();
        self.agencies.get(&lower).or_else(|| self.agencies.get(lower.strip_prefix("the ")?)).map(String::as_str)
    }

    /// A line without the words in front of its names ("By", "Von", "Text:"), and whether there were any.
    pub fn without_prefix<'t>(&self, line: &'t str) -> (&'t str, bool) {
        let mut line = line.trim();
        let mut any = false;
        for _ in 0..3 {
            let Some(rest) = self.after_prefix(line) else { break };
            (line, any) = (rest, true);
        }
        (line, any)
    }

    fn after_prefix<'t>(&self, line: &'t str) -> Option<&'t str> {
        // The longest prefix has four words.
        let mut ends: Vec<usize> = line
            .char_indices()
            .filter(|(_, c)| c.is_whitespace() || matches!(c, ':' | '：' | '/' | '／' | '=' | '|' | '-'))
            .map(|(at, _)| at)
            .take(5)
            .collect();
        ends.reverse();
        for end in ends {
            let (front, rest) = line.split_at_checked(end)?;
            let colon = rest.starts_with([':', '：', '/', '／', '=']);
            let lower = front.to_lowercase();
            let is_known = self.prefixes.contains(&lower);
            // "De Gaulle" is a name, "de Jean Dupont" a byline, and "Von der Leyen" is one where nothing else says so.
            let is_particle =
                matches!(lower.as_str(), "de" | "di" | "per" | "na" | "ni" | "af" | "av" | "at" | "του" | "της");
            let is_prefix = is_known && (colon || !is_particle || front.starts_with(char::is_lowercase));
            let rest = rest
                .trim_start_matches(|c: char| c.is_whitespace() || matches!(c, ':' | '：' | '/' | '／' | '=' | '|'));
            if is_prefix && rest.chars().any(char::is_alphabetic) && !(lower == "von" && rest.starts_with("der ")) {
                return Some(rest);
            }
        }
        // CJK writes no space: 記者張三 stays whole, for the family name cannot be told; 文／張三 has its mark.
        None
    }

    /// Everybody a byline names, in order.
    pub(super) fn read(&self, line: &str, is_organization: bool, site: &Site) -> Vec<Credit> {
        let line = plain(line);
        if line.chars().count() > LINE_CHARS_MAX || line.contains("://") || line.starts_with("www.") {
            return Vec::new();
        }
        let (line, _) = self.without_prefix(&line);
        let line = without_mail(line);
        if let Some(agency) = self.agency(&line) {
            return vec![Credit { name: agency.to_owned(), kind: CreditKind::Agency }];
        }
        let whole = trimmed(&line);
        if is_organization || site.is(whole) || site.name.as_deref().is_some_and(|name| folded(name) == folded(whole)) {
            return self.house(whole).into_iter().collect();
        }
        if let Some(inverted) = inverted(whole) {
            return vec![Credit { name: inverted, kind: CreditKind::Person }];
        }
        let mut found: Vec<Credit> = Vec::new();
        for (index, part) in self.split(&line).iter().enumerate() {
            if self.is_label(part) {
                // Whoever follows made the pictures.
                break;
            }
            let Some(credit) = self.one(part, site) else { continue };
            // After a name a single word is a place or a degree: "Jane Doe, Berlin", "Jane Doe, MD".
            let is_single = credit.kind == CreditKind::Person && !credit.name.contains(' ') && credit.name.is_ascii();
            let after_full =
                found.first().is_some_and(|first| first.kind != CreditKind::Person || first.name.contains(' '));
            let is_first_house = found.first().is_some_and(|first| first.kind == CreditKind::Organization);
            if index > 0 && credit.kind == CreditKind::Person && (is_single && after_full || is_first_house) {
                continue;
            }
            found.push(credit);
        }
        found
    }

    /// Cuts a byline at commas and joints.
    fn split(&self, line: &str) -> Vec<String> {
        let mut parts = Vec::new();
        for piece in line.split([',', ';', '|', '/', '\n', '·', '•', '、', '，', '；', '／', '｜', '،']) {
            let words: Vec<&str> = piece.split_whitespace().collect();
            let mut from = 0;
            for (at, word) in words.iter().enumerate() {
                let lower = word.to_lowercase();
                if at < from || at == from && at > 0 || !self.joints.contains(&lower) || *word != lower {
                    continue;
                }
                // One-letter joints stand between full names only: "Ortega y Gasset" is one name.
                let is_letter = lower.chars().count() == 1 && lower != "&" && lower.is_ascii();
                if at > from && is_letter && (at - from < 2 || words.len() - at < 3) {
                    continue;
                }
                parts.push(words.get(from..at).unwrap_or_default().join(" "));
                from = at + 1;
            }
            parts.push(words.get(from..).unwrap_or_default().join(" "));
        }
        parts.retain(|part| !part.is_empty());
        parts
    }

    /// Whether a part of a byline names who took the pictures.
    fn is_label(&self, part: &str) -> bool {
        let part = part.trim_start_matches(['(', '[']);
        let front = part.split([':', '：', '＝', '=']).next().filter(|front| front.len() < part.len());
        front.is_some_and(|front| self.labels.contains(front.trim().to_lowercase().as_str()))
    }

    /// Who one part of a byline is.
    fn one(&self, part: &str, site: &Site) -> Option<Credit> {
        let (part, _) = self.without_prefix(trimmed(part));
        // A place or an agency may follow in brackets or after a dash.
        let part = [" (", " [", " - ", " – ", " — ", "（", " @"]
            .iter()
            .fold(part, |part, mark| part.split_once(mark).map_or(part, |(front, _)| front));
        let mut name = trimmed(part);
        for suffix in &self.suffixes {
            if let Some((front, _)) =
                name.split_once(suffix.as_str()).filter(|(front, _)| front.trim().chars().count() > 1)
            {
                name = front.trim();
            }
        }
        if let Some(agency) = self.agency(name) {
            return Some(Credit { name: agency.to_owned(), kind: CreditKind::Agency });
        }
        let lower = name.to_lowercase();
        let letters = name.chars().filter(|c| c.is_alphabetic()).count();
        let words = || lower.split(|c: char| !c.is_alphanumeric() && c != '-').filter(|word| !word.is_empty());
        if letters < 2
            || name.chars().count() > NAME_CHARS_MAX
            || self.placeholders.contains(&lower)
            || name.contains("://")
            || name.contains('@')
            || name.starts_with(['{', '<', '%', '#'])
            || lower.ends_with(" ago")
        {
            return None;
        }
        if site.is(name) || is_domain(&lower) || words().any(|word| self.houses.contains(word)) {
            return self.house(name);
        }
        if words().any(|word| self.jobs.contains(word)) || name.split_whitespace().count() > NAME_WORDS_MAX {
            return None;
        }
        if name.chars().any(|c| c.is_ascii_digit()) || !has_name_shape(name) {
            return None;
        }
        Some(Credit { name: spelled(name), kind: CreditKind::Person })
    }

    fn house(&self, name: &str) -> Option<Credit> {
        let lower = name.to_lowercase();
        let is_name = name.chars().filter(|c| c.is_alphabetic()).count() > 1
            && name.chars().count() <= NAME_CHARS_MAX
            && !self.placeholders.contains(&lower);
        is_name.then(|| Credit { name: name.to_owned(), kind: CreditKind::Organization })
    }
}

/// Marks around a name that are not of it.
fn trimmed(text: &str) -> &str {
    text.trim_matches(|c: char| {
        c.is_whitespace()
            || matches!(
                c,
                ':' | '：'
                    | '-'
                    | '–'
                    | '—'
                    | '@'
                    | '('
                    | ')'
                    | '"'
                    | '“'
                    | '”'
                    | '*'
                    | '|'
                    | '•'
                    | ','
                    | ';'
                    | '»'
                    | '«'
                    | '＝'
            )
    })
    .trim_end_matches('.')
}

/// A line without its addresses and handles.
fn without_mail(line: &str) -> String {
    if !line.contains('@') {
        return line.to_owned();
    }
    let words = line.split_whitespace().filter(|word| !word.contains('@') || word.chars().count() < 3);
    squeeze(&words.collect::<Vec<_>>().join(" "))
}

/// "Doe, Jane" as "Jane Doe".
fn inverted(line: &str) -> Option<String> {
    let (family, given) = line.split_once(", ")?;
    let is_word = |text: &str| {
        !text.contains([' ', ',']) && text.chars().all(|c| c.is_alphabetic() || matches!(c, '-' | '\'' | '’'))
    };
    let is_capital = |text: &str| {
        let mut chars = text.chars();
        chars.next().is_some_and(char::is_uppercase) && chars.any(char::is_lowercase)
    };
    let (first, initial) = given.split_once(' ').unwrap_or((given, ""));
    let is_initial = initial.is_empty() || initial.chars().count() <= 2 && initial.ends_with('.');
    let fits = is_word(family) && is_word(first) && is_initial && is_capital(family) && is_capital(first);
    fits.then(|| format!("{given} {family}"))
}

fn is_domain(lower: &str) -> bool {
    let Some((front, tail)) = lower.rsplit_once('.') else { return false };
    !lower.contains(' ')
        && front.len() > 1
        && matches!(tail.len(), 2..=4)
        && tail.bytes().all(|b| b.is_ascii_lowercase())
}

/// Whether a text can be a name: every word begins with a capital, but for particles, or it is one word, or its script
/// has no capitals.
fn has_name_shape(name: &str) -> bool {
    let words: Vec<&str> = name.split_whitespace().collect();
    if words.len() == 1 || !name.chars().any(|c| c.is_uppercase() || c.is_lowercase()) {
        return true;
    }
    let small = words.iter().filter(|word| word.starts_with(char::is_lowercase)).count();
    // Some write whole names small; a sentence has small words among others.
    small == words.len() && words.len() <= 3
        || small * 2 <= words.len() && words.iter().all(|w| w.chars().count() <= 20)
}

/// A name as it is read: capitals only become capitals first, and the hyphens of a user's name become spaces.
fn spelled(name: &str) -> String {
    let letters = || name.chars().filter(|c| c.is_alphabetic());
    if name.contains(' ') && letters().count() > 4 && letters().all(char::is_uppercase) {
        return title_case(name);
    }
    name.to_owned()
}

fn title_case(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    let mut start = true;
    for c in name.chars() {
        if start {
            out.push(c);
        } else {
            out.extend(c.to_lowercase());
        }
        start = !c.is_alphabetic();
    }
    out
}

/// What two spellings of one name share: letters without case and accents.
pub(super) fn name_key(name: &str) -> String {
    name.nfkd().filter(|c| c.is_alphanumeric() && !is_combining_mark(*c)).flat_map(char::to_lowercase).collect()
}

/// Whether a name is the name of an account: one word in small letters, with the marks or digits of such names.
pub(super) fn is_account(name: &str) -> bool {
    !name.contains(' ') && name.is_ascii() && name.starts_with(|c: char| c.is_ascii_lowercase())
}
