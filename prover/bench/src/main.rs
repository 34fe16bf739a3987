//! `bench-prover`: setup, proofs, verification and memory of our engine beside other implementations of Groth16 on
//! BLS12-381, on the same circuits and in one run.

mod child;
mod circuit;
mod engine;
mod error;
mod machine;
mod measure;
mod process;
mod replay;
mod report;
mod scratch;
mod statistics;
mod subject;

use clap::{Parser, ValueEnum};
use engine::EngineName;
use error::BenchError;
use machine::Machine;
use scratch::Scratch;
use std::{
    env,
    path::{Path, PathBuf},
    process::ExitCode,
};
use subject::Subject;

/// Measures the proving engine beside `groth16`, bellperson and arkworks.
#[derive(Debug, Parser)]
#[command(version)]
struct Cli {
    /// Circuits: `batch-dev` and `synthetic-N`, which fills the domain 2^N [default: synthetic-17,batch-dev, unless
    /// --memory is given]
    #[arg(long, value_delimiter = ',', value_name = "NAME")]
    circuit: Vec<Subject>,

    /// Engines, in the order of the rounds
    #[arg(
        long,
        value_delimiter = ',',
        default_value = "cloister,cloister-portable,groth16,bellperson,arkworks"
    )]
    engines: Vec<EngineName>,

    /// Rounds: proofs an engine that count
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..))]
    rounds: u32,

    /// Peak memory and time of our engine alone on synthetic circuits of 2^N (for example 18,20)
    #[arg(long, value_delimiter = ',', value_name = "N")]
    memory: Vec<u32>,

    /// Writes the tables into this file, between their markers
    #[arg(long, value_name = "FILE")]
    markdown: Option<PathBuf>,

    /// Folder for keys while it runs, up to some GiB for large circuits [default: the system's temporary folder]
    #[arg(long, value_name = "FOLDER")]
    scratch: Option<PathBuf>,

    /// A child process: engine, circuit, recording
    #[arg(long, num_args = 3, hide = true, value_names = ["ENGINE", "CIRCUIT", "FILE"])]
    child: Option<Vec<String>>,
}

fn main() -> ExitCode {
    match run(Cli::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(cli: Cli) -> Result<(), BenchError> {
    if let Some([engine, subject, recording]) = cli.child.as_deref() {
        let engine = EngineName::from_str(engine, false).map_err(BenchError::Request)?;
        return child::serve(engine, subject.parse()?, Path::new(recording));
    }
    let machine = Machine::read()?;
    machine.check()?;
    let subjects = match (cli.circuit.is_empty(), cli.memory.is_empty()) {
        (true, true) => vec![Subject::HEADLINE, Subject::BatchDev],
        _ => cli.circuit,
    };
    // A size out of range is refused before anything is measured.
    for log2 in &cli.memory {
        Subject::Synthetic(*log2).to_string().parse::<Subject>()?;
    }
    println!("{}", report::environment(&machine, &cli.engines));

    let scratch = Scratch::new(&cli.scratch.unwrap_or_else(env::temp_dir))?;
    let mut outcomes = Vec::new();
    for subject in subjects {
        let outcome = measure::outcome(subject, &cli.engines, cli.rounds as usize, &scratch)?;
        println!("\n{subject}: {}", report::outcome(&outcome));
        outcomes.push(outcome);
    }
    let mut sizes = Vec::new();
    for log2 in cli.memory {
        sizes.push(measure::memory(log2, &scratch)?);
    }
    if !sizes.is_empty() {
        println!("\n{}", report::memory(&sizes));
    }
    // Once more without indentation and at the end, for programs.
    for line in outcomes.iter().flat_map(measure::Outcome::ratios) {
        println!("{line}");
    }
    match cli.markdown {
        Some(path) => report::write_markdown(&path, &machine, &cli.engines, &outcomes, &sizes),
        None => Ok(()),
    }
}
