//! Lines that a source repeats: what is learnt, what is not, and who decides.

use std::collections::BTreeMap;

use wireroom::article::learnt::{self, Lesson, LineKey, Memory, Verdict};
use wireroom::article::{self, Article, Hint, LearntLines, Rules};

use crate::support::database::TestDatabase;
use crate::support::press::{Press, headline, page_of, store, story};

/// A line in a language of nobody's.
const BOILER: &str = "Tovimme sarelon ukavi brendal osti, kuvelo marandi tesk orvalin.";

/// A source that is read article after article, without a database.
#[derive(Default)]
struct Reader {
    memory: Memory,
    lines: BTreeMap<LineKey, learnt::KnownLine>,
    rules: Option<Rules>,
}

impl Reader {
    fn read(&mut self, title: &str, day: u32, paragraphs: &[&str]) -> Article {
        let rules = self.rules.get_or_insert_with(Rules::builtin);
        let known = self.lines.iter().map(|(key, line)| (*key, line.verdict));
        let hint = Hint { lines: LearntLines::new(known).into(), ..Hint::default() };
        let paragraphs: Vec<String> = paragraphs.iter().map(|text| (*text).to_owned()).collect();
        let page = page_of(title, &paragraphs);
        let article = article::clean(&page, None, &hint, rules).unwrap();
        let today = chrono::NaiveDate::from_ymd_opt(2026, 5, day).unwrap();
        self.memory.take(&mut self.lines, &learnt::lesson(&article), today);
        article
    }

    fn verdict(&self, line: &str) -> Option<Verdict> {
        self.lines.get(&LineKey::of(line)).map(|known| known.verdict)
    }
}

fn with<'a>(story: &'a [String], line: &'a str) -> Vec<&'a str> {
    story.iter().map(String::as_str).chain([line]).collect()
}

#[test]
fn a_line_below_every_article_is_gone_after_some() {
    let mut reader = Reader::default();
    for n in 0..12 {
        let story = story(n);
        let article = reader.read(&headline(n), 1, &with(&story, BOILER));
        assert_eq!(article.text.contains(BOILER), n < 6, "article {n}: {}", article.text);
        assert_eq!(article.removed.iter().any(|piece| piece.reason == "learnt" && piece.text == BOILER), n >= 6);
        for paragraph in &story {
            assert!(article.text.contains(paragraph), "article {n}: {}", article.text);
        }
    }
    assert_eq!(reader.lines.len(), 1, "{:?}", reader.lines);
    assert_eq!(reader.lines[&LineKey::of(BOILER)].articles, 12, "it is counted on");
}

#[test]
fn two_days_are_worth_two_articles() {
    let mut reader = Reader::default();
    for n in 0..5 {
        let story = story(n);
        reader.read(&headline(n), 1 + u32::try_from(n).unwrap(), &with(&story, BOILER));
    }
    assert_eq!(reader.verdict(BOILER), Some(Verdict::Learnt));
}

#[test]
fn a_refrain_within_one_article_is_seen_once() {
    let mut reader = Reader::default();
    let refrain = "And the river runs on, and the river runs on.";
    let song = story(1);
    let lines: Vec<&str> = song.iter().flat_map(|line| [line.as_str(), refrain]).collect();
    reader.read("A song of the river", 1, &lines);
    for n in 2..9 {
        let story = story(n);
        reader.read(&headline(n), 1, &story.iter().map(String::as_str).collect::<Vec<_>>());
    }
    assert_eq!(reader.verdict(refrain), None);
}

#[test]
fn an_article_at_two_addresses_teaches_nothing() {
    let mut reader = Reader::default();
    for n in 0..8 {
        let story = story(n);
        let lines: Vec<&str> = story.iter().map(String::as_str).collect();
        reader.read(&headline(n), 1, &lines);
        // Moved, with the same headline; then corrected, with another headline and one other sentence.
        reader.read(&headline(n), 2, &lines);
        let corrected = "Correction: an earlier version of this article gave a wrong number of builders.";
        reader.read(&format!("Corrected {n}"), 3, &[lines[0], lines[1], lines[2], corrected]);
    }
    for known in reader.lines.values() {
        assert!(known.text.starts_with("Correction"), "{known:?}");
    }
    assert_eq!(reader.memory.articles, 8);
}

