//! The Merkle tree over all events (RFC 9162 section 2.1), grown leaf by leaf.
//!
//! A node is *complete* when all leaves below it exist; it never changes again. A store that keeps
//! every node a [`Frontier`] emits can rebuild the frontier and make any proof in O(log n) reads.

use super::{Hash, MAX_INT, sha256};

/// The hash of a leaf: `SHA-256(0x00 ‖ event hash)`, the leaf data being the 32 hash bytes.
pub fn leaf_hash(event_hash: &Hash) -> Hash {
    sha256(&[&[0], event_hash])
}

/// The hash of an inner node: `SHA-256(0x01 ‖ left ‖ right)`.
pub fn node_hash(left: &Hash, right: &Hash) -> Hash {
    sha256(&[&[1], left, right])
}

/// The root of the tree without leaves: `SHA-256("")`.
pub fn empty_root() -> Hash {
    sha256(&[])
}

/// A complete node. Level 0 are the leaves; the node covers the leaves
/// `index << level .. (index + 1) << level`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Node {
    pub level: u8,
    pub index: u64,
    pub hash: Hash,
}

/// Why a frontier or a proof could not be made.
#[derive(Debug, PartialEq, Eq)]
pub enum TreeError<E> {
    /// Sizes or index do not fit together.
    Range,
    /// The store could not give a node.
    Fetch(E),
}

/// The right edge of a tree: the roots of its complete subtrees, one per set bit of the size,
/// largest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Frontier {
    size: u64,
    edge: Vec<Hash>,
}

impl Frontier {
    /// The tree without leaves.
    pub fn new() -> Self {
        Self::default()
    }

    /// Rebuilds the right edge of a tree of `size` leaves from stored nodes.
    pub fn load<E>(
        size: u64,
        mut fetch_node: impl FnMut(u8, u64) -> Result<Hash, E>,
    ) -> Result<Self, TreeError<E>> {
        if size > MAX_INT {
            return Err(TreeError::Range);
        }
        let mut edge = Vec::new();
        for level in (0..53_u8).rev() {
            if size >> level & 1 == 1 {
                // The node of this level just left of the bits below.
                let index = (size >> level).saturating_sub(1);
                edge.push(fetch_node(level, index).map_err(TreeError::Fetch)?);
            }
        }
        Ok(Self { size, edge })
    }

    /// The number of leaves.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Adds the next leaf and emits each node that became complete, the leaf itself first.
    pub fn append(&mut self, leaf: Hash, mut emit: impl FnMut(Node)) {
        let mut node = Node {
            level: 0,
            index: self.size,
            hash: leaf,
        };
        emit(node);
        // Each trailing one bit of the old size is a complete left sibling.
        while self.size >> node.level & 1 == 1 {
            let Some(left) = self.edge.pop() else { break };
            node = Node {
                level: node.level.saturating_add(1),
                index: node.index >> 1,
                hash: node_hash(&left, &node.hash),
            };
            emit(node);
        }
        self.edge.push(node.hash);
        self.size = self.size.saturating_add(1);
    }

    /// The root of the tree as it stands.
    pub fn root(&self) -> Hash {
        let mut parts = self.edge.iter().rev();
        match parts.next() {
            None => empty_root(),
            Some(last) => parts.fold(*last, |right, left| node_hash(left, &right)),
        }
    }
}

/// The hash of the subtree over the leaves `start..end`, where `start` is a multiple of the
/// smallest power of two that is at least `end - start`.
fn subtree<E>(
    start: u64,
    end: u64,
    fetch_node: &mut impl FnMut(u8, u64) -> Result<Hash, E>,
) -> Result<Hash, TreeError<E>> {
    // Complete parts from left to right; the last, smallest ones are folded from the right.
    let mut parts = Vec::new();
    let mut at = start;
    while at < end {
        let level = end.saturating_sub(at).ilog2();
        let index = at >> level;
        let level = u8::try_from(level).map_err(|_| TreeError::Range)?;
        parts.push(fetch_node(level, index).map_err(TreeError::Fetch)?);
        at = at.saturating_add(1 << level);
    }
    let mut parts = parts.iter().rev();
    let last = parts.next().ok_or(TreeError::Range)?;
    Ok(parts.fold(*last, |right, left| node_hash(left, &right)))
}

/// Where RFC 9162 splits the leaves `start..end`: after the largest power of two below their
/// number. There are at least two.
fn split(start: u64, end: u64) -> u64 {
    let others = end.saturating_sub(start).saturating_sub(1).max(1);
    start.saturating_add(1 << others.ilog2())
}

/// The audit path of leaf `index` in the tree of the first `size` leaves (RFC 9162 2.1.3.1).
/// Fetches complete nodes only.
pub fn inclusion_proof<E>(
    size: u64,
    index: u64,
    mut fetch_node: impl FnMut(u8, u64) -> Result<Hash, E>,
) -> Result<Vec<Hash>, TreeError<E>> {
    if index >= size || size > MAX_INT {
        return Err(TreeError::Range);
    }
    let (mut start, mut end) = (0, size);
    let mut path = Vec::new();
    while end.saturating_sub(start) > 1 {
        let middle = split(start, end);
        if index < middle {
            path.push(subtree(middle, end, &mut fetch_node)?);
            end = middle;
        } else {
            path.push(subtree(start, middle, &mut fetch_node)?);
            start = middle;
        }
    }
    path.reverse();
    Ok(path)
}

/// The proof that the first `old` leaves of the tree of `new` leaves are the tree of size `old`
/// (RFC 9162 2.1.4.1). Empty for `old == 0` and `old == new`.
pub fn consistency_proof<E>(
    old: u64,
    new: u64,
    mut fetch_node: impl FnMut(u8, u64) -> Result<Hash, E>,
) -> Result<Vec<Hash>, TreeError<E>> {
    if old > new || new > MAX_INT {
        return Err(TreeError::Range);
    }
    if old == 0 || old == new {
        return Ok(Vec::new());
    }
    let (mut start, mut end) = (0, new);
    let mut path = Vec::new();
    // Walk down to the subtree that ends exactly where the old tree ends.
    while end != old {
        let middle = split(start, end);
        if old <= middle {
            path.push(subtree(middle, end, &mut fetch_node)?);
            end = middle;
        } else {
            path.push(subtree(start, middle, &mut fetch_node)?);
            start = middle;
        }
    }
    // Where that subtree is the whole old tree, the verifier has its root already.
    if start > 0 {
        path.push(subtree(start, end, &mut fetch_node)?);
    }
    path.reverse();
    Ok(path)
}
