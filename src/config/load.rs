//! From a file and the environment to a [`Config`]: all errors at once, each with its place and the nearest right key.

use std::path::{Path, PathBuf};
use std::time::Duration;

use toml::Value;
use url::Url;

use super::{Config, Loaded};

/// One thing wrong with the configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The file and line, or the environment variable.
    pub place: String,
    /// What is wrong, and what would be right.
    pub message: String,
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.place, self.message)
    }
}

type Setter = fn(&mut Config, &Value) -> Result<(), String>;

/// Every key, with what it sets.
const KEYS: &[(&str, Setter)] = &[
    ("data_dir", |c, v| {
        c.data_dir = Some(PathBuf::from(text(v)?));
        Ok(())
    }),
    ("feeds_file", |c, v| {
        c.feeds_file = Some(PathBuf::from(text(v)?));
        Ok(())
    }),
    ("database.listen", |c, v| {
        c.database.listen = address(v)?;
        Ok(())
    }),
    ("database.bin_dir", |c, v| {
        c.database.bin_dir = Some(PathBuf::from(text(v)?));
        Ok(())
    }),
    ("database.connections_max", |c, v| {
        c.database.connections_max = whole(v)?;
        Ok(())
    }),
    ("database.deadline", |c, v| {
        c.database.deadline = duration(v)?;
        Ok(())
    }),
    ("poll.interval_min", |c, v| {
        c.poll.interval_min = duration(v)?;
        Ok(())
    }),
    ("poll.interval_max", |c, v| {
        c.poll.interval_max = duration(v)?;
        Ok(())
    }),
    ("poll.delay_per_request", |c, v| {
        c.poll.delay_per_request = duration(v)?;
        Ok(())
    }),
    ("poll.concurrency", |c, v| {
        c.poll.concurrency = whole(v)?;
        Ok(())
    }),
    ("poll.starts_per_second", |c, v| {
        c.poll.starts_per_second = whole(v)?;
        Ok(())
    }),
    ("poll.entry_age_max", |c, v| {
        let _: () = c.poll.entry_age_max = if v.as_str() == Some("off") { None } else { Some(duration(v)?) };
        Ok(())
    }),
    ("fetch.user_agent", |c, v| {
        c.fetch.user_agent = text(v)?.to_owned();
        Ok(())
    }),
    ("fetch.allow_networks", |c, v| {
        c.fetch.allow_networks = list(v)?
            .iter()
            .map(|n| text(n)?.parse().map_err(|_| format!("{n} is no network: write it as \"10.0.0.0/8\"")))
            .collect::<Result<_, String>>()?;
        Ok(())
    }),
    ("fetch.extra_ca", |c, v| {
        c.fetch.extra_ca = Some(PathBuf::from(text(v)?));
        Ok(())
    }),
    ("fetch.host_delay", |c, v| {
        c.fetch.host_delay = duration(v)?;
        Ok(())
    }),
    ("fetch.host_concurrency", |c, v| {
        c.fetch.host_concurrency = whole(v)?;
        Ok(())
    }),
    ("fetch.concurrency", |c, v| {
        c.fetch.concurrency = whole(v)?;
        Ok(())
    }),
    ("fetch.body_bytes_max", |c, v| {
        c.fetch.body_bytes_max = size(v)?;
        Ok(())
    }),
    ("fetch.connect_timeout", |c, v| {
        c.fetch.connect_timeout = duration(v)?;
        Ok(())
    }),
    ("fetch.read_timeout", |c, v| {
        c.fetch.read_timeout = duration(v)?;
        Ok(())
    }),
    ("fetch.total_timeout", |c, v| {
        c.fetch.total_timeout = duration(v)?;
        Ok(())
    }),
    ("fetch.redirects_max", |c, v| {
        c.fetch.redirects_max = whole(v)?;
        Ok(())
    }),
    ("fetch.robots", |c, v| {
        c.fetch.robots = v.as_bool().ok_or("must be true or false")?;
        Ok(())
    }),
    ("fetch.crawl_delay_max", |c, v| {
        c.fetch.crawl_delay_max = duration(v)?;
        Ok(())
    }),
    ("pipeline.workers", |c, v| {
        c.pipeline.workers = Some(whole(v)?);
        Ok(())
    }),
    ("pipeline.batch_size", |c, v| {
        c.pipeline.batch_size = whole(v)?;
        Ok(())
    }),
    ("pipeline.batch_delay", |c, v| {
        c.pipeline.batch_delay = duration(v)?;
        Ok(())
    }),
    ("pipeline.lease", |c, v| {
        c.pipeline.lease = duration(v)?;
        Ok(())
    }),
    ("pipeline.attempts_max", |c, v| {
        c.pipeline.attempts_max = whole(v)?;
        Ok(())
    }),
    ("pipeline.drain", |c, v| {
        c.pipeline.drain = duration(v)?;
        Ok(())
    }),
    ("push.callback_url", |c, v| {
        c.push.callback_url = callback_url(v)?;
        Ok(())
    }),
    ("push.listen", |c, v| {
        c.push.listen = address(v)?;
        Ok(())
    }),
    ("push.lease", |c, v| {
        c.push.lease = duration(v)?;
        Ok(())
    }),
    ("http.listen", |c, v| {
        c.http.listen = address(v)?;
        Ok(())
    }),
];

