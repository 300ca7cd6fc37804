//! `sites.toml`, from text to rules: all faults at once, each with its line and the nearest right key.

use std::collections::HashMap;
use std::fmt;

use chrono::FixedOffset;
use chrono::format::{Item, StrftimeItems};
use scraper::Selector;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::{SiteRule, SiteRules, Zone, selector};
use crate::article::{learnt, metadata};

/// Bytes of the largest file.
const FILE_BYTES_MAX: usize = 4 << 20;
/// Selectors of one key.
const SELECTORS_MAX: usize = 16;
/// Every key of a site.
const KEYS: [&str; 11] = [
    "host",
    "path",
    "keep",
    "drop",
    "verbatim",
    "title",
    "authors",
    "published",
    "date_format",
    "timezone",
    "language",
];

/// One thing wrong with the rules.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The line, from 1.
    pub line: usize,
    /// What is wrong, and what would be right.
    pub message: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.line, self.message)
    }
}

/// Reads the rules.
///
/// # Errors
/// Every fault of the file; no rule is taken from a file that has one.
pub fn read(text: &str) -> Result<SiteRules, Vec<Problem>> {
    let mut faults = Faults { text, problems: Vec::new() };
    let mut rules = SiteRules { fingerprint: learnt::hash([text.as_bytes()]), ..SiteRules::default() };
    if text.len() > FILE_BYTES_MAX {
        return Err(vec![Problem { line: 1, message: format!("the file is larger than {FILE_BYTES_MAX} bytes") }]);
    }
    let (document, errors) = DeTable::parse_recoverable(text);
    for error in errors {
        faults.tell(error.span().map_or(0, |span| span.start), format!("this is no TOML: {}", error.message()));
    }
    if !faults.problems.is_empty() {
        return Err(faults.problems);
    }
    let mut lines: HashMap<(String, String), usize> = HashMap::new();
    for (key, value) in document.get_ref() {
        if key.get_ref() != "sites" {
            faults.tell(key.span().start, format!("there is no table {}; write [[sites]]", key.get_ref()));
            continue;
        }
        let Some(sites) = value.get_ref().as_array() else {
            faults.tell(value.span().start, "sites must be a list of tables: write [[sites]]".to_owned());
            continue;
        };
        for site in sites {
            let at = site.span().start;
            let Some(table) = site.get_ref().as_table() else {
                faults.tell(at, "a site must be a table: write [[sites]]".to_owned());
                continue;
            };
            let Some(rule) = faults.rule(at, table) else { continue };
            let line = faults.line(at);
            if let Some(first) = lines.insert((rule.host.clone(), rule.path.clone()), line) {
                faults.tell(at, format!("{}{} has a rule on line {first} already", rule.host, rule.path));
            }
            rules.by_host.entry(rule.host.clone()).or_default().push(rule);
        }
    }
    for of_host in rules.by_host.values_mut() {
        of_host.sort_by_key(|rule| std::cmp::Reverse(rule.path.len()));
    }
    if faults.problems.is_empty() { Ok(rules) } else { Err(faults.problems) }
}

struct Faults<'t> {
    text: &'t str,
    problems: Vec<Problem>,
}

type Value<'t> = Spanned<DeValue<'t>>;

