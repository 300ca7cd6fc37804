//! The wireroom command; everything is in the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    wireroom::cli::main()
}
