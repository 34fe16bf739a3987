//! Checks that trust nobody: proofs, roots, accounts and money, all from chain data.

use crate::{
    chain::{Chain, ChainError},
    history::{settled_batches, statements, verifying_key, HistoryError, Settled},
};
use cloister_client_core::{
    recovery::{account_tree, recover, Recovered, RecoveryError},
    trader::Trader,
};
use cloister_crypto::field::to_bytes;
use cloister_groth16_verifier::VerifyingKey;
use cloister_runtime::{Balance, Hash};
use cloister_settlement::KeyId;
use cloister_types::AccountIndex;
use std::{
    collections::{btree_map::Entry, BTreeMap},
    time::Duration,
};

/// Why the chain's data do not hold together.
#[derive(Debug, thiserror::Error)]
pub enum AuditError {
    /// The settled batches cannot be read, or a proof is wrong.
    #[error("{0}")]
    History(#[from] HistoryError),
    /// The node could not be asked.
    #[error("{0}")]
    Chain(#[from] ChainError),
    /// An account or the tree is not what the records say.
    #[error("{0}")]
    Recovery(#[from] RecoveryError),
    /// The public leaves give another root than the chain's state holds.
    #[error("the public leaves give the root {leaves}, the chain's state holds {chain}")]
    Root {
        /// Root of the leaves, hexadecimal.
        leaves: String,
        /// Root of the state, hexadecimal.
        chain: String,
    },
}

/// Settled batches that were checked.
#[derive(Clone, Debug)]
pub struct BatchAudit {
    /// The batches.
    pub batches: Vec<Settled>,
    /// How long each native verification took.
    pub verify: Vec<Duration>,
    /// Root of the public leaves, equal to the chain's.
    pub root: [u8; 32],
}

/// Reads every settled batch up to a block, verifies every proof natively, and rebuilds the chain's root from the
/// public leaves.
///
/// # Errors
/// [`AuditError`] with the first thing that does not hold.
pub async fn audit_batches(chain: &Chain, group: u32, head: Hash) -> Result<BatchAudit, AuditError> {
    let batches = settled_batches(chain, group, head).await?;
    let mut keys: BTreeMap<KeyId, VerifyingKey> = BTreeMap::new();
    let mut verify = Vec::with_capacity(batches.len());
    for batch in &batches {
        let key = match keys.entry(batch.key) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(place) => place.insert(verifying_key(chain, batch.key, Some(head)).await?),
        };
        verify.push(batch.verify(key)?);
    }
    let root = to_bytes(&account_tree(statements(&batches))?.root());
    let state = chain.group_state(group, Some(head)).await?;
    if root != state.root {
        return Err(AuditError::Root {
            leaves: hex::encode(root),
            chain: hex::encode(state.root),
        });
    }
    Ok(BatchAudit { batches, verify, root })
}

/// Rebuilds a trader's account from settled batches.
///
/// # Errors
/// [`RecoveryError`].
pub fn recover_trader(batches: &[Settled], trader: &Trader) -> Result<Recovered, RecoveryError> {
    recover(
        statements(batches),
        AccountIndex(trader.index),
        &[trader.account_keys()],
    )
}

/// Where the settlement asset is in one block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AssetHoldings {
    /// Total supply.
    pub supply: Balance,
    /// Sum over every holder.
    pub held: Balance,
    /// What the group's vault holds.
    pub vault: Balance,
    /// Smallest balance that an account may hold; the vault was created with it.
    pub minimum: Balance,
    /// What the vault owes, all together (C-VAULT).
    pub owed: Balance,
}

impl AssetHoldings {
    /// Reads a block.
    ///
    /// # Errors
    /// [`ChainError`].
    pub async fn at(chain: &Chain, group: u32, block: Hash) -> Result<Self, ChainError> {
        let at = Some(block);
        let state = chain.group_state(group, at).await?;
        let (supply, minimum) = chain.asset_supply(state.asset, at).await?;
        let held = chain
            .asset_holders(state.asset, at)
            .await?
            .iter()
            .map(|(_, balance)| balance)
            .sum();
        let vault = chain
            .asset_balance(state.asset, &chain.vault_account(group).await?, at)
            .await?;
        let totals = chain.group_totals(group, at).await?;
        Ok(Self {
            supply,
            held,
            vault,
            minimum,
            owed: totals.sum().unwrap_or(Balance::MAX),
        })
    }

    /// True if nothing was made or lost since `before`: the supply is the same, all of it belongs to somebody, and the
    /// vault holds its minimum and exactly what it owes.
    pub fn conserved_since(&self, before: &Self) -> bool {
        self.supply == before.supply && self.held == self.supply && self.vault == self.minimum + self.owed
    }
}
