//! Bit decompositions, ranges and comparisons.

use bellman::{ConstraintSystem, SynthesisError};

use super::{
    boolean::Bit,
    num::{enforce_product, enforce_zero, Num},
};
use crate::Fr;

/// Bits of a field element.
pub const FIELD_BITS: usize = 255;

/// `2^n` for `n < 255`.
pub fn power_of_two(n: usize) -> Fr {
    let mut limbs = [0u64; 4];
    limbs[n / 64] = 1 << (n % 64);
    Fr::from_raw(limbs)
}

/// Bit `i` of the canonical encoding.
fn bit_of(bytes: &[u8; 32], i: usize) -> bool {
    bytes[i / 8] >> (i % 8) & 1 == 1
}

/// `Σ bits_i·2^i`.
pub fn pack(bits: &[Bit]) -> Num {
    let powers = std::iter::successors(Some(Fr::one()), |power| Some(power.double()));
    Num::sum(powers.zip(bits.iter().map(Bit::num)))
}

/// Concatenates `(number, width)` fields from bit 0 up. Free; the caller has range-checked every field.
pub fn concatenate<'a>(fields: impl IntoIterator<Item = (&'a Num, usize)>) -> Num {
    let mut at = 0;
    Num::sum(fields.into_iter().map(|(num, width)| {
        let shift = power_of_two(at);
        at += width;
        (shift, num)
    }))
}

/// `n` fresh bits holding the low bits of `value`. `n` constraints.
pub fn alloc_bits<CS: ConstraintSystem<Fr>>(
    cs: &mut CS,
    name: &'static str,
    value: Option<Fr>,
    n: usize,
) -> Result<Vec<Bit>, SynthesisError> {
    let mut cs = cs.namespace(|| name);
    let bytes = value.map(|x| x.to_bytes());
    (0..n)
        .map(|i| Bit::alloc(&mut cs, || format!("bit {i}"), bytes.map(|b| bit_of(&b, i))))
        .collect()
}

/// Proves that `x` lies in `[0, 2^n)` and returns its bits; `n` must not exceed 254. `n + 1` constraints.
pub fn range<CS: ConstraintSystem<Fr>>(
    cs: &mut CS,
    name: &'static str,
    x: &Num,
    n: usize,
) -> Result<Vec<Bit>, SynthesisError> {
    debug_assert!(n < FIELD_BITS);
    let mut cs = cs.namespace(|| name);
    let bits = alloc_bits(&mut cs, "bits", x.value(), n)?;
    enforce_zero(&mut cs, || "in range", || pack(&bits) - x);
    Ok(bits)
}

/// A new wire in `[0, 2^n)` with its bits. `n + 1` constraints.
pub fn alloc_ranged<CS: ConstraintSystem<Fr>>(
    cs: &mut CS,
    name: &'static str,
    value: Option<Fr>,
    n: usize,
) -> Result<(Num, Vec<Bit>), SynthesisError> {
    let num = Num::alloc(cs, || name, value)?;
    let bits = range(cs, name, &num, n)?;
    Ok((num, bits))
}

/// Proves that `x` lies in `[-2^(n-1), 2^(n-1))` and returns the bits of `x + 2^(n-1)`; the last is one where `x` is
/// not negative. `n + 1` constraints.
pub fn signed_range<CS: ConstraintSystem<Fr>>(
    cs: &mut CS,
    name: &'static str,
    x: &Num,
    n: usize,
) -> Result<Vec<Bit>, SynthesisError> {
    range(cs, name, &x.clone().add_constant(power_of_two(n - 1)), n)
}

/// Whether a number is not negative, from the bits of [`signed_range`].
pub fn is_nonnegative(bits: &[Bit]) -> Bit {
    bits.last().cloned().unwrap_or_else(|| Bit::constant(false))
}

