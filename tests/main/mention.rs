//! Who, what, where, when and how much, in a notation one can read.

use wireroom::mention::{Lexicon, extract};

/// Names in brackets with their kinds: `[Ada Brandt|person] of [Oslo|place]`.
#[track_caller]
fn check(marked: &str) {
    let mut text = String::new();
    let mut rest = marked;
    while let Some((before, after)) = rest.split_once('[') {
        let (name, after) = after.split_once(']').unwrap();
        text.push_str(before);
        text.push_str(name.split('|').next().unwrap());
        rest = after;
    }
    text.push_str(rest);
    let found = extract(&text, None, Some("2022-09-15T18:00:00Z".parse().unwrap()), Some("en"), &Lexicon::builtin());
    let mut shown = String::new();
    let chars: Vec<char> = text.chars().collect();
    let mut at = 0;
    for m in &found.mentions {
        shown.extend(&chars[at..m.start]);
        shown.push_str(&format!("[{}|{}]", m.text, m.kind.as_str()));
        at = m.end;
    }
    shown.extend(&chars[at..]);
    assert_eq!(shown, marked);
}

#[test]
fn names_are_found_with_their_kinds() {
    check("On Tuesday [French|group] President [Emmanuel Macron|person] flew from [Paris|place] to [Nairobi|place].");
    check("[Norway’s Foreign Ministry|organization] said that [NATO|organization] would meet in [Brussels|place].");
    check("The ships passed the [Taiwan|place] Straits, and [Kenya|place] took part.");
    check("The visit to [Kazakhstan|place]where he spoke was short.");
    check("Nothing here is a name. However, it was late.");
}

#[test]
fn one_thing_is_one_entity() {
    let text = "Russian President Vladimir Putin spoke first. Putin thanked the Shanghai Cooperation Organization (SCO). \
                The Shanghai Cooperation Organisation was founded in 2001, and the SCO has nine members.";
    let found = extract(text, Some("Putin speaks"), None, Some("en"), &Lexicon::builtin());
    let entity =
        |name: &str| found.entities.iter().find(|e| e.name == name || e.aliases.iter().any(|a| a == name)).unwrap();
    let putin = entity("Putin");
    assert_eq!((putin.name.as_str(), putin.mentions, putin.in_title), ("Vladimir Putin", 2, true));
    assert_eq!(putin.titles, ["Russian President"]);
    let sco = entity("SCO");
    assert_eq!(sco.mentions, 4, "{sco:?}");
    assert!(sco.aliases.iter().chain([&sco.name]).any(|n| n == "Shanghai Cooperation Organisation"));
}

#[test]
fn quotes_find_their_speakers() {
    let text = "Mayor Ada Brandt opened the bridge. “We are very glad that the long work is over,” she said. \
                “It was worth every single day we waited,” said engineer Jonas Berg.";
    let found = extract(text, None, None, Some("en"), &Lexicon::builtin());
    let said: Vec<_> = found.quotes.iter().map(|q| (q.speaker.as_deref(), q.verb.as_deref())).collect();
    assert_eq!(said, [(Some("Ada Brandt"), Some("said")), (Some("Jonas Berg"), Some("said"))]);
}

#[test]
fn dates_are_resolved_from_the_day_of_publication() {
    let at = Some("2022-09-15T18:00:00Z".parse().unwrap());
    for (text, value) in [
        ("It happened on Thursday.", Some("2022-09-15")),
        ("It happened on Wednesday evening.", Some("2022-09-14")),
        ("They met in February this year.", Some("2022-02")),
        ("She visited Taipei in August.", Some("2022-08")),
        ("It opened in 2013.", Some("2013")),
        ("He spoke yesterday.", Some("2022-09-14")),
        ("It fell to a low last year.", Some("2021")),
        ("The law of 3 May 2019 stands.", Some("2019-05-03")),
        ("On December 24, 2021 it snowed.", Some("2021-12-24")),
        ("It began three months ago.", Some("2022-06")),
        ("It began a few weeks ago.", None),
    ] {
        let found = extract(text, None, at, Some("en"), &Lexicon::builtin());
        assert_eq!(found.dates.first().map(|d| d.value.as_deref()), Some(value), "{text}: {:?}", found.dates);
    }
    let found = extract("It happened on Thursday.", None, None, Some("en"), &Lexicon::builtin());
    assert_eq!(found.dates[0].value, None, "without a publication time nothing is guessed");
}

#[test]
fn money_has_a_currency_and_a_size() {
    for (text, value, unit) in [
        ("worth $140 billion last year", 140e9, "USD"),
        ("a fine of €2.5m was paid", 2.5e6, "EUR"),
        ("it costs 300 million euros", 300e6, "EUR"),
        ("£12,500 were found", 12_500.0, "GBP"),
        ("US$1.2-billion in loans", 1.2e9, "USD"),
        ("Rs 500 crore for roads", 5e9, "INR"),
    ] {
        let found = extract(text, None, None, Some("en"), &Lexicon::builtin());
        let money = found.amounts.first().unwrap();
        assert!((money.value - value).abs() < 1.0 && money.unit.as_deref() == Some(unit), "{text}: {money:?}");
    }
}
