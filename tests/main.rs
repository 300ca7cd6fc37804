//! Examples of the domain, one module a stage.

#[path = "main/archive.rs"]
mod archive;
#[path = "main/feed_list.rs"]
mod feed_list;
#[path = "main/fetch.rs"]
mod fetch;
#[path = "main/support.rs"]
mod support;
