//! `cloister exit`.

use super::{CommandError, Session};
use crate::cli::Global;
use cloister_client::{
    amount::show_money,
    exit::{Exit, ExitProofError, ExitProver},
    progress::Progress,
};
use std::{fs, path::Path};

/// Proves what the account is worth at the newest final root and risk table, and writes the proof.
pub async fn write(global: &Global, out: &Path, exit_key: Option<&Path>) -> Result<(), CommandError> {
    let session = Session::begin(global).await?;
    let progress = Progress::begin();
    let (head, audit) = session.audited(global.group, &progress).await?;
    let table = session.chain.latest_risk_table(global.group, Some(head)).await?;
    let exit = Exit::of(&audit.batches, &session.trader, &table)?;
    let prover = ExitProver::new(exit_key).await.map_err(ExitProofError::from)?;
    let proven = prover.prove(&exit).await.map_err(ExitProofError::from)?;
    // A value made of strings and numbers is always JSON.
    let json = format!("{:#}\n", exit.to_json(&proven, &prover.verifying_key()));
    fs::write(out, json).map_err(|source| CommandError::Write {
        path: out.into(),
        source,
    })?;
    say!("account             {}", exit.statement.index);
    say!("equity              {}", show_money(exit.equity));
    let claim = i128::try_from(exit.statement.claim).unwrap_or(i128::MAX);
    say!("claim               {}", show_money(claim));
    say!("risk table          {}", table.header.version);
    say!("state root          0x{}", hex::encode(audit.root));
    say!(
        "proof               {} bytes, made and verified in {} ms",
        proven.proof.len(),
        proven.took.as_millis()
    );
    say!("{}", out.display());
    say!("The chain takes exit proofs of frozen groups only; this group trades.");
    Ok(())
}
