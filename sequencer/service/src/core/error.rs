//! Why there is no core, and why it refuses an instruction.

use crate::budget::BudgetSpent;
use cloister_batcher::BatcherError;
use cloister_engine::{InputError, Rejection};

/// Why the core cannot be built.
#[derive(Debug, thiserror::Error)]
pub enum CoreError {
    /// The engine refuses the table or an account.
    #[error(transparent)]
    Engine(#[from] InputError),
    /// The batcher refuses its configuration or the table.
    #[error(transparent)]
    Batcher(#[from] BatcherError),
    /// The trading key of an account of the ledger is not a key.
    #[error("the trading key of account {0} is not a key")]
    Key(u32),
}

/// Why an instruction is refused. It has changed nothing but what time did.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Refusal {
    /// The engine refuses it.
    #[error(transparent)]
    Engine(#[from] Rejection),
    /// The account has used up its units.
    #[error(transparent)]
    Budget(#[from] BudgetSpent),
}
