//! What a solvency round costs on this machine: proves a full statement of each shape a few times, then counts the
//! statements of a round over 10^5 and 10^6 indices of which none is skipped (D-RUN) and multiplies.
//!
//! `cargo run --release -p cloister-prover-local --example solvency_round [dev|standard]`
//!
//! Core-hours are processor time of the whole process, user and system, so they do not depend on what else the machine
//! does. Linux only: the time is read from `/proc`.

use cloister_ledger::SolvencyShape;
use cloister_ledger_testing::{full_solvency, Random};
use cloister_prover_job::{JobKind, ProofJob, Prover};
use cloister_prover_local::{LocalProver, Parameters};
use cloister_types::AccountIndex;
use std::{env, error::Error, fs, time::Instant};

const ROUNDS: usize = 3;
/// Ticks of the process's times in `/proc`; the same on all Linux systems.
const TICKS_PER_SECOND: f64 = 100.0;

/// Processor time of this process so far, in seconds.
fn processor_time() -> Result<f64, Box<dyn Error>> {
    let stat = fs::read_to_string("/proc/self/stat")?;
    // The name in brackets may hold blanks; user and system time are the 12th and 13th field after it.
    let (_, fields) = stat.rsplit_once(')').ok_or("a process has a name")?;
    let ticks: f64 = fields
        .split_whitespace()
        .skip(11)
        .take(2)
        .filter_map(|field| field.parse::<f64>().ok())
        .sum();
    Ok(ticks / TICKS_PER_SECOND)
}

fn measure(name: &str, shape: SolvencyShape) -> Result<(), Box<dyn Error>> {
    let prover = LocalProver::load(JobKind::Solvency(shape), &Parameters::Development, &mut |_| {})?;
    let (statement, witness) = full_solvency(&mut Random::new(1), shape);
    let job = ProofJob::solvency(shape, statement, witness);
    let mut times = Vec::new();
    for _ in 0..ROUNDS {
        let (start, used) = (Instant::now(), processor_time()?);
        prover.prove_blocking(job.clone())?;
        times.push((processor_time()? - used, start.elapsed().as_secs_f64()));
    }
    times.sort_by(|a, b| a.0.total_cmp(&b.0));
    let (core_seconds, seconds) = times[ROUNDS / 2];
    println!(
        "{name}: {} accounts, {} constraints",
        shape.accounts(),
        prover.constraints()
    );
    println!("  one proof      {core_seconds:.1} core-seconds, {seconds:.1} s, median of {ROUNDS}");
    for accounts in [100_000, 1_000_000] {
        let proofs = shape.statements(AccountIndex(accounts));
        let hours = proofs as f64 * core_seconds / 3_600.0;
        println!("  {accounts:>9} accounts: {proofs} proofs, {hours:.1} core-hours a round");
    }
    Ok(())
}

fn main() -> Result<(), Box<dyn Error>> {
    let wanted = env::args().nth(1);
    for (name, shape) in [("dev", SolvencyShape::DEV), ("standard", SolvencyShape::STANDARD)] {
        if wanted.as_deref().is_none_or(|wanted| wanted == name) {
            measure(name, shape)?;
        }
    }
    Ok(())
}
