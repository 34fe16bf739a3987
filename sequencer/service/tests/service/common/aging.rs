//! A chain with a past: batches that were settled without any sequencer that runs.

use super::{keys, mock::*, SCOPE};
use cloister_crypto::{field::to_bytes, Fr};
use cloister_engine_testing::{GENESIS, GROUP};
use cloister_ledger::{
    state::{BatchRequest, UnitRequest},
    BatchContext, Doors, GroupLedger, Shape,
};
use cloister_sequencer::{
    chain::SettledBatch,
    checkpoint::{Checkpoint, CheckpointHead},
};
use cloister_settlement::{replay_batch, replay_rekeys, Batch, Taking};
use cloister_types::{AccountIndex, Amount, GroupId};

/// Old batches may be of other shapes than today's.
const SHAPE: Shape = Shape { units: 2, places: 1 };

/// The ledger that the final chain has, read by whoever has the secrets.
pub fn ledger_of(chain: &MockChain) -> GroupLedger {
    let inner = chain.lock();
    let (mut ledger, mut done, keys) = (GroupLedger::default(), 0, keys());
    let rekeyed = &inner.finalized.rekeyed;
    replay_rekeys(&mut ledger, &SCOPE, rekeyed, &mut done, &keys).unwrap();
    for settled in &inner.finalized.settled {
        replay_batch(&mut ledger, &SCOPE, &settled.batch, &settled.takings, &keys).unwrap();
        replay_rekeys(&mut ledger, &SCOPE, rekeyed, &mut done, &keys).unwrap();
    }
    ledger
}

/// Settles batches that change nothing, on accounts 0 and 1 of a ledger that the chain has. All of them are final.
pub fn age(chain: &MockChain, ledger: &mut GroupLedger, batches: u64) {
    let mut inner = chain.lock();
    let table = inner.newest().clone();
    for _ in 0..batches {
        let batch_no = ledger.batch_no();
        let padding = |index| UnitRequest::Padding {
            index: AccountIndex(index),
            deposit: Amount::ZERO,
        };
        let request = BatchRequest {
            context: BatchContext {
                genesis: GENESIS,
                group: GroupId(GROUP),
                batch_no,
                time: inner.best.view.time.max(table.header.time),
                payee: SUBMITTER,
                salt: Fr::from(batch_no),
                table: table.clone(),
            },
            sweep: Amount::ZERO,
            doors: Doors::default(),
            empty_mask: 0,
            units: vec![padding(0), padding(1)],
        };
        let (_, effect) = ledger.apply(SHAPE, &request).unwrap();
        let batch = Batch::new(KEY_ID, table.header.version, &effect.statement, [0; 192]).unwrap();
        let state = &mut inner.best;
        state.view.block += 1;
        state.view.batch_no += 1;
        state.view.root = batch.new_root;
        state.view.house = batch.new_house;
        state.view.time = batch.time;
        state.view.risk_version = batch.risk_version;
        state.roots.push(Left {
            root: batch.new_root,
            house: batch.new_house,
            since: batch.time,
        });
        state.settled.push(SettledBatch {
            block: state.view.block,
            takings: vec![Taking::default(); 2],
            batch,
        });
        state.sealed();
    }
    inner.finalized = inner.best.clone();
}

/// Puts that many batches into a chain's past that nobody can read: whoever starts must not want to.
pub fn lengthen(chain: &MockChain, ledger: &mut GroupLedger, batches: u64) {
    let mut inner = chain.lock();
    let state = &mut inner.best;
    let last = state.settled.last().unwrap().clone();
    for _ in 0..batches {
        state.view.block += 1;
        let mut unreadable = last.clone();
        unreadable.block = state.view.block;
        unreadable.batch.batch_no = state.view.batch_no;
        state.view.batch_no += 1;
        state.settled.push(unreadable);
    }
    let mut house = ledger.house().clone();
    house.nonce += batches;
    ledger.restore_house(house, state.view.batch_no);
    state.view.house = to_bytes(&ledger.house().commitment());
    state.sealed();
    inner.finalized = inner.best.clone();
}

/// The checkpoint of the final chain.
pub fn checkpoint_of(chain: &MockChain, ledger: &GroupLedger) -> Checkpoint {
    let inner = chain.lock();
    let view = &inner.finalized.view;
    let last = inner.finalized.settled.last().map_or(0, |settled| settled.block);
    Checkpoint {
        head: CheckpointHead {
            genesis: GENESIS,
            group: GROUP,
            batch_no: ledger.batch_no(),
            house_rekeys: view.house_rekeys,
            block: view.block,
            hash: view.hash,
            behind: last.saturating_sub(1),
            root: to_bytes(&ledger.root()),
            house: to_bytes(&ledger.house().commitment()),
        },
        ledger: ledger.clone(),
    }
}
