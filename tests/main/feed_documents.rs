//! Documents as servers send them: charsets, loose JSON, sitemaps; and what the fuzzer left behind.

use std::path::Path;

use wireroom::feed::{self, Feed, FeedError, FeedFormat};

#[path = "../../fuzz/laws.rs"]
mod laws;

fn read(document: impl AsRef<[u8]>, content_type: Option<&str>) -> Result<Feed, FeedError> {
    let base = "https://news.example.org/feeds/all.xml".parse().expect("an address");
    feed::parse(document.as_ref(), content_type, Some(&base))
}

fn titles(feed: &Feed) -> Vec<&str> {
    feed.entries.iter().map(|e| e.title.as_deref().unwrap_or_default()).collect()
}

/// A feed whose only headline is `title`, in UTF-8, with a declaration if `label` names one.
fn document(label: &str, title: &str) -> String {
    let declaration =
        if label.is_empty() { String::new() } else { format!("<?xml version=\"1.0\" encoding='{label}'?>\n") };
    format!("{declaration}<rss version=\"2.0\"><channel><item><title>{title}</title></item></channel></rss>")
}

fn encoded(label: &str, declared: &str, title: &str) -> Vec<u8> {
    let encoding = encoding_rs::Encoding::for_label(label.as_bytes()).expect(label);
    let (bytes, _, unmappable) = encoding.encode(title);
    assert!(!unmappable, "{title} is not of {label}");
    let text = document(declared, "@");
    let (before, after) = text.split_once('@').expect("a place");
    [before.as_bytes(), &bytes, after.as_bytes()].concat()
}

/// Reads bytes, and gives the headline and whether anything had to be recovered.
fn headline(bytes: &[u8], content_type: Option<&str>) -> (String, Vec<String>) {
    let feed = read(bytes, content_type).expect("a feed");
    (titles(&feed).concat(), feed.recovered)
}

#[test]
fn a_charset_is_declared_by_header_or_document() {
    for (label, title) in [
        ("iso-8859-1", "Señor Müller"),
        ("windows-1251", "Новости дня"),
        ("koi8-r", "Новости дня"),
        ("iso-8859-2", "Žlutý kůň"),
        ("shift_jis", "日本のニュース"),
        ("euc-jp", "日本のニュース"),
        ("iso-2022-jp", "日本のニュース"),
        ("gb2312", "新闻中心"),
        ("big5", "新聞中心"),
        ("euc-kr", "뉴스"),
        ("windows-1256", "أخبار"),
    ] {
        assert_eq!(headline(&encoded(label, label, title), None), (title.to_owned(), vec![]), "{label} declared");
        let header = format!("application/rss+xml; charset=\"{label}\"");
        assert_eq!(
            headline(&encoded(label, "", title), Some(&header)),
            (title.to_owned(), vec![]),
            "{label} by header"
        );
        // The header's word comes first (RFC 3023).
        let both = headline(&encoded(label, "macintosh", title), Some(&header)).0;
        assert_eq!(both, title, "{label} by header, another declared");
    }
    // GB 18030 under the name of its smallest part.
    assert_eq!(headline(&encoded("gb18030", "gb2312", "朱镕基"), None).0, "朱镕基");
}