#[test]
fn the_background_of_a_running_story_stays() {
    let mut reader = Reader::default();
    let background = "The strike at the Ellery docks began on 3 March after talks over shifts had failed.";
    for n in 0..60 {
        let story = story(n);
        let day = 1 + u32::try_from(n / 4).unwrap();
        // Every fifth article is of the strike: too few for furniture. The last ten all are, for days on end.
        if n % 5 == 0 || n >= 50 {
            reader.read(&format!("Dockers {} of {n}", headline(n)), day, &with(&story, background));
        } else {
            reader.read(&headline(n), day, &story.iter().map(String::as_str).collect::<Vec<_>>());
        }
    }
    assert_eq!(reader.verdict(background), Some(Verdict::Seen));
}

#[test]
fn quotes_rules_and_results_are_no_lines_of_a_source() {
    let mut reader = Reader::default();
    for line in ["“We have nothing to add to what was said”", "— * —", "3 : 1 (2 : 0, 1 : 1) 12345"] {
        for n in 0..12 {
            let story = story(n);
            reader.read(&headline(n), 1 + u32::try_from(n).unwrap(), &with(&story, line));
        }
        assert_eq!(reader.verdict(line), None, "{line}");
        reader = Reader::default();
    }
}

#[test]
fn a_person_overrules_the_rules_for_lines() {
    let prompt = "Leave a comment below";
    let story = story(3);
    let mut reader = Reader::default();
    assert!(!reader.read("One", 1, &with(&story, prompt)).text.contains(prompt), "a rule knows it");
    let rules = Rules::builtin();
    let hint = |verdict| Hint { lines: LearntLines::new([(LineKey::of(prompt), verdict)]).into(), ..Hint::default() };
    let paragraphs: Vec<String> = with(&story, prompt).iter().map(|text| (*text).to_owned()).collect();
    let page = page_of("Two", &paragraphs);
    let kept = article::clean(&page, None, &hint(Verdict::Kept), &rules).unwrap();
    assert!(kept.text.ends_with(prompt), "{}", kept.text);
}

#[test]
fn rules_for_a_single_site_are_told_from_none_and_from_others() {
    let with = |text: &str| Rules::builtin().with_sites(article::site_rules::read(text).unwrap()).fingerprint();
    let keep = with("[[sites]]\nhost = \"press.example\"\nkeep = [\"article\"]\n");
    let other = with("[[sites]]\nhost = \"press.example\"\nkeep = [\"main\"]\n");
    assert_ne!(keep, other);
    assert_ne!(keep, Rules::builtin().fingerprint());
}

