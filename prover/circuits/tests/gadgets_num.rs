//! Numbers, booleans, bits, ranges.

use bellman::ConstraintSystem;
use cloister_circuits::{
    gadgets::{
        bits::{
            alloc_bits, canonical_bits, canonical_bits_cost, concatenate, is_nonnegative, pack, power_of_two, range,
            signed_range, FIELD_BITS,
        },
        boolean::Bit,
        choice::{choose, one_hot, select},
        inverse::inverse_or_zero,
        num::{enforce_equal, Num},
    },
    Fr,
};
use cloister_circuits_testing::TestSystem;
use cloister_crypto::field::{from_bytes, from_i128};
use proptest::prelude::*;

fn element() -> impl Strategy<Value = Fr> {
    any::<[u8; 32]>().prop_map(|mut bytes| {
        bytes[31] &= 0x3f;
        from_bytes(&bytes).unwrap()
    })
}

fn wire(cs: &mut TestSystem, name: &'static str, x: Fr) -> Num {
    Num::alloc(cs, || name, Some(x)).unwrap()
}

#[test]
fn repeated_wires_should_be_merged_and_zeros_dropped() {
    let mut cs = TestSystem::new();
    let (a, b) = (wire(&mut cs, "a", Fr::from(3)), wire(&mut cs, "b", Fr::from(5)));
    assert_eq!((&a + &b + &a).len(), 2);
    assert_eq!((&a + &b - &a).len(), 1);
    assert!((&a - &a).is_empty());
    let sum = Num::sum([
        (Fr::from(2), &a),
        (Fr::from(3), &b),
        (-Fr::from(2), &a),
        (Fr::one(), &Num::one()),
    ]);
    assert_eq!((sum.len(), sum.value()), (1, Some(Fr::from(16))));
    enforce_equal(&mut cs, || "sum", &sum, &(&b * 3).add_constant(Fr::one()));
    assert!(cs.is_satisfied());
}

#[test]
fn inverses_of_extreme_elements_should_be_those_of_the_field() {
    let powers = (0..255).map(power_of_two);
    let small = (1..1000).map(Fr::from);
    for x in powers.chain(small) {
        for x in [x, -x, x.invert().unwrap(), x + Fr::one(), x - Fr::one(), x.square()] {
            assert_eq!(inverse_or_zero(&x), x.invert().unwrap_or(Fr::zero()), "{x}");
        }
    }
}

#[test]
fn product_of_a_cheating_witness_should_fail() {
    let mut cs = TestSystem::new();
    let (a, b) = (wire(&mut cs, "a", Fr::from(3)), wire(&mut cs, "b", Fr::from(5)));
    a.mul(&mut cs, || "product", &b).unwrap();
    assert!(cs.is_satisfied());
    cs.set("product", Fr::from(16)).unwrap();
    assert_eq!(cs.which_is_unsatisfied().as_deref(), Some("product"));
}

#[test]
fn zero_test_should_decide_and_resist_both_lies() {
    for x in [0u64, 1, 77] {
        let mut cs = TestSystem::new();
        let num = wire(&mut cs, "x", Fr::from(x));
        let bit = Bit::is_zero(&mut cs, "zero", &num).unwrap();
        assert_eq!(bit.value(), Some(x == 0));
        assert_eq!(cs.num_constraints(), 2);
        assert!(cs.is_satisfied());
        cs.set("zero/bit", Fr::from(u64::from(x != 0))).unwrap();
        let caught = if x == 0 {
            "zero/one where not zero"
        } else {
            "zero/zero where one"
        };
        assert!(cs.all_unsatisfied().contains(&caught.to_string()));
    }
}

#[test]
fn boolean_should_refuse_two() {
    let mut cs = TestSystem::new();
    Bit::alloc(&mut cs, || "bit", Some(true)).unwrap();
    assert!(cs.is_satisfied());
    cs.set("bit", Fr::from(2)).unwrap();
    assert_eq!(cs.which_is_unsatisfied().as_deref(), Some("bit"));
}

#[test]
fn boolean_operations_should_be_their_truth_tables() {
    for (a, b) in [(false, false), (false, true), (true, false), (true, true)] {
        let mut cs = TestSystem::new();
        let x = Bit::alloc(&mut cs, || "x", Some(a)).unwrap();
        let y = Bit::alloc(&mut cs, || "y", Some(b)).unwrap();
        assert_eq!(x.and(&mut cs, "and", &y).unwrap().value(), Some(a && b));
        assert_eq!(x.or(&mut cs, "or", &y).unwrap().value(), Some(a || b));
        assert_eq!(x.xor(&mut cs, "xor", &y).unwrap().value(), Some(a != b));
        assert_eq!(x.not().value(), Some(!a));
        assert_eq!(cs.num_constraints(), 5);
        assert!(cs.free_wires().is_empty());
    }
}

