//! Small circuits and keys of theirs from the crate `groth16`, the oracle.
#![allow(dead_code)] // Every test binary uses its own part of this.

use bellman::{Circuit, ConstraintSystem, SynthesisError};
use bls12_381::{Bls12, G1Affine, G2Affine, Scalar};
use cloister_groth16::{CircuitId, KeyPoints, Proof, ProvingKey, PROOF_LENGTH};
use groth16::Parameters;
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;
use std::{
    fs,
    path::{Path, PathBuf},
};

/// Knows `x` with `x^3 + x + 5 = y`, and shows `y` and `shown` further multiples of it.
#[derive(Clone, Copy)]
pub struct Cubic {
    pub x: Option<Scalar>,
    pub shown: u64,
}

impl Cubic {
    pub fn blank(shown: u64) -> Self {
        Self { x: None, shown }
    }

    pub fn of(x: u64, shown: u64) -> Self {
        Self {
            x: Some(Scalar::from(x)),
            shown,
        }
    }

    /// The public inputs.
    pub fn inputs(&self) -> Vec<Scalar> {
        let x = self.x.expect("a witness");
        let y = x * x * x + x + Scalar::from(5);
        (1..=self.shown + 1).map(|i| y * Scalar::from(i)).collect()
    }
}

impl Circuit<Scalar> for Cubic {
    fn synthesize<CS: ConstraintSystem<Scalar>>(self, cs: &mut CS) -> Result<(), SynthesisError> {
        let missing = || SynthesisError::AssignmentMissing;
        let value = self.x;
        let x = cs.alloc(|| "x", || value.ok_or_else(missing))?;
        let x2 = cs.alloc(|| "x2", || value.map(|x| x * x).ok_or_else(missing))?;
        let x3 = cs.alloc(|| "x3", || value.map(|x| x * x * x).ok_or_else(missing))?;
        cs.enforce(|| "square", |lc| lc + x, |lc| lc + x, |lc| lc + x2);
        cs.enforce(|| "cube", |lc| lc + x2, |lc| lc + x, |lc| lc + x3);
        for i in 1..=self.shown + 1 {
            let factor = Scalar::from(i);
            let y = value.map(|x| (x * x * x + x + Scalar::from(5)) * factor);
            let y = cs.alloc_input(|| "y", || y.ok_or_else(missing))?;
            cs.enforce(
                || "sum",
                |lc| lc + x3 + x + (Scalar::from(5), CS::one()),
                |lc| lc + (factor, CS::one()),
                |lc| lc + y,
            );
        }
        Ok(())
    }
}

pub const ID: CircuitId = CircuitId([7; 32]);

pub fn rng(seed: u64) -> ChaCha20Rng {
    ChaCha20Rng::seed_from_u64(seed)
}

/// Parameters of the oracle for [`Cubic`] with this many inputs beyond one.
pub fn oracle(shown: u64) -> Parameters<Bls12> {
    groth16::generate_random_parameters::<Bls12, _, _>(Cubic::blank(shown), &mut rng(shown)).expect("synthesises")
}

pub fn encoded(parameters: &Parameters<Bls12>) -> Vec<u8> {
    let mut bytes = Vec::new();
    parameters.write(&mut bytes).expect("writes to memory");
    bytes
}

/// The same key, ours.
pub fn key_of(parameters: &Parameters<Bls12>) -> ProvingKey {
    ProvingKey::read_groth16(ID, true, &encoded(parameters)[..], true).expect("a good key")
}

pub fn key() -> ProvingKey {
    key_of(&oracle(0))
}

pub fn prove(parameters: &Parameters<Bls12>, circuit: Cubic, seed: u64) -> Proof {
    let proof = groth16::create_random_proof(circuit, parameters, &mut rng(seed)).expect("proves");
    encode_proof(&proof)
}

pub fn encode_proof(proof: &groth16::Proof<Bls12>) -> Proof {
    let mut bytes = [0; PROOF_LENGTH];
    proof.write(&mut bytes[..]).expect("192 bytes");
    Proof(bytes)
}

/// A key too large for one buffer of the writer, of points that repeat; it proves nothing.
pub fn large_key() -> ProvingKey {
    let small = key_of(&oracle(3));
    let repeat = |points: &[cloister_groth16::G1Affine], n: usize| points.iter().copied().cycle().take(n).collect();
    let points = KeyPoints {
        h: repeat(small.h(), 180_001),
        l: repeat(small.l(), 33_333),
        a: repeat(small.a(), 9),
        b_g1: repeat(small.b_g1(), 50_000),
        b_g2: small.b_g2().iter().copied().cycle().take(25_001).collect(),
    };
    ProvingKey::from_points(ID, false, small.vk().clone(), points)
}

/// Encodings of a point of the curve of G1 that is not in its subgroup: compressed, uncompressed.
pub fn g1_outside_subgroup() -> ([u8; 48], [u8; 96]) {
    (1u8..)
        .find_map(|x| {
            let mut bytes = [0; 48];
            (bytes[0], bytes[47]) = (0x80, x);
            let point = Option::<G1Affine>::from(G1Affine::from_compressed_unchecked(&bytes))?;
            (!bool::from(point.is_torsion_free())).then(|| (bytes, point.to_uncompressed()))
        })
        .expect("half of all x are on the curve, and few points are in the subgroup")
}

/// The same for G2.
pub fn g2_outside_subgroup() -> ([u8; 96], [u8; 192]) {
    (1u8..)
        .find_map(|x| {
            let mut bytes = [0; 96];
            (bytes[0], bytes[95]) = (0x80, x);
            let point = Option::<G2Affine>::from(G2Affine::from_compressed_unchecked(&bytes))?;
            (!bool::from(point.is_torsion_free())).then(|| (bytes, point.to_uncompressed()))
        })
        .expect("half of all x are on the curve, and few points are in the subgroup")
}

/// A directory of its own, removed when dropped.
pub struct Directory(pub PathBuf);

impl Directory {
    pub fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("cloister-keys-{}-{name}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).expect("temporary directory");
        Self(path)
    }

    pub fn join(&self, name: impl AsRef<Path>) -> PathBuf {
        self.0.join(name)
    }

    /// Names of all files, sorted.
    pub fn names(&self) -> Vec<String> {
        let mut names: Vec<_> = fs::read_dir(&self.0)
            .expect("lists")
            .map(|e| e.expect("an entry").file_name().into_string().expect("unicode"))
            .collect();
        names.sort();
        names
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}
