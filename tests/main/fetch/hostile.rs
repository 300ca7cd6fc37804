//! Servers that hang, drip, lie and explode.

use std::time::{Duration, Instant};

use super::{get_answer, get_with, gzip, settings};
use crate::support::server::{Server, Step, answer, page, redirect};

fn send(text: &str) -> Step {
    Step::Send(text.as_bytes().to_vec())
}

/// Asks, and tells the error's reason and the time it took.
async fn reason(steps: Vec<Step>) -> (&'static str, Duration) {
    let started = Instant::now();
    let reason = get_answer(steps).await.map_or_else(|error| error.reason(), |_| "fetched");
    (reason, started.elapsed())
}

#[tokio::test]
async fn silence_ends_at_the_read_timeout() {
    let head = "HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf";
    for steps in [vec![Step::Hang], vec![send("HTTP/1.1 200"), Step::Hang], vec![send(head), Step::Hang]] {
        let (reason, took) = reason(steps).await;
        assert_eq!(reason, "timeout");
        assert!(took < Duration::from_millis(1500), "{took:?}");
    }
}

#[tokio::test]
async fn a_drip_ends_at_the_total_timeout() {
    let drip = Step::Drip(vec![b'x'; 1000], Duration::from_millis(100));
    let (reason, took) = reason(vec![send("HTTP/1.1 200 OK\r\n\r\n"), drip]).await;
    assert_eq!(reason, "timeout");
    assert!((Duration::from_millis(2900)..Duration::from_millis(4500)).contains(&took), "{took:?}");
}

#[tokio::test]
async fn dripped_headers_end_too() {
    let lines = "x-more: y\r\n".repeat(1000);
    let drip = Step::Drip(lines.into_bytes(), Duration::from_millis(20));
    let (reason, took) = reason(vec![send("HTTP/1.1 200 OK\r\n"), drip]).await;
    assert_eq!(reason, "timeout");
    assert!(took < Duration::from_millis(4500), "{took:?}");
}

#[tokio::test]
async fn redirects_share_one_deadline() {
    let server = Server::start(|asked| {
        let mut steps = vec![Step::Wait(Duration::from_millis(600))];
        steps.extend(redirect("302 Found", &format!("{}x", asked.path)));
        steps
    })
    .await;
    let mut config = settings(server.address);
    config.total_timeout = Duration::from_millis(1500);
    let error = get_with(&config, "http://news.example/").await.unwrap_err();
    assert_eq!((error.reason(), server.asked().len()), ("timeout", 3));
}

#[tokio::test]
async fn circles_and_long_chains_are_left() {
    let circle = Server::start(|asked| redirect("302 Found", if asked.path == "/a" { "/b" } else { "/a" })).await;
    let config = settings(circle.address);
    assert_eq!(get_with(&config, "http://news.example/a").await.unwrap_err().reason(), "redirects");
    assert_eq!(circle.asked().len(), config.redirects_max + 1);
    let selfish = Server::start(|asked| redirect("301 Moved Permanently", &asked.path)).await;
    assert_eq!(get_with(&settings(selfish.address), "http://news.example/a").await.unwrap_err().reason(), "redirects");
    assert_eq!(selfish.asked().len(), 1);
}

#[tokio::test]
async fn a_redirects_body_is_not_read() {
    let server = Server::start(|asked| match asked.path.as_str() {
        "/" => vec![send("HTTP/1.1 302 Found\r\nlocation: /story\r\n\r\n"), Step::Forever(vec![b'x'; 65_536])],
        _ => page("story"),
    })
    .await;
    assert_eq!(get_with(&settings(server.address), "http://news.example/").await.unwrap().body, "story");
}

#[tokio::test]
async fn a_redirect_to_nowhere_is_an_error() {
    let nowhere = ["location: http://[", "location: http://", "x-location: /"];
    for location in nowhere {
        assert_eq!(reason(answer("302 Found", &[location], "")).await.0, "protocol", "{location}");
    }
    let long = format!("location: /{}", "a".repeat(3000));
    assert_eq!(reason(answer("302 Found", &[&long], "")).await.0, "denied");
}

#[tokio::test]
async fn bodies_are_cut_off_at_the_cap() {
    let full = "x".repeat(1 << 20);
    assert_eq!(get_answer(page(&full)).await.unwrap().body.len(), full.len());
    assert_eq!(reason(page(&format!("{full}x"))).await.0, "too-large");
    let endless = vec![send("HTTP/1.1 200 OK\r\n\r\n"), Step::Forever(vec![b'x'; 65_536])];
    let (endless, took) = reason(endless).await;
    assert_eq!(endless, "too-large");
    assert!(took < Duration::from_secs(2), "{took:?}");
    let announced = vec![send("HTTP/1.1 200 OK\r\ncontent-length: 9999999999\r\n\r\n"), Step::Hang];
    let (announced, took) = reason(announced).await;
    assert_eq!(announced, "too-large");
    assert!(took < Duration::from_millis(600), "refused on its announcement: {took:?}");
}

