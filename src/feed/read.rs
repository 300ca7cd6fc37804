//! The tree of an RSS, RDF or Atom document as a [`Feed`].

use url::Url;

use super::dates;
use super::markup::is_item;
use super::text::{absolute, one_line, person, plain};
use super::tree::{Element, Escape, Node, Vocabulary, push_escaped};
use super::{ENTRIES_MAX, EXCERPT_CHARS, Enclosure, Entry, Feed, FeedFormat, SkippedEntry};
use Vocabulary::{Atom, Content, Dublin, Feedburner, Html, Itunes, Media, Rss, Syndication};

/// Finds the feed below a nameless root: `rss`, `feed`, `rdf:RDF` or a bare `channel`.
pub fn find_root(root: &Element) -> Option<&Element> {
    let mut level: Vec<&Element> = root.elements().collect();
    while !level.is_empty() {
        let found = level.iter().find(|e| matches!(e.name(), "rss" | "feed" | "rdf" | "channel"));
        if let Some(found) = found {
            return Some(found);
        }
        level = level.iter().flat_map(|e| e.elements()).collect();
    }
    None
}

/// Reads the feed. `base` is where the document came from.
pub fn feed(root: &Element, base: Option<&Url>) -> Feed {
    let channel = match root.name() {
        "rss" | "rdf" => root.elements().find(|e| e.name() == "channel").unwrap_or(root),
        _ => root,
    };
    let format = match root.name() {
        "feed" => FeedFormat::Atom,
        "rdf" => FeedFormat::Rdf,
        _ => FeedFormat::Rss,
    };
    let base = rebase(root, rebase(channel, base.cloned()).clone());
    let mut feed = Feed {
        format,
        title: headline(channel),
        description: ["description", "subtitle", "tagline"].into_iter().find_map(|name| {
            let element = channel.elements().find(|e| is_own(e) && e.name() == name)?;
            plain(&html_of(element))
        }),
        site_url: None,
        language: language(channel).or_else(|| language(root)),
        ttl_seconds: ttl(channel),
        hub_url: link_rel(channel, "hub", base.as_ref()),
        self_url: link_rel(channel, "self", base.as_ref()),
        next_url: link_rel(channel, "next", base.as_ref()),
        skip_hours: Vec::new(),
        skip_days: Vec::new(),
        sitemaps: Vec::new(),
        entries: Vec::new(),
        skipped: Vec::new(),
        recovered: Vec::new(),
    };
    feed.site_url = channel
        .named(Rss, "link")
        .find_map(|e| absolute(&link_text(e), base.as_ref()))
        .or_else(|| alternate(channel, base.as_ref()));
    let mut items = Vec::new();
    collect(root, base.as_ref(), &mut items);
    if items.len() > ENTRIES_MAX {
        feed.recovered.push(format!("{} items; the first {ENTRIES_MAX} are read", items.len()));
    }
    for (item, base) in items.into_iter().take(ENTRIES_MAX) {
        let entry = entry(item, base.as_ref());
        if entry == Entry::default() {
            let excerpt = item.inner(Escape::Text).chars().take(EXCERPT_CHARS).collect();
            feed.skipped.push(SkippedEntry { reason: "the item says nothing that can be read".to_owned(), excerpt });
        } else {
            feed.entries.push(entry);
        }
    }
    feed
}

fn collect<'a>(parent: &'a Element, base: Option<&Url>, out: &mut Vec<(&'a Element, Option<Url>)>) {
    for element in parent.elements() {
        if is_item(element) {
            out.push((element, rebase(element, base.cloned())));
        } else if matches!(element.vocabulary, Rss | Atom | Vocabulary::Other) {
            collect(element, rebase(element, base.cloned()).as_ref(), out);
        }
    }
}

fn entry(item: &Element, base: Option<&Url>) -> Entry {
    let id = item
        .elements()
        .filter(|e| is_own(e) && matches!(e.name(), "guid" | "id"))
        .find_map(|e| Some(e.text().trim().to_owned()).filter(|t| !t.is_empty()))
        .or_else(|| item.attribute("about").map(str::to_owned))
        .or_else(|| item.named(Dublin, "identifier").find_map(|e| one_line(&e.text())));
    let authors = authors(item);
    let (published_at, updated_at) = moments(item);
    let mut categories: Vec<String> = Vec::new();
    for element in item.elements() {
        let text = match (element.vocabulary, element.name()) {
            (Rss | Atom, "category") => element
                .attribute("term")
                .map(str::to_owned)
                .or_else(|| plain(&element.text()))
                .or_else(|| element.attribute("label").map(str::to_owned)),
            (Dublin, "subject") => plain(&element.text()),
            _ => None,
        };
        categories.extend(text.filter(|t| !categories.contains(t)));
    }
    let mut enclosures = Vec::new();
    collect_media(item, base, &mut enclosures);
    let (summary, content) = bodies(item);
    Entry {
        url: link(item, id.as_deref(), base).or_else(|| enclosures.first().map(|e: &Enclosure| e.url.clone())),
        id,
        title: headline(item),
        summary,
        content,
        authors,
        published_at,
        published_raw: None,
        updated_at,
        updated_raw: None,
        categories,
        enclosures,
    }
}

