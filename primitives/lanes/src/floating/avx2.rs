//! Four doubles: AVX2 with fused multiply-add.
#![allow(unsafe_code)]

use super::{
    limbs::{product, two_products, Limbs},
    Register,
};
use crate::lanes::Task;
use core::arch::x86_64::*;

/// Four doubles.
#[derive(Clone, Copy)]
pub struct Avx2(__m256d);

/// What all functions here rely on: a value exists only where the processor has the instructions.
macro_rules! exists {
    ($body:expr) => {
        // SAFETY: as the trait asks, values are made and functions called only where the processor has the instructions.
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
fn outlined_product<const G: usize>(a: &[Limbs<Avx2>; G], b: &[Limbs<Avx2>; G]) -> [Limbs<Avx2>; G] {
    product(a, b)
}

#[inline(never)]
#[target_feature(enable = "avx2,fma")]
fn outlined_products<const G: usize>(
    a: &[Limbs<Avx2>; G],
    b: &[Limbs<Avx2>; G],
    c: &[Limbs<Avx2>; G],
    d: &[Limbs<Avx2>; G],
) -> [Limbs<Avx2>; G] {
    two_products(a, b, c, d)
}

/// Four numbers from `at` on of four rows, transposed.
///
/// # Safety
/// The first four pointers are valid for these numbers and aligned to 64 bytes; `at` is zero or four.
#[inline(always)]
unsafe fn columns(from: &[*const f64], at: usize) -> [__m256d; 4] {
    transpose([
        _mm256_load_pd(from[0].add(at)),
        _mm256_load_pd(from[1].add(at)),
        _mm256_load_pd(from[2].add(at)),
        _mm256_load_pd(from[3].add(at)),
    ])
}

impl Register for Avx2 {
    const COUNT: usize = 4;

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
    unsafe fn gather(from: &[*const f64]) -> [Self; 8] {
        let ([a, b, c, d], [e, f, g, h]) = (columns(from, 0), columns(from, 4));
        [Self(a), Self(b), Self(c), Self(d), Self(e), Self(f), Self(g), Self(h)]
    }

    #[inline(always)]
    unsafe fn scatter(values: &[Self; 8], to: &[*mut f64]) {
        for at in [0, 4] {
            let rows = transpose([values[at].0, values[at + 1].0, values[at + 2].0, values[at + 3].0]);
            for i in 0..4 {
                _mm256_store_pd(to[i].add(at), rows[i]);
            }
        }
    }

    #[inline(always)]
    fn outlined_product<const G: usize>(a: &[Limbs<Self>; G], b: &[Limbs<Self>; G]) -> [Limbs<Self>; G] {
        exists!(outlined_product(a, b))
    }

    #[inline(always)]
    fn outlined_products<const G: usize>(
        a: &[Limbs<Self>; G],
        b: &[Limbs<Self>; G],
        c: &[Limbs<Self>; G],
        d: &[Limbs<Self>; G],
    ) -> [Limbs<Self>; G] {
        exists!(outlined_products(a, b, c, d))
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