#[test]
fn and_of_many_should_be_one_only_where_all_are() {
    for n in 0..6u32 {
        for set in 0..1u32 << n {
            let mut cs = TestSystem::new();
            let bits: Vec<Bit> = (0..n)
                .map(|i| Bit::alloc(&mut cs, || format!("{i}"), Some(set >> i & 1 == 1)).unwrap())
                .collect();
            let all = Bit::all(&mut cs, "all", &bits.iter().collect::<Vec<_>>()).unwrap();
            assert_eq!(all.value(), Some(set + 1 == 1 << n));
            assert!(cs.is_satisfied());
        }
    }
}

#[test]
fn sum_of_booleans_should_refuse_two_at_once() {
    let mut cs = TestSystem::new();
    let a = Bit::alloc(&mut cs, || "a", Some(true)).unwrap();
    let b = Bit::alloc(&mut cs, || "b", Some(false)).unwrap();
    assert_eq!(Bit::from_sum(&mut cs, "at most one", &[&a, &b]).value(), Some(true));
    cs.set("b", Fr::one()).unwrap();
    assert_eq!(cs.which_is_unsatisfied().as_deref(), Some("at most one"));
}

#[test]
fn one_hot_should_choose_exactly_one_where_enabled() {
    for enabled in [false, true] {
        for chosen in 0..6usize {
            let mut cs = TestSystem::new();
            let bits = one_hot(&mut cs, "hot", &Bit::constant(enabled), Some(chosen), 5).unwrap();
            let set: Vec<usize> = (0..5).filter(|i| bits[*i].value() == Some(true)).collect();
            assert_eq!(set, if enabled && chosen < 5 { vec![chosen] } else { vec![] });
            assert_eq!(cs.num_constraints(), 6);
            let missing = enabled && chosen == 5;
            assert_eq!(
                cs.which_is_unsatisfied().as_deref(),
                missing.then_some("hot/exactly one")
            );
        }
    }
    let mut cs = TestSystem::new();
    one_hot(&mut cs, "hot", &Bit::constant(true), Some(1), 5).unwrap();
    cs.set("hot/choice 3", Fr::one()).unwrap();
    assert_eq!(cs.which_is_unsatisfied().as_deref(), Some("hot/exactly one"));
}

#[test]
fn selection_should_follow_its_bit() {
    for condition in [false, true] {
        let mut cs = TestSystem::new();
        let (a, b) = (wire(&mut cs, "a", Fr::from(3)), wire(&mut cs, "b", Fr::from(5)));
        let bit = Bit::alloc(&mut cs, || "bit", Some(condition)).unwrap();
        let chosen = select(&mut cs, || "select", &bit, &a, &b).unwrap();
        assert_eq!(chosen.value(), Some(Fr::from(if condition { 3 } else { 5 })));
        assert!(cs.is_satisfied());
        cs.set("select", Fr::from(9)).unwrap();
        assert_eq!(cs.which_is_unsatisfied().as_deref(), Some("select"));
    }
}

#[test]
fn choice_without_a_chosen_one_should_be_zero() {
    let mut cs = TestSystem::new();
    let nums: Vec<Num> = (0..4u64).map(|i| wire(&mut cs, "n", Fr::from(10 + i))).collect();
    for chosen in 0..5 {
        let bits = one_hot(&mut cs, "hot", &Bit::constant(chosen < 4), Some(chosen), 4).unwrap();
        let value = choose(&mut cs, "choose", &bits, &nums).unwrap().value();
        assert_eq!(
            value,
            Some(if chosen < 4 {
                Fr::from(10 + chosen as u64)
            } else {
                Fr::zero()
            })
        );
    }
    assert!(cs.is_satisfied());
}

#[test]
fn range_should_end_at_its_width() {
    for n in [1usize, 8, 64, 128, 254] {
        for (x, inside) in [
            (Fr::zero(), true),
            (power_of_two(n) - Fr::one(), true),
            (power_of_two(n), false),
            (-Fr::one(), false),
        ] {
            let mut cs = TestSystem::new();
            let num = wire(&mut cs, "x", x);
            let bits = range(&mut cs, "range", &num, n).unwrap();
            assert_eq!((bits.len(), cs.num_constraints()), (n, n + 1));
            assert_eq!(
                cs.which_is_unsatisfied().as_deref(),
                (!inside).then_some("range/in range"),
                "{n} {x}"
            );
        }
    }
}

#[test]
fn range_with_an_altered_bit_should_fail() {
    let mut cs = TestSystem::new();
    let num = wire(&mut cs, "x", Fr::from(200));
    range(&mut cs, "range", &num, 8).unwrap();
    assert!(cs.is_satisfied());
    cs.set("range/bits/bit 0", Fr::one()).unwrap();
    assert_eq!(cs.which_is_unsatisfied().as_deref(), Some("range/in range"));
    // 200 = 8·26 - 8: a digit that is no bit.
    cs.set("range/bits/bit 0", Fr::from(2)).unwrap();
    assert_eq!(cs.which_is_unsatisfied().as_deref(), Some("range/bits/bit 0"));
}