/// Proves that `x` lies in `[-2^(n-1), 2^(n-1))` and tells whether it is not negative. `n` constraints.
///
/// As [`signed_range`], but the lowest bit is no wire: it is what the higher ones leave of `x + 2^(n-1)`, and it must
/// be 0 or 1. So the sum needs no constraint of its own.
pub fn sign<CS: ConstraintSystem<Fr>>(
    cs: &mut CS,
    name: &'static str,
    x: &Num,
    n: usize,
) -> Result<Bit, SynthesisError> {
    debug_assert!(n < FIELD_BITS);
    let mut cs = cs.namespace(|| name);
    let shifted = x.clone().add_constant(power_of_two(n - 1));
    let bytes = shifted.value().map(|x| x.to_bytes());
    let high = (1..n)
        .map(|i| Bit::alloc(&mut cs, || format!("bit {i}"), bytes.map(|b| bit_of(&b, i))))
        .collect::<Result<Vec<_>, _>>()?;
    let low = pack(&high).scale(Fr::from(2)) - shifted;
    // Less the lowest bit: 0 or -1.
    enforce_product(&mut cs, || "in range", &low, &(Num::one() + &low), &Num::zero());
    Ok(is_nonnegative(&high))
}

/// The canonical bits of `x`: 255 bits of which the integer is below the order of the field. `low` are bits that
/// already exist and must be the lowest ones; the others are allocated.
///
/// Without the comparison a prover could decompose `x + p` for a small `x` and so choose between two low halves.
pub fn canonical_bits<CS: ConstraintSystem<Fr>>(
    cs: &mut CS,
    name: &'static str,
    x: &Num,
    low: &[Bit],
) -> Result<Vec<Bit>, SynthesisError> {
    let mut cs = cs.namespace(|| name);
    let bytes = x.value().map(|x| x.to_bytes());
    let mut bits = low.to_vec();
    for i in low.len()..FIELD_BITS {
        bits.push(Bit::alloc(
            &mut cs,
            || format!("bit {i}"),
            bytes.map(|b| bit_of(&b, i)),
        )?);
    }
    enforce_zero(&mut cs, || "sum", || pack(&bits) - x);
    enforce_not_above(&mut cs, "canonical", &bits, &(-Fr::one()).to_bytes())?;
    Ok(bits)
}

/// Number of constraints of [`canonical_bits`] with `low` bits given.
pub fn canonical_bits_cost(low: usize) -> usize {
    FIELD_BITS - low + 1 + enforce_not_above_cost(FIELD_BITS, &(-Fr::one()).to_bytes())
}

/// Runs of equal bits of a constant from the highest bit down: the bit, and the range of places.
fn runs(n: usize, constant: &[u8; 32]) -> Vec<(bool, std::ops::Range<usize>)> {
    let mut runs: Vec<(bool, std::ops::Range<usize>)> = Vec::new();
    for i in (0..n).rev() {
        let bit = bit_of(constant, i);
        match runs.last_mut() {
            Some((same, places)) if *same == bit => places.start = i,
            _ => runs.push((bit, i..i + 1)),
        }
    }
    runs
}

/// Proves that the integer of `bits` is at most `constant`. [`enforce_not_above_cost`] constraints.
///
/// From the highest bit down, `run` is one while every bit where the constant has a one is one. While it is, a one
/// where the constant has a zero would make the integer larger, so the bits of a run of zeros must be zero.
pub fn enforce_not_above<CS: ConstraintSystem<Fr>>(
    cs: &mut CS,
    name: &'static str,
    bits: &[Bit],
    constant: &[u8; 32],
) -> Result<(), SynthesisError> {
    let mut cs = cs.namespace(|| name);
    let mut run: Option<Bit> = None;
    for (ones, places) in runs(bits.len(), constant) {
        let mut cs = cs.namespace(|| format!("places {} to {}", places.start, places.end - 1));
        if ones {
            let parts: Vec<&Bit> = run.iter().chain(&bits[places]).collect();
            run = Some(Bit::all(&mut cs, "run", &parts)?);
        } else {
            let sum = Num::total(bits[places].iter().map(Bit::num));
            let run = run.as_ref().map_or_else(Num::one, |run| run.num().clone());
            enforce_product(&mut cs, || "zeros", &run, &sum, &Num::zero());
        }
    }
    Ok(())
}

/// Number of constraints of [`enforce_not_above`] for `n` bits.
pub fn enforce_not_above_cost(n: usize, constant: &[u8; 32]) -> usize {
    let mut first = true;
    runs(n, constant)
        .into_iter()
        .map(|(ones, places)| {
            let parts = places.len() + usize::from(!first);
            match (ones, parts) {
                (false, _) => 1,
                (true, 1) => {
                    first = false;
                    0
                }
                (true, 2) => {
                    first = false;
                    1
                }
                (true, _) => {
                    first = false;
                    2
                }
            }
        })
        .sum()
}
