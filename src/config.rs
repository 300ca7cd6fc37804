//! Every setting, parsed once into types and handed to the stage it concerns.
//!
//! A default stands here with its reason; `config/wireroom.toml` says the same to users.

pub mod load;
mod secrets;
pub mod sites;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use ipnet::IpNet;
use url::Url;

pub use secrets::{SecretName, Secrets};

/// A configuration and where it came from.
#[derive(Debug, Clone)]
pub struct Loaded {
    /// The settings.
    pub config: Config,
    /// The file they came from; `None` for the built-in defaults.
    pub path: Option<PathBuf>,
    /// The database to use instead of the embedded one.
    pub database_url: Option<Secret>,
}

/// A text that must not be printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Hides a text.
    pub fn new(text: String) -> Self {
        Self(text)
    }

    /// Shows it to whom it concerns.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("[secret]")
    }
}

/// All settings of one process.
#[derive(Debug, Clone, Default)]
pub struct Config {
    /// Where the embedded database and the stored pages live; `None` until the rim has found the default.
    pub data_dir: Option<PathBuf>,
    /// The feed list; a relative path is looked up beside the configuration file.
    pub feeds_file: Option<PathBuf>,
    /// The database.
    pub database: DatabaseConfig,
    /// Polling feeds.
    pub poll: PollConfig,
    /// Fetching over HTTP.
    pub fetch: FetchConfig,
    /// The stages and the channels between them.
    pub pipeline: PipelineConfig,
    /// The health and metrics port.
    pub http: HttpConfig,
    /// What the environment says of secrets that the feed list names.
    pub secrets: Secrets,
    /// Hubs that push.
    pub push: PushConfig,
}

/// Which PostgreSQL, and how it is talked to.
#[derive(Debug, Clone)]
pub struct DatabaseConfig {
    /// A loopback port on which the embedded server also takes TCP, for other tools; off by default.
    pub listen: Option<SocketAddr>,
    /// Where PostgreSQL's programs are; looked for when absent.
    pub bin_dir: Option<PathBuf>,
    /// Connections held by the daemon. Eight: four writers kept two cores busy when measured, the rest is for claims.
    pub connections_max: u32,
    /// The longest a statement may take before the client gives it up and drops the connection.
    pub deadline: Duration,
}

impl Default for DatabaseConfig {
    fn default() -> Self {
        Self { listen: None, bin_dir: None, connections_max: 8, deadline: Duration::from_secs(15) }
    }
}

/// How often feeds are asked.
#[derive(Debug, Clone)]
pub struct PollConfig {
    /// Never more often than this. Two minutes: the fastest wires publish an item a minute and list twenty.
    pub interval_min: Duration,
    /// Never more seldom. A day: a feed that is silent for months still gets one request a day.
    pub interval_max: Duration,
    /// How long one entry may wait for what one request saves: the less, the more requests. An hour: a feed with one entry
    /// an hour is polled every 85 minutes, one with a hundred a day every half-hour (`docs/schedule.md`).
    pub delay_per_request: Duration,
    /// How many feeds are polled at once.
    pub concurrency: usize,
    /// How many polls may start in a second. Fifty: 180,000 feeds an hour, and no herd after a standstill.
    pub starts_per_second: u32,
    /// Articles older than this are recorded as entries, not fetched; `None` takes all.
    pub entry_age_max: Option<Duration>,
}

impl Default for PollConfig {
    fn default() -> Self {
        Self {
            interval_min: Duration::from_mins(2),
            interval_max: Duration::from_hours(24),
            delay_per_request: Duration::from_hours(1),
            concurrency: 32,
            starts_per_second: 50,
            entry_age_max: Some(Duration::from_hours(720)),
        }
    }
}

