//! Windows of the generator: odd multiples of its half, looked up by signed digits.
//!
//! With the signed bits `e_i = 2·b_i - 1` of a scalar `s` of 252 bits, `Σ e_i·2^i = 2s - (2^252 - 1)`, so `s·G = Σ
//! e_i·2^i·(G/2) + (2^252 - 1)·(G/2)`. Three signed bits make an odd digit up to 7 in size; its sign and size are the
//! wires, so that a table of four points does, and the negative half is a change of sign.

use std::sync::LazyLock;

use bellman::{ConstraintSystem, SynthesisError};
use cloister_crypto::{
    constants::SIGNATURE_SCALAR_BITS,
    jubjub::{AffinePoint, ExtendedPoint},
    schnorr::generator,
};

use super::{
    boolean::Bit,
    jubjub::{coordinates, half, Point},
    num::Num,
};
use crate::Fr;

/// Bits of a window.
pub const WINDOW: usize = 3;
/// Windows of a scalar.
pub const WINDOWS: usize = SIGNATURE_SCALAR_BITS.div_ceil(WINDOW);

/// The points of a window: its odd multiples `1, 3, 5, 7`.
pub type Points = [(Fr, Fr); 1 << (WINDOW - 1)];

/// The windows of `G/2`: for window `w` the points `{1, 3, 5, 7}·8^w·G/2`.
pub struct FixedBase {
    /// In Edwards coordinates.
    pub windows: Vec<Points>,
    /// `(8^windows - 1)·G/2`.
    pub correction: AffinePoint,
}

/// The tables of the generator.
pub static FIXED: LazyLock<FixedBase> = LazyLock::new(|| {
    let base = ExtendedPoint::from(generator()) * half();
    let mut step = base;
    let mut windows = Vec::with_capacity(WINDOWS);
    for _ in 0..WINDOWS {
        let double = step.double();
        let mut odd = step;
        windows.push(std::array::from_fn(|_| {
            let point = coordinates(odd);
            odd += double;
            point
        }));
        step = double.double().double();
    }
    FixedBase {
        windows,
        correction: AffinePoint::from(step - base),
    }
});

/// A signed odd digit of a window: `±(1 + 2·m0 + 4·m1)`.
pub struct Digit {
    /// The sign: the highest bit of the window.
    pub positive: Bit,
    m0: Bit,
    m1: Bit,
    both: Bit,
}

impl Digit {
    /// Of a scalar that only the prover knows, who may choose any digits. [`WINDOW`]` + 1` constraints.
    pub fn alloc<CS: ConstraintSystem<Fr>>(
        cs: &mut CS,
        window: usize,
        scalar: Option<&[u8; 32]>,
    ) -> Result<Self, SynthesisError> {
        let bit = |i: usize| scalar.map(|bytes| bytes[i / 8] >> (i % 8) & 1 == 1);
        let [b0, b1, b2] = std::array::from_fn(|k| bit(WINDOW * window + k));
        // Below a leading zero the bits of the size are complemented.
        let complement = |b: Option<bool>| b.zip(b2).map(|(b, b2)| b == b2);
        let positive = Bit::alloc(cs, || "positive", b2)?;
        let m0 = Bit::alloc(cs, || "size 0", complement(b0))?;
        let m1 = Bit::alloc(cs, || "size 1", complement(b1))?;
        Self::new(cs, positive, m0, m1)
    }

    /// Of three given bits, lowest first. [`WINDOW`] constraints.
    pub fn of_bits<CS: ConstraintSystem<Fr>>(cs: &mut CS, bits: &[Bit]) -> Result<Self, SynthesisError> {
        let m0 = bits[0].xor(cs, "size 0", &bits[2])?.not();
        let m1 = bits[1].xor(cs, "size 1", &bits[2])?.not();
        Self::new(cs, bits[2].clone(), m0, m1)
    }

    fn new<CS: ConstraintSystem<Fr>>(cs: &mut CS, positive: Bit, m0: Bit, m1: Bit) -> Result<Self, SynthesisError> {
        let both = m0.and(cs, "size 0 and 1", &m1)?;
        Ok(Self { positive, m0, m1, both })
    }

    /// The coordinates of the point of the size, from a table in any coordinates. Free.
    pub fn look_up(&self, points: &Points) -> (Num, Num) {
        let coordinate = |of: fn(&(Fr, Fr)) -> Fr| {
            let [p0, p1, p2, p3] = std::array::from_fn(|k| of(&points[k]));
            Num::sum([
                (p0, &Num::one()),
                (p1 - p0, self.m0.num()),
                (p2 - p0, self.m1.num()),
                (p3 - p2 - p1 + p0, self.both.num()),
            ])
        };
        (coordinate(|p| p.0), coordinate(|p| p.1))
    }

    /// The point in Edwards coordinates. One constraint.
    pub fn edwards<CS: ConstraintSystem<Fr>>(&self, cs: &mut CS, points: &Points) -> Result<Point, SynthesisError> {
        let (x, y) = self.look_up(points);
        Point { x, y }.negate_unless(cs, &self.positive)
    }
}
