//! The chain as a sequencer sees it.

use super::{
    chain::MockChain,
    names::{Item, REKEY_KEY, REKEY_KEY_ID, ROUND_SHAPE, SOLVENCY_KEY, SOLVENCY_KEY_ID, SUBMITTER},
};
use cloister_engine_testing::{GENESIS, GROUP};
use cloister_risk::RiskTable;
use cloister_sequencer::{
    chain::{
        At, BatchKey, GroupView, HistoryPlace, IndexPrice, RekeyKey, RoundView, SealingKey, SettledBatch, SettledPage,
        SolvencyKey, Stake, SubmitOutcome,
    },
    ChainClient, ChainError,
};
use cloister_settlement::{Batch, HouseRekey, HouseRekeyed, SolvencySubmission};

/// Maximum number of settled batches in a page.
const PAGE: u32 = 7;

impl ChainClient for MockChain {
    type AccountId = ();

    fn genesis_hash(&self) -> [u8; 32] {
        GENESIS
    }

    fn submitter(&self) -> [u8; 32] {
        SUBMITTER
    }

    fn now(&self) -> u64 {
        self.clock()
    }

    async fn group(&self, group: u32, at: At) -> Result<Option<GroupView>, ChainError> {
        let inner = self.lock();
        let state = if at == At::Best { &inner.best } else { &inner.finalized };
        Ok((group == GROUP).then(|| state.view.clone()))
    }

    async fn queue(&self, _: u32, from: u64, limit: u32) -> Result<Vec<(u64, Item)>, ChainError> {
        let mut inner = self.lock();
        inner.queue_reads += 1;
        inner.queue_read_from.push(from);
        let items = inner.finalized.queue.range(from..).take(limit as usize);
        let items: Vec<_> = items.map(|(id, item)| (*id, item.clone())).collect();
        inner.items_read += items.len() as u64;
        Ok(items)
    }

    async fn risk_table(&self, _: u32, version: Option<u64>) -> Result<Option<RiskTable>, ChainError> {
        let inner = self.lock();
        let version = version.or(inner.tables.keys().next_back().copied());
        Ok(version.and_then(|v| inner.tables.get(&v).cloned()))
    }

    async fn index_prices(&self, _: u32) -> Result<Vec<IndexPrice>, ChainError> {
        Ok(self.lock().index_prices.clone())
    }

    async fn house_rekeys(&self, _: u32) -> Result<Vec<HouseRekeyed>, ChainError> {
        Ok(self.lock().finalized.rekeyed.clone())
    }

    async fn seal_key(&self, _: u32) -> Result<Option<SealingKey>, ChainError> {
        Ok(self.lock().seal_key)
    }

    async fn stake(&self, _: u32) -> Result<Stake, ChainError> {
        let mut state = self.lock();
        state.stakes_asked += 1;
        Ok(state.stake)
    }

    async fn rekey_keys(&self) -> Result<Vec<RekeyKey>, ChainError> {
        Ok(vec![RekeyKey {
            id: REKEY_KEY_ID,
            active: true,
            key: REKEY_KEY.to_vec(),
        }])
    }

    async fn submit_rekey(&self, _: u32, rekey: &HouseRekey) -> Result<SubmitOutcome, ChainError> {
        assert_eq!(rekey.key, REKEY_KEY_ID);
        Ok(match self.lock().rekey(rekey) {
            Ok(block) => SubmitOutcome::InBlock(block),
            Err(rejection) => SubmitOutcome::Rejected(rejection),
        })
    }

    async fn solvency_keys(&self) -> Result<Vec<SolvencyKey>, ChainError> {
        Ok(vec![SolvencyKey {
            id: SOLVENCY_KEY_ID,
            shape: ROUND_SHAPE,
            active: self.lock().solvency_key_active,
            key: SOLVENCY_KEY.to_vec(),
        }])
    }

