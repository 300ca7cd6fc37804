//! One defect, anywhere: the entries whose start is still in the bytes are kept, and the others read as before.

use proptest::prelude::*;
use wireroom::feed::{self, FeedFormat};

use super::{read, some, titles};

/// Documents of three dialects with four items each, written as publishers write them.
fn documents() -> [String; 3] {
    let rss: String = (1..5)
        .map(|n| {
            format!(
                "<item>\n<title>Story {n}</title>\n<link>https://news.example.org/{n}?a=1&amp;b=2</link>\n\
                 <guid isPermaLink=\"false\">{n}</guid>\n<pubDate>Tue, 24 Nov 2026 0{n}:00:00 GMT</pubDate>\n\
                 <description><![CDATA[<p>Told {n}</p>]]></description>\n<!-- a note -->\n\
                 <enclosure url=\"https://news.example.org/{n}.mp3\" length=\"1\" type=\"audio/mpeg\"/>\n</item>\n"
            )
        })
        .collect();
    let atom: String = (1..5)
        .map(|n| {
            format!(
                "<entry><id>urn:{n}</id><title type=\"html\">Story {n}</title><link href='https://news.example.org/{n}'/>\
                 <updated>2026-11-24T0{n}:00:00Z</updated><author><name>Ada</name></author>\
                 <content type=\"xhtml\"><div xmlns=\"http://www.w3.org/1999/xhtml\"><p>Told <em>{n}</em></p></div></content></entry>"
            )
        })
        .collect();
    let rdf: String = (1..5)
        .map(|n| {
            format!(
                "<item rdf:about=\"https://news.example.org/{n}\">\n  <title>Story {n}</title>\n\
                 <description>Told &lt;b&gt;{n}&lt;/b&gt;</description>\n</item>\n"
            )
        })
        .collect();
    [
        format!("<?xml version=\"1.0\"?>\n<rss version=\"2.0\"><channel><title>All</title>\n{rss}</channel></rss>"),
        format!("<feed xmlns=\"http://www.w3.org/2005/Atom\"><title>All</title>{atom}</feed>"),
        format!("<rdf:RDF xmlns=\"http://purl.org/rss/1.0/\"><channel><title>All</title></channel>\n{rdf}</rdf:RDF>"),
    ]
}

/// Start tags of items that are whole, or cut off after something was said.
fn starts(bytes: &[u8]) -> usize {
    let text = String::from_utf8_lossy(bytes);
    let tags = text.match_indices("<item").chain(text.match_indices("<entry"));
    tags.filter(|(at, _)| {
        let after = text.get(*at..).unwrap_or_default();
        let named = after.trim_start_matches("<item").trim_start_matches("<entry");
        let begins = named.starts_with(['>', ' ', '\n']);
        let says = after.split_once('>').is_some_and(|(_, inside)| inside.trim_start().chars().count() > 8);
        begins && says
    })
    .count()
}

/// Writes `defect` at every byte of every document; `None` cuts the rest off.
fn everywhere(defect: Option<&[u8]>) {
    for document in documents() {
        let whole = feed::parse(document.as_bytes(), None, None).expect("the document is whole").entries;
        assert_eq!(whole.len(), 4);
        let first = document.find("<item").or_else(|| document.find("<entry")).expect("it has items");
        for at in first..document.len() {
            let (before, after) = document.as_bytes().split_at(at);
            let damaged = defect.map_or_else(|| before.to_vec(), |d| [before, d, after].concat());
            let entries = feed::parse(&damaged, None, None).map(|f| f.entries).unwrap_or_default();
            let expected = starts(&damaged);
            let shown = || String::from_utf8_lossy(&damaged).into_owned();
            assert!(entries.len() >= expected, "{} of {expected} at {at}:\n{}", entries.len(), shown());
            let kept = whole.iter().filter(|e| entries.contains(e)).count();
            assert!(kept + 1 >= expected.min(4), "only {kept} of {expected} unharmed at {at}:\n{}", shown());
        }
    }
}

macro_rules! anywhere {
    ($($name:ident: $defect:expr;)*) => { $(
        #[test]
        fn $name() {
            everywhere($defect);
        }
    )* };
}

anywhere! {
    an_invalid_byte: Some(b"\xE9");
    a_bare_ampersand: Some(b" & ");
    a_query_in_text: Some(b"?a=1&b=2");
    a_stray_less_than: Some(b" < ");
    a_heart: Some(b"<3 ");
    an_unclosed_b: Some(b"<b>");
    an_unclosed_cdata: Some(b"<![CDATA[");
    an_unclosed_comment: Some(b"<!--");
    an_end_of_cdata: Some(b"]]>");
    a_quotation_mark: Some(b"\"");
    a_null_reference: Some(b"&#0;");
    an_entity_of_html: Some(b"&nbsp;");
    a_second_declaration: Some(b"<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?>");
    a_control_character: Some(b"\x08");
    a_mangled_end_tag: Some(b"</titel>");
    an_early_end_of_the_channel: Some(b"</channel>");
    an_early_end_of_the_feed: Some(b"</feed>");
    a_document_type: Some(b"<!DOCTYPE html>");
    a_download_that_was_cut_off: None;
}

