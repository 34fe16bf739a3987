//! The scalar field without a reduction after every operation, for hashes and curves.
#![allow(unsafe_code)]

use super::{
    fr::{Fr8, COMPLEMENT, DOUBLE, LIMBS, MODULUS, R2, RATIO, REDUCTION, SLACK},
    limbs::{
        blend, carry, gather, minus, montgomery, montgomery_square, plus, plus_constant, products, reduce, to_rows,
    },
};
use crate::{
    elements::Elements,
    lanes::{ScalarLanes, Task, LANES},
};

/// Words of a triple: three elements of five limbs, and one word that is not used.
const TRIPLE: usize = 16;

/// Three elements in memory: two rows of eight words, so that a transposition of each makes limbs of them.
#[derive(Clone, Copy, Debug)]
#[repr(C, align(64))]
pub struct Triple8([u64; TRIPLE]);

impl Elements for Fr8 {
    const WIDTH: usize = LANES;
    type Element = [u64; LIMBS];
    type Triple = Triple8;

    fn element(value: &[u64; 4]) -> [u64; LIMBS] {
        <Self as ScalarLanes>::element(value)
    }

    #[inline(always)]
    fn broadcast(value: &[u64; LIMBS]) -> Self {
        <Self as ScalarLanes>::broadcast(value)
    }

    #[inline(always)]
    fn from_words(values: &[[u64; 4]; LANES]) -> Self {
        <Self as ScalarLanes>::from_words(values)
    }

    #[inline(always)]
    fn to_words(self) -> [[u64; 4]; LANES] {
        <Self as ScalarLanes>::to_words(self)
    }

    fn to_triples(values: &[Self; 3]) -> [Triple8; LANES] {
        let mut out = [Triple8([0; TRIPLE]); LANES];
        for (number, value) in values.iter().enumerate() {
            // SAFETY: a value exists only where the processor has the instructions.
            let rows = unsafe { to_rows(value.0) };
            for (limb, row) in rows.iter().enumerate() {
                for (triple, word) in out.iter_mut().zip(row) {
                    triple.0[number * LIMBS + limb] = *word;
                }
            }
        }
        out
    }

    #[inline(always)]
    fn from_triples(from: &[&Triple8; LANES]) -> [Self; 3] {
        let mut first = [core::ptr::null(); LANES];
        let mut second = [core::ptr::null(); LANES];
        for i in 0..LANES {
            first[i] = from[i].0.as_ptr();
            // SAFETY: a triple is two rows of eight words.
            second[i] = unsafe { first[i].add(TRIPLE / 2) };
        }
        // SAFETY: triples are valid and aligned to 64 bytes, and they exist only where the processor has the
        // instructions.
        let (a, b) = unsafe { (gather(&first), gather(&second)) };
        [
            Self([a[0], a[1], a[2], a[3], a[4]]),
            Self([a[5], a[6], a[7], b[0], b[1]]),
            Self([b[2], b[3], b[4], b[5], b[6]]),
        ]
    }

    #[inline(always)]
    fn zero() -> Self {
        <Self as ScalarLanes>::zero()
    }

    #[inline(always)]
    fn mul(&self, other: &Self) -> Self {
        // SAFETY: a value exists only where the processor has the instructions.
        unsafe { Self(montgomery::<LIMBS, DOUBLE>(&self.0, &other.0, &REDUCTION)) }
    }

    #[inline(always)]
    fn sqr(&self) -> Self {
        // SAFETY: as above.
        unsafe { Self(montgomery_square::<LIMBS, DOUBLE>(&self.0, &REDUCTION)) }
    }

    #[inline(always)]
    fn mul_add(&self, other: &Self, term: &Self) -> Self {
        // SAFETY: as above.
        unsafe {
            let product = products::<LIMBS, DOUBLE>(&self.0, &other.0, &REDUCTION);
            Self(carry(plus(&product, &term.0)))
        }
    }

    #[inline(always)]
    fn add(&self, other: &Self) -> Self {
        // SAFETY: as above.
        unsafe { Self(carry(plus(&self.0, &other.0))) }
    }

    #[inline(always)]
    fn sub(&self, other: &Self) -> Self {
        // SAFETY: as above.
        unsafe { Self(carry(plus_constant(&minus(&self.0, &other.0), &R2))) }
    }

    #[inline(always)]
    fn tight(&self) -> Self {
        // One modulus more, so that `reduce` has what it asks for.
        // SAFETY: as above.
        unsafe { Self(reduce(plus_constant(&self.0, &MODULUS), SLACK, RATIO, &COMPLEMENT)) }
    }

    #[inline(always)]
    fn select(&self, mask: u8, other: &Self) -> Self {
        // SAFETY: as above.
        unsafe { Self(blend(&self.0, &other.0, mask)) }
    }

    #[inline]
    #[cfg_attr(not(emulated_ifma), target_feature(enable = "avx512f,avx512ifma"))]
    unsafe fn enter<T: Task>(task: T) -> T::Output {
        task.run()
    }
}
