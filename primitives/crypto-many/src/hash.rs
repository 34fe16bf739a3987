//! Hashes of many inputs of one length, side by side (P-POSEIDON2).
#![allow(unsafe_code)]
// Loops over indices: closures and iterators are not part of the function that switches the instructions on.
#![allow(clippy::needless_range_loop)]

use crate::{
    kit::{Kit, Kitted},
    permutation::{permute, States},
};
use cloister_crypto::{
    constants::{POSEIDON2_RATE, POSEIDON2_WIDTH},
    poseidon2::{capacity, State},
    Fr,
};
use cloister_lanes::{on_backend, scalar::words, Backend, Elements, Task, LANES};

/// Fewest inputs for which eight lanes are faster than one input after the other.
const WORTHWHILE: usize = 3;

/// Hashes with one backend.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hasher(Backend);

impl Default for Hasher {
    fn default() -> Self {
        Self(Backend::detect())
    }
}

impl Hasher {
    /// Hashes with a backend, or the one that stands in for it.
    pub fn new(backend: Backend) -> Self {
        Self(backend.or_available())
    }

    /// The backend for so many inputs.
    fn backend(self, count: usize) -> Backend {
        match self.0 {
            Backend::Vector if count < WORTHWHILE => Backend::Portable,
            backend => backend,
        }
    }

    /// Permutes every state in place.
    pub fn permute_many(self, states: &mut [State]) {
        let (whole, rest) = states.split_at_mut(states.len() / LANES * LANES);
        for part in [whole, rest] {
            on_backend!(self.backend(part.len()), S => permute_with::<S>(part));
        }
    }

    /// The hash of a tree node from its eight children, for many nodes.
    pub fn compress8_many(self, nodes: &[State]) -> Vec<Fr> {
        let mut states = nodes.to_vec();
        self.permute_many(&mut states);
        nodes
            .iter()
            .zip(states)
            .map(|(node, state)| state[0] + node[0])
            .collect()
    }

    /// Hashes of lists of elements under one tag.
    pub fn sponge_many<const N: usize>(self, domain: u32, inputs: &[[Fr; N]]) -> Vec<Fr> {
        self.absorb_many(domain, inputs)
            .into_iter()
            .map(|state| state[0])
            .collect()
    }

    /// The same sponges' seven outputs.
    pub fn sponge_block_many<const N: usize>(self, domain: u32, inputs: &[[Fr; N]]) -> Vec<[Fr; POSEIDON2_RATE]> {
        let first = |state: State| core::array::from_fn(|i| state[i]);
        self.absorb_many(domain, inputs).into_iter().map(first).collect()
    }

    fn absorb_many<const N: usize>(self, domain: u32, inputs: &[[Fr; N]]) -> Vec<State> {
        let mut states = vec![[Fr::zero(); POSEIDON2_WIDTH]; inputs.len()];
        let capacity = capacity(domain, N);
        for state in &mut states {
            state[POSEIDON2_RATE] = capacity;
        }
        // An empty input costs a permutation too.
        for first in (0..N.max(1)).step_by(POSEIDON2_RATE) {
            for (state, input) in states.iter_mut().zip(inputs) {
                for (x, element) in state.iter_mut().zip(input.iter().skip(first).take(POSEIDON2_RATE)) {
                    *x += element;
                }
            }
            self.permute_many(&mut states);
        }
        states
    }
}

/// Permutes every state in place, with the fastest backend.
pub fn permute_many(states: &mut [State]) {
    Hasher::default().permute_many(states);
}

/// The hash of a tree node from its eight children, for many nodes, with the fastest backend.
pub fn compress8_many(nodes: &[State]) -> Vec<Fr> {
    Hasher::default().compress8_many(nodes)
}

/// Hashes of lists of elements under one tag, with the fastest backend.
pub fn sponge_many<const N: usize>(domain: u32, inputs: &[[Fr; N]]) -> Vec<Fr> {
    Hasher::default().sponge_many(domain, inputs)
}

/// The same sponges' seven outputs, with the fastest backend.
pub fn sponge_block_many<const N: usize>(domain: u32, inputs: &[[Fr; N]]) -> Vec<[Fr; POSEIDON2_RATE]> {
    Hasher::default().sponge_block_many(domain, inputs)
}

/// Permutes as many states as a value is wide.
struct Permute<'a, S: Elements> {
    kit: &'a Kit<S>,
    words: &'a mut [[[u64; 4]; LANES]; POSEIDON2_WIDTH],
}

impl<S: Elements> Task for Permute<'_, S> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let mut states: States<S> = [S::zero(); POSEIDON2_WIDTH];
        for i in 0..POSEIDON2_WIDTH {
            states[i] = S::from_words(&self.words[i]);
        }
        permute(&mut states, &self.kit.constants);
        for i in 0..POSEIDON2_WIDTH {
            self.words[i] = states[i].to_words();
        }
    }
}

fn permute_with<S: Kitted>(states: &mut [State]) {
    let kit = S::kit();
    for chunk in states.chunks_mut(<S::Elements as Elements>::WIDTH) {
        let mut elements = [[[0; 4]; LANES]; POSEIDON2_WIDTH];
        for (lane, state) in chunk.iter().enumerate() {
            for (element, value) in elements.iter_mut().zip(state) {
                element[lane] = words(value);
            }
        }
        let task = Permute {
            kit,
            words: &mut elements,
        };
        // SAFETY: whoever has a kit asked for the instructions.
        unsafe { S::Elements::enter(task) };
        for (lane, state) in chunk.iter_mut().enumerate() {
            for (element, value) in elements.iter().zip(state) {
                *value = Fr::from_raw(element[lane]);
            }
        }
    }
}
