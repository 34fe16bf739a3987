//! Limbs of 48 bits in doubles: limb `i` of some numbers is one register.
//!
//! A limb is a whole number. **Carried** limbs lie between `-c` and `c` with `c = 2^47 + 2^7`. Products are exact as
//! long as the sums of products that are reduced together are ([`reduced`]).

use super::{
    constants::{FOLDED, FOLDS, HIGH, INVERSE, LIMBS, MODULUS, PART, RATIO, ROUND, WHOLE},
    Register,
};

/// Some numbers.
pub type Limbs<V> = [V; LIMBS];

/// Places of the limbs of a product, and one for what the highest of them carries.
const DOUBLE: usize = 2 * LIMBS;

/// Sums of products of limbs, by the sum of the places of both.
///
/// A product is cut in two where it is added: what is a multiple of `2^48` (or `2^49`) is part of `high`, which has
/// [`HIGH`] too much, and the rest of `low`. With the bounds of [`reduced`] `high` stays between `2^100` and `2^102`,
/// so that no more than `2^48` is left for `low`, of either sign; 24 of them are below `2^53`.
#[derive(Clone, Copy)]
struct Columns<V> {
    low: [V; DOUBLE],
    high: [V; DOUBLE],
}

/// Adds a product of limbs.
#[inline(always)]
fn accumulate<V: Register>(low: &mut V, high: &mut V, a: V, b: V) {
    let sum = a.multiply_add(b, *high);
    let rest = a.multiply_add(b, high.minus(sum));
    *high = sum;
    *low = low.plus(rest);
}

impl<V: Register> Columns<V> {
    #[inline(always)]
    fn new() -> Self {
        Self {
            low: [V::splat(0.0); DOUBLE],
            high: [V::splat(HIGH); DOUBLE],
        }
    }

    /// Adds a product's terms at the place `K`.
    #[inline(always)]
    fn column<const K: usize>(&mut self, a: &Limbs<V>, b: &Limbs<V>) {
        let (mut low, mut high) = (self.low[K], self.high[K]);
        for i in 0..LIMBS {
            if K >= i && K - i < LIMBS {
                accumulate(&mut low, &mut high, a[i], b[K - i]);
            }
        }
        self.low[K] = low;
        self.high[K] = high;
    }

    /// Adds a product.
    #[inline(always)]
    fn add_product(&mut self, a: &Limbs<V>, b: &Limbs<V>) {
        self.column::<0>(a, b);
        self.column::<1>(a, b);
        self.column::<2>(a, b);
        self.column::<3>(a, b);
        self.column::<4>(a, b);
        self.column::<5>(a, b);
        self.column::<6>(a, b);
        self.column::<7>(a, b);
        self.column::<8>(a, b);
        self.column::<9>(a, b);
        self.column::<10>(a, b);
        self.column::<11>(a, b);
        self.column::<12>(a, b);
        self.column::<13>(a, b);
        self.column::<14>(a, b);
    }

    /// All that is at a place: below `2^53`.
    #[inline(always)]
    fn at(&self, k: usize) -> V {
        if k == 0 {
            self.low[0]
        } else {
            self.high[k - 1]
                .minus(V::splat(HIGH))
                .multiply_add(V::splat(PART), self.low[k])
        }
    }

    /// Takes the lowest places away, all at once: each limb is worth a number modulo the modulus at the place
    /// [`FOLDED`]. What is added is below `2^50` moduli there.
    #[inline(always)]
    fn fold(&mut self) {
        let mut limbs = [V::splat(0.0); FOLDED];
        let mut carry = V::splat(0.0);
        for k in 0..FOLDED {
            let (low, next) = cut(self.at(k));
            limbs[k] = low.plus(carry);
            carry = next;
        }
        self.low[FOLDED] = self.low[FOLDED].plus(carry);
        for j in 0..LIMBS {
            let (mut low, mut high) = (self.low[FOLDED + j], self.high[FOLDED + j]);
            for i in 0..FOLDED {
                accumulate(&mut low, &mut high, limbs[i], V::splat(FOLDS[i][j]));
            }
            self.low[FOLDED + j] = low;
            self.high[FOLDED + j] = high;
        }
    }

    /// Montgomery's step: makes what is at the place `k` a multiple of `2^48` with a multiple of the modulus, and moves
    /// it to the next. The factor is between `-2^47` and `2^47`.
    #[inline(always)]
    fn step(&mut self, k: usize) {
        let (low, carry) = cut(self.at(k));
        let inverse = V::splat(INVERSE);
        let rounded = low.multiply_add(inverse, V::splat(HIGH));
        let factor = low.multiply_add(inverse, V::splat(HIGH).minus(rounded));
        // A whole number below `2^47`, so it is exact.
        let quotient = factor.multiply_add(V::splat(MODULUS[0] * PART), low.times(V::splat(PART)));
        self.low[k + 1] = self.low[k + 1].plus(carry.plus(quotient));
        for j in 1..LIMBS {
            accumulate(
                &mut self.low[k + j],
                &mut self.high[k + j],
                factor,
                V::splat(MODULUS[j]),
            );
        }
    }