impl Faults<'_> {
    fn tell(&mut self, at: usize, message: String) {
        self.problems.push(Problem { line: self.line(at), message });
    }

    fn line(&self, at: usize) -> usize {
        1 + self.text.bytes().take(at).filter(|byte| *byte == b'\n').count()
    }

    /// A rule, unless something is wrong with it.
    fn rule(&mut self, at: usize, table: &DeTable<'_>) -> Option<SiteRule> {
        let before = self.problems.len();
        let mut rule = SiteRule {
            host: String::new(),
            path: "/".to_owned(),
            keep: Vec::new(),
            drop: Vec::new(),
            verbatim: false,
            title: Vec::new(),
            authors: Vec::new(),
            published: Vec::new(),
            date_format: None,
            zone: None,
            language: None,
        };
        for (key, value) in table {
            let done = match key.get_ref().as_ref() {
                "host" => host(value).map(|host| rule.host = host),
                "path" => path(value).map(|path| rule.path = path),
                "keep" => self.selectors(value).map(|found| rule.keep = found),
                "drop" => self.selectors(value).map(|found| rule.drop = found),
                "verbatim" => truth(value).map(|truth| rule.verbatim = truth),
                "title" => self.selectors(value).map(|found| rule.title = found),
                "authors" => self.selectors(value).map(|found| rule.authors = found),
                "published" => self.selectors(value).map(|found| rule.published = found),
                "date_format" => date_format(value).map(|format| rule.date_format = Some(format)),
                "timezone" => zone(value).map(|zone| rule.zone = Some(zone)),
                "language" => language(value).map(|language| rule.language = Some(language)),
                unknown => {
                    let alike = |name: &str| strsim::jaro_winkler(name, unknown);
                    let nearest = KEYS.into_iter().max_by(|a, b| alike(a).total_cmp(&alike(b))).unwrap_or_default();
                    self.tell(key.span().start, format!("there is no key {unknown}; did you mean {nearest}?"));
                    continue;
                }
            };
            if let Err(message) = done {
                self.tell(value.span().start, format!("{}: {message}", key.get_ref()));
            }
        }
        let mut refuse = |wrong: bool, message: &str| {
            if wrong {
                self.tell(at, message.to_owned());
            }
        };
        refuse(!table.contains_key("host"), "a site needs its host: write host = \"example.org\"");
        refuse(rule.verbatim && rule.keep.is_empty(), "verbatim needs keep: it says that what is kept is the story");
        refuse(rule.date_format.is_some() && rule.published.is_empty(), "date_format needs published");
        refuse(rule.zone.is_some() && rule.date_format.is_none(), "timezone needs date_format");
        (self.problems.len() == before).then_some(rule)
    }

    /// One selector, or a list of them; each fault at its own line.
    fn selectors(&mut self, value: &Value<'_>) -> Result<Vec<Selector>, String> {
        let written: Vec<&Value<'_>> = match value.get_ref() {
            DeValue::Array(items) => items.iter().collect(),
            _ => vec![value],
        };
        if written.is_empty() || written.len() > SELECTORS_MAX {
            return Err(format!("give one selector, or a list of up to {SELECTORS_MAX}"));
        }
        let mut selectors = Vec::with_capacity(written.len());
        for item in written {
            match text(item).and_then(selector::compile) {
                Ok(selector) => selectors.push(selector),
                Err(message) => self.tell(item.span().start, message),
            }
        }
        Ok(selectors)
    }
}

fn text<'v>(value: &'v Value<'_>) -> Result<&'v str, String> {
    value.get_ref().as_str().ok_or_else(|| "must be text in quotation marks".to_owned())
}

fn truth(value: &Value<'_>) -> Result<bool, String> {
    value.get_ref().as_bool().ok_or_else(|| "must be true or false".to_owned())
}

fn host(value: &Value<'_>) -> Result<String, String> {
    let written = text(value)?;
    let wrong = || format!("{written:?} is no host: write \"example.org\", without https:// and without a path");
    let parsed = url::Host::parse(written).map_err(|_| wrong())?.to_string();
    let host = parsed.trim_end_matches('.').to_owned();
    if host.is_empty() { Err(wrong()) } else { Ok(host) }
}

fn path(value: &Value<'_>) -> Result<String, String> {
    let written = text(value)?;
    if written.starts_with('/') && !written.contains(['?', '#', '*']) {
        Ok(written.to_owned())
    } else {
        Err(format!("{written:?} is no beginning of a path: write \"/sport/\""))
    }
}

fn date_format(value: &Value<'_>) -> Result<String, String> {
    let written = text(value)?;
    let known = !StrftimeItems::new(written).any(|item| item == Item::Error);
    let dated = ["%d", "%e", "%j", "%D", "%F", "%x", "%c", "%s", "%v", "%+"].iter().any(|sign| written.contains(sign));
    if known && dated {
        Ok(written.to_owned())
    } else {
        Err(format!("{written:?} is no format of a date: write \"%d.%m.%Y, %H:%M\""))
    }
}

fn zone(value: &Value<'_>) -> Result<Zone, String> {
    let written = text(value)?;
    let fixed = written.parse::<FixedOffset>().map(Zone::Fixed);
    written.parse().map(Zone::Named).or(fixed).map_err(|_| {
        let alike = |name: &str| strsim::jaro_winkler(name, written);
        let zones = chrono_tz::TZ_VARIANTS.iter().map(|zone| zone.name());
        let nearest = zones.max_by(|a, b| alike(a).total_cmp(&alike(b))).unwrap_or_default();
        format!("there is no time zone {written:?}; did you mean {nearest}?")
    })
}

fn language(value: &Value<'_>) -> Result<String, String> {
    let written = text(value)?;
    let code = metadata::primary(written).filter(|code| code == written || written.contains(['-', '_']));
    code.ok_or_else(|| format!("{written:?} is no language: write \"de\""))
}
