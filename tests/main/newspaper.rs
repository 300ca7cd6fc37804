//! The bundled newspaper: that it is whole, and that it misbehaves exactly as it says.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Datelike, TimeDelta, Utc};
use encoding_rs::{UTF_8, WINDOWS_1251, WINDOWS_1252};
use http::{HeaderMap, Response, header};
use scraper::Html;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;
use wireroom::demo::{self, Edition, Expected, Newspaper, Outcome, Refusal, Story, Visits};

fn base() -> DateTime<Utc> {
    "2026-03-05T12:00:00Z".parse().unwrap()
}

/// Asks without a socket; a busy page is asked until it answers.
fn get(newspaper: &Newspaper, url: &str) -> Response<bytes::Bytes> {
    let mut visits = Visits::default();
    let url = url::Url::parse(url).unwrap();
    let ask = |visits: &mut Visits| {
        let path = url.query().map_or(url.path().to_owned(), |query| format!("{}?{query}", url.path()));
        newspaper.respond(url.host_str().unwrap(), &path, &HeaderMap::new(), visits)
    };
    let answer = ask(&mut visits);
    if answer.status() == 429 { ask(&mut visits) } else { answer }
}

/// Decodes a page as its site declares it, by header, mark or meta element.
fn decode(response: &Response<bytes::Bytes>) -> String {
    let told = response.headers()[header::CONTENT_TYPE].to_str().unwrap();
    let head = String::from_utf8_lossy(response.body()).to_lowercase();
    let encoding = match (told, head.as_str()) {
        (told, _) if told.contains("windows-1252") => WINDOWS_1252,
        (told, _) if told.contains("windows-1251") => WINDOWS_1251,
        (_, head) if head.contains("charset=iso-8859-1") => WINDOWS_1252,
        _ => UTF_8,
    };
    let (text, _, had_errors) = encoding.decode(response.body());
    assert!(!had_errors, "{told}: bytes that are not in the declared charset");
    text.into_owned()
}

fn visible(html: &str) -> String {
    let page = Html::parse_document(html);
    let text = page.root_element().text().collect::<String>();
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn listed<'a>(expected: &'a [Expected], part: &str) -> &'a Expected {
    let mut found = expected.iter().filter(|e| e.url.contains(part));
    let one = found.next().unwrap_or_else(|| panic!("{part} is not listed"));
    assert!(found.next().is_none(), "{part} is listed under two addresses");
    one
}

fn story(expected: &Expected) -> &Story {
    match &expected.outcome {
        Outcome::Article(story) | Outcome::FeedText(story) => story,
        other => panic!("{}: {other:?}", expected.url),
    }
}

#[test]
fn it_is_a_world_and_not_a_sample() {
    let newspaper = Newspaper::new(base());
    let articles = newspaper.articles(Edition::First);
    assert!(articles.len() >= 44, "{} articles", articles.len());
    let languages: HashSet<_> = articles.iter().map(|a| a.language.as_str()).collect();
    assert_eq!(languages, HashSet::from(["en", "de", "fr", "es", "ru", "ja"]));
    for article in &articles {
        let paragraphs = article.text().split("\n\n").count();
        assert!((5..=12).contains(&paragraphs), "{}: {paragraphs} paragraphs", article.title);
        assert!(article.published_at < base() && article.published_at > base() - TimeDelta::days(6), "{}", article.url);
    }
    let urls: HashSet<_> = articles.iter().map(|a| &a.url).collect();
    assert_eq!(urls.len(), articles.len());
    assert!(urls.iter().all(|url| !url.contains('{')), "an address is not filled in");
    assert!(newspaper.hosts().iter().all(|host| host.ends_with(".example")));
}

#[test]
fn every_article_stands_on_its_page_between_furniture() {
    let newspaper = Newspaper::new(base());
    for edition in [Edition::First, Edition::Second] {
        for expected in newspaper.expected_in(edition) {
            let (Outcome::Article(story) | Outcome::FeedText(story)) = &expected.outcome else { continue };
            let mut visits = Visits::default();
            visits.edition = edition;
            let url = url::Url::parse(&story.canonical_url).unwrap();
            let mut ask = || newspaper.respond(url.host_str().unwrap(), url.path(), &HeaderMap::new(), &mut visits);
            let page = match ask() {
                busy if busy.status() == 429 => ask(),
                page => page,
            };
            assert_eq!(page.status(), 200, "{url}");
            let html = decode(&page);
            assert!(!html.contains("{{"), "{url}: a name in the layout that nobody knows");
            if let Some((_, json)) = html.split_once("<script type=\"application/ld+json\">") {
                let json = json.split_once("</script>").unwrap().0;
                let value: serde_json::Value = serde_json::from_str(json).unwrap_or_else(|e| panic!("{url}: {e}"));
                assert!(value.to_string().contains("\"datePublished\""), "{url}");
            }
            let text = visible(&html);
            for paragraph in story.text.split("\n\n") {
                assert!(text.contains(paragraph), "{url} lacks {paragraph:?}");
                assert!(!paragraph.contains(['{', '}', '[', ']', '*']), "{url}: markup left in {paragraph:?}");
            }
            assert!(text.contains(&story.title), "{url}");
            assert!(expected.must_not_contain.len() >= 5, "{url}");
            for furniture in &expected.must_not_contain {
                assert!(text.contains(furniture.as_str()), "{url} lacks the furniture {furniture:?}");
                assert!(!story.text.contains(furniture.as_str()), "{url} tells {furniture:?}");
            }
        }
    }
}

