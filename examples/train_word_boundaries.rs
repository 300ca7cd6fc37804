//! Writes `config/rules/word_boundaries.txt`, the model of where English words end. `docs/data.md` says which sources it
//! is made of and under what licence.
//!
//! `cargo run --release --example train_word_boundaries -- ENTITIES_FOLDER WORDS_FOLDER` takes the folder with `gmb` and
//! `gum`, and one that holds `large_en.msgpack.gz` of wordfreq and the `american-english-huge` and
//! `british-english-huge` of SCOWL. The same sources give the same bytes. What it prints at the end is measured on
//! sentences and words that the model was not made of.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::error::Error;
use std::fmt::Write as _;
use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};
use wireroom::article::repairs::boundaries::{CLASSES, Cut, END, FEATURES, Model, Word, class_index, cuts};

const OUT: &str = "config/rules/word_boundaries.txt";
/// Bytes of words and pairs that the model may take.
const WORDS_BYTES_MAX: usize = 1_150_000;
/// A pair of words is kept when it was seen this often.
const PAIR_COUNT_MIN: u32 = 3;
/// Rounds over the training examples.
const ROUNDS: usize = 30;
/// How much a strange word weighs beside a glued one. News has few words that the list lacks, so at a half one word in
/// 100,000 is cut falsely; see `measure_repairs`.
const FALSE_WEIGHT: f32 = 0.4;
/// The same for a name with a hump ("waveNet"), which news seldom has that is not in the list.
const FALSE_HUMP_WEIGHT: f32 = 0.04;
/// Words of the list that look glued above this are.
const GLUED_CHANCE: f32 = 0.9;
/// Words of the model itself that look glued above this are dropped from it, when no dictionary has them.
const GLUED_WORD_CHANCE: f32 = 0.9;
/// What is more common than this is a word, however it looks.
const GLUED_ZIPF: u8 = 36;

type Outcome<T> = Result<T, Box<dyn Error>>;
/// Words with their classes, as letters.
type Sentence = Vec<(String, char)>;

fn main() -> Outcome<()> {
    let mut arguments = std::env::args().skip(1).map(PathBuf::from);
    let (Some(entities), Some(folder)) = (arguments.next(), arguments.next()) else {
        return Err("give the folder of the texts and the folder of the word lists".into());
    };
    let mut sentences = gmb(&entities.join("gmb/ner_dataset.csv.zip"))?;
    sentences.extend(conllu(&entities.join("gum"))?);
    // Every tenth sentence measures, every other tenth trains the weights, the others give the counts.
    let part = |of: &dyn Fn(usize) -> bool| -> Vec<&Sentence> {
        sentences.iter().enumerate().filter(|(at, _)| of(*at)).map(|(_, sentence)| sentence).collect()
    };
    let counted = part(&|at| at % 10 != 9 && at % 10 != 4);
    let trained = part(&|at| at % 10 == 4);
    let measured = part(&|at| at % 10 == 9);
    let frequencies = wordfreq(&folder.join("large_en.msgpack.gz"))?;
    let lists = Lists::read(&folder, &entities.join("gazetteers"))?;
    let (text, unknown) = counts(&counted, &frequencies, &lists);
    let model = Model::from_text(&text)?;
    let model = first_pass(&model, &text, &trained, &unknown)?;
    // Old books and hasty posts brought glued words into the list.
    let text = without_glued(&model, &text, &lists)?;
    // What the first pass takes for two words the list had from careless sources: it is no example of a strange word.
    let unknown: Vec<String> = unknown.into_iter().filter(|word| chance(&model, word) < GLUED_CHANCE).collect();
    let mut text = text;
    let model = first_pass(&Model::from_text(&text)?, &text, &trained, &unknown)?;
    let examples = examples(&model, &trained, &unknown, 0);
    println!("{} words left out after the first pass, {} examples", unknown.len(), examples.len());
    let weights = train(&examples);
    let mut line = "!".to_owned();
    for weight in &weights {
        write!(line, " {weight:.4}")?;
    }
    text.insert_str(0, &(line + "\n"));
    let digest: String = Sha256::digest(text.as_bytes()).iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    text.insert_str(0, &format!("{HEADER}# version 1, sha256 of what follows {digest}\n"));
    fs::write(OUT, &text)?;
    println!("{OUT}: {} bytes", text.len());
    measure(&Model::from_text(&text)?, &measured, &unknown);
    Ok(())
}

