//! JSON that is none by the letter: control characters in texts, commas before a closing bracket, half a surrogate pair,
//! a document that ends in the middle.
//!
//! In: a text. Out: its value up to where it makes no sense any more, and what had to be mended. A text or a number that
//! was cut is dropped; what was whole before it stays. Nesting is bounded, for the reader is recursive.

use serde_json::{Map, Number, Value};

use super::super::markup::CUT_OFF;

/// The deepest nesting kept, as in `serde_json`.
const DEPTH_MAX: usize = 100;

/// Reads what can be read, and what was mended; `None` when that is no object.
pub fn read(text: &str) -> Option<(Value, Vec<&'static str>)> {
    let mut reader = Reader { rest: text, mended: Vec::new(), is_over: false };
    let value = reader.value(0)?;
    if reader.mended.is_empty() {
        reader.mend("something after the document's end");
    }
    value.is_object().then_some((value, reader.mended))
}

struct Reader<'a> {
    rest: &'a str,
    mended: Vec<&'static str>,
    /// Whether the document ended, or what follows makes no sense.
    is_over: bool,
}

impl Reader<'_> {
    fn mend(&mut self, what: &'static str) {
        if !self.mended.contains(&what) {
            self.mended.push(what);
        }
    }

    fn stop(&mut self) {
        self.is_over = true;
        let what = if self.rest.is_empty() { CUT_OFF } else { "JSON that breaks off" };
        self.mend(what);
    }

    /// The next character that is no white space.
    fn peek(&mut self) -> Option<char> {
        self.rest = self.rest.trim_start_matches(|c: char| c.is_whitespace() || c.is_control() || c == '\u{feff}');
        self.rest.chars().next()
    }

    fn next_is(&mut self, wanted: char) -> bool {
        let found = self.peek() == Some(wanted);
        if found {
            self.rest = self.rest.strip_prefix(wanted).unwrap_or_default();
        }
        found
    }

    fn value(&mut self, depth: usize) -> Option<Value> {
        if depth > DEPTH_MAX {
            self.stop();
            return None;
        }
        match self.peek() {
            Some('{') => Some(self.object(depth)),
            Some('[') => Some(self.array(depth)),
            Some('"') => self.string().map(Value::String),
            Some(_) => self.bare(),
            None => {
                self.stop();
                None
            }
        }
    }

    fn object(&mut self, depth: usize) -> Value {
        let mut members = Map::new();
        self.next_is('{');
        loop {
            if self.next_is('}') {
                break;
            }
            if self.next_is(',') {
                self.mend("a comma too many");
                continue;
            }
            let key = if self.peek() == Some('"') { self.string() } else { None };
            let Some(key) = key.filter(|_| self.next_is(':')) else {
                self.stop();
                break;
            };
            if let Some(value) = self.value(depth + 1) {
                members.insert(key, value);
            }
            if self.is_over || !self.separated('}') {
                break;
            }
        }
        Value::Object(members)
    }

    fn array(&mut self, depth: usize) -> Value {
        let mut list = Vec::new();
        self.next_is('[');
        loop {
            if self.next_is(']') {
                break;
            }
            if self.next_is(',') {
                self.mend("a comma too many");
                continue;
            }
            list.extend(self.value(depth + 1));
            if self.is_over || !self.separated(']') {
                break;
            }
        }
        Value::Array(list)
    }

    /// Whether the next member can follow: after a comma, before the closing bracket, or where a comma was forgotten.
    fn separated(&mut self, closing: char) -> bool {
        if self.next_is(',') {
            if self.peek() == Some(closing) {
                self.mend("a comma too many");
            }
            return true;
        }
        match self.peek() {
            Some(next) if next == closing => true,
            Some('"' | '{' | '[') => {
                self.mend("a comma forgotten");
                true
            }
            _ => {
                self.stop();
                false
            }
        }
    }

    /// A text; `None` when its end is missing.
    fn string(&mut self) -> Option<String> {
        self.next_is('"');
        let mut out = String::new();
        let mut chars = self.rest.char_indices();
        while let Some((at, c)) = chars.next() {
            match c {
                '"' => {
                    self.rest = self.rest.get(at + 1..).unwrap_or_default();
                    return Some(out);
                }
                '\\' => match chars.next().map(|(_, escaped)| escaped) {
                    Some('u') => {
                        let digits = chars.as_str().get(..4).filter(|d| d.bytes().all(|b| b.is_ascii_hexdigit()));
                        let Some(unit) = digits.and_then(|d| u16::from_str_radix(d, 16).ok()) else { continue };
                        chars.nth(3);
                        let low = chars.as_str().strip_prefix("\\u").and_then(|rest| rest.get(..4));
                        let low = low.and_then(|digits| u16::from_str_radix(digits, 16).ok());
                        let pair = char::decode_utf16([unit, low.unwrap_or(0)]).next();
                        let alone = char::decode_utf16([unit]).next();
                        match (alone, pair) {
                            (Some(Ok(c)), _) => out.push(c),
                            (_, Some(Ok(c))) => {
                                chars.nth(5);
                                out.push(c);
                            }
                            _ => {
                                self.mended.extend((!self.mended.contains(&HALF_PAIR)).then_some(HALF_PAIR));
                                out.push(char::REPLACEMENT_CHARACTER);
                            }
                        }
                    }
                    Some('n') => out.push('\n'),
                    Some('t') => out.push('\t'),
                    Some('r') => out.push('\r'),
                    Some('b' | 'f') => out.push(' '),
                    Some(other) => out.push(other),
                    None => {}
                },
                c if c.is_control() && c != '\u{7f}' => {
                    self.mended.extend((!self.mended.contains(&CONTROLS)).then_some(CONTROLS));
                    // Lines broken inside a text are white space; what else there is carries nothing.
                    out.push(if matches!(c, '\n' | '\t') { c } else { ' ' });
                }
                c => out.push(c),
            }
        }
        self.rest = "";
        self.stop();
        None
    }

    /// `true`, `false`, `null`, a number; anything else up to the next mark is read as nothing.
    fn bare(&mut self) -> Option<Value> {
        let end = self.rest.find(|c: char| matches!(c, ',' | '}' | ']' | ':' | '"' | '{' | '[') || c.is_whitespace());
        let (word, rest) = self.rest.split_at_checked(end.unwrap_or(self.rest.len()))?;
        self.rest = rest;
        if word.is_empty() || end.is_none() {
            self.stop();
            return None;
        }
        match word {
            "true" => Some(Value::Bool(true)),
            "false" => Some(Value::Bool(false)),
            "null" => Some(Value::Null),
            _ => {
                let number = word.parse::<Number>().ok();
                if number.is_none() {
                    self.mend("a value that is none");
                }
                Some(number.map_or(Value::Null, Value::Number))
            }
        }
    }
}

const CONTROLS: &str = "control characters";
const HALF_PAIR: &str = "half a surrogate pair";
