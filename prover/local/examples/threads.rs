//! How proving time falls with the number of threads.
//!
//! `cargo run --release -p cloister-prover-local --example threads [dev|standard|large]`
//!
//! Proves a batch with 1, 2, 4 .. threads, up to all that the machine shows, and prints medians: of the witness, of the
//! proof from the witness, and of both together. Of each it prints how many times faster than on one thread it is, and
//! how much of its work is serial, in percent, found in two ways:
//!
//! - `by clock`: what is left over of the time of one thread if everything else is divided by the number of threads
//!   (Amdahl). Threads that share a core, and clocks that fall under load, count as serial here.
//! - `by idle`: from the share of the threads' time in which they had nothing to do. While one of `n` threads works
//!   alone, the others wait; if a share `u` of their time is processor time, the serial part of the work is
//!   `(1 / u - 1) / (n - 1)`. That two threads share a core does not show here, but that another process has it counts
//!   as serial; the moment in which a thread without work looks for some before it sleeps does not.
//!
//! At the end it prints the stages of the witness for the largest number of threads.

use cloister_circuits::statements::batch::{BatchCircuit, ValuesStage};
use cloister_groth16::{default_directory, load_or_generate_from, Assignment, Matrices, Prover};
use cloister_ledger::Shape;
use cloister_ledger_testing::World;
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;
use rustix::time::{clock_gettime, ClockId};
use std::{env, error::Error, time::Instant};

const ROUNDS: usize = 5;
/// The last stage of a witness; the others are those of [`ValuesStage`].
const JOIN: &str = "Join";

fn median(values: impl IntoIterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.into_iter().collect();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// Milliseconds: passed by the clock, and of the processor for all threads together.
#[derive(Clone, Copy, Default)]
struct Time {
    clock: f64,
    processor: f64,
}

impl Time {
    /// Since some moment of the past.
    fn now(start: Instant) -> Self {
        let processor = clock_gettime(ClockId::ProcessCPUTime);
        Self {
            clock: start.elapsed().as_secs_f64() * 1e3,
            processor: processor.tv_sec as f64 * 1e3 + processor.tv_nsec as f64 / 1e6,
        }
    }

    fn minus(self, other: Self) -> Self {
        Self {
            clock: self.clock - other.clock,
            processor: self.processor - other.processor,
        }
    }

    /// The median of each.
    fn median(times: &[Self]) -> Self {
        Self {
            clock: median(times.iter().map(|time| time.clock)),
            processor: median(times.iter().map(|time| time.processor)),
        }
    }
}

/// The stages of one witness, in order: their names, and milliseconds by the clock.
#[derive(Default)]
struct Laps(Vec<(String, f64)>);

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

/// Columns of the table: milliseconds, how many times faster than on one thread, the serial part found in both ways.
fn columns(time: Time, one: Time, threads: usize) -> String {
    let n = threads as f64;
    let speed = one.clock / time.clock;
    if threads == 1 {
        return format!("{:.1} | {speed:.2} | - | -", time.clock);
    }
    let by_clock = (1.0 / speed - 1.0 / n) / (1.0 - 1.0 / n) * 100.0;
    let busy = time.processor / (time.clock * n);
    let by_idle = (1.0 / busy - 1.0) / (n - 1.0) * 100.0;
    format!("{:.1} | {speed:.2} | {by_clock:.1} | {by_idle:.1}", time.clock)
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
    let of_each = "ms | times one thread | serial % by clock | by idle";
    println!("| threads | witness {of_each} | proof {of_each} | both {of_each} |");
    println!("|{}", " --- |".repeat(13));
    let start = Instant::now();
    let mut one = None;
    let mut stages: Vec<Laps> = Vec::new();
    for threads in (0..).map(|k| 1 << k).take_while(|threads| *threads <= most) {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build()?;
        let mut times: [Vec<Time>; 3] = Default::default();
        stages.clear();
        for round in 0..=ROUNDS {
            let began = Time::now(start);
            let (assignment, laps) = pool.install(|| witness(&circuit))?;
            let witnessed = Time::now(start);
            let rng = ChaCha20Rng::seed_from_u64(round as u64);
            pool.install(|| prover.prove_assignment(&assignment, rng))?;
            let proven = Time::now(start);
            // The first one warms up.
            if round > 0 {
                times[0].push(witnessed.minus(began));
                times[1].push(proven.minus(witnessed));
                times[2].push(proven.minus(began));
                stages.push(laps);
            }
        }
        let now = times.map(|times| Time::median(&times));
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
