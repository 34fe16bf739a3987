//! What a batch costs on a card, beside this machine's processor.
//!
//! `cargo run --release -p cloister-prover-local --features cuda --example card [dev|standard|large] [TUNING]..`
//!
//! First proves batches on both and compares the bytes. Then prints, as medians: the parts of a proof on the card, a
//! whole proof on the card with its witness, a stream of batches whose witnesses are made while the card proves the one
//! before, and the processor with two threads and with all. A TUNING is `width,chunk,threads,parts,buckets,fan`
//! ([`cloister_cuda::Tuning`]); for each one the parts are measured again.

use cloister_circuits::statements::batch::BatchCircuit;
use cloister_cuda::{Card, Resident, Tuning};
use cloister_groth16::{default_directory, load_or_generate_from, Assignment, Matrices, Prover, ProvingKey};
use cloister_ledger::Shape;
use cloister_ledger_testing::World;
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;
use std::{env, error::Error, sync::mpsc::sync_channel, time::Instant};

const SEED: u64 = 7;
const BATCHES: usize = 3;
const ROUNDS: usize = 9;
const STREAM: usize = 40;

type Failure = Box<dyn Error + Send + Sync>;

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn timed<T>(work: impl FnOnce() -> Result<T, Failure>) -> Result<(T, f64), Failure> {
    let start = Instant::now();
    let value = work()?;
    Ok((value, start.elapsed().as_secs_f64() * 1e3))
}

/// Full batches of trades between two accounts.
fn batches(shape: Shape) -> Vec<BatchCircuit> {
    let mut world = World::with_traders(SEED, 2, shape);
    let mut batch = || {
        let request = world.full_batch(shape);
        let (witness, effect) = world.apply(shape, &request);
        BatchCircuit::proving(shape, witness, effect.statement.hash())
    };
    (0..BATCHES).map(|_| batch()).collect()
}

fn assignment(circuit: &BatchCircuit) -> Result<Assignment, Failure> {
    Ok(Assignment::from_parts(circuit.clone().values_in_parts()?))
}

fn words(assignment: &Assignment) -> Vec<[u64; 4]> {
    let values = assignment.inputs.iter().chain(&assignment.aux);
    values
        .map(|value| {
            let bytes = value.to_bytes();
            std::array::from_fn(|i| {
                let word: [u8; 8] = std::array::from_fn(|k| bytes[8 * i + k]);
                u64::from_le_bytes(word)
            })
        })
        .collect()
}

fn rng(i: usize) -> ChaCha20Rng {
    ChaCha20Rng::seed_from_u64(i as u64)
}

fn parts(name: &str, resident: &Resident<Card>, wires: &[[u64; 4]]) -> Result<(), Failure> {
    let mut whole = Vec::new();
    let mut by_stage = Vec::new();
    for _ in 0..ROUNDS {
        whole.push(timed(|| Ok(resident.sums(wires)?))?.1);
        by_stage.push(resident.sums_by_stage(wires)?.1);
    }
    print!("{name}: sums {:.1} ms:", median(whole));
    for i in 0..by_stage[0].len() {
        let times = by_stage.iter().map(|stages| stages[i].1.as_secs_f64() * 1e3).collect();
        print!(" {:?} {:.2}", by_stage[0][i].0, median(times));
    }
    println!();
    Ok(())
}

/// Proofs a second when witnesses are made beside them.
fn stream(circuits: &[BatchCircuit], prover: &Prover) -> Result<f64, Failure> {
    let (send, receive) = sync_channel::<Assignment>(2);
    let start = Instant::now();
    std::thread::scope(|scope| {
        let maker = scope.spawn(move || -> Result<(), Failure> {
            for i in 0..STREAM {
                send.send(assignment(&circuits[i % circuits.len()])?)?;
            }
            Ok(())
        });
        for (i, assignment) in receive.into_iter().enumerate() {
            prover.prove_assignment(&assignment, rng(i))?;
        }
        maker.join().map_err(|_| "the maker of witnesses broke off")?
    })?;
    Ok(STREAM as f64 / start.elapsed().as_secs_f64())
}

