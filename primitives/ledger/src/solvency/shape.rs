//! Shapes of solvency statements, and which indices one covers (D-RUN).

use cloister_crypto::constants::{BLOCK_LEVELS, INDEX_BITS, TREE_ARITY, TREE_ARITY_BITS};
use cloister_types::AccountIndex;
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;

/// Leaves of a subtree.
pub const SUBTREE_LEAVES: usize = TREE_ARITY;
/// Subtrees of a block.
pub const BLOCK_SUBTREES: usize = 1 << ((BLOCK_LEVELS - 1) * TREE_ARITY_BITS);

/// Shape of a solvency statement.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Encode, Decode, DecodeWithMemTracking, TypeInfo, MaxEncodedLen,
)]
pub struct SolvencyShape {
    /// Maximum number of subtrees that a statement covers.
    pub subtrees: u16,
}

impl SolvencyShape {
    /// The development shape; fills a domain of 2^18.
    pub const DEV: Self = Self { subtrees: 6 };
    /// For a domain of 2^19, in which one more subtree would fit.
    pub const STANDARD: Self = Self { subtrees: 13 };

    /// Maximum number of accounts that a statement covers.
    pub fn accounts(self) -> usize {
        usize::from(self.subtrees) * SUBTREE_LEAVES
    }

    /// Branches (nodes over eight subtrees) that the subtrees can touch, wherever the first of them is.
    pub fn branches(self) -> usize {
        (usize::from(self.subtrees) + TREE_ARITY - 1).div_ceil(TREE_ARITY)
    }

    /// Number of subtrees that a statement beginning at `first` covers: all, or those up to the end of the block.
    pub fn covered(self, first: AccountIndex) -> usize {
        let subtree = first.get() as usize / SUBTREE_LEAVES % BLOCK_SUBTREES;
        usize::from(self.subtrees).min(BLOCK_SUBTREES - subtree)
    }

    /// The index after those that a statement beginning at `first` covers.
    pub fn next(self, first: AccountIndex) -> AccountIndex {
        // A block has 512 leaves.
        AccountIndex(
            first
                .get()
                .saturating_add((self.covered(first) * SUBTREE_LEAVES) as u32),
        )
    }

    /// Statements of a round over the indices below `end`, if none is left out.
    pub fn statements(self, end: AccountIndex) -> u64 {
        let mut first = AccountIndex::ZERO;
        let mut statements = 0;
        while self.subtrees > 0 && first < end {
            first = self.next(first);
            statements += 1;
        }
        statements
    }
}

/// True if a statement can begin at the index.
pub fn begins_subtree(first: AccountIndex) -> bool {
    first.get() >> INDEX_BITS == 0 && (first.get() as usize).is_multiple_of(SUBTREE_LEAVES)
}
