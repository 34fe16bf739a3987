//! A group whose batches are submitted and settled as on a chain, without one.
#![allow(dead_code)]

use cloister_crypto::{
    field::to_bytes,
    seal::{SealKey, Sealed},
    stream::view_commitment,
    Fr,
};
use cloister_ledger::{state::UnitRequest, GroupLedger, SealStatement, Shape, Statement};
use cloister_ledger_testing::{World, GENESIS, GROUP, SCOPE};
use cloister_settlement::{Batch, ItemKind, KnownToChain, LedgerSecrets, OpenKeys, QueueItem};
use cloister_types::{AccountIndex, Amount, GroupId};
use std::collections::BTreeMap;

pub const SHAPE: Shape = Shape::DEV;
pub const DEPOSIT: u64 = 1_000_000_000_000;

/// The secrets of the group's sequencer.
#[derive(Clone)]
pub struct Secrets {
    pub seal: SealKey,
    pub house: BTreeMap<u64, Fr>,
}

impl LedgerSecrets for Secrets {
    fn unseal(&self, sealed: &Sealed, commitment: Fr) -> Option<Fr> {
        let view_key = self.seal.open(sealed).ok()?;
        (view_commitment(&SCOPE, view_key) == commitment).then_some(view_key)
    }

    fn house_keys(&self, batch_no: u64) -> impl Iterator<Item = Fr> {
        // A former secret's key comes first: it does not fit and is passed over.
        [Some(Fr::from(batch_no)), self.house.get(&batch_no).copied()]
            .into_iter()
            .flatten()
    }
}

/// A settled batch.
#[derive(Clone)]
pub struct Settled {
    pub known: KnownToChain,
    pub batch: Batch,
    /// The queue before the batch.
    pub queue: Vec<QueueItem<u8>>,
    /// The statement of the native transition.
    pub statement: Statement,
}

/// A group with its history.
pub struct Market {
    pub world: World,
    pub secrets: Secrets,
    pub settled: Vec<Settled>,
}

impl Market {
    /// Two batches of opens and deposits, then some of trades, transfers and queued deposits.
    pub fn new(seed: u64) -> Self {
        let mut market = Self {
            world: World::new(seed),
            secrets: Secrets {
                seal: SealKey::from_seed(&[9; 32]),
                house: BTreeMap::new(),
            },
            settled: Vec::new(),
        };
        let opens = (0..6).map(|_| market.world.open(DEPOSIT)).collect();
        market.settle(opens);
        let mut second: Vec<UnitRequest> = (0..3).map(|_| market.world.open(DEPOSIT)).collect();
        // A deposit to an account that opens in the same batch.
        second.push(UnitRequest::Padding {
            index: AccountIndex(8),
            deposit: Amount(5),
        });
        market.settle(second);
        for round in 0..3 {
            let mut units = Vec::new();
            units.extend(market.world.trade(round, round + 1));
            units.extend(market.world.transfer(3, 4, 7));
            units.push(UnitRequest::Padding {
                index: AccountIndex(5),
                deposit: Amount(100),
            });
            market.settle(units);
        }
        market
    }

    /// Submits units, and lets the chain have their opens and deposits in its queue, with one more item behind them.
    pub fn settle(&mut self, units: Vec<UnitRequest>) {
        let known = KnownToChain {
            genesis: GENESIS,
            group: GroupId(GROUP),
            batch_no: self.world.state.batch_no(),
            old_root: to_bytes(&self.world.state.root()),
            old_house: to_bytes(&self.world.state.house().commitment()),
            risk_hash: to_bytes(&self.world.table.hash()),
        };
        let request = self.world.padded(SHAPE, units);
        self.secrets.house.insert(known.batch_no, request.house_key);
        let queued: Vec<bool> = request.units.iter().map(|unit| unit.deposit() > Amount::ZERO).collect();
        let mut queue: Vec<QueueItem<u8>> = request
            .units
            .iter()
            .filter(|unit| unit.deposit() > Amount::ZERO)
            .map(|unit| self.item(unit))
            .collect();
        queue.push(QueueItem {
            owner: 0,
            index: AccountIndex::ZERO,
            amount: Amount(1),
            queued_at: 0,
            kind: ItemKind::Deposit,
        });
        let (_, effect) = self.world.apply(SHAPE, &request);
        let version = self.world.table.header.version;
        let batch = Batch::new(1, version, &effect.statement, &queued, [7; 192]).expect("it fits");
        self.settled.push(Settled {
            known,
            batch,
            queue,
            statement: effect.statement,
        });
    }

    fn item(&self, unit: &UnitRequest) -> QueueItem<u8> {
        let kind = match unit {
            UnitRequest::Open { index, view_key, .. } => {
                let trader = &self.world.traders[index.get() as usize];
                let sealing_key = self.secrets.seal.public().expect("the seed gives a key");
                let (statement, _) = SealStatement::seal(
                    GENESIS,
                    GroupId(GROUP),
                    [0; 32],
                    &sealing_key,
                    &trader.secret.public(),
                    *view_key,
                    &[index.get() as u8 + 1; 64],
                );
                ItemKind::Open(OpenKeys::from(&statement))
            }
            _ => ItemKind::Deposit,
        };
        QueueItem {
            owner: unit.index().get() as u8,
            index: unit.index(),
            amount: unit.deposit(),
            queued_at: 0,
            kind,
        }
    }

    /// The ledger after all batches, rebuilt.
    pub fn replayed(&self) -> GroupLedger {
        let mut ledger = GroupLedger::default();
        for settled in &self.settled {
            cloister_settlement::replay_batch(&mut ledger, &SCOPE, &settled.batch, &settled.queue, &self.secrets)
                .expect("the batch is the ledger's");
        }
        ledger
    }
}