fn load(number: usize, key: &ProvingKey, matrices: &Matrices, tuning: Tuning) -> Result<Resident<Card>, Failure> {
    Ok(Resident::load(Card::open(number)?, key, matrices, tuning)?)
}

fn tuning(text: &str) -> Result<Tuning, Failure> {
    let numbers: Result<Vec<u32>, _> = text.split(',').map(str::parse).collect();
    match numbers?[..] {
        [width, chunk, threads, parts, buckets, fan] => Ok(Tuning {
            least_width: width,
            width,
            chunk,
            threads,
            parts,
            buckets,
            fan,
        }),
        _ => Err("a tuning is six numbers: width,chunk,threads,parts,buckets,fan".into()),
    }
}

fn main() -> Result<(), Failure> {
    let mut arguments = env::args().skip(1);
    let shape = match arguments.next().as_deref() {
        None | Some("large") => Shape::LARGE,
        Some("standard") => Shape::STANDARD,
        Some("dev") => Shape::DEV,
        Some(other) => return Err(format!("{other} is no shape: dev, standard or large").into()),
    };
    let tunings: Vec<Tuning> = arguments.map(|text| tuning(&text)).collect::<Result<_, _>>()?;
    println!("card: {}", Card::open(0)?.name());
    let matrices = Matrices::record(BatchCircuit::blank(shape))?;
    println!(
        "circuit: {} constraints, {} wires, {} terms, domain 2^{}",
        matrices.constraints(),
        matrices.wires(),
        matrices.terms(),
        matrices.domain_log2()
    );
    let directory = default_directory()?;
    let generate = || {
        Ok(load_or_generate_from(
            &directory,
            matrices.id(),
            &matrices,
            &mut |_| {},
        )?)
    };
    let (key, ms) = timed(generate)?;
    println!(
        "key: {ms:.0} ms; h {}, l {}, a {}, b {}",
        key.h().len(),
        key.l().len(),
        key.a().len(),
        key.b_g2().len()
    );
    let circuits = batches(shape);
    let (resident, ms) = timed(|| load(0, &key, &matrices, Tuning::default()))?;
    println!("key brought onto the card: {ms:.0} ms");
    let wires = words(&assignment(&circuits[0])?);
    parts("default", &resident, &wires)?;
    let here = Prover::new(key.clone(), matrices.clone())?;
    let there = Prover::with_accelerator(key.clone(), matrices.clone(), Box::new(resident))?;
    let (mut whole, mut proofs, mut witness) = (Vec::new(), Vec::new(), Vec::new());
    for i in 0..ROUNDS {
        let circuit = &circuits[i % BATCHES];
        let (values, ms) = timed(|| assignment(circuit))?;
        witness.push(ms);
        let (proof, ms) = timed(|| Ok(there.prove_assignment(&values, rng(i))?))?;
        whole.push(ms);
        proofs.push((proof, values));
    }
    let (mut all, mut two) = (Vec::new(), Vec::new());
    let pool = rayon::ThreadPoolBuilder::new().num_threads(2).build()?;
    for (i, (proof, values)) in proofs.iter().enumerate() {
        let (expected, ms) = timed(|| Ok(here.prove_assignment(values, rng(i))?))?;
        all.push(ms);
        if expected != *proof {
            return Err(format!("proof {i} has other bytes on the card").into());
        }
        key.verify(proof, &values.inputs[1..])?;
        if i < BATCHES {
            two.push(timed(|| Ok(pool.install(|| here.prove_assignment(values, rng(i)))?))?.1);
        }
    }
    println!("{ROUNDS} proofs have the same bytes on the card and on the processor, and verify");
    let (card, two) = (median(whole), median(two));
    println!(
        "witness {:.1} ms; proof on the card {card:.1} ms; processor ({}): all threads ({}) {:.0} ms, two threads {two:.0} ms; \
         the card is {:.1} times two threads",
        median(witness),
        format!("{:?}", here.backend()).to_lowercase(),
        rayon::current_num_threads(),
        median(all),
        two / card
    );
    println!("stream: {:.2} batches a second", stream(&circuits, &there)?);
    drop(there);
    for tuning in tunings {
        let resident = load(0, &key, &matrices, tuning)?;
        parts(&format!("{tuning:?}"), &resident, &wires)?;
    }
    Ok(())
}
