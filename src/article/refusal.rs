//! Pages that are no article. Refusing a real one is worse than keeping a list, so the evidence is weighed: what the page
//! calls itself, what its address and its data say, how much text it has without a headline of another article in
//! between. Each kind of page that is none has its own sum of reasons, and is refused when that is large enough.

mod address;
mod evidence;

use url::Url;

use super::Why;
use super::blocks::Page;
use super::metadata::Metadata;
use super::rules::Rules;
use crate::page::tree::Tree;
use address::Address;
use evidence::{Declared, Evidence};

/// Words of a text that stands for itself, whatever the page is called.
const SAFE_WORDS: usize = 150;
/// Words of a text that is asked what it says the page is.
const SHORT_WORDS: usize = 90;
/// Units of running text in one piece that are a story.
const STORY_UNITS: f64 = 120.0;
/// Units of running text in one piece that can be one.
const NOTE_UNITS: f64 = 25.0;
/// The sum of reasons at which a page without text is called by them.
const NAMED_AT: f64 = 3.0;
/// The sum of reasons at which a page is refused.
const REFUSED_AT: f64 = 4.0;

/// Why a page is no article, if it is none.
pub(super) fn judge(
    tree: &Tree,
    page: &Page<'_>,
    metadata: &Metadata,
    url: Option<&Url>,
    word_count: usize,
    rules: &Rules,
) -> Option<Why> {
    let evidence = Evidence::of(tree, page, metadata, url, word_count, rules);
    if let Some(why) = called(&evidence) {
        return Some(why);
    }
    // Of two equal sums the last counts, which says more.
    let sums = [
        (Why::NoText, stub(&evidence)),
        (Why::Product, product(&evidence)),
        (Why::Media, media(&evidence)),
        (Why::Index, index(&evidence)),
    ];
    let (why, sum) = sums.into_iter().max_by(|a, b| a.1.total_cmp(&b.1))?;
    if word_count == 0 {
        // Without text it is refused anyway; the reasons only say by what name.
        return Some(evidence.said.unwrap_or(if sum >= NAMED_AT { why } else { Why::NoText }));
    }
    (sum >= REFUSED_AT).then_some(why)
}

/// What the page is by its own words: by its title, or, if it has few others, by any line.
fn called(evidence: &Evidence) -> Option<Why> {
    match evidence.named {
        Some(Why::Site) if !evidence.dated && evidence.kind != Declared::Article => return Some(Why::Site),
        Some(Why::Site | Why::Index) | None => {}
        Some(why) if evidence.words < SAFE_WORDS => return Some(why),
        Some(Why::Consent) if evidence.consent > 0.4 => return Some(Why::Consent),
        Some(_) => {}
    }
    if evidence.address == Address::Site && !evidence.dated && evidence.kind != Declared::Article {
        return Some(Why::Site);
    }
    if evidence.consent > 0.6 && !evidence.says_article() && !evidence.dated && evidence.words < 600 {
        return Some(Why::Consent);
    }
    if evidence.redirects && evidence.words < SHORT_WORDS && !evidence.says_article() {
        return Some(Why::Redirect);
    }
    let silent = evidence.words < SHORT_WORDS && evidence.stretch < 60.0;
    match evidence.said {
        Some(Why::Paywall) if evidence.words >= 20 || !silent => None,
        Some(Why::Login | Why::Consent) if evidence.says_article() && evidence.dated => None,
        said if silent => said,
        _ => None,
    }
}

impl Evidence {
    fn says_article(&self) -> bool {
        matches!(self.kind, Declared::Article | Declared::PerhapsArticle)
    }

    /// What speaks for an article in any page.
    fn for_article(&self) -> f64 {
        let kind = match self.kind {
            Declared::Article => 3.0,
            Declared::PerhapsArticle => 1.0,
            _ => 0.0,
        };
        let address = if self.address == Address::Article { 1.5 } else { 0.0 };
        let text = if self.stretch >= 2.0 * STORY_UNITS {
            2.0
        } else if self.stretch >= STORY_UNITS {
            1.0
        } else {
            0.0
        };
        kind + address + text + if self.dated { 0.5 } else { 0.0 } + if self.signed { 0.5 } else { 0.0 }
    }
}

