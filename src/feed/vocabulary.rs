//! The vocabularies a feed's elements belong to, under every address and prefix that feeds give them.

/// A vocabulary. Addresses are matched by what they contain: real feeds write them with `https`, in capitals, without
/// the last slash, or with the address of an older draft.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Vocabulary {
    /// RSS of any age, RDF and CDF included, and everything without a namespace.
    Rss,
    /// Atom 0.3 and 1.0.
    Atom,
    /// Dublin Core elements and terms.
    Dublin,
    /// `content:encoded`.
    Content,
    /// `sy:updatePeriod`.
    Syndication,
    /// Media RSS.
    Media,
    /// Podcasts.
    Itunes,
    /// XHTML, and HTML that stands naked in a feed.
    Html,
    /// `feedburner:origLink`.
    Feedburner,
    /// Anything else.
    Other,
}

impl Vocabulary {
    /// The vocabulary of a namespace address.
    pub fn of_address(address: &str) -> Self {
        let lower = address.trim().to_ascii_lowercase();
        let has = |part: &str| lower.contains(part);
        if has("1999/xhtml") || has("tr/html") {
            Self::Html
        } else if has("feedburner") {
            Self::Feedburner
        } else if has("atom") && !has("/ext/") && !has("media") && !has("publishing") && !has("app#") {
            Self::Atom
        } else if has("purl.org/dc/") || has("dublincore") || has("dublin_core") {
            Self::Dublin
        } else if has("modules/content") {
            Self::Content
        } else if has("modules/syndication") {
            Self::Syndication
        } else if has("mrss") {
            Self::Media
        } else if has("itunes") {
            Self::Itunes
        } else if is_rss_address(&lower) {
            Self::Rss
        } else {
            Self::Other
        }
    }

    /// What a prefix means when the document never says, or gives it an address nobody knows: the meaning everyone
    /// gives it.
    pub fn of_prefix(prefix: &str) -> Self {
        match prefix {
            "atom" | "atom03" | "atom10" | "a10" => Self::Atom,
            "dc" | "dcterms" | "dct" | "dcterm" => Self::Dublin,
            "content" => Self::Content,
            "sy" | "syn" => Self::Syndication,
            "media" | "mrss" => Self::Media,
            "itunes" => Self::Itunes,
            "xhtml" | "html" => Self::Html,
            "feedburner" => Self::Feedburner,
            "rss" | "rss09" | "rss1" | "rdf" => Self::Rss,
            _ => Self::Other,
        }
    }
}

fn is_rss_address(lower: &str) -> bool {
    lower.is_empty()
        || [
            "purl.org/rss/1.0",
            "purl.org/net/rss1.1",
            "netscape.com/rdf/simple",
            "netscape.com/publish/formats/rss",
            "userland.com/rss",
            "userland.com/rdf",
            "blogs.law.harvard.edu/tech/rss",
            "cyber.law.harvard.edu/rss",
            "cyber.harvard.edu/rss",
            "rssboard.org",
            "1999/02/22-rdf-syntax-ns",
        ]
        .iter()
        .any(|part| lower.contains(part))
}
