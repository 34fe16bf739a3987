//! What the verification of a proof costs inside the Wasm runtime, with the host calls and with pure `bls12_381`.
//!
//! `cargo bench -p cloister-node --bench verifier`. A call verifies once, another 1 + N times; the difference over N
//! leaves out the instantiation of the runtime and the check of the key. The native figures are of the same code
//! outside Wasm.

use bellman::{Circuit, ConstraintSystem, SynthesisError};
use bls12_381::Scalar;
use cloister_groth16::{generate, Matrices, Prover};
use cloister_node::parts::Executor;
use codec::{Decode, Encode};
use pallet_cloister_execution::verifier::{verify_proof, Arithmetic, Refusal};
use polkadot_sdk::{
    sp_core::traits::{CallContext, CodeExecutor, RuntimeCode, WrappedRuntimeCode},
    sp_io::TestExternalities,
};
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;
use std::time::{Duration, Instant};

/// Number of verifications per call after the first.
const REPEAT: u32 = 20;
/// Calls; the median counts.
const ROUNDS: usize = 9;

/// Knows the square root of the input.
struct Root(Option<Scalar>);

impl Circuit<Scalar> for Root {
    fn synthesize<CS: ConstraintSystem<Scalar>>(self, cs: &mut CS) -> Result<(), SynthesisError> {
        let missing = || SynthesisError::AssignmentMissing;
        let y = cs.alloc_input(|| "y", || self.0.map(|x| x * x).ok_or_else(missing))?;
        let x = cs.alloc(|| "x", || self.0.ok_or_else(missing))?;
        cs.enforce(|| "square", |lc| lc + x, |lc| lc + x, |lc| lc + y);
        Ok(())
    }
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}

/// Median of `run(1 + N) - run(1)` over N.
fn per_verification(mut run: impl FnMut(u32)) -> Duration {
    let mut time = |times: u32| {
        let start = Instant::now();
        run(times);
        start.elapsed()
    };
    time(1);
    median(
        (0..ROUNDS)
            .map(|_| time(1 + REPEAT).saturating_sub(time(1)) / REPEAT)
            .collect(),
    )
}

fn main() {
    let mut rng = ChaCha20Rng::seed_from_u64(1);
    let matrices = Matrices::record(Root(None)).expect("the circuit can be recorded without a witness");
    let key = generate(&matrices, true, &mut rng).expect("every wire is in a constraint");
    let prover = Prover::new(key, matrices).expect("the key is of these constraints");
    let root = Scalar::from(7);
    let proof = prover.prove(Root(Some(root)), &mut rng).expect("7 is a root of 49");
    let (key, bytes) = (prover.key().verifying_key(), proof.0.to_vec());
    let inputs = vec![root.square().to_bytes()];

    let wasm = cloister_runtime::WASM_BINARY.expect("the runtime was built with its Wasm");
    let code = WrappedRuntimeCode(wasm.into());
    let runtime = RuntimeCode {
        code_fetcher: &code,
        heap_pages: None,
        hash: b"bench".to_vec(),
    };
    let executor: Executor = Executor::builder().build();
    let mut state = TestExternalities::default();
    let mut wasm_call = |arithmetic: Arithmetic, times: u32| {
        let data = (arithmetic, &key, &inputs, &bytes, times).encode();
        let mut ext = state.ext();
        let (answer, _) = executor.call(
            &mut ext,
            &runtime,
            "VerifierApi_verify_proof",
            &data,
            CallContext::Offchain,
        );
        let answer = answer.expect("the runtime answers");
        let result = Result::<(), Refusal>::decode(&mut &answer[..]).expect("the answer decodes");
        assert_eq!(result, Ok(()), "the proof holds");
    };
    let host = per_verification(|times| wasm_call(Arithmetic::Default, times));
    let pure = per_verification(|times| wasm_call(Arithmetic::Pure, times));
    let native = |arithmetic| {
        per_verification(|times| assert_eq!(verify_proof(arithmetic, &key, &inputs, &bytes, times), Ok(())))
    };
    let (native_host, native_pure) = (native(Arithmetic::Default), native(Arithmetic::Pure));
    let ms = |t: Duration| t.as_secs_f64() * 1e3;
    println!("verification of one proof, parsing and subgroup checks included, milliseconds");
    println!("wasm, host calls   {:8.2}", ms(host));
    println!("wasm, pure         {:8.2}", ms(pure));
    println!("native, host code  {:8.2}", ms(native_host));
    println!("native, pure       {:8.2}", ms(native_pure));
    println!("ratio verify wasm-pure {:.2}", ms(pure) / ms(host));
}
