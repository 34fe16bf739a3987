//! A small market made from a seed: a random walk of prices with runs of one side and sweeps, the same for everybody.

use super::Trade;
use crate::amount::Decimal;
use cloister_ledger::Side;

/// First price, in ticks.
const OPENING_TICKS: u64 = 600_000;
/// Decimals of the tick, a tenth of the settlement asset.
const TICK_DECIMALS: u32 = 1;
/// Decimals of quantities, thousandths of the underlying.
const QUANTITY_DECIMALS: u32 = 3;
/// Time of the first trade, milliseconds of Unix time.
const OPENING_TIME: u64 = 1_700_000_000_000;

/// SplitMix64: small, and the same on every machine.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    fn below(&mut self, n: u64) -> u64 {
        self.next() % n
    }
}

/// `count` trades of the market with this seed.
pub fn trades(seed: u64, count: usize) -> Vec<Trade> {
    let mut random = Random(seed);
    let mut out = Vec::with_capacity(count);
    let mut ticks = OPENING_TICKS;
    let mut time = OPENING_TIME;
    while out.len() < count {
        let aggressor = if random.below(2) == 0 { Side::Buy } else { Side::Sell };
        let step = 1 + random.below(20);
        ticks = match aggressor {
            Side::Buy => ticks + step,
            Side::Sell => ticks - step,
        };
        // One run in four walks through three prices at one moment.
        let sweep = random.below(4) == 0;
        let length = if sweep { 3 } else { 3 + random.below(4) };
        for i in 0..length {
            if sweep && i > 0 {
                ticks = match aggressor {
                    Side::Buy => ticks + 1,
                    Side::Sell => ticks - 1,
                };
            } else {
                time += 20 + random.below(400);
            }
            let quantity = 1 + random.below(250);
            out.push(Trade {
                time: time.to_string(),
                price: Decimal::new(ticks.into(), TICK_DECIMALS),
                quantity: Decimal::new(quantity.into(), QUANTITY_DECIMALS),
                aggressor,
            });
        }
    }
    out.truncate(count);
    out
}
