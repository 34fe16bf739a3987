//! Measures the proving engine beside itself as an earlier commit had it: both prove the same circuits with the same
//! keys and the same randomness, in turns in one process. Every proof must have the same bytes on both.

#[allow(dead_code)] // The other bench asks for more of it.
#[path = "../../src/circuit/synthetic.rs"]
mod synthetic;

use bellman::{Circuit, ConstraintSystem, SynthesisError};
use bls12_381::Scalar;
use clap::Parser;
use cloister_circuits::statements::{batch::BatchCircuit, solvency::SolvencyCircuit};
use cloister_ledger::{Shape, SolvencyShape};
use cloister_ledger_testing::{full_solvency, Random, World};
use rustix::time::{clock_gettime, ClockId};
use std::{error::Error, time::Duration};
use synthetic::Synthetic;

/// Seed of the keys.
const KEY: u64 = 1;
/// Seed of what is proven.
const WITNESS: u64 = 7;

/// Measures the proving engine beside itself as an earlier commit had it.
#[derive(Parser)]
struct Options {
    /// Circuits: `synthetic-N` (fills the domain 2^N), `batch-dev`, `solvency-dev`.
    #[arg(long, value_delimiter = ',', default_value = "synthetic-17,batch-dev,solvency-dev")]
    circuits: Vec<String>,
    /// Instructions: `ifma`, `avx2`, `blst`; an earlier engine without `avx2` has `blst` there.
    #[arg(long, value_delimiter = ',', default_value = "ifma,avx2,blst")]
    instructions: Vec<String>,
    /// Proofs of each engine that count; one before them does not.
    #[arg(long, default_value_t = 5)]
    rounds: usize,
    /// The earlier commit, for the table.
    #[arg(long)]
    commit: String,
}

/// Instructions that both engines are measured on.
struct Setting {
    name: &'static str,
    earlier: earlier::Backend,
    today: today::Backend,
}

/// What the earlier engine has where there is AVX2.
#[cfg(feature = "floating")]
const EARLIER_AVX2: earlier::Backend = earlier::Backend::Floating;
/// What the earlier engine has where there is AVX2.
#[cfg(not(feature = "floating"))]
const EARLIER_AVX2: earlier::Backend = earlier::Backend::Portable;

const SETTINGS: [Setting; 3] = [
    Setting {
        name: "ifma",
        earlier: earlier::Backend::Vector,
        today: today::Backend::Vector,
    },
    Setting {
        name: "avx2",
        earlier: EARLIER_AVX2,
        today: today::Backend::Floating,
    },
    Setting {
        name: "blst",
        earlier: earlier::Backend::Portable,
        today: today::Backend::Portable,
    },
];

/// A circuit with its witness or without.
#[derive(Clone)]
enum Subject {
    Synthetic(Synthetic),
    Batch(Box<BatchCircuit>),
    Solvency(Box<SolvencyCircuit>),
}

impl Subject {
    fn new(name: &str) -> Result<Self, Box<dyn Error>> {
        match name {
            "batch-dev" => Ok(Self::Batch(Box::new(batch()))),
            "solvency-dev" => Ok(Self::Solvency(Box::new(solvency()))),
            _ => {
                let log2 = name.strip_prefix("synthetic-").and_then(|log2| log2.parse().ok());
                let log2 = log2.filter(|log2| (4..=24).contains(log2));
                let unknown = || {
                    format!("circuit `{name}`: expected `synthetic-N`, N from 4 to 24, `batch-dev` or `solvency-dev`")
                };
                Ok(Self::Synthetic(Synthetic {
                    log2: log2.ok_or_else(unknown)?,
                }))
            }
        }
    }

    fn blank(&self) -> Self {
        match self {
            Self::Synthetic(circuit) => Self::Synthetic(*circuit),
            Self::Batch(circuit) => Self::Batch(Box::new(BatchCircuit::blank(circuit.shape))),
            Self::Solvency(circuit) => Self::Solvency(Box::new(SolvencyCircuit::blank(circuit.shape))),
        }
    }
}

impl Circuit<Scalar> for Subject {
    fn synthesize<CS: ConstraintSystem<Scalar>>(self, cs: &mut CS) -> Result<(), SynthesisError> {
        match self {
            Self::Synthetic(circuit) => circuit.synthesize(cs),
            Self::Batch(circuit) => circuit.synthesize(cs),
            Self::Solvency(circuit) => circuit.synthesize(cs),
        }
    }
}

/// A full batch of the development shape.
fn batch() -> BatchCircuit {
    let shape = Shape::DEV;
    let mut world = World::with_traders(WITNESS, 2, shape);
    let request = world.full_batch(shape);
    let (witness, effect) = world.apply(shape, &request);
    BatchCircuit::proving(shape, witness, effect.statement.hash())
}

