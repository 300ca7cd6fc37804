//! robots.txt: the matcher by the sentences of RFC 9309, then the asking over real sockets.

use std::time::{Duration, Instant};

use proptest::prelude::*;
use url::Url;
use wireroom::fetch::robots::{BYTES_MAX, Robots};
use wireroom::fetch::{FetchError, FetchKind, FetchRequest, Fetcher};

use super::settings;
use crate::support::server::{Asked, Server, Step, answer, page, redirect};

/// Reads a robots.txt for us and asks about paths: `+` before one that is allowed, `-` before one that is not.
fn check(text: &str, expected: &str) {
    let robots = Robots::parse(text.as_bytes());
    for path in expected.split_whitespace() {
        let (sign, path) = path.split_at(1);
        assert!(["+", "-"].contains(&sign), "{path}");
        assert_eq!(robots.allows(path), sign == "+", "{path} under:\n{text}");
    }
}

/// The same for one rule in a group for everybody.
fn rule(rule: &str, expected: &str) {
    check(&format!("User-agent: *\n{rule}\n"), expected);
}

#[test]
fn nothing_said_is_all_allowed() {
    for text in ["", "\n\n", "# only a remark", "<html><body>404 not found</body></html>", "User-agent: *", "\0\u{1}\0"]
    {
        check(text, "+/ +/a +/a?b=c");
    }
    check("Disallow: /", "+/");
    check("User-agent: *\nDisallow:\n", "+/ +/a");
    check("User-agent: *\nDisallow: /\n", "-/ -/a +/robots.txt -/robots.txt.bak");
}

#[test]
fn groups_are_chosen_by_product_token() {
    let two = "User-agent: otherbot\nDisallow: /\n\nUser-agent: wireroom\nDisallow: /ours\n";
    check(two, "+/ -/ours");
    check("User-agent: WireRoom\nDisallow: /\n", "-/");
    check("User-agent: wireroom/2.0 (news)\nDisallow: /\n", "-/");
    check("User-agent: wireroom Feed Reader\nDisallow: /\n", "-/");
    check("User-agent: wireroomer\nDisallow: /\n", "+/");
    check("User-agent: wire\nDisallow: /\n", "+/");
    check("User-agent: *\nDisallow: /\nUser-agent: wireroom\nAllow: /\n", "+/ +/a");
    check("User-agent: wireroom\nDisallow:\nUser-agent: *\nDisallow: /\n", "+/a");
    // A group for us that says nothing still is the group for us.
    check("User-agent: *\nDisallow: /\n\nUser-agent: wireroom\n", "+/a");
    check("User-agent: * everybody\nDisallow: /a\n", "-/a");
    check("User-agent: *bot\nDisallow: /\n", "+/a");
    check("User-agent:\nDisallow: /\n", "+/a");
}

#[test]
fn several_agents_share_a_group_and_groups_of_one_agent_are_joined() {
    check("User-agent: otherbot\nUser-agent: wireroom\nDisallow: /a\n", "-/a +/b");
    check("User-agent: wireroom\nUser-agent: otherbot\nDisallow: /a\n", "-/a");
    check("User-agent: wireroom\n\nUser-agent: otherbot\n\nDisallow: /a\n", "-/a");
    check(
        "User-agent: wireroom\nDisallow: /a\nUser-agent: x\nDisallow: /b\nUser-agent: wireroom\nDisallow: /c\n",
        "-/a +/b -/c",
    );
    check("User-agent: *\nDisallow: /a\nUser-agent: x\nDisallow: /b\nUser-agent: *\nDisallow: /c\n", "-/a +/b -/c");
    // Lines that are no rules do not end the list of agents.
    check("User-agent: wireroom\nSitemap: https://a.example/s\nUser-agent: x\nDisallow: /a\n", "-/a");
    check(
        "User-agent: x\nDisallow: /a\nSitemap: https://a.example/s\nDisallow: /b\nUser-agent: *\nDisallow: /c\n",
        "+/a +/b -/c",
    );
}

