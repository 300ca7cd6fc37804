//! What an article talks about: names, joined names, titles, quotes, dates, amounts.

use chrono::{DateTime, Utc};
use wireroom::mention::{Findings, Lexicon, QuoteKind, extract};

fn read(text: &str) -> Findings {
    let published: Option<DateTime<Utc>> = "2023-06-15T12:00:00Z".parse().ok();
    extract(text, None, published, Some("en"), Lexicon::builtin())
}

/// The text with every name in brackets: `In [Nairobi|place] …`.
fn drawn(text: &str) -> String {
    let findings = read(text);
    let mut out = String::new();
    for (at, c) in text.chars().chain(std::iter::once(' ')).enumerate() {
        if let Some(mention) = findings.mentions.iter().find(|mention| mention.end == at) {
            out.extend(["|", mention.kind.as_str(), "]"]);
        }
        if findings.mentions.iter().any(|mention| mention.start == at) {
            out.push('[');
        }
        out.push(c);
    }
    out.trim_end().to_owned()
}

fn check(expected: &str) {
    let mut text = String::new();
    let mut skip = false;
    for c in expected.chars() {
        match c {
            '[' => {}
            '|' => skip = true,
            ']' => skip = false,
            c if !skip => text.push(c),
            _ => {}
        }
    }
    assert_eq!(drawn(&text), expected);
}

#[test]
fn places_people_and_bodies_are_told_apart() {
    check("The delegation flew from [Nairobi|place] to [Paris|place] on Monday.");
    check("[Maria Lopez|person] met officials of the [Ministry of Health|organization] in [Peru|place].");
    check("[Kenya|place]'s [Defence Ministry|organization] denied the report.");
    check("The [University of Ghana|organization] and the [World Bank|organization] signed it.");
    check("Hundreds of [Turkish|group] and [Syrian|group] workers crossed the border.");
}

#[test]
fn a_title_is_no_part_of_a_name() {
    check("[Kenyan|group] President [William Ruto|person] spoke first.");
    let findings = read("Kenyan President William Ruto spoke first. Ruto left early.");
    let ruto = findings.entities.iter().find(|entity| entity.name == "William Ruto").expect("found");
    assert_eq!(ruto.titles, ["Kenyan President"]);
    assert_eq!(ruto.mentions, 2);
    assert_eq!(ruto.aliases, ["Ruto"]);
}

#[test]
fn titles_stand_in_many_places() {
    for (text, name, title) in [
        ("They met Chinese leader Li Wen in private.", "Li Wen", "Chinese leader"),
        (
            "He thanked President of Uzbekistan Shavkat Mirziyoyev for it.",
            "Shavkat Mirziyoyev",
            "President of Uzbekistan",
        ),
        ("Sarah Cole, the chief executive of Nordbank, agreed.", "Sarah Cole", "chief executive of Nordbank"),
        ("Critics of US House Speaker Nancy Pelosi came.", "Nancy Pelosi", "US House Speaker"),
    ] {
        let findings = read(text);
        let entity = findings.entities.iter().find(|entity| entity.name == name);
        let entity = entity.unwrap_or_else(|| panic!("{name} in {:?}", findings.mentions));
        assert_eq!(entity.titles, [title], "{text}");
    }
}

#[test]
fn a_first_word_is_no_name_for_its_capital() {
    check("Although prices rose, few complained. Yesterday was quiet.");
    check("However, [Ghana|place] won.");
}

#[test]
fn two_spellings_and_an_acronym_are_one_thing() {
    let findings = read(
        "The Eastern Cooperation Organization (ECO) met on Monday. The Eastern Cooperation Organisation has ten members. \
         Leaders of the ECO left.",
    );
    let bodies: Vec<_> = findings.entities.iter().filter(|entity| entity.name.contains("Cooperation")).collect();
    assert_eq!(bodies.len(), 1);
    assert_eq!(bodies.first().map(|body| body.mentions), Some(4));
}