#[test]
fn sentences_are_the_ends_of_the_story() {
    let newspaper = Newspaper::new(base());
    let expected = newspaper.expected();
    for expected in expected.iter().filter(|e| matches!(e.outcome, Outcome::Article(_) | Outcome::FeedText(_))) {
        let story = story(expected);
        assert!(story.text.starts_with(&story.first_sentence) && story.first_sentence.len() > 20, "{}", expected.url);
        assert!(story.text.ends_with(&story.last_sentence) && story.last_sentence.len() > 10, "{}", expected.url);
    }
    let petrel = story(listed(&expected, "/go/11823"));
    assert!(petrel.canonical_url.ends_with("/pilot-boat-retires"));
    assert!(petrel.last_sentence.starts_with("He described the experience"));
}

#[test]
fn weekdays_follow_the_publication() {
    for offset in 0..7 {
        let newspaper = Newspaper::new(base() + TimeDelta::days(offset));
        let articles = newspaper.articles(Edition::First);
        let check = |slug: &str, days: i64, names: [&str; 7], around: &str| {
            let article = articles.iter().find(|a| a.url.contains(slug)).unwrap();
            let day = (article.published_at + TimeDelta::days(days)).weekday().num_days_from_monday();
            let wanted = around.replace("DAY", names[day as usize]);
            assert!(article.text().contains(&wanted), "{slug} lacks {wanted:?}");
        };
        let english = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];
        check("halvorsen-castellane", 0, english, "agreed on DAY to merge");
        check("halvorsen-castellane", -1, english, "above DAY's closing price");
        let russian =
            ["в понедельник", "во вторник", "в среду", "в четверг", "в пятницу", "в субботу", "в воскресенье"];
        check("ledokol", -1, russian, "В Мурманске DAY спустили");
        let german = ["Montag", "Dienstag", "Mittwoch", "Donnerstag", "Freitag", "Samstag", "Sonntag"];
        check("aurora-lind-frachter", 0, german, "am frühen DAY der Frachter");
    }
}

#[test]
fn every_article_is_listed_and_the_specials_are_there() {
    let newspaper = Newspaper::new(base());
    let expected = newspaper.expected();
    let told: HashSet<_> = expected
        .iter()
        .filter(|e| matches!(e.outcome, Outcome::Article(_) | Outcome::FeedText(_)))
        .map(|e| story(e).canonical_url.as_str())
        .collect();
    for article in newspaper.articles(Edition::First) {
        assert!(told.contains(article.url.as_str()), "{} is in no feed", article.url);
    }
    let merger = listed(&expected, "halvorsen-castellane");
    assert_eq!(merger.feeds.len(), 2, "the merger stands in two feeds");
    let tracked = listed(&expected, "utm_source");
    let Outcome::DuplicateOf(original) = &tracked.outcome else { panic!("{:?}", tracked.outcome) };
    assert!(expected.iter().any(|e| e.url == *original) && tracked.url.starts_with(original.as_str()));
    assert_eq!(get(&newspaper, &tracked.url).status(), 200);
    let gone = listed(&expected, "harbour-tunnel");
    assert_eq!(gone.outcome, Outcome::Refused(Refusal::NotFound));
    assert_eq!(get(&newspaper, &gone.url).status(), 404);
    let moved = get(&newspaper, &listed(&expected, "/go/").url);
    assert_eq!(moved.status(), 301);
    assert_eq!(moved.headers()[header::LOCATION], story(listed(&expected, "/go/")).canonical_url.as_str());
    let wall = listed(&expected, "premium-grain");
    assert_eq!(wall.outcome, Outcome::Refused(Refusal::Wall));
    assert!(visible(&decode(&get(&newspaper, &wall.url))).contains("Sign in to continue"));
    let members = listed(&expected, "/members/");
    assert!(matches!(members.outcome, Outcome::FeedText(_)));
    let robots = get(&newspaper, "http://www.thevalleypost.example/robots.txt");
    assert!(decode(&robots).contains("Disallow: /members/"));
    let feed = get(&newspaper, &members.feeds[0]);
    assert!(String::from_utf8_lossy(feed.body()).contains(&story(members).last_sentence), "the feed carries the text");
}

