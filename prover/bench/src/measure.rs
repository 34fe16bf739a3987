//! What is measured, and in which order.

use crate::{
    child::Request,
    engine::EngineName,
    error::BenchError,
    process::Process,
    replay::{Replay, Size},
    scratch::Scratch,
    statistics::median,
    subject::Subject,
};
use bls12_381::Scalar;
use std::{fs, path::Path};

/// Figures of one engine on one circuit.
#[derive(Debug)]
pub struct Figures {
    /// The engine.
    pub engine: EngineName,
    /// Setup, seconds.
    pub setup: f64,
    /// Peak memory of the setup's process, MiB.
    pub setup_peak: f64,
    /// Key file, MiB.
    pub key: f64,
    /// Loading the key, seconds.
    pub load: f64,
    /// Proofs, seconds each.
    pub prove: Vec<f64>,
    /// Proofs without synthesis, seconds each; none where the engine has no such function.
    pub assignment: Vec<f64>,
    /// Verifications, milliseconds each.
    pub verify: Vec<f64>,
    /// Peak memory of a process that loads circuit and key and proves once, MiB.
    pub peak: f64,
}

/// Figures of all engines on one circuit.
#[derive(Debug)]
pub struct Outcome {
    /// The circuit.
    pub subject: Subject,
    /// How large it is.
    pub size: Size,
    /// Rounds of proofs.
    pub rounds: usize,
    /// One entry for each engine.
    pub figures: Vec<Figures>,
}

/// Memory and time of our engine alone on one size.
#[derive(Debug)]
pub struct Memory {
    /// The circuit.
    pub subject: Subject,
    /// Setup straight into the key file, seconds.
    pub setup: f64,
    /// Peak memory of the setup's process, MiB.
    pub setup_peak: f64,
    /// Key file, MiB.
    pub key: f64,
    /// Peak memory of a process that loads circuit and key and proves, MiB.
    pub peak: f64,
    /// Proofs, seconds each.
    pub prove: Vec<f64>,
}

/// Bytes of a MiB.
const MIB: f64 = (1 << 20) as f64;

/// Proofs of a memory measurement; its time is their median.
const MEMORY_PROOFS: usize = 3;

/// Says what is being done, on standard error.
fn progress(subject: Subject, what: &str) {
    eprintln!("bench-prover: {subject}: {what}");
}

/// What a setup in a process of its own took; its key is then in the file.
struct Setup {
    seconds: f64,
    peak: f64,
    key: f64,
}

fn set_up(engine: EngineName, subject: Subject, recording: &Path, key: &Path) -> Result<Setup, BenchError> {
    progress(subject, &format!("setup of {engine}"));
    let mut process = Process::start(engine, subject, recording)?;
    let seconds = process.ask(&Request::Setup)?;
    let key = process.ask(&Request::Save(key.into()))? / MIB;
    let peak = process.ask(&Request::Peak)?;
    Ok(Setup { seconds, peak, key })
}

