//! wireroom reads the world's news as it is published.
//!
//! So far the crate holds the first step of the journey only:
//!
//! ```text
//! config/feeds.toml ── feed_list::read ──> FeedList { feeds, rejected }
//! ```
//!
//! * [`feed_list`] reads the list of feeds that people edit.

pub mod feed_list;
