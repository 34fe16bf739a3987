//! Keys from the bytes of a key file, on every target: the development key of a small circuit that is kept beside this
//! test. `CLOISTER_REGENERATE=1` writes it anew, where there are files.

mod common;

use blake2::{Blake2b512, Digest};
use cloister_groth16::{
    generate_development, key_from_bytes, CircuitId, KeyError, Matrices, Prover, ProvingKey, FORMAT,
};
use common::*;

/// A key file of format 2.
const GOLDEN: &[u8] = include_bytes!("golden/cubic.key");
const HEADER: usize = 256;
/// Where the header's own hash begins.
const HASH_AT: usize = 224;

fn matrices() -> Matrices {
    Matrices::record(Cubic::blank(1)).expect("synthesises")
}

fn assert_same(a: &ProvingKey, b: &ProvingKey) {
    assert_eq!(a.vk(), b.vk());
    assert_eq!((a.circuit(), a.is_development()), (b.circuit(), b.is_development()));
    assert!(a.h() == b.h() && a.l() == b.l() && a.a() == b.a() && a.b_g1() == b.b_g1() && a.b_g2() == b.b_g2());
}

/// Changes the golden bytes, gives the header its hash anew, and reads them.
fn error_of(change: impl FnOnce(&mut Vec<u8>)) -> KeyError {
    let mut bytes = GOLDEN.to_vec();
    change(&mut bytes);
    if bytes.len() >= HEADER {
        let hash = Blake2b512::digest(&bytes[..HASH_AT]);
        bytes[HASH_AT..HEADER].copy_from_slice(&hash[..HEADER - HASH_AT]);
    }
    key_from_bytes(&bytes, matrices().id()).expect_err("spoiled")
}

#[cfg(feature = "native")]
#[test]
fn the_golden_bytes_are_those_of_a_key_file() {
    let dir = Directory::new("golden");
    let path = dir.join("a.key");
    let key = generate_development(&matrices()).expect("generates");
    cloister_groth16::write_key(&path, &key).expect("writes");
    let bytes = std::fs::read(&path).expect("reads");
    if std::env::var_os("CLOISTER_REGENERATE").is_some() {
        let golden = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/cubic.key");
        std::fs::write(golden, &bytes).expect("writes");
    } else {
        assert!(
            bytes == GOLDEN,
            "run with CLOISTER_REGENERATE=1 after a change of the format"
        );
    }
    let mapped = cloister_groth16::read_key(&path, key.circuit()).expect("reads");
    assert_same(&mapped, &key_from_bytes(&bytes, key.circuit()).expect("reads"));
}

#[test]
fn a_key_from_bytes_is_the_one_that_is_generated() {
    let matrices = matrices();
    let read = key_from_bytes(GOLDEN, matrices.id()).expect("a good key");
    assert_same(&read, &generate_development(&matrices).expect("generates"));
    let circuit = Cubic::of(3, 1);
    let prover = Prover::new(read, matrices).expect("the key fits");
    let proof = prover.prove(circuit, rng(5)).expect("proves");
    assert_eq!(prover.key().verify(&proof, &circuit.inputs()), Ok(()));
}

#[test]
fn every_way_in_which_bytes_can_be_wrong_is_named() {
    assert!(matches!(error_of(Vec::clear), KeyError::NotAKey(_)));
    assert!(matches!(error_of(|b| b[0] ^= 1), KeyError::NotAKey(_)));
    for length in [16, HEADER - 1, HEADER, GOLDEN.len() - 1] {
        assert!(
            matches!(error_of(|b| b.truncate(length)), KeyError::Length(_)),
            "{length}"
        );
    }
    assert!(matches!(error_of(|b| b.push(0)), KeyError::Length(_)));
    assert!(matches!(
        error_of(|b| b[16] = 1),
        KeyError::Version {
            found: 1,
            expected: FORMAT,
            ..
        }
    ));
    assert!(matches!(error_of(|b| b[20] = 3), KeyError::Flags { flags: 3, .. }));
    // The offset of a list, and a point.
    assert!(matches!(error_of(|b| b[64] ^= 64), KeyError::Layout(_)));
    assert!(matches!(error_of(|b| b[HEADER + 7] ^= 1), KeyError::Checksum(_)));
    // The header's own hash.
    let mut bytes = GOLDEN.to_vec();
    bytes[HASH_AT] ^= 1;
    let error = key_from_bytes(&bytes, matrices().id()).expect_err("spoiled");
    assert!(matches!(error, KeyError::Checksum(_)));
    let other = CircuitId([9; 32]);
    let error = key_from_bytes(GOLDEN, other).expect_err("of another circuit");
    let message = error.to_string();
    assert!(matches!(error, KeyError::OtherCircuit { .. }));
    assert!(
        message.starts_with("the key in memory") && message.contains(&other.to_string()),
        "{message}"
    );
}
