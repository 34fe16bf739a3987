//! Many hashes at once against one after the other, on every backend (P-POSEIDON2).

use cloister_crypto::{
    poseidon2::{compress8, permute_here, sponge, sponge_block, State},
    Fr,
};
use cloister_crypto_many::{Backend, Hasher};
use proptest::prelude::*;

fn hashers() -> impl Iterator<Item = Hasher> {
    let there = Backend::ALL.into_iter().filter(|backend| backend.is_available());
    there.map(Hasher::new).chain([Hasher::default()])
}

fn check_states(states: &[State]) {
    let mut permuted = states.to_vec();
    permuted.iter_mut().for_each(permute_here);
    let nodes: Vec<Fr> = states.iter().map(compress8).collect();
    for hasher in hashers() {
        let mut many = states.to_vec();
        hasher.permute_many(&mut many);
        assert_eq!(many, permuted, "{hasher:?}");
        assert_eq!(hasher.compress8_many(states), nodes, "{hasher:?}");
    }
}

fn check_lists<const N: usize>(domain: u32, lists: &[[Fr; N]]) {
    let hashes: Vec<Fr> = lists.iter().map(|list| sponge(domain, list)).collect();
    let blocks: Vec<_> = lists.iter().map(|list| sponge_block(domain, list)).collect();
    for hasher in hashers() {
        assert_eq!(hasher.sponge_many(domain, lists), hashes, "{hasher:?}");
        assert_eq!(hasher.sponge_block_many(domain, lists), blocks, "{hasher:?}");
    }
}

#[test]
fn permutations_at_the_edges_should_be_those_of_one_state() {
    let edges = [Fr::zero(), Fr::one(), -Fr::one(), -Fr::from(2), Fr::from(u64::MAX)];
    let mut states: Vec<State> = edges.map(|edge| [edge; 8]).into();
    for fill in edges {
        for special in edges {
            for place in 0..8 {
                let mut state = [fill; 8];
                state[place] = special;
                states.push(state);
            }
        }
    }
    check_states(&states);
}

#[test]
fn any_number_of_states_should_be_hashed() {
    for count in (0..20).chain([64, 65]) {
        let states: Vec<State> = (0..count)
            .map(|i| core::array::from_fn(|j| Fr::from(i * 8 + j as u64)))
            .collect();
        check_states(&states);
    }
}

fn element() -> impl Strategy<Value = Fr> {
    any::<[u64; 4]>().prop_map(Fr::from_raw)
}

proptest! {
    #[test]
    fn hashes_should_be_those_of_one_after_the_other(
        states in prop::collection::vec(prop::array::uniform8(element()), 0..20),
        domain in any::<u32>(),
    ) {
        check_states(&states);
        check_lists::<0>(domain, &vec![[]; states.len()]);
        check_lists::<8>(domain, &states);
        let short: Vec<[Fr; 4]> = states.iter().map(|s| [s[0], s[1], s[2], s[3]]).collect();
        check_lists(domain, &short);
        let block: Vec<[Fr; 7]> = states.iter().map(|s| core::array::from_fn(|i| s[i])).collect();
        check_lists(domain, &block);
        let longer = |s: &State| core::array::from_fn(|i| s[i % 8] + Fr::from(i as u64));
        let long: Vec<[Fr; 24]> = states.iter().map(longer).collect();
        check_lists(domain, &long);
    }
}
