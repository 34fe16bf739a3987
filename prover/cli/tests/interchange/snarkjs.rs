//! The command `snarkjs`, run by node.

use cloister_prover_cli::export::{KEY_FILE, PROOF_FILE, PUBLIC_FILE};
use std::{
    path::{Path, PathBuf},
    process::Command,
};

/// What snarkjs says of a proof.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It holds.
    Accepted,
    /// It does not.
    Refused,
}

/// The installed tool.
pub struct Snarkjs {
    script: PathBuf,
}

impl Snarkjs {
    /// Finds node and what scripts/setup.sh installs from tests/interchange/package-lock.json. A test that needs them
    /// fails without them: one that is skipped would look like one that has passed.
    pub fn installed() -> Self {
        let modules = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/interchange/node_modules");
        let script = modules.join("snarkjs/build/cli.cjs");
        assert!(
            script.is_file(),
            "{} is missing: the npm package snarkjs is not installed; run scripts/setup.sh",
            script.display()
        );
        let node = Command::new("node").arg("--version").output();
        assert!(
            node.is_ok_and(|node| node.status.success()),
            "node cannot be run; run scripts/setup.sh, which installs it"
        );
        Self { script }
    }

    /// Asks snarkjs about an exported proof. Whatever is neither of its two answers (an exception, say) fails the test.
    pub fn verify(&self, folder: &Path) -> Verdict {
        let output = Command::new("node")
            .arg(&self.script)
            .args(["groth16", "verify", KEY_FILE, PUBLIC_FILE, PROOF_FILE])
            .current_dir(folder)
            .output()
            .expect("node runs, it has told its version");
        let said = String::from_utf8_lossy(&output.stdout);
        match output.status.code() {
            Some(0) if said.contains("OK!") => Verdict::Accepted,
            Some(1) if said.contains("Invalid proof") => Verdict::Refused,
            code => panic!(
                "snarkjs gave no verdict (exit status {code:?}):\n{said}{}",
                String::from_utf8_lossy(&output.stderr)
            ),
        }
    }
}
