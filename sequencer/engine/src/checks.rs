//! Checks before an instruction is taken: what the proof will ask, and what keeps the book honest.

use crate::{
    account::open_risk,
    engine::Engine,
    error::{Field, Rejection},
    exposure::{fee_at, WorstCase},
    trade::{band, reducible, Holdings, Trade},
};
use cloister_crypto::constants::{
    COST_BITS, FILLED_MAX, INDEX_BITS, MAX_FEE_BITS, POSITION_BITS, QUANTITY_BITS, TIME_BITS,
};
use cloister_ledger::{account::cash_fits, instruction::flags, Instruction, InstructionKind, SignedInstruction};
use cloister_risk::{margin::MarginChoice, Assessment, Row};
use cloister_types::{Lots, Money, Position, Price, Total};

impl Engine {
    /// Widths, addressee, account, life, signature; the same for every kind.
    pub(crate) fn check_signed(&self, signed: &SignedInstruction) -> Result<(), Rejection> {
        let instruction = &signed.instruction;
        let fields = [
            (u64::from(instruction.index.get()) >> INDEX_BITS, Field::Index),
            (instruction.quantity >> QUANTITY_BITS, Field::Quantity),
            (instruction.expiry >> TIME_BITS, Field::Expiry),
            (instruction.max_fee.get() >> MAX_FEE_BITS, Field::MaxFee),
            (u64::from(instruction.kind == InstructionKind::None), Field::Kind),
        ];
        if let Some((_, field)) = fields.iter().find(|(excess, _)| *excess != 0) {
            return Err(Rejection::FieldRange(*field));
        }
        instruction.waits_for()?;
        let found = instruction.group;
        if found != self.config.group {
            return Err(Rejection::WrongGroup {
                expected: self.config.group,
                found,
            });
        }
        let view = self.view(instruction.index)?;
        let needed = self.alive_from();
        if instruction.expiry < needed {
            return Err(Rejection::Expired {
                expiry: instruction.expiry,
                needed,
            });
        }
        let message = instruction.message(&self.config.genesis);
        view.public_key
            .verify(message, &signed.signature)
            .map_err(|_| Rejection::BadSignature)
    }

    /// Everything about an order but margin and the book; returns its row.
    pub(crate) fn check_order(&self, order: &Instruction) -> Result<usize, Rejection> {
        let conflicting =
            order.has(flags::POST_ONLY) && order.flags & (flags::IMMEDIATE_OR_CANCEL | flags::FILL_OR_KILL) != 0;
        if order.flags & !flags::ALL != 0 || conflicting {
            return Err(Rejection::Flags(order.flags));
        }
        if order.waits_for()?.is_some() {
            return Err(Rejection::TriggerOrder);
        }
        if order.lots().is_zero() {
            return Err(Rejection::ZeroQuantity);
        }
        let view = self.view(order.index)?;
        let instrument = order.instrument_id;
        let (number, row) = self
            .table
            .row_of(instrument)
            .ok_or(Rejection::UnknownInstrument(instrument))?;
        if !row.is_live() {
            return Err(Rejection::NotTrading(instrument));
        }
        self.remaining_of(order)?;
        view.check_id(order.id, true)?;
        let (low, high) = band(row);
        let limit = order.price();
        if !(low..=high).contains(&limit) {
            return Err(Rejection::OutsideBand { limit, low, high });
        }
        // A sell can fill above its limit, up to the band.
        if high.times(order.lots()).get() >> COST_BITS != 0 {
            return Err(Rejection::OutOfRange);
        }
        let rate = self.config.fees.highest().min(self.table.header.fee_cap);
        let needed = fee_at(limit.times(Lots(1)), rate)
            .and_then(|fee| u64::try_from(fee.get()).ok().map(Price))
            .ok_or(Rejection::OutOfRange)?;
        let max_fee = order.max_fee;
        if max_fee < needed {
            return Err(Rejection::MaxFeeTooLow { max_fee, needed });
        }
        Ok(number)
    }

    /// Lots of an order that the ledger has not filled (B-SLOT).
    pub(crate) fn remaining_of(&self, order: &Instruction) -> Result<Lots, Rejection> {
        let (id, quantity) = (order.id, order.lots());
        let filled = self.view(order.index)?.filled(id);
        if filled == Lots(FILLED_MAX) {
            return Err(Rejection::Duplicate(id));
        }
        match quantity.checked_sub(filled) {
            None | Some(Lots::ZERO) => Err(Rejection::BeyondQuantity { filled, quantity }),
            Some(left) => Ok(left),
        }
    }

