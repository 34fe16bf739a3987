//! Sums of products of limbs at one place.

use super::{
    constants::{Of, HIGH},
    limbs::cut,
    register::{Fused, Register, Sum, PLACES},
};

/// Of limbs of 48 bits: a product is cut in two where it is added. What is a multiple of `2^48` (or `2^49`) is part of
/// `high`, which has [`HIGH`] too much, and the rest of `low`.
///
/// At a place are sixteen products at most of which one factor is carried and the other a sum of two that are, or eight
/// of two such sums: `2^99` and less than `2^62`; what the reduction adds is less than `2^98`. So `high` stays between
/// `2^100` and `2^102`, no more than `2^48` is left for `low`, of either sign, and 24 of them are below `2^53`.
#[derive(Clone, Copy)]
pub struct Halves<V> {
    low: V,
    high: V,
}

/// Limbs of which [`Halves`] are sums.
pub const LONG: usize = 8;

impl<V: Fused> Halves<V> {
    /// Adds a product's terms at the place `K`.
    #[inline(always)]
    fn column<const K: usize, const L: usize>(columns: &mut [Self; PLACES], a: &[V; L], b: &[V; L]) {
        let mut sum = columns[K];
        for i in 0..L {
            if K >= i && K - i < L {
                sum.accumulate(a[i], b[K - i]);
            }
        }
        columns[K] = sum;
    }
}

impl<V: Fused> Sum<V> for Halves<V> {
    const PASSES: usize = 1;

    #[inline(always)]
    fn zero() -> Self {
        Self {
            low: V::splat(0.0),
            high: V::splat(HIGH),
        }
    }

    #[inline(always)]
    fn accumulate(&mut self, a: V, b: V) {
        let sum = a.multiply_add(b, self.high);
        let rest = a.multiply_add(b, self.high.minus(sum));
        self.high = sum;
        self.low = self.low.plus(rest);
    }

    #[inline(always)]
    fn add(&mut self, number: V) {
        self.low = self.low.plus(number);
    }

    #[inline(always)]
    fn own(&self) -> V {
        self.low
    }

    #[inline(always)]
    fn value(&self, below: &Self) -> V {
        let carried = below.high.minus(V::splat(HIGH));
        carried.multiply_add(V::splat(Of::<LONG>::PART), self.low)
    }

    #[inline(always)]
    fn factor(low: V) -> V {
        let inverse = V::splat(Of::<LONG>::INVERSE);
        let rounded = low.multiply_add(inverse, V::splat(HIGH));
        low.multiply_add(inverse, V::splat(HIGH).minus(rounded))
    }

    #[inline(always)]
    fn quotient(low: V, factor: V) -> V {
        // A whole number below `2^47`, so it is exact.
        let part = Of::<LONG>::PART;
        factor.multiply_add(V::splat(Of::<LONG>::MODULUS[0] * part), low.times(V::splat(part)))
    }

    #[inline(always)]
    fn add_product<const L: usize>(columns: &mut [Self; PLACES], a: &[V; L], b: &[V; L]) {
        const { assert!(L == LONG) };
        Self::column::<0, L>(columns, a, b);
        Self::column::<1, L>(columns, a, b);
        Self::column::<2, L>(columns, a, b);
        Self::column::<3, L>(columns, a, b);
        Self::column::<4, L>(columns, a, b);
        Self::column::<5, L>(columns, a, b);
        Self::column::<6, L>(columns, a, b);
        Self::column::<7, L>(columns, a, b);
        Self::column::<8, L>(columns, a, b);
        Self::column::<9, L>(columns, a, b);
        Self::column::<10, L>(columns, a, b);
        Self::column::<11, L>(columns, a, b);
        Self::column::<12, L>(columns, a, b);
        Self::column::<13, L>(columns, a, b);
        Self::column::<14, L>(columns, a, b);
    }
}

/// Of limbs of 24 bits: products and their sums are exact as they are, whether the multiplication and the addition are
/// rounded once or twice.
///
/// At a place are 32 products at most of which one factor is carried and the other a sum of two that are, or sixteen of
/// two such sums: `2^52` and less than `2^38`; what the reduction adds is less than `2^50`.
#[derive(Clone, Copy)]
pub struct Whole<V>(V);

/// Limbs of which [`Whole`] are sums.
pub const SHORT: usize = 16;
/// Limbs that a pass over the other number is made with.
const PANEL: usize = 4;

impl<V: Register> Sum<V> for Whole<V> {
    /// Sums are below `2^53`, what is carried from them below `2^29`, and what is carried then below `2^6`.
    const PASSES: usize = 2;

    #[inline(always)]
    fn zero() -> Self {
        Self(V::splat(0.0))
    }

    #[inline(always)]
    fn accumulate(&mut self, a: V, b: V) {
        self.0 = a.multiply_add(b, self.0);
    }

    #[inline(always)]
    fn add(&mut self, number: V) {
        self.0 = self.0.plus(number);
    }

    #[inline(always)]
    fn own(&self) -> V {
        self.0
    }

    #[inline(always)]
    fn value(&self, _: &Self) -> V {
        self.0
    }

    #[inline(always)]
    fn factor(low: V) -> V {
        cut::<V, SHORT>(low.times(V::splat(Of::<SHORT>::INVERSE))).0
    }

    #[inline(always)]
    fn quotient(low: V, factor: V) -> V {
        let multiple = factor.multiply_add(V::splat(Of::<SHORT>::MODULUS[0]), low);
        multiple.times(V::splat(Of::<SHORT>::PART))
    }

    /// Four limbs at a time stay in registers, and so do the four sums that they are about to be added to.
    #[inline(always)]
    fn add_product<const L: usize>(columns: &mut [Self; PLACES], a: &[V; L], b: &[V; L]) {
        const { assert!(L == SHORT) };
        for first in 0..L / PANEL {
            let first = first * PANEL;
            let (a0, a1, a2, a3) = (a[first], a[first + 1], a[first + 2], a[first + 3]);
            let (mut s0, mut s1, mut s2) = (columns[first], columns[first + 1], columns[first + 2]);
            for j in 0..L {
                let mut s3 = columns[first + j + 3];
                s0.accumulate(a0, b[j]);
                s1.accumulate(a1, b[j]);
                s2.accumulate(a2, b[j]);
                s3.accumulate(a3, b[j]);
                columns[first + j] = s0;
                (s0, s1, s2) = (s1, s2, s3);
            }
            columns[first + L] = s0;
            columns[first + L + 1] = s1;
            columns[first + L + 2] = s2;
        }
    }
}
