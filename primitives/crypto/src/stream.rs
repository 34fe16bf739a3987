//! Keystream of records and the view-key commitment (P-STREAM).

use alloc::vec::Vec;

use crate::{
    constants::{domain, POSEIDON2_RATE},
    poseidon2::{sponge, sponge_block},
    Fr,
};

fn pads(tag: u32, key: Fr, nonce: u64, salt: Fr, count: usize) -> Vec<Fr> {
    let blocks = count.div_ceil(POSEIDON2_RATE) as u64;
    (0..blocks)
        .flat_map(|block| sponge_block(tag, &[key, Fr::from(nonce), salt, Fr::from(block)]))
        .take(count)
        .collect()
}

/// The first `count` pads of an account's record. `nonce` is the account's nonce AFTER the update, `salt` the public
/// salt of the batch.
pub fn account_pads(view_key: Fr, nonce: u64, salt: Fr, count: usize) -> Vec<Fr> {
    pads(domain::STREAM, view_key, nonce, salt, count)
}

/// The first `count` pads of the house record, from the new key and the new nonce.
pub fn house_pads(key: Fr, nonce: u64, salt: Fr, count: usize) -> Vec<Fr> {
    pads(domain::HOUSE_STREAM, key, nonce, salt, count)
}

/// Commitment to a view key, public when an account is opened.
pub fn view_commitment(view_key: Fr) -> Fr {
    sponge(domain::VIEW, &[view_key])
}
