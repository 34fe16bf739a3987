//! What happens when the price falls: a stop fires, an account is liquidated, and somebody takes money out without
//! asking the sequencer.
//!
//! Nothing here counts what was meant to happen. A scene that does not happen is waited for, then said and left; the
//! summary counts what sequencer and chain tell, and says what is missing.

use crate::{
    demo::{
        cast::{Cast, FORCED},
        error::DemoError,
    },
    replay::ReplayMarket,
};
use cloister_client::{
    chain::Until,
    sequencer::SequencerError,
    trader::{self, now, owner_of},
};
use cloister_client_core::trader::{OrderTerms, Trader};
use cloister_ledger::{instruction::flags, Side, Trigger};
use cloister_sequencer_rpc::types::{AcceptedInfo, AccountInfo, OrderUpdate, PositionInfo, StreamBody, StreamMessage};
use cloister_types::{InstructionId, InstrumentId, Lots, Price};
use futures::{Stream, StreamExt};
use std::time::{Duration, Instant};

/// How long a scene is waited for.
const PATIENCE: Duration = Duration::from_secs(120);
/// Between two looks at something that is waited for.
const POLL: Duration = Duration::from_millis(500);
/// How long an order is good, in milliseconds.
const ORDER_LIFE: u64 = 3_600_000;
/// Where the price goes, twice: this many thousandths of what it was. Twice of it takes the equity of an account below
/// maintenance margin that has bought all it can, once of it does not; and either is inside the price band.
const FALL: u64 = 965;
/// What the maker bids, in thousandths of the price to which it will fall: near enough for the liquidation engine.
const BID: u64 = 997;
/// Where the careful trader's stop waits, in thousandths of the price.
const STOP: u64 = 985;
/// The worst price at which it sells, in thousandths of the price at which it fires.
const STOP_LIMIT: u64 = 980;
/// What the bold trader leaves of its margin, in hundredths of what it uses: fees, and a bit.
const LENA_KEEPS: u64 = 102;
/// The same of the careful trader, who uses half.
const STELLA_KEEPS: u64 = 200;
/// Number of the careful trader's stop among its instructions.
const STOP_ID: u64 = 2;

/// What the scenes were, as far as it is told only while they happen.
#[derive(Clone, Copy, Debug, Default)]
pub struct Played {
    /// Orders that waited for a mark, and that the sequencer said have fired and were filled.
    pub stops_fired: usize,
    /// What the leaver's owner has more after the forced withdrawal than before, 10^-6.
    pub forced_paid: u128,
}

/// What somebody wants to trade.
struct Wish {
    side: Side,
    lots: u64,
    limit: u64,
    flags: u8,
    trigger: Option<Trigger>,
}

/// `thousandths` of a price per lot.
fn part(price: u64, thousandths: u64) -> u64 {
    price / 1_000 * thousandths + price % 1_000 * thousandths / 1_000
}

/// Plays the scenes one after the other.
///
/// # Errors
/// [`DemoError`], where sequencer or chain cannot be asked or refuse.
pub async fn play(market: &mut ReplayMarket, cast: &Cast) -> Result<Played, DemoError> {
    market.known(&cast.traders().map(Clone::clone)).await?;
    let before = ask_by_force(market, cast).await?;
    let (lena_lots, stella_lots) = buy(market, cast).await?;
    let stops_fired = stop(market, cast, stella_lots).await?;
    liquidation(market, cast, lena_lots).await?;
    let forced_paid = paid_by_force(market, cast, before).await?;
    Ok(Played {
        stops_fired,
        forced_paid,
    })
}

async fn order(market: &mut ReplayMarket, trader: &Trader, id: u64, wish: Wish) -> Result<AcceptedInfo, DemoError> {
    let instrument = &market.instrument;
    let (_, highest) = instrument.band();
    let terms = OrderTerms {
        instrument_id: instrument.id,
        side: wish.side,
        limit: wish.limit,
        quantity: wish.lots,
        flags: wish.flags,
        trigger: wish.trigger,
        expiry: now().saturating_add(ORDER_LIFE),
        max_fee: instrument.fee_allowance(highest),
    };
    let sign = market.progress.wait("sending orders");
    Ok(market.submit(&trader.order(id, &terms), &sign).await?)
}

