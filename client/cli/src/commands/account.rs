//! `cloister faucet`, `open`, `deposit`, `insure`, `switch`, `rekey`, `close`, `freeze`, `account`.

use super::{
    error::CommandError,
    market::solvency_line,
    names::Names,
    output::print_table,
    session::{scope_of, Session},
};
use crate::cli::Global;
use cloister_cli::{
    progress::Progress,
    table::{Left, Right, TextTable},
};
use cloister_client::{
    audit::recover_trader,
    chain::{Chain, Until},
    funding,
    seal::SealProver,
    sequencer::SequencerClient,
    trader::{self, now, owner_of, OpenedAccount},
};
use cloister_client_core::{
    amount::{money, show_money},
    keys::TraderKeys,
    stop::direction,
};
use cloister_ledger::{instruction::flags, Switches, Trigger, Unsigned};
use cloister_runtime::{configs::cloister::OpenFee, AccountId};
use cloister_sequencer_rpc::types::{AccountInfo, SideName};
use cloister_types::{AccountIndex, InstructionId, InstrumentId, Money, Position};
use polkadot_sdk::sp_core::crypto::Ss58Codec;
use std::{path::Path, time::Duration};

/// How long the sequencer may take to accept an open from the queue once it is final.
const OPEN_PATIENCE: Duration = Duration::from_secs(120);

pub async fn open(global: &Global, deposit: &str, seal_key: Option<&Path>) -> Result<(), CommandError> {
    let amount = money(deposit)?;
    let wallet = global.open_wallet()?;
    let progress = Progress::begin();
    let (chain, sequencer) = connect_both(global).await?;
    let seals = SealProver::of(&chain, seal_key).await?;
    let keys = wallet.keys_in(&scope_of(&chain, global.group))?;
    let fee = chain.queue_fee(global.group, false, None).await?;
    ensure_held(&chain, global.group, &keys, [amount, OpenFee::get(), fee]).await?;
    let OpenedAccount { trader, sealing } =
        trader::open(&chain, &seals, global.group, &keys, amount, Until::Final).await?;
    progress.say(format!(
        "account {} is queued with {}, {} was paid for opening it and {} for its place in the queue; its view key was \
         sealed and proven in {} ms; waiting for the sequencer",
        trader.index,
        show_money(amount.into()),
        show_money(OpenFee::get().into()),
        show_money(fee.into()),
        sealing.as_millis()
    ));
    sequencer.knows(&trader, OPEN_PATIENCE).await?;
    say!(
        "account {} of group {} is open and can trade",
        trader.index,
        global.group
    );
    Ok(())
}

async fn connect_both(global: &Global) -> Result<(Chain, SequencerClient), CommandError> {
    let chain = global.connect().await?;
    let sequencer = global.sequencer(&chain).await?;
    ensure_served(&sequencer, global.group).await?;
    Ok((chain, sequencer))
}

/// Refuses before money moves where nobody would take it out of the queue, and where this machine's clock would let
/// nothing be traded with it.
async fn ensure_served(sequencer: &SequencerClient, group: u32) -> Result<(), CommandError> {
    let (status, _) = sequencer.checked(group).await?;
    match status.halted {
        None => Ok(()),
        Some(halt) => Err(CommandError::Halted(halt.message)),
    }
}

/// Refuses before anything is proven or sent what the owner cannot pay.
async fn ensure_held(
    chain: &Chain,
    group: u32,
    keys: &TraderKeys,
    parts: impl IntoIterator<Item = u64>,
) -> Result<(), CommandError> {
    let takes = parts.into_iter().map(u128::from).sum();
    let asset = chain.group_state(group, None).await?.asset;
    let owner = owner_of(keys);
    let has = chain.asset_balance(asset, &owner, None).await?;
    if has < takes {
        let owner = owner.to_ss58check();
        return Err(CommandError::TooLittle { owner, has, takes });
    }
    Ok(())
}

/// Gives an account, or the wallet's owner, money of a development chain.
pub async fn faucet(global: &Global, text: &str, to: Option<AccountId>) -> Result<(), CommandError> {
    let amount = money(text)?;
    let owner = match to {
        Some(account) => account,
        None => owner_of(global.open_wallet()?.keys()),
    };
    let chain = global.connect().await?;
    funding::fund(&chain, &[(owner.clone(), amount)]).await?;
    say!(
        "account {} has got {} of the settlement asset, and native tokens for fees",
        owner.to_ss58check(),
        show_money(amount.into())
    );
    Ok(())
}

