//! What a page says of its article: headline, byline, dates, language, address, section, tags, image, paywall, kind.
//!
//! Read once over the tree; JSON-LD first, because publishers keep it for search engines and it is exact, then
//! OpenGraph and the other metas, then the markup, then the address. Only a page whose data names no person, or no day,
//! is looked at as a reader would.

pub(super) mod agencies;
mod authors;
mod country;
pub mod dates;
mod head;
pub(super) mod json_ld;
pub mod names;
mod site;
mod title;
mod visible;

use url::Url;

use super::Hint;
use super::Precision;
use super::kind::ArticleKind;
pub(super) use super::language::primary;
use super::rules::Rules;
use super::site_rules::{self, Fields};
use super::text::{folded, head as first_chars, settle};
use crate::page::tree::Tree;
use dates::Dates;
use head::Head;
use json_ld::Story;
use names::{Credit, CreditKind};
use site::Site;

/// Everything a page says of its article.
#[derive(Debug, Default)]
pub(super) struct Metadata {
    pub title: Option<String>,
    /// Every spelling of the headline, for finding it in the text.
    pub titles: Vec<String>,
    /// Who signed it, people first.
    pub byline: Vec<Credit>,
    pub dates: Dates,
    pub language: Option<String>,
    pub canonical_url: Option<String>,
    pub amp_url: Option<String>,
    pub site_name: Option<String>,
    pub section: Option<String>,
    pub tags: Vec<String>,
    pub image_url: Option<String>,
    pub paywalled: bool,
    pub kind: Option<ArticleKind>,
    pub article_body: Option<String>,
    pub description: Option<String>,
    pub title_tag: Option<String>,
    /// Whether its data call it an article.
    pub says_article: bool,
}

/// Tags kept, and the longest, in characters.
const TAGS_MAX: usize = 50;
const TAG_CHARS_MAX: usize = 80;
/// Longest list of tags read, in characters.
const TAG_LIST_CHARS_MAX: usize = 4000;

/// Reads a page's metadata.
pub(super) fn read(tree: &Tree, url: Option<&Url>, hint: &Hint, rules: &Rules) -> Metadata {
    let head = head::scan(tree);
    let story = json_ld::story(&tree.json_ld, url.map(Url::as_str));
    let story = story.as_ref();
    let site = Site::read(&head, story, url);
    let titles = title::decide(&head, story, &site, hint.title.as_deref());
    let headline = headline(&head, titles.title.as_deref());
    let headline_at = headline.map_or(0, |(at, _)| at);

    let mut byline = authors::structured(&head, story, &site, &rules.bylines, headline_at);
    let mut candidates = dates::structured(&head, story, url.map_or("", Url::path), headline_at);
    let zone = url.and_then(country::zone_of);
    let wants = visible::Wants {
        credits: !byline.is_signed(),
        dates: dates::is_vague(&candidates) && hint.published_at.is_none(),
    };
    if wants.credits || wants.dates {
        let shown = headline.or(titles.title.as_deref().map(|title| (0, title)));
        let seen = visible::look(tree, shown, &site, &rules.bylines, wants);
        byline.add(seen.credits);
        candidates.extend(seen.dates);
    }
    let dates = dates::decide(candidates, hint, zone);

    let section = head
        .first(&["article:section", "parsely-section", "section"])
        .or_else(|| story.and_then(|s| s.section.as_deref()))
        .map(title::plain)
        .filter(|section| !section.is_empty() && !section.contains("://"));
    let byline = byline.credits();
    let tags = tags(&head, story, &site, &byline);
    let kind = (story.is_some() || titles.title.is_some()).then(|| {
        let shown = [titles.title.as_deref(), head.title.as_deref(), head.h1.first().map(|h1| h1.value.as_str())];
        let shown: Vec<&str> = shown.into_iter().flatten().collect();
        let places =
            section.as_deref().into_iter().chain(head.first(&["article:type", "og:article:type", "content-type"]));
        rules.kinds.judge(story.map(|s| s.types.as_slice()).unwrap_or_default(), places, url, &shown)
    });
    Metadata {
        byline,
        dates,
        language: language(&head, story),
        canonical_url: head.canonical.as_deref().or(head.first(&["og:url"])).and_then(|value| absolute(value, url)),
        amp_url: head.amp.as_deref().and_then(|value| absolute(value, url)),
        image_url: head
            .first(&["og:image:secure_url", "og:image", "og:image:url", "twitter:image", "twitter:image:src"])
            .or_else(|| story.and_then(|s| s.image.as_deref()))
            .and_then(|value| absolute(value, url)),
        section,
        tags,
        paywalled: paywalled(&head, story),
        kind,
        description: head.first(&["og:description", "description", "twitter:description"]).map(settle),
        article_body: story.and_then(|s| s.body.clone()),
        site_name: site.name,
        title: titles.title,
        titles: titles.folded,
        says_article: story.is_some()
            || head.first(&["og:type"]).is_some_and(|kind| kind.to_ascii_lowercase().contains("article")),
        title_tag: head.title,
    }
}

