//! An account rebuilt from the newest state and one block (C-RECORD), however long the history is.
//!
//! No state of former blocks is read and no batch but the account's last, so any node that has block bodies will do,
//! and it makes no difference how many batches there were. What the node says is checked against the root in its state,
//! which is what a proof is compared with; whoever does not trust that root runs [`audit`](crate::audit).

use crate::chain::{Chain, ChainError};
use cloister_client_core::{
    recovery::{tree_of_leaves, LastRecordError},
    trader::Trader,
};
use cloister_crypto::field::{to_bytes, FieldError};
use cloister_ledger::{Account, AccountTree};
use cloister_runtime::{settled::batches_of, Hash};
use cloister_types::AccountIndex;

/// Why an account cannot be rebuilt.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    /// The node could not be asked.
    #[error("{0}")]
    Chain(#[from] ChainError),
    /// No batch has opened the account.
    #[error("account {0} is not open: no batch has taken it up yet, or one has closed it")]
    NotOpen(AccountIndex),
    /// The block that should have the record does not.
    #[error("block {block} has no batch {batch_no} of the group: the node does not give the whole block")]
    NoBatch {
        /// The block.
        block: u32,
        /// The batch.
        batch_no: u64,
    },
    /// The record does not give the account.
    #[error("{0}")]
    Record(#[from] LastRecordError),
    /// A leaf is not a field element.
    #[error("a leaf of the chain's state: {0}")]
    Leaf(#[from] FieldError),
    /// The leaves of the state give another root than the state has.
    #[error("the chain's leaves give the root {leaves}, its state has {chain}")]
    Root {
        /// Root of the leaves, hexadecimal.
        leaves: String,
        /// Root of the state, hexadecimal.
        chain: String,
    },
}

/// An account in the newest final state, with the tree that it is in.
#[derive(Clone, Debug)]
pub struct Located {
    /// The account.
    pub account: Account,
    /// All leaves of the group.
    pub tree: AccountTree,
    /// Its root, equal to the chain's.
    pub root: [u8; 32],
    /// Number of records that the account has.
    pub updates: u64,
    /// Number of requests to the node that it took.
    pub requests: u64,
}

/// Rebuilds a trader's account in the state of a block.
///
/// # Errors
/// [`RecordError`].
pub async fn locate(chain: &Chain, trader: &Trader, head: Hash) -> Result<Located, RecordError> {
    let chain = &chain.counted_apart();
    let (group, index, at) = (trader.group, AccountIndex(trader.index), Some(head));
    let registered = chain.account(group, index.get(), at).await?;
    let record = registered.and_then(|account| account.record);
    let record = record.ok_or(RecordError::NotOpen(index))?;
    let hash = chain.block_hash(record.block).await?;
    let calls = chain.calls(hash.ok_or(ChainError::NoBlock(record.block))?).await?;
    let batches = calls.iter().flat_map(|call| batches_of(call, group));
    let (scope, keys) = (trader.scope(), trader.known_keys());
    // A batch of the number may have been refused in the same block: the first that gives the leaf counts, and if none
    // does, what is wrong with the last one is told.
    let mut account = Err(RecordError::NoBatch {
        block: record.block,
        batch_no: record.batch_no,
    });
    for batch in batches.filter(|batch| batch.batch_no == record.batch_no) {
        account = record.open(batch, index, &scope, &keys).map_err(RecordError::from);
        if account.is_ok() {
            break;
        }
    }
    let tree = tree_of_leaves(chain.leaves(group, at).await?)?;
    let root = to_bytes(&tree.root());
    let state = chain.group_state(group, at).await?;
    if root != state.root {
        return Err(RecordError::Root {
            leaves: hex::encode(root),
            chain: hex::encode(state.root),
        });
    }
    Ok(Located {
        account: account?,
        tree,
        root,
        updates: record.updates,
        requests: chain.requests(),
    })
}
