//! The command `cloister-prover`.

use clap::{Parser, Subcommand};
use cloister_prover_cli::{
    ceremony,
    circuits::{self, CIRCUITS},
    export,
};
use std::{error::Error, io, process::ExitCode};

/// Keys and proofs of Cloister's circuits.
#[derive(Debug, Parser)]
#[command(name = "cloister-prover", version, about)]
struct Cli {
    /// What to do.
    #[command(subcommand)]
    command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
enum Command {
    /// Write verifying key, proof and public inputs for tools that are not ours.
    Export(export::Args),
    /// Make the key of a circuit together with others.
    #[command(subcommand)]
    Ceremony(ceremony::Command),
    /// List the circuits: name, circuit id, constraints, sizes of their keys.
    Circuits(circuits::Args),
}

fn main() -> ExitCode {
    let result: Result<(), Box<dyn Error>> = match Cli::parse().command {
        Command::Export(args) => export::run(&args).map_err(Into::into),
        Command::Ceremony(command) => ceremony::run(CIRCUITS, &command).map_err(Into::into),
        Command::Circuits(args) => circuits::run(CIRCUITS, &args, io::stdout().lock()).map_err(Into::into),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(e) => {
            eprintln!("error: {e}");
            ExitCode::FAILURE
        }
    }
}
