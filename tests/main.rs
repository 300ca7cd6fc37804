//! Examples of the domain, one module a stage.

#[path = "main/feed_list.rs"]
mod feed_list;
#[path = "main/newspaper.rs"]
mod newspaper;
