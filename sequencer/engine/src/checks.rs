//! Checks before an instruction is taken: what the proof will ask, and what keeps the book honest.

use crate::{
    account::{open_risk, AccountView, Fate},
    assessed::Found,
    bound::Bound,
    derived::Derived,
    engine::Engine,
    entry::Entry,
    error::{Field, Rejection},
    exposure::{fee_at, WorstCase},
    ids::AccountIndex,
    resting::OpenOrder,
    trade::{band, reducible, Holdings, Trade},
    waiting::trigger_of,
};
use cloister_crypto::{
    constants::{COST_BITS, FILLED_MAX, INDEX_BITS, MAX_FEE_BITS, POSITION_BITS, QUANTITY_BITS, TIME_BITS},
    schnorr::PublicKey,
};
use cloister_ledger::{account::cash_fits, instruction::flags, slot::slot_number, Instruction, InstructionKind, Side};
use cloister_risk::{margin::MarginChoice, Assessment, Row};
use cloister_types::{InstructionId, Lots, Money, Position, Price, Total};

/// A collar counts in 10^-6 of a price.
const PER_MILLION: u64 = 1_000_000;

impl Engine {
    /// Widths, addressee, account, life; the same for every kind. Returns the key that must have signed.
    pub(crate) fn check_instruction(&self, instruction: &Instruction) -> Result<PublicKey, Rejection> {
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
        Ok(view.public_key)
    }

