//! The instruments themselves: what is not changed stays satisfied, and what they say of a change is true.

use cloister_circuits::Fr;
use cloister_circuits_testing::{Outcome, Sheet};
use cloister_ledger_testing::Random;

use crate::scenes::{batch, scene, OF_SMALL, SCENES};

#[test]
fn an_unchanged_wire_should_break_nothing() {
    for (seed, scene) in (600..).zip(SCENES).step_by(4) {
        let sheet = OF_SMALL.sheet(batch(scene, seed, OF_SMALL.shape));
        let mut cheater = OF_SMALL.repair.at(&sheet);
        assert_eq!(cheater.attempt(&[]), Outcome::Accepted(0));
        for wire in 0..sheet.system().num_wires() {
            let same = sheet.value(wire);
            assert!(!sheet.breaks(wire, same));
            assert!(sheet.broken_by(&[(wire, same)]).is_empty());
            assert_eq!(cheater.attempt(&[(wire, same)]), Outcome::Accepted(0));
        }
    }
}

/// The sheet with other values, evaluated as a whole.
fn whole<'a>(sheet: &Sheet<'a>, changes: &[(usize, Fr)]) -> Sheet<'a> {
    let mut values: Vec<Fr> = (0..sheet.system().num_wires()).map(|wire| sheet.value(wire)).collect();
    for (wire, value) in changes {
        values[*wire] = *value;
    }
    Sheet::new(sheet.system(), &OF_SMALL.uses, values)
}

#[test]
fn what_a_change_breaks_should_be_what_is_unsatisfied_afterwards() {
    let mut random = Random::new(9);
    for seed in 620..632 {
        let sheet = OF_SMALL.sheet(batch(scene(seed), seed, OF_SMALL.shape));
        for _ in 0..12 {
            let wire = 1 + random.below(sheet.system().num_wires() as u64 - 1) as usize;
            let value = match random.below(3) {
                0 => Fr::one() - sheet.value(wire),
                1 => sheet.value(wire).double(),
                _ => random.field(),
            };
            let broken = sheet.broken_by(&[(wire, value)]);
            let names: Vec<String> = broken.iter().map(|k| sheet.system().constraint_name(*k)).collect();
            assert_eq!(whole(&sheet, &[(wire, value)]).unsatisfied(), names);
            assert_eq!(sheet.breaks(wire, value), !names.is_empty());
        }
    }
}

#[test]
fn an_accepted_repair_should_satisfy_everything_and_a_refused_one_should_leave_no_trace() {
    let mut random = Random::new(10);
    let (mut accepted, mut refused) = (0, 0);
    for seed in 640..655 {
        let sheet = OF_SMALL.sheet(batch(scene(seed), seed, OF_SMALL.shape));
        let system = sheet.system();
        let mut cheater = OF_SMALL.repair.at(&sheet);
        // Wires of which some are free and others are not.
        let fields: Vec<usize> = (1..system.num_wires())
            .filter(|wire| ["limit", "quantity", "expiry", "sell", "cash"].contains(&system.wire_own_name(*wire)))
            .collect();
        for _ in 0..12 {
            let wire = fields[random.below(fields.len() as u64) as usize];
            let change = [(wire, Fr::one() - sheet.value(wire))];
            let first = cheater.follow(&change);
            assert_eq!(first, cheater.follow(&change), "{}", system.wire_name(wire));
            match first {
                Ok(changes) => {
                    accepted += 1;
                    assert!(changes.contains(&change[0]) && changes.iter().all(|(w, _)| system.is_private(*w)));
                    assert_eq!(whole(&sheet, &changes).unsatisfied(), Vec::<String>::new());
                }
                Err(_) => refused += 1,
            }
        }
    }
    assert!(accepted > 10 && refused > 10, "{accepted} accepted, {refused} refused");
}