#[test]
fn unicode_shows_itself() {
    let title = "Žlutý kůň 新闻";
    let text = document("", title);
    let declared = document("utf-16", title);
    let utf16 = |text: &str, unit: fn(u16) -> [u8; 2]| text.encode_utf16().flat_map(unit).collect::<Vec<u8>>();
    let utf32 = |text: &str, unit: fn(u32) -> [u8; 4]| text.chars().flat_map(|c| unit(c as u32)).collect::<Vec<u8>>();
    for (what, bytes) in [
        ("UTF-8", text.clone().into_bytes()),
        ("UTF-8 with a mark", format!("\u{feff}{text}").into_bytes()),
        ("UTF-16LE with a mark", utf16(&format!("\u{feff}{declared}"), u16::to_le_bytes)),
        ("UTF-16BE with a mark", utf16(&format!("\u{feff}{declared}"), u16::to_be_bytes)),
        ("UTF-16LE", utf16(&declared, u16::to_le_bytes)),
        ("UTF-16BE", utf16(&declared, u16::to_be_bytes)),
        ("UTF-16LE after a blank line", utf16(&format!("\n{text}"), u16::to_le_bytes)),
        ("UTF-32LE with a mark", utf32(&format!("\u{feff}{text}"), u32::to_le_bytes)),
        ("UTF-32BE with a mark", utf32(&format!("\u{feff}{text}"), u32::to_be_bytes)),
        ("UTF-32LE", utf32(&text, u32::to_le_bytes)),
        ("UTF-32BE", utf32(&text, u32::to_be_bytes)),
        ("UTF-8 that says UTF-16", declared.clone().into_bytes()),
    ] {
        assert_eq!(headline(&bytes, None).0, title, "{what}");
    }
}

#[test]
fn a_label_that_does_not_hold_is_told() {
    let (title, notes) = headline(document("iso-8859-1", "Café").as_bytes(), None);
    assert_eq!((title.as_str(), notes), ("Café", vec!["declared as windows-1252, but the bytes are UTF-8".to_owned()]));
    let (title, notes) = headline(document("x-nonsense", "Café").as_bytes(), None);
    assert_eq!((title.as_str(), notes), ("Café", vec!["unknown charset `x-nonsense`".to_owned()]));
    // Plain ASCII is right under every name.
    assert_eq!(headline(document("iso-8859-1", "Cafe").as_bytes(), None), ("Cafe".to_owned(), vec![]));
    assert_eq!(headline(document("utf-7", "Caf+AOk-").as_bytes(), None).0, "Caf+AOk-");
}

#[test]
fn a_bad_byte_does_not_change_the_charset() {
    for label in ["", "utf-8", "iso-8859-1"] {
        let mut bytes = document(label, "Žlutý kůň příliš úpěl ďábelské ódy").into_bytes();
        let at = bytes.windows(2).position(|two| two == "ů".as_bytes()).expect("the letter");
        bytes[at] = 0xFF;
        let (title, notes) = headline(&bytes, None);
        assert!(title.ends_with("příliš úpěl ďábelské ódy"), "{label}: {title}");
        assert!(notes.iter().any(|note| note.contains("UTF-8")), "{label}: {notes:?}");
    }
    let mut bytes = encoded("windows-1251", "windows-1251", "Новости дня");
    bytes.splice(0..0, *b"\n");
    assert_eq!(headline(&bytes, None).0, "Новости дня", "a declaration after a blank line");
}

#[test]
fn a_charset_that_nobody_names_is_recognised() {
    let russian = "Президент подписал указ о назначении нового министра";
    assert_eq!(headline(&encoded("windows-1251", "", russian), None).0, russian);
    assert_eq!(headline(&encoded("koi8-r", "", russian), Some("text/xml")).0, russian);
    let japanese = "政府は新しい経済対策を発表しました";
    assert_eq!(headline(&encoded("shift_jis", "", japanese), None).0, japanese);
    assert_eq!(headline(&encoded("iso-2022-jp", "", japanese), None).0, japanese);
}

