//! A circuit of any size, between the extremes that real ones have: half of the constraints are booleans (cheap in a
//! multi-exponentiation), half multiply values that fill the field (expensive), and every wire is in A and in B.
//!
//! Pair i, of `2^(n-1) - 1`: a bit `b·(b - 1) = 0`, and a step `x' = x·(x + b)`. The last step's value is the public
//! input. With the two rows of the public inputs the constraints fill the domain of 2^n exactly.

use bellman::{Circuit, ConstraintSystem, SynthesisError};
use bls12_381::Scalar;

/// The first value of the chain is made of words of this generator, and so is every bit.
const SEED: u64 = 0x636c_6f69_7374_6572;

/// The circuit.
#[derive(Clone, Copy, Debug)]
pub struct Synthetic {
    /// Base-two logarithm of the domain.
    pub log2: u32,
}

/// SplitMix64.
struct Words(u64);

impl Words {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
}

/// The witness, one pair after the other.
struct Chain {
    words: Words,
    value: Scalar,
}

impl Chain {
    fn new() -> Self {
        let mut words = Words(SEED);
        let value = (0..4).fold(Scalar::zero(), |value, _| {
            value * Scalar::from(u64::MAX) + Scalar::from(words.next())
        });
        Self { words, value }
    }

    /// Draws the next bit and makes the step.
    fn step(&mut self) -> Scalar {
        let bit = Scalar::from(self.words.next() & 1);
        self.value *= self.value + bit;
        bit
    }
}

impl Synthetic {
    /// Pairs of constraints.
    fn pairs(&self) -> usize {
        (1 << (self.log2 - 1)) - 1
    }

    /// The public input.
    pub fn output(&self) -> Scalar {
        let mut chain = Chain::new();
        for _ in 0..self.pairs() {
            chain.step();
        }
        chain.value
    }
}

impl Circuit<Scalar> for Synthetic {
    fn synthesize<CS: ConstraintSystem<Scalar>>(self, cs: &mut CS) -> Result<(), SynthesisError> {
        let one = CS::one();
        let mut chain = Chain::new();
        let mut x = cs.alloc(|| "first", || Ok(chain.value))?;
        for pair in 0..self.pairs() {
            let bit = chain.step();
            let b = cs.alloc(|| "bit", || Ok(bit))?;
            cs.enforce(|| "bit is boolean", |lc| lc + b, |lc| lc + b - one, |lc| lc);
            let next = if pair + 1 == self.pairs() {
                cs.alloc_input(|| "output", || Ok(chain.value))?
            } else {
                cs.alloc(|| "next", || Ok(chain.value))?
            };
            cs.enforce(|| "step", |lc| lc + x, |lc| lc + x + b, |lc| lc + next);
            x = next;
        }
        Ok(())
    }
}
