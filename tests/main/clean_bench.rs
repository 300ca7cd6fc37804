//! The measures of the cleaning bench on examples small enough to count by hand.

#[path = "../../benches/clean/fields.rs"]
#[allow(dead_code, clippy::cast_precision_loss, reason = "the bench uses the rest, and its counts are small")]
mod fields;
#[path = "../../benches/clean/leaks.rs"]
mod leaks;
#[path = "../../benches/clean/measures.rs"]
#[allow(dead_code, clippy::cast_precision_loss, reason = "the bench uses the rest, and its counts are small")]
mod measures;
#[path = "../../benches/clean/seams.rs"]
mod seams;
#[path = "../../benches/clean/truth.rs"]
#[allow(dead_code, reason = "the bench uses the rest")]
mod truth;

use fields::{names, people, same_day, same_minute, time};
use leaks::Leaks;
use measures::{Overlap, found_of, rouge_lsum, shingles, word_bag, words};
use seams::Seams;

fn close(seen: Option<f64>, wanted: f64) {
    assert!(seen.is_some_and(|seen| (seen - wanted).abs() < 1e-9), "{seen:?} for {wanted}");
}

#[test]
fn shingles_count_runs_of_four_as_often_as_they_stand() {
    let of = |found: &str, wanted: &str| shingles(&words(found), &words(wanted));
    let overlap = of("a b c d e x", "a b c d e");
    close(overlap.precision, 2.0 / 3.0);
    close(overlap.recall, 1.0);
    // Said twice, wanted once.
    close(of("a b c d a b c d", "a b c d").precision, 1.0 / 5.0);
    // Fewer words than four are one shingle.
    close(of("so it", "so it").precision, 1.0);
    assert_eq!(of("", "a b c d"), Overlap { precision: None, recall: Some(0.0) });
    assert!((of("", "").f1() - 1.0).abs() < 1e-9 && of("", "a").f1() < 1e-9);
}

#[test]
fn scripts_without_spaces_count_by_the_character() {
    assert_eq!(words("Tokyo 東京で_2"), ["Tokyo", "東", "京", "で", "_2"]);
}

#[test]
fn the_bag_forgets_order_and_case() {
    let overlap = word_bag("Fire the FIRE", "the fire brigade");
    close(overlap.precision, 2.0 / 3.0);
    close(overlap.recall, 2.0 / 3.0);
}

/// The example of Lin's paper on ROUGE, section 3.2: `w1 w2 w3 w4 w5` against two sentences.
#[test]
fn rouge_takes_the_union_of_subsequences() {
    let overlap = rouge_lsum("w1 w2 w6 w7 w8. w1 w3 w8 w9 w5.", "w1 w2 w3 w4 w5.");
    close(overlap.recall, 4.0 / 5.0);
    close(overlap.precision, 4.0 / 10.0);
}

#[test]
fn strings_are_found_across_line_breaks() {
    let strings = ["a b".to_owned(), "c".to_owned()];
    assert_eq!(found_of("x a\n\nb", &strings), 1);
}

const PAGE: &str = "<p>It was the end of the war</p><p>Although <a>Kazakh</a><a>where</a> \
                    <b>W</b>hen it co\u{ad}operates <script>endwar</script></p>";

#[test]
fn neighbours_joined_across_an_edge_are_glued() {
    let seams = Seams::of_page(PAGE);
    assert_eq!(seams.glued("the warAlthough", None), ["warAlthough"]);
    assert_eq!(seams.glued("the endof it", None), ["endof"]);
    // Made up of other words, or not neighbours: not ours to count.
    assert!(seams.glued("endwar unknown cooperates", None).is_empty());
}

#[test]
fn what_only_the_style_sheet_knows_the_truth_decides() {
    let seams = Seams::of_page(PAGE);
    assert!(seams.glued("Kazakhwhere When", None).is_empty());
    assert_eq!(seams.glued("Kazakhwhere", Some("Kazakh where")), ["Kazakhwhere"]);
    assert!(seams.glued("When", Some("When it")).is_empty());
}

#[test]
fn halves_of_a_wanted_word_are_split() {
    let seams = Seams::of_page("<p><b>N</b>a endlich kam es, ein Wunder<p>Maschinen<p>Erzeugnisse");
    assert_eq!(seams.split("N a endlich kam es, ein Wun der", "Na endlich kam es, ein Wunder"), ["N a", "Wun der"]);
    // Said both ways, and joined by the truth alone.
    assert!(seams.split("Na endlich kam N a", "Na endlich kam N a").is_empty());
    assert!(seams.split("Maschinen Erzeugnisse", "MaschinenErzeugnisse").is_empty());
}

