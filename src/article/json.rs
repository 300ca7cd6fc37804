//! JSON of a page's scripts, read within a budget: a tree of values takes forty times the bytes it was written with.

use std::cell::Cell;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

/// Memory that the values of a page's scripts of one kind may take, estimated. The largest of 2,333 scripts on 2,012 pages takes 6.5 MB.
pub(super) const BYTES_MAX: usize = 10 << 20;
/// What a value takes besides its text.
const VALUE_BYTES: usize = 96;

/// Reads a text as JSON; `None` where it is none, is nested deeper than 127 levels, or holds more than the budget.
pub(super) fn read(text: &str) -> Option<Value> {
    read_within(text, &Cell::new(BYTES_MAX))
}

/// As [`read`], within what is left of a budget that several texts share. A text that is refused costs its neighbours
/// nothing.
pub(super) fn read_within(text: &str, left: &Cell<usize>) -> Option<Value> {
    let mut json = serde_json::Deserializer::from_str(text);
    let before = left.get();
    let value = Budget(left).deserialize(&mut json).and_then(|value| json.end().map(|()| value)).ok();
    if value.is_none() {
        left.set(before);
    }
    value
}

/// As [`read_within`], whatever stands behind the value.
pub(super) fn read_first(text: &str, left: &Cell<usize>) -> Option<Value> {
    let before = left.get();
    let value = Budget(left).deserialize(&mut serde_json::Deserializer::from_str(text)).ok();
    if value.is_none() {
        left.set(before);
    }
    value
}

/// What is left to spend.
#[derive(Clone, Copy)]
struct Budget<'a>(&'a Cell<usize>);

impl Budget<'_> {
    fn spend<E: Error>(self, bytes: usize) -> Result<(), E> {
        let left = self.0.get().checked_sub(bytes + VALUE_BYTES).ok_or_else(|| E::custom("more than a page needs"))?;
        self.0.set(left);
        Ok(())
    }
}

impl<'de> DeserializeSeed<'de> for Budget<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<Value, D::Error> {
        json.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Budget<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Value, E> {
        self.spend(0)?;
        Ok(value.into())
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Value, E> {
        self.spend(0)?;
        Ok(value.into())
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Value, E> {
        self.spend(0)?;
        Ok(value.into())
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
        self.spend(0)?;
        Ok(value.into())
    }

    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        self.spend(0)?;
        Ok(Value::Null)
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Value, E> {
        self.spend(value.len())?;
        Ok(value.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        self.spend(0)?;
        let mut read = Vec::new();
        while let Some(item) = items.next_element_seed(self)? {
            read.push(item);
        }
        Ok(Value::Array(read))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Value, A::Error> {
        self.spend(0)?;
        let mut read = Map::new();
        while let Some(key) = fields.next_key::<String>()? {
            // A field is a name, a place in the table and its value.
            self.spend(key.len())?;
            let value = fields.next_value_seed(self)?;
            read.insert(key, value);
        }
        Ok(Value::Object(read))
    }
}
