//! How proving time falls with the number of threads.
//!
//! `cargo run --release -p cloister-prover-local --example threads [dev|standard|large]`
//!
//! Proves a batch with 1, 2, 4 .. threads, up to all that the machine shows, and prints medians: of the witness, of the
//! proof from the witness, and of the share of the proof that is left over if everything else is divided by the number
//! of threads (Amdahl's serial part, from the time of one thread and of the number at hand). Threads that share a core,
//! and clocks that fall under load, count as serial here too.

use cloister_circuits::statements::batch::BatchCircuit;
use cloister_groth16::{default_directory, load_or_generate_from, Assignment, Matrices, Prover};
use cloister_ledger::Shape;
use cloister_ledger_testing::World;
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;
use std::{env, error::Error, time::Instant};

const ROUNDS: usize = 5;

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn main() -> Result<(), Box<dyn Error + Send + Sync>> {
    let shape = match env::args().nth(1).as_deref() {
        None | Some("dev") => Shape::DEV,
        Some("standard") => Shape::STANDARD,
        Some("large") => Shape::LARGE,
        Some(other) => return Err(format!("{other} is no shape: dev, standard or large").into()),
    };
    let matrices = Matrices::record(BatchCircuit::blank(shape))?;
    let key = load_or_generate_from(&default_directory()?, matrices.id(), &matrices, &mut |_| {})?;
    let prover = Prover::new(key, matrices)?;
    let mut world = World::with_traders(7, 4, shape);
    let request = world.random_batch(shape);
    let (witness, effect) = world.apply(shape, &request);
    let circuit = BatchCircuit::proving(shape, witness, effect.statement.hash());
    let most = std::thread::available_parallelism()?.get();
    println!(
        "{} constraints, {:?}",
        prover.matrices().constraints(),
        prover.backend()
    );
    println!("| threads | witness ms | proof ms | times one thread | serial % |");
    println!("| --- | --- | --- | --- | --- |");
    let mut one = None;
    for threads in (0..).map(|k| 1 << k).take_while(|threads| *threads <= most) {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build()?;
        let (mut witnesses, mut proofs) = (Vec::new(), Vec::new());
        for round in 0..=ROUNDS {
            let start = Instant::now();
            let assignment = pool.install(|| circuit.values_in_parts().map(Assignment::from_parts))?;
            let made = start.elapsed();
            let rng = ChaCha20Rng::seed_from_u64(round as u64);
            pool.install(|| prover.prove_assignment(&assignment, rng))?;
            // The first one warms up.
            if round > 0 {
                witnesses.push(made.as_secs_f64() * 1e3);
                proofs.push((start.elapsed() - made).as_secs_f64() * 1e3);
            }
        }
        let (witness, proof) = (median(witnesses), median(proofs));
        let first = *one.get_or_insert(proof);
        let n = threads as f64;
        let serial = if threads == 1 {
            "-".into()
        } else {
            format!("{:.1}", (proof / first - 1.0 / n) / (1.0 - 1.0 / n) * 100.0)
        };
        println!(
            "| {threads} | {witness:.0} | {proof:.0} | {:.2} | {serial} |",
            first / proof
        );
    }
    Ok(())
}
