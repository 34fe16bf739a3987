//! One element of the scalar field where eight are asked for: the fastest that can be done for it without vectors.
#![allow(unsafe_code)]

use super::{
    elements::Elements,
    field::ScalarField,
    lanes::{Task, LANES},
};

/// One element, always canonical.
#[derive(Clone, Copy)]
pub struct Single<F>(F);

impl<F: ScalarField> Elements for Single<F> {
    const WIDTH: usize = 1;
    type Element = F;
    type Triple = [F; 3];

    fn element(value: &[u64; 4]) -> F {
        F::from_words(value)
    }

    #[inline(always)]
    fn broadcast(value: &F) -> Self {
        Self(*value)
    }

    fn from_words(values: &[[u64; 4]; LANES]) -> Self {
        Self(F::from_words(&values[0]))
    }

    fn to_words(self) -> [[u64; 4]; LANES] {
        let mut out = [[0; 4]; LANES];
        out[0] = self.0.to_words();
        out
    }

    fn to_triples(values: &[Self; 3]) -> [[F; 3]; LANES] {
        [[values[0].0, values[1].0, values[2].0]; LANES]
    }

    #[inline(always)]
    fn from_triples(from: &[&[F; 3]; LANES]) -> [Self; 3] {
        [Self(from[0][0]), Self(from[0][1]), Self(from[0][2])]
    }

    #[inline(always)]
    fn zero() -> Self {
        Self(F::ZERO)
    }

    #[inline(always)]
    fn mul(&self, other: &Self) -> Self {
        Self(self.0.mul(&other.0))
    }

    #[inline(always)]
    fn sqr(&self) -> Self {
        Self(self.0.sqr())
    }

    #[inline(always)]
    fn mul_add(&self, other: &Self, term: &Self) -> Self {
        Self(self.0.mul(&other.0).add(&term.0))
    }

    #[inline(always)]
    fn add(&self, other: &Self) -> Self {
        Self(self.0.add(&other.0))
    }

    #[inline(always)]
    fn sub(&self, other: &Self) -> Self {
        Self(self.0.sub(&other.0))
    }

    #[inline(always)]
    fn tight(&self) -> Self {
        *self
    }

    #[inline(always)]
    fn select(&self, mask: u8, other: &Self) -> Self {
        if mask & 1 == 1 {
            *other
        } else {
            *self
        }
    }

    unsafe fn enter<T: Task>(task: T) -> T::Output {
        task.run()
    }
}
