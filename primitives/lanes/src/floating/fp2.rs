//! The base field of G2, `Fp[i]/(i² + 1)`.
#![allow(unsafe_code)]

use super::{
    fp::{Fp8, StoredFp},
    register::{Register, Sum},
};
use crate::{
    field::{BaseField, ExtensionField},
    lanes::{Lanes, Task, LANES},
};
use core::{marker::PhantomData, mem::size_of};

/// One element in memory.
pub type StoredFp2<const L: usize> = [StoredFp<L>; 2];

/// Eight elements in `G` registers a limb; `F` is the field, `E` its extension.
pub struct Fp2x8<V, S, F, E, const G: usize, const L: usize>([Fp8<V, S, F, G, L>; 2], PhantomData<E>);

impl<V: Register, S, F, E, const G: usize, const L: usize> Clone for Fp2x8<V, S, F, E, G, L> {
    #[inline(always)]
    fn clone(&self) -> Self {
        *self
    }
}

impl<V: Register, S, F, E, const G: usize, const L: usize> Copy for Fp2x8<V, S, F, E, G, L> {}

fn to_parts<F: BaseField, E: ExtensionField>(value: &E) -> [F; 2] {
    const { assert!(size_of::<E>() == size_of::<[F; 2]>()) };
    // SAFETY: the field's trait says that an element is two of the base field, the real one first.
    unsafe { core::ptr::from_ref(value).cast::<[F; 2]>().read_unaligned() }
}

fn from_parts<F: BaseField, E: ExtensionField>(parts: &[F; 2]) -> E {
    const { assert!(size_of::<E>() == size_of::<[F; 2]>()) };
    // SAFETY: as above.
    unsafe { core::ptr::from_ref(parts).cast::<E>().read_unaligned() }
}

impl<V: Register, S: Sum<V> + 'static, F: BaseField, E: ExtensionField, const G: usize, const L: usize>
    Fp2x8<V, S, F, E, G, L>
{
    #[inline(always)]
    fn new(parts: [Fp8<V, S, F, G, L>; 2]) -> Self {
        Self(parts, PhantomData)
    }
}