#[tokio::test]
async fn bombs_do_not_go_off() {
    let packed = ["content-encoding: gzip"];
    let bomb = gzip(&vec![0; 200 << 20]);
    assert!(bomb.len() < 1 << 20);
    let (reason_of_bomb, took) = reason(answer("200 OK", &packed, &bomb)).await;
    assert_eq!(reason_of_bomb, "too-large");
    assert!(took < Duration::from_secs(1), "{took:?}");
    // Under the cap, and still no document.
    let server = Server::start(move |_| answer("200 OK", &packed, gzip(&vec![b' '; 4 << 20]))).await;
    let mut config = settings(server.address);
    config.body_bytes_max = 5 << 20;
    let error = get_with(&config, "http://news.example/").await.unwrap_err();
    assert_eq!(error.to_string(), "the body is too large: it unpacks like a bomb");
    // A gzip head whose file name never ends gives no output to count.
    let mut head = vec![0x1f, 0x8b, 8, 8, 0, 0, 0, 0, 0, 3];
    head.resize(2 << 20, b'n');
    let endless = vec![send("HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\n\r\n"), Step::Send(head)];
    assert!(["too-large", "bad-encoding"].contains(&reason(endless).await.0));
}

#[tokio::test]
async fn broken_packing_is_refused() {
    let whole = gzip(&b"half a story is no story".repeat(50));
    let half = whole.split_at(whole.len() / 2).0;
    let mut wrong = whole.clone();
    let crc = wrong.len() - 6;
    wrong[crc] ^= 0xff;
    let one = &["content-encoding: gzip"][..];
    for (headers, body) in [
        (one, half),
        (one, &wrong[..]),
        (&["content-encoding: br"][..], b"\x0b\x02\x80x\x03"),
        (&["content-encoding: gzip, gzip"][..], &whole[..]),
        (&["content-encoding: gzip", "content-encoding: gzip"][..], &whole[..]),
    ] {
        assert_eq!(reason(answer("200 OK", headers, body)).await.0, "bad-encoding", "{headers:?}");
    }
    // One layer only: what is in it is the document, packed or not.
    let twice = get_answer(answer("200 OK", one, gzip(&whole))).await.unwrap();
    assert_eq!(twice.body, whole);
}

#[tokio::test]
async fn broken_http_is_refused() {
    let many = "x-more: y\r\n".repeat(300);
    let cases = [
        "garbage\r\n\r\n".to_owned(),
        "<html>HTTP/0.9 had no head</html>".to_owned(),
        "\x16\x03\x01\x02\x00\x01\x00\x01\x7f\x03\x03\r\n\r\n".to_owned(),
        "HTTP/1.1 200 OK\r\ncontent-length: 18446744073709551615\r\n\r\nx".to_owned(),
        "HTTP/1.1 200 OK\r\ncontent-length: -1\r\n\r\nx".to_owned(),
        "HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nxx".to_owned(),
        "HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nshort".to_owned(),
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\nx\r\n0\r\n\r\n".to_owned(),
        format!("HTTP/1.1 200 OK\r\n{many}\r\n"),
        format!("HTTP/1.1 200 OK\r\nx: {}\r\n\r\n", "y".repeat(2 << 20)),
        String::new(),
    ];
    for case in cases {
        let shown: String = case.chars().take(60).collect();
        let got = reason(vec![send(&case)]).await.0;
        assert!(["protocol", "too-large"].contains(&got), "{got} for {shown:?}");
    }
}

#[tokio::test]
async fn plain_text_on_the_tls_port_is_a_tls_error() {
    let server = Server::start(|_| page("")).await;
    let url = format!("https://news.example:{}/", server.address.port());
    let error = get_with(&settings(server.address), &url).await.unwrap_err();
    assert!(["tls", "timeout"].contains(&error.reason()), "{error}");
}

#[tokio::test]
async fn names_without_an_address_are_told() {
    let server = Server::start(|_| page("")).await;
    let error = get_with(&settings(server.address), "http://no-such-name.invalid/").await.unwrap_err();
    assert_eq!((error.reason(), error.is_transient()), ("dns", true), "{error}");
}
