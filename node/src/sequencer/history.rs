//! Settled batches, read back from final blocks: what a sequencer rebuilds its ledger from.

use super::chain::{unavailable, NodeChain};
use cloister_runtime::{
    settled::{settled_batches, settled_number},
    AccountId, BlockNumber, Hash, RuntimeEvent, UncheckedExtrinsic,
};
use cloister_sequencer::chain::{At, ChainError, SettledBatch};
use cloister_settlement::{take, Batch, Taking, Waiting};
use codec::{DecodeAll, Encode};
use polkadot_sdk::*;
use sc_client_api::{Backend, BlockBackend};
use sp_blockchain::HeaderBackend;
use sp_runtime::{traits::Header as _, OpaqueExtrinsic};
use std::collections::BTreeMap;

impl NodeChain {
    /// Batches in final blocks with numbers from `from` on, in order. It walks back from the newest final block,
    /// because the state of every block says how many batches were settled up to it.
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
                let batches = self.settled_in(group, block)?;
                let mut waiting = self.waiting_before(group, parent, &batches)?;
                let mut of_block = Vec::new();
                for batch in batches {
                    let takings = self.takings(group, block, &batch, &mut waiting)?;
                    if batch.batch_no >= from {
                        of_block.push(SettledBatch {
                            batch,
                            block: u64::from(*header.number()),
                            takings,
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

    /// The batches of a group that a block settled, in order.
    fn settled_in(&self, group: u32, block: Hash) -> Result<Vec<Batch>, ChainError> {
        let body = self
            .context
            .client
            .block_body(block)
            .map_err(unavailable)?
            .ok_or_else(|| unavailable("the body of a final block is gone"))?;
        let mut by_transaction: BTreeMap<usize, Vec<RuntimeEvent>> = BTreeMap::new();
        for (index, event) in self.events(block)? {
            by_transaction.entry(index).or_default().push(event);
        }
        let mut settled = Vec::new();
        for (index, events) in by_transaction {
            let numbers = events.iter().filter_map(|event| settled_number(event, group));
            let numbers: Vec<u64> = numbers.collect();
            let Some(first) = numbers.first() else {
                continue;
            };
            let missing = || ChainError::Unavailable(format!("batch {first} is not to be found in its block"));
            let transaction = decoded(body.get(index).ok_or_else(missing)?)?;
            let batches = settled_batches(&transaction.function, &events, group);
            if batches.len() != numbers.len() {
                return Err(missing());
            }
            settled.extend(batches.into_iter().cloned());
        }
        Ok(settled)
    }

    /// What waits for the accounts of a block's batches in the state before it. Nothing that is queued in the block is
    /// ready at a table that its batches may name.
    fn waiting_before(&self, group: u32, parent: Hash, batches: &[Batch]) -> Result<Waiting<AccountId>, ChainError> {
        let mut items = Vec::new();
        for batch in batches {
            let accounts = batch.accounts().map(|index| index.get()).collect();
            items.extend(self.waiting_at(group, parent, accounts)?);
        }
        Ok(items.into_iter().collect())
    }

    /// What a batch took from the queue; `waiting` is moved on.
    fn takings(
        &self,
        group: u32,
        block: Hash,
        batch: &Batch,
        waiting: &mut Waiting<AccountId>,
    ) -> Result<Vec<Taking>, ChainError> {
        let table = self
            .risk_info_at(group, block, batch.risk_version)?
            .ok_or_else(|| unavailable("the risk table of a settled batch is gone"))?;
        take(waiting, batch.asks(), table.time).map_err(unavailable)
    }
}

fn decoded(transaction: &OpaqueExtrinsic) -> Result<UncheckedExtrinsic, ChainError> {
    UncheckedExtrinsic::decode_all(&mut &transaction.encode()[..]).map_err(unavailable)
}
