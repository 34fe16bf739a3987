//! Poseidon2, keystream and trees against their native twins.

use bellman::ConstraintSystem;
use cloister_circuits::{
    gadgets::{
        bits::alloc_bits,
        num::Num,
        poseidon2::{compress8, permute, sponge, sponge_block, sponge_cost, PERMUTATION_COST},
        stream::{account_pads, house_pads, pads_cost, stream_salt, view_commitment},
        tree::{open, update, LEVEL_COST, OPEN_LEVEL_COST},
    },
    Fr,
};
use cloister_circuits_testing::TestSystem;
use cloister_crypto::{
    constants::{domain, ORDER_TREE_DEPTH},
    field::{from_bytes, limbs},
    poseidon2 as native,
    stream::{self, Scope},
};
use cloister_groth16::Assignment;
use cloister_ledger::tree::{root_with, OrderTree};
use proptest::prelude::*;

fn element() -> impl Strategy<Value = Fr> {
    any::<[u8; 32]>().prop_map(|mut bytes| {
        bytes[31] &= 0x3f;
        from_bytes(&bytes).unwrap()
    })
}

fn wires(cs: &mut TestSystem, xs: &[Fr]) -> Vec<Num> {
    xs.iter()
        .enumerate()
        .map(|(i, x)| Num::alloc(cs, || format!("x {i}"), Some(*x)).unwrap())
        .collect()
}

fn check_permutation(input: [Fr; 8]) {
    let mut cs = TestSystem::new();
    let state: [Num; 8] = wires(&mut cs, &input).try_into().unwrap();
    let output = permute(&mut cs, &state).unwrap();
    let mut expected = input;
    native::permute(&mut expected);
    assert_eq!(output.map(|x| x.value().unwrap()), expected);
    assert_eq!(cs.num_constraints(), PERMUTATION_COST);
    assert!(cs.is_satisfied());
}

/// Where only values are wanted the wires are those of the system that keeps its constraints.
#[test]
fn wires_of_a_permutation_should_not_depend_on_the_system() {
    fn permute_in<CS: ConstraintSystem<Fr>>(cs: &mut CS, input: [Fr; 8]) -> [Option<Fr>; 8] {
        // Combinations and constants among the elements.
        let mut state = input.map(|x| Num::alloc(cs, || x.to_string(), Some(x)).unwrap());
        state[1] = &state[1] - &state[2] * 3;
        state[7] = Num::constant(input[7]);
        permute(cs, &state).unwrap().map(|x| x.value())
    }
    let input = std::array::from_fn(|i| Fr::from(1 << i).invert().unwrap());
    let (mut system, mut values) = (TestSystem::new(), Assignment::default());
    assert_eq!(permute_in(&mut system, input), permute_in(&mut values, input));
    assert!([values.inputs, values.aux].concat() == system.values());
}

#[test]
fn permutation_should_cost_363_constraints() {
    assert_eq!(PERMUTATION_COST, 363);
}

#[test]
fn permutation_should_equal_the_native_one_at_the_edges() {
    for x in [Fr::zero(), Fr::one(), -Fr::one()] {
        check_permutation([x; 8]);
    }
}

#[test]
fn every_wire_of_a_permutation_should_be_bound() {
    let mut cs = TestSystem::new();
    let input: [Fr; 8] = core::array::from_fn(|i| Fr::from(i as u64 + 1));
    let state: [Num; 8] = wires(&mut cs, &input).try_into().unwrap();
    permute(&mut cs, &state).unwrap();
    assert_eq!(cs.free_wires(), Vec::<String>::new());
}

#[test]
fn permutation_with_an_altered_box_should_fail() {
    let mut cs = TestSystem::new();
    let state: [Num; 8] = wires(&mut cs, &[Fr::from(3); 8]).try_into().unwrap();
    permute(&mut cs, &state).unwrap();
    let old = cs.set("partial round 20/fourth", Fr::from(1)).unwrap();
    assert_eq!(
        cs.all_unsatisfied(),
        ["partial round 20/fourth", "partial round 20/fifth"],
        "the box before and the box after"
    );
    cs.set("partial round 20/fourth", old).unwrap();
    assert!(cs.is_satisfied());
}