/// Where the article is: the publisher's own address before a redirecting one, `link`, an alternate link, a guid that
/// is a permalink, in that order.
fn link(item: &Element, id: Option<&str>, base: Option<&Url>) -> Option<String> {
    let original = item.named(Feedburner, "origlink").find_map(|e| absolute(&e.text(), base));
    let own = || item.named(Rss, "link").find_map(|e| absolute(&link_text(e), base));
    let href = || item.attribute("href").and_then(|href| absolute(href, base));
    let permalink = || {
        let declared = item.named(Rss, "guid").next().and_then(|e| e.attribute("ispermalink"));
        let address = id.filter(|id| {
            let lower = id.to_ascii_lowercase();
            lower.starts_with("http://") || lower.starts_with("https://")
        });
        address.filter(|_| declared.is_none_or(|d| !d.eq_ignore_ascii_case("false"))).and_then(|id| absolute(id, base))
    };
    let about = || item.attribute("about").and_then(|about| absolute(about, None));
    let relative_guid = || {
        let guid = item.named(Rss, "guid").next()?;
        guid.attribute("ispermalink")
            .filter(|d| d.eq_ignore_ascii_case("true"))
            .and_then(|_| absolute(&guid.text(), base))
    };
    original
        .or_else(own)
        .or_else(|| alternate(item, base))
        .or_else(permalink)
        .or_else(about)
        .or_else(href)
        .or_else(relative_guid)
}

fn link_text(element: &Element) -> String {
    let text = element.text();
    if text.trim().is_empty() { element.attribute("href").unwrap_or_default().to_owned() } else { text }
}

/// The link to the page itself: `rel="alternate"` or none, HTML before anything else.
fn alternate(parent: &Element, base: Option<&Url>) -> Option<String> {
    let links = || {
        parent.elements().filter(|e| is_own(e) && e.name() == "link").filter(|e| {
            e.attribute("rel").is_none_or(|rel| rel.eq_ignore_ascii_case("alternate") || rel.ends_with("#alternate"))
        })
    };
    let address = |e: &Element| absolute(&link_text(e), rebase(e, base.cloned()).as_ref());
    links()
        .filter(|e| e.attribute("type").is_none_or(|t| t.contains("html")))
        .find_map(address)
        .or_else(|| links().find_map(address))
}

fn link_rel(parent: &Element, rel: &str, base: Option<&Url>) -> Option<String> {
    parent
        .elements()
        .filter(|e| e.name() == "link" && e.attribute("rel").is_some_and(|r| r.eq_ignore_ascii_case(rel)))
        .find_map(|e| absolute(e.attribute("href")?, base))
}

fn headline(parent: &Element) -> Option<String> {
    let own = parent.elements().filter(|e| is_own(e) && e.name() == "title");
    let others = [Dublin, Media, Itunes].into_iter().flat_map(|v| parent.named(v, "title"));
    own.chain(others).find_map(|e| plain(&html_of(e))).or_else(|| parent.attribute("title").and_then(plain))
}

/// An element's content as HTML, by what it says its content is.
fn html_of(element: &Element) -> String {
    let kind = element.attribute("type").unwrap_or_default().to_ascii_lowercase();
    let mode = element.attribute("mode").unwrap_or_default().to_ascii_lowercase();
    if element.has_markup() {
        // Atom wraps XHTML in one `div` that is not part of the content.
        if kind.contains("xhtml")
            && let Some(div) = element.elements().find(|e| e.name() == "div")
        {
            return div.inner(Escape::Text).trim().to_owned();
        }
        let escape = if kind.contains("xhtml") || mode == "xml" { Escape::Text } else { Escape::Nothing };
        return element.inner(escape).trim().to_owned();
    }
    let text = element.text();
    let is_text = element.vocabulary == Atom
        && mode != "escaped"
        && (matches!(kind.as_str(), "" | "text" | "text/plain") || kind.contains("xhtml"));
    if is_text {
        let mut out = String::with_capacity(text.len());
        push_escaped(text.trim(), &mut out);
        return out;
    }
    text.trim().to_owned()
}

fn bodies(item: &Element) -> (Option<String>, Option<String>) {
    let take = |found: Option<&Element>| found.map(html_of).filter(|html| !html.is_empty());
    let own = |name: &'static str| item.elements().find(move |e| is_own(e) && e.name() == name);
    let summary = take(own("description"))
        .or_else(|| take(own("summary")))
        .or_else(|| take(own("abstract")))
        .or_else(|| take(item.named(Dublin, "description").next()))
        .or_else(|| take(item.named(Dublin, "abstract").next()))
        .or_else(|| take(item.named(Itunes, "summary").next()))
        .or_else(|| take(item.named(Media, "description").next()));
    let content = take(item.named(Content, "encoded").next())
        .or_else(|| take(item.named(Html, "body").next().or_else(|| item.named(Html, "div").next())))
        .or_else(|| take(own("content").filter(|e| e.attribute("src").is_none())))
        .or_else(|| take(own("fullitem")));
    (summary, content)
}

