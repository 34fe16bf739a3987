//! A group whose batches are submitted and settled as on a chain, without one.
#![allow(dead_code)]

use cloister_crypto::{
    field::to_bytes,
    seal::{SealKey, Sealed},
    stream::{view_commitment, Scope},
    Fr,
};
use cloister_ledger::{
    state::UnitRequest, Doors, Fill, GroupLedger, House, HouseRekeyStatement, InstructionKind, SealStatement, Shape,
    Statement,
};
use cloister_ledger_testing::{World, GENESIS, GROUP, SCOPE};
use cloister_settlement::{
    replay_batch, replay_rekeys, take, take_house, Batch, HouseRekey, HouseRekeyed, HouseTaking, ItemKind,
    KnownToChain, LedgerError, LedgerSecrets, OpenKeys, QueueItem, Taking, Waiting,
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
    pub queue: Vec<(u64, QueueItem<u8>)>,
    /// What the units take of it.
    pub takings: Vec<Taking>,
    /// What the house takes of it.
    pub house: HouseTaking<u8>,
    /// The statement of the native transition.
    pub statement: Statement,
}

impl Settled {
    /// What units and house take of a queue at [`TABLE_TIME`].
    pub fn take(&mut self, queue: &[(u64, QueueItem<u8>)]) {
        let mut waiting: Waiting<u8> = queue.iter().cloned().collect();
        self.takings = take(&mut waiting, self.batch.asks(), TABLE_TIME).expect("small amounts");
        let takes = self.batch.take_insurance.is_some();
        // A take that is left out is another queue's.
        self.house = take_house(&mut waiting, takes, TABLE_TIME).unwrap_or_default();
    }
}

/// A group with its history.
pub struct Market {
    pub world: World,
    pub secrets: Secrets,
    pub settled: Vec<Settled>,
    /// Re-keys of the house, as the chain keeps them.
    pub rekeyed: Vec<HouseRekeyed>,
}

