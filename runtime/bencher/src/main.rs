//! Measures what the calls of our pallets cost inside the Wasm runtime, and writes it into `weights/measured.rs` of
//! each pallet. `make weights`.

mod clock;
mod measure;
mod runtime;
mod state;
mod write;

use clap::Parser;
use measure::Effort;
use runtime::{Failure, Runtime};
use std::{fs, path::PathBuf, time::Instant};

/// Names of our pallets in the runtime's list begin with it; what follows is the name of the folder.
const OURS: &str = "pallet_cloister_";

/// Measures the weights of the chain's calls.
#[derive(Parser)]
struct Options {
    /// Number of values that each component of a benchmark takes
    #[arg(long, default_value_t = 9)]
    steps: u32,
    /// Number of times that each point is measured
    #[arg(long, default_value_t = 9)]
    repeats: u32,
    /// One pallet only, for example: risk
    #[arg(long)]
    pallet: Option<String>,
    /// One benchmark only; its figures are printed, nothing is written
    #[arg(long)]
    benchmark: Option<String>,
    /// Run each benchmark at its lowest and highest point, look at the outcome, and write nothing
    #[arg(long)]
    check: bool,
    /// The folder of the project
    #[arg(long, default_value = ".")]
    root: PathBuf,
}

fn main() -> Result<(), Failure> {
    let options = Options::parse();
    let started = Instant::now();
    let runtime = Runtime::new()?;
    let effort = Effort {
        steps: options.steps,
        repeats: options.repeats,
    };
    let date = jiff::Timestamp::now().strftime("%Y-%m-%d").to_string();
    let mut failed = Vec::new();
    for list in runtime.benchmarks()? {
        let name = String::from_utf8_lossy(&list.pallet).into_owned();
        let Some(pallet) = name.strip_prefix(OURS) else {
            continue;
        };
        if options.pallet.as_deref().is_some_and(|only| only != pallet) {
            continue;
        }
        let mut all = Vec::new();
        for benchmark in &list.benchmarks {
            let name = String::from_utf8_lossy(&benchmark.name);
            if options.benchmark.as_deref().is_some_and(|only| only != name) {
                continue;
            }
            let begun = Instant::now();
            let done = if options.check {
                measure::check(&runtime, &list, benchmark)
            } else {
                measure::measure(&runtime, &list, benchmark, effort).map(|figures| all.push(figures))
            };
            let outcome = done.as_ref().map_or_else(Clone::clone, |()| "good".into());
            eprintln!("{pallet}::{name}: {outcome} ({:.1} s)", begun.elapsed().as_secs_f64());
            if done.is_err() {
                failed.push(format!("{pallet}::{name}"));
            }
        }
        if options.check {
            continue;
        }
        all.sort_by(|a, b| a.name.cmp(&b.name));
        let write = |error: std::fmt::Error| error.to_string();
        println!("{}", write::table(pallet, &all).map_err(write)?);
        if options.benchmark.is_some() || !failed.is_empty() {
            continue;
        }
        let folder = options.root.join("pallets").join(pallet).join("src/weights");
        let text = write::measured(pallet, &all, effort, &date).map_err(write)?;
        fs::create_dir_all(&folder)
            .and_then(|()| fs::write(folder.join("measured.rs"), text))
            .map_err(|error| format!("{}: {error}", folder.display()))?;
    }
    eprintln!("{:.0} s", started.elapsed().as_secs_f64());
    if failed.is_empty() {
        Ok(())
    } else {
        Err(format!("failed: {}", failed.join(", ")))
    }
}
