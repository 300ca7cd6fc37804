//! A program's answers over a set, measured.

use std::collections::BTreeMap;

use super::fields::{Fields, Share, Tongues};
use super::leaks::Leaks;
use super::measures::{self, Overlap, f1};
use super::seams::Seams;
use super::truth::{Answer, Page};

/// What does not depend on the program: measured once for a set.
pub struct Yardstick {
    pub set: &'static str,
    leaks: Leaks,
    tongues: Tongues,
    seams: Vec<Seams>,
}

impl Yardstick {
    /// Prepares the measures for a set's pages.
    pub fn new(set: &'static str, pages: &[Page]) -> Self {
        let seams = pages.iter().map(|page| Seams::of_page(&page.html)).collect();
        Self { set, leaks: Leaks::builtin(), tongues: Tongues::builtin(), seams }
    }

    /// The kinds of furniture that are counted.
    pub fn kinds(&self) -> Vec<&str> {
        self.leaks.names()
    }
}

/// One page of one program.
pub struct PageScore {
    pub file: String,
    pub shingles: Option<Overlap>,
    pub bag: Option<Overlap>,
    pub rouge: Option<Overlap>,
    pub exact: Option<bool>,
    pub with: Share,
    pub without: Share,
    pub leaks: Vec<Vec<String>>,
    pub glued: Vec<String>,
    pub split: Vec<String>,
    /// Fields that are not right, in words.
    pub fields: Vec<String>,
}

impl PageScore {
    /// The page's own share in the set's main measure.
    pub fn main(&self) -> f64 {
        match (self.bag, self.shingles) {
            (Some(bag), _) => bag.f1(),
            (None, Some(shingles)) => shingles.f1(),
            (None, None) => segments_f1(self.with, self.without),
        }
    }
}

/// A set's figures of one program.
pub struct Scores {
    pub tool: String,
    pub pages: Vec<PageScore>,
    /// Why pages gave no text, and which.
    pub refused: BTreeMap<String, Vec<String>>,
    pub fields: Fields,
    pub seconds: Vec<f64>,
    pub bytes: usize,
    /// The most memory held beyond what the loaded pages take, in KiB.
    pub peak_kib: Option<u64>,
}

impl Scores {
    /// Measures a program's answers, one for each page in the same order.
    pub fn of(tool: &str, pages: &[Page], answers: &[Answer], yardstick: &Yardstick) -> Self {
        let mut scores = Self {
            tool: tool.to_owned(),
            pages: Vec::new(),
            refused: BTreeMap::new(),
            fields: Fields::default(),
            seconds: answers.iter().map(|answer| answer.seconds).collect(),
            bytes: pages.iter().map(|page| page.html.len()).sum(),
            peak_kib: None,
        };
        for ((page, answer), seams) in pages.iter().zip(answers).zip(&yardstick.seams) {
            if let Some(error) = &answer.error {
                scores.refused.entry(error.clone()).or_default().push(page.file.clone());
            }
            let wrong = scores.fields.count(page, answer, &yardstick.tongues);
            scores.pages.push(score(page, answer, seams, yardstick, wrong));
        }
        scores
    }

    /// Precision, recall and F1 as the set's own benchmark defines them.
    pub fn main(&self, set: &str) -> (f64, f64, f64) {
        let of =
            |pick: fn(&PageScore) -> Option<Overlap>| -> Vec<Overlap> { self.pages.iter().filter_map(pick).collect() };
        match set {
            "segments" => {
                let (with, without) = (self.with(), self.without());
                let found = with.part + without.part;
                (share(with.part, found), with.value().unwrap_or(0.0), segments_f1(with, without))
            }
            "web-articles" => {
                let overlaps = of(|page| page.bag);
                let mean = |pick: fn(&Overlap) -> f64| mean(overlaps.iter().map(pick));
                (mean(|o| o.precision.unwrap_or(0.0)), mean(|o| o.recall.unwrap_or(0.0)), mean(|o| o.f1()))
            }
            _ => {
                let overlaps = of(|page| page.shingles);
                let precision = mean(overlaps.iter().filter_map(|o| o.precision));
                let recall = mean(overlaps.iter().filter_map(|o| o.recall));
                let pages = mean(overlaps.iter().map(|o| o.f1()));
                (precision, recall, if set == "newspapers" { pages } else { f1(precision, recall) })
            }
        }
    }

