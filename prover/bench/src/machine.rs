//! On what the figures were taken.

use crate::{engine::EngineName, error::BenchError};
use std::{fs, thread::available_parallelism};

/// The bench's own lock file: the versions that were compiled.
const LOCK: &str = include_str!("../Cargo.lock");

/// The machine and the compiler.
#[derive(Debug)]
pub struct Machine {
    /// Name of the processor.
    pub processor: String,
    /// Its instructions.
    flags: Vec<String>,
    /// Threads that run at once.
    pub threads: usize,
    /// Main memory, GiB.
    pub memory: f64,
    /// The operating system.
    pub system: String,
    /// Today, UTC.
    pub date: String,
}

fn read(path: &str) -> Result<String, BenchError> {
    fs::read_to_string(path).map_err(BenchError::file(path))
}

/// The value of the first line `key separator value`.
fn value<'a>(text: &'a str, key: &str, separator: char) -> Option<&'a str> {
    text.lines().find_map(|line| {
        let (name, value) = line.split_once(separator)?;
        (name.trim() == key).then(|| value.trim())
    })
}

impl Machine {
    /// Asks the system.
    ///
    /// # Errors
    /// If /proc cannot be read.
    pub fn read() -> Result<Self, BenchError> {
        let cpu = read("/proc/cpuinfo")?;
        let memory = read("/proc/meminfo")?;
        let release = read("/etc/os-release").unwrap_or_default();
        let kib: f64 = value(&memory, "MemTotal", ':')
            .and_then(|kib| kib.trim_end_matches("kB").trim().parse().ok())
            .unwrap_or_default();
        let unknown = || "unknown".to_owned();
        Ok(Self {
            processor: value(&cpu, "model name", ':').map_or_else(unknown, str::to_owned),
            flags: value(&cpu, "flags", ':')
                .unwrap_or_default()
                .split_whitespace()
                .map(str::to_owned)
                .collect(),
            threads: available_parallelism()?.get(),
            memory: kib / 1024.0 / 1024.0,
            system: value(&release, "PRETTY_NAME", '=').map_or_else(unknown, |name| name.trim_matches('"').to_owned()),
            date: jiff::Timestamp::now().strftime("%Y-%m-%d").to_string(),
        })
    }

    /// Whether the processor has an instruction set, by the name of Linux.
    pub fn has(&self, flag: &str) -> bool {
        self.flags.iter().any(|f| f == flag)
    }

    /// Refuses a processor that lacks what this program was compiled for.
    ///
    /// # Errors
    /// [`BenchError::Processor`].
    pub fn check(&self) -> Result<(), BenchError> {
        let lacks = |compiled: bool, flag: &str| compiled && !self.has(flag);
        if lacks(cfg!(target_feature = "adx"), "adx") || lacks(cfg!(target_feature = "bmi2"), "bmi2") {
            return Err(BenchError::Processor);
        }
        Ok(())
    }

    /// One sentence each about machine, compiler and what was compiled in.
    pub fn lines(&self) -> [String; 2] {
        let yes = |yes: bool| if yes { "yes" } else { "no" };
        [
            format!(
                "{}, {} of {} threads (adx {}, avx512ifma {}), {:.0} GiB, {}.",
                self.date,
                self.processor,
                self.threads,
                yes(self.has("adx")),
                yes(self.has("avx512ifma")),
                self.memory,
                self.system
            ),
            format!(
                "{}, release profile, target features bmi2 and adx: {}.",
                env!("BENCH_RUSTC"),
                yes(cfg!(all(target_feature = "bmi2", target_feature = "adx")))
            ),
        ]
    }
}

/// The crates of an engine with their versions.
pub fn versions(engine: EngineName) -> String {
    let version = |name: &str| {
        let entry = format!("name = \"{name}\"\nversion = \"");
        let rest = LOCK.split_once(&entry).map_or("unknown", |(_, rest)| rest);
        rest.split('"').next().unwrap_or(rest).to_owned()
    };
    let named = engine.crates().iter().map(|name| format!("{name} {}", version(name)));
    named.collect::<Vec<_>>().join(", ")
}
