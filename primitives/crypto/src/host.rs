//! The permutation as a function of the node (P-POSEIDON2), which a runtime calls instead of its own.
//!
//! Natively it is the same code, compiled for the processor: in Wasm a product of 64-bit words takes many instructions,
//! and a permutation has some eight hundred products of four words by four.
//!
//! The node registers `permutation_host::HostFunctions` with its executor. The function is never changed: other
//! parameters would be another function.

#[cfg(not(substrate_runtime))]
use crate::permutation::permute_here;
use crate::{constants::POSEIDON2_WIDTH, field, permutation::State, Fr};
use sp_runtime_interface::{pass_by::PassFatPointerAndReadWrite, runtime_interface};

/// Bytes of an element.
const ELEMENT: usize = 32;
/// Bytes of a state: its elements in their order, each as P-FIELD says.
pub const STATE: usize = POSEIDON2_WIDTH * ELEMENT;

fn to_bytes(state: &State) -> [u8; STATE] {
    let mut out = [0; STATE];
    for (chunk, element) in out.chunks_exact_mut(ELEMENT).zip(state) {
        chunk.copy_from_slice(&field::to_bytes(element));
    }
    out
}

fn from_bytes(bytes: &[u8; STATE]) -> Option<State> {
    let mut state = [Fr::zero(); POSEIDON2_WIDTH];
    for (element, chunk) in state.iter_mut().zip(bytes.as_chunks::<ELEMENT>().0) {
        *element = field::from_bytes(chunk).ok()?;
    }
    Some(state)
}

/// Permutes a state's bytes in place; false, and they stay as they are, if they are not those of a state.
#[cfg(not(substrate_runtime))]
fn permute_bytes(bytes: &mut [u8]) -> bool {
    let Ok(bytes) = <&mut [u8; STATE]>::try_from(bytes) else {
        return false;
    };
    let Some(mut state) = from_bytes(bytes) else {
        return false;
    };
    permute_here(&mut state);
    *bytes = to_bytes(&state);
    true
}

/// The function.
#[runtime_interface]
pub trait PermutationHost {
    /// Permutes a state in place (256 bytes: eight elements, canonical). False, and nothing is written, if the bytes
    /// are not a state.
    fn permute(state: PassFatPointerAndReadWrite<&mut [u8]>) -> bool {
        crate::host::permute_bytes(state)
    }
}

/// The permutation by the node; false, and the state stays as it is, if the node does not do it.
pub fn permute(state: &mut State) -> bool {
    let mut bytes = to_bytes(state);
    if !permutation_host::permute(&mut bytes) {
        return false;
    }
    let Some(permuted) = from_bytes(&bytes) else {
        return false;
    };
    *state = permuted;
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A state whose elements differ, some of them close to the modulus.
    fn state(seed: u64) -> State {
        core::array::from_fn(|i| {
            let x = Fr::from(seed * 8 + i as u64);
            if i % 2 == 0 {
                x
            } else {
                -x
            }
        })
    }

    #[test]
    fn node_should_permute_as_this_crate_does() {
        for seed in 0..200 {
            let (mut by_node, mut here) = (state(seed), state(seed));
            assert!(permute(&mut by_node));
            permute_here(&mut here);
            assert_eq!(by_node, here);
        }
        let (mut by_node, mut here) = ([Fr::zero(); POSEIDON2_WIDTH], [Fr::zero(); POSEIDON2_WIDTH]);
        assert!(permute(&mut by_node));
        permute_here(&mut here);
        assert_eq!(by_node, here);
    }

    #[test]
    fn bytes_that_are_no_state_should_be_refused_and_stay() {
        let good = to_bytes(&state(3));
        for length in [0, 1, STATE - 1, STATE + 1, 2 * STATE] {
            let mut bytes = vec![0; length];
            assert!(!permute_bytes(&mut bytes), "{length}");
            assert_eq!(bytes, vec![0; length]);
        }
        for place in 0..POSEIDON2_WIDTH {
            // The modulus is the smallest number that is not an element: minus one, plus one.
            let mut modulus = field::to_bytes(&-Fr::one());
            modulus[0] += 1;
            for wrong in [modulus, [0xff; ELEMENT]] {
                let mut bytes = good;
                bytes[place * ELEMENT..(place + 1) * ELEMENT].copy_from_slice(&wrong);
                let before = bytes;
                assert!(!permute_bytes(&mut bytes), "{place}");
                assert_eq!(bytes, before);
            }
        }
        let mut bytes = good;
        assert!(permute_bytes(&mut bytes));
        assert_ne!(bytes, good);
    }
}
