//! Who may ask about an account (P-AUTH), and how often.

use super::refusal::{switch_off, too_many_requests, unauthentic, unknown_account};
use crate::{chain::ChainClient, core::State, shared::Shared};
use cloister_crypto::{
    auth::{self, Purpose},
    field::from_bytes,
    schnorr::Signature,
    stream::Scope,
};
use cloister_engine::{AccountView, Millis};
use cloister_sequencer_rpc::types::{AccountQuery, SwitchOff};
use cloister_types::AccountIndex;
use jsonrpsee::core::RpcResult;

/// How far the time of a question may be off, milliseconds.
const WINDOW: u64 = 60_000;

fn scope(core: &State) -> Scope {
    let config = core.engine.config();
    Scope {
        genesis: config.genesis,
        group: config.group.get(),
    }
}

/// The account that a question is about, if the question proves its view key for this purpose. A question that does
/// counts for the account.
pub fn authenticated<'a, C: ChainClient>(
    shared: &Shared<C>,
    core: &'a State,
    query: &AccountQuery,
    purpose: Purpose,
    now: Millis,
) -> RpcResult<&'a AccountView> {
    let index = query.index;
    let view = core.engine.account(index).ok_or_else(|| unknown_account(index))?;
    let asked = auth::Request {
        scope: scope(core),
        purpose,
        index: index.get(),
        time: query.time,
    };
    let tag = from_bytes(&query.tag).map_err(|_| unauthentic())?;
    if tag != asked.tag(view.view_key) || now.abs_diff(query.time) > WINDOW {
        return Err(unauthentic());
    }
    if !shared.requests().take(index, now) {
        return Err(too_many_requests("account"));
    }
    Ok(view)
}

/// Whether the trading key of an account has signed that its orders go when the connection does.
pub fn signed_switch_off(
    core: &State,
    view: &AccountView,
    index: AccountIndex,
    asked: &SwitchOff,
    now: Millis,
) -> RpcResult<()> {
    let signature = Signature::from_bytes(&asked.signature).map_err(|_| switch_off())?;
    let message = SwitchOff::request(scope(core), index, asked.time).message();
    let verified = view.public_key.verify(message, &signature);
    if verified.is_err() || now.abs_diff(asked.time) > WINDOW {
        return Err(switch_off());
    }
    Ok(())
}
