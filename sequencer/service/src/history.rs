//! The settled ledger, read from the chain: page by page, from the beginning or from a ledger of before (Q-RESTART).

use crate::{
    chain::{ChainClient, ChainError, GroupView, HistoryPlace},
    checkpoint::{file, Checkpoint, CheckpointError, CheckpointHead},
    rebuild_error::RebuildError,
    shared::Shared,
};
use cloister_crypto::{field::to_bytes, stream::Scope};
use cloister_ledger::GroupLedger;
use cloister_settlement::{house_before, replay_batch, replay_rekeys, HouseRekeyed};

/// Number of batches that are asked for at once.
const PAGE: u32 = 32;
/// Maximum number of blocks in which the last batch of a checkpoint is looked for.
const MAX_SEARCHED: u64 = 4_096;

/// Why a checkpoint is not used. The ledger is rebuilt from the chain alone then.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Unusable {
    /// Its file cannot be read.
    #[error(transparent)]
    File(#[from] file::FileError),
    /// It is broken, of another chain, or sealed with another secret.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    /// The chain is not as far.
    #[error("it is of block {block}, and the chain is final up to block {finalized}")]
    Ahead { block: u64, finalized: u64 },
    /// The block that it names is not in the final chain.
    #[error("block {0} of the final chain is another one")]
    OtherBlock(u64),
    /// The chain has another ledger at that block.
    #[error("the ledger of block {0} is another one")]
    OtherLedger(u64),
    /// The state of that block is gone, and its last batch is not found.
    #[error(
        "the state of block {block} is pruned, and no transaction before it carries batch {batch_no} with this root"
    )]
    NoStatement { block: u64, batch_no: u64 },
    /// The chain's batches do not follow it.
    #[error("the chain's batches do not follow it: {0}")]
    DoesNotFollow(RebuildError),
}

/// A settled ledger with what is in it of the chain's past.
#[derive(Clone, Debug, Default)]
pub(crate) struct Replayed {
    pub ledger: GroupLedger,
    /// How many re-keys of the house are in it.
    pub house_rekeys: u32,
    /// A final block: all that is in the ledger is in it or before it, and the next batch is in it or behind it.
    pub block: u64,
    /// The last batch is behind this block.
    pub behind: u64,
}

impl From<Checkpoint> for Replayed {
    fn from(checkpoint: Checkpoint) -> Self {
        Self {
            house_rekeys: checkpoint.head.house_rekeys,
            block: checkpoint.head.block,
            behind: checkpoint.head.behind,
            ledger: checkpoint.ledger,
        }
    }
}

impl Replayed {
    /// The ledger of a final block, made of this one and the batches since. `rekeyed` are the re-keys of the house, all
    /// that there were up to that block and perhaps more.
    ///
    /// # Errors
    /// The chain cannot be asked, or its batches do not follow this ledger.
    pub async fn advanced<C: ChainClient>(
        mut self,
        shared: &Shared<C>,
        view: &GroupView,
        rekeyed: &[HouseRekeyed],
    ) -> Result<Self, RebuildError> {
        let Shared {
            config, chain, keys, ..
        } = shared;
        let scope = Scope {
            genesis: chain.genesis_hash(),
            group: config.group,
        };
        let rekeyed = rekeyed.get(..view.house_rekeys as usize).unwrap_or(rekeyed);
        let Self {
            ledger,
            house_rekeys,
            block,
            behind,
        } = &mut self;
        replay_rekeys(ledger, &scope, rekeyed, house_rekeys, keys)?;
        let first = ledger.batch_no();
        if first < view.batch_no {
            log::info!(target: "cloister", "The ledger is rebuilt from batches {first} to {}", view.batch_no);
        }
        while ledger.batch_no() < view.batch_no {
            let from = HistoryPlace {
                block: *block,
                batch_no: ledger.batch_no(),
            };
            let page = chain.settled_batches(config.group, from, PAGE).await?;
            if page.batches.is_empty() {
                return Err(RebuildError::Missing(from.batch_no));
            }
            for settled in page.batches {
                if ledger.batch_no() == view.batch_no {
                    break;
                }
                replay_batch(ledger, &scope, &settled.batch, &settled.takings, keys)?;
                replay_rekeys(ledger, &scope, rekeyed, house_rekeys, keys)?;
                (*block, *behind) = (settled.block, settled.block.saturating_sub(1));
                // What runs beside it must not wait for the whole past.
                tokio::task::yield_now().await;
            }
            log::debug!(target: "cloister", "The ledger is rebuilt up to batch {}", ledger.batch_no());
        }
        let same = to_bytes(&ledger.root()) == view.root && to_bytes(&ledger.house().commitment()) == view.house;
        if ledger.batch_no() != view.batch_no || *house_rekeys != view.house_rekeys || !same {
            return Err(RebuildError::Root(ledger.batch_no()));
        }
        Ok(self)
    }
}

/// Where a ledger was rebuilt from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    /// From the checkpoint of this head's batch and number of re-keys, and what came after it.
    Checkpoint { batch_no: u64, house_rekeys: u32 },
    /// From the chain alone.
    Chain,
}

