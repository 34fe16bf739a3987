//! Native code and circuit agree on every seal, valid or not.

use cloister_circuits::Fr;
use cloister_crypto::{field::FieldError, jubjub, seal::SealKey};
use cloister_ledger::{Key, SealStatement, SealStatementError};
use cloister_ledger_testing::Random;
use rayon::prelude::*;

use crate::support::{alias, coordinates, identity, order_eight, order_two, point, Scene};

const CASES: u64 = 34;

/// Changes one thing of a seal. Some changes leave it valid.
fn spoil(scene: &mut Scene, case: u64, random: &mut Random) {
    let other = Scene::random(random);
    let Scene {
        statement: s,
        witness: w,
    } = &mut *scene;
    let at = random.below(32) as usize;
    match case {
        // Still valid: what only names the place.
        0 => s.genesis[at] ^= 1,
        1 => s.group.0 ^= 1,
        2 => s.owner[at] ^= 0x80,
        // The public values, one after the other.
        3 => s.sealing_key = other.statement.sealing_key,
        4 => s.sealing_key.x += Fr::one(),
        5 => s.sealing_key = identity(),
        6 => s.sealing_key = coordinates(order_two()),
        7 => s.sealing_key = coordinates(point(&s.sealing_key) + order_eight()),
        8 => s.ephemeral = other.statement.ephemeral,
        9 => s.ephemeral.x = -s.ephemeral.x,
        10 => s.ephemeral.y += Fr::one(),
        11 => s.ephemeral = coordinates(point(&s.ephemeral) + order_two()),
        12 => s.ciphertext += random.field(),
        13 => s.ciphertext = other.statement.ciphertext,
        14 => s.key = other.statement.key,
        15 => s.key = coordinates(point(&s.key) + order_two()),
        16 => s.key = coordinates(order_eight()),
        17 => s.key = identity(),
        18 => s.view_commitment = other.statement.view_commitment,
        // The private ones.
        19 => w.view_key = other.witness.view_key,
        20 => w.scalar = other.witness.scalar,
        21 => w.scalar = [0; 32],
        22 => w.preimage = other.witness.preimage,
        23 => w.preimage.x += Fr::one(),
        // Another preimage of the same key.
        24 => w.preimage = coordinates(point(&w.preimage) + order_eight()),
        25 => w.preimage = Key::default(),
        26 => {
            s.key = identity();
            w.preimage = coordinates(order_eight());
        }
        27 => {
            s.key = other.statement.key;
            w.preimage = other.witness.preimage;
        }
        28 => w.scalar = alias(&random_small(random)),
        // Everything that depends on the scalar or the sealing key made anew.
        29 => {
            w.scalar = other.witness.scalar;
            scene.seal();
        }
        30 => {
            let edge = [jubjub::Fr::zero(), jubjub::Fr::one(), -jubjub::Fr::one()][random.below(3) as usize];
            w.scalar = edge.to_bytes();
            scene.seal();
        }
        31 => {
            s.sealing_key = coordinates(point(&s.sealing_key) + order_eight());
            scene.seal();
        }
        32 => {
            w.scalar = random_small(random);
            scene.seal();
            if random.once_in(2) {
                scene.witness.scalar = alias(&scene.witness.scalar);
            }
        }
        _ => {
            w.view_key = other.witness.view_key;
            scene.seal();
        }
    }
}

fn random_small(random: &mut Random) -> [u8; 32] {
    let mut scalar = random.bytes();
    scalar[31] = 0;
    scalar
}

/// Judges one seal by both; returns the native verdict.
fn judge(scene: &Scene, what: u64) -> Result<(), SealStatementError> {
    let native = scene.statement.check(&scene.witness);
    let failing = scene.system().all_unsatisfied();
    assert_eq!(
        native.is_ok(),
        failing.is_empty(),
        "case {what}: {native:?} but {failing:?}"
    );
    native
}

#[test]
fn good_seals_should_hold_natively_and_in_the_circuit() {
    (0..64u64).into_par_iter().for_each(|seed| {
        let scene = Scene::random(&mut Random::new(seed));
        assert_eq!(judge(&scene, 0), Ok(()));
        assert_eq!(scene.system().input(0), scene.statement.hash());
    });
}

#[test]
fn spoiled_seals_should_be_judged_alike() {
    let verdicts: Vec<bool> = (0..64 * CASES)
        .into_par_iter()
        .map(|i| {
            let mut random = Random::new(10_000 + i);
            let mut scene = Scene::random(&mut random);
            spoil(&mut scene, i % CASES, &mut random);
            judge(&scene, i % CASES).is_ok()
        })
        .collect();
    let valid = verdicts.iter().filter(|ok| **ok).count();
    println!("{valid} of {} spoiled seals are valid", verdicts.len());
    assert!(valid > 300 && verdicts.len() - valid > 1_500);
}

#[test]
fn a_proven_seal_should_open_to_the_committed_key() {
    for seed in 0..16 {
        let mut random = Random::new(seed);
        let key = SealKey::from_seed(&random.bytes());
        let mut scene = Scene::random(&mut random);
        let public = key.public().unwrap();
        scene.statement.sealing_key = Key {
            x: public.x(),
            y: public.y(),
        };
        scene.seal();
        assert_eq!(scene.statement.check(&scene.witness), Ok(()));
        assert_eq!(key.open(&scene.statement.sealed()), Ok(scene.witness.view_key));
    }
}

#[test]
fn statement_of_a_queued_open_should_be_the_proven_one() {
    let s = Scene::new().statement;
    let sealed = s.sealed();
    let queued = SealStatement::new(
        s.genesis,
        s.group,
        s.owner,
        s.sealing_key,
        &sealed,
        s.key,
        s.view_commitment,
    );
    assert_eq!(queued, Ok(s));
    let mut sealed = sealed;
    sealed.0[64..].fill(255);
    let queued = SealStatement::new(
        s.genesis,
        s.group,
        s.owner,
        s.sealing_key,
        &sealed,
        s.key,
        s.view_commitment,
    );
    assert_eq!(queued, Err(FieldError::NonCanonical));
}