#[test]
fn what_was_mended_is_told() {
    let told = |inside: &str| read(&format!("<rss><channel><item>{inside}</item></channel></rss>")).recovered;
    assert_eq!(told("<title>One</title>"), Vec::<String>::new());
    assert_eq!(told("<title>a & b</title>"), ["a bare `&`"]);
    assert_eq!(told("<title>a < b</title>"), ["a stray `<` in text"]);
    assert_eq!(told("<title>a\u{8}</title>"), ["control characters"]);
    assert_eq!(told("<title>a <b> c</title>"), ["an element that was never closed"]);
    assert_eq!(told("<title>a<link>https://news.example.org/</link>"), ["an element that was never closed"]);
    assert_eq!(told("<title>a</titel>"), ["an end tag that ends nothing"]);
    assert_eq!(told("<?xml version='1.0'?><title>a</title>"), ["a second XML declaration"]);
    assert_eq!(told("<title>a</title><!-- b"), ["a comment without its end"]);
    assert_eq!(told("<title><![CDATA[a</title>"), ["a CDATA section without its end"]);
    assert_eq!(told("<title>a</title <guid>1</guid>"), ["a tag without its `>`"]);
    assert!(read("<rss><channel><item><title>One").is_cut_off());
    assert!(!read("<rss><channel><item><title>One</item></channel></rss>").is_cut_off());
}

#[test]
fn a_comment_may_hold_items_and_a_section_may_show_them() {
    let feed = read(
        "<rss><channel><!-- <item><title>No</title></item> --><item><title>One</title>\
         <description><![CDATA[Write <item>, then </item>.]]></description></item><item><title>Two</title></item></channel></rss>",
    );
    assert_eq!(titles(&feed), ["One", "Two"]);
    assert_eq!(feed.entries.first().and_then(|e| e.summary.clone()), some("Write <item>, then </item>."));
}

#[test]
fn a_quotation_mark_that_was_lost() {
    let feed = read(
        "<rss><channel><item><enclosure url=\"https://news.example.org/1.mp3 length=\"1\"/><title>One</title></item>\
         <item><title>Two</title><enclosure url=\"https://news.example.org/2.mp3/></item><item><title>Three</title></item></channel></rss>",
    );
    assert_eq!(titles(&feed), ["One", "Two", "Three"]);
    assert_eq!(feed.entries.first().and_then(|e| e.url.clone()), some("https://news.example.org/1.mp3"));
}

#[test]
fn entities_of_a_document_type() {
    let feed = read(
        "<!DOCTYPE rss [<!ENTITY name \"The Example\"> <!ENTITY bomb '&bomb;&bomb;'> ] >\n\
         <rss><channel><title>&name; &bomb;</title><item><title>&name;</title></item></channel></rss>",
    );
    assert_eq!(titles(&feed), ["The Example"]);
    assert_eq!(feed.title, some("The Example &bomb;&bomb;"));
    // A subset without its end costs only itself.
    let feed =
        read("<!DOCTYPE rss [<!ENTITY name \"x\"\n<rss><channel><item><title>One</title></item></channel></rss>");
    assert_eq!(titles(&feed), ["One"]);
}

proptest! {
    /// Any bytes written anywhere, any number of times: nothing panics, and items are never answered with nothing.
    #[test]
    fn any_damage(
        number in 0_usize..3,
        damage in prop::collection::vec((any::<prop::sample::Index>(), 0_usize..4, "(<[a-z/!?\\[]*|[&;\"'>=\\]-]|\\PC|[a-z ]){0,6}"), 1..8),
    ) {
        let [a, b, c] = documents();
        let mut bytes = [a, b, c].into_iter().nth(number).unwrap_or_default().into_bytes();
        for (place, cut, written) in damage {
            let at = place.index(bytes.len());
            let end = (at + cut).min(bytes.len());
            bytes.splice(at..end, written.into_bytes());
        }
        if let Ok(feed) = feed::parse(&bytes, None, None) {
            let has_items = starts(&bytes) > 0 && feed.format != FeedFormat::Sitemap;
            prop_assert!(!has_items || !feed.entries.is_empty() || !feed.skipped.is_empty());
        }
    }
}
