//! The measures, each as its benchmark defines it: pure functions of two texts.
//!
//! Words are Python's `\w+`; scripts without spaces count by the character.

use std::collections::HashMap;

/// How much of what was found is wanted, and how much of what is wanted was found. `None` where there is nothing to
/// take a share of.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Overlap {
    pub precision: Option<f64>,
    pub recall: Option<f64>,
}

impl Overlap {
    /// Of one page; a page without anything found, or wanted, has none.
    pub fn f1(self) -> f64 {
        match (self.precision, self.recall) {
            (None, None) => 1.0,
            (precision, recall) => f1(precision.unwrap_or(0.0), recall.unwrap_or(0.0)),
        }
    }

    fn of(common: usize, found: usize, wanted: usize) -> Self {
        let share = |whole: usize| (whole > 0).then(|| common as f64 / whole as f64);
        Self { precision: share(found), recall: share(wanted) }
    }
}

/// The harmonic mean.
pub fn f1(precision: f64, recall: f64) -> f64 {
    if precision + recall > 0.0 { 2.0 * precision * recall / (precision + recall) } else { 0.0 }
}

/// Whether a character is written without spaces between words.
pub fn is_spaceless(c: char) -> bool {
    matches!(c, '\u{e00}'..='\u{e7f}' | '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}' | '\u{ac00}'..='\u{d7a3}')
}

/// The words of a text.
pub fn words(text: &str) -> Vec<String> {
    let mut out = Vec::new();
    let mut word = String::new();
    for c in text.chars() {
        let spaceless = is_spaceless(c);
        if (c.is_alphanumeric() && !spaceless) || c == '_' {
            word.push(c);
            continue;
        }
        if !word.is_empty() {
            out.push(std::mem::take(&mut word));
        }
        if spaceless {
            out.push(c.to_string());
        }
    }
    if !word.is_empty() {
        out.push(word);
    }
    out
}

/// The shingles of scrapinghub's article-extraction-benchmark: runs of four words, each as often as it stands there.
pub fn shingles(found: &[String], wanted: &[String]) -> Overlap {
    let counted = |words: &[String]| words.len().saturating_sub(3).max(usize::from(!words.is_empty()));
    let mut left: HashMap<&[String], usize> = HashMap::new();
    for shingle in wanted.windows(4.min(wanted.len()).max(1)) {
        *left.entry(shingle).or_insert(0) += 1;
    }
    Overlap::of(take_common(found.windows(4.min(found.len()).max(1)), &mut left), counted(found), counted(wanted))
}

/// Words without their order, in lower case, as WCXB counts them.
pub fn word_bag(found: &str, wanted: &str) -> Overlap {
    let (found, wanted) = (words(&found.to_lowercase()), words(&wanted.to_lowercase()));
    let mut left: HashMap<&str, usize> = HashMap::new();
    for word in &wanted {
        *left.entry(word).or_insert(0) += 1;
    }
    let common = take_common(found.iter().map(String::as_str), &mut left);
    Overlap::of(common, found.len(), wanted.len())
}

fn take_common<K: std::hash::Hash + Eq>(found: impl Iterator<Item = K>, left: &mut HashMap<K, usize>) -> usize {
    let mut common = 0;
    for key in found {
        if let Some(count) = left.get_mut(&key).filter(|count| **count > 0) {
            *count -= 1;
            common += 1;
        }
    }
    common
}

/// ROUGE-LSum, as fundus-evaluation uses it: for every wanted sentence the words that lie on a longest common
/// subsequence with any sentence found. Words are ours, since `rouge_score` knows none beyond ASCII.
pub fn rouge_lsum(found: &str, wanted: &str) -> Overlap {
    let mut ids: HashMap<String, usize> = HashMap::new();
    let mut numbered = |text: &str| -> Vec<Vec<usize>> {
        let mut number = |word: String| {
            let next = ids.len();
            *ids.entry(word).or_insert(next)
        };
        sentences(&text.to_lowercase()).iter().map(|s| words(s).into_iter().map(&mut number).collect()).collect()
    };
    let (found, wanted) = (numbered(found), numbered(wanted));
    let count = |sentences: &[Vec<usize>]| {
        let mut counts = vec![0_usize; ids.len()];
        sentences.iter().flatten().for_each(|id| counts[*id] += 1);
        counts
    };
    let (mut left_found, mut left_wanted) = (count(&found), count(&wanted));
    let mut common = 0;
    for sentence in &wanted {
        let mut hit = vec![false; sentence.len()];
        for other in &found {
            mark_common(sentence, other, &mut hit);
        }
        for (id, _) in sentence.iter().zip(&hit).filter(|(_, hit)| **hit) {
            if left_found[*id] > 0 && left_wanted[*id] > 0 {
                left_found[*id] -= 1;
                left_wanted[*id] -= 1;
                common += 1;
            }
        }
    }
    Overlap::of(common, found.iter().map(Vec::len).sum(), wanted.iter().map(Vec::len).sum())
}

/// Marks the words of `a` on a longest common subsequence with `b`.
fn mark_common(a: &[usize], b: &[usize], hit: &mut [bool]) {
    if !a.iter().any(|id| b.contains(id)) {
        return;
    }
    let width = b.len() + 1;
    let mut lengths = vec![0_u32; (a.len() + 1) * width];
    for (i, left) in a.iter().enumerate() {
        for (j, right) in b.iter().enumerate() {
            lengths[(i + 1) * width + j + 1] = if left == right {
                lengths[i * width + j] + 1
            } else {
                lengths[i * width + j + 1].max(lengths[(i + 1) * width + j])
            };
        }
    }
    let (mut i, mut j) = (a.len(), b.len());
    while i > 0 && j > 0 {
        if a[i - 1] == b[j - 1] {
            (i, j) = (i - 1, j - 1);
            hit[i] = true;
        } else if lengths[i * width + j - 1] > lengths[(i - 1) * width + j] {
            j -= 1;
        } else {
            i -= 1;
        }
    }
}

/// Sentences as an untrained Punkt cuts them: after a full stop and white space, wherever that is.
fn sentences(text: &str) -> Vec<String> {
    let mut out = vec![String::new()];
    let mut ended = false;
    for c in text.chars() {
        if ended && c.is_whitespace() {
            out.push(String::new());
            ended = false;
            continue;
        }
        if matches!(c, '。' | '！' | '？') {
            out.push(String::new());
            continue;
        }
        let closes = matches!(c, '"' | '\'' | ')' | '”' | '“' | '’' | '»' | '«' | ']');
        ended = matches!(c, '.' | '!' | '?') || (ended && closes);
        out.last_mut().expect("it never is empty").push(c);
    }
    out
}

/// Runs of white space become one space, so that line breaks cost nobody anything.
pub fn squeeze(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// How many of the strings stand in the text. Both are squeezed first, as trafilatura's evaluation does.
pub fn found_of(text: &str, strings: &[String]) -> usize {
    let text = squeeze(text);
    strings.iter().filter(|string| text.contains(&squeeze(string))).count()
}