#[test]
fn a_country_and_a_body_are_one_under_their_other_names() {
    let findings = read("The UN met in the US. The United Nations thanked the United States. American officials left.");
    let names: Vec<_> = findings.entities.iter().map(|entity| (entity.name.as_str(), entity.mentions)).collect();
    assert!(names.contains(&("United Nations", 2)) && names.contains(&("United States", 2)), "{names:?}");
    let america = findings.entities.iter().find(|entity| entity.name == "United States");
    assert_eq!(america.and_then(|entity| entity.wikidata.as_deref()), Some("Q30"));
    assert!(names.contains(&("American", 1)), "a nationality is not its country: {names:?}");
}

#[test]
fn a_lost_space_hides_no_place_and_makes_no_name() {
    check("She toured [Kazakhstan|place]where the pipeline ends.");
    check("It ended the warAlthough nobody won.");
}

#[test]
fn a_speaker_is_found_on_either_side() {
    for (text, speaker, verb) in [
        ("“We will not wait any longer,” Anna Berg said in Oslo.", "Anna Berg", "said"),
        ("“We will not wait any longer,” said Anna Berg.", "Anna Berg", "said"),
        ("Anna Berg said: “We will not wait any longer.”", "Anna Berg", "said"),
        ("Anna Berg arrived late. “We will not wait any longer,” she said.", "Anna Berg", "said"),
        ("German minister Anna Berg arrived. “We will not wait any longer,” the minister said.", "Anna Berg", "said"),
    ] {
        let findings = read(text);
        let quote = findings.quotes.iter().find(|quote| quote.kind == QuoteKind::Direct);
        let quote = quote.unwrap_or_else(|| panic!("no quote in {text}: {:?}", findings.quotes));
        assert_eq!(quote.speaker.as_deref(), Some(speaker), "{text}");
        assert_eq!(quote.verb.as_deref(), Some(verb), "{text}");
        let name = quote.entity.and_then(|entity| findings.entities.get(entity)).map(|entity| entity.name.as_str());
        assert_eq!(name, Some(speaker), "{text}");
        assert_eq!(quote.text.trim_end_matches([',', '.']), "We will not wait any longer");
    }
}

#[test]
fn a_quote_left_open_ends_with_its_paragraph() {
    let findings = read(
        "“We start now,” Anna Berg said. “Nobody was asked about the plan before it was made.\n\nThe next day was calm.",
    );
    let last = findings.quotes.last().expect("found");
    assert_eq!(last.text, "Nobody was asked about the plan before it was made.");
    assert_eq!(last.speaker.as_deref(), Some("Anna Berg"));
}

#[test]
fn what_is_told_without_marks_has_a_speaker() {
    let findings = read("Anna Berg said the bank is ready to lower its rates again.");
    let quote = findings.quotes.first().expect("found");
    assert_eq!((quote.kind, quote.speaker.as_deref()), (QuoteKind::Indirect, Some("Anna Berg")));
    assert_eq!(quote.text, "the bank is ready to lower its rates again");
    let findings = read("According to the Finance Ministry, exports rose by a third last year.");
    assert_eq!(findings.quotes.first().and_then(|quote| quote.speaker.as_deref()), Some("Finance Ministry"));
}

#[test]
fn dates_count_from_the_day_of_publication() {
    // 15 June 2023 was a Thursday.
    for (text, expression, value) in [
        ("He resigned on Thursday.", "Thursday", Some("2023-06-15")),
        ("He resigned on Wednesday evening.", "Wednesday evening", Some("2023-06-14")),
        ("They will meet on Monday.", "Monday", Some("2023-06-19")),
        ("It happened in August.", "August", Some("2022-08")),
        ("It will open in August.", "August", Some("2023-08")),
        ("It opened in February this year.", "February this year", Some("2023-02")),
        ("Sales doubled last year.", "last year", Some("2022")),
        ("They met three days ago.", "three days ago", Some("2023-06-12")),
        ("They met a few weeks ago.", "a few weeks ago", None),
        ("It began in 2013.", "2013", Some("2013")),
        ("It began on 3 March 2011.", "3 March 2011", Some("2011-03-03")),
        ("It began on March 3, 2011.", "March 3, 2011", Some("2011-03-03")),
        ("The log says 2021-02-28.", "2021-02-28", Some("2021-02-28")),
        ("Output fell in the third quarter of 2021.", "third quarter of 2021", Some("2021-Q3")),
    ] {
        let findings = read(text);
        let date = findings.dates.iter().find(|date| date.text == expression);
        let date = date.unwrap_or_else(|| panic!("{expression} in {:?}", findings.dates));
        assert_eq!(date.value.as_deref(), value, "{text}");
    }
    let range = read("The fair was held on May 3-6.");
    let date = range.dates.first().expect("found");
    assert_eq!((date.value.as_deref(), date.until.as_deref()), (Some("2023-05-03"), Some("2023-05-06")));
}

