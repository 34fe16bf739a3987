//! What units of deleveraging owe each other (B-DELEVERAGE).

use super::error::BatchError;
use crate::unit::{Party, UnitEffect};
use cloister_crypto::constants::INSTRUMENTS;

/// In every row, the lots of all units of deleveraging sum to zero, and counterparties shed as many lots as insolvent
/// accounts do. So each lot that a counterparty loses faces one that an insolvent account sheds: two counterparties are
/// never closed against each other, and the house takes nothing.
pub(super) fn check_deleveraging(units: &[UnitEffect]) -> Result<(), BatchError> {
    for row in 0..INSTRUMENTS {
        // In 128 bits nothing can overflow.
        let (mut net, mut unmatched) = (0i128, 0i128);
        for unit in units {
            let (change, gross) = (unit.positions[row].get().into(), unit.gross[row].get().into());
            let (change, gross): (i128, i128) = match unit.deleveraged {
                Some(Party::Insolvent) => (change, gross),
                Some(Party::Counterparty) => (change, -gross),
                None => continue,
            };
            net = net.saturating_add(change);
            unmatched = unmatched.saturating_add(gross);
        }
        if net != 0 {
            return Err(BatchError::DeleveragedLots(row as u8));
        }
        if unmatched != 0 {
            return Err(BatchError::DeleveragedWithoutNeed(row as u8));
        }
    }
    Ok(())
}
