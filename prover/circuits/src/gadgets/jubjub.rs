//! Points of Jubjub in affine coordinates, with complete formulas.
//!
//! The curve is `-x² + y² = 1 + d·x²·y²` with `d` not a square, so for points on the curve no denominator below is ever
//! zero and the formulas have no exceptions. Every point entering a formula must be on the curve.

use bellman::{ConstraintSystem, SynthesisError};
use cloister_crypto::{
    jubjub::{self, AffinePoint, ExtendedPoint},
    schnorr::{is_on_curve, EDWARDS_D},
};

use super::{
    boolean::Bit,
    choice::select,
    inverse::inverse_or_zero,
    num::{enforce_equal, enforce_product, Num},
};
use crate::Fr;

/// Constraints of [`Point::enforce_on_curve`].
pub const ON_CURVE_COST: usize = 3;
/// Constraints of [`Point::add`].
pub const ADD_COST: usize = 6;
/// Constraints of [`Point::double`].
pub const DOUBLE_COST: usize = 5;
/// Constraints of [`Point::add_constant`].
pub(super) const ADD_CONSTANT_COST: usize = 3;
/// Constraints of [`enforce_prime_order`].
pub const CLEARED_COST: usize = ON_CURVE_COST + 3 * DOUBLE_COST + 2 + 1;
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
        let inverse = self.x.value().map(|x| inverse_or_zero(&x));
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
    pub(super) fn negate_unless<CS: ConstraintSystem<Fr>>(
        &self,
        cs: &mut CS,
        keep: &Bit,
    ) -> Result<Self, SynthesisError> {
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

    /// The sum with a constant point. [`ADD_CONSTANT_COST`] constraints.
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

/// Affine coordinates.
pub(super) fn coordinates(point: ExtendedPoint) -> (Fr, Fr) {
    let affine = AffinePoint::from(point);
    (affine.get_u(), affine.get_v())
}

/// One half modulo the order of the subgroup.
pub(super) fn half() -> jubjub::Fr {
    // 2 is invertible: the order is an odd prime.
    jubjub::Fr::from(2).invert().unwrap_or(jubjub::Fr::zero())
}

/// `P/2` for a point of the prime-order subgroup, for witnesses.
pub(super) fn halve((x, y): (Fr, Fr)) -> (Fr, Fr) {
    if !is_on_curve(&x, &y) {
        // No half exists; the double of any point on the curve is another point.
        return (Fr::zero(), Fr::one());
    }
    coordinates(ExtendedPoint::from(AffinePoint::from_raw_unchecked(x, y)) * half())
}

/// Proves that a point is in the prime-order subgroup and not the identity, from a `preimage` P' with `P = 8·P'`;
/// returns `4·P'`, a half of the point. [`CLEARED_COST`] constraints.
///
/// Eight times a point of the curve is in the subgroup, whatever the point. In the subgroup only the identity has `x =
/// 0`. The preimage is not unique (a point of order eight can be added); nothing but its multiple by eight is used.
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
