//! `cloister exit`.

use super::{error::CommandError, output::print_table, session::Session};
use crate::cli::Global;
use cloister_cli::{progress::Progress, table::TextTable};
use cloister_client::{
    chain::{ChainError, Until},
    exit::ExitProver,
    prover::Proven,
    recovery::locate,
    trader::{self, now, TraderError},
};
use cloister_client_core::{amount::show_money, exit::Exit};
use cloister_ledger::FinalValues;
use cloister_runtime::Runtime;
use pallet_cloister_execution::{Error, ExitClaim, ExitSums};
use std::{
    fs,
    path::Path,
    time::{Duration, Instant},
};

/// Time between two tries.
const POLL: Duration = Duration::from_secs(6);

/// Does the next step out of a frozen group; of one that trades it only writes the proof.
pub async fn run(global: &Global, out: Option<&Path>, exit_key: Option<&Path>) -> Result<(), CommandError> {
    let session = Session::begin(global).await?;
    if session.chain.solvency(global.group, None).await?.frozen.is_none() {
        let out = out.ok_or(CommandError::NotFrozen(global.group))?;
        let table = session.chain.latest_risk_table(global.group, None).await?;
        prove(&session, FinalValues::of(&table), Some(out), exit_key).await?;
        say!("The chain accepts exit proofs for frozen groups only; this group trades.");
        return Ok(());
    }
    leave(&session, out, exit_key).await
}

/// The next step out of a frozen group.
async fn leave(session: &Session, out: Option<&Path>, exit_key: Option<&Path>) -> Result<(), CommandError> {
    let Session { chain, trader, .. } = session;
    let (group, index, keys) = (trader.group, trader.index, &trader.keys);
    if let Some((item, _)) = chain.waiting(group, &[index], None).await?.first() {
        trader::refund_item(chain, group, *item, keys, Until::Final).await?;
        say!("what waited in the queue for account {index} is given back");
        if chain.account(group, index, None).await?.is_none() {
            say!("the account was never open, so nothing else is to be done");
            return Ok(());
        }
    }
    if chain.final_table(group, None).await?.is_none() {
        match trader::fix_final_table(chain, group, keys, Until::Final).await {
            Err(error) if is(&error, &Error::FallbackNotDue) => return Err(CommandError::NoFinalTable(group)),
            other => other.map(drop)?,
        }
    }
    let table = chain.final_table(group, None).await?;
    let values = table.and_then(|table| table.final_values());
    let values = values.ok_or(CommandError::NoFinalTable(group))?;
    // Between the end of the first phase and the ratio the chain takes no exit.
    settle(session).await?;
    if chain.exit_of(group, index, None).await?.is_none() {
        let (exit, proven, prover) = prove(session, values, out, exit_key).await?;
        settle(session).await?;
        let key = prover.key_of(chain).await?;
        let claim = exit.statement.claim.get();
        trader::exit(chain, group, keys, (key, claim, proven.proof), Until::Final).await?;
        say!("account {index} has left group {group}; its claim is recorded");
    }
    let mut sums = settle(session).await?;
    if sums.ratio.is_some() {
        pay(session).await?;
        sums = chain.exit_sums(group, None).await?.unwrap_or_default();
    }
    let claim = chain.exit_of(group, index, None).await?;
    print_table(facts(&sums, claim.as_ref()));
    if sums.ratio.is_none() {
        let left = sums.claims_until.saturating_sub(now()).div_ceil(60_000);
        say!("Others may leave for {left} more minutes; then run `cloister exit` again to be paid.");
    }
    Ok(())
}

/// Has the ratio fixed, if the time for claims is over.
async fn settle(session: &Session) -> Result<ExitSums, CommandError> {
    let Session { chain, trader, .. } = session;
    loop {
        let sums = chain.exit_sums(trader.group, None).await?.unwrap_or_default();
        if sums.ratio.is_some() || now() < sums.claims_until {
            return Ok(sums);
        }
        match trader::settle_exits(chain, trader.group, &trader.keys, Until::Final).await {
            // Somebody else was first.
            Err(error) if is(&error, &Error::ExitsSettled) => {}
            // The chain's clock is that of its blocks.
            Err(error) if is(&error, &Error::ExitsNotDue) => tokio::time::sleep(POLL).await,
            other => other.map(drop)?,
        }
    }
}

