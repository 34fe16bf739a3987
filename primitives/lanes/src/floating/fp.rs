//! The base field of G1.
#![allow(unsafe_code)]

use super::{
    constants::{to_limbs, Of},
    limbs::{blend, minus, plus, reduce, signed, times_12},
    register::{Register, Sum},
};
use crate::{
    constants::{at_least, minus as words_minus, P},
    field::BaseField,
    lanes::{Lanes, Task, LANES},
};
use core::{marker::PhantomData, mem::size_of};

/// One element in memory: its limbs, tight.
#[derive(Clone, Copy, Debug, PartialEq)]
#[repr(C, align(64))]
pub struct StoredFp<const L: usize>(pub(super) [f64; L]);

/// Eight elements in `G` registers a limb.
pub struct Fp8<V, S, F, const G: usize, const L: usize>(pub(super) [[V; L]; G], PhantomData<(fn() -> S, F)>);

impl<V: Register, S, F, const G: usize, const L: usize> Clone for Fp8<V, S, F, G, L> {
    #[inline(always)]
    fn clone(&self) -> Self {
        *self
    }
}

impl<V: Register, S, F, const G: usize, const L: usize> Copy for Fp8<V, S, F, G, L> {}

/// For each of some registers' places zero, or negative zero, where the bit of the index is set.
static SIGNS: [[f64; 4]; 16] = places(0.0, -0.0);
/// Likewise nothing and all bits.
static MASKS: [[f64; 4]; 16] = places(0.0, f64::from_bits(u64::MAX));

const fn places(clear: f64, set: f64) -> [[f64; 4]; 16] {
    let mut out = [[clear; 4]; 16];
    let mut i = 0;
    while i < 64 {
        if (i / 4) >> (i % 4) & 1 == 1 {
            out[i / 4][i % 4] = set;
        }
        i += 1;
    }
    out
}

/// A field's element from its words.
pub(super) fn from_words<F: BaseField>(words: &[u64; 6]) -> F {
    const { assert!(size_of::<F>() == size_of::<[u64; 6]>()) };
    // SAFETY: the field's trait says that an element is six words.
    unsafe { core::ptr::from_ref(words).cast::<F>().read_unaligned() }
}

fn to_words<F: BaseField>(value: &F) -> [u64; 6] {
    const { assert!(size_of::<F>() == size_of::<[u64; 6]>()) };
    // SAFETY: as above.
    unsafe { core::ptr::from_ref(value).cast::<[u64; 6]>().read_unaligned() }
}

pub(super) fn to_ours<F: BaseField, const L: usize>(value: &F) -> [f64; L] {
    to_limbs(&to_words(value))
}

/// From limbs of a number between minus one modulus and one.
pub(super) fn to_field<F: BaseField, const L: usize>(limbs: &[f64; L]) -> F {
    // One modulus more, so that it is not negative; below two, and 2^382.
    let mut words = P;
    for (i, limb) in limbs.iter().enumerate() {
        let limb = *limb as i64;
        let bit = i as u32 * Of::<L>::BITS;
        let (word, shift) = ((bit / 64) as usize, bit % 64);
        let mut term = i128::from(limb) << shift;
        for word in &mut words[word..] {
            term += i128::from(*word);
            *word = term as u64;
            term >>= 64;
        }
    }
    if at_least(&words, &P) {
        words = words_minus(&words, &P);
    }
    from_words(&words)
}

/// The value whose part `g` is the expression. A closure in its place might not become part of the loop that switches
/// the instructions on.
macro_rules! each {
    ($g:ident => $part:expr) => {{
        let mut out = [[V::splat(0.0); L]; G];
        for $g in 0..G {
            out[$g] = $part;
        }
        Self::new(out)
    }};
}

impl<V: Register, S: Sum<V> + 'static, F: BaseField, const G: usize, const L: usize> Fp8<V, S, F, G, L> {
    #[inline(always)]
    pub(super) fn new(parts: [[V; L]; G]) -> Self {
        const { assert!(G * V::COUNT == LANES) };
        Self(parts, PhantomData)
    }

    /// `±self`, negated where the mask has bits.
    #[inline(always)]
    fn signed(&self, negate: u8) -> Self {
        each!(g => signed(&self.0[g], V::from_doubles(&SIGNS[place::<V>(negate, g)])))
    }

    /// `self - other`, limb by limb: not carried.
    #[inline(always)]
    pub(super) fn difference(&self, other: &Self) -> Self {
        each!(g => minus(&self.0[g], &other.0[g]))
    }

    /// Minus this.
    #[inline(always)]
    pub(super) fn negated(&self) -> Self {
        each!(g => signed(&self.0[g], V::splat(-0.0)))
    }
}

/// The part of a mask that is of the group `g`.
#[inline(always)]
fn place<V: Register>(mask: u8, g: usize) -> usize {
    usize::from(mask >> (g * V::COUNT)) & ((1 << V::COUNT) - 1)
}

