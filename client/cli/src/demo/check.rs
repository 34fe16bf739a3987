//! What a demonstration has done, compared with what the chain says of it, and with what the sequencer says.

use crate::{
    demo::{
        cast::Cast,
        error::DemoError,
        scenes::Played,
        summary::{median, Summary},
        tally::{receipts_verified, Tally},
        withdrawals::Withdrawals,
    },
    progress::Progress,
    replay::{ReplayError, ReplayMarket, Replayed},
};
use cloister_circuits::{census::census, statements::batch::BatchCircuit};
use cloister_client::{
    audit::{audit_batches, recover_trader, AssetHoldings, BatchAudit},
    chain::{Chain, ChainError},
    exit::ExitProver,
    history::{statements, Settled},
    prover::Proven,
};
use cloister_client_core::{amount::show_money, exit::Exit, trader::Trader};
use cloister_crypto::field::to_bytes;
use cloister_ledger::{FinalValues, Shape};
use cloister_risk::Assessment;
use cloister_runtime::Hash;
use cloister_sequencer_rpc::types::AccountInfo;
use cloister_types::Money;

/// What was done.
#[derive(Clone, Debug)]
pub struct Done {
    /// Trades of the tape.
    pub trades: usize,
    /// Its replay.
    pub replayed: Replayed,
    /// Who played the scenes.
    pub cast: Cast,
    /// What was told of them while they happened.
    pub played: Played,
    /// What the tape's traders withdrew.
    pub withdrawals: Withdrawals,
    /// What of it was paid, 10^-6.
    pub paid: u128,
}

impl Done {
    /// Everybody who has an account.
    pub fn traders(&self) -> Vec<&Trader> {
        self.replayed.traders.iter().chain(self.cast.traders()).collect()
    }
}

/// An exit that was proven, and whether it says what the chain does.
struct Left {
    exit: Exit,
    proven: Proven,
    agrees: bool,
}

/// Proves what an account is worth, as its owner would if the group were frozen now.
async fn leave(
    chain: &Chain,
    audit: &BatchAudit,
    head: Hash,
    trader: &Trader,
    progress: &Progress,
) -> Result<Left, DemoError> {
    let table = chain.latest_risk_table(trader.group, Some(head)).await?;
    let exit = Exit::of(statements(&audit.batches), trader, FinalValues::of(&table))?;
    let prover = ExitProver::new(None).await?;
    let proven = prover.prove(&exit).await?;
    // The margin code shares nothing with the exit's.
    let account = &exit.witness.account;
    let assessed = Assessment::new(&table, &account.positions, account.cash);
    let root = to_bytes(&exit.statement.root);
    let agrees = root == audit.root && assessed.is_ok_and(|assessed| assessed.equity == Money(exit.equity));
    progress.say("one of them proves alone what its account is worth, as it would to leave a frozen group");
    Ok(Left { exit, proven, agrees })
}

/// Constraints of a batch and of each of its units, as `cloister-prover circuits` counts them: a batch without units
/// shows what is paid only once.
fn count_constraints(shape: Shape) -> Result<(u64, f64), DemoError> {
    let count = |units| {
        let circuit = BatchCircuit::blank(Shape { units, ..shape });
        let parts = census(circuit).map_err(|e| DemoError::Circuit(Box::new(e)))?;
        Ok::<_, DemoError>(parts.values().sum::<usize>() as u64)
    };
    let (all, once) = (count(shape.units)?, count(0)?);
    let units = u64::from(shape.units).max(1);
    Ok((all, all.saturating_sub(once).div_ceil(units) as f64))
}

