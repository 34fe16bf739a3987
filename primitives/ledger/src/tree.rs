//! Sparse 8-ary Merkle trees with `compress8` nodes (S-TREE).

use alloc::{collections::BTreeMap, vec::Vec};
use cloister_crypto::{
    constants::{ACCOUNT_TREE_DEPTH, ORDER_TREE_DEPTH, TREE_ARITY, TREE_ARITY_BITS},
    poseidon2::{compress8, State},
    Fr,
};

/// The children on the way from a leaf to the root: `path[l]` are all children of the node at level `l + 1`.
pub type Path<const DEPTH: usize> = [[Fr; TREE_ARITY]; DEPTH];

/// The account tree of a margin group.
pub type AccountTree = Tree<ACCOUNT_TREE_DEPTH>;
/// The order tree of an account.
pub type OrderTree = Tree<ORDER_TREE_DEPTH>;

/// Digit of an index at a level: which child the path takes there.
pub fn digit(index: u32, level: usize) -> usize {
    let shift = u32::try_from(level * TREE_ARITY_BITS).unwrap_or(u32::BITS);
    (index.checked_shr(shift).unwrap_or(0) as usize) % TREE_ARITY
}

/// A sparse tree; absent nodes are empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tree<const DEPTH: usize> {
    /// Non-empty nodes by (level, index); level 0 are the leaves, level `DEPTH` the root.
    nodes: BTreeMap<(u8, u32), Fr>,
    /// The empty node of every level.
    empty: Vec<Fr>,
}

impl<const DEPTH: usize> Default for Tree<DEPTH> {
    fn default() -> Self {
        let mut empty = alloc::vec![Fr::zero()];
        for level in 0..DEPTH {
            empty.push(compress8(&[empty[level]; TREE_ARITY]));
        }
        Self {
            nodes: BTreeMap::new(),
            empty,
        }
    }
}

impl<const DEPTH: usize> Tree<DEPTH> {
    /// The tree of leaves with their indices, each node made once; of two leaves with one index the later one counts.
    /// The types of the callers keep the indices within the tree.
    pub fn of_leaves(leaves: impl IntoIterator<Item = (u32, Fr)>) -> Self {
        let mut tree = Self::default();
        let mut level: BTreeMap<u32, Fr> = leaves.into_iter().collect();
        level.retain(|_, leaf| *leaf != Fr::zero());
        for number in 0..=DEPTH {
            let nodes = level.iter().map(|(index, node)| ((number as u8, *index), *node));
            tree.nodes.extend(nodes);
            if number == DEPTH {
                break;
            }
            let mut above: BTreeMap<u32, State> = BTreeMap::new();
            for (index, node) in level {
                let (parent, child) = (index / TREE_ARITY as u32, digit(index, 0));
                above.entry(parent).or_insert([tree.empty[number]; TREE_ARITY])[child] = node;
            }
            let (parents, children): (Vec<u32>, Vec<State>) = above.into_iter().unzip();
            level = parents.into_iter().zip(nodes_of(&children)).collect();
        }
        tree
    }

    fn node(&self, level: usize, index: u32) -> Fr {
        self.nodes
            .get(&(level as u8, index))
            .copied()
            .unwrap_or(self.empty[level])
    }

    /// The root.
    pub fn root(&self) -> Fr {
        self.node(DEPTH, 0)
    }

    /// A leaf; 0 where none was set.
    pub fn leaf(&self, index: u32) -> Fr {
        self.node(0, index)
    }

    /// The path of a leaf.
    pub fn path(&self, index: u32) -> Path<DEPTH> {
        let mut path = [[Fr::zero(); TREE_ARITY]; DEPTH];
        let mut at = index;
        for (level, children) in path.iter_mut().enumerate() {
            let first = at - at % TREE_ARITY as u32;
            for (i, child) in children.iter_mut().enumerate() {
                *child = self.node(level, first + i as u32);
            }
            at /= TREE_ARITY as u32;
        }
        path
    }

    /// Sets a leaf and the nodes above it. The types of the callers keep `index` within the tree.
    pub fn set(&mut self, index: u32, leaf: Fr) {
        let mut at = index;
        let mut value = leaf;
        for level in 0..=DEPTH {
            if value == self.empty[level] {
                self.nodes.remove(&(level as u8, at));
            } else {
                self.nodes.insert((level as u8, at), value);
            }
            if level == DEPTH {
                break;
            }
            at /= TREE_ARITY as u32;
            let mut children = [Fr::zero(); TREE_ARITY];
            for (i, child) in children.iter_mut().enumerate() {
                *child = self.node(level, at * TREE_ARITY as u32 + i as u32);
            }
            value = compress8(&children);
        }
    }

    /// All set leaves in order.
    pub fn leaves(&self) -> impl Iterator<Item = (u32, Fr)> + '_ {
        self.nodes
            .iter()
            .take_while(|((level, _), _)| *level == 0)
            .map(|((_, i), v)| (*i, *v))
    }
}

/// The nodes above many lists of children, side by side where a program of this machine asks for it.
#[cfg(feature = "many")]
fn nodes_of(children: &[State]) -> Vec<Fr> {
    cloister_crypto_many::compress8_many(children)
}

/// The nodes above many lists of children.
#[cfg(not(feature = "many"))]
fn nodes_of(children: &[State]) -> Vec<Fr> {
    children.iter().map(compress8).collect()
}

/// The root that a path gives for `leaf` at `index`, if the path holds `expected` there.
///
/// `None` if some level of the path does not hold the node below it.
pub fn root_of<const DEPTH: usize>(path: &Path<DEPTH>, index: u32, expected: Fr) -> Option<Fr> {
    let mut node = expected;
    for (level, children) in path.iter().enumerate() {
        if children[digit(index, level)] != node {
            return None;
        }
        node = compress8(children);
    }
    Some(node)
}

/// The root after `leaf` replaces what the path holds at `index`.
pub fn root_with<const DEPTH: usize>(path: &Path<DEPTH>, index: u32, leaf: Fr) -> Fr {
    path.iter().enumerate().fold(leaf, |node, (level, children)| {
        let mut children = *children;
        children[digit(index, level)] = node;
        compress8(&children)
    })
}
