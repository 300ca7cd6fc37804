//! Examples of the domain, one module a stage.

#[path = "main/archive.rs"]
mod archive;
#[path = "main/clean.rs"]
mod clean;
#[path = "main/clean_bench.rs"]
mod clean_bench;
#[path = "main/cli.rs"]
mod cli;
#[path = "main/config.rs"]
mod config;
#[path = "main/daemon.rs"]
mod daemon;
#[path = "main/dictionary.rs"]
mod dictionary;
#[path = "main/discover.rs"]
mod discover;
#[path = "main/embedded.rs"]
mod embedded;
#[path = "main/end_to_end.rs"]
mod end_to_end;
#[path = "main/feed.rs"]
mod feed;
#[path = "main/feed_dates.rs"]
mod feed_dates;
#[path = "main/feed_documents.rs"]
mod feed_documents;
#[path = "main/feed_list.rs"]
mod feed_list;
#[path = "main/fetch.rs"]
mod fetch;
#[path = "main/furniture.rs"]
mod furniture;
#[path = "main/hostile_pages.rs"]
mod hostile_pages;
#[path = "main/identity.rs"]
mod identity;
#[path = "main/mention.rs"]
mod mention;
#[path = "main/newspaper.rs"]
mod newspaper;
#[path = "main/polling.rs"]
mod polling;
#[path = "main/prompts.rs"]
mod prompts;
#[path = "main/push.rs"]
mod push;
#[path = "main/refusals.rs"]
mod refusals;
#[path = "main/reprocess.rs"]
mod reprocess;
#[path = "main/schedule.rs"]
mod schedule;
#[path = "main/site_rules.rs"]
mod site_rules;
#[path = "main/store.rs"]
mod store;
#[path = "main/support.rs"]
mod support;
