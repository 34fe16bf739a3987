//! What a trader wants, from what it holds and chance; whoever asks sees to it that the rules allow it.

use crate::{
    market::{PERPETUAL, ROWS},
    traders::{Role, Trader},
};
use cloister_ledger::Side;
use cloister_ledger_testing::Random;
use cloister_liquidator::{closing, Holding, ONE_TIMES};
use cloister_risk::{RiskTable, Status};

/// A careful trader pays in when less than this is left above maintenance, hundredths of what maintenance asks.
const THIN: i128 = 30;

/// What a trader wants to do next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wish {
    /// Pay in, 10^-6.
    PayIn(u64),
    /// Trade at the mark.
    Trade {
        /// Row of the instrument.
        row: usize,
        /// Side.
        side: Side,
        /// Lots.
        lots: u64,
        /// Only to reduce what it holds.
        reduce_only: bool,
    },
    /// Take a part of what margin allows.
    PayOut(PayOut),
    /// Send a part of what margin allows to somebody else.
    Send,
    /// Cancel an order.
    Cancel,
    /// Cancel all orders.
    CancelAll,
    /// Take new keys.
    Rekey,
    /// Nothing: it holds what it wants.
    Wait,
}

/// How a trader takes money out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PayOut {
    /// By force, and more than there is.
    ForcedBeyond,
    /// By force, a part.
    Forced,
    /// Signed, a part.
    Signed,
}

/// What a long or a short wants: to come nearer to its leverage, to take some off, or to move money.
pub fn speculate(random: &mut Random, table: &RiskTable, trader: &Trader, holding: &Holding) -> Wish {
    let sign = if trader.role == Role::Long { 1 } else { -1 };
    if trader.careful && thin(table, holding) {
        return Wish::PayIn(trader.deposit / random.between(2, 5));
    }
    let row = if table.rows[trader.row].status == Status::Trading {
        trader.row
    } else {
        PERPETUAL
    };
    match random.below(12) {
        0..=5 => {
            let target = aim(table, holding, row, trader.leverage);
            let more = target - holding.net_lots() * sign;
            let lots = more.min(target / 2 + 1);
            let side = if sign > 0 { Side::Buy } else { Side::Sell };
            match u64::try_from(lots) {
                Ok(lots) if lots > 0 => Wish::Trade {
                    row,
                    side,
                    lots,
                    reduce_only: false,
                },
                _ => Wish::Wait,
            }
        }
        6..=7 => {
            let held = (0..ROWS).find(|row| !holding.lots[*row].is_zero() && table.rows[*row].is_live());
            held.map_or(Wish::Wait, |row| Wish::Trade {
                row,
                side: closing(holding.lots[row]),
                lots: holding.lots[row].size().get().div_ceil(random.between(1, 4)),
                reduce_only: true,
            })
        }
        8 => Wish::PayOut(match random.below(3) {
            0 => PayOut::ForcedBeyond,
            1 => PayOut::Forced,
            _ => PayOut::Signed,
        }),
        9 => Wish::Send,
        10 => {
            if random.once_in(2) {
                Wish::Cancel
            } else {
                Wish::CancelAll
            }
        }
        _ => Wish::Rekey,
    }
}

/// Lots of a row that are worth `leverage` (hundredths) times the account's equity.
pub fn aim(table: &RiskTable, holding: &Holding, row: usize, leverage: u64) -> i64 {
    let worth = holding.equity(table).max(0) * i128::from(leverage) / i128::from(ONE_TIMES);
    (worth / i128::from(table.rows[row].mark.get().max(1))) as i64
}

/// Little is left above maintenance.
fn thin(table: &RiskTable, holding: &Holding) -> bool {
    let asked = i128::from(table.header.maintenance) * holding.exposure(table).max(0);
    !holding.is_flat() && 100 * (-holding.shortfall(table, table.header.maintenance)) < THIN * asked
}
