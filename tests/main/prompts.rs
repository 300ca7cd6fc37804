//! What sites say around a story goes, in every language, wherever it stands; what a story says stays.

use wireroom::article::{Hint, Rules, clean};

use std::sync::LazyLock;

static RULES: LazyLock<Rules> = LazyLock::new(Rules::builtin);

/// Language, kind and text of prompts as sites, their systems and their comment services word them.
const PROMPTS: &str = include_str!("prompts/prompts.tsv");
/// Language and text of lines that a story can have, though they talk of what prompts talk of.
const SENTENCES: &str = include_str!("prompts/sentences.tsv");
/// Language and three paragraphs of a story.
const STORIES: &str = include_str!("prompts/stories.tsv");

fn story(language: &str) -> Vec<&'static str> {
    let line = STORIES.lines().find(|line| line.split('\t').next() == Some(language));
    line.unwrap_or_else(|| panic!("no story in {language}")).split('\t').skip(1).collect()
}

/// The paragraphs that cleaning keeps of a page in markup that says nothing: `line` before the given paragraph.
fn kept(language: &str, line: &str, at: usize, tag: &str) -> Vec<String> {
    let mut parts = story(language);
    parts.insert(at, line);
    let body: String = parts.iter().map(|part| format!("<{tag}>{part}</{tag}>\n")).collect();
    let html = format!("<html lang={language}><head><title>*</title></head><body><div>{body}</div></body></html>");
    let article = clean(&html, None, &Hint::default(), &RULES)
        .unwrap_or_else(|error| panic!("a {language} story with “{line}” was refused: {error}"));
    article.text.split("\n\n").map(str::to_owned).collect()
}

#[test]
fn prompts_in_every_language_go_from_start_middle_and_end() {
    let mut left = Vec::new();
    for line in PROMPTS.lines() {
        let parts: Vec<&str> = line.split('\t').collect();
        let [language, kind, prompt] = parts[..] else { panic!("not three parts: {line}") };
        for at in 0..=3 {
            for tag in ["p", "div"] {
                if kept(language, prompt, at, tag) != story(language) {
                    left.push(format!("{language} {kind} before {at} in {tag}: {prompt}"));
                }
            }
        }
    }
    assert!(left.is_empty(), "{} places: {left:#?}", left.len());
}

#[test]
fn a_paragraph_that_talks_of_such_things_stays() {
    let mut gone = Vec::new();
    for line in SENTENCES.lines() {
        let (language, sentence) = line.split_once('\t').expect("two parts");
        // A short line before the first paragraph may be a kicker, and one after the last a label.
        for at in 1..=2 {
            let kept = kept(language, sentence, at, "p");
            if kept.get(at).map(String::as_str) != Some(sentence) || kept.len() != 4 {
                gone.push(format!("{language} before {at}: {sentence}"));
            }
        }
    }
    assert!(gone.is_empty(), "{} places: {gone:#?}", gone.len());
}

#[test]
fn the_fixtures_are_as_wide_as_they_are_meant_to_be() {
    let languages = |lines: &'static str| {
        let mut codes: Vec<&str> = lines.lines().filter_map(|line| line.split('\t').next()).collect();
        codes.sort_unstable();
        codes.dedup();
        codes.len()
    };
    assert!(PROMPTS.lines().count() >= 400 && languages(PROMPTS) >= 60);
    assert!(SENTENCES.lines().count() >= 80 && languages(SENTENCES) >= 30);
}