/// The model with weights from all words left out.
fn first_pass(model: &Model, text: &str, sentences: &[&Sentence], unknown: &[String]) -> Outcome<Model> {
    let weights = train(&examples(model, sentences, unknown, 0));
    let line: String = weights.iter().map(|weight| format!(" {weight}")).collect();
    Ok(Model::from_text(&format!("!{line}\n{text}"))?)
}

/// The model's text without the words that only careless sources can have, because they are two.
fn without_glued(model: &Model, text: &str, lists: &Lists) -> Outcome<String> {
    let mut out = String::with_capacity(text.len());
    let (mut rare, mut dropped) = (false, 0);
    for line in text.lines() {
        match line.as_bytes().first() {
            Some(b'=') => {
                let zipf: u8 = line.rsplit(' ').next().unwrap_or_default().parse()?;
                rare = zipf < GLUED_ZIPF;
            }
            Some(b'+') => rare = false,
            _ => {}
        }
        let listed = lists.words.contains(line) || lists.names.contains(line);
        if rare && !line.starts_with('=') && !listed && chance(model, line) > GLUED_WORD_CHANCE {
            dropped += 1;
            continue;
        }
        out.push_str(line);
        out.push('\n');
    }
    println!("{dropped} glued words of the list dropped");
    Ok(out)
}

/// The chance that a word alone was two.
fn chance(model: &Model, word: &str) -> f32 {
    let noun = class_index('n');
    cuts_of(model, word, noun, noun).iter().map(|cut| model.chance(cut)).max_by(f32::total_cmp).unwrap_or(0.0)
}

const HEADER: &str = "\
# Where English words end. Written by examples/train_word_boundaries.rs, never by hand; docs/data.md names the sources.
# Words and their frequencies are derived from wordfreq (Robyn Speer), CC BY-SA 4.0, and so this file is CC BY-SA 4.0.
# `!` weights · `>` class, then log10 of the chance of each class after it, in hundredths · `=` class and commonness of
# the words that follow (log10 in a thousand million words, in tenths) · `+` a word, then words that often follow it.
";

/// The news texts of the Groningen Meaning Bank: the only member of the archive, one token a row.
fn gmb(path: &Path) -> Outcome<Vec<Sentence>> {
    let bytes = fs::read(path)?;
    let size = |at: usize| bytes.get(at..at + 2).map_or(0, |b| usize::from(u16::from_le_bytes([b[0], b[1]])));
    let data = bytes.get(30 + size(26) + size(28)..).ok_or("no archive")?;
    let mut csv = Vec::new();
    flate2::read::DeflateDecoder::new(data).read_to_end(&mut csv)?;
    let mut sentences: Vec<Sentence> = Vec::new();
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(csv.as_slice());
    for record in reader.byte_records() {
        let record = record?;
        let field = |at: usize| record.get(at).map(|b| b.iter().map(|b| char::from(*b)).collect::<String>());
        let (Some(first), Some(word), Some(tag)) = (field(0), field(1), field(2)) else { continue };
        if !first.is_empty() {
            sentences.push(Vec::new());
        }
        if let Some(sentence) = sentences.last_mut() {
            sentence.push((word, class_of_tag(&tag)));
        }
    }
    Ok(sentences)
}

fn conllu(folder: &Path) -> Outcome<Vec<Sentence>> {
    let files: BTreeSet<PathBuf> = fs::read_dir(folder)?.filter_map(|entry| Some(entry.ok()?.path())).collect();
    let mut sentences = Vec::new();
    for path in files.iter().filter(|path| path.extension().is_some_and(|e| e == "conllu")) {
        let mut sentence = Vec::new();
        for line in fs::read_to_string(path)?.lines() {
            let fields: Vec<&str> = line.split('\t').collect();
            if let [id, word, _, _, tag, ..] = fields.as_slice() {
                // Ranges are contractions written as one, whose parts follow.
                if id.chars().all(|c| c.is_ascii_digit()) {
                    sentence.push(((*word).to_owned(), class_of_tag(tag)));
                }
            } else if line.is_empty() {
                sentences.push(std::mem::take(&mut sentence));
            }
        }
    }
    Ok(sentences)
}

