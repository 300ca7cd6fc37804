//! What tests of several stages share.

#[path = "support/server.rs"]
pub mod server;
