//! How one feed is asked, where not as the others: read from the feed list, kept in `feeds.options`.
//!
//! A value that must not be seen is given by name, `secret:paper`, here as in the list and in the database; what it is
//! comes in when a request is made ([`FeedOptions::manner`]). Whatever is set for a feed goes to its own origin only;
//! its name for us and its proxy go along through redirects. Unknown keys are errors that name the nearest right one.

mod keys;

use std::time::Duration;

use serde_json::{Map, Value};
use url::Url;

use crate::config::{PollConfig, Secret, SecretName, Secrets};
use crate::fetch::Manner;
use crate::fetch::manner::{ForOrigin, Proxy};

/// What is set for one feed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FeedOptions {
    /// How we name ourselves to it.
    pub user_agent: Option<String>,
    /// Headers sent along, by name.
    pub headers: Vec<(String, Given)>,
    /// Whose `user:password` signs in (Basic).
    pub auth: Option<SecretName>,
    /// Cookies sent along, as `name=value; name=value`.
    pub cookies: Option<Given>,
    /// Through which proxy.
    pub proxy: Option<Given>,
    /// Whether it is asked "has it changed?".
    pub conditional: bool,
    /// Whether the pages its entries lead to are fetched; if not, its own texts are the articles.
    pub fetch_pages: bool,
    /// Whether its site's robots.txt is obeyed for the feed too.
    pub robots: bool,
    /// Its own `poll.interval_min`.
    pub interval_min: Option<Duration>,
    /// Its own `poll.interval_max`.
    pub interval_max: Option<Duration>,
    /// The address it was listed under when this was set: what is private goes to that origin, wherever the feed moves.
    pub listed_at: Option<Url>,
}

impl Default for FeedOptions {
    fn default() -> Self {
        Self {
            user_agent: None,
            headers: Vec::new(),
            auth: None,
            cookies: None,
            proxy: None,
            conditional: true,
            fetch_pages: true,
            robots: false,
            interval_min: None,
            interval_max: None,
            listed_at: None,
        }
    }
}

/// A value as it was given: itself, or the name of a secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Given {
    /// Itself; anyone may see it.
    Plainly(String),
    /// By name.
    Secret(SecretName),
}

impl Given {
    fn value(&self, secrets: &Secrets) -> Result<Secret, String> {
        match self {
            Self::Plainly(text) => Ok(Secret::new(text.clone())),
            Self::Secret(name) => secrets.get(name).cloned(),
        }
    }
}

impl FeedOptions {
    /// Reads options as the database keeps them, or a table of the feed list.
    ///
    /// # Errors
    /// A sentence that names the key, what is wrong, and what would be right. It repeats no value that may be private.
    pub fn read(value: &Value) -> Result<Self, String> {
        let table = value.as_object().ok_or("options must be a table")?;
        let mut options = Self::default();
        for (key, value) in table {
            keys::set(&mut options, key, value)?;
        }
        options.check()
    }

    /// Reads options given as `key=value`, a header as `headers.X-Key=value`.
    ///
    /// # Errors
    /// As [`FeedOptions::read`].
    pub fn from_pairs<'p>(pairs: impl IntoIterator<Item = &'p str>) -> Result<Self, String> {
        let mut table = Map::new();
        let mut headers = Map::new();
        for pair in pairs {
            let (key, value) = pair.split_once('=').ok_or("write an option as key=value")?;
            let value = match value {
                "true" => Value::Bool(true),
                "false" => Value::Bool(false),
                text => Value::String(text.to_owned()),
            };
            match key.trim().strip_prefix("headers.") {
                Some(name) => headers.insert(name.to_owned(), value),
                None => table.insert(key.trim().to_owned(), value),
            };
        }
        if !headers.is_empty() {
            table.insert("headers".to_owned(), Value::Object(headers));
        }
        Self::read(&Value::Object(table))
    }

    /// The options as the database keeps them: what is as usual is left out, and secrets are names.
    pub fn to_json(&self) -> Value {
        keys::written(self)
    }

    /// The options as lines of the feed list; `None` where nothing is set.
    pub fn to_toml(&self) -> Option<String> {
        let table = toml::Table::try_from(Self { listed_at: None, ..self.clone() }.to_json()).ok()?;
        // A value alone is written on one line, tables too.
        (!table.is_empty()).then(|| table.into_iter().map(|(key, value)| format!("{key} = {value}\n")).collect())
    }

    /// With the address they were listed under, where they hold anything for that origin alone.
    #[must_use]
    pub fn listed_at(mut self, url: &Url) -> Self {
        let private = !self.headers.is_empty() || self.auth.is_some() || self.cookies.is_some();
        self.listed_at = private.then(|| url.clone());
        self
    }

    /// The bounds of its interval.
    pub fn bounds(&self, config: &PollConfig) -> PollConfig {
        let interval_min = self.interval_min.unwrap_or(config.interval_min);
        let interval_max = self.interval_max.unwrap_or(config.interval_max).max(interval_min);
        PollConfig { interval_min, interval_max, ..config.clone() }
    }

    /// How a request to the feed, polled at `url` now, is made.
    ///
    /// # Errors
    /// A secret is not set, or is none of the kind it is used for; the sentence names it and does not show it.
    pub fn manner(&self, url: &Url, secrets: &Secrets) -> Result<Manner, String> {
        let mut manner = Manner { robots: self.robots, ..Manner::default() };
        if let Some(name) = &self.user_agent {
            manner.user_agent = Some(name.parse().map_err(|_| "user_agent is no header value".to_owned())?);
        }
        if let Some(proxy) = &self.proxy {
            manner.proxy = Some(Proxy::parse(proxy.value(secrets)?.reveal())?);
        }
        let mut own = ForOrigin::of(self.home(url));
        for (name, value) in &self.headers {
            own.header(name, value.value(secrets)?.reveal())?;
        }
        if let Some(cookies) = &self.cookies {
            own.cookies(cookies.value(secrets)?.reveal())?;
        }
        if let Some(name) = &self.auth {
            own.basic(secrets.get(name)?).map_err(|why| format!("the secret {:?}: {why}", name.as_str()))?;
        }
        manner.own = (!own.is_empty()).then_some(own);
        Ok(manner)
    }

    /// The address whose origin may see what is private: where the feed was listed, or that in https if it moved there.
    fn home<'u>(&'u self, url: &'u Url) -> &'u Url {
        let Some(listed) = &self.listed_at else { return url };
        let upgraded = listed.scheme() == "http"
            && url.scheme() == "https"
            && listed.host() == url.host()
            && listed.port().is_none()
            && url.port().is_none();
        if upgraded { url } else { listed }
    }

    fn check(self) -> Result<Self, String> {
        if let (Some(least), Some(most)) = (self.interval_min, self.interval_max)
            && least > most
        {
            return Err("interval_min is longer than interval_max".to_owned());
        }
        Ok(self)
    }
}
