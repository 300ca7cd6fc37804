//! What tests of several stages share.

#[path = "support/authority.rs"]
pub mod authority;
#[path = "support/database.rs"]
pub mod database;
#[path = "support/press.rs"]
pub mod press;
#[path = "support/server.rs"]
pub mod server;