impl<V: Register, S: Sum<V> + 'static, F: BaseField, E: ExtensionField, const G: usize, const L: usize> Lanes
    for Fp2x8<V, S, F, E, G, L>
{
    type Field = E;
    type Stored = StoredFp2<L>;

    #[inline(always)]
    fn zero() -> Self {
        Self::new([Fp8::zero(); 2])
    }

    #[inline(always)]
    fn splat(value: &E) -> Self {
        Self::new(to_parts::<F, E>(value).map(|part| Fp8::splat(&part)))
    }

    #[inline(always)]
    unsafe fn gather(from: &[*const StoredFp2<L>; LANES]) -> Self {
        let mut parts = [[core::ptr::null(); LANES]; 2];
        for i in 0..LANES {
            parts[0][i] = from[i].cast::<StoredFp<L>>();
            parts[1][i] = parts[0][i].add(1);
        }
        Self::new([Fp8::gather(&parts[0]), Fp8::gather(&parts[1])])
    }

    #[inline(always)]
    fn prefetch<T>(from: *const T) {
        V::prefetch(from);
    }

    #[inline(always)]
    unsafe fn scatter(&self, to: &[*mut StoredFp2<L>; LANES]) {
        let mut parts = [[core::ptr::null_mut(); LANES]; 2];
        for i in 0..LANES {
            parts[0][i] = to[i].cast::<StoredFp<L>>();
            parts[1][i] = parts[0][i].add(1);
        }
        self.0[0].scatter(&parts[0]);
        self.0[1].scatter(&parts[1]);
    }

    /// Both parts are sums of two products that are reduced together.
    #[inline(always)]
    fn mul(&self, other: &Self) -> Self {
        let ([a0, a1], [b0, b1]) = (&self.0, &other.0);
        let minus = a1.negated();
        let real = V::outlined_products::<S, G, L>(&a0.0, &b0.0, &minus.0, &b1.0);
        let imaginary = V::outlined_products::<S, G, L>(&a0.0, &b1.0, &a1.0, &b0.0);
        Self::new([Fp8::new(real), Fp8::new(imaginary)])
    }

    #[inline(always)]
    fn sqr(&self) -> Self {
        let [a, b] = &self.0;
        Self::new([a.add(b).mul(&a.sub(b)), a.add(a).mul(b)])
    }

    #[inline(always)]
    fn add(&self, other: &Self) -> Self {
        Self::new([self.0[0].add(&other.0[0]), self.0[1].add(&other.0[1])])
    }

    #[inline(always)]
    fn sub_tight(&self, other: &Self) -> Self {
        Self::new([self.0[0].sub_tight(&other.0[0]), self.0[1].sub_tight(&other.0[1])])
    }

    #[inline(always)]
    fn sub(&self, other: &Self) -> Self {
        Self::new([self.0[0].sub(&other.0[0]), self.0[1].sub(&other.0[1])])
    }

    #[inline(always)]
    fn signed_sub(&self, negate: u8, other: &Self, negate_other: u8) -> Self {
        Self::new([
            self.0[0].signed_sub(negate, &other.0[0], negate_other),
            self.0[1].signed_sub(negate, &other.0[1], negate_other),
        ])
    }

    #[inline(always)]
    fn sub_twice_tight(&self, a: &Self, b: &Self) -> Self {
        Self::new([
            self.0[0].sub_twice_tight(&a.0[0], &b.0[0]),
            self.0[1].sub_twice_tight(&a.0[1], &b.0[1]),
        ])
    }

    #[inline(always)]
    fn sub_signed_tight(&self, other: &Self, negate: u8) -> Self {
        Self::new([
            self.0[0].sub_signed_tight(&other.0[0], negate),
            self.0[1].sub_signed_tight(&other.0[1], negate),
        ])
    }

    /// The product is that of the norms, a number of the base field; `before` becomes the one before, and the norm.
    #[inline(always)]
    fn take_in(&self, product: &mut Self, before: &mut Self) {
        // Both factors of a product are carried.
        let Self([a0, a1], _) = self.tight();
        let norm = Fp8::new(V::outlined_products::<S, G, L>(&a0.0, &a0.0, &a1.0, &a1.0));
        *before = Self::new([product.0[0], norm]);
        product.0[0] = product.0[0].mul(&norm);
    }

    #[inline(always)]
    fn take_out(&self, before: &Self, inverse: &mut Self) -> Self {
        let ([real, imaginary], [before, norm]) = (&self.0, &before.0);
        let own = inverse.0[0].mul(before);
        inverse.0[0] = inverse.0[0].mul(norm);
        // The conjugate over the norm.
        Self::new([real.mul(&own), imaginary.negated().mul(&own)])
    }

    #[inline(always)]
    fn tight(&self) -> Self {
        Self::new([self.0[0].tight(), self.0[1].tight()])
    }

    #[inline(always)]
    fn times_3b(&self) -> Self {
        // 12·(1 + i)·self
        let [a, b] = &self.0;
        Self::new([a.sub(b).times_3b(), a.add(b).times_3b()])
    }

    #[inline(always)]
    fn select(&self, mask: u8, other: &Self) -> Self {
        Self::new([self.0[0].select(mask, &other.0[0]), self.0[1].select(mask, &other.0[1])])
    }

    fn to_fields(self) -> [E; LANES] {
        let [a, b] = self.0.map(Lanes::to_fields);
        core::array::from_fn(|i| from_parts(&[a[i], b[i]]))
    }

    fn from_fields(values: &[E; LANES]) -> Self {
        let parts = values.map(|value| to_parts::<F, E>(&value));
        Self::new([0, 1].map(|k| Fp8::from_fields(&parts.map(|part| part[k]))))
    }

    fn store(value: &E) -> StoredFp2<L> {
        to_parts::<F, E>(value).map(|part| Fp8::<V, S, F, G, L>::store(&part))
    }

    fn load(value: &StoredFp2<L>) -> E {
        from_parts(&value.map(|part| Fp8::<V, S, F, G, L>::load(&part)))
    }

    #[inline(always)]
    fn negate_stored(value: &StoredFp2<L>) -> StoredFp2<L> {
        [
            Fp8::<V, S, F, G, L>::negate_stored(&value[0]),
            Fp8::<V, S, F, G, L>::negate_stored(&value[1]),
        ]
    }

    #[inline(always)]
    unsafe fn enter<T: Task>(task: T) -> T::Output {
        V::enter(task)
    }
}
