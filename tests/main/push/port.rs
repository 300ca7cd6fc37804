//! The callback port against strangers.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;
use url::Url;

use super::daemon::{World, feed, form};
use super::hub::{answer, get, post, send, signed};

fn address(callback: &str) -> SocketAddr {
    let url = Url::parse(callback).unwrap();
    format!("{}:{}", url.host_str().unwrap(), url.port().unwrap()).parse().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn strangers_learn_nothing() {
    let world = World::new("strangers").await;
    let row = world.subscribed("/feed").await;
    let callback = world.callback(&row.topic);
    let unknown = callback.replace(&row.path_token, &"0".repeat(64));
    let question = |topic: &str| form(&[("hub.mode", "subscribe"), ("hub.topic", topic), ("hub.challenge", "<b>x")]);

    let renewed = get(&callback, &question(&row.topic)).await;
    assert_eq!((renewed.status, renewed.body.as_str()), (200, "<b>x"));
    assert!(renewed.head.contains("content-type: text/plain") && renewed.head.contains("nosniff"), "{}", renewed.head);
    for (url, query) in [
        (&unknown, question(&row.topic)),
        (&callback, question("https://other.example/")),
        (&callback, question(&format!("{}/", row.topic))),
        (&callback, String::new()),
        (&callback, form(&[("hub.mode", "unsubscribe"), ("hub.topic", &row.topic), ("hub.challenge", "x")])),
        (&callback, form(&[("hub.mode", "denied"), ("hub.topic", "another")])),
    ] {
        let answer = get(url, &query).await;
        assert_eq!((answer.status, answer.body.as_str()), (404, ""), "{query}");
    }
    let body = feed(&["Stranger"], None);
    assert_eq!(post(&unknown, &[&signed(&row.secret, body.as_bytes())], body.as_bytes()).await.status, 404);
    let path = Url::parse(&callback).unwrap().path().to_owned();
    let at = address(&callback);
    let raw = async |method: &str, path: &str, host: &str| {
        send(at, format!("{method} {path} HTTP/1.1\r\nHost: {host}\r\nContent-Length: 0\r\n\r\n").as_bytes())
            .await
            .status
    };
    assert_eq!(raw("POST", "/", "127.0.0.1").await, 404);
    assert_eq!(raw("POST", "/metrics", "127.0.0.1").await, 404);
    assert_eq!(raw("PUT", &path, "127.0.0.1").await, 405);
    assert_eq!(raw("POST", &path, "rebound.example").await, 421);
    assert_eq!(world.state(row.feed_id.unwrap(), "active").await.pushes, 0);
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn bodies_are_bounded_in_size_and_time() {
    let world = World::with("bounded", |config, _| config.fetch.body_bytes_max = 100_000).await;
    let row = world.subscribed("/feed").await;
    let callback = world.callback(&row.topic);
    let (at, path) = (address(&callback), Url::parse(&callback).unwrap().path().to_owned());

    let mut slow = TcpStream::connect(at).await.unwrap();
    slow.write_all(format!("POST {path} HTTP/1.1\r\nHost: {at}\r\nContent-Length: 1000\r\n\r\n<rss").as_bytes())
        .await
        .unwrap();
    assert_eq!(post(&callback, &[], &vec![b' '; 100_001]).await.status, 413, "by its length");
    let chunk = format!("2710\r\n{}\r\n", "x".repeat(10_000)).repeat(11);
    let head = format!("POST {path} HTTP/1.1\r\nHost: {at}\r\nTransfer-Encoding: chunked\r\n\r\n");
    assert_eq!(send(at, format!("{head}{chunk}").as_bytes()).await.status, 413, "while it comes");
    assert_eq!(world.push(&row, &["In time"]).await, 202, "one slow push holds nobody up");
    world.listed(row.feed_id.unwrap(), &["In time"]).await;
    let refused =
        tokio::time::timeout(Duration::from_mins(1), answer(&mut slow)).await.expect("the slow body is refused");
    assert_eq!(refused.status, 408);
    let metrics = world.metrics.text();
    assert!(metrics.contains("outcome=\"too-large\"} 2") && metrics.contains("outcome=\"slow\"} 1"), "{metrics}");
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn pushes_of_one_feed_beyond_four_in_hand_are_to_come_again() {
    let world = World::new("busy").await;
    let (row, other) = (world.subscribed("/feed").await, world.subscribed("/other").await);
    let callback = world.callback(&row.topic);
    let (at, path) = (address(&callback), Url::parse(&callback).unwrap().path().to_owned());
    let mut begun = Vec::new();
    for _ in 0..4 {
        let mut stream = TcpStream::connect(at).await.unwrap();
        let head = format!("POST {path} HTTP/1.1\r\nHost: {at}\r\nContent-Length: 9\r\nExpect: 100-continue\r\n\r\n");
        stream.write_all(head.as_bytes()).await.unwrap();
        // The body is asked for when a hand is free for it.
        let mut said = [0; 25];
        tokio::io::AsyncReadExt::read_exact(&mut stream, &mut said).await.unwrap();
        assert_eq!(&said, b"HTTP/1.1 100 Continue\r\n\r\n");
        begun.push(stream);
    }
    let refused = post(&callback, &[], b"x").await;
    assert_eq!(refused.status, 503);
    assert!(refused.head.contains("retry-after: 60"), "{}", refused.head);
    assert_eq!(world.push(&other, &["Other"]).await, 202, "another feed's hub does not wait");
    drop(begun);
    super::daemon::until("a free hand", async || (world.push(&row, &["Again"]).await == 202).then_some(())).await;
    world.listed(row.feed_id.unwrap(), &["Again"]).await;
    world.close().await;
}
