//! The feeds: one list of articles, written in every dialect feeds are written in.

use std::fmt::Write;

use chrono::SecondsFormat;
use serde_json::json;

use super::archive::{Dialect, FeedPlan};
use super::markup::escape;
use super::press::{Article, Edition};
use super::{Newspaper, Site, layout};

/// An article as one feed lists it.
pub(super) struct Item<'a> {
    /// The address the feed names.
    pub url: String,
    pub article: &'a Article,
}

impl Newspaper {
    /// What a feed lists, newest first. A feed that is none lists nothing.
    pub(super) fn listed<'a>(&'a self, site: &'a Site, plan: &FeedPlan, edition: Edition) -> Vec<Item<'a>> {
        if plan.dialect == Dialect::Html {
            return Vec::new();
        }
        let own =
            site.articles(edition).iter().filter(|a| plan.sections.is_empty() || plan.sections.contains(&a.section));
        let mut items: Vec<_> = own.map(|article| Item { url: article.listed_url.clone(), article }).collect();
        for address in &plan.also {
            let found = self.sites.iter().flat_map(|s| s.articles(edition).iter().map(move |a| (s, a)));
            let found = found.filter(|(s, a)| *address == format!("{}/{}", s.plan.host, a.slug));
            items.extend(found.map(|(_, article)| Item {
                url: format!("{}?utm_source=partner&utm_medium=rss&utm_campaign=wire", article.url),
                article,
            }));
        }
        items.sort_by_key(|item| std::cmp::Reverse(item.article.published_at));
        items
    }
}

/// The media type a page's `<link rel="alternate">` gives for a feed.
pub(super) fn link_type(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::Atom => "application/atom+xml",
        Dialect::Json => "application/feed+json",
        Dialect::Rdf => "application/rdf+xml",
        Dialect::Rss2 | Dialect::Rss091 | Dialect::RssContent | Dialect::RssDamaged | Dialect::Html => {
            "application/rss+xml"
        }
    }
}

