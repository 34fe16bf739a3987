//! The bounds of a fill: B-INSTRUMENT, B-PRICE, B-BAND, B-FEE, B-REDUCE, B-LIMIT. Its kind chooses which are asked.

use bellman::{ConstraintSystem, SynthesisError};
use cloister_crypto::constants::{
    AMOUNT_BITS, COST_BITS, FEE_CAP_ONE, POSITION_BITS, PRICE_BITS, QUANTITY_BITS, RATIO_BITS, RATIO_SHIFT, STATUS_BITS,
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

/// Bits of `f·limit - n`.
const PRICE_GAIN_BITS: usize = QUANTITY_BITS + AMOUNT_BITS;
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
    /// `f·mark`.
    pub at_mark: Num,
    /// `n - f·mark`.
    pub distance: Num,
}

/// B-PRICE, B-BAND and the price of B-EXPIRY and B-DELEVERAGE.
pub(super) fn check_price<CS: ConstraintSystem<Fr>>(
    cs: &mut CS,
    table: &Table,
    instruction: &InstructionWires,
    fill: &FillWires,
) -> Result<Price, SynthesisError> {
    {
        // Never worse than signed: this is all that protects a trader from the sequencer's prices.
        let mut cs = cs.namespace(|| "B-PRICE");
        let worst = fill.quantity.mul(&mut cs, || "cost at the limit", &instruction.limit)?;
        let sells = fill.kind.order.and(&mut cs, "order sells", &instruction.sell)?;
        let sign = fill.kind.order.num() - sells.num() * 2;
        let gain = sign.mul(&mut cs, || "signed gain", &(&worst - &fill.cost))?;
        range(&mut cs, "not worse than the limit", &gain, PRICE_GAIN_BITS)?;
    }
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
        Price {
            mark,
            at_mark,
            distance,
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

/// B-FEE: for an order neither above what the trader signed nor above the table's cap; for a liquidation, with what the
/// price concedes, not above the penalty; for expiry and deleveraging nothing. Tells the fee of an order.
///
/// A liquidation's fill only reduces (B-REDUCE), so what it adds to the account's floor is minus the floor of the lots
/// it closes.
pub(super) fn check_fee<CS: ConstraintSystem<Fr>>(
    cs: &mut CS,
    table: &Table,
    instruction: &InstructionWires,
    fill: &FillWires,
    sign: &Num,
    price: &Price,
    floor_change: &Num,
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
    let penalty = kind
        .liquidation
        .num()
        .mul(&mut cs, || "rate of a liquidation", table.penalty())?;
    // Nobody has signed a limit: price and penalty together are bounded, or the band would be a second penalty, paid to
    // a friend.
    let liquidation = kind.liquidation.num();
    let worth = &price.at_mark - floor_change;
    let more = liquidation.mul(&mut cs, || "worth, not cost", &(&worth - &fill.cost))?;
    let highest = (&fill.cost + &more).mul(&mut cs, || "highest", &(cap + penalty))?;
    let direction = liquidation.mul(&mut cs, || "direction of a liquidation", sign)?;
    let concession = direction.mul(&mut cs, || "concession", &price.distance)?;
    let one = Num::sum([
        (Fr::from(FEE_CAP_ONE), kind.order.num()),
        (Fr::from(1 << RATIO_SHIFT), kind.liquidation.num()),
        // Their rate is zero.
        (Fr::one(), kind.expiry.num()),
        (Fr::one(), kind.deleveraging.num()),
    ]);
    let scaled = (&fill.fee + &concession).mul(&mut cs, || "fee over the rate's one", &one)?;
    range(&mut cs, "not above the rate", &(&highest - &scaled), FEE_ROOM_BITS)?;
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
