//! What an account is worth at the risk table in force, after every fill, settled or not.

use cloister_crypto::constants::RATIO_SHIFT;
use cloister_engine::{AccountView, Engine, WorstCase};
use cloister_risk::{Assessment, Positions, RiskTable};
use cloister_types::{Deficit, InstrumentId, Money, Position, Total};

/// A position that is not 0, with what it is worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ValuedPosition {
    /// Instrument.
    pub instrument_id: InstrumentId,
    /// Lots; negative is short.
    pub quantity: Position,
    /// Value `q·V`.
    pub value: Money,
}

/// The positions of an account that are not 0, in the order of the risk table's rows.
pub fn positions(table: &RiskTable, held: &Positions) -> Vec<ValuedPosition> {
    table
        .rows
        .iter()
        .zip(held)
        .filter(|(_, quantity)| !quantity.is_zero())
        .map(|(row, quantity)| ValuedPosition {
            instrument_id: row.instrument_id,
            quantity: *quantity,
            value: row.value.times(*quantity),
        })
        .collect()
}

/// Equity and margin of an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Balances {
    /// `cash + Σ q·V`.
    pub equity: Money,
    /// Initial margin of the positions.
    pub initial_margin: Money,
    /// Maintenance margin of the positions.
    pub maintenance_margin: Money,
    /// What a withdrawal could take now: every initial deficit stays at most 0 and equity at least 0, even if the open
    /// orders fill at their worst (Q-WORST).
    pub available: Total,
}

impl Balances {
    /// The balances of an account of the engine; `None` if a sum is out of range.
    pub fn of(engine: &Engine, account: &AccountView) -> Option<Self> {
        let table = engine.table();
        let held = &account.holdings;
        let assessment = Assessment::new(table, &held.positions, held.cash).ok()?;
        Some(Self {
            equity: assessment.equity,
            initial_margin: assessment.requirement(table.header.initial).ok()?,
            maintenance_margin: assessment.requirement(table.header.maintenance).ok()?,
            available: available(engine, account)?,
        })
    }
}

fn available(engine: &Engine, account: &AccountView) -> Option<Total> {
    let table = engine.table();
    let rate = engine.config().fees.highest().min(table.header.fee_cap);
    let risks = account.open_risks(table, rate, None)?;
    let held = account.usable();
    let worst = WorstCase::new(table, &held.positions, held.cash, &risks, table.header.initial)?;
    let deficit = worst.deficits.into_iter().max()?;
    // The shift rounds down, so to the protocol's side.
    let margin = Money(Deficit::ZERO.checked_sub(deficit)?.get() >> RATIO_SHIFT);
    let available = margin.min(worst.equity).max(Money::ZERO);
    u128::try_from(available.get()).ok().map(Total)
}
