//! What `cloister-prover circuits` says of a circuit.

use super::{error::CircuitError, named::NamedCircuit};
use cloister_groth16::KeySizes;
use serde::Serialize;
use std::{collections::BTreeMap, fmt};

/// Numbers of a circuit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Report {
    /// Its name on the command line.
    pub name: &'static str,
    /// What it proves.
    pub about: &'static str,
    /// Its identity, hexadecimal.
    pub circuit: String,
    /// Its shape; none if there is but one. Numbers of units are those of batches.
    pub shape: Option<&'static str>,
    /// Number of units in a batch.
    pub units: Option<u16>,
    /// Places per unit.
    pub places_per_unit: Option<u16>,
    /// Number of constraints.
    pub constraints: usize,
    /// Maximum number of accounts that a solvency statement covers.
    pub accounts: Option<usize>,
    /// Constraints that a batch has once, whatever its units, or a solvency statement, whatever its accounts.
    pub constraints_once: Option<usize>,
    /// Constraints per unit: all but those that a batch has once, divided by its units, rounded up.
    pub constraints_per_unit: Option<usize>,
    /// Constraints per account: all but those that a solvency statement has once, divided by its accounts, rounded up.
    pub constraints_per_account: Option<usize>,
    /// Constraints by part of the circuit; the same part counts together in all units and in all their places.
    pub by_gadget: BTreeMap<String, usize>,
    /// Base-two logarithm of the evaluation domain.
    pub domain_log2: u32,
    /// Private wires.
    pub private_wires: usize,
    /// Public inputs, without the constant one.
    pub public_inputs: usize,
    /// Sizes of its keys.
    pub key: KeyReport,
}

/// Sizes of a circuit's keys, computed without making them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct KeyReport {
    /// Bytes of the proving key's file.
    pub proving_bytes: u64,
    /// Bytes of the verifying key as the chain stores it.
    pub verifying_bytes: usize,
    /// Points of the proving key.
    pub points: PointsReport,
}

/// Points of a proving key by list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[allow(missing_docs)] // The names are those of `cloister_groth16::KeyPoints`.
pub struct PointsReport {
    pub h: usize,
    pub l: usize,
    pub a: usize,
    pub b_g1: usize,
    pub b_g2: usize,
}

impl From<KeySizes> for KeyReport {
    fn from(sizes: KeySizes) -> Self {
        Self {
            proving_bytes: sizes.proving_bytes,
            verifying_bytes: sizes.verifying_bytes,
            points: PointsReport {
                h: sizes.h,
                l: sizes.l,
                a: sizes.a,
                b_g1: sizes.b_g1,
                b_g2: sizes.b_g2,
            },
        }
    }
}

impl Report {
    /// Synthesises a circuit and counts.
    ///
    /// # Errors
    /// [`CircuitError::Synthesis`], [`CircuitError::Key`].
    pub fn of(circuit: &NamedCircuit) -> Result<Self, CircuitError> {
        let matrices = circuit.matrices()?;
        let sizes = KeySizes::of(&matrices).map_err(|source| CircuitError::Key {
            name: circuit.name,
            source,
        })?;
        let constraints = matrices.constraints();
        let of_batch = circuit.shape.map(|shape| shape.constraints_once());
        let of_accounts = circuit.solvency.map(|shape| shape.constraints_once());
        let once = of_batch.or(of_accounts).map(|once| circuit.synthesised(once));
        let once = once.transpose()?;
        let per_unit = circuit.shape.zip(once).and_then(|(shape, once)| {
            let rest = constraints.checked_sub(once)?;
            (shape.units > 0).then(|| rest.div_ceil(shape.units.into()))
        });
        let per_account = circuit
            .solvency
            .zip(once)
            .and_then(|(shape, once)| Some(constraints.checked_sub(once)?.div_ceil(shape.accounts.max(1))));
        let names = (
            circuit.shape.map(|shape| shape.name),
            circuit.solvency.map(|shape| shape.name),
        );
        Ok(Self {
            name: circuit.name,
            about: circuit.about,
            circuit: matrices.id().to_string(),
            shape: names.0.or(names.1),
            units: circuit.shape.map(|shape| shape.units),
            places_per_unit: circuit.shape.map(|shape| shape.places),
            accounts: circuit.solvency.map(|shape| shape.accounts),
            constraints,
            constraints_once: once,
            constraints_per_unit: per_unit,
            constraints_per_account: per_account,
            by_gadget: circuit.synthesised((circuit.census)())?,
            domain_log2: matrices.domain_log2(),
            private_wires: matrices.aux,
            public_inputs: matrices.inputs - 1,
            key: sizes.into(),
        })
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}: {}", self.name, self.about)?;
        writeln!(f, "  circuit        {}", self.circuit)?;
        if let (Some(shape), Some(units), Some(places)) = (self.shape, self.units, self.places_per_unit) {
            writeln!(f, "  shape          {shape}: {units} units, {places} places per unit")?;
        }
        if let (Some(shape), Some(accounts)) = (self.shape, self.accounts) {
            writeln!(f, "  shape          {shape}: {accounts} accounts")?;
        }
        writeln!(f, "  constraints    {}", self.constraints)?;
        if let Some(unit) = self.constraints_per_unit {
            writeln!(f, "    per unit     {unit}")?;
        }
        if let Some(account) = self.constraints_per_account {
            writeln!(f, "    per account  {account}")?;
        }
        if let Some(once) = self.constraints_once {
            writeln!(f, "    once         {once}")?;
        }
        writeln!(f, "  domain         2^{}", self.domain_log2)?;
        writeln!(f, "  inputs         {}", self.public_inputs)?;
        writeln!(f, "  proving key    {} bytes", self.key.proving_bytes)?;
        writeln!(f, "  verifying key  {} bytes", self.key.verifying_bytes)
    }
}
