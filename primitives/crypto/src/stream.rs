//! Keystream of records and the view-key commitment (P-STREAM).

use alloc::vec::Vec;

use crate::{
    constants::{domain, POSEIDON2_RATE},
    field::limbs,
    poseidon2::{sponge, sponge_block},
    Fr,
};

/// The chain and the margin group that view keys and keystreams are of. Under one key two of them have different pads
/// and different commitments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scope {
    /// Genesis hash of the chain.
    pub genesis: [u8; 32],
    /// Margin group.
    pub group: u32,
}

impl Scope {
    fn elements(&self) -> [Fr; 3] {
        let (lo, hi) = limbs(&self.genesis);
        [lo, hi, Fr::from(u64::from(self.group))]
    }

    /// What a batch of this scope with this public salt puts into its keystreams.
    pub fn salt(&self, salt: Fr) -> StreamSalt {
        let [lo, hi, group] = self.elements();
        StreamSalt(sponge(domain::STREAM_SALT, &[lo, hi, group, salt]))
    }
}

/// A batch's salt together with its chain and group: what pads are made of, so that no pad can be made without them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StreamSalt(Fr);

impl StreamSalt {
    /// The element of the field.
    pub fn get(self) -> Fr {
        self.0
    }
}

/// `block` makes the elements of the numbered block.
fn pads<const N: usize>(tag: u32, count: usize, block: impl Fn(Fr) -> [Fr; N]) -> Vec<Fr> {
    let blocks = count.div_ceil(POSEIDON2_RATE) as u64;
    (0..blocks)
        .flat_map(|number| sponge_block(tag, &block(Fr::from(number))))
        .take(count)
        .collect()
}

/// The first `count` pads of an account's record. `nonce` is the account's nonce AFTER the update, `salt` that of the
/// batch. The index keeps two accounts apart even if their owner gave them the same view key.
pub fn account_pads(view_key: Fr, index: u32, nonce: u64, salt: StreamSalt, count: usize) -> Vec<Fr> {
    let [index, nonce] = [Fr::from(u64::from(index)), Fr::from(nonce)];
    let salt = salt.get();
    pads(domain::STREAM, count, |number| [view_key, index, nonce, salt, number])
}

/// The first `count` pads of a house record. `key` and `nonce` are those of the house AFTER the update.
pub fn house_pads(key: Fr, nonce: u64, salt: StreamSalt, count: usize) -> Vec<Fr> {
    let nonce = Fr::from(nonce);
    let salt = salt.get();
    pads(domain::HOUSE_STREAM, count, |number| [key, nonce, salt, number])
}

/// Commitment to a view key of a scope, public when an account is opened.
pub fn view_commitment(scope: &Scope, view_key: Fr) -> Fr {
    let [lo, hi, group] = scope.elements();
    sponge(domain::VIEW, &[lo, hi, group, view_key])
}
