//! A key and its constraints on a machine.
#![allow(unsafe_code)]

use crate::{
    limits::{LARGEST, SMALLEST},
    memory::Memory,
    sums::{Bases, Group, Scratch, Tuning, G1, G2},
    transform::{scalars, to_montgomery, words, Domain, Words},
    CudaError, Machine,
};
use cloister_groth16::{
    Accelerator, G1Affine, G2Affine, KeySums, KeyWires, Matrices, Matrix, ProveError, ProvingKey, Term,
};
use std::{
    fmt,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

/// The order of the scalar field, least significant word first.
const R: Words = [
    0xffff_ffff_0000_0001,
    0x53bd_a402_fffe_5bfe,
    0x3339_d808_09a1_d805,
    0x73ed_a753_299d_7d48,
];

/// The parts of a proof, as the machine does them one after the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// The wires are copied to the machine.
    Copy,
    /// The sides of all constraints, and whether they multiply.
    Rows,
    /// The quotient's coefficients.
    Quotient,
    /// The sum over the list `h`.
    H,
    /// The sum over the list `l`.
    L,
    /// The sum over the list `a`.
    A,
    /// The sum over the list `b_g1`.
    BG1,
    /// The sum over the list `b_g2`.
    BG2,
    /// The sums are copied back, and what tells about the witness is overwritten.
    Results,
}

/// One matrix.
struct Sparse<M: Machine> {
    ends: Memory<M, u32>,
    terms: Memory<M, [u32; 2]>,
}

/// What a proof writes on.
struct Workspace<M: Machine> {
    wires: Memory<M, Words>,
    montgomery: Memory<M, Words>,
    sides: [Memory<M, Words>; 3],
    quotient: Memory<M, Words>,
    broken: Memory<M, u32>,
    g1: Scratch<M, G1>,
    g2: Scratch<M, G2>,
    g1_sums: Memory<M, <G1 as Group>::Sum>,
    g2_sums: Memory<M, <G2 as Group>::Sum>,
    /// Set while a proof runs; stays set if it breaks off.
    busy: bool,
}

/// A key with its constraint system on a machine: proves with it again and again, one proof at a time.
pub struct Resident<M: Machine> {
    machine: Arc<M>,
    inputs: usize,
    wires: usize,
    constraints: usize,
    matrices: [Sparse<M>; 3],
    coefficients: Memory<M, Words>,
    domain: Domain<M>,
    a_wires: Memory<M, u32>,
    b_wires: Memory<M, u32>,
    h: Bases<M, G1>,
    l: Bases<M, G1>,
    a: Bases<M, G1>,
    b_g1: Bases<M, G1>,
    b_g2: Bases<M, G2>,
    workspace: Mutex<Workspace<M>>,
}

impl<M: Machine> fmt::Debug for Resident<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Resident")
            .field("constraints", &self.constraints)
            .field("wires", &self.wires)
            .finish_non_exhaustive()
    }
}

/// Points as their words.
trait Points {
    /// The words.
    type Words;

    fn words(points: &[Self]) -> &[Self::Words]
    where
        Self: Sized,
    {
        const {
            assert!(size_of::<Self>() == size_of::<Self::Words>());
            assert!(align_of::<Self>() >= align_of::<Self::Words>());
        }
        // SAFETY: points are two coordinates of 64-bit words and nothing else (`KeyPoints`).
        unsafe { std::slice::from_raw_parts(points.as_ptr().cast(), points.len()) }
    }
}

impl Points for G1Affine {
    type Words = <G1 as Group>::Affine;
}

impl Points for G2Affine {
    type Words = <G2 as Group>::Affine;
}

impl<M: Machine> Sparse<M> {
    fn new(machine: &Arc<M>, matrix: &Matrix) -> Result<Self, CudaError> {
        let terms: Vec<[u32; 2]> = matrix
            .terms
            .iter()
            .map(|term| [term.column, term.coefficient])
            .collect();
        Ok(Self {
            ends: Memory::of(machine, &matrix.row_ends)?,
            terms: Memory::of(machine, &terms)?,
        })
    }
}

