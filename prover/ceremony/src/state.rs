//! A state of the key, its hashes and its probes (Y-STATE, Y-PROBE).

use crate::{
    coefficients::{combine, expand},
    curve::{encode_list, Curve, G1, G2},
};
use blake2::{Blake2b512, Digest};
use cloister_groth16::{CircuitId, G1Affine, KeyPoints, VerifyingKey};

const FIXED_TAG: &[u8] = b"cloister ceremony v1 fixed";
const RESULT_TAG: &[u8] = b"cloister ceremony v1 result";
const H_LABEL: &[u8] = b"cloister ceremony v1 probe h";
const L_LABEL: &[u8] = b"cloister ceremony v1 probe l";

/// Hashes of a state.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct StateHashes {
    /// Over what no contribution may change: circuit, alpha, beta, gamma, the inputs' points, A and B.
    pub fixed: [u8; 64],
    /// Over `fixed` and what every contribution changes: delta, `h`, `l`.
    pub result: [u8; 64],
}

impl std::fmt::Debug for StateHashes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "StateHashes({}, {})",
            hex::encode(self.fixed),
            hex::encode(self.result)
        )
    }
}

/// The key between two contributions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct State {
    pub(crate) circuit: CircuitId,
    pub(crate) vk: VerifyingKey,
    pub(crate) points: KeyPoints,
}

/// A part of the key that no contribution may change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FixedPart {
    /// Alpha, beta or gamma.
    #[error("alpha, beta or gamma")]
    Secrets,
    /// The points of the public inputs.
    #[error("the points of the public inputs")]
    Inputs,
    /// The points A.
    #[error("the points A")]
    A,
    /// The points B in G1.
    #[error("the points B in G1")]
    BG1,
    /// The points B in G2.
    #[error("the points B in G2")]
    BG2,
}

impl State {
    /// Its hashes.
    pub(crate) fn hashes(&self) -> StateHashes {
        let mut hash = Blake2b512::new();
        hash.update(FIXED_TAG);
        hash.update(self.circuit.0);
        let mut bytes = Vec::new();
        G1::encode(&self.vk.alpha_g1, &mut bytes);
        G1::encode(&self.vk.beta_g1, &mut bytes);
        G2::encode(&self.vk.beta_g2, &mut bytes);
        G2::encode(&self.vk.gamma_g2, &mut bytes);
        hash.update(&bytes);
        for list in [&self.vk.ic, &self.points.a, &self.points.b_g1] {
            encode_list::<G1>(list, |bytes| hash.update(bytes));
        }
        encode_list::<G2>(&self.points.b_g2, |bytes| hash.update(bytes));
        let fixed: [u8; 64] = hash.finalize().into();

        let mut hash = Blake2b512::new();
        hash.update(RESULT_TAG);
        hash.update(fixed);
        bytes.clear();
        G1::encode(&self.vk.delta_g1, &mut bytes);
        G2::encode(&self.vk.delta_g2, &mut bytes);
        hash.update(&bytes);
        for list in [&self.points.h, &self.points.l] {
            encode_list::<G1>(list, |bytes| hash.update(bytes));
        }
        StateHashes {
            fixed,
            result: hash.finalize().into(),
        }
    }

    /// The combination of its points `h` with the coefficients of a result.
    pub(crate) fn probe_h(&self, result: &[u8; 64]) -> G1Affine {
        combine::<G1>(&self.points.h, &expand(result, H_LABEL, self.points.h.len()))
    }

    /// The combination of its points `l` with the coefficients of a result.
    pub(crate) fn probe_l(&self, result: &[u8; 64]) -> G1Affine {
        combine::<G1>(&self.points.l, &expand(result, L_LABEL, self.points.l.len()))
    }

    /// The first part in which two states differ though they may not.
    pub(crate) fn fixed_difference(&self, other: &Self) -> Option<FixedPart> {
        let secrets = |vk: &VerifyingKey| (vk.alpha_g1, vk.beta_g1, vk.beta_g2, vk.gamma_g2);
        [
            (secrets(&self.vk) == secrets(&other.vk), FixedPart::Secrets),
            (self.vk.ic == other.vk.ic, FixedPart::Inputs),
            (self.points.a == other.points.a, FixedPart::A),
            (self.points.b_g1 == other.points.b_g1, FixedPart::BG1),
            (self.points.b_g2 == other.points.b_g2, FixedPart::BG2),
        ]
        .into_iter()
        .find_map(|(equal, part)| (!equal).then_some(part))
    }
}
