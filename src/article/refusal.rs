//! Pages that are no article. Refusing a real one is worse than keeping a list, so each refusal needs little text *and*
//! a sign of what the page is instead.

use url::Url;

use super::Why;
use super::blocks::Page;
use super::body::{is_prose, prose_units};
use super::metadata::Metadata;
use super::rules::Rules;
use super::text::count_words;

/// Words of a text that stands for itself, whatever the page is called.
const SAFE_WORDS: usize = 150;

/// Why a page is no article, if it is none.
pub(super) fn judge(
    page: &Page<'_>,
    metadata: &Metadata,
    url: Option<&Url>,
    text: &str,
    word_count: usize,
    rules: &Rules,
) -> Option<Why> {
    let named = [metadata.title_tag.as_deref(), metadata.title.as_deref()]
        .into_iter()
        .flatten()
        .find_map(|title| rules.refusal(title, count_words(title)));
    if word_count < SAFE_WORDS {
        match named {
            Some("gone") => return Some(Why::Gone),
            Some("robot-check") => return Some(Why::RobotCheck),
            Some("login") => return Some(Why::Login),
            Some("consent") => return Some(Why::Consent),
            _ => {}
        }
    }
    if text.is_empty() {
        return Some(Why::NoText);
    }
    if metadata.says_article {
        return None;
    }
    let links: usize = page.blocks.iter().filter(|block| block.link_density() > 0.6).count();
    let prose = page.blocks.iter().filter(|block| is_prose(block)).count();
    let at_root = url.is_some_and(|url| url.path().trim_matches('/').is_empty() && url.query().is_none());
    if at_root && links > 40 && prose_units(&page.blocks) < 1500.0 {
        return Some(Why::Index);
    }
    if word_count < 100 && links > 60 && links > 12 * prose.max(1) {
        return Some(Why::Index);
    }
    None
}
