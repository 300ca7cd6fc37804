//! What can be counted on a page that tells an article from what is none.

use scraper::Node;
use url::Url;

use super::super::Why;
use super::super::blocks::{Block, Kind, Page};
use super::super::body::{is_prose, units};
use super::super::metadata::Metadata;
use super::super::metadata::names::CreditKind;
use super::super::rules::Rules;
use super::super::text::{count_words, head};
use super::SHORT_WORDS;
use super::address::{self, Address};
use crate::page::tree::Tree;

/// Words of a line that can be a headline.
const HEADLINE_WORDS: std::ops::RangeInclusive<usize> = 4..=40;
/// Words of the longest text that asks for consent.
const CONSENT_WORDS: usize = 600;
/// Lines of a page that are asked what they say it is.
const LINES_ASKED: usize = 40;

/// A page's evidence.
#[derive(Debug)]
pub(super) struct Evidence {
    pub address: Address,
    pub kind: Declared,
    pub dated: bool,
    pub signed: bool,
    /// Words of what would be its story.
    pub words: usize,
    /// Units of running text in its longest stretch without a linked headline.
    pub stretch: f64,
    /// Headlines that are links.
    pub headlines: usize,
    /// Blocks that are links.
    pub links: usize,
    /// Blocks that are running text.
    pub paragraphs: usize,
    /// Rows of tables with a figure in them.
    pub figures: usize,
    /// What the title or the first heading says it is.
    pub named: Option<Why>,
    /// What one of its lines says it is.
    pub said: Option<Why>,
    /// The share of its running text that is about consent.
    pub consent: f64,
    /// Whether it sends its reader elsewhere.
    pub redirects: bool,
}

/// What a page declares itself to be, in JSON-LD and OpenGraph.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Declared {
    /// An article.
    Article,
    /// Only OpenGraph says that it is an article; templates say so of every page.
    PerhapsArticle,
    /// A list of others.
    List,
    /// A film or a recording.
    Media,
    /// Something for sale, a place, an event.
    Product,
    /// Nothing that helps.
    Nothing,
}

impl Evidence {
    /// Counts a page.
    pub fn of(
        tree: &Tree,
        page: &Page<'_>,
        metadata: &Metadata,
        url: Option<&Url>,
        words: usize,
        rules: &Rules,
    ) -> Self {
        // Lists of articles show dates too, so only the page's data counts.
        let published = metadata.dates.published.as_ref();
        let dated = published.is_some_and(|found| !matches!(found.source, "feed" | "given" | "text"));
        let (og_type, redirects) = declared_in_head(tree);
        let titles = [metadata.title_tag.as_deref(), metadata.title.as_deref()];
        let called = |title: &str| why(rules.refusal(title, count_words(title))?);
        let headings = page.blocks.iter().filter(|block| matches!(block.kind, Kind::Heading(1))).take(2);
        let mut named = titles.into_iter().flatten().filter_map(called).chain(
            // An article may have a heading that its site has for a page about itself.
            headings.filter_map(|block| called(&block.text)).filter(|why| *why != Why::Site),
        );
        let prose: Vec<&Block> = page.blocks.iter().filter(|block| is_prose(block)).collect();
        let total: f64 = prose.iter().map(|block| units(block)).sum();
        let consents = if words < CONSENT_WORDS { prose.as_slice() } else { &[] };
        let consent: f64 =
            consents.iter().filter(|block| rules.is_about_consent(&block.text)).map(|block| units(block)).sum();
        let asked = page.blocks.iter().take(if words < SHORT_WORDS { LINES_ASKED } else { 0 });
        Self {
            address: url.map_or(Address::Other, address::read),
            kind: declared(&tree.json_ld, og_type.as_deref(), dated, metadata.says_article),
            dated,
            signed: metadata.byline.iter().any(|credit| credit.kind == CreditKind::Person),
            words,
            stretch: stretch(&page.blocks),
            headlines: page.blocks.iter().filter(|block| is_linked_headline(block)).count(),
            links: page.blocks.iter().filter(|block| block.link_density() > 0.6).count(),
            paragraphs: prose.len(),
            figures: page.blocks.iter().filter(|block| is_figure(block)).count(),
            named: named.next(),
            said: asked.into_iter().find_map(|block| why(rules.said(head(&block.text, 300), block.words)?)),
            consent: if total > 0.0 { consent / total } else { 0.0 },
            redirects,
        }
    }
}

