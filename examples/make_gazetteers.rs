//! Derives `config/gazetteers/*` from openly licensed sources. `docs/data.md` says which and under what licence.
//!
//! `cargo run --example make_gazetteers -- ENTITIES_FOLDER` writes sorted, tab-separated files; running it again on the
//! same sources gives the same bytes.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};

/// US surnames rarer than this rank are more often ordinary words of other languages than help.
const SURNAMES_MAX: usize = 12_000;
/// A word seen this often in lower case is vocabulary.
const WORD_COUNT_MIN: u32 = 2;

fn main() -> Result<(), Box<dyn Error>> {
    let root = PathBuf::from(std::env::args().nth(1).ok_or("give the folder with the sources")?);
    let gazetteers = root.join("gazetteers");
    territories(&gazetteers)?;
    cities(&gazetteers)?;
    capitals(&gazetteers)?;
    people(&gazetteers)?;
    leaders(&gazetteers)?;
    companies(&gazetteers)?;
    words(&root)
}

fn write(name: &str, lines: &BTreeSet<String>) -> Result<(), Box<dyn Error>> {
    let mut out = String::new();
    for line in lines {
        out.push_str(line);
        out.push('\n');
    }
    println!("{name}: {}", lines.len());
    fs::write(Path::new("config/gazetteers").join(name), out)?;
    Ok(())
}

fn rows(path: &Path) -> Result<Vec<csv::StringRecord>, Box<dyn Error>> {
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_path(path)?;
    Ok(reader.records().collect::<Result<_, _>>()?)
}

fn territories(root: &Path) -> Result<(), Box<dyn Error>> {
    let mut lines = BTreeSet::new();
    for entry in fs::read_dir(root.join("rigour/resources/territories"))? {
        let text = fs::read_to_string(entry?.path())?;
        let field = |key: &str| {
            text.lines()
                .find_map(|line| line.strip_prefix(key))
                .map(|value| value.trim().trim_matches(['"', '\'']).to_owned())
                .filter(|value| !value.is_empty())
        };
        let (Some(name), Some(qid)) = (field("name:"), field("qid:")) else { continue };
        let class = if field("is_country:").as_deref() == Some("true") { "country" } else { "region" };
        for form in [Some(name), field("full_name:")].into_iter().flatten() {
            if !form.contains('(') && form.chars().count() > 3 {
                lines.insert(format!("{form}\t{class}\t{qid}"));
            }
        }
    }
    write("territories.tsv", &lines)
}

fn cities(root: &Path) -> Result<(), Box<dyn Error>> {
    let mut lines = BTreeSet::new();
    for row in rows(&root.join("geonames-cities/world-cities.csv"))? {
        for column in [0, 2] {
            let name = row.get(column).unwrap_or_default().trim();
            if name.chars().count() > 3
                && name.chars().next().is_some_and(char::is_uppercase)
                && name.chars().all(|c| c.is_alphabetic() || " -'’.".contains(c))
            {
                lines.insert(name.to_owned());
            }
        }
    }
    write("cities.txt", &lines)
}

/// Capitals are places even where people bear the same name.
fn capitals(root: &Path) -> Result<(), Box<dyn Error>> {
    let mut reader = csv::Reader::from_path(root.join("country-codes/country-codes.csv"))?;
    let column = reader.headers()?.iter().position(|name| name == "Capital").ok_or("no column Capital")?;
    let mut lines = BTreeSet::new();
    for row in reader.records() {
        let name = row?.get(column).unwrap_or_default().trim().to_owned();
        if name.chars().count() > 3 && !name.contains(['(', ',']) {
            lines.insert(name);
        }
    }
    write("capitals.txt", &lines)
}

fn people(root: &Path) -> Result<(), Box<dyn Error>> {
    let capital = |word: &str| {
        let mut chars = word.chars();
        chars
            .next()
            .map(|first| first.to_uppercase().collect::<String>() + &chars.as_str().to_lowercase())
            .unwrap_or_default()
    };
    let plain =
        |word: &str| word.chars().count() > 1 && word.chars().all(|c| c.is_alphabetic() || c == '-' || c == '\'');
    for (out, census, by_country) in [
        ("forenames.txt", &["dist.female.first", "dist.male.first"][..], "common-forenames-by-country.csv"),
        ("surnames.txt", &["dist.all.last"][..], "common-surnames-by-country.csv"),
    ] {
        let mut lines = BTreeSet::new();
        for file in census {
            let text = fs::read_to_string(root.join("us-census-names").join(file))?;
            for word in text.lines().take(SURNAMES_MAX).filter_map(|line| line.split_whitespace().next()) {
                lines.insert(capital(word));
            }
        }
        for row in rows(&root.join("names-by-country").join(by_country))? {
            let romanized = row.get(if out == "forenames.txt" { 11 } else { 5 }).unwrap_or_default();
            lines.extend(romanized.split([',', '/', ' ']).filter(|word| plain(word)).map(capital));
        }
        write(out, &lines)?;
    }
    Ok(())
}

fn leaders(root: &Path) -> Result<(), Box<dyn Error>> {
    let mut lines = BTreeSet::new();
    for row in rows(&root.join("world-leaders-2021/wikidata.csv"))? {
        if let (Some(qid), Some(name)) = (row.get(4), row.get(5))
            && name.contains(' ')
            && !name.starts_with('Q')
        {
            lines.insert(format!("{name}\t{qid}"));
        }
    }
    write("leaders.tsv", &lines)
}

fn companies(root: &Path) -> Result<(), Box<dyn Error>> {
    let mut lines = BTreeSet::new();
    for row in rows(&root.join("sp500/constituents.csv"))? {
        let name = row.get(1).unwrap_or_default();
        let name = name.split(" (").next().unwrap_or_default().trim_end_matches(" Inc.").trim();
        if name.chars().count() > 2 {
            lines.insert(name.to_owned());
        }
    }
    write("companies.txt", &lines)
}

/// Words that running English writes in lower case, so that a capital at the start of a sentence means nothing.
fn words(root: &Path) -> Result<(), Box<dyn Error>> {
    let mut counts: HashMap<String, (u32, u32)> = HashMap::new();
    let mut files: BTreeMap<PathBuf, usize> = BTreeMap::new();
    for (folder, column) in [
        ("gum", 1),
        ("uner-ewt", 1),
        ("crossner/politics", 0),
        ("crossner/science", 0),
        ("crossner/literature", 0),
        ("crossner/music", 0),
        ("crossner/ai", 0),
        ("wnut17", 0),
    ] {
        for entry in fs::read_dir(root.join(folder))? {
            files.insert(entry?.path(), column);
        }
    }
    for (path, column) in files {
        let text = String::from_utf8_lossy(&fs::read(&path)?).into_owned();
        let mut initial = true;
        for line in text.lines() {
            if line.is_empty() || line.starts_with('#') {
                initial = true;
                continue;
            }
            let column = if path.extension().is_some_and(|e| e == "iob2" || e == "conllu") { 1 } else { column };
            let Some(word) = line.split('\t').nth(column).filter(|word| word.chars().all(char::is_alphabetic)) else {
                continue;
            };
            let count = counts.entry(word.to_lowercase()).or_default();
            if word.chars().all(char::is_lowercase) {
                count.0 += 1;
            } else if !initial {
                count.1 += 1;
            }
            initial = false;
        }
    }
    let lines = counts
        .into_iter()
        .filter(|(word, (lower, upper))| word.chars().count() > 1 && *lower >= WORD_COUNT_MIN && *lower > 2 * upper)
        .map(|(word, _)| word)
        .collect();
    write("words.txt", &lines)
}
