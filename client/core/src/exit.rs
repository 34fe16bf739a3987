//! Exit statements (X-STATEMENT): what an account is worth, stated from chain data and the view key alone.

use crate::{
    recovery::{account_tree, recover, RecoveryError},
    trader::Trader,
};
use cloister_crypto::field::to_bytes;
use cloister_ledger::{Account, AccountTree, ExitError, ExitStatement, ExitWitness, FinalValues, Statement};
use cloister_types::{AccountIndex, GroupId};
use serde_json::{json, Value};

/// Why an exit cannot be stated.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ExitStatementError {
    /// The account cannot be rebuilt from the chain.
    #[error("{0}")]
    Recovery(#[from] RecoveryError),
    /// The account breaks a rule of the statement.
    #[error("the exit: {0}")]
    Exit(#[from] ExitError),
}

/// What an account takes out, before it is proven.
#[derive(Clone, Debug)]
pub struct Exit {
    /// The statement.
    pub statement: ExitStatement,
    /// Account, path and values.
    pub witness: ExitWitness,
    /// Cash and positions at the table's values, 10^-6; the claim is this, or 0 if it is negative.
    pub equity: i128,
}

impl Exit {
    /// The exit of a trader's account at final values, after the given statements, which must be all of the group's.
    ///
    /// # Errors
    /// [`ExitStatementError`].
    pub fn of<'a>(
        statements: impl IntoIterator<Item = &'a Statement> + Clone,
        trader: &Trader,
        values: FinalValues,
    ) -> Result<Self, ExitStatementError> {
        let account = recover(statements.clone(), AccountIndex(trader.index), &trader.known_keys())?.account;
        let tree = account_tree(statements)?;
        Ok(Self::at(account, &tree, trader, values)?)
    }

    /// The exit of an account that is known, in the tree that it is in.
    ///
    /// # Errors
    /// [`ExitError`].
    pub fn at(account: Account, tree: &AccountTree, trader: &Trader, values: FinalValues) -> Result<Self, ExitError> {
        let equity = values.equity(&account).ok_or(ExitError::Equity)?;
        let witness = ExitWitness {
            account,
            path: tree.path(trader.index),
            values,
        };
        let statement = witness.statement(trader.genesis, GroupId(trader.group), AccountIndex(trader.index))?;
        statement.check(&witness)?;
        Ok(Self {
            statement,
            witness,
            equity: equity.get(),
        })
    }

    /// Everything public about a proven exit, with the key that verifies it.
    pub fn to_json(&self, proof: &[u8], verifying_key: &[u8]) -> Value {
        let ExitStatement {
            genesis,
            group,
            index,
            root,
            final_hash,
            claim,
        } = &self.statement;
        let values = &self.witness.values;
        json!({
            "genesis": hex::encode(genesis),
            "group": group,
            "index": index,
            "root": hex::encode(to_bytes(root)),
            "table": {
                "version": values.version.to_string(),
                "risk_hash": hex::encode(to_bytes(&values.risk_hash)),
                "values": values.values.iter().map(|value| value.get().to_string()).collect::<Vec<_>>(),
            },
            "final_hash": hex::encode(to_bytes(final_hash)),
            "claim": claim.get().to_string(),
            "public": hex::encode(to_bytes(&self.statement.hash())),
            "proof": hex::encode(proof),
            "verifying_key": hex::encode(verifying_key),
        })
    }
}
