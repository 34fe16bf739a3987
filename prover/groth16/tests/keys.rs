//! Key files, the cache and proofs, with a small circuit.

use bellman::{Circuit, ConstraintSystem, SynthesisError};
use bls12_381::Scalar;
use cloister_groth16::{load_or_generate, read_key, write_key, CircuitId, KeyError, Progress, Proof, ProvingKey};
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;
use std::{fs, path::PathBuf};

/// Knows `x` with `x^3 + x + 5 = y`.
#[derive(Clone)]
struct Cubic(Option<Scalar>);

impl Circuit<Scalar> for Cubic {
    fn synthesize<CS: ConstraintSystem<Scalar>>(self, cs: &mut CS) -> Result<(), SynthesisError> {
        let missing = SynthesisError::AssignmentMissing;
        let value = self.0;
        let y = cs.alloc_input(|| "y", || value.map(|x| x * x * x + x + Scalar::from(5)).ok_or(missing))?;
        let missing = || SynthesisError::AssignmentMissing;
        let x = cs.alloc(|| "x", || value.ok_or_else(missing))?;
        let x2 = cs.alloc(|| "x2", || value.map(|x| x * x).ok_or_else(missing))?;
        let x3 = cs.alloc(|| "x3", || value.map(|x| x * x * x).ok_or_else(missing))?;
        cs.enforce(|| "square", |lc| lc + x, |lc| lc + x, |lc| lc + x2);
        cs.enforce(|| "cube", |lc| lc + x2, |lc| lc + x, |lc| lc + x3);
        cs.enforce(
            || "sum",
            |lc| lc + x3 + x + (Scalar::from(5), CS::one()),
            |lc| lc + CS::one(),
            |lc| lc + y,
        );
        Ok(())
    }
}

const ID: CircuitId = CircuitId([7; 32]);

fn key() -> ProvingKey {
    ProvingKey::generate_development(ID, Cubic(None)).expect("synthesises")
}

fn directory(name: &str) -> PathBuf {
    let path = std::env::temp_dir().join(format!("cloister-keys-{}-{name}", std::process::id()));
    let _ = fs::remove_dir_all(&path);
    fs::create_dir_all(&path).expect("temporary directory");
    path
}

#[test]
fn development_keys_follow_from_the_seed_and_the_circuit_id() {
    assert_eq!(key().verifying_key(), key().verifying_key());
    let other = ProvingKey::generate_development(CircuitId([8; 32]), Cubic(None)).expect("synthesises");
    assert_ne!(key().verifying_key(), other.verifying_key());
    assert!(key().is_development());
}

#[test]
fn a_proof_verifies_for_its_input_only() {
    let key = key();
    let mut rng = ChaCha20Rng::seed_from_u64(1);
    let proof = key.prove(Cubic(Some(Scalar::from(3))), &mut rng).expect("proves");
    assert!(key.verify(&proof, &[Scalar::from(35)]).is_ok());
    assert!(matches!(
        key.verify(&proof, &[Scalar::from(36)]),
        Err(KeyError::Unsatisfied)
    ));
    let mut bad = proof.0;
    bad[100] ^= 1;
    assert!(matches!(
        key.verify(&Proof(bad), &[Scalar::from(35)]),
        Err(KeyError::Unsatisfied)
    ));
    assert!(matches!(key.prove(Cubic(None), &mut rng), Err(KeyError::Synthesis(_))));
}

#[test]
fn a_key_survives_its_file_and_spoiled_files_are_named() {
    let dir = directory("file");
    let path = dir.join("a.key");
    write_key(&path, &key()).expect("writes");
    assert_eq!(
        fs::read_dir(&dir).expect("lists").count(),
        1,
        "no temporary file is left"
    );
    let read = read_key(&path, ID).expect("reads");
    assert_eq!(read.verifying_key(), key().verifying_key());
    let mut rng = ChaCha20Rng::seed_from_u64(2);
    let proof = read.prove(Cubic(Some(Scalar::from(3))), &mut rng).expect("proves");
    assert!(key().verify(&proof, &[Scalar::from(35)]).is_ok());

    assert!(matches!(
        read_key(&path, CircuitId([9; 32])),
        Err(KeyError::OtherCircuit { .. })
    ));
    let whole = fs::read(&path).expect("reads");
    let spoiled = |change: &dyn Fn(&mut Vec<u8>)| {
        let mut bytes = whole.clone();
        change(&mut bytes);
        let spoiled = dir.join("b.key");
        fs::write(&spoiled, bytes).expect("writes");
        read_key(&spoiled, ID)
    };
    assert!(matches!(
        spoiled(&|b| b.truncate(b.len() - 1)),
        Err(KeyError::Length(_))
    ));
    assert!(matches!(spoiled(&|b| b.truncate(40)), Err(KeyError::Length(_))));
    assert!(matches!(spoiled(&|b| b.push(0)), Err(KeyError::Length(_))));
    assert!(matches!(spoiled(&|b| b[0] ^= 1), Err(KeyError::NotAKey(_))));
    assert!(matches!(
        spoiled(&|b| b[16] = 9),
        Err(KeyError::Version { found: 9, .. })
    ));
    for at in [30, 64, 200, whole.len() - 100, whole.len() - 1] {
        assert!(
            matches!(spoiled(&|b| b[at] ^= 4), Err(KeyError::Checksum(_))),
            "byte {at}"
        );
    }
    assert!(matches!(read_key(&dir.join("none"), ID), Err(KeyError::Io { .. })));
    fs::remove_dir_all(dir).expect("removes");
}

#[test]
fn a_directory_that_cannot_be_written_leaves_no_half_key() {
    let dir = directory("full");
    // A directory in the way of the file: the rename at the end fails as it would on a full disk.
    let path = dir.join("a.key");
    fs::create_dir_all(path.join("in the way")).expect("creates");
    assert!(matches!(write_key(&path, &key()), Err(KeyError::Io { .. })));
    assert_eq!(fs::read_dir(&dir).expect("lists").count(), 1);
    fs::remove_dir_all(dir).expect("removes");
}

#[test]
fn the_cache_generates_once_and_replaces_a_damaged_file() {
    let dir = directory("cache");
    let get = || {
        let mut seen = Vec::new();
        let key = load_or_generate(&dir, ID, Cubic(None), &mut |p| seen.push(p)).expect("ready");
        (key.verifying_key(), seen)
    };
    let (first, seen) = get();
    assert!(seen.iter().any(|p| matches!(p, Progress::Generating(_))));
    let (second, seen) = get();
    assert_eq!(first, second);
    assert!(matches!(seen.as_slice(), [Progress::Reading(_)]));
    let path = dir.join(format!("{ID}.key"));
    let mut bytes = fs::read(&path).expect("reads");
    bytes[300] ^= 1;
    fs::write(&path, bytes).expect("writes");
    let (third, seen) = get();
    assert_eq!(first, third);
    assert!(seen.iter().any(|p| matches!(p, Progress::Replacing(_))));
    let keys: Vec<_> = (0..4)
        .map(|_| std::thread::scope(|s| s.spawn(|| get().0).join()))
        .collect();
    assert!(keys.iter().all(|k| k.as_ref().is_ok_and(|k| *k == first)));
    fs::remove_dir_all(dir).expect("removes");
}
