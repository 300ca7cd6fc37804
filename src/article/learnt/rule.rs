//! When a line that a source repeats is its furniture.
//!
//! What must not be lost is a sentence of a running story, which papers print below every article on it: "The war began
//! in …". It differs from furniture in three ways, and all are asked of a line that reads as a sentence: it stands in a
//! smaller share of the source's articles, the headlines above it have a word in common, and it is needed for longer
//! before it is believed. Labels ("Newsletter", "Photo: archive") carry no news, so less is asked of them.

/// Where in a text a line stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// Among the first two paragraphs.
    Top,
    /// Elsewhere, or not always in one place.
    Middle,
    /// Among the last three.
    Bottom,
}

impl Place {
    /// The word in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Top => "top",
            Self::Middle => "middle",
            Self::Bottom => "bottom",
        }
    }

    /// The place a word of the database names.
    pub fn from_word(word: &str) -> Self {
        match word {
            "top" => Self::Top,
            "bottom" => Self::Bottom,
            _ => Self::Middle,
        }
    }

    /// Where a line stands that was seen here and there.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        if self == other { self } else { Self::Middle }
    }
}

/// What was decided of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Repeated, but no furniture so far.
    Seen,
    /// Furniture, by the rule.
    Learnt,
    /// Part of stories, says a person.
    Kept,
    /// Furniture, says a person.
    Dropped,
}

impl Verdict {
    /// The word in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Seen => "seen",
            Self::Learnt => "learnt",
            Self::Kept => "kept",
            Self::Dropped => "dropped",
        }
    }

    /// The verdict a word of the database names.
    pub fn from_word(word: &str) -> Self {
        match word {
            "learnt" => Self::Learnt,
            "kept" => Self::Kept,
            "dropped" => Self::Dropped,
            _ => Self::Seen,
        }
    }

    /// Whether a person decided, whom the rule does not overrule.
    pub fn is_by_person(self) -> bool {
        matches!(self, Self::Kept | Self::Dropped)
    }

    /// What cleaning does with the line.
    pub fn decision(self) -> Option<super::Decision> {
        match self {
            Self::Seen => None,
            Self::Learnt | Self::Dropped => Some(super::Decision::Remove),
            Self::Kept => Some(super::Decision::Keep),
        }
    }
}

/// What is known of a line.
#[derive(Debug, Clone, Copy)]
pub struct Evidence {
    /// Articles it was seen in.
    pub articles: u32,
    /// Days on which it was seen.
    pub days: u32,
    /// The source's articles since it was first seen.
    pub of_articles: u64,
    /// The source's articles in all.
    pub source_articles: u64,
    /// Where it stands.
    pub place: Place,
    /// Whether it reads as a sentence.
    pub sentence: bool,
    /// Whether all headlines above it share a word.
    pub one_story: bool,
}

/// What is asked of a line.
struct Demand {
    /// Articles over two days and more. Two are a story and its update.
    articles: u32,
    /// Articles where all of them came on one day: a story that is updated all day has that many.
    articles_a_day: u32,
    /// The share of the source's articles, in hundredths.
    share: u64,
}

/// A label at the edge. A tenth: a columnist's or a section's own line is furniture, too.
const LABEL_AT_EDGE: Demand = Demand { articles: 3, articles_a_day: 4, share: 10 };
/// A label between paragraphs may be a subheading ("Background"), and is not missed if it stands in every fourth article.
const LABEL: Demand = Demand { articles: 3, articles_a_day: 5, share: 25 };
/// A sentence at the edge. No one story fills a third of a paper for long.
const SENTENCE_AT_EDGE: Demand = Demand { articles: 4, articles_a_day: 6, share: 30 };
/// A sentence between paragraphs, where a story's own background stands.
const SENTENCE: Demand = Demand { articles: 5, articles_a_day: 8, share: 40 };
/// Articles of a source below which nothing is learnt of it: two stories and their updates are no paper.
const SOURCE_ARTICLES_MIN: u64 = 5;

/// Whether a line is furniture. One that is `learnt` stays so until its share has sunk to a third of what was asked:
/// else a source's day of other pages would bring it back and take it out again.
pub fn is_furniture(line: &Evidence, learnt: bool) -> bool {
    let demand = match (line.sentence, line.place) {
        (false, Place::Top | Place::Bottom) => &LABEL_AT_EDGE,
        (false, Place::Middle) => &LABEL,
        (true, Place::Top | Place::Bottom) => &SENTENCE_AT_EDGE,
        (true, Place::Middle) => &SENTENCE,
    };
    let share_min = if learnt { demand.share / 3 } else { demand.share };
    let often = line.articles >= if line.days >= 2 { demand.articles } else { demand.articles_a_day };
    let wide = u64::from(line.articles) * 100 >= share_min * line.of_articles;
    let about_much = learnt || !(line.sentence && line.one_story);
    line.source_articles >= SOURCE_ARTICLES_MIN && often && wide && about_much
}
