//! The command as a user calls it.

use std::path::PathBuf;
use std::process::{Command, Output};

fn wireroom(arguments: &[&str]) -> Output {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("cli");
    std::fs::create_dir_all(&folder).unwrap();
    Command::new(env!("CARGO_BIN_EXE_wireroom"))
        .args(arguments)
        .current_dir(folder)
        .env_remove("DATABASE_URL")
        .output()
        .unwrap()
}

fn lines(output: &Output) -> Vec<serde_json::Value> {
    String::from_utf8_lossy(&output.stdout).lines().map(|l| serde_json::from_str(l).unwrap()).collect()
}

fn file(name: &str, bytes: &[u8]) -> String {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("cli");
    std::fs::create_dir_all(&folder).unwrap();
    let path = folder.join(name);
    std::fs::write(&path, bytes).unwrap();
    path.display().to_string()
}

const PAGE: &str = "<html lang='en'><head><title>Tram line opens | Port Post</title></head><body><nav><a href='/'>Home</a></nav>\
    <article><h1>Tram line opens</h1><p>The new tram line opened on Monday after four years of work, and the first car was full \
    before it left the depot on the hill.</p><p>“We waited a long time for this morning,” said Mayor Ada Brandt, who rode \
    <a href='/t'>the first tram</a>to the harbour with her two children.</p><p>The line cost $3.5 million and has nine stops \
    between the station and the fish market, which is two fewer than the council had planned.</p></article>\
    <section id='comments'><p>Be the first to comment</p><h3>Leave a Reply</h3><p>Your email address will not be \
    published.</p></section></body></html>";

#[test]
fn bad_inputs_cost_the_good_ones_nothing() {
    let (page, empty, binary) = (
        file("page.html", PAGE.as_bytes()),
        file("empty.html", b""),
        file("binary.html", b"\x89PNG\r\n\x1a\n\0\0\0\0"),
    );
    let output = wireroom(&["clean", "no-such-file.html", &empty, "/", &binary, &page]);
    assert_eq!(output.status.code(), Some(1));
    let lines = lines(&output);
    let kinds: Vec<_> = lines.iter().map(|l| l["error"]["kind"].as_str().unwrap_or("-").to_owned()).collect();
    assert_eq!(kinds[..3], ["not_found", "empty", "directory"]);
    assert_ne!(kinds[3], "-", "a picture is no page");
    assert_eq!(kinds[4], "-");
    assert_eq!(lines[4]["title"], "Tram line opens");
    let text = lines[4]["text"].as_str().unwrap();
    assert!(text.starts_with("The new tram line") && text.ends_with("had planned."), "{text}");
    assert!(!text.contains("comment") && !text.contains("Reply"), "{text}");
}

#[test]
fn extract_says_who_and_how_much() {
    let page = file("page2.html", PAGE.as_bytes());
    let output = wireroom(&["extract", "--published", "2026-05-20T12:00:00Z", &page]);
    assert!(output.status.success(), "{output:?}");
    let found = &lines(&output)[0];
    let text: Vec<char> = found["text"].as_str().unwrap().chars().collect();
    for list in ["mentions", "quotes", "dates", "amounts"] {
        for item in found[list].as_array().unwrap() {
            let span = |key: &str| usize::try_from(item[key].as_u64().unwrap()).unwrap();
            let words: String = text[span("start")..span("end")].iter().collect();
            assert_eq!(item["text"], words.as_str(), "{list}");
        }
    }
    let mayor = found["entities"].as_array().unwrap().iter().find(|e| e["name"] == "Ada Brandt").unwrap();
    assert_eq!((mayor["kind"].as_str(), mayor["titles"][0].as_str()), (Some("person"), Some("Mayor")));
    assert_eq!(found["quotes"][0]["speaker"], "Ada Brandt");
    assert_eq!(found["dates"][0]["value"], "2026-05-18");
    let money = found["amounts"].as_array().unwrap().iter().find(|a| a["kind"] == "money").unwrap();
    assert_eq!((money["value"].as_f64(), money["unit"].as_str()), (Some(3_500_000.0), Some("USD")));
}

#[test]
fn a_feed_is_parsed_and_a_page_is_none() {
    let feed = file(
        "feed.xml",
        b"<rss><channel><title>AT&T news</title><item><title>One</title><link>https://a.example/1</link></item>",
    );
    let page = file("page3.html", PAGE.as_bytes());
    let output = wireroom(&["parse", &feed, &page]);
    assert_eq!(output.status.code(), Some(1));
    let lines = lines(&output);
    assert_eq!(
        (lines[0]["format"].as_str(), lines[0]["entries"][0]["url"].as_str()),
        (Some("rss"), Some("https://a.example/1"))
    );
    assert_eq!(lines[1]["error"]["kind"], "html");
}

#[test]
fn a_reader_that_panics_is_not_heard() {
    // No dialect of ours, and the reader that is asked next stumbles over a declaration that comes late.
    let list = "<?xml version=\"1.0\"?><!-- longer than the sixty-four bytes in which a declaration is looked for -->\
                <?xml version=\"1.0\" encoding=\"ISO-8859-1\"?><opml></opml>";
    let output = wireroom(&["parse", &file("late.xml", list.as_bytes())]);
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(lines(&output)[0]["error"]["kind"], "not_a_feed");
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(!told.contains("panicked"), "{told}");
}

#[test]
fn exit_codes_say_what_to_do() {
    assert_eq!(wireroom(&["no-such-command"]).status.code(), Some(2));
    let broken = file("broken.toml", b"[fetch]\nhost_delya = \"1s\"\n");
    let output = wireroom(&["--config", &broken, "status"]);
    assert_eq!(output.status.code(), Some(78));
    assert!(String::from_utf8_lossy(&output.stderr).contains("did you mean fetch.host_delay"));
    let feeds = file("bad-feeds.toml", b"[[feeds]]\nurl = \"nonsense\"\n[[feeds]]\nurl = \"https://a.example/rss\"\n");
    let output = wireroom(&["validate", &feeds]);
    assert_eq!(output.status.code(), Some(78));
    assert!(String::from_utf8_lossy(&output.stderr).contains("bad-feeds.toml:1:"));
    let away = Command::new(env!("CARGO_BIN_EXE_wireroom"))
        .arg("status")
        .env("DATABASE_URL", "postgres://nobody@127.0.0.1:9/x")
        .output()
        .unwrap();
    assert_eq!(away.status.code(), Some(75), "{away:?}");
    for command in [
        "run",
        "demo",
        "feeds",
        "parse",
        "clean",
        "extract",
        "search",
        "article",
        "entity",
        "quotes",
        "status",
        "db",
        "validate",
        "healthcheck",
    ] {
        let help = wireroom(&[command, "--help"]);
        assert!(
            help.status.success() && String::from_utf8_lossy(&help.stdout).contains("Example: wireroom"),
            "{command}"
        );
    }
}