/// The names of all keys.
pub fn keys() -> impl Iterator<Item = &'static str> {
    KEYS.iter().map(|(key, _)| *key).chain(["fetch.resolve"])
}

/// Finds and reads the configuration: `explicit`, else `./config/wireroom.toml`, else `/etc/wireroom/wireroom.toml`,
/// else the defaults; then `WIREROOM__SECTION__KEY` from the environment.
pub fn load(explicit: Option<&Path>, environment: &[(String, String)]) -> Result<Loaded, Vec<Problem>> {
    let candidates = ["config/wireroom.toml", "/etc/wireroom/wireroom.toml"];
    let path = explicit.map(Path::to_path_buf).or_else(|| candidates.iter().map(PathBuf::from).find(|p| p.exists()));
    let mut config = Config::default();
    let mut problems = Vec::new();
    if let Some(path) = &path {
        match std::fs::read_to_string(path) {
            Ok(text) => read(&text, &path.display().to_string(), &mut config, &mut problems),
            Err(error) => problems.push(Problem {
                place: path.display().to_string(),
                message: format!("the configuration cannot be read: {error}; give a readable file with --config"),
            }),
        }
    }
    for (name, value) in environment {
        let Some(key) = name.strip_prefix("WIREROOM__") else { continue };
        let key = key.to_lowercase().replace("__", ".");
        // A number or a truth value where it reads as one, else text.
        let value = match toml::from_str::<toml::Table>(&format!("v = {value}")) {
            Ok(mut table) => table.remove("v").unwrap_or_else(|| Value::String(value.clone())),
            Err(_) => Value::String(value.clone()),
        };
        set(&mut config, &key, &value, name, &mut problems);
    }
    check(&config, &mut problems);
    beside(&mut config, path.as_deref());
    config.secrets = super::Secrets::read(environment, &mut problems);
    let database_url = database_url(environment, &mut problems);
    if problems.is_empty() { Ok(Loaded { config, path, database_url }) } else { Err(problems) }
}

fn read(text: &str, file: &str, config: &mut Config, problems: &mut Vec<Problem>) {
    let table: toml::Table = match toml::from_str(text) {
        Ok(table) => table,
        Err(error) => {
            let line = error.span().map_or(1, |s| line_of(text, s.start));
            problems.push(Problem {
                place: format!("{file}:{line}"),
                message: format!("this is no TOML: {}", error.message()),
            });
            return;
        }
    };
    for (name, value) in &table {
        match value {
            Value::Table(section) => {
                for (key, value) in section {
                    let place = format!("{file}:{}", line_of_key(text, Some(name), key));
                    set(config, &format!("{name}.{key}"), value, &place, problems);
                }
            }
            value => set(config, name, value, &format!("{file}:{}", line_of_key(text, None, name)), problems),
        }
    }
}

