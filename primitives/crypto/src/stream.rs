//! Keystream of records and the view-key commitment (P-STREAM).

use alloc::vec::Vec;

use crate::{
    constants::{domain, POSEIDON2_RATE},
    poseidon2::{sponge, sponge_block},
    Fr,
};

/// `block` makes the elements of the numbered block.
fn pads<const N: usize>(tag: u32, count: usize, block: impl Fn(Fr) -> [Fr; N]) -> Vec<Fr> {
    let blocks = count.div_ceil(POSEIDON2_RATE) as u64;
    (0..blocks)
        .flat_map(|number| sponge_block(tag, &block(Fr::from(number))))
        .take(count)
        .collect()
}

/// The first `count` pads of an account's record. `nonce` is the account's nonce AFTER the update, `salt` the public
/// salt of the batch. The index keeps two accounts apart even if their owner gave
/// them the same view key.
pub fn account_pads(view_key: Fr, index: u32, nonce: u64, salt: Fr, count: usize) -> Vec<Fr> {
    let [index, nonce] = [Fr::from(u64::from(index)), Fr::from(nonce)];
    pads(domain::STREAM, count, |number| [view_key, index, nonce, salt, number])
}

/// The first `count` pads of a house record. `key` and `nonce` are those of the house AFTER the update.
pub fn house_pads(key: Fr, nonce: u64, salt: Fr, count: usize) -> Vec<Fr> {
    let nonce = Fr::from(nonce);
    pads(domain::HOUSE_STREAM, count, |number| [key, nonce, salt, number])
}

/// Commitment to a view key, public when an account is opened.
pub fn view_commitment(view_key: Fr) -> Fr {
    sponge(domain::VIEW, &[view_key])
}
