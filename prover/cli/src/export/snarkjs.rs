//! The JSON of snarkjs for Groth16 over BLS12-381, written and read.
//!
//! Numbers are decimal strings. A point of G1 is `[x, y, "1"]`, one of G2 `[[x0, x1], [y0, y1], ["1", "0"]]` with
//! `x = x0 + x1·u`; our encodings put `x1` first.
//!
//! snarkjs also writes `vk_alphabeta_12`, the pairing of two points of the key; it never reads it when it verifies, so
//! it is left out. It does not have `beta` and `delta` in G1: provers need them, verifiers do not, so a verifying key
//! that is read back has none either.

use super::{
    decimal,
    error::{ExportError, ImportError},
};
use bls12_381::{G1Affine, G2Affine, Scalar};
use cloister_groth16_verifier::{Proof, VerifyingKey, PROOF_BYTES};
use serde::{Deserialize, Serialize};

/// Name of the proof system.
const PROTOCOL: &str = "groth16";
/// Name of the curve.
const CURVE: &str = "bls12381";
/// Bytes of a coordinate in the base field.
const COORDINATE: usize = 48;
/// Bytes of an uncompressed point of G1.
const G1: usize = 2 * COORDINATE;
/// Bytes of an uncompressed point of G2.
const G2: usize = 4 * COORDINATE;
/// Bytes of a field element.
const ELEMENT: usize = 32;

/// A point of G1: `x`, `y`, and a one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PointG1(pub [String; 3]);

/// A point of G2: `x`, `y`, and a one, each with the part without `u` first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PointG2(pub [[String; 2]; 3]);

/// `verification_key.json`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VerificationKeyJson {
    /// Always `groth16`.
    pub protocol: String,
    /// Always `bls12381`.
    pub curve: String,
    /// Number of public inputs.
    #[serde(rename = "nPublic")]
    pub inputs: usize,
    /// `alpha` in G1.
    pub vk_alpha_1: PointG1,
    /// `beta` in G2.
    pub vk_beta_2: PointG2,
    /// `gamma` in G2.
    pub vk_gamma_2: PointG2,
    /// `delta` in G2.
    pub vk_delta_2: PointG2,
    /// The point of the constant, then one for each input.
    #[serde(rename = "IC")]
    pub ic: Vec<PointG1>,
}

/// `proof.json`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProofJson {
    /// `A`.
    pub pi_a: PointG1,
    /// `B`.
    pub pi_b: PointG2,
    /// `C`.
    pub pi_c: PointG1,
    /// Always `groth16`.
    pub protocol: String,
    /// Always `bls12381`.
    pub curve: String,
}

/// `public.json`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PublicJson(pub Vec<String>);

/// What snarkjs needs of a verifying key, as points.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerificationKeyPoints {
    /// `alpha` in G1.
    pub alpha_g1: G1Affine,
    /// `beta` in G2.
    pub beta_g2: G2Affine,
    /// `gamma` in G2.
    pub gamma_g2: G2Affine,
    /// `delta` in G2.
    pub delta_g2: G2Affine,
    /// The point of the constant, then one for each input.
    pub ic: Vec<G1Affine>,
}

impl PointG1 {
    fn new(uncompressed: &[u8; G1]) -> Self {
        let (x, y) = uncompressed.split_at(COORDINATE);
        Self([decimal::encode(x), decimal::encode(y), "1".into()])
    }

    fn point(&self, name: &'static str) -> Result<G1Affine, ImportError> {
        let [x, y, z] = &self.0;
        if z != "1" {
            return Err(ImportError::NotAffine(name));
        }
        let mut bytes = [0; G1];
        put(&mut bytes, [x, y], name)?;
        let point: Option<G1Affine> = G1Affine::from_uncompressed(&bytes).into();
        point.ok_or(ImportError::Point(name))
    }
}

impl PointG2 {
    fn new(uncompressed: &[u8; G2]) -> Self {
        let (x, y) = uncompressed.split_at(2 * COORDINATE);
        let element = |bytes: &[u8]| {
            let (c1, c0) = bytes.split_at(COORDINATE);
            [decimal::encode(c0), decimal::encode(c1)]
        };
        Self([element(x), element(y), ["1".into(), "0".into()]])
    }

    fn point(&self, name: &'static str) -> Result<G2Affine, ImportError> {
        let [[x0, x1], [y0, y1], [z0, z1]] = &self.0;
        if (z0.as_str(), z1.as_str()) != ("1", "0") {
            return Err(ImportError::NotAffine(name));
        }
        let mut bytes = [0; G2];
        put(&mut bytes, [x1, x0, y1, y0], name)?;
        let point: Option<G2Affine> = G2Affine::from_uncompressed(&bytes).into();
        point.ok_or(ImportError::Point(name))
    }
}

/// Writes coordinates one after the other. The highest three bits of an encoding are flags; a number that reaches into
/// them is too large for the field and must not pass for one.
fn put<const K: usize>(bytes: &mut [u8], coordinates: [&String; K], name: &'static str) -> Result<(), ImportError> {
    const FLAGS: u8 = 0b1110_0000;
    for (place, text) in bytes.chunks_exact_mut(COORDINATE).zip(coordinates) {
        let value = decimal::decode::<COORDINATE>(text).filter(|value| value[0] & FLAGS == 0);
        place.copy_from_slice(&value.ok_or(ImportError::Number(name))?);
    }
    Ok(())
}

fn check_names(protocol: &str, curve: &str) -> Result<(), ImportError> {
    if protocol != PROTOCOL {
        return Err(ImportError::Protocol(protocol.into()));
    }
    if curve != CURVE {
        return Err(ImportError::Curve(curve.into()));
    }
    Ok(())
}

