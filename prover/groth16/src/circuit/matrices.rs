//! The rank-one constraint system `(A·w) ∘ (B·w) = C·w` as three sparse matrices.

use crate::CircuitId;
use bellman::{Circuit, ConstraintSystem, Index, LinearCombination, SynthesisError, Variable};
use blake2::{digest::consts::U32, Blake2b, Digest};
use bls12_381::Scalar;
use std::collections::HashMap;

/// One entry of a matrix.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Term {
    /// The wire: public inputs first (0 is the constant one), private wires after them.
    pub column: u32,
    /// Place in [`Matrices::coefficients`].
    pub coefficient: u32,
}

/// One sparse matrix, row after row, terms in the order in which the circuit names them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Matrix {
    /// For each row the end of its terms; it begins where the row before ends.
    pub row_ends: Vec<u32>,
    /// The terms of all rows.
    pub terms: Vec<Term>,
}

impl Matrix {
    /// The terms of a row.
    ///
    /// # Panics
    /// If there is no such row.
    pub fn row(&self, i: usize) -> &[Term] {
        let start = i.checked_sub(1).map_or(0, |before| self.row_ends[before] as usize);
        &self.terms[start..self.row_ends[i] as usize]
    }
}

/// A constraint system without its names.
///
/// Groth16 adds a row `x·0 = 0` for each public input, the constant one included, so that the inputs' polynomials are
/// independent. Those rows are not stored; they follow the stored ones in the evaluation domain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Matrices {
    /// Public inputs with the constant one.
    pub inputs: usize,
    /// Private wires.
    pub aux: usize,
    /// Left factors.
    pub a: Matrix,
    /// Right factors.
    pub b: Matrix,
    /// Products.
    pub c: Matrix,
    /// The distinct coefficients; the first is one.
    pub coefficients: Vec<Scalar>,
}

impl Matrices {
    /// Records the constraints of a circuit. No witness is asked for.
    ///
    /// # Errors
    /// Those of the circuit; [`SynthesisError::PolynomialDegreeTooLarge`] beyond 2^31 terms or wires,
    /// [`SynthesisError::AssignmentMissing`] if a constraint names a variable that the circuit did not make.
    pub fn record<C: Circuit<Scalar>>(circuit: C) -> Result<Self, SynthesisError> {
        let mut recorder = Recorder::new();
        circuit.synthesize(&mut recorder)?;
        recorder.finish()
    }

    /// Number of constraints, without the rows that Groth16 adds.
    pub fn constraints(&self) -> usize {
        self.a.row_ends.len()
    }

    /// Number of wires, the constant one included.
    pub fn wires(&self) -> usize {
        self.inputs + self.aux
    }

    /// Number of terms in all three matrices.
    pub fn terms(&self) -> usize {
        self.a.terms.len() + self.b.terms.len() + self.c.terms.len()
    }

    /// Base-two logarithm of the evaluation domain: the smallest that holds all constraints and a row for each input.
    pub fn domain_log2(&self) -> u32 {
        (self.constraints() + self.inputs).next_power_of_two().trailing_zeros()
    }

    /// The wires and coefficients of one row of one of the matrices.
    pub fn row<'a>(&'a self, matrix: &'a Matrix, i: usize) -> impl Iterator<Item = (usize, &'a Scalar)> + 'a {
        let term = |t: &Term| (t.column as usize, &self.coefficients[t.coefficient as usize]);
        matrix.row(i).iter().map(term)
    }

    /// The identity of the constraint system: Blake2b-256 over the terms of every row in order, and over the numbers of
    /// public inputs (without the one), private wires and constraints. Names do not count.
    pub fn id(&self) -> CircuitId {
        let mut hash = Blake2b::<U32>::new();
        let mut bytes = Vec::new();
        let encoded: Vec<[u8; 32]> = self.coefficients.iter().map(Scalar::to_bytes).collect();
        for i in 0..self.constraints() {
            bytes.clear();
            for matrix in [&self.a, &self.b, &self.c] {
                let row = matrix.row(i);
                bytes.extend_from_slice(&(row.len() as u64).to_le_bytes());
                for term in row {
                    let column = term.column as usize;
                    let (kind, place) = match column.checked_sub(self.inputs) {
                        Some(aux) => (1, aux),
                        None => (0, column),
                    };
                    bytes.push(kind);
                    bytes.extend_from_slice(&(place as u64).to_le_bytes());
                    bytes.extend_from_slice(&encoded[term.coefficient as usize]);
                }
            }
            hash.update(&bytes);
        }
        for number in [self.inputs - 1, self.aux, self.constraints()] {
            hash.update((number as u64).to_le_bytes());
        }
        CircuitId(hash.finalize().into())
    }
}