#[test]
fn the_pages_are_written_in_six_ways() {
    let newspaper = Newspaper::new(base());
    let front = |host: &str| get(&newspaper, &format!("http://{host}/"));
    let told = |host: &str| front(host).headers()[header::CONTENT_TYPE].to_str().unwrap().to_owned();
    assert_eq!(told("www.thevalleypost.example"), "text/html; charset=windows-1252");
    assert_eq!(told("news.nordwind.example"), "text/html");
    assert_eq!(told("vestnik-severa.example"), "text/html; charset=windows-1251");
    assert!(front("www.meridian-wire.example").body().starts_with(b"\xef\xbb\xbf"));
    assert!(std::str::from_utf8(front("www.thevalleypost.example").body()).is_err());
    assert!(std::str::from_utf8(front("news.nordwind.example").body()).is_err());
    assert!(std::str::from_utf8(front("vestnik-severa.example").body()).is_err());
    let rdf = get(&newspaper, "http://vestnik-severa.example/rdf.xml");
    assert!(WINDOWS_1251.decode(rdf.body()).0.contains("Полярная сова"));
}

#[test]
fn each_feed_has_its_dialect_and_two_are_broken() {
    let newspaper = Newspaper::new(base());
    let starts: HashMap<_, _> = newspaper
        .feeds()
        .into_iter()
        .map(|feed| {
            let mut answer = get(&newspaper, feed.url.as_str());
            if answer.status() == 301 {
                answer = get(&newspaper, answer.headers()[header::LOCATION].to_str().unwrap());
            }
            assert_eq!(answer.status(), 200, "{}", feed.url);
            (feed.url.to_string(), answer.into_body())
        })
        .collect();
    assert_eq!(starts.len(), 9);
    let holds = |part: &str, wanted: &str| {
        let (_, body) = starts.iter().find(|(url, _)| url.contains(part)).unwrap();
        assert!(String::from_utf8_lossy(body).contains(wanted), "{part} lacks {wanted:?}");
    };
    holds("/rss.xml", "<rss version=\"2.0\"");
    holds("/business.rss", "<rss version=\"0.91\"");
    holds("thevalleypost.example/feed/", "<content:encoded>");
    holds("/comments/feed/", "<html");
    holds("nordwind.example/atom.xml", "<feed xmlns=\"http://www.w3.org/2005/Atom\"");
    holds("/rdf.xml", "<rdf:RDF");
    holds("/feed.json", "https://jsonfeed.org/version/1.1");
    holds("ledger-and-quay", "<title>Ledger & Quay</title>");
    let (_, damaged) = starts.iter().find(|(url, _)| url.contains("ledger-and-quay")).unwrap();
    assert!(std::str::from_utf8(damaged).is_err() && damaged.contains(&0x92));
    for (url, body) in &starts {
        let xml = String::from_utf8_lossy(body);
        if url.contains("/feed") && url.contains("meridian-wire") {
            assert!(serde_json::from_slice::<serde_json::Value>(body).unwrap()["items"].is_array(), "{url}");
        } else if !url.contains("ledger-and-quay") && !url.contains("/comments/") && !url.contains("rdf") {
            let mut reader = quick_xml::Reader::from_str(&xml);
            loop {
                if reader.read_event().unwrap_or_else(|e| panic!("{url}: {e}")) == quick_xml::events::Event::Eof {
                    break;
                }
            }
        }
    }
}

/// One exchange over a real socket: status, head in lower case, body.
async fn exchange(address: std::net::SocketAddr, url: &str, more: &str) -> (u16, String, Vec<u8>) {
    let url = url::Url::parse(url).unwrap();
    let (host, path) = (url.host_str().unwrap(), url.path());
    let mut socket = TcpStream::connect(address).await.unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n{more}\r\n");
    socket.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    socket.read_to_end(&mut answer).await.unwrap();
    let end = answer.windows(4).position(|w| w == b"\r\n\r\n").unwrap();
    let head = String::from_utf8(answer[..end].to_vec()).unwrap().to_lowercase();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    (status, head, answer[end + 4..].to_vec())
}

