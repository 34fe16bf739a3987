//! What the tests of the small statements share.

use std::{collections::BTreeSet, time::Instant};

use bellman::Circuit;
use cloister_circuits::{census::census, Fr};
use cloister_circuits_testing::{undetermined, Sheet, TestSystem, Uses};
use cloister_groth16::{development_rng, generate_development, Assignment, CircuitId, Matrices, Prover, VerifyError};
use cloister_ledger_testing::Random;

/// The innermost id of the specification in a name.
pub fn rule(name: &str) -> &str {
    let is_id = |part: &&str| ["D-", "H-", "V-", "X-"].iter().any(|chapter| part.starts_with(chapter));
    name.split('/').rev().find(is_id).unwrap_or(name)
}

/// Exactly the named constraints must be broken.
pub fn must_break(system: &TestSystem, constraints: &[&str]) {
    assert_eq!(system.all_unsatisfied(), constraints);
}

/// The constraints of exactly one rule must be broken, one of them with this name.
pub fn must_break_rule(system: &TestSystem, constraint: &str) {
    let failing = system.all_unsatisfied();
    assert!(
        failing.iter().any(|name| name == constraint),
        "{constraint} holds; broken are {failing:?}"
    );
    let broken: BTreeSet<&str> = failing.iter().map(|name| rule(name)).collect();
    assert_eq!(broken, BTreeSet::from([rule(constraint)]), "{failing:?}");
}

/// A proof of a statement must be good for no changed one: only the comparison with the public input breaks.
pub fn good_for_no_other<S: Copy>(
    mut system: TestSystem,
    statement: S,
    hash: fn(&S) -> Fr,
    changes: &[fn(&mut S)],
    public_input: &str,
) {
    for change in changes {
        let mut other = statement;
        change(&mut other);
        system.set_input(0, hash(&other));
        must_break(&system, &[public_input]);
    }
    system.set_input(0, hash(&statement));
    must_break(&system, &[]);
}

/// The constraints of a circuit by part must be these.
pub fn assert_parts<C: Circuit<Fr>>(blank: C, parts: &[(&str, usize)]) {
    let found = census(blank).expect("a blank circuit synthesises");
    let found: Vec<(&str, usize)> = found.iter().map(|(name, n)| (name.as_str(), *n)).collect();
    assert_eq!(found, parts);
}

/// The constraints of a circuit.
pub fn record<C: Circuit<Fr>>(circuit: C) -> Matrices {
    Matrices::record(circuit).expect("the circuit synthesises")
}

/// A circuit must be the blank one whatever its witness, and give the wires the same values where constraints are
/// recorded and where they are not: gadgets then save themselves the sums.
pub fn assert_independent<C: Circuit<Fr>>(blank: C, circuit: impl Fn() -> C) {
    assert_eq!(record(circuit()).id(), record(blank).id());
    let recorded = TestSystem::of(circuit()).expect("the witness fits");
    let alone = Assignment::of(circuit()).expect("the witness fits");
    // The only input is the first wire, so these are the wires in the order of their allocation.
    assert!([alone.inputs, alone.aux].concat() == recorded.values());
}

/// Compares a circuit with what is pinned of it: private wires, constraints, identity.
pub fn assert_pinned(matrices: &Matrices, pinned: (usize, usize, &str)) {
    assert_eq!(matrices.inputs, 2, "the constant one and one public input");
    let id = matrices.id().to_string();
    assert_eq!((matrices.aux, matrices.constraints(), id.as_str()), pinned);
}

/// Makes a development key and a proof; the proof must hold for the public input and for no other. Times go to the
/// output.
pub fn prove<C: Circuit<Fr>>(blank: C, circuit: impl Fn() -> C, input: Fr) {
    let matrices = record(blank);
    let start = Instant::now();
    let key = generate_development(&matrices).expect("a key");
    println!("key: {:?}", start.elapsed());
    let prover = Prover::new(key, matrices).expect("the key is of the circuit");
    for round in 0..3u8 {
        let rng = development_rng(CircuitId([round; 32]));
        let start = Instant::now();
        let proof = prover.prove(circuit(), rng).expect("the witness is good");
        println!("proof with witness: {:?}", start.elapsed());
        assert_eq!(prover.key().verify(&proof, &[input]), Ok(()));
        let other = prover.key().verify(&proof, &[input + Fr::one()]);
        assert_eq!(other, Err(VerifyError::NotSatisfied));
    }
}

/// Changes every private wire of a satisfied system, one at a time, in ten ways. Returns how many changes were tried
/// and the wires of which a change goes unnoticed.
pub fn mutate(system: &TestSystem, seed: u64) -> (usize, BTreeSet<String>) {
    let uses = Uses::of(system);
    let sheet = Sheet::new(system, &uses, system.values().to_vec());
    let mut random = Random::new(seed);
    let (mut tried, mut loose) = (0, BTreeSet::new());
    for wire in (1..system.num_wires()).filter(|wire| system.is_private(*wire)) {
        let old = sheet.value(wire);
        // The first private wire comes after the input, so every wire has a neighbour.
        let neighbour = sheet.value(wire - 1);
        let one = Fr::one();
        let ways = [
            Fr::zero(),
            one,
            -one,
            neighbour,
            random.field(),
            old + one,
            old - one,
            -old,
            one - old,
            old.double(),
        ];
        for value in ways.into_iter().filter(|value| *value != old) {
            tried += 1;
            if !sheet.breaks(wire, value) {
                loose.insert(system.wire_name(wire));
            }
        }
    }
    (tried, loose)
}

/// The private wires of a satisfied system that can move, all together, without any constraint noticing in the first
/// order, while those whose names begin with one of `given` do not.
pub fn movable(system: &TestSystem, given: &[&str]) -> Vec<String> {
    let uses = Uses::of(system);
    let sheet = Sheet::new(system, &uses, system.values().to_vec());
    let is_given = |wire: usize| {
        let name = system.wire_name(wire);
        given.iter().any(|start| name.starts_with(start))
    };
    let open = undetermined(&sheet, is_given);
    open.into_iter().map(|wire| system.wire_name(wire)).collect()
}
