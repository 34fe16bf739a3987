//! Units of groups that nobody signs, in rows of the pinned table.

use blake2::{Blake2b512, Digest};
use cloister_engine::{UnitMove, UnsignedUnit};
use cloister_ledger::{Fill, Mode, Party, SignedInstruction, UnitRequest};
use cloister_types::Amount;

/// What the ledger is asked for a unit that moves its account like this.
pub(crate) fn request_of(unit: &UnsignedUnit, moved: &UnitMove) -> UnitRequest {
    let (index, deposit, fills) = (unit.account(), Amount::ZERO, moved.fills.clone());
    match unit {
        UnsignedUnit::Liquidation { .. } => UnitRequest::Liquidation { index, deposit, fills },
        UnsignedUnit::Takeover { .. } => UnitRequest::Takeover { index, deposit },
        UnsignedUnit::Expiry { .. } => UnitRequest::Expiry {
            index,
            deposit,
            rows: moved.settled.clone(),
        },
        UnsignedUnit::Deleveraging { party, .. } => UnitRequest::Deleveraging {
            index,
            deposit,
            party: *party,
            fills,
        },
        UnsignedUnit::Order(matched) => UnitRequest::Normal {
            index,
            deposit,
            places: fills
                .into_iter()
                .map(|fill| (SignedInstruction::clone(&matched.order.order), fill))
                .collect(),
        },
    }
}

/// Places that a unit needs.
pub(crate) fn places(request: &UnitRequest) -> usize {
    match request {
        UnitRequest::Liquidation { fills, .. } | UnitRequest::Deleveraging { fills, .. } => fills.len(),
        UnitRequest::Expiry { rows, .. } => rows.len(),
        UnitRequest::Normal { places, .. } => places.len(),
        _ => 0,
    }
}

/// Adds what a unit does to a digest.
pub(crate) fn absorb(request: &UnitRequest, hasher: &mut Blake2b512) {
    let fill = |fill: &Fill, hasher: &mut Blake2b512| {
        hasher.update([fill.row, u8::from(fill.side.sign() > 0)]);
        hasher.update(fill.quantity.get().to_le_bytes());
        hasher.update(fill.cost.get().to_le_bytes());
        hasher.update(fill.fee.get().to_le_bytes());
    };
    hasher.update([match request.mode() {
        Mode::Liquidation => 10,
        Mode::Expiry => 11,
        Mode::Takeover => 12,
        Mode::Deleveraging(Party::Insolvent) => 13,
        Mode::Deleveraging(Party::Counterparty) => 14,
        _ => 15,
    }]);
    match request {
        UnitRequest::Liquidation { fills, .. } | UnitRequest::Deleveraging { fills, .. } => {
            fills.iter().for_each(|one| fill(one, hasher));
        }
        UnitRequest::Expiry { rows, .. } => hasher.update(rows),
        UnitRequest::Normal { places, .. } => {
            for (signed, one) in places {
                hasher.update(signed.signature.to_bytes());
                fill(one, hasher);
            }
        }
        _ => {}
    }
}
