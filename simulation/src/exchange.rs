//! The group itself: the ledger's state, the traders' keys, and drafts signed and settled as batches.

use crate::{
    audit::{Audit, Broken},
    book::Book,
    draft::Draft,
    market::GROUP,
    prices::MINUTE,
    step::{Action, Step},
    traders::{keys, public, Trader},
};
use cloister_ledger::{
    account::Switches,
    instruction::flags,
    state::{BatchRequest, UnitRequest},
    BatchContext, BatchEffect, BatchWitness, Doors, Fill, GroupLedger, Instruction, InstructionKind, Mode, Party,
    Shape, Side, SignedInstruction, StateError,
};
use cloister_ledger_testing::Random;
use cloister_liquidator::Trade;
use cloister_types::{AccountIndex, Amount, GroupId, InstructionId, InstrumentId, Price};
use std::time::{Duration, Instant};

/// Genesis hash of the simulated chain.
pub const GENESIS: [u8; 32] = [0x5C; 32];
/// How long signed instructions are good, milliseconds.
const GOOD_FOR: u64 = 5 * MINUTE;

/// Why a batch did not settle. None of these happens in a correct run: what a draft holds was forecast to be within the
/// rules.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SettleError {
    /// The native transition refuses the batch.
    #[error("batch {0}: {1}")]
    Ledger(u64, StateError),
    /// An invariant does not hold.
    #[error("batch {0}: {1}")]
    Broken(u64, Broken),
}

/// A batch that settled.
#[derive(Clone, Debug)]
pub struct Settled {
    /// Its shape.
    pub shape: Shape,
    /// Its witness.
    pub witness: BatchWitness,
    /// What it did.
    pub effect: BatchEffect,
}

/// Units by mode, in the order of [`Mode`].
pub type ModeCounts = [u64; 11];

/// Place of a mode in [`ModeCounts`].
pub fn place_of(mode: Mode) -> usize {
    match mode {
        Mode::Open => 0,
        Mode::Rekey => 1,
        Mode::Normal => 2,
        Mode::Forced => 3,
        Mode::Liquidation => 4,
        Mode::Expiry => 5,
        Mode::Takeover => 6,
        Mode::Padding => 7,
        Mode::Deleveraging(_) => 8,
        Mode::Switch => 9,
        Mode::Close => 10,
    }
}

/// Names of the modes, in the order of [`ModeCounts`].
pub const MODE_NAMES: [&str; 11] = [
    "open",
    "re-key",
    "normal",
    "forced withdrawal",
    "liquidation",
    "expiry",
    "takeover",
    "padding",
    "deleveraging",
    "switch",
    "close",
];

/// What was settled so far.
#[derive(Clone, Debug, Default)]
pub struct Totals {
    /// Batches of shapes DEV, STANDARD, LARGE, MAKER.
    pub batches: [u64; 4],
    /// Units by mode.
    pub modes: ModeCounts,
    /// Fills of signed orders.
    pub fills: u64,
    /// Signed withdrawals.
    pub withdrawals: u64,
    /// Transfers.
    pub transfers: u64,
    /// Cancels and cancel-alls.
    pub cancels: u64,
    /// Lots liquidated.
    pub liquidated_lots: u64,
    /// Lots that insolvent accounts shed by deleveraging; counterparties gave up as many.
    pub deleveraged_lots: u64,
    /// What those lots were worth at the mark, 10^-6.
    pub deleveraged_worth: u128,
    /// Witnesses checked a second time, by themselves.
    pub rechecked: u64,
    /// Time spent in the native transition.
    pub native: Duration,
}

/// The group.
#[derive(Clone, Debug)]
pub struct Exchange {
    state: GroupLedger,
    /// All traders; the index of an account is its place here.
    pub traders: Vec<Trader>,
    /// The forecast, equal to the state between batches.
    pub book: Book,
    /// Sums of the audit.
    pub audit: Audit,
    /// What was settled.
    pub totals: Totals,
    random: Random,
    recheck: u64,
}

