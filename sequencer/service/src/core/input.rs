//! What moves the core, and what it answers.

use super::ready::Ready;
use crate::{budget::BudgetTerms, halt::Halt, liquidations::LiquidationTerms, record::BatchRecord};
use cloister_batcher::BatcherConfig;
use cloister_crypto::Fr;
use cloister_engine::{AccountIndex, Effect, EngineConfig, Fill, Millis, OrderOutcome, Removal, TraderInput, Verified};
use cloister_ledger::{wire::Wire, Shape};
use cloister_receipts::Receipt;
use cloister_risk::RiskTable;
use cloister_types::{InstructionId, ItemId, Lots};
use codec::{Decode, Encode, EncodeLike, Error, Input as Source, Output as Sink};
use std::collections::BTreeSet;

/// What a trader signed.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub(crate) struct Submit(pub TraderInput);

/// What a trader signed, its signature checked before the core was locked (Q-VERIFY).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SubmitVerified(pub Verified);

/// How it is written down. Read back, its signature is checked again, and it does the same.
impl From<SubmitVerified> for Submit {
    fn from(submitted: SubmitVerified) -> Self {
        Self(submitted.0.into_input())
    }
}

/// Nothing but time: orders expire.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub(crate) struct Pass;

/// Orders expire, what waits is tried again, and, if the prover is idle, an old batch is closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub(crate) struct Tick {
    /// Whether the prover is idle.
    pub idle: bool,
}

/// A newer risk table, with what is ready at it. If the open batch cannot be closed at its own, the old table stays in
/// force for both engine and batcher, and the items wait. Nothing is taken that was read from another place of the
/// queue than this one.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub(crate) struct Table {
    /// The table.
    pub table: RiskTable,
    /// What is ready at it.
    pub ready: Ready,
}

/// Every batch that is not settled is made again, at a table the chain still takes, with what is ready at it, as in
/// [`Table`], and without what is gone from the queue. The answer is false if the batcher does not take the table, or
/// the items were read from another place of the queue: then nothing has changed.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub(crate) struct Rebase {
    /// The table.
    pub table: RiskTable,
    /// What is ready at it.
    pub ready: Ready,
    /// Items that their owners have taken back.
    pub gone: BTreeSet<ItemId>,
}

/// The part of a batch's units that overdue queue items may claim, in percent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub(crate) struct QueueShare(pub u8);

/// The shapes that batches may have from now on. The answer is whether they are others than before.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub(crate) struct Shapes(pub Vec<Shape>);

/// Whether the chain takes batches of this sequencer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub(crate) struct Paused(pub Option<Pause>);

/// An account's orders leave the books, as its trader asked for beforehand. No unit is needed for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub(crate) struct SwitchOff(pub AccountIndex);

/// Whether anything but what frees is refused, by what the state alone does not show (Q-GATE). While it is, no order
/// that waits for a mark fires.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub(crate) struct Gate {
    /// True while it is refused.
    pub closed: bool,
}

/// A closed batch that was made again with a later time and another salt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Refreshed {
    /// Its number.
    pub batch_no: u64,
    /// Its new time.
    pub time: Millis,
    /// Its new salt.
    pub salt: Fr,
}

/// A batch is in a block of the best chain.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub(crate) struct InBlock(pub BatchRecord);

/// A batch is in a final block.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub(crate) struct Settled {
    /// Its number.
    pub batch_no: u64,
    /// What is remembered of it, if it was proven here.
    pub record: Option<BatchRecord>,
}

/// Other settings of an operator from now on. What was done under the ones before stays as it was.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub(crate) struct Configure {
    /// Of the engine.
    pub engine: EngineConfig,
    /// Of the batcher. Its shapes do not count ([`Shapes`]).
    pub batcher: BatcherConfig,
    /// Of the budgets of units.
    pub budgets: BudgetTerms,
    /// Of liquidations.
    pub liquidations: LiquidationTerms,
}

impl Encode for Refreshed {
    fn encode_to<O: Sink + ?Sized>(&self, out: &mut O) {
        (self.batch_no, self.time).encode_to(out);
        self.salt.write_to(out);
    }
}

impl EncodeLike for Refreshed {}

impl Decode for Refreshed {
    fn decode<I: Source>(input: &mut I) -> Result<Self, Error> {
        let (batch_no, time) = Decode::decode(input)?;
        Ok(Self {
            batch_no,
            time,
            salt: Fr::read_from(input)?,
        })
    }
}

/// Why the chain takes no batches of this sequencer, whatever they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub(crate) enum Pause {
    /// The group is disabled or frozen.
    Disabled,
    /// Another sequencer leads.
    Following,
}

impl From<Pause> for Halt {
    fn from(pause: Pause) -> Self {
        match pause {
            Pause::Disabled => Self::Paused,
            Pause::Following => Self::Following,
        }
    }
}

/// What an input did.
#[derive(Debug)]
pub(crate) struct Output<A> {
    /// The answer.
    pub answer: A,
    /// What happened in the engine, in order.
    pub effects: Vec<Effect>,
    /// The time at which it was taken: never before that of an earlier one.
    pub at: Millis,
    /// False if everything but the engine's clock is as before, so that the input need not be remembered.
    pub changed: bool,
}

/// What an instruction did at once. It settles with the proof of its batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Taken {
    pub time: Millis,
    /// The account that signed.
    pub account: AccountIndex,
    /// What became of the order; `None` for other kinds.
    pub order: Option<OrderOutcome>,
    /// Lots filled at once of an order, or before of the order that a cancel names.
    pub filled: Lots,
    /// Other orders of the account that left, with the lots that were not filled.
    pub removed: Vec<(InstructionId, Lots, Removal)>,
    /// The order's fills.
    pub fills: Vec<Fill>,
    /// Whether a cancel, cancel-all or withdrawal goes into a batch. A cancel that does not holds in the book alone.
    pub bound: bool,
    /// What is promised for it.
    pub receipt: Receipt,
}