impl VerificationKeyJson {
    /// The JSON of a verifying key.
    ///
    /// # Errors
    /// [`ExportError::Layout`] if the key's own encoding is shorter than the key says.
    pub fn new(key: &VerifyingKey) -> Result<Self, ExportError> {
        let bytes = key.to_bytes();
        let mut rest = bytes.as_slice();
        let vk_alpha_1 = PointG1::new(take(&mut rest)?);
        take::<G1>(&mut rest)?; // beta in G1
        let vk_beta_2 = PointG2::new(take(&mut rest)?);
        let vk_gamma_2 = PointG2::new(take(&mut rest)?);
        take::<G1>(&mut rest)?; // delta in G1
        let vk_delta_2 = PointG2::new(take(&mut rest)?);
        take::<4>(&mut rest)?; // number of input points
        let points = (0..=key.inputs()).map(|_| Ok(PointG1::new(take(&mut rest)?)));
        Ok(Self {
            protocol: PROTOCOL.into(),
            curve: CURVE.into(),
            inputs: key.inputs(),
            vk_alpha_1,
            vk_beta_2,
            vk_gamma_2,
            vk_delta_2,
            ic: points.collect::<Result<_, ExportError>>()?,
        })
    }

    /// The points, each checked to be in its prime-order subgroup.
    ///
    /// # Errors
    /// [`ImportError`]: the first thing that is not as it should be.
    pub fn points(&self) -> Result<VerificationKeyPoints, ImportError> {
        check_names(&self.protocol, &self.curve)?;
        if self.inputs.checked_add(1) != Some(self.ic.len()) {
            return Err(ImportError::InputCount {
                inputs: self.inputs,
                points: self.ic.len(),
            });
        }
        Ok(VerificationKeyPoints {
            alpha_g1: self.vk_alpha_1.point("vk_alpha_1")?,
            beta_g2: self.vk_beta_2.point("vk_beta_2")?,
            gamma_g2: self.vk_gamma_2.point("vk_gamma_2")?,
            delta_g2: self.vk_delta_2.point("vk_delta_2")?,
            ic: self.ic.iter().map(|p| p.point("IC")).collect::<Result<_, _>>()?,
        })
    }
}

/// Takes bytes off the front of a slice.
fn take<'a, const N: usize>(rest: &mut &'a [u8]) -> Result<&'a [u8; N], ExportError> {
    let (head, tail) = rest.split_first_chunk().ok_or(ExportError::Layout)?;
    *rest = tail;
    Ok(head)
}

impl ProofJson {
    /// The JSON of a proof.
    ///
    /// # Errors
    /// [`ExportError::Layout`] if a point of the checked proof does not decode.
    pub fn new(proof: &Proof) -> Result<Self, ExportError> {
        let bytes = proof.to_bytes();
        let mut rest = bytes.as_slice();
        Ok(Self {
            pi_a: PointG1::new(&expand_g1(take(&mut rest)?)?),
            pi_b: PointG2::new(&expand_g2(take(&mut rest)?)?),
            pi_c: PointG1::new(&expand_g1(take(&mut rest)?)?),
            protocol: PROTOCOL.into(),
            curve: CURVE.into(),
        })
    }

    /// The proof's bytes, `A(48) ‖ B(96) ‖ C(48)`, its points checked.
    ///
    /// # Errors
    /// [`ImportError`].
    pub fn bytes(&self) -> Result<[u8; PROOF_BYTES], ImportError> {
        check_names(&self.protocol, &self.curve)?;
        let mut out = [0; PROOF_BYTES];
        let (a, rest) = out.split_at_mut(COORDINATE);
        let (b, c) = rest.split_at_mut(2 * COORDINATE);
        a.copy_from_slice(&self.pi_a.point("pi_a")?.to_compressed());
        b.copy_from_slice(&self.pi_b.point("pi_b")?.to_compressed());
        c.copy_from_slice(&self.pi_c.point("pi_c")?.to_compressed());
        Ok(out)
    }
}

/// The points were checked with the proof; only their `y` is computed here.
fn expand_g1(compressed: &[u8; COORDINATE]) -> Result<[u8; G1], ExportError> {
    let point: Option<G1Affine> = G1Affine::from_compressed_unchecked(compressed).into();
    point.map(|p| p.to_uncompressed()).ok_or(ExportError::Layout)
}

fn expand_g2(compressed: &[u8; 2 * COORDINATE]) -> Result<[u8; G2], ExportError> {
    let point: Option<G2Affine> = G2Affine::from_compressed_unchecked(compressed).into();
    point.map(|p| p.to_uncompressed()).ok_or(ExportError::Layout)
}

impl PublicJson {
    /// The JSON of public inputs.
    pub fn new(inputs: &[Scalar]) -> Self {
        let decimal = |input: &Scalar| {
            let mut bytes = input.to_bytes();
            bytes.reverse();
            decimal::encode(&bytes)
        };
        Self(inputs.iter().map(decimal).collect())
    }

    /// The inputs.
    ///
    /// # Errors
    /// [`ImportError::Number`] if one is not a decimal integer below the order of the field.
    pub fn inputs(&self) -> Result<Vec<Scalar>, ImportError> {
        let element = |text: &String| {
            let mut bytes = decimal::decode::<ELEMENT>(text)?;
            bytes.reverse();
            Option::<Scalar>::from(Scalar::from_bytes(&bytes))
        };
        let inputs = self
            .0
            .iter()
            .map(|text| element(text).ok_or(ImportError::Number("public input")));
        inputs.collect()
    }
}
