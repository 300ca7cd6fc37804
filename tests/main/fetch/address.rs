//! Which addresses are asked.

use std::net::IpAddr;
use std::time::Duration;

use url::Url;
use wireroom::config::FetchConfig;
use wireroom::fetch::address::{Guard, is_public, is_web_port};

use super::{get_with, settings};
use crate::support::server::{Server, page, redirect};

/// The edges of every special range, inside and just outside.
#[test]
fn public_is_what_iana_gave_out() {
    let public = "8.8.8.8 1.0.0.0 9.255.255.255 11.0.0.0 100.63.255.255 100.128.0.0 126.255.255.255 128.0.0.0
        169.253.255.255 169.255.0.0 172.15.255.255 172.32.0.0 191.255.255.255 192.0.1.0 192.0.3.0 192.88.98.255
        192.88.100.0 192.167.255.255 192.169.0.0 198.17.255.255 198.20.0.0 198.51.99.255 198.51.101.0 203.0.112.255
        203.0.114.0 223.255.255.255 2606:4700:4700::1111 2001:200:: 2001:4860:4860::8888 2001:db7::1 2001:db9::1
        2003::1 2a00:1450:4001::1 3fff:1000::1 ::ffff:8.8.8.8";
    let private = "0.0.0.0 0.255.255.255 10.0.0.0 10.255.255.255 100.64.0.0 100.127.255.255 127.0.0.1 127.255.255.255
        169.254.0.0 169.254.169.254 169.254.255.255 172.16.0.0 172.31.255.255 192.0.0.0 192.0.0.255 192.0.2.1
        192.31.196.1 192.52.193.1 192.88.99.1 192.168.0.0 192.168.255.255 192.175.48.1 198.18.0.0 198.19.255.255
        198.51.100.0 198.51.100.255 203.0.113.0 203.0.113.255 224.0.0.0 239.255.255.255 240.0.0.0 255.255.255.254
        255.255.255.255 :: ::1 ::127.0.0.1 ::a9fe:a9fe ::8.8.8.8 ::ffff:127.0.0.1 ::ffff:10.0.0.1 ::ffff:0:127.0.0.1
        64:ff9b::8.8.8.8 64:ff9b::a9fe:a9fe 64:ff9b:1::1 100::1 2001::1 2001:0:4136:e378:8000:63bf:3fff:fdd2
        2001:1::1 2001:20::1 2001:1ff::1 2001:db8::1 2001:db8:ffff::1 2002::1 2002:a00:1:: 2002:808:808:: 3fff::1
        3fff:fff::1 5f00::1 4000::1 1fff::1 fc00::1 fd00::1 fdff::1 fe80::1 febf::1 fec0::1 ff02::2 ff0e::1";
    for (text, expected) in [(public, true), (private, false)] {
        for address in text.split_whitespace() {
            assert_eq!(is_public(address.parse::<IpAddr>().unwrap()), expected, "{address}");
        }
    }
}

#[test]
fn ports_of_other_programs_are_left_alone() {
    for port in [80, 443, 1024, 3000, 5000, 8000, 8080, 8443, 8888, 49_152, 65_535] {
        assert!(is_web_port(port), "{port}");
    }
    for port in [0, 1, 21, 22, 23, 25, 53, 110, 139, 445, 993, 1023, 3306, 5432, 6000, 6379, 9200, 11_211, 27_017] {
        assert!(!is_web_port(port), "{port}");
    }
}

#[test]
fn a_url_is_judged_by_what_its_parser_understood() {
    let refused = [
        "http://127.0.0.1/",
        "http://2130706433/",
        "http://0x7f.1/",
        "http://017700000001/",
        "http://127.1/",
        "http://0/",
        "http://[::ffff:127.0.0.1]/",
        "http://①②⑦.⓪.⓪.①/",
        "http://127%2e0%2e0%2e1/",
        "http://127.0.0.1./",
        "http://127.0.0.1\\@good.example/",
        "http:127.0.0.1",
        "http://a.example:22/",
        "https://a.example:5432/",
        "ftp://a.example/",
        "file:///etc/passwd",
        "data:text/html,x",
        "javascript:alert(1)",
        "unix:/run/x",
    ];
    for url in refused {
        assert!(Guard::default().check_url(&Url::parse(url).unwrap()).is_err(), "{url}");
    }
    for url in ["https://a.example/", "http://a.example:8080/", "http://8.8.8.8/", "http://good#@127.0.0.1/"] {
        assert_eq!(Guard::default().check_url(&Url::parse(url).unwrap()), Ok(()), "{url}");
    }
    let long = Url::parse(&format!("http://a.example/{}", "a".repeat(2048))).unwrap();
    assert!(Guard::default().check_url(&long).is_err());
}

