//! What a trader signs: orders, cancels, withdrawals, transfers (S-INSTRUCTION).

use crate::packing::pack;
use cloister_crypto::{
    constants::{
        domain, AMOUNT_BITS, FLAG_BITS, GROUP_BITS, ID_BITS, INDEX_BITS, INSTRUMENT_ID_BITS, KIND_BITS, MAX_FEE_BITS,
        QUANTITY_BITS, TIME_BITS,
    },
    field::limbs,
    poseidon2::sponge,
    schnorr::{SecretKey, Signature},
    Fr,
};
use cloister_types::{AccountIndex, Amount, GroupId, InstructionId, InstrumentId, Lots, PerLot, Position, Price};
use codec::{Decode, Encode};
use scale_info::TypeInfo;

/// Kind of an instruction.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode, TypeInfo)]
#[repr(u8)]
pub enum InstructionKind {
    /// An empty place.
    #[default]
    None = 0,
    /// Trades.
    Order = 1,
    /// Cancels order `id`.
    Cancel = 2,
    /// Cancels everything with an id below `id`.
    CancelAll = 3,
    /// Pays `limit` to the owner.
    Withdrawal = 4,
    /// Pays `limit` to the account whose index is `quantity`, in the same group.
    Transfer = 5,
}

/// Side of an order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Encode, Decode, TypeInfo)]
#[repr(u8)]
pub enum Side {
    /// Buys.
    #[default]
    Buy = 0,
    /// Sells.
    Sell = 1,
}

impl Side {
    /// `+1` for a buy, `-1` for a sell.
    pub fn sign(self) -> i64 {
        match self {
            Side::Buy => 1,
            Side::Sell => -1,
        }
    }

    /// The change of a position by lots bought or sold; `None` if it leaves the range.
    pub fn change(self, lots: Lots) -> Option<Position> {
        match self {
            Side::Buy => lots.bought(),
            Side::Sell => lots.sold(),
        }
    }

    /// The other side.
    pub fn opposite(self) -> Self {
        match self {
            Side::Buy => Side::Sell,
            Side::Sell => Side::Buy,
        }
    }
}

/// Order flags.
pub mod flags {
    /// The order only reduces a position. Proven by the circuit.
    pub const REDUCE_ONLY: u8 = 1;
    /// The order never takes liquidity. Left to the matcher.
    pub const POST_ONLY: u8 = 1 << 1;
    /// Whatever does not fill at once is cancelled. Left to the matcher.
    pub const IMMEDIATE_OR_CANCEL: u8 = 1 << 2;
    /// The order fills at once and completely, or not at all. Left to the matcher.
    pub const FILL_OR_KILL: u8 = 1 << 3;
    /// The order fills once the mark has been at its trigger or above. Proven by the circuit.
    pub const TRIGGER_ABOVE: u8 = 1 << 4;
    /// The order fills once the mark has been at its trigger or below. Proven by the circuit.
    pub const TRIGGER_BELOW: u8 = 1 << 5;
    /// Both directions of a trigger.
    pub const DIRECTIONS: u8 = TRIGGER_ABOVE | TRIGGER_BELOW;
    /// Where the order would trade against one of its own account, that one leaves. Left to the matcher.
    pub const SELF_TRADE_OLDEST: u8 = 1 << 6;
    /// Where the order would trade against one of its own account, both leave. Left to the matcher.
    pub const SELF_TRADE_BOTH: u8 = 1 << 7;
    /// Both choices of self-trade prevention; an order has one of them, or neither.
    pub const SELF_TRADE: u8 = SELF_TRADE_OLDEST | SELF_TRADE_BOTH;
    /// All flags.
    pub const ALL: u8 = REDUCE_ONLY | POST_ONLY | IMMEDIATE_OR_CANCEL | FILL_OR_KILL | DIRECTIONS | SELF_TRADE;
}

/// What happens where an order would trade against one of its own account.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SelfTrade {
    /// The newer one, which comes in, stops there; the one at rest stays.
    #[default]
    Newest,
    /// The one at rest leaves, and the newer one goes on.
    Oldest,
    /// Both leave.
    Both,
}

/// What an order waits for: a mark per lot, 10^-6 of the settlement asset (B-TRIGGER).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trigger {
    /// The mark is at the price or above.
    AtOrAbove(Price),
    /// The mark is at the price or below.
    AtOrBelow(Price),
}

impl Trigger {
    /// The price.
    pub fn price(self) -> Price {
        match self {
            Self::AtOrAbove(price) | Self::AtOrBelow(price) => price,
        }
    }

    /// The flag of its direction.
    pub fn flag(self) -> u8 {
        match self {
            Self::AtOrAbove(_) => flags::TRIGGER_ABOVE,
            Self::AtOrBelow(_) => flags::TRIGGER_BELOW,
        }
    }

    /// True if the mark is where the order waits for it.
    pub fn fires_at(self, mark: PerLot) -> bool {
        let mark = i128::from(mark.get());
        match self {
            Self::AtOrAbove(price) => mark >= i128::from(price.get()),
            Self::AtOrBelow(price) => mark <= i128::from(price.get()),
        }
    }
}

/// Why trigger and directions of an instruction say nothing (B-TRIGGER).
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TriggerError {
    /// A trigger without a direction. It could be a forgotten direction, and the order would fill at once.
    #[error("a trigger needs a direction")]
    NoDirection,
    /// Both directions: the order would wait for nothing.
    #[error("a trigger has one direction")]
    BothDirections,
    /// A direction of something other than an order.
    #[error("only an order waits for a mark")]
    NoOrder,
}

