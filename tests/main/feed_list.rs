//! Feed lists as people and programs write them.

use std::collections::HashSet;
use std::fmt::Write as _;

use proptest::prelude::*;
use wireroom::feed_list::{self, FeedList, ListedFeed};

#[test]
fn the_shipped_list_is_broad_and_whole() {
    let list = feed_list::read(include_str!("../../config/feeds.toml")).unwrap();
    assert_eq!(list.rejected, []);
    assert!(list.feeds.len() >= 100);
    let countries: HashSet<_> = list.feeds.iter().filter_map(|f| f.country.clone()).collect();
    assert!(countries.len() >= 30, "{} countries", countries.len());
}

#[test]
fn a_bad_table_costs_its_neighbours_nothing() {
    let list = feed_list::read(
        "[[feeds]]\nurl = \"https://a.example/rss#top\"\n[[feeds]]\nurl = \"file:///etc/passwd\"\n\
         [[feeds]]\nurl = \"https://a.example/rss\"\n[[feeds]]\nurl = \"https://me:pw@b.example/\"\n\
         [[feeds]]\ntitle = \"no url\"\n[[feeds]]\nurl = \"https://c.example/\"\n",
    )
    .unwrap();
    let urls: Vec<_> = list.feeds.iter().map(|f| f.url.as_str()).collect();
    assert_eq!(urls, ["https://a.example/rss", "https://c.example/"]);
    let lines: Vec<_> = list.rejected.iter().map(|r| r.line).collect();
    assert_eq!(lines, [3, 5, 7, 9]);
    assert!(!format!("{:?}", list.rejected).contains("pw"), "a secret reached an error");
}

#[test]
fn text_that_is_no_list_is_refused() {
    assert!(feed_list::read("<html>").is_err());
    assert!(feed_list::read("[feed]\nurl = 1").is_err());
    assert!(feed_list::read_any("x.opml", "<html><body><p>Subscribe!</p></body></html>").is_err());
}

/// Each feed as `folder/…: address (title)`.
fn drawn(list: &FeedList) -> Vec<String> {
    let line = |f: &ListedFeed| format!("{}: {} ({})", f.path().join("/"), f.url, f.title.as_deref().unwrap_or("–"));
    list.feeds.iter().map(line).collect()
}

#[test]
fn folders_of_any_depth_are_kept() {
    let list = feed_list::read_any(
        "a.opml",
        r#"<opml version="1.0"><head><title>My feeds</title></head><body>
        <outline text="News"><outline text="World"><outline title="Asia" text="ignored">
          <outline type="rss" text="Post" xmlUrl="https://post.example/rss" htmlUrl="https://post.example/"/>
        </outline></outline>
        <outline text="Times" xmlUrl="https://times.example/rss"></outline></outline>
        <outline text="Top" xmlUrl="https://top.example/rss"/></body></opml>"#,
    )
    .unwrap();
    assert_eq!(
        drawn(&list),
        [
            "News/World/Asia: https://post.example/rss (Post)",
            "News: https://times.example/rss (Times)",
            ": https://top.example/rss (Top)"
        ]
    );
    assert_eq!(list.feeds[0].region, None, "a folder is no part of the world");
}

#[test]
fn broken_opml_is_read_as_it_was_meant() {
    let list = feed_list::read_any(
        "a.xml",
        "<?xml version=\"1.0\"?><!DOCTYPE opml [<!ENTITY x 'y'>]><OPML><BODY>\n\
         <Outline Text=\"Caf&eacute; & Bar\">\n\
         <outline text=\"A & B\" xmlurl=\"https://a.example/rss?a=1&b=2&copy=3\">\n\
         <outline title='It&#146;s' XMLURL='https://b.example/rss'/>\n\
         <outline text=plain xmlUrl=https://c.example/rss />\n\
         </Outline>\n<outline text=\"after\" xmlUrl=\"https://d.example/rss\"/>",
    )
    .unwrap();
    assert_eq!(list.rejected, []);
    let urls: Vec<_> = list.feeds.iter().map(|f| f.url.as_str()).collect();
    assert_eq!(
        urls,
        [
            "https://a.example/rss?a=1&b=2&copy=3",
            "https://b.example/rss",
            "https://c.example/rss",
            "https://d.example/rss"
        ]
    );
    assert_eq!(list.feeds[0].folder, ["Café & Bar"]);
    assert_eq!(list.feeds[1].title.as_deref(), Some("It’s"));
}

#[test]
fn what_is_no_feed_is_noted_and_a_bad_address_named() {
    let list = feed_list::read_any(
        "a.opml",
        "<opml><body>\n<outline type=\"include\" text=\"More\" url=\"https://x.example/more.opml\"/>\n\
         <outline type=\"link\" text=\"A page\" url=\"https://x.example/page\"/>\n\
         <outline type=\"rss\" text=\"Old\" url=\"https://old.example/rss\"/>\n\
         <outline text=\"In two folders\" xmlUrl=\"https://old.example/rss\"/>\n\
         <outline text=\"Bad\" xmlUrl=\"gopher://bad.example/\"/>\n\
         <outline text=\"Hand\" xmlUrl=\"feed://hand.example/rss\" category=\"/World/Asia,/Politics\"/>\n</body></opml>",
    )
    .unwrap();
    assert_eq!(drawn(&list), [": https://old.example/rss (Old)", "World/Asia: http://hand.example/rss (Hand)"]);
    assert_eq!(list.notes.iter().map(|n| n.line).collect::<Vec<_>>(), [2, 3, 5]);
    assert_eq!(list.rejected.iter().map(|r| r.line).collect::<Vec<_>>(), [6]);
}

