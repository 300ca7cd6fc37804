//! Hubs that push: the protocol's rules, and the daemon against a hub on loopback.

#[path = "push/daemon.rs"]
mod daemon;
#[path = "push/hub.rs"]
mod hub;
#[path = "push/port.rs"]
mod port;

use std::time::Duration;

use proptest::prelude::*;
use url::Url;
use wireroom::push::lease::{self, Answer};
use wireroom::push::links::{self, Link};
use wireroom::push::signature::{Verdict, judge};
use wireroom::push::source::{self, Found};
use wireroom::push::{Question, Token, callback};

const HOUR: Duration = Duration::from_hours(1);

/// RFC 2202, case 2, and RFC 4231, case 2.
#[test]
fn signatures_are_those_of_the_rfcs() {
    let body = b"what do ya want for nothing?";
    let check = |header: &str| judge([header], "Jefe", body);
    for genuine in [
        "sha1=effcdf6ae5eb2fa2d27416d5f184df9c259a7c79",
        "sha256=5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
        "SHA256=5BDCC146BF60754E6A042426089575C75A003F089D2739839DEC58B964EC3843",
        "sha384=af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47e42ec3736322445e8e2240ca5e69e2c78b3239ecfab21649",
        "sha512=164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea2505549758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737",
    ] {
        assert_eq!(check(genuine), Verdict::Genuine, "{genuine}");
        assert_eq!(judge([genuine], "jefe", body), Verdict::Forged, "{genuine}");
        assert_eq!(judge([genuine], "Jefe", b"what do ya want for nothing"), Verdict::Forged, "{genuine}");
    }
    for forged in ["sha1=effc", "sha256=", "sha256=zz", "sha1=é", "sha1=effcdf6ae5eb2fa2d27416d5f184df9c259a7c7"] {
        assert_eq!(check(forged), Verdict::Forged, "{forged}");
    }
    for missing in ["", "md5=750c783e6ab0b503eaa86e310a5db738", "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79"] {
        assert_eq!(check(missing), Verdict::Missing, "{missing}");
    }
    assert_eq!(judge([], "Jefe", body), Verdict::Missing);
    let two = ["sha1=00", "sha256=5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"];
    assert_eq!(judge(two, "Jefe", body), Verdict::Genuine, "one genuine signature is enough");
}

#[test]
fn link_headers_are_read_as_rfc_8288_writes_them() {
    let check = |header: &str, expected: &[(&str, &[&str])]| {
        let link = |(target, relations): &(&str, &[&str])| Link {
            target: (*target).to_owned(),
            relations: relations.iter().map(|r| (*r).to_owned()).collect(),
        };
        let expected: Vec<Link> = expected.iter().map(link).collect();
        assert_eq!(links::parse(header), expected, "{header}");
    };
    check("<https://hub.example/>; rel=\"hub\"", &[("https://hub.example/", &["hub"])]);
    check(
        "<https://a.example/,x;y>; rel=self , <https://hub.example/>;rel=\"HUB next\"",
        &[("https://a.example/,x;y", &["self"]), ("https://hub.example/", &["hub", "next"])],
    );
    check("</feed>; title=\"a, \\\"b\\\"; <c>\"; rel=self", &[("/feed", &["self"])]);
    check("<x>; rel=hub; rel=self", &[("x", &["hub"])]);
    check("<x>; rel=hub; anchor=\"/other\"", &[]);
    check("<x>", &[]);
    check("<x; rel=hub", &[]);
    check("", &[]);
}

fn found(headers: &[&str], hub: Option<&str>, own: Option<&str>) -> Option<(String, String)> {
    let at = Url::parse("https://news.press.example/feed").unwrap();
    let found = Found { requested: &at, found_at: &at, link_headers: headers, hub, own };
    source::find(found).map(|source| (source.hub.to_string(), source.topic))
}

#[test]
fn headers_go_before_the_document_and_a_topic_is_of_the_feeds_own_site() {
    let pair = |hub: &str, topic: &str| Some((hub.to_owned(), topic.to_owned()));
    let own = "https://news.press.example/feed";
    assert_eq!(found(&[], Some("https://hub.example/"), Some(own)), pair("https://hub.example/", own));
    assert_eq!(
        found(
            &["<https://one.example/>; rel=hub", "<https://press.example/rss>; rel=self"],
            Some("https://two.example/"),
            Some(own)
        ),
        pair("https://one.example/", "https://press.example/rss")
    );
    assert_eq!(found(&[], Some("https://hub.example/"), None), pair("https://hub.example/", own));
    assert_eq!(found(&["</hub>; rel=hub"], None, None), pair("https://news.press.example/hub", own));
    // As it is written, for a hub compares bytes.
    let odd = "https://PRESS.example:443/feed?a=%7eb";
    assert_eq!(found(&[], Some("https://hub.example/"), Some(odd)), pair("https://hub.example/", odd));
    assert_eq!(found(&[], None, Some(own)), None);
    assert_eq!(found(&[], Some("mailto:hub@example"), Some(own)), None);
    assert_eq!(found(&[], Some("https://hub.example/"), Some("https://other.example/feed")), None, "another's topic");

    let (from, to) = (Url::parse("https://press.example/rss").unwrap(), Url::parse("https://feeds.example/p").unwrap());
    let own = Some("http://feeds.example/p");
    let moved = Found { requested: &from, found_at: &to, link_headers: &[], hub: Some("https://hub.example/"), own };
    assert_eq!(source::find(moved).unwrap().topic, "http://feeds.example/p");
}

