//! The container of snarkjs: magic, version, number of sections, sections; and the points in them.

use super::{
    check::RawPowers,
    error::{PowersError, Section},
    powers::MAX_LOG2,
};
use crate::curve::{Curve, G1, G2};
use std::{
    fs::File,
    io::{BufReader, ErrorKind, Read, Seek, SeekFrom},
    path::Path,
};

const MAGIC: &[u8; 4] = b"ptau";
const VERSION: u32 = 1;
/// Maximum number of sections that are read, more than snarkjs ever writes: a bound for damaged files.
const MAX_SECTIONS: u32 = 256;
/// Bytes of a coordinate.
const COORDINATE: usize = 48;
/// The base field's modulus, little-endian.
const PRIME: [u8; COORDINATE] = [
    0xab, 0xaa, 0xff, 0xff, 0xff, 0xff, 0xfe, 0xb9, 0xff, 0xff, 0x53, 0xb1, 0xfe, 0xff, 0xab, 0x1e, 0x24, 0xf6, 0xb0,
    0xf6, 0xa0, 0xd2, 0x30, 0x67, 0xbf, 0x12, 0x85, 0xf3, 0x84, 0x4b, 0x77, 0x64, 0xd7, 0xac, 0x4b, 0x43, 0xb6, 0xa7,
    0x1b, 0x4b, 0x9a, 0xe6, 0x7f, 0x39, 0xea, 0x11, 0x01, 0x1a,
];

/// Where a section lies.
#[derive(Clone, Copy)]
struct Place {
    number: u32,
    offset: u64,
    size: u64,
}

/// An open file.
pub(super) struct PowersFile {
    reader: BufReader<File>,
    places: Vec<Place>,
}

/// The end of the file inside a section.
fn truncated(error: std::io::Error) -> PowersError {
    if error.kind() == ErrorKind::UnexpectedEof {
        PowersError::Truncated
    } else {
        PowersError::Io(error)
    }
}

fn read_u32(reader: &mut impl Read) -> Result<u32, PowersError> {
    let mut bytes = [0; 4];
    reader.read_exact(&mut bytes).map_err(truncated)?;
    Ok(u32::from_le_bytes(bytes))
}

fn read_u64(reader: &mut impl Read) -> Result<u64, PowersError> {
    let mut bytes = [0; 8];
    reader.read_exact(&mut bytes).map_err(truncated)?;
    Ok(u64::from_le_bytes(bytes))
}

impl PowersFile {
    /// Opens the file and finds its sections.
    pub(super) fn open(path: &Path) -> Result<Self, PowersError> {
        let file = File::open(path)?;
        let length = file.metadata()?.len();
        let mut reader = BufReader::new(file);
        let mut magic = [0; 4];
        match reader.read_exact(&mut magic) {
            Err(error) if error.kind() != ErrorKind::UnexpectedEof => return Err(error.into()),
            Ok(()) if &magic == MAGIC => {}
            _ => return Err(PowersError::NotPowers),
        }
        let version = read_u32(&mut reader)?;
        if version != VERSION {
            return Err(PowersError::Version(version));
        }
        let count = read_u32(&mut reader)?.min(MAX_SECTIONS);
        let mut places = Vec::new();
        for _ in 0..count {
            let number = read_u32(&mut reader)?;
            let size = read_u64(&mut reader)?;
            let offset = reader.stream_position()?;
            // Compared here, so that nothing is ever reserved for bytes that are not there.
            let end = offset
                .checked_add(size)
                .filter(|end| *end <= length)
                .ok_or(PowersError::Truncated)?;
            places.push(Place { number, offset, size });
            reader.seek(SeekFrom::Start(end))?;
        }
        Ok(Self { reader, places })
    }

    /// The one section of a number.
    fn find(&self, section: Section) -> Result<Place, PowersError> {
        let mut found = self.places.iter().filter(|place| place.number == section.number());
        match (found.next(), found.next()) {
            (Some(place), None) => Ok(*place),
            (None, _) => Err(PowersError::Missing(section)),
            (Some(_), Some(_)) => Err(PowersError::Twice(section)),
        }
    }

