//! Multiples of points of Jubjub in Montgomery coordinates, `v² = u³ + 40962·u² + u`.
//!
//! An addition costs three constraints here against six in Edwards coordinates, but it has exceptions: the identity,
//! and two points with the same `u`. A slope that is divided by zero could be anything, so every sum below says why its
//! points are never exceptional, whatever the prover chooses: all are known odd or even multiples of one point of large
//! order.

use std::sync::LazyLock;

use bellman::{ConstraintSystem, SynthesisError};
use cloister_crypto::constants::CHALLENGE_BITS;
use ff::Field;

use super::{
    boolean::Bit,
    choice::select,
    inverse::inverse_or_zero,
    jubjub::{halve, Point, ADD_CONSTANT_COST, ADD_COST},
    num::{enforce_product, Num},
    window::{Digit, Points, FIXED, WINDOW, WINDOWS},
};
use crate::Fr;

/// Curve coefficient.
const A: u64 = 40962;
/// Constraints of [`Montgomery::add`].
const MONTGOMERY_ADD_COST: usize = 3;
/// Constraints of [`Montgomery::double`].
const MONTGOMERY_DOUBLE_COST: usize = 4;
/// Constraints of [`Montgomery::add_twice`].
const ADD_TWICE_COST: usize = 5;
/// Constraints of [`Montgomery::to_edwards`].
const CONVERSION_COST: usize = 2;
/// Constraints of a window's digit and of the sign of its point.
const DIGIT_COST: usize = WINDOW + 2;
/// Constraints of [`add_fixed_base`].
pub const FIXED_BASE_COST: usize =
    WINDOWS * DIGIT_COST + (WINDOWS - 2) * MONTGOMERY_ADD_COST + CONVERSION_COST + 2 * ADD_COST + ADD_CONSTANT_COST;
/// Constraints of [`multiply`].
pub const MULTIPLY_COST: usize = 3
    + (MONTGOMERY_DOUBLE_COST - 1)
    + CONVERSION_COST
    + MONTGOMERY_ADD_COST
    + CHALLENGE_BITS / 2 * (4 + MONTGOMERY_DOUBLE_COST + ADD_TWICE_COST)
    + 2 * CONVERSION_COST
    + ADD_COST;

/// `√-40964`: the curve of the coordinates `(u, u/x)` has `-40964·v²` on its left side.
static SCALE: LazyLock<Fr> = LazyLock::new(|| {
    // It is a square; any of its roots does.
    Option::<Fr>::from((-Fr::from(A + 2)).sqrt()).unwrap_or(Fr::zero())
});

/// A point in Montgomery coordinates, not the identity.
#[derive(Clone)]
struct Montgomery {
    u: Num,
    v: Num,
}

/// `(u, v)` of Edwards coordinates; zeros for a point that has none.
fn of_edwards((x, y): (Fr, Fr)) -> (Fr, Fr) {
    let u = (Fr::one() + y) * inverse_or_zero(&(Fr::one() - y));
    (u, *SCALE * u * inverse_or_zero(&x))
}

/// A wire `a·b - c`. One constraint.
fn product_less<CS: ConstraintSystem<Fr>>(
    cs: &mut CS,
    name: &'static str,
    a: &Num,
    b: &Num,
    c: &Num,
) -> Result<Num, SynthesisError> {
    let value = a.value().zip(b.value()).zip(c.value()).map(|((a, b), c)| a * b - c);
    let wire = Num::alloc(cs, || name, value)?;
    enforce_product(cs, || name, a, b, &(&wire + c));
    Ok(wire)
}

impl Montgomery {
    /// The sum with a point at the other `u`, to which the line from this point has the given slope. Two constraints.
    fn third<CS: ConstraintSystem<Fr>>(&self, cs: &mut CS, slope: &Num, other_u: &Num) -> Result<Self, SynthesisError> {
        let sum = (&self.u + other_u).add_constant(Fr::from(A));
        let u = product_less(cs, "u", slope, slope, &sum)?;
        let v = product_less(cs, "v", slope, &(&self.u - &u), &self.v)?;
        Ok(Self { u, v })
    }

    /// The sum with a point of another `u`. [`MONTGOMERY_ADD_COST`] constraints.
    fn add<CS: ConstraintSystem<Fr>>(
        &self,
        cs: &mut CS,
        name: &'static str,
        other: &Self,
    ) -> Result<Self, SynthesisError> {
        let mut cs = cs.namespace(|| name);
        let slope = (&other.v - &self.v).div(&mut cs, || "slope", &(&other.u - &self.u))?;
        self.third(&mut cs, &slope, &other.u)
    }