/// Penn Treebank tags, folded to the classes of the model.
fn class_of_tag(tag: &str) -> char {
    match tag {
        "DT" | "PDT" | "PRP$" => 'd',
        "IN" => 'i',
        "TO" => 't',
        "CC" => 'c',
        "PRP" | "EX" => 'q',
        "MD" => 'm',
        "WDT" | "WP" | "WRB" | "WP$" => 'w',
        "VB" | "VBP" => 'v',
        "VBG" => 'g',
        "VBD" | "VBN" => 'e',
        "VBZ" => 'z',
        "NN" => 'n',
        "NNS" => 's',
        "NNP" | "NNPS" => 'p',
        "JJ" | "JJR" | "JJS" => 'j',
        "RB" | "RBR" | "RBS" | "RP" => 'r',
        "CD" => 'u',
        _ => '.',
    }
}

/// wordfreq's list: a `MessagePack` array whose n-th member holds the words of frequency 10^(-n/100).
fn wordfreq(path: &Path) -> Outcome<Vec<(String, u8)>> {
    let mut bytes = Vec::new();
    flate2::read::GzDecoder::new(fs::File::open(path)?).read_to_end(&mut bytes)?;
    let mut at = 0;
    let groups = array(&bytes, &mut at)?;
    // The header: a map of two short keys.
    at = bytes.windows(8).position(|w| w == b"\xa7version").ok_or("no header")? + 9;
    let mut words = Vec::new();
    for group in 0..groups.saturating_sub(1) {
        let zipf = u8::try_from((90_usize.saturating_sub(group / 10)).min(90))?;
        for _ in 0..array(&bytes, &mut at)? {
            let first = *bytes.get(at).ok_or("short")?;
            let (len, skip) = match first {
                0xa0..=0xbf => (usize::from(first & 0x1f), 1),
                0xd9 => (usize::from(*bytes.get(at + 1).ok_or("short")?), 2),
                _ => return Err("not a string".into()),
            };
            at += skip;
            let word = std::str::from_utf8(bytes.get(at..at + len).ok_or("short")?)?;
            at += len;
            words.push((word.to_owned(), zipf));
        }
    }
    Ok(words)
}

fn array(bytes: &[u8], at: &mut usize) -> Outcome<usize> {
    let byte = |at: usize| bytes.get(at).copied().map(usize::from).ok_or("short");
    let first = byte(*at)?;
    let (len, skip) = match first {
        0x90..=0x9f => (first & 0xf, 1),
        0xdc => ((byte(*at + 1)? << 8) + byte(*at + 2)?, 3),
        _ => return Err("not an array".into()),
    };
    *at += skip;
    Ok(len)
}

/// Words that are words, and names that are names.
struct Lists {
    words: HashSet<String>,
    names: HashSet<String>,
}

impl Lists {
    fn read(folder: &Path, gazetteers: &Path) -> Outcome<Self> {
        let mut lists = Self { words: HashSet::new(), names: HashSet::new() };
        for file in ["american-english-huge", "british-english-huge"] {
            for word in fs::read_to_string(folder.join(file))?.lines() {
                if word.starts_with(char::is_uppercase) {
                    lists.names.insert(word.to_lowercase());
                } else {
                    lists.words.insert(word.to_owned());
                }
            }
        }
        for file in ["dist.female.first", "dist.male.first", "dist.all.last"] {
            let text = fs::read_to_string(gazetteers.join("us-census-names").join(file))?;
            lists.names.extend(
                text.lines().take(20_000).filter_map(|line| Some(line.split_whitespace().next()?.to_lowercase())),
            );
        }
        let mut cities = csv::Reader::from_path(gazetteers.join("geonames-cities/world-cities.csv"))?;
        for row in cities.records() {
            let row = row?;
            for name in row.iter().take(3).flat_map(|name| name.split(' ')) {
                lists.names.insert(name.to_lowercase());
            }
        }
        Ok(lists)
    }
}

