//! The risk table as wires (S-RISK).
//!
//! The chain makes the table and hashes it, and the circuit's only use of it is the hash, so its values need no range
//! checks: no prover can choose them. Only the fields that are packed into one element are taken apart, and of every
//! row the largest loss of a lot is named, once per batch.

use bellman::{ConstraintSystem, SynthesisError};
use cloister_crypto::{
    constants::{domain, INSTRUMENTS, RISK_HEADER, RISK_ROW, SCENARIOS, STATUS_BITS},
    field::from_i128,
};
use cloister_risk::{table::meta, RiskTable, Row};

use crate::{
    gadgets::{
        bits::{concatenate, pack, range},
        boolean::Bit,
        inner::Paired,
        num::{enforce_product, Num},
        poseidon2::sponge,
    },
    Fr,
};

/// The table, by columns.
pub struct Table {
    elements: Vec<Num>,
    header: Vec<Num>,
    /// The parts of `meta`.
    pub instrument_id: Paired,
    /// The status in the low bits, then the bit of a stale row.
    pub status_and_stale: Paired,
    pub limit: Paired,
    pub chunk: Paired,
    pub band: Paired,
    /// `F_j`.
    pub funding: Paired,
    /// `V_j`.
    pub value: Paired,
    /// `mark_j`.
    pub mark: Paired,
    /// `floor-_j`.
    pub floor_short: Paired,
    /// `floor+_j + floor-_j`.
    pub floor_both: Paired,
    /// What one long lot requires alone: a loss of one of the scenarios, and the floor (B-NEED).
    pub lone_long: Paired,
    /// The same of one short lot.
    pub lone_short: Paired,
    /// `R_{j,s}` by scenario.
    pub scenarios: Vec<Paired>,
    /// Rows that have expired.
    pub expired: Vec<Bit>,
    /// Rows in which nothing is listed.
    pub empty: Vec<Bit>,
    /// Rows whose feed is dead.
    pub stale: Vec<Bit>,
}

/// Places in the header and in a row.
pub(in crate::statements) mod place {
    pub const INITIAL: usize = 3;
    pub const MAINTENANCE: usize = 4;
    pub const PENALTY: usize = 5;
    pub const MAX_DISCOUNT: usize = 6;
    pub const FEE_CAP: usize = 7;
    pub const META: usize = 0;
    pub const FUNDING: usize = 1;
    pub const VALUE: usize = 2;
    pub const MARK: usize = 3;
    pub const FLOOR_LONG: usize = 4;
    pub const FLOOR_SHORT: usize = 5;
    pub const SCENARIOS: usize = 6;
}

/// The losses that the prover names as the largest of one lot, long and short.
struct Losses {
    long: Num,
    short: Num,
}

impl Losses {
    /// 15 constraints for each side.
    fn alloc<CS: ConstraintSystem<Fr>>(
        cs: &mut CS,
        profits: &[Num],
        row: Option<&Row>,
    ) -> Result<Self, SynthesisError> {
        let mut cs = cs.namespace(|| "B-NEED");
        let losses: Vec<Num> = profits.iter().map(|profit| -profit).collect();
        let largest = |long: bool| row.map(|row| from_i128(row.largest_loss(long)));
        Ok(Self {
            long: one_of(&mut cs, "loss of a long lot", &losses, largest(true))?,
            short: one_of(&mut cs, "loss of a short lot", profits, largest(false))?,
        })
    }
}

/// A wire that is one of the numbers, whichever the prover likes: the product of its differences from them is zero. One
/// constraint less than there are numbers.
fn one_of<CS: ConstraintSystem<Fr>>(
    cs: &mut CS,
    name: &'static str,
    nums: &[Num],
    value: Option<Fr>,
) -> Result<Num, SynthesisError> {
    let mut cs = cs.namespace(|| name);
    let chosen = Num::alloc(&mut cs, || "chosen", value)?;
    let mut differences = nums.iter().map(|x| &chosen - x);
    let mut product = differences.next().unwrap_or_else(Num::zero);
    let last = differences.next_back().unwrap_or_else(Num::one);
    for (i, difference) in differences.enumerate() {
        product = product.mul(&mut cs, || format!("product {i}"), &difference)?;
    }
    enforce_product(&mut cs, || "one of the scenarios", &product, &last, &Num::zero());
    Ok(chosen)
}

/// What a row's packed element says.
struct Meta {
    instrument_id: Num,
    status_and_stale: Num,
    limit: Num,
    chunk: Num,
    band: Num,
    expired: Bit,
    empty: Bit,
    stale: Bit,
}

impl Meta {
    /// Takes the element apart; its bits have one reading, since they are far fewer than those of the field.
    fn new<CS: ConstraintSystem<Fr>>(cs: &mut CS, packed: &Num) -> Result<Self, SynthesisError> {
        let bits = range(cs, "meta", packed, meta::BITS)?;
        // Trading is 1, close-only 2; empty is 0 and expired 3.
        let [low, high] = [&bits[meta::STATUS], &bits[meta::STATUS + 1]];
        let expired = low.and(cs, "expired", high)?;
        let empty = Bit::trusted(Num::one() - low.num() - high.num() + expired.num());
        let stale = bits[meta::STALE].clone();
        let status = pack(&bits[meta::STATUS..meta::LIMIT]);
        Ok(Self {
            instrument_id: pack(&bits[..meta::STATUS]),
            status_and_stale: concatenate([(&status, STATUS_BITS), (stale.num(), 1)]),
            limit: pack(&bits[meta::LIMIT..meta::CHUNK]),
            chunk: pack(&bits[meta::CHUNK..meta::BAND]),
            band: pack(&bits[meta::BAND..meta::STALE]),
            expired,
            empty,
            stale,
        })
    }
}

