//! Where this crate meets the bare integers of the ledger: each gets its type here.

use crate::ids::OrderKey;
use cloister_ledger::{account, slot, Instruction, Side};
use cloister_types::{AccountIndex, Amount, InstructionId, InstrumentId, Lots, Money, Position, Price};

/// The fields of an instruction, typed.
pub(crate) trait Terms {
    /// The account that signs.
    fn account(&self) -> AccountIndex;
    /// The account and the id it signs.
    fn key(&self) -> OrderKey;
    /// Instrument of an order.
    fn instrument(&self) -> InstrumentId;
    /// Limit price of an order.
    fn price(&self) -> Price;
    /// Signed quantity of an order.
    fn lots(&self) -> Lots;
    /// Maximum fee per lot of an order.
    fn fee_per_lot(&self) -> Price;
    /// Amount of a withdrawal.
    fn amount(&self) -> Amount;
}

impl Terms for Instruction {
    fn account(&self) -> AccountIndex {
        AccountIndex(self.index)
    }

    fn key(&self) -> OrderKey {
        OrderKey {
            account: self.account(),
            id: InstructionId(self.id),
        }
    }

    fn instrument(&self) -> InstrumentId {
        InstrumentId(self.instrument_id)
    }

    fn price(&self) -> Price {
        Price(self.limit)
    }

    fn lots(&self) -> Lots {
        Lots(self.quantity)
    }

    fn fee_per_lot(&self) -> Price {
        Price(self.max_fee)
    }

    fn amount(&self) -> Amount {
        Amount(self.limit)
    }
}

/// The order slot of an id.
pub(crate) fn slot_number(id: InstructionId) -> u16 {
    slot::slot_number(id.get())
}

/// True if cash is in its range (B-RANGE).
pub(crate) fn cash_fits(cash: Money) -> bool {
    account::cash_fits(cash.get())
}

/// The change of a position by lots bought or sold; `None` if it leaves the range.
pub(crate) fn change(side: Side, lots: Lots) -> Option<Position> {
    match side {
        Side::Buy => lots.bought(),
        Side::Sell => lots.sold(),
    }
}
