//! How well and how fast names, dates, money and quotes are found.
//!
//! Reads `../shared/data/entities` and `../shared/seed` beside the repository, passing over what is absent. Nothing
//! there is used for more than measuring. `cargo bench --bench extract -- errors` lists the commonest mistakes.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use chrono::{DateTime, Utc};
use wireroom::mention::{AmountKind, EntityKind, Findings, Lexicon, QuoteKind, extract};

struct Document {
    text: String,
    gold: Vec<(usize, usize, String)>,
}

fn main() {
    let shared = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared");
    let shared = if shared.exists() { shared } else { Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared") };
    let errors = std::env::args().any(|arg| arg == "errors");
    let began = Instant::now();
    let lexicon = Lexicon::builtin();
    println!("lexicon: {:.0} ms", began.elapsed().as_secs_f64() * 1e3);
    names(&shared.join("data/entities/ewn-dev"), lexicon, errors);
    quotes(&shared.join("data/entities/polnear-dev"), lexicon, errors);
    seed(&shared.join("seed/000_17363849346038b9.txt"), lexicon, errors);
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut out: Vec<PathBuf> =
        fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path()).collect();
    out.sort();
    out
}

/// Tokens back to prose: spaces as a typesetter would put them.
fn document(tsv: &str) -> Document {
    let mut text = String::new();
    let (mut at, mut glue, mut open) = (0, true, false);
    let mut gold: Vec<(usize, usize, String)> = Vec::new();
    let mut dots = 0;
    for line in tsv.lines() {
        let Some((token, label)) = line.split_once('\t') else {
            if !text.is_empty() && !text.ends_with('\n') {
                text.push('\n');
                at += 1;
            }
            (glue, open) = (true, false);
            continue;
        };
        // Nested names follow in further columns; the outermost counts.
        let label = label.split('\t').next().unwrap_or_default();
        let letter = text.chars().next_back().is_some_and(char::is_uppercase)
            && text.chars().rev().nth(1).is_none_or(|c| c == '.' || c == ' ' || c == '\n');
        let closes = matches!(token, "," | "." | ";" | ":" | "!" | "?" | ")" | "]" | "%" | "”" | "’")
            || token.starts_with("'s")
            || token.starts_with("’s")
            || token == "'"
            || token == "n't"
            || (token == "\"" && open);
        if token == "." && letter {
            dots += 1;
        } else if token.len() > 1 {
            dots = 0;
        }
        let initials = dots > 0 && text.ends_with('.') && token.len() == 1 && token.chars().all(char::is_uppercase);
        if !glue && !closes && !initials {
            text.push(' ');
            at += 1;
        }
        if token == "\"" {
            open = !open;
        }
        glue = matches!(token, "(" | "[" | "$" | "“" | "‘") || (token == "\"" && open);
        let start = at;
        text.push_str(token);
        at += token.chars().count();
        let (position, kind) = label.split_once('-').unwrap_or(("O", ""));
        match position {
            "B" | "S" => gold.push((start, at, kind.to_owned())),
            "I" | "E" => match gold.last_mut() {
                Some(last) if last.2 == kind => last.1 = at,
                _ => gold.push((start, at, kind.to_owned())),
            },
            _ => {}
        }
    }
    Document { text, gold }
}

#[derive(Default, Clone, Copy)]
struct Score {
    found: usize,
    gold: usize,
    hit: usize,
}

impl Score {
    #[expect(clippy::cast_precision_loss, reason = "counts")]
    fn line(self) -> String {
        let share = |of: usize| 100.0 * self.hit as f64 / of.max(1) as f64;
        let f1 = 200.0 * self.hit as f64 / (self.found + self.gold).max(1) as f64;
        format!("P {:5.1}  R {:5.1}  F1 {f1:5.1}  (gold {})", share(self.found), share(self.gold), self.gold)
    }

    fn add(&mut self, found: &BTreeSet<(usize, usize)>, gold: &BTreeSet<(usize, usize)>) {
        self.found += found.len();
        self.gold += gold.len();
        self.hit += found.intersection(gold).count();
    }
}

