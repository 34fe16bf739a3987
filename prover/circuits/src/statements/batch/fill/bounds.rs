//! The bounds of a fill: B-INSTRUMENT, B-PRICE, B-BAND, B-DISCOUNT, B-FEE, B-REDUCE, B-LIMIT. Its kind chooses which
//! are asked.

use bellman::{ConstraintSystem, SynthesisError};
use cloister_crypto::constants::{
    COST_BITS, FEE_CAP_ONE, POSITION_BITS, PRICE_BITS, QUANTITY_BITS, RATIO_BITS, RATIO_SHIFT, STATUS_BITS,
};

use super::{
    super::{instruction::InstructionWires, risk::Table},
    wires::{FillWires, Split},
};
use crate::{
    gadgets::{
        bits::range,
        boolean::Bit,
        choice::{enforce_equal_if, select},
        num::{enforce_product, Num},
    },
    Fr,
};

/// Bits of `f·max_discount·(mark + floor)` with a price better than the mark, which is wider than `f·limit - n`.
const PRICE_ROOM_BITS: usize = QUANTITY_BITS + PRICE_BITS + 1 + RATIO_BITS + 1;
/// Bits of `f·band ± (n - f·mark)`, which is no more than twice the first.
const BAND_ROOM_BITS: usize = QUANTITY_BITS + PRICE_BITS + 1;
/// Bits of `f·penalty·(mark + floor)` with a price better than the mark, which is wider than `n·fee_cap`.
const FEE_ROOM_BITS: usize = QUANTITY_BITS + PRICE_BITS + 1 + RATIO_BITS + 1;

/// B-INSTRUMENT: the signed instrument's row for an order, and a row in the status the kind asks for. B-STALE: no
/// unsigned fill in a stale row. Tells in how many ways the row lets orders only reduce: it is close-only, it is stale.
pub(super) fn check_instrument<CS: ConstraintSystem<Fr>>(
    cs: &mut CS,
    table: &Table,
    instruction: &InstructionWires,
    fill: &FillWires,
) -> Result<Num, SynthesisError> {
    let mut cs = cs.namespace(|| "B-INSTRUMENT");
    let kind = &fill.kind;
    let id = fill.of(&mut cs, "instrument id", &table.instrument_id)?;
    // Without it a trader's order for one instrument could be filled with another.
    enforce_equal_if(
        &mut cs,
        || "signed instrument",
        &kind.order,
        &id,
        &instruction.instrument_id,
    );
    let status = fill.of(&mut cs, "status and stale", &table.status_and_stale)?;
    let bits = range(&mut cs, "status and stale bits", &status, STATUS_BITS + 1)?;
    // Trading is 1, close-only 2; empty is 0 and expired 3.
    let [low, high, stale] = [bits[0].num(), bits[1].num(), bits[2].num()];
    let expired = low.mul(&mut cs, || "expired", high)?;
    let dead = Num::one() - low - high + &expired * 2;
    let trades = kind.order.num() + kind.liquidation.num() + kind.deleveraging.num();
    enforce_product(&mut cs, || "trading or close-only", &trades, &dead, &Num::zero());
    // Settling at a mark that is not the final one would be a trade nobody signed.
    let running = Num::one() - &expired;
    enforce_product(
        &mut cs,
        || "settled after expiry",
        kind.expiry.num(),
        &running,
        &Num::zero(),
    );
    // The mark of a dead feed may be anywhere, and nobody has agreed to it but who signs now.
    let unsigned = kind.liquidation.num() + kind.expiry.num() + kind.deleveraging.num();
    enforce_product(
        &mut cs.namespace(|| "B-STALE"),
        || "signed in a stale row",
        &unsigned,
        stale,
        &Num::zero(),
    );
    Ok(high - &expired + stale)
}

/// The price of a fill against the mark.
pub(super) struct Price {
    /// The row's mark.
    pub mark: Num,
    /// `n - f·mark`.
    distance: Num,
    /// `σ·(n - f·mark)`: what the price costs the account, measured from the mark.
    pub concession: Num,
}