fn set(config: &mut Config, key: &str, value: &Value, place: &str, problems: &mut Vec<Problem>) {
    let done = match KEYS.iter().find(|(known, _)| *known == key) {
        Some((_, setter)) => setter(config, value).map_err(|why| format!("{key}: {why}")),
        None if key == "fetch.resolve" => resolve(config, value).map_err(|why| format!("{key}: {why}")),
        None => {
            Err(match keys().max_by(|a, b| strsim::jaro_winkler(a, key).total_cmp(&strsim::jaro_winkler(b, key))) {
                Some(nearest) => format!("there is no key {key}; did you mean {nearest}?"),
                None => format!("there is no key {key}"),
            })
        }
    };
    if let Err(message) = done {
        problems.push(Problem { place: place.to_owned(), message });
    }
}

fn resolve(config: &mut Config, value: &Value) -> Result<(), String> {
    let table = value.as_table().ok_or("must be a table of name = \"address:port\"")?;
    for (name, target) in table {
        let target = text(target)?;
        let address =
            target.parse().map_err(|_| format!("{target:?} is no address: write it as \"127.0.0.1:8080\""))?;
        config.fetch.resolve.push((name.clone(), address));
    }
    Ok(())
}

fn check(config: &Config, problems: &mut Vec<Problem>) {
    let mut refuse = |wrong: bool, message: &str| {
        if wrong {
            problems.push(Problem { place: "configuration".to_owned(), message: message.to_owned() });
        }
    };
    refuse(config.poll.interval_min > config.poll.interval_max, "poll.interval_min is longer than poll.interval_max");
    refuse(config.poll.delay_per_request.is_zero(), "poll.delay_per_request must be longer than nothing");
    refuse(config.poll.concurrency == 0, "poll.concurrency must be 1 or more");
    refuse(config.poll.starts_per_second == 0, "poll.starts_per_second must be 1 or more");
    refuse(config.fetch.host_concurrency == 0, "fetch.host_concurrency must be 1 or more");
    refuse(config.fetch.concurrency == 0, "fetch.concurrency must be 1 or more");
    refuse(config.database.connections_max < 3, "database.connections_max must be 3 or more");
    refuse(config.pipeline.lease < Duration::from_secs(3), "pipeline.lease must be 3s or longer");
    refuse(config.pipeline.attempts_max < 1, "pipeline.attempts_max must be 1 or more");
    refuse(
        config.push.listen.is_some() && config.push.callback_url.is_none(),
        "push.listen is set and push.callback_url is not: hubs would not know where to call back",
    );
    refuse(
        config.push.listen.is_some_and(|push| push.port() != 0 && Some(push) == config.http.listen),
        "push.listen and http.listen are one address: the callback is for strangers and needs one of its own",
    );
    let lease = config.push.lease;
    refuse(
        lease < Duration::from_hours(1) || lease > Duration::from_hours(720),
        "push.lease must be between 1h and 30d",
    );
}

/// Relative paths are meant from the configuration file; a feed list beside it is found by itself.
fn beside(config: &mut Config, path: Option<&Path>) {
    let Some(folder) = path.and_then(Path::parent) else { return };
    config.fetch.extra_ca = config.fetch.extra_ca.take().map(|file| folder.join(file));
    config.feeds_file = match config.feeds_file.take() {
        Some(file) => Some(folder.join(file)),
        None => Some(folder.join("feeds.toml")).filter(|file| file.exists()),
    };
}

fn database_url(environment: &[(String, String)], problems: &mut Vec<Problem>) -> Option<super::Secret> {
    let find = |name: &str| environment.iter().find(|(n, v)| n == name && !v.is_empty()).map(|(_, v)| v.clone());
    if let Some(url) = find("DATABASE_URL") {
        return Some(super::Secret::new(url));
    }
    let file = find("DATABASE_URL_FILE")?;
    match std::fs::read_to_string(&file) {
        Ok(url) => Some(super::Secret::new(url.trim().to_owned())),
        Err(error) => {
            problems.push(Problem {
                place: "DATABASE_URL_FILE".to_owned(),
                message: format!("{file} cannot be read: {error}"),
            });
            None
        }
    }
}

fn line_of(text: &str, offset: usize) -> usize {
    1 + text.bytes().take(offset).filter(|b| *b == b'\n').count()
}

