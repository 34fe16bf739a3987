//! Transforms over the domain, and the quotient.
#![allow(unsafe_code)]

use crate::{
    memory::Memory,
    Argument::{self, Number},
    CudaError, Machine,
};
use bls12_381::Scalar;
use ff::PrimeField;
use std::sync::Arc;

/// A scalar as the card holds it.
pub type Words = [u64; 4];

/// Stages of a transform that the kernels do at once.
const FUSED: u32 = 3;

/// The canonical value, least significant word first.
pub fn words(value: &Scalar) -> Words {
    let bytes = value.to_bytes();
    std::array::from_fn(|i| {
        let word: [u8; 8] = std::array::from_fn(|k| bytes[8 * i + k]);
        u64::from_le_bytes(word)
    })
}

/// `factor·base^k` for `k` below a power of two, from two small tables.
struct Powers<M: Machine> {
    low: Memory<M, Words>,
    high: Memory<M, Words>,
    low_bits: u32,
}

/// A domain and its tables.
pub struct Domain<M: Machine> {
    machine: Arc<M>,
    log2: u32,
    forward: Memory<M, Words>,
    backward: Memory<M, Words>,
    coset: Powers<M>,
    quotient: Powers<M>,
    plain_quotient: Memory<M, Words>,
}

/// Canonical scalars, taken into Montgomery form on the machine.
pub fn scalars<M: Machine>(machine: &Arc<M>, values: &[Words]) -> Result<Memory<M, Words>, CudaError> {
    let memory = Memory::of(machine, values)?;
    to_montgomery(&**machine, &memory, &memory)?;
    Ok(memory)
}

/// Takes all elements of `from` into Montgomery form.
pub fn to_montgomery<M: Machine>(machine: &M, to: &Memory<M, Words>, from: &Memory<M, Words>) -> Result<(), CudaError> {
    let count = from.len().min(to.len()) as u32;
    // SAFETY: both arrays have as many elements.
    unsafe { machine.launch("to_montgomery", count, &[to.all(), from.all()]) }
}

fn power_list(base: &Scalar, factor: &Scalar, count: usize) -> Vec<Words> {
    std::iter::successors(Some(*factor), |value| Some(value * base))
        .take(count)
        .map(|value| words(&value))
        .collect()
}

impl<M: Machine> Powers<M> {
    fn new(machine: &Arc<M>, base: &Scalar, factor: &Scalar, log2: u32) -> Result<Self, CudaError> {
        let low_bits = log2 / 2;
        let step = (0..low_bits).fold(*base, |value, _| value.square());
        Ok(Self {
            low: scalars(machine, &power_list(base, &Scalar::one(), 1 << low_bits))?,
            high: scalars(machine, &power_list(&step, factor, 1 << (log2 - low_bits)))?,
            low_bits,
        })
    }

    fn arguments(&self) -> [Argument; 3] {
        [self.low.all(), self.high.all(), Number(self.low_bits)]
    }
}

impl<M: Machine> Domain<M> {
    /// A domain of `2^log2` points, from 2 to 2^30 of them.
    pub fn new(machine: &Arc<M>, log2: u32) -> Result<Self, CudaError> {
        let inverse = |x: &Scalar| Option::<Scalar>::from(x.invert()).ok_or(CudaError::Domain { log2 });
        let root = (log2..Scalar::S).fold(Scalar::ROOT_OF_UNITY, |root, _| root.square());
        let generator = Scalar::MULTIPLICATIVE_GENERATOR;
        let half = 1usize << (log2 - 1);
        let size = inverse(&Scalar::from(1u64 << log2))?;
        let vanishing = (0..log2).fold(generator, |value, _| value.square()) - Scalar::one();
        let both = size * inverse(&vanishing)?;
        Ok(Self {
            machine: machine.clone(),
            log2,
            forward: scalars(machine, &power_list(&root, &Scalar::one(), half))?,
            backward: scalars(machine, &power_list(&inverse(&root)?, &Scalar::one(), half))?,
            coset: Powers::new(machine, &generator, &size, log2)?,
            quotient: Powers::new(machine, &inverse(&generator)?, &both, log2)?,
            plain_quotient: scalars(machine, &[words(&both)])?,
        })
    }

    /// Number of points.
    pub fn size(&self) -> usize {
        1 << self.log2
    }

    /// From values in natural order to coefficients (times the size) in bit-reversed order.
    fn backward(&self, data: &Memory<M, Words>) -> Result<(), CudaError> {
        let mut left = self.log2;
        while left > 0 {
            let stages = left.min(FUSED);
            left -= stages;
            self.stages("inward", data, &self.backward, left, stages)?;
        }
        Ok(())
    }

    /// From coefficients in bit-reversed order to values in natural order.
    fn forward(&self, data: &Memory<M, Words>) -> Result<(), CudaError> {
        let mut done = 0;
        while done < self.log2 {
            let stages = (self.log2 - done).min(FUSED);
            self.stages("outward", data, &self.forward, done, stages)?;
            done += stages;
        }
        Ok(())
    }

    fn stages(
        &self,
        kernel: &'static str,
        data: &Memory<M, Words>,
        roots: &Memory<M, Words>,
        distance_log2: u32,
        stages: u32,
    ) -> Result<(), CudaError> {
        assert!(data.len() >= self.size());
        let (size, distance) = (Number(1 << self.log2), Number(1 << distance_log2));
        let arguments = [data.all(), roots.all(), size, distance, Number(stages)];
        // SAFETY: a thread works on `2^stages` of the domain's places.
        unsafe { self.machine.launch(kernel, 1 << (self.log2 - stages), &arguments) }
    }

    /// The coefficients of `(A·B - C)/Z` as canonical words in natural order, from values of `A`, `B` and `C` on the
    /// domain. All arrays have its size; the values are overwritten.
    pub fn quotient(&self, out: &Memory<M, Words>, [a, b, c]: [&Memory<M, Words>; 3]) -> Result<(), CudaError> {
        let machine = &*self.machine;
        let (size, log2) = (1u32 << self.log2, Number(self.log2));
        for array in [out, a, b, c] {
            assert!(array.len() >= self.size());
        }
        // SAFETY: as many threads as the arrays have elements; the tables hold all powers below the size.
        unsafe {
            for side in [a, b] {
                self.backward(side)?;
                let [low, high, low_bits] = self.coset.arguments();
                machine.launch("scale", size, &[side.all(), low, high, low_bits, log2])?;
                self.forward(side)?;
            }
            machine.launch("multiply", size, &[a.all(), b.all()])?;
            self.backward(a)?;
            self.backward(c)?;
            let [low, high, low_bits] = self.quotient.arguments();
            let factor = self.plain_quotient.all();
            let arguments = [out.all(), a.all(), c.all(), low, high, low_bits, factor, log2];
            machine.launch("quotient", size, &arguments)
        }
    }
}
