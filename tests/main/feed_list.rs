//! Feed lists as people write them.

use std::collections::HashSet;

use wireroom::feed_list;

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
}
