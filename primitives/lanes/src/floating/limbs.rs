//! Numbers in `L` limbs that are doubles: limb `i` of some numbers is one register.
//!
//! A limb is a whole number of `b = 384 / L` bits and a sign. **Carried** limbs lie between `-c` and `c` with
//! `c = 2^(b-1) + 2^7`. Products are exact as long as the sums of products that are reduced together are
//! ([`reduced`]).

use super::{
    constants::{Of, ROUND},
    register::{Register, Sum, PLACES},
};
use core::hint::black_box;

/// A product that is not reduced.
#[derive(Clone, Copy)]
struct Columns<S>([S; PLACES]);

impl<S> Columns<S> {
    #[inline(always)]
    fn new<V: Register>() -> Self
    where
        S: Sum<V>,
    {
        Self([S::zero(); PLACES])
    }

    /// All that is at a place: below `2^53`.
    #[inline(always)]
    fn at<V: Register>(&self, k: usize) -> V
    where
        S: Sum<V>,
    {
        if k == 0 {
            self.0[0].own()
        } else {
            self.0[k].value(&self.0[k - 1])
        }
    }

    /// Takes the lowest places away, all at once: each limb is worth a number modulo the modulus at the place
    /// [`Of::FOLDED`].
    #[inline(always)]
    fn fold<V: Register, const L: usize>(&mut self)
    where
        S: Sum<V>,
    {
        let folded = Of::<L>::FOLDED;
        // A table in memory: constants that the code holds cost more than a read.
        let folds = if V::TABLES {
            black_box(&Of::<L>::FOLDS)
        } else {
            &Of::<L>::FOLDS
        };
        let mut limbs = [V::splat(0.0); L];
        for k in 0..folded {
            limbs[k] = self.at(k);
        }
        for _ in 0..S::PASSES {
            let mut carry = V::splat(0.0);
            for limb in &mut limbs[..folded] {
                let (low, next) = cut::<V, L>(*limb);
                *limb = low.plus(carry);
                carry = next;
            }
            self.0[folded].add(carry);
        }
        for j in 0..L {
            let mut sum = self.0[folded + j];
            for i in 0..folded {
                sum.accumulate(limbs[i], V::splat(folds[i][j]));
            }
            self.0[folded + j] = sum;
        }
    }

    /// Montgomery's step: makes what is at the place `k` a multiple of `2^b` with a multiple of the modulus, and moves
    /// it to the next. The factor is between `-2^(b-1)` and `2^(b-1)`.
    #[inline(always)]
    fn step<V: Register, const L: usize>(&mut self, k: usize)
    where
        S: Sum<V>,
    {
        let modulus = if V::TABLES {
            black_box(&Of::<L>::MODULUS)
        } else {
            &Of::<L>::MODULUS
        };
        let (low, carry) = cut::<V, L>(self.at(k));
        let factor = S::factor(low);
        self.0[k + 1].add(carry.plus(S::quotient(low, factor)));
        for j in 1..L {
            self.0[k + j].accumulate(factor, V::splat(modulus[j]));
        }
    }

    /// What is left at the upper places, carried.
    #[inline(always)]
    fn upper<V: Register, const L: usize>(&self) -> [V; L]
    where
        S: Sum<V>,
    {
        let mut out = [V::splat(0.0); L];
        for j in 0..L {
            out[j] = self.at(L + j);
        }
        for _ in 0..S::PASSES {
            out = carry(&out);
        }
        out
    }
}

/// A number below `2^53` as one between `-2^(b-1)` and `2^(b-1)` and a multiple of `2^b`, which is returned divided by
/// that.
#[inline(always)]
pub fn cut<V: Register, const L: usize>(column: V) -> (V, V) {
    let carry = column
        .multiply_add(V::splat(Of::<L>::PART), V::splat(ROUND))
        .minus(V::splat(ROUND));
    (carry.multiply_add(V::splat(-Of::<L>::WHOLE), column), carry)
}

