//! A group whose batches are submitted and settled as on a chain, without one.
#![allow(dead_code)]

use cloister_crypto::{
    field::to_bytes,
    seal::{SealKey, Sealed},
    stream::{view_commitment, Scope},
    Fr,
};
use cloister_ledger::{state::UnitRequest, GroupLedger, House, HouseRekeyStatement, SealStatement, Shape, Statement};
use cloister_ledger_testing::{World, GENESIS, GROUP, SCOPE};
use cloister_settlement::{
    replay_batch, replay_rekeys, Batch, HouseRekey, HouseRekeyed, ItemKind, KnownToChain, LedgerError, LedgerSecrets,
    OpenKeys, QueueItem,
};
use cloister_types::{AccountIndex, Amount, GroupId};

pub const SHAPE: Shape = Shape::DEV;
pub const DEPOSIT: u64 = 1_000_000_000_000;

/// The secrets of the group's sequencer.
#[derive(Clone)]
pub struct Secrets {
    pub seal: SealKey,
    pub former: Vec<SealKey>,
}

impl Secrets {
    /// Those of one seed.
    pub fn of(seed: u8) -> Self {
        Self {
            seal: SealKey::from_seed(&[seed; 32]),
            former: Vec::new(),
        }
    }

    fn all(&self) -> impl Iterator<Item = &SealKey> {
        std::iter::once(&self.seal).chain(&self.former)
    }
}

impl LedgerSecrets for Secrets {
    fn unseal(&self, sealed: &Sealed, commitment: Fr) -> Option<Fr> {
        self.all()
            .filter_map(|seal| seal.open(sealed).ok())
            .find(|view_key| view_commitment(&SCOPE, *view_key) == commitment)
    }

    fn house_keys(&self, sealed: &Sealed) -> impl Iterator<Item = Fr> {
        self.all().filter_map(|seal| seal.open(sealed).ok())
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
    /// Re-keys of the house, as the chain keeps them.
    pub rekeyed: Vec<HouseRekeyed>,
}

/// The seed of the group's secrets.
pub const SEED: u8 = 9;

impl Market {
    /// A re-key of the genesis house, two batches of opens and deposits, then some of trades and queued deposits.
    pub fn new(seed: u64) -> Self {
        let mut market = Self {
            world: World::new(seed),
            secrets: Secrets::of(SEED),
            settled: Vec::new(),
            rekeyed: Vec::new(),
        };
        market.world.state.restore_house(House::default(), 0);
        market.rekey();
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
            market.trade(round);
        }
        market
    }

    /// A batch of trades and a queued deposit.
    pub fn trade(&mut self, round: usize) {
        let mut units = Vec::new();
        units.extend(self.world.trade(round, round + 1));
        units.push(UnitRequest::Padding {
            index: AccountIndex(5),
            deposit: Amount(100),
        });
        self.settle(units);
    }

    /// Re-keys the house to the secret in force.
    pub fn rekey(&mut self) {
        let sealing_key = self.secrets.seal.public().expect("the seed gives a key");
        let mut entropy = [0; 64];
        entropy[..32].copy_from_slice(&self.world.random.bytes());
        let key = self.world.random.field();
        let house = self.world.state.house().clone();
        let (statement, witness) =
            HouseRekeyStatement::rekey(GENESIS, GroupId(GROUP), &sealing_key, house, key, &entropy).expect("it fits");
        assert_eq!(statement.check(&witness), Ok(()));
        let submitted = HouseRekey::new(2, &statement, [7; 192]);
        let batch_no = self.world.state.batch_no();
        let sealing_key = (to_bytes(&sealing_key.x()), to_bytes(&sealing_key.y()));
        let kept = submitted.kept(batch_no, sealing_key);
        assert_eq!(
            kept.statement(GENESIS, GroupId(GROUP), &submitted.old_house),
            Ok(statement)
        );
        self.rekeyed.push(kept);
        assert!(self.world.state.rekey_house(key));
    }

    /// The sealing key is changed, then the house re-keyed to it; the secret before is kept.
    pub fn rotate(&mut self, seed: u8) {
        let former = std::mem::replace(&mut self.secrets.seal, SealKey::from_seed(&[seed; 32]));
        self.secrets.former.push(former);
        self.rekey();
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
        replay(&self.settled, &self.rekeyed, &self.secrets).expect("the batches are the ledger's")
    }
}

/// Replays all batches and re-keys; the first error.
pub fn replay(settled: &[Settled], rekeyed: &[HouseRekeyed], secrets: &Secrets) -> Result<GroupLedger, LedgerError> {
    replay_as(&SCOPE, settled, rekeyed, secrets)
}

/// The same with the batches read as those of some chain and group.
pub fn replay_as(
    scope: &Scope,
    settled: &[Settled],
    rekeyed: &[HouseRekeyed],
    secrets: &Secrets,
) -> Result<GroupLedger, LedgerError> {
    let mut ledger = GroupLedger::default();
    let mut done = 0;
    replay_rekeys(&mut ledger, &SCOPE, rekeyed, &mut done, secrets)?;
    for settled in settled {
        replay_batch(&mut ledger, scope, &settled.batch, &settled.queue, secrets)?;
        replay_rekeys(&mut ledger, &SCOPE, rekeyed, &mut done, secrets)?;
    }
    Ok(ledger)
}
