//! Who, what, where, when and how much: what an article's text talks about.
//!
//! In: a text, its title and its publication time. Out: [`Findings`]. All offsets count Unicode scalar values in the
//! text, half-open; lists are sorted by `start`, and mentions do not overlap each other.

use chrono::{DateTime, Utc};
use serde::Serialize;

mod amount;
mod date;
mod join;
mod language;
mod lexicon;
mod marks;
mod memory;
mod quote;
mod recognise;
mod relative;
mod run;
mod title;
mod token;

pub use lexicon::Lexicon;

/// The longest text read, in characters: a book chapter; what lies behind it is left unread.
const TEXT_CHARS_MAX: usize = 400_000;

/// Finds names, quotes, dates and amounts in a text.
///
/// `published_at` is what relative dates count from. `language` is BCP 47; where it is not English, only what needs no
/// grammar is found.
pub fn extract(
    text: &str,
    title: Option<&str>,
    published_at: Option<DateTime<Utc>>,
    language: Option<&str>,
    lexicon: &Lexicon,
) -> Findings {
    let text = text.char_indices().nth(TEXT_CHARS_MAX).and_then(|(end, _)| text.get(..end)).unwrap_or(text);
    let tokens = token::Tokens::new(text, lexicon);
    let english = language::is_english(&tokens, language);
    let mut names = recognise::recognise(&tokens, lexicon);
    if !english {
        names.retain(|name| language::holds_elsewhere(&tokens, lexicon, name));
    }
    let (mut mentions, mut entities) = join::join(&tokens, lexicon, &names);
    if english {
        title::attach(&tokens, &names, &mentions, &mut entities);
    }
    let chars = tokens.list.last().map_or(0, |token| token.end);
    join::rank(&mut mentions, &mut entities, title, chars);
    let quotes = if english { quote::quotes(&tokens, &names, &mentions, &entities) } else { Vec::new() };
    let (mut dates, taken) = date::dates(&tokens, published_at);
    let mut amounts = amount::amounts(&tokens, &taken);
    if !english {
        dates.retain(|date| language::is_iso_date(&date.text));
        amounts.retain(|amount| amount.kind == AmountKind::Money);
    }
    Findings { mentions, entities, quotes, dates, amounts }
}

/// Everything found in one article.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Findings {
    /// Every place where a name stands.
    pub mentions: Vec<Mention>,
    /// The things the names stand for, most salient first.
    pub entities: Vec<Entity>,
    /// What was said, and by whom.
    pub quotes: Vec<Quote>,
    /// Dates and times, resolved against the publication time.
    pub dates: Vec<DateMention>,
    /// Money, percentages and counted things.
    pub amounts: Vec<Amount>,
}

/// What kind of thing a name stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum EntityKind {
    /// A person.
    Person,
    /// A company, agency, party, alliance, team.
    Organization,
    /// A country, region, city, sea, mountain.
    Place,
    /// A nationality, religion or movement.
    Group,
    /// A building, airport, bridge, camp.
    Facility,
    /// A war, summit, tournament, storm.
    Event,
    /// A thing that is made and sold.
    Product,
    /// A book, film, song, painting.
    Work,
    /// A law, treaty, case.
    Law,
}

impl EntityKind {
    /// The word used in JSON and in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Person => "person",
            Self::Organization => "organization",
            Self::Place => "place",
            Self::Group => "group",
            Self::Facility => "facility",
            Self::Event => "event",
            Self::Product => "product",
            Self::Work => "work",
            Self::Law => "law",
        }
    }
}

/// One place where a name stands.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Mention {
    /// First character.
    pub start: usize,
    /// One past the last character.
    pub end: usize,
    /// The name as it stands there, without title.
    pub text: String,
    /// What kind of thing.
    pub kind: EntityKind,
    /// Index into [`Findings::entities`].
    pub entity: usize,
    /// 0 to 1.
    pub confidence: f32,
}

/// One thing the article talks about.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Entity {
    /// Its fullest name in the article.
    pub name: String,
    /// What kind of thing.
    pub kind: EntityKind,
    /// How many mentions it has.
    pub mentions: usize,
    /// Whether the headline names it.
    pub in_title: bool,
    /// How much the article is about it, 0 to 1.
    pub salience: f32,
    /// The other names used in the article.
    pub aliases: Vec<String>,
    /// Titles and roles given to it ("Russian President").
    pub titles: Vec<String>,
    /// Its Wikidata id, where openly licensed data knows it ("Q159").
    pub wikidata: Option<String>,
}

/// Something said.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Quote {
    /// First character of what was said, inside the quotation marks.
    pub start: usize,
    /// One past the last character.
    pub end: usize,
    /// What was said.
    pub text: String,
    /// Who said it, as named in the article.
    pub speaker: Option<String>,
    /// Index into [`Findings::entities`] of the speaker.
    pub entity: Option<usize>,
    /// The cue ("said", "according to").
    pub verb: Option<String>,
    /// How it was told.
    pub kind: QuoteKind,
}

/// How something said is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum QuoteKind {
    /// Whole sentences in quotation marks.
    Direct,
    /// A few quoted words inside the reporter's sentence.
    Mixed,
    /// Told without quotation marks.
    Indirect,
}

impl QuoteKind {
    /// The word used in JSON and in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Direct => "direct",
            Self::Mixed => "mixed",
            Self::Indirect => "indirect",
        }
    }
}

/// A date or time in the text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DateMention {
    /// First character.
    pub start: usize,
    /// One past the last character.
    pub end: usize,
    /// As it stands there.
    pub text: String,
    /// ISO 8601, cut off at its precision: `2022-09-15`, `2022-02`, `2022`; null where nothing resolves it.
    pub value: Option<String>,
    /// The end of a range, likewise, inclusive.
    pub until: Option<String>,
    /// How exact the value is.
    pub precision: DatePrecision,
}

/// How exact a date in the text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum DatePrecision {
    /// Hours and minutes are given.
    Minute,
    /// A day.
    Day,
    /// A week.
    Week,
    /// A month.
    Month,
    /// A quarter of a year.
    Quarter,
    /// A year.
    Year,
    /// A decade.
    Decade,
    /// A vague time ("recently", "a few weeks ago").
    Vague,
}

impl DatePrecision {
    /// The word used in JSON and in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Minute => "minute",
            Self::Day => "day",
            Self::Week => "week",
            Self::Month => "month",
            Self::Quarter => "quarter",
            Self::Year => "year",
            Self::Decade => "decade",
            Self::Vague => "vague",
        }
    }
}

/// Money, a percentage or a counted thing.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Amount {
    /// First character.
    pub start: usize,
    /// One past the last character.
    pub end: usize,
    /// As it stands there.
    pub text: String,
    /// What is measured.
    pub kind: AmountKind,
    /// The number, magnitude applied.
    pub value: f64,
    /// ISO 4217 for money, `percent` for percentages, the counted noun for quantities.
    pub unit: Option<String>,
}

/// What an amount measures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum AmountKind {
    /// Money.
    Money,
    /// Percent.
    Percent,
    /// Anything else that is counted.
    Quantity,
}

impl AmountKind {
    /// The word used in JSON and in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Money => "money",
            Self::Percent => "percent",
            Self::Quantity => "quantity",
        }
    }
}
