//! Why something is no article, in words that say what it is and what to do.

use crate::page::tree::TreeError;

/// A refusal. Each kind leads to another action; none is worth trying again with the same bytes.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CleanError {
    /// Nothing in it.
    #[error("the page is empty: fetch it again, or look whether the address still exists")]
    Empty,
    /// Bytes that are no text.
    #[error("this is binary data, not a page: give the address of the article's page")]
    Binary,
    /// A PDF.
    #[error("this is a PDF, not a page: turn it into text and use --plain")]
    Pdf,
    /// An image.
    #[error("this is an image, not a page: give the address of the article's page")]
    Image,
    /// A feed.
    #[error("this is a feed, not a page: use `wireroom parse` for feeds")]
    Feed,
    /// A page that costs more than any page should.
    #[error("the page was refused while parsing: {0}")]
    Tree(#[from] TreeError),
    /// A page, but not one that tells a story.
    #[error("this page is no article: {why}")]
    NotAnArticle {
        /// What it is instead.
        why: Why,
    },
}

/// What a page is when it is no article.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Why {
    /// No text that could be a story.
    #[error("it holds no text that could be a story (it may be drawn by script)")]
    NoText,
    /// A list of other pages.
    #[error("it lists other pages; give the address of one of them")]
    Index,
    /// A login.
    #[error("it asks to log in")]
    Login,
    /// A consent wall.
    #[error("it asks for consent before it shows anything")]
    Consent,
    /// A page that says it is not there, with status 200.
    #[error("it says that the article does not exist")]
    Gone,
    /// A film, a recording or a gallery.
    #[error("it shows a film, a recording or pictures, and tells no story in words")]
    Media,
    /// Something for sale, or a table of figures.
    #[error("it offers a product or lists figures, such as prices, scores or the weather")]
    Product,
    /// A headline, and the rest to be paid for.
    #[error("it shows nothing of its story to those who do not pay")]
    Paywall,
    /// Maintenance, or a domain that is for sale.
    #[error("the site is closed for now, or its domain is for sale")]
    Unavailable,
    /// A page that only leads to another.
    #[error("it only leads to another page; give that one's address")]
    Redirect,
    /// Terms, privacy, contact.
    #[error("it is about the site itself: its terms, its privacy, its contact")]
    Site,
    /// A check that a visitor is human.
    #[error("it checks whether the visitor is a robot")]
    RobotCheck,
}

impl CleanError {
    /// The word for JSON, metrics and the database.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::Binary => "binary",
            Self::Pdf => "pdf",
            Self::Image => "image",
            Self::Feed => "feed",
            Self::Tree(TreeError::TooLarge(_)) => "too-large",
            Self::Tree(TreeError::TooManyNodes(_)) => "too-many-nodes",
            Self::Tree(TreeError::TooDeep(_)) => "too-deep",
            Self::Tree(TreeError::TooManyAttributes) => "too-many-attributes",
            Self::Tree(TreeError::TooSlow) => "too-slow",
            Self::NotAnArticle { why } => match why {
                Why::NoText => "no-text",
                Why::Index => "index",
                Why::Login => "login",
                Why::Consent => "consent",
                Why::Gone => "gone",
                Why::Media => "media",
                Why::Product => "product",
                Why::Paywall => "paywall",
                Why::Unavailable => "unavailable",
                Why::Redirect => "redirect",
                Why::Site => "site",
                Why::RobotCheck => "robot-check",
            },
        }
    }
}
