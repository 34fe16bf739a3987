//! Points of Jubjub in affine coordinates, with complete formulas.
//!
//! The curve is `-x² + y² = 1 + d·x²·y²` with `d` not a square, so for points on the curve no denominator below is ever
//! zero and the formulas have no exceptions. Every point entering a formula must be on the curve.

use std::sync::LazyLock;

use bellman::{ConstraintSystem, SynthesisError};
use cloister_crypto::{
    constants::{CHALLENGE_BITS, SIGNATURE_SCALAR_BITS},
    jubjub::{self, AffinePoint, ExtendedPoint},
    schnorr::{generator, is_on_curve, EDWARDS_D},
};

use super::{
    boolean::Bit,
    num::{enforce_equal, enforce_product, select, Num},
};
use crate::Fr;

/// Constraints of [`Point::enforce_on_curve`].
pub const ON_CURVE_COST: usize = 3;
/// Constraints of [`Point::add`].
pub const ADD_COST: usize = 6;
/// Constraints of [`Point::double`].
pub const DOUBLE_COST: usize = 5;
/// Constraints of adding a constant point.
const ADD_CONSTANT_COST: usize = 3;
/// Constraints of [`enforce_prime_order`].
pub const CLEARED_COST: usize = ON_CURVE_COST + 3 * DOUBLE_COST + 2 + 1;
/// Bits of a fixed-base window.
const FIXED_WINDOW: usize = 3;
/// Windows of a fixed-base multiplication.
const FIXED_WINDOWS: usize = SIGNATURE_SCALAR_BITS.div_ceil(FIXED_WINDOW);
/// Constraints of [`add_fixed_base`].
pub const FIXED_BASE_COST: usize = FIXED_WINDOWS * (FIXED_WINDOW + 2 + ADD_COST) + ADD_CONSTANT_COST;
/// Constraints of [`fixed_base`].
pub const FIXED_BASE_OF_BITS_COST: usize = FIXED_WINDOWS * (FIXED_WINDOW + 1 + ADD_COST) - ADD_COST + ADD_CONSTANT_COST;
/// Constraints of [`multiply`].
pub const MULTIPLY_COST: usize = ON_CURVE_COST + DOUBLE_COST + 2 + multiply_half_cost(CHALLENGE_BITS);

/// Constraints of [`multiply_half`] by a scalar of so many bits.
pub const fn multiply_half_cost(bits: usize) -> usize {
    ADD_COST + bits / 2 * (2 * DOUBLE_COST + 4 + ADD_COST) + ADD_COST
}

/// A point of the curve in affine coordinates.
#[derive(Clone, Debug)]
pub struct Point {
    /// First coordinate.
    pub x: Num,
    /// Second coordinate.
    pub y: Num,
}

impl Point {
    /// A constant.
    pub fn constant(point: &AffinePoint) -> Self {
        Self {
            x: Num::constant(point.get_u()),
            y: Num::constant(point.get_v()),
        }
    }

    /// Two new wires; not yet on the curve.
    pub fn alloc<CS: ConstraintSystem<Fr>>(
        cs: &mut CS,
        name: &'static str,
        value: Option<(Fr, Fr)>,
    ) -> Result<Self, SynthesisError> {
        let mut cs = cs.namespace(|| name);
        Ok(Self {
            x: Num::alloc(&mut cs, || "x", value.map(|v| v.0))?,
            y: Num::alloc(&mut cs, || "y", value.map(|v| v.1))?,
        })
    }

    /// The coordinates, if a witness is known.
    pub fn value(&self) -> Option<(Fr, Fr)> {
        self.x.value().zip(self.y.value())
    }

    /// The curve equation. [`ON_CURVE_COST`] constraints.
    pub fn enforce_on_curve<CS: ConstraintSystem<Fr>>(
        &self,
        cs: &mut CS,
        name: &'static str,
    ) -> Result<(), SynthesisError> {
        let mut cs = cs.namespace(|| name);
        let x2 = self.x.mul(&mut cs, || "x squared", &self.x)?;
        let y2 = self.y.mul(&mut cs, || "y squared", &self.y)?;
        let right = (&y2 - &x2).add_constant(-Fr::one());
        enforce_product(&mut cs, || "curve equation", &x2.scale(EDWARDS_D), &y2, &right);
        Ok(())
    }

    /// The first coordinate is not zero. One constraint.
    pub fn enforce_x_not_zero<CS: ConstraintSystem<Fr>>(
        &self,
        cs: &mut CS,
        name: &'static str,
    ) -> Result<(), SynthesisError> {
        let mut cs = cs.namespace(|| name);
        let inverse = self.x.value().map(|x| x.invert().unwrap_or(Fr::zero()));
        let inverse = Num::alloc(&mut cs, || "inverse of x", inverse)?;
        enforce_product(&mut cs, || "x is not zero", &inverse, &self.x, &Num::one());
        Ok(())
    }

