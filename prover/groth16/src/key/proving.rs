//! Proving keys.

#[cfg(feature = "native")]
use super::file::MappedPoints;
use super::{
    encoding::{read_parameters, write_parameters},
    CircuitId, G1Affine, G2Affine, KeyPoints, VerifyingKey,
};
use crate::{
    verify::{PreparedVerifyingKey, Proof},
    KeyError, VerifyError,
};
use bls12_381::Scalar;
use std::{
    fmt,
    io::{self, Read, Write},
    sync::{Arc, OnceLock},
};

/// Where the points are.
enum Points {
    /// In memory.
    Owned(KeyPoints),
    /// In a key file that is mapped read-only.
    #[cfg(feature = "native")]
    Mapped(MappedPoints),
}

struct Inner {
    circuit: CircuitId,
    development: bool,
    vk: VerifyingKey,
    prepared: OnceLock<PreparedVerifyingKey>,
    points: Points,
}

/// A proving key with its verifying key. Clones share the points.
#[derive(Clone)]
pub struct ProvingKey(Arc<Inner>);

impl fmt::Debug for ProvingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ProvingKey")
            .field("circuit", &self.circuit())
            .field("development", &self.is_development())
            .field("mapped", &!matches!(self.0.points, Points::Owned(_)))
            .finish_non_exhaustive()
    }
}

impl ProvingKey {
    /// A key of points in memory. They are taken as they are: whoever has them from outside uses
    /// [`ProvingKey::read_groth16`].
    pub fn from_points(circuit: CircuitId, development: bool, vk: VerifyingKey, points: KeyPoints) -> Self {
        Self::new(circuit, development, vk, Points::Owned(points))
    }

    #[cfg(feature = "native")]
    pub(super) fn from_map(circuit: CircuitId, development: bool, vk: VerifyingKey, points: MappedPoints) -> Self {
        Self::new(circuit, development, vk, Points::Mapped(points))
    }

    fn new(circuit: CircuitId, development: bool, vk: VerifyingKey, points: Points) -> Self {
        Self(Arc::new(Inner {
            circuit,
            development,
            vk,
            prepared: OnceLock::new(),
            points,
        }))
    }

    /// The circuit this key belongs to.
    pub fn circuit(&self) -> CircuitId {
        self.0.circuit
    }

    /// True if the key's trapdoor is public: only development chains take its proofs.
    pub fn is_development(&self) -> bool {
        self.0.development
    }

    /// The verifying key.
    pub fn vk(&self) -> &VerifyingKey {
        &self.0.vk
    }

    /// The verifying key as the chain stores it (C-VERIFIER): uncompressed points.
    pub fn verifying_key(&self) -> Vec<u8> {
        self.0.vk.to_bytes()
    }

    /// See [`KeyPoints::h`].
    pub fn h(&self) -> &[G1Affine] {
        match &self.0.points {
            Points::Owned(points) => &points.h,
            #[cfg(feature = "native")]
            Points::Mapped(map) => map.h(),
        }
    }

    /// See [`KeyPoints::l`].
    pub fn l(&self) -> &[G1Affine] {
        match &self.0.points {
            Points::Owned(points) => &points.l,
            #[cfg(feature = "native")]
            Points::Mapped(map) => map.l(),
        }
    }

    /// See [`KeyPoints::a`].
    pub fn a(&self) -> &[G1Affine] {
        match &self.0.points {
            Points::Owned(points) => &points.a,
            #[cfg(feature = "native")]
            Points::Mapped(map) => map.a(),
        }
    }

    /// See [`KeyPoints::b_g1`].
    pub fn b_g1(&self) -> &[G1Affine] {
        match &self.0.points {
            Points::Owned(points) => &points.b_g1,
            #[cfg(feature = "native")]
            Points::Mapped(map) => map.b_g1(),
        }
    }

    /// See [`KeyPoints::b_g2`].
    pub fn b_g2(&self) -> &[G2Affine] {
        match &self.0.points {
            Points::Owned(points) => &points.b_g2,
            #[cfg(feature = "native")]
            Points::Mapped(map) => map.b_g2(),
        }
    }

    /// Writes the encoding of `groth16::Parameters::write`.
    ///
    /// # Errors
    /// Those of the writer; `FileTooLarge` if a list has more points than the encoding can count.
    pub fn write_groth16<W: Write>(&self, writer: W) -> io::Result<()> {
        write_parameters(
            writer,
            self.vk(),
            [self.h(), self.l(), self.a(), self.b_g1()],
            self.b_g2(),
        )
    }

    /// Reads the encoding of `groth16::Parameters::write`; stops behind the last point. The points must lie on the
    /// curve and not be the identity; with `checked` they must be in the subgroup of prime order too. Leave it out only
    /// for bytes that have passed once: a key with a bad point can give away the witness. The verifying key is always
    /// checked.
    ///
    /// The encoding names no circuit: `circuit` and `development` are the caller's word.
    ///
    /// # Errors
    /// [`KeyError::Stream`], [`KeyError::NoInputPoints`], [`KeyError::Point`] with the first point that may not be
    /// used.
    pub fn read_groth16<R: Read>(
        circuit: CircuitId,
        development: bool,
        reader: R,
        checked: bool,
    ) -> Result<Self, KeyError> {
        let (vk, points) = read_parameters(reader, checked)?;
        Ok(Self::from_points(circuit, development, vk, points))
    }

    /// Verifies a proof natively, as the prover does before it hands one on.
    ///
    /// # Errors
    /// [`VerifyError`].
    pub fn verify(&self, proof: &Proof, inputs: &[Scalar]) -> Result<(), VerifyError> {
        self.prepared().verify(proof, inputs)
    }

    /// The verifying key with its fixed pairings done; computed once.
    pub fn prepared(&self) -> &PreparedVerifyingKey {
        self.0.prepared.get_or_init(|| self.0.vk.prepare())
    }
}