/// A full statement of a solvency round of the development shape.
fn solvency() -> SolvencyCircuit {
    let shape = SolvencyShape::DEV;
    let (statement, witness) = full_solvency(&mut Random::new(WITNESS), shape);
    SolvencyCircuit::proving(shape, statement, witness)
}

/// One engine with a circuit and its key, and how it proves: the proof's bytes for a seed.
type Engine = Box<dyn Fn(u64) -> Result<Vec<u8>, Box<dyn Error>>>;

/// A function that loads an engine; both have the same interface and other types.
macro_rules! engine {
    ($function:ident, $engine:ident) => {
        fn $function(subject: &Subject, backend: $engine::Backend) -> Result<Engine, Box<dyn Error>> {
            use rand_chacha::ChaCha20Rng;
            use rand_core::SeedableRng;

            let matrices = $engine::Matrices::record(subject.blank())?;
            let wires = $engine::Assignment::of(subject.clone())?;
            let key = $engine::generate(&matrices, true, ChaCha20Rng::seed_from_u64(KEY))?;
            let prover = $engine::Prover::with_backend(key, matrices, backend)?;
            Ok(Box::new(move |seed| {
                let proof = prover.prove_assignment(&wires, ChaCha20Rng::seed_from_u64(seed))?;
                Ok(proof.0.to_vec())
            }))
        }
    };
}

engine!(load_earlier, earlier);
engine!(load_today, today);

/// Processor time of this process so far.
fn processor_time() -> Result<Duration, Box<dyn Error>> {
    Ok(clock_gettime(ClockId::ProcessCPUTime).try_into()?)
}

/// A proof and the processor time that it took, in milliseconds.
fn timed(engine: &Engine, seed: u64) -> Result<(Vec<u8>, f64), Box<dyn Error>> {
    let begin = processor_time()?;
    let proof = engine(seed)?;
    Ok((proof, (processor_time()? - begin).as_secs_f64() * 1e3))
}

fn median(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    let middle = times.len() / 2;
    if times.len() % 2 == 1 {
        times[middle]
    } else {
        (times[middle - 1] + times[middle]) / 2.0
    }
}

/// What the rounds of a measurement come to.
struct Measured {
    /// The median of the earlier engine's times, in milliseconds.
    earlier: f64,
    /// The median of today's engine's times, in milliseconds.
    today: f64,
    /// How many times as fast today's engine is: the median of the rounds' own ratios. The two times of a round were
    /// taken right after each other, so a machine that slows down for a while changes both.
    ratio: f64,
}

/// Both engines in turns; the one that begins changes with every round.
fn measure(earlier: &Engine, today: &Engine, rounds: usize) -> Result<Measured, Box<dyn Error>> {
    let mut times = [Vec::new(), Vec::new()];
    for round in 0..=rounds {
        let seed = round as u64;
        let mut engines = [(0, earlier), (1, today)];
        if round % 2 == 1 {
            engines.reverse();
        }
        let mut proofs = [Vec::new(), Vec::new()];
        for (i, engine) in engines {
            let (proof, time) = timed(engine, seed)?;
            proofs[i] = proof;
            if round > 0 {
                times[i].push(time);
            }
        }
        if proofs[0] != proofs[1] {
            return Err(format!("round {round}: the two engines make different proofs").into());
        }
    }
    let ratios = times[0].iter().zip(&times[1]).map(|(earlier, today)| earlier / today);
    let ratio = median(ratios.collect());
    let [earlier, today] = times.map(median);
    Ok(Measured { earlier, today, ratio })
}

fn main() -> Result<(), Box<dyn Error>> {
    let options = Options::parse();
    if options.rounds == 0 {
        return Err("--rounds 0: at least one proof must count".into());
    }
    let unknown = |name: &&String| SETTINGS.iter().all(|setting| setting.name != name.as_str());
    if let Some(name) = options.instructions.iter().find(unknown) {
        return Err(format!("instructions `{name}`: expected `ifma`, `avx2` or `blst`").into());
    }
    println!("| circuit | instructions | {} ms | now ms | ratio |", options.commit);
    println!("| --- | --- | --- | --- | --- |");
    for name in &options.circuits {
        let subject = Subject::new(name)?;
        let wanted = |setting: &&Setting| options.instructions.iter().any(|name| name == setting.name);
        for setting in SETTINGS.iter().filter(wanted) {
            if !setting.today.is_available() {
                println!("| {name} | {} | | | this processor lacks them |", setting.name);
                continue;
            }
            let earlier = load_earlier(&subject, setting.earlier)?;
            let today = load_today(&subject, setting.today)?;
            let measured = measure(&earlier, &today, options.rounds)?;
            println!(
                "| {name} | {} | {:.0} | {:.0} | {:.3} |",
                setting.name, measured.earlier, measured.today, measured.ratio
            );
        }
    }
    Ok(())
}
