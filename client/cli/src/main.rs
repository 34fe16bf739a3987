//! The command `cloister`.

mod cli;
mod commands;

use clap::Parser;
use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments = cli::Cli::parse();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(e) => {
            eprintln!("error: the system provides no threads: {e}");
            return ExitCode::FAILURE;
        }
    };
    runtime.block_on(commands::run(arguments))
}