    /// The number of powers (its logarithm) in the header.
    fn power(&mut self) -> Result<u32, PowersError> {
        let place = self.find(Section::Header)?;
        let expected = (4 + COORDINATE + 4 + 4) as u64;
        let size_error = |found| PowersError::Size {
            section: Section::Header,
            found,
            expected,
        };
        self.reader.seek(SeekFrom::Start(place.offset))?;
        if place.size < 4 {
            return Err(size_error(place.size));
        }
        // The other curves of snarkjs have shorter coordinates.
        if read_u32(&mut self.reader)? as usize != COORDINATE {
            return Err(PowersError::OtherCurve);
        }
        if place.size != expected {
            return Err(size_error(place.size));
        }
        let mut prime = [0; COORDINATE];
        self.reader.read_exact(&mut prime).map_err(truncated)?;
        if prime != PRIME {
            return Err(PowersError::OtherCurve);
        }
        // Behind it stands the power of the ceremony that the file was cut from, which does not matter here.
        read_u32(&mut self.reader)
    }

    /// Reads `count` points from place `first` of a section that must hold `total` points.
    fn points<C: Curve>(
        &mut self,
        section: Section,
        total: u64,
        first: usize,
        count: usize,
    ) -> Result<Vec<C::Affine>, PowersError> {
        /// Points that are read at a time.
        const PIECE: usize = 1 << 12;
        let place = self.find(section)?;
        let expected = total.saturating_mul(C::BYTES as u64);
        if place.size != expected {
            return Err(PowersError::Size {
                section,
                found: place.size,
                expected,
            });
        }
        self.reader
            .seek(SeekFrom::Start(place.offset + (first * C::BYTES) as u64))?;
        let mut points = Vec::with_capacity(count);
        let mut bytes = vec![0; PIECE.min(count) * C::BYTES];
        while points.len() < count {
            let here = &mut bytes[..PIECE.min(count - points.len()) * C::BYTES];
            self.reader.read_exact(here).map_err(truncated)?;
            points.extend(here.chunks_exact(C::BYTES).map(C::from_memory));
        }
        Ok(points)
    }

    /// Reads what a domain of `2^log2` needs.
    pub(super) fn read(&mut self, log2: u32) -> Result<RawPowers, PowersError> {
        let power = self.power()?;
        if power < log2 || power > MAX_LOG2 {
            return Err(PowersError::TooSmall {
                found: power,
                needed: log2,
            });
        }
        for section in [
            Section::LagrangeTauG1,
            Section::LagrangeTauG2,
            Section::LagrangeAlphaTauG1,
            Section::LagrangeBetaTauG1,
        ] {
            if matches!(self.find(section), Err(PowersError::Missing(_))) {
                return Err(PowersError::NotPrepared);
            }
        }
        let n = 1usize << log2;
        let all = 1u64 << power;
        // A Lagrange section holds the polynomials of the domains of sizes 1, 2, 4 and so on, one after the other;
        // tauG1 has one domain more than the others.
        let lagrange = 2 * all - 1;
        Ok(RawPowers {
            log2,
            tau_g1: self.points::<G1>(Section::TauG1, 2 * all - 1, 0, 2 * n - 1)?,
            tau_g2: self.points::<G2>(Section::TauG2, all, 0, n)?,
            alpha_tau_g1: self.points::<G1>(Section::AlphaTauG1, all, 0, n)?,
            beta_tau_g1: self.points::<G1>(Section::BetaTauG1, all, 0, n)?,
            beta_g2: self.points::<G2>(Section::BetaG2, 1, 0, 1)?,
            lagrange_tau_g1: self.points::<G1>(Section::LagrangeTauG1, 4 * all - 1, n - 1, n)?,
            lagrange_tau_g2: self.points::<G2>(Section::LagrangeTauG2, lagrange, n - 1, n)?,
            lagrange_alpha_g1: self.points::<G1>(Section::LagrangeAlphaTauG1, lagrange, n - 1, n)?,
            lagrange_beta_g1: self.points::<G1>(Section::LagrangeBetaTauG1, lagrange, n - 1, n)?,
        })
    }
}
