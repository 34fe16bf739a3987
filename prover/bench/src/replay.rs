//! A circuit recorded once and played to each peer through that peer's own circuit interface.
//!
//! The peers have circuit interfaces of their own, and none should pay for the generation of our witness. The terms of
//! a row are sorted by wire and added up, which is the form every peer handles fastest.

use crate::{circuit::Native, error::BenchError, subject::Subject};
use bls12_381::Scalar;
use cloister_groth16::{Assignment, Matrices, Matrix};
use std::{
    collections::HashMap,
    fs::{self, File},
    io::{BufWriter, Write},
    path::Path,
};

/// Rows of A, B or C.
#[derive(Debug, Default, PartialEq, Eq)]
struct Part {
    /// For each row the end of its terms.
    ends: Vec<u32>,
    /// Wire and place of the coefficient.
    terms: Vec<(u32, u32)>,
}

/// A constraint system and its witness, with values in a peer's field.
#[derive(Debug, PartialEq, Eq)]
pub struct Replay<F> {
    /// Values of the public inputs; the first is one.
    pub inputs: Vec<F>,
    /// Values of the private wires.
    pub aux: Vec<F>,
    coefficients: Vec<F>,
    parts: [Part; 3],
}

/// How large a recorded circuit is.
#[derive(Clone, Copy, Debug)]
pub struct Size {
    /// Constraints, without the rows that Groth16 adds for public inputs.
    pub constraints: usize,
    /// Private wires.
    pub wires: usize,
    /// Terms in all three matrices.
    pub terms: usize,
    /// Base-two logarithm of the evaluation domain.
    pub domain_log2: u32,
}

impl<F: Copy> Replay<F> {
    /// Number of constraints.
    pub fn constraints(&self) -> usize {
        self.parts[0].ends.len()
    }

    /// Wires (public inputs first) and coefficients of a row of A (0), B (1) or C (2).
    pub fn row(&self, part: usize, i: usize) -> impl Iterator<Item = (usize, F)> + '_ {
        let Part { ends, terms } = &self.parts[part];
        let start = i.checked_sub(1).map_or(0, |before| ends[before] as usize);
        terms[start..ends[i] as usize]
            .iter()
            .map(|(wire, place)| (*wire as usize, self.coefficients[*place as usize]))
    }

    /// Reads a recording; `decode` takes the canonical 32 bytes, little-endian.
    ///
    /// # Errors
    /// If the file cannot be read or is no recording.
    pub fn read(path: &Path, decode: impl Fn(&[u8; 32]) -> Option<F>) -> Result<Self, BenchError> {
        let bytes = fs::read(path).map_err(BenchError::file(path))?;
        Reader { rest: &bytes }
            .replay(decode)
            .ok_or_else(|| BenchError::Recording(path.into()))
    }
}

impl Replay<Scalar> {
    /// Records the circuit of a subject and checks that its witness satisfies it.
    ///
    /// # Errors
    /// Those of the circuit; [`BenchError::Unsatisfied`].
    pub fn record(subject: Subject) -> Result<(Self, Size), BenchError> {
        let circuit = Native::new(subject);
        let matrices = Matrices::record(circuit.blank())?;
        let Assignment { inputs, aux } = Assignment::of(circuit)?;
        let mut coefficients = Coefficients::default();
        let parts = [&matrices.a, &matrices.b, &matrices.c].map(|m| coefficients.part(&matrices, m));
        let replay = Self {
            inputs,
            aux,
            coefficients: coefficients.values,
            parts,
        };
        if let Some(constraint) = (0..replay.constraints()).find(|i| !replay.holds(*i)) {
            return Err(BenchError::Unsatisfied { subject, constraint });
        }
        let size = Size {
            constraints: replay.constraints(),
            wires: replay.aux.len(),
            terms: replay.parts.iter().map(|part| part.terms.len()).sum(),
            domain_log2: matrices.domain_log2(),
        };
        Ok((replay, size))
    }

