//! Ceremony files (Y-FILE).
//!
//! Layout: magic (16), format version (u32 LE), zero (u32), circuit id (32), length of the body (u64 LE), body,
//! Blake2b-512 of all before (64). Body: the two hashes of the first state (128), number of contributions (u32 LE), for
//! each its length (u32 LE) and record, then the key in the encoding of the crate `groth16` (uncompressed points).

use crate::{
    ceremony::{Ceremony, MAX_CONTRIBUTIONS},
    contribution::{Contribution, RecordFault},
    error::CeremonyError,
    progress::Step,
    state::{State, StateHashes},
};
use blake2::{Blake2b512, Digest};
use cloister_groth16::{CircuitId, KeyPoints, ProvingKey};
use std::{
    fs::{self, File},
    io::{self, BufWriter, Write},
    path::Path,
};

const MAGIC: &[u8; 16] = b"cloister phase 2";
/// Version of the file format.
pub const FORMAT: u32 = 1;
const HEADER: usize = 16 + 4 + 4 + 32 + 8;
const CHECKSUM: usize = 64;

/// Hashes what it writes.
struct Hashing<W> {
    inner: W,
    hasher: Blake2b512,
}

impl<W: Write> Write for Hashing<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let n = self.inner.write(bytes)?;
        self.hasher.update(&bytes[..n]);
        Ok(n)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

/// Counts what it would write.
struct Counting(u64);

impl Write for Counting {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += bytes.len() as u64;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Takes fields off the body.
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(taken)
    }

    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        self.take(N)?.try_into().ok()
    }

    fn u32(&mut self) -> Option<u32> {
        self.array().map(u32::from_le_bytes)
    }
}

impl Ceremony {
    /// Everything before the key.
    fn transcript_bytes(&self) -> Vec<u8> {
        let mut out = Vec::new();
        out.extend_from_slice(&self.initial.fixed);
        out.extend_from_slice(&self.initial.result);
        // Neither number comes near 32 bits: contributions are bounded, and so are their fields.
        out.extend_from_slice(&(self.contributions.len() as u32).to_le_bytes());
        for contribution in &self.contributions {
            let record = contribution.to_bytes();
            out.extend_from_slice(&(record.len() as u32).to_le_bytes());
            out.extend_from_slice(&record);
        }
        out
    }

    /// Writes the ceremony: to a temporary file beside `path`, which is renamed when it is whole, so that no half file
    /// is left behind.
    ///
    /// # Errors
    /// [`CeremonyError::Io`].
    pub fn write(&self, path: &Path) -> Result<(), CeremonyError> {
        let mut name = path.file_name().unwrap_or_default().to_os_string();
        name.push(format!(".{}.part", std::process::id()));
        let temporary = path.with_file_name(name);
        let write = || -> io::Result<()> {
            let State { circuit, vk, points } = self.state.clone();
            let key = ProvingKey::from_points(circuit, false, vk, points);
            let transcript = self.transcript_bytes();
            let mut length = Counting(transcript.len() as u64);
            key.write_groth16(&mut length)?;

            let mut out = Hashing {
                inner: BufWriter::new(File::create(&temporary)?),
                hasher: Blake2b512::new(),
            };
            out.write_all(MAGIC)?;
            out.write_all(&FORMAT.to_le_bytes())?;
            out.write_all(&[0; 4])?;
            out.write_all(&circuit.0)?;
            out.write_all(&length.0.to_le_bytes())?;
            out.write_all(&transcript)?;
            key.write_groth16(&mut out)?;
            let Hashing { mut inner, hasher } = out;
            inner.write_all(&hasher.finalize())?;
            inner.into_inner().map_err(io::IntoInnerError::into_error)?.sync_all()?;
            fs::rename(&temporary, path)
        };
        write().map_err(|source| {
            // Whatever keeps it from being removed is told by the error above.
            let _ = fs::remove_file(&temporary);
            CeremonyError::Io {
                path: path.into(),
                source,
            }
        })
    }

    /// Reads a ceremony. Every point is checked for curve and subgroup: a point outside it would carry away a part of
    /// the next contributor's secret (Y-SUBGROUP). What the points say is checked by [`Ceremony::check`] and
    /// [`Ceremony::verify`].
    ///
    /// # Errors
    /// [`CeremonyError::Io`], [`CeremonyError::NotACeremony`], [`CeremonyError::Version`], [`CeremonyError::Length`],
    /// [`CeremonyError::Checksum`], [`CeremonyError::Record`], [`CeremonyError::Key`].
    pub fn read(path: &Path, progress: &dyn Fn(Step)) -> Result<Self, CeremonyError> {
        progress(Step::ReadingCeremony);
        let bytes = fs::read(path).map_err(CeremonyError::io(path))?;
        let length = || CeremonyError::Length(path.into());
        if bytes.get(..MAGIC.len()) != Some(&MAGIC[..]) {
            return Err(CeremonyError::NotACeremony(path.into()));
        }
        let mut header = Reader(&bytes[MAGIC.len()..]);
        let found = header.u32().ok_or_else(length)?;
        if found != FORMAT {
            return Err(CeremonyError::Version {
                path: path.into(),
                found,
                expected: FORMAT,
            });
        }
        let zero = header.u32().ok_or_else(length)?;
        let circuit = CircuitId(header.array().ok_or_else(length)?);
        let expected = u64::from_le_bytes(header.array().ok_or_else(length)?);
        let body = header.0.len().checked_sub(CHECKSUM).ok_or_else(length)?;
        if u64::try_from(body) != Ok(expected) {
            return Err(length());
        }
        let (signed, checksum) = bytes.split_at(HEADER + body);
        if Blake2b512::digest(signed).as_slice() != checksum || zero != 0 {
            return Err(CeremonyError::Checksum(path.into()));
        }
        Self::read_body(path, circuit, &signed[HEADER..])
    }

    fn read_body(path: &Path, circuit: CircuitId, body: &[u8]) -> Result<Self, CeremonyError> {
        let length = || CeremonyError::Length(path.into());
        let mut reader = Reader(body);
        let initial = StateHashes {
            fixed: reader.array().ok_or_else(length)?,
            result: reader.array().ok_or_else(length)?,
        };
        let count = reader.u32().ok_or_else(length)? as usize;
        if count > MAX_CONTRIBUTIONS {
            return Err(CeremonyError::Full(count));
        }
        let mut contributions = Vec::with_capacity(count);
        for number in 1..=count {
            let size = reader.u32().ok_or_else(length)? as usize;
            let fault = |fault: RecordFault| CeremonyError::Record {
                path: path.into(),
                number,
                fault,
            };
            let record = reader.take(size).ok_or_else(length)?;
            contributions.push(Contribution::from_bytes(record).map_err(fault)?);
        }
        let mut rest = reader.0;
        let key = ProvingKey::read_groth16(circuit, false, &mut rest, true).map_err(|error| CeremonyError::Key {
            path: path.into(),
            error,
        })?;
        if !rest.is_empty() {
            return Err(length());
        }
        let points = KeyPoints {
            h: key.h().to_vec(),
            l: key.l().to_vec(),
            a: key.a().to_vec(),
            b_g1: key.b_g1().to_vec(),
            b_g2: key.b_g2().to_vec(),
        };
        let state = State {
            circuit,
            vk: key.vk().clone(),
            points,
        };
        Ok(Self {
            initial,
            contributions,
            state,
        })
    }
}