/// Private wires are recorded with this bit until the number of inputs is known.
const AUX: u32 = 1 << 31;

/// Records constraints.
struct Recorder {
    inputs: usize,
    aux: usize,
    parts: [Matrix; 3],
    coefficients: Vec<Scalar>,
    places: HashMap<[u8; 32], u32>,
    /// The last coefficient looked up: circuits repeat them.
    last: (Scalar, u32),
    overflow: bool,
    /// A variable was named that does not exist.
    foreign: bool,
}

impl Recorder {
    fn new() -> Self {
        Self {
            inputs: 1,
            aux: 0,
            parts: Default::default(),
            coefficients: vec![Scalar::one()],
            places: HashMap::from([(Scalar::one().to_bytes(), 0)]),
            last: (Scalar::one(), 0),
            overflow: false,
            foreign: false,
        }
    }

    fn coefficient(&mut self, value: &Scalar) -> u32 {
        if *value == Scalar::one() {
            return 0;
        }
        if *value != self.last.0 {
            let next = self.coefficients.len() as u32;
            let place = *self.places.entry(value.to_bytes()).or_insert(next);
            if place == next {
                self.coefficients.push(*value);
            }
            self.last = (*value, place);
        }
        self.last.1
    }

    fn record(&mut self, part: usize, combination: &LinearCombination<Scalar>) {
        for (variable, coefficient) in combination.as_ref() {
            let (kind, place, made) = match variable.get_unchecked() {
                Index::Input(i) => (0, i, self.inputs),
                Index::Aux(i) => (AUX, i, self.aux),
            };
            self.foreign |= place >= made;
            // Cut off only where `finish` refuses the whole.
            let column = kind | place as u32;
            let coefficient = self.coefficient(coefficient);
            self.parts[part].terms.push(Term { column, coefficient });
        }
        let end = self.parts[part].terms.len();
        self.overflow |= end >= AUX as usize;
        self.parts[part].row_ends.push(end as u32);
    }

    fn finish(self) -> Result<Matrices, SynthesisError> {
        let Self {
            inputs,
            aux,
            mut parts,
            coefficients,
            ..
        } = self;
        if self.overflow || inputs + aux >= AUX as usize || coefficients.len() >= AUX as usize {
            return Err(SynthesisError::PolynomialDegreeTooLarge);
        }
        if self.foreign {
            return Err(SynthesisError::AssignmentMissing);
        }
        for part in &mut parts {
            for term in &mut part.terms {
                if term.column & AUX != 0 {
                    term.column = (term.column ^ AUX) + inputs as u32;
                }
            }
        }
        let [a, b, c] = parts;
        Ok(Matrices {
            inputs,
            aux,
            a,
            b,
            c,
            coefficients,
        })
    }
}

impl ConstraintSystem<Scalar> for Recorder {
    type Root = Self;

    fn alloc<F, A, AR>(&mut self, _: A, _: F) -> Result<Variable, SynthesisError>
    where
        F: FnOnce() -> Result<Scalar, SynthesisError>,
        A: FnOnce() -> AR,
        AR: Into<String>,
    {
        self.aux += 1;
        Ok(Variable::new_unchecked(Index::Aux(self.aux - 1)))
    }

    fn alloc_input<F, A, AR>(&mut self, _: A, _: F) -> Result<Variable, SynthesisError>
    where
        F: FnOnce() -> Result<Scalar, SynthesisError>,
        A: FnOnce() -> AR,
        AR: Into<String>,
    {
        self.inputs += 1;
        Ok(Variable::new_unchecked(Index::Input(self.inputs - 1)))
    }

    fn enforce<A, AR, LA, LB, LC>(&mut self, _: A, a: LA, b: LB, c: LC)
    where
        A: FnOnce() -> AR,
        AR: Into<String>,
        LA: FnOnce(LinearCombination<Scalar>) -> LinearCombination<Scalar>,
        LB: FnOnce(LinearCombination<Scalar>) -> LinearCombination<Scalar>,
        LC: FnOnce(LinearCombination<Scalar>) -> LinearCombination<Scalar>,
    {
        self.record(0, &a(LinearCombination::zero()));
        self.record(1, &b(LinearCombination::zero()));
        self.record(2, &c(LinearCombination::zero()));
    }

    fn push_namespace<NR, N>(&mut self, _: N)
    where
        NR: Into<String>,
        N: FnOnce() -> NR,
    {
    }

    fn pop_namespace(&mut self) {}

    fn get_root(&mut self) -> &mut Self::Root {
        self
    }
}