/// The ledger of a final block: from the checkpoint and what came after it, or, if there is none or it is no good, from
/// the chain alone.
///
/// # Errors
/// The chain cannot be asked, or no ledger follows from it.
pub(crate) async fn rebuilt<C: ChainClient>(
    shared: &Shared<C>,
    view: &GroupView,
    rekeyed: &[HouseRekeyed],
) -> Result<(Replayed, Source), RebuildError> {
    let unusable = match checkpoint(shared, view, rekeyed).await {
        Ok(None) => None,
        Ok(Some(kept)) => {
            let CheckpointHead {
                batch_no, house_rekeys, ..
            } = kept.head;
            log::info!(target: "cloister", "A checkpoint has the ledger before batch {batch_no}");
            match Replayed::from(kept).advanced(shared, view, rekeyed).await {
                Ok(replayed) => return Ok((replayed, Source::Checkpoint { batch_no, house_rekeys })),
                // Nothing is wrong with the checkpoint.
                Err(RebuildError::Chain(error)) => return Err(error.into()),
                Err(error) => Some(Unusable::DoesNotFollow(error)),
            }
        }
        Err(unusable) => Some(unusable),
    };
    if let Some(unusable) = unusable {
        log::error!(
            target: "cloister",
            "The checkpoint in {} is not used: {unusable}. The ledger is rebuilt from the chain alone, which takes longer",
            shared.config.folder.as_deref().map(file::path_in).unwrap_or_default().display(),
        );
    }
    let replayed = Replayed::default().advanced(shared, view, rekeyed).await?;
    Ok((replayed, Source::Chain))
}

/// The checkpoint of the group's folder, if the chain says the same; `None` if there is none.
async fn checkpoint<C: ChainClient>(
    shared: &Shared<C>,
    view: &GroupView,
    rekeyed: &[HouseRekeyed],
) -> Result<Option<Checkpoint>, Unusable> {
    let Some(folder) = &shared.config.folder else {
        return Ok(None);
    };
    let Some(bytes) = file::read(folder)? else {
        return Ok(None);
    };
    let kept = Checkpoint::open(&bytes, shared.chain.genesis_hash(), shared.config.group, &shared.keys)?;
    confirmed(shared, &kept.head, view, rekeyed).await?;
    Ok(Some(kept))
}

/// Whether the chain has the ledger of a checkpoint: in the state of its block, or, if that is pruned, in the statement
/// of its last batch.
async fn confirmed<C: ChainClient>(
    shared: &Shared<C>,
    head: &CheckpointHead,
    view: &GroupView,
    rekeyed: &[HouseRekeyed],
) -> Result<(), Unusable> {
    let (block, finalized) = (head.block, view.block);
    if block > finalized {
        return Err(Unusable::Ahead { block, finalized });
    }
    let group = shared.config.group;
    let then = loop {
        match shared.chain.group_in(group, block).await {
            Ok(then) => break then,
            Err(ChainError::Pruned(_)) => return stated(shared, head, rekeyed).await,
            Err(error) => wait_after(shared, &error).await,
        }
    };
    let then = then.ok_or(Unusable::OtherLedger(block))?;
    if then.hash != head.hash {
        return Err(Unusable::OtherBlock(block));
    }
    let said = (then.batch_no, then.house_rekeys, then.root, then.house);
    if said != (head.batch_no, head.house_rekeys, head.root, head.house) {
        return Err(Unusable::OtherLedger(block));
    }
    Ok(())
}

/// Whether the last batch of a checkpoint states its root and, but for later re-keys, its house.
async fn stated<C: ChainClient>(
    shared: &Shared<C>,
    head: &CheckpointHead,
    rekeyed: &[HouseRekeyed],
) -> Result<(), Unusable> {
    let missing = || Unusable::NoStatement {
        block: head.block,
        batch_no: head.batch_no.saturating_sub(1),
    };
    let last = head.batch_no.checked_sub(1).ok_or_else(missing)?;
    let rekeyed = rekeyed.get(..head.house_rekeys as usize).ok_or_else(missing)?;
    let end = head.block.min(head.behind.saturating_add(MAX_SEARCHED));
    let mut block = head.behind.saturating_add(1);
    while block <= end {
        match shared.chain.carried_batches(shared.config.group, block).await {
            Ok(batches) => {
                let states = batches.iter().any(|batch| {
                    let house = house_before(rekeyed, head.batch_no, batch.new_house);
                    (batch.batch_no, batch.new_root, house) == (last, head.root, head.house)
                });
                if states {
                    return Ok(());
                }
                block = block.saturating_add(1);
            }
            Err(error) => wait_after(shared, &error).await,
        }
    }
    Err(missing())
}

/// Waits before the node is asked again.
async fn wait_after<C: ChainClient>(shared: &Shared<C>, error: &ChainError) {
    log::warn!(target: "cloister", "{error}");
    tokio::time::sleep(shared.config.poll).await;
}
