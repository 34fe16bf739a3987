//! Inner products at half a constraint per term, and the permutation that serves two hashes.

use cloister_circuits::{
    gadgets::{
        boolean::Bit,
        choice::one_hot,
        inner::Paired,
        num::Num,
        poseidon2::{sponge_of_two, PERMUTATION_COST},
    },
    Fr,
};
use cloister_circuits_testing::TestSystem;
use cloister_crypto::{constants::domain, poseidon2::sponge};
use proptest::prelude::*;

fn nums(cs: &mut TestSystem, name: &str, values: &[u64]) -> Vec<Num> {
    let alloc = |(i, x): (usize, &u64)| Num::alloc(cs, || format!("{name} {i}"), Some(Fr::from(*x))).unwrap();
    values.iter().enumerate().map(alloc).collect()
}

#[test]
fn inner_product_should_be_the_sum_of_products_at_half_a_constraint_a_term() {
    for length in [0usize, 1, 2, 3, 8, 31, 32] {
        let values: Vec<u64> = (0..length as u64).map(|i| 1 + i * i * 77).collect();
        let mut cs = TestSystem::new();
        let wires = nums(&mut cs, "x", &values);
        let x = Paired::new(&mut cs, "x", wires).unwrap();
        assert_eq!(cs.num_constraints(), length / 2);
        let wires = nums(&mut cs, "y", &values);
        let y = Paired::pinned(&mut cs, "y", wires).unwrap();
        assert_eq!(cs.num_constraints(), length / 2 * 2 + 1);
        let inner = x.inner(&mut cs, "inner", &y).unwrap();
        assert_eq!(cs.num_constraints(), length / 2 * 2 + 1 + length.div_ceil(2));
        let sum: Fr = values.iter().map(|v| Fr::from(*v).square()).sum();
        assert_eq!(inner.value(), Some(sum));
        assert_eq!(cs.which_is_unsatisfied(), None);
    }
}

#[test]
fn every_wire_of_an_inner_product_should_bind_its_value() {
    let mut cs = TestSystem::new();
    let (xs, ys) = (nums(&mut cs, "x", &[3, 5, 7, 9]), nums(&mut cs, "y", &[2, 4, 6, 8]));
    let x = Paired::new(&mut cs, "x", xs).unwrap();
    let y = Paired::pinned(&mut cs, "y", ys).unwrap();
    let inner = x.inner(&mut cs, "inner", &y).unwrap();
    inner.pin(&mut cs, "result").unwrap();
    assert_eq!(inner.value(), Some(Fr::from(6 + 20 + 42 + 72)));
    assert_eq!(cs.free_wires(), Vec::<String>::new());
}

#[test]
fn one_hot_choice_should_cost_half_a_constraint_a_number() {
    let values: Vec<u64> = (10..42).collect();
    for chosen in [None, Some(0), Some(1), Some(30), Some(31)] {
        let mut cs = TestSystem::new();
        let any = Bit::alloc(&mut cs, || "any", Some(chosen.is_some())).unwrap();
        let bits = one_hot(&mut cs, "choice", &any, chosen.or(Some(32)), 32).unwrap();
        let wires = nums(&mut cs, "column", &values);
        let column = Paired::pinned(&mut cs, "column", wires).unwrap();
        let before = cs.num_constraints();
        let result = Paired::one_hot(&bits).inner(&mut cs, "chosen", &column).unwrap();
        assert_eq!(cs.num_constraints() - before, 16);
        assert_eq!(result.value(), Some(chosen.map_or(Fr::zero(), |i| Fr::from(values[i]))));
        assert_eq!(cs.which_is_unsatisfied(), None);
        // Two at once, with which the shortcut would not be a product any more, are refused by the choice itself.
        cs.set("choice/choice 4", Fr::one()).unwrap();
        cs.set("choice/choice 5", Fr::one()).unwrap();
        assert!(cs.all_unsatisfied().contains(&"choice/exactly one".into()));
    }
}

#[test]
fn one_permutation_should_serve_two_hashes() {
    let (a, b) = ([7u64, 8, 9, 10], [42u64]);
    for first in [true, false] {
        let mut cs = TestSystem::new();
        let condition = Bit::alloc(&mut cs, || "condition", Some(first)).unwrap();
        let (one, zero) = (nums(&mut cs, "one", &b), nums(&mut cs, "zero", &a));
        let hash = sponge_of_two(
            &mut cs,
            "hash",
            &condition,
            &[],
            (domain::VIEW, &one),
            (domain::INSTRUCTION, &zero),
        )
        .unwrap();
        assert_eq!(cs.num_constraints(), 1 + a.len() + PERMUTATION_COST);
        let native = |domain, values: &[u64]| sponge(domain, &values.iter().map(|x| Fr::from(*x)).collect::<Vec<_>>());
        let expected = if first {
            native(domain::VIEW, &b)
        } else {
            native(domain::INSTRUCTION, &a)
        };
        assert_eq!(hash.value(), Some(expected));
        assert_eq!(cs.which_is_unsatisfied(), None);
        // What both begin with is not chosen.
        let shared = nums(&mut cs, "shared", &[3, 4]);
        let before = cs.num_constraints();
        let (of_one, of_zero) = ((domain::VIEW, &one[..]), (domain::INSTRUCTION, &zero[..2]));
        let hash = sponge_of_two(&mut cs, "of a shared start", &condition, &shared, of_one, of_zero).unwrap();
        assert_eq!(cs.num_constraints() - before, 2 + PERMUTATION_COST);
        let expected = if first {
            native(domain::VIEW, &[3, 4, 42])
        } else {
            native(domain::INSTRUCTION, &[3, 4, 7, 8])
        };
        assert_eq!(hash.value(), Some(expected));
        assert_eq!(cs.which_is_unsatisfied(), None);
    }
}

proptest! {
    #[test]
    fn inner_products_should_equal_the_sum_of_products(
        values in prop::collection::vec((any::<u64>(), any::<u64>()), 0..40),
    ) {
        let (xs, ys): (Vec<u64>, Vec<u64>) = values.iter().copied().unzip();
        let mut cs = TestSystem::new();
        let (x, y) = (nums(&mut cs, "x", &xs), nums(&mut cs, "y", &ys));
        let x = Paired::new(&mut cs, "x", x).unwrap();
        let y = Paired::new(&mut cs, "y", y).unwrap();
        let inner = x.inner(&mut cs, "inner", &y).unwrap();
        let sum: Fr = values.iter().map(|(x, y)| Fr::from(*x) * Fr::from(*y)).sum();
        prop_assert_eq!(inner.value(), Some(sum));
        prop_assert!(cs.is_satisfied());
    }
}