#[test]
fn signed_range_should_include_the_negative_end_only() {
    for (x, inside) in [
        (-128i128, true),
        (127, true),
        (128, false),
        (-129, false),
        (0, true),
        (-1, true),
    ] {
        let mut cs = TestSystem::new();
        let num = wire(&mut cs, "x", from_i128(x));
        let bits = signed_range(&mut cs, "range", &num, 8).unwrap();
        assert_eq!(cs.is_satisfied(), inside, "{x}");
        if inside {
            assert_eq!(is_nonnegative(&bits).value(), Some(x >= 0));
        }
    }
}

#[test]
fn concatenation_should_place_fields_from_bit_zero_up() {
    let mut cs = TestSystem::new();
    let (a, b) = (wire(&mut cs, "a", Fr::from(5)), wire(&mut cs, "b", Fr::from(9)));
    assert_eq!(concatenate([(&a, 3), (&b, 7)]).value(), Some(Fr::from(5 + 9 * 8)));
}

#[test]
fn canonical_bits_should_refuse_the_second_encoding() {
    // Small numbers have two encodings of 255 bits: x and x + p.
    for x in [0u64, 1, 1000, u64::from(u32::MAX)] {
        let x = Fr::from(x);
        let mut cs = TestSystem::new();
        let num = wire(&mut cs, "x", x);
        canonical_bits(&mut cs, "bits", &num, &[]).unwrap();
        assert!(cs.is_satisfied());
        let mut bytes = (-Fr::one()).to_bytes();
        let mut carry = 1u16;
        for (byte, add) in bytes.iter_mut().zip(x.to_bytes()) {
            carry += u16::from(*byte) + u16::from(add);
            *byte = carry as u8;
            carry >>= 8;
        }
        for i in 0..FIELD_BITS {
            cs.set(
                &format!("bits/bit {i}"),
                Fr::from(u64::from(bytes[i / 8] >> (i % 8) & 1)),
            )
            .unwrap();
        }
        let failing = cs.all_unsatisfied();
        assert!(
            !failing.is_empty() && failing.iter().all(|name| name.starts_with("bits/canonical/")),
            "{failing:?}"
        );
    }
}

#[test]
fn canonical_bits_should_cost_what_is_written() {
    for low in [0, 128] {
        let mut cs = TestSystem::new();
        let num = wire(&mut cs, "x", Fr::from(77));
        let bits = alloc_bits(&mut cs, "low", Some(Fr::from(77)), low).unwrap();
        canonical_bits(&mut cs, "bits", &num, &bits).unwrap();
        assert_eq!(cs.num_constraints(), low + canonical_bits_cost(low));
        assert!(cs.is_satisfied());
    }
    assert!(canonical_bits_cost(0) < 400, "{}", canonical_bits_cost(0));
}

#[test]
fn canonical_bits_at_the_edges_should_hold() {
    for x in [
        Fr::zero(),
        Fr::one(),
        -Fr::one(),
        -Fr::from(2),
        power_of_two(254),
        power_of_two(32),
        -power_of_two(32),
    ] {
        let mut cs = TestSystem::new();
        let num = wire(&mut cs, "x", x);
        let bits = canonical_bits(&mut cs, "bits", &num, &[]).unwrap();
        assert_eq!(cs.which_is_unsatisfied(), None);
        assert_eq!(pack(&bits).value(), Some(x));
    }
}

#[test]
fn shared_low_bits_that_differ_should_fail() {
    let mut cs = TestSystem::new();
    let x = power_of_two(200) + Fr::from(6);
    let num = wire(&mut cs, "x", x);
    let low = alloc_bits(&mut cs, "low", Some(Fr::from(7)), 128).unwrap();
    canonical_bits(&mut cs, "bits", &num, &low).unwrap();
    assert_eq!(cs.which_is_unsatisfied().as_deref(), Some("bits/sum"));
}

#[test]
fn names_should_show_their_namespaces() {
    let mut cs = TestSystem::new();
    {
        let mut inner = cs.namespace(|| "outer");
        let mut inner = inner.namespace(|| "inner");
        Num::alloc(&mut inner, || "wire", Some(Fr::one())).unwrap();
    }
    Num::alloc(&mut cs, || "other", Some(Fr::one())).unwrap();
    assert_eq!([cs.aux_name(0), cs.aux_name(1)], ["outer/inner/wire", "other"]);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4096, ..ProptestConfig::default() })]
    #[test]
    fn inverses_should_be_those_of_the_field(words in any::<[u64; 4]>()) {
        let x = Fr::from_raw(words);
        prop_assert_eq!(inverse_or_zero(&x), x.invert().unwrap_or(Fr::zero()));
    }
}

proptest! {
    #[test]
    fn canonical_bits_should_be_the_encoding(x in element()) {
        let mut cs = TestSystem::new();
        let num = wire(&mut cs, "x", x);
        let bits = canonical_bits(&mut cs, "bits", &num, &[]).unwrap();
        prop_assert!(cs.is_satisfied());
        for (i, bit) in bits.iter().enumerate() {
            prop_assert_eq!(bit.value(), Some(x.to_bytes()[i / 8] >> (i % 8) & 1 == 1));
        }
    }
}
