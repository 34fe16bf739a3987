//! The past of the chain, read back with the keys of those who took part: every proof is verified, and every account
//! and the house are rebuilt from public records.

use crate::{
    error::RunError,
    exchange::{Exchange, GROUP},
    people::Person,
};
use cloister_cli::progress::Progress;
use cloister_client::{
    audit::{audit_batches, recover_trader, AssetHoldings, BatchAudit},
    chain::{Chain, SolvencyOf},
    sequencer::SequencerError,
    trader::now,
};
use cloister_client_core::{recovery::Recovered, trader::Trader};
use cloister_crypto::{auth::Purpose, field::to_bytes, stream::Scope};
use cloister_ledger::House;
use cloister_risk::RiskTable;
use cloister_runtime::Hash;
use cloister_sequencer::{keys::development_seed, SequencerKeys};
use cloister_sequencer_rpc::{
    types::{AccountQuery, BatchInfo, FillInfo},
    CloisterRpcClient,
};
use cloister_types::AccountIndex;
use codec::Encode;
use pallet_cloister_execution::GroupTotals;
use polkadot_sdk::frame_support::storage::storage_prefix;
use std::collections::BTreeMap;

/// An account, as the chain's records and as the sequencer have it.
pub struct Kept {
    /// Rebuilt from the chain.
    pub rebuilt: Recovered,
    /// The leaf of the sequencer's settled ledger; none if it does not know the account.
    pub leaf: Option<[u8; 32]>,
    /// Its fills, as the sequencer tells them.
    pub fills: Vec<FillInfo>,
}

/// A settled batch.
pub struct Landed {
    /// What the sequencer says of it.
    pub info: BatchInfo,
    /// Time of its block, milliseconds of Unix time.
    pub at: u64,
}

/// The past of the chain.
pub struct History {
    /// The batches, all verified.
    pub audit: BatchAudit,
    /// When they were in blocks, by number.
    pub landed: BTreeMap<u64, Landed>,
    /// Risk tables of the batches, by version.
    pub tables: BTreeMap<u64, RiskTable>,
    /// The accounts, by index.
    pub accounts: BTreeMap<u32, Kept>,
    /// The house.
    pub house: House,
    /// What the vault owes.
    pub totals: GroupTotals,
    /// Where the settlement asset is.
    pub money: AssetHoldings,
    /// Root of the chain's state.
    pub root: [u8; 32],
    /// Root of the sequencer's settled ledger.
    pub sequencer_root: [u8; 32],
    /// Solvency rounds.
    pub solvency: SolvencyOf,
}

impl History {
    /// Reads it, up to the newest final block.
    ///
    /// # Errors
    /// A proof, a root or a record is not what it must be; the node cannot be asked.
    pub async fn read(exchange: &Exchange, people: &[Person], progress: &Progress) -> Result<Self, RunError> {
        let chain = &exchange.chain;
        let head = chain.finalized().await?;
        let audit = audit_batches(chain, GROUP, head).await?;
        progress.say(format!(
            "{} proofs verified natively; the public leaves give the chain's root",
            audit.verify.len()
        ));
        let infos = exchange.sequencer.batches().await?;
        let mut landed = BTreeMap::new();
        let mut tables: BTreeMap<u64, RiskTable> = BTreeMap::new();
        for (info, settled) in infos.into_iter().zip(&audit.batches) {
            let version = info.risk_version;
            if let std::collections::btree_map::Entry::Vacant(place) = tables.entry(version) {
                let arguments = (GROUP, version).encode();
                let table: Option<RiskTable> = chain
                    .api("CloisterApi_risk_table", arguments, Some(settled.block))
                    .await?;
                if let Some(table) = table {
                    place.insert(table);
                }
            }
            let at = time_of(chain, settled.block).await?;
            landed.insert(info.batch_no, Landed { info, at });
        }
        let mut accounts = BTreeMap::new();
        for account in people.iter().filter_map(|person| person.account.as_ref()) {
            let rebuilt = recover_trader(&audit.batches, account)?;
            let info = exchange.account(account).await?;
            let kept = Kept {
                rebuilt,
                leaf: info.and_then(|info| info.settled).map(|settled| settled.leaf),
                fills: fills(exchange, account).await?,
            };
            accounts.insert(account.index, kept);
        }
        progress.say(format!("{} accounts rebuilt from chain data alone", accounts.len()));
        Ok(Self {
            house: house(chain, &audit, head).await?,
            landed,
            tables,
            accounts,
            totals: chain.group_totals(GROUP, Some(head)).await?,
            money: AssetHoldings::at(chain, GROUP, head).await?,
            root: chain.group_state(GROUP, Some(head)).await?.root,
            sequencer_root: exchange.sequencer.batch_status().await?.settled_root,
            solvency: chain.solvency(GROUP, Some(head)).await?,
            audit,
        })
    }
}

/// Time of a block, milliseconds of Unix time.
async fn time_of(chain: &Chain, block: Hash) -> Result<u64, RunError> {
    let key = storage_prefix(b"Timestamp", b"Now").to_vec();
    Ok(chain.storage(key, Some(block)).await?.unwrap_or_default())
}

/// All fills of an account; none if it is closed.
async fn fills(exchange: &Exchange, trader: &Trader) -> Result<Vec<FillInfo>, RunError> {
    let mut out: Vec<FillInfo> = Vec::new();
    loop {
        let from = out.last().map_or(0, |last| last.id.saturating_add(1));
        let index = AccountIndex(trader.index);
        let query = AccountQuery::new(trader.view_key(), trader.scope(), Purpose::Fills, index, now());
        let page = match exchange
            .chain
            .rpc()
            .fills(query, Some(from))
            .await
            .map_err(SequencerError::from)
        {
            Ok(page) => page,
            Err(SequencerError::Refused { .. }) => return Ok(out),
            Err(error) => return Err(error.into()),
        };
        if page.is_empty() {
            return Ok(out);
        }
        out.extend(page);
    }
}

/// The house after the last batch: its key comes from the last re-key, which is sealed to the secret that everybody
/// knows on a development chain.
async fn house(chain: &Chain, audit: &BatchAudit, head: Hash) -> Result<House, RunError> {
    let genesis = chain.genesis().0;
    let keys = SequencerKeys::new(development_seed(), genesis, GROUP)?;
    let scope = Scope { genesis, group: GROUP };
    let rekeyed = chain.house_rekeys(GROUP, Some(head)).await?;
    let number = rekeyed.len().checked_sub(1).ok_or(RunError::House)?;
    let last = rekeyed.get(number).ok_or(RunError::House)?;
    let number = u32::try_from(number).map_err(|_| RunError::House)?;
    let mut house = last.open(&scope, number, &keys)?.ok_or(RunError::House)?;
    if let Some(batch) = audit
        .batches
        .last()
        .filter(|batch| batch.statement.batch_no >= last.batch_no)
    {
        // Every batch adds one to the nonce.
        let batches = batch.statement.batch_no - last.batch_no + 1;
        let nonce = house.nonce.checked_add(batches).ok_or(RunError::House)?;
        let opened = batch
            .statement
            .house
            .open(house.key, nonce, batch.statement.stream_salt());
        house = opened.ok_or(RunError::House)?;
    }
    let state = chain.group_state(GROUP, Some(head)).await?;
    if to_bytes(&house.commitment()) == state.house {
        Ok(house)
    } else {
        Err(RunError::House)
    }
}