fn named(head: &str, name: &str) -> Option<String> {
    head.lines().find_map(|line| line.strip_prefix(&format!("{name}: ")).map(str::to_owned))
}

async fn open() -> (demo::Serving, CancellationToken) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let shutdown = CancellationToken::new();
    (demo::serve(Newspaper::new(base()), listener, shutdown.clone()).unwrap(), shutdown)
}

#[tokio::test]
async fn every_feed_answers_304_until_it_changes() {
    let (serving, shutdown) = open().await;
    let mut changed = Vec::new();
    let feeds: HashSet<_> = serving.newspaper().expected().into_iter().flat_map(|e| e.feeds).collect();
    let mut validators = Vec::new();
    for feed in &feeds {
        let (status, head, _) = exchange(serving.address(), feed, "").await;
        assert_eq!(status, 200, "{feed}");
        // The head was lower-cased, and a date is compared as the server wrote it: ask the newspaper for that.
        let answer = get(serving.newspaper(), feed);
        let header = match (named(&head, "etag"), answer.headers().get(header::LAST_MODIFIED)) {
            (Some(etag), _) => format!("If-None-Match: {}\r\n", etag.replace("w/", "W/")),
            (None, Some(date)) => format!("If-Modified-Since: {}\r\n", date.to_str().unwrap()),
            (None, None) => panic!("{feed} has no validator"),
        };
        let (status, _, body) = exchange(serving.address(), feed, &header).await;
        assert_eq!((status, body.len()), (304, 0), "{feed}");
        validators.push((feed, header));
    }
    serving.publish_edit();
    for (feed, header) in validators {
        if exchange(serving.address(), feed, &header).await.0 == 200 {
            changed.push(feed.as_str());
        }
    }
    changed.sort_unstable();
    assert_eq!(
        changed,
        ["http://www.harbour-herald.example/business.rss", "http://www.harbour-herald.example/rss.xml"]
    );
    let ledger = serving.ledger();
    assert_eq!(ledger.iter().filter(|line| line.status == 304).count(), feeds.len() * 2 - 2);
    assert_eq!(ledger.iter().filter(|line| line.conditional).count(), feeds.len() * 2);
    shutdown.cancel();
    serving.stopped().await.unwrap();
}

#[tokio::test]
async fn a_busy_page_answers_the_second_time() {
    let (serving, shutdown) = open().await;
    let expected = serving.newspaper().expected();
    let url = &listed(&expected, "castellane-debt").url;
    let (status, head, _) = exchange(serving.address(), url, "").await;
    assert_eq!((status, named(&head, "retry-after").as_deref()), (429, Some("1")));
    assert_eq!(exchange(serving.address(), url, "").await.0, 200);
    let statuses: Vec<_> = serving.ledger().iter().map(|line| line.status).collect();
    assert_eq!(statuses, [429, 200]);
    shutdown.cancel();
    serving.stopped().await.unwrap();
}

#[tokio::test]
async fn an_edit_changes_the_page_and_its_entry() {
    let (serving, shutdown) = open().await;
    let expected = serving.newspaper().expected();
    let url = &listed(&expected, "halvorsen-castellane").url;
    let page = |body: Vec<u8>| visible(&String::from_utf8(body).unwrap());
    let before = page(exchange(serving.address(), url, "").await.2);
    serving.publish_edit();
    let after = page(exchange(serving.address(), url, "").await.2);
    assert!(!before.contains("one-day strike") && after.contains("one-day strike"));
    let feed = exchange(serving.address(), "http://www.harbour-herald.example/rss.xml", "").await.2;
    assert!(String::from_utf8(feed).unwrap().contains("unions call strike"));
    shutdown.cancel();
    serving.stopped().await.unwrap();
}

#[tokio::test]
async fn bodies_are_packed_for_those_who_ask() {
    use std::io::Read;
    let (serving, shutdown) = open().await;
    let url = "http://www.harbour-herald.example/";
    let (_, head, packed) = exchange(serving.address(), url, "Accept-Encoding: gzip\r\n").await;
    assert_eq!(named(&head, "content-encoding").as_deref(), Some("gzip"));
    let mut plain = Vec::new();
    flate2::read::GzDecoder::new(packed.as_slice()).read_to_end(&mut plain).unwrap();
    let (_, head, unpacked) = exchange(serving.address(), url, "").await;
    assert_eq!((named(&head, "content-encoding"), unpacked), (None, plain));
    let (status, ..) = exchange(serving.address(), "http://elsewhere.example/", "").await;
    assert_eq!(status, 421, "a site that is not ours");
    shutdown.cancel();
    serving.stopped().await.unwrap();
}
