//! The solvency statement: who of a run of accounts is short or broke at a table (D-STATEMENT). The statements of a
//! round cover a group one after the other; what they find stays hidden until the last one shows the sums.

mod error;
mod shape;
mod standing;
mod sums;
mod witness;

pub use error::SolvencyError;
pub use shape::{begins_subtree, SolvencyShape, BLOCK_SUBTREES, SUBTREE_LEAVES};
pub use standing::{is_stale, Standing};
pub use sums::{Found, Sums};
pub use witness::{SolvencyWitness, BRANCH_DEPTH};

use alloc::vec::Vec;
use cloister_crypto::{
    constants::{domain, SOLVENCY_STATEMENT_VERSION},
    field::{from_i128, from_u128, limbs},
    poseidon2::sponge,
    Fr,
};
use cloister_types::{AccountIndex, GroupId, Money};

/// What the last statement of a round shows (D-OUTCOME).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SolvencyOutcome {
    /// House commitment of the batch that left the root.
    pub house: Fr,
    /// The sums of the round.
    pub found: Found,
    /// What the insurance is worth at the table, less the debts; negative where it does not cover them.
    pub surplus: Money,
}

/// Everything public of a solvency statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SolvencyStatement {
    /// Genesis hash of the chain.
    pub genesis: [u8; 32],
    /// Margin group.
    pub group: GroupId,
    /// Account id that is paid for the proof and whose round this is.
    pub payee: [u8; 32],
    /// Account root.
    pub root: Fr,
    /// Hash of the risk table.
    pub risk_hash: Fr,
    /// Version of the risk table.
    pub table_version: u64,
    /// Time of the risk table, milliseconds of Unix time.
    pub table_time: u64,
    /// First index that is covered; it begins a subtree.
    pub first: AccountIndex,
    /// The index after the last one that is covered.
    pub next: AccountIndex,
    /// [`Sums::commitment`] before.
    pub before: Fr,
    /// [`Sums::commitment`] after.
    pub after: Fr,
    /// What the last statement of a round shows; none in the others.
    pub outcome: Option<SolvencyOutcome>,
}

impl SolvencyWitness {
    /// The statement that this witness proves.
    ///
    /// # Errors
    /// [`SolvencyError::Shape`], [`SolvencyError::First`], and those of D-RUN, D-OPENS, D-RANGE, D-SUMS and D-HOUSE
    /// that compare with no public value.
    pub fn statement(
        &self,
        shape: SolvencyShape,
        genesis: [u8; 32],
        payee: [u8; 32],
        first: AccountIndex,
        last: bool,
    ) -> Result<SolvencyStatement, SolvencyError> {
        let opened = self.result(shape, first)?;
        let header = &self.table.header;
        let outcome = last.then(|| {
            Ok(SolvencyOutcome {
                house: self.house.commitment(),
                found: opened.after.found,
                surplus: surplus(opened.insurance, &opened.after.found)?,
            })
        });
        Ok(SolvencyStatement {
            genesis,
            group: header.group,
            payee,
            root: opened.root,
            risk_hash: self.table.hash(),
            table_version: header.version,
            table_time: header.time,
            first,
            next: shape.next(first),
            before: self.before.commitment(),
            after: opened.after.commitment(),
            outcome: outcome.transpose()?,
        })
    }
}

/// D-OUTCOME: insurance less debts.
fn surplus(insurance: Money, found: &Found) -> Result<Money, SolvencyError> {
    let debt = found.debt.signed();
    debt.and_then(|debt| insurance.checked_sub(debt))
        .ok_or(SolvencyError::Sums)
}

impl SolvencyStatement {
    /// The statement's elements in the order they are hashed.
    pub fn elements(&self) -> Vec<Fr> {
        let (genesis_lo, genesis_hi) = limbs(&self.genesis);
        let (payee_lo, payee_hi) = limbs(&self.payee);
        let head = [
            Fr::from(SOLVENCY_STATEMENT_VERSION),
            genesis_lo,
            genesis_hi,
            Fr::from(u64::from(self.group.get())),
            payee_lo,
            payee_hi,
            self.root,
            self.risk_hash,
            Fr::from(self.table_version),
            Fr::from(self.table_time),
            Fr::from(u64::from(self.first.get())),
            Fr::from(u64::from(self.next.get())),
            self.before,
            self.after,
        ];
        let shown = self.outcome.as_ref().map_or([Fr::zero(); 6], |outcome| {
            let Found { short, debt, live_debt } = outcome.found;
            [
                Fr::one(),
                outcome.house,
                Fr::from(u64::from(short)),
                from_u128(debt.get()),
                from_u128(live_debt.get()),
                from_i128(outcome.surplus.get()),
            ]
        });
        head.into_iter().chain(shown).collect()
    }

    /// The public input.
    pub fn hash(&self) -> Fr {
        sponge(domain::SOLVENCY, &self.elements())
    }

    /// Checks the statement as the circuit does.
    ///
    /// # Errors
    /// The first rule that does not hold.
    pub fn check(&self, shape: SolvencyShape, witness: &SolvencyWitness) -> Result<(), SolvencyError> {
        let opened = witness.result(shape, self.first)?;
        let header = &witness.table.header;
        let named = (self.group, self.table_version, self.table_time, self.risk_hash);
        if named != (header.group, header.version, header.time, witness.table.hash()) {
            return Err(SolvencyError::Table);
        }
        if self.next != shape.next(self.first) {
            return Err(SolvencyError::Next);
        }
        if self.root != opened.root {
            return Err(SolvencyError::Root);
        }
        if self.before != witness.before.commitment() {
            return Err(SolvencyError::Before);
        }
        if self.after != opened.after.commitment() {
            return Err(SolvencyError::After);
        }
        let Some(outcome) = &self.outcome else {
            return Ok(());
        };
        if outcome.house != witness.house.commitment() {
            return Err(SolvencyError::House);
        }
        let found = opened.after.found;
        if outcome.found == found && surplus(opened.insurance, &found) == Ok(outcome.surplus) {
            Ok(())
        } else {
            Err(SolvencyError::Outcome)
        }
    }
}