    /// B-REDUCE, B-LIMIT, B-MARGIN and B-EQUITY for an order that may fill wholly, at its limit, in any combination
    /// with the account's orders at rest.
    ///
    /// An order that makes every maintenance deficit no worse is let through even when margin is short: it reduces
    /// risk.
    pub(crate) fn check_order_margin(
        &self,
        order: &Instruction,
        number: usize,
        quantity: Lots,
    ) -> Result<(), Rejection> {
        let view = self.view(order.index)?;
        let row = self
            .table
            .rows
            .get(number)
            .ok_or(Rejection::UnknownInstrument(order.instrument_id))?;
        let position = view.holdings.positions.get(number).copied().unwrap_or_default();
        let must_reduce = order.has(flags::REDUCE_ONLY) || row.only_reduces();
        let can_reduce = reducible(position, order.side);
        if must_reduce && can_reduce.is_zero() {
            return Err(Rejection::WouldNotReduce);
        }
        let quantity = if must_reduce {
            quantity.min(can_reduce)
        } else {
            quantity
        };
        if !must_reduce {
            check_position(
                row,
                position,
                order,
                quantity.saturating_add(view.resting(order.instrument_id, order.side)),
            )?;
        }
        let rate = self.config.fees.highest().min(self.table.header.fee_cap);
        // An order that the new id replaces cannot trade any more.
        let replaced = view.overtaken_by(order.id);
        let mut risks = view
            .open_risks(&self.table, rate, &replaced)
            .ok_or(Rejection::OutOfRange)?;
        let own = open_risk(number, order, quantity, rate).ok_or(Rejection::OutOfRange)?;
        risks.push(own);
        let holdings = &view.holdings;
        let worst = WorstCase::new(
            &self.table,
            &holdings.positions,
            holdings.cash,
            &risks,
            self.table.header.initial,
        )
        .ok_or(Rejection::OutOfRange)?;
        let shortfall = worst.shortfall();
        if shortfall.is_zero() || self.reduces_risk(order, number, quantity, own.fee)? {
            return Ok(());
        }
        Err(Rejection::InsufficientMargin { shortfall })
    }

    /// True if filling the order alone, at its limit, leaves no maintenance deficit above the worst one before
    /// (B-MARGIN's second branch), its price takes no more than its share of what it frees, and equity at least 0.
    fn reduces_risk(&self, order: &Instruction, number: usize, quantity: Lots, fee: Total) -> Result<bool, Rejection> {
        let holdings = self.view(order.index)?.holdings;
        let trade = Trade {
            row: number,
            side: order.side,
            quantity,
            cost: order.price().times(quantity),
            fee,
            reduce_only: order.has(flags::REDUCE_ONLY),
        };
        let Ok(after) = holdings.after(&self.table, &trade) else {
            return Ok(false);
        };
        let assess = |held: &Holdings| held.assess(&self.table).map_err(|_| Rejection::OutOfRange);
        let (before, after) = (assess(&holdings)?, assess(&after)?);
        let threshold = before
            .worst(self.table.header.maintenance)
            .map_err(|_| Rejection::OutOfRange)?
            .0;
        let choice = MarginChoice::NotWorse(threshold);
        let row = self.table.rows.get(number).ok_or(Rejection::OutOfRange)?;
        let traded = Holdings::traded(row, &trade).ok_or(Rejection::OutOfRange)?;
        Ok(Assessment::check(&before, &after, &self.table, &traded, false, choice).is_ok())
    }

    /// A withdrawal must leave initial margin, whatever the orders at rest do; returns the cash after.
    pub(crate) fn check_withdrawal(&self, instruction: &Instruction) -> Result<Money, Rejection> {
        let view = self.view(instruction.index)?;
        if instruction.amount().is_zero() {
            return Err(Rejection::ZeroQuantity);
        }
        let cash = view
            .holdings
            .cash
            .checked_sub(instruction.amount().into())
            .filter(|c| cash_fits(*c));
        let cash = cash.ok_or(Rejection::OutOfRange)?;
        let rate = self.config.fees.highest().min(self.table.header.fee_cap);
        let replaced = view.overtaken_by(instruction.id);
        let risks = view
            .open_risks(&self.table, rate, &replaced)
            .ok_or(Rejection::OutOfRange)?;
        let worst = WorstCase::new(
            &self.table,
            &view.holdings.positions,
            cash,
            &risks,
            self.table.header.initial,
        )
        .ok_or(Rejection::OutOfRange)?;
        match worst.shortfall() {
            Total::ZERO => Ok(cash),
            shortfall => Err(Rejection::WithdrawalShort { shortfall }),
        }
    }
}

/// B-LIMIT if the order and the orders at rest on its side fill, `lots` in all.
fn check_position(row: &Row, position: Position, order: &Instruction, lots: Lots) -> Result<(), Rejection> {
    let after = order.side.change(lots).and_then(|change| position.checked_add(change));
    let reach = after.ok_or(Rejection::OutOfRange)?.size();
    let limit = row.limit;
    if reach > limit && reducible(position, order.side) < lots {
        return Err(Rejection::PositionLimit { reach, limit });
    }
    if reach.get() >> (POSITION_BITS - 1) != 0 {
        return Err(Rejection::OutOfRange);
    }
    Ok(())
}
