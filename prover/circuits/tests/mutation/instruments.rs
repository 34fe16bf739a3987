//! The instruments find gaps that were put there for them.

use bellman::ConstraintSystem;
use cloister_circuits::{
    gadgets::{
        bits::{alloc_ranged, power_of_two, range},
        boolean::Bit,
        choice::one_hot,
        num::{enforce_equal, enforce_product, Num},
    },
    Fr,
};
use cloister_circuits_testing::{undetermined, Outcome, Repair, Sheet, TestSystem, Uses};

fn input(cs: &mut TestSystem, name: &'static str, value: u64) -> Num {
    Num::alloc(cs, || name, Some(Fr::from(value))).unwrap()
}

fn with_sheet<T>(system: &TestSystem, look: impl FnOnce(&Sheet<'_>) -> T) -> T {
    let uses = Uses::of(system);
    let sheet = Sheet::new(system, &uses, system.values().to_vec());
    assert_eq!(sheet.unsatisfied(), Vec::<String>::new());
    look(&sheet)
}

fn open(system: &TestSystem, given: &[&str]) -> Vec<String> {
    with_sheet(system, |sheet| {
        undetermined(sheet, |wire| given.contains(&system.wire_name(wire).as_str()))
            .into_iter()
            .map(|wire| system.wire_name(wire))
            .collect()
    })
}

#[test]
fn rank_should_find_wires_that_move_together() {
    // x + y = 5 and x·z = 6: no single wire can change, but all three can.
    let mut cs = TestSystem::new();
    let [x, y, z] = [("x", 2), ("y", 3), ("z", 3)].map(|(name, value)| input(&mut cs, name, value));
    enforce_equal(&mut cs, || "sum", &(&x + &y), &Num::constant(Fr::from(5)));
    enforce_product(&mut cs, || "product", &x, &z, &Num::constant(Fr::from(6)));
    assert!(cs.free_wires().is_empty());
    assert_eq!(open(&cs, &[]), ["x"]);
    assert_eq!(open(&cs, &["y"]), Vec::<String>::new());
    // A third equation closes it if it says something new.
    enforce_equal(&mut cs, || "tangent", &(&y * 3), &(&z * 2).add_constant(Fr::from(3)));
    assert_eq!(
        open(&cs, &[]),
        ["x"],
        "to the first order this says the same as the other two"
    );
    enforce_equal(&mut cs, || "other", &y, &z);
    assert_eq!(open(&cs, &[]), Vec::<String>::new());
}

#[test]
fn rank_should_find_an_unused_wire_and_a_missing_boolean_check() {
    let mut cs = TestSystem::new();
    let x = input(&mut cs, "x", 6);
    input(&mut cs, "forgotten", 1);
    let bits: Vec<Num> = (0..3)
        .map(|i| Num::alloc(&mut cs, || format!("bit {i}"), Some(Fr::from(6 >> i & 1))).unwrap())
        .collect();
    let sum = Num::sum((0..3).map(power_of_two).zip(&bits));
    enforce_equal(&mut cs, || "in range", &sum, &x);
    assert_eq!(open(&cs, &["x"]), ["forgotten", "bit 0", "bit 1"]);
    for bit in &bits {
        enforce_product(&mut cs, || "boolean", bit, &(&Num::one() - bit), &Num::zero());
    }
    assert_eq!(open(&cs, &["x"]), ["forgotten"]);
}

/// `x` in a range, its double, whether it is 4, and an output that should be bound to all of it.
fn computation(bound: bool) -> TestSystem {
    let mut cs = TestSystem::new();
    let (x, _) = alloc_ranged(&mut cs, "x", Some(Fr::from(3)), 8).unwrap();
    let double = x.mul(&mut cs, || "double", &Num::constant(Fr::from(2))).unwrap();
    let is_four = Bit::is_zero(&mut cs, "is four", &x.clone().add_constant(-Fr::from(4))).unwrap();
    let last = is_four.num().mul(&mut cs, || "last", &double).unwrap();
    range(&mut cs, "last in range", &last, 8).unwrap();
    if bound {
        enforce_equal(&mut cs, || "expected", &(&double + &last), &Num::constant(Fr::from(6)));
    }
    cs
}

#[test]
fn repair_should_compute_forward_and_tell_what_stops_it() {
    for bound in [false, true] {
        let system = computation(bound);
        let repair = Repair::new(&system);
        let x = system.find_wire("x").unwrap();
        with_sheet(&system, |sheet| {
            for (value, expected) in [(4u64, 8), (7, 4)] {
                let outcome = repair.attempt(sheet, &[(x, Fr::from(value))]);
                if bound {
                    let stop = system.find_constraint("expected").unwrap();
                    assert_eq!(outcome, Outcome::Refused(stop), "{value}");
                } else {
                    // x, its bits that differ, the double, the zero test and what hangs on it.
                    assert!(
                        matches!(outcome, Outcome::Accepted(n) if n >= expected),
                        "{value}: {outcome:?}"
                    );
                }
            }
            let stop = system.find_constraint("x/in range").unwrap();
            assert_eq!(repair.attempt(sheet, &[(x, Fr::from(256))]), Outcome::Refused(stop));
            let bit = system.find_wire("is four/bit").unwrap();
            assert!(matches!(
                repair.attempt(sheet, &[(bit, Fr::one())]),
                Outcome::Refused(_)
            ));
        });
    }
}

#[test]
fn mutations_should_find_a_choice_that_nothing_looks_at() {
    let mut cs = TestSystem::new();
    let enabled = Bit::constant(true);
    let choice = one_hot(&mut cs, "choice", &enabled, Some(1), 3).unwrap();
    // Only the last is used; the first two can trade places.
    choice[2]
        .num()
        .mul(&mut cs.namespace(|| "use"), || "product", &Num::one())
        .unwrap();
    let at = |i: usize| cs.find_wire(&format!("choice/choice {i}")).unwrap();
    with_sheet(&cs, |sheet| {
        let one = Fr::one();
        assert!(sheet.breaks(at(0), one), "alone it breaks the sum");
        assert!(sheet.broken_by(&[(at(0), one), (at(1), Fr::zero())]).is_empty());
        assert!(!sheet.broken_by(&[(at(2), one), (at(1), Fr::zero())]).is_empty());
        let repair = Repair::new(&cs);
        assert_eq!(
            repair.attempt(sheet, &[(at(0), one), (at(1), Fr::zero())]),
            Outcome::Accepted(2)
        );
        assert_eq!(
            repair.attempt(sheet, &[(at(2), one), (at(1), Fr::zero())]),
            Outcome::Accepted(3)
        );
    });
}
