//! The wire agency that a story's own text credits: in its dateline, or in the line that ends it.

use super::names::Bylines;
use crate::article::text::head;

/// Characters at the beginning in which a dateline ends.
const DATELINE_CHARS: usize = 140;
/// Characters of the longest line of credit.
const CREDIT_CHARS: usize = 90;
/// Last lines looked at.
const LAST_LINES: usize = 3;

/// The agencies credited: "LONDON (Reuters) -", "(AP)", "Quelle: dpa/AFP", "Mit Material der dpa".
pub(in super::super) fn credited(text: &str, removed: &[&str], rules: &Bylines) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    let start = head(text, DATELINE_CHARS);
    for piece in start.split(['(', '（', '[']).skip(1) {
        let Some((inside, _)) = piece.split_once([')', '）', ']']) else { continue };
        add(&mut found, inside, rules);
    }
    // "BERLIN dpa | …", "London/Reuters —"
    if let Some((front, _)) =
        start.split_once([':', '|', '–', '—', '-']).filter(|(front, _)| front.chars().count() < 40)
    {
        front.split([' ', '/', ',']).skip(1).for_each(|word| add(&mut found, word, rules));
    }
    let last = text.lines().rev().filter(|line| !line.is_empty()).take(LAST_LINES);
    let lines = last.chain(removed.iter().flat_map(|piece| piece.lines()));
    for line in lines.filter(|line| line.chars().count() <= CREDIT_CHARS) {
        credit_line(&mut found, line, rules);
    }
    // The last sentence may carry it in brackets.
    if let Some((_, inside)) = text
        .trim_end()
        .trim_end_matches('.')
        .strip_suffix([')', ']', '）'])
        .and_then(|t| t.rsplit_once(['(', '[', '（']))
        && inside.chars().count() < 40
    {
        add(&mut found, inside, rules);
    }
    found
}

/// A line that is nothing but agencies, or says that it names sources.
fn credit_line(found: &mut Vec<String>, line: &str, rules: &Bylines) {
    let line = line.trim().trim_matches(|c| matches!(c, '(' | ')' | '[' | ']' | '.' | '*'));
    if rules.agency(line).is_some() || line.contains(['/', ',']) && parts(line).all(|part| is_credit(part, rules)) {
        add(found, line, rules);
        return;
    }
    let ends =
        line.char_indices().filter(|(_, c)| c.is_whitespace() || *c == ':' || *c == '：').map(|(at, _)| at).take(6);
    for end in ends.collect::<Vec<_>>().into_iter().rev() {
        let Some((front, rest)) = line.split_at_checked(end) else { continue };
        if rules.credits.contains(front.to_lowercase().trim_end_matches(':')) {
            add(found, rest.trim_start_matches([':', '：', ' ']), rules);
            return;
        }
    }
}

fn is_credit(part: &str, rules: &Bylines) -> bool {
    rules.agency(part).is_some() || part.chars().count() <= 4 && !part.is_empty()
}

fn parts(text: &str) -> impl Iterator<Item = &str> {
    text.split(['/', ',', ';', '|', '&', '、', '・']).map(str::trim)
}

fn add(found: &mut Vec<String>, text: &str, rules: &Bylines) {
    let whole = rules.agency(text).into_iter();
    let each = parts(text)
        .flat_map(|part| part.split(" und ").flat_map(|p| p.split(" and ")))
        .filter_map(|part| rules.agency(part));
    for agency in whole.chain(each) {
        if !found.iter().any(|known| known == agency) && found.len() < 5 {
            found.push(agency.to_owned());
        }
    }
}
