//! A small market made from a seed: a random walk of prices with runs of one side and sweeps, the same for everybody.

use super::TapeTrade;
use cloister_client_core::amount::Decimal;
use cloister_ledger::Side;
use rand_core::{Rng, SeedableRng};
use rand_xoshiro::SplitMix64;

/// First price, in ticks.
const OPENING_TICKS: u64 = 600_000;
/// Decimals of the tick: it is a tenth of the settlement asset.
const TICK_DECIMALS: u32 = 1;
/// Decimals of quantities: they are thousandths of the underlying.
const QUANTITY_DECIMALS: u32 = 3;
/// Time of the first trade, milliseconds of Unix time.
const OPENING_TIME: u64 = 1_700_000_000_000;

/// A generator that is small and the same on every machine.
struct Random(SplitMix64);

impl Random {
    fn below(&mut self, n: u64) -> u64 {
        self.0.next_u64() % n
    }
}

/// `count` trades of the market with this seed.
pub fn trades(seed: u64, count: usize) -> Vec<TapeTrade> {
    let mut random = Random(SplitMix64::seed_from_u64(seed));
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
            out.push(TapeTrade {
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
