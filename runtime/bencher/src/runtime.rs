//! The runtime with its benchmarks, in the node's executor.

use crate::{clock::benchmarking as clock, state::State};
use codec::{Decode, Encode};
use frame_benchmarking::{
    benchmarking, BenchmarkBatch, BenchmarkConfig, BenchmarkList, BenchmarkParameter, BenchmarkResult,
};
use polkadot_sdk::{
    sc_executor::{sp_wasm_interface::ExtendedHostFunctions, WasmExecutor},
    sp_core::traits::{CallContext, CodeExecutor, Externalities, RuntimeCode, WrappedRuntimeCode},
    sp_genesis_builder::{PresetId, DEV_RUNTIME_PRESET},
    sp_io,
    sp_state_machine::{BasicExternalities, Ext, OverlayedChanges},
    sp_storage::Storage,
};
use serde_json::Value;

/// What the build script has compiled.
#[allow(dead_code, missing_docs)]
mod blob {
    include!(concat!(env!("OUT_DIR"), "/wasm_binary.rs"));
}

/// Those of a node, and those of benchmarks.
type HostFunctions = ExtendedHostFunctions<
    (
        sp_io::SubstrateHostFunctions,
        cloister_curve_host::curve_host::HostFunctions,
        cloister_crypto::host::permutation_host::HostFunctions,
        benchmarking::HostFunctions,
    ),
    clock::HostFunctions,
>;

/// Why there are no figures.
pub type Failure = String;

/// Writes what `changes` says into a configuration, key by key.
fn overwrite(config: &mut Value, changes: Value) {
    match (config, changes) {
        (Value::Object(config), Value::Object(changes)) => {
            for (key, change) in changes {
                overwrite(config.entry(key).or_insert(Value::Null), change);
            }
        }
        (config, change) => *config = change,
    }
}

/// The runtime on the genesis of the development chain.
pub struct Runtime {
    executor: WasmExecutor<HostFunctions>,
    wasm: &'static [u8],
    state: State,
}

impl Runtime {
    /// Makes the genesis.
    pub fn new() -> Result<Self, Failure> {
        let wasm = blob::WASM_BINARY.ok_or("built without the Wasm: SKIP_WASM_BUILD was set")?;
        let mut runtime = Self {
            executor: WasmExecutor::builder().build(),
            wasm,
            state: State::new(Storage::default()),
        };
        let mut empty = BasicExternalities::new_empty();
        // The preset says only what is not so by default.
        let mut config = runtime.preset(&mut empty, None)?;
        let changes = runtime.preset(&mut empty, Some(PresetId::from(DEV_RUNTIME_PRESET)))?;
        overwrite(&mut config, changes);
        let json = config.to_string().into_bytes();
        let built: Result<(), String> = runtime.call(&mut empty, "GenesisBuilder_build_state", &json)?;
        built?;
        runtime.state = State::new(empty.into_storages());
        Ok(runtime)
    }

    fn preset(&self, ext: &mut dyn Externalities, name: Option<PresetId>) -> Result<Value, Failure> {
        let json: Option<Vec<u8>> = self.call(ext, "GenesisBuilder_get_preset", &name)?;
        let json = json.ok_or_else(|| format!("the runtime has no preset {name:?}"))?;
        serde_json::from_slice(&json).map_err(|error| format!("preset {name:?}: {error}"))
    }

    fn call<R: Decode>(&self, ext: &mut dyn Externalities, function: &str, data: &impl Encode) -> Result<R, Failure> {
        let code = WrappedRuntimeCode(self.wasm.into());
        let code = RuntimeCode {
            code_fetcher: &code,
            heap_pages: None,
            hash: b"bencher".to_vec(),
        };
        let (answer, _) = self
            .executor
            .call(ext, &code, function, &data.encode(), CallContext::Offchain);
        let answer = answer.map_err(|error| format!("{function}: {error}"))?;
        R::decode(&mut &answer[..]).map_err(|error| format!("{function}: {error}"))
    }

    fn call_on_state<R: Decode>(&self, function: &str, data: &impl Encode) -> Result<R, Failure> {
        let mut overlay = OverlayedChanges::default();
        self.call(&mut Ext::new(&mut overlay, &self.state, None), function, data)
    }

    /// The benchmarks there are.
    pub fn benchmarks(&self) -> Result<Vec<BenchmarkList>, Failure> {
        // What comes behind the list is not asked.
        self.call_on_state("Benchmark_benchmark_metadata", &false)
    }

    /// Runs a benchmark so many times with components of these values. With `verify` it looks at the outcome too, and
    /// the figures are worthless.
    pub fn run(
        &self,
        list: &BenchmarkList,
        benchmark: &[u8],
        components: &[(BenchmarkParameter, u32)],
        verify: bool,
        times: u32,
    ) -> Result<Vec<BenchmarkResult>, Failure> {
        let config = BenchmarkConfig {
            pallet: list.pallet.clone(),
            instance: list.instance.clone(),
            benchmark: benchmark.to_vec(),
            selected_components: components.to_vec(),
            verify,
            internal_repeats: times,
        };
        let batches: Result<Vec<BenchmarkBatch>, String> =
            self.call_on_state("Benchmark_dispatch_benchmark", &config)?;
        Ok(batches?.into_iter().flat_map(|batch| batch.results).collect())
    }
}
