//! Points of Jubjub over elements side by side: `-x² + y² = 1 + d·x²·y²`, in the extended coordinates of Hisil, Wong,
//! Carter and Dawson (2008), whose formulas are complete: on points of the curve no denominator is ever zero.
//!
//! Bounds, in moduli (`cloister_lanes::elements`): coordinates are below 2, and of what is added `plus` and `minus` are
//! below 4 and `t2d` below 2; each formula says how the result comes below 2 again.

// Loops over indices: closures and iterators are not part of the function that switches the instructions on.
#![allow(clippy::needless_range_loop)]

use cloister_lanes::{constants::R, Elements, LANES};

/// Points side by side, `x = X/Z`, `y = Y/Z`, `T = XY/Z`.
#[derive(Clone, Copy)]
pub struct Point<S> {
    pub x: S,
    pub y: S,
    pub z: S,
    pub t: S,
}

/// Points with `Z = 1`, prepared for additions.
#[derive(Clone, Copy)]
pub struct Flat<S> {
    /// `y + x`.
    pub plus: S,
    /// `y - x`.
    pub minus: S,
    /// `2·d·x·y`.
    pub t2d: S,
}

/// Points prepared for additions.
#[derive(Clone, Copy)]
pub struct Prepared<S> {
    pub flat: Flat<S>,
    pub z: S,
}

impl<S: Elements> Flat<S> {
    /// The negatives where the mask has bits.
    #[inline(always)]
    pub fn negated(&self, mask: u8) -> Self {
        Self {
            plus: self.plus.select(mask, &self.minus),
            minus: self.minus.select(mask, &self.plus),
            t2d: self.t2d.select(mask, &S::zero().sub(&self.t2d)),
        }
    }
}

impl<S: Elements> Point<S> {
    /// The point with `Z = 1`; coordinates below 2.
    #[inline(always)]
    pub fn of_coordinates(x: S, y: S, one: S) -> Self {
        Self {
            x,
            y,
            z: one,
            t: x.mul(&y),
        }
    }

    /// Prepares it for additions.
    #[inline(always)]
    pub fn prepared(&self, d2: &S) -> Prepared<S> {
        Prepared {
            flat: Flat {
                plus: self.y.add(&self.x),
                minus: self.y.sub(&self.x),
                t2d: self.t.mul(d2),
            },
            z: self.z,
        }
    }

    /// Twice the point, with `T`.
    #[inline(always)]
    pub fn double(&self) -> Self {
        let (e, f, g, h) = self.doubled();
        Self {
            t: e.mul(&h),
            ..Self::of_factors(e, f, g, h)
        }
    }

    /// Twice the point; `T` stays what it was, which the next doubling does not read.
    #[inline(always)]
    pub fn double_without_t(&self) -> Self {
        let (e, f, g, h) = self.doubled();
        Self {
            t: self.t,
            ..Self::of_factors(e, f, g, h)
        }
    }

    /// The squares of coordinates are below 1.2, of a sum of two below 1.5; so the factors are below 4.4, 5.6, 3.2 and
    /// 2.4, and their products below 1.8.
    #[inline(always)]
    fn doubled(&self) -> (S, S, S, S) {
        let (a, b, z2) = (self.x.sqr(), self.y.sqr(), self.z.sqr());
        let h = a.add(&b);
        let e = h.sub(&self.x.add(&self.y).sqr());
        let g = a.sub(&b);
        let f = z2.add(&z2).add(&g);
        (e, f, g, h)
    }

    /// All but `T`, which is zero.
    #[inline(always)]
    fn of_factors(e: S, f: S, g: S, h: S) -> Self {
        Self {
            x: e.mul(&f),
            y: g.mul(&h),
            z: f.mul(&g),
            t: S::zero(),
        }
    }

    /// The sum, `twice_z` being twice the product of both `Z`, below 4.
    ///
    /// Products with what is added are below 1.5, with `t2d` below 1.2; so the factors are below 3.5, 6, 5.2 and 3, and
    /// their products below 1.9.
    #[inline(always)]
    fn sum(&self, other: &Flat<S>, twice_z: &S) -> Self {
        let a = self.y.sub(&self.x).mul(&other.minus);
        let b = self.y.add(&self.x).mul(&other.plus);
        let c = self.t.mul(&other.t2d);
        let (e, h) = (b.sub(&a), b.add(&a));
        let (f, g) = (twice_z.sub(&c), twice_z.add(&c));
        Self {
            t: e.mul(&h),
            ..Self::of_factors(e, f, g, h)
        }
    }

    /// The sum with points whose `Z` is one.
    #[inline(always)]
    pub fn add_flat(&self, other: &Flat<S>) -> Self {
        self.sum(other, &self.z.add(&self.z))
    }

    /// The sum.
    #[inline(always)]
    pub fn add(&self, other: &Prepared<S>) -> Self {
        let z = self.z.mul(&other.z);
        self.sum(&other.flat, &z.add(&z))
    }
}

/// The point `-P` for keys given by their coordinates.
#[inline(always)]
pub fn negated_key<S: Elements>(x: &[[u64; 4]; LANES], y: &[[u64; 4]; LANES], one: &S) -> Point<S> {
    Point::of_coordinates(S::zero().sub(&S::from_words(x)), S::from_words(y), *one)
}

/// `x^(r - 2)`, four bits at a time. Bound: 1.5.
#[inline(always)]
fn invert<S: Elements>(x: &S, one: &S) -> S {
    let mut powers = [*one; 16];
    for i in 1..16 {
        powers[i] = powers[i - 1].mul(x);
    }
    let mut exponent = R;
    exponent[0] -= 2;
    let mut out = *one;
    for nibble in (0..64).rev() {
        for _ in 0..4 {
            out = out.sqr();
        }
        let digit = exponent[nibble / 16] >> (4 * (nibble % 16)) & 15;
        out = out.mul(&powers[digit as usize]);
    }
    out
}

/// `1/Z` of points of the curve, for which it is never zero, with one inversion for all. Bound: 1.5.
#[inline(always)]
pub fn inverses<S: Elements>(points: &[Point<S>], one: &S) -> Vec<S> {
    let mut out = Vec::with_capacity(points.len());
    let mut product = *one;
    for i in 0..points.len() {
        out.push(product);
        product = product.mul(&points[i].z);
    }
    let mut inverse = invert(&product, one);
    for i in (0..points.len()).rev() {
        out[i] = out[i].mul(&inverse);
        inverse = inverse.mul(&points[i].z);
    }
    out
}