pub async fn deposit(global: &Global, text: &str, unasked: bool) -> Result<(), CommandError> {
    let amount = money(text)?;
    let wallet = global.open_wallet()?;
    let chain = global.connect().await?;
    if !unasked {
        ensure_served(&global.sequencer(&chain).await?, global.group).await?;
    }
    let fee = chain.queue_fee(global.group, false, None).await?;
    ensure_held(&chain, global.group, wallet.keys(), [amount, fee]).await?;
    trader::deposit(&chain, global.group, wallet.keys(), amount, Until::Final).await?;
    let notice = chain.group_state(global.group, None).await?.queue_terms.notice;
    say!(
        "{} is queued for the account in group {}, for a fee of {}; batches count it from the first risk table on that \
         is {} s younger",
        show_money(amount.into()),
        global.group,
        show_money(fee.into()),
        notice.div_ceil(1_000)
    );
    Ok(())
}

pub async fn insure(global: &Global, text: &str, unasked: bool) -> Result<(), CommandError> {
    let amount = money(text)?;
    let wallet = global.open_wallet()?;
    let chain = global.connect().await?;
    if !unasked {
        ensure_served(&global.sequencer(&chain).await?, global.group).await?;
    }
    trader::pay_insurance(&chain, global.group, wallet.keys(), amount, Until::Final).await?;
    let shown = show_money(amount.into());
    let group = global.group;
    say!("{shown} is queued; it belongs to the insurance of group {group} once a batch has taken it");
    Ok(())
}

pub async fn switch(global: &Global, transfers: bool) -> Result<(), CommandError> {
    let wallet = global.open_wallet()?;
    let chain = global.connect().await?;
    let switches = Switches { transfers };
    trader::switch(&chain, global.group, wallet.keys(), switches, Until::Final).await?;
    let word = if transfers { "allowed" } else { "forbidden" };
    say!("queued: transfers out of the account are {word} once a batch has taken it");
    Ok(())
}

pub async fn rekey(global: &Global, seal_key: Option<&Path>) -> Result<(), CommandError> {
    let mut wallet = global.open_wallet()?;
    let progress = Progress::begin();
    let (chain, sequencer) = connect_both(global).await?;
    let scope = scope_of(&chain, global.group);
    let mut trader = trader::find(&chain, global.group, &wallet.keys_in(&scope)?).await?;
    trader.keys = wallet.ask(&scope)?;
    // It may have been asked for before: it is then in the queue still, or the sequencer knows the keys already.
    let known = sequencer.account(&trader).await.is_ok();
    if !known && !trader::rekey_waits(&chain, &trader).await? {
        let seals = SealProver::of(&chain, seal_key).await?;
        let sealing = trader::rekey(&chain, &seals, global.group, &trader.keys, Until::Final).await?;
        let index = trader.index;
        progress.say(format!(
            "the re-key of account {index} is queued, its new view key sealed and proven in {} ms",
            sealing.as_millis()
        ));
    }
    progress.say("the new keys are in the wallet; waiting for the sequencer to take them");
    sequencer.rekeyed(&trader, OPEN_PATIENCE).await?;
    wallet.taken(&scope)?;
    say!(
        "account {} of group {} has new keys; orders of the old ones are cancelled. The old keys stay in the wallet to \
         read what was before. Write down the new seed: `cloister keys show --secret`",
        trader.index,
        global.group
    );
    Ok(())
}

pub async fn close(global: &Global) -> Result<(), CommandError> {
    let wallet = global.open_wallet()?;
    let chain = global.connect().await?;
    trader::close(&chain, global.group, wallet.keys(), Until::Final).await?;
    say!("queued: a batch closes the account if it is empty then, and leaves it as it is otherwise");
    Ok(())
}

pub async fn freeze(global: &Global) -> Result<(), CommandError> {
    let wallet = global.open_wallet()?;
    let chain = global.connect().await?;
    trader::freeze(&chain, global.group, wallet.keys(), Until::Final).await?;
    say!("group {} is frozen", global.group);
    Ok(())
}

