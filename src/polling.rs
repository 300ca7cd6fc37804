//! How a feed is asked and what its answer means: the rules of one poll, as pure functions.
//!
//! What came of a poll is one word of a closed vocabulary ([`outcome`]). Validators are sent back verbatim, to the
//! address they came from and to no other, and are not believed for ever ([`validators`]). A new address is adopted when
//! it has been seen to last ([`moves`]). What is set for one feed alone, sign-in and proxies among it, is in [`options`]. When to poll next is [`crate::schedule`]'s.

pub mod moves;
pub mod options;
pub mod outcome;
pub mod validators;

pub use moves::{Move, Sighting};
pub use options::FeedOptions;
pub use outcome::{Class, Outcome};
pub use validators::{Validators, ValidatorsState};
