//! Who may ask the database: callbacks come from the open internet, and any stranger can make up tokens.
//!
//! A token that was found is known from then on, and has a rate of its own. All that are not known share one: a flood
//! of them costs the database a bounded number of lookups, and no hub that is known has to stand behind it.

use std::collections::HashMap;
use std::time::Duration;

use tokio::time::Instant;

use crate::push::Token;

/// Tokens remembered: 100,000 of about a hundred bytes.
const KNOWN_MAX: usize = 100_000;
/// What one hub may send for one feed: a burst, and so many a second. A wire publishes an item a minute.
const KNOWN_RATE: Rate = Rate { burst: 60.0, a_second: 2.0 };
/// Pushes of one feed in hand at once: a hub that sends slowly, or on purpose, leaves room for the others.
const IN_HAND_MAX: u8 = 4;
/// Lookups of unknown tokens, in all.
const STRANGER_RATE: Rate = Rate { burst: 200.0, a_second: 100.0 };

#[derive(Debug, Clone, Copy)]
struct Rate {
    burst: f64,
    a_second: f64,
}

#[derive(Debug, Clone, Copy)]
struct Bucket {
    left: f64,
    at: Instant,
}

impl Bucket {
    fn full(rate: Rate, now: Instant) -> Self {
        Self { left: rate.burst, at: now }
    }

    fn refill(&mut self, rate: Rate, now: Instant) {
        let gained = now.saturating_duration_since(self.at).as_secs_f64() * rate.a_second;
        *self = Self { left: (self.left + gained).min(rate.burst), at: now };
    }

    fn take(&mut self, rate: Rate, now: Instant) -> bool {
        self.refill(rate, now);
        let there = self.left >= 1.0;
        if there {
            self.left -= 1.0;
        }
        there
    }
}

/// Counts who asks.
#[derive(Debug)]
pub struct Gate {
    known: HashMap<Token, Bucket>,
    strangers: Bucket,
    in_hand: HashMap<Token, u8>,
}

impl Gate {
    /// A gate that knows nobody.
    pub fn new(now: Instant) -> Self {
        Self { known: HashMap::new(), strangers: Bucket::full(STRANGER_RATE, now), in_hand: HashMap::new() }
    }

    /// Whether this token may be looked up now.
    pub fn admits(&mut self, token: &Token, now: Instant) -> bool {
        match self.known.get_mut(token) {
            Some(bucket) => bucket.take(KNOWN_RATE, now),
            None => self.strangers.take(STRANGER_RATE, now),
        }
    }

    /// The token was found: it is no stranger, and what it took of their share is given back.
    pub fn found(&mut self, token: &Token, now: Instant) {
        if self.known.contains_key(token) {
            return;
        }
        self.strangers.left = (self.strangers.left + 1.0).min(STRANGER_RATE.burst);
        if self.known.len() >= KNOWN_MAX {
            // Those that were silent long enough for a full share lose nothing by being forgotten.
            let idle = Duration::from_secs_f64(KNOWN_RATE.burst / KNOWN_RATE.a_second);
            self.known.retain(|_, bucket| now.saturating_duration_since(bucket.at) < idle);
            if self.known.len() >= KNOWN_MAX {
                self.known.clear();
            }
        }
        self.known.insert(token.clone(), Bucket::full(KNOWN_RATE, now));
    }

    /// The token is nobody's any more.
    pub fn lost(&mut self, token: &Token) {
        self.known.remove(token);
    }

    /// Whether one more push of this token may be taken in hand; it is then.
    pub fn takes(&mut self, token: &Token) -> bool {
        let held = self.in_hand.entry(token.clone()).or_default();
        let free = *held < IN_HAND_MAX;
        if free {
            *held += 1;
        }
        free
    }

    /// A push is done with.
    pub fn gives_back(&mut self, token: &Token) {
        if let Some(held) = self.in_hand.get_mut(token) {
            *held = held.saturating_sub(1);
            if *held == 0 {
                self.in_hand.remove(token);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(n: u8) -> Token {
        Token::from_bytes([n; 32])
    }

    #[test]
    fn a_flood_of_strangers_is_held_back_and_a_known_hub_is_not() {
        let start = Instant::now();
        let mut gate = Gate::new(start);
        assert!(gate.admits(&token(1), start));
        gate.found(&token(1), start);
        let admitted = (0..100_000u32).filter(|_| gate.admits(&token(2), start)).count();
        assert_eq!(admitted, 200);
        assert!(gate.admits(&token(1), start), "a known hub does not stand behind strangers");
        assert!(gate.admits(&token(3), start + Duration::from_secs(1)), "strangers are heard again");
    }

    #[test]
    fn one_hub_is_held_to_its_rate() {
        let start = Instant::now();
        let mut gate = Gate::new(start);
        assert!(gate.admits(&token(1), start));
        gate.found(&token(1), start);
        assert_eq!((0..1000).filter(|_| gate.admits(&token(1), start)).count(), 60);
        assert_eq!((0..1000).filter(|_| gate.admits(&token(1), start + Duration::from_secs(10))).count(), 20);
        gate.lost(&token(1));
        assert!(gate.admits(&token(1), start), "a stranger again");
    }

    #[test]
    fn one_feed_does_not_fill_all_hands() {
        let mut gate = Gate::new(Instant::now());
        assert_eq!((0..10).filter(|_| gate.takes(&token(1))).count(), 4);
        assert!(gate.takes(&token(2)));
        gate.gives_back(&token(1));
        assert!(gate.takes(&token(1)) && !gate.takes(&token(1)));
    }

    #[test]
    fn found_tokens_do_not_use_up_the_share_of_strangers() {
        let start = Instant::now();
        let mut gate = Gate::new(start);
        for n in 0..=250u8 {
            assert!(gate.admits(&token(n), start), "token {n}");
            gate.found(&token(n), start);
        }
    }
}