impl Exchange {
    /// An empty group; every `recheck`-th witness is checked a second time, by itself.
    pub fn new(traders: Vec<Trader>, recheck: u64, random: Random) -> Self {
        Self {
            state: GroupLedger::default(),
            traders,
            book: Book::default(),
            audit: Audit::default(),
            totals: Totals::default(),
            random,
            recheck: recheck.max(1),
        }
    }

    /// The ledger's state.
    pub fn state(&self) -> &GroupLedger {
        &self.state
    }

    /// Signs a draft, settles it and audits what came out.
    ///
    /// # Errors
    /// [`SettleError`].
    pub fn settle(&mut self, draft: Draft<'_>, time: u64, sweep: u64, mask: u32) -> Result<Settled, SettleError> {
        let (shape, table) = (draft.shape(), draft.table());
        let mut units: Vec<UnitRequest> = Vec::with_capacity(shape.units.into());
        for step in &draft.steps {
            units.push(self.unit(step, table.header.time));
        }
        // Somebody idle; before the first account is open, the one that opens first.
        let accounts = draft.book.accounts.len() as u64;
        units.resize_with(shape.units.into(), || UnitRequest::Padding {
            index: AccountIndex(self.random.below(accounts) as u32),
            deposit: Amount::ZERO,
        });
        let batch_no = self.state.batch_no();
        let request = BatchRequest {
            context: BatchContext {
                genesis: GENESIS,
                group: GroupId(GROUP),
                batch_no,
                time,
                payee: [0; 32],
                salt: self.random.field(),
                table: table.clone(),
            },
            sweep: Amount(sweep),
            doors: Doors::default(),
            empty_mask: mask,
            units,
        };
        self.book = draft.book;
        self.book.fees -= u128::from(sweep);
        let house = self.state.house().clone();
        let start = Instant::now();
        let applied = self.state.apply(shape, &request);
        self.totals.native += start.elapsed();
        let (witness, effect) = applied.map_err(|e| SettleError::Ledger(batch_no, e))?;
        self.audit
            .check(&house, &witness, &effect, &self.state, &self.book)
            .map_err(|e| SettleError::Broken(batch_no, e))?;
        if batch_no.is_multiple_of(self.recheck) {
            self.totals.rechecked += 1;
            if witness.check(shape).as_ref() != Ok(&effect) {
                return Err(SettleError::Broken(batch_no, Broken::Recheck));
            }
        }
        self.count(shape, &witness);
        Ok(Settled { shape, witness, effect })
    }

    fn count(&mut self, shape: Shape, witness: &BatchWitness) {
        let shapes = [Shape::DEV, Shape::STANDARD, Shape::LARGE, Shape::MAKER];
        for (count, known) in self.totals.batches.iter_mut().zip(shapes) {
            *count += u64::from(shape == known);
        }
        for unit in &witness.units {
            self.totals.modes[place_of(unit.mode)] += 1;
            for place in &unit.places {
                match place.signed.instruction.kind {
                    InstructionKind::Order => self.totals.fills += 1,
                    InstructionKind::Withdrawal => self.totals.withdrawals += 1,
                    InstructionKind::Transfer => self.totals.transfers += 1,
                    InstructionKind::Cancel | InstructionKind::CancelAll => self.totals.cancels += 1,
                    InstructionKind::None if unit.mode == Mode::Liquidation => {
                        self.totals.liquidated_lots += place.fill.quantity.get()
                    }
                    InstructionKind::None if unit.mode == Mode::Deleveraging(Party::Insolvent) => {
                        self.totals.deleveraged_lots += place.fill.quantity.get();
                        self.totals.deleveraged_worth += place.fill.cost.get();
                    }
                    InstructionKind::None => (),
                }
            }
        }
    }

