//! The settled batches of a group, read back from the chain's transactions: everything that the proofs are about is public there.
//!
//! The state of old blocks is needed to know which transactions succeeded, so the node must keep it (`--state-pruning archive`; a node keeps the last
//! 256 blocks otherwise).

use crate::chain::{Chain, ChainError, Extrinsic};
use cloister_crypto::{
    constants::HOUSE_RECORD,
    field::{self, FieldError},
    Fr,
};
use cloister_groth16_verifier::{verify_with, KeyError, Proof, Pure, VerifyError, VerifyingKey, PROOF_BYTES};
use cloister_ledger::{HouseRecord, KeyRecord, RecordKind, Statement, UnitRecord};
use cloister_runtime::{AccountId, Hash, RuntimeCall, RuntimeEvent};
use pallet_cloister_execution::{Batch, ItemKind, QueueItem};
use std::{
    collections::BTreeSet,
    time::{Duration, Instant},
};

/// Why history cannot be read, or is not what its proofs say.
#[derive(Debug, thiserror::Error)]
pub enum HistoryError {
    /// The node could not be asked.
    #[error("{0}")]
    Chain(#[from] ChainError),
    /// The chain says a batch was settled, and no transaction of the block is it.
    #[error("batch {batch_no} was settled in block {block:?} by something other than a plain submit_batch; this client cannot read it")]
    Hidden {
        /// The batch.
        batch_no: u64,
        /// The block.
        block: Hash,
    },
    /// A settled batch names a risk table that is not there any more.
    #[error("batch {0} names a risk table that the chain does not know at its block")]
    NoTable(u64),
    /// A settled batch holds an encoding that the chain must have refused.
    #[error("batch {batch_no}: {source}")]
    Encoding {
        /// The batch.
        batch_no: u64,
        /// What is wrong.
        source: FieldError,
    },
    /// The queue does not give the items that a settled batch consumed.
    #[error("batch {0} does not fit the queue of its time")]
    Queue(u64),
    /// The chain's verifying key is not one.
    #[error("the verifying key of shape {shape}: {source}")]
    Key {
        /// The shape.
        shape: u16,
        /// What is wrong.
        source: KeyError,
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
    /// Bytes of the transaction on the chain.
    pub bytes: usize,
    /// Shape of the proof.
    pub shape: u16,
    /// The statement, put together from chain data.
    pub statement: Statement,
    /// The proof.
    pub proof: [u8; PROOF_BYTES],
}

impl Settled {
    /// Verifies the proof natively, with the pure backend; returns how long that took (decoding the proof included, the key excluded).
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

/// Reads the verifying key of a shape.
///
/// # Errors
/// [`HistoryError::Key`], or the chain does not know the shape.
pub async fn verifying_key(chain: &Chain, shape: u16, at: Option<Hash>) -> Result<VerifyingKey, HistoryError> {
    let found = chain.verifying_key(shape, at).await?;
    VerifyingKey::from_bytes(&found.key).map_err(|source| HistoryError::Key { shape, source })
}

/// Reads the settled batches of a group, from the first block to `head`.
///
/// # Errors
/// [`HistoryError`].
pub async fn settled_batches(chain: &Chain, group: u32, head: Hash) -> Result<Vec<Settled>, HistoryError> {
    let last = chain.header(Some(head)).await?.number;
    let mut out: Vec<Settled> = Vec::new();
    for number in 1..=last {
        let hash = chain.block_hash(number).await?.ok_or(ChainError::NoBlock(number))?;
        let block = chain.block(hash).await?;
        let mut wanted: BTreeSet<u64> = block
            .extrinsics
            .iter()
            .flat_map(|e| &e.events)
            .chain(&block.other_events)
            .filter_map(|event| settled_number(event, group))
            .collect();
        if wanted.is_empty() {
            continue;
        }
        let parent = block.header.parent_hash;
        for extrinsic in &block.extrinsics {
            let Some((batch_no, batch)) = settled_by(extrinsic, group) else {
                continue;
            };
            wanted.remove(&batch_no);
            let before = match out.last() {
                Some(last) => (last.statement.new_root, last.statement.new_house),
                None => genesis_commitments(chain, group, parent).await?,
            };
            let statement = rebuild(chain, group, batch, before, parent).await?;
            out.push(Settled {
                block: hash,
                number,
                bytes: extrinsic.bytes.len(),
                shape: batch.shape,
                statement,
                proof: batch.proof,
            });
        }
        if let Some(batch_no) = wanted.first() {
            return Err(HistoryError::Hidden {
                batch_no: *batch_no,
                block: hash,
            });
        }
    }
    Ok(out)
}

fn settled_number(event: &RuntimeEvent, group: u32) -> Option<u64> {
    match event {
        RuntimeEvent::Execution(pallet_cloister_execution::Event::BatchSettled { group: g, batch_no, .. })
            if *g == group =>
        {
            Some(*batch_no)
        }
        _ => None,
    }
}

/// The batch that a transaction settled.
fn settled_by(extrinsic: &Extrinsic, group: u32) -> Option<(u64, &Batch)> {
    let RuntimeCall::Execution(pallet_cloister_execution::Call::submit_batch { group: g, batch }) = &extrinsic.call
    else {
        return None;
    };
    let settled = extrinsic.events.iter().find_map(|event| settled_number(event, group))?;
    (*g == group).then_some((settled, batch))
}

/// Root and house before the first batch.
async fn genesis_commitments(chain: &Chain, group: u32, at: Hash) -> Result<(Fr, Fr), HistoryError> {
    let state = chain.group_state(group, Some(at)).await?;
    let read =
        |bytes: &[u8; 32]| field::from_bytes(bytes).map_err(|source| HistoryError::Encoding { batch_no: 0, source });
    Ok((read(&state.root)?, read(&state.house)?))
}

/// Puts the statement together as the chain does (B-STATEMENT).
async fn rebuild(
    chain: &Chain,
    group: u32,
    batch: &Batch,
    (old_root, old_house): (Fr, Fr),
    parent: Hash,
) -> Result<Statement, HistoryError> {
    let batch_no = batch.batch_no;
    let read =
        |bytes: &[u8; 32]| field::from_bytes(bytes).map_err(|source| HistoryError::Encoding { batch_no, source });
    let info = chain
        .risk_info(group, batch.risk_version, Some(parent))
        .await?
        .ok_or(HistoryError::NoTable(batch_no))?;
    let mut consumed = consumed_items(chain, group, batch, parent).await?.into_iter();
    let mut units = Vec::with_capacity(batch.units.len());
    for unit in &batch.units {
        let item = if unit.queued {
            Some(consumed.next().ok_or(HistoryError::Queue(batch_no))?)
        } else {
            None
        };
        if item.as_ref().is_some_and(|item| item.index != unit.index) {
            return Err(HistoryError::Queue(batch_no));
        }
        let kind = match item.as_ref().map(|item| &item.kind) {
            Some(ItemKind::Open(keys)) => RecordKind::Open(KeyRecord {
                x: read(&keys.pk_x)?,
                y: read(&keys.pk_y)?,
                view_commitment: read(&keys.view_commitment)?,
            }),
            _ => RecordKind::Update,
        };
        units.push(UnitRecord {
            index: unit.index,
            kind,
            deposit: item.map_or(0, |item| item.amount),
            withdrawal: unit.withdrawal,
            new_leaf: read(&unit.new_leaf)?,
            ciphertext: unit.ciphertext.iter().map(read).collect::<Result<_, _>>()?,
        });
    }
    let mut house = [Fr::zero(); HOUSE_RECORD];
    for (element, bytes) in house.iter_mut().zip(&batch.house_record) {
        *element = read(bytes)?;
    }
    Ok(Statement {
        genesis: chain.genesis().0,
        group,
        batch_no,
        time: batch.time,
        salt: read(&batch.salt)?,
        old_root,
        new_root: read(&batch.new_root)?,
        old_house,
        new_house: read(&batch.new_house)?,
        risk_hash: read(&info.hash)?,
        sweep: batch.sweep,
        empty_mask: batch.empty_mask,
        units,
        house: HouseRecord { ciphertext: house },
    })
}

/// The queue items that a batch consumed, in order (C-QUEUE).
async fn consumed_items(
    chain: &Chain,
    group: u32,
    batch: &Batch,
    parent: Hash,
) -> Result<Vec<QueueItem<AccountId>>, HistoryError> {
    let wanted = batch.units.iter().filter(|unit| unit.queued).count();
    if wanted == 0 {
        return Ok(Vec::new());
    }
    let queue = chain.queue(group, Some(parent)).await?;
    Ok(queue.into_iter().take(wanted).map(|(_, item)| item).collect())
}
