//! The cumulative normal distribution (R-FIXED).

use super::{nodes::NODES, Fixed, FRACTION_BITS};

/// Fraction bits in here: terms are below 1 and fit 64 bits with a sign.
const BITS: u32 = 62;
/// Nodes lie 2^-3 apart.
const NODE_BITS: u32 = 3;
/// Terms of the expansion about a node. The next is below 2^-72 at the largest distance, 1/16.
const TERMS: i64 = 12;

/// The mass above `x >= 0`: error at most 2^-58.
///
/// Taylor's series about the nearest node `c`. With `T_n` its terms and `h = x - c`, `Φ'' = -x·Φ'` gives
/// `T_(n+2) = -((n+1)·ch·T_(n+1) + n·h²·T_n) / ((n+1)(n+2))`.
fn mass_above(x: u128) -> i64 {
    let spacing = FRACTION_BITS - NODE_BITS;
    let nearest = (x >> spacing) + ((x >> (spacing - 1)) & 1);
    let Some(((mass, density), k)) = usize::try_from(nearest)
        .ok()
        .and_then(|k| Some((*NODES.get(k)?, k as i64)))
    else {
        // Beyond the last node: below 2^-64.
        return 0;
    };
    // |h| <= 1/16 and k < 76: c·h is below 0.6, h² below 2^-8, every term below 2^-5. Nothing below leaves 64 bits, and
    // products of two numbers of 62 bits, times at most 12, summed twice, stay below 2^128.
    let h = ((x as i128 - ((nearest as i128) << spacing)) >> (FRACTION_BITS - BITS)) as i64;
    let wide = |a: i64, b: i64| i128::from(a) * i128::from(b);
    let ch = (wide(k, h) >> NODE_BITS) as i64;
    let square = (wide(h, h) >> BITS) as i64;
    let mut before = 0i64;
    let mut term = (wide(density, h) >> BITS) as i64;
    let mut sum = term;
    for n in 0..TERMS - 1 {
        let scaled = i128::from(n + 1) * wide(ch, term) + i128::from(n) * wide(square, before);
        let next = -((scaled >> BITS) as i64) / ((n + 1) * (n + 2));
        before = term;
        term = next;
        sum += term;
    }
    mass.saturating_sub(sum).max(0)
}

impl Fixed {
    /// `Φ(x)`, the mass of the normal distribution below `x`: error at most 2^-57; `Φ(x) + Φ(-x) = 1` exactly.
    pub fn normal_cdf(self) -> Self {
        let above = i128::from(mass_above(self.0.unsigned_abs())) << (FRACTION_BITS - BITS);
        Self(if self.0 < 0 { above } else { Self::ONE.0 - above })
    }
}