/// Where the headline stands in the page: the first heading that has its words, else the first heading.
fn headline<'h>(head: &'h Head, title: Option<&str>) -> Option<(usize, &'h str)> {
    let title = title.map(folded).unwrap_or_default();
    let same = head.h1.iter().find(|h1| {
        let h1 = folded(&h1.value);
        h1.contains(&title) || title.contains(&h1)
    });
    same.or(head.h1.first()).map(|h1| (h1.at, h1.value.as_str()))
}

fn absolute(value: &str, base: Option<&Url>) -> Option<String> {
    let value = value.trim();
    if value.is_empty() {
        return None;
    }
    let url = match base {
        Some(base) => base.join(value),
        None => Url::parse(value),
    }
    .ok()?;
    matches!(url.scheme(), "http" | "https").then(|| url.to_string())
}

fn language(head: &Head, story: Option<&Story>) -> Option<String> {
    let named = [
        head.language.as_deref(),
        story.and_then(|s| s.language.as_deref()),
        head.first(&["content-language"]),
        head.first(&["og:locale"]),
        head.first(&["language", "dc.language", "dcterms.language"]),
    ];
    named.into_iter().flatten().find_map(primary)
}

/// Whether the page says that the story must be paid for.
fn paywalled(head: &Head, story: Option<&Story>) -> bool {
    if let Some(free) = story.and_then(|s| s.free) {
        return !free;
    }
    let is = |keys: &[&str], words: &[&str]| {
        head.first(keys).is_some_and(|value| words.contains(&value.trim().to_ascii_lowercase().as_str()))
    };
    is(&["article:content_tier"], &["locked", "metered", "paid", "premium", "subscriber"])
        || is(&["isaccessibleforfree", "is_accessible_for_free", "accessibleforfree"], &["false", "no", "0"])
        || is(
            &[
                "paywall",
                "paywalled",
                "is_paywalled",
                "has_paywall",
                "article:paywall",
                "premium",
                "is_premium",
                "ispremium",
                "paid",
                "is_paid",
            ],
            &["true", "yes", "1", "hard", "on", "paid", "premium", "locked"],
        )
        || is(
            &[
                "article:access",
                "access",
                "contenttier",
                "content_tier",
                "content-tier",
                "article:tier",
                "tier",
                "content-access",
                "subscription_level",
            ],
            &["locked", "paid", "premium", "subscriber", "subscribers", "subscription", "paywall", "plus", "abo"],
        )
}

/// The page's own tags, each once, without the names of the site and of who wrote it.
fn tags(head: &Head, story: Option<&Story>, site: &Site, byline: &[Credit]) -> Vec<String> {
    let keywords = story.map(|s| s.keywords.as_slice()).unwrap_or_default();
    let metas = |key: &str| head.all(key).to_vec();
    let plain = || {
        ["news_keywords", "keywords", "parsely-tags", "sailthru.tags", "cxenseparse:taxonomy"]
            .iter()
            .map(|key| metas(key))
            .find(|v| !v.is_empty())
    };
    let source = [metas("article:tag"), metas("og:article:tag"), keywords.to_vec(), plain().unwrap_or_default()]
        .into_iter()
        .find(|values| values.iter().any(|value| !value.trim().is_empty()))
        .unwrap_or_default();
    let mut known: Vec<String> = byline.iter().map(|credit| folded(&credit.name)).collect();
    let mut tags: Vec<String> = Vec::new();
    let lists: Vec<String> = source.iter().map(|value| title::plain(first_chars(value, TAG_LIST_CHARS_MAX))).collect();
    for tag in lists.iter().flat_map(|list| list.split([',', ';', '、', '，'])) {
        let tag = tag.trim();
        let tag = tag.trim_matches(|c| matches!(c, '[' | ']' | '"' | '#'));
        let fold = folded(tag);
        if fold.is_empty() || tag.chars().count() > TAG_CHARS_MAX || site.is(tag) || known.contains(&fold) {
            continue;
        }
        if tags.len() < TAGS_MAX && !tag.contains("://") {
            known.push(fold);
            tags.push(tag.to_owned());
        }
    }
    tags
}

impl Metadata {
    /// What a rule for the site alone says comes before all else.
    pub fn take(&mut self, fields: Fields, rules: &Rules) {
        if let Some(title) = fields.title {
            self.titles.push(folded(&title));
            self.title = Some(title);
        }
        let site = Site::named(self.site_name.clone());
        let credits = fields.authors.iter().flat_map(|line| rules.bylines.read(line, false, &site));
        let people: Vec<Credit> = credits.filter(|credit| credit.kind == CreditKind::Person).collect();
        if !people.is_empty() {
            self.byline.retain(|credit| credit.kind == CreditKind::Agency);
            self.byline.splice(0..0, people);
        }
        if let Some(found) = fields.published.map(|moment| moment.found(site_rules::REASON)) {
            self.dates.published = Some(found.clone());
            self.dates.found.insert(0, found);
        }
    }

    /// When it was published, how exactly that is known, and where it was read.
    pub fn published(&self) -> (Option<chrono::DateTime<chrono::Utc>>, Precision, Option<&'static str>) {
        match &self.dates.published {
            Some(found) => (Some(found.value), found.precision, Some(found.source)),
            None => (None, Precision::None, None),
        }
    }
}
