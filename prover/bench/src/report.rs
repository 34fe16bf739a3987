//! The tables, for people and for `docs/benchmarks/prover.md`.

use crate::{
    engine::EngineName,
    error::BenchError,
    machine::{versions, Machine},
    measure::{Figures, Memory, Outcome},
    statistics::median,
};
use std::{fmt::Write, fs, path::Path};

/// Section of the markdown file with the engines side by side.
const PROOFS: &str = "bench-prover: proofs";
/// Section of the markdown file with the memory of our engine.
const MEMORY: &str = "bench-prover: memory";

/// A new markdown file.
const HEAD: &str = "# Prover\n\nWritten by `make bench-prover`; text outside of the marked sections stays as it is.\n";

/// Median, and least to most.
fn spread(values: &[f64], digits: usize) -> String {
    let least = values.iter().copied().fold(f64::INFINITY, f64::min);
    let most = values.iter().copied().fold(0.0, f64::max);
    match values {
        [] => "-".into(),
        _ => format!("{:.digits$} ({least:.digits$} to {most:.digits$})", median(values)),
    }
}

fn row(figures: &Figures) -> String {
    format!(
        "| {} | {:.2} | {:.0} | {:.0} | {:.2} | {} | {} | {} | {:.0} |",
        figures.engine,
        figures.setup,
        figures.setup_peak,
        figures.key,
        figures.load,
        spread(&figures.prove, 3),
        spread(&figures.assignment, 3),
        spread(&figures.verify, 2),
        figures.peak
    )
}

/// One circuit: a table and its ratios.
pub fn outcome(outcome: &Outcome) -> String {
    let size = outcome.size;
    let mut lines = vec![
        format!(
            "{} constraints (domain 2^{}), {} private wires, {} terms; medians of {} rounds, least and most.",
            size.constraints, size.domain_log2, size.wires, size.terms, outcome.rounds
        ),
        String::new(),
        "| engine | setup s | its peak MiB | key MiB | load s | prove s | without synthesis s | verify ms | peak MiB |"
            .into(),
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- |".into(),
    ];
    lines.extend(outcome.figures.iter().map(row));
    let ratios = outcome.ratios();
    if !ratios.is_empty() {
        lines.push(String::new());
        // Indented, markdown shows them as they are.
        lines.extend(ratios.iter().map(|line| format!("    {line}")));
    }
    lines.join("\n")
}

/// The memory of our engine by size.
pub fn memory(sizes: &[Memory]) -> String {
    let mut lines = vec![
        "| circuit | setup s | its peak MiB | key MiB | prove s | peak MiB |".to_owned(),
        "| --- | --- | --- | --- | --- | --- |".into(),
    ];
    lines.extend(sizes.iter().map(|size| {
        format!(
            "| {} | {:.2} | {:.0} | {:.0} | {} | {:.0} |",
            size.subject,
            size.setup,
            size.setup_peak,
            size.key,
            spread(&size.prove, 3),
            size.peak
        )
    }));
    lines.join("\n")
}

/// What the columns mean; it belongs to the tables.
const METHOD: &str = "\
Each engine runs in processes of its own: one for the setup, one for the proofs. In every round each engine proves once,
with all keys loaded; the first proof of a process is not counted. Every proof was verified by its own engine, those of
cloister by `groth16` too.

* Peers are given the circuit as recorded constraints and values, through their own circuit interfaces.
* *cloister* proves the circuit itself, generation of the witness included; *cloister-portable* does the same without
  AVX-512 IFMA, with AVX2 where the processor has it.
* *Without synthesis*: from the values of all wires, where an engine can do that.
* *Verify* begins with the proof's bytes and includes the checks of its points; the verifying key is ready.
* *Peak* is the largest resident memory of a process that loads circuit and key and proves once, including the pages of
  a mapped key file.
* *Load* is the time to read the key, and for cloister to record the circuit and make its tables.";

/// What the memory table means.
const MEMORY_METHOD: &str = "\
cloister alone. The setup writes its key file as it goes, in a process of its own; another process loads circuit and key
and proves three times.";

/// Machine, compiler, crates.
pub fn environment(machine: &Machine, engines: &[EngineName]) -> String {
    let mut text = machine.lines().join("\n");
    for engine in engines {
        let _ = write!(text, "\n* {engine}: {}", versions(*engine));
    }
    text
}

/// Writes what was measured into its sections of a markdown file, which is made if it is not there.
///
/// # Errors
/// If the file cannot be read or written; [`BenchError::Section`] if it has other contents.
pub fn write_markdown(
    path: &Path,
    machine: &Machine,
    engines: &[EngineName],
    outcomes: &[Outcome],
    sizes: &[Memory],
) -> Result<(), BenchError> {
    let mut text = if path.exists() {
        fs::read_to_string(path).map_err(BenchError::file(path))?
    } else {
        [PROOFS, MEMORY].iter().fold(HEAD.into(), |text: String, section| {
            format!("{text}\n<!-- {section} -->\n<!-- /{section} -->\n")
        })
    };
    if !outcomes.is_empty() {
        let mut body = format!("{}\n\n{METHOD}\n", environment(machine, engines));
        for o in outcomes {
            let _ = write!(body, "\n## {}\n\n{}\n", o.subject, outcome(o));
        }
        text = replace(&text, PROOFS, &body, path)?;
    }
    if !sizes.is_empty() {
        let [machine, compiler] = machine.lines();
        let body = format!(
            "## Memory\n\n{machine}\n{compiler}\n\n{MEMORY_METHOD}\n\n{}\n",
            memory(sizes)
        );
        text = replace(&text, MEMORY, &body, path)?;
    }
    fs::write(path, text).map_err(BenchError::file(path))
}

/// Replaces what stands between the markers of a section.
fn replace(text: &str, section: &'static str, body: &str, path: &Path) -> Result<String, BenchError> {
    let (open, close) = (format!("<!-- {section} -->"), format!("<!-- /{section} -->"));
    let missing = || BenchError::Section {
        path: path.into(),
        section,
    };
    let (before, rest) = text.split_once(&open).ok_or_else(missing)?;
    let (_, after) = rest.split_once(&close).ok_or_else(missing)?;
    Ok(format!("{before}{open}\n\n{body}\n{close}{after}"))
}
