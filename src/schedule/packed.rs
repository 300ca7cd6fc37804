//! Counts as text: three letters a count, so that a week by the hour fits into half a kilobyte of JSON.
//!
//! A count is kept on a logarithmic scale of 2^18 steps from 10⁻⁴ to 10⁵, so that one new entry among ten thousand and
//! one day's fading of a count both leave a trace.

use serde::de::Error as _;
use serde::{Deserialize as _, Deserializer, Serializer};

const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
/// The smallest count told from nothing, and the natural logarithm of the range.
const LEAST: f64 = 1e-4;
const RANGE: f64 = 20.723_265_836_946_41;
const STEPS: f64 = 262_142.0;

pub(super) fn serialize<S: Serializer, const N: usize>(counts: &[f64; N], to: S) -> Result<S::Ok, S::Error> {
    let mut text = String::with_capacity(3 * N);
    for count in counts {
        let step = step(*count);
        for shift in [12, 6, 0] {
            text.push(char::from(LETTERS[(step >> shift & 63) as usize]));
        }
    }
    to.serialize_str(&text)
}

pub(super) fn deserialize<'de, D: Deserializer<'de>, const N: usize>(from: D) -> Result<[f64; N], D::Error> {
    let text = String::deserialize(from)?;
    if text.len() != 3 * N {
        return Err(D::Error::custom("a packed list of another length"));
    }
    let mut counts = [0.0; N];
    for (count, letters) in counts.iter_mut().zip(text.as_bytes().chunks_exact(3)) {
        let mut step = 0;
        for letter in letters {
            let digit = digit(*letter).ok_or_else(|| D::Error::custom("no packed count"))?;
            step = step << 6 | u32::from(digit);
        }
        *count = if step == 0 { 0.0 } else { LEAST * (f64::from(step - 1) / STEPS * RANGE).exp() };
    }
    Ok(counts)
}

fn digit(letter: u8) -> Option<u8> {
    match letter {
        b'A'..=b'Z' => Some(letter - b'A'),
        b'a'..=b'z' => Some(letter - b'a' + 26),
        b'0'..=b'9' => Some(letter - b'0' + 52),
        b'-' => Some(62),
        b'_' => Some(63),
        _ => None,
    }
}

fn step(count: f64) -> u32 {
    if count.is_nan() || count < LEAST {
        return 0;
    }
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 0 and 2^18")]
    let step = ((count / LEAST).ln() / RANGE * STEPS).round().clamp(0.0, STEPS) as u32;
    step + 1
}
