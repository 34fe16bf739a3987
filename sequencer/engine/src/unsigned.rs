//! Units that nobody signs, and the orders at rest that meet them: what they do to an account, with the code of the
//! proof's native twin (B-LIQUIDATION, B-TAKEOVER, B-EXPIRY, B-DELEVERAGE).
//!
//! Instruments are named by their ids, as in an order: a batch that is made again may have them in other rows.

use crate::{
    effect::FillSide,
    error::UnsignedError,
    ids::{AccountIndex, FillId},
    trade::{Holdings, Trade},
};
use cloister_crypto::Fr;
use cloister_ledger::{
    account::cash_fits, instruction::flags, Account, Fill as UnitFill, FillRule, Key, Party, Side, Switches,
};
use cloister_risk::{Assessment, RiskTable, Row, Traded};
use cloister_types::{InstrumentId, Lots, Money, Price, Total};
use codec::{Decode, Encode};

/// A fill of a unit that nobody signs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct UnsignedFill {
    /// Instrument.
    pub instrument_id: InstrumentId,
    /// Side of the account.
    pub side: Side,
    /// Lots.
    pub quantity: Lots,
    /// Cost of all lots.
    pub cost: Total,
    /// Penalty of a liquidation.
    pub fee: Total,
}

/// An order at rest that takes lots which nobody signs for, at its price.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct MatchedOrder {
    /// Number of the fill.
    pub id: FillId,
    /// The order, and the fee that it pays.
    pub order: FillSide,
    /// Price per lot.
    pub price: Price,
    /// Lots.
    pub quantity: Lots,
}

/// One unit of a group.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub enum UnsignedUnit {
    /// Reduces an account that is short of maintenance margin (B-LIQUIDATION).
    Liquidation {
        /// The account.
        account: AccountIndex,
        /// Its fills.
        fills: Vec<UnsignedFill>,
    },
    /// Passes an account of negative equity to the house (B-TAKEOVER).
    Takeover {
        /// The account.
        account: AccountIndex,
    },
    /// Settles lots of expired instruments (B-EXPIRY).
    Expiry {
        /// The account.
        account: AccountIndex,
        /// The instruments.
        instruments: Vec<InstrumentId>,
    },
    /// Closes lots at the mark, on one side of deleveraging (B-DELEVERAGE).
    Deleveraging {
        /// The account.
        account: AccountIndex,
        /// On which side it is.
        party: Party,
        /// Its fills.
        fills: Vec<UnsignedFill>,
    },
    /// An order at rest, the only one of these that is signed.
    Order(MatchedOrder),
}

/// Units that stand or fall together, in one batch.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
pub struct UnsignedGroup {
    /// In the order of the batch.
    pub units: Vec<UnsignedUnit>,
}

impl UnsignedGroup {
    /// The orders at rest in it.
    pub fn orders(&self) -> impl Iterator<Item = &MatchedOrder> {
        self.units.iter().filter_map(|unit| match unit {
            UnsignedUnit::Order(order) => Some(order),
            _ => None,
        })
    }
}

/// What a unit does to its account, as far as the house must answer for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnitMove {
    /// Before.
    pub before: Holdings,
    /// After.
    pub after: Holdings,
    /// The fills, in rows of the table.
    pub fills: Vec<UnitFill>,
    /// Rows that an expiry settles.
    pub settled: Vec<u8>,
    /// Fee of an order.
    pub order_fee: Total,
    /// Penalties, which the house keeps.
    pub penalties: Total,
    /// Equity that passes to the house, 0 or negative.
    pub taken_over: Money,
    /// The lots that go count as shed (B-HOUSE-GROWTH): of a liquidation or a takeover.
    pub sheds: bool,
    /// On which side of deleveraging the account is.
    pub party: Option<Party>,
}

/// An account of the ledger that holds this. Keys and slots are not what the rules of a fill look at.
fn as_account(held: &Holdings) -> Account {
    Account {
        key: Key::default(),
        view_key: Fr::zero(),
        nonce: 0,
        min_id: Default::default(),
        cash: held.cash,
        orders_root: Fr::zero(),
        positions: held.positions,
        switches: Switches::default(),
    }
}

impl UnsignedUnit {
    /// Its account.
    pub fn account(&self) -> AccountIndex {
        match self {
            Self::Liquidation { account, .. }
            | Self::Takeover { account }
            | Self::Expiry { account, .. }
            | Self::Deleveraging { account, .. } => *account,
            Self::Order(order) => order.order.key.account,
        }
    }

