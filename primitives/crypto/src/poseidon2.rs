//! Poseidon2 (P-POSEIDON2): permutation, tree compression, sponge.

use crate::{
    constants::{POSEIDON2_HALF_FULL_ROUNDS, POSEIDON2_RATE, POSEIDON2_WIDTH},
    Fr,
};

pub use crate::poseidon2_constants::{FULL_ROUND_CONSTANTS, INTERNAL_DIAGONAL, PARTIAL_ROUND_CONSTANTS};

/// The state of the permutation.
pub type State = [Fr; POSEIDON2_WIDTH];

#[inline]
fn sbox(x: &mut Fr) {
    let fourth = x.square().square();
    *x *= fourth;
}

/// `M4` of the Poseidon2 paper on four elements, with additions only.
#[inline]
fn multiply_m4(x: &mut [Fr]) {
    let t0 = x[0] + x[1];
    let t1 = x[2] + x[3];
    let t2 = x[1].double() + t1;
    let t3 = x[3].double() + t0;
    let t4 = t1.double().double() + t3;
    let t5 = t0.double().double() + t2;
    x[0] = t3 + t5;
    x[1] = t5;
    x[2] = t2 + t4;
    x[3] = t4;
}

/// The external matrix `circ(2·M4, M4)`.
#[inline]
pub fn external_layer(state: &mut State) {
    let (low, high) = state.split_at_mut(4);
    multiply_m4(low);
    multiply_m4(high);
    for (a, b) in low.iter_mut().zip(high) {
        let sum = *a + *b;
        *a += sum;
        *b += sum;
    }
}

/// The internal matrix `J + diag(d)`.
#[inline]
pub fn internal_layer(state: &mut State) {
    let mut sum = state[0];
    for x in &state[1..] {
        sum += x;
    }
    for (x, d) in state.iter_mut().zip(&INTERNAL_DIAGONAL) {
        *x *= d;
        *x += sum;
    }
}

#[inline]
fn full_round(state: &mut State, constants: &State) {
    for (x, c) in state.iter_mut().zip(constants) {
        *x += c;
        sbox(x);
    }
    external_layer(state);
}

/// The permutation, in place.
pub fn permute(state: &mut State) {
    let (before, after) = FULL_ROUND_CONSTANTS.split_at(POSEIDON2_HALF_FULL_ROUNDS);
    external_layer(state);
    for constants in before {
        full_round(state, constants);
    }
    for constant in &PARTIAL_ROUND_CONSTANTS {
        state[0] += constant;
        sbox(&mut state[0]);
        internal_layer(state);
    }
    for constants in after {
        full_round(state, constants);
    }
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