    /// The unit of a step, signed where it has to be.
    fn unit(&mut self, step: &Step, now: u64) -> UnitRequest {
        let (index, deposit) = (step.index, step.deposit);
        match &step.action {
            Action::Open => {
                let trader = &self.traders[index as usize];
                let (key, preimage) = public(&trader.secret);
                UnitRequest::Open {
                    index: AccountIndex(index),
                    key,
                    preimage,
                    view_key: trader.view_key,
                    deposit: Amount(deposit),
                }
            }
            Action::Rekey => {
                let (secret, view_key) = keys(&mut self.random);
                let (key, preimage) = public(&secret);
                let trader = &mut self.traders[index as usize];
                (trader.secret, trader.view_key) = (secret, view_key);
                UnitRequest::Rekey {
                    index: AccountIndex(index),
                    key,
                    preimage,
                    view_key,
                    deposit: Amount(deposit),
                }
            }
            Action::AllowTransfers => UnitRequest::Switch {
                index: AccountIndex(index),
                deposit: Amount(deposit),
                switches: Switches { transfers: true },
            },
            Action::Order { trade, reduce_only } => {
                let mut order = self.instruction(index, InstructionKind::Order, now);
                order.instrument_id = InstrumentId(trade.row as u32 + 1);
                order.side = trade.side;
                order.flags = if *reduce_only { flags::REDUCE_ONLY } else { 0 };
                order.quantity = trade.lots;
                order.limit = limit(trade);
                order.max_fee = Price(trade.fee.div_ceil(u128::from(trade.lots)) as u64);
                self.normal(step, order, trade.into())
            }
            Action::Cancel => {
                let order = self.instruction(index, InstructionKind::Cancel, now);
                self.normal(step, order, Fill::default())
            }
            Action::CancelAll => {
                let order = self.instruction(index, InstructionKind::CancelAll, now);
                self.normal(step, order, Fill::default())
            }
            Action::Withdraw(amount) => {
                let mut order = self.instruction(index, InstructionKind::Withdrawal, now);
                order.limit = *amount;
                self.normal(step, order, Fill::default())
            }
            Action::Transfer { to, amount } => {
                let mut order = self.instruction(index, InstructionKind::Transfer, now);
                (order.limit, order.quantity) = (*amount, u64::from(*to));
                self.normal(step, order, Fill::default())
            }
            Action::Force(requested) => UnitRequest::Forced {
                index: AccountIndex(index),
                deposit: Amount(deposit),
                requested: Amount(*requested),
            },
            Action::Liquidate(trades) => UnitRequest::Liquidation {
                index: AccountIndex(index),
                deposit: Amount(deposit),
                fills: trades.iter().map(Fill::from).collect(),
            },
            Action::Deleverage(party, trades) => UnitRequest::Deleveraging {
                index: AccountIndex(index),
                deposit: Amount(deposit),
                party: *party,
                fills: trades.iter().map(Fill::from).collect(),
            },
            Action::Expire(rows) => UnitRequest::Expiry {
                index: AccountIndex(index),
                deposit: Amount(deposit),
                rows: rows.iter().map(|row| *row as u8).collect(),
            },
            Action::TakeOver => UnitRequest::Takeover {
                index: AccountIndex(index),
                deposit: Amount(deposit),
            },
            Action::Idle => UnitRequest::Padding {
                index: AccountIndex(index),
                deposit: Amount(deposit),
            },
        }
    }

    /// An instruction with a fresh id.
    fn instruction(&mut self, index: u32, kind: InstructionKind, now: u64) -> Instruction {
        let trader = &mut self.traders[index as usize];
        trader.next_id += 1;
        Instruction {
            kind,
            group: GroupId(GROUP),
            index: AccountIndex(index),
            id: InstructionId(trader.next_id),
            expiry: now + GOOD_FOR,
            ..Instruction::default()
        }
    }

    fn normal(&self, step: &Step, instruction: Instruction, fill: Fill) -> UnitRequest {
        let signed: SignedInstruction = instruction.sign(&GENESIS, &self.traders[step.index as usize].secret);
        UnitRequest::Normal {
            index: AccountIndex(step.index),
            deposit: Amount(step.deposit),
            places: vec![(signed, fill)],
        }
    }
}

/// The worst whole price per lot that the trade still keeps to.
fn limit(trade: &Trade) -> u64 {
    let lots = u128::from(trade.lots);
    let price = match trade.side {
        Side::Buy => trade.cost.div_ceil(lots),
        Side::Sell => trade.cost / lots,
    };
    price as u64
}
