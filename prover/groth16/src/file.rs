//! Key files: header, body, checksum.
//!
//! Layout: magic (16), format version (u32 LE), flags (u32 LE, bit 0: development), circuit id (32), length of the body
//! (u64 LE), body (the crate `groth16`'s encoding, uncompressed points), Blake2b-512 of all before (64).

use crate::{CircuitId, KeyError, ProvingKey};
use blake2::{Blake2b512, Digest};
use groth16::Parameters;
use std::{
    fs::{self, File},
    io::{self, BufWriter, Write},
    path::Path,
};

const MAGIC: &[u8; 16] = b"cloister key\0\0\0\0";
const FORMAT: u32 = 1;
const DEVELOPMENT: u32 = 1;
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

fn header(key: &ProvingKey, body: u64) -> Vec<u8> {
    let flags = if key.development { DEVELOPMENT } else { 0 };
    let mut out = Vec::with_capacity(HEADER);
    out.extend_from_slice(MAGIC);
    out.extend_from_slice(&FORMAT.to_le_bytes());
    out.extend_from_slice(&flags.to_le_bytes());
    out.extend_from_slice(&key.circuit.0);
    out.extend_from_slice(&body.to_le_bytes());
    out
}

/// Bytes the body will have.
fn body_length(key: &ProvingKey) -> u64 {
    let p = &key.parameters;
    let (g1, g2) = (96u64, 192u64);
    let vk = 3 * g1 + 3 * g2 + 4 + g1 * p.vk.ic.len() as u64;
    let lists = p.h.len() + p.l.len() + p.a.len() + p.b_g1.len();
    vk + 5 * 4 + g1 * lists as u64 + g2 * p.b_g2.len() as u64
}

/// Writes a key: to a temporary file beside `path`, which is renamed when it is whole, so that no half key is left behind.
///
/// # Errors
/// [`KeyError::Io`].
pub fn write_key(path: &Path, key: &ProvingKey) -> Result<(), KeyError> {
    let temporary = path.with_extension(format!("{}.part", std::process::id()));
    let write = || -> io::Result<()> {
        let mut out = Hashing {
            inner: BufWriter::new(File::create(&temporary)?),
            hasher: Blake2b512::new(),
        };
        out.write_all(&header(key, body_length(key)))?;
        key.parameters.write(&mut out)?;
        let Hashing { mut inner, hasher } = out;
        inner.write_all(&hasher.finalize())?;
        inner.into_inner().map_err(io::IntoInnerError::into_error)?.sync_all()?;
        fs::rename(&temporary, path)
    };
    write().map_err(|source| {
        let _ = fs::remove_file(&temporary);
        KeyError::Io {
            path: path.into(),
            source,
        }
    })
}

/// Reads a key and checks header, checksum and circuit.
///
/// # Errors
/// One variant of [`KeyError`] for each way in which a file can be wrong.
pub fn read_key(path: &Path, expected: CircuitId) -> Result<ProvingKey, KeyError> {
    let bytes = fs::read(path).map_err(KeyError::io(path))?;
    let named = || path.to_path_buf();
    if bytes.get(..MAGIC.len()) != Some(&MAGIC[..]) {
        return Err(KeyError::NotAKey(named()));
    }
    if bytes.len() < HEADER + CHECKSUM {
        return Err(KeyError::Length(named()));
    }
    let word = |at: usize| u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]]);
    let version = word(16);
    if version != FORMAT {
        return Err(KeyError::Version {
            path: named(),
            found: version,
            expected: FORMAT,
        });
    }
    let flags = word(20);
    let mut id = [0; 32];
    id.copy_from_slice(&bytes[24..56]);
    let mut length = [0; 8];
    length.copy_from_slice(&bytes[56..HEADER]);
    if u64::try_from(bytes.len() - HEADER - CHECKSUM) != Ok(u64::from_le_bytes(length)) {
        return Err(KeyError::Length(named()));
    }
    let (signed, checksum) = bytes.split_at(bytes.len() - CHECKSUM);
    if Blake2b512::digest(signed).as_slice() != checksum {
        return Err(KeyError::Checksum(named()));
    }
    if id != expected.0 {
        return Err(KeyError::OtherCircuit {
            path: named(),
            found: CircuitId(id).to_string(),
            expected: expected.to_string(),
        });
    }
    // The checksum holds, so these are the bytes that were written: no need to check every point again.
    let parameters = Parameters::read(&signed[HEADER..], false).map_err(KeyError::io(path))?;
    Ok(ProvingKey::new(expected, flags & DEVELOPMENT != 0, parameters))
}
