//! The verifying key that development chains start with is the one that the public seed gives for the circuit of today.
//!
//! After a change of the circuit run this test with `CLOISTER_REGENERATE=1` to write the new key.

use cloister_circuits::statements::batch::{circuit_id, BatchCircuit};
use cloister_groth16::{default_directory, load_or_generate, CircuitId, Progress};
use cloister_ledger::Shape;
use std::{env, fs, path::Path};

#[test]
fn the_development_key_of_the_genesis_is_the_one_of_the_circuit() {
    let id = CircuitId(circuit_id(Shape::DEV).expect("the circuit synthesises"));
    let directory = default_directory().expect("a cache directory");
    let key = load_or_generate(
        &directory,
        id,
        BatchCircuit::blank(Shape::DEV),
        &mut |step| match step {
            Progress::Generating(since) if since.as_secs() % 15 != 0 => {}
            step => println!("{step:?}"),
        },
    )
    .expect("the key is ready");
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../runtime/keys/development-8x1.vk");
    let bytes = key.verifying_key();
    if env::var_os("CLOISTER_REGENERATE").is_some() {
        fs::write(&path, &bytes).expect("the key is written");
    }
    let committed = fs::read(&path).expect("the committed key");
    assert!(committed == bytes, "{} is not the key of circuit {id}", path.display());
}
