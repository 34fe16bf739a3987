//! The public risk table of a margin group: shapes, bounds and hash (S-RISK).

use alloc::vec::Vec;
use cloister_crypto::{
    constants::{
        domain, FEE_CAP_BITS, INSTRUMENTS, INSTRUMENT_ID_BITS, PRICE_BITS, QUANTITY_BITS, RATIO_BITS, RISK_HEADER,
        RISK_ROW, SCENARIOS, STATUS_BITS,
    },
    field::{from_i128, from_u128},
    poseidon2::sponge,
    Fr,
};
use cloister_types::{GroupId, InstrumentId, Lots, Money, PerLot, Price};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;

/// Trading status of a row.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, TypeInfo, MaxEncodedLen,
)]
#[repr(u8)]
pub enum Status {
    /// No instrument is listed in this row.
    #[default]
    Empty = 0,
    /// Orders may open and close positions.
    Trading = 1,
    /// Orders may only reduce positions.
    CloseOnly = 2,
    /// Settled at the row's final value.
    Expired = 3,
}

/// The part of a risk table that all its rows share.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, TypeInfo, MaxEncodedLen)]
pub struct Header {
    /// Margin group.
    pub group: GroupId,
    /// Version, counted from 1; never decreases.
    pub version: u64,
    /// Time of the prices, milliseconds of Unix time.
    pub time: u64,
    /// Initial margin ratio, numerator over 2^8.
    pub initial: u16,
    /// Maintenance margin ratio, numerator over 2^8.
    pub maintenance: u16,
    /// Liquidation penalty, numerator over 2^8.
    pub penalty: u16,
    /// How much worse than the mark a price may be for an account that did not choose it freely (B-DISCOUNT),
    /// numerator over 2^8.
    pub max_discount: u16,
    /// Maximum fee, in 10^-6 of the traded cost.
    pub fee_cap: u32,
}

/// One instrument of a risk table.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, TypeInfo, MaxEncodedLen)]
pub struct Row {
    /// Instrument listed here; never reused.
    pub instrument_id: InstrumentId,
    /// Trading status.
    pub status: Status,
    /// Largest position.
    pub limit: Lots,
    /// Largest liquidation step.
    pub chunk: Lots,
    /// Largest distance of a fill from the mark.
    pub band: Price,
    /// Cumulative funding `F_j`.
    pub funding: PerLot,
    /// Value `V_j = mark_j - F_j`.
    pub value: PerLot,
    /// Mark price.
    pub mark: PerLot,
    /// Minimum margin of a long lot.
    pub floor_long: Price,
    /// Minimum margin of a short lot.
    pub floor_short: Price,
    /// Profit of one long lot under each scenario.
    pub scenarios: [PerLot; SCENARIOS],
    /// The feed is dead and the mark is its last: nothing is filled but signed orders that reduce (B-STALE).
    pub stale: bool,
}

/// The risk table of one margin group.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, TypeInfo, MaxEncodedLen)]
pub struct RiskTable {
    /// Ratios, version and time.
    pub header: Header,
    /// One row per instrument.
    pub rows: [Row; INSTRUMENTS],
}

/// Why a table is outside the bounds the circuit relies on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TableError {
    /// A ratio of the header does not fit its width, or initial is below maintenance.
    #[error("a margin ratio is out of range, or initial is below maintenance")]
    Ratio,
    /// The fee cap does not fit its width.
    #[error("the fee cap is out of range")]
    FeeCap,
    /// A price-like value of row `.0` does not fit its width.
    #[error("a price of row {0} is out of range")]
    Price(u8),
    /// A quantity of row `.0` does not fit its width.
    #[error("a quantity of row {0} is out of range")]
    Quantity(u8),
    /// `value` of row `.0` is not `mark - funding`.
    #[error("the value of row {0} is not its mark less its funding")]
    Value(u8),
    /// Row `.0` is stale and not live: an empty row has no feed, and an expired one has its final mark.
    #[error("row {0} is stale and not live")]
    Stale(u8),
    /// Row `.0` lists an instrument that an earlier row lists too.
    #[error("row {0} lists an instrument twice")]
    Duplicate(u8),
}

/// Bit offsets of the packed fields of [`Row::meta`].
pub mod meta {
    use super::*;
    /// Offset of the status.
    pub const STATUS: usize = INSTRUMENT_ID_BITS;
    /// Offset of the position limit.
    pub const LIMIT: usize = STATUS + STATUS_BITS;
    /// Offset of the liquidation chunk.
    pub const CHUNK: usize = LIMIT + QUANTITY_BITS;
    /// Offset of the price band.
    pub const BAND: usize = CHUNK + QUANTITY_BITS;
    /// Offset of the bit that says that the row is stale.
    pub const STALE: usize = BAND + PRICE_BITS;
    /// All bits.
    pub const BITS: usize = STALE + 1;
}

/// `2^bits` in the field, for `bits < 255`.
fn shift(bits: usize) -> Fr {
    (0..bits).fold(Fr::one(), |x, _| x.double())
}

impl Row {
    /// The packed element `instrument_id ‖ status ‖ limit ‖ chunk ‖ band ‖ stale` (S-RISK).
    pub fn meta(&self) -> Fr {
        Fr::from(u64::from(self.instrument_id.get()))
            + shift(meta::STATUS) * Fr::from(self.status as u64)
            + shift(meta::LIMIT) * Fr::from(self.limit.get())
            + shift(meta::CHUNK) * Fr::from(self.chunk.get())
            + shift(meta::BAND) * Fr::from(self.band.get())
            + shift(meta::STALE) * Fr::from(u64::from(self.stale))
    }