    async fn solvency_round(&self, _: u32) -> Result<Option<RoundView>, ChainError> {
        let mut inner = self.lock();
        inner.looks += 1;
        Ok(Some(RoundView {
            next_index: inner.next_index,
            under_way: inner.round,
            counted: inner.counted,
            max_round_age: inner.max_round_age,
        }))
    }

    async fn ends_round(&self, _: u32, next: u32, end: u32) -> Result<bool, ChainError> {
        Ok(self.lock().best.is_empty(next, end))
    }

    async fn submit_solvency(&self, _: u32, submission: &SolvencySubmission) -> Result<SubmitOutcome, ChainError> {
        let mut inner = self.lock();
        Ok(match inner.take_statement(submission) {
            Ok(block) => SubmitOutcome::InBlock(block),
            Err(rejection) => {
                inner.refused_statements.push(rejection);
                SubmitOutcome::Rejected(rejection)
            }
        })
    }

    async fn table_end(&self, _: u32, version: u64) -> Result<Option<u64>, ChainError> {
        Ok(self.lock().table_ends.get(&version).copied())
    }

    async fn batch_keys(&self) -> Result<Vec<BatchKey>, ChainError> {
        Ok(self.lock().batch_keys.clone())
    }

    async fn submit_batch(&self, _: u32, batch: &Batch) -> Result<SubmitOutcome, ChainError> {
        let mut inner = self.lock();
        // A block's time is behind that of the tables before it.
        let outcome = match inner.submit(batch, self.clock() + 1) {
            Ok(block) => SubmitOutcome::InBlock(block),
            Err(rejection) => SubmitOutcome::Rejected(rejection),
        };
        if inner.lost_answers > 0 {
            inner.lost_answers -= 1;
            return Err(ChainError::Dropped);
        }
        Ok(outcome)
    }

    async fn submit_batches(&self, group: u32, batches: &[Batch]) -> Result<SubmitOutcome, ChainError> {
        self.lock().together.push(batches.len());
        let mut outcome = Err(ChainError::Dropped);
        for (n, batch) in batches.iter().enumerate() {
            match self.submit_batch(group, batch).await {
                // What is refused behind the first stops nothing before it.
                Ok(SubmitOutcome::Rejected(_)) if n > 0 => break,
                Ok(SubmitOutcome::Rejected(rejection)) => return Ok(SubmitOutcome::Rejected(rejection)),
                other => outcome = other,
            }
        }
        outcome
    }

    async fn settled_batches(&self, _: u32, from: HistoryPlace, limit: u32) -> Result<SettledPage, ChainError> {
        let mut inner = self.lock();
        let behind = inner.finalized.settled.iter();
        let behind = behind.filter(|s| s.block >= from.block && s.batch.batch_no >= from.batch_no);
        let batches: Vec<SettledBatch> = behind.take(limit.min(PAGE) as usize).cloned().collect();
        if let Some(first) = batches.first().filter(|first| first.block < inner.pruned_below) {
            return Err(ChainError::Pruned(first.block));
        }
        inner.batches_read += batches.len() as u64;
        inner.pages_read += 1;
        let next = batches.last().map_or(from, |last| HistoryPlace {
            block: last.block,
            batch_no: last.batch.batch_no + 1,
        });
        Ok(SettledPage { batches, next })
    }

    async fn group_in(&self, _: u32, block: u64) -> Result<Option<GroupView>, ChainError> {
        let inner = self.lock();
        if block < inner.pruned_below {
            return Err(ChainError::Pruned(block));
        }
        if block > inner.finalized.view.block {
            return Ok(None);
        }
        Ok(inner.finalized.past.get(&block).cloned())
    }

    async fn carried_batches(&self, _: u32, block: u64) -> Result<Vec<Batch>, ChainError> {
        let inner = self.lock();
        let of_block = inner.finalized.settled.iter().filter(|settled| settled.block == block);
        Ok(of_block.map(|settled| settled.batch.clone()).collect())
    }
}
