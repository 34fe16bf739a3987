//! Quotients over domains too small for the transforms, by the definition.

use crate::scalar::{root_of_unity, words};
use bls12_381::Scalar;
use ff::PrimeField;

/// See [`super::quotient`].
pub fn quotient(log2: u32, values: [&(dyn Fn(usize) -> [u64; 4] + Sync); 3]) -> Vec<[u64; 4]> {
    let size = 1usize << log2;
    let root = root_of_unity(log2);
    let coset = Scalar::MULTIPLICATIVE_GENERATOR;
    // None of these is zero in a field of large characteristic.
    let inverse = |x: Scalar| x.invert().unwrap_or(Scalar::zero());
    let power = |x: &Scalar, k: usize| x.pow_vartime(&[k as u64, 0, 0, 0]);
    let transform = |values: &[Scalar], w: &Scalar| -> Vec<Scalar> {
        (0..size)
            .map(|i| values.iter().enumerate().map(|(k, x)| x * power(w, i * k)).sum())
            .collect()
    };
    let coefficients = |values: &[Scalar]| -> Vec<Scalar> {
        let scale = inverse(Scalar::from(size as u64));
        transform(values, &inverse(root)).iter().map(|x| x * scale).collect()
    };
    let scaled = |values: &[Scalar], by: &Scalar| -> Vec<Scalar> {
        values.iter().enumerate().map(|(k, x)| x * power(by, k)).collect()
    };
    let [a, b, c] = values.map(|f| {
        let values: Vec<Scalar> = (0..size).map(|i| Scalar::from_raw(f(i))).collect();
        transform(&scaled(&coefficients(&values), &coset), &root)
    });
    let vanishing = inverse(power(&coset, size) - Scalar::one());
    let on_coset: Vec<Scalar> = (0..size).map(|i| (a[i] * b[i] - c[i]) * vanishing).collect();
    scaled(&coefficients(&on_coset), &inverse(coset))
        .iter()
        .map(words)
        .collect()
}