/// Size of an account's position in an instrument.
fn held(account: &AccountInfo, instrument: u32) -> Lots {
    let own = |position: &&PositionInfo| position.instrument_id == InstrumentId(instrument);
    let found = account.positions.iter().find(own);
    found.map_or(Lots::ZERO, |position| position.quantity.size())
}

/// The bold trader and the careful trader buy of the maker at the mark. Returns what they hold then.
async fn buy(market: &mut ReplayMarket, cast: &Cast) -> Result<(Lots, Lots), DemoError> {
    let (mark, margin, id) = (
        market.instrument.mark(),
        market.instrument.margin_per_lot(),
        market.instrument.id,
    );
    let mut wanted = [0; 2];
    for (lots, (trader, keeps)) in wanted
        .iter_mut()
        .zip([(&cast.lena, LENA_KEEPS), (&cast.stella, STELLA_KEEPS)])
    {
        let available = market.sequencer.account(trader).await?.available.get();
        let needed = u128::from(margin) * u128::from(keeps);
        *lots = available
            .saturating_mul(100)
            .checked_div(needed)
            .and_then(|lots| u64::try_from(lots).ok())
            .unwrap_or_default();
    }
    let [lena, stella] = wanted;
    let at_mark = |side, lots, flags| Wish {
        side,
        lots,
        limit: mark,
        flags,
        trigger: None,
    };
    let offer = at_mark(Side::Sell, lena.saturating_add(stella), flags::POST_ONLY);
    order(market, &cast.mara, 1, offer).await?;
    for (trader, lots) in [(&cast.lena, lena), (&cast.stella, stella)] {
        let take = at_mark(Side::Buy, lots, flags::IMMEDIATE_OR_CANCEL);
        order(market, trader, 1, take).await?;
    }
    market.progress.say(format!(
        "The maker sells at the mark, {}: the bold trader buys all that the margin allows, the careful trader half of that",
        market.show(mark)
    ));
    let lena = market.sequencer.account(&cast.lena).await?;
    let stella = market.sequencer.account(&cast.stella).await?;
    Ok((held(&lena, id), held(&stella, id)))
}

/// The maker bids where the price will fall to, for so many lots.
async fn bid(market: &mut ReplayMarket, cast: &Cast, id: u64, lots: Lots) -> Result<(), DemoError> {
    let wish = Wish {
        side: Side::Buy,
        lots: lots.get(),
        limit: part(part(market.instrument.mark(), FALL), BID),
        flags: flags::POST_ONLY,
        trigger: None,
    };
    order(market, &cast.mara, id, wish).await?;
    Ok(())
}

/// The price falls.
async fn fall(market: &mut ReplayMarket, how: &str) -> Result<(), DemoError> {
    let price = market.show(part(market.instrument.mark(), FALL));
    market.move_to(price).await?;
    market.progress.say(format!("the price falls {how}, to {price}"));
    Ok(())
}

/// The careful trader leaves a stop, and the price falls below it. Returns the number of stops that fired and sold
/// something.
async fn stop(market: &mut ReplayMarket, cast: &Cast, lots: Lots) -> Result<usize, DemoError> {
    if lots.is_zero() {
        return Ok(0);
    }
    let sequencer = market.sequencer.clone();
    let mut updates = sequencer.order_updates(&cast.stella).await?;
    let mark = market.instrument.mark();
    let wish = Wish {
        side: Side::Sell,
        lots: lots.get(),
        limit: part(part(mark, FALL), STOP_LIMIT),
        flags: flags::IMMEDIATE_OR_CANCEL | flags::REDUCE_ONLY,
        trigger: Some(Trigger::AtOrBelow(Price(part(mark, STOP)))),
    };
    order(market, &cast.stella, STOP_ID, wish).await?;
    market.progress.say(format!(
        "The careful trader leaves a stop that sells once the mark is at {} or below; no book shows it",
        market.show(part(mark, STOP))
    ));
    bid(market, cast, 2, lots).await?;
    fall(market, "by 3.5 %").await?;
    let sold = fired(&mut updates, InstructionId(STOP_ID), lots).await?;
    if sold.is_zero() {
        market.progress.say("The careful trader's stop has not fired");
        return Ok(0);
    }
    market
        .progress
        .say("The careful trader's stop fires in that moment and sells to the maker, who has bid lower");
    Ok(1)
}