pub async fn show(global: &Global) -> Result<(), CommandError> {
    let (session, clock) = Session::with_sequencer(global).await?;
    let names = Names::read(&session.chain, global.group).await?;
    let info = session.sequencer.account(&session.trader).await?;
    let asset = session.chain.group_state(global.group, None).await?.asset;
    let owner = owner_of(&session.trader.keys);
    let outside = session.chain.asset_balance(asset, &owner, None).await?;
    let claim = session.chain.claim_of(global.group, &owner, None).await?;
    let mut facts = account_facts(&info);
    facts.fact(
        "owner's balance",
        show_money(i128::try_from(outside).unwrap_or(i128::MAX)),
    );
    if claim > 0 {
        let shown = show_money(i128::try_from(claim).unwrap_or(i128::MAX));
        facts.fact("owner's claim", format!("{shown}, taken with `cloister claim`"));
    }
    if let Some(claim) = session.chain.withheld_of(global.group, &owner, None).await? {
        let left = i128::try_from(claim.gross.saturating_sub(claim.paid)).unwrap_or(i128::MAX);
        facts.fact(
            "withheld",
            format!("{}, paid by `cloister pay-claim`", show_money(left)),
        );
    }
    let solvency = session.chain.solvency(global.group, None).await?;
    facts
        .fact("dead man's switch", switch_line(info.dead_man_at, clock.now()))
        .fact("solvency", solvency_line(&solvency, now()));
    print_table(facts);
    let held = info
        .positions
        .iter()
        .map(|position| (position.instrument_id, position.quantity, position.value));
    show_positions(held, &names);
    show_orders(&info, &names);
    show_waiting(&info, &names);
    Ok(())
}

/// Number of the account, and what its owner should know about it.
fn head(index: AccountIndex, nonce: u64, min_id: InstructionId) -> String {
    format!("{index} (updates {nonce}, ids below {min_id} are void)")
}

fn account_facts(info: &AccountInfo) -> TextTable {
    let available = i128::try_from(info.available.get()).unwrap_or(i128::MAX);
    let settled = match &info.settled {
        Some(settled) => format!("{} (updates {})", show_money(settled.cash.get()), settled.nonce),
        None => "none yet: the opening waits for its proof".into(),
    };
    let mut facts = TextTable::facts();
    facts
        .fact("account", head(info.index, info.nonce, info.min_id))
        .fact("cash", show_money(info.cash.get()))
        .fact("equity", show_money(info.equity.get()))
        .fact("initial margin", show_money(info.initial_margin.get()))
        .fact("maintenance margin", show_money(info.maintenance_margin.get()))
        .fact("can be withdrawn", show_money(available))
        .fact("settled cash", settled);
    facts
}

/// Instrument, lots and value of each position.
fn show_positions(held: impl IntoIterator<Item = (InstrumentId, Position, Money)>, names: &Names) {
    let mut table = TextTable::new(&[Left, Right, Right]);
    let mut any = false;
    table.row(["position", "quantity", "worth"]);
    for (id, lots, value) in held {
        any = true;
        table.row([names.name(id), names.quantity(id, lots), show_money(value.get())]);
    }
    say!("");
    if any {
        print_table(table);
    } else {
        say!("no positions");
    }
}

fn show_orders(info: &AccountInfo, names: &Names) {
    say!("");
    if info.open_orders.is_empty() {
        say!("no open orders");
        return;
    }
    let mut table = TextTable::new(&[Right, Left, Left, Right, Right, Left]);
    table.row(["order", "side", "instrument", "left", "limit", ""]);
    for order in &info.open_orders {
        let id = order.instrument_id;
        table.row([
            order.id.to_string(),
            side(order.side).into(),
            names.name(id),
            names.lots(id, order.remaining),
            names.price(id, order.limit),
            kind(order.flags),
        ]);
    }
    print_table(table);
}

