//! A feed is asked: its settings, its validators, its host's turn.

use std::time::Duration;

use chrono::{DateTime, Utc};
use tokio::time::timeout;
use url::Url;

use super::Shared;
use super::answer::Asked;
use crate::config::PollConfig;
use crate::fetch::{FetchError, FetchKind, FetchRequest, Fetched};
use crate::polling::{FeedOptions, Outcome, Validators};
use crate::store::ClaimedFeed;

/// What a poll leaves of its lease for reading and recording the answer.
pub const RECORDING: Duration = Duration::from_secs(20);

/// Why there is no document.
pub enum Unhad {
    /// The poll failed, in this way.
    Failed(Outcome, String, Option<FetchError>),
    /// It was not asked at all: its host wants to be left alone for this long.
    NotAsked(Duration),
}

/// A feed's own settings, and how they change those of all.
pub struct Terms {
    /// How it is asked; or why its settings make no sense.
    pub options: Result<FeedOptions, String>,
    /// The settings of polling, with its own bounds.
    pub config: PollConfig,
}

impl Terms {
    /// Reads a feed's settings.
    pub fn of(claim: &ClaimedFeed, config: &PollConfig) -> Self {
        let options = FeedOptions::read(&claim.options);
        let config = options.as_ref().map_or_else(|_| config.clone(), |options| options.bounds(config));
        Self { options, config }
    }

    /// Decides how to ask now.
    pub fn asked(&self, claim: &ClaimedFeed, now: DateTime<Utc>) -> Asked {
        let may = self.options.as_ref().is_ok_and(|options| options.conditional);
        let asked = Asked::new(claim, now);
        if may { asked } else { Asked { validators: Validators::default(), ..asked } }
    }
}

/// The document, within the lease: a feed whose host's turn does not come in time is asked another time.
pub async fn ask(shared: &Shared, claim: &ClaimedFeed, terms: &Terms, asked: &Asked) -> Result<Fetched, Unhad> {
    let plain = request(shared, claim, terms).map_err(|why| Unhad::Failed(Outcome::Misconfigured, why, None))?;
    let Validators { etag, last_modified, url: from } = asked.validators.clone();
    let request =
        FetchRequest { etag, last_modified, validators_from: from.and_then(|from| Url::parse(&from).ok()), ..plain };
    match timeout(shared.config.pipeline.lease.saturating_sub(RECORDING), shared.fetcher.get(request)).await {
        Ok(Ok(fetched)) => Ok(fetched),
        Ok(Err(FetchError::HostRests { wait, .. })) => Err(Unhad::NotAsked(wait)),
        Ok(Err(error)) => Err(Unhad::Failed(Outcome::from(&error), error.to_string(), Some(error))),
        Err(_) => Err(Unhad::Failed(Outcome::NoTurn, "its host's turn did not come in time".to_owned(), None)),
    }
}

/// The request for a feed's document, in its own manner, without validators.
///
/// # Errors
/// Its settings make no sense; a sentence.
pub fn request(shared: &Shared, claim: &ClaimedFeed, terms: &Terms) -> Result<FetchRequest, String> {
    let options = terms.options.as_ref().map_err(|why| format!("its options: {why}"))?;
    let url = Url::parse(&claim.url).map_err(|error| format!("its address is none: {error}"))?;
    let manner = options.manner(&url, &shared.config.secrets)?;
    Ok(FetchRequest { manner, ..FetchRequest::new(url, FetchKind::Feed) })
}
