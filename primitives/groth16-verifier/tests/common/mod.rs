//! A small circuit, its key and its proofs, made by the crate `groth16`; and points that must be refused.
#![allow(dead_code)]

use bellman::{Circuit, ConstraintSystem, SynthesisError};
use bls12_381::{Bls12, G1Affine, G1Projective, G2Affine, G2Projective, Scalar};
use groth16::{create_proof, generate_parameters, Parameters};

/// "I know x with x^3 + k = y", y public; further inputs are y + 1, y + 2, ..
pub struct Cube {
    pub x: Option<Scalar>,
    pub k: Scalar,
    pub inputs: usize,
}

impl Circuit<Scalar> for Cube {
    fn synthesize<CS: ConstraintSystem<Scalar>>(self, cs: &mut CS) -> Result<(), SynthesisError> {
        let x = cs.alloc(|| "x", || self.x.ok_or(SynthesisError::AssignmentMissing))?;
        let xx = cs.alloc(
            || "x^2",
            || self.x.map(|x| x.square()).ok_or(SynthesisError::AssignmentMissing),
        )?;
        cs.enforce(|| "square", |lc| lc + x, |lc| lc + x, |lc| lc + xx);
        for i in 0..self.inputs {
            let add = self.k + Scalar::from(i as u64);
            let y = cs.alloc_input(
                || "y",
                || {
                    self.x
                        .map(|x| x.square() * x + add)
                        .ok_or(SynthesisError::AssignmentMissing)
                },
            )?;
            cs.enforce(|| "cube", |lc| lc + x, |lc| lc + xx, |lc| lc + y - (add, CS::one()));
        }
        Ok(())
    }
}

pub fn scalar(n: u64) -> Scalar {
    Scalar::from(n)
}

pub fn parameters(inputs: usize) -> Parameters<Bls12> {
    generate_parameters::<Bls12, _>(
        Cube {
            x: None,
            k: scalar(5),
            inputs,
        },
        G1Projective::generator(),
        G2Projective::generator(),
        scalar(1_000_003),
        scalar(2_000_003),
        scalar(3_000_017),
        scalar(5_000_011),
        scalar(7_000_003),
    )
    .unwrap()
}

/// The proof for `x`, and the public inputs.
pub fn prove(parameters: &Parameters<Bls12>, x: u64, inputs: usize) -> ([u8; 192], Vec<Scalar>) {
    let x = scalar(x);
    let proof = create_proof(
        Cube {
            x: Some(x),
            k: scalar(5),
            inputs,
        },
        parameters,
        scalar(987_654_321),
        scalar(123_456_789),
    )
    .unwrap();
    let mut bytes = Vec::new();
    proof.write(&mut bytes).unwrap();
    let ys = (0..inputs).map(|i| x.square() * x + scalar(5 + i as u64)).collect();
    (bytes.try_into().unwrap(), ys)
}

pub fn key_bytes(parameters: &Parameters<Bls12>) -> Vec<u8> {
    let mut bytes = Vec::new();
    parameters.vk.write(&mut bytes).unwrap();
    bytes
}

/// A compressed G1 encoding with a small x: of a point outside the subgroup, or of no point.
pub fn bad_g1(on_curve: bool) -> [u8; 48] {
    (1u8..=255)
        .map(|x| {
            let mut bytes = [0; 48];
            bytes[0] = 0x80;
            bytes[47] = x;
            bytes
        })
        .find(|bytes| {
            let point: Option<G1Affine> = G1Affine::from_compressed_unchecked(bytes).into();
            match point {
                Some(point) => on_curve && !bool::from(point.is_torsion_free()),
                None => !on_curve,
            }
        })
        .unwrap()
}

/// The same in G2.
pub fn bad_g2(on_curve: bool) -> [u8; 96] {
    (1u8..=255)
        .map(|x| {
            let mut bytes = [0; 96];
            bytes[0] = 0x80;
            bytes[95] = x;
            bytes
        })
        .find(|bytes| {
            let point: Option<G2Affine> = G2Affine::from_compressed_unchecked(bytes).into();
            match point {
                Some(point) => on_curve && !bool::from(point.is_torsion_free()),
                None => !on_curve,
            }
        })
        .unwrap()
}

/// The modulus of the base field, the smallest coordinate that is not canonical.
pub const MODULUS: [u8; 48] = [
    0x1a, 0x01, 0x11, 0xea, 0x39, 0x7f, 0xe6, 0x9a, 0x4b, 0x1b, 0xa7, 0xb6, 0x43, 0x4b, 0xac, 0xd7, 0x64, 0x77, 0x4b,
    0x84, 0xf3, 0x85, 0x12, 0xbf, 0x67, 0x30, 0xd2, 0xa0, 0xf6, 0xb0, 0xf6, 0x24, 0x1e, 0xab, 0xff, 0xfe, 0xb1, 0x53,
    0xff, 0xff, 0xb9, 0xfe, 0xff, 0xff, 0xff, 0xff, 0xaa, 0xab,
];
