//! Text that was cleaned by someone else: nothing is changed but the furniture at its end and the headline on top.

use url::Url;

use super::repairs;
use super::rules::Rules;
use super::text::{count_words, ends_sentence, folded, head, settle};
use super::{Article, Hint, Precision, Removed, language, metadata};

/// Words of the longest line that can be a headline.
const TITLE_WORDS_MAX: usize = 30;

/// Reads plain text. Furniture lines at the end go to `removed`; a first line that stands alone, is short and ends
/// without a full stop is the headline. Line breaks are settled to paragraphs; nothing else is changed.
pub fn clean_plain(text: &str, url: Option<&Url>, hint: &Hint, rules: &Rules) -> Article {
    let text = settle(&text.replace("\r\n", "\n").replace('\r', "\n"));
    let text = text.trim_start_matches('\n').trim_end();
    let (found, body) = split_title(text);
    let title = hint.title.clone().or_else(|| found.map(str::to_owned));
    // A hinted headline that is not the first line leaves that line in the text.
    let body = match (&hint.title, found) {
        (Some(hinted), Some(found)) if folded(hinted) != folded(found) => text,
        _ => body,
    };
    let mut lines: Vec<&str> = body.lines().collect();
    let mut removed = Vec::new();
    while let Some(last) = lines.last().map(|line| line.trim()) {
        if last.is_empty() {
            lines.pop();
            continue;
        }
        let Some(reason) = rules.line(last, count_words(last)) else { break };
        removed.push(Removed { text: head(last, 500).to_owned(), reason: reason.to_owned() });
        lines.pop();
    }
    removed.reverse();
    let text = lines.join("\n").trim_matches('\n').to_owned();
    let lines: Vec<&str> = removed.iter().map(|piece: &Removed| piece.text.as_str()).collect();
    let repairs = repairs::find(&text, rules);
    let (published_at, published_precision, published_source) = match hint.published_at {
        Some(at) => (Some(at), Precision::Second, Some("given")),
        None => (None, Precision::None, None),
    };
    Article {
        url: url.map(Url::to_string),
        canonical_url: None,
        amp_url: None,
        site_name: None,
        authors: Vec::new(),
        byline: Vec::new(),
        agencies: metadata::agencies::credited(&text, &lines, &rules.bylines),
        published_at,
        published_precision,
        published_source,
        updated_at: None,
        dates_found: Vec::new(),
        kind: rules.kinds.judge(&[], std::iter::empty(), url, &title.as_deref().into_iter().collect::<Vec<_>>()),
        title,
        language: language::of_text(&text, None),
        section: None,
        tags: Vec::new(),
        image_url: None,
        word_count: count_words(&text),
        completeness: 1.0,
        paywalled: false,
        removed,
        text_repaired: repairs::apply(&text, &repairs),
        repairs,
        text,
        site_rule: None,
    }
}

fn split_title(text: &str) -> (Option<&str>, &str) {
    let Some((first, rest)) = text.split_once('\n') else { return (None, text) };
    let alone = rest.starts_with('\n') || rest.trim_start_matches([' ', '\t']).starts_with('\n');
    let line = first.trim();
    // A headline may end with a question mark; with a full stop it is a sentence.
    let stands = alone
        && !line.is_empty()
        && count_words(line) <= TITLE_WORDS_MAX
        && (!ends_sentence(line) || line.ends_with('?'));
    if stands { (Some(line), rest.trim_start_matches(|c: char| c.is_whitespace())) } else { (None, text) }
}
