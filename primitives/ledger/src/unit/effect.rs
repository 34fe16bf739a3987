//! What a unit did.

use super::party::Party;
use crate::{account::Account, place::Transfer, record::UnitRecord};
use alloc::vec::Vec;
use cloister_crypto::{constants::INSTRUMENTS, Fr};
use cloister_risk::{Positions, Traded};
use cloister_types::{Amount, Lots, Money, Position, Total};

/// What a mode did to the account, before nonce and leaf.
#[derive(Clone, Debug)]
pub(crate) struct Moved {
    /// The account after; the nonce is still the old one.
    pub after: Account,
    /// New value of each place's slot, 0 without an instruction.
    pub slots: Vec<Fr>,
    /// Amount paid to the owner.
    pub withdrawal: Amount,
    /// Amount sent to the next unit.
    pub transfer: Option<Transfer>,
    /// Fees of orders.
    pub fees: Total,
    /// Equity that passed to the house; never positive.
    pub taken_over: Money,
    /// Sums over the fills.
    pub traded: Traded,
}

impl Moved {
    /// Nothing changed beyond what `entry` brought; `places` empty slots.
    pub fn unchanged(entry: &Account, places: usize) -> Self {
        Self {
            after: entry.clone(),
            slots: alloc::vec![Fr::zero(); places],
            withdrawal: Amount::ZERO,
            transfer: None,
            fees: Total::ZERO,
            taken_over: Money::ZERO,
            traded: Traded::default(),
        }
    }

    /// Counts one more fill; `None` if a sum does not fit.
    pub fn count(&mut self, traded: &Traded) -> Option<()> {
        self.traded = self.traded.checked_add(traded)?;
        Some(())
    }
}

/// What a unit did, for the batch's sums.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnitEffect {
    /// Account root after.
    pub root: Fr,
    /// Account after.
    pub after: Account,
    /// Public record.
    pub record: UnitRecord,
    /// New value of each place's slot, 0 for a place without an instruction.
    pub slots: Vec<Fr>,
    /// Change of cash, deposit, transfers and withdrawal included.
    pub cash: Money,
    /// Fees of orders.
    pub fees: Total,
    /// Fees of liquidations, which go to the insurance.
    pub penalties: Total,
    /// Changes of positions, in lots.
    pub positions: Positions,
    /// Changes of `|q_j|`, in lots.
    pub gross: [Position; INSTRUMENTS],
    /// Long lots that a liquidation or takeover shed; 0 in other modes.
    pub shed_long: [Lots; INSTRUMENTS],
    /// Short lots that a liquidation or takeover shed; 0 in other modes.
    pub shed_short: [Lots; INSTRUMENTS],
    /// Equity that a takeover passed to the house; never positive.
    pub taken_over: Money,
    /// On which side of deleveraging the account is, if the unit is one (B-DELEVERAGE).
    pub deleveraged: Option<Party>,
    /// Amount sent to the next unit (B-TRANSFER).
    pub transfer: Option<Transfer>,
    /// The leaf is 0 afterwards: the account is no more (B-CLOSE).
    pub closed: bool,
}

/// Lots by which one side shrank; 0 if it grew.
fn fewer(before: i64, after: i64) -> u64 {
    u64::try_from(before.max(0).saturating_sub(after.max(0))).unwrap_or(0)
}

/// Differences of positions, by row. Positions are below 2^40 in size, so none of these saturates.
pub(crate) struct Differences {
    pub positions: Positions,
    pub gross: [Position; INSTRUMENTS],
    pub shed_long: [Lots; INSTRUMENTS],
    pub shed_short: [Lots; INSTRUMENTS],
}

impl Differences {
    /// Between two accounts; `sheds` is true for a liquidation or takeover.
    pub fn new(before: &Positions, after: &Positions, sheds: bool) -> Self {
        let mut out = Self {
            positions: Positions::default(),
            gross: [Position::ZERO; INSTRUMENTS],
            shed_long: [Lots::ZERO; INSTRUMENTS],
            shed_short: [Lots::ZERO; INSTRUMENTS],
        };
        for (row, (old, new)) in before.iter().zip(after).enumerate() {
            let (old, new) = (old.get(), new.get());
            out.positions[row] = Position(new.saturating_sub(old));
            out.gross[row] = Position(new.saturating_abs().saturating_sub(old.saturating_abs()));
            if sheds {
                out.shed_long[row] = Lots(fewer(old, new));
                out.shed_short[row] = Lots(fewer(old.saturating_neg(), new.saturating_neg()));
            }
        }
        out
    }
}
