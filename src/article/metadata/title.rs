//! The headline: which of a page's spellings a reader sees, without the site's name.

use super::head::Head;
use super::json_ld::Story;
use super::site::Site;
use crate::article::text::{folded, settle, squeeze};
use crate::feed::entities;

/// Marks between a headline and the site's name, the surest first.
const MARKS: [&str; 18] = [
    " | ", " :: ", " » ", " « ", " • ", " · ", "｜", "ㅣ", "：", " - ", " – ", " — ", " ― ", " / ", " : ", " ~ ", "|",
    "-",
];
/// Of these, the marks that hardly stand inside a headline.
const STRONG_MARKS: usize = 7;

/// The headline, and every spelling of it, folded, for finding it in the text.
pub(super) struct Titles {
    pub title: Option<String>,
    pub folded: Vec<String>,
}

/// Decides on the headline.
///
/// The headline that JSON-LD and the page's first heading share is the one that stands on the page. Where they do not,
/// what is given to other sites (`og:title`) has the editor's words; the heading follows, and the title tag is last.
pub(super) fn decide(head: &Head, story: Option<&Story>, site: &Site, hint: Option<&str>) -> Titles {
    let given: Vec<&str> = [
        story.and_then(|s| s.headline.as_deref()),
        head.first(&["og:title", "title", "headline", "dc.title", "parsely-title"]),
        head.first(&["twitter:title"]),
        head.title.as_deref(),
        hint,
    ]
    .into_iter()
    .flatten()
    .chain(head.h1.iter().map(|h1| h1.value.as_str()))
    .collect();
    let whole: Vec<String> = given.iter().map(|title| folded(&plain(title))).collect();
    let clean = |title: &str| Some(without_site(&plain(title), site, &whole)).filter(|t| t.chars().count() > 2);
    let json_ld = story.and_then(|s| s.headline.as_deref()).and_then(clean);
    let social = head.first(&["og:title"]).and_then(clean);
    let other = head.first(&["headline", "title", "dc.title", "parsely-title", "twitter:title"]).and_then(clean);
    let tag = head.title.as_deref().and_then(clean);
    let hidden = [&social, &json_ld, &other, &tag];
    // A heading that has little to do with what the page says of itself is the site's or a section's.
    let heading = head
        .h1
        .iter()
        .filter_map(|h1| clean(&h1.value))
        .find(|h1| !site.is(h1) && hidden.iter().filter_map(|t| t.as_ref()).any(|title| is_akin(h1, title)));
    let hinted = hint.and_then(clean);
    let spellings = Spellings { social, json_ld, heading, tag, card: head.first(&["twitter:title"]).and_then(clean) };
    let chosen = spellings.choose(hinted.as_deref(), story);
    let Spellings { social, json_ld, heading, tag, .. } = spellings;
    // Metas are typed without curly quotes; the heading is what a reader sees.
    let as_shown = |title: String| match &heading {
        Some(h1) if straight(h1) == straight(&title) => h1.clone(),
        _ => title,
    };
    let title = chosen
        .map(as_shown)
        .or(other)
        .or(tag)
        .or_else(|| hinted.clone())
        .or_else(|| head.h1.iter().find_map(|h1| clean(&h1.value)));
    let mut all: Vec<String> = whole;
    all.extend([&social, &json_ld, &heading, &title].into_iter().flatten().map(|t| folded(t)));
    // Headings that are not the headline are text of the page.
    let headings = head.h1.iter().skip(1).map(|h1| folded(&h1.value));
    let foreign: Vec<String> = headings.filter(|h1| title.as_deref().map(folded).as_ref() != Some(h1)).collect();
    all.retain(|t| !t.is_empty() && !foreign.contains(t));
    all.sort_unstable();
    all.dedup();
    Titles { title, folded: all }
}

/// A page's spellings of its headline.
struct Spellings {
    social: Option<String>,
    json_ld: Option<String>,
    heading: Option<String>,
    tag: Option<String>,
    card: Option<String>,
}

impl Spellings {
    fn choose(&self, hint: Option<&str>, story: Option<&Story>) -> Option<String> {
        let Self { social, json_ld, heading, tag, card } = self;
        let same = |a: &Option<String>, b: &Option<String>| match (a, b) {
            (Some(a), Some(b)) => folded(a) == folded(b),
            _ => false,
        };
        // The feed's headline is the publisher's word on which of two it is.
        let hinted =
            hint.and_then(|hint| [social, json_ld, heading].into_iter().flatten().find(|t| folded(t) == folded(hint)));
        if hinted.is_some() {
            return hinted.cloned();
        }
        if json_ld.is_some() && story.is_some_and(|s| s.has_second_headline) {
            return json_ld.clone();
        }
        let is_news = story.is_some_and(|s| s.is_news);
        if !same(social, heading) && same(json_ld, heading) && (!is_news || same(social, tag) || same(card, heading)) {
            return heading.clone();
        }
        // A kicker stands before the headline in the heading alone.
        let has_kicker = match (social, heading) {
            (Some(social), Some(heading)) => folded(heading).ends_with(&folded(social)),
            _ => false,
        };
        if !is_news && !has_kicker && heading.is_some() && (same(heading, tag) || json_ld.is_none()) {
            return heading.clone();
        }
        social.clone().or_else(|| json_ld.clone()).or_else(|| heading.clone())
    }
}

