//! The first key of a circuit: its polynomials at tau, and gamma = delta = 1 (Y-START).

use crate::{
    curve::{Curve, G1, G2, SCALAR_BYTES},
    error::CeremonyError,
    progress::Step,
    ptau::Powers,
    state::State,
};
use bls12_381::Scalar;
use cloister_groth16::{KeyPoints, Matrices, Matrix, VerifyingKey};
use rayon::prelude::*;
use std::ops::Range;

/// Terms of a wire that one thread adds up.
const PIECE: usize = 1 << 12;
/// Coefficients of up to this length are added up separately: they do not have to share the doublings of longer ones.
const SHORT_BITS: usize = 64;

/// A coefficient or its negative, whichever is shorter.
struct Coefficient {
    negative: bool,
    bits: usize,
    bytes: [u8; SCALAR_BYTES],
}

impl Coefficient {
    fn new(value: &Scalar) -> Self {
        let plain = value.to_bytes();
        let opposite = (-value).to_bytes();
        let (p, o) = (bits(&plain), bits(&opposite));
        let negative = o < p;
        Self {
            negative,
            bits: if negative { o } else { p },
            bytes: if negative { opposite } else { plain },
        }
    }
}

fn bits(bytes: &[u8; SCALAR_BYTES]) -> usize {
    let top = bytes.iter().rposition(|byte| *byte != 0);
    top.map_or(0, |i| 8 * i + 8 - bytes[i].leading_zeros() as usize)
}

/// One entry of a wire's column.
#[derive(Clone, Copy)]
struct Entry {
    row: u32,
    coefficient: u32,
}

/// A matrix by columns.
struct Columns {
    starts: Vec<usize>,
    entries: Vec<Entry>,
}

impl Columns {
    /// Turns a matrix. `dummies` more rows follow its own, the `j`-th with a one in column `j`: the rows `x_j · 0 = 0`
    /// that make the inputs' polynomials independent.
    fn of(matrix: &Matrix, wires: usize, dummies: usize) -> Self {
        let mut starts = vec![0usize; wires + 1];
        for term in &matrix.terms {
            starts[term.column as usize + 1] += 1;
        }
        for start in &mut starts[1..=dummies] {
            *start += 1;
        }
        for i in 0..wires {
            starts[i + 1] += starts[i];
        }
        let mut next = starts.clone();
        let blank = Entry { row: 0, coefficient: 0 };
        let mut entries = vec![blank; starts[wires]];
        let mut put = |column: usize, entry: Entry| {
            entries[next[column]] = entry;
            next[column] += 1;
        };
        let mut start = 0;
        for (row, end) in matrix.row_ends.iter().enumerate() {
            let end = *end as usize;
            for term in &matrix.terms[start..end] {
                let (row, coefficient) = (row as u32, term.coefficient);
                put(term.column as usize, Entry { row, coefficient });
            }
            start = end;
        }
        for j in 0..dummies {
            let row = (matrix.row_ends.len() + j) as u32;
            // The first coefficient is one.
            put(j, Entry { row, coefficient: 0 });
        }
        Self { starts, entries }
    }

    fn column(&self, i: usize) -> &[Entry] {
        &self.entries[self.starts[i]..self.starts[i + 1]]
    }
}

/// Entries with the points that their rows choose from.
type Source<'a, C> = (&'a Columns, &'a [<C as Curve>::Affine]);

/// Points that share their doublings.
struct Combination<C: Curve> {
    points: Vec<C::Affine>,
    coefficients: Vec<usize>,
    bits: usize,
}

impl<C: Curve> Combination<C> {
    fn new() -> Self {
        Self {
            points: Vec::new(),
            coefficients: Vec::new(),
            bits: 0,
        }
    }

    fn add_to(&self, sum: C::Point, table: &[Coefficient]) -> C::Point {
        if self.points.is_empty() {
            return sum;
        }
        let bytes = self.bits.div_ceil(8);
        let scalars: Vec<u8> = self
            .coefficients
            .iter()
            .flat_map(|i| table[*i].bytes[..bytes].iter().copied())
            .collect();
        let points: Vec<&C::Affine> = self.points.iter().collect();
        C::add(&sum, &C::combine(&points, &scalars, self.bits))
    }
}

