//! The keys of a feed's options: one table says how each is read and written.

use std::ops::RangeInclusive;
use std::time::Duration;

use serde_json::{Map, Value};
use url::Url;

use super::{FeedOptions, Given};
use crate::config::SecretName;
use crate::config::load::parse_duration;
use crate::fetch::manner::{Proxy, header_name};

type Set = fn(&mut FeedOptions, &Value) -> Result<(), String>;
type Write = fn(&FeedOptions) -> Option<Value>;

/// Headers of one feed, at most.
const HEADERS_MAX: usize = 32;
/// The longest value taken: servers take no longer header lines.
const VALUE_BYTES_MAX: usize = 8 << 10;
/// Bounds of an interval that mean something.
const INTERVALS: RangeInclusive<Duration> = Duration::from_secs(1)..=Duration::from_hours(720);
/// What begins the name of a secret.
const SECRET: &str = "secret:";
/// Headers whose value is a key to something: they are given by the name of a secret only.
const PRIVATE_HEADERS: [&str; 4] = ["authorization", "x-api-key", "x-auth-token", "x-access-token"];

/// Every key, how it is set, and how it is written where it is not as usual.
const KEYS: &[(&str, Set, Write)] = &[
    (
        "user_agent",
        |o, v| {
            let name = text(v)?;
            let visible = !name.is_empty() && name.bytes().all(|b| (b' '..=b'~').contains(&b));
            if !visible {
                return Err("must be a name in ASCII".to_owned());
            }
            o.user_agent = Some(name.to_owned());
            Ok(())
        },
        |o| o.user_agent.clone().map(Value::String),
    ),
    ("headers", headers, |o| {
        let headers = o.headers.iter().map(|(name, given)| (name.clone(), written_value(given)));
        (!o.headers.is_empty()).then(|| Value::Object(headers.collect()))
    }),
    (
        "auth",
        |o, v| match given(v)? {
            Given::Secret(name) => {
                o.auth = Some(name);
                Ok(())
            }
            Given::Plainly(_) => Err("must be the name of a secret: write it as \"secret:paper\"".to_owned()),
        },
        |o| o.auth.as_ref().map(|name| written_value(&Given::Secret(name.clone()))),
    ),
    (
        "cookies",
        |o, v| {
            o.cookies = Some(given(v)?);
            Ok(())
        },
        |o| o.cookies.as_ref().map(written_value),
    ),
    (
        "proxy",
        |o, v| {
            let proxy = given(v)?;
            if let Given::Plainly(address) = &proxy
                && Proxy::parse(address)?.signs_in()
            {
                return Err("holds a user name or password: give the whole address as a secret".to_owned());
            }
            o.proxy = Some(proxy);
            Ok(())
        },
        |o| o.proxy.as_ref().map(written_value),
    ),
    (
        "conditional",
        |o, v| {
            o.conditional = truth(v)?;
            Ok(())
        },
        |o| (!o.conditional).then_some(Value::Bool(false)),
    ),
    (
        "fetch_pages",
        |o, v| {
            o.fetch_pages = truth(v)?;
            Ok(())
        },
        |o| (!o.fetch_pages).then_some(Value::Bool(false)),
    ),
    (
        "robots",
        |o, v| {
            o.robots = truth(v)?;
            Ok(())
        },
        |o| o.robots.then_some(Value::Bool(true)),
    ),
    (
        "interval_min",
        |o, v| {
            o.interval_min = Some(interval(v)?);
            Ok(())
        },
        |o| o.interval_min.map(written_interval),
    ),
    (
        "interval_max",
        |o, v| {
            o.interval_max = Some(interval(v)?);
            Ok(())
        },
        |o| o.interval_max.map(written_interval),
    ),
];

/// Written by the program, not by people.
const LISTED_AT: &str = "listed_at";

/// Sets one key.
pub(super) fn set(options: &mut FeedOptions, key: &str, value: &Value) -> Result<(), String> {
    if key == LISTED_AT {
        options.listed_at = Some(Url::parse(text(value)?).map_err(|_| format!("{LISTED_AT} is no address"))?);
        return Ok(());
    }
    if let Some((_, set, _)) = KEYS.iter().find(|(known, _, _)| *known == key) {
        return set(options, value).map_err(|why| format!("{key}: {why}"));
    }
    let alike = |name: &str| strsim::jaro_winkler(name, key);
    let nearest = KEYS.iter().map(|(name, _, _)| *name).max_by(|a, b| alike(a).total_cmp(&alike(b)));
    Err(format!("there is no option {key:?}; did you mean {}?", nearest.unwrap_or_default()))
}

/// All that is not as usual.
pub(super) fn written(options: &FeedOptions) -> Value {
    let mut table: Map<String, Value> =
        KEYS.iter().filter_map(|(key, _, write)| Some(((*key).to_owned(), write(options)?))).collect();
    table.extend(options.listed_at.as_ref().map(|url| (LISTED_AT.to_owned(), Value::String(url.to_string()))));
    Value::Object(table)
}

fn headers(options: &mut FeedOptions, value: &Value) -> Result<(), String> {
    let table = value.as_object().ok_or("must be a table of name = \"value\"")?;
    if table.len() > HEADERS_MAX {
        return Err(format!("more than {HEADERS_MAX} headers"));
    }
    for (name, value) in table {
        let name = header_name(name)?;
        let value = given(value).map_err(|why| format!("{name} {why}"))?;
        if PRIVATE_HEADERS.contains(&name.as_str()) && matches!(value, Given::Plainly(_)) {
            return Err(format!("{name} must be given by the name of a secret: write it as \"secret:paper\""));
        }
        options.headers.push((name.to_string(), value));
    }
    Ok(())
}

fn given(value: &Value) -> Result<Given, String> {
    let text = text(value)?;
    match text.strip_prefix(SECRET) {
        Some(name) => SecretName::parse(name).map(Given::Secret),
        None if text.len() > VALUE_BYTES_MAX => Err(format!("is longer than {VALUE_BYTES_MAX} bytes")),
        None if text.chars().any(char::is_control) => Err("has control characters".to_owned()),
        None => Ok(Given::Plainly(text.to_owned())),
    }
}

fn written_value(given: &Given) -> Value {
    Value::String(match given {
        Given::Plainly(text) => text.clone(),
        Given::Secret(name) => format!("{SECRET}{}", name.as_str()),
    })
}

fn interval(value: &Value) -> Result<Duration, String> {
    let interval = parse_duration(text(value)?)?;
    if INTERVALS.contains(&interval) { Ok(interval) } else { Err("must be between 1s and 30d".to_owned()) }
}

fn written_interval(interval: Duration) -> Value {
    Value::String(format!("{}ms", interval.as_millis()))
}

fn text(value: &Value) -> Result<&str, String> {
    value.as_str().ok_or_else(|| "must be text in quotation marks".to_owned())
}

fn truth(value: &Value) -> Result<bool, String> {
    value.as_bool().ok_or_else(|| "must be true or false".to_owned())
}
