//! What the chain pays for a proof inside its Wasm runtime: one verification, sixteen at once, the hashing of a batch's
//! statement; and the same natively and without the node's functions.
//!
//! `make bench-chain`. The runtime is built with the feature `measure`, whose call does a piece of work a number of
//! times. Every figure is the median of many differences between a call that works and a call that does not, so what a
//! call costs besides (the instance of the runtime, the decoding of the arguments) is left out. Times are those of the
//! thread on the processor: the work is done in one thread, and what else the machine does is not counted.

use bellman::{Circuit, ConstraintSystem, SynthesisError};
use bls12_381::Scalar;
use cloister_groth16::{generate, Matrices, Prover};
use cloister_node::executor::Executor;
use codec::{Decode, Encode};
use pallet_cloister_execution::measure::{measure, Arithmetic, Proofs, Refusal, Work};
use polkadot_sdk::{
    sp_core::traits::{CallContext, CodeExecutor, RuntimeCode, WrappedRuntimeCode},
    sp_io::TestExternalities,
};
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;
use rustix::time::{clock_gettime, ClockId};
use std::time::Duration;

/// Proofs that are verified at once.
const MANY: usize = 16;
/// Rounds; in each, everything is measured once, and the medians over all rounds count.
const ROUNDS: usize = 21;
/// How often a call does its work.
const TIMES: u32 = 8;
/// The shapes of batches whose statement is hashed: units, places. The first is the development chain's.
const SHAPES: [(u16, u16); 2] = [(9, 1), (48, 1)];

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

/// Proofs of different inputs under one key.
fn proofs() -> Proofs {
    let mut rng = ChaCha20Rng::seed_from_u64(1);
    let matrices = Matrices::record(Root(None)).expect("the circuit can be recorded without a witness");
    let key = generate(&matrices, true, &mut rng).expect("every wire is in a constraint");
    let prover = Prover::new(key, matrices).expect("the key is of these constraints");
    let proofs = (0..MANY as u64)
        .map(|i| {
            let root = Scalar::from(1_000_003 + i).square().square();
            let proof = prover.prove(Root(Some(root)), &mut rng).expect("a root of its square");
            (root.square().to_bytes(), proof.0.to_vec())
        })
        .collect();
    Proofs {
        key: prover.key().verifying_key(),
        proofs,
    }
}

/// Time that this thread has had of the processor.
fn on_processor() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}

/// One figure: the time of a piece of work, by whoever does it.
struct Figure<'a> {
    run: Box<dyn FnMut(u32) + 'a>,
    rounds: Vec<Duration>,
}

impl<'a> Figure<'a> {
    fn new(run: impl FnMut(u32) + 'a) -> Self {
        let mut figure = Self {
            run: Box::new(run),
            rounds: Vec::new(),
        };
        // Compiles the runtime, fills the caches.
        (figure.run)(1);
        figure
    }

    fn measure(&mut self) {
        let mut time = |times| {
            let start = on_processor();
            (self.run)(times);
            on_processor() - start
        };
        let empty = time(0);
        self.rounds.push(time(TIMES).saturating_sub(empty) / TIMES);
    }

    /// Median in milliseconds.
    fn ms(&self) -> f64 {
        let mut rounds = self.rounds.clone();
        rounds.sort();
        rounds[rounds.len() / 2].as_secs_f64() * 1e3
    }
}

fn main() {
    let all = proofs();
    let one = Proofs {
        key: all.key.clone(),
        proofs: all.proofs[..1].to_vec(),
    };
    let wasm = cloister_runtime::WASM_BINARY.expect("the runtime was built with its Wasm");
    let executor: Executor = Executor::builder().build();
    let in_wasm = |arithmetic: Arithmetic, work: Work| {
        let mut state = TestExternalities::default();
        let executor = &executor;
        Figure::new(move |times| {
            let code = WrappedRuntimeCode(wasm.into());
            let runtime = RuntimeCode {
                code_fetcher: &code,
                heap_pages: None,
                hash: b"bench".to_vec(),
            };
            let data = (arithmetic, &work, times).encode();
            let mut ext = state.ext();
            let (answer, _) = executor.call(&mut ext, &runtime, "MeasureApi_measure", &data, CallContext::Offchain);
            let answer = answer.expect("the runtime answers");
            let result = Result::<(), Refusal>::decode(&mut &answer[..]).expect("the answer decodes");
            assert_eq!(result, Ok(()), "the proofs hold");
        })
    };
    let natively = |arithmetic: Arithmetic, work: Work| {
        Figure::new(move |times| assert_eq!(measure(arithmetic, &work, times), Ok(()), "the proofs hold"))
    };
    use Arithmetic::{Default, Pure};
    let (single, many) = (Work::Verify(one), Work::VerifyMany(all));
    let mut works = vec![
        ("one verification".to_string(), single),
        (format!("{MANY} at once"), many),
    ];
    works.extend(SHAPES.map(|(units, places)| (format!("hashing {units} x {places}"), Work::Hash { units, places })));
    let mut figures: Vec<(String, [Figure<'_>; 4])> = works
        .into_iter()
        .map(|(name, work)| {
            let figures = [
                in_wasm(Default, work.clone()),
                in_wasm(Pure, work.clone()),
                natively(Default, work.clone()),
                natively(Pure, work),
            ];
            (name, figures)
        })
        .collect();
    // All figures in every round, so that a machine that is slower for a while is so for all.
    for _ in 0..ROUNDS {
        figures.iter_mut().flat_map(|(_, of)| of).for_each(Figure::measure);
    }

    println!("milliseconds on the processor, medians of {ROUNDS}");
    println!(
        "{:<20} {:>10} {:>10} {:>10} {:>10}",
        "", "wasm", "wasm pure", "native", "nat. pure"
    );
    for (name, of) in &figures {
        print!("{name:<20}");
        of.iter().for_each(|figure| print!(" {:>10.3}", figure.ms()));
        println!();
    }
    let ms = |work: usize, who: usize| figures[work].1[who].ms();
    let (x, y, z, n, p) = (ms(0, 0), ms(1, 0) / MANY as f64, ms(2, 0), ms(0, 2), ms(0, 1));
    println!("verify_wasm_ms single {x:.3} batch16 {y:.3} hashing {z:.3} native {n:.3} pure {p:.3}");
    println!(
        "ratio single {:.2} (at most 1.4), of {MANY} at once {:.2} (at most 0.5)",
        x / n,
        y / n
    );
}
