//! What a page says of its article: headline, byline, dates, language, address, section, tags, image, paywall.
//!
//! Read once over the tree; JSON-LD first, because publishers keep it for search engines and it is exact, then
//! OpenGraph and the other metas, then the markup, then the address.

pub mod dates;
pub mod json_ld;
pub mod names;

use std::collections::HashMap;

use scraper::Node;
use url::Url;

use super::rules::Rules;
use super::site_rules::{self, Fields};
use super::text::{folded, settle, squeeze};
use super::{Hint, Precision};
use crate::page::tree::Tree;
use dates::Moment;
use json_ld::Story;

/// Everything a page says of its article.
#[derive(Debug, Default)]
pub(super) struct Metadata {
    pub title: Option<String>,
    /// Every spelling of the headline, for finding it in the text.
    pub titles: Vec<String>,
    pub authors: Vec<String>,
    pub published: Option<(Moment, &'static str)>,
    pub updated: Option<Moment>,
    pub language: Option<String>,
    pub canonical_url: Option<String>,
    pub site_name: Option<String>,
    pub section: Option<String>,
    pub tags: Vec<String>,
    pub image_url: Option<String>,
    pub paywalled: bool,
    pub article_body: Option<String>,
    pub description: Option<String>,
    pub says_article: bool,
    pub title_tag: Option<String>,
}

/// What one pass over the tree finds.
#[derive(Debug, Default)]
struct Head {
    metas: HashMap<String, Vec<String>>,
    title: Option<String>,
    h1: Vec<String>,
    canonical: Option<String>,
    language: Option<String>,
    times: Vec<(String, bool)>,
    rel_authors: Vec<String>,
    itemprops: HashMap<String, String>,
}

/// Longest value taken from a page for one field; longer ones are faults or attacks.
const VALUE_CHARS_MAX: usize = 1000;

/// Reads a page's metadata.
pub(super) fn read(tree: &Tree, url: Option<&Url>, hint: &Hint, rules: &Rules) -> Metadata {
    let head = scan(tree);
    let story = json_ld::story(&tree.json_ld);
    let site_name = first(&head, &["og:site_name", "application-name"])
        .or_else(|| story.as_ref().and_then(|s| s.publisher.clone()))
        .map(|name| squeeze(&name));
    let (title, titles) = titles(&head, story.as_ref(), site_name.as_deref(), hint);
    let published = published(&head, story.as_ref(), url, hint);
    let updated = story.as_ref().and_then(|s| s.modified.as_deref()).and_then(dates::parse).or_else(|| {
        first(&head, &["article:modified_time", "og:updated_time", "datemodified"]).and_then(|v| dates::parse(&v))
    });
    let section = first(&head, &["article:section", "parsely-section", "section"])
        .or_else(|| story.as_ref().and_then(|s| s.section.clone()));
    let image_url = first(&head, &["og:image", "og:image:url", "twitter:image", "twitter:image:src"])
        .or_else(|| story.as_ref().and_then(|s| s.image.clone()))
        .and_then(|value| absolute(&value, url));
    let canonical_url = head
        .canonical
        .as_deref()
        .and_then(|value| absolute(value, url))
        .or_else(|| first(&head, &["og:url"]).and_then(|value| absolute(&value, url)));
    let says_article =
        story.is_some() || first(&head, &["og:type"]).is_some_and(|kind| kind.to_ascii_lowercase().contains("article"));
    let paywalled = story.as_ref().is_some_and(|s| s.free == Some(false))
        || first(&head, &["article:content_tier"]).is_some_and(|tier| matches!(tier.as_str(), "locked" | "metered"));
    Metadata {
        title,
        titles,
        authors: authors(&head, story.as_ref(), site_name.as_deref(), rules),
        published,
        updated,
        language: language(&head, story.as_ref()),
        canonical_url,
        site_name,
        section: section.map(|s| squeeze(&s)).filter(|s| !s.is_empty()),
        tags: tags(&head, story.as_ref()),
        image_url,
        paywalled,
        description: first(&head, &["og:description", "description", "twitter:description"]),
        article_body: story.and_then(|s| s.body),
        says_article,
        title_tag: head.title,
    }
}

impl Metadata {
    /// What a rule for the site alone says comes before all else.
    pub fn take(&mut self, fields: Fields, rules: &Rules) {
        if let Some(title) = fields.title {
            self.titles.push(folded(&title));
            self.title = Some(title);
        }
        let authors = names::people(fields.authors.iter().map(String::as_str), self.site_name.as_deref(), rules);
        if !authors.is_empty() {
            self.authors = authors;
        }
        if let Some(moment) = fields.published {
            self.published = Some((moment, site_rules::REASON));
        }
    }
}

fn scan(tree: &Tree) -> Head {
    let mut head = Head::default();
    for node in tree.html.tree.nodes() {
        let Node::Element(element) = node.value() else { continue };
        let attr = |name: &str| element.attr(name).filter(|v| !v.trim().is_empty());
        let text = || {
            let mut out = String::new();
            for inner in node.descendants().take(200) {
                if let Node::Text(piece) = inner.value() {
                    out.push_str(piece);
                } else if inner.value().as_element().is_some_and(|e| e.name() == "br") {
                    out.push(' ');
                }
            }
            squeeze(&settle(super::text::head(&out, VALUE_CHARS_MAX)))
        };
        match element.name() {
            "html" => {
                head.language = attr("lang").or_else(|| attr("xml:lang")).map(str::to_owned);
            }
            "meta" => {
                let key = attr("property")
                    .or_else(|| attr("name"))
                    .or_else(|| attr("itemprop"))
                    .or_else(|| attr("http-equiv"));
                if let (Some(key), Some(value)) = (key, attr("content")) {
                    let value = super::text::head(value.trim(), VALUE_CHARS_MAX).to_owned();
                    head.metas.entry(key.to_ascii_lowercase()).or_default().push(value);
                }
            }
            "title" if head.title.is_none() => head.title = Some(text()).filter(|t| !t.is_empty()),
            "h1" if head.h1.len() < 4 => head.h1.push(text()),
            "link" if attr("rel") == Some("canonical") && head.canonical.is_none() => {
                head.canonical = attr("href").map(str::to_owned);
            }
            "time" if head.times.len() < 20 => {
                let marked = attr("itemprop").is_some_and(|p| p.eq_ignore_ascii_case("datePublished"))
                    || attr("pubdate").is_some()
                    || attr("class").is_some_and(|c| c.contains("publish") || c.contains("entry-date"));
                if let Some(value) = attr("datetime") {
                    head.times.push((value.to_owned(), marked));
                }
            }
            "a" if head.rel_authors.len() < 10
                && attr("rel").is_some_and(|rel| rel.split(' ').any(|r| r == "author")) =>
            {
                head.rel_authors.push(text());
            }
            _ => {
                if let Some(prop) = attr("itemprop")
                    && matches!(prop, "datePublished" | "author")
                {
                    let value = attr("content").or_else(|| attr("datetime")).map_or_else(text, str::to_owned);
                    head.itemprops.entry(prop.to_owned()).or_insert(value);
                }
            }
        }
    }
    head
}

fn first(head: &Head, keys: &[&str]) -> Option<String> {
    keys.iter().find_map(|key| head.metas.get(*key)?.first()).map(|v| settle(v))
}

fn absolute(value: &str, base: Option<&Url>) -> Option<String> {
    let url = match base {
        Some(base) => base.join(value.trim()),
        None => Url::parse(value.trim()),
    }
    .ok()?;
    matches!(url.scheme(), "http" | "https").then(|| url.to_string())
}

fn titles(head: &Head, story: Option<&Story>, site: Option<&str>, hint: &Hint) -> (Option<String>, Vec<String>) {
    let social = first(head, &["og:title", "twitter:title", "title", "dc.title", "parsely-title"]);
    let tag = head.title.as_deref().map(|t| names::without_site(t, site));
    let headline = story.and_then(|s| s.headline.clone());
    let candidates: Vec<String> =
        [headline.as_deref(), social.as_deref(), head.title.as_deref(), hint.title.as_deref()]
            .into_iter()
            .flatten()
            .map(|t| names::without_site(&squeeze(t), site))
            .collect();
    let h1s: Vec<String> = head.h1.iter().filter(|t| !t.is_empty()).map(|t| squeeze(t)).collect();
    // A page's visible headline is the headline, if any of the hidden ones agrees with it.
    let agreed = h1s.iter().find(|h1| {
        let h1 = folded(h1);
        candidates.iter().any(|c| {
            let c = folded(c);
            !c.is_empty() && !h1.is_empty() && (c.contains(&h1) || h1.contains(&c)) && h1.len() * 2 > c.len()
        })
    });
    let title = agreed
        .cloned()
        .or_else(|| candidates.iter().find(|c| c.chars().count() > 3).cloned())
        .or(tag)
        .or_else(|| h1s.first().cloned())
        .filter(|t| !t.is_empty());
    let mut all: Vec<String> = candidates.iter().chain(h1s.first()).chain(title.as_ref()).map(|t| folded(t)).collect();
    all.extend(head.title.as_deref().map(folded));
    all.retain(|t| !t.is_empty());
    all.sort_unstable();
    all.dedup();
    (title, all)
}

fn authors(head: &Head, story: Option<&Story>, site: Option<&str>, rules: &Rules) -> Vec<String> {
    let from_story = story.map(|s| s.authors.clone()).unwrap_or_default();
    let metas = [
        "author",
        "article:author",
        "parsely-author",
        "sailthru.author",
        "dc.creator",
        "byl",
        "article:author_name",
        "cxenseparse:author",
    ];
    let sources: [Vec<String>; 4] = [
        from_story,
        metas
            .iter()
            .filter_map(|key| head.metas.get(*key))
            .find(|v| v.iter().any(|v| !v.contains("://")))
            .cloned()
            .unwrap_or_default(),
        head.rel_authors.clone(),
        head.itemprops.get("author").cloned().into_iter().collect(),
    ];
    sources
        .iter()
        .map(|values| names::people(values.iter().map(String::as_str), site, rules))
        .find(|people| !people.is_empty())
        .unwrap_or_default()
}

fn published(head: &Head, story: Option<&Story>, url: Option<&Url>, hint: &Hint) -> Option<(Moment, &'static str)> {
    let keys_graph = ["article:published_time", "og:article:published_time", "og:published_time", "article:published"];
    let keys_meta = [
        "datepublished",
        "date",
        "pubdate",
        "publishdate",
        "publish-date",
        "publish_date",
        "published_time",
        "dc.date",
        "dc.date.issued",
        "dcterms.created",
        "dcterms.date",
        "parsely-pub-date",
        "sailthru.date",
        "cxenseparse:recs:publishtime",
        "article.published",
        "published-date",
        "publication_date",
        "date.created",
        "created",
        "rnews:datepublished",
        "dcterms.issued",
        "last-modified",
    ];
    let named = |keys: &[&str]| keys.iter().find_map(|key| head.metas.get(*key)?.iter().find_map(|v| dates::parse(v)));
    let found = story
        .and_then(|s| s.published.as_deref())
        .and_then(dates::parse)
        .map(|m| (m, "json-ld"))
        .or_else(|| named(&keys_graph).map(|m| (m, "opengraph")))
        .or_else(|| named(&keys_meta).map(|m| (m, "meta")))
        .or_else(|| head.itemprops.get("datePublished").and_then(|v| dates::parse(v)).map(|m| (m, "meta")))
        .or_else(|| {
            head.times.iter().find(|(_, marked)| *marked).and_then(|(v, _)| dates::parse(v)).map(|m| (m, "time"))
        })
        .or_else(|| hint.published_at.map(|at| (Moment { at, precision: Precision::Second }, "feed")));
    found
        .or_else(|| head.times.first().and_then(|(v, _)| dates::parse(v)).map(|m| (m, "time")))
        .or_else(|| url.and_then(|u| dates::in_path(u.path())).map(|m| (m, "url")))
}

fn language(head: &Head, story: Option<&Story>) -> Option<String> {
    let named = head
        .language
        .clone()
        .or_else(|| story.and_then(|s| s.language.clone()))
        .or_else(|| first(head, &["content-language", "og:locale", "language", "dc.language"]))?;
    primary(&named)
}

/// The primary subtag of a language tag, if it is one.
pub(super) fn primary(tag: &str) -> Option<String> {
    let code = tag.trim().split(['-', '_', ',']).next()?.to_ascii_lowercase();
    // Norwegian is written as one of two; readers and detectors call both "no".
    let code = match code.as_str() {
        "nb" | "nn" => "no".to_owned(),
        "iw" => "he".to_owned(),
        "in" => "id".to_owned(),
        _ => code,
    };
    (matches!(code.len(), 2 | 3) && code.bytes().all(|b| b.is_ascii_lowercase())).then_some(code)
}

fn tags(head: &Head, story: Option<&Story>) -> Vec<String> {
    let mut tags: Vec<String> = Vec::new();
    let metas = head.metas.get("article:tag").cloned().unwrap_or_default();
    let keywords = story.map(|s| s.keywords.clone()).unwrap_or_default();
    let plain: Vec<String> = first(head, &["news_keywords", "keywords", "parsely-tags"]).into_iter().collect();
    let source = [metas, keywords, plain].into_iter().find(|values| !values.is_empty()).unwrap_or_default();
    for tag in source.iter().flat_map(|value| value.split([',', ';'])) {
        let tag = squeeze(&settle(tag));
        if !tag.is_empty() && tag.chars().count() <= 80 && !tags.contains(&tag) && tags.len() < 50 {
            tags.push(tag);
        }
    }
    tags
}
