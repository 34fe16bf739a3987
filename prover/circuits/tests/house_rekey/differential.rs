//! Native code and circuit agree on every re-key, valid or not.

use cloister_circuits::Fr;
use cloister_crypto::jubjub;
use cloister_ledger::House;
use cloister_ledger_testing::{house, Random};
use cloister_types::{Money, Position, Total};
use rayon::prelude::*;

use crate::support::{coordinates, order_two, point, Scene};

const CASES: u64 = 24;

/// Changes one thing of a re-key. Some changes leave it valid.
fn spoil(scene: &mut Scene, case: u64, random: &mut Random) {
    let other = Scene::random(random);
    let at = random.below(32) as usize;
    let Scene {
        statement: s,
        witness: w,
    } = &mut *scene;
    match case {
        // Still valid: what only names the place.
        0 => s.genesis[at] ^= 1,
        1 => s.group.0 ^= 1,
        // The public values, one after the other.
        2 => s.old_house += random.field(),
        3 => s.new_house += random.field(),
        4 => s.sealing_key = other.statement.sealing_key,
        5 => s.sealing_key = coordinates(point(&s.sealing_key) + order_two()),
        6 => s.ephemeral = other.statement.ephemeral,
        7 => s.ephemeral.y += Fr::one(),
        8 => s.ciphertext += random.field(),
        9 => s.record.ciphertext[at % 14] += random.field(),
        10 => s.record = other.statement.record,
        // The private ones.
        11 => w.house = other.witness.house,
        12 => w.house.key += Fr::one(),
        13 => w.new_key = other.witness.new_key,
        14 => w.scalar = other.witness.scalar,
        15 => w.scalar = [0; 32],
        // Everything that depends on them made anew.
        16 => {
            w.new_key = other.witness.new_key;
            scene.seal();
        }
        17 => {
            w.scalar = other.witness.scalar;
            scene.seal();
        }
        18 => {
            let edge = [jubjub::Fr::zero(), jubjub::Fr::one(), -jubjub::Fr::one()][random.below(3) as usize];
            *scene = scene.clone().with_scalar(edge);
        }
        19 => {
            s.sealing_key = other.statement.sealing_key;
            scene.seal();
        }
        20 => {
            w.house = house(random);
            s.old_house = w.house.commitment();
            scene.seal();
        }
        // The genesis house.
        21 => {
            w.house = House::default();
            s.old_house = w.house.commitment();
            scene.seal();
        }
        22 => {
            let mut after = scene.after();
            match random.below(4) {
                0 => after.insurance = Money(after.insurance.get() ^ 1),
                1 => after.fee_pool = Total(after.fee_pool.get() ^ 1),
                2 => after.positions[at] = Position(after.positions[at].get() ^ 1),
                _ => after.open_interest[at] ^= 1,
            }
            scene.state(&after);
        }
        _ => {
            let mut after = scene.after();
            after.nonce = after.nonce.wrapping_add(random.word() | 1);
            scene.state(&after);
        }
    }
}

/// Judges one re-key by both; returns the native verdict.
fn judge(scene: &Scene, what: u64) -> bool {
    let native = scene.statement.check(&scene.witness);
    let failing = scene.system().all_unsatisfied();
    assert_eq!(
        native.is_ok(),
        failing.is_empty(),
        "case {what}: {native:?} but {failing:?}"
    );
    native.is_ok()
}

#[test]
fn good_rekeys_should_hold_natively_and_in_the_circuit() {
    (0..32u64).into_par_iter().for_each(|seed| {
        let scene = Scene::random(&mut Random::new(seed));
        assert!(judge(&scene, 0));
        assert_eq!(scene.system().input(0), scene.statement.hash());
    });
}

#[test]
fn spoiled_rekeys_should_be_judged_alike() {
    let verdicts: Vec<(u64, bool)> = (0..24 * CASES)
        .into_par_iter()
        .map(|i| {
            let mut random = Random::new(10_000 + i);
            let mut scene = Scene::random(&mut random);
            spoil(&mut scene, i % CASES, &mut random);
            (i % CASES, judge(&scene, i % CASES))
        })
        .collect();
    let valid = |case: u64| verdicts.iter().filter(|(c, ok)| *c == case && *ok).count();
    for case in [16, 17, 19, 20, 21] {
        assert_eq!(valid(case), 24, "case {case}");
    }
    // The record is bound to chain and group, so another of them is refused too.
    for case in (0..=15).chain([22, 23]) {
        assert_eq!(valid(case), 0, "case {case}");
    }
}