#[test]
fn sponges_should_equal_the_native_ones_and_their_cost() {
    for length in [0usize, 1, 6, 7, 8, 14, 15, 30] {
        let xs: Vec<Fr> = (0..length as u64).map(|i| -Fr::from(i)).collect();
        let mut cs = TestSystem::new();
        let nums = wires(&mut cs, &xs);
        let block = sponge_block(&mut cs, "block", domain::BATCH, &nums).unwrap();
        assert_eq!(cs.num_constraints(), sponge_cost(length));
        assert_eq!(
            block.map(|x| x.value().unwrap()),
            native::sponge_block(domain::BATCH, &xs)
        );
        let hash = sponge(&mut cs, "hash", domain::RISK, &nums).unwrap();
        assert_eq!(hash.value(), Some(native::sponge(domain::RISK, &xs)));
        assert!(cs.is_satisfied());
    }
}

#[test]
fn compression_should_equal_the_native_one() {
    let children: [Fr; 8] = core::array::from_fn(|i| Fr::from(i as u64) - Fr::from(4));
    let mut cs = TestSystem::new();
    let nums: [Num; 8] = wires(&mut cs, &children).try_into().unwrap();
    assert_eq!(
        compress8(&mut cs, "node", &nums).unwrap().value(),
        Some(native::compress8(&children))
    );
    assert_eq!(cs.num_constraints(), PERMUTATION_COST);
}

#[test]
fn pads_should_equal_the_native_ones_and_their_cost() {
    let scope = Scope {
        genesis: core::array::from_fn(|i| i as u8),
        group: 6,
    };
    let (lo, hi) = limbs(&scope.genesis);
    let (key, nonce, salt) = (Fr::from(5), 9u64, scope.salt(-Fr::from(3)));
    for count in [1usize, 7, 9, 14, 15] {
        let mut cs = TestSystem::new();
        let nums = wires(&mut cs, &[key, Fr::from(nonce), salt.get(), Fr::from(77)]);
        let of = [&nums[0], &nums[3], &nums[1], &nums[2]];
        let pads = account_pads(&mut cs, "pads", of, count).unwrap();
        let values: Vec<Fr> = pads.iter().map(|x| x.value().unwrap()).collect();
        assert_eq!(values, stream::account_pads(key, 77, nonce, salt, count));
        assert_eq!(cs.num_constraints(), pads_cost(count));
        let pads = house_pads(&mut cs, "house", [&nums[0], &nums[1], &nums[2]], count).unwrap();
        let values: Vec<Fr> = pads.iter().map(|x| x.value().unwrap()).collect();
        assert_eq!(values, stream::house_pads(key, nonce, salt, count));
        assert!(cs.is_satisfied());
    }
    let mut cs = TestSystem::new();
    let nums = wires(&mut cs, &[lo, hi, Fr::from(6), key, -Fr::from(3)]);
    let of = |last: usize| [&nums[0], &nums[1], &nums[2], &nums[last]];
    assert_eq!(
        view_commitment(&mut cs, "view", of(3)).unwrap().value(),
        Some(stream::view_commitment(&scope, key))
    );
    assert_eq!(stream_salt(&mut cs, "salt", of(4)).unwrap().value(), Some(salt.get()));
    assert_eq!(cs.num_constraints(), 2 * PERMUTATION_COST);
}

/// An update of slot `index` from `old` to `new` in an order tree with some contents.
fn tree_system(index: u32, old: Fr, new: Fr) -> (TestSystem, [Option<Fr>; 2], OrderTree) {
    let mut tree = OrderTree::default();
    for i in [0u32, 7, 8, 100, 511] {
        tree.set(i, Fr::from(u64::from(i) + 1000));
    }
    tree.set(index, old);
    let path = tree.path(index).map(Some);
    let mut cs = TestSystem::new();
    let bits = alloc_bits(&mut cs, "index", Some(Fr::from(u64::from(index))), 3 * ORDER_TREE_DEPTH).unwrap();
    let nums = wires(&mut cs, &[old, new]);
    let roots = update(&mut cs, "tree", &bits, &path, &nums[0], &nums[1]).unwrap();
    (cs, [roots.old_root.value(), roots.new_root.value()], tree)
}

