//! What only the prover knows of a solvency statement, and what follows from it.

use super::{
    shape::{begins_subtree, SUBTREE_LEAVES},
    SolvencyError, SolvencyShape, Standing, Sums,
};
use crate::{
    account::Account,
    house::House,
    packing::position_fits,
    tree::{digit, root_of, AccountTree, Path},
};
use alloc::vec::Vec;
use cloister_crypto::{
    constants::{ACCOUNT_TREE_DEPTH, BLOCK_LEVELS, EQUITY_BITS, TREE_ARITY, TREE_ARITY_BITS},
    poseidon2::compress8,
    Fr,
};
use cloister_risk::{Assessment, RiskTable};
use cloister_types::{AccountIndex, Money};

/// Levels of the tree below a branch.
const BRANCH_LEVELS: usize = BLOCK_LEVELS - 1;
/// Levels from a branch up to the root.
pub const BRANCH_DEPTH: usize = ACCOUNT_TREE_DEPTH - BRANCH_LEVELS;

/// What only the prover knows of a solvency statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SolvencyWitness {
    /// The risk table.
    pub table: RiskTable,
    /// The accounts of all subtrees in the order of their indices; none where the leaf is 0 or beyond the block.
    pub accounts: Vec<Option<Account>>,
    /// The children of each branch: the nodes of eight subtrees. A branch beyond the block has empty ones.
    pub branches: Vec<[Fr; TREE_ARITY]>,
    /// The path of the first branch.
    pub path: Path<BRANCH_DEPTH>,
    /// The sums before.
    pub before: Sums,
    /// Blinds the sums after.
    pub blinding: Fr,
    /// The house of the batch that left the root; any other if the statement is not the last of its round.
    pub house: House,
}

/// What follows from a witness.
pub(super) struct Opened {
    pub root: Fr,
    pub after: Sums,
    pub insurance: Money,
}

impl SolvencyWitness {
    /// Opens the subtrees from `first` on. `None` if no subtree begins there.
    ///
    /// The sums are those of a new round, the blinding is 0 and the house is the genesis house; the caller sets what is
    /// not so.
    pub fn open<'a>(
        shape: SolvencyShape,
        tree: &AccountTree,
        account: impl Fn(AccountIndex) -> Option<&'a Account>,
        table: RiskTable,
        first: AccountIndex,
    ) -> Option<Self> {
        if !begins_subtree(first) {
            return None;
        }
        let last = shape.next(first);
        let accounts = (0..shape.accounts() as u32)
            .map(|i| AccountIndex(first.get() + i))
            .map(|index| (index < last).then(|| account(index)).flatten().cloned())
            .collect();
        let children = |level: usize, index: u32| tree.path(index)[level];
        let empty = compress8(&[Fr::zero(); SUBTREE_LEAVES]);
        let place = digit(first.get(), BRANCH_LEVELS);
        let branches = (0..shape.branches())
            .map(|branch| {
                if place + branch < TREE_ARITY {
                    let step = 1u32 << (BRANCH_LEVELS * TREE_ARITY_BITS);
                    children(BRANCH_LEVELS - 1, first.get() + branch as u32 * step)
                } else {
                    [empty; TREE_ARITY]
                }
            })
            .collect();
        let path = tree.path(first.get());
        let mut above = [[Fr::zero(); TREE_ARITY]; BRANCH_DEPTH];
        above.copy_from_slice(&path[BRANCH_LEVELS..]);
        Some(Self {
            table,
            accounts,
            branches,
            path: above,
            before: Sums::default(),
            blinding: Fr::zero(),
            house: House::default(),
        })
    }

    /// Lists as long as the shape wants them.
    pub fn fits(&self, shape: SolvencyShape) -> bool {
        self.accounts.len() == shape.accounts() && self.branches.len() == shape.branches()
    }

    /// D-RUN, D-OPENS: the root of the tree in which the accounts stand from `first` on.
    fn root(&self, shape: SolvencyShape, first: AccountIndex) -> Result<Fr, SolvencyError> {
        let covered = shape.covered(first);
        let beyond = self.accounts.iter().skip(covered * SUBTREE_LEAVES);
        if let Some(i) = beyond.clone().position(Option::is_some) {
            return Err(SolvencyError::Beyond((covered * SUBTREE_LEAVES + i) as u16));
        }
        let offset = digit(first.get(), BRANCH_LEVELS - 1);
        for (k, accounts) in self.accounts.chunks(SUBTREE_LEAVES).enumerate() {
            let mut leaves = [Fr::zero(); SUBTREE_LEAVES];
            for (leaf, account) in leaves.iter_mut().zip(accounts) {
                *leaf = account.as_ref().map_or(Fr::zero(), Account::leaf);
            }
            let (branch, place) = ((offset + k) / TREE_ARITY, (offset + k) % TREE_ARITY);
            if self.branches.get(branch).map(|children| children[place]) != Some(compress8(&leaves)) {
                return Err(SolvencyError::Subtree(k as u16));
            }
        }
        let place = digit(first.get(), BRANCH_LEVELS);
        let nodes: Vec<Fr> = self.branches.iter().map(compress8).collect();
        for (branch, node) in nodes.iter().enumerate().skip(1) {
            if self.path[0].get(place + branch).is_some_and(|child| child != node) {
                return Err(SolvencyError::Branch(branch as u16));
            }
        }
        let number = first.get() >> (BRANCH_LEVELS * TREE_ARITY_BITS);
        let first = nodes.first().copied().unwrap_or(Fr::zero());
        root_of(&self.path, number, first).ok_or(SolvencyError::Path)
    }

    /// D-HOUSE: what the insurance is worth at the table.
    fn insurance(&self) -> Result<Money, SolvencyError> {
        if let Some(row) = self.house.positions.iter().position(|q| !position_fits(*q)) {
            return Err(SolvencyError::HousePosition(row as u8));
        }
        let half = 1i128 << EQUITY_BITS;
        Assessment::new(&self.table, &self.house.positions, self.house.insurance)
            .map(|assessment| assessment.equity)
            .ok()
            .filter(|equity| (-half..half).contains(&equity.get()))
            .ok_or(SolvencyError::HouseEquity)
    }

    /// All that follows.
    pub(super) fn result(&self, shape: SolvencyShape, first: AccountIndex) -> Result<Opened, SolvencyError> {
        if !self.fits(shape) {
            return Err(SolvencyError::Shape);
        }
        if !begins_subtree(first) {
            return Err(SolvencyError::First);
        }
        let after = self.after()?;
        Ok(Opened {
            root: self.root(shape, first)?,
            after,
            insurance: self.insurance()?,
        })
    }

    /// D-SUMS: the sums after the statement, those before with what is found in the opened accounts.
    ///
    /// # Errors
    /// [`SolvencyError::Sums`], and those of an account that leaves its ranges.
    pub fn after(&self) -> Result<Sums, SolvencyError> {
        let mut found = self.before.found;
        for (number, account) in self.accounts.iter().enumerate() {
            if let Some(account) = account {
                found = found.and(Standing::of(account, &self.table, number as u16)?)?;
            }
        }
        Ok(Sums {
            blinding: self.blinding,
            found,
        })
    }
}
