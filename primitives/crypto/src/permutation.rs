//! The permutation of Poseidon2 (P-POSEIDON2).

use crate::{
    constants::{POSEIDON2_HALF_FULL_ROUNDS, POSEIDON2_WIDTH},
    poseidon2_constants::{FULL_ROUND_CONSTANTS, INTERNAL_DIAGONAL, PARTIAL_ROUND_CONSTANTS},
    Fr,
};

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

/// The permutation, in place, by this crate's own arithmetic.
pub fn permute_here(state: &mut State) {
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
