//! # wireroom: the world's news, read as it is published
//!
//! The file list is the data's journey. What a stage takes and gives has one type per state of the datum:
//!
//! ```text
//!   feed_list ──▶ feed ──▶ identity ──▶ page ──▶ article ──▶ mention ──▶ rows
//!   ListedFeed    Feed      EntryKey    Tree     Article     Findings    ArticleRows
//!   (TOML, OPML)  Entry     UrlKey      (HTML)   (clean)     (extract)
//!        ▲          ▲                     ▲                                 │
//!  ══════│══════════│═════ the rim ═══════│═════════════════════════════════│═════
//!     config      fetch  ◀── pipeline ──▶ archive (WARC)                    ▼
//!     cli         schedule                                       store ──▶ PostgreSQL
//!     http, telemetry, demo                                      embedded (brings it up)
//! ```
//!
//! ## Invariants
//! - **Pure in the middle.** [`feed`], [`discover`], [`diagnosis`], [`identity`], [`polling`], [`push`], [`schedule`],
//!   [`page`], [`article`], [`mention`] and [`rows`] are functions of their arguments: no `async`, clock, pool or
//!   environment.
//! - **One HTTP client**, in [`fetch`]: every hop's address is checked, every body counted, every wait bounded.
//! - **One way to build a tree from the network's HTML**, [`page::tree::build`]: nodes, depth and time are limited.
//! - **The queue is in Postgres.** Work is leased under a fencing token and charged at the claim ([`store`]); what is in
//!   memory may be lost at any moment without losing news. Every write can run twice with the effect of once.
//! - **Validators are stored only with the items they vouch for.** A crash never turns into a 304 that hides news.
//! - **Every page is kept** before the rows that were made of it are committed ([`archive`]).
//! - **A broken item is data.** It gets a reason from a closed set, and costs its neighbours nothing.
//! - **Rules are data**: `config/rules`, `config/gazetteers`.
//!
//! Start reading at [`pipeline`], which holds the topology; the recogniser of names is replaced in one spot,
//! `mention::recognise::recognise`: tokens and lexicon in, spans out.

pub mod diagnosis;
pub mod discover;
pub mod feed_list;

pub mod feed;
pub mod identity;
pub mod polling;
pub mod push;
pub mod schedule;

pub mod page;

pub mod article;

pub mod mention;

pub mod rows;

pub mod archive;
pub mod cli;
pub mod config;
pub mod demo;
pub mod embedded;
pub mod fetch;
pub mod http;
pub mod pipeline;
pub mod store;
pub mod telemetry;