#[test]
fn the_longest_match_decides_and_allow_wins_a_tie() {
    rule("Disallow: /a\nAllow: /a/b", "-/a -/a/c +/a/b +/a/bc +/c");
    rule("Allow: /a/b\nDisallow: /a", "-/a +/a/b");
    rule("Allow: /a\nDisallow: /a", "+/a");
    rule("Disallow: /a\nAllow: /a", "+/a");
    rule("Disallow: /\nAllow: /$", "+/ -/a");
    rule("Allow: /p\nDisallow: /", "+/page -/x");
    rule("Allow: /folder\nDisallow: /folder", "+/folder/page");
    rule("Allow: /page\nDisallow: /*.htm", "-/page.htm +/page");
    rule("Allow: /page\nDisallow: /*.ph", "+/page.php5");
    rule(
        "Allow: /example/page/\nDisallow: /example/page/disallowed.gif",
        "+/example/page/ -/example/page/disallowed.gif",
    );
}

#[test]
fn a_path_matches_from_its_beginning_and_with_its_case() {
    rule(
        "Disallow: /fish",
        "-/fish -/fish.html -/fish/salmon -/fishheads -/fish.php?id=1 +/Fish.asp +/catfish +/desert/fish",
    );
    rule("Disallow: /fish/", "-/fish/ -/fish/salmon +/fish +/fish.html");
    rule("Disallow: fish", "+/fish +/a");
    rule("DISALLOW: /X", "-/X +/x");
}

#[test]
fn stars_and_the_end() {
    rule("Disallow: /*.php", "-/index.php -/a/b.php?x -/a.php.html +/ +/windows.PHP");
    rule("Disallow: /*.php$", "-/a.php -/a/b.php +/a.php?x +/a.php/ +/a.php5");
    rule("Disallow: /fish*.php", "-/fish.php -/fishheads/catfish.php?x +/Fish.PHP");
    rule("Disallow: /fish*", "-/fish -/fish.html +/a");
    rule("Disallow: /*", "-/ -/a");
    rule("Disallow: *", "-/ -/a");
    rule("Disallow: *fish", "-/fish -/catfish");
    rule("Disallow: /a*b*c", "-/abc -/a1b2c3 +/acb +/ab");
    rule("Disallow: /a*b$", "-/ab -/axb -/abab +/abc");
    rule("Disallow: /a**b", "-/ab -/axb");
    rule("Disallow: /a$", "-/a +/ab +/a/ +/a$");
    rule("Disallow: /a$b", "-/a$b -/a$bc +/a +/ab");
    rule("Disallow: /a*$", "-/a -/abc +/b");
    rule("Disallow: $", "+/ +/a");
    rule("Disallow: /aa*aa$", "-/aaaa +/aaa");
    rule("Disallow: /a-%2A.html", "-/a-*.html -/a-%2a.html +/a-b.html");
    rule("Disallow: /a%24", "-/a$ -/a%24b +/a");
}

#[test]
fn spellings_of_one_octet_are_one() {
    rule("Disallow: /foo/bar?baz=quz", "-/foo/bar?baz=quz +/foo/bar");
    rule("Disallow: /foo/bar?baz=https://foo.bar", "-/foo/bar?baz=https%3A%2F%2Ffoo.bar -/foo/bar?baz=https://foo.bar");
    rule("Disallow: /foo/bar/ツ", "-/foo/bar/%E3%83%84 -/foo/bar/%e3%83%84");
    rule("Disallow: /foo/bar/%E3%83%84", "-/foo/bar/%E3%83%84 -/foo/bar/ツ");
    rule("Disallow: /foo/bar/%62%61%7A", "-/foo/bar/baz -/foo/bar/%62%61%7a");
    rule("Disallow: /a%2fb", "-/a%2Fb +/a/b");
    rule("Disallow: /%", "-/% -/%zz");
    rule("Disallow: /a%3cd", "-/a%3Cd -/a<d");
    rule("Disallow: /~joe", "-/~joe -/%7Ejoe");
    let latin1 = Robots::parse(b"User-agent: *\nDisallow: /caf\xe9");
    assert!(!latin1.allows("/caf%E9") && latin1.allows("/cafe"));
}

