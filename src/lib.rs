//! # wireroom: the world's news, read as it is published
//!
//! The file list is the data's journey. What a stage takes and gives has one type per state:
//!
//! ```text
//!  feed_list ─▶ feed ─▶ entry keys ─▶ page ─▶ article ─▶ mention ─▶ rows
//!  (TOML, OPML)  parse    identity     HTML    clean      extract
//! ```
//!
//! The stages are pure functions: bytes in, value out.

pub mod archive;
pub mod article;
pub mod cli;
pub mod config;
pub mod demo;
pub mod embedded;
pub mod feed;
pub mod feed_list;
pub mod fetch;
pub mod http;
pub mod identity;
pub mod mention;
pub mod page;
pub mod pipeline;
pub mod rows;
pub mod schedule;
pub mod store;
pub mod telemetry;
