//! The permutation of Poseidon2 (P-POSEIDON2) over elements side by side.
//!
//! Sums are not reduced where they need not be. The bounds, in moduli (`cloister_lanes::elements`):
//!
//! - a full round takes elements below 4.5 and constants below 1.5: a square is below 2.1, its square below 1.2, the
//!   fifth power below 1.3. `M4` adds up to sixteen of them, below 21; made tight, the last sums are below 4.5 again;
//! - a partial round takes elements below 4.5: seven of them and a fifth power are below 33, made tight below 1.5, and
//!   a product with the diagonal and this sum are below 2.8.
// Loops over indices: closures and iterators are not part of the function that switches the instructions on.
#![allow(clippy::needless_range_loop)]

use cloister_crypto::{
    constants::{POSEIDON2_HALF_FULL_ROUNDS, POSEIDON2_PARTIAL_ROUNDS, POSEIDON2_WIDTH},
    poseidon2::{FULL_ROUND_CONSTANTS, INTERNAL_DIAGONAL, PARTIAL_ROUND_CONSTANTS},
};
use cloister_lanes::{scalar::words, Elements};

/// States side by side.
pub type States<S> = [S; POSEIDON2_WIDTH];

/// The constants as a backend reads them.
pub struct Constants<S: Elements> {
    full: [[S::Element; POSEIDON2_WIDTH]; 2 * POSEIDON2_HALF_FULL_ROUNDS],
    partial: [S::Element; POSEIDON2_PARTIAL_ROUNDS],
    diagonal: [S::Element; POSEIDON2_WIDTH],
}

impl<S: Elements> Constants<S> {
    /// Converts them; only where the backend is available.
    pub fn new() -> Self {
        Self {
            full: FULL_ROUND_CONSTANTS.map(|round| round.map(|c| S::element(&words(&c)))),
            partial: PARTIAL_ROUND_CONSTANTS.map(|c| S::element(&words(&c))),
            diagonal: INTERNAL_DIAGONAL.map(|d| S::element(&words(&d))),
        }
    }
}

#[inline(always)]
fn fifth_power<S: Elements>(x: &S) -> S {
    x.sqr().sqr().mul(x)
}

/// `M4` of the Poseidon2 paper, with additions only; from bound `b` to `16·b`.
#[inline(always)]
fn multiply_m4<S: Elements>(state: &mut States<S>, at: usize) {
    let t0 = state[at].add(&state[at + 1]);
    let t1 = state[at + 2].add(&state[at + 3]);
    let t2 = state[at + 1].add(&state[at + 1]).add(&t1);
    let t3 = state[at + 3].add(&state[at + 3]).add(&t0);
    let (t1, t0) = (t1.add(&t1), t0.add(&t0));
    let t4 = t1.add(&t1).add(&t3);
    let t5 = t0.add(&t0).add(&t2);
    state[at] = t3.add(&t5);
    state[at + 1] = t5;
    state[at + 2] = t2.add(&t4);
    state[at + 3] = t4;
}

/// The external matrix `circ(2·M4, M4)`; from bound 1.5 to bound 4.5.
#[inline(always)]
fn external_layer<S: Elements>(state: &mut States<S>) {
    multiply_m4(state, 0);
    multiply_m4(state, 4);
    for i in 0..4 {
        let (a, b) = (state[i].tight(), state[i + 4].tight());
        let sum = a.add(&b);
        state[i] = a.add(&sum);
        state[i + 4] = b.add(&sum);
    }
}

#[inline(always)]
fn full_round<S: Elements>(state: &mut States<S>, constants: &[S::Element; POSEIDON2_WIDTH]) {
    for i in 0..POSEIDON2_WIDTH {
        state[i] = fifth_power(&state[i].add(&S::broadcast(&constants[i])));
    }
    external_layer(state);
}

#[inline(always)]
fn partial_round<S: Elements>(state: &mut States<S>, constant: &S::Element, diagonal: &States<S>) {
    let mut rest = state[1];
    for i in 2..POSEIDON2_WIDTH {
        rest = rest.add(&state[i]);
    }
    state[0] = fifth_power(&state[0].add(&S::broadcast(constant)));
    let sum = rest.add(&state[0]).tight();
    for i in 0..POSEIDON2_WIDTH {
        state[i] = state[i].mul_add(&diagonal[i], &sum);
    }
}

/// The permutation, in place. Bounds: 1.5 before, 4.5 after.
#[inline(always)]
pub fn permute<S: Elements>(state: &mut States<S>, constants: &Constants<S>) {
    external_layer(state);
    for round in 0..POSEIDON2_HALF_FULL_ROUNDS {
        full_round(state, &constants.full[round]);
    }
    let mut diagonal = [S::zero(); POSEIDON2_WIDTH];
    for i in 0..POSEIDON2_WIDTH {
        diagonal[i] = S::broadcast(&constants.diagonal[i]);
    }
    for round in 0..POSEIDON2_PARTIAL_ROUNDS {
        partial_round(state, &constants.partial[round], &diagonal);
    }
    for round in 0..POSEIDON2_HALF_FULL_ROUNDS {
        full_round(state, &constants.full[POSEIDON2_HALF_FULL_ROUNDS + round]);
    }
}