    /// Both coordinates equal. Two constraints.
    pub fn enforce_equal<CS: ConstraintSystem<Fr>>(&self, cs: &mut CS, name: &'static str, other: &Self) {
        let mut cs = cs.namespace(|| name);
        enforce_equal(&mut cs, || "x", &self.x, &other.x);
        enforce_equal(&mut cs, || "y", &self.y, &other.y);
    }

    /// This point where the bit is one, else the other. Two constraints.
    pub fn select<CS: ConstraintSystem<Fr>>(
        cs: &mut CS,
        name: &'static str,
        condition: &Bit,
        one: &Self,
        zero: &Self,
    ) -> Result<Self, SynthesisError> {
        let mut cs = cs.namespace(|| name);
        Ok(Self {
            x: select(&mut cs, || "x", condition, &one.x, &zero.x)?,
            y: select(&mut cs, || "y", condition, &one.y, &zero.y)?,
        })
    }

    /// The inverse. Free.
    pub fn negate(&self) -> Self {
        Self {
            x: -&self.x,
            y: self.y.clone(),
        }
    }

    /// The inverse where the bit is zero. One constraint.
    fn negate_unless<CS: ConstraintSystem<Fr>>(&self, cs: &mut CS, keep: &Bit) -> Result<Self, SynthesisError> {
        let sign = (keep.num() * 2).add_constant(-Fr::one());
        Ok(Self {
            x: self.x.mul(cs, || "signed x", &sign)?,
            y: self.y.clone(),
        })
    }

    /// The last two constraints of both formulas: `x = left/(1 + t)`, `y = right/(1 - t)`.
    fn divide<CS: ConstraintSystem<Fr>>(cs: &mut CS, left: &Num, right: &Num, t: &Num) -> Result<Self, SynthesisError> {
        Ok(Self {
            x: left.div(cs, || "x", &(Num::one() + t))?,
            y: right.div(cs, || "y", &(Num::one() - t))?,
        })
    }

    /// The sum. [`ADD_COST`] constraints.
    pub fn add<CS: ConstraintSystem<Fr>>(
        &self,
        cs: &mut CS,
        name: &'static str,
        other: &Self,
    ) -> Result<Self, SynthesisError> {
        let mut cs = cs.namespace(|| name);
        let a = self.x.mul(&mut cs, || "x1 y2", &other.y)?;
        let b = self.y.mul(&mut cs, || "y1 x2", &other.x)?;
        let all = (&self.x + &self.y).mul(&mut cs, || "(x1 + y1)(x2 + y2)", &(&other.x + &other.y))?;
        let t = a.mul(&mut cs, || "x1 x2 y1 y2", &b)?.scale(EDWARDS_D);
        let left = &a + &b;
        let right = &all - &left;
        Self::divide(&mut cs, &left, &right, &t)
    }

    /// The sum with a constant point. Three constraints.
    pub(super) fn add_constant<CS: ConstraintSystem<Fr>>(
        &self,
        cs: &mut CS,
        name: &'static str,
        other: &AffinePoint,
    ) -> Result<Self, SynthesisError> {
        let mut cs = cs.namespace(|| name);
        let a = self.x.scale(other.get_v());
        let b = self.y.scale(other.get_u());
        let t = a.mul(&mut cs, || "x1 x2 y1 y2", &b)?.scale(EDWARDS_D);
        let right = self.x.scale(other.get_u()) + self.y.scale(other.get_v());
        Self::divide(&mut cs, &(a + b), &right, &t)
    }

    /// The double. [`DOUBLE_COST`] constraints.
    pub fn double<CS: ConstraintSystem<Fr>>(&self, cs: &mut CS, name: &'static str) -> Result<Self, SynthesisError> {
        let mut cs = cs.namespace(|| name);
        let a = self.x.mul(&mut cs, || "x y", &self.y)?;
        let sum = &self.x + &self.y;
        let all = sum.mul(&mut cs, || "(x + y)²", &sum)?;
        let t = a.mul(&mut cs, || "x² y²", &a)?.scale(EDWARDS_D);
        let left = &a * 2;
        let right = &all - &left;
        Self::divide(&mut cs, &left, &right, &t)
    }
}

fn affine(point: ExtendedPoint) -> AffinePoint {
    AffinePoint::from(point)
}

fn half() -> jubjub::Fr {
    // 2 is invertible: the order is an odd prime.
    jubjub::Fr::from(2).invert().unwrap_or(jubjub::Fr::zero())
}

/// Points of the windows of `G/2`: for window `w` the points `{1, 3, 5, 7}·8^w·G/2`, and the correction
/// `(8^windows - 1)·G/2`.
struct FixedBase {
    windows: Vec<[AffinePoint; 1 << (FIXED_WINDOW - 1)]>,
    correction: AffinePoint,
}