/// A trader's instruction. Units and widths: S-INSTRUCTION.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub struct Instruction {
    /// What to do.
    pub kind: InstructionKind,
    /// Margin group.
    pub group: GroupId,
    /// Account index.
    pub index: AccountIndex,
    /// Instruction id; its slot is `id mod 512`.
    pub id: InstructionId,
    /// Instrument (orders).
    pub instrument_id: InstrumentId,
    /// Side (orders).
    pub side: Side,
    /// See [`flags`].
    pub flags: u8,
    /// Mark from which on an order with a direction among its flags may fill; else 0.
    pub trigger: Price,
    /// The first signed word whose meaning the kind decides: [`Self::price`] of an order, [`Self::amount`] of a
    /// withdrawal or transfer.
    pub limit: u64,
    /// The second: [`Self::lots`] of an order, the index that a transfer pays to.
    pub quantity: u64,
    /// Last batch time at which it may run, milliseconds of Unix time.
    pub expiry: u64,
    /// Maximum fee per lot.
    pub max_fee: Price,
}

impl Instruction {
    /// True if every field fits its width.
    pub fn fits(&self) -> bool {
        self.index.get() >> INDEX_BITS == 0
            && self.quantity >> QUANTITY_BITS == 0
            && self.expiry >> TIME_BITS == 0
            && self.max_fee.get() >> MAX_FEE_BITS == 0
    }

    /// The packed elements `A` and `B`.
    pub fn words(&self) -> (Fr, Fr) {
        let a = pack(&[
            (self.kind as u64, KIND_BITS),
            (self.group.get().into(), GROUP_BITS),
            (self.index.get().into(), INDEX_BITS),
            (self.id.get(), ID_BITS),
            (self.instrument_id.get().into(), INSTRUMENT_ID_BITS),
            (self.side as u64, 1),
            (self.flags.into(), FLAG_BITS),
            (self.trigger.get(), AMOUNT_BITS),
        ]);
        let b = pack(&[
            (self.limit, AMOUNT_BITS),
            (self.quantity, QUANTITY_BITS),
            (self.expiry, TIME_BITS),
            (self.max_fee.get(), MAX_FEE_BITS),
        ]);
        (a, b)
    }

    /// What the message is a hash of, under [`domain::INSTRUCTION`].
    pub fn elements(&self, genesis: &[u8; 32]) -> [Fr; 4] {
        let (lo, hi) = limbs(genesis);
        let (a, b) = self.words();
        [lo, hi, a, b]
    }

    /// The message that is signed; `genesis` is the chain's genesis hash.
    pub fn message(&self, genesis: &[u8; 32]) -> Fr {
        sponge(domain::INSTRUCTION, &self.elements(genesis))
    }

    /// Signs the instruction for a chain.
    pub fn sign(self, genesis: &[u8; 32], key: &SecretKey) -> SignedInstruction {
        let signature = key.sign(self.message(genesis));
        SignedInstruction {
            instruction: self,
            signature,
        }
    }

    /// Limit price per lot of an order.
    pub fn price(&self) -> Price {
        Price(self.limit)
    }

    /// Quantity of an order.
    pub fn lots(&self) -> Lots {
        Lots(self.quantity)
    }

    /// Amount of a withdrawal or of a transfer.
    pub fn amount(&self) -> Amount {
        Amount(self.limit)
    }

    /// True for a withdrawal or a transfer: money leaves the account.
    pub fn pays(&self) -> bool {
        matches!(self.kind, InstructionKind::Withdrawal | InstructionKind::Transfer)
    }

    /// The instruction with a trigger in place of any that it has, or without one.
    pub fn waiting_for(self, trigger: Option<Trigger>) -> Self {
        Self {
            flags: self.flags & !flags::DIRECTIONS | trigger.map_or(0, Trigger::flag),
            trigger: trigger.map_or(Price::ZERO, Trigger::price),
            ..self
        }
    }

    /// What the order waits for, if anything.
    ///
    /// # Errors
    /// [`TriggerError`]: trigger, directions and kind do not say one thing (B-TRIGGER).
    pub fn waits_for(&self) -> Result<Option<Trigger>, TriggerError> {
        let trigger = match (self.has(flags::TRIGGER_ABOVE), self.has(flags::TRIGGER_BELOW)) {
            (false, false) if self.trigger == Price::ZERO => return Ok(None),
            (false, false) => return Err(TriggerError::NoDirection),
            (true, true) => return Err(TriggerError::BothDirections),
            (true, false) => Trigger::AtOrAbove(self.trigger),
            (false, true) => Trigger::AtOrBelow(self.trigger),
        };
        match self.kind {
            InstructionKind::Order => Ok(Some(trigger)),
            _ => Err(TriggerError::NoOrder),
        }
    }

    /// What happens where the order would trade against one of its own account; `None` if the flags ask for two things.
    pub fn self_trade(&self) -> Option<SelfTrade> {
        match (self.has(flags::SELF_TRADE_OLDEST), self.has(flags::SELF_TRADE_BOTH)) {
            (false, false) => Some(SelfTrade::Newest),
            (true, false) => Some(SelfTrade::Oldest),
            (false, true) => Some(SelfTrade::Both),
            (true, true) => None,
        }
    }

    /// True if the flag is set.
    pub fn has(&self, flag: u8) -> bool {
        self.flags & flag != 0
    }
}

/// An instruction with its signature.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SignedInstruction {
    /// What is signed.
    pub instruction: Instruction,
    /// The trader's signature over [`Instruction::message`].
    pub signature: Signature,
}
