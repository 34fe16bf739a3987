//! The columns of the risk table that accounts are assessed with (D-TABLE).

use bellman::{ConstraintSystem, SynthesisError};
use cloister_crypto::constants::{domain, INSTRUMENTS, RISK_HEADER, RISK_ROW, SCENARIOS};
use cloister_risk::{table::meta, RiskTable};

use crate::{
    gadgets::{
        bits::range,
        inner::Paired,
        num::{enforce_equal, Num},
        poseidon2::sponge,
    },
    statements::batch::risk::place,
    Fr,
};

/// Places in the header.
const GROUP: usize = 0;
const VERSION: usize = 1;
const TIME: usize = 2;

/// The table, by columns. The chain makes it and the circuit's only use of it is its hash, so its values need no
/// ranges: no prover can choose them.
pub struct Columns {
    elements: Vec<Num>,
    /// `V_j`.
    pub value: Paired,
    /// `(floor+_j + floor-_j)/2`, to be multiplied by `|q_j|`.
    pub floor: Paired,
    /// `R_{j,s} - (floor+_j - floor-_j)/2` by scenario, to be multiplied by `q_j`.
    pub profits: Vec<Paired>,
    /// One where the row is not stale.
    pub live: Paired,
}

/// One where a row is not stale: the last bit of its `meta` is zero.
fn live<CS: ConstraintSystem<Fr>>(cs: &mut CS, number: usize, row: &[Num]) -> Result<Num, SynthesisError> {
    let mut cs = cs.namespace(|| format!("row {number}"));
    let bits = range(&mut cs, "meta", &row[place::META], meta::BITS)?;
    Ok(Num::one() - bits[meta::STALE].num())
}

impl Columns {
    /// Allocates every element and makes the columns.
    ///
    /// The floor of a position is `q·floor+` if it is long and `-q·floor-` if it is short, which is
    /// `|q|·(floor+ + floor-)/2 + q·(floor+ - floor-)/2`. The second part is as linear in `q` as the scenarios' profits
    /// and is counted with them.
    pub fn alloc<CS: ConstraintSystem<Fr>>(cs: &mut CS, table: Option<&RiskTable>) -> Result<Self, SynthesisError> {
        let mut cs = cs.namespace(|| "D-TABLE");
        let values = table.map(|t| t.header_elements());
        let mut elements = (0..RISK_HEADER)
            .map(|i| Num::alloc(&mut cs, || format!("header {i}"), values.map(|v| v[i])))
            .collect::<Result<Vec<_>, _>>()?;
        let mut rows = Vec::with_capacity(INSTRUMENTS);
        for j in 0..INSTRUMENTS {
            let mut cs = cs.namespace(|| format!("row {j}"));
            let values = table.map(|t| t.rows[j].elements());
            let row = (0..RISK_ROW)
                .map(|i| Num::alloc(&mut cs, || format!("element {i}"), values.map(|v| v[i])))
                .collect::<Result<Vec<_>, _>>()?;
            elements.extend_from_slice(&row);
            rows.push(row);
        }
        let half = Fr::from(2).invert().unwrap_or(Fr::zero());
        let floors = |sign: Fr| {
            let of = |row: &Vec<Num>| {
                let [long, short] = [&row[place::FLOOR_LONG], &row[place::FLOOR_SHORT]];
                (long + &short.scale(sign)).scale(half)
            };
            rows.iter().map(of).collect::<Vec<_>>()
        };
        let tilt = floors(-Fr::one());
        let profits = (0..SCENARIOS)
            .map(|s| {
                let profits = rows
                    .iter()
                    .zip(&tilt)
                    .map(|(row, tilt)| &row[place::SCENARIOS + s] - tilt);
                let profits = profits.collect();
                Paired::pinned(&mut cs.namespace(|| format!("scenario {s}")), "profit", profits)
            })
            .collect::<Result<_, _>>()?;
        let live = rows
            .iter()
            .enumerate()
            .map(|(j, row)| live(&mut cs, j, row))
            .collect::<Result<_, _>>()?;
        Ok(Self {
            elements,
            value: Paired::pinned(
                &mut cs,
                "value",
                rows.iter().map(|row| row[place::VALUE].clone()).collect(),
            )?,
            floor: Paired::pinned(&mut cs, "floor", floors(Fr::one()))?,
            profits,
            live: Paired::pinned(&mut cs, "live", live)?,
        })
    }

    /// These are the values of the table that the statement names.
    pub fn enforce_hash<CS: ConstraintSystem<Fr>>(&self, cs: &mut CS, expected: &Num) -> Result<(), SynthesisError> {
        let mut cs = cs.namespace(|| "D-TABLE");
        let hash = sponge(&mut cs, "hash", domain::RISK, &self.elements)?;
        enforce_equal(&mut cs, || "values are those of the table", &hash, expected);
        Ok(())
    }

    /// Margin group.
    pub fn group(&self) -> &Num {
        &self.elements[GROUP]
    }

    /// Version.
    pub fn version(&self) -> &Num {
        &self.elements[VERSION]
    }

    /// Time of the prices.
    pub fn time(&self) -> &Num {
        &self.elements[TIME]
    }

    /// Maintenance ratio over 2^8.
    pub fn maintenance(&self) -> &Num {
        &self.elements[place::MAINTENANCE]
    }
}
