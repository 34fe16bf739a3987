//! Settled batches, read back from final blocks: what a sequencer rebuilds its ledger from.

use super::chain::{unavailable, NodeChain};
use cloister_runtime::{
    settled::{batches_of, settled_batches, settled_number},
    AccountId, BlockNumber, Hash, RuntimeEvent, UncheckedExtrinsic,
};
use cloister_sequencer::chain::{At, ChainError, HistoryPlace, SettledBatch, SettledPage};
use cloister_settlement::{take, Batch, Taking, Waiting};
use codec::{DecodeAll, Encode};
use polkadot_sdk::*;
use sc_client_api::{Backend, BlockBackend};
use sp_blockchain::HeaderBackend;
use sp_runtime::{traits::Header as _, OpaqueExtrinsic};
use std::collections::BTreeMap;

impl NodeChain {
    /// Batches in final blocks from a place on; the page ends with the block in which it has `limit` of them.
    pub(super) fn history(&self, group: u32, from: HistoryPlace, limit: u32) -> Result<SettledPage, ChainError> {
        let (_, newest) = self.block(At::Finalized);
        let mut page = SettledPage {
            batches: Vec::new(),
            next: from,
        };
        while page.batches.len() < limit as usize {
            let Some(number) = self.next_settling(group, page.next, newest)? else {
                break;
            };
            let block = self.final_block(number)?;
            for settled in self.settled_of(group, block, number)? {
                if settled.batch.batch_no >= page.next.batch_no {
                    page.batches.push(settled);
                }
            }
            page.next = HistoryPlace {
                block: number.into(),
                batch_no: self.settled_at(group, block, number)?,
            };
        }
        Ok(page)
    }

    /// The first final block from a place on up to which more batches are settled than are behind the place. The state
    /// of every block says how many are settled up to it, so blocks without batches are leapt over: the leaps double
    /// until one is too far, and then halves are tried.
    fn next_settling(
        &self,
        group: u32,
        from: HistoryPlace,
        newest: BlockNumber,
    ) -> Result<Option<BlockNumber>, ChainError> {
        let more = |number: BlockNumber| -> Result<bool, ChainError> {
            let block = self.final_block(number)?;
            Ok(self.settled_at(group, block, number)? > from.batch_no)
        };
        let first = BlockNumber::try_from(from.block).map_err(unavailable)?;
        if first > newest || !more(newest)? {
            return Ok(None);
        }
        first_that(first, newest, more).map(Some)
    }

    /// Hash of the final block of a number.
    pub(super) fn final_block(&self, number: BlockNumber) -> Result<Hash, ChainError> {
        let block = self.context.client.hash(number).map_err(unavailable)?;
        block.ok_or_else(|| unavailable("a final block is gone"))
    }

    /// Whether the state of a block is still there.
    pub(super) fn check_state(&self, block: Hash, number: BlockNumber) -> Result<(), ChainError> {
        if self.context.backend.have_state_at(block, number) {
            Ok(())
        } else {
            Err(ChainError::Pruned(number.into()))
        }
    }

    /// Batches settled up to a block.
    fn settled_at(&self, group: u32, block: Hash, number: BlockNumber) -> Result<u64, ChainError> {
        self.check_state(block, number)?;
        Ok(self.group_at(group, block)?.map_or(0, |state| state.batch_no))
    }

    /// The batches of a group that a block settled, in order, with what they took from the queue.
    fn settled_of(&self, group: u32, block: Hash, number: BlockNumber) -> Result<Vec<SettledBatch>, ChainError> {
        let header = self.context.client.header(block).map_err(unavailable)?;
        let header = header.ok_or_else(|| unavailable("a final block is gone"))?;
        let parent = *header.parent_hash();
        self.check_state(parent, number.saturating_sub(1))?;
        let batches = self.settled_in(group, block)?;
        let mut waiting = self.waiting_before(group, parent, &batches)?;
        let mut settled = Vec::with_capacity(batches.len());
        for batch in batches {
            let takings = self.takings(group, block, &batch, &mut waiting)?;
            settled.push(SettledBatch {
                batch,
                block: number.into(),
                takings,
            });
        }
        Ok(settled)
    }

    /// The transactions of a block.
    fn body(&self, block: Hash) -> Result<Vec<OpaqueExtrinsic>, ChainError> {
        let body = self.context.client.block_body(block).map_err(unavailable)?;
        body.ok_or_else(|| unavailable("the body of a final block is gone"))
    }

    /// The batches of a group that the transactions of a final block carry, settled or refused.
    pub(super) fn carried(&self, group: u32, number: BlockNumber) -> Result<Vec<Batch>, ChainError> {
        let (_, newest) = self.block(At::Finalized);
        if number > newest {
            return Ok(Vec::new());
        }
        let mut carried = Vec::new();
        for transaction in self.body(self.final_block(number)?)? {
            let transaction = decoded(&transaction)?;
            carried.extend(batches_of(&transaction.function, group).cloned());
        }
        Ok(carried)
    }

    /// The batches of a group that a block settled, in order.
    fn settled_in(&self, group: u32, block: Hash) -> Result<Vec<Batch>, ChainError> {
        let body = self.body(block)?;
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

/// The first number from `first` to `last` for which something is true that stays true from there on, and that is true
/// of `last`. Whoever looks for something that is near pays for the way to it, not for the length of the chain.
fn first_that<E>(
    first: BlockNumber,
    last: BlockNumber,
    mut holds: impl FnMut(BlockNumber) -> Result<bool, E>,
) -> Result<BlockNumber, E> {
    // It does not hold below `low`; it holds at `high`.
    let (mut low, mut high, mut leap) = (first, last, 0);
    loop {
        let reached = low.saturating_add(leap);
        if reached >= last {
            break;
        }
        if holds(reached)? {
            high = reached;
            break;
        }
        low = reached.saturating_add(1);
        leap = leap.saturating_mul(2).saturating_add(1);
    }
    while low < high {
        let middle = low.saturating_add(high.saturating_sub(low) / 2);
        if holds(middle)? {
            high = middle;
        } else {
            low = middle.saturating_add(1);
        }
    }
    Ok(high)
}

fn decoded(transaction: &OpaqueExtrinsic) -> Result<UncheckedExtrinsic, ChainError> {
    UncheckedExtrinsic::decode_all(&mut &transaction.encode()[..]).map_err(unavailable)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Where it is found, and how often was asked.
    fn found(first: BlockNumber, last: BlockNumber, place: BlockNumber) -> (BlockNumber, u32) {
        let mut asked = 0;
        let holds = |number| {
            asked += 1;
            assert!((first..=last).contains(&number));
            Ok::<_, ()>(number >= place)
        };
        let found = first_that(first, last, holds).unwrap();
        (found, asked)
    }

    #[test]
    fn the_next_batch_should_be_found_wherever_it_is() {
        for first in [0, 1, 7] {
            for last in first..first + 40 {
                for place in first..=last {
                    assert_eq!(found(first, last, place).0, place, "{first} {last}");
                }
            }
        }
        assert_eq!(
            found(BlockNumber::MAX - 2, BlockNumber::MAX, BlockNumber::MAX).0,
            BlockNumber::MAX
        );
    }

    #[test]
    fn the_way_to_the_next_batch_should_not_grow_with_the_chain() {
        for distance in [0, 1, 5, 100] {
            let (_, short) = found(1_000, 2_000, 1_000 + distance);
            let (_, long) = found(1_000, 2_000_000_000, 1_000 + distance);
            assert_eq!(short, long);
        }
        assert!(found(0, 2_000_000_000, 1_999_999_999).1 < 70);
    }
}