/// B-BAND and the price of B-EXPIRY and B-DELEVERAGE.
pub(super) fn check_price<CS: ConstraintSystem<Fr>>(
    cs: &mut CS,
    table: &Table,
    fill: &FillWires,
    sign: &Num,
) -> Result<Price, SynthesisError> {
    let price = {
        // Near the mark: a trade far off it would shift money between two accounts of one owner, past the margin rule.
        let mut cs = cs.namespace(|| "B-BAND");
        let mark = fill.of(&mut cs, "mark", &table.mark)?;
        let band = fill.of(&mut cs, "band", &table.band)?;
        let at_mark = fill.quantity.mul(&mut cs, || "cost at the mark", &mark)?;
        let room = fill.quantity.mul(&mut cs, || "room", &band)?;
        let distance = &fill.cost - &at_mark;
        range(&mut cs, "not above the band", &(&room - &distance), BAND_ROOM_BITS)?;
        range(&mut cs, "not below the band", &(&room + &distance), BAND_ROOM_BITS)?;
        let concession = sign.mul(&mut cs, || "concession", &distance)?;
        Price {
            mark,
            distance,
            concession,
        }
    };
    // At any other price the account would gain or lose by being settled or deleveraged.
    enforce_product(
        &mut cs.namespace(|| "B-EXPIRY, B-DELEVERAGE"),
        || "at the mark",
        &(fill.kind.expiry.num() + fill.kind.deleveraging.num()),
        &price.distance,
        &Num::zero(),
    );
    Ok(price)
}

/// What the price and the fee of a liquidation are measured by; zero for other fills.
pub(super) struct Liquidated {
    /// `f·(mark + floor)`, the floor of the side that is closed.
    worth: Num,
    /// What the price concedes.
    concession: Num,
}

impl Liquidated {
    /// A liquidation's fill only reduces (B-REDUCE), so what it adds to the basis of the account is minus that of the
    /// lots it closes.
    pub(super) fn new<CS: ConstraintSystem<Fr>>(
        cs: &mut CS,
        fill: &FillWires,
        basis: &Num,
        price: &Price,
    ) -> Result<Self, SynthesisError> {
        let mut cs = cs.namespace(|| "B-LIQUIDATION");
        let liquidation = fill.kind.liquidation.num();
        Ok(Self {
            worth: -&liquidation.mul(&mut cs, || "basis", basis)?,
            concession: liquidation.mul(&mut cs, || "concession", &price.concession)?,
        })
    }
}

/// B-PRICE of an order, B-DISCOUNT of a liquidation. At most one of the two is asked, so they share their bits.
pub(super) fn check_worst_price<CS: ConstraintSystem<Fr>>(
    cs: &mut CS,
    table: &Table,
    instruction: &InstructionWires,
    fill: &FillWires,
    liquidated: &Liquidated,
) -> Result<(), SynthesisError> {
    let mut cs = cs.namespace(|| "B-PRICE, B-DISCOUNT");
    // Never worse than signed: this is all that protects a trader from the sequencer's prices.
    let worst = fill.quantity.mul(&mut cs, || "cost at the limit", &instruction.limit)?;
    let sells = fill.kind.order.and(&mut cs, "order sells", &instruction.sell)?;
    let sign = fill.kind.order.num() - sells.num() * 2;
    let gain = sign.mul(&mut cs, || "signed gain", &(&worst - &fill.cost))?;
    // Where nobody has signed a limit, a friend must not have the whole penalty.
    let discount = liquidated
        .worth
        .mul(&mut cs, || "highest discount", table.max_discount())?;
    let left = discount - liquidated.concession.scale(Fr::from(1 << RATIO_SHIFT));
    range(
        &mut cs,
        "not worse than the limit or the discount",
        &(gain + left),
        PRICE_ROOM_BITS,
    )?;
    Ok(())
}

