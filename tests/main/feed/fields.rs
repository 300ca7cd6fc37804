//! What an entry and a channel carry: each field from wherever publishers put it.

use super::{atom, item, only, read, some};

#[test]
fn the_articles_address() {
    let url = |inside: &str| item(inside).url;
    let one = some("https://news.example.org/1");
    assert_eq!(url("<link>https://news.example.org/1</link>"), one);
    assert_eq!(url("<link> /1\n</link>"), one);
    assert_eq!(url("<link><![CDATA[https://news.example.org/1]]></link>"), one);
    assert_eq!(url("<link href=\"https://news.example.org/1\"/>"), one);
    assert_eq!(url("<atom:link href=\"/1\"/>"), one);
    assert_eq!(url("<guid>https://news.example.org/1</guid>"), one);
    assert_eq!(url("<guid isPermaLink=\"true\">/1</guid>"), one);
    assert_eq!(url("<guid isPermaLink=\"false\">https://news.example.org/1</guid>"), None);
    assert_eq!(url("<guid>12345</guid>"), None);
    assert_eq!(url("<comments>https://news.example.org/1#talk</comments>"), None);
    assert_eq!(url("<enclosure url=\"https://news.example.org/1\"/>"), one);
    let burned =
        "<link>https://feeds.example/~r/1</link><feedburner:origLink>https://news.example.org/1</feedburner:origLink>";
    assert_eq!(url(burned), one);
}

#[test]
fn the_alternate_link_of_an_entry() {
    let url = |inside: &str| atom(inside).url;
    let one = some("https://news.example.org/1");
    let others = "<link rel=\"self\" href=\"/api/1\"/><link rel=\"replies\" href=\"/talk\"/>";
    assert_eq!(url(&format!("{others}<link rel=\"alternate\" type=\"text/html\" href=\"/1\"/>")), one);
    assert_eq!(url("<link type=\"application/json\" href=\"/1.json\"/><link type=\"text/html\" href=\"/1\"/>"), one);
    assert_eq!(url(&format!("{others}<link href=\"/1\"/>")), one);
    assert_eq!(url(others), None);
}

#[test]
fn bases_of_addresses() {
    let url = |around: &str, inside: &str| {
        only(&format!("<feed {around}><entry {inside}><link href=\"1\"/></entry></feed>")).url
    };
    assert_eq!(url("", ""), some("https://news.example.org/feeds/1"));
    assert_eq!(url("xml:base=\"https://a.example/x/\"", ""), some("https://a.example/x/1"));
    assert_eq!(url("xml:base=\"https://a.example/x/\"", "xml:base=\"y/\""), some("https://a.example/x/y/1"));
    assert_eq!(url("xml:base=\"http://[broken\"", ""), some("https://news.example.org/feeds/1"));
}

#[test]
fn ids_stay_as_they_are_written() {
    assert_eq!(item("<guid> a b </guid>").id, some("a b"));
    assert_eq!(atom("<id>HTTP://EXAMPLE.org/./1</id>").id, some("HTTP://EXAMPLE.org/./1"));
    let about = only("<rdf:RDF><item rdf:about=\"https://news.example.org/1\"><title>One</title></item></rdf:RDF>");
    assert_eq!((about.id, about.url), (some("https://news.example.org/1"), some("https://news.example.org/1")));
    // A headline that is edited changes no identity, and nothing is invented.
    assert_eq!(item("<title>One</title>").id, None);
}

