//! How proving time falls with the number of threads.
//!
//! `cargo run --release -p cloister-prover-local --example threads [dev|standard|large]`
//!
//! Proves a batch with 1, 2, 4 .. threads, up to all that the machine shows, and prints medians: of the witness, of the
//! proof from the witness, and of both together. Of each it prints how many times faster than on one thread it is, and
//! the share of it that is left over if everything else is divided by the number of threads (Amdahl's serial part, from
//! the time of one thread and of the number at hand). Threads that share a core, and clocks that fall under load, count
//! as serial here too. At the end it prints the stages of the witness for the largest number of threads.

use cloister_circuits::statements::batch::{BatchCircuit, ValuesStage};
use cloister_groth16::{default_directory, load_or_generate_from, Assignment, Matrices, Prover};
use cloister_ledger::Shape;
use cloister_ledger_testing::World;
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;
use std::{env, error::Error, time::Instant};

const ROUNDS: usize = 5;
/// The last stage of a witness; the others are those of [`ValuesStage`].
const JOIN: &str = "Join";

fn median(values: impl IntoIterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.into_iter().collect();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// Milliseconds of the stages of one witness, in order, with their names.
#[derive(Default)]
struct Laps(Vec<(String, f64)>);

impl Laps {
    fn total(&self) -> f64 {
        self.0.iter().map(|(_, ms)| ms).sum()
    }
}

/// The wires, and how long each stage took.
fn witness(circuit: &BatchCircuit) -> Result<(Assignment, Laps), bellman::SynthesisError> {
    let mut laps = Laps::default();
    let mut last = Instant::now();
    let mut lap = |name: String| {
        laps.0.push((name, last.elapsed().as_secs_f64() * 1e3));
        last = Instant::now();
    };
    let parts = circuit.values_by_stage(|stage: ValuesStage| lap(format!("{stage:?}")))?;
    let assignment = Assignment::from_parts(parts);
    lap(JOIN.to_string());
    Ok((assignment, laps))
}

/// Milliseconds, how many times faster than on one thread, and the serial share in percent, as columns of the table.
fn columns(ms: f64, one: f64, threads: usize) -> String {
    let n = threads as f64;
    let serial = if threads == 1 {
        "-".into()
    } else {
        format!("{:.1}", (ms / one - 1.0 / n) / (1.0 - 1.0 / n) * 100.0)
    };
    format!("{ms:.1} | {:.2} | {serial}", one / ms)
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
    let (private, effect) = world.apply(shape, &request);
    let circuit = BatchCircuit::proving(shape, private, effect.statement.hash());
    let most = std::thread::available_parallelism()?.get();
    println!(
        "{} constraints, {:?}",
        prover.matrices().constraints(),
        prover.backend()
    );
    let of_each = "ms | times one thread | serial %";
    println!("| threads | witness {of_each} | proof {of_each} | both {of_each} |");
    println!("|{}", " --- |".repeat(10));
    let mut one = None;
    let mut stages: Vec<Laps> = Vec::new();
    for threads in (0..).map(|k| 1 << k).take_while(|threads| *threads <= most) {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build()?;
        let mut proofs = Vec::new();
        stages.clear();
        for round in 0..=ROUNDS {
            let (assignment, laps) = pool.install(|| witness(&circuit))?;
            let start = Instant::now();
            let rng = ChaCha20Rng::seed_from_u64(round as u64);
            pool.install(|| prover.prove_assignment(&assignment, rng))?;
            // The first one warms up.
            if round > 0 {
                proofs.push(start.elapsed().as_secs_f64() * 1e3);
                stages.push(laps);
            }
        }
        let both = median(stages.iter().zip(&proofs).map(|(laps, proof)| laps.total() + proof));
        let now = [median(stages.iter().map(Laps::total)), median(proofs), both];
        let first = *one.get_or_insert(now);
        let columns: Vec<String> = now
            .into_iter()
            .zip(first)
            .map(|(now, one)| columns(now, one, threads))
            .collect();
        println!("| {threads} | {} |", columns.join(" | "));
    }
    println!("\nStages of the witness on the most threads:\n\n| stage | ms |\n| --- | --- |");
    for (i, (name, _)) in stages[0].0.iter().enumerate() {
        println!("| {name} | {:.2} |", median(stages.iter().map(|laps| laps.0[i].1)));
    }
    Ok(())
}
