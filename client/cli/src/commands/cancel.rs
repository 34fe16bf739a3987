//! `cloister cancel`, `annul` (Q-CANCEL).

use super::{error::CommandError, kept, names::Names, session::Session};
use crate::cli::Global;
use cloister_client::sequencer::SequencerError;
use cloister_sequencer_rpc::{
    types::{AcceptedInfo, AccountInfo},
    ErrorCode,
};
use cloister_types::{InstructionId, InstrumentId, Lots};

/// How long a cancel is good, in milliseconds.
const CANCEL_LIFE: u64 = 3_600_000;

/// What is said where the chain hears nothing of a cancel.
const UNBOUND: &str =
    "the order is out of the book, but the chain does not know: the account has no proven unit left for \
                       it, or owes money. `cloister cancel --all` binds on the chain for one unit";

pub async fn cancel(global: &Global, id: Option<u64>) -> Result<(), CommandError> {
    match id {
        Some(id) => one(global, id, false).await,
        None => all(global).await,
    }
}

pub async fn annul(global: &Global, id: u64) -> Result<(), CommandError> {
    one(global, id, true).await
}

async fn one(global: &Global, id: u64, annul: bool) -> Result<(), CommandError> {
    let (mut session, clock) = Session::with_sequencer(global).await?;
    let instrument = instrument_of(&session, id).await;
    let signed = session.trader.cancel(id, expiry(clock.now()));
    let answer = match annul {
        true => {
            // Nothing is to be signed under it, or under a lower id of its slot, from now on.
            session.wallet.void(id)?;
            session.sequencer.annul(&signed).await
        }
        false => session.sequencer.submit(&signed).await,
    };
    let accepted = match answer {
        Ok(accepted) => accepted,
        Err(error) => return Err(reworded(error, &session, id).await),
    };
    kept::keep_with(session.wallet.path(), global.group, &accepted, &signed);
    let names = Names::read(&session.chain, global.group).await?;
    for line in told(id, annul, &accepted, instrument, &names) {
        say!("{line}");
    }
    Ok(())
}

async fn all(global: &Global) -> Result<(), CommandError> {
    let (mut session, clock) = Session::with_sequencer(global).await?;
    let id = session.take_id().await?;
    let signed = session.trader.cancel_all(id, expiry(clock.now()));
    let accepted = session.sequencer.submit(&signed).await?;
    kept::keep(session.wallet.path(), global.group, &accepted);
    say!("every order with an id below {id} is cancelled");
    if !accepted.bound {
        say!(
            "they are out of the book, but the chain does not know: the account has no proven unit left for it, or owes money"
        );
    }
    Ok(())
}

/// Until when a cancel is good.
pub(super) fn expiry(now: u64) -> u64 {
    now.saturating_add(CANCEL_LIFE)
}

/// The instrument of an order that rests or waits, for the units of its lots. A cancel does not fail for want of it.
async fn instrument_of(session: &Session, id: u64) -> Option<InstrumentId> {
    let account = session.sequencer.account(&session.trader).await.ok()?;
    alive_in(&account, id)
}

/// The instrument of the account's order of this id, if it rests or waits.
pub(super) fn alive_in(account: &AccountInfo, id: u64) -> Option<InstrumentId> {
    let id = InstructionId(id);
    let resting = account.open_orders.iter().map(|order| (order.id, order.instrument_id));
    let waiting = account
        .waiting_orders
        .iter()
        .map(|order| (order.id, order.instrument_id));
    resting
        .chain(waiting)
        .find(|(own, _)| *own == id)
        .map(|(_, found)| found)
}

/// Says what a cancel did.
pub(super) fn told(
    id: u64,
    annul: bool,
    accepted: &AcceptedInfo,
    instrument: Option<InstrumentId>,
    names: &Names,
) -> Vec<String> {
    let before = match accepted.filled {
        Lots::ZERO => String::new(),
        lots => format!("; {} of it was filled before", quantity(instrument, lots, names)),
    };
    let done = match annul {
        true => format!("id {id} is void{before}"),
        false => format!("order {id} is cancelled{before}"),
    };
    let unbound = (!accepted.bound).then(|| UNBOUND.to_owned());
    [done].into_iter().chain(unbound).collect()
}

fn quantity(instrument: Option<InstrumentId>, lots: Lots, names: &Names) -> String {
    match instrument {
        Some(instrument) => names.lots(instrument, lots),
        None => format!("{lots} lots"),
    }
}

/// A refusal in the units that are typed: what was filled of an order that is not there any more.
pub(super) async fn reworded(error: SequencerError, session: &Session, id: u64) -> CommandError {
    let filled = error.is(ErrorCode::AlreadyFilled);
    if !filled && !error.is(ErrorCode::AlreadyGone) {
        return error.into();
    }
    match filled_of(session, id).await {
        Some(quantity) if filled => CommandError::AlreadyFilled { id, quantity },
        Some(quantity) => CommandError::AlreadyGone { id, quantity },
        None => error.into(),
    }
}

/// What was filled of an order; `None` if the sequencer does not remember.
async fn filled_of(session: &Session, id: u64) -> Option<String> {
    let fills = session.sequencer.fills(&session.trader, 0).await.ok()?;
    let own = fills.iter().filter(|fill| fill.order_id.get() == id && !fill.void);
    let (instrument, lots) = own.fold((None, 0u64), |(_, lots), fill| {
        (Some(fill.instrument_id), lots.saturating_add(fill.quantity.get()))
    });
    let names = Names::read(&session.chain, session.trader.group).await.ok()?;
    Some(names.lots(instrument?, Lots(lots)))
}