    /// The row's elements in the order they are hashed: meta, F, V, mark, floors, scenarios.
    pub fn elements(&self) -> [Fr; RISK_ROW] {
        let mut out = [Fr::zero(); RISK_ROW];
        let head = [
            self.meta(),
            from_i128(self.funding.get().into()),
            from_i128(self.value.get().into()),
            from_i128(self.mark.get().into()),
            from_u128(self.floor_long.get().into()),
            from_u128(self.floor_short.get().into()),
        ];
        let scenarios = self.scenarios.iter().map(|r| from_i128(r.get().into()));
        for (slot, value) in out.iter_mut().zip(head.into_iter().chain(scenarios)) {
            *slot = value;
        }
        out
    }

    /// Minimum margin of a lot of one side.
    pub fn floor_of(&self, long: bool) -> Price {
        if long {
            self.floor_long
        } else {
            self.floor_short
        }
    }

    /// The largest loss of one lot of one side under a scenario.
    pub fn largest_loss(&self, long: bool) -> i128 {
        let loss = |profit: &PerLot| {
            let profit = i128::from(profit.get());
            if long {
                profit.saturating_neg()
            } else {
                profit
            }
        };
        self.scenarios.iter().map(loss).max().unwrap_or_default()
    }

    /// What one lot of one side requires alone, at a ratio of one: its largest loss and its floor (B-NEED).
    pub fn lone_lot(&self, long: bool) -> Money {
        Money(self.largest_loss(long).saturating_add(self.floor_of(long).get().into()))
    }

    /// `mark + floor`, what the discount and the penalty of one lot of a side are a part of (B-DISCOUNT, B-FEE).
    pub fn basis(&self, long: bool) -> Money {
        Money(i128::from(self.mark.get()).saturating_add(self.floor_of(long).get().into()))
    }

    /// True if orders can trade the instrument at all.
    pub fn is_live(&self) -> bool {
        matches!(self.status, Status::Trading | Status::CloseOnly)
    }

    /// True if the row trades and a feed stands behind its mark: fills that nobody signs may be of it.
    pub fn is_priced(&self) -> bool {
        self.is_live() && !self.stale
    }

    /// True if orders may only reduce positions: the row is close-only or stale.
    pub fn only_reduces(&self) -> bool {
        self.status == Status::CloseOnly || self.stale
    }
}

impl RiskTable {
    /// The header's elements in the order they are hashed.
    pub fn header_elements(&self) -> [Fr; RISK_HEADER] {
        let h = &self.header;
        [
            Fr::from(u64::from(h.group.get())),
            Fr::from(h.version),
            Fr::from(h.time),
            Fr::from(u64::from(h.initial)),
            Fr::from(u64::from(h.maintenance)),
            Fr::from(u64::from(h.penalty)),
            Fr::from(u64::from(h.max_discount)),
            Fr::from(u64::from(h.fee_cap)),
        ]
    }

    /// Header, then rows.
    pub fn elements(&self) -> Vec<Fr> {
        let mut out = Vec::with_capacity(RISK_HEADER + INSTRUMENTS * RISK_ROW);
        out.extend_from_slice(&self.header_elements());
        for row in &self.rows {
            out.extend_from_slice(&row.elements());
        }
        out
    }

    /// The table's hash, the statement's `risk_hash`.
    pub fn hash(&self) -> Fr {
        sponge(domain::RISK, &self.elements())
    }

    /// The live row of an instrument, with its number.
    pub fn row_of(&self, instrument_id: InstrumentId) -> Option<(usize, &Row)> {
        self.rows
            .iter()
            .enumerate()
            .find(|(_, r)| r.status != Status::Empty && r.instrument_id == instrument_id)
    }

    /// Checks the bounds the circuit relies on (S-RISK).
    ///
    /// # Errors
    /// The first bound that does not hold.
    pub fn validate(&self) -> Result<(), TableError> {
        let h = &self.header;
        let ratio_max = 1u16 << RATIO_BITS;
        let ratios = [h.initial, h.maintenance, h.penalty, h.max_discount];
        if ratios.iter().any(|ratio| *ratio >= ratio_max) || h.initial < h.maintenance {
            return Err(TableError::Ratio);
        }
        if h.fee_cap >> FEE_CAP_BITS != 0 {
            return Err(TableError::FeeCap);
        }
        let price = |x: u64| x >> PRICE_BITS == 0;
        for (i, row) in self.rows.iter().enumerate() {
            let n = i as u8;
            let signed = [row.funding, row.value, row.mark];
            let unsigned = [row.band, row.floor_long, row.floor_short];
            if !signed
                .iter()
                .chain(row.scenarios.iter())
                .all(|x| price(x.get().unsigned_abs()))
                || !unsigned.iter().all(|x| price(x.get()))
            {
                return Err(TableError::Price(n));
            }
            if row.limit.get() >> QUANTITY_BITS != 0 || row.chunk.get() >> QUANTITY_BITS != 0 {
                return Err(TableError::Quantity(n));
            }
            if row.mark.checked_sub(row.funding) != Some(row.value) {
                return Err(TableError::Value(n));
            }
            if row.stale && !row.is_live() {
                return Err(TableError::Stale(n));
            }
            let listed = |r: &Row| r.status != Status::Empty && r.instrument_id == row.instrument_id;
            if row.status != Status::Empty && self.rows.iter().take(i).any(listed) {
                return Err(TableError::Duplicate(n));
            }
        }
        Ok(())
    }
}
