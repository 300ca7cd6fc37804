//! What hubs call back with: questions answered from the database, pushes checked and handed on.

use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;
use tokio_util::task::TaskTracker;
use url::Url;

use super::super::Shared;
use super::gate::Gate;
use super::{record, shown};
use crate::push::signature::{self, Verdict};
use crate::push::{Question, Token, lease};
use crate::store::{Pushed, Signed, StoreError};

/// Pushes in hand at once, from the first byte of the body to the commit: with bodies of 5 MiB, 80 MiB.
const IN_HAND_MAX: usize = 16;

/// What the pipeline keeps for pushes.
pub struct Intake {
    hands: Arc<Semaphore>,
    under_way: TaskTracker,
    gate: Mutex<Gate>,
}

impl Intake {
    /// Nothing in hand.
    pub fn new() -> Self {
        Self {
            hands: Arc::new(Semaphore::new(IN_HAND_MAX)),
            under_way: TaskTracker::new(),
            gate: Mutex::new(Gate::new(Instant::now())),
        }
    }

    /// Takes no more, and waits until what is in hand is recorded.
    pub async fn close(&self) {
        self.hands.close();
        self.under_way.close();
        self.under_way.wait().await;
    }

    /// Whether no more is taken.
    pub fn is_closed(&self) -> bool {
        self.hands.is_closed()
    }

    fn gate(&self) -> std::sync::MutexGuard<'_, Gate> {
        self.gate.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The pipeline's ear for hubs; cheap to clone.
#[derive(Clone)]
pub struct Callbacks {
    shared: Arc<Shared>,
    base: Url,
}

/// Why a callback is not heard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// No subscription of ours, or not one that asks this.
    Unknown,
    /// A subscription we have left.
    Left,
    /// Too much at once: the hub is to try again.
    Busy,
    /// The body is bigger than taken.
    TooLarge,
    /// The body did not come in time, or broke off.
    Slow,
}

/// A subscription that listens, with a hand free for one push.
pub struct Ear {
    pushed: Pushed,
    hand: Hand,
}

/// The right to have one push of a feed in hand; given back by dropping it.
struct Hand {
    shared: Arc<Shared>,
    token: Token,
    _everyone: OwnedSemaphorePermit,
}

impl Hand {
    fn take(shared: &Arc<Shared>, token: Token) -> Option<Self> {
        let everyone = shared.push.hands.clone().try_acquire_owned().ok()?;
        let free = shared.push.gate().takes(&token);
        free.then(|| Self { shared: shared.clone(), token, _everyone: everyone })
    }
}

impl Drop for Hand {
    fn drop(&mut self) {
        self.shared.push.gate().gives_back(&self.token);
    }
}

/// What became of a push that was heard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Taken {
    /// It is being read.
    Read,
    /// It is a hint: the feed is due for a poll.
    Hint,
    /// It is not the hub's. The hub is told nothing of it.
    Ignored,
}

impl Callbacks {
    /// An ear at this public address.
    pub(in crate::pipeline) fn new(shared: Arc<Shared>, base: Url) -> Self {
        Self { shared, base }
    }

    /// The public address hubs call back below.
    pub fn base(&self) -> &Url {
        &self.base
    }

    /// The biggest body taken.
    pub fn body_bytes_max(&self) -> usize {
        usize::try_from(self.shared.config.fetch.body_bytes_max).unwrap_or(usize::MAX)
    }

