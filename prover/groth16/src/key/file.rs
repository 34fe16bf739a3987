//! Key files, format 2.
//!
//! | bytes | content |
//! | --- | --- |
//! | 16 | magic `cloister key`, zero-padded |
//! | 4 | format version |
//! | 4 | flags: bit 0 development, the others zero |
//! | 32 | circuit id |
//! | 8 | length of the file |
//! | 6 · 16 | table of sections: offset (8), count (8) of `h`, `l`, `a`, `b_g1`, `b_g2` in points, of `vk` in bytes |
//! | 64 | root: Blake2b-512 of all bytes above and the Blake2b-512 of every 4 MiB after the header |
//! | 32 | first half of Blake2b-512 of all bytes above |
//! | | sections in the order of the table, each at the next multiple of 64, the gaps zero |
//!
//! Numbers are little-endian. Points are the bytes that `blst` has in memory on a 64-bit little-endian machine:
//! coordinates as limbs in Montgomery form, no infinity; 96 bytes in G1, 192 in G2. The verifying key has its encoding
//! (C-VERIFIER). A file is mapped and used in place, or read from its bytes where there are no files.
//!
//! The checksum is a tree so that it is computed on all cores, while writing and on load. It finds damage, not intent:
//! a file is as trustworthy as whoever can write it, and its points are not checked on load. Keys from elsewhere are
//! imported with [`crate::ProvingKey::read_groth16`], which checks every point.
//!
//! Files are never changed in place, only replaced by renaming: a map stays whole while its file is replaced.
//! Truncating a file that is mapped ends the process that maps it.

mod bytes;
mod check;
mod header;
#[cfg(feature = "native")]
mod mapped;
#[cfg(feature = "native")]
mod reader;
mod section;
#[cfg(feature = "native")]
mod writer;

pub use bytes::key_from_bytes;
pub use header::FORMAT;
#[cfg(feature = "native")]
pub(super) use mapped::MappedPoints;
#[cfg(feature = "native")]
pub use reader::{key_circuit, read_key};
pub use section::Section;
#[cfg(feature = "native")]
pub use writer::{write_key, KeyWriter};

/// Length of the file with so many points (of the verifying key bytes) in each section; none beyond 63 bits.
pub(super) fn file_length(counts: [u64; 6]) -> Option<u64> {
    header::Layout::of(counts).map(|layout| layout.length)
}
