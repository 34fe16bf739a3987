//! Two doubles: WebAssembly's vectors of 128 bits, which have no fused multiply-add.
#![allow(unsafe_code)]

use super::{
    limbs::{product, two_products},
    register::{Register, Sum},
};
use crate::lanes::Task;
use core::arch::wasm32::*;

/// Two doubles.
#[derive(Clone, Copy)]
pub struct Simd128(v128);

impl Register for Simd128 {
    const COUNT: usize = 2;
    const TABLES: bool = true;

    #[inline(always)]
    fn splat(value: f64) -> Self {
        Self(f64x2_splat(value))
    }

    #[inline(always)]
    fn from_doubles(values: &[f64]) -> Self {
        Self(f64x2(values[0], values[1]))
    }

    #[inline(always)]
    fn to_doubles(self, to: &mut [f64]) {
        to[0] = f64x2_extract_lane::<0>(self.0);
        to[1] = f64x2_extract_lane::<1>(self.0);
    }

    #[inline(always)]
    fn multiply_add(self, by: Self, term: Self) -> Self {
        self.times(by).plus(term)
    }

    #[inline(always)]
    fn times(self, other: Self) -> Self {
        Self(f64x2_mul(self.0, other.0))
    }

    #[inline(always)]
    fn plus(self, other: Self) -> Self {
        Self(f64x2_add(self.0, other.0))
    }

    #[inline(always)]
    fn minus(self, other: Self) -> Self {
        Self(f64x2_sub(self.0, other.0))
    }

    #[inline(always)]
    fn and(self, other: Self) -> Self {
        Self(v128_and(self.0, other.0))
    }

    #[inline(always)]
    fn xor(self, other: Self) -> Self {
        Self(v128_xor(self.0, other.0))
    }

    #[inline(always)]
    unsafe fn gather<const L: usize>(from: &[*const f64]) -> [Self; L] {
        let mut out = [Self::splat(0.0); L];
        for i in 0..L / 2 {
            let (a, b) = (
                v128_load(from[0].add(2 * i).cast()),
                v128_load(from[1].add(2 * i).cast()),
            );
            out[2 * i] = Self(i64x2_shuffle::<0, 2>(a, b));
            out[2 * i + 1] = Self(i64x2_shuffle::<1, 3>(a, b));
        }
        out
    }

    #[inline(always)]
    unsafe fn scatter<const L: usize>(values: &[Self; L], to: &[*mut f64]) {
        for i in 0..L / 2 {
            let (a, b) = (values[2 * i].0, values[2 * i + 1].0);
            v128_store(to[0].add(2 * i).cast(), i64x2_shuffle::<0, 2>(a, b));
            v128_store(to[1].add(2 * i).cast(), i64x2_shuffle::<1, 3>(a, b));
        }
    }

    #[inline(never)]
    fn outlined_product<S: Sum<Self>, const G: usize, const L: usize>(
        a: &[[Self; L]; G],
        b: &[[Self; L]; G],
    ) -> [[Self; L]; G] {
        product::<Self, S, G, L>(a, b)
    }

    #[inline(never)]
    fn outlined_products<S: Sum<Self>, const G: usize, const L: usize>(
        a: &[[Self; L]; G],
        b: &[[Self; L]; G],
        c: &[[Self; L]; G],
        d: &[[Self; L]; G],
    ) -> [[Self; L]; G] {
        two_products::<Self, S, G, L>(a, b, c, d)
    }

    #[inline(always)]
    fn prefetch<T>(_: *const T) {}

    #[inline(always)]
    unsafe fn enter<T: Task>(task: T) -> T::Output {
        task.run()
    }
}
