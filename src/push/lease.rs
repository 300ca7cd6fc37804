//! When a hub is asked again: before its lease ends, or after it has failed. `jitter` is in `0.0..1.0` throughout, so
//! that subscriptions made together are not renewed together.

use std::time::Duration;

/// A lease is believed between these bounds: some hubs say "for ever", and one of seconds would keep us asking.
const GRANTED: (Duration, Duration) = (Duration::from_mins(5), Duration::from_hours(720));
/// After an accepted request the hub has this long to call back, the first time.
const VERIFIED_WITHIN: Duration = Duration::from_hours(1);
/// The first pause after a failure.
const FIRST_PAUSE: Duration = Duration::from_mins(10);
/// The longest pause after failures: a hub is never given up.
const LONGEST_PAUSE: Duration = Duration::from_hours(24);
/// A hub that said no is asked again after a week (it may have been a quota, or a mistake).
const DENIED_PAUSE: Duration = Duration::from_hours(168);

/// What a request to a hub led to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// Accepted: it will call back to verify.
    Accepted,
    /// Refused (4xx): the request will not get better by itself.
    Refused,
    /// No answer, or a broken one (5xx).
    Failed {
        /// How long it asked us to wait.
        retry_after: Option<Duration>,
    },
}

/// The lease a hub grants: what it says, else what it was asked for.
pub fn granted(asked: Duration, said: Option<Duration>) -> Duration {
    said.unwrap_or(asked).clamp(GRANTED.0, GRANTED.1)
}

/// When to renew: about three quarters into the lease, so that a quarter is left for tries.
pub fn renew_in(lease: Duration, jitter: f64) -> Duration {
    lease.mul_f64(0.7 + 0.1 * jitter.clamp(0.0, 1.0))
}

/// When to ask again after a denial.
pub fn denied_in(jitter: f64) -> Duration {
    DENIED_PAUSE.mul_f64(0.9 + 0.2 * jitter.clamp(0.0, 1.0))
}

/// When to ask again after this answer, the `asked`-th in a row without a verification (the first is 1), unless a
/// verification comes first.
pub fn ask_in(answer: Answer, asked: u32, jitter: f64) -> Duration {
    let doubled = |first: Duration| first.saturating_mul(1 << asked.saturating_sub(1).min(12));
    let pause = match answer {
        Answer::Accepted => doubled(VERIFIED_WITHIN),
        Answer::Refused => LONGEST_PAUSE,
        Answer::Failed { retry_after } => doubled(FIRST_PAUSE).max(retry_after.unwrap_or_default()),
    };
    // A little earlier or later, and never beyond the longest.
    pause.min(LONGEST_PAUSE).mul_f64(0.8 + 0.2 * jitter.clamp(0.0, 1.0))
}
