//! The exit statement: one leaf of the final root and what it is worth at the final table (X-STATEMENT). The owner of
//! the index proves it alone, from chain data and the view key.

use crate::{
    account::{cash_fits, Account},
    packing::position_fits,
    tree::{root_of, Path},
};
use alloc::vec::Vec;
use cloister_crypto::{
    constants::{domain, ACCOUNT_TREE_DEPTH, EQUITY_BITS, EXIT_STATEMENT_VERSION, INDEX_BITS, INSTRUMENTS},
    field::{from_i128, from_u128, limbs},
    poseidon2::sponge,
    Fr,
};
use cloister_risk::RiskTable;
use cloister_types::{AccountIndex, GroupId, Money, PerLot, Total};

/// The values of a group's final table (X-FINAL). The chain computes them and keeps their hash.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FinalValues {
    /// Version of the table.
    pub version: u64,
    /// Hash of the table.
    pub risk_hash: Fr,
    /// `V_j` per lot.
    pub values: [PerLot; INSTRUMENTS],
}

impl FinalValues {
    /// The values of a table.
    pub fn of(table: &RiskTable) -> Self {
        let mut values = [PerLot::ZERO; INSTRUMENTS];
        for (value, row) in values.iter_mut().zip(&table.rows) {
            *value = row.value;
        }
        Self {
            version: table.header.version,
            risk_hash: table.hash(),
            values,
        }
    }

    /// The values of a window of tables, oldest first: of each row of the newest the lower median of the values that
    /// its instrument had in the window while its feed lived (C-EXIT), or its last value if it never did. Version and
    /// hash are the newest table's; the caller gives the hash, which it knows. `None` without a table.
    pub fn median(tables: &[RiskTable], risk_hash: Fr) -> Option<Self> {
        let newest = tables.last()?;
        let mut values = [PerLot::ZERO; INSTRUMENTS];
        for (row, (value, listed)) in values.iter_mut().zip(&newest.rows).enumerate() {
            let mut seen: Vec<PerLot> = tables
                .iter()
                .filter_map(|table| table.rows.get(row))
                .filter(|old| old.instrument_id == listed.instrument_id && !old.stale)
                .map(|old| old.value)
                .collect();
            seen.sort_unstable();
            let middle = seen.len().saturating_sub(1) / 2;
            *value = seen.get(middle).copied().unwrap_or(listed.value);
        }
        Some(Self {
            version: newest.header.version,
            risk_hash,
            values,
        })
    }

    /// The elements in the order they are hashed.
    pub fn elements(&self, group: GroupId) -> Vec<Fr> {
        let head = [Fr::from(u64::from(group.get())), Fr::from(self.version), self.risk_hash];
        let values = self.values.iter().map(|v| from_i128((*v).get().into()));
        head.into_iter().chain(values).collect()
    }

    /// The commitment to the final values of a group.
    pub fn hash(&self, group: GroupId) -> Fr {
        sponge(domain::FINAL, &self.elements(group))
    }

    /// `cash + Σ_j q_j·V_j`; `None` outside `[-2^101, 2^101)`, which no account within its widths can reach.
    pub fn equity(&self, account: &Account) -> Option<Money> {
        let half = 1i128 << EQUITY_BITS;
        let mut equity = account.cash;
        for (q, value) in account.positions.iter().zip(&self.values) {
            equity = equity.checked_add(Money(i128::from(q.get()).checked_mul(i128::from((*value).get()))?))?;
        }
        (-half..half).contains(&equity.get()).then_some(equity)
    }
}

/// Everything public of an exit. The chain takes only index and claim from the submitter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ExitStatement {
    /// Genesis hash of the chain.
    pub genesis: [u8; 32],
    /// Margin group.
    pub group: GroupId,
    /// Account index.
    pub index: AccountIndex,
    /// The group's final account root.
    pub root: Fr,
    /// [`FinalValues::hash`] of the group's final table.
    pub final_hash: Fr,
    /// `max(equity, 0)` at the final table.
    pub claim: Total,
}

