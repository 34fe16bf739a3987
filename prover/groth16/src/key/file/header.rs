//! The header of a key file and the layout that follows from it.

use super::section::{Section, SECTIONS};
use crate::{parallel::prelude::*, CircuitId, KeyError};
use blake2::{Blake2b512, Digest};
use std::path::Path;

/// The format this program writes and reads.
pub const FORMAT: u32 = 2;

const MAGIC: &[u8; 16] = b"cloister key\0\0\0\0";
const DEVELOPMENT: u32 = 1;
const VERSION_AT: usize = 16;
const FLAGS_AT: usize = VERSION_AT + 4;
const CIRCUIT_AT: usize = FLAGS_AT + 4;
const LENGTH_AT: usize = CIRCUIT_AT + 32;
const TABLE_AT: usize = LENGTH_AT + 8;
const ROOT_AT: usize = TABLE_AT + SECTIONS * 16;
const HASH_AT: usize = ROOT_AT + 64;
/// Bytes of the header.
pub(super) const HEADER: usize = HASH_AT + 32;
/// Where sections begin.
pub(super) const ALIGNMENT: u64 = 64;
/// Bytes that are hashed together.
pub(super) const CHUNK: usize = 4 << 20;

/// Where the sections are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Layout {
    pub offsets: [u64; SECTIONS],
    pub counts: [u64; SECTIONS],
    /// Of the whole file.
    pub length: u64,
}

impl Layout {
    /// The one layout for these counts; none if it does not fit into 63 bits.
    pub fn of(counts: [u64; SECTIONS]) -> Option<Self> {
        let mut offsets = [0; SECTIONS];
        let mut length = HEADER as u64;
        for ((offset, section), count) in offsets.iter_mut().zip(Section::ALL).zip(counts) {
            *offset = length.checked_next_multiple_of(ALIGNMENT)?;
            length = offset.checked_add(count.checked_mul(section.unit())?)?;
        }
        i64::try_from(length).ok()?;
        Some(Self {
            offsets,
            counts,
            length,
        })
    }
}

/// What a header says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Header {
    pub circuit: CircuitId,
    pub development: bool,
    pub layout: Layout,
}

/// Hashes of the chunks of a piece of the body; every piece but the last is a multiple of [`CHUNK`].
pub(super) fn chunk_hashes(body: &[u8]) -> Vec<[u8; 64]> {
    body.par_chunks(CHUNK)
        .map(|chunk| Blake2b512::digest(chunk).into())
        .collect()
}

fn root(fields: &[u8], hashes: &[[u8; 64]]) -> [u8; 64] {
    let mut hasher = Blake2b512::new();
    hasher.update(fields);
    hasher.update(hashes.as_flattened());
    hasher.finalize().into()
}

fn array<const N: usize>(bytes: &[u8], at: usize) -> [u8; N] {
    let mut out = [0; N];
    out.copy_from_slice(&bytes[at..at + N]);
    out
}

impl Header {
    /// The header's bytes for a body with these chunk hashes.
    #[cfg(feature = "native")]
    pub fn encode(&self, hashes: &[[u8; 64]]) -> [u8; HEADER] {
        let flags = if self.development { DEVELOPMENT } else { 0 };
        let mut out = Vec::with_capacity(HEADER);
        out.extend_from_slice(MAGIC);
        out.extend_from_slice(&FORMAT.to_le_bytes());
        out.extend_from_slice(&flags.to_le_bytes());
        out.extend_from_slice(&self.circuit.0);
        out.extend_from_slice(&self.layout.length.to_le_bytes());
        for (offset, count) in self.layout.offsets.iter().zip(&self.layout.counts) {
            out.extend_from_slice(&offset.to_le_bytes());
            out.extend_from_slice(&count.to_le_bytes());
        }
        let root = root(&out, hashes);
        out.extend_from_slice(&root);
        let hash = Blake2b512::digest(&out);
        out.extend_from_slice(&hash[..HEADER - HASH_AT]);
        array(&out, 0)
    }

    /// Reads and checks the first bytes of a file; `start` is shorter than a header only if the file is.
    pub fn decode(path: &Path, start: &[u8]) -> Result<Self, KeyError> {
        let named = || path.to_path_buf();
        if start.get(..MAGIC.len()) != Some(&MAGIC[..]) {
            return Err(KeyError::NotAKey(named()));
        }
        if start.len() < FLAGS_AT {
            return Err(KeyError::Length(named()));
        }
        let version = u32::from_le_bytes(array(start, VERSION_AT));
        if version != FORMAT {
            return Err(KeyError::Version {
                path: named(),
                found: version,
                expected: FORMAT,
            });
        }
        if start.len() < HEADER {
            return Err(KeyError::Length(named()));
        }
        if Blake2b512::digest(&start[..HASH_AT])[..HEADER - HASH_AT] != start[HASH_AT..HEADER] {
            return Err(KeyError::Checksum(named()));
        }
        let flags = u32::from_le_bytes(array(start, FLAGS_AT));
        if flags & !DEVELOPMENT != 0 {
            return Err(KeyError::Flags { path: named(), flags });
        }
        let word = |at| u64::from_le_bytes(array(start, at));
        let stated = Layout {
            offsets: std::array::from_fn(|i| word(TABLE_AT + 16 * i)),
            counts: std::array::from_fn(|i| word(TABLE_AT + 16 * i + 8)),
            length: word(LENGTH_AT),
        };
        if Layout::of(stated.counts) != Some(stated) {
            return Err(KeyError::Layout(named()));
        }
        Ok(Self {
            circuit: CircuitId(array(start, CIRCUIT_AT)),
            development: flags & DEVELOPMENT != 0,
            layout: stated,
        })
    }

    /// True if the body has the chunk hashes that the header's root was made of.
    pub fn root_matches(start: &[u8], hashes: &[[u8; 64]]) -> bool {
        root(&start[..ROOT_AT], hashes) == start[ROOT_AT..HASH_AT]
    }
}