#[test]
fn loose_json_is_a_feed() {
    let feed = read(
        "\u{feff}{\"version\": \"http://jsonfeed.org/version/1\", \"title\": null, \"language\": \"en\",
          \"home_page_url\": \"/\", \"feed_url\": \"f.json\", \"next_url\": \"?page=2\", \"expired\": true,
          \"hubs\": [{\"type\": \"rssCloud\", \"url\": \"https://a.example/\"}, {\"type\": \"WebSub\", \"url\": \"https://b.example/\"}],
          \"author\": {\"name\": \"The Desk\"},
          \"items\": [
            {\"id\": 17, \"url\": \"/17\", \"title\": \"Fish &amp; \u{8}chips\", \"tags\": \"sea, food\", \"date_published\": \"16 Nov 2020\",
             \"attachments\": [{\"url\": \"a.mp3\", \"size_in_bytes\": 12.0}]},
            {\"id\": \"18\", \"content_text\": \"1 < 2\", \"authors\": [\"Jane\", {\"name\": \"Joe\"}],},
            {\"id\": \"19\", \"title\": \"half \\ud83d a pair\", \"authors\": {\"name\": \"Ann\"}},
            {},
          ]}",
        Some("application/json"),
    )
    .expect("a feed");
    assert_eq!(feed.format, FeedFormat::Json);
    assert_eq!(titles(&feed), ["Fish & chips", "", "half \u{fffd} a pair"]);
    assert_eq!(feed.language.as_deref(), Some("en"));
    assert_eq!(feed.site_url.as_deref(), Some("https://news.example.org/"));
    assert_eq!(feed.self_url.as_deref(), Some("https://news.example.org/feeds/f.json"));
    assert_eq!(feed.next_url.as_deref(), Some("https://news.example.org/feeds/all.xml?page=2"));
    assert_eq!(feed.hub_url.as_deref(), Some("https://b.example/"));
    let [first, second, third] = &feed.entries[..] else { panic!("three entries") };
    assert_eq!(first.id.as_deref(), Some("17"));
    assert_eq!(first.categories, ["sea", "food"]);
    assert_eq!(first.authors, ["The Desk"], "the feed's authors where the item has none");
    assert_eq!(first.published_raw.as_deref(), Some("16 Nov 2020"));
    assert_eq!(first.published_at, "2020-11-16T00:00:00Z".parse().ok());
    assert_eq!(first.enclosures[0].length, Some(12));
    assert_eq!(second.content.as_deref(), Some("1 &lt; 2"));
    assert_eq!(second.authors, ["Jane", "Joe"]);
    assert_eq!(third.authors, ["Ann"]);
    assert_eq!(feed.skipped.len(), 1);
    for note in ["control characters", "a comma too many", "half a surrogate pair"] {
        assert!(feed.recovered.iter().any(|told| told == note), "{note} in {:?}", feed.recovered);
    }
}

#[test]
fn a_json_feed_cut_anywhere_keeps_what_was_whole() {
    let whole = r#"{"version":"https://jsonfeed.org/version/1.1","title":"T","items":[{"id":"1","title":"one \"a\"","tags":["x"]},{"id":"2","title":"two","content_html":"<p>{[","size":12},{"id":"3","title":"thr\u00e9e"}]}"#;
    let ends: Vec<usize> = whole.match_indices(",{\"id\"").map(|(at, _)| at).chain([whole.len() - 2]).collect();
    for cut in whole.find("[{").expect("items") + 2..whole.len() {
        let feed = read(&whole.as_bytes()[..cut], None).unwrap_or_else(|e| panic!("cut at {cut}: {e}"));
        let done = ends.iter().filter(|end| **end <= cut).count();
        assert!(feed.entries.len() >= done, "cut at {cut}: {} of {done}", feed.entries.len());
        assert_eq!(feed.recovered, ["the document is cut off"], "cut at {cut}");
    }
}

#[test]
fn rss_and_atom_as_json_are_feeds() {
    let one = read(
        r##"{"rss": {"@version": "2.0", "channel": {"title": {"$t": "Wire"}, "link": "https://wire.example/", "ttl": "60",
            "atom:link": {"@attributes": {"rel": "hub", "href": "https://hub.example/"}},
            "item": {"title": "Fish &amp;amp; chips", "guid": {"#value": "https://wire.example/1", "isPermaLink": "true"},
                     "pubDate": "Mon, 16 Nov 2020 15:04:05 GMT", "dc:creator": "Jane", "content:encoded": "<p>x</p>",
                     "category": ["sea", {"_text": "food"}], "enclosure": {"@url": "/a.mp3", "@length": "12"}}}}}"##,
        None,
    )
    .expect("a feed");
    assert_eq!((one.title.as_deref(), one.ttl_seconds), (Some("Wire"), Some(3600)));
    assert_eq!(one.hub_url.as_deref(), Some("https://hub.example/"));
    let entry = &one.entries[0];
    assert_eq!(entry.url.as_deref(), Some("https://wire.example/1"));
    assert_eq!(entry.published_at, "2020-11-16T15:04:05Z".parse().ok());
    assert_eq!(
        (&entry.authors[..], &entry.categories[..]),
        (&["Jane".to_owned()][..], &["sea".to_owned(), "food".to_owned()][..])
    );
    assert_eq!(entry.enclosures[0].url, "https://news.example.org/a.mp3");

    let list = read(r#"{"rss": {"channel": {"item": [{"title": "a"}, {"title": "b"}, {}]}}}"#, None).expect("a feed");
    assert_eq!((titles(&list), list.skipped.len()), (vec!["a", "b"], 1));
    let atom = read(
        r#"{"feed": {"entry": {"id": {"$t": "urn:1"}, "title": {"$t": "x"}, "updated": {"$t": "2020-11-16"},
            "link": [{"rel": "self", "href": "/s"}, {"rel": "alternate", "href": "/1"}], "author": [{"name": {"$t": "Ann"}}]}}}"#,
        None,
    )
    .expect("a feed");
    let entry = &atom.entries[0];
    assert_eq!((entry.id.as_deref(), entry.url.as_deref()), (Some("urn:1"), Some("https://news.example.org/1")));
    assert_eq!(entry.authors, ["Ann"]);
}