#[test]
fn tree_update_should_give_both_roots_at_every_digit() {
    for index in [0u32, 1, 2, 3, 4, 5, 6, 7, 8, 63, 64, 100, 448, 511] {
        let (old, new) = (Fr::from(5), Fr::from(6));
        let (cs, roots, tree) = tree_system(index, old, new);
        assert_eq!(
            roots,
            [Some(tree.root()), Some(root_with(&tree.path(index), index, new))]
        );
        assert_eq!(
            cs.num_constraints(),
            3 * ORDER_TREE_DEPTH + ORDER_TREE_DEPTH * LEVEL_COST
        );
        assert_eq!(cs.which_is_unsatisfied(), None);
    }
}

#[test]
fn tree_level_should_cost_twenty_constraints_besides_its_hashes() {
    assert_eq!(LEVEL_COST - 2 * PERMUTATION_COST, 20);
}

#[test]
fn tree_opening_should_give_the_root_and_refuse_another_leaf() {
    for index in [0u32, 3, 7, 8, 100, 511] {
        let leaf = Fr::from(77);
        let (_, _, tree) = tree_system(index, leaf, leaf);
        let path = tree.path(index).map(Some);
        let mut cs = TestSystem::new();
        let bits = alloc_bits(&mut cs, "index", Some(Fr::from(u64::from(index))), 3 * ORDER_TREE_DEPTH).unwrap();
        let nums = wires(&mut cs, &[leaf]);
        let root = open(&mut cs, "tree", &bits, &path, &nums[0]).unwrap();
        assert_eq!(root.value(), Some(tree.root()));
        assert_eq!(
            cs.num_constraints(),
            3 * ORDER_TREE_DEPTH + ORDER_TREE_DEPTH * OPEN_LEVEL_COST
        );
        assert_eq!(cs.which_is_unsatisfied(), None);
        assert_eq!(cs.free_wires(), Vec::<String>::new());
        cs.set("x 0", Fr::from(78)).unwrap();
        let name = format!("tree/level 0/child {} is the node at the digit", index % 8);
        assert_eq!(cs.all_unsatisfied(), [name]);
    }
}

#[test]
fn every_wire_of_a_tree_update_should_be_bound() {
    let (cs, ..) = tree_system(100, Fr::from(5), Fr::from(6));
    // The leaf is an input of the gadget, and a sibling is bound by the old root, which the caller compares.
    let free: Vec<String> = cs.free_wires();
    assert_eq!(free, Vec::<String>::new());
}

#[test]
fn opening_another_leaf_should_fail() {
    let (mut cs, ..) = tree_system(100, Fr::from(5), Fr::from(6));
    cs.set("x 0", Fr::from(7)).unwrap();
    let name = "tree/level 0/child 4 is the old node at the digit";
    assert!(
        cs.all_unsatisfied().contains(&name.to_string()),
        "{:?}",
        cs.all_unsatisfied()
    );
}

#[test]
fn opening_at_another_index_should_fail() {
    let (mut cs, ..) = tree_system(100, Fr::from(5), Fr::from(6));
    cs.set("index/bit 0", Fr::one()).unwrap();
    assert!(cs.which_is_unsatisfied().unwrap().starts_with("tree/level 0/digit"));
}

#[test]
fn swapping_a_sibling_in_the_new_tree_should_fail() {
    let (mut cs, ..) = tree_system(100, Fr::from(5), Fr::from(6));
    cs.set("tree/level 1/change of child 2", Fr::from(1)).unwrap();
    assert_eq!(
        cs.which_is_unsatisfied().as_deref(),
        Some("tree/level 1/change of child 2")
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn permutation_should_equal_the_native_one(state in prop::array::uniform8(element())) {
        check_permutation(state);
    }

    #[test]
    fn tree_update_should_equal_the_native_one(index in 0u32..512, old in element(), new in element()) {
        let (cs, roots, tree) = tree_system(index, old, new);
        prop_assert_eq!(roots, [Some(tree.root()), Some(root_with(&tree.path(index), index, new))]);
        prop_assert!(cs.is_satisfied());
    }
}
