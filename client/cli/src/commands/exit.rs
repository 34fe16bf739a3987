//! `cloister exit`.

use super::{error::CommandError, output::print_table, session::Session};
use crate::cli::Global;
use cloister_cli::{progress::Progress, table::TextTable};
use cloister_client::{exit::ExitProver, history::statements};
use cloister_client_core::{amount::show_money, exit::Exit};
use std::{fs, path::Path};

/// Proves what the account is worth at the newest final root and risk table, and writes the proof.
pub async fn write(global: &Global, out: &Path, exit_key: Option<&Path>) -> Result<(), CommandError> {
    let session = Session::begin(global).await?;
    let progress = Progress::begin();
    let (head, audit) = session.audited(global.group, &progress).await?;
    let table = session.chain.latest_risk_table(global.group, Some(head)).await?;
    let exit = Exit::of(statements(&audit.batches), &session.reader, &table)?;
    let prover = ExitProver::new(exit_key).await?;
    let proven = prover.prove(&exit).await?;
    // A value made of strings and numbers is always JSON.
    let json = format!("{:#}\n", exit.to_json(&proven.proof, &prover.verifying_key()));
    fs::write(out, json).map_err(|source| CommandError::Write {
        path: out.into(),
        source,
    })?;
    let claim = i128::try_from(exit.statement.claim.get()).unwrap_or(i128::MAX);
    let (bytes, took) = (proven.proof.len(), proven.took.as_millis());
    let mut facts = TextTable::facts();
    facts
        .fact("account", exit.statement.index)
        .fact("equity", show_money(exit.equity))
        .fact("claim", show_money(claim))
        .fact("risk table", table.header.version)
        .fact("state root", format!("0x{}", hex::encode(audit.root)))
        .fact("proof", format!("{bytes} bytes, made and verified in {took} ms"));
    print_table(facts);
    say!("{}", out.display());
    say!("The chain accepts exit proofs for frozen groups only; this group trades.");
    Ok(())
}