#[test]
fn headlines_are_one_line_of_text() {
    let title = |inside: &str| item(&format!("<title>{inside}</title>")).title.unwrap_or_default();
    assert_eq!(title("Foo <b>bar</b> baz"), "Foo bar baz");
    assert_eq!(title("Foo &lt;i&gt;bar&lt;/i&gt;"), "Foo bar");
    assert_eq!(title("AT&amp;amp;T"), "AT&T");
    assert_eq!(title("AT&T &amp; others"), "AT&T & others");
    assert_eq!(title("Caf&eacute;&nbsp;&#8217;90s &#146;quoted&#x92; &#8217 x"), "Café ’90s ’quoted’ ’ x");
    assert_eq!(title("1 &lt; 2 <![CDATA[and 3 > 2]]>"), "1 < 2 and 3 > 2");
    assert_eq!(title("\n  two\n  lines\n"), "two lines");
    assert_eq!(title("<![CDATA[<script>bad()</script>good]]>"), "good");
    assert_eq!(title("nothing&#0;&#x1F;&#99999999; here"), "nothing here");
}

#[test]
fn types_in_any_spelling() {
    let title = |attributes: &str, text: &str| atom(&format!("<title {attributes}>{text}</title>")).title;
    for attributes in ["", "type=''", "type='text'", "type='TEXT'", "type='text/plain'", "type='nonsense'"] {
        assert_eq!(title(attributes, "a &lt;b&gt; c"), some("a <b> c"), "{attributes}");
    }
    for attributes in ["type='html'", "type='Html'", "type='text/html'", "type=' text/html ' mode='escaped'"] {
        assert_eq!(title(attributes, "a &lt;b&gt;b&lt;/b&gt;"), some("a b"), "{attributes}");
    }
    let xhtml = "<div xmlns='http://www.w3.org/1999/xhtml'>a <em>b</em></div>";
    for attributes in ["type='xhtml'", "type='application/xhtml+xml'", "type='xhtml' mode='xml'"] {
        assert_eq!(title(attributes, xhtml), some("a b"), "{attributes}");
    }
    for attributes in ["mode='base64'", "type='application/octet-stream'", "type='text/html' mode='base64'"] {
        assert_eq!(title(attributes, "RXhhbXBsZSA8Yj5B\ndG9tPC9iPg=="), some("Example Atom"), "{attributes}");
    }
}

#[test]
fn teaser_and_text() {
    let bodies = |inside: &str| {
        let entry = item(inside);
        (entry.summary, entry.content)
    };
    assert_eq!(bodies("<description>Short</description>"), (some("Short"), None));
    assert_eq!(bodies("<description><p>Naked &lt;b&gt;</p></description>"), (some("<p>Naked <b></p>"), None));
    assert_eq!(bodies("<description>S</description><content:encoded>L</content:encoded>"), (some("S"), some("L")));
    assert_eq!(bodies("<summary>S</summary><description>L</description>"), (some("S"), some("L")));
    assert_eq!(bodies("<xhtml:body><p>L</p></xhtml:body>"), (None, some("<p>L</p>")));
    assert_eq!(bodies("<dc:description>S</dc:description>"), (some("S"), None));
    assert_eq!(bodies("<media:group><media:description>S</media:description></media:group>"), (some("S"), None));
    assert_eq!(bodies("<itunes:summary>S</itunes:summary>"), (some("S"), None));
    let entry = atom("<summary>S</summary><content type='xhtml'><div><p>L</p></div></content>");
    assert_eq!((entry.summary, entry.content), (some("S"), some("<p>L</p>")));
    // Content that is elsewhere is none.
    assert_eq!(atom("<content src=\"https://news.example.org/1.pdf\"/>").content, None);
}

#[test]
fn people() {
    let names = |inside: &str| item(inside).authors;
    assert_eq!(names("<author>ada@example.org (Ada Byron)</author>"), ["Ada Byron"]);
    assert_eq!(names("<author>Ada Byron &lt;ada@example.org&gt;</author>"), ["Ada Byron"]);
    assert_eq!(names("<author>ada@example.org</author>"), ["ada@example.org"]);
    assert_eq!(names("<author>（a@b.com）</author>").len(), 1);
    assert_eq!(
        names("<dc:creator>Ada</dc:creator><dc:creator>Grace</dc:creator><author>Ada</author>"),
        ["Ada", "Grace"]
    );
    assert_eq!(names("<itunes:author>Ada</itunes:author>"), ["Ada"]);
    let entry = atom("<author><name>Ada</name><email>a@b.c</email></author><author><email>g@b.c</email></author>");
    assert_eq!(entry.authors, ["Ada", "g@b.c"]);
}

