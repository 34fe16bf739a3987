//! Keystream and view-key commitment (P-STREAM), the twin of `cloister_crypto::stream`.

use bellman::{ConstraintSystem, SynthesisError};
use cloister_crypto::constants::{domain, POSEIDON2_RATE};

use super::{
    num::Num,
    poseidon2::{sponge, sponge_block, PERMUTATION_COST},
};
use crate::Fr;

/// Constraints of `count` pads.
pub const fn pads_cost(count: usize) -> usize {
    count.div_ceil(POSEIDON2_RATE) * PERMUTATION_COST
}

fn pads<CS: ConstraintSystem<Fr>>(
    cs: &mut CS,
    name: &'static str,
    tag: u32,
    context: &[&Num],
    count: usize,
) -> Result<Vec<Num>, SynthesisError> {
    let mut cs = cs.namespace(|| name);
    let mut pads = Vec::with_capacity(count + POSEIDON2_RATE);
    for block in 0..count.div_ceil(POSEIDON2_RATE) {
        let number = Num::constant(Fr::from(block as u64));
        let elements: Vec<Num> = context.iter().copied().chain([&number]).cloned().collect();
        pads.extend(sponge_block(
            &mut cs.namespace(|| format!("pads {block}")),
            "sponge",
            tag,
            &elements,
        )?);
    }
    pads.truncate(count);
    Ok(pads)
}

/// What the keystreams of a batch are made with, of `[genesis lo, genesis hi, group, salt]`. [`PERMUTATION_COST`]
/// constraints, once for all units.
pub fn stream_salt<CS: ConstraintSystem<Fr>>(
    cs: &mut CS,
    name: &'static str,
    of: [&Num; 4],
) -> Result<Num, SynthesisError> {
    sponge(cs, name, domain::STREAM_SALT, &of.map(Num::clone))
}

/// Pads of an account's record, of `[view key, index, nonce, stream salt]`. [`pads_cost`] constraints.
pub fn account_pads<CS: ConstraintSystem<Fr>>(
    cs: &mut CS,
    name: &'static str,
    of: [&Num; 4],
    count: usize,
) -> Result<Vec<Num>, SynthesisError> {
    pads(cs, name, domain::STREAM, &of, count)
}

/// Pads of the house record, of `[key, nonce, stream salt]`. [`pads_cost`] constraints.
pub fn house_pads<CS: ConstraintSystem<Fr>>(
    cs: &mut CS,
    name: &'static str,
    of: [&Num; 3],
    count: usize,
) -> Result<Vec<Num>, SynthesisError> {
    pads(cs, name, domain::HOUSE_STREAM, &of, count)
}

/// Commitment to a view key, of `[genesis lo, genesis hi, group, view key]`. [`PERMUTATION_COST`] constraints.
pub fn view_commitment<CS: ConstraintSystem<Fr>>(
    cs: &mut CS,
    name: &'static str,
    of: [&Num; 4],
) -> Result<Num, SynthesisError> {
    sponge(cs, name, domain::VIEW, &of.map(Num::clone))
}
