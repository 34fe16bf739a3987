//! Network and consensus on top of the parts: everything that runs while the node runs.

use crate::{
    parts::{inherents, parts, FullClient, Parts, TransactionPool, JUSTIFICATION_PERIOD},
    rpc,
    sequencer::{self, Alarm, Chosen, Ready},
};
use cloister_runtime::{
    opaque::{Block, Hash},
    AccountId, AssetId, BlockNumber,
};
use cloister_sequencer::Stopper;
use futures::FutureExt;
use pallet_cloister_execution::api::CloisterApi;
use polkadot_sdk::*;
use sc_client_api::Backend;
use sc_consensus_aura::{SlotProportion, StartAuraParams};
use sc_consensus_grandpa::SharedVoterState;
use sc_consensus_slots::BackoffAuthoringOnFinalizedHeadLagging;
use sc_service::{error::Error, Configuration, TaskManager, WarpSyncConfig};
use sc_transaction_pool_api::OffchainTransactionPoolFactory;
use sp_api::ProvideRuntimeApi;
use sp_consensus_aura::sr25519::AuthorityPair as AuraPair;
use std::{sync::Arc, time::Duration};

/// Time that a vote needs to reach the network.
const GOSSIP_DURATION: Duration = Duration::from_millis(333);
/// Share of a slot for making the block; the rest is for sending and importing it.
const PROPOSAL_SHARE: f32 = 2.0 / 3.0;

/// A node that runs.
pub struct Running {
    /// Ends the node when it is dropped.
    pub task_manager: TaskManager,
    /// Asks the sequencer to stop in order, if there is one.
    pub sequencer: Option<Stopper>,
    /// To be dropped after the task manager: while the pool is there its tasks end in order.
    pub pool: Arc<TransactionPool>,
}

/// Whether the chain is a development chain, as its genesis block says.
fn is_development(client: &FullClient) -> Result<bool, Error> {
    let api = client.runtime_api();
    let best = client.chain_info().best_hash;
    CloisterApi::<Block, AccountId, AssetId, BlockNumber>::is_development(&*api, best)
        .map_err(|error| Error::Application(Box::new(error)))
}