#[test]
fn times() {
    let entry = item("<dc:date>2026-11-01</dc:date><pubDate>Tue, 24 Nov 2026 08:00:00 GMT</pubDate>");
    assert_eq!(entry.published_raw, some("Tue, 24 Nov 2026 08:00:00 GMT"));
    assert_eq!(entry.updated_raw, some("2026-11-01"));
    let entry = item("<pubDate>soon</pubDate>");
    assert_eq!((entry.published_at, entry.published_raw), (None, some("soon")));
    let entry = item("<pubDate>soon</pubDate><dc:date>2026-11-24T08:00:00Z</dc:date>");
    assert_eq!(entry.published_raw, some("2026-11-24T08:00:00Z"));
    let entry = atom("<issued>2004-01-01T08:00:00Z</issued><modified>2004-01-02T08:00:00Z</modified>");
    assert_eq!(entry.updated_at.zip(entry.published_at).map(|(u, p)| (u - p).num_hours()), Some(24));
}

#[test]
fn sections_and_files() {
    let entry = item(
        "<category>News</category><category domain=\"x\">News</category><dc:subject>Fish</dc:subject>\
         <media:keywords>sea, boats</media:keywords><itunes:category text=\"A\"><itunes:category text=\"B\"/></itunes:category>\
         <media:group><media:content url=\"/1.mp4\" type=\"video/mp4\" fileSize=\"7\"/></media:group>\
         <enclosure url=\"/1.mp3\" length=\"many\"/>",
    );
    assert_eq!(entry.categories, ["News", "Fish", "sea", "boats", "A", "B"]);
    let files: Vec<_> = entry.enclosures.iter().map(|e| (e.url.as_str(), e.length)).collect();
    assert_eq!(files, [("https://news.example.org/1.mp4", Some(7)), ("https://news.example.org/1.mp3", None)]);
    assert_eq!(atom("<category term=\"news\" label=\"News\"/>").categories, ["news"]);
}

#[test]
fn what_a_channel_asks_for() {
    let feed = read(
        "<rss xml:lang=\"de\"><channel><title>The &lt;b&gt;Example&lt;/b&gt;</title><link>https://news.example.org/</link>\
         <description>All</description><language>en_GB</language><ttl>30</ttl>\
         <atom10:link rel=\"self\" href=\"/feeds/self.xml\"/><atom:link rel=\"next\" href=\"?page=2\"/>\
         <skipHours><hour>0</hour><hour>24</hour><hour>5</hour><hour>99</hour></skipHours>\
         <skipDays><day>Sunday</day><day>monday</day><day>Someday</day></skipDays>\
         <item><title>One</title><atom:link rel=\"hub\" href=\"https://hub.example/\"/></item></channel></rss>",
    );
    assert_eq!((feed.title, feed.language, feed.ttl_seconds), (some("The Example"), some("en-GB"), Some(1800)));
    assert_eq!((feed.skip_hours, feed.skip_days), (vec![0, 5], vec![1, 7]));
    assert_eq!(feed.self_url, some("https://news.example.org/feeds/self.xml"));
    assert_eq!(feed.next_url, some("https://news.example.org/feeds/all.xml?page=2"));
    assert_eq!(feed.hub_url, some("https://hub.example/"));
    let period = "<sy:updatePeriod> Daily </sy:updatePeriod><sy:updateFrequency>4</sy:updateFrequency>";
    assert_eq!(read(&format!("<rss><channel>{period}</channel></rss>")).ttl_seconds, Some(21_600));
    assert_eq!(read("<feed xml:lang=\"fr\"/>").language, some("fr"));
}