fn line_of_key(text: &str, section: Option<&str>, key: &str) -> usize {
    let mut inside: Option<&str> = None;
    for (at, line) in text.lines().enumerate() {
        let line = line.trim();
        if let Some(name) = line.strip_prefix('[').and_then(|l| l.split(']').next()) {
            inside = Some(name);
            // [fetch.resolve] is a key of [fetch].
            if section.is_some_and(|s| name == format!("{s}.{key}")) {
                return at + 1;
            }
        } else if inside == section && line.split('=').next().is_some_and(|k| k.trim() == key) {
            return at + 1;
        }
    }
    1
}

fn text(value: &Value) -> Result<&str, String> {
    value.as_str().ok_or_else(|| format!("{value} must be text in quotation marks"))
}

fn list(value: &Value) -> Result<&[Value], String> {
    value.as_array().map(Vec::as_slice).ok_or_else(|| "must be a list".to_owned())
}

fn whole<T: TryFrom<i64>>(value: &Value) -> Result<T, String> {
    let number = value.as_integer().ok_or_else(|| format!("{value} must be a whole number"))?;
    T::try_from(number).map_err(|_| format!("{number} is out of range"))
}

fn address(value: &Value) -> Result<Option<std::net::SocketAddr>, String> {
    match text(value)? {
        "off" => Ok(None),
        text => {
            text.parse().map(Some).map_err(|_| format!("{text:?} is no address: write \"127.0.0.1:7171\" or \"off\""))
        }
    }
}

/// A base address: what is joined to it goes below its path.
fn callback_url(value: &Value) -> Result<Option<Url>, String> {
    let written = text(value)?;
    if written == "off" {
        return Ok(None);
    }
    let wrong = || format!("{written:?} is no public address: write \"https://news.example.org/\" or \"off\"");
    let mut url = Url::parse(written).map_err(|_| wrong())?;
    let plain = url.username().is_empty() && url.password().is_none() && url.query().is_none();
    if !matches!(url.scheme(), "http" | "https") || !plain || url.fragment().is_some() {
        return Err(wrong());
    }
    if !url.path().ends_with('/') {
        url.set_path(&format!("{}/", url.path()));
    }
    Ok(Some(url))
}

fn duration(value: &Value) -> Result<Duration, String> {
    parse_duration(text(value).map_err(|_| format!("{value} has no unit: write it as \"30s\""))?)
}

/// Reads a duration with its unit: `30s`, `2m`, `24h`.
///
/// # Errors
/// A sentence that says how to write one.
pub fn parse_duration(written: &str) -> Result<Duration, String> {
    let wrong = || format!("{written:?} is no duration: write \"500ms\", \"30s\", \"2m\", \"24h\" or \"7d\"");
    let (number, unit) = split_unit(written).ok_or_else(wrong)?;
    let seconds = match unit {
        "ms" => number / 1000.0,
        "s" => number,
        "m" => number * 60.0,
        "h" => number * 3600.0,
        "d" => number * 86400.0,
        _ => return Err(wrong()),
    };
    Duration::try_from_secs_f64(seconds).map_err(|_| wrong())
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "negative and endless sizes are refused above"
)]
fn size(value: &Value) -> Result<u64, String> {
    let written = text(value).map_err(|_| format!("{value} has no unit: write it as \"5MiB\""))?;
    let wrong = || format!("{written:?} is no size: write \"512KiB\", \"5MiB\" or \"1GiB\"");
    let (number, unit) = split_unit(written).ok_or_else(wrong)?;
    let factor = match unit {
        "B" => 1.0,
        "KiB" => 1024.0,
        "MiB" => 1024.0 * 1024.0,
        "GiB" => 1024.0 * 1024.0 * 1024.0,
        "kB" => 1e3,
        "MB" => 1e6,
        "GB" => 1e9,
        _ => return Err(wrong()),
    };
    if !(0.0..1e12).contains(&(number * factor)) {
        return Err(wrong());
    }
    Ok((number * factor) as u64)
}

fn split_unit(written: &str) -> Option<(f64, &str)> {
    let at = written.find(|c: char| c.is_ascii_alphabetic())?;
    let (number, unit) = written.split_at_checked(at)?;
    Some((number.trim().parse().ok()?, unit))
}
