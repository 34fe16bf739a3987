//! Making, changing and recording seals.

use cloister_circuits::{
    statements::seal::{SealCircuit, SealStatement, SealWitness},
    Fr,
};
use cloister_circuits_testing::{Recorded, TestSystem};
use cloister_crypto::{
    jubjub::{self, AffinePoint, ExtendedPoint},
    schnorr::{generator, SecretKey},
    seal::{pad, SealKey},
    stream::view_commitment,
};
use cloister_ledger::Key;
use cloister_ledger_testing::Random;
use cloister_types::GroupId;

static RECORDED: Recorded<()> = Recorded::new();

/// A statement and its witness.
#[derive(Clone)]
pub struct Scene {
    pub statement: SealStatement,
    pub witness: SealWitness,
}

pub fn coordinates(point: ExtendedPoint) -> Key {
    let affine = AffinePoint::from(point);
    Key {
        x: affine.get_u(),
        y: affine.get_v(),
    }
}

pub fn point(key: &Key) -> ExtendedPoint {
    AffinePoint::from_raw_unchecked(key.x, key.y).into()
}

pub fn identity() -> Key {
    coordinates(ExtendedPoint::identity())
}

pub fn order_two() -> ExtendedPoint {
    AffinePoint::from_raw_unchecked(Fr::zero(), -Fr::one()).into()
}

/// A point of order eight.
pub fn order_eight() -> ExtendedPoint {
    (0u8..=255)
        .filter_map(|i| {
            let mut bytes = [0; 32];
            bytes[0] = i;
            Option::<AffinePoint>::from(AffinePoint::from_bytes(bytes))
        })
        .map(|p| {
            let p = ExtendedPoint::from(p);
            // The order of the subgroup, times the point.
            p * -jubjub::Fr::one() + p
        })
        .find(|p| p.double().double() != ExtendedPoint::identity())
        .expect("one curve point in two has a component of order eight")
}

pub fn entropy(random: &mut Random) -> [u8; 64] {
    let mut out = [0; 64];
    out[..32].copy_from_slice(&random.bytes());
    out[32..].copy_from_slice(&random.bytes());
    out
}

/// `scalar + order of the subgroup`, for scalars below `2^248`.
pub fn alias(scalar: &[u8; 32]) -> [u8; 32] {
    let mut carry = 1u16;
    let last = (-jubjub::Fr::one()).to_bytes();
    let out = std::array::from_fn(|i| {
        carry += u16::from(scalar[i]) + u16::from(last[i]);
        let byte = carry as u8;
        carry >>= 8;
        byte
    });
    assert!(carry == 0 && out[31] >> 4 == 0, "an alias of 252 bits");
    out
}

impl Scene {
    /// A good seal in which everything is random.
    pub fn random(random: &mut Random) -> Self {
        let sealing_key = SealKey::from_seed(&random.bytes()).public().expect("not the identity");
        let key = SecretKey::from_seed(&random.bytes()).public();
        let (statement, witness) = SealStatement::seal(
            random.bytes(),
            GroupId(random.word() as u32),
            random.bytes(),
            &sealing_key,
            &key,
            random.field(),
            &entropy(random),
        );
        Self { statement, witness }
    }

    pub fn new() -> Self {
        Self::random(&mut Random::new(1))
    }

    /// Makes `E`, `ct` and the commitment anew from scalar, view key and sealing key, whatever these are.
    pub fn seal(&mut self) {
        let e = jubjub::Fr::from_bytes(&self.witness.scalar).unwrap_or(jubjub::Fr::zero());
        let ephemeral = ExtendedPoint::from(generator()) * e;
        self.statement.ephemeral = coordinates(ephemeral);
        let shared = self.shared();
        self.statement.ciphertext = self.witness.view_key + pad(shared.into(), ephemeral.into());
        self.statement.view_commitment = view_commitment(&self.statement.scope(), self.witness.view_key);
    }

    /// `S = e·Q`.
    pub fn shared(&self) -> ExtendedPoint {
        let e = jubjub::Fr::from_bytes(&self.witness.scalar).unwrap_or(jubjub::Fr::zero());
        point(&self.statement.sealing_key) * e
    }

    /// Takes a scalar and seals with it.
    pub fn with_scalar(mut self, scalar: jubjub::Fr) -> Self {
        self.witness.scalar = scalar.to_bytes();
        self.seal();
        self
    }

    pub fn system(&self) -> TestSystem {
        let circuit = SealCircuit::proving(self.statement, self.witness);
        RECORDED
            .of((), SealCircuit::blank, circuit)
            .expect("every witness synthesises")
    }
}