/// A list of other pages: many linked headlines, little text between two of them.
#[expect(clippy::cast_precision_loss, reason = "a page's links are far below 2^52")]
fn index(evidence: &Evidence) -> f64 {
    let address = match evidence.address {
        Address::Root if evidence.headlines >= 5 => 4.0,
        // A page alone on its site, without a list of others.
        Address::Root => 2.0,
        Address::List => 2.5,
        Address::Media => 0.5,
        _ => 0.0,
    };
    let kind = if evidence.kind == Declared::List { 2.0 } else { 0.0 };
    let named = if evidence.named == Some(Why::Index) { 1.5 } else { 0.0 };
    let headlines = evidence.headlines as f64;
    // A short article in a page full of teasers has a piece of text that no teaser has.
    let crowded = if headlines >= 8.0 && headlines * 6.0 > evidence.stretch && evidence.stretch < 80.0 {
        2.5
    } else if headlines >= 5.0 && headlines * 4.0 > evidence.stretch {
        1.5
    } else {
        0.0
    };
    let short = evidence.stretch < STORY_UNITS;
    let thin = if evidence.stretch < 60.0 {
        1.5
    } else if short {
        0.5
    } else {
        0.0
    };
    let linked = short
        && evidence.address != Address::Article
        && evidence.links > 60
        && evidence.links > 12 * evidence.paragraphs.max(1);
    let linked = if linked { 1.0 } else { 0.0 };
    let unsigned = if evidence.dated || evidence.signed { 0.0 } else { 0.5 };
    address + kind + named + crowded + thin + linked + unsigned - evidence.for_article()
}

/// A film, a recording or a gallery with a line or two.
fn media(evidence: &Evidence) -> f64 {
    let kind = if evidence.kind == Declared::Media { 2.5 } else { 0.0 };
    let address = if evidence.address == Address::Media { 2.0 } else { 0.0 };
    if kind + address == 0.0 {
        return 0.0;
    }
    let thin = if evidence.stretch < 40.0 {
        2.5
    } else if evidence.stretch < 80.0 {
        1.5
    } else {
        0.0
    };
    kind + address + thin - evidence.for_article()
}

/// Something for sale, or figures: prices, scores, the weather.
#[expect(clippy::cast_precision_loss, reason = "a page's rows are far below 2^52")]
fn product(evidence: &Evidence) -> f64 {
    let kind = if evidence.kind == Declared::Product { 3.0 } else { 0.0 };
    let figures = evidence.figures as f64;
    let tabular = if figures >= 6.0 && figures * 6.0 > evidence.stretch && evidence.address != Address::Article {
        2.5
    } else {
        0.0
    };
    if kind + tabular == 0.0 {
        return 0.0;
    }
    let thin = if evidence.stretch < 40.0 {
        1.5
    } else if evidence.stretch < STORY_UNITS {
        1.0
    } else {
        0.0
    };
    let unsigned = if evidence.dated || evidence.signed { 0.0 } else { 0.5 };
    kind + tabular + thin + unsigned - evidence.for_article()
}

/// A template without a story in it.
fn stub(evidence: &Evidence) -> f64 {
    if evidence.stretch >= NOTE_UNITS {
        return 0.0;
    }
    let thin = if evidence.stretch < 8.0 { 2.0 } else { 1.0 };
    let short = if evidence.words < 25 { 1.5 } else { 0.5 };
    let unsigned = if evidence.dated || evidence.signed { 0.0 } else { 1.0 };
    // Even what calls itself an article needs a sentence to be one.
    let said = if evidence.stretch < 8.0 { evidence.for_article().min(1.0) } else { evidence.for_article() };
    thin + short + unsigned - said
}