static FIXED: LazyLock<FixedBase> = LazyLock::new(|| {
    let base = ExtendedPoint::from(generator()) * half();
    let mut step = base;
    let mut windows = Vec::with_capacity(FIXED_WINDOWS);
    for _ in 0..FIXED_WINDOWS {
        let double = step.double();
        let mut odd = step;
        windows.push(std::array::from_fn(|_| {
            let point = affine(odd);
            odd += double;
            point
        }));
        step = double.double().double();
    }
    FixedBase {
        windows,
        correction: affine(step - base),
    }
});

/// `start + s·G` for a scalar of 252 bits. [`FIXED_BASE_COST`] constraints.
///
/// With the signed bits `e_i = 2·b_i - 1`, `Σ e_i·2^i = 2s - (2^252 - 1)`, so `s·G = Σ e_i·2^i·(G/2) + (2^252 - 1)·(G/2)`.
/// Three signed bits make an odd digit up to 7 in size; its sign and size are the wires here, so that a table of four
/// points does, and the negative half is a change of sign. The prover may choose any digits: whatever they are, the
/// result is some multiple of `G`, which is all that a response is.
pub fn add_fixed_base<CS: ConstraintSystem<Fr>>(
    cs: &mut CS,
    name: &'static str,
    start: &Point,
    scalar: Option<&[u8; 32]>,
) -> Result<Point, SynthesisError> {
    let mut cs = cs.namespace(|| name);
    let bit = |i: usize| scalar.map(|bytes| bytes[i / 8] >> (i % 8) & 1 == 1);
    let mut sum = start.add_constant(&mut cs, "correction", &FIXED.correction)?;
    for (w, points) in FIXED.windows.iter().enumerate() {
        let mut cs = cs.namespace(|| format!("window {w}"));
        let [b0, b1, b2] = std::array::from_fn(|k| bit(FIXED_WINDOW * w + k));
        // The digit is ±(1 + 2·m0 + 4·m1): below a leading zero the bits of the size are complemented.
        let complement = |b: Option<bool>| b.zip(b2).map(|(b, b2)| b == b2);
        let positive = Bit::alloc(&mut cs, || "positive", b2)?;
        let m0 = Bit::alloc(&mut cs, || "size 0", complement(b0))?;
        let m1 = Bit::alloc(&mut cs, || "size 1", complement(b1))?;
        let point = digit_point(&mut cs, points, &positive, &m0, &m1)?;
        sum = sum.add(&mut cs, "sum", &point)?;
    }
    Ok(sum)
}

/// The point of a digit `±(1 + 2·m0 + 4·m1)` of a window. Two constraints.
fn digit_point<CS: ConstraintSystem<Fr>>(
    cs: &mut CS,
    points: &[AffinePoint; 1 << (FIXED_WINDOW - 1)],
    positive: &Bit,
    m0: &Bit,
    m1: &Bit,
) -> Result<Point, SynthesisError> {
    let both = m0.and(cs, "size 0 and 1", m1)?;
    let lookup = |coordinate: fn(&AffinePoint) -> Fr| {
        let [p0, p1, p2, p3] = std::array::from_fn(|k| coordinate(&points[k]));
        Num::sum([
            (p0, &Num::one()),
            (p1 - p0, m0.num()),
            (p2 - p0, m1.num()),
            (p3 - p2 - p1 + p0, both.num()),
        ])
    };
    let size = Point {
        x: lookup(AffinePoint::get_u),
        y: lookup(AffinePoint::get_v),
    };
    size.negate_unless(cs, positive)
}

/// `s·G` for the 252 given bits of `s`, lowest first. [`FIXED_BASE_OF_BITS_COST`] constraints.
///
/// Unlike in [`add_fixed_base`] the scalar means something to the caller, so the digits are computed from its bits: the sign
/// is the highest bit of a window, and the bits of the size tell whether the others are equal to it.
pub fn fixed_base<CS: ConstraintSystem<Fr>>(
    cs: &mut CS,
    name: &'static str,
    scalar: &[Bit],
) -> Result<Point, SynthesisError> {
    debug_assert_eq!(scalar.len(), SIGNATURE_SCALAR_BITS);
    let mut cs = cs.namespace(|| name);
    let mut sum: Option<Point> = None;
    for (w, (points, bits)) in FIXED.windows.iter().zip(scalar.chunks(FIXED_WINDOW)).enumerate() {
        let mut cs = cs.namespace(|| format!("window {w}"));
        let m0 = bits[0].xor(&mut cs, "size 0", &bits[2])?.not();
        let m1 = bits[1].xor(&mut cs, "size 1", &bits[2])?.not();
        let point = digit_point(&mut cs, points, &bits[2], &m0, &m1)?;
        sum = Some(match sum {
            None => point.add_constant(&mut cs, "correction", &FIXED.correction)?,
            Some(sum) => sum.add(&mut cs, "sum", &point)?,
        });
    }
    // There is a window, so there is a sum.
    sum.ok_or(SynthesisError::AssignmentMissing)
}

