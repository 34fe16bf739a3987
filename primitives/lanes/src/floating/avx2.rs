//! Four doubles: AVX2 with fused multiply-add.
#![allow(unsafe_code)]

use super::{
    limbs::{product, two_products},
    register::{Fused, Register, Sum},
};
use crate::lanes::Task;
use core::arch::x86_64::*;

/// Four doubles.
#[derive(Clone, Copy)]
pub struct Avx2(__m256d);

/// What all functions here rely on: a value exists only where the processor has the instructions.
macro_rules! exists {
    ($body:expr) => {
        // SAFETY: as the trait asks, values are made and functions called only where the processor has these.
        unsafe { $body }
    };
}

/// Transposes four rows of four numbers.
#[inline(always)]
fn transpose(r: [__m256d; 4]) -> [__m256d; 4] {
    exists!({
        let a0 = _mm256_unpacklo_pd(r[0], r[1]);
        let a1 = _mm256_unpackhi_pd(r[0], r[1]);
        let a2 = _mm256_unpacklo_pd(r[2], r[3]);
        let a3 = _mm256_unpackhi_pd(r[2], r[3]);
        [
            _mm256_permute2f128_pd::<0x20>(a0, a2),
            _mm256_permute2f128_pd::<0x20>(a1, a3),
            _mm256_permute2f128_pd::<0x31>(a0, a2),
            _mm256_permute2f128_pd::<0x31>(a1, a3),
        ]
    })
}

#[inline(never)]
#[target_feature(enable = "avx2,fma")]
fn outlined_product<S: Sum<Avx2>, const G: usize, const L: usize>(
    a: &[[Avx2; L]; G],
    b: &[[Avx2; L]; G],
) -> [[Avx2; L]; G] {
    product::<Avx2, S, G, L>(a, b)
}

#[inline(never)]
#[target_feature(enable = "avx2,fma")]
fn outlined_products<S: Sum<Avx2>, const G: usize, const L: usize>(
    a: &[[Avx2; L]; G],
    b: &[[Avx2; L]; G],
    c: &[[Avx2; L]; G],
    d: &[[Avx2; L]; G],
) -> [[Avx2; L]; G] {
    two_products::<Avx2, S, G, L>(a, b, c, d)
}

/// Four numbers from `at` on of four rows, transposed.
///
/// # Safety
/// The first four pointers are valid for these numbers and aligned to 64 bytes; `at` is a multiple of four.
#[inline(always)]
unsafe fn columns(from: &[*const f64], at: usize) -> [__m256d; 4] {
    transpose([
        _mm256_load_pd(from[0].add(at)),
        _mm256_load_pd(from[1].add(at)),
        _mm256_load_pd(from[2].add(at)),
        _mm256_load_pd(from[3].add(at)),
    ])
}

impl Fused for Avx2 {}

impl Register for Avx2 {
    const COUNT: usize = 4;
    const TABLES: bool = false;

    #[inline(always)]
    fn splat(value: f64) -> Self {
        exists!(Self(_mm256_set1_pd(value)))
    }

    #[inline(always)]
    fn from_doubles(values: &[f64]) -> Self {
        exists!(Self(_mm256_set_pd(values[3], values[2], values[1], values[0])))
    }

    #[inline(always)]
    fn to_doubles(self, to: &mut [f64]) {
        assert!(to.len() >= Self::COUNT);
        // The store may be of any alignment.
        exists!(_mm256_storeu_pd(to.as_mut_ptr(), self.0));
    }

    #[inline(always)]
    fn multiply_add(self, by: Self, term: Self) -> Self {
        exists!(Self(_mm256_fmadd_pd(self.0, by.0, term.0)))
    }

    #[inline(always)]
    fn times(self, other: Self) -> Self {
        exists!(Self(_mm256_mul_pd(self.0, other.0)))
    }

    #[inline(always)]
    fn plus(self, other: Self) -> Self {
        exists!(Self(_mm256_add_pd(self.0, other.0)))
    }

    #[inline(always)]
    fn minus(self, other: Self) -> Self {
        exists!(Self(_mm256_sub_pd(self.0, other.0)))
    }

    #[inline(always)]
    fn and(self, other: Self) -> Self {
        exists!(Self(_mm256_and_pd(self.0, other.0)))
    }

    #[inline(always)]
    fn xor(self, other: Self) -> Self {
        exists!(Self(_mm256_xor_pd(self.0, other.0)))
    }

    #[inline(always)]
    unsafe fn gather<const L: usize>(from: &[*const f64]) -> [Self; L] {
        let mut out = [Self::splat(0.0); L];
        for at in 0..L / 4 {
            let rows = columns(from, 4 * at);
            for i in 0..4 {
                out[4 * at + i] = Self(rows[i]);
            }
        }
        out
    }

    #[inline(always)]
    unsafe fn scatter<const L: usize>(values: &[Self; L], to: &[*mut f64]) {
        for at in 0..L / 4 {
            let at = 4 * at;
            let rows = transpose([values[at].0, values[at + 1].0, values[at + 2].0, values[at + 3].0]);
            for i in 0..4 {
                _mm256_store_pd(to[i].add(at), rows[i]);
            }
        }
    }

    #[inline(always)]
    fn outlined_product<S: Sum<Self>, const G: usize, const L: usize>(
        a: &[[Self; L]; G],
        b: &[[Self; L]; G],
    ) -> [[Self; L]; G] {
        exists!(outlined_product::<S, G, L>(a, b))
    }

    #[inline(always)]
    fn outlined_products<S: Sum<Self>, const G: usize, const L: usize>(
        a: &[[Self; L]; G],
        b: &[[Self; L]; G],
        c: &[[Self; L]; G],
        d: &[[Self; L]; G],
    ) -> [[Self; L]; G] {
        exists!(outlined_products::<S, G, L>(a, b, c, d))
    }

    #[inline(always)]
    fn prefetch<T>(from: *const T) {
        // A hint; no address is wrong.
        exists!(_mm_prefetch::<_MM_HINT_T0>(from.cast()));
    }

    #[inline]
    #[target_feature(enable = "avx2,fma")]
    unsafe fn enter<T: Task>(task: T) -> T::Output {
        task.run()
    }
}
