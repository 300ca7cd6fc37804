//! What is remembered of a source, and what one more article adds.
//!
//! Lines seen once would be most of what a source ever printed, so they are no rows: the [`Memory`] holds a few hundred
//! short hashes of the latest. A line becomes a [`KnownLine`] when it is seen again while it is remembered.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use chrono::NaiveDate;

use super::rule::{Evidence, Place, Verdict, is_furniture};
use super::{Lesson, Line, LineKey};

/// Hashes remembered of a source: 40 articles and more, in 1,800 bytes, which stay in the row's own page.
const RECENT_MAX: usize = 450;

/// What a source's latest articles said.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Memory {
    /// Articles looked at so far.
    pub articles: u64,
    recent: VecDeque<u32>,
}

/// A line that was seen more than once, or decided by a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownLine {
    /// The line as people read it.
    pub text: String,
    /// What was decided of it.
    pub verdict: Verdict,
    /// Articles it was seen in.
    pub articles: u32,
    /// Days on which it was seen.
    pub days: u32,
    /// The source's articles when it was first seen.
    pub since_article: u64,
    /// Where it stands; not known of a line a person named before it was seen.
    pub place: Option<Place>,
    /// Whether it reads as a sentence.
    pub sentence: bool,
    /// Hashes of the words all headlines above it share.
    pub headline_words: Vec<u32>,
    /// The day it was last seen.
    pub last_seen: NaiveDate,
}

impl Memory {
    /// Reads what [`Memory::to_bytes`] gave; what is no whole number is left out.
    pub fn from_bytes(articles: u64, bytes: &[u8]) -> Self {
        let recent = bytes.as_chunks::<4>().0.iter().map(|four| u32::from_be_bytes(*four)).collect();
        Self { articles, recent }
    }

    /// The hashes, four bytes each, the newest last.
    pub fn to_bytes(&self) -> Vec<u8> {
        self.recent.iter().flat_map(|hash| hash.to_be_bytes()).collect()
    }

    /// Takes an article in. `lines` holds what is known of the lines it shows; what is changed or added there is to be
    /// stored. Gives the keys of those.
    ///
    /// An article that is another's twin teaches nothing: the same story at a second address or after a correction
    /// would make every sentence of it a repeated line. It is known by its headline, or by most of what it shows having
    /// been said before. Columns under one headline ("Weather") teach nothing either; nothing is lost by that but time.
    pub fn take(
        &mut self,
        lines: &mut BTreeMap<LineKey, KnownLine>,
        lesson: &Lesson,
        today: NaiveDate,
    ) -> BTreeSet<LineKey> {
        let remembered: BTreeSet<u32> = self.recent.iter().copied().collect();
        let is_known = |line: &Line| lines.contains_key(&line.key) || remembered.contains(&line.key.short());
        let headline = lesson.headline.map(|key| LineKey(key.0.rotate_left(1)).short());
        let told =
            lesson.lines.iter().filter(|line| !lines.get(&line.key).is_some_and(|known| known.verdict.is_by_person()));
        let (again, all) = told
            .fold((0, 0), |(again, all), line| (again + if is_known(line) { line.words } else { 0 }, all + line.words));
        if headline.is_some_and(|hash| remembered.contains(&hash)) || again * 3 > all * 2 {
            return BTreeSet::new();
        }
        self.articles += 1;
        let mut changed = BTreeSet::new();
        let mut new = Vec::new();
        for line in &lesson.lines {
            if let Some(known) = lines.get_mut(&line.key) {
                known.place = Some(known.place.map_or(line.place, |place| place.and(line.place)));
                known.see(lesson, self.articles, today);
            } else if remembered.contains(&line.key.short()) {
                lines.insert(line.key, self.second_sight(line, lesson, today));
                self.recent.retain(|hash| *hash != line.key.short());
            } else {
                new.push(line.key.short());
                continue;
            }
            changed.insert(line.key);
        }
        for key in &lesson.removed {
            if let Some(known) = lines.get_mut(key) {
                known.see(lesson, self.articles, today);
                changed.insert(*key);
            }
        }
        self.recent.extend(headline.into_iter().chain(new));
        while self.recent.len() > RECENT_MAX {
            self.recent.pop_front();
        }
        changed
    }

    fn second_sight(&self, line: &Line, lesson: &Lesson, today: NaiveDate) -> KnownLine {
        KnownLine {
            text: line.text.to_string(),
            verdict: Verdict::Seen,
            articles: 2,
            days: 1,
            // When it was first seen is not remembered; two articles ago is the earliest it can matter.
            since_article: self.articles.saturating_sub(2),
            place: Some(line.place),
            sentence: line.sentence,
            headline_words: lesson.headline_words.clone(),
            last_seen: today,
        }
    }
}

impl KnownLine {
    /// Sees it in one more article, the source's `source_articles`th.
    fn see(&mut self, lesson: &Lesson, source_articles: u64, today: NaiveDate) {
        if self.articles == 0 {
            // A person named it before it was seen.
            self.headline_words.clone_from(&lesson.headline_words);
            self.since_article = source_articles.saturating_sub(1);
        }
        self.articles += 1;
        if today > self.last_seen || self.days == 0 {
            self.days += 1;
            self.last_seen = today;
        }
        self.headline_words.retain(|word| lesson.headline_words.contains(word));
        if self.verdict.is_by_person() {
            return;
        }
        let evidence = Evidence {
            articles: self.articles,
            days: self.days,
            of_articles: source_articles.saturating_sub(self.since_article),
            source_articles,
            place: self.place.unwrap_or(Place::Middle),
            sentence: self.sentence,
            one_story: !self.headline_words.is_empty(),
        };
        let furniture = is_furniture(&evidence, self.verdict == Verdict::Learnt);
        self.verdict = if furniture { Verdict::Learnt } else { Verdict::Seen };
    }
}