#[test]
fn json_that_is_no_feed_says_why() {
    for (document, reason) in [
        (r#"{"error": "not found"}"#, "no items"),
        (r#"{"items": [{"name": "x"}]}"#, "neither `id` nor `url`"),
        (r#"[{"title": "a post"}]"#, "no items"),
        ("{not json", "line 1"),
    ] {
        let refused = read(document, None);
        assert!(
            matches!(&refused, Err(FeedError::JsonNotFeed(why)) if why.contains(reason)),
            "{document}: {refused:?}"
        );
    }
    let deep = format!("{{\"items\":{}", "[".repeat(100_000));
    assert!(matches!(read(deep, None), Err(FeedError::JsonNotFeed(_))));
}

#[test]
fn a_news_sitemap_is_a_feed() {
    let sitemap = |news: &str, address: &str| {
        format!(
            "<?xml version=\"1.0\"?>\n<urlset xmlns=\"https://www.sitemaps.org/schemas/sitemap/0.9/\" {address}>
             <url><loc> /a?x=1&y=2 </loc><lastmod>2024-01-03</lastmod><{news}:news><{news}:publication>
             <{news}:name>The Wire</{news}:name><{news}:language>en</{news}:language></{news}:publication>
             <{news}:publication_date>2024-01-02T03:04:05+02:00</{news}:publication_date>
             <{news}:title><![CDATA[Fish & chips]]></{news}:title><{news}:keywords>sea, food,sea</{news}:keywords></{news}:news>
             <image:image><image:loc>https://img.example/1.jpg</image:loc><image:title>Not the headline</image:title></image:image></url>
             <url><lastmod>2024-01-03</lastmod></url>
             <url><loc>https://news.example.org/about</loc></url></urlset>"
        )
    };
    for (news, address) in [
        ("news", "xmlns:news=\"http://www.google.com/schemas/sitemap-news/0.9\""),
        ("n", "xmlns:n=\"https://www.google.com/schemas/sitemap-news/0.9/\""),
        ("news", ""),
    ] {
        let feed = read(sitemap(news, address), Some("text/xml")).expect("a sitemap");
        assert_eq!(feed.format, FeedFormat::Sitemap);
        assert_eq!((feed.title.as_deref(), feed.language.as_deref()), (Some("The Wire"), Some("en")));
        let [article, page] = &feed.entries[..] else { panic!("two entries: {feed:?}") };
        assert_eq!(article.title.as_deref(), Some("Fish & chips"));
        assert_eq!(article.url.as_deref(), Some("https://news.example.org/a?x=1&y=2"));
        assert_eq!(article.published_at, "2024-01-02T01:04:05Z".parse().ok());
        assert_eq!(article.updated_at, "2024-01-03T00:00:00Z".parse().ok());
        assert_eq!(article.categories, ["sea", "food"]);
        assert_eq!(article.enclosures[0].url, "https://img.example/1.jpg");
        assert_eq!((page.published_at, page.updated_at), (None, None), "a page of the site, not dated");
        assert_eq!(feed.skipped.len(), 1);
    }
}

#[test]
fn an_index_of_sitemaps_names_them_newest_first() {
    let feed = read(
        "<sitemapindex><sitemap><loc>/old.xml</loc><lastmod>2020-01-01</lastmod></sitemap>
         <sitemap><loc>undated.xml</loc></sitemap><sitemap><lastmod>2024-01-01</lastmod></sitemap>
         <sitemap><loc>https://news.example.org/new.xml.gz</loc><lastmod>2024-01-01T10:00Z</lastmod></sitemap>",
        None,
    )
    .expect("an index");
    assert_eq!((feed.format, feed.entries.len()), (FeedFormat::Sitemap, 0));
    let [new, old, undated] =
        ["new.xml.gz", "old.xml", "feeds/undated.xml"].map(|path| format!("https://news.example.org/{path}"));
    assert_eq!(feed.sitemaps, [new, old, undated]);
    let many: String = (0..1200).map(|n| format!("<sitemap><loc>/{n}.xml</loc></sitemap>")).collect();
    assert_eq!(read(format!("<sitemapindex>{many}"), None).expect("an index").sitemaps.len(), 1000);
}

#[test]
fn the_newest_of_a_long_sitemap_are_kept() {
    let url = |n: usize| format!("<url><loc>/{n}</loc><lastmod>{}</lastmod></url>", 1_500_000_000 + n * 60);
    let urls: String = (0..feed::ENTRIES_MAX + 3).map(url).collect();
    let feed = read(format!("<urlset>{urls}</urlset>"), None).expect("a sitemap");
    assert_eq!(feed.entries.len(), feed::ENTRIES_MAX);
    assert_eq!(feed.entries[0].id.as_deref(), Some("/3"));
    assert!(feed.recovered[0].contains("the newest"), "{:?}", feed.recovered);
}

#[test]
fn a_list_of_addresses_is_a_sitemap_only_if_all_lines_are() {
    let feed =
        read("\u{feff}https://e.example/1\r\n\r\n  http://e.example/2\n", Some("text/plain")).expect("a sitemap");
    assert_eq!(
        feed.entries.iter().filter_map(|e| e.url.as_deref()).collect::<Vec<_>>(),
        ["https://e.example/1", "http://e.example/2"]
    );
    for text in ["https://e.example/1\nmoved", "https://e.example/ is gone", "See https://e.example/"] {
        assert!(matches!(read(text, None), Err(FeedError::NotAFeed(_))), "{text}");
    }
}

/// Every input that the fuzz targets found worth keeping, through the laws that the targets check.
#[test]
fn the_fuzzers_corpus_keeps_the_laws() {
    for (target, law) in [("feed_parse", laws::feed as fn(&[u8])), ("feed_date", laws::date)] {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus").join(target);
        let mut files = 0;
        for file in std::fs::read_dir(&folder).expect("the corpus") {
            let path = file.expect("a file").path();
            println!("{}", path.display());
            law(&std::fs::read(&path).expect("readable"));
            files += 1;
        }
        assert!(files > 20, "{files} inputs of {target}");
    }
}