    /// Answers a hub's question; gives the challenge to send back, which is empty for a denial.
    pub async fn answer(&self, token: &Token, question: Question) -> Result<String, Refusal> {
        let shared = &*self.shared;
        if !shared.push.gate().admits(token, Instant::now()) {
            return Err(self.refused(Refusal::Busy));
        }
        let asked = shared.config.push.lease;
        let (meant, outcome, reply) = match question {
            Question::Subscribe { topic, challenge, lease } => {
                let lease = lease::granted(asked, lease);
                let renew_in = lease::renew_in(lease, rand::random());
                (shared.store.verify_subscription(token, &topic, lease, renew_in).await, "verified", challenge)
            }
            Question::Unsubscribe { topic, challenge } => {
                (shared.store.means_to_leave(token, &topic).await, "left", challenge)
            }
            Question::Denied { topic, reason } => {
                let reason = format!("the hub says no: {}", reason.as_deref().unwrap_or("it gives no reason"));
                let again = lease::denied_in(rand::random());
                (shared.store.deny_subscription(token, &topic, &reason, again).await, "denied", String::new())
            }
        };
        match meant {
            Ok(true) => {
                shared.push.gate().found(token, Instant::now());
                shared.metrics.callback(outcome);
                Ok(reply)
            }
            Ok(false) => Err(self.refused(Refusal::Unknown)),
            Err(error) => Err(self.unheard(&error)),
        }
    }

    /// Looks the subscription of a push up, before its body is read.
    pub async fn listen(&self, token: Token) -> Result<Ear, Refusal> {
        let push = &self.shared.push;
        if !push.gate().admits(&token, Instant::now()) {
            return Err(self.refused(Refusal::Busy));
        }
        match self.shared.store.pushed(&token).await {
            Ok(Some(pushed)) => {
                push.gate().found(&token, Instant::now());
                if pushed.leaving {
                    return Err(self.refused(Refusal::Left));
                }
                let hand = Hand::take(&self.shared, token).ok_or_else(|| self.refused(Refusal::Busy))?;
                Ok(Ear { pushed, hand })
            }
            Ok(None) => {
                push.gate().lost(&token);
                Err(self.refused(Refusal::Unknown))
            }
            Err(error) => Err(self.unheard(&error)),
        }
    }

    /// Takes a push: checks its signature, and leaves the rest to the workers. `signatures` are the `X-Hub-Signature`
    /// headers.
    pub async fn take(
        &self,
        ear: Ear,
        content_type: Option<String>,
        signatures: &[&str],
        body: Bytes,
    ) -> Result<Taken, Refusal> {
        let Ear { pushed, hand } = ear;
        let Some(secret) = &pushed.secret else {
            return self.hint(&hand.token, Signed::No, "unsigned").await;
        };
        match signature::judge(signatures.iter().copied(), secret, &body) {
            Verdict::Genuine => {}
            Verdict::Forged | Verdict::Missing => {
                tracing::info!(topic = shown(&pushed.topic), "a push that its hub did not sign was ignored");
                self.shared.metrics.callback("bad-signature");
                return Ok(Taken::Ignored);
            }
        }
        if body.iter().all(u8::is_ascii_whitespace) {
            return self.hint(&hand.token, Signed::Yes, "light").await;
        }
        self.shared.metrics.callback("accepted");
        let shared = self.shared.clone();
        self.shared.push.under_way.spawn(async move {
            record::record(&shared, &hand.token, &pushed, content_type, body).await;
            drop(hand);
        });
        Ok(Taken::Read)
    }

    /// Counts a refusal.
    pub fn refused(&self, refusal: Refusal) -> Refusal {
        self.shared.metrics.callback(match refusal {
            Refusal::Unknown => "unknown",
            Refusal::Left => "left-already",
            Refusal::Busy => "busy",
            Refusal::TooLarge => "too-large",
            Refusal::Slow => "slow",
        });
        refusal
    }

    async fn hint(&self, token: &Token, signed: Signed, outcome: &'static str) -> Result<Taken, Refusal> {
        self.shared.store.want_poll(token, signed).await.map_err(|error| self.unheard(&error))?;
        self.shared.metrics.callback(outcome);
        Ok(Taken::Hint)
    }

    fn unheard(&self, error: &StoreError) -> Refusal {
        tracing::warn!(%error, "a hub's call could not be looked up; it is to try again");
        self.refused(Refusal::Busy)
    }
}