    /// Checks the rules of its mode at a table for an account that holds this.
    ///
    /// # Errors
    /// The rule that fails.
    pub fn apply(&self, table: &RiskTable, held: &Holdings) -> Result<UnitMove, UnsignedError> {
        let account = self.account();
        let margin = |source| UnsignedError::Margin { account, source };
        let unchanged = UnitMove {
            before: *held,
            after: *held,
            fills: Vec::new(),
            settled: Vec::new(),
            order_fee: Total::ZERO,
            penalties: Total::ZERO,
            taken_over: Money::ZERO,
            sheds: false,
            party: None,
        };
        match self {
            Self::Liquidation { fills, .. } => {
                let (fills, after, traded) = filled(table, account, held, fills, FillRule::Liquidation)?;
                let (before, left) = (
                    held.assess(table).map_err(margin)?,
                    after.assess(table).map_err(margin)?,
                );
                Assessment::choose_liquidation(&before, &left, table, &traded).map_err(margin)?;
                Ok(UnitMove {
                    after,
                    fills,
                    penalties: traded.penalties,
                    sheds: true,
                    ..unchanged
                })
            }
            Self::Deleveraging { party, fills, .. } => {
                let (fills, after, _) = filled(table, account, held, fills, FillRule::Deleveraging)?;
                let (before, left) = (
                    held.assess(table).map_err(margin)?,
                    after.assess(table).map_err(margin)?,
                );
                let insolvent = *party == Party::Insolvent;
                Assessment::choose_deleveraging(&before, &left, table, insolvent).map_err(margin)?;
                Ok(UnitMove {
                    after,
                    fills,
                    party: Some(*party),
                    ..unchanged
                })
            }
            Self::Expiry { instruments, .. } => {
                let mut after = as_account(held);
                let mut settled = Vec::with_capacity(instruments.len());
                for instrument in instruments {
                    let (number, row) = row_of(table, *instrument)?;
                    let position = held.positions.get(usize::from(number)).copied().unwrap_or_default();
                    UnitFill::settlement(number, position, row.mark)
                        .apply(FillRule::Expiry, table, &mut after)
                        .map_err(|source| UnsignedError::Fill { account, source })?;
                    settled.push(number);
                }
                Ok(UnitMove {
                    after: kept(account, &after)?,
                    settled,
                    ..unchanged
                })
            }
            Self::Takeover { .. } => {
                let mut rows = table.rows.iter().zip(&held.positions);
                if let Some(row) = rows.find(|(row, lots)| row.stale && !lots.is_zero()) {
                    let instrument = row.0.instrument_id;
                    return Err(UnsignedError::StaleLots { account, instrument });
                }
                let before = held.assess(table).map_err(margin)?;
                before.check_takeover().map_err(margin)?;
                Ok(UnitMove {
                    after: Holdings::default(),
                    taken_over: before.equity,
                    sheds: true,
                    ..unchanged
                })
            }
            Self::Order(matched) => {
                let (fill, trade) = matched.trade(table)?;
                let key = matched.order.key;
                let after = held
                    .after(table, &trade)
                    .map_err(|rule| UnsignedError::Order { key, rule })?;
                Ok(UnitMove {
                    after,
                    order_fee: fill.fee,
                    fills: vec![fill],
                    ..unchanged
                })
            }
        }
    }
}

impl MatchedOrder {
    /// The fill in the row of its instrument.
    fn trade(&self, table: &RiskTable) -> Result<(UnitFill, Trade), UnsignedError> {
        let instruction = &self.order.order.instruction;
        let (number, _) = row_of(table, instruction.instrument_id)?;
        let fill = UnitFill {
            side: instruction.side,
            row: number,
            quantity: self.quantity,
            cost: self.price.times(self.quantity),
            fee: self.order.fee,
        };
        let trade = Trade {
            row: usize::from(number),
            side: fill.side,
            quantity: fill.quantity,
            cost: fill.cost,
            fee: fill.fee,
            reduce_only: instruction.has(flags::REDUCE_ONLY),
        };
        Ok((fill, trade))
    }
}

/// The row of an instrument.
fn row_of(table: &RiskTable, instrument: InstrumentId) -> Result<(u8, &Row), UnsignedError> {
    let found = table.row_of(instrument);
    found
        .and_then(|(number, row)| Some((u8::try_from(number).ok()?, row)))
        .ok_or(UnsignedError::Instrument(instrument))
}

/// What fills leave of an account, as the ledger's transition runs them.
fn filled(
    table: &RiskTable,
    account: AccountIndex,
    held: &Holdings,
    fills: &[UnsignedFill],
    rule: FillRule<'_>,
) -> Result<(Vec<UnitFill>, Holdings, Traded), UnsignedError> {
    let mut after = as_account(held);
    let mut traded = Traded::default();
    let mut out = Vec::with_capacity(fills.len());
    for fill in fills {
        let fill = UnitFill {
            side: fill.side,
            row: row_of(table, fill.instrument_id)?.0,
            quantity: fill.quantity,
            cost: fill.cost,
            fee: fill.fee,
        };
        let one = fill
            .apply(rule, table, &mut after)
            .map_err(|source| UnsignedError::Fill { account, source })?;
        traded = traded.checked_add(&one).ok_or(UnsignedError::OutOfRange(account))?;
        out.push(fill);
    }
    Ok((out, kept(account, &after)?, traded))
}

/// What an account holds, if its cash fits.
fn kept(account: AccountIndex, after: &Account) -> Result<Holdings, UnsignedError> {
    cash_fits(after.cash)
        .then_some(Holdings {
            cash: after.cash,
            positions: after.positions,
        })
        .ok_or(UnsignedError::OutOfRange(account))
}