/// The model without its weights, and the words that were left out of it.
fn counts(sentences: &[&Sentence], frequencies: &[(String, u8)], lists: &Lists) -> (String, Vec<String>) {
    let mut tags: HashMap<String, BTreeMap<char, u32>> = HashMap::new();
    let mut pairs: BTreeMap<(String, String), u32> = BTreeMap::new();
    let mut follows: BTreeMap<(char, char), u32> = BTreeMap::new();
    for sentence in sentences {
        let mut before = (String::new(), '.');
        for (word, class) in *sentence {
            let lower = word.to_lowercase();
            let plain = !lower.is_empty() && lower.chars().all(char::is_alphabetic);
            *tags.entry(lower.clone()).or_default().entry(*class).or_insert(0) += 1;
            if plain && !before.0.is_empty() {
                *pairs.entry((before.0, lower.clone())).or_insert(0) += 1;
            }
            *follows.entry((before.1, *class)).or_insert(0) += 1;
            before = (if plain { lower } else { String::new() }, *class);
        }
        *follows.entry((before.1, '.')).or_insert(0) += 1;
    }
    let zipf: HashMap<&str, u8> = frequencies.iter().map(|(word, zipf)| (word.as_str(), *zipf)).collect();
    let pair = |left: &str, right: &str| pairs.get(&(left.to_owned(), right.to_owned())).copied().unwrap_or(0);
    let class = |word: &str| -> char {
        let seen = tags.get(word).and_then(|tags| tags.iter().filter(|(c, _)| **c != '.').max_by_key(|(_, n)| **n));
        if let Some((class, _)) = seen {
            return *class;
        }
        let (is_word, is_name) = (lists.words.contains(word), lists.names.contains(word));
        match word {
            _ if is_name && !is_word => 'p',
            w if w.ends_with("ing") => 'g',
            w if w.ends_with("ed") => 'e',
            w if w.ends_with("ly") => 'r',
            w if w.ends_with("ous") || w.ends_with("ful") || w.ends_with("able") || w.ends_with("ive") => 'j',
            w if w.ends_with('s') && !w.ends_with("ss") => 's',
            _ => 'n',
        }
    };
    // Old books and hasty posts brought glued words into the list.
    let is_glued = |word: &str| {
        !lists.words.contains(word)
            && !lists.names.contains(word)
            && cuts(word).any(|(_, (left, right))| {
                let common = |word: &str| zipf.get(word).copied().unwrap_or(0) >= 50;
                common(left) && common(right) && pair(left, right) >= 3
            })
    };
    let mut groups: BTreeMap<(char, u8), BTreeSet<&str>> = BTreeMap::new();
    let mut bytes = 0;
    let mut unknown = Vec::new();
    for (word, zipf) in frequencies {
        if !word.chars().all(char::is_alphabetic) || word.chars().any(wide) || word.chars().count() > 20 {
            continue;
        }
        let listed = lists.words.contains(word) || lists.names.contains(word);
        if word.chars().count() < 3 && *zipf < 50 && !tags.contains_key(word) || is_glued(word) {
            continue;
        }
        // Of the rare ones every third is left out, to learn from and to measure what a new word looks like.
        let left_out = *zipf < 25 && word.bytes().map(usize::from).sum::<usize>() % 3 == 0 && !listed;
        if bytes > WORDS_BYTES_MAX || left_out {
            unknown.push(word.clone());
            continue;
        }
        bytes += word.len() + 1;
        groups.entry((class(word), *zipf)).or_default().insert(word);
    }
    let mut text = String::new();
    for row in CLASSES.chars() {
        let all: u32 = CLASSES.chars().map(|column| follows.get(&(row, column)).copied().unwrap_or(0) + 1).sum();
        write!(text, "> {row}").ok();
        for column in CLASSES.chars() {
            let count = follows.get(&(row, column)).copied().unwrap_or(0) + 1;
            write!(text, " {:.0}", (f64::from(count) / f64::from(all)).log10() * 100.0).ok();
        }
        text.push('\n');
    }
    for ((class, zipf), words) in &groups {
        writeln!(text, "= {class} {zipf}").ok();
        for word in words {
            writeln!(text, "{word}").ok();
        }
    }
    let mut last = "";
    for ((left, right), count) in &pairs {
        if *count < PAIR_COUNT_MIN || left.len() < 2 || right.len() < 2 {
            continue;
        }
        if left != last {
            writeln!(text, "+ {left}").ok();
            last = left;
        }
        writeln!(text, "{right}").ok();
    }
    println!("{} words, {} left out", groups.values().map(BTreeSet::len).sum::<usize>(), unknown.len());
    (text, unknown)
}

