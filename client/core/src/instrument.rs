//! An instrument: its lot, and the prices and margins of its newest row in the risk table.

use crate::amount::{AmountError, Decimal, Lot};
use cloister_crypto::constants::FEE_CAP_ONE;
use cloister_ledger::Side;
use cloister_risk::{RiskTable, Row, Status};
use cloister_types::InstrumentId;

/// The newest risk table has no row for an instrument yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("instrument {0} is listed but not in a risk table yet; the oracle must feed its price")]
pub struct NotInTable(pub u32);

/// One instrument as it trades now.
#[derive(Clone, Debug)]
pub struct TradedInstrument {
    /// Margin group.
    pub group: u32,
    /// Number of the instrument.
    pub id: u32,
    /// Name that people use.
    pub name: String,
    /// Size of a lot.
    pub lot: Lot,
    /// Position of its row in the risk table, and of its lots in an account.
    pub row_index: usize,
    /// Its row in the newest risk table.
    pub row: Row,
    /// Highest fee, in 10^-6 of the cost.
    pub fee_cap: u32,
    /// Initial margin ratio, as a multiple of 2^-8.
    pub initial: u16,
}

impl TradedInstrument {
    /// The instrument with this number, as a risk table describes it.
    ///
    /// # Errors
    /// [`NotInTable`].
    pub fn in_table(table: &RiskTable, group: u32, id: u32, name: String, lot: Lot) -> Result<Self, NotInTable> {
        let (row_index, row) = table.row_of(InstrumentId(id)).ok_or(NotInTable(id))?;
        Ok(Self {
            group,
            id,
            name,
            lot,
            row_index,
            row: row.clone(),
            fee_cap: table.header.fee_cap,
            initial: table.header.initial,
        })
    }

    /// Takes mark and band from a newer table.
    ///
    /// # Errors
    /// [`NotInTable`].
    pub fn refresh(&mut self, table: &RiskTable) -> Result<(), NotInTable> {
        let (row_index, row) = table.row_of(InstrumentId(self.id)).ok_or(NotInTable(self.id))?;
        self.row_index = row_index;
        self.row = row.clone();
        self.fee_cap = table.header.fee_cap;
        self.initial = table.header.initial;
        Ok(())
    }

    /// True if orders may open positions.
    pub fn trades(&self) -> bool {
        self.row.status == Status::Trading
    }

    /// Mark price per lot, 10^-6.
    pub fn mark(&self) -> u64 {
        u64::try_from(self.row.mark.get()).unwrap_or_default()
    }

    /// Lowest and highest price per lot that the band allows now, 10^-6.
    pub fn band(&self) -> (u64, u64) {
        (
            self.mark().saturating_sub(self.row.band.get()).max(1),
            self.mark().saturating_add(self.row.band.get()),
        )
    }

    /// The worst price per lot that a market order of this side may take now.
    pub fn market_limit(&self, side: Side) -> u64 {
        let (low, high) = self.band();
        match side {
            Side::Buy => high,
            Side::Sell => low,
        }
    }

    /// Highest fee per lot that the fee cap allows at a price, rounded up: an order that signs it is never refused for
    /// its fee.
    pub fn fee_allowance(&self, limit: u64) -> u64 {
        let fee = (u128::from(limit) * u128::from(self.fee_cap)).div_ceil(u128::from(FEE_CAP_ONE));
        u64::try_from(fee).unwrap_or(u64::MAX)
    }

    /// Initial margin of one lot in its worst scenario, long or short, in 10^-6 and rounded up.
    pub fn margin_per_lot(&self) -> u64 {
        let scenario = self
            .row
            .scenarios
            .iter()
            .map(|r| r.get().unsigned_abs())
            .max()
            .unwrap_or_default();
        let floor = self.row.floor_long.max(self.row.floor_short);
        let base = u128::from(scenario) + u128::from(floor.get());
        u64::try_from((base * u128::from(self.initial)).div_ceil(256)).unwrap_or(u64::MAX)
    }

    /// Number of lots in a quantity of the underlying.
    ///
    /// # Errors
    /// It is not a whole number of lots.
    pub fn lots(&self, quantity: &Decimal) -> Result<u64, AmountError> {
        self.lot.lots(quantity)
    }
}
