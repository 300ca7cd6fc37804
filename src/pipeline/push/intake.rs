//! What hubs call back with: questions answered from the database, pushes checked, read in the workers, and recorded.

use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;
use tokio_util::task::TaskTracker;
use url::Url;

use super::super::workers::Company;
use super::super::{DATABASE_PAUSE, Shared, answer};
use super::gate::Gate;
use super::shown;
use crate::feed;
use crate::identity::IdentityRule;
use crate::push::signature::{self, Verdict};
use crate::push::{Question, Token, lease};
use crate::store::{EntryRow, PollReceipt, Pushed, Recorded, Signed, StoreError};

/// Pushes in hand at once, from the first byte of the body to the commit: with bodies of 5 MiB, 80 MiB.
const IN_HAND_MAX: usize = 16;
/// How often a push is read anew because a poll has changed what its feed's entries are known by.
const READ_MAX: usize = 3;

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
            record(&shared, &hand.token, &pushed, content_type, body).await;
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

/// Reads a push and records it; whatever cannot be recorded makes the feed due.
async fn record(shared: &Shared, token: &Token, pushed: &Pushed, content_type: Option<String>, body: Bytes) {
    match try_record(shared, token, pushed, content_type, body).await {
        Ok(Some(receipt)) => {
            let (new, changed) = (receipt.new_entries as u64, receipt.changed_entries as u64);
            tracing::debug!(topic = shown(&pushed.topic), new, changed, "a push was recorded");
            shared.counts.add(|sum| {
                sum.entries_new += new;
                sum.entries_changed += changed;
            });
            shared.metrics.push(new, receipt.moved_entries as u64);
            shared.work.notify_one();
        }
        Ok(None) => {}
        Err(why) => {
            tracing::info!(
                topic = shown(&pushed.topic),
                why,
                "a push could not be taken as it is; the feed is polled instead"
            );
            shared.metrics.callback("unreadable");
            if let Err(error) = persist(shared, || shared.store.want_poll(token, Signed::Yes)).await {
                tracing::warn!(%error, "a push was lost; the feed is polled in its turn");
            }
        }
    }
}

/// `None`: nobody wants it any more.
async fn try_record(
    shared: &Shared,
    token: &Token,
    pushed: &Pushed,
    content_type: Option<String>,
    body: Bytes,
) -> Result<Option<PollReceipt>, String> {
    let mut rule = pushed.rule;
    for _ in 0..READ_MAX {
        let (rows, read_by) = read(shared, pushed, rule, content_type.clone(), body.clone()).await?;
        if rows.is_empty() {
            return Err("it lists no entry with an address".to_owned());
        }
        let rows = Arc::new(rows);
        let recorded = persist(shared, || shared.store.record_push(token, read_by, &rows)).await;
        match recorded.map_err(|error| error.to_string())? {
            Recorded::Done(receipt) => return Ok(Some(receipt)),
            Recorded::Gone => return Ok(None),
            Recorded::ReadAgain(held) => rule = held,
        }
    }
    Err("what the feed's entries are known by keeps changing".to_owned())
}

async fn read(
    shared: &Shared,
    pushed: &Pushed,
    rule: IdentityRule,
    content_type: Option<String>,
    body: Bytes,
) -> Result<(Vec<EntryRow>, IdentityRule), String> {
    let (base, age_max) = (Url::parse(&pushed.topic).ok(), shared.config.poll.entry_age_max);
    let job = move || {
        let feed = feed::parse(&body, content_type.as_deref(), base.as_ref()).map_err(|error| error.to_string())?;
        Ok(answer::Read::new(feed, rule, chrono::Utc::now(), age_max).into_entries())
    };
    shared.workers.run(Company::Shared, job).await.map_err(|panicked| panicked.to_string())?
}

/// Tries on while the database is away and pushes are taken.
async fn persist<T, F: Future<Output = Result<T, StoreError>>>(
    shared: &Shared,
    write: impl Fn() -> F,
) -> Result<T, StoreError> {
    let mut pause = DATABASE_PAUSE.0;
    loop {
        match write().await {
            Err(error) if error.is_transient() && !shared.push.hands.is_closed() => {
                tracing::debug!(%error, "a push waits for the database");
                tokio::time::sleep(pause).await;
                pause = (pause * 2).min(DATABASE_PAUSE.1);
            }
            done => return done,
        }
    }
}