/// Orders that wait for a mark, if there are any.
fn show_waiting(info: &AccountInfo, names: &Names) {
    if info.waiting_orders.is_empty() {
        return;
    }
    say!("");
    let mut table = TextTable::new(&[Right, Left, Left, Right, Left, Right, Right, Left]);
    table.row(["waits", "side", "instrument", "quantity", "for a mark", "", "limit", ""]);
    for order in &info.waiting_orders {
        let id = order.instrument_id;
        let trigger = Trigger::from(order.trigger);
        table.row([
            order.id.to_string(),
            side(order.side).into(),
            names.name(id),
            names.lots(id, order.quantity),
            direction(trigger).into(),
            names.price(id, trigger.price()),
            names.price(id, order.limit),
            kind(order.flags),
        ]);
    }
    print_table(table);
}

fn side(side: SideName) -> &'static str {
    match side {
        SideName::Buy => "buy",
        SideName::Sell => "sell",
    }
}

/// What an order's flags say, in words.
fn kind(all: u8) -> String {
    let words = [
        (flags::REDUCE_ONLY, "reduce-only"),
        (flags::POST_ONLY, "post-only"),
        (flags::IMMEDIATE_OR_CANCEL, "immediate-or-cancel"),
        (flags::FILL_OR_KILL, "fill-or-kill"),
        (flags::SELF_TRADE_OLDEST, "self-trade oldest"),
        (flags::SELF_TRADE_BOTH, "self-trade both"),
    ];
    let set = words.iter().filter(|(flag, _)| all & flag != 0);
    set.map(|(_, word)| *word).collect::<Vec<_>>().join(", ")
}

/// When the dead man's switch acts, by the sequencer's time now.
fn switch_line(at: Option<u64>, now: u64) -> String {
    match at {
        None => "off".into(),
        Some(at) => format!(
            "orders leave in {} s unless it is renewed",
            at.saturating_sub(now).div_ceil(1_000)
        ),
    }
}

pub async fn show_from_chain(global: &Global) -> Result<(), CommandError> {
    let session = Session::begin(global).await?;
    let progress = Progress::begin();
    let (block, audit) = session.audited(global.group, &progress).await?;
    let recovered = recover_trader(&audit.batches, &session.reader)?;
    let names = Names::read(&session.chain, global.group).await?;
    let table = session.chain.latest_risk_table(global.group, Some(block)).await?;
    let account = &recovered.account;
    let index = AccountIndex::from(session.trader.index);
    let mut facts = TextTable::facts();
    facts
        .fact("account", head(index, account.nonce, account.min_id))
        .fact("last batch", recovered.batch_no)
        .fact("cash", show_money(account.cash.get()))
        .fact("state root", format!("0x{}", hex::encode(audit.root)));
    print_table(facts);
    let held = account
        .positions
        .iter()
        .zip(&table.rows)
        .filter(|(lots, _)| !lots.is_zero())
        .map(|(lots, row)| (row.instrument_id, *lots, row.value.times(*lots)));
    show_positions(held, &names);
    show_unsigned(
        &recovered.unsigned,
        |row| table.rows[usize::from(row)].instrument_id,
        &names,
    );
    Ok(())
}

/// Lots that were closed without an instruction. Rows are named by what is listed in them now.
fn show_unsigned(changes: &[(u64, Unsigned)], instrument: impl Fn(u8) -> InstrumentId, names: &Names) {
    if changes.is_empty() {
        return;
    }
    say!("");
    let mut table = TextTable::new(&[Right, Left, Right, Left]);
    table.row(["batch", "closed without an order", "change", "by"]);
    for (batch_no, change) in changes {
        let by = match change.emptied {
            true => "takeover",
            false => "liquidation, deleveraging or expiry",
        };
        for (row, lots) in &change.rows {
            let id = instrument(*row);
            let change = names.quantity(id, *lots);
            table.row([batch_no.to_string(), names.name(id), change, by.into()]);
        }
    }
    print_table(table);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_order_is_and_when_the_switch_acts_should_be_words() {
        assert_eq!(kind(0), "");
        assert_eq!(
            kind(flags::REDUCE_ONLY | flags::IMMEDIATE_OR_CANCEL),
            "reduce-only, immediate-or-cancel"
        );
        assert_eq!(kind(flags::SELF_TRADE_BOTH), "self-trade both");
        assert_eq!(switch_line(None, 5), "off");
        assert_eq!(
            switch_line(Some(10_001), 5_000),
            "orders leave in 6 s unless it is renewed"
        );
    }
}
