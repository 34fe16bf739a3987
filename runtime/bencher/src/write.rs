//! Writes `weights/measured.rs` of a pallet, and a table for people.

use crate::measure::{Effort, Figures};
use std::{fmt::Write, fs};

/// `1_234_567`.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            out.push('_');
        }
        out.push(digit);
    }
    out
}

/// Of a time in picoseconds.
fn milliseconds(time: u64) -> String {
    format!("{:.3}", time as f64 / 1e9)
}

/// What the processor calls itself, and how many of them there are.
pub fn machine() -> String {
    let info = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let name = info
        .lines()
        .find_map(|line| line.strip_prefix("model name")?.split_once(": "))
        .map_or("an unknown processor", |(_, name)| name);
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    format!("{name}, {cores} cores")
}

fn function(out: &mut String, figures: &Figures) -> std::fmt::Result {
    let (time, reads, writes) = (&figures.time, &figures.reads, &figures.writes);
    let arguments: Vec<String> = figures
        .components
        .iter()
        .map(|(name, _)| format!("{name}: u32"))
        .collect();
    let (highest, _, _) = figures.highest();
    let most: Vec<String> = figures
        .components
        .iter()
        .map(|(name, high)| format!("{name} = {high}"))
        .collect();
    let most = if most.is_empty() {
        String::new()
    } else {
        format!(" with {}", most.join(", "))
    };
    writeln!(out, "\n    // {} ms{most}.", milliseconds(highest))?;
    writeln!(out, "    fn {}({}) -> Weight {{", figures.name, arguments.join(", "))?;
    let of = |time: u64, reads: u64, writes: u64| format!("Self::of({}, {reads}, {writes})", grouped(time));
    write!(out, "        {}", of(time.base, reads.base, writes.base))?;
    for (place, (name, _)) in figures.components.iter().enumerate() {
        let slope = of(time.slopes[place], reads.slopes[place], writes.slopes[place]);
        write!(out, ".saturating_add({slope}.saturating_mul({name}.into()))")?;
    }
    writeln!(out, "\n    }}")
}

/// The file; `cargo fmt` breaks its lines.
pub fn measured(pallet: &str, all: &[Figures], effort: Effort, date: &str) -> Result<String, std::fmt::Error> {
    let mut out = String::new();
    let Effort { steps, repeats } = effort;
    writeln!(
        out,
        "//! What the calls of pallet {pallet} cost, measured inside the Wasm runtime. `make weights` writes this file.\n\
         //!\n\
         //! {date}, on {}. Steps: {steps}, repeats: {repeats}.\n\
         \n\
         use super::WeightInfo;\n\
         use core::marker::PhantomData;\n\
         use polkadot_sdk::{{frame_support::{{traits::Get, weights::Weight}}, frame_system}};\n\
         \n\
         /// Measured weights, with the runtime's database weights.\n\
         pub struct SubstrateWeight<T>(PhantomData<T>);\n\
         \n\
         /// Maximum number of bytes that one storage access adds to a proof of validity.\n\
         const ACCESS: u64 = 4_096;\n\
         \n\
         impl<T: frame_system::Config> SubstrateWeight<T> {{\n\
             /// So many picoseconds, and keys that are read and written.\n\
             fn of(time: u64, reads: u64, writes: u64) -> Weight {{\n\
                 Weight::from_parts(time, reads.saturating_mul(ACCESS))\
                     .saturating_add(T::DbWeight::get().reads_writes(reads, writes))\n\
             }}\n\
         }}\n\
         \n\
         impl<T: frame_system::Config> WeightInfo for SubstrateWeight<T> {{",
        machine()
    )?;
    for figures in all {
        function(&mut out, figures)?;
    }
    writeln!(out, "}}")?;
    Ok(out)
}

/// A Markdown table of all figures with the components at their highest.
pub fn table(pallet: &str, all: &[Figures]) -> Result<String, std::fmt::Error> {
    let mut out =
        format!("\n## {pallet}\n\n| weight | at | ms | reads | writes |\n| --- | --- | ---: | ---: | ---: |\n");
    for figures in all {
        let (time, reads, writes) = figures.highest();
        let at: Vec<String> = figures
            .components
            .iter()
            .map(|(name, high)| format!("{name} = {high}"))
            .collect();
        let (name, at) = (&figures.name, at.join(", "));
        writeln!(out, "| `{name}` | {at} | {} | {reads} | {writes} |", milliseconds(time))?;
    }
    Ok(out)
}