fn compare(found: &str, wanted: &str) -> (bool, bool) {
    let (found, wanted) = (time(found).expect("a time"), time(wanted).expect("a time"));
    (same_day(found, wanted), same_minute(found, wanted))
}

#[test]
fn days_are_the_papers_own() {
    // Half past midnight in Berlin is the day before in Greenwich.
    assert_eq!(compare("2025-06-04T22:30:12Z", "2025-06-05 00:30:12+02:00"), (true, true));
    assert_eq!(compare("2025-06-04", "2025-06-05 00:30:12+02:00"), (false, false));
    assert_eq!(compare("2025-06-05", "2025-06-05 00:30:12+02:00"), (true, false));
    assert_eq!(compare("2025-06-05T00:31:00+02:00", "2025-06-05 00:30:12+02:00"), (true, false));
}

#[test]
fn times_without_a_zone_are_read_as_written() {
    assert_eq!(compare("2024-04-25T14:07:00+00:00", "2024-04-25 14:07:00"), (true, true));
    assert_eq!(compare("2024-04-25 16:07", "2024-04-25T14:07:00Z"), (true, false));
    assert_eq!(compare("2024-04-30", "2024-04-30 00:00:00"), (true, true));
    assert_eq!(compare("2024-04-30", "2024-04-30 00:00:00+02:00"), (true, false));
}

#[test]
fn names_are_a_set() {
    let list = |names: &[&str]| names.iter().map(|n| (*n).to_owned()).collect::<Vec<_>>();
    assert_eq!(names(&list(&["b B", "A  a"]), &list(&["A a", "B b"])), (1.0, true));
    assert_eq!(names(&[], &[]), (1.0, true));
    assert!(names(&list(&["A a"]), &[]).0.abs() < 1e-9);
    let (score, exact) = names(&list(&["A a"]), &list(&["A a", "B b"]));
    assert!((score - 2.0 / 3.0).abs() < 1e-9 && !exact);
}

#[test]
fn a_phrase_leaks_when_the_truth_has_it_less_often() {
    let leaks = Leaks::from_text(
        "[share]\nphrases = ['share this', 'シェア']\n[more]\nstarts = ['read more']\nlines = ['tags']",
    );
    assert_eq!(leaks.names(), ["more", "share"]);
    let of = |text: &str, truth| leaks.of(text, truth).iter().map(Vec::len).collect::<Vec<_>>();
    assert_eq!(of("Share this\n\nand シェアする\n\nRead more: that", None), [1, 2]);
    assert_eq!(of("They share this view. I read more.", Some("They share this view. I read more.")), [0, 0]);
    assert_eq!(of("Tags:\nTags of honour\nsharethis", None), [1, 0]);
}

#[test]
fn the_shipped_phrases_load_and_find_what_they_are_for() {
    let leaks = Leaks::builtin();
    let examples = [
        ("Leave a comment below", "comment prompt"),
        ("Schreiben Sie einen Kommentar", "comment prompt"),
        ("Sign up for our newsletter", "newsletter"),
        ("Lesen Sie auch: Das andere", "read-more line"),
        ("Share on Facebook", "share"),
        ("We use cookies on this site", "cookie"),
        ("Foto: dpa", "caption"),
        ("Updated 12:30", "timestamp"),
        ("Tags: one, two", "tags"),
    ];
    for (text, kind) in examples {
        let found = leaks.of(text, None);
        let names: Vec<&str> =
            leaks.names().into_iter().zip(&found).filter(|(_, hits)| !hits.is_empty()).map(|(name, _)| name).collect();
        assert_eq!(names, [kind], "{text}");
    }
    let story = "She left a comment about the cookie factory, read more than most, and her photo went round the world.";
    assert!(leaks.of(story, None).iter().all(Vec::is_empty));
}

#[test]
fn a_peers_byline_is_read_as_names() {
    assert_eq!(people("By Ann Lee, Bo Cy and Di Eh"), ["Ann Lee", "Bo Cy", "Di Eh"]);
    assert_eq!(people("Ann Lee; Bo Cy"), ["Ann Lee", "Bo Cy"]);
    assert!(people(" ").is_empty());
}
