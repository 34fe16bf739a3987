//! The parts of a node that need no network: database, transaction pool, import of blocks. Everything else is built on
//! them.

use crate::{
    chain_spec::genesis,
    error::StartError,
    executor::{executor, Executor},
    spawn::PoolSpawner,
};
use cloister_runtime::{opaque::Block, RuntimeApi};
use polkadot_sdk::*;
use sc_chain_spec::{BuildGenesisBlock, GenesisBlockBuilder};
use sc_client_api::UsageProvider;
use sc_consensus_aura::ImportQueueParams;
use sc_service::{error::Error, Configuration, TaskManager};
use sc_telemetry::{Telemetry, TelemetryWorker};
use sp_consensus_aura::sr25519::AuthorityPair as AuraPair;
use sp_runtime::traits::Block as _;
use std::sync::Arc;

/// The chain as the node sees it: blocks, state, runtime.
pub type FullClient = sc_service::TFullClient<Block, RuntimeApi, Executor>;
/// The database.
pub type FullBackend = sc_service::TFullBackend<Block>;
/// Transactions that wait for a block.
pub type TransactionPool = sc_transaction_pool::TransactionPoolHandle<Block, FullClient>;
/// The longest chain is the best one.
pub(crate) type SelectChain = sc_consensus::LongestChain<FullBackend, Block>;
/// Imports a block and what it says about finality.
pub(crate) type GrandpaImport = sc_consensus_grandpa::GrandpaBlockImport<FullBackend, Block, FullClient, SelectChain>;
/// Ties the finality voter to the import of blocks.
pub(crate) type GrandpaLink = sc_consensus_grandpa::LinkHalf<Block, FullClient, SelectChain>;

/// Maximum number of blocks between two justifications of finality that are kept and sent to peers.
pub(crate) const JUSTIFICATION_PERIOD: u32 = 512;
/// A node without network and consensus: what sub-commands on the database need, and what
/// [`start`](crate::service::start) begins with.
pub struct Parts {
    /// The chain.
    pub client: Arc<FullClient>,
    /// The database.
    pub backend: Arc<FullBackend>,
    /// Takes blocks from the network or a file.
    pub import_queue: sc_consensus::DefaultImportQueue<Block>,
    pub(crate) keystore: sc_service::KeystoreContainer,
    pub(crate) select_chain: SelectChain,
    pub(crate) pool: Arc<TransactionPool>,
    pub(crate) block_import: GrandpaImport,
    pub(crate) finality: GrandpaLink,
    pub(crate) telemetry: Option<Telemetry>,
}

/// Opens the database (and makes the genesis block in an empty one), and builds everything that needs no network.
///
/// # Errors
/// The database cannot be opened, holds another chain ([`StartError::OtherChain`]), or the genesis block cannot
/// be made.
pub fn parts(config: &Configuration) -> Result<(Parts, TaskManager), Error> {
    let telemetry = config
        .telemetry_endpoints
        .clone()
        .filter(|endpoints| !endpoints.is_empty())
        .map(|endpoints| -> Result<_, sc_telemetry::Error> {
            let worker = TelemetryWorker::new(16)?;
            let telemetry = worker.handle().new_telemetry(endpoints);
            Ok((worker, telemetry))
        })
        .transpose()?;

    let executor = executor(config);
    let had_database = config.database.path().is_some_and(|path| path.exists());
    let mut database = config.db_config();
    // A pruned node still proves finality to peers that warp-sync: it keeps the blocks whose justification they need.
    database.pruning_filters = vec![Arc::new(sc_consensus_grandpa::GrandpaPruningFilter)];
    let backend = sc_service::new_db_backend::<Block>(database)?;
    let storage = genesis::storage(&*config.chain_spec).map_err(|reason| StartError::Genesis {
        chain: config.chain_spec.name().into(),
        reason,
    })?;
    let builder = |commit| {
        GenesisBlockBuilder::<Block, _, _>::new_with_storage(storage.clone(), commit, backend.clone(), executor.clone())
    };
    let (client, backend, keystore, task_manager) =
        sc_service::new_full_parts_with_genesis_builder::<_, RuntimeApi, _, _>(
            config,
            telemetry.as_ref().map(|(_, telemetry)| telemetry.handle()),
            executor.clone(),
            backend.clone(),
            builder(!config.no_genesis())?,
            false,
        )?;
    let client = Arc::new(client);
    if had_database {
        // It is only hashed.
        expect_genesis(config, &client, builder(false)?)?;
    }

    let telemetry = telemetry.map(|(worker, telemetry)| {
        task_manager.spawn_handle().spawn("telemetry", None, worker.run());
        telemetry
    });

    let select_chain = SelectChain::new(backend.clone());
    let pool = Arc::new(
        sc_transaction_pool::Builder::new(
            PoolSpawner::of(&task_manager),
            client.clone(),
            config.role.is_authority().into(),
        )
        .with_options(config.transaction_pool.clone())
        .with_prometheus(config.prometheus_registry())
        .build(),
    );

    let (block_import, finality) = sc_consensus_grandpa::block_import(
        client.clone(),
        JUSTIFICATION_PERIOD,
        &client,
        select_chain.clone(),
        telemetry.as_ref().map(|telemetry| telemetry.handle()),
    )?;

    let chain = client.clone();
    let import_queue = sc_consensus_aura::import_queue::<AuraPair, _, _, _, _, _>(ImportQueueParams {
        block_import: block_import.clone(),
        justification_import: Some(Box::new(block_import.clone())),
        client: client.clone(),
        create_inherent_data_providers: move |parent, ()| {
            let chain = chain.clone();
            async move {
                let slot_duration = sc_consensus_aura::standalone::slot_duration_at(&*chain, parent)?;
                Ok(inherents(slot_duration))
            }
        },
        spawner: &task_manager.spawn_essential_handle(),
        registry: config.prometheus_registry(),
        check_for_equivocation: Default::default(),
        telemetry: telemetry.as_ref().map(|telemetry| telemetry.handle()),
        compatibility_mode: Default::default(),
    })?;

    let parts = Parts {
        client,
        backend,
        import_queue,
        keystore,
        select_chain,
        pool,
        block_import,
        finality,
        telemetry,
    };
    Ok((parts, task_manager))
}

/// What a block states from outside: its slot, and the time.
pub(crate) fn inherents(
    slot_duration: sc_consensus_aura::SlotDuration,
) -> (
    sp_consensus_aura::inherents::InherentDataProvider,
    sp_timestamp::InherentDataProvider,
) {
    let timestamp = sp_timestamp::InherentDataProvider::from_system_time();
    let slot =
        sp_consensus_aura::inherents::InherentDataProvider::from_timestamp_and_slot_duration(*timestamp, slot_duration);
    (slot, timestamp)
}

/// Refuses a database whose first block is not that of the chain. The SDK takes any with the same id.
fn expect_genesis(
    config: &Configuration,
    client: &FullClient,
    genesis: GenesisBlockBuilder<Block, FullBackend, Executor>,
) -> Result<(), Error> {
    let (block, _) = genesis.build_genesis_block()?;
    let (expected, found) = (block.hash(), client.usage_info().chain.genesis_hash);
    if expected == found {
        return Ok(());
    }
    Err(StartError::OtherChain {
        path: config.database.path().map(Into::into).unwrap_or_default(),
        chain: config.chain_spec.name().into(),
        found,
        expected,
    }
    .into())
}