/// Letters of other scripts than those of Europe's west.
fn wide(c: char) -> bool {
    c > '\u{24f}'
}

/// A cut's numbers, whether it was two words, and how much it weighs.
type Example = ([f32; FEATURES], bool, f32);

/// Small numbers that look thrown, the same in every run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap_or(0) % limit.max(1)
    }
}

fn examples(model: &Model, sentences: &[&Sentence], unknown: &[String], remainder: usize) -> Vec<Example> {
    let mut out = Vec::new();
    let mut dice = Dice(7);
    for sentence in sentences {
        for (whole, at, before, after, case) in glued(model, sentence, &mut dice) {
            if model.word(&whole).is_some() {
                continue;
            }
            for cut in cuts_of(model, &whole, before, after) {
                if cut.left.0.chars().count() == at {
                    let weight = if case { 0.5 } else { 1.0 };
                    out.push((model.features(&cut), true, weight));
                }
            }
        }
        for (whole, before, after) in strangers(model, sentence, unknown, remainder, &mut dice) {
            for cut in cuts_of(model, &whole, before, after) {
                let camel = whole.starts_with(char::is_lowercase) && whole.contains(char::is_uppercase);
                let weight = if camel { FALSE_HUMP_WEIGHT } else { FALSE_WEIGHT };
                out.push((model.features(&cut), false, weight));
            }
        }
    }
    out
}

fn plain(word: &str) -> bool {
    word.chars().count() > 1 && word.chars().all(char::is_alphabetic)
}

fn class_at(model: &Model, sentence: &Sentence, at: Option<usize>) -> u8 {
    let Some((word, _)) = at.and_then(|at| sentence.get(at)) else { return END };
    if !word.chars().all(char::is_alphabetic) {
        return END;
    }
    model.word(word).map_or(class_index('n'), |word| word.class)
}

/// Pairs of a sentence as broken pages join them: some as they are, some where a new sentence began.
fn glued(model: &Model, sentence: &Sentence, dice: &mut Dice) -> Vec<(String, usize, u8, u8, bool)> {
    let mut out = Vec::new();
    for _ in 0..sentence.len() / 4 {
        let at = dice.below(sentence.len());
        let (Some((left, _)), Some((right, _))) = (sentence.get(at), sentence.get(at + 1)) else { continue };
        if !plain(left) || !plain(right) || model.word(left).is_none() || model.word(right).is_none() {
            continue;
        }
        let case = dice.below(3) == 0 && left.chars().all(char::is_lowercase);
        let right = if case { capital(right) } else { right.clone() };
        let before = class_at(model, sentence, at.checked_sub(1));
        let after = class_at(model, sentence, Some(at + 2));
        out.push((format!("{left}{right}"), left.chars().count(), before, after, case));
    }
    out
}

fn capital(word: &str) -> String {
    let mut chars = word.chars();
    chars.next().map(|first| first.to_uppercase().chain(chars).collect()).unwrap_or_default()
}

