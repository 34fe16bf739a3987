//! The verifying keys that development chains start with are the ones that the public seed gives for the circuits of
//! today.
//!
//! After a change of a circuit run this test with `CLOISTER_REGENERATE=1` to write its new key.

use bellman::Circuit;
use cloister_circuits::{
    statements::{
        batch::BatchCircuit, exit::ExitCircuit, house_rekey::HouseRekeyCircuit, seal::SealCircuit,
        solvency::SolvencyCircuit,
    },
    Fr,
};
use cloister_groth16::{default_directory, load_or_generate, Matrices, Progress};
use cloister_ledger::{Shape, SolvencyShape};
use std::{env, fs, path::Path};

/// Compares a key in the runtime's folder with the circuit's.
fn assert_committed<C: Circuit<Fr> + Clone + Send>(name: &str, blank: C) {
    let id = Matrices::record(blank.clone()).expect("synthesises").id();
    let directory = default_directory().expect("a cache directory");
    let key = load_or_generate(&directory, id, blank, &mut |step| match step {
        Progress::Generating(since) if since.as_secs() % 15 != 0 => {}
        step => println!("{step:?}"),
    })
    .expect("the key is ready");
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../runtime/keys")
        .join(name);
    let bytes = key.verifying_key();
    if env::var_os("CLOISTER_REGENERATE").is_some() {
        fs::write(&path, &bytes).expect("the key is written");
    }
    let committed = fs::read(&path).expect("the committed key");
    assert!(committed == bytes, "{} is not the key of circuit {id}", path.display());
}

#[test]
fn the_development_key_of_batches_is_the_one_of_the_circuit() {
    assert_committed("development-9x1.vk", BatchCircuit::blank(Shape::DEV));
}

#[test]
fn the_development_key_of_batches_with_several_places_is_the_one_of_the_circuit() {
    assert_committed("development-4x4.vk", BatchCircuit::blank(Shape::DEV_MAKER));
}

#[test]
fn the_development_key_of_seals_is_the_one_of_the_circuit() {
    assert_committed("development-seal.vk", SealCircuit::blank());
}

#[test]
fn the_development_key_of_house_rekeys_is_the_one_of_the_circuit() {
    assert_committed("development-house-rekey.vk", HouseRekeyCircuit::blank());
}

#[test]
fn the_development_key_of_exits_is_the_one_of_the_circuit() {
    assert_committed("development-exit.vk", ExitCircuit::blank());
}

#[test]
fn the_development_key_of_solvency_statements_is_the_one_of_the_circuit() {
    assert_committed("development-solvency-6.vk", SolvencyCircuit::blank(SolvencyShape::DEV));
}

#[test]
fn the_development_key_of_large_solvency_statements_is_the_one_of_the_circuit() {
    assert_committed(
        "development-solvency-13.vk",
        SolvencyCircuit::blank(SolvencyShape::STANDARD),
    );
}