impl Table {
    /// Allocates every element and takes the packed ones apart.
    pub fn alloc<CS: ConstraintSystem<Fr>>(cs: &mut CS, table: Option<&RiskTable>) -> Result<Self, SynthesisError> {
        let mut cs = cs.namespace(|| "S-RISK");
        let values = table.map(|t| t.header_elements());
        let header = (0..RISK_HEADER)
            .map(|i| Num::alloc(&mut cs, || format!("header {i}"), values.map(|v| v[i])))
            .collect::<Result<Vec<_>, _>>()?;
        let mut rows = Vec::with_capacity(INSTRUMENTS);
        let mut metas = Vec::with_capacity(INSTRUMENTS);
        let (mut lone_long, mut lone_short) = (Vec::with_capacity(INSTRUMENTS), Vec::with_capacity(INSTRUMENTS));
        for j in 0..INSTRUMENTS {
            let mut cs = cs.namespace(|| format!("row {j}"));
            let values = table.map(|t| t.rows[j].elements());
            let row = (0..RISK_ROW)
                .map(|i| Num::alloc(&mut cs, || format!("element {i}"), values.map(|v| v[i])))
                .collect::<Result<Vec<_>, _>>()?;
            metas.push(Meta::new(&mut cs, &row[place::META])?);
            let losses = Losses::alloc(&mut cs, &row[place::SCENARIOS..], table.map(|t| &t.rows[j]))?;
            lone_long.push(losses.long + &row[place::FLOOR_LONG]);
            lone_short.push(losses.short + &row[place::FLOOR_SHORT]);
            rows.push(row);
        }
        let of_meta = |part: fn(&Meta) -> &Num| metas.iter().map(|m| part(m).clone()).collect::<Vec<_>>();
        let column = |place: usize| rows.iter().map(|row: &Vec<Num>| row[place].clone()).collect::<Vec<_>>();
        let floor_both = rows
            .iter()
            .map(|row| &row[place::FLOOR_LONG] + &row[place::FLOOR_SHORT])
            .collect();
        let scenarios = (0..SCENARIOS)
            .map(|s| {
                let mut cs = cs.namespace(|| format!("scenario {s}"));
                Paired::pinned(&mut cs, "profit", column(place::SCENARIOS + s))
            })
            .collect::<Result<_, _>>()?;
        Ok(Self {
            elements: header.iter().chain(rows.iter().flatten()).cloned().collect(),
            header,
            instrument_id: Paired::pinned(&mut cs, "instrument id", of_meta(|m| &m.instrument_id))?,
            status_and_stale: Paired::pinned(&mut cs, "status and stale", of_meta(|m| &m.status_and_stale))?,
            limit: Paired::pinned(&mut cs, "limit", of_meta(|m| &m.limit))?,
            chunk: Paired::pinned(&mut cs, "chunk", of_meta(|m| &m.chunk))?,
            band: Paired::pinned(&mut cs, "band", of_meta(|m| &m.band))?,
            funding: Paired::pinned(&mut cs, "funding", column(place::FUNDING))?,
            value: Paired::pinned(&mut cs, "value", column(place::VALUE))?,
            mark: Paired::pinned(&mut cs, "mark", column(place::MARK))?,
            floor_short: Paired::pinned(&mut cs, "floor of shorts", column(place::FLOOR_SHORT))?,
            floor_both: Paired::pinned(&mut cs, "floor of both sides", floor_both)?,
            lone_long: Paired::pinned(&mut cs, "one long lot", lone_long)?,
            lone_short: Paired::pinned(&mut cs, "one short lot", lone_short)?,
            scenarios,
            expired: metas.iter().map(|m| m.expired.clone()).collect(),
            empty: metas.iter().map(|m| m.empty.clone()).collect(),
            stale: metas.iter().map(|m| m.stale.clone()).collect(),
        })
    }

    /// The statement's `risk_hash`.
    pub fn hash<CS: ConstraintSystem<Fr>>(&self, cs: &mut CS) -> Result<Num, SynthesisError> {
        sponge(cs, "S-RISK", domain::RISK, &self.elements)
    }

    /// Initial ratio over 2^8.
    pub fn initial(&self) -> &Num {
        &self.header[place::INITIAL]
    }

    /// Maintenance ratio over 2^8.
    pub fn maintenance(&self) -> &Num {
        &self.header[place::MAINTENANCE]
    }

    /// Liquidation penalty over 2^8.
    pub fn penalty(&self) -> &Num {
        &self.header[place::PENALTY]
    }

    /// How much worse than the mark a price may be, over 2^8.
    pub fn max_discount(&self) -> &Num {
        &self.header[place::MAX_DISCOUNT]
    }

    /// Fee cap in 10^-6 of the cost.
    pub fn fee_cap(&self) -> &Num {
        &self.header[place::FEE_CAP]
    }
}
