//! Quotients against the definition.

use super::*;
#[cfg(feature = "native")]
use crate::arithmetic::{Backend, Portable};
use crate::{
    arithmetic::{Pure, Suite},
    scalar::{root_of_unity, words},
};
use bls12_381::Scalar;

/// Values whose products differ from the third list's by nothing on the domain.
fn values(size: usize, seed: u64) -> [Vec<Scalar>; 3] {
    let mut x = Scalar::from(seed);
    let mut next = || {
        x = x.square() + Scalar::from(3);
        x
    };
    // Sparse at the edges: zeros are common there.
    let a: Vec<Scalar> = (0..size)
        .map(|i| if i % 5 == 4 { Scalar::zero() } else { next() })
        .collect();
    let b: Vec<Scalar> = (0..size).map(|_| next()).collect();
    let c = a.iter().zip(&b).map(|(a, b)| a * b).collect();
    [a, b, c]
}

fn computed<S: Suite>(log2: u32, values: &[Vec<Scalar>; 3]) -> Vec<[u64; 4]> {
    let domain = Domain::<S::Scalars>::new(log2).expect("the field has the domain");
    let [a, b, c] = values;
    quotient(&domain, [&|i| words(&a[i]), &|i| words(&b[i]), &|i| words(&c[i])])
}

/// The polynomial of values on the domain, at a point outside of it.
fn interpolate(values: &[Scalar], root: &Scalar, at: &Scalar) -> Scalar {
    let size = values.len() as u64;
    let mut point = Scalar::one();
    let mut sum = Scalar::zero();
    for value in values {
        let inverse: Option<Scalar> = (at - point).invert().into();
        sum += value * point * inverse.expect("outside of the domain");
        point *= root;
    }
    let scale: Option<Scalar> = Scalar::from(size).invert().into();
    sum * (at.pow_vartime(&[size, 0, 0, 0]) - Scalar::one()) * scale.expect("not zero")
}

fn check<S: Suite>() {
    for log2 in 0..14 {
        let size = 1usize << log2;
        let root = root_of_unity(log2);
        let values = values(size, 7 + u64::from(log2));
        let coefficients = computed::<S>(log2, &values);
        assert_eq!(coefficients.len(), size);
        assert_eq!(coefficients[size - 1], [0; 4], "the degree is the size less two");
        let at = Scalar::from(987_654_321);
        let [a, b, c] = [0, 1, 2].map(|k| interpolate(&values[k], &root, &at));
        let h = coefficients
            .iter()
            .rev()
            .fold(Scalar::zero(), |sum, k| sum * at + Scalar::from_raw(*k));
        assert_eq!(
            a * b - c,
            h * (at.pow_vartime(&[size as u64, 0, 0, 0]) - Scalar::one()),
            "2^{log2}"
        );
    }
}

#[test]
fn quotients_are_those_of_the_definition_pure() {
    check::<Pure>();
}

#[cfg(feature = "native")]
#[test]
fn quotients_are_those_of_the_definition_portable() {
    check::<Portable>();
}

#[cfg(all(feature = "native", target_arch = "x86_64"))]
#[test]
fn quotients_are_those_of_the_definition_vector() {
    if Backend::Vector.is_available() {
        check::<crate::arithmetic::Vector>();
    }
}

#[cfg(feature = "native")]
#[test]
fn transforms_split_between_cores_are_those_of_one_core() {
    // Beyond the size that a core works on alone.
    let values = values(1 << 16, 5);
    let portable = computed::<Portable>(16, &values);
    assert!(computed::<Pure>(16, &values) == portable);
    #[cfg(target_arch = "x86_64")]
    if Backend::Vector.is_available() {
        assert!(computed::<crate::arithmetic::Vector>(16, &values) == portable);
    }
    let one = rayon::ThreadPoolBuilder::new()
        .num_threads(1)
        .build()
        .expect("a pool of one thread");
    assert!(one.install(|| computed::<Portable>(16, &values)) == portable);
}

#[test]
fn the_field_has_no_larger_domain() {
    assert!(Domain::<<Pure as Suite>::Scalars>::new(LARGEST + 1).is_none());
}