/// Has everything paid that is due to the account: its exit, and what was withheld from its owner before.
async fn pay(session: &Session) -> Result<(), CommandError> {
    let Session { chain, trader, .. } = session;
    let (group, index, keys) = (trader.group, trader.index, &trader.keys);
    // Of either nothing may be due: it was paid before.
    match trader::pay_exit(chain, group, index, keys, Until::Final).await {
        Ok(paid) => say!("{} is paid to the owner", shown(paid)),
        Err(TraderError::Chain(error)) if is(&error, &Error::NothingDue) => {}
        Err(error) => return Err(error.into()),
    }
    let owner = trader::owner_of(keys);
    if chain.withheld_of(group, &owner, None).await?.is_some() {
        match trader::pay_claim(chain, group, keys, Until::Final).await {
            Ok((paid, _)) => say!("{} of what was withheld is paid to the owner", shown(paid)),
            Err(TraderError::Chain(error)) if is(&error, &Error::NothingDue) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

/// Whether the chain refused with this error of the exchange.
fn is(error: &ChainError, expected: &Error<Runtime>) -> bool {
    matches!(error, ChainError::Failed(failure) if failure.execution().as_ref() == Some(expected))
}

/// Proves what the account is worth, at the last root that is final, and writes the proof.
async fn prove(
    session: &Session,
    values: FinalValues,
    out: Option<&Path>,
    exit_key: Option<&Path>,
) -> Result<(Exit, Proven, ExitProver), CommandError> {
    let progress = Progress::begin();
    let head = session.chain.finalized().await?;
    let begin = Instant::now();
    let found = locate(&session.chain, &session.reader, head).await?;
    progress.say(format!(
        "the account and its place in the tree took {} requests and {} ms",
        found.requests,
        begin.elapsed().as_millis()
    ));
    let exit = Exit::at(found.account, &found.tree, &session.reader, values)?;
    let prover = ExitProver::new(exit_key).await?;
    let proven = prover.prove(&exit).await?;
    let claim = exit.statement.claim.get();
    let (bytes, took) = (proven.proof.len(), proven.took.as_millis());
    let mut facts = TextTable::facts();
    facts
        .fact("account", exit.statement.index)
        .fact("equity", show_money(exit.equity))
        .fact("claim", shown(claim))
        .fact("risk table", exit.witness.values.version)
        .fact("state root", format!("0x{}", hex::encode(found.root)))
        .fact("proof", format!("{bytes} bytes, made and verified in {took} ms"));
    print_table(facts);
    if let Some(path) = out {
        // A value made of strings and numbers is always JSON.
        let json = format!("{:#}\n", exit.to_json(&proven.proof, &prover.verifying_key()));
        fs::write(path, json).map_err(|source| CommandError::Write {
            path: path.into(),
            source,
        })?;
        say!("{}", path.display());
    }
    Ok((exit, proven, prover))
}

fn shown(amount: u128) -> String {
    show_money(i128::try_from(amount).unwrap_or(i128::MAX))
}

/// The exits of the group, and the account's own.
fn facts<AccountId>(sums: &ExitSums, own: Option<&ExitClaim<AccountId>>) -> TextTable {
    let mut facts = TextTable::facts();
    let ratio = sums.ratio.map_or_else(
        || "not fixed yet".to_owned(),
        |ratio| format!("{:.4} %", 100.0 * ratio.part as f64 / ratio.of.max(1) as f64),
    );
    facts
        .fact("all claims", shown(sums.claimed))
        .fact("ratio", ratio)
        .fact(
            "own claim",
            own.map_or_else(|| "none".to_owned(), |own| shown(own.gross)),
        )
        .fact("paid of it", own.map_or_else(|| shown(0), |own| shown(own.paid)));
    facts
}