    /// The double of a point that is not of order two, with the square of its `u`. [`MONTGOMERY_DOUBLE_COST`]
    /// constraints less one.
    fn double_with<CS: ConstraintSystem<Fr>>(
        &self,
        cs: &mut CS,
        name: &'static str,
        square: &Num,
    ) -> Result<Self, SynthesisError> {
        let mut cs = cs.namespace(|| name);
        let rise = (square * 3 + &(&self.u * (2 * A))).add_constant(Fr::one());
        let slope = rise.div(&mut cs, || "slope", &(&self.v * 2))?;
        self.third(&mut cs, &slope, &self.u)
    }

    /// The double of a point that is not of order two. [`MONTGOMERY_DOUBLE_COST`] constraints.
    fn double<CS: ConstraintSystem<Fr>>(&self, cs: &mut CS, name: &'static str) -> Result<Self, SynthesisError> {
        let square = self.u.mul(&mut cs.namespace(|| name), || "u squared", &self.u)?;
        self.double_with(cs, name, &square)
    }

    /// `(self + other) + self`, where neither of the two sums is of points with the same `u`. [`ADD_TWICE_COST`]
    /// constraints.
    ///
    /// Of the first sum `U` only `u` is computed: its `v` is `slope·(u - u_U) - v`, so the slope from `self` to `U` is
    /// `-slope - 2·v/(u_U - u)`.
    fn add_twice<CS: ConstraintSystem<Fr>>(
        &self,
        cs: &mut CS,
        name: &'static str,
        other: &Self,
    ) -> Result<Self, SynthesisError> {
        let mut cs = cs.namespace(|| name);
        let first = (&other.v - &self.v).div(&mut cs, || "first slope", &(&other.u - &self.u))?;
        let sum = (&self.u + &other.u).add_constant(Fr::from(A));
        let between = product_less(&mut cs, "u between", &first, &first, &sum)?;
        let part = (&self.v * 2).div(&mut cs, || "second slope", &(&self.u - &between))?;
        self.third(&mut cs, &(part - &first), &between)
    }

    /// The point with `v` negated where the bit is zero. One constraint.
    fn negate_unless<CS: ConstraintSystem<Fr>>(&self, cs: &mut CS, keep: &Bit) -> Result<Self, SynthesisError> {
        let sign = (keep.num() * 2).add_constant(-Fr::one());
        Ok(Self {
            u: self.u.clone(),
            v: self.v.mul(cs, || "signed v", &sign)?,
        })
    }

    /// Edwards coordinates of a point whose order is not below five. [`CONVERSION_COST`] constraints.
    fn to_edwards<CS: ConstraintSystem<Fr>>(&self, cs: &mut CS, name: &'static str) -> Result<Point, SynthesisError> {
        let mut cs = cs.namespace(|| name);
        Ok(Point {
            x: self.u.scale(*SCALE).div(&mut cs, || "x", &self.v)?,
            y: (&self.u - Num::one()).div(&mut cs, || "y", &(&self.u + Num::one()))?,
        })
    }

    /// The point is the one with these Edwards coordinates, and of no order below five. [`CONVERSION_COST`]
    /// constraints.
    fn enforce_is<CS: ConstraintSystem<Fr>>(&self, cs: &mut CS, name: &'static str, point: &Point) {
        let mut cs = cs.namespace(|| name);
        enforce_product(&mut cs, || "x", &point.x, &self.v, &self.u.scale(*SCALE));
        let [above, below] = [&self.u + Num::one(), &self.u - Num::one()];
        enforce_product(&mut cs, || "y", &point.y, &above, &below);
    }
}

/// The windows of the generator but the last, in Montgomery coordinates.
static MONTGOMERY: LazyLock<Vec<Points>> = LazyLock::new(|| {
    let windows = FIXED.windows.iter().take(WINDOWS - 1);
    windows.map(|points| points.map(of_edwards)).collect()
});

/// The point of a digit. One constraint.
fn point_of<CS: ConstraintSystem<Fr>>(
    cs: &mut CS,
    digit: &Digit,
    points: &Points,
) -> Result<Montgomery, SynthesisError> {
    let (u, v) = digit.look_up(points);
    Montgomery { u, v }.negate_unless(cs, &digit.positive)
}

