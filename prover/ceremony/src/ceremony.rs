//! A ceremony: the key as it stands, and how it came about.

use crate::{
    contribution::{beacon_is_fine, name_is_fine, Contribution, ContributionKind, Knowledge, TranscriptHash},
    curve::{affine, times, times_all, Curve, G1, G2},
    error::CeremonyError,
    initial::initial_state,
    progress::Step,
    ptau::Powers,
    secret::Secret,
    state::{State, StateHashes},
};
use cloister_groth16::{CircuitId, G2Affine, KeyPoints, Matrices, ProvingKey, VerifyingKey};

/// Maximum number of contributions to a ceremony.
pub const MAX_CONTRIBUTIONS: usize = 1000;

/// A ceremony for the key of one circuit (phase 2 of Bowe, Gabizon and Miers: `docs/spec/ceremony.md`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ceremony {
    pub(crate) initial: StateHashes,
    pub(crate) contributions: Vec<Contribution>,
    pub(crate) state: State,
}

impl Ceremony {
    /// Begins a ceremony: the first key of a circuit, with delta = 1 (Y-START).
    ///
    /// # Errors
    /// [`CeremonyError::EmptyCircuit`], [`CeremonyError::Domain`], [`CeremonyError::UnconstrainedWire`].
    pub fn new(powers: &Powers, matrices: &Matrices, progress: &dyn Fn(Step)) -> Result<Self, CeremonyError> {
        let state = initial_state(powers, matrices, progress)?;
        progress(Step::Hashing);
        Ok(Self {
            initial: state.hashes(),
            contributions: Vec::new(),
            state,
        })
    }

    /// The circuit whose key is made.
    pub fn circuit(&self) -> CircuitId {
        self.state.circuit
    }

    /// All contributions, in order.
    pub fn contributions(&self) -> &[Contribution] {
        &self.contributions
    }

    /// Hash of everything so far.
    pub fn hash(&self) -> TranscriptHash {
        self.contributions
            .last()
            .map_or_else(|| self.start(), Contribution::hash)
    }

    /// The hash that the ceremony begins with: of circuit and first key.
    pub fn start(&self) -> TranscriptHash {
        TranscriptHash::start(self.state.circuit, &self.initial)
    }

    /// The verifying key as it stands.
    pub fn verifying_key(&self) -> &VerifyingKey {
        &self.state.vk
    }

    /// Checks what stands so far ([`Ceremony::check`]) and contributes to it: draws a secret from the operating system
    /// and `entropy`, multiplies delta by it, divides `h` and `l` by it, proves knowledge of it, and forgets it
    /// (Y-CONTRIBUTE).
    ///
    /// # Errors
    /// [`CeremonyError::Name`], [`CeremonyError::Ended`], [`CeremonyError::Full`], [`CeremonyError::Randomness`]; what
    /// [`Ceremony::check`] finds. Nothing has changed then.
    pub fn contribute(&mut self, name: &str, entropy: &[u8], progress: &dyn Fn(Step)) -> Result<(), CeremonyError> {
        if !name_is_fine(name) {
            return Err(CeremonyError::Name);
        }
        self.check_open()?;
        self.check(progress)?;
        let secret = Secret::random(entropy)?;
        self.apply(name, ContributionKind::Person, &secret, progress);
        Ok(())
    }

    /// Checks what stands so far and ends the ceremony with a public contribution, whose secret is the value hashed
    /// `2^log2` times: no contributor could foresee it and choose a secret accordingly (Y-BEACON).
    ///
    /// # Errors
    /// [`CeremonyError::BeaconBounds`], [`CeremonyError::Ended`], [`CeremonyError::Full`],
    /// [`CeremonyError::NoContribution`]; what [`Ceremony::check`] finds. Nothing has changed then.
    pub fn beacon(&mut self, value: &[u8], log2: u32, progress: &dyn Fn(Step)) -> Result<(), CeremonyError> {
        if !beacon_is_fine(value, log2) {
            return Err(CeremonyError::BeaconBounds);
        }
        self.check_open()?;
        self.check_person()?;
        self.check(progress)?;
        progress(Step::Beacon(log2));
        let secret = Secret::beacon(value, log2, &self.hash()).ok_or(CeremonyError::BeaconBounds)?;
        let value = value.to_vec();
        self.apply("beacon", ContributionKind::Beacon { value, log2 }, &secret, progress);
        Ok(())
    }

    /// Checks what stands so far and makes it a proving key.
    ///
    /// # Errors
    /// [`CeremonyError::NoContribution`]; what [`Ceremony::check`] finds.
    pub fn export(self, progress: &dyn Fn(Step)) -> Result<ProvingKey, CeremonyError> {
        self.check_person()?;
        self.check(progress)?;
        let State { circuit, vk, points } = self.state;
        Ok(ProvingKey::from_points(circuit, false, vk, points))
    }

    /// No beacon yet, and room for one more.
    fn check_open(&self) -> Result<(), CeremonyError> {
        let ended = |c: &Contribution| matches!(c.kind, ContributionKind::Beacon { .. });
        if let Some(i) = self.contributions.iter().position(ended) {
            return Err(CeremonyError::Ended(i + 1));
        }
        if self.contributions.len() >= MAX_CONTRIBUTIONS {
            return Err(CeremonyError::Full(self.contributions.len()));
        }
        Ok(())
    }

    /// A beacon alone protects nothing: its secret is public.
    fn check_person(&self) -> Result<(), CeremonyError> {
        if self.contributions.iter().any(|c| c.kind == ContributionKind::Person) {
            Ok(())
        } else {
            Err(CeremonyError::NoContribution)
        }
    }

    /// Applies a secret to the key and records it.
    pub(crate) fn apply(&mut self, name: &str, kind: ContributionKind, secret: &Secret, progress: &dyn Fn(Step)) {
        let KeyPoints { h, l, .. } = &self.state.points;
        progress(Step::Contributing(h.len() + l.len()));
        let inverse = secret.inverse();
        let (h, l) = (times_all::<G1>(h, &inverse), times_all::<G1>(l, &inverse));
        self.state.points.h = h;
        self.state.points.l = l;
        self.state.vk.delta_g1 = times::<G1>(&self.state.vk.delta_g1, &secret.x);
        self.state.vk.delta_g2 = times::<G2>(&self.state.vk.delta_g2, &secret.x);
        progress(Step::Hashing);
        let record = self.record(name, kind, secret);
        self.contributions.push(record);
    }

    /// The record of a contribution that left the key as it stands.
    pub(crate) fn record(&self, name: &str, kind: ContributionKind, secret: &Secret) -> Contribution {
        let state = self.state.hashes();
        let s = affine::<G1>(G1::multiply(&G1::generator(), &secret.s));
        let mut contribution = Contribution {
            previous: self.hash(),
            name: name.into(),
            kind,
            delta_g1: self.state.vk.delta_g1,
            delta_g2: self.state.vk.delta_g2,
            state,
            probe_h: self.state.probe_h(&state.result),
            probe_l: self.state.probe_l(&state.result),
            knowledge: Knowledge {
                s,
                s_x: times::<G1>(&s, &secret.x),
                // Does not enter the challenge.
                r_x: G2Affine::default(),
            },
        };
        contribution.knowledge.r_x = times::<G2>(&contribution.challenge(), &secret.x);
        contribution
    }
}