/// B-FEE: for an order neither above what the trader signed nor above the table's cap; for a liquidation, with what the
/// price concedes, not above the penalty; for expiry and deleveraging nothing. Tells the fee of an order.
pub(super) fn check_fee<CS: ConstraintSystem<Fr>>(
    cs: &mut CS,
    table: &Table,
    instruction: &InstructionWires,
    fill: &FillWires,
    liquidated: &Liquidated,
) -> Result<Num, SynthesisError> {
    let mut cs = cs.namespace(|| "B-FEE");
    let kind = &fill.kind;
    let order_fee = kind.order.num().mul(&mut cs, || "fee of an order", &fill.fee)?;
    // The signed maximum is bound by nothing where nothing is signed.
    let lots = kind.order.num().mul(&mut cs, || "lots of an order", &fill.quantity)?;
    let signed = lots.mul(&mut cs, || "signed maximum", &instruction.max_fee)?;
    range(
        &mut cs,
        "not above the signed maximum",
        &(&signed - &order_fee),
        COST_BITS,
    )?;

    let cap = kind.order.num().mul(&mut cs, || "rate of an order", table.fee_cap())?;
    let highest = fill.cost.mul(&mut cs, || "highest of an order", &cap)?;
    // Nobody has signed a limit: price and penalty together are bounded, or the band would be a second penalty, paid to
    // a friend.
    let penalty = liquidated
        .worth
        .mul(&mut cs, || "highest of a liquidation", table.penalty())?;
    let one = Num::sum([
        (Fr::from(FEE_CAP_ONE), kind.order.num()),
        (Fr::from(1 << RATIO_SHIFT), kind.liquidation.num()),
        // Their rate is zero.
        (Fr::one(), kind.expiry.num()),
        (Fr::one(), kind.deleveraging.num()),
    ]);
    let paid = &fill.fee + &liquidated.concession;
    let scaled = paid.mul(&mut cs, || "fee over the rate's one", &one)?;
    range(
        &mut cs,
        "not above the rate",
        &(highest + penalty - scaled),
        FEE_ROOM_BITS,
    )?;
    Ok(order_fee)
}

/// B-REDUCE, B-LIMIT: a fill reduces, so it neither opens nor turns a position, or it need not and the position is
/// within the row's limit afterwards. Both share their bits.
pub(super) fn check_size<CS: ConstraintSystem<Fr>>(
    cs: &mut CS,
    table: &Table,
    instruction: &InstructionWires,
    fill: &FillWires,
    only_reduces: &Num,
    sign: &Num,
    [before, after]: [&Split; 2],
) -> Result<(), SynthesisError> {
    let mut cs = cs.namespace(|| "B-REDUCE, B-LIMIT");
    // How many reasons there are; a place without a fill has nothing to reduce, whatever its flags. An expiry leaves
    // nothing, which is checked by itself.
    let required =
        instruction.reduce_only.num() + only_reduces + fill.kind.liquidation.num() + fill.kind.deleveraging.num();
    let reducible = -&sign.mul(&mut cs, || "signed position", &before.q)?;
    let limit = fill.of(&mut cs, "limit", &table.limit)?;
    let new_size = after.size();
    // The prover names what it claims of the fill.
    let reduces = required
        .value()
        .zip(new_size.value().zip(limit.value()))
        .map(|(required, (size, limit))| {
            let above = size.to_bytes().iter().rev().gt(limit.to_bytes().iter().rev());
            required != Fr::zero() || above
        });
    let reduces = Bit::alloc(&mut cs, || "reduces", reduces)?;
    enforce_product(
        &mut cs,
        || "reduces where it must",
        &required,
        reduces.not().num(),
        &Num::zero(),
    );
    let room = select(
        &mut cs,
        || "room",
        &reduces,
        &(&reducible - &fill.quantity),
        &(&limit - &new_size),
    )?;
    range(&mut cs, "reduces or stays within its bound", &room, POSITION_BITS)?;
    Ok(())
}