/// The sum of some entries.
fn sum_entries<'a, C: Curve>(
    entries: impl Iterator<Item = (&'a Entry, &'a [C::Affine])>,
    table: &[Coefficient],
) -> C::Point {
    let mut sum = C::Point::default();
    let (mut short, mut long) = (Combination::<C>::new(), Combination::<C>::new());
    for (entry, points) in entries {
        let coefficient = &table[entry.coefficient as usize];
        let point = &points[entry.row as usize];
        let point = if coefficient.negative { C::negate(point) } else { *point };
        match coefficient.bits {
            0 => {}
            1 => sum = C::add_affine(&sum, &point),
            bits => {
                let class = if bits <= SHORT_BITS { &mut short } else { &mut long };
                class.points.push(point);
                class.coefficients.push(entry.coefficient as usize);
                class.bits = class.bits.max(bits);
            }
        }
    }
    long.add_to(short.add_to(sum, table), table)
}

/// For each wire of a range, the sum over its entries in all sources.
fn sum_columns<C: Curve>(wires: Range<usize>, sources: &[Source<C>], table: &[Coefficient]) -> Vec<C::Affine> {
    let one = |wire: usize| {
        let total: usize = sources.iter().map(|(columns, _)| columns.column(wire).len()).sum();
        if total <= PIECE {
            let entries = sources
                .iter()
                .flat_map(|(columns, points)| columns.column(wire).iter().map(move |entry| (entry, *points)));
            return sum_entries::<C>(entries, table);
        }
        sources
            .par_iter()
            .flat_map(|(columns, points)| {
                columns
                    .column(wire)
                    .par_chunks(PIECE)
                    .map(move |piece| (piece, *points))
            })
            .map(|(piece, points)| sum_entries::<C>(piece.iter().map(|entry| (entry, points)), table))
            .reduce(C::Point::default, |a, b| C::add(&a, &b))
    };
    let sums: Vec<C::Point> = wires.into_par_iter().map(one).collect();
    C::to_affine(&sums)
}

/// All points but the identity.
fn without_identity<C: Curve>(points: Vec<C::Affine>) -> Vec<C::Affine> {
    points.into_iter().filter(|point| !C::is_identity(point)).collect()
}

/// The key that the ceremony of a circuit begins with.
pub(crate) fn initial_state(
    powers: &Powers,
    matrices: &Matrices,
    progress: &dyn Fn(Step),
) -> Result<State, CeremonyError> {
    if matrices.constraints() == 0 || matrices.aux == 0 {
        return Err(CeremonyError::EmptyCircuit);
    }
    let expected = matrices.domain_log2();
    if powers.log2() != expected {
        return Err(CeremonyError::Domain {
            found: powers.log2(),
            expected,
        });
    }
    let wires = matrices.inputs + matrices.aux;
    let a = Columns::of(&matrices.a, wires, matrices.inputs);
    let b = Columns::of(&matrices.b, wires, 0);
    let c = Columns::of(&matrices.c, wires, 0);
    progress(Step::BuildingKey(a.entries.len() + b.entries.len() + c.entries.len()));
    let table: Vec<Coefficient> = matrices.coefficients.iter().map(Coefficient::new).collect();
    let lagrange = &powers.lagrange;
    let mut ic = sum_columns::<G1>(
        0..wires,
        &[(&a, &lagrange.beta_g1), (&b, &lagrange.alpha_g1), (&c, &lagrange.g1)],
        &table,
    );
    if let Some(wire) = ic.iter().position(G1::is_identity) {
        return Err(CeremonyError::UnconstrainedWire(wire));
    }
    let l = ic.split_off(matrices.inputs);
    let points = KeyPoints {
        h: powers.vanishing(),
        l,
        a: without_identity::<G1>(sum_columns::<G1>(0..wires, &[(&a, &lagrange.g1)], &table)),
        b_g1: without_identity::<G1>(sum_columns::<G1>(0..wires, &[(&b, &lagrange.g1)], &table)),
        b_g2: without_identity::<G2>(sum_columns::<G2>(0..wires, &[(&b, &lagrange.g2)], &table)),
    };
    let vk = VerifyingKey {
        alpha_g1: powers.alpha_g1,
        beta_g1: powers.beta_g1,
        beta_g2: powers.beta_g2,
        gamma_g2: G2::generator(),
        delta_g1: G1::generator(),
        delta_g2: G2::generator(),
        ic,
    };
    Ok(State {
        circuit: matrices.id(),
        vk,
        points,
    })
}
