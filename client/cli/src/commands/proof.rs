//! `cloister proof`.

use super::error::CommandError;
use crate::cli::Global;
use cloister_cli::progress::Progress;
use cloister_client::{audit::AuditError, history::settled_batches};
use cloister_crypto::field::to_bytes;
use std::{fs, io, path::Path};

pub async fn write(global: &Global, batch: u64, out: &Path) -> Result<(), CommandError> {
    let chain = global.connect().await?;
    let progress = Progress::begin();
    progress.say("reading every final block");
    let head = chain.finalized().await?;
    let batches = settled_batches(&chain, global.group, head)
        .await
        .map_err(AuditError::from)?;
    let settled = batches
        .iter()
        .find(|settled| settled.statement.batch_no == batch)
        .ok_or(CommandError::NoBatch(batch))?;
    let registered = chain.verifying_key(settled.key, Some(head)).await?;
    let files = [
        ("key.hex", hex::encode(&*registered.key)),
        ("proof.hex", hex::encode(settled.proof)),
        ("public.hex", hex::encode(to_bytes(&settled.statement.hash()))),
    ];
    fs::create_dir_all(out).map_err(failed(out))?;
    for (name, digits) in files {
        let path = out.join(name);
        fs::write(&path, digits + "\n").map_err(failed(&path))?;
        say!("{}", path.display());
    }
    Ok(())
}

fn failed(path: &Path) -> impl FnOnce(io::Error) -> CommandError + '_ {
    |source| CommandError::Write {
        path: path.into(),
        source,
    }
}
