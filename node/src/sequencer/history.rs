//! Settled batches, read back from final blocks: what a sequencer rebuilds its ledger from.

use super::chain::{entry, unavailable, NodeChain};
use cloister_runtime::{
    opaque::Block, AccountId, AssetId, BlockNumber, Hash, RuntimeCall, RuntimeEvent, UncheckedExtrinsic,
};
use cloister_sequencer::chain::{At, BatchSubmission, ChainError, QueueEntry, SettledBatch, UnitSubmission};
use codec::{DecodeAll, Encode};
use pallet_cloister_execution::{api::CloisterApi, Batch, Call, Event};
use polkadot_sdk::*;
use sc_client_api::{Backend, BlockBackend};
use sp_blockchain::HeaderBackend;
use sp_runtime::{traits::Header as _, OpaqueExtrinsic};

/// Queue items asked for at once; the runtime gives no more.
const QUEUE_PAGE: u32 = 256;

/// A batch of the chain in the sequencer's words.
fn submission(batch: Batch) -> BatchSubmission {
    let units = batch
        .units
        .into_iter()
        .map(|unit| UnitSubmission {
            index: unit.index,
            queued: unit.queued,
            withdrawal: unit.withdrawal,
            new_leaf: unit.new_leaf,
            ciphertext: unit.ciphertext.into_inner(),
        })
        .collect();
    BatchSubmission {
        shape: batch.shape,
        batch_no: batch.batch_no,
        risk_version: batch.risk_version,
        time: batch.time,
        salt: batch.salt,
        new_root: batch.new_root,
        new_house: batch.new_house,
        sweep: batch.sweep,
        empty_mask: batch.empty_mask,
        units,
        house_record: batch.house_record,
        proof: batch.proof,
    }
}

/// The batches of a group in a call, also inside the calls that only wrap others.
fn batches(call: RuntimeCall, group: u32, found: &mut Vec<Batch>) {
    match call {
        RuntimeCall::Execution(Call::submit_batch { group: of, batch }) if of == group => found.push(*batch),
        RuntimeCall::Utility(
            pallet_utility::Call::batch { calls }
            | pallet_utility::Call::batch_all { calls }
            | pallet_utility::Call::force_batch { calls },
        ) => calls.into_iter().for_each(|call| batches(call, group, found)),
        RuntimeCall::Utility(pallet_utility::Call::as_derivative { call, .. })
        | RuntimeCall::Sudo(pallet_sudo::Call::sudo_as { call, .. }) => batches(*call, group, found),
        _ => {}
    }
}

/// The batches of a group in a transaction.
fn batches_in(extrinsic: &OpaqueExtrinsic, group: u32) -> Result<Vec<Batch>, ChainError> {
    let extrinsic = UncheckedExtrinsic::decode_all(&mut &extrinsic.encode()[..]).map_err(unavailable)?;
    let mut found = Vec::new();
    batches(extrinsic.function, group, &mut found);
    Ok(found)
}

impl NodeChain {
    /// Batches in final blocks with numbers from `from` on, in order. It walks back from the newest final block, because
    /// the state of every block says how many batches were settled up to it.
    pub(super) fn history(&self, group: u32, from: u64) -> Result<Vec<SettledBatch>, ChainError> {
        let (mut block, _) = self.block(At::Finalized);
        let mut settled = Vec::new();
        let mut after = self.settled_at(group, block)?;
        while after > from {
            let header = self
                .context
                .client
                .header(block)
                .map_err(unavailable)?
                .ok_or_else(|| unavailable("a final block is gone"))?;
            let parent = *header.parent_hash();
            let before = self.settled_at(group, parent)?;
            if before < after {
                let mut queue = self.whole_queue(group, parent)?;
                let mut of_block = Vec::new();
                for (batch, consumed) in self.settled_in(group, block)? {
                    let rest = queue.iter().skip(consumed as usize).cloned().collect();
                    let had = std::mem::replace(&mut queue, rest);
                    if batch.batch_no >= from {
                        of_block.push(SettledBatch {
                            batch,
                            block: u64::from(*header.number()),
                            queue: had,
                        });
                    }
                }
                // From the last one back, as the blocks are walked.
                settled.extend(of_block.into_iter().rev());
            }
            (block, after) = (parent, before);
        }
        settled.reverse();
        Ok(settled)
    }

    /// Batches settled up to a block.
    fn settled_at(&self, group: u32, block: Hash) -> Result<u64, ChainError> {
        let number: BlockNumber = self
            .context
            .client
            .number(block)
            .map_err(unavailable)?
            .ok_or_else(|| unavailable("a final block is gone"))?;
        if !self.context.backend.have_state_at(block, number) {
            return Err(ChainError::Pruned(number.into()));
        }
        Ok(self.group_at(group, block)?.map_or(0, |state| state.batch_no))
    }

    /// The batches of a group that a block settled, in order, each with the number of queue items that it consumed. Which
    /// they are is said by the block's events: a transaction that was refused carries a batch too.
    fn settled_in(&self, group: u32, block: Hash) -> Result<Vec<(BatchSubmission, u32)>, ChainError> {
        let body = self
            .context
            .client
            .block_body(block)
            .map_err(unavailable)?
            .ok_or_else(|| unavailable("the body of a final block is gone"))?;
        let mut settled = Vec::new();
        for (index, event) in self.events(block)? {
            let RuntimeEvent::Execution(Event::BatchSettled {
                group: of,
                batch_no,
                time,
                root,
                house,
                consumed,
                ..
            }) = event
            else {
                continue;
            };
            if of != group {
                continue;
            }
            let found = body
                .get(index)
                .map(|extrinsic| batches_in(extrinsic, group))
                .transpose()?
                .unwrap_or_default();
            let batch = found
                .into_iter()
                .find(|batch| {
                    batch.batch_no == batch_no
                        && batch.time == time
                        && batch.new_root == root
                        && batch.new_house == house
                })
                .ok_or_else(|| ChainError::Unavailable(format!("batch {batch_no} is not to be found in its block")))?;
            settled.push((submission(batch), consumed));
        }
        Ok(settled)
    }

    /// The whole queue in the state of a block.
    fn whole_queue(&self, group: u32, block: Hash) -> Result<Vec<QueueEntry>, ChainError> {
        let mut queue: Vec<QueueEntry> = Vec::new();
        loop {
            let from = queue.last().map_or(0, |last| last.item.saturating_add(1));
            let page = CloisterApi::<Block, AccountId, AssetId, BlockNumber>::queue(
                &*self.api(),
                block,
                group,
                from,
                QUEUE_PAGE,
            )
            .map_err(unavailable)?;
            if page.is_empty() {
                return Ok(queue);
            }
            queue.extend(page.into_iter().map(|(item, queued)| entry(item, queued)));
        }
    }
}