fn names(folder: &Path, lexicon: &Lexicon, errors: bool) {
    let documents: Vec<Document> =
        files(folder).iter().filter_map(|path| fs::read_to_string(path).ok()).map(|tsv| document(&tsv)).collect();
    if documents.is_empty() {
        println!("names: {} is absent, passed over", folder.display());
        return;
    }
    let words: usize = documents.iter().map(|document| document.text.split_whitespace().count()).sum();
    let began = Instant::now();
    let found: Vec<Findings> =
        documents.iter().map(|document| extract(&document.text, None, None, Some("en"), lexicon)).collect();
    let seconds = began.elapsed().as_secs_f64();
    #[expect(clippy::cast_precision_loss, reason = "counts")]
    let speed = words as f64 / seconds;
    println!("speed: {speed:.0} words/s on one core ({words} words, the whole of extraction)");
    let mut scores: BTreeMap<&str, Score> = BTreeMap::new();
    let (mut micro, mut blind) = (Score::default(), Score::default());
    let mut mistakes: HashMap<String, usize> = HashMap::new();
    let mut by_rule: BTreeMap<(EntityKind, u32), (usize, BTreeMap<String, usize>)> = BTreeMap::new();
    for (document, findings) in documents.iter().zip(&found) {
        let (mut all_found, mut all_gold) = (BTreeSet::new(), BTreeSet::new());
        for (label, kind) in [
            ("Person", EntityKind::Person),
            ("Organization", EntityKind::Organization),
            ("Location", EntityKind::Place),
            ("NORP", EntityKind::Group),
        ] {
            let ours: BTreeSet<_> =
                findings.mentions.iter().filter(|m| m.kind == kind).map(|m| (m.start, m.end)).collect();
            let gold = of_kind(document, label);
            scores.entry(label).or_default().add(&ours, &gold);
            micro.add(&ours, &gold);
            if errors {
                for missed in gold.difference(&ours) {
                    let what = findings
                        .mentions
                        .iter()
                        .find(|m| m.start < missed.1 && m.end > missed.0)
                        .map_or("nothing".to_owned(), |m| format!("{} {}", m.kind.as_str(), m.text));
                    *mistakes
                        .entry(format!("missed {label} {:?}: {what}", part(&document.text, *missed)))
                        .or_default() += 1;
                }
                for extra in ours.difference(&gold) {
                    if !document.gold.iter().any(|g| g.0 < extra.1 && g.1 > extra.0) {
                        *mistakes.entry(format!("extra {label} {:?}", part(&document.text, *extra))).or_default() += 1;
                    }
                }
            }
            all_found.extend(ours);
            all_gold.extend(gold);
        }
        for mention in findings.mentions.iter().filter(|_| errors) {
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a share in hundredths")]
            let rule = by_rule.entry((mention.kind, (mention.confidence * 100.0).round() as u32)).or_default();
            rule.0 += 1;
            let label = document.gold.iter().find(|g| g.0 == mention.start && g.1 == mention.end).map_or_else(
                || {
                    if document.gold.iter().any(|g| g.0 < mention.end && g.1 > mention.start) { "part" } else { "none" }
                        .to_owned()
                },
                |g| g.2.clone(),
            );
            *rule.1.entry(label).or_default() += 1;
        }
        blind.add(&all_found, &all_gold);
        let facilities =
            findings.mentions.iter().filter(|m| m.kind == EntityKind::Facility).map(|m| (m.start, m.end)).collect();
        scores.entry("Facility").or_default().add(&facilities, &of_kind(document, "Facility"));
        let money: BTreeSet<_> =
            findings.amounts.iter().filter(|a| a.kind == AmountKind::Money).map(|a| (a.start, a.end)).collect();
        let dates: BTreeSet<_> = findings.dates.iter().map(|d| (d.start, d.end)).collect();
        for (label, ours) in [("Money", money), ("Date", dates)] {
            let gold = of_kind(document, label);
            scores.entry(label).or_default().add(&ours, &gold);
            if errors {
                for missed in gold.difference(&ours) {
                    *mistakes.entry(format!("missed {label} {:?}", part(&document.text, *missed))).or_default() += 1;
                }
                for extra in ours.difference(&gold) {
                    *mistakes.entry(format!("extra {label} {:?}", part(&document.text, *extra))).or_default() += 1;
                }
            }
        }
    }
    println!("names, four kinds: {}", micro.line());
    println!("names, span alone: {}", blind.line());
    for (label, score) in scores {
        println!("  {label:13} {}", score.line());
    }
    for ((kind, confidence), (count, labels)) in by_rule {
        println!("  {:12} at {confidence:3}: {count:5} {labels:?}", kind.as_str());
    }
    let mut mistakes: Vec<_> = mistakes.into_iter().collect();
    mistakes.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(&b.0)));
    for (mistake, count) in mistakes.iter().take(400) {
        println!("{count:5} {mistake}");
    }
}

fn of_kind(document: &Document, label: &str) -> BTreeSet<(usize, usize)> {
    document.gold.iter().filter(|g| g.2 == label).map(|g| (g.0, g.1)).collect()
}