#[test]
fn a_secret_goes_over_tls_or_where_the_operator_vouches() {
    let keeps = |hub: &str, networks: &[&str]| {
        let networks: Vec<ipnet::IpNet> = networks.iter().map(|n| n.parse().unwrap()).collect();
        source::keeps_secrets(&Url::parse(hub).unwrap(), &networks)
    };
    assert!(keeps("https://hub.example/", &[]));
    assert!(!keeps("http://hub.example/", &["0.0.0.0/0"]));
    assert!(!keeps("http://127.0.0.1/", &[]));
    assert!(keeps("http://127.0.0.1/", &["127.0.0.0/8"]));
    assert!(keeps("http://[::1]/", &["::1/128"]));
}

#[test]
fn questions_of_hubs() {
    let ask = callback::question;
    assert_eq!(
        ask("hub.mode=subscribe&hub.topic=https%3A%2F%2Fa.example%2F%3Fx%3D1&hub.challenge=a+b&hub.lease_seconds=600"),
        Some(Question::Subscribe {
            topic: "https://a.example/?x=1".to_owned(),
            challenge: "a b".to_owned(),
            lease: Some(Duration::from_mins(10)),
        })
    );
    assert_eq!(
        ask("hub.mode=denied&hub.topic=t&hub.reason=no"),
        Some(Question::Denied { topic: "t".to_owned(), reason: Some("no".to_owned()) })
    );
    let long = format!("hub.mode=subscribe&hub.topic=t&hub.challenge={}", "x".repeat(1025));
    for none in [
        "",
        "hub.mode=subscribe&hub.topic=t",
        "hub.mode=subscribe&hub.topic=t&hub.challenge=",
        "hub.mode=subscribe&hub.topic=t&hub.challenge=a%0d%0ab",
        "hub.mode=publish&hub.topic=t&hub.challenge=x",
        "hub.mode=unsubscribe&hub.challenge=x",
        &long,
    ] {
        assert_eq!(ask(none), None, "{none}");
    }
}

#[test]
fn a_token_stands_below_the_public_path_or_at_the_root() {
    let token = Token::from_bytes([7; 32]);
    let base = Url::parse("https://news.example.org/in/").unwrap();
    let url = token.callback(&base);
    assert!(url.as_str().starts_with("https://news.example.org/in/websub/0707"), "{url}");
    assert_eq!(Token::in_path(url.path(), &base).as_ref(), Some(&token));
    assert_eq!(Token::in_path(&format!("/websub/{}", token.as_str()), &base).as_ref(), Some(&token));
    for none in ["/", "/websub/", "/in/websub/07", "/in/websub/0707/", &format!("/x/websub/{}", token.as_str())] {
        assert_eq!(Token::in_path(none, &base), None, "{none}");
    }
    assert_eq!(Token::parse(&"G".repeat(64)), None);
    assert_eq!(format!("{token:?}"), "[token]");
}

#[test]
fn leases_are_renewed_in_time_and_hubs_never_given_up() {
    let day = HOUR * 24;
    for jitter in [0.0, 0.5, 1.0] {
        let lease = lease::granted(day * 10, Some(day * 8));
        let renewed = lease::renew_in(lease, jitter);
        assert!(renewed >= lease.mul_f64(0.69) && renewed <= lease.mul_f64(0.81), "{renewed:?}");
        let mut before = Duration::ZERO;
        for asked in 1..=u32::from(u8::MAX) {
            let failed = lease::ask_in(Answer::Failed { retry_after: None }, asked, jitter);
            assert!(failed >= before && failed <= day, "{asked}: {failed:?}");
            before = failed;
            assert!(lease::ask_in(Answer::Accepted, asked, jitter) <= day);
        }
        assert!(before >= day.mul_f64(0.79));
        assert!(lease::ask_in(Answer::Refused, 1, jitter) >= day.mul_f64(0.79));
        let busy = Answer::Failed { retry_after: Some(HOUR * 5) };
        assert!(lease::ask_in(busy, 1, jitter) >= HOUR * 4);
        assert!(lease::denied_in(jitter) >= day * 6);
    }
    assert_eq!(lease::granted(day * 10, None), day * 10);
    assert_eq!(lease::granted(day * 10, Some(Duration::ZERO)), Duration::from_mins(5));
    assert_eq!(lease::granted(day * 10, Some(Duration::from_secs(u64::MAX))), day * 30);
}

proptest! {
    #[test]
    fn nothing_a_stranger_sends_panics(text in any::<String>(), bytes in any::<Vec<u8>>()) {
        let base = Url::parse("https://news.example.org/in/").unwrap();
        drop((links::parse(&text), callback::question(&text), Token::in_path(&text, &base)));
        prop_assert_ne!(judge([text.as_str()], "secret", &bytes), Verdict::Genuine);
        drop(found(&[&text], Some(&text), Some(&text)));
    }
}
