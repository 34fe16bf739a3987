//! Polynomials over evaluation domains: the quotient of Groth16.

mod domain;
mod small;
mod transform;

use crate::arithmetic::ScalarLanes;
pub use domain::{Domain, LARGEST};

/// The coefficients of `(A·B - C) / Z`, lowest first, where `A`, `B` and `C` take the given values (canonical words) on
/// the domain and `Z` vanishes there. If `A·B - C` does not vanish on the domain, the result is meaningless.
///
/// The last coefficient of the result is zero: the quotient's degree is the domain's size less two.
pub fn quotient<L: ScalarLanes>(domain: &Domain<L>, values: [&(dyn Fn(usize) -> [u64; 4] + Sync); 3]) -> Vec<[u64; 4]> {
    let Some(tables) = &domain.tables else {
        return small::quotient(domain.log2(), values);
    };
    // C needs no second transform: division by Z, which is constant on the coset, and the way back are linear.
    let [a, b, c] = values;
    let on_coset = |values: &(dyn Fn(usize) -> [u64; 4] + Sync)| {
        let mut blocks: Vec<L> = transform::pack(domain.size(), values);
        transform::backward(&mut blocks, &tables.backward);
        transform::scale(&mut blocks, &tables.coset);
        transform::forward(&mut blocks, &tables.forward);
        blocks
    };
    let mut product = on_coset(a);
    transform::multiply(&mut product, &on_coset(b));
    transform::backward(&mut product, &tables.backward);
    transform::scale(&mut product, &tables.quotient);
    let mut last: Vec<L> = transform::pack(domain.size(), c);
    transform::backward(&mut last, &tables.backward);
    transform::subtract(&mut product, &last, &tables.plain_quotient);
    transform::unpack(&product)
}

#[cfg(test)]
mod tests;