#[test]
fn what_is_remembered_of_a_source_is_bounded_and_comes_back_from_its_bytes() {
    let mut memory = Memory::default();
    let mut lines = BTreeMap::new();
    let today = chrono::NaiveDate::from_ymd_opt(2026, 5, 1).unwrap();
    for n in 0..400_u64 {
        let line = |at: u64| learnt::Line {
            key: LineKey((n * 1000 + at) << 40),
            text: "a line".into(),
            words: 12,
            place: learnt::Place::Bottom,
            sentence: true,
        };
        let lesson =
            Lesson { headline: Some(LineKey(n << 33)), lines: (0..16).map(line).collect(), ..Lesson::default() };
        memory.take(&mut lines, &lesson, today);
    }
    let bytes = memory.to_bytes();
    assert!(bytes.len() <= 1800, "{}", bytes.len());
    assert_eq!(Memory::from_bytes(memory.articles, &bytes), memory);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_source_teaches_its_next_articles_and_people_decide() {
    let database = TestDatabase::new().await;
    let store = store(&database).await;
    let press = Press::open("furniture", |n| with(&story(n), BOILER).iter().map(|s| (*s).to_owned()).collect()).await;
    press.list(&store).await;
    let domain = press.domain();

    press.publish(7);
    press.round(&store).await;
    assert_eq!(database.count("select count(*) from articles where text like '%Tovimme%'").await, 7);
    let learnt = store.furniture(Some(&domain), &["learnt".to_owned()], 10).await.unwrap();
    assert_eq!(learnt.len(), 1, "{learnt:?}");
    assert_eq!((learnt[0].text.as_str(), learnt[0].articles), (BOILER, 7));
    assert_eq!(database.count("select count(*) from api.furniture where verdict = 'learnt' and share = 1").await, 1);

    // The same pages again teach nothing.
    press.round(&store).await;
    assert_eq!(database.count("select articles::bigint from furniture").await, 7);

    press.publish(10);
    press.round(&store).await;
    assert_eq!(database.count("select count(*) from articles").await, 10);
    assert_eq!(database.count("select count(*) from articles where text like '%Tovimme%'").await, 7);
    assert_eq!(database.count("select articles::bigint from furniture").await, 10, "it is counted on");
    assert_eq!(database.count(r#"select count(*) from articles where removed @> '[{"reason": "learnt"}]'"#).await, 3);

    let keep = press.wireroom(&database, &["furniture", "keep", "--source", &domain, &learnt[0].line]);
    assert!(keep.contains(&learnt[0].line), "{keep}");
    press.publish(12);
    press.round(&store).await;
    assert_eq!(database.count("select count(*) from articles where text like '%Tovimme%'").await, 9);
    let listed = press.wireroom(&database, &["furniture", "list", "--json"]);
    let listed: serde_json::Value = serde_json::from_str(&listed).unwrap();
    assert_eq!((listed["verdict"].as_str(), listed["decided_by"].as_str()), (Some("kept"), Some("person")));

    // Dropped by its text, in another case and with other white space.
    press.wireroom(&database, &["furniture", "drop", "--source", &domain, &BOILER.to_uppercase().replace(' ', "  ")]);
    press.publish(13);
    press.round(&store).await;
    assert_eq!(database.count("select count(*) from articles where text like '%Tovimme%'").await, 9);
    press.wireroom(&database, &["furniture", "forget", "--source", &domain, &learnt[0].line]);
    assert_eq!(database.count("select count(*) from furniture").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn repeated_lines_are_forgotten_by_age_and_by_number_but_for_a_persons_word() {
    let database = TestDatabase::new().await;
    let store = store(&database).await;
    for statement in [
        "insert into sources (domain) values ('press.example')",
        "insert into furniture (source_id, line_key, text, verdict, decided_by, articles, days, since_article, sentence, last_seen_at)
         select source_id, n, 'line ' || n, case when n > 590 then 'kept' when n % 2 = 0 then 'learnt' else 'seen' end,
                case when n > 590 then 'person' else 'rule' end, n, 1, 0, false,
                now() - case when n <= 20 then interval '50 days' else interval '1 day' end
           from sources, generate_series(1, 600) n",
    ] {
        sqlx::query(statement).execute(database.pool()).await.unwrap();
    }
    while store.forget_lines(std::time::Duration::from_hours(42 * 24)).await.unwrap() > 0 {}
    assert_eq!(database.count("select count(*) from furniture where line_key <= 20 and verdict = 'seen'").await, 0);
    assert_eq!(database.count("select count(*) from furniture").await, 500);
    assert_eq!(database.count("select count(*) from furniture where verdict = 'kept'").await, 10);
    assert_eq!(database.count("select count(*) from furniture where verdict = 'learnt'").await, 295);
    assert!(!store.learnt_lines("press.example").await.unwrap().is_empty());
    assert!(store.learnt_lines("other.example").await.unwrap().is_empty());
}
