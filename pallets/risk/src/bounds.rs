//! Hard bounds of what governance may set. A parameter outside is refused whoever asks.

use cloister_crypto::constants::QUANTITY_BITS;
use core::ops::RangeInclusive;

/// Initial margin ratio over 2^8.
pub const INITIAL: RangeInclusive<u16> = 282..=2048;
/// Maintenance margin ratio over 2^8: at least the modelled loss, one to one.
pub const MAINTENANCE: RangeInclusive<u16> = 256..=1024;
/// Liquidation penalty over 2^8.
pub const PENALTY: RangeInclusive<u16> = 0..=128;
/// How much worse than the mark an account may be closed, over 2^8: at most about 10 %, which is what the price can
/// hand to whoever takes the lots. Not 0, or only the house could take them.
pub const MAX_DISCOUNT: RangeInclusive<u16> = 1..=26;
/// Fee cap, 10^-6 of the traded cost.
pub const FEE_CAP: RangeInclusive<u32> = 0..=10_000;
/// Age at which a price is stale, milliseconds.
pub const PRICE_AGE: RangeInclusive<u64> = 6_000..=600_000;
/// Time between two tables, milliseconds: at most half of the time for which batches may name the newest one
/// (`MaxRiskAge`, 120 s), so that a table that comes late stops nothing.
pub const TABLE_INTERVAL: RangeInclusive<u64> = 1_000..=60_000;
/// How long a table that was replaced may still be named, milliseconds: whoever makes batches can choose among the
/// tables of this time.
pub const TABLE_GRACE: RangeInclusive<u64> = 0..=120_000;
/// How long the feed of an instrument may be dead until the instrument expires, milliseconds (C-DEAD).
pub const SETTLE_AFTER: RangeInclusive<u64> = 3_600_000..=86_400_000;
/// How far a mark may move from one table to the next, 10^-6 of the mark (C-JUMP).
pub const JUMP_LIMIT: RangeInclusive<u32> = 100_000..=500_000;
/// Underlying a lot, 10^-9 units.
pub const LOT_SIZE: RangeInclusive<u64> = 1..=1_000_000_000_000_000;
/// Scan range, 10^-6 of the mark.
pub const SCAN_RANGE: RangeInclusive<u32> = 10_000..=500_000;
/// Extreme move, 10^-6 scan ranges.
pub const EXTREME_MULTIPLE: RangeInclusive<u32> = 1_000_000..=5_000_000;
/// Covered fraction of the extreme move, 10^-6.
pub const EXTREME_COVER: RangeInclusive<u32> = 100_000..=1_000_000;
/// Floors, 10^-6 of the mark.
pub const FLOOR: RangeInclusive<u32> = 0..=200_000;
/// Price band, 10^-6 of the mark.
pub const BAND: RangeInclusive<u32> = 1_000..=200_000;
/// Premium, 10^-6 of the index.
pub const PREMIUM: RangeInclusive<u32> = 0..=50_000;
/// Funding rate per hour, 10^-6 of the mark.
pub const FUNDING_RATE: RangeInclusive<u32> = 0..=10_000;
/// Position limit, lots.
pub const LIMIT: RangeInclusive<u64> = 1..=(1 << QUANTITY_BITS) - 1;
/// Liquidation step, lots.
pub const CHUNK: RangeInclusive<u64> = 1..=(1 << QUANTITY_BITS) - 1;

/// C-BOUND: `Σ_j limit_high_j · max(..) < 2^TOTAL_BITS`, so that no account can leave the range of its cash.
pub const TOTAL_BITS: u32 = 77;
/// What a table adds at most to the time for which a feed has been dead, milliseconds: while the chain makes no tables,
/// no feed can be seen to live.
pub const MAX_DEAD_STEP: u64 = 60_000;
/// The scan range of a dead instrument grows by itself in this time, milliseconds (C-DEAD).
pub const WIDENING: u64 = 3_600_000;
/// How long a price that jumps is held back, milliseconds (C-JUMP): no longer than a batch may name an older table.
pub const HOLD: u64 = 60_000;
/// How far a mark may move until it is set, 10^-6 of the mark.
pub const JUMP_LIMIT_AT_FIRST: u32 = 300_000;
/// Longest time for which funding accrues between two tables, milliseconds.
pub const MAX_FUNDING_STEP: u64 = 3_600_000;
/// Final values are medians of the tables of this time up to the freeze, milliseconds.
pub const FINAL_WINDOW: u64 = 600_000;
/// Fewer tables than this make no final values: a median of two is one of them.
pub const FINAL_LEAST: usize = 3;
/// Maximum number of tables that final values are made of.
pub const FINAL_MOST: u32 = 64;