    /// The mean over pages of the F1 of shingles, and of ROUGE-LSum.
    pub fn page_f1(&self, pick: fn(&PageScore) -> Option<Overlap>) -> Option<f64> {
        let overlaps: Vec<Overlap> = self.pages.iter().filter_map(pick).collect();
        (!overlaps.is_empty()).then(|| mean(overlaps.iter().map(|o| o.f1())))
    }

    /// Pages whose words are the truth's.
    pub fn exact(&self) -> Share {
        let mut share = Share::default();
        self.pages.iter().filter_map(|page| page.exact).for_each(|exact| share.add(exact));
        share
    }

    /// Wanted strings found.
    pub fn with(&self) -> Share {
        sum(self.pages.iter().map(|page| page.with))
    }

    /// Unwanted strings found.
    pub fn without(&self) -> Share {
        sum(self.pages.iter().map(|page| page.without))
    }

    /// Pages with a leak, for each kind.
    pub fn leaking(&self, kinds: usize) -> Vec<usize> {
        let leaks =
            |kind: usize| self.pages.iter().filter(move |page| page.leaks.get(kind).is_some_and(|l| !l.is_empty()));
        (0..kinds).map(|kind| leaks(kind).count()).collect()
    }

    /// Pages and bytes a second of CPU time.
    pub fn speed(&self) -> (f64, f64) {
        let seconds = self.seconds.iter().sum::<f64>().max(1e-9);
        (self.seconds.len() as f64 / seconds, self.bytes as f64 / seconds)
    }

    /// Seconds a page at the median, the 99th percentile, and the most.
    pub fn percentiles(&self) -> [f64; 3] {
        let mut sorted = self.seconds.clone();
        sorted.sort_by(f64::total_cmp);
        let at = |share: usize| sorted.get((sorted.len() * share / 100).min(sorted.len().saturating_sub(1)));
        [50, 99, 100].map(|share| at(share).copied().unwrap_or_default())
    }
}

fn score(page: &Page, answer: &Answer, seams: &Seams, yardstick: &Yardstick, fields: Vec<String>) -> PageScore {
    let text = answer.text.as_deref().unwrap_or_default();
    let truths: Vec<&str> =
        [&page.text, &page.text_without_summary].into_iter().flatten().map(String::as_str).collect();
    let best = |measure: &dyn Fn(&str) -> Overlap| {
        truths.iter().map(|truth| measure(truth)).max_by(|a, b| a.f1().total_cmp(&b.f1()))
    };
    let found = measures::words(text);
    let whole = page.text.as_deref();
    PageScore {
        file: page.file.clone(),
        shingles: best(&|truth| measures::shingles(&found, &measures::words(truth))),
        bag: whole.filter(|_| yardstick.set == "web-articles").map(|truth| measures::word_bag(text, truth)),
        rouge: if yardstick.set == "newspapers" { best(&|truth| measures::rouge_lsum(text, truth)) } else { None },
        exact: whole.map(|_| truths.iter().any(|truth| measures::words(truth) == found)),
        with: Share { part: measures::found_of(text, &page.with), whole: page.with.len() },
        without: Share { part: measures::found_of(text, &page.without), whole: page.without.len() },
        leaks: yardstick.leaks.of(text, whole),
        glued: seams.glued(text, whole),
        split: whole.map(|truth| seams.split(text, truth)).unwrap_or_default(),
        fields,
    }
}

fn segments_f1(with: Share, without: Share) -> f64 {
    f1(share(with.part, with.part + without.part), with.value().unwrap_or(0.0))
}

fn sum(shares: impl Iterator<Item = Share>) -> Share {
    shares.fold(Share::default(), |a, b| Share { part: a.part + b.part, whole: a.whole + b.whole })
}

fn share(part: usize, whole: usize) -> f64 {
    part as f64 / whole.max(1) as f64
}

fn mean(values: impl Iterator<Item = f64>) -> f64 {
    let (sum, count) = values.fold((0.0, 0_usize), |(sum, count), value| (sum + value, count + 1));
    if count == 0 { 0.0 } else { sum / count as f64 }
}
