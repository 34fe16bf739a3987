//! The risk table as wires (S-RISK).
//!
//! The chain makes the table and hashes it, and the circuit's only use of it is the hash, so its values need no range
//! checks: no prover can choose them.

use bellman::{ConstraintSystem, SynthesisError};
use cloister_crypto::constants::{domain, INSTRUMENTS, RISK_HEADER, RISK_ROW, SCENARIOS};
use cloister_risk::RiskTable;

use crate::{
    gadgets::{num::Num, poseidon2::sponge},
    Fr,
};

/// The table's elements.
pub struct Table {
    header: Vec<Num>,
    /// One row an instrument, each in the order of S-RISK.
    rows: Vec<Vec<Num>>,
}

/// Places in the header and in a row.
mod place {
    pub const INITIAL: usize = 3;
    pub const MAINTENANCE: usize = 4;
    pub const FEE_CAP: usize = 6;
    pub const META: usize = 0;
    pub const FUNDING: usize = 1;
    pub const VALUE: usize = 2;
    pub const MARK: usize = 3;
    pub const FLOOR_LONG: usize = 4;
    pub const FLOOR_SHORT: usize = 5;
    pub const SCENARIOS: usize = 6;
}

impl Table {
    /// Allocates every element.
    pub fn alloc<CS: ConstraintSystem<Fr>>(cs: &mut CS, table: Option<&RiskTable>) -> Result<Self, SynthesisError> {
        let mut cs = cs.namespace(|| "risk table");
        let values = table.map(|t| t.header_elements());
        let header = (0..RISK_HEADER)
            .map(|i| Num::alloc(&mut cs, || format!("header {i}"), values.map(|v| v[i])))
            .collect::<Result<_, _>>()?;
        let mut rows = Vec::with_capacity(INSTRUMENTS);
        for j in 0..INSTRUMENTS {
            let mut cs = cs.namespace(|| format!("row {j}"));
            let values = table.map(|t| t.rows[j].elements());
            let row = (0..RISK_ROW).map(|i| Num::alloc(&mut cs, || format!("element {i}"), values.map(|v| v[i])));
            rows.push(row.collect::<Result<_, _>>()?);
        }
        Ok(Self { header, rows })
    }

    /// The statement's `risk_hash`.
    pub fn hash<CS: ConstraintSystem<Fr>>(&self, cs: &mut CS) -> Result<Num, SynthesisError> {
        let elements: Vec<Num> = self.header.iter().chain(self.rows.iter().flatten()).cloned().collect();
        sponge(cs, "S-RISK", domain::RISK, &elements)
    }

    /// Initial ratio over 2^8.
    pub fn initial(&self) -> &Num {
        &self.header[place::INITIAL]
    }

    /// Maintenance ratio over 2^8.
    pub fn maintenance(&self) -> &Num {
        &self.header[place::MAINTENANCE]
    }

    /// Fee cap in 10^-6 of the cost.
    pub fn fee_cap(&self) -> &Num {
        &self.header[place::FEE_CAP]
    }

    fn column(&self, place: usize) -> Vec<Num> {
        self.rows.iter().map(|row| row[place].clone()).collect()
    }

    /// The packed `instrument_id ‖ status ‖ limit ‖ chunk ‖ band` of every row.
    pub fn meta(&self) -> Vec<Num> {
        self.column(place::META)
    }

    /// `F_j`.
    pub fn funding(&self) -> Vec<Num> {
        self.column(place::FUNDING)
    }

    /// `V_j`.
    pub fn value(&self) -> Vec<Num> {
        self.column(place::VALUE)
    }

    /// `mark_j`.
    pub fn mark(&self) -> Vec<Num> {
        self.column(place::MARK)
    }

    /// Floors of long lots.
    pub fn floor_long(&self) -> Vec<Num> {
        self.column(place::FLOOR_LONG)
    }

    /// Floors of short lots.
    pub fn floor_short(&self) -> Vec<Num> {
        self.column(place::FLOOR_SHORT)
    }

    /// `R_{j,s}` of one scenario.
    pub fn scenario(&self, s: usize) -> Vec<Num> {
        debug_assert!(s < SCENARIOS);
        self.column(place::SCENARIOS + s)
    }
}
