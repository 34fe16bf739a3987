//! Exit proofs (X-STATEMENT): what an account is worth, proven from chain data and the view key alone.

use crate::{
    history::Settled,
    prover::{Parameters, ProofError, Proven, TraderProver},
    recovery::{account_tree, recover, RecoveryError},
    trader::Trader,
};
use cloister_circuits::statements::exit::{ExitCircuit, ExitStatement, ExitWitness};
use cloister_crypto::field::to_bytes;
use cloister_ledger::{ExitError, FinalValues};
use cloister_risk::RiskTable;
use serde_json::{json, Value};
use std::path::Path;

/// Why there is no exit proof.
#[derive(Debug, thiserror::Error)]
pub enum ExitProofError {
    /// The account cannot be rebuilt from the chain.
    #[error("{0}")]
    Recovery(#[from] RecoveryError),
    /// The account breaks a rule of the statement.
    #[error("the exit: {0}")]
    Exit(#[from] ExitError),
    /// The proof cannot be made.
    #[error("the exit: {0}")]
    Proof(#[from] ProofError),
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
    /// The exit of a trader's account after the given batches, which must be all of the group's, at a table.
    ///
    /// # Errors
    /// [`ExitProofError::Recovery`], [`ExitProofError::Exit`].
    pub fn of(batches: &[Settled], trader: &Trader, table: &RiskTable) -> Result<Self, ExitProofError> {
        let account = recover(batches, trader.index, &[trader.account_keys()])?.account;
        let values = FinalValues::of(table);
        let equity = values.equity(&account).ok_or(ExitError::Equity)?;
        let witness = ExitWitness {
            account,
            path: account_tree(batches)?.path(trader.index),
            values,
        };
        let statement = witness.statement(trader.genesis, trader.group, trader.index)?;
        statement.check(&witness)?;
        Ok(Self {
            statement,
            witness,
            equity,
        })
    }

    /// Everything public of a proven exit, with the key that verifies it.
    pub fn to_json(&self, proven: &Proven, verifying_key: &[u8]) -> Value {
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
                "values": values.values.iter().map(i64::to_string).collect::<Vec<_>>(),
            },
            "final_hash": hex::encode(to_bytes(final_hash)),
            "claim": claim.to_string(),
            "public": hex::encode(to_bytes(&self.statement.hash())),
            "proof": hex::encode(proven.proof),
            "verifying_key": hex::encode(verifying_key),
        })
    }
}

/// Proves exits.
#[derive(Clone, Debug)]
pub struct ExitProver(TraderProver);

impl ExitProver {
    /// With the parameters in a file, or the public ones.
    ///
    /// # Errors
    /// [`ProofError`].
    pub async fn new(file: Option<&Path>) -> Result<Self, ProofError> {
        let parameters = file.map_or(Parameters::Development, |path| Parameters::File(path.into()));
        Ok(Self(TraderProver::new(ExitCircuit::blank(), parameters).await?))
    }

    /// The verifying key (C-VERIFIER).
    pub fn verifying_key(&self) -> Vec<u8> {
        self.0.verifying_key()
    }

    /// Proves an exit.
    ///
    /// # Errors
    /// [`ProofError`].
    pub async fn prove(&self, exit: &Exit) -> Result<Proven, ProofError> {
        let circuit = ExitCircuit::proving(exit.statement, exit.witness.clone());
        self.0.prove(circuit, exit.statement.hash()).await
    }
}
