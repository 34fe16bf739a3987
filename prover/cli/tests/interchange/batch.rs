//! A batch with trades, proven once for all tests under the key of the development chain, and exported by the command.

use cloister_circuits::statements::batch::BatchCircuit;
use cloister_groth16::{default_directory, Matrices};
use cloister_ledger::Shape;
use cloister_ledger_testing::World;
use cloister_prover_job::{JobKind, ProofJob, Prover};
use cloister_prover_local::{LocalProver, Parameters};
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;
use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
    sync::OnceLock,
};

/// A proven batch in the chain's bytes.
pub struct Batch {
    /// The key file.
    key_file: PathBuf,
    /// The verifying key.
    pub verifying_key: Vec<u8>,
    /// The proof.
    pub proof: [u8; 192],
    /// The public input: the hash of the statement.
    pub input: [u8; 32],
}

impl Batch {
    /// The batch; the first call proves it.
    pub fn proven() -> &'static Self {
        static BATCH: OnceLock<Batch> = OnceLock::new();
        BATCH.get_or_init(Self::prove)
    }

    fn prove() -> Self {
        let shape = Shape::DEV;
        let mut world = World::with_traders(11, 4, shape);
        let request = world.random_batch(shape);
        let (witness, effect) = world.apply(shape, &request);
        let job = ProofJob::batch(shape, witness, &effect.statement);
        let input = job.public_input().to_bytes();

        let prover = LocalProver::load(JobKind::Batch(shape), &Parameters::Development, &mut |_| {});
        let prover = prover.expect("the key is ready");
        // The prover verifies the proof: we accept it ourselves.
        let proof = prover.prove_with(job, ChaCha20Rng::seed_from_u64(1)).expect("proves");
        let matrices = Matrices::record(BatchCircuit::blank(shape)).expect("the circuit synthesises");
        let directory = default_directory().expect("a cache directory");
        Self {
            key_file: directory.join(format!("{}.key", matrices.id())),
            verifying_key: prover.verifying_key(),
            proof: proof.0,
            input,
        }
    }

    /// Runs `cloister-prover export` twice, with the key file and with the verifying key alone, which must write the
    /// same; returns the folder.
    pub fn export(&self, name: &str, proof: &[u8; 192], input: &[u8; 32]) -> PathBuf {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("interchange").join(name);
        let _ = fs::remove_dir_all(&folder);
        let plain = folder.join("from verifying key");
        fs::create_dir_all(&plain).expect("a folder");
        let hex = plain.join("key.hex");
        fs::write(&hex, hex::encode(&self.verifying_key)).expect("writes");
        for (option, key, out) in [("--key", &self.key_file, &folder), ("--verifying-key", &hex, &plain)] {
            let output = Command::new(env!("CARGO_BIN_EXE_cloister-prover"))
                .args(["export", "--format", "snarkjs", option])
                .arg(key)
                .args(["--proof", &hex::encode(proof), "--public", &hex::encode(input), "--out"])
                .arg(out)
                .output()
                .expect("the command runs");
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        }
        for name in [
            cloister_prover_cli::export::KEY_FILE,
            cloister_prover_cli::export::PROOF_FILE,
            cloister_prover_cli::export::PUBLIC_FILE,
        ] {
            let read = |folder: &Path| fs::read(folder.join(name)).expect("the file was written");
            assert!(read(&folder) == read(&plain), "{name} differs");
        }
        folder
    }
}
