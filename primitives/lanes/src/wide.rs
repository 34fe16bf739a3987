//! Eight elements one after the other, over any arithmetic for single ones.
#![allow(unsafe_code)]

use super::{
    field::{Field, ScalarField},
    lanes::{Addition, Lanes, ScalarLanes, Task, LANES},
};
use core::hint::select_unpredictable;

/// Eight elements of a base field, always canonical.
#[derive(Clone, Copy)]
pub struct Wide<F>([F; LANES]);

impl<F: Field> Wide<F> {
    #[inline(always)]
    fn zip(&self, other: &Self, f: impl Fn(&F, &F) -> F) -> Self {
        Self(core::array::from_fn(|i| f(&self.0[i], &other.0[i])))
    }

    #[inline(always)]
    fn signed(&self, negate: u8) -> Self {
        Self(core::array::from_fn(|i| {
            if negate >> i & 1 == 1 {
                self.0[i].neg()
            } else {
                self.0[i]
            }
        }))
    }
}

/// The sum of two points: abscissa of the first and difference of the two, both ordinates without their signs, the
/// signs, and the inverse of the difference.
#[inline(always)]
fn sum<F: Field>(([x, difference], [ya, yb]): ([&F; 2], [&F; 2]), [sign_a, sign_b]: [bool; 2], own: &F) -> (F, F) {
    // Ordinates times the second sign, which leaves one negation; the last line takes that sign back.
    let ya = ya.negated_if(sign_a != sign_b);
    let mut slope = yb.sub(&ya);
    slope.mul_by(own);
    let of_sum = slope.sqr().sub(x).sub(x).sub(difference);
    slope.mul_by(&x.sub(&of_sum));
    let [first, second] = select_unpredictable(sign_b, [&ya, &slope], [&slope, &ya]);
    (of_sum, first.sub(second))
}

impl<F: Field> Lanes for Wide<F> {
    type Field = F;
    type Stored = F;

    #[inline(always)]
    fn prefetch<T>(_from: *const T) {
        #[cfg(target_arch = "x86_64")]
        // SAFETY: a hint; no address is wrong.
        unsafe {
            core::arch::x86_64::_mm_prefetch::<{ core::arch::x86_64::_MM_HINT_T0 }>(_from.cast());
        }
    }

    fn zero() -> Self {
        Self([F::ZERO; LANES])
    }

    fn splat(value: &F) -> Self {
        Self([*value; LANES])
    }

    unsafe fn gather(from: &[*const F; LANES]) -> Self {
        Self(from.map(|p| *p))
    }

    #[inline(always)]
    unsafe fn gather_from(&mut self, from: &[*const F; LANES]) {
        for (value, from) in self.0.iter_mut().zip(from) {
            *value = **from;
        }
    }

    unsafe fn scatter(&self, to: &[*mut F; LANES]) {
        for (value, to) in self.0.iter().zip(to) {
            **to = *value;
        }
    }

    fn mul(&self, other: &Self) -> Self {
        self.zip(other, F::mul)
    }

    fn sqr(&self) -> Self {
        Self(self.0.map(|x| x.sqr()))
    }

    fn add(&self, other: &Self) -> Self {
        self.zip(other, F::add)
    }

    fn sub_tight(&self, other: &Self) -> Self {
        self.zip(other, F::sub)
    }

    fn sub(&self, other: &Self) -> Self {
        self.zip(other, F::sub)
    }

    fn signed_sub(&self, negate: u8, other: &Self, negate_other: u8) -> Self {
        self.signed(negate).sub(&other.signed(negate_other))
    }

    fn sub_twice_tight(&self, a: &Self, b: &Self) -> Self {
        self.sub(a).sub(a).sub(b)
    }

    fn sub_signed_tight(&self, other: &Self, negate: u8) -> Self {
        self.sub(&other.signed(negate))
    }

    // Lane by lane: eight results would be written to memory, and copied there, after each operation.
    #[inline(always)]
    fn subtract(&mut self, other: &Self) {
        for lane in 0..LANES {
            self.0[lane] = self.0[lane].sub(&other.0[lane]);
        }
    }

    #[inline(always)]
    fn take_in(&self, product: &mut Self, before: &mut Self) {
        for lane in 0..LANES {
            self.0[lane].take_in(&mut product.0[lane], &mut before.0[lane]);
        }
    }

    #[inline(always)]
    fn take_out(&self, before: &Self, inverse: &mut Self) -> Self {
        Self(core::array::from_fn(|lane| {
            self.0[lane].take_out(&before.0[lane], &mut inverse.0[lane])
        }))
    }