/// `P/2` for a point of the prime-order subgroup, for the witness of [`multiply`].
fn halve((x, y): (Fr, Fr)) -> (Fr, Fr) {
    if !is_on_curve(&x, &y) {
        // No half exists; any point on the curve leaves `2H = P` unsatisfied.
        return (Fr::zero(), Fr::one());
    }
    let point = affine(ExtendedPoint::from(AffinePoint::from_raw_unchecked(x, y)) * half());
    (point.get_u(), point.get_v())
}

/// `c·P` for 128 bits, lowest first, and a point of the prime-order subgroup. [`MULTIPLY_COST`] constraints.
///
/// With a point `H` of which `P` is the double and signed bits `e_i = 2·c_i - 1`, `Σ e_i·2^i·H = c·P - (2^128 - 1)·H`; a
/// Horner scheme that starts at `H` adds `2^128·H`, so its end less `H` is `c·P`. Two signed bits make a digit ±1 or ±3.
/// `H` is not unique (a point of order two can be added), but `2·H = P` is all that the sum uses.
pub fn multiply<CS: ConstraintSystem<Fr>>(
    cs: &mut CS,
    name: &'static str,
    point: &Point,
    scalar: &[Bit],
) -> Result<Point, SynthesisError> {
    debug_assert_eq!(scalar.len(), CHALLENGE_BITS);
    let mut cs = cs.namespace(|| name);
    let h = Point::alloc(&mut cs, "half", point.value().map(halve))?;
    h.enforce_on_curve(&mut cs, "half on the curve")?;
    h.double(&mut cs, "half doubled")?
        .enforce_equal(&mut cs, "double of the half", point);
    horner(&mut cs, &h, point, scalar)
}

/// `s·P` for the bits of a scalar, an even number of them and lowest first, with a point `H` of the curve of which the caller
/// knows that `2·H = P`. [`multiply_half_cost`] constraints. See [`multiply`].
pub fn multiply_half<CS: ConstraintSystem<Fr>>(
    cs: &mut CS,
    name: &'static str,
    half: &Point,
    point: &Point,
    scalar: &[Bit],
) -> Result<Point, SynthesisError> {
    debug_assert_eq!(scalar.len() % 2, 0);
    horner(&mut cs.namespace(|| name), half, point, scalar)
}

fn horner<CS: ConstraintSystem<Fr>>(
    cs: &mut CS,
    h: &Point,
    point: &Point,
    scalar: &[Bit],
) -> Result<Point, SynthesisError> {
    let triple = point.add(cs, "triple", h)?;
    let mut sum = h.clone();
    for (i, bits) in scalar.chunks(2).enumerate().rev() {
        let mut cs = cs.namespace(|| format!("window {i}"));
        let [low, high] = [&bits[0], &bits[1]];
        let one = low.xor(&mut cs, "size is one", high)?;
        let size = Point::select(&mut cs, "size", &one, h, &triple)?;
        let digit = size.negate_unless(&mut cs, high)?;
        sum = sum
            .double(&mut cs, "double")?
            .double(&mut cs, "quadruple")?
            .add(&mut cs, "sum", &digit)?;
    }
    sum.add(cs, "less the half", &h.negate())
}

/// Proves that a point is in the prime-order subgroup and not the identity, from a `preimage` P' with `P = 8·P'`; returns
/// `4·P'`, a half of the point. [`CLEARED_COST`] constraints.
///
/// Eight times a point of the curve is in the subgroup, whatever the point. In the subgroup only the identity has `x = 0`. The
/// preimage is not unique (a point of order eight can be added); nothing but its multiple by eight is used.
pub fn enforce_prime_order<CS: ConstraintSystem<Fr>>(
    cs: &mut CS,
    point: &Point,
    preimage: Option<(Fr, Fr)>,
) -> Result<Point, SynthesisError> {
    let preimage = Point::alloc(cs, "preimage", preimage)?;
    preimage.enforce_on_curve(cs, "preimage on the curve")?;
    let half = preimage.double(cs, "two")?.double(cs, "four")?;
    half.double(cs, "eight")?
        .enforce_equal(cs, "eight times the preimage", point);
    point.enforce_x_not_zero(cs, "not the identity")?;
    Ok(half)
}

/// `P/8` for a point of the prime-order subgroup, for the witness of [`enforce_prime_order`].
pub fn eighth((x, y): (Fr, Fr)) -> (Fr, Fr) {
    halve(halve(halve((x, y))))
}
