//! Every version of RSS and Atom, RDF and CDF, under the addresses and prefixes that feeds give them.

use wireroom::feed::FeedFormat;

use super::{item, read, some, titles};

#[track_caller]
fn check(document: &str, format: FeedFormat) {
    let feed = read(document);
    assert_eq!(feed.format, format, "{document}");
    assert_eq!(titles(&feed), ["One", "Two"], "{document}");
    let addresses: Vec<_> = feed.entries.iter().filter_map(|e| e.url.as_deref()).collect();
    assert_eq!(addresses, ["https://news.example.org/1", "https://news.example.org/2"], "{document}");
}

fn rss_items() -> String {
    ["One", "Two"]
        .iter()
        .zip(1..)
        .map(|(title, n)| format!("<item><title>{title}</title><link>https://news.example.org/{n}</link></item>"))
        .collect()
}

fn atom_entries(prefix: &str) -> String {
    ["One", "Two"]
        .iter()
        .zip(1..)
        .map(|(title, n)| {
            format!(
                "<{prefix}entry><{prefix}title>{title}</{prefix}title>\
                 <{prefix}link href=\"https://news.example.org/{n}\"/></{prefix}entry>"
            )
        })
        .collect()
}

#[test]
fn any_version_of_rss() {
    let items = rss_items();
    for version in ["", "0.90", "0.91", "0.92", "0.93", "0.94", "1.0", "2", "2.0", "2.00", "2.0.1", "2.1", "news"] {
        check(&format!("<rss version=\"{version}\"><channel>{items}</channel></rss>"), FeedFormat::Rss);
    }
    check(&format!("<rss><channel>{items}</channel></rss>"), FeedFormat::Rss);
    check(
        &format!(
            "<RSS VERSION='2.0'><CHANNEL>{}</CHANNEL></RSS>",
            items
                .to_uppercase()
                .replace("ONE", "One")
                .replace("TWO", "Two")
                .replace("HTTPS://NEWS.EXAMPLE.ORG", "https://news.example.org")
        ),
        FeedFormat::Rss,
    );
    check(&format!("<channel><title>Bare</title>{items}</channel>"), FeedFormat::Rss);
    check(&format!("<rss version=\"2.0\">{items}</rss>"), FeedFormat::Rss);
    check(&items, FeedFormat::Rss);
}

#[test]
fn any_address_of_rss_and_rdf() {
    let items = rss_items();
    for address in [
        "http://purl.org/rss/1.0/",
        "https://purl.org/rss/1.0",
        "http://my.netscape.com/rdf/simple/0.9/",
        "http://channel.netscape.com/rdf/simple/0.9/",
        "http://purl.org/net/rss1.1#",
        "http://backend.userland.com/rss2",
        "http://www.w3.org/2005/Atom",
        "http://nobody.example/knows/this",
        "",
    ] {
        let rdf = "xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\"";
        check(&format!("<rdf:RDF {rdf} xmlns=\"{address}\"><channel/>{items}</rdf:RDF>"), FeedFormat::Rdf);
        check(&format!("<rss version=\"2.0\" xmlns=\"{address}\"><channel>{items}</channel></rss>"), FeedFormat::Rss);
    }
}

#[test]
fn any_address_and_prefix_of_atom() {
    for address in [
        "http://www.w3.org/2005/Atom",
        "https://www.w3.org/2005/Atom/",
        "HTTP://WWW.W3.ORG/2005/ATOM",
        "http://purl.org/atom/ns#",
        "http://example.com/newformat#",
        "http://nobody.example/knows/this",
    ] {
        let entries = atom_entries("");
        check(&format!("<feed xmlns=\"{address}\">{entries}</feed>"), FeedFormat::Atom);
        let entries = atom_entries("a:");
        check(&format!("<a:feed xmlns:a=\"{address}\">{entries}</a:feed>"), FeedFormat::Atom);
    }
    check(&format!("<feed>{}</feed>", atom_entries("")), FeedFormat::Atom);
}

#[test]
fn the_channel_definition_format() {
    let feed = read(
        "<?xml version=\"1.0\"?><CHANNEL HREF=\"https://news.example.org/\" BASE=\"https://news.example.org/\">\
         <TITLE>The Example</TITLE><ABSTRACT>All of it</ABSTRACT>\
         <ITEM HREF=\"/1\" LASTMOD=\"1998-04-06T23:05\"><TITLE>One</TITLE><ABSTRACT>First</ABSTRACT></ITEM>\
         <CHANNEL><ITEM HREF=\"2\"><TITLE>Two</TITLE></ITEM></CHANNEL></CHANNEL>",
    );
    assert_eq!((feed.format, feed.title, feed.description), (FeedFormat::Cdf, some("The Example"), some("All of it")));
    assert_eq!(feed.site_url, some("https://news.example.org/"));
    let [one, two] = &feed.entries[..] else { panic!("two items") };
    assert_eq!((&one.url, &one.summary), (&some("https://news.example.org/1"), &some("First")));
    assert_eq!((&one.updated_raw, &two.title), (&some("1998-04-06T23:05"), &some("Two")));
    assert!(one.updated_at.is_some());
}

#[test]
fn prefixes_mean_what_everyone_means() {
    let found = item(
        "<media:title>Picture</media:title><itunes:title>Podcast</itunes:title><title>Story</title>\
         <dc:creator>Ada Byron</dc:creator><content:encoded>&lt;p&gt;All&lt;/p&gt;</content:encoded>\
         <dc:date>2026-11-24T08:00:00Z</dc:date><dc:subject>Harbours</dc:subject>",
    );
    assert_eq!((found.title, found.content), (some("Story"), some("<p>All</p>")));
    assert_eq!((found.authors, found.categories), (vec!["Ada Byron".to_owned()], vec!["Harbours".to_owned()]));
    assert_eq!(found.published_raw, some("2026-11-24T08:00:00Z"));
}

#[test]
fn a_drawing_has_a_title_of_its_own() {
    let found = item(
        "<title>Story</title><svg xmlns=\"http://www.w3.org/2000/svg\"><title>Circle</title></svg>\
         <description>Told</description>",
    );
    assert_eq!((found.title, found.summary), (some("Story"), some("Told")));
}