    /// Everything about an order but margin and the book; returns its row.
    pub(crate) fn check_order(&self, order: &Instruction, entry: Entry) -> Result<usize, Rejection> {
        let conflicting =
            order.has(flags::POST_ONLY) && order.flags & (flags::IMMEDIATE_OR_CANCEL | flags::FILL_OR_KILL) != 0;
        if conflicting || order.self_trade().is_none() {
            return Err(Rejection::Flags(order.flags));
        }
        if order.lots().is_zero() {
            return Err(Rejection::ZeroQuantity);
        }
        let instrument = order.instrument_id;
        let (number, row) = self
            .table
            .row_of(instrument)
            .ok_or(Rejection::UnknownInstrument(instrument))?;
        if !row.is_live() {
            return Err(Rejection::NotTrading(instrument));
        }
        self.remaining_of(order)?;
        self.check_entry(order, entry)?;
        self.check_limit(order, row, entry)?;
        let limit = order.price();
        let (_, high) = band(row);
        // A sell can fill above its limit, up to the band.
        if high.max(limit).times(order.lots()).get() >> COST_BITS != 0 {
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

    /// The id of an order that comes in, and the order that it replaces.
    fn check_entry(&self, order: &Instruction, entry: Entry) -> Result<(), Rejection> {
        let (view, id) = (self.view(order.index)?, order.id);
        match entry {
            // It was taken when it began to wait.
            Entry::Fired(_) => Ok(()),
            Entry::New => view.check_fresh(id, None),
            Entry::Amends(replaces) => {
                if id <= replaces || slot_number(id) != slot_number(replaces) {
                    return Err(Rejection::AmendId { id, replaces });
                }
                view.check_fresh(id, Some(replaces))?;
                // Nothing higher than the old order holds the slot, or the new id would not be fresh unless above it.
                view.check_id(replaces)?;
                match view.fate(replaces) {
                    Fate::Alive(_) => Ok(()),
                    Fate::Filled(filled) => Err(Rejection::AlreadyFilled { id: replaces, filled }),
                    Fate::Gone(filled) | Fate::Begun(filled) => Err(Rejection::AlreadyGone { id: replaces, filled }),
                    Fate::Used => Err(Rejection::Duplicate(replaces)),
                    Fate::Unknown => Err(Rejection::UnknownId(replaces)),
                }
            }
        }
    }

    /// B-BAND and the group's collar. An order that waits is asked by the band when it fires, as the band moves with
    /// the mark. Then a limit on the far side of the band does no harm, because whatever it meets in the book lies
    /// within.
    fn check_limit(&self, order: &Instruction, row: &Row, entry: Entry) -> Result<(), Rejection> {
        if entry.is_fired() {
            return Ok(());
        }
        let waits = trigger_of(order).filter(|trigger| !trigger.fires_at(row.mark));
        let limit = order.price();
        let (low, high) = band(row);
        if waits.is_none() && !(low..=high).contains(&limit) {
            return Err(Rejection::OutsideBand { limit, low, high });
        }
        let from = waits.map_or(row.mark.get().max(0).unsigned_abs(), |trigger| trigger.price().get());
        let Some(collar) = self.config.rules.collar else {
            return Ok(());
        };
        let reach = u128::from(from).saturating_mul(collar.into()) / u128::from(PER_MILLION);
        let reach = u64::try_from(reach).unwrap_or(u64::MAX);
        let (furthest, beyond) = match order.side {
            Side::Buy => {
                let furthest = Price(from.saturating_add(reach));
                (furthest, limit > furthest)
            }
            Side::Sell => {
                let furthest = Price(from.saturating_sub(reach));
                (furthest, limit < furthest)
            }
        };
        if beyond {
            return Err(Rejection::BeyondCollar { limit, furthest });
        }
        Ok(())
    }

    /// Whether the account's own protection lets the order in. Immediate orders pass: they cannot be swept, and may be
    /// the hedge of what was.
    pub(crate) fn check_protection(&self, order: &Instruction) -> Result<(), Rejection> {
        if order.flags & (flags::IMMEDIATE_OR_CANCEL | flags::FILL_OR_KILL) != 0 {
            return Ok(());
        }
        let instrument = order.instrument_id;
        let protection = self.view(order.index)?.protection(instrument);
        match protection.and_then(|own| own.blocks(self.now)) {
            Some(until) => Err(Rejection::Protected { instrument, until }),
            None => Ok(()),
        }
    }

    /// What is asked of an order that keeps the place of a larger one. If it can do no more than the old one could, no
    /// margin is asked: an account that is short may always make its orders smaller.
    pub(crate) fn check_amendment(
        &mut self,
        order: &Instruction,
        number: usize,
        quantity: Lots,
        old: &OpenOrder,
    ) -> Result<(), Rejection> {
        let reduces = |order: &Instruction| order.has(flags::REDUCE_ONLY);
        if reduces(order) || !reduces(old.instruction()) {
            return self.check_reduces(order, number).map(drop);
        }
        self.check_order_margin(order, number, quantity, Some(old.instruction().id))
            .map(drop)
    }

    /// The most lots that an order may fill if it must reduce a position; `None` if it need not.
    fn check_reduces(&self, order: &Instruction, number: usize) -> Result<Option<Lots>, Rejection> {
        let row = self
            .table
            .rows
            .get(number)
            .ok_or(Rejection::UnknownInstrument(order.instrument_id))?;
        if !order.has(flags::REDUCE_ONLY) && !row.only_reduces() {
            return Ok(None);
        }
        let view = self.view(order.index)?;
        let position = view.holdings.positions.get(number).copied().unwrap_or_default();
        match reducible(position, order.side) {
            Lots::ZERO => Err(Rejection::WouldNotReduce),
            lots => Ok(Some(lots)),
        }
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
    /// with the account's orders at rest, but for the one that it replaces.
    ///
    /// An order that makes every maintenance deficit no worse is let through even when margin is short: it reduces
    /// risk.
    ///
    /// Gives the most that the order can do to the margin once it rests.
    pub(crate) fn check_order_margin(
        &mut self,
        order: &Instruction,
        number: usize,
        quantity: Lots,
        replaces: Option<InstructionId>,
    ) -> Result<Option<Bound>, Rejection> {
        let can_reduce = self.check_reduces(order, number)?;
        let view = self.view(order.index)?;
        let row = self
            .table
            .rows
            .get(number)
            .ok_or(Rejection::UnknownInstrument(order.instrument_id))?;
        let position = view.holdings.positions.get(number).copied().unwrap_or_default();
        let quantity = quantity.min(can_reduce.unwrap_or(Lots::MAX));
        if can_reduce.is_none() {
            let at_rest = view.opening(order.instrument_id, order.side, replaces);
            check_position(row, position, order, quantity.saturating_add(at_rest))?;
        }
        let rate = self.config.fees.highest().min(self.table.header.fee_cap);
        let own = open_risk(number, order, quantity, rate).ok_or(Rejection::OutOfRange)?;
        let bound = Bound::of(&own, row, self.table.header.initial);
        let counts = !order.has(flags::REDUCE_ONLY) && !row.only_reduces();
        let at_rest = if counts { bound } else { Some(Bound::ZERO) };
        if bound.is_some_and(|own| self.is_surely_covered(order.index, rate, own, replaces)) {
            return Ok(at_rest);
        }
        let view = self.view(order.index)?;
        let mut risks = view
            .open_risks(&self.table, rate, replaces)
            .ok_or(Rejection::OutOfRange)?;
        risks.push(own);
        let holdings = view.usable();
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
            return Ok(at_rest);
        }
        Err(Rejection::InsufficientMargin { shortfall })
    }

    /// True if initial margin covers an account whatever happens of its orders at rest, but for one, and of one more:
    /// because the bounds of all of them say so. If not, it must be looked at exactly.
    fn is_surely_covered(
        &mut self,
        account: AccountIndex,
        rate: u32,
        own: Bound,
        replaces: Option<InstructionId>,
    ) -> bool {
        let (table, epoch, ratio) = (&self.table, self.epoch.0, self.table.header.initial);
        let Some(view) = self.accounts.get_mut(account) else {
            return false;
        };
        if let Found::Now(assessed) = view.assessed(table, epoch) {
            view.assessed = Derived(Some(assessed));
        }
        let is_covered = |view: &AccountView| {
            let assessed = view.assessed.0.as_ref()?.assessment()?;
            let mut bound = view.open.bounds().at(epoch)?.plus(own)?;
            if let Some(order) = replaces.and_then(|id| view.open_order(id)) {
                bound = bound.minus(order.bound.0?)?;
            }
            Some(bound.is_covered(assessed, ratio))
        };
        let first = is_covered(view);
        if first == Some(true) || first == Some(false) && !view.open.bounds().is_loose() {
            return first.unwrap_or(false);
        }
        view.open.bind(epoch, |order| {
            let instruction = order.instruction();
            let found = table.row_of(instruction.instrument_id);
            let trades = found.filter(|(_, row)| row.is_live() && !row.only_reduces());
            let Some((number, row)) = trades.filter(|_| !instruction.has(flags::REDUCE_ONLY)) else {
                return Some(Bound::ZERO);
            };
            Bound::of(&open_risk(number, instruction, order.remaining, rate)?, row, ratio)
        });
        is_covered(view).unwrap_or(false)
    }

    /// True if filling the order alone, at its limit, leaves no maintenance deficit above the worst one before
    /// (B-MARGIN's second branch), its price takes no more than its share of what it frees, and equity at least 0.
    fn reduces_risk(&self, order: &Instruction, number: usize, quantity: Lots, fee: Total) -> Result<bool, Rejection> {
        let holdings = self.view(order.index)?.usable();
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
        let risks = view.open_risks(&self.table, rate, None).ok_or(Rejection::OutOfRange)?;
        let usable = cash.checked_sub(view.asked.into()).ok_or(Rejection::OutOfRange)?;
        let worst = WorstCase::new(
            &self.table,
            &view.holdings.positions,
            usable,
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

/// True if nothing can trade at a price (B-BAND).
pub(crate) fn lies_beyond_band(row: &Row, price: Price) -> bool {
    let (low, high) = band(row);
    !(low..=high).contains(&price)
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