/// The media type a feed is served with, and its bytes.
pub(super) fn document(site: &Site, plan: &FeedPlan, items: &[Item<'_>], edition: Edition) -> (&'static str, Vec<u8>) {
    match plan.dialect {
        Dialect::Rss2 => ("application/rss+xml; charset=utf-8", rss(site, plan, items).into_bytes()),
        Dialect::RssContent => ("application/rss+xml", rss(site, plan, items).into_bytes()),
        Dialect::RssDamaged => ("text/xml; charset=utf-8", damage(&rss(site, plan, items))),
        Dialect::Rss091 => ("text/xml", rss(site, plan, items).into_bytes()),
        Dialect::Rdf => ("application/xml", site.encode(&rdf(site, plan, items))),
        Dialect::Atom => ("application/atom+xml", atom(site, plan, items).into_bytes()),
        Dialect::Json => ("application/feed+json", json_feed(site, plan, items).into_bytes()),
        Dialect::Html => ("text/html; charset=utf-8", site.layout.front(&site.front_values(edition)).into_bytes()),
    }
}

fn rss(site: &Site, plan: &FeedPlan, items: &[Item<'_>]) -> String {
    let mut xml = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    let is_old = plan.dialect == Dialect::Rss091;
    xml.push_str(if is_old {
        "<rss version=\"0.91\">\n<channel>\n"
    } else {
        "<rss version=\"2.0\" xmlns:content=\"http://purl.org/rss/1.0/modules/content/\" \
         xmlns:dc=\"http://purl.org/dc/elements/1.1/\" xmlns:atom=\"http://www.w3.org/2005/Atom\">\n<channel>\n"
    });
    element(&mut xml, "title", &plan.title);
    element(&mut xml, "link", &format!("{}/", site.root()));
    element(&mut xml, "description", &site.plan.about);
    element(&mut xml, "language", &site.plan.language);
    if !is_old {
        element(&mut xml, "ttl", "5");
    }
    for Item { url, article } in items {
        xml.push_str("<item>\n");
        element(&mut xml, "title", &article.title);
        element(&mut xml, "link", url);
        if !article.summary.is_empty() {
            element(&mut xml, "description", &format!("<p>{}</p>", escape(&article.summary)));
        }
        if !is_old {
            let id = format!("tag:{},{}:{}", site.plan.host, article.published_at.format("%Y"), article.slug);
            let _infallible = writeln!(xml, "<guid isPermaLink=\"false\">{}</guid>", escape(&id));
            element(&mut xml, "pubDate", &article.published_at.to_rfc2822());
            for author in &article.authors {
                element(&mut xml, "dc:creator", author);
            }
            element(&mut xml, "category", &article.section);
        }
        if plan.dialect == Dialect::RssContent && article.access.has_story() {
            let html = layout::feed_html(&article.blocks);
            let _infallible = writeln!(xml, "<content:encoded><![CDATA[{html}]]></content:encoded>");
        }
        xml.push_str("</item>\n");
    }
    xml.push_str("</channel>\n</rss>\n");
    xml
}

/// Breaks a document the two ways feeds are most often broken: a bare `&`, and one byte of windows-1252 in UTF-8.
fn damage(xml: &str) -> Vec<u8> {
    let xml = xml.replacen("&amp; ", "& ", 1);
    match xml.split_once('’') {
        Some((before, after)) => [before.as_bytes(), b"\x92", after.as_bytes()].concat(),
        None => xml.into_bytes(),
    }
}

fn rdf(site: &Site, plan: &FeedPlan, items: &[Item<'_>]) -> String {
    let mut xml = format!(
        "<?xml version=\"1.0\" encoding=\"{}\"?>\n<rdf:RDF xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\" \
         xmlns=\"http://purl.org/rss/1.0/\" xmlns:dc=\"http://purl.org/dc/elements/1.1/\">\n\
         <channel rdf:about=\"{}{}\">\n",
        site.plan.charset,
        site.root(),
        plan.path
    );
    element(&mut xml, "title", &plan.title);
    element(&mut xml, "link", &format!("{}/", site.root()));
    element(&mut xml, "description", &site.plan.about);
    element(&mut xml, "dc:language", &site.plan.language);
    xml.push_str("<items><rdf:Seq>\n");
    for item in items {
        let _infallible = writeln!(xml, "<rdf:li rdf:resource=\"{}\"/>", escape(&item.url));
    }
    xml.push_str("</rdf:Seq></items>\n</channel>\n");
    for Item { url, article } in items {
        let _infallible = writeln!(xml, "<item rdf:about=\"{}\">", escape(url));
        element(&mut xml, "title", &article.title);
        element(&mut xml, "link", url);
        element(&mut xml, "description", &article.summary);
        element(&mut xml, "dc:date", &article.published_at.to_rfc3339_opts(SecondsFormat::Secs, true));
        for author in &article.authors {
            element(&mut xml, "dc:creator", author);
        }
        element(&mut xml, "dc:subject", &article.section);
        xml.push_str("</item>\n");
    }
    xml.push_str("</rdf:RDF>\n");
    xml
}

fn atom(site: &Site, plan: &FeedPlan, items: &[Item<'_>]) -> String {
    let mut xml = format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<feed xmlns=\"http://www.w3.org/2005/Atom\" xml:lang=\"{}\">\n",
        site.plan.language
    );
    let root = site.root();
    element(&mut xml, "title", &plan.title);
    element(&mut xml, "subtitle", &site.plan.about);
    element(&mut xml, "id", &format!("{root}{}", plan.path));
    let _infallible = writeln!(xml, "<link rel=\"self\" href=\"{root}{}\"/>\n<link href=\"{root}/\"/>", plan.path);
    let updated_at = items.iter().map(|i| i.article.updated_at).max().unwrap_or_default();
    element(&mut xml, "updated", &updated_at.to_rfc3339_opts(SecondsFormat::Secs, true));
    for Item { url, article } in items {
        let _infallible = writeln!(xml, "<entry xml:lang=\"{}\">", article.language);
        element(&mut xml, "title", &article.title);
        let _infallible = writeln!(xml, "<link rel=\"alternate\" type=\"text/html\" href=\"{}\"/>", escape(url));
        element(
            &mut xml,
            "id",
            &format!("tag:{},{}:{}", site.plan.host, article.published_at.format("%Y"), article.slug),
        );
        element(&mut xml, "published", &article.published_at.to_rfc3339_opts(SecondsFormat::Secs, true));
        element(&mut xml, "updated", &article.updated_at.to_rfc3339_opts(SecondsFormat::Secs, true));
        for author in &article.authors {
            let _infallible = writeln!(xml, "<author><name>{}</name></author>", escape(author));
        }
        let _infallible = writeln!(xml, "<category term=\"{}\"/>", escape(&article.section));
        let _infallible = writeln!(xml, "<summary type=\"text\">{}</summary>\n</entry>", escape(&article.summary));
    }
    xml.push_str("</feed>\n");
    xml
}

fn json_feed(site: &Site, plan: &FeedPlan, items: &[Item<'_>]) -> String {
    let items = items.iter().map(|Item { url, article }| {
        let mut item = json!({
            "id": format!("{}:{}", site.plan.host, article.slug),
            "url": url,
            "title": article.title,
            "date_published": article.published_at.to_rfc3339_opts(SecondsFormat::Secs, true),
            "date_modified": article.updated_at.to_rfc3339_opts(SecondsFormat::Secs, true),
            "language": article.language,
            "authors": article.authors.iter().map(|name| json!({"name": name})).collect::<Vec<_>>(),
            "tags": article.tags,
        });
        if !article.summary.is_empty() {
            item["summary"] = json!(article.summary);
            item["content_text"] = json!(article.summary);
        }
        item
    });
    json!({
        "version": "https://jsonfeed.org/version/1.1",
        "title": plan.title,
        "home_page_url": format!("{}/", site.root()),
        "feed_url": format!("{}{}", site.root(), plan.path),
        "description": site.plan.about,
        "language": site.plan.language,
        "items": items.collect::<Vec<_>>(),
    })
    .to_string()
}

fn element(xml: &mut String, name: &str, text: &str) {
    let _infallible = writeln!(xml, "<{name}>{}</{name}>", escape(text));
}
