//! The circuits that have keys, by name, and `cloister-prover circuits`.

mod error;
mod named;
mod report;

use clap::Parser;
use std::io::Write;

pub use error::CircuitError;
pub use named::{find, NamedCircuit, NamedShape, NamedSolvency, CIRCUITS};
pub use report::{KeyReport, PointsReport, Report};

/// Options of `cloister-prover circuits`.
#[derive(Clone, Copy, Debug, Parser)]
pub struct Args {
    /// Write JSON: for each circuit shape, constraints by part, public inputs, sizes of its keys.
    #[arg(long)]
    pub json: bool,
}

/// Lists the circuits, for people or as a JSON array of [`Report`].
///
/// # Errors
/// [`CircuitError`], all variants but [`CircuitError::Unknown`].
pub fn run<W: Write>(circuits: &[NamedCircuit], args: &Args, mut out: W) -> Result<(), CircuitError> {
    let reports = circuits.iter().map(Report::of).collect::<Result<Vec<_>, _>>()?;
    if args.json {
        let text = serde_json::to_string_pretty(&reports).map_err(CircuitError::Encoding)?;
        return writeln!(out, "{text}").map_err(CircuitError::Output);
    }
    reports
        .iter()
        .try_for_each(|report| write!(out, "{report}"))
        .map_err(CircuitError::Output)
}