#[test]
fn an_allowed_network_covers_its_mapped_spelling() {
    let guard = Guard::new(vec!["10.1.0.0/16".parse().unwrap()]);
    for (address, allowed) in [("10.1.2.3", true), ("::ffff:10.1.2.3", true), ("10.2.0.1", false), ("127.0.0.1", false)]
    {
        assert_eq!(guard.check_address(address.parse().unwrap()).is_ok(), allowed, "{address}");
    }
}

/// A listener that must never hear anything.
async fn canary() -> (Server, FetchConfig) {
    let canary = Server::start(|_| page("internal secrets")).await;
    let mut config = settings(canary.address);
    config.allow_networks.clear();
    (canary, config)
}

#[tokio::test]
async fn ten_spellings_of_loopback_reach_nobody() {
    let (canary, config) = canary().await;
    let port = canary.address.port();
    let hosts = ["127.0.0.1", "2130706433", "0x7f.1", "017700000001", "127.1", "0", "[::ffff:127.0.0.1]"];
    let disguised = ["①②⑦.⓪.⓪.①", "127%2e0%2e0%2e1", "127.0.0.1."];
    for host in hosts.iter().chain(&disguised) {
        let error = get_with(&config, &format!("http://{host}:{port}/")).await.unwrap_err();
        assert_eq!(error.reason(), "denied", "{host}: {error}");
    }
    assert_eq!(canary.paths(), [""; 0]);
}

#[tokio::test]
async fn a_name_that_leads_inside_reaches_nobody() {
    let (canary, config) = canary().await;
    for url in ["http://news.example/", &format!("http://localhost:{}/", canary.address.port())] {
        let error = get_with(&config, url).await.unwrap_err();
        assert_eq!((error.reason(), error.is_transient()), ("denied", false), "{url}: {error}");
    }
    assert_eq!(canary.paths(), [""; 0]);
}

#[tokio::test]
async fn a_redirect_inside_reaches_nobody() {
    let canary = Server::start(|_| page("internal secrets")).await;
    let inside = canary.address.port();
    let targets = [
        format!("http://127.0.0.1:{inside}/"),
        format!("//127.0.0.1:{inside}/"),
        format!("http://0x7f.1:{inside}/"),
        format!("http://[::ffff:7f00:1]:{inside}/"),
        format!("http://inside.example:{inside}/"),
        "http://169.254.169.254/latest/meta-data/".to_owned(),
        "http://out.example:22/".to_owned(),
        "file:///etc/passwd".to_owned(),
    ];
    for target in targets {
        let to = target.clone();
        // The outside server is allowed by its own address alone; 127.0.0.1 stays forbidden.
        let outside = Server::start_at([127, 1, 0, 1].into(), move |_| redirect("302 Found", &to)).await;
        let mut config = settings(outside.address);
        config.allow_networks = vec!["127.1.0.1/32".parse().unwrap()];
        config.resolve.push(("inside.example".to_owned(), canary.address));
        config.resolve.push(("out.example".to_owned(), outside.address));
        let error = get_with(&config, "http://news.example/").await.unwrap_err();
        assert_eq!(error.reason(), "denied", "{target}: {error}");
        assert_eq!(outside.asked().len(), 1, "{target}");
    }
    assert_eq!(canary.paths(), [""; 0]);
}

#[tokio::test]
async fn of_several_addresses_only_the_allowed_are_tried() {
    let canary = Server::start(|_| page("internal secrets")).await;
    let outside = Server::start_at([127, 1, 0, 1].into(), |_| page("public")).await;
    let mut config = settings(outside.address);
    config.allow_networks = vec!["127.1.0.0/16".parse().unwrap()];
    config.resolve = vec![("both.example".to_owned(), canary.address), ("both.example".to_owned(), outside.address)];
    config.connect_timeout = Duration::from_secs(1);
    assert_eq!(get_with(&config, "http://both.example/").await.unwrap().body, "public");
    assert_eq!(canary.paths(), [""; 0]);
}