#[test]
fn lines_are_read_as_people_write_them() {
    for end in ["\n", "\r\n", "\r"] {
        check(&["User-agent: *", "Disallow: /a", "", "Disallow: /b", ""].join(end), "-/a -/b +/c");
    }
    check("\u{feff}User-agent: *\nDisallow: /a", "-/a");
    check("  user-AGENT\t:\t*  # all\n\tdisallow :  /a # not this\n", "-/a +/b");
    check("User-agent *\nDisallow /a\n", "-/a");
    check("User agent: *\nDisalow: /a\nDissallow: /b\n", "-/a -/b");
    check("User-agent: *\nDisallow: /a\nNoindex: /b\nnonsense\n: /c\nDisallow: /d\n", "-/a +/b +/c -/d");
    check("User-agent: *\nDisallow: /a b\n", "-/a%20b");
    check("User-agent: *\nDisallow: https://a.example/x\n", "+/x");
}

#[test]
fn crawl_delay_is_read_for_its_group() {
    let delay = |text: &str| Robots::parse(text.as_bytes()).crawl_delay();
    assert_eq!(delay("User-agent: *\nCrawl-delay: 10\n"), Some(Duration::from_secs(10)));
    assert_eq!(delay("User-agent: *\nCrawl-delay: 0.5\n"), Some(Duration::from_millis(500)));
    assert_eq!(delay("User-agent: *\nCrawl-delay: 10\nUser-agent: wireroom\nDisallow: /a\n"), None);
    assert_eq!(delay("User-agent: *\nCrawl-delay: 100000000000000\n"), Some(Duration::from_hours(24)));
    for nonsense in ["-5", "NaN", "ten", "", "1e400x"] {
        assert_eq!(delay(&format!("User-agent: *\nCrawl-delay: {nonsense}\n")), None, "{nonsense}");
    }
}

#[test]
fn a_huge_file_is_read_to_its_limit_and_not_into_half_a_line() {
    let mut text = String::from("User-agent: *\nDisallow: /first\n");
    while text.len() < BYTES_MAX - 8 {
        text.push_str("#\n");
    }
    text.truncate(BYTES_MAX - 12);
    text.push_str("\nDisallow: /unless-cut\nDisallow: /late\n");
    check(&text, "-/first +/ +/u +/unless-cut +/late");
    check(&format!("User-agent: *\nDisallow: /{}\nDisallow: /b\n", "a".repeat(20_000)), "-/b +/a");
}

#[test]
fn hostile_patterns_cost_little() {
    let stars = format!("/{}", "*a".repeat(40));
    let text = format!("User-agent: *\n{}", format!("Disallow: {stars}b\n").repeat(5000));
    let robots = Robots::parse(text.as_bytes());
    let started = Instant::now();
    assert!(robots.allows(&format!("/{}", "a".repeat(2000))));
    assert!(started.elapsed() < Duration::from_secs(2), "{:?}", started.elapsed());
}

proptest! {
    #[test]
    fn nothing_panics(text: Vec<u8>, path: String) {
        Robots::parse(&text).allows(&path);
    }

    #[test]
    fn a_path_is_matched_by_itself(path in "/[ -~é]{0,30}") {
        prop_assume!(!path.contains(['*', '$', '#']) && path.trim() == path && path != "/robots.txt");
        let robots = Robots::parse(format!("User-agent: *\nDisallow: {path}\n").as_bytes());
        prop_assert!(!robots.allows(&path), "{}", path);
    }
}

/// A site with this robots.txt; every page says "story".
async fn site(robots: impl Fn() -> Vec<Step> + Send + Sync + 'static) -> (Server, Fetcher) {
    let server = Server::start(move |asked: &Asked| match asked.path.as_str() {
        "/robots.txt" => robots(),
        _ => page("story"),
    })
    .await;
    let mut config = settings(server.address);
    config.robots = true;
    let fetcher = Fetcher::new(&config).unwrap();
    (server, fetcher)
}

async fn ask(fetcher: &Fetcher, path: &str, kind: FetchKind) -> Result<(), FetchError> {
    let url = Url::parse("http://news.example").unwrap().join(path).unwrap();
    fetcher.get(FetchRequest::new(url, kind)).await.map(drop)
}

#[tokio::test]
async fn pages_obey_feeds_do_not_ask_and_the_file_is_asked_for_once() {
    let (server, fetcher) = site(|| answer("200 OK", &[], "User-agent: *\nDisallow: /private\n")).await;
    ask(&fetcher, "/private/rss", FetchKind::Feed).await.unwrap();
    assert_eq!(server.paths(), ["/private/rss"]);
    let asks = (0..5).map(|n| {
        let fetcher = fetcher.clone();
        tokio::spawn(async move { ask(&fetcher, &format!("/story/{n}"), FetchKind::Page).await })
    });
    for asked in asks.collect::<Vec<_>>() {
        asked.await.unwrap().unwrap();
    }
    assert_eq!(ask(&fetcher, "/private/a?b", FetchKind::Page).await, Err(FetchError::Robots));
    let paths = server.paths();
    assert_eq!(paths.iter().filter(|path| *path == "/robots.txt").count(), 1, "{paths:?}");
    assert!(!paths.iter().any(|path| path.starts_with("/private/a")), "{paths:?}");
}

