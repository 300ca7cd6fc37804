//! Every document of the corpus read by feedparser, feed-rs and us: how often we agree with feedparser.

use std::fs;

use serde_json::{Value, json};
use url::Url;
use wireroom::feed::{self, Entry};

use super::{Bench, normal, percent};

/// One thing compared: how often feedparser has it, and how often each reader says the same.
#[derive(Default)]
struct Measure {
    asked: usize,
    ours: usize,
    theirs: usize,
    differing: Vec<String>,
}

impl Measure {
    fn take(&mut self, ours: bool, theirs: bool, tell: impl FnOnce() -> String) {
        self.asked += 1;
        self.ours += usize::from(ours);
        self.theirs += usize::from(theirs);
        if !ours {
            self.differing.push(tell());
        }
    }
}

/// Compares, prints the table, and leaves our output in `target/feeds-bench/ours.jsonl` for [`super::suites`].
pub fn measure(bench: &Bench) {
    let out = bench.scratch.join("reference.jsonl");
    let corpus = bench.corpus.to_string_lossy().into_owned();
    let Some(_) = bench.reference(&["dump", &corpus, &out.to_string_lossy()]) else { return };
    let lines = fs::read_to_string(&out).expect("the script has written its lines");
    let names = ["parsed", "entry count", "title", "link", "id", "published", "updated", "any date", "body"];
    let mut measures: Vec<Measure> = names.iter().map(|_| Measure::default()).collect();
    let mut ours_lines = String::new();
    let mut passed_over = 0;
    for line in lines.lines() {
        let reference: Value = serde_json::from_str(line).expect("the script writes JSON");
        let file = string(&reference, "file").unwrap_or_default();
        let bytes = fs::read(bench.corpus.join(&file)).expect("the corpus stays while it is read");
        let base = string(&reference, "base").and_then(|b| Url::parse(&b).ok());
        let read = feed::parse(&bytes, string(&reference, "content_type").as_deref(), base.as_ref());
        let shown = bench.file.as_deref().is_some_and(|part| file.contains(part));
        if shown {
            println!("{file}\n  feedparser {reference}\n  wireroom {}", describe(&read));
        }
        if let Ok(feed) = &read {
            ours_lines.push_str(&json!({ "file": file, "feed": feed }).to_string());
            ours_lines.push('\n');
        }
        if reference.get("feed") != Some(&Value::Bool(true)) {
            continue;
        }
        // Where this release contradicts the assertion written in the file, it is no reference.
        if reference.get("fails_itself") == Some(&Value::Bool(true)) {
            passed_over += 1;
            continue;
        }
        compare(&mut measures, &file, &reference, read.as_ref().ok(), feed_rs(&bytes, base.as_ref()).as_deref());
    }
    fs::write(bench.scratch.join("ours.jsonl"), ours_lines).expect("target/ can be written");
    println!("\n{passed_over} documents in which feedparser contradicts its own suite are passed over");
    println!("agreement with feedparser 6.0.14          wireroom            feed-rs 3.0.0");
    for (name, measure) in names.iter().zip(&measures) {
        let (ours, theirs) = (percent(measure.ours, measure.asked), percent(measure.theirs, measure.asked));
        println!("{name:<40}{ours:>20}{theirs:>20}");
        for difference in measure.differing.iter().take(bench.worst) {
            println!("    {difference}");
        }
    }
}

fn describe(read: &Result<feed::Feed, feed::FeedError>) -> String {
    match read {
        Ok(feed) => serde_json::to_string(feed).unwrap_or_default(),
        Err(error) => format!("refused: {error}"),
    }
}

