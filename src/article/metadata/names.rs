//! Names: a headline without the paper's name, a byline without "By", jobs and agencies.

use crate::article::rules::Rules;
use crate::article::text::{folded, settle, squeeze};

/// People in one byline; more is a list of staff.
const PEOPLE_MAX: usize = 12;

/// A headline without the site's name at its end ("Headline | The Paper").
pub(in super::super) fn without_site(title: &str, site: Option<&str>) -> String {
    let title = squeeze(&settle(title));
    for mark in [" | ", " - ", " – ", " — ", " · ", " :: ", " » ", " / ", " • ", "｜", " : "] {
        let Some((front, back)) = title.rsplit_once(mark) else { continue };
        let strong = matches!(mark, " | " | " :: " | " » " | "｜" | " • " | " · ");
        let named = site.is_some_and(|site| {
            let (site, back) = (folded(site), folded(back));
            !site.is_empty() && !back.is_empty() && (back.contains(&site) || site.contains(&back))
        });
        let back_words = back.split_whitespace().count();
        // Without the site's name only the strong marks are cut, and only where what goes is short and what stays long.
        if named || strong && back_words <= 4 && front.split_whitespace().count() >= 3 && front.len() > back.len() {
            return without_site(front, None.or(site));
        }
    }
    title
}

/// The people named in bylines.
pub(in super::super) fn people<'a>(
    lines: impl Iterator<Item = &'a str>,
    site: Option<&str>,
    rules: &Rules,
) -> Vec<String> {
    let site = site.map(folded).unwrap_or_default();
    let mut people: Vec<String> = Vec::new();
    for line in lines.take(50) {
        for part in split(&squeeze(&settle(line)), rules) {
            let Some(name) = name(&part, rules) else { continue };
            let fold = folded(&name);
            let known = people.iter().any(|p| folded(p) == fold);
            if !known && fold != site && people.len() < PEOPLE_MAX {
                people.push(name);
            }
        }
    }
    people
}

/// Cuts a byline at commas and joints.
fn split(line: &str, rules: &Rules) -> Vec<String> {
    let mut parts = Vec::new();
    let mut part: Vec<&str> = Vec::new();
    for piece in line.split([',', ';', '|', '/', '\n', '·', '•', '、']) {
        for word in piece.split_whitespace() {
            let lower = word.to_lowercase();
            // One-letter joints ("y", "e", "i") stand between names only, and initials have a full stop.
            if !part.is_empty() && rules.byline.joints.contains(&lower) && word == lower {
                parts.push(std::mem::take(&mut part).join(" "));
            } else {
                part.push(word);
            }
        }
        parts.push(std::mem::take(&mut part).join(" "));
    }
    parts
}

fn name(part: &str, rules: &Rules) -> Option<String> {
    let mut name =
        part.trim_matches(|c: char| c.is_whitespace() || matches!(c, ':' | '-' | '–' | '—' | '@' | '(' | ')' | '"'));
    loop {
        let lower = name.to_lowercase();
        let prefix = rules.byline.prefixes.iter().find(|p| {
            lower.strip_prefix(p.as_str()).is_some_and(|rest| rest.starts_with([' ', ':', '\u{a0}']))
                // "De Gaulle" is a name, "de Jean Dupont" a byline.
                && (name.starts_with(char::is_lowercase) || p.as_str() == "by" || p.len() > 3 || name.contains(':'))
        });
        let Some(prefix) = prefix else { break };
        let rest = name.char_indices().nth(prefix.chars().count()).and_then(|(at, _)| name.get(at..));
        name = rest?.trim_start_matches(|c: char| c.is_whitespace() || c == ':');
    }
    // A place or an agency may follow in brackets.
    let name = name.split_once(" (").map_or(name, |(front, _)| front).trim();
    let lower = name.to_lowercase();
    let letters = name.chars().filter(|c| c.is_alphabetic()).count();
    let is_person = letters >= 2
        && name.chars().count() <= 60
        && name.split_whitespace().count() <= 6
        && !name.contains("://")
        && !name.contains('@')
        && !name.chars().any(|c| c.is_ascii_digit())
        && !rules.byline.agencies.contains(&lower)
        && !lower.split(|c: char| !c.is_alphanumeric()).any(|word| rules.byline.jobs.contains(word));
    if !is_person {
        return None;
    }
    // WordPress spells users in lower case, wires in capitals.
    let shouted = name.chars().filter(|c| c.is_alphabetic()).all(char::is_uppercase) && letters > 4;
    Some(if shouted && name.contains(' ') { title_case(name) } else { name.to_owned() })
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
