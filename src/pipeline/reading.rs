//! From a page as fetched to the rows of an article: the pure middle of the pipeline, one call a page.

use std::sync::Arc;

use sha2::{Digest, Sha256};

use crate::archive::Place;
use crate::article::{self, Article, Hint, LearntLines};
use crate::fetch::Fetched;
use crate::mention::{self, Lexicon};
use crate::page::{self, tree::Limits};
use crate::pipeline::decide::identity_url;
use crate::rows::{ArticleRows, TextSource};
use crate::store::{ClaimedPage, EXTRACTOR, PageRow};
use crate::{identity, rows};

/// What cleaning and extraction go by.
#[derive(Clone)]
pub struct Knowledge {
    /// The rules of cleaning.
    pub rules: Arc<article::Rules>,
    /// The names extraction knows.
    pub lexicon: &'static Lexicon,
    /// What is decided of the lines the page's source repeats.
    pub lines: Arc<LearntLines>,
}

impl Knowledge {
    /// What is shipped in the program.
    pub fn builtin() -> Self {
        Self { rules: Arc::new(article::Rules::builtin()), lexicon: Lexicon::builtin(), lines: Arc::default() }
    }

    /// The same, for a page of a source with these lines.
    #[must_use]
    pub fn of_source(&self, lines: Arc<LearntLines>) -> Self {
        Self { lines, ..self.clone() }
    }

    /// A number that changes when the same page may give other rows: with the program's version, the rules, or what is
    /// decided of the source's lines.
    pub fn fingerprint(&self) -> i64 {
        let program = Sha256::new()
            .chain_update(env!("CARGO_PKG_VERSION"))
            .chain_update(EXTRACTOR.to_be_bytes())
            .chain_update(self.rules.fingerprint().to_be_bytes())
            .finalize();
        let first = program.first_chunk().copied().unwrap_or_default();
        u64::from_be_bytes(first).wrapping_add(self.lines.fingerprint()).cast_signed()
    }
}

/// A page after cleaning and extraction.
pub enum Reading {
    /// It is an article.
    Article(Box<ArticleRows>),
    /// It is none; a word for counting and a sentence for people.
    Refused {
        /// The bounded word.
        reason: &'static str,
        /// What to tell people.
        detail: String,
    },
}

/// Reads a fetched page, its tree built within `limits`.
pub fn read_page(claim: &ClaimedPage, fetched: &Fetched, knowledge: &Knowledge, limits: &Limits) -> Reading {
    let decoded = page::decode(&fetched.body, fetched.content_type.as_deref());
    let hint = Hint { fetched_at: Some(fetched.started_at), ..hint(claim, knowledge) };
    match article::clean_within(&decoded.text, Some(&fetched.final_url), &hint, &knowledge.rules, limits) {
        // A wall in front of the story: the feed's own text is more than the stump, if there is one.
        Ok(article) if article.paywalled && article.completeness < 0.5 => match read_feed_text(claim, knowledge) {
            Some(rows) if rows.article.word_count > article.word_count => Reading::Article(Box::new(rows)),
            _ => Reading::Article(Box::new(assemble(article, &fetched.final_url, TextSource::Page, knowledge))),
        },
        Ok(article) => Reading::Article(Box::new(assemble(article, &fetched.final_url, TextSource::Page, knowledge))),
        Err(error) => match read_feed_text(claim, knowledge) {
            Some(rows) => Reading::Article(Box::new(rows)),
            None => Reading::Refused { reason: error.kind(), detail: error.to_string() },
        },
    }
}

/// The words a feed's own text must have to stand in for a page: a teaser of one sentence is no article.
const FEED_TEXT_WORDS_MIN: usize = 60;

/// Makes an article of what the feed itself carries, where that is a story and not a teaser.
pub fn read_feed_text(claim: &ClaimedPage, knowledge: &Knowledge) -> Option<ArticleRows> {
    let html = claim.content.as_deref().or(claim.summary.as_deref())?;
    let url = url::Url::parse(&claim.url).ok()?;
    let document = format!("<html><body><article>{html}</article></body></html>");
    let mut article = article::clean(&document, Some(&url), &hint(claim, knowledge), &knowledge.rules).ok()?;
    if article.word_count < FEED_TEXT_WORDS_MIN {
        return None;
    }
    article.title = article.title.or_else(|| claim.title.clone());
    Some(assemble(article, &url, TextSource::Feed, knowledge))
}

/// Whether the feed may carry enough to stand in for the page; cheap, for deciding before the work.
pub fn may_stand_in(claim: &ClaimedPage) -> bool {
    let text = claim.content.as_deref().or(claim.summary.as_deref());
    text.is_some_and(|t| t.split_whitespace().take(FEED_TEXT_WORDS_MIN).count() >= FEED_TEXT_WORDS_MIN)
}

fn hint(claim: &ClaimedPage, knowledge: &Knowledge) -> Hint {
    Hint {
        published_at: claim.published_at,
        title: claim.title.clone(),
        summary: claim.summary.clone(),
        fetched_at: None,
        lines: knowledge.lines.clone(),
    }
}

fn assemble(article: Article, final_url: &url::Url, source: TextSource, knowledge: &Knowledge) -> ArticleRows {
    let findings = mention::extract(
        &article.text,
        article.title.as_deref(),
        article.published_at,
        article.language.as_deref(),
        knowledge.lexicon,
    );
    let known_by = identity::canonical_url(&identity_url(final_url, article.canonical_url.as_deref()));
    rows::article_rows(article, findings, &known_by, source, knowledge.fingerprint())
}

/// Where a page is kept, as its row.
pub fn page_row(fetched: &Fetched, place: Place) -> PageRow {
    PageRow {
        url: fetched.final_url.to_string(),
        fetched_at: fetched.started_at,
        status: fetched.status,
        content_type: fetched.content_type.clone(),
        place,
    }
}
