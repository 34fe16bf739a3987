//! `cloister-prover export`: verifying key, proof and public inputs for tools that are not ours
//! (`docs/interchange.md`).

pub mod decimal;
mod error;
pub mod snarkjs;

pub use error::{ExportError, ImportError};

use self::snarkjs::{ProofJson, PublicJson, VerificationKeyJson};
use bls12_381::Scalar;
use clap::{ArgGroup, ValueEnum};
use cloister_groth16_verifier::{Proof, VerifyingKey, PROOF_BYTES};
use serde::Serialize;
use std::{
    fs,
    path::{Path, PathBuf},
};

/// Bytes of a field element.
const ELEMENT: usize = 32;

/// Names of the files, snarkjs's own defaults.
pub const KEY_FILE: &str = "verification_key.json";
/// See [`KEY_FILE`].
pub const PROOF_FILE: &str = "proof.json";
/// See [`KEY_FILE`].
pub const PUBLIC_FILE: &str = "public.json";

/// Formats that can be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// JSON as snarkjs reads it (protocol groth16, curve bls12381).
    Snarkjs,
}

/// What to export, and where to.
#[derive(Clone, Debug, clap::Args)]
#[command(group(ArgGroup::new("source").required(true).args(["key", "verifying_key"])))]
#[command(after_help = "\
Without --proof only the verifying key is written. Nothing is verified here: every point is checked to be one that a
verifier may use, and whether the proof holds is for the other tool to say.

EXAMPLE
  cloister-prover export --format snarkjs --verifying-key key.hex --proof proof.hex --public 2fb4..0c --out check
  cd check && snarkjs groth16 verify verification_key.json public.json proof.json")]
pub struct Args {
    /// What to write.
    #[arg(long, value_enum)]
    pub format: Format,
    /// Key file of this program; its verifying key is taken.
    #[arg(
        long,
        value_name = "FILE",
        required_unless_present = "verifying_key",
        conflicts_with = "verifying_key"
    )]
    pub key: Option<PathBuf>,
    /// Verifying key as the chain stores it (C-VERIFIER), raw or in hexadecimal.
    #[arg(long, value_name = "FILE")]
    pub verifying_key: Option<PathBuf>,
    /// Proof as the chain takes it, 192 bytes: hexadecimal digits, or a file that holds them or the raw bytes.
    #[arg(long, value_name = "FILE|HEX")]
    pub proof: Option<String>,
    /// Public inputs in their order, 32 bytes each, little-endian as on the chain, in hexadecimal.
    #[arg(long, value_name = "HEX", num_args = 1.., requires = "proof")]
    pub public: Vec<String>,
    /// Folder to write to; made if it is not there.
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
}

/// A statement that was proven, checked to be well formed: what an export is made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proven {
    /// The proof.
    pub proof: Proof,
    /// Its public inputs.
    pub inputs: Vec<Scalar>,
}

/// Writes the files, after everything was read and checked.
///
/// # Errors
/// [`ExportError`] with the first thing that is wrong.
pub fn run(args: &Args) -> Result<(), ExportError> {
    let key = read_key(args)?;
    let proven = args
        .proof
        .as_deref()
        .map(|proof| read_proven(&key, proof, &args.public))
        .transpose()?;
    match args.format {
        Format::Snarkjs => write_snarkjs(&args.out, &key, proven.as_ref()),
    }
}

/// Writes the files that `snarkjs groth16 verify` reads; without a proof the verifying key alone.
///
/// # Errors
/// [`ExportError::InputCount`], [`ExportError::Write`].
pub fn write_snarkjs(out: &Path, key: &VerifyingKey, proven: Option<&Proven>) -> Result<(), ExportError> {
    let mut files = vec![(KEY_FILE, json(&VerificationKeyJson::new(key)?)?)];
    if let Some(Proven { proof, inputs }) = proven {
        check_count(key, inputs.len())?;
        files.push((PROOF_FILE, json(&ProofJson::new(proof)?)?));
        files.push((PUBLIC_FILE, json(&PublicJson::new(inputs))?));
    }
    fs::create_dir_all(out).map_err(write_error(out))?;
    for (name, text) in files {
        write_whole(&out.join(name), &text)?;
    }
    Ok(())
}