/// Words that nobody knows in the place of nouns and names, and names with humps: two nouns that go together.
fn strangers(
    model: &Model,
    sentence: &Sentence,
    unknown: &[String],
    remainder: usize,
    dice: &mut Dice,
) -> Vec<(String, u8, u8)> {
    let mut out = Vec::new();
    for (at, (word, class)) in sentence.iter().enumerate() {
        let before = class_at(model, sentence, at.checked_sub(1));
        let after = class_at(model, sentence, Some(at + 1));
        if plain(word) && model.word(word).is_none() {
            out.push((word.clone(), before, after));
        }
        if !matches!(class, 'n' | 's' | 'p' | 'j' | 'e') {
            continue;
        }
        let pick = (dice.below(unknown.len()) / 2 * 2 + remainder).min(unknown.len().saturating_sub(1));
        if let Some(word) = unknown.get(pick) {
            let word = if *class == 'p' || at == 0 { capital(word) } else { word.clone() };
            out.push((word, before, after));
        }
        if let Some((next, follow)) = sentence.get(at + 1)
            && matches!((class, follow), ('n' | 's' | 'j' | 'e', 'n' | 's' | 'g') | ('p', 'p' | 'n'))
            && plain(word)
            && plain(next)
        {
            let name = format!("{word}{}", capital(&next.to_lowercase()));
            let after = class_at(model, sentence, Some(at + 2));
            out.push((if dice.below(2) == 0 { capital(&name) } else { name }, before, after));
        }
    }
    out.retain(|(word, _, _)| model.word(word).is_none());
    out
}

fn cuts_of<'t>(model: &Model, whole: &'t str, before: u8, after: u8) -> Vec<Cut<'t>> {
    let known = |word: &'t str| -> Option<(&'t str, Word)> { Some((word, model.word(word)?)) };
    cuts(whole)
        .filter_map(|(_, (left, right))| Some(Cut { whole, left: known(left)?, right: known(right)?, before, after }))
        .collect()
}

/// Logistic regression by stochastic gradient descent.
fn train(examples: &[Example]) -> [f32; FEATURES] {
    let mut weights = [0.0; FEATURES];
    let mut order: Vec<usize> = (0..examples.len()).collect();
    let mut dice = Dice(11);
    for round in 0..ROUNDS {
        for at in (1..order.len()).rev() {
            order.swap(at, dice.below(at + 1));
        }
        #[expect(clippy::cast_precision_loss, reason = "a few dozen rounds")]
        let rate = 0.01 / (1.0 + round as f32 / 3.0);
        for (features, glued, weight) in order.iter().filter_map(|at| examples.get(*at)) {
            let sum: f32 = features.iter().zip(&weights).map(|(value, weight)| value * weight).sum();
            let wanted = if *glued { 1.0 } else { 0.0 };
            let step = rate * weight * (wanted - 1.0 / (1.0 + (-sum).exp()));
            for (weight, value) in weights.iter_mut().zip(features) {
                *weight += step * value / 3.0;
            }
        }
    }
    weights
}

/// How many of the glued words of unseen sentences are found, and how many strange words are cut.
fn measure(model: &Model, sentences: &[&Sentence], unknown: &[String]) {
    let mut dice = Dice(23);
    let (mut pairs, mut others) = ([Vec::new(), Vec::new()], Vec::new());
    for sentence in sentences {
        for (whole, at, before, after, case) in glued(model, sentence, &mut dice) {
            let best = cuts_of(model, &whole, before, after)
                .into_iter()
                .map(|cut| (model.chance(&cut), cut.left.0.chars().count() == at))
                .max_by(|a, b| a.0.total_cmp(&b.0));
            let found = if model.word(&whole).is_some() { None } else { best };
            if let Some(list) = pairs.get_mut(usize::from(case)) {
                list.push(found.map_or(0.0, |(chance, right)| if right { chance } else { 0.0 }));
            }
        }
        for (whole, before, after) in strangers(model, sentence, unknown, 1, &mut dice) {
            let cuts = cuts_of(model, &whole, before, after);
            let chance = cuts.iter().map(|cut| model.chance(cut)).max_by(f32::total_cmp).unwrap_or(0.0);
            others.push((chance, whole));
        }
    }
    for least in [0.5, 0.7, 0.8, 0.9, 0.95, 0.98, 0.99] {
        let share = |list: &[f32]| {
            let found = list.iter().filter(|chance| **chance >= least).count();
            format!("{found} of {}", list.len())
        };
        let cut = others.iter().filter(|(chance, _)| *chance >= least).count();
        let [lower, case] = &pairs;
        println!("{least}: lower {}, case {}, strange words cut {cut} of {}", share(lower), share(case), others.len());
    }
    others.sort_by(|a, b| b.0.total_cmp(&a.0));
    println!("cut first: {:?}", others.iter().take(60).map(|(_, word)| word.as_str()).collect::<Vec<_>>());
}
