//! How likely a number of new entries is: a Poisson law whose mean is itself uncertain, the negative binomial.

/// Counts above this are not told apart: a list that long is never turned over between two polls.
const COUNT_MAX: u32 = 100;

/// The probability of at most `count` entries where `mean` are expected. `spread` is how far the mean itself varies: the
/// square of its coefficient of variation; near nought the law is Poisson's.
pub(super) fn at_most(count: u32, mean: f64, spread: f64) -> f64 {
    if mean <= 0.0 {
        return 1.0;
    }
    let spread = spread.max(1e-3);
    let shape = 1.0 / spread;
    let odds = spread * mean / (1.0 + spread * mean);
    let mut one = (-shape * (spread * mean).ln_1p()).exp();
    let mut sum = one;
    for k in 0..count {
        one *= (shape + f64::from(k)) / f64::from(k + 1) * odds;
        sum += one;
    }
    sum.min(1.0)
}

/// How many entries may be expected until the next poll, so that more than `window` come only with probability `risk`.
///
/// Between an eighth and a half of the window: where bursts are so wild that even an eighth is too risky, polling ten
/// times as often would not help, since the burst comes between two polls all the same.
pub(super) fn safe_mean(window: u32, spread: f64, risk: f64) -> f64 {
    let window = window.clamp(1, COUNT_MAX);
    let (mut low, mut high) = (f64::from(window) / 8.0, f64::from(window) / 2.0);
    for _ in 0..16 {
        let middle = f64::midpoint(low, high);
        if 1.0 - at_most(window, middle, spread) > risk { high = middle } else { low = middle }
    }
    low
}

/// How many entries scroll out unseen in the mean, by how many were to be expected.
pub(super) struct Overflow {
    step: f64,
    lost: [f64; GRID],
}

/// Means for which the loss is computed; between them it is a line.
const GRID: usize = 40;

impl Overflow {
    /// Of a document that holds `window` entries.
    pub(super) fn new(window: u32, spread: f64) -> Self {
        let window = window.clamp(1, COUNT_MAX);
        let step = 1.5 * f64::from(window) / 39.0;
        let mut mean = -step;
        let lost = std::array::from_fn(|_| {
            mean += step;
            mean - held(window, mean, spread)
        });
        Self { step, lost }
    }

    /// The loss at a mean.
    pub(super) fn lost(&self, mean: f64) -> f64 {
        let at = (mean / self.step).max(0.0);
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to the grid")]
        let index = (at as usize).min(GRID - 2);
        #[expect(clippy::cast_precision_loss, reason = "a place on the grid")]
        let share = at - index as f64;
        (self.lost[index] + (self.lost[index + 1] - self.lost[index]) * share).max(0.0)
    }
}

/// How many of the entries that come are still listed, in the mean: the sum of the chances of more than 0, 1, 2 ….
fn held(window: u32, mean: f64, spread: f64) -> f64 {
    if mean <= 0.0 {
        return 0.0;
    }
    let shape = 1.0 / spread.max(1e-3);
    let odds = mean / (shape + mean);
    let mut one = (-shape * (mean / shape).ln_1p()).exp();
    let (mut at_most, mut held) = (one, 1.0 - one);
    for k in 0..window - 1 {
        one *= (shape + f64::from(k)) / f64::from(k + 1) * odds;
        at_most += one;
        held += (1.0 - at_most).max(0.0);
    }
    held
}
