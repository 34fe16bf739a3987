//! Choices between numbers, made by booleans.

use bellman::{ConstraintSystem, SynthesisError};

use super::{
    boolean::Bit,
    num::{enforce_equal, enforce_product, Num},
};
use crate::Fr;

/// `a = b` where the bit is one. One constraint.
pub fn enforce_equal_if<CS, N, R>(cs: &mut CS, name: N, condition: &Bit, a: &Num, b: &Num)
where
    CS: ConstraintSystem<Fr>,
    N: FnOnce() -> R,
    R: Into<String>,
{
    enforce_product(cs, name, condition.num(), &(a - b), &Num::zero());
}

/// `a` where the bit is one, else `b`. One constraint.
pub fn select<CS, N, R>(cs: &mut CS, name: N, condition: &Bit, a: &Num, b: &Num) -> Result<Num, SynthesisError>
where
    CS: ConstraintSystem<Fr>,
    N: Fn() -> R,
    R: Into<String>,
{
    Ok(b + &condition.num().mul(cs, name, &(a - b))?)
}

/// `Σ_i bits_i·nums_i`: the chosen number if one bit is one, zero if none is. One constraint per number.
pub fn choose<CS: ConstraintSystem<Fr>>(
    cs: &mut CS,
    name: &'static str,
    bits: &[Bit],
    nums: &[Num],
) -> Result<Num, SynthesisError> {
    let mut cs = cs.namespace(|| name);
    let products = bits
        .iter()
        .zip(nums)
        .enumerate()
        .map(|(i, (bit, num))| bit.num().mul(&mut cs, || format!("product {i}"), num))
        .collect::<Result<Vec<_>, _>>()?;
    Ok(Num::total(&products))
}

/// Booleans of which exactly one is one where `enabled` is one, and none otherwise. `n + 1` constraints.
///
/// `chosen` is the place of the one; a place that does not exist leaves the sum unsatisfied.
pub fn one_hot<CS: ConstraintSystem<Fr>>(
    cs: &mut CS,
    name: &'static str,
    enabled: &Bit,
    chosen: Option<usize>,
    n: usize,
) -> Result<Vec<Bit>, SynthesisError> {
    let mut cs = cs.namespace(|| name);
    let bits = (0..n)
        .map(|i| {
            let value = enabled
                .value()
                .zip(chosen)
                .map(|(enabled, chosen)| enabled && chosen == i);
            Bit::alloc(&mut cs, || format!("choice {i}"), value)
        })
        .collect::<Result<Vec<_>, _>>()?;
    enforce_equal(
        &mut cs,
        || "exactly one",
        &Num::total(bits.iter().map(Bit::num)),
        enabled.num(),
    );
    Ok(bits)
}
