//! Any bytes as a page, stripped of scripts, styles and drawings.

#![no_main]

use libfuzzer_sys::fuzz_target;

#[path = "../../src"]
mod library {
    #[allow(dead_code, unused_imports, reason = "the daemon uses all of it, the target one function")]
    pub mod article;
    #[allow(dead_code, unused_imports, reason = "the daemon uses all of it, the target one function")]
    pub mod feed;
    #[allow(dead_code, unused_imports, reason = "the daemon uses all of it, the target one function")]
    pub mod page;
}
#[allow(dead_code, reason = "the other target uses the other half")]
#[path = "../page_laws.rs"]
mod page_laws;
use library::{article, feed, page};

fuzz_target!(|input: &[u8]| page_laws::strip(input));
