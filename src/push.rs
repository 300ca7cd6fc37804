//! WebSub (W3C Recommendation of 2018): what a hub is told, what it asks back, and what is believed of what it sends.
//!
//! Pure: the rules of the protocol, and no socket. In: headers, a document's own links, a callback's path and query, a
//! body with its signature. Out: whom to subscribe to ([`source`]), what a callback wants ([`callback`]), whether a push
//! is the hub's ([`signature`]), when to ask again ([`lease`]). Asking and recording are
//! [`crate::pipeline`]'s, the socket is [`crate::http::callback`].

pub mod callback;
pub mod lease;
pub mod links;
pub mod signature;
pub mod source;

pub use callback::{Question, Token};
pub use source::Source;