/// How the web is asked.
#[derive(Debug, Clone)]
pub struct FetchConfig {
    /// How we name ourselves. A site owner must be able to find out who asks.
    pub user_agent: String,
    /// Networks exempt from the private-network block.
    pub allow_networks: Vec<IpNet>,
    /// Names answered from here instead of DNS, as `curl --resolve` does.
    pub resolve: Vec<(String, SocketAddr)>,
    /// A PEM file of authorities that are trusted beside the machine's own, for networks whose proxy opens TLS.
    pub extra_ca: Option<PathBuf>,
    /// The pause between two requests to one registrable domain. One second: what polite crawlers keep.
    pub host_delay: Duration,
    /// Requests under way at once to one registrable domain. Two, as browsers of old.
    pub host_concurrency: usize,
    /// Requests under way at once in all.
    pub concurrency: usize,
    /// The biggest body taken, decoded. 5 MiB: the largest of 519 measured news pages has 2.2 MB.
    pub body_bytes_max: u64,
    /// Time for a TCP and TLS connection.
    pub connect_timeout: Duration,
    /// Time without a byte.
    pub read_timeout: Duration,
    /// Time for one request from first to last byte, redirects included.
    pub total_timeout: Duration,
    /// Redirects followed, each checked as a new address.
    pub redirects_max: usize,
    /// Whether robots.txt is obeyed for articles. Feeds are published to be polled and are not asked for.
    pub robots: bool,
    /// The longest `Crawl-delay` obeyed; a longer one is cut to this.
    pub crawl_delay_max: Duration,
}

impl Default for FetchConfig {
    fn default() -> Self {
        Self {
            user_agent: concat!("wireroom/", env!("CARGO_PKG_VERSION"), " (news archive; obeys robots.txt)").to_owned(),
            allow_networks: Vec::new(),
            resolve: Vec::new(),
            extra_ca: None,
            host_delay: Duration::from_secs(1),
            host_concurrency: 2,
            concurrency: 64,
            body_bytes_max: 5 << 20,
            connect_timeout: Duration::from_secs(5),
            read_timeout: Duration::from_secs(10),
            total_timeout: Duration::from_secs(30),
            redirects_max: 5,
            robots: true,
            crawl_delay_max: Duration::from_secs(30),
        }
    }
}

/// The stages and the channels between them.
#[derive(Debug, Clone)]
pub struct PipelineConfig {
    /// CPU workers for cleaning and extraction; `None` means one a core.
    pub workers: Option<usize>,
    /// Articles written in one transaction. Fifty: measured best; 200 were no faster and lose more at a fault.
    pub batch_size: usize,
    /// The longest a finished article waits for its batch to fill.
    pub batch_delay: Duration,
    /// How long a claimed feed or page belongs to its claimer.
    pub lease: Duration,
    /// Claims after which an item is given up with its last reason.
    pub attempts_max: i32,
    /// The longest a SIGTERM waits for work under way.
    pub drain: Duration,
}

impl Default for PipelineConfig {
    fn default() -> Self {
        Self {
            workers: None,
            batch_size: 50,
            batch_delay: Duration::from_millis(500),
            lease: Duration::from_mins(2),
            attempts_max: 6,
            drain: Duration::from_secs(18),
        }
    }
}

/// The health and metrics port.
#[derive(Debug, Clone)]
pub struct HttpConfig {
    /// Where it listens; loopback unless someone decides otherwise. `None` switches it off.
    pub listen: Option<SocketAddr>,
}

impl Default for HttpConfig {
    fn default() -> Self {
        Self { listen: Some(SocketAddr::from(([127, 0, 0, 1], 7171))) }
    }
}

/// Hubs that push what a feed publishes (WebSub).
#[derive(Debug, Clone)]
pub struct PushConfig {
    /// The public address hubs call back at; it ends with a slash. `None`: no hub is asked.
    pub callback_url: Option<Url>,
    /// Where callbacks are listened for. Off unless someone decides otherwise: it is for strangers.
    pub listen: Option<SocketAddr>,
    /// How long a hub is asked to push before it must be asked again. Ten days: what most hubs grant.
    pub lease: Duration,
}

impl Default for PushConfig {
    fn default() -> Self {
        Self { callback_url: None, listen: None, lease: Duration::from_hours(240) }
    }
}