/// Compares, and returns what is measured, with every account as the sequencer shows it to its trader.
///
/// # Errors
/// [`DemoError`].
pub async fn check(market: &ReplayMarket, done: &Done) -> Result<(Summary, Vec<AccountInfo>), DemoError> {
    let ReplayMarket {
        chain,
        sequencer,
        progress,
        ..
    } = market;
    let (group, replayed, traders) = (market.instrument.group, &done.replayed, done.traders());
    let head = chain.finalized().await?;
    let audit = audit_batches(chain, group, head).await?;
    progress.say(format!(
        "{} proofs verified natively; the public leaves give the chain's root",
        audit.batches.len()
    ));
    let state = chain.group_state(group, Some(head)).await?;
    let status = sequencer.batch_status().await?;
    let (mut recovered, mut rebuilt, mut accounts) = (0, Vec::new(), Vec::new());
    for trader in &traders {
        let from_chain = recover_trader(&audit.batches, trader)?;
        let told = sequencer.account(trader).await?;
        let leaf = to_bytes(&from_chain.account.leaf());
        recovered += usize::from(told.settled.as_ref().is_some_and(|settled| settled.leaf == leaf));
        rebuilt.push(from_chain);
        accounts.push(told);
    }
    progress.say(format!("{recovered} accounts rebuilt from chain data alone"));
    let tally = Tally::of(chain, group, &audit.batches, &rebuilt).await?;
    let receipts = receipts_verified(market, &traders).await?;
    let first = traders.first().ok_or(ReplayError::Empty)?;
    let exit = leave(chain, &audit, head, first, progress).await?;
    let before = AssetHoldings::at(chain, group, replayed.funded_at).await?;
    let money = AssetHoldings::at(chain, group, head).await?;
    let rounds = chain
        .solvency(group, Some(head))
        .await?
        .round
        .map_or(0, |round| round.number);
    let batches = sequencer.batches().await?;
    let units: u64 = audit.batches.iter().map(|b| b.statement.units.len() as u64).sum();
    let bytes: u64 = audit.batches.iter().map(|b| b.bytes as u64).sum();
    let (constraints_total, constraints_per_unit) = count_constraints(shape_of(chain, &audit.batches).await?)?;
    let prove: Vec<f64> = batches.iter().map(|b| b.prove_ms as f64).collect();
    let sealing = replayed.sealing.iter().chain(&done.cast.sealing);
    let seal: Vec<f64> = sealing.map(|d| d.as_secs_f64() * 1_000.0).collect();
    let verify: Vec<f64> = audit.verify.iter().map(|d| d.as_secs_f64() * 1_000.0).collect();
    let withdrawn = done.withdrawals.sum();
    // What the records say was paid must have reached the owner.
    let forced_reached = tally.forced_paid == done.played.forced_paid;
    let summary = Summary {
        accounts: traders.len(),
        orders: replayed.orders,
        fills: replayed.fills,
        trades_expected: done.trades,
        // `replay` compares trade by trade and fails otherwise.
        tape_reproduced: replayed.fills == done.trades,
        volume_lots: replayed.volume_lots,
        notional: show_money(i128::try_from(replayed.notional).unwrap_or(i128::MAX)),
        batches_settled: audit.batches.len(),
        units,
        constraints_total,
        constraints_reported: batches.last().map_or(0, |b| b.constraints),
        constraints_per_unit,
        prove_ms_median: median(&prove).unwrap_or_default(),
        verify_ms_median: median(&verify).unwrap_or_default(),
        verified_with: "cloister_groth16_verifier, natively, pure backend".into(),
        onchain_bytes_per_unit: bytes as f64 / units.max(1) as f64,
        state_root: hex::encode(state.root),
        roots_equal: state.root == status.settled_root && audit.root == state.root,
        proofs_verified: audit.verify.len(),
        accounts_recovered: recovered,
        seal_prove_ms_median: median(&seal).unwrap_or_default(),
        exit_prove_ms: exit.proven.took.as_secs_f64() * 1_000.0,
        exit_equity: show_money(exit.exit.equity),
        exit_agrees: exit.agrees,
        liquidations: tally.liquidations,
        stops_fired: done.played.stops_fired,
        solvency_rounds: rounds,
        forced_withdrawals: if forced_reached { tally.forced_withdrawals } else { 0 },
        deleveraged: tally.deleveraged,
        instructions: market.taken.len(),
        receipts_verified: receipts,
        withdrawals: done.withdrawals.amounts.len(),
        withdrawn: show_money(i128::try_from(withdrawn).unwrap_or(i128::MAX)),
        withdrawals_paid: done.paid == withdrawn,
        settlement_asset_supply: show_money(i128::try_from(money.supply).unwrap_or(i128::MAX)),
        settlement_asset_conserved: money.conserved_since(&before),
        elapsed_s: progress.seconds(),
    };
    Ok((summary, accounts))
}

/// The shape of the settled batches.
async fn shape_of(chain: &Chain, batches: &[Settled]) -> Result<Shape, DemoError> {
    let absent = || ChainError::Absent("settled batch");
    let last = batches.last().ok_or_else(absent)?;
    let registered = chain.verifying_key(last.key, None).await?;
    Ok(registered.statement.shape().ok_or_else(absent)?)
}