/// Starts the node; it runs until the task manager is dropped or an essential task ends.
///
/// # Errors
/// As [`parts`]; or the network, the RPC server or a consensus task cannot be started. Or the sequencer cannot: unless
/// the node is a validator of a chain that others rely on, which goes on without it.
pub fn start<N: sc_network::NetworkBackend<Block, Hash>>(
    config: Configuration,
    chosen: Option<Chosen>,
) -> Result<Running, Error> {
    let (parts, mut task_manager) = parts(&config)?;
    let Parts {
        client,
        backend,
        import_queue,
        keystore,
        select_chain,
        pool,
        block_import,
        finality,
        mut telemetry,
    } = parts;

    let mut net_config = sc_network::config::FullNetworkConfiguration::<Block, Hash, N>::new(
        &config.network,
        config.prometheus_registry().cloned(),
    );
    let metrics = N::register_notification_metrics(config.prometheus_registry());
    let genesis = client.chain_info().genesis_hash;
    let grandpa_protocol = sc_consensus_grandpa::protocol_standard_name(&genesis, &config.chain_spec);
    let (grandpa_peers, grandpa_notifications) = sc_consensus_grandpa::grandpa_peers_set_config::<_, N>(
        grandpa_protocol.clone(),
        metrics.clone(),
        net_config.peer_store_handle(),
    );
    net_config.add_notification_protocol(grandpa_peers);

    let warp_sync = Arc::new(sc_consensus_grandpa::warp_proof::NetworkProvider::new(
        backend.clone(),
        finality.shared_authority_set().clone(),
        Vec::default(),
    ));
    let (network, system_rpc_tx, tx_handler_controller, sync_service, _bitswap) =
        sc_service::build_network(sc_service::BuildNetworkParams {
            config: &config,
            net_config,
            client: client.clone(),
            transaction_pool: pool.clone(),
            spawn_handle: task_manager.spawn_handle(),
            spawn_essential_handle: task_manager.spawn_essential_handle(),
            import_queue,
            block_announce_validator_builder: None,
            warp_sync_config: Some(WarpSyncConfig::WithProvider(warp_sync)),
            block_relay: None,
            metrics,
            gap_sync_body_policy: None,
        })?;

    if config.offchain_worker.enabled {
        let workers = sc_offchain::OffchainWorkers::new(sc_offchain::OffchainWorkerOptions {
            runtime_api_provider: client.clone(),
            keystore: Some(keystore.keystore()),
            offchain_db: backend.offchain_storage(),
            transaction_pool: Some(OffchainTransactionPoolFactory::new(pool.clone())),
            network_provider: Arc::new(network.clone()),
            is_validator: config.role.is_authority(),
            enable_http_requests: false,
            custom_extensions: |_| Vec::new(),
        })?;
        task_manager.spawn_handle().spawn(
            "offchain-workers-runner",
            "offchain-worker",
            workers.run(client.clone(), task_manager.spawn_handle()).boxed(),
        );
    }

    let role = config.role;
    let force_authoring = config.force_authoring;
    let vote = !config.disable_grandpa;
    let name = config.network.node_name.clone();
    let registry = config.prometheus_registry().cloned();
    let voter = SharedVoterState::empty();

    let pool_kept = pool.clone();
    let mut extra = Vec::new();
    let mut stopper = None;
    if let Some(chosen) = chosen {
        let context = sequencer::Context {
            client: client.clone(),
            backend: backend.clone(),
            pool: pool.clone(),
            keystore: keystore.keystore(),
            registry: registry.clone(),
        };
        let development = is_development(&client)?;
        let ready = Ready::new(&chosen, &config, development);
        let alarm = Alarm::new(registry.as_ref()).map_err(|error| Error::Application(Box::new(error)))?;
        // Others rely on a validator's blocks and votes, so it goes on. Any other node is there for its sequencer.
        let goes_on = role.is_authority() && !development;
        match ready.and_then(|ready| sequencer::prepare(ready, context)) {
            Ok((module, work, stops)) => {
                extra.push(module);
                stopper = Some(stops);
                match goes_on {
                    true => task_manager
                        .spawn_handle()
                        .spawn_blocking("sequencer", None, alarm.after(work)),
                    false => task_manager
                        .spawn_essential_handle()
                        .spawn_blocking("sequencer", None, work),
                }
            }
            // A choice that cannot be is seen by whoever makes it.
            Err(error) if goes_on && !matches!(error, sequencer::Error::Choice(_)) => task_manager
                .spawn_handle()
                .spawn("sequencer", None, alarm.ring(error.to_string())),
            Err(error) => return Err(Error::Application(Box::new(error))),
        }
    }

    let deps = rpc::Deps {
        client: client.clone(),
        pool: pool.clone(),
        finality: rpc::Finality {
            authorities: finality.shared_authority_set().clone(),
            voter: voter.clone(),
            justifications: finality.justification_stream(),
            proofs: sc_consensus_grandpa::FinalityProofProvider::new_for_service(
                backend.clone(),
                Some(finality.shared_authority_set().clone()),
            ),
        },
        extra,
    };
    sc_service::spawn_tasks(sc_service::SpawnTasksParams {
        config,
        client: client.clone(),
        backend,
        task_manager: &mut task_manager,
        keystore: keystore.keystore(),
        transaction_pool: pool.clone(),
        rpc_builder: Box::new(move |executor| {
            rpc::build(deps.clone(), executor).map_err(|error| Error::Application(Box::new(error)))
        }),
        network: network.clone(),
        system_rpc_tx,
        tx_handler_controller,
        sync_service: sync_service.clone(),
        telemetry: telemetry.as_mut(),
        tracing_execute_block: None,
    })?;

    if role.is_authority() {
        let slot_duration = sc_consensus_aura::slot_duration(&*client)?;
        let aura = sc_consensus_aura::start_aura::<AuraPair, _, _, _, _, _, _, _, _, _, _>(StartAuraParams {
            slot_duration,
            client: client.clone(),
            select_chain,
            block_import,
            proposer_factory: sc_basic_authorship::ProposerFactory::new(
                task_manager.spawn_handle(),
                client,
                pool.clone(),
                registry.as_ref(),
                telemetry.as_ref().map(|telemetry| telemetry.handle()),
            ),
            sync_oracle: sync_service.clone(),
            justification_sync_link: sync_service.clone(),
            create_inherent_data_providers: move |_, ()| async move { Ok(inherents(slot_duration)) },
            force_authoring,
            // Without finality the chain slows down instead of growing a long tail that may be taken back.
            backoff_authoring_blocks: (!force_authoring).then(BackoffAuthoringOnFinalizedHeadLagging::default),
            keystore: keystore.keystore(),
            block_proposal_slot_portion: SlotProportion::new(PROPOSAL_SHARE),
            max_block_proposal_slot_portion: None,
            telemetry: telemetry.as_ref().map(|telemetry| telemetry.handle()),
            compatibility_mode: Default::default(),
        })?;
        task_manager
            .spawn_essential_handle()
            .spawn_blocking("aura", Some("block-authoring"), aura);
    }

    if vote {
        let grandpa = sc_consensus_grandpa::run_grandpa_voter(sc_consensus_grandpa::GrandpaParams {
            config: sc_consensus_grandpa::Config {
                gossip_duration: GOSSIP_DURATION,
                justification_generation_period: JUSTIFICATION_PERIOD,
                name: Some(name),
                observer_enabled: false,
                // A node without keys follows the votes and casts none.
                keystore: role.is_authority().then(|| keystore.keystore()),
                local_role: role,
                telemetry: telemetry.as_ref().map(|telemetry| telemetry.handle()),
                protocol_name: grandpa_protocol,
            },
            link: finality,
            network,
            sync: Arc::new(sync_service),
            notification_service: grandpa_notifications,
            voting_rule: sc_consensus_grandpa::VotingRulesBuilder::default().build(),
            prometheus_registry: registry,
            shared_voter_state: voter,
            telemetry: telemetry.as_ref().map(|telemetry| telemetry.handle()),
            offchain_tx_pool_factory: OffchainTransactionPoolFactory::new(pool),
        })?;
        task_manager
            .spawn_essential_handle()
            .spawn_blocking("grandpa-voter", None, grandpa);
    }

    Ok(Running {
        task_manager,
        sequencer: stopper,
        pool: pool_kept,
    })
}
