//! `cloister open`, `deposit`, `account`, `withdraw`.

use super::{CommandError, Session};
use crate::cli::Global;
use cloister_client::{
    amount::{money, show_money, Lot},
    audit::recover_trader,
    chain::{Chain, ChainError, Until},
    instrument::name_of,
    progress::Progress,
    seal::SealProver,
    trader::{self, now, owner_of, Opened},
};
use cloister_sequencer::rpc::types::{AccountInfo, SideName};
use std::{collections::BTreeMap, path::Path, time::Duration};

/// How long the sequencer may take to take a final open from the queue.
const OPEN_PATIENCE: Duration = Duration::from_secs(120);
/// How long a withdrawal may take to be settled with everything before it.
const WITHDRAW_PATIENCE: Duration = Duration::from_secs(900);
/// How long a withdrawal is good, milliseconds.
const WITHDRAWAL_LIFE: u64 = 3_600_000;

pub async fn open(global: &Global, deposit: &str, seal_key: Option<&Path>) -> Result<(), CommandError> {
    let amount = money(deposit)?;
    let wallet = global.open_wallet()?;
    let progress = Progress::begin();
    let (chain, sequencer) = connect_both(global).await?;
    let seals = SealProver::of(&chain, seal_key).await?;
    let Opened { trader, sealing } =
        trader::open(&chain, &seals, global.group, wallet.keys(), amount, Until::Final).await?;
    progress.say(format!(
        "account {} is queued with {}, its view key sealed and proven in {} ms; waiting for the sequencer",
        trader.index,
        show_money(amount.into()),
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

async fn connect_both(global: &Global) -> Result<(Chain, cloister_client::sequencer::Sequencer), CommandError> {
    let chain = global.connect().await?;
    let sequencer = cloister_client::sequencer::Sequencer::of(&chain);
    // Refused here rather than after the money has moved.
    sequencer.status().await?;
    Ok((chain, sequencer))
}

pub async fn deposit(global: &Global, text: &str) -> Result<(), CommandError> {
    let amount = money(text)?;
    let wallet = global.open_wallet()?;
    let chain = global.connect().await?;
    trader::deposit(&chain, global.group, wallet.keys(), amount, Until::Final).await?;
    say!(
        "{} is queued; the sequencer credits it at once and proves it with its next batch",
        show_money(amount.into())
    );
    Ok(())
}

/// Names and lots of a group's instruments.
struct Names(BTreeMap<u32, (String, Lot)>);

impl Names {
    async fn read(chain: &Chain, group: u32) -> Result<Self, ChainError> {
        let listed = chain.risk_group(group, None).await?.instruments;
        Ok(Self(
            listed
                .iter()
                .map(|i| (i.id, (name_of(i.feed, i.id), Lot(i.params.lot_size))))
                .collect(),
        ))
    }

    fn quantity(&self, id: u32, lots: i64) -> String {
        let sign = if lots < 0 { "-" } else { "" };
        match self.0.get(&id) {
            Some((name, lot)) => format!("{name:<12} {sign}{}", lot.quantity(lots.unsigned_abs())),
            None => format!("instrument {id} {lots} lots"),
        }
    }

    fn price(&self, id: u32, price: u64) -> String {
        self.0.get(&id).map_or_else(
            || show_money(price.into()),
            |(_, lot)| lot.unit_price(price).to_string(),
        )
    }
}

pub async fn show(global: &Global) -> Result<(), CommandError> {
    let session = Session::begin(global).await?;
    let names = Names::read(&session.chain, global.group).await?;
    let info = session.sequencer.account(&session.trader).await?;
    let asset = session.chain.group_state(global.group, None).await?.asset;
    let owner = owner_of(&session.trader.keys);
    let outside = session.chain.asset_balance(asset, &owner, None).await?;
    let claim = session.chain.claim_of(global.group, &owner, None).await?;
    print_account(&info, &names);
    say!(
        "owner's balance     {}",
        show_money(i128::try_from(outside).unwrap_or(i128::MAX))
    );
    if claim > 0 {
        say!(
            "owner's claim       {}",
            show_money(i128::try_from(claim).unwrap_or(i128::MAX))
        );
    }
    Ok(())
}

fn print_account(info: &AccountInfo, names: &Names) {
    let available = i128::try_from(info.available).unwrap_or(i128::MAX);
    say!(
        "account             {} (updates {}, ids below {} are void)",
        info.index,
        info.nonce,
        info.min_id
    );
    say!("cash                {}", show_money(info.cash));
    say!("equity              {}", show_money(info.equity));
    say!("initial margin      {}", show_money(info.initial_margin));
    say!("maintenance margin  {}", show_money(info.maintenance_margin));
    say!("can be withdrawn    {}", show_money(available));
    match &info.settled {
        Some(settled) => say!(
            "settled cash        {} (updates {})",
            show_money(settled.cash),
            settled.nonce
        ),
        None => say!("settled cash        none yet: the opening waits for its proof"),
    }
    say!(
        "positions           {}",
        if info.positions.is_empty() { "none" } else { "" }
    );
    for position in &info.positions {
        say!(
            "  {}  worth {}",
            names.quantity(position.instrument_id, position.quantity),
            show_money(position.value)
        );
    }
    say!(
        "open orders         {}",
        if info.open_orders.is_empty() { "none" } else { "" }
    );
    for order in &info.open_orders {
        let side = if order.side == SideName::Buy { "buy " } else { "sell" };
        let left = names.quantity(order.instrument_id, i64::try_from(order.remaining).unwrap_or(i64::MAX));
        say!(
            "  {:>6} {side} {left} at {}",
            order.id,
            names.price(order.instrument_id, order.limit)
        );
    }
}

pub async fn show_from_chain(global: &Global) -> Result<(), CommandError> {
    let session = Session::begin(global).await?;
    let progress = Progress::begin();
    let (head, audit) = session.audited(global.group, &progress).await?;
    let recovered = recover_trader(&audit.batches, &session.trader)?;
    let names = Names::read(&session.chain, global.group).await?;
    let table = session.chain.latest_risk_table(global.group, Some(head)).await?;
    let account = &recovered.account;
    say!(
        "account             {} (updates {}, ids below {} are void)",
        session.trader.index,
        account.nonce,
        account.min_id
    );
    say!("last batch          {}", recovered.batch_no);
    say!("cash                {}", show_money(account.cash));
    let held: Vec<_> = account
        .positions
        .iter()
        .zip(&table.rows)
        .filter(|(lots, _)| **lots != 0)
        .collect();
    say!("positions           {}", if held.is_empty() { "none" } else { "" });
    for (lots, row) in held {
        say!(
            "  {}  worth {}",
            names.quantity(row.instrument_id, *lots),
            show_money(i128::from(*lots) * i128::from(row.value))
        );
    }
    say!("state root          0x{}", hex::encode(audit.root));
    Ok(())
}

pub async fn withdraw(global: &Global, text: &str, wait: bool) -> Result<(), CommandError> {
    let amount = money(text)?;
    let mut session = Session::begin(global).await?;
    let id = session.wallet.take_id()?;
    let signed = session.trader.withdrawal(id, amount, now() + WITHDRAWAL_LIFE);
    session.sequencer.submit(&signed).await?;
    say!(
        "withdrawal {id} of {} is taken; it is paid when its batch is settled",
        show_money(amount.into())
    );
    if wait {
        let progress = Progress::begin();
        session
            .sequencer
            .settled(WITHDRAW_PATIENCE, |backlog| {
                progress.say(format!("{} batches to go", backlog.batches))
            })
            .await?;
        say!("paid");
    }
    Ok(())
}