fn authors(item: &Element) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for element in item.elements() {
        let name = match (element.vocabulary, element.name()) {
            (Rss | Atom, "author" | "contributor") => element
                .elements()
                .find(|e| e.name() == "name" && !e.text().trim().is_empty())
                .or_else(|| element.elements().find(|e| e.name() == "email"))
                .map_or_else(|| element.text(), Element::text),
            (Dublin, "creator" | "contributor") | (Itunes, "author") => element.text(),
            _ => continue,
        };
        names.extend(person(&name).filter(|n| !names.contains(n)));
    }
    names
}

/// When an item was published and changed. The feed's own word comes before Dublin Core's.
fn moments(item: &Element) -> (Option<chrono::DateTime<chrono::Utc>>, Option<chrono::DateTime<chrono::Utc>>) {
    let find = |fields: &[(Vocabulary, &str)]| {
        fields.iter().find_map(|(vocabulary, name)| item.named(*vocabulary, name).find_map(|e| dates::parse(&e.text())))
    };
    let published = find(&[
        (Rss, "pubdate"),
        (Atom, "published"),
        (Atom, "issued"),
        (Rss, "published"),
        (Rss, "date"),
        (Dublin, "date"),
        (Dublin, "issued"),
        (Dublin, "created"),
        (Atom, "created"),
        (Atom, "pubdate"),
    ]);
    let updated =
        find(&[(Atom, "updated"), (Atom, "modified"), (Dublin, "modified"), (Rss, "lastbuilddate"), (Rss, "updated")]);
    (published, updated)
}

fn collect_media(parent: &Element, base: Option<&Url>, out: &mut Vec<Enclosure>) {
    for element in parent.elements() {
        let address = match (element.vocabulary, element.name()) {
            (Media, "group") => {
                collect_media(element, base, out);
                continue;
            }
            (Rss, "enclosure") | (Media, "content" | "thumbnail") => element.attribute("url"),
            (Rss | Atom, "link") if element.attribute("rel") == Some("enclosure") => element.attribute("href"),
            _ => None,
        };
        let Some(url) = address.and_then(|a| absolute(a, base)) else { continue };
        if out.iter().any(|e| e.url == url) {
            continue;
        }
        let length = element.attribute("length").or_else(|| element.attribute("filesize"));
        out.push(Enclosure {
            url,
            media_type: element.attribute("type").map(str::to_owned),
            length: length.and_then(|l| l.parse().ok()),
        });
    }
}

fn language(element: &Element) -> Option<String> {
    let own = element.elements().find(|e| e.name() == "language" && matches!(e.vocabulary, Rss | Dublin));
    own.and_then(|e| one_line(&e.text())).or_else(|| element.attribute("lang").map(str::to_owned))
}

/// `ttl` is minutes; `sy:updatePeriod` over `sy:updateFrequency` otherwise.
fn ttl(channel: &Element) -> Option<u64> {
    let own = channel.named(Rss, "ttl").find_map(|e| e.text().trim().parse::<u64>().ok());
    if let Some(minutes) = own.filter(|m| *m > 0) {
        return minutes.checked_mul(60);
    }
    let period = channel.named(Syndication, "updateperiod").next()?.text();
    let seconds: u64 = match period.trim().to_ascii_lowercase().as_str() {
        "hourly" => 3_600,
        "daily" => 86_400,
        "weekly" => 604_800,
        "monthly" => 2_592_000,
        "yearly" => 31_536_000,
        _ => return None,
    };
    let frequency = channel.named(Syndication, "updatefrequency").find_map(|e| e.text().trim().parse::<u64>().ok());
    seconds.checked_div(frequency.unwrap_or(1).max(1))
}

/// The base address inside an element: its `xml:base`, where that is one.
fn rebase(element: &Element, base: Option<Url>) -> Option<Url> {
    let Some(own) = element.attribute("base") else { return base };
    let joined = match &base {
        Some(base) => base.join(own).ok(),
        None => Url::parse(own).ok(),
    };
    joined.filter(|url| !url.cannot_be_a_base()).or(base)
}

/// Whether an element is a field of the feed's own dialect.
fn is_own(element: &Element) -> bool {
    matches!(element.vocabulary, Rss | Atom)
}

/// Whether a document is a web page, by its outermost elements.
pub fn is_page(root: &Element) -> bool {
    root.elements().any(|e| matches!(e.name(), "html" | "head" | "body"))
}

/// The name of the outermost element, for a refusal.
pub fn outermost(root: &Element) -> Option<String> {
    root.children.iter().find_map(|node| match node {
        Node::Element(element) => Some(element.qualified.chars().take(40).collect()),
        Node::Text(_) => None,
    })
}
