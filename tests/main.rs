//! Examples of the domain, one module a stage.

#[path = "main/clean.rs"]
mod clean;
#[path = "main/feed_list.rs"]
mod feed_list;