#[test]
fn without_a_publication_time_what_is_relative_stays_open() {
    let findings = extract("He resigned on Thursday, in May 2011.", None, None, Some("en"), Lexicon::builtin());
    let values: Vec<_> = findings.dates.iter().map(|date| date.value.as_deref()).collect();
    assert_eq!(values, [None, Some("2011-05")]);
}

#[test]
fn amounts_have_magnitude_and_unit() {
    for (text, expression, value, unit) in [
        ("Trade exceeded $140 billion.", "$140 billion", 140e9, "USD"),
        ("It cost €1.2m to build.", "€1.2m", 1.2e6, "EUR"),
        ("They paid Rs 5 crore for it.", "Rs 5 crore", 5e7, "INR"),
        ("A loan of 3 million euros was agreed.", "3 million euros", 3e6, "EUR"),
        ("Prices rose 4.5 percent.", "4.5 percent", 4.5, "percent"),
        ("Prices rose by 7%.", "7%", 7.0, "percent"),
        ("Some 40,000 troops left.", "40,000 troops", 4e4, "troops"),
        ("It lasted five months.", "five months", 5.0, "months"),
    ] {
        let findings = read(text);
        let amount = findings.amounts.iter().find(|amount| amount.text == expression);
        let amount = amount.unwrap_or_else(|| panic!("{expression} in {:?}", findings.amounts));
        assert!((amount.value - value).abs() < 1e-6 * value, "{text}: {}", amount.value);
        assert_eq!(amount.unit.as_deref(), Some(unit), "{text}");
    }
}

#[test]
fn other_languages_get_what_needs_no_grammar() {
    let text = "Der Bundeskanzler reiste gestern nach Kazakhstan und sprach mit Vertretern der Wirtschaft über 3 € je Kubikmeter.";
    let findings = extract(text, None, None, Some("de"), Lexicon::builtin());
    let names: Vec<_> = findings.mentions.iter().map(|mention| mention.text.as_str()).collect();
    assert_eq!(names, ["Kazakhstan"]);
    assert!(findings.quotes.is_empty() && findings.dates.is_empty());
}

#[test]
fn the_headline_names_what_the_article_is_about() {
    let text = "William Ruto opened a bridge in Kisumu. Ruto thanked the workers. A choir from Uganda sang.";
    let findings = extract(text, Some("Ruto opens bridge"), None, None, Lexicon::builtin());
    let first = findings.entities.first().expect("found");
    assert_eq!((first.name.as_str(), first.in_title), ("William Ruto", true));
    assert!(findings.entities.iter().skip(1).all(|entity| !entity.in_title && entity.salience < first.salience));
}

proptest::proptest! {
    #[test]
    fn spans_are_sorted_disjoint_and_say_what_the_text_says(text in "[A-Za-z“”\"'’.,$€0-9 \n-]{0,200}|\\PC{0,80}") {
        let findings = read(&text);
        let slice = |start: usize, end: usize| text.chars().skip(start).take(end - start).collect::<String>();
        let mut last = 0;
        for mention in &findings.mentions {
            proptest::prop_assert!(mention.start >= last && mention.end > mention.start);
            proptest::prop_assert_eq!(slice(mention.start, mention.end), mention.text.clone());
            proptest::prop_assert!(mention.entity < findings.entities.len());
            last = mention.end;
        }
        for quote in &findings.quotes {
            proptest::prop_assert_eq!(slice(quote.start, quote.end), quote.text.clone());
        }
        for date in &findings.dates {
            proptest::prop_assert_eq!(slice(date.start, date.end), date.text.clone());
        }
        for amount in &findings.amounts {
            proptest::prop_assert_eq!(slice(amount.start, amount.end), amount.text.clone());
        }
    }
}
