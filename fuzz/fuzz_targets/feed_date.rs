//! Any bytes as a date.

#![no_main]

use libfuzzer_sys::fuzz_target;

#[path = "../../src"]
mod library {
    #[allow(dead_code, unused_imports, reason = "the daemon uses all of it, the target one function")]
    pub mod feed;
}
#[allow(dead_code, reason = "the other target uses the other half")]
#[path = "../laws.rs"]
mod laws;
use library::feed;

fuzz_target!(|input: &[u8]| laws::date(input));
