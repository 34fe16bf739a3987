//! What an account is worth at the risk table in force, after every fill, settled or not.

use cloister_crypto::constants::RATIO_SHIFT;
use cloister_engine::{AccountView, Engine, WorstCase};
use cloister_risk::{Assessment, Positions, RiskTable};
use cloister_types::Money;

/// A position that is not 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Position {
    /// Instrument.
    pub instrument_id: u32,
    /// Lots; negative is short.
    pub quantity: i64,
    /// Value `q·V`, 10^-6.
    pub value: i128,
}

/// The positions of an account that are not 0, in the order of the risk table's rows.
pub fn positions(table: &RiskTable, held: &Positions) -> Vec<Position> {
    table
        .rows
        .iter()
        .zip(held)
        .filter(|(_, quantity)| !quantity.is_zero())
        .map(|(row, quantity)| Position {
            instrument_id: row.instrument_id.get(),
            quantity: quantity.get(),
            value: row.value.times(*quantity).get(),
        })
        .collect()
}

/// Equity and margin of an account, 10^-6 of the settlement asset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Balances {
    /// `cash + Σ q·V`.
    pub equity: i128,
    /// Initial margin of the positions.
    pub initial_margin: i128,
    /// Maintenance margin of the positions.
    pub maintenance_margin: i128,
    /// What a withdrawal could take now: every initial deficit stays at most 0 and equity at least 0, even if the open
    /// orders fill at their worst (Q-WORST).
    pub available: u128,
}

impl Balances {
    /// The balances of an account of the engine; `None` if a sum is out of range.
    pub fn of(engine: &Engine, account: &AccountView) -> Option<Self> {
        let table = engine.table();
        let held = &account.holdings;
        let assessment = Assessment::new(table, &held.positions, Money(held.cash)).ok()?;
        Some(Self {
            equity: assessment.equity.get(),
            initial_margin: assessment.requirement(table.header.initial).ok()?.get(),
            maintenance_margin: assessment.requirement(table.header.maintenance).ok()?.get(),
            available: available(engine, account)?,
        })
    }
}

fn available(engine: &Engine, account: &AccountView) -> Option<u128> {
    let table = engine.table();
    let rate = engine.config().fees.highest().min(table.header.fee_cap);
    let risks = account.open_risks(table, rate, &[])?;
    let held = &account.holdings;
    let worst = WorstCase::new(table, &held.positions, held.cash, &risks, table.header.initial)?;
    let deficit = worst.deficits.iter().copied().fold(i128::MIN, i128::max);
    // The shift rounds down, so to the protocol's side.
    let margin = deficit.checked_neg()? >> RATIO_SHIFT;
    u128::try_from(margin.min(worst.equity).max(0)).ok()
}
