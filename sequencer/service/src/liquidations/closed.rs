//! What of a group is closed by force without a fill: takeovers and deleveraging (Q-CLOSINGS).

use crate::{
    closings::{Closed, ClosingKind},
    prints::Level,
};
use cloister_engine::{Engine, UnsignedFill, UnsignedGroup, UnsignedUnit};
use cloister_ledger::Party;
use cloister_risk::RiskTable;
use cloister_types::{AccountIndex, Lots, PerLot, Price};

/// Before the group happens: what a takeover takes is what the account holds until then.
pub(super) fn closed(group: &UnsignedGroup, engine: &Engine, table: &RiskTable) -> Closed {
    let mut lots = Vec::new();
    for unit in &group.units {
        match unit {
            UnsignedUnit::Takeover { account } => lots.extend(taken_over(*account, engine, table)),
            // The other side has the same lots.
            UnsignedUnit::Deleveraging {
                party: Party::Insolvent,
                fills,
                ..
            } => lots.extend(fills.iter().map(deleveraged)),
            _ => {}
        }
    }
    Closed {
        group: group.clone(),
        lots,
        house_fills: Vec::new(),
    }
}

fn taken_over(account: AccountIndex, engine: &Engine, table: &RiskTable) -> Vec<(Level<ClosingKind>, Lots)> {
    let held = engine.account(account).map(|view| view.holdings.positions);
    let rows = table.rows.iter().zip(held.into_iter().flatten());
    rows.filter(|(_, position)| !position.is_zero())
        .map(|(row, position)| {
            let level = Level {
                instrument_id: row.instrument_id,
                price: price(row.mark),
                kind: ClosingKind::Takeover,
            };
            (level, Lots(position.get().unsigned_abs()))
        })
        .collect()
}

fn deleveraged(fill: &UnsignedFill) -> (Level<ClosingKind>, Lots) {
    let each = fill.cost.get().checked_div(fill.quantity.get().into());
    let level = Level {
        instrument_id: fill.instrument_id,
        price: Price(each.and_then(|each| u64::try_from(each).ok()).unwrap_or_default()),
        kind: ClosingKind::Deleveraging,
    };
    (level, fill.quantity)
}

/// Marks are above 0.
fn price(mark: PerLot) -> Price {
    Price(u64::try_from(mark.get()).unwrap_or_default())
}
