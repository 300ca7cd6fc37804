//! Feeds as news sites write them, in every dialect, the same at every run.

use std::fmt::Write as _;

const WORDS: &[&str] = &[
    "council", "minister", "says", "rains", "after", "the", "harbour", "strike", "budget", "vote", "in", "Zürich",
    "court", "and", "police", "of", "station", "talks", "reach", "a", "deal", "over", "fish", "quotas", "’90s", "Łódź",
    "rise", "東京",
];

/// Words, by a linear congruential generator: no two runs differ.
struct Words(u32);

impl Words {
    fn number(&mut self, below: usize) -> usize {
        self.0 = self.0.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (self.0 >> 8) as usize % below
    }

    fn text(&mut self, words: usize) -> String {
        let picked: Vec<&str> = (0..words).filter_map(|_| WORDS.get(self.number(WORDS.len())).copied()).collect();
        picked.join(" ")
    }
}

/// The document of a number: its dialect is the number's remainder, its length grows with it.
pub fn document(number: usize) -> Vec<u8> {
    let mut words = Words(u32::try_from(number).unwrap_or(0) + 11);
    let mut items = String::new();
    for at in 0..10 + number {
        let title = words.text(6);
        let teaser = words.text(25);
        let body = format!(
            "<p>{}</p><p><a href=\"https://example.org/?a=1&amp;b={at}\">{}</a></p>",
            words.text(60),
            words.text(3)
        );
        let escaped = body.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
        let address = format!("https://news.example/{number}/{at}");
        let (hour, minute) = (at % 24, number % 60);
        match number % 5 {
            0 => write!(items, "<item>\n<title>{title}</title>\n<link>{address}</link>\n<guid isPermaLink=\"false\">{at}</guid>\n<dc:creator><![CDATA[{}]]></dc:creator>\n<pubDate>Tue, 24 Nov 2026 {hour:02}:{minute:02}:00 +0000</pubDate>\n<category><![CDATA[News]]></category>\n<description><![CDATA[{teaser}]]></description>\n<content:encoded><![CDATA[{body}]]></content:encoded>\n<media:content url=\"{address}.jpg\" medium=\"image\"><media:title>{}</media:title></media:content>\n</item>\n", words.text(2), words.text(4)),
            1 => write!(items, "<item><title>{title}</title><link>{address}</link><description>{escaped}</description><pubDate>Tue, 24 Nov 2026 {hour:02}:{minute:02}:00 GMT</pubDate><guid>{address}</guid><enclosure url=\"{address}.mp3\" length=\"1\" type=\"audio/mpeg\"/></item>"),
            2 => write!(items, "<item rdf:about=\"{address}\">\n <title>{title}</title>\n <link>{address}</link>\n <description>{teaser}</description>\n <dc:date>2026-11-24T{hour:02}:{minute:02}:00Z</dc:date>\n</item>\n"),
            3 => write!(items, "  <entry>\n    <id>tag:news.example,2026:{at}</id>\n    <title type=\"html\">{title}</title>\n    <link rel=\"alternate\" type=\"text/html\" href=\"{address}\"/>\n    <updated>2026-11-24T{hour:02}:{minute:02}:00Z</updated>\n    <author><name>{}</name></author>\n    <!-- a note -->\n    <summary>{teaser}</summary>\n    <content type=\"html\">{escaped}</content>\n  </entry>\n", words.text(2)),
            _ => write!(items, "<entry><id>urn:{at}</id><title>{title}</title><link href='{address}'/><published>2026-11-24T{hour:02}:{minute:02}:00Z</published><content type=\"xhtml\"><div xmlns=\"http://www.w3.org/1999/xhtml\">{body}</div></content></entry>"),
        }
        .expect("writing to a string cannot fail");
    }
    let declaration = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";
    let document = match number % 5 {
        0 => format!(
            "{declaration}<rss version=\"2.0\" xmlns:content=\"http://purl.org/rss/1.0/modules/content/\" xmlns:dc=\"http://purl.org/dc/elements/1.1/\" xmlns:media=\"http://search.yahoo.com/mrss/\">\n<channel>\n<title>News</title>\n<link>https://news.example/</link>\n<description>All</description>\n{items}</channel>\n</rss>\n"
        ),
        1 => format!(
            "{declaration}<rss version=\"2.0\"><channel><title>News</title><link>https://news.example/</link><description>All</description>{items}</channel></rss>"
        ),
        2 => format!(
            "{declaration}<rdf:RDF xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\" xmlns=\"http://purl.org/rss/1.0/\" xmlns:dc=\"http://purl.org/dc/elements/1.1/\">\n<channel rdf:about=\"https://news.example/\"><title>News</title></channel>\n{items}</rdf:RDF>\n"
        ),
        _ => format!(
            "{declaration}<feed xmlns=\"http://www.w3.org/2005/Atom\">\n<id>urn:news</id><title>News</title><updated>2026-11-24T00:00:00Z</updated>\n{items}</feed>\n"
        ),
    };
    document.into_bytes()
}
