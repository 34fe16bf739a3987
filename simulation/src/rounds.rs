//! Solvency rounds over the settled group (D-ROUND): every statement as the chain fills it in, checked, and what the
//! last one shows.

use crate::{audit::Solvency, exchange::GENESIS};
use cloister_crypto::Fr;
use cloister_ledger::{
    solvency::{SolvencyOutcome, Standing, Sums},
    GroupLedger, SolvencyError, SolvencyShape, SolvencyStatement, SolvencyWitness,
};
use cloister_ledger_testing::Random;
use cloister_risk::RiskTable;
use cloister_types::AccountIndex;

/// Shape of all statements.
pub const SHAPE: SolvencyShape = SolvencyShape::DEV;

/// Why a round cannot be made, or is not believed. None of these happens in a correct run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RoundError {
    /// No account is open.
    #[error("no account is open")]
    NoAccounts,
    /// The statement that begins at index `.0` does not hold.
    #[error("the statement from account {0} on: {1}")]
    Statement(u32, SolvencyError),
    /// The round shows other numbers than those that were counted from the outside.
    #[error("the round shows {shown:?}, the audit counts {counted:?}")]
    Disagrees {
        /// What the last statement shows.
        shown: Solvency,
        /// What the audit counts.
        counted: Solvency,
    },
}

/// A statement that holds, and its witness.
#[derive(Clone, Debug)]
pub struct Stated {
    /// What is public.
    pub statement: SolvencyStatement,
    /// What only the prover knows.
    pub witness: SolvencyWitness,
}

/// A complete round.
#[derive(Clone, Debug)]
pub struct Round {
    /// Its statements, first to last.
    pub statements: Vec<Stated>,
    /// What the last one shows.
    pub shown: Solvency,
}

impl Round {
    /// All statements about a group at a table; `random` blinds the sums.
    ///
    /// # Errors
    /// [`RoundError::NoAccounts`], [`RoundError::Statement`].
    pub fn new(state: &GroupLedger, table: &RiskTable, random: &mut Random) -> Result<Self, RoundError> {
        let last = state.accounts().map(|(index, _)| index).max();
        let last = last.ok_or(RoundError::NoAccounts)?;
        let (root, risk_hash, house) = (state.root(), table.hash(), state.house().commitment());
        let (mut first, mut sums, mut accumulator) =
            (AccountIndex::ZERO, Sums::default(), Sums::default().commitment());
        let mut statements = Vec::new();
        loop {
            let at = |error| RoundError::Statement(first.get(), error);
            let ends = SHAPE.next(first) > last;
            let witness = open(state, table, first, sums, random.field(), ends).map_err(at)?;
            let made = witness.statement(SHAPE, GENESIS, [0; 32], first, ends).map_err(at)?;
            // What the chain knows it does not take from the prover.
            let statement = SolvencyStatement {
                root,
                risk_hash,
                table_version: table.header.version,
                table_time: table.header.time,
                next: SHAPE.next(first),
                before: accumulator,
                outcome: made.outcome.map(|outcome| SolvencyOutcome { house, ..outcome }),
                ..made
            };
            statement.check(SHAPE, &witness).map_err(at)?;
            sums = sums_after(&witness).map_err(at)?;
            (first, accumulator) = (statement.next, statement.after);
            let shown = statement.outcome.as_ref().map(Solvency::from);
            statements.push(Stated { statement, witness });
            if let Some(shown) = shown {
                return Ok(Self { statements, shown });
            }
        }
    }

    /// Compares what the round shows with what was counted from the outside.
    ///
    /// # Errors
    /// [`RoundError::Disagrees`].
    pub fn agrees(&self, counted: &Solvency) -> Result<(), RoundError> {
        if self.shown == *counted {
            Ok(())
        } else {
            Err(RoundError::Disagrees {
                shown: self.shown,
                counted: *counted,
            })
        }
    }
}

/// The accounts from `first` on, with the sums that the round has reached; its end opens the house too.
fn open(
    state: &GroupLedger,
    table: &RiskTable,
    first: AccountIndex,
    before: Sums,
    blinding: Fr,
    ends: bool,
) -> Result<SolvencyWitness, SolvencyError> {
    let account = |index| state.account(index).map(|state| &state.account);
    let mut witness =
        SolvencyWitness::open(SHAPE, state.tree(), account, table.clone(), first).ok_or(SolvencyError::First)?;
    (witness.before, witness.blinding) = (before, blinding);
    if ends {
        witness.house = state.house().clone();
    }
    Ok(witness)
}

/// The sums after a statement (D-SUMS).
fn sums_after(witness: &SolvencyWitness) -> Result<Sums, SolvencyError> {
    let mut found = witness.before.found;
    for (number, account) in witness.accounts.iter().enumerate() {
        if let Some(account) = account {
            found = found.and(Standing::of(account, &witness.table, number as u16)?)?;
        }
    }
    Ok(Sums {
        blinding: witness.blinding,
        found,
    })
}

impl From<&SolvencyOutcome> for Solvency {
    fn from(outcome: &SolvencyOutcome) -> Self {
        Self {
            short: outcome.found.short.into(),
            debt: outcome.found.debt.get() as i128,
            live_debt: outcome.found.live_debt.get() as i128,
            surplus: outcome.surplus.get(),
        }
    }
}
