//! The settled batches of a group, read back from the chain's transactions: everything that the proofs are about is
//! public there.
//!
//! The state of old blocks is needed to know which transactions succeeded, so the node must keep it
//! (`--state-pruning archive`; a node keeps the last 256 blocks otherwise).

use crate::chain::{Chain, ChainError};
use cloister_crypto::field::to_bytes;
use cloister_groth16_verifier::{verify_with, Proof, Pure, VerifyError, VerifyingKey, VerifyingKeyError, PROOF_BYTES};
use cloister_ledger::Statement;
use cloister_runtime::{settled::settled_batches as settled_in, AccountId, Hash};
use cloister_settlement::{
    house_before, rebuild, take, take_house, Batch, Field, KeyId, KnownToChain, StatementError, TakeError, Waiting,
};
use cloister_types::{AccountIndex, GroupId};
use std::time::{Duration, Instant};

/// Why history cannot be read, or is not what its proofs say.
#[derive(Debug, thiserror::Error)]
pub enum HistoryError {
    /// The node could not be asked.
    #[error("{0}")]
    Chain(#[from] ChainError),
    /// A batch is missing or out of order: the node does not give the whole chain.
    #[error("batch {found} found where {expected} is next; the node does not give the whole chain")]
    Order {
        /// Batch number that is next.
        expected: u64,
        /// Batch number found.
        found: u64,
    },
    /// A settled batch names a risk table that is not there any more.
    #[error("batch {0} names a risk table that the chain does not know at its block")]
    NoTable(u64),
    /// A settled batch has no statement: the chain must have refused it.
    #[error("batch {batch_no}: {source}")]
    Statement {
        /// The batch.
        batch_no: u64,
        /// What is wrong.
        source: StatementError,
    },
    /// The queue before a settled batch cannot be the chain's.
    #[error("batch {batch_no}: {source}")]
    Queue {
        /// The batch.
        batch_no: u64,
        /// What is wrong.
        source: TakeError,
    },
    /// The chain's verifying key is not one.
    #[error("verifying key {id}: {source}")]
    Key {
        /// Its id.
        id: KeyId,
        /// What is wrong.
        source: VerifyingKeyError,
    },
    /// A settled batch's proof does not verify.
    #[error("the proof of batch {batch_no} does not verify: {source}")]
    Proof {
        /// The batch.
        batch_no: u64,
        /// Why.
        source: VerifyError,
    },
}

/// One settled batch.
#[derive(Clone, Debug)]
pub struct Settled {
    /// Block that settled it.
    pub block: Hash,
    /// Its number.
    pub number: u32,
    /// Bytes of its transaction on the chain, over the batches that it settled.
    pub bytes: usize,
    /// The verifying key of the proof.
    pub key: KeyId,
    /// The statement, put together from chain data.
    pub statement: Statement,
    /// The proof.
    pub proof: [u8; PROOF_BYTES],
}

impl Settled {
    /// Verifies the proof natively, with the pure backend; returns how long that took (decoding the proof included, the
    /// key excluded).
    ///
    /// # Errors
    /// [`HistoryError::Proof`].
    pub fn verify(&self, key: &VerifyingKey) -> Result<Duration, HistoryError> {
        let at = |source| HistoryError::Proof {
            batch_no: self.statement.batch_no,
            source,
        };
        let input = self.statement.hash();
        let begin = Instant::now();
        let proof = Proof::from_bytes(&self.proof).map_err(at)?;
        verify_with::<Pure>(key, &[input], &proof).map_err(at)?;
        Ok(begin.elapsed())
    }
}

/// The statements of settled batches, in order.
pub fn statements(batches: &[Settled]) -> impl Iterator<Item = &Statement> + Clone {
    batches.iter().map(|batch| &batch.statement)
}

/// Reads a verifying key.
///
/// # Errors
/// [`HistoryError::Key`], or the chain does not know the id.
pub async fn verifying_key(chain: &Chain, id: KeyId, at: Option<Hash>) -> Result<VerifyingKey, HistoryError> {
    let found = chain.verifying_key(id, at).await?;
    VerifyingKey::from_bytes(&found.key).map_err(|source| HistoryError::Key { id, source })
}

/// Reads the settled batches of a group, from the first block to `head`. Batches are in transactions of their own
/// (C-PLAIN), so no other call is looked into.
///
/// # Errors
/// [`HistoryError`].
pub async fn settled_batches(chain: &Chain, group: u32, head: Hash) -> Result<Vec<Settled>, HistoryError> {
    let last = chain.header(Some(head)).await?.number;
    let rekeyed = chain.house_rekeys(group, Some(head)).await?;
    let mut out: Vec<Settled> = Vec::new();
    for number in 1..=last {
        let hash = chain.block_hash(number).await?.ok_or(ChainError::NoBlock(number))?;
        let block = chain.block(hash).await?;
        let parent = block.header.parent_hash;
        let extrinsics = block.extrinsics.iter();
        let batches: Vec<(usize, &Batch)> = extrinsics
            .flat_map(|extrinsic| {
                let batches = settled_in(&extrinsic.call, &extrinsic.events, group);
                let bytes = extrinsic.bytes.len().div_ceil(batches.len().max(1));
                batches.into_iter().map(move |batch| (bytes, batch))
            })
            .collect();
        let mut waiting = waiting_before(chain, group, &batches, parent).await?;
        for (bytes, batch) in batches {
            let expected = out.len() as u64;
            if batch.batch_no != expected {
                return Err(HistoryError::Order {
                    expected,
                    found: batch.batch_no,
                });
            }
            let (root, house) = match out.last() {
                Some(last) => (to_bytes(&last.statement.new_root), to_bytes(&last.statement.new_house)),
                None => genesis_commitments(chain, group, parent).await?,
            };
            let before = (root, house_before(&rekeyed, batch.batch_no, house));
            let statement = statement(chain, group, batch, before, &mut waiting, hash).await?;
            out.push(Settled {
                block: hash,
                number,
                bytes,
                key: batch.key,
                statement,
                proof: batch.proof,
            });
        }
    }
    Ok(out)
}

/// Root and house before the first batch.
async fn genesis_commitments(chain: &Chain, group: u32, at: Hash) -> Result<(Field, Field), HistoryError> {
    let state = chain.group_state(group, Some(at)).await?;
    Ok((state.root, state.house))
}

/// What waits for the accounts of a block's batches, and for the house, in the state before it. Nothing that is queued
/// in the block is ready at a table that its batches may name.
async fn waiting_before(
    chain: &Chain,
    group: u32,
    batches: &[(usize, &Batch)],
    parent: Hash,
) -> Result<Waiting<AccountId>, HistoryError> {
    let mut items = Vec::new();
    for (_, batch) in batches {
        let accounts: Vec<u32> = batch.accounts().map(|index| index.get()).collect();
        items.extend(chain.waiting(group, &accounts, Some(parent)).await?);
    }
    if !batches.is_empty() {
        let house = [AccountIndex::HOUSE.get()];
        items.extend(chain.waiting(group, &house, Some(parent)).await?);
    }
    Ok(items.into_iter().collect())
}

/// The statement as the chain puts it together (B-STATEMENT). `waiting` is moved on by what the batch takes.
async fn statement(
    chain: &Chain,
    group: u32,
    batch: &Batch,
    (old_root, old_house): (Field, Field),
    waiting: &mut Waiting<AccountId>,
    block: Hash,
) -> Result<Statement, HistoryError> {
    let batch_no = batch.batch_no;
    let info = chain
        .risk_info(group, batch.risk_version, Some(block))
        .await?
        .ok_or(HistoryError::NoTable(batch_no))?;
    let known = KnownToChain {
        genesis: chain.genesis().0,
        group: GroupId(group),
        batch_no,
        old_root,
        old_house,
        risk_hash: info.risk_hash,
    };
    let queue = |source| HistoryError::Queue { batch_no, source };
    let takings = take(waiting, batch.asks(), info.time).map_err(queue)?;
    let house = take_house(waiting, batch.take_insurance.is_some(), info.time).map_err(queue)?;
    rebuild(&known, batch, &takings, house.doors()).map_err(|source| HistoryError::Statement { batch_no, source })
}
