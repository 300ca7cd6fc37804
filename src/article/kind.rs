//! What kind of piece an article is: by its JSON-LD, its section and address, and the beginning of its headline.

use std::collections::HashSet;

use serde::{Deserialize, Serialize};
use url::Url;

/// What kind of piece an article is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ArticleKind {
    /// A report, and everything that is nothing else.
    News,
    /// A comment, an editorial, a column, a letter.
    Opinion,
    /// A page that grows while something happens.
    Live,
    /// What somebody wants to be reported.
    PressRelease,
    /// A judgement of a book, a film, a meal.
    Review,
    /// A life, after its end.
    Obituary,
    /// What was wrong in another article.
    Correction,
}

impl ArticleKind {
    /// The word used in JSON and in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::News => "news",
            Self::Opinion => "opinion",
            Self::Live => "live",
            Self::PressRelease => "press-release",
            Self::Review => "review",
            Self::Obituary => "obituary",
            Self::Correction => "correction",
        }
    }
}

/// The signs of each kind.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Kinds {
    #[serde(rename = "kind")]
    kinds: Vec<Signs>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Signs {
    kind: ArticleKind,
    types: HashSet<String>,
    sections: HashSet<String>,
    beginnings: HashSet<String>,
    words: Vec<String>,
}

/// Words of the longest beginning of a headline that can name its kind.
const BEGINNING_WORDS_MAX: usize = 4;

impl Kinds {
    /// What kind an article is. `sections` are the section and what the page's data says beside it.
    pub fn judge<'a>(
        &self,
        types: &[String],
        sections: impl Iterator<Item = &'a str>,
        url: Option<&'a Url>,
        titles: &[&str],
    ) -> ArticleKind {
        let by_type = self.kinds.iter().find(|signs| types.iter().any(|kind| signs.types.contains(kind)));
        if let Some(signs) = by_type {
            return signs.kind;
        }
        let titles: Vec<String> = titles.iter().map(|title| title.to_lowercase()).collect();
        let beginnings: Vec<&str> = titles.iter().filter_map(|title| beginning(title)).collect();
        let by_title = self.kinds.iter().find(|signs| {
            beginnings.iter().any(|beginning| signs.beginnings.contains(*beginning))
                || titles.iter().any(|title| signs.words.iter().any(|words| has_words(title, words)))
        });
        if let Some(signs) = by_title {
            return signs.kind;
        }
        let folders = url.and_then(Url::path_segments).into_iter().flatten();
        // The last folder is the article's own name.
        let folders: Vec<&str> = folders.filter(|part| !part.is_empty()).collect();
        let folders = folders.split_last().map_or(&[][..], |(_, folders)| folders);
        // "opinion.courier.example" is a folder too.
        let host = url.and_then(Url::host_str).and_then(|host| host.split('.').next());
        let places: Vec<String> = sections.chain(folders.iter().copied()).chain(host).map(str::to_lowercase).collect();
        let by_place = self.kinds.iter().find(|signs| places.iter().any(|place| signs.sections.contains(place)));
        by_place.map_or(ArticleKind::News, |signs| signs.kind)
    }
}

/// What stands before the first mark of a headline, or in its brackets.
fn beginning(title: &str) -> Option<&str> {
    let title = title.trim_start();
    let bracketed = [('[', ']'), ('【', '】'), ('(', ')'), ('（', '）'), ('<', '>'), ('〈', '〉')]
        .iter()
        .find_map(|(open, close)| title.strip_prefix(*open)?.split_once(*close).map(|(inside, _)| inside));
    let front = bracketed.or_else(|| {
        let cut = [":", "：", "|", "｜", " – ", " — ", " - ", " / ", "・"]
            .iter()
            .filter_map(|mark| title.find(mark))
            .min()?;
        title.get(..cut)
    })?;
    let front = front.trim();
    (front.split_whitespace().count() <= BEGINNING_WORDS_MAX).then_some(front)
}

fn has_words(title: &str, words: &str) -> bool {
    title.match_indices(words).any(|(at, _)| {
        let before = title.get(..at).and_then(|t| t.chars().next_back());
        let after = title.get(at + words.len()..).and_then(|t| t.chars().next());
        before.is_none_or(|c| !c.is_alphanumeric()) && after.is_none_or(|c| !c.is_alphanumeric())
    })
}