/// A text with typewriter's quotes.
fn straight(text: &str) -> String {
    let mark = |c: char| match c {
        '’' | '‘' | 'ʼ' => '\'',
        '“' | '”' | '„' | '«' | '»' => '"',
        '–' | '—' => '-',
        '\u{a0}' => ' ',
        c => c,
    };
    text.chars().map(mark).collect()
}

/// Whether two headlines are of one story: half of the shorter one's words are in the other.
fn is_akin(a: &str, b: &str) -> bool {
    let (a_folded, b_folded) = (folded(a), folded(b));
    if a_folded.is_empty() || b_folded.is_empty() {
        return false;
    }
    let (short, long) = if a_folded.len() < b_folded.len() { (&a_folded, &b_folded) } else { (&b_folded, &a_folded) };
    if long.contains(short.as_str()) {
        return short.len() * 3 > long.len();
    }
    let words = |text: &str| -> Vec<String> {
        text.split(|c: char| !c.is_alphanumeric()).filter(|w| w.chars().count() > 2).map(str::to_lowercase).collect()
    };
    let (a, b) = (words(a), words(b));
    let shared = a.iter().filter(|word| b.contains(word)).count();
    shared > 1 && shared * 2 >= a.len().min(b.len())
}

/// One line, NFC, with references resolved as often as they were written: JSON-LD and feeds escape twice.
pub(super) fn plain(title: &str) -> String {
    let once = entities::resolve(title);
    let twice = entities::resolve(&once);
    let text =
        if twice.contains('<') { crate::feed::text::plain(&twice).unwrap_or_default() } else { twice.into_owned() };
    squeeze(&settle(&text))
}

/// A headline without the site's name, its sections and the date at either end. `others` are the page's other spellings
/// of it, folded: what one of them is without is not of the headline.
pub(super) fn without_site(title: &str, site: &Site, others: &[String]) -> String {
    let mut title = title;
    let mut named = false;
    // "Headline | Royal | News | The Paper" has four pieces; more than six nobody has.
    for _ in 0..6 {
        let Some((rest, is_name)) = shorter(title, site, others, named) else { break };
        title = rest;
        named |= is_name;
    }
    title.to_owned()
}

fn shorter<'t>(title: &'t str, site: &Site, others: &[String], named: bool) -> Option<(&'t str, bool)> {
    for (index, mark) in MARKS.iter().enumerate() {
        let spaced = mark.starts_with(' ') || !mark.is_ascii();
        if let Some((front, back)) = title.rsplit_once(mark) {
            let (front, back) = (front.trim(), back.trim());
            let is_site = site.is(back) || spaced && site.is_named_by(back) && !is_longer(back, front);
            let is_section = named && site.has_section(back);
            let is_known = others.contains(&folded(front)) && !others.contains(&folded(back));
            let is_date =
                spaced && !back.chars().any(char::is_alphabetic) && back.contains(|c: char| c.is_ascii_digit());
            let words = |text: &str| text.split_whitespace().count();
            // Without a name only the strong marks are cut, where what goes is short and what stays is long.
            let is_tail = index < STRONG_MARKS && words(back) <= 4 && words(front) >= 3 && !is_longer(back, front);
            let cut = is_site
                || is_section
                || is_known
                || named && is_date
                || is_tail
                || named && spaced && site.has_section(back);
            if cut && front.chars().filter(|c| c.is_alphanumeric()).count() > 2 {
                return Some((front, is_site));
            }
        }
        if !spaced {
            continue;
        }
        if let Some((front, back)) = title.split_once(mark) {
            let (front, back) = (front.trim(), back.trim());
            let is_known = *mark == " | " && others.contains(&folded(back)) && !others.contains(&folded(front));
            if (site.is(front) || is_known) && back.chars().filter(|c| c.is_alphanumeric()).count() > 2 {
                return Some((back, true));
            }
        }
    }
    None
}

fn is_longer(a: &str, b: &str) -> bool {
    a.chars().count() > b.chars().count()
}