    fn holds(&self, i: usize) -> bool {
        let value = |wire: usize| match wire.checked_sub(self.inputs.len()) {
            Some(aux) => self.aux[aux],
            None => self.inputs[wire],
        };
        let [a, b, c] = [0, 1, 2].map(|part| self.row(part, i).map(|(w, x)| value(w) * x).sum::<Scalar>());
        a * b == c
    }

    /// Writes the recording.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn write(&self, path: &Path) -> Result<(), BenchError> {
        self.write_to(path).map_err(BenchError::file(path))
    }

    fn write_to(&self, path: &Path) -> std::io::Result<()> {
        let mut file = BufWriter::new(File::create(path)?);
        for scalars in [&self.inputs, &self.aux, &self.coefficients] {
            file.write_all(&(scalars.len() as u64).to_le_bytes())?;
            for scalar in scalars {
                file.write_all(&scalar.to_bytes())?;
            }
        }
        for part in &self.parts {
            file.write_all(&(part.ends.len() as u64).to_le_bytes())?;
            for end in &part.ends {
                file.write_all(&end.to_le_bytes())?;
            }
            file.write_all(&(part.terms.len() as u64).to_le_bytes())?;
            for (wire, place) in &part.terms {
                file.write_all(&wire.to_le_bytes())?;
                file.write_all(&place.to_le_bytes())?;
            }
        }
        file.flush()
    }
}

/// Distinct coefficients.
#[derive(Default)]
struct Coefficients {
    values: Vec<Scalar>,
    places: HashMap<[u8; 32], u32>,
}

impl Coefficients {
    fn place(&mut self, value: Scalar) -> u32 {
        let next = self.values.len() as u32;
        let place = *self.places.entry(value.to_bytes()).or_insert(next);
        if place == next {
            self.values.push(value);
        }
        place
    }

    fn part(&mut self, matrices: &Matrices, matrix: &Matrix) -> Part {
        let mut part = Part::default();
        for i in 0..matrices.constraints() {
            let mut row: Vec<(usize, Scalar)> = matrices.row(matrix, i).map(|(wire, x)| (wire, *x)).collect();
            row.sort_by_key(|(wire, _)| *wire);
            row.dedup_by(|later, kept| {
                let same = later.0 == kept.0;
                if same {
                    kept.1 += later.1;
                }
                same
            });
            for (wire, value) in row.into_iter().filter(|(_, value)| *value != Scalar::zero()) {
                let place = self.place(value);
                part.terms.push((wire as u32, place));
            }
            part.ends.push(part.terms.len() as u32);
        }
        part
    }
}

/// Takes a recording apart; `None` where the bytes end early or make no sense.
struct Reader<'a> {
    rest: &'a [u8],
}

impl Reader<'_> {
    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (head, rest) = self.rest.split_first_chunk()?;
        self.rest = rest;
        Some(*head)
    }

    /// Reads a count and as many items of `N` bytes.
    fn list<const N: usize, T>(&mut self, item: impl Fn(&[u8; N]) -> Option<T>) -> Option<Vec<T>> {
        let count = usize::try_from(u64::from_le_bytes(self.array()?)).ok()?;
        if count.checked_mul(N)? > self.rest.len() {
            return None;
        }
        (0..count).map(|_| item(&self.array()?)).collect()
    }

    fn part(&mut self) -> Option<Part> {
        let word = |bytes: &[u8]| bytes.try_into().ok().map(u32::from_le_bytes);
        Some(Part {
            ends: self.list(|bytes: &[u8; 4]| word(bytes))?,
            terms: self.list(|bytes: &[u8; 8]| Some((word(&bytes[..4])?, word(&bytes[4..])?)))?,
        })
    }

    fn replay<F>(mut self, decode: impl Fn(&[u8; 32]) -> Option<F>) -> Option<Replay<F>> {
        let replay = Replay {
            inputs: self.list(&decode)?,
            aux: self.list(&decode)?,
            coefficients: self.list(&decode)?,
            parts: [self.part()?, self.part()?, self.part()?],
        };
        self.rest.is_empty().then_some(replay)
    }
}