/// `start + s·G` for a scalar of 252 bits. [`FIXED_BASE_COST`] constraints.
///
/// The sum of the windows ([`super::window`]). The prover may choose any digits: whatever they are, the result is some
/// multiple of `G`, and a response is nothing more than that.
///
/// No exception in Montgomery coordinates: the sum of the windows below `w` is `k·G/2` with `k` odd and `|k| < 8^w`,
/// the next point is `m·G/2` with `8^w <= |m| <= 7·8^w`, so neither `k - m` nor `k + m` is zero, and both are below
/// `8^(w+1)` in size, which up to the last window but one is at most `8^83 = 2^249`, less than the order of `G`. In the
/// last window it is not, so its point is added by the complete formulas.
pub fn add_fixed_base<CS: ConstraintSystem<Fr>>(
    cs: &mut CS,
    name: &'static str,
    start: &Point,
    scalar: Option<&[u8; 32]>,
) -> Result<Point, SynthesisError> {
    let mut cs = cs.namespace(|| name);
    let mut sum: Option<Montgomery> = None;
    for (w, points) in MONTGOMERY.iter().enumerate() {
        let mut cs = cs.namespace(|| format!("window {w}"));
        let digit = Digit::alloc(&mut cs, w, scalar)?;
        let point = point_of(&mut cs, &digit, points)?;
        sum = Some(match sum {
            None => point,
            Some(sum) => sum.add(&mut cs, "sum", &point)?,
        });
    }
    let start = start.add_constant(&mut cs, "correction", &FIXED.correction)?;
    let mut cs = cs.namespace(|| format!("window {}", WINDOWS - 1));
    let last = Digit::alloc(&mut cs, WINDOWS - 1, scalar)?.edwards(&mut cs, &FIXED.windows[WINDOWS - 1])?;
    let start = start.add(&mut cs, "last window", &last)?;
    // There is more than one window.
    let sum = sum.ok_or(SynthesisError::AssignmentMissing)?;
    let sum = sum.to_edwards(&mut cs, "sum of the others")?;
    start.add(&mut cs, "sum", &sum)
}

/// `c·P` for 128 bits, lowest first, and a point of the prime-order subgroup that is not the identity.
/// [`MULTIPLY_COST`] constraints.
///
/// With a point `H` of which `P` is the double and signed bits `e_i = 2·c_i - 1`, `Σ e_i·2^i·H = c·P - (2^128 - 1)·H`;
/// a Horner scheme that starts at `H` adds `2^128·H`, so its end less `H` is `c·P`. Two signed bits make a digit ±1 or
/// ±3. `H` is not unique (a point of order two can be added), but `2·H = P` is all that the sum relies on.
///
/// No exception in Montgomery coordinates: every sum is `k·H` with `k` odd and `0 < k < 2^129`, and a step makes `4k +
/// d` of it as `(2k + d) + 2k`. `H` is of the prime order or twice it, so points of multiples that differ, up to sign,
/// modulo the order have different `u`: `2k` and `d` differ in parity and so do `2k + d` and `2k`, and all are far
/// below the order.
pub fn multiply<CS: ConstraintSystem<Fr>>(
    cs: &mut CS,
    name: &'static str,
    point: &Point,
    scalar: &[Bit],
) -> Result<Point, SynthesisError> {
    debug_assert_eq!(scalar.len(), CHALLENGE_BITS);
    let mut cs = cs.namespace(|| name);
    let value = point.value().map(|p| of_edwards(halve(p)));
    let h = Montgomery {
        u: Num::alloc(&mut cs, || "half u", value.map(|v| v.0))?,
        v: Num::alloc(&mut cs, || "half v", value.map(|v| v.1))?,
    };
    let square = h.u.mul(&mut cs, || "u squared", &h.u)?;
    let cubic = square.mul(&mut cs, || "cubic part", &h.u.clone().add_constant(Fr::from(A)))?;
    enforce_product(&mut cs, || "half on the curve", &h.v, &h.v, &(cubic + &h.u));
    let double = h.double_with(&mut cs, "half doubled", &square)?;
    double.enforce_is(&mut cs, "double of the half", point);
    let triple = double.add(&mut cs, "triple", &h)?;
    let mut sum = h.clone();
    for (i, bits) in scalar.chunks(2).enumerate().rev() {
        let mut cs = cs.namespace(|| format!("window {i}"));
        let [low, high] = [&bits[0], &bits[1]];
        let one = low.xor(&mut cs, "size is one", high)?;
        let size = Montgomery {
            u: select(&mut cs, || "size u", &one, &h.u, &triple.u)?,
            v: select(&mut cs, || "size v", &one, &h.v, &triple.v)?,
        };
        let digit = size.negate_unless(&mut cs, high)?;
        sum = sum.double(&mut cs, "double")?.add_twice(&mut cs, "sum", &digit)?;
    }
    let [sum, h] = [sum.to_edwards(&mut cs, "sum")?, h.to_edwards(&mut cs, "half")?];
    sum.add(&mut cs, "less the half", &h.negate())
}