fn part(text: &str, span: (usize, usize)) -> String {
    text.chars().skip(span.0).take(span.1 - span.0).collect()
}

fn quotes(folder: &Path, lexicon: &Lexicon, errors: bool) {
    let mut direct = (0_i32, 0_i32, 0_i32, 0_i32, 0_i32);
    let (mut gold_direct, mut covered) = (0_i32, 0_i32);
    let mut texts: HashMap<String, String> = HashMap::new();
    for path in files(&folder.join("text")) {
        let stem = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        texts.insert(stem, fs::read_to_string(&path).unwrap_or_default().replace('\r', ""));
    }
    let mut indirect = (0_i32, 0_i32, 0_i32, 0_i32);
    let annotations: Vec<(String, String)> = files(&folder.join("attributions"))
        .iter()
        .filter_map(|path| Some((path.file_stem()?.to_string_lossy().into_owned(), fs::read_to_string(path).ok()?)))
        .collect();
    if annotations.is_empty() {
        println!("quotes: {} is absent, passed over", folder.display());
        return;
    }
    for (stem, annotation) in annotations {
        let Some(text) = texts.iter().find(|(name, _)| stem.starts_with(name.as_str())).map(|(_, text)| text) else {
            continue;
        };
        let gold = attributions(&annotation);
        let findings = extract(text, None, None, Some("en"), lexicon);
        let overlaps =
            |spans: &[(usize, usize)], start: usize, end: usize| spans.iter().any(|s| s.0 < end && s.1 > start);
        for quote in findings.quotes.iter().filter(|quote| quote.kind == QuoteKind::Direct) {
            direct.0 += 1;
            let Some((_, source)) = gold.iter().find(|(content, _)| overlaps(content, quote.start, quote.end)) else {
                continue;
            };
            direct.1 += 1;
            if source.is_empty() {
                continue;
            }
            direct.2 += 1;
            let name = source.iter().map(|s| part(text, *s)).collect::<Vec<_>>().join(" ");
            let aliases = quote
                .entity
                .and_then(|e| findings.entities.get(e))
                .map(|e| std::iter::once(&e.name).chain(&e.aliases).cloned().collect::<Vec<_>>());
            let hit = match (&aliases, &quote.speaker) {
                (Some(names), _) => {
                    names.iter().any(|n| name.contains(n.as_str()))
                        || matches!(name.to_lowercase().as_str(), "he" | "she" | "they")
                }
                (None, Some(speaker)) => name.to_lowercase().contains(&speaker.to_lowercase()),
                _ => false,
            };
            direct.3 += i32::from(hit);
            direct.4 += i32::from(quote.speaker.is_none());
            if errors && !hit {
                println!("  speaker {:?} gold {name:?}: {:.70}", quote.speaker, quote.text.replace('\n', " "));
            }
        }
        for (content, _) in &gold {
            let said: String = content.iter().map(|s| part(text, *s)).collect();
            let marked = said.trim_start().starts_with(['“', '"']) && said.split_whitespace().count() > 4;
            let found = findings.quotes.iter().any(|quote| overlaps(content, quote.start, quote.end));
            if marked {
                gold_direct += 1;
                covered += i32::from(found);
            } else if !said.contains(['“', '"']) {
                indirect.0 += 1;
                indirect.1 += i32::from(found);
            }
        }
        for quote in findings.quotes.iter().filter(|quote| quote.kind == QuoteKind::Indirect) {
            indirect.2 += 1;
            indirect.3 += i32::from(gold.iter().any(|(content, _)| overlaps(content, quote.start, quote.end)));
        }
    }
    let share = |a: i32, b: i32| 100.0 * f64::from(a) / f64::from(b.max(1));
    println!(
        "quotes, direct: {} found, in gold content {:.1} %, gold found {:.1} % of {gold_direct}",
        direct.0,
        share(direct.1, direct.0),
        share(covered, gold_direct)
    );
    let hit = (direct.3, direct.2, direct.4);
    println!(
        "  speaker right {:.1} % of {} (pronouns count when anyone is found; {} without)",
        share(hit.0, hit.1),
        hit.1,
        hit.2
    );
    println!(
        "quotes, indirect: gold met {:.1} % of {}, ours in gold {:.1} % of {}",
        share(indirect.1, indirect.0),
        indirect.0,
        share(indirect.3, indirect.2),
        indirect.2
    );
}