    #[inline(always)]
    fn add_points(addition: Addition<'_, Self>, difference: &Self, before: &Self, inverse: &mut Self, mask: u8) {
        let Addition {
            x,
            y,
            ordinates: [ya, yb],
            negate,
        } = addition;
        for lane in 0..LANES {
            let [sign_a, sign_b, both] = [negate[0], negate[1], mask].map(|mask| mask >> lane & 1 == 1);
            let difference = &difference.0[lane];
            let own = difference.take_out(&before.0[lane], &mut inverse.0[lane]);
            let (x, ya, yb) = (&mut x.0[lane], &ya.0[lane], &yb.0[lane]);
            y.0[lane] = if both {
                let (of_sum, ordinate) = sum(([x, difference], [ya, yb]), [sign_a, sign_b], &own);
                *x = of_sum;
                ordinate
            } else {
                ya.negated_if(sign_a)
            };
        }
    }

    #[inline(always)]
    unsafe fn add_gathered(
        x: &mut Self,
        y: &mut Self,
        ordinates: [&[*const F; LANES]; 2],
        negate: [u8; 2],
        before: &Self,
        inverse: &mut Self,
        mask: u8,
    ) {
        for lane in 0..LANES {
            let [sign_a, sign_b, both] = [negate[0], negate[1], mask].map(|mask| mask >> lane & 1 == 1);
            let [ya, yb] = ordinates.map(|from| &*from[lane]);
            let (x, y) = (&mut x.0[lane], &mut y.0[lane]);
            let own = y.take_out(&before.0[lane], &mut inverse.0[lane]);
            *y = if both {
                let (of_sum, ordinate) = sum(([x, y], [ya, yb]), [sign_a, sign_b], &own);
                *x = of_sum;
                ordinate
            } else {
                ya.negated_if(sign_a)
            };
        }
    }

    fn tight(&self) -> Self {
        *self
    }

    fn times_3b(&self) -> Self {
        Self(self.0.map(|x| x.times_3b()))
    }

    fn select(&self, mask: u8, other: &Self) -> Self {
        Self(core::array::from_fn(|i| {
            if mask >> i & 1 == 1 {
                other.0[i]
            } else {
                self.0[i]
            }
        }))
    }

    fn to_fields(self) -> [F; LANES] {
        self.0
    }

    fn from_fields(values: &[F; LANES]) -> Self {
        Self(*values)
    }

    #[inline(always)]
    fn store(value: &F) -> F {
        *value
    }

    #[inline(always)]
    fn load(value: &F) -> F {
        *value
    }

    unsafe fn enter<T: Task>(task: T) -> T::Output {
        task.run()
    }
}

/// Eight scalars.
#[derive(Clone, Copy)]
pub struct WideScalar<F>([F; LANES]);

impl<F: ScalarField> WideScalar<F> {
    fn zip(&self, other: &Self, f: impl Fn(&F, &F) -> F) -> Self {
        Self(core::array::from_fn(|i| f(&self.0[i], &other.0[i])))
    }
}

impl<F: ScalarField> ScalarLanes for WideScalar<F> {
    type Element = F;

    fn element(value: &[u64; 4]) -> F {
        F::from_words(value)
    }

    fn broadcast(value: &F) -> Self {
        Self([*value; LANES])
    }

    fn zero() -> Self {
        Self([F::ZERO; LANES])
    }

    fn from_words(values: &[[u64; 4]; LANES]) -> Self {
        Self(values.map(|value| F::from_words(&value)))
    }

    fn to_words(self) -> [[u64; 4]; LANES] {
        self.0.map(|value| value.to_words())
    }

    fn mul(&self, other: &Self) -> Self {
        self.zip(other, F::mul)
    }

    fn add(&self, other: &Self) -> Self {
        self.zip(other, F::add)
    }

    fn sub(&self, other: &Self) -> Self {
        self.zip(other, F::sub)
    }

    fn sub_tight(&self, other: &Self) -> Self {
        self.sub(other)
    }

    // Lane by lane, as above.
    #[inline(always)]
    fn difference_times(low: &mut Self, high: &mut Self, factor: &F) {
        for (low, high) in low.0.iter_mut().zip(&mut high.0) {
            let difference = low.sub(high);
            *low = low.add(high);
            *high = difference.mul(factor);
        }
    }

    #[inline(always)]
    fn times_difference(low: &mut Self, high: &mut Self, factor: &F) {
        for (low, high) in low.0.iter_mut().zip(&mut high.0) {
            let moved = high.mul(factor);
            *high = low.sub(&moved);
            *low = low.add(&moved);
        }
    }

    fn swap(&self, distance: usize) -> Self {
        Self(core::array::from_fn(|i| self.0[i ^ distance]))
    }

    fn select(&self, mask: u8, other: &Self) -> Self {
        Self(core::array::from_fn(|i| {
            if mask >> i & 1 == 1 {
                other.0[i]
            } else {
                self.0[i]
            }
        }))
    }

    unsafe fn enter<T: Task>(task: T) -> T::Output {
        task.run()
    }
}