/// Columns over `2^384`, modulo the modulus: a `2^384`th part and half a modulus at most, of either sign.
///
/// Every stage waits for the one before it, so the groups take them in turns.
#[inline(always)]
fn reduced<V: Register, S: Sum<V>, const G: usize, const L: usize>(columns: &mut [Columns<S>; G]) -> [[V; L]; G] {
    for g in 0..G {
        columns[g].fold::<V, L>();
    }
    for k in Of::<L>::FOLDED..L {
        for g in 0..G {
            columns[g].step::<V, L>(k);
        }
    }
    let mut out = [[V::splat(0.0); L]; G];
    for g in 0..G {
        out[g] = columns[g].upper();
    }
    out
}

/// `a·b / 2^384` modulo the modulus, for `G` registers a limb.
#[inline(always)]
pub fn product<V: Register, S: Sum<V>, const G: usize, const L: usize>(
    a: &[[V; L]; G],
    b: &[[V; L]; G],
) -> [[V; L]; G] {
    let mut columns = [Columns::new(); G];
    for g in 0..G {
        S::add_product(&mut columns[g].0, &a[g], &b[g]);
    }
    reduced::<V, S, G, L>(&mut columns)
}

/// `(a·b + c·d) / 2^384` modulo the modulus, likewise.
#[inline(always)]
pub fn two_products<V: Register, S: Sum<V>, const G: usize, const L: usize>(
    a: &[[V; L]; G],
    b: &[[V; L]; G],
    c: &[[V; L]; G],
    d: &[[V; L]; G],
) -> [[V; L]; G] {
    let mut columns = [Columns::new(); G];
    for g in 0..G {
        S::add_product(&mut columns[g].0, &a[g], &b[g]);
        S::add_product(&mut columns[g].0, &c[g], &d[g]);
    }
    reduced::<V, S, G, L>(&mut columns)
}

/// The same number; limbs that were below `2^(b+6)` are carried.
#[inline(always)]
fn carry<V: Register, const L: usize>(t: &[V; L]) -> [V; L] {
    let mut out = *t;
    let mut carry = V::splat(0.0);
    for j in 0..L - 1 {
        let (low, next) = cut::<V, L>(t[j]);
        out[j] = low.plus(carry);
        carry = next;
    }
    out[L - 1] = t[L - 1].plus(carry);
    out
}

/// Carried, and half a modulus at most, of either sign: subtracts a multiple of the modulus. The number is below 14
/// moduli, its limbs below `2^(b+4)`.
#[inline(always)]
pub fn reduce<V: Register, const L: usize>(t: &[V; L]) -> [V; L] {
    let quotient = t[L - 1]
        .multiply_add(V::splat(Of::<L>::RATIO), V::splat(ROUND))
        .minus(V::splat(ROUND));
    let mut out = *t;
    for j in 0..L {
        out[j] = quotient.multiply_add(V::splat(-Of::<L>::MODULUS[j]), t[j]);
    }
    carry(&out)
}

/// Limb by limb sum, not carried.
#[inline(always)]
pub fn plus<V: Register, const L: usize>(a: &[V; L], b: &[V; L]) -> [V; L] {
    let mut out = *a;
    for j in 0..L {
        out[j] = a[j].plus(b[j]);
    }
    out
}

/// Limb by limb difference, not carried.
#[inline(always)]
pub fn minus<V: Register, const L: usize>(a: &[V; L], b: &[V; L]) -> [V; L] {
    let mut out = *a;
    for j in 0..L {
        out[j] = a[j].minus(b[j]);
    }
    out
}

/// Twelve times, not carried.
#[inline(always)]
pub fn times_12<V: Register, const L: usize>(a: &[V; L]) -> [V; L] {
    let mut out = *a;
    for limb in &mut out {
        *limb = limb.times(V::splat(12.0));
    }
    out
}

/// Negated where the bits of `signs` are those of a negative zero.
#[inline(always)]
pub fn signed<V: Register, const L: usize>(a: &[V; L], signs: V) -> [V; L] {
    let mut out = *a;
    for limb in &mut out {
        *limb = limb.xor(signs);
    }
    out
}

/// `b` where the bits of the mask are set, `a` elsewhere.
#[inline(always)]
pub fn blend<V: Register, const L: usize>(a: &[V; L], b: &[V; L], mask: V) -> [V; L] {
    let mut out = *a;
    for j in 0..L {
        out[j] = a[j].xor(a[j].xor(b[j]).and(mask));
    }
    out
}