/// The kind of page that a rule's reason names.
fn why(reason: &str) -> Option<Why> {
    match reason {
        "gone" => Some(Why::Gone),
        "robot-check" => Some(Why::RobotCheck),
        "login" => Some(Why::Login),
        "consent" => Some(Why::Consent),
        "site" => Some(Why::Site),
        "unavailable" => Some(Why::Unavailable),
        "script" => Some(Why::NoText),
        "index" => Some(Why::Index),
        "paywall" => Some(Why::Paywall),
        _ => None,
    }
}

fn is_linked_headline(block: &Block) -> bool {
    block.link_density() > 0.85 && (HEADLINE_WORDS.contains(&block.words) || units(block) >= 4.0)
}

fn is_figure(block: &Block) -> bool {
    let digits = block.text.chars().any(|c| c.is_ascii_digit());
    digits && !is_prose(block) && (block.kind == Kind::Row || block.words <= 4) && block.link_density() < 0.3
}

/// A teaser's text stands between two linked headlines; a story goes on.
fn stretch(blocks: &[Block]) -> f64 {
    let (mut longest, mut sum) = (0.0_f64, 0.0);
    for block in blocks {
        if is_linked_headline(block) || matches!(block.kind, Kind::Heading(_)) && block.link_density() > 0.5 {
            sum = 0.0;
        } else if is_prose(block) {
            sum += units(block);
            longest = longest.max(sum);
        }
    }
    longest
}

/// OpenGraph's type, and whether the page sends its reader on at once.
fn declared_in_head(tree: &Tree) -> (Option<String>, bool) {
    let (mut og_type, mut redirects) = (None, false);
    for node in tree.html.tree.nodes() {
        let Node::Element(element) = node.value() else { continue };
        match element.name() {
            "meta" => {
                let content = element.attr("content").unwrap_or_default();
                if element.attr("property") == Some("og:type") {
                    og_type = Some(content.to_ascii_lowercase());
                }
                let refresh = element.attr("http-equiv").is_some_and(|name| name.eq_ignore_ascii_case("refresh"));
                redirects |= refresh && content.to_ascii_lowercase().contains("url=");
            }
            "body" => break,
            _ => {}
        }
    }
    (og_type, redirects)
}

fn declared(json_ld: &[String], og_type: Option<&str>, dated: bool, says_article: bool) -> Declared {
    let says = |kinds: &[&str]| json_ld.iter().any(|script| kinds.iter().any(|kind| has_type(script, kind)));
    let og = |part: &str| og_type.is_some_and(|kind| kind.contains(part));
    if says(&["CollectionPage", "SearchResultsPage", "ProfilePage", "ContactPage", "AboutPage"]) {
        Declared::List
    } else if says(&[
        "NewsArticle",
        "Article",
        "BlogPosting",
        "ReportageNewsArticle",
        "AnalysisNewsArticle",
        "OpinionNewsArticle",
        "BackgroundNewsArticle",
        "ReviewNewsArticle",
        "LiveBlogPosting",
        "Report",
        "TechArticle",
        "ScholarlyArticle",
        "SocialMediaPosting",
        "DiscussionForumPosting",
        "Review",
        "Recipe",
        "HowTo",
        "FAQPage",
        "MedicalWebPage",
    ]) {
        Declared::Article
    } else if !dated
        && (og("product") || says(&["Product", "JobPosting", "RealEstateListing", "Event", "Hotel", "Restaurant"]))
    {
        Declared::Product
    } else if og("video") || og("music") || says(&["VideoObject", "AudioObject", "PodcastEpisode", "ImageGallery"]) {
        Declared::Media
    } else if og("article") || says_article {
        Declared::PerhapsArticle
    } else if og("profile") || says(&["ItemList"]) {
        Declared::List
    } else {
        Declared::Nothing
    }
}

/// Whether a script of JSON-LD has a value of a type; looked for as text, for the script need not be valid.
fn has_type(script: &str, kind: &str) -> bool {
    script.match_indices(kind).any(|(at, _)| {
        let before = script.get(..at).unwrap_or_default();
        let before = before
            .strip_suffix("schema.org/")
            .map_or(before, |b| b.trim_end_matches("https://").trim_end_matches("http://"));
        let after = script.get(at + kind.len()..).unwrap_or_default();
        let Some(before) = before.strip_suffix('"').filter(|_| after.starts_with('"')) else { return false };
        let before = before.trim_end().trim_end_matches('[').trim_end();
        before.ends_with(':') && before.trim_end_matches(':').trim_end().ends_with("\"@type\"")
            || before.ends_with(',') && before.rsplit('[').next().is_some_and(|list| list.len() < 80)
    })
}
