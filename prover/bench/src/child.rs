//! A child process: one engine with one circuit, which does what it is asked over a pipe.
//!
//! Each engine has processes of its own, so that the peak memory of one is not that of another, and so that no engine
//! works with the heap, the threads or the caches that another left behind.

use crate::{
    engine::{Arkworks, Bellperson, Cloister, Engine, EngineName, Groth16},
    error::BenchError,
    statistics::median,
    subject::Subject,
};
use std::{
    fmt, fs,
    io::{stdin, stdout, BufRead, Write},
    path::{Path, PathBuf},
    str::FromStr,
    time::Instant,
};

/// Verifications of which one request gives the median, after one that is not counted.
const VERIFICATIONS: usize = 9;

/// What a child can be asked for; the answer is a number.
#[derive(Clone, Debug)]
pub enum Request {
    /// Makes a key. Seconds.
    Setup,
    /// Makes a key in a file. Seconds.
    SetupInto(PathBuf),
    /// Writes the key just made. Bytes.
    Save(PathBuf),
    /// Loads a key. Seconds.
    Load(PathBuf),
    /// Proves, and verifies the proof afterwards. Seconds of the proof.
    Prove,
    /// Makes ready for proofs without synthesis. No number if the engine has none.
    Synthesize,
    /// Proves without synthesis, and verifies the proof afterwards. Seconds of the proof.
    ProveAssignment,
    /// Verifies the last proof. Milliseconds, the median of several.
    Verify,
    /// Peak memory of the process so far, MiB.
    Peak,
}

impl fmt::Display for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Setup => f.write_str("setup"),
            Self::SetupInto(path) => write!(f, "setup-into {}", path.display()),
            Self::Save(path) => write!(f, "save {}", path.display()),
            Self::Load(path) => write!(f, "load {}", path.display()),
            Self::Prove => f.write_str("prove"),
            Self::Synthesize => f.write_str("synthesize"),
            Self::ProveAssignment => f.write_str("prove-assignment"),
            Self::Verify => f.write_str("verify"),
            Self::Peak => f.write_str("peak"),
        }
    }
}

impl FromStr for Request {
    type Err = BenchError;

    fn from_str(line: &str) -> Result<Self, BenchError> {
        let (word, path) = line.split_once(' ').unwrap_or((line, ""));
        Ok(match word {
            "setup" => Self::Setup,
            "setup-into" => Self::SetupInto(path.into()),
            "save" => Self::Save(path.into()),
            "load" => Self::Load(path.into()),
            "prove" => Self::Prove,
            "synthesize" => Self::Synthesize,
            "prove-assignment" => Self::ProveAssignment,
            "verify" => Self::Verify,
            "peak" => Self::Peak,
            _ => return Err(BenchError::Request(line.into())),
        })
    }
}

/// Answers requests from standard input until it ends. The first error is the last answer.
///
/// # Errors
/// If a pipe breaks.
pub fn serve(engine: EngineName, subject: Subject, recording: &Path) -> Result<(), BenchError> {
    match engine {
        EngineName::Cloister => answer_all::<Cloister<false>>(subject, recording),
        EngineName::CloisterPortable => answer_all::<Cloister<true>>(subject, recording),
        EngineName::Groth16 => answer_all::<Groth16>(subject, recording),
        EngineName::Bellperson => answer_all::<Bellperson>(subject, recording),
        EngineName::Arkworks => answer_all::<Arkworks>(subject, recording),
    }
}

fn answer_all<E: Engine>(subject: Subject, recording: &Path) -> Result<(), BenchError> {
    let mut worker = Worker::<E>::open(subject, recording);
    for line in stdin().lock().lines() {
        let line = line?;
        let answer = match &mut worker {
            Ok(worker) => line.parse().and_then(|request| worker.answer(&request)),
            Err(_) => Err(BenchError::Order("a circuit")),
        };
        // An error of the opening is more to the point than what follows from it.
        let answer = match (answer, &worker) {
            (Err(_), Err(opening)) => format!("error {opening}"),
            (Err(error), Ok(_)) => format!("error {error}"),
            (Ok(Some(number)), _) => format!("ok {number}"),
            (Ok(None), _) => "none".into(),
        };
        let mut out = stdout().lock();
        writeln!(out, "{answer}")?;
        out.flush()?;
    }
    Ok(())
}

struct Worker<E: Engine> {
    engine: E,
    parameters: Option<E::Parameters>,
    key: Option<E::Key>,
    proof: Vec<u8>,
}

impl<E: Engine> Worker<E> {
    fn open(subject: Subject, recording: &Path) -> Result<Self, BenchError> {
        Ok(Self {
            engine: E::open(subject, recording)?,
            parameters: None,
            key: None,
            proof: Vec::new(),
        })
    }

    fn answer(&mut self, request: &Request) -> Result<Option<f64>, BenchError> {
        Ok(Some(match request {
            Request::Setup => {
                let (parameters, seconds) = timed(|| self.engine.setup())?;
                self.parameters = Some(parameters);
                seconds
            }
            Request::SetupInto(path) => timed(|| self.engine.setup_into(path))?.1,
            Request::Save(path) => {
                let parameters = self.parameters.as_ref().ok_or(BenchError::Order("a setup"))?;
                self.engine.save(parameters, path)?;
                fs::metadata(path).map_err(BenchError::file(path))?.len() as f64
            }
            Request::Load(path) => {
                let (key, seconds) = timed(|| self.engine.load(path))?;
                self.key = Some(key);
                seconds
            }
            Request::Synthesize => {
                if !self.engine.synthesize()? {
                    return Ok(None);
                }
                0.0
            }
            Request::Prove => {
                let (proof, seconds) = timed(|| self.engine.prove(self.key()?))?;
                self.accept(proof)?;
                seconds
            }
            Request::ProveAssignment => {
                let (proof, seconds) = timed(|| self.engine.prove_assignment(self.key()?))?;
                self.accept(proof)?;
                seconds
            }
            Request::Verify => {
                let mut times = Vec::new();
                for _ in 0..=VERIFICATIONS {
                    times.push(timed(|| self.engine.verify(self.key()?, &self.proof))?.1 * 1e3);
                }
                median(&times[1..])
            }
            Request::Peak => peak_mib()?,
        }))
    }

    fn key(&self) -> Result<&E::Key, BenchError> {
        self.key.as_ref().ok_or(BenchError::Order("a key"))
    }

    /// Verifies a proof and keeps it.
    fn accept(&mut self, proof: Vec<u8>) -> Result<(), BenchError> {
        self.engine.verify(self.key()?, &proof)?;
        self.engine.cross_check(self.key()?, &proof)?;
        self.proof = proof;
        Ok(())
    }
}

fn timed<T>(work: impl FnOnce() -> Result<T, BenchError>) -> Result<(T, f64), BenchError> {
    let start = Instant::now();
    let result = work()?;
    Ok((result, start.elapsed().as_secs_f64()))
}

/// The largest resident memory of this process so far, pages of mapped files included, MiB.
fn peak_mib() -> Result<f64, BenchError> {
    let path = "/proc/self/status";
    let status = fs::read_to_string(path).map_err(BenchError::file(path))?;
    let kib: Option<f64> = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))
        .and_then(|rest| rest.trim().strip_suffix("kB"))
        .and_then(|number| number.trim().parse().ok());
    Ok(kib.ok_or(BenchError::Peak)? / 1024.0)
}
