//! Multiples of points of Jubjub in Montgomery coordinates, `v² = u³ + 40962·u² + u`.
//!
//! An addition costs three constraints here against six in Edwards coordinates, but it has exceptions: the identity, and
//! two points with the same `u`. A slope that is divided by zero could be anything, so every sum below says why its points
//! are never exceptional, whatever the prover chooses: all are known odd or even multiples of one point of large order.

use std::sync::LazyLock;

use bellman::{ConstraintSystem, SynthesisError};
use cloister_crypto::{
    constants::{CHALLENGE_BITS, SIGNATURE_SCALAR_BITS},
    jubjub::{self, AffinePoint, ExtendedPoint},
    schnorr::{generator, is_on_curve},
};
use ff::Field;

use super::{
    boolean::Bit,
    jubjub::{Point, ADD_COST},
    num::{enforce_product, select, Num},
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
/// Constraints of adding a constant point in Edwards coordinates.
const ADD_CONSTANT_COST: usize = 3;
/// Bits of a fixed-base window.
const FIXED_WINDOW: usize = 3;
/// Windows of a fixed-base multiplication.
const FIXED_WINDOWS: usize = SIGNATURE_SCALAR_BITS.div_ceil(FIXED_WINDOW);
/// Constraints of choosing the point of a fixed-base window.
const FIXED_CHOICE_COST: usize = FIXED_WINDOW + 2;
/// Constraints of [`add_fixed_base`].
pub const FIXED_BASE_COST: usize = FIXED_WINDOWS * FIXED_CHOICE_COST
    + (FIXED_WINDOWS - 2) * MONTGOMERY_ADD_COST
    + CONVERSION_COST
    + 2 * ADD_COST
    + ADD_CONSTANT_COST;
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
fn coordinates((x, y): (Fr, Fr)) -> (Fr, Fr) {
    let invert = |x: Fr| Option::<Fr>::from(x.invert()).unwrap_or(Fr::zero());
    let u = (Fr::one() + y) * invert(Fr::one() - y);
    (u, *SCALE * u * invert(x))
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

    /// The double of a point that is not of order two, with the square of its `u`. [`MONTGOMERY_DOUBLE_COST`] constraints less
    /// one.
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

    /// `(self + other) + self`, where neither of the two sums is of points with the same `u`. [`ADD_TWICE_COST`] constraints.
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

    /// The point is the one with these Edwards coordinates, and of no order below five. [`CONVERSION_COST`] constraints.
    fn enforce_is<CS: ConstraintSystem<Fr>>(&self, cs: &mut CS, name: &'static str, point: &Point) {
        let mut cs = cs.namespace(|| name);
        enforce_product(&mut cs, || "x", &point.x, &self.v, &self.u.scale(*SCALE));
        let [above, below] = [&self.u + Num::one(), &self.u - Num::one()];
        enforce_product(&mut cs, || "y", &point.y, &above, &below);
    }
}

fn edwards(point: ExtendedPoint) -> (Fr, Fr) {
    let affine = AffinePoint::from(point);
    (affine.get_u(), affine.get_v())
}

fn half() -> jubjub::Fr {
    // 2 is invertible: the order is an odd prime.
    jubjub::Fr::from(2).invert().unwrap_or(jubjub::Fr::zero())
}

/// The points of a window: its odd multiples `1, 3, 5, 7`.
type Window = [(Fr, Fr); 1 << (FIXED_WINDOW - 1)];

/// Points of the windows of `G/2`: for window `w` the points `{1, 3, 5, 7}·8^w·G/2`, and the correction
/// `(8^windows - 1)·G/2`.
struct FixedBase {
    /// All windows but the last, in Montgomery coordinates.
    windows: Vec<Window>,
    /// The last one, in Edwards coordinates.
    last: Window,
    correction: AffinePoint,
}

static FIXED: LazyLock<FixedBase> = LazyLock::new(|| {
    let base = ExtendedPoint::from(generator()) * half();
    let mut step = base;
    let mut windows = Vec::with_capacity(FIXED_WINDOWS);
    for _ in 0..FIXED_WINDOWS {
        let double = step.double();
        let mut odd = step;
        let window: Window = std::array::from_fn(|_| {
            let point = edwards(odd);
            odd += double;
            point
        });
        windows.push(window);
        step = double.double().double();
    }
    let last = windows.pop().unwrap_or_default();
    FixedBase {
        windows: windows.into_iter().map(|window| window.map(coordinates)).collect(),
        last,
        correction: AffinePoint::from(step - base),
    }
});

/// A signed odd digit of a window: `±(1 + 2·m0 + 4·m1)`.
struct Digit {
    positive: Bit,
    m0: Bit,
    m1: Bit,
    both: Bit,
}

impl Digit {
    /// Of three signed bits; below a leading zero the bits of the size are complemented. Four constraints.
    fn alloc<CS: ConstraintSystem<Fr>>(
        cs: &mut CS,
        window: usize,
        scalar: Option<&[u8; 32]>,
    ) -> Result<Self, SynthesisError> {
        let bit = |i: usize| scalar.map(|bytes| bytes[i / 8] >> (i % 8) & 1 == 1);
        let [b0, b1, b2] = std::array::from_fn(|k| bit(FIXED_WINDOW * window + k));
        let complement = |b: Option<bool>| b.zip(b2).map(|(b, b2)| b == b2);
        let positive = Bit::alloc(cs, || "positive", b2)?;
        let m0 = Bit::alloc(cs, || "size 0", complement(b0))?;
        let m1 = Bit::alloc(cs, || "size 1", complement(b1))?;
        let both = m0.and(cs, "size 0 and 1", &m1)?;
        Ok(Self { positive, m0, m1, both })
    }

    /// One coordinate of the point of the size. Free.
    fn lookup(&self, window: &Window, coordinate: fn(&(Fr, Fr)) -> Fr) -> Num {
        let [p0, p1, p2, p3] = std::array::from_fn(|k| coordinate(&window[k]));
        Num::sum([
            (p0, &Num::one()),
            (p1 - p0, self.m0.num()),
            (p2 - p0, self.m1.num()),
            (p3 - p2 - p1 + p0, self.both.num()),
        ])
    }

    /// The point in Montgomery coordinates. One constraint.
    fn montgomery<CS: ConstraintSystem<Fr>>(&self, cs: &mut CS, window: &Window) -> Result<Montgomery, SynthesisError> {
        let size = Montgomery {
            u: self.lookup(window, |p| p.0),
            v: self.lookup(window, |p| p.1),
        };
        size.negate_unless(cs, &self.positive)
    }

    /// The point in Edwards coordinates. One constraint.
    fn edwards<CS: ConstraintSystem<Fr>>(&self, cs: &mut CS, window: &Window) -> Result<Point, SynthesisError> {
        let sign = (self.positive.num() * 2).add_constant(-Fr::one());
        Ok(Point {
            x: self.lookup(window, |p| p.0).mul(cs, || "signed x", &sign)?,
            y: self.lookup(window, |p| p.1),
        })
    }
}

/// `start + s·G` for a scalar of 252 bits. [`FIXED_BASE_COST`] constraints.
///
/// With the signed bits `e_i = 2·b_i - 1`, `Σ e_i·2^i = 2s - (2^252 - 1)`, so `s·G = Σ e_i·2^i·(G/2) + (2^252 - 1)·(G/2)`.
/// Three signed bits make an odd digit up to 7 in size. The prover may choose any digits: whatever they are, the result is
/// some multiple of `G`, which is all that a response is.
///
/// No exception in Montgomery coordinates: the sum of the windows below `w` is `k·G/2` with `k` odd and `|k| < 8^w`, the
/// next point is `m·G/2` with `8^w <= |m| <= 7·8^w`, so neither `k - m` nor `k + m` is zero, and both are below `8^(w+1)`
/// in size, which up to the last window but one is at most `8^83 = 2^249`, less than the order of `G`. In the last window it is
/// not, so its point is added by the complete formulas.
pub fn add_fixed_base<CS: ConstraintSystem<Fr>>(
    cs: &mut CS,
    name: &'static str,
    start: &Point,
    scalar: Option<&[u8; 32]>,
) -> Result<Point, SynthesisError> {
    let mut cs = cs.namespace(|| name);
    let mut sum: Option<Montgomery> = None;
    for (w, window) in FIXED.windows.iter().enumerate() {
        let mut cs = cs.namespace(|| format!("window {w}"));
        let point = Digit::alloc(&mut cs, w, scalar)?.montgomery(&mut cs, window)?;
        sum = Some(match sum {
            None => point,
            Some(sum) => sum.add(&mut cs, "sum", &point)?,
        });
    }
    let start = start.add_constant(&mut cs, "correction", &FIXED.correction)?;
    let mut cs = cs.namespace(|| format!("window {}", FIXED_WINDOWS - 1));
    let last = Digit::alloc(&mut cs, FIXED_WINDOWS - 1, scalar)?.edwards(&mut cs, &FIXED.last)?;
    let start = start.add(&mut cs, "last window", &last)?;
    // There is more than one window.
    let sum = sum.ok_or(SynthesisError::AssignmentMissing)?;
    let sum = sum.to_edwards(&mut cs, "sum of the others")?;
    start.add(&mut cs, "sum", &sum)
}

/// `P/2` for a point of the prime-order subgroup, for the witness of [`multiply`].
fn halve((x, y): (Fr, Fr)) -> (Fr, Fr) {
    if !is_on_curve(&x, &y) {
        // No half exists, and no other point of the curve has the coordinates either.
        return (Fr::zero(), Fr::one());
    }
    edwards(ExtendedPoint::from(AffinePoint::from_raw_unchecked(x, y)) * half())
}

/// `c·P` for 128 bits, lowest first, and a point of the prime-order subgroup that is not the identity. [`MULTIPLY_COST`]
/// constraints.
///
/// With a point `H` of which `P` is the double and signed bits `e_i = 2·c_i - 1`, `Σ e_i·2^i·H = c·P - (2^128 - 1)·H`; a
/// Horner scheme that starts at `H` adds `2^128·H`, so its end less `H` is `c·P`. Two signed bits make a digit ±1 or ±3.
/// `H` is not unique (a point of order two can be added), but `2·H = P` is all that the sum uses.
///
/// No exception in Montgomery coordinates: every sum is `k·H` with `k` odd and `0 < k < 2^129`, and a step makes `4k + d` of
/// it as `(2k + d) + 2k`. `H` is of the prime order or twice it, so points of multiples that differ, up to sign, modulo the
/// order have different `u`: `2k` and `d` differ in parity and so do `2k + d` and `2k`, and all are far below the order.
pub fn multiply<CS: ConstraintSystem<Fr>>(
    cs: &mut CS,
    name: &'static str,
    point: &Point,
    scalar: &[Bit],
) -> Result<Point, SynthesisError> {
    debug_assert_eq!(scalar.len(), CHALLENGE_BITS);
    let mut cs = cs.namespace(|| name);
    let value = point.value().map(|p| coordinates(halve(p)));
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