fn compare(
    measures: &mut [Measure],
    file: &str,
    reference: &Value,
    read: Option<&feed::Feed>,
    other: Option<&[Entry]>,
) {
    let [parsed, count, title, link, id, published, updated, any_date, body] = measures else {
        unreachable!("nine measures were made")
    };
    let entries = reference.get("entries").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let (ours, theirs) = (read.map_or(&[][..], |f| &f.entries), other.unwrap_or_default());
    parsed.take(read.is_some(), other.is_some(), || file.to_owned());
    if !entries.is_empty() {
        count.take(ours.len() == entries.len(), theirs.len() == entries.len(), || {
            format!("{file}: {} for {}", ours.len(), entries.len())
        });
    }
    for (at, entry) in entries.iter().enumerate() {
        let (a, b) = (ours.get(at), theirs.get(at));
        let texts = |measure: &mut Measure, key: &str, of: fn(&Entry) -> Vec<&str>, same: fn(&str) -> String| {
            // Where feedparser's sanitizer left a script in, what it gives is no text.
            let found = string(entry, key).filter(|text| !text.contains("<script"));
            let Some(wanted) = found.map(|t| same(&t)).filter(|t| !t.is_empty()) else { return };
            let equal = |e: Option<&Entry>| e.is_some_and(|e| of(e).into_iter().any(|t| same(t) == wanted));
            measure.take(equal(a), equal(b), || {
                format!("{file}#{at}: {:?} for {wanted:?}", a.map(of).unwrap_or_default())
            });
        };
        texts(title, "title", |e| e.title.iter().map(String::as_str).collect(), normal::text);
        // What is no address of the web is no article's address: feedparser carries it, we do not. Nor is an id that is
        // a bare word, which feedparser joins to the document's address.
        let word = a.and_then(|e| e.id.as_deref()).filter(|id| !id.contains(['/', ':']));
        let is_word = word.is_some() && string(entry, "link") == string(entry, "id");
        if string(entry, "link").is_some_and(|l| normal::is_web(&l)) && !is_word {
            texts(link, "link", |e| e.url.iter().map(String::as_str).collect(), normal::address);
        }
        // An id is verbatim here, where feedparser joins it to the document's address: RFC 4287 forbids that.
        let joined = string(entry, "id").zip(a.and_then(|e| e.id.clone()));
        if joined.is_some_and(|(theirs, ours)| theirs != ours && theirs.ends_with(ours.trim_start_matches('/'))) {
            id.take(true, false, String::new);
        } else {
            texts(id, "id", |e| e.id.iter().map(String::as_str).collect(), normal::address);
        }
        for key in ["summary", "content"] {
            texts(
                body,
                key,
                |e| [&e.summary, &e.content].into_iter().flatten().map(String::as_str).collect(),
                normal::text,
            );
        }
        let dates = |measure: &mut Measure, wanted: Option<i64>, of: fn(&Entry) -> Option<i64>| {
            let Some(wanted) = wanted else { return };
            let equal = |e: Option<&Entry>| e.and_then(of) == Some(wanted);
            measure.take(equal(a), equal(b), || format!("{file}#{at}: {:?} for {wanted}", a.and_then(of)));
        };
        let (first, last) = (number(entry, "published"), number(entry, "updated"));
        dates(published, first, |e| e.published_at.map(|d| d.timestamp()));
        dates(updated, last, |e| e.updated_at.map(|d| d.timestamp()));
        dates(any_date, first.or(last), |e| e.published_at.or(e.updated_at).map(|d| d.timestamp()));
    }
}

/// feed-rs as it comes; `None` where it refuses or panics.
pub fn feed_rs(bytes: &[u8], base: Option<&Url>) -> Option<Vec<Entry>> {
    let read = std::panic::catch_unwind(|| feed_rs::parser::Builder::new().base_uri(base).build().parse(bytes).ok());
    let entries = read.ok().flatten()?.entries.into_iter().map(|e| Entry {
        id: Some(e.id),
        url: e.links.into_iter().next().map(|l| l.href),
        title: e.title.map(|t| t.content),
        summary: e.summary.map(|s| s.content),
        content: e.content.and_then(|c| c.body),
        published_at: e.published,
        updated_at: e.updated,
        ..Entry::default()
    });
    Some(entries.collect())
}

fn string(value: &Value, key: &str) -> Option<String> {
    value.get(key)?.as_str().map(str::to_owned)
}

fn number(value: &Value, key: &str) -> Option<i64> {
    value.get(key)?.as_i64()
}