#[tokio::test]
async fn a_redirect_into_a_disallowed_corner_is_not_followed() {
    let server = Server::start(|asked| match asked.path.as_str() {
        "/robots.txt" => answer("200 OK", &[], "User-agent: *\nDisallow: /private\n"),
        _ => redirect("302 Found", "http://other.example/private"),
    })
    .await;
    let mut config = settings(server.address);
    (config.robots, config.host_concurrency) = (true, 1);
    let fetcher = Fetcher::new(&config).unwrap();
    assert_eq!(ask(&fetcher, "/story", FetchKind::Page).await, Err(FetchError::Robots));
    assert_eq!(server.paths(), ["/robots.txt", "/story", "/robots.txt"]);
}

#[tokio::test]
async fn no_file_is_permission_and_a_broken_server_is_not() {
    for status in ["404 Not Found", "403 Forbidden", "410 Gone"] {
        let (_server, fetcher) = site(move || answer(status, &[], "Disallow: /")).await;
        assert_eq!(ask(&fetcher, "/story", FetchKind::Page).await, Ok(()), "{status}");
    }
    let broken: [fn() -> Vec<Step>; 4] = [
        || answer("500 Internal Server Error", &[], ""),
        || answer("429 Too Many Requests", &[], ""),
        || vec![Step::Hang],
        || vec![Step::Send(b"garbage\r\n\r\n".to_vec())],
    ];
    for robots in broken {
        let (server, fetcher) = site(robots).await;
        for _ in 0..2 {
            let error = ask(&fetcher, "/story", FetchKind::Page).await.unwrap_err();
            assert_eq!((error.reason(), error.is_transient()), ("robots-unavailable", true), "{error}");
        }
        assert_eq!(server.paths(), ["/robots.txt"], "the failure is remembered");
    }
}

#[tokio::test]
async fn redirects_to_the_file_are_followed_and_a_circle_is_no_file() {
    let server = Server::start(|asked| match (asked.header("host"), asked.path.as_str()) {
        (Some("news.example"), "/robots.txt") => redirect("301 Moved Permanently", "http://other.example/rules"),
        (_, "/rules") => answer("200 OK", &[], "User-agent: wireroom\nDisallow: /a\n"),
        (Some("third.test"), "/robots.txt") => redirect("302 Found", "/robots.txt?again"),
        (Some("third.test"), path) if path.starts_with("/robots") => redirect("302 Found", &format!("{path}1")),
        _ => page("story"),
    })
    .await;
    let mut config = settings(server.address);
    config.robots = true;
    let fetcher = Fetcher::new(&config).unwrap();
    assert_eq!(ask(&fetcher, "/a", FetchKind::Page).await, Err(FetchError::Robots));
    assert_eq!(ask(&fetcher, "/b", FetchKind::Page).await, Ok(()));
    assert_eq!(ask(&fetcher, "http://third.test/a", FetchKind::Page).await, Ok(()));
}

#[tokio::test]
async fn crawl_delay_spaces_the_pages_up_to_our_limit() {
    let server = Server::start(|asked| match asked.path.as_str() {
        "/robots.txt" => answer("200 OK", &[], "User-agent: *\nCrawl-delay: 3600\n"),
        _ => page("story"),
    })
    .await;
    let mut config = settings(server.address);
    (config.robots, config.crawl_delay_max) = (true, Duration::from_millis(300));
    let fetcher = Fetcher::new(&config).unwrap();
    for path in ["/1", "/2", "/3"] {
        ask(&fetcher, path, FetchKind::Page).await.unwrap();
    }
    let at: Vec<Instant> = server.asked().iter().skip(1).map(|asked| asked.at).collect();
    assert!(at.windows(2).all(|two| two[1] - two[0] >= Duration::from_millis(280)), "{at:?}");
}