/// Kernels do not look where they read: every row, wire and coefficient that a matrix names must exist.
fn check(matrices: &Matrices) -> Result<(), CudaError> {
    let (rows, wires) = (matrices.constraints(), matrices.wires());
    let good = |matrix: &Matrix| {
        let ends = &matrix.row_ends;
        let last = ends.last().map_or(0, |end| *end as usize);
        let exists =
            |term: &Term| (term.column as usize) < wires && (term.coefficient as usize) < matrices.coefficients.len();
        ends.len() == rows && ends.is_sorted() && last == matrix.terms.len() && matrix.terms.iter().all(exists)
    };
    let named = [('A', &matrices.a), ('B', &matrices.b), ('C', &matrices.c)];
    match named.into_iter().find(|(_, matrix)| !good(matrix)) {
        None => Ok(()),
        Some((matrix, _)) => Err(CudaError::Matrix { matrix }),
    }
}

/// Whether a scalar's words are below the order of the field, which the digits' kernels rely on.
fn is_canonical(words: &Words) -> bool {
    words.iter().rev().lt(R.iter().rev())
}

impl<M: Machine> Workspace<M> {
    /// Overwrites what it tells about the witness.
    fn wipe(&self) -> Result<(), CudaError> {
        let scalars = [&self.wires, &self.montgomery, &self.quotient];
        scalars.into_iter().chain(&self.sides).try_for_each(Memory::wipe)?;
        self.g1.wipe()?;
        self.g2.wipe()
    }
}

impl<M: Machine> Drop for Workspace<M> {
    fn drop(&mut self) {
        // A proof that ended has done it; one that broke off may have broken the machine.
        if self.busy {
            let _ = self.wipe();
        }
    }
}

impl<M: Machine> Resident<M> {
    /// Brings a key and its constraint system onto a machine.
    ///
    /// # Errors
    /// [`CudaError::OtherKey`] if the key is of another system, [`CudaError::Domain`] and [`CudaError::TooManyPoints`]
    /// if it is too large, [`CudaError::Matrix`], [`CudaError::Tuning`], [`CudaError::Memory`], and those of the
    /// driver.
    pub fn load(machine: M, key: &ProvingKey, matrices: &Matrices, tuning: Tuning) -> Result<Self, CudaError> {
        let log2 = matrices.domain_log2();
        if !(SMALLEST..=LARGEST).contains(&log2) {
            return Err(CudaError::Domain { log2 });
        }
        tuning.check()?;
        check(matrices)?;
        let dense = KeyWires::of(matrices);
        dense.check(key, matrices).map_err(|error| CudaError::OtherKey {
            reason: error.to_string(),
        })?;
        let machine = &Arc::new(machine);
        let g1 = |points: &[G1Affine]| Bases::<M, G1>::new(machine, Points::words(points), tuning);
        let (h, l, a, b_g1) = (g1(key.h())?, g1(key.l())?, g1(key.a())?, g1(key.b_g1())?);
        let b_g2 = Bases::<M, G2>::new(machine, Points::words(key.b_g2()), tuning)?;
        let coefficients: Vec<Words> = matrices.coefficients.iter().map(words).collect();
        let side = || Memory::new(machine, 1 << log2);
        let workspace = Workspace {
            wires: Memory::new(machine, matrices.wires())?,
            montgomery: Memory::new(machine, matrices.wires())?,
            sides: [side()?, side()?, side()?],
            quotient: side()?,
            broken: Memory::new(machine, 1)?,
            g1: Scratch::new(machine, &[&h, &l, &a, &b_g1])?,
            g2: Scratch::new(machine, &[&b_g2])?,
            g1_sums: Memory::new(machine, 4)?,
            g2_sums: Memory::new(machine, 1)?,
            busy: false,
        };
        let sparse = |matrix| Sparse::new(machine, matrix);
        let resident = Self {
            machine: machine.clone(),
            inputs: matrices.inputs,
            wires: matrices.wires(),
            constraints: matrices.constraints(),
            matrices: [sparse(&matrices.a)?, sparse(&matrices.b)?, sparse(&matrices.c)?],
            coefficients: scalars(machine, &coefficients)?,
            domain: Domain::new(machine, log2)?,
            a_wires: Memory::of(machine, &dense.a)?,
            b_wires: Memory::of(machine, &dense.b)?,
            h,
            l,
            a,
            b_g1,
            b_g2,
            workspace: Mutex::new(workspace),
        };
        resident.machine.wait()?;
        Ok(resident)
    }

    /// The sums of a proof, as [`Accelerator::sums`].
    ///
    /// # Errors
    /// [`CudaError::Unsatisfied`], [`CudaError::Wires`], [`CudaError::Range`], [`CudaError::Poisoned`], and those of
    /// the driver.
    pub fn sums(&self, wires: &[Words]) -> Result<KeySums, CudaError> {
        self.prove(wires, &mut |_| Ok(()))
    }