/// What only the trader (and the sequencers) know of an exit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExitWitness {
    /// The account.
    pub account: Account,
    /// Its path in the final tree.
    pub path: Path<ACCOUNT_TREE_DEPTH>,
    /// The final values. They are public, but the statement holds only their hash.
    pub values: FinalValues,
}

/// Why an exit does not hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ExitError {
    /// X-OPENS: the index is beyond the tree.
    #[error("the index is beyond the tree")]
    Index,
    /// X-RANGE: cash does not fit its width.
    #[error("cash does not fit its width")]
    Cash,
    /// X-RANGE: the position of row `.0` does not fit its width.
    #[error("the position of row {0} does not fit its width")]
    Position(u8),
    /// X-OPENS: the path does not hold the account's leaf at the index.
    #[error("the path does not hold the account")]
    Path,
    /// X-OPENS: the path leads to another root.
    #[error("the path leads to another root")]
    Root,
    /// X-FINAL: the values are not those of the final table.
    #[error("the values are not those of the final table")]
    Values,
    /// X-EQUITY: the equity does not fit its width.
    #[error("the equity does not fit its width")]
    Equity,
    /// X-CLAIM: the claim is not the equity, or not 0 where the equity is negative.
    #[error("the claim is not what the account is worth")]
    Claim,
}

impl ExitWitness {
    fn check_ranges(&self, index: AccountIndex) -> Result<(), ExitError> {
        if index.get() >> INDEX_BITS != 0 {
            return Err(ExitError::Index);
        }
        if !cash_fits(self.account.cash) {
            return Err(ExitError::Cash);
        }
        // There are 32 rows.
        match self.account.positions.iter().position(|q| !position_fits(*q)) {
            Some(row) => Err(ExitError::Position(row as u8)),
            None => Ok(()),
        }
    }

    fn root(&self, index: AccountIndex) -> Result<Fr, ExitError> {
        root_of(&self.path, index.get(), self.account.leaf()).ok_or(ExitError::Path)
    }

    fn claim(&self) -> Result<Total, ExitError> {
        let equity = self.values.equity(&self.account).ok_or(ExitError::Equity)?;
        Ok(Total(u128::try_from(equity.get()).unwrap_or(0)))
    }

    /// The statement that this witness proves; compare its root and final hash with the chain's.
    ///
    /// # Errors
    /// [`ExitError::Index`], [`ExitError::Cash`], [`ExitError::Position`], [`ExitError::Path`], [`ExitError::Equity`].
    pub fn statement(
        &self,
        genesis: [u8; 32],
        group: GroupId,
        index: AccountIndex,
    ) -> Result<ExitStatement, ExitError> {
        self.check_ranges(index)?;
        Ok(ExitStatement {
            genesis,
            group,
            index,
            root: self.root(index)?,
            final_hash: self.values.hash(group),
            claim: self.claim()?,
        })
    }
}

impl ExitStatement {
    /// The statement's elements in the order they are hashed.
    pub fn elements(&self) -> Vec<Fr> {
        let (genesis_lo, genesis_hi) = limbs(&self.genesis);
        Vec::from([
            Fr::from(EXIT_STATEMENT_VERSION),
            genesis_lo,
            genesis_hi,
            Fr::from(u64::from(self.group.get())),
            Fr::from(u64::from(self.index.get())),
            self.root,
            self.final_hash,
            from_u128(self.claim.get()),
        ])
    }

    /// The public input.
    pub fn hash(&self) -> Fr {
        sponge(domain::EXIT, &self.elements())
    }

    /// Checks the statement as the circuit does.
    ///
    /// # Errors
    /// The first rule that does not hold.
    pub fn check(&self, witness: &ExitWitness) -> Result<(), ExitError> {
        witness.check_ranges(self.index)?;
        if witness.root(self.index)? != self.root {
            return Err(ExitError::Root);
        }
        if witness.values.hash(self.group) != self.final_hash {
            return Err(ExitError::Values);
        }
        if witness.claim()? == self.claim {
            Ok(())
        } else {
            Err(ExitError::Claim)
        }
    }
}