    /// What is left at the upper places, carried.
    #[inline(always)]
    fn upper(&self) -> Limbs<V> {
        let mut out = [V::splat(0.0); LIMBS];
        let mut carry = V::splat(0.0);
        for j in 0..LIMBS - 1 {
            let (low, next) = cut(self.at(LIMBS + j));
            out[j] = low.plus(carry);
            carry = next;
        }
        out[LIMBS - 1] = self.at(DOUBLE - 1).plus(carry);
        out
    }
}

/// A number below `2^53` as one between `-2^47` and `2^47` and a multiple of `2^48`, which is returned divided by that.
#[inline(always)]
fn cut<V: Register>(column: V) -> (V, V) {
    let carry = column
        .multiply_add(V::splat(PART), V::splat(ROUND))
        .minus(V::splat(ROUND));
    (carry.multiply_add(V::splat(-WHOLE), column), carry)
}

/// Columns over `2^384`, modulo the modulus: a `2^384`th part and half a modulus at most, of either sign.
///
/// Sixteen products of limbs at a place, of which one factor is carried and the other a sum of two that are, sum to
/// `2^99` and less than `2^62`; folding and both steps add less than `2^98`.
///
/// Every stage waits for the one before it, so the groups take them in turns.
#[inline(always)]
fn reduced<V: Register, const G: usize>(columns: &mut [Columns<V>; G]) -> [Limbs<V>; G] {
    for g in 0..G {
        columns[g].fold();
    }
    for g in 0..G {
        columns[g].step(FOLDED);
    }
    for g in 0..G {
        columns[g].step(FOLDED + 1);
    }
    let mut out = [[V::splat(0.0); LIMBS]; G];
    for g in 0..G {
        out[g] = columns[g].upper();
    }
    out
}

/// `a·b / 2^384` modulo the modulus, for `G` registers a limb.
#[inline(always)]
pub fn product<V: Register, const G: usize>(a: &[Limbs<V>; G], b: &[Limbs<V>; G]) -> [Limbs<V>; G] {
    let mut columns = [Columns::new(); G];
    for g in 0..G {
        columns[g].add_product(&a[g], &b[g]);
    }
    reduced(&mut columns)
}

/// `(a·b + c·d) / 2^384` modulo the modulus, likewise.
#[inline(always)]
pub fn two_products<V: Register, const G: usize>(
    a: &[Limbs<V>; G],
    b: &[Limbs<V>; G],
    c: &[Limbs<V>; G],
    d: &[Limbs<V>; G],
) -> [Limbs<V>; G] {
    let mut columns = [Columns::new(); G];
    for g in 0..G {
        columns[g].add_product(&a[g], &b[g]);
        columns[g].add_product(&c[g], &d[g]);
    }
    reduced(&mut columns)
}

/// The same number with carried limbs; limbs are below `2^52`.
#[inline(always)]
fn carry<V: Register>(t: &Limbs<V>) -> Limbs<V> {
    let mut out = *t;
    let mut carry = V::splat(0.0);
    for j in 0..LIMBS - 1 {
        let (low, next) = cut(t[j]);
        out[j] = low.plus(carry);
        carry = next;
    }
    out[LIMBS - 1] = t[LIMBS - 1].plus(carry);
    out
}

/// Carried, and half a modulus at most, of either sign: subtracts a multiple of the modulus. The number is below 14
/// moduli, its limbs below `2^51`.
#[inline(always)]
pub fn reduce<V: Register>(t: &Limbs<V>) -> Limbs<V> {
    let quotient = t[LIMBS - 1]
        .multiply_add(V::splat(RATIO), V::splat(ROUND))
        .minus(V::splat(ROUND));
    let mut out = *t;
    for j in 0..LIMBS {
        out[j] = quotient.multiply_add(V::splat(-MODULUS[j]), t[j]);
    }
    carry(&out)
}

/// Limb by limb sum, not carried.
#[inline(always)]
pub fn plus<V: Register>(a: &Limbs<V>, b: &Limbs<V>) -> Limbs<V> {
    let mut out = *a;
    for j in 0..LIMBS {
        out[j] = a[j].plus(b[j]);
    }
    out
}

/// Limb by limb difference, not carried.
#[inline(always)]
pub fn minus<V: Register>(a: &Limbs<V>, b: &Limbs<V>) -> Limbs<V> {
    let mut out = *a;
    for j in 0..LIMBS {
        out[j] = a[j].minus(b[j]);
    }
    out
}

/// Twelve times, not carried.
#[inline(always)]
pub fn times_12<V: Register>(a: &Limbs<V>) -> Limbs<V> {
    let mut out = *a;
    for limb in &mut out {
        *limb = limb.times(V::splat(12.0));
    }
    out
}

/// Negated where the bits of `signs` are those of a negative zero.
#[inline(always)]
pub fn signed<V: Register>(a: &Limbs<V>, signs: V) -> Limbs<V> {
    let mut out = *a;
    for limb in &mut out {
        *limb = limb.xor(signs);
    }
    out
}

/// `b` where the bits of the mask are set, `a` elsewhere.
#[inline(always)]
pub fn blend<V: Register>(a: &Limbs<V>, b: &Limbs<V>, mask: V) -> Limbs<V> {
    let mut out = *a;
    for j in 0..LIMBS {
        out[j] = a[j].xor(a[j].xor(b[j]).and(mask));
    }
    out
}