impl<V: Register, S: Sum<V> + 'static, F: BaseField, const G: usize, const L: usize> Lanes for Fp8<V, S, F, G, L> {
    type Field = F;
    type Stored = StoredFp<L>;

    #[inline(always)]
    fn zero() -> Self {
        Self::new([[V::splat(0.0); L]; G])
    }

    #[inline(always)]
    fn splat(value: &F) -> Self {
        let limbs = to_ours::<F, L>(value);
        let mut out = [V::splat(0.0); L];
        for j in 0..L {
            out[j] = V::splat(limbs[j]);
        }
        Self::new([out; G])
    }

    #[inline(always)]
    unsafe fn gather(from: &[*const StoredFp<L>; LANES]) -> Self {
        let mut out = [[V::splat(0.0); L]; G];
        for g in 0..G {
            let mut rows = [core::ptr::null(); LANES];
            for i in 0..V::COUNT {
                rows[i] = from[g * V::COUNT + i].cast();
            }
            out[g] = V::gather(&rows);
        }
        Self::new(out)
    }

    #[inline(always)]
    fn prefetch<T>(from: *const T) {
        V::prefetch(from);
    }

    #[inline(always)]
    unsafe fn scatter(&self, to: &[*mut StoredFp<L>; LANES]) {
        for g in 0..G {
            let mut rows = [core::ptr::null_mut(); LANES];
            for i in 0..V::COUNT {
                rows[i] = to[g * V::COUNT + i].cast();
            }
            V::scatter(&self.0[g], &rows);
        }
    }

    #[inline(always)]
    fn mul(&self, other: &Self) -> Self {
        Self::new(V::outlined_product::<S, G, L>(&self.0, &other.0))
    }

    #[inline(always)]
    fn sqr(&self) -> Self {
        self.mul(self)
    }

    #[inline(always)]
    fn add(&self, other: &Self) -> Self {
        each!(g => reduce(&plus(&self.0[g], &other.0[g])))
    }

    #[inline(always)]
    fn sub_tight(&self, other: &Self) -> Self {
        self.difference(other)
    }

    #[inline(always)]
    fn sub(&self, other: &Self) -> Self {
        each!(g => reduce(&minus(&self.0[g], &other.0[g])))
    }

    #[inline(always)]
    fn signed_sub(&self, negate: u8, other: &Self, negate_other: u8) -> Self {
        self.signed(negate).difference(&other.signed(negate_other))
    }

    #[inline(always)]
    fn sub_twice_tight(&self, a: &Self, b: &Self) -> Self {
        each!(g => {
            let twice = plus(&a.0[g], &a.0[g]);
            reduce(&minus(&minus(&self.0[g], &twice), &b.0[g]))
        })
    }

    #[inline(always)]
    fn sub_signed_tight(&self, other: &Self, negate: u8) -> Self {
        let other = other.signed(negate);
        each!(g => reduce(&minus(&self.0[g], &other.0[g])))
    }

    #[inline(always)]
    fn tight(&self) -> Self {
        each!(g => reduce(&self.0[g]))
    }

    #[inline(always)]
    fn times_3b(&self) -> Self {
        each!(g => reduce(&times_12(&self.0[g])))
    }

    #[inline(always)]
    fn select(&self, mask: u8, other: &Self) -> Self {
        each!(g => blend(&self.0[g], &other.0[g], V::from_doubles(&MASKS[place::<V>(mask, g)])))
    }

    fn to_fields(self) -> [F; LANES] {
        let tight = self.tight();
        let mut limbs = [[0.0; LANES]; L];
        for g in 0..G {
            for (to, limb) in limbs.iter_mut().zip(tight.0[g]) {
                limb.to_doubles(&mut to[g * V::COUNT..]);
            }
        }
        core::array::from_fn(|lane| to_field(&limbs.map(|limb| limb[lane])))
    }

    fn from_fields(values: &[F; LANES]) -> Self {
        let values = values.map(|value| to_ours::<F, L>(&value));
        let mut out = [[V::splat(0.0); L]; G];
        for g in 0..G {
            for j in 0..L {
                out[g][j] = V::from_doubles(&values.map(|value| value[j])[g * V::COUNT..]);
            }
        }
        Self::new(out)
    }

    fn store(value: &F) -> StoredFp<L> {
        StoredFp(to_ours(value))
    }

    fn load(value: &StoredFp<L>) -> F {
        to_field(&value.0)
    }

    #[inline(always)]
    fn negate_stored(value: &StoredFp<L>) -> StoredFp<L> {
        let mut out = *value;
        for limb in &mut out.0 {
            *limb = -*limb;
        }
        out
    }

    #[inline(always)]
    unsafe fn enter<T: Task>(task: T) -> T::Output {
        V::enter(task)
    }
}