#[test]
fn lists_come_in_every_charset() {
    let text = "<?xml version=\"1.0\" encoding=\"utf-16\"?><opml><body><outline text=\"Żółw\" xmlUrl=\"https://a.example/\"/></body></opml>";
    let (mut little, mut big) = (vec![0xFF, 0xFE], Vec::new());
    for unit in text.encode_utf16() {
        little.extend(unit.to_le_bytes());
        big.extend(unit.to_be_bytes());
    }
    let latin =
        b"<?xml version='1.0' encoding='ISO-8859-2'?><opml><outline text='\xAF\xF3\xB3w' xmlUrl='https://a.example/'/>";
    for bytes in [text.as_bytes(), &little, &big, latin] {
        let list = feed_list::read_any("a.opml", &feed_list::decode(bytes)).unwrap();
        assert_eq!(list.feeds[0].title.as_deref(), Some("Żółw"));
    }
    assert_eq!(feed_list::decode(b"caf\xE9"), "café");
}

#[test]
fn csv_and_toml_carry_folders() {
    let csv = feed_list::read_any("a.csv", "URL,Title,Folder\nhttps://a.example/,A,World/Asia\n").unwrap();
    let toml = feed_list::read_any(
        "a.toml",
        "[[feeds]]\nurl = \"https://a.example/\"\ntitle = \"A\"\nfolder = \"World/Asia\"\n",
    )
    .unwrap();
    let array = feed_list::read_any(
        "a.toml",
        "[[feeds]]\nurl = \"https://a.example/\"\ntitle = \"A\"\nfolder = [\"World\", \"Asia\"]\n",
    )
    .unwrap();
    assert_eq!(csv.feeds, toml.feeds);
    assert_eq!(csv.feeds, array.feeds);
    assert_eq!(csv.feeds[0].folder, ["World", "Asia"]);
}

#[test]
fn a_long_list_is_read_whole() {
    let mut text = "<opml><body>".to_owned();
    for n in 0..20_000 {
        if n % 100 == 0 {
            _ = write!(text, "{}<outline text=\"F{}\">", if n == 0 { "" } else { "</outline>" }, n / 100);
        }
        _ = write!(text, "<outline text=\"Feed {n} & co\" xmlUrl=\"https://f{n}.example/rss?a=1&b=2\"/>");
    }
    let list = feed_list::read_any("a.opml", &text).unwrap();
    assert_eq!((list.feeds.len(), list.rejected.len(), list.notes.len()), (20_000, 0, 0));
    assert_eq!(list.feeds[19_999].folder, ["F199"]);
}

#[test]
fn folders_without_end_are_cut() {
    let deep = "<outline text=\"x\">".repeat(100_000);
    let list = feed_list::read_any(
        "a.opml",
        &format!("<opml>{deep}<outline xmlUrl=\"https://a.example/\"/>{}", "</outline>".repeat(100_000)),
    )
    .unwrap();
    assert_eq!(list.feeds[0].folder.len(), 32);
}

fn word() -> impl Strategy<Value = Option<String>> {
    proptest::option::of("[ a-zA-Z&<>\"'/;#éß日本%=\\[\\]\\\\]{0,12}")
        .prop_map(|text| text.map(|t| t.trim().to_owned()).filter(|t| !t.is_empty()))
}

prop_compose! {
    fn feed()(
        host in "[a-z]{3,8}", query in proptest::option::of("[a-z]=[0-9&a-z]{0,6}"), title in word(), language in word(),
        country in word(), region in word(), topic in word(), folder in proptest::collection::vec(word(), 0..4),
    ) -> ListedFeed {
        let query = query.map(|q| format!("?{q}")).unwrap_or_default();
        let url = url::Url::parse(&format!("https://{host}.example/rss{query}")).unwrap();
        let folder: Vec<String> = folder.into_iter().flatten().collect();
        // A folder that says what region and topic say is none of its own.
        let own = !folder.iter().eq(region.iter().chain(&topic));
        let title = title.filter(|title| title != url.as_str());
        ListedFeed { title, language, country, region, topic, folder: if own { folder } else { Vec::new() }, ..ListedFeed::new(url) }
    }
}

proptest! {
    #[test]
    fn what_is_written_is_read_again(feeds in proptest::collection::vec(feed(), 0..12)) {
        let mut seen = HashSet::new();
        let mut feeds: Vec<ListedFeed> = feeds.into_iter().filter(|f| seen.insert(f.url.clone())).collect();
        let toml = feed_list::read(&feed_list::to_toml(&feeds)).unwrap();
        prop_assert_eq!((&toml.feeds, &toml.rejected), (&feeds, &Vec::new()));
        let opml = feed_list::read_any("a.opml", &feed_list::to_opml(&feeds)).unwrap();
        feeds.sort_by(|a, b| a.path().cmp(&b.path()));
        prop_assert_eq!((&opml.feeds, &opml.rejected, &opml.notes), (&feeds, &Vec::new(), &Vec::new()));
    }

    #[test]
    fn no_bytes_make_the_reader_fail(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let text = feed_list::decode(&bytes);
        _ = feed_list::read_any("a.opml", &format!("<opml><outline {text}"));
        _ = feed_list::read_any("a", &text);
    }
}
