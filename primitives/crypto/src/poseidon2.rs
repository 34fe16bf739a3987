//! Poseidon2 (P-POSEIDON2): tree compression and sponge over the permutation.

use crate::{
    constants::{POSEIDON2_RATE, POSEIDON2_WIDTH},
    Fr,
};

pub use crate::{
    permutation::{external_layer, internal_layer, permute_here, State},
    poseidon2_constants::{FULL_ROUND_CONSTANTS, INTERNAL_DIAGONAL, PARTIAL_ROUND_CONSTANTS},
};

/// The permutation, in place: in a runtime with the feature `host` by the node, else here.
pub fn permute(state: &mut State) {
    #[cfg(all(feature = "host", substrate_runtime))]
    if crate::host::permute(state) {
        return;
    }
    permute_here(state);
}

/// Hash of a tree node from its eight children: `P(x)_0 + x_0`.
pub fn compress8(children: &State) -> Fr {
    let mut state = *children;
    permute(&mut state);
    state[0] + children[0]
}

/// The capacity element of a sponge over `length` elements under `domain`.
pub fn capacity(domain: u32, length: usize) -> Fr {
    // A length is below 2^64, so the two never overlap.
    Fr::from_raw([
        u64::from(domain).wrapping_add((length as u64) << 32),
        (length as u64) >> 32,
        0,
        0,
    ])
}

fn absorb(domain: u32, elements: &[Fr]) -> State {
    let mut state = [Fr::zero(); POSEIDON2_WIDTH];
    state[POSEIDON2_RATE] = capacity(domain, elements.len());
    if elements.is_empty() {
        permute(&mut state);
    }
    for chunk in elements.chunks(POSEIDON2_RATE) {
        for (x, element) in state.iter_mut().zip(chunk) {
            *x += element;
        }
        permute(&mut state);
    }
    state
}

/// Hash of a list of elements under a tag of [`crate::constants::domain`].
pub fn sponge(domain: u32, elements: &[Fr]) -> Fr {
    absorb(domain, elements)[0]
}

/// The same sponge's seven outputs.
pub fn sponge_block(domain: u32, elements: &[Fr]) -> [Fr; POSEIDON2_RATE] {
    let state = absorb(domain, elements);
    core::array::from_fn(|i| state[i])
}
