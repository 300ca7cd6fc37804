//! What a block looks like by itself.

use super::Writer;
use super::log;
use crate::article::blocks::{Block, Kind};
use crate::article::text::{ends_sentence, is_spaceless};

/// What the text of a block looks like.
pub(super) fn shape(row: &mut Writer, block: &Block, units: f64) {
    let (mut commas, mut digits, mut upper, mut letters, mut quotes, mut stops, mut lines, mut bars, mut spaceless) =
        (0u32, 0u32, 0u32, 0u32, 0u32, 0u32, 0u32, 0u32, 0u32);
    let mut before = ' ';
    for c in block.text.chars() {
        match c {
            ',' | '，' | '、' | '،' | ';' => commas += 1,
            '0'..='9' => digits += 1,
            '"' | '“' | '”' | '„' | '«' | '»' | '「' | '」' => quotes += 1,
            '|' | '·' | '•' | '©' | '›' | '→' | '▶' => bars += 1,
            '\n' => lines += 1,
            c if c.is_whitespace() && matches!(before, '.' | '!' | '?' | '…') => stops += 1,
            '。' => stops += 1,
            _ => {}
        }
        if c.is_alphabetic() {
            letters += 1;
            upper += u32::from(c.is_uppercase());
            spaceless += u32::from(is_spaceless(c));
        }
        before = c;
    }
    let chars = block.chars.max(1) as f32;
    row.put(log(units));
    row.put(block.link_density() as f32);
    row.put(block.bold_chars as f32 / chars);
    row.put(kind_code(block.kind));
    row.flag(ends_sentence(&block.text));
    row.flag(block.text.ends_with([':', '：']));
    row.put(commas as f32 / (units as f32).max(1.0));
    row.put(digits as f32 / chars);
    row.put(upper as f32 / (letters as f32).max(1.0));
    row.put(chars / (block.words as f32).max(1.0));
    row.put(stops.min(20) as f32);
    row.put(quotes.min(6) as f32);
    row.put(bars.min(6) as f32);
    row.put(lines.min(10) as f32);
    row.flag(spaceless * 2 > letters);
    row.flag(block.text.contains("://") || block.text.contains('@') || block.text.contains("pic.twitter"));
    row.flag(block.text.starts_with(['-', '–', '—', '•', '*', '©', '(', '[']));
    let capitals = block.text.split_whitespace().filter(|word| word.starts_with(char::is_uppercase)).count();
    row.put(capitals as f32 / (block.words as f32).max(1.0));
    let start = block.text.chars().next().unwrap_or(' ');
    row.put(if start.is_lowercase() {
        1.0
    } else if start.is_numeric() {
        2.0
    } else if start.is_alphabetic() {
        0.0
    } else {
        3.0
    });
}

/// A kind as a number.
pub(super) fn kind_code(kind: Kind) -> f32 {
    match kind {
        Kind::Paragraph => 0.0,
        Kind::Quote => 1.0,
        Kind::Item => 2.0,
        Kind::Row => 3.0,
        Kind::Heading(level) => 3.0 + f32::from(level),
        Kind::Caption => 10.0,
    }
}

/// A tag as a number.
pub(super) fn tag_code(tag: &str) -> f32 {
    match tag {
        "p" => 0.0,
        "h2" | "h3" | "h4" | "h5" | "h6" => 1.0,
        "blockquote" => 2.0,
        "li" => 3.0,
        "td" | "tr" | "th" => 4.0,
        "section" | "article" => 5.0,
        "div" => 6.0,
        "figcaption" | "figure" => 7.0,
        "aside" | "nav" | "footer" | "header" => 8.0,
        _ => 9.0,
    }
}
