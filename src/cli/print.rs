//! Tables and JSON on stdout. A reader that hangs up is no error.

use std::io::{self, Write as _};

use chrono::{DateTime, Utc};
use comfy_table::{ContentArrangement, Table};
use serde::Serialize;

use super::Failure;

/// Writes a text and a line's end.
pub fn line(text: &str) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.write_all(b"\n")).and_then(|()| out.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => std::process::exit(0),
        other => Ok(other?),
    }
}

/// Writes a value as one line of JSON.
pub fn json(value: &impl Serialize) -> Result<(), Failure> {
    line(&serde_json::to_string(value).map_err(|error| Failure::failed(error.to_string()))?)
}

/// Writes a table that fits the terminal.
pub fn table(head: &[&str], rows: Vec<Vec<String>>) -> Result<(), Failure> {
    let mut table = Table::new();
    table.load_style(comfy_table::presets::UTF8_HORIZONTAL_ONLY).set_content_arrangement(ContentArrangement::Dynamic);
    table.set_header(head.iter().copied());
    for row in rows {
        table.add_row(row);
    }
    line(&table.to_string())
}

/// A time as people read it.
pub fn time(at: Option<DateTime<Utc>>) -> String {
    at.map_or_else(|| "–".to_owned(), |t| t.format("%Y-%m-%d %H:%M").to_string())
}

/// The first characters of a text.
pub fn short(text: &str, most: usize) -> String {
    let flat = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if flat.chars().count() <= most { flat } else { flat.chars().take(most - 1).chain(['…']).collect() }
}
