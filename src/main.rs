//! The wireroom command.

use std::process::ExitCode;

use wireroom::feed_list;

const USAGE: &str = "usage: wireroom validate [FEEDS.toml]\n\nChecks a feed list and names every bad table with its line.\nExample: wireroom validate config/feeds.toml";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["--help" | "-h"] | ["validate", "--help" | "-h"] => {
            println!("{USAGE}");
            ExitCode::SUCCESS
        }
        ["validate"] => validate("config/feeds.toml"),
        ["validate", path] => validate(path),
        _ => {
            eprintln!("{USAGE}");
            ExitCode::from(2)
        }
    }
}

fn validate(path: &str) -> ExitCode {
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) => {
            eprintln!("{path}: cannot be read as text: {error}; give the path of a feed list");
            return ExitCode::from(78);
        }
    };
    match feed_list::read(&text) {
        Err(error) => {
            eprintln!("{path}: {error}");
            ExitCode::from(78)
        }
        Ok(list) => {
            for rejected in &list.rejected {
                eprintln!("{path}:{}: {}", rejected.line, rejected.reason);
            }
            println!("{path}: {} feeds, {} rejected", list.feeds.len(), list.rejected.len());
            ExitCode::from(if list.rejected.is_empty() { 0 } else { 78 })
        }
    }
}