fn json<T: Serialize>(value: &T) -> Result<String, ExportError> {
    Ok(serde_json::to_string_pretty(value)? + "\n")
}

fn write_error(path: &Path) -> impl FnOnce(std::io::Error) -> ExportError + '_ {
    |source| ExportError::Write {
        path: path.into(),
        source,
    }
}

/// Replaces a file by a rename, so that nobody reads half of it.
fn write_whole(path: &Path, text: &str) -> Result<(), ExportError> {
    let temporary = path.with_extension(format!("{}.part", std::process::id()));
    let written = fs::write(&temporary, text).and_then(|()| fs::rename(&temporary, path));
    if written.is_err() {
        // The first error is the one to tell.
        let _ = fs::remove_file(&temporary);
    }
    written.map_err(write_error(path))
}

fn read_key(args: &Args) -> Result<VerifyingKey, ExportError> {
    let bytes = match (&args.key, &args.verifying_key) {
        (Some(path), _) => cloister_groth16::read_key(path, cloister_groth16::key_circuit(path)?)?.verifying_key(),
        (None, Some(path)) => read_bytes(path, "--verifying-key")?,
        (None, None) => return Err(ExportError::NoKey),
    };
    VerifyingKey::from_bytes(&bytes).map_err(ExportError::VerifyingKey)
}

/// Reads and checks a proof (hexadecimal digits, or a file) with its public inputs (hexadecimal digits).
///
/// # Errors
/// [`ExportError`] with the first thing that is wrong.
pub fn read_proven(key: &VerifyingKey, proof: &str, public: &[String]) -> Result<Proven, ExportError> {
    let bytes = if is_hex(proof) && !Path::new(proof).exists() {
        from_hex(proof, "--proof")?
    } else {
        read_bytes(Path::new(proof), "--proof")?
    };
    let bytes: [u8; PROOF_BYTES] = bytes.try_into().map_err(|bytes: Vec<u8>| ExportError::ProofLength {
        expected: PROOF_BYTES,
        found: bytes.len(),
    })?;
    let proof = Proof::from_bytes(&bytes).map_err(ExportError::Proof)?;
    check_count(key, public.len())?;
    let inputs = public.iter().enumerate().map(|(place, text)| read_input(place, text));
    Ok(Proven {
        proof,
        inputs: inputs.collect::<Result<_, _>>()?,
    })
}

fn check_count(key: &VerifyingKey, found: usize) -> Result<(), ExportError> {
    let expected = key.inputs();
    if found == expected {
        Ok(())
    } else {
        Err(ExportError::InputCount { expected, found })
    }
}

fn read_input(place: usize, text: &str) -> Result<Scalar, ExportError> {
    let bytes = from_hex(text, "--public")?;
    let bytes: [u8; ELEMENT] = bytes.try_into().map_err(|bytes: Vec<u8>| ExportError::PublicLength {
        place,
        expected: ELEMENT,
        found: bytes.len(),
    })?;
    Option::from(Scalar::from_bytes(&bytes)).ok_or(ExportError::PublicNotCanonical { place })
}

/// The digits of a hexadecimal text: without white space around and without `0x`.
fn digits(text: &str) -> &str {
    let text = text.trim();
    text.strip_prefix("0x").unwrap_or(text)
}

fn is_hex(text: &str) -> bool {
    digits(text).bytes().all(|b| b.is_ascii_hexdigit())
}

fn from_hex(text: &str, argument: &'static str) -> Result<Vec<u8>, ExportError> {
    hex::decode(digits(text)).map_err(|source| ExportError::Hex { argument, source })
}

/// A file's bytes, or those its hexadecimal digits stand for. No key and no proof in raw bytes is such text: the first
/// byte of a key is below the digits and that of a proof above them.
fn read_bytes(path: &Path, argument: &'static str) -> Result<Vec<u8>, ExportError> {
    let bytes = fs::read(path).map_err(|source| ExportError::Read {
        path: path.into(),
        source,
    })?;
    match std::str::from_utf8(&bytes) {
        Ok(text) if is_hex(text) => from_hex(text, argument),
        _ => Ok(bytes),
    }
}