    /// The same with the time of each stage; waiting between them costs some.
    ///
    /// # Errors
    /// As [`Resident::sums`].
    pub fn sums_by_stage(&self, wires: &[Words]) -> Result<(KeySums, Vec<(Stage, Duration)>), CudaError> {
        let mut times = Vec::new();
        let mut last = Instant::now();
        let sums = self.prove(wires, &mut |stage| {
            self.machine.wait()?;
            times.push((stage, last.elapsed()));
            last = Instant::now();
            Ok(())
        })?;
        Ok((sums, times))
    }

    fn prove(
        &self,
        wires: &[Words],
        done: &mut dyn FnMut(Stage) -> Result<(), CudaError>,
    ) -> Result<KeySums, CudaError> {
        if wires.len() != self.wires {
            return Err(CudaError::Wires {
                expected: self.wires,
                given: wires.len(),
            });
        }
        if let Some(wire) = wires.iter().position(|words| !is_canonical(words)) {
            return Err(CudaError::Range { wire });
        }
        let mut guard = self.workspace.lock().unwrap_or_else(|broken| broken.into_inner());
        let space = &mut *guard;
        if std::mem::replace(&mut space.busy, true) {
            return Err(CudaError::Poisoned);
        }
        space.wires.write(0, wires)?;
        done(Stage::Copy)?;
        let broken = self.rows(space)?;
        done(Stage::Rows)?;
        if let Some(constraint) = broken {
            space.wipe()?;
            space.busy = false;
            return Err(CudaError::Unsatisfied { constraint });
        }
        let [a, b, c] = &space.sides;
        self.domain.quotient(&space.quotient, [a, b, c])?;
        done(Stage::Quotient)?;
        let (wires, sums) = (&space.wires, &space.g1_sums);
        self.h.multiply(&space.g1, (&space.quotient, 0), None, sums, 0)?;
        done(Stage::H)?;
        self.l.multiply(&space.g1, (wires, self.inputs), None, sums, 1)?;
        done(Stage::L)?;
        self.a.multiply(&space.g1, (wires, 0), Some(&self.a_wires), sums, 2)?;
        done(Stage::A)?;
        self.b_g1
            .multiply(&space.g1, (wires, 0), Some(&self.b_wires), sums, 3)?;
        done(Stage::BG1)?;
        self.b_g2
            .multiply(&space.g2, (wires, 0), Some(&self.b_wires), &space.g2_sums, 0)?;
        done(Stage::BG2)?;
        let sums = KeySums {
            h: space.g1_sums.read(0)?,
            l: space.g1_sums.read(1)?,
            a: space.g1_sums.read(2)?,
            b_g1: space.g1_sums.read(3)?,
            b_g2: space.g2_sums.read(0)?,
        };
        space.wipe()?;
        done(Stage::Results)?;
        space.busy = false;
        Ok(sums)
    }

    /// The sides of all constraints, and the first constraint that does not hold.
    fn rows(&self, space: &Workspace<M>) -> Result<Option<usize>, CudaError> {
        let machine = &*self.machine;
        let (size, constraints) = (self.domain.size(), self.constraints);
        to_montgomery(machine, &space.montgomery, &space.wires)?;
        for side in &space.sides {
            side.fill(constraints, size - constraints, 0)?;
        }
        let montgomery = space.montgomery.all();
        space.broken.fill(0, 1, 0xff)?;
        let [a, b, c] = space.sides.each_ref().map(Memory::all);
        // SAFETY: columns are wires and coefficients are of the list, as `Matrices` has them; sides have room for all
        // constraints and a row for each input.
        unsafe {
            for (side, matrix) in [a, b, c].into_iter().zip(&self.matrices) {
                let (ends, terms) = (matrix.ends.all(), matrix.terms.all());
                let arguments = [side, ends, terms, self.coefficients.all(), montgomery];
                machine.launch("side", constraints as u32, &arguments)?;
            }
            machine.launch("check", constraints as u32, &[space.broken.all(), a, b, c])?;
            // Behind the constraints: a row `x·0 = 0` for each input.
            let left = space.sides[0].starting_at(constraints);
            machine.launch("to_montgomery", self.inputs as u32, &[left, space.wires.all()])?;
        }
        let broken = space.broken.read(0)?;
        Ok((broken != u32::MAX).then_some(broken as usize))
    }
}

impl<M: Machine> Accelerator for Resident<M> {
    fn sums(&self, wires: &[Words]) -> Result<KeySums, ProveError> {
        Ok(Self::sums(self, wires)?)
    }
}