fn seed(path: &Path, lexicon: &Lexicon, errors: bool) {
    let Ok(text) = fs::read_to_string(path) else {
        println!("seed: {} is absent, passed over", path.display());
        return;
    };
    let text = text.split("Be the first to comment").next().unwrap_or_default().trim_end();
    let (title, body) = text.split_once('\n').unwrap_or(("", text));
    let body = body.trim_start();
    let published: Option<DateTime<Utc>> = "2022-09-15T18:00:00Z".parse().ok();
    let findings = extract(body, Some(title), published, Some("en"), lexicon);
    let mut missing = Vec::new();
    for (name, kind) in [
        ("Vladimir Putin", "person"),
        ("Xi Jinping", "person"),
        ("Nancy Pelosi", "person"),
        ("Kassym-Jomart Tokayev", "person"),
        ("Shavkat Mirziyoyev", "person"),
        ("NATO", "organization"),
        ("Defense Ministry", "organization"),
        ("Russia", "place"),
        ("China", "place"),
        ("Ukraine", "place"),
        ("Uzbekistan", "place"),
        ("Kazakhstan", "place"),
        ("Kyrgyzstan", "place"),
        ("Tajikistan", "place"),
        ("Turkmenistan", "place"),
        ("Taiwan", "place"),
        ("Samarkand", "place"),
        ("Beijing", "place"),
        ("Taipei", "place"),
        ("Shanghai Cooperation Organization", "organization"),
    ] {
        let entity = findings
            .entities
            .iter()
            .find(|e| e.kind.as_str() == kind && (e.name.contains(name) || e.aliases.iter().any(|a| a == name)));
        match entity {
            None => missing.push(format!("{kind} {name}")),
            Some(e) if name.starts_with("Shanghai") && e.mentions < 2 => missing.push("both spellings in one".into()),
            Some(e) if name == "Vladimir Putin" && !e.titles.iter().any(|t| t == "Russian President") => {
                missing.push(format!("title: {:?}", e.titles));
            }
            Some(_) => {}
        }
    }
    for (text, value) in [
        ("Thursday", "2022-09-15"),
        ("Wednesday", "2022-09-14"),
        ("February this year", "2022-02"),
        ("August", "2022-08"),
    ] {
        if !findings.dates.iter().any(|d| d.text == text && d.value.as_deref() == Some(value)) {
            missing.push(format!("date {text}"));
        }
    }
    for value in [140e9, 200e9] {
        if !findings.amounts.iter().any(|a| (a.value - value).abs() < 1.0 && a.unit.as_deref() == Some("USD")) {
            missing.push(format!("amount {value}"));
        }
    }
    println!("seed: missing {missing:?}");
    for quote in &findings.quotes {
        println!("  {:8} {:?} {:?}: {:.60}", quote.kind.as_str(), quote.speaker, quote.verb, quote.text);
    }
    if errors {
        for e in &findings.entities {
            println!(
                "  {} {} x{} title={} {:.2} {:?} {:?} {:?}",
                e.kind.as_str(),
                e.name,
                e.mentions,
                e.in_title,
                e.salience,
                e.aliases,
                e.titles,
                e.wikidata
            );
        }
        for d in &findings.dates {
            println!("  {} {:?} {:?}", d.text, d.value, d.until);
        }
        for a in &findings.amounts {
            println!("  {} {} {:?}", a.text, a.value, a.unit);
        }
    }
}

type Spans = Vec<(usize, usize)>;

/// Content and source of every attribution of a stand-off file.
fn attributions(annotation: &str) -> Vec<(Spans, Spans)> {
    let mut spans: HashMap<&str, Vec<(usize, usize)>> = HashMap::new();
    let mut gold = Vec::new();
    for line in annotation.lines() {
        let mut columns = line.split('\t');
        let (Some(id), Some(body)) = (columns.next(), columns.next()) else { continue };
        if id.starts_with('T') {
            let places = body.split_once(' ').map_or("", |(_, places)| places);
            let list = places
                .split(';')
                .filter_map(|pair| {
                    let (a, b) = pair.split_once(' ')?;
                    Some((a.parse().ok()?, b.parse().ok()?))
                })
                .collect();
            spans.insert(id, list);
        } else if id.starts_with('E') {
            let role = |name: &str| {
                body.split(' ')
                    .filter_map(|part| part.split_once(':'))
                    .filter(|(key, _)| key.trim_end_matches(char::is_numeric) == name)
                    .filter_map(|(_, id)| spans.get(id))
                    .flatten()
                    .copied()
                    .collect::<Vec<_>>()
            };
            gold.push((role("Content"), role("Source")));
        }
    }
    gold
}
