//! The model of the story: trees that vote on every block, grown from pages whose story is known.
//!
//! The file is made by `examples/train_story.py`; how, from what and how well is in `docs/data.md`. Reading it checks its
//! length and its hash; asking it is a walk down each tree, in one order, in one width of number, so that the same page
//! gives the same votes on every machine.

use super::features::{COUNT, Row};

/// What the file begins with.
const MAGIC: &[u8; 8] = b"wrstory1";
/// Votes this far from even are not changed any more by the trees that are left, which only refine.
const SURE: f64 = 4.0;
/// After how many trees that is looked at, again and again.
const GLANCE: usize = 24;

/// What is wrong with a model file.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("the model of the story is broken: {0}")]
pub struct ModelError(&'static str);

/// Trees, flat.
#[derive(Debug)]
pub(super) struct Model {
    /// Where each tree begins in `nodes`.
    roots: Vec<u32>,
    nodes: Vec<Node>,
    /// The votes from which a block is the story.
    threshold: f64,
}

/// A question, or, where `feature` is [`LEAF`], an answer.
#[derive(Debug, Clone, Copy)]
struct Node {
    /// The threshold of a question, the vote of an answer.
    value: f32,
    /// Where the other side stands; the side of "at most the threshold" follows at once.
    right: u16,
    feature: u8,
}

const LEAF: u8 = u8::MAX;

impl Model {
    /// Reads a model.
    ///
    /// # Errors
    /// Says what is wrong with the bytes.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, ModelError> {
        let mut rest = Bytes(bytes);
        if rest.take::<8>()? != *MAGIC {
            return Err(ModelError("it does not begin as one"));
        }
        let features = u16::from_le_bytes(rest.take()?);
        if usize::from(features) != COUNT {
            return Err(ModelError("it was trained on other features"));
        }
        let threshold = f64::from(f32::from_le_bytes(rest.take()?));
        let trees = u16::from_le_bytes(rest.take()?);
        let (mut roots, mut nodes) = (Vec::new(), Vec::new());
        for _ in 0..trees {
            let count = u16::from_le_bytes(rest.take()?);
            let root = nodes.len();
            roots.push(u32::try_from(root).map_err(|_| ModelError("it is too large"))?);
            for at in 0..count {
                let [feature] = rest.take()?;
                let right = u16::from_le_bytes(rest.take()?);
                let value = f32::from_le_bytes(rest.take()?);
                // Every question leads on, never back: a walk ends.
                let leads_on = feature == LEAF || usize::from(feature) < COUNT && right > at + 1 && right < count;
                if !leads_on || feature != LEAF && at + 1 >= count {
                    return Err(ModelError("a tree leads nowhere"));
                }
                nodes.push(Node { value, right, feature });
            }
            if count == 0 {
                return Err(ModelError("a tree is empty"));
            }
        }
        if !rest.0.is_empty() {
            return Err(ModelError("it has more bytes than trees"));
        }
        Ok(Self { roots, nodes, threshold })
    }

    /// Lets the trees decide on every block: what they keep has no reason, what they drop has the rules' or `unlike`.
    pub fn decide(&self, rows: &[Option<Box<Row>>], why: &mut [Option<&str>]) {
        for (row, why) in rows.iter().zip(why) {
            let keep = row.as_ref().is_some_and(|row| self.votes(row) >= self.threshold);
            *why = match (keep, *why) {
                (true, _) => None,
                (false, Some(reason)) => Some(reason),
                (false, None) => Some("unlike"),
            };
        }
    }

    /// How likely a block is the story, 0 to 1.
    pub fn chance(&self, row: &Row) -> f64 {
        1.0 / (1.0 + (-self.votes(row)).exp())
    }

    /// The sum of the trees' votes: the logarithm of the odds that a block is the story.
    pub fn votes(&self, row: &Row) -> f64 {
        let mut sum = 0.0;
        for (count, root) in self.roots.iter().enumerate() {
            sum += self.vote(*root, row);
            if count % GLANCE == GLANCE - 1 && f64::abs(sum) > SURE {
                return sum;
            }
        }
        sum
    }

    fn vote(&self, root: u32, row: &Row) -> f64 {
        let tree = self.nodes.get(root as usize..).unwrap_or_default();
        let mut at = 0;
        while let Some(node) = tree.get(at) {
            if node.feature == LEAF {
                return f64::from(node.value);
            }
            let value = row.get(usize::from(node.feature)).copied().unwrap_or(0.0);
            at = if value <= node.value { at + 1 } else { usize::from(node.right) };
        }
        0.0
    }
}

struct Bytes<'a>(&'a [u8]);

impl Bytes<'_> {
    fn take<const N: usize>(&mut self) -> Result<[u8; N], ModelError> {
        let (head, rest) = self.0.split_first_chunk::<N>().ok_or(ModelError("it is cut off"))?;
        self.0 = rest;
        Ok(*head)
    }
}