/// Time of the table as far as queues are concerned.
pub const TABLE_TIME: u64 = 1_000;
/// The part of an open's deposit that is queued as a deposit of its own.
pub const TOP_UP: u64 = 5;
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
        let second = (0..3).map(|_| market.world.open(DEPOSIT)).collect();
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

    /// A switch, a close that takes effect and one that does not, of accounts 6 to 8; account 7 holds nothing before.
    pub fn ask(&mut self) {
        let signed = self.world.instruct(7, InstructionKind::Withdrawal, DEPOSIT);
        self.settle(vec![UnitRequest::Normal {
            index: AccountIndex(7),
            deposit: Amount::ZERO,
            places: vec![(signed, Fill::default())],
        }]);
        let units = vec![
            self.world.switch(6, true),
            self.world.close(7),
            self.world.close(8),
            self.world.switch(6, false),
        ];
        self.settle(units);
    }

    /// A forced withdrawal from account 4, re-keys of accounts 4 and 5, and what they do under the new keys.
    pub fn leave(&mut self) {
        let units = vec![
            self.world.rekey(5),
            self.world.force(4, DEPOSIT / 2),
            self.world.rekey(4),
            UnitRequest::Padding {
                index: AccountIndex(4),
                deposit: Amount::ZERO,
            },
        ];
        self.settle(units);
        self.settle(vec![self.world.force(5, u64::MAX)]);
        self.trade(1);
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

    /// Submits units, and lets the chain have their opens and deposits in its queue, with items behind them that are
    /// not ready yet. A part of what an account opens with comes as a deposit.
    pub fn settle(&mut self, units: Vec<UnitRequest>) {
        let known = KnownToChain {
            genesis: GENESIS,
            group: GroupId(GROUP),
            batch_no: self.world.state.batch_no(),
            old_root: to_bytes(&self.world.state.root()),
            old_house: to_bytes(&self.world.state.house().commitment()),
            risk_hash: to_bytes(&self.world.table.hash()),
        };
        let mut request = self.world.padded(SHAPE, units);
        let odd = known.batch_no % 2 == 1;
        request.doors = Doors {
            paid_in: Amount(50),
            asked: Amount(if odd { 7 } else { 0 }),
            keep: Amount(u64::from(odd)),
        };
        let mut queue: Vec<QueueItem<u8>> = Vec::new();
        for unit in request.units.iter().filter(|unit| unit.deposit() > Amount::ZERO) {
            let kind = self.kind(unit);
            let first = if kind == ItemKind::Deposit {
                unit.deposit()
            } else {
                queue.push(item(unit, Amount(TOP_UP), 7, ItemKind::Deposit));
                Amount(unit.deposit().get() - TOP_UP)
            };
            queue.insert(
                queue.len() - usize::from(kind != ItemKind::Deposit),
                item(unit, first, 7, kind),
            );
        }
        for unit in &request.units {
            let kind = match unit {
                UnitRequest::Switch { switches, .. } => ItemKind::Switch(*switches),
                UnitRequest::Close { .. } => ItemKind::Close,
                UnitRequest::Forced { requested, .. } => ItemKind::ForcedWithdrawal { amount: *requested },
                UnitRequest::Rekey { view_key, .. } => ItemKind::Rekey(self.sealed(unit, *view_key)),
                _ => continue,
            };
            queue.push(item(unit, Amount::ZERO, 7, kind));
        }
        for (amount, ready_at) in [(20, 7), (30, 7), (40, TABLE_TIME + 1)] {
            queue.push(of_house(Amount(amount), ready_at, ItemKind::PayInsurance));
        }
        if odd {
            let (amount, keep) = (request.doors.asked, request.doors.keep);
            queue.insert(
                queue.len() - 1,
                of_house(Amount::ZERO, 7, ItemKind::TakeInsurance { amount, keep }),
            );
        }
        for unit in &request.units {
            queue.push(item(unit, Amount(1), TABLE_TIME + 1, ItemKind::Deposit));
        }
        let queue: Vec<_> = (100..).zip(queue).collect();
        let (_, effect) = self.world.apply(SHAPE, &request);
        let version = self.world.table.header.version;
        let batch = Batch::new(1, version, &effect.statement, [7; 192]).expect("it fits");
        let mut settled = Settled {
            known,
            batch,
            takings: Vec::new(),
            house: HouseTaking::default(),
            queue,
            statement: effect.statement,
        };
        let queue = settled.queue.clone();
        settled.take(&queue);
        assert_eq!(settled.house.doors(), request.doors);
        self.settled.push(settled);
    }

    fn kind(&self, unit: &UnitRequest) -> ItemKind {
        let UnitRequest::Open { view_key, .. } = unit else {
            return ItemKind::Deposit;
        };
        ItemKind::Open(self.sealed(unit, *view_key))
    }

    /// The keys that a trader asks for, sealed to the secret in force.
    fn sealed(&self, unit: &UnitRequest, view_key: Fr) -> OpenKeys {
        let index = unit.index().get();
        let trader = &self.world.traders[index as usize];
        let sealing_key = self.secrets.seal.public().expect("the seed gives a key");
        let (statement, _) = SealStatement::seal(
            GENESIS,
            GroupId(GROUP),
            [0; 32],
            &sealing_key,
            &trader.secret.public(),
            view_key,
            &[index as u8 + 1; 64],
        );
        OpenKeys::from(&statement)
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
        replay_batch(&mut ledger, scope, &settled.batch, &settled.takings, secrets)?;
        replay_rekeys(&mut ledger, &SCOPE, rekeyed, &mut done, secrets)?;
    }
    Ok(ledger)
}

/// An item of the house.
fn of_house(amount: Amount, ready_at: u64, kind: ItemKind) -> QueueItem<u8> {
    QueueItem {
        owner: 200,
        index: AccountIndex::HOUSE,
        amount,
        queued_at: 0,
        ready_at,
        deadline: ready_at,
        kind,
        until: None,
    }
}

/// An item of the unit's account.
fn item(unit: &UnitRequest, amount: Amount, ready_at: u64, kind: ItemKind) -> QueueItem<u8> {
    QueueItem {
        owner: unit.index().get() as u8,
        index: unit.index(),
        amount,
        queued_at: 0,
        ready_at,
        deadline: ready_at,
        kind,
        until: None,
    }
}