/// Measures engines on a circuit: the setups one after the other, then rounds in which every engine proves once, with
/// all keys loaded, so that a slow minute of the machine hits all of them; then the peak memory of one proof each.
///
/// # Errors
/// If an engine fails, or one refuses its own proof.
pub fn outcome(
    subject: Subject,
    engines: &[EngineName],
    rounds: usize,
    scratch: &Scratch,
) -> Result<Outcome, BenchError> {
    progress(subject, "recording the circuit");
    let recording = scratch.file("recording");
    let (replay, size) = Replay::<Scalar>::record(subject)?;
    replay.write(&recording)?;
    drop(replay);

    let mut figures = Vec::new();
    for engine in engines.iter().copied() {
        let setup = set_up(engine, subject, &recording, &scratch.file(&engine.to_string()))?;
        figures.push(Figures {
            engine,
            setup: setup.seconds,
            setup_peak: setup.peak,
            key: setup.key,
            load: 0.0,
            prove: Vec::new(),
            assignment: Vec::new(),
            verify: Vec::new(),
            peak: 0.0,
        });
    }

    // A first proof in each process meets cold pages and threads that do not run yet; it is not counted, but it is the
    // one whose memory is.
    let mut provers = Vec::new();
    for figure in &mut figures {
        progress(subject, &format!("first proof of {}", figure.engine));
        let key = scratch.file(&figure.engine.to_string());
        let mut process = Process::start(figure.engine, subject, &recording)?;
        figure.load = process.ask(&Request::Load(key))?;
        process.ask(&Request::Prove)?;
        figure.peak = process.ask(&Request::Peak)?;
        let synthesized = process.ask_for(&Request::Synthesize)?.is_some();
        provers.push((process, synthesized));
    }
    for round in 1..=rounds {
        progress(subject, &format!("round {round} of {rounds}"));
        for (figure, (process, synthesized)) in figures.iter_mut().zip(&mut provers) {
            figure.prove.push(process.ask(&Request::Prove)?);
            if *synthesized {
                figure.assignment.push(process.ask(&Request::ProveAssignment)?);
            }
        }
        for (figure, (process, _)) in figures.iter_mut().zip(&mut provers) {
            figure.verify.push(process.ask(&Request::Verify)?);
        }
    }
    drop(provers);
    for engine in engines {
        scratch.remove(&engine.to_string());
    }
    Ok(Outcome {
        subject,
        size,
        rounds,
        figures,
    })
}

/// Measures the memory of our engine on a synthetic circuit, setup and proofs in a process each.
///
/// # Errors
/// If the engine fails.
pub fn memory(log2: u32, scratch: &Scratch) -> Result<Memory, BenchError> {
    let subject = Subject::Synthetic(log2);
    let engine = EngineName::Cloister;
    let key = scratch.file("memory");
    // Our engine takes the circuit itself, so there is nothing to record.
    let recording = scratch.file("recording");
    progress(subject, &format!("setup of {engine}"));
    let mut process = Process::start(engine, subject, &recording)?;
    let setup = process.ask(&Request::SetupInto(key.clone()))?;
    let setup_peak = process.ask(&Request::Peak)?;
    drop(process);
    let length = fs::metadata(&key).map_err(BenchError::file(&key))?.len();
    progress(subject, "proofs");
    let mut process = Process::start(engine, subject, &recording)?;
    process.ask(&Request::Load(key))?;
    let mut prove = Vec::new();
    for _ in 0..MEMORY_PROOFS {
        prove.push(process.ask(&Request::Prove)?);
    }
    let peak = process.ask(&Request::Peak)?;
    drop(process);
    scratch.remove("memory");
    Ok(Memory {
        subject,
        setup,
        setup_peak,
        key: length as f64 / MIB,
        peak,
        prove,
    })
}

impl Outcome {
    /// Lines of ratios, a peer's time over ours; none of an engine of ours that was not measured. Those without AVX-512
    /// say so.
    pub fn ratios(&self) -> Vec<String> {
        let circuit = match self.subject {
            Subject::HEADLINE => String::new(),
            subject => format!("{subject} "),
        };
        let lines = |ours: EngineName, what: &str, value: fn(&Figures) -> f64| -> Vec<String> {
            let Some(ours) = self.figures.iter().find(|f| f.engine == ours) else {
                return Vec::new();
            };
            let peers = self.figures.iter().filter(|f| f.engine.is_peer());
            peers
                .map(|peer| format!("ratio {what} {circuit}{} {:.2}", peer.engine, value(peer) / value(ours)))
                .collect()
        };
        let prove = |f: &Figures| median(&f.prove);
        [
            lines(EngineName::Cloister, "prove", prove),
            lines(EngineName::CloisterPortable, "prove portable", prove),
            lines(EngineName::Cloister, "setup", |f| f.setup),
            lines(EngineName::Cloister, "verify", |f| median(&f.verify)),
        ]
        .concat()
    }
}