/// Reads what becomes of an order until it has fired and so many lots of it were filled. Returns the lots that were
/// filled after it had fired.
async fn fired(
    updates: &mut (impl Stream<Item = Result<StreamMessage, serde_json::Error>> + Unpin),
    stop: InstructionId,
    lots: Lots,
) -> Result<Lots, DemoError> {
    let begin = Instant::now();
    let (mut has_fired, mut sold) = (false, Lots::ZERO);
    while sold < lots {
        let left = PATIENCE.saturating_sub(begin.elapsed());
        // Late, or at the end of the stream.
        let Ok(Some(message)) = tokio::time::timeout(left, updates.next()).await else {
            break;
        };
        let StreamBody::Update(told) = message?.body else {
            continue;
        };
        match serde_json::from_value::<OrderUpdate>(told)? {
            OrderUpdate::Fired { id } if id == stop => has_fired = true,
            OrderUpdate::Filled { id, quantity, .. } if id == stop && has_fired => {
                sold = sold.saturating_add(quantity);
            }
            OrderUpdate::Removed { id, .. } if id == stop => break,
            _ => {}
        }
    }
    Ok(sold)
}

/// The price falls once more, and the bold trader's margin does not suffice.
async fn liquidation(market: &mut ReplayMarket, cast: &Cast, lots: Lots) -> Result<(), DemoError> {
    if lots.is_zero() {
        return Ok(());
    }
    bid(market, cast, 3, lots).await?;
    fall(market, "once more").await?;
    let instrument = market.instrument.id;
    let is_over = |account: &AccountInfo| {
        held(account, instrument) < lots && account.equity.get() >= account.maintenance_margin.get()
    };
    if account_is(market, &cast.lena, is_over).await? {
        market.progress.say(
            "The bold trader is below the maintenance margin: the sequencer sells as much of the position as makes it safe, \
             no more",
        );
    } else {
        market.progress.say("The bold trader has not been liquidated");
    }
    Ok(())
}

/// Waits until an account is as described; false if it does not happen.
async fn account_is(
    market: &ReplayMarket,
    trader: &Trader,
    described: impl Fn(&AccountInfo) -> bool,
) -> Result<bool, SequencerError> {
    let begin = Instant::now();
    loop {
        if described(&market.sequencer.account(trader).await?) {
            return Ok(true);
        }
        if begin.elapsed() > PATIENCE {
            return Ok(false);
        }
        tokio::time::sleep(POLL).await;
    }
}

async fn balance_of_frank(market: &ReplayMarket, cast: &Cast) -> Result<u128, DemoError> {
    let asset = market.chain.group_state(market.instrument.group, None).await?.asset;
    let owner = owner_of(&cast.frank.keys);
    Ok(market.chain.asset_balance(asset, &owner, None).await?)
}

/// The leaver asks the chain for money. Returns what the owner has then.
async fn ask_by_force(market: &ReplayMarket, cast: &Cast) -> Result<u128, DemoError> {
    let (group, keys) = (cast.frank.group, &cast.frank.keys);
    trader::force_withdrawal(&market.chain, group, keys, FORCED, Until::InBlock).await?;
    market.progress.say(
        "The leaver asks the chain for money and not the sequencer, which cannot refuse: a batch must pay it in time",
    );
    balance_of_frank(market, cast).await
}

/// Waits until a batch has taken the leaver's request. Returns what the owner has got.
async fn paid_by_force(market: &ReplayMarket, cast: &Cast, before: u128) -> Result<u128, DemoError> {
    let begin = Instant::now();
    while trader::request_waits(&market.chain, &cast.frank).await? && begin.elapsed() < PATIENCE {
        tokio::time::sleep(POLL).await;
    }
    let paid = balance_of_frank(market, cast).await?.saturating_sub(before);
    market.progress.say(match paid {
        0 => "The leaver's forced withdrawal has not been paid",
        _ => "The leaver's forced withdrawal is paid, from the vault to an account on the chain",
    });
    Ok(paid)
}
