//! The scalar field.
#![allow(unsafe_code)]

use super::{
    constants::{complement, multiple, to_limbs, to_words, Modulus, LIMB},
    limbs::{blend, carry, from_rows, minus, montgomery, plus, plus_constant, reduce, splat, swap, to_rows, Limbs},
};
use crate::{
    constants::{at_least, minus as words_minus, power_of_two, R},
    lanes::{ScalarLanes, Task, LANES},
};

pub(super) const LIMBS: usize = 5;
/// Limbs of a product before it is reduced.
pub(super) const DOUBLE: usize = 2 * LIMBS;
pub(super) static REDUCTION: Modulus<LIMBS> = Modulus::new(&R);
pub(super) const MODULUS: [u64; LIMBS] = to_limbs(&R);
pub(super) const COMPLEMENT: [u64; LIMBS] = complement(&MODULUS);
pub(super) const R2: [u64; LIMBS] = multiple(&MODULUS, 2);
const R4: [u64; LIMBS] = multiple(&MODULUS, 4);
pub(super) const RATIO: u64 = (1 << LIMB) / (MODULUS[LIMBS - 1] + 1);
pub(super) const SLACK: u64 = 16;
/// `2^520 mod r`: into the Montgomery form (times `2^260`).
const TO_MONTGOMERY: [u64; LIMBS] = to_limbs(&power_of_two(520, &R));
const ONE: [u64; LIMBS] = [1, 0, 0, 0, 0];

/// Eight scalars.
#[derive(Clone, Copy)]
pub struct Fr8(pub(super) Limbs<LIMBS>);

impl Fr8 {
    #[inline(always)]
    fn product(a: &Self, b: &Self) -> Self {
        // SAFETY: a value exists only where the processor has the instructions.
        unsafe { Self(montgomery::<LIMBS, DOUBLE>(&a.0, &b.0, &REDUCTION)) }
    }
}

/// The first lane.
fn to_rows_lane(value: Fr8) -> [u64; LIMBS] {
    // SAFETY: as above.
    let rows = unsafe { to_rows(value.0) };
    rows.map(|row| row[0])
}

impl ScalarLanes for Fr8 {
    type Element = [u64; LIMBS];

    fn element(value: &[u64; 4]) -> [u64; LIMBS] {
        to_rows_lane(Self::from_words(&[*value; LANES]))
    }

    #[inline(always)]
    fn broadcast(value: &[u64; LIMBS]) -> Self {
        // SAFETY: an element is made only where the processor has the instructions.
        unsafe { Self(splat(value)) }
    }

    #[inline(always)]
    fn zero() -> Self {
        // SAFETY: a value exists only where the processor has the instructions.
        unsafe { Self(splat(&[0; LIMBS])) }
    }

    #[inline(always)]
    fn from_words(values: &[[u64; 4]; LANES]) -> Self {
        let limbs = values.map(|v| to_limbs::<4, LIMBS>(&v));
        let rows = core::array::from_fn(|i| limbs.map(|v| v[i]));
        // SAFETY: as above.
        unsafe { Self::product(&Self(from_rows(rows)), &Self(splat(&TO_MONTGOMERY))) }
    }

    #[inline(always)]
    fn to_words(self) -> [[u64; 4]; LANES] {
        // Below 2r: the product of a value below 32r and one.
        let rows = unsafe { to_rows(Self::product(&self, &Self(splat(&ONE))).0) };
        core::array::from_fn(|lane| {
            let mut words: [u64; 4] = to_words(&rows.map(|row| row[lane]));
            if at_least(&words, &R) {
                words = words_minus(&words, &R);
            }
            words
        })
    }

    #[inline(always)]
    fn mul(&self, other: &Self) -> Self {
        Self::product(self, other)
    }

    #[inline(always)]
    fn add(&self, other: &Self) -> Self {
        // One modulus more, so that `reduce` has what it asks for.
        // SAFETY: as above.
        unsafe {
            let sum = plus_constant(&plus(&self.0, &other.0), &MODULUS);
            Self(reduce(sum, SLACK, RATIO, &COMPLEMENT))
        }
    }

    #[inline(always)]
    fn sub(&self, other: &Self) -> Self {
        // SAFETY: a value exists only where the processor has the instructions.
        unsafe { Self(carry(plus_constant(&minus(&self.0, &other.0), &R4))) }
    }

    #[inline(always)]
    fn sub_tight(&self, other: &Self) -> Self {
        // SAFETY: as above.
        unsafe {
            let difference = plus_constant(&minus(&self.0, &other.0), &R4);
            Self(reduce(difference, SLACK, RATIO, &COMPLEMENT))
        }
    }

    #[inline(always)]
    fn swap(&self, distance: usize) -> Self {
        // SAFETY: a value exists only where the processor has the instructions.
        unsafe { Self(swap(&self.0, distance)) }
    }

    #[inline(always)]
    fn select(&self, mask: u8, other: &Self) -> Self {
        // SAFETY: a value exists only where the processor has the instructions.
        unsafe { Self(blend(&self.0, &other.0, mask)) }
    }

    #[inline]
    #[cfg_attr(not(emulated_ifma), target_feature(enable = "avx512f,avx512ifma"))]
    unsafe fn enter<T: Task>(task: T) -> T::Output {
        task.run()
    }
}
