//! The robots.txt of each site asked lately: a day for an answer, some minutes for a failure.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::Mutex as FlightMutex;
use tokio::time::Instant;
use url::Url;

use super::FetchError;
use super::robots::Robots;

/// RFC 9309 §2.4: no longer than a day.
const KEPT: Duration = Duration::from_hours(24);

/// How long a site whose robots.txt cannot be had is left alone before it is asked again.
const UNAVAILABLE_KEPT: Duration = Duration::from_mins(10);

/// Sites remembered at once.
const SITES_MAX: usize = 4096;

/// Bytes of rules remembered at once. Most sites have a kilobyte or two; a hostile one may have 500.
const WEIGHT_MAX: usize = 32 << 20;

/// What is known about a site.
pub(super) type Answer = Result<Arc<Robots>, FetchError>;

/// Answers by origin. Whoever holds an origin's flight asks; the others wait for that answer.
#[derive(Debug, Default)]
pub(super) struct RobotsCache {
    sites: Mutex<HashMap<String, Site>>,
}

#[derive(Debug)]
struct Site {
    flight: Arc<FlightMutex<()>>,
    answer: Option<(Answer, Instant)>,
}

impl RobotsCache {
    /// What is known and still fresh.
    pub(super) fn fresh(&self, url: &Url) -> Option<Answer> {
        let sites = self.sites.lock().unwrap_or_else(PoisonError::into_inner);
        let (answer, expires) = sites.get(&origin(url))?.answer.as_ref()?;
        (*expires > Instant::now()).then(|| answer.clone())
    }

    /// What is known, or what `ask` brings; it runs once however many wait.
    pub(super) async fn get(&self, url: &Url, ask: impl Future<Output = Answer>) -> Answer {
        let flight = self.flight(url);
        let _asking = flight.lock().await;
        if let Some(answer) = self.fresh(url) {
            return answer;
        }
        let answer = ask.await;
        // A host that asked for silence was not asked about its robots.txt at all.
        if !matches!(answer, Err(FetchError::Status { .. } | FetchError::HostRests { .. })) {
            self.remember(url, answer.clone());
        }
        answer
    }

    fn flight(&self, url: &Url) -> Arc<FlightMutex<()>> {
        let mut sites = self.sites.lock().unwrap_or_else(PoisonError::into_inner);
        let site = sites.entry(origin(url)).or_insert_with(|| Site { flight: Arc::default(), answer: None });
        site.flight.clone()
    }

    fn remember(&self, url: &Url, answer: Answer) {
        let kept = if answer.is_ok() { KEPT } else { UNAVAILABLE_KEPT };
        let mut sites = self.sites.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(site) = sites.get_mut(&origin(url)) {
            site.answer = Some((answer, Instant::now() + kept));
        }
        let mut weight: usize = sites.values().map(Site::weight).sum();
        while sites.len() > SITES_MAX || weight > WEIGHT_MAX {
            // Sites being asked stay; among the others the one that expires first goes.
            let idle = sites.iter().filter(|(_, site)| Arc::strong_count(&site.flight) == 1);
            let first = idle.min_by_key(|(_, site)| site.answer.as_ref().map(|(_, expires)| *expires));
            let Some(key) = first.map(|(key, _)| key.clone()) else { return };
            weight -= sites.remove(&key).map_or(0, |site| site.weight());
        }
    }
}

impl Site {
    fn weight(&self) -> usize {
        match &self.answer {
            Some((Ok(robots), _)) => robots.weight(),
            _ => 0,
        }
    }
}

fn origin(url: &Url) -> String {
    url.origin().ascii_serialization()
}
