//! The permutation against the reference instance, and the sponge's separations (P-POSEIDON2).

use ark_ff::{BigInteger, PrimeField};
use cloister_crypto::{
    constants::{domain, POSEIDON2_RATE},
    field::{from_bytes, to_bytes},
    poseidon2::{capacity, compress8, permute, sponge, sponge_block, State},
    Fr,
};
use proptest::prelude::*;
use zkhash::{
    fields::bls12::FpBLS12,
    poseidon2::{poseidon2::Poseidon2, poseidon2_instance_bls12::POSEIDON2_BLS_8_PARAMS},
};

fn reference(state: &State) -> State {
    let input: Vec<FpBLS12> = state
        .iter()
        .map(|x| FpBLS12::from_le_bytes_mod_order(&to_bytes(x)))
        .collect();
    let output = Poseidon2::new(&POSEIDON2_BLS_8_PARAMS).permutation(&input);
    core::array::from_fn(|i| from_bytes(&output[i].into_bigint().to_bytes_le().try_into().unwrap()).unwrap())
}

fn element() -> impl Strategy<Value = Fr> {
    any::<[u8; 32]>().prop_map(|mut bytes| {
        bytes[31] &= 0x3f;
        from_bytes(&bytes).unwrap()
    })
}

#[test]
fn permutation_should_equal_the_reference_at_the_edges() {
    let edges = [Fr::zero(), Fr::one(), -Fr::one(), Fr::from(u64::MAX)];
    for fill in edges {
        for special in edges {
            for place in 0..8 {
                let mut state = [fill; 8];
                state[place] = special;
                let expected = reference(&state);
                permute(&mut state);
                assert_eq!(state, expected);
            }
        }
    }
}

#[test]
fn compression_should_feed_the_first_child_forward() {
    let children: State = core::array::from_fn(|i| Fr::from(i as u64 + 5));
    assert_eq!(compress8(&children), reference(&children)[0] + children[0]);
}

#[test]
fn sponge_should_be_the_written_construction() {
    let xs: Vec<Fr> = (0..9u64).map(Fr::from).collect();
    let mut state = [Fr::zero(); 8];
    state[7] = Fr::from(u64::from(domain::LEAF_V1)) + Fr::from(9u64 << 32);
    for i in 0..7 {
        state[i] += xs[i];
    }
    let mut state = reference(&state);
    state[0] += xs[7];
    state[1] += xs[8];
    let state = reference(&state);
    assert_eq!(sponge_block(domain::LEAF_V1, &xs)[..], state[..POSEIDON2_RATE]);
    assert_eq!(sponge(domain::LEAF_V1, &xs), state[0]);
}

#[test]
fn empty_sponge_should_cost_one_permutation() {
    let mut state = [Fr::zero(); 8];
    state[7] = Fr::from(u64::from(domain::VIEW));
    assert_eq!(sponge(domain::VIEW, &[]), reference(&state)[0]);
}

#[test]
fn domains_and_lengths_should_separate() {
    let mut seen = Vec::new();
    for tag in 1..=11u32 {
        for length in 0..16 {
            seen.push(to_bytes(&sponge(tag, &vec![Fr::zero(); length])));
        }
    }
    let count = seen.len();
    seen.sort_unstable();
    seen.dedup();
    assert_eq!(seen.len(), count);
}

#[test]
fn capacity_should_hold_domain_and_length_apart() {
    assert_eq!(capacity(7, 3), Fr::from(7u64) + Fr::from(3u64 << 32));
    assert_ne!(capacity(u32::MAX, 0), capacity(0, 1));
}

proptest! {
    #[test]
    fn permutation_should_equal_the_reference(state in prop::array::uniform8(element())) {
        let mut ours = state;
        permute(&mut ours);
        prop_assert_eq!(ours, reference(&state));
    }

    #[test]
    fn changing_one_element_should_change_the_sponge(
        xs in prop::collection::vec(element(), 1..20),
        at in any::<prop::sample::Index>(),
    ) {
        let mut other = xs.clone();
        other[at.index(xs.len())] += Fr::one();
        prop_assert_ne!(sponge(domain::BATCH, &xs), sponge(domain::BATCH, &other));
    }
}
