//! The dates of feeds: a table of spellings with their instants, and the laws of any text.

use std::collections::HashMap;

use chrono::{DateTime, Datelike, Utc};
use proptest::prelude::{ProptestConfig, any, proptest};
use wireroom::feed::dates::parse;

const SPELLINGS: &str = include_str!("feed_dates/spellings.txt");

/// The table's rows: what is written, and the instant it means.
fn rows() -> impl Iterator<Item = (&'static str, Option<DateTime<Utc>>)> {
    let mut instant = None;
    SPELLINGS.lines().filter(|line| !line.is_empty() && !line.starts_with('#')).filter_map(move |line| {
        let Some(heading) = line.strip_prefix("= ") else { return Some((line, instant)) };
        instant = (heading != "-").then(|| heading.parse().expect("an instant"));
        None
    })
}

#[test]
fn every_spelling_means_its_instant() {
    let wrong: Vec<String> = rows()
        .filter(|(written, means)| parse(written) != *means)
        .map(|(written, means)| format!("{written:?} means {means:?}, read as {:?}", parse(written)))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(rows().count() >= 500, "the table was cut");
}

/// Feeds set their dates in quotes of their own, in white space and in capitals.
#[test]
fn dress_changes_nothing() {
    for (written, means) in rows().filter(|(_, means)| means.is_some()) {
        assert_eq!(parse(&format!("\n\t {written}\u{a0}\r\n")), means, "{written:?} in white space");
        assert_eq!(parse(&written.replace(' ', "\u{a0} ")), means, "{written:?} with no-break spaces");
        assert_eq!(parse(&format!("\u{feff}{written}\u{200e}")), means, "{written:?} with invisible marks");
    }
}

#[test]
fn every_month_name_is_of_one_month_and_is_read() {
    let mut seen: HashMap<String, String> = HashMap::new();
    let rows = include_str!("../../config/rules/feed/months.tsv").lines().filter(|line| !line.starts_with('#'));
    for row in rows {
        let [number, language, names] = row.split('\t').collect::<Vec<_>>()[..] else { panic!("{row:?}") };
        for name in names.split(',') {
            let before = seen.entry(name.to_lowercase()).or_insert_with(|| number.to_owned());
            assert_eq!(before, number, "{name} of {language}");
            let read = parse(&format!("14 {name} 2021")).map(|at| at.month().to_string());
            assert_eq!(read.as_deref(), Some(number), "{name} of {language}");
        }
    }
}

#[test]
fn every_zone_is_read() {
    let rows = include_str!("../../config/rules/feed/zones.tsv").lines().filter(|line| !line.starts_with('#'));
    for row in rows {
        let (name, meaning) = row.split_once('\t').expect("two columns");
        let read = parse(&format!("Sun, 14 Mar 2021 12:00:00 {name}")).expect(row);
        let expected = parse(&format!("Sun, 14 Mar 2021 12:00:00 {meaning}")).expect(row);
        assert_eq!(read, expected, "{row}");
        let summer = parse(&format!("{} 12:00:00 {name}", "14 Jul 2021")).expect(row);
        assert_eq!(summer, parse(&format!("14 Jul 2021 12:00:00 {meaning}")).expect(row), "{row}");
    }
}

#[test]
fn every_weekday_and_half_of_the_day_is_passed_over() {
    let weekdays = include_str!("../../config/rules/feed/weekdays.tsv").lines().filter(|line| !line.starts_with('#'));
    for row in weekdays {
        for name in row.split('\t').nth(2).expect(row).split(',') {
            assert_eq!(parse(&format!("{name}, 14 Nov 2021")), parse("2021-11-14"), "{name}");
        }
    }
    let halves = include_str!("../../config/rules/feed/dayparts.tsv").lines().filter(|line| !line.starts_with('#'));
    for row in halves {
        let [word, half, home] = row.split('\t').collect::<Vec<_>>()[..] else { panic!("{row:?}") };
        let zone = if home == "-" { "UTC" } else { home };
        let expected = parse(&format!("14 Nov 2021 3:00 {half} {zone}"));
        assert_eq!(parse(&format!("14 Nov 2021 3:00 {word}")), expected, "{word}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn any_text_gives_a_date_of_the_web_or_none(text in any::<String>()) {
        if let Some(at) = parse(&text) {
            assert!((1970..2100).contains(&at.year()), "{text:?} read as {at}");
        }
    }

    /// Pieces of dates in any order: the passes must agree on what is left.
    #[test]
    fn pieces_of_dates_in_any_order_do_no_harm(
        text in "((Mon|16|2020|Nov|[0-9]{1,6}|:|-|/|T|Z|\\+|\\.|,| |pm|h|年|月|日|오후|GMT|Europe/Paris|W){1,12})"
    ) {
        if let Some(at) = parse(&text) {
            assert!((1970..2100).contains(&at.year()), "{text:?} read as {at}");
        }
    }

    #[test]
    fn what_is_written_in_the_standard_forms_is_read_back(seconds in 0_i64..4_102_444_800) {
        let at = DateTime::from_timestamp(seconds, 0).expect("in range");
        for written in [
            at.to_rfc3339(), at.to_rfc2822(),
            at.format("%a %b %e %H:%M:%S %Y").to_string(), at.format("%Y%m%dT%H%M%SZ").to_string(),
            at.format("%G-W%V-%uT%H:%M:%SZ").to_string(), at.format("%Y-%jT%H:%M:%SZ").to_string(),
            at.format("%B %-d, %Y %-I:%M:%S %p").to_string(), at.format("%d.%m.%Y %H:%M:%S").to_string(),
        ] {
            assert_eq!(parse(&written), Some(at), "{written:?}");
        }
    }
}
